//! The four extensions about certificate policies: what a CA promises, how two CAs' promises correspond, and how far
//! down the path that may be stretched.

use crate::asn1::{Reader, primitive};
use crate::encode::{self, tlv};
use crate::error::Rule;
use crate::oid;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use der::Tag;

/// The policies a certificate was issued under, or, in a CA's certificate, those that paths through it may have.
///
/// ```text
/// certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation          RFC 5280 §4.2.1.4
///
/// PolicyInformation ::= SEQUENCE {
///     policyIdentifier    OBJECT IDENTIFIER                 each at most once
///     policyQualifiers    SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo OPTIONAL }
///
/// PolicyQualifierInfo ::= SEQUENCE {                        for people to read; not kept
///     policyQualifierId   OBJECT IDENTIFIER
///     qualifier           ANY DEFINED BY policyQualifierId }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificatePolicies<'a>(Vec<&'a [u8]>);

impl<'a> CertificatePolicies<'a> {
    /// The content octets of the policies' object identifiers, all different.
    pub fn oids(&self) -> &[&'a [u8]] {
        &self.0
    }

    /// Whether anyPolicy is among them.
    pub fn has_any(&self) -> bool {
        self.0.contains(&oid::ANY_POLICY)
    }

    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Rule> {
        let mut reader = Reader::sequence(value, NAME)?;
        let mut oids = Vec::new();
        let mut seen = BTreeSet::new();
        while !reader.is_empty() {
            let mut information = Reader::new(reader.take(Tag::Sequence)?, NAME)?;
            let policy = information.take(Tag::ObjectIdentifier)?;
            if let Some(qualifiers) = information.maybe(Tag::Sequence)? {
                check_qualifiers(qualifiers)?;
            }
            information.end()?;
            if !seen.insert(policy) {
                return Err(Rule::PolicyExtension("a policy is there twice"));
            }
            oids.push(policy);
        }
        if oids.is_empty() { Err(reader.malformed()) } else { Ok(Self(oids)) }
    }
}

const NAME: &str = "certificatePolicies";

fn check_qualifiers(list: &[u8]) -> Result<(), Rule> {
    let mut reader = Reader::new(list, NAME)?;
    if reader.is_empty() {
        return Err(reader.malformed());
    }
    while !reader.is_empty() {
        let mut qualifier = Reader::new(reader.take(Tag::Sequence)?, NAME)?;
        qualifier.take(Tag::ObjectIdentifier)?;
        qualifier.element()?;
        qualifier.end()?;
    }
    Ok(())
}

/// The issuer of a CA's certificate takes one of the CA's policies for one of its own.
///
/// ```text
/// PolicyMappings ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE {   RFC 5280 §4.2.1.5
///     issuerDomainPolicy     OBJECT IDENTIFIER              neither of them anyPolicy
///     subjectDomainPolicy    OBJECT IDENTIFIER }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyMapping<'a> {
    /// The issuer's policy, as content octets.
    pub issuer_domain: &'a [u8],
    /// The subject's policy that is as good.
    pub subject_domain: &'a [u8],
}

impl<'a> PolicyMapping<'a> {
    pub(crate) fn read_all(value: &'a [u8]) -> Result<Vec<Self>, Rule> {
        let mut reader = Reader::sequence(value, "policyMappings")?;
        let mut all = Vec::new();
        while !reader.is_empty() {
            let mut pair = Reader::new(reader.take(Tag::Sequence)?, "policyMappings")?;
            let issuer_domain = pair.take(Tag::ObjectIdentifier)?;
            let subject_domain = pair.take(Tag::ObjectIdentifier)?;
            pair.end()?;
            // RFC 5280 §6.1.4 (a)
            if issuer_domain == oid::ANY_POLICY || subject_domain == oid::ANY_POLICY {
                return Err(Rule::PolicyExtension("anyPolicy is mapped"));
            }
            all.push(Self { issuer_domain, subject_domain });
        }
        if all.is_empty() { Err(reader.malformed()) } else { Ok(all) }
    }
}

/// What a CA demands of the certificates below it. Each number says how many certificates that are not self-issued may
/// pass before the demand holds; `u32::MAX` stands for all that is larger.
///
/// ```text
/// PolicyConstraints ::= SEQUENCE {                          RFC 5280 §4.2.1.11
///     requireExplicitPolicy   [0] SkipCerts OPTIONAL
///     inhibitPolicyMapping    [1] SkipCerts OPTIONAL }      at least one of them
///
/// SkipCerts ::= INTEGER (0..MAX)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// The path must be valid for an acceptable policy.
    pub require_explicit_policy: Option<u32>,
    /// Policies are no longer mapped.
    pub inhibit_policy_mapping: Option<u32>,
}

impl PolicyConstraints {
    pub(crate) fn read(value: &[u8]) -> Result<Self, Rule> {
        let mut reader = Reader::sequence(value, "policyConstraints")?;
        if reader.is_empty() {
            return Err(Rule::PolicyExtension("its policyConstraints demand nothing"));
        }
        let require_explicit_policy = implicit_skip_certs(&mut reader, 0)?;
        let inhibit_policy_mapping = implicit_skip_certs(&mut reader, 1)?;
        reader.end()?;
        Ok(Self { require_explicit_policy, inhibit_policy_mapping })
    }
}

/// `[number] IMPLICIT INTEGER`: the tag of an INTEGER is put back, so that what an INTEGER may look like is said once.
fn implicit_skip_certs(reader: &mut Reader<'_>, number: u32) -> Result<Option<u32>, Rule> {
    let Some(content) = reader.maybe(primitive(number))? else {
        return Ok(None);
    };
    Reader::new(&tlv(encode::INTEGER, &[content]), "policyConstraints")?.small().map(Some)
}

/// Reads the inhibitAnyPolicy: a SkipCerts (RFC 5280 §4.2.1.14).
pub(crate) fn inhibit_any_policy(value: &[u8]) -> Result<u32, Rule> {
    let mut reader = Reader::new(value, "inhibitAnyPolicy")?;
    let skip = reader.small()?;
    reader.end()?;
    Ok(skip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{oid as encode_oid, sequence};

    const A: &[u8] = &[0x2a, 1];
    const B: &[u8] = &[0x2a, 2];

    fn policy(oid: &[u8], rest: &[u8]) -> Vec<u8> {
        sequence(&[&encode_oid(oid), rest])
    }

    fn pair(a: &[u8], b: &[u8]) -> Vec<u8> {
        sequence(&[&encode_oid(a), &encode_oid(b)])
    }

    #[test]
    fn certificate_policies() {
        let read = |policies: &[&[u8]]| CertificatePolicies::read(&sequence(policies)).map(|all| all.oids().len());
        let malformed = Err(Rule::Malformed("certificatePolicies"));
        assert_eq!(read(&[&policy(A, &[]), &policy(B, &[])]), Ok(2));
        assert_eq!(read(&[&policy(A, &[]), &policy(A, &[])]), Err(Rule::PolicyExtension("a policy is there twice")));
        assert_eq!(read(&[]), malformed);
        assert_eq!(read(&[&sequence(&[])]), malformed);
        assert_eq!(read(&[&encode_oid(A)]), malformed);
        assert_eq!(read(&[&policy(A, &[5, 0])]), malformed);

        let uri = sequence(&[&encode_oid(B), &[0x16, 1, b'u']]);
        let notice = sequence(&[&encode_oid(B), &sequence(&[])]);
        assert_eq!(read(&[&policy(A, &sequence(&[&uri, &notice]))]), Ok(1));
        for bad in [
            sequence(&[]),
            sequence(&[&encode_oid(B)]),
            sequence(&[&sequence(&[&encode_oid(B)])]),
            sequence(&[&sequence(&[&encode_oid(B), &[5, 0], &[5, 0]])]),
            sequence(&[&sequence(&[&[5, 0], &[5, 0]])]),
        ] {
            assert_eq!(read(&[&policy(A, &bad)]), malformed, "{bad:x?}");
        }
        let any = sequence(&[&policy(oid::ANY_POLICY, &[])]);
        assert!(CertificatePolicies::read(&any).unwrap().has_any());
        assert!(!CertificatePolicies::read(&sequence(&[&policy(A, &[])])).unwrap().has_any());
        assert!(CertificatePolicies::read(&[&any[..], &[0]].concat()).is_err());
    }

    #[test]
    fn policy_mappings() {
        let read = |pairs: &[&[u8]]| PolicyMapping::read_all(&sequence(pairs)).map(|all| all.len());
        let any = Err(Rule::PolicyExtension("anyPolicy is mapped"));
        assert_eq!(read(&[&pair(A, B), &pair(A, A)]), Ok(2));
        assert_eq!(read(&[&pair(A, B), &pair(oid::ANY_POLICY, B)]), any);
        assert_eq!(read(&[&pair(A, B), &pair(B, oid::ANY_POLICY)]), any);
        assert_eq!(read(&[]), Err(Rule::Malformed("policyMappings")));
        let three = sequence(&[&encode_oid(A), &encode_oid(B), &encode_oid(A)]);
        for bad in [policy(A, &[]), policy(A, &[5, 0]), sequence(&[&pair(A, B)]), three] {
            assert_eq!(read(&[&bad]), Err(Rule::Malformed("policyMappings")), "{bad:x?}");
        }
    }

    #[test]
    fn policy_constraints() {
        for (der, require_explicit_policy, inhibit_policy_mapping) in [
            (&[0x30, 3, 0x80, 1, 0][..], Some(0), None),
            (&[0x30, 3, 0x81, 1, 7], None, Some(7)),
            (&[0x30, 6, 0x80, 1, 1, 0x81, 1, 2], Some(1), Some(2)),
            (&[0x30, 7, 0x80, 5, 1, 0, 0, 0, 0], Some(u32::MAX), None),
        ] {
            let expected = PolicyConstraints { require_explicit_policy, inhibit_policy_mapping };
            assert_eq!(PolicyConstraints::read(der), Ok(expected));
        }
        assert_eq!(
            PolicyConstraints::read(&[0x30, 0]),
            Err(Rule::PolicyExtension("its policyConstraints demand nothing"))
        );
        for bad in [
            // Negative, not minimal, empty, out of order, twice, with the wrong tag, more behind it.
            &[0x30, 3, 0x80, 1, 0x80][..],
            &[0x30, 4, 0x80, 2, 0, 1],
            &[0x30, 2, 0x80, 0],
            &[0x30, 6, 0x81, 1, 0, 0x80, 1, 0],
            &[0x30, 6, 0x80, 1, 0, 0x80, 1, 0],
            &[0x30, 5, 0xa0, 3, 2, 1, 0],
            &[0x30, 3, 2, 1, 0],
            &[0x30, 3, 0x82, 1, 0],
            &[0x30, 3, 0x80, 1, 0, 0],
            &[],
        ] {
            assert_eq!(PolicyConstraints::read(bad), Err(Rule::Malformed("policyConstraints")), "{bad:x?}");
        }
    }

    #[test]
    fn inhibit_any() {
        assert_eq!(inhibit_any_policy(&[2, 1, 3]), Ok(3));
        for bad in [&[2, 1, 0x80][..], &[2, 2, 0, 1], &[2, 0], &[2, 1, 0, 0], &[1, 1, 0], &[]] {
            assert_eq!(inhibit_any_policy(bad), Err(Rule::Malformed("inhibitAnyPolicy")), "{bad:x?}");
        }
    }
}
