//! The configuration of a server, and what it needs before one is chosen.

use super::common::{Choices, ConfigError, Io, MAX_RECORD_SIZE_LIMIT, Pq, Version, common_methods};
use crate::identity::ChooseIdentity;
#[cfg(feature = "tls12")]
use crate::session::{Domain, KeepSessions, Terms};
use crate::verify::PathVerifier;
use crate::{Clock, Identity, KeyLog, Limits, Resolve, Trace};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::Provider;
#[cfg(feature = "tls12")]
use handfast_handshake::tls12::ServerParams as Tls12Params;
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
    /// Who keeps sessions.
    #[cfg(feature = "tls12")]
    pub(crate) sessions: Resolve<dyn KeepSessions>,
    /// The trust of sessions; `None` where it has no name.
    #[cfg(feature = "tls12")]
    domain: Option<Domain>,
    #[cfg(feature = "tls12")]
    session_timeout: u32,
    #[cfg(feature = "legacy")]
    pub(crate) legacy: crate::legacy::Legacy,
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
            #[cfg(feature = "tls12")]
            sessions: Sessions::Default,
        }
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.params.provider
    }

    /// Under which terms sessions are resumed.
    #[cfg(feature = "tls12")]
    pub(crate) fn terms(&self) -> Terms {
        Terms { domain: self.domain, timeout: self.session_timeout, clock: self.clock.clone() }
    }

    /// How often clients may renegotiate a connection.
    #[cfg(feature = "legacy")]
    pub(crate) fn renegotiations(&self) -> crate::renegotiation::Count {
        crate::renegotiation::Count::new(self.legacy.renegotiation_limit(), &self.clock)
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
    #[cfg(feature = "tls12")]
    sessions: Sessions,
}

/// Who keeps the sessions of TLS 1.2.
#[cfg(feature = "tls12")]
enum Sessions {
    /// Tickets under a key of this configuration's own, where there is a clock to change it by.
    Default,
    /// Nobody.
    Nobody,
    /// Somebody.
    By(Arc<dyn KeepSessions>),
    /// Whoever answers.
    Ask { tickets: bool, session_ids: bool },
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

    /// Who keeps the sessions of TLS 1.2: a [`Ticketer`](crate::Ticketer), a [`MemoryStore`](crate::MemoryStore), a pair of
    /// both, or another. By default they are sealed into tickets under a random key of this configuration's own.
    #[cfg(feature = "tls12")]
    pub fn sessions(mut self, sessions: Arc<dyn KeepSessions>) -> Self {
        self.sessions = Sessions::By(sessions);
        self
    }

    /// Keeps no sessions: every handshake is a full one.
    #[cfg(feature = "tls12")]
    pub fn no_sessions(mut self) -> Self {
        self.sessions = Sessions::Nobody;
        self
    }

    /// Asks about sessions: [`Question::Issue`] when one was made, [`Question::Resume`] when one is offered.
    ///
    /// [`Question::Issue`]: crate::Question::Issue
    /// [`Question::Resume`]: crate::Question::Resume
    #[cfg(feature = "tls12")]
    pub fn ask_sessions(mut self, tickets: bool, session_ids: bool) -> Self {
        self.sessions = Sessions::Ask { tickets, session_ids };
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
        #[cfg(feature = "legacy")]
        if let Some(transport) = choices.tls12.legacy.transport_identity()
            && self.identities.iter().any(|identity| transport.shares_key(identity))
        {
            return Err(ConfigError::SharedKey);
        }
        let identity = match self.chooser {
            Some(chooser) => chooser,
            None if self.identities.is_empty() && !choices.needs_no_identity() => return Err(ConfigError::NoIdentity),
            None => Resolve::Now(Arc::new(self.identities) as Arc<dyn ChooseIdentity>),
        };
        let suites = choices.suites()?;
        #[cfg(feature = "tls12")]
        let tls12 = choices.tls12_server()?;
        #[cfg(feature = "tls12")]
        let none = suites.is_empty() && tls12.is_none();
        #[cfg(not(feature = "tls12"))]
        let none = suites.is_empty();
        if none {
            return Err(ConfigError::NoSuites);
        }
        #[cfg(feature = "tls12")]
        let domain = domain(&choices, self.client_auth, self.verifier.as_ref())?;
        #[cfg(feature = "tls12")]
        let (sessions, tls12) = self.sessions.build(tls12, domain.is_some(), &choices.provider);
        let params = ServerParams {
            suites,
            #[cfg(feature = "tls12")]
            tls12,
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
            #[cfg(feature = "tls12")]
            sessions,
            #[cfg(feature = "tls12")]
            domain,
            #[cfg(feature = "tls12")]
            session_timeout: choices.tls12.session_timeout,
            #[cfg(feature = "legacy")]
            legacy: choices.tls12.legacy,
        }))
    }
}

/// The trust that sessions of this server are made under. Where no client shows a certificate or has a key, every client is
/// the same.
#[cfg(feature = "tls12")]
fn domain(
    choices: &Choices,
    mode: ClientAuth,
    verifier: Option<&Resolve<dyn VerifyPeer>>,
) -> Result<Option<Domain>, ConfigError> {
    let judge = match (mode, verifier) {
        (ClientAuth::None, _) => Some([0; 32]),
        (_, Some(Resolve::Now(verifier))) => verifier.domain(),
        _ => None,
    };
    let Some(judge) = judge else { return Ok(None) };
    choices.domain(&[b"server", &[mode as u8], &judge]).map(Some)
}

#[cfg(feature = "tls12")]
impl Sessions {
    /// Who keeps sessions, and what clients are told of it. A trust without a name keeps none.
    fn build(
        self,
        tls12: Option<Tls12Params>,
        has_domain: bool,
        provider: &Provider,
    ) -> (Resolve<dyn KeepSessions>, Option<Tls12Params>) {
        let none = || (Resolve::Ask, false, false);
        let by = |keeper: Arc<dyn KeepSessions>| {
            let (tickets, session_ids) = (keeper.tickets(), keeper.session_ids());
            (Resolve::Now(keeper), tickets, session_ids)
        };
        let (sessions, tickets, session_ids) = match self {
            _ if !has_domain => none(),
            Self::Nobody => none(),
            Self::By(keeper) => by(keeper),
            Self::Ask { tickets, session_ids } => (Resolve::Ask, tickets, session_ids),
            #[cfg(feature = "std")]
            Self::Default => by(Arc::new(crate::Ticketer::new(provider.clone()))),
            #[cfg(not(feature = "std"))]
            Self::Default => {
                let _ = provider;
                none()
            }
        };
        (sessions, tls12.map(|tls12| Tls12Params { tickets, session_ids, ..tls12 }))
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
