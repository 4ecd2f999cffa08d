//! TLS 1.2 with everything switched on, and the suites as a table.

use crate::process::Process;
use crate::world::{WORLD, stem};
use handfast::crypto::suite::{Authentication, KeyExchange, Suite, TLS12_SUITES};
use handfast::crypto::{Cipher, KeyKind, SharedSecret};
use handfast::legacy::{Field, Legacy, PskKeys, RenegotiationLimit, TransportIdentity, dangerous_legacy};
use handfast::pki::pem;
use handfast::wire::ProtocolVersion;
use handfast::{ClientConfigBuilder, Facts, Resolve, ServerConfig, ServerConfigBuilder, Version};
use std::fs;
use std::sync::Arc;

/// The identity of the pre-shared key.
pub const IDENTITY: &str = "somebody";

/// What servers say to choose by.
pub const HINT: &str = "who are you";

/// The pre-shared key, in hexadecimal digits.
pub const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// 2,048 bits that are no prime of RFC 7919: group 14 of RFC 3526, as OpenSSL writes it.
pub const FIELD: &str = "-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA///////////JD9qiIWjCNMTGYouA3BzRKQJOCIpnzHQCC76mOxOb
IlFKCHmONATd75UZs806QxswKwpt8l8UN0/hNW1tUcJF5IW1dmJefsb0TELppjft
awv/XLb0Brft7jhr+1qJn6WunyQRfEsf5kkoZlHs5Fs9wgB8uKFjvwWY2kg2HFXT
mmkWP6j9JM9fg2VdI9yjrZYcYvNWIIVSu57VKQdwlpZtZww1Tkq8mATxdGwIyhgh
fDKQXkYuNs474553LBgOhgObJ4Oi7Aeij7XFXfBvTFLJ3ivL9pVYFxg5lUl86pVq
5RXSJhiY+gUQFXKOWoqsqmj//////////wIBAg==
-----END DH PARAMETERS-----
";

/// The one key there is.
struct OneKey;

impl PskKeys for OneKey {
    fn choose(&self, hint: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
        let known = hint.is_empty() || hint == HINT.as_bytes();
        Some((IDENTITY.into(), self.find(IDENTITY.as_bytes())?)).filter(|_| known)
    }

    fn find(&self, identity: &[u8]) -> Option<SharedSecret> {
        (identity == IDENTITY.as_bytes()).then(|| SharedSecret::new((0..16).collect()))
    }

    fn domain(&self) -> Option<Vec<u8>> {
        Some(IDENTITY.into())
    }
}

fn psk(legacy: Legacy) -> Legacy {
    legacy.psk(Resolve::Now(Arc::new(OneKey))).psk_without_dh()
}

/// A client that speaks TLS 1.2 and nothing else.
pub fn client() -> ClientConfigBuilder {
    WORLD.client().versions(Version::Tls12, Version::Tls12)
}

/// A server that speaks TLS 1.2 and nothing else.
pub fn server(kind: KeyKind) -> ServerConfigBuilder {
    WORLD.server(kind).versions(Version::Tls12, Version::Tls12)
}

/// All that a client has switches for, but for renegotiation.
pub fn client_ways() -> Legacy {
    psk(dangerous_legacy()).cbc_mac_then_encrypt().rsa_key_transport().dhe(Field::Named).any_field()
}

/// All that a server has switches for, but for renegotiation and RSA key transport.
pub fn server_ways() -> Legacy {
    let field = Field::auto(2048, &handfast::rustcrypto::provider()).expect("a field");
    psk(dangerous_legacy()).cbc_mac_then_encrypt().dhe(field).psk_hint(HINT)
}

/// Renegotiation, three times.
pub fn renegotiation() -> Legacy {
    dangerous_legacy().renegotiation(RenegotiationLimit::default())
}

/// The RSA certificate, to decrypt with.
pub fn transport() -> Arc<TransportIdentity> {
    let [chain, key] = WORLD.files(&stem(KeyKind::Rsa)).map(|path| fs::read(path).expect("a file"));
    let chain = pem::certificates(&chain).expect("certificates").0;
    let key = pem::private_key(&key).expect("a key");
    TransportIdentity::new(&handfast::rustcrypto::provider(), chain, &key).expect("an identity")
}

/// The suites that need no switch.
pub fn present() -> impl Iterator<Item = &'static Suite> {
    TLS12_SUITES.iter().filter(|suite| suite.exchange == KeyExchange::Ecdhe && suite.aead().is_some())
}

/// The suites that need one.
pub fn past() -> impl Iterator<Item = &'static Suite> {
    TLS12_SUITES.iter().filter(|suite| suite.exchange != KeyExchange::Ecdhe || is_cbc(suite))
}

/// What OpenSSL knows of them.
pub fn known_to_openssl() -> impl Iterator<Item = &'static Suite> {
    let said = Process::start("openssl", ["ciphers", "ALL:@SECLEVEL=0"]).succeed().text();
    past().filter(move |suite| said.trim().split(':').any(|name| name == suite.openssl_name))
}

/// Whether it is one with the MAC apart.
pub fn is_cbc(suite: &Suite) -> bool {
    matches!(suite.cipher, Cipher::Cbc(..))
}

/// The key of a server with this suite.
pub fn kind(suite: &Suite) -> KeyKind {
    if suite.auth == Authentication::Rsa { KeyKind::Rsa } else { KeyKind::P256 }
}

/// A client that offers this suite alone.
pub fn client_of(suite: &Suite) -> ClientConfigBuilder {
    client().legacy(client_ways()).suites([suite.id])
}

/// A server that takes this suite alone.
pub fn server_of(suite: &Suite) -> Arc<ServerConfig> {
    let config = match suite.exchange {
        // The key that decrypts must not sign.
        KeyExchange::Rsa => server(KeyKind::P256).legacy(server_ways().rsa_key_transport_with(transport())),
        _ => server(kind(suite)).legacy(server_ways()),
    };
    config.suites([suite.id]).build().expect("a configuration")
}

/// What must be so with this suite, whoever the peer was. `outside` is where the MAC of CBC stands.
pub fn check(facts: &Facts, suite: &'static Suite, outside: bool) {
    assert_eq!(facts.version, Some(ProtocolVersion::TLS1_2));
    assert_eq!(facts.suite, Some(suite));
    assert_eq!(facts.extended_main_secret, Some(true), "{}", suite.id);
    assert_eq!(facts.secure_renegotiation, Some(true), "{}", suite.id);
    if is_cbc(suite) {
        assert_eq!(facts.encrypt_then_mac, Some(outside), "{}", suite.id);
    }
    if suite.exchange.has_psk() {
        assert_eq!(facts.psk_identity.as_deref(), Some(IDENTITY.as_bytes()), "{}", suite.id);
    }
}
