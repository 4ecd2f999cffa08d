use crate::Server;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Stdio;

/// SIGTERM and SIGINT: what is running is finished, then it is over.
#[test]
fn a_signal_stops_it() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&[]);
        server.connect(&[], b"before").exits(0);
        // One who is connected and says nothing keeps nobody waiting, and is closed as it should be.
        let mut idle = crate::handfast(&["connect", &server.host, "--cafile", &server.ca])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        idle.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        idle.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        server.signal(signal);
        assert_eq!(server.end(), Some(0), "{signal}");
        let output = idle.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(TcpStream::connect(&server.address).is_err(), "nobody listens any more");
    }
}

/// A handshake that will never come is not waited for.
#[test]
fn a_silent_client_does_not_delay_the_end() {
    let mut server = Server::start(&["--grace", "60"]);
    let silent = TcpStream::connect(&server.address).unwrap();
    server.connect(&[], b"meanwhile").exits(0);
    server.signal("-TERM");
    assert_eq!(server.end(), Some(0));
    drop(silent);
}

/// docs/regressions.md row 16: whatever a client does, the next one is served.
#[test]
fn bad_clients_stop_nobody() {
    let mut server = Server::start(&["--timeout", "1", "--max-connections", "2"]);
    let mut garbage = TcpStream::connect(&server.address).unwrap();
    garbage.write_all(b"GET / HTTP/1.1\r\n\r\n\x1b[2J").unwrap();
    let mut heard = Vec::new();
    // The alert, and the end of the connection in whatever form.
    let _ = garbage.read_to_end(&mut heard);
    assert_eq!(heard.first(), Some(&21), "an alert");
    let line = server.line();
    assert!(line.starts_with("127.0.0.1:") && line.contains("does not speak TLS"), "{line}");

    let hurried = TcpStream::connect(&server.address).unwrap();
    hurried.shutdown(Shutdown::Both).unwrap();
    // Two who say nothing take all the places there are, until their time is up.
    let _silent = [TcpStream::connect(&server.address).unwrap(), TcpStream::connect(&server.address).unwrap()];
    server.connect(&[], b"hello").exits(0).prints("hello");
}

/// An end of input without close_notify is an error of that connection, with its address.
#[test]
fn errors_are_logged_with_their_address() {
    let mut server = Server::start(&[]);
    let other = Server::start(&[]);
    crate::run(&["connect", &server.host, "--cafile", &other.ca], b"").exits(1);
    let line = server.line();
    assert!(
        line.starts_with("127.0.0.1:") && line.contains("ended the connection with alert bad_certificate"),
        "{line}"
    );
}

#[test]
fn a_port_that_is_taken() {
    let server = Server::start(&[]);
    let second = crate::run(&["serve", "--self-signed", "--listen", &server.address], b"");
    second.exits(3).says("error: AddrInUse").says("another server");
}

/// Files of several kinds of keys; the client's schemes decide.
#[test]
fn several_certificates() {
    use handfast::Clock;
    use handfast::crypto::KeyKind;
    use handfast::pki::make::{Builder, Identity};

    let scratch = crate::Scratch::new();
    let (provider, now) = (handfast::rustcrypto::provider(), handfast::SystemClock.now());
    let ca = Identity::root(&provider, Builder::ca("A CA", now), KeyKind::P256).unwrap();
    let ca_file = scratch.write("ca.pem", ca.certificate_pem());
    let mut arguments = vec!["serve".to_string(), "--listen".to_string(), "127.0.0.1:0".to_string()];
    for (name, kind) in [("ed25519", KeyKind::Ed25519), ("p384", KeyKind::P384)] {
        let leaf = ca.issue(&provider, Builder::server(&["localhost"], now), kind).unwrap();
        let chain = format!("{}{}", leaf.certificate_pem(), ca.certificate_pem());
        arguments.extend(["--cert".to_string(), scratch.write(&format!("{name}.pem"), chain)]);
        arguments.extend(["--key".to_string(), scratch.write(&format!("{name}.key"), leaf.key.to_pem().as_bytes())]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut child = crate::handfast(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    let port = line.trim_end().rsplit(':').next().unwrap();
    let run = crate::run(&["connect", &format!("localhost:{port}"), "--cafile", &ca_file, "--json"], b"");
    child.kill().unwrap();
    child.wait().unwrap();
    run.exits(0).prints("\"signature\": \"ed25519\"").prints("\"certificates\": 2");
    let odd = crate::run(&[&arguments[..], &["--cert", arguments[4]]].concat(), b"");
    odd.exits(2).says("belong in pairs");
}
