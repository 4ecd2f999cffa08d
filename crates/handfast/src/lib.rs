//! A TLS 1.3 engine that does no I/O and can be interrupted at every decision.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod binding;
mod clock;
pub mod config;
mod connection;
mod error;
mod event;
mod facts;
mod identity;
mod inbound;
mod key_log;
pub mod limits;
mod question;
mod reader;
mod resolve;
mod role;
mod trace;
mod verify;
mod writer;

pub use binding::ChannelBinding;
#[cfg(feature = "std")]
pub use clock::SystemClock;
pub use clock::{Clock, FixedClock};
pub use config::{
    Admission, ChooseConfig, ClientConfig, ClientConfigBuilder, ConfigChoice, ConfigError, Pq, ServerConfig,
    ServerConfigBuilder, Version,
};
pub use connection::{ClientStart, Connection};
pub use error::{Error, Truncated, Usage};
pub use event::{Event, Received};
pub use facts::Facts;
pub use identity::{ChooseIdentity, Identity, IdentityError};
#[cfg(feature = "std")]
pub use key_log::KeyLogFile;
pub use key_log::{KeyLog, key_log_line};
pub use limits::Limits;
pub use question::{Answer, ConfigQuestion, Question};
pub use reader::{Failed, HalfReceived, Reader};
pub use resolve::Resolve;
pub use trace::Trace;
pub use verify::PathVerifier;
pub use writer::{WriteAction, Writer};

pub use handfast_crypto as crypto;
pub use handfast_crypto::Provider;
pub use handfast_handshake::{
    ClientAuth, Credential, CredentialQuestion, Direction, Epoch, HelloView, Peer, PeerCredential, PeerQuestion,
    Purpose, QuestionId, Refusal, Rejection, SignQuestion, VerifyPeer,
};
pub use handfast_pki as pki;
pub use handfast_pki::Anchors;
pub use handfast_record::{Padding, RecordWriter};
#[cfg(feature = "rustcrypto")]
pub use handfast_rustcrypto as rustcrypto;
pub use handfast_wire as wire;
pub use pki_types;
