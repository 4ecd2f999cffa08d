//! Names as text: distinguished names and the general names of X.509, as Node.js has them in its objects.

use super::names;
use super::value::{Value, hex};
use crate::asn1::{Element, Reader, constructed};
use crate::error::Rule;
use crate::escape::escape;
use crate::extension::GeneralName;
use crate::oid::dotted;
use crate::subject::{Name, decode};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net;
use der::Tag;

/// The attributes of a name, each with its values; those that are there several times have a list. One that cannot be read says
/// so under `error`.
pub(super) fn attributes(name: Name<'_>) -> Value {
    let mut fields: Vec<(Cow<'static, str>, Value)> = Vec::new();
    let attributes = match name.attributes() {
        Ok(attributes) => attributes,
        Err(rule) => return error(&rule),
    };
    for own in attributes {
        let key = names::attribute(own.kind);
        let value = Value::Text(attribute_value(&own.value));
        match fields.iter_mut().find(|(known, _)| *known == key) {
            Some((_, Value::List(list))) if list.len() > Value::MAX_ELEMENTS => {}
            Some((_, Value::List(list))) if list.len() == Value::MAX_ELEMENTS => list.push(Value::text("and more")),
            Some((_, Value::List(list))) => list.push(value),
            Some((_, first)) => {
                let one = core::mem::replace(first, Value::Flag(false));
                *first = Value::List([one, value].into());
            }
            None => fields.push((key.into(), value)),
        }
        // A name of very many types is an attack on whoever looks them up.
        if fields.len() > MAX_TYPES {
            return error(&Rule::Malformed("name: too many types of attributes"));
        }
    }
    Value::Fields(fields)
}

/// How many different types of attributes a name is taken apart for.
pub(super) const MAX_TYPES: usize = 256;

pub(super) fn error(rule: &Rule) -> Value {
    Value::Fields([("error".into(), Value::Text(rule.to_string()))].into())
}

/// RFC 4514 §2.4: what is no string is written as the digits of its encoding.
fn attribute_value(value: &Element<'_>) -> String {
    decode(value.tag, value.value).map_or_else(|| format!("#{}", hex(value.der)), Cow::into_owned)
}

/// A name on one line, the last attribute first (RFC 4514 §2), as whoever wrote it has it: only what RFC 4514 §2.4 asks for is
/// escaped.
pub(super) fn one_line(name: Name<'_>) -> Result<String, Rule> {
    let mut out = String::new();
    let mut before = None;
    for own in name.attributes()?.into_iter().rev() {
        match before {
            None => {}
            Some(rdn) if rdn == own.rdn => out.push('+'),
            Some(_) => out.push(','),
        }
        before = Some(own.rdn);
        out.push_str(&names::attribute(own.kind));
        out.push('=');
        let value = attribute_value(&own.value);
        let is_string = decode(own.value.tag, &[]).is_some();
        let last = value.chars().count().saturating_sub(1);
        for (at, c) in value.chars().enumerate() {
            let is_edge = at == 0 && matches!(c, ' ' | '#') || at == last && c == ' ';
            if is_string && (is_edge || matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    Ok(out)
}

/// A name of a certificate with its kind, as in `DNS:www.example.com`: escaped, and cut to 64 bytes.
pub fn general_name(name: &GeneralName<'_>) -> String {
    const SHOWN: usize = 64;
    escape(&NameText::of(name).plain(), SHOWN)
}

/// A general name: what kind it is, and what it says.
pub(super) struct NameText {
    /// `DNS`, `URI`, `IP Address` …
    kind: &'static str,
    /// What an otherName is, and nothing for others.
    inner: Option<&'static str>,
    text: String,
    /// Whether the text may have other characters than those of ASCII.
    is_utf8: bool,
}

impl NameText {
    /// Reads the next name of a list.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Rule> {
        let element = reader.element()?;
        if element.tag == constructed(0) {
            return Ok(Self::other(element.value));
        }
        let name = GeneralName::read(&mut Reader::new(element.der, "generalName")?)?;
        Ok(match name {
            GeneralName::Other(8) => Self::new("Registered ID", dotted(element.value)),
            name => Self::of(&name),
        })
    }

    /// One that was read already. Of forms that nobody here takes apart only the kind is left.
    pub(super) fn of(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::Dns(text) => Self::new("DNS", latin1(text)),
            GeneralName::Email(text) => Self::new("email", latin1(text)),
            GeneralName::Uri(text) => Self::new("URI", latin1(text)),
            GeneralName::Ip(octets) => Self::new("IP Address", address(octets)),
            GeneralName::Directory(name) => {
                let text = one_line(*name).unwrap_or_else(|_| "<malformed>".to_string());
                Self { is_utf8: true, ..Self::new("DirName", text) }
            }
            GeneralName::SmtpUtf8Mailbox(text) => Self {
                inner: Some("SmtpUTF8Mailbox"),
                is_utf8: true,
                ..Self::new("othername", String::from_utf8_lossy(text).into_owned())
            },
            GeneralName::Other(3) => Self::new("X400Name", UNSUPPORTED),
            GeneralName::Other(5) => Self::new("EdiPartyName", UNSUPPORTED),
            GeneralName::Other(8) => Self::new("Registered ID", UNSUPPORTED),
            GeneralName::Other(_) => Self::new("othername", UNSUPPORTED),
        }
    }

    fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self { kind, inner: None, text: text.into(), is_utf8: false }
    }

    /// An otherName of a type that has a text.
    fn other(content: &[u8]) -> Self {
        const TYPES: &[(&str, &str, Tag)] = &[
            ("1.3.6.1.5.5.7.8.9", "SmtpUTF8Mailbox", Tag::Utf8String),
            ("1.3.6.1.5.5.7.8.5", "XmppAddr", Tag::Utf8String),
            ("1.3.6.1.5.5.7.8.7", "SRVName", Tag::Ia5String),
            ("1.3.6.1.5.5.7.8.8", "NAIRealm", Tag::Utf8String),
            ("1.3.6.1.4.1.311.20.2.3", "UPN", Tag::Utf8String),
        ];
        let read = || -> Result<Option<Self>, Rule> {
            let mut reader = Reader::new(content, "otherName")?;
            let kind = dotted(reader.take(Tag::ObjectIdentifier)?);
            let mut value = Reader::new(reader.take(constructed(0))?, "otherName")?;
            let value = value.element()?;
            let known = TYPES.iter().find(|(oid, _, tag)| *oid == kind && *tag == value.tag);
            Ok(known.map(|(_, name, tag)| Self {
                inner: Some(name),
                is_utf8: *tag == Tag::Utf8String,
                ..Self::new("othername", String::from_utf8_lossy(value.value).into_owned())
            }))
        };
        read().ok().flatten().unwrap_or_else(|| Self::new("othername", UNSUPPORTED))
    }

    /// The kind of name, as Node.js has it.
    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    /// What the name says.
    pub(super) fn into_text(self) -> String {
        match self.inner {
            Some(inner) => format!("{inner}:{}", self.text),
            None => self.text,
        }
    }

    /// Kind and name, as they are.
    pub(super) fn plain(self) -> String {
        let kind = self.kind;
        format!("{kind}:{}", self.into_text())
    }

    /// Kind and name in a list of names that stands on one line: what could be taken for another name of it is quoted as JSON
    /// does it, and then has no comma (CVE-2021-44532).
    pub(super) fn quoted(self) -> String {
        let prefix = self.inner.map(|inner| format!("{inner}:")).unwrap_or_default();
        let is_unsafe = |c: char| matches!(c, '"' | '\\' | ',' | '\'') || !self.is_printable(c);
        if self.kind == "Registered ID" || !self.text.chars().any(is_unsafe) {
            return format!("{}:{prefix}{}", self.kind, self.text);
        }
        let mut out = format!("{}:\"{prefix}", self.kind);
        for c in self.text.chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                c if c != ',' && self.is_printable(c) => out.push(c),
                c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            }
        }
        out.push('"');
        out
    }

    fn is_printable(&self, c: char) -> bool {
        matches!(c, ' '..='~') || self.is_utf8 && !c.is_ascii()
    }
}

/// What stands for a name that has no text.
const UNSUPPORTED: &str = "<unsupported>";

/// Octets that should be ASCII, each as the character of its number, so that none is lost.
fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// An address; in a constraint also one with its mask.
fn address(octets: &[u8]) -> String {
    let one = |octets: &[u8]| match (<[u8; 4]>::try_from(octets), <[u8; 16]>::try_from(octets)) {
        (Ok(octets), _) => Some(net::Ipv4Addr::from(octets).to_string()),
        (_, Ok(octets)) => {
            let groups = net::Ipv6Addr::from(octets).segments().map(|group| format!("{group:X}"));
            Some(groups.join(":"))
        }
        _ => None,
    };
    if let Some(address) = one(octets) {
        return address;
    }
    let (address, mask) = octets.split_at_checked(octets.len() / 2).unwrap_or_default();
    match (one(address), one(mask)) {
        (Some(address), Some(mask)) => format!("{address}/{mask}"),
        _ => "<invalid>".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{oid as encode_oid, sequence, tlv};

    fn read(der: &[u8]) -> NameText {
        NameText::read(&mut Reader::new(der, "test").unwrap()).unwrap()
    }

    #[test]
    fn kinds_of_names() {
        for (tag, content, plain) in [
            (0x82, &b"a.test"[..], "DNS:a.test"),
            (0x81, b"a@b", "email:a@b"),
            (0x86, b"http://a", "URI:http://a"),
            (0x87, &[192, 0, 2, 1], "IP Address:192.0.2.1"),
            (0x87, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "IP Address:2001:DB8:0:0:0:0:0:1"),
            (0x87, &[192, 0, 2, 0, 255, 255, 255, 0], "IP Address:192.0.2.0/255.255.255.0"),
            (0x87, &[1, 2, 3], "IP Address:<invalid>"),
            (0x88, &[0x2a, 3, 4], "Registered ID:1.2.3.4"),
            (0xa3, &[5, 0], "X400Name:<unsupported>"),
            (0xa5, &[5, 0], "EdiPartyName:<unsupported>"),
            (0xa0, &[5, 0], "othername:<unsupported>"),
        ] {
            let der = tlv(tag, &[content]);
            assert_eq!(read(&der).plain(), plain);
            assert_eq!(read(&der).quoted(), plain);
        }
        let upn =
            tlv(0xa0, &[&encode_oid(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3]), &tlv(0xa0, &[&tlv(0x0c, &[b"a@b"])])]);
        assert_eq!(read(&upn).plain(), "othername:UPN:a@b");
    }

    /// A name that holds another one does not become it (CVE-2021-44532).
    #[test]
    fn a_name_in_a_list_is_one_name() {
        for (name, quoted) in [
            (&b"a.test, DNS:b.test"[..], "DNS:\"a.test\\u002c DNS:b.test\""),
            (b"a\"b\\", "DNS:\"a\\\"b\\\\\""),
            (b"it's", "DNS:\"it's\""),
            (b"a\xfc\x1b\x7f", "DNS:\"a\\u00fc\\u001b\\u007f\""),
            (b"", "DNS:"),
        ] {
            assert_eq!(read(&tlv(0x82, &[name])).quoted(), quoted);
        }
    }

    #[test]
    fn distinguished_names() {
        let attribute = |kind: &[u8], tag, value: &[u8]| sequence(&[&encode_oid(kind), &tlv(tag, &[value])]);
        let name = [
            tlv(0x31, &[&attribute(&[0x55, 4, 6], 0x13, b"DE")]),
            tlv(0x31, &[&attribute(&[0x55, 4, 11], 0x0c, b"a,b"), &attribute(&[0x55, 4, 11], 0x0c, b" c ")]),
            tlv(0x31, &[&attribute(&[0x55, 4, 99], 2, &[1])]),
            tlv(0x31, &[&attribute(&[0x55, 4, 9], 0x0c, b"#1")]),
        ]
        .concat();
        assert_eq!(one_line(Name::new(&name)).unwrap(), "street=\\#1,2.5.4.99=#020101,OU=\\ c\\ +OU=a\\,b,C=DE");
        let fields = attributes(Name::new(&name));
        assert_eq!(fields.get("C"), Some(&Value::text("DE")));
        assert_eq!(fields.get("OU"), Some(&Value::List([Value::text("a,b"), Value::text(" c ")].into())));
        assert_eq!(attributes(Name::new(&[1])).get("error"), Some(&Value::text("its name is malformed")));
        assert_eq!(attributes(Name::new(&[])), Value::Fields(Vec::new()));
    }
}
