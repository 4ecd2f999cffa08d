//! How often the record layer allocates: never in the steady state, and once for a message that is split.

use handfast_crypto::{AeadAlgorithm, RecordKeys};
use handfast_record::{Assembler, MAX_PLAINTEXT, Opener, Padding, Sealer};
use handfast_wire::ContentType;

#[path = "../../handfast/tests/common/counting.rs"]
mod counting;

/// How many allocations `work` makes.
fn allocations(work: impl FnOnce()) -> usize {
    counting::count(work).0
}

const ALGORITHMS: [AeadAlgorithm; 5] = [
    AeadAlgorithm::Aes128Gcm,
    AeadAlgorithm::Aes256Gcm,
    AeadAlgorithm::ChaCha20Poly1305,
    AeadAlgorithm::Aes128Ccm,
    AeadAlgorithm::Aes128Ccm8,
];

/// The keys of `algorithm` in TLS 1.3 and in TLS 1.2.
fn both_keys(algorithm: AeadAlgorithm) -> [RecordKeys; 2] {
    let aead = handfast_rustcrypto::provider().aead(algorithm).unwrap();
    let key = || aead.key(&[7; 32][..algorithm.key_len()]).unwrap();
    [RecordKeys::Aead { algorithm, key: key(), iv: [7; 12] }, RecordKeys::Aead12 { algorithm, key: key(), iv: [7; 12] }]
}

fn all_keys() -> impl Iterator<Item = RecordKeys> {
    ALGORITHMS.into_iter().flat_map(both_keys)
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(Vec::<u8>::with_capacity(1))), 1);
}

#[test]
fn sealing_into_enough_room_allocates_nothing() {
    let payload = vec![7; 3 * MAX_PLAINTEXT];
    for padding in [Padding::None, Padding::ToMultiple(100), Padding::Full] {
        for keys in all_keys() {
            let name = format!("{keys:?} {padding:?}");
            let mut sealer = Sealer::new();
            sealer.install(keys);
            sealer.pad(padding);
            let mut out = Vec::with_capacity(8 * MAX_PLAINTEXT);
            let count = allocations(|| {
                sealer.seal(ContentType::APPLICATION_DATA, &payload, &mut out).unwrap();
                sealer.seal(ContentType::HANDSHAKE, &payload[..100], &mut out).unwrap();
                let mut record = sealer.writer(&mut out);
                assert_eq!(record.put(&payload), MAX_PLAINTEXT);
                record.finish().unwrap();
            });
            assert_eq!(count, 0, "{name}");
        }
    }
}

#[test]
fn sealing_without_room_grows_once() {
    let payload = vec![7; 3 * MAX_PLAINTEXT + 1];
    for padding in [Padding::None, Padding::ToMultiple(100), Padding::Full] {
        for keys in all_keys() {
            let name = format!("{keys:?} {padding:?}");
            let mut sealer = Sealer::new();
            sealer.install(keys);
            sealer.pad(padding);
            let mut out = Vec::new();
            let count = allocations(|| sealer.seal(ContentType::APPLICATION_DATA, &payload, &mut out).unwrap());
            assert_eq!(count, 1, "{name}");
            // What is asked for is what is needed, and not the double.
            assert_eq!(out.capacity(), out.len(), "{name}");
        }
    }
}

#[test]
fn writing_without_room_grows_for_the_header_and_for_the_record() {
    for padding in [Padding::None, Padding::Full] {
        for keys in all_keys() {
            let name = format!("{keys:?} {padding:?}");
            let mut sealer = Sealer::new();
            sealer.install(keys);
            sealer.pad(padding);
            let mut out = Vec::new();
            let mut record = sealer.writer(&mut out);
            assert_eq!(allocations(|| assert_eq!(record.put(&[7; 1000]), 1000)), 1, "{name}");
            assert_eq!(allocations(|| record.finish().unwrap()), 0, "{name}");
        }
    }
}

#[test]
fn opening_allocates_nothing() {
    for (keys, again) in all_keys().zip(all_keys()) {
        let name = format!("{keys:?}");
        let mut sealer = Sealer::new();
        sealer.install(keys);
        let mut record = Vec::new();
        sealer.seal(ContentType::APPLICATION_DATA, &[7; MAX_PLAINTEXT], &mut record).unwrap();
        let mut opener = Opener::new();
        opener.install(again);
        let mut changed = record.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(allocations(|| assert!(opener.open(&mut changed).is_err())), 0, "{name}");
        assert_eq!(allocations(|| assert!(opener.open(&mut record).is_ok())), 0, "{name}");
    }
}

#[test]
fn a_message_in_one_record_is_not_copied() {
    let message = [&[11, 0, 0x10, 0][..], &[7; 0x1000]].concat();
    let mut assembler = Assembler::new();
    let count = allocations(|| {
        let assembled = assembler.next(&message, |_| 1 << 16).unwrap();
        assert_eq!(assembled.message.map(<[u8]>::len), Some(message.len()));
    });
    assert_eq!(count, 0);
}

#[test]
fn a_message_over_several_records_is_allocated_once() {
    let message = [&[11, 0, 0x10, 0][..], &[7; 0x1000]].concat();
    for size in [4, 5, 100, 4000] {
        let mut assembler = Assembler::new();
        let count = allocations(|| {
            for fragment in message.chunks(size) {
                assembler.next(fragment, |_| 1 << 16).unwrap();
            }
        });
        assert_eq!(count, 1, "{size}");
        assert!(assembler.is_empty());
    }
}
