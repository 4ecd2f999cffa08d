//! What the system tells the program: to stop, or to read its files again.

use crate::failure::Failure;
use std::io;

/// What a signal means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// SIGINT or SIGTERM.
    Stop,
    /// SIGHUP.
    #[cfg_attr(not(unix), expect(dead_code, reason = "no signal says it there"))]
    Reload,
}

/// Calls `act` for every signal from here on, in a thread of its own.
#[cfg(unix)]
pub(crate) fn listen(act: impl Fn(Told) + Send + 'static) -> Result<(), Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use std::io::IsTerminal;

    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(|error| failed(&error))?;
    let was_at_terminal = io::stdin().is_terminal();
    let listening = std::thread::Builder::new().name("signals".to_string()).spawn(move || {
        for signal in &mut signals {
            // A terminal that hangs up says so by the same signal, and is none afterwards: the program ends with it.
            let is_left_behind = was_at_terminal && !io::stdin().is_terminal();
            act(if signal == SIGHUP && !is_left_behind { Told::Reload } else { Told::Stop });
        }
    });
    listening.map(drop).map_err(|error| failed(&error))
}

/// Calls `act` when the program is told to stop; nothing tells it more.
#[cfg(not(unix))]
pub(crate) fn listen(act: impl Fn(Told) + Send + 'static) -> Result<(), Failure> {
    ctrlc::set_handler(move || act(Told::Stop)).map_err(|error| failed(&io::Error::other(error)))
}

fn failed(error: &io::Error) -> Failure {
    Failure::io(error, "signals cannot be handled")
}
