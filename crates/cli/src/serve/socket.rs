//! A socket that two can hold: the thread that serves it, and whoever stops the program.

use handfast_net::{Socket, Timeouts};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<TcpStream>);

impl Shared {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self(Arc::new(socket))
    }

    /// Nothing more is read: whoever waits for it sees the end. What is being written is not disturbed.
    pub(crate) fn end_reading(&self) {
        // A socket that is closed already needs no end.
        let _ = self.0.shutdown(Shutdown::Read);
    }

    /// How long a read waits.
    pub(crate) fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.0.set_read_timeout(Some(timeout))
    }
}

impl Read for Shared {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buf)
    }
}

impl Write for Shared {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        (&*self.0).write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}

impl Socket for Shared {
    fn timeouts(&self) -> io::Result<Timeouts> {
        self.0.timeouts()
    }

    fn set_timeouts(&self, timeouts: Timeouts) -> io::Result<()> {
        self.0.set_timeouts(timeouts)
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.0.set_nodelay(on)
    }
}
