//! What the configurations are given to decide with.

use crate::flags::Flags;
use crate::world::World;
use handfast::crypto::{CryptoError, PublicKey, Random, SharedSecret, SigningKey};
use handfast::legacy::PskKeys;
use handfast::pki_types::UnixTime;
use handfast::wire::{AlertDescription, SignatureScheme};
use handfast::{PeerQuestion, Rejection, Staple, StapleQuestion, Stapled, VerifyPeer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A key that signs with some of its schemes only.
#[derive(Debug)]
pub(crate) struct Picky {
    inner: Arc<dyn SigningKey>,
    schemes: Vec<SignatureScheme>,
}

impl Picky {
    pub(crate) fn new(inner: Arc<dyn SigningKey>, wanted: &[SignatureScheme]) -> Self {
        let schemes = wanted.iter().copied().filter(|scheme| inner.schemes().contains(scheme)).collect();
        Self { inner, schemes }
    }
}

impl SigningKey for Picky {
    fn public_key(&self) -> &PublicKey {
        self.inner.public_key()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        self.inner.sign(scheme, message, random)
    }
}

/// Accepts everybody or nobody: paths are not part of the test.
pub(crate) struct Judge {
    verdict: Verdict,
    /// Once early data was rejected.
    again: Verdict,
    rejected: Arc<AtomicBool>,
    /// Set when it is asked.
    judged: Arc<AtomicBool>,
}

type Verdict = Result<(), AlertDescription>;

impl Judge {
    /// Of servers: what it says counts only where they are verified, and of raw public keys always.
    pub(crate) fn of_server(flags: &Flags, retry: &Flags, world: &World) -> Self {
        Self::new(flags, retry, world, |flags| flags.verify_fail && (flags.verify_peer || flags.takes_raw_keys()))
    }

    pub(crate) fn of_client(flags: &Flags, retry: &Flags, world: &World) -> Self {
        Self::new(flags, retry, world, |flags| flags.verify_fail)
    }

    fn new(flags: &Flags, retry: &Flags, world: &World, fails: impl Fn(&Flags) -> bool) -> Self {
        let verdict = |flags: &Flags| verdict(flags, fails(flags));
        Self {
            verdict: verdict(flags),
            again: verdict(retry),
            rejected: world.rejected.clone(),
            judged: world.judged.clone(),
        }
    }
}

/// The reference's own verifier says `certificate_unknown`, the library beneath it `handshake_failure`.
fn verdict(flags: &Flags, fails: bool) -> Verdict {
    if flags.judge_ocsp && flags.fail_ocsp && !flags.server {
        return Err(AlertDescription::BAD_CERTIFICATE_STATUS_RESPONSE);
    }
    match (fails, flags.custom_verify) {
        (false, _) => Ok(()),
        (true, true) => Err(AlertDescription::CERTIFICATE_UNKNOWN),
        (true, false) => Err(AlertDescription::HANDSHAKE_FAILURE),
    }
}

impl VerifyPeer for Judge {
    fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
        self.judged.store(true, Ordering::Relaxed);
        let verdict = if self.rejected.load(Ordering::Relaxed) { self.again } else { self.verdict };
        verdict.map_err(|alert| Rejection { alert, reason: None })
    }

    /// One name for all: what changes from one connection of a case to the next is the verdict, not the trust.
    fn domain(&self) -> Option<[u8; 32]> {
        Some([1; 32])
    }
}

/// The OCSP responses of a server that has a callback for them: the one that is to be set there, if the case has not set it
/// before.
pub(crate) struct Responses(Stapled);

impl Responses {
    pub(crate) fn of(flags: &Flags) -> Option<Self> {
        if !flags.server || !flags.judge_ocsp {
            return None;
        }
        let response = flags.certificates().find_map(|x509| x509.ocsp.clone());
        Some(Self(match (response, flags.fail_ocsp, flags.decline_ocsp) {
            (_, true, _) => Stapled::Refuse(AlertDescription::INTERNAL_ERROR),
            (Some(response), false, false) => Stapled::Response(response),
            _ => Stapled::Nothing,
        }))
    }
}

impl Staple for Responses {
    fn staple(&self, _: &StapleQuestion) -> Stapled {
        self.0.clone()
    }
}

/// The one pre-shared key of a case.
pub(crate) struct Keys {
    pub(crate) identity: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Keys {
    pub(crate) fn of(flags: &Flags) -> Option<Arc<Self>> {
        let key = flags.psk.clone()?;
        Some(Arc::new(Self { identity: flags.psk_identity.clone(), key }))
    }
}

impl PskKeys for Keys {
    /// The reference takes the identity for the hint as well.
    fn choose(&self, hint: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
        (hint == self.identity).then(|| (self.identity.clone(), SharedSecret::new(self.key.clone())))
    }

    fn find(&self, identity: &[u8]) -> Option<SharedSecret> {
        (identity == self.identity).then(|| SharedSecret::new(self.key.clone()))
    }

    fn domain(&self) -> Option<Vec<u8>> {
        Some(self.identity.clone())
    }
}
