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
