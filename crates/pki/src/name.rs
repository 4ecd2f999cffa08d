//! Does this certificate speak for that host: RFC 9525.
//!
//! Only the subjectAltName counts; a common name that looks like a host never does (RFC 9525 §1.3). A host name is
//! compared with dNSName and with nothing else, an address with iPAddress and with nothing else. So a dNSName
//! `127.0.0.1` matches no one, and no NUL, capital or odd character can make a name match that is not equal to it.

use crate::cert::Certificate;
use crate::error::{Error, NameMismatch, Rule};
use crate::escape::escape_bytes;
use crate::extension::GeneralName;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net;
use pki_types::{IpAddr, ServerName};

/// How many names of a certificate an error lists.
const SHOWN_NAMES: usize = 4;
/// How much of each name an error shows, in bytes.
const SHOWN_LEN: usize = 64;

/// Checks that the certificate speaks for `name`.
///
/// The time is linear in the length of the subjectAltName, whatever it contains.
///
/// # Errors
/// [`Rule::Name`] with the first few of the names it does speak for; [`Rule::Malformed`].
pub fn check_server_identity(certificate: &Certificate<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    check(certificate, name).map_err(|rule| Error::about_leaf(rule, certificate))
}

/// Checks that the certificate speaks for a mailbox, `local@host`: one of its rfc822Names is this one. The local part is
/// compared octet for octet, the host without regard to capitals (RFC 5280 §7.5).
///
/// # Errors
/// As [`check_server_identity`].
pub fn speaks_for_mailbox(certificate: &Certificate<'_>, mailbox: &str) -> Result<(), Error> {
    check_mailbox(certificate, mailbox).map_err(|rule| Error::about_leaf(rule, certificate))
}

fn check_mailbox(certificate: &Certificate<'_>, mailbox: &str) -> Result<(), Rule> {
    fn split(mailbox: &[u8]) -> Option<(&[u8], &[u8])> {
        let at = mailbox.iter().rposition(|byte| *byte == b'@')?;
        Some((mailbox.get(..at)?, mailbox.get(at.checked_add(1)?..)?))
    }
    let wanted = split(mailbox.as_bytes()).filter(|(local, host)| !local.is_empty() && !host.is_empty());
    let (mut is_match, mut presented, mut more) = (false, Vec::new(), 0_usize);
    for name in certificate.subject_alt_names()? {
        let GeneralName::Email(name) = name? else { continue };
        is_match |= match (wanted, split(name)) {
            (Some((local, host)), Some((other, there))) => local == other && host.eq_ignore_ascii_case(there),
            _ => false,
        };
        if presented.len() < SHOWN_NAMES {
            presented.push(escape_bytes(name, SHOWN_LEN));
        } else {
            more = more.saturating_add(1);
        }
    }
    if is_match {
        return Ok(());
    }
    let expected = escape_bytes(mailbox.as_bytes(), SHOWN_LEN);
    Err(Rule::Name(Box::new(NameMismatch { expected, presented, more })))
}

/// The host names and addresses that the certificate speaks for, in its order, escaped and each cut to 64 bytes; at most
/// `limit` of them, and how many more there are. For facts and messages.
///
/// # Errors
/// [`Rule::Malformed`].
pub fn names(certificate: &Certificate<'_>, limit: usize) -> Result<(Vec<String>, usize), Rule> {
    let mut shown = Vec::new();
    let mut more = 0_usize;
    for name in certificate.subject_alt_names()? {
        let name = name?;
        if !matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_)) {
            continue;
        }
        if shown.len() < limit {
            shown.push(text(&name));
        } else {
            more = more.saturating_add(1);
        }
    }
    Ok((shown, more))
}

fn check(certificate: &Certificate<'_>, name: &ServerName<'_>) -> Result<(), Rule> {
    // To the end also after a match: a list that cannot be read whole is not relied on.
    let mut is_match = false;
    for presented in certificate.subject_alt_names()? {
        is_match |= matches(&presented?, name);
    }
    if is_match {
        return Ok(());
    }
    let (presented, more) = names(certificate, SHOWN_NAMES)?;
    Err(Rule::Name(Box::new(NameMismatch { expected: expected(name), presented, more })))
}

fn matches(presented: &GeneralName<'_>, name: &ServerName<'_>) -> bool {
    match (presented, name) {
        (GeneralName::Dns(presented), ServerName::DnsName(name)) => matches_dns(presented, name.as_ref()),
        // RFC 9525 §6.4: octet for octet. An IPv4 address written as IPv6 is another address.
        (GeneralName::Ip(presented), ServerName::IpAddress(IpAddr::V4(address))) => *presented == address.as_ref(),
        (GeneralName::Ip(presented), ServerName::IpAddress(IpAddr::V6(address))) => *presented == address.as_ref(),
        _ => false,
    }
}

/// RFC 9525 §6.3. `reference` is a valid host name, so whatever is equal to it, or to a part of it, is valid too and
/// `presented` needs no check of its own.
fn matches_dns(presented: &[u8], reference: &str) -> bool {
    // "example.com." is the same host, written absolutely. In a certificate the dot has no place.
    let reference = reference.strip_suffix('.').unwrap_or(reference);
    let Some(parent) = presented.strip_prefix(b"*.") else {
        return presented.eq_ignore_ascii_case(reference.as_bytes());
    };
    // The wildcard stands for exactly one label, and what follows it has at least two: "*.com" would speak for a whole
    // registry. A label that is the A-label of an internationalized name is a label like any.
    parent.contains(&b'.')
        && reference.split_once('.').is_some_and(|(_, rest)| parent.eq_ignore_ascii_case(rest.as_bytes()))
}

fn expected(name: &ServerName<'_>) -> String {
    match name {
        ServerName::DnsName(name) => name.as_ref().to_string(),
        ServerName::IpAddress(IpAddr::V4(address)) => net::Ipv4Addr::from(*address.as_ref()).to_string(),
        ServerName::IpAddress(IpAddr::V6(address)) => net::Ipv6Addr::from(*address.as_ref()).to_string(),
        _ => "a name of an unknown kind".to_string(),
    }
}

fn text(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::Dns(name) => escape_bytes(name, SHOWN_LEN),
        GeneralName::Ip(octets) => match (<[u8; 4]>::try_from(*octets), <[u8; 16]>::try_from(*octets)) {
            (Ok(octets), _) => net::Ipv4Addr::from(octets).to_string(),
            (_, Ok(octets)) => net::Ipv6Addr::from(octets).to_string(),
            _ => format!("(an address of {} octets)", octets.len()),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/regressions.md row 62.
    #[test]
    fn host_names() {
        for (presented, reference, is_match) in [
            (&b"example.com"[..], "example.com", true),
            (b"EXAMPLE.com", "example.COM", true),
            (b"example.com", "example.com.", true),
            (b"example.com.", "example.com", false),
            (b"example.com.", "example.com.", false),
            (b"example.com", "www.example.com", false),
            (b"www.example.com", "example.com", false),
            (b"xample.com", "example.com", false),
            (b"example.com\0", "example.com", false),
            (b"example.com\0.evil.test", "example.com", false),
            (b"", "example.com", false),
            (b".", "example.com", false),
            (b".example.com", "www.example.com", false),
            (b"*.example.com", "www.example.com", true),
            (b"*.EXAMPLE.com", "WWW.example.com", true),
            (b"*.example.com", "www.example.com.", true),
            (b"*.example.com.", "www.example.com", false),
            (b"*.example.com", "example.com", false),
            (b"*.example.com", "a.b.example.com", false),
            (b"*.example.com", "_dns.example.com", true),
            (b"*.com", "example.com", false),
            (b"*.", "example", false),
            (b"*", "example", false),
            (b"*", "example.com", false),
            (b"*.*.com", "a.b.com", false),
            (b"*.*.example.com", "a.b.example.com", false),
            (b"w*.example.com", "www.example.com", false),
            (b"*w.example.com", "www.example.com", false),
            (b"w*w.example.com", "www.example.com", false),
            (b"www.*.com", "www.example.com", false),
            (b"**.example.com", "www.example.com", false),
            (b"*.example.com\0.evil.test", "www.example.com", false),
            (b"xn--bcher-kva.example.com", "xn--bcher-kva.example.com", true),
            (b"xn--*.example.com", "xn--bcher-kva.example.com", false),
            (b"x*.example.com", "xn--bcher-kva.example.com", false),
            (b"*.example.com", "xn--bcher-kva.example.com", true),
            (b"*.xn--bcher-kva.com", "www.xn--bcher-kva.com", true),
            ("bücher.example".as_bytes(), "xn--bcher-kva.example", false),
            (b"ex\xe4mple.com", "example.com", false),
            // The Kelvin sign folds to k in Unicode, not in ASCII.
            ("\u{212a}.example.com".as_bytes(), "k.example.com", false),
        ] {
            assert_eq!(matches_dns(presented, reference), is_match, "{presented:?} for {reference}");
        }
    }

    /// docs/regressions.md row 62: an address is no host name, and the other way round.
    #[test]
    fn addresses() {
        let v4 = ServerName::try_from("192.0.2.1").unwrap();
        let v6 = ServerName::try_from("2001:db8::1").unwrap();
        let mapped = ServerName::try_from("::ffff:192.0.2.1").unwrap();
        let host = ServerName::try_from("example.com").unwrap();
        let v4_octets = [192, 0, 2, 1];
        let v6_octets = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        for (presented, name, is_match) in [
            (GeneralName::Ip(&v4_octets), &v4, true),
            (GeneralName::Ip(&v6_octets), &v6, true),
            (GeneralName::Ip(&[192, 0, 2, 2]), &v4, false),
            (GeneralName::Ip(&v4_octets), &mapped, false),
            (GeneralName::Ip(&v4_octets), &host, false),
            (GeneralName::Ip(&[]), &v4, false),
            // An address and a mask, as name constraints write it.
            (GeneralName::Ip(&[192, 0, 2, 1, 255, 255, 255, 255]), &v4, false),
            (GeneralName::Dns(b"192.0.2.1"), &v4, false),
            (GeneralName::Dns(b"2001:db8::1"), &v6, false),
            (GeneralName::Uri(b"example.com"), &host, false),
            (GeneralName::Uri(b"https://example.com"), &host, false),
            (GeneralName::Email(b"example.com"), &host, false),
        ] {
            assert_eq!(matches(&presented, name), is_match, "{presented:?} for {name:?}");
        }
        assert_eq!(text(&GeneralName::Ip(&v4_octets)), "192.0.2.1");
        assert_eq!(text(&GeneralName::Ip(&v6_octets)), "2001:db8::1");
        assert_eq!(text(&GeneralName::Ip(&[1])), "(an address of 1 octets)");
        assert_eq!(expected(&v6), "2001:db8::1");
    }
}
