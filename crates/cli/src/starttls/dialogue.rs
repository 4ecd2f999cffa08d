//! What is said and heard before TLS, within bounds.

use super::Error;
use crate::escape;
use crate::trace::Traced;
use handfast::Direction;
use std::io::{self, ErrorKind, Read, Write};

/// A conversation in the clear.
pub(super) struct Dialogue<'a, S> {
    socket: &'a mut S,
    /// What has come and was not taken.
    come: Vec<u8>,
    /// How much has come, in bytes.
    total: usize,
    /// Whether it is shown.
    traced: Option<Traced>,
    /// How many lines were shown.
    lines: usize,
}

/// The most that a server may say before TLS, in bytes.
pub(super) const TOTAL: usize = 64 * 1024;

/// The most of it that is repeated in an error, or a line of a trace, in characters.
const SHOWN: usize = 200;

/// The most that is shown in a trace, in lines. A server can say a line with a single byte.
const LINES: usize = 200;

/// What is said of a server that answers with an alert of TLS.
pub(super) const ALERT: &str = "an alert of TLS";

impl<'a, S: Read + Write> Dialogue<'a, S> {
    pub(super) fn new(socket: &'a mut S, traced: Option<Traced>) -> Self {
        Self { socket, come: Vec::new(), total: 0, traced, lines: 0 }
    }

    /// Says something. It is no secret, and is shown in a trace.
    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.trace(Direction::Send, bytes.as_ref());
        self.socket.write_all(bytes.as_ref())?;
        self.socket.flush()
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self) -> io::Result<String> {
        let mut line = self.take_until(|come| come.iter().position(|byte| *byte == b'\n').map(|at| at + 1))?;
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
        line.truncate(end);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// The next `len` bytes.
    pub(super) fn exact(&mut self, len: usize) -> io::Result<Vec<u8>> {
        self.take_until(|come| (come.len() >= len).then_some(len))
    }

    /// What comes up to where `end` says, once it can say.
    pub(super) fn take_until(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = end(&self.come) {
                let taken: Vec<_> = self.come.drain(..end.min(self.come.len())).collect();
                self.trace(Direction::Receive, &taken);
                return Ok(taken);
            }
            self.read().inspect_err(|_| {
                // What nobody could make anything of may say why.
                let left = std::mem::take(&mut self.come);
                self.trace(Direction::Receive, &left);
            })?;
        }
    }

    /// TLS begins: from here on nothing may come in the clear.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let left = std::mem::take(&mut self.come);
        self.trace(Direction::Receive, &left);
        match left.len() {
            0 => Ok(()),
            len => Err(Error::Injected(len).into()),
        }
    }

    fn trace(&mut self, direction: Direction, bytes: &[u8]) {
        let Some(traced) = self.traced.filter(|_| !bytes.is_empty() && self.lines <= LINES) else { return };
        self.lines += 1;
        match self.lines > LINES {
            true => traced.clear(direction, "and so on"),
            false => traced.clear(direction, &shown(bytes.trim_ascii_end())),
        }
    }

    fn read(&mut self) -> io::Result<()> {
        // As much as there is: what was sent along with the go-ahead is to be found.
        let mut buffer = [0; 4096];
        let len = loop {
            match self.socket.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if len == 0 {
            return Err(Error::Ended.into());
        }
        self.total += len;
        if self.total > TOTAL {
            return Err(Error::TooLong.into());
        }
        self.come.extend_from_slice(&buffer[..len]);
        // RFC 9846 §5.1: the type of an alert, and the first byte of every version.
        if self.come.starts_with(&[21, 3]) {
            return Err(Error::Unexpected(ALERT.to_string()).into());
        }
        Ok(())
    }
}

/// What a server said, as it is shown.
pub(super) fn shown(said: impl AsRef<[u8]>) -> String {
    let said = said.as_ref();
    // No character takes more than four bytes.
    let text = escape::bytes(said.get(..SHOWN * 4).unwrap_or(said));
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// An answer that does not belong here.
pub(super) fn unexpected(said: impl AsRef<[u8]>) -> io::Error {
    Error::Unexpected(shown(said)).into()
}

/// A no.
pub(super) fn refused(said: impl AsRef<[u8]>) -> io::Error {
    Error::Refused(shown(said)).into()
}
