//! The examples of this crate and of the engine do what they say.

use crate::listen;
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{Anchors, Clock, Identity, Resolve, ServerConfig, StrikeRegister, SystemClock, Ticketer};
use handfast_net::Acceptor;
use std::error::Error;
use std::io::{BufRead, Read, Write};
use std::sync::Arc;
use std::thread;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/client.rs"]
mod client;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/early_data.rs"]
mod early_data;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../../handfast/examples/sans_io.rs"]
mod sans_io;

type Fetch = fn((&str, u16), Anchors, &mut Vec<u8>) -> Result<(), Box<dyn Error>>;

#[test]
fn the_examples_fetch_a_page() {
    for fetch in [client::fetch as Fetch, sans_io::fetch as Fetch] {
        let (anchors, identity) = certificates();
        let acceptor = Acceptor::new(ServerConfig::builder().identity(identity).build().unwrap());
        let (listener, port) = listen();
        let server = thread::spawn(move || {
            let mut stream = acceptor.accept(listener.accept().unwrap().0).unwrap();
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
            stream.close().unwrap();
            line
        });
        let mut page = Vec::new();
        fetch(("localhost", port), anchors, &mut page).unwrap();
        assert_eq!(page, b"HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(server.join().unwrap(), "GET / HTTP/1.1\r\n");
    }
}

/// A server that takes early data, one that does not, and one that has forgotten its sessions meanwhile.
#[test]
fn the_example_of_early_data_asks_twice() {
    for (limits, taken) in [([1_000, 1_000], true), ([0, 0], false), ([1_000, 0], false)] {
        let (anchors, identity) = certificates();
        let ticketer = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
        let acceptors = limits.map(|limit| {
            let config = ServerConfig::builder().identity(identity.clone()).protocols(["http/1.1"]).early_data(limit);
            let register = StrikeRegister::default().warm_since(0);
            let config = config.sessions(ticketer.clone()).anti_replay(Resolve::Now(Arc::new(register)));
            Acceptor::new(config.build().unwrap())
        });
        let (listener, port) = listen();
        let server = thread::spawn(move || {
            acceptors.map(|acceptor| {
                let mut stream = acceptor.accept_early(listener.accept().unwrap().0).unwrap();
                let mut request = Vec::new();
                stream.early_data().read_to_end(&mut request).unwrap();
                let early = request.len();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.extend_from_slice(&byte);
                }
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
                stream.close().unwrap();
                (String::from_utf8(request).unwrap(), early > 0)
            })
        });
        let mut pages = Vec::new();
        let outcome = early_data::fetch_twice(("localhost", port), anchors, &mut pages).unwrap();
        let [first, second] = server.join().unwrap();
        assert_eq!((first.1, second.1, outcome.taken() > 0), (false, taken, taken), "{outcome:?}");
        assert!(first.0 == second.0 && first.0.starts_with("GET / HTTP/1.1\r\n"), "{second:?}");
        assert_eq!(pages, b"HTTP/1.1 204 No Content\r\n\r\n".repeat(2));
    }
}

/// Whom to trust, and who is trusted. The examples go by the system's clock.
fn certificates() -> (Anchors, Arc<Identity>) {
    let (now, provider) = (SystemClock.now(), handfast::rustcrypto::provider());
    let ca = Made::root(&provider, Builder::ca("Example CA", now), KeyKind::P256).unwrap();
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], now), KeyKind::P256).unwrap();
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate).unwrap();
    (anchors, Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).unwrap())
}
