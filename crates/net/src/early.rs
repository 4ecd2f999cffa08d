//! Data before the handshake is complete (0-RTT), on a stream.

use crate::Stream;
use std::fmt;
use std::io::{self, Read, Write};

use handfast::EarlyRefusal;

/// What became of the early data that a client has sent.
///
/// ```
/// # use std::io::{self, Read, Write};
/// # fn ask(mut stream: handfast_net::Stream<std::net::TcpStream>, request: &[u8]) -> io::Result<()> {
/// // A request that the connector has sent early, as far as that went: now the rest of it.
/// let outcome = stream.early_outcome();
/// if !outcome.may_resend() {
///     return Err(io::Error::other("the server speaks another protocol now: ask it something else"));
/// }
/// stream.write_all(&request[outcome.taken()..])?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyOutcome {
    /// None was sent: there was no session, or it did not allow any.
    NotSent,
    /// So many bytes were sent, and the handshake is not complete.
    Unknown {
        /// In bytes.
        bytes: usize,
    },
    /// The server has taken all that was sent: the front of what there was to send.
    Accepted {
        /// In bytes.
        bytes: usize,
    },
    /// The server has taken nothing. What was sent it has skipped without a look.
    Rejected {
        /// How much that was, in bytes.
        bytes: usize,
        /// Why, as far as it is known on this side.
        why: EarlyRefusal,
        /// Whether the connection speaks the application protocol (ALPN) that the data was sent as. If not, it must not be sent
        /// again (RFC 9846 §4.3.10).
        same_protocol: bool,
    },
}

impl EarlyOutcome {
    /// How much of the data the server has, in bytes, counted from its front. The rest is the caller's to send.
    pub fn taken(&self) -> usize {
        match self {
            Self::Accepted { bytes } => *bytes,
            Self::NotSent | Self::Unknown { .. } | Self::Rejected { .. } => 0,
        }
    }

    /// Whether what the server does not have may be sent now as ordinary data, if the caller wants that. Not before the
    /// handshake is complete, and not to a server that has selected another application protocol.
    pub fn may_resend(&self) -> bool {
        match self {
            Self::NotSent | Self::Accepted { .. } => true,
            Self::Rejected { same_protocol, .. } => *same_protocol,
            Self::Unknown { .. } => false,
        }
    }
}

/// A server's side of a connection before its handshake is complete: [`Read`] gives the early data of the client, and [`Write`]
/// sends before the client has finished, where [`half_rtt`](handfast::ServerConfigBuilder::half_rtt) allows it.
///
/// Reading ends with the handshake, which it completes. What of the early data was not read stays in the stream, at most as
/// much as the configuration allows, and never comes out of the [`Stream`] itself.
pub struct EarlyData<'s, S> {
    stream: &'s mut Stream<S>,
}

impl<'s, S> EarlyData<'s, S> {
    pub(crate) fn new(stream: &'s mut Stream<S>) -> Self {
        Self { stream }
    }
}

/// Early data, as it comes; no data is its end, and that of the handshake.
impl<S: Read + Write> Read for EarlyData<'_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.stream.answering(|tls, io| tls.receive_early(io))?;
        let len = self.stream.buffered().early_data().read(buf)?;
        self.stream.buffered_mut().consume_early(len);
        Ok(len)
    }
}

/// As [`Stream`] does, but not after the handshake: as soon as the configuration allows it.
impl<S: Read + Write> Write for EarlyData<'_, S> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.stream.answering(|tls, io| tls.open(io))?;
        self.stream.write_open(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<S> fmt::Debug for EarlyData<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarlyData").finish_non_exhaustive()
    }
}
