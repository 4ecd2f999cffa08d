//! What DER looks like that nobody can read.

use crate::asn1::{Reader, constructed};
use crate::error::Rule;
use alloc::vec::Vec;
use der::Tag;

/// The PEM label of what this DER looks like from its first elements, which need not be all there; `None` if it looks like
/// nothing that is known. It may still be something else.
pub fn looks_like(der: &[u8]) -> Option<&'static str> {
    let outer = elements(der);
    let [(Tag::Sequence, content)] = outer.as_slice() else { return None };
    let parts = elements(content);
    let tags: Vec<_> = parts.iter().map(|(tag, _)| *tag).collect();
    match (tags.as_slice(), parts.first()) {
        ([Tag::Sequence, Tag::OctetString, ..], _) => Some("ENCRYPTED PRIVATE KEY"),
        ([Tag::Sequence, Tag::BitString, ..], _) => Some("PUBLIC KEY"),
        ([Tag::Sequence, ..], Some((_, first))) => signed(first),
        ([Tag::Enumerated, ..], _) => Some("OCSP RESPONSE"),
        ([Tag::Integer, Tag::Sequence, Tag::OctetString, ..], _) => Some("PRIVATE KEY"),
        ([Tag::Integer, Tag::OctetString, ..], _) => Some("EC PRIVATE KEY"),
        ([Tag::Integer, Tag::Integer, Tag::Integer, ..], _) => Some("RSA PRIVATE KEY"),
        ([Tag::Integer, Tag::Integer], _) => Some("RSA PUBLIC KEY"),
        _ => None,
    }
}

/// What has a signature, from what is signed.
fn signed(content: &[u8]) -> Option<&'static str> {
    const VERSION: Tag = constructed(0);
    let tags: Vec<_> = elements(content).into_iter().map(|(tag, _)| tag).collect();
    match tags.as_slice() {
        [VERSION, Tag::Integer, ..] => Some("CERTIFICATE"),
        [Tag::Integer, Tag::Sequence, Tag::Sequence, fourth, ..] => match fourth {
            Tag::UtcTime | Tag::GeneralizedTime => Some("X509 CRL"),
            // Of version 1.
            Tag::Sequence => Some("CERTIFICATE"),
            _ => Some("CERTIFICATE REQUEST"),
        },
        [Tag::Sequence, Tag::Sequence, Tag::UtcTime | Tag::GeneralizedTime, ..] => Some("X509 CRL"),
        _ => None,
    }
}

/// The first elements; the last one may be cut.
fn elements(bytes: &[u8]) -> Vec<(Tag, &[u8])> {
    /// As many as tell what it is.
    const ENOUGH: usize = 5;
    let (mut all, mut rest) = (Vec::new(), bytes);
    while all.len() < ENOUGH
        && let Some((tag, head, len)) = crate::asn1::header(rest)
    {
        let content = rest.get(head..).unwrap_or_default();
        let (content, behind) = content.split_at_checked(len).unwrap_or((content, &[]));
        all.push((tag, content));
        rest = behind;
    }
    all
}

/// The certificate of a `TRUSTED CERTIFICATE` of OpenSSL, behind which stands what its owner trusts it for: for showing it, not for
/// trusting it.
///
/// # Errors
/// [`Rule::Malformed`].
pub fn trusted_certificate(der: &[u8]) -> Result<&[u8], Rule> {
    Ok(Reader::new(der, "outer structure")?.element()?.der)
}
