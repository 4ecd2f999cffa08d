//! The default judges of certificates: path validation by `handfast-pki`.

use alloc::sync::Arc;
use handfast_crypto::Provider;
use handfast_handshake::{PeerQuestion, Purpose, Rejection, VerifyPeer};
use handfast_pki::{Anchors, Policy, verify_client, verify_server};
use handfast_wire::AlertDescription;
use pki_types::UnixTime;

/// Accepts a server with a path to an anchor and the name that was asked for, and a client with a path to an anchor.
pub struct PathVerifier {
    provider: Provider,
    anchors: Arc<Anchors>,
    policy: Policy,
}

impl PathVerifier {
    /// A verifier with the default policy.
    pub fn new(provider: Provider, anchors: Arc<Anchors>) -> Self {
        Self::with_policy(provider, anchors, Policy::default())
    }

    /// A verifier with a policy of its own.
    pub fn with_policy(provider: Provider, anchors: Arc<Anchors>, policy: Policy) -> Self {
        Self { provider, anchors, policy }
    }
}

impl VerifyPeer for PathVerifier {
    fn verify(&self, question: &PeerQuestion, now: UnixTime) -> Result<(), Rejection> {
        let chain = &question.credential().chain;
        let verdict = match (question.purpose(), question.name()) {
            (Purpose::Server, Some(name)) => {
                verify_server(&self.provider, &self.anchors, &self.policy, chain, name, now).map(drop)
            }
            (Purpose::Client, _) => verify_client(&self.provider, &self.anchors, &self.policy, chain, now).map(drop),
            // A server without a name to check it against is never this verifier's to accept.
            _ => return Err(Rejection { alert: AlertDescription::INTERNAL_ERROR, reason: None }),
        };
        verdict
            .map_err(|error| Rejection { alert: AlertDescription(error.alert() as u8), reason: Some(Arc::new(error)) })
    }
}
