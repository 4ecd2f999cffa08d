//! What works.

use crate::{Duplex, duplex, loopback, made, name, pair, patience, run, shake_hands};
use handfast::wire::AlertDescription;
use handfast::{Error, Truncated};
use handfast_futures::{Acceptor, Connector, Stream, tls_error};
use handfast_net::Buffered;
use handfast_testkit::setup::Setup;
use smol::future::zip;
use smol::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, split};
use smol::net::TcpStream;
use smol::net::unix::UnixStream;
use smol::stream::StreamExt;
use std::io::{ErrorKind, IoSlice};

#[test]
fn a_mebibyte_both_ways_over_tcp() {
    let data: Vec<u8> = (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    run(async {
        let (client, server) = shake_hands(pair(), loopback().await).await;
        let echo = smol::spawn(async move {
            let (mut read, mut write) = split(server);
            smol::io::copy(&mut read, &mut write).await.unwrap();
            write.close().await.unwrap();
        });
        // Reading and writing at once, by the split that the runtime has for every stream.
        let (mut read, mut write) = split(client);
        let (sent, mut heard) = (data.clone(), Vec::new());
        let sender = smol::spawn(async move {
            write.write_all(&sent).await.unwrap();
            write.close().await.unwrap();
        });
        read.read_to_end(&mut heard).await.unwrap();
        assert!(heard == data);
        sender.await;
        echo.await;
    });
}

/// A pipe narrower than a record, both directions full: what the one side cannot send, it keeps while it reads.
#[test]
fn a_narrow_pipe() {
    run(async {
        let (mut client, mut server) = shake_hands(pair(), duplex(100)).await;
        let data = vec![7; 200_000];
        let (mut heard, mut echoed) = (vec![0; data.len()], vec![0; data.len()]);
        let client_side = async {
            client.write_all(&data).await.unwrap();
            client.flush().await.unwrap();
            client.read_exact(&mut echoed).await.unwrap();
        };
        let server_side = async {
            server.read_exact(&mut heard).await.unwrap();
            server.write_all(&heard).await.unwrap();
            server.flush().await.unwrap();
        };
        zip(client_side, server_side).await;
        assert!(heard == data && echoed == data);
    });
}

/// One task reads while another writes, and each is woken for what it waits for, from before the handshake on.
#[test]
fn two_tasks_on_one_stream() {
    run(async {
        let (connector, acceptor) = pair();
        let (ours, theirs) = duplex(100);
        let (mut read, mut write) = split(connector.begin(ours, name()).unwrap());
        let reader = smol::spawn(async move {
            let mut heard = [0; 3];
            read.read_exact(&mut heard).await.unwrap();
            // Nothing more comes, but the reader goes on asking.
            let _ = read.read(&mut [0]).await;
            heard
        });
        let writer = smol::spawn(async move {
            write.write_all(&[7; 300_000]).await.unwrap();
            write.close().await.unwrap();
        });
        let mut server = acceptor.accept(theirs, patience()).await.unwrap();
        for byte in *b"one" {
            server.write_all(&[byte]).await.unwrap();
            server.flush().await.unwrap();
            server.read_exact(&mut [0; 10_000]).await.unwrap();
        }
        let mut rest = Vec::new();
        server.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.len(), 270_000);
        writer.await;
        server.close().await.unwrap();
        assert_eq!(&reader.await, b"one");
    });
}

#[test]
fn pieces_of_a_message() {
    run(async {
        let (mut client, server) = shake_hands(pair(), duplex(1 << 16)).await;
        let pieces = [IoSlice::new(b"Content-Length: 5\r\n\r\n"), IoSlice::new(b"hello")];
        assert_eq!(client.write_vectored(&pieces).await.unwrap(), 26);
        client.close().await.unwrap();
        let lines: Vec<String> = server.lines().try_collect().await.unwrap();
        assert_eq!(lines, ["Content-Length: 5", "", "hello"]);
    });
}

/// After close this side writes no more and reads on (RFC 9846 §6.1).
#[test]
fn a_half_closed_connection_goes_on_in_the_other_direction() {
    run(async {
        let (mut client, mut server) = shake_hands(pair(), loopback().await).await;
        client.close().await.unwrap();
        assert_eq!(client.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(server.read(&mut [0; 9]).await.unwrap(), 0);
        // The transport's writing side has ended, too.
        assert_eq!(server.get_mut().read(&mut [0]).await.unwrap(), 0);
        for _ in 0..3 {
            server.write_all(b"still here").await.unwrap();
            let mut heard = [0; 10];
            client.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"still here");
        }
        server.close().await.unwrap();
        drop(server);
        assert_eq!(client.read(&mut [0; 9]).await.unwrap(), 0);
    });
}

/// docs/regressions.md row 76.
#[test]
fn an_end_without_close_notify_is_no_end() {
    run(async {
        let (mut client, mut server) = shake_hands(pair(), loopback().await).await;
        server.write_all(b"half a sen").await.unwrap();
        server.flush().await.unwrap();
        drop(server);
        let mut heard = Vec::new();
        let error = client.read_to_end(&mut heard).await.unwrap_err();
        assert_eq!((error.kind(), &heard[..]), (ErrorKind::UnexpectedEof, &b"half a sen"[..]));
        assert!(error.get_ref().unwrap().is::<Truncated>());
    });
}

#[test]
fn keys_are_updated_in_both_directions() {
    run(async {
        let made = made();
        let (log, other_log) = (made.client_log.clone(), made.server_log.clone());
        let pair = (Connector::new(made.client), Acceptor::new(made.server));
        let (mut client, mut server) = shake_hands(pair, duplex(1 << 16)).await;
        client.update_keys().await.unwrap();
        client.write_all(b"ping").await.unwrap();
        server.read_exact(&mut [0; 4]).await.unwrap();
        server.write_all(b"pong").await.unwrap();
        client.read_exact(&mut [0; 4]).await.unwrap();
        for log in [log, other_log] {
            assert_eq!(log.sent().iter().filter(|name| **name == "KeyUpdate").count(), 1);
        }
    });
}

#[test]
fn unix_sockets() {
    run(async {
        let (mut client, mut server) = shake_hands(pair(), UnixStream::pair().unwrap()).await;
        client.write_all(b"hello").await.unwrap();
        server.read_exact(&mut [0; 5]).await.unwrap();
        let [mut one, mut other] = [[0; 32]; 2];
        client.connection().export(b"EXPERIMENTAL futures", None, &mut one).unwrap();
        server.connection().export(b"EXPERIMENTAL futures", None, &mut other).unwrap();
        assert_eq!(one, other);
        server.close().await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        assert_eq!((client.bytes_in(), client.bytes_out()), (server.bytes_out(), server.bytes_in()));
    });
}

/// What was taken apart can be put together again, with all that had come.
#[test]
fn apart_and_together() {
    run(async {
        let (mut client, mut server) = shake_hands(pair(), duplex(1 << 16)).await;
        server.write_all(b"hello").await.unwrap();
        server.flush().await.unwrap();
        client.read_exact(&mut [0; 2]).await.unwrap();
        let (tls, io) = Buffered::from_parts(client.into_parts());
        let mut client = Stream::over(io, tls);
        server.write_all(b", world").await.unwrap();
        server.close().await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "llo, world");
    });
}

/// The error is the engine's own, and the peer hears of it.
#[test]
fn a_fatal_error_says_so_to_the_peer() {
    run(async {
        let (connector, _) = pair();
        let other = Setup { key: handfast::crypto::KeyKind::P384, ..Setup::default() }.make();
        // Narrower than what there is to say.
        let (ours, theirs) = duplex(100);
        let acceptor = Acceptor::new(other.server);
        let (client, server) = zip(connector.connect(ours, name(), patience()), async {
            let mut server = acceptor.accept(theirs, patience()).await?;
            server.read(&mut [0]).await
        })
        .await;
        assert!(matches!(tls_error(&client.unwrap_err()), Some(Error::Certificate(_))));
        let error = server.unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::BAD_CERTIFICATE))), "{error}");
    });
}

/// Streams and what makes them can go where their transport can, and a reference to one can be kept across an await.
#[test]
fn everything_can_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync + Unpin>() {}
    is_send_and_sync::<Stream<TcpStream>>();
    is_send_and_sync::<Stream<Duplex>>();
    is_send_and_sync::<Connector>();
    is_send_and_sync::<Acceptor>();
}
