//! Connections as numbers.

use crate::end::End;
use crate::words;
use handfast::trace::RecordHeader;
use handfast::wire::AlertDescription;
use handfast::{Direction, EarlyData, Epoch, Error, Facts, NotResumed, Trace};
use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use std::sync::Arc;
use std::time::Instant;

/// A trace that counts, by whatever recorder is installed when a connection begins. All numbers have the label `side`, `client`
/// or `server`.
///
/// | number | kind | further labels |
/// |---|---|---|
/// | `handfast_connections_total` | counter: connections that have begun | |
/// | `handfast_connections` | gauge: those that live | |
/// | `handfast_handshakes_total` | counter: handshakes that are complete | `version`, `suite`, `group`, `resumption`: `full`, `resumed`, or why not |
/// | `handfast_handshake_seconds` | histogram: from the beginning of a connection to the end of its handshake | `version`, `resumption` |
/// | `handfast_verifications_total` | counter: peers that were judged | `code`: `OK`, `none` where none was shown, `unverified`, or why not, `CERT_HAS_EXPIRED` say |
/// | `handfast_not_resumed_total` | counter: sessions that were offered in vain | `why` |
/// | `handfast_early_data_total` | counter | `state`: `offered`, `accepted`, `refused` |
/// | `handfast_alerts_total` | counter | `direction`, `alert` |
/// | `handfast_failures_total` | counter: connections that have failed | `code`: that of the error, or `Unfinished` for one that ended before its handshake, by a hang-up or a timeout |
/// | `handfast_record_bytes_total` | counter: bytes of records, headers included | `direction` |
/// | `handfast_connection_seconds` | histogram: how long connections lived | |
///
/// No label has a value that a peer could make up; [`describe`] tells a recorder what each is.
/// Where configurations are chosen ([`Admission`](handfast::Admission)) all of them and the admission want clones of one `Arc`: at a
/// change to another one the connection would end in one, `Unfinished`, and begin in the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers;

/// Gives the recorder the units and descriptions of all numbers. Once, after it was installed.
pub fn describe() {
    describe_counter!("handfast_connections_total", "Connections that have begun");
    describe_gauge!("handfast_connections", "Connections that live");
    describe_counter!("handfast_handshakes_total", "Handshakes that are complete");
    describe_histogram!("handfast_handshake_seconds", Unit::Seconds, "From the beginning of a connection to its use");
    describe_counter!("handfast_verifications_total", "Peers that were judged, by the result");
    describe_counter!("handfast_not_resumed_total", "Sessions that were offered in vain, by the reason");
    describe_counter!("handfast_early_data_total", "Early data, by what became of it");
    describe_counter!("handfast_alerts_total", "Alerts that were sent and received");
    describe_counter!("handfast_failures_total", "Connections that have failed, by the code");
    describe_counter!("handfast_record_bytes_total", Unit::Bytes, "Bytes of records that were sent and received");
    describe_histogram!("handfast_connection_seconds", Unit::Seconds, "How long connections lived");
}

/// What no connection has begun with is not counted.
impl Trace for Numbers {
    fn begin(&self, is_server: bool) -> Option<Arc<dyn Trace>> {
        let side = words::side(is_server);
        counter!("handfast_connections_total", "side" => side).increment(1);
        let alive = gauge!("handfast_connections", "side" => side);
        alive.increment(1.0);
        let bytes = [Direction::Send, Direction::Receive]
            .map(|direction| counter!("handfast_record_bytes_total", "side" => side, "direction" => way(direction)));
        Some(Arc::new(Connection { side, begun: Instant::now(), alive, bytes, ended: End::default() }))
    }

    fn message(&self, _: Direction, _: Epoch, _: &[u8]) {}

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, _: Direction, _: AlertDescription) {}
}

struct Connection {
    side: &'static str,
    begun: Instant,
    alive: Gauge,
    /// Sent, and received.
    bytes: [Counter; 2],
    ended: End,
}

impl Trace for Connection {
    fn record(&self, direction: Direction, record: RecordHeader) {
        let [sent, received] = &self.bytes;
        let bytes = if direction == Direction::Send { sent } else { received };
        bytes.increment(u64::from(record.length).saturating_add(HEADER_LEN));
    }

    fn message(&self, _: Direction, _: Epoch, _: &[u8]) {}

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, direction: Direction, alert: AlertDescription) {
        let (direction, alert) = (way(direction), words::alert(alert));
        counter!("handfast_alerts_total", "side" => self.side, "direction" => direction, "alert" => alert).increment(1);
    }

    fn not_resumed(&self, why: NotResumed) {
        counter!("handfast_not_resumed_total", "side" => self.side, "why" => why.code()).increment(1);
    }

    fn early_data(&self, state: EarlyData) {
        if let Some(state) = words::early_data(state) {
            counter!("handfast_early_data_total", "side" => self.side, "state" => state).increment(1);
        }
    }

    fn connected(&self, facts: &Facts) {
        self.ended.is_told();
        let [version, suite, group] = words::agreed(facts);
        let resumption = words::resumption(facts);
        counter!(
            "handfast_handshakes_total",
            "side" => self.side, "version" => version, "suite" => suite, "group" => group, "resumption" => resumption
        )
        .increment(1);
        histogram!(
            "handfast_handshake_seconds",
            "side" => self.side, "version" => version, "resumption" => resumption
        )
        .record(self.begun.elapsed().as_secs_f64());
        self.judged(words::verification(facts));
    }

    fn client_authenticated(&self, facts: &Facts) {
        self.judged(words::verification(facts));
    }

    fn failed(&self, error: &Error, _: &Facts) {
        self.ended.is_told();
        let code = words::code(error);
        if matches!(error, Error::Certificate(_)) {
            self.judged(code.clone());
        }
        self.count_failure(code);
    }
}

impl Connection {
    fn count_failure(&self, code: String) {
        counter!("handfast_failures_total", "side" => self.side, "code" => code).increment(1);
    }

    fn judged(&self, code: String) {
        counter!("handfast_verifications_total", "side" => self.side, "code" => code).increment(1);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.alive.decrement(1.0);
        if let Some(code) = self.ended.unfinished() {
            self.count_failure(code.to_owned());
        }
        histogram!("handfast_connection_seconds", "side" => self.side).record(self.begun.elapsed().as_secs_f64());
    }
}

/// Of a record, in bytes.
const HEADER_LEN: u64 = 5;

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Send => "sent",
        Direction::Receive => "received",
    }
}
