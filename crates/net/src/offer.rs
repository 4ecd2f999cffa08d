//! What a client brings along to a connection, beside its configuration.

use crate::Buffered;
use crate::error::io_error;
use crate::sessions::Sessions;
use handfast::pki_types::ServerName;
use handfast::{ClientConfig, ClientStart, ExternalPsk, KeyLog, Session, SessionCache, Trace};
use std::fmt;
use std::io;
use std::sync::Arc;

/// Sessions, external keys and early data, for connectors: what they offer with each connection.
#[derive(Clone, Default)]
pub struct Offer {
    /// This session. One that must not be offered is an error.
    pub session: Option<Session>,
    /// Otherwise one of these; and those that come of the connection are put here.
    pub sessions: Option<Arc<SessionCache>>,
    /// External pre-shared keys of TLS 1.3, the preferred first.
    pub psks: Vec<ExternalPsk>,
    /// What is sent with the first flight, as far as the session allows.
    pub early_data: Option<Arc<[u8]>>,
    /// Who sees the connection, instead of whoever its configuration says.
    pub trace: Option<Arc<dyn Trace>>,
    /// Who takes its secrets, instead of whoever its configuration says.
    pub key_log: Option<Arc<dyn KeyLog>>,
}

impl Offer {
    /// A connection that offers it, before its first byte is sent.
    ///
    /// # Errors
    /// [`Usage::Session`](handfast::Usage::Session) for a session that must not be offered,
    /// [`Usage::PskRole`](handfast::Usage::PskRole), and what keeps a ClientHello from being made.
    pub fn begin(&self, config: &Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<Buffered> {
        let mut start = ClientStart::new(config, name.clone()).early_data(self.early_data.is_some());
        for psk in &self.psks {
            start = start.psk(psk.clone()).map_err(|usage| io_error(usage.into()))?;
        }
        start = match (&self.session, &self.sessions) {
            (Some(session), _) => start.session(session.clone()).map_err(|usage| io_error(usage.into()))?,
            (None, Some(cache)) => start.sessions(cache),
            (None, None) => start,
        };
        if let Some(trace) = &self.trace {
            start = start.trace(trace.clone());
        }
        if let Some(key_log) = &self.key_log {
            start = start.key_log(key_log.clone());
        }
        let mut hello = Vec::new();
        let connection = start.connect(&mut hello).map_err(io_error)?;
        let sessions = self.sessions.clone().map(|cache| Sessions::into(cache, name));
        let mut tls = Buffered::new(connection, hello).with_sessions(sessions.unwrap_or_default());
        if let Some(data) = &self.early_data {
            tls.send_early(data)?;
        }
        Ok(tls)
    }
}

/// Nothing secret, and none of the data.
impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("session", &self.session.is_some())
            .field("sessions", &self.sessions)
            .field("psks", &self.psks)
            .field("early_data", &self.early_data.as_ref().map(|data| data.len()))
            .finish_non_exhaustive()
    }
}

/// The methods of connectors that fill it.
#[doc(hidden)]
#[macro_export]
macro_rules! offer_methods {
    () => {
        /// Offers this session with every connection. One that must not be offered, see
        /// [`ClientStart::session`](handfast::ClientStart::session), is an error when the connection is made.
        ///
        /// A session of TLS 1.3 shall be offered once: whoever listens could tell two connections with it for those of the
        /// same client (RFC 9846 Appendix C.4). A [cache](Self::sessions) sees to that.
        pub fn session(mut self, session: handfast::Session) -> Self {
            self.offer.session = Some(session);
            self
        }

        /// Offers with each connection the newest session of `cache` that may be offered, and puts the sessions that come of
        /// the connection there: also later, while data is read. What may not be offered any more is taken out, and is no
        /// error. Connectors can share a cache; with another configuration each has one of its own.
        pub fn sessions(mut self, cache: std::sync::Arc<handfast::SessionCache>) -> Self {
            self.offer.sessions = Some(cache);
            self
        }

        /// Offers an external pre-shared key of TLS 1.3 with every connection; called again it adds another, which is less
        /// preferred. One with which this side is the server is an error when the connection is made.
        pub fn psk(mut self, psk: handfast::ExternalPsk) -> Self {
            self.offer.psks.push(psk);
            self
        }

        /// Shows the connections that are made from here on to `trace`, and not to that of the configuration; for one alone,
        /// `connector.clone().trace(trace).connect(address)`.
        pub fn trace(mut self, trace: std::sync::Arc<dyn handfast::Trace>) -> Self {
            self.offer.trace = Some(trace);
            self
        }

        /// Gives the secrets of the connections that are made from here on to `key_log`, and not to that of the configuration.
        pub fn key_log(mut self, key_log: std::sync::Arc<dyn handfast::KeyLog>) -> Self {
            self.offer.key_log = Some(key_log);
            self
        }

        /// Sends `data` with the first flight of every connection that is made from here on, before the server has said
        /// anything (0-RTT): as much of it as the session allows, which may be nothing. What became of it, and what of it is
        /// left to send, [`Stream::early_outcome`](crate::Stream::early_outcome) says; nothing is ever sent a second time here.
        ///
        /// Whoever records it can send it again, to this server and to others that take the same tickets, and it is not forward
        /// secret (RFC 9846 §2.3). It is for requests that do no harm when they are repeated, a GET say; and it is for one
        /// connection: `connector.clone().early_data(request).connect(address)`.
        pub fn early_data(mut self, data: impl Into<std::sync::Arc<[u8]>>) -> Self {
            self.offer.early_data = Some(data.into());
            self
        }
    };
}
