//! Any bytes as a file of certificates and keys: nothing panics, errors are bounded in length, no key becomes a certificate,
//! every key that loads signs, and what was taken, written as PEM, is taken again.
#![no_main]

#[path = "common/keys.rs"]
mod keys;
#[path = "common/text.rs"]
mod text;

use handfast::pki::{Anchors, Bundle, pem};
use handfast::pki_types::PrivateKeyDer;
use keys::{PASSWORD, PROVIDER, check_pairs, with_bundle};
use libfuzzer_sys::fuzz_target;
use text::check_text;

fuzz_target!(|bytes: &[u8]| {
    for section in pem::sections(bytes) {
        assert!(section.line <= bytes.len() + 1 && section.shown_label().len() <= 64);
        let _ = section.decode();
    }
    if let Err(error) = pem::private_key(bytes) {
        check_text(&error);
    }
    let found = pem::certificates(bytes);
    if let Err(error) = &found {
        check_text(error);
    }
    let _ = pem::dh_parameters(bytes);
    let _ = Anchors::new().add_pem(bytes);
    let add = |password| move |bundle: &mut Bundle<'static>| bundle.add(&PROVIDER, bytes, password).map(drop);
    let without = with_bundle(add(None));
    let Some(bundle) = with_bundle(add(Some(PASSWORD))) else {
        // A PKCS#12 file that nobody vouches for is refused where there is one.
        assert!(without.is_none() || pem::is_der(bytes), "a password stands in the way");
        return;
    };
    if !pem::is_der(bytes) {
        // A bundle takes a file whole or not at all; who asks for certificates alone gets those that can be read.
        assert_eq!(bundle.certificates(), found.map(|(found, _)| found).unwrap_or_default());
    }
    let text = written(&bundle);
    let again = with_bundle(|bundle| bundle.add_pem(&PROVIDER, text.as_bytes(), None).map(drop));
    let again = again.expect("what was written is read");
    assert_eq!(again.certificates(), bundle.certificates());
    assert!(again.keys().eq(bundle.keys()));
    check_pairs(bundle);
});

/// A bundle as PEM.
fn written(bundle: &Bundle<'_>) -> String {
    let mut text = String::new();
    for certificate in bundle.certificates() {
        text.push_str(&pem::encode("CERTIFICATE", certificate));
    }
    for key in bundle.keys() {
        let label = match &**key {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        text.push_str(&pem::encode(label, key.secret_der()));
    }
    text
}
