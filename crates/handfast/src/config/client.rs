//! The configuration of a client.

use super::ConfigError;
use super::common::{Choices, Io, Pq, check_types, common_methods};
use super::named::named_methods;
use super::version::Version;
use crate::identity::ChooseIdentity;
use crate::session::{Domain, Terms};
use crate::verify::PathVerifier;
use crate::{Clock, Identity, KeyLog, Limits, Resolve, Trace};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::group::{is_field, is_post_quantum};
use handfast_crypto::{Group, Provider, Suite};
#[cfg(feature = "tls12")]
use handfast_handshake::tls12::ClientParams as Tls12Params;
use handfast_handshake::{Ahead, ClientParams, VerifyPeer};
use handfast_pki::Anchors;
use handfast_record::Padding;
use handfast_wire::extension::MaxFragmentLength;
use handfast_wire::{CertificateType, CipherSuite, NamedGroup, SignatureScheme};

/// How connections are made to servers.
pub struct ClientConfig {
    pub(crate) params: Arc<ClientParams>,
    pub(crate) verifier: Verification,
    pub(crate) identity: Resolve<dyn ChooseIdentity>,
    pub(crate) io: Io,
    pub(crate) clock: Arc<dyn Clock>,
    /// Under which terms sessions are offered.
    pub(crate) terms: Arc<Terms>,
    #[cfg(feature = "legacy")]
    pub(crate) legacy: crate::legacy::Legacy,
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
            own: None,
            identity: Resolve::Now(Arc::new(Vec::<Arc<Identity>>::new())),
            certificate_types: None,
            key_shares: None,
            ahead: None,
            max_fragment_length: None,
            ocsp: true,
            scts: false,
            grease: true,
            permute: true,
            middlebox: true,
            sessions: true,
            ticket_request: None,
            require_psk: false,
            require_own: false,
            post_handshake_auth: false,
        }
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.params.provider
    }

    /// Whether a session with this suite can be offered: in TLS 1.3 with one of its hash (RFC 9846 §4.3.11).
    pub(crate) fn offers(&self, suite: &Suite) -> bool {
        if suite.is_tls13() {
            return self.params.suites.iter().any(|own| own.hash == suite.hash);
        }
        #[cfg(feature = "tls12")]
        return self.params.tls12.as_ref().is_some_and(|tls12| tls12.suites.iter().any(|own| own.id == suite.id));
        #[cfg(not(feature = "tls12"))]
        false
    }

    /// How often servers may renegotiate a connection.
    #[cfg(feature = "legacy")]
    pub(crate) fn renegotiations(&self) -> crate::renegotiation::Count {
        crate::renegotiation::Count::new(self.legacy.renegotiation_limit(), &self.clock)
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
    /// The one that there is to show, unless a chooser was set later.
    own: Option<Arc<Identity>>,
    identity: Resolve<dyn ChooseIdentity>,
    certificate_types: Option<Vec<CertificateType>>,
    key_shares: Option<Vec<NamedGroup>>,
    ahead: Option<Arc<dyn Ahead>>,
    max_fragment_length: Option<usize>,
    ocsp: bool,
    scts: bool,
    grease: bool,
    permute: bool,
    middlebox: bool,
    sessions: bool,
    ticket_request: Option<(u8, u8)>,
    require_psk: bool,
    require_own: bool,
    post_handshake_auth: bool,
}

impl ClientConfigBuilder {
    common_methods!();

    named_methods!();

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
    pub fn identity(mut self, identity: Arc<Identity>) -> Self {
        self.own = Some(identity);
        self
    }

    /// Lets something else choose the certificate, or asks.
    pub fn identities(mut self, identities: Resolve<dyn ChooseIdentity>) -> Self {
        (self.identity, self.own) = (identities, None);
        self
    }

    /// Ends a connection whose server asks for a certificate and would see none, because there is none or none of them fits: the
    /// [`Refusal`](crate::Refusal) says which. By default the handshake goes on without, and the server decides
    /// (RFC 9846 §4.5.1, RFC 5246 §7.4.6); it may go on and take this side for nobody.
    pub fn require_own_certificate(mut self, on: bool) -> Self {
        self.require_own = on;
        self
    }

    /// Lets a server of TLS 1.3 ask for a certificate after the handshake (RFC 9846 §4.3.6), when a request wants one that it can
    /// only know by then. Off by default: whoever asks late learns who this is in the middle of what was anonymous. Never with HTTP/2
    /// (RFC 8740 §3), and such a connection cannot be [split](crate::Connection::split).
    pub fn post_handshake_auth(mut self, on: bool) -> Self {
        self.post_handshake_auth = on;
        self
    }

    /// The kinds of certificate that servers are told there is to show, most preferred first (RFC 7250 §4.1). By default those
    /// of the identities, which a chooser names ([`ChooseIdentity::certificate_types`]); where it is asked, X.509 alone.
    pub fn own_certificate_types(mut self, types: impl IntoIterator<Item = CertificateType>) -> Self {
        self.certificate_types = Some(types.into_iter().collect());
        self
    }

    /// The groups that get a key share in the first ClientHello of TLS 1.3, each of them one that is offered. By default the
    /// preferred group and the preferred one of the other kind, so that servers with and without ML-KEM need no
    /// HelloRetryRequest; with none at all every server has to ask for one (RFC 9846 §4.3.8).
    pub fn key_shares(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> Self {
        self.key_shares = Some(groups.into_iter().collect());
        self
    }

    /// Takes key shares from a pool that is filled ahead; where that has none, one is made as ever.
    #[cfg(feature = "std")]
    pub fn ready_shares(mut self, pool: Arc<crate::ReadyShares>) -> Self {
        self.ahead = Some(pool);
        self
    }

    /// Asks servers to keep their records short, for those that do not know RFC 8449: 512, 1,024, 2,048 or 4,096 bytes of
    /// content (RFC 6066 §4). Nothing is asked by default.
    pub fn max_fragment_length(mut self, bytes: Option<usize>) -> Self {
        self.max_fragment_length = bytes;
        self
    }

    /// Whether servers are asked for an OCSP response beside their certificate (RFC 6066 §8); they are by default. With the
    /// default judge one that comes has to be good, and a certificate that insists on one (RFC 7633) is refused without;
    /// [`pki::Policy::stapling`](handfast_pki::Policy::stapling) has other ways.
    pub fn request_ocsp(mut self, on: bool) -> Self {
        self.ocsp = on;
        self
    }

    /// Asks servers for signed certificate timestamps (RFC 6962 §3.3.1); off by default.
    pub fn request_scts(mut self, on: bool) -> Self {
        self.scts = on;
        self
    }

    /// Lets this side send before a server of TLS 1.2 has finished ([`Event::MaySend`]), where RFC 7918 allows it: with
    /// ephemeral keys, an AEAD and a protocol that was negotiated. Off by default.
    ///
    /// [`Event::MaySend`]: crate::Event::MaySend
    #[cfg(feature = "tls12")]
    pub fn false_start(mut self, on: bool) -> Self {
        self.choices.tls12.false_start = on;
        self
    }

    /// Says that this is a second attempt in a lower version, after one that failed (RFC 7507): a server that knows a
    /// higher one than is offered refuses. Off by default, and nothing here makes second attempts.
    #[cfg(feature = "tls12")]
    pub fn fallback(mut self, on: bool) -> Self {
        self.choices.tls12.fallback = on;
        self
    }

    /// Whether servers are asked for sessions, in TLS 1.2 for tickets; they are by default. Each comes as [`Event::Session`].
    ///
    /// [`Event::Session`]: crate::Event::Session
    pub fn sessions(mut self, on: bool) -> Self {
        self.sessions = on;
        self
    }

    /// How many tickets a server of TLS 1.3 is asked for: after a handshake with a certificate, and after one that resumed a
    /// session (RFC 9149). By default the server decides.
    pub fn ticket_request(mut self, new_session: u8, resumption: u8) -> Self {
        self.ticket_request = Some((new_session, resumption));
        self
    }

    /// Speaks only with servers that take one of the external keys or the session that is offered ([`ClientStart::psk`]), in
    /// TLS 1.3: a certificate is not taken instead, and no verifier is needed.
    ///
    /// [`ClientStart::psk`]: crate::ClientStart::psk
    pub fn require_psk(mut self, on: bool) -> Self {
        self.require_psk = on;
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

    /// What is the same for every connection is compressed here.
    fn compress(&mut self) {
        if let Some(own) = self.own.take() {
            let own = own.with_compression(&self.choices.compressors);
            self.identity = Resolve::Now(Arc::new(alloc::vec![own]));
        }
    }

    /// Checks it all.
    ///
    /// # Errors
    /// [`ConfigError`] says what does not fit.
    pub fn build(mut self) -> Result<Arc<ClientConfig>, ConfigError> {
        self.compress();
        let mut choices = self.choices;
        choices.narrow()?;
        if self.require_psk {
            choices.versions.0 = Version::Tls13;
        }
        choices.check()?;
        let groups = choices.groups()?;
        let suites = choices.suites()?;
        #[cfg(feature = "tls12")]
        let tls12 = choices.tls12_client()?;
        let none = suites.is_empty();
        #[cfg(feature = "tls12")]
        let none = none && tls12.is_none();
        if none {
            return Err(ConfigError::NoSuites);
        }
        // Who takes no certificates judges none.
        let nobody = self.require_psk.then_some(Verification::By(Resolve::Ask));
        let verifier = self.verifier.or(nobody).ok_or(ConfigError::NoVerifier)?;
        let judge = match &verifier {
            Verification::By(verifier) => verifier.now().cloned(),
            Verification::DangerousNone => None,
        };
        choices.sessions.check_judge(matches!(verifier, Verification::By(Resolve::Ask)) && !self.require_psk)?;
        let domain = domain(&choices, &verifier, &self.identity, self.require_psk)?.filter(|_| self.sessions);
        let terms = choices.terms(domain, judge, None)?;
        #[cfg(feature = "tls12")]
        let tls12 = tls12.map(|tls12| Tls12Params { tickets: self.sessions, ..tls12 });
        let max_fragment_length = self
            .max_fragment_length
            .map(|bytes| MaxFragmentLength::of(bytes).ok_or(ConfigError::MaxFragmentLength(bytes)));
        let own_certificate_types = match (self.certificate_types, &self.identity) {
            (Some(types), _) => types,
            (None, Resolve::Now(chooser)) => chooser.certificate_types(),
            (None, Resolve::Ask) => alloc::vec![CertificateType::X509],
        };
        check_types(&own_certificate_types)?;
        let params = ClientParams {
            suites,
            #[cfg(feature = "tls12")]
            tls12,
            max_fragment_length: max_fragment_length.transpose()?,
            ocsp: self.ocsp,
            scts: self.scts,
            shares: shares(&groups, self.key_shares)?,
            ahead: self.ahead,
            groups,
            schemes: choices.schemes()?,
            certificate_schemes: choices.certificate_schemes.clone(),
            sign_schemes: choices.sign_schemes(),
            own_certificate_types,
            peer_certificate_types: choices.peer_certificate_types.clone(),
            compression: choices.compression(),
            psk_ke: choices.psk_ke(),
            protocols: choices.protocols,
            record_size_limit: choices.record_size_limit,
            grease: self.grease,
            permute: self.permute,
            middlebox: self.middlebox,
            // A session that nobody could offer is not asked for.
            tickets: terms.domain.is_some(),
            ticket_request: self.ticket_request,
            require_psk: self.require_psk,
            require_own: self.require_own,
            post_handshake_auth: self.post_handshake_auth,
            provider: choices.provider,
        };
        Ok(Arc::new(ClientConfig {
            params: Arc::new(params),
            verifier,
            identity: self.identity,
            io: choices.io,
            clock: terms.clock.clone(),
            terms,
            #[cfg(feature = "legacy")]
            legacy: choices.tls12.legacy,
        }))
    }
}

/// The trust that this client's sessions are made under.
fn domain(
    choices: &Choices,
    verifier: &Verification,
    identity: &Resolve<dyn ChooseIdentity>,
    require_psk: bool,
) -> Result<Option<Domain>, ConfigError> {
    // Who was let in only to be reported is not let in again.
    if choices.io.report_only {
        return Ok(None);
    }
    // Never another's: what nobody has judged is not what somebody has, whatever name the judge has given itself.
    let judge = match verifier {
        _ if require_psk => Some((b"psk".as_slice(), [0; 32])),
        Verification::DangerousNone => Some((b"none".as_slice(), [0; 32])),
        Verification::By(verifier) => {
            let name = choices.sessions.peers.or_else(|| verifier.now().and_then(|verifier| verifier.domain()));
            name.map(|name| (b"judge".as_slice(), name))
        }
    };
    let identity = match identity {
        Resolve::Now(chooser) => chooser.domain(),
        Resolve::Ask => None,
    };
    let identity = identity.or_else(|| (!choices.sessions.context.is_empty()).then(Vec::new));
    let (Some((kind, judge)), Some(identity)) = (judge, identity) else { return Ok(None) };
    choices.domain(&[b"client", kind, &judge, &identity]).map(Some)
}

/// The shares of the first flight: those that are wanted, in the order of the groups; otherwise the preferred group's, and the
/// preferred one's of the other kind. By default that is X25519MLKEM768 and X25519.
fn shares(groups: &[&'static dyn Group], wanted: Option<Vec<NamedGroup>>) -> Result<Vec<NamedGroup>, ConfigError> {
    if let Some(wanted) = wanted {
        let is_offered = |name: &NamedGroup| groups.iter().any(|group| group.name() == *name);
        if let Some(&name) = wanted.iter().find(|name| !is_offered(name)) {
            return Err(ConfigError::KeyShare(name));
        }
        return Ok(groups.iter().map(|group| group.name()).filter(|name| wanted.contains(name)).collect());
    }
    // A finite field costs more than it is worth to guess.
    let curves = groups.iter().map(|group| group.name()).filter(|&name| !is_field(name)).collect::<Vec<_>>();
    let names = || curves.iter().copied();
    let Some(first) = names().next() else { return Ok(Vec::new()) };
    let beside = names().find(|&name| is_post_quantum(name) != is_post_quantum(first));
    Ok(core::iter::once(first).chain(beside).collect())
}
