//! A span for each connection.

use crate::end::End;
use crate::words;
use handfast::wire::{AlertDescription, Message};
use handfast::{Direction, EarlyData, Epoch, Error, Facts, NotResumed, Trace};
use std::sync::Arc;
use tracing::field::Empty;
use tracing::{Span, debug, info, info_span, warn};

/// A trace that makes a span `tls` of each connection, under the one that is current where the connection begins, and events of what
/// happens in it. The target of all is `handfast_telemetry`.
///
/// | level | event or span |
/// |---|---|
/// | info | the span `tls`, with `side`, and from the end of the handshake on `version`, `suite`, `group`, `protocol`, `server_name`, `resumption`, `verified`; if it fails, `error` |
/// | debug | `message`: `direction`, `name`, `bytes`, `epoch` |
/// | info | `alert`: `direction`, `alert`; `not resumed`: `why`; `early data`: `state`; `connected` |
/// | warn | `failed`: `code`, and the error; `code` is `Unfinished` for a connection that ended before its handshake, by a hang-up or a timeout |
///
/// The span ends with the connection. It is entered for an event and left again, so it does not hold what the application does
/// with the connection; that has spans of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spans;

impl Spans {
    fn connection(is_server: bool) -> Connection {
        let span = info_span!(
            "tls",
            side = words::side(is_server),
            version = Empty,
            suite = Empty,
            group = Empty,
            protocol = Empty,
            server_name = Empty,
            resumption = Empty,
            verified = Empty,
            error = Empty,
        );
        Connection(span, End::default())
    }
}

/// What no connection has begun with is not shown.
impl Trace for Spans {
    fn begin(&self, is_server: bool) -> Option<Arc<dyn Trace>> {
        Some(Arc::new(Self::connection(is_server)))
    }

    fn message(&self, _: Direction, _: Epoch, _: &[u8]) {}

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, _: Direction, _: AlertDescription) {}
}

struct Connection(Span, End);

impl Trace for Connection {
    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]) {
        let name = Message::kind_of(raw).name();
        debug!(parent: &self.0, ?direction, name, bytes = raw.len(), ?epoch, "message");
    }

    fn change_cipher_spec(&self, direction: Direction) {
        debug!(parent: &self.0, ?direction, name = "change_cipher_spec", "message");
    }

    fn alert(&self, direction: Direction, alert: AlertDescription) {
        info!(parent: &self.0, ?direction, alert = words::alert(alert), "alert");
    }

    fn not_resumed(&self, why: NotResumed) {
        info!(parent: &self.0, why = why.code(), "not resumed");
    }

    fn early_data(&self, state: EarlyData) {
        if let Some(state) = words::early_data(state) {
            info!(parent: &self.0, state, "early data");
        }
    }

    fn connected(&self, facts: &Facts) {
        self.1.is_told();
        let [version, suite, group] = words::agreed(facts);
        self.0.record("version", version).record("suite", suite).record("group", group);
        if let Some(protocol) = &facts.protocol {
            // As a debug value, which is escaped.
            self.0.record("protocol", tracing::field::debug(String::from_utf8_lossy(protocol)));
        }
        if let Some(name) = &facts.server_name {
            self.0.record("server_name", tracing::field::debug(name));
        }
        self.0.record("resumption", words::resumption(facts)).record("verified", words::verification(facts).as_str());
        info!(parent: &self.0, "connected");
    }

    fn client_authenticated(&self, facts: &Facts) {
        self.0.record("verified", words::verification(facts).as_str());
        info!(parent: &self.0, "client authenticated");
    }

    fn failed(&self, error: &Error, _: &Facts) {
        self.1.is_told();
        let code = words::code(error);
        self.0.record("error", code.as_str());
        warn!(parent: &self.0, code, error = %error, "failed");
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(code) = self.1.unfinished() {
            self.0.record("error", code);
            warn!(parent: &self.0, code, "failed");
        }
    }
}
