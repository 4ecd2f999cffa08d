//! Bytes that nobody honest would send: nothing panics, nothing takes long, and what parses is what is written back.

use std::collections::HashSet;
use std::mem::discriminant;

use crate::common::{blocks, check_bodies, check_key_exchange, rewrite, rfc8448_messages, rich_messages};
use handfast_wire::message::*;
use handfast_wire::*;

fn samples() -> Vec<Vec<u8>> {
    rich_messages().into_iter().chain(rfc8448_messages().into_iter().map(|(_, raw)| raw)).collect()
}

/// Reads `raw`; what reads is looked at from all sides. Returns whether it read.
fn examine(raw: &[u8]) -> bool {
    let kind = Message::kind_of(raw);
    let _ = ClientHello::binders_offset(raw);
    let mut any = false;
    for dialect in [Dialect::Tls13, Dialect::Tls12, Dialect::Tls12RawKey] {
        let Ok(message) = Message::read(dialect, raw) else { continue };
        any = true;
        assert_eq!(message.kind(), kind);
        assert!(!format!("{message:?}").is_empty());
        if let Some(written) = rewrite(&message) {
            assert_eq!(written, raw, "{message:?}");
        }
        for block in blocks(&message) {
            check_bodies(block);
        }
        check_key_exchange(&message);
    }
    any
}

#[test]
fn the_samples_themselves_read() {
    for raw in samples() {
        assert!(examine(&raw), "{:?}", Message::read(Dialect::Tls13, &raw));
    }
    // Every extension of the hand-made messages has a type that reads it, but for GREASE.
    for raw in rich_messages() {
        for block in Message::read(Dialect::Tls13, &raw).iter().flat_map(blocks) {
            let known = block.types().filter(|ty| !ty.is_grease()).count();
            assert!(check_bodies(block) >= known, "{block:?}");
        }
    }
}

/// Every message that has a syntax is among the samples, and every form of a key exchange.
#[test]
fn the_samples_are_complete() {
    let samples = rich_messages();
    let mut variants = HashSet::new();
    let (mut server, mut client) = (0, 0);
    for dialect in [Dialect::Tls13, Dialect::Tls12, Dialect::Tls12RawKey] {
        for message in samples.iter().filter_map(|raw| Message::read(dialect, raw).ok()) {
            variants.insert(discriminant(&message));
            match message {
                Message::ServerKeyExchange(_) => server += check_key_exchange(&message),
                Message::ClientKeyExchange(_) => client += check_key_exchange(&message),
                _ => (),
            }
        }
    }
    assert_eq!(variants.len(), 22, "twenty-one messages, and the opaque ones");
    // Of the client's six, three have the same syntax: each of those reads as a key, as a secret and as an identity. TLS 1.2
    // has two dialects.
    assert_eq!((server, client), (2 * 5, 2 * (3 + 3 * 3)));
}

/// Rows 1 and 68 of the security history: every byte, and so every length, one up and one down; every message cut at every
/// byte, with its own header and with one that agrees.
#[test]
fn every_length_off_by_one() {
    for raw in samples() {
        for at in 0..raw.len() {
            for step in [1, u8::MAX] {
                let mut changed = raw.clone();
                changed[at] = changed[at].wrapping_add(step);
                examine(&changed);
            }
            assert!(!examine(&raw[..at]));
            if at >= HEADER_LEN {
                let mut cut = raw[..at].to_vec();
                fix_header(&mut cut);
                examine(&cut);
            }
        }
        let longer = [&raw[..], &[0]].concat();
        assert!(!examine(&longer));
    }
}

/// A few thousand changes at random, some of them several at once, and most with a header that still agrees.
#[test]
fn random_changes() {
    let samples = samples();
    let mut random = XorShift(0x9e37_79b9_7f4a_7c15);
    let mut read = 0;
    for _ in 0..20_000 {
        let mut raw = samples[random.below(samples.len())].clone();
        for _ in 0..=random.below(3) {
            change(&mut raw, &samples, &mut random);
        }
        if random.below(4) != 0 {
            fix_header(&mut raw);
        }
        read += usize::from(examine(&raw));
    }
    // Neither all nor none: the changes reach beyond the first check and stay within the syntax often enough.
    assert!((2_000..18_000).contains(&read), "{read} of 20000 read");
}

fn change(raw: &mut Vec<u8>, samples: &[Vec<u8>], random: &mut XorShift) {
    let at = random.below(raw.len() + 1);
    match random.below(6) {
        0 => raw.insert(at, random.next() as u8),
        1 if at < raw.len() => drop(raw.remove(at)),
        2 if at < raw.len() => raw[at] = random.next() as u8,
        3 if at < raw.len() => raw[at] ^= 1 << random.below(8),
        4 => raw.truncate(at),
        _ => {
            let other = &samples[random.below(samples.len())];
            let from = random.below(other.len());
            let to = from + random.below(other.len() - from);
            raw.splice(at..at, other[from..to].iter().copied());
        }
    }
}

/// Makes the length in the header that of the body.
fn fix_header(raw: &mut [u8]) {
    if let Some(body) = raw.len().checked_sub(HEADER_LEN) {
        let [_, length @ ..] = u32::try_from(body).unwrap().to_be_bytes();
        raw[1..HEADER_LEN].copy_from_slice(&length);
    }
}

/// Marsaglia's xorshift, so that every run sees the same bytes.
struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// A ClientHello with the block of extensions given.
fn hello_with(block: &ExtensionBlock) -> Vec<u8> {
    let mut raw = Vec::new();
    ClientHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: [0; 32],
        session_id: &[],
        cipher_suites: List::from(&[CipherSuite::TLS_AES_128_GCM_SHA256]),
        compression_methods: &[0],
        extensions: block.as_extensions(),
    }
    .write(&mut raw)
    .unwrap();
    raw
}

/// The largest number of extensions a block can have, all of different unknown types, in falling order.
fn full_block() -> ExtensionBlock {
    let mut block = ExtensionBlock::new();
    let unknown = (0..=u16::MAX).rev().map(ExtensionType).filter(|ty| ty.name().is_none());
    for ty in unknown.take(0xffff / 4) {
        block.push_raw(ty, &[]).unwrap();
    }
    block
}

/// Row 10 of the security history: 64 KiB of extensions are no more than that.
#[test]
fn sixteen_thousand_extensions() {
    let block = full_block();
    let raw = hello_with(&block);
    let Ok(Message::ClientHello(hello)) = Message::read(Dialect::Tls13, &raw) else { panic!("not a ClientHello") };
    assert_eq!(hello.extensions.types().count(), 16383);
    assert_eq!(rewrite(&Message::ClientHello(hello)), Some(raw));
}

/// Row 27 of the security history: a duplicate is found however far from its like.
#[test]
fn a_duplicate_among_sixteen_thousand() {
    let mut block = full_block();
    let first = block.as_extensions().types().next().unwrap();
    let mut bytes = block.as_extensions().as_bytes().to_vec();
    let last = bytes.len() - 4;
    bytes[last..last + 2].copy_from_slice(&first.0.to_be_bytes());
    block = ExtensionBlock::new();
    for entry in bytes.chunks(4) {
        block.push_raw(ExtensionType(u16::from_be_bytes([entry[0], entry[1]])), &[]).unwrap();
    }
    let raw = hello_with(&block);
    assert_eq!(Message::read(Dialect::Tls13, &raw), Err(DecodeError::DuplicateExtension(first)));
}

/// Rows 10 and 27: lists as long as they can be, of items as small as they can be.
#[test]
fn the_longest_lists() {
    use handfast_wire::extension::*;

    let shares: Vec<_> =
        (0..13_100).map(|group| KeyShareEntry { group: NamedGroup(group), key_exchange: &[0] }).collect();
    let mut block = ExtensionBlock::new();
    block.push(&KeyShares(List::from(&shares[..]))).unwrap();
    assert_eq!(block.as_extensions().find::<KeyShares<'_>>().map(|found| found.map(|s| s.0.len())), Ok(Some(13_100)));

    let mut twice = shares.clone();
    twice[13_099].group = twice[0].group;
    let mut block = ExtensionBlock::new();
    block.push(&KeyShares(List::from(&twice[..]))).unwrap();
    assert_eq!(block.as_extensions().find::<KeyShares<'_>>(), Err(DecodeError::Duplicate("client_shares")));

    let entry = CertificateEntry { data: &[0], extensions: Extensions::default() };
    let entries = vec![entry; 40_000];
    let mut raw = Vec::new();
    Certificate { context: &[], entries: List::from(&entries[..]) }.write(&mut raw).unwrap();
    let Ok(Message::Certificate(certificate)) = Message::read(Dialect::Tls13, &raw) else { panic!("no Certificate") };
    assert_eq!(certificate.entries.len(), 40_000);

    let certificates = vec![tls12::CertificateData(&[0]); 40_000];
    let mut raw = Vec::new();
    tls12::Certificate { certificates: List::from(&certificates[..]) }.write(&mut raw).unwrap();
    let Ok(Message::Certificate12(chain)) = Message::read(Dialect::Tls12, &raw) else { panic!("no Certificate") };
    assert_eq!(chain.certificates.len(), 40_000);
}
