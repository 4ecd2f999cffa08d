//! GnuTLS's own programs, and sessions of TLS 1.3 with early data. Their server binds to every address; it lives for a moment.

use crate::gnutls::{gnutls_cli, gnutls_serv};
use crate::openssl_resumption::Later;
use handfast::crypto::KeyKind;
use handfast::wire::NamedGroup;
use handfast::{
    ClientConfig, ClientConfigBuilder, EarlyData, EarlyRefusal, Facts, KeepSessions, MemoryStore, Resolve,
    ServerConfigBuilder, StrikeRegister, Ticketer,
};
use handfast_interop::SUITES;
use handfast_interop::link::{self, Link, Prior};
use handfast_interop::ours;
use handfast_interop::world::WORLD;
use handfast_net::tls_error;
use std::sync::{Arc, LazyLock};

/// What is said early; a line, for a server that says back what it has heard.
const EARLY: &[u8] = b"an early line\n";

/// A file with it.
static EARLY_FILE: LazyLock<String> = LazyLock::new(|| WORLD.write("gnutls-early.txt", EARLY));

/// Our client at their server, which says everything back.
fn ask(config: &Arc<ClientConfig>, port: u16, prior: Prior) -> Link {
    let mut link = Link::connect_with(config, port, prior).unwrap();
    ours::ask(&mut link, "hello\n", "hello\n").unwrap();
    link.close().unwrap();
    link
}

/// A connection for a session, and one with it.
fn again(config: ClientConfigBuilder, options: &[&str]) -> [Link; 2] {
    let (_server, port) = gnutls_serv(KeyKind::P256, options);
    let config = config.build().unwrap();
    let first = ask(&config, port, Prior::default());
    let session = first.sessions.last().cloned();
    assert!(session.is_some() && !first.facts().resumed);
    let second = ask(&config, port, Prior { session, ..Prior::default() });
    [first, second]
}

/// Their client connects twice and says a line, the second time with a session.
fn serve_again(config: ServerConfigBuilder, options: &[&str]) -> [(Facts, Vec<u8>); 2] {
    let server = link::serve(config.build().unwrap(), 2, |link| {
        link::echo(link)?;
        Ok(link.early.clone())
    });
    let mut client = gnutls_cli(server.port, &[options, &["--resume", "--waitresumption"]].concat());
    client.wait_for_word("Simple Client Mode");
    client.type_in(b"a line that comes back\n");
    client.wait_for_word("\na line that comes back");
    client.end_input();
    let served = server.succeed_with(&client).try_into().expect("two connections");
    let [_, (facts, _)]: &[(Facts, Vec<u8>); 2] = &served;
    assert_eq!(client.heard().says("This is a resumed session"), facts.resumed);
    served
}

#[test]
fn our_client_resumes() {
    for suite in SUITES {
        let [first, second] = again(WORLD.client().suites([suite]), &[]);
        assert!(second.facts().resumed && second.facts().peer().unwrap().verified, "{suite}");
        assert!(second.facts().group.is_some() && first.facts().suite == second.facts().suite);
    }
    let groups = [NamedGroup::X25519, NamedGroup::SECP521R1];
    let [_, second] = again(WORLD.client().groups(groups), &[":-GROUP-ALL:+GROUP-SECP521R1"]);
    assert!(second.facts().resumed && second.facts().retried);
    let ca = WORLD.path("ca.pem");
    let demanding = ["--require-client-cert", "--verify-client-cert", "--x509cafile", ca.as_str()];
    let [_, second] = again(WORLD.client().identity(WORLD.identity("client")), &demanding);
    assert!(second.facts().resumed && second.facts().own_scheme.is_none());
}

#[test]
fn their_client_resumes() {
    let tickets = || Ticketer::new(handfast::rustcrypto::provider());
    let keepers: [Arc<dyn KeepSessions>; 3] =
        [Arc::new(tickets()), Arc::new(MemoryStore::default()), Arc::new((tickets(), MemoryStore::default()))];
    for keeper in keepers {
        let config = WORLD.server(KeyKind::P256).sessions(keeper.clone());
        let [_, (facts, _)] = serve_again(config, &[]);
        assert!(facts.resumed && facts.group.is_some());
    }
    let config = WORLD.server(KeyKind::P256).groups([NamedGroup::SECP384R1]);
    let [_, (facts, _)] = serve_again(config, &[":-GROUP-ALL:+GROUP-SECP256R1:+GROUP-SECP384R1"]);
    assert!(facts.resumed && facts.retried);
    let [cert, key] = WORLD.files("client");
    let [_, (facts, _)] = serve_again(WORLD.strict_server(), &["--x509certfile", &cert, "--x509keyfile", &key]);
    assert!(facts.resumed && facts.peer().unwrap().verified);
}

/// Their server takes a ticket as often as it comes, with early data of which it says nothing.
#[test]
fn our_early_data() {
    let accepting = ["--earlydata", "--maxearlydata", "1000"];
    let (_server, port) = gnutls_serv(KeyKind::P256, &accepting);
    let config = WORLD.client().build().unwrap();
    let first = ask(&config, port, Prior::default());
    for session in first.sessions {
        for _ in 0..2 {
            let early = b"early".repeat(200);
            let link = ask(&config, port, Prior { session: Some(session.clone()), early, ..Prior::default() });
            assert_eq!(link.facts().early_data, EarlyData::Accepted { limit: 1_000 });
            assert_eq!(link.rejected, None);
        }
    }
    // Refused by the age of the ticket. What it skips it counts with its protection, 17 bytes for a record.
    let later = WORLD.client().clock(Arc::new(Later { seconds: 60 })).build().unwrap();
    let (_server, port) = gnutls_serv(KeyKind::P256, &accepting);
    let session = ask(&config, port, Prior::default()).sessions.pop();
    let link = ask(&later, port, Prior { session, early: vec![b'a'; 983], ..Prior::default() });
    assert_eq!(link.facts().early_data, EarlyData::Refused(EarlyRefusal::Declined));
    assert_eq!((link.facts().resumed, link.rejected), (true, Some(983)));
    // RFC 9846 §4.3.10: early data is for the protocol of the session, and that is not what it looks at. We do.
    let choosing = ["--alpn=x/1", "--alpn=x/2", "--earlydata", "--maxearlydata", "1000"];
    let (_server, port) = gnutls_serv(KeyKind::P256, &choosing);
    let with = |protocols: &[&str]| WORLD.client().protocols(protocols.iter().copied()).build().unwrap();
    let session = ask(&with(&["x/1"]), port, Prior::default()).sessions.pop();
    let prior = Prior { session, early: EARLY.to_vec(), ..Prior::default() };
    let error = Link::connect_with(&with(&["x/2", "x/1"]), port, prior).err().unwrap();
    assert_eq!(tls_error(&error).unwrap().code(), "EarlyDataMismatch");
    // None is allowed by default.
    let (_server, port) = gnutls_serv(KeyKind::P256, &[]);
    assert_eq!(ask(&config, port, Prior::default()).sessions.pop().unwrap().max_early_data(), 0);
}

#[test]
fn their_early_data() {
    let config = || WORLD.server(KeyKind::P256).early_data(1_000);
    let with_early_data = ["--earlydata", EARLY_FILE.as_str()];
    let [(first, none), (facts, early)] = serve_again(config(), &with_early_data);
    assert_eq!((first.early_data, none), (EarlyData::None, vec![]));
    assert_eq!((facts.early_data, early), (EarlyData::Accepted { limit: 1_000 }, EARLY.to_vec()));
    // Nobody knows what was before.
    let cold = Resolve::Now(Arc::new(StrikeRegister::default()) as _);
    let [_, (facts, early)] = serve_again(config().anti_replay(cold), &with_early_data);
    assert_eq!((facts.resumed, early), (true, vec![]));
    assert_eq!(facts.early_data, EarlyData::Refused(EarlyRefusal::Cold));
}
