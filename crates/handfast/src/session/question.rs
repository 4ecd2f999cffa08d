//! The questions about sessions, with what the engine knows and the handshake does not: the time, and the trust.

use super::Domain;
use super::terms::Terms;
use crate::{Answer, Clock, Resolve};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, mem};
use handfast_handshake::{self as handshake, Candidate, EarlyRefusal, ExternalPsk, Keep, NotResumed, Offer, Resumable};
use zeroize::Zeroizing;

/// Is there a session, or an external key, behind what the client offers?
///
/// For each of [`offers`](Self::offers) look what there is, hand it to [`session`](Self::session) or
/// [`external`](Self::external), and answer with [`done`](Self::done). What the configuration has found itself need not be handed
/// over again; but where keys are asked for, say of [`keys`](Self::keys) which are [`known`](Self::known). The client's order counts: the first that goes with
/// what else it offers is taken, so a server that hands over the first it finds may miss the one that does.
pub struct ResumeQuestion {
    inner: handshake::ResumeQuestion,
    terms: Arc<Terms>,
    found: Vec<Candidate>,
    /// How many of them the configuration has found.
    own: usize,
    /// The external keys that are known, where they are asked for.
    known: Vec<ExternalPsk>,
    /// Why what was found is of no use.
    otherwise: NotResumed,
}

impl ResumeQuestion {
    pub(crate) fn new(inner: handshake::ResumeQuestion, terms: Arc<Terms>) -> Self {
        Self { inner, terms, found: Vec::new(), own: 0, known: Vec::new(), otherwise: NotResumed::Unknown }
    }

    /// What the client offers, in its order: in TLS 1.2 a ticket or a session ID, in TLS 1.3 up to
    /// [`MAX_IDENTITIES`](handfast_handshake::MAX_IDENTITIES) identities, each a ticket or the name of an external key.
    pub fn offers(&self) -> &[Offer] {
        self.inner.offers()
    }

    /// The host name the client asks for.
    pub fn server_name(&self) -> Option<&str> {
        self.inner.server_name()
    }

    /// Behind the offer at this place is a session: what [`IssueQuestion::state`] gave. With `renew` a client of TLS 1.2 gets
    /// a new ticket; one of TLS 1.3 gets new ones in any case.
    ///
    /// # Errors
    /// Why it is not resumed: it is too old, was made under another trust, or its certificate is not good any more. The
    /// handshake is a full one then, unless another is found. Whether it also fits what the client offers now, the handshake
    /// finds out.
    pub fn session(&mut self, at: usize, state: &[u8], renew: bool) -> Result<(), NotResumed> {
        self.add(at, state, renew).inspect_err(|why| self.otherwise = *why)
    }

    fn add(&mut self, at: usize, state: &[u8], renew: bool) -> Result<(), NotResumed> {
        let session = Box::new(self.terms.session(state)?);
        let fresh = match self.inner.offers().get(at) {
            Some(Offer::Identity { obfuscated_age, .. }) => self.terms.freshness(&session, *obfuscated_age),
            Some(Offer::SessionId(_) | Offer::Ticket(_)) => Err(EarlyRefusal::Ticket),
            None => return Err(NotResumed::Unknown),
        };
        self.found.push(Candidate { at, what: Resumable::Session { session, renew, fresh } });
        Ok(())
    }

    /// The names of the external keys that sessions were made with which have been found so far, be it by the configuration, and
    /// whose keys nobody has handed over; only where keys are asked for. Such a session is resumed while its key is
    /// [`known`](Self::known) and no longer.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.found.iter().filter(|candidate| self.lacks_key(candidate)).filter_map(key_of)
    }

    /// This external key is still known: sessions that were made with it can be resumed, and with no other of its name. One
    /// that is handed to [`external`](Self::external) is.
    pub fn known(&mut self, psk: ExternalPsk) {
        self.known.push(psk);
    }

    /// Whether this is a session of a key that is asked for and that nobody has handed over.
    fn lacks_key(&self, candidate: &Candidate) -> bool {
        let Resumable::Session { session, .. } = &candidate.what else { return false };
        key_of(candidate).is_some()
            && matches!(self.terms.psks, Some(Resolve::Ask))
            && !self.known.iter().any(|psk| session.is_of(psk, &self.terms.provider))
    }

    /// Behind the offer at this place is an external key (TLS 1.3).
    pub fn external(&mut self, at: usize, psk: ExternalPsk) {
        self.known(psk.clone());
        self.found.push(Candidate { at, what: Resumable::External(psk) });
    }

    /// Whether there is something left to ask for: an offer that nothing was found behind, a key that may be known or not.
    pub(crate) fn is_open(&self) -> bool {
        let found = |at| self.found.iter().any(|candidate| candidate.at == at);
        self.keys().next().is_some() || (0..self.offers().len()).any(|at| !found(at))
    }

    /// For whoever is asked, with what the configuration has found already.
    pub(crate) fn handed_over(self) -> Self {
        Self { own: self.found.len(), ..self }
    }

    /// The answer: with what was found, or a full handshake.
    pub fn done(mut self) -> Answer {
        let (lacking, found) = mem::take(&mut self.found).into_iter().partition(|candidate| self.lacks_key(candidate));
        let lacking: Vec<Candidate> = lacking;
        if !lacking.is_empty() {
            self.otherwise = NotResumed::Domain;
        }
        self.found = found;
        // Of what two have found neither knows the other's order: that of the client is left.
        if self.own > 0 && self.found.len() > self.own {
            self.found.sort_by_key(|candidate| candidate.at);
        }
        self.inner.candidates(self.found, self.otherwise).into()
    }

    /// There is none, whatever was found.
    pub fn fresh(self) -> Answer {
        self.inner.fresh().into()
    }
}

/// The external key that a session was made with.
fn key_of(candidate: &Candidate) -> Option<&[u8]> {
    match &candidate.what {
        Resumable::Session { session, .. } if session.is_tls13() => session.psk_identity(),
        Resumable::Session { .. } | Resumable::External(_) => None,
    }
}

/// What shall the client resume this session with?
///
/// In TLS 1.3 one ticket is asked for after the other, once the handshake is complete, and nothing waits for the answer.
pub struct IssueQuestion {
    pub(crate) inner: handshake::IssueQuestion,
    pub(crate) terms: Arc<Terms>,
}

impl IssueQuestion {
    /// How it is to be kept.
    pub fn keep(&self) -> Keep {
        self.inner.keep()
    }

    /// The ID it is to be kept under, 32 bytes; empty for a ticket.
    pub fn session_id(&self) -> &[u8] {
        self.inner.session().id()
    }

    /// What is to be kept: the secret of the session, and all that is checked when it comes back. `None` where the trust
    /// of this configuration has no name (a verifier of one's own without a domain), and for a session that is too long:
    /// then answer [`IssueQuestion::none`].
    pub fn state(&self) -> Option<Zeroizing<Vec<u8>>> {
        let domain: &Domain = self.terms.domain.as_ref()?;
        self.inner.session().encode_behind(domain, self.terms.clock.now().as_secs())
    }

    /// How long it will be taken, in seconds.
    pub fn lifetime(&self) -> u32 {
        self.terms.lifetime(self.inner.session())
    }

    /// It is in this ticket, sealed so that nobody else can read or make one. `good_for` is for how many seconds it can be
    /// opened, where that may be less than [`IssueQuestion::lifetime`].
    pub fn ticket(self, ticket: Vec<u8>, good_for: Option<u32>) -> Answer {
        let lifetime = self.lifetime().min(good_for.unwrap_or(u32::MAX));
        self.inner.ticket(ticket, lifetime).into()
    }

    /// It is stored under its ID.
    pub fn stored(self) -> Answer {
        let lifetime = self.lifetime();
        self.inner.stored(lifetime).into()
    }

    /// It is not kept.
    pub fn none(self) -> Answer {
        self.inner.none().into()
    }
}

/// May what the client sends before the end of the handshake be acted on?
///
/// Whoever has recorded the flight can send it again, to this server and to every other that opens the same tickets. Accept it
/// only where all of them would notice: see [`AntiReplay`](super::AntiReplay).
pub struct EarlyDataQuestion {
    pub(crate) inner: handshake::EarlyDataQuestion,
    pub(crate) clock: Arc<dyn Clock>,
}

impl EarlyDataQuestion {
    /// The binder, which was verified; 32 to 48 bytes. Two flights with the same binder are the same flight.
    pub fn binder(&self) -> &[u8] {
        self.inner.binder()
    }

    /// The ticket that is resumed.
    pub fn ticket(&self) -> &[u8] {
        self.inner.ticket()
    }

    /// The application protocol.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.inner.protocol()
    }

    /// The host name the client asks for.
    pub fn server_name(&self) -> Option<&str> {
        self.inner.server_name()
    }

    /// The time, in milliseconds since 1970.
    pub fn now(&self) -> u64 {
        self.clock.millis()
    }

    /// From when on a replay of this flight is refused by the age of its ticket alone, in milliseconds since 1970: it has to
    /// be remembered until then.
    pub fn expires(&self) -> u64 {
        self.inner.expires()
    }

    /// It is taken, if it still is fresh: whoever took long to answer may have forgotten it by now.
    pub fn accept(self) -> Answer {
        if self.now() > self.expires() { self.refuse(EarlyRefusal::Age) } else { self.inner.accept().into() }
    }

    /// It is not taken; the handshake goes on without it.
    pub fn refuse(self, why: EarlyRefusal) -> Answer {
        self.inner.refuse(why).into()
    }
}

impl fmt::Debug for ResumeQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for IssueQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for EarlyDataQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
