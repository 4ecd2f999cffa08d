//! Is this certificate revoked, as far as the CRLs tell that are at hand (RFC 5280 §6.3).

use crate::cert::Certificate;
use crate::crl::Crl;
use crate::crls::{Crls, KeyHash, Stored};
use crate::distribution_point::{DistributionPoint, DistributionPointName, Reasons};
use crate::error::Rule;
use crate::extension::{GeneralName, GeneralNames, KeyUsage};
use crate::issuer::Issuer;
use crate::policy::Budget;
use crate::spki;
use crate::subject::Name;
use crate::time::Time;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, HashAlgorithm, Provider, PublicKey, SignatureAlgorithm};

/// Revocation lists, and what is done where they do not help. The default insists: every certificate of the path needs a
/// current list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The lists.
    pub crls: Arc<Crls>,
    /// Which certificates of a path are looked up. The default is all of them.
    pub scope: Scope,
    /// What becomes of a certificate that no list covers. The default is to refuse it.
    pub unknown: Verdict,
    /// What becomes of a list whose nextUpdate has passed. The default is to refuse it; accepted, it counts like a current
    /// one.
    pub expired: Verdict,
}

/// Which certificates of a path are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scope {
    /// The peer's own.
    Leaf,
    /// All of them, but not the trust anchor, which has no issuer above it.
    #[default]
    Path,
}

/// What becomes of something that could be better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Verdict {
    /// It is good enough.
    Accept,
    /// It is not.
    #[default]
    Refuse,
}

/// What one list says about one certificate.
enum Statement {
    /// It is not about it, by this field.
    Silent(&'static str),
    /// It is not revoked for any of these reasons, until then.
    Good(Reasons, Time),
}

/// How many names the distribution points of one certificate can have altogether; real ones have one to three. Each is
/// compared with those of a list.
const MAX_NAMES: usize = 64;

impl Revocation {
    /// Insists on a current list for every certificate of a path.
    pub fn new(crls: Arc<Crls>) -> Self {
        Self { crls, scope: Scope::default(), unknown: Verdict::default(), expired: Verdict::default() }
    }

    /// Checks that `certificate`, which is a CA's or not by its basicConstraints, is not revoked. Whether it is one of those
    /// that [`Revocation::scope`] has looked up, the caller decides. Gives the last second at which the answer holds: the
    /// earliest nextUpdate of the lists that were used, and without any [`Time::MAX`].
    ///
    /// Every list of the issuer is asked:
    ///
    /// - One that lists the certificate revokes it, whatever a newer one says. (A certificate that comes off hold is good
    ///   again when the lists that have it on hold have expired, or are no longer given.)
    /// - Lists that are good and cover the certificate for every reason, together or alone, clear it.
    /// - Where they do not, a list that could not be used refuses it, and the newest says why: it may be the one that lists it.
    ///   Nobody who holds back one list and spoils another gets a certificate through.
    /// - Where there is none at all, [`Revocation::unknown`] decides.
    ///
    /// A list must be signed with the key that signed the certificate. One of the issuer's name that another key signed could
    /// not be used, and so counts against the certificate where no other list clears it: nobody here can tell a CA's other key
    /// from a stranger's.
    ///
    /// # Errors
    /// [`Rule::Revoked`]; the rules that begin with `Crl`; [`Rule::NoCrl`]; [`Rule::Budget`].
    #[expect(clippy::too_many_arguments, reason = "all of a verification comes together here")]
    pub fn check(
        &self,
        certificate: &Certificate<'_>,
        is_ca: bool,
        issuer: &Issuer<'_>,
        now: Time,
        provider: &Provider,
        signatures: &[SignatureAlgorithm],
        budget: &mut Budget,
    ) -> Result<Time, Rule> {
        let mut lookup = Lookup {
            certificate,
            is_ca,
            issuer,
            now,
            expired: self.expired,
            provider,
            signatures,
            budget,
            points: None,
        };
        let (mut cleared, mut failed, mut silent) = (Reasons::NONE, None, None);
        let mut valid_until = Time::MAX;
        for stored in self.crls.of(issuer.name) {
            lookup.budget.candidate()?;
            match lookup.ask(stored) {
                Ok(Statement::Good(reasons, until)) => {
                    cleared = cleared.or(reasons);
                    // One that is accepted although it is old says nothing about how long.
                    valid_until = if until < now { valid_until } else { valid_until.min(until) };
                }
                Ok(Statement::Silent(why)) => silent = silent.or(Some(why)),
                Err(rule @ (Rule::Revoked { .. } | Rule::Budget)) => return Err(rule),
                Err(rule) => {
                    // One that another key signed may be about another CA of the same name, and tells less.
                    let is_strange = |rule: &Rule| matches!(rule, Rule::CrlSignature | Rule::CrlSigner);
                    failed = match failed {
                        Some(first) if !is_strange(&first) || is_strange(&rule) => Some(first),
                        _ => Some(rule),
                    };
                }
            }
        }
        if cleared.contains(Reasons::ALL) {
            return Ok(valid_until);
        }
        match (failed, self.unknown) {
            (Some(rule), _) => Err(rule),
            (None, Verdict::Accept) => Ok(valid_until),
            (None, Verdict::Refuse) if cleared != Reasons::NONE => Err(Rule::CrlScope("onlySomeReasons")),
            (None, Verdict::Refuse) => Err(silent.map_or(Rule::NoCrl, Rule::CrlScope)),
        }
    }
}

/// The check of one certificate.
struct Lookup<'c> {
    certificate: &'c Certificate<'c>,
    is_ca: bool,
    issuer: &'c Issuer<'c>,
    now: Time,
    expired: Verdict,
    provider: &'c Provider,
    signatures: &'c [SignatureAlgorithm],
    budget: &'c mut Budget,
    /// The certificate's distribution points, once a list has asked for them.
    points: Option<Vec<DistributionPoint<'c>>>,
}

impl Lookup<'_> {
    /// What `stored` says. A list that is not about the certificate need not be in order.
    fn ask(&mut self, stored: &Stored) -> Result<Statement, Rule> {
        let crl = stored.crl()?;
        let silent = if !crl.scope().has_kind(self.is_ca) {
            "issuingDistributionPoint"
        } else if let Some(reasons) = self.reasons(&crl)? {
            return self.listed(stored, &crl).map(|()| Statement::Good(reasons, crl.next_update()));
        } else {
            "distributionPoint"
        };
        // A serial number is of one certificate of its issuer, wherever that has put it on a list.
        match self.listed(stored, &crl) {
            Err(rule @ (Rule::Revoked { .. } | Rule::Budget)) => Err(rule),
            _ => Ok(Statement::Silent(silent)),
        }
    }

    /// Checks that the list counts, and that the certificate is not on it.
    fn listed(&mut self, stored: &Stored, crl: &Crl<'_>) -> Result<(), Rule> {
        if self.issuer.key_usage.is_some_and(|usage| !usage.contains(KeyUsage::CRL_SIGN)) {
            return Err(Rule::NoCrlSign);
        }
        self.check_time(crl)?;
        self.check_signature(stored, crl)?;
        match stored.find(crl, self.certificate.serial()) {
            Some(entry) => Err(Rule::Revoked { at: entry.date, reason: entry.reason }),
            None => Ok(()),
        }
    }

    /// For which reasons `crl` covers the certificate; `None` when they have no distribution point in common.
    ///
    /// RFC 5280 §6.3.3 (b) and its last paragraphs: all distribution points of the certificate are looked at
    /// (docs/regressions.md row 66), and one more that is called like the issuer. One with a cRLIssuer wants an indirect CRL.
    fn reasons(&mut self, crl: &Crl<'_>) -> Result<Option<Reasons>, Rule> {
        let Some(point) = &crl.scope().point else {
            return Ok(Some(crl.scope().reasons));
        };
        let points = match &self.points {
            Some(points) => points,
            None => self.points.insert(read_points(self.certificate)?),
        };
        let (mut covered, mut found) = (Reasons::NONE, false);
        for own in points.iter().filter(|own| own.crl_issuer.is_none()) {
            if let Some(name) = &own.name
                && have_common_name(point, name, self.issuer.name)
            {
                found = true;
                covered = covered.or(own.reasons.unwrap_or(Reasons::ALL));
            }
        }
        if let DistributionPointName::Full(names) = point
            && names
                .clone()
                .flatten()
                .any(|name| matches!(name, GeneralName::Directory(name) if name.matches(self.issuer.name)))
        {
            found = true;
            covered = Reasons::ALL;
        }
        Ok(found.then(|| covered.and(crl.scope().reasons)))
    }

    fn check_time(&self, crl: &Crl<'_>) -> Result<(), Rule> {
        let (this_update, next_update, now) = (crl.this_update(), crl.next_update(), self.now);
        if now < this_update {
            return Err(Rule::CrlNotYetValid { this_update, now });
        }
        if now > next_update && self.expired == Verdict::Refuse {
            return Err(Rule::CrlExpired { next_update, now });
        }
        Ok(())
    }

    fn check_signature(&mut self, stored: &Stored, crl: &Crl<'_>) -> Result<(), Rule> {
        let signature = crl.signature_algorithm()?;
        if !self.signatures.contains(&signature.algorithm) {
            return Err(Rule::CrlAlgorithm(format!("{:?}", signature.algorithm)));
        }
        let key = &self.issuer.key;
        if !signature.fits(key.kind) {
            return Err(Rule::CrlSigner);
        }
        let hash = hash(self.provider, key);
        if hash.is_some_and(|hash| stored.is_verified(&hash)) {
            return Ok(());
        }
        self.budget.signature_check()?;
        match self.provider.verifier.verify(signature.algorithm, key, crl.tbs(), crl.signature()) {
            Ok(()) => {
                hash.iter().for_each(|hash| stored.set_verified(hash));
                Ok(())
            }
            Err(CryptoError::BadSignature) => Err(Rule::CrlSignature),
            Err(CryptoError::BadKey) => Err(Rule::CrlSigner),
            Err(error) => Err(Rule::Crypto(error)),
        }
    }
}

/// `None` when the provider has no SHA-256 or the key has no encoding: then nothing is remembered.
fn hash(provider: &Provider, key: &PublicKey) -> Option<KeyHash> {
    let spki = spki::encode(key).ok()?;
    let digest = provider.hash(HashAlgorithm::Sha256)?.digest(&[&spki]).ok()?;
    let (words, _) = digest.as_bytes().as_chunks();
    <[[u8; 4]; 8]>::try_from(words).ok().map(|words| words.map(u32::from_be_bytes))
}

/// The distribution points of a certificate, all of whose names can be read and are not too many.
fn read_points<'a>(certificate: &Certificate<'a>) -> Result<Vec<DistributionPoint<'a>>, Rule> {
    let points = certificate.crl_distribution_points()?;
    let mut count = 0_usize;
    for point in &points {
        let names = match &point.name {
            Some(DistributionPointName::Full(names)) => names.clone(),
            _ => GeneralNames::none(),
        };
        for name in names {
            name?;
            count = count.saturating_add(1);
        }
        count = count.saturating_add(1);
        if count > MAX_NAMES {
            return Err(Rule::Budget);
        }
    }
    Ok(points)
}

/// Whether two names of distribution points, both of lists of `issuer`, have a name in common.
fn have_common_name(one: &DistributionPointName<'_>, other: &DistributionPointName<'_>, issuer: Name<'_>) -> bool {
    use DistributionPointName::{Full, Relative};
    match (one, other) {
        (Full(one), Full(other)) => {
            one.clone().flatten().any(|name| other.clone().flatten().any(|other| are_equal(&name, &other)))
        }
        (Relative(one), Relative(other)) => one == other,
        (Full(full), Relative(relative)) | (Relative(relative), Full(full)) => {
            const SET: u8 = 0x31;
            let name = [issuer.as_bytes(), &crate::encode::tlv(SET, &[relative])].concat();
            full.clone().flatten().any(|full| full == GeneralName::Directory(Name::new(&name)))
        }
    }
}

/// Octet for octet. Of the forms that are not kept, none equals another.
fn are_equal(one: &GeneralName<'_>, other: &GeneralName<'_>) -> bool {
    one == other && !matches!(one, GeneralName::Other(_))
}
