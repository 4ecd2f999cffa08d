//! Connections to servers.

use crate::options::{Options, option_methods};
use crate::socket::{Deadline, Socket, Timed, too_late};
use crate::{Offer, Stream, offer_methods};
use handfast::pki_types::ServerName;
use handfast::{Answer, ClientConfig, Question};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Makes connections to servers, one like the other.
#[derive(Clone, Debug)]
#[must_use]
pub struct Connector {
    config: Arc<ClientConfig>,
    options: Options,
    offer: Offer,
}

impl Connector {
    /// A connector with this configuration.
    pub fn new(config: Arc<ClientConfig>) -> Self {
        Self { config, options: Options::default(), offer: Offer::default() }
    }

    option_methods!();

    offer_methods!();

    /// Connects to a host, which is also the name that its certificate must be for, and a port. All addresses of the host
    /// are tried in turn. The handshake's time includes TCP's own handshake and the look-up of the name, which nobody can cut short.
    ///
    /// # Errors
    /// `InvalidInput` when `host` is neither a host name nor an address. What the system says of the last address. As
    /// [`Stream::handshake`].
    pub fn connect(&self, (host, port): (&str, u16)) -> io::Result<Stream<TcpStream>> {
        let name = server_name(host)?;
        self.connect_to((host, port), name)
    }

    /// Connects to an address where a server is called `name`, whatever the address is called.
    ///
    /// # Errors
    /// As [`Connector::connect`].
    pub fn connect_to(&self, address: impl ToSocketAddrs, name: ServerName<'static>) -> io::Result<Stream<TcpStream>> {
        let deadline = self.options.deadline();
        let socket = dial(address, deadline)?;
        self.over(socket, name, deadline)
    }

    /// As [`Connector::connect_to`], but `prepare` talks over the socket before TLS begins: to a proxy, say, or in a protocol
    /// that turns to TLS at a command (STARTTLS). The handshake's time includes that.
    ///
    /// What it reads is lost to TLS, and came in the clear: what goes beyond its own protocol is a reason to fail, and must
    /// never be taken for data of the connection (CVE-2011-0411, CVE-2021-23222).
    ///
    /// # Errors
    /// What `prepare` says. As [`Connector::connect`].
    pub fn connect_through(
        &self,
        address: impl ToSocketAddrs,
        name: ServerName<'static>,
        prepare: impl FnOnce(&mut Timed<'_, TcpStream>) -> io::Result<()>,
    ) -> io::Result<Stream<TcpStream>> {
        let at = self.options.deadline();
        let mut socket = dial(address, at)?;
        let deadline = at.map(|at| Deadline::bound(at, &socket)).transpose()?;
        prepare(&mut Timed { io: &mut socket, deadline: deadline.as_ref() })?;
        if let Some(deadline) = deadline {
            deadline.disarm(&socket)?;
        }
        self.over(socket, name, at)
    }

    /// Connects over a socket that is connected already: one from a proxy, say, or a Unix socket.
    ///
    /// # Errors
    /// As [`Stream::handshake`].
    pub fn connect_over<S: Socket>(&self, socket: S, name: ServerName<'static>) -> io::Result<Stream<S>> {
        self.over(socket, name, self.options.deadline())
    }

    /// Connects over any transport. The handshake's time is looked at between reads and writes; a transport that waits for
    /// ever in one of them is not disturbed.
    ///
    /// # Errors
    /// As [`Stream::handshake`].
    pub fn connect_with<S: Read + Write>(&self, transport: S, name: ServerName<'static>) -> io::Result<Stream<S>> {
        let mut stream = self.begin(transport, name)?;
        stream.handshake()?;
        Ok(stream)
    }

    /// A stream whose handshake is yet to come: for transports that do not wait, and for
    /// [`Stream::handshake_answering`]. Its time runs from here.
    ///
    /// # Errors
    /// When no ClientHello can be made.
    pub fn begin<S: Read + Write>(&self, transport: S, name: ServerName<'static>) -> io::Result<Stream<S>> {
        self.start(transport, name, self.options.deadline().map(Deadline::unbound))
    }

    fn over<S: Socket>(&self, socket: S, name: ServerName<'static>, at: Option<Instant>) -> io::Result<Stream<S>> {
        socket.set_nodelay(self.options.nodelay)?;
        let deadline = at.map(|at| Deadline::bound(at, &socket)).transpose()?;
        let mut stream = self.start(socket, name, deadline)?;
        stream.handshake()?;
        Ok(stream)
    }

    fn start<S: Read + Write>(
        &self,
        transport: S,
        name: ServerName<'static>,
        deadline: Option<Deadline<S>>,
    ) -> io::Result<Stream<S>> {
        let tls = self.offer.begin(&self.config, name)?;
        Ok(Stream::new(transport, tls, deadline, self.options.answers.clone()))
    }
}

/// The name that the certificate of `host` must be for.
///
/// # Errors
/// `InvalidInput` when `host` is neither a host name nor an address.
pub fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.to_string()).map_err(|_| {
        io::Error::new(ErrorKind::InvalidInput, "neither a host name nor an address, so no certificate can match it")
    })
}

/// A TCP connection to the first address that answers.
fn dial(host: impl ToSocketAddrs, deadline: Option<Instant>) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the host name has no address");
    let addresses: Vec<_> = host.to_socket_addrs()?.collect();
    for (tried, address) in addresses.iter().enumerate() {
        // An address that does not answer gets its share of the time, so that the others get theirs.
        let share = |left: Duration| left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let dialled = match deadline.map(|at| share(at.saturating_duration_since(Instant::now()))) {
            None => TcpStream::connect(address),
            Some(Duration::ZERO) if tried == 0 => return Err(too_late()),
            Some(Duration::ZERO) => break,
            Some(share) => TcpStream::connect_timeout(address, share),
        };
        match dialled {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}
