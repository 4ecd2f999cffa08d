//! Trust anchors whose keys are worked on once and not for every path.

use crate::anchors::Anchors;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use handfast_crypto::{KeyKind, Provider, ReadyKey};
#[cfg(feature = "std")]
use {
    crate::spki,
    alloc::vec::Vec,
    core::sync::atomic::{AtomicU8, Ordering},
    std::sync::OnceLock,
};

/// Anchors for many verifications ([`verify_ready`](crate::verify_ready)). What a key needs in order to check fast is made when
/// the key is met for the second time: a program that verifies once pays nothing for it, unless it meets the key twice on its
/// way, and neither does a key that is never met. With the default provider that is 6 to 31 KiB for a key on a NIST curve, and
/// nothing for others. It takes a cell that is written once, so without the feature `std` nothing is made.
///
/// Whoever verifies with these anchors does so with one provider: the keys are that of the first.
pub struct ReadyAnchors {
    anchors: Arc<Anchors>,
    /// One for each anchor.
    #[cfg(feature = "std")]
    slots: Vec<Slot>,
}

/// What there is of the key of an anchor.
#[cfg(feature = "std")]
#[derive(Default)]
struct Slot {
    met: AtomicU8,
    ready: OnceLock<Option<Ready>>,
}

/// The key of an anchor, ready.
pub(crate) struct Ready {
    pub(crate) kind: KeyKind,
    pub(crate) key: Box<dyn ReadyKey>,
}

impl ReadyAnchors {
    /// The anchors.
    pub fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// The key of the anchor at `index`, if it is ready.
    #[cfg(feature = "std")]
    pub(crate) fn get(&self, index: usize, provider: &Provider) -> Option<&Ready> {
        let slot = self.slots.get(index)?;
        // Who meets it the second time makes it. Nobody waits for that: until then the key is used as it is, also after a `fork`
        // in which the thread that was at work is gone.
        let count = |met: u8| Some(met.saturating_add(1));
        if slot.met.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count) == Ok(1) {
            let made = Ready::new(&self.anchors, index, provider);
            return slot.ready.get_or_init(|| made).as_ref();
        }
        slot.ready.get()?.as_ref()
    }

    #[cfg(not(feature = "std"))]
    pub(crate) fn get(&self, _: usize, _: &Provider) -> Option<&Ready> {
        None
    }
}

impl From<Arc<Anchors>> for ReadyAnchors {
    fn from(anchors: Arc<Anchors>) -> Self {
        Self {
            #[cfg(feature = "std")]
            slots: core::iter::repeat_with(Slot::default).take(anchors.len()).collect(),
            anchors,
        }
    }
}

#[cfg(feature = "std")]
impl Ready {
    fn new(anchors: &Anchors, index: usize, provider: &Provider) -> Option<Self> {
        let key = spki::parse_content(&anchors.get(index)?.trust.subject_public_key_info).ok()?;
        Some(Self { kind: key.kind, key: provider.verifier.ready(&key)? })
    }
}

impl fmt::Debug for ReadyAnchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.anchors.fmt(f)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::make::{Builder, Identity};
    use crate::{Policy, Purpose, Request, Rule, verify_ready};
    use core::slice;
    use core::sync::atomic::AtomicUsize;
    use core::time::Duration;
    use handfast_crypto::{CryptoError, PublicKey, SignatureAlgorithm, Verifier};
    use pki_types::{CertificateDer, UnixTime};

    /// The default verifier, and how often a key was ready.
    struct Counts {
        ready: AtomicUsize,
    }

    static COUNTS: Counts = Counts { ready: AtomicUsize::new(0) };

    struct Counted(Box<dyn ReadyKey>);

    impl Verifier for Counts {
        fn verify(
            &self,
            algorithm: SignatureAlgorithm,
            key: &PublicKey,
            message: &[u8],
            signature: &[u8],
        ) -> Result<(), CryptoError> {
            handfast_rustcrypto::VERIFIER.verify(algorithm, key, message, signature)
        }

        fn ready(&self, key: &PublicKey) -> Option<Box<dyn ReadyKey>> {
            Some(Box::new(Counted(handfast_rustcrypto::VERIFIER.ready(key)?)))
        }
    }

    impl ReadyKey for Counted {
        fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
            COUNTS.ready.fetch_add(1, Ordering::Relaxed);
            self.0.verify(algorithm, message, signature)
        }
    }

    #[test]
    fn a_key_is_ready_from_the_second_time_on_and_says_the_same() {
        let provider = Provider { verifier: &COUNTS, ..handfast_rustcrypto::provider() };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
        let root = || Identity::root(&provider, Builder::ca("Root", now), KeyKind::P256).unwrap();
        let leaf = |root: &Identity| {
            root.issue(&provider, Builder::server(&["example.com"], now), KeyKind::P256).unwrap().certificate
        };
        // The second has the name of the first, and another key.
        let (known, other) = (root(), root());
        let (good, bad) = (leaf(&known), leaf(&other));
        let mut anchors = Anchors::new();
        anchors.add(&known.certificate).unwrap();
        let anchors = ReadyAnchors::from(Arc::new(anchors));
        let verify = |chain: &CertificateDer<'_>| {
            let (chain, purposes) = (slice::from_ref(chain), slice::from_ref(&Purpose::Server));
            let request = Request { chain, staple: None, purposes, reference: None, now };
            verify_ready(&provider, &anchors, &Policy::default(), &request).map(drop)
        };
        for round in 0..3 {
            assert_eq!(COUNTS.ready.load(Ordering::Relaxed), (2 * round as usize).saturating_sub(1));
            assert_eq!(verify(&good), Ok(()));
            assert_eq!(*verify(&bad).unwrap_err().rule(), Rule::BadSignature);
        }
    }
}
