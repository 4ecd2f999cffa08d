//! Certificates that OpenSSL made (`tests/data/make.sh`): what is read and verified here is not only what is written here.

use crate::common::*;
use handfast_crypto::{HashAlgorithm, KeyKind, SignatureAlgorithm};
use handfast_pki::cert::Version;
use handfast_pki::{Anchors, Certificate, Policy, Rule, name, pem, verify_client, verify_server};
use pki_types::CertificateDer;

pub(crate) const MIXED: &[u8] = include_bytes!("../data/mixed.pem");
pub(crate) const RSA: &[u8] = include_bytes!("../data/rsa.pem");
pub(crate) const ODD: &[u8] = include_bytes!("../data/odd.pem");

pub(crate) fn load(text: &[u8]) -> Vec<CertificateDer<'static>> {
    pem::certificates(text).unwrap().0
}

fn trust(root: &CertificateDer<'_>) -> Anchors {
    let mut anchors = Anchors::new();
    anchors.add(root).unwrap();
    anchors
}

#[test]
fn chains_verify() {
    for (text, path) in [(MIXED, &[0, 1][..]), (RSA, &[0])] {
        let chain = load(text);
        let anchors = trust(chain.last().unwrap());
        for (name, expected) in [
            ("openssl.test", "OK"),
            ("OPENSSL.TEST.", "OK"),
            ("a.wild.openssl.test", "OK"),
            ("192.0.2.7", "OK"),
            ("2001:db8::7", "OK"),
            ("wild.openssl.test", "HOSTNAME_MISMATCH"),
            ("a.b.wild.openssl.test", "HOSTNAME_MISMATCH"),
            ("192.0.2.8", "HOSTNAME_MISMATCH"),
        ] {
            let name = name.try_into().unwrap();
            let result = verify_server(&provider(), &anchors, &Policy::default(), &chain, &name, now());
            assert_eq!(code(&result), expected);
            if let Ok(found) = result {
                assert_eq!(found.certificates, path);
            }
        }
        let result = verify_client(&provider(), &anchors, &Policy::default(), &chain, now());
        assert_eq!(code(&result), "INVALID_PURPOSE");
    }
}

#[test]
fn algorithms_and_keys_are_read() {
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    let mixed = load(MIXED);
    let rsa = load(RSA);
    let odd = load(ODD);
    for (der, key, signature) in [
        (&mixed[0], KeyKind::Ed25519, RsaPss(HashAlgorithm::Sha256)),
        (&mixed[1], KeyKind::Rsa, Ecdsa(HashAlgorithm::Sha512)),
        (&mixed[2], KeyKind::P521, Ecdsa(HashAlgorithm::Sha512)),
        (&rsa[0], KeyKind::P384, RsaPkcs1(HashAlgorithm::Sha384)),
        (&rsa[1], KeyKind::Rsa, RsaPkcs1(HashAlgorithm::Sha256)),
        (&odd[2], KeyKind::RsaPss, RsaPss(HashAlgorithm::Sha384)),
    ] {
        let certificate = Certificate::parse(der).unwrap();
        assert_eq!(certificate.public_key().unwrap().kind, key);
        assert_eq!(certificate.signature_algorithm().unwrap().algorithm, signature);
        // The SubjectPublicKeyInfo that is written is the one that was read.
        let written = handfast_pki::spki::encode(&certificate.public_key().unwrap()).unwrap();
        assert!(written.ends_with(certificate.spki()));
    }
}

#[test]
fn odd_certificates_are_read() {
    let odd = load(ODD);
    let v1 = Certificate::parse(&odd[0]).unwrap();
    assert_eq!((v1.version(), v1.extensions().len()), (Version::V1, 0));
    let negative = Certificate::parse(&odd[1]).unwrap();
    assert_eq!((negative.version(), negative.serial()), (Version::V3, &[0xfb][..]));
    // A root of version 1 has the same name and key, so it is as good an anchor as the one in rsa.pem.
    let chain = load(RSA);
    let name = "openssl.test".try_into().unwrap();
    for root in &odd[..2] {
        let result = verify_server(&provider(), &trust(root), &Policy::default(), &chain, &name, now());
        assert_eq!(code(&result), "OK");
    }
    // The id-RSASSA-PSS key signed itself: trusted as it is, and known as self-signed when it is not.
    let pss = [odd[2].clone()];
    let result = verify_server(&provider(), &trust(&pss[0]), &Policy::default(), &pss, &name, now());
    assert_eq!(code(&result), "OK");
    let result = verify_server(&provider(), &Anchors::new(), &Policy::default(), &pss, &name, now());
    assert_eq!(code(&result), "DEPTH_ZERO_SELF_SIGNED_CERT");
}

#[test]
fn facts_of_a_certificate() {
    let chain = load(MIXED);
    let leaf = Certificate::parse(&chain[0]).unwrap();
    assert_eq!(leaf.subject().to_string(), "CN=openssl.test");
    assert_eq!(leaf.issuer().to_string(), "C=XX, O=Fixture, CN=RSA Intermediate");
    assert_eq!(
        name::names(&leaf, 3).unwrap(),
        (vec!["openssl.test".to_string(), "*.wild.openssl.test".to_string(), "192.0.2.7".to_string()], 1)
    );
    // Beyond 2049, so this one was written as GeneralizedTime.
    assert!(leaf.validity().not_after.to_string().starts_with("2126-"));
    let issuer = Certificate::parse(&chain[1]).unwrap();
    assert_eq!(leaf.authority_key_identifier(), issuer.subject_key_identifier());
    assert!(leaf.authority_key_identifier().unwrap().is_some());
    assert!(issuer.basic_constraints().unwrap().unwrap().ca);
}

/// docs/regressions.md row 58: a signature that does not belong is found, for every algorithm OpenSSL signed with.
#[test]
fn a_changed_certificate_does_not_verify() {
    for (text, index) in [(MIXED, 0), (MIXED, 1), (RSA, 0)] {
        let mut chain = load(text);
        let anchors = trust(chain.last().unwrap());
        // In the serial number: signed, and without a meaning that another check could trip over.
        let der = chain[index].to_vec();
        let serial = Certificate::parse(&der).unwrap().serial().to_vec();
        let at = der.windows(serial.len()).position(|window| window == serial).unwrap() + serial.len() - 1;
        let mut changed = der.clone();
        changed[at] ^= 1;
        chain[index] = changed.into();
        let name = "openssl.test".try_into().unwrap();
        let error = verify_server(&provider(), &anchors, &Policy::default(), &chain, &name, now()).unwrap_err();
        assert_eq!(*error.rule(), Rule::BadSignature);
    }
}
