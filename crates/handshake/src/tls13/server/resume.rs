//! ASK_RESUME, ASK_EARLY_DATA: what a client has from before.

use super::flight::{self, Taken};
use super::negotiate::{self, Chosen, Modes};
use super::{AfterEarlyData, AfterHello, AfterResume, ServerCx};
use crate::tls13::binder::Key;
use crate::{
    Candidate, EarlyData, EarlyDataQuestion, EarlyRefusal, Fact, Failure, HelloView, MAX_IDENTITIES, NotResumed, Offer,
    PskRole, Question, Refusal, Resumable, ResumeQuestion, ServerParams, Session, UnknownPsk, certificate_type,
};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::{CryptoError, Digest, Group, HashAlgorithm, Suite};
use handfast_wire::extension::{OfferedPsks, PskBinder, PskIdentity};
use handfast_wire::message::ClientHello;
use handfast_wire::{ExtensionType, Violation};

/// A ClientHello whose share, if it needs one, is there.
pub(super) struct Arrived {
    pub(super) params: Arc<ServerParams>,
    /// The group of the key exchange; none where the client has only a pre-shared key.
    pub(super) group: Option<&'static dyn Group>,
    pub(super) hello: HelloView,
    pub(super) retried: Option<Retried>,
}

/// What a HelloRetryRequest has settled.
pub(super) struct Retried {
    pub(super) suite: &'static Suite,
    /// The transcript up to the binders of the second ClientHello, if it has any.
    pub(super) partial: Option<Digest>,
}

/// Is there a session or a key behind what is offered?
pub(crate) struct AskResume {
    arrived: Arrived,
}

/// May early data be acted on?
pub(crate) struct AskEarlyData {
    chosen: Chosen,
    taken: Taken,
}

/// Asks for what is behind the offered pre-shared keys, if any could be used.
pub(super) fn begin(arrived: Arrived, cx: &mut ServerCx<'_>) -> Result<AfterHello, Failure> {
    let m = arrived.hello.message().ok_or(CryptoError::Failed)?;
    let psks = m.extensions.find::<OfferedPsks<'_>>()?;
    let (params, modes) = (&arrived.params, negotiate::modes(&m)?);
    let misfit = match psks {
        None => None,
        Some(_) if params.sessions.is_none() && params.psks.is_none() => Some(NotResumed::Disabled),
        Some(_) if !has_mode(&arrived, modes) => Some(NotResumed::Mode),
        Some(psks) => {
            let offer = |psk: PskIdentity<'_>| Offer::Identity {
                identity: psk.identity.to_vec(),
                obfuscated_age: psk.obfuscated_ticket_age,
            };
            let offers = psks.identities.iter().take(MAX_IDENTITIES).map(offer).collect();
            let server_name = crate::question::server_name(&m)?;
            cx.asker.ask(|id| Question::Resume(ResumeQuestion { id, offers, server_name }));
            return Ok(AfterHello::AskResume(AskResume { arrived }));
        }
    };
    fresh(arrived, misfit, cx).map(AfterHello::AskCredential)
}

/// Whether one of the client's ways to use a pre-shared key can be gone here.
fn has_mode(arrived: &Arrived, modes: Modes) -> bool {
    modes.psk_dhe_ke && arrived.group.is_some() || modes.psk_ke && arrived.params.psk_ke
}

/// A handshake with a certificate.
fn fresh(arrived: Arrived, why: Option<NotResumed>, cx: &mut ServerCx<'_>) -> Result<flight::AskCredential, Failure> {
    let Arrived { params, group, hello, retried } = arrived;
    let m = hello.message().ok_or(CryptoError::Failed)?;
    if let Some(why) = why {
        cx.host.learn(Fact::NotResumed(why));
    }
    // A server that has nothing but keys to show.
    if params.psks.is_some_and(|unknown| unknown != UnknownPsk::Certificate) {
        return Err(Violation::UnknownPskIdentity.into());
    }
    // RFC 9846 §9.2: without a pre-shared key that is taken, all of these.
    let mandatory = [ExtensionType::SIGNATURE_ALGORITHMS, ExtensionType::SUPPORTED_GROUPS, ExtensionType::KEY_SHARE];
    if let Some(missing) = mandatory.into_iter().find(|&ty| !m.extensions.contains(ty)) {
        return Err(Violation::MissingExtension(missing).into());
    }
    let suite = match &retried {
        Some(retried) => retried.suite,
        None => negotiate::suite(&params, &m, None).ok_or(Refusal::Suite)?,
    };
    cx.transcript.start(params.provider.hash(suite.hash).ok_or(CryptoError::Unsupported)?);
    if m.extensions.contains(ExtensionType::EARLY_DATA) {
        cx.host.learn(Fact::EarlyData(EarlyData::Refused(EarlyRefusal::NotResumed)));
    }
    let retried = retried.is_some();
    flight::ask(Chosen { retried, ..negotiate::agree(params, suite, group, &m)? }, cx)
}

impl AskResume {
    /// What there is, and if none of it fits, why not.
    pub(super) fn answered(
        self,
        candidates: Vec<Candidate>,
        otherwise: NotResumed,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterResume, Failure> {
        let hello = self.arrived.hello.clone();
        let m = hello.message().ok_or(CryptoError::Failed)?;
        let psks = m.extensions.find::<OfferedPsks<'_>>()?.ok_or(CryptoError::Failed)?;
        let mut why = otherwise;
        for candidate in candidates {
            // The place comes from whoever answered.
            let offered = psks.identities.iter().zip(psks.binders.iter()).nth(candidate.at);
            let Some(offered) = offered else { continue };
            match self.fits(&candidate.what, offered.0.identity, &m)? {
                Ok(suite) => return self.take(candidate, suite, offered, &m, cx),
                Err(misfit) => why = misfit,
            }
        }
        if self.arrived.params.psks == Some(UnknownPsk::Hide) {
            self.hide()?;
        }
        fresh(self.arrived, Some(why), cx).map(AfterResume::AskCredential)
    }

    /// What a client with a wrong key would meet (RFC 9846 §6.2), after as much work: how long it takes to answer shall not say
    /// whether a key is known.
    fn hide(&self) -> Result<(), Failure> {
        let provider = &self.arrived.params.provider;
        let key = Key::of_nobody();
        let transcript = key.hash(provider)?.digest(&[partial(&self.arrived.hello)?])?;
        let _ = key.check(&key.early(provider)?, &transcript, PskBinder(&[]));
        Err(Violation::BadBinder.into())
    }

    /// The cipher suite for a candidate, or why it is passed over.
    fn fits(
        &self,
        what: &Resumable,
        identity: &[u8],
        m: &ClientHello<'_>,
    ) -> Result<Result<&'static Suite, NotResumed>, Failure> {
        let params = &self.arrived.params;
        let hash = match what {
            Resumable::Session { session, .. } => {
                if !session.is_tls13() {
                    return Ok(Err(NotResumed::Version));
                }
                // Where an external key is required, a session has to be one of such a key.
                let required = params.psks.is_some_and(|unknown| unknown != UnknownPsk::Certificate);
                if required && session.psk.is_none() {
                    return Ok(Err(NotResumed::ClientAuth));
                }
                // An external key takes the place of a client certificate (RFC 9846 §4.4.2).
                if session.psk.is_none() && !params.client_auth.fits(session) {
                    return Ok(Err(NotResumed::ClientAuth));
                }
                // How the server has shown itself, the client has to take still.
                if session.psk.is_none()
                    && !certificate_type::Offered::read(m)?.of_server().contains(&session.server_type)
                {
                    return Ok(Err(NotResumed::CertificateType));
                }
                // RFC 9846 §4.3.11 leaves that to the server, whose configurations may differ by name.
                if session.name != crate::question::server_name(m)? {
                    return Ok(Err(NotResumed::Name));
                }
                session.suite.hash
            }
            // A key that is called otherwise is not the one that the client means, whatever its store says.
            Resumable::External(psk) if psk.role() != PskRole::Server || !psk.is_called(identity) => {
                return Ok(Err(NotResumed::Unknown));
            }
            Resumable::External(psk) => psk.hash(),
        };
        Ok(self.suite(m, hash).ok_or(NotResumed::Suite))
    }

    /// The suite that goes with a key of this hash. After a HelloRetryRequest it is settled.
    fn suite(&self, m: &ClientHello<'_>, hash: HashAlgorithm) -> Option<&'static Suite> {
        match &self.arrived.retried {
            Some(retried) => Some(retried.suite).filter(|suite| suite.hash == hash),
            None => negotiate::suite(&self.arrived.params, m, Some(hash)),
        }
    }

    /// Takes a candidate, whose binder must be right: one is chosen and that one is checked, and no other is tried
    /// (RFC 9846 §4.3.11).
    fn take(
        self,
        candidate: Candidate,
        suite: &'static Suite,
        (identity, binder): (PskIdentity<'_>, PskBinder<'_>),
        m: &ClientHello<'_>,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterResume, Failure> {
        let Arrived { params, group, hello, retried } = self.arrived;
        let key = match &candidate.what {
            Resumable::Session { session, .. } => Key::of_session(session),
            Resumable::External(psk) => Key::of_psk(psk),
        };
        let hash = key.hash(&params.provider)?;
        let transcript = match &retried {
            Some(retried) => retried.partial.ok_or(CryptoError::Failed)?,
            None => hash.digest(&[partial(&hello)?])?,
        };
        let early = key.early(&params.provider)?;
        key.check(&early, &transcript, binder)?;
        cx.transcript.start(hash);

        // psk_ke only where psk_dhe_ke cannot be.
        let group = group.filter(|_| negotiate::modes(m).is_ok_and(|modes| modes.psk_dhe_ke));
        let offers_early_data = m.extensions.contains(ExtensionType::EARLY_DATA);
        let chosen = Chosen { retried: retried.is_some(), ..negotiate::agree(params, suite, group, m)? };
        let at = u16::try_from(candidate.at).map_err(|_| CryptoError::Length)?;
        let (taken, verdict) = match candidate.what {
            Resumable::Session { session, fresh, .. } => {
                let skew = session.skew(identity.obfuscated_ticket_age, cx.host.now());
                cx.host.learn(Fact::TicketAgeSkew(skew));
                let verdict = allows_early_data(&chosen, &session, at).and(fresh);
                (Taken::of_session(early, at, &session), verdict)
            }
            Resumable::External(psk) => {
                (Taken::of_psk(early, at, psk.named(&chosen.params.provider)?), Err(EarlyRefusal::Ticket))
            }
        };
        flight::learn(&chosen, cx);
        match verdict {
            _ if !offers_early_data => taken.send(chosen, cx).map(AfterResume::WaitFinished),
            Err(why) => {
                cx.host.learn(Fact::EarlyData(EarlyData::Refused(why)));
                taken.send(chosen, cx).map(AfterResume::WaitFinished)
            }
            Ok(expires) => {
                let ticket = m.extensions.find::<OfferedPsks<'_>>()?.and_then(|psks| psks.identities.iter().next());
                let ticket = ticket.ok_or(CryptoError::Failed)?.identity.to_vec();
                let (binder, protocol) = (binder.0.to_vec(), chosen.protocol.clone());
                let server_name = chosen.server_name.clone();
                cx.asker.ask(|id| {
                    Question::EarlyData(EarlyDataQuestion { id, binder, ticket, protocol, server_name, expires })
                });
                Ok(AfterResume::AskEarlyData(AskEarlyData { chosen, taken }))
            }
        }
    }
}

/// Whether early data would be taken under what was agreed on (RFC 9846 §4.3.10).
fn allows_early_data(chosen: &Chosen, session: &Session, at: u16) -> Result<(), EarlyRefusal> {
    if chosen.params.max_early_data == 0 {
        Err(EarlyRefusal::Disabled)
    } else if chosen.retried {
        Err(EarlyRefusal::Retry)
    } else if at != 0 {
        Err(EarlyRefusal::NotResumed)
    } else if session.max_early_data == 0 {
        Err(EarlyRefusal::Ticket)
    } else if session.suite.id != chosen.suite.id {
        Err(EarlyRefusal::Suite)
    } else if session.protocol != chosen.protocol {
        Err(EarlyRefusal::Protocol)
    } else {
        Ok(())
    }
}

/// A ClientHello up to its binders.
fn partial(hello: &HelloView) -> Result<&[u8], CryptoError> {
    let at = ClientHello::binders_offset(hello.raw());
    at.and_then(|at| hello.raw().get(..at)).ok_or(CryptoError::Failed)
}

impl AskEarlyData {
    /// Whether it may be acted on.
    pub(super) fn answered(
        self,
        verdict: Result<(), EarlyRefusal>,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterEarlyData, Failure> {
        match verdict {
            Ok(()) => self.taken.send_early(self.chosen, cx).map(AfterEarlyData::WaitEoed),
            Err(why) => {
                cx.host.learn(Fact::EarlyData(EarlyData::Refused(why)));
                self.taken.send(self.chosen, cx).map(AfterEarlyData::WaitFinished)
            }
        }
    }
}
