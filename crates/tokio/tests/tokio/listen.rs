//! Handshakes beside each other.

use crate::{listener, made, name, pair};
use handfast_testkit::setup::{Mode, Setup};
use handfast_tokio::{Acceptor, Answers, Connector, Listener, tls_error};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn silent(listener: &Listener) -> TcpStream {
    TcpStream::connect(listener.local_addr().unwrap()).await.unwrap()
}

fn connect(connector: &Connector, address: SocketAddr) -> tokio::task::JoinHandle<bool> {
    let connector = connector.clone();
    tokio::spawn(async move {
        let mut stream = connector.connect_to(address, name()).await.unwrap();
        stream.write_all(b"here").await.unwrap();
        stream.shutdown().await.is_ok()
    })
}

async fn yield_often() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// docs/regressions.md row 16: a client that says nothing delays nobody.
#[tokio::test]
async fn the_silent_do_not_delay_the_others() {
    let (connector, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.listen(socket);
    let crowd = [silent(&listener).await, silent(&listener).await];
    let client = connect(&connector, address);
    let mut served = listener.accept().await.unwrap();
    let mut heard = String::new();
    served.stream.as_mut().unwrap().read_to_string(&mut heard).await.unwrap();
    assert_eq!((heard.as_str(), listener.handshakes()), ("here", 2));
    assert!(client.await.unwrap());
    drop(crowd);
}

/// What fails is reported with its address, and ends nothing.
#[tokio::test]
async fn failures_are_told_apart() {
    let (connector, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.listen(socket);
    let mut wrong = silent(&listener).await;
    wrong.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let failed = listener.accept().await.unwrap();
    assert_eq!(failed.address, wrong.local_addr().unwrap());
    assert!(tls_error(&failed.stream.unwrap_err()).is_some());
    let client = connect(&connector, address);
    let served = listener.accept().await.unwrap();
    assert!(served.stream.is_ok());
    assert!(client.await.unwrap());
}

/// No more sockets are taken than handshakes may go on.
#[tokio::test]
async fn a_full_house_takes_nobody() {
    let (connector, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.max_handshakes(2).listen(socket);
    let mut crowd = vec![silent(&listener).await, silent(&listener).await];
    let client = connect(&connector, address);
    // The client cannot be served while the two are there.
    tokio::select!(biased; _ = listener.accept() => panic!("nobody has said anything"), () = yield_often() => {});
    assert_eq!(listener.handshakes(), 2);
    crowd.pop();
    assert!(listener.accept().await.unwrap().stream.is_err(), "the one that left");
    assert!(listener.accept().await.unwrap().stream.is_ok());
    assert!(client.await.unwrap());
}

/// An answer that panics is one client's bad luck.
#[tokio::test]
async fn a_panic_ends_one_handshake() {
    struct Panics;
    impl Answers for Panics {
        async fn config(&self, _: handfast::ConfigQuestion) -> Option<handfast::Answer> {
            panic!("this is the test's panic");
        }
    }
    let asking = Setup { mode: Mode::Ask, ..Setup::default() }.make();
    let (socket, address) = listener().await;
    let mut listener = Acceptor::with_admission(asking.admission).answers(Panics).listen(socket);
    let connector = Connector::new(made().client);
    for _ in 0..2 {
        let (client, server) = tokio::join!(connector.connect_to(address, name()), listener.accept());
        assert!(client.is_err());
        let server = server.unwrap();
        assert!(server.stream.unwrap_err().to_string().contains("panic"));
    }
}

/// Whoever stops listening leaves nothing behind.
#[tokio::test]
async fn dropped_it_ends_its_handshakes() {
    let (_, acceptor) = pair();
    let (socket, _) = listener().await;
    let mut listener = acceptor.listen(socket);
    let mut client = silent(&listener).await;
    tokio::select!(biased; _ = listener.accept() => panic!("nobody has said anything"), () = yield_often() => {});
    assert_eq!(listener.handshakes(), 1);
    drop(listener);
    assert!(matches!(client.read(&mut [0]).await, Ok(0) | Err(_)));
}
