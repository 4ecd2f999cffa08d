//! `handfast serve`: a server.
//!
//! One thread accepts; each connection has a thread of its own, of which there are only so many. What a client does wrong
//! ends its connection with a line on standard error, and nothing else.

mod certificates;
mod client;
mod connections;
mod counts;
mod date;
mod files;
mod http;
mod identity;
mod incoming;
mod live;
mod look;
mod reload;
mod reply;
mod request;
mod sessions;
#[cfg(feature = "redis")]
mod shared;
mod signals;
mod status;

use crate::bounded::Bounded;
use crate::failure::Failure;
use crate::{descriptors, escape, psk, tls};
use clap::{Args, ValueEnum, ValueHint};
use client::Client;
use connections::{Connections, NEWS, Place};
use counts::Counts;
use files::Files;
use handfast::wire::AlertDescription;
use handfast::{Admission, HelloView, Limits, Question, Resolve};
use handfast_net::{Acceptor, Stream};
use live::Live;
use reload::{Watch, Why};
use signals::Told;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// Serve TLS: echo what clients send, or files, or what is known of the connection
///
/// Prints one line, `listening on ADDRESS:PORT`, on standard output when it is ready. SIGINT and SIGTERM stop it: what
/// is running is finished, within the time of `--grace`; a second signal ends it at once, with exit code 1. SIGHUP
/// reads the files again that `--reload` is about.
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

    /// Answer each line, or each request of a client that speaks HTTP/1.1, with so many bytes: to measure with
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["www", "status"])]
    reply_size: Option<u64>,

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
    /// of a path
    #[arg(long, value_name = "FILE", requires = "client_ca", value_hint = ValueHint::FilePath)]
    client_crl: Vec<PathBuf>,

    /// How long a handshake may take, all in all
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    handshake_timeout: u64,

    /// How long a client may be silent after its handshake; of HTTP and with `--reply-size` how long a request or a line may
    /// take to come, however slowly it does; and how long an answer may wait to be taken
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// How many connections are served at once; more have to wait
    #[arg(long, value_name = "NUMBER", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,

    /// How many of these may be at their handshake [default: a quarter of them]. When another comes and has no place, the one
    /// that has kept the server waiting longest is cut off, if that is a second or more: clients that say nothing keep
    /// nobody out
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    max_handshakes: Option<u32>,

    /// Look so often whether the files of certificates, keys, OCSP responses, CAs, revocation lists and pre-shared
    /// keys have changed, and serve new connections with what is in them then; 0 is never. SIGHUP reads them in any case.
    /// Passwords of `--pass file:PATH` are read with what they
    /// open. What cannot be used, or is no regular file any more, changes nothing
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(..=86_400))]
    reload: u64,

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

impl Arguments {
    fn is_http(&self) -> bool {
        self.www.is_some() || self.status
    }

    /// How many connections may be at their handshake. Fewer than there may be: who is served has a place that is not theirs.
    fn handshakes(&self) -> u32 {
        self.max_handshakes.unwrap_or((self.max_connections / 4).max(1))
    }
}

/// What is served.
enum Service {
    Echo,
    Files(Files),
    Status,
    Reply(u64),
}

/// What every connection needs.
struct Server {
    arguments: Arguments,
    live: Live,
    service: Service,
    connections: Connections,
    counts: Counts,
}

/// What was said of files that could not be used, which are tried again and again.
struct Said {
    why: String,
    /// What else was said of them.
    notes: BTreeSet<String>,
}

/// Runs it.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let server = Arc::new(Server::new(arguments)?);
    let most = server.arguments.max_connections;
    if let Some(short) = descriptors::raise(most, server.arguments.www.is_some()) {
        tls::warn(&format!(
            "this system lets the program have {} open files, and {most} connections may want {}: of more than {} some may \
             have to wait (`ulimit -Hn`, `--max-connections`)",
            short.has, short.wanted, short.room
        ));
    }
    let at = server.arguments.listen;
    let listener =
        TcpListener::bind(at).map_err(|error| Failure::io(&error, at).hint("is another server running there?"))?;
    descriptors::queue(&listener);
    let address = listener.local_addr().map_err(|error| Failure::io(&error, at))?;

    // The handler is there before anybody can know that there is something to stop.
    let told = server.clone();
    let (bell, watch) = reload::pair();
    signals::listen(move |what| match what {
        // Files may be slow to read, and whoever hears signals has to hear the next one.
        Told::Reload => bell.ring(),
        Told::Stop => {
            if told.connections.stop() {
                // Told twice.
                process::exit(1);
            }
            // Wakes the thread that waits for connections; when that fails it has something else to do.
            let _ = TcpStream::connect_timeout(&reachable(address), Duration::from_secs(1));
        }
    })?;
    let watching = server.clone();
    let thread = thread::Builder::new().name("reload".to_string()).spawn(move || watching.watch(&watch));
    thread.map_err(|error| Failure::io(&error, "no thread to read files again"))?;
    writeln!(io::stdout(), "listening on {address}")
        .and_then(|()| io::stdout().flush())
        .map_err(|error| Failure::output(&error))?;

    server.accept(listener);
    server.connections.wait(Duration::from_secs(server.arguments.grace));
    server.tell_rest(true);
    Ok(())
}

impl Server {
    fn new(arguments: Arguments) -> Result<Self, Failure> {
        let service = match (&arguments.www, arguments.reply_size) {
            (Some(root), _) => Service::Files(Files::new(root)?),
            (None, Some(size)) => Service::Reply(size),
            (None, None) if arguments.status => Service::Status,
            (None, None) => Service::Echo,
        };
        Ok(Self {
            live: Live::new(&arguments)?,
            service,
            connections: Connections::new(arguments.max_connections, arguments.handshakes()),
            counts: Counts::default(),
            arguments,
        })
    }

    /// Serves with what is in the files now. What cannot be used is said, unless it was said `before`, and leaves everything as it
    /// was. Gives what was said.
    fn reload(&self, before: Option<Said>) -> Option<Said> {
        let (before, notes) = before.map(|said| (said.why, said.notes)).unwrap_or_default();
        let (loaded, notes) = tls::again(notes, || self.live.load_again(&self.arguments));
        match loaded {
            Ok(()) => {
                tls::warn("the files were read again");
                None
            }
            Err(failure) => {
                let why = failure.message.clone();
                if before != why {
                    tls::warn("the files were read again, and what was in them before stays in place:");
                    let _ = failure.report();
                }
                Some(Said { why, notes })
            }
        }
    }

    /// Reads the files again when that is asked for, and when they have changed. What could not be read is tried again each time.
    fn watch(&self, watch: &Watch) {
        let interval = Some(self.arguments.reload).filter(|seconds| *seconds > 0).map(Duration::from_secs);
        let mut said = None;
        watch.each(interval, |why| {
            match why {
                Why::Told => {
                    self.live.refresh_ticket_keys();
                    said = self.reload(None);
                }
                Why::Time if self.live.is_old(&self.arguments) => said = self.reload(said.take()),
                Why::Time => {}
            }
            self.tell_rest(false);
        });
    }

    /// Says of how many nothing was said who have made room. When a crowd is gone nobody else does.
    fn tell_rest(&self, is_end: bool) {
        if let Some(untold) = self.connections.untold(is_end) {
            log("clients", &format!("{untold} more have made room for others that waited"));
        }
    }

    /// Takes connections until the program is stopped.
    fn accept(self: &Arc<Self>, listener: TcpListener) {
        // What stands in the way is said once, and again only when it is something else or some time has gone by.
        let mut in_the_way = None;
        // Who was accepted and has no thread yet.
        let mut first = None;
        while !self.connections.is_stopping() {
            let client = first
                .take()
                .map_or_else(|| listener.accept().map(|(socket, peer)| (Bounded::unbound(socket), peer)), Ok);
            let taken = match client {
                Ok((socket, peer)) => self.begin(socket.clone(), peer).map_err(|error| {
                    first = Some((socket, peer));
                    // Whoever goes leaves a thread.
                    (io::Error::new(error.kind(), format!("no thread: {error}")), true)
                }),
                Err(error) => {
                    let wants_room = descriptors::are_short(&error);
                    Err((error, wants_room))
                }
            };
            match taken {
                Ok(()) => {}
                // Who has gone again stands in nobody's way.
                Err((error, _)) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err((error, wants_room)) => {
                    if in_the_way
                        .is_none_or(|(kind, said): (_, Instant)| kind != error.kind() || said.elapsed() >= NEWS)
                    {
                        log("accept", &format!("{error}; clients wait"));
                        in_the_way = Some((error.kind(), Instant::now()));
                    }
                    // Out of files, say. A connection that ends may help; this must not become a busy loop.
                    self.connections.pause(wants_room);
                }
            }
        }
    }

    /// Gives a connection its thread.
    fn begin(self: &Arc<Self>, socket: Bounded, peer: SocketAddr) -> io::Result<()> {
        let Some(place) = self.connections.enter(socket.clone()) else { return Ok(()) };
        let server = self.clone();
        let spawned = thread::Builder::new().name(peer.to_string()).spawn(move || {
            server.counts.accepted();
            let hello = OnceLock::new();
            if let Err(error) = server.serve(socket, peer, &place, Arc::new(hello))
                && !server.connections.is_stopping()
            {
                match place.wanted().map(|_| place.news()) {
                    None | Some(Some(0)) => log(&peer.to_string(), &error),
                    Some(Some(others)) => log(&peer.to_string(), &format!("{error}; and so were {others} before")),
                    Some(None) => {}
                }
            }
            drop(place);
        });
        spawned.map(drop)
    }

    /// Serves one client. What is wrong with it comes with a code and a hint.
    fn serve(
        &self,
        socket: Bounded,
        peer: SocketAddr,
        place: &Place,
        hello: Arc<OnceLock<HelloView>>,
    ) -> Result<(), String> {
        let failed = |error: io::Error| {
            let asked = hello.get().and_then(HelloView::server_name).map(|name| format!("for {name}: "));
            let failure = match place.wanted() {
                Some((wanted, more)) => Failure::serving(&wanted, more).hint(format!("with `{more}` more have room")),
                None if place.is_settled() => Failure::serving(&error, "--timeout SECONDS"),
                None => Failure::serving(&error, "--handshake-timeout SECONDS"),
            };
            format!("{}{}", asked.unwrap_or_default(), failure.line())
        };
        let about = About { server: self, peer, hello: &hello };
        let stream = self.handshake(socket, hello.clone());
        let served = stream.and_then(|stream| self.talk(stream, place, &about));
        if served.is_err() && !place.is_settled() {
            self.counts.refused();
        }
        match (served, place.wanted()) {
            (Ok(()), None) => Ok(()),
            (Err(error), _) | (Ok(()), Some((error, _))) => Err(failed(error)),
        }
    }

    /// What is said on one connection, from where there may be early data.
    fn talk(&self, stream: Stream<Bounded>, place: &Place, about: &About<'_>) -> io::Result<()> {
        let timeout = Duration::from_secs(self.arguments.timeout);
        let mut client = Client::new(stream, place, &self.counts, timeout);
        let served = match &self.service {
            Service::Echo => echo(&mut client),
            Service::Files(files) => http::serve(&mut client, |_, request| files.answer(request)),
            Service::Status => http::serve(&mut client, |stream, request| status::answer(about, stream, request)),
            Service::Reply(size) => reply::serve(&mut client, *size),
        };
        // When the program is stopped, it is this side that ends the reading.
        let is_over = |error: &io::Error| self.connections.is_stopping() && client::is_truncated(error);
        if served.as_ref().err().is_none_or(is_over) {
            client.close();
        }
        served
    }

    /// The handshake, up to where there may be early data. The ClientHello is kept.
    fn handshake(&self, socket: Bounded, kept: Arc<OnceLock<HelloView>>) -> io::Result<Stream<Bounded>> {
        let hosts = self.live.hosts.clone();
        let admission = Admission {
            provider: self.live.provider.clone(),
            limits: Limits::default(),
            config: Resolve::Ask,
            trace: self.arguments.choices.trace(),
        };
        let time = Duration::from_secs(self.arguments.handshake_timeout);
        let acceptor = Acceptor::with_admission(admission).handshake_timeout(Some(time));
        let acceptor = acceptor.answers(move |question| {
            let Question::Config(question) = question else { return None };
            // After a HelloRetryRequest it is the first one that stays.
            let _ = kept.set(question.hello().clone());
            Some(match hosts.find(question.hello().server_name().as_deref()) {
                Some(config) => question.serve(config),
                None => question.refuse(AlertDescription::UNRECOGNIZED_NAME),
            })
        });
        acceptor.accept_early(socket)
    }
}

/// One connection, for who describes it.
struct About<'a> {
    server: &'a Server,
    peer: SocketAddr,
    hello: &'a OnceLock<HelloView>,
}

/// Gives everything back until the client has no more; what came early as well, to which no harm is done if it comes twice.
fn echo(client: &mut Client<'_>) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match client.read_early(&mut buffer)? {
            0 => break,
            len => client.stream().early_data().write_all(&buffer[..len])?,
        }
    }
    client.settle()?;
    loop {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            len => {
                client.answer();
                client.write_all(&buffer[..len])?;
                client.flush()?;
            }
        }
    }
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
