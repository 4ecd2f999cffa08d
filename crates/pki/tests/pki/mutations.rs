//! Noise: certificates with random changes, and chains of them. Nothing may panic, and nothing that is signed may change
//! and still verify.

use crate::common::*;
use crate::fixtures::{MIXED, ODD, RSA, load};
use handfast_pki::{Anchors, Certificate, Policy, check_server_identity, name, pem, verify_client, verify_server};
use pki_types::CertificateDer;

/// How many changed certificates each seed gives.
const ROUNDS: usize = 1_000;

fn seeds() -> Vec<CertificateDer<'static>> {
    let mut all: Vec<_> = [MIXED, RSA, ODD].into_iter().flat_map(load).collect();
    all.push(root(server()).certificate);
    all
}

/// Changes a few octets, cuts the end off, or copies one part over another.
fn mutate(noise: &mut Noise, der: &[u8]) -> Vec<u8> {
    let mut out = der.to_vec();
    match noise.below(8) {
        0 => out.truncate(noise.below(der.len())),
        1 => out.extend_from_slice(&noise.next().to_le_bytes()),
        2 => {
            let (from, to) = (noise.below(der.len()), noise.below(der.len()));
            let len = noise.below(64).min(der.len() - from.max(to));
            out.copy_within(from..from + len, to);
        }
        _ => {
            for _ in 0..=noise.below(4) {
                let at = noise.below(out.len());
                out[at] = noise.next() as u8;
            }
        }
    }
    out
}

/// Looks at everything there is in a certificate.
fn read_all(der: &[u8]) {
    let Ok(certificate) = Certificate::parse(der) else { return };
    let _ = (certificate.public_key(), certificate.signature_algorithm(), certificate.basic_constraints());
    let _ = (certificate.key_usage(), certificate.extended_key_usage(), certificate.subject_key_identifier());
    let _ = (certificate.authority_key_identifier(), name::names(&certificate, 100));
    let text = format!("{certificate:?} {:?}", check_server_identity(&certificate, &"host.test".try_into().unwrap()));
    assert!(text.chars().all(|c| !c.is_control()), "{text}");
}

/// docs/regressions.md rows 64 and 68.
#[test]
fn changed_certificates_never_panic() {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for seed in seeds() {
        for _ in 0..ROUNDS {
            read_all(&mutate(&mut noise, &seed));
        }
        // Every prefix, and every octet set to the values that lengths and tags turn on.
        for len in 0..seed.len() {
            assert!(Certificate::parse(&seed[..len]).is_err());
            for octet in [0, 0x7f, 0x80, 0x81, 0x84, 0xff] {
                let mut changed = seed.to_vec();
                changed[len] = octet;
                read_all(&changed);
            }
        }
    }
}

/// docs/regressions.md row 58 and the heart of the matter: whatever is changed in what was signed, it does not verify.
#[test]
fn changed_chains_never_verify() {
    let mut noise = Noise(0x0123_4567_89ab_cdef);
    let name = "openssl.test".try_into().unwrap();
    let good = load(RSA);
    let mut anchors = Anchors::new();
    anchors.add(good.last().unwrap()).unwrap();
    for _ in 0..300 {
        let mut der = good[0].to_vec();
        let at = noise.below(der.len());
        der[at] ^= 1 << noise.below(8);
        let chain = [der.into()];
        let server = verify_server(&provider(), &anchors, &Policy::default(), &chain, &name, now());
        let client = verify_client(&provider(), &anchors, &Policy::default(), &chain, now());
        for result in [server, client] {
            let error = result.expect_err("one bit was turned");
            assert!(error.to_string().len() <= handfast_pki::Error::DISPLAY_LIMIT);
        }
    }
}

/// docs/regressions.md row 72.
#[test]
fn changed_pem_never_panics() {
    let mut noise = Noise(0xfeed_beef_0bad_cafe);
    for text in [include_bytes!("../data/combined.pem").as_slice(), include_bytes!("../data/trusted.pem")] {
        for _ in 0..ROUNDS {
            let changed = mutate(&mut noise, text);
            let _ = (pem::certificates(&changed), pem::private_key(&changed));
        }
    }
}
