//! What a connection has from before, and what became of it.

use crate::{ExternalPsk, Session};
use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use handfast_crypto::HashAlgorithm;

/// What a client brings along: a session of an earlier connection, keys agreed on elsewhere.
#[derive(Debug, Default)]
pub struct Prior {
    /// A session with the same server. Whether it may be offered is the caller's to know: it stands for what was verified
    /// when it was made.
    pub session: Option<Box<Session>>,
    /// External pre-shared keys of TLS 1.3, the preferred first.
    pub psks: Vec<ExternalPsk>,
    /// Whether early data is offered, where the session allows any.
    pub early_data: bool,
}

impl Prior {
    /// The session of TLS 1.2.
    #[cfg(feature = "tls12")]
    pub(crate) fn tls12(&self) -> Option<&Session> {
        self.session.as_deref().filter(|session| !session.is_tls13())
    }

    /// Forgets the keys of TLS 1.3 whose hash is of no use.
    pub(crate) fn keep(&mut self, has: impl Fn(HashAlgorithm) -> bool) {
        self.session = self.session.take().filter(|session| !session.is_tls13() || has(session.suite.hash));
        self.psks.retain(|psk| has(psk.hash()));
    }

    /// Which of the keys that were offered in TLS 1.3 a server has selected.
    pub(crate) fn select(&self, at: u16) -> Option<Selected<'_>> {
        let session =
            self.session.iter().filter(|session| session.is_tls13()).map(|session| Selected::Session(session));
        session.chain(self.psks.iter().map(Selected::External)).nth(usize::from(at))
    }
}

/// A pre-shared key that a server has selected.
pub(crate) enum Selected<'a> {
    Session(&'a Session),
    External(&'a ExternalPsk),
}

/// Why no session was resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotResumed {
    /// This side keeps no sessions, or its trust has no name that one could be bound to.
    Disabled,
    /// There is none behind what the client offers: it was never issued here, its key or its place is gone, or it was
    /// changed.
    Unknown,
    /// It is too old.
    Expired,
    /// It was made under another trust: other anchors, another judge, another mode of client authentication, another
    /// context.
    Domain,
    /// It is for another host name.
    Name,
    /// Its cipher suite, or one with its hash, is not offered or not taken any more.
    Suite,
    /// The certificate in it is no longer valid.
    CertificateExpired,
    /// The certificate in it is no longer accepted.
    CertificateRejected,
    /// The server has shown a kind of certificate that the client no longer takes (RFC 7250).
    CertificateType,
    /// It has no client certificate where one is required, or has one where none is asked for.
    ClientAuth,
    /// It is one of the other version.
    Version,
    /// It is one without the extended main secret (RFC 7627 §5.3).
    NoExtendedMainSecret,
    /// The client would use it only in a way that is not taken here (psk_ke without psk_dhe_ke, RFC 9846 §4.3.9).
    Mode,
    /// The server did not take it, and does not say why.
    Declined,
}

impl NotResumed {
    /// A stable code: the variant's name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Unknown => "Unknown",
            Self::Expired => "Expired",
            Self::Domain => "Domain",
            Self::Name => "Name",
            Self::Suite => "Suite",
            Self::CertificateExpired => "CertificateExpired",
            Self::CertificateRejected => "CertificateRejected",
            Self::CertificateType => "CertificateType",
            Self::ClientAuth => "ClientAuth",
            Self::Version => "Version",
            Self::NoExtendedMainSecret => "NoExtendedMainSecret",
            Self::Mode => "Mode",
            Self::Declined => "Declined",
        }
    }
}

impl fmt::Display for NotResumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "no sessions are kept here",
            Self::Unknown => "there is no session behind what was offered",
            Self::Expired => "the session is too old",
            Self::Domain => "the session was made under another trust",
            Self::Name => "the session is for another host name",
            Self::Suite => "the session's cipher suite is not available any more",
            Self::CertificateExpired => "the certificate in the session is no longer valid",
            Self::CertificateRejected => "the certificate in the session is no longer accepted",
            Self::CertificateType => "the server has shown another kind of certificate than the client takes",
            Self::ClientAuth => "the session does not fit the mode of client authentication",
            Self::Version => "the session is one of another version",
            Self::NoExtendedMainSecret => "the session has no extended main secret",
            Self::Mode => "the client wants to resume in a way that is not taken here",
            Self::Declined => "the server did not take the session",
        })
    }
}

/// What became of early data (0-RTT, RFC 9846 §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EarlyData {
    /// None was offered; on a client because it was not wanted.
    #[default]
    None,
    /// A client wanted to offer some, and could not.
    NotOffered(EarlyOmission),
    /// It is offered, and the server has not said anything yet.
    Offered {
        /// How much may be sent, in bytes.
        limit: u32,
    },
    /// It is taken.
    Accepted {
        /// How much may be sent, in bytes.
        limit: u32,
    },
    /// It is not taken: the server skips it.
    Refused(EarlyRefusal),
}

/// Why a client that wanted to offer early data has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EarlyOmission {
    /// It offers no session of TLS 1.3.
    NoSession,
    /// The session's ticket does not allow any.
    Ticket,
    /// The cipher suite of the session is not on offer any more.
    Suite,
    /// The application protocol of the session is not on offer any more (RFC 9846 §4.3.10).
    Protocol,
}

impl EarlyOmission {
    /// A stable code: the variant's name.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSession => "NoSession",
            Self::Ticket => "Ticket",
            Self::Suite => "Suite",
            Self::Protocol => "Protocol",
        }
    }
}

impl fmt::Display for EarlyOmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSession => "no session of TLS 1.3 is offered",
            Self::Ticket => "the ticket does not allow early data",
            Self::Suite => "the session's cipher suite is not on offer any more",
            Self::Protocol => "the session's application protocol is not on offer any more",
        })
    }
}

/// Why early data was not taken. The connection goes on without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EarlyRefusal {
    /// It is off.
    Disabled,
    /// No session was resumed, or not the first one that was offered (RFC 9846 §4.3.10).
    NotResumed,
    /// The ticket does not allow any.
    Ticket,
    /// The cipher suite is not that of the session.
    Suite,
    /// The application protocol is not that of the session.
    Protocol,
    /// There was a HelloRetryRequest (RFC 9846 §4.3.10).
    Retry,
    /// The ticket is not as old as the client says: the ClientHello was held back, or the clocks do not agree
    /// (RFC 9846 §8.3).
    Age,
    /// It has been here before, or its ticket has (RFC 9846 §8).
    Replayed,
    /// The server has not run for long enough to know what has been here before.
    Cold,
    /// The server cannot remember any more of it.
    Full,
    /// Whoever remembers what has been here before cannot be reached.
    Unreachable,
    /// Whoever was asked did not want it.
    Answered,
    /// The server did not take it, and does not say why.
    Declined,
}

impl EarlyRefusal {
    /// A stable code: the variant's name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::NotResumed => "NotResumed",
            Self::Ticket => "Ticket",
            Self::Suite => "Suite",
            Self::Protocol => "Protocol",
            Self::Retry => "Retry",
            Self::Age => "Age",
            Self::Replayed => "Replayed",
            Self::Cold => "Cold",
            Self::Full => "Full",
            Self::Unreachable => "Unreachable",
            Self::Answered => "Answered",
            Self::Declined => "Declined",
        }
    }
}

impl fmt::Display for EarlyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "early data is off",
            Self::NotResumed => "the session that was offered first was not resumed",
            Self::Ticket => "the ticket does not allow early data",
            Self::Suite => "the cipher suite is not that of the session",
            Self::Protocol => "the application protocol is not that of the session",
            Self::Retry => "there was a HelloRetryRequest",
            Self::Age => "the ticket is not as old as the client says",
            Self::Replayed => "the early data may be a replay",
            Self::Cold => "the server has not run for long enough",
            Self::Full => "the server's register of early data is full",
            Self::Unreachable => "the register of early data cannot be reached",
            Self::Answered => "the application did not want it",
            Self::Declined => "the server did not take it",
        })
    }
}
