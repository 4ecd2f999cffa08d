//! Sessions of TLS 1.2, and another handshake on the same connection.

use crate::{name, over_loopback};
use handfast::{ClientAuth, Error, Usage, Version};
use handfast_net::{Acceptor, Connector, error_code, server_name, tls_error};
use handfast_testkit::pipe::Pipe;
use handfast_testkit::setup::{Made, Setup};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

fn made(version: Version) -> Made {
    Setup::default().make_with(|client| client.versions(version, version), |server| server.versions(version, version))
}

/// A session is there when the handshake is complete, before anything is read, and the next connection resumes it.
#[test]
fn a_session_is_offered_again() {
    let made = made(Version::Tls12);
    let (connector, acceptor) = (Connector::new(made.client), Acceptor::new(made.server));
    let (client, _) = over_loopback((connector.clone(), acceptor.clone()));
    assert!(!client.facts().resumed);
    let session = client.session().expect("a session").clone();
    let (client, server) = over_loopback((connector.session(session), acceptor));
    assert!(client.facts().resumed && server.facts().resumed);
    assert!(client.session().is_none(), "the old one is still good");
    assert!(server.session().is_none());
}

#[test]
fn a_session_that_must_not_be_offered_is_an_error() {
    let made = made(Version::Tls12);
    let connector = Connector::new(made.client);
    let (client, _) = over_loopback((connector.clone(), Acceptor::new(made.server)));
    let connector = connector.session(client.session().expect("a session").clone());
    let error = connector.begin(Pipe::new().0, name()).expect_err("another name");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(matches!(tls_error(&error), Some(Error::Usage(Usage::Session))), "{error}");
    let same = server_name("127.0.0.1").expect("an address");
    assert!(connector.begin(Pipe::new().0, same).is_ok());
}

/// RFC 9846 §4.7.2: data that comes before the answer is read first, and not lost.
#[test]
fn a_server_asks_for_a_certificate_after_the_handshake() {
    let setup = Setup { client_certificate: true, client_protocols: vec![], ..Setup::default() };
    let made = setup.make_with(|client| client.post_handshake_auth(true), |server| server);
    let stricter = Setup { client_auth: ClientAuth::Require, ..setup }.make().server;
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    client.write_all(b"a request").unwrap();
    let client = std::thread::spawn(move || {
        let mut answer = [0; 6];
        client.read_exact(&mut answer).map(|()| answer)
    });
    server.request_certificate(stricter).unwrap();
    assert!(server.awaits_certificate());
    let mut heard = Vec::new();
    while !server.await_certificate().unwrap() {
        assert!(server.awaits_certificate());
        let mut some = [0; 4];
        let len = server.read(&mut some).unwrap();
        heard.extend_from_slice(&some[..len]);
    }
    assert!(server.facts().peer().unwrap().verified);
    assert_eq!(heard, b"a request");
    server.write_all(b"answer").unwrap();
    assert_eq!(&client.join().unwrap().unwrap(), b"answer");
}

/// One that closes instead, and one that cannot be asked.
#[test]
fn a_client_that_does_not_answer() {
    let setup = Setup { client_certificate: true, client_protocols: vec![], ..Setup::default() };
    let made = setup.make_with(|client| client.post_handshake_auth(true), |server| server);
    let stricter = Setup { client_auth: ClientAuth::Require, ..setup.clone() }.make().server;
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    client.close().unwrap();
    server.request_certificate(stricter.clone()).unwrap();
    assert_eq!(server.await_certificate().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    // No half could answer, or take the answer, and nobody waits for that to change.
    for end in [client, server] {
        assert_eq!(error_code(&end.split(TcpStream::try_clone).unwrap_err()), "Undivided");
    }

    let made = setup.make();
    let (_client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    let error = server.request_certificate(stricter).unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Usage(Usage::NoCertificateRequest))), "{error}");
    assert!(!server.awaits_certificate());
}

#[cfg(feature = "legacy")]
fn renegotiating() -> Made {
    renegotiating_with(ClientAuth::None)
}

#[cfg(feature = "legacy")]
fn renegotiating_with(client_auth: ClientAuth) -> Made {
    use handfast::legacy::{RenegotiationLimit, dangerous_legacy};

    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    Setup { client_auth, client_certificate: true, ..Setup::default() }.make_with(
        |client| client.versions(Version::Tls12, Version::Tls12).legacy(legacy()),
        |server| server.versions(Version::Tls12, Version::Tls12).legacy(legacy()),
    )
}

/// What comes before the server's answer is read first, and not lost.
#[cfg(feature = "legacy")]
#[test]
fn a_connection_is_negotiated_anew_with_data_in_between() {
    let made = renegotiating();
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    server.write_all(b"before").unwrap();
    let server = std::thread::spawn(move || {
        let mut heard = [0; 5];
        server.read_exact(&mut heard).unwrap();
        server.write_all(&heard).unwrap();
        server.facts().renegotiations
    });
    client.renegotiate().unwrap();
    assert!(client.is_renegotiating(), "there is data to read");
    let mut heard = [0; 6];
    client.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"before");
    client.renegotiate().unwrap();
    assert!(!client.is_renegotiating());
    assert_eq!(client.facts().renegotiations, 1);
    client.write_all(b"after").unwrap();
    client.read_exact(&mut heard[..5]).unwrap();
    assert_eq!(&heard[..5], b"after");
    assert_eq!(server.join().unwrap(), 1);
}

/// The server is the last to send. It has sent all of it, whatever it does next.
#[cfg(feature = "legacy")]
#[test]
fn a_server_negotiates_anew() {
    let made = renegotiating();
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    let client = std::thread::spawn(move || client.read(&mut [0]).map_err(|error| error.kind()));
    server.renegotiate().unwrap();
    assert!(!server.is_renegotiating());
    let parts = server.into_parts();
    assert!(parts.unsent.is_empty());
    drop(parts);
    assert_eq!(client.join().unwrap(), Err(ErrorKind::UnexpectedEof));
}

/// What the first handshake did not ask for: the client's certificate.
#[cfg(feature = "legacy")]
#[test]
fn a_server_asks_for_a_certificate_later() {
    let made = renegotiating();
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    assert!(server.facts().peer().is_none());
    let stricter = renegotiating_with(ClientAuth::Require).server;
    // A client has nothing to ask for.
    let error = client.request_renegotiation(stricter.clone()).unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Usage(Usage::NoRenegotiation))) && !client.is_renegotiating());
    let client = std::thread::spawn(move || client.read(&mut [0]).map_err(|error| error.kind()));
    server.request_renegotiation(stricter).unwrap();
    assert!(server.is_renegotiating());
    server.renegotiate().unwrap();
    assert!(!server.is_renegotiating());
    assert!(server.facts().peer().unwrap().verified && server.facts().renegotiations == 1);
    drop(server);
    assert_eq!(client.join().unwrap(), Err(ErrorKind::UnexpectedEof));
}

/// Where it is disabled the client's wish ends the connection, whatever the configuration says.
#[cfg(feature = "legacy")]
#[test]
fn a_connection_that_was_told_not_to() {
    let made = renegotiating();
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    server.disable_renegotiation();
    let server = std::thread::spawn(move || server.read(&mut [0]).map_err(|error| error_code(&error)));
    let error = client.renegotiate().unwrap_err();
    assert_eq!(error_code(&error), "no_renegotiation");
    assert_eq!(server.join().unwrap(), Err("Renegotiation".into()));
}

/// A peer that closes has ended what was begun.
#[cfg(feature = "legacy")]
#[test]
fn a_peer_that_closes_negotiates_nothing() {
    let made = renegotiating();
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    client.close().unwrap();
    assert_eq!(server.renegotiate().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert!(!server.is_renegotiating());
}

#[cfg(feature = "legacy")]
#[test]
fn a_connection_that_cannot_be_negotiated_anew_says_so() {
    for version in [Version::Tls12, Version::Tls13] {
        let made = made(version);
        let (mut client, _server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
        let error = client.renegotiate().unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Usage(Usage::NoRenegotiation))), "{version:?} {error}");
        assert!(!client.is_renegotiating());
    }
}
