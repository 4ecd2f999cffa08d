//! The older ways of TLS 1.2, and one of TLS 1.3, each behind a switch of its own.
//!
//! None of them is reachable without the Cargo feature `legacy`, [`dangerous_legacy`], and the switch. What of it a
//! connection has used is in [`Facts::legacy`](crate::Facts::legacy). Over HTTP/2 none of those is used that it forbids
//! (RFC 9113 §9.2): no renegotiation, no CBC, nothing without ephemeral keys.

use crate::{Resolve, identity::Identity};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::field::FieldError;
use handfast_crypto::{Cipher, DecryptingKey, Group, KeyError, KeyExchange, KeyKind, Provider, SharedSecret, Suite};
use handfast_handshake::tls12::{ClientParams, RenegotiationPolicy, ServerParams};
use handfast_handshake::{Credential, CredentialError};
use pki_types::{CertificateDer, PrivateKeyDer};

/// All switches, and all of them off.
///
/// Hand it to [`ClientConfigBuilder::legacy`](crate::ClientConfigBuilder::legacy) or
/// [`ServerConfigBuilder::legacy`](crate::ServerConfigBuilder::legacy).
pub fn dangerous_legacy() -> Legacy {
    Legacy::default()
}

/// Which of the older ways a configuration takes.
#[derive(Clone, Default)]
pub struct Legacy {
    cbc: bool,
    mac_then_encrypt: bool,
    transport: bool,
    transport_identity: Option<Arc<TransportIdentity>>,
    field: Option<Field>,
    any_field: bool,
    min_field_bits: usize,
    psk: Option<Resolve<dyn PskKeys>>,
    psk_alone: bool,
    psk_ke: bool,
    psk_hint: Vec<u8>,
    hide_unknown_psk: bool,
    renegotiation: Option<RenegotiationLimit>,
}

impl Legacy {
    /// AES-CBC with HMAC, the MAC over the ciphertext (RFC 7366). Peers that do not know that are refused.
    pub fn cbc(mut self) -> Self {
        self.cbc = true;
        self
    }

    /// AES-CBC with HMAC also for peers that put the MAC inside, which has been attacked for twenty years (Vaudenay 2002,
    /// Lucky 13). The checks take constant time.
    pub fn cbc_mac_then_encrypt(mut self) -> Self {
        self.cbc = true;
        self.mac_then_encrypt = true;
        self
    }

    /// On a client: RSA key transport. Whoever gets the server's key can read what was recorded before.
    pub fn rsa_key_transport(mut self) -> Self {
        self.transport = true;
        self
    }

    /// On a server: RSA key transport, with a certificate of its own that signs nothing. Whoever gets its key can read what
    /// was recorded before.
    pub fn rsa_key_transport_with(mut self, identity: Arc<TransportIdentity>) -> Self {
        self.transport_identity = Some(identity);
        self
    }

    /// DHE: Diffie-Hellman over finite fields, those of RFC 7919 by name. On a server `field` is for clients that name none.
    pub fn dhe(mut self, field: Field) -> Self {
        self.field = Some(field);
        self
    }

    /// On a client: finite fields that are not those of RFC 7919. Each is tested for being prime, and so is (p − 1) / 2,
    /// which costs time that the server decides on: 2,048 bits some hundredths of a second, 8,192 bits seconds.
    pub fn any_field(mut self) -> Self {
        self.any_field = true;
        self
    }

    /// On a client: the shortest finite field, in bits; 2,048 is the least, and the default.
    pub fn min_field_bits(mut self, bits: usize) -> Self {
        self.min_field_bits = bits;
        self
    }

    /// Pre-shared keys of TLS 1.2, with Diffie-Hellman over a curve beside them (RFC 5489), or over a finite field where
    /// [`Legacy::dhe`] is on (RFC 4279 §3).
    pub fn psk(mut self, keys: Resolve<dyn PskKeys>) -> Self {
        self.psk = Some(keys);
        self
    }

    /// Pre-shared keys alone as well (RFC 4279 §2): whoever learns the key can read what was recorded before.
    pub fn psk_without_dh(mut self) -> Self {
        self.psk_alone = true;
        self
    }

    /// TLS 1.3: sessions and external keys also without a key exchange beside them (psk_ke, RFC 9846 §4.3.9), where the peer
    /// wants none: whoever learns the key can read what was recorded before. A server takes it only from clients that offer no
    /// other way. Does nothing under [`Pq::Require`](crate::Pq::Require) and under a [`TlsPolicy`](crate::TlsPolicy), which wants
    /// one of its groups.
    pub fn psk_ke(mut self) -> Self {
        self.psk_ke = true;
        self
    }

    /// On a server: what clients are told to choose a key by, at most 65,535 bytes.
    pub fn psk_hint(mut self, hint: impl Into<Vec<u8>>) -> Self {
        self.psk_hint = hint.into();
        self
    }

    /// On a server: does not tell a client that nobody knows its identity, but lets it fail at Finished as one with a wrong
    /// key does (RFC 4279 §2).
    pub fn hide_unknown_psk(mut self) -> Self {
        self.hide_unknown_psk = true;
        self
    }

    /// Renegotiation, bound to the handshake before it (RFC 5746): on a client when the server asks for it, on a server when
    /// the client begins it, and on both by `renegotiate`.
    pub fn renegotiation(mut self, limit: RenegotiationLimit) -> Self {
        self.renegotiation = Some(limit);
        self
    }

    /// Whether a suite may be used.
    pub(crate) fn allows(&self, suite: &Suite, server: bool) -> bool {
        let cipher = match suite.cipher {
            Cipher::Aead(_) => true,
            Cipher::Cbc(..) => self.cbc,
        };
        let exchange = match suite.exchange {
            KeyExchange::Ecdhe => true,
            KeyExchange::Tls13 => false,
            KeyExchange::Dhe => self.has_field(),
            KeyExchange::Rsa if server => self.transport_identity.is_some(),
            KeyExchange::Rsa => self.transport,
            KeyExchange::EcdhePsk => self.has_psk(),
            KeyExchange::DhePsk => self.has_psk() && self.has_field(),
            KeyExchange::Psk => self.has_psk() && self.psk_alone,
        };
        cipher && exchange
    }

    pub(crate) fn has_field(&self) -> bool {
        self.field.is_some()
    }

    pub(crate) fn has_psk(&self) -> bool {
        self.psk.is_some()
    }

    pub(crate) fn has_psk_ke(&self) -> bool {
        self.psk_ke
    }

    pub(crate) fn keys(&self) -> Option<&Resolve<dyn PskKeys>> {
        self.psk.as_ref()
    }

    pub(crate) fn transport_key(&self) -> Option<&Resolve<dyn DecryptingKey>> {
        self.transport_identity.as_ref().map(|identity| &identity.key)
    }

    pub(crate) fn transport_identity(&self) -> Option<&TransportIdentity> {
        self.transport_identity.as_deref()
    }

    pub(crate) fn renegotiation_limit(&self) -> Option<RenegotiationLimit> {
        self.renegotiation
    }

    pub(crate) fn client(&self, params: ClientParams) -> ClientParams {
        ClientParams {
            mac_then_encrypt: self.mac_then_encrypt,
            min_field_bits: self.min_field_bits.max(MIN_FIELD_BITS),
            any_field: self.any_field,
            renegotiation: self.policy(params.renegotiation),
            ..params
        }
    }

    pub(crate) fn server(&self, params: ServerParams) -> ServerParams {
        let field = match &self.field {
            Some(Field::Group(group)) => Some(group.clone()),
            Some(Field::Named) | None => None,
        };
        ServerParams {
            mac_then_encrypt: self.mac_then_encrypt,
            field,
            transport: self.transport_identity.as_ref().map(|identity| identity.credential.clone()),
            psk_hint: self.psk_hint.clone(),
            hide_unknown_psk: self.hide_unknown_psk,
            renegotiation: self.policy(params.renegotiation),
            ..params
        }
    }

    fn policy(&self, otherwise: RenegotiationPolicy) -> RenegotiationPolicy {
        // Who warns or ignores does so also where this side may begin.
        let allows = self.renegotiation.is_some() && otherwise == RenegotiationPolicy::Refuse;
        if allows { RenegotiationPolicy::Allow } else { otherwise }
    }
}

/// The shortest prime of a finite field, in bits (RFC 7919 §2).
const MIN_FIELD_BITS: usize = 2048;

/// The finite field of a server, for clients that name none of RFC 7919.
#[derive(Clone)]
pub enum Field {
    /// None: such a client gets no DHE.
    Named,
    /// This one, a named one or one of [`Field::of`].
    Group(Arc<dyn Group>),
}

impl Field {
    /// The field of RFC 7919 with at least so many bits of prime: what OpenSSL calls `auto`. For a certificate with an RSA
    /// key as many bits as that has are right.
    ///
    /// # Errors
    /// [`FieldError::Size`] above 8,192 bits, and from a provider without finite fields.
    pub fn auto(bits: usize, provider: &Provider) -> Result<Self, FieldError> {
        let fits =
            |group: &&'static dyn Group| group.field().is_some_and(|field| field.p.len().saturating_mul(8) >= bits);
        let smallest =
            provider.groups.iter().copied().filter(fits).min_by_key(|group| group.field().map(|f| f.p.len()));
        Ok(Self::Group(Arc::new(Static(smallest.ok_or(FieldError::Size)?))))
    }

    /// The field of a prime and a generator, big-endian. Both the prime and (p − 1) / 2 are tested for being prime.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn of(p: &[u8], g: &[u8], provider: &Provider) -> Result<Self, FieldError> {
        provider.fields.ok_or(FieldError::Size)?.group(p, g).map(Self::Group)
    }

    /// The field in `DH PARAMETERS` as PEM, as `openssl dhparam` makes them.
    ///
    /// # Errors
    /// [`FieldError::NotSafe`] for what is no PEM of that kind, and as [`Field::of`].
    pub fn from_pem(pem: &[u8], provider: &Provider) -> Result<Self, FieldError> {
        let der = handfast_pki::pem::dh_parameters(pem).ok_or(FieldError::NotSafe)?;
        Self::of(&der.0, &der.1, provider)
    }
}

/// A group of the provider's list behind an `Arc`.
struct Static(&'static dyn Group);

impl Group for Static {
    fn name(&self) -> handfast_wire::NamedGroup {
        self.0.name()
    }

    fn start(
        &self,
        random: &dyn handfast_crypto::Random,
    ) -> Result<alloc::boxed::Box<dyn handfast_crypto::Exchange>, handfast_crypto::CryptoError> {
        self.0.start(random)
    }

    fn respond(
        &self,
        share: &[u8],
        random: &dyn handfast_crypto::Random,
    ) -> Result<handfast_crypto::Response, handfast_crypto::CryptoError> {
        self.0.respond(share, random)
    }

    fn field(&self) -> Option<handfast_crypto::field::FieldParameters<'_>> {
        self.0.field()
    }
}

/// How often the peer may renegotiate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenegotiationLimit {
    /// So many times, 3 by default…
    pub count: u32,
    /// … in so many seconds, 600 by default. One more is refused, and ends the connection.
    pub seconds: u64,
}

impl Default for RenegotiationLimit {
    /// Three in ten minutes.
    fn default() -> Self {
        Self { count: 3, seconds: 600 }
    }
}

/// Pre-shared keys by identity.
pub trait PskKeys: Send + Sync {
    /// On a client: the identity to present and its key, given what the server said to choose by.
    fn choose(&self, hint: &[u8]) -> Option<(Vec<u8>, SharedSecret)>;

    /// On a server: the key of an identity.
    fn find(&self, identity: &[u8]) -> Option<SharedSecret>;

    /// A name for whose keys these are: two tables with the same name know the same identities by the same keys. A session
    /// stands for an identity that one of them has accepted, so without a name there are none, unless `session_context`
    /// tells the tables apart. One that is kept outlives its key, by as long as sessions last.
    fn domain(&self) -> Option<Vec<u8>> {
        None
    }
}

/// A certificate with an RSA key that decrypts and signs nothing, for RSA key transport.
pub struct TransportIdentity {
    pub(crate) credential: Arc<Credential>,
    pub(crate) key: Resolve<dyn DecryptingKey>,
}

impl TransportIdentity {
    /// A chain, leaf first, and the private key of the leaf.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn new(
        provider: &Provider,
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'_>,
    ) -> Result<Arc<Self>, TransportError> {
        let key = provider.keys.load_decrypter(key).map_err(TransportError::Key)?;
        let leaf = chain.first().ok_or(TransportError::Credential(CredentialError::Empty))?;
        if handfast_pki::leaf_key(leaf).map_err(TransportError::Certificate)? != *key.public_key() {
            return Err(TransportError::Mismatch);
        }
        Self::assemble(chain, Resolve::Now(key))
    }

    /// A chain, leaf first, whose key lives elsewhere: ciphertexts are handed over as
    /// [`Question::Decrypt`](crate::Question::Decrypt).
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn remote(chain: Vec<CertificateDer<'static>>) -> Result<Arc<Self>, TransportError> {
        Self::assemble(chain, Resolve::Ask)
    }

    /// The certificates, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        self.credential.chain()
    }

    fn assemble(
        chain: Vec<CertificateDer<'static>>,
        key: Resolve<dyn DecryptingKey>,
    ) -> Result<Arc<Self>, TransportError> {
        let leaf = chain.first().ok_or(TransportError::Credential(CredentialError::Empty))?;
        let public = handfast_pki::leaf_key(leaf).map_err(TransportError::Certificate)?;
        let usage = handfast_pki::Certificate::parse(leaf).ok().and_then(|leaf| leaf.key_usage().ok().flatten());
        let enciphers = usage.is_none_or(|usage| usage.contains(handfast_pki::extension::KeyUsage::KEY_ENCIPHERMENT));
        if public.kind != KeyKind::Rsa || !enciphers {
            return Err(TransportError::Usage);
        }
        let credential = Credential::new(chain, public).map_err(TransportError::Credential)?;
        Ok(Arc::new(Self { credential: Arc::new(credential), key }))
    }

    /// Whether `identity` signs with the key that decrypts here: then whoever breaks the one breaks the other.
    pub(crate) fn shares_key(&self, identity: &Identity) -> bool {
        self.credential.public_key() == identity.credential().public_key()
    }
}

/// Why a chain and a key are none for RSA key transport.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportError {
    /// There is no certificate, or too much of it.
    Credential(CredentialError),
    /// The leaf cannot be read.
    Certificate(handfast_pki::Error),
    /// The key cannot be loaded.
    Key(KeyError),
    /// The private key is not the one of the leaf.
    Mismatch,
    /// The leaf's key is not RSA, or its keyUsage does not let it encipher keys.
    Usage,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(error) => error.fmt(f),
            Self::Certificate(error) => write!(f, "the leaf certificate cannot be used: {error}"),
            Self::Key(error) => error.fmt(f),
            Self::Mismatch => f.write_str("the private key is not the one of the leaf (the first certificate)"),
            Self::Usage => f.write_str("the leaf's key cannot be used for RSA key transport (keyEncipherment)"),
        }
    }
}

impl core::error::Error for TransportError {}

impl fmt::Debug for TransportIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportIdentity").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Legacy")
            .field("cbc", &self.cbc)
            .field("mac_then_encrypt", &self.mac_then_encrypt)
            .field("rsa_key_transport", &(self.transport || self.transport_identity.is_some()))
            .field("dhe", &self.field.is_some())
            .field("any_field", &self.any_field)
            .field("psk", &self.psk.is_some())
            .field("psk_without_dh", &self.psk_alone)
            .field("psk_ke", &self.psk_ke)
            .field("renegotiation", &self.renegotiation)
            .finish_non_exhaustive()
    }
}
