//! The pseudorandom function of TLS 1.2 (RFC 5246 §5).

use handfast_crypto::{CryptoError, Hash, HmacKey};
use zeroize::Zeroize;

/// How many pieces label and seed come in, at most, with the A(i) before them.
const MAX_PARTS: usize = 6;

/// PRF(`secret`, `label`, `seed`) = P_hash(secret, label ‖ seed) into the whole of `out`.
///
/// ```text
/// A(0) = label ‖ seed      A(i) = HMAC(secret, A(i-1))
/// out  = HMAC(secret, A(1) ‖ label ‖ seed) ‖ HMAC(secret, A(2) ‖ label ‖ seed) ‖ …
/// ```
///
/// # Errors
/// [`CryptoError::Length`] for a seed in more than four pieces, and whatever makes the hash fail; `out` is not to be used
/// then.
pub fn prf(hash: &dyn Hash, secret: &[u8], label: &[u8], seed: &[&[u8]], out: &mut [u8]) -> Result<(), CryptoError> {
    prf_with(hash, &hash.prepare(secret)?, label, seed, out)
}

/// As [`prf`], under a secret from [`Hash::prepare`].
pub(super) fn prf_with(
    hash: &dyn Hash,
    key: &HmacKey,
    label: &[u8],
    seed: &[&[u8]],
    out: &mut [u8],
) -> Result<(), CryptoError> {
    // One array for `A ‖ label ‖ seed`, whose first place is empty for A(1).
    let mut parts: [&[u8]; MAX_PARTS] = [&[]; MAX_PARTS];
    let (named, rest) = parts.split_at_mut_checked(2).ok_or(CryptoError::Length)?;
    if let Some(place) = named.last_mut() {
        *place = label;
    }
    rest.get_mut(..seed.len()).ok_or(CryptoError::Length)?.copy_from_slice(seed);

    let mut a = hash.hmac_with(key, &parts)?;
    let mut chunks = out.chunks_mut(hash.algorithm().output_len()).peekable();
    while let Some(chunk) = chunks.next() {
        let mut with_a = parts;
        if let Some(place) = with_a.first_mut() {
            *place = a.as_bytes();
        }
        let mut block = hash.hmac_with(key, &with_a)?;
        let made = block.as_bytes().get(..chunk.len()).ok_or(CryptoError::Length)?;
        chunk.copy_from_slice(made);
        block.zeroize();
        if chunks.peek().is_some() {
            let next = hash.hmac_with(key, &[a.as_bytes()])?;
            a.zeroize();
            a = next;
        }
    }
    a.zeroize();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Broken;
    use handfast_rustcrypto::SHA256;
    use std::vec;

    #[test]
    fn a_seed_is_the_concatenation_of_its_pieces() {
        for len in [0, 1, 31, 32, 33, 64, 100] {
            let (mut one, mut four) = (vec![0; len], vec![0; len]);
            prf(SHA256, b"secret", b"label", &[b"abcd"], &mut one).unwrap();
            prf(SHA256, b"secret", b"label", &[b"a", b"", b"bc", b"d"], &mut four).unwrap();
            assert_eq!(one, four);
        }
        assert_eq!(prf(SHA256, b"s", b"l", &[&b""[..]; 5], &mut [0]), Err(CryptoError::Length));
    }

    /// docs/regressions.md row 54.
    #[test]
    fn a_hash_that_fails_gives_nothing() {
        assert_eq!(prf(&Broken, b"s", b"l", &[], &mut [0; 4]), Err(CryptoError::Failed));
    }
}
