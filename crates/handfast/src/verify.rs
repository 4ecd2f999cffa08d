//! The default judges of certificates: path validation by `handfast-pki`.

use crate::raw_keys::RawKeyError;
#[cfg(feature = "std")]
use crate::verified::Verified;
use alloc::{format, sync::Arc};
use core::slice;
use handfast_crypto::{HashAlgorithm, HashContext, Provider};
use handfast_handshake::{KeyUse, PeerQuestion, Purpose, Rejection, VerifyPeer};
use handfast_pki::extension::KeyUsage;
use handfast_pki::{self as pki, Anchors, Policy, ReadyAnchors, Reference, Request};
use handfast_wire::AlertDescription;
use pki_types::UnixTime;

/// Accepts a server with a path to an anchor and the name that was asked for, and a client with a path to an anchor. A raw
/// public key has no path: for such there is [`RawKeys`](crate::RawKeys).
pub struct PathVerifier {
    provider: Provider,
    anchors: ReadyAnchors,
    policy: Policy,
    domain: Option<[u8; 32]>,
    #[cfg(feature = "std")]
    verified: Option<Verified>,
}

impl PathVerifier {
    /// A verifier with the default policy.
    pub fn new(provider: Provider, anchors: Arc<Anchors>) -> Self {
        Self::with_policy(provider, anchors, Policy::default())
    }

    /// A verifier with a policy of its own: revocation lists, a profile, other limits.
    pub fn with_policy(provider: Provider, anchors: Arc<Anchors>, policy: Policy) -> Self {
        let domain = domain(&provider, &anchors, &policy);
        Self {
            provider,
            anchors: anchors.into(),
            policy,
            domain,
            #[cfg(feature = "std")]
            verified: None,
        }
    }

    /// The same, but it remembers up to `capacity` paths that it has found good: the same certificates and OCSP response, for
    /// the same name and use, are not verified again within an hour, nor past the end of any of them. Off by default.
    ///
    /// What is remembered belongs to this verifier, whose trust and policy never change, so nothing of it outlives a change of
    /// either. The peer proves each time that it has the key.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn remember(mut self, capacity: usize) -> Self {
        self.verified = Some(Verified::new(capacity));
        self
    }

    fn judge(&self, question: &PeerQuestion, now: UnixTime) -> Result<pki::Path, Rejection> {
        let credential = question.credential();
        let transport;
        let policy = match question.usage() {
            KeyUse::Sign => &self.policy,
            KeyUse::Encipher => {
                transport = Policy { leaf_usage: KeyUsage::KEY_ENCIPHERMENT, ..self.policy.clone() };
                &transport
            }
        };
        let (purpose, reference) = match (question.purpose(), question.name()) {
            (Purpose::Server, Some(name)) => (pki::Purpose::Server, Some(Reference::Server(name))),
            (Purpose::Client, _) => (pki::Purpose::Client, None),
            // A server without a name to check it against is never this verifier's to accept.
            _ => return Err(Rejection { alert: AlertDescription::INTERNAL_ERROR, reason: None }),
        };
        let staple = credential.ocsp.as_deref();
        let request = Request { chain: &credential.chain, staple, purposes: slice::from_ref(&purpose), reference, now };
        pki::verify_ready(&self.provider, &self.anchors, policy, &request)
            .map_err(|error| Rejection { alert: AlertDescription(error.alert() as u8), reason: Some(Arc::new(error)) })
    }

    /// A name for all that a verdict depends on but the time; `None` where there is nothing to name it with.
    #[cfg(feature = "std")]
    fn key(&self, question: &PeerQuestion) -> Option<crate::verified::Key> {
        let mut parts = Parts::new(&self.provider)?;
        parts.part(&self.domain?);
        // Purpose, use and name, each in a form of its own.
        parts.part(format!("{:?}", (question.purpose(), question.usage(), question.name())).as_bytes());
        let credential = question.credential();
        parts.part(&[u8::from(credential.ocsp.is_some())]);
        parts.part(credential.ocsp.as_deref().unwrap_or_default());
        credential.chain.iter().for_each(|certificate| parts.part(certificate));
        parts.finish()
    }
}

/// A hash over all that decides: the anchors and the policy.
fn domain(provider: &Provider, anchors: &Anchors, policy: &Policy) -> Option<[u8; 32]> {
    let mut parts = Parts::new(provider)?;
    parts.part(b"path");
    parts.part(format!("{policy:?}").as_bytes());
    anchors.contents().for_each(|anchor| anchor.into_iter().for_each(|part| parts.part(part)));
    for (bytes, is_usable) in policy.revocation.iter().flat_map(|revocation| revocation.crls.contents()) {
        parts.part(&[u8::from(is_usable)]);
        parts.part(bytes);
    }
    parts.finish()
}

/// A hash over parts, each with its length, so that no two lists of parts are the same bytes.
pub(crate) struct Parts(alloc::boxed::Box<dyn HashContext>);

impl Parts {
    pub(crate) fn new(provider: &Provider) -> Option<Self> {
        Some(Self(provider.hash(HashAlgorithm::Sha256)?.start()))
    }

    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Option<[u8; 32]> {
        self.0.current().ok()?.as_bytes().try_into().ok()
    }
}

impl VerifyPeer for PathVerifier {
    fn verify(&self, question: &PeerQuestion, now: UnixTime) -> Result<(), Rejection> {
        if question.credential().raw_key.is_some() {
            return Err(RawKeyError::NotTaken.into());
        }
        #[cfg(feature = "std")]
        if let Some(verified) = &self.verified
            && let Some(key) = self.key(question)
        {
            let at = pki::time::Time::from(now);
            if !verified.holds(&key, at) {
                let path = self.judge(question, now)?;
                verified.put(key, at, path.valid_until);
            }
            return Ok(());
        }
        self.judge(question, now).map(drop)
    }

    fn domain(&self) -> Option<[u8; 32]> {
        self.domain
    }
}
