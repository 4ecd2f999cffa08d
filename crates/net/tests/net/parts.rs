//! A stream taken apart loses nothing.

use crate::{name, pair};
use handfast::{Event, Received};
use handfast_testkit::pipe::Pipe;
use std::io::{BufRead, Read, Write};

#[test]
fn what_was_read_and_not_used_is_handed_back() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = Pipe::new();
    let mut client = connector.begin(ours, name()).unwrap();
    let mut server = acceptor.begin(theirs).unwrap();
    for _ in 0..2 {
        let _ = client.handshake();
        let _ = server.handshake();
    }
    for word in ["hello", "world"] {
        server.write_all(word.as_bytes()).unwrap();
    }
    assert_eq!(client.fill_buf().unwrap(), b"hello");
    client.read_exact(&mut [0; 2]).unwrap();
    let mut parts = client.into_parts();
    assert_eq!(parts.plaintext, b"llo");
    assert_eq!(parts.unsent, b"");
    let Received { consumed, event: Event::Data { bytes, .. } } =
        parts.connection.receive(&mut parts.received, &mut Vec::new()).unwrap()
    else {
        panic!("data was expected");
    };
    assert_eq!(bytes, b"world");
    assert_eq!(consumed, parts.received.len());
    // The transport is as usable as before.
    parts.io.write_all(&[23, 3, 3]).unwrap();
}

#[test]
fn what_was_sealed_and_not_sent_is_handed_back() {
    let (connector, _) = pair();
    let (ours, theirs) = Pipe::new();
    let parts = connector.begin(ours, name()).unwrap().into_parts();
    assert_eq!(parts.unsent[0], 22, "a ClientHello");
    assert_eq!(theirs.tap().written(), b"");
    assert_eq!(parts.io.tap().written(), b"");
}
