//! RFC 8448 §4, Resumed 0-RTT Handshake: the server takes the ClientHello of the trace and comes to its secrets.

use crate::arithmetic::provider;
use crate::common::{Notes, Seeded};
use handfast_handshake::{
    Candidate, Direction, EarlyRefusal, Epoch, Failure, Handshake, Keep, NotResumed, Question, Resumable, ServerParams,
    Session,
};
use handfast_wire::{NamedGroup, Violation};
use std::sync::Arc;

/// A value of a trace; `vectors/README.md` says how they are written.
fn value(file: &str, name: &str) -> Vec<u8> {
    let path = format!("{}/../../vectors/rfc8448/{file}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().skip_while(|line| line.split(" =").next() != Some(name));
    let lines = lines.enumerate().take_while(|(at, line)| *at == 0 || line.starts_with("    "));
    let digits: String = lines.filter_map(|(_, line)| line.rsplit(['=', ' ']).next()).collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// The session of the trace, as [`Session::encode`] writes it.
fn session(psk: &[u8]) -> Session {
    let mut bytes = vec![4, 0x13, 0x01, 0b11, psk.len() as u8];
    bytes.extend_from_slice(psk);
    bytes.extend_from_slice(b"\x06server");
    // Neither protocol, ID, ticket, lifetime nor date.
    bytes.extend_from_slice(&[0; 1 + 1 + 2 + 4 + 8 + 8]);
    // RFC 8448 §3: ticket_age_add, and max_early_data_size.
    bytes.extend_from_slice(&value("simple-1rtt", "new_session_ticket")[8..12]);
    bytes.extend_from_slice(&1024_u32.to_be_bytes());
    bytes.extend_from_slice(&[0; 2 + 32 + 2 + 3 + 3 + 2]);
    Session::decode(&bytes).unwrap()
}

fn serve(hello: &[u8], psk: &[u8], early: Result<(), EarlyRefusal>) -> Result<(Handshake, Notes, Vec<u8>), Failure> {
    let real = handfast_rustcrypto::provider();
    let params = ServerParams {
        suites: handfast_crypto::suite::TLS13_SUITES.iter().collect(),
        groups: vec![real.group(NamedGroup::X25519).unwrap()],
        sessions: Some(Keep::Ticket),
        max_early_data: 1024,
        ..ServerParams::new(handfast_crypto::Provider { groups: real.groups, ..provider(2) })
    };
    let params = Arc::new(params);
    let (mut machine, mut notes) = (Handshake::server(&*Seeded::new(3))?, Notes::default());
    let mut binder = Vec::new();
    machine.message(Epoch::Initial, hello, true, &mut notes)?;
    while let Some(question) = machine.question() {
        let answer = match question {
            Question::Config(question) => question.serve(params.clone()),
            Question::Resume(question) => {
                let what = Resumable::Session { session: Box::new(session(psk)), renew: false, fresh: Ok(0) };
                question.candidates(vec![Candidate { at: 0, what }], NotResumed::Unknown)
            }
            Question::EarlyData(question) => {
                binder = question.binder().to_vec();
                match early {
                    Ok(()) => question.accept(),
                    Err(why) => question.refuse(why),
                }
            }
            other => panic!("{other:?}"),
        };
        machine.answer(answer, &mut notes)?;
    }
    Ok((machine, notes, binder))
}

#[test]
fn the_server_takes_the_early_data_of_the_trace() {
    let trace = |name| value("resumed-0rtt", name);
    let (machine, notes, binder) = serve(&trace("client_hello"), &trace("psk"), Ok(())).unwrap();
    assert_eq!(machine.state(), "WAIT_EOED");
    assert_eq!(binder, trace("binder"));
    let early = notes
        .secrets
        .iter()
        .find(|(direction, epoch, _)| (*direction, *epoch) == (Direction::Receive, Epoch::EarlyData));
    assert_eq!(early.unwrap().2, trace("client_early_traffic"));
    assert_eq!(notes.early_exporter.unwrap(), trace("early_exporter_secret"));
}

/// docs/regressions.md row 39: the binder is checked whether or not early data is taken.
#[test]
fn it_takes_nothing_of_it_under_another_key() {
    let hello = value("resumed-0rtt", "client_hello");
    let mut psk = value("resumed-0rtt", "psk");
    let refused = Err(EarlyRefusal::Disabled);
    assert_eq!(serve(&hello, &psk, refused).unwrap().0.state(), "WAIT_FINISHED");
    psk[0] ^= 1;
    let taken = serve(&hello, &psk, refused);
    assert!(matches!(taken, Err(Failure::Peer(Violation::BadBinder))));
}
