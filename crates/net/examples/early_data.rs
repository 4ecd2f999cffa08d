//! Early data, as it is right: a request that does no harm when it comes twice, and a decision about what the server did not
//! take.
//!
//! `cargo run -p handfast-net --example early_data -- example.com` fetches the front page of a host twice: the second request
//! goes with the first flight, if the host takes early data. Anybody who recorded it could send it again, so it is a GET, for a
//! page that is the same whoever asks and however often.

use handfast::{Anchors, ClientConfig, SessionCache};
use handfast_net::{Connector, EarlyOutcome};
use std::{env, error::Error, io, io::Write, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    let host = env::args().nth(1).unwrap_or_else(|| "example.com".to_string());
    let outcome = fetch_twice((&host, 443), Anchors::mozilla(), &mut io::stdout())?;
    eprintln!("{outcome:?}");
    Ok(())
}

/// Writes both responses to `out`, and says what became of the early data.
pub fn fetch_twice(
    (host, port): (&str, u16),
    trusted: Anchors,
    out: &mut impl Write,
) -> Result<EarlyOutcome, Box<dyn Error>> {
    // The protocol counts: what was said in one is not said again in another.
    let config = ClientConfig::builder().anchors(Arc::new(trusted)).protocols(["http/1.1"]).build()?;
    let connector = Connector::new(config).sessions(Arc::new(SessionCache::default()));
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

    // There is no early data without a session, and the sessions of TLS 1.3 come while data is read.
    let mut stream = connector.connect((host, port))?;
    stream.write_all(request.as_bytes())?;
    io::copy(&mut stream, out)?;

    // For this connection only: a connector that is shared must not say it again and again.
    let mut stream = connector.clone().early_data(request.as_bytes()).connect((host, port))?;
    let outcome = stream.early_outcome();
    // Nothing is ever sent a second time unless somebody decides that it is. This GET may be, to a server that still speaks the
    // same protocol; anything that does something would have to be asked about first.
    if !outcome.may_resend() {
        return Err("the server speaks another protocol than before".into());
    }
    stream.write_all(request.get(outcome.taken()..).unwrap_or_default().as_bytes())?;
    // A server may take early data and still not want to act on it (425, RFC 8470): then the whole request comes again, now
    // that the handshake is complete. That is left to whoever reads the response.
    io::copy(&mut stream, out)?;
    Ok(outcome)
}
