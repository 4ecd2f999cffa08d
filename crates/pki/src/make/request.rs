//! Certification requests: made, and granted as far as that is right.

use super::builder::scheme;
use super::{Builder, Error, Key, Subject, SubjectError};
use crate::constraints::{self, NameConstraints};
use crate::encode::{SET, bit_string, oid as encode_oid, sequence, small_integer, tlv};
use crate::error::Rule;
use crate::extension::{Extension, GeneralName};
use crate::policy::{Budget, Policy};
use crate::profile::syntax::{is_dns_name, is_mailbox, is_uri_with_host};
use crate::request::CertificationRequest;
use crate::subject::Name;
use crate::{oid, signature_algorithm, spki};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use handfast_crypto::Provider;

/// What a request asked for and the certificate does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Declined {
    /// A name, given here with its form, escaped and cut, that the CA may not certify.
    NotPermitted(String),
    /// A name, likewise, that is malformed.
    BadName(String),
    /// A name of another form than dNSName, iPAddress, rfc822Name and uniformResourceIdentifier.
    Form(&'static str),
    /// An extension, given as a dotted identifier, that the CA does not leave to who asks.
    Extension(String),
    /// The subject, which no CA should certify.
    Subject(SubjectError),
    /// Whatever is asked for in the attribute of Microsoft.
    MicrosoftExtensions,
}

impl Builder {
    /// How many names of a request are looked at.
    pub const REQUESTED_NAMES: usize = 100;

    /// The DER of a certification request with the subject, the names and the extensions that were set, for `key` and signed with
    /// it (RFC 2986). Validity, serial number and issuer are for the CA.
    ///
    /// # Errors
    /// [`Error::Rule`] when the key or its signature has no encoding; [`Error::Crypto`] when the provider does not sign.
    pub fn request(self, provider: &Provider, key: &Key) -> Result<Vec<u8>, Error> {
        let extensions = self.requestable();
        let attributes = match extensions.as_slice() {
            [] => Vec::new(),
            list => sequence(&[&encode_oid(oid::EXTENSION_REQUEST), &tlv(SET, &[&sequence(&[list])])]),
        };
        let spki = spki::encode(key.public_key())?;
        let info = sequence(&[&small_integer(0), self.subject_der(), &spki, &tlv(0xa0, &[&attributes])]);
        let scheme = scheme(key, self.chosen_algorithm())?;
        let algorithm = signature_algorithm::encode(scheme.algorithm, key.public_key().kind)?;
        let signature = key.signer().sign(scheme.id, &info, &*provider.random)?;
        Ok(sequence(&[&info, &algorithm, &bit_string(&signature)]))
    }

    /// Grants what `request` asks for, as far as an issuer with these constraints may and should, and says what it does not. Its
    /// signature is not checked here.
    ///
    /// | asked for | granted |
    /// |---|---|
    /// | subject | if [`Subject::requested`] takes it and it is permitted; a common name counts as a host without a dNSName |
    /// | dNSName, iPAddress, rfc822Name, uniformResourceIdentifier | if well-formed and permitted, and each once |
    /// | names of other forms | never |
    /// | TLS features of status_request alone | yes: it only binds its owner |
    /// | basicConstraints, keyUsage, extKeyUsage and every other extension | never; what this builder already says alike is no loss |
    ///
    /// # Errors
    /// [`Rule::Malformed`]; [`Rule::Budget`] when there are more than [`Builder::REQUESTED_NAMES`] names, or too many for the
    /// constraints.
    pub fn grant(
        self,
        request: &CertificationRequest<'_>,
        constraints: Option<&NameConstraints<'_>>,
    ) -> Result<(Self, Vec<Declined>), Rule> {
        let mut own = self;
        let mut declined = Vec::new();
        let mut budget = Budget::new(&Policy::default());
        let mut seen = BTreeSet::new();
        for (at, name) in request.subject_alt_names()?.enumerate() {
            if at >= Self::REQUESTED_NAMES {
                return Err(Rule::Budget);
            }
            let name = name?;
            let permitted = constraints.map_or(Ok(()), |constraints| constraints.check_name(name, &mut budget));
            match (encode_name(&name), permitted) {
                (_, Err(Rule::Budget)) => return Err(Rule::Budget),
                (Ok(name), Ok(())) if !seen.insert(name) => {}
                (Ok((tag, content)), Ok(())) => own = own.general_name(tag, content),
                (Err(reason), _) => declined.push(reason),
                (Ok(_), Err(_)) => declined.push(Declined::NotPermitted(constraints::text(&name))),
            }
        }
        match own.grant_subject(request.subject(), constraints, &mut budget)? {
            Ok(subject) => own = own.distinguished_name(&subject),
            Err(reason) => declined.push(reason),
        }
        for asked in request.extensions() {
            match asked.oid {
                oid::SUBJECT_ALT_NAME => {}
                oid::TLS_FEATURE if is_must_staple(asked) => own = own.must_staple(),
                // What stands for the default.
                oid::BASIC_CONSTRAINTS if asked.value == sequence(&[]) => {}
                _ if own.has_extension(asked.oid, asked.value) => {}
                other => declined.push(Declined::Extension(oid::dotted(other))),
            }
        }
        if request.has_microsoft_extensions() {
            declined.push(Declined::MicrosoftExtensions);
        }
        Ok((own, declined))
    }

    fn grant_subject(
        &self,
        name: Name<'_>,
        constraints: Option<&NameConstraints<'_>>,
        budget: &mut Budget,
    ) -> Result<Result<Subject, Declined>, Rule> {
        let subject = match Subject::requested(name) {
            Ok(subject) => subject,
            Err(error) => return Ok(Err(Declined::Subject(error))),
        };
        let permitted = constraints.map_or(Ok(()), |limits| limits.check_subject(name, !self.has_dns_name(), budget));
        match permitted {
            Ok(()) => Ok(Ok(subject)),
            Err(Rule::Budget) => Err(Rule::Budget),
            Err(_) => Ok(Err(Declined::NotPermitted(constraints::text(&GeneralName::Directory(name))))),
        }
    }
}

/// Identifier octet and content of a name that a CA may certify.
fn encode_name<'a>(name: &GeneralName<'a>) -> Result<(u8, &'a [u8]), Declined> {
    let (tag, content, is_good): (_, _, fn(&[u8]) -> bool) = match *name {
        GeneralName::Email(content) => (0x81, content, is_mailbox),
        GeneralName::Dns(content) => (0x82, content, is_dns_name),
        GeneralName::Uri(content) => (0x86, content, is_uri_with_host),
        GeneralName::Ip(content) => (0x87, content, |octets| matches!(octets.len(), 4 | 16)),
        _ => return Err(Declined::Form(constraints::form(name))),
    };
    if is_good(content) { Ok((tag, content)) } else { Err(Declined::BadName(constraints::text(name))) }
}

fn is_must_staple(asked: &Extension<'_>) -> bool {
    // With other features beside it nobody would know what they bind to.
    asked.value == sequence(&[&small_integer(5)])
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPermitted(name) => write!(f, "the {name}, for which the CA may not issue"),
            Self::BadName(name) => write!(f, "the {name}, which is malformed"),
            Self::Subject(error) => write!(f, "the subject: {error}"),
            Self::Form(form) => write!(f, "a name of the form {form}"),
            Self::Extension(dotted) => match name_of(dotted) {
                Some(name) => write!(f, "{name} ({dotted}), which the CA decides"),
                None => write!(f, "the extension {dotted}, which the CA decides"),
            },
            Self::MicrosoftExtensions => write!(
                f,
                "what the attribute of Microsoft ({}) asks for, which is not read",
                oid::dotted(oid::MICROSOFT_EXTENSION_REQUEST)
            ),
        }
    }
}

fn name_of(dotted: &str) -> Option<&'static str> {
    [
        (oid::BASIC_CONSTRAINTS, "basicConstraints"),
        (oid::KEY_USAGE, "keyUsage"),
        (oid::EXTENDED_KEY_USAGE, "extKeyUsage"),
        (oid::SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
        (oid::AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
        (oid::NAME_CONSTRAINTS, "nameConstraints"),
        (oid::CERTIFICATE_POLICIES, "certificatePolicies"),
        (oid::TLS_FEATURE, "TLS features"),
    ]
    .into_iter()
    .find_map(|(oid, name)| (oid::dotted(oid) == dotted).then_some(name))
}
