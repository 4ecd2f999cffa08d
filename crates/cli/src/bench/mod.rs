//! `handfast bench`: how many handshakes a server does in a second, and how many bytes.
//!
//! | file | concept |
//! |---|---|
//! | `load` | what one thread does until the time is up |
//! | `latency` | how long handshakes took, in bounded memory |
//! | `report` | what was counted, for people and for programs |

mod latency;
mod load;
mod report;

use crate::connect::trust::Trust;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::remote::Remote;
use crate::target::Target;
use crate::{descriptors, tls};
use clap::{Args, ValueEnum};
use handfast::ClientConfig;
use load::{Ask, Counts, Load, Work};
use report::Report;
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

/// Measure how many handshakes a server does in a second, how long they take, and how fast it sends and receives
///
/// First full handshakes, then resumed ones; and with `--get`, `--reply-size` or `--upload` the rate of data. Each part takes
/// the time of `--time`, and what a thread has begun by then it brings to its end. A rate is the sum of the threads' own rates, each
/// over the time that this thread has taken: one that is kept waiting does not lower those of the others. What goes wrong is counted
/// by its code. This is load: measure servers that are yours.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    remote: Remote,

    /// Connect whatever the certificate is like, and measure without its verification
    #[arg(long)]
    insecure: bool,

    /// What is measured, in this order; by default full and resumed handshakes, and what the flags for data ask for
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    parts: Vec<PartName>,

    /// How long each part takes
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    time: Duration,

    /// How many connections there are at once, each in a thread; as many as this machine has processors if none is given
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: Option<u16>,

    /// Measure how fast PATH comes over HTTP
    #[arg(long, value_name = "PATH", value_parser = path, conflicts_with = "reply_size")]
    get: Option<String>,

    /// Measure how fast answers of so many bytes come, one for each line: `handfast serve --reply-size BYTES` gives them
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    reply_size: Option<u64>,

    /// Measure how fast the server takes data, whatever it does with it; `handfast serve` sends it back, which counts too
    #[arg(long)]
    upload: bool,

    /// Print what was measured as JSON: docs/probe.md has the schema
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    choices: tls::Choices,

    /// How long to wait for a connection, its handshake, or data
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

/// A part, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PartName {
    /// Full handshakes
    Full,
    /// Handshakes that resume a session
    Resumed,
    /// Data from the server
    Down,
    /// Data to the server
    Up,
}

/// The longest part, in seconds: what the latencies are counted in bears no more.
const LONGEST: f64 = 3600.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.001..=LONGEST).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| format!("0.001 to {LONGEST} seconds"))
}

fn path(text: &str) -> Result<String, String> {
    let is_visible = |byte: u8| (b'!'..=b'~').contains(&byte);
    match text.starts_with('/') && text.bytes().all(is_visible) {
        true => Ok(text.to_string()),
        false => Err("a path begins with / and has no blanks".to_string()),
    }
}

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (report, failure) = match bench(arguments) {
        Ok(done) => done,
        Err(failure) if arguments.json => return print(&failure.json()).and(Err(failure)),
        Err(failure) => return Err(failure),
    };
    if arguments.json {
        print(&report)?;
    } else {
        let mut out = anstream::stdout().lock();
        report.print(&mut out).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))?;
    }
    failure.map_or(Ok(()), Err)
}

/// What was measured, up to a part of which nothing went well: that has measured nothing.
fn bench(arguments: &Arguments) -> Result<(Report, Option<Failure>), Failure> {
    let works = works(arguments)?;
    let trust = Trust::new(&arguments.remote.flags.trust, arguments.insecure)?;
    let (target, name) = (arguments.remote.target(), arguments.remote.name()?);
    let timeout = Duration::from_secs(arguments.timeout);
    let config = configuration(arguments, &trust)?;
    let begin = arguments.remote.flags.begin(&name, arguments.choices.traced());
    let load = Load { address: address(&target, timeout)?, name, begin, config, timeout, so_far: AtomicU64::new(0) };
    let threads = arguments.connections.map_or_else(processors, usize::from);
    if let Some(short) = descriptors::raise(u32::try_from(threads).unwrap_or(u32::MAX), false) {
        let (has, room) = (short.has, short.room);
        return Err(Failure::usage(format!("this system lets the program have no more than {has} open files"))
            .hint(format!("`--connections {room}` is possible with them; `ulimit -Hn` says how many there can be")));
    }
    let progress = Progress::new("connecting", true);
    let mut report = Report::new(&target, load.address, threads);
    for (at, (part, work)) in works.iter().enumerate() {
        load.so_far.store(0, Ordering::Relaxed);
        let words = format!("{}, part {} of {}", part.words(), at + 1, works.len());
        let measured = measure(&load, work, threads, arguments.time, &progress, &words);
        let (counts, took) = measured.map_err(|error| Failure::io(&error, format!("no {threads} threads")))?;
        let is_any = counts.is_any(work);
        let failure = report.add(part.word(), work, counts, took);
        if !is_any {
            return Ok((report, failure));
        }
    }
    Ok((report, None))
}

impl PartName {
    /// In reports.
    fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Resumed => "resumed",
            Self::Down => "down",
            Self::Up => "up",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Full => "full handshakes",
            Self::Resumed => "resumed handshakes",
            Self::Down => "data from the server",
            Self::Up => "data to the server",
        }
    }
}

/// What there is to do.
fn works(arguments: &Arguments) -> Result<Vec<(PartName, Work)>, Failure> {
    let mut authority = arguments.remote.target();
    authority.host = arguments.remote.host().to_string();
    // The version without chunks; RFC 9112 Appendix C.2.2 has the rest.
    let get = |path: &String| {
        let request = format!("GET {path} HTTP/1.0\r\nHost: {authority}\r\nConnection: keep-alive\r\n\r\n");
        Ask::Get(request)
    };
    let ask = arguments.get.as_ref().map(get).or(arguments.reply_size.map(Ask::Line));
    let mut parts = arguments.parts.clone();
    if parts.is_empty() {
        parts = vec![PartName::Full, PartName::Resumed];
        parts.extend(ask.is_some().then_some(PartName::Down));
        parts.extend(arguments.upload.then_some(PartName::Up));
    }
    let mut works = Vec::new();
    for part in parts {
        let work = match part {
            PartName::Full => Work::Full,
            PartName::Resumed => Work::Resumed,
            PartName::Up => Work::Up,
            PartName::Down => Work::Down(ask.clone().ok_or_else(|| {
                Failure::usage("`--parts down` needs to know what to ask for")
                    .hint("`--get PATH` or `--reply-size BYTES`")
            })?),
        };
        works.push((part, work));
    }
    Ok(works)
}

fn configuration(arguments: &Arguments, trust: &Trust) -> Result<Arc<ClientConfig>, Failure> {
    #[cfg(feature = "legacy")]
    let legacy = crate::legacy::client(&arguments.choices.legacy, false)?;
    let blank = || {
        let builder = ClientConfig::builder();
        #[cfg(feature = "legacy")]
        let builder = builder.legacy(legacy.clone());
        builder
    };
    let builder = tls::apply!(&arguments.choices, blank().dangerous_no_verification(), trust.apply(blank()));
    arguments.remote.flags.identify(builder, &trust.provider)?.build().map_err(Failure::usage)
}

/// The first address that answers.
fn address(target: &Target, timeout: Duration) -> Result<SocketAddr, Failure> {
    let failed = |error: &io::Error| Failure::connecting(error, format!("no connection to {target}"));
    let mut last = io::Error::new(ErrorKind::NotFound, "the host name has no address");
    for address in (target.host.as_str(), target.port).to_socket_addrs().map_err(|error| failed(&error))? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(_) => return Ok(address),
            Err(error) => last = error,
        }
    }
    Err(failed(&last))
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Lets all threads work until the time is up, and says how it goes meanwhile.
fn measure(
    load: &Load,
    work: &Work,
    threads: usize,
    time: Duration,
    progress: &Progress,
    words: &str,
) -> io::Result<(Counts, Duration)> {
    /// How often the line is written anew.
    const PACE: Duration = Duration::from_millis(200);
    let start = Instant::now();
    let until = start + time;
    let mut all = Counts::default();
    // None begins before all are there.
    let begins = RwLock::new(true);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let mut may_begin = begins.write().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..threads {
            let (sender, begins) = (sender.clone(), &begins);
            let spawned = thread::Builder::new().spawn_scoped(scope, move || {
                if *begins.read().unwrap_or_else(PoisonError::into_inner) {
                    // Whoever receives waits for all of them.
                    let _ = sender.send(load.run(work, start, until));
                }
            });
            if let Err(error) = spawned {
                *may_begin = false;
                return Err(error);
            }
        }
        drop((sender, may_begin));
        loop {
            match receiver.recv_timeout(PACE) {
                Ok(counts) => all.merge(counts),
                Err(RecvTimeoutError::Timeout) => {
                    let share = start.elapsed().as_secs_f64() / time.as_secs_f64();
                    progress.show(share, &format!("{words}, {}", so_far(work, load.so_far.load(Ordering::Relaxed))));
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    })?;
    Ok((all, start.elapsed()))
}

fn so_far(work: &Work, count: u64) -> String {
    match work {
        Work::Full | Work::Resumed => format!("{count} so far"),
        Work::Down(_) | Work::Up => format!("{} MB so far", count / 1_000_000),
    }
}

/// As lines that do nothing to a terminal.
fn print(value: &impl serde::Serialize) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", crate::escape::json(value)).map_err(|error| Failure::output(&error))
}
