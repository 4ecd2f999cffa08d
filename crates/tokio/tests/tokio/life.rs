//! The life of a server: configurations that change, strangers, and the end.

use crate::{listener, name, pair};
use handfast::Sniffed;
use handfast_net::Places;
use handfast_testkit::setup::Setup;
use handfast_tokio::{Accepted, Acceptor, Connector};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A client that says something, and waits for the end.
fn say(connector: &Connector, address: SocketAddr, words: &'static str) -> JoinHandle<Vec<u8>> {
    let connector = connector.clone();
    tokio::spawn(async move {
        let mut stream = connector.connect_to(address, name()).await.unwrap();
        stream.write_all(words.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        stream.facts().protocol.clone().unwrap()
    })
}

async fn heard(client: handfast_tokio::Client) -> String {
    let mut words = String::new();
    client.stream.unwrap().read_to_string(&mut words).await.unwrap();
    words
}

/// K8: from the next client on; what lives goes on.
#[tokio::test]
async fn the_configuration_changes_under_a_live_server() {
    let config = |protocol| Setup { server_protocols: vec![protocol], ..Setup::default() }.make();
    let first = config("h2");
    let (socket, address) = listener().await;
    let mut listener = Acceptor::new(first.server).listen(socket);
    let connector = Connector::new(first.client);
    let before = say(&connector, address, "before");
    let open = listener.accept().await.unwrap();
    listener.admission().set(config("http/1.1").server);
    let after = say(&connector, address, "after");
    assert_eq!(heard(listener.accept().await.unwrap()).await, "after");
    assert_eq!(heard(open).await, "before");
    assert_eq!((before.await.unwrap(), after.await.unwrap()), (b"h2".to_vec(), b"http/1.1".to_vec()));
}

/// K6: codes by which failures are counted.
#[tokio::test]
async fn failures_have_codes() {
    let (_, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.listen(socket);
    let mut wrong = TcpStream::connect(address).await.unwrap();
    wrong.write_all(b"* OK IMAP\r\n").await.unwrap();
    let failed = listener.accept().await.unwrap();
    assert_eq!((failed.address, failed.code().as_deref()), (wrong.local_addr().unwrap(), Some("NotTls")));
    drop(TcpStream::connect(address).await.unwrap());
    assert_eq!(listener.accept().await.unwrap().code().as_deref(), Some("Truncated"));
}

/// K11: handed back as it was, byte for byte, with nothing sent; and a PROXY header can be taken off.
#[tokio::test]
async fn strangers_are_handed_back() {
    const HEADER: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
    let (connector, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.clone().hand_back_strangers(true).listen(socket);
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let client = listener.accept().await.unwrap();
    assert_eq!(client.code().as_deref(), Some("NotTls"));
    let mut stranger = client.stranger().unwrap();
    assert_eq!((stranger.speaks, &stranger.received[..]), (Sniffed::Http, &b"GET / HTTP/1.1\r\n\r\n"[..]));
    stranger.io.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    drop(stranger);
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "HTTP/1.1 400 Bad Request\r\n\r\n");

    let far = connector.clone();
    let client = tokio::spawn(async move {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(HEADER).await.unwrap();
        let mut stream = far.connect_over(socket, name()).await.unwrap();
        stream.write_all(b"from far").await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let mut stranger = listener.accept().await.unwrap().stranger().unwrap();
    assert!(stranger.speaks == Sniffed::ProxyHeader && stranger.received.starts_with(HEADER));
    assert_eq!(listener.connections().taken(), 1);
    stranger.received.drain(..HEADER.len());
    let mut stream = acceptor.accept_stranger(stranger).await.unwrap();
    assert_eq!(listener.connections().taken(), 1);
    let mut words = String::new();
    stream.read_to_string(&mut words).await.unwrap();
    assert_eq!(words, "from far");
    client.await.unwrap();

    let client = say(&connector, address, "no stranger");
    let back = listener.accept().await.unwrap().stranger().unwrap_err();
    assert_eq!(heard(*back).await, "no stranger");
    client.await.unwrap();
}

/// The same over any transport, whose first byte comes alone.
#[tokio::test]
async fn any_transport_is_looked_at() {
    let (connector, acceptor) = pair();
    let (mut ours, theirs) = tokio::io::duplex(1 << 14);
    ours.write_all(b"\x16").await.unwrap();
    let accepting = tokio::spawn({
        let acceptor = acceptor.clone();
        async move { acceptor.accept_any(theirs).await }
    });
    ours.write_all(b"\x04\x00").await.unwrap();
    let Accepted::Stranger(stranger) = accepting.await.unwrap().unwrap() else { panic!("it is none") };
    assert!(stranger.received.starts_with(b"\x16\x04") && stranger.speaks == Sniffed::Unknown);
    let (ours, theirs) = tokio::io::duplex(1 << 14);
    let (client, server) = tokio::join!(connector.connect_over(ours, name()), acceptor.accept_any(theirs));
    assert!(client.is_ok() && matches!(server, Ok(Accepted::Tls(_))));
}

/// `server.close()`: nobody else is taken and the port is free, who is in a handshake gets through, and connections end in their time.
#[tokio::test]
async fn closing_waits_for_those_who_are_there() {
    let (connector, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.listen(socket);
    let connections: Places = listener.connections();
    let client = say(&connector, address, "served");
    let open = listener.accept().await.unwrap().stream.unwrap();
    // In its handshake, for it is accepted by whoever polls.
    let mut slow = TcpStream::connect(address).await.unwrap();
    while connections.taken() < 2 {
        tokio::select!(biased; _ = listener.accept() => panic!("nobody is done"), () = tokio::task::yield_now() => {});
    }
    let closing = tokio::spawn(async move {
        let mut late = Vec::new();
        let left = listener.close(Duration::from_secs(60), |client| late.push(client.code())).await;
        (left, late)
    });
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    slow.write_all(b"GET").await.unwrap();
    let _ = slow.read_to_end(&mut Vec::new()).await;
    assert!(!closing.is_finished());
    drop(open);
    assert_eq!(closing.await.unwrap(), (0, vec![Some("NotTls".to_owned())]));
    client.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn patience_has_an_end() {
    let (_, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.handshake_timeout(None).listen(socket);
    let mut silent = TcpStream::connect(address).await.unwrap();
    while listener.handshakes() == 0 {
        tokio::select!(biased; _ = listener.accept() => panic!("nobody is done"), () = tokio::task::yield_now() => {});
    }
    let connections = listener.connections();
    assert_eq!(listener.close(Duration::from_secs(5), |_| panic!("nobody is done")).await, 1);
    assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)));
    std::future::poll_fn(|cx| connections.poll_none(cx)).await;
}

/// Stopped, it gives who is left, and then says so.
#[tokio::test]
async fn a_stopped_listener_says_so() {
    let (_, acceptor) = pair();
    let (socket, address) = listener().await;
    let mut listener = acceptor.listen(socket);
    listener.stop();
    assert_eq!(listener.accept().await.unwrap_err().kind(), ErrorKind::NotConnected);
    assert_eq!(listener.local_addr().unwrap(), address);
    assert!(TcpStream::connect(address).await.is_err());
}
