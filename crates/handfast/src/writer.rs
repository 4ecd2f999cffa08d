//! The sending half: seals, and knows what is owed.

mod flight;

use crate::config::Io;
use crate::limits::MAX_OWN_KEY_UPDATES;
use crate::trace::{self, Trace};
use crate::{Error, Usage};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::{CryptoError, Provider, Suite};
use handfast_handshake::{Direction, Epoch};
use handfast_record::{Padding, RecordError, RecordWriter, Sealer};
use handfast_schedule::TrafficSecret;
use handfast_wire::message::KeyUpdate;
use handfast_wire::{AlertDescription, AlertLevel, ContentType, KeyUpdateRequest};

/// The sending half of a connection. After [`Connection::split`](crate::Connection::split) it needs nothing of the
/// reading half but the [`WriteAction`]s that one reports.
///
/// Every method that takes `out` appends whole records to it and queues nothing.
pub struct Writer {
    sealer: Sealer,
    /// How records are padded, all but those of early data.
    padding: Padding,
    /// What bounds records, whatever the configuration says.
    own_fragment: Option<usize>,
    provider: Provider,
    trace: Option<Arc<dyn Trace>>,
    /// Messages of the current epoch that will share records; empty between calls.
    flight: Vec<u8>,
    application: Option<(TrafficSecret, &'static Suite)>,
    state: Sending,
    updates: Updates,
    /// How much early data was sent, in bytes.
    early_sent: u64,
}

/// How far the sending side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    /// No application data yet.
    Handshake,
    /// Early data, and so many bytes of it.
    Early { left: u32 },
    /// Application data may be sent.
    Open,
    /// Another handshake is under way (TLS 1.2): from the first message of this side to its Finished the peer takes no data.
    Held,
    /// close_notify or a fatal alert is out.
    Closed,
}

/// Where this side stands with KeyUpdates (RFC 9846 §4.7.3).
#[derive(Default)]
struct Updates {
    sent: u64,
    /// The peer wants an update before the next application data.
    owed: bool,
    /// A request is out and the peer has not updated since.
    requested: bool,
}

/// What the reading half owes the peer through the writing half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the peer waits for it: hand it to Writer::apply"]
pub enum WriteAction {
    /// The peer has updated its key.
    PeerKeyUpdate {
        /// It wants the same of this side.
        reply: bool,
    },
    /// The peer is told that its wish is not granted; the connection goes on.
    Warning(AlertDescription),
    /// The connection failed: tell the peer, and send nothing more.
    Alert(AlertDescription),
    /// The peer has ended the connection: send nothing more.
    Shut,
}

impl WriteAction {
    /// This action and a later one in one, for whoever keeps what is owed in one place. A reply that one of two updates
    /// asked for is owed, whichever asked; an alert is the last thing a connection says.
    pub fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::PeerKeyUpdate { reply: first }, Self::PeerKeyUpdate { reply }) => {
                Self::PeerKeyUpdate { reply: first || reply }
            }
            // A warning that was not sent yet says the same as the next one.
            (Self::PeerKeyUpdate { .. } | Self::Warning(_), end) => end,
            (end, _) => end,
        }
    }
}

impl Writer {
    pub(crate) fn new(provider: Provider) -> Self {
        Self {
            sealer: Sealer::new(),
            padding: Padding::None,
            own_fragment: None,
            provider,
            trace: None,
            flight: Vec::new(),
            application: None,
            state: Sending::Handshake,
            updates: Updates::default(),
            early_sent: 0,
        }
    }

    /// Takes over what the configuration says of records.
    pub(crate) fn configure(&mut self, provider: &Provider, io: &Io) {
        self.provider = provider.clone();
        self.trace = io.watch.trace.clone();
        self.sealer.fragment(self.own_fragment.unwrap_or(io.max_fragment));
        self.padding = io.padding;
        self.sealer.pad(io.padding);
        self.sealer.rekey_after(io.max_records);
    }

    /// Sends application data, in as many records as it needs. Nothing happens for no data.
    ///
    /// # Errors
    /// [`Usage::NotConnected`], [`Usage::Closed`], [`Usage::Renegotiating`], [`Usage::RecordLimit`], or what makes the cipher
    /// fail.
    pub fn send(&mut self, mut data: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        while !data.is_empty() {
            self.before_data(out)?;
            // Never more under one key than its limit allows, however much comes at once.
            let records = usize::try_from(self.sealer.records_left()).unwrap_or(usize::MAX).max(1);
            let most = records.saturating_mul(self.sealer.max_content());
            let (now, later) = data.split_at_checked(most).unwrap_or((data, &[]));
            let sealed = self.seal(ContentType::APPLICATION_DATA, now, out).map_err(local);
            self.finally(sealed)?;
            data = later;
        }
        Ok(())
    }

    /// As [`Connection::send_early`](crate::Connection::send_early).
    pub(crate) fn send_early(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<usize, Error> {
        let Sending::Early { left } = self.state else { return Err(Usage::NoEarlyData.into()) };
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        // There is no KeyUpdate before the handshake: a key at its end takes no more.
        let records = usize::try_from(self.sealer.records_left()).unwrap_or(usize::MAX);
        let most = most.min(records.saturating_mul(self.sealer.max_content()));
        let now = data.get(..most).unwrap_or(data);
        if now.is_empty() {
            return Ok(0);
        }
        let sealed = self.seal(ContentType::APPLICATION_DATA, now, out).map_err(local);
        self.finally(sealed)?;
        let sent = u32::try_from(now.len()).unwrap_or(u32::MAX);
        self.early_sent = self.early_sent.saturating_add(u64::from(sent));
        self.state = Sending::Early { left: left.saturating_sub(sent) };
        Ok(now.len())
    }

    pub(crate) fn early_data_left(&self) -> usize {
        match self.state {
            Sending::Early { left } => usize::try_from(left).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// Begins a record whose content is written straight into `out`, where it will be sealed. [`Record::finish`] seals it;
    /// dropped without that, `out` is as before.
    ///
    /// # Errors
    /// As [`Writer::send`].
    pub fn record<'o>(&mut self, out: &'o mut Vec<u8>) -> Result<Record<'_, 'o>, Error> {
        self.before_data(out)?;
        let trace = self.trace.as_ref();
        Ok(Record { inner: self.sealer.writer(out), state: &mut self.state, trace })
    }

    /// Moves to the next sending key, and leaves the peer its own.
    ///
    /// # Errors
    /// As [`Writer::update_keys`].
    pub fn update_sending_key(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.check_open()?;
        let updated = self.key_update(KeyUpdateRequest::UPDATE_NOT_REQUESTED, out);
        self.finally(updated)
    }

    /// Moves to the next sending key and asks the peer to do the same, unless it still owes the last time's
    /// (RFC 9846 §4.7.3).
    ///
    /// # Errors
    /// [`Usage::NotConnected`], [`Usage::Closed`], [`Usage::NoKeyUpdate`], [`Usage::KeyUpdateLimit`], or what makes the key schedule fail.
    pub fn update_keys(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.check_open()?;
        let request = if self.updates.requested {
            KeyUpdateRequest::UPDATE_NOT_REQUESTED
        } else {
            KeyUpdateRequest::UPDATE_REQUESTED
        };
        let updated = self.key_update(request, out);
        self.finally(updated)?;
        self.updates.requested = true;
        Ok(())
    }

    /// Puts no more than so many bytes of content into a record from here on, 1 to 16,384; what is outside is cut to that.
    /// Smaller records reach the peer's application sooner, larger ones cost less. It holds whichever configuration is chosen
    /// later.
    pub fn max_send_fragment(&mut self, bytes: usize) {
        self.own_fragment = Some(bytes);
        self.sealer.fragment(bytes);
    }

    /// Sends close_notify: nothing more will come from this side (RFC 9846 §6.1). In the middle of a handshake
    /// `user_canceled` goes before it. Does nothing the second time.
    ///
    /// # Errors
    /// What makes the cipher fail.
    pub fn close(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.is_in_handshake() {
            self.send_alert(AlertLevel::WARNING, AlertDescription::USER_CANCELED, out)?;
        }
        if self.state != Sending::Closed {
            let sent = self.send_alert(AlertLevel::WARNING, AlertDescription::CLOSE_NOTIFY, out);
            self.seal_shut();
            sent?;
        }
        Ok(())
    }

    /// Does what the reading half reported.
    ///
    /// # Errors
    /// What makes cipher or key schedule fail.
    pub fn apply(&mut self, action: WriteAction, out: &mut Vec<u8>) -> Result<(), Error> {
        match action {
            WriteAction::Alert(alert) => {
                self.fatal(alert, out);
                Ok(())
            }
            WriteAction::Warning(alert) => {
                if self.state == Sending::Closed {
                    return Ok(());
                }
                self.send_alert(AlertLevel::WARNING, alert, out)
            }
            WriteAction::Shut => {
                self.seal_shut();
                Ok(())
            }
            WriteAction::PeerKeyUpdate { reply } => {
                self.updates.requested = false;
                // RFC 9846 §4.7.3: however often the peer asks while this side is silent, it gets a single update, before
                // the next data. Nothing is written for it now, so a peer cannot make this side's output grow.
                self.updates.owed |= reply;
                Ok(())
            }
        }
    }

    /// Whether this side has sent close_notify or a fatal alert.
    pub fn is_closed(&self) -> bool {
        self.state == Sending::Closed
    }

    /// Whether application data cannot be sent yet.
    pub(crate) fn is_in_handshake(&self) -> bool {
        matches!(self.state, Sending::Handshake | Sending::Early { .. })
    }

    /// Whoever watches from here on.
    pub(crate) fn trace(&mut self, trace: Arc<dyn Trace>) {
        self.trace = Some(trace);
    }

    /// Puts content into records.
    fn seal(&mut self, content_type: ContentType, content: &[u8], out: &mut Vec<u8>) -> Result<(), RecordError> {
        let start = out.len();
        self.sealer.seal(content_type, content, out)?;
        trace::records(self.trace.as_ref(), content_type, out.get(start..).unwrap_or_default());
        Ok(())
    }

    fn check_open(&self) -> Result<(), Error> {
        match self.state {
            Sending::Open => Ok(()),
            Sending::Handshake | Sending::Early { .. } => Err(Usage::NotConnected.into()),
            Sending::Held => Err(Usage::Renegotiating.into()),
            Sending::Closed => Err(Usage::Closed.into()),
        }
    }

    fn before_data(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.check_open()?;
        // TLS 1.2 has no KeyUpdate: a key at its end is the end.
        if self.application.is_none() && self.sealer.wants_rekey() {
            self.close(out)?;
            return Err(Usage::RecordLimit.into());
        }
        if self.updates.owed || self.sealer.wants_rekey() {
            match self.key_update(KeyUpdateRequest::UPDATE_NOT_REQUESTED, out) {
                // RFC 9846 §4.7.3: at the end of what it allows, a request goes unanswered; a key at its own end does not
                // go on.
                Err(Error::Usage(Usage::KeyUpdateLimit)) if !self.sealer.wants_rekey() => self.updates.owed = false,
                updated => self.finally(updated)?,
            }
        }
        Ok(())
    }

    /// A record that could not be made may have taken its sequence number with it: nothing can follow.
    fn finally(&mut self, made: Result<(), Error>) -> Result<(), Error> {
        if matches!(made, Err(Error::Crypto(_))) {
            self.seal_shut();
        }
        made
    }

    fn key_update(&mut self, request: KeyUpdateRequest, out: &mut Vec<u8>) -> Result<(), Error> {
        let (secret, suite) = self.application.as_ref().ok_or(Usage::NoKeyUpdate)?;
        if self.updates.sent >= MAX_OWN_KEY_UPDATES {
            return Err(Usage::KeyUpdateLimit.into());
        }
        let (next, suite) = (secret.next()?, *suite);
        let keys = next.record_keys(suite, &self.provider)?;
        let mut raw = Vec::new();
        KeyUpdate { request }.write(&mut raw).map_err(|_| Error::TooLong)?;
        if let Some(trace) = &self.trace {
            trace.message(Direction::Send, Epoch::Application, &raw);
        }
        self.seal(ContentType::HANDSHAKE, &raw, out).map_err(local)?;
        self.sealer.install(keys);
        self.application = Some((next, suite));
        self.updates.sent = self.updates.sent.saturating_add(1);
        // A request of one's own is no answer to the peer's.
        self.updates.owed &= request == KeyUpdateRequest::UPDATE_REQUESTED;
        Ok(())
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// An application data record under construction in the caller's buffer.
pub struct Record<'w, 'o> {
    inner: RecordWriter<'w, 'o>,
    state: &'w mut Sending,
    trace: Option<&'w Arc<dyn Trace>>,
}

impl fmt::Debug for Record<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Record<'_, '_> {
    /// Appends as much of `bytes` as the record has room for, and says how much that was.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        self.inner.put(bytes)
    }

    /// How many more bytes fit.
    pub fn room(&self) -> usize {
        self.inner.room()
    }

    /// How many bytes are in it.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether nothing is in it. Finished like that, it is an empty record, which is cover traffic (RFC 9846 §5.4).
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Seals the record.
    ///
    /// # Errors
    /// What makes the cipher fail; the buffer is then as it was, and nothing more can be sent.
    pub fn finish(self) -> Result<(), Error> {
        let Self { inner, state, trace } = self;
        inner.finish_and(|record| trace::records(trace, ContentType::APPLICATION_DATA, record)).map_err(|error| {
            *state = Sending::Closed;
            local(error)
        })
    }
}

/// A record that cannot be made is never the peer's fault.
pub(crate) fn local(error: RecordError) -> Error {
    match error {
        RecordError::Crypto(error) => Error::Crypto(error),
        _ => Error::Crypto(CryptoError::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::WriteAction::{Alert, PeerKeyUpdate};
    use super::*;

    #[test]
    fn what_is_owed_twice_is_not_forgotten() {
        let (alert, later) = (Alert(AlertDescription::DECODE_ERROR), Alert(AlertDescription::INTERNAL_ERROR));
        let (asks, asks_not) = (PeerKeyUpdate { reply: true }, PeerKeyUpdate { reply: false });
        for (first, second, both) in [
            (asks, asks_not, asks),
            (asks_not, asks, asks),
            (asks_not, asks_not, asks_not),
            (asks, alert, alert),
            (alert, asks, alert),
            (alert, later, alert),
        ] {
            assert_eq!(first.and(second), both);
        }
    }
}
