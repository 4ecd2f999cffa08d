//! What a call to `receive` reports.

use crate::Question;

/// How far a call came, and what it found there.
#[derive(Debug)]
#[must_use]
pub struct Received<'b> {
    /// How many bytes of the input are done with. The rest is as the caller put it, and comes first in the next call.
    pub consumed: usize,
    /// What happened.
    pub event: Event<'b>,
}

/// What happened. New kinds will come with new features.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'b> {
    /// The next step needs at least this many bytes of input, counted from the first that is not consumed.
    NeedInput {
        /// In bytes; more is welcome.
        at_least: usize,
    },
    /// A question is open; nothing is consumed before its answer.
    NeedAnswer,
    /// A decision is needed. Hand its answer to `answer`.
    Question(Question),
    /// Application data may be sent before the handshake is complete; only where the configuration allows it.
    MaySend(Early),
    /// The handshake is complete.
    Connected,
    /// Another handshake on the same connection is complete (TLS 1.2).
    Renegotiated,
    /// A client has answered [`Connection::request_certificate`](crate::Connection::request_certificate):
    /// [`Facts::peer`](crate::Facts::peer) is who it is, unless it has no certificate to show.
    ClientAuthenticated,
    /// A client's early data is taken.
    EarlyDataAccepted,
    /// A client's early data is not taken: the server has skipped it. The connection goes on.
    EarlyDataRejected {
        /// How much was sent of it, in bytes, and not seen by anybody.
        bytes: u64,
    },
    /// A client has a session that a later connection can resume: keep it, or let it go. A server of TLS 1.3 sends several.
    Session(crate::Session),
    /// Application data, decrypted where it lay.
    Data {
        /// Where the plaintext begins in the input of this call.
        at: usize,
        /// The plaintext.
        bytes: &'b mut [u8],
    },
    /// Early data (0-RTT), decrypted where it lay: on a server, before the client has shown that it is there. It may be a copy,
    /// sent by whoever recorded it; how it is kept from being taken twice, [`AntiReplay`](crate::AntiReplay) says.
    EarlyData {
        /// Where the plaintext begins in the input of this call.
        at: usize,
        /// The plaintext.
        bytes: &'b mut [u8],
    },
    /// The peer has sent close_notify: there is no more to come. This side may still send.
    Closed,
}

/// What may be sent before the handshake is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Early {
    /// A server's data before its client has proved anything (RFC 9846 §2): for what anybody may read.
    HalfRtt,
    /// A client's data before the server's Finished (RFC 7918): the server is known, and that nobody has changed what was
    /// negotiated is not yet.
    FalseStart,
}
