use crate::CryptoError;

/// Where random bytes come from. A value of the configuration, so that a test can make a handshake repeatable and an
/// embedded device can bring its own source.
///
/// Implementations must be cryptographically strong, and must not repeat themselves after a `fork`
/// (RFC 9846 Appendix C.1).
pub trait Random: Send + Sync {
    /// Fills `out` whole, or fails.
    ///
    /// # Errors
    /// [`CryptoError::Random`]. The caller treats the content of `out` as garbage then.
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError>;
}

impl dyn Random + '_ {
    /// `N` fresh bytes.
    ///
    /// # Errors
    /// As [`Random::fill`].
    pub fn array<const N: usize>(&self) -> Result<[u8; N], CryptoError> {
        let mut out = [0; N];
        self.fill(&mut out)?;
        Ok(out)
    }
}
