//! Noise: certificates with random changes, and chains of them. Nothing may panic, and nothing that is signed may change
//! and still verify.

use crate::common::*;
use crate::fixtures::{MIXED, ODD, RSA, load};
use handfast_pki::make::Builder;
use handfast_pki::profile::{self, Profile, Role};
use handfast_pki::{
    Anchors, Certificate, Policy, Purpose, check_server_identity, name, pem, verify_client, verify_server,
};
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
    let _ = (read_everything(&certificate), name::names(&certificate, 100));
    for profile in [Profile::Rfc5280, Profile::WebPki] {
        for role in [Role::Leaf, Role::Intermediate, Role::Anchor] {
            let _ = profile::check(&certificate, role, profile, &[Purpose::Server]);
        }
    }
    let text = format!("{certificate:?} {:?}", check_server_identity(&certificate, &"host.test".try_into().unwrap()));
    assert!(text.chars().all(|c| !c.is_control()), "{text}");
}

/// docs/regressions.md row 68: an extension ends where its value does, and a value where its extension does.
#[test]
fn nothing_follows_in_an_extension() {
    let top = root(ca("Root"));
    for (what, oid, der) in [
        ("subjectKeyIdentifier", &[0x55, 0x1d, 14][..], &b"\x04\x01\x01"[..]),
        ("keyUsage", &[0x55, 0x1d, 15], b"\x03\x02\x07\x80"),
        ("subjectAltName", &[0x55, 0x1d, 17], b"\x30\x03\x82\x01a"),
        ("issuerAltName", &[0x55, 0x1d, 18], b"\x30\x03\x82\x01a"),
        ("basicConstraints", &[0x55, 0x1d, 19], b"\x30\x03\x01\x01\xff"),
        ("nameConstraints", &[0x55, 0x1d, 30], b"\x30\x07\xa0\x05\x30\x03\x82\x01a"),
        ("cRLDistributionPoints", &[0x55, 0x1d, 31], b"\x30\x09\x30\x07\xa0\x05\xa0\x03\x86\x01a"),
        ("certificatePolicies", &[0x55, 0x1d, 32], b"\x30\x05\x30\x03\x06\x01\x2a"),
        ("policyMappings", &[0x55, 0x1d, 33], b"\x30\x08\x30\x06\x06\x01\x2a\x06\x01\x2b"),
        ("authorityKeyIdentifier", &[0x55, 0x1d, 35], b"\x30\x03\x80\x01\x01"),
        ("policyConstraints", &[0x55, 0x1d, 36], b"\x30\x03\x80\x01\x00"),
        ("extKeyUsage", &[0x55, 0x1d, 37], b"\x30\x03\x06\x01\x2a"),
        ("freshestCRL", &[0x55, 0x1d, 46], b"\x30\x09\x30\x07\xa0\x05\xa0\x03\x86\x01a"),
        ("inhibitAnyPolicy", &[0x55, 0x1d, 54], b"\x02\x01\x00"),
        ("authorityInfoAccess", b"\x2b\x06\x01\x05\x05\x07\x01\x01", b"\x30\x08\x30\x06\x06\x01\x2a\x86\x01a"),
        ("subjectInfoAccess", b"\x2b\x06\x01\x05\x05\x07\x01\x0b", b"\x30\x08\x30\x06\x06\x01\x2a\x86\x01a"),
        ("TLS features", b"\x2b\x06\x01\x05\x05\x07\x01\x18", b"\x30\x03\x02\x01\x05"),
    ] {
        let read = |der: &[u8]| {
            let bare = Builder::new("x", now()).without_key_identifiers();
            let leaf = top.issues(bare.extension(oid, false, der));
            read_everything(&Certificate::parse(&leaf.certificate).unwrap())
        };
        assert_eq!(read(der), Ok(()), "{what}");
        // Behind the value, at the end inside of it, and a value that ends early.
        assert!(read(&[der, &[0][..]].concat()).is_err(), "{what}: more");
        assert!(read(&der[..der.len() - 1]).is_err(), "{what}: less");
        let mut inside = [der, &[0][..]].concat();
        inside[1] += 1;
        if der[0] == 0x30 {
            assert!(read(&inside).is_err(), "{what}: more inside");
        }
    }
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
