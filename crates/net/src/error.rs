//! The engine's errors as errors of I/O.

use handfast::{Error, Truncated, Usage};
use std::io::{self, ErrorKind};

/// What the engine said, if it is the engine that failed and not the transport.
///
/// ```
/// use handfast::wire::AlertDescription;
///
/// let error = std::io::Error::other(handfast::Error::Alert(AlertDescription::UNKNOWN_CA));
/// assert_eq!(handfast_net::tls_error(&error).map(|error| error.code()), Some("unknown_ca".to_string()));
/// assert!(handfast_net::tls_error(&std::io::ErrorKind::BrokenPipe.into()).is_none());
/// ```
pub fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// The engine's error as one of I/O. The kind says roughly whose fault it was; the whole error is inside, where
/// [`tls_error`] finds it.
pub fn io_error(error: Error) -> io::Error {
    let kind = match &error {
        Error::Peer(_) | Error::Refused(_) | Error::Certificate(_) => ErrorKind::InvalidData,
        Error::Alert(_) => ErrorKind::ConnectionAborted,
        Error::Usage(Usage::Closed) => ErrorKind::BrokenPipe,
        Error::Usage(Usage::NotConnected) => ErrorKind::NotConnected,
        Error::Usage(Usage::Renegotiating) => ErrorKind::ResourceBusy,
        Error::Usage(_) => ErrorKind::InvalidInput,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// A code for what has ended a connection, by which it can be counted and looked up: that of the engine ([`Error::code`]) where the
/// engine has failed; `Truncated` where the transport has ended in the middle; otherwise the name of the kind, `TimedOut` say.
pub fn error_code(error: &io::Error) -> String {
    match tls_error(error) {
        Some(error) => error.code(),
        None if error.get_ref().is_some_and(|inner| inner.is::<Truncated>()) => "Truncated".to_owned(),
        None => format!("{:?}", error.kind()),
    }
}

/// Whether the transport only says that it is not the time. A timeout of a socket is reported as either, by system.
pub(crate) fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
