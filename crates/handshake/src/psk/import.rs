//! Importing pre-shared keys: a key for each hash, bound to what it is for (RFC 9258).

use super::{ExternalPsk, PskError, PskRole, check_identity, secret};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::{CryptoError, HashAlgorithm, Provider, SharedSecret};
use handfast_schedule::{BinderKind, import_psk};
use handfast_wire::{EncodeError, ProtocolVersion, Reader, Writer};
use subtle::ConstantTimeEq;

/// Makes keys for TLS 1.3 of one that was agreed on outside: one for each hash, and others for every context.
///
/// Both ends import the same key with the same identity, hash and context, or they do not find to each other.
///
/// The context says what the key was agreed on for. Where one key is shared by more than one client and one server, or by two
/// that connect to each other both ways, it has to name both ends ([`Importer::between`]): then a handshake that is led to
/// anybody else, or back to its sender, asks for a key that is not there (RFC 9258 Appendix A). Everybody who has the key
/// must still be trusted not to play another's part.
///
/// Identity and context are sent in the clear (RFC 9258 §9). A key that is in use with TLS 1.2 is not to be imported: make
/// another one (RFC 9258 §7, §8).
///
/// ```
/// # use handfast_handshake::psk::{Importer, PskError, PskRole};
/// # use handfast_crypto::Provider;
/// # fn import(key: &[u8; 32], provider: &Provider) -> Result<(), PskError> {
/// let importer = Importer::new("plant 7", key)?.between(b"pump", b"valve")?;
/// let psks = importer.import_all(PskRole::Client, provider)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Importer {
    identity: Vec<u8>,
    key: Arc<SharedSecret>,
    hash: HashAlgorithm,
    context: Vec<u8>,
}

impl Importer {
    /// For the key that is called `identity` outside of TLS, 1 to 65,535 bytes. It belongs to SHA-256 and has no context,
    /// until something else is said.
    ///
    /// # Errors
    /// [`PskError::Identity`], [`PskError::Key`], [`PskError::Zero`].
    pub fn new(identity: impl Into<Vec<u8>>, key: &[u8]) -> Result<Self, PskError> {
        Self::checked(identity.into(), secret(key, ExternalPsk::MIN_KEY_LEN)?)
    }

    /// As [`Importer::new`], with a key of one byte or more. Whoever hears one ClientHello can find it out.
    ///
    /// # Errors
    /// As [`Importer::new`].
    pub fn dangerous_short(identity: impl Into<Vec<u8>>, key: &[u8]) -> Result<Self, PskError> {
        Self::checked(identity.into(), secret(key, 1)?)
    }

    fn checked(identity: Vec<u8>, key: Arc<SharedSecret>) -> Result<Self, PskError> {
        check_identity(&identity)?;
        Ok(Self { identity, key, hash: HashAlgorithm::Sha256, context: Vec::new() })
    }

    /// The hash that belongs to the key, any of the provider's; both ends need the same. It is not that of the suites.
    pub fn hash(mut self, hash: HashAlgorithm) -> Self {
        self.hash = hash;
        self
    }

    /// What the key was agreed on for, at most 65,535 bytes: a channel binding of the protocol that it comes from, and whatever
    /// went into it (RFC 9258 §5.1).
    pub fn context(mut self, context: impl Into<Vec<u8>>) -> Self {
        self.context = context.into();
        self
    }

    /// A context that names both ends of the connection, each with 1 to 255 bytes: addresses, serial numbers.
    ///
    /// ```text
    /// Context (RFC 9258 Appendix A)
    /// client    1 + 1..255
    /// server    1 + 1..255
    /// ```
    ///
    /// # Errors
    /// [`PskError::Ends`] for a name that is empty or too long, and for two that are the same: such a context is also that of
    /// the way back.
    pub fn between(self, client: &[u8], server: &[u8]) -> Result<Self, PskError> {
        if client.is_empty() || server.is_empty() || client == server {
            return Err(PskError::Ends);
        }
        let mut context = Vec::new();
        let mut w = Writer::new(&mut context);
        w.opaque8(client).and_then(|()| w.opaque8(server)).map_err(|_| PskError::Ends)?;
        Ok(self.context(context))
    }

    /// The key for suites of `target`. `role` is the end that this side is with it.
    ///
    /// # Errors
    /// [`PskError::Hash`] for a hash that no suite of TLS 1.3 has, [`PskError::Identity`] when identity and context are too long
    /// together, [`PskError::Crypto`] when the provider does not have a hash or it fails.
    pub fn import(&self, role: PskRole, provider: &Provider, target: HashAlgorithm) -> Result<ExternalPsk, PskError> {
        let identity = ImportedIdentity {
            external_identity: &self.identity,
            context: &self.context,
            target_protocol: ProtocolVersion::TLS1_3,
            target_kdf: kdf_of(target)?,
        };
        let identity = identity.encode().map_err(|error| PskError::Identity(error.len))?;
        check_identity(&identity)?;
        let hash = provider.hash(self.hash).ok_or(CryptoError::Unsupported)?;
        let key = import_psk(hash, self.key.as_bytes(), &identity, target)?;
        let key = Arc::new(SharedSecret::new(key.as_bytes().to_vec()));
        Ok(ExternalPsk { role, identity, key, hash: target, kind: BinderKind::Imported })
    }

    /// A key for each hash that suites of TLS 1.3 have and the provider knows, SHA-256 first: what is offered, and what is
    /// looked for among the offers.
    ///
    /// # Errors
    /// As [`Importer::import`].
    pub fn import_all(&self, role: PskRole, provider: &Provider) -> Result<Vec<ExternalPsk>, PskError> {
        let known = KDFS.iter().filter(|(hash, _)| provider.hash(*hash).is_some());
        known.map(|(hash, _)| self.import(role, provider, *hash)).collect()
    }

    /// Whether `key` is this key, in constant time: so that one key is not used in two versions.
    pub fn has_key(&self, key: &[u8]) -> bool {
        self.key.as_bytes().ct_eq(key).into()
    }
}

/// What an imported key is called on the wire (RFC 9258 §5.1).
///
/// ```text
/// external_identity   2 + 1..65535
/// context             2 + 0..65535
/// target_protocol     2              0x0304: TLS 1.3
/// target_kdf          2              1: HKDF-SHA256, 2: HKDF-SHA384
/// ```
///
/// For a server that does not import all its keys ahead: whoever is asked for an identity reads it, checks what it is for, and
/// imports the key of `external_identity` with the context that is right for this client. The one from the wire is not
/// evidence of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportedIdentity<'a> {
    /// What the key is called outside of TLS.
    pub external_identity: &'a [u8],
    /// What it was agreed on for.
    pub context: &'a [u8],
    /// The version it is imported for.
    pub target_protocol: ProtocolVersion,
    /// The KDF it is imported for.
    pub target_kdf: u16,
}

impl<'a> ImportedIdentity<'a> {
    /// The identity in these bytes; `None` if they are of another form. An identity that was not imported can have this one by
    /// chance.
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let identity = Self {
            external_identity: r.vec16("external_identity", 1..=0xffff).ok()?,
            context: r.vec16("context", 0..=0xffff).ok()?,
            target_protocol: ProtocolVersion(r.u16("target_protocol").ok()?),
            target_kdf: r.u16("target_kdf").ok()?,
        };
        r.finish("ImportedIdentity").ok()?;
        Some(identity)
    }

    /// The bytes.
    ///
    /// # Errors
    /// [`EncodeError`] for an identity or a context of more than 65,535 bytes.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out);
        w.opaque16(self.external_identity)?;
        w.opaque16(self.context)?;
        w.u16(self.target_protocol.0);
        w.u16(self.target_kdf);
        Ok(out)
    }

    /// The hash of the suites it is for, if it is for TLS 1.3.
    pub fn hash(&self) -> Option<HashAlgorithm> {
        let (hash, _) = KDFS.iter().find(|(_, kdf)| *kdf == self.target_kdf)?;
        (self.target_protocol == ProtocolVersion::TLS1_3).then_some(*hash)
    }
}

/// The hashes that suites of TLS 1.3 have, and the numbers of their HKDFs (RFC 9258 §10).
const KDFS: &[(HashAlgorithm, u16)] = &[(HashAlgorithm::Sha256, 1), (HashAlgorithm::Sha384, 2)];

pub(super) fn kdf_of(hash: HashAlgorithm) -> Result<u16, PskError> {
    let found = KDFS.iter().find(|(known, _)| *known == hash);
    found.map(|(_, kdf)| *kdf).ok_or(PskError::Hash(hash))
}

/// Everything but the key.
impl fmt::Debug for Importer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Importer")
            .field("identity", &format_args!("\"{}\"", self.identity.escape_ascii()))
            .field("hash", &self.hash)
            .field("context", &format_args!("\"{}\"", self.context.escape_ascii()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};
    use handfast_rustcrypto::provider;

    fn importer() -> Importer {
        Importer::new("psk1", &b"ABCD".repeat(8)).unwrap().context("context1")
    }

    fn hex(bytes: &[u8]) -> alloc::string::String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The first values of vectors/rfc9258/import.txt.
    #[test]
    fn a_known_import() {
        let psk = importer().import(PskRole::Client, &provider(), HashAlgorithm::Sha256).unwrap();
        assert_eq!(hex(psk.identity()), "000470736b310008636f6e746578743103040001");
        assert_eq!(hex(psk.key()), "77cfa040c1e1ca63f0cd989dbefb28f5129625b08ce4f258bb825a9b0a4642a0");
        assert_eq!(
            (psk.role(), psk.kind(), psk.hash()),
            (PskRole::Client, BinderKind::Imported, HashAlgorithm::Sha256)
        );

        let importer = Importer::new("psk2", &b"EFGH".repeat(12)).unwrap().context("context2");
        let psk =
            importer.hash(HashAlgorithm::Sha384).import(PskRole::Server, &provider(), HashAlgorithm::Sha256).unwrap();
        assert_eq!(hex(psk.key()), "02b3e806e32d41ebbd4ea0dc49c4a448c186df3e161e1f68bec1889e84fc4fcd");
        assert_eq!((psk.role(), psk.hash()), (PskRole::Server, HashAlgorithm::Sha256));
    }

    #[test]
    fn a_key_for_each_hash() {
        let psks = importer().import_all(PskRole::Server, &provider()).unwrap();
        let about: Vec<_> = psks.iter().map(|psk| (psk.hash(), psk.key().len(), psk.role(), psk.kind())).collect();
        let [short, long] = [(HashAlgorithm::Sha256, 32), (HashAlgorithm::Sha384, 48)];
        let expected = [short, long].map(|(hash, len)| (hash, len, PskRole::Server, BinderKind::Imported));
        assert_eq!(about, expected);
        assert!(psks[1].identity().ends_with(&[3, 4, 0, 2]));

        let only = Provider { hashes: &handfast_rustcrypto::HASHES[..1], ..provider() };
        assert_eq!(importer().import_all(PskRole::Server, &only).unwrap().len(), 1);
    }

    #[test]
    fn what_there_is_no_hash_for() {
        let client = PskRole::Client;
        let failed = importer().import(client, &provider(), HashAlgorithm::Sha512).map(drop);
        assert_eq!(failed, Err(PskError::Hash(HashAlgorithm::Sha512)));
        // The key's own hash can be any.
        let psk = importer().hash(HashAlgorithm::Sha512).import(client, &provider(), HashAlgorithm::Sha384).unwrap();
        assert_eq!(psk.key().len(), 48);
        let none = Provider { hashes: &[], ..provider() };
        let failed = importer().import(client, &none, HashAlgorithm::Sha256).map(drop);
        assert_eq!(failed, Err(PskError::Crypto(CryptoError::Unsupported)));
    }

    /// docs/regressions.md row 88: a context of both ends is another one on the way back, and so is the key.
    #[test]
    fn a_reflected_handshake_asks_for_a_key_that_is_not_there() {
        let between = |client: &[u8], server: &[u8]| {
            let importer = Importer::new("group", &[7; 32]).unwrap().between(client, server).unwrap();
            importer.import(PskRole::Client, &provider(), HashAlgorithm::Sha256).unwrap()
        };
        let there = between(b"a", b"b");
        assert!(there.identity().windows(4).any(|window| window == [1, b'a', 1, b'b']));
        for other in [between(b"b", b"a"), between(b"a", b"c"), between(b"ab", b"b"), between(b"a", b"b\0")] {
            assert!(!there.is_called(other.identity()) && !there.has_key(other.key()));
        }
        let back = between(b"a", b"b");
        assert!(there.is_called(back.identity()) && there.has_key(back.key()));
    }

    #[test]
    fn both_ends_have_a_name_of_their_own() {
        let long = vec![b'x'; 256];
        let between = |client: &[u8], server: &[u8]| importer().between(client, server).map(drop);
        assert_eq!(between(&long[..255], b"b"), Ok(()));
        assert_eq!(between(b"a", &long[..255]), Ok(()));
        for (client, server) in [(&b"a"[..], &b"a"[..]), (b"", b"b"), (b"a", b""), (&long, b"b"), (b"a", &long)] {
            assert_eq!(between(client, server), Err(PskError::Ends));
        }
    }

    /// docs/regressions.md row 40.
    #[test]
    fn every_part_of_the_identity_counts() {
        let import = |importer: Importer| importer.import(PskRole::Client, &provider(), HashAlgorithm::Sha256).unwrap();
        let psk = import(importer());
        let new =
            |identity: &[u8], context: &[u8]| Importer::new(identity, &b"ABCD".repeat(8)).unwrap().context(context);
        for other in [
            new(b"psk1\0", b"context1"),
            new(b"psk1", b"context1\0"),
            new(b"psk1", b""),
            new(b"psk1c", b"ontext1"),
            importer().hash(HashAlgorithm::Sha384),
        ] {
            assert!(!import(other).has_key(psk.key()));
        }
    }

    #[test]
    fn bounds() {
        let import = |identity: usize, context: usize| {
            let importer = Importer::new(vec![1; identity], &[7; 16])?.context(vec![1; context]);
            importer.import(PskRole::Client, &provider(), HashAlgorithm::Sha256).map(|psk| psk.identity().len())
        };
        assert_eq!(import(1, 0), Ok(9));
        assert_eq!(import(1, 65_526), Ok(65_535));
        assert_eq!(import(1, 65_527), Err(PskError::Identity(65_536)));
        assert_eq!(import(1, 65_536), Err(PskError::Identity(65_536)));
        assert_eq!(import(0, 1), Err(PskError::Identity(0)));
        assert_eq!(import(65_536, 1), Err(PskError::Identity(65_536)));
        let new = |key: &[u8]| Importer::new("me", key).map(drop);
        assert_eq!([new(&[7; 15]), new(&[0; 16])], [Err(PskError::Key(15)), Err(PskError::Zero)]);
        let short = |key: &[u8]| Importer::dangerous_short("me", key).map(drop);
        assert_eq!([short(&[7]), short(&[])], [Ok(()), Err(PskError::Key(0))]);
    }

    #[test]
    fn an_identity_reads_as_it_was_written() {
        let identity = ImportedIdentity {
            external_identity: b"psk1",
            context: b"",
            target_protocol: ProtocolVersion::TLS1_3,
            target_kdf: 2,
        };
        let bytes = identity.encode().unwrap();
        assert_eq!(bytes, b"\0\x04psk1\0\0\x03\x04\0\x02");
        assert_eq!(ImportedIdentity::decode(&bytes), Some(identity));
        for len in 0..bytes.len() {
            assert_eq!(ImportedIdentity::decode(&bytes[..len]), None, "{len}");
        }
        assert_eq!(ImportedIdentity::decode(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(ImportedIdentity::decode(&[0, 0, 0, 0, 3, 4, 0, 1]), None);

        assert_eq!(identity.hash(), Some(HashAlgorithm::Sha384));
        assert_eq!(ImportedIdentity { target_kdf: 1, ..identity }.hash(), Some(HashAlgorithm::Sha256));
        assert_eq!(ImportedIdentity { target_kdf: 3, ..identity }.hash(), None);
        assert_eq!(ImportedIdentity { target_protocol: ProtocolVersion::TLS1_2, ..identity }.hash(), None);
    }

    /// docs/regressions.md rows 31, 74.
    #[test]
    fn debug_prints_no_key() {
        let text = format!("{:?}", importer().context(*b"\n"));
        assert_eq!(text, r#"Importer { identity: "psk1", hash: Sha256, context: "\n", .. }"#);
        assert!(importer().has_key(&b"ABCD".repeat(8)) && !importer().has_key(b"ABCD"));
    }
}
