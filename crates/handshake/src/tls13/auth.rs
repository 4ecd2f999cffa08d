//! Certificate and CertificateVerify, the same for both roles (RFC 9846 §4.5.1, §4.5.2).

use super::Cx;
use crate::question::Signature;
use crate::{Credential, Epoch, Fact, Failure, Peer, PeerCredential, Purpose, Question, SignQuestion};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::signature::Scheme;
use handfast_crypto::{CryptoError, Digest, KeyKind, Provider, PublicKey};
use handfast_schedule::{Side, TrafficSecret, signed_content};
use handfast_wire::extension::{CertificateStatus, SignedCertificateTimestampList};
use handfast_wire::message::{Certificate, CertificateVerify, Finished};
use handfast_wire::{ExtensionType, SignatureScheme, Violation};
use pki_types::CertificateDer;

/// Takes a non-empty Certificate message over. Each entry may only answer an extension in `offered`.
pub(crate) fn receive_certificate(
    message: &Certificate<'_>,
    offered: impl Fn(ExtensionType) -> bool,
) -> Result<PeerCredential, Violation> {
    let mut peer = PeerCredential { chain: Vec::new(), ocsp: None, scts: None };
    for entry in message.entries.iter() {
        if let Some(extension) = entry.extensions.types().find(|&extension| !offered(extension)) {
            return Err(Violation::UnsolicitedExtension(extension));
        }
        if peer.chain.is_empty() {
            peer.ocsp = entry.extensions.find::<CertificateStatus<'_>>()?.map(|status| status.0.to_vec());
            let scts = entry.extensions.find::<SignedCertificateTimestampList<'_>>()?;
            peer.scts = scts.map(|list| list.0.iter().map(|sct| sct.0.to_vec()).collect());
        }
        peer.chain.push(CertificateDer::from(entry.data.to_vec()));
    }
    Ok(peer)
}

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
    /// Checks a CertificateVerify of `side` over the transcript `before` it.
    pub(crate) fn prove(
        self,
        message: &CertificateVerify<'_>,
        side: Side,
        before: &Digest,
        offered: &[SignatureScheme],
        provider: &Provider,
    ) -> Result<Possession, Failure> {
        if !offered.contains(&message.scheme) {
            return Err(Violation::SchemeNotOffered.into());
        }
        // RFC 9846 §4.5.2: PKCS#1 v1.5 and SHA-1 may stand in the offer for certificates, and never sign a handshake.
        let scheme =
            Scheme::find(message.scheme).filter(|scheme| scheme.signs_tls13).ok_or(Violation::SchemeNotOffered)?;
        if scheme.key != self.key.kind {
            return Err(Violation::SchemeMismatch.into());
        }
        let content = signed_content(side, before);
        match provider.verifier.verify(scheme.algorithm, &self.key, &content, message.signature) {
            Ok(()) => Ok(Possession { credential: self.credential }),
            Err(CryptoError::BadSignature) => Err(Violation::BadSignature.into()),
            Err(CryptoError::BadKey) => Err(Violation::BadCertificate.into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The peer is who it should be, or whoever answers for this side does not mind. Only made of a [`Possession`].
pub(crate) struct PeerAuth(Peer);

impl PeerAuth {
    pub(crate) fn new(possession: Possession, verified: bool) -> Self {
        Self(Peer { credential: possession.credential, verified })
    }

    pub(crate) fn into_fact(self) -> Fact {
        Fact::Peer(self.0)
    }
}

/// A Certificate of one's own is out; its signature is being made.
pub(crate) struct Presented {
    credential: Arc<Credential>,
    scheme: SignatureScheme,
}

impl Presented {
    /// Sends Certificate and asks for the signature.
    pub(crate) fn send<C>(
        cx: &mut Cx<'_, C>,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        side: Side,
    ) -> Result<Self, Failure> {
        cx.host.learn(Fact::Presented(credential.clone()));
        cx.send(Epoch::Handshake, credential.message())?;
        let message = signed_content(side, &cx.transcript.current()?);
        let purpose = match side {
            Side::Client => Purpose::Client,
            Side::Server => Purpose::Server,
        };
        cx.asker.ask(|id| Question::Sign(SignQuestion { id, purpose, scheme, message }));
        Ok(Self { credential, scheme })
    }

    /// Sends CertificateVerify with the signature that was made.
    pub(crate) fn sign<C>(
        self,
        cx: &mut Cx<'_, C>,
        signature: &Signature,
        side: Side,
        provider: &Provider,
    ) -> Result<(), Failure> {
        if !signature.checked {
            self.check(&signature.bytes, &signed_content(side, &cx.transcript.current()?), provider)?;
        }
        let mut raw = Vec::new();
        CertificateVerify { scheme: self.scheme, signature: &signature.bytes }.write(&mut raw)?;
        cx.host.learn(Fact::OwnScheme(self.scheme));
        cx.send(Epoch::Handshake, &raw)
    }

    /// RFC 9846 Appendix C.3: an RSA signature with a fault in it gives the key away, so one that was made elsewhere is
    /// verified before it leaves.
    fn check(&self, signature: &[u8], content: &[u8], provider: &Provider) -> Result<(), Failure> {
        let key = self.credential.key();
        if !matches!(key.kind, KeyKind::Rsa | KeyKind::RsaPss) {
            return Ok(());
        }
        let algorithm = Scheme::find(self.scheme).ok_or(CryptoError::Unsupported)?.algorithm;
        Ok(provider.verifier.verify(algorithm, key, content, signature).map_err(|_| CryptoError::Failed)?)
    }
}

/// Sends the Finished under the own handshake traffic secret.
pub(crate) fn send_finished<C>(cx: &mut Cx<'_, C>, secret: &TrafficSecret) -> Result<(), Failure> {
    let verify_data = secret.verify_data(&cx.transcript.current()?)?;
    cx.host.learn(Fact::Finished(crate::Direction::Send, verify_data));
    let mut raw = Vec::new();
    Finished { verify_data: verify_data.as_bytes() }.write(&mut raw)?;
    cx.send(Epoch::Handshake, &raw)
}

/// What `ours` and `theirs` share, in the order of `theirs`.
pub(crate) fn shared_schemes(
    theirs: impl Iterator<Item = SignatureScheme>,
    ours: &[SignatureScheme],
) -> Vec<SignatureScheme> {
    let mut shared = Vec::new();
    for scheme in theirs {
        // A list may repeat itself; what is kept is bounded by what is supported here.
        if ours.contains(&scheme) && !shared.contains(&scheme) {
            shared.push(scheme);
        }
    }
    shared
}
