//! How many files the system lets the program have open, sockets among them, and how many clients wait to be accepted.

use std::io;
use std::net::TcpListener;

/// How many clients may wait in the system's queue. It may have a limit of its own (net.core.somaxconn).
#[cfg(unix)]
const QUEUE: i32 = 4_096;

/// Makes the queue longer than that of [`TcpListener::bind`], which a crowd fills in a moment: the next one would have to try
/// again in a second. Where that is not possible it stays as it is.
pub(crate) fn queue(listener: &TcpListener) {
    #[cfg(unix)]
    let _ = rustix::net::listen(listener, QUEUE);
    #[cfg(not(unix))]
    let _ = listener;
}

/// Whether a connection, or a file, was not to be had because the system has, or gives, no more of what it takes.
pub(crate) fn are_short(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM))
    }
    // WSAEMFILE and WSAENOBUFS; ERROR_TOO_MANY_OPEN_FILES.
    #[cfg(not(unix))]
    matches!(error.raw_os_error(), Some(10_024 | 10_055 | 4))
}

/// What is open besides connections: standard streams, what listens, a client that waits for its turn, and files that are being read.
const OTHERS: u64 = 32;

/// Fewer of them than would be good.
pub(crate) struct Short {
    pub(crate) has: u64,
    pub(crate) wanted: u64,
    /// For so many connections it is enough.
    pub(crate) room: u64,
}

/// Takes as many as so many connections want, with a file for each where `files` are served. Gives what there is where that cannot
/// be.
#[cfg(unix)]
pub(crate) fn raise(connections: u32, files: bool) -> Option<Short> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let each = if files { 2 } else { 1 };
    let wanted = u64::from(connections).saturating_mul(each).saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None is no limit.
    let has = current.filter(|has| *has < wanted)?;
    let possible = maximum.map_or(wanted, |most| most.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum });
    let has = if raised.is_ok() { possible } else { has };
    (has < wanted).then(|| Short { has, wanted, room: has.saturating_sub(OTHERS) / each })
}

/// There is no such limit.
#[cfg(not(unix))]
pub(crate) fn raise(_: u32, _: bool) -> Option<Short> {
    None
}
