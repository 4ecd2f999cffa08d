//! Work for an instruction counter: the engine alone, under null cryptography.
//!
//! `workload NAME TIMES` does one thing so many times; `workload` lists what it can do. `tools/instructions.py` runs it.

use handfast::crypto::Provider;
use handfast::wire::NamedGroup;
use handfast::{ClientAuth, ClientConfig, ClientStart, Connection, Event, Resolve, ServerConfig};
use handfast_testkit::null;
use handfast_testkit::random::Seeded;
use std::env;
use std::hint::black_box;
use std::sync::Arc;

/// Something to do so many times, and its name.
type Work = (&'static str, fn(usize));

const WORK: [Work; 6] = [
    ("handshake", |times| handshakes(times, &Configs::new(ClientAuth::None, false))),
    ("handshake-client-auth", |times| handshakes(times, &Configs::new(ClientAuth::Request, false))),
    ("handshake-retry", |times| handshakes(times, &Configs::new(ClientAuth::None, true))),
    ("record-64", |times| records(times, 64)),
    ("record-1350", |times| records(times, 1_350)),
    ("record-16384", |times| records(times, 16_384)),
];

fn main() {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(times)) = (arguments.next(), arguments.next()) else {
        return WORK.iter().for_each(|(name, _)| println!("{name}"));
    };
    let work = WORK.iter().find(|(known, _)| *known == name).expect("work that is known").1;
    work(times.parse().expect("a number"));
}

struct Configs {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Configs {
    fn new(auth: ClientAuth, retry: bool) -> Self {
        let provider = || Provider { random: Seeded::new(1), ..null::provider() };
        let wanted = if retry { NamedGroup::SECP256R1 } else { NamedGroup::X25519 };
        let client = ClientConfig::builder_with(provider())
            .dangerous_no_verification()
            .identity(null::identity())
            .groups([NamedGroup::X25519, NamedGroup::SECP256R1])
            .protocols(["h2", "http/1.1"])
            .permute_extensions(false);
        let server = ServerConfig::builder_with(provider())
            .identity(null::identity())
            .groups([wanted])
            .protocols(["h2"])
            .client_verifier(auth, Resolve::Ask);
        Self { client: client.build().expect("a client"), server: server.build().expect("a server") }
    }

    fn connect(&self) -> (Connection, Connection) {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let name = "server.example".try_into().expect("a name");
        let mut client = ClientStart::new(&self.client, name).connect(&mut to_server).expect("a hello");
        let mut server = Connection::server(&self.server).expect("a server");
        while !(client.is_connected() && server.is_connected()) {
            pump(&mut server, &mut to_server, &mut to_client);
            pump(&mut client, &mut to_client, &mut to_server);
        }
        (client, server)
    }
}

fn handshakes(times: usize, configs: &Configs) {
    for _ in 0..times {
        black_box(configs.connect());
    }
}

/// Sent by the client and received by the server.
fn records(times: usize, len: usize) {
    let (mut client, mut server) = Configs::new(ClientAuth::None, false).connect();
    let (data, mut wire, mut out) = (vec![7; len], Vec::with_capacity(2 * len + 64), Vec::new());
    for _ in 0..times {
        wire.clear();
        client.send(&data, &mut wire).expect("an open connection");
        let _ = black_box(server.receive(&mut wire, &mut out).expect("a good record"));
    }
}

fn pump(end: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let received = end.receive(&mut input[at..], out).expect("a good flight");
        at += received.consumed;
        match received.event {
            Event::NeedInput { .. } => return input.clear(),
            Event::Question(handfast::Question::Peer(question)) => {
                end.answer(question.dangerous_accept(), out).expect("an open question");
            }
            _ => {}
        }
    }
}
