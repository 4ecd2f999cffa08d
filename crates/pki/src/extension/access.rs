//! Where more is to be had: about an issuer, or from a subject.

use super::GeneralName;
use crate::asn1::Reader;
use crate::error::Rule;
use alloc::vec::Vec;
use der::Tag;

/// One place, and what is there.
///
/// ```text
/// AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF AccessDescription     RFC 5280 §4.2.2.1
/// SubjectInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF AccessDescription       RFC 5280 §4.2.2.2
///
/// AccessDescription ::= SEQUENCE {
///     accessMethod      OBJECT IDENTIFIER
///     accessLocation    GeneralName }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessDescription<'a> {
    /// What is there: the content octets of an object identifier.
    pub method: &'a [u8],
    /// Where it is; mostly a URI.
    pub location: GeneralName<'a>,
}

impl<'a> AccessDescription<'a> {
    pub(crate) fn read_all(value: &'a [u8], what: &'static str) -> Result<Vec<Self>, Rule> {
        let mut list = Reader::sequence(value, what)?;
        let mut all = Vec::new();
        while !list.is_empty() {
            let mut reader = Reader::new(list.take(Tag::Sequence)?, what)?;
            let method = reader.take(Tag::ObjectIdentifier)?;
            let location = GeneralName::read(&mut reader)?;
            reader.end()?;
            all.push(Self { method, location });
        }
        if all.is_empty() { Err(list.malformed()) } else { Ok(all) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let der = [0x30, 8, 0x30, 6, 6, 1, 0x2a, 0x86, 1, b'x'];
        let expected = AccessDescription { method: &[0x2a], location: GeneralName::Uri(b"x") };
        assert_eq!(AccessDescription::read_all(&der, "access"), Ok([expected].to_vec()));
        for bad in [
            &[0x30, 0][..],
            &[0x30, 5, 0x30, 3, 6, 1, 0x2a],
            &[0x30, 5, 0x30, 3, 0x86, 1, b'x'],
            &[0x30, 10, 0x30, 8, 6, 1, 0x2a, 0x86, 1, b'x', 5, 0],
            &[5, 0],
        ] {
            assert_eq!(AccessDescription::read_all(bad, "access"), Err(Rule::Malformed("access")), "{bad:x?}");
        }
    }
}
