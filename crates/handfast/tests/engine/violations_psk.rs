//! What a peer can do wrong with pre-shared keys and early data, done: each case names the violation it expects.
//!
//! docs/regressions.md rows 29, 39, 41: named at the cases.

use crate::SESSION_VIOLATIONS;
use crate::site::Site;
use crate::violations::{Keys, edit, extensions, meet};
use handfast::crypto::KeyKind;
use handfast::wire::{ExtensionType as E, MessageKind as M, NamedGroup};
use handfast::{ClientAuth, ClientConfigBuilder, ClientStart, Connection, Error, Session};
use handfast_handshake::Prior;
use handfast_testkit::pair::End;
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, client_params, server_params};
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, World};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A server that knows the puppet's session, whose items pass `script`.
fn server_meets(script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    let site = site();
    // Behind the domain of the client's side.
    let bytes = site.sessions().pop().unwrap().dangerous_bytes().unwrap();
    let session = handfast_handshake::Session::decode(&bytes[32..]).unwrap();
    let prior = Prior { session: Some(Box::new(session)), ..Prior::default() };
    let server = End::new(Connection::accept(&site.made().admission).unwrap(), site.made().server_answers);
    let (keys, mut wire) = (Keys::default(), Vec::new());
    let name = NAME.try_into().unwrap();
    let answers = PuppetAnswers::new(None, None);
    let puppet = Puppet::client_with(Arc::new(client_params()), name, prior, answers, keys.watch(script), &mut wire);
    meet(server, puppet, wire, &keys, |_| Vec::new())
}

pub(crate) enum Offers {
    Nothing,
    Session,
    EarlyData,
}

/// A client that offers a session, or early data with it, against a puppet that knows nothing of it and whose items pass
/// `script`.
pub(crate) fn client_meets(
    configure: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder,
    offers: Offers,
    script: impl FnMut(&mut Vec<Item>) + 'static,
) -> Option<Error> {
    let session = site().sessions().pop().unwrap();
    let made = Setup::default().make_with(configure, |server| server);
    let mut out = Vec::new();
    let start = ClientStart::new(&made.client, NAME.try_into().unwrap());
    let start = match offers {
        Offers::Nothing => start,
        Offers::Session => start.session(session).unwrap(),
        Offers::EarlyData => start.session(session).unwrap().early_data(true),
    };
    let mut client = End::new(start.connect(&mut out).unwrap(), made.client_answers);
    client.outbox = out;
    let identity = World::of(KeyKind::P256).server.clone();
    let answers = PuppetAnswers::new(Some(server_params(NamedGroup::X25519, ClientAuth::None)), Some(identity));
    let keys = Keys::default();
    let puppet = Puppet::server(answers, keys.watch(script));
    meet(client, puppet, Vec::new(), &keys, |_| Vec::new())
}

fn site() -> Site {
    Site::new(&Setup::default(), |server| server.early_data(100))
}

/// More early data than the ticket allows, from a client whose copy of the session says otherwise.
fn too_much_early_data() -> Option<Error> {
    let site = site();
    let mut bytes = site.sessions().pop().unwrap().dangerous_bytes().unwrap().to_vec();
    let at = bytes.windows(4).rposition(|bytes| bytes == [0, 0, 0, 100]).unwrap();
    bytes[at + 3] = 101;
    let session = Session::dangerous_from_bytes(&bytes).unwrap();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    assert_eq!(pair.client.connection.send_early(&[0; 200], &mut pair.client.outbox).unwrap(), 101);
    pair.run();
    pair.server.error
}

#[test]
fn every_violation_with_keys_and_early_data_is_found_and_named() {
    let cases: Vec<(&str, &str, Option<Error>)> = vec![
        ("a bit of the binder is wrong (row 39)", "BadBinder", {
            server_meets(edit(M::ClientHello, |raw| *raw.last_mut().unwrap() ^= 1))
        }),
        ("a key that was not offered", "SelectedPsk", {
            client_meets(
                |client| client,
                Offers::Session,
                extensions(M::ServerHello, |list| list.push((E::PRE_SHARED_KEY, vec![0, 1]))),
            )
        }),
        ("a suite of another hash than the session's", "SelectedPsk", {
            let mut suite = edit(M::ServerHello, |raw| raw[72] = 2);
            let mut psk = extensions(M::ServerHello, |list| list.push((E::PRE_SHARED_KEY, vec![0, 0])));
            client_meets(
                |client| client,
                Offers::Session,
                move |items| {
                    suite(items);
                    psk(items);
                },
            )
        }),
        ("early data is taken and the session is not", "EarlyDataMismatch", {
            client_meets(
                |client| client,
                Offers::EarlyData,
                extensions(M::EncryptedExtensions, |list| list.push((E::EARLY_DATA, vec![]))),
            )
        }),
        ("more than the ticket allows (row 41)", "TooMuchEarlyData", too_much_early_data()),
        ("a certificate where a key is required", "PskRequired", {
            client_meets(|client| client.require_psk(true), Offers::Nothing, |_| {})
        }),
    ];
    let mut seen = BTreeSet::new();
    for (name, code, error) in cases {
        match error {
            Some(Error::Peer(violation)) if violation.code() == code => drop(seen.insert(code)),
            other => panic!("{name}: {other:?}, not {code}"),
        }
    }
    assert_eq!(seen, SESSION_VIOLATIONS.iter().copied().collect());
}
