//! The provider as everybody sees it.

use handfast_crypto::cbc::{BlockAlgorithm, MacAlgorithm};
use handfast_rustcrypto::provider;
use handfast_wire::NamedGroup;

handfast_provider_tests::suite!(
    handfast_rustcrypto::provider(),
    handfast_provider_tests::Expect {
        readies: &[handfast_crypto::KeyKind::P256, handfast_crypto::KeyKind::P384, handfast_crypto::KeyKind::P521,],
        ..Default::default()
    }
);

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
fn everything_is_in_the_provider() {
    let provider = provider();
    assert_eq!((provider.hashes.len(), provider.aeads.len()), (3, 7));
    let legacy = cfg!(feature = "legacy");
    for algorithm in [BlockAlgorithm::Aes128, BlockAlgorithm::Aes256] {
        assert_eq!(provider.block_cipher(algorithm).is_some(), legacy);
    }
    for algorithm in [MacAlgorithm::HmacSha1, MacAlgorithm::HmacSha256, MacAlgorithm::HmacSha384] {
        assert_eq!(provider.mac(algorithm).is_some(), legacy);
    }
    assert_eq!((provider.fields.is_some(), provider.encrypter.is_some()), (legacy, legacy));
}
