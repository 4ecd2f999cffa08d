//! The AEADs of TLS 1.2: records against ones that are built here by hand.

use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::{AeadAlgorithm, RecordKeys};
use handfast_record::{HEADER_LEN, MAX_CIPHERTEXT_12, MAX_PLAINTEXT, Opener, Padding, RecordError, Sealer};
use handfast_wire::{ContentType, ProtocolVersion};

const CCS: ContentType = ContentType::CHANGE_CIPHER_SPEC;
const ALERT: ContentType = ContentType::ALERT;
const HANDSHAKE: ContentType = ContentType::HANDSHAKE;
const DATA: ContentType = ContentType::APPLICATION_DATA;
const TYPES: [ContentType; 4] = [CCS, ALERT, HANDSHAKE, DATA];

const ALGORITHMS: [AeadAlgorithm; 5] = [
    AeadAlgorithm::Aes128Gcm,
    AeadAlgorithm::Aes256Gcm,
    AeadAlgorithm::ChaCha20Poly1305,
    AeadAlgorithm::Aes128Ccm,
    AeadAlgorithm::Aes128Ccm8,
];

const IV: [u8; NONCE_LEN] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

fn keys(algorithm: AeadAlgorithm) -> RecordKeys {
    let aead = handfast_rustcrypto::provider().aead(algorithm).unwrap();
    RecordKeys::Aead12 { algorithm, key: aead.key(&[0x42; 32][..algorithm.key_len()]).unwrap(), iv: IV }
}

fn sealer(algorithm: AeadAlgorithm) -> Sealer {
    let mut sealer = Sealer::new();
    sealer.install(keys(algorithm));
    sealer
}

fn opener(algorithm: AeadAlgorithm) -> Opener {
    let mut opener = Opener::new();
    opener.install(keys(algorithm));
    opener
}

fn has_explicit_nonce(algorithm: AeadAlgorithm) -> bool {
    algorithm != AeadAlgorithm::ChaCha20Poly1305
}

/// How much longer a record is than its content, without the header.
fn overhead(algorithm: AeadAlgorithm) -> usize {
    algorithm.tag_len() + if has_explicit_nonce(algorithm) { 8 } else { 0 }
}

/// A record as RFC 5246 §6.2.3.3 has it, and what is authenticated beside its content.
#[derive(Clone, Copy)]
struct Forgery<'c> {
    algorithm: AeadAlgorithm,
    content: &'c [u8],
    /// Of the nonce, where there is none explicit.
    number: u64,
    /// What stands in the record where it has a nonce.
    explicit: [u8; 8],
    content_type: ContentType,
    version: ProtocolVersion,
    additional: (u64, ContentType, ProtocolVersion, u16),
}

impl<'c> Forgery<'c> {
    /// What is right.
    fn new(algorithm: AeadAlgorithm, number: u64, content_type: ContentType, content: &'c [u8]) -> Self {
        let version = ProtocolVersion::TLS1_2;
        let additional = (number, content_type, version, content.len() as u16);
        Self { algorithm, content, number, explicit: number.to_be_bytes(), content_type, version, additional }
    }

    fn record(&self) -> Vec<u8> {
        let (mut nonce, number) = (IV, self.number.to_be_bytes());
        let explicit: &[u8] = if has_explicit_nonce(self.algorithm) {
            nonce[4..].copy_from_slice(&self.explicit);
            &self.explicit
        } else {
            nonce[4..].iter_mut().zip(number).for_each(|(byte, number)| *byte ^= number);
            &[]
        };
        let (number, content_type, version, len) = self.additional;
        let [major, minor] = version.0.to_be_bytes();
        let [high, low] = len.to_be_bytes();
        let additional = [&number.to_be_bytes()[..], &[content_type.0, major, minor, high, low]].concat();

        let aead = handfast_rustcrypto::provider().aead(self.algorithm).unwrap();
        let key = aead.key(&[0x42; 32][..self.algorithm.key_len()]).unwrap();
        let mut sealed = self.content.to_vec();
        let tag = key.seal_in_place(&nonce, &additional, &mut sealed).unwrap();
        let tag = &tag[..self.algorithm.tag_len()];

        let [major, minor] = self.version.0.to_be_bytes();
        let [high, low] = ((self.content.len() + overhead(self.algorithm)) as u16).to_be_bytes();
        [&[self.content_type.0, major, minor, high, low], explicit, &sealed, tag].concat()
    }
}

/// Opens what must not open, and sees that nothing is left of it.
#[track_caller]
fn assert_fails(opener: &mut Opener, record: &mut [u8]) {
    let before = opener.sequence();
    assert_eq!(opener.open(record), Err(RecordError::OpenFailed));
    assert!(record[HEADER_LEN..].iter().all(|&byte| byte == 0));
    assert_eq!(opener.sequence(), before);
}

#[test]
fn records_are_those_built_by_hand_and_open_again() {
    for algorithm in ALGORITHMS {
        let (mut sealer, mut opener) = (sealer(algorithm), opener(algorithm));
        // Padding is none of TLS 1.2.
        sealer.pad(Padding::Full);
        let mut number = 0;
        for content_type in TYPES {
            for len in [0, 1, 15, 16, 17, 100, 1000, 16_383, 16_384] {
                if len == 0 && content_type != DATA {
                    continue;
                }
                assert_eq!((sealer.sequence(), opener.sequence()), (number, number));
                let content: Vec<u8> = (0..len).map(|n: u32| n as u8).collect();
                let mut record = vec![9];
                sealer.seal(content_type, &content, &mut record).unwrap();
                record.remove(0);
                assert!(
                    record == Forgery::new(algorithm, number, content_type, &content).record(),
                    "{algorithm:?} {len}"
                );

                let opened = opener.open(&mut record).unwrap();
                let (at, protected) = (opened.at, opened.protected);
                assert_eq!((opened.content_type, &*opened.bytes, protected), (content_type, &content[..], true));
                assert_eq!(at, HEADER_LEN + overhead(algorithm) - algorithm.tag_len());
                assert!(record[at..at + content.len()] == content);
                number += 1;
            }
        }
    }
}

#[test]
fn a_written_record_is_the_sealed_one() {
    for algorithm in ALGORITHMS {
        for content in [&b""[..], b"content", &[7; MAX_PLAINTEXT]] {
            let [mut sealed, mut written] = [vec![9], vec![9]];
            sealer(algorithm).seal(DATA, content, &mut sealed).unwrap();
            let mut sealer = sealer(algorithm);
            let mut record = sealer.writer(&mut written);
            assert_eq!((record.len(), record.room(), record.is_empty()), (0, MAX_PLAINTEXT, true));
            for part in content.chunks(1000) {
                assert_eq!(record.put(part), part.len());
            }
            assert_eq!((record.len(), record.room()), (content.len(), MAX_PLAINTEXT - content.len()));
            record.finish().unwrap();
            assert!(sealed == written, "{algorithm:?}");
            drop(sealer.writer(&mut written));
            assert!(sealed == written, "{algorithm:?}");
        }
    }
}

/// RFC 5288 §3: a sender may make its explicit nonces as it likes.
#[test]
fn an_explicit_nonce_is_used_as_it_came() {
    for algorithm in ALGORITHMS.into_iter().filter(|&algorithm| has_explicit_nonce(algorithm)) {
        for explicit in [[0xff; 8], [1, 2, 3, 4, 5, 6, 7, 8], [0; 8]] {
            let forgery = Forgery { explicit, ..Forgery::new(algorithm, 0, DATA, b"content") };
            assert_eq!(opener(algorithm).open(&mut forgery.record()).unwrap().bytes, b"content");
        }
    }
}

#[test]
fn number_type_version_and_length_are_authenticated() {
    for algorithm in ALGORITHMS {
        let good = Forgery::new(algorithm, 0, HANDSHAKE, b"content");
        assert!(opener(algorithm).open(&mut good.record()).is_ok());
        let version = ProtocolVersion::TLS1_2;
        for additional in [
            (1, HANDSHAKE, version, 7),
            (0, DATA, version, 7),
            (0, HANDSHAKE, ProtocolVersion::TLS1_1, 7),
            (0, HANDSHAKE, version, 6),
            (0, HANDSHAKE, version, 7 + overhead(algorithm) as u16),
        ] {
            assert_fails(&mut opener(algorithm), &mut Forgery { additional, ..good }.record());
        }
        // What is authenticated is the version of the header, whatever it is.
        let version = ProtocolVersion::TLS1_1;
        let other = Forgery { version, additional: (0, HANDSHAKE, version, 7), ..good };
        assert!(opener(algorithm).open(&mut other.record()).is_ok());
        assert_fails(&mut opener(algorithm), &mut Forgery { version, ..good }.record());
    }
}

/// docs/regressions.md row 51: one changed bit anywhere, and nothing of the content is left to see.
#[test]
fn a_changed_bit_anywhere_fails_and_wipes() {
    for algorithm in ALGORITHMS {
        let good = Forgery::new(algorithm, 0, DATA, b"a secret").record();
        for bit in (8..24).chain(5 * 8..good.len() * 8) {
            let mut record = good.clone();
            record[bit / 8] ^= 1 << (bit % 8);
            assert_fails(&mut opener(algorithm), &mut record);
        }
        for content_type in TYPES.into_iter().filter(|&content_type| content_type != DATA) {
            assert_fails(&mut opener(algorithm), &mut [&[content_type.0], &good[1..]].concat());
        }
    }
}

#[test]
fn records_open_once_and_in_order() {
    for algorithm in ALGORITHMS {
        let [first, second] = [0, 1].map(|number| Forgery::new(algorithm, number, DATA, b"data").record());
        let mut opener = opener(algorithm);
        assert_fails(&mut opener, &mut second.clone());
        assert!(opener.open(&mut first.clone()).is_ok());
        assert_fails(&mut opener, &mut first.clone());
        assert!(opener.open(&mut second.clone()).is_ok());
        opener.install(keys(algorithm));
        assert!(opener.open(&mut first.clone()).is_ok());
    }
}

/// docs/regressions.md row 83: once there are keys nothing goes without them, not even an alert or a change_cipher_spec.
#[test]
fn short_fragments_of_every_type_do_not_open() {
    for algorithm in ALGORITHMS {
        for content_type in TYPES {
            for len in 0..40 {
                let mut record = [&[content_type.0, 3, 3, 0, len][..], &vec![1; usize::from(len)]].concat();
                assert_fails(&mut opener(algorithm), &mut record);
            }
        }
    }
}

/// docs/regressions.md row 11. A change_cipher_spec is the caller's to look at, whatever is in it.
#[test]
fn an_empty_handshake_or_alert_record_is_refused() {
    for algorithm in ALGORITHMS {
        for content_type in TYPES {
            let mut record = Forgery::new(algorithm, 0, content_type, b"").record();
            let expected = [ALERT, HANDSHAKE].contains(&content_type).then_some(RecordError::Empty(content_type));
            assert_eq!(opener(algorithm).open(&mut record).err(), expected);
        }
    }
}

/// docs/regressions.md row 1.
#[test]
fn lengths_are_limited() {
    for algorithm in ALGORITHMS {
        assert_eq!(opener(algorithm).max_length(), MAX_CIPHERTEXT_12);
        let record = |len: usize| {
            let [high, low] = (len as u16).to_be_bytes();
            [&[DATA.0, 3, 3, high, low], &vec![1; len][..]].concat()
        };
        assert_fails(&mut opener(algorithm), &mut record(MAX_CIPHERTEXT_12));
        let found = opener(algorithm).open(&mut record(MAX_CIPHERTEXT_12 + 1)).err();
        assert_eq!(found, Some(RecordError::Overflow));

        for (limit, len, ok) in [
            (MAX_PLAINTEXT, MAX_PLAINTEXT, true),
            (MAX_PLAINTEXT, MAX_PLAINTEXT + 1, false),
            (usize::MAX, MAX_PLAINTEXT + 1, false),
            (63, 63, true),
            (63, 64, false),
        ] {
            let mut opener = opener(algorithm);
            opener.limit(limit);
            let found = opener.open(&mut Forgery::new(algorithm, 0, DATA, &vec![7; len]).record()).err();
            assert_eq!(found, (!ok).then_some(RecordError::PlaintextOverflow), "{limit} {len}");
        }
    }
}

#[test]
fn content_is_cut_into_as_few_records_as_fit() {
    for algorithm in ALGORITHMS {
        let mut sealer = sealer(algorithm);
        sealer.limit(40);
        let content: Vec<u8> = (0..100).collect();
        let mut out = Vec::new();
        sealer.seal(HANDSHAKE, &content, &mut out).unwrap();
        let parts = (0..).zip(content.chunks(40));
        let expected = parts.map(|(number, part)| Forgery::new(algorithm, number, HANDSHAKE, part).record());
        assert!(out == expected.collect::<Vec<_>>().concat(), "{algorithm:?}");
        assert_eq!(sealer.sequence(), 3);
    }
}

/// docs/regressions.md row 50.
#[test]
fn the_limit_is_that_of_the_algorithm() {
    for algorithm in ALGORITHMS {
        assert_eq!(sealer(algorithm).records_left(), algorithm.record_limit());
    }
}

#[test]
fn debug_prints_no_key() {
    assert_eq!(format!("{:?}", keys(AeadAlgorithm::Aes128Gcm)), "Aead12 { algorithm: Aes128Gcm, .. }");
}
