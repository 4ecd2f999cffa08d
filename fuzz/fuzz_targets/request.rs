//! Any bytes as a certification request, DER or PEM: nothing panics, whatever is asked of it; errors are bounded in length;
//! and what is granted of it is a certificate for its key and with no name but its own.
#![no_main]

#[path = "common/text.rs"]
mod text;

use handfast::Provider;
use handfast::crypto::KeyKind;
use handfast::pki::inspect::{ExtensionDescription, Value};
use handfast::pki::make::{Builder, Declined, Identity};
use handfast::pki::request::CertificationRequest;
use handfast::pki::{Certificate, Policy, Rule};
use handfast_testkit::null;
use handfast_testkit::world::NOW;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use text::check_text;

static PROVIDER: LazyLock<Provider> = LazyLock::new(handfast::rustcrypto::provider);

/// A CA that may certify these names alone.
static CA: LazyLock<Identity> = LazyLock::new(|| {
    let builder = Builder::ca("CA", NOW).permit(["test", "10.0.0.0/8"]).unwrap();
    Identity::root(&PROVIDER, builder, KeyKind::P256).unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    match CertificationRequest::from_pem(bytes) {
        Ok(der) => ask(&der),
        Err(error) => check_text(&error),
    }
    ask(bytes);
});

fn ask(der: &[u8]) {
    let request = match CertificationRequest::parse(der) {
        Ok(request) => request,
        Err(error) => return check_text(&error),
    };
    assert_eq!(request.der(), der);
    let _ = format!("{request:?}");
    assert!(request.subject().text(200).len() <= 1024);
    for extension in request.extensions() {
        let description = ExtensionDescription::of(extension);
        assert!(description.title().len() + description.value.to_string().len() <= 2 * Value::DISPLAY_LIMIT);
    }
    let _ = request.signature_algorithm();
    let proof = request.check_signature(&PROVIDER);
    if let Err(error) = &proof {
        check_text(error);
    }
    // With every signature good, what is left to object to is the key or the algorithm.
    let easy = Provider { verifier: null::provider().verifier, ..PROVIDER.clone() };
    match request.check_signature(&easy) {
        Ok(()) => assert!(request.public_key().is_ok() && request.signature_algorithm().is_ok()),
        Err(error) => assert!(proof.is_err(), "good, and then {error}"),
    }
    grant(&request);
}

/// Issues what may be issued of it, and looks at that.
fn grant(request: &CertificationRequest<'_>) {
    let issuer = Certificate::parse(&CA.certificate).unwrap();
    let constraints = issuer.name_constraints().unwrap();
    let Ok((builder, declined)) = Builder::new("", NOW).grant(request, constraints.as_ref()) else { return };
    declined.iter().for_each(|what| check_text(what));
    let Ok(key) = request.public_key() else { return };
    let Ok(der) = builder.signed_by(&PROVIDER, &CA, &key) else { return };
    let own = Certificate::parse(&der).expect("a certificate");
    assert_eq!(own.public_key(), Ok(key));
    let is_declined = |what: &Declined| match what {
        Declined::NotPermitted(name) => name.starts_with("directoryName"),
        what => matches!(what, Declined::Subject(_)),
    };
    if !declined.iter().any(is_declined) {
        assert_eq!(own.subject().as_bytes(), request.subject().as_bytes());
    }
    // Never what nobody asks for: a CA, or any usage.
    assert_eq!((own.basic_constraints(), own.key_usage()), (Ok(None), Ok(None)));
    let asked: Vec<_> = request.subject_alt_names().unwrap().map(Result::unwrap).collect();
    for name in own.subject_alt_names().unwrap() {
        assert!(asked.contains(&name.unwrap()), "a name that nobody asked for");
    }
    match constraints.unwrap().check(&own, &Policy::default()) {
        Ok(()) | Err(Rule::Budget) => {}
        Err(rule) => panic!("granted, and then {rule}"),
    }
}
