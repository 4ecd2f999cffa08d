//! ClientKeyExchange (RFC 5246 §7.4.7).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Reader, Writer};

/// The client's part of the key exchange.
///
/// ```text
/// ECDHE_RSA, ECDHE_ECDSA    ecdh_Yc                           RFC 8422 §5.7
/// DHE_RSA, DHE_DSS          dh_Yc                             RFC 5246 §7.4.7.2
/// RSA                       EncryptedPreMasterSecret          RFC 5246 §7.4.7.1
/// PSK                       psk_identity                      RFC 4279 §2
/// DHE_PSK                   psk_identity, dh_Yc               RFC 4279 §3
/// ECDHE_PSK                 psk_identity, ecdh_Yc             RFC 5489 §2
///
/// ecdh_Yc                   1 + 1..255
/// dh_Yc                     2 + 1..65535
/// EncryptedPreMasterSecret  2 + 0..65535
/// psk_identity              2 + 0..65535
/// ```
///
/// The suite says which of these the body is. Each has a method that reads it, to the last byte, and one that writes a
/// whole message. The forms without a public key, for one that is in the client's certificate, are not among them: they
/// belong to suites with static keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientKeyExchange<'a> {
    /// All of the body.
    pub body: &'a [u8],
}

impl<'a> ClientKeyExchange<'a> {
    /// Reads the body of the message, which may be anything before the suite is known.
    pub const fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self { body })
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        message(out, |w| {
            w.bytes(self.body);
            Ok(())
        })
    }

    /// The body in a suite of ECDHE_RSA or ECDHE_ECDSA: the client's public key, 1 to 255 bytes.
    pub fn ecdhe(&self) -> Result<&'a [u8], DecodeError> {
        self.all(ecdh_yc)
    }

    /// Appends a message for [`ecdhe`](Self::ecdhe). On error `out` is as before, as with all of these.
    pub fn write_ecdhe(public: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        message(out, |w| w.opaque8(public))
    }

    /// The body in a suite of DHE_RSA: the client's public key, 1 to 65535 bytes.
    pub fn dhe(&self) -> Result<&'a [u8], DecodeError> {
        self.all(dh_yc)
    }

    /// Appends a message for [`dhe`](Self::dhe).
    pub fn write_dhe(public: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        message(out, |w| w.opaque16(public))
    }

    /// The body in a suite of RSA: the encrypted premaster secret, 0 to 65535 bytes.
    ///
    /// A length that no RSA key has is not refused here: to the client, that must look like any other failure to decrypt
    /// (RFC 5246 §7.4.7.1).
    pub fn rsa(&self) -> Result<&'a [u8], DecodeError> {
        self.all(|r| r.vec16("EncryptedPreMasterSecret", 0..=0xffff))
    }

    /// Appends a message for [`rsa`](Self::rsa).
    pub fn write_rsa(encrypted: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        message(out, |w| w.opaque16(encrypted))
    }

    /// The body in a suite of PSK: the identity of the key, 0 to 65535 bytes.
    pub fn psk(&self) -> Result<&'a [u8], DecodeError> {
        self.all(psk_identity)
    }

    /// Appends a message for [`psk`](Self::psk).
    pub fn write_psk(identity: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        message(out, |w| w.opaque16(identity))
    }

    /// The body in a suite of ECDHE_PSK: the identity of the key and the client's public key, as in [`psk`](Self::psk) and
    /// [`ecdhe`](Self::ecdhe).
    pub fn ecdhe_psk(&self) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
        self.all(|r| Ok((psk_identity(r)?, ecdh_yc(r)?)))
    }

    /// Appends a message for [`ecdhe_psk`](Self::ecdhe_psk).
    pub fn write_ecdhe_psk(identity: &[u8], public: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        message(out, |w| {
            w.opaque16(identity)?;
            w.opaque8(public)
        })
    }

    /// The body in a suite of DHE_PSK: the identity of the key and the client's public key, as in [`psk`](Self::psk) and
    /// [`dhe`](Self::dhe).
    pub fn dhe_psk(&self) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
        self.all(|r| Ok((psk_identity(r)?, dh_yc(r)?)))
    }

    /// Appends a message for [`dhe_psk`](Self::dhe_psk).
    pub fn write_dhe_psk(identity: &[u8], public: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        message(out, |w| {
            w.opaque16(identity)?;
            w.opaque16(public)
        })
    }

    /// The body read to its end.
    fn all<T>(&self, read: fn(&mut Reader<'a>) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        let mut r = Reader::new(self.body);
        let exchange = read(&mut r)?;
        r.finish("ClientKeyExchange")?;
        Ok(exchange)
    }
}

fn ecdh_yc<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    r.vec8("ecdh_Yc", 1..=255)
}

fn dh_yc<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    r.vec16("dh_Yc", 1..=0xffff)
}

fn psk_identity<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    r.vec16("psk_identity", 0..=0xffff)
}

fn message(
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    frame(out, HandshakeType::CLIENT_KEY_EXCHANGE, body)
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::*;
    use crate::Message;
    use crate::testing::{check_message12, framed, hex};

    /// Checks one way to read and write a body: against its parts, cut short and made longer.
    fn check<'a, T: PartialEq + Debug>(
        read: fn(&ClientKeyExchange<'a>) -> Result<T, DecodeError>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
        expected: T,
        body: &str,
    ) {
        let body: &[u8] = hex(body).leak();
        assert_eq!(read(&ClientKeyExchange { body }), Ok(expected));
        for len in 0..body.len() {
            let cut = read(&ClientKeyExchange { body: &body[..len] });
            assert!(matches!(cut, Err(DecodeError::Truncated(_))), "{len} of {}: {cut:?}", body.len());
        }
        let longer: &[u8] = [body, &[0]].concat().leak();
        assert_eq!(read(&ClientKeyExchange { body: longer }), Err(DecodeError::Trailing("ClientKeyExchange")));

        let mut out = Vec::from([1, 2]);
        write(&mut out).unwrap();
        assert_eq!(out, [&[1, 2], &framed(16, body)[..]].concat());
    }

    #[test]
    fn round_trip() {
        check_message12(Message::ClientKeyExchange(ClientKeyExchange { body: &[1, 2, 3] }), "10 000003 010203");
        check_message12(Message::ClientKeyExchange(ClientKeyExchange { body: &[] }), "10 000000");
    }

    #[test]
    fn every_form_reads_and_writes() {
        type Cke<'a> = ClientKeyExchange<'a>;
        let (key, bob): (&[u8], &[u8]) = (&[7, 8], b"bob");
        check(Cke::ecdhe, |out| Cke::write_ecdhe(key, out), key, "02 0708");
        check(Cke::dhe, |out| Cke::write_dhe(key, out), key, "0002 0708");
        check(Cke::rsa, |out| Cke::write_rsa(key, out), key, "0002 0708");
        check(Cke::rsa, |out| Cke::write_rsa(&[], out), &[], "0000");
        check(Cke::psk, |out| Cke::write_psk(bob, out), bob, "0003 626f62");
        check(Cke::psk, |out| Cke::write_psk(&[], out), &[], "0000");
        check(Cke::ecdhe_psk, |out| Cke::write_ecdhe_psk(bob, key, out), (bob, key), "0003 626f62 02 0708");
        check(Cke::dhe_psk, |out| Cke::write_dhe_psk(bob, key, out), (bob, key), "0003 626f62 0002 0708");
    }

    #[test]
    fn a_public_key_is_not_empty() {
        let read = |body| ClientKeyExchange { body };
        assert_eq!(read(&[0]).ecdhe(), Err(DecodeError::Length("ecdh_Yc")));
        assert_eq!(read(&[0, 0]).dhe(), Err(DecodeError::Length("dh_Yc")));
        assert_eq!(read(&[0, 0, 0]).ecdhe_psk(), Err(DecodeError::Length("ecdh_Yc")));
        assert_eq!(read(&[0, 0, 0, 0]).dhe_psk(), Err(DecodeError::Length("dh_Yc")));
    }

    #[test]
    fn what_does_not_fit_leaves_no_trace() {
        let long = std::vec![7; 0x1_0000];
        let mut out = Vec::from([1, 2]);
        let too_long = |max| Err(EncodeError { len: max + 1, max });
        assert_eq!(ClientKeyExchange::write_ecdhe_psk(b"bob", &long[..256], &mut out), too_long(255));
        assert_eq!(ClientKeyExchange::write_dhe_psk(b"bob", &long, &mut out), too_long(0xffff));
        assert_eq!(out, [1, 2]);
    }
}
