//! Connector and Listener, with hyper's client and axum's server between them, and over transports that misbehave.
#![cfg(feature = "axum")]

mod example;
mod faults;
mod refusals;
mod server;
mod talk;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use handfast_hyper::{Connector, Listener, Peer};
use handfast_testkit::setup::Setup;
use handfast_tokio::Acceptor;
use http::{Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tower_service::Service;

const BOTH: [&str; 2] = handfast_hyper::PROTOCOLS;

/// Two sides with these protocols.
fn setup(client: &[&'static str], server: &[&'static str]) -> Setup {
    Setup { client_protocols: client.to_vec(), server_protocols: server.to_vec(), ..Setup::default() }
}

/// A connector that trusts the tests' servers.
fn connector(setup: &Setup) -> Connector {
    Connector::new(handfast_tokio::Connector::new(setup.make().client))
}

async fn listen(acceptor: Acceptor) -> (Listener, SocketAddr) {
    let listener = acceptor.listen(TcpListener::bind(("127.0.0.1", 0)).await.expect("a listener"));
    let address = listener.local_addr().expect("its address");
    (Listener::new(listener), address)
}

/// An application that says from which port it was asked, and at length.
fn serve(listener: Listener) {
    let port = async |ConnectInfo(peer): ConnectInfo<Peer>| peer.address.port().to_string();
    let app = Router::new().route("/", get(port)).route("/long", get(async || "forty-two ".repeat(50_000)));
    let app = app.into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move { axum::serve(listener, app).await });
}

/// Connects at once, by other means.
#[derive(Clone)]
struct Dial<F>(F);

impl<T, F: FnMut(Uri) -> T> Service<Uri> for Dial<F> {
    type Response = T;
    type Error = io::Error;
    type Future = Ready<io::Result<T>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        ready(Ok((self.0)(uri)))
    }
}

type Asking<C> = Client<C, Empty<Bytes>>;

fn client<C: Connect + Clone + Send + Sync + 'static>(connector: C) -> Asking<C> {
    Client::builder(TokioExecutor::new()).build(connector)
}

/// A response and its body.
async fn ask<C: Connect + Clone + Send + Sync + 'static>(
    client: &Asking<C>,
    uri: impl TryInto<Uri>,
) -> Result<(Response<()>, String), Box<dyn std::error::Error>> {
    let uri = uri.try_into().map_err(|_| "a URI")?;
    let (head, body): (_, Incoming) = client.get(uri).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok((Response::from_parts(head, ()), String::from_utf8(body.to_vec())?))
}

/// What went wrong below hyper, as the connector said it.
fn io_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a io::Error {
    let mut error = Some(error);
    while let Some(now) = error {
        if let Some(found) = now.downcast_ref() {
            return found;
        }
        error = now.source();
    }
    panic!("not the connector's")
}

/// Whether hyper could not connect.
fn is_connect(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<Error>().is_some_and(Error::is_connect)
}
