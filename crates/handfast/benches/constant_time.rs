//! Whether time depends on a secret, measured as dudect does (Reparaz, Balasch, Verbauwhede 2017): two classes of input in
//! random order, and Welch's t-test over how long they took. `just constant-time [SAMPLES]`; |t| above 4.5 is a leak.
//!
//! What is measured, each in the place where a peer could: an RSA signature; what a server does with an encrypted premain
//! secret, from its record to the next flight; a CBC record with its MAC inside.

use handfast::crypto::cbc::{BlockAlgorithm, MacAlgorithm};
use handfast::crypto::{KeyKind, Provider, Random, RecordKeys};
use handfast::legacy::{TransportIdentity, dangerous_legacy};
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::pki::pem;
use handfast::wire::{CipherSuite, SignatureScheme};
use handfast::{ClientConfig, ClientStart, Connection, Event, FixedClock, ServerConfig, Version};
use handfast_record::Opener;
use handfast_testkit::random::Seeded;
use handfast_testkit::world::{NAME, NOW, World};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let samples = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(2_000);
    println!("{:<52} {:>9} {:>8} {:>8}", "measured", "samples", "|t|", "");
    rsa_signature(samples);
    premain_secret(samples);
    mac_then_encrypt(samples.saturating_mul(50));
}

/// Welch's t over two classes, with the slowest tenth of all left out: those were interrupted.
fn report(name: &str, mut times: Vec<(bool, f64)>) {
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted[sorted.len() * 9 / 10];
    times.retain(|(_, time)| *time <= limit);
    let moments = |class| {
        let of: Vec<f64> = times.iter().filter(|(of, _)| *of == class).map(|(_, time)| *time).collect();
        let n = of.len() as f64;
        let mean = of.iter().sum::<f64>() / n;
        (n, mean, of.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (n - 1.0))
    };
    let ((n0, m0, v0), (n1, m1, v1)) = (moments(false), moments(true));
    let t = ((m0 - m1) / (v0 / n0 + v1 / n1).sqrt()).abs();
    let verdict = if t < 4.5 { "ok" } else { "LEAK" };
    println!("{name:<52} {:>9} {t:>8.2} {verdict:>8}   {m0:.0} ns, {m1:.0} ns", times.len());
}

/// Measures `run` on inputs of two classes, made by `make` beforehand.
fn measure<T>(name: &str, samples: usize, mut make: impl FnMut(bool) -> T, mut run: impl FnMut(T)) {
    let coin = Seeded::new(77);
    let mut times = Vec::with_capacity(samples);
    for _ in 0..samples {
        let mut byte = [0];
        coin.fill(&mut byte).unwrap();
        let class = byte[0] & 1 == 1;
        let input = make(class);
        let start = Instant::now();
        run(input);
        times.push((class, start.elapsed().as_nanos() as f64));
    }
    report(name, times);
}

/// One message again and again, or another one each time.
fn rsa_signature(samples: usize) {
    let provider = handfast::rustcrypto::provider();
    let identity = World::of(KeyKind::Rsa).server.clone();
    let key = identity.signer().unwrap().clone();
    let make = |class: bool| -> [u8; 64] { if class { [7; 64] } else { provider.random.array().unwrap() } };
    measure("RSA-2048 signature, one message or many", samples, make, |message| {
        black_box(key.sign(SignatureScheme::RSA_PSS_RSAE_SHA256, &message, &*provider.random).unwrap());
    });
}

/// A ciphertext whose padding is right, or one that decrypts to noise. Everything a server does until it waits for
/// change_cipher_spec is inside.
fn premain_secret(samples: usize) {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("CA", NOW), KeyKind::P256).unwrap();
    let key = pem::private_key(include_bytes!("../../rustcrypto/tests/keys/rsa-2048.pem")).unwrap();
    let public = provider.keys.load(&key).unwrap().public_key().clone();
    let leaf = Builder::server(&[NAME], NOW).key_usage(KeyUsage::KEY_ENCIPHERMENT);
    let leaf = leaf.signed_by(&provider, &ca, &public).unwrap();
    let transport = TransportIdentity::new(&provider, vec![leaf], &key).unwrap();
    let suite = CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256;
    let server = ServerConfig::builder_with(provider.clone())
        .versions(Version::Tls12, Version::Tls12)
        .clock(Arc::new(FixedClock(NOW)))
        .suites([suite])
        .legacy(dangerous_legacy().rsa_key_transport_with(transport))
        .no_sessions()
        .build()
        .unwrap();
    let client = ClientConfig::builder()
        .versions(Version::Tls12, Version::Tls12)
        .suites([suite])
        .legacy(dangerous_legacy().rsa_key_transport())
        .dangerous_no_verification()
        .build()
        .unwrap();
    let mut hello = Vec::new();
    ClientStart::new(&client, NAME.try_into().unwrap()).connect(&mut hello).unwrap();
    let make = |class: bool| {
        let mut connection = Connection::server(&server).unwrap();
        let mut out = Vec::new();
        pump(&mut connection, &mut hello.clone(), &mut out);
        let mut secret = [9; 48];
        secret[..2].copy_from_slice(&[3, 3]);
        let mut encrypted = provider.encrypter.unwrap().encrypt(&public, &secret, &*provider.random).unwrap();
        if class {
            // Another number below the modulus: it decrypts to noise.
            encrypted[200] ^= 0x55;
        }
        let mut record = vec![22, 3, 3, 1, 6, 16, 0, 1, 2, 1, 0];
        record.extend_from_slice(&encrypted);
        (connection, record)
    };
    measure("encrypted premain secret, good or bad", samples, make, |(mut connection, mut record)| {
        pump(&mut connection, &mut record, &mut Vec::new());
        black_box(&connection);
    });
}

fn pump(connection: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
    loop {
        let received = connection.receive(input, out).unwrap();
        let more = !matches!(received.event, Event::NeedInput { .. });
        let consumed = received.consumed;
        input.drain(..consumed);
        if !more {
            return;
        }
    }
}

/// Records of one length that do not open: padding that is wrong, or right and as long as can be with a MAC that is wrong.
fn mac_then_encrypt(samples: usize) {
    let provider = handfast::rustcrypto::provider();
    for algorithm in [MacAlgorithm::HmacSha1, MacAlgorithm::HmacSha256, MacAlgorithm::HmacSha384] {
        let cipher = || provider.block_cipher(BlockAlgorithm::Aes128).unwrap().key(&[1; 16]).unwrap();
        let mac_len = algorithm.output_len();
        let keys = |provider: &Provider| RecordKeys::CbcMte {
            cipher: cipher(),
            mac: provider.mac(algorithm).unwrap().key(&vec![2; mac_len]).unwrap(),
            mac_len,
            random: provider.random.clone(),
        };
        let make = |class: bool| {
            let mut opener = Opener::new();
            opener.install(keys(&provider));
            let mut blocks = [0; 512];
            provider.random.fill(&mut blocks).unwrap();
            // The last 256 bytes are padding, each as long as all of it; or noise with an end that is none. Both are made each
            // time, lest what is measured be the way in which one was made.
            let (mut good, mut bad) = (blocks, blocks);
            good[256..].fill(255);
            bad[511] = blocks[510] ^ 3;
            let mut blocks = [bad, good][usize::from(class)];
            cipher().encrypt(&[0; 16], &mut blocks).unwrap();
            let mut record = vec![23, 3, 3, 2, 16];
            record.extend_from_slice(&[0; 16]);
            record.extend_from_slice(&blocks);
            (opener, record)
        };
        let name = format!("CBC record, MAC inside, {algorithm:?}");
        measure(&name, samples, make, |(mut opener, mut record)| {
            black_box(opener.open(&mut record).is_err());
        });
    }
}
