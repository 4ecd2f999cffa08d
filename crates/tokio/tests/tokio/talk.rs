//! What works.

use crate::{in_memory, listener, made, name, over_loopback, pair};
use handfast::wire::AlertDescription;
use handfast::{Error, Truncated};
use handfast_net::Buffered;
use handfast_tokio::{Acceptor, Connector, Listener, Stream, tls_error};
use std::io::{ErrorKind, IoSlice};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpSocket, TcpStream, UnixStream};

/// For what comes at once, or never.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_mebibyte_both_ways_over_tcp() {
    let data: Vec<u8> = (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (client, mut server) = over_loopback(pair()).await;
    assert!(client.get_ref().nodelay().unwrap() && server.get_ref().nodelay().unwrap());
    let addresses = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    assert_eq!(addresses, (server.peer_addr().unwrap(), server.local_addr().unwrap()));
    let echo = tokio::spawn(async move {
        let mut some = vec![0; 30_000];
        loop {
            match server.read(&mut some).await.unwrap() {
                0 => break,
                len => server.write_all(&some[..len]).await.unwrap(),
            }
        }
        server.shutdown().await.unwrap();
        server
    });
    // Reading and writing at once, by the split that tokio has for every stream.
    let (mut read, mut write) = tokio::io::split(client);
    let sent = data.clone();
    let sender = tokio::spawn(async move {
        write.write_all(&sent).await.unwrap();
        write.shutdown().await.unwrap();
        write
    });
    let mut heard = Vec::new();
    read.read_to_end(&mut heard).await.unwrap();
    assert!(heard == data);
    let (client, server) = (read.unsplit(sender.await.unwrap()), echo.await.unwrap());
    assert_eq!(client.bytes_in(), server.bytes_out());
    assert_eq!(client.bytes_out(), server.bytes_in());
    assert!(client.bytes_in() > 1 << 20);
}

/// A pipe narrower than a record, both directions full: what the one side cannot send, it keeps while it reads.
#[tokio::test]
async fn a_narrow_pipe() {
    let (mut client, mut server) = in_memory(100).await;
    let data = vec![7; 200_000];
    let (mut heard, mut echoed) = (vec![0; data.len()], vec![0; data.len()]);
    tokio::join!(
        async {
            client.write_all(&data).await.unwrap();
            client.flush().await.unwrap();
            client.read_exact(&mut echoed).await.unwrap();
        },
        async {
            server.read_exact(&mut heard).await.unwrap();
            server.write_all(&heard).await.unwrap();
            server.flush().await.unwrap();
        }
    );
    assert!(heard == data && echoed == data);
}

/// One task reads while another writes, and each is woken for what it waits for: what the reader sends on the way takes the
/// transport's attention from the writer, and its Finished the other way round.
#[tokio::test]
async fn two_tasks_on_one_stream() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = tokio::io::duplex(100);
    let client = connector.begin(ours, name()).unwrap();
    let (mut read, mut write) = tokio::io::split(client);
    let reader = tokio::spawn(async move {
        let mut heard = [0; 3];
        read.read_exact(&mut heard).await.unwrap();
        // Nothing more comes, but the reader goes on asking.
        let _ = read.read(&mut [0]).await;
        heard
    });
    let writer = tokio::spawn(async move {
        write.write_all(&[7; 300_000]).await.unwrap();
        write.shutdown().await.unwrap();
    });
    let mut server = acceptor.accept(theirs).await.unwrap();
    // By now the writer has filled every buffer; each of these bytes makes the reader look after what waits.
    for byte in *b"one" {
        server.write_all(&[byte]).await.unwrap();
        server.flush().await.unwrap();
        server.read_exact(&mut [0; 10_000]).await.unwrap();
    }
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, server.read_to_end(&mut rest)).await.expect("the writer sleeps").unwrap();
    assert_eq!(rest.len(), 270_000);
    writer.await.unwrap();
    server.shutdown().await.unwrap();
    assert_eq!(&reader.await.unwrap(), b"one");
}

/// A transport that keeps what it is given until it is flushed.
#[tokio::test]
async fn a_transport_that_buffers() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (ours, theirs) = (BufStream::new(ours), BufStream::new(theirs));
    let both = async { tokio::join!(connector.connect_over(ours, name()), acceptor.accept(theirs)) };
    let (client, server) = tokio::time::timeout(PATIENCE, both).await.expect("both wait");
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    client.write_all(b"ping").await.unwrap();
    client.flush().await.unwrap();
    server.read_exact(&mut [0; 4]).await.unwrap();
}

/// What was taken apart can be put together again, with all that had come.
#[tokio::test]
async fn apart_and_together() {
    let (mut client, mut server) = in_memory(1 << 16).await;
    server.write_all(b"hello").await.unwrap();
    server.flush().await.unwrap();
    client.read_exact(&mut [0; 2]).await.unwrap();
    let (tls, io) = Buffered::from_parts(client.into_parts());
    let mut client = Stream::over(io, tls);
    server.write_all(b", world").await.unwrap();
    server.shutdown().await.unwrap();
    let mut heard = String::new();
    client.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "llo, world");
}

/// Data that was accepted and did not fit goes out while this side only reads.
#[tokio::test]
async fn reading_sends_what_waits() {
    let (mut client, mut server) = in_memory(100).await;
    client.write_all(&[7; 10_000]).await.unwrap();
    let mut heard = vec![0; 10_000];
    let (answer, ()) = tokio::join!(client.read_u8(), async {
        server.read_exact(&mut heard).await.unwrap();
        server.write_u8(42).await.unwrap();
        server.flush().await.unwrap();
    });
    assert_eq!((answer.unwrap(), heard), (42, vec![7; 10_000]));
}

#[tokio::test]
async fn pieces_of_a_message() {
    let (mut client, server) = in_memory(1 << 16).await;
    let pieces = [IoSlice::new(b"Content-Length: 5\r\n\r\n"), IoSlice::new(b"hello")];
    assert!(tokio::io::AsyncWrite::is_write_vectored(&client));
    assert_eq!(client.write_vectored(&pieces).await.unwrap(), 26);
    client.shutdown().await.unwrap();
    let mut lines = server.lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("Content-Length: 5"));
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some(""));
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("hello"));
    assert_eq!(lines.next_line().await.unwrap(), None);
}

/// After shutdown this side writes no more and reads on (RFC 9846 §6.1).
#[tokio::test]
async fn a_half_closed_connection_goes_on_in_the_other_direction() {
    let (mut client, mut server) = over_loopback(pair()).await;
    client.shutdown().await.unwrap();
    assert_eq!(client.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(server.read(&mut [0; 9]).await.unwrap(), 0);
    // The transport's writing side has ended, too.
    let end = tokio::time::timeout(PATIENCE, server.get_mut().read(&mut [0])).await;
    assert_eq!(end.expect("the end of TCP").unwrap(), 0);
    for _ in 0..3 {
        server.write_all(b"still here").await.unwrap();
        let mut heard = [0; 10];
        client.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"still here");
    }
    server.shutdown().await.unwrap();
    drop(server);
    assert_eq!(client.read(&mut [0; 9]).await.unwrap(), 0);
}

/// docs/regressions.md row 76.
#[tokio::test]
async fn an_end_without_close_notify_is_no_end() {
    let (mut client, mut server) = over_loopback(pair()).await;
    server.write_all(b"half a sen").await.unwrap();
    drop(server);
    let mut heard = Vec::new();
    let error = client.read_to_end(&mut heard).await.unwrap_err();
    assert_eq!((error.kind(), &heard[..]), (ErrorKind::UnexpectedEof, &b"half a sen"[..]));
    assert!(error.get_ref().unwrap().is::<Truncated>());
}

#[tokio::test]
async fn keys_are_updated_in_both_directions() {
    let made = made();
    let (log, other_log) = (made.client_log.clone(), made.server_log.clone());
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server))).await;
    client.update_keys().await.unwrap();
    client.write_all(b"ping").await.unwrap();
    server.read_exact(&mut [0; 4]).await.unwrap();
    server.write_all(b"pong").await.unwrap();
    client.read_exact(&mut [0; 4]).await.unwrap();
    for log in [log, other_log] {
        assert_eq!(log.sent().iter().filter(|name| **name == "KeyUpdate").count(), 1);
    }
}

#[tokio::test]
async fn unix_sockets() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (client, server) = tokio::join!(connector.connect_over(ours, name()), acceptor.accept(theirs));
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    client.write_all(b"hello").await.unwrap();
    server.read_exact(&mut [0; 5]).await.unwrap();
    assert_eq!(client.facts().suite, server.facts().suite);
    let [mut one, mut other] = [[0; 32]; 2];
    client.connection().export(b"EXPERIMENTAL tokio", None, &mut one).unwrap();
    server.connection().export(b"EXPERIMENTAL tokio", None, &mut other).unwrap();
    assert_eq!(one, other);
}

/// A stream taken apart loses nothing.
#[tokio::test]
async fn what_was_read_and_not_used_is_handed_back() {
    let (mut client, mut server) = in_memory(1 << 16).await;
    server.write_all(b"hello").await.unwrap();
    server.flush().await.unwrap();
    client.read_exact(&mut [0; 2]).await.unwrap();
    assert_eq!(client.into_parts().plaintext, b"llo");
}

/// The error is the engine's own, and the peer hears of it.
#[tokio::test]
async fn a_fatal_error_says_so_to_the_peer() {
    let (connector, _) = pair();
    let other = handfast_testkit::setup::Setup { key: handfast::crypto::KeyKind::P384, ..Default::default() }.make();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let acceptor = Acceptor::new(other.server);
    let (client, server) = tokio::join!(connector.connect_over(ours, name()), async {
        let mut server = acceptor.accept(theirs).await?;
        server.read(&mut [0]).await
    });
    assert!(matches!(tls_error(&client.unwrap_err()), Some(Error::Certificate(_))));
    let error = server.unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::BAD_CERTIFICATE))), "{error}");
}

#[tokio::test]
async fn a_name_that_is_none_is_not_connected_to() {
    let (connector, _) = pair();
    assert_eq!(connector.connect(("no such name", 1)).await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// The addresses of a host are tried in turn.
#[tokio::test]
async fn an_address_where_nobody_is_does_not_end_it() {
    // Bound, so that nobody else listens there, and not listening itself.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = nobody.local_addr().unwrap();
    let (socket, live) = listener().await;
    let (connector, acceptor) = pair();
    let mut listener = acceptor.listen(socket);
    let addresses = [address, live];
    let (client, _) = tokio::join!(connector.connect_to(&addresses[..], name()), listener.accept());
    assert_eq!(client.unwrap().peer_addr().unwrap(), live);
}

/// Streams and what makes them can go where their transport can, and a reference to one can be kept across an await.
#[test]
fn everything_can_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync + Unpin>() {}
    is_send_and_sync::<Stream<TcpStream>>();
    is_send_and_sync::<Connector>();
    is_send_and_sync::<Acceptor>();
    is_send_and_sync::<Listener>();
}
