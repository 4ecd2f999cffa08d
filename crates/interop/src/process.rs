//! A program under way.

use std::fmt;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long anything may take before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A program, whose output is collected as it comes. It ends with this value.
pub struct Process {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    listeners: Vec<JoinHandle<()>>,
}

/// What a program has said.
#[derive(Clone, Default)]
pub struct Heard {
    /// Its standard output.
    pub out: Vec<u8>,
    /// Its standard error.
    pub err: Vec<u8>,
    /// How many of the two have ended.
    ended: usize,
}

impl Heard {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Whether `word` is in either output.
    pub fn says(&self, word: &str) -> bool {
        let has = |bytes: &[u8]| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        has(&self.out) || has(&self.err)
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = |bytes: &[u8]| String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(800)..]).into_owned();
        write!(f, "\n--- standard output\n{}\n--- standard error\n{}\n---", tail(&self.out), tail(&self.err))
    }
}

impl Process {
    /// Starts a program.
    ///
    /// # Panics
    /// When it is not installed: an absent peer is no passed test.
    pub fn start(program: &str, arguments: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> Self {
        let mut command = Command::new(program);
        command.args(arguments);
        Self::run(command)
    }

    /// Starts a command.
    ///
    /// # Panics
    /// As [`Process::start`].
    pub fn run(mut command: Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}; `just interop` installs it"));
        let heard = Arc::<(Mutex<Heard>, Condvar)>::default();
        let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let listeners = vec![
            listen(out, heard.clone(), |heard| &mut heard.out),
            listen(err, heard.clone(), |heard| &mut heard.err),
        ];
        Self { name, input: child.stdin.take(), child, heard, listeners }
    }

    /// Types something, and goes on at once.
    pub fn type_in(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("an open input");
        input.write_all(bytes).and_then(|()| input.flush()).expect("a program that reads");
    }

    /// Types something long, in a thread, and ends the input.
    pub fn type_all(&mut self, bytes: &'static [u8]) {
        let mut input = self.input.take().expect("an open input");
        // A program that ends early says so itself.
        thread::spawn(move || input.write_all(bytes));
    }

    /// Ends the input, if it has not ended.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Waits until what was heard satisfies `condition`.
    ///
    /// # Panics
    /// When the program ends or says nothing more.
    pub fn wait_for(&self, what: &str, condition: impl Fn(&Heard) -> bool) -> MutexGuard<'_, Heard> {
        let end = Instant::now() + PATIENCE;
        let mut heard = lock(&self.heard.0);
        while !condition(&heard) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(heard.ended < 2, "{}: ended without {what}: {heard}", self.name);
            assert!(!left.is_zero(), "{}: no {what}: {heard}", self.name);
            heard = self.heard.1.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        heard
    }

    /// Waits for a word in either output.
    pub fn wait_for_word(&self, word: &str) {
        drop(self.wait_for(word, |heard| heard.says(word)));
    }

    /// What it has said so far.
    pub fn heard(&self) -> Heard {
        lock(&self.heard.0).clone()
    }

    /// Whether it has said its last word.
    pub fn has_ended(&self) -> bool {
        lock(&self.heard.0).ended == 2
    }

    /// Ends the input and waits for the program's end.
    ///
    /// # Panics
    /// When it does not end.
    pub fn finish(mut self) -> (ExitStatus, Heard) {
        self.end_input();
        drop(self.wait_for_end());
        let status = self.child.wait().expect("its status");
        (status, lock(&self.heard.0).clone())
    }

    /// The same, and it must have been content.
    pub fn succeed(self) -> Heard {
        let name = self.name.clone();
        let (status, heard) = self.finish();
        assert!(status.success(), "{name}: {status}: {heard}");
        heard
    }

    fn wait_for_end(&self) -> MutexGuard<'_, Heard> {
        let end = Instant::now() + PATIENCE;
        let mut heard = lock(&self.heard.0);
        while heard.ended < 2 {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{}: it does not end: {heard}", self.name);
            heard = self.heard.1.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        heard
    }

    /// Waits until it listens on `port`. Looks into the system's table: a connection on trial would be one it serves.
    ///
    /// # Panics
    /// When it ends or does not listen.
    pub fn listening(self, port: u16) -> Self {
        let end = Instant::now() + PATIENCE;
        let wanted = format!(":{port:04X}");
        while !["/proc/net/tcp", "/proc/net/tcp6"].iter().any(|table| {
            let table = std::fs::read_to_string(table).unwrap_or_default();
            let mut rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
            rows.any(|row| row.get(1).is_some_and(|local| local.ends_with(&wanted)) && row.get(3) == Some(&"0A"))
        }) {
            let heard = lock(&self.heard.0).clone();
            assert!(heard.ended < 2, "{}: it has ended: {heard}", self.name);
            assert!(Instant::now() < end, "{}: it does not listen: {heard}", self.name);
            thread::sleep(Duration::from_millis(10));
        }
        self
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // With its children, of which a browser has many: they hold its output open.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
        for listener in self.listeners.drain(..) {
            let _ = listener.join();
        }
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its number").port()
}

fn listen(
    mut pipe: impl Read + Send + 'static,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    into: fn(&mut Heard) -> &mut Vec<u8>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let len = pipe.read(&mut buffer).unwrap_or(0);
            let mut guard = lock(&heard.0);
            into(&mut guard).extend_from_slice(&buffer[..len]);
            guard.ended += usize::from(len == 0);
            heard.1.notify_all();
            if len == 0 {
                return;
            }
        }
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
