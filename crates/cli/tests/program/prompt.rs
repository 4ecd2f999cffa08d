//! Passwords that are asked for: the program on a terminal of its own.

use crate::{Scratch, handfast, run};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program, and the other side of its terminal.
struct Typist {
    terminal: File,
    child: Child,
}

impl Typist {
    /// It has a terminal for standard input, and as the one that it belongs to.
    fn start(arguments: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let own = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let program = handfast(arguments);
        // A session of its own, whose terminal is standard input.
        let child = Command::new("setsid")
            .args(["--ctty", "--wait"])
            .arg(program.get_program())
            .args(program.get_args())
            .env("NO_COLOR", "1")
            .stdin(own)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("util-linux is installed");
        Self { terminal: terminal.into(), child }
    }

    /// Waits for the question, and until nothing is shown of what is typed; then types.
    fn answers(&mut self, question: &str, word: &str) {
        let mut seen = String::new();
        while !seen.ends_with(question) {
            let mut byte = [0];
            if let Err(error) = self.terminal.read_exact(&mut byte) {
                let mut said = String::new();
                self.child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
                panic!("{error}: {seen}{said}");
            }
            seen.push(byte[0].into());
        }
        let patience = Instant::now() + Duration::from_secs(60);
        while tcgetattr(self.terminal.as_fd()).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(Instant::now() < patience, "what is typed can be seen");
            thread::yield_now();
        }
        self.terminal.write_all(format!("{word}\n").as_bytes()).unwrap();
    }

    /// The exit code, what it printed, what it said, and what was to be seen on the terminal since the last answer.
    fn end(mut self) -> (Option<i32>, String, String, String) {
        let mut seen = Vec::new();
        // The terminal ends with an error once nobody has it any more.
        let _ = self.terminal.read_to_end(&mut seen);
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.code(), text(output.stdout), text(output.stderr), text(seen))
    }
}

#[test]
fn a_password_is_asked_for_and_not_shown() {
    let scratch = Scratch::new();
    let (key, cert) = (scratch.path("key.pem"), scratch.path("cert.pem"));
    run(&["pki", "key", "--out", &key, "--out-pass", "pass:secret"], b"").exits(0);
    let question = format!("password for {key}: ");
    // What looks into a file, and what reads a key to use it.
    let sign = ["pki", "self-sign", "--key", &key, "--name", "a.test", "--out", &cert, "--force"];
    for (arguments, printed) in [(&["inspect", &key][..], "P-256"), (&sign, "")] {
        for (word, exit, said) in [("secret", 0, ""), ("wrong", 2, "password")] {
            let mut typist = Typist::start(arguments);
            typist.answers(&question, word);
            let (code, stdout, stderr, seen) = typist.end();
            assert_eq!(code, Some(exit), "{stdout}{stderr}");
            assert!(stdout.contains(if exit == 0 { printed } else { "" }), "{stdout}");
            assert!((stdout + &stderr).contains(said) && !seen.contains(word), "{seen:?}");
        }
    }
    // Who says where it comes from is not asked.
    let typist = Typist::start(&["inspect", &key, "--pass", "pass:wrong"]);
    let (code, _, _, seen) = typist.end();
    assert_eq!((code, seen.as_str()), (Some(2), ""));
    // And nobody is where there is no terminal.
    run(&sign, b"secret\n").exits(2).says("`--pass file:PATH`");
}
