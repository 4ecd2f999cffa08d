//! Handshakes that stand still after the ClientHello.

use crate::{made, name, pair};
use handfast::Error;
use handfast::wire::{AlertDescription, Violation};
use handfast_testkit::setup::{Mode, Setup};
use handfast_testkit::world::NAME;
use handfast_tokio::{Acceptor, Connector, tls_error};
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn the_configuration_is_chosen_in_between() {
    // Whatever the acceptor has itself is not asked.
    for acceptor in [pair().1, Acceptor::with_admission(Setup { mode: Mode::Ask, ..Setup::default() }.make().admission)]
    {
        let made = made();
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let connector = Connector::new(made.client);
        let (client, server) = tokio::join!(connector.connect_over(ours, name()), async {
            let hello = acceptor.hello(theirs).await.unwrap();
            assert_eq!(hello.view().server_name().as_deref(), Some(NAME));
            assert!(hello.view().protocols().eq([&b"h2"[..], b"http/1.1"]));
            hello.serve(made.server).await
        });
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        server.write_all(b"hello").await.unwrap();
        server.flush().await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
    }
}

#[tokio::test]
async fn a_client_that_nobody_wants_is_told() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (client, refused) = tokio::join!(connector.connect_over(ours, name()), async {
        acceptor.hello(theirs).await.unwrap().refuse(AlertDescription::UNRECOGNIZED_NAME).await
    });
    refused.unwrap();
    let error = client.unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::UNRECOGNIZED_NAME))), "{error}");
}

/// Who waits for its configuration keeps its place among the handshakes.
#[tokio::test]
async fn a_hello_keeps_its_place() {
    let (connector, acceptor) = pair();
    let acceptor = acceptor.max_handshakes(1);
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let client = tokio::spawn(async move { connector.connect_over(ours, name()).await });
    let hello = acceptor.hello(theirs).await.unwrap();
    // The next client talks at once, and waits all the same.
    let (ours, waiting) = tokio::io::duplex(1 << 16);
    let other_client = tokio::spawn(async move { pair().0.connect_over(ours, name()).await });
    let other = acceptor.clone();
    let other = tokio::spawn(async move { other.hello(waiting).await.map(|hello| hello.view().server_name()) });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!other.is_finished());
    drop(hello);
    assert_eq!(client.await.unwrap().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(other.await.unwrap().unwrap().as_deref(), Some(NAME));
    assert!(other_client.await.unwrap().is_err());
}

#[tokio::test]
async fn what_is_no_client_hello_is_an_error() {
    let (_, acceptor) = pair();
    let (mut ours, theirs) = tokio::io::duplex(1 << 16);
    ours.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let error = acceptor.hello(theirs).await.unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::NotTls(_)))), "{error}");
}
