//! Transports that stop and start at every byte, and end at any.

use std::io::{self, ErrorKind, Read, Write};

/// What a transport does to its user.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The most bytes of a read.
    pub read: usize,
    /// The most bytes of a write.
    pub write: usize,
    /// Refuses every call once before it serves it.
    pub refusal: Option<ErrorKind>,
}

impl Faults {
    /// None at all.
    pub const NONE: Self = Self { read: usize::MAX, write: usize::MAX, refusal: None };
}

/// A transport with faults.
pub struct Faulty<S> {
    inner: S,
    faults: Faults,
    /// Whether the last read was refused, and the last write.
    refused: [bool; 2],
}

impl<S> Faulty<S> {
    /// Puts faults into a transport.
    pub fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults, refused: [false; 2] }
    }

    /// The transport.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn refuse(&mut self, direction: usize) -> io::Result<()> {
        // Each direction by itself: one that is never ready because the other was asked is no transport.
        self.refused[direction] = !self.refused[direction];
        match self.faults.refusal.filter(|_| self.refused[direction]) {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }
}

impl<S: Read> Read for Faulty<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.refuse(0)?;
        let len = buf.len().min(self.faults.read);
        self.inner.read(&mut buf[..len])
    }
}

impl<S: Write> Write for Faulty<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.refuse(1)?;
        self.inner.write(&buf[..buf.len().min(self.faults.write)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.refuse(1)?;
        self.inner.flush()
    }
}

/// Says what it was given, and then something else for ever; nothing else is its end. It takes whatever it is told.
pub struct Script {
    bytes: Vec<u8>,
    at: usize,
    then: Option<ErrorKind>,
}

impl Script {
    /// Says `bytes`, and then that `then` has happened.
    pub fn new(bytes: &[u8], then: Option<ErrorKind>) -> Self {
        Self { bytes: bytes.to_vec(), at: 0, then }
    }
}

impl Read for Script {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = (&self.bytes[self.at..]).read(buf)?;
        self.at += len;
        match self.then {
            Some(kind) if len == 0 => Err(kind.into()),
            _ => Ok(len),
        }
    }
}

impl Write for Script {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hears everything up to some byte, and then nothing any more.
pub struct Deafening<S> {
    inner: S,
    /// How many bytes it still takes.
    pub takes: usize,
    /// What it says then.
    pub then: ErrorKind,
}

impl<S> Deafening<S> {
    /// Takes `takes` bytes, and then says `then`.
    pub fn new(inner: S, takes: usize, then: ErrorKind) -> Self {
        Self { inner, takes, then }
    }
}

impl<S: Read> Read for Deafening<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf)
    }
}

impl<S: Write> Write for Deafening<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match buf.len().min(self.takes) {
            0 => Err(self.then.into()),
            now => {
                let taken = self.inner.write(&buf[..now])?;
                self.takes -= taken;
                Ok(taken)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
