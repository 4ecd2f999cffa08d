//! Diffie-Hellman over finite fields: groups that have no name.

use crate::Group;
use alloc::sync::Arc;
use core::fmt;
use handfast_wire::NamedGroup;

/// What a group is called that has no name.
pub const UNNAMED: NamedGroup = NamedGroup(0);

/// The numbers that make a group, big-endian without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldParameters<'a> {
    /// The prime.
    pub p: &'a [u8],
    /// The generator.
    pub g: &'a [u8],
}

/// Makes groups of a prime and a generator.
pub trait FiniteField: Send + Sync {
    /// The group with prime `p` and generator `g`, both big-endian.
    ///
    /// One of the named groups (RFC 7919) is recognised, and then costs no test. For any other, `p` and (p − 1) / 2 are
    /// tested for being prime. That takes a while, two seconds at 8,192 bits, and is the only way to be sure: with
    /// another `p` a small subgroup can give the secret away. The name of such a group is [`UNNAMED`].
    ///
    /// # Errors
    /// [`FieldError`].
    fn group(&self, p: &[u8], g: &[u8]) -> Result<Arc<dyn Group>, FieldError>;
}

/// Why two numbers make no group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// The prime is shorter than 2,048 or longer than 8,192 bits.
    Size,
    /// `p` is not prime, or (p − 1) / 2 is not: among them the groups of RFC 5114.
    NotSafe,
    /// The generator is not within 2 … p − 2.
    Generator,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "the prime is outside 2,048 to 8,192 bits",
            Self::NotSafe => "p or (p - 1) / 2 is not prime",
            Self::Generator => "the generator is outside 2 to p - 2",
        })
    }
}

impl core::error::Error for FieldError {}
