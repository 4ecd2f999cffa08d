//! What other people's programs have found (docs/interop.md).

use handfast::pki_types::UnixTime;
use handfast::{
    AntiReplay, ClientStart, Clock, EarlyDataQuestion, EarlyRefusal, FRESHNESS, Resolve, ServerConfig, Session,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::NOW;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A clock that is set by hand, in milliseconds after the time of all tests.
#[derive(Default)]
struct Dial(AtomicU64);

impl Clock for Dial {
    fn now(&self) -> UnixTime {
        NOW
    }

    fn millis(&self) -> u64 {
        NOW.as_secs() * 1_000 + self.0.load(Ordering::Relaxed)
    }
}

/// Takes all early data, and keeps what it was told of when that expires.
#[derive(Default)]
struct Ages(Mutex<Vec<u64>>);

impl AntiReplay for Ages {
    fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal> {
        self.0.lock().unwrap().push(question.expires() - FRESHNESS - NOW.as_secs() * 1_000);
        Ok(())
    }
}

/// A connection to a server that stays.
fn connect(server: &Arc<ServerConfig>, dial: &Arc<Dial>, session: Option<Session>) -> Pair {
    let mut made = Setup::default().make_with(|client| client.clock(dial.clone()), |server| server);
    made.admission = server.clone().into();
    made.server = server.clone();
    let mut pair = Pair::start(made, Chunking::Coalesced, |start: ClientStart| match session {
        Some(session) => start.session(session).unwrap().early_data(true),
        None => start,
    });
    pair.connect();
    pair
}

/// GnuTLS takes no early data with a ticket that is older than it can be. Both times that an age is made of are rounded down,
/// so their difference may be one too many; the age that is told is one less, unless it is of a clock of
/// seconds (BoringSSL's runner wants those to the millisecond).
#[test]
fn a_ticket_is_never_older_than_it_can_be() {
    let (dial, ages) = (Arc::<Dial>::default(), Arc::<Ages>::default());
    let config = |server: handfast::ServerConfigBuilder| {
        server.clock(dial.clone()).early_data(1_000).anti_replay(Resolve::Now(ages.clone()))
    };
    let server = Setup::default().make_with(|client| client, config).server;
    let session = connect(&server, &dial, None).client.sessions.pop().unwrap();
    for (age, told) in [(0, 0), (1, 0), (2, 1), (500, 499), (60_001, 60_000), (60_000, 60_000)] {
        dial.0.store(age, Ordering::Relaxed);
        connect(&server, &dial, Some(session.clone()));
        assert_eq!(ages.0.lock().unwrap().pop(), Some(told), "{age}");
    }
}
