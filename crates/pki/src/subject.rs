//! Names of subjects and issuers.

use crate::asn1::{Element, Reader};
use crate::encode;
use crate::error::Rule;
use crate::escape::Text;
use crate::oid;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec;
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
/// Two names are `==` when their encodings are the same. Whether they are names of one and the same is asked with
/// [`Name::matches`], as RFC 5280 §7.1 has it: string types, capitals and spaces make no difference.
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
        encode::sequence(&[self.0])
    }

    /// Whether it has no attribute at all; such a certificate speaks through its subjectAltName only.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is the same name (RFC 5280 §7.1). One that cannot be read is the same as its own octets.
    pub fn matches(self, other: Name<'_>) -> bool {
        self.0 == other.0 || self.key() == other.key()
    }

    /// What names are looked up by: the canonical form, or the octets of a name that has none.
    pub(crate) fn key(self) -> Vec<u8> {
        self.canonical().unwrap_or_else(|_| self.0.to_vec())
    }

    /// The name in a form in which octets compare as RFC 5280 §7.1 compares names: values of every string type are UTF-8
    /// without capitals and superfluous space, and the attributes of one RDN are in a fixed order. A name lies in the
    /// subtree of another one exactly if its canonical form begins with the other's, as elements are never split.
    ///
    /// Of the preparation that RFC 4518 asks for, the normalization of §2.3 (NFKC) is left out: composed and decomposed
    /// letters, or those of different widths, stay different.
    pub(crate) fn canonical(self) -> Result<Vec<u8>, Rule> {
        // Most names are hardly longer in this form, if at all.
        let mut out = Vec::with_capacity(self.0.len().saturating_add(16));
        let mut names = Reader::new(self.0, "name")?;
        while !names.is_empty() {
            let mut rdn = Reader::new(names.take(Tag::Set)?, "name")?;
            encode::enclose(&mut out, encode::SET, |out| {
                let start = out.len();
                write_canonical(out, &mut rdn)?;
                if !rdn.is_empty() {
                    let mut attributes = vec![out.split_off(start)];
                    while !rdn.is_empty() {
                        let mut attribute = Vec::new();
                        write_canonical(&mut attribute, &mut rdn)?;
                        attributes.push(attribute);
                    }
                    attributes.sort_unstable();
                    out.extend(attributes.concat());
                }
                Ok::<_, Rule>(())
            })?;
        }
        Ok(out)
    }

    /// The values of the attributes of type `kind`, in their order. The whole name is read, and has to be one.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub(crate) fn values(self, kind: &[u8]) -> Result<Vec<(Tag, &'a [u8])>, Rule> {
        let all = self.attributes()?.into_iter();
        Ok(all.filter(|own| own.kind == kind).map(|own| (own.value.tag, own.value.value)).collect())
    }

    /// All attributes in their order.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub(crate) fn attributes(self) -> Result<Vec<Attribute<'a>>, Rule> {
        let mut found = Vec::new();
        let mut names = Reader::new(self.0, "name")?;
        let mut rdns = 0..;
        while !names.is_empty() {
            let rdn = rdns.next().unwrap_or(usize::MAX);
            let mut attributes = Reader::new(names.take(Tag::Set)?, "name")?;
            if attributes.is_empty() {
                return Err(attributes.malformed());
            }
            while !attributes.is_empty() {
                let (kind, value) = read_attribute(&mut attributes)?;
                found.push(Attribute { rdn, kind, value });
            }
        }
        Ok(found)
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
                let (kind, value) = read_attribute(&mut attributes)?;
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

/// One attribute of a name.
pub(crate) struct Attribute<'a> {
    /// In which RelativeDistinguishedName it stands, counted from 0.
    pub(crate) rdn: usize,
    /// The content octets of its type's object identifier.
    pub(crate) kind: &'a [u8],
    pub(crate) value: Element<'a>,
}

fn read_attribute<'a>(rdn: &mut Reader<'a>) -> Result<(&'a [u8], Element<'a>), Rule> {
    let mut attribute = Reader::new(rdn.take(Tag::Sequence)?, "name")?;
    let kind = attribute.take(Tag::ObjectIdentifier)?;
    let value = attribute.element()?;
    attribute.end()?;
    Ok((kind, value))
}

/// Takes an attribute off the RDN and appends its canonical form.
fn write_canonical(out: &mut Vec<u8>, rdn: &mut Reader<'_>) -> Result<(), Rule> {
    let (kind, value) = read_attribute(rdn)?;
    encode::enclose(out, encode::SEQUENCE, |out| {
        encode::enclose(out, encode::OBJECT_IDENTIFIER, |out| out.extend_from_slice(kind));
        write_value_canonical(out, value).ok_or_else(|| rdn.malformed())
    })
}

/// Appends a value in its canonical form; `None` if it is a string and not one of its type. What is no string stays as it is.
fn write_value_canonical(out: &mut Vec<u8>, value: Element<'_>) -> Option<()> {
    let text = match value.tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            Cow::Borrowed(str::from_utf8(value.value).ok()?)
        }
        Tag::TeletexString => value.value.iter().copied().map(char::from).collect(),
        Tag::BmpString if value.value.len().is_multiple_of(2) => {
            let units = value.value.chunks_exact(2).filter_map(|unit| unit.try_into().ok()).map(u16::from_be_bytes);
            char::decode_utf16(units).collect::<Result<String, _>>().ok()?.into()
        }
        Tag::BmpString => return None,
        _ => {
            out.extend_from_slice(value.der);
            return Some(());
        }
    };
    encode::enclose(out, encode::UTF8_STRING, |out| {
        fold(&text, out);
        Some(())
    })
}

/// RFC 4518 §2.2 and §2.6.1: no capitals, nothing that is not seen, and one space between words.
fn fold(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    let mut space = false;
    for c in text.chars().filter(|c| !is_ignored(*c)) {
        if c.is_whitespace() {
            space = out.len() > start;
            continue;
        }
        if space {
            out.push(b' ');
            space = false;
        }
        for lower in c.to_lowercase() {
            out.extend_from_slice(lower.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// What RFC 4518 §2.2 maps to nothing: controls that are no space, and marks that only direct how others are shown.
fn is_ignored(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{6dd}' | '\u{70f}' | '\u{1806}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' | '\u{206a}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

/// Whether a character of a name is not seen, or changes how others are: controls, line ends, and marks without a width.
#[cfg(feature = "make")]
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control() || is_ignored(c) || matches!(c, '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{2064}'..='\u{206f}')
}

/// The names that RFC 4514 §3 and long custom give to attribute types.
pub(crate) fn short_name(kind: &[u8]) -> Option<&'static str> {
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
        oid::EMAIL_ADDRESS => "emailAddress",
        _ => return None,
    })
}

fn write_value(out: &mut Text, tag: Tag, value: &[u8]) {
    match decode(tag, value) {
        Some(text) => write_chars(out, text.chars()),
        None => out.plain("(not text)"),
    }
}

/// A string of any type as text; what is none of its type is U+FFFD. `None` for a value that is no string.
pub(crate) fn decode(tag: Tag, value: &[u8]) -> Option<Cow<'_, str>> {
    Some(match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            String::from_utf8_lossy(value)
        }
        // T.61 was always used as if it were Latin-1.
        Tag::TeletexString => value.iter().copied().map(char::from).collect(),
        Tag::BmpString => {
            let units = value.chunks(2).map(|unit| match unit {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xfffd,
            });
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => return None,
    })
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

    fn organization(tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(0x31, &[&attribute(&[0x55, 4, 10], tag, value)])
    }

    /// RFC 5280 §7.1: neither capitals, nor spaces, nor the type of the string make another name.
    #[test]
    fn canonical_names() {
        let canonical = |name: &[u8]| Name::new(name).canonical();
        let plain = canonical(&organization(0x0c, "müller ag".as_bytes())).unwrap();
        for (tag, value) in [
            (0x0c, "MÜLLER AG".as_bytes()),
            (0x0c, "  Müller \t\u{a0} AG ".as_bytes()),
            (0x0c, "Mü\u{200b}l\u{ad}ler\0 A\u{7f}G".as_bytes()),
            (0x13, "Müller AG".as_bytes()),
            (0x14, b"M\xfcller AG"),
            (0x1e, b"\0M\0\xfc\0l\0l\0e\0r\0 \0A\0G"),
        ] {
            assert_eq!(canonical(&organization(tag, value)).unwrap(), plain, "{tag} {value:?}");
        }
        for (tag, value) in [(0x0c, "müllerag"), (0x0c, "muller ag"), (0x0c, "müller ag b"), (0x04, "müller ag")] {
            assert_ne!(canonical(&organization(tag, value.as_bytes())).unwrap(), plain, "{value}");
        }
        let other_type = tlv(0x31, &[&attribute(&[0x55, 4, 11], 0x0c, "müller ag".as_bytes())]);
        assert_ne!(canonical(&other_type).unwrap(), plain);
        // What is no string is compared as it is.
        assert_eq!(canonical(&organization(2, &[1])).unwrap(), organization(2, &[1]));
        // The attributes of one RDN are a set, the RDNs a list.
        let [a, b] = [attribute(&[0x55, 4, 10], 0x0c, b"a"), attribute(&[0x55, 4, 11], 0x0c, b"b")];
        assert_eq!(canonical(&tlv(0x31, &[&a, &b])), canonical(&tlv(0x31, &[&b, &a])));
        let [a, b] = [tlv(0x31, &[&a]), tlv(0x31, &[&b])];
        assert_ne!(canonical(&[&a[..], &b].concat()), canonical(&[&b[..], &a].concat()));
        assert_eq!(canonical(&[]), Ok(Vec::new()));
        for bad in [
            organization(0x0c, b"\xff"),
            organization(0x13, b"\xff"),
            organization(0x1e, &[0]),
            organization(0x1e, &[0xd8, 0]),
            tlv(0x31, &[]),
            tlv(0x31, &[&sequence(&[&encode_oid(&[0x55, 4, 3]), &[5, 0], &[5, 0]])]),
            [0x31, 5, 1].to_vec(),
        ] {
            assert_eq!(canonical(&bad), Err(Rule::Malformed("name")), "{bad:x?}");
        }
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
