//! A connection in two halves: the reader works without the writer and says what it owes.

use handfast::{Event, HalfReceived, Usage, WriteAction};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;

#[test]
fn a_connection_cannot_be_split_before_it_is_one() {
    let pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    let (_, why) = *pair.client.connection.split().unwrap_err();
    assert_eq!(why, Usage::NotConnected);
}

#[test]
fn the_reader_reports_what_the_writer_owes() {
    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    pair.connect();
    let Pair { client, mut server, .. } = pair;
    let (mut reader, mut writer) = client.connection.split().unwrap();

    server.connection.update_keys(&mut server.outbox).unwrap();
    server.send(b"hello");
    let mut input = std::mem::take(&mut server.outbox);
    let HalfReceived { consumed, event, owes } = reader.receive(&mut input).unwrap();
    assert!(matches!(event, Event::Data { ref bytes, .. } if *bytes == b"hello"));
    assert_eq!(consumed, input.len());
    assert_eq!(owes, Some(WriteAction::PeerKeyUpdate { reply: true }));

    let mut out = Vec::new();
    writer.apply(owes.unwrap(), &mut out).unwrap();
    writer.send(b"and back", &mut out).unwrap();
    server.deliver(&out);
    assert_eq!(server.received, b"and back");
}

#[test]
fn a_reader_that_fails_leaves_the_alert_to_the_writer() {
    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    pair.connect();
    let Pair { client, mut server, .. } = pair;
    let (mut reader, mut writer) = client.connection.split().unwrap();
    server.send(b"hello");
    let mut input = std::mem::take(&mut server.outbox);
    *input.last_mut().unwrap() ^= 1;
    let failed = reader.receive(&mut input).unwrap_err();
    assert_eq!(failed.error.code(), "BadRecordMac");

    let mut out = Vec::new();
    writer.apply(failed.owes.unwrap(), &mut out).unwrap();
    assert!(matches!(writer.send(b"more", &mut out), Err(handfast::Error::Usage(Usage::Closed))));
    server.deliver(&out);
    assert_eq!(server.error.unwrap().code(), "bad_record_mac");
    assert_eq!(reader.receive(&mut []).unwrap_err().error.code(), "BadRecordMac");
}

/// docs/regressions.md row 95: after the peer's fatal alert the writing half sends nothing more (RFC 9846 §6).
#[test]
fn the_peers_alert_shuts_the_writer() {
    let setup = Setup { client_auth: handfast::ClientAuth::Require, ..Setup::default() };
    let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    pair.server.carry(&mut pair.client, Chunking::Coalesced);
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    let Pair { client, mut server, .. } = pair;
    let (mut reader, mut writer) = client.connection.split().unwrap();
    let failed = reader.receive(&mut std::mem::take(&mut server.outbox)).unwrap_err();
    assert_eq!((failed.error.code().as_str(), failed.owes), ("certificate_required", Some(WriteAction::Shut)));
    writer.apply(WriteAction::Shut, &mut Vec::new()).unwrap();
    assert!(matches!(writer.send(b"more", &mut Vec::new()), Err(handfast::Error::Usage(Usage::Closed))));
}
