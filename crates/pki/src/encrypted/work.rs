//! How much work a file may ask for.

use super::Fault;

/// How many iterations of a hash everything in a file may cost together.
pub const MAX_ITERATIONS: u32 = 10_000_000;
/// How much memory scrypt may take, in bytes.
pub const MAX_SCRYPT_MEMORY: u64 = 256 << 20;
/// How many bytes of memory scrypt may fill in all, for everything in a file together.
pub const MAX_SCRYPT_WORK: u64 = 1 << 30;

/// What may still be spent.
pub(super) struct Work {
    iterations: u64,
    scrypt: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { iterations: u64::from(MAX_ITERATIONS), scrypt: MAX_SCRYPT_WORK }
    }
}

impl Work {
    /// Spends `iterations`, `times` over.
    pub(super) fn iterate(&mut self, iterations: u32, times: usize) -> Result<(), Fault> {
        if iterations == 0 {
            return Err(Fault::Malformed("iterations"));
        }
        let cost = u64::from(iterations).saturating_mul(times as u64);
        self.iterations = self.iterations.checked_sub(cost).ok_or(Fault::TooExpensive)?;
        Ok(())
    }

    /// Spends what scrypt costs with N, r and p.
    pub(super) fn scrypt(&mut self, n: u64, r: u32, p: u32) -> Result<(), Fault> {
        // RFC 7914 §6: a table of N blocks, and p blocks to work on.
        let block = u64::from(r).saturating_mul(128);
        if block.saturating_mul(n.saturating_add(u64::from(p))) > MAX_SCRYPT_MEMORY {
            return Err(Fault::TooExpensive);
        }
        let cost = block.saturating_mul(n).saturating_mul(u64::from(p));
        self.scrypt = self.scrypt.checked_sub(cost).ok_or(Fault::TooExpensive)?;
        Ok(())
    }
}
