//! The receiving half: records to events.

use crate::binding::ChannelBinding;
use crate::event::{Early, Event, Received};
use crate::inbound::{Engine, Inbound, Milestone, Outlet};
use crate::limits::{MAX_CHANGE_CIPHER_SPECS, MAX_EMPTY_RECORDS, MAX_KEY_UPDATES, MAX_WARNINGS};
use crate::question::Answer;
use crate::role::{Resolved, Role};
use crate::writer::WriteAction;
use crate::{Error, Facts, Question, Truncated, Usage};
use alloc::vec::Vec;
use core::{fmt, mem};
use handfast_crypto::CryptoError;
use handfast_crypto::aead::MAX_TAG_LEN;
use handfast_handshake::{Direction, Epoch, Handshake};
use handfast_record::{Assembler, Frame, MAX_CIPHERTEXT, Opened, RecordError, Sniffed, check_first, peek, sniff};
use handfast_schedule::Side;
use handfast_wire::{Alert, AlertDescription, ContentType, MessageKind, Violation};

/// The receiving half of a connection. After [`Connection::split`](crate::Connection::split) it works without the
/// sending half and reports what that one owes the peer.
pub struct Reader {
    pub(crate) inbound: Inbound,
    pub(crate) role: Role,
    machine: Handshake,
    assembler: Assembler,
    /// A question on its way to the caller.
    asked: Option<Question>,
    started: bool,
    /// A protected record has been opened: from here on alerts are protected too.
    peer_protects: bool,
    closed: bool,
    failed: Option<Error>,
    flood: Flood,
}

/// What came in a row that moves nothing forward.
#[derive(Default)]
struct Flood {
    empty_records: u32,
    key_updates: u32,
    warnings: u32,
    change_cipher_specs: u32,
}

/// What the reading half of a split connection reports.
#[derive(Debug)]
#[must_use]
pub struct HalfReceived<'b> {
    /// How many bytes of the input are done with.
    pub consumed: usize,
    /// What happened.
    pub event: Event<'b>,
    /// What the writing half has to do.
    pub owes: Option<WriteAction>,
}

/// Why the reading half of a split connection failed.
#[derive(Debug)]
#[must_use]
pub struct Failed {
    /// Why.
    pub error: Error,
    /// What the writing half has to do: tell the peer.
    pub owes: Option<WriteAction>,
}

impl Reader {
    pub(crate) fn new(inbound: Inbound, role: Role, machine: Handshake) -> Self {
        Self {
            inbound,
            role,
            machine,
            assembler: Assembler::new(),
            asked: None,
            started: false,
            peer_protects: false,
            closed: false,
            failed: None,
            flood: Flood::default(),
        }
    }

    /// As [`Connection::receive`](crate::Connection::receive); what has to be sent in return is reported.
    ///
    /// # Errors
    /// As there.
    pub fn receive<'b>(&mut self, input: &'b mut [u8]) -> Result<HalfReceived<'b>, Failed> {
        let mut owes = None;
        match self.pump(input, &mut Outlet::Owed(&mut owes)) {
            Ok(Received { consumed, event }) => Ok(HalfReceived { consumed, event, owes }),
            Err(error) => Err(Failed { error, owes }),
        }
    }

    /// As [`Connection::export`](crate::Connection::export).
    ///
    /// # Errors
    /// As there.
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, okm: &mut [u8]) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let exporter = self.inbound.exporter.as_ref().filter(|_| self.inbound.connected);
        let exported = exporter.ok_or(Usage::NotConnected)?.export(label, context.unwrap_or_default(), okm);
        exported.map_err(|error| match error {
            CryptoError::Length => Usage::ExporterLength.into(),
            error => error.into(),
        })
    }

    /// As [`Connection::channel_binding`](crate::Connection::channel_binding).
    ///
    /// # Errors
    /// As there.
    pub fn channel_binding(&self, binding: ChannelBinding) -> Result<Vec<u8>, Error> {
        binding.of(self)
    }

    /// What is known of the connection.
    pub fn facts(&self) -> &Facts {
        &self.inbound.facts
    }

    /// Says that the transport has ended.
    ///
    /// # Errors
    /// [`Truncated`] unless the peer sent close_notify first.
    pub fn end_of_input(&self) -> Result<(), Truncated> {
        if self.closed { Ok(()) } else { Err(Truncated) }
    }

    /// One event, from what waits inside or from the input.
    pub(crate) fn pump<'b>(&mut self, input: &'b mut [u8], outlet: &mut Outlet<'_>) -> Result<Received<'b>, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.step(input, outlet).map_err(|error| self.fail(error, outlet))
    }

    /// The loop over records. A record is consumed before its event is reported, whatever that event is.
    fn step<'b>(&mut self, input: &'b mut [u8], outlet: &mut Outlet<'_>) -> Result<Received<'b>, Error> {
        let mut consumed: usize = 0;
        let mut rest = input;
        if !self.closed && !self.assembler.is_empty() {
            self.messages(&[], outlet)?;
        }
        loop {
            if let Some(event) = self.waiting() {
                return Ok(Received { consumed, event });
            }
            if self.closed {
                // RFC 9846 §6.1: for TLS nothing follows close_notify. Bytes behind it belong to whoever has the transport
                // next, so they are not consumed.
                return Ok(Received { consumed, event: Event::Closed });
            }
            let len = match self.frame(rest)? {
                Frame::NeedInput { at_least } => {
                    return Ok(Received { consumed, event: Event::NeedInput { at_least } });
                }
                Frame::Whole { len, .. } => len,
            };
            let (record, tail) = mem::take(&mut rest).split_at_mut_checked(len).ok_or(CryptoError::Length)?;
            rest = tail;
            let start = consumed;
            consumed = consumed.saturating_add(len);
            if self.skips(record) {
                continue;
            }
            let opened = match self.inbound.opener.open(record) {
                Ok(opened) => opened,
                Err(RecordError::OpenFailed) if self.skip_budget(len) => continue,
                Err(error) => return Err(theirs(error)),
            };
            self.peer_protects |= opened.protected;
            if opened.protected {
                self.inbound.skip = None;
            }
            let Opened { content_type, at, bytes, protected } = opened;
            if content_type == ContentType::APPLICATION_DATA {
                self.check_data(bytes.is_empty())?;
                if !bytes.is_empty() {
                    return Ok(Received { consumed, event: Event::Data { at: start.saturating_add(at), bytes } });
                }
            } else {
                self.control(content_type, bytes, protected, outlet)?;
            }
        }
    }

    /// The record at the front of the input. The very first one shows whether the peer speaks TLS at all.
    fn frame(&mut self, input: &[u8]) -> Result<Frame, Error> {
        if !self.started {
            check_first(input).map_err(|_| Violation::NotTls(sniff(input).name()))?;
        }
        // Refused early data after a HelloRetryRequest is protected, though nothing here is.
        let limit = if self.inbound.skip.is_some() { MAX_CIPHERTEXT } else { self.inbound.opener.max_length() };
        let frame = peek(input, limit).map_err(theirs)?;
        self.started |= matches!(frame, Frame::Whole { .. });
        Ok(frame)
    }

    /// A record that is not application data.
    fn control(
        &mut self,
        content_type: ContentType,
        bytes: &[u8],
        protected: bool,
        outlet: &mut Outlet<'_>,
    ) -> Result<(), Error> {
        match content_type {
            ContentType::HANDSHAKE => self.messages(bytes, outlet),
            _ if !self.assembler.is_empty() => Err(Violation::InterleavedHandshake.into()),
            ContentType::ALERT => self.alert(bytes, protected),
            _ => self.change_cipher_spec(bytes),
        }
    }

    /// Feeds the machine with the messages that wait, then with those in `fragment`, until a question stops it.
    fn messages(&mut self, mut fragment: &[u8], outlet: &mut Outlet<'_>) -> Result<(), Error> {
        let limits = self.inbound.io.limits;
        loop {
            if self.is_stopped() {
                // Consume first, then suspend: the record is the caller's, so its rest moves in here.
                self.assembler.keep(fragment);
                break;
            }
            let assembled = self.assembler.next(fragment, |ty| limits.message(ty)).map_err(theirs)?;
            fragment = fragment.get(assembled.consumed..).unwrap_or_default();
            let Some(raw) = assembled.message else { break };
            if handfast_wire::Message::kind_of(raw) == MessageKind::KeyUpdate {
                count(&mut self.flood.key_updates, MAX_KEY_UPDATES, Violation::TooManyKeyUpdates)?;
            }
            let epoch = self.inbound.epoch;
            if let Some(trace) = &self.inbound.io.trace {
                trace.message(Direction::Receive, epoch, raw);
            }
            let host = &mut Engine { inbound: &mut self.inbound, outlet: &mut *outlet };
            self.machine.message(epoch, raw, assembled.last, host)?;
            self.resolve(outlet)?;
        }
        outlet.flush()?;
        if self.inbound.connected && self.assembler.is_empty() {
            self.assembler.release();
            outlet.release();
        }
        Ok(())
    }

    /// Answers the machine's questions for as long as the configuration can.
    fn resolve(&mut self, outlet: &mut Outlet<'_>) -> Result<(), Error> {
        while let Some(question) = self.machine.question() {
            match self.role.resolve(question)? {
                Resolved::Answered(answer) => self.give(answer, outlet)?,
                Resolved::Asked(question) => {
                    self.asked = Some(question);
                    break;
                }
            }
        }
        Ok(())
    }

    fn give(&mut self, answer: Answer, outlet: &mut Outlet<'_>) -> Result<(), Error> {
        let Answer { inner, config } = answer;
        if let Some(config) = config.filter(|config| !self.role.serves(config)) {
            self.inbound.provider = config.params.provider.clone();
            self.inbound.io = config.io.clone();
            if let Outlet::Direct(writer, _) = outlet {
                writer.configure(&config.params.provider, &config.io);
            }
            self.role.serve(config);
        }
        self.machine.answer(inner, &mut Engine { inbound: &mut self.inbound, outlet: &mut *outlet })?;
        Ok(())
    }

    /// The caller's answer to the open question.
    pub(crate) fn answer(&mut self, answer: Answer, outlet: &mut Outlet<'_>) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        // Checked before anything is touched: a stale answer changes nothing.
        if self.machine.open_question() != Some(answer.inner.id()) {
            return Err(Usage::Stale.into());
        }
        let given = self.give(answer, outlet).and_then(|()| self.resolve(outlet)).and_then(|()| outlet.flush());
        given.map_err(|error| self.fail(error, outlet))
    }

    /// Ends the connection for `error`, once: later calls repeat it.
    pub(crate) fn fail(&mut self, error: Error, outlet: &mut Outlet<'_>) -> Error {
        if let Some(earlier) = &self.failed {
            return earlier.clone();
        }
        if !matches!(error, Error::Usage(_)) {
            self.failed = Some(error.clone());
            self.asked = None;
            self.inbound.forget();
            self.machine.forget();
            self.assembler = Assembler::new();
            // Alerts fail only with the cipher, and then there is nobody left to tell.
            let _ = outlet.act(error.alert().map_or(WriteAction::Shut, WriteAction::Alert));
        }
        error
    }

    /// Whether an event waits or a question is open: nothing may be consumed.
    fn is_stopped(&self) -> bool {
        self.inbound.pending.is_some() || self.machine.is_asking()
    }

    /// Whether everything that came has been reported.
    pub(crate) fn is_idle(&self) -> bool {
        self.inbound.connected && !self.is_stopped() && self.assembler.is_empty() && self.failed.is_none()
    }

    fn waiting<'b>(&mut self) -> Option<Event<'b>> {
        if let Some(milestone) = self.inbound.pending.take() {
            return Some(match milestone {
                Milestone::MaySend => Event::MaySend(Early::HalfRtt),
                Milestone::Connected => Event::Connected,
            });
        }
        if let Some(question) = self.asked.take() {
            return Some(Event::Question(question));
        }
        self.machine.is_asking().then_some(Event::NeedAnswer)
    }
}

/// Records that are no handshake messages.
impl Reader {
    /// Whether application data may come here and now.
    fn check_data(&mut self, is_empty: bool) -> Result<(), Violation> {
        if self.inbound.epoch != Epoch::Application {
            return Err(Violation::EarlyApplicationData);
        }
        if !self.assembler.is_empty() {
            return Err(Violation::InterleavedHandshake);
        }
        if is_empty {
            return count(&mut self.flood.empty_records, MAX_EMPTY_RECORDS, Violation::TooManyEmptyRecords);
        }
        self.flood = Flood { change_cipher_specs: self.flood.change_cipher_specs, ..Flood::default() };
        Ok(())
    }

    /// An alert (RFC 9846 §6): a record with exactly one.
    fn alert(&mut self, bytes: &[u8], protected: bool) -> Result<(), Error> {
        // An alert in the clear can be from a peer that could not derive keys yet; from one that has shown its own it is
        // somebody else's.
        if self.inbound.opener.is_protected() && !protected && (self.peer_protects || self.inbound.connected) {
            return Err(Violation::UnprotectedRecord.into());
        }
        let alert = Alert::read(bytes).map_err(|_| Violation::MalformedAlert)?.description;
        if let Some(trace) = &self.inbound.io.trace {
            trace.alert(Direction::Receive, alert);
        }
        match alert {
            AlertDescription::CLOSE_NOTIFY if self.inbound.epoch == Epoch::Application => {
                self.closed = true;
                Ok(())
            }
            // RFC 9846 §6.1: ignored, because close_notify follows.
            AlertDescription::USER_CANCELED => {
                count(&mut self.flood.warnings, MAX_WARNINGS, Violation::TooManyWarnings)?;
                Ok(())
            }
            alert => Err(Error::Alert(alert)),
        }
    }

    /// The dummy change_cipher_spec (RFC 9846 §5): dropped between the first ClientHello and the peer's Finished.
    fn change_cipher_spec(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let hello_seen = self.inbound.side == Side::Client || self.inbound.facts.client_random.is_some();
        if !hello_seen || self.inbound.epoch == Epoch::Application {
            return Err(Violation::UnexpectedChangeCipherSpec.into());
        }
        if bytes != [1] {
            return Err(Violation::MalformedChangeCipherSpec.into());
        }
        if let Some(trace) = &self.inbound.io.trace {
            trace.change_cipher_spec(Direction::Receive);
        }
        count(&mut self.flood.change_cipher_specs, MAX_CHANGE_CIPHER_SPECS, Violation::TooManyChangeCipherSpecs)?;
        Ok(())
    }

    /// Refused early data between a HelloRetryRequest and the second ClientHello: there are no keys it could fail under
    /// (RFC 9846 §4.3.10).
    fn skips(&mut self, record: &[u8]) -> bool {
        let is_data = record.first() == Some(&ContentType::APPLICATION_DATA.0);
        // RFC 9846 §5.1: not in the middle of a handshake message, refused or not.
        is_data && self.inbound.epoch == Epoch::Initial && self.assembler.is_empty() && self.skip_budget(record.len())
    }

    /// Takes a record of early data that nobody will read out of what may be skipped.
    fn skip_budget(&mut self, len: usize) -> bool {
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

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("state", &self.machine.state()).finish_non_exhaustive()
    }
}

fn count(counter: &mut u32, most: u32, violation: Violation) -> Result<(), Violation> {
    *counter = counter.saturating_add(1);
    if *counter > most { Err(violation) } else { Ok(()) }
}

/// What a received record did wrong.
fn theirs(error: RecordError) -> Error {
    let violation = match error {
        RecordError::NotTls => Violation::NotTls(Sniffed::Unknown.name()),
        RecordError::UnknownContentType(value) => Violation::UnknownContentType(value),
        RecordError::Overflow => Violation::RecordOverflow,
        RecordError::PlaintextOverflow => Violation::PlaintextOverflow,
        RecordError::Unprotected(_) => Violation::UnprotectedRecord,
        RecordError::ProtectedChangeCipherSpec => Violation::UnexpectedChangeCipherSpec,
        RecordError::OpenFailed => Violation::BadRecordMac,
        RecordError::NoContentType => Violation::NoContentType,
        RecordError::Empty(_) => Violation::EmptyRecord,
        RecordError::MessageTooLong(ty) => Violation::MessageTooLong(ty),
        RecordError::Crypto(error) => return Error::Crypto(error),
        RecordError::SequenceExhausted | RecordError::NotOneRecord | RecordError::NoKeys => {
            return Error::Crypto(CryptoError::Failed);
        }
    };
    Error::Peer(violation)
}
