//! Mail addresses under a constraint.

use super::Side;
use super::host::{Domain, Host};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A mail address: `Local-part "@" Domain` (RFC 5321 §4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox<'a> {
    /// Without quotes: `"bob"@host.test` is nobody else than `bob@host.test`.
    local: Cow<'a, [u8]>,
    host: Host<'a>,
}

/// What a constraint says of mail addresses: one address, those of a host, or those of the hosts below another.
#[derive(Clone, Debug)]
pub(super) enum Constraint<'a> {
    Mailbox(Mailbox<'a>),
    Domain(Domain<'a>),
}

impl<'a> Mailbox<'a> {
    /// Reads an rfc822Name. A host that is an address in brackets is none that could be held against a constraint.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        if text.is_ascii() { Self::read_utf8(text) } else { None }
    }

    /// Reads an SmtpUTF8Mailbox: the local part may have any characters, the host is in ASCII (RFC 9598 §3).
    pub(super) fn read_utf8(text: &'a [u8]) -> Option<Self> {
        str::from_utf8(text).ok()?;
        let (local, host) = match text.strip_prefix(b"\"") {
            Some(quoted) => {
                let (local, rest) = unquote(quoted)?;
                (Cow::Owned(local), rest.strip_prefix(b"@")?)
            }
            None => {
                let at = text.iter().position(|c| *c == b'@')?;
                let (local, host) = text.split_at_checked(at)?;
                let is_atom = |atom: &[u8]| !atom.is_empty() && atom.iter().all(|c| is_atom_text(*c));
                if !local.split(|c| *c == b'.').all(is_atom) {
                    return None;
                }
                (Cow::Borrowed(local), host.strip_prefix(b"@")?)
            }
        };
        Some(Self { local, host: Host::read(host)? })
    }
}

impl<'a> Constraint<'a> {
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        if text.contains(&b'@') { Mailbox::read(text).map(Self::Mailbox) } else { Domain::read(text).map(Self::Domain) }
    }

    /// RFC 5280 §7.5: of the local part every octet counts, of the host capitals do not.
    pub(super) fn covers(&self, name: &Mailbox<'_>, side: Side) -> bool {
        match self {
            Self::Mailbox(own) => own.local == name.local && own.host.is(name.host),
            Self::Domain(domain) => domain.covers_host(name.host, side),
        }
    }
}

/// The local part whose opening quote is read already, and what follows the closing one.
fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut local = Vec::new();
    let mut rest = text;
    loop {
        let c;
        (c, rest) = match rest {
            [b'"', rest @ ..] => return Some((local, rest)),
            [b'\\', c, rest @ ..] | [c, rest @ ..] => (*c, rest),
            [] => return None,
        };
        if c.is_ascii_control() {
            return None;
        }
        local.push(c);
    }
}

/// `atext` (RFC 5322 §3.2.3), or part of a character that is not ASCII (RFC 6531 §3.3).
fn is_atom_text(c: u8) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || b"!#$%&'*+-/=?^_`{|}~".contains(&c)
}

#[cfg(test)]
mod tests {
    use super::Side::{Excluded, Permitted};
    use super::*;

    #[test]
    fn mail_addresses() {
        for (address, local) in [
            ("bob@host.test", &b"bob"[..]),
            ("a.b+c@host.test", b"a.b+c"),
            ("\"bob\"@host.test", b"bob"),
            ("\"b\\ob\"@host.test", b"bob"),
            ("\"a@evil.test\"@host.test", b"a@evil.test"),
            ("\"a\\\"@evil.test\"@host.test", b"a\"@evil.test"),
            ("\"\"@host.test", b""),
        ] {
            let mailbox = Mailbox::read(address.as_bytes()).unwrap();
            assert_eq!((&*mailbox.local, Some(mailbox.host)), (local, Host::read(b"host.test")), "{address}");
        }
        for bad in [
            "",
            "@",
            "bob",
            "bob@",
            "@host.test",
            "a@evil.test@host.test",
            "bob@[192.0.2.1]",
            "bob@host.test.",
            "bob@.host.test",
            "bob@*.test",
            ".bob@host.test",
            "b..ob@host.test",
            "bob.@host.test",
            "b ob@host.test",
            "<bob@host.test>",
            "bob\0@host.test",
            "\"bob@host.test",
            "\"bob\"x@host.test",
            "\"bob\"host.test",
            "\"bo\0b\"@host.test",
            "\"bob\\",
            "b\u{f6}b@host.test",
            "bob@h\u{f6}st.test",
        ] {
            assert_eq!(Mailbox::read(bad.as_bytes()), None, "{bad:?}");
        }
        assert!(Mailbox::read_utf8("b\u{f6}b@host.test".as_bytes()).is_some());
        assert!(Mailbox::read_utf8("bob@h\u{f6}st.test".as_bytes()).is_none());
        assert!(Mailbox::read_utf8(b"b\xffb@host.test").is_none());
    }

    #[test]
    fn constraints_on_mail_addresses() {
        for (constraint, address, permits, excludes) in [
            ("bob@host.test", "bob@HOST.test", true, true),
            ("bob@host.test", "Bob@host.test", false, false),
            ("bob@host.test", "\"bob\"@host.test", true, true),
            ("\"b\\ob\"@host.test", "bob@host.test", true, true),
            ("bob@host.test", "bob@a.host.test", false, false),
            ("host.test", "any.body@Host.test", true, true),
            ("host.test", "bob@a.host.test", false, false),
            ("host.test", "\"bob@host.test\"@evil.test", false, false),
            (".host.test", "bob@a.host.test", true, true),
            (".host.test", "bob@host.test", false, false),
            ("", "bob@host.test", false, true),
        ] {
            let read = Constraint::read(constraint.as_bytes()).unwrap();
            let mailbox = Mailbox::read(address.as_bytes()).unwrap();
            assert_eq!(read.covers(&mailbox, Permitted), permits, "{constraint} permits {address}");
            assert_eq!(read.covers(&mailbox, Excluded), excludes, "{constraint} excludes {address}");
        }
        for bad in ["@host.test", "bob@", "a@b@c", "*.test", "host.test.", "h\u{f6}st.test"] {
            assert!(Constraint::read(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }
}
