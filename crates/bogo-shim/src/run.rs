//! One case: connect, shake hands, check, echo, close; and once more for every session to resume.

use crate::check::{Context, check};
use crate::flags::{Flags, Renegotiate, TLS13};
use crate::setup;
use crate::world::World;
use handfast::{ChannelBinding, Connection, Event, Received, Session};
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream};

/// How a case ended that has not failed.
pub(crate) enum Outcome {
    Done,
    /// It went on to what is not there.
    Unimplemented(&'static str),
}

/// Runs the case. The error's text begins with the name of what went wrong.
pub(crate) fn case([first, later]: &[Flags; 2]) -> Result<Outcome, Box<dyn Error>> {
    let mut world = World::new();
    for at in 0..=first.resume_count {
        let flags = if at == 0 { first } else { later };
        if at > 0 && !flags.server && world.session.is_none() {
            return Err("there is no session to offer".into());
        }
        let version = connection(flags, &mut world, at > 0)?;
        if at < first.resume_count && version == TLS13 {
            return Ok(Outcome::Unimplemented("resumption in TLS 1.3"));
        }
        world.clock.advance(flags.resumption_delay);
    }
    Ok(Outcome::Done)
}

/// Runs one connection, and gives the version it agreed on.
fn connection(flags: &Flags, world: &mut World, later: bool) -> Result<u16, Box<dyn Error>> {
    let mut out = Vec::new();
    let connection = setup::connection(flags, world, &mut out)?;
    let address: SocketAddr =
        if flags.ipv6 { (Ipv6Addr::LOCALHOST, flags.port).into() } else { (Ipv4Addr::LOCALHOST, flags.port).into() };
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let stored = world.sessions.1.len();
    let mut link = Link { connection, socket, input: Vec::new(), out, byte_wise: flags.byte_wise, session: None };
    link.socket.write_all(&flags.shim_id.to_le_bytes())?;
    let result = link.talk(flags, || world.sessions.1.len() > stored, later);
    link.linger();
    if let Some(session) = link.session {
        world.session = Some(session);
    }
    result.map(|()| link.connection.facts().version.map_or(0, |version| version.0))
}

/// The connection and its socket.
struct Link {
    connection: Connection,
    socket: TcpStream,
    input: Vec<u8>,
    out: Vec<u8>,
    byte_wise: bool,
    /// The session that came of it, on a client.
    session: Option<Box<Session>>,
}

/// What a turn of the loop found.
enum Turn {
    MaySend,
    Connected,
    Data(Vec<u8>),
    Closed,
}

impl Link {
    fn talk(&mut self, flags: &Flags, stored: impl Fn() -> bool, later: bool) -> Result<(), Box<dyn Error>> {
        let check = |link: &Self| {
            let context = Context { later, new_session: link.session.is_some(), stored: stored() };
            check(flags, &link.connection, &context)
        };
        match self.turn(flags)? {
            Turn::MaySend => {}
            Turn::Connected => self.connected(flags, check)?,
            Turn::Data(_) => return Err("data before the handshake is complete".into()),
            Turn::Closed => return Err("closed during the handshake".into()),
        }
        if flags.renegotiate == Renegotiate::Initially {
            self.connection.disable_renegotiation();
        }
        self.speak_first(flags)?;
        if !flags.shuts_down {
            self.echo(flags, check)?;
        }
        if flags.check_close_notify {
            self.connection.close(&mut self.out)?;
            self.flush()?;
            if flags.shuts_down && matches!(self.turn(flags)?, Turn::Data(_)) {
                return Err("data on shutdown".into());
            }
            self.connection.end_of_input()?;
        }
        if self.connection.facts().renegotiations != flags.expect.renegotiations {
            return Err(format!("unexpected renegotiations: {:?}", self.connection.facts()).into());
        }
        Ok(())
    }

    /// The end of the handshake: takes the session that comes with it, without looking at what comes after it.
    fn connected(
        &mut self,
        flags: &Flags,
        check: impl Fn(&Self) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        while let Event::Session(session) = self.connection.receive(&mut [], &mut self.out)?.event {
            self.session = Some(session);
        }
        if flags.never_done {
            return Err("the handshake was not to be completed".into());
        }
        check(self)
    }

    /// What comes before anything is read.
    fn speak_first(&mut self, flags: &Flags) -> Result<(), Box<dyn Error>> {
        if flags.export > 0 {
            let mut okm = vec![0; flags.export];
            let context = flags.use_export_context.then_some(flags.export_context.as_bytes());
            self.connection.export(flags.export_label.as_bytes(), context, &mut okm)?;
            self.write(&okm)?;
        }
        if flags.tls_unique {
            let unique = self.connection.channel_binding(ChannelBinding::Unique)?;
            self.write(&unique)?;
        }
        if flags.writes_first {
            let text = flags.initial_write.as_deref().unwrap_or("hello").repeat(flags.repeat_initial_write);
            self.write(text.as_bytes())?;
        }
        Ok(())
    }

    /// Sends back what comes, inverted, until the peer has no more.
    fn echo(
        &mut self,
        flags: &Flags,
        check: impl Fn(&Self) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        loop {
            match self.turn(flags)? {
                Turn::Closed => return Ok(()),
                Turn::MaySend => {}
                // After a false start.
                Turn::Connected => self.connected(flags, &check)?,
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
    fn turn(&mut self, flags: &Flags) -> Result<Turn, Box<dyn Error>> {
        loop {
            let received = self.connection.receive(&mut self.input, &mut self.out);
            let Received { consumed, event } = match received {
                Ok(received) => received,
                Err(error) => {
                    let _ = self.flush();
                    return Err(format!("{}: {error}", error.code()).into());
                }
            };
            let mut needs_input = false;
            let turn = match event {
                Event::Data { bytes, .. } => Some(Turn::Data(bytes.to_vec())),
                Event::Connected => Some(Turn::Connected),
                Event::Closed => Some(Turn::Closed),
                Event::MaySend(_) => (flags.false_start && !flags.handshake_twice).then_some(Turn::MaySend),
                Event::NeedInput { .. } => {
                    needs_input = true;
                    None
                }
                Event::Session(session) => {
                    self.session = Some(session);
                    None
                }
                Event::Renegotiated => None,
                other => return Err(format!("an event nobody expects: {other:?}").into()),
            };
            self.input.drain(..consumed);
            self.flush()?;
            if let Some(turn) = turn {
                return Ok(turn);
            }
            if needs_input && self.fill()? == 0 {
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
