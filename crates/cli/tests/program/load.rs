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

/// Lets this process have as many open files, and gives what it can have.
#[cfg(unix)]
fn files(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match current {
        Some(has) if has < wanted => {
            let possible = maximum.map_or(wanted, |most| most.min(wanted));
            setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).unwrap();
            possible
        }
        has => has.unwrap_or(wanted).min(wanted),
    }
}

/// Thousands who are connected and say nothing, all at once, and the next one is served.
#[test]
#[cfg(unix)]
fn a_crowd_that_says_nothing() {
    /// What the tests beside this one have open.
    const OTHERS: u64 = 500;
    let crowd = usize::try_from(files(2_000 + OTHERS).saturating_sub(OTHERS)).unwrap();
    if crowd <= 1_000 {
        eprintln!("NOT the thousands that are meant: this system lets a process have no more files (ulimit -Hn)");
    }
    let arguments = ["--status", "--max-connections", "4000", "--max-handshakes", "3000", "--handshake-timeout", "600"];
    let server = Server::start(&arguments);
    let sockets: Vec<_> = (0..crowd).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let run = server.connect(&["--http", "/json"], b"").exits(0);
    let facts: serde_json::Value = serde_json::from_str(run.stdout().split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(facts["server"]["open_now"], crowd + 1);
    assert_eq!(facts["server"]["refused"], 0);
    drop(sockets);
    server.connect(&["--http", "/json"], b"").exits(0).prints("HTTP/1.1 200 OK");
}

/// Those who say nothing, and those who say a little, make room; who is served keeps its place.
#[test]
fn the_silent_keep_nobody_out() {
    // None of these times is ever up.
    let times = ["--handshake-timeout", "86400", "--timeout", "86400"];
    for (places, silent) in [(&["--max-handshakes", "3"][..], 20), (&["--max-connections", "2"], 4)] {
        let mut server = Server::start(&[&times[..], places].concat());
        let (mut child, mut stdin) = server.session();
        let mut stdout = child.stdout.take().unwrap();
        let mut say = |word: &[u8; 3]| {
            stdin.write_all(word).unwrap();
            let mut heard = [0; 3];
            stdout.read_exact(&mut heard).unwrap();
            assert_eq!(&heard, word);
        };
        say(b"one");
        let mut crowd: Vec<_> = (0..silent).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
        for socket in crowd.iter_mut().step_by(2) {
            // The first bytes of a record with a ClientHello.
            socket.write_all(&[22, 3, 1, 1, 0, 1]).unwrap();
        }
        server.connect(&[], b"hello").exits(0).prints("hello");
        say(b"two");
        let line = server.line();
        let words =
            ["127.0.0.1:", ": TimedOut: others wait, and the handshake", "(hint: with `--max-handshakes NUMBER`"];
        assert!(words.iter().all(|words| line.contains(words)), "{line}");
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

/// The handshake has a time of its own.
#[test]
fn a_handshake_is_not_waited_for() {
    let mut server = Server::start(&["--handshake-timeout", "1", "--timeout", "86400"]);
    let mut silent = TcpStream::connect(&server.address).unwrap();
    let line = server.line();
    assert!(
        line.contains(": TimedOut: ") && line.contains("(hint: `--handshake-timeout SECONDS` waits longer)"),
        "{line}"
    );
    let _ = silent.read_to_end(&mut Vec::new());
}

/// Out of files: those who wait are served when there are some again, and it is said once.
#[test]
#[cfg(unix)]
fn out_of_files() {
    let scratch = Scratch::new();
    let ca = scratch.path("ca.pem");
    let program = handfast(&[]).get_program().to_str().unwrap().to_string();
    let command = format!(
        "ulimit -n 40 && exec {program} serve --listen 127.0.0.1:0 --self-signed --ca-out {ca} --reload 0 --handshake-timeout 600"
    );
    let mut child =
        Command::new("sh").args(["-c", &command]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().rsplit(' ').next().unwrap().to_string();
    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).unwrap();
    assert!(said.contains("lets the program have 40 open files, and 1024 connections may want 1056"), "{said}");
    said.clear();
    stderr.read_line(&mut said).unwrap();
    assert!(said.starts_with("accept: ") && said.contains("clients wait"), "{said}");
    // Who says nothing makes room.
    let target = address.replace("127.0.0.1", "localhost");
    run(&["connect", &target, "--cafile", &ca], b"hello").exits(0).prints("hello");
    drop(crowd);
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
