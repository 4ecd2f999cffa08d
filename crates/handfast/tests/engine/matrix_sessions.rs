//! The matrix of what a client has from before: sessions, external keys and early data, under every chunking, decided at once
//! or asked, give the same messages, facts and data.

use crate::matrix::{Begun, Outcome, all_ways};
use handfast::crypto::HashAlgorithm;
use handfast::wire::NamedGroup;
use handfast::{ClientAuth, ExternalPsk, ImportedIdentity, Importer, PskRole, Session};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Keeping, Setup};

/// What a client offers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offers {
    Nothing,
    Session,
    /// A session of another server.
    Foreign,
    Key,
}

/// Whether a client sends early data, and what becomes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Early {
    None,
    Taken,
    Refused,
}

fn session_of(setup: &Setup) -> Session {
    let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
    pair.connect();
    pair.client.sessions.pop().unwrap()
}

/// A second connection, after one in which the session was made where one is offered.
fn begin(setup: &Setup, chunking: Chunking, offers: Offers, keys: &[ExternalPsk], early: Early) -> Begun {
    let made = setup.make();
    let logs = [made.client_log.clone(), made.server_log.clone()];
    let session = match offers {
        Offers::Session => {
            let mut first = Pair::new(made.clone(), chunking);
            first.connect();
            first.client.sessions.pop()
        }
        Offers::Foreign => Some(session_of(&Setup { keeping: Keeping::Own, ..setup.clone() })),
        Offers::Nothing | Offers::Key => None,
    };
    let mut pair = Pair::start(made, chunking, |mut start| {
        for key in keys {
            start = start.psk(key.clone()).unwrap();
        }
        let start = match session {
            Some(session) => start.session(session).unwrap(),
            None => start,
        };
        start.early_data(early != Early::None)
    });
    if early != Early::None {
        let sent = pair.client.connection.send_early(b"GET /", &mut pair.client.outbox).unwrap();
        assert_eq!(sent, 5);
    }
    (pair, logs)
}

/// With every mode of client authentication. `expected` says what is resumed: a session, a key.
fn every_client_authentication(
    setup: &Setup,
    offers: Offers,
    keys: &[ExternalPsk],
    early: Early,
    expected: (bool, Option<&[u8]>),
) {
    for client_auth in [ClientAuth::None, ClientAuth::Request, ClientAuth::Require] {
        let setup = Setup { client_auth, client_certificate: client_auth != ClientAuth::None, ..setup.clone() };
        let outcome = all_ways(&setup, |setup, chunking| begin(setup, chunking, offers, keys, early));
        let Outcome { claim, early: taken, rejected, .. } = outcome;
        assert_eq!((claim.resumed, claim.psk_identity.as_deref()), expected);
        assert_eq!(claim.early_data, (early == Early::Taken).then_some(setup.early_data));
        assert_eq!(taken, if early == Early::Taken { &b"GET /"[..] } else { b"" });
        assert_eq!(rejected, (early == Early::Refused).then_some(5));
    }
}

fn tickets() -> Setup {
    Setup { keeping: Keeping::Tickets, ..Setup::default() }
}

/// The server's group is one that the client has no share of.
fn retried(setup: Setup) -> Setup {
    Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..setup }
}

fn raw(role: PskRole) -> ExternalPsk {
    ExternalPsk::new(role, "raw", &[7; 32], HashAlgorithm::Sha384).unwrap()
}

/// The same key for every hash, imported (RFC 9258).
fn imported(role: PskRole) -> Vec<ExternalPsk> {
    let provider = handfast::rustcrypto::provider();
    let importer = Importer::new("epsk", &[7; 32]).unwrap().between(b"client", b"server").unwrap();
    importer.import_all(role, &provider).unwrap()
}

#[test]
fn nothing_from_before() {
    for keeping in [Keeping::Tickets, Keeping::Store] {
        let setup = Setup { keeping, early_data: 100, ..Setup::default() };
        every_client_authentication(&setup, Offers::Nothing, &[], Early::None, (false, None));
    }
}

#[test]
fn a_session_by_ticket() {
    every_client_authentication(&tickets(), Offers::Session, &[], Early::None, (true, None));
    every_client_authentication(&retried(tickets()), Offers::Session, &[], Early::None, (true, None));
}

#[test]
fn a_session_from_a_store() {
    let setup = Setup { keeping: Keeping::Store, ..Setup::default() };
    every_client_authentication(&setup, Offers::Session, &[], Early::None, (true, None));
}

#[test]
fn a_session_that_nobody_knows() {
    every_client_authentication(&tickets(), Offers::Foreign, &[], Early::None, (false, None));
    every_client_authentication(&retried(tickets()), Offers::Foreign, &[], Early::None, (false, None));
}

#[test]
fn an_external_key() {
    let setup = Setup { psks: vec![raw(PskRole::Server)], ..tickets() };
    let keys = [raw(PskRole::Client)];
    every_client_authentication(&setup, Offers::Key, &keys, Early::None, (false, Some(b"raw")));
    every_client_authentication(&setup, Offers::Session, &[], Early::None, (true, None));
    let unknown = Setup { psks: imported(PskRole::Server), ..setup };
    every_client_authentication(&unknown, Offers::Key, &keys, Early::None, (false, None));
}

#[test]
fn an_imported_key() {
    let keys = imported(PskRole::Client);
    let setup = Setup { psks: imported(PskRole::Server), ..tickets() };
    let expected = Some(keys[0].identity());
    assert!(ImportedIdentity::decode(keys[0].identity()).is_some());
    every_client_authentication(&setup, Offers::Key, &keys, Early::None, (false, expected));
}

#[test]
fn early_data_that_is_taken() {
    let setup = Setup { early_data: 100, ..tickets() };
    every_client_authentication(&setup, Offers::Session, &[], Early::Taken, (true, None));
    let store = Setup { keeping: Keeping::Store, ..setup };
    every_client_authentication(&store, Offers::Session, &[], Early::Taken, (true, None));
}

#[test]
fn early_data_that_is_not() {
    let setup = Setup { early_data: 100, warm: false, ..tickets() };
    every_client_authentication(&setup, Offers::Session, &[], Early::Refused, (true, None));
}

#[test]
fn early_data_without_a_session_or_with_a_retry() {
    let setup = Setup { early_data: 100, ..tickets() };
    every_client_authentication(&setup, Offers::Foreign, &[], Early::Refused, (false, None));
    every_client_authentication(&retried(setup), Offers::Session, &[], Early::Refused, (true, None));
}
