//! Handshakes that take too long (docs/regressions.md row 16). Time is what the test says it is.

use crate::{duplex, name, pair, run};
use smol::channel::bounded;
use smol::future::{or, poll_once, ready, yield_now, zip};
use smol::io::AsyncWriteExt;
use std::future::pending;
use std::io::ErrorKind;
use std::pin::pin;

#[test]
fn a_peer_that_says_nothing() {
    run(async {
        let (connector, acceptor) = pair();
        let ((ours, _theirs), (theirs, _ours)) = (duplex(1 << 16), duplex(1 << 16));
        let (client, server) =
            zip(connector.connect(ours, name(), ready(())), acceptor.accept(theirs, ready(()))).await;
        assert_eq!(client.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(server.unwrap_err().kind(), ErrorKind::TimedOut);
    });
}

/// Without a deadline there is none.
#[test]
fn a_peer_that_says_nothing_for_ever() {
    run(async {
        let (connector, acceptor) = pair();
        let ((ours, _theirs), (theirs, _ours)) = (duplex(1 << 16), duplex(1 << 16));
        let mut client = pin!(connector.connect(ours, name(), pending::<()>()));
        let mut server = pin!(acceptor.accept(theirs, pending::<()>()));
        for _ in 0..100 {
            assert!(poll_once(&mut client).await.is_none() && poll_once(&mut server).await.is_none());
        }
    });
}

/// A byte now and then is no reason to wait longer.
#[test]
fn a_client_that_sends_byte_by_byte() {
    run(async {
        let (_, acceptor) = pair();
        let (mut ours, theirs) = duplex(1 << 16);
        let (time_is_up, deadline) = bounded::<()>(1);
        let drip = async {
            for (sent, byte) in [22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc].into_iter().chain([0; 100]).enumerate() {
                ours.write_all(&[byte]).await.unwrap();
                if sent == 50 {
                    time_is_up.send(()).await.unwrap();
                }
                yield_now().await;
            }
            panic!("it went on")
        };
        let outcome = or(acceptor.accept(theirs, async { deadline.recv().await }), drip).await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut);
    });
}
