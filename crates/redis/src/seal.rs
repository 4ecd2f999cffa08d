//! What a value in Redis looks like, and under which name it is there.

use crate::OperatorSecret;
use handfast::Provider;
use handfast::crypto::aead::{Aead, NONCE_LEN};
use handfast::crypto::{AeadAlgorithm, AeadKey, CryptoError, Hash, HashAlgorithm, Secret};
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// The keys that all values of a namespace are sealed under, and named with.
///
/// ```text
/// format      1   of all this
/// algorithm   1   1 AES-256-GCM, 2 ChaCha20-Poly1305
/// fresh      32   random
/// content         sealed under a key made of the secret, the algorithm and fresh
/// tag        16
/// ```
///
/// The additional data is what the value is: its kind, its namespace, its id. So nobody without the secret can make one, or
/// have one taken for another.
///
/// A key of its own for every value: nonces that a fleet of servers draws at random would meet one day, and two of them are
/// enough to break GCM.
pub(crate) struct Seal {
    provider: Provider,
    namespace: String,
    hash: &'static dyn Hash,
    values: Secret,
    names: Secret,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A session under its ID.
    Session,
    /// A generation of ticket keys under its number.
    TicketKeys,
    /// The strike register.
    Strikes,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::TicketKeys => "ticket-keys",
            Self::Strikes => "strikes",
        }
    }
}

/// How much longer a value is than its content, in bytes.
pub(crate) const OVERHEAD: usize = HEADER_LEN + TAG_LEN;

const FORMAT: u8 = 1;
const FRESH_LEN: usize = 32;
const HEADER_LEN: usize = 2 + FRESH_LEN;
const TAG_LEN: usize = 16;
const KEY_LEN: usize = 32;

impl Seal {
    /// The keys for `namespace`.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] when the provider has no SHA-256 or neither of the two AEADs.
    pub(crate) fn new(secret: &OperatorSecret, namespace: &str, provider: Provider) -> Result<Self, CryptoError> {
        let hash = provider.hash(HashAlgorithm::Sha256).ok_or(CryptoError::Unsupported)?;
        let prk = hash.extract(b"handfast redis 1", secret.as_bytes())?;
        let derive = |label: &[u8]| {
            let mut key = Secret::zero(KEY_LEN);
            hash.expand(prk.as_bytes(), &[label], key.as_mut_bytes())?;
            Ok(key)
        };
        let own =
            Self { values: derive(b"values")?, names: derive(b"names")?, hash, namespace: namespace.into(), provider };
        own.algorithm()?;
        Ok(own)
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The name in Redis. Of the id there is a hash with a key, so that nobody learns one from it or finds one by it.
    pub(crate) fn name(&self, kind: Kind, id: &[u8]) -> Result<String, CryptoError> {
        let hash = self.hash_of(kind, id)?;
        let mut name = format!("handfast:{}:{}:", self.namespace, kind.label());
        for byte in hash {
            // Writing to a String cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        Ok(name)
    }

    /// A hash with a key of what the namespace, the kind and the id are.
    pub(crate) fn hash_of(&self, kind: Kind, id: &[u8]) -> Result<[u8; 32], CryptoError> {
        let context = self.context(kind, id)?;
        let digest = self.hash.hmac(self.names.as_bytes(), &[&context])?;
        digest.as_bytes().try_into().map_err(|_| CryptoError::Length)
    }

    pub(crate) fn seal(&self, kind: Kind, id: &[u8], content: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (number, aead) = self.algorithm()?;
        let fresh: [u8; FRESH_LEN] = self.provider.random.array()?;
        let mut out = Vec::with_capacity(content.len().saturating_add(OVERHEAD));
        out.extend_from_slice(&[FORMAT, number]);
        out.extend_from_slice(&fresh);
        let context = self.context(kind, id)?;
        self.key(aead, number, &fresh)?.seal(&[0; NONCE_LEN], &context, &[content], &mut out)?;
        Ok(out)
    }

    /// The content, if somebody with the secret has sealed it as this kind under this id.
    pub(crate) fn open(&self, kind: Kind, id: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (header, rest) = sealed.split_at_checked(HEADER_LEN)?;
        let (content, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let (&[format, number], fresh) = header.split_first_chunk()?;
        if format != FORMAT {
            return None;
        }
        let aead = self.provider.aead(ALGORITHMS.into_iter().find(|(known, _)| *known == number)?.1)?;
        let context = self.context(kind, id).ok()?;
        let mut content = Zeroizing::new(content.to_vec());
        self.key(aead, number, fresh).ok()?.open_in_place(&[0; NONCE_LEN], &context, &mut content, tag).ok()?;
        Some(content)
    }

    /// What this server seals with. One with another provider may seal with the other; what cannot be opened is not there.
    fn algorithm(&self) -> Result<(u8, &'static dyn Aead), CryptoError> {
        let found = ALGORITHMS.into_iter().find_map(|(number, name)| Some((number, self.provider.aead(name)?)));
        found.ok_or(CryptoError::Unsupported)
    }

    fn key(&self, aead: &dyn Aead, number: u8, fresh: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        let prk = self.hash.extract(fresh, self.values.as_bytes())?;
        let mut key = Secret::zero(KEY_LEN);
        self.hash.expand(prk.as_bytes(), &[b"value", &[number]], key.as_mut_bytes())?;
        aead.key(key.as_bytes())
    }

    /// Kind, namespace and id, each behind its length, so that no two of them read alike.
    fn context(&self, kind: Kind, id: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut context = Vec::new();
        for part in [kind.label().as_bytes(), self.namespace.as_bytes(), id] {
            let len = u16::try_from(part.len()).map_err(|_| CryptoError::Length)?;
            context.extend_from_slice(&len.to_be_bytes());
            context.extend_from_slice(part);
        }
        Ok(context)
    }
}

/// The AEADs that seal, each with its number in a value; the first that the provider has is used.
const ALGORITHMS: [(u8, AeadAlgorithm); 2] = [(1, AeadAlgorithm::Aes256Gcm), (2, AeadAlgorithm::ChaCha20Poly1305)];

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::rustcrypto::provider;

    fn seal_of(secret: u8, namespace: &str) -> Seal {
        Seal::new(&OperatorSecret::new(&[secret; 32]).unwrap(), namespace, provider()).unwrap()
    }

    /// A provider without AES.
    fn chacha() -> Provider {
        let aeads: Vec<_> =
            provider().aeads.iter().copied().filter(|a| a.algorithm() == AeadAlgorithm::ChaCha20Poly1305).collect();
        Provider { aeads: aeads.leak(), ..provider() }
    }

    #[test]
    fn what_was_sealed_opens() {
        let seal = seal_of(1, "shop");
        for content in [&b""[..], b"state", &[7; 70_000]] {
            let sealed = seal.seal(Kind::Session, b"id", content).unwrap();
            assert_eq!(sealed.len(), content.len() + OVERHEAD);
            assert_eq!(*seal.open(Kind::Session, b"id", &sealed).unwrap(), content);
            assert_ne!(sealed, seal.seal(Kind::Session, b"id", content).unwrap(), "a fresh key each time");
        }
    }

    /// docs/regressions.md row 91: what is authenticated is the kind, the namespace, the id and the secret.
    #[test]
    fn a_value_is_good_for_what_it_was_sealed_as_and_nothing_else() {
        let seal = seal_of(1, "shop");
        let sealed = seal.seal(Kind::Session, b"id", b"state").unwrap();
        assert!(seal.open(Kind::Session, b"id", &sealed).is_some());
        assert!(seal.open(Kind::TicketKeys, b"id", &sealed).is_none(), "kind");
        assert!(seal.open(Kind::Session, b"ie", &sealed).is_none(), "id");
        assert!(seal.open(Kind::Session, b"", &sealed).is_none(), "id");
        assert!(seal_of(1, "shoq").open(Kind::Session, b"id", &sealed).is_none(), "namespace");
        assert!(seal_of(1, "shopid").open(Kind::Session, b"", &sealed).is_none(), "where one ends and the next begins");
        assert!(seal_of(2, "shop").open(Kind::Session, b"id", &sealed).is_none(), "secret");
    }

    /// docs/regressions.md row 91.
    #[test]
    fn no_bit_can_be_changed_and_none_can_be_missing() {
        let seal = seal_of(1, "shop");
        let sealed = seal.seal(Kind::TicketKeys, &7_u64.to_be_bytes(), b"state").unwrap();
        for at in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(seal.open(Kind::TicketKeys, &7_u64.to_be_bytes(), &changed).is_none(), "bit {at}");
        }
        for len in 0..sealed.len() {
            assert!(seal.open(Kind::TicketKeys, &7_u64.to_be_bytes(), &sealed[..len]).is_none(), "{len} bytes");
        }
    }

    #[test]
    fn servers_with_different_aeads_open_each_others_values() {
        let [ours, theirs] = [provider(), chacha()]
            .map(|provider| Seal::new(&OperatorSecret::new(&[1; 32]).unwrap(), "shop", provider).unwrap());
        let sealed = theirs.seal(Kind::Session, b"id", b"state").unwrap();
        assert_eq!(sealed[1], 2);
        assert_eq!(**ours.open(Kind::Session, b"id", &sealed).unwrap(), b"state"[..]);
        // And the other way round where they can; where they cannot, it is as if nothing were there.
        let sealed = ours.seal(Kind::Session, b"id", b"state").unwrap();
        assert!(theirs.open(Kind::Session, b"id", &sealed).is_none());
    }

    #[test]
    fn a_provider_that_cannot_seal_is_refused() {
        let secret = OperatorSecret::new(&[1; 32]).unwrap();
        let without_aeads = Provider { aeads: &[], ..provider() };
        assert_eq!(Seal::new(&secret, "shop", without_aeads).err(), Some(CryptoError::Unsupported));
        let without_hashes = Provider { hashes: &[], ..provider() };
        assert_eq!(Seal::new(&secret, "shop", without_hashes).err(), Some(CryptoError::Unsupported));
    }

    #[test]
    fn names_say_what_an_operator_may_see_and_hide_the_id() {
        let name = seal_of(1, "shop").name(Kind::Session, &[0xab; 32]).unwrap();
        assert!(name.starts_with("handfast:shop:session:"), "{name}");
        assert_eq!(name.len(), "handfast:shop:session:".len() + 64);
        assert!(!name.contains("abab"));
        assert_ne!(name, seal_of(2, "shop").name(Kind::Session, &[0xab; 32]).unwrap(), "hashed with the secret");
        let others =
            [Kind::TicketKeys, Kind::Strikes].map(|kind| seal_of(1, "shop").hash_of(kind, &[0xab; 32]).unwrap());
        assert!(!others.contains(&seal_of(1, "shop").hash_of(Kind::Session, &[0xab; 32]).unwrap()));
        assert!(seal_of(1, "shop").name(Kind::Session, &[0; 70_000]).is_err());
    }
}
