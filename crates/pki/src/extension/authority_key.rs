//! Which key made the signature.

use super::GeneralNames;
use crate::asn1::{Reader, constructed, primitive};
use crate::error::Rule;

/// The key that signed, by its identifier, by the certificate it has, or by both.
///
/// ```text
/// AuthorityKeyIdentifier ::= SEQUENCE {                     RFC 5280 §4.2.1.1
///     keyIdentifier                [0] OCTET STRING OPTIONAL
///     authorityCertIssuer          [1] GeneralNames OPTIONAL
///     authorityCertSerialNumber    [2] INTEGER      OPTIONAL }
/// ```
#[derive(Clone, Debug)]
pub struct AuthorityKeyIdentifier<'a> {
    /// The subjectKeyIdentifier of the issuer.
    pub key_identifier: Option<&'a [u8]>,
    /// Who issued the issuer's certificate.
    pub cert_issuer: Option<GeneralNames<'a>>,
    /// The serial number of the issuer's certificate, content octets.
    pub cert_serial: Option<&'a [u8]>,
}

impl<'a> AuthorityKeyIdentifier<'a> {
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Rule> {
        const WHAT: &str = "authorityKeyIdentifier";
        let mut reader = Reader::sequence(value, WHAT)?;
        let key_identifier = reader.maybe(primitive(0))?;
        let cert_issuer =
            reader.maybe(constructed(1))?.map(|names| GeneralNames::of_content(names, WHAT)).transpose()?;
        let cert_serial = reader.maybe(primitive(2))?;
        reader.end()?;
        Ok(Self { key_identifier, cert_issuer, cert_serial })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field() {
        let all = [0x30, 12, 0x80, 1, 7, 0xa1, 4, 0xa4, 2, 0x30, 0, 0x82, 1, 9];
        let all = [&[0x30, 12][..], &all[2..]].concat();
        assert!(AuthorityKeyIdentifier::read(&all[..14]).is_ok());
        let read = AuthorityKeyIdentifier::read(&all).unwrap();
        assert_eq!((read.key_identifier, read.cert_serial), (Some(&[7][..]), Some(&[9][..])));
        assert_eq!(read.cert_issuer.unwrap().count(), 1);
        assert!(AuthorityKeyIdentifier::read(&[0x30, 0]).unwrap().key_identifier.is_none());
        for bad in [&[0x30, 2, 0xa1, 0][..], &[0x30, 6, 0x82, 1, 9, 0x80, 1, 7], &[4, 1, 7], &[0x30, 2, 5, 0]] {
            assert!(AuthorityKeyIdentifier::read(bad).is_err(), "{bad:x?}");
        }
    }
}
