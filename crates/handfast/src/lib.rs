//! An engine for TLS 1.3 (RFC 9846) and TLS 1.2 (RFC 5246) that does no I/O and can be interrupted at every decision.
//!
//! Bytes from the peer go in; bytes for the peer and events come out. There is no socket in here, no thread, no clock and
//! no queue. Who embeds TLS in a proxy, a runtime or a device begins with [the loop](#the-loop); who wants a client or a server on
//! sockets takes an adapter:
//!
//! | for | crate |
//! |---|---|
//! | sockets that block, and any `Read` and `Write` | `handfast-net` |
//! | tokio | `handfast-tokio` |
//! | other runtimes, by futures-io | `handfast-futures` |
//! | HTTPS with hyper and axum | `handfast-hyper` |
//!
//! And besides:
//!
//! | for | crate |
//! |---|---|
//! | spans of `tracing`, numbers of `metrics` | `handfast-telemetry` |
//! | sessions, ticket keys and replay protection that servers share through Redis | `handfast-redis` |
//! | other cryptography: assembly, AWS-LC and its FIPS module | `handfast-graviola`, `handfast-aws-lc` |
//! | certificates alone: paths, names, revocation, keys and files | `handfast-pki`, which is [`pki`] here |
//! | keys in files under MD5, DES or RC2 | `handfast-legacy-keys` |
//! | a program to try things with, like `openssl s_client` and `s_server` | `handfast-cli` |
//!
//! # A client and a server
//!
//! On sockets that block, with the feature `mozilla`; on the other adapters the names are the same:
//!
#![cfg_attr(not(doctest), doc = include_str!("sockets.md"))]
//!
//! The [book](https://github.com/handfast-tls/handfast/blob/main/docs/SUMMARY.md) goes on from there, each example run: getting
//! started, clients, servers, certificates, resumption, early data, old peers, telemetry, and what Handfast lacks beside other stacks.
//!
//! # The loop
//!
//! Everything a connection does is a call to [`Connection::receive`]: give it the bytes you have, act on the [`Event`],
//! send what it appended to `out`, drop what it consumed, and call it again until it says [`Event::NeedInput`].
//!
//! ```
//! use handfast::{ClientConfig, ClientStart, Connection, Error, Event, Received, ServerConfig};
//! # use handfast::{Anchors, Identity, pki::make, crypto::KeyKind, pki_types::UnixTime};
//! # use std::sync::Arc;
//! # fn certificates() -> (Arc<Anchors>, Arc<Identity>) {
//! #     let provider = handfast::rustcrypto::provider();
//! #     let now = UnixTime::since_unix_epoch(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap());
//! #     let ca = make::Identity::root(&provider, make::Builder::ca("CA", now), KeyKind::P256).unwrap();
//! #     let leaf = ca.issue(&provider, make::Builder::server(&["localhost"], now), KeyKind::P256).unwrap();
//! #     let mut anchors = Anchors::new();
//! #     anchors.add(&ca.certificate).unwrap();
//! #     (Arc::new(anchors), Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).unwrap())
//! # }
//! # let (anchors, identity) = certificates();
//! // Configurations are made once, checked when made, and shared by all connections.
//! let client = ClientConfig::builder().anchors(anchors).build()?;
//! let server = ServerConfig::builder().identity(identity).build()?;
//!
//! // What the client wants sent is appended to a buffer of ours.
//! let mut to_server = Vec::new();
//! let mut to_client = Vec::new();
//! let mut client = ClientStart::new(&client, "localhost".try_into()?).connect(&mut to_server)?;
//! let mut server = Connection::server(&server)?;
//!
//! /// Feeds `connection` with all of `input`; gives the application data that was in it.
//! fn pump(connection: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<Vec<u8>, Error> {
//!     let mut received = Vec::new();
//!     loop {
//!         let Received { consumed, event } = connection.receive(input, out)?;
//!         let more = !matches!(event, Event::NeedInput { .. } | Event::Closed);
//!         if let Event::Data { bytes, .. } = event {
//!             received.extend_from_slice(bytes);
//!         }
//!         input.drain(..consumed);
//!         if !more {
//!             return Ok(received);
//!         }
//!     }
//! }
//!
//! // Instead of a network: carry the bytes over until both are connected.
//! while !(client.is_connected() && server.is_connected()) {
//!     pump(&mut server, &mut to_server, &mut to_client)?;
//!     pump(&mut client, &mut to_client, &mut to_server)?;
//! }
//! client.send(b"hello", &mut to_server)?;
//! assert_eq!(pump(&mut server, &mut to_server, &mut to_client)?, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The contract
//!
//! * Every method that can produce bytes takes `out` and has appended whole records to it when it returns. Nothing has to
//!   be drained, and there is no order of polls to remember.
//! * `receive` reports one event. Only whole records are touched, and they are decrypted where they lie: what
//!   [`Event::Data`] gives is a slice of your input, and `at` says where it is, should you own the buffer. Bytes that are
//!   not consumed are exactly as you put them.
//! * An error is final: the alert is already in `out`, send it. The connection only repeats the error. [`Error::Usage`]
//!   alone is different: it means that the call was out of turn and nothing has changed.
//! * An end of the transport is told to [`Connection::end_of_input`]. Without a close_notify before it that is a
//!   truncation, and somebody may have cut off what follows.
//! * In steady state a record costs no allocation in either direction; an idle connection holds a few kilobytes.
//!
//! # Decisions
//!
//! Every decision of a handshake is a value of the configuration that answers at once, or a [`Question`] to you:
//! [`Resolve::Now`] or [`Resolve::Ask`]. Which configuration serves this ClientHello? Which certificate is presented?
//! Sign this. Is this peer acceptable? A question is owned and `Send`: take it to another thread, a database, a key server,
//! and bring the [`Answer`] to [`Connection::answer`] whenever it is there. Until then the connection stands still and says
//! [`Event::NeedAnswer`]. An answer fits its own question and no other.
//!
//! ```no_run
//! # use handfast::{Connection, Question, Error, crypto::SigningKey};
//! # fn ask_the_key_server(message: &[u8]) -> Option<Vec<u8>> { None }
//! fn decide(connection: &mut Connection, question: Question, out: &mut Vec<u8>) -> Result<(), Error> {
//!     match question {
//!         Question::Sign(question) => {
//!             let answer = match ask_the_key_server(question.message()) {
//!                 Some(signature) => question.signature(signature),
//!                 None => question.failed(),
//!             };
//!             connection.answer(answer, out)
//!         }
//!         // Whatever else the configuration leaves open. A question that cannot be answered ends the connection.
//!         _ => Ok(connection.abandon(out)),
//!     }
//! }
//! ```
//!
//! # Who is who
//!
//! | type | what it is |
//! |---|---|
//! | [`ClientConfig`], [`ServerConfig`] | what is offered and taken; immutable |
//! | [`Admission`] | what a server needs before it knows which configuration to use |
//! | [`Hosts`] | configurations by host name, changed while the server runs |
//! | [`LiveAdmission`] | an admission that is replaced while the server runs |
//! | [`Ja4`], [`stranger`] | what kind of client it is, and what it speaks if that is not TLS |
//! | [`trace`] | what a connection does, as events and as text |
//! | [`Identity`] | a certificate chain or a raw public key, with its private key, here or elsewhere |
//! | [`Anchors`], [`PathVerifier`] | whom to trust, and the judge who does |
//! | [`RawKeys`] | the judge of raw public keys (RFC 7250) |
//! | [`ClientStart`], [`Connection`] | a connection about to start, and one under way |
//! | [`Reader`], [`Writer`] | its two halves, for two threads |
//! | [`Facts`] | what was agreed, and who the peer is |
//! | [`TlsPolicy`] | named bounds on what is offered and taken, FIPS and CNSA among them |
//! | [`ciphers`], [`names`] | cipher lists in OpenSSL's syntax, and the names of suites, groups and schemes |
//!
//! There is no process-wide state: provider, clock, randomness, key log and trace are values of the configuration.
//!
//! # What is not on by default
//!
//! Servers are verified unless the configuration says [`dangerous_no_verification`]; a client without a name to check is
//! [`ClientStart::dangerous_nameless`]. Both are among what a search for `dangerous_` finds. A key log is opened by
//! code only.
//!
//! [`dangerous_no_verification`]: ClientConfigBuilder::dangerous_no_verification
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `rustcrypto` | yes | the default provider, on the RustCrypto crates: pure Rust, no C compiler |
//! | `accelerated` | yes | its AES-GCM and ChaCha20-Poly1305 on the vector instructions of x86-64: the only `unsafe` code |
//! | `std` | yes | the system's clock, key log files, ticket keys and a session store in memory |
//! | `tls12` | yes | TLS 1.2 |
//! | `passwords` | yes | [`Bundle`]s and [`Identity`]s from keys and PKCS#12 files under a password |
//! | `mozilla` | | [`Anchors`] from Mozilla's list, built in |
//! | `system` | | [`Anchors`] from the operating system |
//! | `cert-compression` | | zlib for certificates ([`certificate_compression`](ClientConfigBuilder::certificate_compression)) |
//! | `make` | | keys and certificates for tests and self-signed servers |
//! | `serde` | | [`pki::inspect`]: descriptions of certificates that serialize |
//! | `legacy` | | the older ways of TLS 1.2, each behind a switch of its own (`legacy::dangerous_legacy`) |
//!
//! Without `std` the crate is `no_std` with `alloc`; then a [`Clock`] has to be given.
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
pub mod ciphers;
mod clock;
#[cfg(feature = "cert-compression")]
mod compression;
pub mod config;
mod connection;
mod delegated;
mod error;
mod event;
mod facts;
#[cfg(feature = "std")]
mod hosts;
mod identity;
mod inbound;
mod ja4;
mod key_log;
#[cfg(feature = "legacy")]
pub mod legacy;
pub mod limits;
pub mod names;
mod question;
mod raw_keys;
mod reader;
#[cfg(feature = "std")]
mod ready_shares;
#[cfg(feature = "legacy")]
mod renegotiation;
mod resolve;
mod role;
mod session;
mod staple;
mod stranger;
pub mod trace;
#[cfg(feature = "std")]
mod verified;
mod verify;
mod writer;

pub use binding::ChannelBinding;
#[cfg(feature = "std")]
pub use clock::SystemClock;
pub use clock::{Clock, FixedClock};
#[cfg(feature = "cert-compression")]
pub use compression::Zlib;
#[cfg(feature = "std")]
pub use config::LiveAdmission;
pub use config::{
    Admission, ChooseConfig, ClientConfig, ClientConfigBuilder, ConfigChoice, ConfigError, Pq, ServerConfig,
    ServerConfigBuilder, TlsPolicy, Version,
};
pub use connection::{ClientStart, Connection};
pub use delegated::DelegatedError;
pub use error::{Error, Truncated, Usage};
pub use event::{Early, Event, Received};
pub use facts::{Facts, LegacyWay};
#[cfg(feature = "tls12")]
pub use handfast_handshake::tls12::RenegotiationPolicy;
#[cfg(feature = "legacy")]
pub use handfast_handshake::{DecryptQuestion, PskQuestion};
#[cfg(feature = "std")]
pub use hosts::Hosts;
pub use identity::{ChooseIdentity, Identity, IdentityError, present};
pub use ja4::Ja4;
#[cfg(feature = "std")]
pub use key_log::KeyLogFile;
pub use key_log::{KeyLog, key_log_line};
pub use limits::Limits;
pub use question::{Answer, ConfigQuestion, Question};
pub use raw_keys::{RawKeyError, RawKeys};
pub use reader::{Failed, HalfReceived, Reader};
#[cfg(feature = "std")]
pub use ready_shares::ReadyShares;
pub use resolve::Resolve;
pub use session::{
    AntiReplay, EarlyDataQuestion, FRESHNESS, FindPsk, Found, IssueQuestion, KeepSessions, Kept, Recheck,
    ResumeQuestion, Session, SessionName,
};
#[cfg(feature = "std")]
pub use session::{MemoryStore, SessionCache, StrikeRegister, Struck, TicketKeyError, Ticketer};
pub use staple::{Staple, Stapled};
pub use stranger::stranger;
pub use trace::Trace;
pub use verify::PathVerifier;
pub use writer::{Record, WriteAction, Writer};

pub use handfast_crypto as crypto;
pub use handfast_crypto::Provider;
pub use handfast_handshake::{
    CertificateCompressor, ClientAuth, Credential, CredentialError, CredentialQuestion, Direction, EarlyData,
    EarlyOmission, EarlyRefusal, Epoch, ExternalPsk, HelloView, ImportedIdentity, Importer, Keep, KeyUse,
    MAX_IDENTITIES, NotResumed, Offer, Peer, PeerCredential, PeerQuestion, PskError, PskRole, Purpose, QuestionId,
    Refusal, Rejection, SignQuestion, StapleQuestion, UnknownPsk, VerifyPeer,
};
pub use handfast_pki as pki;
pub use handfast_pki::{Anchors, Bundle};
pub use handfast_record::{Padding, Sniffed};
#[cfg(feature = "rustcrypto")]
pub use handfast_rustcrypto as rustcrypto;
pub use handfast_wire as wire;
pub use pki_types;
