//! Names of subjects and issuers.

use crate::asn1::Reader;
use crate::error::Rule;
use crate::escape::Text;
use crate::oid;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use der::Tag;

/// A distinguished name: the content octets of an RDNSequence, without the outer tag and length.
///
/// ```text
/// Name                  ::= SEQUENCE OF RelativeDistinguishedName         RFC 5280 §4.1.2.4
/// RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
/// AttributeTypeAndValue ::= SEQUENCE {
///     type     OBJECT IDENTIFIER
///     value    ANY, mostly a string }
/// ```
///
/// Names are equal when their encodings are. RFC 5280 §7.1 would also equate different string types and different
/// capitals and spaces; but an issuing CA copies its own subject, and §4.1.2.6 tells it to keep the encoding, so the
/// comparison of octets refuses nothing that is issued in practice and can confuse no two names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name<'a>(&'a [u8]);

/// The longest text a name displays as, in bytes.
const DISPLAY_LIMIT: usize = 128;

impl<'a> Name<'a> {
    /// The name whose RDNSequence has these content octets.
    pub const fn new(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The content octets.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The name as DER, with its tag and length.
    pub fn to_der(self) -> Vec<u8> {
        crate::encode::sequence(&[self.0])
    }

    /// Whether it has no attribute at all; such a certificate speaks through its subjectAltName only.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The name in the order of the certificate, as RFC 4514 writes attributes, at most `limit` bytes and an
    /// ellipsis; what could harm a terminal or fake another attribute is escaped. For people, not for comparison.
    pub fn text(self, limit: usize) -> String {
        if self.is_empty() {
            return "empty name".to_string();
        }
        let mut out = Text::new(limit);
        if self.write(&mut out).is_err() {
            out.plain("(malformed name)");
        }
        out.finish()
    }

    fn write(self, out: &mut Text) -> Result<(), Rule> {
        let mut names = Reader::new(self.0, "name")?;
        let mut first = true;
        while !names.is_empty() && !out.is_full() {
            let mut attributes = Reader::new(names.take(Tag::Set)?, "name")?;
            let mut separator = if first { "" } else { ", " };
            first = false;
            while !attributes.is_empty() && !out.is_full() {
                let mut attribute = Reader::new(attributes.take(Tag::Sequence)?, "name")?;
                let kind = attribute.take(Tag::ObjectIdentifier)?;
                let value = attribute.element()?;
                out.plain(separator);
                match short_name(kind) {
                    Some(name) => out.plain(name),
                    None => out.plain(&oid::dotted(kind)),
                }
                out.plain("=");
                write_value(out, value.tag, value.value);
                separator = " + ";
            }
        }
        Ok(())
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(DISPLAY_LIMIT))
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// The names that RFC 4514 §3 and long custom give to attribute types.
fn short_name(kind: &[u8]) -> Option<&'static str> {
    Some(match kind {
        oid::COMMON_NAME => "CN",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 9] => "STREET",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 97] => "organizationIdentifier",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1] => "UID",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25] => "DC",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "emailAddress",
        _ => return None,
    })
}

fn write_value(out: &mut Text, tag: Tag, value: &[u8]) {
    match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            let chars = value.utf8_chunks().flat_map(|chunk| {
                let broken = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
                chunk.valid().chars().chain(broken)
            });
            write_chars(out, chars);
        }
        // T.61 was always used as if it were Latin-1.
        Tag::TeletexString => write_chars(out, value.iter().copied().map(char::from)),
        Tag::BmpString => {
            let units = value.chunks(2).map(|unit| match unit {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xfffd,
            });
            write_chars(out, char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        _ => out.plain("(not text)"),
    }
}

fn write_chars(out: &mut Text, chars: impl Iterator<Item = char>) {
    for c in chars {
        if out.is_full() {
            break;
        }
        // RFC 4514 §2.4: without the backslash a value could look like the next attribute.
        if matches!(c, ',' | '+' | '"' | ';' | '<' | '>' | '=') {
            out.plain("\\");
        }
        out.escape(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{oid as encode_oid, sequence, tlv};
    use alloc::vec::Vec;

    fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        sequence(&[&encode_oid(kind), &tlv(tag, &[value])])
    }

    #[test]
    fn text_of_a_name() {
        let name = [
            tlv(0x31, &[&attribute(&[0x55, 4, 6], 0x13, b"DE")]),
            tlv(
                0x31,
                &[&attribute(&[0x55, 4, 10], 0x1e, &[0, b'A', 0, 0xfc]), &attribute(&[0x55, 4, 99], 0x14, &[0xfc])],
            ),
            tlv(0x31, &[&attribute(&[0x55, 4, 3], 0x0c, "a, O=b".as_bytes())]),
            tlv(0x31, &[&attribute(&[0x55, 4, 5], 0x02, &[1])]),
        ]
        .concat();
        assert_eq!(Name::new(&name).to_string(), "C=DE, O=Aü + 2.5.4.99=ü, CN=a\\, O\\=b, serialNumber=(not text)");
        assert_eq!(Name::new(&[]).to_string(), "empty name");
        assert_eq!(Name::new(&[0x31, 5, 1]).to_string(), "(malformed name)");
    }

    /// docs/regressions.md rows 31 and 90.
    #[test]
    fn hostile_names_are_escaped_and_cut() {
        let evil = tlv(0x31, &[&attribute(&[0x55, 4, 3], 0x0c, "\u{1b}[31m\u{202e}\n".as_bytes())]);
        assert_eq!(Name::new(&evil).to_string(), "CN=\\u{1b}[31m\\u{202e}\\n");
        let long = tlv(0x31, &[&attribute(&[0x55, 4, 3], 0x0c, &[b'x'; 60_000])]);
        assert!(Name::new(&long).to_string().len() <= DISPLAY_LIMIT + '…'.len_utf8());
        let many = tlv(0x31, &[&attribute(&[0x55, 4, 3], 0x0c, b"x")]).repeat(1000);
        assert!(Name::new(&many).to_string().len() <= DISPLAY_LIMIT + '…'.len_utf8());
    }
}
