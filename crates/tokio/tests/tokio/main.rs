//! Connector, Acceptor, Listener and Stream over real sockets, and over transports that misbehave.

mod early;
mod example;
mod hello;
mod life;
mod listen;
mod polled;
mod questions;
mod resumption;
mod sessions;
mod talk;
mod terminator;
mod time;

use handfast::pki_types::ServerName;
use handfast_testkit::setup::{Made, Setup};
use handfast_testkit::world::NAME;
use handfast_tokio::{Acceptor, Connector, Stream};
use std::net::SocketAddr;
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};

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

/// A listener and its address.
async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

/// A client and a server with a loopback connection between them.
async fn over_loopback((connector, acceptor): (Connector, Acceptor)) -> (Stream<TcpStream>, Stream<TcpStream>) {
    let (socket, address) = listener().await;
    let mut listener = acceptor.listen(socket);
    let (client, server) = tokio::join!(connector.connect_to(address, name()), listener.accept());
    (client.expect("a handshake"), server.expect("a client").stream.expect("a handshake"))
}

/// A client and a server with `room` bytes between them either way.
async fn in_memory(room: usize) -> (Stream<DuplexStream>, Stream<DuplexStream>) {
    let (connector, acceptor) = pair();
    let (ours, theirs) = tokio::io::duplex(room);
    let (client, server) = tokio::join!(connector.connect_over(ours, name()), acceptor.accept(theirs));
    (client.expect("a handshake"), server.expect("a handshake"))
}
