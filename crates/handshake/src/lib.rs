//! The TLS handshake as state machines: messages and answers in; messages, keys, facts and questions out.
//!
//! Nothing here does I/O, reads a clock, parses a certificate or knows a cryptographic implementation. A machine is fed
//! whole handshake messages with [`Handshake::message`] and answers with [`Handshake::answer`]; what it wants done it
//! tells its [`Host`]: *send* this message in that epoch, *install* these keys, *learn* this fact. Over TCP the engine is
//! the host, a QUIC stack or a test can be one as well.
//!
//! Wherever the handshake needs a decision it *asks* ([`Question`]) and waits. Whether the answer is known at once or
//! comes from another machine tomorrow is not visible here: there is one path.
//!
//! The diagrams of RFC 9846 Appendix A are [`tls13::client`] and [`tls13::server`]: one `match`, one arm per arrow.
//!
//! | file | concept |
//! |---|---|
//! | [`host`] | what a machine tells its surroundings |
//! | [`question`] | what it asks, and the answers |
//! | [`params`] | what a configuration allows, as data |
//! | [`credential`], `certificate_type`, [`compression`] | own and received certificates, of which kind they are, and how they are compressed |
//! | `session`, [`psk`], `resumption` | what a connection can begin with instead of a certificate, and why it did not |
//! | [`failure`] | how a handshake ends badly |
//! | [`tls13`], `tls12` | the machines; TLS 1.2 is behind the feature of that name |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;

mod alpn;
mod auth;
mod certificate_type;
pub mod compression;
pub mod credential;
pub mod failure;
pub mod host;
mod machine;
mod offer;
pub mod params;
mod party;
mod preference;
pub mod psk;
pub mod question;
mod resumption;
mod session;
#[cfg(feature = "tls12")]
pub mod tls12;
pub mod tls13;

pub use compression::{CertificateCompressor, Compression};
pub use credential::{Credential, CredentialError, Peer, PeerCredential};
pub use failure::{Failure, Refusal, Rejection, Usage};
pub use host::{Direction, Epoch, Fact, Host, KeyUse};
pub use machine::Handshake;
pub use params::{Ahead, ClientAuth, ClientParams, ServerParams, UnknownPsk};
pub use psk::{ExternalPsk, ImportedIdentity, Importer, PskError, PskRole};
#[cfg(feature = "legacy")]
pub use question::DecryptQuestion;
#[cfg(feature = "tls12")]
pub use question::PskQuestion;
pub use question::{
    Answer, Candidate, ConfigQuestion, CredentialQuestion, EarlyDataQuestion, HelloView, IssueQuestion, Keep,
    MAX_IDENTITIES, Offer, PeerQuestion, Purpose, Question, QuestionId, Resumable, ResumeQuestion, SignQuestion,
    StapleQuestion, VerifyPeer,
};
pub use resumption::{EarlyData, EarlyOmission, EarlyRefusal, NotResumed, Prior};
pub use session::Session;
