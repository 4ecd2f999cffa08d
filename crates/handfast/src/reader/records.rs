//! Records that are no handshake messages: data, alerts, change_cipher_spec, and early data that nobody reads.

use super::{Flood, Reader};
use crate::Error;
use crate::inbound::{Engine, Outlet};
use crate::limits::{MAX_CHANGE_CIPHER_SPECS, MAX_EMPTY_RECORDS, MAX_WARNINGS};
use crate::trace::RecordHeader;
use handfast_crypto::aead::MAX_TAG_LEN;
use handfast_handshake::{Direction, Epoch};
use handfast_schedule::Side;
use handfast_wire::{Alert, AlertDescription, AlertLevel, ContentType, ProtocolVersion, Violation};

impl Reader {
    /// The header of a record, for whoever watches; it is overwritten where the record lies.
    pub(super) fn header(&self, record: &[u8]) -> Option<RecordHeader> {
        self.inbound.io.watch.trace.as_ref().and_then(|_| RecordHeader::of(record, |outer| outer))
    }

    /// Shows a record that was opened.
    pub(super) fn show(&self, header: Option<RecordHeader>, inner: ContentType) {
        if let (Some(trace), Some(header)) = (&self.inbound.io.watch.trace, header) {
            trace.record(Direction::Receive, RecordHeader { inner, ..header });
        }
    }

    /// Whether so many bytes of application data may come here and now, and whether they are early data.
    pub(super) fn check_data(&mut self, len: usize) -> Result<bool, Violation> {
        let early = self.inbound.epoch == Epoch::EarlyData;
        if !early && self.inbound.epoch != Epoch::Application {
            return Err(Violation::EarlyApplicationData);
        }
        if !self.assembler.is_empty() {
            return Err(Violation::InterleavedHandshake);
        }
        if len == 0 {
            count(&mut self.flood.empty_records, MAX_EMPTY_RECORDS, Violation::TooManyEmptyRecords)?;
            return Ok(early);
        }
        if early {
            // RFC 9846 §4.7.1: the content counts, and no padding.
            let left = u32::try_from(len).ok().and_then(|len| self.inbound.early_left.checked_sub(len));
            self.inbound.early_left = left.ok_or(Violation::TooMuchEarlyData)?;
        }
        self.flood = Flood { change_cipher_specs: self.flood.change_cipher_specs, ..Flood::default() };
        Ok(early)
    }

    /// An alert (RFC 9846 §6): a record with exactly one.
    pub(super) fn alert(&mut self, bytes: &[u8], protected: bool) -> Result<(), Error> {
        // An alert in the clear can be from a peer that could not derive keys yet; from one that has shown its own it is
        // somebody else's.
        if self.inbound.opener.is_protected() && !protected && (self.peer_protects || self.inbound.connected) {
            return Err(Violation::UnprotectedRecord.into());
        }
        let Alert { level, description: alert } = Alert::read(bytes).map_err(|_| Violation::MalformedAlert)?;
        if let Some(trace) = &self.inbound.io.watch.trace {
            trace.alert(Direction::Receive, alert);
        }
        match alert {
            AlertDescription::CLOSE_NOTIFY if self.inbound.connected || self.inbound.epoch == Epoch::Application => {
                self.closed = true;
                Ok(())
            }
            // RFC 9846 §6.1: ignored, because close_notify follows.
            AlertDescription::USER_CANCELED => {
                count(&mut self.flood.warnings, MAX_WARNINGS, Violation::TooManyWarnings)?;
                Ok(())
            }
            // RFC 5246 §7.2.2: whoever asked decides what a refusal means. Nobody asks without need, and what was asked for
            // would be waited for.
            #[cfg(feature = "legacy")]
            AlertDescription::NO_RENEGOTIATION if self.inbound.renegotiations.asked => Err(Error::Alert(alert)),
            // RFC 5246 §7.2.2: in TLS 1.2 a warning is one, and the connection goes on. RFC 6066 §3: before ServerHello a
            // server may be of TLS 1.2, and warn that it does not know the name.
            // A close_notify before the end of the handshake is one: nothing more will come.
            _ if level == AlertLevel::WARNING
                && alert != AlertDescription::CLOSE_NOTIFY
                && (self.is_tls12() || self.may_become_tls12()) =>
            {
                count(&mut self.flood.warnings, MAX_WARNINGS, Violation::TooManyWarnings)?;
                Ok(())
            }
            alert => Err(Error::Alert(alert)),
        }
    }

    pub(super) fn is_tls12(&self) -> bool {
        self.inbound.facts.version == Some(ProtocolVersion::TLS1_2)
    }

    /// Whether TLS 1.2 was offered and nothing has been answered yet.
    fn may_become_tls12(&self) -> bool {
        let facts = &self.inbound.facts;
        facts.version.is_none() && !facts.retried && self.role.offers_tls12()
    }

    /// The change_cipher_spec of TLS 1.2: from here on the peer's records are protected under new keys (RFC 5246 §7.1).
    pub(super) fn new_keys(&mut self, bytes: &[u8], outlet: &mut Outlet<'_>) -> Result<(), Error> {
        if bytes != [1] {
            return Err(Violation::MalformedChangeCipherSpec.into());
        }
        if let Some(trace) = &self.inbound.io.watch.trace {
            trace.change_cipher_spec(Direction::Receive);
        }
        self.machine.change_cipher_spec(&mut Engine { inbound: &mut self.inbound, outlet })?;
        Ok(())
    }

    /// A change_cipher_spec that was dropped as a dummy of TLS 1.3, when the version turns out to be TLS 1.2, came too early
    /// (docs/regressions.md row 2).
    pub(super) fn check_dummies(&self) -> Result<(), Violation> {
        if self.flood.change_cipher_specs > 0 && self.machine.takes_change_cipher_spec() {
            return Err(Violation::UnexpectedChangeCipherSpec);
        }
        Ok(())
    }

    /// The dummy change_cipher_spec (RFC 9846 §5): dropped between the first ClientHello and the peer's Finished.
    pub(super) fn change_cipher_spec(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let hello_seen = self.inbound.side == Side::Client || self.inbound.facts.client_random.is_some();
        if !hello_seen || self.inbound.epoch == Epoch::Application {
            return Err(Violation::UnexpectedChangeCipherSpec.into());
        }
        if bytes != [1] {
            return Err(Violation::MalformedChangeCipherSpec.into());
        }
        if let Some(trace) = &self.inbound.io.watch.trace {
            trace.change_cipher_spec(Direction::Receive);
        }
        count(&mut self.flood.change_cipher_specs, MAX_CHANGE_CIPHER_SPECS, Violation::TooManyChangeCipherSpecs)?;
        Ok(())
    }

    /// Refused early data between a HelloRetryRequest and the second ClientHello: there are no keys it could fail under
    /// (RFC 9846 §4.3.10).
    pub(super) fn skips(&mut self, record: &[u8]) -> bool {
        let is_data = record.first() == Some(&ContentType::APPLICATION_DATA.0);
        // RFC 9846 §5.1: not in the middle of a handshake message, refused or not.
        is_data && self.inbound.epoch == Epoch::Initial && self.assembler.is_empty() && self.skip_budget(record.len())
    }

    /// Takes a record of early data that nobody will read out of what may be skipped.
    pub(super) fn skip_budget(&mut self, len: usize) -> bool {
        // Counted as the peer counts it, by content: without header, content type and tag. A record costs something also
        // when it is empty.
        let content = len.saturating_sub(handfast_record::HEADER_LEN + 1 + MAX_TAG_LEN).max(1);
        match self.inbound.skip.and_then(|left| left.checked_sub(content)) {
            Some(left) => {
                self.inbound.skip = Some(left);
                true
            }
            None => false,
        }
    }
}

/// Counts what comes in a row, as far as it may.
pub(super) fn count(counter: &mut u32, most: u32, violation: Violation) -> Result<(), Violation> {
    *counter = counter.saturating_add(1);
    if *counter > most { Err(violation) } else { Ok(()) }
}
