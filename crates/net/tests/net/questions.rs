//! Configurations that ask.

use crate::{name, over_loopback};
use handfast::wire::AlertDescription;
use handfast::{ClientAuth, Error, Question};
use handfast_net::{Acceptor, Connector, tls_error};
use handfast_testkit::pipe::Pipe;
use handfast_testkit::setup::{Mode, Setup};
use std::io::{ErrorKind, Read, Write};

fn asking() -> Setup {
    Setup { mode: Mode::Ask, client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() }
}

#[test]
fn whoever_makes_the_connections_can_answer() {
    let made = asking().make();
    let (ours, theirs) = (made.client_answers, made.server_answers);
    let connector = Connector::new(made.client).answers(move |question| Some(ours.answer(question, false)));
    let acceptor =
        Acceptor::with_admission(made.admission).answers(move |question| Some(theirs.answer(question, false)));
    let (mut client, mut server) = over_loopback((connector, acceptor));
    client.write_all(b"well?").unwrap();
    server.read_exact(&mut [0; 5]).unwrap();
    assert!(server.facts().peer().is_some());
}

#[test]
fn whoever_holds_the_stream_can_answer() {
    let made = asking().make();
    let (ours, theirs) = Pipe::new();
    let mut client = Connector::new(made.client).begin(ours, name()).unwrap();
    let mut server = Acceptor::with_admission(made.admission).begin(theirs).unwrap();
    let mut asked = Vec::new();
    for _ in 0..2 {
        let _ = client.handshake_answering(&mut |question| {
            asked.push(matches!(question, Question::Peer(_)));
            Some(made.client_answers.answer(question, false))
        });
        let _ = server.handshake_answering(&mut |question| Some(made.server_answers.answer(question, false)));
    }
    assert!(client.connection().is_connected() && server.connection().is_connected());
    assert_eq!(asked, [true, false, false], "the peer, the credential, the signature");
}

#[test]
fn a_question_without_an_answer_ends_the_connection() {
    let made = asking().make();
    let plain = Setup::default().make();
    let (ours, theirs) = Pipe::new();
    let mut client = Connector::new(made.client).begin(ours, name()).unwrap();
    let mut server = Acceptor::new(plain.server).begin(theirs).unwrap();
    let _ = client.handshake();
    let _ = server.handshake();
    let error = client.handshake().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("answers"), "{error}");
    assert!(client.handshake().is_err());
    let error = server.handshake().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::INTERNAL_ERROR))), "{error}");
}
