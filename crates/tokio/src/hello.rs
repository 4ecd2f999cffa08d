//! A handshake that stands still after the ClientHello.

use crate::Stream;
use crate::options::Deadline;
use handfast::wire::AlertDescription;
use handfast::{ConfigQuestion, HelloView, Question, ServerConfig};
use handfast_net::{Parts, Place};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// A client that has said what it wants, and waits. It keeps its place among the handshakes; dropped, it is left without a
/// word.
///
/// ```no_run
/// # async fn configuration_of(_: Option<std::sync::Arc<str>>) -> Option<std::sync::Arc<handfast::ServerConfig>> { None }
/// # async fn serve(acceptor: handfast_tokio::Acceptor, socket: tokio::net::TcpStream) -> std::io::Result<()> {
/// use handfast::wire::AlertDescription;
///
/// let hello = acceptor.hello(socket).await?;
/// match configuration_of(hello.view().server_name()).await {
///     Some(config) => drop(hello.serve(config).await?),
///     None => hello.refuse(AlertDescription::UNRECOGNIZED_NAME).await?,
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the client waits"]
pub struct Hello<S> {
    stream: Stream<S>,
    question: ConfigQuestion,
    deadline: Deadline,
    place: Place,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Hello<S> {
    /// The ClientHello. Nothing in it is authenticated yet.
    pub fn view(&self) -> &HelloView {
        self.question.hello()
    }

    /// The transport.
    pub fn get_ref(&self) -> &S {
        self.stream.get_ref()
    }

    /// Takes the connection apart, so that somebody else can serve it. The ClientHello is in [`Hello::view`]; of its records
    /// nothing is left.
    pub fn into_parts(self) -> Parts<S> {
        self.stream.into_parts()
    }

    /// Goes on with this configuration.
    ///
    /// # Errors
    /// As [`Acceptor::accept`](crate::Acceptor::accept).
    pub async fn serve(self, config: Arc<ServerConfig>) -> io::Result<Stream<S>> {
        let Self { mut stream, question, deadline, place: _place } = self;
        stream.tls.answer(question.serve(config));
        deadline.handshake(stream).await
    }

    /// Ends the connection with `alert`; `unrecognized_name` is the usual one for an unknown host.
    ///
    /// # Errors
    /// What the transport says; `TimedOut` when it does not take the alert in the handshake's time.
    pub async fn refuse(self, alert: AlertDescription) -> io::Result<()> {
        let Self { mut stream, question, deadline, place: _place } = self;
        stream.tls.answer(question.refuse(alert));
        deadline
            .bound(async {
                // That it was refused is what it says.
                let _ = stream.handshake().await;
                poll_fn(|cx| stream.tls.poll_close(cx)).await
            })
            .await
    }

    /// Reads as far as the question.
    pub(crate) async fn read(mut stream: Stream<S>, deadline: Deadline, place: Place) -> io::Result<Self> {
        match poll_fn(|cx| stream.tls.poll_question(cx)).await? {
            Some(Question::Config(question)) => Ok(Self { stream, question, deadline, place }),
            // The configuration is the first thing a server asks for.
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}
