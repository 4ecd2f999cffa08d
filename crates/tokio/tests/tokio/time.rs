//! Handshakes that take too long (docs/regressions.md row 16). The clock is the test's: it moves when nothing else does.

use crate::{name, pair};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing() {
    for (timeout, expected) in [(None, None), (Some(Some(7 * SECOND)), Some(7)), (Some(None), None)] {
        let (mut connector, mut acceptor) = pair();
        if let Some(timeout) = timeout {
            connector = connector.handshake_timeout(timeout);
            acceptor = acceptor.handshake_timeout(timeout);
        }
        // 120 seconds are the default (FEATURES K6); for ever is longer than any of that.
        let expected = Duration::from_secs(expected.unwrap_or(if timeout.is_none() { 120 } else { 1_000_000 }));
        let (ours, _theirs) = tokio::io::duplex(1 << 16);
        let (theirs, _ours) = tokio::io::duplex(1 << 16);
        let start = Instant::now();
        let patience = sleep(1_000_000 * SECOND);
        let (client, server) = tokio::join!(
            async {
                tokio::select!(it = connector.connect_over(ours, name()) => Some((it, start.elapsed())), () = patience => None)
            },
            async {
                tokio::select!(it = acceptor.accept(theirs) => Some((it, start.elapsed())), () = sleep(1_000_000 * SECOND) => None)
            },
        );
        let (client, server) = (
            client.map(|(outcome, elapsed)| (outcome.unwrap_err().kind(), elapsed)),
            server.map(|(outcome, elapsed)| (outcome.unwrap_err().kind(), elapsed)),
        );
        for side in [client, server] {
            assert_eq!(side.is_none(), timeout == Some(None), "{timeout:?}");
            if let Some((kind, elapsed)) = side {
                assert_eq!(kind, ErrorKind::TimedOut);
                assert!(elapsed >= expected && elapsed < expected + SECOND, "{elapsed:?}");
            }
        }
    }
}

/// A byte now and then is progress for a timeout, and none for a deadline.
#[tokio::test(start_paused = true)]
async fn a_client_that_sends_byte_by_byte() {
    let (_, acceptor) = pair();
    let (mut ours, theirs) = tokio::io::duplex(1 << 16);
    let drip = async {
        for byte in [22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc].into_iter().chain(std::iter::repeat(0)) {
            if ours.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(SECOND).await;
        }
    };
    let start = Instant::now();
    let outcome = tokio::select!(outcome = acceptor.accept(theirs) => outcome, () = drip => unreachable!());
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(start.elapsed() < 121 * SECOND);
}

/// Time spent between the ClientHello and the choice of a configuration is the handshake's.
#[tokio::test(start_paused = true)]
async fn a_choice_that_takes_too_long() {
    let made = crate::made();
    let (connector, acceptor) = pair();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let client = tokio::spawn(async move { connector.handshake_timeout(None).connect_over(ours, name()).await });
    let hello = acceptor.hello(theirs).await.unwrap();
    sleep(121 * SECOND).await;
    assert_eq!(hello.serve(made.server).await.unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(client.await.unwrap().unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

/// Who waits for a place among the handshakes waits within the handshake's time, however well it behaves.
#[tokio::test(start_paused = true)]
async fn a_place_that_does_not_come() {
    let (connector, acceptor) = pair();
    let acceptor = acceptor.max_handshakes(1).handshake_timeout(None);
    let (_ours, silent) = tokio::io::duplex(1 << 16);
    let first = acceptor.clone();
    let first = tokio::spawn(async move { first.accept(silent).await });
    tokio::task::yield_now().await;
    let (ours, waiting) = tokio::io::duplex(1 << 16);
    let client = tokio::spawn(async move { connector.connect_over(ours, name()).await });
    let error = acceptor.handshake_timeout(Some(SECOND)).accept(waiting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(client.await.unwrap().is_err());
    first.abort();
}
