//! A connection driven by hand, for what the adapter keeps to itself: sessions, keys and early data, and the next handshake on
//! the same connection.

use crate::ours::{Server, listen};
use crate::process::PATIENCE;
use handfast::{ClientConfig, ClientStart, Connection, Event, ExternalPsk, Facts, Received, ServerConfig, Session};
use handfast_net::io_error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// An engine and its socket.
pub struct Link {
    /// The engine, for exporters and facts.
    pub connection: Connection,
    /// The sessions that came, on a client.
    pub sessions: Vec<Session>,
    /// The early data that came, on a server.
    pub early: Vec<u8>,
    /// How much of a client's early data nobody has seen, in bytes, once the server has said so.
    pub rejected: Option<u64>,
    /// All that has come over the wire, for whoever wants to send it again.
    pub received: Vec<u8>,
    transport: Box<dyn Transport>,
    input: Vec<u8>,
    out: Vec<u8>,
    /// What was decrypted and not read.
    data: Vec<u8>,
    is_connected: bool,
    is_ended: bool,
}

/// What a connection travels over.
pub trait Transport: Read + Write + Send {}

impl<T: Read + Write + Send> Transport for T {}

/// What a client brings along.
#[derive(Clone, Default)]
pub struct Prior {
    /// A session.
    pub session: Option<Session>,
    /// External keys, the preferred first.
    pub psks: Vec<ExternalPsk>,
    /// Early data, all of which must fit; none is offered where it is empty.
    pub early: Vec<u8>,
}

impl Link {
    /// Connects to the localhost of this machine, and offers a session if there is one.
    ///
    /// # Errors
    /// What the connection says.
    pub fn connect(config: &Arc<ClientConfig>, port: u16, session: Option<Session>) -> io::Result<Self> {
        Self::connect_with(config, port, Prior { session, ..Prior::default() })
    }

    /// Connects to the localhost of this machine, and offers what there is.
    ///
    /// # Errors
    /// What the connection says.
    pub fn connect_with(config: &Arc<ClientConfig>, port: u16, prior: Prior) -> io::Result<Self> {
        Self::connect_over(patient(TcpStream::connect(("localhost", port))?)?, config, prior)
    }

    /// The same, over a transport.
    ///
    /// # Errors
    /// What the connection says.
    pub fn connect_over(
        transport: impl Transport + 'static,
        config: &Arc<ClientConfig>,
        prior: Prior,
    ) -> io::Result<Self> {
        let (connection, flight) = Self::prepare(config, prior)?;
        Self::shake(connection, flight, Box::new(transport))
    }

    /// A connection, and its first flight, which nobody has seen yet.
    ///
    /// # Errors
    /// What the connection says.
    pub fn prepare(config: &Arc<ClientConfig>, prior: Prior) -> io::Result<(Connection, Vec<u8>)> {
        let usage = |usage: handfast::Usage| io_error(usage.into());
        let mut start = ClientStart::new(config, "localhost".try_into().expect("a name"));
        for psk in prior.psks {
            start = start.psk(psk).map_err(usage)?;
        }
        if let Some(session) = prior.session {
            start = start.session(session).map_err(usage)?;
        }
        let mut out = Vec::new();
        let mut connection = start.early_data(!prior.early.is_empty()).connect(&mut out).map_err(io_error)?;
        if !prior.early.is_empty() {
            assert_eq!(connection.send_early(&prior.early, &mut out).map_err(io_error)?, prior.early.len());
        }
        Ok((connection, out))
    }

    /// Connects to the localhost of this machine with what was prepared.
    ///
    /// # Errors
    /// What the connection says.
    pub fn begin(connection: Connection, flight: Vec<u8>, port: u16) -> io::Result<Self> {
        Self::shake(connection, flight, Box::new(patient(TcpStream::connect(("localhost", port))?)?))
    }

    /// Serves a client.
    ///
    /// # Errors
    /// What the connection says.
    pub fn accept(config: &Arc<ServerConfig>, socket: TcpStream) -> io::Result<Self> {
        Self::shake(Connection::server(config).map_err(io_error)?, Vec::new(), Box::new(patient(socket)?))
    }

    fn shake(connection: Connection, out: Vec<u8>, transport: Box<dyn Transport>) -> io::Result<Self> {
        let mut link = Self {
            connection,
            sessions: Vec::new(),
            early: Vec::new(),
            rejected: None,
            received: Vec::new(),
            transport,
            input: Vec::new(),
            out,
            data: Vec::new(),
            is_connected: false,
            is_ended: false,
        };
        while !link.is_connected {
            link.step()?;
        }
        link.send()?;
        Ok(link)
    }

    /// What is known of the connection.
    pub fn facts(&self) -> &Facts {
        self.connection.facts()
    }

    /// Key material, with a label and no context.
    ///
    /// # Errors
    /// What the connection says.
    pub fn export(&self, label: &str, len: usize) -> io::Result<Vec<u8>> {
        let mut okm = vec![0; len];
        self.connection.export(label.as_bytes(), None, &mut okm).map_err(io_error)?;
        Ok(okm)
    }

    /// Begins another handshake, or asks the client to, and waits for its end.
    ///
    /// # Errors
    /// What the connection says.
    pub fn renegotiate(&mut self) -> io::Result<()> {
        let next = self.facts().renegotiations + 1;
        self.connection.renegotiate(&mut self.out).map_err(io_error)?;
        self.wait_for_renegotiation(next)
    }

    /// Waits until so many handshakes have followed the first.
    ///
    /// # Errors
    /// What the connection says.
    pub fn wait_for_renegotiation(&mut self, count: u32) -> io::Result<()> {
        while self.facts().renegotiations < count {
            self.step()?;
        }
        self.send()
    }

    /// Sends close_notify.
    ///
    /// # Errors
    /// What the connection says.
    pub fn close(&mut self) -> io::Result<()> {
        self.connection.close(&mut self.out).map_err(io_error)?;
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        self.transport.write_all(&std::mem::take(&mut self.out))
    }

    /// One event, or bytes from the socket.
    fn step(&mut self) -> io::Result<()> {
        let Received { consumed, event } = match self.connection.receive(&mut self.input, &mut self.out) {
            Ok(received) => received,
            Err(error) => {
                let _ = self.send();
                return Err(io_error(error));
            }
        };
        let mut is_empty = false;
        match event {
            Event::Data { bytes, .. } => self.data.extend_from_slice(bytes),
            Event::EarlyData { bytes, .. } => self.early.extend_from_slice(bytes),
            Event::EarlyDataRejected { bytes } => self.rejected = Some(bytes),
            Event::Session(session) => self.sessions.push(session),
            Event::Connected => self.is_connected = true,
            Event::Closed => self.is_ended = true,
            Event::NeedInput { .. } => is_empty = true,
            Event::Question(question) => panic!("{question:?}"),
            _ => {}
        }
        self.input.drain(..consumed);
        if is_empty {
            // The peer may have said why before it hung up.
            let sent = self.send();
            let mut buffer = [0; 16 * 1024];
            let len = self.transport.read(&mut buffer)?;
            if len == 0 {
                return Err(sent.err().unwrap_or(ErrorKind::UnexpectedEof.into()));
            }
            self.input.extend_from_slice(&buffer[..len]);
            self.received.extend_from_slice(&buffer[..len]);
        }
        Ok(())
    }
}

/// A socket that sends at once, and does not wait for ever.
///
/// # Errors
/// What the socket says.
pub fn patient(socket: TcpStream) -> io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// No data is the peer's close_notify.
impl Read for Link {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.data.is_empty() && !self.is_ended {
            self.step()?;
        }
        let len = self.data.len().min(buf.len());
        buf[..len].copy_from_slice(&self.data[..len]);
        self.data.drain(..len);
        Ok(len)
    }
}

impl Write for Link {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let now = &data[..data.len().min(64 * 1024)];
        self.connection.send(now, &mut self.out).map_err(io_error)?;
        self.send()?;
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Serves so many clients, one after the other, and gives what `work` made of each.
pub fn serve<T: Send + 'static>(
    config: Arc<ServerConfig>,
    clients: usize,
    mut work: impl FnMut(&mut Link) -> io::Result<T> + Send + 'static,
) -> Server<Vec<(Facts, T)>> {
    listen(move |accept| {
        let mut served = Vec::new();
        for _ in 0..clients {
            let mut link = Link::accept(&config, accept()?)?;
            let done = work(&mut link)?;
            served.push((link.facts().clone(), done));
        }
        Ok(served)
    })
}

/// Says back what comes until the peer has said all. A peer that hangs up without a word has said all, too.
///
/// # Errors
/// What the connection says.
pub fn echo(link: &mut Link) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match link.read(&mut buffer) {
            Ok(0) => return link.close().or(Ok(())),
            Ok(len) => link.write_all(&buffer[..len])?,
            Err(error) if is_hung_up(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn is_hung_up(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}
