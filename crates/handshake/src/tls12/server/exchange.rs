//! WAIT_CKE, ASK_PSK, ASK_DECRYPT: the client's half of the key exchange, and the secret that follows from it.

use super::auth::WaitCv;
use super::finish::WaitCcs;
use super::negotiate::Field;
use super::{AfterCke, ServerCx};
use crate::auth::Claimed;
use crate::psk::NamedPsk;
use crate::question::Psk;
use crate::tls12::agreed::Agreed;
use crate::tls12::exchange::{agreed as stripped, invalid_share, with_psk};
use crate::{Fact, Failure, PskQuestion, Purpose, Question};
use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::{CryptoError, Exchange as Started, Group, KeyExchange};
use handfast_schedule::Side;
use handfast_wire::Violation;
use handfast_wire::message::tls12::ClientKeyExchange;
use zeroize::Zeroizing;

/// The client's half of the key exchange is next.
pub(crate) struct WaitCke {
    agreed: Agreed,
    exchange: Exchange,
    /// Who the client says it is.
    pub(super) claimed: Option<Claimed>,
}

/// The own half.
pub(super) enum Exchange {
    /// The suite has none.
    None,
    Curve(&'static dyn Group, Box<dyn Started>),
    Field(Field, Box<dyn Started>),
}

/// Which key goes with this identity?
pub(crate) struct AskPsk {
    agreed: Agreed,
    /// What Diffie-Hellman agreed on beside it.
    with: Option<Zeroizing<Vec<u8>>>,
}

/// What is in the ciphertext?
#[cfg(feature = "legacy")]
pub(crate) struct AskDecrypt {
    agreed: Agreed,
    claimed: Option<Claimed>,
    /// What takes the place of a secret that is none. Made before anything was decrypted.
    random: Zeroizing<[u8; 48]>,
}

impl WaitCke {
    pub(super) fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    pub(super) fn new(agreed: Agreed, exchange: Exchange) -> Self {
        Self { agreed, exchange, claimed: None }
    }

    /// ClientKeyExchange (RFC 5246 §7.4.7).
    pub(super) fn client_key_exchange(
        self,
        m: &ClientKeyExchange<'_>,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterCke, Failure> {
        let Self { agreed, exchange, claimed } = self;
        match agreed.suite.exchange {
            KeyExchange::Ecdhe => {
                let secret = exchange.finish(m.ecdhe()?)?.ok_or(CryptoError::Failed)?;
                finish(agreed, &secret, claimed, cx)
            }
            KeyExchange::Dhe => {
                let secret = exchange.finish(m.dhe()?)?.ok_or(CryptoError::Failed)?;
                finish(agreed, &secret, claimed, cx)
            }
            KeyExchange::EcdhePsk => {
                let (identity, share) = m.ecdhe_psk()?;
                ask_psk(agreed, identity, exchange.finish(share)?, cx)
            }
            KeyExchange::DhePsk => {
                let (identity, share) = m.dhe_psk()?;
                ask_psk(agreed, identity, exchange.finish(share)?, cx)
            }
            KeyExchange::Psk => ask_psk(agreed, m.psk()?, None, cx),
            #[cfg(feature = "legacy")]
            KeyExchange::Rsa => {
                let ciphertext = m.rsa()?.to_vec();
                let random = crate::tls12::transport::candidate(&*cx.core.params.provider.random)?;
                cx.asker.ask(|id| Question::Decrypt(crate::DecryptQuestion { id, ciphertext }));
                Ok(AfterCke::AskDecrypt(AskDecrypt { agreed, claimed, random }))
            }
            _ => Err(CryptoError::Unsupported.into()),
        }
    }
}

impl Exchange {
    /// The secret, given the client's share.
    fn finish(self, share: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        match self {
            Self::None => Ok(None),
            Self::Curve(_, started) => {
                let secret = started.finish(share).map_err(invalid_share)?;
                Ok(Some(Zeroizing::new(secret.as_bytes().to_vec())))
            }
            Self::Field(field, started) => {
                let secret = started.finish(share).map_err(invalid_share)?;
                Ok(Some(Zeroizing::new(stripped(field.group(), secret.as_bytes()).to_vec())))
            }
        }
    }
}

fn ask_psk(
    mut agreed: Agreed,
    identity: &[u8],
    with: Option<Zeroizing<Vec<u8>>>,
    cx: &mut ServerCx<'_>,
) -> Result<AfterCke, Failure> {
    let bytes = identity.to_vec();
    cx.host.learn(Fact::PskIdentity(bytes.clone()));
    agreed.psk = Some(NamedPsk::tls12(identity));
    cx.asker.ask(|id| Question::Psk(PskQuestion { id, purpose: Purpose::Server, bytes }));
    Ok(AfterCke::AskPsk(AskPsk { agreed, with }))
}

impl AskPsk {
    /// The key, or that there is none. An unknown identity can be hidden behind a random key (RFC 4279 §2).
    pub(super) fn answered(self, psk: Option<Psk>, cx: &mut ServerCx<'_>) -> Result<WaitCcs, Failure> {
        let params = cx.core.params.clone();
        let random;
        let key = match &psk {
            Some(psk) => psk.key.as_bytes(),
            None if params.tls12.as_ref().is_some_and(|tls12| tls12.hide_unknown_psk) => {
                random = Zeroizing::new(params.provider.random.array::<32>()?);
                &random[..]
            }
            None => return Err(Violation::UnknownPskIdentity.into()),
        };
        let secret = with_psk(self.with.as_deref().map(Vec::as_slice), key)?;
        let secured = self.agreed.secure(cx, &secret, &params.provider, Side::Server)?;
        Ok(WaitCcs::full(secured, None))
    }
}

#[cfg(feature = "legacy")]
impl AskDecrypt {
    /// The block, or that there is none; which of the two is not told, nor whether the block was good.
    pub(super) fn decrypted(
        self,
        block: &crate::question::Decrypted,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterCke, Failure> {
        use crate::question::Decrypted;
        use crate::tls12::transport;
        let secret = match block {
            Decrypted::Block(block) => transport::unpad(block.as_bytes(), self.agreed.client_version, self.random),
            Decrypted::Secret(secret) => transport::check(secret, self.agreed.client_version, self.random),
            Decrypted::Nothing => self.random,
        };
        finish(self.agreed, &secret[..], self.claimed, cx)
    }
}

fn finish(agreed: Agreed, secret: &[u8], claimed: Option<Claimed>, cx: &mut ServerCx<'_>) -> Result<AfterCke, Failure> {
    let params = cx.core.params.clone();
    let secured = agreed.secure(cx, secret, &params.provider, Side::Server)?;
    Ok(match claimed {
        Some(claimed) => AfterCke::WaitCv(WaitCv::new(secured, claimed)),
        None => {
            cx.transcript.forget_messages();
            AfterCke::WaitCcs(WaitCcs::full(secured, None))
        }
    })
}
