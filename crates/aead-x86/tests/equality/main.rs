//! On every path of this CPU each cipher does what the RustCrypto crates do, whatever the lengths, the places in memory and the
//! cuts.

mod common;

use common::{Pair, bytes, chacha20_poly1305, each};
use handfast_aead_x86::aead::AeadInOut;
use handfast_aead_x86::aead::inout::InOutBuf;
use handfast_aead_x86::{Algorithm, Key, Path};

/// What stands around a buffer that must not be written beyond.
const CANARY: u8 = 0xc5;

/// Every length up to some groups of the widest path, and some to four records and more.
fn lengths() -> impl Iterator<Item = usize> {
    (0..=4_200).chain([8_191, 16_384, 16_385, 16_401, 32_768, 49_999, 65_535, 65_536, 70_000])
}

each!(every_length, |pair| {
    let plain = bytes(1, 70_000);
    for len in lengths() {
        let (nonce, aad) = (pair.nonce(len), bytes(len, len % 40));
        let (wanted, tag) = pair.reference(&nonce, &aad, &plain[..len]);
        for key in &pair.keys {
            let mut out = vec![CANARY; 3];
            key.seal(&nonce, &aad, &[&plain[..len]], &mut out).unwrap();
            assert_eq!(out[..3], [CANARY; 3]);
            assert!(out[3..3 + len] == wanted, "{:?}, {len} bytes: ciphertext", key.path());
            assert_eq!(out[3 + len..], tag, "{:?}, {len} bytes", key.path());
            key.open_in_place(&nonce, &aad, &mut out[3..3 + len], &tag).unwrap();
            assert!(out[3..3 + len] == plain[..len], "{:?}, {len} bytes: plaintext", key.path());
            assert_eq!(key.seal_in_place(&nonce, &aad, &mut out[3..3 + len]), Ok(tag));
            assert!(out[3..3 + len] == wanted, "{:?}, {len} bytes in place", key.path());
        }
    }
});

each!(every_length_of_additional_data, |pair| {
    let plain = bytes(1, 77);
    for len in (0..=300).chain([1_023, 4_096, 70_000]) {
        let (nonce, aad) = (pair.nonce(len), bytes(2, len));
        let (wanted, tag) = pair.reference(&nonce, &aad, &plain);
        for key in &pair.keys {
            let mut buf = plain.clone();
            assert_eq!(key.seal_in_place(&nonce, &aad, &mut buf), Ok(tag), "{:?}, {len} bytes", key.path());
            assert_eq!(buf, wanted);
            key.open_in_place(&nonce, &aad, &mut buf, &tag).unwrap();
            assert_eq!(buf, plain);
        }
    }
});

each!(every_place_in_memory, |pair| {
    let (nonce, plain) = (pair.nonce(0), bytes(1, 1_350));
    let (wanted, tag) = pair.reference(&nonce, b"aad", &plain);
    for key in &pair.keys {
        let mut from = vec![CANARY; plain.len() + 128];
        let mut to = from.clone();
        let (from_start, to_start) = (from.as_ptr().align_offset(64), to.as_ptr().align_offset(64));
        for from_at in 0..64 {
            let from = &mut from[from_start + from_at..][..plain.len()];
            for to_at in 0..64 {
                let at = to_start + to_at..to_start + to_at + plain.len();
                from.copy_from_slice(&plain);
                let buf = InOutBuf::new(from, &mut to[at.clone()]).unwrap();
                let sealed = key.encrypt_inout_detached(&nonce.into(), b"aad", buf).unwrap();
                assert!(to[at.clone()] == wanted && sealed[..] == tag, "{:?}, {from_at} to {to_at}", key.path());
                let buf = InOutBuf::new(&to[at.clone()], from).unwrap();
                key.decrypt_inout_detached(&nonce.into(), b"aad", buf, &tag.into()).unwrap();
                assert!(from[..] == plain, "{:?}, back, {from_at} to {to_at}", key.path());
                assert!(to[..at.start].iter().chain(&to[at.end..]).all(|byte| *byte == CANARY));
                to[at].fill(CANARY);
            }
            assert_eq!(key.seal_in_place(&nonce, b"aad", from), Ok(tag));
            assert!(from[..] == wanted);
            from.fill(CANARY);
        }
    }
});

each!(every_cut, |pair| {
    let plain = bytes(1, 5_000);
    for round in 0..2_000 {
        let seed = bytes(round, 12);
        let len = usize::from(u16::from_le_bytes([seed[0], seed[1]])) % plain.len();
        let (nonce, text) = (pair.nonce(round), &plain[..len]);
        // Up to six cuts, some of them at one place, or at an end; every fourth time at whole blocks.
        let mut cuts: Vec<usize> = seed[2..]
            .chunks_exact(2)
            .take(round % 6)
            .map(|two| usize::from(u16::from_le_bytes([two[0], two[1]])) % (len + 1))
            .map(|cut| if round % 4 == 0 { cut / 512 * 512 } else { cut })
            .collect();
        cuts.extend([0, len]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|two| &text[two[0]..two[1]]).collect();
        let (wanted, tag) = pair.reference(&nonce, b"aad", text);
        for key in &pair.keys {
            let mut out = Vec::new();
            key.seal(&nonce, b"aad", &parts, &mut out).unwrap();
            assert!(out[..len] == wanted, "{:?}, cut at {cuts:?}: ciphertext", key.path());
            assert_eq!(out[len..], tag, "{:?}, cut at {cuts:?}", key.path());
        }
    }
    for key in &pair.keys {
        let mut out = Vec::new();
        key.seal(&pair.nonce(0), b"", &[], &mut out).unwrap();
        assert_eq!(out, pair.reference(&pair.nonce(0), b"", b"").1);
    }
});

each!(a_wrong_tag_leaves_nothing, |pair| {
    for len in [0, 1, 15, 16, 63, 64, 65, 255, 512, 1_350, 16_384] {
        let (nonce, plain) = (pair.nonce(len), bytes(1, len));
        let (cipher, tag) = pair.reference(&nonce, b"aad", &plain);
        for key in &pair.keys {
            let refused = |nonce: &[u8; 12], aad: &[u8], cipher: &[u8], tag: &[u8; 16], what: &str| {
                let mut buf = cipher.to_vec();
                assert!(key.open_in_place(nonce, aad, &mut buf, tag).is_err(), "{:?}, {len} bytes, {what}", key.path());
                assert!(buf.iter().all(|byte| *byte == 0), "{:?}, {len} bytes, {what}: not wiped", key.path());
                let mut out = vec![1; len];
                let buf = InOutBuf::new(cipher, &mut out).unwrap();
                assert!(key.decrypt_inout_detached(&(*nonce).into(), aad, buf, &(*tag).into()).is_err());
                assert!(out.iter().all(|byte| *byte == 0), "{:?}, {len} bytes, {what}: not wiped", key.path());
            };
            for bit in 0..128 {
                let mut wrong = tag;
                wrong[bit / 8] ^= 1 << (bit % 8);
                refused(&nonce, b"aad", &cipher, &wrong, "another tag");
            }
            for at in [0, len / 2, len.saturating_sub(1)].into_iter().filter(|at| *at < len) {
                let mut wrong = cipher.clone();
                wrong[at] ^= 0x80;
                refused(&nonce, b"aad", &wrong, &tag, "another ciphertext");
            }
            refused(&nonce, b"aae", &cipher, &tag, "other data");
            refused(&nonce, b"aad\0", &cipher, &tag, "more data");
            refused(&pair.nonce(len + 1), b"aad", &cipher, &tag, "another nonce");
        }
    }
});

/// A counter carries out of its lowest byte within the 70,000 bytes above, and here out of two.
#[test]
fn a_counter_carries() {
    fn carries<A: Algorithm>(pair: &Pair<A>) {
        let (nonce, plain) = (pair.nonce(0), vec![0; 65_540 * 16]);
        let (wanted, tag) = pair.reference(&nonce, b"", &plain);
        for key in &pair.keys {
            let mut buf = plain.clone();
            assert_eq!(key.seal_in_place(&nonce, b"", &mut buf), Ok(tag), "{:?}", key.path());
            assert!(buf == wanted);
        }
    }
    carries(&common::aes_128_gcm(1));
    carries(&common::aes_256_gcm(1));
}

/// A message of so many parts that it would be too long, though each is the same piece of memory.
#[test]
fn too_long_a_message_is_refused() {
    fn refuses<A: Algorithm>(pair: &Pair<A>, most: u64) {
        assert_eq!(Key::<A>::MAX_LEN, most);
        let piece = vec![0; 1 << 20];
        let parts = vec![piece.as_slice(); usize::try_from(most >> 20).unwrap() + 1];
        for key in &pair.keys {
            let mut out = vec![7];
            assert!(key.seal(&pair.nonce(0), b"", &parts, &mut out).is_err());
            assert_eq!(out, [7]);
        }
    }
    // NIST SP 800-38D §5.2.1.1, RFC 8439 §2.8.
    refuses(&common::aes_128_gcm(1), (1 << 36) - 32);
    refuses(&common::aes_256_gcm(1), (1 << 36) - 32);
    refuses(&chacha20_poly1305(1), (1 << 38) - 65);
}

/// What the CPU can do is done: without this, a path that is never taken would pass all of the above.
#[test]
fn there_are_paths() {
    fn paths<A: Algorithm>(pair: &Pair<A>) -> Vec<Path> {
        pair.keys.iter().map(Key::path).collect()
    }
    let (gcm, chacha) = (paths(&common::aes_256_gcm(1)), paths(&chacha20_poly1305(1)));
    println!("AES-GCM: {gcm:?}, ChaCha20-Poly1305: {chacha:?}");
    assert_eq!(gcm.last(), Some(&Path::Portable));
    assert_eq!(chacha.last(), Some(&Path::Portable));
    #[cfg(target_arch = "x86_64")]
    {
        let avx512 = std::is_x86_feature_detected!("avx512bw") && std::is_x86_feature_detected!("avx512vl");
        let avx2 = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("bmi2");
        assert_eq!(chacha.contains(&Path::Avx512), avx512 && std::is_x86_feature_detected!("avx512ifma"));
        assert_eq!(chacha.contains(&Path::Avx2), avx2);
        assert_eq!(gcm.contains(&Path::AesNi), std::is_x86_feature_detected!("aes"));
    }
}
