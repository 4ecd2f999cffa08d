//! Distinguished names from text, and from requests.

mod requested;

use crate::asn1::Reader;
use crate::encode::{SET, UTF8_STRING, oid as encode_oid, sequence, tlv};
use crate::escape::escape;
use crate::oid;
use crate::subject::Name;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;

/// A distinguished name, made from text as RFC 4514 writes it: `CN=www.example.com,O=Example \, Inc.,C=GB`.
///
/// As there, the last attribute is the first of the name. Attributes of one RDN are joined by `+`. Special characters are
/// escaped by a backslash, octets of UTF-8 as a backslash and two hexadecimal digits, and a value that begins with `#` is DER
/// in hexadecimal digits. Spaces around attributes, values and the signs between them do not count.
///
/// | attribute | string type | characters | clause |
/// |---|---|---|---|
/// | `CN`, `O`, `OU` | UTF8String | 1 … 64 | RFC 5280 Appendix A.1 |
/// | `L`, `ST`, `STREET` | UTF8String | 1 … 128 | |
/// | `C` | PrintableString | 2 letters, made capitals | |
/// | `serialNumber` | PrintableString | 1 … 64 | |
/// | `UID` | UTF8String | 1 … 256 | RFC 4519 §2.39 |
/// | `DC` | IA5String | 1 … 63 | RFC 4519 §2.4 |
/// | `emailAddress`, `E` | IA5String | 1 … 255 | RFC 5280 Appendix A.1 |
/// | a dotted object identifier | UTF8String | 1 … 256 | |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(Vec<u8>);

/// Why text is no distinguished name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectError {
    /// An attribute, given here escaped and cut, is not `TYPE=VALUE`.
    NoValue(String),
    /// This type of attribute is not known, and no object identifier.
    UnknownType(String),
    /// The value of an attribute of this type does not fit: its length or its characters.
    Value(String),
    /// A backslash is followed by what it does not escape, or a character stands alone that must be escaped.
    Escape(String),
    /// There are more than [`Subject::ATTRIBUTES`] attributes.
    TooMany,
    /// The name of a request is not well-formed DER.
    Malformed,
    /// The value of this attribute of a request is no text, or not of the string type that it says.
    NotText(String),
    /// In the value of this attribute of a request there is a character that is not seen: a control, or a mark that turns the
    /// direction of writing.
    Hidden(String),
}

/// How much of the text an error repeats, in bytes.
const SHOWN: usize = 40;

/// A type of attribute.
struct Kind {
    names: &'static [&'static str],
    oid: &'static [u8],
    tag: u8,
    /// In characters.
    max: usize,
}

const fn kind(names: &'static [&'static str], oid: &'static [u8], tag: u8, max: usize) -> Kind {
    Kind { names, oid, tag, max }
}

const KINDS: &[Kind] = &[
    kind(&["CN", "commonName"], oid::COMMON_NAME, UTF8_STRING, 64),
    kind(&["O", "organizationName"], &[0x55, 4, 10], UTF8_STRING, 64),
    kind(&["OU", "organizationalUnitName"], &[0x55, 4, 11], UTF8_STRING, 64),
    kind(&["L", "localityName"], &[0x55, 4, 7], UTF8_STRING, 128),
    kind(&["ST", "stateOrProvinceName"], &[0x55, 4, 8], UTF8_STRING, 128),
    kind(&["STREET", "streetAddress"], &[0x55, 4, 9], UTF8_STRING, 128),
    kind(&["C", "countryName"], COUNTRY, PRINTABLE_STRING, 2),
    kind(&["serialNumber"], &[0x55, 4, 5], PRINTABLE_STRING, 64),
    kind(&["UID", "userId"], &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], UTF8_STRING, 256),
    kind(&["DC", "domainComponent"], &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], IA5_STRING, 63),
    kind(&["emailAddress", "E"], oid::EMAIL_ADDRESS, IA5_STRING, 255),
];

const COUNTRY: &[u8] = &[0x55, 4, 6];
/// Characters in a value of a type that is given as an object identifier.
const MAX_OTHER: usize = 256;

impl Subject {
    /// How many attributes a name may have.
    pub const ATTRIBUTES: usize = 32;

    /// Reads the text. Nothing in it is the empty name.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn parse(text: &str) -> Result<Self, SubjectError> {
        if text.trim().is_empty() {
            return Ok(Self(Vec::new()));
        }
        let mut count = 0_usize;
        let mut names: Vec<Vec<u8>> = Vec::new();
        for rdn in split(text, ',') {
            let mut attributes = Vec::new();
            for attribute in split(rdn, '+') {
                count = count.saturating_add(1);
                if count > Self::ATTRIBUTES {
                    return Err(SubjectError::TooMany);
                }
                attributes.push(encode_attribute(attribute)?);
            }
            // X.690 §11.6: the elements of a SET OF are in order.
            attributes.sort_unstable();
            names.push(tlv(SET, &[&attributes.concat()]));
        }
        names.reverse();
        Ok(Self(names.concat()))
    }

    /// The name.
    pub fn name(&self) -> Name<'_> {
        Name::new(&self.0)
    }
}

impl From<Name<'_>> for Subject {
    fn from(name: Name<'_>) -> Self {
        Self(name.as_bytes().to_vec())
    }
}

/// The parts between signs that are not escaped.
fn split(text: &str, sign: char) -> impl Iterator<Item = &str> {
    let mut is_escaped = false;
    text.split(move |c| {
        let ends = c == sign && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })
}

fn encode_attribute(text: &str) -> Result<Vec<u8>, SubjectError> {
    let (name, value) = text.split_once('=').ok_or_else(|| SubjectError::NoValue(escape(text.trim(), SHOWN)))?;
    let name = name.trim();
    let shown = || escape(name, SHOWN);
    let known = KINDS.iter().find(|kind| kind.names.iter().any(|own| own.eq_ignore_ascii_case(name)));
    let (oid, tag, max) = match known {
        Some(kind) => (kind.oid.to_vec(), kind.tag, kind.max),
        None => (oid::parse(name).ok_or_else(|| SubjectError::UnknownType(shown()))?, UTF8_STRING, MAX_OTHER),
    };
    let value = value.trim_start();
    if let Some(digits) = value.strip_prefix('#') {
        let der = decode_der(digits.trim_end()).ok_or_else(|| SubjectError::Value(shown()))?;
        return Ok(sequence(&[&encode_oid(&oid), &der]));
    }
    let mut value = unescape(value).ok_or_else(|| SubjectError::Escape(shown()))?;
    if oid == COUNTRY {
        value.make_ascii_uppercase();
    }
    let fits = match tag {
        PRINTABLE_STRING if oid == COUNTRY => value.len() == max && value.bytes().all(|c| c.is_ascii_uppercase()),
        PRINTABLE_STRING => value.bytes().all(is_printable),
        IA5_STRING => value.is_ascii(),
        _ => true,
    };
    if !fits || value.is_empty() || value.chars().count() > max {
        return Err(SubjectError::Value(shown()));
    }
    Ok(sequence(&[&encode_oid(&oid), &tlv(tag, &[value.as_bytes()])]))
}

/// X.680 §41.4.
fn is_printable(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&c)
}

/// The one element whose DER has these digits.
fn decode_der(digits: &str) -> Option<Vec<u8>> {
    let der = decode_hex(digits.as_bytes())?;
    let mut reader = Reader::new(&der, "value").ok()?;
    reader.element().ok()?;
    reader.end().ok()?;
    Some(der)
}

fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| octet(*high, *low)).collect()
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// RFC 4514 §2.4, the other way round; `None` when something is escaped that cannot be, or is not that has to be.
fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::new();
    // Spaces at the end that are not escaped do not count.
    let mut len = 0;
    let mut rest = text.bytes();
    while let Some(c) = rest.next() {
        match c {
            b'\\' => {
                let next = rest.next()?;
                out.push(match next {
                    b'"' | b'+' | b',' | b';' | b'<' | b'>' | b' ' | b'#' | b'=' | b'\\' => next,
                    _ => octet(next, rest.next()?)?,
                });
                len = out.len();
            }
            0 | b'"' | b';' | b'<' | b'>' => return None,
            _ => {
                out.push(c);
                if c != b' ' {
                    len = out.len();
                }
            }
        }
    }
    out.truncate(len);
    String::from_utf8(out).ok().filter(|text| !text.contains('\0'))
}

impl fmt::Display for SubjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValue(text) => write!(f, "`{text}` is not of the form TYPE=VALUE"),
            Self::UnknownType(name) => {
                let known: Vec<_> = KINDS.iter().filter_map(|kind| kind.names.first().copied()).collect();
                write!(f, "`{name}` is neither an object identifier nor one of {}", known.join(", "))
            }
            Self::Value(name) => {
                let known = KINDS.iter().find(|kind| kind.names.iter().any(|own| own.eq_ignore_ascii_case(name)));
                let kind = match known {
                    Some(kind) if kind.oid == COUNTRY => return write!(f, "`{name}` is a country code of two letters"),
                    Some(Kind { tag: PRINTABLE_STRING, max, .. }) => {
                        (*max, " letters, digits, spaces or '()+,-./:=?".to_string())
                    }
                    Some(Kind { tag: IA5_STRING, max, .. }) => (*max, " characters of ASCII".to_string()),
                    Some(kind) => (kind.max, " characters".to_string()),
                    None => (MAX_OTHER, " characters".to_string()),
                };
                write!(f, "the value of `{name}` must have 1 to {}{}", kind.0, kind.1)
            }
            Self::Escape(name) => {
                write!(
                    f,
                    "in the value of `{name}` a backslash stands before each of , + \" \\ < > ; and before no letter"
                )
            }
            Self::TooMany => write!(f, "a name has at most {} attributes", Subject::ATTRIBUTES),
            Self::Malformed => f.write_str("the name is malformed"),
            Self::NotText(name) => write!(f, "the value of `{name}` is not of the string type that it says"),
            Self::Hidden(name) => write!(f, "there is an invisible character in the value of `{name}`"),
        }
    }
}

impl core::error::Error for SubjectError {}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Tag;

    #[track_caller]
    fn shown(text: &str) -> String {
        Subject::parse(text).unwrap().name().to_string()
    }

    #[test]
    fn the_last_attribute_is_the_first_of_the_name() {
        assert_eq!(shown("CN=a,O=b,C=gb"), "C=GB, O=b, CN=a");
        assert_eq!(shown(" cn = a , O = b "), "O=b, CN=a");
        assert_eq!(shown("CN=a+OU=b,DC=test"), "DC=test, CN=a + OU=b");
        assert_eq!(shown("1.2.840.113549.1.9.1=#1601e9").matches("emailAddress").count(), 1);
        assert!(Subject::parse("").unwrap().name().is_empty());
        assert_eq!(shown("CN=東京 Zürich"), "CN=東京 Zürich");
        assert_eq!(shown("CN=a=b"), "CN=a\\=b");
    }

    #[test]
    fn the_types_of_strings() {
        let of = |text: &str, oid: &[u8]| Subject::parse(text).unwrap().name().values(oid).unwrap()[0].0;
        for (text, oid, tag) in [
            ("C=gb", COUNTRY, Tag::PrintableString),
            ("CN=GB", oid::COMMON_NAME, Tag::Utf8String),
            ("E=a@b", oid::EMAIL_ADDRESS, Tag::Ia5String),
            ("serialNumber=1", &[0x55, 4, 5], Tag::PrintableString),
        ] {
            assert_eq!(of(text, oid), tag, "{text}");
        }
        assert_eq!(
            Subject::parse("2.5.4.12=x").unwrap(),
            Subject(tlv(SET, &[&sequence(&[&[6, 3, 0x55, 4, 12], &[12, 1, b'x']])]))
        );
    }

    #[test]
    fn escapes() {
        let value = |text: &str| {
            let subject = Subject::parse(text).unwrap();
            let values = subject.name().values(oid::COMMON_NAME).unwrap();
            String::from_utf8(values[0].1.to_vec()).unwrap()
        };
        for (text, expected) in [
            (r"CN=a\, b\+c\=d", "a, b+c=d"),
            (r#"CN=\"a\"\;\<\>\\"#, r#""a";<>\"#),
            (r"CN=\ a\ ", " a "),
            ("CN=a b  ", "a b"),
            (r"CN=\#a", "#a"),
            (r"CN=L\C4\8dic", "Lčic"),
            ("CN=#0c0161", "a"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_name() {
        use SubjectError::{Escape, NoValue, TooMany, UnknownType, Value};
        let long = alloc::format!("CN={}", "é".repeat(65));
        assert!(Subject::parse(&alloc::format!("CN={}", "é".repeat(64))).is_ok());
        let many = alloc::vec!["CN=a"; 33].join(",");
        for (text, expected) in [
            ("a", NoValue("a".into())),
            ("CN=a,", NoValue("".into())),
            ("/CN=a", UnknownType("/CN".into())),
            ("XY=a", UnknownType("XY".into())),
            ("\u{1b}=a", UnknownType("\\u{1b}".into())),
            ("CN=", Value("CN".into())),
            (long.as_str(), Value("CN".into())),
            ("C=GBR", Value("C".into())),
            ("C=G1", Value("C".into())),
            ("serialNumber=a_b", Value("serialNumber".into())),
            ("E=é@b", Value("E".into())),
            ("CN=#0c01", Value("CN".into())),
            ("CN=#0c016", Value("CN".into())),
            ("CN=#0c016161", Value("CN".into())),
            (r"CN=a\", Escape("CN".into())),
            (r"CN=a\x", Escape("CN".into())),
            (r"CN=a\ff", Escape("CN".into())),
            (r"CN=a\00", Escape("CN".into())),
            ("CN=a;b", Escape("CN".into())),
            ("CN=\"a\"", Escape("CN".into())),
            (many.as_str(), TooMany),
        ] {
            assert_eq!(Subject::parse(text), Err(expected), "{text}");
        }
        assert!(Subject::parse("C=1").unwrap_err().to_string().contains("two letters"));
        assert!(Subject::parse("X=1").unwrap_err().to_string().contains("CN, O, OU"));
        assert!(Subject::parse("E=").unwrap_err().to_string().contains("1 to 255 characters of ASCII"));
    }
}
