//! TLS 1.2 under [null cryptography](crate::null), with all of its older ways: what fuzzers of that version drive.
//!
//! Everything is the same in every run, also what is random elsewhere: a fuzzer can learn a session ID.

use crate::null::{self, Anybody, Null, NullKey, identity_of, pump};
use crate::random::Seeded;
use crate::world::{NAME, NOW, World};
use handfast::crypto::cbc::{BlockAlgorithm, BlockCipher, CbcKey, Mac, MacAlgorithm, MacKey};
use handfast::crypto::field::{FieldError, FieldParameters, FiniteField, UNNAMED};
use handfast::crypto::signature::Encrypter;
use handfast::crypto::{
    AeadAlgorithm, CryptoError, DecryptingKey, Digest, Exchange, Group, KeyError, KeyKind, KeyLoader, Provider,
    PublicKey, Random, Response, SharedSecret, SigningKey,
};
use handfast::legacy::{Field, Legacy, PskKeys, RenegotiationLimit, TransportIdentity, dangerous_legacy};
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{
    ClientAuth, ClientConfig, ClientStart, Connection, FixedClock, KeepSessions, MemoryStore, RenegotiationPolicy,
    Resolve, ServerConfig, Session, Ticketer, Version,
};
use pki_types::{CertificateDer, PrivateKeyDer};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// The provider: that of TLS 1.3 with the older primitives beside it, and bytes that are always the same.
pub fn provider() -> Provider {
    Provider {
        aeads: &[
            &Null(AeadAlgorithm::Aes128Gcm),
            &Null(AeadAlgorithm::Aes256Gcm),
            &Null(AeadAlgorithm::ChaCha20Poly1305),
        ],
        groups: &GROUPS,
        block_ciphers: &[&Null(BlockAlgorithm::Aes128), &Null(BlockAlgorithm::Aes256)],
        macs: &[&Null(MacAlgorithm::HmacSha1), &Null(MacAlgorithm::HmacSha256), &Null(MacAlgorithm::HmacSha384)],
        fields: Some(&Null(())),
        encrypter: Some(&Null(())),
        keys: &Decrypts,
        random: Arc::new(Same),
        ..null::provider()
    }
}

/// A client that offers these suites, or all there are.
pub fn client(suites: &[CipherSuite]) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with(provider())
        .versions(Version::Tls12, Version::Tls12)
        .dangerous_no_verification()
        .identity(null::identity())
        .protocols(["http/1.1"])
        .clock(Arc::new(FixedClock(NOW)))
        .grease(false)
        .false_start(true)
        .request_ocsp(true)
        .renegotiation(RenegotiationPolicy::Allow)
        .legacy(legacy().any_field().rsa_key_transport());
    let builder = if suites.is_empty() { builder } else { builder.suites(suites.iter().copied()) };
    builder.build().expect("a client")
}

/// A server that takes everything. A key that decrypts signs nothing, so it has an RSA certificate for one or for the other.
pub fn server(auth: ClientAuth, transport: bool, sessions: Arc<dyn KeepSessions>) -> Arc<ServerConfig> {
    let mut builder = ServerConfig::builder_with(provider())
        .versions(Version::Tls12, Version::Tls12)
        .identity(identity_of(KeyKind::P256))
        .client_verifier(auth, Resolve::Now(Arc::new(Anybody)))
        .protocols(["h2", "http/1.1"])
        .clock(Arc::new(FixedClock(NOW)))
        .prefer_own_suites(false)
        .sessions(sessions)
        .renegotiation(RenegotiationPolicy::Allow);
    let mut legacy = legacy().psk_hint("hint");
    if transport {
        legacy = legacy.rsa_key_transport_with(transport_identity());
    } else {
        builder = builder.identity(identity_of(KeyKind::Rsa));
    }
    builder.legacy(legacy).build().expect("a server")
}

/// How many servers differ in more than what a client can choose.
pub const SERVERS: usize = 8;

/// These: bit 0 of the index asks for a certificate, bit 1 lets the RSA key decrypt, bit 2 keeps sessions under IDs, with one
/// that is known already.
pub fn servers() -> [Arc<ServerConfig>; SERVERS] {
    std::array::from_fn(|way| {
        let has = |bit: u8| way >> bit & 1 == 1;
        let sessions = if has(2) { stored() } else { tickets() };
        if has(2) {
            session(sessions.clone());
        }
        server(if has(0) { ClientAuth::Request } else { ClientAuth::None }, has(1), sessions)
    })
}

/// One session under its ID.
pub fn stored() -> Arc<dyn KeepSessions> {
    Arc::new(MemoryStore::new(1))
}

/// Tickets under a key that is no secret.
pub fn tickets() -> Arc<dyn KeepSessions> {
    Arc::new(Ticketer::with_keys(provider(), &[[7; Ticketer::KEY_LEN]]).expect("a key"))
}

/// A session of [`client`] and [`server`] that is kept by `sessions`.
pub fn session(sessions: Arc<dyn KeepSessions>) -> Session {
    let server = server(ClientAuth::None, true, sessions);
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let mut client = start(&client(&[CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]), None, &mut to_server);
    let mut server = Connection::server(&server).expect("a server");
    let mut session = None;
    while session.is_none() {
        pump(&mut server, std::mem::take(&mut to_server), &mut to_client);
        assert!(!to_client.is_empty(), "a server that says nothing");
        session = pump(&mut client, std::mem::take(&mut to_client), &mut to_server).pop();
    }
    session.expect("a session")
}

/// Starts a client that offers `session`.
pub fn start(client: &Arc<ClientConfig>, session: Option<&Session>, out: &mut Vec<u8>) -> Connection {
    let start = ClientStart::new(client, NAME.try_into().expect("a name"));
    let start = match session {
        Some(session) => start.session(session.clone()).expect("a session of this client"),
        None => start,
    };
    start.connect(out).expect("a hello")
}

fn legacy() -> Legacy {
    let field = Field::of(P, &[2], &provider()).expect("a field");
    dangerous_legacy()
        .cbc_mac_then_encrypt()
        .dhe(field)
        .psk(Resolve::Now(Arc::new(Keys)))
        .psk_without_dh()
        .renegotiation(RenegotiationLimit::default())
}

/// A certificate whose key decrypts: the block is what was sent.
fn transport_identity() -> Arc<TransportIdentity> {
    static CHAIN: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
        let provider = Provider { random: Seeded::new(1), ..handfast::rustcrypto::provider() };
        let ca = Made::root(&provider, Builder::ca("Test CA", NOW), KeyKind::P256).expect("a CA");
        let usage = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT;
        let leaf = Builder::server(&[NAME], NOW).key_usage(usage);
        vec![leaf.signed_by(&provider, &ca, &rsa_key()).expect("a leaf")]
    });
    let key = PrivateKeyDer::Pkcs8(Vec::new().into());
    TransportIdentity::new(&provider(), CHAIN.clone(), &key).expect("an identity")
}

fn rsa_key() -> PublicKey {
    World::of(KeyKind::Rsa).server.credential().public_key().clone()
}

/// One key for whoever has a name.
struct Keys;

impl PskKeys for Keys {
    fn choose(&self, _: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
        Some((b"identity".to_vec(), SharedSecret::new(vec![0; 32])))
    }

    fn find(&self, identity: &[u8]) -> Option<SharedSecret> {
        (!identity.is_empty()).then(|| SharedSecret::new(vec![0; 32]))
    }

    fn domain(&self) -> Option<Vec<u8>> {
        Some(b"null".to_vec())
    }
}

/// Knows no other bytes.
struct Same;

impl Random for Same {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(7);
        Ok(())
    }
}

/// 2,048 bits, and prime for nobody.
const P: &[u8] = &[0xff; 256];

/// A finite field, without the arithmetic.
#[derive(Clone)]
struct Prime {
    name: NamedGroup,
    p: Cow<'static, [u8]>,
    g: Cow<'static, [u8]>,
}

static FFDHE2048: Prime = Prime { name: NamedGroup::FFDHE2048, p: Cow::Borrowed(P), g: Cow::Borrowed(&[2]) };

static GROUPS: [&dyn Group; 3] = [&Null(NamedGroup::X25519), &Null(NamedGroup::SECP256R1), &FFDHE2048];

impl Group for Prime {
    fn name(&self) -> NamedGroup {
        self.name
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        Null(self.name).start(random)
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        Null(self.name).respond(share, random)
    }

    fn field(&self) -> Option<FieldParameters<'_>> {
        Some(FieldParameters { p: &self.p, g: &self.g })
    }
}

impl FiniteField for Null<()> {
    fn group(&self, p: &[u8], g: &[u8]) -> Result<Arc<dyn Group>, FieldError> {
        if !(256..=1024).contains(&p.len()) {
            return Err(FieldError::Size);
        }
        let [p, g] = [p, g].map(|number| Cow::Owned(number.to_vec()));
        Ok(Arc::new(Prime { name: UNNAMED, p, g }))
    }
}

impl Encrypter for Null<()> {
    fn encrypt(&self, _: &PublicKey, message: &[u8], _: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        let padding = 256_usize.checked_sub(message.len() + 3).ok_or(CryptoError::Length)?;
        Ok([&[0, 2], &vec![9; padding][..], &[0], message].concat())
    }
}

impl DecryptingKey for NullKey {
    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn decrypt(&self, ciphertext: &[u8], _: &dyn Random) -> Result<SharedSecret, CryptoError> {
        if ciphertext.len() != self.modulus_len() {
            return Err(CryptoError::Length);
        }
        Ok(SharedSecret::new(ciphertext.to_vec()))
    }

    fn modulus_len(&self) -> usize {
        256
    }
}

/// As those of [`null`], and decrypts.
struct Decrypts;

impl KeyLoader for Decrypts {
    fn load(&self, _: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        Err(KeyError::Unsupported)
    }

    fn load_decrypter(&self, _: &PrivateKeyDer<'_>) -> Result<Arc<dyn DecryptingKey>, KeyError> {
        Ok(Arc::new(NullKey(rsa_key())))
    }
}

impl BlockCipher for Null<BlockAlgorithm> {
    fn algorithm(&self) -> BlockAlgorithm {
        self.0
    }

    fn key(&self, _: &[u8]) -> Result<Box<dyn CbcKey>, CryptoError> {
        Ok(Box::new(Null(())))
    }
}

impl CbcKey for Null<()> {
    fn encrypt(&self, _: &[u8; 16], blocks: &mut [u8]) -> Result<(), CryptoError> {
        if blocks.len().is_multiple_of(16) { Ok(()) } else { Err(CryptoError::Length) }
    }

    fn decrypt(&self, iv: &[u8; 16], blocks: &mut [u8]) -> Result<(), CryptoError> {
        CbcKey::encrypt(self, iv, blocks)
    }
}

impl Mac for Null<MacAlgorithm> {
    fn algorithm(&self) -> MacAlgorithm {
        self.0
    }

    fn key(&self, _: &[u8]) -> Result<Box<dyn MacKey>, CryptoError> {
        Ok(Box::new(Null(self.0)))
    }
}

impl MacKey for Null<MacAlgorithm> {
    fn mac(&self, _: &[&[u8]]) -> Result<Digest, CryptoError> {
        Ok(Digest::new(&[0; Digest::MAX][..self.0.output_len()]))
    }

    fn mac_of_secret_len(&self, _: &[u8], _: &[u8], _: usize) -> Result<Digest, CryptoError> {
        self.mac(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::crypto::suite::TLS12_SUITES;

    /// Without this the fuzzers would never get past a Finished.
    #[test]
    fn null_connections_connect_with_every_suite() {
        let has = |suite: &&handfast::crypto::Suite| provider().has(suite);
        for suite in TLS12_SUITES.iter().filter(has) {
            let transport = suite.exchange == handfast::crypto::KeyExchange::Rsa;
            connect(&client(&[suite.id]), &server(ClientAuth::Request, transport, tickets()), None);
        }
    }

    #[test]
    fn sessions_are_resumed() {
        for sessions in [tickets(), stored()] {
            let session = session(sessions.clone());
            let server = server(ClientAuth::None, false, sessions);
            assert!(connect(&client(&[]), &server, Some(&session)).facts().resumed);
        }
    }

    /// Also of a server whose configuration was known before it was asked for.
    #[test]
    fn either_side_begins_another_handshake() {
        let (mut out, mut back) = (Vec::new(), Vec::new());
        let mut client = start(&client(&[]), None, &mut out);
        let mut server = Connection::server(&servers()[0]).unwrap();
        for round in 0..9 {
            pump(&mut server, std::mem::take(&mut out), &mut back);
            if round == 2 {
                server.renegotiate(&mut back).unwrap();
            }
            pump(&mut client, std::mem::take(&mut back), &mut out);
            if round == 5 {
                client.renegotiate(&mut out).unwrap();
            }
        }
        assert_eq!([&client, &server].map(|end| end.facts().renegotiations), [2, 2]);
    }

    fn connect(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>, session: Option<&Session>) -> Connection {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let mut client = start(client, session, &mut to_server);
        let mut server = Connection::server(server).unwrap();
        for _ in 0..3 {
            pump(&mut server, std::mem::take(&mut to_server), &mut to_client);
            pump(&mut client, std::mem::take(&mut to_client), &mut to_server);
        }
        assert!(client.is_connected() && server.is_connected());
        client
    }
}
