//! How much work a verification may cost, and what it accepts.

use crate::cert::Certificate;
use crate::certificate_policies::PolicyInputs;
use crate::error::Rule;
use crate::extension::KeyUsage;
use crate::ocsp::Stapling;
use crate::oid;
use crate::profile::Profile;
use crate::revocation::Revocation;
use alloc::borrow::Cow;
use core::fmt;
use handfast_crypto::{HashAlgorithm, SignatureAlgorithm};

/// What the verifier insists on. The default is right for the public Internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many intermediate certificates may stand between the leaf and the trust anchor.
    pub depth: u8,
    /// How many signatures are checked before the search gives up, over all candidate paths.
    pub signature_checks: u32,
    /// How many candidate issuers are looked at before the search gives up, over all candidate paths.
    pub candidates: u32,
    /// How many octets of certificates are read before the search gives up, over all candidate paths; those of one certificate
    /// count each time that it is looked at.
    pub octets: u32,
    /// How many certificate policies and mappings are looked at, and connected, before the search gives up, over all
    /// candidate paths.
    pub policy_steps: u32,
    /// Which certificate policies a path must be valid for.
    pub policies: PolicyInputs,
    /// How many comparisons of a name with a name constraint are made before the search gives up, over all candidate paths.
    pub name_comparisons: u32,
    /// What is held against a certificate beyond the validation of its path.
    pub profile: Profile,
    /// Revocation lists; without any, revocation is not looked at.
    pub revocation: Option<Revocation>,
    /// What is done about the OCSP response that a server staples.
    pub stapling: Stapling,
    /// The algorithms that certificates may be signed with. A trust anchor's own signature is not looked at.
    pub signatures: Cow<'static, [SignatureAlgorithm]>,
    /// What the leaf's keyUsage must allow, if it has one: at least one of these. In a handshake that is digital signatures,
    /// which is the default, or for the RSA key transport of TLS 1.2 the encipherment of keys; [`KeyUsage::NONE`] asks for
    /// nothing.
    pub leaf_usage: KeyUsage,
}

impl Policy {
    /// The default of [`Policy::depth`].
    pub const DEPTH: u8 = 10;
    /// The default of [`Policy::signature_checks`]. Real chains need fewer than ten.
    pub const SIGNATURE_CHECKS: u32 = 100;
    /// The default of [`Policy::candidates`].
    pub const CANDIDATES: u32 = 1_000;
    /// The default of [`Policy::octets`]: 4 MiB. Real chains need some kilobytes.
    pub const OCTETS: u32 = 4 << 20;
    /// The default of [`Policy::policy_steps`]. Real chains need fewer than a hundred.
    pub const POLICY_STEPS: u32 = 10_000;
    /// The default of [`Policy::name_comparisons`]: five hundred names under five hundred constraints.
    pub const NAME_COMPARISONS: u32 = 250_000;
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            depth: Self::DEPTH,
            signature_checks: Self::SIGNATURE_CHECKS,
            candidates: Self::CANDIDATES,
            octets: Self::OCTETS,
            policy_steps: Self::POLICY_STEPS,
            policies: PolicyInputs::default(),
            name_comparisons: Self::NAME_COMPARISONS,
            profile: Profile::Path,
            revocation: None,
            stapling: Stapling::default(),
            signatures: Cow::Borrowed(SIGNATURES),
            leaf_usage: KeyUsage::DIGITAL_SIGNATURE,
        }
    }
}

/// Every algorithm that [`crate::signature_algorithm`] knows: none with MD5 or SHA-1 (RFC 9155).
pub const SIGNATURES: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
    SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384),
    SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512),
    SignatureAlgorithm::Ed25519,
    SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256),
    SignatureAlgorithm::RsaPss(HashAlgorithm::Sha384),
    SignatureAlgorithm::RsaPss(HashAlgorithm::Sha512),
    SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
    SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha384),
    SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha512),
    SignatureAlgorithm::MlDsa,
];

/// What a certificate is used for (RFC 5280 §4.2.1.12). Displays as the name of the RFC without its prefix: `serverAuth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// A TLS server: id-kp-serverAuth.
    Server,
    /// A TLS client: id-kp-clientAuth.
    Client,
    /// Who signed a program: id-kp-codeSigning.
    CodeSigning,
    /// Mail: id-kp-emailProtection.
    EmailProtection,
    /// Time stamps: id-kp-timeStamping.
    TimeStamping,
    /// OCSP responses in the name of a CA: id-kp-OCSPSigning.
    OcspSigning,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Server, Self::Client, Self::CodeSigning, Self::EmailProtection, Self::TimeStamping, Self::OcspSigning];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "serverAuth",
            Self::Client => "clientAuth",
            Self::CodeSigning => "codeSigning",
            Self::EmailProtection => "emailProtection",
            Self::TimeStamping => "timeStamping",
            Self::OcspSigning => "OCSPSigning",
        }
    }

    pub(crate) const fn oid(self) -> &'static [u8] {
        match self {
            Self::Server => oid::SERVER_AUTH,
            Self::Client => oid::CLIENT_AUTH,
            Self::CodeSigning => oid::CODE_SIGNING,
            Self::EmailProtection => oid::EMAIL_PROTECTION,
            Self::TimeStamping => oid::TIME_STAMPING,
            Self::OcspSigning => oid::OCSP_SIGNING,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is left of the work that a [`Policy`] allows (docs/regressions.md row 57: the number of paths through
/// cross-signed certificates grows exponentially, and the peer draws the map).
#[derive(Debug)]
pub struct Budget {
    signature_checks: u32,
    candidates: u32,
    octets: u32,
    policy_steps: u32,
    name_comparisons: u32,
}

impl Budget {
    /// All of it.
    pub fn new(policy: &Policy) -> Self {
        Self {
            signature_checks: policy.signature_checks,
            candidates: policy.candidates,
            octets: policy.octets,
            policy_steps: policy.policy_steps,
            name_comparisons: policy.name_comparisons,
        }
    }

    /// Pays for a signature check.
    pub(crate) fn signature_check(&mut self) -> Result<(), Rule> {
        pay(&mut self.signature_checks)
    }

    /// Pays for a look at a candidate.
    pub(crate) fn candidate(&mut self) -> Result<(), Rule> {
        pay(&mut self.candidates)
    }

    /// Pays for a look at all of a certificate.
    pub(crate) fn read(&mut self, certificate: &Certificate<'_>) -> Result<(), Rule> {
        let octets = u32::try_from(certificate.der().len()).map_err(|_| Rule::Budget)?;
        self.octets = self.octets.checked_sub(octets).ok_or(Rule::Budget)?;
        Ok(())
    }

    /// Pays for a look at a certificate policy, at a mapping, or at what connects two policies.
    pub(crate) fn policy_step(&mut self) -> Result<(), Rule> {
        pay(&mut self.policy_steps)
    }

    /// Pays for the comparison of a name with a name constraint.
    pub(crate) fn name_comparison(&mut self) -> Result<(), Rule> {
        pay(&mut self.name_comparisons)
    }
}

fn pay(left: &mut u32) -> Result<(), Rule> {
    *left = left.checked_sub(1).ok_or(Rule::Budget)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends() {
        let policy = Policy { signature_checks: 2, candidates: 1, name_comparisons: 1, ..Policy::default() };
        let mut budget = Budget::new(&policy);
        assert_eq!(budget.signature_check(), Ok(()));
        assert_eq!(budget.signature_check(), Ok(()));
        assert_eq!(budget.signature_check(), Err(Rule::Budget));
        assert_eq!(budget.candidate(), Ok(()));
        assert_eq!(budget.candidate(), Err(Rule::Budget));
        assert_eq!(budget.name_comparison(), Ok(()));
        assert_eq!(budget.name_comparison(), Err(Rule::Budget));
    }
}
