//! What graviola has. It panics on a processor that it does not support, so nothing here leaves but through
//! [`provider`](crate::provider), which has looked.
//!
//! | file | concept |
//! |---|---|
//! | [`aead`] | AES-GCM, ChaCha20-Poly1305 |
//! | [`ecdh`], [`mlkem`] | key exchange |
//! | [`signing`], [`verify`] | signatures |

mod aead;
mod ecdh;
mod mlkem;
mod signing;
mod verify;

use self::aead::{AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305};
use self::ecdh::{P256, P384, X25519};
use self::mlkem::MLKEM768;
use handfast_crypto::{Aead, Group, Provider};
use handfast_rustcrypto::hybrid::Hybrid;
use handfast_rustcrypto::{AES_128_CCM, AES_128_CCM_8, AES_256_CCM, AES_256_CCM_8, MLKEM1024, P521};
#[cfg(feature = "legacy")]
use handfast_rustcrypto::{FFDHE2048, FFDHE3072, FFDHE4096, FFDHE6144, FFDHE8192};

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

/// The provider, with what is not here from `other`.
pub(crate) fn provider(other: Provider) -> Provider {
    Provider {
        name: "graviola",
        aeads: AEADS,
        groups: GROUPS,
        verifier: verify::VERIFIER,
        keys: signing::KEYS,
        ..other
    }
}
