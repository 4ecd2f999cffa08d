//! ChaCha20-Poly1305 on every path of this CPU, against RustCrypto's and the vectors of RFC 8439.

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use handfast_aead_x86::{ChaCha20Poly1305, Path};

/// Numbers that only look random (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// One key on a path, and the same key of RustCrypto.
struct Pair {
    ours: ChaCha20Poly1305,
    theirs: chacha20poly1305::ChaCha20Poly1305,
}

const NONCE: [u8; 12] = [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xff];

/// Every path but the portable one, which is RustCrypto's.
fn pairs(key: [u8; 32]) -> Vec<Pair> {
    ChaCha20Poly1305::paths()
        .filter(|path| *path != Path::Portable)
        .map(|path| Pair {
            ours: ChaCha20Poly1305::with_path(&key.into(), path).unwrap(),
            theirs: KeyInit::new(&key.into()),
        })
        .collect()
}

impl Pair {
    /// What RustCrypto makes of it: ciphertext and tag.
    fn expect(&self, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        let tag = self.theirs.encrypt_inout_detached(&NONCE.into(), aad, sealed.as_mut_slice().into()).unwrap();
        sealed.extend_from_slice(&tag);
        sealed
    }

    fn context(&self, what: &str, len: usize, aad: usize) -> String {
        format!("{:?}: {what}, {len} bytes, {aad} of associated data", self.ours.path())
    }

    /// Seals and opens in place and out of place, and in the given parts.
    fn check(&self, aad: &[u8], plain: &[u8], parts: &[&[u8]]) {
        let (len, sealed) = (plain.len(), self.expect(aad, plain));
        let context = |what| self.context(what, len, aad.len());
        let (cipher, tag) = sealed.split_at(len);
        let tag: &[u8; 16] = tag.try_into().unwrap();

        let mut out = vec![1, 2, 3];
        self.ours.seal(&NONCE, aad, parts, &mut out).unwrap();
        assert!(out[..3] == [1, 2, 3] && out[3..] == sealed, "{}", context("seal"));

        let mut buf = plain.to_vec();
        assert_eq!(&self.ours.seal_in_place(&NONCE, aad, &mut buf).unwrap(), tag, "{}", context("tag in place"));
        assert!(buf == cipher, "{}", context("seal in place"));

        let opened = self.ours.open_in_place(&NONCE, aad, &mut buf, tag);
        assert!(opened.is_ok() && buf == plain, "{}", context("open in place"));

        let mut buf = vec![0xee; len];
        let inout = InOutBuf::new(cipher, &mut buf).unwrap();
        let opened = self.ours.decrypt_inout_detached(&NONCE.into(), aad, inout, tag.into());
        assert!(opened.is_ok() && buf == plain, "{}", context("open elsewhere"));
    }
}

#[test]
fn all_lengths() {
    let mut random = Random(1);
    let plain = random.bytes(4200);
    for pair in pairs([0x81; 32]) {
        for len in 0..=plain.len() {
            let plain = &plain[..len];
            pair.check(&plain[..len.min(13)], plain, &[plain]);
        }
    }
}

#[test]
fn long_messages() {
    let mut random = Random(2);
    let plain = random.bytes(70_000);
    for pair in pairs([0x82; 32]) {
        for len in (0..60).map(|_| 4200 + random.below(65_800)).chain([16_384, 16_385, 65_536, 70_000]) {
            pair.check(&plain[..5], &plain[..len], &[&plain[..len]]);
        }
    }
}

#[test]
fn all_lengths_of_associated_data() {
    let mut random = Random(3);
    let data = random.bytes(3000);
    for pair in pairs([0x83; 32]) {
        for aad in 0..=300 {
            for len in [0, 1, 16, 100, 192, 193, 256, 1000, 2900] {
                pair.check(&data[..aad], &data[..len], &[&data[..len]]);
            }
        }
    }
}

#[test]
fn all_alignments() {
    let mut random = Random(4);
    for pair in pairs([0x84; 32]) {
        for len in [1, 20, 64, 192, 200, 449, 1000, 1537, 3000] {
            let plain = random.bytes(len);
            let sealed = pair.expect(b"aad", &plain);
            for (from, to) in (0..64).flat_map(|from| [(from, from), (from, (from * 37 + 11) % 64), (0, from)]) {
                let source = [vec![0xaa; from], plain.clone(), vec![0xaa; 64]].concat();
                let mut target = vec![0xbb; to + len + 64];
                let inout = InOutBuf::new(&source[from..from + len], &mut target[to..to + len]);
                let tag = pair.ours.encrypt_inout_detached(&NONCE.into(), b"aad", inout.unwrap()).unwrap();
                assert!(target[to..to + len] == sealed[..len] && tag[..] == sealed[len..], "{from} {to} {len}");
                assert!(target[..to].iter().chain(&target[to + len..]).all(|byte| *byte == 0xbb), "{from} {to} {len}");
            }
        }
    }
}

#[test]
fn parts_split_anywhere() {
    let mut random = Random(5);
    let plain = random.bytes(6000);
    for pair in pairs([0x85; 32]) {
        pair.check(b"aad", b"", &[]);
        for round in 0..3000 {
            let len = random.below([100, 200, 500, 2000, 6000][round % 5]);
            let mut cuts: Vec<usize> = (0..random.below(7)).map(|_| random.below(len + 1)).collect();
            cuts.extend([0, len]);
            // Empty parts too.
            cuts.extend((0..random.below(3)).map(|_| cuts[0]).collect::<Vec<_>>());
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|cut| &plain[cut[0]..cut[1]]).collect();
            pair.check(b"aad", &plain[..len], &parts);
        }
    }
}

#[test]
fn a_flipped_bit_is_refused_and_the_buffer_wiped() {
    let mut random = Random(6);
    for pair in pairs([0x86; 32]) {
        for len in [0, 1, 16, 63, 64, 192, 193, 300, 449, 1200, 2500, 5000] {
            let (plain, aad) = (random.bytes(len), random.bytes(40));
            let sealed = pair.expect(&aad, &plain);
            for _ in 0..300 {
                let (mut buf, mut aad) = (sealed.clone(), aad.clone());
                let bit = random.below(8 * (buf.len() + aad.len()));
                match bit / 8 {
                    byte if byte < aad.len() => aad[byte] ^= 1 << (bit % 8),
                    byte => buf[byte - aad.len()] ^= 1 << (bit % 8),
                }
                let (buf, tag) = buf.split_at_mut(len);
                let tag: &[u8; 16] = (&*tag).try_into().unwrap();
                pair.ours.open_in_place(&NONCE, &aad, buf, tag).unwrap_err();
                assert!(buf.iter().all(|byte| *byte == 0), "{}", pair.context("wiped", len, 40));
            }
        }
    }
}

#[test]
fn rfc_8439_section_2_8_2() {
    let key: [u8; 32] = core::array::from_fn(|i| 0x80 + i as u8);
    let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
    let aad = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
    let plain =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen \
                  would be it.";
    for path in ChaCha20Poly1305::paths() {
        let mut buf = plain.to_vec();
        let tag =
            ChaCha20Poly1305::with_path(&key.into(), path).unwrap().seal_in_place(&nonce, &aad, &mut buf).unwrap();
        assert_eq!(
            buf[..16],
            [0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e, 0x60, 0xdb, 0x7b, 0x86, 0xaf, 0xbc, 0x53, 0xef, 0x7e, 0xc2]
        );
        assert_eq!(
            tag,
            [0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91]
        );
    }
}
