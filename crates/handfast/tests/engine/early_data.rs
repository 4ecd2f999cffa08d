//! Early data that nobody accepted is skipped, within a bound (RFC 9846 §4.3.10).

use handfast::Connection;
use handfast::wire::{ContentType, ExtensionType, NamedGroup};
use handfast_testkit::pair::End;
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, client_params};
use handfast_testkit::setup::Setup;
use handfast_testkit::world::NAME;
use std::sync::Arc;

/// What protection adds to a record: the content type and the tag.
const OVERHEAD: usize = 17;

/// A puppet that offers early data and sends records of it, `bytes` of ciphertext each. Gives the server's end.
fn offer(setup: &Setup, records: usize, bytes: usize) -> End {
    let made = setup.make();
    let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let mut wire = Vec::new();
    let mut sent = false;
    let script = Box::new(move |items: &mut Vec<Item>| {
        if sent {
            return;
        }
        sent = true;
        if let Some(Item::Record(ContentType::HANDSHAKE, hello)) = items.first_mut() {
            // early_data, empty, as one more extension: three lengths grow by four.
            let at = extensions_at(hello);
            let grown = u16::from_be_bytes([hello[at], hello[at + 1]]) + 4;
            hello[at..at + 2].copy_from_slice(&grown.to_be_bytes());
            hello.extend_from_slice(&ExtensionType::EARLY_DATA.0.to_be_bytes());
            hello.extend_from_slice(&[0, 0]);
            let len = (hello.len() - 4) as u32;
            hello[1..4].copy_from_slice(&len.to_be_bytes()[1..]);
        }
        items.extend(std::iter::repeat_n(Item::Raw(record(bytes)), records));
    });
    let answers = PuppetAnswers::new(None, None);
    let mut puppet = Puppet::client(Arc::new(client_params()), NAME.try_into().unwrap(), answers, script, &mut wire);
    while !wire.is_empty() {
        server.deliver(&std::mem::take(&mut wire));
        let back = std::mem::take(&mut server.outbox);
        puppet.deliver(&back, &mut wire);
    }
    server
}

/// After the second ClientHello there is no more early data: what does not open then is an error.
#[test]
fn nothing_is_skipped_after_the_second_hello() {
    let setup = Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..Setup::default() };
    let mut server = offer(&setup, 1, 1024 + OVERHEAD);
    assert!(server.error.is_none());
    server.deliver(&record(1024));
    assert_eq!(server.error.unwrap().code(), "BadRecordMac");
}

/// A record of something encrypted, `bytes` long.
fn record(bytes: usize) -> Vec<u8> {
    let mut record = vec![23, 3, 3];
    record.extend_from_slice(&(bytes as u16).to_be_bytes());
    record.resize(5 + bytes, 0xee);
    record
}

fn extensions_at(hello: &[u8]) -> usize {
    let suites = 4 + 2 + 32 + 1 + usize::from(hello[38]);
    suites + 2 + usize::from(u16::from_be_bytes([hello[suites], hello[suites + 1]])) + 2
}

/// The puppet's own transcript lacks the extension, so after the server's flight it has nothing to say.
#[test]
fn what_fits_the_bound_is_skipped() {
    let server = offer(&Setup::default(), 16, 1024 + OVERHEAD);
    assert!(server.error.is_none(), "{:?}", server.error);
    assert_eq!(server.events, [""; 0]);
}

/// A ticket may allow 16,384 bytes, and they may come in one record.
#[test]
fn a_single_record_may_fill_the_bound() {
    let server = offer(&Setup::default(), 1, 16_384 + OVERHEAD);
    assert!(server.error.is_none(), "{:?}", server.error);
    let setup = Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..Setup::default() };
    let server = offer(&setup, 1, 16_384 + OVERHEAD);
    assert!(server.error.is_none(), "{:?}", server.error);
}

/// Records without content are not free.
#[test]
fn empty_records_count() {
    let server = offer(&Setup::default(), 16_385, OVERHEAD);
    assert_eq!(server.error.unwrap().code(), "BadRecordMac");
}

#[test]
fn what_exceeds_it_is_not() {
    let server = offer(&Setup::default(), 17, 1024 + OVERHEAD);
    assert_eq!(server.error.unwrap().code(), "BadRecordMac");
}

/// After a HelloRetryRequest there are no keys it could fail under: it is skipped by its type.
#[test]
fn it_is_skipped_after_a_retry_as_well() {
    let setup = Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..Setup::default() };
    let server = offer(&setup, 16, 1024 + OVERHEAD);
    // The second hello drops early_data as it must; everything else is unchanged, so the handshake goes on.
    assert!(server.error.is_none(), "{:?}", server.error);
    let server = offer(&setup, 17, 1024 + OVERHEAD);
    assert_eq!(server.error.unwrap().code(), "EarlyApplicationData");
}
