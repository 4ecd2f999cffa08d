//! ASK_CREDENTIAL, ASK_PSK, ASK_SIGN: the client's flight.

use super::auth::Request;
use super::exchange::{Exchanged, Shared, With};
use super::finish::{WaitCcs, WaitTicket};
use super::{AfterDone, AfterFlight, ClientCx};
use crate::auth::{PeerAuth, check_own};
use crate::credential::encode_tls12;
use crate::psk::NamedPsk;
use crate::question::{Content, Psk, Signature};
use crate::tls12::agreed::{Agreed, Secured};
use crate::tls12::exchange::with_psk;
use crate::{
    Credential, CredentialQuestion, Epoch, Fact, Failure, PskQuestion, Purpose, Question, Refusal, SignQuestion,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::{Cipher, CryptoError, KeyExchange};
use handfast_schedule::Side;
use handfast_wire::SignatureScheme;
use handfast_wire::message::CertificateVerify;
use handfast_wire::message::tls12::ClientKeyExchange;
use zeroize::Zeroizing;

/// What the flight is made of.
pub(super) struct Flight {
    pub(super) agreed: Agreed,
    pub(super) exchanged: Exchanged,
    pub(super) peer: Option<PeerAuth>,
}

/// A certificate was asked for. Which?
pub(crate) struct AskCredential {
    flight: Flight,
}

/// Which key?
pub(crate) struct AskPsk {
    agreed: Agreed,
    with: Option<With>,
}

/// ClientKeyExchange is out; the signature of CertificateVerify is being made.
pub(crate) struct AskSign {
    secured: Box<Secured>,
    peer: Option<PeerAuth>,
    credential: Arc<Credential>,
    scheme: SignatureScheme,
}

/// Begins the flight, or asks what it needs.
pub(super) fn start(flight: Flight, request: Option<Request>, cx: &mut ClientCx<'_>) -> Result<AfterDone, Failure> {
    if let Exchanged::Psk { hint, with } = flight.exchanged {
        cx.asker.ask(|id| Question::Psk(PskQuestion { id, purpose: Purpose::Client, bytes: hint }));
        return Ok(AfterDone::AskPsk(AskPsk { agreed: flight.agreed, with }));
    }
    if let Some(request) = request {
        let now = cx.host.now() / 1000;
        cx.asker.ask(|id| {
            Question::Credential(CredentialQuestion {
                id,
                purpose: Purpose::Client,
                server_name: None,
                schemes: request.schemes,
                certificate_schemes: request.certificate_schemes,
                delegated_schemes: Arc::default(),
                now,
                certificate_types: request.certificate_types.into(),
                authorities: request.authorities,
                oid_filters: Vec::new(),
            })
        });
        return Ok(AfterDone::AskCredential(AskCredential { flight }));
    }
    // Nobody will sign the messages.
    cx.transcript.forget_messages();
    let (secured, peer) = flight.key_exchange(cx)?;
    Ok(match finish(secured, peer, cx)? {
        AfterFlight::WaitTicket(s) => AfterDone::WaitTicket(s),
        AfterFlight::WaitCcs(s) => AfterDone::WaitCcs(s),
    })
}

impl Flight {
    /// ClientKeyExchange (RFC 5246 §7.4.7), and the secrets that follow from it.
    fn key_exchange(self, cx: &mut ClientCx<'_>) -> Result<(Box<Secured>, Option<PeerAuth>), Failure> {
        let mut raw = cx.blank();
        let secret = match self.exchanged {
            Exchanged::Agreed(Shared { share, secret }) => {
                ClientKeyExchange::write_ecdhe(&share, &mut raw)?;
                secret
            }
            Exchanged::Field(field) => {
                let Shared { share, secret } = field.share(cx)?;
                ClientKeyExchange::write_dhe(&share, &mut raw)?;
                secret
            }
            #[cfg(feature = "legacy")]
            Exchanged::Transport(key) => {
                let provider = &cx.core.params.provider;
                let (secret, encrypted) = crate::tls12::transport::send(&key, provider)?;
                ClientKeyExchange::write_rsa(&encrypted, &mut raw)?;
                secret
            }
            Exchanged::Psk { .. } => return Err(CryptoError::Failed.into()),
        };
        cx.post(Epoch::Initial, raw)?;
        let params = cx.core.params.clone();
        Ok((self.agreed.secure(cx, &secret, &params.provider, Side::Client)?, self.peer))
    }
}

impl AskPsk {
    /// There is one.
    pub(super) fn known(mut self, psk: &Psk, cx: &mut ClientCx<'_>) -> Result<AfterFlight, Failure> {
        cx.transcript.forget_messages();
        let mut raw = cx.blank();
        let with = self.with.map(|with| with.share(cx)).transpose()?;
        match (&with, self.agreed.suite.exchange) {
            (Some(with), KeyExchange::EcdhePsk) => {
                ClientKeyExchange::write_ecdhe_psk(&psk.identity, &with.share, &mut raw)?;
            }
            (Some(with), _) => ClientKeyExchange::write_dhe_psk(&psk.identity, &with.share, &mut raw)?,
            (None, _) => ClientKeyExchange::write_psk(&psk.identity, &mut raw)?,
        }
        let secret: Zeroizing<_> = with_psk(with.as_ref().map(|with| with.secret.as_slice()), psk.key.as_bytes())?;
        cx.host.learn(Fact::PskIdentity(psk.identity.clone()));
        self.agreed.psk = Some(NamedPsk::tls12(&psk.identity));
        cx.post(Epoch::Initial, raw)?;
        let params = cx.core.params.clone();
        let secured = self.agreed.secure(cx, &secret, &params.provider, Side::Client)?;
        finish(secured, None, cx)
    }
}

impl AskCredential {
    /// Presents a certificate; its signature is asked for once the key exchange is out.
    pub(super) fn present(
        self,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ClientCx<'_>,
    ) -> Result<AskSign, Failure> {
        cx.host.learn(Fact::Presented(credential.clone()));
        cx.send(Epoch::Initial, &encode_tls12(Some(&credential))?)?;
        let (secured, peer) = self.flight.key_exchange(cx)?;
        let message = Content::Tls12(cx.transcript.messages().ok_or(CryptoError::Failed)?.to_vec());
        cx.asker.ask(|id| Question::Sign(SignQuestion { id, purpose: Purpose::Client, scheme, message }));
        Ok(AskSign { secured, peer, credential, scheme })
    }

    /// Presents nothing, in a Certificate message without certificates (RFC 5246 §7.4.6). Whether that will do is the
    /// server's to say, unless this side wants to be known: then it is for this that it ends.
    pub(super) fn none(self, why: Refusal, cx: &mut ClientCx<'_>) -> Result<AfterFlight, Failure> {
        if cx.core.params.require_own {
            return Err(why.into());
        }
        cx.send(Epoch::Initial, &encode_tls12(None)?)?;
        cx.transcript.forget_messages();
        let (secured, peer) = self.flight.key_exchange(cx)?;
        finish(secured, peer, cx)
    }
}

impl AskSign {
    /// CertificateVerify (RFC 5246 §7.4.8), and the end of the flight.
    pub(super) fn signed(self, signature: &Signature, cx: &mut ClientCx<'_>) -> Result<AfterFlight, Failure> {
        let params = cx.core.params.clone();
        let transcript = &*cx.transcript;
        let content = || Ok(transcript.messages().ok_or(CryptoError::Failed)?.to_vec());
        check_own(signature, &self.credential, self.scheme, content, &params.provider)?;
        let mut raw = cx.blank();
        CertificateVerify { scheme: self.scheme, signature: &signature.bytes }.write(&mut raw)?;
        cx.host.learn(Fact::OwnScheme(self.scheme));
        cx.post(Epoch::Initial, raw)?;
        cx.transcript.forget_messages();
        finish(self.secured, self.peer, cx)
    }
}

/// change_cipher_spec and Finished.
fn finish(mut secured: Box<Secured>, peer: Option<PeerAuth>, cx: &mut ClientCx<'_>) -> Result<AfterFlight, Failure> {
    secured.send_finished(cx, Side::Client)?;
    if may_start_false(&secured.agreed, cx) {
        cx.host.learn(Fact::MaySend);
    }
    let next = WaitCcs::new(secured, peer);
    Ok(if next.expects_ticket() { AfterFlight::WaitTicket(WaitTicket::new(next)) } else { AfterFlight::WaitCcs(next) })
}

/// RFC 7918 §3, with its whitelists: a strong cipher, forward secrecy, a protocol that was negotiated. Without the last
/// somebody in the middle could have chosen what understands the data.
fn may_start_false(agreed: &Agreed, cx: &ClientCx<'_>) -> bool {
    cx.core.params.tls12.as_ref().is_some_and(|tls12| tls12.false_start)
        && cx.core.previous.is_none()
        && agreed.suite.exchange == KeyExchange::Ecdhe
        && matches!(agreed.suite.cipher, Cipher::Aead(_))
        && agreed.protocol.is_some()
}
