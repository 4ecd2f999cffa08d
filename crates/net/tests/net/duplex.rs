//! Both ends in memory.

use crate::{bytes, name, pair};
use handfast_net::{Duplex, Socket, Stream, Timeouts, duplex};
use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

/// Short, so that the tests are; nothing is measured.
const SHORT: Option<Duration> = Some(Duration::from_millis(50));

fn connected(room: usize) -> (Stream<Duplex>, Stream<Duplex>) {
    let (connector, acceptor) = pair();
    let (ours, theirs) = duplex(room);
    let server = thread::spawn(move || acceptor.accept(theirs).expect("a handshake"));
    (connector.connect_over(ours, name()).expect("a handshake"), server.join().expect("a server"))
}

/// Through a pipe narrower than a record, from the handshake on, with a thread for each direction of one side.
#[test]
fn a_narrow_pipe() {
    for room in [0, 5_000] {
        let (client, mut server) = connected(room);
        let data = bytes(50_000);
        let (mut read, mut write) = client.split(|io| Ok(io.clone())).unwrap();
        let sent = data.clone();
        let sender = thread::spawn(move || {
            write.write_all(&sent).unwrap();
            write.close().unwrap();
        });
        let echo = thread::spawn(move || {
            let mut heard = Vec::new();
            server.read_to_end(&mut heard).unwrap();
            server.write_all(&heard).unwrap();
            server.close().unwrap();
        });
        let mut heard = Vec::new();
        read.read_to_end(&mut heard).unwrap();
        assert!(heard == data, "{room}");
        sender.join().unwrap();
        echo.join().unwrap();
    }
}

/// docs/regressions.md row 76.
#[test]
fn an_end_without_close_notify_is_no_end() {
    let (mut client, mut server) = connected(1 << 16);
    server.write_all(b"half a sen").unwrap();
    drop(server);
    let mut heard = Vec::new();
    assert_eq!(client.read_to_end(&mut heard).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(heard, b"half a sen");
    client.write_all(b"hello").unwrap_or_default();
    assert_eq!(client.flush().unwrap_err().kind(), ErrorKind::BrokenPipe);
}

/// Waiting has an end where it is given one: also a handshake with somebody who says nothing, or hears nothing.
#[test]
fn time_runs_out() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = duplex(0);
    let error = connector.handshake_timeout(SHORT).connect_over(ours.clone(), name()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let (mut ours, mut theirs) = (ours, theirs);
    ours.set_timeouts(Timeouts { read: SHORT, write: SHORT }).unwrap();
    assert_eq!(ours.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    ours.write_all(&[0; 10_000]).unwrap_err();
    assert_eq!(ours.write(&[0]).unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!((ours.read(&mut []).unwrap(), ours.write(&[]).unwrap()), (0, 0));
    theirs.read_exact(&mut [0; 4]).unwrap();
    assert_eq!(ours.write(&[0; 100]).unwrap(), 4);
    let (_ours, theirs) = duplex(1 << 16);
    assert_eq!(acceptor.handshake_timeout(SHORT).accept(theirs).unwrap_err().kind(), ErrorKind::TimedOut);
}
