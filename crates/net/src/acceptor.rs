//! Connections from clients.

use crate::options::{Options, option_methods};
use crate::socket::{Deadline, Socket};
use crate::{Buffered, Stream};
use handfast::{Admission, Answer, Connection, Question, ServerConfig};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// Takes connections from clients, one like the other.
///
/// A server accepts the transport in one thread and hands it to another one before it calls [`Acceptor::accept`]: that
/// takes as long as the client likes, up to the handshake's timeout.
#[derive(Clone, Debug)]
#[must_use]
pub struct Acceptor {
    admission: Admission,
    options: Options,
}

impl Acceptor {
    /// Serves every client with this configuration.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self::with_admission(config.into())
    }

    /// Serves each client with the configuration that its ClientHello leads to.
    pub fn with_admission(admission: Admission) -> Self {
        Self { admission, options: Options::default() }
    }

    option_methods!();

    /// Does the handshake over a socket.
    ///
    /// # Errors
    /// As [`Stream::handshake`]. Nothing of what a client says before the end of a handshake is authenticated, so an error
    /// here is no news of anybody but the network.
    pub fn accept<S: Socket>(&self, socket: S) -> io::Result<Stream<S>> {
        socket.set_nodelay(self.options.nodelay)?;
        let deadline = self.options.deadline().map(|at| Deadline::bound(at, &socket)).transpose()?;
        let mut stream = self.start(socket, deadline)?;
        stream.handshake()?;
        Ok(stream)
    }

    /// As [`Acceptor::accept`], but where early data is taken ([`early_data`](handfast::ServerConfigBuilder::early_data)) it
    /// does not wait for it: the stream is there as soon as there is early data to read, with [`Stream::early_data`], and
    /// perhaps something to write. Reading or writing the stream itself completes the handshake first, within its time; what of
    /// the early data was not read by then stays for [`Stream::take_early_data`].
    ///
    /// # Errors
    /// As [`Stream::handshake`].
    pub fn accept_early<S: Socket>(&self, socket: S) -> io::Result<Stream<S>> {
        socket.set_nodelay(self.options.nodelay)?;
        let deadline = self.options.deadline().map(|at| Deadline::bound(at, &socket)).transpose()?;
        let mut stream = self.start(socket, deadline)?;
        stream.accept_early()?;
        Ok(stream)
    }

    /// Does the handshake over any transport. Its time is looked at between reads and writes; a transport that waits for
    /// ever in one of them is not disturbed.
    ///
    /// # Errors
    /// As [`Stream::handshake`].
    pub fn accept_with<S: Read + Write>(&self, transport: S) -> io::Result<Stream<S>> {
        let mut stream = self.begin(transport)?;
        stream.handshake()?;
        Ok(stream)
    }

    /// A stream whose handshake is yet to come: for transports that do not wait, and for
    /// [`Stream::handshake_answering`]. Its time runs from here.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn begin<S: Read + Write>(&self, transport: S) -> io::Result<Stream<S>> {
        self.start(transport, self.options.deadline().map(Deadline::unbound))
    }

    fn start<S: Read + Write>(&self, transport: S, deadline: Option<Deadline<S>>) -> io::Result<Stream<S>> {
        let connection = Connection::accept(&self.admission).map_err(crate::error::io_error)?;
        Ok(Stream::new(transport, Buffered::new(connection, Vec::new()), deadline, self.options.answers.clone()))
    }
}
