//! One thread reads while another writes.

use crate::{bytes, connected, made, over_loopback};
use handfast::wire::{AlertDescription, Violation};
use handfast::{Error, Event, Received};
use handfast_net::{Acceptor, Connector, Parts, Stream, tls_error};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};

/// Sends `data` in one thread and receives as much in another.
fn both_ways(stream: Stream<TcpStream>, data: Vec<u8>) -> [JoinHandle<Vec<u8>>; 2] {
    let (mut read, mut write) = stream.split(TcpStream::try_clone).unwrap();
    let sender = thread::spawn(move || {
        for piece in data.chunks(100_000) {
            write.update_keys().unwrap();
            write.write_all(piece).unwrap();
        }
        write.close().unwrap();
        data
    });
    let receiver = thread::spawn(move || {
        let mut heard = Vec::new();
        read.read_to_end(&mut heard).unwrap();
        heard
    });
    [sender, receiver]
}

/// Both sides send more than any buffer on the way holds before they could have read: with one thread each they would
/// wait for each other.
#[test]
fn both_sides_send_at_once() {
    let (client, server) = connected();
    let [sent, heard] = both_ways(client, bytes(8 << 20));
    let [other_sent, other_heard] = both_ways(server, bytes(7 << 20));
    assert!(sent.join().unwrap() == other_heard.join().unwrap());
    assert!(other_sent.join().unwrap() == heard.join().unwrap());
}

#[test]
fn what_was_read_before_is_not_lost() {
    let (mut client, mut server) = connected();
    server.write_all(b"hello").unwrap();
    client.read_exact(&mut [0; 2]).unwrap();
    let (mut read, mut write) = client.split(TcpStream::try_clone).unwrap();
    server.close().unwrap();
    let mut heard = Vec::new();
    read.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"llo");
    assert!(read.facts().suite.is_some());
    assert_eq!(read.bytes_in(), server.bytes_out());
    write.write_all(b"and good bye").unwrap();
    server.read_exact(&mut [0; 12]).unwrap();
    assert_eq!(write.bytes_out(), server.bytes_in());
    write.close().unwrap();
    assert_eq!(write.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(server.read(&mut [0]).unwrap(), 0);
}

/// What the reading half owes is done before the next data (RFC 9846 §4.7.3).
#[test]
fn an_update_that_was_asked_for_comes_before_the_next_data() {
    let made = made();
    let log = made.server_log.clone();
    let (mut client, server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server)));
    let (mut read, mut write) = server.split(TcpStream::try_clone).unwrap();
    // The later ones do not ask, because the first is not answered; that they come last must not hide it, whether they come
    // with it or with the next read.
    client.update_keys().unwrap();
    client.update_keys().unwrap();
    client.write_all(b"ping").unwrap();
    read.read_exact(&mut [0; 4]).unwrap();
    client.update_keys().unwrap();
    client.write_all(b"ping").unwrap();
    read.read_exact(&mut [0; 4]).unwrap();
    assert!(!log.sent().contains(&"KeyUpdate"), "reading sends nothing");
    write.write_all(b"pong").unwrap();
    client.read_exact(&mut [0; 4]).unwrap();
    assert_eq!(log.sent().last(), Some(&"KeyUpdate"));
}

/// The alert of a connection that fails goes out though nobody writes.
#[test]
fn a_failure_is_told_to_the_peer() {
    let (client, server) = connected();
    let (mut read, mut write) = server.split(TcpStream::try_clone).unwrap();
    let mut parts = client.into_parts();
    parts.io.write_all(&[23, 3, 3, 0, 20]).unwrap();
    parts.io.write_all(&[0; 20]).unwrap();
    let error = read.read(&mut [0; 9]).unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::BadRecordMac))), "{error}");
    // The tickets come first.
    let error = loop {
        let mut some = [0; 1024];
        let len = parts.io.read(&mut some).unwrap();
        parts.received.extend_from_slice(&some[..len]);
        match next(&mut parts) {
            Ok(()) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Alert(AlertDescription::BAD_RECORD_MAC)), "{error}");
    assert!(write.write(b"more").is_err());
}

/// Feeds the engine all that was received.
fn next(parts: &mut Parts<TcpStream>) -> Result<(), Error> {
    loop {
        let Received { consumed, event } = parts.connection.receive(&mut parts.received, &mut Vec::new())?;
        let is_all = matches!(event, Event::NeedInput { .. });
        parts.received.drain(..consumed);
        if is_all {
            return Ok(());
        }
    }
}

#[test]
fn an_end_without_close_notify_is_no_end() {
    let (client, server) = connected();
    let (mut read, _write) = client.split(TcpStream::try_clone).unwrap();
    drop(server);
    let mut heard = Vec::new();
    assert_eq!(read.read_to_end(&mut heard).unwrap_err().kind(), ErrorKind::UnexpectedEof);
}
