//! `handfast connect`: a client between a server and this terminal.

mod again;
mod early;
mod session;
mod talk;
pub(crate) mod trust;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::remote::Remote;
use crate::screen::Screen;
use crate::style::{BAD, GOOD, HEADING};
use crate::summary::Summary;
use crate::target::{HTTPS, Target};
use crate::{psk, starttls, tls};
use clap::{Args, ValueHint};
use handfast::{ClientConfig, Error, ExternalPsk};
use handfast_net::{Connector, Stream, tls_error};
use session::Sessions;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use trust::Trust;

/// Connect to a server: standard input goes there, what comes back to standard output
///
/// What was agreed on, and who the server is, goes to standard error. The end of standard input is sent as
/// close_notify; then the program waits until the server closes, too. `--trace` shows the handshake, and with `--starttls` what is
/// said before it.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    remote: Remote,

    /// Connect whatever the certificate is like, and say what is wrong with it. Anybody could be listening
    #[arg(long)]
    insecure: bool,

    /// Connect five times more, offering the session of the connection before, and say for each whether it was resumed
    #[arg(long)]
    reconnect: bool,

    #[command(flatten)]
    session: session::Flags,

    /// Send what is in FILE with the first flight, before the server has said anything (0-RTT), as far as the session of
    /// `--session-in` or `--reconnect` allows; what the server does not take follows as ordinary data. Whoever records it can
    /// send it again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    early_data: Option<PathBuf>,

    #[command(flatten)]
    psk: psk::ClientFlags,

    /// Negotiate the connection anew before anything is sent (TLS 1.2, in a build with the older ways)
    #[arg(long)]
    renegotiate: bool,

    /// Send a GET request for PATH instead of standard input, and print the response
    #[arg(long, value_name = "PATH", value_parser = path)]
    http: Option<String>,

    /// Let the server ask for the certificate when it has seen the request, as some do for a part of a site (TLS 1.3)
    #[arg(long, requires = "http")]
    post_handshake_auth: bool,

    /// Send each line of standard input with CR LF at its end, as mail servers and many others want it
    #[arg(long, conflicts_with_all = ["http", "json"])]
    crlf: bool,

    /// Print what was agreed on as JSON on standard output, and close
    #[arg(long, conflicts_with = "http")]
    json: bool,

    #[command(flatten)]
    choices: tls::Choices,

    /// How long to wait for the connection and the handshake
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
}

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let outcome = connect(arguments);
    match &outcome {
        Err(failure) if arguments.json => print(&failure.json()).and(outcome),
        _ => outcome,
    }
}

fn connect(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.renegotiate {
        again::check()?;
    }
    let trust = Trust::new(&arguments.remote.flags.trust, arguments.insecure)?;
    let config = configuration(arguments, &trust)?;
    let name = arguments.remote.name()?;
    let psks = arguments.psk.keys(&trust.provider)?;
    let mut sessions = Sessions::new(&arguments.session, &config, &psks, &name)?;
    let early = arguments.early_data.as_deref().map(tls::read).transpose()?;
    let connector = connector(arguments, config, psks, &sessions, early.as_deref());
    let target = arguments.remote.target();
    let begin = arguments.remote.flags.begin(&name, arguments.choices.traced());
    let dial = || {
        let dialled = starttls::dial(&connector, &target, name.clone(), begin.as_ref());
        dialled.map_err(|error| Failure::connecting(&error, format!("no connection to {target}")))
    };
    let mut stream = dial()?;
    if arguments.reconnect {
        stream = again::reconnect(stream, dial)?;
    }
    if arguments.renegotiate {
        again::renegotiate(&mut stream, Duration::from_secs(arguments.timeout))?;
    }

    let mut summary = Summary::new(stream.facts());
    if let Some(early) = &early {
        let taken = stream.early_outcome().taken();
        summary.add("early data taken", Some(format!("{taken} of {} bytes", early.len())));
    }
    let verdict = trust.verdict(stream.facts().peer(), &name);
    summary.add("ocsp response", verdict.stapled);
    summary.add("verification", Some(verdict.words));
    if !arguments.json {
        describe(&summary, &target, &stream, trust.is_judged())
            .map_err(|error| Failure::io(&error, "standard error"))?;
    }
    let done = exchange(arguments, stream, early.as_deref(), &mut sessions);
    // A session is good also when what was done with the connection is not.
    let saved = sessions.finish();
    done.and(saved)?;
    if arguments.json { print(&summary.json()) } else { Ok(()) }
}

/// What the connection is for.
fn exchange(
    arguments: &Arguments,
    mut stream: Stream<TcpStream>,
    early: Option<&[u8]>,
    sessions: &mut Sessions,
) -> Result<(), Failure> {
    let first = early.map(|early| early::left(&stream, early)).unwrap_or_default();
    if !arguments.json && arguments.http.is_none() {
        return talk::talk(stream, first.to_vec(), arguments.crlf, sessions);
    }
    stream.write_all(first).and_then(|()| stream.flush()).map_err(|error| Failure::connected(&error))?;
    match &arguments.http {
        Some(path) => {
            let (host, port) = (arguments.remote.host(), arguments.remote.target().port);
            fetch(stream, host, port, path, sessions)
        }
        None => last_word(&mut stream),
    }
}

fn configuration(arguments: &Arguments, trust: &Trust) -> Result<Arc<ClientConfig>, Failure> {
    #[cfg(feature = "legacy")]
    let legacy = crate::legacy::client(&arguments.choices.legacy, arguments.renegotiate)?;
    let blank = || {
        let builder = ClientConfig::builder();
        #[cfg(feature = "legacy")]
        let builder = builder.legacy(legacy.clone());
        builder
    };
    let builder = tls::apply!(&arguments.choices, blank().dangerous_no_verification(), trust.apply(blank()));
    let builder = arguments.remote.flags.identify(builder, &trust.provider)?;
    builder.post_handshake_auth(arguments.post_handshake_auth).build().map_err(Failure::usage)
}

fn connector(
    arguments: &Arguments,
    config: Arc<ClientConfig>,
    psks: Vec<ExternalPsk>,
    sessions: &Sessions,
    early: Option<&[u8]>,
) -> Connector {
    let timeout = Duration::from_secs(arguments.timeout);
    let connector = Connector::new(config).handshake_timeout(Some(timeout)).sessions(sessions.cache());
    let connector = psks.into_iter().fold(connector, Connector::psk);
    match early {
        Some(early) => connector.early_data(early),
        None => connector,
    }
}

/// Says what was agreed on.
fn describe(summary: &Summary, target: &Target, stream: &Stream<TcpStream>, is_judged: bool) -> io::Result<()> {
    /// The longest label that TLS 1.3 has, in bytes.
    const WIDTH: usize = "own signature".len();
    let mut err = anstream::stderr().lock();
    let address = stream.peer_addr().map(|address| format!(" at {address}")).unwrap_or_default();
    writeln!(err, "{HEADING}connected to {target}{HEADING:#}{address}")?;
    let width = summary.rows().map(|(label, _)| label.len()).fold(WIDTH, usize::max);
    for (label, text) in summary.rows() {
        match label {
            "verification" if is_judged => writeln!(err, "  {label:<width$} {GOOD}{text}{GOOD:#}")?,
            "verification" => writeln!(err, "  {label:<width$} {BAD}{text}{BAD:#}")?,
            _ => writeln!(err, "  {label:<width$} {text}")?,
        }
    }
    writeln!(err)
}

/// Sends a request and prints the response, head and all.
fn fetch(
    mut stream: Stream<TcpStream>,
    host: &str,
    port: u16,
    path: &str,
    sessions: &mut Sessions,
) -> Result<(), Failure> {
    let mut host = if host.contains(':') { format!("[{host}]") } else { host.to_string() };
    // RFC 9110 §7.2: the port belongs to it unless it is the scheme's own.
    if port != HTTPS {
        host = format!("{host}:{port}");
    }
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: handfast\r\nConnection: close\r\n\r\n");
    let failed = |error: io::Error| Failure::connected(&error);
    stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).map_err(failed)?;
    let mut screen = Screen::stdout();
    let progress = Progress::new("receiving", !screen.is_visible());
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.read(&mut buffer).map_err(failed)? {
            0 => return close(stream),
            len => {
                screen.show(&buffer[..len]).map_err(|error| Failure::output(&error))?;
                progress.add(len);
            }
        }
        sessions.save()?;
    }
}

/// A path for the request line.
fn path(text: &str) -> Result<String, String> {
    if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) || !text.starts_with('/') {
        return Err("a path begins with / and has no spaces".into());
    }
    Ok(text.into())
}

/// Says good bye and hears what the server has to say: TLS 1.3 tells a client only after the handshake that its
/// certificate is not accepted.
fn last_word(stream: &mut Stream<TcpStream>) -> Result<(), Failure> {
    const PATIENCE: Duration = Duration::from_secs(1);
    /// What a server says at length is no objection, in bytes.
    const ENOUGH: u64 = 64 * 1024;
    let _ = stream.close();
    let _ = stream.get_ref().set_read_timeout(Some(PATIENCE));
    match io::copy(&mut stream.take(ENOUGH), &mut io::sink()) {
        Err(error) if matches!(tls_error(&error), Some(Error::Alert(_))) => Err(Failure::connected(&error)),
        // A server that is silent, or gone, has no objection.
        _ => Ok(()),
    }
}

/// Ends politely. A server that has gone already has heard enough.
fn close(mut stream: Stream<TcpStream>) -> Result<(), Failure> {
    let _ = stream.close();
    Ok(())
}

fn print(value: &serde_json::Value) -> Result<(), Failure> {
    writeln!(io::stdout(), "{value:#}").map_err(|error| Failure::output(&error))
}
