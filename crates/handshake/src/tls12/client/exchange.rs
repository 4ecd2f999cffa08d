//! WAIT_SKE: the server's half of the key exchange, and what the client makes of it.

use super::auth::{AskPeer, Then, WaitShd};
use super::{AfterSke, ClientCx};
use crate::auth::Claimed;
use crate::tls12::agreed::Agreed;
use crate::tls12::exchange::{agreed as stripped, prove, respond};
use crate::{Fact, Failure};
use alloc::vec::Vec;
use handfast_crypto::group::is_post_quantum;
use handfast_crypto::{Group, KeyExchange};
use handfast_wire::Violation;
use handfast_wire::message::tls12::{DheParams, EcdheParams, ServerKeyExchange, Signed};
use zeroize::Zeroizing;

/// The server's half of the key exchange is next.
pub(crate) struct WaitSke {
    agreed: Agreed,
    /// The key that has to sign; `None` where the suite has no certificate.
    claimed: Option<Claimed>,
}

/// What the key exchange has come to.
pub(super) enum Exchanged {
    /// Diffie-Hellman is done.
    Agreed(Shared),
    /// Diffie-Hellman over a field, to be done once the server is accepted.
    Field(FieldShare),
    /// A secret will be encrypted for this key.
    #[cfg(feature = "legacy")]
    Transport(handfast_crypto::PublicKey),
    /// A pre-shared key takes part, which the server gave a hint for.
    Psk { hint: Vec<u8>, with: Option<With> },
}

/// What stands beside a pre-shared key.
pub(super) enum With {
    Curve(Shared),
    Field(FieldShare),
}

/// The server's numbers. A prime that is not one of RFC 7919 takes long to test, so that is not done for a server that nobody
/// has accepted.
pub(super) struct FieldShare {
    p: Vec<u8>,
    g: Vec<u8>,
    public: Vec<u8>,
}

/// The own share, and the secret it gave.
pub(super) struct Shared {
    pub(super) share: Vec<u8>,
    pub(super) secret: Zeroizing<Vec<u8>>,
}

impl WaitSke {
    /// With a certificate, whose key signs.
    pub(super) fn signed(agreed: Agreed, claimed: Claimed) -> Self {
        Self { agreed, claimed: Some(claimed) }
    }

    /// With a pre-shared key.
    pub(super) fn without_certificate(agreed: Agreed) -> Self {
        Self { agreed, claimed: None }
    }

    /// ServerKeyExchange (RFC 5246 §7.4.3).
    pub(super) fn server_key_exchange(
        self,
        m: &ServerKeyExchange<'_>,
        cx: &mut ClientCx<'_>,
    ) -> Result<AfterSke, Failure> {
        let Some(claimed) = self.claimed else { return self.with_psk(m, cx).map(AfterSke::WaitShd) };
        if self.agreed.suite.exchange.has_field() {
            let message = m.dhe()?;
            let exchanged = |cx: &mut ClientCx<'_>| FieldShare::new(&message.params, cx).map(Exchanged::Field);
            return finish(self.agreed, claimed, &message, exchanged, cx);
        }
        let message = m.ecdhe()?;
        let exchanged = |cx: &mut ClientCx<'_>| curve(&message.params, cx).map(Exchanged::Agreed);
        finish(self.agreed, claimed, &message, exchanged, cx)
    }

    /// RFC 4279 §2: without a hint there is no ServerKeyExchange, if the key is all there is.
    pub(super) fn no_hint(self) -> Result<WaitShd, Failure> {
        if self.agreed.suite.exchange != KeyExchange::Psk {
            let kind = handfast_wire::MessageKind::ServerHelloDone;
            return Err(crate::party::unexpected("WAIT_SKE", kind));
        }
        Ok(WaitShd::without_certificate(self.agreed, Exchanged::Psk { hint: Vec::new(), with: None }))
    }

    fn with_psk(self, m: &ServerKeyExchange<'_>, cx: &mut ClientCx<'_>) -> Result<WaitShd, Failure> {
        let (hint, with) = match self.agreed.suite.exchange {
            KeyExchange::EcdhePsk => {
                let (hint, params) = m.ecdhe_psk()?;
                (hint, Some(With::Curve(curve(&params, cx)?)))
            }
            KeyExchange::DhePsk => {
                let (hint, params) = m.dhe_psk()?;
                (hint, Some(With::Field(FieldShare::new(&params, cx)?)))
            }
            _ => (m.psk()?, None),
        };
        Ok(WaitShd::without_certificate(self.agreed, Exchanged::Psk { hint: hint.to_vec(), with }))
    }
}

/// The signature first, then a look at what it covers, then the question who this is.
fn finish<P>(
    agreed: Agreed,
    claimed: Claimed,
    message: &Signed<'_, P>,
    exchanged: impl FnOnce(&mut ClientCx<'_>) -> Result<Exchanged, Failure>,
    cx: &mut ClientCx<'_>,
) -> Result<AfterSke, Failure> {
    let params = cx.core.params.clone();
    let possession = prove(claimed, message, &agreed.randoms, &params.schemes, &params.provider)?;
    cx.host.learn(Fact::PeerScheme(message.scheme));
    let exchanged = exchanged(cx)?;
    Ok(AfterSke::AskPeer(AskPeer::ask(agreed, exchanged, possession, Then::Request, cx)))
}

/// Elliptic curves (RFC 8422 §5.4).
fn curve(params: &EcdheParams<'_>, cx: &mut ClientCx<'_>) -> Result<Shared, Failure> {
    let own = &cx.core.params;
    let named = own.groups.iter().copied().find(|group| group.name() == params.group);
    let group = named.filter(|group| group.field().is_none() && !is_post_quantum(group.name()));
    let group = group.ok_or(Violation::SelectedGroup)?;
    let response = respond(group, params.public, &*own.provider.random)?;
    cx.host.learn(Fact::Group(params.group));
    Ok(Shared { share: response.share, secret: Zeroizing::new(response.secret.as_bytes().to_vec()) })
}

impl With {
    /// The own share and the secret.
    pub(super) fn share(self, cx: &mut ClientCx<'_>) -> Result<Shared, Failure> {
        match self {
            Self::Curve(shared) => Ok(shared),
            Self::Field(field) => field.share(cx),
        }
    }
}

impl FieldShare {
    /// Looks at the size alone: what the server sends decides how long the arithmetic takes.
    fn new(params: &DheParams<'_>, cx: &ClientCx<'_>) -> Result<Self, Failure> {
        let [p, g] = [params.p, params.g].map(without_leading_zeros);
        let least = cx.core.params.tls12.as_ref().map_or(usize::MAX, |tls12| tls12.min_field_bits);
        if bits(p) < least {
            return Err(Violation::ShortField.into());
        }
        Ok(Self { p: p.to_vec(), g: g.to_vec(), public: params.public.to_vec() })
    }

    /// Finite fields (RFC 5246 §7.4.3): one that was offered by name (RFC 7919), or any, where that is allowed.
    pub(super) fn share(self, cx: &mut ClientCx<'_>) -> Result<Shared, Failure> {
        let own = cx.core.params.clone();
        let (p, g) = (self.p.as_slice(), self.g.as_slice());
        let is_it = |group: &&&'static dyn Group| group.field().is_some_and(|field| field.p == p && field.g == g);
        let unnamed;
        let group: &dyn Group = match own.groups.iter().find(is_it) {
            Some(group) => *group,
            None if !own.tls12.as_ref().is_some_and(|tls12| tls12.any_field) => {
                return Err(Violation::UnknownField.into());
            }
            None => {
                let fields = own.provider.fields.ok_or(handfast_crypto::CryptoError::Unsupported)?;
                unnamed = fields.group(p, g).map_err(|_| Violation::UnknownField)?;
                &*unnamed
            }
        };
        let response = respond(group, &self.public, &*own.provider.random)?;
        cx.host.learn(Fact::Field { bits: bits(p) });
        cx.host.learn(Fact::Group(group.name()));
        let secret = Zeroizing::new(stripped(group, response.secret.as_bytes()).to_vec());
        Ok(Shared { share: response.share, secret })
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// The length of a number without leading zeros, in bits.
fn bits(number: &[u8]) -> usize {
    let Some((first, rest)) = number.split_first() else { return 0 };
    let first = u8::BITS.saturating_sub(first.leading_zeros()) as usize;
    rest.len().saturating_mul(8).saturating_add(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_first_that_is_set() {
        for (number, expected) in [(&[][..], 0), (&[1], 1), (&[0x80], 8), (&[1, 0], 9), (&[0xff; 256], 2048)] {
            assert_eq!(bits(number), expected);
        }
        assert_eq!(without_leading_zeros(&[0, 0, 1, 0]), [1, 0]);
    }
}
