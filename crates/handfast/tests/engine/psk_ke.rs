//! A pre-shared key without a key exchange beside it (psk_ke, RFC 9846 §4.3.9).

use crate::site::Site;
use crate::violations::extensions;
use handfast::crypto::HashAlgorithm;
use handfast::legacy::dangerous_legacy;
use handfast::wire::extension::PskKeyExchangeModes;
use handfast::wire::message::ClientHello;
use handfast::wire::{Dialect, ExtensionType as E, Message, MessageKind as M, NamedGroup};
use handfast::{Connection, ExternalPsk, LegacyWay, NotResumed, Pq, PskRole, TlsPolicy, UnknownPsk};
use handfast_handshake::Prior;
use handfast_schedule::{BinderKind, EarlySecret};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, client_params};
use handfast_testkit::setup::Setup;
use handfast_testkit::trace::Entry;
use handfast_testkit::world::NAME;
use std::sync::Arc;

/// Makes a ClientHello one that offers the key `key` in these modes, without groups and shares if it has none of them.
fn offers_modes(key: [u8; 32], modes: &'static [u8], share: bool) -> impl FnMut(&mut Vec<Item>) + 'static {
    let mut strip = extensions(M::ClientHello, move |list| {
        list.retain(|(ty, _)| share || (*ty != E::KEY_SHARE && *ty != E::SUPPORTED_GROUPS));
        for (_, body) in list.iter_mut().filter(|(ty, _)| *ty == E::PSK_KEY_EXCHANGE_MODES) {
            *body = [&[modes.len() as u8], modes].concat();
        }
    });
    move |items| {
        strip(items);
        for item in items.iter_mut().filter(|item| item.kind() == Some(M::ClientHello)) {
            let Item::Record(_, raw) = item else { continue };
            let at = ClientHello::binders_offset(raw).unwrap();
            let hash = handfast::rustcrypto::provider().hash(HashAlgorithm::Sha256).unwrap();
            let digest = hash.digest(&[&raw[..at]]).unwrap();
            let early = EarlySecret::new(hash, Some(&key)).unwrap();
            let binder = early.binder_key(BinderKind::External).unwrap().verify_data(&digest).unwrap();
            raw[at + 3..].copy_from_slice(binder.as_bytes());
        }
    }
}

/// docs/regressions.md row 29: a key without a key exchange is taken where that was switched on, and from whoever offers
/// nothing else; and the facts say so.
#[test]
fn a_key_alone_is_a_last_resort() {
    const KE: &[u8] = &[0];
    const BOTH: &[u8] = &[0, 1];
    let psk = |role| ExternalPsk::new(role, "me", &[7; 32], HashAlgorithm::Sha256).unwrap();
    let under = |pq: Pq, unknown, switch: bool, modes: &'static [u8], share: bool| {
        let setup = Setup { psks: vec![psk(PskRole::Server)], server_groups: None, ..Setup::default() };
        let site = Site::new(&setup, |server| {
            let server = server.unknown_psk(unknown).pq(pq);
            if switch { server.legacy(dangerous_legacy().psk_ke()) } else { server }
        });
        let made = site.made();
        let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
        let (mut wire, name) = (Vec::new(), NAME.try_into().unwrap());
        let prior = Prior { psks: vec![psk(PskRole::Client)], ..Prior::default() };
        let script = Box::new(offers_modes([7; 32], modes, share));
        let answers = PuppetAnswers::new(None, None);
        Puppet::client_with(Arc::new(client_params()), name, prior, answers, script, &mut wire);
        server.deliver(&wire);
        let facts = server.connection.facts();
        let error = server.error.as_ref().map(|error| error.code().to_string());
        (error, facts.group, facts.legacy().collect::<Vec<_>>(), facts.not_resumed)
    };
    let meets = |unknown, switch, modes, share| under(Pq::Prefer, unknown, switch, modes, share);
    let ok = |group, ways: &[LegacyWay]| (None, group, ways.to_vec(), None);
    let alone = [LegacyWay::PskWithoutDh];
    let x25519 = Some(NamedGroup::X25519);
    for unknown in [UnknownPsk::Certificate, UnknownPsk::Refuse] {
        assert_eq!(meets(unknown, true, KE, false), ok(None, &alone));
        assert_eq!(meets(unknown, true, KE, true), ok(None, &alone), "it wants none, share or not");
        assert_eq!(meets(unknown, true, BOTH, true), ok(x25519, &[]));
        assert_eq!(meets(unknown, false, BOTH, true), ok(x25519, &[]));
    }
    let mode = Some(NotResumed::Mode);
    for (switch, modes, share) in [(false, KE, false), (false, KE, true), (true, &[1][..], false)] {
        let refused = (Some("UnknownPskIdentity".to_string()), None, vec![], mode);
        assert_eq!(meets(UnknownPsk::Refuse, switch, modes, share), refused);
    }
    // With a certificate the client may do as it is.
    assert_eq!(meets(UnknownPsk::Certificate, false, KE, true), (None, x25519, vec![], mode));
    let incomplete = (Some("MissingExtension".to_string()), None, vec![], mode);
    assert_eq!(meets(UnknownPsk::Certificate, false, KE, false), incomplete);
    // Where a hybrid is required, nothing goes without one.
    let refused = (Some("UnknownPskIdentity".to_string()), None, vec![], mode);
    assert_eq!(under(Pq::Require, UnknownPsk::Refuse, true, KE, false), refused);
}

/// Nor does it lead out of a policy, which has groups and no word on keys without any, on either side.
#[test]
fn a_policy_wants_one_of_its_groups() {
    let psk = |role| ExternalPsk::new(role, "me", &[7; 32], HashAlgorithm::Sha256).unwrap();
    let group = |policy: Option<TlsPolicy>| {
        let setup = Setup { psks: vec![psk(PskRole::Server)], server_groups: None, ..Setup::default() };
        let site = Site::new(&setup, |server| {
            let server = server.unknown_psk(UnknownPsk::Refuse).legacy(dangerous_legacy().psk_ke());
            policy.into_iter().fold(server, |server, policy| server.policy(policy))
        });
        let made = site.made();
        let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
        let (mut wire, name) = (Vec::new(), NAME.try_into().unwrap());
        let prior = Prior { psks: vec![psk(PskRole::Client)], ..Prior::default() };
        let script = Box::new(offers_modes([7; 32], &[0], false));
        let answers = PuppetAnswers::new(None, None);
        Puppet::client_with(Arc::new(client_params()), name, prior, answers, script, &mut wire);
        server.deliver(&wire);
        let alone = server.connection.facts().legacy().any(|way| way == LegacyWay::PskWithoutDh);
        (alone, server.error.map(|error| error.code().to_string()))
    };
    assert_eq!(group(None), (true, None));
    for &policy in TlsPolicy::ALL {
        assert_eq!(group(Some(policy)), (false, Some("UnknownPskIdentity".to_string())), "{policy}");
    }
}

/// A client that requires a hybrid, or has a policy, does not say that it can do without a key exchange.
#[test]
fn it_is_not_offered_where_a_group_is_required() {
    let site = Site::new(&Setup { client_groups: None, server_groups: None, ..Setup::default() }, |server| server);
    let offered = |pq: Pq, policy: Option<TlsPolicy>| {
        let made = site.made_with(|client| {
            let client = client.legacy(dangerous_legacy().psk_ke()).pq(pq);
            policy.into_iter().fold(client, |client, policy| client.policy(policy))
        });
        let log = made.client_log.clone();
        Pair::new(made, Chunking::Coalesced);
        log.entries().into_iter().find_map(|entry| {
            let Entry::Message(_, _, raw) = entry else { return None };
            let Ok(Message::ClientHello(hello)) = Message::read(Dialect::Tls13, &raw) else { return None };
            let modes = hello.extensions.find::<PskKeyExchangeModes<'_>>().unwrap().unwrap();
            Some(modes.0.iter().map(|mode| mode.0).collect::<Vec<_>>())
        })
    };
    assert_eq!(offered(Pq::Prefer, None), Some(vec![1, 0]));
    assert_eq!(offered(Pq::Require, None), Some(vec![1]));
    for &policy in TlsPolicy::ALL {
        assert_eq!(offered(Pq::Prefer, Some(policy)), Some(vec![1]), "{policy}");
    }
}
