//! What a machine of TLS 1.2 does to its surroundings, in which order: the keys change where RFC 5246 §7.3 says.

use crate::common::{Effect, Whom, kind};
use crate::common12::{Item, Trace};
use crate::scenarios12::scenario;
use handfast_handshake::{Epoch, Fact, Failure};
use handfast_wire::{AlertDescription, Violation};

/// The effects of one side of a scenario, without those that only inform.
fn effects(name: &str, whom: Whom) -> Vec<String> {
    let trace = Trace::record(scenario(name));
    let party = trace.replay(whom, trace.steps.len());
    let line = |effect: &Effect| match effect {
        Effect::Sent(_, raw) => Some(format!("send {}", kind(raw))),
        Effect::Installed(direction, _) => Some(format!("install {direction:?}")),
        Effect::ChangeCipherSpec => Some("change_cipher_spec".into()),
        Effect::Unprotected => Some("unprotect".into()),
        Effect::UpdateRequested => Some("update".into()),
        Effect::Learned(Fact::MaySend) => Some("may send".into()),
        Effect::Learned(Fact::Resumed) => Some("resumed".into()),
        Effect::Learned(Fact::Session(session)) => {
            Some(format!("session, ticket: {}, ID: {}", session.ticket().is_some(), !session.id().is_empty()))
        }
        Effect::Learned(Fact::Peer(peer)) => Some(format!("peer, verified: {}", peer.verified)),
        Effect::Learned(Fact::DataCloses) => Some("data closes".into()),
        Effect::Learned(Fact::Renegotiated) => Some("renegotiated".into()),
        Effect::Learned(Fact::Connected) => Some("connected".into()),
        Effect::Learned(_) => None,
        Effect::Warned(alert) => Some(format!("warn {alert}")),
    };
    party.notes.effects.iter().filter_map(line).collect()
}

/// RFC 5246 §7.3, Figure 1: the client's keys change before its Finished, the server's before its own.
#[test]
fn a_full_handshake() {
    let client = [
        "send ClientHello",
        "send ClientKeyExchange",
        "change_cipher_spec",
        "install Send",
        "send Finished",
        "install Receive",
        "peer, verified: true",
        "connected",
    ];
    assert_eq!(effects("full", Whom::Client), client);
    let server = [
        "send ServerHello",
        "send Certificate",
        "send ServerKeyExchange",
        "send ServerHelloDone",
        "install Receive",
        "change_cipher_spec",
        "install Send",
        "send Finished",
        "connected",
    ];
    assert_eq!(effects("full", Whom::Server), server);
}

/// Figure 1 with everything that may be in it, RFC 5077 §3.1 and RFC 6066 §8.
#[test]
fn a_full_handshake_with_certificates_status_and_ticket() {
    let client = [
        "send ClientHello",
        "send Certificate",
        "send ClientKeyExchange",
        "send CertificateVerify",
        "change_cipher_spec",
        "install Send",
        "send Finished",
        "install Receive",
        "session, ticket: true, ID: false",
        "peer, verified: true",
        "connected",
    ];
    assert_eq!(effects("mutual, stapled, ticket", Whom::Client), client);
    let server = [
        "send ServerHello",
        "send Certificate",
        "send CertificateStatus",
        "send ServerKeyExchange",
        "send CertificateRequest",
        "send ServerHelloDone",
        "install Receive",
        "send NewSessionTicket",
        "change_cipher_spec",
        "install Send",
        "send Finished",
        "peer, verified: true",
        "connected",
    ];
    assert_eq!(effects("mutual, stapled, ticket", Whom::Server), server);
}

/// RFC 5246 §7.3, Figure 2: the server finishes first.
#[test]
fn an_abbreviated_handshake() {
    let client = [
        "send ClientHello",
        "resumed",
        "install Receive",
        "change_cipher_spec",
        "install Send",
        "send Finished",
        "peer, verified: true",
        "connected",
    ];
    let server = [
        "send ServerHello",
        "resumed",
        "change_cipher_spec",
        "install Send",
        "send Finished",
        "install Receive",
        "connected",
    ];
    for name in ["resumed by ticket", "resumed by ID"] {
        assert_eq!(effects(name, Whom::Client), client, "{name}");
        assert_eq!(effects(name, Whom::Server), server, "{name}");
    }
}

/// RFC 5077 §3.1, Figure 2: the new ticket comes before the server's keys change.
#[test]
fn an_abbreviated_handshake_with_a_new_ticket() {
    for name in ["resumed by ticket, renewed", "resumed by ID, ticket instead"] {
        let client = effects(name, Whom::Client);
        assert!(client.iter().any(|effect| effect.starts_with("session, ticket: true")), "{name}: {client:?}");
        let server = [
            "send ServerHello",
            "resumed",
            "send NewSessionTicket",
            "change_cipher_spec",
            "install Send",
            "send Finished",
            "install Receive",
            "connected",
        ];
        assert_eq!(effects(name, Whom::Server), server, "{name}");
    }
}

/// A session that nobody knows any more costs nothing but the attempt.
#[test]
fn an_unknown_session_is_a_full_handshake() {
    for (unknown, known) in [("ticket unknown", "ticket"), ("ID unknown", "session ID")] {
        for whom in [Whom::Client, Whom::Server] {
            assert_eq!(effects(unknown, whom), effects(known, whom), "{unknown}");
        }
    }
}

/// RFC 5077 §3.3: an empty ticket is none.
#[test]
fn an_empty_ticket_makes_no_session() {
    let client = effects("empty ticket", Whom::Client);
    assert!(!client.iter().any(|effect| effect.starts_with("session")), "{client:?}");
    assert!(effects("empty ticket", Whom::Server).contains(&"send NewSessionTicket".to_string()));
}

/// RFC 7918 §3: data may go out behind the own Finished, before the peer's; without the switch it may not.
#[test]
fn a_false_start() {
    let client = effects("false start", Whom::Client);
    let at = |what: &str| client.iter().position(|effect| effect == what).unwrap();
    assert!(at("send Finished") < at("may send") && at("may send") < at("install Receive"), "{client:?}");
    assert!(!effects("full", Whom::Client).contains(&"may send".to_string()));
    // In another handshake there are keys for data already.
    #[cfg(feature = "legacy")]
    {
        let client = effects("again, with a false start", Whom::Client);
        assert_eq!(client.iter().filter(|effect| *effect == "may send").count(), 1, "{client:?}");
    }
}

/// RFC 5246 §7.4.4, RFC 4279 §2: whoever has a pre-shared key asks for no certificate and shows none.
#[test]
fn without_certificates_there_is_no_peer() {
    for name in ["PSK", "PSK, no certificate asked for", "ECDHE_PSK", "PSK for want of a certificate"] {
        for whom in [Whom::Client, Whom::Server] {
            let seen = effects(name, whom);
            let of_certificates = |effect: &&String| effect.contains("Certificate") || effect.starts_with("peer");
            assert_eq!(seen.iter().find(of_certificates), None, "{name}: {seen:?}");
        }
    }
    let client = effects("certificate requested", Whom::Client);
    assert!(
        client.contains(&"send Certificate".to_string()) && !client.contains(&"send CertificateVerify".to_string())
    );
    assert!(!effects("certificate requested", Whom::Server).iter().any(|effect| effect.starts_with("peer")));
}

/// RFC 4279 §2: a hint is a ServerKeyExchange, and none is none.
#[test]
fn a_hint_is_a_message() {
    let hinted = |name| effects(name, Whom::Server).contains(&"send ServerKeyExchange".to_string());
    assert_eq!([hinted("PSK"), hinted("PSK, hint, ticket"), hinted("ECDHE_PSK")], [false, true, true]);
}

/// RFC 5246 §7.2.2: no renegotiation. The connection goes on after a warning, or as if nothing had been, or it ends.
#[test]
fn a_wish_that_is_not_granted() {
    for whom in [Whom::Client, Whom::Server] {
        for (name, expected) in
            [("ignores renegotiation", Some(0)), ("warns of renegotiation", Some(1)), ("full", None)]
        {
            let trace = Trace::record(scenario(name));
            let mut party = trace.replay(whom, trace.steps.len());
            party.notes.effects.clear();
            let wish = match whom {
                Whom::Client => Item::Message(Epoch::Application, vec![0, 0, 0, 0]),
                Whom::Server => trace.steps[0].1.clone(),
            };
            let taken = party.take(&wish);
            let Some(warnings) = expected else {
                assert!(matches!(taken, Err(Failure::Peer(Violation::Renegotiation))), "{name}: {taken:?}");
                continue;
            };
            taken.unwrap();
            let is_warning = |e: &Effect| matches!(e, Effect::Warned(AlertDescription::NO_RENEGOTIATION));
            assert!(party.notes.effects.iter().all(is_warning), "{name}");
            assert_eq!((party.notes.effects.len(), party.machine.state()), (warnings, "CONNECTED"), "{name}");
        }
    }
}

/// RFC 5246 §7.4.1.1: a whole handshake under the keys of the one before, whose data ends where it begins.
#[cfg(feature = "legacy")]
#[test]
fn another_handshake() {
    let (client, server) = (effects("the client again", Whom::Client), effects("the client again", Whom::Server));
    let (first_client, first_server) = (effects("full", Whom::Client), effects("full", Whom::Server));
    // The client's first message is its wish, behind which data still comes.
    let again = |first: &[String]| first.iter().map(|effect| effect.replace("connected", "renegotiated")).collect();
    let (mut again_client, mut again_server): (Vec<_>, Vec<_>) = (again(&first_client), again(&first_server));
    again_client.insert(1, "data closes".into());
    again_server.insert(0, "data closes".into());
    assert_eq!(client, [first_client, again_client].concat());
    assert_eq!(server, [first_server.clone(), again_server.clone()].concat());
    // The same because the server asked for it.
    let asked = effects("the server again", Whom::Server);
    assert_eq!(asked, [first_server, vec!["send HelloRequest".into()], again_server].concat());
    assert_eq!(effects("the server again", Whom::Client), client);
}
