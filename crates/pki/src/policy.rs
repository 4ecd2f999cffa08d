//! How much work a verification may cost, and what it accepts.

use crate::certificate_policies::PolicyInputs;
use crate::error::Rule;
use crate::extension::KeyUsage;
use crate::oid;
use alloc::borrow::Cow;
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
    /// How many certificate policies and mappings are looked at, and connected, before the search gives up, over all
    /// candidate paths.
    pub policy_steps: u32,
    /// Which certificate policies a path must be valid for.
    pub policies: PolicyInputs,
    /// How many comparisons of a name with a name constraint are made before the search gives up, over all candidate paths.
    pub name_comparisons: u32,
    /// The algorithms that certificates may be signed with. A trust anchor's own signature is not looked at.
    pub signatures: Cow<'static, [SignatureAlgorithm]>,
    /// What the leaf's keyUsage must allow, if it has one: digital signatures, or for the RSA key transport of TLS 1.2 the
    /// encipherment of keys.
    pub leaf_usage: KeyUsage,
}

impl Policy {
    /// The default of [`Policy::depth`].
    pub const DEPTH: u8 = 10;
    /// The default of [`Policy::signature_checks`]. Real chains need fewer than ten.
    pub const SIGNATURE_CHECKS: u32 = 100;
    /// The default of [`Policy::candidates`].
    pub const CANDIDATES: u32 = 1_000;
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
            policy_steps: Self::POLICY_STEPS,
            policies: PolicyInputs::default(),
            name_comparisons: Self::NAME_COMPARISONS,
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

/// What the peer wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A TLS server: id-kp-serverAuth.
    Server,
    /// A TLS client: id-kp-clientAuth.
    Client,
}

impl Purpose {
    pub(crate) const fn oid(self) -> &'static [u8] {
        match self {
            Self::Server => oid::SERVER_AUTH,
            Self::Client => oid::CLIENT_AUTH,
        }
    }
}

/// What is left of the work that a [`Policy`] allows (docs/regressions.md row 57: the number of paths through
/// cross-signed certificates grows exponentially, and the peer draws the map).
#[derive(Debug)]
pub struct Budget {
    signature_checks: u32,
    candidates: u32,
    policy_steps: u32,
    name_comparisons: u32,
}

impl Budget {
    /// All of it.
    pub fn new(policy: &Policy) -> Self {
        Self {
            signature_checks: policy.signature_checks,
            candidates: policy.candidates,
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
