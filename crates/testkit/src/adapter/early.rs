//! Early data over transports that stop and start at any byte.

use super::{Adapter, NAME, Setup, patiently, read_patiently, tell, write_patiently};
use crate::fault::{Faults, Faulty};
use crate::pipe::Pipe;
use crate::setup::Made;
use handfast::Session;
use std::io::{ErrorKind, Read, Write};

/// How much early data goes with a ticket.
const LIMIT: u32 = 50_000;

const FIRST_WORDS: &[u8] = b"before you have finished";

/// Early data, the answer to it, and what is said later: each comes whole, in its place, and none in another's.
pub(super) fn early_data_survives<A: Adapter>() {
    for faults in [
        Faults::NONE,
        Faults { read: 1, write: 1, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 7, write: 13, refusal: Some(ErrorKind::Interrupted) },
        Faults { read: 16_406, write: usize::MAX, refusal: Some(ErrorKind::WouldBlock) },
    ] {
        for half_rtt in [true, false] {
            let made =
                Setup::default().make_with(|client| client, |server| server.early_data(LIMIT).half_rtt(half_rtt));
            let session = session::<A>(&made);
            converse::<A>(&made, session, faults);
        }
    }
}

/// The newest session of a connection.
fn session<A: Adapter>(made: &Made) -> Session {
    let (ours, theirs) = Pipe::new();
    let mut client = A::client(made.client.clone(), NAME.try_into().expect("a name"), ours);
    let mut server = A::server(made.server.clone(), theirs);
    for _ in 0..2 {
        let _ = A::handshake(&mut client);
        let _ = A::handshake(&mut server);
    }
    patiently(|| A::close(&mut server)).expect("a close");
    read_patiently(&mut client).expect("the end");
    let mut sessions = A::sessions(&mut client);
    assert_eq!((sessions.len(), A::sessions(&mut client).len()), (2, 0));
    sessions.pop().expect("a session")
}

fn converse<A: Adapter>(made: &Made, session: Session, faults: Faults) {
    let (ours, theirs) = Pipe::new();
    let early: Vec<u8> = (0..LIMIT).map(|n| (n % 249) as u8).collect();
    let (name, transport) = (NAME.try_into().expect("a name"), Faulty::new(ours, faults));
    let mut client = A::early_client(made.client.clone(), name, session, &early, transport);
    let mut server = A::server(made.server.clone(), Faulty::new(theirs, faults));
    let (mut heard, mut said, mut done) = (Vec::new(), 0, [false; 2]);
    let mut buf = [0; 3_000];
    for _ in 0..1_000_000 {
        match A::read_early(&mut server, &mut buf) {
            Ok(0) => done[1] = true,
            Ok(len) => heard.extend_from_slice(&buf[..len]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        if said < FIRST_WORDS.len() && !heard.is_empty() {
            match A::write_early(&mut server, &FIRST_WORDS[said..]) {
                Ok(len) => said += len,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
        }
        match A::handshake(&mut client) {
            Ok(()) => done[0] = true,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        if done == [true; 2] && said == FIRST_WORDS.len() {
            break;
        }
    }
    assert_eq!((done, said), ([true; 2], FIRST_WORDS.len()), "{faults:?}");
    assert!(heard == early, "{} bytes, {faults:?}", heard.len());
    patiently(|| server.flush()).expect("a flush");
    let mut answer = [0; FIRST_WORDS.len()];
    let mut len = 0;
    while len < answer.len() {
        len += patiently(|| client.read(&mut answer[len..])).expect("an answer");
    }
    assert_eq!(answer, FIRST_WORDS, "{faults:?}");
    let data: Vec<u8> = (0..20_000u32).map(|n| (n % 251) as u8).collect();
    tell(&mut client, &mut server, &data, faults);
    tell(&mut server, &mut client, &data, faults);
    write_patiently(&mut client, b"good bye").expect("a write");
    patiently(|| A::close(&mut client)).expect("a close");
    assert_eq!(read_patiently(&mut server).expect("the end"), b"good bye", "{faults:?}");
    assert_eq!(A::read_early(&mut server, &mut buf).expect("nothing"), 0);
}
