//! Configurations that ask, and answers that take their time.

use crate::name;
use handfast::wire::AlertDescription;
use handfast::{Answer, ClientAuth, ConfigQuestion, CredentialQuestion, Error, PeerQuestion, Question, SignQuestion};
use handfast_testkit::setup::{self, Mode, Setup};
use handfast_tokio::{Acceptor, Answers, Connector, tls_error};
use std::future::Future;
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use tokio::sync::Semaphore;

fn asking() -> Setup {
    Setup { mode: Mode::Ask, client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() }
}

/// Thinks about each question until it is allowed to answer.
struct Slow {
    answers: setup::Answers,
    allowed: Arc<Semaphore>,
    asked: Arc<AtomicUsize>,
}

impl Slow {
    fn new(answers: setup::Answers, allowed: usize) -> Self {
        Self { answers, allowed: Arc::new(Semaphore::new(allowed)), asked: Arc::default() }
    }

    async fn think(&self, question: Question) -> Option<Answer> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.allowed.acquire().await.unwrap().forget();
        Some(self.answers.answer(question, false))
    }
}

impl Answers for Slow {
    async fn config(&self, question: ConfigQuestion) -> Option<Answer> {
        self.think(Question::Config(question)).await
    }

    async fn credential(&self, question: CredentialQuestion) -> Option<Answer> {
        self.think(Question::Credential(question)).await
    }

    async fn sign(&self, question: SignQuestion) -> Option<Answer> {
        self.think(Question::Sign(question)).await
    }

    async fn peer(&self, question: PeerQuestion) -> Option<Answer> {
        self.think(Question::Peer(question)).await
    }
}

#[tokio::test]
async fn every_question_can_wait() {
    let made = asking().make();
    let (client_slow, server_slow) = (Slow::new(made.client_answers, 0), Slow::new(made.server_answers, 0));
    let allowed = [client_slow.allowed.clone(), server_slow.allowed.clone()];
    let asked = [client_slow.asked.clone(), server_slow.asked.clone()];
    let connector = Connector::new(made.client).answers(client_slow);
    let acceptor = Acceptor::with_admission(made.admission).answers(server_slow);
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let client = tokio::spawn(async move { connector.connect_over(ours, name()).await });
    let server = tokio::spawn(async move { acceptor.accept(theirs).await });
    while !server.is_finished() {
        allowed.iter().for_each(|allowed| allowed.add_permits(1));
        tokio::task::yield_now().await;
    }
    assert!(server.await.unwrap().unwrap().facts().peer().unwrap().verified);
    assert!(client.await.unwrap().unwrap().facts().peer().unwrap().verified);
    assert_eq!(asked.map(|asked| asked.load(Ordering::Relaxed)), [3, 4], "how often each side was asked");
}

/// A handshake that is dropped in the middle of an answer goes on with it the next time.
#[tokio::test]
async fn an_answer_under_way_survives_its_future() {
    let made = asking().make();
    let slow = Slow::new(made.server_answers, 0);
    let (allowed, asked) = (slow.allowed.clone(), slow.asked.clone());
    let connector = Connector::new(made.client).answers(Slow::new(made.client_answers, 9));
    let acceptor = Acceptor::with_admission(made.admission).answers(slow);
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let client = tokio::spawn(async move { connector.connect_over(ours, name()).await });
    let mut server = acceptor.begin(theirs).unwrap();
    let mut answered = 0;
    loop {
        // Each future is polled once and dropped.
        match pin!(server.handshake()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => break done.unwrap(),
            Poll::Pending if asked.load(Ordering::Relaxed) > answered => {
                answered += 1;
                allowed.add_permits(1);
            }
            Poll::Pending => tokio::task::yield_now().await,
        }
    }
    assert_eq!(answered, 4, "the configuration, the credential, the signature, the peer");
    client.await.unwrap().unwrap();
}

/// What a type does not answer, nobody does.
#[tokio::test]
async fn a_question_without_an_answer_ends_the_connection() {
    struct Silent;
    impl Answers for Silent {}

    for with_answers in [false, true] {
        let made = asking().make();
        let mut connector = Connector::new(made.client);
        if with_answers {
            connector = connector.answers(Silent);
        }
        let acceptor = Acceptor::new(Setup::default().make().server);
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (client, server) = tokio::join!(connector.connect_over(ours, name()), acceptor.accept(theirs));
        let error = client.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let error = server.unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::INTERNAL_ERROR))), "{error}");
    }
}

/// A connection that fails while its transport is full is not dropped before the peer has heard why.
#[tokio::test]
async fn an_alert_behind_much_else_arrives() {
    struct Unsigned(setup::Answers);
    impl Answers for Unsigned {
        async fn config(&self, question: ConfigQuestion) -> Option<Answer> {
            Some(self.0.answer(Question::Config(question), false))
        }

        async fn credential(&self, question: CredentialQuestion) -> Option<Answer> {
            Some(self.0.answer(Question::Credential(question), false))
        }

        async fn sign(&self, question: SignQuestion) -> Option<Answer> {
            Some(question.failed().into())
        }
    }

    let made = Setup { mode: Mode::Ask, ..Setup::default() }.make();
    let connector = Connector::new(Setup::default().make().client);
    let acceptor = Acceptor::with_admission(made.admission).answers(Unsigned(made.server_answers));
    // Narrower than the server's flight.
    let (ours, theirs) = tokio::io::duplex(100);
    let (client, server) = tokio::join!(connector.connect_over(ours, name()), acceptor.accept(theirs));
    assert!(matches!(tls_error(&server.unwrap_err()), Some(Error::Crypto(_))));
    let error = client.unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::INTERNAL_ERROR))), "{error}");
}
