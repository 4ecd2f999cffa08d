//! The TLS terminator of the examples: half-close, truncation, the PROXY header, silence, and a backend that does not read.

use crate::{in_memory, listener, name, pair};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::TcpStream;
use tokio::time::sleep;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/terminator.rs"]
mod program;

use program::{Terminator, proxy_header, relay};

const IDLE: Duration = Duration::from_secs(300);

/// A client, and what the backend has of it, with a terminator between them.
async fn terminated(proxy: bool) -> (handfast_tokio::Stream<TcpStream>, TcpStream) {
    let (connector, acceptor) = pair();
    let (front, address) = listener().await;
    let (backend, behind) = listener().await;
    tokio::spawn(Terminator { backend: behind, proxy, idle: IDLE }.serve(acceptor.listen(front)));
    let (client, backend) = tokio::join!(connector.connect_to(address, name()), backend.accept());
    (client.unwrap(), backend.unwrap().0)
}

#[tokio::test]
async fn the_end_of_one_direction_is_not_that_of_the_other() {
    let (mut client, mut backend) = terminated(false).await;
    client.write_all(b"a question").await.unwrap();
    client.shutdown().await.unwrap();
    let mut heard = String::new();
    backend.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "a question");
    backend.write_all(b"an answer").await.unwrap();
    drop(backend);
    heard.clear();
    client.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "an answer");
}

#[tokio::test]
async fn the_backend_may_end_first() {
    let (mut client, mut backend) = terminated(false).await;
    backend.write_all(b"welcome").await.unwrap();
    backend.shutdown().await.unwrap();
    let mut heard = String::new();
    client.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "welcome");
    client.write_all(b"late").await.unwrap();
    client.shutdown().await.unwrap();
    heard.clear();
    backend.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "late");
}

/// A truncation is an error to who reads TLS; here it has to get through to who reads none.
#[tokio::test]
async fn what_is_cut_off_does_not_look_complete() {
    let (mut client, mut backend) = terminated(false).await;
    client.write_all(b"half a").await.unwrap();
    client.flush().await.unwrap();
    let mut heard = [0; 6];
    backend.read_exact(&mut heard).await.unwrap();
    // Without close_notify.
    drop(client);
    let error = backend.read(&mut heard).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_backend_that_is_cut_off_neither() {
    let (mut client, backend) = terminated(false).await;
    backend.set_zero_linger().unwrap();
    drop(backend);
    let error = client.read(&mut [0]).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{error}");
}

#[tokio::test]
async fn the_backend_is_told_who_it_is() {
    let (mut client, mut backend) = terminated(true).await;
    client.write_all(b"x").await.unwrap();
    client.flush().await.unwrap();
    let (from, to) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    let mut heard = [0; 29];
    backend.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard[..16], *b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c");
    assert_eq!(heard[16..24], [127, 0, 0, 1, 127, 0, 0, 1]);
    assert_eq!(heard[24..28], [from.port().to_be_bytes(), to.port().to_be_bytes()].concat());
    assert_eq!(heard[28], b'x');
}

#[test]
fn headers_of_both_families() {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    let header = proxy_header(address("[2001:db8::1]:258"), address("[2001:db8::2]:443"));
    let signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
    let mut wanted = signature.to_vec();
    wanted.extend([0x21, 0x21, 0, 36]);
    wanted.extend([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    wanted.extend([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    wanted.extend([1, 2, 1, 0xbb]);
    assert_eq!(header, wanted);
    // One of each: a listener for both families sees such.
    let mixed = proxy_header(address("192.0.2.1:1"), address("[2001:db8::2]:443"));
    assert_eq!(mixed[12..16], [0x21, 0x21, 0, 36]);
    assert_eq!(mixed[16..32], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]);
}

/// Time stands still but for who sleeps: no test waits.
#[tokio::test(start_paused = true)]
async fn silence_ends_it_and_words_put_it_off() {
    let (mut client, server) = in_memory(1024).await;
    let (ours, mut backend) = duplex(1024);
    let start = tokio::time::Instant::now();
    let done = tokio::spawn(relay(server, ours, IDLE));
    for _ in 0..3 {
        sleep(IDLE - Duration::from_secs(1)).await;
        client.write_all(b"x").await.unwrap();
        client.flush().await.unwrap();
        backend.read_exact(&mut [0]).await.unwrap();
    }
    let error = done.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let lasted = start.elapsed();
    assert!(lasted > IDLE * 3 && lasted < IDLE * 5, "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_not_read_for() {
    const PIPE: usize = 1024;
    let (mut client, server) = in_memory(PIPE).await;
    let (ours, _backend) = duplex(PIPE);
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = taken.clone();
    let writer = tokio::spawn(async move {
        while let Ok(len) = client.write(&[0; 1024]).await {
            counted.fetch_add(len, Ordering::Relaxed);
        }
    });
    let error = relay(server, ours, IDLE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    // What the two pipes, the relay and the two ends of the connection have room for, and not what a client can say.
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken > 2 * PIPE && taken < 128 * 1024, "{taken}");
    writer.abort();
}
