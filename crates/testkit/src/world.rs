//! The certificates all tests share: made once, from a seed.

use crate::random::Seeded;
use handfast::crypto::{KeyKind, Provider};
use handfast::pki::make::{Builder, Identity as Made, Key};
use handfast::pki::pem;
use handfast::pki_types::{PrivateKeyDer, UnixTime};
use handfast::{Anchors, Identity};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The name of every server here.
pub const NAME: &str = "server.example";

/// The time of every test: 2026-07-01.
pub const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_782_864_000));

/// A CA, a server and a client, for one kind of key.
pub struct World {
    /// Trusts the CA.
    pub anchors: Arc<Anchors>,
    /// For [`NAME`], also for 127.0.0.1.
    pub server: Arc<Identity>,
    /// For client authentication.
    pub client: Arc<Identity>,
}

impl World {
    /// The world whose leaves have keys of `kind`. The CA's key is P-256 in all of them.
    pub fn of(kind: KeyKind) -> &'static Self {
        static P256: LazyLock<World> = LazyLock::new(|| World::make(KeyKind::P256));
        static P384: LazyLock<World> = LazyLock::new(|| World::make(KeyKind::P384));
        static P521: LazyLock<World> = LazyLock::new(|| World::make(KeyKind::P521));
        static ED25519: LazyLock<World> = LazyLock::new(|| World::make(KeyKind::Ed25519));
        static RSA: LazyLock<World> = LazyLock::new(|| World::make(KeyKind::Rsa));
        match kind {
            KeyKind::P384 => &P384,
            KeyKind::P521 => &P521,
            KeyKind::Ed25519 => &ED25519,
            KeyKind::Rsa => &RSA,
            _ => &P256,
        }
    }

    fn make(kind: KeyKind) -> Self {
        Self::with(&Provider { random: Seeded::new(kind as u64 + 1), ..handfast::rustcrypto::provider() }, kind)
    }

    /// Another world, whose keys and signatures are of a provider.
    pub fn with(provider: &Provider, kind: KeyKind) -> Self {
        let ca = Made::root(provider, Builder::ca("Test CA", NOW), KeyKind::P256).expect("a CA");
        let identity = |builder: Builder| {
            let key = match kind {
                KeyKind::Rsa => Key::load(provider, &rsa_key()),
                kind => Key::generate(provider, kind),
            };
            let key = key.expect("a key");
            let leaf = builder.signed_by(provider, &ca, key.public_key()).expect("a leaf");
            Identity::new(provider, vec![leaf, ca.certificate.clone()], key.der()).expect("an identity")
        };
        let mut anchors = Anchors::new();
        anchors.add(&ca.certificate).expect("an anchor");
        Self {
            server: identity(Builder::server(&[NAME, "127.0.0.1"], NOW)),
            client: identity(Builder::client("client", NOW)),
            anchors: Arc::new(anchors),
        }
    }
}

/// Nobody waits for a new RSA key in every test run; this one has never protected anything.
fn rsa_key() -> PrivateKeyDer<'static> {
    pem::private_key(include_bytes!("../data/rsa2048.pem")).expect("a key").clone_key()
}
