//! What client and server configurations have in common.

use super::version::{LOWEST, Version};
use super::{ConfigError, TlsPolicy};
use crate::limits::MAX_CERTIFICATE;
use crate::trace::Watch;
use crate::{Clock, Limits};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use handfast_crypto::group::{is_field, is_ml_kem, is_post_quantum};
use handfast_crypto::signature::{SCHEMES, Scheme};
use handfast_crypto::{AeadAlgorithm, Group, KeyKind, Provider, Suite, suite::TLS13_SUITES};
use handfast_handshake::{CertificateCompressor, Compression};
use handfast_record::{MAX_PLAINTEXT, Padding};
use handfast_wire::{CertificateType, CipherSuite, NamedGroup, SignatureScheme};

/// Whether hybrid post-quantum key exchange is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pq {
    /// Not at all.
    Off,
    /// First, where the peer can; a server spends a HelloRetryRequest on it.
    #[default]
    Prefer,
    /// Nothing else: peers without it are refused.
    Require,
}

/// The choices both builders offer, before they are checked.
#[derive(Clone)]
pub(super) struct Choices {
    pub(super) provider: Provider,
    pub(super) suites: Option<Vec<CipherSuite>>,
    /// What is listed and cannot be used is left out, as OpenSSL does with its strings, and is no error.
    pub(super) lenient: bool,
    pub(super) groups: Option<Vec<NamedGroup>>,
    pub(super) pq: Pq,
    pub(super) schemes: Option<Vec<SignatureScheme>>,
    pub(super) sign_schemes: Option<Vec<SignatureScheme>>,
    pub(super) certificate_schemes: Vec<SignatureScheme>,
    pub(super) peer_certificate_types: Vec<CertificateType>,
    pub(super) protocols: Vec<Vec<u8>>,
    pub(super) compressors: Vec<Arc<dyn CertificateCompressor>>,
    pub(super) versions: (Version, Version),
    pub(super) policy: Option<TlsPolicy>,
    pub(super) record_size_limit: Option<u16>,
    #[cfg(feature = "tls12")]
    pub(super) tls12: super::tls12::Tls12Choices,
    pub(super) sessions: super::sessions::SessionChoices,
    pub(super) io: Io,
}

/// What a connection needs of its configuration apart from the handshake.
#[derive(Clone)]
pub(crate) struct Io {
    pub(crate) max_fragment: usize,
    pub(crate) padding: Padding,
    pub(crate) max_records: u64,
    pub(crate) limits: Limits,
    /// Whether a server may send before its client is known.
    pub(crate) half_rtt: bool,
    pub(crate) watch: Watch,
    /// The most early data that a ticket of this side allows, in bytes.
    pub(crate) max_early_data: u32,
    /// Whether a peer is let in that was rejected.
    pub(crate) report_only: bool,
    /// None before a configuration is chosen, when nothing needs one.
    pub(crate) clock: Option<Arc<dyn Clock>>,
}

impl Default for Io {
    fn default() -> Self {
        Self {
            max_fragment: MAX_PLAINTEXT,
            padding: Padding::None,
            max_records: u64::MAX,
            limits: Limits::default(),
            half_rtt: false,
            watch: Watch::default(),
            max_early_data: 0,
            report_only: false,
            clock: None,
        }
    }
}

impl Choices {
    pub(super) fn new(provider: Provider) -> Self {
        Self {
            provider,
            suites: None,
            lenient: false,
            groups: None,
            pq: Pq::default(),
            schemes: None,
            sign_schemes: None,
            certificate_schemes: Vec::new(),
            peer_certificate_types: alloc::vec![CertificateType::X509],
            protocols: Vec::new(),
            compressors: Vec::new(),
            versions: (LOWEST, Version::Tls13),
            policy: None,
            // RFC 8449 §4: the limit of TLS 1.3 counts the content type.
            record_size_limit: Some(MAX_RECORD_SIZE_LIMIT),
            #[cfg(feature = "tls12")]
            tls12: super::tls12::Tls12Choices::default(),
            sessions: super::sessions::SessionChoices::default(),
            io: Io { clock: default_clock(), ..Io::default() },
        }
    }

    /// The suites of TLS 1.3 in their order, by default all but CCM; none where that version is off.
    pub(super) fn suites(&self) -> Result<Vec<&'static Suite>, ConfigError> {
        let has = |suite: &Suite| self.provider.has(suite);
        let suites: Vec<_> = match &self.suites {
            None => {
                let ccm =
                    |suite: &Suite| matches!(suite.aead(), Some(AeadAlgorithm::Aes128Ccm | AeadAlgorithm::Aes128Ccm8));
                TLS13_SUITES.iter().filter(|suite| has(suite) && !ccm(suite)).collect()
            }
            Some(ids) => {
                let mut suites = Vec::new();
                for &id in ids {
                    match Suite::find(id) {
                        Some(suite) if suite.is_tls13() && has(suite) => suites.push(suite),
                        // Those of TLS 1.2 have rules of their own.
                        Some(suite) if !suite.is_tls13() && LOWEST < Version::Tls13 => {}
                        _ if self.lenient => {}
                        _ => return Err(ConfigError::Suite(id)),
                    }
                }
                suites
            }
        };
        Ok(if self.versions.1 < Version::Tls13 { Vec::new() } else { suites })
    }

    /// The groups in their order; by default the provider's. What `pq` excludes is left out.
    pub(super) fn groups(&self) -> Result<Vec<&'static dyn Group>, ConfigError> {
        let groups: Vec<_> = match &self.groups {
            // A finite field is there for who asks for it, and so is ML-KEM alone.
            None => self
                .provider
                .groups
                .iter()
                .copied()
                .filter(|group| self.has_fields() || !is_field(group.name()))
                .filter(|group| !is_ml_kem(group.name()))
                .collect(),
            Some(names) => names
                .iter()
                .map(|&name| self.provider.group(name).ok_or(ConfigError::Group(name)))
                .collect::<Result<_, _>>()?,
        };
        let wanted = |group: &&'static dyn Group| match self.pq {
            Pq::Off => !is_post_quantum(group.name()),
            Pq::Prefer => true,
            Pq::Require => is_post_quantum(group.name()),
        };
        let groups: Vec<_> = groups.into_iter().filter(wanted).collect();
        for (at, group) in groups.iter().enumerate() {
            if groups.iter().skip(at.saturating_add(1)).any(|other| other.name() == group.name()) {
                return Err(ConfigError::DuplicateGroup(group.name()));
            }
        }
        if groups.is_empty() { Err(ConfigError::NoGroups) } else { Ok(groups) }
    }

    /// Whether there is a group that TLS 1.2 knows as a curve.
    #[cfg(feature = "tls12")]
    pub(super) fn has_curve(&self) -> bool {
        let curve = |group: &&'static dyn Group| !is_post_quantum(group.name()) && !is_field(group.name());
        self.groups().is_ok_and(|groups| groups.iter().any(curve))
    }

    #[cfg(feature = "legacy")]
    fn has_fields(&self) -> bool {
        self.tls12.legacy.has_field()
    }

    #[cfg(not(feature = "legacy"))]
    fn has_fields(&self) -> bool {
        false
    }

    /// The schemes the peer may sign with; by default all that sign a TLS 1.3 handshake and PKCS#1 for certificates, but
    /// ML-DSA.
    pub(super) fn schemes(&self) -> Result<Vec<SignatureScheme>, ConfigError> {
        let ml_dsa = |key| matches!(key, KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87);
        let schemes = match &self.schemes {
            None => SCHEMES.iter().filter(|scheme| !ml_dsa(scheme.key)).map(|scheme| scheme.id).collect(),
            Some(schemes) => schemes.clone(),
        };
        if schemes.is_empty() {
            return Err(ConfigError::NoSchemes);
        }
        let signs = |id: &SignatureScheme| Scheme::find(*id).is_some_and(|scheme| scheme.signs_tls13);
        let unknown = |id: &&SignatureScheme| Scheme::find(**id).is_none();
        match schemes.iter().chain(&self.certificate_schemes).find(unknown) {
            Some(&scheme) => Err(ConfigError::Scheme(scheme)),
            None if self.versions.1 == Version::Tls13 && !schemes.iter().any(signs) => {
                Err(ConfigError::NoHandshakeSchemes)
            }
            None => Ok(schemes),
        }
    }

    /// The schemes a key of one's own may sign a TLS 1.3 handshake with: those that were named for it, or for both sides,
    /// or all there are.
    pub(super) fn sign_schemes(&self) -> Vec<SignatureScheme> {
        let named = self.sign_schemes.as_ref().or(self.schemes.as_ref());
        let signing = SCHEMES.iter().filter(|scheme| scheme.signs_tls13).map(|scheme| scheme.id);
        signing.filter(|id| named.is_none_or(|named| named.contains(id))).collect()
    }

    /// Whether a server could do without a certificate: only with pre-shared keys of TLS 1.2, or a key that decrypts.
    #[cfg(feature = "legacy")]
    pub(super) fn needs_no_identity(&self) -> bool {
        let legacy = &self.tls12.legacy;
        self.versions.1 < Version::Tls13 && (legacy.has_psk() || legacy.transport_identity().is_some())
    }

    #[cfg(not(feature = "legacy"))]
    pub(super) fn needs_no_identity(&self) -> bool {
        false
    }

    /// Whether a pre-shared key of TLS 1.3 may be used alone. Where a hybrid or a group of a policy is required, nothing goes
    /// without a key exchange.
    #[cfg(feature = "legacy")]
    pub(super) fn psk_ke(&self) -> bool {
        self.tls12.legacy.has_psk_ke() && self.pq != Pq::Require && self.policy.is_none()
    }

    #[cfg(not(feature = "legacy"))]
    pub(super) fn psk_ke(&self) -> bool {
        false
    }

    /// How certificates are compressed; no more is decompressed than a Certificate message may have.
    pub(super) fn compression(&self) -> Compression {
        Compression { compressors: self.compressors.clone(), limit: self.io.limits.certificate.min(MAX_CERTIFICATE) }
    }

    /// What neither list nor limit may be.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let named: usize = self.protocols.iter().map(|name| name.len().saturating_add(1)).sum();
        if named > 0xffff || self.protocols.iter().any(|name| name.is_empty() || name.len() > 255) {
            return Err(ConfigError::Protocol);
        }
        if self.io.limits.certificate > MAX_CERTIFICATE {
            return Err(ConfigError::CertificateLimit(self.io.limits.certificate));
        }
        if self.versions.0 > self.versions.1 {
            return Err(ConfigError::Versions);
        }
        let algorithms: BTreeSet<_> = self.compressors.iter().map(|compressor| compressor.algorithm().0).collect();
        if algorithms.len() != self.compressors.len() || algorithms.len() > MAX_COMPRESSORS {
            return Err(ConfigError::Compression);
        }
        check_types(&self.peer_certificate_types)?;
        self.sessions.check()?;
        match self.record_size_limit {
            Some(limit) if !(64..=MAX_RECORD_SIZE_LIMIT).contains(&limit) => Err(ConfigError::RecordSizeLimit(limit)),
            _ => Ok(()),
        }
    }
}

/// What a list of certificate types may be: X.509, raw public keys, or both.
pub(super) fn check_types(types: &[CertificateType]) -> Result<(), ConfigError> {
    let known = |ty: &CertificateType| matches!(*ty, CertificateType::X509 | CertificateType::RAW_PUBLIC_KEY);
    match types {
        [one] if known(one) => Ok(()),
        [one, other] if known(one) && known(other) && one != other => Ok(()),
        _ => Err(ConfigError::CertificateTypes),
    }
}

/// The most algorithms that fit into compress_certificate (RFC 8879 §3).
const MAX_COMPRESSORS: usize = 127;

/// 2^14 bytes of content and the content type.
pub(super) const MAX_RECORD_SIZE_LIMIT: u16 = 16_385;

#[cfg(feature = "std")]
fn default_clock() -> Option<Arc<dyn Clock>> {
    Some(Arc::new(crate::SystemClock))
}

#[cfg(not(feature = "std"))]
fn default_clock() -> Option<Arc<dyn Clock>> {
    None
}

/// The methods that mean the same to both builders.
macro_rules! common_methods {
    () => {
        /// The cipher suites of both versions, most preferred first. A version of which none is listed is off. The default is
        /// all AEADs but CCM, in TLS 1.2 with ephemeral key exchange over a curve.
        pub fn suites(mut self, suites: impl IntoIterator<Item = CipherSuite>) -> Self {
            self.choices.suites = Some(suites.into_iter().collect());
            self.choices.lenient = false;
            self
        }

        /// The cipher suites as a string in OpenSSL's syntax ([`ciphers`](crate::ciphers)). Suites of the older ways that are
        /// not switched on are left out, and so are AES-CCM-8 and what the provider does not have; the suites of TLS 1.3 are the default ones
        /// unless some are named.
        ///
        /// # Errors
        /// [`CipherStringError`](crate::ciphers::CipherStringError) for a string without a meaning or without a suite.
        pub fn ciphers(mut self, text: &str) -> Result<Self, crate::ciphers::CipherStringError> {
            let parsed = crate::ciphers::parse(text)?;
            self.choices.suites = Some(parsed.suites().map(|suite| suite.id).collect());
            self.choices.lenient = true;
            Ok(self)
        }

        /// The key-exchange groups, most preferred first. The default is the provider's list without finite fields, which `legacy`
        /// switches on, and without ML-KEM alone.
        pub fn groups(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> Self {
            self.choices.groups = Some(groups.into_iter().collect());
            self
        }

        /// Whether hybrid post-quantum groups are used; they come first by default.
        pub fn pq(mut self, pq: Pq) -> Self {
            self.choices.pq = pq;
            self
        }

        /// The signature schemes for handshakes and certificates, most preferred first, the peer's and one's own.
        pub fn schemes(mut self, schemes: impl IntoIterator<Item = SignatureScheme>) -> Self {
            self.choices.schemes = Some(schemes.into_iter().collect());
            self
        }

        /// The schemes one's own key may sign with, where they differ from [`Self::schemes`].
        pub fn sign_schemes(mut self, schemes: impl IntoIterator<Item = SignatureScheme>) -> Self {
            self.choices.sign_schemes = Some(schemes.into_iter().collect());
            self
        }

        /// The schemes for signatures inside certificates, where they differ (`signature_algorithms_cert`).
        pub fn certificate_schemes(mut self, schemes: impl IntoIterator<Item = SignatureScheme>) -> Self {
            self.choices.certificate_schemes = schemes.into_iter().collect();
            self
        }

        /// The kinds of certificate that the peer may show (RFC 7250), most preferred first; X.509 alone by default. With
        /// `RAW_PUBLIC_KEY` it may show a key without a certificate, if it knows such, and whoever judges peers has to take
        /// it: [`RawKeys`](crate::RawKeys), a judge of one's own, or whoever is asked. Without X.509 nothing else is taken:
        /// a server that asks for certificates then refuses every client that does not offer raw public keys of its own, also with
        /// [`ClientAuth::Request`](crate::ClientAuth::Request) (RFC 7250 §4.2).
        pub fn peer_certificate_types(mut self, types: impl IntoIterator<Item = CertificateType>) -> Self {
            self.choices.peer_certificate_types = types.into_iter().collect();
            self
        }

        /// The application protocols (ALPN, RFC 7301), most preferred first: each 1 to 255 bytes, or the configuration is
        /// [`ConfigError::Protocol`]. A server that has none of those that a client offers ends the handshake. With an empty list
        /// nothing is offered or selected.
        pub fn protocols<P: Into<Vec<u8>>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
            self.choices.protocols = protocols.into_iter().map(Into::into).collect();
            self
        }

        /// How certificates are compressed in TLS 1.3 (RFC 8879), in both directions, most preferred first; not at all by
        /// default. The feature `cert-compression` has zlib, `handfast::Zlib`. What a peer sends is decompressed before
        /// anything is known of it, to no more than [`Limits::certificate`](crate::Limits::certificate).
        pub fn certificate_compression(
            mut self,
            compressors: impl IntoIterator<Item = Arc<dyn handfast_handshake::CertificateCompressor>>,
        ) -> Self {
            self.choices.compressors = compressors.into_iter().collect();
            self
        }

        /// A named bound on versions, cipher suites, groups and schemes ([`TlsPolicy`](crate::TlsPolicy)): what is set besides, before
        /// or after, stays within.
        pub fn policy(mut self, policy: crate::TlsPolicy) -> Self {
            self.choices.policy = Some(policy);
            self
        }

        /// The lowest and the highest version.
        pub fn versions(mut self, lowest: Version, highest: Version) -> Self {
            self.choices.versions = (lowest, highest);
            self
        }

        /// The most content a record carries that is sent, 1 to 16,384 bytes; the default is 16,384.
        pub fn max_send_fragment(mut self, bytes: usize) -> Self {
            self.choices.io.max_fragment = bytes;
            self
        }

        /// How records are padded; not at all by default, and early data never: a server that does not take it counts its
        /// padding against what it skips (RFC 9846 §4.7.1).
        pub fn padding(mut self, padding: Padding) -> Self {
            self.choices.io.padding = padding;
            self
        }

        /// How many records a key seals at most, where that is fewer than the cipher's own limit (RFC 9846 §5.5). In TLS 1.3 the key is
        /// updated then; TLS 1.2 cannot, and ends with [`Usage::RecordLimit`](crate::Usage::RecordLimit).
        pub fn max_records_per_key(mut self, records: u64) -> Self {
            self.choices.io.max_records = records;
            self
        }

        /// The bounds on what a peer can make a connection do.
        pub fn limits(mut self, limits: Limits) -> Self {
            self.choices.io.limits = limits;
            self
        }

        /// Gives every connection's secrets away, for debugging. Whoever has the log can read the traffic.
        pub fn key_log(mut self, key_log: Arc<dyn KeyLog>) -> Self {
            self.choices.io.watch.key_log = Some(key_log);
            self
        }

        /// Refuses peers of TLS 1.2 that do not know the extended main secret (RFC 7627). Without it there are no sessions and
        /// no exporters in any case.
        #[cfg(feature = "tls12")]
        pub fn require_extended_main_secret(mut self, on: bool) -> Self {
            self.choices.tls12.require_extended = on;
            self
        }

        /// Refuses peers of TLS 1.2 that do not know RFC 5746: without it nobody can tell whether somebody on the way has put a
        /// handshake of his own in front of a client's.
        #[cfg(feature = "tls12")]
        pub fn require_secure_renegotiation(mut self, on: bool) -> Self {
            self.choices.tls12.require_secure_renegotiation = on;
            self
        }

        /// What the peer's wish to renegotiate a connection of TLS 1.2 does; by default it ends the connection. Granting it
        /// takes the feature `legacy` and its switch; with that, any other policy than the default leaves the initiative to this
        /// side.
        #[cfg(feature = "tls12")]
        pub fn renegotiation(mut self, policy: crate::RenegotiationPolicy) -> Self {
            self.choices.tls12.renegotiation = policy;
            self
        }

        /// How old a session of TLS 1.2 may be when it is resumed, in seconds, at most a day; 300 by default.
        #[cfg(feature = "tls12")]
        pub fn session_timeout(mut self, seconds: u32) -> Self {
            self.choices.sessions.timeout = seconds;
            self
        }

        /// How old a ticket of TLS 1.3 may be when it is resumed, in seconds, at most seven days; 7,200 by default. A ticket
        /// lasts no longer than the certificate it stands for, nor than seven days after that was shown.
        pub fn ticket_lifetime(mut self, seconds: u32) -> Self {
            self.choices.sessions.lifetime = seconds;
            self
        }

        /// What distinguishes this configuration's sessions from those of others with the same trust; any bytes. Servers that
        /// are told apart by something else than the host name, an address say, need one each.
        pub fn session_context(mut self, context: impl Into<Vec<u8>>) -> Self {
            self.choices.sessions.context = context.into();
            self
        }

        /// A name for what is accepted as a peer, where questions decide or a verifier has no name of its own: two
        /// configurations with the same name accept the same peers, and resume each other's sessions. It takes the place of
        /// the verifier's own name. Without any name there are no sessions.
        pub fn peer_domain(mut self, name: [u8; 32]) -> Self {
            self.choices.sessions.peers = Some(name);
            self
        }

        /// What is looked at again in the peer's certificate when a session is resumed; whether it is still valid, by
        /// default.
        pub fn recheck(mut self, recheck: crate::Recheck) -> Self {
            self.choices.sessions.recheck = recheck;
            self
        }

        /// Switches on what of the older ways of TLS 1.2 is needed.
        #[cfg(feature = "legacy")]
        pub fn legacy(mut self, legacy: crate::legacy::Legacy) -> Self {
            self.choices.tls12.legacy = legacy;
            self
        }

        /// The clock by which certificates are judged; the system's by default.
        pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
            self.choices.io.clock = Some(clock);
            self
        }
    };
}
pub(super) use common_methods;
