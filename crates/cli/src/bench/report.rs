//! What was counted, for people and for programs: the schema of docs/probe.md.

use super::latency::Percentiles;
use super::load::{Counts, Work};
use crate::escape;
use crate::failure::Failure;
use crate::style::{BAD, DIM, HEADING};
use crate::target::Target;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// The name of the schema. A key that is added is no new one.
const SCHEMA: &str = "handfast-bench/1";

/// All of it.
#[derive(Serialize)]
pub(super) struct Report {
    schema: &'static str,
    target: String,
    address: String,
    /// At once.
    connections: usize,
    /// Of the last connection.
    version: Option<String>,
    suite: Option<String>,
    group: Option<String>,
    parts: Vec<Part>,
    /// Why the last of them has measured nothing.
    error: Option<Value>,
}

/// What was done for a while.
#[derive(Serialize)]
struct Part {
    part: &'static str,
    seconds: f64,
    handshakes: u64,
    handshakes_per_second: f64,
    resumed: u64,
    /// 0 to 1.
    resumed_share: f64,
    /// In microseconds, without TCP's.
    handshake_us: Option<Percentiles>,
    /// In microseconds.
    tcp_us: Option<Percentiles>,
    /// In microseconds, where something is said before TLS.
    starttls_us: Option<Percentiles>,
    requests: u64,
    bytes_in: u64,
    bytes_out: u64,
    /// 10^6 bytes.
    megabytes_in_per_second: f64,
    megabytes_out_per_second: f64,
    /// How often, by code.
    errors: BTreeMap<String, u64>,
    #[serde(skip)]
    is_bulk: bool,
}

impl Report {
    pub(super) fn new(target: &Target, address: SocketAddr, connections: usize) -> Self {
        Self {
            schema: SCHEMA,
            target: target.to_string(),
            address: address.to_string(),
            connections,
            version: None,
            suite: None,
            group: None,
            parts: Vec::new(),
            error: None,
        }
    }

    /// Adds a part. Gives the first failure, if there was one.
    pub(super) fn add(&mut self, part: &'static str, work: &Work, counts: Counts, took: Duration) -> Option<Failure> {
        if let Some(facts) = &counts.facts {
            self.version = facts.version.map(|version| version.to_string());
            self.suite = facts.suite.map(|suite| suite.id.to_string());
            // One that resumes a session of TLS 1.2 has none.
            self.group = facts.group.map(|group| group.to_string()).or(self.group.take());
        }
        let failure = counts.failure.as_ref().filter(|_| !counts.is_any(work));
        self.error = failure.map(|failure| failure.json()["error"].take());
        let (part, failure) = Part::new(part, work, counts, took);
        self.parts.push(part);
        failure
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let agreed = [&self.version, &self.suite, &self.group].into_iter().flatten();
        let agreed = agreed.map(String::as_str).collect::<Vec<_>>().join(", ");
        let at_once = match self.connections {
            1 => "one connection".to_string(),
            many => format!("{many} connections"),
        };
        let target = escape::text(&self.target);
        writeln!(out, "{HEADING}{target}{HEADING:#} at {}, {at_once} at once: {agreed}", self.address)?;
        self.parts.iter().try_for_each(|part| part.print(out))
    }
}

impl Part {
    /// Of what was counted; with the first failure.
    fn new(part: &'static str, work: &Work, counts: Counts, took: Duration) -> (Self, Option<Failure>) {
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nobody counts")]
        let share = |part: u64, of: u64| if of > 0 { part as f64 / of as f64 } else { 0.0 };
        let part = Self {
            part,
            seconds: rounded(took.as_secs_f64()),
            handshakes: counts.handshakes.count,
            handshakes_per_second: rounded(counts.handshakes.rate),
            resumed: counts.resumed,
            resumed_share: rounded(share(counts.resumed, counts.handshakes.count)),
            handshake_us: counts.handshake.percentiles(),
            tcp_us: counts.tcp.percentiles(),
            starttls_us: counts.starttls.percentiles(),
            requests: counts.requests,
            bytes_in: counts.bytes_in.count,
            bytes_out: counts.bytes_out.count,
            megabytes_in_per_second: rounded(counts.bytes_in.rate / 1e6),
            megabytes_out_per_second: rounded(counts.bytes_out.rate / 1e6),
            errors: counts.errors,
            is_bulk: matches!(work, Work::Down(_) | Work::Up),
        };
        (part, counts.failure)
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let name = match self.part {
            "full" => "Full handshakes",
            "resumed" => "Resumed handshakes",
            "down" => "Data from the server",
            _ => "Data to the server",
        };
        writeln!(out, "\n{HEADING}{name}{HEADING:#} {DIM}in {:.1} s{DIM:#}", self.seconds)?;
        if self.is_bulk {
            if self.requests > 0 {
                writeln!(out, "  {:<12} {}", "requests", self.requests)?;
            }
            let rates = (self.megabytes_in_per_second, self.megabytes_out_per_second);
            for (label, bytes, rate) in [("received", self.bytes_in, rates.0), ("sent", self.bytes_out, rates.1)] {
                writeln!(out, "  {label:<12} {bytes} bytes, {rate:.1} MB a second")?;
            }
        } else {
            let (count, rate) = (self.handshakes, self.handshakes_per_second);
            writeln!(out, "  {:<12} {count}, {rate:.1} a second", "handshakes")?;
            let share = self.resumed_share * 100.0;
            writeln!(out, "  {:<12} {}, {share:.1} %", "resumed", self.resumed)?;
        }
        for (label, percentiles) in
            [("handshake", &self.handshake_us), ("TCP", &self.tcp_us), ("STARTTLS", &self.starttls_us)]
        {
            let Some(told) = percentiles else { continue };
            let [p50, p90, p99, max] = [told.p50, told.p90, told.p99, told.max].map(milliseconds);
            writeln!(out, "  {label:<12} half within {p50}, 90 % within {p90}, 99 % within {p99}, all within {max}")?;
        }
        for (code, count) in &self.errors {
            writeln!(out, "  {BAD}{:<12}{BAD:#} {count} times {}", "failed", escape::text(code))?;
        }
        Ok(())
    }
}

/// Three places behind the point.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02} ms", microseconds / 1000, microseconds % 1000 / 10)
}
