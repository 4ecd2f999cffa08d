//! A client that waits: fetches the front page of a host.
//!
//! `cargo run -p handfast-net --example client -- example.com`

use handfast::{Anchors, ClientConfig};
use handfast_net::Connector;
use std::{env, error::Error, io, io::Write, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    let host = env::args().nth(1).unwrap_or_else(|| "example.com".to_string());
    fetch((&host, 443), Anchors::mozilla(), &mut io::stdout())
}

/// Writes the response to `out`. Whoever answers must have a certificate for the host, from an issuer that is trusted.
pub fn fetch((host, port): (&str, u16), trusted: Anchors, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig::builder().anchors(Arc::new(trusted)).build()?;
    let mut stream = Connector::new(config).connect((host, port))?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    io::copy(&mut stream, out)?;
    Ok(())
}
