//! The tests of every adapter, over this one: polled without a runtime, so that it looks as if it blocked.

use handfast::pki_types::ServerName;
use handfast::{ClientConfig, Error, ServerConfig, Session};
use handfast_testkit::adapter::{Adapter, Transport, once, polled, withstands_everything};
use handfast_tokio::{Acceptor, Connector, Stream, tls_error};
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A transport that never waits, polled. Whoever finds it not ready is woken at once.
pub(crate) struct Polled<S>(pub(crate) S);

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

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.0.flush();
        polled(cx, flushed)
    }
}

/// A stream that is polled once for each call.
struct Once<S>(Stream<Polled<S>>);

impl<S: Transport> Once<S> {
    fn poll<T>(
        &mut self,
        call: impl FnOnce(Pin<&mut Stream<Polled<S>>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> io::Result<T> {
        once(|cx| call(Pin::new(&mut self.0), cx))
    }
}

impl<S: Transport> Read for Once<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        self.poll(|stream, cx| stream.poll_read(cx, &mut buf))?;
        Ok(buf.filled().len())
    }
}

impl<S: Transport> Write for Once<S> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.poll(|stream, cx| stream.poll_write(cx, data))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.poll(|stream, cx| stream.poll_write_vectored(cx, pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.poll(|stream, cx| stream.poll_flush(cx))
    }
}

struct Tokio;

impl Adapter for Tokio {
    type Stream<S: Transport> = Once<S>;

    fn client<S: Transport>(config: Arc<ClientConfig>, name: ServerName<'static>, transport: S) -> Once<S> {
        Once(Connector::new(config).begin(Polled(transport), name).unwrap())
    }

    fn server<S: Transport>(config: Arc<ServerConfig>, transport: S) -> Once<S> {
        Once(Acceptor::new(config).begin(Polled(transport)).unwrap())
    }

    fn early_client<S: Transport>(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        session: Session,
        early: &[u8],
        transport: S,
    ) -> Once<S> {
        let connector = Connector::new(config).session(session).early_data(early);
        Once(connector.begin(Polled(transport), name).unwrap())
    }

    fn read_early<S: Transport>(stream: &mut Once<S>, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        stream.poll(|stream, cx| Pin::new(&mut stream.get_mut().early_data()).poll_read(cx, &mut buf))?;
        Ok(buf.filled().len())
    }

    fn write_early<S: Transport>(stream: &mut Once<S>, data: &[u8]) -> io::Result<usize> {
        stream.poll(|stream, cx| Pin::new(&mut stream.get_mut().early_data()).poll_write(cx, data))
    }

    fn sessions<S: Transport>(stream: &mut Once<S>) -> Vec<Session> {
        stream.0.take_sessions()
    }

    /// Each call drops its future half-way, unless the transport is ready.
    fn handshake<S: Transport>(stream: &mut Once<S>) -> io::Result<()> {
        stream.poll(|mut stream, cx| pin!(stream.handshake()).poll(cx))
    }

    fn close<S: Transport>(stream: &mut Once<S>) -> io::Result<()> {
        stream.poll(|stream, cx| stream.poll_shutdown(cx))
    }

    fn error(error: &io::Error) -> Option<&Error> {
        tls_error(error)
    }
}

/// Short reads, refusals, errors, damage and the end, at every byte of a session; and every future dropped half-way.
#[test]
fn faults_of_the_transport() {
    withstands_everything::<Tokio>();
}

/// What asks a blocking adapter for patience is an error of a polled transport: nobody would be woken.
#[test]
fn a_transport_that_wakes_nobody_is_not_waited_for() {
    struct Rude(ErrorKind);
    impl AsyncRead for Rude {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(self.0.into()))
        }
    }
    impl AsyncWrite for Rude {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(data.len()))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
        let mut server = Acceptor::new(crate::made().server).begin(Rude(kind)).unwrap();
        let polled = pin!(server.handshake()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Err(error)) if error.kind() == kind), "{kind}");
    }
}
