//! Responses over transports that misbehave at any byte: they are whole, or an error.

use crate::{Dial, ask, client, io_error, setup};
use handfast_hyper::Connector;
use handfast_net::{Acceptor as Blocking, Connector as BlockingConnector};
use handfast_testkit::adapter::{polled, read_patiently, write_patiently};
use handfast_testkit::fault::{Faults, Faulty, Script};
use handfast_testkit::pipe::Pipe;
use handfast_testkit::world::NAME;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A transport that never waits, polled.
struct Polled<S>(S);

impl<S> Connection for Polled<S> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl<S: Read + Unpin> AsyncRead for Polled<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = self.0.read(buf.initialize_unfilled());
        polled(cx, read.map(|len| buf.advance(len)))
    }
}

impl<S: Write + Unpin> AsyncWrite for Polled<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.0.write(data);
        polled(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.0.flush();
        polled(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// A server that answers when it was asked: what is behind its handshake is held back until the client's is, too.
struct Held<S> {
    inner: S,
    /// How much may be read without a request.
    free: usize,
    /// How much is written before a request.
    handshake: usize,
}

impl<S: Read> Read for Held<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.handshake == 0 {
            return self.inner.read(buf);
        }
        let most = buf.len().min(self.free);
        if most == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let len = self.inner.read(&mut buf[..most])?;
        self.free -= len;
        Ok(len)
    }
}

impl<S: Write> Write for Held<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let len = self.inner.write(buf)?;
        self.handshake = self.handshake.saturating_sub(len);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A response whose end is that of the connection, so that only TLS can tell whether it is whole.
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nforty-two";

/// What a server says. With repeatable randomness it fits every client.
struct Session {
    bytes: Vec<u8>,
    /// How much of it is the handshake.
    free: usize,
    /// How long the client's part of the handshake is, and the first byte of a request.
    handshake: usize,
}

impl Session {
    fn record() -> Self {
        let made = setup(&["http/1.1"], &["http/1.1"]).make();
        let (ours, theirs) = Pipe::new();
        let (asked, said) = (ours.tap(), theirs.tap());
        let mut client = BlockingConnector::new(made.client).begin(ours, NAME.try_into().unwrap()).unwrap();
        let mut server = Blocking::new(made.server).begin(theirs).unwrap();
        for _ in 0..2 {
            let _ = client.handshake();
            let _ = server.handshake();
        }
        let (free, handshake) = (said.written().len(), asked.written().len() + 1);
        write_patiently(&mut server, RESPONSE).unwrap();
        server.close().unwrap();
        assert_eq!(read_patiently(&mut client).unwrap(), RESPONSE);
        Self { bytes: said.written(), free, handshake }
    }

    /// The body that a client hears who hears so much of it, and then that something has happened.
    async fn hear(
        &self,
        len: usize,
        then: Option<ErrorKind>,
        faults: Faults,
    ) -> Result<String, Box<dyn std::error::Error>> {
        let tls = handfast_tokio::Connector::new(setup(&["http/1.1"], &["http/1.1"]).make().client);
        let (bytes, free, handshake) = (self.bytes[..len].to_vec(), self.free, self.handshake);
        let dial = Dial(move |_| {
            let held = Held { inner: Script::new(&bytes, then), free, handshake };
            TokioIo::new(Polled(Faulty::new(held, faults)))
        });
        ask(&client(Connector::over(tls, dial)), format!("https://{NAME}/")).await.map(|(_, body)| body)
    }
}

#[tokio::test]
async fn a_stop_at_every_byte_changes_nothing() {
    let session = Session::record();
    for faults in [
        Faults::NONE,
        Faults { read: 1, write: 1, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 7, write: 3, refusal: Some(ErrorKind::WouldBlock) },
    ] {
        let heard = session.hear(session.bytes.len(), None, faults).await;
        assert_eq!(heard.unwrap(), "forty-two", "{faults:?}");
    }
}

/// docs/regressions.md row 76: also after the last byte of the body, and before close_notify.
#[tokio::test]
async fn the_end_at_every_byte_is_told() {
    let session = Session::record();
    for len in 0..session.bytes.len() {
        for then in [None, Some(ErrorKind::ConnectionReset)] {
            let heard = session.hear(len, then, Faults::NONE).await;
            let error = heard.expect_err("cut short");
            let expected = then.unwrap_or(ErrorKind::UnexpectedEof);
            assert_eq!(io_error(&*error).kind(), expected, "{len} of {}: {error:?}", session.bytes.len());
        }
    }
}
