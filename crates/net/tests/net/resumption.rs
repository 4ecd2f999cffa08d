//! Sessions of TLS 1.3 and external keys: where they come from, and where they go.

use crate::{listen, over_loopback};
use handfast::crypto::HashAlgorithm;
use handfast::{Error, ExternalPsk, PskRole, Resolve, SessionCache, Usage, Version};
use handfast_net::{Acceptor, Connector, Stream, server_name, tls_error};
use handfast_testkit::pipe::Pipe;
use handfast_testkit::setup::Setup;
use handfast_testkit::shelf::Shelf;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// Lets the server say something, and the client hear it, with all that comes before.
fn talk(client: &mut impl Read, server: &mut Stream<TcpStream>) {
    server.write_all(b"hello").unwrap();
    client.read_exact(&mut [0; 5]).unwrap();
}

/// Several sessions come of a connection, each is given out once, and there are always some.
#[test]
fn a_cache_fills_itself() {
    let made = Setup::default().make();
    let cache = Arc::new(SessionCache::default());
    let (connector, acceptor) = (Connector::new(made.client).sessions(cache.clone()), Acceptor::new(made.server));
    for (connection, left) in [(0, 0), (1, 1), (2, 2)] {
        let (mut client, mut server) = over_loopback((connector.clone(), acceptor.clone()));
        assert_eq!((client.facts().resumed, cache.len()), (connection > 0, left), "connection {connection}");
        talk(&mut client, &mut server);
        assert_eq!(cache.len(), left + 2);
        assert!(client.session().is_none() && client.take_sessions().is_empty(), "they are in the cache");
    }
}

#[test]
fn a_half_that_reads_hears_of_sessions() {
    let made = Setup::default().make();
    let acceptor = Acceptor::new(made.server);
    let cache = Arc::new(SessionCache::default());
    let connector = Connector::new(made.client);
    let (client, mut server) = over_loopback((connector.clone().sessions(cache.clone()), acceptor.clone()));
    let (mut read, _write) = client.split(TcpStream::try_clone).unwrap();
    talk(&mut read, &mut server);
    assert_eq!((cache.len(), read.take_sessions().len()), (2, 0));

    let (client, mut server) = over_loopback((connector.clone(), acceptor.clone()));
    let (mut read, _write) = client.split(TcpStream::try_clone).unwrap();
    talk(&mut read, &mut server);
    assert!(read.session().is_some());
    let sessions = read.take_sessions();
    assert_eq!((sessions.len(), read.take_sessions().len()), (2, 0));
    for session in sessions {
        let (client, _server) = over_loopback((connector.clone().session(session), acceptor.clone()));
        assert!(client.facts().resumed);
    }
}

/// However many tickets a server sends, so many sessions wait.
#[test]
fn the_newest_eight_wait() {
    let made = Setup::default().make_with(|client| client, |server| server.tickets(20));
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    talk(&mut client, &mut server);
    let newest = client.session().unwrap().ticket().unwrap().to_vec();
    let sessions = client.take_sessions();
    assert_eq!(sessions.len(), 8);
    assert_eq!(sessions[7].ticket(), Some(newest.as_slice()));
}

/// A session of another trust is taken out, and one that fits is found behind it; of either version.
#[test]
fn what_may_not_be_offered_is_passed_over() {
    let cache = Arc::new(SessionCache::default());
    let site = |context: &'static str, version: Version| {
        let made = Setup::default()
            .make_with(|client| client.session_context(context).versions(version, version), |server| server);
        (Connector::new(made.client), Acceptor::new(made.server))
    };
    let offer = |(connector, acceptor): (Connector, Acceptor)| {
        let (client, _) = over_loopback((connector.sessions(cache.clone()), acceptor));
        (client.facts().resumed, cache.len())
    };
    for strangers in [Version::Tls13, Version::Tls12] {
        let ours = site("ours", Version::Tls13);
        for site in [ours.clone(), site("theirs", strangers)] {
            let (mut client, mut server) = over_loopback(site);
            talk(&mut client, &mut server);
            client.take_sessions().into_iter().for_each(|session| cache.put(session));
        }
        assert_eq!(offer(ours), (true, 1), "{strangers:?}");
        // And where none fits, the handshake is a full one.
        assert_eq!(offer(site("nobody's", Version::Tls13)), (false, 0));
    }
}

/// RFC 5246 §7.2.2: the session of a connection that has failed is not offered again.
#[test]
fn a_failure_costs_the_session() {
    let made = Setup::default().make_with(|client| client.versions(Version::Tls12, Version::Tls12), |server| server);
    let cache = Arc::new(SessionCache::default());
    let connector = Connector::new(made.client).sessions(cache.clone());
    let acceptor = Acceptor::new(made.server);
    for split in [false, true] {
        drop(over_loopback((connector.clone(), acceptor.clone())));
        assert_eq!(cache.len(), 1);
        let (mut client, server) = over_loopback((connector.clone(), acceptor.clone()));
        assert!(client.facts().resumed);
        let mut parts = server.into_parts();
        parts.io.write_all(&[23, 3, 3, 0, 20]).unwrap();
        parts.io.write_all(&[0; 20]).unwrap();
        if split {
            let (mut read, _write) = client.split(TcpStream::try_clone).unwrap();
            read.read(&mut [0]).unwrap_err();
        } else {
            client.read(&mut [0]).unwrap_err();
        }
        assert!(cache.is_empty());
    }
}

#[test]
fn an_external_key_connects() {
    let key = [7; 32];
    let psk = |role| ExternalPsk::new(role, "pump", &key, HashAlgorithm::Sha256).unwrap();
    let known = Arc::new(vec![psk(PskRole::Server)]);
    let made = Setup::default().make_with(|client| client, |server| server.psks(Resolve::Now(known)));
    let stranger = ExternalPsk::new(PskRole::Client, "nobody", &key, HashAlgorithm::Sha256).unwrap();
    let connector = Connector::new(made.client.clone()).psk(stranger).psk(psk(PskRole::Client));
    let (client, server) = over_loopback((connector, Acceptor::new(made.server)));
    for facts in [client.facts(), server.facts()] {
        assert_eq!(facts.psk_identity.as_deref(), Some(&b"pump"[..]));
        assert!(!facts.resumed);
    }
    assert!(client.facts().peer().is_none());
    let wrong = Connector::new(made.client).psk(psk(PskRole::Server));
    let error = wrong.begin(Pipe::new().0, server_name("127.0.0.1").unwrap()).unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Usage(Usage::PskRole))), "{error}");
}

/// Questions about sessions and early data are answered by whoever accepts, also those that come after the handshake.
#[test]
fn a_server_that_asks() {
    let made = Setup::default().make_with(
        |client| client,
        |server| server.ask_sessions(true, false).early_data(100).anti_replay(Resolve::Ask).tickets(3),
    );
    let shelf = Arc::new(Shelf::default());
    let (connector, answers) = (Connector::new(made.client), shelf.clone());
    let acceptor = Acceptor::new(made.server).answers(move |question| answers.answer(question));
    let (mut client, mut server) = over_loopback((connector.clone(), acceptor.clone()));
    assert_eq!(shelf.len(), 3, "all of them, before anything is read");
    talk(&mut client, &mut server);
    let session = client.session().unwrap().clone();
    let (client, mut server) = over_loopback((connector.session(session).early_data(*b"early"), acceptor));
    assert!(client.facts().resumed);
    assert_eq!((client.early_outcome().taken(), server.take_early_data().as_slice()), (5, &b"early"[..]));
}

/// Nothing waits for a ticket: where nobody makes one there is none, and a half that cannot answer reads all the same.
#[test]
fn a_ticket_that_nobody_makes_holds_nothing_up() {
    let made = Setup::default().make_with(|client| client, |server| server.ask_sessions(true, false));
    let connector = Connector::new(made.client);
    for (answered, split) in [(false, false), (false, true), (true, true)] {
        let shelf = Shelf::default();
        let acceptor = match answered {
            false => Acceptor::new(made.server.clone()),
            true => Acceptor::new(made.server.clone()).answers(move |question| shelf.answer(question)),
        };
        let (mut client, mut server) = over_loopback((connector.clone(), acceptor));
        let mut heard = [0; 5];
        client.write_all(b"hello").unwrap();
        if split {
            let (mut read, mut write) = server.split(TcpStream::try_clone).unwrap();
            read.read_exact(&mut heard).unwrap();
            write.write_all(&heard).unwrap();
        } else {
            server.read_exact(&mut heard).unwrap();
            server.write_all(&heard).unwrap();
        }
        client.read_exact(&mut heard).unwrap();
        assert_eq!(client.take_sessions().len(), if answered { 2 } else { 0 });
    }
}

/// A question that the handshake waits for is another matter.
#[test]
fn a_session_that_nobody_looks_for_ends_the_connection() {
    let made = Setup::default().make_with(|client| client, |server| server.ask_sessions(true, false));
    let (connector, shelf) = (Connector::new(made.client), Shelf::default());
    let acceptor = Acceptor::new(made.server.clone()).answers(move |question| shelf.answer(question));
    let (mut client, mut server) = over_loopback((connector.clone(), acceptor));
    talk(&mut client, &mut server);
    let (listener, port) = listen();
    let server = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        Acceptor::new(made.server).accept(socket).unwrap_err().kind()
    });
    let session = client.session().unwrap().clone();
    connector.session(session).connect(("127.0.0.1", port)).unwrap_err();
    assert_eq!(server.join().unwrap(), ErrorKind::Unsupported);
}
