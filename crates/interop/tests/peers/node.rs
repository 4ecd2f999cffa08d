//! Node.js, which is OpenSSL behind another API.

use handfast::Ticketer;
use handfast::crypto::KeyKind;
use handfast::wire::NamedGroup;
use handfast_interop::again::{Both, to_them};
use handfast_interop::link::{self, Link, Prior};
use handfast_interop::ours;
use handfast_interop::script::NODE;
use handfast_interop::world::{MORE_KINDS, SMALL, WORLD, hex};
use handfast_interop::{GROUPS, script_tests};
use std::io::Read;
use std::sync::Arc;

script_tests!(
    NODE,
    groups: GROUPS,
    kinds: MORE_KINDS,
    retry: X25519 to SECP384R1
);

/// Ticket keys, 48 bytes, one for each letter.
fn keys(letters: &str) -> Vec<[u8; Ticketer::KEY_LEN]> {
    letters.bytes().map(|letter| [letter; Ticketer::KEY_LEN]).collect()
}

fn resumed(connections: &[Both]) -> Vec<bool> {
    connections.iter().map(|both| both.ours.resumed).collect()
}

/// A server of theirs whose keys change between connections.
#[test]
fn their_ticket_keys() {
    let keys: Vec<_> = keys("AABBA").iter().map(|key| hex(key)).collect();
    let connections = to_them(&NODE, KeyKind::P256, WORLD.client(), &["--ticket-keys", &keys.join(",")], 5);
    assert_eq!(resumed(&connections), [false, true, false, true, false]);
    assert!(connections.iter().zip(keys).all(|(both, key)| both.theirs["ticketKeys"] == key));
}

/// Another server of theirs with the keys of the first resumes its sessions.
#[test]
fn their_ticket_keys_elsewhere() {
    let config = WORLD.client().build().unwrap();
    let line = "hello\n";
    let visit = |port: u16, prior: Prior| {
        let mut link = Link::connect_with(&config, port, prior).unwrap();
        ours::ask(&mut link, line, line).unwrap();
        link.close().unwrap();
        link.read_to_end(&mut Vec::new()).unwrap();
        link
    };
    let first = NODE.server(KeyKind::P256, &[]);
    let session = visit(first.port, Prior::default()).sessions.pop();
    let keys = first.finish()["ticketKeys"].as_str().unwrap().to_string();
    assert_eq!(keys.len(), 2 * Ticketer::KEY_LEN);
    for (options, known) in [(&["--ticket-keys", keys.as_str()][..], true), (&[], false)] {
        let second = NODE.server(KeyKind::P256, options);
        let link = visit(second.port, Prior { session: session.clone(), ..Prior::default() });
        assert_eq!(link.facts().resumed, known);
        assert_eq!(second.finish()["resumed"], known);
    }
}

/// A server of ours whose keys change while it runs: as long as the old one still opens, no client notices.
#[test]
fn our_ticket_keys() {
    let tickets = Arc::new(Ticketer::with_keys(handfast::rustcrypto::provider(), &keys("A")).unwrap());
    let config = WORLD.server(KeyKind::P256).sessions(tickets.clone()).build().unwrap();
    let mut next = ["BA", "B", "C", "C"].into_iter();
    let server = link::serve(config, 5, move |link| {
        link::echo(link)?;
        if let Some(letters) = next.next() {
            tickets.set_keys(&keys(letters)).unwrap();
        }
        Ok(())
    });
    let client = NODE.client(server.port, &SMALL, &["--connections", "5"]);
    let seen: Vec<_> = server.succeed_with(&client).iter().map(|(facts, ())| facts.resumed).collect();
    assert_eq!(seen, [false, true, true, false, true]);
}
