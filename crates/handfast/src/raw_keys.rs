//! The judge of raw public keys: those that it was given, and no other.

use crate::verify::Parts;
use alloc::{sync::Arc, vec::Vec};
use core::{error, fmt};
use handfast_crypto::Provider;
use handfast_handshake::{PeerQuestion, Rejection, VerifyPeer};
use handfast_wire::AlertDescription;
use pki_types::{SubjectPublicKeyInfoDer, UnixTime};

/// Accepts peers whose raw public key (RFC 7250) is one of those it was given, byte for byte.
///
/// A key has no name in it and no end: whose it is and how long it is good is for whoever gave it here. The name that a client
/// asks for is not compared with anything, so each set of keys is for one server, or for servers that may stand for each other.
/// Certificates are refused, unless there is another judge for them.
///
/// Who takes a key out of the set ends its sessions by that, as the set's name is made of its keys; with `peer_domain`, which is
/// another name, only [`Recheck::All`](crate::Recheck::All) or their lifetime does. Against misbinding (RFC 9846 Appendix F.9) a
/// server checks the `server_name` it is asked for, say with [`Hosts`](crate::Hosts) that know nothing of other names.
pub struct RawKeys {
    keys: Vec<SubjectPublicKeyInfoDer<'static>>,
    certificates: Option<Arc<dyn VerifyPeer>>,
    provider: Provider,
}

impl RawKeys {
    /// A judge that knows these keys, each a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`handfast_pki::Error`] for one that is none, or of a kind that nobody here verifies: it would never be met.
    pub fn new(
        provider: &Provider,
        keys: impl IntoIterator<Item = SubjectPublicKeyInfoDer<'static>>,
    ) -> Result<Self, handfast_pki::Error> {
        let keys: Vec<_> = keys.into_iter().collect();
        keys.iter().try_for_each(|spki| handfast_pki::spki::parse(spki).map(drop))?;
        Ok(Self { keys, certificates: None, provider: provider.clone() })
    }

    /// The same, with a judge for peers that show certificates.
    #[must_use]
    pub fn certificates(mut self, judge: Arc<dyn VerifyPeer>) -> Self {
        self.certificates = Some(judge);
        self
    }
}

impl VerifyPeer for RawKeys {
    fn verify(&self, question: &PeerQuestion, now: UnixTime) -> Result<(), Rejection> {
        match (&question.credential().raw_key, &self.certificates) {
            (Some(key), _) if self.keys.contains(key) => Ok(()),
            (Some(_), _) => Err(RawKeyError::Unknown.into()),
            (None, Some(judge)) => judge.verify(question, now),
            (None, None) => Err(RawKeyError::Certificate.into()),
        }
    }

    fn domain(&self) -> Option<[u8; 32]> {
        let mut parts = Parts::new(&self.provider)?;
        parts.part(b"raw keys");
        match &self.certificates {
            Some(judge) => parts.part(&judge.domain()?),
            None => parts.part(&[]),
        }
        self.keys.iter().for_each(|key| parts.part(key));
        parts.finish()
    }
}

impl fmt::Debug for RawKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawKeys").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// Why a raw public key, or a certificate in the place of one, is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawKeyError {
    /// The key is not among those that are known.
    Unknown,
    /// The judge is one of certificates alone.
    NotTaken,
    /// The judge is one of raw public keys alone.
    Certificate,
}

impl RawKeyError {
    /// A stable code, in the style of those for certificates.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "RAW_PUBLIC_KEY_UNKNOWN",
            Self::NotTaken => "RAW_PUBLIC_KEY_NOT_TAKEN",
            Self::Certificate => "CERTIFICATE_NOT_TAKEN",
        }
    }

    /// What the peer is told.
    pub fn alert(self) -> AlertDescription {
        match self {
            Self::Unknown => AlertDescription::CERTIFICATE_UNKNOWN,
            Self::NotTaken | Self::Certificate => AlertDescription::UNSUPPORTED_CERTIFICATE,
        }
    }
}

impl From<RawKeyError> for Rejection {
    fn from(error: RawKeyError) -> Self {
        Self { alert: error.alert(), reason: Some(Arc::new(error)) }
    }
}

impl fmt::Display for RawKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the raw public key is not one of those that are trusted",
            Self::NotTaken => "a raw public key, and whoever judges here takes certificates alone",
            Self::Certificate => "a certificate, and whoever judges here takes raw public keys alone",
        })
    }
}

impl error::Error for RawKeyError {}
