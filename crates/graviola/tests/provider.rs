//! The provider as everybody sees it.

use handfast_crypto::KeyKind;
use handfast_provider_tests::Expect;

handfast_provider_tests::suite!(handfast_graviola::provider(), crate::EXPECT);

/// graviola asks the system for what a signature takes in. What it has nothing for asks us, as always.
const EXPECT: Expect = Expect {
    sign_alone: &[KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa, KeyKind::RsaPss],
    draw_themselves: &[],
    lacks: &[],
    readies: &[],
};

/// It has what the other provider has, in the same order.
#[test]
fn everything_is_in_the_provider() {
    let (one, two) = (handfast_graviola::provider(), handfast_rustcrypto::provider());
    assert_eq!((one.name, two.name), ("graviola", "rustcrypto"));
    let names = |groups: &[&dyn handfast_crypto::Group]| groups.iter().map(|group| group.name()).collect::<Vec<_>>();
    assert_eq!(names(one.groups), names(two.groups));
    let names = |aeads: &[&dyn handfast_crypto::Aead]| aeads.iter().map(|aead| aead.algorithm()).collect::<Vec<_>>();
    assert_eq!(names(one.aeads), names(two.aeads));
    assert_eq!(one.passwords.is_some(), cfg!(feature = "passwords"));
    assert_eq!(one.encrypter.is_some(), cfg!(feature = "legacy"));
}
