//! X25519 (RFC 7748, RFC 9846 §4.3.8.2).

use alloc::boxed::Box;
use handfast_crypto::{CryptoError, Exchange, Group, Random, Response, SharedSecret};
use handfast_wire::NamedGroup;
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// X25519.
pub const X25519: &dyn Group = &Curve25519;

/// The length of a share, and of the secret, in bytes.
pub(crate) const SHARE_LEN: usize = 32;

struct Curve25519;

impl Group for Curve25519 {
    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        Ok(Box::new(KeyPair::fresh(random)?))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let own = KeyPair::fresh(random)?;
        Ok(Response { secret: own.agree(share)?, share: own.share.as_bytes().to_vec() })
    }
}

/// A key pair for one exchange. The private key wipes itself.
struct KeyPair {
    // The crate's ephemeral type can only be made by an infallible generator; ours may fail, so the bytes come first.
    private: StaticSecret,
    share: PublicKey,
}

impl KeyPair {
    fn fresh(random: &dyn Random) -> Result<Self, CryptoError> {
        let mut bytes = Zeroizing::new([0; SHARE_LEN]);
        random.fill(&mut *bytes)?;
        let private = StaticSecret::from(*bytes);
        Ok(Self { share: PublicKey::from(&private), private })
    }

    fn agree(&self, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let share = <[u8; SHARE_LEN]>::try_from(share).map_err(|_| CryptoError::InvalidShare)?;
        let secret = self.private.diffie_hellman(&PublicKey::from(share));
        // RFC 9846 §7.4.2: a share of small order makes the secret zero, whatever the private key. Only whether it is
        // zero becomes known, not where the first difference was.
        if secret.as_bytes().ct_eq(&[0; SHARE_LEN]).into() {
            return Err(CryptoError::InvalidShare);
        }
        Ok(SharedSecret::new(secret.as_bytes().to_vec()))
    }
}

impl Exchange for KeyPair {
    fn share(&self) -> &[u8] {
        self.share.as_bytes()
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        self.agree(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    /// docs/regressions.md row 49: the points of small order of the curve and its twist, each in every encoding
    /// that fits 255 bits, and with the ignored bit 255 set.
    #[test]
    fn points_of_small_order_are_refused() {
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        let plus = |n: u8| {
            let mut point = minus_one;
            point[0] += n;
            point
        };
        let mut one = [0; 32];
        one[0] = 1;
        let order_8 = [
            [
                0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
                0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
            ],
            [
                0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04,
                0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
            ],
        ];
        for point in [[0; 32], one, minus_one, plus(1), plus(2), order_8[0], order_8[1]] {
            let mut twin = point;
            twin[31] |= 0x80;
            for share in [point, twin] {
                assert_eq!(X25519.respond(&share, &SystemRandom).err(), Some(CryptoError::InvalidShare));
                let started = X25519.start(&SystemRandom).unwrap();
                assert_eq!(started.finish(&share).err(), Some(CryptoError::InvalidShare));
            }
        }
    }
}
