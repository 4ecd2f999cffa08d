//! Diffie-Hellman over finite fields: the named groups of RFC 7919, and groups that a server of TLS 1.2 makes up
//! (RFC 5246 §7.4.3).
//!
//! # Shares
//!
//! A share is y = g^x mod p with 1 < y < p − 1 (RFC 7919 §5.1); with a safe prime, that leaves no small subgroup. What
//! leaves here is exactly as long as p. What comes in may be shorter, for TLS 1.2 lets leading zeros be left out. TLS
//! 1.3 does not (RFC 9846 §4.3.8.1): there the caller compares the length with that of p in [`Group::field`] first.
//!
//! # Exponents
//!
//! They are fresh for each exchange and short (RFC 7919 §5.2), with the highest bit set, so that one has exactly this
//! length:
//!
//! | bits of p, up to | bits of x | strength of the group, by RFC 7919 Appendix A |
//! |---|---|---|
//! | 2,048 | 256 | 103 |
//! | 3,072 | 280 | 125 |
//! | 4,096 | 328 | 150 |
//! | 6,144 | 376 | 175 |
//! | 8,192 | 400 | 192 |
//!
//! The exponentiation takes its time from the lengths of p and x, and picks its powers by reading all of them. The
//! exponent and the secret are wiped; the crate leaves its powers of the peer's share, which are public, and its
//! intermediate results, which are not, in freed memory.
//!
//! # Groups without a name
//!
//! Before any arithmetic come the size, the last two bits of p, and whether a small number divides p or (p − 1) / 2.
//! Then a Miller-Rabin test with base 2 of p, and one of (p − 1) / 2, along with a strong Lucas test: together the test
//! of Baillie, Pomerance, Selfridge and Wagstaff, which no composite number is known to pass. With (p − 1) / 2 prime,
//! the one test of p is a proof (Pocklington): 2^(p − 1) = 1 mod p, and 2² − 1 has no divisor in common with p.
//!
//! How long that takes, at most, is up to the size of p alone (a VM on an AMD EPYC, rustc 1.95, release profile):
//!
//! | bits of p | ms |
//! |---|---|
//! | 2,048 | 27 |
//! | 3,072 | 103 |
//! | 4,096 | 205 |
//! | 6,144 | 690 |
//! | 8,192 | 1,870 |
//!
//! A p that is not prime ends with the first test, after a sixth of that at most. The exchange itself takes a server
//! 1.2 ms at 2,048 bits and 31 ms at 8,192.

mod named;

use crate::integer::{bits, padded, uint};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use core::ops::RangeInclusive;
use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use crypto_primes::{Flavor, hazmat::MillerRabin, is_prime};
use handfast_crypto::{
    CryptoError, Exchange, Group, Random, Response, SharedSecret,
    field::{FieldError, FieldParameters, FiniteField, UNNAMED},
};
use handfast_wire::NamedGroup;
use zeroize::Zeroizing;

/// ffdhe2048.
pub const FFDHE2048: &dyn Group = &NAMED_2048;

/// ffdhe3072.
pub const FFDHE3072: &dyn Group = &NAMED_3072;

/// ffdhe4096.
pub const FFDHE4096: &dyn Group = &NAMED_4096;

/// ffdhe6144.
pub const FFDHE6144: &dyn Group = &NAMED_6144;

/// ffdhe8192.
pub const FFDHE8192: &dyn Group = &NAMED_8192;

/// Makes groups of a prime and a generator.
pub const FIELDS: &dyn FiniteField = &Fields;

const NAMED_2048: Field<&[u8]> = named(NamedGroup::FFDHE2048, &named::prime::<256>(560_316));
const NAMED_3072: Field<&[u8]> = named(NamedGroup::FFDHE3072, &named::prime::<384>(2_625_351));
const NAMED_4096: Field<&[u8]> = named(NamedGroup::FFDHE4096, &named::prime::<512>(5_736_041));
const NAMED_6144: Field<&[u8]> = named(NamedGroup::FFDHE6144, &named::prime::<768>(15_705_020));
const NAMED_8192: Field<&[u8]> = named(NamedGroup::FFDHE8192, &named::prime::<1024>(10_965_728));

const fn named(name: NamedGroup, p: &'static [u8]) -> Field<&'static [u8]> {
    Field { name, p, g: &[2] }
}

/// How many bits a prime may have.
const PRIME_BITS: RangeInclusive<usize> = 2048..=8192;

struct Fields;

impl FiniteField for Fields {
    fn group(&self, p: &[u8], g: &[u8]) -> Result<Arc<dyn Group>, FieldError> {
        let (p, g) = (trim(p), trim(g));
        if !PRIME_BITS.contains(&bits(p)) {
            return Err(FieldError::Size);
        }
        let known = [NAMED_2048, NAMED_3072, NAMED_4096, NAMED_6144, NAMED_8192].into_iter().find(|known| known.p == p);
        let number = uint(p, bits(p)).ok_or(FieldError::Size)?;
        if known.is_none() && !could_be_safe(p) {
            return Err(FieldError::NotSafe);
        }
        within(g, &number).ok_or(FieldError::Generator)?;
        match known {
            Some(known) if known.g == g => Ok(Arc::new(known)),
            None if !is_safe(&number) => Err(FieldError::NotSafe),
            _ => Ok(Arc::new(Field { name: UNNAMED, p: p.to_vec(), g: g.to_vec() })),
        }
    }
}

/// `bytes` without leading zeros.
fn trim(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// The number in `bytes`, if it is within 2 … p − 2 and takes no more bytes than `p`.
fn within(bytes: &[u8], p: &BoxedUint) -> Option<BoxedUint> {
    let y = uint(bytes, p.bits() as usize)?;
    let one = BoxedUint::one_with_precision(p.bits_precision());
    (y > one && y < p.wrapping_sub(&one)).then_some(y)
}

/// Whether `p` and (p − 1) / 2 are odd and have no odd divisor below a thousand. Both leave a remainder of `p` that is
/// 0 or 1.
fn could_be_safe(p: &[u8]) -> bool {
    let remainder = |d: u32| p.iter().fold(0, |r, byte| (r << 8 | u32::from(*byte)) % d);
    remainder(4) == 3 && (3..1000).step_by(2).all(|d| remainder(d) > 1)
}

/// Whether `p` and (p − 1) / 2 are prime, if neither has a small divisor.
fn is_safe(p: &BoxedUint) -> bool {
    // The crate panics if it finds no base for the Lucas test in 10,000 attempts. Each fails for half of all numbers;
    // one for which all fail and that still passes the tests before it, nobody can make.
    Odd::new(p.clone()).into_option().is_some_and(|p| MillerRabin::new(p).test_base_two().is_probably_prime())
        && is_prime(Flavor::Any, &p.shr(1))
}

/// A group: its numbers in big-endian bytes `B`, without leading zeros.
struct Field<B> {
    name: NamedGroup,
    p: B,
    g: B,
}

impl<B: AsRef<[u8]> + Send + Sync> Group for Field<B> {
    fn name(&self) -> NamedGroup {
        self.name
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        Ok(Box::new(KeyPair::fresh(self.p.as_ref(), self.g.as_ref(), random)?))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let own = KeyPair::fresh(self.p.as_ref(), self.g.as_ref(), random)?;
        Ok(Response { secret: own.agree(share)?, share: own.share })
    }

    fn field(&self) -> Option<FieldParameters<'_>> {
        Some(FieldParameters { p: self.p.as_ref(), g: self.g.as_ref() })
    }
}

/// A key pair for one exchange.
struct KeyPair {
    /// The prime, prepared for multiplication.
    prime: BoxedMontyParams,
    /// The exponent, wiped when dropped.
    private: Zeroizing<BoxedUint>,
    /// As long as the prime.
    share: Vec<u8>,
}

impl KeyPair {
    fn fresh(p: &[u8], g: &[u8], random: &dyn Random) -> Result<Self, CryptoError> {
        let mut exponent = Zeroizing::new(vec![0; exponent_len(bits(p))]);
        random.fill(&mut exponent)?;
        if let Some(first) = exponent.first_mut() {
            *first |= 0x80;
        }
        let private = uint(&exponent, 8 * exponent.len()).ok_or(CryptoError::Failed)?;
        let number = uint(p, bits(p)).and_then(|p| Odd::new(p).into_option()).ok_or(CryptoError::Failed)?;
        let g = within(g, &number).ok_or(CryptoError::Failed)?;
        let prime = BoxedMontyParams::new_vartime(number);
        let mut own = Self { prime, private: Zeroizing::new(private), share: Vec::new() };
        own.share = own.power(g, p.len());
        Ok(own)
    }

    fn agree(&self, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let y = within(share, self.prime.modulus()).ok_or(CryptoError::InvalidShare)?;
        // Neither 0 nor 1: the order of y is at least (p - 1) / 2, the exponent is smaller and not 0.
        Ok(SharedSecret::new(self.power(y, self.share.len())))
    }

    /// `base` to the exponent, in `len` bytes.
    fn power(&self, base: BoxedUint, len: usize) -> Vec<u8> {
        let base = BoxedMontyForm::new(base, &self.prime);
        let power = Zeroizing::new(base.pow(&self.private));
        padded(power.retrieve(), len)
    }
}

impl Exchange for KeyPair {
    fn share(&self) -> &[u8] {
        &self.share
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        self.agree(share)
    }
}

/// The length of an exponent for a prime of `bits`, in bytes.
const fn exponent_len(bits: usize) -> usize {
    match bits {
        ..=2048 => 32,
        2049..=3072 => 35,
        3073..=4096 => 41,
        4097..=6144 => 47,
        _ => 50,
    }
}
