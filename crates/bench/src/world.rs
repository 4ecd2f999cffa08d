//! The certificates that everybody uses, made anew for every run, so that they are valid by everybody's clock.

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity, Key};
use handfast::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer};
use handfast::{Clock, SystemClock};

/// The name of the server.
pub const NAME: &str = "server.example";

/// A root, and what it has certified: all keys are of one kind, each chain is one certificate long.
pub struct World {
    /// Trusted by both sides.
    pub root: CertificateDer<'static>,
    /// For [`NAME`].
    pub server: Own,
    /// For client authentication.
    pub client: Own,
}

/// A certificate and its private key.
pub struct Own {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    /// The key, as PKCS#8.
    pub key: PrivateKeyDer<'static>,
}

/// What kind of keys a world has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// ECDSA with P-256.
    P256,
    /// RSA of 2,048 bits.
    Rsa,
}

impl World {
    /// A new world.
    pub fn new(keys: Keys) -> Self {
        let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
        let key = || match keys {
            Keys::P256 => Key::generate(&provider, KeyKind::P256).expect("a key"),
            Keys::Rsa => {
                // OpenSSL's are made in an instant.
                let der = openssl::rsa::Rsa::generate(2_048).and_then(|key| key.private_key_to_der()).expect("a key");
                Key::load(&provider, &PrivatePkcs1KeyDer::from(der).into()).expect("a key")
            }
        };
        let own_key = key();
        let certificate = Builder::ca("Bench CA", now).self_signed(&provider, &own_key).expect("a root");
        let root = Identity { certificate, key: own_key };
        let own = |builder: Builder| {
            let key = key();
            let certificate = builder.signed_by(&provider, &root, key.public_key()).expect("a leaf");
            Own { certificate, key: key.to_pkcs8().expect("PKCS#8").clone_key().into() }
        };
        let (server, client) = (own(Builder::server(&[NAME], now)), own(Builder::client("client", now)));
        World { root: root.certificate, server, client }
    }
}
