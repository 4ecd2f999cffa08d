//! What only the operator's own servers know.

use core::{error, fmt};
use zeroize::Zeroizing;

/// What a fleet of servers shares and nobody else knows: all that leaves a process is sealed under keys made of it.
///
/// It is made once, from a good source of randomness (`head -c 32 /dev/urandom`), and given to every server on the way that
/// private keys take: a file that only the server can read, a secret store, never Redis. Whoever has it and can read Redis
/// has the ticket keys and the sessions, and with them the place of either end of every connection that is resumed.
///
/// With another secret a fleet begins anew: nothing that is in Redis is found or taken any more, and clients make full
/// handshakes.
pub struct OperatorSecret(Zeroizing<Vec<u8>>);

impl OperatorSecret {
    /// The least length of a secret, in bytes.
    pub const MIN_LEN: usize = 32;

    /// A secret of these bytes, as they are: of a file with a line break at its end the line break is part.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn new(bytes: &[u8]) -> Result<Self, SecretError> {
        if bytes.len() < Self::MIN_LEN {
            return Err(SecretError::Short(bytes.len()));
        }
        // A file that was made and never filled.
        if bytes.iter().all(|&byte| byte == 0) {
            return Err(SecretError::Zero);
        }
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Nothing secret.
impl fmt::Debug for OperatorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorSecret")
    }
}

/// Why bytes were not taken for an [`OperatorSecret`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// So many bytes, fewer than [`OperatorSecret::MIN_LEN`].
    Short(usize),
    /// Nothing but zeros.
    Zero,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(len) => {
                write!(f, "a secret of {len} bytes, where at least {} are taken", OperatorSecret::MIN_LEN)
            }
            Self::Zero => f.write_str("the secret is zero"),
        }
    }
}

impl error::Error for SecretError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_zero_secrets_are_refused() {
        assert_eq!(OperatorSecret::new(b"").err(), Some(SecretError::Short(0)));
        assert_eq!(OperatorSecret::new(&[7; 31]).err(), Some(SecretError::Short(31)));
        assert_eq!(OperatorSecret::new(&[0; 64]).err(), Some(SecretError::Zero));
        assert!(OperatorSecret::new(&[7; 32]).is_ok());
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_byte() {
        assert_eq!(format!("{:?}", OperatorSecret::new(&[0xab; 32]).unwrap()), "OperatorSecret");
    }
}
