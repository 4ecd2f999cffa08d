//! What was found out, for people.

use super::certificate::Shown;
use super::choose::Preference;
use super::names::{self, UnknownProtocol};
use super::problem::{Problem, Severity};
use super::report::{Report, Version};
use super::suites;
use crate::escape;
use crate::style::{BAD, DIM, GOOD, HEADING, SERVER};
use anstyle::Style;
use handfast::wire::CipherSuite;
use std::io::{self, Write};

/// Prints it all.
pub(super) fn print(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let name = report.server_name.as_deref().map(|name| format!("as {}", escape::text(name)));
    let name = name.unwrap_or_else(|| "without a host name".to_string());
    let target = escape::text(&report.target);
    writeln!(out, "{HEADING}{target}{HEADING:#} at {}, {name}", report.address)?;
    versions(out, report)?;
    for version in report.versions.iter().filter(|version| version.spoken) {
        details(out, version)?;
    }
    for certificate in &report.certificates {
        self::certificate(out, certificate)?;
    }
    connection(out, report)?;
    for untold in &report.incomplete {
        row(out, DIM, "not known", &format!("{}: {}", untold.part, escape::message(&untold.why)))?;
    }
    problems(out, &report.problems)?;
    let seconds = report.milliseconds / 1000;
    let tenths = report.milliseconds % 1000 / 100;
    writeln!(out, "\n{DIM}{} connections in {seconds}.{tenths} s{DIM:#}", report.connections)
}

fn heading(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{HEADING}{text}{HEADING:#}")
}

fn row(out: &mut impl Write, style: Style, label: &str, text: &str) -> io::Result<()> {
    writeln!(out, "  {label:<24} {style}{text}{style:#}")
}

fn plain(out: &mut impl Write, label: &str, text: &str) -> io::Result<()> {
    row(out, Style::new(), label, text)
}

fn versions(out: &mut impl Write, report: &Report) -> io::Result<()> {
    heading(out, "Versions")?;
    for version in &report.versions {
        let is_old = !matches!(version.version.as_str(), "TLS 1.2" | "TLS 1.3");
        let style = match (version.spoken, is_old) {
            (true, true) => BAD,
            (true, false) => GOOD,
            _ => DIM,
        };
        let text = if version.spoken { "spoken".to_string() } else { format!("no: {}", version.answer) };
        row(out, style, &version.version, &text)?;
    }
    Ok(())
}

fn order(preference: Option<Preference>) -> &'static str {
    match preference {
        Some(Preference::Server) => ", the server's order decides",
        Some(Preference::Client) => ", the client's order decides",
        None => "",
    }
}

fn details(out: &mut impl Write, version: &Version) -> io::Result<()> {
    heading(out, &format!("{}{}", version.version, order(version.suite_preference)))?;
    for suite in &version.suites {
        let id = u16::from_str_radix(suite.id.trim_start_matches("0x"), 16).map(CipherSuite);
        let fault = id.ok().and_then(suites::fault);
        let style = fault.map_or(GOOD, |fault| colour(fault.severity));
        let what = fault.map(|fault| format!("  {}", fault.short)).unwrap_or_default();
        writeln!(out, "  {} {style}{}{style:#}{DIM}{what}{DIM:#}", suite.id, suite.name)?;
    }
    if !version.groups.is_empty() {
        let groups: Vec<_> = version.groups.iter().map(|group| group.name.as_str()).collect();
        plain(out, "groups", &format!("{}{}", groups.join(", "), order(version.group_preference)))?;
    }
    if let Some(bits) = version.dh_bits {
        row(out, if bits < 2048 { BAD } else { Style::new() }, "finite field", &format!("{bits} bits"))?;
    }
    if !version.signature_schemes.is_empty() {
        plain(out, "signatures", &version.signature_schemes.join(", "))?;
    }
    for (label, value, wanted) in [
        ("HelloRetryRequest", version.hello_retry_request, true),
        ("extended main secret", version.extended_main_secret, true),
        ("secure renegotiation", version.secure_renegotiation, true),
        ("downgrade sentinel", version.downgrade_sentinel, true),
        ("encrypt-then-MAC", version.encrypt_then_mac, true),
        ("compression", version.compression, false),
        ("heartbeat", version.heartbeat, false),
    ] {
        if let Some(value) = value {
            let style = if value == wanted { Style::new() } else { SERVER };
            row(out, style, label, if value { "yes" } else { "no" })?;
        }
    }
    Ok(())
}

fn certificate(out: &mut impl Write, own: &Shown) -> io::Result<()> {
    heading(out, &format!("Certificate in {}", own.versions.join(", ")))?;
    plain(out, "subject", &own.subject)?;
    plain(out, "issuer", &own.issuer)?;
    plain(out, "names", &own.names.join(", "))?;
    plain(out, "key", &format!("{}, signed with {}", own.key, own.signature))?;
    let left = match own.days_left {
        ..0 => "expired".to_string(),
        days => format!("{days} days left"),
    };
    let style = if own.days_left < 7 { BAD } else { Style::new() };
    row(out, style, "valid", &format!("{} to {}, {left}", own.not_before, own.not_after))?;
    let stapled = match (own.ocsp_stapled, own.must_staple) {
        (true, _) => "stapled",
        (false, true) => "none, and the certificate insists on one",
        (false, false) => "none stapled",
    };
    plain(out, "OCSP response", stapled)?;
    for above in &own.chain {
        plain(out, "above it", &format!("{}, {}, until {}", above.subject, above.key, above.not_after))?;
    }
    let verdict = &own.verdict;
    match &verdict.reason {
        None => row(out, GOOD, "verification", "accepted"),
        Some(reason) => row(out, BAD, "verification", &format!("{}: {reason}", verdict.code)),
    }
}

fn connection(out: &mut impl Write, report: &Report) -> io::Result<()> {
    heading(out, "Connection")?;
    let yes = |is| if is { "yes" } else { "no" }.to_string();
    if let Some(alpn) = &report.application_protocols {
        let names = if alpn.protocols.is_empty() { "none".to_string() } else { alpn.protocols.join(", ") };
        let unknown = match alpn.unknown {
            UnknownProtocol::Refused => "an unknown one is refused",
            UnknownProtocol::Ignored => "an unknown one is ignored",
            UnknownProtocol::Accepted => "an unknown one is ACCEPTED",
        };
        plain(out, "ALPN", &format!("{names}{}; {unknown}", order(alpn.preference)))?;
    }
    if let Some(names) = &report.server_names {
        plain(out, "without a name", &shown(&names.without))?;
        plain(out, "for an unknown name", &shown(&names.unknown))?;
    }
    if let Some(tls12) = &report.resumption_tls12 {
        let taken = |taken: Option<bool>| match taken {
            Some(true) => ", taken again",
            Some(false) => ", NOT taken again",
            None => "",
        };
        if let Some(issued) = tls12.session_id_issued {
            plain(out, "session ID (1.2)", &format!("{}{}", yes(issued), taken(tls12.session_id_resumed)))?;
        }
        if let Some(issued) = tls12.ticket_issued {
            let lifetime = tls12.ticket_lifetime.map(|seconds| format!(", for {seconds} s")).unwrap_or_default();
            plain(out, "ticket (1.2)", &format!("{}{lifetime}{}", yes(issued), taken(tls12.ticket_resumed)))?;
        }
        if let Some(why) = &tls12.untested {
            row(out, DIM, "sessions (1.2)", &format!("not tried: {why}"))?;
        }
    }
    if let Some(tls13) = &report.resumption_tls13 {
        let lifetime = tls13.ticket_lifetime.map(|seconds| format!(", for {seconds} s")).unwrap_or_default();
        let taken = match (tls13.resumed, tls13.reused) {
            (Some(true), Some(true)) => ", taken again, more than once",
            (Some(true), _) => ", taken again, once",
            (Some(false), _) => ", NOT taken again",
            _ => "",
        };
        plain(out, "tickets (1.3)", &format!("{}{lifetime}{taken}", tls13.tickets))?;
        let early = match (tls13.early_data_limit, tls13.early_data_accepted) {
            (0, _) => "no".to_string(),
            (limit, Some(true)) => format!("taken, at most {limit} bytes"),
            (limit, Some(false)) => format!("allowed for {limit} bytes, and not taken"),
            (limit, None) => format!("allowed for {limit} bytes, and not tried"),
        };
        plain(out, "early data (0-RTT)", &early)?;
    }
    if report.versions.iter().any(|version| version.spoken && version.version == "TLS 1.3") {
        let none = report.certificate_compression.is_empty();
        let ways = if none { "no".to_string() } else { report.certificate_compression.join(", ") };
        plain(out, "certificate compression", &ways)?;
        row(out, if report.post_quantum { GOOD } else { SERVER }, "post-quantum", &yes(report.post_quantum))?;
    }
    if let Some(requested) = report.client_certificate_requested {
        plain(out, "client certificate", &client_certificate(report, requested))?;
    }
    for (label, value) in
        [("fallback refused (SCSV)", report.fallback_scsv), ("unknown numbers", report.tolerates_unknown)]
    {
        let Some(value) = value else { continue };
        let text = match (label, value) {
            ("unknown numbers", true) => "passed over",
            ("unknown numbers", false) => "end the handshake",
            (_, true) => "yes",
            (_, false) => "no",
        };
        plain(out, label, text)?;
    }
    Ok(())
}

fn client_certificate(report: &Report, requested: bool) -> String {
    let wanted = match (requested, report.client_certificate_required) {
        (false, _) => "not asked for",
        (true, None) => "asked for",
        (true, Some(false)) => "asked for, and not required",
        (true, Some(true)) => "required",
    };
    let accepted = match report.client_certificate_accepted {
        None => "",
        Some(true) => "; this one is accepted",
        Some(false) => "; this one is NOT accepted",
    };
    format!("{wanted}{accepted}")
}

fn shown(shown: &names::Shown) -> String {
    match shown {
        names::Shown::Same => "the same certificate".to_string(),
        names::Shown::Other { subject } => format!("another certificate, of {subject}"),
        names::Shown::Refused { why } => format!("refused: {}", escape::message(why)),
    }
}

fn problems(out: &mut impl Write, problems: &[Problem]) -> io::Result<()> {
    heading(out, "Problems")?;
    if problems.is_empty() {
        return writeln!(out, "  {GOOD}none{GOOD:#}");
    }
    for problem in problems {
        let style = colour(problem.severity);
        let Problem { id, what, hint, .. } = problem;
        writeln!(out, "  {style}{:<8}{style:#} {HEADING}{id}{HEADING:#}: {}", problem.severity.word(), what)?;
        writeln!(out, "           {DIM}{}{DIM:#}", escape::message(hint))?;
    }
    Ok(())
}

fn colour(severity: Severity) -> Style {
    match severity {
        Severity::Info => DIM,
        Severity::Low | Severity::Medium => SERVER,
        Severity::High | Severity::Critical => BAD,
    }
}
