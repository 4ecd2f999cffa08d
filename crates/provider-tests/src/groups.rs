//! Key exchange.

use crate::Suite;
use crate::common::{Stuck, hex, uses_of_random};
use handfast_crypto::{CryptoError, Group};
use handfast_rustcrypto::SystemRandom;
use handfast_wire::NamedGroup;

/// Every group but the finite fields, with the lengths of the client's share, the server's, and the secret.
fn groups(suite: &Suite) -> impl Iterator<Item = (&'static dyn Group, [usize; 3])> {
    let curves = suite.provider.groups.iter().copied().filter(|group| group.field().is_none());
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

pub fn both_sides_get_the_same_secret(suite: &Suite) {
    for (group, [client, server, secret]) in groups(suite) {
        let started = group.start(&SystemRandom).unwrap();
        assert_eq!(started.share().len(), client);
        let response = group.respond(started.share(), &SystemRandom).unwrap();
        assert_eq!(response.share.len(), server);
        assert_eq!(response.secret.as_bytes().len(), secret);
        assert_eq!(started.finish(&response.share).unwrap().as_bytes(), response.secret.as_bytes());
    }
}

/// docs/regressions.md row 48.
pub fn no_key_is_used_twice(suite: &Suite) {
    for (group, _) in groups(suite) {
        let (one, two) = (group.start(&SystemRandom).unwrap(), group.start(&SystemRandom).unwrap());
        assert_ne!(one.share(), two.share());
        let respond = || group.respond(one.share(), &SystemRandom).unwrap();
        assert_ne!(respond().share, respond().share);
    }
}

/// docs/regressions.md row 49.
pub fn a_share_has_exactly_its_length(suite: &Suite) {
    for (group, _) in groups(suite) {
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
pub fn nothing_comes_of_a_generator_that_fails(suite: &Suite) {
    for (group, _) in groups(suite) {
        let halves = match group.name() {
            NamedGroup::X25519MLKEM768 | NamedGroup::SECP256R1MLKEM768 | NamedGroup::SECP384R1MLKEM1024 => 2,
            _ => 1,
        };
        let share = group.start(&SystemRandom).unwrap().share().to_vec();
        let uses =
            [uses_of_random(|random| group.start(random)), uses_of_random(|random| group.respond(&share, random))];
        if suite.expect.draw_themselves.contains(&group.name()) {
            assert!(uses[0] < halves && uses[1] < halves, "{} asks for all it needs", group.name());
        } else {
            assert_eq!(uses, [halves; 2], "{}", group.name());
        }
    }
}

/// No scalar of a NIST curve is zero or as large as these.
pub fn a_stuck_generator_is_found_out(suite: &Suite) {
    const CURVES: [NamedGroup; 3] = [NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1];
    for name in CURVES.iter().filter(|name| !suite.expect.draw_themselves.contains(name)) {
        let Some(group) = suite.provider.group(*name) else { continue };
        for byte in [0, 0xff] {
            assert_eq!(group.start(&Stuck(byte)).err(), Some(CryptoError::Random), "{name}");
        }
    }
}

/// docs/regressions.md row 49: the points of small order of the curve and its twist, each in every encoding that fits
/// 255 bits, and with the ignored bit 255 set.
pub fn points_of_small_order_are_refused(suite: &Suite) {
    let Some(group) = suite.provider.group(NamedGroup::X25519) else { return };
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    let plus = |n: u8| {
        let mut point = minus_one;
        point[0] += n;
        point.to_vec()
    };
    let mut one = vec![0; 32];
    one[0] = 1;
    let order_8 = [
        hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ];
    for point in [vec![0; 32], one, plus(0), plus(1), plus(2)].into_iter().chain(order_8) {
        let mut twin = point.clone();
        twin[31] |= 0x80;
        for share in [point, twin] {
            assert_eq!(group.respond(&share, &SystemRandom).err(), Some(CryptoError::InvalidShare));
            let started = group.start(&SystemRandom).unwrap();
            assert_eq!(started.finish(&share).err(), Some(CryptoError::InvalidShare));
        }
    }
}

/// docs/regressions.md row 49.
pub fn shares_that_are_no_point_in_uncompressed_form_are_refused(suite: &Suite) {
    for (name, len) in [(NamedGroup::SECP256R1, 32), (NamedGroup::SECP384R1, 48), (NamedGroup::SECP521R1, 66)] {
        let Some(group) = suite.provider.group(name) else { continue };
        let good = group.start(&SystemRandom).unwrap().share().to_vec();
        assert_eq!(good.len(), 1 + 2 * len);
        let mut off_curve = good.clone();
        *off_curve.last_mut().unwrap() ^= 1;
        let mut compressed = good[..1 + len].to_vec();
        compressed[0] = 2 + (good[2 * len] & 1);
        let mut hybrid_form = good.clone();
        hybrid_form[0] = 6 + (good[2 * len] & 1);
        let mut too_large = good.clone();
        too_large[1..1 + len].fill(0xff);
        let mut zero = good.clone();
        zero[1..].fill(0);
        let mut infinity = good.clone();
        infinity.fill(0);
        let longer = [&good[..], &[0]].concat();
        let cases: &[&[u8]] = &[
            &[],
            &[0],
            &[4],
            &good[..2 * len],
            &good[1..],
            &longer,
            &off_curve,
            &compressed,
            &hybrid_form,
            &too_large,
            &zero,
            &infinity,
        ];
        for share in cases {
            assert_eq!(group.respond(share, &SystemRandom).err(), Some(CryptoError::InvalidShare), "{share:?}");
            let started = group.start(&SystemRandom).unwrap();
            assert_eq!(started.finish(share).err(), Some(CryptoError::InvalidShare), "{share:?}");
        }
    }
}

/// docs/regressions.md row 49: FIPS 203 §7.2.
pub fn a_coefficient_of_q_or_more_is_refused(suite: &Suite) {
    for (name, len) in [(NamedGroup::MLKEM768, 1184), (NamedGroup::MLKEM1024, 1568)] {
        let Some(group) = suite.provider.group(name) else { continue };
        let share = group.start(&SystemRandom).unwrap().share().to_vec();
        for (at, coefficient) in [(0, 3329_u16), (len - 35, 4095)] {
            let mut bad = share.clone();
            // Two coefficients of twelve bits in three bytes; this is the first of a pair.
            bad[at] = coefficient.to_le_bytes()[0];
            bad[at + 1] = (bad[at + 1] & 0xf0) | coefficient.to_le_bytes()[1];
            assert_eq!(group.respond(&bad, &SystemRandom).err(), Some(CryptoError::InvalidShare));
        }
        assert!(group.respond(&share, &SystemRandom).is_ok());
    }
}

/// docs/regressions.md row 49: implicit rejection.
pub fn a_wrong_ciphertext_gives_another_secret(suite: &Suite) {
    for name in [NamedGroup::MLKEM768, NamedGroup::MLKEM1024] {
        let Some(group) = suite.provider.group(name) else { continue };
        let started = group.start(&SystemRandom).unwrap();
        let mut response = group.respond(started.share(), &SystemRandom).unwrap();
        response.share[0] ^= 1;
        let secret = started.finish(&response.share).unwrap();
        assert_eq!(secret.as_bytes().len(), 32);
        assert_ne!(secret.as_bytes(), response.secret.as_bytes());
    }
}

/// docs/regressions.md row 49.
pub fn what_is_wrong_with_a_half_is_wrong_with_the_whole(suite: &Suite) {
    for (name, first) in
        [(NamedGroup::X25519MLKEM768, 1184), (NamedGroup::SECP256R1MLKEM768, 65), (NamedGroup::SECP384R1MLKEM1024, 97)]
    {
        let Some(hybrid) = suite.provider.group(name) else { continue };
        let share = hybrid.start(&SystemRandom).unwrap().share().to_vec();
        for (half, classical) in [(0..first, first < 100), (first..share.len(), first > 100)] {
            let mut bad = share.clone();
            // Not a point, of small order, or with coefficients beyond q.
            bad[half].fill(if classical { 0 } else { 0xff });
            assert_eq!(hybrid.respond(&bad, &SystemRandom).err(), Some(CryptoError::InvalidShare));
        }
    }
}
