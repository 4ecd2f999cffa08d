//! TLS without a library that does I/O: the engine takes bytes and gives bytes, and the loop is yours.
//!
//! `cargo run -p handfast --features mozilla --example sans_io -- example.com`

use handfast::{Anchors, ClientConfig, ClientStart, Event, Received};
use std::io::{Read, Write, stdout};
use std::{env, error::Error, net::TcpStream, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    let host = env::args().nth(1).unwrap_or_else(|| "example.com".to_string());
    fetch((&host, 443), Anchors::mozilla(), &mut stdout())
}

/// Writes the response to `page`.
pub fn fetch((host, port): (&str, u16), trusted: Anchors, page: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig::builder().anchors(Arc::new(trusted)).build()?;
    let mut socket = TcpStream::connect((host, port))?;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

    // Whatever the engine wants sent it appends to `out`, here the ClientHello.
    let mut out = Vec::new();
    let mut connection = ClientStart::new(&config, host.to_string().try_into()?).connect(&mut out)?;

    // `input` holds what has come and is not consumed.
    let (mut input, mut more) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let Received { consumed, event } = match connection.receive(&mut input, &mut out) {
            Ok(received) => received,
            Err(error) => {
                // The alert that tells the peer is in `out`.
                socket.write_all(&out)?;
                return Err(error.into());
            }
        };
        match event {
            Event::Connected => connection.send(request.as_bytes(), &mut out)?,
            Event::Data { bytes, .. } => page.write_all(bytes)?,
            Event::Closed => {
                connection.close(&mut out)?;
                return Ok(socket.write_all(&out)?);
            }
            Event::NeedInput { .. } => {
                socket.write_all(&out)?;
                out.clear();
                input.drain(..consumed);
                match socket.read(&mut more)? {
                    0 => connection.end_of_input()?,
                    len => input.extend_from_slice(&more[..len]),
                }
                continue;
            }
            // The configuration answers everything, so there is no question.
            _ => {}
        }
        input.drain(..consumed);
    }
}
