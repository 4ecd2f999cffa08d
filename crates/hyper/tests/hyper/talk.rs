//! What works.

use crate::{BOTH, Dial, ask, client, connector, listen, serve, setup};
use handfast::Facts;
use handfast_hyper::Connector;
use handfast_testkit::world::NAME;
use handfast_tokio::Acceptor;
use http::{Request, Response, Uri, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::UnixStream;

/// Whichever both know, the server's preference first; and HTTP/1.1 where nobody says.
#[tokio::test]
async fn both_sides_agree_on_a_version() {
    for (ours, theirs, version, protocol) in [
        (&BOTH[..], &BOTH[..], Version::HTTP_2, Some("h2")),
        (&BOTH[..], &["http/1.1"][..], Version::HTTP_11, Some("http/1.1")),
        (&["http/1.1"], &BOTH, Version::HTTP_11, Some("http/1.1")),
        (&BOTH, &[], Version::HTTP_11, None),
        (&[], &BOTH, Version::HTTP_11, None),
    ] {
        let setup = setup(ours, theirs);
        let (listener, address) = listen(Acceptor::new(setup.make().server)).await;
        serve(listener);
        let client = client(connector(&setup));
        let (first, port) = ask(&client, format!("https://{address}/")).await.unwrap();
        assert_eq!(first.version(), version, "{ours:?} {theirs:?}");
        let facts = first.extensions().get::<Arc<Facts>>().expect("facts");
        assert_eq!(facts.protocol.as_deref(), protocol.map(str::as_bytes));
        assert!(facts.peer().unwrap().verified);
        // The connection is used again.
        let (_, again) = ask(&client, format!("https://{address}/")).await.unwrap();
        assert_eq!(port, again, "{ours:?} {theirs:?}");
        let (_, long) = ask(&client, format!("https://{address}/long")).await.unwrap();
        assert_eq!(long.len(), 500_000);
    }
}

/// HTTP/2 carries requests beside each other over one connection.
#[tokio::test]
async fn requests_share_a_connection() {
    let setup = setup(&BOTH, &BOTH);
    let (listener, address) = listen(Acceptor::new(setup.make().server)).await;
    serve(listener);
    let client = client(connector(&setup));
    let uri = format!("https://{address}/");
    let (_, port) = ask(&client, &*uri).await.unwrap();
    let (one, other) = tokio::join!(ask(&client, &*uri), ask(&client, &*uri));
    assert_eq!([one.unwrap().1, other.unwrap().1], [port.clone(), port]);
}

/// Over whatever another connector gives, a Unix socket here, with plain hyper at its other end.
#[cfg(unix)]
#[tokio::test]
async fn over_another_connector() {
    for protocols in [&BOTH[..], &["http/1.1"]] {
        let made = setup(protocols, &BOTH).make();
        let acceptor = Acceptor::new(made.server);
        let dial = Dial(move |uri: Uri| {
            assert_eq!(uri.host(), Some(NAME));
            let (ours, theirs) = UnixStream::pair().unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let hello = async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new("forty-two".repeat(1_000)));
                let stream = TokioIo::new(acceptor.accept(theirs).await.unwrap());
                auto::Builder::new(TokioExecutor::new()).serve_connection(stream, service_fn(hello)).await
            });
            TokioIo::new(ours)
        });
        let client = client(Connector::over(handfast_tokio::Connector::new(made.client), dial));
        let (_, body) = ask(&client, format!("https://{NAME}/")).await.unwrap();
        assert_eq!(body.len(), 9_000);
    }
}
