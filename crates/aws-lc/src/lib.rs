//! A Handfast provider on [AWS-LC], for who needs its FIPS module, or C and assembly that many others run.
//!
//! It is chosen in code, and compiling it changes nothing by itself:
//!
//! ```
//! use handfast::ClientConfig;
//!
//! let builder = ClientConfig::builder_with(handfast_aws_lc::provider());
//! # let _ = builder;
//! ```
//!
//! # Building
//!
//! A C compiler is needed, `apt-get install gcc` on Debian, and nothing more. With the feature `fips`, CMake and Go are needed
//! too: `apt-get install gcc cmake golang-go`.
//!
//! # What comes from where
//!
//! | primitive | from |
//! |---|---|
//! | SHA-2, HMAC, HKDF, which cost half as much there | RustCrypto; AWS-LC in [`fips_provider`] |
//! | AES-GCM, ChaCha20-Poly1305 | AWS-LC |
//! | AES-CCM | RustCrypto |
//! | X25519, P-256, P-384, P-521, ML-KEM-768, ML-KEM-1024 and the hybrids | AWS-LC |
//! | signing with ECDSA, Ed25519, RSA, ML-DSA | AWS-LC |
//! | verification for ECDSA, RSA, ML-DSA | AWS-LC |
//! | verification for Ed25519, which is stricter there | RustCrypto |
//! | making RSA keys of 2,048, 3,072 and 4,096 bits; other sizes | AWS-LC; RustCrypto |
//! | everything of the features `legacy` and `passwords` | RustCrypto |
//!
//! Keys are loaded by RustCrypto first, so that the same ones are refused and for the same reasons, and then again by AWS-LC.
//!
//! # Randomness
//!
//! The provider's `random` is the system's generator, which is faster here than AWS-LC's for the few bytes that a handshake
//! asks for at once. The curves take their private keys from whatever generator a configuration has. ML-KEM, signatures and
//! new RSA keys have no way to be given random bytes: those come from AWS-LC's generator always.
//!
//! # FIPS
//!
//! [`fips_provider`] is there for who must use nothing else than approved algorithms out of the validated module. It gives
//! nothing unless the feature `fips` put that module here, and it leaves [`provider`] as it is. It lists:
//!
//! - AES-GCM; SHA-2, HMAC and HKDF,
//! - P-256, P-384, P-521 and ML-KEM, alone and as hybrids. X25519MLKEM768 is among them, because ML-KEM stands first in it: that
//!   is a secret of an approved scheme with another appended (NIST SP 800-56C Rev. 2 §2). X25519 alone is not.
//! - ECDSA, RSA and ML-DSA, but not Ed25519,
//! - SHA-1, as a mere identifier.
//!
//! Every random byte is the module's. What it does not do:
//!
//! - The nonces of records are made by Handfast, as the RFCs of TLS have it, and not inside the module. Its service indicator
//!   does not call that approved.
//! - It signs with every RSA key that Handfast takes. Approved are those of 2,048, 3,072 and 4,096 bits, with an exponent of
//!   65537 or more.
//! - RustCrypto looks at a private key before the module loads it.
//!
//! [AWS-LC]: https://github.com/aws/aws-lc
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod aead;
mod ecdh;
mod hash;
mod mlkem;
mod random;
mod signing;
mod verify;

use aead::{AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305};
use ecdh::{OWN_P256, OWN_P384, OWN_P521, OWN_X25519, P256, P384, P521, X25519};
use handfast_crypto::{Aead, Group, Hash, Provider};
use handfast_rustcrypto::hybrid::Hybrid;
use handfast_rustcrypto::{AES_128_CCM, AES_128_CCM_8, AES_256_CCM, AES_256_CCM_8};
#[cfg(feature = "legacy")]
use handfast_rustcrypto::{FFDHE2048, FFDHE3072, FFDHE4096, FFDHE6144, FFDHE8192};
use hash::{SHA256, SHA384, SHA512};
use mlkem::{MLKEM768, MLKEM1024};
use random::ModuleRandom;
use std::sync::Arc;

const AEADS: &[&dyn Aead] =
    &[AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, AES_128_CCM, AES_128_CCM_8, AES_256_CCM, AES_256_CCM_8];

/// In the order of the provider on RustCrypto.
const GROUPS: &[&dyn Group] = &[
    &Hybrid::x25519_mlkem768(MLKEM768, X25519),
    X25519,
    P256,
    P384,
    P521,
    &Hybrid::secp256r1_mlkem768(P256, MLKEM768),
    &Hybrid::secp384r1_mlkem1024(P384, MLKEM1024),
    MLKEM768,
    MLKEM1024,
    #[cfg(feature = "legacy")]
    FFDHE2048,
    #[cfg(feature = "legacy")]
    FFDHE3072,
    #[cfg(feature = "legacy")]
    FFDHE4096,
    #[cfg(feature = "legacy")]
    FFDHE6144,
    #[cfg(feature = "legacy")]
    FFDHE8192,
];

const APPROVED_HASHES: &[&dyn Hash] = &[SHA256, SHA384, SHA512];

const APPROVED_AEADS: &[&dyn Aead] = &[AES_128_GCM, AES_256_GCM];

/// In the same order.
const APPROVED_GROUPS: &[&dyn Group] = &[
    &Hybrid::x25519_mlkem768(MLKEM768, OWN_X25519),
    OWN_P256,
    OWN_P384,
    OWN_P521,
    &Hybrid::secp256r1_mlkem768(OWN_P256, MLKEM768),
    &Hybrid::secp384r1_mlkem1024(OWN_P384, MLKEM1024),
    MLKEM768,
    MLKEM1024,
];

/// Everything there is, with the system's random number generator.
pub fn provider() -> Provider {
    Provider {
        name: "aws-lc",
        aeads: AEADS,
        groups: GROUPS,
        verifier: verify::VERIFIER,
        keys: signing::KEYS,
        ..handfast_rustcrypto::provider()
    }
}

/// Only what is approved, out of the validated module: see [above](self#fips). `None` when that is not what is compiled in.
pub fn fips_provider() -> Option<Provider> {
    aws_lc_rs::try_fips_mode().ok().map(|()| approved())
}

/// What is approved, whatever it comes from.
fn approved() -> Provider {
    Provider {
        name: "aws-lc-fips",
        hashes: APPROVED_HASHES,
        sha1: Some(hash::SHA1),
        aeads: APPROVED_AEADS,
        groups: APPROVED_GROUPS,
        block_ciphers: &[],
        macs: &[],
        fields: None,
        encrypter: None,
        verifier: verify::APPROVED,
        keys: signing::APPROVED,
        passwords: None,
        random: Arc::new(ModuleRandom),
    }
}

#[cfg(test)]
mod approved_tests {
    use handfast_crypto::KeyKind;
    use handfast_provider_tests::Expect;
    use handfast_testkit::meet::meet;
    use handfast_wire::NamedGroup;

    handfast_provider_tests::suite!(crate::approved(), crate::approved_tests::EXPECT);

    /// Every random byte is the module's own.
    const EXPECT: Expect = Expect {
        draw_themselves: &[
            NamedGroup::X25519MLKEM768,
            NamedGroup::SECP256R1,
            NamedGroup::SECP384R1,
            NamedGroup::SECP521R1,
            NamedGroup::SECP256R1MLKEM768,
            NamedGroup::SECP384R1MLKEM1024,
            NamedGroup::MLKEM768,
            NamedGroup::MLKEM1024,
        ],
        sign_alone: &[
            KeyKind::P256,
            KeyKind::P384,
            KeyKind::P521,
            KeyKind::Rsa,
            KeyKind::RsaPss,
            KeyKind::MlDsa44,
            KeyKind::MlDsa65,
            KeyKind::MlDsa87,
        ],
        lacks: &[KeyKind::Ed25519],
        readies: &[],
    };

    #[test]
    fn engines_with_it_talk_to_each_other_and_to_others() {
        const KINDS: [KeyKind; 4] = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa];
        let other = handfast::rustcrypto::provider();
        for (client, server) in
            [(crate::approved(), crate::approved()), (crate::approved(), other.clone()), (other, crate::approved())]
        {
            // Two suites of TLS 1.3, eight groups, four kinds of key, and as many suites of TLS 1.2 for each of them.
            assert!(meet(&client, &server, &KINDS) >= 2 * (2 + 8 + 4 + 2 * 4));
        }
    }

    #[test]
    fn what_is_not_approved_is_not_there() {
        let provider = crate::approved();
        let groups: Vec<_> = provider.groups.iter().map(|group| group.name()).collect();
        assert_eq!(groups, EXPECT.draw_themselves);
        assert_eq!((provider.aeads.len(), provider.block_ciphers.len(), provider.macs.len()), (2, 0, 0));
        assert!(provider.fields.is_none() && provider.encrypter.is_none() && provider.passwords.is_none());
        assert_eq!(
            crate::fips_provider().map(|provider| provider.name),
            cfg!(feature = "fips").then_some("aws-lc-fips")
        );
    }
}
