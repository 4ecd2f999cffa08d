//! Early data: what comes of it on either side, and that it is nothing else.

use crate::{name, over_loopback};
use handfast::{ClientStart, EarlyRefusal, Session};
use handfast_testkit::setup::{Made, Setup};
use handfast_tokio::{Acceptor, Connector, EarlyOutcome};
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

fn made() -> Made {
    Setup::default().make_with(|client| client, |server| server.early_data(1_000).half_rtt(true))
}

async fn session(made: &Made) -> Session {
    let (connector, acceptor) = (Connector::new(made.client.clone()), Acceptor::new(made.server.clone()));
    let (mut client, mut server) = over_loopback((connector, acceptor)).await;
    server.shutdown().await.unwrap();
    client.read_to_end(&mut Vec::new()).await.unwrap();
    client.session().expect("a session").clone()
}

/// Both ways at once, through a pipe that holds less than either side says.
#[tokio::test]
async fn a_server_hears_and_answers_before_the_end_of_the_handshake() {
    let made = made();
    let connector = Connector::new(made.client.clone()).session(session(&made).await).early_data([b'.'; 1_500]);
    let acceptor = Acceptor::new(made.server.clone());
    let (ours, theirs) = tokio::io::duplex(64);
    let server = tokio::spawn(async move {
        let mut server = acceptor.accept_early(theirs).await.unwrap();
        let mut heard = vec![0; 900];
        server.early_data().read_exact(&mut heard).await.unwrap();
        server.early_data().write_all(b"half").await.unwrap();
        let was_over = server.connection().is_connected();
        server.early_data().read_to_end(&mut heard).await.unwrap();
        let mut rest = Vec::new();
        server.read_to_end(&mut rest).await.unwrap();
        server.shutdown().await.unwrap();
        (was_over, heard.len(), rest, server.take_early_data().len())
    });
    let mut client = connector.connect_over(ours, name()).await.unwrap();
    assert_eq!(client.early_outcome(), EarlyOutcome::Accepted { bytes: 1_000 });
    client.write_all(&[b'.'; 500]).await.unwrap();
    client.shutdown().await.unwrap();
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"half");
    let (was_over, early, rest, left) = server.await.unwrap();
    assert!(!was_over, "the client had not sent it all");
    assert_eq!((early, rest.len(), left), (1_000, 500, 0));
}

/// A client that has said something early and then says nothing more runs out of the time of its handshake, and gives its place
/// up.
#[tokio::test]
async fn a_handshake_after_early_data_has_its_deadline() {
    let made = made();
    let start = ClientStart::new(&made.client, name()).session(session(&made).await).unwrap().early_data(true);
    let mut flight = Vec::new();
    start.connect(&mut flight).unwrap().send_early(REQUEST, &mut flight).unwrap();
    tokio::time::pause();
    let acceptor = Acceptor::new(made.server.clone()).max_handshakes(1);
    let (mut client, theirs) = tokio::io::duplex(64 * 1024);
    client.write_all(&flight).await.unwrap();
    let mut server = acceptor.accept_early(theirs).await.unwrap();
    let mut heard = vec![0; REQUEST.len()];
    server.early_data().read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, REQUEST);
    assert_eq!(server.read(&mut heard).await.unwrap_err().kind(), ErrorKind::TimedOut);
}

/// Early data that is not asked for waits, and is never taken for what was said later.
#[tokio::test]
async fn a_server_that_does_not_look_loses_and_mixes_nothing() {
    let made = made();
    let connector = Connector::new(made.client.clone()).session(session(&made).await).early_data(REQUEST);
    let (mut client, mut server) = over_loopback((connector, Acceptor::new(made.server.clone()))).await;
    client.write_all(b"later").await.unwrap();
    let mut heard = [0; 5];
    server.read_exact(&mut heard).await.unwrap();
    assert_eq!((&heard, server.take_early_data().as_slice()), (b"later", REQUEST));
}

#[tokio::test]
async fn what_is_rejected_is_the_callers() {
    let made = made();
    let session = session(&made).await;
    for (first, outcome) in [
        (true, EarlyOutcome::Accepted { bytes: REQUEST.len() }),
        (false, EarlyOutcome::Rejected { bytes: REQUEST.len(), why: EarlyRefusal::Declined, same_protocol: true }),
    ] {
        // The same ClientHello, since randomness repeats itself with the configuration.
        let again = Setup::default().make();
        let connector = Connector::new(again.client).session(session.clone()).early_data(REQUEST);
        let (client, mut server) = over_loopback((connector, Acceptor::new(made.server.clone()))).await;
        assert_eq!(client.early_outcome(), outcome);
        assert_eq!(server.take_early_data().is_empty(), !first);
    }
}
