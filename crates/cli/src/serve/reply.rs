//! `--reply-size`: so many bytes for every line or request, to measure with.

use super::http::{self, Answer, Body, OK};
use super::socket::Shared;
use super::{read, settle};
use handfast_net::Stream;
use std::io::{self, Read, Write};
use std::time::Duration;

/// What is sent, over and over.
const FILLING: [u8; 16 * 1024] = [b'x'; 16 * 1024];

/// The longest line, in bytes. One that is longer counts as several.
const LINE: usize = 16 * 1024;

/// Answers each line with `size` bytes, the last of which ends a line; and to a client whose first line is a request of HTTP/1,
/// each request with so many.
pub(crate) fn serve(stream: &mut Stream<Shared>, timeout: Duration, size: u64) -> io::Result<()> {
    // It does no harm if it comes twice: it is answered like the rest, when the client is known.
    let mut begun = Vec::new();
    let mut buffer = vec![0; LINE];
    loop {
        match stream.early_data().read(&mut buffer)? {
            0 => break,
            len => begun.extend_from_slice(&buffer[..len]),
        }
    }
    settle(stream, timeout)?;
    while line_end(&begun).is_none() {
        match read(stream, &mut buffer)? {
            // A last line without an end is one.
            0 if begun.is_empty() => return Ok(()),
            0 => return send(stream, size),
            len => begun.extend_from_slice(&buffer[..len]),
        }
    }
    if is_http(&begun) {
        return http::serve_begun(stream, timeout, begun, &|_, _| Answer {
            status: OK,
            content_type: "application/octet-stream",
            body: Body::Filling(size),
            location: None,
        });
    }
    loop {
        while let Some(end) = line_end(&begun) {
            begun.drain(..end);
            send(stream, size)?;
        }
        match read(stream, &mut buffer)? {
            0 if begun.is_empty() => return Ok(()),
            0 => return send(stream, size),
            len => begun.extend_from_slice(&buffer[..len]),
        }
    }
}

/// Writes so many bytes, the last of which ends a line.
pub(super) fn fill(to: &mut impl Write, size: u64) -> io::Result<()> {
    let Some(mut left) = size.checked_sub(1) else { return Ok(()) };
    while left > 0 {
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(FILLING.len());
        to.write_all(&FILLING[..len])?;
        left -= len as u64;
    }
    to.write_all(b"\n")
}

fn send(stream: &mut Stream<Shared>, size: u64) -> io::Result<()> {
    fill(stream, size)?;
    stream.flush()
}

/// The offset behind the first line, if it is all there.
fn line_end(come: &[u8]) -> Option<usize> {
    let end = come.iter().take(LINE).position(|byte| *byte == b'\n').map(|at| at + 1);
    end.or_else(|| (come.len() >= LINE).then_some(LINE))
}

/// Whether the first line is that of a request (RFC 9112 §3).
fn is_http(come: &[u8]) -> bool {
    let line = come.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_bytes_as_were_asked_for() {
        for size in [0, 1, 2, 16 * 1024, 16 * 1024 + 1, 16 * 1024 + 2, 100_000] {
            let mut out = Vec::new();
            fill(&mut out, size).unwrap();
            assert_eq!((out.len() as u64, out.last().copied()), (size, (size > 0).then_some(b'\n')));
        }
    }

    #[test]
    fn lines_and_requests() {
        assert_eq!(line_end(b"a\nb"), Some(2));
        assert_eq!(line_end(b"ab"), None);
        assert_eq!(line_end(&[b'a'; LINE + 1]), Some(LINE));
        assert!(is_http(b"GET / HTTP/1.1\r\nHost: a\r\n") && is_http(b"GET / HTTP/1.0\n"));
        assert!(!is_http(b"GET /\r\n") && !is_http(b"hello\nGET / HTTP/1.1\r\n"));
    }
}
