//! What configurations say of sessions.

use super::ConfigError;
use super::common::{Choices, Pq};
use crate::Resolve;
use crate::session::{Domain, FindPsk, Recheck, Terms, Transport};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::{CryptoError, HashAlgorithm};
use handfast_handshake::VerifyPeer;

/// The choices both builders offer.
#[derive(Clone)]
pub(super) struct SessionChoices {
    /// How old a session of TLS 1.2 may be, in seconds.
    pub(super) timeout: u32,
    /// How old a ticket of TLS 1.3 may be, in seconds.
    pub(super) lifetime: u32,
    /// What distinguishes this configuration's sessions from those of others.
    pub(super) context: Vec<u8>,
    /// What is accepted as a peer, by a name, where nobody else gives it one.
    pub(super) peers: Option<Domain>,
    pub(super) recheck: Recheck,
    pub(super) transport: Transport,
}

impl Default for SessionChoices {
    fn default() -> Self {
        Self {
            timeout: SESSION_TIMEOUT,
            lifetime: TICKET_LIFETIME,
            context: Vec::new(),
            peers: None,
            recheck: Recheck::default(),
            transport: Transport::default(),
        }
    }
}

/// How old a session of TLS 1.2 may be, in seconds.
const SESSION_TIMEOUT: u32 = 300;

/// The most that can be set, in seconds: a day (RFC 5246 Appendix F.1.4).
const MAX_SESSION_TIMEOUT: u32 = 24 * 60 * 60;

/// How old a ticket of TLS 1.3 may be, in seconds: two hours.
const TICKET_LIFETIME: u32 = 2 * 60 * 60;

/// The most that can be set, in seconds: seven days (RFC 9846 §4.7.1).
const MAX_TICKET_LIFETIME: u32 = 7 * 24 * 60 * 60;

impl SessionChoices {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.timeout > MAX_SESSION_TIMEOUT {
            return Err(ConfigError::SessionTimeout(self.timeout));
        }
        if self.lifetime == 0 || self.lifetime > MAX_TICKET_LIFETIME {
            return Err(ConfigError::TicketLifetime(self.lifetime));
        }
        Ok(())
    }

    /// Whether whoever judges peers can judge them again: one that `asks` has no answer when a session comes back.
    pub(super) fn check_judge(&self, asks: bool) -> Result<(), ConfigError> {
        if asks && self.recheck == Recheck::All { Err(ConfigError::RecheckAsks) } else { Ok(()) }
    }
}

impl Choices {
    /// The terms of sessions under this trust.
    pub(super) fn terms(
        &self,
        domain: Option<Domain>,
        judge: Option<Arc<dyn VerifyPeer>>,
        psks: Option<Resolve<dyn FindPsk>>,
    ) -> Result<Arc<Terms>, ConfigError> {
        let clock = self.io.clock.clone().ok_or(ConfigError::NoClock)?;
        let SessionChoices { timeout, lifetime, recheck, .. } = self.sessions;
        let provider = self.provider.clone();
        Ok(Arc::new(Terms { domain, timeout, lifetime, recheck, judge, psks, clock, provider }))
    }

    /// The name of a trust: a hash over `parts`, which say who is accepted as a peer, and over what both sides have: the
    /// context of the sessions, whose pre-shared keys of TLS 1.2 are taken, what is wanted of key exchanges, the transport, the
    /// policy, the kinds of certificate.
    pub(super) fn domain(&self, parts: &[&[u8]]) -> Result<Domain, ConfigError> {
        let keys = self.psk_domain().unwrap_or_default();
        // A session that was made without a hybrid is none where one is required.
        let required = [u8::from(self.pq == Pq::Require)];
        let transport = [self.sessions.transport as u8];
        // Nor one that was made outside of the policy.
        let policy = self.policy.map(|policy| policy.dated().name()).unwrap_or_default();
        let types: Vec<_> = self.peer_certificate_types.iter().map(|ty| ty.0).collect();
        let both = [self.sessions.context.as_slice(), &keys, &required, &transport, policy.as_bytes(), &types];
        let digest = || -> Result<Domain, CryptoError> {
            let mut context = self.provider.hash(HashAlgorithm::Sha256).ok_or(CryptoError::Unsupported)?.start();
            for part in parts.iter().chain(&both) {
                // Each with its length, so that no two lists of parts are the same bytes.
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part);
            }
            context.current()?.as_bytes().try_into().map_err(|_| CryptoError::Length)
        };
        digest().map_err(ConfigError::Sessions)
    }

    /// A name for whose pre-shared keys of TLS 1.2 are taken; without one there are no sessions of them.
    pub(super) fn psk_domain(&self) -> Option<Vec<u8>> {
        #[cfg(feature = "legacy")]
        if let Some(Resolve::Now(keys)) = self.tls12.legacy.keys()
            && let Some(name) = keys.domain()
        {
            return Some(name);
        }
        (!self.sessions.context.is_empty()).then(Vec::new)
    }
}

#[cfg(all(test, feature = "rustcrypto"))]
mod tests {
    use super::*;
    use crate::TlsPolicy;
    use handfast_wire::CertificateType;

    /// docs/regressions.md row 36: a session over TCP is none over QUIC, nor the other way round; and what else is no other
    /// configuration's.
    #[test]
    fn every_choice_that_counts_is_another_domain() {
        let plain = Choices::new(handfast_rustcrypto::provider());
        let domain = |choices: &Choices| choices.domain(&[b"server"]).unwrap();
        let mut others = [(); 6].map(|()| plain.clone());
        others[0].sessions.transport = Transport::Quic;
        others[1].sessions.context = b"another".to_vec();
        others[2].pq = Pq::Require;
        others[3].policy = Some(TlsPolicy::Modern);
        others[4].policy = Some(TlsPolicy::Fips202205);
        others[5].peer_certificate_types = alloc::vec![CertificateType::RAW_PUBLIC_KEY];
        let mut seen = alloc::vec![domain(&plain)];
        assert_eq!(seen[0], domain(&plain.clone()));
        for other in &others {
            let domain = domain(other);
            assert!(!seen.contains(&domain));
            seen.push(domain);
        }
        assert_ne!(plain.domain(&[b"ab", b"c"]), plain.domain(&[b"a", b"bc"]));
    }
}
