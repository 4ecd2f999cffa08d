//! Keys and certificates in any order, each key with its chain.

use crate::common::*;
use handfast_crypto::{KeyError, KeyKind};
use handfast_pki::Bundle;
use handfast_pki::bundle::{Error, Place};
use handfast_pki::make::{Builder, Identity, Key};
use handfast_pki::pem;
use pki_types::CertificateDer;

/// The chains of what these texts hold together.
fn pair(texts: &[&str]) -> Result<Vec<Vec<CertificateDer<'static>>>, Error> {
    let mut bundle = Bundle::new();
    for text in texts {
        bundle.add(&provider(), text.as_bytes(), None)?;
    }
    Ok(bundle.pair(&provider())?.into_iter().map(|pair| pair.chain).collect())
}

fn leaf(issuer: &Identity, name: &str, kind: KeyKind) -> Identity {
    issuer.issue(&provider(), Builder::server(&[name], now()), kind).unwrap()
}

#[test]
fn several_keys_and_chains_in_any_order() {
    let (one, two) = (root(ca("One")), root(ca("Two")));
    let middle = one.issue(&provider(), ca("Middle"), KeyKind::P256).unwrap();
    let a = leaf(&middle, "a.example", KeyKind::P256);
    let b = leaf(&two, "b.example", KeyKind::Ed25519);
    let all = [&a, &b, &one, &two, &middle].map(Identity::certificate_pem);
    let [a_key, b_key] = [&a, &b].map(|leaf| leaf.key.to_pem());
    let expected = vec![chain(&[&a, &middle, &one]), chain(&[&b, &two])];
    let [a_pem, b_pem, one_pem, two_pem, middle_pem] = all.each_ref().map(String::as_str);
    for texts in [
        vec![&*a_key, &*b_key, a_pem, b_pem, one_pem, two_pem, middle_pem],
        vec![middle_pem, one_pem, &*a_key, a_pem, two_pem, b_pem, &*b_key],
        vec![two_pem, one_pem, b_pem, middle_pem, &*a_key, a_pem, &*b_key],
    ] {
        assert_eq!(pair(&texts).unwrap(), expected);
        // In one file as in several.
        assert_eq!(pair(&[&texts.concat()]).unwrap(), expected);
    }
    // What leads from no key nowhere is left out, and a certificate that is there twice is sent once.
    assert_eq!(pair(&[&a_key, a_pem, a_pem, two_pem]).unwrap(), [chain(&[&a])]);
}

/// Of two certificates of one CA, an old one and a cross-signed one, both are sent: whom the peer trusts is not known.
#[test]
fn all_that_may_lead_to_a_root_is_sent() {
    let (old, new) = (root(ca("Old")), root(ca("New")));
    let cross = Identity {
        certificate: ca("New").signed_by(&provider(), &old, new.key.public_key()).unwrap(),
        key: Key::load(&provider(), new.key.der().clone_key()).unwrap(),
    };
    let own = leaf(&new, "a.example", KeyKind::P256);
    let texts = [
        own.key.to_pem().to_string(),
        own.certificate_pem(),
        new.certificate_pem(),
        cross.certificate_pem(),
        old.certificate_pem(),
    ];
    assert_eq!(pair(&[&texts.concat()]).unwrap(), [chain(&[&own, &new, &cross, &old])]);
}

/// C10: found when they are loaded, and said of which key and which certificates.
#[test]
fn a_key_without_a_certificate_is_an_error() {
    let (one, two) = (root(server()), root(ca("Somebody")));
    let texts = [two.certificate_pem(), one.key.to_pem().to_string()].concat();
    let error = pair(&[&texts]).unwrap_err();
    let subjects = vec!["CN=Somebody".to_string()];
    let line = two.certificate_pem().lines().count() + 1;
    assert_eq!(error, Error::Mismatch(Place::Line(line), KeyKind::P256, subjects));
    assert_eq!(error.code(), "KEY_MISMATCH");
    assert_eq!(
        error.to_string(),
        format!("the private key in line {line} (P256) is the key of none of the certificates: CN=Somebody")
    );
}

#[test]
fn what_is_missing_is_said_with_what_was_there() {
    let made = root(server());
    let request = pem::encode("CERTIFICATE REQUEST", &[0x30, 0]);
    let error = pair(&[&made.certificate_pem(), &request]).unwrap_err();
    assert_eq!(
        (error.code(), &*error.to_string()),
        ("NO_KEY", "no PEM private key was found; seen: line 1: CERTIFICATE REQUEST (something else)")
    );
    let error = pair(&[&made.key.to_pem()]).unwrap_err();
    assert_eq!(
        (error.code(), &*error.to_string()),
        ("NO_CERTIFICATE", "no PEM certificate was found; there is no PEM section at all")
    );
    let error = pair(&["nothing"]).unwrap_err();
    assert_eq!(error.code(), "NO_KEY");
    // A certificate that is there and broken is not left out in silence: the chain would lack it.
    let broken = made.certificate_pem().replacen("MII", "MI", 1);
    let error = pair(&[&made.key.to_pem(), &broken]).unwrap_err();
    assert_eq!(error.to_string(), "a certificate cannot be read: line 1: CERTIFICATE (not base64)");
    let rsa = pem::encode("RSA PRIVATE KEY", &[0x30, 0]);
    let error = pair(&[&rsa, &made.certificate_pem()]).unwrap_err();
    assert_eq!(error, Error::Key(Place::Line(1), KeyError::Malformed));
}

#[test]
fn der_is_told_by_its_shape() {
    let made = root(server());
    let add = |bundle: &mut Bundle<'_>, der: &[u8]| bundle.add(&provider(), der, None).map(drop);
    let mut bundle = Bundle::new();
    add(&mut bundle, &made.certificate).unwrap();
    add(&mut bundle, made.key.der().secret_der()).unwrap();
    assert_eq!(bundle.pair(&provider()).unwrap().len(), 1);
    let mut bundle = Bundle::new();
    for der in [&[0x30, 0][..], &[0x30, 3, 2, 1, 0], &[0x30, 0x80], &[0x30]] {
        assert_eq!(add(&mut bundle, der), Err(Error::Unknown), "{der:x?}");
    }
    // SEC1: 1, and an OCTET STRING.
    let sec1 = [0x30, 6, 2, 1, 1, 4, 1, 0];
    add(&mut bundle, &sec1).unwrap();
    assert!(matches!(bundle.keys().next(), Some(pki_types::PrivateKeyDer::Sec1(_))));
    assert_eq!(format!("{bundle:?}"), "Bundle { certificates: 0, keys: 1, .. }");
}
