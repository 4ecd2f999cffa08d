//! What the targets that load keys share.

use super::text::check_text;
use handfast::Provider;
use handfast::crypto::signature::Scheme;
use handfast::crypto::{KeyKind, SigningKey};
use handfast::pki::bundle::Pairs;
use handfast::pki::encrypted::{Fault, Legacy, Way};
use handfast::pki::{Bundle, Certificate, bundle, leaf_key};
use handfast::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use handfast_testkit::null_passwords;
use handfast_testkit::random::Seeded;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// The password of what the seeds have sealed in the older ways; the others open with any.
pub const PASSWORD: &[u8] = b"secret";

/// Signatures are real, passwords are not.
pub static PROVIDER: LazyLock<Provider> = LazyLock::new(|| Provider {
    passwords: Some(null_passwords::PASSWORDS),
    random: Seeded::new(1),
    ..handfast::rustcrypto::provider()
});

/// The older ways, as long as they are cheap: they iterate in earnest, and a file may ask for ten million.
pub struct Older;

impl Older {
    const ITERATIONS: u32 = 64;
}

impl Legacy for Older {
    fn open(&self, way: &Way<'_>, password: &[u8], ciphertext: &[u8]) -> Option<Result<Zeroizing<Vec<u8>>, Fault>> {
        match way {
            Way::Scheme { iterations, .. } if *iterations > Self::ITERATIONS => None,
            way => handfast_legacy_keys::WAYS.open(way, password, ciphertext),
        }
    }
}

/// Adds to a bundle as `add` does it, and holds it to what it promises; gives whether there is anything in it.
pub fn with_bundle(add: impl FnOnce(&mut Bundle<'static>) -> Result<(), bundle::Error>) -> Option<Bundle<'static>> {
    let mut own = Bundle::new().legacy(&Older);
    match add(&mut own) {
        Ok(()) => {
            check_bundle(&own);
            Some(own)
        }
        Err(error) => {
            check_text(&error);
            assert!(!error.code().is_empty());
            assert_eq!((own.certificates().len(), own.keys().count()), (0, 0), "what failed left something behind");
            None
        }
    }
}

/// A certificate is one, and nothing that the provider would take for a private key; a key that loads signs.
fn check_bundle(bundle: &Bundle<'_>) {
    for certificate in bundle.certificates() {
        assert_eq!(Certificate::parse(certificate).expect("a certificate").der(), &certificate[..]);
        assert!(forms(certificate).iter().all(|key| PROVIDER.keys.load(key).is_err()), "a key is a certificate");
        assert!(bundle.keys().all(|key| key.secret_der() != &certificate[..]), "a key is a certificate");
    }
    bundle.keys().for_each(|key| check_key(key));
}

/// The octets as a private key of every form.
pub fn forms(der: &[u8]) -> [PrivateKeyDer<'_>; 3] {
    [PrivatePkcs8KeyDer::from(der).into(), PrivatePkcs1KeyDer::from(der).into(), PrivateSec1KeyDer::from(der).into()]
}

/// If it loads, it signs, and its public key agrees.
pub fn check_key(key: &PrivateKeyDer<'_>) {
    match PROVIDER.keys.load(key) {
        Ok(signer) => check_signer(&*signer),
        Err(error) => check_text(&error),
    }
}

fn check_signer(signer: &dyn SigningKey) {
    let key = signer.public_key();
    for scheme in signer.schemes() {
        let algorithm = Scheme::find(*scheme).expect("a scheme that is known").algorithm;
        let signature = signer.sign(*scheme, b"message", &*PROVIDER.random).expect("a signature");
        PROVIDER.verifier.verify(algorithm, key, b"message", &signature).expect("a signature that verifies");
        assert!(PROVIDER.verifier.verify(algorithm, key, b"massage", &signature).is_err());
        if matches!(key.kind, KeyKind::Rsa | KeyKind::RsaPss) {
            // One of six takes long enough.
            return;
        }
    }
}

/// Each key with its chain: the first certificate is for the key, and all are of the bundle.
pub fn check_pairs(bundle: Bundle<'_>) {
    let certificates = bundle.certificates().to_vec();
    match bundle.pair(&PROVIDER) {
        Ok(Pairs { pairs, unused }) => {
            assert!(unused.iter().all(|own| certificates.contains(own)));
            for (at, pair) in pairs.iter().enumerate() {
                assert!(pair.chain.iter().all(|own| !unused.contains(own)));
                assert_eq!(leaf_key(&pair.chain[0]).as_ref(), Ok(pair.signer.public_key()));
                assert!(pair.chain.iter().all(|own| certificates.contains(own)));
                let others = &pairs[..at];
                assert!(others.iter().all(|other| other.signer.public_key() != pair.signer.public_key()));
            }
        }
        Err(error) => check_text(&error),
    }
}
