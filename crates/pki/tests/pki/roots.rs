//! Roots that others have chosen.

use crate::common::*;
use handfast_pki::{Anchors, Policy, spki, verify_server};

/// Every root of Mozilla's has a key that is understood, except where a provider has no such curve.
#[test]
fn mozillas_roots_are_all_read() {
    let anchors = Anchors::mozilla();
    assert_eq!(anchors.len(), webpki_roots::TLS_SERVER_ROOTS.len());
    assert!(anchors.len() > 100);
    for (index, root) in webpki_roots::TLS_SERVER_ROOTS.iter().enumerate() {
        let subject = anchors.subject(index).unwrap();
        let key =
            spki::parse_content(&root.subject_public_key_info).unwrap_or_else(|error| panic!("{subject}: {error}"));
        assert!(spki::encode(&key).unwrap().ends_with(&root.subject_public_key_info), "{subject}");
        let text = subject.text(1000);
        assert!(text.contains('=') && !text.contains("malformed"), "{text}");
    }
    let leaf = root(ca("Private Root")).issues(server());
    let name = "host.test".try_into().unwrap();
    let result = verify_server(&provider(), &anchors, &Policy::default(), &chain(&[&leaf]), &name, now());
    assert_eq!(code(&result), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
}
