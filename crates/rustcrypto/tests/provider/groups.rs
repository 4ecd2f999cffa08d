use crate::uses_of_random;
use handfast_crypto::{CryptoError, Group};
use handfast_rustcrypto::{GROUPS, SystemRandom, provider};
use handfast_wire::NamedGroup;

/// Every group but the finite fields, with the lengths of the client's share, the server's, and the secret.
fn groups() -> impl Iterator<Item = (&'static dyn Group, [usize; 3])> {
    let curves = GROUPS.iter().copied().filter(|group| group.field().is_none());
    curves.map(|group| {
        let lengths = match group.name() {
            NamedGroup::X25519 => [32, 32, 32],
            NamedGroup::SECP256R1 => [65, 65, 32],
            NamedGroup::SECP384R1 => [97, 97, 48],
            NamedGroup::SECP521R1 => [133, 133, 66],
            NamedGroup::MLKEM768 => [1184, 1088, 32],
            NamedGroup::MLKEM1024 => [1568, 1568, 32],
            NamedGroup::X25519MLKEM768 => [1216, 1120, 64],
            NamedGroup::SECP256R1MLKEM768 => [1249, 1153, 64],
            NamedGroup::SECP384R1MLKEM1024 => [1665, 1665, 80],
            other => panic!("{other}"),
        };
        (group, lengths)
    })
}

#[test]
fn the_order_of_preference() {
    let names: Vec<_> = provider().groups.iter().map(|group| group.name()).collect();
    let expected = [
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::SECP256R1MLKEM768,
        NamedGroup::SECP384R1MLKEM1024,
        NamedGroup::MLKEM768,
        NamedGroup::MLKEM1024,
    ];
    let fields = [
        NamedGroup::FFDHE2048,
        NamedGroup::FFDHE3072,
        NamedGroup::FFDHE4096,
        NamedGroup::FFDHE6144,
        NamedGroup::FFDHE8192,
    ];
    let fields = if cfg!(feature = "legacy") { &fields[..] } else { &[] };
    assert_eq!(names, [&expected, fields].concat());
}

#[test]
fn both_sides_get_the_same_secret() {
    for (group, [client, server, secret]) in groups() {
        let started = group.start(&SystemRandom).unwrap();
        assert_eq!(started.share().len(), client);
        let response = group.respond(started.share(), &SystemRandom).unwrap();
        assert_eq!(response.share.len(), server);
        assert_eq!(response.secret.as_bytes().len(), secret);
        assert_eq!(started.finish(&response.share).unwrap().as_bytes(), response.secret.as_bytes());
    }
}

/// docs/regressions.md row 48.
#[test]
fn no_key_is_used_twice() {
    for (group, _) in groups() {
        let (one, two) = (group.start(&SystemRandom).unwrap(), group.start(&SystemRandom).unwrap());
        assert_ne!(one.share(), two.share());
        let respond = || group.respond(one.share(), &SystemRandom).unwrap();
        assert_ne!(respond().share, respond().share);
    }
}

/// docs/regressions.md row 49.
#[test]
fn a_share_has_exactly_its_length() {
    for (group, _) in groups() {
        let share = group.start(&SystemRandom).unwrap().share().to_vec();
        let answer = group.respond(&share, &SystemRandom).unwrap().share;
        let wrong = |share: &[u8]| {
            let longer = [share, &[0]].concat();
            [Vec::new(), share[..1].to_vec(), share[1..].to_vec(), share[..share.len() - 1].to_vec(), longer]
        };
        for share in wrong(&share) {
            assert_eq!(group.respond(&share, &SystemRandom).err(), Some(CryptoError::InvalidShare));
        }
        for answer in wrong(&answer) {
            let started = group.start(&SystemRandom).unwrap();
            assert_eq!(started.finish(&answer).err(), Some(CryptoError::InvalidShare));
        }
    }
}

/// docs/regressions.md rows 54 and 56.
#[test]
fn nothing_comes_of_a_generator_that_fails() {
    for (group, _) in groups() {
        let halves = match group.name() {
            NamedGroup::X25519MLKEM768 | NamedGroup::SECP256R1MLKEM768 | NamedGroup::SECP384R1MLKEM1024 => 2,
            _ => 1,
        };
        let share = group.start(&SystemRandom).unwrap().share().to_vec();
        assert_eq!(uses_of_random(|random| group.start(random)), halves);
        assert_eq!(uses_of_random(|random| group.respond(&share, random)), halves);
    }
}
