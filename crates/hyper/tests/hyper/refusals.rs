//! What is not connected to, and why.

use crate::{BOTH, Dial, ask, client, connector, io_error, is_connect, listen, serve, setup};
use handfast::Error;
use handfast_hyper::{Connector, tls_error};
use handfast_tokio::Acceptor;
use http::Uri;
use hyper_util::rt::TokioIo;
use std::future::{Pending, pending};
use std::io::{self, ErrorKind};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower_service::Service;

/// A server without TLS that says one word to whoever asks.
async fn plain() -> String {
    let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            stream.read_exact(&mut [0; 14]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nplain").await.unwrap();
        }
    });
    address.to_string()
}

/// Nothing goes out in the clear unless somebody has written that it may.
#[tokio::test]
async fn without_tls_only_where_it_is_allowed() {
    let (setup, address) = (setup(&BOTH, &BOTH), plain().await);
    let uri = format!("http://{address}/");
    let error = ask(&client(connector(&setup)), &*uri).await.unwrap_err();
    assert!(is_connect(&*error));
    let error = io_error(&*error);
    assert_eq!(
        (error.kind(), &*error.to_string()),
        (ErrorKind::InvalidInput, "http is not encrypted, and not allowed here")
    );
    let allowed = client(connector(&setup).dangerous_plain());
    assert_eq!(ask(&allowed, &*uri).await.unwrap().1, "plain");
    // And https is still https.
    let error = ask(&allowed, format!("https://{address}/")).await.unwrap_err();
    assert!(matches!(tls_error(io_error(&*error)), Some(Error::Peer(_))), "{error:?}");
}

#[tokio::test]
async fn other_schemes_and_names() {
    let mut connector = connector(&setup(&BOTH, &BOTH)).dangerous_plain();
    for (uri, words) in [
        ("ftp://server.example/", "neither https nor http"),
        ("server.example:443", "neither https nor http"),
        ("/path", "neither https nor http"),
        ("https://no_such.-name/", "neither a host name nor an address, so no certificate can match it"),
    ] {
        let error = connector.call(uri.parse().unwrap()).await.unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::InvalidInput, words), "{uri}");
    }
}

/// The certificate must be for the host that the URI names, in brackets or not.
#[tokio::test]
async fn a_certificate_for_another_host() {
    let setup = setup(&BOTH, &BOTH);
    let (listener, address) = listen(Acceptor::new(setup.make().server)).await;
    serve(listener);
    for host in ["other.example", "[::1]", "192.0.2.1"] {
        let dial = Dial(move |_| {
            let socket = std::net::TcpStream::connect(address).unwrap();
            socket.set_nonblocking(true).unwrap();
            TokioIo::new(TcpStream::from_std(socket).unwrap())
        });
        let connector = Connector::over(handfast_tokio::Connector::new(setup.make().client), dial);
        let error = ask(&client(connector), format!("https://{host}/")).await.unwrap_err();
        let code = tls_error(io_error(&*error)).and_then(Error::certificate).map(|error| error.code());
        assert_eq!(code, Some("HOSTNAME_MISMATCH"), "{host}: {error:?}");
    }
}

/// Connects for ever.
#[derive(Clone)]
struct Never;

impl Service<Uri> for Never {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pending<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        pending()
    }
}

/// The time of the handshake begins before the connection (docs/regressions.md row 16). The clock is the test's.
#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing() {
    let made = setup(&BOTH, &BOTH).make();
    let tls = handfast_tokio::Connector::new(made.client).handshake_timeout(Some(Duration::from_secs(7)));
    let uri: Uri = "https://server.example/".parse().unwrap();
    let never = timeout(Duration::from_secs(100), Connector::over(tls.clone(), Never).call(uri.clone())).await;
    let error = never.expect("it waits for ever").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let (_theirs, ours): (DuplexStream, DuplexStream) = tokio::io::duplex(1 << 16);
    let mut ours = Some(ours);
    let mut silent = Connector::over(tls, Dial(move |_| TokioIo::new(ours.take().unwrap())));
    assert_eq!(silent.call(uri).await.unwrap_err().kind(), ErrorKind::TimedOut);
}
