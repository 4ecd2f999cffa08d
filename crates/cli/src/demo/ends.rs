//! The two ends, and what they say to each other after the handshake.

use super::record::{Entry, Recorder};
use crate::failure::Failure;
use handfast::crypto::KeyKind;
use handfast::pki::make::{self, Builder};
use handfast::pki_types::ServerName;
use handfast::{
    Anchors, ClientAuth, ClientConfig, Clock, Direction, Facts, Identity, IdentityError, ServerConfig, SystemClock,
};
use handfast_net::{Acceptor, Connector, Socket, Stream, Timeouts};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Everything is set up, and nobody has said a word.
pub(crate) struct Stage {
    listener: TcpListener,
    acceptor: Acceptor,
    connector: Connector,
    client: Arc<Recorder>,
    server: Arc<Recorder>,
}

/// What one end has to tell afterwards.
pub(crate) struct End {
    pub(crate) entries: Vec<Entry>,
    pub(crate) facts: Facts,
    /// It received what it had to.
    pub(crate) heard_all: bool,
    pub(crate) exported: [u8; 32],
    /// The other side has said close_notify.
    pub(crate) ended: bool,
}

/// How long one side waits for the other to say something: this is one machine.
const PATIENCE: Timeouts = Timeouts { read: Some(Duration::from_secs(30)), write: Some(Duration::from_secs(30)) };

/// How much goes over and comes back, in bytes.
pub(crate) const PAYLOAD: usize = 100_000;

const HELLO: &[u8] = b"Hello! Is it really you?";
const REPLY: &[u8] = b"It is. You have seen the proof.";
const PROTOCOL: &str = "demo/1";
const EXPORTER: &[u8] = b"EXPERIMENTAL handfast demo";

impl Stage {
    /// A CA, a certificate for each side, and a listener on loopback.
    pub(crate) fn new() -> Result<Self, Failure> {
        let provider = handfast::rustcrypto::provider();
        let now = SystemClock.now();
        let made = |error: make::Error| Failure::broken(format!("no certificate could be made: {error}"));
        let ca = make::Identity::root(&provider, Builder::ca("Handfast demo CA", now), KeyKind::P256).map_err(made)?;
        let mut anchors = Anchors::new();
        anchors.add(&ca.certificate).map_err(|rule| Failure::broken(format!("the CA's own certificate: {rule}")))?;
        let anchors = Arc::new(anchors);
        let issue = |builder: Builder, kind: KeyKind| {
            let leaf = ca.issue(&provider, builder, kind).map_err(made)?;
            Identity::new(&provider, vec![leaf.certificate], leaf.key.der())
                .map_err(|error: IdentityError| Failure::broken(error))
        };

        let (client, server) = <(Arc<Recorder>, Arc<Recorder>)>::default();
        let client_config = ClientConfig::builder()
            .anchors(anchors.clone())
            .identity(issue(Builder::client("demo client", now), KeyKind::Ed25519)?)
            .protocols([PROTOCOL])
            .trace(client.clone());
        let server_config = ServerConfig::builder()
            .identity(issue(Builder::server(&["localhost"], now), KeyKind::P256)?)
            .client_auth(ClientAuth::Require, anchors)
            .protocols([PROTOCOL])
            .trace(server.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| Failure::io(&error, "127.0.0.1"))?;
        Ok(Self {
            listener,
            acceptor: Acceptor::new(server_config.build().map_err(Failure::usage)?),
            connector: Connector::new(client_config.build().map_err(Failure::usage)?),
            client,
            server,
        })
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> String {
        self.listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
    }

    /// Lets both sides play their parts, the server in a thread of its own.
    pub(crate) fn play(self) -> Result<(End, End), Failure> {
        let address = self.listener.local_addr().map_err(|error| Failure::io(&error, "127.0.0.1"))?;
        let Self { listener, acceptor, connector, client, server } = self;
        let recorder = server.clone();
        let server = thread::spawn(move || -> io::Result<End> {
            let (socket, _) = listener.accept()?;
            // Nobody else is waited for: a client that cannot reach the server must not wait, either.
            drop(listener);
            serve(acceptor.accept(socket)?, &recorder)
        });
        let name = ServerName::try_from("localhost").map_err(Failure::broken)?;
        let ours = connector.connect_to(address, name).and_then(|stream| call(stream, &client));
        let ours = ours.map_err(|error| Failure::connecting(&error, "the client"))?;
        match server.join() {
            Ok(theirs) => Ok((ours, theirs.map_err(|error| Failure::connecting(&error, "the server"))?)),
            Err(_) => Err(Failure::broken("the server's thread has panicked")),
        }
    }
}

/// The client's part.
fn call(mut stream: Stream<TcpStream>, recorder: &Recorder) -> io::Result<End> {
    let payload = payload();
    stream.get_ref().set_timeouts(PATIENCE)?;
    say(&mut stream, recorder, HELLO)?;
    let answered = hear(&mut stream, recorder, REPLY.len())? == REPLY;
    stream.update_keys()?;
    say(&mut stream, recorder, &payload)?;
    let returned = hear(&mut stream, recorder, payload.len())? == payload;
    stream.close()?;
    end(stream, recorder, answered && returned)
}

/// The server's part.
fn serve(mut stream: Stream<TcpStream>, recorder: &Recorder) -> io::Result<End> {
    stream.get_ref().set_timeouts(PATIENCE)?;
    let asked = hear(&mut stream, recorder, HELLO.len())? == HELLO;
    say(&mut stream, recorder, REPLY)?;
    let heard = hear(&mut stream, recorder, PAYLOAD)?;
    say(&mut stream, recorder, &heard)?;
    end(stream, recorder, asked && heard == payload())
}

fn say(stream: &mut Stream<TcpStream>, recorder: &Recorder, data: &[u8]) -> io::Result<()> {
    stream.write_all(data)?;
    // Behind the write: an answer to a KeyUpdate that is owed goes out before the data.
    recorder.data(Direction::Send, data.len());
    stream.flush()
}

fn hear(stream: &mut Stream<TcpStream>, recorder: &Recorder, len: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; len];
    stream.read_exact(&mut data)?;
    recorder.data(Direction::Receive, len);
    Ok(data)
}

/// Waits for the other side's good bye, says it, and tells.
fn end(mut stream: Stream<TcpStream>, recorder: &Recorder, heard_all: bool) -> io::Result<End> {
    let ended = stream.read(&mut [0])? == 0;
    stream.close()?;
    let mut exported = [0; 32];
    stream.connection().export(EXPORTER, None, &mut exported).map_err(io::Error::other)?;
    Ok(End { entries: recorder.entries(), facts: stream.facts().clone(), heard_all, exported, ended })
}

/// Bytes that differ from place to place.
fn payload() -> Vec<u8> {
    (0..PAYLOAD as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
