//! The program, as people run it.

mod bench;
mod certificates;
mod ciphers;
mod connect;
mod demo;
mod help;
mod hosts;
mod http;
mod inspect;
mod inspect_limits;
#[cfg(feature = "legacy")]
mod legacy;
mod load;
mod node_page;
mod own;
mod pki;
mod pki_ca;
mod pki_dev;
mod pki_issue;
mod pki_page;
mod pki_revocation;
mod probe;
mod probe_openssl;
mod probe_page;
#[cfg(target_os = "linux")]
mod prompt;
mod serve;
mod sessions;
mod starttls;
mod tls12;
mod trust;
mod verify;
mod verify_lines;

use handfast::{Anchors, ClientConfig};
use handfast_net::{Connector, Stream};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process, thread};

/// The program with these arguments.
fn handfast(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handfast"));
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// A word there, on a [`Server::session`], and the same word back.
fn echo(stdin: &mut ChildStdin, stdout: &mut ChildStdout, word: &[u8; 3]) {
    stdin.write_all(word).unwrap();
    stdin.flush().unwrap();
    let mut heard = [0; 3];
    stdout.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, word);
}

/// Runs the program to its end, with `input` on standard input.
fn run(arguments: &[&str], input: &[u8]) -> Run {
    let mut child = handfast(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // It may end without having read it all.
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    let _ = writer.join();
    Run(output)
}

/// What became of the program.
struct Run(Output);

impl Run {
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(code), "{}{}", self.stdout(), self.stderr());
        self
    }

    #[track_caller]
    fn says(self, words: &str) -> Self {
        assert!(self.stderr().contains(words), "`{words}` is missing in:\n{}", self.stderr());
        self
    }

    /// Standard error has a line that begins with `label`, and goes on like this.
    #[track_caller]
    fn row(self, label: &str, words: &str) -> Self {
        let stderr = self.stderr();
        let mut rows = stderr.lines().filter_map(|line| line.trim_start().strip_prefix(label));
        assert!(rows.any(|row| row.trim_start().starts_with(words)), "`{label}: {words}` is missing in:\n{stderr}");
        self
    }

    #[track_caller]
    fn prints(self, words: &str) -> Self {
        assert!(self.stdout().contains(words), "`{words}` is missing in:\n{}", self.stdout());
        self
    }

    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

/// A directory of its own, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("handfast-cli-{}-{number}", process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a name").to_string()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().expect("a directory")).expect("a directory");
        fs::write(&path, content).expect("a file");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that is listening, with a throwaway CA; stopped by force when dropped.
struct Server {
    child: Child,
    stderr: Option<BufReader<ChildStderr>>,
    /// `127.0.0.1:PORT`.
    address: String,
    /// `localhost:PORT`.
    host: String,
    /// Where the CA's certificate is.
    ca: String,
    scratch: Scratch,
}

impl Server {
    /// `handfast serve --self-signed` on a free port, with more arguments.
    fn start(arguments: &[&str]) -> Self {
        let scratch = Scratch::new();
        let ca = scratch.path("ca.pem");
        Self::of(scratch, &[&["--self-signed", "--ca-out", &ca], arguments].concat())
    }

    /// `handfast serve` on a free port, with a CA that `scratch` has in `ca.pem`.
    fn of(scratch: Scratch, arguments: &[&str]) -> Self {
        Self::by(scratch, handfast(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat()))
    }

    /// The same by a command that comes to it.
    fn by(scratch: Scratch, mut command: Command) -> Self {
        let ca = scratch.path("ca.pem");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let stderr = child.stderr.take().map(BufReader::new);
        let Some(address) = line.strip_prefix("listening on ").and_then(|rest| rest.strip_suffix('\n')) else {
            let mut why = String::new();
            stderr.expect("a pipe").read_to_string(&mut why).expect("text");
            panic!("no server: {line}{why}");
        };
        let host = address.replace("127.0.0.1", "localhost");
        Self { stderr, address: address.to_string(), host, ca, scratch, child }
    }

    /// `handfast connect` to it, trusting its CA.
    fn connect(&self, arguments: &[&str], input: &[u8]) -> Run {
        run(&[&["connect", &self.host, "--cafile", &self.ca], arguments].concat(), input)
    }

    /// `handfast connect` that goes on, with both ends of its conversation in the test's hands.
    fn session(&self) -> (Child, ChildStdin) {
        let mut child = handfast(&["connect", &self.host, "--cafile", &self.ca])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let stdin = child.stdin.take().expect("a pipe");
        (child, stdin)
    }

    /// What connects to it in this process, trusting its CA.
    fn connector(&self) -> Connector {
        let mut anchors = Anchors::new();
        anchors.add_pem(&fs::read(&self.ca).expect("a CA")).expect("PEM");
        Connector::new(ClientConfig::builder().anchors(Arc::new(anchors)).build().expect("a configuration"))
    }

    /// A connection that is read and written by the test itself.
    fn stream(&self) -> Stream<TcpStream> {
        let name = "localhost".try_into().expect("a name");
        self.connector().connect_to(&self.address, name).expect("a handshake")
    }

    /// The next line on its standard error.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.as_mut().expect("a pipe").read_line(&mut line).expect("a line");
        line
    }

    /// Sends it a signal.
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill exists").success());
    }

    /// Waits for its end and gives its exit code.
    fn end(&mut self) -> Option<i32> {
        self.child.wait().expect("it is ours").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
