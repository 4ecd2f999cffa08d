//! Sessions of TLS 1.3, early data and external keys with everybody else.

use crate::nss::{selfserv, tstclnt};
use handfast::crypto::KeyKind;
use handfast::{EarlyData, EarlyRefusal, Facts, KeyLogFile, ServerConfigBuilder};
use handfast_interop::SUITES;
use handfast_interop::capture::Capture;
use handfast_interop::link::{self, Link, Prior};
use handfast_interop::older::{IDENTITY, KEY};
use handfast_interop::ours;
use handfast_interop::process::Process;
use handfast_interop::psk;
use handfast_interop::world::{SMALL, WORLD};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// Our client fetches a page of NSS's server.
fn fetch(port: u16, config: &Arc<handfast::ClientConfig>, prior: Prior) -> Link {
    let mut link = Link::connect_with(config, port, prior).unwrap();
    let page = ours::fetch(&mut link, "/a/page").unwrap();
    assert!(page.starts_with(b"GET /a/page "), "{}", String::from_utf8_lossy(&page));
    link
}

/// Their server takes no early data in its first seconds, as it cannot know what one before it has taken.
#[test]
fn our_client_and_nss() {
    let config = WORLD.client().build().unwrap();
    let (_server, port) = selfserv(KeyKind::P256, &["-u", "-Z"]);
    let session = fetch(port, &config, Prior::default()).sessions.pop().expect("a session");
    assert!(session.max_early_data() > 0);
    for early in [&b""[..], b"GET /early HTTP/1.0\r\n\r\n"] {
        let prior = Prior { session: Some(session.clone()), early: early.to_vec(), ..Prior::default() };
        let link = fetch(port, &config, prior);
        assert!(link.facts().resumed && link.facts().peer().unwrap().verified);
        if !early.is_empty() {
            assert_eq!(link.facts().early_data, EarlyData::Refused(EarlyRefusal::Declined));
            assert_eq!(link.rejected, Some(early.len() as u64));
        }
    }
}

/// Their client comes several times, sends a file, as much of it early as it has read by then, and hears it back.
fn serve(config: ServerConfigBuilder, times: usize, options: &[&str]) -> Vec<Facts> {
    let server = link::serve(config.build().unwrap(), times, |link| {
        let mut late = vec![0; SMALL.bytes.len() - link.early.len()];
        link.read_exact(&mut late)?;
        // Whether it has heard this, it says.
        let _ = link.write_all(&[link.early.clone(), late].concat()).and_then(|()| link.close());
        let _ = link.read_to_end(&mut Vec::new());
        Ok(())
    });
    let client = tstclnt(server.port, "client", &[&["-A", SMALL.path.as_str()], options].concat());
    let facts = server.succeed_with(&client).into_iter().map(|(facts, ())| facts).collect();
    let said = client.finish().1.out;
    // With an external key it says which, and nothing else.
    assert!(options[0] == "-z" || said == SMALL.bytes.repeat(times), "{}", String::from_utf8_lossy(&said));
    facts
}

#[test]
fn nss_and_our_server() {
    let resumed = |facts: &[Facts]| facts.iter().map(|facts| facts.resumed).collect::<Vec<_>>();
    let facts = serve(WORLD.server(KeyKind::P256), 3, &["-u", "-L", "3"]);
    assert_eq!(resumed(&facts), [false, true, true]);
    let facts = serve(WORLD.server(KeyKind::P256).early_data(1_000), 3, &["-u", "-L", "3", "-Z"]);
    assert_eq!(resumed(&facts), [false, true, true]);
    assert!(facts[1..].iter().all(|facts| facts.early_data == EarlyData::Accepted { limit: 1_000 }));
    let facts = serve(psk::server(), 1, &["-z", &format!("0x{KEY}:{IDENTITY}")]);
    assert_eq!(facts[0].psk_identity.as_deref(), Some(IDENTITY.as_bytes()));
}

/// Wireshark reads early data with our key logs, and nothing without.
#[test]
fn tshark() {
    for suite in SUITES {
        for whose in ["client", "server"] {
            let keys = WORLD.path(&format!("early-{whose}-{suite}.keys"));
            let log = Arc::new(KeyLogFile::open(&keys).unwrap());
            let (mut client, mut server) =
                (WORLD.client().suites([suite]), WORLD.server(KeyKind::P256).early_data(1_000));
            match whose {
                "client" => client = client.key_log(log),
                _ => server = server.key_log(log),
            }
            let client = client.build().unwrap();
            let server = link::serve(server.build().unwrap(), 2, link::echo);
            let capture = Capture::default();
            let mut session = None;
            for early in [&b""[..], b"GET /secret-early HTTP/1.1\r\n\r\n"] {
                let socket = link::patient(TcpStream::connect(("127.0.0.1", server.port)).unwrap()).unwrap();
                let prior = Prior { session: session.take(), early: early.to_vec(), ..Prior::default() };
                let mut link = match early {
                    b"" => Link::connect_over(socket, &client, prior).unwrap(),
                    _ => Link::connect_over(capture.tap(socket), &client, prior).unwrap(),
                };
                ours::ask(&mut link, "GET /secret HTTP/1.1\r\n\r\n", "GET /secret HTTP/1.1\r\n\r\n").unwrap();
                link.close().unwrap();
                link.read_to_end(&mut Vec::new()).unwrap();
                session = link.sessions.pop();
            }
            let served = server.finish().unwrap();
            assert_eq!(served[1].0.early_data, EarlyData::Accepted { limit: 1_000 });
            let lines = std::fs::read_to_string(&keys).unwrap();
            for label in ["CLIENT_EARLY_TRAFFIC_SECRET ", "EARLY_EXPORTER_SECRET "] {
                assert_eq!(lines.matches(label).count(), 1, "{whose} {label}");
            }
            let pcap = WORLD.write(&format!("early-{whose}-{suite}.pcap"), &capture.to_pcap());
            for (keys, reads) in [(keys.as_str(), true), ("/dev/null", false)] {
                let log = format!("tls.keylog_file:{keys}");
                let fields = ["-T", "fields", "-e", "tls.handshake.type", "-e", "http.request.uri"];
                let said = Process::start("tshark", ["-r", &pcap, "-o", &log, "-Y", "tls"].iter().chain(&fields));
                let said = said.succeed().text();
                assert_eq!(said.contains("/secret-early"), reads, "{suite} {whose}: {said}");
                // EndOfEarlyData.
                let has_end = said.split([',', '\t', '\n']).any(|kind| kind == "5");
                assert_eq!(has_end, reads, "{suite} {whose}: {said}");
            }
        }
    }
}
