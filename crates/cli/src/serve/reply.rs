//! `--reply-size`: so many bytes for every line or request, to measure with.

use super::client::Client;
use super::http::{self, Answer, Body, OK};
use super::incoming::{Incoming, LINE};
use std::io::{self, Write};

/// What is sent, over and over.
const FILLING: [u8; 16 * 1024] = [b'x'; 16 * 1024];

/// Answers each line with `size` bytes, the last of which ends a line; and to a client whose first line is a request of HTTP/1,
/// each request with so many.
pub(super) fn serve(client: &mut Client<'_>, size: u64) -> io::Result<()> {
    let mut come = Incoming::default();
    let mut buffer = vec![0; LINE];
    // It does no harm if it comes twice: it is answered like the rest, when the client is known. There is no more of it than
    // `sessions::EARLY_DATA_MOST`.
    loop {
        match client.read_early(&mut buffer)? {
            0 => break,
            len => come.push(&buffer[..len]),
        }
    }
    client.settle()?;
    if let Some(len) = read_line(client, &mut come, &mut buffer)?
        && is_http(&come.rest()[..len])
    {
        return http::serve_on(client, &mut come, &|_, _| Answer {
            status: OK,
            content_type: "application/octet-stream",
            body: Body::Filling(size),
            location: None,
        });
    }
    while let Some(len) = read_line(client, &mut come, &mut buffer)? {
        come.take(len);
        client.answer();
        fill(client, size)?;
        client.flush()?;
    }
    Ok(())
}

/// Reads until the first line is all there, and gives its length; `None` when there is no more. All of it has to be there in
/// time, however slowly it comes (docs/regressions.md row 16).
fn read_line(client: &mut Client<'_>, come: &mut Incoming, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let deadline = client.deadline();
    client.ask(|client| {
        loop {
            if let found @ Some(_) = come.line() {
                return Ok(found);
            }
            match client.read_by(deadline, buffer)? {
                // A last line without an end is one.
                0 => return Ok(Some(come.rest().len()).filter(|len| *len > 0)),
                len => come.push(&buffer[..len]),
            }
        }
    })
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

/// Whether a line is the first of a request (RFC 9112 §3).
fn is_http(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
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
    fn requests() {
        assert!(is_http(b"GET / HTTP/1.1\r\n") && is_http(b"GET / HTTP/1.0\n"));
        assert!(!is_http(b"GET /\r\n") && !is_http(b"hello\n"));
    }
}
