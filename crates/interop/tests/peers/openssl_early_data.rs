//! OpenSSL's own programs, and early data.

use crate::openssl::s_server;
use crate::openssl_resumption::{Later, talk};
use handfast::crypto::KeyKind;
use handfast::wire::NamedGroup;
use handfast::{
    ClientConfig, Connection, EarlyData, EarlyRefusal, Event, Facts, MemoryStore, NotResumed, Resolve, ServerConfig,
    ServerConfigBuilder, Session, StrikeRegister, Ticketer,
};
use handfast_interop::link::{self, Link, Prior};
use handfast_interop::ours;
use handfast_interop::process::Process;
use handfast_interop::world::WORLD;
use std::io::Read;
use std::sync::{Arc, LazyLock};

/// What is said early.
const EARLY: &[u8] = b"GET /early HTTP/1.1\r\n\r\n";

/// A file with it.
static EARLY_FILE: LazyLock<String> = LazyLock::new(|| WORLD.write("early.txt", EARLY));

/// How much our servers take.
const LIMIT: u32 = 16_384;

/// A server of ours.
fn server() -> ServerConfigBuilder {
    WORLD.server(KeyKind::P256).early_data(LIMIT)
}

/// What our server has of a connection of theirs.
struct Served {
    facts: Facts,
    early: Vec<u8>,
    received: Vec<u8>,
}

/// Their client asks our server once.
fn serve(config: &Arc<ServerConfig>, options: &[&str]) -> (Served, Process) {
    let server = link::serve(config.clone(), 1, |link| {
        link::echo(link)?;
        Ok((link.early.clone(), link.received.clone()))
    });
    let client = talk(server.port, options);
    let (facts, (early, received)) = server.succeed_with(&client).remove(0);
    (Served { facts, early, received }, client)
}

/// The first connection, which leaves a session in a file.
fn make(config: &Arc<ServerConfig>, file: &str, options: &[&str]) {
    let (served, _) = serve(config, &[&["-sess_out", file], options].concat());
    assert!(!served.facts.resumed && served.early.is_empty());
    assert_eq!(served.facts.early_data, EarlyData::None);
}

/// The second, which sends early data with it.
fn resume(config: &Arc<ServerConfig>, file: &str, options: &[&str]) -> Served {
    let (served, client) = serve(config, &[&["-sess_in", file, "-early_data", &EARLY_FILE], options].concat());
    let accepted = served.facts.early_data == (EarlyData::Accepted { limit: LIMIT });
    client.wait_for_word(if accepted { "Early data was accepted" } else { "Early data was rejected" });
    assert_eq!(served.early, if accepted { EARLY } else { b"" });
    served
}

/// What becomes of early data in the first flight of these bytes, whoever sends them.
fn replay(config: &Arc<ServerConfig>, bytes: &[u8]) -> (EarlyData, Vec<u8>) {
    let mut connection = Connection::server(config).unwrap();
    let (mut input, mut heard) = (bytes.to_vec(), Vec::new());
    loop {
        // What comes after the first flight is for another server's keys.
        let Ok(received) = connection.receive(&mut input, &mut Vec::new()) else { break };
        let consumed = received.consumed;
        match received.event {
            Event::EarlyData { bytes, .. } => heard.extend_from_slice(bytes),
            Event::NeedInput { .. } => break,
            _ => {}
        }
        input.drain(..consumed);
    }
    (connection.facts().early_data, heard)
}

/// One ticket opens early data as often as its holder likes, and each flight counts once (RFC 9846 §8.2).
#[test]
fn their_early_data_is_taken_once() {
    let tickets: Arc<Ticketer> = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let with = |register: StrikeRegister| {
        let register = Resolve::Now(Arc::new(register.warm_since(0)) as _);
        server().sessions(tickets.clone()).anti_replay(register).build().unwrap()
    };
    let (config, file) = (with(StrikeRegister::default()), WORLD.path("early-replayed.session"));
    for options in [&[][..], &["-ciphersuites", "TLS_AES_256_GCM_SHA384"]] {
        make(&config, &file, options);
        for _ in 0..2 {
            let served = resume(&config, &file, options);
            assert_eq!(served.facts.early_data, EarlyData::Accepted { limit: LIMIT });
            assert!(served.facts.resumed);
            let again = replay(&config, &served.received);
            assert_eq!(again, (EarlyData::Refused(EarlyRefusal::Replayed), vec![]));
            // A server that knows nothing of the first would have taken it.
            let elsewhere = replay(&with(StrikeRegister::default()), &served.received);
            assert_eq!(elsewhere, (EarlyData::Accepted { limit: LIMIT }, EARLY.to_vec()));
            let full = replay(&with(StrikeRegister::new(0)), &served.received);
            assert_eq!(full, (EarlyData::Refused(EarlyRefusal::Full), vec![]));
        }
    }
}

/// A ticket that is good for once: the second time there is neither early data nor a session (RFC 9846 §8.1).
#[test]
fn their_session_is_good_for_once() {
    let store = Arc::new(MemoryStore::default());
    let config = server().sessions(store.clone()).anti_replay(Resolve::Now(store)).build().unwrap();
    let file = WORLD.path("early-once.session");
    make(&config, &file, &[]);
    assert_eq!(resume(&config, &file, &[]).facts.early_data, EarlyData::Accepted { limit: LIMIT });
    let facts = resume(&config, &file, &[]).facts;
    assert_eq!((facts.resumed, facts.not_resumed), (false, Some(NotResumed::Unknown)));
    assert_eq!(facts.early_data, EarlyData::Refused(EarlyRefusal::NotResumed));
}

/// What is refused costs a round trip; the session is resumed all the same.
#[test]
fn their_early_data_is_refused() {
    let tickets: Arc<Ticketer> = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let warm = || Resolve::Now(Arc::new(StrikeRegister::default().warm_since(0)) as _);
    let server = || server().sessions(tickets.clone()).anti_replay(warm());
    let file = WORLD.path("early-refused.session");
    let (offer, made) = (&["-alpn", "x/1,x/2"][..], server().protocols(["x/1"]).build().unwrap());
    make(&made, &file, offer);
    assert_eq!(resume(&made, &file, offer).facts.early_data, EarlyData::Accepted { limit: LIMIT });
    let curves = ["-alpn", "x/1", "-groups", "P-521:P-384"];
    let cold = Resolve::Now(Arc::new(StrikeRegister::default()) as _);
    let ours = || server().protocols(["x/1"]);
    for (config, options, why) in [
        (server().protocols(["x/2"]), offer, EarlyRefusal::Protocol),
        (server(), offer, EarlyRefusal::Protocol),
        (ours().early_data(0), offer, EarlyRefusal::Disabled),
        (ours().anti_replay(cold), offer, EarlyRefusal::Cold),
        (ours().clock(Arc::new(Later { seconds: 15 })), offer, EarlyRefusal::Age),
        (ours().groups([NamedGroup::SECP384R1]), &curves, EarlyRefusal::Retry),
    ] {
        let facts = resume(&config.build().unwrap(), &file, options).facts;
        assert_eq!((facts.resumed, facts.early_data), (true, EarlyData::Refused(why)));
    }
    // Not the first suite, but one of the same hash.
    let other = ours().suites([handfast::wire::CipherSuite::TLS_AES_128_GCM_SHA256]).build().unwrap();
    let (chacha, both) = ("TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256");
    make(&made, &file, &["-alpn", "x/1", "-ciphersuites", chacha]);
    let facts = resume(&other, &file, &["-alpn", "x/1", "-ciphersuites", both]).facts;
    assert_eq!((facts.resumed, facts.early_data), (true, EarlyData::Refused(EarlyRefusal::Suite)));
    // Without early data in the ticket their client sends none.
    make(&ours().early_data(0).build().unwrap(), &file, offer);
    let (_, client) = serve(&made, &[offer, &["-sess_in", &file]].concat());
    client.wait_for_word("Reused, TLSv1.3");
    client.wait_for_word("Early data was not sent");
}

/// `s_server` that reads early data, and says what is typed.
fn their_server(options: &[&str]) -> (Process, u16) {
    s_server(KeyKind::P256, &[&["-early_data"], options].concat())
}

/// Our client at their server, which says a word, whereafter the tickets are here.
fn ask(server: &mut Process, config: &Arc<ClientConfig>, port: u16, session: Option<Session>, early: &[u8]) -> Link {
    let mut link =
        Link::connect_with(config, port, Prior { session, early: early.to_vec(), ..Prior::default() }).unwrap();
    ours::ask(&mut link, "hello\n", "").unwrap();
    server.type_in(b"word\n");
    let mut word = [0; 5];
    link.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"word\n");
    link.close().unwrap();
    link
}

/// Their protection against replay makes a session good for once; without it, it is good until it is too old.
#[test]
fn our_early_data() {
    for (options, good_for) in [(&[][..], 1), (&["-no_anti_replay"], 3)] {
        let (mut server, port) = their_server(&[&["-max_early_data", "1000"], options].concat());
        let config = WORLD.client().build().unwrap();
        let first = ask(&mut server, &config, port, None, b"");
        server.wait_for_word("No early data received");
        for (turn, session) in first.sessions.into_iter().enumerate() {
            assert_eq!(session.max_early_data(), 1_000);
            for time in 0..3 {
                let early = format!("{turn}{time}{}", "early".repeat(500)).into_bytes();
                let early = &early[..if time == 0 { 1_000 } else { 20 }];
                let link = ask(&mut server, &config, port, Some(session.clone()), early);
                if time < good_for {
                    assert_eq!(link.facts().early_data, EarlyData::Accepted { limit: 1_000 });
                    assert_eq!((link.facts().resumed, link.rejected), (true, None));
                    server.wait_for_word(std::str::from_utf8(early).unwrap());
                } else {
                    assert_eq!(link.facts().early_data, EarlyData::Refused(EarlyRefusal::NotResumed));
                    assert_eq!((link.facts().resumed, link.rejected), (false, Some(20)));
                    server.wait_for_word("Early data was rejected");
                    assert!(!server.heard().says(std::str::from_utf8(early).unwrap()));
                }
            }
        }
    }
}

/// What is not taken is told, and the connection goes on.
#[test]
fn our_early_data_is_refused() {
    let refused = |link: &Link, why, resumed| {
        assert_eq!((link.facts().resumed, link.rejected), (resumed, Some(EARLY.len() as u64)));
        assert_eq!(link.facts().early_data, EarlyData::Refused(why));
    };
    // Another protocol: this server's order decides.
    let (mut server, port) = their_server(&["-max_early_data", "1000", "-alpn", "x/2,x/1"]);
    let with = |protocols: &[&str]| WORLD.client().protocols(protocols.iter().copied()).build().unwrap();
    let session = ask(&mut server, &with(&["x/1"]), port, None, b"").sessions.pop();
    let link = ask(&mut server, &with(&["x/1", "x/2"]), port, session, EARLY);
    refused(&link, EarlyRefusal::Declined, true);
    assert_eq!(link.facts().protocol.as_deref(), Some(&b"x/2"[..]));

    // A ticket that is older than it can be.
    let later = WORLD.client().clock(Arc::new(Later { seconds: 60 })).build().unwrap();
    let (mut server, port) = their_server(&["-max_early_data", "1000"]);
    let session = ask(&mut server, &WORLD.client().build().unwrap(), port, None, b"").sessions.pop();
    refused(&ask(&mut server, &later, port, session, EARLY), EarlyRefusal::Declined, true);
    // A retry. With its protection against replay their server has let go of the session by the second ClientHello.
    for (options, resumed) in [(&["-no_anti_replay"][..], true), (&[], false)] {
        let (mut server, port) = their_server(&[&["-max_early_data", "1000", "-groups", "P-521"], options].concat());
        let config = WORLD.client().groups([NamedGroup::X25519, NamedGroup::SECP521R1]).build().unwrap();
        let session = ask(&mut server, &config, port, None, b"").sessions.pop();
        let link = ask(&mut server, &config, port, session, EARLY);
        refused(&link, EarlyRefusal::Retry, resumed);
        assert!(link.facts().retried);
        server.wait_for_word("Early data was rejected");
    }
}
