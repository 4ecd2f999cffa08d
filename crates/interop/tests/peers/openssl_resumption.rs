//! OpenSSL's own programs, and sessions of TLS 1.3.

use crate::openssl::{s_client, s_server};
use handfast::crypto::KeyKind;
use handfast::legacy::dangerous_legacy;
use handfast::pki_types::UnixTime;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{
    ClientConfig, Clock, Facts, KeepSessions, LegacyWay, MemoryStore, NotResumed, ServerConfigBuilder, Session,
    SystemClock, Ticketer,
};
use handfast_interop::link::{self, Link};
use handfast_interop::process::Process;
use handfast_interop::world::WORLD;
use handfast_interop::{SUITES, ours};
use handfast_net::tls_error;
use std::sync::Arc;

const AES_128: CipherSuite = CipherSuite::TLS_AES_128_GCM_SHA256;
const AES_256: CipherSuite = CipherSuite::TLS_AES_256_GCM_SHA384;

fn ticketer() -> Ticketer {
    Ticketer::new(handfast::rustcrypto::provider())
}

/// Our client asks their server, which says lines backwards, and hangs up.
fn ask(config: &Arc<ClientConfig>, port: u16, session: Option<Session>) -> Link {
    let mut link = Link::connect(config, port, session).unwrap();
    ours::ask(&mut link, "hello\n", "olleh\n").unwrap();
    link.close().unwrap();
    link
}

/// Their client, which has said something, heard it, and is about to hang up. What has come before the echo it has read.
pub(crate) fn talk(port: u16, options: &[&str]) -> Process {
    let mut client = s_client(port, &[&["-no_ign_eof", "-tls1_3"], options].concat());
    client.type_in(b"a line that comes back\n");
    client.wait_for_word("a line that comes back\n");
    client.end_input();
    client
}

/// Their client asks our server with the session in a file, if there is one, and writes another there.
fn ask_us(config: ServerConfigBuilder, file: &str, again: bool, options: &[&str]) -> Facts {
    let server = link::serve(config.build().unwrap(), 1, link::echo);
    let session = ["-sess_out", file, "-sess_in", file];
    let client = talk(server.port, &[&session[..if again { 4 } else { 2 }], options].concat());
    let facts = server.succeed_with(&client).remove(0).0;
    client.wait_for_word(if facts.resumed { "Reused, TLSv1.3" } else { "New, TLSv1.3" });
    facts
}

/// In tickets and, without them, under IDs.
#[test]
fn our_client_resumes_by_each_ticket() {
    for (options, tickets) in [(&[][..], 2), (&["-num_tickets", "5"], 5), (&["-no_ticket"], 2)] {
        let (_server, port) = s_server(KeyKind::P256, &[&["-rev"], options].concat());
        let config = WORLD.client().build().unwrap();
        let first = ask(&config, port, None);
        assert_eq!((first.sessions.len(), first.facts().resumed), (tickets, false), "{options:?}");
        for session in first.sessions {
            assert!(session.is_single_use() && session.lifetime_hint() > 0 && session.max_early_data() == 0);
            let again = ask(&config, port, Some(session));
            assert!(again.facts().resumed && again.facts().peer().unwrap().verified, "{options:?}");
            assert!(again.facts().group.is_some() && again.facts().peer_scheme.is_none());
            // A resumed connection gets one ticket more, which is as good.
            let last = ask(&config, port, Some(again.sessions.last().expect("a session").clone()));
            assert!(last.facts().resumed);
        }
    }
}

/// RFC 9846 §4.3.11: the hash of the suite has to be that of the session, and the suite need not.
#[test]
fn our_client_resumes_with_a_suite_of_the_same_hash() {
    let (_server, port) = s_server(KeyKind::P256, &["-rev"]);
    let with = |suite| WORLD.client().suites([suite]).build().unwrap();
    for suite in SUITES {
        let session = ask(&with(suite), port, None).sessions.pop().unwrap();
        for other in SUITES {
            if (suite == AES_256) == (other == AES_256) {
                let link = ask(&with(other), port, Some(session.clone()));
                assert_eq!((link.facts().suite.unwrap().id, link.facts().resumed), (other, true), "{suite}");
            } else {
                assert!(Link::connect(&with(other), port, Some(session.clone())).is_err());
            }
        }
    }
}

#[test]
fn our_client_resumes_after_a_retry() {
    let (_server, port) = s_server(KeyKind::P256, &["-rev", "-groups", "P-521"]);
    for suite in [AES_128, AES_256] {
        let groups = [NamedGroup::X25519, NamedGroup::SECP521R1];
        let config = WORLD.client().groups(groups).suites([suite]).build().unwrap();
        let first = ask(&config, port, None);
        for session in first.sessions {
            let again = ask(&config, port, Some(session));
            assert_eq!((again.facts().resumed, again.facts().retried), (true, true), "{suite}");
        }
    }
}

/// The certificate of the first connection is that of the second.
#[test]
fn our_client_resumes_as_who_it_was() {
    let ca = WORLD.path("ca.pem");
    let demanding = ["-rev", "-Verify", "2", "-CAfile", ca.as_str(), "-verify_return_error"];
    let (_server, port) = s_server(KeyKind::P256, &demanding);
    let config = WORLD.client().identity(WORLD.identity("client")).build().unwrap();
    let first = ask(&config, port, None);
    assert!(first.facts().own_scheme.is_some());
    for session in first.sessions {
        let again = ask(&config, port, Some(session));
        assert_eq!((again.facts().resumed, again.facts().own_scheme), (true, None));
    }
}

/// A server that does not know the ticket goes on without.
#[test]
fn our_client_is_not_resumed_by_a_stranger() {
    let config = WORLD.client().build().unwrap();
    let (first, port) = s_server(KeyKind::P256, &["-rev"]);
    let session = ask(&config, port, None).sessions.pop().unwrap();
    drop(first);
    let (_second, port) = s_server(KeyKind::P256, &["-rev"]);
    let link = ask(&config, port, Some(session));
    assert_eq!((link.facts().resumed, link.facts().not_resumed), (false, Some(NotResumed::Declined)));
    assert!(link.facts().peer().unwrap().verified);
}

/// psk_ke: their server does without a key exchange where there is no group in common, if it may.
#[test]
fn our_client_resumes_without_a_key_exchange() {
    let config = |group| WORLD.client().groups([group]).legacy(dangerous_legacy().psk_ke()).build().unwrap();
    for (options, taken) in [(&["-allow_no_dhe_kex"][..], true), (&[], false)] {
        let (_server, port) = s_server(KeyKind::P256, &[&["-rev", "-groups", "P-256"], options].concat());
        let session = ask(&config(NamedGroup::SECP256R1), port, None).sessions.pop().unwrap();
        let resumed = Link::connect(&config(NamedGroup::SECP521R1), port, Some(session));
        if taken {
            let mut link = resumed.unwrap();
            ours::ask(&mut link, "hello\n", "olleh\n").unwrap();
            assert_eq!((link.facts().resumed, link.facts().group), (true, None));
            assert!(link.facts().legacy().eq([LegacyWay::PskWithoutDh]));
        } else {
            assert_eq!(tls_error(&resumed.err().unwrap()).unwrap().code(), "handshake_failure");
        }
    }
}

#[test]
fn their_client_resumes() {
    let keepers: [Arc<dyn KeepSessions>; 3] =
        [Arc::new(ticketer()), Arc::new(MemoryStore::default()), Arc::new((ticketer(), MemoryStore::default()))];
    let [cert, key] = WORLD.files("client");
    let server = |keeper: &Arc<dyn KeepSessions>| WORLD.server(KeyKind::P256).sessions(keeper.clone());
    for (at, keeper) in keepers.iter().enumerate() {
        let file = WORLD.path(&format!("openssl13-{at}.session"));
        // Each goes on with what the one before was given.
        let seen = [false, true, true].map(|again| ask_us(server(keeper), &file, again, &[]).resumed);
        assert_eq!(seen, [false, true, true], "{at}");

        // With a HelloRetryRequest, and with both hashes.
        for suite in [AES_128, AES_256] {
            let config = || server(keeper).groups([NamedGroup::SECP384R1]).suites([suite]);
            let seen = [false, true].map(|again| ask_us(config(), &file, again, &["-groups", "P-521:P-384"]));
            assert_eq!(seen.map(|facts| (facts.resumed, facts.retried)), [(false, true), (true, true)], "{at} {suite}");
        }

        let strict = || WORLD.strict_server().sessions(keeper.clone());
        let seen = [false, true].map(|again| ask_us(strict(), &file, again, &["-cert", &cert, "-key", &key]));
        assert!(seen[1].resumed && seen.iter().all(|facts| facts.peer().unwrap().verified), "{at}");
    }
}

/// How many tickets they get is ours to say.
#[test]
fn their_client_gets_its_tickets() {
    for count in [0, 1, 2, 8] {
        let server = link::serve(WORLD.server(KeyKind::P256).tickets(count).build().unwrap(), 1, link::echo);
        let client = talk(server.port, &[]);
        server.succeed_with(&client);
        let said = client.finish().1.text();
        assert_eq!(said.matches("Post-Handshake New Session Ticket arrived").count(), usize::from(count));
    }
}

/// Time, of which their client knows nothing.
pub(crate) struct Later {
    pub(crate) seconds: u64,
}

impl Clock for Later {
    fn now(&self) -> UnixTime {
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(SystemClock.now().as_secs() + self.seconds))
    }
}

/// Whoever is not resumed is served all the same, and we know why.
#[test]
fn their_client_is_not_resumed() {
    let keeper = Arc::new(ticketer());
    let server = || WORLD.server(KeyKind::P256).sessions(keeper.clone());
    let file = WORLD.path("openssl13-refused.session");
    let options = ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"];
    let make = || assert!(!ask_us(server(), &file, false, &["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"]).resumed);
    make();
    // Of another suite with the same hash it is good.
    let facts = ask_us(server(), &file, true, &["-ciphersuites", "TLS_AES_128_GCM_SHA256"]);
    assert_eq!((facts.resumed, facts.suite.unwrap().id), (true, AES_128));
    for (config, more, why) in [
        (server().sessions(Arc::new(ticketer())), &options[..], NotResumed::Unknown),
        (server().no_sessions(), &options, NotResumed::Disabled),
        (server().session_context("another"), &options, NotResumed::Domain),
        (server().clock(Arc::new(Later { seconds: 7_201 })), &options, NotResumed::Expired),
        (server().suites([AES_256]), &options, NotResumed::Suite),
        (server(), &["-servername", "another.example"], NotResumed::Name),
    ] {
        make();
        let facts = ask_us(config, &file, true, more);
        assert_eq!((facts.resumed, facts.not_resumed), (false, Some(why)));
    }
    // A moment before it is too old.
    make();
    assert!(ask_us(server().clock(Arc::new(Later { seconds: 7_190 })), &file, true, &[]).resumed);
}
