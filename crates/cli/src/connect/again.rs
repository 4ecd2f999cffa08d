//! The same once more: `--reconnect` and `--renegotiate`.

use super::last_word;
use crate::failure::Failure;
use handfast_net::Stream;
use std::io::Write;
use std::net::TcpStream;
#[cfg(feature = "legacy")]
use std::{
    io::{self, BufRead, ErrorKind},
    time::Duration,
};

/// How often it is tried again, as `openssl s_client` does.
const TIMES: u32 = 5;

/// Connects again, each time with the newest session there is, and gives the last connection.
pub(crate) fn reconnect(
    mut stream: Stream<TcpStream>,
    dial: impl Fn() -> Result<Stream<TcpStream>, Failure>,
) -> Result<Stream<TcpStream>, Failure> {
    tell(&stream);
    for _ in 0..TIMES {
        // In TLS 1.3 the sessions come with it.
        last_word(&mut stream)?;
        stream = dial()?;
        tell(&stream);
    }
    Ok(stream)
}

/// A line for one connection.
fn tell(stream: &Stream<TcpStream>) {
    let facts = stream.facts();
    let how = if facts.resumed { "Reused" } else { "New" };
    let version = facts.version.map(|version| version.to_string().replace("TLS ", "TLSv")).unwrap_or_default();
    let suite = facts.suite.map(|suite| suite.openssl_name).unwrap_or_default();
    let why = facts.not_resumed.map(|why| format!(" ({}: {why})", why.code())).unwrap_or_default();
    // Where standard error is closed nobody listens anyway.
    let _ = writeln!(anstream::stderr(), "{how}, {version}, {suite}{why}");
}

/// Whether this program can renegotiate.
pub(crate) fn check() -> Result<(), Failure> {
    if cfg!(feature = "legacy") {
        return Ok(());
    }
    let failure = Failure::usage("`--renegotiate`: this build has none of the older ways of TLS 1.2");
    Err(failure.hint(crate::WITH_LEGACY))
}

/// Negotiates the connection anew. What the server sends meanwhile goes to standard output.
#[cfg(feature = "legacy")]
pub(crate) fn renegotiate(stream: &mut Stream<TcpStream>, timeout: Duration) -> Result<(), Failure> {
    let failed = |error: io::Error| match error.kind() {
        // RFC 5246 §7.2.2: a server that does not want to may also say so in a warning, and wait.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            Failure::broken(format!("the server has not begun another handshake for {} seconds", timeout.as_secs()))
                .hint("many servers refuse that, as OpenSSL's does without `-client_renegotiation`")
        }
        _ => Failure::connecting(&error, "no renegotiation"),
    };
    stream.get_ref().set_read_timeout(Some(timeout)).map_err(failed)?;
    let mut screen = crate::screen::Screen::stdout();
    loop {
        stream.renegotiate().map_err(failed)?;
        if !stream.is_renegotiating() {
            return stream.get_ref().set_read_timeout(None).map_err(failed);
        }
        let data = stream.fill_buf().map_err(failed)?;
        if data.is_empty() {
            return Err(Failure::broken("the server has closed the connection instead of negotiating it anew"));
        }
        screen.show(data).map_err(|error| Failure::output(&error))?;
        let len = data.len();
        stream.consume(len);
    }
}

/// There is nothing to do it with; see [`check`].
#[cfg(not(feature = "legacy"))]
pub(crate) fn renegotiate(_: &mut Stream<TcpStream>, _: std::time::Duration) -> Result<(), Failure> {
    check()
}
