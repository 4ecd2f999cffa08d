//! The configuration of a client.

use super::common::{Choices, ConfigError, Io, Pq, Version, common_methods};
use crate::identity::ChooseIdentity;
use crate::verify::PathVerifier;
use crate::{Clock, Identity, KeyLog, Limits, Resolve, Trace};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::group::is_hybrid;
use handfast_crypto::{Group, Provider};
use handfast_handshake::{ClientParams, VerifyPeer};
use handfast_pki::Anchors;
use handfast_record::Padding;
use handfast_wire::{CipherSuite, NamedGroup, SignatureScheme};

/// How connections are made to servers.
pub struct ClientConfig {
    pub(crate) params: Arc<ClientParams>,
    pub(crate) verifier: Verification,
    pub(crate) identity: Resolve<dyn ChooseIdentity>,
    pub(crate) io: Io,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Who judges servers.
#[derive(Clone)]
pub(crate) enum Verification {
    By(Resolve<dyn VerifyPeer>),
    DangerousNone,
}

impl ClientConfig {
    /// A builder on the default provider. It wants one more word: whom to trust.
    #[cfg(feature = "rustcrypto")]
    pub fn builder() -> ClientConfigBuilder {
        Self::builder_with(handfast_rustcrypto::provider())
    }

    /// A builder on another provider.
    pub fn builder_with(provider: Provider) -> ClientConfigBuilder {
        ClientConfigBuilder {
            choices: Choices::new(provider),
            verifier: None,
            identity: Resolve::Now(Arc::new(Vec::<Arc<Identity>>::new())),
            grease: true,
            permute: true,
            middlebox: true,
        }
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.params.provider
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig").field("provider", &self.params.provider.name).finish_non_exhaustive()
    }
}

/// Makes a [`ClientConfig`].
#[must_use]
pub struct ClientConfigBuilder {
    choices: Choices,
    verifier: Option<Verification>,
    identity: Resolve<dyn ChooseIdentity>,
    grease: bool,
    permute: bool,
    middlebox: bool,
}

impl ClientConfigBuilder {
    common_methods!();

    /// Trusts servers with a path to one of these anchors.
    pub fn anchors(self, anchors: Arc<Anchors>) -> Self {
        let verifier = PathVerifier::new(self.choices.provider.clone(), anchors);
        self.verifier(Resolve::Now(Arc::new(verifier)))
    }

    /// Lets another judge decide, or asks.
    pub fn verifier(mut self, verifier: Resolve<dyn VerifyPeer>) -> Self {
        self.verifier = Some(Verification::By(verifier));
        self
    }

    /// Accepts every server that owns the certificate it shows, whoever it is: anybody on the way can read and change
    /// what is sent. For tests, and for looking at a server that is broken.
    pub fn dangerous_no_verification(mut self) -> Self {
        self.verifier = Some(Verification::DangerousNone);
        self
    }

    /// A certificate to show when a server asks for one.
    pub fn identity(self, identity: Arc<Identity>) -> Self {
        self.identities(Resolve::Now(Arc::new(alloc::vec![identity])))
    }

    /// Lets something else choose the certificate, or asks.
    pub fn identities(mut self, identities: Resolve<dyn ChooseIdentity>) -> Self {
        self.identity = identities;
        self
    }

    /// GREASE (RFC 8701); on by default.
    pub fn grease(mut self, on: bool) -> Self {
        self.grease = on;
        self
    }

    /// A fresh order of extensions for every connection; on by default.
    pub fn permute_extensions(mut self, on: bool) -> Self {
        self.permute = on;
        self
    }

    /// The middlebox compatibility mode (RFC 9846 Appendix E.4); on by default.
    pub fn middlebox(mut self, on: bool) -> Self {
        self.middlebox = on;
        self
    }

    /// The longest record that is taken, content type included, 64 to 16,385 bytes (RFC 8449); `None` announces nothing.
    pub fn record_size_limit(mut self, limit: Option<u16>) -> Self {
        self.choices.record_size_limit = limit;
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    /// [`ConfigError`] says what does not fit.
    pub fn build(self) -> Result<Arc<ClientConfig>, ConfigError> {
        let choices = self.choices;
        choices.check()?;
        let groups = choices.groups()?;
        let params = ClientParams {
            suites: choices.suites()?,
            shares: shares(&groups),
            groups,
            schemes: choices.schemes()?,
            certificate_schemes: choices.certificate_schemes.clone(),
            sign_schemes: choices.sign_schemes(),
            protocols: choices.protocols,
            record_size_limit: choices.record_size_limit,
            grease: self.grease,
            permute: self.permute,
            middlebox: self.middlebox,
            provider: choices.provider,
        };
        Ok(Arc::new(ClientConfig {
            params: Arc::new(params),
            verifier: self.verifier.ok_or(ConfigError::NoVerifier)?,
            identity: self.identity,
            io: choices.io,
            clock: choices.clock.ok_or(ConfigError::NoClock)?,
        }))
    }
}

/// The shares of the first flight: the preferred group's, and the preferred one's of the other kind, so that peers with
/// and without ML-KEM need no HelloRetryRequest. By default that is X25519MLKEM768 and X25519.
fn shares(groups: &[&'static dyn Group]) -> Vec<NamedGroup> {
    let names = || groups.iter().map(|group| group.name());
    let Some(first) = names().next() else { return Vec::new() };
    let beside = names().find(|&name| is_hybrid(name) != is_hybrid(first));
    core::iter::once(first).chain(beside).collect()
}
