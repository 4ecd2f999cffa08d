//! What was found out, held against what is good.

use super::certificate::Shown;
use super::choose::Preference;
use super::names::UnknownProtocol;
use super::problem::{Problem, Severity};
use super::resume::LONGEST;
use super::survey::{Findings, Spoken};
use super::{groups, suites};
use handfast::wire::{CipherSuite, ProtocolVersion, SignatureScheme};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Everything that is wrong, the worst first.
pub(super) fn problems(findings: &Findings, certificates: &[Shown], unreadable: &[String]) -> Vec<Problem> {
    let mut found = Found(Vec::new());
    found.missing(findings);
    found.versions(findings);
    found.suites(findings);
    found.exchanges(findings);
    found.hellos(findings);
    found.connections(findings);
    certificates.iter().for_each(|certificate| found.certificate(certificate));
    for why in unreadable {
        let hint = "the server must have a certificate that clients can read";
        found.add(Severity::High, "CERTIFICATE_UNREADABLE", format!("a certificate cannot be read: {why}"), hint);
    }
    // Those of the same kind stay in their order.
    found.0.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    found.0
}

/// Whether the sentinel is there that protects from a downgrade (RFC 9846 §4.2.3); `None` where none is due.
pub(super) fn sentinel(spoken: &Spoken, findings: &Findings) -> Option<bool> {
    let highest = findings.highest()?.version;
    let facts = spoken.facts.as_ref()?;
    let due = match spoken.version {
        ProtocolVersion::TLS1_2 if highest == ProtocolVersion::TLS1_3 => ProtocolVersion::TLS1_2,
        ProtocolVersion::TLS1_0 | ProtocolVersion::TLS1_1 if highest >= ProtocolVersion::TLS1_2 => {
            ProtocolVersion::TLS1_1
        }
        _ => return None,
    };
    Some(facts.flight.sentinel == Some(due))
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, severity: Severity, id: impl Display, what: impl Display, hint: impl Display) {
        let (id, what, hint) = (id.to_string(), what.to_string(), hint.to_string());
        self.0.push(Problem { id, severity, what, hint });
    }

    /// What nobody has answered may be wrong as well.
    fn missing(&mut self, findings: &Findings) {
        if findings.unanswered > 0 {
            let (count, plural) = (findings.unanswered, if findings.unanswered == 1 { "" } else { "s" });
            let hint =
                "try again with more time (`--timeout`, `--max-time`) or fewer connections at once (`--parallel`)";
            self.add(Severity::High, "INCOMPLETE", format!("no answer to {count} question{plural}"), hint);
        }
    }

    fn versions(&mut self, findings: &Findings) {
        for spoken in findings.spoken() {
            let version = spoken.version;
            match version {
                ProtocolVersion::SSL3 => self.add(
                    Severity::High,
                    "SSL_3_0",
                    "SSL 3.0 is spoken (RFC 7568; POODLE)",
                    "switch it off: nothing that is younger than 2005 needs it",
                ),
                ProtocolVersion::TLS1_0 | ProtocolVersion::TLS1_1 => self.add(
                    Severity::Medium,
                    if version == ProtocolVersion::TLS1_0 { "TLS_1_0" } else { "TLS_1_1" },
                    format!("{version} is spoken (RFC 8996)"),
                    "switch it off: browsers have had TLS 1.2 since 2013 and do without the older ones since 2020",
                ),
                _ => {}
            }
        }
        let speaks = |version| findings.of(version).is_some();
        if findings.highest().is_none() {
            let answer = findings.versions.last().map(|newest| newest.answer.as_str()).unwrap_or_default();
            let what = format!("no version of TLS is spoken: {answer}");
            return self.add(Severity::High, "NO_TLS", what, "is this a port of TLS, and does it know this host name?");
        }
        let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for spoken in findings.versions.iter().filter(|spoken| spoken.is_wrong) {
            wrong.entry(&spoken.answer).or_default().push(spoken.version.to_string());
        }
        for (answer, versions) in wrong {
            let what = format!("clients that speak {} alone are answered wrongly: {answer}", versions.join(" or "));
            self.add(Severity::Medium, "WRONG_ANSWER", what, "it should be an alert, protocol_version");
        }
        if !speaks(ProtocolVersion::TLS1_3) && !findings.is_untold("TLS 1.3") {
            let severity = if speaks(ProtocolVersion::TLS1_2) { Severity::Low } else { Severity::High };
            let what = "TLS 1.3 is not spoken";
            self.add(severity, "NO_TLS_1_3", what, "switch it on, or use a library that has it: all have by now");
        }
    }

    fn suites(&mut self, findings: &Findings) {
        let mut faulty: BTreeMap<&str, (Severity, &str, Vec<String>)> = BTreeMap::new();
        for suite in findings.spoken().flat_map(|spoken| spoken.suites.items.iter()) {
            let Some(fault) = suites::fault(*suite) else { continue };
            let entry = faulty.entry(fault.id).or_insert((fault.severity, fault.what, Vec::new()));
            let name = suites::name(*suite);
            if !entry.2.contains(&name) {
                entry.2.push(name);
            }
        }
        for (id, (severity, what, names)) in faulty {
            let (shown, more) = names.split_at(names.len().min(3));
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            let what = format!("{what}: {}{more}", shown.join(", "));
            self.add(
                severity,
                id,
                what,
                "leave these cipher suites out: ECDHE with AES-GCM or ChaCha20 is enough for all",
            );
        }
        let is_bad = |suite: &CipherSuite| suites::fault(*suite).is_some_and(|fault| fault.severity > Severity::Info);
        let left = findings.spoken().filter(|spoken| spoken.suites.preference == Some(Preference::Client));
        let left: Vec<_> = left.filter(|spoken| spoken.suites.items.iter().any(is_bad)).collect();
        if !left.is_empty() {
            let versions: Vec<_> = left.iter().map(|spoken| spoken.version.to_string()).collect();
            let what =
                format!("the client chooses the cipher suite, and there are bad ones, in {}", versions.join(", "));
            self.add(Severity::Low, "CLIENT_PREFERENCE", what, "let the server's order decide");
        }
    }

    fn exchanges(&mut self, findings: &Findings) {
        let mut weak = Vec::new();
        for spoken in findings.spoken() {
            let items = spoken.exchanges.groups.items.iter();
            weak.extend(items.filter(|group| groups::weak_bits(**group).is_some()).map(|group| groups::name(*group)));
            if let Some(bits) = spoken.exchanges.field_bits.filter(|bits| *bits < 2048) {
                let severity = if bits < 1024 { Severity::High } else { Severity::Medium };
                let what = format!("the primes of DHE have {bits} bits in {} (Logjam)", spoken.version);
                self.add(severity, "DH_SHORT", what, "use those of RFC 7919, of 2048 bits or more, or no DHE at all");
            }
            let sha1 = [SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::ECDSA_SHA1];
            if spoken.version == ProtocolVersion::TLS1_2 && spoken.schemes.iter().any(|own| sha1.contains(own)) {
                let what = "handshakes of TLS 1.2 are signed with SHA-1 for clients that ask for it (RFC 9155)";
                self.add(Severity::Low, "SHA1_SIGNATURES", what, "leave SHA-1 out of the signature algorithms");
            }
        }
        weak.sort_unstable();
        weak.dedup();
        if !weak.is_empty() {
            let what = format!("curves that are too short: {}", weak.join(", "));
            self.add(Severity::Medium, "CURVE_SHORT", what, "X25519 and P-256 are enough");
        }
        let Some(tls13) = findings.of(ProtocolVersion::TLS1_3) else { return };
        let resists = tls13.exchanges.groups.items.iter().copied().any(groups::resists_quantum);
        if !resists && !findings.is_untold("groups of TLS 1.3") {
            let what = "no key exchange that resists a quantum computer: what is recorded today may be read then";
            self.add(Severity::Info, "NO_POST_QUANTUM", what, "add X25519MLKEM768 to the groups");
        }
        if !tls13.retries {
            let what = "no HelloRetryRequest for a client without key shares, which RFC 9846 §4.2.2 asks for";
            self.add(Severity::Low, "NO_HELLO_RETRY_REQUEST", what, "clients with other groups first cannot connect");
        }
    }

    fn hellos(&mut self, findings: &Findings) {
        for spoken in findings.spoken() {
            let (Some(facts), version) = (&spoken.facts, spoken.version) else { continue };
            let flight = &facts.flight;
            if flight.compression != 0 {
                let what = format!("{version} is compressed, which tells secrets by their length (CRIME)");
                self.add(Severity::High, "COMPRESSION", what, "switch compression off");
            }
            if !flight.secure_renegotiation {
                let what = format!("no secure renegotiation in {version} (RFC 5746)");
                let hint = "somebody on the way may put a handshake of his own in front: update the library";
                self.add(Severity::Medium, "NO_SECURE_RENEGOTIATION", what, hint);
            }
            if !flight.extended_main_secret && version == ProtocolVersion::TLS1_2 {
                let what = "no extended main secret in TLS 1.2 (RFC 7627; triple handshake)";
                self.add(Severity::Low, "NO_EXTENDED_MAIN_SECRET", what, "update the library: all have it by now");
            }
            if flight.heartbeat {
                let what = format!("the heartbeat extension is answered in {version}");
                self.add(Severity::Low, "HEARTBEAT", what, "nothing needs it; is the library safe from Heartbleed?");
            }
            if sentinel(spoken, findings) == Some(false) {
                let what = format!("no sign of a downgrade in the random of {version} (RFC 9846 §4.2.3)");
                let hint = "clients cannot tell whether somebody took the higher version away: update the library, or what \
                            stands in front of it";
                self.add(Severity::Medium, "NO_DOWNGRADE_SENTINEL", what, hint);
            }
        }
        if findings.fallback_refused == Some(false) {
            let what = "TLS_FALLBACK_SCSV is ignored (RFC 7507)";
            self.add(
                Severity::Low,
                "NO_FALLBACK_SCSV",
                what,
                "update the library; older clients fall back unprotected",
            );
        }
        if findings.tolerates_unknown == Some(false) {
            let what = "numbers that the server does not know end the handshake (RFC 8701)";
            self.add(
                Severity::Medium,
                "INTOLERANT",
                what,
                "clients with something new cannot connect: update the library",
            );
        }
    }

    fn connections(&mut self, findings: &Findings) {
        if let Some(tls13) = &findings.resumption13 {
            if tls13.early_data_accepted == Some(true) {
                let what = format!("early data (0-RTT) is taken, {} bytes", tls13.early_data_limit);
                let hint = "whoever records it can send it again: is every request harmless that is answered early?";
                self.add(Severity::Info, "EARLY_DATA", what, hint);
            }
            if tls13.ticket_lifetime.is_some_and(|seconds| seconds > LONGEST) {
                let what = "tickets of TLS 1.3 last longer than seven days, which RFC 9846 §4.7.3 forbids";
                self.add(Severity::Low, "TICKET_LIFETIME", what, "give them a day or less");
            }
            if tls13.tickets == 0 {
                let (what, hint) = ("no tickets in TLS 1.3", "each connection costs a whole handshake");
                self.add(Severity::Info, "NO_RESUMPTION", what, hint);
            } else if tls13.resumed == Some(false) {
                let hint = "do several servers stand behind this address that share no ticket keys?";
                self.add(Severity::Low, "TICKETS_NOT_TAKEN", "tickets of TLS 1.3 are given and not taken again", hint);
            }
        }
        let tls12 = findings.resumption12.as_ref();
        if tls12.is_some_and(|tls12| tls12.ticket_resumed == Some(false) || tls12.session_id_resumed == Some(false)) {
            let hint = "do several servers stand behind this address that share neither cache nor ticket keys?";
            self.add(Severity::Low, "SESSIONS_NOT_TAKEN", "sessions of TLS 1.2 are given and not taken again", hint);
        }
        if findings.protocols.as_ref().is_some_and(|protocols| protocols.unknown == UnknownProtocol::Accepted) {
            let what = "an application protocol (ALPN) is agreed on that nobody has";
            self.add(Severity::Low, "ALPN_ANY", what, "refuse what is not spoken (RFC 7301 §3.2; ALPACA)");
        }
    }

    fn certificate(&mut self, own: &Shown) {
        let leaf = &own.subject;
        let verdict = &own.verdict;
        if !verdict.accepted {
            let reason = verdict.reason.clone().unwrap_or_default();
            let hint = verdict.hint.clone().unwrap_or_default();
            let what = format!("the certificate of {leaf} is not accepted: {reason}");
            self.add(Severity::High, format_args!("CERTIFICATE_{}", verdict.code), what, hint);
        }
        if (0..30).contains(&own.days_left) {
            let severity = if own.days_left < 7 { Severity::Medium } else { Severity::Low };
            let what = format!("the certificate of {leaf} expires in {} days", own.days_left);
            self.add(severity, "CERTIFICATE_EXPIRES_SOON", what, "renew it; better let a program do that");
        }
        let is_rsa = own.key.starts_with("RSA ");
        if is_rsa && own.key_bits.is_some_and(|bits| bits < 2048) {
            let what = format!("the key of {leaf} is too short: {}", own.key);
            self.add(Severity::High, "KEY_SHORT", what, "make one of P-256, or of 2048 bits or more");
        }
        if ["sha1", "md5", "SHA1", "MD5"].iter().any(|hash| own.signature.contains(hash)) {
            let what = format!("the certificate of {leaf} is signed with {}", own.signature);
            self.add(Severity::High, "CERTIFICATE_HASH", what, "have it issued anew");
        }
        if own.must_staple && !own.ocsp_stapled {
            let what = format!("the certificate of {leaf} insists on an OCSP response, and none is stapled");
            self.add(Severity::High, "MUST_STAPLE", what, "switch stapling on, or have one issued without must-staple");
        }
    }
}
