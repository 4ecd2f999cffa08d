//! The configuration of a server, and what it needs before one is chosen.

use super::common::{Choices, ConfigError, Io, MAX_RECORD_SIZE_LIMIT, Pq, Version, common_methods};
use crate::identity::ChooseIdentity;
use crate::verify::PathVerifier;
use crate::{Clock, Identity, KeyLog, Limits, Resolve, Trace};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::Provider;
use handfast_handshake::{ClientAuth, HelloView, ServerParams, VerifyPeer};
use handfast_pki::Anchors;
use handfast_record::Padding;
use handfast_wire::{AlertDescription, CipherSuite, NamedGroup, SignatureScheme};

/// How connections from clients are served.
pub struct ServerConfig {
    pub(crate) params: Arc<ServerParams>,
    pub(crate) verifier: Resolve<dyn VerifyPeer>,
    pub(crate) identity: Resolve<dyn ChooseIdentity>,
    pub(crate) io: Io,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ServerConfig {
    /// A builder on the default provider. It wants one more word: an identity.
    #[cfg(feature = "rustcrypto")]
    pub fn builder() -> ServerConfigBuilder {
        Self::builder_with(handfast_rustcrypto::provider())
    }

    /// A builder on another provider.
    pub fn builder_with(provider: Provider) -> ServerConfigBuilder {
        ServerConfigBuilder {
            choices: Choices::new(provider),
            identities: Vec::new(),
            chooser: None,
            client_auth: ClientAuth::None,
            verifier: None,
            authorities: Vec::new(),
            prefer_own_suites: true,
        }
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.params.provider
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig").field("provider", &self.params.provider.name).finish_non_exhaustive()
    }
}

/// Makes a [`ServerConfig`].
#[must_use]
pub struct ServerConfigBuilder {
    choices: Choices,
    identities: Vec<Arc<Identity>>,
    chooser: Option<Resolve<dyn ChooseIdentity>>,
    client_auth: ClientAuth,
    verifier: Option<Resolve<dyn VerifyPeer>>,
    authorities: Vec<Vec<u8>>,
    prefer_own_suites: bool,
}

impl ServerConfigBuilder {
    common_methods!();

    /// A certificate and its key. Called again it adds another, for clients that cannot use the first.
    pub fn identity(mut self, identity: Arc<Identity>) -> Self {
        self.identities.push(identity);
        self
    }

    /// Lets something else choose the certificate, or asks.
    pub fn identities(mut self, identities: Resolve<dyn ChooseIdentity>) -> Self {
        self.chooser = Some(identities);
        self
    }

    /// Asks clients for a certificate with a path to one of these anchors. The anchors' names are sent along, so that a
    /// client with several certificates knows which.
    pub fn client_auth(mut self, mode: ClientAuth, anchors: Arc<Anchors>) -> Self {
        self.authorities = anchors.subjects();
        let verifier = PathVerifier::new(self.choices.provider.clone(), anchors);
        self.client_verifier(mode, Resolve::Now(Arc::new(verifier)))
    }

    /// Asks clients for a certificate and lets another judge decide, or asks.
    pub fn client_verifier(mut self, mode: ClientAuth, verifier: Resolve<dyn VerifyPeer>) -> Self {
        self.client_auth = mode;
        self.verifier = Some(verifier);
        self
    }

    /// The names of the authorities sent in CertificateRequest, as DER.
    pub fn authorities(mut self, names: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.authorities = names.into_iter().collect();
        self
    }

    /// Lets this side send once its own flight is out, before the client has proved anything ([`Event::MaySend`]).
    ///
    /// What is sent then anybody can have asked for, also where a client certificate is required: half-RTT data is for what
    /// anybody may read (RFC 9846 §4.5.3). Off by default.
    ///
    /// [`Event::MaySend`]: crate::Event::MaySend
    pub fn half_rtt(mut self, on: bool) -> Self {
        self.choices.io.half_rtt = on;
        self
    }

    /// Whether this side's order of cipher suites decides; it does by default.
    pub fn prefer_own_suites(mut self, on: bool) -> Self {
        self.prefer_own_suites = on;
        self
    }

    /// The longest record that is taken, content type included, 64 to 16,385 bytes, told to clients that tell theirs
    /// (RFC 8449).
    pub fn record_size_limit(mut self, limit: u16) -> Self {
        self.choices.record_size_limit = Some(limit);
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    /// [`ConfigError`] says what does not fit.
    pub fn build(self) -> Result<Arc<ServerConfig>, ConfigError> {
        let choices = self.choices;
        choices.check()?;
        let named = self.authorities.iter().map(|name| name.len().saturating_add(2)).sum::<usize>();
        // The extension's own length comes on top.
        if named > 0xffff - 2 || self.authorities.iter().any(Vec::is_empty) {
            return Err(ConfigError::Authorities);
        }
        if self.client_auth != ClientAuth::None && self.verifier.is_none() {
            return Err(ConfigError::NoClientVerifier);
        }
        let identity = match self.chooser {
            Some(chooser) => chooser,
            None if self.identities.is_empty() => return Err(ConfigError::NoIdentity),
            None => Resolve::Now(Arc::new(self.identities) as Arc<dyn ChooseIdentity>),
        };
        let params = ServerParams {
            suites: choices.suites()?,
            prefer_own_suites: self.prefer_own_suites,
            groups: choices.groups()?,
            prefer_hybrid: choices.pq != Pq::Off,
            schemes: choices.schemes()?,
            certificate_schemes: choices.certificate_schemes.clone(),
            sign_schemes: choices.sign_schemes(),
            protocols: choices.protocols,
            client_auth: self.client_auth,
            authorities: self.authorities,
            record_size_limit: choices.record_size_limit.unwrap_or(MAX_RECORD_SIZE_LIMIT),
            provider: choices.provider,
        };
        Ok(Arc::new(ServerConfig {
            params: Arc::new(params),
            // Without client certificates nobody is ever judged.
            verifier: self.verifier.unwrap_or(Resolve::Ask),
            identity,
            io: choices.io,
            clock: choices.clock.ok_or(ConfigError::NoClock)?,
        }))
    }
}

/// What a server needs before a configuration is chosen, and how it is chosen.
#[derive(Clone)]
pub struct Admission {
    /// For what comes before the configuration: the names of questions.
    pub provider: Provider,
    /// The bounds on the ClientHello.
    pub limits: Limits,
    /// Which configuration serves a ClientHello.
    pub config: Resolve<dyn ChooseConfig>,
    /// Sees the ClientHello; after that the configuration's own trace does.
    pub trace: Option<Arc<dyn Trace>>,
}

impl From<Arc<ServerConfig>> for Admission {
    /// An admission that leads to one configuration, whatever the ClientHello says.
    fn from(config: Arc<ServerConfig>) -> Self {
        Self {
            provider: config.provider().clone(),
            limits: config.io.limits,
            trace: config.io.trace.clone(),
            config: Resolve::Now(Arc::new(Always(config))),
        }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("provider", &self.provider.name)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Chooses a configuration by ClientHello. Nothing in it is authenticated.
pub trait ChooseConfig: Send + Sync {
    /// The configuration for this client.
    fn choose(&self, hello: &HelloView) -> ConfigChoice;
}

/// Which configuration serves a client.
#[derive(Clone, Debug)]
pub enum ConfigChoice {
    /// This one.
    Serve(Arc<ServerConfig>),
    /// None: refuse with this alert. `unrecognized_name` is the usual one.
    Refuse(AlertDescription),
}

/// Chooses the same one for every client.
struct Always(Arc<ServerConfig>);

impl ChooseConfig for Always {
    fn choose(&self, _: &HelloView) -> ConfigChoice {
        ConfigChoice::Serve(self.0.clone())
    }
}
