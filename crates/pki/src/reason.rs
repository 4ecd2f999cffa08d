//! Why a certificate was revoked.

use crate::asn1::Reader;
use crate::error::Rule;
use core::fmt;
use der::Tag;

/// The reason of a revocation, in CRLs and in OCSP responses. Displays as the name of the RFC.
///
/// ```text
/// CRLReason ::= ENUMERATED {                                RFC 5280 §5.3.1
///     unspecified 0            keyCompromise 1   cACompromise 2      affiliationChanged 3   superseded 4
///     cessationOfOperation 5   certificateHold 6                     removeFromCRL 8
///     privilegeWithdrawn 9     aACompromise 10 }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// None given, or one that has no name.
    Unspecified,
    /// Somebody else has the private key, or may have.
    KeyCompromise,
    /// Somebody else has the private key of a CA, or may have.
    CaCompromise,
    /// The subject's name or other facts about it have changed.
    AffiliationChanged,
    /// Another certificate took its place.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// It is on hold. It may become good again, and is not good until then.
    CertificateHold,
    /// A delta CRL takes it off the list.
    RemoveFromCrl,
    /// The subject lost a privilege that the certificate states.
    PrivilegeWithdrawn,
    /// The private key of an attribute authority, as for a CA.
    AaCompromise,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::RemoveFromCrl,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// Reads a CRLReason.
    ///
    /// A number without a name is read as unspecified, and not refused: a reason that nobody knows makes a certificate no
    /// less revoked, and an error could make the revocation itself go unseen.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Rule> {
        match reader.take(Tag::Enumerated)? {
            [1] => Ok(Self::KeyCompromise),
            [2] => Ok(Self::CaCompromise),
            [3] => Ok(Self::AffiliationChanged),
            [4] => Ok(Self::Superseded),
            [5] => Ok(Self::CessationOfOperation),
            [6] => Ok(Self::CertificateHold),
            [8] => Ok(Self::RemoveFromCrl),
            [9] => Ok(Self::PrivilegeWithdrawn),
            [10] => Ok(Self::AaCompromise),
            [] => Err(reader.malformed()),
            _ => Ok(Self::Unspecified),
        }
    }

    /// The number of the CRLReason.
    pub const fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::RemoveFromCrl => 8,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// The name that RFC 5280 gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn read(der: &[u8]) -> Result<Reason, Rule> {
        let mut reader = Reader::new(der, "reason")?;
        let reason = Reason::read(&mut reader)?;
        reader.end()?;
        Ok(reason)
    }

    #[test]
    fn every_reason_comes_back() {
        let mut named = 0;
        for number in 0..=255 {
            let reason = read(&[10, 1, number]).unwrap();
            assert!(reason.number() == number || reason == Reason::Unspecified, "{number}");
            named += usize::from(reason.number() == number);
        }
        assert_eq!(named, 10);
        assert_eq!(read(&[10, 1, 8]).unwrap().to_string(), "removeFromCRL");
        assert_eq!(read(&[10, 2, 1, 0]), Ok(Reason::Unspecified));
        for bad in [&[][..], &[10, 0], &[2, 1, 1], &[10, 1], &[10, 1, 1, 1]] {
            assert_eq!(read(bad), Err(Rule::Malformed("reason")), "{bad:x?}");
        }
    }
}
