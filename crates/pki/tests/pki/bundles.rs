//! Keys and certificates in any order, each key with its chain.

use crate::common::*;
use handfast_crypto::{KeyError, KeyKind};
use handfast_pki::Bundle;
use handfast_pki::bundle::{Error, MAX_CERTIFICATES, MAX_KEYS, Place};
use handfast_pki::make::{Builder, Identity, Key};
use handfast_pki::pem;
use pki_types::CertificateDer;

/// The chains of what these texts hold together.
fn pair(texts: &[&str]) -> Result<Vec<Vec<CertificateDer<'static>>>, Error> {
    let mut bundle = Bundle::new();
    for text in texts {
        bundle.add(&provider(), text.as_bytes(), None)?;
    }
    Ok(bundle.pair(&provider())?.pairs.into_iter().map(|pair| pair.chain).collect())
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
        key: Key::load(&provider(), new.key.der()).unwrap(),
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
        ("NO_KEY", "there is no private key; seen: CERTIFICATE in line 1, CERTIFICATE REQUEST in line 1")
    );
    let error = pair(&[&made.key.to_pem()]).unwrap_err();
    assert_eq!(
        (error.code(), &*error.to_string()),
        ("NO_CERTIFICATE", "there is no certificate; seen: PRIVATE KEY in line 1")
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
    assert_eq!(bundle.pair(&provider()).unwrap().pairs.len(), 1);
    let mut bundle = Bundle::new();
    for der in [&[0x30, 0][..], &[0x30, 3, 2, 1, 0], &[0x30, 0x80], &[0x30]] {
        assert_eq!(add(&mut bundle, der), Err(Error::Unknown), "{der:x?}");
    }
    // SEC1: 1, and an OCTET STRING.
    let sec1 = [0x30, 6, 2, 1, 1, 4, 1, 0];
    add(&mut bundle, &sec1).unwrap();
    assert!(matches!(bundle.keys().next(), Some(key) if matches!(**key, pki_types::PrivateKeyDer::Sec1(_))));
    assert_eq!(format!("{bundle:?}"), "Bundle { certificates: 0, keys: 1, .. }");
}

/// A server with the key of a CA could make certificates.
#[test]
fn the_key_of_an_issuer_is_refused() {
    let authority = root(ca("An Authority"));
    let own = leaf(&authority, "a.example", KeyKind::P256);
    let full = own.certificate_pem() + &authority.certificate_pem();
    let error = pair(&[&full, &authority.key.to_pem()]).unwrap_err();
    assert_eq!(error, Error::Issuer(Place::Line(1), "CN=An Authority".to_string()));
    let error = pair(&[&full, &own.key.to_pem(), &authority.key.to_pem()]).unwrap_err();
    assert_eq!(error.code(), "KEY_OF_AN_ISSUER");
    // Alone it is a certificate that signs itself, as `openssl req -x509` makes them.
    assert_eq!(pair(&[&authority.certificate_pem(), &authority.key.to_pem()]).unwrap(), [chain(&[&authority])]);
}

/// A renewed certificate takes the place of the old one, wherever it is.
#[test]
fn of_several_certificates_for_a_key_the_latest_counts() {
    let authority = root(ca("An Authority"));
    let old = leaf(&authority, "a.example", KeyKind::P256);
    let start = i64::try_from(NOW).unwrap();
    let renewed = server().valid(start, start + 90 * 86_400).signed_by(&provider(), &authority, old.key.public_key());
    let renewed = renewed.unwrap();
    let pem = pem::encode("CERTIFICATE", &renewed).to_string();
    for texts in [[old.certificate_pem(), pem.clone()], [pem.clone(), old.certificate_pem()]] {
        let mut bundle = Bundle::new();
        bundle.add_pem(&provider(), (texts.concat() + &old.key.to_pem()).as_bytes(), None).unwrap();
        let paired = bundle.pair(&provider()).unwrap();
        assert_eq!((&paired.pairs[0].chain, &paired.unused), (&vec![renewed.clone()], &vec![old.certificate.clone()]));
    }
}

/// A certificate whose key cannot be read may be the one that was meant, and the error says so.
#[test]
fn a_certificate_that_is_not_understood_is_named() {
    let made = root(server());
    let odd = server().spki(&[0x30, 0]).self_signed(&provider(), &made.key).unwrap();
    let text = pem::encode("CERTIFICATE", &odd).to_string() + &made.key.to_pem();
    let Err(Error::Mismatch(_, _, subjects)) = pair(&[&text]) else { panic!() };
    assert!(subjects[0].contains("(its subjectPublicKeyInfo is malformed)"), "{subjects:?}");
}

#[test]
fn bundles_are_bounded() {
    let made = root(server());
    let mut bundle = Bundle::new();
    let many = made.certificate_pem().repeat(MAX_CERTIFICATES);
    bundle.add_pem(&provider(), many.as_bytes(), None).unwrap();
    assert_eq!(bundle.add_der(&provider(), &made.certificate, None).map(drop), Err(Error::TooMany));
    let mut bundle = Bundle::new();
    let many = made.key.to_pem().repeat(MAX_KEYS + 1);
    assert_eq!(bundle.add_pem(&provider(), many.as_bytes(), None).map(drop), Err(Error::TooMany));
    let others = pem::encode("ODD THING", &[]).repeat(4097);
    assert_eq!(bundle.add_pem(&provider(), others.as_bytes(), None).map(drop), Err(Error::TooMany));
}

/// A text may begin with what DER begins with, and with what some editors put there.
#[test]
fn a_text_is_a_text_whatever_comes_first() {
    let made = root(server());
    let text = made.certificate_pem() + &made.key.to_pem();
    for lead in ["0 s:CN=a\n", "\u{feff}"] {
        assert_eq!(pair(&[&(lead.to_string() + &text)]).unwrap(), [chain(&[&made])], "{lead:?}");
    }
    let spaced: String = text
        .lines()
        .flat_map(|line| match line.starts_with('-') {
            true => [line, "\n"],
            false => [line, " \t\n"],
        })
        .collect();
    let (first, rest) = spaced.split_at(40);
    assert_eq!(pair(&[&format!("{first} {rest}")]).unwrap(), [chain(&[&made])]);
}
