//! Any bytes as a PKCS#12 file: nothing panics, errors are bounded in length, no key becomes a certificate, every key that
//! loads signs, and a file that is read and written again reads the same.
#![no_main]

#[path = "common/keys.rs"]
mod keys;
#[path = "common/text.rs"]
mod text;

use handfast::pki::bundle::MAX_KEYS;
use handfast::pki::encrypted::Opener;
use handfast::pki::pfx::{MAX_BAGS, Pfx, utf16, write};
use keys::{Older, PASSWORD, PROVIDER, check_pairs, with_bundle};
use libfuzzer_sys::fuzz_target;
use text::check_text;

fuzz_target!(|bytes: &[u8]| {
    for password in [None, Some(PASSWORD)] {
        let bundle = with_bundle(|bundle| bundle.add_pfx(&PROVIDER, bytes, password).map(drop));
        match Pfx::read(bytes, &mut Opener::new(&PROVIDER, password).legacy(&Older)) {
            Ok(pfx) => {
                assert!(pfx.certificates.len() + pfx.keys.len() <= MAX_BAGS);
                check_written(&pfx);
                if pfx.keys.len() > MAX_KEYS {
                    assert!(bundle.is_none(), "a bundle takes more than its bound");
                    continue;
                }
                let bundle = bundle.expect("a bundle takes what can be read");
                assert_eq!(bundle.certificates(), pfx.certificates);
                check_pairs(bundle);
            }
            Err(fault) => {
                assert!(bundle.is_none(), "a bundle takes what cannot be read");
                check_text(&fault);
            }
        }
        // Without the older ways there is nothing more.
        if Pfx::read(bytes, &mut Opener::new(&PROVIDER, password)).is_ok() {
            assert!(Pfx::read(bytes, &mut Opener::new(&PROVIDER, password).legacy(&Older)).is_ok());
        }
    }
    // Any octets may be a password.
    assert!(utf16(bytes).ends_with(&[0, 0]) && utf16(bytes).len() <= 2 * bytes.len() + 2);
});

fn check_written(pfx: &Pfx) {
    for key in pfx.keys.iter().take(2) {
        let der = write(&PROVIDER, PASSWORD, &pfx.certificates, key, Some("a name")).expect("a file");
        let again = Pfx::read(&der, &mut Opener::new(&PROVIDER, Some(PASSWORD))).expect("what was written is read");
        assert_eq!(again.certificates, pfx.certificates);
        assert_eq!(again.keys.iter().map(|key| key.secret_pkcs8_der()).collect::<Vec<_>>(), [key.secret_pkcs8_der()]);
    }
}
