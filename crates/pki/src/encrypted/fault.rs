//! Why something that is protected by a password does not open.

use crate::error::Rule;
use alloc::string::String;
use core::fmt;
use handfast_crypto::CryptoError;

/// Why something that is protected by a password does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This field is not the DER that it has to be.
    Malformed(&'static str),
    /// There is no password, and it takes one.
    NoPassword,
    /// It does not open with this password. That it was changed since cannot be told from that.
    WrongPassword,
    /// It is made in this way, a name or a dotted identifier, which is not understood.
    Unsupported(String),
    /// There is a password, and nothing in the file depends on it: it has no MAC and is not encrypted.
    NoMac,
    /// It holds something in the place of a certificate that is none.
    NotACertificate(Rule),
    /// It asks for more iterations than [`MAX_ITERATIONS`](super::MAX_ITERATIONS), or more of scrypt than
    /// [`MAX_SCRYPT_MEMORY`](super::MAX_SCRYPT_MEMORY) and [`MAX_SCRYPT_WORK`](super::MAX_SCRYPT_WORK).
    TooExpensive,
    /// The provider has no passwords, or failed.
    Crypto(CryptoError),
}

impl Fault {
    /// A stable name for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "MALFORMED",
            Self::NoPassword => "NO_PASSWORD",
            Self::WrongPassword => "WRONG_PASSWORD",
            Self::Unsupported(_) => "UNSUPPORTED_ENCRYPTION",
            Self::NoMac => "NO_MAC",
            Self::NotACertificate(_) => "BAD_CERTIFICATE",
            Self::TooExpensive => "TOO_EXPENSIVE",
            Self::Crypto(_) => "CRYPTO",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(field) => write!(f, "its {field} is malformed"),
            Self::NoPassword => f.write_str("it is encrypted, and there is no password"),
            Self::WrongPassword => f.write_str("it does not open with this password"),
            Self::Unsupported(way) => write!(f, "it is made with {way}, which is not understood here"),
            Self::NoMac => f.write_str("nothing in it depends on the password, so anybody could have written it"),
            Self::NotACertificate(rule) => write!(f, "what should be a certificate in it is none: {rule}"),
            Self::TooExpensive => f.write_str("to open it takes more work than any honest file asks for"),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Fault {}

/// The readers of structures say which field it was.
impl From<Rule> for Fault {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Malformed(field) => Self::Malformed(field),
            _ => Self::Malformed("structure"),
        }
    }
}

impl From<CryptoError> for Fault {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::OpenFailed => Self::WrongPassword,
            error => Self::Crypto(error),
        }
    }
}
