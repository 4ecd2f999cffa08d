//! Certificate compression (RFC 8879), with an algorithm of the tests' own, and zlib where it is built in.
//!
//! docs/regressions.md rows 70, 85: named at the cases.

use crate::COMPRESSION_VIOLATIONS;
use crate::violations::{Keys, before, edit, meet};
use handfast::crypto::KeyKind;
use handfast::wire::{CompressionAlgorithm, MessageKind as M, NamedGroup};
use handfast::{CertificateCompressor, ClientAuth, ClientStart, ConfigError, Connection, Error};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, Script, client_params, server_params};
use handfast_testkit::setup::{Made, Setup};
use handfast_testkit::trace::{Entry, Log};
use handfast_testkit::world::{NAME, World};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Puts its number in front, and counts how often it was asked to take it away again.
struct Prefix {
    id: u16,
    opened: AtomicUsize,
}

impl Prefix {
    fn new(id: u16) -> Arc<Self> {
        Arc::new(Self { id, opened: AtomicUsize::new(0) })
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}

impl CertificateCompressor for Prefix {
    fn algorithm(&self) -> CompressionAlgorithm {
        CompressionAlgorithm(self.id)
    }

    fn compress(&self, body: &[u8]) -> Option<Vec<u8>> {
        Some([&self.id.to_be_bytes(), body].concat())
    }

    fn decompress(&self, compressed: &[u8], out: &mut [u8]) -> bool {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let body = compressed.strip_prefix(&self.id.to_be_bytes()).filter(|body| body.len() == out.len());
        body.map(|body| out.copy_from_slice(body)).is_some()
    }
}

type Compressors = Vec<Arc<dyn CertificateCompressor>>;

fn made(setup: &Setup, client: Compressors, server: Compressors) -> Made {
    setup
        .make_with(|builder| builder.certificate_compression(client), |builder| builder.certificate_compression(server))
}

fn prefixes<const N: usize>(ids: [u16; N]) -> Compressors {
    ids.into_iter().map(|id| Prefix::new(id) as _).collect()
}

fn mutual() -> Setup {
    Setup { client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() }
}

/// The algorithms of the compressed certificates that were sent.
fn algorithms(log: &Log) -> Vec<u16> {
    let sent = |entry| match entry {
        Entry::Message(handfast::Direction::Send, _, raw) if raw[0] == 25 => Some(u16::from_be_bytes([raw[4], raw[5]])),
        _ => None,
    };
    log.entries().into_iter().filter_map(sent).collect()
}

#[test]
fn both_sides_compress_what_the_other_can_decompress() {
    let cases = [
        (prefixes([7, 8]), prefixes([8, 7]), vec![8], vec![7]),
        (prefixes([7]), prefixes([8, 7]), vec![7], vec![7]),
        // Nothing in common, and nothing on one side.
        (prefixes([7]), prefixes([8]), vec![], vec![]),
        (prefixes([]), prefixes([8]), vec![], vec![]),
        (prefixes([7]), prefixes([]), vec![], vec![]),
    ];
    for (client, server, by_server, by_client) in cases {
        for chunking in [Chunking::Coalesced, Chunking::OneByte] {
            let made = made(&mutual(), client.clone(), server.clone());
            let logs = (made.client_log.clone(), made.server_log.clone());
            let mut pair = Pair::new(made, chunking);
            pair.connect();
            assert_eq!((algorithms(&logs.1), algorithms(&logs.0)), (by_server.clone(), by_client.clone()));
            let world = World::of(KeyKind::P256);
            for (end, identity) in [(&pair.client, &world.server), (&pair.server, &world.client)] {
                let peer = end.connection.facts().peer().expect("a peer");
                assert_eq!(peer.credential.chain, identity.credential().chain());
            }
        }
    }
}

/// A client without a certificate sends its empty message as it is.
#[test]
fn an_empty_message_is_not_compressed() {
    let setup = Setup { client_auth: ClientAuth::Request, ..Setup::default() };
    let made = made(&setup, prefixes([7]), prefixes([7]));
    let log = made.client_log.clone();
    Pair::new(made, Chunking::Coalesced).connect();
    assert_eq!(algorithms(&log), []);
    assert!(log.sent().contains(&"Certificate"));
}

/// RFC 8879 §3: a server of TLS 1.2 ignores it.
#[cfg(feature = "tls12")]
#[test]
fn tls12_compresses_nothing() {
    let made = mutual().make_with(
        |client| client.certificate_compression(prefixes([7])),
        |server| {
            server.certificate_compression(prefixes([7])).versions(handfast::Version::Tls12, handfast::Version::Tls12)
        },
    );
    let logs = (made.client_log.clone(), made.server_log.clone());
    Pair::new(made, Chunking::Coalesced).connect();
    assert_eq!((algorithms(&logs.0), algorithms(&logs.1)), (vec![], vec![]));
}

/// Compresses to so many bytes, whatever it is given, and counts how often.
struct To {
    len: usize,
    times: AtomicUsize,
}

impl CertificateCompressor for To {
    fn algorithm(&self) -> CompressionAlgorithm {
        CompressionAlgorithm(9)
    }

    fn compress(&self, _: &[u8]) -> Option<Vec<u8>> {
        self.times.fetch_add(1, Ordering::Relaxed);
        Some(vec![9; self.len])
    }

    fn decompress(&self, _: &[u8], _: &mut [u8]) -> bool {
        false
    }
}

/// RFC 8879 §4: what fits into no message goes as it is.
#[test]
fn what_no_message_can_hold_is_not_compressed() {
    for len in [0, 1 << 24] {
        let to = || vec![Arc::new(To { len, times: AtomicUsize::new(0) }) as Arc<dyn CertificateCompressor>];
        let made = made(&mutual(), to(), to());
        let logs = (made.client_log.clone(), made.server_log.clone());
        Pair::new(made, Chunking::Coalesced).connect();
        assert_eq!((algorithms(&logs.0), algorithms(&logs.1)), (vec![], vec![]), "{len}");
    }
}

/// The message of an identity is compressed when the configuration is made, and in no connection: with a staple and without.
#[test]
fn a_certificate_is_compressed_once() {
    let to = Arc::new(To { len: 5, times: AtomicUsize::new(0) });
    let compressors = vec![to.clone() as Arc<dyn CertificateCompressor>];
    let own = World::of(KeyKind::P256).server.clone().with_ocsp(b"good".to_vec());
    let server =
        || handfast::ServerConfig::builder().certificate_compression(compressors.clone()).identity(own.clone());
    let config = server().build().unwrap();
    let built = to.times.load(Ordering::Relaxed);
    assert_eq!(built, 2);
    for wants in [true, false, true] {
        let made = Setup::default().make_with(
            |client| client.certificate_compression(compressors.clone()).request_ocsp(wants),
            |server| server,
        );
        let (mut hello, mut flight) = (Vec::new(), Vec::new());
        ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut hello).unwrap();
        let mut connection = Connection::server(&config).unwrap();
        let _ = connection.receive(&mut hello, &mut flight).unwrap();
        assert!(!flight.is_empty());
    }
    assert_eq!(to.times.load(Ordering::Relaxed), built);
}

#[cfg(feature = "cert-compression")]
#[test]
fn zlib_shortens_the_handshake() {
    use handfast::Zlib;
    let zlib = || vec![Arc::new(Zlib) as Arc<dyn CertificateCompressor>];
    let sent = |made: Made| {
        let log = made.server_log.clone();
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        (algorithms(&log), pair.server.sent.len())
    };
    let (plain, compressed) = (sent(Setup::default().make()), sent(made(&Setup::default(), zlib(), zlib())));
    assert_eq!((plain.0, compressed.0), (vec![], vec![1]));
    assert!(compressed.1 < plain.1, "{} and {} bytes", compressed.1, plain.1);
}

#[test]
fn an_algorithm_is_configured_once() {
    let build = |compressors| {
        handfast::ServerConfig::builder()
            .identity(World::of(KeyKind::P256).server.clone())
            .certificate_compression(compressors)
            .build()
            .map(drop)
    };
    assert_eq!(build(prefixes([7, 8, 7])), Err(ConfigError::Compression));
    assert_eq!(build((0..128).flat_map(|id| prefixes([id])).collect()), Err(ConfigError::Compression));
    assert_eq!(build((0..127).flat_map(|id| prefixes([id])).collect()), Ok(()));
}

/// A message with this content instead of the Certificate.
fn compressed(algorithm: u16, announced: u32, open: fn(&[u8]) -> Vec<u8>) -> impl FnMut(&mut Vec<Item>) + 'static {
    edit(M::Certificate, move |raw| {
        let content = open(&raw[4..]);
        let announced = if announced == 0 { (raw.len() - 4) as u32 } else { announced };
        raw.truncate(4);
        raw[0] = 25;
        raw.extend_from_slice(&algorithm.to_be_bytes());
        raw.extend_from_slice(&announced.to_be_bytes()[1..]);
        raw.extend_from_slice(&(content.len() as u32).to_be_bytes()[1..]);
        raw.extend_from_slice(&content);
    })
}

fn prefixed(body: &[u8]) -> Vec<u8> {
    [&[0, 7], body].concat()
}

/// A puppet server against a client that decompresses with `own`.
fn client_meets(own: Option<&Arc<Prefix>>, script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    let made = made(&Setup::default(), own.map(|own| own.clone() as _).into_iter().collect(), Vec::new());
    let mut out = Vec::new();
    let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    let mut client = End::new(client, made.client_answers);
    client.outbox = out;
    let answers = PuppetAnswers::new(
        Some(server_params(NamedGroup::X25519, ClientAuth::None)),
        Some(World::of(KeyKind::P256).server.clone()),
    );
    let keys = Keys::default();
    let puppet = Puppet::server(answers, keys.watch(script));
    meet(client, puppet, Vec::new(), &keys, |_| Vec::new())
}

/// A puppet client against a server that decompresses with `own`.
fn server_meets(auth: ClientAuth, own: &Arc<Prefix>, script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    let setup = Setup { client_auth: auth, ..Setup::default() };
    let made = made(&setup, Vec::new(), vec![own.clone()]);
    let server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let answers = PuppetAnswers::new(None, Some(World::of(KeyKind::P256).client.clone()));
    let (keys, mut wire) = (Keys::default(), Vec::new());
    let params = Arc::new(client_params());
    let puppet = Puppet::client(params, NAME.try_into().unwrap(), answers, keys.watch(script), &mut wire);
    meet(server, puppet, wire, &keys, |_| Vec::new())
}

#[test]
fn what_does_not_decompress_as_announced_is_refused() {
    let seven = || Prefix::new(7);
    let client = |script: Script| {
        let own = seven();
        (client_meets(Some(&own), script), own.opened())
    };
    let server = |script: Script| {
        let own = seven();
        (server_meets(ClientAuth::Require, &own, script), own.opened())
    };
    const MIB: u32 = 1 << 20;
    let cases = [
        // Row 85: not opened.
        ("another algorithm", "CompressionNotOffered", 0, client(Box::new(compressed(8, 0, prefixed)))),
        ("another algorithm, of a client", "CompressionNotOffered", 0, server(Box::new(compressed(8, 0, prefixed)))),
        // Row 70: 16 MiB announced, and not opened either.
        ("too long", "UncompressedTooLong", 0, client(Box::new(compressed(7, 16 * MIB - 1, prefixed)))),
        ("a byte too long", "UncompressedTooLong", 0, client(Box::new(compressed(7, 64 * 1024 + 1, prefixed)))),
        ("too long, of a client", "UncompressedTooLong", 0, server(Box::new(compressed(7, MIB, prefixed)))),
        ("another length", "BadCompression", 1, client(Box::new(compressed(7, 12, prefixed)))),
        ("another length, of a client", "BadCompression", 1, server(Box::new(compressed(7, 12, prefixed)))),
        ("nothing that was compressed", "BadCompression", 1, client(Box::new(compressed(7, 0, <[u8]>::to_vec)))),
        ("no certificate inside", "Malformed", 1, client(Box::new(compressed(7, 3, |_| prefixed(&[1, 1, 1]))))),
        ("an empty list inside", "NoCertificate", 1, client(Box::new(compressed(7, 4, |_| prefixed(&[0; 4]))))),
    ];
    let mut seen = BTreeSet::new();
    for (name, code, opened, (error, times)) in cases {
        match error {
            Some(Error::Peer(violation)) if violation.code() == code => drop(seen.insert(code)),
            other => panic!("{name}: {other:?}, not {code}"),
        }
        assert_eq!(times, opened, "{name}");
    }
    seen.retain(|code| !["Malformed", "NoCertificate"].contains(code));
    assert_eq!(seen, COMPRESSION_VIOLATIONS.iter().copied().collect());
}

/// docs/regressions.md row 85: no compressed certificate is opened where none was asked for, or where none is expected.
#[test]
fn what_nobody_expects_is_not_opened() {
    let message = || {
        let mut raw = vec![25, 0, 0, 14, 0, 7, 0, 0, 4, 0, 0, 6];
        raw.extend_from_slice(&[0, 7, 0, 0, 0, 0]);
        vec![Item::message(&raw)]
    };
    let own = Prefix::new(7);
    let met = [
        // Nothing was offered.
        client_meets(None, compressed(7, 0, prefixed)),
        client_meets(Some(&own), before(M::EncryptedExtensions, message)),
        client_meets(Some(&own), before(M::CertificateVerify, message)),
        client_meets(Some(&own), before(M::Finished, message)),
        server_meets(ClientAuth::None, &own, before(M::Finished, message)),
        server_meets(ClientAuth::Require, &own, before(M::CertificateVerify, message)),
    ];
    for error in met {
        assert!(matches!(&error, Some(Error::Peer(violation)) if violation.code() == "UnexpectedMessage"), "{error:?}");
    }
    assert_eq!(own.opened(), 0);
}

/// A zlib stream of a gigabyte of zeros, 6.8 MB long: a literal zero, and over and over 258 times what was there one byte ago
/// (RFC 1951 §3.2.6).
#[cfg(feature = "cert-compression")]
fn gigabyte() -> Vec<u8> {
    let (mut bytes, mut held, mut count) = (vec![0x78, 0x9c], 0u64, 0);
    let mut push = |bits: u64, len: u32| {
        held |= bits << count;
        count += len;
        while count >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    };
    // The last block, of fixed codes; a literal zero, 00110000.
    push(0b011, 3);
    push(0b0000_1100, 8);
    for _ in 0..(1 << 30) / 258 {
        // Length 258 is 11000101, distance 1 is 00000, both from their highest bit.
        push(0b1010_0011, 13);
    }
    push(0, 7 + 8);
    bytes
}

/// docs/regressions.md row 70: what a peer can do with zlib. 16 MB are announced and a gigabyte is behind them; what is announced
/// is at the limit, and what fits into the longest message is still some megabytes of zeros.
#[cfg(feature = "cert-compression")]
#[test]
fn hostile_zlib_is_stopped_before_it_grows() {
    use handfast::Zlib;
    let bomb = Arc::new(gigabyte());
    // It is one: as far as there is room it decompresses.
    let mut room = vec![0xff; 1 << 20];
    assert!(!Zlib.decompress(&bomb, &mut room) && room.iter().all(|byte| *byte == 0));
    let meets = |announced: u32, len: usize| {
        let bomb = bomb.clone();
        let script = edit(M::Certificate, move |raw| {
            raw.truncate(4);
            raw[0] = 25;
            raw.extend_from_slice(&[0, 1]);
            raw.extend_from_slice(&announced.to_be_bytes()[1..]);
            raw.extend_from_slice(&(len as u32).to_be_bytes()[1..]);
            raw.extend_from_slice(&bomb[..len]);
        });
        let made = made(&Setup::default(), vec![Arc::new(Zlib)], Vec::new());
        let mut out = Vec::new();
        let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
        let mut client = End::new(client, made.client_answers);
        client.outbox = out;
        let answers = PuppetAnswers::new(
            Some(server_params(NamedGroup::X25519, ClientAuth::None)),
            Some(World::of(KeyKind::P256).server.clone()),
        );
        let keys = Keys::default();
        let error = meet(client, Puppet::server(answers, keys.watch(script)), Vec::new(), &keys, |_| Vec::new());
        match error {
            Some(Error::Peer(violation)) => violation.code(),
            other => panic!("{other:?}"),
        }
    };
    const MOST: usize = 64 * 1024 - 8;
    assert_eq!(meets((1 << 24) - 1, bomb.len()), "MessageTooLong");
    assert_eq!(meets((1 << 24) - 1, MOST), "UncompressedTooLong");
    assert_eq!(meets(64 * 1024, MOST), "BadCompression");
}
