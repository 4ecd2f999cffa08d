//! What both builders take as people write it, and who is let in and who watches.

/// The methods that mean the same to both builders.
macro_rules! named_methods {
    () => {
        /// Shows every handshake message as it passes, of all connections; [`Trace::begin`] tells one from the other.
        pub fn trace(mut self, trace: Arc<dyn Trace>) -> Self {
            self.choices.io.watch.trace = Some(trace);
            self
        }

        /// The application protocols as ALPN has them on the wire, each behind its length in a byte
        /// ([`names::protocols`](crate::names::protocols)): the buffer that Node.js and OpenSSL take. As [`Self::protocols`].
        ///
        /// # Errors
        /// [`ConfigError::Protocol`](crate::ConfigError::Protocol) for lengths that do not fit the buffer.
        pub fn protocols_wire(self, list: &[u8]) -> Result<Self, crate::ConfigError> {
            Ok(self.protocols(crate::names::protocols(list)?))
        }

        /// The signature schemes as a string ([`names`](crate::names::schemes)): `RSA-PSS+SHA256:ed25519`, say. As [`Self::schemes`].
        ///
        /// # Errors
        /// [`NameError`](crate::names::NameError) for a name that is none.
        pub fn sigalgs(self, text: &str) -> Result<Self, crate::names::NameError> {
            let schemes = crate::names::schemes(text)?;
            Ok(self.schemes(schemes))
        }

        /// The key-exchange groups as a string ([`names`](crate::names::groups)): `X25519:P-256`, say, and `auto` for the default. As
        /// [`Self::groups`].
        ///
        /// # Errors
        /// [`NameError`](crate::names::NameError) for a name that is none, or one of a group that the provider does not have.
        pub fn curves(mut self, text: &str) -> Result<Self, crate::names::NameError> {
            if text == "auto" {
                self.choices.groups = None;
                return Ok(self);
            }
            let groups = crate::names::groups(text, &self.choices.provider)?;
            Ok(self.groups(groups))
        }

        /// Judges the peer and lets it in whatever the verdict: why it would have been refused is
        /// [`Facts::peer_rejection`](crate::Facts::peer_rejection), and [`Peer::verified`](crate::Peer) says that it was not accepted.
        /// Where the judge is [`Resolve::Ask`](crate::Resolve::Ask), the answer is the verdict and this changes nothing.
        /// Anybody on the way can read and change what is sent, unless the application looks there before anything else. No
        /// sessions come of such connections. It is what Node.js does with `rejectUnauthorized: false`.
        pub fn dangerous_report_only(mut self) -> Self {
            self.choices.io.report_only = true;
            self
        }
    };
}
pub(super) use named_methods;
