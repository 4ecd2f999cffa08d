//! Both directions at once: standard input to the server, the server to standard output.
//!
//! A thread reads standard input and seals; the main thread opens and prints. Reading never waits for writing, and the
//! program ends when the server has said its last word, also while standard input could still give something: a read from
//! a terminal cannot be called back, so that thread is left behind.

use super::session::Sessions;
use crate::failure::Failure;
use crate::screen::Screen;
use handfast_net::{Stream, WriteHalf};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// The writing half, for the thread that writes and for whoever closes.
type Shared = Arc<Mutex<WriteHalf<TcpStream>>>;

/// Sends `first`, then what standard input says.
pub(crate) fn talk(stream: Stream<TcpStream>, first: Vec<u8>, sessions: &mut Sessions) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::connected(&error);
    let (mut read, write) = stream.split(TcpStream::try_clone).map_err(failed)?;
    let write: Shared = Arc::new(Mutex::new(write));
    let (writer, unread) = (write.clone(), Arc::new(OnceLock::new()));
    let torn = unread.clone();
    thread::Builder::new()
        .name("stdin".to_string())
        .spawn(move || {
            if let Err(error) = send(io::Cursor::new(first).chain(io::stdin()), &writer) {
                // Set once, by this thread alone; and before close_notify, whose answer ends the program.
                let _ = torn.set(error);
            }
            let _ = writer.lock().unwrap_or_else(PoisonError::into_inner).close();
        })
        .map_err(|error| Failure::io(&error, "no thread for standard input"))?;

    let mut screen = Screen::stdout();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match read.read(&mut buffer).map_err(failed)? {
            0 => break,
            len => screen.show(&buffer[..len]).map_err(|error| Failure::output(&error))?,
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
