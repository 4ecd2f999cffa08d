//! A server that is none, or that somebody on the way plays: what comes is bounded in length and time, and breaks nothing.

use crate::server::{SECRET, now, open, patient};
use handfast_redis::{Failure, Options, Redis, SessionStore, StrikeRegister, Struck};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const ID: [u8; 32] = [1; 32];

/// Plays a server that answers every connection this way.
fn play(answer: impl Fn(TcpStream) + Send + Clone + 'static) -> Redis {
    open(&address(answer), "shop", SECRET, patient().pause(Duration::ZERO))
}

/// Where it is.
fn address(answer: impl Fn(TcpStream) + Send + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                answer(stream);
            });
        }
    });
    url
}

fn says(bytes: &'static [u8]) -> Redis {
    play(move |mut stream| {
        let _ = stream.write_all(bytes);
        // What is missing does not come.
    })
}

#[test]
fn an_answer_without_an_end_is_cut_off() {
    for head in [&b"$9999999999\r\n"[..], b"+", b"*1000000000\r\n", b"%1000000000\r\n"] {
        let (report, sent) = mpsc::channel();
        let redis = play(move |mut stream| {
            let _ = stream.write_all(head);
            let fill = if head == b"+" || head.starts_with(b"$") { &b"7"[..] } else { &b":7\r\n"[..] };
            let block = fill.repeat(65_536 / fill.len());
            // Until nobody reads any more; half a gigabyte says that somebody has.
            let sent = (0..8192).take_while(|_| stream.write_all(&block).is_ok()).count();
            let _ = report.send(sent * block.len());
        });
        assert_eq!(SessionStore::new(redis).peek(&ID), Err(Failure::Reply), "{}", head.escape_ascii());
        let sent = sent.recv().unwrap();
        assert!(sent < 32 << 20, "{sent} bytes for {}, more than sockets hold", head.escape_ascii());
    }
}

/// docs/regressions.md row 16, from the other side: a byte now and then makes progress for ever.
#[test]
fn an_answer_that_trickles_runs_out_of_time() {
    let url = address(|mut stream| {
        let _ = stream.write_all(b"$1000\r\n");
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(20));
            if stream.write_all(b"7").is_err() {
                return;
            }
        }
    });
    let begun = Instant::now();
    let store = SessionStore::new(open(&url, "shop", SECRET, Options::default()));
    assert_eq!(store.peek(&ID), Err(Failure::Unreachable(ErrorKind::TimedOut)));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// A server that takes no connection any more, as one that is stopped: where TCP has a deadline for that, a Unix socket waits
/// for ever.
#[test]
fn a_full_backlog_runs_out_of_time() {
    let path = std::env::temp_dir().join(format!("handfast-redis-full-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let socket = || Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let (listener, address) = (socket(), SockAddr::unix(&path).unwrap());
    listener.bind(&address).unwrap();
    listener.listen(0).unwrap();
    let mut waiting = Vec::new();
    loop {
        let next = socket();
        next.set_nonblocking(true).unwrap();
        match next.connect(&address) {
            Ok(()) => waiting.push(next),
            Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
    let (report, found) = mpsc::channel();
    let url = format!("unix://{}", path.display());
    thread::spawn(move || {
        let store = SessionStore::new(open(&url, "shop", SECRET, Options::default()));
        let _ = report.send(store.peek(&ID));
    });
    // Long enough for any machine, and not for ever.
    let found = found.recv_timeout(Duration::from_secs(30));
    let _ = std::fs::remove_file(&path);
    assert_eq!(found, Ok(Err(Failure::Unreachable(ErrorKind::TimedOut))));
}

#[test]
fn answers_of_other_kinds_are_none() {
    for answer in
        [&b":1\r\n"[..], b"+OK\r\n", b"*1\r\n$1\r\n1\r\n", b"?\r\n", b"$-1\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    {
        let store = SessionStore::new(says(answer));
        assert_eq!(store.peek(&ID), Err(Failure::Reply), "{}", answer.escape_ascii());
    }
    let register = StrikeRegister::new(says(b":0\r\n"));
    assert_eq!(register.strike(&ID, now() + 1, now()), Ok(()), "whoever plays the server can say so");
    for answer in [&b":9\r\n"[..], b":-1\r\n", b"+OK\r\n", b"$1\r\n0\r\n", b"$-1\r\n", b"#f\r\n", b"_\r\n"] {
        let register = StrikeRegister::new(says(answer));
        assert_eq!(
            register.strike(&ID, now() + 1, now()),
            Err(Struck::Failed(Failure::Reply)),
            "{}",
            answer.escape_ascii()
        );
    }
    assert_eq!(SessionStore::new(says(b"$3\r\none\r\n")).peek(&ID), Err(Failure::Forged));
    assert!(SessionStore::new(says(b"$3\r\none\r\n")).put(&ID, b"", Duration::MAX).is_err());
}

/// docs/regressions.md row 90: what it says is for a log.
#[test]
fn an_error_message_is_escaped() {
    let Err(Failure::Server(message)) = SessionStore::new(says(b"-ERR \x1b[2J\r\n")).peek(&ID) else {
        panic!("an error")
    };
    assert_eq!(message, "ERR \\u{1b}[2J");
}

/// Lengths that overflow, nesting without an end, numbers that are none: an error, and no panic.
#[test]
fn nonsense_breaks_nothing() {
    let nested = b"*1\r\n".repeat(50_000);
    let mut cases: Vec<Vec<u8>> = vec![nested];
    for kind in *b"+-:$*_,#!=(%~|>" {
        for rest in [
            "",
            "-1",
            "-2",
            "0",
            "18446744073709551615",
            "9223372036854775807",
            "-9223372036854775808",
            "x",
            "1\r\nx\r\n",
        ] {
            cases.push([&[kind], rest.as_bytes(), b"\r\n"].concat());
        }
    }
    // A generator is enough of randomness here, and it can be repeated.
    let mut seed = 1_u32;
    let mut byte = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    for _ in 0..100 {
        cases
            .push((0..64).map(|_| if byte() < 64 { b"$*%:+\r\n1"[usize::from(byte() % 8)] } else { byte() }).collect());
    }
    for case in cases {
        let shown = case.escape_ascii().to_string();
        let case: &'static [u8] = case.leak();
        let redis = play(move |mut stream| drop(stream.write_all(case)));
        let result = SessionStore::new(redis).peek(&ID);
        assert!(matches!(result, Err(_) | Ok(None)), "{shown}: {result:?}");
    }
}
