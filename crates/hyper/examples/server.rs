//! An application of axum over TLS, that knows what its connections are made of.
//!
//! `cargo run -p handfast-hyper --features axum --example server` makes itself a certificate for localhost, prints the root to
//! trust and its address. Then `curl --cacert root.pem https://localhost:PORT/`.

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{Clock, Identity, ServerConfig, SystemClock};
use handfast_hyper::{Listener, Peer};
use std::error::Error;
use std::io;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (root, listener) = listen().await?;
    print!("{root}");
    println!("listening at https://localhost:{}/", listener.local_addr()?.port());
    serve(listener.report(|client, error| eprintln!("{client:?}: {error}"))).await?;
    Ok(())
}

/// A listener with a certificate for localhost, and the root to trust, as PEM.
pub async fn listen() -> Result<(String, Listener), Box<dyn Error>> {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("Example CA", SystemClock.now()), KeyKind::P256)?;
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], SystemClock.now()), KeyKind::P256)?;
    let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der())?;
    let socket = TcpListener::bind(("127.0.0.1", 0)).await?;
    let listener = Listener::https(ServerConfig::builder().identity(identity), socket)?;
    Ok((ca.certificate_pem(), listener))
}

/// Says to everyone what connection they have.
pub async fn serve(listener: Listener) -> io::Result<()> {
    let app = Router::new().route("/", get(hello));
    axum::serve(listener, app.into_make_service_with_connect_info::<Peer>()).await
}

async fn hello(ConnectInfo(Peer { address, facts }): ConnectInfo<Peer>) -> String {
    let (version, protocol) = (facts.version, facts.protocol.as_deref().unwrap_or_default());
    format!("hello {}, this is {version:?} with {}\n", address.ip(), String::from_utf8_lossy(protocol))
}
