//! What is held against certificates, beyond whom to trust: flags that become a policy.

use crate::failure::Failure;
use crate::tls;
use clap::{Args, ValueEnum, ValueHint};
use handfast::Anchors;
use handfast::pki::inspect::Pin;
use handfast::pki::ocsp::{Stapled, Stapling};
use handfast::pki::revocation::{Scope, Verdict};
use handfast::pki::{Path, Policy, Profile, Revocation};
use std::path::PathBuf;
use std::sync::Arc;

/// How `verify` judges, and `connect` its server.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Flags {
    /// Trust the certificate for the key whose SubjectPublicKeyInfo has this SHA-256, in base64 or hexadecimal digits, whoever
    /// issued it; Mozilla's roots are not trusted then. `handfast inspect` shows it
    #[arg(long, value_name = "PIN")]
    pub(crate) pin: Vec<Pin>,

    /// Judge the path by the revocation lists of FILE (PEM or DER)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    crl: Vec<PathBuf>,

    /// A list is needed for the leaf alone, not for every certificate of the path
    #[arg(long, requires = "crl")]
    crl_leaf_only: bool,

    /// A certificate whose issuer has no list here is accepted
    #[arg(long, requires = "crl")]
    crl_optional: bool,

    /// A list whose next issue is overdue still counts
    #[arg(long, requires = "crl")]
    crl_expired: bool,

    /// Refuse a certificate without a good OCSP response
    #[arg(long)]
    require_ocsp: bool,

    /// What is held against certificates beyond the validation of the path
    #[arg(long, value_name = "PROFILE", default_value = "path")]
    profile: ProfileName,
}

/// The profiles, as people write them.
#[derive(Clone, Copy, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProfileName {
    /// Path validation alone
    Path,
    /// The duties of RFC 5280 on every certificate as well
    Rfc5280,
    /// Those, and the rules of the CA/Browser Forum for TLS servers
    Webpki,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Path => Self::Path,
            ProfileName::Rfc5280 => Self::Rfc5280,
            ProfileName::Webpki => Self::WebPki,
        }
    }
}

impl Flags {
    /// The policy; all that is not said is as in the default.
    pub(crate) fn policy(&self) -> Result<Policy, Failure> {
        let mut policy = Policy { profile: self.profile.into(), ..Policy::default() };
        policy.revocation = revocation(&self.crl)?.map(|strict| Revocation {
            scope: if self.crl_leaf_only { Scope::Leaf } else { Scope::Path },
            unknown: if self.crl_optional { Verdict::Accept } else { Verdict::Refuse },
            expired: if self.crl_expired { Verdict::Accept } else { Verdict::Refuse },
            ..strict
        });
        if self.require_ocsp {
            policy.stapling = Stapling::Require;
        }
        Ok(policy)
    }

    /// Adds the pins to what is trusted.
    pub(crate) fn pins(&self, mut anchors: Anchors) -> Anchors {
        self.pin.iter().for_each(|pin| anchors.pin(pin.0));
        anchors
    }
}

/// Insists on the lists of these files; `None` where there are no files.
pub(crate) fn revocation(files: &[PathBuf]) -> Result<Option<Revocation>, Failure> {
    if files.is_empty() { Ok(None) } else { Ok(Some(Revocation::new(Arc::new(tls::crls(files)?)))) }
}

/// What became of the OCSP response that came with a certificate that is accepted.
pub(crate) fn stapled(path: &Path) -> String {
    match &path.stapled {
        Stapled::Good => "good".to_string(),
        Stapled::Unusable(rule) => format!("of no use: {rule}"),
        // Because of `--no-ocsp`, or because the certificate is trusted as it is.
        Stapled::Absent => "not looked at".to_string(),
    }
}
