//! CBC in both orders with the MAC: records against ones that are built here by hand, right and wrong.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use handfast_crypto::cbc::{BLOCK_LEN, CbcKey, MacKey};
use handfast_crypto::{CryptoError, Digest, HashAlgorithm, Random, RecordKeys};
use handfast_record::{HEADER_LEN, MAX_CIPHERTEXT_12, MAX_PLAINTEXT, Opener, Padding, RecordError, Sealer};
use handfast_wire::ContentType;
use std::sync::{Arc, Mutex};

const ALERT: ContentType = ContentType::ALERT;
const HANDSHAKE: ContentType = ContentType::HANDSHAKE;
const DATA: ContentType = ContentType::APPLICATION_DATA;
const TYPES: [ContentType; 4] = [ContentType::CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, DATA];

/// AES-128 in CBC mode under a key that is always the same.
struct Cbc;

impl CbcKey for Cbc {
    fn encrypt(&self, iv: &[u8; BLOCK_LEN], blocks: &mut [u8]) -> Result<(), CryptoError> {
        let (aes, mut last) = (Aes128::new(&[0x42; 16].into()), *iv);
        for block in whole_blocks(blocks)? {
            block.iter_mut().zip(last).for_each(|(byte, last)| *byte ^= last);
            aes.encrypt_block(block.try_into().unwrap());
            last = (&*block).try_into().unwrap();
        }
        Ok(())
    }

    fn decrypt(&self, iv: &[u8; BLOCK_LEN], blocks: &mut [u8]) -> Result<(), CryptoError> {
        let (aes, mut last) = (Aes128::new(&[0x42; 16].into()), *iv);
        for block in whole_blocks(blocks)? {
            let next = (&*block).try_into().unwrap();
            aes.decrypt_block(block.try_into().unwrap());
            block.iter_mut().zip(last).for_each(|(byte, last)| *byte ^= last);
            last = next;
        }
        Ok(())
    }
}

fn whole_blocks(blocks: &mut [u8]) -> Result<impl Iterator<Item = &mut [u8]>, CryptoError> {
    if blocks.len().is_multiple_of(BLOCK_LEN) { Ok(blocks.chunks_mut(BLOCK_LEN)) } else { Err(CryptoError::Length) }
}

/// HMAC-SHA384, cut to `len` bytes, under a key that is always the same. It notes how long what it gets is where that
/// must not depend on a secret.
#[derive(Clone, Default)]
struct Hmac {
    len: usize,
    fails: bool,
    seen: Arc<Mutex<Vec<(usize, usize)>>>,
}

impl MacKey for Hmac {
    fn mac(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        if self.fails {
            return Err(CryptoError::Failed);
        }
        let digest = handfast_rustcrypto::provider().hash(HashAlgorithm::Sha384).unwrap().hmac(&[0x43; 48], parts)?;
        Ok(Digest::new(&digest.as_bytes()[..self.len]))
    }

    fn mac_of_secret_len(&self, header: &[u8], data: &[u8], len: usize) -> Result<Digest, CryptoError> {
        self.seen.lock().unwrap().push((header.len(), data.len()));
        self.mac(&[header, &data[..len]])
    }
}

/// 0, 1, 2, … in blocks of one value, or nothing.
#[derive(Default)]
struct Counting {
    next: Mutex<u8>,
    fails: bool,
}

impl Random for Counting {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        if self.fails {
            return Err(CryptoError::Random);
        }
        let mut next = self.next.lock().unwrap();
        out.fill(*next);
        *next += 1;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    EncryptThenMac,
    MacThenEncrypt,
}

use Order::{EncryptThenMac, MacThenEncrypt};

const ORDERS: [Order; 2] = [EncryptThenMac, MacThenEncrypt];

/// Those of HMAC with SHA-1, SHA-256 and SHA-384.
const MAC_LENS: [usize; 3] = [20, 32, 48];

fn both() -> impl Iterator<Item = (Order, usize)> {
    ORDERS.into_iter().flat_map(|order| MAC_LENS.map(|mac_len| (order, mac_len)))
}

fn keys_of(order: Order, mac_len: usize, mac: Hmac, random: Counting) -> RecordKeys {
    let (cipher, mac, random) = (Box::new(Cbc), Box::new(mac), Arc::new(random));
    match order {
        EncryptThenMac => RecordKeys::CbcEtm { cipher, mac, mac_len, random },
        MacThenEncrypt => RecordKeys::CbcMte { cipher, mac, mac_len, random },
    }
}

fn keys(order: Order, mac_len: usize) -> RecordKeys {
    keys_of(order, mac_len, Hmac { len: mac_len, ..Hmac::default() }, Counting::default())
}

fn sealer(keys: RecordKeys) -> Sealer {
    let mut sealer = Sealer::new();
    sealer.install(keys);
    sealer
}

fn opener(keys: RecordKeys) -> Opener {
    let mut opener = Opener::new();
    opener.install(keys);
    opener
}

/// A record built by hand, right or wrong.
#[derive(Clone)]
struct Forgery {
    order: Order,
    mac_len: usize,
    content: Vec<u8>,
    /// With the length byte.
    padding: Vec<u8>,
    iv: u8,
    header: [u8; 3],
    /// What the MAC says, and how much longer than it is.
    number: u64,
    mac_header: [u8; 3],
    mac_longer: u16,
    /// Changes the MAC.
    damage: [u8; 48],
}

impl Forgery {
    /// What is right, with the shortest padding.
    fn new(order: Order, mac_len: usize, content: &[u8]) -> Self {
        let inside = content.len() + if order == MacThenEncrypt { mac_len } else { 0 };
        let padding = vec![(BLOCK_LEN - 1 - inside % BLOCK_LEN) as u8; BLOCK_LEN - inside % BLOCK_LEN];
        let (content, header) = (content.to_vec(), [DATA.0, 3, 3]);
        let (iv, number, mac_longer, damage) = (0, 0, 0, [0; 48]);
        Self { order, mac_len, content, padding, iv, header, number, mac_header: header, mac_longer, damage }
    }

    /// The shortest content of at least `content` bytes that lets `padding` fill whole blocks.
    fn padded(order: Order, mac_len: usize, content: usize, padding: Vec<u8>) -> Self {
        let beside = padding.len() + if order == MacThenEncrypt { mac_len } else { 0 };
        let fits = |len: &usize| (len + beside).is_multiple_of(BLOCK_LEN);
        let content = vec![0xcc; (content..).find(fits).unwrap()];
        Self { padding, ..Self::new(order, mac_len, &content) }
    }

    fn mac(&self, covered: &[u8]) -> Vec<u8> {
        let len = (covered.len() as u16).wrapping_add(self.mac_longer).to_be_bytes();
        let hmac = Hmac { len: self.mac_len, ..Hmac::default() };
        let mac = hmac.mac(&[&self.number.to_be_bytes(), &self.mac_header, &len, covered]).unwrap();
        mac.as_bytes().iter().zip(self.damage).map(|(byte, damage)| byte ^ damage).collect()
    }

    fn record(&self) -> Vec<u8> {
        let iv = [self.iv; BLOCK_LEN];
        let fragment = match self.order {
            EncryptThenMac => {
                let mut blocks = [&self.content[..], &self.padding].concat();
                Cbc.encrypt(&iv, &mut blocks).unwrap();
                let covered = [&iv[..], &blocks].concat();
                [&covered[..], &self.mac(&covered)].concat()
            }
            MacThenEncrypt => {
                let mut blocks = [&self.content[..], &self.mac(&self.content), &self.padding].concat();
                Cbc.encrypt(&iv, &mut blocks).unwrap();
                [&iv[..], &blocks].concat()
            }
        };
        [&self.header[..], &(fragment.len() as u16).to_be_bytes(), &fragment].concat()
    }

    fn opener(&self) -> Opener {
        opener(keys(self.order, self.mac_len))
    }

    #[track_caller]
    fn assert_opens(&self) {
        let (mut opener, mut record) = (self.opener(), self.record());
        let opened = opener.open(&mut record).unwrap();
        assert_eq!((opened.content_type.0, opened.at, opened.protected), (self.header[0], HEADER_LEN + 16, true));
        assert!(opened.bytes == self.content);
        assert_eq!(opener.sequence(), 1);
    }

    #[track_caller]
    fn assert_fails(&self) {
        assert_fails(&mut self.opener(), &mut self.record());
    }
}

/// Opens what must not open, and sees that nothing is left of it.
#[track_caller]
fn assert_fails(opener: &mut Opener, record: &mut [u8]) {
    assert_eq!(opener.open(record), Err(RecordError::OpenFailed));
    assert!(record[HEADER_LEN..].iter().all(|&byte| byte == 0));
    assert_eq!(opener.sequence(), 0);
}

#[test]
fn records_are_those_built_by_hand_and_open_again() {
    for (order, mac_len) in both() {
        let (mut sealer, mut opener) = (sealer(keys(order, mac_len)), opener(keys(order, mac_len)));
        sealer.pad(Padding::Full);
        let mut number = 0;
        for content_type in TYPES {
            for len in [1, 11, 12, 15, 16, 17, 27, 28, 31, 32, 100, 1000, 16_383, 16_384] {
                let content: Vec<u8> = (0..len).map(|n: u32| n as u8).collect();
                let [mut sealed, header] = [vec![], vec![content_type.0, 3, 3]];
                sealer.seal(content_type, &content, &mut sealed).unwrap();
                assert!(sealed.capacity() == sealed.len(), "{order:?} {mac_len} {len}");
                let header = header.try_into().unwrap();
                let forgery = Forgery { number, iv: number as u8, header, ..Forgery::new(order, mac_len, &content) };
                assert!(sealed == Forgery { mac_header: header, ..forgery }.record(), "{order:?} {mac_len} {len}");
                let opened = opener.open(&mut sealed).unwrap();
                assert!((opened.content_type, &*opened.bytes) == (content_type, &content[..]));
                number += 1;
            }
        }
        assert_eq!((sealer.sequence(), opener.sequence()), (number, number));
    }
}

#[test]
fn only_application_data_may_be_empty() {
    for (order, mac_len) in both() {
        Forgery::new(order, mac_len, b"").assert_opens();
        for content_type in [ALERT, HANDSHAKE] {
            let header = [content_type.0, 3, 3];
            let forgery = Forgery { header, mac_header: header, ..Forgery::new(order, mac_len, b"") };
            assert_eq!(forgery.opener().open(&mut forgery.record()), Err(RecordError::Empty(content_type)));
        }
    }
}

#[test]
fn a_written_record_is_the_sealed_one() {
    for (order, mac_len) in both() {
        for content in [&b""[..], b"content", &[7; MAX_PLAINTEXT]] {
            let [mut sealed, mut written] = [vec![9], vec![9]];
            sealer(keys(order, mac_len)).seal(DATA, content, &mut sealed).unwrap();
            let mut sealer = sealer(keys(order, mac_len));
            let mut record = sealer.writer(&mut written);
            assert_eq!((record.put(content), record.len()), (content.len(), content.len()));
            record.finish().unwrap();
            assert!(sealed == written, "{order:?} {mac_len}");
        }
    }
}

#[test]
fn padding_of_every_length_is_right() {
    for (order, mac_len) in both() {
        for last in 0..=u8::MAX {
            for content in [0, 40, 300] {
                Forgery::padded(order, mac_len, content, vec![last; usize::from(last) + 1]).assert_opens();
            }
        }
    }
}

/// docs/regressions.md row 46: each byte of the padding is checked, whichever order.
#[test]
fn padding_with_one_wrong_byte_is_wrong() {
    for order in ORDERS {
        for last in (1..=u8::MAX).step_by(3) {
            for wrong in 0..usize::from(last) {
                let mut padding = vec![last; usize::from(last) + 1];
                padding[wrong] ^= 1 << (wrong % 8);
                Forgery::padded(order, 32, wrong % 50, padding).assert_fails();
            }
        }
    }
}

/// docs/regressions.md row 46: all else is right, but there is no padding, and by chance nothing looks like it.
#[test]
fn no_padding_at_all_is_wrong() {
    for (order, mac_len) in both() {
        for content in [0, 100] {
            Forgery::padded(order, mac_len, content, vec![]).assert_fails();
        }
    }
}

/// docs/regressions.md row 46: padding that says it is longer than what there is, all of it "padding" or not.
#[test]
fn padding_longer_than_the_record_is_wrong() {
    for (order, mac_len) in both() {
        for blocks in mac_len / BLOCK_LEN + 1..=20 {
            let inside = if order == MacThenEncrypt { mac_len } else { 0 };
            // With its own byte, the least of these is one more than fits.
            let room = blocks * BLOCK_LEN - inside;
            for last in room..=255 {
                let mut forgery = Forgery::new(order, mac_len, &[]);
                forgery.padding = vec![last as u8; room];
                forgery.assert_fails();
            }
        }
    }
    // All bytes are the same, also where the MAC should be.
    for blocks in 1..=16 {
        for last in [blocks * BLOCK_LEN - 1, (blocks * BLOCK_LEN).saturating_sub(32), 255] {
            let mut blocks = vec![last as u8; blocks * BLOCK_LEN];
            Cbc.encrypt(&[0; 16], &mut blocks).unwrap();
            let len = (blocks.len() + BLOCK_LEN) as u16;
            let mut record = [&[DATA.0, 3, 3][..], &len.to_be_bytes(), &[0; 16], &blocks].concat();
            assert_fails(&mut opener(keys(MacThenEncrypt, 32)), &mut record);
        }
    }
}

#[test]
fn a_damaged_mac_is_wrong_whatever_the_padding() {
    for (order, mac_len) in both() {
        for last in [0, 1, 7, 15, 16, 100, 254, 255] {
            let good = Forgery::padded(order, mac_len, 20, vec![last; usize::from(last) + 1]);
            for bit in 0..mac_len * 8 {
                let mut bad = good.clone();
                bad.damage[bit / 8] = 1 << (bit % 8);
                bad.assert_fails();
            }
        }
    }
}

#[test]
fn number_type_version_and_length_are_authenticated() {
    for (order, mac_len) in both() {
        let good = Forgery::new(order, mac_len, b"content");
        good.assert_opens();
        Forgery { number: 1, ..good.clone() }.assert_fails();
        for mac_longer in [1, u16::MAX, mac_len as u16, 16] {
            Forgery { mac_longer, ..good.clone() }.assert_fails();
        }
        for header in [[HANDSHAKE.0, 3, 3], [DATA.0, 3, 2], [DATA.0, 2, 3]] {
            Forgery { mac_header: header, ..good.clone() }.assert_fails();
            Forgery { header, ..good.clone() }.assert_fails();
            Forgery { header, mac_header: header, ..good.clone() }.assert_opens();
        }
    }
}

/// docs/regressions.md row 51.
#[test]
fn a_changed_bit_anywhere_fails_and_wipes() {
    for (order, mac_len) in both() {
        let good = Forgery::new(order, mac_len, b"a secret that is longer than a block");
        for bit in HEADER_LEN * 8..good.record().len() * 8 {
            let mut record = good.record();
            record[bit / 8] ^= 1 << (bit % 8);
            // A changed bit of the IV changes the content and nothing else, and the MAC sees that.
            assert_fails(&mut good.opener(), &mut record);
        }
    }
}

/// docs/regressions.md rows 46 and 83: what is too short or not whole blocks, of every type.
#[test]
fn fragments_of_lengths_that_cannot_be_do_not_open() {
    for (order, mac_len) in both() {
        for len in 0..=200_u8 {
            for byte in [0, 1, 15, 0xff] {
                for content_type in TYPES {
                    let mut record = [&[content_type.0, 3, 3, 0, len][..], &vec![byte; usize::from(len)]].concat();
                    assert_fails(&mut opener(keys(order, mac_len)), &mut record);
                }
            }
        }
        // A MAC that is right over no block, and over what is not whole blocks.
        for len in (0..64).filter(|len| len % BLOCK_LEN != 0 || *len == 0 || *len == BLOCK_LEN) {
            let forgery = Forgery::new(EncryptThenMac, mac_len, b"");
            let mac = forgery.mac(&vec![7; len]);
            let [high, low] = ((len + mac_len) as u16).to_be_bytes();
            let mut record = [&[DATA.0, 3, 3, high, low], &vec![7; len][..], &mac].concat();
            assert_fails(&mut forgery.opener(), &mut record);
        }
    }
}

/// docs/regressions.md row 46: what the MAC is asked for depends on the length of the record alone, for padding that is
/// right, wrong, or there for the most part.
#[test]
fn with_the_mac_inside_the_work_is_that_of_the_length() {
    for mac_len in MAC_LENS {
        let mut works = Vec::new();
        for last in 0..=u8::MAX {
            for good in [true, false] {
                let padding = vec![last; usize::from(last) + 1];
                let mut forgery = Forgery::new(MacThenEncrypt, mac_len, &vec![0xcc; 512 - mac_len - padding.len()]);
                forgery.padding = padding;
                forgery.padding[0] ^= u8::from(!good && last != 0);
                forgery.damage[0] = u8::from(!good);
                let seen = Arc::<Mutex<Vec<_>>>::default();
                let mac = Hmac { len: mac_len, seen: seen.clone(), fails: false };
                let opened = opener(keys_of(MacThenEncrypt, mac_len, mac, Counting::default()))
                    .open(&mut forgery.record())
                    .is_ok();
                assert_eq!(opened, good, "{last}");
                works.push(seen.lock().unwrap().clone());
            }
        }
        assert!(works.iter().all(|work| *work == [(13, 512 - mac_len)]), "{mac_len}");
    }
}

#[test]
fn lengths_are_limited() {
    for (order, mac_len) in both() {
        let mut opener = opener(keys(order, mac_len));
        assert_eq!(opener.max_length(), MAX_CIPHERTEXT_12);
        let record = |len: usize| {
            let [high, low] = (len as u16).to_be_bytes();
            [&[DATA.0, 3, 3, high, low], &vec![1; len][..]].concat()
        };
        assert_fails(&mut opener, &mut record(MAX_CIPHERTEXT_12));
        assert_eq!(opener.open(&mut record(MAX_CIPHERTEXT_12 + 1)), Err(RecordError::Overflow));

        Forgery::padded(order, mac_len, MAX_PLAINTEXT - 300, vec![255; 256]).assert_opens();
        for (limit, len, ok) in [(MAX_PLAINTEXT, MAX_PLAINTEXT + 1, false), (63, 63, true), (63, 64, false)] {
            let forgery = Forgery::new(order, mac_len, &vec![7; len]);
            let mut opener = forgery.opener();
            opener.limit(limit);
            let found = opener.open(&mut forgery.record()).err();
            assert_eq!(found, (!ok).then_some(RecordError::PlaintextOverflow), "{limit} {len}");
        }
    }
}

/// docs/regressions.md row 54: a primitive that fails leaves nothing behind, sealing or opening.
#[test]
fn what_fails_leaves_nothing() {
    for (order, mac_len) in both() {
        let mac = |fails| Hmac { len: mac_len, fails, ..Hmac::default() };
        let no_random = || keys_of(order, mac_len, mac(false), Counting { fails: true, ..Counting::default() });
        let no_mac = || keys_of(order, mac_len, mac(true), Counting::default());
        let wrong_mac_len = || keys_of(order, mac_len + 1, mac(false), Counting::default());
        for (keys, error) in [
            (&no_random as &dyn Fn() -> RecordKeys, CryptoError::Random),
            (&no_mac, CryptoError::Failed),
            (&wrong_mac_len, CryptoError::Length),
        ] {
            let mut out = vec![9];
            assert_eq!(sealer(keys()).seal(DATA, b"secret", &mut out), Err(RecordError::Crypto(error)));
            let mut sealer = sealer(keys());
            let mut record = sealer.writer(&mut out);
            record.put(b"secret");
            assert_eq!(record.finish(), Err(RecordError::Crypto(error)));
            assert_eq!((&out[..], sealer.sequence()), (&[9][..], 0));
        }
        let forgery = Forgery::new(order, mac_len, b"secret");
        let mut record = forgery.record();
        assert_eq!(opener(no_mac()).open(&mut record), Err(RecordError::Crypto(CryptoError::Failed)));
        assert!(record[HEADER_LEN..].iter().all(|&byte| byte == 0));
        assert_fails(&mut opener(wrong_mac_len()), &mut forgery.record());
    }
}
