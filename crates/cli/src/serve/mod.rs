//! `handfast serve`: a server.
//!
//! One thread accepts; each connection has a thread of its own, of which there are only so many. What a client does wrong
//! ends its connection with a line on standard error, and nothing else.

mod connections;
mod date;
mod files;
mod http;
mod identity;
mod request;
mod sessions;
#[cfg(feature = "redis")]
mod shared;
mod socket;
mod status;

use crate::failure::Failure;
use crate::{escape, judge, psk, tls};
use clap::{Args, ValueEnum, ValueHint};
use connections::Connections;
use files::Files;
use handfast::pki::Policy;
use handfast::{ClientAuth, PathVerifier, Resolve, ServerConfig, UnknownPsk};
use handfast_net::{Acceptor, Socket, Stream, Timeouts};
use socket::Shared;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Serve TLS: echo what clients send, or files, or what is known of the connection
///
/// Prints one line, `listening on ADDRESS:PORT`, on standard output when it is ready. SIGINT and SIGTERM stop it: what
/// is running is finished, within the time of `--grace`; a second signal ends it at once, with exit code 1.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4433")]
    listen: SocketAddr,

    #[command(flatten)]
    identity: identity::Flags,

    /// Serve the files of DIR over HTTP/1.1
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "status")]
    www: Option<PathBuf>,

    /// Serve a page that says what is known of the connection, over HTTP/1.1; as JSON at /json
    #[arg(long)]
    status: bool,

    #[command(flatten)]
    choices: tls::Choices,

    #[cfg(feature = "legacy")]
    #[command(flatten)]
    legacy: crate::legacy::ServerFlags,

    #[command(flatten)]
    sessions: sessions::Flags,

    #[command(flatten)]
    psk: psk::ServerFlags,

    /// Whether clients must have a certificate
    #[arg(long, value_name = "MODE", default_value = "none", requires_if("request", "client_ca"))]
    #[arg(requires_if("require", "client_ca"))]
    client_auth: Mode,

    /// Who issues the clients' certificates (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    client_ca: Option<PathBuf>,

    /// Judge the clients' certificates by the revocation lists of FILE (PEM or DER); there must be one for every certificate
    /// of a path. They are read once, when the program starts
    #[arg(long, value_name = "FILE", requires = "client_ca", value_hint = ValueHint::FilePath)]
    client_crl: Vec<PathBuf>,

    /// How long a handshake may take, and how long a client may be silent later
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// How many connections are served at once; more have to wait
    #[arg(long, value_name = "NUMBER", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,

    /// How long to wait for what is running when the program is stopped
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u64).range(..=86_400))]
    grace: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Do not ask for one
    None,
    /// Ask, and go on without
    Request,
    /// Refuse clients without one
    Require,
}

/// What is served.
enum Service {
    Echo,
    Files(Files),
    Status,
}

/// What every connection needs.
struct Server {
    acceptor: Acceptor,
    service: Service,
    timeout: Duration,
    connections: Connections,
}

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let server = Arc::new(Server::new(arguments)?);
    let listener = TcpListener::bind(arguments.listen)
        .map_err(|error| Failure::io(&error, arguments.listen).hint("is another server running there?"))?;
    let address = listener.local_addr().map_err(|error| Failure::io(&error, arguments.listen))?;

    // The handler is there before anybody can know that there is something to stop.
    let stopped = server.clone();
    ctrlc::set_handler(move || {
        if stopped.connections.stop() {
            // Told twice.
            process::exit(1);
        }
        // Wakes the thread that waits for connections; when that fails it has something else to do.
        let _ = TcpStream::connect_timeout(&reachable(address), Duration::from_secs(1));
    })
    .map_err(|error| Failure::usage(format!("signals cannot be handled: {error}")))?;
    writeln!(io::stdout(), "listening on {address}")
        .and_then(|()| io::stdout().flush())
        .map_err(|error| Failure::output(&error))?;

    server.accept(listener);
    server.connections.wait(Duration::from_secs(arguments.grace));
    Ok(())
}

impl Server {
    fn new(arguments: &Arguments) -> Result<Self, Failure> {
        let service = match &arguments.www {
            Some(root) => Service::Files(Files::new(root)?),
            None if arguments.status => Service::Status,
            None => Service::Echo,
        };
        let timeout = Duration::from_secs(arguments.timeout);
        let acceptor = Acceptor::new(configuration(arguments, &service)?).handshake_timeout(Some(timeout));
        Ok(Self { acceptor, service, timeout, connections: Connections::new(arguments.max_connections) })
    }

    /// Takes connections until the program is stopped.
    fn accept(self: &Arc<Self>, listener: TcpListener) {
        loop {
            if !self.connections.wait_for_room() {
                return;
            }
            match listener.accept() {
                Ok((socket, peer)) => self.begin(Shared::new(socket), peer),
                Err(error) => {
                    log("accept", &error.to_string());
                    // Out of files, say. A connection that ends may help; this must not become a busy loop.
                    self.connections.pause();
                }
            }
        }
    }

    /// Gives a connection its thread.
    fn begin(self: &Arc<Self>, socket: Shared, peer: SocketAddr) {
        let Some(place) = self.connections.enter(socket.clone()) else { return };
        let server = self.clone();
        let spawned = thread::Builder::new().name(peer.to_string()).spawn(move || {
            if let Err(error) = server.serve(socket)
                && !server.connections.is_stopping()
            {
                log(&peer.to_string(), &error.to_string());
            }
            drop(place);
        });
        if let Err(error) = spawned {
            log(&peer.to_string(), &format!("no thread: {error}"));
        }
    }

    fn serve(&self, socket: Shared) -> io::Result<()> {
        let mut stream = self.acceptor.accept_early(socket)?;
        let served = match &self.service {
            Service::Echo => echo(&mut stream, self.timeout),
            Service::Files(files) => http::serve(&mut stream, self.timeout, |_, request| files.answer(request)),
            Service::Status => http::serve(&mut stream, self.timeout, status::answer),
        };
        // When the program is stopped, it is this side that ends the reading.
        let is_over = |error: &io::Error| self.connections.is_stopping() && http::is_truncated(error);
        if served.as_ref().err().is_none_or(is_over) {
            // The peer may have gone without waiting for this.
            let _ = stream.close();
        }
        served
    }
}

/// Gives everything back until the client has no more; what came early as well, to which no harm is done if it comes twice.
fn echo(stream: &mut Stream<Shared>, timeout: Duration) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.early_data().read(&mut buffer)? {
            0 => break,
            len => stream.early_data().write_all(&buffer[..len])?,
        }
    }
    settle(stream, timeout)?;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(len) => {
                stream.write_all(&buffer[..len])?;
                stream.flush()?;
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err(io::Error::new(ErrorKind::TimedOut, "silent for too long"));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Completes the handshake, if it is not complete, and lets the client be silent for so long from here on.
fn settle(stream: &mut Stream<Shared>, timeout: Duration) -> io::Result<()> {
    stream.handshake()?;
    stream.get_ref().set_timeouts(Timeouts { read: Some(timeout), write: Some(timeout) })
}

fn configuration(arguments: &Arguments, service: &Service) -> Result<Arc<ServerConfig>, Failure> {
    let provider = handfast::rustcrypto::provider();
    let identities = identity::identities(&arguments.identity, &provider)?;
    let psks = arguments.psk.keys(&provider)?;
    if identities.is_empty() && psks.is_none() {
        return Err(Failure::usage("a server needs something to prove who it is")
            .hint("give `--cert FILE --key FILE`, `--self-signed` or `--psk-file FILE`"));
    }
    #[cfg(feature = "legacy")]
    let legacy = crate::legacy::server(&arguments.choices.legacy, &arguments.legacy, &identities, &provider)?;
    let blank = || {
        let builder = ServerConfig::builder();
        #[cfg(feature = "legacy")]
        let builder = builder.legacy(legacy.clone());
        builder
    };
    let mut builder = tls::apply!(&arguments.choices, blank().identities(Resolve::Ask), blank());
    builder = sessions::keep(&arguments.sessions, &provider, builder)?;
    if let Some(psks) = psks {
        builder = builder.psks(Resolve::Now(Arc::new(psks)));
        if identities.is_empty() {
            builder = builder.unknown_psk(UnknownPsk::Hide);
        }
    }
    if arguments.choices.alpn.is_empty() && !matches!(service, Service::Echo) {
        builder = builder.protocols(["http/1.1"]);
    }
    for identity in identities {
        builder = builder.identity(identity);
    }
    let mode = match arguments.client_auth {
        Mode::None => ClientAuth::None,
        Mode::Request => ClientAuth::Request,
        Mode::Require => ClientAuth::Require,
    };
    match (mode, &arguments.client_ca) {
        // Who names a CA believes that clients are checked.
        (ClientAuth::None, Some(_)) => {
            let failure = Failure::usage("`--client-ca` without `--client-auth` would check nobody");
            return Err(failure.hint("add `--client-auth request` or `--client-auth require`"));
        }
        (mode, Some(file)) => {
            let anchors = tls::anchors(file)?;
            let policy = Policy { revocation: judge::revocation(&arguments.client_crl)?, ..Policy::default() };
            let judge = PathVerifier::with_policy(provider, anchors.clone(), policy);
            builder = builder.client_verifier(mode, Resolve::Now(Arc::new(judge))).authorities(anchors.subjects());
        }
        (_, None) => {}
    }
    builder.build().map_err(Failure::usage)
}

/// Where this machine reaches a listener that may listen everywhere.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}

/// What went wrong with one connection. Part of it may be in the words of the peer.
fn log(who: &str, what: &str) {
    // Where standard error is closed nobody listens anyway.
    let _ = writeln!(anstream::stderr().lock(), "{who}: {}", escape::text(what));
}
