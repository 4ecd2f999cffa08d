//! The examples of this crate and of the engine do what they say.

use crate::listen;
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{Anchors, Clock, Identity, ServerConfig, SystemClock};
use handfast_net::Acceptor;
use std::error::Error;
use std::io::{BufRead, Write};
use std::thread;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/client.rs"]
mod client;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../../handfast/examples/sans_io.rs"]
mod sans_io;

type Fetch = fn((&str, u16), Anchors, &mut Vec<u8>) -> Result<(), Box<dyn Error>>;

#[test]
fn the_examples_fetch_a_page() {
    for fetch in [client::fetch as Fetch, sans_io::fetch as Fetch] {
        // The examples go by the system's clock.
        let now = SystemClock.now();
        let provider = handfast::rustcrypto::provider();
        let ca = Made::root(&provider, Builder::ca("Example CA", now), KeyKind::P256).unwrap();
        let leaf = ca.issue(&provider, Builder::server(&["localhost"], now), KeyKind::P256).unwrap();
        let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).unwrap();
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
        let mut anchors = Anchors::new();
        anchors.add(&ca.certificate).unwrap();
        let mut page = Vec::new();
        fetch(("localhost", port), anchors, &mut page).unwrap();
        assert_eq!(page, b"HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(server.join().unwrap(), "GET / HTTP/1.1\r\n");
    }
}
