//! Errors as a person sees them: a stable code, what happened, and what to do next.

use crate::advice::{Judge, advice};
use crate::style::{BAD, HEADING};
use crate::{descriptors, escape, starttls};
use handfast::pki;
use handfast::wire::{AlertDescription, Violation};
use handfast::{Error, Refusal, Truncated, Usage};
use handfast_net::tls_error;
use serde_json::{Value, json};
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// What `--help` says.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  all went well
  1  TLS failed: the handshake, the verification of a certificate, or an end
     of the connection that somebody else may have caused
  2  the command line, or a certificate or key it names, cannot be used
  3  input or output failed: no such host, connection refused, no such file
  4  `handfast probe` has found problems as bad as `--fail-on` says";

/// Why the program ends.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: String,
    pub(crate) message: String,
    hint: Option<String>,
}

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Tls = 1,
    Usage = 2,
    Io = 3,
    /// A server has problems.
    Problems = 4,
    /// Whoever read the output has seen enough.
    Quiet = 0,
}

impl Failure {
    /// The command line, or what it names, cannot be used.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { exit: Exit::Usage, code: "USAGE".to_string(), message: message.to_string(), hint: None }
    }

    /// A certificate is not good.
    pub(crate) fn certificate(error: &pki::Error) -> Self {
        Self {
            exit: Exit::Tls,
            code: error.code().to_string(),
            message: escape::text(&error.to_string()),
            hint: Some(advice(error, Judge::Verify).to_string()),
        }
    }

    /// What was promised did not hold.
    pub(crate) fn broken(message: impl Display) -> Self {
        Self { exit: Exit::Tls, code: "FAILED".to_string(), message: message.to_string(), hint: None }
    }

    /// A server is not as good as it was asked to be.
    pub(crate) fn problems(message: impl Display) -> Self {
        Self { exit: Exit::Problems, code: "PROBLEMS".to_string(), message: message.to_string(), hint: None }
    }

    /// No connection could be made.
    pub(crate) fn connecting(error: &io::Error, with: impl Display) -> Self {
        if let Some(failure) = Self::tls(error) {
            return failure;
        }
        let hint = match error.kind() {
            _ if descriptors::are_short(error) => "this system lets the program have no more of them (`ulimit -n`)",
            ErrorKind::ConnectionRefused => "nobody listens there: is the server running, and is the port right?",
            ErrorKind::TimedOut | ErrorKind::WouldBlock => "`--timeout SECONDS` waits longer",
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "does this port speak TLS?",
            _ => "is the host name right, and is there a network?",
        };
        Self::io(error, with).hint(hint)
    }

    /// A connection that had been made failed.
    pub(crate) fn connected(error: &io::Error) -> Self {
        let is_cut = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
        match Self::tls(error) {
            Some(failure) => failure,
            None if is_cut => Self::truncated(error),
            None => Self::io(error, "the connection"),
        }
    }

    /// A client could not be served, or not to its end. What it had to do in time is what `patience` is the flag of.
    pub(crate) fn serving(error: &io::Error, patience: &str) -> Self {
        let mut failure = match Self::tls(error) {
            Some(failure) => failure,
            None if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                Self::truncated(error)
            }
            None => Self { message: error.to_string(), ..Self::io(error, "") },
        };
        failure.hint = tls_error(error).and_then(advise_server).map(str::to_string).or_else(|| match error.kind() {
            ErrorKind::TimedOut => Some(format!("`{patience}` waits longer")),
            _ => failure.hint.filter(|_| tls_error(error).is_none()),
        });
        failure
    }

    /// In one line, for a log.
    pub(crate) fn line(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" (hint: {hint})"));
        format!("{}: {}{}", self.code, self.message, hint.unwrap_or_default())
    }

    fn tls(error: &io::Error) -> Option<Self> {
        if error.get_ref().is_some_and(|inner| inner.is::<Truncated>()) {
            return Some(Self::truncated(error));
        }
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<starttls::Error>()) {
            let failure = Self { code: error.code().to_string(), ..Self::broken(error) };
            return Some(failure.hint(error.hint()));
        }
        let error = tls_error(error)?;
        Some(Self {
            exit: Exit::Tls,
            code: error.code(),
            message: escape::text(&error.to_string()),
            hint: hint(error).map(str::to_string),
        })
    }

    fn truncated(error: &io::Error) -> Self {
        let hint = "the peer may have crashed, or somebody on the way cut the connection";
        Self {
            exit: Exit::Tls,
            code: "TRUNCATED".to_string(),
            message: error.to_string(),
            hint: Some(hint.to_string()),
        }
    }

    /// Input or output failed.
    pub(crate) fn io(error: &io::Error, with: impl Display) -> Self {
        let code = match format!("{:?}", error.kind()).as_str() {
            // Two kinds that tell nothing; the second one is what the system says of unknown host names.
            "Other" | "Uncategorized" => "IO".to_string(),
            kind => kind.to_string(),
        };
        Self { exit: Exit::Io, code, message: format!("{with}: {error}"), hint: None }
    }

    /// Standard output failed. A reader that has gone, as `head` does, is no reason to complain.
    pub(crate) fn output(error: &io::Error) -> Self {
        let exit = if error.kind() == ErrorKind::BrokenPipe { Exit::Quiet } else { Exit::Io };
        Self { exit, ..Self::io(error, "standard output") }
    }

    /// What to do next.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// The code, for who counts them.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.message, "hint": self.hint } })
    }

    /// Says it, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if self.exit != Exit::Quiet {
            let mut err = anstream::stderr();
            // Names of files and arguments are anybody's text. Where standard error is closed nobody listens anyway.
            let message = escape::message(&self.message);
            let _ = writeln!(err, "{BAD}error{BAD:#}: {HEADING}{}{HEADING:#}: {message}", self.code);
            if let Some(hint) = &self.hint {
                let _ = writeln!(err, " {HEADING}hint{HEADING:#}: {}", escape::message(hint));
            }
        }
        ExitCode::from(self.exit as u8)
    }
}

/// What to do about an error of TLS.
fn hint(error: &Error) -> Option<&'static str> {
    if let Some(error) = error.certificate() {
        return Some(advice(error, Judge::Connect));
    }
    Some(match error {
        Error::Peer(Violation::NotTls { .. }) => {
            "this port speaks something else; where TLS begins at a command, `--starttls PROTOCOL` gives it"
        }
        Error::Alert(AlertDescription::PROTOCOL_VERSION) => {
            "the peer speaks none of the versions that are offered here: TLS 1.2 and 1.3, or what `--tls1_2` and `--tls1_3` \
             leave of them"
        }
        Error::Alert(AlertDescription::HANDSHAKE_FAILURE | AlertDescription::INSUFFICIENT_SECURITY) => {
            "nothing in common: `--groups`, `--sigalgs`, `--ciphers` and `--suites` must name something that the peer has; or, in \
             TLS 1.2, it wants a certificate: `--cert FILE --key FILE` shows one"
        }
        Error::Alert(AlertDescription::CERTIFICATE_REQUIRED) => "show a certificate: `--cert FILE --key FILE`",
        Error::Alert(
            AlertDescription::UNKNOWN_CA
            | AlertDescription::BAD_CERTIFICATE
            | AlertDescription::CERTIFICATE_UNKNOWN
            | AlertDescription::CERTIFICATE_EXPIRED
            | AlertDescription::CERTIFICATE_REVOKED
            | AlertDescription::UNSUPPORTED_CERTIFICATE,
        ) => "the peer does not accept this side's certificate",
        Error::Alert(AlertDescription::UNRECOGNIZED_NAME) => "the server knows no such host: try `--servername NAME`",
        Error::Alert(AlertDescription::NO_APPLICATION_PROTOCOL) => "the peer has none of the protocols of `--alpn`",
        Error::Peer(Violation::UnknownField) => "`--legacy dhe,any-dh` takes fields that are not those of RFC 7919",
        Error::Usage(Usage::NoRenegotiation) => {
            "renegotiation is for TLS 1.2 (`--tls1_2`), with a server that knows RFC 5746"
        }
        _ => return None,
    })
}

/// What a server can do about a client that it could not serve.
fn advise_server(error: &Error) -> Option<&'static str> {
    if let Some(error) = error.certificate() {
        return Some(advice(error, Judge::Serve));
    }
    Some(match error {
        Error::Peer(Violation::NotTls("plain HTTP")) => {
            "the client speaks HTTP in the clear: the address begins with https://"
        }
        Error::Peer(Violation::NotTls(_)) => "this port speaks TLS from the first byte",
        Error::Peer(Violation::CertificateRequired) => {
            "the client has to show a certificate of `--client-ca`; `--client-auth request` lets it in without one"
        }
        Error::Alert(
            AlertDescription::UNKNOWN_CA | AlertDescription::BAD_CERTIFICATE | AlertDescription::CERTIFICATE_UNKNOWN,
        ) => {
            "the client does not accept the certificate here: does it trust the CA, and is the certificate for the name it wants?"
        }
        Error::Alert(
            AlertDescription::CERTIFICATE_EXPIRED
            | AlertDescription::CERTIFICATE_REVOKED
            | AlertDescription::UNSUPPORTED_CERTIFICATE,
        ) => "the certificate here has to be renewed, or be of another kind; `handfast verify` judges it as clients do",
        Error::Refused(Refusal::Version) => {
            "it wants another version: `--tls1_2` and `--tls1_3` say which are spoken here"
        }
        Error::Refused(Refusal::Suite | Refusal::Group) | Error::Alert(AlertDescription::HANDSHAKE_FAILURE) => {
            "nothing in common: `--ciphers`, `--suites` and `--groups` say what is taken here"
        }
        Error::Refused(Refusal::Scheme | Refusal::Credential) => {
            "no certificate here has a key that it takes: another `--cert` can have a key of another kind"
        }
        Error::Refused(Refusal::Protocol) => "it wants another protocol: `--alpn` says which are spoken here",
        Error::Refused(Refusal::Psk) => "it has none of the keys of `--psk-file`",
        Error::Refused(Refusal::Answered(AlertDescription::UNRECOGNIZED_NAME)) => {
            "there is no certificate for that host, and `--strict-sni` refuses others"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_exit_code() {
        let tls = |error: Error| io::Error::other(error);
        let truncated = io::Error::new(ErrorKind::UnexpectedEof, Truncated);
        for (failure, exit, code) in [
            (Failure::connecting(&tls(Error::Refused(Refusal::Group)), ""), Exit::Tls, "NoCommonGroup"),
            (Failure::connected(&tls(Error::Alert(AlertDescription::UNKNOWN_CA))), Exit::Tls, "unknown_ca"),
            (Failure::connecting(&truncated, ""), Exit::Tls, "TRUNCATED"),
            (Failure::connected(&truncated), Exit::Tls, "TRUNCATED"),
            (Failure::connected(&ErrorKind::ConnectionReset.into()), Exit::Tls, "TRUNCATED"),
            (Failure::connecting(&ErrorKind::ConnectionRefused.into(), ""), Exit::Io, "ConnectionRefused"),
            (Failure::connecting(&ErrorKind::ConnectionReset.into(), ""), Exit::Io, "ConnectionReset"),
        ] {
            assert_eq!((failure.exit, failure.code.as_str()), (exit, code));
            assert_eq!(failure.json()["error"]["code"], code);
        }
        assert_eq!(Failure::usage("no").exit as u8, 2);
        assert_eq!(Failure::output(&ErrorKind::BrokenPipe.into()).exit as u8, 0);
        assert_eq!(Failure::output(&ErrorKind::StorageFull.into()).exit as u8, 3);
    }
}
