//! The connection and its socket.

use crate::answers::Answers;
use crate::flags::Flags;
use crate::watch::Watch;

use handfast::wire::AlertDescription;
use handfast::{Connection, EarlyData, Event, Question, Received, Refusal, Session};
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

/// A connection over TCP.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    socket: TcpStream,
    input: Vec<u8>,
    pub(crate) out: Vec<u8>,
    byte_wise: bool,
    peeks: bool,
    /// How much of the output is held back until there is more, or something has come.
    held: Option<usize>,
    /// The session that came of it, on a client.
    pub(crate) session: Option<Session>,
    pub(crate) answers: Answers,
    /// A question that was asked, and is answered when nothing goes on without.
    pub(crate) open: Option<Question>,
}

/// What a turn of the loop found.
pub(crate) enum Turn {
    MaySend,
    Connected,
    /// A client's early data is not taken.
    Rejected,
    Data(Vec<u8>),
    Closed,
}

impl Link {
    /// Says which case it is for.
    pub(crate) fn new(
        connection: Connection,
        answers: Answers,
        mut socket: TcpStream,
        out: Vec<u8>,
        flags: &Flags,
    ) -> Result<Self, Box<dyn Error>> {
        socket.set_nodelay(true)?;
        socket.write_all(&flags.shim_id.to_le_bytes())?;
        let (input, byte_wise, peeks) = (Vec::new(), flags.byte_wise, flags.peeks);
        Ok(Self { connection, socket, input, out, byte_wise, peeks, held: None, session: None, answers, open: None })
    }

    /// Whether early data can be sent, or could if its limit was not zero.
    pub(crate) fn has_early_data(&self) -> bool {
        matches!(self.connection.facts().early_data, EarlyData::Offered { .. })
    }

    pub(crate) fn export(&mut self, flags: &Flags) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut okm = vec![0; flags.export];
        let context = flags.use_export_context.then_some(flags.export_context.as_bytes());
        self.connection.export(flags.export_label.as_bytes(), context, &mut okm).map_err(named)?;
        Ok(okm)
    }

    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), Box<dyn Error>> {
        self.connection.send(data, &mut self.out).map_err(named)?;
        self.flush()
    }

    /// Writes as much as may be sent early, and says how much that was.
    pub(crate) fn write_early(&mut self, data: &[u8]) -> Result<usize, Box<dyn Error>> {
        let sent = self.connection.send_early(data, &mut self.out).map_err(named)?;
        self.flush()?;
        Ok(sent)
    }

    /// Sends what there is so far; of what is written next only the first byte leaves before something has come.
    pub(crate) fn hold(&mut self) -> Result<(), Box<dyn Error>> {
        self.flush()?;
        self.held = Some(0);
        Ok(())
    }

    pub(crate) fn update_key(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.connection.update_sending_key(&mut self.out).map_err(named)?)
    }

    pub(crate) fn close(&mut self) -> Result<(), Box<dyn Error>> {
        self.connection.close(&mut self.out).map_err(named)?;
        self.flush()
    }

    pub(crate) fn flush(&mut self) -> Result<(), Box<dyn Error>> {
        let out = match self.held {
            Some(held) if held == self.out.len() => return Ok(()),
            Some(0) => {
                let rest = self.out.split_off(1);
                self.held = Some(rest.len());
                std::mem::replace(&mut self.out, rest)
            }
            _ => {
                self.held = None;
                std::mem::take(&mut self.out)
            }
        };
        // Where input comes byte by byte, output goes so.
        let most = if self.byte_wise { 1 } else { out.len().max(1) };
        for piece in out.chunks(most) {
            self.socket.write_all(piece)?;
        }
        Ok(())
    }

    /// Ends the connection with an alert.
    pub(crate) fn refuse(&mut self) -> Result<(), Box<dyn Error>> {
        self.connection.refuse(AlertDescription::DECOMPRESSION_FAILURE, &mut self.out);
        self.flush()
    }

    /// Runs the engine until there is something to do.
    pub(crate) fn turn(&mut self, flags: &Flags) -> Result<Turn, Box<dyn Error>> {
        self.turn_watched(flags, None)
    }

    /// The same; where `watch` sees that the server wants to renegotiate, this side does.
    pub(crate) fn turn_watched(&mut self, flags: &Flags, watch: Option<&Watch>) -> Result<Turn, Box<dyn Error>> {
        loop {
            let (turn, needs_input) = self.one()?;
            if watch.is_some_and(Watch::is_requested) {
                self.connection.renegotiate(&mut self.out).map_err(named)?;
                self.flush()?;
            }
            match turn {
                Some(Turn::MaySend) if !self.goes_on_early(flags) => {}
                Some(turn) => return Ok(turn),
                None => {}
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

    /// Whether the case does not wait for the end of the handshake, where that is possible.
    fn goes_on_early(&self, flags: &Flags) -> bool {
        if flags.server {
            // In half-RTT there are no exporters yet.
            matches!(self.connection.facts().early_data, EarlyData::Accepted { .. }) && flags.export == 0
        } else {
            flags.false_start && !flags.handshake_twice
        }
    }

    /// One call of the engine, and if it needs them, more bytes. Nothing of interest may happen.
    pub(crate) fn step(&mut self) -> Result<(), Box<dyn Error>> {
        match self.one()? {
            (None, false) => Ok(()),
            (None, true) if self.fill()? > 0 => Ok(()),
            (None, true) => Err("end of file in the handshake".into()),
            (Some(_), _) => Err("something that was to come later".into()),
        }
    }

    /// One call of the engine: what there is to do, or whether it needs input.
    fn one(&mut self) -> Result<(Option<Turn>, bool), Box<dyn Error>> {
        let Received { consumed, event } = match self.connection.receive(&mut self.input, &mut self.out) {
            Ok(received) => received,
            Err(error) => {
                self.held = None;
                let _ = self.flush();
                return Err(self.reason(&error).into());
            }
        };
        let (mut needs_input, mut place) = (false, None);
        let turn = match event {
            Event::Data { at, bytes } | Event::EarlyData { at, bytes } => {
                place = Some(at);
                Some(Turn::Data(bytes.to_vec()))
            }
            Event::Connected => Some(Turn::Connected),
            Event::EarlyDataRejected { .. } => Some(Turn::Rejected),
            Event::Closed => Some(Turn::Closed),
            Event::MaySend(_) => Some(Turn::MaySend),
            Event::NeedInput { .. } | Event::NeedAnswer => {
                needs_input = true;
                None
            }
            Event::Question(question) => {
                self.open = Some(question);
                None
            }
            Event::Session(session) => {
                self.session = Some(session);
                None
            }
            Event::Renegotiated | Event::EarlyDataAccepted => None,
            other => return Err(format!("an event nobody expects: {other:?}").into()),
        };
        // Whoever owns the input may go on looking at it there.
        if let (true, Some(at), Some(Turn::Data(data))) = (self.peeks, place, &turn)
            && self.input.get(at..).and_then(|rest| rest.get(..data.len())) != Some(data)
        {
            return Err("what was looked at is not what was taken".into());
        }
        self.input.drain(..consumed);
        if !needs_input {
            // Something has come.
            self.held = None;
        }
        if needs_input && let Some(question) = self.open.take() {
            needs_input = false;
            let answer = self.answers.answer(question)?;
            if let Err(error) = self.connection.answer(answer, &mut self.out) {
                self.held = None;
                let _ = self.flush();
                return Err(self.reason(&error).into());
            }
        }
        self.flush()?;
        Ok((turn, needs_input))
    }

    /// Why the connection has failed, in the words of whoever failed.
    fn reason(&self, error: &handfast::Error) -> String {
        if let Some(why) = self.answers.failed {
            return why.into();
        }
        // A server that has nothing but keys says why it has taken none.
        let has_none = matches!(error, handfast::Error::Refused(Refusal::Credential));
        match self.connection.facts().not_resumed.filter(|_| has_none) {
            Some(why) => format!(":{}: no session: {}", error.code(), why.code()),
            None => named_ref(error),
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
    pub(crate) fn linger(&mut self) {
        self.held = None;
        let _ = self.flush();
        let _ = self.socket.shutdown(Shutdown::Write);
        let mut sink = [0; 4096];
        while matches!(self.socket.read(&mut sink), Ok(len) if len > 0) {}
    }
}

/// An error with its name in front, between colons, so that no name is part of another.
pub(crate) fn named(error: handfast::Error) -> String {
    named_ref(&error)
}

fn named_ref(error: &handfast::Error) -> String {
    format!(":{}: {error}", error.code())
}

#[cfg(test)]
mod tests {
    /// The names in the map: whatever matches one matches no other.
    #[test]
    fn no_mapped_name_is_part_of_another() {
        let (_, map) = include_str!("../config.json").split_once("\"ErrorMap\"").unwrap();
        let quoted =
            |line: &str| Some(line.trim().strip_prefix('"')?.trim_end_matches(',').strip_suffix('"')?.to_string());
        let names: std::collections::BTreeSet<_> = map.lines().filter_map(quoted).collect();
        assert!(names.len() > 50);
        for name in &names {
            let within: Vec<_> = names.iter().filter(|other| *other != name && other.contains(&**name)).collect();
            assert!(within.is_empty(), "{name} is part of {within:?}");
            let code = name.strip_prefix(':').and_then(|rest| rest.split_once(':'));
            assert!(code.is_some() || name.contains(' '), "{name} is no whole name");
        }
    }
}
