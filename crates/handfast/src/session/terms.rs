//! Under which terms sessions are resumed: what a configuration says of their age, and of the trust they were made under.

use super::{Domain, FRESHNESS, FindPsk};
use crate::{Clock, Resolve};
use alloc::sync::Arc;
use handfast_crypto::Provider;
use handfast_handshake::{EarlyRefusal, NotResumed, PeerQuestion, Purpose, Session, VerifyPeer};
use handfast_pki::Certificate;
use pki_types::{ServerName, UnixTime};

/// What is looked at again in the peer's certificates when a session is resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recheck {
    /// Whether the leaf is still valid. One that has expired makes the handshake a full one.
    #[default]
    Validity,
    /// Everything: the verifier judges them anew, with what it knows of revocation by now. What it rejects makes the
    /// handshake a full one.
    All,
    /// Nothing: a session outlives the certificate that it stands for, by up to seven days.
    DangerousNothing,
}

/// The terms of one configuration.
pub(crate) struct Terms {
    /// The trust; `None` where it has no name, and nothing is resumed.
    pub(crate) domain: Option<Domain>,
    /// How old a session of TLS 1.2 may be, in seconds.
    pub(crate) timeout: u32,
    /// How old a ticket of TLS 1.3 may be, in seconds.
    pub(crate) lifetime: u32,
    pub(crate) recheck: Recheck,
    pub(crate) judge: Option<Arc<dyn VerifyPeer>>,
    /// On a server: the external keys of TLS 1.3. A session that was made with one is resumed for as long as it is known.
    pub(crate) psks: Option<Resolve<dyn FindPsk>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) provider: Provider,
}

/// How long what was proved with a certificate counts, in seconds, however often the session was renewed: seven days
/// (RFC 9846 §4.7.1).
const MAX_AGE: u64 = 7 * 24 * 60 * 60;

impl Terms {
    /// The session of a state, if it is good here and now. Where keys are asked for, whether its own is still known is not
    /// said yet.
    pub(crate) fn session(&self, state: &[u8]) -> Result<Session, NotResumed> {
        let (domain, encoded) = state.split_first_chunk().ok_or(NotResumed::Unknown)?;
        // docs/regressions.md row 34 and its like: another trust is another server.
        if self.domain.as_ref() != Some(domain) {
            return Err(NotResumed::Domain);
        }
        let session = Session::decode(encoded).ok_or(NotResumed::Unknown)?;
        if let (true, Some(identity)) = (session.is_tls13(), session.psk_identity()) {
            match &self.psks {
                // Not the identity alone: a key can have been replaced by another because somebody had it.
                Some(Resolve::Now(psks))
                    if psks.find(identity).is_some_and(|psk| session.is_of(&psk, &self.provider)) => {}
                Some(Resolve::Ask) => {}
                _ => return Err(NotResumed::Domain),
            }
        }
        self.check(&session, Purpose::Client, None)?;
        Ok(session)
    }

    /// Whether a session may be resumed: it is not too old, and neither is what it stands for. `purpose` and `name` say who
    /// the peer is.
    pub(crate) fn check(
        &self,
        session: &Session,
        purpose: Purpose,
        name: Option<&ServerName<'static>>,
    ) -> Result<(), NotResumed> {
        let now = self.clock.now();
        if self.left(session) == 0 {
            return Err(NotResumed::Expired);
        }
        match self.recheck {
            Recheck::DangerousNothing => return Ok(()),
            Recheck::Validity => {}
            Recheck::All => {
                let question = PeerQuestion::of_session(session, purpose, name.cloned());
                if let (Some(judge), Some(question)) = (&self.judge, question)
                    && judge.verify(&question, now).is_err()
                {
                    return Err(NotResumed::CertificateRejected);
                }
            }
        }
        if not_after(session).is_some_and(|last| last < now.as_secs()) {
            return Err(NotResumed::CertificateExpired);
        }
        Ok(())
    }

    /// How long a session may still be resumed, in seconds, by what is known of its age. On a client no longer than the
    /// server said.
    fn left(&self, session: &Session) -> u64 {
        let hint = Some(session.lifetime()).filter(|&hint| hint > 0).unwrap_or(u32::MAX);
        if !session.is_tls13() {
            return left(session.created(), self.clock.now(), u64::from(self.timeout.min(hint)));
        }
        let (now, issued) = (self.clock.millis(), session.issued());
        // Clocks of one fleet differ a little; a ticket from further ahead is none (docs/regressions.md row 43).
        if issued > now.saturating_add(FRESHNESS) {
            return 0;
        }
        let lifetime = u64::from(self.lifetime.min(hint));
        let of_ticket =
            (lifetime.saturating_mul(1000).saturating_add(1)).saturating_sub(session.age(now)).div_ceil(1000);
        // The certificate was shown before that: if it seems to be yet to come, it is by the same difference.
        let created = session.created().min(self.clock.now().as_secs());
        of_ticket.min(left(created, self.clock.now(), MAX_AGE))
    }

    /// How long a session that is being issued may be resumed, in seconds: what the configuration says, but no longer than
    /// the certificate lasts, and than seven days after it was shown (docs/regressions.md row 89).
    pub(crate) fn lifetime(&self, session: &Session) -> u32 {
        if !session.is_tls13() {
            return self.timeout;
        }
        let now = self.clock.now();
        let created = session.created().min(now.as_secs());
        let age = if created == 0 { MAX_AGE } else { left(created, now, MAX_AGE).saturating_sub(1) };
        let certificate = match self.recheck {
            Recheck::DangerousNothing => None,
            Recheck::Validity | Recheck::All => not_after(session),
        };
        let certificate = certificate.map_or(u64::MAX, |last| last.saturating_sub(now.as_secs()));
        let lifetime = u64::from(self.lifetime).min(age).min(certificate);
        u32::try_from(lifetime).unwrap_or(u32::MAX)
    }

    /// Whether the age that a client tells of its ticket is what it is (RFC 9846 §8.3): then early data can be acted on, and
    /// could be by the time that is given, in milliseconds since 1970.
    pub(crate) fn freshness(&self, session: &Session, obfuscated_age: u32) -> Result<u64, EarlyRefusal> {
        let expected = session.issued().saturating_add(u64::from(session.age_told(obfuscated_age)));
        if self.clock.millis().abs_diff(expected) > FRESHNESS {
            return Err(EarlyRefusal::Age);
        }
        Ok(expected.saturating_add(FRESHNESS))
    }
}

/// How much is left of `most` seconds since `created`, in seconds since 1970, counting the one that has begun; nothing of what
/// is in the future.
fn left(created: u64, now: UnixTime, most: u64) -> u64 {
    match now.as_secs().checked_sub(created) {
        Some(age) => most.saturating_add(1).saturating_sub(age),
        None => 0,
    }
}

/// The last second in which the peer's certificate is valid, in seconds since 1970. What nobody has judged has none.
fn not_after(session: &Session) -> Option<u64> {
    let peer = session.peer().filter(|peer| peer.verified)?;
    let validity = Certificate::validity_of(peer.credential.chain.first()?).ok()?;
    Some(u64::try_from(validity.not_after.unix()).unwrap_or(0))
}
