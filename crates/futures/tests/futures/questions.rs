//! Configurations that ask, and answers that take their time.

use crate::{duplex, made, name, patience, run};
use handfast::wire::AlertDescription;
use handfast::{Answer, ConfigQuestion, CredentialQuestion, Error, Question, SignQuestion};
use handfast_futures::{Acceptor, Answers, Connector, tls_error};
use handfast_testkit::setup::{self, Mode, Setup};
use smol::future::{yield_now, zip};
use std::io::ErrorKind;

/// Thinks a while about each question.
struct Slow(setup::Answers);

impl Slow {
    async fn think(&self, question: Question) -> Option<Answer> {
        for _ in 0..10 {
            yield_now().await;
        }
        Some(self.0.answer(question, false))
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
}

/// Also which configuration: what a client wants is known when it has said so.
#[test]
fn questions_are_answered_or_end_the_connection() {
    run(async {
        for answered in [true, false] {
            let asking = Setup { mode: Mode::Ask, ..Setup::default() }.make();
            let mut acceptor = Acceptor::with_admission(asking.admission);
            if answered {
                acceptor = acceptor.answers(Slow(asking.server_answers));
            }
            let connector = Connector::new(made().client);
            let (ours, theirs) = duplex(1 << 16);
            let (client, server) =
                zip(connector.connect(ours, name(), patience()), acceptor.accept(theirs, patience())).await;
            assert_eq!((client.is_ok(), server.is_ok()), (answered, answered));
            if let Err(error) = server {
                assert_eq!(error.kind(), ErrorKind::Unsupported);
            }
        }
    });
}

/// A connection that fails while its transport is full is not dropped before the peer has heard why.
#[test]
fn an_alert_behind_much_else_arrives() {
    struct Unsigned(Slow);
    impl Answers for Unsigned {
        async fn config(&self, question: ConfigQuestion) -> Option<Answer> {
            self.0.config(question).await
        }

        async fn credential(&self, question: CredentialQuestion) -> Option<Answer> {
            self.0.credential(question).await
        }

        async fn sign(&self, question: SignQuestion) -> Option<Answer> {
            Some(question.failed().into())
        }
    }

    run(async {
        let asking = Setup { mode: Mode::Ask, ..Setup::default() }.make();
        let acceptor = Acceptor::with_admission(asking.admission).answers(Unsigned(Slow(asking.server_answers)));
        let connector = Connector::new(made().client);
        // Narrower than the server's flight.
        let (ours, theirs) = duplex(100);
        let (client, server) =
            zip(connector.connect(ours, name(), patience()), acceptor.accept(theirs, patience())).await;
        assert!(matches!(tls_error(&server.unwrap_err()), Some(Error::Crypto(_))));
        let error = client.unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::INTERNAL_ERROR))), "{error}");
    });
}
