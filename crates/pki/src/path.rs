//! The search for a path from the peer's certificate to a trust anchor (RFC 5280 §6, RFC 4158).
//!
//! The search is depth-first from the leaf. Candidates for an issuer are the trust anchors and the peer's other
//! certificates with the right name, in whatever order those came: anchors first, because they end the path, then the
//! certificates whose key identifier fits and which are valid now. A candidate is first checked for what costs
//! nothing, then for its signature. All attempts together draw on one budget, so cross-signed certificates that span a
//! maze end in an error after a bounded time.

use crate::anchors::{Anchor, Anchors};
use crate::cert::Certificate;
use crate::check::{self, Context};
use crate::error::{Error, Place, Rule, Tried, Which};
use crate::name::check_server_identity;
use crate::policy::{Budget, Policy, Purpose};
use crate::spki;
use crate::subject::Name;
use crate::time::Time;
use alloc::string::ToString;
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Provider, PublicKey};
use pki_types::{CertificateDer, ServerName, UnixTime};

/// A path that was found and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Indices into the peer's list: the leaf, 0, first, each signed by the next.
    pub certificates: Vec<usize>,
    /// The index of the trust anchor: the issuer of the last certificate, or, when the leaf itself is trusted, the leaf.
    pub anchor: usize,
}

/// Checks the certificates of a TLS server, leaf first: a path to one of `anchors`, every rule on the way, and the name.
///
/// # Errors
/// The rule that was broken, and where. Of several candidates that failed, the one that came closest is told, the
/// others are listed.
pub fn verify_server(
    provider: &Provider,
    anchors: &Anchors,
    policy: &Policy,
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<Path, Error> {
    let chain = Chain::read(chain)?;
    let path = Search::new(provider, anchors, policy, Purpose::Server, now).run(&chain)?;
    check_server_identity(&chain.leaf, name)?;
    Ok(path)
}

/// Checks the certificates of a TLS client, leaf first. Who the client is, the caller reads from the leaf.
///
/// # Errors
/// As [`verify_server`].
pub fn verify_client(
    provider: &Provider,
    anchors: &Anchors,
    policy: &Policy,
    chain: &[CertificateDer<'_>],
    now: UnixTime,
) -> Result<Path, Error> {
    Search::new(provider, anchors, policy, Purpose::Client, now).run(&Chain::read(chain)?)
}

/// The key that the certificate is for: what the peer's handshake signature is checked with.
///
/// # Errors
/// As [`Certificate::parse`] and [`spki::parse`].
pub fn leaf_key(certificate: &CertificateDer<'_>) -> Result<PublicKey, Error> {
    let parsed = Certificate::parse(certificate).map_err(unread_leaf)?;
    parsed.public_key().map_err(|rule| leaf_error(&parsed, rule))
}

/// Whether the certificate is for `key`, and so belongs to that private key. A certificate that cannot be read belongs to
/// none.
pub fn key_matches(certificate: &CertificateDer<'_>, key: &PublicKey) -> bool {
    leaf_key(certificate).is_ok_and(|own| own == *key)
}

/// What the peer sent.
struct Chain<'a> {
    leaf: Certificate<'a>,
    /// All others that could be read, with their indices.
    others: Vec<(usize, Certificate<'a>)>,
    /// Those that could not. The one that is missing may be among them.
    unread: Vec<Tried>,
}

impl<'a> Chain<'a> {
    fn read(chain: &'a [CertificateDer<'_>]) -> Result<Self, Error> {
        let (leaf, others) = chain.split_first().ok_or(Rule::EmptyChain)?;
        let leaf = Certificate::parse(leaf).map_err(unread_leaf)?;
        let mut own = Self { leaf, others: Vec::new(), unread: Vec::new() };
        for (index, der) in (1..).zip(others) {
            match Certificate::parse(der) {
                Ok(certificate) => own.others.push((index, certificate)),
                Err(rule) => own.unread.push(Tried { which: Which::Peer(index), subject: UNREAD.to_string(), rule }),
            }
        }
        Ok(own)
    }
}

/// Stands for the subject of a certificate that could not be read.
const UNREAD: &str = "unread";

fn unread_leaf(rule: Rule) -> Error {
    Error::about_leaf(rule, UNREAD.to_string())
}

fn leaf_error(leaf: &Certificate<'_>, rule: Rule) -> Error {
    Error::about_leaf(rule, leaf.subject().to_string())
}

/// Who could have issued a certificate.
#[derive(Clone, Copy)]
enum Candidate<'c> {
    Anchor(usize, &'c Anchor),
    Peer(usize, &'c Certificate<'c>),
}

impl<'c> Candidate<'c> {
    fn which(self) -> Which {
        match self {
            Self::Anchor(index, _) => Which::Anchor(index),
            Self::Peer(index, _) => Which::Peer(index),
        }
    }

    fn subject(self) -> Name<'c> {
        match self {
            Self::Anchor(_, anchor) => anchor.subject(),
            Self::Peer(_, certificate) => certificate.subject(),
        }
    }
}

/// A search, and what it has cost so far.
struct Search<'c> {
    provider: &'c Provider,
    anchors: &'c Anchors,
    policy: &'c Policy,
    context: Context,
    budget: Budget,
    /// The path so far, the leaf first, with the indices of the peer's list.
    path: Vec<(usize, &'c Certificate<'c>)>,
    tried: Vec<Tried>,
    untold: usize,
}

impl<'c> Search<'c> {
    fn new(provider: &'c Provider, anchors: &'c Anchors, policy: &'c Policy, purpose: Purpose, now: UnixTime) -> Self {
        let context = Context { purpose, now: Time::from(now), leaf_usage: policy.leaf_usage };
        let budget = Budget::new(policy);
        Self { provider, anchors, policy, context, budget, path: Vec::new(), tried: Vec::new(), untold: 0 }
    }

    fn run(mut self, chain: &'c Chain<'c>) -> Result<Path, Error> {
        let leaf = &chain.leaf;
        check::leaf(leaf, self.context).map_err(|rule| leaf_error(leaf, rule))?;
        if let Some(anchor) = self.anchors.find_exact(leaf) {
            return Ok(Path { certificates: [0].to_vec(), anchor });
        }
        self.path.push((0, leaf));
        match self.extend(chain, leaf) {
            Ok(anchor) => Ok(Path { certificates: self.path.iter().map(|(index, _)| *index).collect(), anchor }),
            Err(error) => {
                chain.unread.iter().for_each(|unread| self.note(unread.clone()));
                Err(error.with_tried(self.tried, self.untold))
            }
        }
    }

    /// Extends the path, whose last certificate is `child`, to an anchor; gives the anchor's index. On failure the path is
    /// as it was.
    fn extend(&mut self, chain: &'c Chain<'c>, child: &'c Certificate<'c>) -> Result<usize, Error> {
        let candidates = self.candidates(chain, child)?;
        if candidates.is_empty() {
            return Err(self.no_issuer(child));
        }
        self.accept_algorithm(child).map_err(|rule| self.error_at_end(rule))?;
        let mut closest: Option<Error> = None;
        for candidate in candidates {
            let error = match self.attempt(chain, child, candidate) {
                Ok(anchor) => return Ok(anchor),
                Err(error) if *error.rule() == Rule::Budget => return Err(error),
                Err(error) => error,
            };
            closest = match closest {
                Some(other) if other.rule().weight() >= error.rule().weight() => Some(other),
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
    ) -> Result<usize, Error> {
        self.budget.candidate().map_err(|rule| self.error_at_end(rule))?;
        self.check(child, candidate).map_err(|rule| self.reject(candidate, rule))?;
        match candidate {
            Candidate::Anchor(index, _) => Ok(index),
            Candidate::Peer(index, issuer) => {
                self.path.push((index, issuer));
                let found = self.extend(chain, issuer);
                if found.is_err() {
                    self.path.pop();
                }
                found
            }
        }
    }

    /// Who could have issued `child`, the most promising first.
    fn candidates(&self, chain: &'c Chain<'c>, child: &Certificate<'_>) -> Result<Vec<Candidate<'c>>, Error> {
        let indices = self.anchors.with_subject(child.issuer()).iter();
        let mut all: Vec<_> =
            indices.filter_map(|index| Some(Candidate::Anchor(*index, self.anchors.get(*index)?))).collect();
        let mut issuers: Vec<_> = chain
            .others
            .iter()
            .filter(|(_, issuer)| issuer.subject() == child.issuer() && !self.is_on_path(issuer))
            .collect();
        let intermediates = self.path.len().saturating_sub(1);
        if intermediates >= usize::from(self.policy.depth) {
            if all.is_empty() && !issuers.is_empty() {
                return Err(self.error_at_end(Rule::TooDeep(self.policy.depth)));
            }
            return Ok(all);
        }
        issuers.sort_by_cached_key(|(_, issuer)| self.rank(child, issuer));
        all.extend(issuers.iter().map(|(index, issuer)| Candidate::Peer(*index, issuer)));
        Ok(all)
    }

    /// RFC 4158 §2.4.2: a name and key that are on the path already lead nowhere new.
    fn is_on_path(&self, issuer: &Certificate<'_>) -> bool {
        self.path.iter().any(|(_, other)| other.subject() == issuer.subject() && other.spki() == issuer.spki())
    }

    /// How little `issuer` promises: smaller is better. The identifiers only sort; RFC 5280 makes no rule of them.
    fn rank(&self, child: &Certificate<'_>, issuer: &Certificate<'_>) -> (u8, bool) {
        let key = match (child.authority_key_identifier(), issuer.subject_key_identifier()) {
            (Ok(Some(wanted)), Ok(Some(found))) if wanted == found => 0,
            (Ok(Some(_)), Ok(Some(_))) => 2,
            _ => 1,
        };
        (key, issuer.validity().check(self.context.now).is_err())
    }

    /// Checks that `candidate` may issue certificates and did issue `child`.
    fn check(&mut self, child: &Certificate<'_>, candidate: Candidate<'_>) -> Result<(), Rule> {
        let below = self.intermediates_below();
        let key = match candidate {
            Candidate::Peer(_, issuer) => {
                check::issuer(issuer, below, self.context)?;
                issuer.public_key()?
            }
            Candidate::Anchor(_, Anchor { trust, certificate }) => {
                if let Some(der) = certificate {
                    check::anchor(&Certificate::parse(der)?, below, self.context)?;
                }
                if trust.name_constraints.is_some() {
                    return Err(Rule::Unprocessed("nameConstraints"));
                }
                spki::parse_content(&trust.subject_public_key_info)?
            }
        };
        self.check_signature(child, &key)
    }

    /// How many intermediate certificates are on the path; RFC 5280 §4.2.1.9 does not count those that are self-issued.
    fn intermediates_below(&self) -> usize {
        self.path.iter().skip(1).filter(|(_, certificate)| !certificate.is_self_issued()).count()
    }

    /// Whether the policy accepts how `child` is signed.
    fn accept_algorithm(&self, child: &Certificate<'_>) -> Result<(), Rule> {
        let algorithm = child.signature_algorithm()?.algorithm;
        if self.policy.signatures.contains(&algorithm) { Ok(()) } else { Err(Rule::RefusedSignature(algorithm)) }
    }

    /// Checks that `key` signed `child`.
    fn check_signature(&mut self, child: &Certificate<'_>, key: &PublicKey) -> Result<(), Rule> {
        let signature = child.signature_algorithm()?;
        if !signature.fits(key.kind) {
            return Err(Rule::WrongSigner);
        }
        self.budget.signature_check()?;
        match self.provider.verifier.verify(signature.algorithm, key, child.tbs(), child.signature()) {
            Ok(()) => Ok(()),
            Err(CryptoError::BadSignature) => Err(Rule::BadSignature),
            Err(CryptoError::BadKey) => Err(Rule::BadKey("the provider refuses it")),
            Err(error) => Err(Rule::Crypto(error)),
        }
    }

    /// Nobody has the name of `child`'s issuer: says whether `child` is self-signed.
    fn no_issuer(&mut self, child: &Certificate<'_>) -> Error {
        let own_key = child.public_key();
        let is_self_signed = child.is_self_issued()
            && own_key.is_ok_and(|key| {
                !matches!(self.check_signature(child, &key), Err(Rule::BadSignature | Rule::WrongSigner))
            });
        self.error_at_end(if is_self_signed {
            Rule::SelfSigned
        } else {
            Rule::UnknownIssuer(child.issuer().to_string())
        })
    }

    /// An error about the last certificate of the path.
    fn error_at_end(&self, rule: Rule) -> Error {
        let place = self.path.last().map(|(index, certificate)| Place {
            which: Which::Peer(*index),
            depth: self.path.len().saturating_sub(1),
            subject: certificate.subject().to_string(),
        });
        Error::new(rule, place)
    }

    /// An error about a candidate that would have come next on the path; it is remembered.
    fn reject(&mut self, candidate: Candidate<'_>, rule: Rule) -> Error {
        let (which, subject) = (candidate.which(), candidate.subject().to_string());
        self.note(Tried { which, subject: subject.clone(), rule: rule.clone() });
        Error::new(rule, Some(Place { which, depth: self.path.len(), subject }))
    }

    fn note(&mut self, tried: Tried) {
        if self.tried.len() < Error::TRIED_LIMIT {
            self.tried.push(tried);
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }
}
