//! What works.

use crate::{bytes, connected, made, name, over_loopback};
use handfast::{ClientAuth, ServerConfig};
use handfast_net::{Acceptor, Connector};
use handfast_testkit::setup::Setup;
use std::io::{BufRead, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

#[test]
fn a_mebibyte_both_ways_over_tcp() {
    let data = bytes(1 << 20);
    let (mut client, mut server) = connected();
    let echo = thread::spawn(move || {
        let mut heard = Vec::new();
        server.read_to_end(&mut heard).unwrap();
        server.write_all(&heard).unwrap();
        server.close().unwrap();
        server
    });
    client.write_all(&data).unwrap();
    client.close().unwrap();
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    assert!(heard == data);
    let server = echo.join().unwrap();
    assert_eq!(client.bytes_in(), server.bytes_out());
    assert_eq!(client.bytes_out(), server.bytes_in());
    assert!(client.bytes_in() > 1 << 20);
    assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
}

#[test]
fn the_facts_and_the_exporters_agree() {
    let setup = Setup { client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() };
    let made = setup.make();
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    // The server is connected once it has seen the client's Finished; the client's word for that is an answer.
    server.write_all(b".").unwrap();
    client.read_exact(&mut [0]).unwrap();
    let (ours, theirs) = (client.facts(), server.facts());
    assert_eq!(ours.suite, theirs.suite);
    assert_eq!(ours.protocol.as_deref(), Some(&b"http/1.1"[..]));
    assert_eq!(ours.protocol, theirs.protocol);
    assert_eq!(ours.finished_sent(), theirs.finished_received());
    assert!(ours.peer().unwrap().verified && theirs.peer().unwrap().verified);
    let [mut one, mut other] = [[0; 32]; 2];
    client.connection().export(b"EXPERIMENTAL net", None, &mut one).unwrap();
    server.connection().export(b"EXPERIMENTAL net", None, &mut other).unwrap();
    assert_eq!(one, other);
}

#[test]
fn unix_sockets() {
    let made = made();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let acceptor = Acceptor::with_admission(made.admission);
    let server = thread::spawn(move || {
        let mut server = acceptor.accept(theirs).unwrap();
        let mut line = String::new();
        server.read_line(&mut line).unwrap();
        server.write_all(line.to_uppercase().as_bytes()).unwrap();
        server.close().unwrap();
    });
    let mut client = Connector::new(made.client).connect_over(ours, name()).unwrap();
    client.write_all(b"hello\nand more\n").unwrap();
    let mut heard = String::new();
    client.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "HELLO\n");
    server.join().unwrap();
}

#[test]
fn any_transport() {
    let made = made();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let acceptor = Acceptor::new(made.server);
    let server = thread::spawn(move || acceptor.accept_with(theirs).map(drop));
    let client = Connector::new(made.client).connect_with(ours, name()).unwrap();
    assert!(client.connection().is_connected());
    server.join().unwrap().unwrap();
}

/// After close() this side writes no more and reads on (RFC 9846 §6.1).
#[test]
fn a_half_closed_connection_goes_on_in_the_other_direction() {
    let (mut client, mut server) = connected();
    client.close().unwrap();
    client.close().unwrap();
    assert_eq!(client.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(server.read(&mut [0; 9]).unwrap(), 0);
    assert_eq!(server.read(&mut [0; 9]).unwrap(), 0, "and it stays that way");
    for _ in 0..3 {
        server.write_all(b"still here").unwrap();
        let mut heard = [0; 10];
        client.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"still here");
    }
    server.close().unwrap();
    // The end of the transport after close_notify is nobody's fault.
    server.get_ref().shutdown(Shutdown::Both).unwrap();
    assert_eq!(client.read(&mut [0; 9]).unwrap(), 0);
}

#[test]
fn keys_are_updated_in_both_directions() {
    let made = made();
    let (log, other_log) = (made.client_log.clone(), made.server_log.clone());
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    client.update_keys().unwrap();
    client.write_all(b"ping").unwrap();
    server.read_exact(&mut [0; 4]).unwrap();
    server.write_all(b"pong").unwrap();
    client.read_exact(&mut [0; 4]).unwrap();
    for log in [log, other_log] {
        assert_eq!(log.sent().iter().filter(|name| **name == "KeyUpdate").count(), 1);
    }
}

#[test]
fn a_name_that_is_none_is_not_connected_to() {
    let connector = Connector::new(made().client);
    assert_eq!(connector.connect(("no such name", 1)).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// Nagle's algorithm is off unless it was asked for.
#[test]
fn options_reach_the_socket() {
    let (client, server) = connected();
    assert!(client.get_ref().nodelay().unwrap() && server.get_ref().nodelay().unwrap());
    let (connector, acceptor) = crate::pair();
    let (client, server) = over_loopback((connector.nodelay(false), acceptor.nodelay(false)));
    assert!(!client.get_ref().nodelay().unwrap() && !server.get_ref().nodelay().unwrap());
}

/// Streams and what makes them can go where their transport can.
#[test]
fn everything_can_be_sent() {
    fn is_send<T: Send>() {}
    is_send::<handfast_net::Stream<TcpStream>>();
    is_send::<handfast_net::ReadHalf<TcpStream>>();
    is_send::<handfast_net::WriteHalf<TcpStream>>();
    is_send::<Connector>();
    is_send::<Acceptor>();
    is_send::<Arc<ServerConfig>>();
}

/// K4, K5: one connection is watched, and its records are as short as it likes.
#[test]
fn a_stream_is_watched_and_cut_to_size() {
    use handfast_testkit::trace::{Entry, Log};
    let (connector, acceptor) = crate::pair();
    let (listener, port) = crate::listen();
    let (ours, theirs) = (Log::new(), Log::new());
    let seen = theirs.clone();
    let server = thread::spawn(move || {
        let mut stream = acceptor.begin(listener.accept().unwrap().0).unwrap();
        stream.trace(seen);
        stream.handshake().unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        heard.len()
    });
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut client = connector.clone().trace(ours.clone()).connect_over(socket, name()).unwrap();
    let before = client.bytes_out();
    client.max_send_fragment(100);
    client.write_all(&[7; 1_000]).unwrap();
    // Ten records of a header, a hundred bytes, their type and their tag.
    assert_eq!(client.bytes_out() - before, 10 * (5 + 100 + 1 + 16));
    client.close().unwrap();
    assert_eq!(server.join().unwrap(), 1_000);
    assert_eq!(ours.sent().first(), Some(&"ClientHello"));
    assert_eq!(theirs.sent().first(), Some(&"ServerHello"));
    assert!(matches!(ours.entries().last(), Some(Entry::Alert(..))));
}
