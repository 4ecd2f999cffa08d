//! Binders, and second ClientHellos with keys: what a client does that has a session or a key, and does it wrong.

use crate::site::Site;
use crate::violations::{Keys, edit, extensions, meet};
use crate::violations_psk::{Offers, client_meets};
use handfast::crypto::HashAlgorithm;
use handfast::wire::{ExtensionType as E, MessageKind as M, NamedGroup};
use handfast::{Connection, Error, ExternalPsk, PskRole, ServerConfigBuilder};
use handfast_handshake::{Prior, Session};
use handfast_testkit::pair::End;
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, Script, client_params};
use handfast_testkit::setup::{Made, Setup};
use handfast_testkit::world::NAME;
use std::sync::Arc;

/// What the server says to a puppet with something to offer, whose items pass `script`; and what it has sent.
fn offer(made: Made, prior: Prior, script: impl FnMut(&mut Vec<Item>) + 'static) -> (Option<Error>, Vec<&'static str>) {
    let log = made.server_log.clone();
    let before = log.sent().len();
    let server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let (keys, mut wire) = (Keys::default(), Vec::new());
    let answers = PuppetAnswers::new(None, None);
    let params = Arc::new(client_params());
    let name = NAME.try_into().unwrap();
    let puppet = Puppet::client_with(params, name, prior, answers, keys.watch(script), &mut wire);
    let error = meet(server, puppet, wire, &keys, |_| Vec::new());
    (error, log.sent().split_off(before))
}

/// The session as the handshake has it: behind the domain of the client's side.
fn session_of(site: &Site) -> Session {
    Session::decode(&site.session().dangerous_bytes().unwrap()[32..]).unwrap()
}

fn with_session(site: &Site, script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    let prior = Prior { session: Some(Box::new(session_of(site))), ..Prior::default() };
    offer(site.made(), prior, script).0
}

fn code(error: Option<Error>) -> Option<String> {
    error.map(|error| error.code().to_string())
}

/// The body of pre_shared_key with its two lists taken apart, put together again.
fn psks(change: impl Fn(&mut Vec<Vec<u8>>, &mut Vec<Vec<u8>>) + 'static) -> impl FnMut(&mut Vec<Item>) + 'static {
    extensions(M::ClientHello, move |list| {
        let body = &mut list.iter_mut().find(|(ty, _)| *ty == E::PRE_SHARED_KEY).unwrap().1;
        let length = |at: usize| usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
        // One of each.
        let identity = body[2..2 + length(0)].to_vec();
        let binder = body[2 + length(0) + 2..].to_vec();
        let (mut identities, mut binders) = (vec![identity], vec![binder]);
        change(&mut identities, &mut binders);
        let [identities, binders] = [identities, binders].map(|list| list.concat());
        *body = [
            &(identities.len() as u16).to_be_bytes()[..],
            &identities,
            &(binders.len() as u16).to_be_bytes(),
            &binders,
        ]
        .concat();
    })
}

/// docs/regressions.md row 39: every binder but the right one is an error, and so is every list that is not one binder for each
/// identity.
#[test]
fn a_binder_is_right_or_the_end() {
    let site = Site::plain();
    assert_eq!(code(with_session(&site, |_| {})), None);
    for at in 1..=32 {
        let flip = edit(M::ClientHello, move |raw| {
            let at = raw.len() - at;
            raw[at] ^= 0x10;
        });
        assert_eq!(code(with_session(&site, flip)).as_deref(), Some("BadBinder"), "{at}");
    }
    let with = |change: fn(&mut Vec<Vec<u8>>, &mut Vec<Vec<u8>>)| code(with_session(&site, psks(change)));
    assert_eq!(
        with(|_, binders| binders[0] = [&[48][..], &[0; 48]].concat()).as_deref(),
        Some("BadBinder"),
        "too long"
    );
    assert_eq!(
        with(|_, binders| binders[0].splice(0..2, [31]).for_each(drop)).as_deref(),
        Some("Malformed"),
        "truncated"
    );
    assert_eq!(with(|_, binders| binders.clear()).as_deref(), Some("Malformed"), "missing");
    assert_eq!(with(|_, binders| binders.push(binders[0].clone())).as_deref(), Some("IllegalValue"), "one too many");
    assert_eq!(with(|all, _| all.push(all[0].clone())).as_deref(), Some("IllegalValue"), "one identity too many");
    // Twice the same is twice the same.
    let twice = |all: &mut Vec<Vec<u8>>, binders: &mut Vec<Vec<u8>>| {
        all.push(all[0].clone());
        binders.push(binders[0].clone());
    };
    assert_eq!(with(twice).as_deref(), Some("BadBinder"), "the ClientHello is another one");
}

/// docs/regressions.md row 39: where pre_shared_key stands, and what goes with it.
#[test]
fn pre_shared_key_is_last_and_has_its_modes() {
    let site = Site::plain();
    let with = |change: fn(&mut Vec<(E, Vec<u8>)>)| code(with_session(&site, extensions(M::ClientHello, change)));
    assert_eq!(with(|list| list.rotate_right(1)).as_deref(), Some("PreSharedKeyNotLast"));
    assert_eq!(with(|list| list.push((E::PADDING, vec![0]))).as_deref(), Some("PreSharedKeyNotLast"));
    let modes = with(|list| list.retain(|(ty, _)| *ty != E::PSK_KEY_EXCHANGE_MODES));
    assert_eq!(modes.as_deref(), Some("MissingExtension"));
}

/// docs/regressions.md row 39: a session is no external key, nor the other way round: their binders have other labels.
#[test]
fn a_session_is_no_external_key() {
    // As the bytes of a session have it: format, suite, flags, then the secret.
    fn secret(session: &Session) -> Vec<u8> {
        let bytes = session.encode().unwrap();
        bytes[5..5 + usize::from(bytes[4])].to_vec()
    }
    let site = Site::plain();
    let session = session_of(&site);
    let ticket = session.ticket().unwrap();
    let psk = ExternalPsk::new(PskRole::Client, ticket, &secret(&session), HashAlgorithm::Sha256).unwrap();
    let (error, _) = offer(site.made(), Prior { psks: vec![psk], ..Prior::default() }, |_| {});
    assert_eq!(code(error).as_deref(), Some("BadBinder"));

    let known = ExternalPsk::new(PskRole::Server, ticket, &secret(&session), HashAlgorithm::Sha256).unwrap();
    let other = Site::new(&Setup { psks: vec![known], ..Setup::default() }, |server| server);
    let (error, _) = offer(other.made(), Prior { session: Some(Box::new(session)), ..Prior::default() }, |_| {});
    assert_eq!(code(error).as_deref(), Some("BadBinder"));
}

fn retried(server: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder) -> Site {
    Site::new(&Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..Setup::default() }, server)
}

/// Changes the second ClientHello.
fn second(mut change: impl FnMut(&mut Vec<Item>) + 'static) -> impl FnMut(&mut Vec<Item>) + 'static {
    let mut hellos = 0;
    move |items| {
        hellos += items.iter().filter(|item| item.kind() == Some(M::ClientHello)).count();
        if hellos == 2 {
            change(items);
        }
    }
}

/// docs/regressions.md row 26: a second ClientHello may drop its keys, which makes a full handshake; with them it is bound to
/// the first, and everything else stays.
#[test]
fn a_second_hello_with_a_session() {
    let site = retried(|server| server);
    let prior = || Prior { session: Some(Box::new(session_of(&site))), ..Prior::default() };
    let (error, sent) = offer(site.made(), prior(), |_| {});
    assert_eq!((code(error), sent.contains(&"Certificate")), (None, false));
    let (error, sent) = offer(
        site.made(),
        prior(),
        second(extensions(M::ClientHello, |list| list.retain(|(ty, _)| *ty != E::PRE_SHARED_KEY))),
    );
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent[..2], ["HelloRetryRequest", "ServerHello"]);
    assert!(sent.contains(&"Certificate"));

    let with = |script: Script| code(offer(site.made(), prior(), script).0);
    let other_suites = with(Box::new(second(edit(M::ClientHello, |raw| raw[42] ^= 3))));
    assert_eq!(other_suites.as_deref(), Some("ChangedHello"));
    let no_modes = second(extensions(M::ClientHello, |list| list.retain(|(ty, _)| *ty != E::PSK_KEY_EXCHANGE_MODES)));
    assert_eq!(with(Box::new(no_modes)).as_deref(), Some("MissingExtension"));
    let more_modes = second(extensions(M::ClientHello, |list| {
        list.iter_mut().filter(|(ty, _)| *ty == E::PSK_KEY_EXCHANGE_MODES).for_each(|(_, body)| *body = vec![2, 1, 0]);
    }));
    assert_eq!(with(Box::new(more_modes)).as_deref(), Some("ChangedHello"));
    // The binder of the first hello covers no HelloRetryRequest.
    let mut first = Vec::new();
    let replayed = move |items: &mut Vec<Item>| {
        for item in items.iter_mut().filter(|item| item.kind() == Some(M::ClientHello)) {
            let Item::Record(_, raw) = item else { continue };
            let at = raw.len() - 32;
            if first.is_empty() {
                first = raw[at..].to_vec();
            } else {
                raw[at..].copy_from_slice(&first);
            }
        }
    };
    assert_eq!(with(Box::new(replayed)).as_deref(), Some("BadBinder"));
    // Never TLS 1.2 after a HelloRetryRequest.
    let older = second(extensions(M::ClientHello, |list| {
        list.iter_mut().filter(|(ty, _)| *ty == E::SUPPORTED_VERSIONS).for_each(|(_, body)| *body = vec![2, 3, 3]);
    }));
    assert_eq!(with(Box::new(older)).as_deref(), Some("NoCommonVersion"));
}

/// docs/regressions.md row 29: a client that offered psk_dhe_ke alone takes no ServerHello without a share; what is wrong is then
/// the mode (RFC 9846 §4.3.11).
#[test]
fn a_client_wants_a_share_beside_its_key() {
    let script = extensions(M::ServerHello, |list| {
        list.retain(|(ty, _)| *ty != E::KEY_SHARE);
        list.push((E::PRE_SHARED_KEY, vec![0, 0]));
    });
    let error = client_meets(|client| client, Offers::Session, script);
    let Some(Error::Peer(violation)) = error else { panic!("{error:?}") };
    assert_eq!(violation, handfast::wire::Violation::SelectedPsk);
}
