//! Fetches a page over HTTP/2 or HTTP/1.1, whichever the server prefers.
//!
//! `cargo run -p handfast-hyper --example client -- https://example.com/`. A second argument names a file with the roots to trust
//! instead of Mozilla's, as the example `server` prints one.

use handfast::{Anchors, ClientConfig};
use handfast_hyper::Connector;
use http::Uri;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let uri = arguments.next().ok_or("which URI?")?;
    let anchors = match arguments.next() {
        Some(file) => Anchors::from_pem(&std::fs::read(file)?)?.0,
        None => Anchors::mozilla(),
    };
    let connector = Connector::https(ClientConfig::builder().anchors(Arc::new(anchors)))?;
    println!("{}", fetch(connector, uri.parse()?).await?);
    Ok(())
}

/// How it was got, and what.
pub async fn fetch(connector: Connector, uri: Uri) -> Result<String, Box<dyn Error>> {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let response = client.get(uri).await?;
    let (version, status) = (response.version(), response.status());
    let body = response.into_body().collect().await?.to_bytes();
    Ok(format!("{version:?} {status}\n{}", String::from_utf8_lossy(&body)))
}
