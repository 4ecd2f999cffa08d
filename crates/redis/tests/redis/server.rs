//! A real server for a test, and what the operator of one could do to it.

use handfast::rustcrypto::provider;
use handfast_redis::{OperatorSecret, Options, Redis};
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A redis-server of its own on a Unix socket, or on a port of the loopback, that ends with the test.
pub(crate) struct Server {
    dir: PathBuf,
    arguments: Vec<String>,
    child: Option<Child>,
    pub(crate) url: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// With these arguments besides.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        Self::listening(
            |dir| {
                let socket = dir.join("s").display().to_string();
                (format!("unix://{socket}"), ["--port", "0", "--unixsocket", &socket].map(String::from).to_vec())
            },
            arguments,
        )
    }

    pub(crate) fn tcp(arguments: &[&str]) -> Self {
        let port = free_port().to_string();
        let listen = ["--bind", "127.0.0.1", "--port", &port].map(String::from).to_vec();
        Self::listening(|_| (format!("redis://127.0.0.1:{port}"), listen), arguments)
    }

    fn listening(listen: impl FnOnce(&PathBuf) -> (String, Vec<String>), arguments: &[&str]) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("handfast-redis-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (url, mut all) = listen(&dir);
        all.extend(["--save", "", "--appendonly", "no", "--dir", &dir.display().to_string()].map(String::from));
        all.extend(arguments.iter().copied().map(String::from));
        let mut own = Self { dir, arguments: all, child: None, url };
        own.run();
        own
    }

    /// Starts it, if it does not run.
    pub(crate) fn run(&mut self) {
        let child = Command::new("redis-server").args(&self.arguments).stdout(Stdio::null()).spawn();
        // Without it nothing here is shown, and a test that shows nothing has not passed.
        self.child = Some(child.expect("redis-server 7 is needed: apt-get install redis-server"));
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.operator().is_none() {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// As a power failure does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_file(self.dir.join("s"));
    }

    fn operator(&self) -> Option<redis::Connection> {
        let mut connection = redis::Client::open(self.url.as_str()).ok()?.get_connection().ok()?;
        redis::cmd("PING").exec(&mut connection).ok().map(|()| connection)
    }

    /// Does what somebody can do who may do anything with Redis and has no secret.
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, command: &[&[u8]]) -> T {
        let mut words = command.iter();
        let mut ask = redis::cmd(std::str::from_utf8(words.next().unwrap()).unwrap());
        words.for_each(|word| {
            ask.arg(*word);
        });
        ask.query(&mut self.operator().expect("the server runs")).unwrap()
    }

    /// The names of all keys, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.ask(&[b"KEYS", b"*"]);
        names.sort();
        names
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        self.ask(&[b"GET", name.as_bytes()])
    }

    pub(crate) fn set(&self, name: &str, value: &[u8]) {
        self.ask::<()>(&[b"SET", name.as_bytes(), value]);
    }

    /// A handle to it, in the namespace that all tests are in if they do not say otherwise.
    pub(crate) fn redis(&self) -> Redis {
        open(&self.url, "shop", SECRET, patient())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

pub(crate) const SECRET: u8 = 7;

/// For what is not about time: a machine that has much to do may be slow.
pub(crate) fn patient() -> Options {
    let long = Duration::from_secs(10);
    Options::default().connect_timeout(long).command_timeout(long)
}

pub(crate) fn open(url: &str, namespace: &str, secret: u8, options: Options) -> Redis {
    Redis::open(url, namespace, &OperatorSecret::new(&[secret; 32]).unwrap(), provider(), options).unwrap()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
