//! What a client takes for an acceptance of its early data (RFC 9846 §4.3.10): with the suite and the protocol of its session.

use crate::common::{Party, Step, Trace, Whom, kind};
use crate::scenarios::scenario;
use handfast_handshake::{Epoch, Failure};
use handfast_wire::{
    CipherSuite, Dialect, ExtensionBlock, ExtensionType, Message, MessageKind, Violation,
    message::{EncryptedExtensions, ServerHello},
};

/// The client of a handshake with early data, and its server's two first messages.
fn begun() -> (Party, Vec<u8>, Vec<u8>) {
    let trace = Trace::record(scenario("early data"));
    let sent = |wanted: MessageKind| {
        let mut messages = trace.steps.iter().filter_map(|step| match step {
            Step::Message(Whom::Client, _, raw) if kind(raw) == wanted => Some(raw.clone()),
            _ => None,
        });
        messages.next().unwrap()
    };
    (trace.party(Whom::Client), sent(MessageKind::ServerHello), sent(MessageKind::EncryptedExtensions))
}

/// The same ServerHello with another suite.
fn with_suite(hello: &[u8], cipher_suite: CipherSuite) -> Vec<u8> {
    let Ok(Message::ServerHello(hello)) = Message::read(Dialect::Tls13, hello) else { panic!() };
    let mut raw = Vec::new();
    ServerHello { cipher_suite, ..hello }.write(&mut raw).unwrap();
    raw
}

/// The same EncryptedExtensions without this one.
fn without(encrypted: &[u8], dropped: ExtensionType) -> Vec<u8> {
    let Ok(Message::EncryptedExtensions(m)) = Message::read(Dialect::Tls13, encrypted) else { panic!() };
    assert!(m.extensions.contains(dropped));
    let mut block = ExtensionBlock::new();
    for (ty, body) in m.extensions.iter().filter(|(ty, _)| *ty != dropped) {
        block.push_raw(ty, body).unwrap();
    }
    let mut raw = Vec::new();
    EncryptedExtensions { extensions: block.as_extensions() }.write(&mut raw).unwrap();
    raw
}

fn take(hello: &[u8], encrypted: &[u8]) -> Result<&'static str, Failure> {
    let mut client = begun().0;
    client.take(Epoch::Initial, hello)?;
    client.take(Epoch::Handshake, encrypted)?;
    Ok(client.machine.state())
}

#[test]
fn it_is_taken_with_suite_and_protocol_of_the_session_or_not_at_all() {
    let (_, hello, encrypted) = begun();
    assert_eq!(take(&hello, &encrypted).unwrap(), "WAIT_FINISHED");
    let mismatch = |taken| matches!(taken, Err(Failure::Peer(Violation::EarlyDataMismatch)));
    let other = with_suite(&hello, CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
    assert!(mismatch(take(&other, &encrypted)));
    let no_protocol = without(&encrypted, ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
    assert!(mismatch(take(&hello, &no_protocol)));
    // Where it is not taken, both may differ.
    for encrypted in [&encrypted, &no_protocol] {
        let refused = without(encrypted, ExtensionType::EARLY_DATA);
        assert_eq!(take(&hello, &refused).unwrap(), "WAIT_FINISHED");
        assert_eq!(take(&other, &refused).unwrap(), "WAIT_FINISHED");
    }
}
