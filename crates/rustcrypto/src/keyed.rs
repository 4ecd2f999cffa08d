//! HMAC and HKDF-Expand under a key that is used more than once.
//!
//! Half of the work of a short HMAC depends on the key alone, and the key schedule uses most of its keys two to four times.
//! The crate `hmac` keeps the states of a key to itself, so this stands on the hash itself, one layer below.

use crate::hash::Named;
use core::slice;
use handfast_crypto::{CryptoError, Digest, HmacKey};
use sha2::digest::Output;
use sha2::digest::block_api::{Block, Buffer, FixedOutputCore, UpdateCore};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use zeroize::Zeroize;

/// A key as two states of the hash, each after one block.
///
/// ```text
/// inner   H's state after key ⊕ 3636…
/// outer   H's state after key ⊕ 5c5c…
/// ```
///
/// RFC 2104 §4.
pub(crate) fn prepare<D: Named>(key: &[u8]) -> Result<HmacKey, CryptoError> {
    let mut block = Block::<D::Core>::default();
    match block.get_mut(..key.len()) {
        Some(front) => front.copy_from_slice(key),
        None => {
            let mut short = D::digest(key);
            block.iter_mut().zip(&short).for_each(|(to, from)| *to = *from);
            short.as_mut_slice().zeroize();
        }
    }
    let mut state = |pad: u8| {
        block.iter_mut().for_each(|byte| *byte ^= pad);
        let mut hash = D::Core::default();
        hash.update_blocks(slice::from_ref(&block));
        hash.serialize()
    };
    // The second takes the first pad off again.
    let (mut inner, mut outer) = (state(0x36), state(0x36 ^ 0x5c));
    block.as_mut_slice().zeroize();
    let own = HmacKey::new(&[&inner, &outer]).ok_or(CryptoError::Failed);
    inner.as_mut_slice().zeroize();
    outer.as_mut_slice().zeroize();
    own
}

/// HMAC of the concatenation of `parts`.
pub(crate) fn hmac<D: Named>(key: &HmacKey, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
    let mut out = mac::<D>(key, &[], parts, &[])?;
    let digest = Digest::new(&out);
    out.as_mut_slice().zeroize();
    Ok(digest)
}

/// HKDF-Expand (RFC 5869 §2.3).
///
/// ```text
/// T(i) = HMAC(key, T(i-1) ‖ info ‖ i), from an empty T(0)
/// okm  = T(1) ‖ T(2) ‖ …, at most 255 of them
/// ```
pub(crate) fn expand<D: Named>(key: &HmacKey, info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
    if okm.len() > 255 * D::ALGORITHM.output_len() {
        return Err(CryptoError::Length);
    }
    let mut last = Output::<D::Core>::default();
    for (at, chunk) in okm.chunks_mut(D::ALGORITHM.output_len()).enumerate() {
        let before: &[u8] = if at == 0 { &[] } else { &last };
        let counter = u8::try_from(at.saturating_add(1)).map_err(|_| CryptoError::Length)?;
        last = mac::<D>(key, before, info, &[counter])?;
        chunk.iter_mut().zip(&last).for_each(|(to, from)| *to = *from);
    }
    last.as_mut_slice().zeroize();
    Ok(())
}

/// HMAC of `first` ‖ `parts` ‖ `last`.
fn mac<D: Named>(key: &HmacKey, first: &[u8], parts: &[&[u8]], last: &[u8]) -> Result<Output<D::Core>, CryptoError> {
    let (inner, outer) = key.as_bytes().split_at(key.as_bytes().len() / 2);
    let mut buffer = Buffer::<D::Core>::default();
    let mut out = Output::<D::Core>::default();
    let mut hash = restore::<D>(inner)?;
    for part in [first].iter().chain(parts).chain(&[last]) {
        buffer.digest_blocks(part, |blocks| hash.update_blocks(blocks));
    }
    hash.finalize_fixed_core(&mut buffer, &mut out);
    buffer.reset();
    let mut hash = restore::<D>(outer)?;
    buffer.digest_blocks(&out, |blocks| hash.update_blocks(blocks));
    hash.finalize_fixed_core(&mut buffer, &mut out);
    Ok(out)
}

/// A key of another hash has states of another length, or of another kind that nobody can tell.
fn restore<D: Named>(state: &[u8]) -> Result<D::Core, CryptoError> {
    let state: &SerializedState<D::Core> = state.try_into().map_err(|_| CryptoError::Length)?;
    D::Core::deserialize(state).map_err(|_| CryptoError::Failed)
}
