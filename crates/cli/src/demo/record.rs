//! What went over the wire, from one end.

use handfast::wire::{AlertDescription, Message, MessageKind};
use handfast::{Direction, Epoch, Trace};
use std::sync::{Mutex, PoisonError};

/// One thing that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) direction: Direction,
    pub(crate) what: What,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A handshake message, header included.
    Message(Epoch, Vec<u8>),
    /// A dummy change_cipher_spec.
    ChangeCipherSpec,
    Alert(AlertDescription),
    /// Application data, in bytes.
    Data(usize),
}

/// Watches one end.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<Entry>>);

impl Recorder {
    /// Notes what a trace does not see.
    pub(crate) fn data(&self, direction: Direction, len: usize) {
        self.push(direction, What::Data(len));
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn push(&self, direction: Direction, what: What) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Entry { direction, what });
    }
}

impl Trace for Recorder {
    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]) {
        self.push(direction, What::Message(epoch, raw.to_vec()));
    }

    fn change_cipher_spec(&self, direction: Direction) {
        self.push(direction, What::ChangeCipherSpec);
    }

    fn alert(&self, direction: Direction, alert: AlertDescription) {
        self.push(direction, What::Alert(alert));
    }
}

/// Whether each end has received what the other one has sent, in its order.
pub(crate) fn agree(client: &[Entry], server: &[Entry]) -> bool {
    let going = |entries: &[Entry], direction| -> Vec<What> {
        entries.iter().filter(|entry| entry.direction == direction).map(|entry| entry.what.clone()).collect()
    };
    going(client, Direction::Send) == going(server, Direction::Receive)
        && going(server, Direction::Send) == going(client, Direction::Receive)
}

/// How many KeyUpdates were sent, and how many received.
pub(crate) fn updates(entries: &[Entry]) -> (usize, usize) {
    let is_update =
        |what: &What| matches!(what, What::Message(_, raw) if Message::kind_of(raw) == MessageKind::KeyUpdate);
    let count =
        |direction| entries.iter().filter(|entry| entry.direction == direction && is_update(&entry.what)).count();
    (count(Direction::Send), count(Direction::Receive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disagreement_is_seen() {
        let sent = |len| Entry { direction: Direction::Send, what: What::Data(len) };
        let received = |len| Entry { direction: Direction::Receive, what: What::Data(len) };
        assert!(agree(&[sent(1), received(2)], &[sent(2), received(1)]));
        assert!(!agree(&[sent(1)], &[received(2)]));
        assert!(!agree(&[sent(1)], &[]));
        assert!(!agree(&[], &[sent(1)]));
        assert!(!agree(&[sent(1), sent(2)], &[received(2), received(1)]));
    }

    #[test]
    fn updates_are_counted_by_direction() {
        let recorder = Recorder::default();
        recorder.message(Direction::Send, Epoch::Application, &[24, 0, 0, 1, 1]);
        recorder.message(Direction::Send, Epoch::Application, &[24, 0, 0, 1, 0]);
        recorder.message(Direction::Receive, Epoch::Application, &[4, 0, 0, 0]);
        assert_eq!(updates(&recorder.entries()), (2, 0));
    }
}
