//! The proofs of a handshake, the same for both versions: possession of a key, a peer that is accepted, a Finished that
//! fits.

use crate::question::Signature;
use crate::{Credential, Fact, Failure, Host, Peer, PeerCredential, Session};
use alloc::sync::Arc;
use core::ops::Deref;
use handfast_crypto::signature::{Scheme, SignatureAlgorithm};
use handfast_crypto::{CryptoError, Digest, KeyKind, Provider, PublicKey};
use handfast_wire::message::Finished;
use handfast_wire::{SignatureScheme, Violation};
use subtle::ConstantTimeEq;

/// A certificate whose possession is not proved yet, with the key that must prove it.
pub(crate) struct Claimed {
    pub(crate) credential: Arc<PeerCredential>,
    pub(crate) key: PublicKey,
}

/// The peer has signed this handshake with the key of the certificate it presented. Comes before any judgement on the
/// certificate: whether it is acceptable is only asked of somebody who owns it.
pub(crate) struct Possession {
    pub(crate) credential: Arc<PeerCredential>,
}

impl Claimed {
    /// Checks that `signature` is the claimed key's over `content`.
    pub(crate) fn verify(
        self,
        algorithm: SignatureAlgorithm,
        content: &[u8],
        signature: &[u8],
        provider: &Provider,
    ) -> Result<Possession, Failure> {
        match provider.verifier.verify(algorithm, &self.key, content, signature) {
            Ok(()) => Ok(Possession { credential: self.credential }),
            Err(CryptoError::BadSignature) => Err(Violation::BadSignature.into()),
            Err(CryptoError::BadKey) if self.credential.raw_key.is_some() => Err(Violation::BadRawKey.into()),
            Err(CryptoError::BadKey) => Err(Violation::BadCertificate.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// With RSA key transport nothing is signed: that the server could decrypt, its Finished will show.
    #[cfg(feature = "legacy")]
    pub(crate) fn until_finished(self) -> Possession {
        Possession { credential: self.credential }
    }
}

/// The peer is who it should be, or whoever answers for this side does not mind. Made of a [`Possession`], or of a session or
/// a key that stands for one; that the peer has it, its Finished shows.
pub(crate) struct PeerAuth(Option<Peer>);

impl PeerAuth {
    pub(crate) fn new(possession: Possession, verified: bool) -> Self {
        Self(Some(Peer { credential: possession.credential, verified }))
    }

    /// Of a session that is resumed: it was proved when the session was made. One that was made with an external key has no
    /// peer with a certificate, and one of a server that asked for none neither.
    pub(crate) fn of_session(session: &Session) -> Self {
        Self(session.peer.clone())
    }

    /// Of an external pre-shared key, which only the two ends have.
    pub(crate) fn of_psk() -> Self {
        Self(None)
    }

    pub(crate) fn peer(&self) -> Option<&Peer> {
        self.0.as_ref()
    }

    pub(crate) fn learn(self, host: &mut dyn Host) {
        if let Some(peer) = self.0 {
            host.learn(Fact::Peer(peer));
        }
    }
}

/// Proof that the peer's Finished was right. No state CONNECTED can be built without it, and nothing but the comparison
/// below makes it.
pub(crate) struct PeerFinished(());

impl PeerFinished {
    /// Compares a received Finished, in constant time, with what it must be.
    pub(crate) fn check(message: &Finished<'_>, expected: &Digest) -> Result<Self, Failure> {
        // verify_data[verify_data_length]: another length is another syntax, not another value.
        if message.verify_data.len() != expected.as_bytes().len() {
            return Err(Violation::Malformed("verify_data").into());
        }
        if bool::from(expected.as_bytes().ct_eq(message.verify_data)) {
            Ok(Self(()))
        } else {
            Err(Violation::BadFinished.into())
        }
    }
}

/// RFC 9846 Appendix C.3: an RSA signature with a fault in it gives the key away, so one that was made elsewhere is
/// verified before it leaves.
pub(crate) fn check_own<C: Deref<Target = [u8]>>(
    signature: &Signature,
    credential: &Credential,
    scheme: SignatureScheme,
    content: impl FnOnce() -> Result<C, Failure>,
    provider: &Provider,
) -> Result<(), Failure> {
    let key = credential.public_key();
    if signature.checked || !matches!(key.kind, KeyKind::Rsa | KeyKind::RsaPss) {
        return Ok(());
    }
    let algorithm = Scheme::find(scheme).ok_or(CryptoError::Unsupported)?.algorithm;
    let content = content()?;
    Ok(provider.verifier.verify(algorithm, key, &content, &signature.bytes).map_err(|_| CryptoError::Failed)?)
}

/// The most schemes that two sides share: more than there are.
const MAX_SHARED: usize = 32;

/// What `ours` and `theirs` share, in the order of `theirs`.
pub(crate) fn shared_schemes(
    theirs: impl Iterator<Item = SignatureScheme>,
    ours: &[SignatureScheme],
) -> Arc<[SignatureScheme]> {
    let (mut shared, mut count) = ([SignatureScheme(0); MAX_SHARED], 0_usize);
    for scheme in theirs.filter(|scheme| ours.contains(scheme)) {
        // A list may repeat itself.
        if !shared.iter().take(count).any(|other| *other == scheme)
            && let Some(place) = shared.get_mut(count)
        {
            *place = scheme;
            count = count.saturating_add(1);
        }
    }
    match shared.get(..count) {
        Some(shared @ [_, ..]) => shared.into(),
        _ => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast_crypto::signature::SCHEMES;

    #[test]
    fn what_is_shared_is_in_their_order_and_once() {
        let [a, b, c, d] = [1, 2, 3, 4].map(SignatureScheme);
        let shared = |theirs: &[SignatureScheme]| shared_schemes(theirs.iter().copied(), &[c, b, a]);
        assert_eq!(shared(&[a, d, b, a, b, c, a])[..], [a, b, c]);
        assert_eq!(shared(&[d, b, b, b])[..], [b]);
        assert!(shared(&[d]).is_empty() && shared(&[]).is_empty());
        assert!(SCHEMES.len() <= MAX_SHARED);
    }
}
