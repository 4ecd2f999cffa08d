//! Handshake messages: one file per message, both directions side by side.
//!
//! ```text
//! 0        1                          4
//! +--------+--------------------------+----------------+
//! | type   | length                   | body           |
//! +--------+--------------------------+----------------+
//! ```
//!
//! RFC 9846 §4, `Handshake`. Each message is a struct with `read`, which takes the body, and `write`, which appends header
//! and body. [`Message::read`] takes a whole message and finds out which it is. What only TLS 1.2 has is in [`tls12`].

mod certificate;
mod certificate_request;
mod certificate_verify;
mod client_hello;
mod compressed_certificate;
mod encrypted_extensions;
mod end_of_early_data;
mod finished;
mod hello_retry_request;
mod key_update;
mod kind;
mod message_hash;
mod new_session_ticket;
mod server_hello;
pub mod tls12;

pub use certificate::{Certificate, CertificateEntry};
pub use certificate_request::CertificateRequest;
pub use certificate_verify::CertificateVerify;
pub use client_hello::ClientHello;
pub use compressed_certificate::CompressedCertificate;
pub use encrypted_extensions::EncryptedExtensions;
pub use end_of_early_data::EndOfEarlyData;
pub use finished::Finished;
pub use hello_retry_request::{HELLO_RETRY_REQUEST_RANDOM, HelloRetryRequest};
pub use key_update::KeyUpdate;
pub use kind::MessageKind;
pub use message_hash::message_hash;
pub use new_session_ticket::NewSessionTicket;
pub use server_hello::{DOWNGRADE_TLS11, DOWNGRADE_TLS12, ServerHello};

use alloc::vec::Vec;

use crate::{DecodeError, EncodeError, HandshakeType, Reader, Writer};

/// The length of the header of a handshake message, in bytes.
pub const HEADER_LEN: usize = 4;

/// One handshake message, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A ClientHello of any version.
    ClientHello(ClientHello<'a>),
    /// A ServerHello of any version.
    ServerHello(ServerHello<'a>),
    /// A ServerHello with the random that makes it a HelloRetryRequest.
    HelloRetryRequest(HelloRetryRequest<'a>),
    /// EncryptedExtensions.
    EncryptedExtensions(EncryptedExtensions<'a>),
    /// A CertificateRequest of TLS 1.3.
    CertificateRequest(CertificateRequest<'a>),
    /// A Certificate of TLS 1.3.
    Certificate(Certificate<'a>),
    /// A compressed Certificate, still compressed.
    CompressedCertificate(CompressedCertificate<'a>),
    /// A CertificateVerify of any version.
    CertificateVerify(CertificateVerify<'a>),
    /// A Finished of any version.
    Finished(Finished<'a>),
    /// A NewSessionTicket of TLS 1.3.
    NewSessionTicket(NewSessionTicket<'a>),
    /// A KeyUpdate.
    KeyUpdate(KeyUpdate),
    /// EndOfEarlyData.
    EndOfEarlyData(EndOfEarlyData),
    /// A HelloRequest.
    HelloRequest(tls12::HelloRequest),
    /// A Certificate of TLS 1.2.
    Certificate12(tls12::Certificate<'a>),
    /// A Certificate of TLS 1.2 that is a raw public key.
    RawPublicKey12(tls12::RawPublicKey<'a>),
    /// A CertificateStatus.
    CertificateStatus(tls12::CertificateStatus<'a>),
    /// A ServerKeyExchange of any suite.
    ServerKeyExchange(tls12::ServerKeyExchange<'a>),
    /// A CertificateRequest of TLS 1.2.
    CertificateRequest12(tls12::CertificateRequest<'a>),
    /// ServerHelloDone.
    ServerHelloDone(tls12::ServerHelloDone),
    /// A ClientKeyExchange of any suite.
    ClientKeyExchange(tls12::ClientKeyExchange<'a>),
    /// A NewSessionTicket of TLS 1.2.
    NewSessionTicket12(tls12::NewSessionTicket<'a>),
    /// A message that has no syntax in the dialect it was read in.
    Opaque {
        /// Which message it is.
        kind: MessageKind,
        /// What follows the header.
        body: &'a [u8],
    },
}

/// Which syntax messages have that are written differently in TLS 1.2 and TLS 1.3.
///
/// Hello messages are the same in both, for they are read before anyone knows. CertificateVerify and Finished merely happen
/// to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RFC 9846.
    Tls13,
    /// RFC 5246 and its extensions.
    Tls12,
    /// The same, where the sender shows a raw public key for a certificate (RFC 7250 §3).
    Tls12RawKey,
}

impl<'a> Message<'a> {
    /// Reads one whole message, header included; `raw` must end where the message does.
    pub fn read(dialect: Dialect, raw: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(raw);
        let ty = HandshakeType(r.u8("msg_type")?);
        let body = r.vec24("Handshake", 0..=0xff_ffff)?;
        r.finish("Handshake")?;

        let kind = MessageKind::of(ty, body);
        Ok(match (dialect, kind) {
            (_, MessageKind::ClientHello) => Self::ClientHello(ClientHello::read(body)?),
            (_, MessageKind::ServerHello) => Self::ServerHello(ServerHello::read(body)?),
            (_, MessageKind::HelloRetryRequest) => Self::HelloRetryRequest(HelloRetryRequest::read(body)?),
            (_, MessageKind::CertificateVerify) => Self::CertificateVerify(CertificateVerify::read(body)?),
            (_, MessageKind::Finished) => Self::Finished(Finished::read(body)?),
            (Dialect::Tls13, kind) => Self::read_tls13(kind, body)?,
            (Dialect::Tls12RawKey, MessageKind::Certificate) => Self::RawPublicKey12(tls12::RawPublicKey::read(body)?),
            (Dialect::Tls12 | Dialect::Tls12RawKey, kind) => Self::read_tls12(kind, body)?,
        })
    }

    fn read_tls13(kind: MessageKind, body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(match kind {
            MessageKind::EncryptedExtensions => Self::EncryptedExtensions(EncryptedExtensions::read(body)?),
            MessageKind::CertificateRequest => Self::CertificateRequest(CertificateRequest::read(body)?),
            MessageKind::Certificate => Self::Certificate(Certificate::read(body)?),
            MessageKind::CompressedCertificate => Self::CompressedCertificate(CompressedCertificate::read(body)?),
            MessageKind::NewSessionTicket => Self::NewSessionTicket(NewSessionTicket::read(body)?),
            MessageKind::KeyUpdate => Self::KeyUpdate(KeyUpdate::read(body)?),
            MessageKind::EndOfEarlyData => Self::EndOfEarlyData(EndOfEarlyData::read(body)?),
            kind => Self::Opaque { kind, body },
        })
    }

    fn read_tls12(kind: MessageKind, body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(match kind {
            MessageKind::HelloRequest => Self::HelloRequest(tls12::HelloRequest::read(body)?),
            MessageKind::Certificate => Self::Certificate12(tls12::Certificate::read(body)?),
            MessageKind::CertificateStatus => Self::CertificateStatus(tls12::CertificateStatus::read(body)?),
            MessageKind::ServerKeyExchange => Self::ServerKeyExchange(tls12::ServerKeyExchange::read(body)?),
            MessageKind::CertificateRequest => Self::CertificateRequest12(tls12::CertificateRequest::read(body)?),
            MessageKind::ServerHelloDone => Self::ServerHelloDone(tls12::ServerHelloDone::read(body)?),
            MessageKind::ClientKeyExchange => Self::ClientKeyExchange(tls12::ClientKeyExchange::read(body)?),
            MessageKind::NewSessionTicket => Self::NewSessionTicket12(tls12::NewSessionTicket::read(body)?),
            kind => Self::Opaque { kind, body },
        })
    }

    /// Appends the message, header included: what [`read`](Self::read) has read comes out as it was. `None` for
    /// [`Opaque`](Self::Opaque), which has no syntax to write. On error `out` is as before.
    pub fn write(&self, out: &mut Vec<u8>) -> Option<Result<(), EncodeError>> {
        Some(match self {
            Self::ClientHello(m) => m.write(out),
            Self::ServerHello(m) => m.write(out),
            Self::HelloRetryRequest(m) => m.write(out),
            Self::EncryptedExtensions(m) => m.write(out),
            Self::CertificateRequest(m) => m.write(out),
            Self::Certificate(m) => m.write(out),
            Self::CompressedCertificate(m) => m.write(out),
            Self::CertificateVerify(m) => m.write(out),
            Self::Finished(m) => m.write(out),
            Self::NewSessionTicket(m) => m.write(out),
            Self::KeyUpdate(m) => m.write(out),
            Self::EndOfEarlyData(m) => m.write(out),
            Self::HelloRequest(m) => m.write(out),
            Self::Certificate12(m) => m.write(out),
            Self::RawPublicKey12(m) => m.write(out),
            Self::CertificateStatus(m) => m.write(out),
            Self::ServerKeyExchange(m) => m.write(out),
            Self::CertificateRequest12(m) => m.write(out),
            Self::ServerHelloDone(m) => m.write(out),
            Self::ClientKeyExchange(m) => m.write(out),
            Self::NewSessionTicket12(m) => m.write(out),
            Self::Opaque { .. } => return None,
        })
    }

    /// Which message this is.
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::ClientHello(_) => MessageKind::ClientHello,
            Self::ServerHello(_) => MessageKind::ServerHello,
            Self::HelloRetryRequest(_) => MessageKind::HelloRetryRequest,
            Self::EncryptedExtensions(_) => MessageKind::EncryptedExtensions,
            Self::CertificateRequest(_) | Self::CertificateRequest12(_) => MessageKind::CertificateRequest,
            Self::Certificate(_) | Self::Certificate12(_) | Self::RawPublicKey12(_) => MessageKind::Certificate,
            Self::CompressedCertificate(_) => MessageKind::CompressedCertificate,
            Self::CertificateVerify(_) => MessageKind::CertificateVerify,
            Self::Finished(_) => MessageKind::Finished,
            Self::NewSessionTicket(_) | Self::NewSessionTicket12(_) => MessageKind::NewSessionTicket,
            Self::KeyUpdate(_) => MessageKind::KeyUpdate,
            Self::EndOfEarlyData(_) => MessageKind::EndOfEarlyData,
            Self::HelloRequest(_) => MessageKind::HelloRequest,
            Self::CertificateStatus(_) => MessageKind::CertificateStatus,
            Self::ServerKeyExchange(_) => MessageKind::ServerKeyExchange,
            Self::ServerHelloDone(_) => MessageKind::ServerHelloDone,
            Self::ClientKeyExchange(_) => MessageKind::ClientKeyExchange,
            Self::Opaque { kind, .. } => *kind,
        }
    }

    /// Which message `raw` is, from its type and, to tell ServerHello and HelloRetryRequest apart, its random. Nothing
    /// else is looked at. Without even a type it is [`MessageKind::Unknown`].
    pub fn kind_of(raw: &[u8]) -> MessageKind {
        match raw.split_first() {
            Some((&ty, rest)) => MessageKind::of(HandshakeType(ty), rest.get(HEADER_LEN - 1..).unwrap_or_default()),
            None => MessageKind::Unknown,
        }
    }
}

/// The type of the message that `raw` begins with, and the length of its body in bytes; `None` before the header is
/// complete.
pub fn header(raw: &[u8]) -> Option<(HandshakeType, usize)> {
    let [ty, high, middle, low] = *raw.first_chunk::<HEADER_LEN>()?;
    Some((HandshakeType(ty), u32::from_be_bytes([0, high, middle, low]) as usize))
}

/// Appends a message whose body is written by `body`. On error `out` is as before.
fn frame(
    out: &mut Vec<u8>,
    ty: HandshakeType,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    append(out, |w| {
        w.u8(ty.0);
        w.vec24(body)
    })
}

/// Appends what `part` writes. On error `out` is as before.
fn append(out: &mut Vec<u8>, part: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
    let before = out.len();
    let written = part(&mut Writer::new(out));
    if written.is_err() {
        out.truncate(before);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{framed, hex};

    #[test]
    fn messages_without_syntax_are_opaque() {
        let neither = [
            (21, MessageKind::CertificateUrl),
            (23, MessageKind::SupplementalData),
            (254, MessageKind::Unknown),
            (99, MessageKind::Unknown),
        ];
        let only_tls13 = [
            (5, MessageKind::EndOfEarlyData),
            (8, MessageKind::EncryptedExtensions),
            (24, MessageKind::KeyUpdate),
            (25, MessageKind::CompressedCertificate),
        ];
        let only_tls12 = [
            (0, MessageKind::HelloRequest),
            (12, MessageKind::ServerKeyExchange),
            (14, MessageKind::ServerHelloDone),
            (16, MessageKind::ClientKeyExchange),
            (22, MessageKind::CertificateStatus),
        ];
        let tls13 = neither.iter().chain(&only_tls12).map(|row| (Dialect::Tls13, row));
        let tls12 = neither.iter().chain(&only_tls13).map(|row| (Dialect::Tls12, row));
        for (dialect, &(ty, kind)) in tls13.chain(tls12) {
            let raw = framed(ty, &[1, 2, 3]);
            let message = Message::read(dialect, &raw);
            assert_eq!(message, Ok(Message::Opaque { kind, body: &[1, 2, 3] }), "{dialect:?} {ty}");
            assert_eq!(message.map(|message| message.kind()), Ok(kind));
            assert_eq!(Message::kind_of(&raw), kind);
        }
    }

    #[test]
    fn the_random_tells_a_retry_from_a_hello() {
        let mut raw = framed(2, &hex("0303 00*32 00 1301 00"));
        assert_eq!(Message::kind_of(&raw), MessageKind::ServerHello);
        raw[6..38].copy_from_slice(&HELLO_RETRY_REQUEST_RANDOM);
        assert_eq!(Message::kind_of(&raw), MessageKind::HelloRetryRequest);
        assert_eq!(Message::kind_of(&raw[..37]), MessageKind::ServerHello, "not all of the random");
        raw[37] ^= 1;
        assert_eq!(Message::kind_of(&raw), MessageKind::ServerHello);
        assert_eq!(Message::kind_of(&[]), MessageKind::Unknown);
    }

    #[test]
    fn the_header_is_four_bytes() {
        let raw = [11, 1, 2, 3, 99];
        assert_eq!(header(&raw), Some((HandshakeType::CERTIFICATE, 0x01_0203)));
        assert_eq!(header(&raw[..HEADER_LEN]), Some((HandshakeType::CERTIFICATE, 0x01_0203)));
        assert_eq!(header(&raw[..3]), None);
    }

    #[test]
    fn the_length_is_that_of_the_message() {
        assert_eq!(Message::read(Dialect::Tls13, &[20, 0, 0]), Err(DecodeError::Truncated("Handshake")));
        assert_eq!(Message::read(Dialect::Tls13, &[20, 0, 0, 1]), Err(DecodeError::Truncated("Handshake")));
        assert_eq!(Message::read(Dialect::Tls13, &[20, 0, 0, 1, 0, 0]), Err(DecodeError::Trailing("Handshake")));
    }
}
