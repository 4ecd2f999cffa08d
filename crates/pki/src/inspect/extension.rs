//! What an extension says.

use super::names;
use super::text::{NameText, one_line};
use super::value::Value;
use crate::asn1::{Reader, constructed};
use crate::distribution_point::{DistributionPoint, DistributionPointName, Reasons};
use crate::encode;
use crate::error::Rule;
use crate::extension::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, Extension, GeneralNames, KeyUsage,
    subject_key_identifier,
};
use crate::oid::{self, dotted};
use crate::policy_extension::{PolicyConstraints, PolicyMapping, inhibit_any_policy};
use crate::sct::Sct;
use crate::subject::{Name, decode};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use der::Tag;

/// An extension, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionDescription {
    /// Its object identifier in dotted form.
    pub oid: String,
    /// Its name in the ASN.1 of its RFC, if it is known.
    pub name: Option<&'static str>,
    /// Whether who does not understand it must refuse the certificate.
    pub critical: bool,
    /// What it says; of one that is unknown or cannot be read, the octets.
    pub value: Value,
    /// Why it cannot be read.
    pub error: Option<Rule>,
}

impl ExtensionDescription {
    /// Describes an extension of a certificate.
    pub fn of(extension: &Extension<'_>) -> Self {
        let (value, error) = match describe(extension) {
            Ok(value) => (value, None),
            Err(rule) => (None, Some(rule)),
        };
        let oid = dotted(extension.oid);
        Self {
            name: names::extension(&oid),
            oid,
            critical: extension.critical,
            value: value.unwrap_or_else(|| Value::octets(extension.value)),
            error,
        }
    }

    /// Its name, or its identifier.
    pub fn title(&self) -> &str {
        self.name.unwrap_or(&self.oid)
    }

    pub(super) fn to_value(&self) -> Value {
        let mut fields: Fields =
            [field("oid", Value::text(&*self.oid)), field("critical", Value::Flag(self.critical))].into();
        if let Some(error) = &self.error {
            fields.push(field("error", Value::text(error.to_string())));
        }
        fields.push(field("value", self.value.clone()));
        Value::Fields(fields)
    }
}

pub(super) type Field = (Cow<'static, str>, Value);
pub(super) type Fields = Vec<Field>;

pub(super) fn field(name: &'static str, value: Value) -> Field {
    (name.into(), value)
}

/// The fields that there are.
pub(super) fn some<const N: usize>(fields: [(&'static str, Option<Value>); N]) -> impl Iterator<Item = Field> {
    fields.into_iter().filter_map(|(name, value)| Some(field(name, value?)))
}

/// The fields that there are, as a value.
pub(super) fn present<const N: usize>(fields: [(&'static str, Option<Value>); N]) -> Value {
    Value::Fields(some(fields).collect())
}

/// `None` for an extension that nobody here knows.
fn describe(extension: &Extension<'_>) -> Result<Option<Value>, Rule> {
    /// nsComment, of old browsers; OpenSSL's own configuration once put it into every certificate.
    const NETSCAPE_COMMENT: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 13];
    let value = extension.value;
    Ok(Some(match extension.oid {
        oid::SUBJECT_KEY_IDENTIFIER => Value::octets(subject_key_identifier(value)?),
        oid::AUTHORITY_KEY_IDENTIFIER => authority_key(value)?,
        oid::KEY_USAGE => key_usage(KeyUsage::read(value)?),
        oid::EXTENDED_KEY_USAGE => {
            let purposes = ExtendedKeyUsage::read(value)?;
            list(purposes.oids(), |purpose| Value::Text(names::or_oid(names::purpose, purpose)))
        }
        oid::BASIC_CONSTRAINTS => {
            let BasicConstraints { ca, path_len } = BasicConstraints::read(value)?;
            present([("ca", Some(Value::Flag(ca))), ("pathLength", path_len.map(Value::number))])
        }
        oid::SUBJECT_ALT_NAME | oid::ISSUER_ALT_NAME => general_names(crate::asn1::sequence(value, "generalNames")?)?,
        oid::NAME_CONSTRAINTS => name_constraints(value)?,
        oid::CRL_DISTRIBUTION_POINTS | oid::FRESHEST_CRL => {
            let points = DistributionPoint::read_all(value, "cRLDistributionPoints")?;
            Value::list(Value::MAX_ELEMENTS, points.into_iter().map(distribution_point))?
        }
        oid::CERTIFICATE_POLICIES => policies(value)?,
        oid::POLICY_MAPPINGS => list(&PolicyMapping::read_all(value)?, |own| {
            present([
                ("issuerDomainPolicy", Some(Value::Text(dotted(own.issuer_domain)))),
                ("subjectDomainPolicy", Some(Value::Text(dotted(own.subject_domain)))),
            ])
        }),
        oid::POLICY_CONSTRAINTS => {
            let own = PolicyConstraints::read(value)?;
            present([
                ("requireExplicitPolicy", own.require_explicit_policy.map(Value::number)),
                ("inhibitPolicyMapping", own.inhibit_policy_mapping.map(Value::number)),
            ])
        }
        oid::INHIBIT_ANY_POLICY => Value::number(inhibit_any_policy(value)?),
        oid::AUTHORITY_INFO_ACCESS | oid::SUBJECT_INFO_ACCESS => {
            list(&AccessDescription::read_all(value, "infoAccess")?, |own| {
                present([
                    ("method", Some(Value::Text(names::or_oid(names::access_method, own.method)))),
                    ("location", Some(Value::Text(NameText::of(&own.location).plain()))),
                ])
            })
        }
        oid::TLS_FEATURE => features(value)?,
        oid::SCT_LIST => list(&Sct::of_extension(value)?, sct),
        oid::OCSP_NO_CHECK | oid::CT_POISON => null(value)?,
        NETSCAPE_COMMENT => {
            let element = one(value, "netscapeComment")?;
            return Ok(decode(element.0, element.1).map(|text| Value::Text(text.into_owned())));
        }
        _ => return Ok(None),
    }))
}

/// A description of each, up to [`Value::MAX_ELEMENTS`].
pub(super) fn list<T>(all: &[T], describe: impl Fn(&T) -> Value) -> Value {
    let mut list: Vec<_> = all.iter().take(Value::MAX_ELEMENTS).map(describe).collect();
    if let Some(more @ 1..) = all.len().checked_sub(Value::MAX_ELEMENTS) {
        list.push(Value::Text(format!("and {more} more")));
    }
    Value::List(list)
}

/// Reads elements until there are no more.
fn each<'r, T>(
    reader: &'r mut Reader<'_>,
    mut read: impl FnMut(&mut Reader<'_>) -> Result<T, Rule> + 'r,
) -> impl Iterator<Item = Result<T, Rule>> + 'r {
    let mut failed = false;
    core::iter::from_fn(move || {
        if failed || reader.is_empty() {
            return None;
        }
        let next = read(reader);
        failed = next.is_err();
        Some(next)
    })
}

fn one<'a>(value: &'a [u8], what: &'static str) -> Result<(Tag, &'a [u8]), Rule> {
    let mut reader = Reader::new(value, what)?;
    let element = reader.element()?;
    reader.end()?;
    Ok((element.tag, element.value))
}

/// An extension that says all by being there.
fn null(value: &[u8]) -> Result<Value, Rule> {
    match one(value, "NULL")? {
        (Tag::Null, []) => Ok(Value::Flag(true)),
        _ => Err(Rule::Malformed("NULL")),
    }
}

/// The names of a list with these content octets.
pub(super) fn general_names(content: &[u8]) -> Result<Value, Rule> {
    let mut reader = Reader::new(content, "generalNames")?;
    Value::list(Value::MAX_ELEMENTS, each(&mut reader, |names| Ok(Value::Text(NameText::read(names)?.plain()))))
}

fn names_of(names: GeneralNames<'_>) -> Result<Value, Rule> {
    Value::list(Value::MAX_INNER_ELEMENTS, names.map(|name| Ok(Value::Text(NameText::of(&name?).plain()))))
}

fn authority_key(value: &[u8]) -> Result<Value, Rule> {
    let own = AuthorityKeyIdentifier::read(value)?;
    Ok(present([
        ("keyIdentifier", own.key_identifier.map(Value::octets)),
        ("issuer", own.cert_issuer.map(names_of).transpose()?),
        ("serialNumber", own.cert_serial.map(|serial| Value::Text(super::serial(serial)))),
    ]))
}

/// The bits by their names, bit 0 first.
fn bits(bits: u16, names: &[&'static str]) -> Value {
    let set = names.iter().enumerate().filter(|(at, _)| bits.checked_shl(*at as u32).unwrap_or(0) & 0x8000 != 0);
    Value::List(set.map(|(_, name)| Value::text(*name)).collect())
}

fn key_usage(usage: KeyUsage) -> Value {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    bits(usage.bits(), &NAMES)
}

fn reasons(reasons: Reasons) -> Value {
    const NAMES: [&str; 9] = [
        "unused",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "privilegeWithdrawn",
        "aACompromise",
    ];
    bits(reasons.bits(), &NAMES)
}

/// Also those that path validation does not understand: only the bases are shown.
fn name_constraints(value: &[u8]) -> Result<Value, Rule> {
    const WHAT: &str = "nameConstraints";
    let mut reader = Reader::sequence(value, WHAT)?;
    let mut subtrees = |number| -> Result<Option<Value>, Rule> {
        let Some(list) = reader.maybe(constructed(number))? else { return Ok(None) };
        let mut list = Reader::new(list, WHAT)?;
        let base = |list: &mut Reader<'_>| {
            let mut subtree = Reader::new(list.take(Tag::Sequence)?, WHAT)?;
            Ok(Value::Text(NameText::read(&mut subtree)?.plain()))
        };
        Value::list(Value::MAX_ELEMENTS, each(&mut list, base)).map(Some)
    };
    let own = present([("permitted", subtrees(0)?), ("excluded", subtrees(1)?)]);
    reader.end()?;
    Ok(own)
}

fn distribution_point(own: DistributionPoint<'_>) -> Result<Value, Rule> {
    let (names, relative) = match own.name {
        Some(DistributionPointName::Full(names)) => (Some(names_of(names)?), None),
        // A RelativeDistinguishedName is a name of its own when it stands in a SET.
        Some(DistributionPointName::Relative(content)) => {
            (None, Some(one_line(Name::new(&encode::tlv(encode::SET, &[content])))?))
        }
        None => (None, None),
    };
    Ok(present([
        ("names", names),
        ("nameRelativeToCRLIssuer", relative.map(Value::Text)),
        ("reasons", own.reasons.map(reasons)),
        ("crlIssuer", own.crl_issuer.map(names_of).transpose()?),
    ]))
}

/// Policies with what their qualifiers say (RFC 5280 §4.2.1.4): where the practice statement is, and what a reader should know.
fn policies(value: &[u8]) -> Result<Value, Rule> {
    const WHAT: &str = "certificatePolicies";
    const CPS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 1];
    let mut reader = Reader::sequence(value, WHAT)?;
    let policy = |list: &mut Reader<'_>| {
        let mut information = Reader::new(list.take(Tag::Sequence)?, WHAT)?;
        let policy = dotted(information.take(Tag::ObjectIdentifier)?);
        let (mut cps, mut notices) = (Vec::new(), Vec::new());
        let mut qualifiers = Reader::new(information.maybe(Tag::Sequence)?.unwrap_or_default(), WHAT)?;
        information.end()?;
        while !qualifiers.is_empty() {
            let mut qualifier = Reader::new(qualifiers.take(Tag::Sequence)?, WHAT)?;
            let kind = qualifier.take(Tag::ObjectIdentifier)?;
            let element = qualifier.element()?;
            if kind == CPS && cps.len() < Value::MAX_INNER_ELEMENTS {
                cps.extend(decode(element.tag, element.value).map(|text| Value::Text(text.into_owned())));
            } else if kind != CPS && element.tag == Tag::Sequence && notices.len() < Value::MAX_INNER_ELEMENTS {
                notices.extend(notice(element.value));
            }
        }
        let name = names::policy(&policy).map(Value::text);
        let some = |list: Vec<Value>| Some(list).filter(|list| !list.is_empty()).map(Value::List);
        Ok(present([
            ("policy", Some(Value::Text(policy))),
            ("name", name),
            ("cps", some(cps)),
            ("notice", some(notices)),
        ]))
    };
    Value::list(Value::MAX_ELEMENTS, each(&mut reader, policy))
}

/// The explicitText of a UserNotice, which follows a NoticeReference if there is one.
fn notice(content: &[u8]) -> Option<Value> {
    let mut reader = Reader::new(content, "userNotice").ok()?;
    reader.maybe(Tag::Sequence).ok()?;
    let element = reader.element().ok()?;
    decode(element.tag, element.value).map(|text| Value::Text(text.into_owned()))
}

/// RFC 7633 §4: numbers of TLS extensions.
fn features(value: &[u8]) -> Result<Value, Rule> {
    let mut reader = Reader::sequence(value, "TLS features")?;
    let feature = |list: &mut Reader<'_>| {
        Ok(match list.small()? {
            5 => Value::text("status_request"),
            17 => Value::text("status_request_v2"),
            number => Value::number(number),
        })
    };
    Value::list(Value::MAX_ELEMENTS, each(&mut reader, feature))
}

/// What a timestamp says.
pub(super) fn sct(sct: &Sct<'_>) -> Value {
    match sct {
        Sct::V1(own) => present([
            ("version", Some(Value::Number(1))),
            ("logId", Some(Value::octets(own.log_id))),
            ("timestamp", Some(Value::Text(own.time()))),
            ("extensions", Some(own.extensions).filter(|octets| !octets.is_empty()).map(Value::octets)),
            ("signatureAlgorithm", Some(Value::Text(own.algorithm()))),
            ("signature", Some(Value::octets(own.signature))),
        ]),
        // The number counts from 0.
        Sct::Unknown { version, rest } => present([
            ("version", Some(Value::number(u64::from(*version).saturating_add(1)))),
            ("octets", Some(Value::octets(rest))),
        ]),
    }
}
