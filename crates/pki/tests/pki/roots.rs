//! Roots that others have chosen.

use crate::common::*;
use handfast_pki::profile::{self, Role};
use handfast_pki::{Anchors, Certificate, Policy, Profile, Purpose, Rule, spki, verify_server};
use std::collections::BTreeMap;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

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

/// The whole certificates of Mozilla's roots: odd ones are among them, and each is read to its end.
#[test]
fn mozillas_certificates_are_all_read() {
    let mut anchors = Anchors::new();
    for der in TLS_SERVER_ROOT_CERTS {
        let certificate = Certificate::parse(der).unwrap();
        let subject = certificate.subject();
        read_everything(&certificate).unwrap_or_else(|rule| panic!("{subject}: {rule}"));
        assert!(certificate.is_self_issued(), "{subject}");
        assert!(certificate.validity().not_before < certificate.validity().not_after, "{subject}");
        assert_eq!(anchors.add(der), Ok(true), "{subject}");
    }
    assert_eq!(anchors.len(), TLS_SERVER_ROOT_CERTS.len());
    assert!(anchors.len() > 100);
}

/// What the profiles hold against Mozilla's roots, mostly serial numbers of zero. One that refused many would be of no use.
#[test]
fn mozillas_certificates_under_the_profiles() {
    for profile in [Profile::Path, Profile::Rfc5280, Profile::WebPki] {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for der in TLS_SERVER_ROOT_CERTS {
            let certificate = Certificate::parse(der).unwrap();
            if let Err(rule) = profile::check(&certificate, Role::Anchor, profile, &[Purpose::Server]) {
                assert!(matches!(rule, Rule::Breach(_)), "{}: {rule}", certificate.subject());
                *counts.entry(rule.to_string()).or_default() += 1;
            }
        }
        let (refused, all) = (counts.values().sum::<usize>(), TLS_SERVER_ROOT_CERTS.len());
        assert!(refused * 8 <= all, "{profile:?}: {refused} of {all}: {counts:#?}");
    }
}
