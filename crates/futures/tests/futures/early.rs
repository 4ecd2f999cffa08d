//! Early data: what comes of it on either side, and that it is nothing else.

use crate::{duplex, name, patience, run, shake_hands};
use handfast::{ClientStart, Session};
use handfast_futures::{Acceptor, Connector, EarlyOutcome};
use handfast_testkit::setup::{Made, Setup};
use smol::channel::bounded;
use smol::future::zip;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use std::io::ErrorKind;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

fn made() -> Made {
    Setup::default().make_with(|client| client, |server| server.early_data(1_000).half_rtt(true))
}

async fn session(made: &Made) -> Session {
    let pair = (Connector::new(made.client.clone()), Acceptor::new(made.server.clone()));
    let (mut client, mut server) = shake_hands(pair, duplex(1 << 16)).await;
    server.close().await.unwrap();
    client.read_to_end(&mut Vec::new()).await.unwrap();
    client.session().expect("a session").clone()
}

/// Both ways at once, through a pipe that holds less than either side says.
#[test]
fn a_server_hears_and_answers_before_the_end_of_the_handshake() {
    run(async {
        let made = made();
        let connector = Connector::new(made.client.clone()).session(session(&made).await).early_data([b'.'; 1_500]);
        let acceptor = Acceptor::new(made.server.clone());
        let (ours, theirs) = duplex(64);
        // The deadline holds something, which is given back at the end of the handshake.
        let (place, is_free) = bounded::<()>(1);
        let deadline = async move {
            patience().await;
            drop(place);
        };
        let server = async {
            let mut server = acceptor.accept_early(theirs, deadline).await.unwrap();
            let mut heard = vec![0; 900];
            server.early_data().read_exact(&mut heard).await.unwrap();
            server.early_data().write_all(b"half").await.unwrap();
            assert!(!server.connection().is_connected(), "the client had not sent it all");
            assert!(!is_free.is_closed());
            server.early_data().read_to_end(&mut heard).await.unwrap();
            let mut rest = Vec::new();
            server.read_to_end(&mut rest).await.unwrap();
            assert!(is_free.is_closed());
            server.close().await.unwrap();
            assert_eq!((heard.len(), rest.len(), server.take_early_data().len()), (1_000, 500, 0));
        };
        let client = async {
            let mut client = connector.connect(ours, name(), patience()).await.unwrap();
            assert_eq!(client.early_outcome(), EarlyOutcome::Accepted { bytes: 1_000 });
            client.write_all(&[b'.'; 500]).await.unwrap();
            client.close().await.unwrap();
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, b"half");
        };
        zip(client, server).await;
    });
}

/// A client that has said something early and then says nothing more runs out of the time of its handshake.
#[test]
fn a_handshake_after_early_data_has_its_deadline() {
    run(async {
        let made = made();
        let start = ClientStart::new(&made.client, name()).session(session(&made).await).unwrap().early_data(true);
        let mut flight = Vec::new();
        start.connect(&mut flight).unwrap().send_early(REQUEST, &mut flight).unwrap();
        let (mut client, theirs) = duplex(1 << 16);
        client.write_all(&flight).await.unwrap();
        let (time_is_up, deadline) = bounded::<()>(1);
        let acceptor = Acceptor::new(made.server.clone());
        let mut server = acceptor.accept_early(theirs, async move { deadline.recv().await }).await.unwrap();
        let mut heard = vec![0; REQUEST.len()];
        server.early_data().read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, REQUEST);
        time_is_up.send(()).await.unwrap();
        // And still when it is asked again.
        for _ in 0..2 {
            assert_eq!(server.read(&mut heard).await.unwrap_err().kind(), ErrorKind::TimedOut);
        }
    });
}
