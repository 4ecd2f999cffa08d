//! Block ciphers in CBC mode, in both orders in which they can stand with a MAC.
//!
//! With the MAC inside, the peer's padding is decrypted before anything vouches for it. Whoever can tell wrong padding
//! from a wrong MAC, if only by the time that the answer takes, reads the content byte by byte ("Lucky Thirteen").
//! Between the decryption and the one verdict nothing here therefore branches or indexes by what was decrypted.

use crate::Header;
use crate::protection::additional;
use alloc::vec::Vec;
use core::cell::Cell;
use core::ops::Range;
use handfast_crypto::cbc::{BLOCK_LEN, CbcKey, MacKey};
use handfast_crypto::{CryptoError, Digest};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

/// The longest padding with the byte that says its length, in bytes (RFC 5246 §6.2.3.2).
const MAX_PADDING: usize = 256;

/// The keys of a block cipher and a MAC. What they protect has one of these forms:
///
/// ```text
/// MAC over the ciphertext           MAC inside
///
/// IV               16               IV               16
/// encrypted:                        encrypted:
///   content        0..16384           content        0..16384
///   padding        0..255             MAC            mac_len
///   padding length 1                  padding        0..255
/// MAC              mac_len            padding length 1
/// ```
///
/// RFC 7366 §3 and RFC 5246 §6.2.3.2, `GenericBlockCipher`. Every byte of the padding is the padding length, and what
/// is encrypted is whole blocks.
pub(crate) struct Cbc<'k> {
    pub(crate) cipher: &'k dyn CbcKey,
    pub(crate) mac: &'k dyn MacKey,
    pub(crate) mac_len: usize,
}

/// How long the fragment with `content` bytes becomes when the MAC is over the ciphertext.
pub(crate) const fn etm_len(content: usize, mac_len: usize) -> usize {
    padded(content).saturating_add(BLOCK_LEN).saturating_add(mac_len)
}

/// How long the fragment with `content` bytes becomes when the MAC is inside.
pub(crate) const fn mte_len(content: usize, mac_len: usize) -> usize {
    padded(content.saturating_add(mac_len)).saturating_add(BLOCK_LEN)
}

/// How long `len` bytes are with the shortest padding, which is one byte.
const fn padded(len: usize) -> usize {
    (len / BLOCK_LEN).saturating_add(1).saturating_mul(BLOCK_LEN)
}

impl Cbc<'_> {
    /// Opens a fragment that ends with its MAC, and says where the content is.
    pub(crate) fn open_etm(
        &self,
        number: u64,
        header: Header,
        fragment: &mut [u8],
    ) -> Result<Range<usize>, CryptoError> {
        let mac_at = fragment.len().checked_sub(self.mac_len).ok_or(CryptoError::OpenFailed)?;
        let (sealed, received) = fragment.split_at_mut_checked(mac_at).ok_or(CryptoError::OpenFailed)?;
        let expected = self.mac.mac(&[&additional(number, header, sealed.len()), sealed])?;
        if !bool::from(expected.as_bytes().ct_eq(received)) {
            return Err(CryptoError::OpenFailed);
        }
        let blocks = self.decrypt(sealed)?;
        // The MAC has vouched for the padding: looking at it tells nobody anything.
        let &last = blocks.last().ok_or(CryptoError::OpenFailed)?;
        let len = blocks.len().checked_sub(usize::from(last)).and_then(|len| len.checked_sub(1));
        let (_, padding) = len.and_then(|len| blocks.split_at_checked(len)).ok_or(CryptoError::OpenFailed)?;
        if padding.iter().any(|&byte| byte != last) {
            return Err(CryptoError::OpenFailed);
        }
        let end = mac_at.checked_sub(padding.len()).ok_or(CryptoError::OpenFailed)?;
        Ok(BLOCK_LEN..end)
    }

    /// Opens a fragment with the MAC inside, and says where the content is.
    pub(crate) fn open_mte(
        &self,
        number: u64,
        header: Header,
        fragment: &mut [u8],
    ) -> Result<Range<usize>, CryptoError> {
        // What is judged by its length is judged before it is decrypted, for everyone sees the length.
        let room = fragment.len().checked_sub(BLOCK_LEN).and_then(|len| len.checked_sub(self.mac_len));
        let room = room.and_then(|room| u32::try_from(room).ok()).ok_or(CryptoError::OpenFailed)?;
        let blocks = self.decrypt(fragment)?;

        // From here to the verdict these are secret: the padding, the length of the content, the place of the MAC.
        let (padding, well_padded) = padding(blocks, room);
        let len = room.wrapping_sub(padding) as usize;
        let data = blocks.get(..room as usize).unwrap_or_default();
        let expected = self.mac.mac_of_secret_len(&additional(number, header, len), data, len)?;
        let mut window = Zeroizing::new([0; Digest::MAX + MAX_PADDING]);
        let received = received_mac(&mut window, blocks, padding, self.mac_len).ok_or(CryptoError::Length)?;
        let genuine = well_padded & expected.as_bytes().ct_eq(received);

        if bool::from(genuine) { Ok(BLOCK_LEN..len.saturating_add(BLOCK_LEN)) } else { Err(CryptoError::OpenFailed) }
    }

    /// Seals what lies in `out` from `at` on, room for the IV and then the content, and ends it with its MAC.
    pub(crate) fn seal_etm(
        &self,
        number: u64,
        header: Header,
        iv: [u8; BLOCK_LEN],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<(), CryptoError> {
        self.encrypt(iv, out, at)?;
        let sealed = out.get(at..).unwrap_or_default();
        let mac = self.mac.mac(&[&additional(number, header, sealed.len()), sealed])?;
        self.append(&mac, out)
    }

    /// Seals what lies in `out` from `at` on, room for the IV and then the content, with the MAC inside.
    pub(crate) fn seal_mte(
        &self,
        number: u64,
        header: Header,
        iv: [u8; BLOCK_LEN],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<(), CryptoError> {
        let content = out.get(at.saturating_add(BLOCK_LEN)..).unwrap_or_default();
        let mac = self.mac.mac(&[&additional(number, header, content.len()), content])?;
        self.append(&mac, out)?;
        self.encrypt(iv, out, at)
    }

    fn append(&self, mac: &Digest, out: &mut Vec<u8>) -> Result<(), CryptoError> {
        if mac.as_bytes().len() != self.mac_len {
            return Err(CryptoError::Length);
        }
        out.extend_from_slice(mac.as_bytes());
        Ok(())
    }

    /// Pads what lies in `out` behind the room for an IV at `at`, and encrypts it there.
    fn encrypt(&self, iv: [u8; BLOCK_LEN], out: &mut Vec<u8>, at: usize) -> Result<(), CryptoError> {
        let len = out.len().saturating_sub(at);
        // The IV is one block, so that it changes nothing about how much is missing to a whole one.
        let padding = padded(len).saturating_sub(len);
        out.resize(out.len().saturating_add(padding), padding.saturating_sub(1) as u8);
        let fragment = out.get_mut(at..).unwrap_or_default();
        let (room, blocks) = fragment.split_first_chunk_mut().ok_or(CryptoError::Length)?;
        *room = iv;
        self.cipher.encrypt(&iv, blocks)
    }

    /// Decrypts what follows the IV at the front of `sealed`. One error for whatever length it should not have.
    fn decrypt<'b>(&self, sealed: &'b mut [u8]) -> Result<&'b [u8], CryptoError> {
        let (iv, blocks) = sealed.split_first_chunk_mut().ok_or(CryptoError::OpenFailed)?;
        if blocks.len() % BLOCK_LEN != 0 {
            return Err(CryptoError::OpenFailed);
        }
        self.cipher.decrypt(iv, blocks)?;
        Ok(blocks)
    }
}

/// How long the padding at the end of `blocks` is with its length byte, at most `room`, and whether it is well formed.
/// If it is not, it counts as none at all, so that a MAC is computed all the same (RFC 5246 §6.2.3.2).
fn padding(blocks: &[u8], room: u32) -> (u32, Choice) {
    let last = blocks.last().copied().unwrap_or_default();
    let len = u32::from(last).wrapping_add(1);
    let mut good = !len.ct_gt(&room);
    // However long it says it is, the same bytes are looked at: all that could be padding.
    for (&byte, from_end) in blocks.iter().rev().zip(0..MAX_PADDING as u32) {
        good &= from_end.ct_gt(&u32::from(last)) | byte.ct_eq(&last);
    }
    (u32::conditional_select(&0, &len, good), good)
}

/// The MAC in front of `padding` bytes at the end of `blocks`, copied to `window`; `None` when no MAC is so long.
///
/// All places where it can begin are at first in the window. The window is shifted to where it does by the powers of two
/// of which the distance consists, and each is a pass over all of it whether it is one or not.
fn received_mac<'w>(
    window: &'w mut [u8; Digest::MAX + MAX_PADDING],
    blocks: &[u8],
    padding: u32,
    mac_len: usize,
) -> Option<&'w [u8]> {
    let window = window.get_mut(..mac_len.checked_add(MAX_PADDING)?)?;
    // Of a short record only the end of the window exists.
    for (to, from) in window.iter_mut().rev().zip(blocks.iter().rev()) {
        *to = *from;
    }
    let distance = (MAX_PADDING as u32).wrapping_sub(padding);
    let bytes = Cell::from_mut(&mut *window).as_slice_of_cells();
    for power in (0..=MAX_PADDING.ilog2()).rev() {
        let shift = 1 << power;
        let shifted = (distance & shift).ct_eq(&shift);
        for (to, from) in bytes.iter().zip(bytes.iter().skip(shift as usize)) {
            to.set(u8::conditional_select(&to.get(), &from.get(), shifted));
        }
    }
    window.get(..mac_len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    /// docs/regressions.md row 46: every length that padding can have, and every byte of it that can be wrong.
    #[test]
    fn padding_is_judged_by_all_of_its_bytes() {
        for last in 0..=u8::MAX {
            let len = usize::from(last) + 1;
            let mut blocks = vec![!last; 320 - len];
            blocks.resize(320, last);
            let found = |blocks: &[u8], room| {
                let (len, good) = padding(blocks, room);
                (len, bool::from(good))
            };
            assert_eq!(found(&blocks, 300), (len as u32, true));
            assert_eq!(found(&blocks, len as u32), (len as u32, true));
            assert_eq!(found(&blocks, len as u32 - 1), (0, false));
            for wrong in 320 - len..319 {
                blocks[wrong] ^= 0x80;
                assert_eq!(found(&blocks, 300), (0, false), "{last} {wrong}");
                blocks[wrong] ^= 0x80;
            }
        }
    }

    #[test]
    fn the_mac_is_found_at_every_distance() {
        for mac_len in [20, 32, 48] {
            let mac: Vec<u8> = (1..=mac_len as u8).collect();
            for content in [0, 1, 100, 400] {
                for padding in 0..=MAX_PADDING {
                    let blocks = [&vec![0xcc; content][..], &mac, &vec![0xdd; padding]].concat();
                    let mut window = [0; Digest::MAX + MAX_PADDING];
                    let found = received_mac(&mut window, &blocks, padding as u32, mac_len);
                    assert_eq!(found, Some(&mac[..]), "{content} {padding}");
                }
            }
        }
        let mut window = [0; Digest::MAX + MAX_PADDING];
        assert!(received_mac(&mut window, &[0; 500], 1, Digest::MAX).is_some());
        assert!(received_mac(&mut window, &[0; 500], 1, Digest::MAX + 1).is_none());
    }
}
