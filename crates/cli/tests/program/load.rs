//! `serve` under many clients, and bytes to measure with.

#[cfg(unix)]
use crate::handfast;
use crate::{Scratch, Server, echo, run};
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
#[cfg(unix)]
use std::process::Command;
use std::time::Duration;

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
    let possible = files(2_000 + OTHERS);
    let crowd = usize::try_from(possible.saturating_sub(OTHERS)).unwrap();
    // A container may have less. Then it is said; anything else is an error.
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    if most.is_some_and(|most| most < 2_000 + OTHERS) {
        eprintln!("NOT the thousands that are meant: this system lets a process have no more files (ulimit -Hn)");
        assert_eq!(Some(possible), most);
    } else {
        assert_eq!(crowd, 2_000);
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
    for (places, silent) in [(&["--max-handshakes", "3"][..], 10), (&["--max-connections", "2"], 3)] {
        let mut server = Server::start(&[&times[..], places].concat());
        let (mut child, mut stdin) = server.session();
        let mut stdout = child.stdout.take().unwrap();
        let mut say = |word| echo(&mut stdin, &mut stdout, word);
        say(b"one");
        let mut crowd: Vec<_> = (0..silent).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
        for socket in crowd.iter_mut().step_by(2) {
            // The first bytes of a record with a ClientHello.
            socket.write_all(&[22, 3, 1, 1, 0, 1]).unwrap();
        }
        server.connect(&[], b"hello").exits(0).prints("hello");
        say(b"two");
        let line = std::iter::repeat_with(|| server.line()).find(|line| !line.starts_with("accept: ")).unwrap();
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

/// `serve` in a process that may have so many files (the arguments of ulimit).
#[cfg(unix)]
fn limited(limit: &str) -> Server {
    limited_with(limit, &["--status"])
}

#[cfg(unix)]
fn limited_with(limit: &str, service: &[&str]) -> Server {
    let (scratch, program) = (Scratch::new(), handfast(&[]));
    let (program, ca) = (program.get_program().to_str().unwrap(), scratch.path("ca.pem"));
    let serve = format!(
        "ulimit {limit} && exec {program} serve --listen 127.0.0.1:0 --self-signed --ca-out {ca} {} \
         --max-handshakes 1024 --handshake-timeout 600",
        service.join(" ")
    );
    let mut command = Command::new("sh");
    command.args(["-c", &serve]);
    Server::by(scratch, command)
}

/// Out of files: those who say nothing make room for those who wait, and it is said once.
#[test]
#[cfg(unix)]
fn out_of_files() {
    let mut server = limited("-n 40");
    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let line = server.line();
    assert!(line.contains("lets the program have 40 open files, and 1024 connections may want 1056"), "{line}");
    let line = server.line();
    assert!(line.starts_with("accept: ") && line.contains("clients wait"), "{line}");
    server.connect(&["--http", "/json"], b"").exits(0).prints("200 OK");
    drop(crowd);
    server.signal("-TERM");
    assert_eq!(server.end(), Some(0));
    let rest = io::read_to_string(server.stderr.as_mut().unwrap()).unwrap();
    let again = rest.lines().filter(|line| line.starts_with("accept: ")).count();
    assert!(again < 5, "not for every try:\n{rest}");
}

/// A file that cannot be opened for want of them is there all the same.
#[test]
#[cfg(unix)]
fn out_of_files_to_serve() {
    let files = Scratch::new();
    files.write("page", "a page");
    let mut server = limited_with("-n 40", &["--www", &files.path("")]);
    let mut client = server.stream();
    let _crowd: Vec<_> = (0..200).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    while !server.line().starts_with("accept: ") {}
    // All are taken but for the moment from one that is cut off to the next.
    let mut answers = Vec::new();
    while !String::from_utf8_lossy(&answers).contains("503 Service Unavailable") {
        client.write_all(b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n").and_then(|()| client.flush()).unwrap();
        let mut piece = [0; 4_096];
        let len = client.read(&mut piece).unwrap();
        answers.extend_from_slice(&piece[..len]);
        let text = String::from_utf8_lossy(&answers);
        assert!(len > 0 && !text.contains("404"), "{text}");
    }
    client.read_to_end(&mut answers).unwrap();
    assert!(String::from_utf8_lossy(&answers).contains("\r\nConnection: close\r\n"));
    let line = std::iter::repeat_with(|| server.line()).find(|line| line.starts_with("files: ")).unwrap();
    assert!(line.starts_with("files: a file could not be opened: "), "{line}");
}

/// What the system gives to who asks for it, it is asked for.
#[test]
#[cfg(unix)]
fn more_files_are_taken() {
    let server = limited("-Sn 40");
    let _crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    server.connect(&["--http", "/json"], b"").exits(0).prints("\"open_now\": 101");
}

/// Half of a record, and then a byte at a time: whoever waits for the rest of it must not wait for ever.
struct Drip(TcpStream, usize);

/// So many bytes of it, 20 in a second, and no more.
const DRIPS: usize = 400;

impl Read for Drip {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Drip {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.len() < 4_000 {
            return self.0.write(data);
        }
        self.0.write_all(&data[..100])?;
        self.0.set_read_timeout(Some(Duration::from_millis(50)))?;
        for byte in &data[100..] {
            self.1 += 1;
            if self.1 > DRIPS {
                return Err(ErrorKind::TimedOut.into());
            }
            // An end, or an alert; before that nothing comes.
            if self.0.write_all(&[*byte]).is_err() || self.0.read(&mut [0]).is_ok() {
                return Err(ErrorKind::ConnectionAborted.into());
            }
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// docs/regressions.md row 16: a record that comes a byte at a time does not begin the time anew, and who says nothing at all
/// has none either.
#[test]
fn a_slow_record_is_not_waited_for() {
    for service in [&["--reply-size", "10"][..], &["--status"]] {
        let mut server = Server::start(&[service, &["--timeout", "1", "--tickets", "0"]].concat());
        let connect = || {
            let socket = Drip(TcpStream::connect(&server.address).unwrap(), 0);
            server.connector().connect_with(socket, "localhost".try_into().unwrap()).unwrap()
        };
        let mut slow = connect();
        let written = slow.write_all(&[b'a'; 8_000]).and_then(|()| slow.flush());
        assert_eq!(written.unwrap_err().kind(), ErrorKind::ConnectionAborted, "after {} bytes", slow.get_ref().1);
        let mut silent = connect();
        let mut heard = Vec::new();
        let _ = silent.read_to_end(&mut heard);
        assert_eq!(heard, b"");
        if service.len() == 2 {
            let line = server.line();
            assert!(line.contains(": TimedOut: silent for too long (hint: `--timeout SECONDS`"), "{line}");
        }
    }
}

/// docs/regressions.md row 16: nor is who asks and does not take the answer.
#[test]
fn who_takes_no_answer_is_not_waited_for() {
    let scratch = Scratch::new();
    fs::File::create(scratch.path("large")).unwrap().set_len(1 << 30).unwrap();
    let files = scratch.path("");
    for service in [&["--reply-size", "1000000000"][..], &["--www", &files]] {
        let mut server = Server::start(&[service, &["--timeout", "1"]].concat());
        let mut client = server.stream();
        client.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").and_then(|()| client.flush()).unwrap();
        let line = server.line();
        let words = ": TimedOut: it did not take its answer in time (hint: `--timeout SECONDS` waits longer)";
        assert!(line.contains(words), "{line}");
    }
    let mut server = Server::start(&["--timeout", "1"]);
    let mut client = server.stream();
    // It says more than anybody hears.
    while client.write_all(&[b'x'; 16 * 1024]).is_ok() {}
    let line = server.line();
    assert!(line.contains(": TimedOut: it did not take its answer in time"), "{line}");
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
