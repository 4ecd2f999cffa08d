//! A trace as text.

use super::lines::Lines;
use super::message::Context;
use super::{RecordHeader, Trace};
use crate::{Error, Facts};
use alloc::{string::String, sync::Arc};
use core::fmt::{self, Write};
use handfast_handshake::{Direction, EarlyData, Epoch, NotResumed};
use handfast_wire::{AlertDescription, ContentType};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Writes records, messages, their fields and extensions as indented text, in the manner of `openssl s_client -trace`.
///
/// ```text
/// Sent Record
/// Header:
///   Version = TLS 1.0 (0x301)
///   Content Type = Handshake (22)
///   Length = 1543
///     ClientHello, Length=1539
///       client_version=0x303 (TLS 1.2)
///       ...
///       extensions, length = 1460
///         extension_type=server_name(0), length=14
///           host_name=localhost
/// ```
///
/// There is nothing secret in it: messages are as the peer sees them, and of application data there is the length. What a peer chose is
/// escaped, and every list and field is cut at a bound, but for certificates, which are whole. A record that is sent comes in one call of
/// [`write_str`](core::fmt::Write::write_str), with all that is in it; of one that is received the header does, and then each message.
/// Between two calls those of other connections may come: see [`Text::numbered`].
///
/// ```
/// use handfast::trace::Text;
/// use std::sync::Arc;
///
/// /// A `std::io::Write` to write to.
/// struct Stderr;
///
/// impl std::fmt::Write for Stderr {
///     fn write_str(&mut self, text: &str) -> std::fmt::Result {
///         eprint!("{text}");
///         Ok(())
///     }
/// }
///
/// let builder = handfast::ClientConfig::builder().trace(Arc::new(Text::new(Stderr)));
/// # let _ = builder;
/// ```
pub struct Text<W> {
    shared: Arc<Mutex<Out<W>>>,
    /// What the blocks of this connection begin with.
    label: String,
    state: Mutex<State>,
}

struct Out<W> {
    writer: W,
    /// How many connections have begun, where they are told apart by number.
    begun: Option<u64>,
}

#[derive(Default)]
struct State {
    context: Context,
    /// What was sent and is in no record yet.
    sent: String,
}

impl<W: Write + Send + 'static> Text<W> {
    /// Writes to `out`. An error of it ends nothing: the connection goes on.
    pub fn new(out: W) -> Self {
        Self::over(Arc::new(Mutex::new(Out { writer: out, begun: None })), String::new())
    }

    /// The same for a configuration with several connections at a time: each has a number, from one, which stands before whatever is
    /// written of it in one call, as in `#7 Sent Record` and `#7     ServerHello, Length=118`.
    pub fn numbered(out: W) -> Self {
        Self::over(Arc::new(Mutex::new(Out { writer: out, begun: Some(0) })), String::new())
    }

    fn over(shared: Arc<Mutex<Out<W>>>, label: String) -> Self {
        Self { shared, label, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn out(&self) -> MutexGuard<'_, Out<W>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is received at once, and keeps what is sent for its record.
    fn put(&self, direction: Direction, show: impl FnOnce(&mut Context, &mut Lines<'_>)) {
        let mut state = self.state();
        let mut text = String::new();
        show(&mut state.context, &mut Lines::new(&mut text, CONTENT));
        match direction {
            Direction::Receive => self.write(&text),
            Direction::Send => state.sent.push_str(&text),
        }
    }

    /// One block, under the connection's label.
    fn write(&self, text: &str) {
        // A trace that nobody can see must not disturb the connection.
        let _ = self.out().writer.write_str(&[&self.label, text].concat());
    }
}

/// How far the content of a record is indented.
const CONTENT: usize = 4;

impl<W: Write + Send + 'static> Trace for Text<W> {
    fn begin(&self, _: bool) -> Option<Arc<dyn Trace>> {
        let mut label = self.label.clone();
        // One that has a number has begun.
        if let Some(begun) = self.out().begun.as_mut().filter(|_| label.is_empty()) {
            *begun = begun.saturating_add(1);
            label = alloc::format!("#{begun} ");
        }
        Some(Arc::new(Self::over(self.shared.clone(), label)))
    }

    fn record(&self, direction: Direction, record: RecordHeader) {
        let mut text = String::new();
        let did = if direction == Direction::Send { "Sent" } else { "Received" };
        let mut lines = Lines::new(&mut text, 0);
        lines.line(format_args!("{did} Record"));
        lines.line("Header:");
        let mut lines = lines.inner();
        lines.line(format_args!("Version = {} ({:#x})", record.version, record.version.0));
        lines.line(format_args!("Content Type = {}", content_type(record.content_type)));
        lines.line(format_args!("Length = {}", record.length));
        if record.content_type == ContentType::APPLICATION_DATA && record.inner != record.content_type {
            lines.line(format_args!("Inner Content Type = {}", content_type(record.inner)));
        }
        if direction == Direction::Send {
            text.push_str(&core::mem::take(&mut self.state().sent));
        }
        self.write(&text);
    }

    fn message(&self, direction: Direction, _: Epoch, raw: &[u8]) {
        self.put(direction, |context, lines| context.show(lines, raw));
    }

    fn change_cipher_spec(&self, direction: Direction) {
        self.put(direction, |_, lines| lines.line("change_cipher_spec (1)"));
    }

    fn alert(&self, direction: Direction, alert: AlertDescription) {
        self.put(direction, |_, lines| {
            lines.line(format_args!("Alert, description={alert}({})", alert.0));
        });
    }

    fn not_resumed(&self, why: NotResumed) {
        self.write(&alloc::format!("Not resumed ({}): {why}\n", why.code()));
    }

    fn early_data(&self, state: EarlyData) {
        if state != EarlyData::None {
            self.write(&alloc::format!("Early data: {state:?}\n"));
        }
    }

    fn failed(&self, error: &Error, _: &Facts) {
        self.write(&alloc::format!("Failed ({}): {error}\n", error.code()));
    }
}

impl<W> fmt::Debug for Text<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("label", &self.label).finish_non_exhaustive()
    }
}

fn content_type(ty: ContentType) -> impl fmt::Display {
    let name = match ty {
        ContentType::CHANGE_CIPHER_SPEC => Some("ChangeCipherSpec"),
        ContentType::ALERT => Some("Alert"),
        ContentType::HANDSHAKE => Some("Handshake"),
        ContentType::APPLICATION_DATA => Some("ApplicationData"),
        _ => None,
    };
    super::lines::Named(name, ty.0)
}
