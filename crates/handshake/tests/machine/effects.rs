//! What a machine does to its surroundings, in which order: the keys change where RFC 9846 Appendix A says.

use crate::common::{Effect, SCENARIOS, Step, Whom, kind, record, replay};
use handfast_handshake::{Epoch, Fact};

/// The effects of one side of a scenario, without those that only inform.
fn effects(scenario: usize, whom: Whom) -> Vec<String> {
    let scenario = SCENARIOS[scenario];
    let party = replay(scenario, whom, &record(scenario));
    let line = |effect: &Effect| match effect {
        Effect::Sent(epoch, raw) => Some(format!("send {} in {epoch:?}", kind(raw))),
        Effect::Installed(direction, epoch) => Some(format!("install {direction:?} {epoch:?}")),
        Effect::ChangeCipherSpec => Some("change_cipher_spec".into()),
        Effect::Unprotected => Some("unprotect".into()),
        Effect::UpdateRequested => Some("update".into()),
        Effect::Learned(Fact::MaySend) => Some("may send".into()),
        Effect::Learned(Fact::Peer(peer)) => Some(format!("peer, verified: {}", peer.verified)),
        Effect::Learned(Fact::Connected) => Some("connected".into()),
        Effect::Learned(_) => None,
        Effect::Warned(alert) => Some(format!("warn {alert}")),
    };
    party.notes.effects.iter().filter_map(line).collect()
}

#[test]
fn a_client_without_a_certificate() {
    let expected = [
        "send ClientHello in Initial",
        "change_cipher_spec",
        "install Receive Handshake",
        "install Send Handshake",
        "install Receive Application",
        "send Finished in Handshake",
        "install Send Application",
        "peer, verified: true",
        "connected",
    ];
    assert_eq!(effects(0, Whom::Client), expected);
}

#[test]
fn a_client_that_is_asked_twice_and_has_a_certificate() {
    let expected = [
        "send ClientHello in Initial",
        "change_cipher_spec",
        "send ClientHello in Initial",
        "install Receive Handshake",
        "install Send Handshake",
        "install Receive Application",
        "send Certificate in Handshake",
        "send CertificateVerify in Handshake",
        "send Finished in Handshake",
        "install Send Application",
        "peer, verified: true",
        "connected",
    ];
    assert_eq!(effects(3, Whom::Client), expected);
}

#[test]
fn a_server_that_asks_twice_and_wants_a_certificate() {
    let expected = [
        "send HelloRetryRequest in Initial",
        "change_cipher_spec",
        "send ServerHello in Initial",
        "install Send Handshake",
        "install Receive Handshake",
        "send EncryptedExtensions in Handshake",
        "send CertificateRequest in Handshake",
        "send Certificate in Handshake",
        "send CertificateVerify in Handshake",
        "send Finished in Handshake",
        "install Send Application",
        "may send",
        "install Receive Application",
        "peer, verified: true",
        "connected",
    ];
    assert_eq!(effects(3, Whom::Server), expected);
}

/// A server that nobody authenticates to knows no peer.
#[test]
fn without_a_client_certificate_there_is_no_peer() {
    for scenario in [0, 2] {
        assert!(!effects(scenario, Whom::Server).iter().any(|effect| effect.starts_with("peer")));
    }
}

/// RFC 9846 §4.7.3: the receiving key moves on, and the peer's wish is passed on.
#[test]
fn a_key_update_moves_the_receiving_key_and_may_ask_for_the_other() {
    for whom in [Whom::Client, Whom::Server] {
        for (request, expected) in
            [(0, &["install Receive Application"][..]), (1, &["install Receive Application", "update"])]
        {
            let mut party = replay(SCENARIOS[0], whom, &record(SCENARIOS[0]));
            party.notes.effects.clear();
            party.take(Epoch::Application, &[24, 0, 0, 1, request]).unwrap();
            let seen: Vec<_> = party
                .notes
                .effects
                .iter()
                .map(|effect| match effect {
                    Effect::Installed(direction, epoch) => format!("install {direction:?} {epoch:?}"),
                    Effect::Unprotected => "unprotect".into(),
                    Effect::UpdateRequested => "update".into(),
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(seen, expected);
        }
    }
}

/// RFC 9846 §5.1 (docs/regressions.md row 7): what precedes a change of keys ends its record.
#[test]
fn a_message_before_a_key_change_must_end_its_record() {
    use handfast_handshake::Failure;
    use handfast_wire::Violation;
    for &scenario in SCENARIOS {
        let steps = record(scenario);
        for (at, step) in steps.iter().enumerate() {
            let Step::Message(whom, epoch, raw) = step else { continue };
            let mut party = replay(scenario, *whom, &steps[..at]);
            let taken = party.machine.message(*epoch, raw, false, &mut party.notes);
            let name = kind(raw).name();
            match name {
                "ClientHello" | "ServerHello" | "HelloRetryRequest" | "Finished" => {
                    assert!(matches!(taken, Err(Failure::Peer(Violation::MisalignedMessage(_)))), "{name}");
                }
                _ => assert!(taken.is_ok(), "{name}"),
            }
        }
    }
}
