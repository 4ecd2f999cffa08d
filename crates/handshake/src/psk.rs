//! Pre-shared keys of TLS 1.3 that both ends agreed on outside of TLS (RFC 9846 §2.2, §4.3.11).

mod import;

pub use import::{ImportedIdentity, Importer};

use alloc::{sync::Arc, vec::Vec};
use core::{error, fmt};
use handfast_crypto::{CryptoError, HashAlgorithm, Provider, SharedSecret};
use handfast_schedule::BinderKind;
use subtle::ConstantTimeEq;

/// A key that authenticates both ends of a connection in place of certificates, and the identity that names it.
///
/// Exactly two know such a key: one that is the client with it, one that is the server. If both ends have it in both roles,
/// or a third has it, whoever stands between them can lead a handshake back to where it came from, and its sender talks to
/// itself and takes itself for the other (Selfie; RFC 9846 Appendix F.8, RFC 9257 §4). That is why a key here has a
/// [`PskRole`]. For one key among many, or for one that both have in both roles, there is [`Importer`].
///
/// The key is made of good randomness, [`ExternalPsk::MIN_KEY_LEN`] bytes or more. A password is none: from a single
/// ClientHello, all that could be it can be tried. It works with one hash and in one version: a key of TLS 1.2
/// (`legacy::PskKeys`) is another key and another type, for nobody has shown that the two versions can share one (RFC 9846
/// Appendix F.7; also where it is imported, RFC 9258 §8).
///
/// The identity is sent in the clear, the same one in every connection (RFC 9846 Appendix C.4).
#[derive(Clone)]
pub struct ExternalPsk {
    role: PskRole,
    identity: Vec<u8>,
    /// However often it is cloned, there is one copy to wipe.
    key: Arc<SharedSecret>,
    hash: HashAlgorithm,
    kind: BinderKind,
}

/// Which pre-shared key a session was made with: its identity, and a tag that another key with the same identity does not have.
#[derive(Clone)]
pub(crate) struct NamedPsk {
    pub(crate) identity: Vec<u8>,
    /// A MAC with the key over nothing that is sent. Zeros for a key of TLS 1.2, whose sessions its domain tells apart.
    pub(crate) tag: [u8; Self::TAG_LEN],
}

impl NamedPsk {
    pub(crate) const TAG_LEN: usize = 32;

    /// A key of TLS 1.2.
    #[cfg(feature = "tls12")]
    pub(crate) fn tls12(identity: &[u8]) -> Self {
        Self { identity: identity.to_vec(), tag: [0; Self::TAG_LEN] }
    }
}

/// Which end of a connection this side is with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PskRole {
    /// The one that connects.
    Client,
    /// The one that is connected to.
    Server,
}

impl ExternalPsk {
    /// The shortest key that is not `dangerous_`, in bytes: 128 bits (RFC 9257 §6).
    pub const MIN_KEY_LEN: usize = 16;

    /// The longest key, in bytes.
    pub const MAX_KEY_LEN: usize = 4_096;

    /// The longest identity, in bytes.
    pub const MAX_IDENTITY_LEN: usize = 0xffff;

    /// The key called `identity`, 1 to [`ExternalPsk::MAX_IDENTITY_LEN`] bytes of any value. It is used with suites of `hash`
    /// and no others; what was agreed on without a hash belongs to SHA-256 (RFC 9846 §4.3.11).
    ///
    /// # Errors
    /// [`PskError`] for an identity or a key that is too short or too long, a key of zeros, and a hash that no suite of
    /// TLS 1.3 has.
    pub fn new(role: PskRole, identity: impl Into<Vec<u8>>, key: &[u8], hash: HashAlgorithm) -> Result<Self, PskError> {
        Self::checked(role, identity.into(), secret(key, Self::MIN_KEY_LEN)?, hash)
    }

    /// As [`ExternalPsk::new`], with a key of one byte or more. Whoever hears one ClientHello can find it out.
    ///
    /// # Errors
    /// As [`ExternalPsk::new`].
    pub fn dangerous_short(
        role: PskRole,
        identity: impl Into<Vec<u8>>,
        key: &[u8],
        hash: HashAlgorithm,
    ) -> Result<Self, PskError> {
        Self::checked(role, identity.into(), secret(key, 1)?, hash)
    }

    fn checked(
        role: PskRole,
        identity: Vec<u8>,
        key: Arc<SharedSecret>,
        hash: HashAlgorithm,
    ) -> Result<Self, PskError> {
        import::kdf_of(hash)?;
        check_identity(&identity)?;
        Ok(Self { role, identity, key, hash, kind: BinderKind::External })
    }

    /// Which end this side is with it.
    pub fn role(&self) -> PskRole {
        self.role
    }

    /// What it is called on the wire.
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Whether it is called this: every byte counts, zeros as well, and so does the length.
    pub fn is_called(&self, identity: &[u8]) -> bool {
        self.identity == identity
    }

    /// The hash of the suites it is used with.
    pub fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// How its binder is made.
    pub fn kind(&self) -> BinderKind {
        self.kind
    }

    /// Whether this side may be `role` with it.
    ///
    /// # Errors
    /// [`PskError::Role`] for the other one.
    pub fn check_role(&self, role: PskRole) -> Result<(), PskError> {
        if self.role == role { Ok(()) } else { Err(PskError::Role(self.role)) }
    }

    /// Whether `key` is this key, in constant time: so that one key is not used in two roles or two versions.
    pub fn has_key(&self, key: &[u8]) -> bool {
        self.key.as_bytes().ct_eq(key).into()
    }

    /// Which key it is, for the sessions that are made with it.
    pub(crate) fn named(&self, provider: &Provider) -> Result<NamedPsk, CryptoError> {
        let hash = provider.hash(self.hash).ok_or(CryptoError::Unsupported)?;
        let mac = hash.hmac(self.key(), &[b"handfast external psk"])?;
        let mut tag = [0; NamedPsk::TAG_LEN];
        tag.copy_from_slice(mac.as_bytes().get(..NamedPsk::TAG_LEN).ok_or(CryptoError::Length)?);
        Ok(NamedPsk { identity: self.identity.clone(), tag })
    }

    /// The key: what the early secret is extracted from.
    pub(crate) fn key(&self) -> &[u8] {
        self.key.as_bytes()
    }
}

/// A key that is neither too short, nor too long, nor forgotten: a schedule of zeros is one without a PSK.
fn secret(key: &[u8], min: usize) -> Result<Arc<SharedSecret>, PskError> {
    if !(min..=ExternalPsk::MAX_KEY_LEN).contains(&key.len()) {
        return Err(PskError::Key(key.len()));
    }
    if key.iter().fold(0, |all, byte| all | byte) == 0 {
        return Err(PskError::Zero);
    }
    Ok(Arc::new(SharedSecret::new(key.to_vec())))
}

fn check_identity(identity: &[u8]) -> Result<(), PskError> {
    if (1..=ExternalPsk::MAX_IDENTITY_LEN).contains(&identity.len()) {
        Ok(())
    } else {
        Err(PskError::Identity(identity.len()))
    }
}

/// Why a pre-shared key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PskError {
    /// The identity has so many bytes: none, or more than [`ExternalPsk::MAX_IDENTITY_LEN`].
    Identity(usize),
    /// The key has so many bytes: less than [`ExternalPsk::MIN_KEY_LEN`], or more than [`ExternalPsk::MAX_KEY_LEN`].
    Key(usize),
    /// The key is zero.
    Zero,
    /// No suite of TLS 1.3 has this hash.
    Hash(HashAlgorithm),
    /// The names of the two ends are the same, or one of them is not 1 to 255 bytes.
    Ends,
    /// This side is the one end with this key, and was to be the other.
    Role(PskRole),
    /// The provider does not have the hash, or it failed.
    Crypto(CryptoError),
}

impl fmt::Display for PskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(len) => write!(f, "an identity of {len} bytes, where 1 to 65535 are taken"),
            Self::Key(len) => write!(
                f,
                "a pre-shared key of {len} bytes, where {} to {} are taken",
                ExternalPsk::MIN_KEY_LEN,
                ExternalPsk::MAX_KEY_LEN
            ),
            Self::Zero => f.write_str("a pre-shared key is zero"),
            Self::Hash(hash) => write!(f, "no suite of TLS 1.3 has {hash:?}"),
            Self::Ends => f.write_str("client and server need two different names of 1 to 255 bytes"),
            Self::Role(PskRole::Client) => f.write_str("this side is the client with this pre-shared key"),
            Self::Role(PskRole::Server) => f.write_str("this side is the server with this pre-shared key"),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl error::Error for PskError {}

impl From<CryptoError> for PskError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

/// Everything but the key.
impl fmt::Debug for ExternalPsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalPsk")
            .field("role", &self.role)
            .field("identity", &format_args!("\"{}\"", self.identity.escape_ascii()))
            .field("hash", &self.hash)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString, vec};

    const KEY: [u8; 32] = [0xab; 32];

    fn psk(identity: &[u8]) -> Result<ExternalPsk, PskError> {
        ExternalPsk::new(PskRole::Client, identity, &KEY, HashAlgorithm::Sha256)
    }

    /// docs/regressions.md row 40: identities are compared whole, zeros and all.
    #[test]
    fn an_identity_is_all_of_its_bytes() {
        let identities: [&[u8]; 6] = [b"bob", b"bob\0", b"bob\0x", b"\0", b"\0\0", b"Bob"];
        for one in identities {
            let psk = psk(one).unwrap();
            assert_eq!(psk.identity(), one);
            for other in identities {
                assert_eq!(psk.is_called(other), one == other, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn an_identity_has_its_bounds() {
        for (len, expected) in
            [(0, Err(PskError::Identity(0))), (1, Ok(())), (65_535, Ok(())), (65_536, Err(PskError::Identity(65_536)))]
        {
            assert_eq!(psk(&vec![0; len]).map(drop), expected);
        }
    }

    #[test]
    fn a_short_key_is_dangerous() {
        let new = |len: usize| {
            let psk = ExternalPsk::new(PskRole::Client, "me", &vec![7; len], HashAlgorithm::Sha256);
            psk.map(|psk| psk.key().len())
        };
        let short = |len: usize| {
            let psk = ExternalPsk::dangerous_short(PskRole::Client, "me", &vec![7; len], HashAlgorithm::Sha256);
            psk.map(|psk| psk.key().len())
        };
        assert_eq!([new(16), new(4_096), short(1), short(15)], [Ok(16), Ok(4_096), Ok(1), Ok(15)]);
        assert_eq!([new(15), new(4_097)], [Err(PskError::Key(15)), Err(PskError::Key(4_097))]);
        assert_eq!([short(0), short(4_097)], [Err(PskError::Key(0)), Err(PskError::Key(4_097))]);
    }

    #[test]
    fn a_key_of_zeros_is_none() {
        for len in [16, 32, 48] {
            let mut key = vec![0; len];
            let new = |key: &[u8]| ExternalPsk::new(PskRole::Server, "me", key, HashAlgorithm::Sha384).map(drop);
            assert_eq!(new(&key), Err(PskError::Zero));
            for at in 0..len {
                key.fill(0);
                key[at] = 0x80;
                assert_eq!(new(&key), Ok(()));
            }
        }
        let short = ExternalPsk::dangerous_short(PskRole::Client, "me", &[0], HashAlgorithm::Sha256);
        assert_eq!(short.map(drop), Err(PskError::Zero));
    }

    #[test]
    fn a_key_belongs_to_a_hash_of_tls_13() {
        for (hash, expected) in [
            (HashAlgorithm::Sha256, Ok(HashAlgorithm::Sha256)),
            (HashAlgorithm::Sha384, Ok(HashAlgorithm::Sha384)),
            (HashAlgorithm::Sha512, Err(PskError::Hash(HashAlgorithm::Sha512))),
        ] {
            assert_eq!(ExternalPsk::new(PskRole::Client, "me", &KEY, hash).map(|psk| psk.hash()), expected);
        }
    }

    /// docs/regressions.md row 88: a key of one role is none in the other.
    #[test]
    fn a_key_has_one_role() {
        for (role, other) in [(PskRole::Client, PskRole::Server), (PskRole::Server, PskRole::Client)] {
            let psk = ExternalPsk::new(role, "me", &KEY, HashAlgorithm::Sha256).unwrap();
            assert_eq!((psk.role(), psk.kind()), (role, BinderKind::External));
            assert_eq!(psk.check_role(role), Ok(()));
            assert_eq!(psk.check_role(other), Err(PskError::Role(role)));
        }
    }

    /// docs/regressions.md row 88: whoever has the same key elsewhere can find it out.
    #[test]
    fn a_key_knows_itself() {
        let psk = psk(b"me").unwrap();
        assert!(psk.has_key(&KEY) && psk.clone().has_key(&KEY));
        let mut other = KEY;
        other[31] ^= 1;
        assert!(!psk.has_key(&other) && !psk.has_key(&KEY[..31]) && !psk.has_key(&[0xab; 33]) && !psk.has_key(&[]));
    }

    /// docs/regressions.md rows 31, 74.
    #[test]
    fn debug_prints_no_key() {
        let text = format!("{:?}", psk(b"bob\0\n\"").unwrap());
        assert_eq!(text, r#"ExternalPsk { role: Client, identity: "bob\x00\n\"", hash: Sha256, kind: External, .. }"#);
        assert!(!psk(b"").unwrap_err().to_string().is_empty());
    }
}
