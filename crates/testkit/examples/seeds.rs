//! Writes what fuzzers start from: the two directions of a handshake under null cryptography, and chains of certificates.
//! `cargo run -p handfast-testkit --example seeds -- fuzz/seeds`.

use handfast::crypto::{KeyKind, Provider};
use handfast::pki::make::{Builder, Identity as Made};
use handfast::pki_types::CertificateDer;
use handfast::{ClientAuth, ClientConfig, ClientStart, Connection, Event, Resolve, ServerConfig};
use handfast_testkit::null;
use handfast_testkit::random::Seeded;
use handfast_testkit::world::{NAME, NOW, World};
use std::{env, fs, path::Path};

fn main() {
    let directory = env::args().nth(1).expect("the directory to write to");
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa] {
        for (role, identity) in [("server", &World::of(kind).server), ("client", &World::of(kind).client)] {
            write(
                &directory,
                "certificate",
                &format!("{role}_{kind:?}").to_lowercase(),
                &listed(identity.credential().chain()),
            );
        }
    }
    let real = Provider { random: Seeded::new(1), ..handfast::rustcrypto::provider() };
    let root = Made::root(&real, Builder::ca("Test CA", NOW), KeyKind::P256).expect("a root");
    let middle = root.issue(&real, Builder::ca("Middle CA", NOW), KeyKind::P256).expect("an intermediate");
    let leaf = middle.issue(&real, Builder::server(&[NAME], NOW), KeyKind::P256).expect("a leaf");
    write(&directory, "certificate", "intermediate", &listed(&[leaf, middle, root].map(|made| made.certificate)));

    let provider = || Provider { random: Seeded::new(1), ..null::provider() };
    for auth in [ClientAuth::None, ClientAuth::Request] {
        let client = ClientConfig::builder_with(provider())
            .dangerous_no_verification()
            .identity(null::identity())
            .grease(false)
            .middlebox(false)
            .build()
            .expect("a client");
        let server = ServerConfig::builder_with(provider())
            .identity(null::identity())
            .client_verifier(auth, Resolve::Ask)
            .build()
            .expect("a server");
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let name = "server.example".try_into().expect("a name");
        let mut client = ClientStart::new(&client, name).connect(&mut to_server).expect("a hello");
        let mut server = Connection::server(&server).expect("a server");
        let hello = to_server.clone();
        pump(&mut server, to_server, &mut to_client);
        let (flight, mut back) = (to_client.clone(), Vec::new());
        pump(&mut client, to_client, &mut back);
        client.send(b"data", &mut back).expect("a connection");
        let name = format!("{auth:?}").to_lowercase();
        write(&directory, "server", &name, &[hello, back].concat());
        write(&directory, "client", &name, &flight);
    }
}

/// Certificates, each after its length.
fn listed(chain: &[CertificateDer<'_>]) -> Vec<u8> {
    chain.iter().flat_map(|der| [&(der.len() as u32).to_be_bytes()[1..], der].concat()).collect()
}

fn pump(end: &mut Connection, mut input: Vec<u8>, out: &mut Vec<u8>) {
    loop {
        let received = end.receive(&mut input, out).expect("a good flight");
        let (consumed, done) = (received.consumed, matches!(received.event, Event::NeedInput { .. }));
        input.drain(..consumed);
        if done {
            return;
        }
    }
}

fn write(directory: &str, target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(directory).join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}
