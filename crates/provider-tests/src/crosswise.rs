//! The provider beside the one on RustCrypto: whatever one of them makes, the other understands.

use crate::Suite;
use handfast_crypto::signature::Scheme;
use handfast_crypto::{Group, Provider};
use handfast_rustcrypto::SystemRandom;

const MESSAGE: &[u8] = b"from one to the other";

/// The other one, with what the provider under test has too.
fn other() -> Provider {
    handfast_rustcrypto::provider()
}

pub fn hashes_are_the_same(suite: &Suite) {
    let message: Vec<u8> = (0..1000).map(|at| at as u8).collect();
    for one in suite.provider.hashes {
        let Some(two) = other().hash(one.algorithm()) else { continue };
        for len in [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 500, 1000] {
            let (part, rest) = message[..len].split_at(len / 3);
            assert_eq!(one.digest(&[part, rest]).unwrap(), two.digest(&[part, rest]).unwrap());
            assert_eq!(one.hmac(&message[..len], &[part]).unwrap(), two.hmac(&message[..len], &[part]).unwrap());
            let (mut ours, mut theirs) = (one.start(), two.start());
            for running in [&mut ours, &mut theirs] {
                running.update(part);
                running.update(rest);
            }
            assert_eq!(ours.current().unwrap(), theirs.current().unwrap());
            let secret = one.extract(part, rest).unwrap();
            assert!(secret == two.extract(part, rest).unwrap());
            let (mut ours, mut theirs) = (vec![0; len], vec![1; len]);
            one.expand(secret.as_bytes(), &[b"label", part], &mut ours).unwrap();
            two.expand(secret.as_bytes(), &[b"label", part], &mut theirs).unwrap();
            assert_eq!(ours, theirs);
        }
    }
}

pub fn what_one_seals_the_other_opens(suite: &Suite) {
    for one in suite.provider.aeads {
        let Some(two) = other().aead(one.algorithm()) else { continue };
        let secret = vec![3; one.algorithm().key_len()];
        let keys = [one.key(&secret).unwrap(), two.key(&secret).unwrap()];
        for (seals, opens) in [(&keys[0], &keys[1]), (&keys[1], &keys[0])] {
            let mut record = Vec::new();
            seals.seal(&[1; 12], b"header", &[MESSAGE, &[23]], &mut record).unwrap();
            let tag = record.split_off(MESSAGE.len() + 1);
            opens.open_in_place(&[1; 12], b"header", &mut record, &tag).unwrap();
            assert_eq!(record, [MESSAGE, &[23]].concat(), "{:?}", one.algorithm());
        }
    }
}

pub fn groups_agree(suite: &Suite) {
    let agree = |client: &dyn Group, server: &dyn Group| {
        let started = client.start(&SystemRandom).unwrap();
        let response = server.respond(started.share(), &SystemRandom).unwrap();
        let secret = started.finish(&response.share).unwrap();
        assert_eq!(secret.as_bytes(), response.secret.as_bytes(), "{}", client.name());
    };
    for one in suite.provider.groups {
        let Some(two) = other().group(one.name()) else { continue };
        agree(*one, two);
        agree(two, *one);
    }
}

pub fn signatures_verify(suite: &Suite) {
    for der in suite.containers() {
        let (one, two) = (suite.provider.keys.load(&der).unwrap(), other().keys.load(&der).unwrap());
        assert_eq!((one.public_key(), one.schemes()), (two.public_key(), two.schemes()));
        for scheme in one.schemes() {
            let algorithm = Scheme::find(*scheme).unwrap().algorithm;
            for (signs, checks) in [(&one, other().verifier), (&two, suite.provider.verifier)] {
                let signature = signs.sign(*scheme, MESSAGE, &SystemRandom).unwrap();
                assert_eq!(checks.verify(algorithm, signs.public_key(), MESSAGE, &signature), Ok(()), "{scheme}");
            }
        }
    }
}
