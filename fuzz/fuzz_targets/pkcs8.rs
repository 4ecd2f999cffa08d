//! Any bytes as a private key in DER, in the clear and encrypted: nothing panics, errors are bounded in length, what loads
//! signs, and what was sealed and opened is what it was.
#![no_main]

#[path = "common/keys.rs"]
mod keys;
#[path = "common/text.rs"]
mod text;

use handfast::pki::encrypted::{Opener, seal_key};
use handfast::pki::make::Key;
use handfast::pki::{Certificate, pem};
use handfast::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use keys::{Older, PASSWORD, PROVIDER, check_key, check_pairs, forms, with_bundle};
use libfuzzer_sys::fuzz_target;
use text::check_text;

fuzz_target!(|bytes: &[u8]| {
    for form in forms(bytes) {
        check_key(&form);
        if PROVIDER.keys.load(&form).is_ok() {
            assert!(Certificate::parse(bytes).is_err(), "a key that is a certificate");
            check_bundle(bytes);
            check_written(&form);
        }
    }
    for password in [None, Some(PASSWORD)] {
        match Opener::new(&PROVIDER, password).legacy(&Older).open_key(bytes) {
            Ok(key) => {
                assert!(password.is_some(), "an encrypted key opens without a password");
                check_sealed(&key);
                check_key(&key.clone_key().into());
            }
            Err(fault) => check_text(&fault),
        }
        if let Some(bundle) = with_bundle(|bundle| bundle.add_der(&PROVIDER, bytes, password).map(drop)) {
            check_pairs(bundle);
        }
    }
});

/// A bundle takes what loads, and as the same key.
fn check_bundle(der: &[u8]) {
    let bundle = with_bundle(|bundle| bundle.add(&PROVIDER, der, None).map(drop)).expect("a bundle");
    let key = bundle.keys().next().expect("a key");
    assert_eq!(key.secret_der(), der);
    assert!(PROVIDER.keys.load(key).is_ok(), "a key in a bundle is another form");
}

fn check_written(der: &PrivateKeyDer<'_>) {
    let key = Key::load(&PROVIDER, der).expect("a key that loaded");
    let again = pem::private_key(key.to_pem().as_bytes()).expect("what was written is read");
    assert_eq!(&*again, key.der());
    if let PrivateKeyDer::Pkcs8(key) = &*again {
        check_sealed(key);
    }
}

fn check_sealed(key: &PrivatePkcs8KeyDer<'_>) {
    let sealed = seal_key(&PROVIDER, PASSWORD, key).expect("a sealed key");
    let opened = Opener::new(&PROVIDER, Some(PASSWORD)).open_key(&sealed);
    assert_eq!(opened.as_ref().map(|key| key.secret_pkcs8_der()), Ok(key.secret_pkcs8_der()));
}
