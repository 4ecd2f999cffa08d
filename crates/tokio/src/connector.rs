//! Connections to servers.

use crate::options::{Deadline, Options, option_methods};
use crate::{Answers, Stream};
use handfast::ClientConfig;
use handfast::pki_types::ServerName;
use handfast_net::polled::too_late;
use handfast_net::{Offer, offer_methods, server_name};
use std::future::{Future, ready};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs, lookup_host};
use tokio::time::{Instant, timeout};

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
    /// are tried in turn. The handshake's time includes the look-up of the name and TCP's own handshake.
    ///
    /// # Errors
    /// `InvalidInput` when `host` is neither a host name nor an address. What the system says of the last address.
    /// `TimedOut` when the handshake's time is up. As [`Stream::handshake`].
    pub async fn connect(&self, (host, port): (&str, u16)) -> io::Result<Stream<TcpStream>> {
        let name = server_name(host)?;
        self.connect_to((host, port), name).await
    }

    /// Connects to an address where a server is called `name`, whatever the address is called.
    ///
    /// # Errors
    /// As [`Connector::connect`].
    pub async fn connect_to(
        &self,
        address: impl ToSocketAddrs,
        name: ServerName<'static>,
    ) -> io::Result<Stream<TcpStream>> {
        let deadline = self.options.deadline();
        let socket = deadline.bound(dial(address, deadline)).await?;
        self.options.apply(&socket)?;
        deadline.handshake(self.begin(socket, name)?).await
    }

    /// Connects over the transport that `dialling` comes to, through a proxy say. The handshake's time includes that.
    ///
    /// # Errors
    /// What `dialling` says. As [`Stream::handshake`]; `TimedOut` when the handshake's time is up.
    pub async fn connect_through<S>(
        &self,
        dialling: impl Future<Output = io::Result<S>>,
        name: ServerName<'static>,
    ) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = self.options.deadline();
        let transport = deadline.bound(dialling).await?;
        deadline.handshake(self.begin(transport, name)?).await
    }

    /// Connects over a transport that is connected already: one from a proxy, say, or a Unix socket.
    ///
    /// # Errors
    /// As [`Stream::handshake`]; `TimedOut` when the handshake's time is up.
    pub async fn connect_over<S>(&self, transport: S, name: ServerName<'static>) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.connect_through(ready(Ok(transport)), name).await
    }

    /// A stream whose handshake is yet to come. It has no deadline of its own.
    ///
    /// # Errors
    /// When no ClientHello can be made.
    pub fn begin<S>(&self, transport: S, name: ServerName<'static>) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let tls = self.offer.begin(&self.config, name)?;
        Ok(Stream::new(transport, tls, self.options.answerer.clone()))
    }
}

/// A TCP connection to the first address that answers.
async fn dial(host: impl ToSocketAddrs, deadline: Deadline) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the host name has no address");
    let addresses: Vec<SocketAddr> = lookup_host(host).await?.collect();
    for (tried, address) in addresses.iter().enumerate() {
        let dialling = TcpStream::connect(address);
        // An address that does not answer gets its share of the time, so that the others get theirs.
        let share = |left: Duration| left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let dialled = match deadline.0.map(|at| share(at.saturating_duration_since(Instant::now()))) {
            None => dialling.await,
            Some(share) => timeout(share, dialling).await.unwrap_or_else(|_| Err(too_late())),
        };
        match dialled {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}
