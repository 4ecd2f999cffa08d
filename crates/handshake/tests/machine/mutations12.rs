//! Legal handshakes of TLS 1.2 with one thing wrong about their order: none comes to its end.

use crate::common::{Whom, kind};
use crate::common12::{Item, Party, Trace};
use crate::scenarios12::{PSK, scenarios};
use handfast_handshake::Failure;
use handfast_wire::{MessageKind, Violation};

/// Feeds a party, which answers what it is asked, until it has enough of it.
fn feed(party: &mut Party, items: &[Item]) -> Result<(), Failure> {
    items.iter().try_for_each(|item| {
        party.take(item)?;
        while party.answer() {}
        Ok(())
    })
}

/// Everything each side of every handshake gets.
fn all(mut check: impl FnMut(&Trace, Whom, &[Item])) {
    for trace in scenarios().map(Trace::record) {
        for whom in [Whom::Client, Whom::Server] {
            let items = trace.items(whom);
            let mut party = trace.party(whom);
            feed(&mut party, &items).unwrap();
            assert_eq!(party.completed(), trace.handshakes());
            check(&trace, whom, &items);
        }
    }
}

/// What this side wants comes from nobody else.
fn is_own(item: &Item) -> bool {
    matches!(item, Item::Renegotiate)
}

/// A client that is negotiating already ignores it (RFC 5246 §7.4.1.1), as often as it comes.
fn is_ignored(item: &Item) -> bool {
    matches!(item, Item::Message(_, raw) if kind(raw) == MessageKind::HelloRequest)
}

#[track_caller]
fn assert_incomplete(trace: &Trace, whom: Whom, items: &[Item], what: &str) {
    let mut party = trace.party(whom);
    let fed = feed(&mut party, items);
    let complete = party.completed() == trace.handshakes();
    assert!(!complete, "{}: {whom:?} completes with {what}: {fed:?}", trace.scenario.name);
}

/// What the peer may leave out, so that the difference shows in Finished alone: RFC 6066 §8, RFC 5246 §7.4.4, and the hint of
/// RFC 4279 §2.
fn is_optional(trace: &Trace, item: &Item) -> bool {
    let Item::Message(_, raw) = item else { return false };
    match kind(raw) {
        MessageKind::CertificateStatus | MessageKind::CertificateRequest | MessageKind::HelloRequest => true,
        MessageKind::ServerKeyExchange => trace.scenario.suites == PSK,
        _ => false,
    }
}

fn is_unexpected(taken: &Result<(), Failure>) -> bool {
    use Violation::{UnexpectedChangeCipherSpec, UnexpectedMessage};
    matches!(taken, Err(Failure::Peer(UnexpectedMessage(_) | UnexpectedChangeCipherSpec)))
}

/// docs/regressions.md row 4.
#[test]
fn nothing_can_be_left_out() {
    all(|trace, whom, items| {
        for at in (0..items.len()).filter(|&at| !is_own(&items[at])) {
            let mut fewer = items.to_vec();
            let dropped = fewer.remove(at);
            assert_incomplete(trace, whom, &fewer, &format!("{at} dropped, {dropped:?}"));
            // What comes in its place is refused at once.
            if let Some(next) = (at..fewer.len()).find(|&next| !is_own(&fewer[next]) && !is_ignored(&fewer[next]))
                && !is_optional(trace, &dropped)
            {
                let mut party = trace.party(whom);
                feed(&mut party, &fewer[..next]).unwrap();
                let taken = party.take(&fewer[next]);
                assert!(is_unexpected(&taken), "{}: {whom:?} without {dropped:?}: {taken:?}", trace.scenario.name);
            }
        }
    });
}

/// docs/regressions.md row 4.
#[test]
fn nothing_can_be_repeated() {
    all(|trace, whom, items| {
        for at in (0..items.len()).filter(|&at| !is_own(&items[at]) && !is_ignored(&items[at])) {
            let mut more = items.to_vec();
            more.insert(at, items[at].clone());
            let mut party = trace.party(whom);
            feed(&mut party, &more[..=at]).unwrap();
            let taken = party.take(&more[at + 1]);
            assert!(
                is_unexpected(&taken),
                "{}: {whom:?} takes {at} twice, {:?}: {taken:?}",
                trace.scenario.name,
                items[at]
            );
        }
    });
}

/// docs/regressions.md row 4.
#[test]
fn nothing_can_be_swapped() {
    all(|trace, whom, items| {
        for at in (1..items.len()).filter(|&at| !is_own(&items[at - 1]) && !is_own(&items[at])) {
            let mut other = items.to_vec();
            other.swap(at - 1, at);
            assert_incomplete(trace, whom, &other, &format!("{at} before its time, {:?}", items[at]));
        }
    });
}

/// docs/regressions.md row 2 (CVE-2014-0224): at every other place than its own, and there twice.
#[test]
fn change_cipher_spec_has_one_place() {
    all(|trace, whom, items| {
        for at in 0..=items.len() {
            let mut party = trace.party(whom);
            feed(&mut party, &items[..at]).unwrap();
            let is_due = matches!(items.get(at), Some(Item::ChangeCipherSpec));
            assert_eq!(party.machine.state() == "WAIT_CCS", is_due);
            if is_due {
                party.take(&Item::ChangeCipherSpec).unwrap();
            }
            let taken = party.take(&Item::ChangeCipherSpec);
            let name = trace.scenario.name;
            let unexpected = matches!(taken, Err(Failure::Peer(Violation::UnexpectedChangeCipherSpec)));
            assert!(unexpected, "{name}: {whom:?} before {at}: {taken:?}");
            // And nothing that was due is taken after it.
            if let Some(next @ Item::Message(..)) = items.get(at)
                && party.machine.takes_change_cipher_spec()
            {
                assert!(party.take(next).is_err(), "{name}: {whom:?} goes on at {at}");
            }
        }
    });
}
