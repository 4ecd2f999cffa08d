//! One case: connect, shake hands, check, echo, close.

use crate::flags::Flags;
use crate::setup;
use handfast::pki::pem;
use handfast::{Connection, Event, Received};
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream};

/// Runs the case. The error's text begins with the name of what went wrong.
pub(crate) fn connection(flags: &Flags) -> Result<(), Box<dyn Error>> {
    let mut out = Vec::new();
    let connection = setup::connection(flags, &mut out)?;
    let address: SocketAddr =
        if flags.ipv6 { (Ipv6Addr::LOCALHOST, flags.port).into() } else { (Ipv4Addr::LOCALHOST, flags.port).into() };
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut session = Session { connection, socket, input: Vec::new(), out, byte_wise: flags.byte_wise };
    session.socket.write_all(&flags.shim_id.to_le_bytes())?;
    let result = session.talk(flags);
    session.linger();
    result
}

/// The connection and its socket.
struct Session {
    connection: Connection,
    socket: TcpStream,
    input: Vec<u8>,
    out: Vec<u8>,
    byte_wise: bool,
}

/// What a turn of the loop found.
enum Turn {
    Connected,
    Data(Vec<u8>),
    Closed,
}

impl Session {
    fn talk(&mut self, flags: &Flags) -> Result<(), Box<dyn Error>> {
        match self.turn()? {
            Turn::Connected => {}
            Turn::Data(_) => return Err("data before the handshake is complete".into()),
            Turn::Closed => return Err("closed during the handshake".into()),
        }
        if flags.never_done {
            return Err("the handshake was not to be completed".into());
        }
        check(flags, &self.connection)?;
        if flags.export > 0 {
            let mut okm = vec![0; flags.export];
            let context = flags.export_context.as_deref().filter(|_| flags.use_export_context).unwrap_or_default();
            self.connection.export(flags.export_label.as_bytes(), Some(context.as_bytes()), &mut okm)?;
            self.write(&okm)?;
        }
        if flags.writes_first {
            let text = flags.initial_write.as_deref().unwrap_or("hello").repeat(flags.repeat_initial_write);
            self.write(text.as_bytes())?;
        }
        if !flags.shuts_down {
            self.echo(flags)?;
        }
        if flags.check_close_notify {
            self.connection.close(&mut self.out)?;
            self.flush()?;
            if flags.shuts_down && matches!(self.turn()?, Turn::Data(_)) {
                return Err("data on shutdown".into());
            }
            self.connection.end_of_input()?;
        }
        Ok(())
    }

    /// Sends back what comes, inverted, until the peer has no more.
    fn echo(&mut self, flags: &Flags) -> Result<(), Box<dyn Error>> {
        loop {
            match self.turn()? {
                Turn::Closed => return Ok(()),
                Turn::Connected => {}
                Turn::Data(data) => {
                    for piece in data.chunks(flags.read_size.unwrap_or(512).max(1)) {
                        if flags.key_update {
                            self.connection.update_sending_key(&mut self.out)?;
                        }
                        let inverted: Vec<u8> = piece.iter().map(|byte| byte ^ 0xff).collect();
                        self.write(&inverted)?;
                    }
                }
            }
        }
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Box<dyn Error>> {
        self.connection.send(data, &mut self.out)?;
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Box<dyn Error>> {
        let out = std::mem::take(&mut self.out);
        Ok(self.socket.write_all(&out)?)
    }

    /// Runs the engine until there is something to do.
    fn turn(&mut self) -> Result<Turn, Box<dyn Error>> {
        loop {
            let received = self.connection.receive(&mut self.input, &mut self.out);
            let Received { consumed, event } = match received {
                Ok(received) => received,
                Err(error) => {
                    let _ = self.flush();
                    return Err(format!("{}: {error}", error.code()).into());
                }
            };
            let turn = match event {
                Event::Data { bytes, .. } => Some(Turn::Data(bytes.to_vec())),
                Event::Connected => Some(Turn::Connected),
                Event::Closed => Some(Turn::Closed),
                Event::NeedInput { .. } => None,
                Event::MaySend(_) => {
                    self.input.drain(..consumed);
                    continue;
                }
                other => return Err(format!("an event nobody expects: {other:?}").into()),
            };
            self.input.drain(..consumed);
            self.flush()?;
            if let Some(turn) = turn {
                return Ok(turn);
            }
            if self.fill()? == 0 {
                // A bare end of file ends the echo as well; whether it was in order is checked with close_notify.
                return if self.connection.is_connected() {
                    Ok(Turn::Closed)
                } else {
                    Err("end of file in the handshake".into())
                };
            }
        }
    }

    fn fill(&mut self) -> Result<usize, Box<dyn Error>> {
        let mut more = [0; 16 * 1024];
        let most = if self.byte_wise { 1 } else { more.len() };
        loop {
            match self.socket.read(&mut more[..most]) {
                Ok(len) => {
                    self.input.extend_from_slice(&more[..len]);
                    return Ok(len);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(0),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Closes so that the peer can read everything: without this the kernel answers unread data with a reset.
    fn linger(&mut self) {
        let _ = self.flush();
        let _ = self.socket.shutdown(Shutdown::Write);
        let mut sink = [0; 4096];
        while matches!(self.socket.read(&mut sink), Ok(len) if len > 0) {}
    }
}

/// Compares what was agreed with what the case expects.
fn check(flags: &Flags, connection: &Connection) -> Result<(), Box<dyn Error>> {
    let (facts, expect) = (connection.facts(), &flags.expect);
    let wrong = |what: &str| Err(format!("unexpected {what}: {facts:?}").into());
    if expect.version.is_some_and(|version| facts.version.is_none_or(|own| own.0 != version)) {
        return wrong("version");
    }
    if expect.group.is_some() && expect.group != facts.group {
        return wrong("group");
    }
    if expect.suite.is_some_and(|suite| facts.suite.is_none_or(|own| own.id != suite)) {
        return wrong("suite");
    }
    if expect.retried.is_some_and(|retried| retried != facts.retried) {
        return wrong("retry");
    }
    if expect.peer_scheme.is_some() && expect.peer_scheme != facts.peer_scheme {
        return wrong("peer scheme");
    }
    if expect.alpn.as_ref().is_some_and(|alpn| facts.protocol.as_deref().unwrap_or_default() != alpn.as_bytes()) {
        return wrong("protocol");
    }
    if expect.server_name.as_ref().is_some_and(|name| *name != facts.server_name) {
        return wrong("server name");
    }
    if expect.no_peer_certificate && facts.peer().is_some() {
        return wrong("peer certificate");
    }
    if let Some(file) = &expect.peer_certificate_file {
        let (chain, _) = pem::certificates(&std::fs::read(file)?)?;
        if facts.peer().is_none_or(|peer| peer.credential.chain != chain) {
            return wrong("peer chain");
        }
    }
    Ok(())
}
