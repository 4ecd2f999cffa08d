//! RSADP, the raw decryption (RFC 8017 §5.1.2), for the RSA key transport of TLS 1.2.
//!
//! # What time tells
//!
//! Here an attacker chooses the input and waits for the answer. RUSTSEC-2023-0071 ("Marvin") is about that: in the
//! crate up to 0.9 the time of the numbers told something of the plaintext, enough to decrypt a recorded handshake with
//! many thousand tries. The advisory names no version as repaired. Of the one used here the source says:
//!
//! | step | how |
//! |---|---|
//! | blinding: c · r^e, with a fresh r each time | always, as we pass a generator; without one the crate goes without |
//! | reduction modulo p and q | Montgomery multiplications at the width of the prime, no division |
//! | c^dp, c^dq | windows of four bits over the full width of the exponent; a power is picked by reading all sixteen |
//! | joining the halves | at the widths of p and n; the difference is reduced under a mask |
//! | unblinding: m · r⁻¹ mod n | a division in constant time, at the width of n and not at that of what is in it |
//! | bytes | of the full width of n, and cut here to the length of the modulus, whatever they are |
//!
//! So there is no branch and no address that depends on the key or the plaintext, as far as the source says. What it
//! leaves:
//!
//! - Nobody has measured it, and a compiler may undo it. The blinding would then still hide what is decrypted.
//! - The exponents are not blinded: each decryption uses the same dp and dq. Who measures power or caches on the same
//!   machine is not defended against.
//! - The crate does not wipe the halves, r and r⁻¹. They stay in freed memory until it is used again.
//! - Everything after this: a caller that tells good padding from bad in any way undoes it all (RFC 5246 §7.4.7.1).
//!
//! The result is checked: m^e must be c again. A fault in one of the two halves would otherwise give the key away to
//! whoever learns the result.

use super::private;
use crate::{
    integer::{padded, uint},
    random::Draw,
};
use ::rsa::{RsaPrivateKey, hazmat::rsa_decrypt_and_check, traits::PublicKeyParts};
use alloc::sync::Arc;
use core::fmt;
use handfast_crypto::{CryptoError, DecryptingKey, KeyError, KeyKind, PublicKey, Random, SharedSecret};

/// The key in the DER of an `RSAPrivateKey`.
pub(crate) fn load_decrypter(der: &[u8]) -> Result<Arc<dyn DecryptingKey>, KeyError> {
    let (key, public) = private::decode(der, KeyKind::Rsa)?;
    Ok(Arc::new(Key { key, public }))
}

/// A key that decrypts. It wipes itself.
struct Key {
    key: RsaPrivateKey,
    public: PublicKey,
}

impl DecryptingKey for Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn decrypt(&self, ciphertext: &[u8], random: &dyn Random) -> Result<SharedSecret, CryptoError> {
        let (n, len) = (self.key.n().as_ref(), self.modulus_len());
        let exact = Some(ciphertext).filter(|ciphertext| ciphertext.len() == len);
        let c = exact.and_then(|ciphertext| uint(ciphertext, n.bits() as usize));
        let c = c.filter(|c| c < n).ok_or(CryptoError::Length)?;
        let mut draw = Draw::new(random);
        let m = rsa_decrypt_and_check(&self.key, Some(&mut draw), &c).map_err(|_| draw.blame())?;
        Ok(SharedSecret::new(padded(m, len)))
    }

    fn modulus_len(&self) -> usize {
        self.key.size()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptingKey").field("kind", &self.public.kind).finish_non_exhaustive()
    }
}
