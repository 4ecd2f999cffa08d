//! The traces of RFC 8448: every record sealed to the RFC's bytes, and opened to its content.

use handfast_crypto::suite::Suite;
use handfast_crypto::{AeadAlgorithm, Digest, HashAlgorithm, Provider, RecordKeys};
use handfast_record::{Assembler, Frame, Opener, Sealer, peek};
use handfast_rustcrypto::provider;
use handfast_schedule::{EarlySecret, TrafficSecret};
use handfast_testkit::vectors::Vectors;
use handfast_wire::{CipherSuite, ContentType, ProtocolVersion};

/// One direction of a trace: which keys come when, and the records in between.
enum Step {
    /// The keys of this traffic secret.
    Keys(&'static str),
    /// A record and the contents it carries, joined. What a trace does not have is left out.
    Record(&'static str, ContentType, &'static [&'static str]),
}

use Step::{Keys, Record};

const CCS: ContentType = ContentType::CHANGE_CIPHER_SPEC;
const ALERT: ContentType = ContentType::ALERT;
const HANDSHAKE: ContentType = ContentType::HANDSHAKE;
const DATA: ContentType = ContentType::APPLICATION_DATA;

const CLIENT: &[Step] = &[
    Record("record.client_hello_1", HANDSHAKE, &["client_hello_1"]),
    Record("record.client_hello", HANDSHAKE, &["client_hello"]),
    Keys("client_early_traffic"),
    Record("record.early_data", DATA, &["early_data"]),
    Record("record.end_of_early_data", HANDSHAKE, &["end_of_early_data"]),
    Record("record.client_change_cipher_spec", CCS, &[]),
    Keys("client_handshake_traffic"),
    Record("record.client_flight", HANDSHAKE, &["client_certificate", "client_certificate_verify", "client_finished"]),
    Keys("client_application_traffic"),
    Record("record.client_data", DATA, &["client_data"]),
    Record("record.client_alert", ALERT, &["client_alert"]),
];

const SERVER: &[Step] = &[
    Record("record.hello_retry_request", HANDSHAKE, &["hello_retry_request"]),
    Record("record.server_hello", HANDSHAKE, &["server_hello"]),
    Record("record.server_change_cipher_spec", CCS, &[]),
    Keys("server_handshake_traffic"),
    Record(
        "record.server_flight",
        HANDSHAKE,
        &["encrypted_extensions", "certificate_request", "certificate", "certificate_verify", "server_finished"],
    ),
    Keys("server_application_traffic"),
    Record("record.new_session_ticket", HANDSHAKE, &["new_session_ticket"]),
    Record("record.server_data", DATA, &["server_data"]),
    Record("record.server_alert", ALERT, &["server_alert"]),
];

const FILES: [&str; 5] =
    ["simple-1rtt", "resumed-0rtt", "hello-retry-request", "client-authentication", "compatibility-mode"];

/// A step with everything it needs.
enum Event {
    Keys(RecordKeys),
    Record { name: &'static str, bytes: Vec<u8>, content_type: ContentType, content: Vec<u8> },
}

/// Where record keys come from.
#[derive(Clone, Copy)]
enum Source {
    /// The keys and IVs that the trace prints.
    Printed,
    /// The key schedule.
    Derived,
}

fn printed(vectors: &Vectors, provider: &Provider, secret: &str) -> RecordKeys {
    let algorithm = AeadAlgorithm::Aes128Gcm;
    let value = |part: &str| &vectors[format!("{secret}.{part}").as_str()];
    let key = provider.aead(algorithm).unwrap().key(value("key")).unwrap();
    RecordKeys::Aead { algorithm, key, iv: value("iv").try_into().unwrap() }
}

fn derived(vectors: &Vectors, provider: &Provider, secret: &str) -> RecordKeys {
    let hash = provider.hash(HashAlgorithm::Sha256).unwrap();
    let transcript = |message: &str| Digest::new(&vectors[format!("hash.{message}").as_str()]);
    let early = EarlySecret::new(hash, vectors.find("psk")).unwrap();
    if secret == "client_early_traffic" {
        return keys_of(&early.client_early_traffic(&transcript("client_hello")).unwrap(), provider);
    }
    let handshake = early.handshake(Some(&vectors["shared_secret"])).unwrap();
    let traffic = match secret {
        "client_handshake_traffic" => handshake.client_traffic(&transcript("server_hello")),
        "server_handshake_traffic" => handshake.server_traffic(&transcript("server_hello")),
        "client_application_traffic" => handshake.main().unwrap().client_application(&transcript("server_finished")),
        "server_application_traffic" => handshake.main().unwrap().server_application(&transcript("server_finished")),
        other => panic!("{other}"),
    };
    keys_of(&traffic.unwrap(), provider)
}

fn keys_of(secret: &TrafficSecret, provider: &Provider) -> RecordKeys {
    secret.record_keys(Suite::find(CipherSuite::TLS_AES_128_GCM_SHA256).unwrap(), provider).unwrap()
}

/// What happens in one direction of a trace.
fn events(vectors: &Vectors, steps: &[Step], source: Source) -> Vec<Event> {
    let provider = provider();
    let event = |step: &Step| match *step {
        Keys(secret) => vectors.find(secret).map(|_| {
            Event::Keys(match source {
                Source::Printed => printed(vectors, &provider, secret),
                Source::Derived => derived(vectors, &provider, secret),
            })
        }),
        Record(name, content_type, parts) => vectors.find(name).map(|bytes| {
            let content = match parts {
                // RFC 9846 §5: a change_cipher_spec is the single byte 1.
                [] => vec![1],
                parts => parts.iter().filter_map(|part| vectors.find(part)).collect::<Vec<_>>().concat(),
            };
            Event::Record { name, bytes: bytes.to_vec(), content_type, content }
        }),
    };
    steps.iter().filter_map(event).collect()
}

/// Every direction of every trace, with keys from either source.
fn every_direction(check: impl Fn(Vec<Event>)) {
    for file in FILES {
        let vectors = Vectors::load(&format!("rfc8448/{file}.txt")).unwrap();
        println!("{file}");
        for source in [Source::Printed, Source::Derived] {
            for steps in [CLIENT, SERVER] {
                check(events(&vectors, steps, source));
            }
        }
    }
}

#[test]
fn every_record_is_sealed_to_the_bytes_of_the_trace() {
    every_direction(|events| {
        let mut sealer = Sealer::new();
        for event in events {
            match event {
                Event::Keys(keys) => sealer.install(keys),
                Event::Record { name, bytes, content_type, content } => {
                    // RFC 9846 §5.1: a first ClientHello says TLS 1.0, everything after it TLS 1.2.
                    let first = matches!(name, "record.client_hello_1" | "record.client_hello")
                        && bytes[1..3] == ProtocolVersion::TLS1_0.0.to_be_bytes();
                    sealer.stamp(if first { ProtocolVersion::TLS1_0 } else { ProtocolVersion::TLS1_2 });
                    let mut out = vec![0xaa];
                    sealer.seal(content_type, &content, &mut out).unwrap();
                    assert_eq!(out[1..], bytes, "{name}");
                }
            }
        }
    });
}

#[test]
fn every_record_opens_to_its_content() {
    every_direction(|events| {
        let mut opener = Opener::new();
        for event in events {
            match event {
                Event::Keys(keys) => opener.install(keys),
                Event::Record { name, mut bytes, content_type, content } => {
                    let Ok(Frame::Whole { len, .. }) = peek(&bytes, opener.max_length()) else { panic!("{name}") };
                    assert_eq!(len, bytes.len(), "{name}");
                    let protected = opener.is_protected() && content_type != CCS;
                    let opened = opener.open(&mut bytes).unwrap();
                    assert_eq!((opened.content_type, opened.protected), (content_type, protected), "{name}");
                    assert_eq!(opened.bytes, content, "{name}");
                }
            }
        }
    });
}

/// The contents of handshake records fall apart into the messages they were made of.
#[test]
fn every_flight_is_taken_apart_into_its_messages() {
    for file in FILES {
        let vectors = Vectors::load(&format!("rfc8448/{file}.txt")).unwrap();
        for step in [CLIENT, SERVER].into_iter().flatten() {
            let Record(_, HANDSHAKE, parts) = *step else { continue };
            let messages: Vec<&[u8]> = parts.iter().filter_map(|part| vectors.find(part)).collect();
            let flight = messages.concat();
            let (mut assembler, mut rest, mut found) = (Assembler::new(), &flight[..], Vec::new());
            while !rest.is_empty() {
                let assembled = assembler.next(rest, |_| 1 << 14).unwrap();
                found.extend(assembled.message.map(<[u8]>::to_vec));
                rest = &rest[assembled.consumed..];
            }
            assert_eq!(found, messages);
        }
    }
}

#[test]
fn no_record_of_the_traces_is_left_out() {
    let steps = || [CLIENT, SERVER].into_iter().flatten();
    for file in FILES {
        let vectors = Vectors::load(&format!("rfc8448/{file}.txt")).unwrap();
        for name in vectors.names().filter(|name| name.starts_with("record.")) {
            assert!(steps().any(|step| matches!(step, Record(known, ..) if *known == name)), "{file}: {name}");
        }
        for name in
            vectors.names().filter_map(|name| name.strip_suffix(".key")).filter(|name| name.ends_with("traffic"))
        {
            assert!(steps().any(|step| matches!(step, Keys(known) if *known == name)), "{file}: {name}");
        }
    }
}
