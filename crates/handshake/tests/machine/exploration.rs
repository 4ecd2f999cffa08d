//! Walks (state × message kind) of both diagrams and compares the arrows found with those of RFC 9846 Appendix A, typed
//! by hand below. docs/state-machines/ is printed from what was found.
//!
//! docs/regressions.md rows 4, 5, 6, 19 and 85: whatever is skipped, repeated or swapped, no arrow appears.

use crate::common::{Step, Trace, Whom, kind};
use crate::scenarios::SCENARIOS;
use handfast_handshake::{Epoch, Failure};
use handfast_wire::{MessageKind, Violation};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The client's arrows: RFC 9846 Appendix A.1, with the questions that wait on the way.
const CLIENT: &[(&str, &str, &str)] = &[
    ("WAIT_SH", "HelloRetryRequest", "WAIT_SH"),
    ("WAIT_SH", "ServerHello", "WAIT_EE"),
    ("WAIT_EE", "EncryptedExtensions", "WAIT_CERT_CR"),
    // A pre-shared key takes the place of the certificate.
    ("WAIT_EE", "EncryptedExtensions", "WAIT_FINISHED"),
    ("WAIT_CERT_CR", "CertificateRequest", "WAIT_CERT"),
    ("WAIT_CERT_CR", "Certificate", "WAIT_CV"),
    ("WAIT_CERT", "Certificate", "WAIT_CV"),
    // RFC 8879 §4, where it was offered.
    ("WAIT_CERT_CR", "CompressedCertificate", "WAIT_CV"),
    ("WAIT_CERT", "CompressedCertificate", "WAIT_CV"),
    ("WAIT_CV", "CertificateVerify", "ASK_PEER"),
    ("ASK_PEER", "answer", "WAIT_FINISHED"),
    ("WAIT_FINISHED", "Finished", "ASK_CREDENTIAL"),
    ("WAIT_FINISHED", "Finished", "CONNECTED"),
    ("ASK_CREDENTIAL", "answer", "ASK_SIGN"),
    ("ASK_CREDENTIAL", "answer", "CONNECTED"),
    ("ASK_SIGN", "answer", "CONNECTED"),
    ("CONNECTED", "NewSessionTicket", "CONNECTED"),
    ("CONNECTED", "KeyUpdate", "CONNECTED"),
    // RFC 9846 §4.7.2, where it was offered.
    ("CONNECTED", "CertificateRequest", "ASK_LATE_CREDENTIAL"),
    ("ASK_LATE_CREDENTIAL", "answer", "ASK_LATE_SIGN"),
    ("ASK_LATE_CREDENTIAL", "answer", "CONNECTED"),
    ("ASK_LATE_SIGN", "answer", "CONNECTED"),
];

/// The server's arrows: RFC 9846 Appendix A.2, with the questions that wait on the way.
const SERVER: &[(&str, &str, &str)] = &[
    ("WAIT_CH", "ClientHello", "ASK_CONFIG"),
    ("ASK_CONFIG", "answer", "WAIT_CH2"),
    ("ASK_CONFIG", "answer", "ASK_RESUME"),
    ("ASK_CONFIG", "answer", "ASK_CREDENTIAL"),
    ("WAIT_CH2", "ClientHello", "ASK_RESUME"),
    ("WAIT_CH2", "ClientHello", "ASK_CREDENTIAL"),
    // NEGOTIATED, where there is nothing behind what was offered; or where there is.
    ("ASK_RESUME", "answer", "ASK_CREDENTIAL"),
    ("ASK_RESUME", "answer", "ASK_EARLY_DATA"),
    ("ASK_RESUME", "answer", "WAIT_FINISHED"),
    ("ASK_EARLY_DATA", "answer", "WAIT_EOED"),
    ("ASK_EARLY_DATA", "answer", "WAIT_FINISHED"),
    ("WAIT_EOED", "EndOfEarlyData", "WAIT_FINISHED"),
    ("ASK_CREDENTIAL", "answer", "ASK_SIGN"),
    // RFC 6066 §8.
    ("ASK_CREDENTIAL", "answer", "ASK_STAPLE"),
    ("ASK_STAPLE", "answer", "ASK_SIGN"),
    ("ASK_SIGN", "answer", "WAIT_CERT"),
    ("ASK_SIGN", "answer", "WAIT_FINISHED"),
    ("WAIT_CERT", "Certificate", "WAIT_CV"),
    ("WAIT_CERT", "Certificate", "WAIT_FINISHED"),
    // RFC 8879 §4, where it was offered.
    ("WAIT_CERT", "CompressedCertificate", "WAIT_CV"),
    ("WAIT_CV", "CertificateVerify", "ASK_PEER"),
    ("ASK_PEER", "answer", "WAIT_FINISHED"),
    ("WAIT_FINISHED", "Finished", "CONNECTED"),
    ("CONNECTED", "KeyUpdate", "CONNECTED"),
    // Tickets, for which nothing waits.
    ("CONNECTED", "answer", "CONNECTED"),
    // RFC 9846 §4.7.2: this side asks.
    ("CONNECTED", "request", "WAIT_LATE_CERT"),
    ("WAIT_LATE_CERT", "KeyUpdate", "WAIT_LATE_CERT"),
    ("WAIT_LATE_CERT", "Certificate", "WAIT_LATE_CV"),
    ("WAIT_LATE_CERT", "Certificate", "WAIT_LATE_FINISHED"),
    ("WAIT_LATE_CERT", "CompressedCertificate", "WAIT_LATE_CV"),
    ("WAIT_LATE_CV", "CertificateVerify", "ASK_LATE_PEER"),
    ("ASK_LATE_PEER", "answer", "WAIT_LATE_FINISHED"),
    ("WAIT_LATE_FINISHED", "Finished", "CONNECTED"),
];

type Arrow = (&'static str, &'static str, &'static str);

/// A message of every kind: those of the recorded handshakes, and made ones for the rest.
pub(crate) fn samples() -> BTreeMap<MessageKind, Vec<u8>> {
    let mut samples: BTreeMap<_, _> = SCENARIOS
        .iter()
        .flat_map(|&scenario| Trace::record(scenario).steps)
        .filter_map(|step| if let Step::Message(_, _, raw) = step { Some((kind(&raw), raw)) } else { None })
        .collect();
    for raw in [
        &[24, 0, 0, 1, 0][..],                     // KeyUpdate
        &[25, 0, 0, 9, 0, 1, 0, 0, 1, 0, 0, 1, 0], // CompressedCertificate
        &[0, 0, 0, 0],                             // HelloRequest
        &[12, 0, 0, 0],                            // ServerKeyExchange
        &[14, 0, 0, 0],                            // ServerHelloDone
        &[16, 0, 0, 0],                            // ClientKeyExchange
        &[21, 0, 0, 0],                            // CertificateURL
        &[22, 0, 0, 0],                            // CertificateStatus
        &[23, 0, 0, 0],                            // SupplementalData
        &[77, 0, 0, 0],                            // unknown
    ] {
        samples.insert(kind(raw), raw.to_vec());
    }
    for kind in MessageKind::ALL {
        assert!(samples.contains_key(kind), "no sample of {kind}");
    }
    samples
}

/// Every arrow that can be found from every state of every scenario.
fn explore(whom: Whom, legal: &[Arrow]) -> BTreeSet<Arrow> {
    let samples = samples();
    let mut found = BTreeSet::new();
    for &scenario in SCENARIOS {
        let trace = Trace::record(scenario);
        for at in 0..=trace.steps.len() {
            // What the other side does next changes nothing here.
            if trace.steps.get(at).is_some_and(|step| step.whom() != whom) {
                continue;
            }
            let from = trace.replay(whom, at).machine.state();
            let label = match trace.steps.get(at) {
                Some(Step::Answer(_)) => Some("answer"),
                Some(Step::Request) => Some("request"),
                Some(Step::Message(..)) | None => None,
            };
            if let Some(label) = label {
                found.insert((from, label, trace.replay(whom, at + 1).machine.state()));
            }
            for (&kind, sample) in &samples {
                let next = match trace.steps.get(at) {
                    Some(Step::Message(_, _, raw)) if self::kind(raw) == kind => raw,
                    _ => sample,
                };
                // In the epoch the state is in, as an engine would hand it over; and in every other one.
                for epoch in [Epoch::Initial, Epoch::EarlyData, Epoch::Handshake, Epoch::Application] {
                    let mut party = trace.replay(whom, at);
                    let allowed = legal.iter().any(|arrow| (arrow.0, arrow.1) == (from, kind.name()));
                    match party.take(epoch, next) {
                        Ok(()) => {
                            assert_eq!(epoch, party_epoch(from), "{from} takes {kind} in {epoch:?}");
                            found.insert((from, kind.name(), party.machine.state()));
                        }
                        Err(Failure::Usage(_)) => assert!(from.starts_with("ASK_"), "{from}"),
                        Err(Failure::Peer(Violation::UnexpectedMessage(what))) => assert_eq!(what.kind, kind),
                        // The arrow exists, and this sample of another handshake does not fit it.
                        Err(Failure::Peer(_)) if allowed => {}
                        Err(other) => panic!("{from} with {kind} in {epoch:?}: {other}"),
                    }
                }
            }
        }
    }
    found
}

fn party_epoch(state: &str) -> Epoch {
    match state {
        "WAIT_SH" | "WAIT_CH" | "WAIT_CH2" => Epoch::Initial,
        "WAIT_EOED" => Epoch::EarlyData,
        "CONNECTED" | "WAIT_LATE_CERT" | "WAIT_LATE_CV" | "WAIT_LATE_FINISHED" => Epoch::Application,
        _ => Epoch::Handshake,
    }
}

#[test]
fn the_client_has_the_arrows_of_the_rfc_and_no_other() {
    let found = explore(Whom::Client, CLIENT);
    assert_eq!(found, CLIENT.iter().copied().collect());
    check_page("tls13-client.md", "The client of TLS 1.3", "RFC 9846 Appendix A.1", "", CLIENT);
}

#[test]
fn the_server_has_the_arrows_of_the_rfc_and_no_other() {
    let found = explore(Whom::Server, SERVER);
    assert_eq!(found, SERVER.iter().copied().collect());
    check_page("tls13-server.md", "The server of TLS 1.3", "RFC 9846 Appendix A.2", "", SERVER);
}

/// The page says what the machine does. `HANDFAST_BLESS=1` writes it anew. `more` is a sentence about these arrows alone.
pub(crate) fn check_page(file: &str, title: &str, clause: &str, more: &str, arrows: &[(&str, &str, &str)]) {
    let mut page = format!(
        "# {title}\n\n{clause}, as the machine in `crates/handshake` has it. Printed from the arrows that\n\
         `cargo test -p handfast-handshake --test machine` found; `HANDFAST_BLESS=1` in its environment prints it anew.\n\
         A state called `ASK_…` waits for an answer from this side.\n{more}\n```mermaid\nstateDiagram-v2\n"
    );
    for (from, label, to) in arrows {
        writeln!(page, "    {from} --> {to}: {label}").unwrap();
    }
    page.push_str("```\n\n| state | on | next |\n|---|---|---|\n");
    for (from, label, to) in arrows {
        writeln!(page, "| {from} | {label} | {to} |").unwrap();
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/state-machines").join(file);
    if std::env::var_os("HANDFAST_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page, "docs/state-machines/{file} is out of date");
}
