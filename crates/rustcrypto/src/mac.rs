//! HMAC (RFC 2104) for the suites of TLS 1.2 with block ciphers, also over a message whose length is a secret.
//!
//! # The length that must not show
//!
//! Such a suite computes the MAC first, then pads, then encrypts (RFC 5246 §6.2.3.2). Only the MAC tells whether a
//! record is genuine, but where it stands is known from the padding, that is, from what an attacker may have changed. A
//! receiver whose time depends on the length of what it authenticates tells that length, and byte by byte the
//! plaintext: Lucky Thirteen.
//!
//! So here the hash always runs over every block there could be. A message of `len` bytes ends, in the terms of FIPS
//! 180-4 §5.1, as follows:
//!
//! ```text
//! header | data[..len] | 0x80 | zeros | length in bits
//! '-- 64 (128) bytes --'-- 64 (128) bytes --'-- 64 …
//! ```
//!
//! Each byte is selected, without a branch, from the data, the 0x80 and zero; the length is put at the end of the block
//! that it belongs to; and the state after that block is the one that is kept. The outer hash of HMAC has a message of
//! fixed length and needs none of this.
//!
//! The whole of `data` is treated so, though of a record only the last 256 bytes are in doubt: that costs 4 ns for each
//! byte, and there is no second path to be wrong about.

use ::sha1::{Sha1, block_api::compress as compress_sha1};
use alloc::boxed::Box;
use core::{marker::PhantomData, slice};
use handfast_crypto::{
    CryptoError, Digest,
    cbc::{Mac, MacAlgorithm, MacKey},
};
use hmac::{EagerHash, Hmac, KeyInit, Mac as _};
use sha2::{
    Digest as _, Sha256, Sha384,
    block_api::{compress256, compress512},
};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::{Zeroize, Zeroizing};

/// HMAC-SHA-1.
pub const HMAC_SHA1: &dyn Mac = &Algorithm::<Sha1, 64>(PhantomData);

/// HMAC-SHA-256.
pub const HMAC_SHA256: &dyn Mac = &Algorithm::<Sha256, 64>(PhantomData);

/// HMAC-SHA-384.
pub const HMAC_SHA384: &dyn Mac = &Algorithm::<Sha384, 128>(PhantomData);

/// HMAC with the hash function `D`.
struct Algorithm<D, const BLOCK: usize>(PhantomData<fn() -> D>);

impl<D: Blocks<BLOCK>, const BLOCK: usize> Mac for Algorithm<D, BLOCK> {
    fn algorithm(&self) -> MacAlgorithm {
        D::ALGORITHM
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn MacKey>, CryptoError> {
        Ok(Box::new(Key::<D, BLOCK>::new(key)?))
    }
}

/// One key, as what the hash makes of it. The crates wipe their part, we wipe ours.
struct Key<D: Blocks<BLOCK>, const BLOCK: usize> {
    /// For messages whose length everybody may know.
    open: Hmac<D>,
    /// The state of the inner hash after its first block, which is the key and `ipad`.
    inner: D::State,
    /// The outer hash, after its first block.
    outer: D,
}

impl<D: Blocks<BLOCK>, const BLOCK: usize> Key<D, BLOCK> {
    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let open = Hmac::<D>::new_from_slice(key).map_err(|_| CryptoError::Length)?;
        // RFC 2104 §2: a key longer than a block is replaced by its hash.
        let mut digest = D::digest(key);
        let short = if key.len() > BLOCK { digest.as_slice() } else { key };
        let padded = |pad: u8| {
            let mut block = Zeroizing::new([pad; BLOCK]);
            for (byte, key) in block.iter_mut().zip(short) {
                *byte ^= key;
            }
            block
        };
        let mut inner = D::START;
        D::compress(&mut inner, &padded(0x36));
        let outer = D::new().chain_update(*padded(0x5c));
        digest.as_mut_slice().zeroize();
        Ok(Self { open, inner, outer })
    }
}

impl<D: Blocks<BLOCK>, const BLOCK: usize> MacKey for Key<D, BLOCK> {
    fn mac(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        let mut mac = self.open.clone();
        for part in parts {
            mac.update(part);
        }
        Ok(Digest::new(&mac.finalize().into_bytes()))
    }

    fn mac_of_secret_len(&self, header: &[u8], data: &[u8], len: usize) -> Result<Digest, CryptoError> {
        // No slice is long enough for any of these to overflow.
        let (most, len) = (data.len() as u64, len as u64);
        let len = u64::conditional_select(&len, &most, len.ct_gt(&most));
        let known = header.len() as u64;
        let length = 8 * (BLOCK as u64 + known + len);
        // How many blocks stand before the last one. A block is a power of two, so that this is a shift and no
        // division, whose time would tell.
        let blocks = |len: u64| (known + len + D::LENGTH_LEN) >> BLOCK.trailing_zeros();
        let last = blocks(len);

        let mut stream = Stream { header: header.iter(), data: data.iter(), at: 0, len, inside: Choice::from(1) };
        let mut state = Zeroizing::new(self.inner);
        let mut kept = state.clone();
        for number in 0..=blocks(most) {
            let mut block = Zeroizing::new([0; BLOCK]);
            block.fill_with(|| stream.next());
            let is_last = number.ct_eq(&last);
            // At the end of the last block there are only zeros so far.
            for (byte, length) in block.iter_mut().rev().zip(length.to_le_bytes()) {
                *byte |= u8::conditional_select(&0, &length, is_last);
            }
            D::compress(&mut state, &block);
            kept.conditional_assign(&state, is_last);
        }
        let mut outer = self.outer.clone();
        D::feed(&mut outer, &kept);
        Ok(Digest::new(&outer.finalize()))
    }
}

impl<D: Blocks<BLOCK>, const BLOCK: usize> Drop for Key<D, BLOCK> {
    fn drop(&mut self) {
        self.inner.zeroize();
    }
}

/// What the inner hash reads after its first block, but for the length at the end.
struct Stream<'a> {
    header: slice::Iter<'a, u8>,
    data: slice::Iter<'a, u8>,
    /// How much of the data, and of what comes after it, has been read.
    at: u64,
    /// Where the message ends within the data. A secret.
    len: u64,
    /// Whether the end is still to come. As secret.
    inside: Choice,
}

impl Stream<'_> {
    fn next(&mut self) -> u8 {
        if let Some(byte) = self.header.next() {
            return *byte;
        }
        let ends = self.at.ct_eq(&self.len);
        self.at += 1;
        self.inside &= !ends;
        let byte = self.data.next().copied().unwrap_or_default();
        u8::conditional_select(&0, &byte, self.inside) | ends.unwrap_u8() << 7
    }
}

/// A hash function, block by block (FIPS 180-4 §6).
trait Blocks<const BLOCK: usize>: EagerHash<Core: Send + Sync> + sha2::Digest + Clone + Send + Sync + 'static {
    const ALGORITHM: MacAlgorithm;
    /// How many bytes the length takes at the end of a message.
    const LENGTH_LEN: u64;
    type State: ConditionallySelectable + Zeroize + Send + Sync;
    /// The state before the first block.
    const START: Self::State;

    fn compress(state: &mut Self::State, block: &[u8; BLOCK]);

    /// Lets `hash` take in what the hash of a message is when `state` is the one after its last block.
    fn feed(hash: &mut Self, state: &Self::State);
}

impl Blocks<64> for Sha1 {
    const ALGORITHM: MacAlgorithm = MacAlgorithm::HmacSha1;
    const LENGTH_LEN: u64 = 8;
    type State = [u32; 5];
    const START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

    fn compress(state: &mut [u32; 5], block: &[u8; 64]) {
        compress_sha1(state, slice::from_ref(block));
    }

    fn feed(hash: &mut Self, state: &[u32; 5]) {
        state.iter().for_each(|word| hash.update(word.to_be_bytes()));
    }
}

impl Blocks<64> for Sha256 {
    const ALGORITHM: MacAlgorithm = MacAlgorithm::HmacSha256;
    const LENGTH_LEN: u64 = 8;
    type State = [u32; 8];
    const START: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

    fn compress(state: &mut [u32; 8], block: &[u8; 64]) {
        compress256(state, slice::from_ref(block));
    }

    fn feed(hash: &mut Self, state: &[u32; 8]) {
        state.iter().for_each(|word| hash.update(word.to_be_bytes()));
    }
}

impl Blocks<128> for Sha384 {
    const ALGORITHM: MacAlgorithm = MacAlgorithm::HmacSha384;
    const LENGTH_LEN: u64 = 16;
    type State = [u64; 8];
    const START: [u64; 8] = [
        0xcbbb_9d5d_c105_9ed8,
        0x629a_292a_367c_d507,
        0x9159_015a_3070_dd17,
        0x152f_ecd8_f70e_5939,
        0x6733_2667_ffc0_0b31,
        0x8eb4_4a87_6858_1511,
        0xdb0c_2e0d_64f9_8fa7,
        0x47b5_481d_befa_4fa4,
    ];

    fn compress(state: &mut [u64; 8], block: &[u8; 128]) {
        compress512(state, slice::from_ref(block));
    }

    fn feed(hash: &mut Self, state: &[u64; 8]) {
        // It is SHA-512 but for where it starts and that the last two words are left out.
        state.iter().take(6).for_each(|word| hash.update(word.to_be_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MACS;
    use alloc::{vec, vec::Vec};

    /// Checks that the length may be a secret, in a message with `header` and up to `most` bytes of data.
    fn equal(key: &dyn MacKey, header: &[u8], most: usize, lengths: impl IntoIterator<Item = usize>) {
        let data: Vec<u8> = (0..most).map(|at| (at * 31 + at / 251 + 0x80) as u8).collect();
        for len in lengths {
            let expected = key.mac(&[header, &data[..len]]).unwrap();
            assert_eq!(key.mac_of_secret_len(header, &data, len), Ok(expected), "{}, {len} of {most}", header.len());
        }
    }

    #[test]
    fn a_secret_length_changes_nothing() {
        for mac in MACS {
            let key = mac.key(&vec![0x0b; mac.algorithm().output_len()]).unwrap();
            for most in 0..300 {
                equal(&*key, &[0x17; 13], most, 0..=most);
            }
            for most in [16_384, 16_385, 16_700] {
                let in_doubt = most - 255 - mac.algorithm().output_len() - 1;
                equal(&*key, &[0x17; 13], most, [0, 1, 51, 8_000, 8_192].into_iter().chain(in_doubt..=most));
            }
        }
    }

    #[test]
    fn a_header_may_have_any_length() {
        for mac in MACS {
            let key = mac.key(&[]).unwrap();
            for header in (0..=130).chain([256, 300]) {
                equal(&*key, &vec![0x80; header], 150, 0..=150);
            }
        }
    }

    #[test]
    fn a_length_beyond_the_data_is_that_of_the_data() {
        for mac in MACS {
            let key = mac.key(b"key").unwrap();
            for most in [0, 1, 100] {
                let data = vec![5; most];
                for len in [most + 1, most + 64, usize::MAX] {
                    let expected = key.mac(&[b"header", &data]);
                    assert_eq!(key.mac_of_secret_len(b"header", &data, len), expected);
                }
            }
        }
    }

    /// RFC 2104 §2, at and around the length of a block.
    #[test]
    fn a_key_may_have_any_length() {
        for mac in MACS {
            for len in [0, 1, 63, 64, 65, 127, 128, 129, 500] {
                let key = mac.key(&vec![0xaa; len]).unwrap();
                equal(&*key, b"header", 80, [0, 40, 80]);
            }
        }
    }
}
