//! A certificate chain or a raw public key, and the private key that goes with it.

use crate::delegated::Delegation;
use crate::{DelegatedError, Resolve};
use alloc::{sync::Arc, vec::Vec};
use core::{error, fmt};
use handfast_crypto::signature::{SCHEMES, Scheme};
use handfast_crypto::{KeyError, Provider, PublicKey, SignatureAlgorithm, SigningKey};
use handfast_handshake::{Answer, CertificateCompressor, Credential, CredentialError, CredentialQuestion, Refusal};
use handfast_pki::{Bundle, Certificate};
use handfast_wire::{CertificateType, SignatureScheme};
use pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer};

/// A certificate chain or a raw public key of one's own, with its private key or the promise to answer for it.
#[derive(Clone, Debug)]
pub struct Identity {
    credential: Arc<Credential>,
    key: Resolve<dyn SigningKey>,
    schemes: Vec<SignatureScheme>,
    /// The issuer of every certificate of the chain, as DER.
    issuers: Vec<Vec<u8>>,
    /// How the certificates of the chain are signed, but for those that sign themselves.
    signatures: Vec<SignatureAlgorithm>,
    /// Whether only a peer sees it that names an authority behind it.
    issuer_required: bool,
    delegation: Option<Delegation>,
}

impl Identity {
    /// A chain, leaf first, and the private key of the leaf.
    ///
    /// # Errors
    /// [`IdentityError`]; among other things when the key is not the leaf's.
    pub fn new(
        provider: &Provider,
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'_>,
    ) -> Result<Arc<Self>, IdentityError> {
        Self::with_key(chain, provider.keys.load(key).map_err(IdentityError::Key)?)
    }

    /// A chain, leaf first, and a key that signs wherever it is, at once.
    ///
    /// # Errors
    /// [`IdentityError`]; among other things when the key is not the leaf's.
    pub fn with_key(chain: Vec<CertificateDer<'static>>, key: Arc<dyn SigningKey>) -> Result<Arc<Self>, IdentityError> {
        let leaf = chain.first().ok_or(IdentityError::NoCertificate)?;
        let public = handfast_pki::leaf_key(leaf).map_err(IdentityError::Certificate)?;
        if public != *key.public_key() {
            return Err(IdentityError::Mismatch);
        }
        let schemes = key.schemes().to_vec();
        Self::assemble(chain, public, Resolve::Now(key), schemes)
    }

    /// A chain, leaf first, whose key lives elsewhere: signatures are asked for as
    /// [`Question::Sign`](crate::Question::Sign).
    ///
    /// # Errors
    /// [`IdentityError`], when the leaf cannot be read or its key is of a kind nobody signs with.
    pub fn remote(chain: Vec<CertificateDer<'static>>) -> Result<Arc<Self>, IdentityError> {
        let leaf = chain.first().ok_or(IdentityError::NoCertificate)?;
        let public = handfast_pki::leaf_key(leaf).map_err(IdentityError::Certificate)?;
        let schemes = all_schemes(&public);
        Self::assemble(chain, public, Resolve::Ask, schemes)
    }

    /// A key without a certificate (RFC 7250): what peers see is its SubjectPublicKeyInfo, and those that do not ask for such
    /// cannot use it. It may stand beside identities with certificates.
    ///
    /// # Errors
    /// [`IdentityError::Certificate`] for a kind of key that has no SubjectPublicKeyInfo here.
    pub fn raw(key: Arc<dyn SigningKey>) -> Result<Arc<Self>, IdentityError> {
        let public = key.public_key().clone();
        let spki = handfast_pki::spki::encode(&public).map_err(|rule| IdentityError::Certificate(rule.into()))?;
        let schemes = key.schemes().to_vec();
        Self::of_raw(spki.into(), public, Resolve::Now(key), schemes)
    }

    /// The same for a key that lives elsewhere: signatures are asked for as [`Question::Sign`](crate::Question::Sign).
    ///
    /// # Errors
    /// [`IdentityError::Certificate`] for what is no SubjectPublicKeyInfo of a kind that signs.
    pub fn raw_remote(spki: SubjectPublicKeyInfoDer<'static>) -> Result<Arc<Self>, IdentityError> {
        let public = handfast_pki::spki::parse(&spki).map_err(|rule| IdentityError::Certificate(rule.into()))?;
        let schemes = all_schemes(&public);
        Self::of_raw(spki, public, Resolve::Ask, schemes)
    }

    fn of_raw(
        spki: SubjectPublicKeyInfoDer<'static>,
        public: PublicKey,
        key: Resolve<dyn SigningKey>,
        schemes: Vec<SignatureScheme>,
    ) -> Result<Arc<Self>, IdentityError> {
        let credential = Credential::raw(spki, public).map_err(|_| IdentityError::TooLong)?;
        Ok(Arc::new(Self::with(credential, key, schemes)))
    }

    /// A private key and its certificates as PEM, in any order. `password` opens the key if it is encrypted, and is UTF-8 where
    /// people typed it; what is taken, and what else may be in the text, is said at [`Bundle::add_pem`].
    ///
    /// # Errors
    /// [`IdentityError::Bundle`]; it names the labels that were seen. [`IdentityError::Several`] for more than one key, which
    /// [`Identity::from_bundle`] is for.
    pub fn from_pem(provider: &Provider, text: &[u8], password: Option<&[u8]>) -> Result<Arc<Self>, IdentityError> {
        let mut bundle = Bundle::new();
        bundle.add_pem(provider, text, password).map_err(IdentityError::Bundle)?;
        Self::only(provider, bundle)
    }

    /// A private key and its certificates in a PKCS#12 file (PFX), which `password` opens; it is UTF-8.
    ///
    /// # Errors
    /// [`IdentityError::Bundle`]; [`IdentityError::Several`] for more than one key.
    pub fn from_pfx(provider: &Provider, der: &[u8], password: Option<&[u8]>) -> Result<Arc<Self>, IdentityError> {
        let mut bundle = Bundle::new();
        bundle.add_pfx(provider, der, password).map_err(IdentityError::Bundle)?;
        Self::only(provider, bundle)
    }

    /// Every key that was collected from files, with its chain, in the order of the keys: keys of several kinds, or for several
    /// hosts.
    ///
    /// # Errors
    /// [`IdentityError::Bundle`]; among other things when a key has no certificate.
    pub fn from_bundle(provider: &Provider, bundle: Bundle<'_>) -> Result<Vec<Arc<Self>>, IdentityError> {
        let pairs = bundle.pair(provider).map_err(IdentityError::Bundle)?.pairs;
        pairs.into_iter().map(|pair| Self::with_key(pair.chain, pair.signer)).collect()
    }

    fn only(provider: &Provider, bundle: Bundle<'_>) -> Result<Arc<Self>, IdentityError> {
        let mut all = Self::from_bundle(provider, bundle)?;
        match (all.pop(), all.len()) {
            (Some(identity), 0) => Ok(identity),
            (_, others) => Err(IdentityError::Several(others.saturating_add(1))),
        }
    }

    fn assemble(
        chain: Vec<CertificateDer<'static>>,
        public: PublicKey,
        key: Resolve<dyn SigningKey>,
        schemes: Vec<SignatureScheme>,
    ) -> Result<Arc<Self>, IdentityError> {
        let parsed = || chain.iter().filter_map(|der| Certificate::parse(der).ok());
        let issuers = parsed().map(|certificate| certificate.issuer().to_der()).collect();
        let issued = parsed().filter(|certificate| !certificate.is_self_issued());
        let signatures =
            issued.filter_map(|certificate| Some(certificate.signature_algorithm().ok()?.algorithm)).collect();
        let credential = Credential::new(chain, public).map_err(|error| match error {
            CredentialError::Empty => IdentityError::NoCertificate,
            _ => IdentityError::TooLong,
        })?;
        Ok(Arc::new(Self { issuers, signatures, ..Self::with(credential, key, schemes) }))
    }

    /// A chain whose leaf lets `key` sign.
    pub(crate) fn delegating(
        chain: Vec<CertificateDer<'static>>,
        bytes: Vec<u8>,
        key: Arc<dyn SigningKey>,
        delegation: Delegation,
    ) -> Result<Arc<Self>, IdentityError> {
        let (public, schemes) = (key.public_key().clone(), alloc::vec![delegation.scheme]);
        let mut own = Arc::unwrap_or_clone(Self::assemble(chain, public.clone(), Resolve::Now(key), schemes)?);
        let credential = Arc::unwrap_or_clone(own.credential).delegating(bytes, public);
        own.credential = Arc::new(credential.map_err(|_| DelegatedError::Malformed)?);
        own.delegation = Some(delegation);
        Ok(Arc::new(own))
    }

    fn with(credential: Credential, key: Resolve<dyn SigningKey>, schemes: Vec<SignatureScheme>) -> Self {
        Self {
            credential: Arc::new(credential),
            key,
            schemes,
            issuers: Vec::new(),
            signatures: Vec::new(),
            issuer_required: false,
            delegation: None,
        }
    }

    /// The same with an OCSP response to staple (RFC 6066 §8), in DER, for clients that ask for one; at most 2^24 − 1 bytes,
    /// and none where there are more.
    pub fn with_ocsp(self: Arc<Self>, response: Vec<u8>) -> Arc<Self> {
        self.map(|credential| credential.with_ocsp(response))
    }

    /// The same with signed certificate timestamps (RFC 6962 §3.3) for clients that ask for them, each as a log gave it.
    pub fn with_scts(self: Arc<Self>, scts: Vec<Vec<u8>>) -> Arc<Self> {
        self.map(|credential| credential.with_scts(scts))
    }

    /// The same, for peers alone that name an authority behind it (RFC 9846 §4.3.4, RFC 5246 §7.4.4): one of several
    /// identities, from a private authority perhaps, that would be of no use to any other peer. Whoever chooses it, no other sees
    /// it.
    pub fn with_issuer_required(self: Arc<Self>) -> Arc<Self> {
        let mut own = Arc::unwrap_or_clone(self);
        own.issuer_required = true;
        Arc::new(own)
    }

    /// The same, its Certificate message compressed (RFC 8879) by each of these now, and not in every connection. Configurations
    /// do that with the identities they are given; it is of use to a chooser of one's own. What is stapled later undoes it.
    pub fn with_compression(self: Arc<Self>, compressors: &[Arc<dyn CertificateCompressor>]) -> Arc<Self> {
        if compressors.is_empty() { self } else { self.map(|credential| credential.with_compression(compressors)) }
    }

    fn map(self: Arc<Self>, change: impl FnOnce(Credential) -> Credential) -> Arc<Self> {
        let mut own = Arc::unwrap_or_clone(self);
        own.credential = Arc::new(change(Arc::unwrap_or_clone(own.credential)));
        Arc::new(own)
    }

    /// The chain or the raw public key, as it is presented.
    pub fn credential(&self) -> &Arc<Credential> {
        &self.credential
    }

    /// The schemes the key can sign with, most preferred first.
    pub fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// The key, unless it lives elsewhere: for whoever answers the `Sign` question of an identity it has chosen.
    pub fn signer(&self) -> Option<&Arc<dyn SigningKey>> {
        match &self.key {
            Resolve::Now(key) => Some(key),
            Resolve::Ask => None,
        }
    }

    /// Whether the peer accepts how the certificates of the chain are signed (RFC 9846 §4.5.1.2).
    fn is_signed_with(&self, schemes: &[SignatureScheme]) -> bool {
        let accepted = |algorithm: &SignatureAlgorithm| {
            schemes.iter().any(|id| Scheme::find(*id).is_some_and(|scheme| scheme.algorithm == *algorithm))
        };
        self.signatures.iter().all(accepted)
    }

    /// Whether the leaf has what the server's filters ask for (RFC 9846 §4.3.5): every bit and every purpose listed. Other
    /// filters are not recognised, and so ignored.
    fn passes(&self, filters: &[(Vec<u8>, Vec<u8>)]) -> bool {
        if filters.is_empty() {
            return true;
        }
        if self.credential.raw_key().is_some() {
            // It has no extension at all.
            return !filters.iter().any(|(oid, _)| Certificate::has_filter(oid));
        }
        let leaf = self.credential.chain().first().and_then(|der| Certificate::parse(der).ok());
        leaf.is_none_or(|leaf| filters.iter().all(|(oid, value)| leaf.passes_filter(oid, value)))
    }

    /// Whether one of these authorities stands behind it (RFC 9846 §4.3.4); without any named, anybody does, unless one is
    /// required.
    fn is_from(&self, authorities: &[Vec<u8>]) -> bool {
        !self.issuer_required && authorities.is_empty()
            || self.issuers.iter().any(|issuer| authorities.contains(issuer))
    }

    /// Whether a peer that names these authorities may see it.
    fn is_named(&self, authorities: &[Vec<u8>]) -> bool {
        !self.issuer_required || self.is_from(authorities)
    }

    /// The scheme the peer likes best among those the key can make, if it takes what is shown otherwise: of a delegated
    /// credential (RFC 9345) both signatures, while it is valid.
    pub fn scheme(&self, question: &CredentialQuestion) -> Option<SignatureScheme> {
        let (schemes, delegated) = (question.schemes(), question.delegated_schemes());
        let mut candidates = if self.delegation.is_some() { delegated } else { schemes }.iter().copied();
        candidates.find(|&scheme| {
            self.schemes.contains(&scheme)
                && self.credential.is_verified_by(scheme, schemes, delegated)
                && self.delegation.is_none_or(|delegation| delegation.is_valid(question.now()))
        })
    }
}

/// All that a key of this kind could sign with.
fn all_schemes(public: &PublicKey) -> Vec<SignatureScheme> {
    let fits = |scheme: &&Scheme| scheme.key == public.kind && (scheme.signs_tls13 || scheme.signs_tls12());
    SCHEMES.iter().filter(fits).map(|scheme| scheme.id).collect()
}

/// Why a chain and a key make no identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// There is no certificate.
    NoCertificate,
    /// The leaf cannot be read, or its key is of a kind nobody signs with.
    Certificate(handfast_pki::Error),
    /// The key cannot be loaded.
    Key(KeyError),
    /// The private key is not the one of the leaf.
    Mismatch,
    /// The delegated credential is none of the certificate's.
    Delegated(DelegatedError),
    /// The files are not what they should be.
    Bundle(handfast_pki::bundle::Error),
    /// There are this many keys, and one was asked for.
    Several(usize),
    /// The chain is longer than a Certificate message can be.
    TooLong,
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("there is no certificate"),
            Self::Certificate(error) => write!(f, "the leaf certificate cannot be used: {error}"),
            Self::Key(error) => error.fmt(f),
            Self::Mismatch => f.write_str("the private key is not the one of the leaf (the first certificate)"),
            Self::Delegated(error) => error.fmt(f),
            Self::Bundle(error) => error.fmt(f),
            Self::Several(keys) => write!(f, "there are {keys} private keys, and one was asked for"),
            Self::TooLong => f.write_str("the certificate chain is longer than TLS can send"),
        }
    }
}

impl error::Error for IdentityError {}

/// Chooses a certificate. The default is a list.
pub trait ChooseIdentity: Send + Sync {
    /// The certificate for this question; `None` presents none.
    fn choose(&self, question: &CredentialQuestion) -> Option<Arc<Identity>>;

    /// A name for who a client can be: two choosers with the same name present the same identities. A client's session is one
    /// of the identity it was made with, so without a name there are none, unless `session_context` tells them apart.
    fn domain(&self) -> Option<Vec<u8>> {
        None
    }

    /// Why it has chosen none, where it has. By default that there is none of a kind that the peer takes (RFC 7250 §4.2), or
    /// none at all.
    fn missing(&self, question: &CredentialQuestion) -> Refusal {
        let common = self.certificate_types().iter().any(|ty| question.certificate_types().contains(ty));
        if common { Refusal::Credential } else { Refusal::CertificateType }
    }

    /// The kinds of certificate that there may be to show, most preferred first: a client says so (RFC 7250 §4.1), unless its
    /// configuration says something else. X.509 by default.
    fn certificate_types(&self) -> Vec<CertificateType> {
        alloc::vec![CertificateType::X509]
    }
}

/// Several identities, the preferred first: the first whose key the peer accepts, and better one whose chain it accepts
/// too, from an authority it names. One that a server's filters exclude is never shown, nor one whose authority has to be
/// named and is not. Raw public keys are for peers that take such, and certificates for those that take these.
impl ChooseIdentity for Vec<Arc<Identity>> {
    fn domain(&self) -> Option<Vec<u8>> {
        let mut name = Vec::new();
        for identity in self {
            let key = identity.credential.public_key();
            name.push(identity.credential.certificate_type().0);
            name.extend_from_slice(&(key.bytes.len() as u64).to_be_bytes());
            name.extend_from_slice(&key.bytes);
        }
        Some(name)
    }

    fn certificate_types(&self) -> Vec<CertificateType> {
        let mut types = Vec::new();
        for ty in self.iter().map(|identity| identity.credential.certificate_type()) {
            if !types.contains(&ty) {
                types.push(ty);
            }
        }
        if types.is_empty() {
            types.push(CertificateType::X509);
        }
        types
    }

    fn missing(&self, question: &CredentialQuestion) -> Refusal {
        let takes = |ty| question.certificate_types().contains(&ty);
        if !self.certificate_types().into_iter().any(takes) {
            return Refusal::CertificateType;
        }
        // All of them fail at something, and this is the last thing.
        let of_type = self.iter().filter(|identity| takes(identity.credential.certificate_type()));
        let mut passing = of_type.filter(|identity| identity.passes(question.oid_filters()));
        if passing.next().is_some() { Refusal::Authority } else { Refusal::Credential }
    }

    fn choose(&self, question: &CredentialQuestion) -> Option<Arc<Identity>> {
        let fits = |identity: &&Arc<Identity>| {
            question.certificate_types().contains(&identity.credential.certificate_type())
                && identity.passes(question.oid_filters())
                && identity.is_named(question.authorities())
                // There is an ordinary identity beside it for all who do not ask.
                && (identity.delegation.is_none() || identity.scheme(question).is_some())
        };
        let passing = || self.iter().filter(fits);
        let fitting = || passing().filter(|identity| identity.scheme(question).is_some());
        let merits = |identity: &&Arc<Identity>| {
            let signed = identity.is_signed_with(question.certificate_schemes());
            (signed, identity.is_from(question.authorities()))
        };
        // Of equal merits the last is the maximum, and the first is preferred.
        fitting().rev().max_by_key(merits).or(passing().next()).cloned()
    }
}

/// What `chooser` shows for this question, and the identity that is to sign: what a configuration answers, for whoever is asked
/// and has a chooser at hand.
///
/// Where it chooses nothing, or what the peer has no use for, a server refuses unless a suite of TLS 1.2 needs no signature, and
/// a client goes on without (RFC 9846 §4.5.1.2) unless
/// [`require_own_certificate`](crate::ClientConfigBuilder::require_own_certificate) is on.
pub fn present(chooser: &dyn ChooseIdentity, question: CredentialQuestion) -> (Answer, Option<Arc<Identity>>) {
    let Some(identity) = chooser.choose(&question) else {
        let answer = match chooser.missing(&question) {
            Refusal::CertificateType => question.no_type(),
            Refusal::Scheme => question.no_scheme(),
            Refusal::Authority => question.no_authority(),
            _ => question.none(),
        };
        return (answer, None);
    };
    if !question.certificate_types().contains(&identity.credential.certificate_type()) {
        return (question.no_type(), None);
    }
    if !identity.is_named(question.authorities()) {
        return (question.no_authority(), None);
    }
    match identity.scheme(&question) {
        Some(scheme) => (question.present(identity.credential.clone(), scheme), Some(identity)),
        None => (question.no_scheme(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9846 §4.3.5: what a filter asks for a key has not, and what nobody here recognises is ignored.
    #[test]
    fn a_raw_public_key_passes_no_filter_that_is_recognised() {
        // Ed25519 (RFC 8410 §4).
        let head = [0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 112, 3, 33, 0];
        let raw = Identity::raw_remote([&head[..], &[1; 32]].concat().into()).unwrap();
        let filter = |id: u8| (alloc::vec![6, 3, 0x55, 0x1d, id], Vec::new());
        let (key_usage, extended, constraints) = (filter(15), filter(37), filter(19));
        assert!(raw.passes(&[]));
        assert!(raw.passes(&[constraints.clone(), (Vec::new(), Vec::new())]));
        for recognised in [key_usage, extended] {
            assert!(!raw.passes(&[constraints.clone(), recognised]));
        }
    }
}
