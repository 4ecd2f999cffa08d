//! Answers that take their time.

use handfast::{
    Answer, ConfigQuestion, CredentialQuestion, EarlyDataQuestion, EarlyRefusal, IssueQuestion, PeerQuestion, Question,
    ResumeQuestion, SignQuestion, StapleQuestion,
};
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// Answers the questions of a configuration that asks ([`Resolve::Ask`](handfast::Resolve)), whenever it can: from a
/// database, a key server, another thread. Only the connection that asks stands still.
///
/// A method is wanted for each decision that the configuration leaves open. The others keep their default, which has no
/// answer; a connection without one is given up. About sessions, early data and OCSP responses the default answers
/// that there are none.
///
/// ```
/// # async fn remote_signature(_: &[u8]) -> Option<Vec<u8>> { None }
/// use handfast::{Answer, SignQuestion};
///
/// /// Signs with a key that is on another machine.
/// struct KeyServer;
///
/// impl handfast_net::polled::Answers for KeyServer {
///     async fn sign(&self, question: SignQuestion) -> Option<Answer> {
///         let signature = remote_signature(question.message()).await?;
///         Some(question.signature(signature).into())
///     }
/// }
/// ```
pub trait Answers: Send + Sync + 'static {
    /// Which configuration shall serve this ClientHello?
    fn config(&self, question: ConfigQuestion) -> impl Future<Output = Option<Answer>> + Send {
        drop(question);
        ready(None)
    }

    /// Which certificate shall be presented?
    fn credential(&self, question: CredentialQuestion) -> impl Future<Output = Option<Answer>> + Send {
        drop(question);
        ready(None)
    }

    /// What is the status of the certificate that is presented? By default nothing is stapled.
    fn staple(&self, question: StapleQuestion) -> impl Future<Output = Option<Answer>> + Send {
        ready(Some(question.none().into()))
    }

    /// Sign this.
    fn sign(&self, question: SignQuestion) -> impl Future<Output = Option<Answer>> + Send {
        drop(question);
        ready(None)
    }

    /// Is this peer acceptable?
    fn peer(&self, question: PeerQuestion) -> impl Future<Output = Option<Answer>> + Send {
        drop(question);
        ready(None)
    }

    /// Is there a session, or an external key, behind what the client offers? By default there is none.
    fn resume(&self, question: ResumeQuestion) -> impl Future<Output = Option<Answer>> + Send {
        ready(Some(question.fresh()))
    }

    /// What shall the client resume this session with? By default with nothing.
    ///
    /// In TLS 1.3 nothing waits for the answer: the stream is read and written meanwhile, and sends the ticket when it is
    /// there and the stream is in use.
    fn issue(&self, question: IssueQuestion) -> impl Future<Output = Option<Answer>> + Send {
        ready(Some(question.none()))
    }

    /// May early data be acted on? By default it may not.
    fn early_data(&self, question: EarlyDataQuestion) -> impl Future<Output = Option<Answer>> + Send {
        ready(Some(question.refuse(EarlyRefusal::Answered)))
    }
}

/// [`Answers`] behind a pointer.
trait Answering: Send + Sync {
    /// Begins to think.
    fn answer(self: Arc<Self>, question: Question) -> Thought;
}

impl<A: Answers> Answering for A {
    fn answer(self: Arc<Self>, question: Question) -> Thought {
        Thought::new(async move {
            match question {
                Question::Config(question) => self.config(question).await,
                Question::Credential(question) => self.credential(question).await,
                Question::Staple(question) => self.staple(question).await,
                Question::Sign(question) => self.sign(question).await,
                Question::Peer(question) => self.peer(question).await,
                Question::Resume(question) => self.resume(question).await,
                Question::Issue(question) => self.issue(question).await,
                Question::EarlyData(question) => self.early_data(question).await,
                _ => None,
            }
        })
    }
}

/// Whoever answers, for as many connections as there are; by default nobody.
#[derive(Clone, Default)]
pub struct Answerer(Option<Arc<dyn Answering>>);

impl Answerer {
    /// These answer.
    pub fn new(answers: impl Answers) -> Self {
        Self(Some(Arc::new(answers)))
    }

    /// Begins to think.
    pub(super) fn answer(&self, question: Question) -> Thought {
        self.0.clone().map_or_else(|| Thought::done(None), |answers| answers.answer(question))
    }
}

impl fmt::Debug for Answerer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Answerer").field(&self.0.is_some()).finish()
    }
}

/// Something that comes some day.
///
/// The mutex is never locked: it makes a stream that waits `Sync`, so that a reference to one can be kept across an await.
pub(super) struct Later<T>(Mutex<Pin<Box<dyn Future<Output = T> + Send>>>);

/// An answer under way.
pub(super) type Thought = Later<Option<Answer>>;

impl<T> Later<T> {
    pub(super) fn new(coming: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Mutex::new(Box::pin(coming)))
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        let coming = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        coming.as_mut().poll(cx)
    }
}

impl Thought {
    /// No thought is needed.
    pub(super) fn done(answer: Option<Answer>) -> Self {
        Self::new(ready(answer))
    }
}
