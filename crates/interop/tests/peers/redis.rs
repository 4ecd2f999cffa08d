//! Two servers of the program `handfast` and one real Redis.

use crate::openssl::s_client;
use handfast::{ClientConfig, EarlyData, Session};
use handfast_interop::link::{Link, Prior};
use handfast_interop::ours;
use handfast_interop::process::{PATIENCE, Process, free_port};
use handfast_interop::world::WORLD;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Arc, Barrier, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

/// A redis-server, which can be killed and started again.
struct Redis {
    port: u16,
    process: Option<Process>,
}

impl Redis {
    fn start() -> Self {
        let mut own = Self { port: free_port(), process: None };
        own.run();
        own
    }

    fn run(&mut self) {
        let port = self.port.to_string();
        let options = ["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no"];
        let process = Process::start("redis-server", options);
        process.wait_for_word("Ready to accept connections");
        self.process = Some(process);
    }

    /// As a power failure does.
    fn kill(&mut self) {
        self.process = None;
    }
}

/// Two servers that know of each other through Redis alone.
struct Fleet {
    redis: Redis,
    ports: [u16; 2],
    _servers: [Process; 2],
}

/// What they share.
const SHARED: [&str; 2] = ["sessions", "ticket-keys"];

static SECRET: LazyLock<String> = LazyLock::new(|| WORLD.write("redis.secret", &[0x5a; 32]));

impl Fleet {
    fn start(share: &str, options: &[&str]) -> Self {
        let redis = Redis::start();
        let url = format!("redis://127.0.0.1:{}", redis.port);
        let serve = || {
            let (chain, key) = (WORLD.path("p256.pem"), WORLD.path("p256.key"));
            let own = ["serve", "--listen", "127.0.0.1:0", "--cert", &chain, "--key", &key];
            let shared = ["--sessions", &url, "--sessions-secret", &SECRET, "--sessions-share", share];
            let process = Process::start(&program(), own.iter().chain(&shared).chain(options));
            let heard = process.wait_for("a port", |heard| heard.out.ends_with(b"\n")).text();
            let port = heard.trim_end().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
            (process, port)
        };
        let [(one, first), (other, second)] = [serve(), serve()];
        Self { redis, ports: [first, second], _servers: [one, other] }
    }
}

/// The program, which was built beside this one.
fn program() -> String {
    let own = std::env::current_exe().expect("a program");
    let path: PathBuf = own.parent().and_then(|path| path.parent()).expect("a folder").join("handfast");
    path.to_string_lossy().into_owned()
}

/// A visit: says something, hears it, and hangs up.
fn visit(config: &Arc<ClientConfig>, port: u16, session: Option<Session>) -> Link {
    talk(Link::connect(config, port, session).expect("a connection"))
}

fn talk(mut link: Link) -> Link {
    ours::ask(&mut link, "hello\n", "hello\n").expect("an echo");
    link.close().expect("an end");
    link
}

#[test]
fn each_resumes_what_the_other_has_made() {
    for share in SHARED {
        let fleet = Fleet::start(share, &[]);
        for [from, to] in [fleet.ports, [fleet.ports[1], fleet.ports[0]]] {
            let config = WORLD.client().build().unwrap();
            let first = visit(&config, from, None);
            assert!(!first.facts().resumed && first.sessions.len() == 2, "{share}");
            for session in first.sessions {
                assert!(visit(&config, to, Some(session)).facts().resumed, "{share}");
            }
            for (version, word) in [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2")] {
                let file = WORLD.write(&format!("{share}{version}.sess"), b"");
                let ask = |port, kind: &str, session: &[&str]| {
                    let mut client = s_client(port, &[&["-no_ign_eof", version], session].concat());
                    client.type_in(b"a line that comes back\n");
                    client.wait_for_word("a line that comes back\n");
                    client.wait_for_word(&format!("{kind}, {word}"));
                    client.finish();
                };
                ask(from, "New", &["-sess_out", &file]);
                ask(to, "Reused", &["-sess_in", &file]);
            }
        }
    }
}

/// How many sessions they share in a test.
const MANY: usize = 10_000;

/// How many a client gets at once.
const AT_ONCE: u8 = 32;

fn ten_thousand(share: &str) {
    let fleet = Fleet::start(share, &["--tickets", &AT_ONCE.to_string()]);
    let run = |[from, to]: [u16; 2]| {
        let config = WORLD.client().ticket_request(AT_ONCE, 0).build().unwrap();
        let mut left = MANY / 2;
        while left > 0 {
            let sessions = visit(&config, from, None).sessions;
            assert_eq!(sessions.len(), usize::from(AT_ONCE));
            for session in sessions.into_iter().take(left) {
                let again = visit(&config, to, Some(session));
                assert!(again.facts().resumed && again.sessions.is_empty(), "{share}: {left} left");
                left -= 1;
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| run(fleet.ports));
        scope.spawn(|| run([fleet.ports[1], fleet.ports[0]]));
    });
}

#[test]
fn ten_thousand_sessions() {
    ten_thousand("sessions");
}

#[test]
fn ten_thousand_tickets() {
    ten_thousand("ticket-keys");
}

/// The length of the first protected record, in bytes: EncryptedExtensions are in it, and they say whether early data is taken.
fn first_protected(mut bytes: &[u8]) -> Option<usize> {
    const APPLICATION_DATA: u8 = 23;
    loop {
        let (&[ty, _, _, high, low], rest) = bytes.split_first_chunk()?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        if ty == APPLICATION_DATA {
            return Some(len);
        }
        bytes = rest.get(len..)?;
    }
}

/// What the early_data extension takes of EncryptedExtensions, in bytes.
const SAID: usize = 4;

/// Somebody who has recorded a flight sends it.
fn replay(port: u16, flight: &[u8]) -> usize {
    let mut socket = TcpStream::connect(("localhost", port)).expect("a connection");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    socket.write_all(flight).expect("a flight");
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(len) = first_protected(&heard) {
            return len;
        }
        let len = socket.read(&mut buffer).expect("an answer");
        assert!(len > 0, "no answer");
        heard.extend_from_slice(&buffer[..len]);
    }
}

const EARLY: &[u8] = b"pay 100\n";

/// A client with early data, whether it was taken, and its echo, however it came.
fn hurry(config: &Arc<ClientConfig>, port: u16, session: Session) -> (Link, bool) {
    let (connection, flight) =
        Link::prepare(config, Prior { session: Some(session), psks: vec![], early: EARLY.to_vec() })
            .expect("a session that fits");
    early(Link::begin(connection, flight, port).expect("a connection"))
}

fn early(mut link: Link) -> (Link, bool) {
    let taken = matches!(link.facts().early_data, EarlyData::Accepted { .. });
    if taken {
        let mut echo = vec![0; EARLY.len()];
        link.read_exact(&mut echo).expect("an echo");
        assert_eq!(echo, EARLY);
    } else {
        assert_eq!(link.rejected, Some(EARLY.len() as u64));
    }
    (talk(link), taken)
}

/// Until a register knows what was before it, nobody's early data is taken.
fn warm_up(config: &Arc<ClientConfig>, ports: [u16; 2]) {
    let session = |port| visit(config, port, None).sessions.pop().expect("a session");
    let end = Instant::now() + PATIENCE;
    for (at, port) in ports.into_iter().enumerate() {
        let mut tried = 0;
        while !hurry(config, port, session(port)).1 {
            assert!(Instant::now() < end, "it stays cold");
            tried += 1;
            thread::sleep(Duration::from_millis(500));
        }
        assert!(at > 0 || tried > 0, "a register that has just begun takes nothing");
    }
}

/// docs/regressions.md rows 41, 82, 91.
fn taken_once(share: &str) {
    let fleet = Fleet::start(share, &["--early-data"]);
    let config = WORLD.client().build().unwrap();
    warm_up(&config, fleet.ports);
    let mut first_wins = [0; 2];
    for n in 0..30 {
        let [mine, other] = if n % 2 == 0 { fleet.ports } else { [fleet.ports[1], fleet.ports[0]] };
        let session = visit(&config, other, None).sessions.pop().expect("a session");
        let prior = Prior { session: Some(session), psks: vec![], early: EARLY.to_vec() };
        let (connection, flight) = Link::prepare(&config, prior).expect("a session that fits");
        let go = |flight: Vec<u8>| Link::begin(connection, flight, mine).expect("a connection");
        let (link, copy) = match n % 3 {
            0 => {
                let copy = replay(other, &flight);
                (go(flight.clone()), copy)
            }
            1 => {
                let link = go(flight.clone());
                (link, replay(other, &flight))
            }
            _ => {
                let start = Barrier::new(2);
                thread::scope(|scope| {
                    let copy = scope.spawn(|| {
                        start.wait();
                        replay(other, &flight)
                    });
                    start.wait();
                    (go(flight.clone()), copy.join().expect("an answer"))
                })
            }
        };
        assert!(link.facts().resumed);
        let said = first_protected(&link.received).expect("an answer");
        let (link, taken) = early(link);
        drop(link);
        assert_eq!(if taken { copy + SAID } else { said + SAID }, if taken { said } else { copy }, "{share}: {n}");
        assert!(n % 3 == 2 || taken == (n % 3 == 1), "{share}: {n}: whoever comes first");
        first_wins[usize::from(taken)] += 1;
        // And never again, by either.
        let refused = if taken { copy } else { said };
        assert_eq!([mine, other].map(|port| replay(port, &flight)), [refused; 2], "{share}: {n}");
    }
    assert!(first_wins[0] >= 10 && first_wins[1] >= 10);
}

#[test]
fn early_data_is_taken_once_with_sessions() {
    taken_once("sessions");
}

#[test]
fn early_data_is_taken_once_with_ticket_keys() {
    taken_once("ticket-keys");
}

/// No connection fails with Redis: sessions that are in it are not resumed, and no early data is taken.
fn killed(share: &str) {
    let mut fleet = Fleet::start(share, &["--early-data"]);
    let [one, other] = fleet.ports;
    let config = WORLD.client().build().unwrap();
    warm_up(&config, fleet.ports);
    let mut sessions = visit(&config, one, None).sessions;
    for n in 0..300 {
        let is_up = n < 100;
        if n == 100 {
            fleet.redis.kill();
        }
        let port = if n % 2 == 0 { other } else { one };
        let Some(session) = sessions.pop() else {
            // Under IDs nothing is kept any more, and nothing given.
            assert!(!is_up && share == "sessions");
            sessions = visit(&config, port, None).sessions;
            continue;
        };
        let (mut link, taken) = hurry(&config, port, session);
        assert_eq!(link.facts().resumed, is_up || share == "ticket-keys", "{share}: {n}");
        assert_eq!(taken, is_up, "{share}: {n}");
        sessions.append(&mut link.sessions);
        sessions.truncate(10);
    }
    // What was kept is lost with it, and what comes is kept again.
    fleet.redis.run();
    let end = Instant::now() + PATIENCE;
    loop {
        let session = visit(&config, one, None).sessions.pop();
        if session.is_some_and(|session| visit(&config, other, Some(session)).facts().resumed) {
            break;
        }
        assert!(Instant::now() < end, "{share}: no session comes back");
        thread::sleep(Duration::from_millis(100));
    }
    // A register that has forgotten takes nothing before it knows.
    let session = visit(&config, one, None).sessions.pop().expect("a session");
    assert!(!hurry(&config, other, session).1);
}

#[test]
fn a_redis_that_dies_costs_sessions() {
    killed("sessions");
}

#[test]
fn a_redis_that_dies_costs_early_data() {
    killed("ticket-keys");
}
