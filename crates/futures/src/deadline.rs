//! How long a handshake may take.

use crate::Stream;
use futures_io::{AsyncRead, AsyncWrite};
use handfast_net::polled::too_late;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A stream that has come as far as `work` brings it, before `deadline` comes. One that fails is dropped after the peer was told
/// why, or when the deadline comes. It is a deadline and not a timeout: a peer that sends a byte every second makes progress for
/// ever, and still runs out of time (docs/regressions.md row 16).
pub(crate) async fn by<S: AsyncRead + AsyncWrite + Unpin>(
    deadline: Pin<&mut impl Future>,
    mut stream: Stream<S>,
    work: impl AsyncFnOnce(&mut Stream<S>) -> io::Result<()>,
) -> io::Result<Stream<S>> {
    let mut deadline = deadline;
    let done = race(deadline.as_mut(), work(&mut stream)).await;
    if let Some(Err(_)) = done {
        race(deadline, poll_fn(|cx| stream.tls.poll_flush(cx))).await;
    }
    done.unwrap_or_else(|| Err(too_late())).map(|()| stream)
}

/// What `work` comes to, unless the deadline comes first.
pub(crate) async fn race<T>(mut deadline: Pin<&mut impl Future>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|cx: &mut Context<'_>| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        deadline.as_mut().poll(cx).map(|_| None)
    })
    .await
}
