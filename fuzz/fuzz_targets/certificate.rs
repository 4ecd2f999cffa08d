//! Any bytes as a chain of certificates, each after its length as in a Certificate message: nothing panics, and every error
//! is bounded in length.
#![no_main]

use handfast::Provider;
use handfast::pki::inspect::Value;
use handfast::pki::profile::{self, Profile, Role};
use handfast::pki::{
    Anchors, Certificate, Description, Error, Policy, Purpose, check_server_identity, verify_client, verify_server,
};
use handfast::pki_types::{CertificateDer, ServerName};
use handfast_testkit::null;
use handfast_testkit::world::{NAME, NOW, World};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static PROVIDER: LazyLock<Provider> = LazyLock::new(handfast::rustcrypto::provider);
static ANCHORS: LazyLock<Arc<Anchors>> = LazyLock::new(|| World::of(handfast::crypto::KeyKind::P256).anchors.clone());

fuzz_target!(|bytes: &[u8]| {
    let chain = split(bytes);
    let name = ServerName::try_from(NAME).unwrap();
    for der in &chain {
        if let Ok(certificate) = Certificate::parse(der) {
            let _ = certificate.public_key();
            let _ = certificate.signature_algorithm();
            let _ = certificate.basic_constraints();
            let _ = certificate.key_usage();
            let _ = certificate.extended_key_usage();
            let _ = certificate.subject_key_identifier();
            let _ = certificate.authority_key_identifier();
            let _ = certificate.name_constraints();
            let _ = certificate.certificate_policies();
            let _ = certificate.policy_mappings();
            let _ = certificate.policy_constraints();
            let _ = certificate.inhibit_any_policy();
            let _ = certificate.must_staple();
            let _ = certificate.has_fitting_time_forms();
            let _ = certificate.authority_key();
            let _ = certificate.crl_distribution_points();
            let _ = certificate.freshest_crl();
            let _ = certificate.authority_info_access();
            let _ = certificate.subject_info_access();
            let _ = certificate.subject_alt_names().map(|names| names.count());
            let _ = certificate.issuer_alt_names().map(|names| names.count());
            for profile in [Profile::Path, Profile::Rfc5280, Profile::WebPki] {
                for role in [Role::Leaf, Role::Intermediate, Role::Anchor] {
                    let _ = profile::check(&certificate, role, profile, &[Purpose::Server]);
                }
                let _ = profile::check_pair(&certificate, &certificate, profile);
            }
            let _ = certificate.subject().text(200);
            let _ = certificate.scts();
            let description = Description::of(&certificate, &PROVIDER);
            let _ = description.to_value();
            // Two names above what is bounded as a whole.
            assert!(description.to_string().len() <= Value::DISPLAY_LIMIT + 1024);
            let _ = check_server_identity(&certificate, &name);
        }
    }
    let chain: Vec<_> = chain.into_iter().map(CertificateDer::from_slice).collect();
    let _ = Description::of_chain(&chain, &PROVIDER);
    // Every signature is good, so that what lies behind one is reached.
    let provider = Provider { verifier: null::provider().verifier, ..PROVIDER.clone() };
    let policy = Policy::default();
    let verdicts = [
        verify_server(&provider, &ANCHORS, &policy, &chain, &name, NOW),
        verify_client(&provider, &ANCHORS, &policy, &chain, NOW),
    ];
    for error in verdicts.into_iter().filter_map(Result::err) {
        assert!(error.to_string().len() <= Error::DISPLAY_LIMIT);
    }
});

/// Certificates after three bytes of length each; what is left over is a last one.
fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut chain = Vec::new();
    while let Some(([high, middle, low], rest)) = bytes.split_first_chunk() {
        let len = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        let (certificate, rest) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        chain.push(certificate);
        bytes = rest;
    }
    chain
}
