//! What there is to know of a stream, whatever it stands on.

/// The methods that mean the same for every stream. It has `buffered` and `buffered_mut`.
#[doc(hidden)]
#[macro_export]
macro_rules! known_methods {
    () => {
        /// What is known of the connection.
        pub fn facts(&self) -> &handfast::Facts {
            self.buffered().facts()
        }

        /// The engine, for exporters and channel bindings.
        pub fn connection(&self) -> &handfast::Connection {
            self.buffered().connection()
        }

        /// On a client, the last session that a later connection can resume: see [`Connector::session`](crate::Connector::session).
        /// One of TLS 1.2 is there when the handshake is complete, if it is ever; those of TLS 1.3 come after it, while data is
        /// read. There is none here where they go into a cache ([`Connector::sessions`](crate::Connector::sessions)).
        pub fn session(&self) -> Option<&handfast::Session> {
            self.buffered().session()
        }

        /// The sessions that have come since this was last called, the oldest first; at most the newest eight.
        pub fn take_sessions(&mut self) -> Vec<handfast::Session> {
            self.buffered_mut().take_sessions()
        }

        /// On a client, what became of the early data of [`Connector::early_data`](crate::Connector::early_data). Known when the
        /// handshake is complete.
        pub fn early_outcome(&self) -> $crate::EarlyOutcome {
            self.buffered().early_outcome()
        }

        /// On a server, the early data that has come and was not read, all of it once the handshake is complete. It may be a copy
        /// that somebody recorded; how that is kept from being taken twice, [`AntiReplay`](handfast::AntiReplay) says.
        pub fn take_early_data(&mut self) -> Vec<u8> {
            self.buffered_mut().take_early_data()
        }

        /// On a server, asks the client for a certificate after the handshake (TLS 1.3), as `config` wants it: see
        /// [`Connection::request_certificate`](handfast::Connection::request_certificate).
        /// [`await_certificate`](Self::await_certificate) waits for the answer, and so does whoever goes on reading. Until it is there
        /// the stream cannot be split.
        ///
        /// # Errors
        /// What the engine says of a connection that cannot, with nothing changed.
        pub fn request_certificate(&mut self, config: std::sync::Arc<handfast::ServerConfig>) -> std::io::Result<()> {
            self.buffered_mut().request_certificate(config)
        }

        /// Whether the client has been asked for a certificate after the handshake and has not answered yet.
        pub fn awaits_certificate(&self) -> bool {
            self.buffered().awaits_certificate()
        }

        /// On a server, asks the client for another handshake, under `config`: one that wants a certificate which the first did not,
        /// say. [`renegotiate`](Self::renegotiate) goes on with it.
        ///
        /// # Errors
        /// What the engine says of a connection that cannot, with nothing changed.
        #[cfg(feature = "legacy")]
        pub fn request_renegotiation(&mut self, config: std::sync::Arc<handfast::ServerConfig>) -> std::io::Result<()> {
            self.buffered_mut().request_renegotiation(config)
        }

        /// Whether this side has begun to renegotiate, and it is not done.
        #[cfg(feature = "legacy")]
        pub fn is_renegotiating(&self) -> bool {
            self.buffered().is_renegotiating()
        }

        /// Puts no more than so many bytes of content into a record from here on, 1 to 16,384; what is outside is cut to that.
        pub fn max_send_fragment(&mut self, bytes: usize) {
            self.buffered_mut().max_send_fragment(bytes);
        }

        /// From here on the peer's wish to renegotiate ends the connection, whatever the configuration says.
        #[cfg(feature = "legacy")]
        pub fn disable_renegotiation(&mut self) {
            self.buffered_mut().disable_renegotiation();
        }

        /// Shows what this connection does from here on to `trace`, instead of to its configuration's. A stream that has only begun
        /// ([`Acceptor::begin`](crate::Acceptor::begin)) shows all of it; for a client there is
        /// [`Connector::trace`](crate::Connector::trace).
        pub fn trace(&mut self, trace: std::sync::Arc<dyn handfast::Trace>) {
            self.buffered_mut().trace(trace);
        }

        /// Gives this connection's secrets from here on to `key_log`, instead of to its configuration's: of use on a server whose
        /// handshake has not begun ([`Acceptor::begin`](crate::Acceptor::begin)); for a client there is
        /// [`Connector::key_log`](crate::Connector::key_log).
        pub fn key_log(&mut self, key_log: std::sync::Arc<dyn handfast::KeyLog>) {
            self.buffered_mut().key_log(key_log);
        }

        /// How many bytes have come from the transport.
        pub fn bytes_in(&self) -> u64 {
            self.buffered().bytes_in()
        }

        /// How many bytes the transport has taken.
        pub fn bytes_out(&self) -> u64 {
            self.buffered().bytes_out()
        }
    };
}
