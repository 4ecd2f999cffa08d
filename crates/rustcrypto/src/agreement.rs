//! Diffie-Hellman on a curve as a [`Group`]: everything but the arithmetic.
//!
//! Whoever has the arithmetic implements [`Curve`]; so do the curves of this crate, and those of the providers that stand on
//! it.

use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;
use handfast_crypto::{CryptoError, Exchange, Group, Random, Response, SharedSecret};
use handfast_wire::NamedGroup;
use zeroize::Zeroizing;

/// Diffie-Hellman on the curve `C`.
pub struct Ecdh<C>(PhantomData<fn() -> C>);

impl<C> Ecdh<C> {
    /// The group.
    #[expect(clippy::new_without_default, reason = "for constants")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A curve that does Diffie-Hellman.
pub trait Curve: 'static {
    /// The group it is.
    const GROUP: NamedGroup;

    /// The length of a private key, in bytes: 66 at most.
    const PRIVATE_LEN: usize;

    /// The bits of a private key's first byte that may be set: all, unless the order is not a whole number of bytes.
    const FIRST_BYTE: u8 = 0xff;

    /// A private key, which wipes itself.
    type Private: Send + Sync;

    /// The private key of these bytes, [`Curve::PRIVATE_LEN`] of them, unless they are zero or not below the order.
    fn private(candidate: &[u8]) -> Option<Self::Private>;

    /// What the other side is told.
    ///
    /// # Errors
    /// Whatever makes the primitive fail.
    fn share(private: &Self::Private) -> Result<Vec<u8>, CryptoError>;

    /// The secret (RFC 9846 §7.4.2).
    ///
    /// # Errors
    /// [`CryptoError::InvalidShare`] as for [`Group::respond`].
    fn agree(private: &Self::Private, share: &[u8]) -> Result<SharedSecret, CryptoError>;

    /// A fresh private key: of [`candidates`], unless the curve has a way of its own.
    ///
    /// # Errors
    /// As [`candidates`].
    fn fresh(random: &dyn Random) -> Result<Self::Private, CryptoError> {
        candidates::<Self>(random)
    }
}

/// A private key by testing candidates (FIPS 186-5 A.2.2), four at most: a good generator fails one with a probability of at
/// most 2^-32 (on P-256).
///
/// # Errors
/// [`CryptoError::Random`], also of a generator that is stuck.
pub fn candidates<C: Curve + ?Sized>(random: &dyn Random) -> Result<C::Private, CryptoError> {
    let mut bytes = Zeroizing::new([0; LONGEST]);
    let candidate = bytes.get_mut(..C::PRIVATE_LEN).ok_or(CryptoError::Length)?;
    for _ in 0..ATTEMPTS {
        random.fill(candidate)?;
        if let Some(first) = candidate.first_mut() {
            *first &= C::FIRST_BYTE;
        }
        if let Some(private) = C::private(candidate) {
            return Ok(private);
        }
    }
    Err(CryptoError::Random)
}

/// The longest private key, that of P-521, in bytes.
const LONGEST: usize = 66;

/// How many candidates are tried.
const ATTEMPTS: usize = 4;

impl<C: Curve> Group for Ecdh<C> {
    fn name(&self) -> NamedGroup {
        C::GROUP
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        Ok(Box::new(KeyPair::<C>::fresh(random)?))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let own = KeyPair::<C>::fresh(random)?;
        Ok(Response { secret: C::agree(&own.private, share)?, share: own.share })
    }
}

/// A key pair for one exchange.
struct KeyPair<C: Curve> {
    private: C::Private,
    share: Vec<u8>,
}

impl<C: Curve> KeyPair<C> {
    fn fresh(random: &dyn Random) -> Result<Self, CryptoError> {
        let private = C::fresh(random)?;
        Ok(Self { share: C::share(&private)?, private })
    }
}

impl<C: Curve> Exchange for KeyPair<C> {
    fn share(&self) -> &[u8] {
        &self.share
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        C::agree(&self.private, share)
    }
}
