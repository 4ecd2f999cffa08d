//! Connector, Acceptor and Stream over sockets of smol, in memory, and over transports that misbehave.

mod early;
mod example;
mod life;
mod polled;
mod questions;
mod talk;
mod time;

use handfast::pki_types::ServerName;
use handfast_futures::{Acceptor, Connector, Stream};
use handfast_testkit::setup::{Made, Setup};
use handfast_testkit::world::NAME;
use smol::Timer;
use smol::future::{or, zip};
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::{TcpListener, TcpStream};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The name of the server.
fn name() -> ServerName<'static> {
    NAME.try_into().expect("a name")
}

/// Two configurations that get along.
fn made() -> Made {
    Setup::default().make()
}

/// A connector and an acceptor that get along.
fn pair() -> (Connector, Acceptor) {
    let made = made();
    (Connector::new(made.client), Acceptor::new(made.server))
}

/// Does what is done at once, or never.
fn run<T>(work: impl Future<Output = T>) -> T {
    smol::block_on(or(work, async {
        patience().await;
        panic!("somebody sleeps")
    }))
}

/// For what comes at once, or never.
fn patience() -> Timer {
    Timer::after(Duration::from_secs(60))
}

/// Two ends of a pipe in memory, with `room` bytes either way.
struct Duplex(piper::Reader, piper::Writer);

fn duplex(room: usize) -> (Duplex, Duplex) {
    let ((one_reads, other_writes), (other_reads, one_writes)) = (piper::pipe(room), piper::pipe(room));
    (Duplex(one_reads, one_writes), Duplex(other_reads, other_writes))
}

impl AsyncRead for Duplex {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Duplex {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.1).poll_write(cx, data)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        unreachable!("a stream seals into one buffer")
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.1).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.1).poll_close(cx)
    }
}

/// A client and a server over two transports that are connected.
async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    (connector, acceptor): (Connector, Acceptor),
    (ours, theirs): (S, S),
) -> (Stream<S>, Stream<S>) {
    let (client, server) = zip(connector.connect(ours, name(), patience()), acceptor.accept(theirs, patience())).await;
    (client.expect("a handshake"), server.expect("a handshake"))
}

/// Two ends of a connection of TCP.
async fn loopback() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a listener");
    let (ours, theirs) = zip(TcpStream::connect(listener.local_addr().expect("its address")), listener.accept()).await;
    (ours.expect("a connection"), theirs.expect("a client").0)
}
