//! The receiving half: records to events.

mod later;
mod records;

use crate::binding::ChannelBinding;
use crate::config::Io;
use crate::event::{Event, Received};
use crate::inbound::{Engine, Inbound, Milestone, Outlet};
use crate::limits::{MAX_CERTIFICATE_REQUESTS, MAX_HELLO_REQUESTS, MAX_KEY_UPDATES};
use crate::question::Answer;
use crate::role::{Resolved, Role};
use crate::writer::WriteAction;
use crate::{Error, Facts, Question, ServerConfig, Truncated, Usage};
use alloc::{sync::Arc, vec::Vec};
use core::{fmt, mem};
use handfast_crypto::CryptoError;
use handfast_handshake::{self as handshake, Direction, Handshake};
use handfast_record::{Assembler, Frame, MAX_CIPHERTEXT, Opened, RecordError, Sniffed, check_first, peek, sniff};
use handfast_wire::{ContentType, MessageKind, Violation};
use records::count;

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
    hello_requests: u32,
    change_cipher_specs: u32,
    certificate_requests: u32,
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

/// The state of a machine that is done, in every diagram.
const CONNECTED: &str = "CONNECTED";

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
        self.check()?;
        if !self.inbound.connected {
            return Err(Usage::NotConnected.into());
        }
        let exporter = self.inbound.exporter.as_ref().ok_or(Usage::NoExtendedMainSecret)?;
        exporter.export(label, context, okm).map_err(export_error)
    }

    /// As [`Connection::export_early`](crate::Connection::export_early).
    pub(crate) fn export_early(&self, label: &[u8], context: Option<&[u8]>, okm: &mut [u8]) -> Result<(), Error> {
        self.check()?;
        let secret = self.inbound.early_exporter.as_ref().ok_or(Usage::NoEarlyData)?;
        secret.export(label, context.unwrap_or_default(), okm).map_err(export_error)
    }

    /// The error that has ended the connection, if one has.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.failed.clone().map_or(Ok(()), Err)
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
        self.check()?;
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
            let header = self.header(record);
            let opened = match self.inbound.opener.open(record) {
                Ok(opened) => opened,
                Err(RecordError::OpenFailed) if self.skip_budget(len) => continue,
                Err(error) => return Err(theirs(error)),
            };
            self.show(header, opened.content_type);
            self.peer_protects |= opened.protected;
            if opened.protected {
                self.inbound.skip = None;
            }
            let Opened { content_type, at, bytes, protected } = opened;
            if content_type == ContentType::APPLICATION_DATA {
                let early = self.check_data(bytes.len())?;
                let at = start.saturating_add(at);
                if !bytes.is_empty() {
                    let event = if early { Event::EarlyData { at, bytes } } else { Event::Data { at, bytes } };
                    return Ok(Received { consumed, event });
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
            _ if self.machine.takes_change_cipher_spec() => self.new_keys(bytes, outlet),
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
            match handfast_wire::Message::kind_of(raw) {
                MessageKind::KeyUpdate => {
                    count(&mut self.flood.key_updates, MAX_KEY_UPDATES, Violation::TooManyKeyUpdates)?;
                }
                MessageKind::CertificateRequest if self.inbound.connected && self.inbound.is_tls13() => {
                    let counter = &mut self.flood.certificate_requests;
                    count(counter, MAX_CERTIFICATE_REQUESTS, Violation::TooManyCertificateRequests)?;
                }
                // The peer's wish to renegotiate, on either side.
                MessageKind::HelloRequest => {
                    count(&mut self.flood.hello_requests, MAX_HELLO_REQUESTS, Violation::TooManyHelloRequests)?;
                }
                MessageKind::ClientHello if self.inbound.connected => {
                    count(&mut self.flood.hello_requests, MAX_HELLO_REQUESTS, Violation::TooManyHelloRequests)?;
                }
                _ => {}
            }
            let epoch = self.inbound.epoch;
            if let Some(trace) = &self.inbound.io.watch.trace {
                trace.message(Direction::Receive, epoch, raw);
            }
            let host = &mut Engine { inbound: &mut self.inbound, outlet: &mut *outlet };
            self.machine.message(epoch, raw, assembled.last, host)?;
            self.check_dummies()?;
            self.resolve(outlet)?;
        }
        outlet.flush()?;
        if self.inbound.connected && self.assembler.is_empty() {
            self.assembler.release();
            self.machine.release();
            outlet.release();
        }
        Ok(())
    }

    /// Answers the machine's questions for as long as the configuration can.
    fn resolve(&mut self, outlet: &mut Outlet<'_>) -> Result<(), Error> {
        while let Some(question) = self.machine.question() {
            let is_judgement = matches!(question, handshake::Question::Peer(_));
            let resolved = self.role.resolve(question)?;
            if is_judgement {
                self.inbound.next_facts().judged(self.role.rejection.take());
            }
            match resolved {
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
            self.serve(config, outlet);
        }
        self.machine.answer(inner, &mut Engine { inbound: &mut self.inbound, outlet: &mut *outlet })?;
        Ok(())
    }

    /// From here on this configuration answers.
    fn serve(&mut self, config: Arc<ServerConfig>, outlet: &mut Outlet<'_>) {
        self.inbound.provider = config.params.provider.clone();
        let watch = self.inbound.io.watch.chosen(&config.io.watch);
        self.inbound.io = Io { watch, ..config.io.clone() };
        #[cfg(feature = "legacy")]
        {
            self.inbound.renegotiations.configure(config.renegotiations());
        }
        if let Outlet::Direct(writer, _) = outlet {
            writer.configure(&config.params.provider, &self.inbound.io);
        }
        self.role.serve(config);
    }

    /// The caller's answer to the open question.
    pub(crate) fn answer(&mut self, answer: Answer, outlet: &mut Outlet<'_>) -> Result<(), Error> {
        self.check()?;
        // Checked before anything is touched: a stale answer changes nothing.
        if !self.machine.has_asked(answer.inner.id()) {
            return Err(Usage::Stale.into());
        }
        let given = self.give(answer, outlet).and_then(|()| self.resolve(outlet)).and_then(|()| outlet.flush());
        if self.is_idle() {
            self.assembler.release();
            self.machine.release();
            outlet.release();
        }
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
            #[cfg(feature = "tls12")]
            if let Some(id) = self.inbound.stored.take() {
                self.role.forget_session(&id);
            }
            self.inbound.forget();
            self.machine.forget();
            self.assembler = Assembler::new();
            // Alerts fail only with the cipher, and then there is nobody left to tell.
            let _ = outlet.act(error.alert().map_or(WriteAction::Shut, WriteAction::Alert));
            if let Some(trace) = &self.inbound.io.watch.trace {
                trace.failed(&error, &self.inbound.facts);
            }
        }
        error
    }

    /// Whether an event waits or a question is open: nothing may be consumed.
    fn is_stopped(&self) -> bool {
        self.inbound.pending.is_some() || self.inbound.session.is_some() || self.machine.is_asking()
    }

    /// Whether everything that came has been reported, and nothing is asked.
    pub(crate) fn is_idle(&self) -> bool {
        self.is_divisible() && !self.machine.has_open_question()
    }

    /// Whether everything has been reported. What may be asked still is a ticket, which nothing waits for.
    pub(crate) fn is_divisible(&self) -> bool {
        self.inbound.connected
            && self.machine.state() == CONNECTED
            && !self.is_stopped()
            && self.asked.is_none()
            && self.assembler.is_empty()
            && self.failed.is_none()
    }

    /// Nobody answers for tickets any more.
    pub(crate) fn drop_tickets(&mut self, outlet: &mut Outlet<'_>) {
        // Nothing is sent for it, so nothing can fail.
        let _ = self.machine.drop_tickets(&mut Engine { inbound: &mut self.inbound, outlet });
    }

    /// Whether nothing is consumed before the caller has answered.
    pub(crate) fn needs_answer(&self) -> bool {
        self.machine.is_asking()
    }

    fn waiting<'b>(&mut self) -> Option<Event<'b>> {
        if let Some(milestone) = self.inbound.pending.take() {
            return Some(match milestone {
                Milestone::MaySend(early) => Event::MaySend(early),
                Milestone::Connected => Event::Connected,
                Milestone::Renegotiated => Event::Renegotiated,
                Milestone::ClientAuthenticated => Event::ClientAuthenticated,
                Milestone::EarlyDataAccepted => Event::EarlyDataAccepted,
                Milestone::EarlyDataRejected { bytes } => Event::EarlyDataRejected { bytes },
            });
        }
        if let Some(session) = self.inbound.session.take().and_then(|session| self.role.session(session)) {
            return Some(Event::Session(session));
        }
        if let Some(question) = self.asked.take() {
            return Some(Event::Question(question));
        }
        self.machine.is_asking().then_some(Event::NeedAnswer)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("state", &self.machine.state()).finish_non_exhaustive()
    }
}

/// Why nothing was exported.
fn export_error(error: CryptoError) -> Error {
    match error {
        CryptoError::Length => Usage::ExporterLength.into(),
        CryptoError::Unsupported => Usage::ExporterLabel.into(),
        error => error.into(),
    }
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
