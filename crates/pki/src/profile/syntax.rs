//! The forms of names in certificates: of hosts, mailboxes and URIs.

/// The longest host name, in octets (RFC 1034 §3.1, without the length of the root).
const HOST_MAX: usize = 253;

/// Whether `name` is a host name in the preferred name syntax (RFC 1034 §3.5, RFC 1123 §2.1), with or without a wildcard
/// as its whole first label.
///
/// RFC 5280 §4.2.1.6 leaves wildcards to those who define them, and RFC 9525 §6.3 does. A dot at the end is not part of the
/// syntax, and dotted decimal would be an address.
pub(crate) fn is_dns_name(name: &[u8]) -> bool {
    is_host(name.strip_prefix(b"*.").unwrap_or(name))
}

/// As [`is_dns_name`], without wildcards.
pub(crate) fn is_host(name: &[u8]) -> bool {
    let is_label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-')
            && label.first() != Some(&b'-')
            && label.last() != Some(&b'-')
    };
    let is_number = |label: &[u8]| label.iter().all(u8::is_ascii_digit);
    name.len() <= HOST_MAX && labels(name).all(is_label) && !labels(name).next_back().is_some_and(is_number)
}

/// The labels of a host name.
pub(super) fn labels(name: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    name.split(|c| *c == b'.')
}

/// Whether a label with two hyphens in the third and fourth place, which RFC 5890 §2.3.1 reserves, is an A-label by its
/// shape: `xn--` and Punycode. A label without them is fine.
pub(super) fn is_unreserved_or_punycode(label: &[u8]) -> bool {
    match label.split_at_checked(4) {
        Some((prefix, rest)) if prefix.ends_with(b"--") => {
            prefix.eq_ignore_ascii_case(b"xn--") && is_punycode(rest).is_some()
        }
        _ => true,
    }
}

/// Decodes Punycode (RFC 3492 §6.2) without keeping what comes out; `None` when nothing does, or no text.
fn is_punycode(input: &[u8]) -> Option<()> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    let (basic, extended) = match input.iter().rposition(|c| *c == b'-') {
        Some(at) => (at, input.get(at.checked_add(1)?..)?),
        None => (0, input),
    };
    let mut digits = extended.iter().map(|c| match c {
        b'a'..=b'z' => Some(u32::from(c - b'a')),
        b'A'..=b'Z' => Some(u32::from(c - b'A')),
        b'0'..=b'9' => Some(u32::from(c - b'0') + 26),
        _ => None,
    });
    let mut len = u32::try_from(basic).ok()?;
    let (mut code, mut at, mut bias, mut is_first) = (128_u32, 0_u32, 72_u32, true);
    let mut next = Some(digits.next()??);
    while let Some(first) = next {
        let before = at;
        let (mut weight, mut k, mut digit) = (1_u32, BASE, first);
        loop {
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE.checked_sub(threshold)?)?;
            k = k.checked_add(BASE)?;
            digit = digits.next()??;
        }
        len = len.checked_add(1)?;
        bias = adapt(at.checked_sub(before)?, len, is_first);
        is_first = false;
        code = code.checked_add(at.checked_div(len)?)?;
        at = at.checked_rem(len)?.checked_add(1)?;
        char::from_u32(code)?;
        next = match digits.next() {
            Some(digit) => Some(digit?),
            None => None,
        };
    }
    Some(())
}

/// RFC 3492 §6.1.
fn adapt(delta: u32, len: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta = delta.saturating_add(delta.checked_div(len).unwrap_or(0));
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

/// Whether `name` is a Mailbox (RFC 2821 §4.1.2): no phrase around it, no comment.
pub(crate) fn is_mailbox(name: &[u8]) -> bool {
    let Some(at) = name.iter().rposition(|c| *c == b'@') else {
        return false;
    };
    let (local, domain) = name.split_at(at);
    let domain = domain.strip_prefix(b"@").unwrap_or(domain);
    let is_literal = matches!(domain, [b'[', inner @ .., b']'] if is_visible(inner, b"[]\\"));
    (is_local_part(local) || is_quoted(local)) && (is_literal || is_host(domain))
}

/// Atoms with dots between them.
fn is_local_part(local: &[u8]) -> bool {
    let is_atom = |c: &u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(c);
    local.split(|c| *c == b'.').all(|atom| !atom.is_empty() && atom.iter().all(is_atom))
}

fn is_quoted(local: &[u8]) -> bool {
    let [b'"', inner @ .., b'"'] = local else {
        return false;
    };
    let mut octets = inner.iter();
    while let Some(c) = octets.next() {
        let c = match c {
            b'\\' => octets.next(),
            b'"' => None,
            c => Some(c),
        };
        if !c.is_some_and(|c| (b' '..=b'~').contains(c)) {
            return false;
        }
    }
    true
}

/// Whether `uri` is an absolute URI (RFC 3986 §3): a scheme and something behind it.
pub(super) fn is_uri(uri: &[u8]) -> bool {
    split_uri(uri).is_some()
}

/// Whether `uri` is an absolute URI, and if it names an authority, one with a host name or an address: what RFC 5280
/// §4.2.1.6 wants of alternative names.
pub(crate) fn is_uri_with_host(uri: &[u8]) -> bool {
    let Some((_, rest)) = split_uri(uri) else {
        return false;
    };
    let Some(rest) = rest.strip_prefix(b"//") else {
        return true;
    };
    let authority = rest.split(|c| b"/?#".contains(c)).next().unwrap_or_default();
    let host = authority.rsplit(|c| *c == b'@').next().unwrap_or_default();
    if let Some(literal) = host.strip_prefix(b"[") {
        return literal.contains(&b']');
    }
    let host = host.split(|c| *c == b':').next().unwrap_or_default();
    is_host(host) || core::str::from_utf8(host).is_ok_and(|host| host.parse::<core::net::Ipv4Addr>().is_ok())
}

/// Whether `uri` is an absolute URI of the scheme http.
pub(super) fn is_http_uri(uri: &[u8]) -> bool {
    split_uri(uri).is_some_and(|(scheme, rest)| scheme.eq_ignore_ascii_case(b"http") && rest.starts_with(b"//"))
}

fn split_uri(uri: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = uri.iter().position(|c| *c == b':')?;
    let (scheme, rest) = uri.split_at(at);
    let rest = rest.strip_prefix(b":")?;
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(c));
    (is_scheme && is_visible(rest, b"\"<>\\^`{|}")).then_some((scheme, rest))
}

/// Not empty, ASCII without controls and spaces, and none of `except`.
fn is_visible(text: &[u8], except: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|c| c.is_ascii_graphic() && !except.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn hosts() {
        for name in ["host.test", "localhost", "*.host.test", "1.2.3.a", "3com.test", "xn--bcher-kva.test", "A-b.C"] {
            assert!(is_dns_name(name.as_bytes()), "{name}");
        }
        for name in [
            "",
            " ",
            ".",
            "host.test.",
            ".host.test",
            "a..b",
            "-a.test",
            "a-.test",
            "a_b.test",
            "w*.test",
            "*",
            "*.",
            "a.*.test",
            "**.test",
            "192.0.2.1",
            "a.b.3",
            "bücher.test",
            "a b.test",
            "host.test\0",
            "a.-",
        ] {
            assert!(!is_dns_name(name.as_bytes()), "{name}");
        }
        assert!(is_dns_name(&[b'a'; 63]) && !is_dns_name(&[b'a'; 64]));
        let long = |len: usize| [vec![b'a'; 62], vec![b'.']].concat().repeat(5)[..len].to_vec();
        assert!(is_dns_name(&long(253)) && !is_dns_name(&long(254)));
        assert!(!is_host(b"*.host.test"));
    }

    /// The samples are those of RFC 3492 §7.1 and RFC 5891's own.
    #[test]
    fn reserved_labels() {
        for label in [
            "host",
            "a--b",
            "xn--bcher-kva",
            "XN--BCHER-KVA",
            "xn--ihqwcrb4cv8a8dqg056pqjye",
            "xn--egbpdaj6bu4bxfgehfvwxn",
            "xn--zckzah",
            "xn--3b-ww4c5e180e575a65lsy2b",
        ] {
            assert!(is_unreserved_or_punycode(label.as_bytes()), "{label}");
        }
        for label in ["ab--cd", "xn--", "xn--z", "xn--abc-", "xn--99999999", "xn--b\u{fc}", "xm--bcher-kva", "xn--a-b_"]
        {
            assert!(!is_unreserved_or_punycode(label.as_bytes()), "{label}");
        }
    }

    #[test]
    fn mailboxes() {
        for name in ["a@host.test", "a.b+c@host.test", "\"a b\\\"c\"@host.test", "a@[192.0.2.1]", "a@localhost"] {
            assert!(is_mailbox(name.as_bytes()), "{name}");
        }
        for name in [
            "",
            "a",
            "@host.test",
            "a@",
            "a b@host.test",
            "A <a@host.test>",
            "a@host.test (b)",
            ".a@host.test",
            "a..b@host.test",
            "a@*.test",
            "a@host.test.",
            "\"a\"b\"@host.test",
            "\"a\\\"@host.test",
            "a@[]",
            "ü@host.test",
        ] {
            assert!(!is_mailbox(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn uris() {
        for uri in ["http://host.test/a?b#c", "spiffe://trust/x", "urn:a:b", "ftp://u@192.0.2.1:21/", "http://[::1]/"] {
            assert!(is_uri_with_host(uri.as_bytes()), "{uri}");
        }
        for uri in [
            "",
            "/a",
            "host.test/a",
            "http:",
            ":a",
            "1a:b",
            "http://",
            "http:///a",
            "a:b c",
            "a:<b>",
            "a:ü",
            "http://a_b/",
        ] {
            assert!(!is_uri_with_host(uri.as_bytes()), "{uri}");
        }
        assert!(is_uri(b"ldap:///cn=x") && !is_uri(b"//host.test"));
        assert!(is_http_uri(b"HTTP://host.test") && !is_http_uri(b"https://host.test") && !is_http_uri(b"http:x"));
    }
}
