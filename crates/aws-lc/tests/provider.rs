//! The provider as everybody sees it.

use handfast_crypto::{Aead, Group, KeyKind};
use handfast_provider_tests::Expect;
use handfast_wire::NamedGroup;

handfast_provider_tests::suite!(handfast_aws_lc::provider(), crate::EXPECT);

/// ML-KEM and signatures have no way to be given random bytes.
const EXPECT: Expect = Expect {
    draw_themselves: &[
        NamedGroup::X25519MLKEM768,
        NamedGroup::SECP256R1MLKEM768,
        NamedGroup::SECP384R1MLKEM1024,
        NamedGroup::MLKEM768,
        NamedGroup::MLKEM1024,
    ],
    sign_alone: &[
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Ed25519,
        KeyKind::Rsa,
        KeyKind::RsaPss,
        KeyKind::MlDsa44,
        KeyKind::MlDsa65,
        KeyKind::MlDsa87,
    ],
    lacks: &[],
    readies: &[],
};

/// It has what the other provider has, in the same order.
#[test]
fn everything_is_in_the_provider() {
    let (one, two) = (handfast_aws_lc::provider(), handfast_rustcrypto::provider());
    assert_eq!((one.name, one.hashes.len()), ("aws-lc", two.hashes.len()));
    let names = |groups: &[&dyn Group]| groups.iter().map(|group| group.name()).collect::<Vec<_>>();
    assert_eq!(names(one.groups), names(two.groups));
    let names = |aeads: &[&dyn Aead]| aeads.iter().map(|aead| aead.algorithm()).collect::<Vec<_>>();
    assert_eq!(names(one.aeads), names(two.aeads));
    assert_eq!(one.passwords.is_some(), cfg!(feature = "passwords"));
    assert_eq!(one.encrypter.is_some(), cfg!(feature = "legacy"));
}

#[test]
fn the_generator_does_not_repeat_itself() {
    let random = handfast_aws_lc::provider().random;
    assert_ne!(random.array::<32>().unwrap(), random.array::<32>().unwrap());
}
