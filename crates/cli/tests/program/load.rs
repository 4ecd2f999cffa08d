//! `serve` under many clients, and bytes to measure with.

use crate::{Scratch, Server, handfast, run};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

#[test]
fn as_many_bytes_as_were_asked_for() {
    let server = Server::start(&["--reply-size", "100000"]);
    // Each line has its answer, and after that the server goes on reading.
    let (mut child, mut stdin) = server.session();
    let mut stdout = child.stdout.take().unwrap();
    for line in ["one\n", "\n", "a longer line\r\n"] {
        stdin.write_all(line.as_bytes()).unwrap();
        let mut answer = vec![0; 100_000];
        stdout.read_exact(&mut answer).unwrap();
        assert!(answer[..99_999].iter().all(|byte| *byte == b'x') && answer[99_999] == b'\n');
    }
    stdin.write_all(b"without an end").unwrap();
    drop(stdin);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), 100_000);
    assert!(child.wait().unwrap().success());

    let many = server.connect(&[], b"1\n2\n3\n").exits(0);
    assert_eq!(many.0.stdout.len(), 300_000);
    let page = server.connect(&["--http", "/any"], b"").exits(0).prints("\r\nContent-Length: 100000\r\n");
    assert_eq!(page.stdout().split("\r\n\r\n").nth(1).unwrap().len(), 100_000);
    let none = Server::start(&["--reply-size", "0"]);
    assert_eq!(none.connect(&[], b"1\n2\n").exits(0).stdout(), "");
}

/// Thousands who are connected and say nothing keep nobody out.
#[test]
fn a_crowd_that_says_nothing() {
    const CROWD: usize = 2_000;
    let server = Server::start(&["--max-connections", "4000"]);
    let mut crowd = Vec::new();
    while crowd.len() < CROWD {
        match TcpStream::connect(&server.address) {
            Ok(socket) => crowd.push(socket),
            // As many as this process may have.
            Err(error) if crowd.len() > 200 => {
                eprintln!("{} connections: {error}", crowd.len());
                break;
            }
            Err(error) => panic!("{error}"),
        }
    }
    crowd.truncate(crowd.len().saturating_sub(20));
    server.connect(&[], b"hello").exits(0).prints("hello");
    drop(crowd);
    server.connect(&[], b"hello").exits(0).prints("hello");
}

/// Out of files: those who wait are served when there are some again, and it is said once.
#[test]
#[cfg(unix)]
fn out_of_files() {
    let scratch = Scratch::new();
    let ca = scratch.path("ca.pem");
    let program = handfast(&[]).get_program().to_str().unwrap().to_string();
    let command =
        format!("ulimit -n 40 && exec {program} serve --listen 127.0.0.1:0 --self-signed --ca-out {ca} --reload 0");
    let mut child =
        Command::new("sh").args(["-c", &command]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().rsplit(' ').next().unwrap().to_string();
    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).unwrap();
    assert!(said.starts_with("accept: ") && said.contains("clients wait"), "{said}");
    drop(crowd);
    let target = address.replace("127.0.0.1", "localhost");
    run(&["connect", &target, "--cafile", &ca], b"hello").exits(0).prints("hello");
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let again = rest.lines().filter(|line| line.starts_with("accept: ")).count();
    assert!(again < 50, "not for every try:\n{rest}");
}

/// A client that is refused is named with a code, and what to do about it.
#[test]
fn who_is_refused_is_logged() {
    let mut server = Server::start(&["--tls1_3", "--groups", "P-256", "--alpn", "one"]);
    for (arguments, words) in [
        (&["--tls1_2"][..], &["Version: ", "(hint: it wants another version: `--tls1_2`"][..]),
        (&["--groups", "x25519"], &["Group: ", "(hint: nothing in common: "]),
        (&["--alpn", "two"], &["Protocol: ", "(hint: it wants another protocol: `--alpn`"]),
    ] {
        server.connect(arguments, b"").exits(1);
        let line = server.line();
        assert!(line.starts_with("127.0.0.1:") && line.contains(": for localhost: "), "{line}");
        assert!(words.iter().all(|words| line.contains(words)), "{line}");
    }
    let mut plain = TcpStream::connect(&server.address).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let line = server.line();
    assert!(line.contains(": NotTls: ") && line.contains("(hint: the client speaks HTTP in the clear"), "{line}");
    run(&["connect", &server.host, "--groups", "P-256"], b"").exits(1);
    let line = server.line();
    assert!(line.contains("(hint: the client does not accept the certificate here"), "{line}");
}
