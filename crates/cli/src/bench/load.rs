//! What one thread does until the time is up, and what all of them have counted.

use super::latency::Latency;
use crate::bounded::Bounded;
use crate::failure::Failure;
use handfast::pki_types::ServerName;
use handfast::{ClientConfig, Facts, Session};
use handfast_net::{Connector, Stream};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
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
    pub(super) config: Arc<ClientConfig>,
    pub(super) timeout: Duration,
    /// How many handshakes and bytes there are so far, for who watches.
    pub(super) so_far: AtomicU64,
}

/// What was counted.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) handshakes: u64,
    pub(super) resumed: u64,
    /// Of them, how long the handshake took without that of TCP.
    pub(super) handshake: Latency,
    /// How long TCP's took.
    pub(super) tcp: Latency,
    /// Requests that were answered.
    pub(super) requests: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    /// By code.
    pub(super) errors: BTreeMap<String, u64>,
    /// Of the last connection.
    pub(super) facts: Option<Facts>,
    /// One that tells more than a code.
    pub(super) failure: Option<Failure>,
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
        self.handshakes += other.handshakes;
        self.resumed += other.resumed;
        self.handshake.merge(&other.handshake);
        self.tcp.merge(&other.tcp);
        self.requests += other.requests;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        for (code, count) in other.errors {
            *self.errors.entry(code).or_default() += count;
        }
        self.facts = other.facts.or(self.facts.take());
        self.failure = self.failure.take().or(other.failure);
    }

    /// Whether anything went well.
    pub(super) fn is_any(&self, work: &Work) -> bool {
        match work {
            Work::Full | Work::Resumed => self.handshakes > 0,
            Work::Down(_) => self.requests > 0,
            Work::Up => self.bytes_out > 0,
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
    /// Does it until then, and gives what was counted.
    pub(super) fn run(&self, work: &Work, until: Instant) -> Counts {
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
        counts.bytes_out += request.len() as u64;
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
            counts.bytes_in += taken as u64;
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
        std::thread::scope(|scope| {
            let back = scope.spawn(move || io::copy(&mut reader, &mut io::sink()));
            let mut sent = Ok(());
            while sent.is_ok() && Instant::now() < until {
                sent = writer.write_all(&data);
                if sent.is_ok() {
                    counts.bytes_out += data.len() as u64;
                    self.so_far.fetch_add(data.len() as u64, Ordering::Relaxed);
                }
            }
            let _ = writer.close();
            // What the server says to the end of it is not what was measured.
            if let Ok(Ok(bytes)) = back.join() {
                counts.bytes_in += bytes;
            }
            sent.map_err(cut)
        })
    }

    /// A connection, counted.
    fn connect(&self, session: Option<Session>, counts: &mut Counts) -> Result<Stream<Bounded>, Failure> {
        let failed = |error: io::Error| Failure::connecting(&error, format!("no connection to {}", self.address));
        let start = Instant::now();
        let socket = TcpStream::connect_timeout(&self.address, self.timeout).map_err(failed)?;
        let connected = Instant::now();
        let mut connector = Connector::new(self.config.clone()).handshake_timeout(Some(self.timeout));
        if let Some(session) = session {
            connector = connector.session(session);
        }
        socket.set_nodelay(true).map_err(failed)?;
        let socket = Bounded::new(socket, start + self.timeout);
        let stream = connector.connect_with(socket, self.name.clone()).map_err(failed)?;
        counts.handshake.add(connected.elapsed());
        counts.tcp.add(connected.saturating_duration_since(start));
        counts.handshakes += 1;
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
