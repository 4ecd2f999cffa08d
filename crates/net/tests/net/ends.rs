//! How connections end.

use crate::{connected, made, name, pair, patiently};
use handfast::wire::AlertDescription;
use handfast::{Error, Truncated};
use handfast_net::{Acceptor, Connector, Stream, tls_error};
use handfast_testkit::pipe::Pipe;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

/// docs/regressions.md row 76.
#[test]
fn an_end_without_close_notify_is_no_end() {
    let (mut client, mut server) = connected();
    server.write_all(b"half a sen").unwrap();
    server.get_ref().shutdown(Shutdown::Both).unwrap();
    let mut heard = Vec::new();
    let error = client.read_to_end(&mut heard).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.get_ref().unwrap().is::<Truncated>());
    assert_eq!(heard, b"half a sen");
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::UnexpectedEof, "and it stays that way");
}

/// A handshake that is not complete yet, driven until neither side gets on.
fn drive(client: &mut Stream<Pipe>, server: &mut Stream<Pipe>) {
    for _ in 0..2 {
        for side in [&mut *client, &mut *server] {
            let _ = side.handshake();
        }
    }
}

/// docs/regressions.md row 14: close_notify at every step of a handshake, from either side.
#[test]
fn close_notify_in_a_handshake_ends_it() {
    // How many records of the server's flight the client sees before somebody closes.
    for records in 0..4 {
        for client_closes in [true, false] {
            let (connector, acceptor) = pair();
            let (ours, theirs) = Pipe::new();
            let mut client = connector.begin(ours, name()).unwrap();
            let mut server = acceptor.begin(theirs).unwrap();
            let _ = client.handshake();
            if records > 0 {
                let _ = server.handshake();
                let flight = server.get_ref().tap().take_back();
                let len = (1..records).fold(0, |at, _| after_record(&flight, at));
                server.get_mut().write_all(&flight[..len]).unwrap();
                let _ = client.handshake();
            }
            let (closing, other) = if client_closes { (&mut client, &mut server) } else { (&mut server, &mut client) };
            closing.close().unwrap();
            let error = patiently(|| other.handshake()).unwrap_err();
            let error = tls_error(&error).unwrap_or_else(|| panic!("{records} {client_closes}: {error}"));
            match (client_closes, error) {
                (true, Error::Alert(AlertDescription::CLOSE_NOTIFY)) => {}
                // Before its ServerHello the server's alert is in the clear.
                (false, Error::Alert(AlertDescription::CLOSE_NOTIFY)) if records == 0 => {}
                // After it, the alert is under a key that the client has no use for yet.
                (false, Error::Peer(_)) if records > 0 => {}
                (_, error) => panic!("{records} {client_closes}: {error}"),
            }
        }
    }
}

/// The offset behind the record at `at`.
fn after_record(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at + 3..at + 5) {
        Some(length) => at + 5 + usize::from(u16::from_be_bytes([length[0], length[1]])),
        None => at,
    }
}

/// The error is the engine's own, and the peer hears of it.
#[test]
fn a_fatal_error_says_so_to_the_peer() {
    let (connector, _) = pair();
    let other = handfast_testkit::setup::Setup { key: handfast::crypto::KeyKind::P384, ..Default::default() }.make();
    let (ours, theirs) = Pipe::new();
    let mut client = connector.begin(ours, name()).unwrap();
    let mut server = Acceptor::new(other.server).begin(theirs).unwrap();
    let _ = client.handshake();
    let _ = server.handshake();
    let error = client.handshake().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(matches!(tls_error(&error), Some(Error::Certificate(_))), "{error}");
    let again = client.write(b"nobody should see this").unwrap_err();
    assert_eq!(tls_error(&again).unwrap().code(), tls_error(&error).unwrap().code());
    let error = server.handshake().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    assert!(matches!(tls_error(&error), Some(Error::Alert(_))), "{error}");
}

/// When the peer hangs up in a handshake, what it said last is worth more than the broken pipe.
#[test]
fn the_last_word_of_a_peer_that_hung_up_is_heard() {
    let (connector, _) = pair();
    let (ours, mut theirs) = Pipe::new();
    let mut client = connector.begin(ours, name()).unwrap();
    theirs.write_all(&[21, 3, 3, 0, 2, 2, AlertDescription::UNRECOGNIZED_NAME.0]).unwrap();
    drop(theirs);
    let error = client.handshake().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::UNRECOGNIZED_NAME))), "{error}");

    let (ours, theirs) = Pipe::new();
    let mut client = connector.begin(ours, name()).unwrap();
    drop(theirs);
    assert_eq!(client.handshake().unwrap_err().kind(), ErrorKind::BrokenPipe, "without a last word, how it ended");
}

/// What cannot be sent any more keeps nothing from being read.
#[test]
fn what_came_before_the_peer_hung_up_can_be_read() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = Pipe::new();
    let mut client = connector.begin(ours, name()).unwrap();
    let mut server = acceptor.begin(theirs).unwrap();
    drive(&mut client, &mut server);
    server.write_all(b"bye").unwrap();
    server.close().unwrap();
    drop(server);
    // Accepted, because it has been sealed; that nobody wants it is the next call's to tell.
    client.write_all(b"are you there?").unwrap();
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"bye");
    assert_eq!(client.flush().unwrap_err().kind(), ErrorKind::BrokenPipe);
}

/// docs/regressions.md row 73: what somebody put before the handshake (of a STARTTLS, say) is neither data nor skipped.
#[test]
fn what_comes_before_the_handshake_is_an_error() {
    for injected in [&b"EHLO evil\r\n"[..], b"a1 OK\r\n", &[23, 3, 3, 0, 2, b'h', b'i']] {
        let (connector, acceptor) = pair();
        let (ours, theirs) = Pipe::new();
        let mut client = connector.begin(ours, name()).unwrap();
        client.get_mut().write_all(injected).unwrap();
        let mut server = acceptor.begin(theirs).unwrap();
        assert_eq!(client.handshake().unwrap_err().kind(), ErrorKind::WouldBlock);
        let error = server.read(&mut [0; 64]).unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Peer(_))), "{error}");
        assert!(tls_error(&client.handshake().unwrap_err()).is_some());
    }
}

#[test]
fn a_peer_that_speaks_something_else_is_told_apart() {
    for greeting in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"220 mail.example\r\n"] {
        let (ours, mut theirs) = Pipe::new();
        let mut client = Connector::new(made().client).begin(ours, name()).unwrap();
        theirs.write_all(greeting).unwrap();
        let error = client.handshake().unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Peer(_))), "{error}");
    }
}
