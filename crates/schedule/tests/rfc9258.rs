//! Imported pre-shared keys as another implementation makes them (vectors/rfc9258).

use handfast_crypto::{Hash, HashAlgorithm};
use handfast_rustcrypto::provider;
use handfast_schedule::{BinderKind, EarlySecret, import_psk};
use handfast_testkit::vectors::Vectors;

fn hash(algorithm: HashAlgorithm) -> &'static dyn Hash {
    provider().hash(algorithm).unwrap()
}

/// docs/regressions.md row 39: an imported PSK has a binder of its own kind.
#[test]
fn every_key_and_binder() {
    let vectors = Vectors::load("rfc9258/import.txt").unwrap();
    for (psk, own) in [("psk1", HashAlgorithm::Sha256), ("psk2", HashAlgorithm::Sha384)] {
        for (name, target) in [("sha256", HashAlgorithm::Sha256), ("sha384", HashAlgorithm::Sha384)] {
            let of = |value: &str| &vectors[&*format!("{psk}.{name}.{value}")];
            let epsk = &vectors[&*format!("{psk}.epsk")];
            let ipsk = import_psk(hash(own), epsk, of("imported_identity"), target).unwrap();
            assert_eq!(ipsk.as_bytes(), of("ipsk"), "{psk} {name}");

            let transcript = hash(target).digest(&[&vectors["hello"]]).unwrap();
            let early = EarlySecret::new(hash(target), Some(ipsk.as_bytes())).unwrap();
            for kind in [BinderKind::External, BinderKind::Imported, BinderKind::Resumption] {
                let binder = early.binder_key(kind).unwrap().verify_data(&transcript).unwrap();
                assert_eq!(binder.as_bytes() == of("binder"), kind == BinderKind::Imported, "{psk} {name} {kind:?}");
            }
        }
    }
}
