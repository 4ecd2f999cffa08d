//! As much of an HTTP/1.1 server as showing files takes: GET and HEAD, one after the other on a connection.

use super::client::{Client, is_truncated};
use super::incoming::Incoming;
use super::request::{HEAD_LIMIT, Method, Request, Wrong};
use super::{date, reply};
use crate::bounded::Bounded;
use handfast::{Clock, SystemClock};
use handfast_net::Stream;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};

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
/// The connection ends with it: it takes what others lack.
pub(crate) const UNAVAILABLE: Status = Status(503, "Service Unavailable");
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

/// How much is sent before the handshake is complete, in bytes: what takes longer would be cut off with the
/// time that the handshake has, and whoever replays requests is not sent more than a little.
const EARLY_LIMIT: u64 = 16 * 1024;

/// What an answer counts for without its body, in bytes: some more than the head of any.
const EARLY_HEAD: u64 = 512;

/// Answers requests until the client has no more, or one that leaves the connection in doubt.
pub(super) fn serve(client: &mut Client<'_>, answer: impl Fn(&Stream<Bounded>, &Request) -> Answer) -> io::Result<()> {
    let mut come = Incoming::default();
    let goes_on = serve_early(client, &mut come, &answer)?;
    // Whatever became of the early requests: the client is told that it is connected, and gets its tickets.
    client.settle()?;
    if goes_on { serve_on(client, &mut come, &answer) } else { Ok(()) }
}

/// The same on a connection that is complete, after what has `come`.
pub(super) fn serve_on(
    client: &mut Client<'_>,
    come: &mut Incoming,
    answer: &impl Fn(&Stream<Bounded>, &Request) -> Answer,
) -> io::Result<()> {
    loop {
        let Some(head) = client.ask(|client| read_head(client, come))? else { return Ok(()) };
        let reply = match head {
            Head::Whole(head) => Reply::to(&head, METHOD_NOT_ALLOWED, |request| answer(client.stream(), request)),
            Head::TooSlow => Reply::last(TIMEOUT),
            Head::TooLong => Reply::last(HEAD_TOO_LARGE),
        };
        let keep_alive = reply.keep_alive;
        client.answer();
        send(client, reply.answer, reply.method, keep_alive)?;
        if !keep_alive {
            return Ok(());
        }
    }
}

/// Answers the requests that come before the handshake is complete. Somebody may have recorded them: what would do something
/// is not done, and the client is told to send it later (RFC 8470 §5.2).
///
/// Reads all early data, for what of it is left in the stream nobody would ever see; there is no more of it than
/// [`EARLY_DATA_MOST`](super::sessions::EARLY_DATA_MOST). What is answered later, when the client is the one it says it is, has
/// `come` then: the front of a request, or one whose answer is long and those behind it. Says whether there can be others.
fn serve_early(
    client: &mut Client<'_>,
    come: &mut Incoming,
    answer: &impl Fn(&Stream<Bounded>, &Request) -> Answer,
) -> io::Result<bool> {
    let mut buffer = vec![0; 16 * 1024];
    let mut left = EARLY_LIMIT;
    // One that is answered later; those behind it wait for it.
    let mut first: Option<Vec<u8>> = None;
    loop {
        match client.read_early(&mut buffer)? {
            0 => break,
            len => come.push(&buffer[..len]),
        }
        while first.is_none()
            && let Some(head) = come.take_head()
        {
            let reply = Reply::to(&head, TOO_EARLY, |request| answer(client.stream(), request));
            let Some(after) = left.checked_sub(reply.answer.body.len().saturating_add(EARLY_HEAD)) else {
                first = Some(head);
                break;
            };
            left = after;
            let keep_alive = reply.keep_alive;
            send(&mut client.stream().early_data(), reply.answer, reply.method, keep_alive)?;
            if !keep_alive {
                return Ok(false);
            }
        }
        if first.is_none() && come.rest().len() > HEAD_LIMIT {
            send(&mut client.stream().early_data(), Answer::plain(HEAD_TOO_LARGE), Method::Get, false)?;
            return Ok(false);
        }
    }
    if let Some(mut first) = first {
        first.extend_from_slice(come.rest());
        *come = Incoming::default();
        come.push(&first);
    }
    Ok(true)
}

/// What is said to one request.
struct Reply {
    answer: Answer,
    method: Method,
    /// Whether there can be another.
    keep_alive: bool,
}

impl Reply {
    /// A status, after which there is nothing to come.
    fn last(status: Status) -> Self {
        Self { answer: Answer::plain(status), method: Method::Get, keep_alive: false }
    }

    /// The answer to a request; one that would do something gets `refusal`.
    fn to(head: &[u8], refusal: Status, answer: impl FnOnce(&Request) -> Answer) -> Self {
        match Request::read(head) {
            Err(Wrong::Bad) => Self::last(BAD_REQUEST),
            Err(Wrong::Version) => Self::last(VERSION_NOT_SUPPORTED),
            Ok(request) if request.method == Method::Other => Self { method: Method::Other, ..Self::last(refusal) },
            Ok(request) => {
                let answer = answer(&request);
                let keep_alive = request.keep_alive && answer.status != UNAVAILABLE;
                Self { answer, method: request.method, keep_alive }
            }
        }
    }
}

/// What came before the time was up.
enum Head {
    Whole(Vec<u8>),
    TooSlow,
    TooLong,
}

/// Reads to the empty line; nothing where the client has no more requests. All of it has to be there in time, however slowly it comes (docs/regressions.md row 16).
fn read_head(client: &mut Client<'_>, come: &mut Incoming) -> io::Result<Option<Head>> {
    let deadline = client.deadline();
    let mut buffer = vec![0; HEAD_LIMIT];
    loop {
        if let Some(head) = come.take_head() {
            return Ok(Some(Head::Whole(head)));
        }
        if come.rest().len() > HEAD_LIMIT {
            return Ok(Some(Head::TooLong));
        }
        let has_begun = !come.rest().is_empty();
        match client.read_by(deadline, &mut buffer) {
            Ok(0) => return Ok(None),
            Ok(len) => come.push(&buffer[..len]),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                return Ok(has_begun.then_some(Head::TooSlow));
            }
            // Between two requests many clients hang up without a word, and nothing is missing.
            Err(error) if !has_begun && is_truncated(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
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
