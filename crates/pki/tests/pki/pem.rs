//! PEM files as people have them.

use crate::common::*;
use handfast_crypto::KeyKind;
use handfast_pki::make::{Identity, Key};
use handfast_pki::pem::{self, Error, Reason};
use handfast_pki::{Anchors, Rule};
use pki_types::PrivateKeyDer;

const KEYS: &str = include_str!("../data/keys.pem");
const COMBINED: &str = include_str!("../data/combined.pem");
const TRUSTED: &[u8] = include_bytes!("../data/trusted.pem");

/// The text from the `nth` BEGIN of `label` on.
fn from<'a>(text: &'a str, label: &str, nth: usize) -> &'a str {
    let begin = format!("-----BEGIN {label}-----");
    let at = text.match_indices(&begin).nth(nth).unwrap().0;
    &text[at..]
}

/// docs/regressions.md row 72: certificates of a mixed file are certificates, and no key bytes are among them.
#[test]
fn a_mixed_file_gives_only_what_was_asked_for() {
    let (certificates, report) = pem::certificates(COMBINED.as_bytes()).unwrap();
    assert_eq!((certificates.len(), report.added), (2, 2));
    let skipped: Vec<_> = report.skipped.iter().map(|section| (&*section.label, &section.reason)).collect();
    assert_eq!(
        skipped,
        [
            ("ENCRYPTED PRIVATE KEY", &Reason::OtherLabel),
            ("EC PRIVATE KEY", &Reason::OtherLabel),
            ("EC PARAMETERS", &Reason::OtherLabel),
            ("EC PRIVATE KEY", &Reason::OtherLabel),
            ("PRIVATE KEY", &Reason::OtherLabel),
        ]
    );
    let key = pem::private_key(from(COMBINED, "PRIVATE KEY", 0).as_bytes()).unwrap();
    // The scalar of a P-384 key, behind the headers of PKCS#8 and ECPrivateKey; what follows is the public key.
    let scalar = &key.secret_der()[35..35 + 48];
    assert_eq!(key.secret_der()[33..35], [4, 48]);
    for certificate in &certificates {
        assert!(!certificate.windows(8).any(|window| scalar.windows(8).any(|other| other == window)));
    }
}

/// docs/regressions.md row 72: also a wrong label makes no certificate of a key.
#[test]
fn a_key_under_the_label_of_a_certificate_is_not_taken() {
    let mislabelled = from(KEYS, "PRIVATE KEY", 0).replace("PRIVATE KEY", "CERTIFICATE");
    match pem::certificates(mislabelled.as_bytes()) {
        Err(Error::NoCertificate(seen)) => {
            assert_eq!(seen[0].reason, Reason::NotACertificate(Rule::Malformed("outer structure")));
        }
        other => panic!("{other:?}"),
    }
    assert!(pem::certificates(mislabelled.replace("CERTIFICATE", "TRUSTED CERTIFICATE").as_bytes()).is_err());
}

#[test]
fn every_wrapping_of_a_key_is_found() {
    let pkcs8 = pem::private_key(from(KEYS, "PRIVATE KEY", 0).as_bytes()).unwrap();
    // EC PARAMETERS come first in files that `openssl ecparam` made.
    let sec1 = pem::private_key(from(KEYS, "EC PARAMETERS", 0).as_bytes()).unwrap();
    assert!(matches!((&*pkcs8, &*sec1), (PrivateKeyDer::Pkcs8(_), PrivateKeyDer::Sec1(_))));
    let one = Key::load(&provider(), &pkcs8).unwrap();
    let other = Key::load(&provider(), &sec1).unwrap();
    assert_eq!(one.public_key(), other.public_key());
    assert_eq!(one.public_key().kind, KeyKind::P384);
    let leaf = &crate::fixtures::load(crate::fixtures::RSA)[0];
    assert!(handfast_pki::key_matches(leaf, one.public_key()));
    let pkcs1 = "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n";
    assert!(matches!(&*pem::private_key(pkcs1.as_bytes()).unwrap(), PrivateKeyDer::Pkcs1(_)));
}

#[test]
fn encrypted_keys_are_named() {
    for (label, line) in [("ENCRYPTED PRIVATE KEY", 1), ("EC PRIVATE KEY", 1)] {
        match pem::private_key(from(KEYS, label, 0).as_bytes()) {
            Err(Error::BadKey(section)) => {
                assert_eq!((&*section.label, section.line, section.reason), (label, line, Reason::Encrypted));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn errors_name_the_labels_that_were_seen() {
    let certificate = root(server()).certificate_pem();
    assert_eq!(
        pem::private_key(format!("\n\n{certificate}").as_bytes()).unwrap_err().to_string(),
        "no PEM private key was found; seen: line 3: CERTIFICATE (something else)"
    );
    let text = pem::certificates(KEYS.as_bytes()).unwrap_err().to_string();
    assert!(text.contains("EC PARAMETERS (something else)") && text.ends_with("and 1 more"), "{text}");
    assert_eq!(
        pem::certificates(b"not PEM").unwrap_err().to_string(),
        "no PEM certificate was found; there is no PEM section at all"
    );
    let hostile = "-----BEGIN \u{1b}[2J-----\n-----END \u{1b}[2J-----\n";
    assert!(pem::private_key(hostile.as_bytes()).unwrap_err().to_string().contains("\\u{1b}[2J"));
}

/// What a text editor, a mail program or a careless `cat` leaves behind.
#[test]
fn sloppy_files() {
    let pem = root(server()).certificate_pem();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for (what, text, added, reason) in [
        ("text around", format!("subject=x\n{pem}\ntrailing"), 1, None),
        ("carriage returns", pem.replace('\n', "\r\n"), 1, None),
        ("indented", pem.replace('\n', "\n   "), 1, None),
        ("one long line", format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"), 1, None),
        ("X509", pem.replace("CERTIFICATE", "X509 CERTIFICATE"), 1, None),
        ("TRUSTED, without settings", pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), 1, None),
        ("two", format!("{pem}{pem}"), 2, None),
        ("no END", format!("-----BEGIN CERTIFICATE-----\n{pem}"), 1, Some(Reason::NoEnd)),
        ("another END", format!("{pem}{}", pem.replace("END C", "END X")), 1, Some(Reason::NoEnd)),
        ("END missing at the end", format!("{pem}-----BEGIN CERTIFICATE-----\nMAA="), 1, Some(Reason::NoEnd)),
        ("a character lost", format!("{pem}{}", pem.replacen("MII", "MI", 1)), 1, Some(Reason::NotBase64)),
        (
            "no base64",
            format!("{pem}-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"),
            1,
            Some(Reason::NotBase64),
        ),
    ] {
        let (certificates, report) =
            pem::certificates(text.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((certificates.len(), report.added), (added, added), "{what}");
        assert_eq!(report.skipped.first().map(|section| &section.reason), reason.as_ref(), "{what}");
    }
}

/// Settings that restrict trust are not dropped silently; an alias restricts nothing.
#[test]
fn trust_settings() {
    let (anchors, report) = Anchors::from_pem(TRUSTED).unwrap();
    assert_eq!((anchors.len(), report.added), (1, 1));
    let reasons: Vec<_> = report.skipped.iter().map(|section| &section.reason).collect();
    assert_eq!(reasons, [&Reason::TrustSettings, &Reason::TrustSettings]);
}

#[test]
fn anchors_from_pem_count_what_was_new() {
    let (one, two) = (root(ca("One")), root(ca("Two")));
    let text = format!("{}{}{}", one.certificate_pem(), two.certificate_pem(), one.certificate_pem());
    let (mut anchors, report) = Anchors::from_pem(text.as_bytes()).unwrap();
    assert_eq!((anchors.len(), report.added), (2, 2));
    assert_eq!(anchors.add_pem(one.certificate_pem().as_bytes()).unwrap().added, 0);
    assert!(anchors.add_pem(b"").is_err());
    assert_eq!(anchors.len(), 2);
}

#[test]
fn what_is_written_is_read_back() {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::MlDsa65] {
        let made = Identity::root(&provider(), server(), kind).unwrap();
        assert_eq!(pem::certificates(made.certificate_pem().as_bytes()).unwrap().0[..], chain(&[&made]));
        let text = made.key.to_pem();
        assert!(text.lines().all(|line| line.len() <= 64));
        let read = Key::load(&provider(), &pem::private_key(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(read.public_key(), made.key.public_key());
    }
}

/// docs/regressions.md row 74.
#[test]
fn debug_of_a_key_prints_no_byte() {
    let made = root(server());
    assert_eq!(format!("{:?}", made.key), "Key { kind: P256, .. }");
}
