//! The default judges of certificates: path validation by `handfast-pki`.

use alloc::{format, sync::Arc};
use handfast_crypto::{HashAlgorithm, Provider};
use handfast_handshake::{KeyUse, PeerQuestion, Purpose, Rejection, VerifyPeer};
use handfast_pki::extension::KeyUsage;
use handfast_pki::{Anchors, Policy, verify_client, verify_server};
use handfast_wire::AlertDescription;
use pki_types::UnixTime;

/// Accepts a server with a path to an anchor and the name that was asked for, and a client with a path to an anchor.
pub struct PathVerifier {
    provider: Provider,
    anchors: Arc<Anchors>,
    policy: Policy,
    domain: Option<[u8; 32]>,
}

impl PathVerifier {
    /// A verifier with the default policy.
    pub fn new(provider: Provider, anchors: Arc<Anchors>) -> Self {
        Self::with_policy(provider, anchors, Policy::default())
    }

    /// A verifier with a policy of its own.
    pub fn with_policy(provider: Provider, anchors: Arc<Anchors>, policy: Policy) -> Self {
        let domain = domain(&provider, &anchors, &policy);
        Self { provider, anchors, policy, domain }
    }
}

/// A hash over all that decides: the anchors and the policy.
fn domain(provider: &Provider, anchors: &Anchors, policy: &Policy) -> Option<[u8; 32]> {
    let mut context = provider.hash(HashAlgorithm::Sha256)?.start();
    let mut part = |bytes: &[u8]| {
        // Each with its length, so that no two lists of parts are the same bytes.
        context.update(&(bytes.len() as u64).to_be_bytes());
        context.update(bytes);
    };
    part(b"path");
    part(format!("{policy:?}").as_bytes());
    anchors.contents().for_each(|anchor| anchor.into_iter().for_each(&mut part));
    context.current().ok()?.as_bytes().try_into().ok()
}

impl VerifyPeer for PathVerifier {
    fn verify(&self, question: &PeerQuestion, now: UnixTime) -> Result<(), Rejection> {
        let chain = &question.credential().chain;
        let transport;
        let policy = match question.usage() {
            KeyUse::Sign => &self.policy,
            KeyUse::Encipher => {
                transport = Policy { leaf_usage: KeyUsage::KEY_ENCIPHERMENT, ..self.policy.clone() };
                &transport
            }
        };
        let verdict = match (question.purpose(), question.name()) {
            (Purpose::Server, Some(name)) => {
                verify_server(&self.provider, &self.anchors, policy, chain, name, now).map(drop)
            }
            (Purpose::Client, _) => verify_client(&self.provider, &self.anchors, policy, chain, now).map(drop),
            // A server without a name to check it against is never this verifier's to accept.
            _ => return Err(Rejection { alert: AlertDescription::INTERNAL_ERROR, reason: None }),
        };
        verdict
            .map_err(|error| Rejection { alert: AlertDescription(error.alert() as u8), reason: Some(Arc::new(error)) })
    }

    fn domain(&self) -> Option<[u8; 32]> {
        self.domain
    }
}
