//! Answers that take their time.

use handfast::{
    Answer, ConfigQuestion, CredentialQuestion, EarlyDataQuestion, EarlyRefusal, IssueQuestion, PeerQuestion, Question,
    ResumeQuestion, SignQuestion, StapleQuestion,
};
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
/// impl handfast_tokio::Answers for KeyServer {
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
pub(crate) trait Answering: Send + Sync {
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

/// An answer under way.
///
/// The mutex is never locked: it makes a stream that thinks `Sync`, so that a reference to one can be kept across an await.
pub(crate) struct Thought(Mutex<Pin<Box<dyn Future<Output = Option<Answer>> + Send>>>);

impl Thought {
    fn new(thinking: impl Future<Output = Option<Answer>> + Send + 'static) -> Self {
        Self(Mutex::new(Box::pin(thinking)))
    }

    /// No thought is needed.
    pub(crate) fn done(answer: Option<Answer>) -> Self {
        Self::new(ready(answer))
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        let thinking = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        thinking.as_mut().poll(cx)
    }
}
