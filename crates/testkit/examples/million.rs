//! So many connections of TLS 1.3 in memory, one after the other, each resuming the one before with early data: does what a
//! client and a server keep stay within its bounds? `just million 1000000` runs it.
//!
//! Every hundredth connection is a full handshake, every tenth sends its early data twice. Cryptography is real, time is not:
//! each connection takes ten milliseconds of it.

use handfast::crypto::KeyKind;
use handfast::pki_types::UnixTime;
use handfast::{
    ClientConfig, ClientStart, Clock, Connection, EarlyData, EarlyRefusal, Event, MemoryStore, Resolve, ServerConfig,
    SessionCache, StrikeRegister,
};
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process};

/// How much more memory there may be at the end than after the first tenth, in KiB.
const TOLERANCE: u64 = 4 * 1024;

/// How many sessions the server keeps.
const SESSIONS: usize = 20_000;

fn main() {
    let count = env::args().nth(1).map_or(10_000, |count| count.parse().expect("a number"));
    let site = Site::new();
    let (began, mut after_a_tenth) = (Instant::now(), 0);
    let mut tally = Tally::default();
    for at in 0..count {
        site.clock.0.fetch_add(10, Ordering::Relaxed);
        site.connect(at, &mut tally);
        if (at + 1) % (count / 10).max(1) == 0 {
            let resident = resident();
            after_a_tenth = if after_a_tenth == 0 { resident } else { after_a_tenth };
            println!(
                "{:>9} connections, {:>4} s: {resident:>6} KiB resident; {} sessions stored of {SESSIONS}, {} flights in the register",
                at + 1,
                began.elapsed().as_secs(),
                site.store.len(),
                site.register.len(),
            );
        }
    }
    println!("{tally:?}");
    let grown = resident().saturating_sub(after_a_tenth);
    println!("grown by {grown} KiB since the first tenth; {TOLERANCE} are taken for noise");
    process::exit(i32::from(grown > TOLERANCE || tally.early_taken_twice > 0));
}

/// What became of the connections.
#[derive(Debug, Default)]
struct Tally {
    full: u64,
    resumed: u64,
    early_taken: u64,
    early_replayed: u64,
    early_taken_twice: u64,
}

struct Site {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    clock: Arc<Time>,
    cache: SessionCache,
    store: Arc<MemoryStore>,
    register: Arc<StrikeRegister>,
}

/// Milliseconds since 1970.
struct Time(AtomicU64);

impl Clock for Time {
    fn now(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_millis(self.millis()))
    }

    fn millis(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Site {
    fn new() -> Self {
        let world = World::of(KeyKind::P256);
        let clock = Arc::new(Time(AtomicU64::new(NOW.as_secs() * 1000)));
        let store = Arc::new(MemoryStore::new(SESSIONS));
        let register = Arc::new(StrikeRegister::default().warm_since(0));
        let client = ClientConfig::builder().anchors(world.anchors.clone()).clock(clock.clone());
        let server = ServerConfig::builder()
            .identity(world.server.clone())
            .sessions(store.clone())
            .early_data(1024)
            .anti_replay(Resolve::Now(register.clone()))
            .clock(clock.clone());
        Self {
            client: client.build().expect("a client"),
            server: server.build().expect("a server"),
            clock,
            cache: SessionCache::default(),
            store,
            register,
        }
    }

    /// One connection, and where it is the tenth another with the same first flight.
    fn connect(&self, at: u64, tally: &mut Tally) {
        let name = || NAME.try_into().expect("a name");
        let session = if at.is_multiple_of(100) { None } else { self.cache.take(&name()) };
        let start = ClientStart::new(&self.client, name()).early_data(true);
        let start = match session {
            Some(session) => start.session(session).expect("a session of this client"),
            None => start,
        };
        let mut flight = Vec::new();
        let mut client = start.connect(&mut flight).expect("a hello");
        if client.early_data_left() > 0 {
            client.send_early(b"GET /", &mut flight).expect("early data");
        }
        let replay = (at % 10 == 9).then(|| flight.clone());
        let mut server = Connection::server(&self.server).expect("a server");
        let mut back = Vec::new();
        while !flight.is_empty() {
            self.pump(&mut server, &mut flight, &mut back);
            self.pump(&mut client, &mut back, &mut flight);
        }
        assert!(client.is_connected() && server.is_connected());
        let facts = server.facts();
        *if facts.resumed { &mut tally.resumed } else { &mut tally.full } += 1;
        tally.early_taken += u64::from(matches!(facts.early_data, EarlyData::Accepted { .. }));
        if let Some(mut flight) = replay {
            let mut again = Connection::server(&self.server).expect("a server");
            self.pump(&mut again, &mut flight, &mut back);
            match again.facts().early_data {
                EarlyData::Accepted { .. } => tally.early_taken_twice += 1,
                EarlyData::Refused(EarlyRefusal::Replayed) => tally.early_replayed += 1,
                _ => {}
            }
        }
    }

    fn pump(&self, end: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
        loop {
            let received = end.receive(input, out).expect("a peer that keeps to the rules");
            let (consumed, done) = (received.consumed, matches!(received.event, Event::NeedInput { .. }));
            if let Event::Session(session) = received.event {
                self.cache.put(session);
            }
            input.drain(..consumed);
            if done {
                input.clear();
                return;
            }
        }
    }
}

/// How much memory this process has, in KiB; 0 where the system does not say.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
