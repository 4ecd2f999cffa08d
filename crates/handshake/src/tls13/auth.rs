//! Certificate and CertificateVerify, the same for both roles (RFC 9846 §4.5.1, §4.5.2).

use crate::auth::{Claimed, Possession, check_own};
use crate::credential::Wanted;
use crate::party::Cx;
use crate::question::{Content, Signature};
use crate::{Credential, Epoch, Fact, Failure, PeerCredential, Purpose, Question, SignQuestion};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::signature::Scheme;
use handfast_crypto::{Digest, Provider};
use handfast_schedule::{Side, TrafficSecret, signed_content};
use handfast_wire::extension::{CertificateStatus, SignedCertificateTimestampList};
use handfast_wire::message::{Certificate, CertificateVerify, Finished};
use handfast_wire::{CertificateType, ExtensionType, SignatureScheme, Violation};
use pki_types::CertificateDer;

/// Takes a non-empty Certificate message over. Each entry may only answer an extension in `offered`, and a raw public key
/// none: all that there is are about certificates.
pub(crate) fn receive_certificate(
    message: &Certificate<'_>,
    ty: CertificateType,
    offered: impl Fn(ExtensionType) -> bool,
) -> Result<PeerCredential, Violation> {
    let mut peer = PeerCredential::default();
    for entry in message.entries.iter() {
        if let Some(extension) = entry.extensions.types().find(|&extension| !offered(extension)) {
            return Err(Violation::UnsolicitedExtension(extension));
        }
        if ty == CertificateType::RAW_PUBLIC_KEY {
            if let Some(extension) = entry.extensions.types().next() {
                return Err(Violation::MisplacedExtension(extension));
            }
            // RFC 9846 §4.5.1.
            if peer.raw_key.replace(entry.data.to_vec().into()).is_some() {
                return Err(Violation::SeveralRawKeys);
            }
            continue;
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

/// Checks a CertificateVerify of `side` over the transcript `before` it.
pub(crate) fn prove(
    claimed: Claimed,
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
    let scheme = Scheme::find(message.scheme).filter(|scheme| scheme.signs_tls13).ok_or(Violation::SchemeNotOffered)?;
    if scheme.key != claimed.key.kind {
        return Err(Violation::SchemeMismatch.into());
    }
    claimed.verify(scheme.algorithm, &signed_content(side, before), message.signature, provider)
}

/// A Certificate of one's own is out; its signature is being made.
pub(crate) struct Presented {
    credential: Arc<Credential>,
    scheme: SignatureScheme,
    /// The Certificate where it is not out yet: after the handshake, when other messages may go out until there is a signature,
    /// and none between (RFC 9846 §4.7.2).
    held: Option<Vec<u8>>,
}

impl Presented {
    /// Sends Certificate and asks for the signature.
    pub(crate) fn send<C>(
        cx: &mut Cx<'_, C>,
        credential: Arc<Credential>,
        wanted: &Wanted,
        scheme: SignatureScheme,
        side: Side,
    ) -> Result<Self, Failure> {
        cx.send(Epoch::Handshake, &credential.message(wanted)?)?;
        Self { credential, scheme, held: None }.ask(cx, side)
    }

    /// The same of a client after the handshake, in answer to a request with this context.
    pub(crate) fn hold<C>(
        cx: &mut Cx<'_, C>,
        credential: Arc<Credential>,
        context: &[u8],
        wanted: &Wanted,
        scheme: SignatureScheme,
    ) -> Result<Self, Failure> {
        let raw = credential.answer(context, wanted)?;
        cx.transcript.absorb(&raw);
        Self { credential, scheme, held: Some(raw) }.ask(cx, Side::Client)
    }

    fn ask<C>(self, cx: &mut Cx<'_, C>, side: Side) -> Result<Self, Failure> {
        cx.host.learn(Fact::Presented(self.credential.clone()));
        let message = Content::Tls13(signed_content(side, &cx.transcript.current()?));
        let purpose = match side {
            Side::Client => Purpose::Client,
            Side::Server => Purpose::Server,
        };
        let scheme = self.scheme;
        cx.asker.ask(|id| Question::Sign(SignQuestion { id, purpose, scheme, message }));
        Ok(self)
    }

    /// Sends CertificateVerify with the signature that was made.
    pub(crate) fn sign<C>(
        self,
        cx: &mut Cx<'_, C>,
        signature: &Signature,
        side: Side,
        provider: &Provider,
    ) -> Result<(), Failure> {
        let transcript = cx.transcript.current()?;
        let content = || Ok(signed_content(side, &transcript));
        check_own(signature, &self.credential, self.scheme, content, provider)?;
        let epoch = match &self.held {
            Some(certificate) => {
                cx.host.send(Epoch::Application, certificate)?;
                Epoch::Application
            }
            None => Epoch::Handshake,
        };
        let mut raw = cx.blank();
        CertificateVerify { scheme: self.scheme, signature: &signature.bytes }.write(&mut raw)?;
        cx.host.learn(Fact::OwnScheme(self.scheme));
        cx.post(epoch, raw)
    }
}

/// Sends the Finished under the own handshake traffic secret.
pub(crate) fn send_finished<C>(cx: &mut Cx<'_, C>, secret: &TrafficSecret) -> Result<(), Failure> {
    let verify_data = secret.verify_data(&cx.transcript.current()?)?;
    cx.host.learn(Fact::Finished(crate::Direction::Send, verify_data));
    let mut raw = cx.blank();
    Finished { verify_data: verify_data.as_bytes() }.write(&mut raw)?;
    cx.post(Epoch::Handshake, raw)
}
