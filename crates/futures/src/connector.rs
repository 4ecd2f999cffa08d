//! Connections to servers.

use crate::deadline::by;
use crate::{Answers, Stream};
use futures_io::{AsyncRead, AsyncWrite};
use handfast::ClientConfig;
use handfast::pki_types::ServerName;
use handfast_net::polled::Answerer;
use handfast_net::{Offer, offer_methods};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;

/// Makes connections to servers, one like the other.
#[derive(Clone, Debug)]
#[must_use]
pub struct Connector {
    config: Arc<ClientConfig>,
    offer: Offer,
    answerer: Answerer,
}

impl Connector {
    /// A connector with this configuration.
    pub fn new(config: Arc<ClientConfig>) -> Self {
        Self { config, offer: Offer::default(), answerer: Answerer::default() }
    }

    offer_methods!();

    /// Answers the questions of a configuration that asks ([`Resolve::Ask`](handfast::Resolve)).
    pub fn answers(mut self, answers: impl Answers) -> Self {
        self.answerer = Answerer::new(answers);
        self
    }

    /// Connects over a transport that is connected already, to a server that is called `name`. The handshake is given up when
    /// `deadline` comes; [`pending`](std::future::pending) is for ever.
    ///
    /// # Errors
    /// As [`Stream::handshake`]; `TimedOut` when the deadline has come.
    pub async fn connect<S>(
        &self,
        transport: S,
        name: ServerName<'static>,
        deadline: impl Future,
    ) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        by(pin!(deadline), self.begin(transport, name)?, async |stream| stream.handshake().await).await
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
        Ok(Stream::new(transport, tls, self.answerer.clone()))
    }
}
