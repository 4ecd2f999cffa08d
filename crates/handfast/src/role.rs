//! Who answers the machine: the configuration of a client or a server.

use crate::config::{ChooseConfig, ConfigChoice, Verification};
use crate::identity::present;
use crate::question::{Answer, ConfigQuestion, Question};
use crate::session::{EarlyDataQuestion, IssueQuestion, Kept, ResumeQuestion, Session, SessionName};
use crate::{ClientConfig, Error, Identity, Resolve, ServerConfig, Stapled};
use alloc::boxed::Box;
use alloc::sync::Arc;
use handfast_crypto::CryptoError;
use handfast_handshake::{
    self as handshake, CredentialQuestion, EarlyRefusal, Offer, PeerQuestion, Rejection, SignQuestion, StapleQuestion,
    VerifyPeer,
};
use pki_types::UnixTime;

/// The configuration that answers, and the identity it has presented.
pub(crate) struct Role {
    config: Config,
    /// Whose key signs; known once a certificate was chosen here.
    signer: Option<Arc<Identity>>,
    /// Why the peer that was let in last was not accepted.
    pub(crate) rejection: Option<Rejection>,
}

enum Config {
    Client(Arc<ClientConfig>),
    Server(Arc<ServerConfig>),
    /// A server that has not chosen yet.
    Admission(Resolve<dyn ChooseConfig>),
}

/// What became of a question.
pub(crate) enum Resolved {
    /// The configuration answers.
    Answered(Answer),
    /// The caller has to.
    Asked(Question),
}

impl<A: Into<Answer>> From<A> for Resolved {
    fn from(answer: A) -> Self {
        Self::Answered(answer.into())
    }
}

impl Role {
    pub(crate) fn client(config: Arc<ClientConfig>) -> Self {
        Self { config: Config::Client(config), signer: None, rejection: None }
    }

    pub(crate) fn admission(choose: Resolve<dyn ChooseConfig>) -> Self {
        Self { config: Config::Admission(choose), signer: None, rejection: None }
    }

    pub(crate) fn server(config: Arc<ServerConfig>) -> Self {
        Self { config: Config::Server(config), signer: None, rejection: None }
    }

    /// The chosen configuration.
    pub(crate) fn serve(&mut self, config: Arc<ServerConfig>) {
        self.config = Config::Server(config);
    }

    /// Whether `config` is the one that answers already.
    pub(crate) fn serves(&self, config: &Arc<ServerConfig>) -> bool {
        matches!(&self.config, Config::Server(own) if Arc::ptr_eq(own, config))
    }

    /// Whether this is a client that offers TLS 1.2.
    pub(crate) fn offers_tls12(&self) -> bool {
        #[cfg(feature = "tls12")]
        return matches!(&self.config, Config::Client(config) if config.params.tls12.is_some());
        #[cfg(not(feature = "tls12"))]
        false
    }

    /// Answers what the configuration answers.
    pub(crate) fn resolve(&mut self, question: handshake::Question) -> Result<Resolved, Error> {
        Ok(match question {
            handshake::Question::Config(question) => self.config(ConfigQuestion(question)),
            handshake::Question::Credential(question) => self.credential(question),
            handshake::Question::Staple(question) => self.staple(question),
            handshake::Question::Sign(question) => self.sign(question),
            handshake::Question::Peer(question) => self.peer(question),
            handshake::Question::Resume(question) => self.resume(question)?,
            handshake::Question::Issue(question) => self.issue(question)?,
            handshake::Question::EarlyData(question) => self.early_data(question)?,
            #[cfg(feature = "tls12")]
            handshake::Question::Psk(question) => self.psk(question),
            #[cfg(feature = "legacy")]
            handshake::Question::Decrypt(question) => self.decrypt(question),
            _ => return Err(CryptoError::Unsupported.into()),
        })
    }

    fn config(&self, question: ConfigQuestion) -> Resolved {
        match &self.config {
            Config::Server(config) => question.serve(config.clone()).into(),
            Config::Admission(Resolve::Now(choose)) => match choose.choose(question.hello()) {
                ConfigChoice::Serve(config) => question.serve(config).into(),
                ConfigChoice::Refuse(alert) => question.refuse(alert).into(),
            },
            Config::Admission(Resolve::Ask) | Config::Client(_) => Resolved::Asked(Question::Config(question)),
        }
    }

    fn credential(&mut self, question: CredentialQuestion) -> Resolved {
        let chooser = match &self.config {
            Config::Client(config) => &config.identity,
            Config::Server(config) => &config.identity,
            Config::Admission(_) => &Resolve::Ask,
        };
        match chooser {
            Resolve::Now(chooser) => {
                let (answer, identity) = present(&**chooser, question);
                self.signer = identity;
                answer.into()
            }
            Resolve::Ask => Resolved::Asked(Question::Credential(question)),
        }
    }

    fn staple(&self, question: StapleQuestion) -> Resolved {
        let Config::Server(config) = &self.config else { return question.none().into() };
        match &config.staples {
            Some(Resolve::Now(staples)) => match staples.staple(&question) {
                Stapled::Response(der) => question.response(der).into(),
                Stapled::Nothing => question.none().into(),
                Stapled::Refuse(alert) => question.refuse(alert).into(),
            },
            Some(Resolve::Ask) => Resolved::Asked(Question::Staple(question)),
            None => question.none().into(),
        }
    }

    fn sign(&self, question: SignQuestion) -> Resolved {
        let Some(key) = self.signer.as_ref().and_then(|identity| identity.signer()) else {
            return Resolved::Asked(Question::Sign(question));
        };
        let random = match &self.config {
            Config::Client(config) => &config.params.provider.random,
            Config::Server(config) => &config.params.provider.random,
            Config::Admission(_) => return Resolved::Asked(Question::Sign(question)),
        };
        question.sign_with(&**key, &**random).into()
    }

    fn peer(&mut self, question: PeerQuestion) -> Resolved {
        let (verifier, clock) = match &self.config {
            Config::Client(config) => match &config.verifier {
                Verification::By(verifier) => (verifier, &config.clock),
                Verification::DangerousNone => return question.dangerous_accept().into(),
            },
            Config::Server(config) => (&config.verifier, &config.clock),
            Config::Admission(_) => return Resolved::Asked(Question::Peer(question)),
        };
        match verifier {
            Resolve::Now(verifier) if self.reports_only() => match verifier.verify(&question, clock.now()) {
                Ok(()) => question.verify_with(&Accepted, clock.now()).into(),
                Err(rejection) => {
                    self.rejection = Some(rejection);
                    question.dangerous_accept().into()
                }
            },
            Resolve::Now(verifier) => question.verify_with(&**verifier, clock.now()).into(),
            Resolve::Ask => Resolved::Asked(Question::Peer(question)),
        }
    }
}

impl Role {
    fn reports_only(&self) -> bool {
        match &self.config {
            Config::Client(config) => config.io.report_only,
            Config::Server(config) => config.io.report_only,
            Config::Admission(_) => false,
        }
    }
}

/// The judge of a peer that was found good a moment ago.
struct Accepted;

impl VerifyPeer for Accepted {
    fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
        Ok(())
    }
}

/// The questions about sessions.
impl Role {
    /// A session of a client as its configuration gives it on; none where the trust has no name.
    pub(crate) fn session(&self, inner: Box<handshake::Session>) -> Option<Session> {
        match &self.config {
            Config::Client(config) => Some(Session::new(inner, config.terms.domain?, config.clock.now())),
            Config::Server(_) | Config::Admission(_) => None,
        }
    }

    /// A connection with this session has failed.
    #[cfg(feature = "tls12")]
    pub(crate) fn forget_session(&self, session_id: &[u8]) {
        if let Config::Server(config) = &self.config
            && let Some(Resolve::Now(sessions)) = &config.sessions
        {
            sessions.forget(session_id);
        }
    }

    fn resume(&self, inner: handshake::ResumeQuestion) -> Result<Resolved, Error> {
        let Config::Server(config) = &self.config else { return Err(CryptoError::Failed.into()) };
        let mut question = ResumeQuestion::new(inner, config.terms.clone());
        for at in 0..question.offers().len() {
            let Some(offer) = question.offers().get(at) else { break };
            let found = match &config.sessions {
                Some(Resolve::Now(keeper)) => keeper.resume(SessionName::of(offer, &**keeper), config.clock.now()),
                Some(Resolve::Ask) | None => None,
            };
            let psk = match (&config.psks, offer) {
                (Some(Resolve::Now(psks)), Offer::Identity { identity, .. }) if found.is_none() => psks.find(identity),
                _ => None,
            };
            // All of them, not the first alone: whether it fits what else is offered, the handshake finds out, and takes the
            // next if not. A client has a key for every hash, say, and a suite of one.
            if let Some(found) = found {
                let _ = question.session(at, &found.state, found.renew);
            } else if let Some(psk) = psk {
                question.external(at, psk);
            }
        }
        let of_tls13 = question.offers().iter().any(|offer| matches!(offer, Offer::Identity { .. }));
        let asks =
            matches!(config.sessions, Some(Resolve::Ask)) || of_tls13 && matches!(config.psks, Some(Resolve::Ask));
        // Also where something was found: whether that fits what else is offered, the handshake finds out.
        Ok(if asks && question.is_open() {
            Resolved::Asked(Question::Resume(question.handed_over()))
        } else {
            question.done().into()
        })
    }

    fn early_data(&self, inner: handshake::EarlyDataQuestion) -> Result<Resolved, Error> {
        let Config::Server(config) = &self.config else { return Err(CryptoError::Failed.into()) };
        let question = EarlyDataQuestion { inner, clock: config.clock.clone() };
        Ok(match &config.anti_replay {
            Some(Resolve::Now(register)) => match register.admit(&question) {
                Ok(()) => question.accept().into(),
                Err(why) => question.refuse(why).into(),
            },
            Some(Resolve::Ask) => Resolved::Asked(Question::EarlyData(question)),
            None => question.refuse(EarlyRefusal::Disabled).into(),
        })
    }

    fn issue(&self, inner: handshake::IssueQuestion) -> Result<Resolved, Error> {
        let Config::Server(config) = &self.config else { return Err(CryptoError::Failed.into()) };
        let question = IssueQuestion { inner, terms: config.terms.clone() };
        let sessions = match &config.sessions {
            Some(Resolve::Now(sessions)) => sessions,
            Some(Resolve::Ask) => return Ok(Resolved::Asked(Question::Issue(question))),
            None => return Ok(question.none().into()),
        };
        // What would be too old at once is not kept.
        if question.lifetime() == 0 {
            return Ok(question.none().into());
        }
        Ok(match sessions.issue(&question, config.clock.now()) {
            Kept::Ticket { ticket, good_for } => question.ticket(ticket, good_for).into(),
            Kept::Stored => question.stored().into(),
            Kept::Nothing => question.none().into(),
        })
    }
}

/// The questions of TLS 1.2.
#[cfg(feature = "tls12")]
impl Role {
    #[cfg(feature = "legacy")]
    fn psk(&self, question: handshake::PskQuestion) -> Resolved {
        let legacy = match &self.config {
            Config::Client(config) => &config.legacy,
            Config::Server(config) => &config.legacy,
            Config::Admission(_) => return question.unknown().into(),
        };
        match (legacy.keys(), question.hint(), question.identity()) {
            (Some(Resolve::Ask), ..) => Resolved::Asked(Question::Psk(question)),
            (Some(Resolve::Now(keys)), Some(hint), _) => match keys.choose(hint) {
                Some((identity, key)) => question.present(identity, key).into(),
                None => question.unknown().into(),
            },
            (Some(Resolve::Now(keys)), None, Some(identity)) => match keys.find(identity) {
                Some(key) => question.key(key).into(),
                None => question.unknown().into(),
            },
            _ => question.unknown().into(),
        }
    }

    /// No suite with a pre-shared key can be chosen.
    #[cfg(not(feature = "legacy"))]
    fn psk(&self, question: handshake::PskQuestion) -> Resolved {
        question.unknown().into()
    }

    #[cfg(feature = "legacy")]
    fn decrypt(&self, question: handshake::DecryptQuestion) -> Resolved {
        let Config::Server(config) = &self.config else { return question.failed().into() };
        match config.legacy.transport_key() {
            Some(Resolve::Now(key)) => question.decrypt_with(&**key, &*config.params.provider.random).into(),
            Some(Resolve::Ask) => Resolved::Asked(Question::Decrypt(question)),
            None => question.failed().into(),
        }
    }
}
