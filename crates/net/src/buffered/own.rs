//! What is said of one connection alone, and asked of it before it begins.

use super::Buffered;
use crate::{Place, io_error};
use handfast::{KeyLog, ServerConfig, Sniffed, Trace};
use std::io::{self, Read};
use std::sync::Arc;

/// So many bytes of a client say whether it speaks TLS: the type and the major version of a record.
const TELLING: usize = 2;

impl Buffered {
    /// As [`Connection::max_send_fragment`](handfast::Connection::max_send_fragment).
    pub fn max_send_fragment(&mut self, bytes: usize) {
        self.connection.max_send_fragment(bytes);
    }

    /// As [`Connection::disable_renegotiation`](handfast::Connection::disable_renegotiation).
    #[cfg(feature = "legacy")]
    pub fn disable_renegotiation(&mut self) {
        self.connection.disable_renegotiation();
    }

    /// As [`Connection::trace`](handfast::Connection::trace).
    pub fn trace(&mut self, trace: Arc<dyn Trace>) {
        self.connection.trace(trace);
    }

    /// As [`Connection::key_log`](handfast::Connection::key_log).
    pub fn key_log(&mut self, key_log: Arc<dyn KeyLog>) {
        self.connection.key_log(key_log);
    }

    /// Keeps `place` until the connection is dropped, or taken apart.
    pub fn count(&mut self, place: Place) {
        self.counted = Some(place);
    }

    /// On a server that has not begun to read: what the client speaks, if it is not TLS. Reads as much as it takes to tell, however
    /// the transport has cut it, and what was read stays for the handshake, or for [`Buffered::into_parts`].
    ///
    /// # Errors
    /// What the transport says: after `WouldBlock` it can be called again. `UnexpectedEof` when it ends before it can be told from TLS.
    pub fn stranger(&mut self, io: &mut impl Read) -> io::Result<Option<Sniffed>> {
        loop {
            let first = &*self.input.sealed();
            let speaks = handfast::stranger(first);
            let is_told = if speaks.is_some() { !Sniffed::may_change(first) } else { first.len() >= TELLING };
            if is_told {
                return Ok(speaks);
            }
            if !self.input.fill(io, TELLING)? {
                return if speaks.is_some() { Ok(speaks) } else { Err(self.truncated()) };
            }
        }
    }

    /// On a server, asks the client for a certificate after the handshake, as
    /// [`Connection::request_certificate`](handfast::Connection::request_certificate). What asks goes out with the next that is read
    /// or written; [`Buffered::await_certificate`] waits for the answer.
    ///
    /// # Errors
    /// What the engine says of a connection that cannot, with nothing changed.
    pub fn request_certificate(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        self.connection.request_certificate(config, self.output.vec()).map_err(io_error)
    }

    /// Whether the client has been asked for a certificate after the handshake and has not answered yet.
    pub fn awaits_certificate(&self) -> bool {
        self.connection.awaits_certificate()
    }

    /// On a server, asks the client for another handshake, under `config`: one that wants a certificate which the first did not, say.
    /// [`Buffered::renegotiate`] goes on with it.
    ///
    /// # Errors
    /// What the engine says of a connection that cannot, with nothing changed.
    #[cfg(feature = "legacy")]
    pub fn request_renegotiation(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        self.connection.renegotiate_with(config, self.output.vec()).map_err(io_error)?;
        self.is_renegotiating = true;
        Ok(())
    }
}
