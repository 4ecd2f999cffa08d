//! Connections to the one server, each with a bound on its time, and what was seen of its certificates.

use super::answer::{self, Answer, Until};
use super::hello::Hello;
use crate::bounded::Bounded;
use crate::failure::Failure;
use crate::starttls::Begin;
use crate::target::Target;
use handfast::pki_types::{CertificateDer, ServerName};
use handfast::wire::{AlertDescription, HandshakeType, ProtocolVersion};
use handfast::{
    ClientConfig, ClientConfigBuilder, Direction, EarlyData, Epoch, Error, Identity, NotResumed, Provider, Resolve,
    Trace,
};
use handfast_net::{Connector, Stream, tls_error};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The way to the server.
pub(super) struct Line {
    pub(super) address: SocketAddr,
    pub(super) provider: Provider,
    manner: Manner,
    timeout: Duration,
    /// When there are to be no more connections.
    until: Instant,
    made: AtomicUsize,
    seen: Mutex<Vec<Seen>>,
}

/// How the server is spoken to.
pub(super) struct Manner {
    /// Whom its certificate must be for, and what is sent as SNI.
    pub(super) name: ServerName<'static>,
    /// What is said before TLS.
    pub(super) begin: Option<Begin>,
    /// What is shown to a server that asks for a certificate.
    pub(super) own: Vec<Arc<Identity>>,
}

/// A chain that the server has shown for the name it was asked for.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) versions: Vec<ProtocolVersion>,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) staple: Option<Vec<u8>>,
}

/// Why something is not known: the server was silent, or could not be reached.
#[derive(Clone, Debug)]
pub(super) struct Trouble(pub(super) String);

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self("no answer in time".to_string()),
            _ => Self(error.to_string()),
        }
    }
}

impl From<handfast::wire::EncodeError> for Trouble {
    fn from(error: handfast::wire::EncodeError) -> Self {
        Self(error.to_string())
    }
}

impl From<handfast::config::ConfigError> for Trouble {
    fn from(error: handfast::config::ConfigError) -> Self {
        Self(error.to_string())
    }
}

/// How many chains are kept of one server.
const CHAINS: usize = 16;

/// How long a server may take to say good bye.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much is read of what it says meanwhile, in bytes.
const ENOUGH: u64 = 64 * 1024;

impl Line {
    /// The first address of the server that answers.
    pub(super) fn find(
        target: &Target,
        manner: Manner,
        provider: Provider,
        timeout: Duration,
        until: Instant,
    ) -> Result<Self, Failure> {
        let failed = |error: &io::Error| Failure::connecting(error, format!("no connection to {target}"));
        let addresses = (target.host.as_str(), target.port).to_socket_addrs().map_err(|error| failed(&error))?;
        let mut last = io::Error::new(ErrorKind::NotFound, "the host name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(socket) => {
                    let (made, seen) = (AtomicUsize::new(1), Mutex::default());
                    let line = Self { address, provider, manner, timeout, until, made, seen };
                    // Whether it offers TLS at all is an answer of its own.
                    line.begin(Bounded::new(socket, Instant::now() + timeout)).map_err(|error| failed(&error))?;
                    return Ok(line);
                }
                Err(error) => last = error,
            }
        }
        Err(failed(&last))
    }

    /// The host name that is sent, if it is one.
    pub(super) fn sni(&self) -> Option<&str> {
        match &self.manner.name {
            ServerName::DnsName(name) => Some(name.as_ref()),
            _ => None,
        }
    }

    /// Whom the certificate must be for.
    pub(super) fn name(&self) -> &ServerName<'static> {
        &self.manner.name
    }

    /// How many connections were made.
    pub(super) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// The chains that were shown, the first to be seen first.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A hello in this version for the host that is probed.
    pub(super) fn hello(&self, version: ProtocolVersion, suites: Vec<handfast::wire::CipherSuite>) -> Hello {
        Hello::new(version, suites, self.sni())
    }

    /// What the server says to a hello.
    pub(super) fn ask(&self, hello: &Hello, until: Until) -> Result<Answer, Trouble> {
        let failed = |error| Trouble(format!("no random number: {error:?}"));
        let random = self.provider.random.as_ref().array().map_err(failed)?;
        let session_id = self.provider.random.as_ref().array().map_err(failed)?;
        let record = hello.record(random, session_id)?;
        let mut socket = self.dial()?;
        let answer = match socket.write_all(&record) {
            Ok(()) => answer::read(socket, until)?,
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => Answer::Closed,
            Err(error) => return Err(error.into()),
        };
        if let (Answer::Flight(flight), true) = (&answer, hello.name.as_deref() == self.sni()) {
            self.note(flight.version, &flight.chain, flight.staple.as_deref());
        }
        Ok(answer)
    }

    /// The outcome of a handshake by the engine. The inner error is the code of what kept both from a connection.
    pub(super) fn handshake(&self, config: &Arc<ClientConfig>) -> Result<Result<Stream<Bounded>, String>, Trouble> {
        self.handshake_for(self.manner.name.clone(), &Connector::new(config.clone()))
    }

    /// The same for another name, and with what else a connector brings along.
    pub(super) fn handshake_for(
        &self,
        name: ServerName<'static>,
        connector: &Connector,
    ) -> Result<Result<Stream<Bounded>, String>, Trouble> {
        let is_own = name == self.manner.name;
        let connector = connector.clone().handshake_timeout(Some(self.timeout));
        match self.dial().and_then(|socket| connector.connect_with(socket, name)) {
            Ok(stream) => {
                let facts = stream.facts();
                if let Some(peer) = facts.peer().filter(|_| is_own && !facts.resumed) {
                    self.note(facts.version, &peer.credential.chain, peer.credential.ocsp.as_deref());
                }
                Ok(Ok(stream))
            }
            Err(error) => match tls_error(&error) {
                Some(error) => Ok(Err(code(error))),
                None if is_end(&error) => Ok(Err("closed".to_string())),
                None => Err(error.into()),
            },
        }
    }

    /// A socket, at the second attempt if not at the first: somebody on the way may have lost patience.
    fn dial(&self) -> io::Result<Bounded> {
        if Instant::now() >= self.until {
            return Err(io::Error::other("the time of the whole probe is up"));
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        let dial = || {
            let until = (Instant::now() + self.timeout).min(self.until);
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            Ok((TcpStream::connect_timeout(&self.address, left)?, until))
        };
        let (socket, until) = dial().or_else(|_: io::Error| dial())?;
        socket.set_nodelay(true)?;
        self.begin(Bounded::new(socket, until))
    }

    /// Up to where TLS begins.
    fn begin(&self, mut socket: Bounded) -> io::Result<Bounded> {
        if let Some(begin) = &self.manner.begin {
            let own = socket.local_addr()?.ip();
            begin.run(&mut socket, own)?;
        }
        Ok(socket)
    }

    /// Whether it is a protocol that begins in the clear, and then is hardly HTTP.
    pub(super) fn begins_in_the_clear(&self) -> bool {
        self.manner.begin.is_some()
    }

    /// A configuration that judges nobody: what the server shows is judged when all of it is known. A server that asks for a
    /// certificate is shown one's own.
    pub(super) fn curious(&self) -> ClientConfigBuilder {
        let builder = nobody();
        match self.manner.own.as_slice() {
            [] => builder,
            own => builder.identities(Resolve::Now(Arc::new(own.to_vec()))),
        }
    }

    fn note(&self, version: Option<ProtocolVersion>, chain: &[CertificateDer<'static>], staple: Option<&[u8]>) {
        let (Some(version), Some(leaf)) = (version, chain.first()) else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = seen.len() < CHAINS;
        match seen.iter_mut().find(|seen| seen.chain.first() == Some(leaf)) {
            Some(old) => {
                if !old.versions.contains(&version) {
                    old.versions.push(version);
                }
                if old.staple.is_none() {
                    old.staple = staple.map(<[u8]>::to_vec);
                }
            }
            None if has_room => {
                seen.push(Seen { versions: vec![version], chain: chain.to_vec(), staple: staple.map(<[u8]>::to_vec) });
            }
            None => {}
        }
    }
}

/// What kept both from a connection. An alert of the server is named as such.
fn code(error: &Error) -> String {
    match error {
        Error::Alert(alert) => format!("alert {alert}"),
        error => error.code(),
    }
}

/// Whether the server has ended the connection without a word.
fn is_end(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// A configuration of somebody who judges nobody, and shows nothing.
pub(super) fn nobody() -> ClientConfigBuilder {
    ClientConfig::builder().dangerous_no_verification().request_scts(true)
}

/// Says good bye and reads what the server still has to say: its tickets, in TLS 1.3.
pub(super) fn drain(stream: &mut Stream<Bounded>) {
    let _ = part(stream, PATIENCE);
}

/// Says good bye and reads what comes within this time; how much data that is.
fn part(stream: &mut Stream<Bounded>, time: Duration) -> (u64, io::Result<()>) {
    let _ = stream.close();
    stream.get_mut().bound(Instant::now() + time);
    let mut heard = 0;
    let mut buffer = [0; 4_096];
    while heard < ENOUGH {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => heard = heard.saturating_add(len as u64),
            Err(error) => return (heard, Err(error)),
        }
    }
    (heard, Ok(()))
}

/// What a server makes of a client's certificate, or of the want of one.
pub(super) enum Verdict {
    /// It goes on, and that was seen.
    GoesOn,
    /// It ends the connection.
    Refused(String),
    /// Nothing was seen of either.
    Unknown(String),
}

impl Line {
    /// What a server says to it that has asked for a certificate. In TLS 1.3 that is behind the handshake (RFC 9846 §2), and who does
    /// not say no says something else: tickets, data or good bye.
    pub(super) fn verdict(&self, stream: &mut Stream<Bounded>, watch: &Watch) -> Verdict {
        if stream.facts().version != Some(ProtocolVersion::TLS1_3) {
            return Verdict::GoesOn;
        }
        let (heard, end) = part(stream, self.timeout);
        let Err(error) = end else { return Verdict::GoesOn };
        if let Some(Error::Alert(alert)) = tls_error(&error) {
            return Verdict::Refused(format!("alert {alert}"));
        }
        match error.kind() {
            _ if heard > 0 || watch.tickets() > 0 => Verdict::GoesOn,
            ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {
                Verdict::Refused("closed".to_string())
            }
            _ => Verdict::Unknown(Trouble::from(error).0),
        }
    }
}

/// What goes by in a handshake and is no fact of the connection.
#[derive(Default)]
pub(super) struct Watch {
    tickets: AtomicUsize,
    wants_certificate: AtomicBool,
    has_shown: AtomicBool,
}

impl Watch {
    pub(super) fn tickets(&self) -> usize {
        self.tickets.load(Ordering::Relaxed)
    }

    pub(super) fn wants_certificate(&self) -> bool {
        self.wants_certificate.load(Ordering::Relaxed)
    }

    /// Whether the server was shown one, and that its key is here.
    pub(super) fn has_shown(&self) -> bool {
        self.has_shown.load(Ordering::Relaxed)
    }
}

impl Trace for Watch {
    fn message(&self, direction: Direction, _: Epoch, raw: &[u8]) {
        match raw.first().map(|ty| HandshakeType(*ty)) {
            Some(HandshakeType::CERTIFICATE_VERIFY) if direction == Direction::Send => {
                self.has_shown.store(true, Ordering::Relaxed);
            }
            _ if direction == Direction::Send => {}
            Some(HandshakeType::NEW_SESSION_TICKET) => {
                self.tickets.fetch_add(1, Ordering::Relaxed);
            }
            Some(HandshakeType::CERTIFICATE_REQUEST) => self.wants_certificate.store(true, Ordering::Relaxed),
            _ => {}
        }
    }

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, _: Direction, _: AlertDescription) {}

    fn not_resumed(&self, _: NotResumed) {}

    fn early_data(&self, _: EarlyData) {}
}
