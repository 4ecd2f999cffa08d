//! Connections from clients, for axum.

use crate::PROTOCOLS;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use handfast::{ConfigError, EarlyData, Facts, LiveAdmission, ServerConfigBuilder, Sniffed};
use handfast_tokio::{Acceptor, Client, Places, Stranger, Stream};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Takes connections from a socket for [`axum::serve()`], and does their handshakes beside each other: a client that says nothing
/// delays nobody while there are places left, and its time runs out.
///
/// What axum gets is a [`handfast_tokio::Stream`]. What an application wants to know of it is in [`Peer`]. Which HTTP it is axum
/// sees by itself; the client knows it from ALPN.
#[must_use]
pub struct Listener {
    tls: handfast_tokio::Listener,
    report: Box<Report>,
    answers_http: bool,
    refusals: Places,
}

/// Told of what went wrong.
type Report = dyn Fn(Option<SocketAddr>, &io::Error) + Send + Sync;

impl Listener {
    /// Takes connections with this configuration, and prefers HTTP/2 to HTTP/1.1 ([`PROTOCOLS`]).
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn https(config: ServerConfigBuilder, socket: TcpListener) -> Result<Self, ConfigError> {
        let acceptor = Acceptor::new(config.protocols(PROTOCOLS).build()?).hand_back_strangers(true);
        Ok(Self::new(acceptor.listen(socket)).answer_plain_http(true))
    }

    /// Takes connections from a listener with a timeout and a number of places of its own, and the protocols in its
    /// configuration.
    pub fn new(tls: handfast_tokio::Listener) -> Self {
        Self { tls, report: Box::new(|_, _| {}), answers_http: false, refusals: Places::new(MOST_REFUSALS) }
    }

    /// Tells `report` of handshakes that failed, with the client's address, and of errors of the listening socket, which goes on
    /// after a moment. Nobody is authenticated by then, so anybody can cause as many of these as they like: bound what a log
    /// takes. By default nobody is told.
    pub fn report(mut self, report: impl Fn(Option<SocketAddr>, &io::Error) + Send + Sync + 'static) -> Self {
        self.report = Box::new(report);
        self
    }

    /// Whether a request of plain HTTP on this port is answered with `400 Bad Request`, and not with an alert of TLS that a browser shows
    /// as a broken page. 64 clients are answered at a time; who comes beyond them finds the connection closed. It is reported all the
    /// same. It is with [`Listener::https`]; with [`Listener::new`] it is not, and takes an acceptor that
    /// [hands strangers back](Acceptor::hand_back_strangers).
    pub fn answer_plain_http(mut self, on: bool) -> Self {
        self.answers_http = on;
        self
    }

    /// What is admitted, for whoever changes it while axum serves: clones share it.
    pub fn admission(&self) -> LiveAdmission {
        self.tls.admission().clone()
    }

    /// The connections that live, those in their handshake among them: how many, and when there are none. What ends them is
    /// [`with_graceful_shutdown`](axum::serve::Serve::with_graceful_shutdown).
    pub fn connections(&self) -> Places {
        self.tls.connections()
    }

    /// Tells a client that speaks plain HTTP so, beside what else goes on.
    fn answer(&self, error: io::Error) -> io::Error {
        match error.downcast::<Stranger<TcpStream>>() {
            Ok(stranger) if self.answers_http && stranger.speaks == Sniffed::Http => {
                let told = io::Error::new(ErrorKind::InvalidData, stranger.to_string());
                // It counts among the connections until it is answered, and has a place here, or is not answered.
                if let Some(place) = self.refusals.take() {
                    tokio::spawn(async move {
                        let Stranger { io, place: connection, .. } = stranger;
                        refuse(io).await;
                        drop((place, connection));
                    });
                }
                told
            }
            Ok(stranger) => io::Error::new(ErrorKind::InvalidData, stranger),
            Err(error) => error,
        }
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tls.local_addr()
    }
}

impl axum::serve::Listener for Listener {
    type Io = Stream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (address, accepted) = match self.tls.accept().await {
                Ok(Client { address, stream }) => (Some(address), stream.and_then(without_early_data)),
                Err(error) => (None, Err(error)),
            };
            match (accepted, address) {
                (Ok(stream), Some(address)) => return (stream, address),
                (Ok(_), None) => {}
                (Err(error), address) => (self.report)(address, &self.answer(error)),
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tls.local_addr()
    }
}

/// Who asks, and over which connection: what a handler is given as `ConnectInfo<Peer>`, of an application that was made by
/// `into_make_service_with_connect_info::<Peer>`.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where from.
    pub address: SocketAddr,
    /// What is known of the connection, a client's certificate too.
    pub facts: Arc<Facts>,
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self { address: *stream.remote_addr(), facts: Arc::new(stream.io().facts().clone()) }
    }
}

/// Answers a request of plain HTTP. The client is waited for, so that the answer is not lost with what it still sends, but not for long.
async fn refuse(mut socket: TcpStream) {
    let talk = async {
        socket.write_all(REFUSAL).await?;
        socket.shutdown().await?;
        // What it sends is read and dropped, to a bound.
        tokio::io::copy(&mut socket.take(MOST_REQUEST), &mut tokio::io::sink()).await
    };
    let _ = tokio::time::timeout(PATIENCE, talk).await;
}

const REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 33\r\nConnection: close\r\n\r\nThis port speaks HTTPS, not HTTP\n";

/// How many such clients are answered at a time.
const MOST_REFUSALS: usize = 64;

/// How much of such a request is read, in bytes.
const MOST_REQUEST: u64 = 64 * 1024;

/// How long such a client is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client that was told that its early data is taken waits for an answer to it, and axum will never see it.
fn without_early_data<S>(stream: Stream<S>) -> io::Result<Stream<S>> {
    match stream.facts().early_data {
        EarlyData::Accepted { .. } => {
            Err(io::Error::new(ErrorKind::Unsupported, "a request came as early data: see `early_data` of the server"))
        }
        _ => Ok(stream),
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("tls", &self.tls).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast_testkit::setup::Setup;

    /// What a client hears that speaks plain HTTP.
    async fn heard(listener: &Listener, socket: &TcpListener) -> String {
        let mut client = TcpStream::connect(socket.local_addr().unwrap()).await.unwrap();
        let (io, _) = socket.accept().await.unwrap();
        let stranger = Stranger { io, received: Vec::new(), speaks: Sniffed::Http, place: None };
        let error = listener.answer(io::Error::other(stranger));
        assert_eq!(error.to_string(), "the client does not speak TLS: plain HTTP");
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        heard
    }

    /// Who is refused takes a place, and where none is left nobody waits for the client.
    #[tokio::test]
    async fn refusals_have_a_bound() {
        let bind = || TcpListener::bind(("127.0.0.1", 0));
        let acceptor = Acceptor::new(Setup::default().make().server);
        let listener = Listener::new(acceptor.listen(bind().await.unwrap())).answer_plain_http(true);
        let socket = bind().await.unwrap();
        let mut places: Vec<_> = std::iter::from_fn(|| listener.refusals.take()).collect();
        assert_eq!(places.len(), MOST_REFUSALS);
        assert_eq!(heard(&listener, &socket).await, "");
        places.pop();
        assert_eq!(heard(&listener, &socket).await.as_bytes(), REFUSAL);
    }
}
