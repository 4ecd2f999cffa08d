//! The configuration of a server, and what it needs before one is chosen.

use super::ConfigError;
use super::common::{Choices, Io, MAX_RECORD_SIZE_LIMIT, Pq, common_methods};
use super::keeper::{Keeper, Sessions, register};
use super::named::named_methods;
use super::version::Version;
use crate::identity::ChooseIdentity;
use crate::limits::MAX_TICKETS;
use crate::session::{AntiReplay, Domain, FindPsk, KeepSessions, Terms};
use crate::verify::PathVerifier;
use crate::{Clock, Identity, KeyLog, Limits, Resolve, Staple, Trace};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::Provider;
#[cfg(feature = "tls12")]
use handfast_handshake::tls12::ServerParams as Tls12Params;
use handfast_handshake::{ClientAuth, HelloView, ServerParams, UnknownPsk, VerifyPeer};
use handfast_pki::Anchors;
use handfast_record::Padding;
use handfast_wire::{AlertDescription, CertificateType, CipherSuite, NamedGroup, SignatureScheme};

/// How connections from clients are served.
pub struct ServerConfig {
    pub(crate) params: Arc<ServerParams>,
    pub(crate) verifier: Resolve<dyn VerifyPeer>,
    pub(crate) identity: Resolve<dyn ChooseIdentity>,
    /// Who finds OCSP responses; `None` where identities have their own.
    pub(crate) staples: Option<Resolve<dyn Staple>>,
    pub(crate) io: Io,
    pub(crate) clock: Arc<dyn Clock>,
    /// Who keeps sessions; `None` where nobody does.
    pub(crate) sessions: Option<Resolve<dyn KeepSessions>>,
    /// Who knows external keys of TLS 1.3.
    pub(crate) psks: Option<Resolve<dyn FindPsk>>,
    /// Who sees to it that early data is acted on once; `None` where there is none.
    pub(crate) anti_replay: Option<Resolve<dyn AntiReplay>>,
    /// Under which terms sessions are resumed.
    pub(crate) terms: Arc<Terms>,
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
            staples: None,
            client_auth: ClientAuth::None,
            verifier: None,
            authorities: Vec::new(),
            prefer_own_suites: true,
            equal_suites: Vec::new(),
            sessions: Sessions::Default,
            tickets: DEFAULT_TICKETS,
            early_data: 0,
            anti_replay: None,
            psks: None,
            unknown_psk: UnknownPsk::default(),
            grease: true,
        }
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.params.provider
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
    staples: Option<Resolve<dyn Staple>>,
    client_auth: ClientAuth,
    verifier: Option<Resolve<dyn VerifyPeer>>,
    authorities: Vec<Vec<u8>>,
    prefer_own_suites: bool,
    equal_suites: Vec<Vec<CipherSuite>>,
    sessions: Sessions,
    tickets: u8,
    early_data: u32,
    anti_replay: Option<Resolve<dyn AntiReplay>>,
    psks: Option<Resolve<dyn FindPsk>>,
    unknown_psk: UnknownPsk,
    grease: bool,
}

/// How many tickets of TLS 1.3 a client gets: one to use, and one for a connection beside it.
const DEFAULT_TICKETS: u8 = 2;

impl ServerConfigBuilder {
    common_methods!();

    named_methods!();

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

    /// Who finds the OCSP response to staple, or asks ([`Question::Staple`]), once the certificate is chosen and if the client
    /// wants one. By default it is the one that the identity has ([`Identity::with_ocsp`]); with this, that one counts for
    /// nothing. Certificates for RSA key transport have none.
    ///
    /// [`Question::Staple`]: crate::Question::Staple
    pub fn staples(mut self, staples: Resolve<dyn Staple>) -> Self {
        self.staples = Some(staples);
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

    /// Who keeps sessions: a [`Ticketer`](crate::Ticketer), a [`MemoryStore`](crate::MemoryStore), a pair of both, or
    /// another. By default they are sealed into tickets under a random key of this configuration's own.
    pub fn sessions(mut self, sessions: Arc<dyn KeepSessions>) -> Self {
        self.sessions = Sessions::By(sessions);
        self
    }

    /// Keeps no sessions: every handshake is a full one.
    pub fn no_sessions(mut self) -> Self {
        self.sessions = Sessions::Nobody;
        self
    }

    /// Asks about sessions: [`Question::Issue`] when one was made, [`Question::Resume`] when one is offered. In TLS 1.3 they
    /// are kept in tickets, or without `tickets` under IDs.
    ///
    /// [`Question::Issue`]: crate::Question::Issue
    /// [`Question::Resume`]: crate::Question::Resume
    pub fn ask_sessions(mut self, tickets: bool, session_ids: bool) -> Self {
        self.sessions = Sessions::Ask { tickets, session_ids };
        self
    }

    /// How many tickets a client of TLS 1.3 gets that does not say how many it wants, at most
    /// [`MAX_TICKETS`](crate::limits::MAX_TICKETS); two by default. With 0 there are none in TLS 1.3, and with no sessions
    /// none in any version.
    pub fn tickets(mut self, count: u8) -> Self {
        self.tickets = count;
        self
    }

    /// Takes early data (0-RTT, RFC 9846 §2.3), so many bytes with each ticket; 16,384 is a good number. Off by default.
    ///
    /// Early data saves a round trip, and whoever recorded it can send it again. What is taken once is never taken again by
    /// the register that [`Self::anti_replay`] says. Without one it is [`ConfigError::NoAntiReplay`], unless sessions are the
    /// default: tickets that this configuration alone takes come with a register of its own. It comes as [`Event::EarlyData`], and is not forward secret. An application acts on it only if doing so twice
    /// would be as good as once, for instance on a GET without consequences.
    ///
    /// [`Event::EarlyData`]: crate::Event::EarlyData
    pub fn early_data(mut self, bytes: u32) -> Self {
        self.early_data = bytes;
        self
    }

    /// Who sees to it that early data is acted on once, or asks ([`Question::EarlyData`]).
    ///
    /// [`Question::EarlyData`]: crate::Question::EarlyData
    pub fn anti_replay(mut self, anti_replay: Resolve<dyn AntiReplay>) -> Self {
        self.anti_replay = Some(anti_replay);
        self
    }

    /// The external pre-shared keys of TLS 1.3, or asks for them ([`Question::Resume`]): for what a client offers and nothing is
    /// known of, and whether the keys are still known that its sessions were made with
    /// ([`ResumeQuestion::keys`](crate::ResumeQuestion::keys)).
    ///
    /// Such a key takes the place of a client certificate, also of one that is required (RFC 9846 §4.4.2): who a client is,
    /// [`Facts::psk_identity`](crate::Facts::psk_identity) says then, and [`Facts::peer`](crate::Facts::peer) nobody.
    ///
    /// [`Question::Resume`]: crate::Question::Resume
    pub fn psks(mut self, psks: Resolve<dyn FindPsk>) -> Self {
        self.psks = Some(psks);
        self
    }

    /// What a client of TLS 1.3 meets that offers no external key, or none that is known; by default the certificate. With
    /// any other choice the server needs none, and speaks TLS 1.3 alone.
    pub fn unknown_psk(mut self, unknown: UnknownPsk) -> Self {
        self.unknown_psk = unknown;
        self
    }

    /// GREASE values in tickets of TLS 1.3 (RFC 8701 §4.1), so that clients stay used to ignoring what they do not know; on by
    /// default.
    pub fn grease(mut self, on: bool) -> Self {
        self.grease = on;
        self
    }

    /// Whether this side's order of cipher suites decides; it does by default.
    pub fn prefer_own_suites(mut self, on: bool) -> Self {
        self.prefer_own_suites = on;
        self
    }

    /// Sets of cipher suites that are as good as each other: where this side's order decides, the client's decides among them.
    /// With AES-GCM and ChaCha20-Poly1305 in a set, a client without instructions for AES gets what is fast for it.
    pub fn equal_suites(mut self, sets: impl IntoIterator<Item = Vec<CipherSuite>>) -> Self {
        self.equal_suites = sets.into_iter().collect();
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
    pub fn build(mut self) -> Result<Arc<ServerConfig>, ConfigError> {
        let psk_alone = self.psks.is_some() && self.unknown_psk != UnknownPsk::Certificate;
        self.check(psk_alone)?;
        let choices = self.choices;
        let identity = match self.chooser {
            Some(chooser) => chooser,
            None if self.identities.is_empty() && !psk_alone && !choices.needs_no_identity() => {
                return Err(ConfigError::NoIdentity);
            }
            None => compressed(self.identities, &choices),
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
        let domain = domain(&choices, self.client_auth, self.verifier.as_ref(), psk_alone)?;
        let judge = self.verifier.as_ref().and_then(Resolve::now).cloned();
        let terms = choices.terms(domain, judge, self.psks.clone())?;
        let is_alone = self.sessions.is_alone();
        // A trust without a name keeps no sessions.
        let sessions = self.sessions.build(&choices.provider).filter(|_| terms.domain.is_some());
        let anti_replay = match (self.early_data, self.anti_replay) {
            (0, _) => None,
            (_, given @ Some(_)) => given,
            (_, None) => Some(register().filter(|_| is_alone).ok_or(ConfigError::NoAntiReplay)?),
        };
        #[cfg(feature = "tls12")]
        let tls12 = tls12.map(|tls12| Tls12Params {
            tickets: sessions.as_ref().is_some_and(|sessions| sessions.tickets),
            session_ids: sessions.as_ref().is_some_and(|sessions| sessions.session_ids),
            ..tls12
        });
        let params = ServerParams {
            suites,
            #[cfg(feature = "tls12")]
            tls12,
            prefer_own_suites: self.prefer_own_suites,
            equal_suites: self.equal_suites,
            psk_ke: choices.psk_ke(),
            groups: choices.groups()?,
            prefer_hybrid: choices.pq != Pq::Off,
            schemes: choices.schemes()?,
            certificate_schemes: choices.certificate_schemes.clone(),
            sign_schemes: choices.sign_schemes(),
            peer_certificate_types: choices.peer_certificate_types.clone(),
            compression: choices.compression(),
            protocols: choices.protocols,
            client_auth: self.client_auth,
            authorities: self.authorities,
            staples: self.staples.is_some(),
            record_size_limit: choices.record_size_limit.unwrap_or(MAX_RECORD_SIZE_LIMIT),
            sessions: sessions.as_ref().and_then(Keeper::keep),
            tickets: self.tickets,
            max_early_data: self.early_data,
            psks: self.psks.is_some().then_some(self.unknown_psk),
            grease: self.grease,
            provider: choices.provider,
        };
        Ok(Arc::new(ServerConfig {
            params: Arc::new(params),
            // Without client certificates nobody is ever judged.
            verifier: self.verifier.unwrap_or(Resolve::Ask),
            identity,
            staples: self.staples,
            io: Io { max_early_data: self.early_data, ..choices.io },
            clock: terms.clock.clone(),
            sessions: sessions.map(|sessions| sessions.by),
            psks: self.psks,
            anti_replay,
            terms,
            #[cfg(feature = "legacy")]
            legacy: choices.tls12.legacy,
        }))
    }

    /// What does not depend on anything else, within the policy.
    fn check(&mut self, psk_alone: bool) -> Result<(), ConfigError> {
        self.choices.narrow()?;
        if psk_alone {
            // Another version would not ask for the keys.
            self.choices.versions.0 = Version::Tls13;
        }
        self.choices.check()?;
        let named = self.authorities.iter().map(|name| name.len().saturating_add(2)).sum::<usize>();
        // The extension's own length comes on top.
        if named > 0xffff - 2 || self.authorities.iter().any(Vec::is_empty) {
            return Err(ConfigError::Authorities);
        }
        if self.client_auth != ClientAuth::None {
            let verifier = self.verifier.as_ref().ok_or(ConfigError::NoClientVerifier)?;
            self.choices.sessions.check_judge(matches!(verifier, Resolve::Ask))?;
        }
        #[cfg(feature = "legacy")]
        if let Some(transport) = self.choices.tls12.legacy.transport_identity()
            && self.identities.iter().any(|identity| transport.shares_key(identity))
        {
            return Err(ConfigError::SharedKey);
        }
        if self.tickets > MAX_TICKETS {
            return Err(ConfigError::Tickets(self.tickets));
        }
        Ok(())
    }
}

/// The identities, each with what is the same for every connection compressed.
fn compressed(identities: Vec<Arc<Identity>>, choices: &Choices) -> Resolve<dyn ChooseIdentity> {
    let compressed = |identity: Arc<Identity>| identity.with_compression(&choices.compressors);
    let identities: Vec<_> = identities.into_iter().map(compressed).collect();
    Resolve::Now(Arc::new(identities))
}

/// The trust that sessions of this server are made under. Where no client shows a certificate or has a key, every client is
/// the same.
fn domain(
    choices: &Choices,
    mode: ClientAuth,
    verifier: Option<&Resolve<dyn VerifyPeer>>,
    psk_alone: bool,
) -> Result<Option<Domain>, ConfigError> {
    // Who was let in only to be reported is not let in again.
    if choices.io.report_only {
        return Ok(None);
    }
    let judge = match (mode, verifier) {
        (ClientAuth::None, _) => Some([0; 32]),
        (_, Some(Resolve::Now(verifier))) => choices.sessions.peers.or_else(|| verifier.domain()),
        _ => choices.sessions.peers,
    };
    let Some(judge) = judge else { return Ok(None) };
    choices.domain(&[b"server", &[mode as u8, u8::from(psk_alone)], &judge]).map(Some)
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

impl Admission {
    /// `choose` says for each ClientHello which configuration serves it: [`Hosts`](crate::Hosts), say. Until then `provider` is used, the
    /// bounds are the default ones, and nobody watches.
    pub fn choosing(provider: Provider, choose: Arc<dyn ChooseConfig>) -> Self {
        Self { provider, limits: Limits::default(), config: Resolve::Now(choose), trace: None }
    }

    /// The same where a [`Question::Config`](crate::Question::Config) leads to the configuration.
    pub fn asking(provider: Provider) -> Self {
        Self { provider, limits: Limits::default(), config: Resolve::Ask, trace: None }
    }
}

impl From<Arc<ServerConfig>> for Admission {
    /// An admission that leads to one configuration, whatever the ClientHello says.
    fn from(config: Arc<ServerConfig>) -> Self {
        Self {
            provider: config.provider().clone(),
            limits: config.io.limits,
            trace: config.io.watch.trace.clone(),
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
