//! What a server is told to resume with is passed over where it does not fit, whoever told it.

use crate::common::{Effect, Notes, Seeded, Trace, Whom};
use crate::scenarios::{Scenario, scenario};
use handfast_crypto::HashAlgorithm;
use handfast_crypto::suite::TLS13_SUITES;
use handfast_handshake::{
    Candidate, ClientAuth, EarlyRefusal, Epoch, ExternalPsk, Fact, Failure, Handshake, NotResumed, Prior, PskRole,
    Question, Resumable, ServerParams, Session, UnknownPsk,
};
use handfast_wire::Violation;
use pki_types::ServerName;
use std::sync::Arc;

/// A session that was made in this scenario.
fn session_of(scenario: Scenario) -> Session {
    let trace = Trace::record(Scenario { tickets: 1, ..scenario });
    trace.replay(Whom::Client, trace.steps.len()).session().unwrap()
}

/// What the server keeps of it: the ticket is the session itself.
fn kept(session: &Session) -> Session {
    Session::decode(session.ticket().unwrap()).unwrap()
}

fn candidate(at: usize, session: Session) -> Candidate {
    let (session, fresh) = (Box::new(session), Err(EarlyRefusal::Ticket));
    Candidate { at, what: Resumable::Session { session, renew: false, fresh } }
}

/// Why a server with these parameters does not resume what the client offers; nothing where it does.
fn offered(session: &Session, params: ServerParams, found: Vec<Candidate>) -> Result<Option<NotResumed>, Failure> {
    let prior = Prior { session: Some(Box::new(session.clone())), psks: vec![psk(PskRole::Client)], early_data: false };
    let name = ServerName::try_from("example.org").unwrap();
    let mut notes = Notes::default();
    Handshake::client(Arc::new(scenario("plain").client_params()), Some(name), prior, &mut notes)?;
    let hello = notes.sent().pop().unwrap().1;

    let (mut machine, mut notes) = (Handshake::server(&*Seeded::new(3))?, Notes::default());
    let (params, mut found) = (Arc::new(params), Some(found));
    machine.message(Epoch::Initial, &hello, true, &mut notes)?;
    loop {
        let answer = match machine.question() {
            Some(Question::Config(question)) => question.serve(params.clone()),
            Some(Question::Resume(question)) => question.candidates(found.take().unwrap(), NotResumed::Unknown),
            // A full handshake.
            Some(Question::Credential(_)) | None => break,
            other => panic!("{other:?}"),
        };
        machine.answer(answer, &mut notes)?;
    }
    let why = notes.effects.iter().find_map(|effect| match effect {
        Effect::Learned(Fact::NotResumed(why)) => Some(*why),
        _ => None,
    });
    let resumed = notes.effects.iter().any(|effect| matches!(effect, Effect::Learned(Fact::Resumed)));
    assert_eq!(resumed, why.is_none());
    Ok(why)
}

fn psk(role: PskRole) -> ExternalPsk {
    ExternalPsk::new(role, "key", &[7; 32], HashAlgorithm::Sha256).unwrap()
}

fn params(client_auth: ClientAuth) -> ServerParams {
    ServerParams { client_auth, ..scenario("resumed").server_params() }
}

#[track_caller]
fn assert_misfit(session: &Session, params: ServerParams, found: Vec<Candidate>, expected: Option<NotResumed>) {
    assert_eq!(offered(session, params, found).unwrap(), expected);
}

/// docs/regressions.md row 34: who showed a certificate is not resumed where none is asked for, nor who showed none where one
/// is required.
#[test]
fn a_session_fits_the_mode_of_client_authentication() {
    use ClientAuth::{None, Request, Require};
    let (anonymous, known) = (session_of(scenario("plain")), session_of(scenario("mutual")));
    let misfit = Some(NotResumed::ClientAuth);
    for (session, mode, expected) in [
        (&anonymous, None, Option::None),
        (&anonymous, Request, Option::None),
        (&anonymous, Require, misfit),
        (&known, None, misfit),
        (&known, Request, Option::None),
        (&known, Require, Option::None),
    ] {
        assert_misfit(session, params(mode), vec![candidate(0, kept(session))], expected);
    }
    // An external key takes the place of a certificate, also in its sessions.
    let of_key = session_of(scenario("external key"));
    for mode in [None, Request, Require] {
        assert_misfit(&of_key, params(mode), vec![candidate(0, kept(&of_key))], Option::None);
    }
}

#[test]
fn a_session_fits_its_name_and_suite() {
    let session = session_of(scenario("plain"));
    let edited = |from: &[u8], to: &[u8]| {
        let bytes = kept(&session).encode().unwrap();
        let at = bytes.windows(from.len()).position(|part| part == from).unwrap();
        Session::decode(&[&bytes[..at], to, &bytes[at + from.len()..]].concat()).unwrap()
    };
    let other_name = edited(b"example.org", b"example.com");
    assert_misfit(&session, params(ClientAuth::None), vec![candidate(0, other_name)], Some(NotResumed::Name));
    let suites = TLS13_SUITES.iter().filter(|suite| suite.hash == HashAlgorithm::Sha384).collect();
    let other_suites = ServerParams { suites, ..params(ClientAuth::None) };
    assert_misfit(&session, other_suites, vec![candidate(0, kept(&session))], Some(NotResumed::Suite));
    // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.
    let other_version = edited(&[4, 0x13, 0x01], &[4, 0xc0, 0x2b]);
    assert_misfit(&session, params(ClientAuth::None), vec![candidate(0, other_version)], Some(NotResumed::Version));
}

/// What does not fit is no reason to stop, and a place that nobody offered is none.
#[test]
fn the_first_that_fits_is_taken() {
    let session = session_of(scenario("plain"));
    let found = || vec![candidate(7, kept(&session)), candidate(0, kept(&session))];
    assert_misfit(&session, params(ClientAuth::None), found(), None);
    assert_misfit(&session, params(ClientAuth::None), vec![candidate(7, kept(&session))], Some(NotResumed::Unknown));
    assert_misfit(&session, params(ClientAuth::None), vec![], Some(NotResumed::Unknown));
    // One is chosen and that one is checked: the binder at this place is that of the external key.
    let taken = offered(&session, params(ClientAuth::None), vec![candidate(1, kept(&session))]);
    assert!(matches!(taken, Err(Failure::Peer(Violation::BadBinder))));
}

/// docs/regressions.md row 88: a key with which this side is the client is none of a server's.
#[test]
fn a_key_of_the_other_role_is_none() {
    let session = session_of(scenario("plain"));
    let found = |role| vec![Candidate { at: 1, what: Resumable::External(psk(role)) }];
    let with_keys = || ServerParams { psks: Some(UnknownPsk::Refuse), ..params(ClientAuth::None) };
    let refused = offered(&session, with_keys(), found(PskRole::Client));
    assert!(matches!(refused, Err(Failure::Peer(Violation::UnknownPskIdentity))));
    // Where a key is required, a session without one is none either.
    let refused = offered(&session, with_keys(), vec![candidate(0, kept(&session))]);
    assert!(matches!(refused, Err(Failure::Peer(Violation::UnknownPskIdentity))));
    let of_key = session_of(scenario("external key"));
    assert_eq!(offered(&of_key, with_keys(), vec![candidate(0, kept(&of_key))]).unwrap(), None);
}
