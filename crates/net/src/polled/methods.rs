//! What every asynchronous stream does.

/// All that means the same on every runtime, for a stream that has a [`Polled`](super::Polled) in `tls`: the stream, the transport as
/// it is polled, early data, and what the transport has to be.
#[doc(hidden)]
#[macro_export]
macro_rules! polled_stream {
    ($stream:ident, $io:ident, $early:ident, $($transport:tt)+) => {
        impl<S: $($transport)+> $stream<S> {
            pub(crate) fn new(io: S, tls: $crate::Buffered, answerer: $crate::polled::Answerer) -> Self {
                Self { tls: $crate::polled::Polled::new($io(io), tls, answerer) }
            }

            /// A stream from a connection of one's own making: one with options that a connector does not know, or one that was
            /// taken apart. It has no deadline, and nobody answers for it.
            pub fn over(io: S, tls: $crate::Buffered) -> Self {
                Self::new(io, tls, $crate::polled::Answerer::default())
            }

            /// Goes on with the handshake until it is complete; nothing happens when it is. Reading and writing do this first.
            ///
            /// # Errors
            /// What the transport says, and what the engine says. `UnexpectedEof` when the transport ends. `Unsupported` when the
            /// configuration asks and nobody answers.
            pub async fn handshake(&mut self) -> std::io::Result<()> {
                std::future::poll_fn(|cx| self.tls.poll_handshake(cx)).await
            }

            /// Updates the keys of both directions.
            ///
            /// # Errors
            /// As writing.
            pub async fn update_keys(&mut self) -> std::io::Result<()> {
                std::future::poll_fn(|cx| self.tls.poll_update_keys(cx)).await
            }

            /// On a server, waits for the answer to [`request_certificate`](Self::request_certificate). `false` says that data has
            /// come which has to be read first; then it is called again.
            ///
            /// # Errors
            /// As [`handshake`](Self::handshake); `UnexpectedEof` when the client closes instead. It may as well never answer: bound
            /// the waiting.
            pub async fn await_certificate(&mut self) -> std::io::Result<bool> {
                std::future::poll_fn(|cx| self.tls.poll_await_certificate(cx)).await
            }

            /// Negotiates the connection anew (TLS 1.2): a client begins, a server asks its client to. Returns when that is done,
            /// the peer has said close_notify, or data has come that has to be read first: then it is called again, until
            /// [`is_renegotiating`](Self::is_renegotiating) says that it is over. Reading goes on with it, too.
            ///
            /// # Errors
            /// As [`handshake`](Self::handshake); and what the engine says of a connection that cannot.
            #[cfg(feature = "legacy")]
            pub async fn renegotiate(&mut self) -> std::io::Result<()> {
                std::future::poll_fn(|cx| self.tls.poll_renegotiate(cx)).await
            }

            /// On a server, what comes before the handshake is complete: see [`EarlyData`](crate::EarlyData), and
            /// [`Acceptor::accept_early`](crate::Acceptor::accept_early), which gives a stream that has not waited for its end. On
            /// a client there is none.
            pub fn early_data(&mut self) -> $early<'_, S> {
                $early::new(self)
            }
        }

        /// What there is to know, before, during and after the handshake.
        impl<S> $stream<S> {
            $crate::known_methods!();

            fn buffered(&self) -> &$crate::Buffered {
                self.tls.buffered()
            }

            fn buffered_mut(&mut self) -> &mut $crate::Buffered {
                self.tls.buffered_mut()
            }

            /// Keeps `place` until the stream is dropped, or taken apart: it is one of so many connections then.
            pub fn count(&mut self, place: $crate::Place) {
                self.buffered_mut().count(place);
            }

            /// The transport. Bytes that are read from it or written to it are lost to TLS.
            pub fn get_ref(&self) -> &S {
                &self.tls.get_ref().0
            }

            /// The transport. Bytes that are read from it or written to it are lost to TLS.
            pub fn get_mut(&mut self) -> &mut S {
                &mut self.tls.get_mut().0
            }

            /// Takes the stream apart. Nothing is sent, and nothing that was read is lost; an answer under way is.
            pub fn into_parts(self) -> $crate::Parts<S> {
                let (tls, io) = self.tls.into_inner();
                tls.into_parts(io.0)
            }
        }

        impl<S> std::fmt::Debug for $stream<S> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Stream").field("connection", self.connection()).finish_non_exhaustive()
            }
        }
    };
}
