//! status_request (RFC 6066 §8, RFC 9846 §4.5.1.1).

use super::{Extension, empty_extension};
use crate::{CertificateStatusType, DecodeError, EncodeError, ExtensionType, Item, List, Reader, Writer};

/// A client's wish for a stapled certificate status.
///
/// ```text
/// status_type   1
/// request       the rest, by type
/// ```
///
/// RFC 6066 §8, `CertificateStatusRequest`. Other types than `ocsp` have no syntax, but a client that asks for one is not at
/// fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusRequest<'a> {
    /// An OCSP response is wanted.
    Ocsp(OcspStatusRequest<'a>),
    /// Something that no RFC defines is wanted.
    Other {
        /// The type.
        status_type: CertificateStatusType,
        /// The bytes of the request.
        request: &'a [u8],
    },
}

impl<'a> Extension<'a> for StatusRequest<'a> {
    const TYPE: ExtensionType = ExtensionType::STATUS_REQUEST;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(match CertificateStatusType(r.u8("status_type")?) {
            CertificateStatusType::OCSP => Self::Ocsp(OcspStatusRequest::read(r)?),
            status_type => Self::Other { status_type, request: r.rest() },
        })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Ocsp(request) => {
                w.u8(CertificateStatusType::OCSP.0);
                request.write(w)
            }
            Self::Other { status_type, request } => {
                w.u8(status_type.0);
                w.bytes(request);
                Ok(())
            }
        }
    }
}

/// What kind of OCSP response is wanted.
///
/// ```text
/// responder_id_list    2 + 0..65535
///   ResponderID        2 + 1..65535
/// request_extensions   2 + 0..65535
/// ```
///
/// RFC 6066 §8, `OCSPStatusRequest`. Both are almost always empty, which leaves the choice to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OcspStatusRequest<'a> {
    /// The responders the client trusts.
    pub responder_ids: List<'a, ResponderId<'a>>,
    /// The DER encoding of `Extensions` as in RFC 6960 §4.1.1, or nothing.
    pub request_extensions: &'a [u8],
}

impl<'a> OcspStatusRequest<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            responder_ids: List::read(r.vec16("responder_id_list", 0..=0xffff)?, "responder_id_list")?,
            request_extensions: r.vec16("request_extensions", 0..=0xffff)?,
        })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.responder_ids.write(w))?;
        w.opaque16(self.request_extensions)
    }
}

/// An OCSP responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponderId<'a>(
    /// The DER encoding of `ResponderID` as in RFC 6960 §4.2.1; not empty.
    pub &'a [u8],
);

impl<'a> Item<'a> for ResponderId<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec16("ResponderID", 1..=0xffff).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque16(self.0)
    }
}

/// The status of one certificate.
///
/// ```text
/// status_type   1   ocsp
/// response      3 + 1..16777215
/// ```
///
/// RFC 6066 §8, `CertificateStatus`; in TLS 1.3 the extension's body beside a certificate (RFC 9846 §4.5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateStatus<'a>(
    /// The DER encoding of an `OCSPResponse` (RFC 6960 §4.2.1); not empty.
    pub &'a [u8],
);

impl<'a> Extension<'a> for CertificateStatus<'a> {
    const TYPE: ExtensionType = ExtensionType::STATUS_REQUEST;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match CertificateStatusType(r.u8("status_type")?) {
            CertificateStatusType::OCSP => r.vec24("OCSPResponse", 1..=0xff_ffff).map(Self),
            _ => Err(DecodeError::Value("status_type")),
        }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(CertificateStatusType::OCSP.0);
        w.opaque24(self.0)
    }
}

empty_extension! {
    /// A server's wish for a status beside the client's certificate, in CertificateRequest (RFC 9846 §4.5.1.1), or in a
    /// ServerHello of TLS 1.2 its word that CertificateStatus may follow (RFC 6066 §8). Empty.
    EmptyStatusRequest = STATUS_REQUEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, check_open_extension, hex, read_extension};

    #[test]
    fn round_trip() {
        check_extension(StatusRequest::Ocsp(OcspStatusRequest::default()), "01 0000 0000");
        check_extension(
            StatusRequest::Ocsp(OcspStatusRequest {
                responder_ids: List::from(&[ResponderId(&[1]), ResponderId(&[2, 3])]),
                request_extensions: &[4, 5],
            }),
            "01 0007 0001 01 0002 0203 0002 0405",
        );
        check_open_extension(
            StatusRequest::Other { status_type: CertificateStatusType::OCSP_MULTI, request: &[1, 2] },
            "02 0102",
        );
        check_extension(CertificateStatus(&[0x30, 0x00]), "01 000002 3000");
        check_extension(CertificateStatus(&[0x30]), "01 000001 30");
        check_extension(EmptyStatusRequest, "");
    }

    #[test]
    fn a_responder_is_not_empty() {
        let body = hex("01 0002 0000 0000");
        assert_eq!(read_extension::<StatusRequest<'_>>(&body), Err(DecodeError::Length("ResponderID")));
    }

    #[test]
    fn a_response_is_of_type_ocsp_and_not_empty() {
        for (body, error) in
            [("02 000001 30", DecodeError::Value("status_type")), ("01 000000", DecodeError::Length("OCSPResponse"))]
        {
            assert_eq!(read_extension::<CertificateStatus<'_>>(&hex(body)), Err(error), "{body}");
        }
    }
}
