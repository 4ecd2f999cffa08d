//! As much of an HTTP/1.1 server as showing files takes: GET and HEAD, one after the other on a connection.

use super::date;
use super::request::{HEAD_LIMIT, Method, Request, Wrong};
use super::socket::Shared;
use super::{reply, settle};
use handfast::{Clock, SystemClock, Truncated};
use handfast_net::Stream;
use std::fs::File;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::mem;
use std::time::{Duration, Instant};

/// What a request is answered with.
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) content_type: &'static str,
    pub(crate) body: Body,
    /// Where else to look.
    pub(crate) location: Option<String>,
}

/// What is sent.
pub(crate) enum Body {
    Text(String),
    File(File, u64),
    /// So many bytes of nothing.
    Filling(u64),
}

impl Body {
    /// The length in bytes.
    fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File(_, len) | Self::Filling(len) => *len,
        }
    }
}

/// A status code and its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u16, pub(crate) &'static str);

pub(crate) const OK: Status = Status(200, "OK");
pub(crate) const MOVED: Status = Status(301, "Moved Permanently");
pub(crate) const NOT_FOUND: Status = Status(404, "Not Found");
const BAD_REQUEST: Status = Status(400, "Bad Request");
const METHOD_NOT_ALLOWED: Status = Status(405, "Method Not Allowed");
const TOO_EARLY: Status = Status(425, "Too Early");
const TIMEOUT: Status = Status(408, "Request Timeout");
const HEAD_TOO_LARGE: Status = Status(431, "Request Header Fields Too Large");
const VERSION_NOT_SUPPORTED: Status = Status(505, "HTTP Version Not Supported");

impl Answer {
    /// A status, with its name as the content.
    pub(crate) fn plain(status: Status) -> Self {
        let body = Body::Text(format!("{} {}\n", status.0, status.1));
        Self { status, content_type: "text/plain; charset=utf-8", body, location: None }
    }
}

/// The longest body that is sent before the handshake is complete, in bytes: what takes longer would be cut off with the
/// time that the handshake has, and whoever replays a request is not sent more than a little.
const EARLY_LIMIT: u64 = 16 * 1024;

/// Answers requests until the client has no more, or one that leaves the connection in doubt.
pub(crate) fn serve(
    stream: &mut Stream<Shared>,
    timeout: Duration,
    answer: impl Fn(&Stream<Shared>, &Request) -> Answer,
) -> io::Result<()> {
    let begun = serve_early(stream, &answer)?;
    // Whatever became of the early requests: the client is told that it is connected, and gets its tickets.
    settle(stream, timeout)?;
    match begun {
        Some(begun) => serve_begun(stream, timeout, begun, &answer),
        None => Ok(()),
    }
}

/// The same on a connection that is complete, after what has `begun`.
pub(crate) fn serve_begun(
    stream: &mut Stream<Shared>,
    timeout: Duration,
    mut begun: Vec<u8>,
    answer: &impl Fn(&Stream<Shared>, &Request) -> Answer,
) -> io::Result<()> {
    loop {
        let next = match take_head(&mut begun) {
            Some(head) => Head::Whole(head),
            None => read_head(stream, timeout, mem::take(&mut begun))?,
        };
        let head = match next {
            Head::Whole(head) => head,
            Head::None => return Ok(()),
            Head::TooSlow => return send(stream, Answer::plain(TIMEOUT), Method::Get, false),
            Head::TooLong => return send(stream, Answer::plain(HEAD_TOO_LARGE), Method::Get, false),
        };
        let reply = Reply::to(&head, METHOD_NOT_ALLOWED, |request| answer(stream, request));
        let keep_alive = reply.keep_alive;
        send(stream, reply.answer, reply.method, keep_alive)?;
        if !keep_alive {
            return Ok(());
        }
    }
}

/// Answers the requests that come before the handshake is complete. Somebody may have recorded them: what would do something
/// is not done, and the client is told to send it later (RFC 8470 §5.2).
///
/// Gives what is answered later, when the client is the one it says it is: the front of a request, or one whose answer is
/// long; `None` when there is to be no other.
fn serve_early(
    stream: &mut Stream<Shared>,
    answer: &impl Fn(&Stream<Shared>, &Request) -> Answer,
) -> io::Result<Option<Vec<u8>>> {
    let mut come = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.early_data().read(&mut buffer)? {
            0 => return Ok(Some(come)),
            len => come.extend_from_slice(&buffer[..len]),
        }
        while let Some(mut head) = take_head(&mut come) {
            let reply = Reply::to(&head, TOO_EARLY, |request| answer(stream, request));
            if reply.answer.body.len() > EARLY_LIMIT {
                head.append(&mut come);
                return Ok(Some(head));
            }
            let keep_alive = reply.keep_alive;
            send(&mut stream.early_data(), reply.answer, reply.method, keep_alive)?;
            if !keep_alive {
                return Ok(None);
            }
        }
        if come.len() > HEAD_LIMIT {
            send(&mut stream.early_data(), Answer::plain(HEAD_TOO_LARGE), Method::Get, false)?;
            return Ok(None);
        }
    }
}

/// Takes the first head that is whole.
fn take_head(come: &mut Vec<u8>) -> Option<Vec<u8>> {
    // RFC 9112 §2.2: an empty line before a request is ignored.
    let blank = come.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    come.drain(..blank);
    let end = end_of_head(come, 0).filter(|end| *end <= HEAD_LIMIT)?;
    Some(come.drain(..end).collect())
}

/// What is said to one request.
struct Reply {
    answer: Answer,
    method: Method,
    /// Whether there can be another.
    keep_alive: bool,
}

impl Reply {
    /// The answer to a request; one that would do something gets `refusal`.
    fn to(head: &[u8], refusal: Status, answer: impl FnOnce(&Request) -> Answer) -> Self {
        let last = |status| Self { answer: Answer::plain(status), method: Method::Get, keep_alive: false };
        match Request::read(head) {
            Err(Wrong::Bad) => last(BAD_REQUEST),
            Err(Wrong::Version) => last(VERSION_NOT_SUPPORTED),
            Ok(request) if request.method == Method::Other => Self { method: Method::Other, ..last(refusal) },
            Ok(request) => Self { answer: answer(&request), method: request.method, keep_alive: request.keep_alive },
        }
    }
}

/// What came before the time was up.
enum Head {
    Whole(Vec<u8>),
    /// The client has no more requests.
    None,
    TooSlow,
    TooLong,
}

/// Reads to the empty line, after what has `begun` without one. All of it has to be there in time, however slowly it comes (docs/regressions.md row 16).
fn read_head(stream: &mut Stream<Shared>, timeout: Duration, begun: Vec<u8>) -> io::Result<Head> {
    let deadline = Instant::now() + timeout;
    let mut head = begun;
    loop {
        let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
            return Ok(if head.is_empty() { Head::None } else { Head::TooSlow });
        };
        stream.get_ref().set_read_timeout(left)?;
        let data = match stream.fill_buf() {
            Ok(data) => data,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            // Between two requests many clients hang up without a word, and nothing is missing.
            Err(error) if head.is_empty() && is_truncated(&error) => return Ok(Head::None),
            Err(error) => return Err(error),
        };
        if data.is_empty() {
            return Ok(Head::None);
        }
        let start = head.len();
        head.extend_from_slice(data);
        // RFC 9112 §2.2: an empty line before a request is ignored.
        let blank = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        // What was looked at before is not looked at again, but for an empty line that came in pieces.
        if let Some(end) = end_of_head(&head, blank.max(start.saturating_sub(3))).filter(|end| *end <= HEAD_LIMIT) {
            stream.consume(end - start);
            head.truncate(end);
            head.drain(..blank);
            return Ok(Head::Whole(head));
        }
        let taken = head.len() - start;
        stream.consume(taken);
        if head.len() > HEAD_LIMIT {
            return Ok(Head::TooLong);
        }
    }
}

/// The offset behind the empty line, looking from `from`.
fn end_of_head(head: &[u8], from: usize) -> Option<usize> {
    let lines = head.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    lines.into_iter().find_map(|next| match head.get(next..)? {
        [b'\n', ..] => Some(next + 1),
        [b'\r', b'\n', ..] => Some(next + 2),
        _ => None,
    })
}

/// Whether the client has hung up without close_notify.
pub(crate) fn is_truncated(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Truncated>()) || error.kind() == ErrorKind::ConnectionReset
}

fn send(stream: &mut impl Write, answer: Answer, method: Method, keep_alive: bool) -> io::Result<()> {
    let Answer { status, content_type, body, location } = answer;
    let length = body.len();
    let mut head = format!(
        "HTTP/1.1 {} {}\r\nDate: {}\r\nServer: handfast\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: {}\r\n",
        status.0,
        status.1,
        date::http(SystemClock.now().as_secs()),
        if keep_alive { "keep-alive" } else { "close" },
    );
    if status == METHOD_NOT_ALLOWED {
        head.push_str("Allow: GET, HEAD\r\n");
    }
    if let Some(location) = location {
        head.push_str(&format!("Location: {location}\r\n"));
    }
    head.push_str("\r\n");
    match body {
        _ if method == Method::Head => stream.write_all(head.as_bytes())?,
        Body::Text(text) => stream.write_all((head + &text).as_bytes())?,
        Body::Filling(length) => {
            stream.write_all(head.as_bytes())?;
            reply::fill(stream, length)?;
        }
        Body::File(file, length) => {
            stream.write_all(head.as_bytes())?;
            // A file that became shorter leaves the client waiting; an error closes without close_notify, as it should.
            if io::copy(&mut file.take(length), stream)? < length {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "a file became shorter while it was sent"));
            }
        }
    }
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for (head, end) in [
            (&b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest"[..], Some(24)),
            (b"GET / HTTP/1.1\nA: b\n\nrest", Some(21)),
            (b"GET / HTTP/1.1\r\nA: b\r\n", None),
            (b"GET / HTTP/1.1\r\nA: b\r\n\r", None),
            (b"", None),
        ] {
            assert_eq!(end_of_head(head, 0), end, "{}", head.escape_ascii());
        }
        assert_eq!(end_of_head(b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", 4), Some(22));
    }
}
