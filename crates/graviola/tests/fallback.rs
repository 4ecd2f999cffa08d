//! A processor that graviola does not support: it can be told that a feature is missing, where its debug assertions are on,
//! and then panics at whatever it is asked to do.

use handfast_crypto::{KeyKind, Provider, signature::Scheme};
use handfast_testkit::world::World;
use std::process::Command;

/// Says to this program, started anew, that it is to be the test below.
const CHILD: &str = "HANDFAST_GRAVIOLA_CHILD";

/// The variables are those that graviola looks at.
#[test]
fn where_the_processor_lacks_something_the_other_provider_takes_over() {
    for (missing, expected) in [
        (None, "graviola"),
        (Some("aes"), "rustcrypto"),
        (Some("pclmulqdq"), "rustcrypto"),
        (Some("adx"), "rustcrypto"),
        (Some("avx2"), "rustcrypto"),
        (Some("bmi1"), "rustcrypto"),
    ] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "in_a_process_of_its_own", "--nocapture"]).env(CHILD, expected);
        if let Some(feature) = missing {
            child.env(format!("GRAVIOLA_CPU_DISABLE_{feature}"), "1");
        }
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "without {missing:?}: {said}");
        assert!(said.contains(&format!("everything works with {expected}")), "without {missing:?}: {said}");
    }
}

/// Does nothing unless it was started by the test above.
#[test]
fn in_a_process_of_its_own() {
    let Ok(expected) = std::env::var(CHILD) else { return };
    let provider = handfast_graviola::provider();
    assert_eq!(provider.name, expected);
    use_all_of(&provider);
    println!("everything works with {}", provider.name);
}

fn use_all_of(provider: &Provider) {
    for hash in provider.hashes {
        hash.extract(b"salt", b"secret").unwrap();
    }
    for aead in provider.aeads {
        let key = aead.key(&vec![1; aead.algorithm().key_len()]).unwrap();
        key.seal(&[2; 12], &[], &[b"plain"], &mut Vec::new()).unwrap();
    }
    for group in provider.groups.iter().filter(|group| group.field().is_none()) {
        let started = group.start(&*provider.random).unwrap();
        let response = group.respond(started.share(), &*provider.random).unwrap();
        assert_eq!(started.finish(&response.share).unwrap().as_bytes(), response.secret.as_bytes());
    }
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa] {
        let world = World::with(provider, kind);
        let key = world.server.signer().unwrap();
        let scheme = Scheme::find(key.schemes()[0]).unwrap();
        let signature = key.sign(scheme.id, b"message", &*provider.random).unwrap();
        provider.verifier.verify(scheme.algorithm, key.public_key(), b"message", &signature).unwrap();
    }
}
