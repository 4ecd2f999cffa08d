//! The search for a path from the peer's certificate to a trust anchor (RFC 5280 §6, RFC 4158).
//!
//! The search is depth-first from the leaf. Candidates for an issuer are the trust anchors and the peer's other
//! certificates with the right name, in whatever order those came: anchors first, because they end the path, then the
//! certificates whose key identifier fits and which are valid now. A candidate is first checked for what costs
//! nothing, then for its signature; what concerns a path as a whole is checked when an anchor ends it, and where that
//! fails the search goes on. All attempts together draw on one budget, so cross-signed certificates that span a
//! maze end in an error after a bounded time.

mod whole;

use crate::anchors::{Anchor, Anchors};
use crate::cert::Certificate;
use crate::chain::{Chain, Other};
use crate::check::{self, Context};
use crate::constraints::{self, NameConstraints};
use crate::error::{Error, Place, Rule, Tried, Which};
use crate::ocsp::{Stapled, Stapling};
use crate::policy::{Budget, Policy, Purpose};
use crate::profile::{self, Breach, Profile, Role};
use crate::ready::{Ready, ReadyAnchors};
use crate::signature_algorithm::verdict;
use crate::spki;
use crate::subject::Name;
use crate::time::Time;
use crate::verify::{Path, Request, Trust};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, Provider, PublicKey, SignatureAlgorithm};

/// Who could have issued a certificate.
#[derive(Clone, Copy)]
enum Candidate<'c> {
    Anchor(usize, &'c Anchor),
    Peer(&'c Other<'c>),
}

impl<'c> Candidate<'c> {
    fn which(self) -> Which {
        match self {
            Self::Anchor(index, _) => Which::Anchor(index),
            Self::Peer(other) => Which::Peer(other.index),
        }
    }

    fn subject(self) -> Name<'c> {
        match self {
            Self::Anchor(_, anchor) => anchor.subject(),
            Self::Peer(other) => other.certificate.subject(),
        }
    }

    fn issuer(self) -> Option<String> {
        match self {
            Self::Anchor(_, anchor) => Some(anchor.certificate().ok()??.issuer().to_string()),
            Self::Peer(other) => Some(other.certificate.issuer().to_string()),
        }
    }
}

/// A search, and what it has cost so far.
pub(crate) struct Search<'c> {
    provider: &'c Provider,
    anchors: &'c Anchors,
    /// The same anchors, where they are ready.
    ready: Option<&'c ReadyAnchors>,
    policy: &'c Policy,
    context: Context<'c>,
    staple: Option<&'c [u8]>,
    /// What became of it on the path that was found last.
    stapled: Stapled,
    budget: Budget,
    /// The path so far, the leaf first.
    path: Vec<Step<'c>>,
    /// Which key signed which certificate of the peer's list, or did not, as far as that has been checked.
    signatures: Vec<Signed<'c>>,
    tried: Vec<Tried>,
    untold: usize,
}

/// The key that is to have signed a certificate: its SubjectPublicKeyInfo.
#[derive(Clone, Copy)]
enum Key<'c> {
    /// That of the anchor at this index.
    Anchor(usize, &'c [u8]),
    Peer(&'c [u8]),
}

/// A certificate of the path.
struct Step<'c> {
    /// Its index in the peer's list.
    index: usize,
    certificate: &'c Certificate<'c>,
    /// Known once: the path is gone through again and again, and names are long.
    is_self_issued: bool,
    /// Its issuer, as [`Name::key`] has it.
    issuer: Vec<u8>,
}

/// Whether the certificate at this index of the peer's list is signed with the key of this SubjectPublicKeyInfo.
struct Signed<'c> {
    child: usize,
    spki: &'c [u8],
    verdict: Result<(), Rule>,
}

/// Where a path ended.
struct End {
    trust: Trust,
    /// The last second at which what is said about the path from outside holds.
    valid_until: Time,
}

impl<'c> Search<'c> {
    pub(crate) fn new(
        provider: &'c Provider,
        anchors: &'c Anchors,
        policy: &'c Policy,
        request: &'c Request<'c>,
    ) -> Self {
        let context = Context { purposes: request.purposes, now: Time::from(request.now), policy };
        Self {
            provider,
            anchors,
            ready: None,
            policy,
            context,
            staple: request.staple,
            stapled: Stapled::Absent,
            budget: Budget::new(policy),
            path: Vec::new(),
            signatures: Vec::new(),
            tried: Vec::new(),
            untold: 0,
        }
    }

    /// Takes the keys of the anchors, which are the same, from here.
    pub(crate) fn ready(mut self, anchors: &'c ReadyAnchors) -> Self {
        self.ready = Some(anchors);
        self
    }

    pub(crate) fn run(mut self, chain: &'c Chain<'c>) -> Result<Path, Error> {
        let leaf = &chain.leaf;
        let (subject, issuer) = (leaf.subject().key(), leaf.issuer().key());
        let is_self_issued = subject == issuer;
        self.path.push(Step { index: 0, certificate: leaf, is_self_issued, issuer });
        check::leaf(leaf, self.context).map_err(|rule| self.error_at(0, rule))?;
        let trust = self.trusts(leaf, &subject).map_err(|rule| self.error_at(0, rule))?;
        if !matches!(trust, Some(Trust::Exact(_))) {
            self.check_leaf(leaf).map_err(|rule| self.error_at(0, rule))?;
        }
        let end = match trust {
            Some(trust) => self.check_trusted(chain, leaf).map(|()| End { trust, valid_until: Time::MAX }),
            None => self.extend(chain, leaf),
        };
        match end {
            Ok(End { trust, valid_until }) => {
                let expiries = self.path.iter().map(|step| step.certificate.validity().not_after);
                let valid_until = expiries.fold(valid_until, Time::min);
                let certificates = self.path.iter().map(|step| step.index).collect();
                Ok(Path { certificates, trust, valid_until, stapled: self.stapled, tried: self.tried })
            }
            Err(error) => {
                chain.unread.iter().for_each(|unread| self.note(unread.clone()));
                Err(error.with_tried(self.tried, self.untold))
            }
        }
    }

    /// Checks of a leaf that is trusted by itself what its trust does not answer. Nobody above it is needed; but whoever is there
    /// and has revoked it is heard, and a response that is insisted on has no issuer to be checked with.
    fn check_trusted(&mut self, chain: &'c Chain<'c>, leaf: &'c Certificate<'c>) -> Result<(), Error> {
        let policy = self.policy;
        let must_staple = leaf.must_staple().map_err(|rule| self.error_at(0, rule))?;
        let insists = policy.stapling == Stapling::Require || must_staple && policy.stapling != Stapling::Off;
        if policy.revocation.is_none() && !insists {
            return Ok(());
        }
        match self.extend(chain, leaf) {
            Err(error) if matches!(error.rule(), Rule::Revoked { .. } | Rule::Budget) => return Err(error),
            Err(error) if insists && self.context.purposes.contains(&Purpose::Server) => {
                return Err(if *error.rule() == Rule::MissingStaple || matches!(error.rule(), Rule::Ocsp(_)) {
                    error
                } else {
                    self.error_at(0, Rule::MissingStaple)
                });
            }
            _ => {}
        }
        self.path.truncate(1);
        Ok(())
    }

    /// Checks what is asked of a leaf that is not trusted octet for octet.
    fn check_leaf(&self, leaf: &Certificate<'_>) -> Result<(), Rule> {
        profile::check(leaf, Role::Leaf, self.policy.profile, self.context.purposes)?;
        if self.policy.profile == Profile::Path {
            // In a handshake the peer has signed with this key already.
            return Ok(());
        }
        // Whether a point lies on its curve (RFC 5480 §2.2) the provider knows, which looks at a key before a signature.
        let key = leaf.public_key()?;
        let algorithm = match key.kind {
            KeyKind::P256 => SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
            KeyKind::P384 => SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384),
            KeyKind::P521 => SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512),
            _ => return Ok(()),
        };
        match self.provider.verifier.verify(algorithm, &key, &[], &[]) {
            Err(CryptoError::BadKey) => Err(Rule::BadKey("it is no point of its curve")),
            _ => Ok(()),
        }
    }

    /// Whether the leaf is trusted by itself. `subject` is the key of its subject.
    fn trusts(&self, leaf: &Certificate<'_>, subject: &[u8]) -> Result<Option<Trust>, Rule> {
        match self.anchors.find_exact(leaf, subject) {
            // A root is trusted to issue certificates, and not to be one of a server (BR §7.1.2.7.8).
            Some(_) if self.policy.profile == Profile::WebPki && is_ca(leaf)? => Err(Rule::Breach(Breach::LeafIsCa)),
            Some(index) => Ok(Some(Trust::Exact(index))),
            None => Ok(self.anchors.find_pin(leaf, self.provider)?.map(Trust::Pin)),
        }
    }

    /// Extends the path, whose last certificate is `child`, to an anchor. On failure the path is as it was.
    fn extend(&mut self, chain: &'c Chain<'c>, child: &'c Certificate<'c>) -> Result<End, Error> {
        let (candidates, too_deep) = self.candidates(chain, child);
        let mut closest = too_deep.map(|rule| self.error_at_end(rule));
        if candidates.is_empty() {
            let error = closest.unwrap_or_else(|| self.no_issuer(child));
            return Err(self.remember(error));
        }
        if let Err(rule) = self.accept_algorithm(child) {
            let error = self.error_at_end(rule);
            return Err(self.remember(error));
        }
        for candidate in candidates {
            let error = match self.attempt(chain, child, candidate) {
                Ok(end) => return Ok(end),
                Err(error) if *error.rule() == Rule::Budget => return Err(error),
                Err(error) => error,
            };
            closest = match closest {
                Some(other) if other.closeness() >= error.closeness() => Some(other),
                _ => Some(error),
            };
        }
        Err(closest.unwrap_or_else(|| self.no_issuer(child)))
    }

    /// Takes `candidate` as the issuer of `child`, and goes on from there.
    fn attempt(
        &mut self,
        chain: &'c Chain<'c>,
        child: &'c Certificate<'c>,
        candidate: Candidate<'c>,
    ) -> Result<End, Error> {
        self.budget.candidate().map_err(|rule| self.error_at_end(rule))?;
        match candidate {
            Candidate::Anchor(index, anchor) => {
                let certificate = anchor.certificate().map_err(|rule| self.reject(candidate, rule))?;
                if let Some(certificate) = &certificate {
                    self.budget.read(certificate).map_err(|rule| self.error_at_end(rule))?;
                }
                let certificate = certificate.as_ref();
                let spki = Key::Anchor(index, &anchor.trust.subject_public_key_info);
                let issued = self.check(child, spki, certificate, Role::Anchor);
                issued.map_err(|rule| self.reject(candidate, rule))?;
                self.check_pair(child, certificate)?;
                let constraints = anchor.name_constraints(certificate).map_err(|rule| self.reject(candidate, rule))?;
                self.constrain(constraints.as_ref())?;
                let valid_until = self.check_whole(anchor, certificate)?;
                let not_after = certificate.map_or(Time::MAX, |certificate| certificate.validity().not_after);
                Ok(End { trust: Trust::Anchor(index), valid_until: valid_until.min(not_after) })
            }
            Candidate::Peer(other) => {
                let issuer = &other.certificate;
                self.budget.read(issuer).map_err(|rule| self.error_at_end(rule))?;
                let issued = self.check(child, Key::Peer(issuer.spki()), Some(issuer), Role::Intermediate);
                issued.map_err(|rule| self.reject(candidate, rule))?;
                self.check_pair(child, Some(issuer))?;
                let constraints = issuer.name_constraints().map_err(|rule| self.reject(candidate, rule))?;
                self.constrain(constraints.as_ref())?;
                let (is_self_issued, above) = (other.subject == other.issuer, other.issuer.clone());
                self.path.push(Step { index: other.index, certificate: issuer, is_self_issued, issuer: above });
                let end = self.extend(chain, issuer);
                if end.is_err() {
                    self.path.pop();
                }
                end
            }
        }
    }

    /// Who could have issued `child`, the most promising first; and the rule that keeps the peer's certificates from being
    /// among them, if there are any.
    fn candidates(&self, chain: &'c Chain<'c>, child: &Certificate<'_>) -> (Vec<Candidate<'c>>, Option<Rule>) {
        let wanted = self.path.last().map(|step| step.issuer.as_slice()).unwrap_or_default();
        let anchors = self.anchors.with_subject(wanted);
        let mut all: Vec<_> = anchors.map(|(index, anchor)| Candidate::Anchor(index, anchor)).collect();
        let key = child.authority_key_identifier().ok().flatten();
        all.sort_by_key(|candidate| match candidate {
            Candidate::Anchor(_, anchor) => fit(key, anchor.key_identifier.as_deref()),
            Candidate::Peer(_) => u8::MAX,
        });
        let is_issuer = |other: &&Other<'_>| other.subject == wanted && !self.is_on_path(&other.certificate);
        let mut issuers: Vec<_> = chain.others.iter().filter(is_issuer).collect();
        let intermediates = self.path.len().saturating_sub(1);
        if intermediates >= usize::from(self.policy.depth) {
            let too_deep = (!issuers.is_empty()).then_some(Rule::TooDeep(self.policy.depth));
            return (all, too_deep);
        }
        issuers.sort_by_cached_key(|other| self.rank(child, other));
        all.extend(issuers.into_iter().map(Candidate::Peer));
        (all, None)
    }

    /// RFC 4158 §2.4.2: a name and key that are on the path already lead nowhere new.
    fn is_on_path(&self, issuer: &Certificate<'_>) -> bool {
        let is_same = |other: &Certificate<'_>| other.subject() == issuer.subject() && other.spki() == issuer.spki();
        self.path.iter().any(|step| is_same(step.certificate))
    }

    /// How little `issuer` promises: smaller is better. The identifiers only sort; RFC 5280 makes no rule of them.
    fn rank(&self, child: &Certificate<'_>, other: &Other<'_>) -> (u8, bool, bool) {
        let issuer = &other.certificate;
        let wanted = child.authority_key_identifier().ok().flatten();
        let key = fit(wanted, issuer.subject_key_identifier().ok().flatten());
        let leads_up = self.anchors.with_subject(&other.issuer).next().is_some();
        (key, issuer.validity().check(self.context.now).is_err(), !leads_up)
    }

    /// Checks that an issuer, its key and if there is one its certificate, may issue certificates and did issue `child`.
    fn check(
        &mut self,
        child: &Certificate<'_>,
        key: Key<'c>,
        issuer: Option<&Certificate<'_>>,
        role: Role,
    ) -> Result<(), Rule> {
        if let Some(issuer) = issuer {
            check::issuer(issuer, role, self.intermediates_below(), self.context)?;
        }
        self.check_signature_once(child, key)
    }

    /// Checks that the key signed the last certificate of the path, `child`. On paths that cross the same two meet again.
    fn check_signature_once(&mut self, child: &Certificate<'_>, key: Key<'c>) -> Result<(), Rule> {
        let (Key::Anchor(_, spki) | Key::Peer(spki)) = key;
        let index = self.path.last().map_or(0, |step| step.index);
        if let Some(known) = self.signatures.iter().find(|known| known.child == index && known.spki == spki) {
            return known.verdict.clone();
        }
        let ready = match key {
            Key::Anchor(index, _) => self.ready.and_then(|ready| ready.get(index, self.provider)),
            Key::Peer(_) => None,
        };
        let verdict = match ready {
            Some(Ready { kind, key }) => self.check_signature_with(child, *kind, |algorithm, message, signature| {
                key.verify(algorithm, message, signature)
            }),
            None => spki::parse_content(spki).and_then(|key| self.check_signature(child, &key)),
        };
        if verdict != Err(Rule::Budget) {
            self.signatures.push(Signed { child: index, spki, verdict: verdict.clone() });
        }
        verdict
    }

    /// Checks where `child` must agree with the issuer that signed it: where they do not, it is `child` that is wrong.
    fn check_pair(&mut self, child: &Certificate<'_>, issuer: Option<&Certificate<'_>>) -> Result<(), Error> {
        let Some(issuer) = issuer else { return Ok(()) };
        profile::check_pair(child, issuer, self.policy.profile)
            .map_err(|rule| self.error_at_end(rule))
            .map_err(|error| self.remember(error))
    }

    /// Checks the names of the certificates below an issuer against its constraints. An intermediate certificate that is
    /// self-issued is none of them: a CA that changes keys has its own name (RFC 5280 §6.1.3 (b)).
    fn constrain(&mut self, constraints: Option<&NameConstraints<'_>>) -> Result<(), Error> {
        let Some(constraints) = constraints else { return Ok(()) };
        for depth in 0..self.path.len() {
            if let Some(step) = self.path.get(depth)
                && (depth == 0 || !step.is_self_issued)
                && let Err(rule) = self
                    .budget
                    .read(step.certificate)
                    .and_then(|()| constraints::check(constraints, step.certificate, &mut self.budget))
            {
                let error = self.error_at(depth, rule);
                return Err(self.remember(error));
            }
        }
        Ok(())
    }

    /// How many intermediate certificates are on the path; RFC 5280 §4.2.1.9 does not count those that are self-issued.
    fn intermediates_below(&self) -> usize {
        self.path.iter().skip(1).filter(|step| !step.is_self_issued).count()
    }

    /// Whether the policy accepts how `child` is signed.
    fn accept_algorithm(&self, child: &Certificate<'_>) -> Result<(), Rule> {
        let algorithm = child.signature_algorithm()?.algorithm;
        if self.policy.signatures.contains(&algorithm) { Ok(()) } else { Err(Rule::RefusedSignature(algorithm)) }
    }

    /// Checks that `key` signed `child`.
    fn check_signature(&mut self, child: &Certificate<'_>, key: &PublicKey) -> Result<(), Rule> {
        let verifier = self.provider.verifier;
        self.check_signature_with(child, key.kind, |algorithm, message, signature| {
            verifier.verify(algorithm, key, message, signature)
        })
    }

    /// Checks that a key of `kind` signed `child`, by what tells whether a signature is its.
    fn check_signature_with(
        &mut self,
        child: &Certificate<'_>,
        kind: KeyKind,
        verify: impl FnOnce(SignatureAlgorithm, &[u8], &[u8]) -> Result<(), CryptoError>,
    ) -> Result<(), Rule> {
        let signature = child.signature_algorithm()?;
        if !signature.fits(kind) {
            return Err(Rule::WrongSigner);
        }
        self.budget.signature_check()?;
        verdict(verify(signature.algorithm, child.tbs(), child.signature()))
    }

    /// Nobody has the name of `child`'s issuer: says whether `child` is self-signed.
    fn no_issuer(&mut self, child: &Certificate<'_>) -> Error {
        let own_key = child.public_key().ok().filter(|_| self.path.last().is_some_and(|step| step.is_self_issued));
        let verdict = own_key.map(|key| self.check_signature(child, &key));
        self.error_at_end(match verdict {
            None | Some(Err(Rule::BadSignature | Rule::WrongSigner)) => Rule::UnknownIssuer(child.issuer().to_string()),
            Some(Err(Rule::Budget)) => Rule::Budget,
            Some(_) => Rule::SelfSigned,
        })
    }

    /// An error about the last certificate of the path.
    fn error_at_end(&self, rule: Rule) -> Error {
        self.error_at(self.path.len().saturating_sub(1), rule)
    }

    /// An error about the certificate of the path at this depth.
    fn error_at(&self, depth: usize, rule: Rule) -> Error {
        let place = self.path.get(depth).map(|step| Place {
            which: Which::Peer(step.index),
            depth,
            subject: step.certificate.subject().to_string(),
            issuer: Some(step.certificate.issuer().to_string()),
        });
        Error::new(rule, place)
    }

    /// An error about a candidate that would have come next on the path; it is remembered.
    fn reject(&mut self, candidate: Candidate<'_>, rule: Rule) -> Error {
        let place = Place {
            which: candidate.which(),
            depth: self.path.len(),
            subject: candidate.subject().to_string(),
            issuer: candidate.issuer(),
        };
        self.remember(Error::new(rule, Some(place)))
    }

    /// Keeps what was found out on a path that is left again.
    fn remember(&mut self, error: Error) -> Error {
        if let Some(place) = error.place() {
            let Place { which, depth, subject, .. } = place.clone();
            self.note(Tried { which, depth, subject, rule: error.rule().clone() });
        }
        error
    }

    fn note(&mut self, tried: Tried) {
        if self.tried.len() < Error::TRIED_LIMIT {
            self.tried.push(tried);
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }
}

fn is_ca(certificate: &Certificate<'_>) -> Result<bool, Rule> {
    Ok(certificate.basic_constraints()?.is_some_and(|constraints| constraints.ca))
}

/// How well the key identifier of an issuer fits the one that is wanted: 0 is the same, 2 is another.
fn fit(wanted: Option<&[u8]>, found: Option<&[u8]>) -> u8 {
    match (wanted, found) {
        (Some(wanted), Some(found)) if wanted == found => 0,
        (Some(_), Some(_)) => 2,
        _ => 1,
    }
}
