//! Sessions of TLS 1.3 and external keys: where they come from, and where they go.

use crate::over_loopback;
use handfast::crypto::HashAlgorithm;
use handfast::{
    Answer, EarlyDataQuestion, EarlyRefusal, ExternalPsk, IssueQuestion, PskRole, Question, Resolve, ResumeQuestion,
    SessionCache,
};
use handfast_testkit::setup::Setup;
use handfast_testkit::shelf::Shelf;
use handfast_tokio::{Acceptor, Answers, Connector};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

#[tokio::test]
async fn a_cache_fills_itself() {
    let made = Setup::default().make();
    let cache = Arc::new(SessionCache::default());
    let (connector, acceptor) = (Connector::new(made.client).sessions(cache.clone()), Acceptor::new(made.server));
    for (connection, left) in [(0, 0), (1, 1), (2, 2)] {
        let (client, mut server) = over_loopback((connector.clone(), acceptor.clone())).await;
        assert_eq!((client.facts().resumed, cache.len()), (connection > 0, left), "connection {connection}");
        let (mut read, _write) = tokio::io::split(client);
        server.write_all(b"hello").await.unwrap();
        read.read_exact(&mut [0; 5]).await.unwrap();
        assert_eq!(cache.len(), left + 2);
    }
}

#[tokio::test]
async fn an_external_key_connects() {
    let psk = |role| ExternalPsk::new(role, "pump", &[7; 32], HashAlgorithm::Sha256).unwrap();
    let known = Arc::new(vec![psk(PskRole::Server)]);
    let made = Setup::default().make_with(|client| client, |server| server.psks(Resolve::Now(known)));
    let connector = Connector::new(made.client).psk(psk(PskRole::Client));
    let (client, server) = over_loopback((connector, Acceptor::new(made.server))).await;
    for facts in [client.facts(), server.facts()] {
        assert_eq!(facts.psk_identity.as_deref(), Some(&b"pump"[..]));
    }
}

/// Thinks about each ticket until it is allowed to make it.
struct Slow {
    shelf: Arc<Shelf>,
    allowed: Arc<Semaphore>,
}

impl Answers for Slow {
    async fn resume(&self, question: ResumeQuestion) -> Option<Answer> {
        self.shelf.answer(Question::Resume(question))
    }

    async fn issue(&self, question: IssueQuestion) -> Option<Answer> {
        self.allowed.acquire().await.unwrap().forget();
        self.shelf.answer(Question::Issue(question))
    }

    async fn early_data(&self, question: EarlyDataQuestion) -> Option<Answer> {
        self.shelf.answer(Question::EarlyData(question))
    }
}

/// Nothing waits for a ticket: data goes both ways while it is being made, and it comes when it is there.
#[tokio::test]
async fn tickets_take_their_time() {
    let made = Setup::default().make_with(
        |client| client,
        |server| server.ask_sessions(true, false).early_data(100).anti_replay(Resolve::Ask),
    );
    let (shelf, allowed) = (Arc::new(Shelf::default()), Arc::new(Semaphore::new(0)));
    let slow = Slow { shelf: shelf.clone(), allowed: allowed.clone() };
    let (connector, acceptor) = (Connector::new(made.client), Acceptor::new(made.server).answers(slow));
    let (mut client, mut server) = over_loopback((connector.clone(), acceptor.clone())).await;
    let mut heard = [0; 4];
    client.write_all(b"ping").await.unwrap();
    server.read_exact(&mut heard).await.unwrap();
    server.write_all(b"pong").await.unwrap();
    client.read_exact(&mut heard).await.unwrap();
    assert!(shelf.is_empty() && client.session().is_none());

    // A write is enough to send the first; the second is asked for when the server reads again.
    allowed.add_permits(1);
    server.write_all(b"pong").await.unwrap();
    client.read_exact(&mut heard).await.unwrap();
    assert_eq!((shelf.len(), client.take_sessions().len()), (1, 1));
    allowed.add_permits(1);
    let (served, answered) = tokio::join!(
        async {
            server.read_exact(&mut [0; 4]).await?;
            server.write_all(b"pong").await
        },
        async {
            client.write_all(b"ping").await?;
            client.read_exact(&mut heard).await
        }
    );
    served.unwrap();
    answered.unwrap();
    let sessions = client.take_sessions();
    assert_eq!((shelf.len(), sessions.len()), (2, 1));

    allowed.add_permits(9);
    let connector = connector.session(sessions[0].clone()).early_data(*b"early");
    let (client, mut server) = over_loopback((connector, acceptor)).await;
    assert!(client.facts().resumed);
    assert_eq!((client.early_outcome().taken(), server.take_early_data().as_slice()), (5, &b"early"[..]));
}

/// A server that is idle sends a ticket when it is there: whoever waits in a read is woken.
#[tokio::test]
async fn a_reader_that_waits_sends_a_ticket() {
    let made = Setup::default().make_with(|client| client, |server| server.ask_sessions(true, false).tickets(1));
    let (shelf, allowed) = (Arc::new(Shelf::default()), Arc::new(Semaphore::new(0)));
    let slow = Slow { shelf: shelf.clone(), allowed: allowed.clone() };
    let (connector, acceptor) = (Connector::new(made.client), Acceptor::new(made.server).answers(slow));
    let (mut client, mut server) = over_loopback((connector, acceptor)).await;
    let server = tokio::spawn(async move { server.read_to_end(&mut Vec::new()).await.map(|_| server) });
    tokio::task::yield_now().await;
    assert!(shelf.is_empty());
    allowed.add_permits(1);
    let mut heard = [0];
    for _ in 0..1_000_000 {
        // A read that would wait is dropped. It has heard of the ticket all the same.
        tokio::select! {
            biased;
            read = client.read(&mut heard) => panic!("{read:?}"),
            () = tokio::task::yield_now() => {}
        }
        if client.session().is_some() {
            break;
        }
    }
    assert!(client.session().is_some(), "{} tickets were made", shelf.len());
    client.shutdown().await.unwrap();
    server.await.unwrap().unwrap();
}

/// About sessions a type that says nothing says that there are none.
#[tokio::test]
async fn whoever_says_nothing_keeps_no_sessions() {
    struct Silent;
    impl Answers for Silent {}

    let made = Setup::default().make_with(
        |client| client,
        |server| server.ask_sessions(true, false).early_data(100).anti_replay(Resolve::Ask),
    );
    let shelf = Arc::new(Shelf::default());
    let slow = Slow { shelf: shelf.clone(), allowed: Arc::new(Semaphore::new(9)) };
    let acceptor = Acceptor::new(made.server.clone()).answers(slow);
    let connector = Connector::new(made.client);
    let (mut client, mut server) = over_loopback((connector.clone(), acceptor)).await;
    server.write_all(b"x").await.unwrap();
    client.read_exact(&mut [0]).await.unwrap();
    let session = client.session().unwrap().clone();

    let acceptor = Acceptor::new(made.server).answers(Silent);
    let connector = connector.session(session).early_data(*b"early");
    let (mut client, mut server) = over_loopback((connector, acceptor)).await;
    assert!(!client.facts().resumed);
    assert_eq!(server.facts().early_data, handfast::EarlyData::Refused(EarlyRefusal::NotResumed));
    server.write_all(b"x").await.unwrap();
    client.read_exact(&mut [0]).await.unwrap();
    assert!(client.session().is_none());
}
