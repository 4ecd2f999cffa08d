//! Early data: what comes of it on either side, and that it is nothing else.

use crate::{name, over_loopback};
use handfast::wire::NamedGroup;
use handfast::{EarlyRefusal, Resolve, Session, StrikeRegister, Ticketer};
use handfast_net::{Acceptor, Connector, EarlyOutcome, Stream};
use handfast_testkit::pipe::Pipe;
use handfast_testkit::setup::{Made, Setup};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

fn made(limit: u32) -> Made {
    Setup::default().make_with(|client| client, |server| server.early_data(limit).half_rtt(true))
}

/// The newest session of a connection in memory.
fn session(made: &Made) -> Session {
    let (mut client, mut server) = start(&Connector::new(made.client.clone()), &Acceptor::new(made.server.clone()));
    finish(&mut client, &mut server);
    server.close().unwrap();
    client.read_to_end(&mut Vec::new()).unwrap();
    client.session().expect("a session").clone()
}

fn start(connector: &Connector, acceptor: &Acceptor) -> (Stream<Pipe>, Stream<Pipe>) {
    let (ours, theirs) = Pipe::new();
    (connector.begin(ours, name()).unwrap(), acceptor.begin(theirs).unwrap())
}

/// Goes on until both handshakes are complete.
fn finish(client: &mut Stream<Pipe>, server: &mut Stream<Pipe>) {
    for _ in 0..3 {
        let _ = client.handshake();
        let _ = server.handshake();
    }
    client.handshake().unwrap();
    server.handshake().unwrap();
}

fn is_not_now<T: std::fmt::Debug>(done: std::io::Result<T>) -> bool {
    done.unwrap_err().kind() == ErrorKind::WouldBlock
}

/// A request and its answer, before the client has finished.
#[test]
fn a_server_hears_and_answers_before_the_end_of_the_handshake() {
    let made = made(1_000);
    let connector = Connector::new(made.client.clone()).session(session(&made)).early_data(REQUEST);
    let (mut client, mut server) = start(&connector, &Acceptor::new(made.server));
    assert!(is_not_now(client.handshake()));
    assert_eq!(client.early_outcome(), EarlyOutcome::Unknown { bytes: REQUEST.len() });
    assert!(!client.early_outcome().may_resend());
    let mut heard = [0; 4];
    for piece in REQUEST.chunks(4) {
        let len = server.early_data().read(&mut heard).unwrap();
        assert_eq!(&heard[..len], piece);
    }
    assert!(is_not_now(server.early_data().read(&mut heard)));
    server.early_data().write_all(b"half").unwrap();
    assert!(!server.connection().is_connected());
    // Reading the stream itself is another matter, and so is writing it.
    assert!(is_not_now(server.read(&mut heard)) && is_not_now(server.write(b"whole")));

    client.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"half");
    assert_eq!(client.early_outcome(), EarlyOutcome::Accepted { bytes: REQUEST.len() });
    assert_eq!((client.early_outcome().taken(), client.early_outcome().may_resend()), (REQUEST.len(), true));
    client.write_all(b"more").unwrap();
    assert_eq!(server.early_data().read(&mut heard).unwrap(), 0);
    server.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"more");
    assert!(client.facts().resumed && server.facts().resumed);
}

/// Without half-RTT a server writes to a client that has finished, and to no other.
#[test]
fn a_server_that_may_not_answer_early_waits() {
    let made = Setup::default().make_with(|client| client, |server| server.early_data(1_000));
    let connector = Connector::new(made.client.clone()).session(session(&made)).early_data(REQUEST);
    let (mut client, mut server) = start(&connector, &Acceptor::new(made.server));
    assert!(is_not_now(client.handshake()));
    assert!(is_not_now(server.early_data().write(b"half")));
    client.handshake().unwrap();
    server.early_data().write_all(b"half").unwrap();
    assert!(server.connection().is_connected());
    client.read_exact(&mut [0; 4]).unwrap();
    assert_eq!(server.take_early_data(), REQUEST);
}

/// Early data that is not asked for waits, wherever the stream goes, and is never taken for what was said later.
#[test]
fn a_server_that_does_not_look_loses_and_mixes_nothing() {
    let made = made(1_000);
    let connect = || {
        let connector = Connector::new(made.client.clone()).session(session(&made)).early_data(REQUEST);
        let (mut client, mut server) = start(&connector, &Acceptor::new(made.server.clone()));
        finish(&mut client, &mut server);
        client.write_all(b"later").unwrap();
        (client, server)
    };
    let mut heard = [0; 5];
    let (_client, mut server) = connect();
    server.read_exact(&mut heard).unwrap();
    assert_eq!((&heard, server.take_early_data().as_slice()), (b"later", REQUEST));
    assert!(server.take_early_data().is_empty());

    let (_client, mut server) = connect();
    server.early_data().read_exact(&mut [0; 3]).unwrap();
    assert_eq!(server.into_parts().early_data, &REQUEST[3..]);

    let (client, server) = connect();
    let parts = server.into_parts();
    let (tls, io) = handfast_net::Buffered::from_parts(parts);
    let mut server = Stream::over(io, tls);
    let mut rest = Vec::new();
    server.early_data().read_to_end(&mut rest).unwrap();
    assert_eq!(rest, REQUEST);
    server.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"later");
    drop(client);
}

/// Over sockets, with threads: the stream is there before the handshake is over, and its halves still have what was not read.
#[test]
fn a_stream_that_is_accepted_early() {
    let made = made(1_000);
    let (mut client, mut server) =
        over_loopback((Connector::new(made.client.clone()), Acceptor::new(made.server.clone())));
    server.close().unwrap();
    client.read_to_end(&mut Vec::new()).unwrap();
    let session = client.take_sessions().pop().unwrap();

    let (listener, port) = crate::listen();
    let acceptor = Acceptor::new(made.server);
    let server = std::thread::spawn(move || {
        let mut server = acceptor.accept_early(listener.accept().unwrap().0).unwrap();
        let is_over = server.connection().is_connected();
        server.early_data().read_exact(&mut [0; 4]).unwrap();
        server.early_data().write_all(b"half").unwrap();
        let (mut read, _write) = server.split(TcpStream::try_clone).unwrap();
        let mut heard = [0; 5];
        read.read_exact(&mut heard).unwrap();
        (is_over, heard, read.take_early_data())
    });
    let connector = Connector::new(made.client).session(session).early_data(REQUEST);
    let mut client = connector.connect(("127.0.0.1", port)).unwrap();
    assert_eq!(client.early_outcome(), EarlyOutcome::Accepted { bytes: REQUEST.len() });
    client.read_exact(&mut [0; 4]).unwrap();
    client.write_all(b"later").unwrap();
    let (is_over, heard, early) = server.join().unwrap();
    assert!(!is_over, "the client cannot finish before it has heard the server");
    assert_eq!((&heard, early.as_slice()), (b"later", &REQUEST[4..]));
}

/// Without early data an acceptor that would take it accepts as any.
#[test]
fn a_stream_without_early_data_is_accepted_whole() {
    let made = made(1_000);
    let (listener, port) = crate::listen();
    let acceptor = Acceptor::new(made.server);
    let server = std::thread::spawn(move || {
        let mut server = acceptor.accept_early(listener.accept().unwrap().0).unwrap();
        assert!(server.connection().is_connected());
        assert_eq!(server.early_data().read(&mut [0; 4]).unwrap(), 0);
    });
    let connector = Connector::new(made.client).early_data(REQUEST);
    let client = connector.connect(("127.0.0.1", port)).unwrap();
    assert_eq!(client.early_outcome(), EarlyOutcome::NotSent);
    assert_eq!((client.early_outcome().taken(), client.early_outcome().may_resend()), (0, true));
    server.join().unwrap();
}

/// What a ticket does not allow is not sent early, and the caller knows how much that is.
#[test]
fn as_much_is_sent_as_the_ticket_allows() {
    let made = made(7);
    let connector = Connector::new(made.client.clone()).session(session(&made)).early_data(REQUEST);
    let (mut client, mut server) = start(&connector, &Acceptor::new(made.server));
    finish(&mut client, &mut server);
    assert_eq!(client.early_outcome(), EarlyOutcome::Accepted { bytes: 7 });
    assert_eq!(server.take_early_data(), &REQUEST[..7]);
    client.write_all(&REQUEST[client.early_outcome().taken()..]).unwrap();
    let mut rest = [0; REQUEST.len() - 7];
    server.read_exact(&mut rest).unwrap();
    assert_eq!(rest, REQUEST[7..]);
}

/// Nobody has seen what was rejected, and nothing sends it again but the caller.
#[test]
fn a_second_flight_is_rejected_and_not_sent_again() {
    let made = made(1_000);
    let connector = Connector::new(made.client.clone()).session(session(&made)).early_data(REQUEST);
    let acceptor = Acceptor::new(made.server.clone());
    let (mut client, mut server) = start(&connector, &acceptor);
    assert!(is_not_now(client.handshake()));
    // The same flight reaches two servers.
    let flight = client.get_ref().tap().written();
    let (mut copy, theirs) = Pipe::new();
    copy.write_all(&flight).unwrap();
    acceptor.begin(theirs).unwrap().early_data().read_exact(&mut [0; REQUEST.len()]).unwrap();
    finish(&mut client, &mut server);
    let rejected = EarlyOutcome::Rejected { bytes: REQUEST.len(), why: EarlyRefusal::Declined, same_protocol: true };
    assert_eq!(client.early_outcome(), rejected);
    assert_eq!((rejected.taken(), rejected.may_resend()), (0, true));
    assert_eq!(server.facts().early_data, handfast::EarlyData::Refused(EarlyRefusal::Replayed));
    client.write_all(b"once").unwrap();
    let mut heard = [0; 4];
    server.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"once");
    assert!(is_not_now(server.read(&mut heard)) && server.take_early_data().is_empty());
}

/// What was said in another protocol is not said again (RFC 9846 §4.3.10).
#[test]
fn another_protocol_forbids_to_send_again() {
    let ticketer = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let site = |protocols: [&'static str; 1]| {
        let ticketer = ticketer.clone();
        Setup::default().make_with(
            |client| client,
            |server| {
                let register = Arc::new(StrikeRegister::default().warm_since(0));
                let server = server.sessions(ticketer).early_data(1_000).protocols(protocols);
                server.anti_replay(Resolve::Now(register))
            },
        )
    };
    let (one, other) = (site(["http/1.1"]), site(["h2"]));
    let connector = Connector::new(one.client.clone()).session(session(&one)).early_data(REQUEST);
    let (mut client, mut server) = start(&connector, &Acceptor::new(other.server));
    finish(&mut client, &mut server);
    assert!(client.facts().resumed, "another protocol is only another protocol");
    let rejected = EarlyOutcome::Rejected { bytes: REQUEST.len(), why: EarlyRefusal::Declined, same_protocol: false };
    assert_eq!(client.early_outcome(), rejected);
    assert!(!rejected.may_resend());
    assert_eq!(server.facts().early_data, handfast::EarlyData::Refused(EarlyRefusal::Protocol));
}

/// A HelloRetryRequest is the end of early data, and not of the connection.
#[test]
fn a_retry_rejects() {
    let setup = Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..Setup::default() };
    let made = setup.make_with(|client| client, |server| server.early_data(1_000));
    let connector = Connector::new(made.client.clone()).session(session(&made)).early_data(REQUEST);
    let (mut client, mut server) = start(&connector, &Acceptor::new(made.server));
    finish(&mut client, &mut server);
    assert!(client.facts().retried && client.facts().resumed);
    let rejected = EarlyOutcome::Rejected { bytes: REQUEST.len(), why: EarlyRefusal::Retry, same_protocol: true };
    assert_eq!(client.early_outcome(), rejected);
    client.write_all(b"hello").unwrap();
    server.read_exact(&mut [0; 5]).unwrap();
}
