//! Connector, Acceptor and Stream over real sockets and over transports that misbehave.

mod duplex;
mod early;
mod ends;
mod example;
mod faults;
mod life;
mod parts;
mod pieces;
mod questions;
mod resumption;
mod sessions;
mod split;
mod talk;
mod time;

use handfast::pki_types::ServerName;
use handfast_net::{Acceptor, Connector, Socket, Stream, Timeouts};
use handfast_testkit::adapter::patiently;
use handfast_testkit::setup::{Made, Setup};
use handfast_testkit::world::NAME;
use std::net::{TcpListener, TcpStream};
use std::thread;
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

/// A client and a server with a loopback connection between them. What does not come fails the test and does not stop it.
fn connected() -> (Stream<TcpStream>, Stream<TcpStream>) {
    let (client, server) = over_loopback(pair());
    let patience = Some(Duration::from_secs(60));
    for side in [&client, &server] {
        side.get_ref().set_timeouts(Timeouts { read: patience, write: patience }).expect("timeouts");
    }
    (client, server)
}

/// The same, with this connector and this acceptor.
fn over_loopback((connector, acceptor): (Connector, Acceptor)) -> (Stream<TcpStream>, Stream<TcpStream>) {
    let (listener, port) = listen();
    let server = thread::spawn(move || acceptor.accept(listener.accept().expect("a client").0).expect("a handshake"));
    let client = connector.connect(("127.0.0.1", port)).expect("a handshake");
    (client, server.join().expect("a server"))
}

/// A listener and its port.
fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    (listener, port)
}

/// `len` bytes that differ from place to place.
fn bytes(len: usize) -> Vec<u8> {
    (0..len as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
