//! What somebody asks a CA for: a certification request (PKCS#10).

use crate::asn1::{Reader, Signed, constructed};
use crate::error::Rule;
use crate::extension::{Extension, GeneralNames};
use crate::oid;
use crate::pem::{self, Sections};
use crate::signature_algorithm::CertificateSignature;
use crate::spki;
use crate::subject::Name;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use der::Tag;
use handfast_crypto::{Provider, PublicKey};

/// A certification request whose structure is well-formed DER. Nobody vouches for what it says: whoever sent it has the key, if
/// [`CertificationRequest::check_signature`] agrees, and that is all.
///
/// ```text
/// CertificationRequest ::= SEQUENCE {                       RFC 2986 §4.2
///     certificationRequestInfo    CertificationRequestInfo  what is signed
///     signatureAlgorithm          AlgorithmIdentifier
///     signature                   BIT STRING }              whole octets
///
/// CertificationRequestInfo ::= SEQUENCE {                   RFC 2986 §4.1
///     version          INTEGER (0)
///     subject          Name
///     subjectPKInfo    SubjectPublicKeyInfo
///     attributes   [0] IMPLICIT SET OF Attribute }          may be empty; some leave it out, which means the same
///
/// Attribute ::= SEQUENCE {
///     type             OBJECT IDENTIFIER
///     values           SET SIZE (1..MAX) OF ANY }
/// ```
///
/// | attribute | clause | |
/// |---|---|---|
/// | extensionRequest | RFC 2985 §5.4.2 | one value, and at most once |
/// | 1.3.6.1.4.1.311.2.1.14, the extensionRequest of Microsoft | | read past, and told |
/// | challengePassword and all others | RFC 2985 §5.4.1 | read past |
#[derive(Clone)]
pub struct CertificationRequest<'a> {
    der: &'a [u8],
    info: &'a [u8],
    subject: Name<'a>,
    spki: &'a [u8],
    extensions: Vec<Extension<'a>>,
    has_microsoft_extensions: bool,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> CertificationRequest<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Rule::Malformed`] names the field; [`Rule::DuplicateExtension`].
    pub fn parse(der: &'a [u8]) -> Result<Self, Rule> {
        let Signed { tbs, algorithm, signature } = Signed::read(der)?;
        let mut reader = Reader::new(tbs.value, "version")?;
        if reader.integer()? != [0] {
            return Err(reader.malformed());
        }
        let mut reader = reader.named("subject");
        let subject = Name::new(reader.take(Tag::Sequence)?);
        let mut reader = reader.named("subjectPublicKeyInfo");
        let spki = reader.take(Tag::Sequence)?;
        let mut reader = reader.named("attributes");
        let attributes = reader.maybe(constructed(0))?.unwrap_or_default();
        reader.end()?;
        let (extensions, has_microsoft_extensions) = read_attributes(attributes)?;
        Ok(Self { der, info: tbs.der, subject, spki, extensions, has_microsoft_extensions, algorithm, signature })
    }

    /// The whole request.
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Whose key is to be certified, if the request is to be believed.
    pub const fn subject(&self) -> Name<'a> {
        self.subject
    }

    /// The content octets of the SubjectPublicKeyInfo, without its outer tag and length.
    pub const fn spki(&self) -> &'a [u8] {
        self.spki
    }

    /// The content octets of the AlgorithmIdentifier of the signature.
    pub const fn algorithm(&self) -> &'a [u8] {
        self.algorithm
    }

    /// The key.
    ///
    /// # Errors
    /// As [`spki::parse_content`].
    pub fn public_key(&self) -> Result<PublicKey, Rule> {
        spki::parse_content(self.spki)
    }

    /// The extensions that are asked for, each at most once, in the order of the request.
    pub fn extensions(&self) -> &[Extension<'a>] {
        &self.extensions
    }

    /// Whether extensions are asked for in the attribute of Microsoft as well, which nobody here reads.
    pub const fn has_microsoft_extensions(&self) -> bool {
        self.has_microsoft_extensions
    }

    /// The names of the `subjectAltName` that is asked for; none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`], here or from the iterator.
    pub fn subject_alt_names(&self) -> Result<GeneralNames<'a>, Rule> {
        let found = self.extensions.iter().find(|extension| extension.oid == oid::SUBJECT_ALT_NAME);
        found.map_or(Ok(GeneralNames::none()), |extension| GeneralNames::read(extension.value))
    }

    /// How it is signed.
    ///
    /// # Errors
    /// As [`CertificateSignature::parse_content`].
    pub fn signature_algorithm(&self) -> Result<CertificateSignature, Rule> {
        CertificateSignature::parse_content(self.algorithm)
    }

    /// Checks that whoever made the request has the private key (RFC 2986 §3, note 2): without that, somebody could have another
    /// one's key certified under his own name.
    ///
    /// # Errors
    /// [`Rule::BadSignature`], [`Rule::WrongSigner`], [`Rule::BadKey`], [`Rule::Crypto`], and as
    /// [`CertificationRequest::public_key`] and [`CertificationRequest::signature_algorithm`].
    pub fn check_signature(&self, provider: &Provider) -> Result<(), Rule> {
        self.signature_algorithm()?.check(provider, &self.public_key()?, self.info, self.signature)
    }
}

impl CertificationRequest<'_> {
    /// The DER of the first request of a PEM text: `CERTIFICATE REQUEST`, or `NEW CERTIFICATE REQUEST` as others have it. It has
    /// not been read yet.
    ///
    /// # Errors
    /// [`NoRequest`].
    pub fn from_pem(text: &[u8]) -> Result<Vec<u8>, NoRequest> {
        let mut seen = Vec::new();
        for section in Sections::new(text) {
            match section.label {
                b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => {
                    return match section.decode() {
                        Ok(der) => Ok(der.to_vec()),
                        Err(reason) => Err(NoRequest::Broken { line: section.line, reason }),
                    };
                }
                _ if seen.len() < pem::SHOWN_SECTIONS => seen.push(section.shown_label()),
                _ => {}
            }
        }
        Err(NoRequest::Missing { seen })
    }
}

impl fmt::Debug for CertificationRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificationRequest").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The extensions of the extensionRequest among the attributes, and whether there is one of Microsoft.
fn read_attributes(set: &[u8]) -> Result<(Vec<Extension<'_>>, bool), Rule> {
    let mut list = Reader::new(set, "attributes")?;
    let (mut found, mut has_other) = (None, false);
    while !list.is_empty() {
        let mut attribute = Reader::new(list.take(Tag::Sequence)?, "attribute")?;
        let kind = attribute.take(Tag::ObjectIdentifier)?;
        let values = attribute.take(Tag::Set)?;
        attribute.end()?;
        let mut values = Reader::new(values, "attribute")?;
        let first = values.element()?;
        if kind == oid::EXTENSION_REQUEST {
            let values = values.named("extensionRequest");
            if found.is_some() {
                return Err(values.malformed());
            }
            values.end()?;
            found = Some(Extension::read_all(first.der)?);
            continue;
        }
        has_other |= kind == oid::MICROSOFT_EXTENSION_REQUEST;
        while !values.is_empty() {
            values.element()?;
        }
    }
    Ok((found.unwrap_or_default(), has_other))
}

/// Why a text gave no request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoRequest {
    /// There is none; the labels of what there is instead, escaped and cut, the first few.
    Missing {
        /// The labels.
        seen: Vec<String>,
    },
    /// The section that should be one cannot be decoded.
    Broken {
        /// The line of its BEGIN, counted from 1.
        line: usize,
        /// Why.
        reason: pem::Reason,
    },
}

impl fmt::Display for NoRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { seen } if seen.is_empty() => {
                f.write_str("no PEM certificate request was found; there is no PEM section at all")
            }
            Self::Missing { seen } => {
                write!(f, "no PEM certificate request was found; seen: {}", seen.join(", "))
            }
            Self::Broken { line, reason } => {
                write!(f, "line {line}: the certificate request cannot be read ({reason})")
            }
        }
    }
}

impl core::error::Error for NoRequest {}
