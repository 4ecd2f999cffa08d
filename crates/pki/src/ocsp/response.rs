//! An OCSP response, read in place.

use super::{OcspFault, ResponseStatus, Status};
use crate::asn1::{Reader, constructed, primitive};
use crate::error::Rule;
use crate::extension::Extension;
use crate::oid;
use crate::reason::Reason;
use crate::sct::Sct;
use crate::signature_algorithm::CertificateSignature;
use crate::subject::Name;
use crate::time::Time;
use alloc::vec::Vec;
use der::Tag;
use handfast_crypto::HashAlgorithm;

/// A successful response of the basic type. Nothing about it is checked but its form.
///
/// ```text
/// OCSPResponse ::= SEQUENCE {                               RFC 6960 §4.2.1
///     responseStatus          ENUMERATED
///     responseBytes       [0] EXPLICIT SEQUENCE {          only if the status is successful
///         responseType            OBJECT IDENTIFIER        id-pkix-ocsp-basic
///         response                OCTET STRING } OPTIONAL }    holds a BasicOCSPResponse
///
/// BasicOCSPResponse ::= SEQUENCE {
///     tbsResponseData         ResponseData                 what is signed
///     signatureAlgorithm      AlgorithmIdentifier
///     signature               BIT STRING                   whole octets
///     certs               [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
///
/// ResponseData ::= SEQUENCE {
///     version             [0] EXPLICIT INTEGER DEFAULT v1  there is no other, and DER leaves a default out
///     responderID             ResponderID
///     producedAt              GeneralizedTime
///     responses               SEQUENCE OF SingleResponse
///     responseExtensions  [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(Clone, Debug)]
pub struct Response<'a> {
    tbs: &'a [u8],
    responder: ResponderId<'a>,
    produced_at: Time,
    responses: Vec<SingleResponse<'a>>,
    extensions: Vec<Extension<'a>>,
    algorithm: &'a [u8],
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
}

impl<'a> Response<'a> {
    /// How many entries a response may have. One is the rule (RFC 9919 §3.2), a few happen.
    pub const MAX_RESPONSES: usize = 32;
    /// How many certificates a response may bring along. One is needed at most.
    pub const MAX_CERTIFICATES: usize = 8;

    /// Reads a response.
    ///
    /// # Errors
    /// [`Rule::Ocsp`] with [`OcspFault::Malformed`], which names the field, [`OcspFault::Unsuccessful`],
    /// [`OcspFault::NotBasic`], or [`OcspFault::TooMany`].
    pub fn parse(der: &'a [u8]) -> Result<Self, Rule> {
        Self::read(der).map_err(Rule::of_response)
    }

    fn read(der: &'a [u8]) -> Result<Self, Rule> {
        let mut outer = Reader::sequence(der, "outer structure")?;
        let status = match outer.take(Tag::Enumerated)? {
            [number] => ResponseStatus::from_number(*number),
            _ => return Err(outer.malformed()),
        };
        let bytes = outer.maybe(constructed(0))?;
        if let Some(status) = status {
            return Err(OcspFault::Unsuccessful(status).into());
        }
        let mut bytes = Reader::sequence(bytes.ok_or_else(|| outer.malformed())?, "responseBytes")?;
        outer.end()?;
        if bytes.take(Tag::ObjectIdentifier)? != oid::OCSP_BASIC {
            return Err(OcspFault::NotBasic.into());
        }
        let basic = bytes.take(Tag::OctetString)?;
        bytes.end()?;

        let mut reader = Reader::sequence(basic, "BasicOCSPResponse")?;
        let tbs = reader.element()?;
        if tbs.tag != Tag::Sequence {
            return Err(reader.malformed());
        }
        let mut reader = reader.named("signatureAlgorithm");
        let algorithm = reader.take(Tag::Sequence)?;
        let mut reader = reader.named("signature");
        let signature = reader.octets()?;
        let mut reader = reader.named("certs");
        let certificates = match reader.maybe(constructed(0))? {
            Some(list) => read_certificates(list)?,
            None => Vec::new(),
        };
        reader.end()?;

        let mut reader = Reader::new(tbs.value, "responderID")?;
        let responder = ResponderId::read(&mut reader)?;
        let mut reader = reader.named("producedAt");
        let produced_at = Time::read_generalized(&mut reader)?;
        let mut reader = reader.named("responses");
        let responses = SingleResponse::read_all(reader.take(Tag::Sequence)?)?;
        let mut reader = reader.named("responseExtensions");
        let extensions = read_extensions(&mut reader)?;
        reader.end()?;
        let tbs = tbs.der;
        Ok(Self { tbs, responder, produced_at, responses, extensions, algorithm, signature, certificates })
    }

    /// What the responder signed.
    pub const fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// Who says that it signed it.
    pub const fn responder(&self) -> ResponderId<'a> {
        self.responder
    }

    /// When it was signed.
    pub const fn produced_at(&self) -> Time {
        self.produced_at
    }

    /// What it says, about one certificate each; at most [`Response::MAX_RESPONSES`].
    pub fn responses(&self) -> &[SingleResponse<'a>] {
        &self.responses
    }

    /// The responseExtensions, each at most once.
    pub fn extensions(&self) -> &[Extension<'a>] {
        &self.extensions
    }

    /// How it is signed.
    ///
    /// # Errors
    /// [`Rule::Ocsp`] with [`OcspFault::RefusedSignature`] for an algorithm that is not known, or
    /// [`OcspFault::Malformed`].
    pub fn signature_algorithm(&self) -> Result<CertificateSignature, Rule> {
        CertificateSignature::parse_content(self.algorithm).map_err(Rule::of_response)
    }

    /// The octets of the signature.
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The certificates it brings along, not looked into; at most [`Response::MAX_CERTIFICATES`].
    pub fn certificates(&self) -> &[&'a [u8]] {
        &self.certificates
    }
}

/// Who signed a response.
///
/// ```text
/// ResponderID ::= CHOICE {                                  RFC 6960 §4.2.1
///     byName          [1] EXPLICIT Name
///     byKey           [2] EXPLICIT OCTET STRING }          SHA-1 of the octets of its subjectPublicKey
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponderId<'a> {
    /// Its subject.
    ByName(Name<'a>),
    /// A hash of its key.
    ByKey(&'a [u8; 20]),
}

impl<'a> ResponderId<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Rule> {
        let (tag, explicit) = {
            let element = reader.element()?;
            (element.tag, element.value)
        };
        let mut inner = Reader::new(explicit, "responderID")?;
        let responder = if tag == constructed(1) {
            Self::ByName(Name::new(inner.take(Tag::Sequence)?))
        } else if tag == constructed(2) {
            Self::ByKey(inner.take(Tag::OctetString)?.try_into().map_err(|_| inner.malformed())?)
        } else {
            return Err(inner.malformed());
        };
        inner.end()?;
        Ok(responder)
    }
}

/// What a response says about one certificate.
///
/// ```text
/// SingleResponse ::= SEQUENCE {                             RFC 6960 §4.2.1
///     certID                  CertID
///     certStatus              CertStatus
///     thisUpdate              GeneralizedTime
///     nextUpdate          [0] EXPLICIT GeneralizedTime OPTIONAL
///     singleExtensions    [1] EXPLICIT Extensions OPTIONAL }
///
/// CertStatus ::= CHOICE {
///     good                [0] IMPLICIT NULL
///     revoked             [1] IMPLICIT SEQUENCE {
///         revocationTime          GeneralizedTime
///         revocationReason    [0] EXPLICIT CRLReason OPTIONAL }
///     unknown             [2] IMPLICIT NULL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleResponse<'a> {
    /// Which certificate.
    pub id: CertId<'a>,
    /// Whether it is revoked.
    pub status: Status,
    /// When this was known to be right.
    pub this_update: Time,
    /// When there will be news at the latest; without it, news may come at any time.
    pub next_update: Option<Time>,
    /// The singleExtensions, each at most once.
    pub extensions: Vec<Extension<'a>>,
}

impl<'a> SingleResponse<'a> {
    /// The signed certificate timestamps that came along (RFC 6962 §3.3); none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn scts(&self) -> Result<Vec<Sct<'a>>, Rule> {
        let own = self.extensions.iter().find(|extension| extension.oid == oid::OCSP_SCT_LIST);
        own.map_or(Ok(Vec::new()), |extension| Sct::of_extension(extension.value))
    }

    fn read_all(list: &'a [u8]) -> Result<Vec<Self>, Rule> {
        let mut reader = Reader::new(list, "responses")?;
        let mut all = Vec::new();
        while !reader.is_empty() {
            if all.len() == Response::MAX_RESPONSES {
                return Err(OcspFault::TooMany.into());
            }
            all.push(Self::read(reader.take(Tag::Sequence)?)?);
        }
        Ok(all)
    }

    fn read(content: &'a [u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(content, "certID")?;
        let id = CertId::read(reader.take(Tag::Sequence)?)?;
        let mut reader = reader.named("certStatus");
        let status = read_status(&mut reader)?;
        let mut reader = reader.named("thisUpdate");
        let this_update = Time::read_generalized(&mut reader)?;
        let mut reader = reader.named("nextUpdate");
        let next_update = match reader.maybe(constructed(0))? {
            Some(explicit) => {
                let mut inner = Reader::new(explicit, "nextUpdate")?;
                let time = Time::read_generalized(&mut inner)?;
                inner.end()?;
                Some(time)
            }
            None => None,
        };
        let mut reader = reader.named("singleExtensions");
        let extensions = read_extensions(&mut reader)?;
        reader.end()?;
        Ok(Self { id, status, this_update, next_update, extensions })
    }
}

/// Which certificate an entry is about: the one that the issuer with this name and this key gave this number.
///
/// ```text
/// CertID ::= SEQUENCE {                                     RFC 6960 §4.1.1
///     hashAlgorithm           AlgorithmIdentifier
///     issuerNameHash          OCTET STRING                 of the DER of the certificate's issuer
///     issuerKeyHash           OCTET STRING                 of the octets of the issuer's subjectPublicKey
///     serialNumber            INTEGER }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertId<'a> {
    /// The hash; `None` for one that is not known, and then nobody can tell which certificate it is.
    pub hash: Option<CertIdHash>,
    /// The hash of the issuer's name.
    pub issuer_name_hash: &'a [u8],
    /// The hash of the issuer's key.
    pub issuer_key_hash: &'a [u8],
    /// The content octets of the serial number.
    pub serial: &'a [u8],
}

/// The hashes of a CertID. SHA-1 is by far the most common, and it does no harm: the hash is a name for something that both
/// sides know, and what makes it true is the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertIdHash {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl CertIdHash {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its name for the provider; SHA-1 has none, it has a place of its own there.
    pub const fn algorithm(self) -> Option<HashAlgorithm> {
        match self {
            Self::Sha1 => None,
            Self::Sha256 => Some(HashAlgorithm::Sha256),
            Self::Sha384 => Some(HashAlgorithm::Sha384),
            Self::Sha512 => Some(HashAlgorithm::Sha512),
        }
    }

    /// The content octets of the object identifier.
    pub(crate) const fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }
}

impl<'a> CertId<'a> {
    fn read(content: &'a [u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(content, "certID")?;
        let mut algorithm = Reader::new(reader.take(Tag::Sequence)?, "certID")?;
        let identifier = algorithm.take(Tag::ObjectIdentifier)?;
        let hash = CertIdHash::ALL.into_iter().find(|hash| hash.oid() == identifier);
        if hash.is_some() {
            algorithm.optional_null()?;
            algorithm.end()?;
        }
        let issuer_name_hash = reader.take(Tag::OctetString)?;
        let issuer_key_hash = reader.take(Tag::OctetString)?;
        let serial = reader.integer()?;
        reader.end()?;
        Ok(Self { hash, issuer_name_hash, issuer_key_hash, serial })
    }
}

fn read_status(reader: &mut Reader<'_>) -> Result<Status, Rule> {
    let element = reader.element()?;
    if element.tag == constructed(1) {
        let mut inner = Reader::new(element.value, "revokedInfo")?;
        let at = Time::read_generalized(&mut inner)?;
        let reason = match inner.maybe(constructed(0))? {
            Some(explicit) => {
                let mut reader = Reader::new(explicit, "revocationReason")?;
                let reason = Reason::read(&mut reader)?;
                reader.end()?;
                Some(reason)
            }
            None => None,
        };
        inner.end()?;
        return Ok(Status::Revoked { at, reason });
    }
    // The other two are NULL under another tag, so there is nothing inside.
    match element.value {
        [] if element.tag == primitive(0) => Ok(Status::Good),
        [] if element.tag == primitive(2) => Ok(Status::Unknown),
        _ => Err(reader.malformed()),
    }
}

fn read_extensions<'a>(reader: &mut Reader<'a>) -> Result<Vec<Extension<'a>>, Rule> {
    reader.maybe(constructed(1))?.map_or(Ok(Vec::new()), Extension::read_all)
}

fn read_certificates(list: &[u8]) -> Result<Vec<&[u8]>, Rule> {
    let mut reader = Reader::sequence(list, "certs")?;
    let mut all = Vec::new();
    while !reader.is_empty() {
        if all.len() == Response::MAX_CERTIFICATES {
            return Err(OcspFault::TooMany.into());
        }
        let certificate = reader.element()?;
        if certificate.tag != Tag::Sequence {
            return Err(reader.malformed());
        }
        all.push(certificate.der);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{bit_string, oid as encode_oid, sequence, tlv};

    const NULL: &[u8] = &[5, 0];
    const TIME: &[u8] = b"\x18\x0f20270101000000Z";

    /// Layers of a response, by what follows them.
    #[derive(Default)]
    struct After<'a> {
        outer: &'a [u8],
        bytes: &'a [u8],
        basic: &'a [u8],
        certificates: &'a [u8],
        data: &'a [u8],
        responder: &'a [u8],
        entry: &'a [u8],
        id: &'a [u8],
        revoked: &'a [u8],
        reason: &'a [u8],
        next_update: &'a [u8],
    }

    fn response(after: &After<'_>) -> Vec<u8> {
        let algorithm = sequence(&[&encode_oid(oid::SHA1), NULL]);
        let id = sequence(&[&algorithm, &tlv(4, &[]), &tlv(4, &[]), &[2, 1, 7], after.id]);
        let reason = tlv(0xa0, &[&[10, 1, 1], after.reason]);
        let status = tlv(0xa1, &[TIME, &reason, after.revoked]);
        let next_update = tlv(0xa0, &[TIME, after.next_update]);
        let entry = sequence(&[&id, &status, TIME, &next_update, after.entry]);
        let responder = tlv(0xa1, &[&sequence(&[]), after.responder]);
        let data = sequence(&[&responder, TIME, &sequence(&[&entry]), after.data]);
        let certificates = tlv(0xa0, &[&sequence(&[&sequence(&[])]), after.certificates]);
        let algorithm = sequence(&[&encode_oid(oid::ED25519)]);
        let basic = sequence(&[&data, &algorithm, &bit_string(&[1]), &certificates, after.basic]);
        let bytes = sequence(&[&encode_oid(oid::OCSP_BASIC), &tlv(4, &[&basic]), after.bytes]);
        sequence(&[&[10, 1, 0], &tlv(0xa0, &[&bytes]), after.outer])
    }

    /// docs/regressions.md row 68.
    #[test]
    fn nothing_follows_at_any_level() {
        let none = After::default();
        assert!(Response::parse(&response(&none)).is_ok());
        for (after, field) in [
            (After { outer: NULL, ..none }, "outer structure"),
            (After { bytes: NULL, ..none }, "responseBytes"),
            (After { basic: NULL, ..none }, "certs"),
            (After { certificates: NULL, ..none }, "certs"),
            (After { data: NULL, ..none }, "responseExtensions"),
            (After { responder: NULL, ..none }, "responderID"),
            (After { entry: NULL, ..none }, "singleExtensions"),
            (After { id: NULL, ..none }, "certID"),
            (After { revoked: NULL, ..none }, "revokedInfo"),
            (After { reason: NULL, ..none }, "revocationReason"),
            (After { next_update: NULL, ..none }, "nextUpdate"),
        ] {
            assert_eq!(Response::parse(&response(&after)).err(), Some(OcspFault::Malformed(field).into()));
        }
    }
}
