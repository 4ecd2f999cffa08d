//! TLS messages and extensions as borrowed views: bytes to messages and back.
//!
//! This crate knows how TLS looks on the wire and nothing else. It has no cryptography, no state and no policy, with one
//! exception: which extension may stand in which message ([`placed`]), because that is a property of the syntax as much
//! as of the protocol.
//!
//! A message is a struct whose fields borrow from the bytes it was read from. Nothing is copied: a list of cipher suites
//! is a [`List`] over the received bytes, checked item by item when it is made, so that walking over it later cannot
//! fail. The same struct written is the same message, byte for byte; the fields of a message to be sent are filled with
//! slices of whatever the sender owns.
//!
//! ```
//! use handfast_wire::{Dialect, KeyUpdateRequest, Message, message::KeyUpdate};
//!
//! let mut out = Vec::new();
//! KeyUpdate { request: KeyUpdateRequest::UPDATE_REQUESTED }.write(&mut out)?;
//! assert_eq!(out, [24, 0, 0, 1, 1]);
//!
//! let Message::KeyUpdate(message) = Message::read(Dialect::Tls13, &out)? else { unreachable!() };
//! assert_eq!(message.request, KeyUpdateRequest::UPDATE_REQUESTED);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Where things are
//!
//! - [`message`]: one file per handshake message, reading and writing side by side; [`Message`] tells them apart.
//! - [`extension`]: one file per extension, likewise; [`Extensions`] is a checked block of them, [`ExtensionBlock`] builds
//!   one.
//! - [`Reader`], [`Writer`] and [`List`]: the presentation language of RFC 9846 §3.
//! - The code points ([`CipherSuite`], [`NamedGroup`] …): numbers that know their names in the IANA registries. A number
//!   nobody has registered is a value like any other, which is what TLS wants of every receiver.
//!
//! # What a reader promises
//!
//! Every parser consumes its bytes exactly: a byte missing and a byte left over are both errors (RFC 9846 §6.2). Nothing
//! panics, nothing takes more than O(n log n) time in the length of its input, and whatever parses is written back to the
//! bytes it came from.
//!
//! Writing checks only that a length fits its prefix. Beyond that a writer writes what it is told, also what no reader
//! would accept.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod alert;
mod codepoint;
pub mod extension;
mod list;
pub mod message;
mod reader;
#[cfg(test)]
mod testing;
mod violation;
mod writer;

pub use alert::Alert;
pub use codepoint::{
    AlertDescription, AlertLevel, CertificateStatusType, CertificateType, CipherSuite, CompressionAlgorithm,
    ContentType, EcPointFormat, ExtensionType, HandshakeType, KeyUpdateRequest, NameType, NamedGroup, ProtocolVersion,
    PskKeyExchangeMode, SignatureScheme,
};
pub use extension::{Extension, ExtensionBlock, ExtensionTypes, Extensions, Place, placed};
pub use list::{Item, List, ListIter};
pub use message::{Dialect, Message, MessageKind};
pub use reader::{DecodeError, Reader};
pub use violation::{Unexpected, Violation, ViolationRow};
pub use writer::{EncodeError, Writer};
