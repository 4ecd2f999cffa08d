//! What the handshake wants sent: messages, and the keys they go under.

use super::{Sending, Writer, local};
use crate::{Error, trace};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Digest, RecordKeys, Suite};
use handfast_handshake::{Direction, Epoch, Failure};
use handfast_record::{Padding, RecordError, Sealer};
use handfast_schedule::TrafficSecret;
use handfast_wire::{Alert, AlertDescription, AlertLevel, ContentType, ProtocolVersion};

/// Room for most flights, in bytes.
const FLIGHT_ROOM: usize = 1_024;

impl Writer {
    /// Adds a message to the flight. After the end nothing is sent: an answer may come that late, and there are no keys that
    /// would protect what follows from it.
    pub(crate) fn message(&mut self, epoch: Epoch, raw: &[u8]) {
        if self.is_closed() {
            return;
        }
        if let Some(trace) = &self.trace {
            trace.message(Direction::Send, epoch, raw);
        }
        if self.flight.capacity() == 0 {
            self.flight.reserve_exact(raw.len().max(FLIGHT_ROOM));
        }
        self.flight.extend_from_slice(raw);
    }

    /// Puts the flight into records under the current key.
    pub(crate) fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        if self.flight.is_empty() {
            return Ok(());
        }
        let start = out.len();
        let sealed = self.sealer.seal(ContentType::HANDSHAKE, &self.flight, out);
        trace::records(self.trace.as_ref(), ContentType::HANDSHAKE, out.get(start..).unwrap_or_default());
        self.flight.clear();
        sealed
    }

    /// The first ClientHello says TLS 1.0 in its record's header, what follows says TLS 1.2 (RFC 9846 §5.1).
    pub(crate) fn record_version(&mut self, version: ProtocolVersion) {
        self.sealer.stamp(version);
    }

    pub(crate) fn change_cipher_spec(&mut self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        self.flush(out)?;
        if let Some(trace) = &self.trace {
            trace.change_cipher_spec(Direction::Send);
        }
        self.seal(ContentType::CHANGE_CIPHER_SPEC, &[1], out)
    }

    pub(crate) fn install(
        &mut self,
        epoch: Epoch,
        secret: &TrafficSecret,
        suite: &'static Suite,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        // What was sent so far belongs under the old key, and ends its record (RFC 9846 §5.1).
        self.flush(out).map_err(local)?;
        self.sealer.install(secret.record_keys(suite, &self.provider)?);
        // RFC 9846 §4.7.1: a server that does not take early data cannot tell padding from content, and what it skips has an end.
        self.sealer.pad(if epoch == Epoch::EarlyData { Padding::None } else { self.padding });
        if epoch == Epoch::Application {
            self.application = Some((secret.clone(), suite));
        }
        if let (Epoch::Handshake, Sending::Early { .. }) = (epoch, self.state) {
            self.state = Sending::Handshake;
        }
        Ok(())
    }

    /// The content of a Finished under the application traffic secret by now.
    pub(crate) fn verify_data(&self, transcript: &Digest) -> Result<Digest, Failure> {
        let (secret, _) = self.application.as_ref().ok_or(CryptoError::Failed)?;
        Ok(secret.verify_data(transcript)?)
    }

    pub(crate) fn install_keys(&mut self, keys: RecordKeys, out: &mut Vec<u8>) -> Result<(), Error> {
        self.flush(out).map_err(local)?;
        self.sealer.install(keys);
        Ok(())
    }

    /// Early data may be sent, so many bytes.
    pub(crate) fn open_early(&mut self, limit: u32) {
        self.state = Sending::Early { left: limit };
    }

    /// How much early data was sent, in bytes.
    pub(crate) fn early_data_sent(&self) -> u64 {
        self.early_sent
    }

    /// Sends in the clear again, as before there were keys.
    pub(crate) fn unprotect(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.flush(out).map_err(local)?;
        self.sealer.unprotect();
        self.state = Sending::Handshake;
        Ok(())
    }

    /// No record may have more content than this, be it protected or not (RFC 6066 §4).
    pub(crate) fn shorten(&mut self, content: usize) {
        self.sealer.fragment(content);
        self.sealer.limit(content);
    }

    /// The peer takes no more content in a record than this.
    pub(crate) fn limit(&mut self, content: usize) {
        self.sealer.limit(content);
    }

    /// Application data may be sent. The memory of the flight is given back.
    pub(crate) fn open(&mut self) {
        if matches!(self.state, Sending::Handshake | Sending::Early { .. } | Sending::Held) {
            self.state = Sending::Open;
        }
    }

    /// No application data until it is opened again.
    pub(crate) fn hold(&mut self) {
        if self.state == Sending::Open {
            self.state = Sending::Held;
        }
    }

    pub(crate) fn release(&mut self) {
        self.flight = Vec::new();
    }

    /// Sends a fatal alert; what was left of a flight is not sent.
    pub(crate) fn fatal(&mut self, alert: AlertDescription, out: &mut Vec<u8>) {
        if self.state != Sending::Closed {
            self.flight.clear();
            // A connection that fails because its cipher fails cannot say so.
            let _ = self.send_alert(AlertLevel::FATAL, alert, out);
        }
        self.seal_shut();
    }

    /// Nothing more is sent, and the keys are wiped.
    pub(crate) fn seal_shut(&mut self) {
        self.flight.clear();
        self.sealer = Sealer::new();
        self.application = None;
        self.state = Sending::Closed;
    }

    pub(super) fn send_alert(
        &mut self,
        level: AlertLevel,
        description: AlertDescription,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if let Some(trace) = &self.trace {
            trace.alert(Direction::Send, description);
        }
        let alert = Alert { level, description };
        self.seal(ContentType::ALERT, &alert.write(), out).map_err(local)
    }
}
