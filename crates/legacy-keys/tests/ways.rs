//! What OpenSSL's legacy provider wrote opens (`data/make.sh`).

use handfast_legacy_keys::WAYS;
use handfast_pki::Bundle;
use handfast_pki::bundle::Error;
use handfast_pki::encrypted::Fault;

const KEY: &[u8] = include_bytes!("data/key.pem");
const SEALED: &str = include_str!("data/sealed.pem");

const FILES: [(&str, &[u8]); 4] = [
    ("three keys", include_bytes!("data/PBE-SHA1-3DES.pfx")),
    ("two keys", include_bytes!("data/PBE-SHA1-2DES.pfx")),
    ("RC2, 128 bits", include_bytes!("data/PBE-SHA1-RC2-128.pfx")),
    ("RC2, 40 bits", include_bytes!("data/PBE-SHA1-RC2-40.pfx")),
];
const EMPTY: &[u8] = include_bytes!("data/empty.pfx");

/// The public key of the one private key in these bytes.
fn open(bytes: &[u8], password: Option<&str>) -> Result<Vec<u8>, Fault> {
    let provider = handfast_rustcrypto::provider();
    let mut bundle = Bundle::new().legacy(WAYS);
    bundle
        .add(&provider, bytes, password.map(str::as_bytes))
        .map_err(|error| error.fault().cloned().expect("a fault"))?;
    let key = bundle.keys().next().expect("a key");
    let key = provider.keys.load(key).map_err(|_| Fault::WrongPassword)?;
    Ok(key.public_key().bytes.clone())
}

/// Each with the words before it.
fn sections() -> Vec<(&'static str, &'static str)> {
    let all: Vec<_> = SEALED.split_inclusive("KEY-----\n").collect();
    // A section is two pieces: up to its BEGIN, and up to its END.
    let starts = (0..all.len()).step_by(2);
    let mut rest = SEALED;
    starts
        .map(|at| {
            let (section, after) = rest.split_at(all[at].len() + all[at + 1].len());
            rest = after;
            section.split_once('\n').expect("words")
        })
        .collect()
}

#[test]
fn every_section_opens() {
    let expected = open(KEY, None);
    let sections = sections();
    assert_eq!(sections.len(), 18);
    for (what, section) in sections {
        assert_eq!(open(section.as_bytes(), Some("secret")), expected, "{what}");
        assert_eq!(open(section.as_bytes(), Some("Secret")), Err(Fault::WrongPassword), "{what}");
        assert_eq!(open(section.as_bytes(), None), Err(Fault::NoPassword), "{what}");
        for password in 0..300 {
            assert_eq!(open(section.as_bytes(), Some(&password.to_string())), Err(Fault::WrongPassword), "{what}");
        }
    }
}

#[test]
fn every_file_opens() {
    let expected = open(KEY, None);
    for (what, file) in FILES {
        assert_eq!(open(file, Some("secret")), expected, "{what}");
        assert_eq!(open(file, Some("Secret")), Err(Fault::WrongPassword), "{what}");
        assert_eq!(open(file, None), Err(Fault::NoPassword), "{what}");
    }
    assert_eq!(open(EMPTY, None), expected);
    assert_eq!(open(EMPTY, Some("")), expected);
}

/// docs/regressions.md row 72: none of it opens unless it is asked for.
#[test]
fn without_the_crate_nothing_opens() {
    let provider = handfast_rustcrypto::provider();
    for (what, section) in sections() {
        let mut bundle = Bundle::new();
        match bundle.add_pem(&provider, section.as_bytes(), Some(b"secret")) {
            Err(error) => assert!(matches!(error.fault(), Some(Fault::Unsupported(_))), "{what}: {error}"),
            Ok(_) => panic!("{what}"),
        }
    }
    for (what, file) in FILES {
        let mut bundle = Bundle::new();
        let error = bundle.add_pfx(&provider, file, Some(b"secret")).map(drop).unwrap_err();
        assert!(matches!(error, Error::Pfx(Fault::Unsupported(_))), "{what}: {error}");
    }
}

#[test]
fn what_is_cut_or_changed_is_an_error() {
    for (what, file) in FILES {
        for len in 0..file.len() {
            let provider = handfast_rustcrypto::provider();
            let mut bundle = Bundle::new().legacy(WAYS);
            assert!(bundle.add_pfx(&provider, &file[..len], Some(b"secret")).is_err(), "{what} {len}");
        }
    }
    for (what, section) in sections() {
        // Past the headers, each character becomes another one.
        let body = section.rfind("\n\n").map_or(40, |at| at + 2);
        for at in body..section.len() - 40 {
            let mut changed = section.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let provider = handfast_rustcrypto::provider();
            let mut bundle = Bundle::new().legacy(WAYS);
            let added = bundle.add_pem(&provider, &changed, Some(b"secret")).is_ok();
            let key = bundle.keys().next().and_then(|key| provider.keys.load(key).ok());
            let same = key.map(|key| key.public_key().bytes.clone());
            // A block of a key that is noise is another key, or none.
            assert!(!added || same != open(KEY, None).ok(), "{what} {at}");
        }
    }
}
