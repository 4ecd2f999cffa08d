//! Answers, late, what the configurations answer at once: the same values decide.

use crate::flags::Flags;
use crate::peer::{Judge, Keys, Responses};
use crate::world::{Frozen, Keeper, World};
use handfast::crypto::{DecryptingKey, Provider};
use handfast::legacy::PskKeys;
use handfast::wire::AlertDescription;
use handfast::{
    Answer, AntiReplay, ChooseConfig, Clock, ConfigChoice, CredentialQuestion, ExternalPsk, FindPsk, Identity,
    KeepSessions, Kept, Offer, Question, ResumeQuestion, ServerConfig, SessionName, Staple, Stapled, StrikeRegister,
    present,
};
use std::sync::Arc;

/// Whether a case wants questions instead of answers.
pub(crate) fn asks(flags: &Flags) -> bool {
    flags.byte_wise || flags.fail_certificate
}

/// Whoever is asked.
pub(crate) struct Answers {
    pub(crate) judge: Judge,
    /// A client's, until a server has chosen.
    pub(crate) serving: Serving,
    /// A server's.
    pub(crate) admission: Option<Arc<dyn Admits>>,
    pub(crate) keeper: Keeper,
    pub(crate) register: Arc<StrikeRegister>,
    /// Of TLS 1.2.
    pub(crate) keys: Option<Arc<Keys>>,
    pub(crate) clock: Arc<Frozen>,
    provider: Provider,
    /// No certificate is found.
    fails: bool,
    /// Nor was it.
    pub(crate) failed: Option<&'static str>,
    /// A server's OCSP responses.
    staples: Option<Responses>,
    /// Whose key signs.
    signer: Option<Arc<Identity>>,
}

/// What goes with a configuration.
#[derive(Clone, Default)]
pub(crate) struct Serving {
    pub(crate) identities: Vec<Arc<Identity>>,
    pub(crate) psks: Vec<ExternalPsk>,
    pub(crate) decrypter: Option<Arc<dyn DecryptingKey>>,
}

/// Chooses a configuration, and knows what goes with it.
pub(crate) trait Admits: ChooseConfig {
    fn serving(&self, config: &Arc<ServerConfig>) -> Serving;
}

impl Answers {
    pub(crate) fn new(flags: &Flags, judge: Judge, world: &World) -> Self {
        Self {
            judge,
            serving: Serving::default(),
            admission: None,
            keeper: Keeper::new(flags, world),
            register: world.register.clone(),
            keys: Keys::of(flags),
            clock: world.clock.clone(),
            provider: handfast::rustcrypto::provider(),
            fails: flags.fail_certificate,
            failed: None,
            staples: Responses::of(flags),
            signer: None,
        }
    }

    /// The answer, as the configuration would give it.
    pub(crate) fn answer(&mut self, question: Question) -> Result<Answer, String> {
        let now = self.clock.now();
        Ok(match question {
            Question::Config(question) => {
                let Some(admission) = &self.admission else { return Err("a client that chooses".into()) };
                match admission.choose(question.hello()) {
                    ConfigChoice::Refuse(alert) => question.refuse(alert),
                    ConfigChoice::Serve(config) => {
                        self.serving = admission.serving(&config);
                        question.serve(config)
                    }
                }
            }
            Question::Credential(question) => self.credential(question),
            Question::Staple(question) => match self.staples.as_ref().map(|staples| staples.staple(&question)) {
                Some(Stapled::Response(der)) => question.response(der),
                Some(Stapled::Refuse(alert)) => question.refuse(alert),
                _ => question.none(),
            }
            .into(),
            Question::Sign(question) => {
                match self.signer.as_ref().and_then(|identity| identity.signer()) {
                    // Not `sign_with`, so that what was made elsewhere is checked.
                    Some(key) => match key.sign(question.scheme(), question.message(), &*self.provider.random) {
                        Ok(signature) => question.signature(signature),
                        Err(_) => question.failed(),
                    },
                    None => question.failed(),
                }
                .into()
            }
            Question::Peer(question) => question.verify_with(&self.judge, now).into(),
            Question::Resume(question) => self.resume(question),
            Question::Issue(question) => match self.keeper.issue(&question, now) {
                Kept::Ticket { ticket, good_for } => question.ticket(ticket, good_for),
                Kept::Stored => question.stored(),
                Kept::Nothing => question.none(),
            },
            Question::EarlyData(question) => match self.register.admit(&question) {
                Ok(()) => question.accept(),
                Err(why) => question.refuse(why),
            },
            Question::Psk(question) => match (&self.keys, question.identity()) {
                (None, _) => question.unknown(),
                (Some(keys), Some(identity)) => match keys.find(identity) {
                    Some(key) => question.key(key),
                    None => question.unknown(),
                },
                (Some(keys), None) => match keys.choose(question.hint().unwrap_or_default()) {
                    Some((identity, key)) => question.present(identity, key),
                    None => question.unknown(),
                },
            }
            .into(),
            Question::Decrypt(question) => match &self.serving.decrypter {
                Some(key) => question.decrypt_with(&**key, &*self.provider.random),
                None => question.failed(),
            }
            .into(),
            other => return Err(format!("a question nobody expects: {other:?}")),
        })
    }

    fn credential(&mut self, question: CredentialQuestion) -> Answer {
        if self.fails {
            self.failed = Some("no certificate was looked up");
            return question.refuse(AlertDescription::INTERNAL_ERROR).into();
        }
        let (answer, signer) = present(&self.serving.identities, question);
        self.signer = signer;
        answer.into()
    }

    /// Everything that is known of what is offered.
    fn resume(&self, mut question: ResumeQuestion) -> Answer {
        for (at, offer) in question.offers().to_vec().iter().enumerate() {
            let name = match offer {
                Offer::Ticket(ticket) | Offer::Identity { identity: ticket, .. } if self.keeper.tickets() => {
                    SessionName::Ticket(ticket)
                }
                Offer::SessionId(id) | Offer::Ticket(id) | Offer::Identity { identity: id, .. } => SessionName::Id(id),
            };
            match (self.keeper.resume(name, self.clock.now()), self.serving.psks.find(offer.name())) {
                (Some(found), _) => drop(question.session(at, &found.state, found.renew)),
                (None, Some(psk)) => question.external(at, psk),
                (None, None) => {}
            }
        }
        let keys: Vec<_> = question.keys().map(<[u8]>::to_vec).collect();
        keys.iter().filter_map(|key| self.serving.psks.find(key)).for_each(|psk| question.known(psk));
        question.done()
    }
}
