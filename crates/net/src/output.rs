//! What the transport has not taken yet.

use crate::error::{io_error, is_not_now};
use handfast::Error;
use std::io::{self, ErrorKind, Write};

/// One buffer for what is sent. What the engine has sealed stays here until the transport has taken it, so that a transport
/// may stop at any byte: a record can be sealed only once.
#[derive(Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// How many of them the transport has.
    sent: usize,
    total: u64,
    /// The transport has taken bytes and was not flushed since: it may keep them to itself.
    is_unflushed: bool,
    /// An error that a call could not tell, because it had done what it was asked for.
    parked: Option<io::Error>,
}

/// How much data one call seals, and how much may wait before a call seals nothing, in bytes. Together with the records'
/// overhead they bound the buffer.
const AT_ONCE: usize = 64 * 1024;

impl Output {
    /// What waits already.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// Where the engine appends.
    pub(crate) fn vec(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.sent.min(self.bytes.len()));
        self.sent = 0;
        &mut self.bytes
    }

    /// Gives the transport what waits.
    ///
    /// # Errors
    /// What the transport says; what it has not taken still waits then.
    pub(crate) fn send(&mut self, io: &mut impl Write) -> io::Result<()> {
        if let Some(error) = self.parked.take() {
            return Err(error);
        }
        while let Some(rest) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let most = rest.len();
            let taken = match io.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => taken.min(most),
                Err(error) if error.kind() == ErrorKind::Interrupted => 0,
                Err(error) => return Err(error),
            };
            self.sent = self.sent.saturating_add(taken);
            self.is_unflushed |= taken > 0;
            self.total = self.total.saturating_add(taken as u64);
        }
        self.bytes.clear();
        self.sent = 0;
        Ok(())
    }

    /// Gives the transport what waits, and sees to it that the peer gets it.
    ///
    /// # Errors
    /// What the transport says.
    pub(crate) fn flush(&mut self, io: &mut impl Write) -> io::Result<()> {
        self.send(io)?;
        while self.is_unflushed {
            match io.flush() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                flushed => {
                    flushed?;
                    self.is_unflushed = false;
                }
            }
        }
        Ok(())
    }

    /// Lets `seal` append at most so many bytes of data, and sends it as far as the transport takes it. Says how much it
    /// was.
    ///
    /// # Errors
    /// What the transport says about what waited before, and then nothing was sealed; or what `seal` says. Once data is
    /// sealed it has been written, and an error of the transport is the next call's.
    pub(crate) fn write(
        &mut self,
        io: &mut impl Write,
        seal: impl FnOnce(usize, &mut Vec<u8>) -> Result<usize, Error>,
    ) -> io::Result<usize> {
        match self.send(io) {
            Err(error) if is_not_now(&error) && self.waiting() < AT_ONCE => {}
            sent => sent?,
        }
        let sealed = seal(AT_ONCE, self.vec()).map_err(io_error)?;
        self.send_if_possible(io);
        Ok(sealed)
    }

    /// Sends what the transport takes now. An error of the transport is left for the next call.
    pub(crate) fn send_if_possible(&mut self, io: &mut impl Write) {
        match self.send(io) {
            Err(error) if !is_not_now(&error) => self.park(error),
            _ => {}
        }
    }

    /// Leaves an error for the next call.
    pub(crate) fn park(&mut self, error: io::Error) {
        self.parked = Some(error);
    }

    /// An error that waits to be told.
    pub(crate) fn parked(&mut self) -> Option<io::Error> {
        self.parked.take()
    }

    /// How many bytes the transport has not taken.
    pub(crate) fn waiting(&self) -> usize {
        self.bytes.len().saturating_sub(self.sent)
    }

    /// How many bytes the transport has taken.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes what it is told to, call by call, and then nothing.
    struct Script {
        answers: Vec<io::Result<usize>>,
        taken: Vec<u8>,
    }

    impl Script {
        fn new(answers: impl IntoIterator<Item = io::Result<usize>>) -> Self {
            let mut answers: Vec<_> = answers.into_iter().collect();
            answers.reverse();
            Self { answers, taken: Vec::new() }
        }
    }

    impl Write for Script {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            let taken = self.answers.pop().unwrap_or(Err(ErrorKind::WouldBlock.into()))?;
            self.taken.extend_from_slice(&buf[..taken.min(buf.len())]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn write(output: &mut Output, io: &mut Script, data: &[u8]) -> io::Result<usize> {
        output.write(io, |most, out| {
            let now = &data[..data.len().min(most)];
            out.extend_from_slice(now);
            Ok(now.len())
        })
    }

    fn kind(error: ErrorKind) -> io::Result<usize> {
        Err(error.into())
    }

    #[test]
    fn what_was_sealed_is_sent_once_however_the_transport_stutters() {
        let answers = [
            Ok(1),
            kind(ErrorKind::Interrupted),
            Ok(2),
            kind(ErrorKind::WouldBlock),
            Ok(1),
            Ok(9),
            kind(ErrorKind::TimedOut),
        ];
        let mut io = Script::new(answers);
        let mut output = Output::default();
        assert_eq!(write(&mut output, &mut io, b"abcdef").unwrap(), 6);
        assert_eq!((io.taken.as_slice(), output.waiting()), (&b"abc"[..], 3));
        assert_eq!(write(&mut output, &mut io, b"ghi").unwrap(), 3);
        assert_eq!((io.taken.as_slice(), output.waiting()), (&b"abcdef"[..], 3));
        io.answers.push(Ok(usize::MAX));
        output.send(&mut io).unwrap();
        assert_eq!((io.taken.as_slice(), output.total()), (&b"abcdefghi"[..], 9));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut io = Script::new([]);
        let mut output = Output::default();
        let data = vec![1; 10 * AT_ONCE];
        assert_eq!(write(&mut output, &mut io, &data).unwrap(), AT_ONCE);
        for _ in 0..3 {
            assert_eq!(write(&mut output, &mut io, &data).unwrap_err().kind(), ErrorKind::WouldBlock);
            assert_eq!(output.waiting(), AT_ONCE);
        }
    }

    #[test]
    fn the_buffer_does_not_grow_while_it_is_never_empty() {
        let mut output = Output::default();
        for _ in 0..1_000 {
            let mut io = Script::new([kind(ErrorKind::WouldBlock), Ok(999)]);
            write(&mut output, &mut io, &[1; 1_000]).unwrap();
        }
        assert_eq!(output.waiting(), 1_999);
        assert!(output.bytes.capacity() < 8_192);
    }

    #[test]
    fn an_error_after_sealing_is_the_next_calls() {
        let mut io = Script::new([kind(ErrorKind::BrokenPipe), kind(ErrorKind::ConnectionReset)]);
        let mut output = Output::default();
        assert_eq!(write(&mut output, &mut io, b"abc").unwrap(), 3);
        assert_eq!(write(&mut output, &mut io, b"abc").unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(output.waiting(), 3, "the second write has sealed nothing");
        assert_eq!(output.send(&mut io).unwrap_err().kind(), ErrorKind::ConnectionReset);
        io.answers.push(Ok(0));
        assert_eq!(output.send(&mut io).unwrap_err().kind(), ErrorKind::WriteZero);
    }
}
