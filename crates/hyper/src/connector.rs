//! Connections to servers, by their URI.

use crate::{PROTOCOLS, Stream};
use handfast::pki_types::ServerName;
use handfast::{ClientConfigBuilder, ConfigError};
use handfast_net::server_name;
use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

/// Makes connections for hyper's client: TLS for `https`, and for `http` an error unless that is allowed. The certificate must
/// be for the host of the URI.
///
/// Which HTTP it is, the server selects (ALPN) of what the configuration offers, and the client's pool goes by that.
#[derive(Clone, Debug)]
#[must_use]
pub struct Connector<H = HttpConnector> {
    tls: handfast_tokio::Connector,
    http: H,
    allows_plain: bool,
}

impl Connector {
    /// Connects over TCP with this configuration, and offers HTTP/2 and HTTP/1.1 ([`PROTOCOLS`]).
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn https(config: ClientConfigBuilder) -> Result<Self, ConfigError> {
        Ok(Self::new(handfast_tokio::Connector::new(config.protocols(PROTOCOLS).build()?)))
    }

    /// Connects over TCP with what this connector has: its configuration with the protocols in it, its sessions, its timeout,
    /// which includes the look-up of the name and TCP's own handshake.
    pub fn new(tls: handfast_tokio::Connector) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        Self::over(tls, http)
    }
}

impl<H> Connector<H> {
    /// Connects over what another connector gives: one with a proxy, a resolver or a Unix socket of its own. It is given the
    /// URI as it is, `https` and all.
    pub fn over(tls: handfast_tokio::Connector, http: H) -> Self {
        Self { tls, http, allows_plain: false }
    }

    /// Lets `http` through, as it is: without TLS, for everybody to read and to change, also where a server redirects to it.
    pub fn dangerous_plain(mut self) -> Self {
        self.allows_plain = true;
        self
    }

    /// Which server the certificate must be for; none where there is no TLS.
    fn name(&self, uri: &Uri) -> io::Result<Option<ServerName<'static>>> {
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => {
                let host = uri.host().unwrap_or_default();
                // An address of IPv6 stands in brackets (RFC 3986 §3.2.2).
                let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
                server_name(bare.unwrap_or(host)).map(Some)
            }
            Some(scheme) if *scheme == Scheme::HTTP && self.allows_plain => Ok(None),
            Some(scheme) if *scheme == Scheme::HTTP => Err(refused("http is not encrypted, and not allowed here")),
            _ => Err(refused("neither https nor http")),
        }
    }
}

impl<H> Service<Uri> for Connector<H>
where
    H: Service<Uri, Error: Into<Box<dyn Error + Send + Sync>>, Future: Send + 'static>,
    H::Response: Read + Write + Send + Unpin + 'static,
{
    type Response = Stream<H::Response>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.http.poll_ready(cx).map_err(io::Error::other)
    }

    /// `InvalidInput` for a URI that is not connected to, and otherwise as
    /// [`connect_through`](handfast_tokio::Connector::connect_through).
    fn call(&mut self, uri: Uri) -> Self::Future {
        let name = match self.name(&uri) {
            Ok(name) => name,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let (tls, dialling) = (self.tls.clone(), self.http.call(uri));
        let dialling = async { dialling.await.map_err(io::Error::other) };
        Box::pin(async move {
            match name {
                None => dialling.await.map(Stream::plain),
                Some(name) => {
                    let dialling = async { dialling.await.map(TokioIo::new) };
                    tls.connect_through(dialling, name).await.map(Stream::tls)
                }
            }
        })
    }
}

fn refused(why: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, why)
}
