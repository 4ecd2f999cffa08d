//! ServerKeyExchange (RFC 5246 §7.4.3).

use alloc::vec::Vec;

use super::{append, frame};
use crate::{DecodeError, EncodeError, HandshakeType, NamedGroup, Reader, SignatureScheme};

/// The server's part of the key exchange, or a hint which pre-shared key to use.
///
/// ```text
/// ECDHE_RSA, ECDHE_ECDSA   ServerECDHParams, signature            RFC 8422 §5.4
/// DHE_RSA, DHE_DSS         ServerDHParams, signature              RFC 5246 §7.4.3
/// PSK, RSA_PSK             psk_identity_hint                      RFC 4279 §2, §4
/// DHE_PSK                  psk_identity_hint, ServerDHParams      RFC 4279 §3
/// ECDHE_PSK                psk_identity_hint, ServerECDHParams    RFC 5489 §2
///
/// psk_identity_hint        2 + 0..65535
/// ```
///
/// The suite says which of these the body is. Each has a method that reads it, to the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerKeyExchange<'a> {
    /// All of the body.
    pub body: &'a [u8],
}

impl<'a> ServerKeyExchange<'a> {
    /// Reads the body of the message, which may be anything before the suite is known.
    pub const fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self { body })
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::SERVER_KEY_EXCHANGE, |w| {
            w.bytes(self.body);
            Ok(())
        })
    }

    /// The body in a suite of ECDHE_RSA or ECDHE_ECDSA.
    pub fn ecdhe(&self) -> Result<Signed<'a, EcdheParams<'a>>, DecodeError> {
        self.signed(EcdheParams::read)
    }

    /// The body in a suite of DHE_RSA.
    pub fn dhe(&self) -> Result<Signed<'a, DheParams<'a>>, DecodeError> {
        self.signed(DheParams::read)
    }

    /// The body in a suite of PSK: the hint, 0 to 65535 bytes.
    pub fn psk(&self) -> Result<&'a [u8], DecodeError> {
        self.hinted(|_| Ok(())).map(|(hint, ())| hint)
    }

    /// The body in a suite of ECDHE_PSK: the hint, 0 to 65535 bytes, and the parameters, which nobody has signed.
    pub fn ecdhe_psk(&self) -> Result<(&'a [u8], EcdheParams<'a>), DecodeError> {
        self.hinted(EcdheParams::read)
    }

    /// The body in a suite of DHE_PSK: the hint, 0 to 65535 bytes, and the parameters, which nobody has signed.
    pub fn dhe_psk(&self) -> Result<(&'a [u8], DheParams<'a>), DecodeError> {
        self.hinted(DheParams::read)
    }

    /// Appends a whole message of parameters, as they were signed, and their signature. On error `out` is as before.
    pub fn write_signed(
        params: &[u8],
        scheme: SignatureScheme,
        signature: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        frame(out, HandshakeType::SERVER_KEY_EXCHANGE, |w| {
            w.bytes(params);
            w.u16(scheme.0);
            w.opaque16(signature)
        })
    }

    /// Appends a whole message of a hint and parameters; in a suite of PSK there are none, and `params` is empty. On error
    /// `out` is as before.
    pub fn write_hinted(hint: &[u8], params: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::SERVER_KEY_EXCHANGE, |w| {
            w.opaque16(hint)?;
            w.bytes(params);
            Ok(())
        })
    }

    fn signed<P>(&self, params: fn(&mut Reader<'a>) -> Result<P, DecodeError>) -> Result<Signed<'a, P>, DecodeError> {
        let mut r = Reader::new(self.body);
        let params = params(&mut r)?;
        let len = self.body.len().saturating_sub(r.remaining());
        let signed = Signed {
            params,
            bytes: Reader::new(self.body).take(len, "params")?,
            scheme: SignatureScheme(r.u16("algorithm")?),
            signature: r.vec16("signature", 0..=0xffff)?,
        };
        r.finish("ServerKeyExchange")?;
        Ok(signed)
    }

    fn hinted<P>(&self, params: fn(&mut Reader<'a>) -> Result<P, DecodeError>) -> Result<(&'a [u8], P), DecodeError> {
        let mut r = Reader::new(self.body);
        let hinted = (r.vec16("psk_identity_hint", 0..=0xffff)?, params(&mut r)?);
        r.finish("ServerKeyExchange")?;
        Ok(hinted)
    }
}

/// Parameters of a key exchange under the signature of the server's certificate.
///
/// ```text
/// params
/// algorithm   2
/// signature   2 + 0..65535
/// ```
///
/// RFC 5246 §4.7, §7.4.3. Both randoms are signed before the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a, P> {
    /// The parameters.
    pub params: P,
    /// The parameters as they are on the wire, which is how they are signed.
    pub bytes: &'a [u8],
    /// How they are signed.
    pub scheme: SignatureScheme,
    /// The signature.
    pub signature: &'a [u8],
}

/// The server's part of an exchange over an elliptic curve.
///
/// ```text
/// curve_type   1   named_curve
/// namedcurve   2
/// public       1 + 1..255
/// ```
///
/// RFC 8422 §5.4, `ServerECDHParams`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcdheParams<'a> {
    /// The curve.
    pub group: NamedGroup,
    /// The server's public key, an uncompressed point or as its curve has it; 1 to 255 bytes.
    pub public: &'a [u8],
}

impl<'a> EcdheParams<'a> {
    /// The one way to name a curve that RFC 8422 §5.4 has left; the others spelled it out.
    const NAMED_CURVE: u8 = 3;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match r.u8("curve_type")? {
            Self::NAMED_CURVE => {
                Ok(Self { group: NamedGroup(r.u16("namedcurve")?), public: r.vec8("public", 1..=255)? })
            }
            _ => Err(DecodeError::Value("curve_type")),
        }
    }

    /// Appends the parameters as they are signed, without any header. On error `out` is as before.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append(out, |w| {
            w.u8(Self::NAMED_CURVE);
            w.u16(self.group.0);
            w.opaque8(self.public)
        })
    }
}

/// The server's part of an exchange over a finite field.
///
/// ```text
/// dh_p    2 + 1..65535
/// dh_g    2 + 1..65535
/// dh_Ys   2 + 1..65535
/// ```
///
/// RFC 5246 §7.4.3, `ServerDHParams`. All three are big-endian integers; leading zeros are no fault of the syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DheParams<'a> {
    /// The modulus; not empty.
    pub p: &'a [u8],
    /// The generator; not empty.
    pub g: &'a [u8],
    /// The server's public key; not empty.
    pub public: &'a [u8],
}

impl<'a> DheParams<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            p: r.vec16("dh_p", 1..=0xffff)?,
            g: r.vec16("dh_g", 1..=0xffff)?,
            public: r.vec16("dh_Ys", 1..=0xffff)?,
        })
    }

    /// Appends the parameters as they are signed, without any header. On error `out` is as before.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append(out, |w| {
            w.opaque16(self.p)?;
            w.opaque16(self.g)?;
            w.opaque16(self.public)
        })
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::*;
    use crate::Message;
    use crate::testing::{check_message12, framed, hex};

    const ECDHE: EcdheParams<'static> = EcdheParams { group: NamedGroup::X25519, public: &[7; 32] };
    const DHE: DheParams<'static> = DheParams { p: &[0, 23], g: &[5], public: &[8, 9, 10] };
    const HINT: &[u8] = b"hint";

    /// Checks one way to read a body: against its parts, cut short and made longer.
    fn check<'a, T: PartialEq + Debug>(
        read: fn(&ServerKeyExchange<'a>) -> Result<T, DecodeError>,
        body: &'a [u8],
        expected: T,
    ) {
        assert_eq!(read(&ServerKeyExchange { body }), Ok(expected));
        for len in 0..body.len() {
            let cut = read(&ServerKeyExchange { body: &body[..len] });
            assert!(matches!(cut, Err(DecodeError::Truncated(_))), "{len} of {}: {cut:?}", body.len());
        }
        let longer: &[u8] = [body, &[0]].concat().leak();
        assert_eq!(read(&ServerKeyExchange { body: longer }), Err(DecodeError::Trailing("ServerKeyExchange")));
    }

    /// What a writer appends, which must be the message with that body.
    fn written(body: &[u8], write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>) {
        let mut out = Vec::from([1, 2]);
        write(&mut out).unwrap();
        assert_eq!(out, [&[1, 2], &framed(12, body)[..]].concat());
    }

    #[test]
    fn round_trip() {
        check_message12(Message::ServerKeyExchange(ServerKeyExchange { body: &[1, 2, 3] }), "0c 000003 010203");
        check_message12(Message::ServerKeyExchange(ServerKeyExchange { body: &[] }), "0c 000000");
    }

    #[test]
    fn signed_parameters() {
        let (scheme, signature) = (SignatureScheme::RSA_PSS_RSAE_SHA256, &[4, 5][..]);

        let body = hex("03 001d 20 07*32 0804 0002 0405");
        let bytes = &body[..36];
        check(ServerKeyExchange::ecdhe, &body, Signed { params: ECDHE, bytes, scheme, signature });
        written(&body, |out| ServerKeyExchange::write_signed(bytes, scheme, signature, out));

        let body = hex("0002 0017 0001 05 0003 08090a 0804 0002 0405");
        let bytes = &body[..12];
        check(ServerKeyExchange::dhe, &body, Signed { params: DHE, bytes, scheme, signature });
        written(&body, |out| ServerKeyExchange::write_signed(bytes, scheme, signature, out));
    }

    #[test]
    fn hints_and_parameters() {
        let mut params = Vec::new();
        let body = hex("0004 68696e74 03 001d 20 07*32");
        check(ServerKeyExchange::ecdhe_psk, &body, (HINT, ECDHE));
        ECDHE.write(&mut params).unwrap();
        written(&body, |out| ServerKeyExchange::write_hinted(HINT, &params, out));

        params.clear();
        let body = hex("0004 68696e74 0002 0017 0001 05 0003 08090a");
        check(ServerKeyExchange::dhe_psk, &body, (HINT, DHE));
        DHE.write(&mut params).unwrap();
        written(&body, |out| ServerKeyExchange::write_hinted(HINT, &params, out));

        for (body, hint) in [(&[0, 4, b'h', b'i', b'n', b't'][..], HINT), (&[0, 0], &[])] {
            check(ServerKeyExchange::psk, body, hint);
            written(body, |out| ServerKeyExchange::write_hinted(hint, &[], out));
        }
    }

    #[test]
    fn bounds() {
        for (body, error) in [
            ("01 001d 01 07 0804 0000", DecodeError::Value("curve_type")),
            ("02 001d 01 07 0804 0000", DecodeError::Value("curve_type")),
            ("03 001d 00 0804 0000", DecodeError::Length("public")),
        ] {
            assert_eq!(ServerKeyExchange { body: &hex(body) }.ecdhe(), Err(error), "{body}");
        }
        for (body, field) in [
            ("0000 0001 05 0001 08 0804 0000", "dh_p"),
            ("0001 17 0000 0001 08 0804 0000", "dh_g"),
            ("0001 17 0001 05 0000 0804 0000", "dh_Ys"),
        ] {
            assert_eq!(ServerKeyExchange { body: &hex(body) }.dhe(), Err(DecodeError::Length(field)), "{body}");
        }
    }

    #[test]
    fn what_does_not_fit_leaves_no_trace() {
        let long = std::vec![7; 0x1_0000];
        let mut out = Vec::from([1, 2]);
        let too_long = |max| Err(EncodeError { len: max + 1, max });
        assert_eq!(EcdheParams { public: &long[..256], ..ECDHE }.write(&mut out), too_long(255));
        assert_eq!(DheParams { public: &long, ..DHE }.write(&mut out), too_long(0xffff));
        assert_eq!(ServerKeyExchange::write_hinted(&long, &[], &mut out), too_long(0xffff));
        let signed = ServerKeyExchange::write_signed(&[], SignatureScheme::ED25519, &long, &mut out);
        assert_eq!(signed, too_long(0xffff));
        assert_eq!(out, [1, 2]);
    }
}
