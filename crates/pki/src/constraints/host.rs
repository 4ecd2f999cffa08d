//! Host names under a constraint: those of a dNSName, and those in a mail address or a URI.

use super::Side;

/// A host name: labels of letters, digits, hyphens and underscores, no dot at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Host<'a>(&'a [u8]);

/// RFC 1034 §3.1, without the empty label of the root.
const MAX_LEN: usize = 253;
const MAX_LABEL: usize = 63;

impl<'a> Host<'a> {
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let is_label = |label: &[u8]| {
            (1..=MAX_LABEL).contains(&label.len())
                && label.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
        };
        (text.len() <= MAX_LEN && text.split(|c| *c == b'.').all(is_label)).then_some(Self(text))
    }

    /// The host of a URI (RFC 3986 §3); `None` if it has none, or has an address instead.
    ///
    /// RFC 5280 §4.2.1.10: such a URI cannot be held against a constraint, and refuses the certificate. So does whatever
    /// one parser of URIs might read in another way than the next.
    pub(super) fn of_uri(uri: &'a [u8]) -> Option<Self> {
        let (scheme, rest) = split_once(uri, b':')?;
        let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
            && scheme.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.'));
        let rest = rest.strip_prefix(b"//").filter(|_| is_scheme)?;
        let authority = rest.split(|c| matches!(c, b'/' | b'?' | b'#')).next()?;
        let host_and_port = match split_once(authority, b'@') {
            Some((user, rest)) if user.iter().all(|c| is_user_info(*c)) => rest,
            Some(_) => return None,
            None => authority,
        };
        let host = match split_once(host_and_port, b':') {
            Some((host, port)) if port.iter().all(u8::is_ascii_digit) => host,
            Some(_) => return None,
            None => host_and_port,
        };
        Self::read(host).filter(|host| !host.looks_like_an_address())
    }

    /// The last label is a number, so that some would read the whole as an IPv4 address: `127.1`, `0x7f000001`.
    fn looks_like_an_address(self) -> bool {
        let last = self.0.rsplit(|c| *c == b'.').next().unwrap_or_default();
        let is_hexadecimal = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
        last.iter().all(u8::is_ascii_digit)
            || matches!(last, [b'0', b'x' | b'X', digits @ ..] if is_hexadecimal(digits))
    }

    pub(super) fn is(self, other: Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }

    /// One or more labels stand before `parent`.
    fn is_below(self, parent: Self) -> bool {
        let at = self.0.len().checked_sub(parent.0.len());
        at.and_then(|at| self.0.split_at_checked(at))
            .is_some_and(|(front, back)| front.ends_with(b".") && back.eq_ignore_ascii_case(parent.0))
    }

    fn parent(self) -> Option<Self> {
        split_once(self.0, b'.').map(|(_, parent)| Self(parent))
    }
}

/// A dNSName of a certificate: a host, or the hosts one label below it.
#[derive(Clone, Copy, Debug)]
pub(super) struct DnsName<'a> {
    is_wildcard: bool,
    host: Host<'a>,
}

impl<'a> DnsName<'a> {
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let below = text.strip_prefix(b"*.");
        Some(Self { is_wildcard: below.is_some(), host: Host::read(below.unwrap_or(text))? })
    }
}

/// What a constraint says of hosts: `host.test`, `.host.test`, or nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Domain<'a> {
    /// `None` in an empty constraint.
    host: Option<Host<'a>>,
    /// It begins with a dot: only what is below the host is meant.
    only_below: bool,
}

impl<'a> Domain<'a> {
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let below = text.strip_prefix(b".");
        let host = if text.is_empty() { None } else { Some(Host::read(below.unwrap_or(text))?) };
        Some(Self { host, only_below: below.is_some() })
    }

    /// The constraint of a URI cannot be an address.
    pub(super) fn read_for_uri(text: &'a [u8]) -> Option<Self> {
        Self::read(text).filter(|domain| !domain.host.is_some_and(Host::looks_like_an_address))
    }

    /// Whether a dNSName falls under it. RFC 5280 §4.2.1.10: any number of labels may be added, so an empty constraint
    /// is for every name. A dot at the beginning is not in the RFC but in Mozilla's roots, and everybody reads it so that
    /// at least one label has to be added.
    pub(super) fn covers_name(&self, name: &DnsName<'_>, side: Side) -> bool {
        let Some(own) = self.host else {
            return true;
        };
        let is_below = name.host.is_below(own);
        if !name.is_wildcard {
            return is_below || (name.host.is(own) && !self.only_below);
        }
        // A wildcard adds a label. If that leads below the constraint, it does so for every host that it stands for.
        if is_below || name.host.is(own) {
            return true;
        }
        // docs/regressions.md row 60: one of those hosts may be the excluded one.
        side == Side::Excluded && !self.only_below && own.parent().is_some_and(|parent| parent.is(name.host))
    }

    /// Whether the host of a mail address or a URI falls under it: exactly this host, or with a dot at the beginning those
    /// below it (RFC 5280 §4.2.1.10). What an empty constraint means is not said: it permits nothing and excludes
    /// everything.
    pub(super) fn covers_host(&self, host: Host<'_>, side: Side) -> bool {
        match self.host {
            None => side == Side::Excluded,
            Some(own) if self.only_below => host.is_below(own),
            Some(own) => host.is(own),
        }
    }
}

fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = text.splitn(2, |c| *c == at);
    parts.next().zip(parts.next())
}

/// RFC 3986 §3.2.1.
fn is_user_info(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:".contains(&c)
}

#[cfg(test)]
mod tests {
    use super::Side::{Excluded, Permitted};
    use super::*;

    #[test]
    fn hosts() {
        let long = [b'a'; 64];
        for good in [&b"a"[..], b"a.b", b"xn--bcher-kva.test", b"_sip._tcp.test", b"192.0.2.1", &long[..63]] {
            assert!(Host::read(good).is_some(), "{good:?}");
        }
        for bad in [&b""[..], b".", b"a.", b".a", b"a..b", b"*.a", b"a b", b"a\0.b", b"\xc3\xbc.test", b"a@b", &long] {
            assert_eq!(Host::read(bad), None, "{bad:?}");
        }
        assert!(Host::read(&b"a.".repeat(127)[..253]).is_some());
        assert!(Host::read(&b"a.".repeat(128)[..255]).is_none());
    }

    /// docs/regressions.md rows 60 (wildcards, capitals, empty names) and 62.
    #[test]
    fn dns_names() {
        for (constraint, name, permits, excludes) in [
            ("host.test", "host.test", true, true),
            ("host.test", "HOST.Test", true, true),
            ("HOST.TEST", "a.b.host.test", true, true),
            ("host.test", "ahost.test", false, false),
            ("host.test", "test", false, false),
            ("host.test", "host.test.evil", false, false),
            (".host.test", "a.host.test", true, true),
            (".host.test", "host.test", false, false),
            (".host.test", "ahost.test", false, false),
            ("", "host.test", true, true),
            ("", "*.host.test", true, true),
            ("host.test", "*.host.test", true, true),
            ("host.test", "*.a.host.test", true, true),
            (".host.test", "*.host.test", true, true),
            (".host.test", "*.a.host.test", true, true),
            // Some of the hosts are excluded, not all are permitted.
            ("foo.host.test", "*.host.test", false, true),
            ("FOO.host.test", "*.HOST.test", false, true),
            ("foo.test", "*.test", false, true),
            // None is: a wildcard is one label.
            (".foo.host.test", "*.host.test", false, false),
            ("a.foo.host.test", "*.host.test", false, false),
            ("foo.host.test", "*.ghost.test", false, false),
            ("test", "*.test", true, true),
            ("xn--bcher-kva.test", "*.test", false, true),
        ] {
            let domain = Domain::read(constraint.as_bytes()).unwrap();
            let read = DnsName::read(name.as_bytes()).unwrap();
            assert_eq!(domain.covers_name(&read, Permitted), permits, "{constraint} permits {name}");
            assert_eq!(domain.covers_name(&read, Excluded), excludes, "{constraint} excludes {name}");
        }
        for bad in ["", "*", "*.", "f*.test", "*.*.test", "a.*.test", "**.test", "host.test.", ".host.test", "a\0.test"]
        {
            assert!(DnsName::read(bad.as_bytes()).is_none(), "{bad:?}");
        }
        for bad in [".", "..", "..a", "*.test", "host.test.", "a\0", "http://host.test", "h\u{f6}st.test"] {
            assert!(Domain::read(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }

    /// docs/regressions.md row 60: URIs, also with an IPv6 address and its zone.
    #[test]
    fn hosts_of_uris() {
        for (uri, host) in [
            ("https://host.test", Some("host.test")),
            ("https://host.test/", Some("host.test")),
            ("spiffe://HOST.test:443/a@b:c", Some("HOST.test")),
            ("https://user:pass%20@host.test:?q@x", Some("host.test")),
            ("https://evil.test@host.test#f", Some("host.test")),
            ("x+y-z.1://a", Some("a")),
            ("", None),
            ("host.test", None),
            ("//host.test", None),
            ("1x://host.test", None),
            ("mailto:a@host.test", None),
            ("urn:host.test", None),
            ("https:host.test", None),
            ("file:///host.test", None),
            ("https://:443/", None),
            ("https://user@/", None),
            ("https://host.test:44a/", None),
            ("https://host.test:1:2/", None),
            ("https://a@evil.test@host.test/", None),
            ("https://evil.test\\@host.test/", None),
            ("https://evil.test\\.host.test/", None),
            ("https://host.test./", None),
            ("https://*.host.test/", None),
            ("https://h%6fst.test/", None),
            ("https://h\u{f6}st.test/", None),
            ("https://host.test\0/", None),
            ("https://192.0.2.1/", None),
            ("https://127.1/", None),
            ("https://0x7f000001/", None),
            ("https://a.0X7f/", None),
            ("https://[2001:db8::1]/", None),
            ("https://[fe80::1%25host.test]/", None),
            ("https://[fe80::1%25.host.test]:443/", None),
            ("https://fe80::1/", None),
        ] {
            assert_eq!(Host::of_uri(uri.as_bytes()), host.map(|host| Host(host.as_bytes())), "{uri:?}");
        }
        assert!(Domain::read_for_uri(b"host.test").is_some());
        assert!(Domain::read_for_uri(b"192.0.2.1").is_none());
    }

    #[test]
    fn hosts_in_mail_addresses_and_uris() {
        for (constraint, host, permits, excludes) in [
            ("host.test", "Host.test", true, true),
            ("host.test", "a.host.test", false, false),
            (".host.test", "host.test", false, false),
            (".host.test", "a.b.HOST.test", true, true),
            (".host.test", "ahost.test", false, false),
            ("", "host.test", false, true),
        ] {
            let domain = Domain::read(constraint.as_bytes()).unwrap();
            let host = Host::read(host.as_bytes()).unwrap();
            assert_eq!(domain.covers_host(host, Permitted), permits, "{constraint} permits {host:?}");
            assert_eq!(domain.covers_host(host, Excluded), excludes, "{constraint} excludes {host:?}");
        }
    }
}
