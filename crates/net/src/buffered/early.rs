//! Early data, either way (0-RTT, RFC 9846 §2.3).

use super::Buffered;
use crate::EarlyOutcome;
use crate::error::io_error;
use handfast::{EarlyData, Error, Question, Usage};
use std::io::{self, Read, Write};

/// Early data that has come and was not read, on a server; and how much was sent, on a client.
#[derive(Default)]
pub(super) struct Early {
    received: Vec<u8>,
    /// How much of it was read.
    read: usize,
    sent: usize,
}

impl Early {
    pub(super) fn new(received: Vec<u8>, sent: usize) -> Self {
        Self { received, read: 0, sent }
    }

    pub(super) fn received(&mut self, data: &[u8]) {
        self.received.extend_from_slice(data);
    }

    pub(super) fn has_sent(&self) -> bool {
        self.sent > 0
    }

    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    fn unread(&self) -> &[u8] {
        self.received.get(self.read..).unwrap_or_default()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        let unread = self.unread().to_vec();
        *self = Self { sent: self.sent, ..Self::default() };
        unread
    }
}

impl Buffered {
    /// On a client that has not sent its first flight yet: lets as much of `data` as the session allows go with it, and says how
    /// much that is; nothing where no early data was offered.
    ///
    /// # Errors
    /// What the engine says.
    pub fn send_early(&mut self, data: &[u8]) -> io::Result<usize> {
        match self.connection.send_early(data, self.output.vec()) {
            Ok(len) => {
                self.early.sent = self.early.sent.saturating_add(len);
                Ok(len)
            }
            Err(Error::Usage(Usage::NoEarlyData)) => Ok(0),
            Err(error) => Err(io_error(error)),
        }
    }

    /// On a client, what became of its early data. Known when the handshake is complete, and not before: until the server's
    /// Finished is there anybody can have said that it was taken.
    pub fn early_outcome(&self) -> EarlyOutcome {
        let (facts, bytes) = (self.facts(), self.early.sent);
        match facts.early_data {
            _ if bytes == 0 => EarlyOutcome::NotSent,
            _ if !self.is_connected => EarlyOutcome::Unknown { bytes },
            EarlyData::Accepted { .. } => EarlyOutcome::Accepted { bytes },
            EarlyData::Refused(why) => {
                EarlyOutcome::Rejected { bytes, why, same_protocol: facts.early_protocol == facts.protocol }
            }
            EarlyData::None | EarlyData::NotOffered(_) | EarlyData::Offered { .. } => EarlyOutcome::Unknown { bytes },
        }
    }

    /// On a server: goes on with the handshake until the client's early data is taken, or to its end where there is none; or
    /// until it asks. What this side has said by then is on its way.
    ///
    /// # Errors
    /// As [`Buffered::handshake`].
    pub fn accept_early(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        self.go_on(io, |tls| matches!(tls.facts().early_data, EarlyData::Accepted { .. }))
    }

    /// On a server: reads until there is [early data](Self::early_data), or until the handshake is complete, after which none
    /// comes; or until it asks.
    ///
    /// # Errors
    /// As [`Buffered::handshake`].
    pub fn receive_early(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        self.go_on(io, |tls| !tls.early_data().is_empty())
    }

    /// Goes on with the handshake until data may be sent, which is at its end, or with
    /// [`half_rtt`](handfast::ServerConfigBuilder::half_rtt) or
    /// [`false_start`](handfast::ClientConfigBuilder::false_start) before; or until it asks.
    ///
    /// # Errors
    /// As [`Buffered::handshake`].
    pub fn open(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        self.go_on(io, |tls| tls.is_open)
    }

    /// The early data that waits. It is not in [`Buffered::plaintext`], then or later.
    pub fn early_data(&self) -> &[u8] {
        self.early.unread()
    }

    /// `len` bytes of the early data were taken.
    pub fn consume_early(&mut self, len: usize) {
        self.early.read = self.early.read.saturating_add(len);
        if self.early.unread().is_empty() {
            self.early.take();
        }
    }

    /// All the early data that waits.
    pub fn take_early_data(&mut self) -> Vec<u8> {
        self.early.take()
    }

    /// Goes on with the handshake as far as wanted, and no further than its end.
    fn go_on(
        &mut self,
        io: &mut (impl Read + Write),
        is_far_enough: impl Fn(&Self) -> bool,
    ) -> io::Result<Option<Question>> {
        while !self.is_connected && !is_far_enough(self) {
            if let Some(question) = self.step(io)? {
                self.output.send_if_possible(io);
                return Ok(Some(question));
            }
        }
        // The peer waits for this side's flight, whatever the application does next.
        self.output.send_if_possible(io);
        Ok(None)
    }
}
