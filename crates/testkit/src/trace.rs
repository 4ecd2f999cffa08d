//! What went over the wire, as the engine saw it.

use handfast::wire::{AlertDescription, Message};
use handfast::{Direction, EarlyData, Epoch, NotResumed, Trace};
use std::sync::{Arc, Mutex, PoisonError};

/// One thing that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A handshake message.
    Message(Direction, Epoch, Vec<u8>),
    /// A dummy change_cipher_spec.
    ChangeCipherSpec(Direction),
    /// An alert.
    Alert(Direction, AlertDescription),
    /// A session that was not resumed.
    NotResumed(NotResumed),
    /// What became of early data.
    EarlyData(EarlyData),
}

/// A trace that remembers.
#[derive(Default)]
pub struct Log(Mutex<Vec<Entry>>);

impl Log {
    /// An empty one.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// All entries so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The names of the messages that were sent.
    pub fn sent(&self) -> Vec<&'static str> {
        let sent = |entry: Entry| match entry {
            Entry::Message(Direction::Send, _, raw) => Some(Message::kind_of(&raw).name()),
            _ => None,
        };
        self.entries().into_iter().filter_map(sent).collect()
    }

    fn push(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

impl Trace for Log {
    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]) {
        self.push(Entry::Message(direction, epoch, raw.to_vec()));
    }

    fn change_cipher_spec(&self, direction: Direction) {
        self.push(Entry::ChangeCipherSpec(direction));
    }

    fn alert(&self, direction: Direction, alert: AlertDescription) {
        self.push(Entry::Alert(direction, alert));
    }

    fn not_resumed(&self, why: NotResumed) {
        self.push(Entry::NotResumed(why));
    }

    fn early_data(&self, state: EarlyData) {
        self.push(Entry::EarlyData(state));
    }
}
