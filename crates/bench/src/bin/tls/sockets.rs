//! Connections over loopback sockets with tokio, one after the other, while a thousand stay open: both ends on one thread.

use handfast_bench::measure::{Task, clock, medians};
use handfast_bench::peer::{PROVIDERS, RUSTLS, Scenario};
use handfast_bench::table::Table;
use handfast_bench::world::{Keys, NAME, World};
use handfast_tokio::{Acceptor, Connector};
use rustls::pki_types::ServerName;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::spawn;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How many connections of each candidate stay open.
const OPEN: usize = 1_000;
/// Connections of a sample.
const SAMPLE: usize = 25;

/// Both ends of a candidate.
#[derive(Clone)]
enum Ends {
    Ours(Box<(Connector, Acceptor)>),
    Rustls(TlsConnector, TlsAcceptor),
}

/// A table of connections per second.
pub(crate) fn tables(rounds: usize) -> Vec<Table> {
    let world = World::new(Keys::P256);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let candidates = candidates(&world);
    let mut tasks: Vec<Task<1>> =
        candidates.iter().map(|(_, ends)| Site::new(&runtime, ends.clone()).task(&runtime)).collect();
    let title = format!("1.3 X25519 ECDSA over loopback, {OPEN} connections open");
    let mut table = Table::new(title, "handshakes/s", &["both ends, one thread"], "rustls + aws-lc-rs");
    let figures = medians(rounds, &mut tasks);
    table.rows = candidates.into_iter().zip(figures).map(|((name, _), [rate])| (name.to_owned(), vec![rate])).collect();
    vec![table]
}

fn candidates(world: &World) -> Vec<(&'static str, Ends)> {
    let rustls = RUSTLS.iter().map(|peer| {
        let (client, server) = peer.configs(&Scenario::FULL, world).expect("everybody can do it");
        (peer.name, Ends::Rustls(client.into(), server.into()))
    });
    let ours = PROVIDERS.iter().map(|ours| {
        let (client, server) = ours.configs(&Scenario::FULL, world);
        (ours.name, Ends::Ours(Box::new((Connector::new(client), Acceptor::new(server)))))
    });
    rustls.chain(ours).collect()
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Ends {
    async fn connect(&self, socket: TcpStream) -> Box<dyn Stream> {
        let name = ServerName::try_from(NAME).expect("a name");
        match self {
            Ends::Ours(ours) => Box::new(ours.0.connect_over(socket, name).await.expect("a handshake")),
            Ends::Rustls(connector, _) => Box::new(connector.connect(name, socket).await.expect("a handshake")),
        }
    }

    async fn accept(&self, socket: TcpStream) -> Box<dyn Stream> {
        match self {
            Ends::Ours(ours) => Box::new(ours.1.accept(socket).await.expect("a handshake")),
            Ends::Rustls(_, acceptor) => Box::new(acceptor.accept(socket).await.expect("a handshake")),
        }
    }
}

struct Site {
    ends: Ends,
    address: SocketAddr,
    open: VecDeque<Box<dyn Stream>>,
}

impl Site {
    /// A server that listens, with its first thousand clients.
    fn new(runtime: &Runtime, ends: Ends) -> Self {
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let mut site = Site { ends: ends.clone(), address, open: VecDeque::new() };
            spawn(serve(listener, Arc::new(ends)));
            while site.open.len() < OPEN {
                site.connect().await;
            }
            site
        })
    }

    async fn connect(&mut self) {
        let socket = TcpStream::connect(self.address).await.expect("a connection");
        socket.set_nodelay(true).expect("a socket");
        let mut stream = self.ends.connect(socket).await;
        // The server says a byte when it is done as well.
        stream.read_u8().await.expect("a byte");
        self.open.push_back(stream);
    }

    fn task(mut self, runtime: &Runtime) -> Task<'_, 1> {
        Box::new(move || {
            let time = clock(|| {
                runtime.block_on(async {
                    for _ in 0..SAMPLE {
                        self.open.pop_front();
                        self.connect().await;
                    }
                });
            });
            [SAMPLE as f64 / time.as_secs_f64()]
        })
    }
}

/// Every client in a task of its own, until it goes away.
async fn serve(listener: TcpListener, ends: Arc<Ends>) {
    loop {
        let (socket, _) = listener.accept().await.expect("a connection");
        socket.set_nodelay(true).expect("a socket");
        let ends = ends.clone();
        spawn(async move {
            let mut stream = ends.accept(socket).await;
            stream.write_u8(1).await.expect("a byte");
            stream.flush().await.expect("a byte");
            // Ends with the client, in whatever way.
            let _ = stream.read_u8().await;
        });
    }
}
