//! What a CA says in a certificate beyond its kind: names from text, days, constraints, policies, and where to ask about it.

use super::builder::HEAD_START;
use super::{Builder, Subject};
use crate::encode::{oid as encode_oid, sequence, tlv};
use crate::escape::escape;
use crate::oid;
use crate::profile::syntax::{is_dns_name, is_host, is_mailbox, is_uri_with_host};
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use pki_types::{IpAddr, UnixTime};

/// GeneralName: the identifier octets of those that are made from text.
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

const SECONDS_PER_DAY: i64 = 86_400;

/// Text, given here escaped and cut, that is no name, constraint, URL or object identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// Neither a host name (perhaps with `*.` before it) nor an address, a mailbox or a URI.
    Name(String),
    /// Neither a domain nor an address (perhaps with the length of a prefix) or a mailbox.
    Constraint(String),
    /// No URL of HTTP, which is what everybody fetches with.
    Uri(String),
    /// No object identifier.
    Policy(String),
}

/// How much of the text an error repeats, in bytes.
const SHOWN: usize = 64;

impl Builder {
    /// Sets the subject.
    pub fn distinguished_name(self, subject: &Subject) -> Self {
        self.subject_content(subject.name().as_bytes())
    }

    /// Sets the validity to so many days from `now`, and an hour before, as other clocks are slow; but not beyond `limit`.
    pub fn days(self, now: UnixTime, days: u32, limit: Option<Time>) -> Self {
        let now = Time::from(now).unix();
        let end = now.saturating_add(i64::from(days).saturating_mul(SECONDS_PER_DAY));
        let end = limit.map_or(end, |limit| end.min(limit.unix()));
        self.valid(now.saturating_sub(HEAD_START), end)
    }

    /// Adds a name to the subjectAltName: an address as iPAddress, what has `://` as uniformResourceIdentifier, what has `@` as
    /// rfc822Name, and another as dNSName.
    ///
    /// # Errors
    /// [`NameError::Name`].
    pub fn alternative_name(self, text: &str) -> Result<Self, NameError> {
        let bytes = text.as_bytes();
        if let Ok(address) = IpAddr::try_from(text) {
            return Ok(self.ip(address));
        }
        match () {
            () if text.contains("://") && is_uri_with_host(bytes) => Ok(self.general_name(URI, bytes)),
            () if text.contains('@') && is_mailbox(bytes) => Ok(self.general_name(EMAIL, bytes)),
            () if is_dns_name(bytes) => Ok(self.dns(text)),
            () => Err(NameError::Name(escape(text, SHOWN))),
        }
    }

    /// Sets the nameConstraints, critical: names of these forms must lie in one of these subtrees. A domain permits itself and
    /// all below it; an address itself, or with `/LENGTH` all that begin with as many bits; a mailbox itself. Where a domain is
    /// among them and no address, all addresses are excluded, for they are names of TLS servers as well. Of the other forms that
    /// are not among them, everything stays permitted: mailboxes, and URIs in any case.
    ///
    /// # Errors
    /// [`NameError::Constraint`].
    pub fn permit<'t>(self, subtrees: impl IntoIterator<Item = &'t str>) -> Result<Self, NameError> {
        let subtrees: Result<Vec<_>, _> = subtrees.into_iter().map(subtree).collect();
        let subtrees = subtrees?;
        let has = |tag: u8| subtrees.iter().any(|(own, _)| *own == tag);
        let excluded = match has(DNS) && !has(IP) {
            true => tlv(0xa1, &[&encode_subtree(IP, &[0; 8]), &encode_subtree(IP, &[0; 32])]),
            false => Vec::new(),
        };
        let permitted: Vec<_> = subtrees.iter().flat_map(|(tag, base)| encode_subtree(*tag, base)).collect();
        Ok(self.extension(oid::NAME_CONSTRAINTS, true, &sequence(&[&tlv(0xa0, &[&permitted]), &excluded])))
    }

    /// Sets the certificatePolicies, given as dotted object identifiers.
    ///
    /// # Errors
    /// [`NameError::Policy`].
    pub fn policies<'t>(self, policies: impl IntoIterator<Item = &'t str>) -> Result<Self, NameError> {
        let read = |text: &str| oid::parse(text).ok_or_else(|| NameError::Policy(escape(text, SHOWN)));
        let policies: Result<Vec<_>, _> =
            policies.into_iter().map(|text| Ok(sequence(&[&encode_oid(&read(text)?)]))).collect();
        Ok(self.extension(oid::CERTIFICATE_POLICIES, false, &sequence(&[&policies?.concat()])))
    }

    /// Sets the cRLDistributionPoints: URLs of one and the same revocation list.
    ///
    /// # Errors
    /// [`NameError::Uri`].
    pub fn crl_urls<'t>(self, urls: impl IntoIterator<Item = &'t str>) -> Result<Self, NameError> {
        let urls: Result<Vec<_>, _> = urls.into_iter().map(encode_uri).collect();
        let point = sequence(&[&tlv(0xa0, &[&tlv(0xa0, &[&urls?.concat()])])]);
        Ok(self.extension(oid::CRL_DISTRIBUTION_POINTS, false, &sequence(&[&point])))
    }

    /// Sets the authorityInfoAccess: URLs of OCSP responders, and of the certificate of the issuer.
    ///
    /// # Errors
    /// [`NameError::Uri`].
    pub fn authority_access<'t>(
        self,
        ocsp: impl IntoIterator<Item = &'t str>,
        issuer: impl IntoIterator<Item = &'t str>,
    ) -> Result<Self, NameError> {
        let describe = |method: &[u8], url: &str| Ok(sequence(&[&encode_oid(method), &encode_uri(url)?]));
        let ocsp = ocsp.into_iter().map(|url| describe(oid::OCSP, url));
        let all: Result<Vec<_>, _> = ocsp.chain(issuer.into_iter().map(|url| describe(oid::CA_ISSUERS, url))).collect();
        Ok(self.extension(oid::AUTHORITY_INFO_ACCESS, false, &sequence(&[&all?.concat()])))
    }
}

fn encode_uri(text: &str) -> Result<Vec<u8>, NameError> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme).unwrap_or_default();
    let is_http = ["http", "https"].iter().any(|own| own.eq_ignore_ascii_case(scheme));
    let is_url = is_http && is_uri_with_host(text.as_bytes());
    is_url.then(|| tlv(URI, &[text.as_bytes()])).ok_or_else(|| NameError::Uri(escape(text, SHOWN)))
}

/// A GeneralSubtree (RFC 5280 §4.2.1.10).
fn encode_subtree(tag: u8, base: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(tag, &[base])])
}

/// Identifier octet and content of the base of a GeneralSubtree.
fn subtree(text: &str) -> Result<(u8, Vec<u8>), NameError> {
    let bytes = text.as_bytes();
    if let Some(range) = range(text) {
        return Ok((IP, range));
    }
    match () {
        () if text.contains('@') && is_mailbox(bytes) => Ok((EMAIL, bytes.to_vec())),
        () if is_host(bytes) => Ok((DNS, bytes.to_vec())),
        () => Err(NameError::Constraint(escape(text, SHOWN))),
    }
}

/// Address and mask of `ADDRESS` or `ADDRESS/LENGTH`.
fn range(text: &str) -> Option<Vec<u8>> {
    let (address, len) = text.split_once('/').map_or((text, None), |(address, len)| (address, Some(len)));
    let octets = match IpAddr::try_from(address).ok()? {
        IpAddr::V4(address) => address.as_ref().to_vec(),
        IpAddr::V6(address) => address.as_ref().to_vec(),
    };
    let bits = octets.len().saturating_mul(8);
    let len = len.map_or(Some(bits), |len| len.parse::<u8>().ok().map(usize::from)).filter(|len| *len <= bits)?;
    let mask: Vec<u8> = (0..octets.len())
        .map(|at| match len.saturating_sub(at.saturating_mul(8)) {
            0 => 0,
            ones @ 1..8 => !(u8::MAX >> ones),
            _ => u8::MAX,
        })
        .collect();
    let address = octets.iter().zip(&mask).map(|(octet, mask)| octet & mask);
    Some(address.chain(mask.iter().copied()).collect())
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) => write!(f, "`{text}` is neither a host name nor an address, a mailbox or a URI"),
            Self::Constraint(text) => {
                write!(f, "`{text}` is neither a domain nor an address, perhaps with a /LENGTH, nor a mailbox")
            }
            Self::Uri(text) => write!(f, "`{text}` is no URL of HTTP"),
            Self::Policy(text) => write!(f, "`{text}` is no object identifier, as 2.23.140.1.2.1 is"),
        }
    }
}

impl core::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, expected) in [
            ("10.1.2.3", Some([10, 1, 2, 3, 255, 255, 255, 255])),
            ("10.1.2.3/8", Some([10, 0, 0, 0, 255, 0, 0, 0])),
            ("10.255.2.3/12", Some([10, 240, 0, 0, 255, 240, 0, 0])),
            ("10.1.2.3/32", Some([10, 1, 2, 3, 255, 255, 255, 255])),
            ("10.1.2.3/0", Some([0; 8])),
            ("10.1.2.3/33", None),
            ("10.1.2.3/", None),
            ("10.1.2.3/-1", None),
            ("10.1.2/8", None),
        ] {
            assert_eq!(range(text), expected.map(Vec::from), "{text}");
        }
        assert_eq!(range("::1").unwrap()[15..17], [1, 255]);
        assert_eq!(range("2001:db8::/32").unwrap()[18..22], [255, 255, 0, 0]);
    }
}
