//! Both directions at once: standard input to the server, the server to standard output.
//!
//! A thread reads standard input and seals; the main thread opens and prints. Reading never waits for writing, and the
//! program ends when the server has said its last word, also while standard input could still give something: a read from
//! a terminal cannot be called back, so that thread is left behind.

use super::session::Sessions;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen::Screen;
use handfast_net::{Stream, WriteHalf};
use std::io::{self, IsTerminal, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// The writing half, for the thread that writes and for whoever closes.
type Shared = Arc<Mutex<WriteHalf<TcpStream>>>;

/// Sends `first`, then what standard input says, with `crlf` at the end of each line.
pub(crate) fn talk(
    stream: Stream<TcpStream>,
    first: Vec<u8>,
    crlf: bool,
    sessions: &mut Sessions,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::connected(&error);
    let (mut read, write) = stream.split(TcpStream::try_clone).map_err(failed)?;
    let write: Shared = Arc::new(Mutex::new(write));
    let (writer, unread) = (write.clone(), Arc::new(OnceLock::new()));
    let torn = unread.clone();
    thread::Builder::new()
        .name("stdin".to_string())
        .spawn(move || {
            let input: Box<dyn Read> = if crlf { Box::new(Lines::new(io::stdin())) } else { Box::new(io::stdin()) };
            if let Err(error) = send(io::Cursor::new(first).chain(input), &writer) {
                // Set once, by this thread alone; and before close_notify, whose answer ends the program.
                let _ = torn.set(error);
            }
            let _ = writer.lock().unwrap_or_else(PoisonError::into_inner).close();
        })
        .map_err(|error| Failure::io(&error, "no thread for standard input"))?;

    let mut screen = Screen::stdout();
    // Who types would see it in the way.
    let progress = Progress::new("receiving", !screen.is_visible() && !io::stdin().is_terminal());
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match read.read(&mut buffer).map_err(failed)? {
            0 => break,
            len => {
                screen.show(&buffer[..len]).map_err(|error| Failure::output(&error))?;
                progress.add(len);
            }
        }
        // They come between the data, and somebody may end the program before the server does.
        sessions.save()?;
    }
    // While standard input is being sent the half is taken; then the server, which has closed, hears the end of TCP.
    if let Ok(mut write) = write.try_lock() {
        let _ = write.close();
    }
    match unread.get() {
        Some(error) => Err(Failure::io(error, "standard input")),
        None => Ok(()),
    }
}

/// Sends everything. Why a connection does not take it any more is heard on the way back; an error is one of `input`,
/// which then was not all sent.
fn send(mut input: impl Read, write: &Shared) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match input.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) => return Ok(()),
            Err(error) => return Err(error),
            Ok(len) => {
                let mut write = write.lock().unwrap_or_else(PoisonError::into_inner);
                if write.write_all(&buffer[..len]).and_then(|()| write.flush()).is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// What is read, with a carriage return in front of every line feed that has none.
struct Lines<R> {
    input: R,
    /// What was read last.
    last: u8,
}

impl<R> Lines<R> {
    fn new(input: R) -> Self {
        Self { input, last: 0 }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Half of it, so that there is room where every byte ends a line.
        let mut read = vec![0; buffer.len() / 2];
        let len = self.input.read(&mut read)?;
        let mut filled = 0;
        for &byte in &read[..len] {
            if byte == b'\n' && self.last != b'\r' {
                buffer[filled] = b'\r';
                filled += 1;
            }
            buffer[filled] = byte;
            filled += 1;
            self.last = byte;
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_they_have_to() {
        let input = b"a\n\nb\r\nc\r\rd\n";
        for size in 2..12 {
            let (mut lines, mut buffer, mut out) = (Lines::new(&input[..]), vec![0; size], Vec::new());
            loop {
                match lines.read(&mut buffer).unwrap() {
                    0 => break,
                    len => out.extend_from_slice(&buffer[..len]),
                }
            }
            assert_eq!(out.escape_ascii().to_string(), "a\\r\\n\\r\\nb\\r\\nc\\r\\rd\\r\\n", "{size}");
        }
    }
}
