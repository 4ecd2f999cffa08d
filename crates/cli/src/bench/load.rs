//! What one thread does until the time is up, and what all of them have counted.

use super::latency::Latency;
use crate::bounded::Bounded;
use crate::failure::Failure;
use crate::starttls::Begin;
use handfast::pki_types::ServerName;
use handfast::{ClientConfig, Facts, Session};
use handfast_net::{Connector, Stream};
use std::collections::BTreeMap;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is done over and over.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// A full handshake.
    Full,
    /// One that offers a session.
    Resumed,
    /// A request that is answered: this many bytes for a line, or a page.
    Down(Ask),
    /// Data, whatever the server does with it.
    Up,
}

/// How data is asked for.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// A line, for so many bytes.
    Line(u64),
    /// HTTP's GET, with its head.
    Get(String),
}

/// To whom, and how.
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) name: ServerName<'static>,
    /// What is said before TLS.
    pub(super) begin: Option<Begin>,
    pub(super) config: Arc<ClientConfig>,
    pub(super) timeout: Duration,
    /// How many handshakes and bytes there are so far, for who watches.
    pub(super) so_far: AtomicU64,
}

/// What was counted.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) handshakes: Tally,
    pub(super) resumed: u64,
    /// Of them, how long the handshake took without that of TCP.
    pub(super) handshake: Latency,
    /// How long TCP's took.
    pub(super) tcp: Latency,
    /// How long it took until TLS could begin, where something is said before.
    pub(super) starttls: Latency,
    /// Requests that were answered.
    pub(super) requests: u64,
    pub(super) bytes_in: Tally,
    pub(super) bytes_out: Tally,
    /// By code.
    pub(super) errors: BTreeMap<String, u64>,
    /// Of the last connection.
    pub(super) facts: Option<Facts>,
    /// One that tells more than a code.
    pub(super) failure: Option<Failure>,
}

/// How much of something was done, and how fast.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    /// A second: the sum of those of the threads.
    pub(super) rate: f64,
    /// When the last of it was done.
    last: Option<Instant>,
}

impl Tally {
    fn add(&mut self, count: u64) {
        self.count = self.count.saturating_add(count);
        self.last = Some(Instant::now());
    }

    /// A thread has done it all: from `start`, and no shorter than until the common end. Who has waited in vain for the rest of the
    /// time was at work, and who was late with its last one has all of its time for it.
    fn close(&mut self, start: Instant, until: Instant) {
        let end = self.last.map_or(until, |last| last.max(until));
        let seconds = end.saturating_duration_since(start).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nobody counts")]
        let count = self.count as f64;
        self.rate = if seconds > 0.0 { count / seconds } else { 0.0 };
    }

    fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.rate += other.rate;
        self.last = self.last.max(other.last);
    }
}

/// How many failures in a row make a thread give up, so that a server that is gone is not beaten.
const GIVE_UP: u32 = 32;

/// The codes that are told apart.
const CODES: usize = 64;

/// How often in a row a server may give no session before nobody waits for one any more.
const PATIENT: u32 = 4;

/// How long a server may take to say good bye.
const PATIENCE: Duration = Duration::from_millis(500);

/// How much a server may say before its good bye, in bytes.
const ENOUGH: u64 = 64 * 1024;

/// How much is sent at once, in bytes.
const PIECE: usize = 64 * 1024;

impl Counts {
    /// Takes in what another thread has counted.
    pub(super) fn merge(&mut self, other: Self) {
        self.handshakes.merge(other.handshakes);
        self.resumed += other.resumed;
        self.handshake.merge(&other.handshake);
        self.tcp.merge(&other.tcp);
        self.starttls.merge(&other.starttls);
        self.requests += other.requests;
        self.bytes_in.merge(other.bytes_in);
        self.bytes_out.merge(other.bytes_out);
        for (code, count) in other.errors {
            *self.errors.entry(code).or_default() += count;
        }
        self.facts = other.facts.or(self.facts.take());
        self.failure = self.failure.take().or(other.failure);
    }

    /// Whether anything went well.
    pub(super) fn is_any(&self, work: &Work) -> bool {
        match work {
            Work::Full | Work::Resumed => self.handshakes.count > 0,
            Work::Down(_) => self.requests > 0,
            Work::Up => self.bytes_out.count > 0,
        }
    }

    fn failed(&mut self, failure: Failure) {
        let code = failure.code().to_string();
        if self.errors.len() < CODES || self.errors.contains_key(&code) {
            *self.errors.entry(code).or_default() += 1;
        }
        self.failure.get_or_insert(failure);
    }
}

impl Load {
    /// Does it from `start` until then, and gives what was counted.
    pub(super) fn run(&self, work: &Work, start: Instant, until: Instant) -> Counts {
        let mut counts = Counts::default();
        let mut sessions = Sessions::default();
        let mut in_a_row = 0;
        while Instant::now() < until && in_a_row < GIVE_UP {
            let done = match work {
                Work::Full => self.full(&mut counts),
                Work::Resumed => self.resumed(&mut counts, &mut sessions),
                Work::Down(ask) => self.down(ask, &mut counts, until),
                Work::Up => self.up(&mut counts, until),
            };
            match done {
                Ok(()) => in_a_row = 0,
                Err(failure) => {
                    in_a_row += 1;
                    counts.failed(failure);
                }
            }
        }
        for tally in [&mut counts.handshakes, &mut counts.bytes_in, &mut counts.bytes_out] {
            tally.close(start, until);
        }
        counts
    }

    fn full(&self, counts: &mut Counts) -> Result<(), Failure> {
        let mut stream = self.connect(None, counts)?;
        let _ = stream.close();
        Ok(())
    }

    /// Offers the same session again and again, as `openssl s_time` does, unless the server takes each but once.
    fn resumed(&self, counts: &mut Counts, sessions: &mut Sessions) -> Result<(), Failure> {
        let session = sessions.offer();
        let was_offered = session.is_some();
        let mut stream = self.connect(session, counts)?;
        sessions.learn(was_offered, stream.facts().resumed);
        if sessions.kept.is_empty() && sessions.in_vain < PATIENT {
            finish(&mut stream);
            sessions.kept = stream.take_sessions();
            sessions.in_vain = if sessions.kept.is_empty() { sessions.in_vain + 1 } else { 0 };
        } else {
            let _ = stream.close();
        }
        Ok(())
    }

    /// Asks on one connection, as long as the server keeps it.
    fn down(&self, ask: &Ask, counts: &mut Counts, until: Instant) -> Result<(), Failure> {
        let mut stream = self.connect(None, counts)?;
        stream.get_mut().bound(until + self.timeout);
        while Instant::now() < until {
            let goes_on = self.ask(&mut stream, ask, counts, until)?;
            if !goes_on {
                break;
            }
        }
        let _ = stream.close();
        Ok(())
    }

    /// One request. Says whether there can be another.
    fn ask(
        &self,
        stream: &mut Stream<Bounded>,
        ask: &Ask,
        counts: &mut Counts,
        until: Instant,
    ) -> Result<bool, Failure> {
        let cut = |error: io::Error| Failure::connected(&error);
        let request = match ask {
            Ask::Line(_) => b"\n".as_slice(),
            Ask::Get(request) => request.as_bytes(),
        };
        stream.write_all(request).and_then(|()| stream.flush()).map_err(cut)?;
        counts.bytes_out.add(request.len() as u64);
        let (mut left, keeps) = match ask {
            Ask::Line(bytes) => (Some(*bytes), true),
            Ask::Get(_) => head(stream)?,
        };
        while left != Some(0) {
            let have = stream.fill_buf().map_err(cut)?.len();
            let taken = left.map_or(have, |left| have.min(usize::try_from(left).unwrap_or(usize::MAX)));
            match left {
                Some(missing) if have == 0 => return Err(Failure::broken(format!("{missing} bytes are missing"))),
                // The end of the connection is that of the content.
                None if have == 0 => break,
                _ => stream.consume(taken),
            }
            left = left.map(|left| left.saturating_sub(taken as u64));
            counts.bytes_in.add(taken as u64);
            self.so_far.fetch_add(taken as u64, Ordering::Relaxed);
            // What is long is cut off, and what came of it counts.
            if Instant::now() >= until {
                break;
            }
        }
        counts.requests += 1;
        Ok(keeps && left == Some(0))
    }

    /// Sends until the time is up; a thread of its own takes what comes back.
    fn up(&self, counts: &mut Counts, until: Instant) -> Result<(), Failure> {
        let mut stream = self.connect(None, counts)?;
        stream.get_mut().bound(until + self.timeout);
        let cut = |error: io::Error| Failure::connected(&error);
        let (mut reader, mut writer) = stream.split(|socket| Ok(socket.clone())).map_err(cut)?;
        let data = vec![b'-'; PIECE];
        let Counts { bytes_in, bytes_out, .. } = counts;
        std::thread::scope(|scope| {
            let back = std::thread::Builder::new().spawn_scoped(scope, move || hear(&mut reader, bytes_in));
            let back = back.map_err(|error| Failure::io(&error, "no thread"))?;
            let mut sent = Ok(());
            while sent.is_ok() && Instant::now() < until {
                sent = writer.write_all(&data);
                if sent.is_ok() {
                    bytes_out.add(data.len() as u64);
                    self.so_far.fetch_add(data.len() as u64, Ordering::Relaxed);
                }
            }
            let closed = writer.close();
            let sent = sent.and(closed).map_err(cut);
            // It cannot panic.
            let heard = back.join().unwrap_or(Ok(()));
            match heard {
                // All was sent, and a server need not say good bye to who has nothing more to say.
                Err(error) if sent.is_ok() && error.kind() == ErrorKind::UnexpectedEof => Ok(()),
                // Why a connection takes nothing more is heard on the way back.
                Err(error) => Err(cut(error)),
                Ok(()) => sent,
            }
        })
    }

    /// A connection, counted.
    fn connect(&self, session: Option<Session>, counts: &mut Counts) -> Result<Stream<Bounded>, Failure> {
        let failed = |error: io::Error| Failure::connecting(&error, format!("no connection to {}", self.address));
        let start = Instant::now();
        let socket = TcpStream::connect_timeout(&self.address, self.timeout).map_err(failed)?;
        let connected = Instant::now();
        let own = socket.local_addr().map_err(failed)?.ip();
        let mut connector = Connector::new(self.config.clone()).handshake_timeout(Some(self.timeout));
        if let Some(session) = session {
            connector = connector.session(session);
        }
        socket.set_nodelay(true).map_err(failed)?;
        let mut socket = Bounded::new(socket, start + self.timeout);
        let mut ready = connected;
        if let Some(begin) = &self.begin {
            begin.run(&mut socket, own).map_err(failed)?;
            ready = Instant::now();
            counts.starttls.add(ready.saturating_duration_since(connected));
        }
        let stream = connector.connect_with(socket, self.name.clone()).map_err(failed)?;
        counts.handshake.add(ready.elapsed());
        counts.tcp.add(connected.saturating_duration_since(start));
        counts.handshakes.add(1);
        counts.resumed += u64::from(stream.facts().resumed);
        counts.facts = Some(stream.facts().clone());
        self.so_far.fetch_add(1, Ordering::Relaxed);
        Ok(stream)
    }
}

/// The sessions of one thread.
#[derive(Default)]
struct Sessions {
    kept: Vec<Session>,
    /// The newest of them was taken.
    was_taken: bool,
    /// The server takes each but once.
    once: bool,
    /// How often in a row none has come.
    in_vain: u32,
}

impl Sessions {
    fn offer(&mut self) -> Option<Session> {
        if self.once { self.kept.pop() } else { self.kept.last().cloned() }
    }

    fn learn(&mut self, was_offered: bool, was_taken: bool) {
        if was_offered && !was_taken {
            self.once |= self.was_taken;
            self.kept.clear();
        }
        self.was_taken = was_taken;
    }
}

/// Takes what comes, to its end.
fn hear(reader: &mut impl Read, bytes: &mut Tally) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(()),
            len => bytes.add(len as u64),
        }
    }
}

/// Says good bye and hears that of the server, before which its tickets come.
fn finish(stream: &mut Stream<Bounded>) {
    let _ = stream.close();
    stream.get_mut().bound(Instant::now() + PATIENCE);
    let _ = io::copy(&mut stream.take(ENOUGH), &mut io::sink());
}

/// The head of a response: how long the content is, if it says so, and whether the connection stays.
fn head(stream: &mut Stream<Bounded>) -> Result<(Option<u64>, bool), Failure> {
    /// More is no head, in bytes.
    const LONGEST: usize = 16 * 1024;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let before = head.len();
        let room = (LONGEST - before) as u64;
        Read::take(&mut *stream, room).read_until(b'\n', &mut head).map_err(|error| Failure::connected(&error))?;
        if head.len() == before {
            return Err(Failure::broken("the response has no head that could be read"));
        }
    }
    parse(&String::from_utf8_lossy(&head))
}

fn parse(head: &str) -> Result<(Option<u64>, bool), Failure> {
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let code = status.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with("HTTP/1.") || !code.starts_with('2') {
        return Err(Failure::broken(format!("the response is `{}`", crate::escape::text(status))));
    }
    let (mut len, mut keeps) = (None, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            len = value.parse().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            keeps = value.eq_ignore_ascii_case("keep-alive");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Failure::broken("the response comes in chunks, which HTTP/1.0 does not have"));
        }
    }
    // Without a length it ends with the connection.
    Ok((len, keeps && len.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one thread is late with is no reason to call the others slow.
    #[test]
    fn a_rate_is_the_sum_of_those_of_the_threads() {
        let start = Instant::now();
        let until = start + Duration::from_secs(2);
        let tally = |count, last: Option<u64>| {
            let last = last.map(|seconds| start + Duration::from_secs(seconds));
            let mut tally = Tally { count, rate: 0.0, last };
            tally.close(start, until);
            tally
        };
        let mut all = Tally::default();
        for (count, last, expected) in
            // In time; late with the last one; one that has waited for the rest of the time; one that has done nothing.
            [(10, Some(2), 5.0), (20, Some(10), 7.0), (30, Some(1), 22.0), (0, None, 22.0)]
        {
            all.merge(tally(count, last));
            assert!((all.rate - expected).abs() < 1e-9, "{all:?}");
        }
        assert_eq!(all.count, 60);
    }

    #[test]
    fn the_head_of_a_response() {
        for (head, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n", Ok((Some(12), true))),
            ("HTTP/1.1 200 OK\r\ncontent-length: 12\r\nConnection: Close\r\n\r\n", Ok((Some(12), false))),
            ("HTTP/1.0 204 No\r\nConnection: Keep-Alive\r\n\r\n", Ok((None, false))),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Err(())),
            ("HTTP/1.1 404 Not Found\r\n\r\n", Err(())),
            ("SSH-2.0-x 200\r\n\r\n", Err(())),
        ] {
            assert_eq!(parse(head).map_err(drop), expected, "{head}");
        }
    }
}
