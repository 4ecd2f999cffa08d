//! Making RSA keys.
//!
//! A prime is looked for upwards from a random start, as OpenSSL and the `rsa` crate do, and not among numbers that are each
//! drawn anew (FIPS 186-5 Appendix A.1.3): that takes hundreds of draws of 128 bytes and more, and the primes behind large gaps,
//! which are found more often, are no easier to guess. The crate has this loop too, but only for a generator that cannot fail.
//!
//! The search takes time that depends on the primes, and its sieve does not wipe where it began. Both are the crates' own: a key is
//! made once, where nobody measures, and not in a process that peers can talk to.

use crate::load::RSA;
use ::rsa::{
    BoxedUint, RsaPrivateKey,
    traits::{PrivateKeyParts, PublicKeyParts},
};
use core::num::NonZeroU32;
use core::ops::RangeInclusive;
use crypto_primes::{Flavor, hazmat::SmallFactorsSieve, is_prime};
use der::{
    Encode,
    asn1::{AnyRef, OctetStringRef, UintRef},
};
use handfast_crypto::{CryptoError, Random};
use pkcs1::RsaPrivateKeyRef;
use pkcs8::{PrivateKeyInfoRef, spki::AlgorithmIdentifierRef};
use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// How many bits the modulus of a new key may have. Larger ones load, but take minutes to find and sign slowly.
const BITS: RangeInclusive<usize> = 2048..=4096;

/// The sizes in between are multiples of this, so that both primes are of whole 64-bit words.
const STEP: usize = 128;

/// The public exponent of a new key.
const EXPONENT: u32 = 65_537;

/// How many numbers without small factors are tested from one start. Of those near 2^2048 about one in a hundred is prime.
const CANDIDATES: usize = 4_096;

/// How many bits at the top of the two primes are not all the same (FIPS 186-5 Appendix A.1.3, step 5.4).
const APART: usize = 100;

/// A new key of `bits` bits with the exponent 65537, as PKCS#8.
///
/// # Errors
/// [`CryptoError::Unsupported`] for a size that is not 2,048 … 4,096 in steps of 128; [`CryptoError::Random`], also when what
/// was drawn cannot have been random; [`CryptoError::Failed`].
pub(crate) fn generate(bits: usize, random: &dyn Random) -> Result<Zeroizing<PrivateKeyDer<'static>>, CryptoError> {
    if !BITS.contains(&bits) || !bits.is_multiple_of(STEP) {
        return Err(CryptoError::Unsupported);
    }
    let (p, q) = (prime(bits / 2, random)?, prime(bits / 2, random)?);
    // By chance this happens once in 2^100 times.
    if top(&p) == top(&q) {
        return Err(CryptoError::Random);
    }
    let key = RsaPrivateKey::from_p_q(p, q, BoxedUint::from(EXPONENT)).map_err(|_| CryptoError::Failed)?;
    encode(&key).ok_or(CryptoError::Failed)
}

/// A prime p of `bits` bits, the upper two of which are set so that the product of two has twice as many, and for which
/// p - 1 is no multiple of the exponent.
fn prime(bits: usize, random: &dyn Random) -> Result<BoxedUint, CryptoError> {
    let width = u32::try_from(bits).ok().and_then(NonZeroU32::new).ok_or(CryptoError::Unsupported)?;
    let mut start = Zeroizing::new(alloc::vec![0; bits / 8]);
    random.fill(&mut start)?;
    if let Some(first) = start.first_mut() {
        *first |= 0xc0;
    }
    let start = BoxedUint::from_be_slice(&start, width.get()).map_err(|_| CryptoError::Failed)?;
    let sieve = SmallFactorsSieve::new(start, width, false).map_err(|_| CryptoError::Failed)?;
    let is_coprime = |p: &BoxedUint| remainder(p) != 1;
    sieve.take(CANDIDATES).find(|p| is_coprime(p) && is_prime(Flavor::Any, p)).ok_or(CryptoError::Random)
}

/// What is left of a division by the exponent.
fn remainder(number: &BoxedUint) -> u64 {
    let bytes = Zeroizing::new(number.to_be_bytes());
    bytes.iter().fold(0, |rest, byte| (rest << 8 | u64::from(*byte)) % u64::from(EXPONENT))
}

fn top(number: &BoxedUint) -> Zeroizing<[u8; APART.div_ceil(8)]> {
    let bytes = Zeroizing::new(number.to_be_bytes());
    Zeroizing::new(bytes.first_chunk().copied().unwrap_or_default())
}

/// The key as PKCS#8.
fn encode(key: &RsaPrivateKey) -> Option<Zeroizing<PrivateKeyDer<'static>>> {
    let [p, q] = key.primes() else { return None };
    let coefficient = Zeroizing::new(key.crt_coefficient()?);
    let secret = [key.d(), p.as_ref(), q.as_ref(), key.dp()?, key.dq()?, &*coefficient];
    let secret = secret.map(|number| Zeroizing::new(number.to_be_bytes()));
    let [d, p, q, dp, dq, coefficient] = secret.each_ref().map(|bytes| UintRef::new(bytes).ok());
    let (n, e) = (key.n().to_be_bytes(), key.e().to_be_bytes());
    let own = RsaPrivateKeyRef {
        modulus: UintRef::new(&n).ok()?,
        public_exponent: UintRef::new(&e).ok()?,
        private_exponent: d?,
        prime1: p?,
        prime2: q?,
        exponent1: dp?,
        exponent2: dq?,
        coefficient: coefficient?,
        other_prime_infos: None,
    };
    let own = Zeroizing::new(own.to_der().ok()?);
    let algorithm = AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&own).ok()?);
    Some(Zeroizing::new(PrivatePkcs8KeyDer::from(info.to_der().ok()?).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stuck;
    use crate::{KEYS, SystemRandom};
    use core::sync::atomic::{AtomicU32, Ordering};
    use der::Decode;
    use handfast_crypto::KeyKind;

    /// Draws well a number of times, and then no more.
    struct Ends(AtomicU32);

    impl Random for Ends {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
                Ok(_) => SystemRandom.fill(out),
                Err(_) => Err(CryptoError::Random),
            }
        }
    }

    #[test]
    fn keys_of_every_size_load_and_differ() {
        let mut before = alloc::vec::Vec::new();
        for bits in [2048, 2176, 2048] {
            let der = generate(bits, &SystemRandom).unwrap();
            let key = KEYS.load(&der).unwrap();
            assert_eq!(key.public_key().kind, KeyKind::Rsa);
            let public = pkcs1::RsaPublicKeyRef::from_der(&key.public_key().bytes).unwrap();
            assert_eq!(crate::integer::bits(public.modulus.as_bytes()), bits);
            assert_eq!(public.public_exponent.as_bytes(), [1, 0, 1]);
            assert!(!before.contains(&key.public_key().bytes));
            before.push(key.public_key().bytes.clone());
        }
    }

    #[test]
    fn sizes_that_are_not_made() {
        for bits in [0, 512, 1024, 1920, 2047, 2049, 2112, 4097, 4224, 8192, usize::MAX] {
            assert_eq!(generate(bits, &SystemRandom), Err(CryptoError::Unsupported), "{bits}");
        }
    }

    #[test]
    fn failing_randomness_is_an_error() {
        for draws in 0..2 {
            assert_eq!(generate(2048, &Ends(draws.into())), Err(CryptoError::Random), "after {draws} draws");
        }
        assert!(generate(2048, &Ends(2.into())).is_ok());
        for octet in [0, 0x55, 0xff] {
            assert_eq!(generate(2048, &Stuck(octet)), Err(CryptoError::Random), "{octet:x}");
        }
    }

    /// p - 1 must have no factor in common with the exponent, else there is no private one.
    #[test]
    fn remainders() {
        for (number, rest) in [(0, 0), (1, 1), (65_536, 65_536), (65_537, 0), (65_538, 1), (3 * 65_537 + 5, 5)] {
            assert_eq!(remainder(&BoxedUint::from(number as u32)), rest);
        }
    }
}
