//! Who issued a certificate, as far as what is said about revocation depends on it.

use crate::anchors::Anchor;
use crate::cert::Certificate;
use crate::error::Rule;
use crate::extension::KeyUsage;
use crate::spki;
use crate::subject::Name;
use handfast_crypto::PublicKey;

/// Who issued a certificate: the next one on the path, or the trust anchor, which may be a bare name and key.
#[derive(Clone, Debug)]
pub struct Issuer<'a> {
    /// Its subject.
    pub name: Name<'a>,
    /// Its key.
    pub key: PublicKey,
    /// What the key may do; `None` when nothing restricts it.
    pub key_usage: Option<KeyUsage>,
    /// Its subjectKeyIdentifier.
    pub key_identifier: Option<&'a [u8]>,
}

impl<'a> Issuer<'a> {
    /// The issuer that this certificate is of.
    ///
    /// # Errors
    /// As [`Certificate::public_key`], and [`Rule::Malformed`] for the extensions.
    pub fn of(certificate: &Certificate<'a>) -> Result<Self, Rule> {
        Ok(Self {
            name: certificate.subject(),
            key: certificate.public_key()?,
            key_usage: certificate.key_usage()?,
            key_identifier: certificate.subject_key_identifier()?,
        })
    }

    /// The anchor, and its certificate where there is one.
    pub(crate) fn of_anchor(anchor: &'a Anchor, certificate: Option<&Certificate<'a>>) -> Result<Self, Rule> {
        match certificate {
            Some(certificate) => Self::of(certificate),
            None => Ok(Self {
                name: anchor.subject(),
                key: spki::parse_content(&anchor.trust.subject_public_key_info)?,
                key_usage: None,
                key_identifier: None,
            }),
        }
    }
}
