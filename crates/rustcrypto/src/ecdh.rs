//! Diffie-Hellman on the NIST curves (RFC 9846 §4.3.8.2, §7.4.2).

use crate::curve::{self, NistCurve};
use ::ecdsa::elliptic_curve::{FieldBytes, SecretKey};
use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;
use handfast_crypto::{CryptoError, Exchange, Group, Random, Response, SharedSecret};
use handfast_wire::NamedGroup;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use zeroize::Zeroizing;

/// secp256r1.
pub const P256: &dyn Group = &Ecdh::<NistP256>(PhantomData);

/// secp384r1.
pub const P384: &dyn Group = &Ecdh::<NistP384>(PhantomData);

/// secp521r1.
pub const P521: &dyn Group = &Ecdh::<NistP521>(PhantomData);

/// Diffie-Hellman on the curve `C`.
struct Ecdh<C>(PhantomData<fn() -> C>);

impl<C: NistCurve> Group for Ecdh<C> {
    fn name(&self) -> NamedGroup {
        C::GROUP
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        Ok(Box::new(KeyPair::<C>::fresh(random)?))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let own = KeyPair::<C>::fresh(random)?;
        Ok(Response { secret: own.agree(share)?, share: own.share })
    }
}

/// A key pair for one exchange. The private key wipes itself.
struct KeyPair<C: NistCurve> {
    private: SecretKey<C>,
    share: Vec<u8>,
}

impl<C: NistCurve> KeyPair<C> {
    /// How many candidates are tried. A good generator fails one with a probability of at most 2^-32 (on P-256).
    const ATTEMPTS: usize = 4;

    /// A private key by testing candidates (FIPS 186-5 A.2.2).
    ///
    /// Not the crate's own way, for two reasons: it has no end if the generator is stuck, and it does not trim the
    /// candidates for P-521 to 521 bits, so that 127 of 128 fail.
    fn fresh(random: &dyn Random) -> Result<Self, CryptoError> {
        let mut candidate = Zeroizing::new(FieldBytes::<C>::default());
        for _ in 0..Self::ATTEMPTS {
            random.fill(&mut candidate)?;
            if let Some(first) = candidate.first_mut() {
                *first &= C::FIRST_BYTE;
            }
            if let Ok(private) = SecretKey::from_bytes(&candidate) {
                return Ok(Self { share: curve::encode(&private.public_key()), private });
            }
        }
        Err(CryptoError::Random)
    }

    fn agree(&self, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let peer = curve::decode::<C>(share).ok_or(CryptoError::InvalidShare)?;
        // RFC 9846 §7.4.2: the x-coordinate, at its full length.
        Ok(SharedSecret::new(self.private.diffie_hellman(&peer).raw_secret_bytes().to_vec()))
    }
}

impl<C: NistCurve> Exchange for KeyPair<C> {
    fn share(&self) -> &[u8] {
        &self.share
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        self.agree(share)
    }
}
