//! What a machine does to its surroundings, in which order: the keys change where RFC 9846 Appendix A says.

use crate::common::{Effect, Step, Trace, Whom, kind};
use crate::scenarios::{SCENARIOS, scenario};
use handfast_handshake::{EarlyData, Epoch, Fact};

/// The effects of one side of a scenario, without those that only inform.
fn effects(name: &str, whom: Whom) -> Vec<String> {
    let trace = Trace::record(scenario(name));
    let party = trace.replay(whom, trace.steps.len());
    let line = |effect: &Effect| match effect {
        Effect::Sent(epoch, raw) => Some(format!("send {} in {epoch:?}", kind(raw))),
        Effect::Installed(direction, epoch) => Some(format!("install {direction:?} {epoch:?}")),
        Effect::ChangeCipherSpec => Some("change_cipher_spec".into()),
        Effect::Unprotected => Some("unprotect".into()),
        Effect::UpdateRequested => Some("update".into()),
        Effect::Learned(Fact::MaySend) => Some("may send".into()),
        Effect::Learned(Fact::Resumed) => Some("resumed".into()),
        Effect::Learned(Fact::NotResumed(why)) => Some(format!("not resumed: {}", why.code())),
        Effect::Learned(Fact::PskIdentity(identity)) => Some(format!("key {}", identity.escape_ascii())),
        Effect::Learned(Fact::EarlyData(EarlyData::Refused(why))) => {
            Some(format!("early data refused: {}", why.code()))
        }
        Effect::Learned(Fact::EarlyData(EarlyData::Offered { .. })) => Some("early data offered".into()),
        Effect::Learned(Fact::EarlyData(EarlyData::Accepted { .. })) => Some("early data accepted".into()),
        Effect::Learned(Fact::EarlyExporter(_)) => Some("early exporter".into()),
        Effect::Learned(Fact::Session(_)) => Some("session".into()),
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
    assert_eq!(effects("plain", Whom::Client), expected);
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
    assert_eq!(effects("mutual, retried", Whom::Client), expected);
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
    assert_eq!(effects("mutual, retried", Whom::Server), expected);
}

/// A server that nobody authenticates to knows no peer.
#[test]
fn without_a_client_certificate_there_is_no_peer() {
    for name in ["plain", "certificate requested", "resumed", "external key"] {
        assert!(!effects(name, Whom::Server).iter().any(|effect| effect.starts_with("peer")));
    }
}

/// RFC 9846 §2.2: no certificates, and no questions about them.
#[test]
fn a_session_that_is_resumed() {
    let client = [
        "send ClientHello in Initial",
        "change_cipher_spec",
        "install Receive Handshake",
        "resumed",
        "install Send Handshake",
        "install Receive Application",
        "send Finished in Handshake",
        "install Send Application",
        "peer, verified: true",
        "connected",
        "session",
    ];
    assert_eq!(effects("resumed", Whom::Client), client);
    let server = [
        "send ServerHello in Initial",
        "change_cipher_spec",
        "install Send Handshake",
        "resumed",
        "send EncryptedExtensions in Handshake",
        "install Receive Handshake",
        "send Finished in Handshake",
        "install Send Application",
        "may send",
        "install Receive Application",
        "connected",
        "send NewSessionTicket in Application",
    ];
    assert_eq!(effects("resumed", Whom::Server), server);
    // Who the client was when the session was made it still is.
    let server = effects("resumed, mutual", Whom::Server);
    assert_eq!(
        server[server.len() - 3..],
        ["peer, verified: true", "connected", "send NewSessionTicket in Application"]
    );
}

#[test]
fn a_session_that_nobody_knows() {
    let client = effects("session unknown", Whom::Client);
    assert_eq!(client[2..5], ["install Receive Handshake", "not resumed: Declined", "install Send Handshake"]);
    assert_eq!(effects("session unknown", Whom::Server)[..2], ["not resumed: Unknown", "send ServerHello in Initial"]);
}

#[test]
fn an_external_key() {
    let client = effects("external key", Whom::Client);
    assert_eq!(client[2..5], ["install Receive Handshake", "key key", "install Send Handshake"]);
    assert!(!client.iter().any(|effect| effect.starts_with("peer")));
    let server = effects("external key", Whom::Server);
    assert_eq!(server[..4], ["send ServerHello in Initial", "change_cipher_spec", "install Send Handshake", "key key"]);
    // A session that was made with it is resumed, and says with which.
    for whom in [Whom::Client, Whom::Server] {
        let effects = effects("session beside its key", whom);
        let at = effects.iter().position(|effect| effect == "resumed").unwrap();
        assert_eq!(effects[at + 1], "key key");
    }
}

/// RFC 9846 Appendix A: the client sends early data, then EndOfEarlyData under the keys of that, then under those of the
/// handshake; the server reads so.
#[test]
fn early_data_that_is_taken() {
    let client = [
        "send ClientHello in Initial",
        "change_cipher_spec",
        "install Send EarlyData",
        "early exporter",
        "early data offered",
        "install Receive Handshake",
        "resumed",
        "early data accepted",
        "install Receive Application",
        "send EndOfEarlyData in EarlyData",
        "install Send Handshake",
        "send Finished in Handshake",
        "install Send Application",
        "peer, verified: true",
        "connected",
        "session",
    ];
    assert_eq!(effects("early data", Whom::Client), client);
    let server = [
        "send ServerHello in Initial",
        "change_cipher_spec",
        "install Send Handshake",
        "resumed",
        "send EncryptedExtensions in Handshake",
        "install Receive EarlyData",
        "early exporter",
        "early data accepted",
        "send Finished in Handshake",
        "install Send Application",
        "may send",
        "install Receive Handshake",
        "install Receive Application",
        "connected",
        "send NewSessionTicket in Application",
    ];
    assert_eq!(effects("early data", Whom::Server), server);
}

/// The client hears of it in EncryptedExtensions, or in ServerHello where no session is resumed, and sends no EndOfEarlyData.
#[test]
fn early_data_that_is_not() {
    let client = [
        "install Receive Handshake",
        "resumed",
        "install Send Handshake",
        "early data refused: Declined",
        "install Receive Application",
        "send Finished in Handshake",
    ];
    assert_eq!(effects("early data refused", Whom::Client)[5..11], client);
    assert_eq!(
        effects("early data refused", Whom::Server)[..4],
        ["early data refused: Replayed", "send ServerHello in Initial", "change_cipher_spec", "install Send Handshake"]
    );
    let client = [
        "install Receive Handshake",
        "not resumed: Declined",
        "install Send Handshake",
        "early data refused: NotResumed",
    ];
    assert_eq!(effects("early data, session unknown", Whom::Client)[5..9], client);
    assert_eq!(
        effects("early data, session unknown", Whom::Server)[..2],
        ["not resumed: Unknown", "early data refused: NotResumed"]
    );
}

/// RFC 9846 §4.2.4: the second ClientHello comes in the clear, without early data, and with no second change_cipher_spec.
#[test]
fn early_data_that_a_retry_ends() {
    let client = [
        "send ClientHello in Initial",
        "change_cipher_spec",
        "install Send EarlyData",
        "early exporter",
        "early data offered",
        "unprotect",
        "early data refused: Retry",
        "send ClientHello in Initial",
        "install Receive Handshake",
        "resumed",
        "install Send Handshake",
        "install Receive Application",
        "send Finished in Handshake",
        "install Send Application",
        "peer, verified: true",
        "connected",
        "session",
    ];
    assert_eq!(effects("early data, retried", Whom::Client), client);
    let server = [
        "early data refused: Retry",
        "send HelloRetryRequest in Initial",
        "change_cipher_spec",
        "send ServerHello in Initial",
        "install Send Handshake",
        "resumed",
    ];
    assert_eq!(effects("early data, retried", Whom::Server)[..6], server);
}

/// RFC 9846 §4.7.3: the receiving key moves on, and the peer's wish is passed on.
#[test]
fn a_key_update_moves_the_receiving_key_and_may_ask_for_the_other() {
    for whom in [Whom::Client, Whom::Server] {
        for (request, expected) in
            [(0, &["install Receive Application"][..]), (1, &["install Receive Application", "update"])]
        {
            let trace = Trace::record(scenario("plain"));
            let mut party = trace.replay(whom, trace.steps.len());
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
        let trace = Trace::record(scenario);
        for (at, step) in trace.steps.iter().enumerate() {
            let Step::Message(whom, epoch, raw) = step else { continue };
            let mut party = trace.replay(*whom, at);
            let taken = party.machine.message(*epoch, raw, false, &mut party.notes);
            let name = kind(raw).name();
            match name {
                "ClientHello" | "ServerHello" | "HelloRetryRequest" | "EndOfEarlyData" | "Finished" => {
                    assert!(matches!(taken, Err(Failure::Peer(Violation::MisalignedMessage(_)))), "{name}");
                }
                _ => assert!(taken.is_ok(), "{name}"),
            }
        }
    }
}
