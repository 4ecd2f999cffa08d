//! An answer fits one question of one connection, once (docs/regressions.md row 81).

use crate::common::{Party, Step, Trace, Whom};
use crate::scenarios::scenario;
use handfast_handshake::{Failure, Question, Refusal, Usage};
use handfast_wire::AlertDescription;

/// The steps up to and with the message that makes the client ask about its peer.
fn until_peer_question() -> (Party, Question) {
    let trace = Trace::record(scenario("plain"));
    let at = trace.steps.iter().position(|step| matches!(step, Step::Answer(Whom::Client))).unwrap();
    let mut party = trace.replay(Whom::Client, at);
    let question = party.machine.question().unwrap();
    (party, question)
}

fn assert_stale(party: &mut Party, answer: handfast_handshake::Answer) {
    let before = party.machine.state();
    assert!(matches!(party.machine.answer(answer, &mut party.notes), Err(Failure::Usage(Usage::Stale))));
    assert_eq!(party.machine.state(), before);
}

#[test]
fn an_answer_of_another_connection_changes_nothing() {
    let (_, question) = until_peer_question();
    let foreign = question.id();
    let mut server = Party::server(scenario("plain"));
    let Some(Step::Message(_, epoch, hello)) = Trace::record(scenario("plain")).steps.into_iter().next() else {
        panic!()
    };
    server.take(epoch, &hello).unwrap();
    assert!(!server.machine.has_asked(foreign));
    let Question::Peer(question) = question else { panic!() };
    assert_stale(&mut server, question.dangerous_accept());
}

#[test]
fn an_answer_to_an_earlier_question_changes_nothing() {
    let mut server = Party::server(scenario("plain"));
    let Some(Step::Message(_, epoch, hello)) = Trace::record(scenario("plain")).steps.into_iter().next() else {
        panic!()
    };
    server.take(epoch, &hello).unwrap();
    let first = server.machine.question().unwrap();
    // The same question cannot be asked twice, so another connection's machine with the same nonce stands in.
    let mut twin = Party::server(scenario("plain"));
    twin.take(epoch, &hello).unwrap();
    let late = twin.machine.question().unwrap();
    assert_eq!(first.id(), late.id());
    let answer = server.answer_to(first);
    server.machine.answer(answer, &mut server.notes).unwrap();
    let late = server.answer_to(late);
    assert_stale(&mut server, late);
}

#[test]
fn no_message_is_taken_while_a_question_is_open() {
    let (mut party, question) = until_peer_question();
    let taken = party.take(handfast_handshake::Epoch::Handshake, &[20, 0, 0, 0]);
    assert!(matches!(taken, Err(Failure::Usage(Usage::QuestionOpen))));
    let answer = party.answer_to(question);
    party.machine.answer(answer, &mut party.notes).unwrap();
    assert_eq!(party.machine.state(), "WAIT_FINISHED");
}

/// docs/regressions.md row 21: before the answer there is no verdict, and a rejection is final.
#[test]
fn a_rejected_peer_ends_the_handshake() {
    let (mut party, question) = until_peer_question();
    let Question::Peer(question) = question else { panic!() };
    let answer = question.reject(AlertDescription::UNKNOWN_CA);
    let Err(failure) = party.machine.answer(answer, &mut party.notes) else { panic!() };
    assert_eq!(failure.alert(), Some(AlertDescription::UNKNOWN_CA));
}

#[test]
fn a_scheme_the_peer_did_not_offer_cannot_be_presented() {
    let trace = Trace::record(scenario("plain"));
    let at = trace.steps.iter().position(|step| matches!(step, Step::Answer(Whom::Server))).unwrap();
    let mut server = trace.replay(Whom::Server, at + 1);
    let Some(Question::Credential(question)) = server.machine.question() else { panic!() };
    let key = handfast_crypto::PublicKey { kind: handfast_crypto::KeyKind::P256, bytes: vec![] };
    let empty = handfast_handshake::Credential::new(vec![], key.clone());
    assert_eq!(empty.unwrap_err(), handfast_handshake::CredentialError::Empty);
    let credential = handfast_handshake::Credential::new(vec![b"leaf".to_vec().into()], key).unwrap();
    let answer = question.present(credential.into(), handfast_wire::SignatureScheme::ED25519);
    let Err(failure) = server.machine.answer(answer, &mut server.notes) else { panic!() };
    assert!(matches!(failure, Failure::Refused(Refusal::Scheme)));
}
