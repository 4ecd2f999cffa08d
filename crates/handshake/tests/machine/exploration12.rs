//! Walks (state × message kind) of both diagrams of TLS 1.2, with change_cipher_spec as one more kind, and compares the arrows
//! found with those of the RFCs, typed by hand below. docs/state-machines/ is printed from what was found.
//!
//! docs/regressions.md rows 2, 4, 5, 6, 17 and 19: whatever is skipped, repeated or swapped, no arrow appears.

use crate::common::{Whom, kind};
use crate::common12::{Item, Trace};
use crate::exploration::{check_page, samples};
use crate::scenarios12::scenarios;
use handfast_handshake::{Epoch, Failure};
use handfast_wire::{MessageKind, Violation};
use std::collections::{BTreeMap, BTreeSet};

type Arrow = (&'static str, &'static str, &'static str);

/// Whether a build without the feature `legacy` has the arrow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Both,
    Legacy,
}
use In::{Both, Legacy};

/// RFC 5246 §7.1, the one message that is none.
const CCS: &str = "change_cipher_spec";

/// Another handshake, because this side wants it.
const AGAIN: &str = "renegotiate";

/// The client's arrows, with the questions that wait on the way.
const CLIENT: &[(In, Arrow)] = &[
    // RFC 5246 §7.3, Figure 1; a suite with a pre-shared key has no certificate (RFC 4279 §2).
    (Both, ("WAIT_SH", "ServerHello", "WAIT_CERT")),
    (Both, ("WAIT_SH", "ServerHello", "WAIT_SKE")),
    // Figure 2; with a new ticket RFC 5077 §3.1, Figure 2.
    (Both, ("WAIT_SH", "ServerHello", "WAIT_CCS")),
    (Both, ("WAIT_SH", "ServerHello", "WAIT_TICKET")),
    // RSA key transport has no ServerKeyExchange (RFC 5246 §7.4.3).
    (Both, ("WAIT_CERT", "Certificate", "WAIT_STATUS")),
    (Both, ("WAIT_CERT", "Certificate", "WAIT_SKE")),
    (Legacy, ("WAIT_CERT", "Certificate", "WAIT_CR")),
    // RFC 6066 §8: a status that was announced may be left out.
    (Both, ("WAIT_STATUS", "CertificateStatus", "WAIT_SKE")),
    (Legacy, ("WAIT_STATUS", "CertificateStatus", "WAIT_CR")),
    (Both, ("WAIT_STATUS", "ServerKeyExchange", "ASK_PEER")),
    (Legacy, ("WAIT_STATUS", "CertificateRequest", "WAIT_SHD")),
    (Legacy, ("WAIT_STATUS", "ServerHelloDone", "ASK_PEER")),
    // RFC 4279 §2: without a hint there is no ServerKeyExchange.
    (Both, ("WAIT_SKE", "ServerKeyExchange", "ASK_PEER")),
    (Both, ("WAIT_SKE", "ServerKeyExchange", "WAIT_SHD")),
    (Both, ("WAIT_SKE", "ServerHelloDone", "ASK_PSK")),
    (Both, ("ASK_PEER", "answer", "WAIT_CR")),
    (Legacy, ("ASK_PEER", "answer", "ASK_CREDENTIAL")),
    (Legacy, ("ASK_PEER", "answer", "WAIT_TICKET")),
    (Legacy, ("ASK_PEER", "answer", "WAIT_CCS")),
    (Both, ("WAIT_CR", "CertificateRequest", "WAIT_SHD")),
    (Both, ("WAIT_CR", "ServerHelloDone", "WAIT_TICKET")),
    (Both, ("WAIT_CR", "ServerHelloDone", "WAIT_CCS")),
    (Legacy, ("WAIT_CR", "ServerHelloDone", "ASK_PEER")),
    (Both, ("WAIT_SHD", "ServerHelloDone", "ASK_CREDENTIAL")),
    (Both, ("WAIT_SHD", "ServerHelloDone", "ASK_PSK")),
    (Legacy, ("WAIT_SHD", "ServerHelloDone", "ASK_PEER")),
    (Both, ("ASK_CREDENTIAL", "answer", "ASK_SIGN")),
    (Both, ("ASK_CREDENTIAL", "answer", "WAIT_TICKET")),
    (Both, ("ASK_CREDENTIAL", "answer", "WAIT_CCS")),
    (Both, ("ASK_PSK", "answer", "WAIT_TICKET")),
    (Both, ("ASK_PSK", "answer", "WAIT_CCS")),
    (Both, ("ASK_SIGN", "answer", "WAIT_TICKET")),
    (Both, ("ASK_SIGN", "answer", "WAIT_CCS")),
    (Both, ("WAIT_TICKET", "NewSessionTicket", "WAIT_CCS")),
    (Both, ("WAIT_CCS", CCS, "WAIT_FINISHED")),
    (Both, ("WAIT_FINISHED", "Finished", "CONNECTED")),
    // RFC 5246 §7.4.1.1, and what it says of a client that is negotiating already.
    (Both, ("CONNECTED", "HelloRequest", "CONNECTED")),
    (Legacy, ("CONNECTED", "HelloRequest", "WAIT_SH")),
    (Legacy, ("CONNECTED", AGAIN, "WAIT_SH")),
    (Legacy, ("WAIT_SH", "HelloRequest", "WAIT_SH")),
    (Both, ("WAIT_CERT", "HelloRequest", "WAIT_CERT")),
    (Both, ("WAIT_STATUS", "HelloRequest", "WAIT_STATUS")),
    (Both, ("WAIT_SKE", "HelloRequest", "WAIT_SKE")),
    (Both, ("WAIT_CR", "HelloRequest", "WAIT_CR")),
    (Both, ("WAIT_SHD", "HelloRequest", "WAIT_SHD")),
    (Both, ("WAIT_TICKET", "HelloRequest", "WAIT_TICKET")),
    (Both, ("WAIT_CCS", "HelloRequest", "WAIT_CCS")),
    (Both, ("WAIT_FINISHED", "HelloRequest", "WAIT_FINISHED")),
];

/// The server's arrows, with the questions that wait on the way.
const SERVER: &[(In, Arrow)] = &[
    (Both, ("WAIT_CH", "ClientHello", "ASK_CONFIG")),
    // RFC 5246 §7.3, Figure 1. Suites that sign nothing have no certificate to choose.
    (Both, ("ASK_CONFIG", "answer", "ASK_RESUME")),
    (Both, ("ASK_CONFIG", "answer", "ASK_CREDENTIAL")),
    (Both, ("ASK_CONFIG", "answer", "WAIT_CKE")),
    (Legacy, ("ASK_CONFIG", "answer", "WAIT_CERT")),
    // Figure 2, with a new ticket RFC 5077 §3.1; or Figure 1 after all.
    (Both, ("ASK_RESUME", "answer", "WAIT_CCS")),
    (Both, ("ASK_RESUME", "answer", "ASK_ISSUE")),
    (Both, ("ASK_RESUME", "answer", "ASK_CREDENTIAL")),
    (Both, ("ASK_RESUME", "answer", "WAIT_CKE")),
    (Legacy, ("ASK_RESUME", "answer", "WAIT_CERT")),
    (Both, ("ASK_CREDENTIAL", "answer", "ASK_SIGN")),
    // RFC 6066 §8.
    (Both, ("ASK_CREDENTIAL", "answer", "ASK_STAPLE")),
    (Both, ("ASK_STAPLE", "answer", "ASK_SIGN")),
    (Both, ("ASK_CREDENTIAL", "answer", "WAIT_CKE")),
    (Legacy, ("ASK_CREDENTIAL", "answer", "WAIT_CERT")),
    (Both, ("ASK_SIGN", "answer", "WAIT_CERT")),
    (Both, ("ASK_SIGN", "answer", "WAIT_CKE")),
    (Both, ("WAIT_CERT", "Certificate", "WAIT_CKE")),
    (Both, ("WAIT_CKE", "ClientKeyExchange", "WAIT_CV")),
    (Both, ("WAIT_CKE", "ClientKeyExchange", "WAIT_CCS")),
    (Both, ("WAIT_CKE", "ClientKeyExchange", "ASK_PSK")),
    (Legacy, ("WAIT_CKE", "ClientKeyExchange", "ASK_DECRYPT")),
    (Both, ("ASK_PSK", "answer", "WAIT_CCS")),
    (Legacy, ("ASK_DECRYPT", "answer", "WAIT_CV")),
    (Legacy, ("ASK_DECRYPT", "answer", "WAIT_CCS")),
    (Both, ("WAIT_CV", "CertificateVerify", "ASK_PEER")),
    (Both, ("ASK_PEER", "answer", "WAIT_CCS")),
    (Both, ("WAIT_CCS", CCS, "WAIT_FINISHED")),
    (Both, ("WAIT_FINISHED", "Finished", "ASK_ISSUE")),
    (Both, ("WAIT_FINISHED", "Finished", "CONNECTED")),
    (Both, ("ASK_ISSUE", "answer", "WAIT_CCS")),
    (Both, ("ASK_ISSUE", "answer", "CONNECTED")),
    // RFC 5246 §7.4.1.2: the client may begin again, and §7.4.1.1: the server may ask it to.
    (Both, ("CONNECTED", "ClientHello", "CONNECTED")),
    (Legacy, ("CONNECTED", "ClientHello", "ASK_CREDENTIAL")),
    (Legacy, ("CONNECTED", "ClientHello", "WAIT_CKE")),
    (Legacy, ("CONNECTED", "ClientHello", "WAIT_CERT")),
    (Legacy, ("CONNECTED", AGAIN, "CONNECTED")),
];

/// The arrows that this build has.
fn built(arrows: &[(In, Arrow)]) -> BTreeSet<Arrow> {
    let has = |of: In| of == Both || cfg!(feature = "legacy");
    arrows.iter().filter(|(of, _)| has(*of)).map(|(_, arrow)| *arrow).collect()
}

/// A message of every kind out of the handshakes of TLS 1.2; what that has not, out of those of TLS 1.3, or made.
fn all_samples(traces: &[Trace]) -> BTreeMap<MessageKind, Vec<u8>> {
    let mut all = samples();
    all.extend(traces.iter().flat_map(messages));
    all
}

/// The messages of a handshake, each under its kind.
fn messages(trace: &Trace) -> impl Iterator<Item = (MessageKind, Vec<u8>)> + '_ {
    trace.steps.iter().filter_map(|(_, item)| match item {
        Item::Message(_, raw) => Some((kind(raw), raw.clone())),
        _ => None,
    })
}

/// Every arrow that can be found from every state of every scenario.
fn explore(whom: Whom, legal: &[(In, Arrow)]) -> BTreeSet<Arrow> {
    let traces: Vec<_> = scenarios().map(Trace::record).collect();
    let all = all_samples(&traces);
    let mut found = BTreeSet::new();
    for trace in &traces {
        // Of the same handshake where there is one: its signature is right, even where it comes too early.
        let mut samples = all.clone();
        samples.extend(messages(trace));
        for at in 0..=trace.steps.len() {
            let from = trace.replay(whom, at).machine.state();
            let next = trace.steps.get(at).filter(|step| step.0 == whom).map(|step| &step.1);
            if let Some(own @ (Item::Answer | Item::Renegotiate)) = next {
                let label = if matches!(own, Item::Answer) { "answer" } else { AGAIN };
                found.insert((from, label, trace.replay(whom, at + 1).machine.state()));
            }
            for (&kind, sample) in &samples {
                let raw = match next {
                    Some(Item::Message(_, raw)) if self::kind(raw) == kind => raw,
                    _ => sample,
                };
                let mut party = trace.replay(whom, at);
                let allowed = legal.iter().any(|(_, arrow)| (arrow.0, arrow.1) == (from, kind.name()));
                match party.take(&Item::Message(epoch(from), raw.clone())) {
                    Ok(()) => {
                        found.insert((from, kind.name(), party.machine.state()));
                    }
                    Err(Failure::Usage(_)) => assert!(from.starts_with("ASK_"), "{from}"),
                    Err(Failure::Peer(Violation::UnexpectedMessage(what))) => {
                        assert_eq!(what.kind, kind);
                        // Without a status it is the next state that does not expect it.
                        assert!(what.state == from || from == "WAIT_STATUS", "{from}: {what:?}");
                    }
                    // The arrow exists, and this sample of another handshake does not fit it.
                    Err(Failure::Peer(_) | Failure::Refused(_)) if allowed => {}
                    // That is an arrow of TLS 1.3, in which the version was not offered.
                    Err(Failure::Peer(_)) if (from, kind) == ("WAIT_SH", MessageKind::HelloRetryRequest) => {}
                    Err(other) => panic!("{}: {from} with {kind}: {other}", trace.scenario.name),
                }
            }
            let mut party = trace.replay(whom, at);
            match party.take(&Item::ChangeCipherSpec) {
                Ok(()) => {
                    assert!(found.insert((from, CCS, party.machine.state())) || from == "WAIT_CCS", "{from}");
                }
                Err(Failure::Usage(_)) => assert!(from.starts_with("ASK_"), "{from}"),
                Err(Failure::Peer(Violation::UnexpectedChangeCipherSpec)) => assert_ne!(from, "WAIT_CCS"),
                Err(other) => panic!("{}: {from} with {CCS}: {other}", trace.scenario.name),
            }
        }
    }
    found
}

/// In the epoch the state is in before the version is known; after that it means nothing (RFC 5246 §7.1: the state says
/// which keys a message came under).
fn epoch(state: &str) -> Epoch {
    if matches!(state, "WAIT_SH" | "WAIT_CH") { Epoch::Initial } else { Epoch::Handshake }
}

#[test]
fn the_client_has_the_arrows_of_the_rfcs_and_no_other() {
    assert_eq!(explore(Whom::Client, CLIENT), built(CLIENT));
    page("tls12-client.md", "The client of TLS 1.2", CLIENT);
}

#[test]
fn the_server_has_the_arrows_of_the_rfcs_and_no_other() {
    assert_eq!(explore(Whom::Server, SERVER), built(SERVER));
    page("tls12-server.md", "The server of TLS 1.2", SERVER);
}

/// One page for both builds: it says which arrows one of them lacks.
fn page(file: &str, title: &str, arrows: &[(In, Arrow)]) {
    let labels: Vec<_> = arrows
        .iter()
        .map(|(of, arrow)| if *of == Legacy { format!("{} (legacy)", arrow.1) } else { arrow.1.to_string() })
        .collect();
    let arrows: Vec<_> = arrows.iter().zip(&labels).map(|((_, (from, _, to)), on)| (*from, on.as_str(), *to)).collect();
    let more = "What is marked as legacy is there with the feature of that name alone; `renegotiate` is the wish of this side.\n";
    check_page(file, title, "RFC 5246 §7.3, RFC 5077 §3.1 and RFC 6066 §8", more, &arrows);
}
