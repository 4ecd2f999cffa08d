//! A web site, for what speaks HTTP.

use crate::ours::{UPDATE_EVERY, has_updates};
use crate::process::PATIENCE;
use crate::world::{LARGE, hash};
use handfast::{Facts, ServerConfig};
use handfast_net::{Acceptor, Stream};
use serde_json::json;
use std::io::{self, BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// A server of ours with these resources, for as many clients as come while the process lives.
///
/// ```text
/// GET  /           the page
/// GET  /facts      what is known of the connection, as JSON
/// GET  /last       the same, and the end of the connection
/// GET  /large.bin  100 MiB, with new keys on the way
/// POST /hash       the hash of what was sent
/// POST /report     goes to whoever waits for reports
/// ```
pub struct Site {
    /// Where it listens.
    pub port: u16,
    reports: Receiver<String>,
}

impl Site {
    /// Opens the site.
    pub fn open(config: Arc<ServerConfig>, page: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let (sender, reports) = channel();
        thread::spawn(move || {
            let acceptor = Acceptor::new(config).handshake_timeout(Some(PATIENCE));
            for socket in listener.incoming().flatten() {
                let (acceptor, page, reports) = (acceptor.clone(), page.clone(), sender.clone());
                // A browser opens connections that it never uses, and clients that refuse us are what some tests are about.
                thread::spawn(move || acceptor.accept(socket).and_then(|stream| serve(stream, &page, &reports)));
            }
        });
        Self { port, reports }
    }

    /// The next report.
    ///
    /// # Panics
    /// When none comes.
    pub fn report(&self) -> String {
        self.reports.recv_timeout(3 * PATIENCE).expect("a report")
    }
}

fn serve(mut stream: Stream<TcpStream>, page: &str, reports: &Sender<String>) -> io::Result<()> {
    while let Some((request, body)) = read(&mut stream)? {
        let is_last = request == "GET /last";
        let (kind, body) = match request.as_str() {
            "GET /" => ("text/html", page.as_bytes().to_vec()),
            "GET /facts" | "GET /last" => ("application/json", facts(stream.facts()).into_bytes()),
            "GET /large.bin" => ("application/octet-stream", LARGE.bytes.clone()),
            "POST /hash" => ("text/plain", hash(&body).into_bytes()),
            "POST /report" => {
                let _ = reports.send(String::from_utf8_lossy(&body).into_owned());
                ("text/plain", Vec::new())
            }
            _ => ("text/plain", request.into_bytes()),
        };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nAccess-Control-Allow-Origin: *\r\n{}\r\n",
            body.len(),
            if is_last { "Connection: close\r\n" } else { "" }
        )?;
        for (at, piece) in body.chunks(UPDATE_EVERY).enumerate() {
            if at > 0 && has_updates(&stream) {
                stream.update_keys()?;
            }
            stream.write_all(piece)?;
        }
        if is_last {
            break;
        }
    }
    stream.close()
}

/// A request's method and path, and its body; none when the client has closed.
fn read(stream: &mut Stream<TcpStream>) -> io::Result<Option<(String, Vec<u8>)>> {
    let (mut request, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match (line.trim_end(), request.take()) {
            ("", None) => return Ok(None),
            ("", Some(request)) => {
                let mut body = vec![0; length];
                stream.read_exact(&mut body)?;
                return Ok(Some((request, body)));
            }
            (line, None) => request = Some(line.split(' ').take(2).collect::<Vec<_>>().join(" ")),
            (header, known) => {
                if let Some((name, value)) = header.split_once(':') {
                    match name.to_lowercase().as_str() {
                        "content-length" => length = value.trim().parse().unwrap_or(0),
                        "expect" => write!(stream, "HTTP/1.1 100 Continue\r\n\r\n")?,
                        _ => {}
                    }
                }
                request = known;
            }
        }
    }
}

/// The names of what was agreed on.
fn facts(facts: &Facts) -> String {
    json!({
        "cipher": facts.suite.map(|suite| suite.id.to_string()),
        "group": facts.group.map(|group| group.to_string()),
        "retried": facts.retried,
        "resumed": facts.resumed,
        "client": facts.peer().is_some_and(|peer| peer.verified),
        "protocol": facts.protocol.as_deref().map(String::from_utf8_lossy),
    })
    .to_string()
}
