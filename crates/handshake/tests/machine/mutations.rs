//! Legal handshakes of TLS 1.3 with one thing wrong about their order: none comes to its end.

use crate::common::{Party, Step, Trace, Whom, kind};
use crate::exploration::samples;
use crate::scenarios::{Before, SCENARIOS, Scenario, scenario};
use handfast_handshake::{Epoch, Failure};
use handfast_wire::{MessageKind, Violation};

type Item = (Epoch, Vec<u8>);

/// Something done to a message.
type Change = fn(&mut Vec<u8>);

/// Feeds a party, which answers what it is asked, until it has enough of it.
fn feed(party: &mut Party, items: &[Item]) -> Result<(), Failure> {
    items.iter().try_for_each(|(epoch, raw)| {
        party.take(*epoch, raw)?;
        while party.answer()? {}
        Ok(())
    })
}

/// Everything each side of every handshake gets, up to its end.
fn all(mut check: impl FnMut(&Trace, Whom, &[Item])) {
    for trace in SCENARIOS.iter().map(|&scenario| Trace::record(scenario)) {
        for whom in [Whom::Client, Whom::Server] {
            let mut items: Vec<Item> = Vec::new();
            let mut party = trace.party(whom);
            for step in trace.steps.iter().filter(|step| step.whom() == whom) {
                let Step::Message(_, epoch, raw) = step else { continue };
                items.push((*epoch, raw.clone()));
                feed(&mut party, &items[items.len() - 1..]).unwrap();
                if party.is_connected() {
                    break;
                }
            }
            assert!(party.is_connected());
            check(&trace, whom, &items);
        }
    }
}

#[track_caller]
fn assert_incomplete(trace: &Trace, whom: Whom, items: &[Item], what: &str) {
    let mut party = trace.party(whom);
    let fed = feed(&mut party, items);
    assert!(!party.is_connected(), "{}: {whom:?} completes with {what}: {fed:?}", trace.scenario.name);
}

/// What one side may leave out or do without, so that the difference shows later: in Finished, or in what was agreed.
fn is_optional(item: &Item) -> bool {
    use MessageKind::{CertificateRequest, ClientHello, HelloRetryRequest};
    matches!(kind(&item.1), CertificateRequest | ClientHello | HelloRetryRequest)
}

fn is_unexpected(taken: &Result<(), Failure>) -> bool {
    matches!(taken, Err(Failure::Peer(Violation::UnexpectedMessage(_))))
}

/// docs/regressions.md row 4.
#[test]
fn nothing_can_be_left_out() {
    all(|trace, whom, items| {
        for at in 0..items.len() {
            let mut fewer = items.to_vec();
            let dropped = fewer.remove(at);
            assert_incomplete(trace, whom, &fewer, &format!("{at} dropped, {}", kind(&dropped.1)));
            // What comes in its place is refused at once.
            if at < fewer.len() && !is_optional(&dropped) {
                let mut party = trace.party(whom);
                feed(&mut party, &fewer[..at]).unwrap();
                let (epoch, raw) = &fewer[at];
                let taken = party.take(*epoch, raw);
                assert!(is_unexpected(&taken), "{}: {whom:?} without {}", trace.scenario.name, kind(&dropped.1));
            }
        }
    });
}

/// docs/regressions.md row 4.
#[test]
fn nothing_can_be_repeated() {
    all(|trace, whom, items| {
        for at in 0..items.len() {
            let mut party = trace.party(whom);
            feed(&mut party, &items[..=at]).unwrap();
            let (state, (epoch, raw)) = (party.machine.state(), &items[at]);
            let taken = party.take(*epoch, raw);
            // A second ClientHello is due there, and is not the first once more.
            let changed = matches!(taken, Err(Failure::Peer(Violation::RetryShare | Violation::ChangedHello(_))));
            let refused = if state == "WAIT_CH2" { changed } else { is_unexpected(&taken) };
            assert!(refused, "{}: {whom:?} takes {} twice: {taken:?}", trace.scenario.name, kind(raw));
        }
    });
}

/// docs/regressions.md row 4.
#[test]
fn nothing_can_be_swapped() {
    all(|trace, whom, items| {
        for at in 1..items.len() {
            let mut other = items.to_vec();
            other.swap(at - 1, at);
            assert_incomplete(trace, whom, &other, &format!("{at} before its time, {}", kind(&items[at].1)));
        }
    });
}

/// docs/regressions.md row 5: without a key that was offered and taken a server shows a certificate and proves it; with one, it
/// must not.
#[test]
fn certificates_and_keys_do_not_stand_in_for_each_other() {
    let certified = Trace::record(scenario("plain"));
    let certificate = certified.steps.iter().find_map(|step| match step {
        Step::Message(Whom::Client, epoch, raw) if kind(raw) == MessageKind::Certificate => Some((*epoch, raw.clone())),
        _ => None,
    });
    let certificate = certificate.unwrap();
    all(|trace, whom, items| {
        if whom == Whom::Server {
            return;
        }
        let at = items.iter().position(|(_, raw)| kind(raw) == MessageKind::EncryptedExtensions).unwrap();
        let mut party = trace.party(whom);
        feed(&mut party, &items[..=at]).unwrap();
        match party.machine.state() {
            "WAIT_CERT_CR" => {
                let (epoch, finished) = items.last().unwrap();
                assert!(is_unexpected(&party.take(*epoch, finished)), "{}", trace.scenario.name);
            }
            "WAIT_FINISHED" => assert!(is_unexpected(&party.take(certificate.0, &certificate.1))),
            other => panic!("{other}"),
        }
    });
}

/// RFC 9846 §4.7.2: the answer to a late request has its context, is signed over the handshake and that request, and nothing comes
/// between its messages.
#[test]
fn an_answer_is_that_of_its_request() {
    use MessageKind::{Certificate, CertificateVerify, Finished};
    let trace = Trace::record(scenario("asked later"));
    let last = |wanted| {
        let is_it = |step: &Step| matches!(step, Step::Message(Whom::Server, _, raw) if kind(raw) == wanted);
        trace.steps.iter().rposition(is_it).unwrap()
    };
    let met = |wanted, change: Change| {
        let at = last(wanted);
        let Step::Message(_, epoch, mut raw) = trace.steps[at].clone() else { unreachable!() };
        let mut server = trace.replay(Whom::Server, at);
        change(&mut raw);
        server.take(epoch, &raw)
    };
    let flips: [(_, Change, _); 3] = [
        (Certificate, |raw| raw[5] ^= 1, Violation::RequestContext),
        (CertificateVerify, |raw| raw[8] ^= 1, Violation::BadSignature),
        (Finished, |raw| raw[4] ^= 1, Violation::BadFinished),
    ];
    for (wanted, flip, violation) in flips {
        assert!(met(wanted, |_| {}).is_ok(), "{wanted}");
        let wrong = met(wanted, flip);
        assert!(matches!(&wrong, Err(Failure::Peer(met)) if *met == violation), "{wanted}: {wrong:?}");
        let interrupted = trace.replay(Whom::Server, last(wanted)).take(Epoch::Application, &[24, 0, 0, 1, 0]);
        assert_eq!(is_unexpected(&interrupted), wanted != Certificate, "{interrupted:?}");
    }
    // An empty answer does not do where one is required.
    let none = met(Certificate, |raw| {
        raw.truncate(4 + 1 + 32);
        raw.extend([0, 0, 0]);
        raw[3] = 1 + 32 + 3;
    });
    assert!(matches!(none, Err(Failure::Peer(Violation::CertificateRequired))), "{none:?}");
}

/// RFC 9846 Appendix F.1: whoever is known by an external key is not asked for a certificate, and does not answer.
#[test]
fn an_external_key_goes_with_no_certificate() {
    let trace = Trace::record(Scenario { prior: Before::Key, tickets: 0, ..scenario("asked later") });
    assert!(!trace.steps.iter().any(|step| matches!(step, Step::Request)));
    let request = samples()[&MessageKind::CertificateRequest].clone();
    let asked = trace.replay(Whom::Client, trace.steps.len()).take(Epoch::Application, &request);
    assert!(is_unexpected(&asked), "{asked:?}");
}
