//! A server that says back what it hears: many clients at once, none of which can delay another.
//!
//! `cargo run -p handfast-tokio --example echo` makes itself a certificate for localhost and prints its address.

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{Clock, Identity, ServerConfig, SystemClock};
use handfast_tokio::{Acceptor, Client, Listener};
use std::error::Error;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("Echo CA", SystemClock.now()), KeyKind::P256)?;
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], SystemClock.now()), KeyKind::P256)?;
    let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der())?;
    let acceptor = Acceptor::new(ServerConfig::builder().identity(identity).build()?);
    let listener = acceptor.listen(TcpListener::bind(("127.0.0.1", 0)).await?);
    print!("{}", ca.certificate_pem());
    println!("listening at {}", listener.local_addr()?);
    serve(listener).await;
    Ok(())
}

/// Serves everyone who comes, for ever.
pub async fn serve(mut listener: Listener) {
    loop {
        match listener.accept().await {
            Ok(Client { stream: Ok(stream), .. }) => drop(tokio::spawn(echo(stream))),
            // Before the handshake is over a client is nobody in particular.
            Ok(Client { stream: Err(error), address }) => eprintln!("{address}: {error}"),
            Err(error) => eprintln!("{error}"),
        }
    }
}

/// Says everything back, and the end as well.
async fn echo(stream: impl AsyncRead + AsyncWrite) -> io::Result<()> {
    let (mut read, mut write) = tokio::io::split(stream);
    tokio::io::copy(&mut read, &mut write).await?;
    write.shutdown().await
}
