//! TLS 1.2 with everybody else.

use crate::{chromium, nss};
use handfast::crypto::KeyKind;
use handfast::wire::CipherSuite;
use handfast::{KeyLogFile, ServerConfigBuilder};
use handfast_interop::capture::Capture;
use handfast_interop::older::{check, client, kind, present, server};
use handfast_interop::process::Process;
use handfast_interop::script::{GO, JAVA};
use handfast_interop::site::Site;
use handfast_interop::world::{KINDS, LARGE, MORE_KINDS, WORLD};
use handfast_interop::{GROUPS, ours, script12};
use handfast_net::Connector;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// All but CCM.
fn suites() -> Vec<CipherSuite> {
    present().filter(|suite| !suite.openssl_name.contains("CCM")).map(|suite| suite.id).collect()
}

#[test]
fn go() {
    script12::suites(&GO, &suites(), &[]);
    script12::groups(&GO, &GROUPS);
    script12::kinds(&GO, &MORE_KINDS);
    script12::protocols(&GO);
    script12::sessions_by_ticket(&GO);
}

/// Java takes a second to start, so it gets one suite of each kind.
#[test]
fn java() {
    script12::suites(&JAVA, &suites()[..2], &[]);
    script12::protocols(&JAVA);
}

#[test]
fn java_certificates() {
    script12::kinds(&JAVA, &MORE_KINDS);
}

#[test]
fn java_sessions() {
    script12::sessions(&JAVA);
}

#[test]
fn nss() {
    let version = ["-V", "tls1.2:tls1.2"];
    for suite in present().filter(|suite| suites().contains(&suite.id)) {
        check(&nss::ask_them(kind(suite), client().suites([suite.id]), &version), suite, false);
        check(&nss::ask_us(server(kind(suite)).suites([suite.id]), &version), suite, false);
    }
    for kind in KINDS {
        nss::ask_them(kind, client(), &version);
        nss::ask_us(server(kind), &version);
    }
}

#[test]
fn chromium() {
    let site = |config: ServerConfigBuilder| Site::open(config.build().unwrap(), String::new());
    let wanted: Vec<_> = present().filter(|suite| suites().contains(&suite.id)).collect();
    let sites: Vec<_> = wanted.iter().map(|suite| site(server(kind(suite)).suites([suite.id]))).collect();
    let page = chromium::page(sites.iter().map(|site| site.port));
    let main = Site::open(server(KeyKind::P256).build().unwrap(), page);
    let _browser = chromium::chromium("home12", &format!("https://localhost:{}/", main.port));
    let report: Value = serde_json::from_str(&main.report()).unwrap();
    assert!(report["error"].is_null(), "{report}");
    assert_eq!((&report["down"], &report["up"]), (&LARGE.hash().into(), &LARGE.hash().into()));
    for (facts, suite) in report["facts"].as_array().unwrap().iter().zip(wanted) {
        assert_eq!(facts["cipher"], suite.id.to_string());
    }
}

#[test]
fn curl() {
    let ca = WORLD.path("ca.pem");
    let fixed = ["--silent", "--show-error", "--tlsv1.2", "--tls-max", "1.2", "--http1.1", "--cacert", &ca];
    let facts = |site: &Site| -> Value {
        let url = format!("https://localhost:{}/facts", site.port);
        let heard = Process::start("curl", fixed.iter().chain(&[url.as_str()])).succeed();
        serde_json::from_slice(&heard.out).unwrap()
    };
    for suite in present().filter(|suite| suites().contains(&suite.id)) {
        let config = server(kind(suite)).suites([suite.id]);
        let site = Site::open(config.build().unwrap(), String::new());
        assert_eq!(facts(&site)["cipher"], suite.id.to_string());
    }
    for kind in KINDS {
        let site = Site::open(server(kind).protocols(["http/1.1"]).build().unwrap(), String::new());
        assert_eq!(facts(&site)["protocol"], "http/1.1");
    }
}

/// Wireshark reads what our key logs open, and nothing without.
#[test]
fn tshark() {
    for suite in present().filter(|suite| suites().contains(&suite.id)) {
        for whose in ["client", "server"] {
            let keys = WORLD.path(&format!("12-{whose}-{}.keys", suite.id));
            let log = Arc::new(KeyLogFile::open(&keys).unwrap());
            let (mut client, mut server) = (client().suites([suite.id]), server(kind(suite)));
            match whose {
                "client" => client = client.key_log(log),
                _ => server = server.key_log(log),
            }
            let server = ours::serve(server.build().unwrap(), ours::echo);
            let capture = Capture::default();
            let socket = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            let connector = Connector::new(client.build().unwrap());
            let mut stream = connector.connect_with(capture.tap(socket), "localhost".try_into().unwrap()).unwrap();
            stream.write_all(b"GET /secret HTTP/1.1\r\n\r\n").unwrap();
            stream.read_exact(&mut [0; 24]).unwrap();
            stream.close().unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
            server.finish().unwrap();
            let pcap = WORLD.write(&format!("12-{whose}-{}.pcap", suite.id), &capture.to_pcap());
            for (keys, reads) in [(keys.as_str(), true), ("/dev/null", false)] {
                let log = format!("tls.keylog_file:{keys}");
                let fields = ["-T", "fields", "-e", "http.request.uri"];
                let options = ["-r", &pcap, "-o", &log, "-Y", "tls"];
                let said = Process::start("tshark", options.iter().chain(&fields)).succeed().text();
                assert_eq!(said.contains("/secret"), reads, "{} {whose}: {said}", suite.id);
            }
        }
    }
}
