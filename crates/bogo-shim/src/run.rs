//! One case: connect, shake hands, check, echo, close; and once more for every session to resume.

use crate::check::{Context, asked, check, finally, predicted};
use crate::flags::{Case, Flags, Renegotiate, TLS13};
use crate::link::{Link, Turn, named};
use crate::setup::{self, Made};
use crate::world::World;
use handfast::{ChannelBinding, Event, Session};
use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::atomic::Ordering;

/// Runs the case. The error's text begins with the name of what went wrong.
pub(crate) fn run(case: &Case) -> Result<(), Box<dyn Error>> {
    let mut world = World::new();
    for at in 0..=case.initial.resume_count {
        let flags = if at == 0 { &case.initial } else { &case.resume };
        if at > 0 && !flags.server && world.session.is_none() {
            return Err("there is no session to offer".into());
        }
        connection(flags, case, &mut world, at > 0)?;
        world.clock.advance(flags.resumption_delay);
    }
    Ok(())
}

/// Runs one connection.
fn connection(flags: &Flags, case: &Case, world: &mut World, later: bool) -> Result<(), Box<dyn Error>> {
    let mut out = Vec::new();
    world.rejected.store(false, Ordering::Relaxed);
    world.judged.store(false, Ordering::Relaxed);
    world.watch.reset();
    let Made { connection, offered, answers } = setup::connection(flags, case, world, &mut out)?;
    let address: SocketAddr =
        if flags.ipv6 { (Ipv6Addr::LOCALHOST, flags.port).into() } else { (Ipv4Addr::LOCALHOST, flags.port).into() };
    let link = Link::new(connection, answers, TcpStream::connect(address)?, out, flags)?;
    let stored = world.sessions.1.len();
    let mut talk = Talk { link, world, flags, retry: &case.retry, offered, later, stored, waiting: Vec::new() };
    let result = talk.run();
    talk.link.linger();
    let Link { connection, session, .. } = talk.link;
    // In TLS 1.3 every session is one of its own.
    if session.is_some() || connection.facts().version.is_some_and(|version| version.0 == TLS13) {
        world.session = session;
    }
    result
}

/// A connection on its way.
struct Talk<'a> {
    link: Link,
    world: &'a World,
    /// What the case wants; once early data was rejected, of the rest.
    flags: &'a Flags,
    retry: &'a Flags,
    offered: Option<Session>,
    later: bool,
    /// How many sessions were in the store before.
    stored: usize,
    /// What could not be sent as early data.
    waiting: Vec<Vec<u8>>,
}

impl Talk<'_> {
    fn run(&mut self) -> Result<(), Box<dyn Error>> {
        let early = self.offered.take().filter(|_| self.link.has_early_data());
        match early {
            Some(session) => self.speak_early(&session)?,
            None => self.shake_hands()?,
        }
        let flags = self.flags;
        if flags.send_alert {
            return self.link.refuse();
        }
        if !flags.shuts_down {
            self.echo()?;
        }
        let flags = self.flags;
        if flags.check_close_notify {
            self.link.close()?;
            if flags.shuts_down && matches!(self.link.turn(flags)?, Turn::Data(_)) {
                return Err("data on shutdown".into());
            }
            self.link.connection.end_of_input()?;
        }
        let text = self.world.watch.text();
        if flags.expect.trace.as_ref().is_some_and(|trace| *trace != text) {
            return Err(format!("unexpected messages: {text}").into());
        }
        finally(flags, self.link.connection.facts(), self.link.session.as_ref())
    }

    fn shake_hands(&mut self) -> Result<(), Box<dyn Error>> {
        match self.link.turn(self.flags)? {
            Turn::MaySend => {}
            Turn::Connected => self.connected()?,
            Turn::Data(_) => return Err("data before the handshake is complete".into()),
            Turn::Closed => return Err("closed during the handshake".into()),
            Turn::Rejected => return Err("early data that was not offered was rejected".into()),
        }
        if self.flags.renegotiate == Renegotiate::Initially {
            self.link.connection.disable_renegotiation();
        }
        self.speak_first()
    }

    /// The end of the handshake: takes the session that comes with it, without looking at what comes after it.
    fn connected(&mut self) -> Result<(), Box<dyn Error>> {
        let Self { link, flags, .. } = self;
        loop {
            match link.connection.receive(&mut [], &mut link.out).map_err(named)?.event {
                Event::Session(session) => link.session = Some(session),
                Event::Question(question) => link.open = Some(question),
                _ => break,
            }
        }
        if flags.never_done {
            return Err("the handshake was not to be completed".into());
        }
        let stored = self.world.sessions.1.len() > self.stored;
        let judged = self.world.judged.load(Ordering::Relaxed);
        let context = Context { later: self.later, new_session: link.session.is_some(), stored, judged };
        check(flags, &link.connection, &context)?;
        asked(&flags.expect, &self.world.watch.asked())?;
        // Of a client whose early data was accepted.
        for text in std::mem::take(&mut self.waiting) {
            self.link.write(&text)?;
        }
        Ok(())
    }

    /// What comes before anything is read.
    fn speak_first(&mut self) -> Result<(), Box<dyn Error>> {
        let (link, flags) = (&mut self.link, self.flags);
        if flags.export > 0 {
            let okm = link.export(flags)?;
            link.write(&okm)?;
        }
        if flags.export_secrets {
            let [client, server] = self.world.secrets.of_data();
            let [read, write] = if flags.server { [client, server] } else { [server, client] };
            link.write(&[&(read.len() as u16).to_le_bytes(), &read[..], &write].concat())?;
        }
        if flags.tls_unique {
            let unique = link.connection.channel_binding(ChannelBinding::Unique).map_err(named)?;
            link.write(&unique)?;
        }
        if flags.unfinished_write {
            link.hold()?;
        }
        for text in first_words(flags) {
            link.write(text.as_bytes())?;
        }
        Ok(())
    }

    /// The same before the server has said anything, as far as it goes.
    fn speak_early(&mut self, session: &Session) -> Result<(), Box<dyn Error>> {
        let flags = self.flags;
        if !flags.implicit {
            predicted(flags, session)?;
        }
        if flags.export > 0 {
            self.link.export(flags)?;
        }
        if let Some(kind) = flags.early_write_after {
            let watch = self.world.watch.clone();
            self.link.flush()?;
            while watch.last() != kind {
                self.link.step()?;
            }
        }
        if flags.unfinished_write {
            self.link.hold()?;
        }
        for text in first_words(flags) {
            let sent = if self.waiting.is_empty() { self.link.write_early(text.as_bytes())? } else { 0 };
            if let Some(rest) = text.as_bytes().get(sent..).filter(|rest| !rest.is_empty()) {
                self.waiting.push(rest.to_vec());
            }
        }
        Ok(())
    }

    /// Sends back what comes, inverted, until the peer has no more.
    fn echo(&mut self) -> Result<(), Box<dyn Error>> {
        let explicitly = self.flags.renegotiate == Renegotiate::Explicitly;
        loop {
            let watch = explicitly.then_some(&*self.world.watch);
            match self.link.turn_watched(self.flags, watch)? {
                Turn::Closed if self.link.connection.is_connected() => break,
                Turn::Closed => return Err("closed during the handshake".into()),
                Turn::MaySend => {}
                // After early data, of either version.
                Turn::Connected => self.connected()?,
                Turn::Rejected => {
                    self.world.rejected.store(true, Ordering::Relaxed);
                    self.waiting.clear();
                    self.flags = self.retry;
                }
                Turn::Data(data) => {
                    for piece in data.chunks(self.flags.read_size.unwrap_or(512).max(1)) {
                        if self.flags.key_update {
                            self.link.update_key()?;
                        }
                        let inverted: Vec<u8> = piece.iter().map(|byte| byte ^ 0xff).collect();
                        self.link.write(&inverted)?;
                    }
                }
            }
        }
        // It would be one of the retry's by now.
        if self.flags.expect.reject_early_data && !self.flags.server {
            return Err("early data was not rejected".into());
        }
        Ok(())
    }
}

/// What a case wants to say first, write by write.
fn first_words(flags: &Flags) -> impl Iterator<Item = &str> {
    let text = flags.initial_write.as_deref().unwrap_or("hello");
    let times = match (flags.unfinished_write, flags.writes_first) {
        (true, _) => 1,
        (false, true) => flags.repeat_initial_write,
        (false, false) => 0,
    };
    std::iter::repeat_n(text, times)
}
