//! Watching a connection go by.

mod certificate;
mod extension;
mod lines;
mod message;
#[cfg(feature = "std")]
mod text;

#[cfg(feature = "std")]
pub use text::Text;

use crate::{Error, Facts, KeyLog};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::{fmt, ptr};
use handfast_handshake::{Direction, EarlyData, Epoch, NotResumed};
use handfast_record::HEADER_LEN;
use handfast_wire::{AlertDescription, ContentType, ProtocolVersion};

/// Sees what a connection sends and receives, with nothing secret in it.
///
/// A trace is in a configuration, and then it sees all connections of that; where it has to know which is which,
/// [`begin`](Self::begin) gives each connection a trace of its own. Or it is given to one connection, which begins it the same way:
/// [`ClientStart::trace`](crate::ClientStart::trace), [`Connection::trace`](crate::Connection::trace). What belongs to a
/// connection alone is dropped with it.
pub trait Trace: Send + Sync {
    /// A connection begins, on a server before the first byte has come, or is shown to this trace from here on: what is returned
    /// sees it instead of this trace.
    /// `None`, which is the default, is for a trace that takes all connections alike.
    fn begin(&self, is_server: bool) -> Option<Arc<dyn Trace>> {
        let _ = is_server;
        None
    }

    /// A record: one that was received before what is in it, one that is sent after what is in it. Records that cannot be
    /// opened, because they are refused early data or a forgery, are not shown.
    fn record(&self, direction: Direction, record: RecordHeader) {
        let _ = (direction, record);
    }

    /// A whole handshake message, header included.
    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]);

    /// A change_cipher_spec.
    fn change_cipher_spec(&self, direction: Direction);

    /// An alert.
    fn alert(&self, direction: Direction, alert: AlertDescription);

    /// A session was offered and not resumed.
    fn not_resumed(&self, why: NotResumed) {
        let _ = why;
    }

    /// Where early data stands.
    fn early_data(&self, state: EarlyData) {
        let _ = state;
    }

    /// The handshake is complete, and this is what it came to. Renegotiations do not come here.
    fn connected(&self, facts: &Facts) {
        let _ = facts;
    }

    /// A client has answered a request for its certificate that came after the handshake
    /// ([`Connection::request_certificate`](crate::Connection::request_certificate)).
    fn client_authenticated(&self, facts: &Facts) {
        let _ = facts;
    }

    /// The connection has failed, once, with as much as it had found out before that.
    fn failed(&self, error: &Error, facts: &Facts) {
        let _ = (error, facts);
    }
}

/// Several traces in place of one, each of which sees everything.
pub struct All(Vec<Arc<dyn Trace>>);

impl All {
    /// These.
    pub fn new(traces: impl IntoIterator<Item = Arc<dyn Trace>>) -> Self {
        Self(traces.into_iter().collect())
    }
}

impl fmt::Debug for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("All").field("traces", &self.0.len()).finish()
    }
}

impl Trace for All {
    fn begin(&self, is_server: bool) -> Option<Arc<dyn Trace>> {
        let begun = self.0.iter().map(|trace| trace.begin(is_server).unwrap_or_else(|| trace.clone()));
        Some(Arc::new(Self(begun.collect())))
    }

    fn record(&self, direction: Direction, record: RecordHeader) {
        self.0.iter().for_each(|trace| trace.record(direction, record));
    }

    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]) {
        self.0.iter().for_each(|trace| trace.message(direction, epoch, raw));
    }

    fn change_cipher_spec(&self, direction: Direction) {
        self.0.iter().for_each(|trace| trace.change_cipher_spec(direction));
    }

    fn alert(&self, direction: Direction, alert: AlertDescription) {
        self.0.iter().for_each(|trace| trace.alert(direction, alert));
    }

    fn not_resumed(&self, why: NotResumed) {
        self.0.iter().for_each(|trace| trace.not_resumed(why));
    }

    fn early_data(&self, state: EarlyData) {
        self.0.iter().for_each(|trace| trace.early_data(state));
    }

    fn connected(&self, facts: &Facts) {
        self.0.iter().for_each(|trace| trace.connected(facts));
    }

    fn client_authenticated(&self, facts: &Facts) {
        self.0.iter().for_each(|trace| trace.client_authenticated(facts));
    }

    fn failed(&self, error: &Error, facts: &Facts) {
        self.0.iter().for_each(|trace| trace.failed(error, facts));
    }
}

/// A whole handshake message as indented text, the way `Text` has it: its name, fields and extensions with names, in
/// hexadecimal what has none. Bytes that are no message are shown as such; what a peer chose is escaped, and every list and field is
/// cut at a bound, but for certificates, which are whole. What looks different in TLS 1.2 is told by its form where `version` is not known.
///
/// ```
/// let text = handfast::trace::message(&[24, 0, 0, 1, 1], None);
/// assert_eq!(text, "KeyUpdate, Length=1\n  update_requested (1)\n");
/// ```
pub fn message(raw: &[u8], version: Option<ProtocolVersion>) -> String {
    let mut out = String::new();
    message::Context::new(version).show(&mut lines::Lines::new(&mut out, 0), raw);
    out
}

/// The header of a record, and what was in it once it was opened (RFC 9846 §5).
///
/// ```text
/// field        width
/// type         u8
/// version      u16    TLS 1.0 or TLS 1.2, whatever is spoken
/// length       u16    of what follows, protection included
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordHeader {
    /// What the header says is in it: in TLS 1.3 application data, once there are keys.
    pub content_type: ContentType,
    /// The version in the header.
    pub version: ProtocolVersion,
    /// The length in the header, in bytes.
    pub length: u16,
    /// What is in it.
    pub inner: ContentType,
}

impl RecordHeader {
    /// The header at the front of `record`.
    pub(crate) fn of(record: &[u8], inner: impl FnOnce(ContentType) -> ContentType) -> Option<Self> {
        let &[ty, major, minor, high, low, ..] = record else { return None };
        let (content_type, version) = (ContentType(ty), ProtocolVersion(u16::from_be_bytes([major, minor])));
        Some(Self { content_type, version, length: u16::from_be_bytes([high, low]), inner: inner(content_type) })
    }
}

/// Shows the records that were sent.
pub(crate) fn records(trace: Option<&Arc<dyn Trace>>, inner: ContentType, mut sent: &[u8]) {
    let Some(trace) = trace else { return };
    while let Some(header) = RecordHeader::of(sent, |_| inner) {
        trace.record(Direction::Send, header);
        let len = usize::from(header.length).saturating_add(HEADER_LEN);
        sent = sent.get(len..).unwrap_or_default();
    }
}

/// Who watches a connection, and who would by its configuration.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    pub(crate) trace: Option<Arc<dyn Trace>>,
    pub(crate) key_log: Option<Arc<dyn KeyLog>>,
    /// The trace that `trace` is of, where that belongs to the connection alone.
    begun: Option<Arc<dyn Trace>>,
    /// Not the configuration's, whatever that may be.
    own_trace: bool,
    own_key_log: bool,
}

impl Watch {
    /// As a configuration has it.
    pub(crate) fn configured(trace: Option<Arc<dyn Trace>>, key_log: Option<Arc<dyn KeyLog>>) -> Self {
        Self { trace, key_log, ..Self::default() }
    }

    /// Of a connection that begins.
    pub(crate) fn begin(&self, is_server: bool) -> Self {
        let Some(trace) = &self.trace else { return self.clone() };
        match trace.begin(is_server) {
            Some(own) => Self { trace: Some(own), begun: Some(trace.clone()), ..self.clone() },
            None => self.clone(),
        }
    }

    /// Of this server, whose configuration is chosen by now. Who watches the connection already goes on.
    pub(crate) fn chosen(&self, config: &Self) -> Self {
        let goes_on = self.own_trace || same(self.begun.as_ref().or(self.trace.as_ref()), config.trace.as_ref());
        let chosen = if goes_on { self.clone() } else { config.begin(true) };
        let key_log = if self.own_key_log { &self.key_log } else { &config.key_log };
        Self { key_log: key_log.clone(), own_key_log: self.own_key_log, ..chosen }
    }

    /// This one sees the connection once it begins.
    pub(crate) fn trace(&mut self, trace: Arc<dyn Trace>) {
        (self.trace, self.own_trace) = (Some(trace), true);
    }

    /// This one sees the connection, which goes on, or what it begins for it: that is returned.
    pub(crate) fn take_over(&mut self, trace: Arc<dyn Trace>, is_server: bool) -> Arc<dyn Trace> {
        let own = trace.begin(is_server).unwrap_or(trace);
        self.trace(own.clone());
        own
    }

    /// This one takes the connection's secrets from here on.
    pub(crate) fn key_log(&mut self, key_log: Arc<dyn KeyLog>) {
        (self.key_log, self.own_key_log) = (Some(key_log), true);
    }
}

fn same(one: Option<&Arc<dyn Trace>>, other: Option<&Arc<dyn Trace>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other)),
        (None, None) => true,
        _ => false,
    }
}
