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
    /// It has a terminal for standard input, unless `input` turns that elsewhere, and as the one that it belongs to.
    fn start(input: &str, arguments: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let own = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let program = handfast(arguments);
        // A session of its own, whose terminal is standard input. The shell says when it is over, and stays until that was heard:
        // what is on a terminal is lost with its session.
        let script = format!("trap : INT; \"$0\" \"$@\" {input}; echo \"over $?\" > /dev/tty; read -r _");
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", "sh", "-c", &script])
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

    /// What is to be seen up to these words.
    fn read_to(&mut self, words: &str) -> String {
        let mut seen = String::new();
        while !seen.ends_with(words) {
            let mut byte = [0];
            self.terminal.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error}: {seen}"));
            seen.push(byte[0].into());
            assert!(seen.ends_with(words) || !seen.contains("over "), "it has not waited: {seen}");
        }
        seen
    }

    /// Waits for the question, and until nothing is shown of what is typed; then types.
    fn answers(&mut self, question: &str, word: &str) {
        self.read_to(question);
        let patience = Instant::now() + Duration::from_secs(60);
        while tcgetattr(self.terminal.as_fd()).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(Instant::now() < patience, "what is typed can be seen");
            thread::yield_now();
        }
        self.terminal.write_all(format!("{word}\n").as_bytes()).unwrap();
    }

    /// The exit code, what it printed and said, and what was to be seen on the terminal since the last answer.
    fn end(mut self) -> (String, String, String) {
        let mut seen = self.read_to("over ");
        let code = self.read_to("\n");
        seen.truncate(seen.len() - "over ".len());
        self.terminal.write_all(b"\n").unwrap();
        let output = self.child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (code.trim().to_string(), String::from_utf8_lossy(&said).into_owned(), seen)
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
        for (word, exit, said) in [("secret", "0", printed), ("wrong", "2", "password")] {
            let mut typist = Typist::start("", arguments);
            typist.answers(&question, word);
            let (code, printed, seen) = typist.end();
            assert_eq!((code.as_str(), seen.as_str()), (exit, "\r\n"), "{printed}");
            assert!(printed.contains(said), "{printed}");
        }
    }
    // The question stands alone where a line says how far it is; nobody listens at that port.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    run(&[&sign[..], &["--pass", "pass:secret"]].concat(), b"").exits(0);
    let mut typist = Typist::start("2> /dev/tty", &["probe", &nobody, "--cert", &cert, "--key", &key]);
    typist.answers(&question, "secret");
    let (code, _, seen) = typist.end();
    assert!(code == "3" && seen.contains("ConnectionRefused"), "{code}: {seen}");

    // Who thinks better of it has a terminal that shows what is typed.
    let mut typist = Typist::start("", &["inspect", &key]);
    typist.answers(&question, "\x03");
    typist.read_to("over ");
    assert!(tcgetattr(typist.terminal.as_fd()).unwrap().local_modes.contains(LocalModes::ECHO));
    assert_eq!(typist.read_to("\n").trim(), "130");
    typist.terminal.write_all(b"\n").unwrap();
    assert!(typist.child.wait_with_output().unwrap().stdout.is_empty());

    // Who says where it comes from is not asked, nor who has only a terminal somewhere; and without any, nobody can be.
    for (input, more, why) in [
        ("", &["--pass", "pass:wrong"][..], "does not open with this password"),
        ("< /dev/null", &[], "there is no password"),
    ] {
        let mut typist = Typist::start(input, &[&["inspect", key.as_str()], more].concat());
        // For one that asks all the same, so that it ends.
        typist.terminal.write_all(b"\n").unwrap();
        let (code, printed, seen) = typist.end();
        assert!(code == "2" && printed.contains(why) && !seen.contains("password"), "{seen}{printed}");
    }
    run(&sign, b"secret\n").exits(2).says("`--pass file:PATH`");
}
