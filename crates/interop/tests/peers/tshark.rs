//! Wireshark, which reads with our key logs what went over the wire (RFC 9850).

use handfast::crypto::KeyKind;
use handfast::{KeyLogFile, wire::CipherSuite};
use handfast_interop::capture::Capture;
use handfast_interop::process::Process;
use handfast_interop::world::WORLD;
use handfast_interop::{SUITES, ours};
use handfast_net::Connector;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// What tshark makes of a file: a line for each field.
fn read(pcap: &str, keys: &str, fields: &[&str]) -> String {
    let log = format!("tls.keylog_file:{keys}");
    let fixed = ["-r", pcap, "-o", &log, "-Y", "tls", "-T", "fields"];
    let fields = fields.iter().flat_map(|field| ["-e", field]);
    Process::start("tshark", fixed.into_iter().chain(fields)).succeed().text()
}

/// A conversation with a secret in each direction, and new keys in its middle.
fn converse(test: &str, suite: CipherSuite, whose: &str) -> (String, String) {
    let stem = format!("{test}-{whose}-{suite}");
    let keys = WORLD.path(&format!("{stem}.keys"));
    let log = Arc::new(KeyLogFile::open(&keys).unwrap());
    let (mut client, mut server) = (WORLD.client().suites([suite]), WORLD.server(KeyKind::P256));
    match whose {
        "client" => client = client.key_log(log),
        _ => server = server.key_log(log),
    }
    let server = ours::serve(server.build().unwrap(), ours::echo);
    let capture = Capture::default();
    let socket = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let connector = Connector::new(client.build().unwrap());
    let mut stream = connector.connect_with(capture.tap(socket), "localhost".try_into().unwrap()).unwrap();
    for (request, answer) in [("GET /secret-one HTTP/1.1\r\n\r\n", 28), ("GET /secret-two HTTP/1.1\r\n\r\n", 28)] {
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_exact(&mut vec![0; answer]).unwrap();
        stream.update_keys().unwrap();
    }
    stream.close().unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    server.finish().unwrap();
    (WORLD.write(&format!("{stem}.pcap"), &capture.to_pcap()), keys)
}

#[test]
fn it_reads_what_our_key_logs_open() {
    for suite in SUITES {
        for whose in ["client", "server"] {
            let (pcap, keys) = converse("with", suite, whose);
            let said = read(&pcap, &keys, &["tls.handshake.type", "http.request.uri"]);
            for secret in ["/secret-one", "/secret-two"] {
                assert!(said.contains(secret), "{suite} {whose}: {said}");
            }
            // EncryptedExtensions, Certificate, CertificateVerify, Finished, and a KeyUpdate after that.
            for kind in ["8", "11", "15", "20", "24"] {
                assert!(said.split([',', '\t', '\n']).any(|it| it == kind), "{suite} {whose}: no {kind} in {said}");
            }
        }
    }
}

/// Without the keys there is nothing to read.
#[test]
fn without_the_keys_it_reads_nothing() {
    let (pcap, _) = converse("without", SUITES[0], "server");
    let said = read(&pcap, "/dev/null", &["tls.handshake.type", "http.request.uri"]);
    assert!(!said.contains("secret"), "{said}");
    // ClientHello and ServerHello, and nothing after them.
    assert!(said.split([',', '\t', '\n']).all(|it| ["", "1", "2"].contains(&it)), "{said}");
}
