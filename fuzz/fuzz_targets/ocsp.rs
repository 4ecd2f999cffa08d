//! Any bytes as an OCSP response, about a certificate and a CA that are always the same: nothing panics, and every error is
//! bounded in length.
#![no_main]

use handfast::Provider;
use handfast::pki::ocsp::{Response, Stapling, verify};
use handfast::pki::{Certificate, Error, Policy, pem};
use handfast::pki_types::{CertificateDer, UnixTime};
use handfast_testkit::null;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::Duration;

/// Those that the seeds are about, the issuer last.
static CHAIN: LazyLock<Vec<CertificateDer<'static>>> =
    LazyLock::new(|| pem::certificates(include_bytes!("../../crates/pki/tests/data/ocsp.pem")).unwrap().0);

/// 2027-01-15: when the seeds are valid.
const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(response) = Response::parse(bytes) {
        let _ = response.signature_algorithm();
        let _ = (response.responder(), response.produced_at(), response.extensions());
        assert!(response.responses().len() <= Response::MAX_RESPONSES);
        assert!(response.certificates().len() <= Response::MAX_CERTIFICATES);
    }
    // Every signature is good, so that what lies behind one is reached.
    let provider = Provider { verifier: null::provider().verifier, ..handfast::rustcrypto::provider() };
    let issuer = Certificate::parse(CHAIN.last().unwrap()).unwrap();
    for der in &CHAIN[..3] {
        let certificate = Certificate::parse(der).unwrap();
        let answer = verify(&provider, &Policy::default(), bytes, &certificate, &issuer, NOW);
        if let Err(rule) = Stapling::Require.judge(Some(answer), true) {
            assert!(Error::from(rule).to_string().len() <= Error::DISPLAY_LIMIT);
        }
    }
});
