//! Where the revocation list of a certificate lies: the elements of cRLDistributionPoints and freshestCRL, and the parts
//! that the list itself repeats in its issuingDistributionPoint.

use crate::asn1::{self, Reader, constructed, primitive};
use crate::error::Rule;
use crate::extension::GeneralNames;
use alloc::vec::Vec;

/// One place that has a revocation list, and for which reasons of revocation.
///
/// ```text
/// CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint       RFC 5280 §4.2.1.13
/// FreshestCRL ::= CRLDistributionPoints                                       RFC 5280 §4.2.1.15
///
/// DistributionPoint ::= SEQUENCE {
///     distributionPoint    [0] DistributionPointName OPTIONAL     EXPLICIT, because it is a CHOICE
///     reasons              [1] ReasonFlags           OPTIONAL
///     cRLIssuer            [2] GeneralNames          OPTIONAL }
/// ```
///
/// That a point does not consist of reasons alone is a duty of the issuer, and is not checked here.
#[derive(Clone, Debug)]
pub struct DistributionPoint<'a> {
    /// Where the list is. `None`: under the name of `crl_issuer`.
    pub name: Option<DistributionPointName<'a>>,
    /// Which reasons the list covers. `None`: all of them.
    pub reasons: Option<Reasons>,
    /// Who signs the list. `None`: the issuer of the certificate.
    pub crl_issuer: Option<GeneralNames<'a>>,
}

/// How a distribution point is named.
///
/// ```text
/// DistributionPointName ::= CHOICE {                        RFC 5280 §4.2.1.13
///     fullName                   [0] GeneralNames
///     nameRelativeToCRLIssuer    [1] RelativeDistinguishedName }
/// ```
#[derive(Clone, Debug)]
pub enum DistributionPointName<'a> {
    /// Names for the same place: mostly URIs, any of which gives the list.
    Full(GeneralNames<'a>),
    /// The content octets of the RelativeDistinguishedName that follows the name of the list's issuer.
    Relative(&'a [u8]),
}

/// Reasons for a revocation.
///
/// ```text
/// ReasonFlags ::= BIT STRING {                              RFC 5280 §4.2.1.13
///     unused 0            keyCompromise 1           cACompromise 2       affiliationChanged 3   superseded 4
///     cessationOfOperation 5   certificateHold 6    privilegeWithdrawn 7   aACompromise 8 }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reasons(u16);

impl<'a> DistributionPoint<'a> {
    /// Reads the value of a cRLDistributionPoints or freshestCRL extension; `what` names it in the error.
    pub(crate) fn read_all(value: &'a [u8], what: &'static str) -> Result<Vec<Self>, Rule> {
        let mut reader = Reader::sequence(value, what)?;
        let mut all = Vec::new();
        while !reader.is_empty() {
            all.push(Self::read(&mut reader, what)?);
        }
        if all.is_empty() { Err(reader.malformed()) } else { Ok(all) }
    }

    fn read(list: &mut Reader<'a>, what: &'static str) -> Result<Self, Rule> {
        let mut reader = Reader::new(list.take(der::Tag::Sequence)?, what)?;
        let name = reader.maybe(constructed(0))?.map(|content| DistributionPointName::read(content, what));
        let reasons = reader.maybe(primitive(1))?.map(|content| Reasons::read(content, what));
        let crl_issuer = reader.maybe(constructed(2))?.map(|content| GeneralNames::of_content(content, what));
        reader.end()?;
        Ok(Self { name: name.transpose()?, reasons: reasons.transpose()?, crl_issuer: crl_issuer.transpose()? })
    }
}

impl<'a> DistributionPointName<'a> {
    /// Reads what is inside of the explicit tag; `what` names the field around it in the error.
    pub(crate) fn read(content: &'a [u8], what: &'static str) -> Result<Self, Rule> {
        let mut reader = Reader::new(content, what)?;
        let element = reader.element()?;
        let name = if element.tag == constructed(0) {
            Self::Full(GeneralNames::of_content(element.value, what)?)
        } else if element.tag == constructed(1) && !element.value.is_empty() {
            Self::Relative(element.value)
        } else {
            return Err(reader.malformed());
        };
        reader.end()?;
        Ok(name)
    }
}

impl Reasons {
    /// No reason.
    pub const NONE: Self = Self(0);

    /// Every reason that there is: what a point or a list without reasons covers.
    pub const ALL: Self = Self(0x7f80);

    /// Whether every reason of `other` is among them.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits, bit 0 of the BIT STRING first: `0x4000` is keyCompromise.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Those that are in both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are in either.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads the content octets of the BIT STRING, whose tag is implicit; `what` names the field around it in the error.
    pub(crate) fn read(content: &[u8], what: &'static str) -> Result<Self, Rule> {
        let octets = asn1::bits(content, what)?;
        let octet = |at: usize| octets.get(at).copied().unwrap_or(0);
        Ok(Self(u16::from_be_bytes([octet(0), octet(1)])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{sequence, tlv};
    use crate::extension::GeneralName;

    const URI: &[u8] = b"http://crl.test/1";

    fn points(parts: &[&[u8]]) -> Vec<u8> {
        sequence(&[&sequence(parts)])
    }

    fn full() -> Vec<u8> {
        tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[URI])])])
    }

    #[test]
    fn every_field() {
        let der = points(&[&full(), &[0x81, 2, 1, 0b0110_0000], &[0xa2, 4, 0xa4, 2, 0x30, 0]]);
        let all = DistributionPoint::read_all(&der, "points").unwrap();
        let [point] = all.as_slice() else { panic!("{all:?}") };
        let Some(DistributionPointName::Full(names)) = &point.name else { panic!("{point:?}") };
        assert_eq!(names.clone().collect::<Vec<_>>(), [Ok(GeneralName::Uri(URI))]);
        assert_eq!(point.reasons.unwrap().bits(), 0x6000);
        assert_eq!(point.crl_issuer.clone().unwrap().count(), 1);

        let der = points(&[&[0xa0, 4, 0xa1, 2, 0x30, 0]]);
        let all = DistributionPoint::read_all(&der, "points").unwrap();
        assert!(matches!(all[0].name, Some(DistributionPointName::Relative([0x30, 0]))));
        assert!(all[0].reasons.is_none() && all[0].crl_issuer.is_none());
        assert!(DistributionPoint::read_all(&points(&[]), "points").is_ok());
    }

    #[test]
    fn reasons() {
        let some = Reasons::read(&[7, 0b0100_0000, 0b1000_0000], "reasons").unwrap();
        assert!(Reasons::ALL.contains(some));
        assert!(!some.contains(Reasons::ALL));
        let all = Reasons::read(&[7, 0b0111_1111, 0b1000_0000], "reasons").unwrap();
        assert_eq!(all, Reasons::ALL);
        assert_eq!((some.and(all), some.or(all)), (some, all));
    }

    #[test]
    fn other_shapes_are_refused() {
        let malformed = Some(Rule::Malformed("points"));
        for bad in [
            sequence(&[]),
            points(&[&[0x80, 0]]),
            points(&[&[0xa0, 0]]),
            points(&[&[0xa0, 2, 0xa0, 0]]),
            points(&[&[0xa0, 2, 0xa1, 0]]),
            points(&[&[0xa0, 2, 0xa2, 0]]),
            points(&[&[0xa2, 0]]),
            points(&[&[0x81, 0]]),
            points(&[&[0x81, 2, 1, 1]]),
            points(&[&[0xa1, 2, 0, 1]]),
            points(&[&[0x81, 2, 0, 1], &full()]),
            points(&[&full(), &[5, 0]]),
            [points(&[&full()]), alloc::vec![0]].concat(),
        ] {
            assert_eq!(DistributionPoint::read_all(&bad, "points").err(), malformed, "{bad:x?}");
        }
    }
}
