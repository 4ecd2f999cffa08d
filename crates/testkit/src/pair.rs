//! Two engines in memory.

use crate::chunk::Chunking;
use crate::setup::{Answers, Made};
use crate::world::NAME;
use handfast::{ClientStart, Connection, Error, Event, Question, Received, Session};

/// A client and a server, and the bytes between them.
pub struct Pair {
    /// The client.
    pub client: End,
    /// The server.
    pub server: End,
    /// How bytes arrive on either side.
    pub chunking: Chunking,
}

/// One side of a pair.
pub struct End {
    /// The engine.
    pub connection: Connection,
    /// What it has not consumed.
    pub inbox: Vec<u8>,
    /// What it wants sent.
    pub outbox: Vec<u8>,
    /// What happened, by name, without data.
    pub events: Vec<&'static str>,
    /// The application data that came.
    pub received: Vec<u8>,
    /// Why it ended.
    pub error: Option<Error>,
    /// What it answers.
    pub answers: Answers,
    /// Every byte it has sent.
    pub sent: Vec<u8>,
    /// Whether its signatures have a bit wrong.
    pub faulty_signatures: bool,
    /// The sessions that came of it, on a client.
    pub sessions: Vec<Session>,
    /// The early data that came, on a server.
    pub early: Vec<u8>,
    /// How much early data the server did not take, on a client.
    pub rejected: Option<u64>,
    /// Whether questions about tickets are kept in `held` and not answered.
    pub holds_tickets: bool,
    /// The last of them.
    pub held: Option<Question>,
}

impl Pair {
    /// Both sides, with the ClientHello on its way.
    pub fn new(made: Made, chunking: Chunking) -> Self {
        Self::start(made, chunking, |start| start)
    }

    /// The same, with something to offer.
    pub fn start(made: Made, chunking: Chunking, start: impl FnOnce(ClientStart) -> ClientStart) -> Self {
        let mut outbox = Vec::new();
        let start = start(ClientStart::new(&made.client, NAME.try_into().expect("a name")));
        let client = start.connect(&mut outbox).expect("a ClientHello");
        let server = Connection::accept(&made.admission).expect("a server");
        let mut client = End::new(client, made.client_answers);
        client.outbox = outbox;
        Self { client, server: End::new(server, made.server_answers), chunking }
    }

    /// Carries bytes to and fro until neither side has any.
    pub fn run(&mut self) -> &mut Self {
        loop {
            let moved = self.client.carry(&mut self.server, self.chunking);
            if !self.server.carry(&mut self.client, self.chunking) && !moved {
                return self;
            }
        }
    }

    /// Runs the handshake and expects it to succeed.
    pub fn connect(&mut self) -> &mut Self {
        self.run();
        for end in [&self.client, &self.server] {
            assert!(end.error.is_none(), "{:?}", end.error);
            assert!(end.connection.is_connected());
        }
        self
    }
}

impl End {
    /// A side that answers its questions with `answers`.
    pub fn new(connection: Connection, answers: Answers) -> Self {
        Self {
            connection,
            inbox: Vec::new(),
            outbox: Vec::new(),
            events: Vec::new(),
            received: Vec::new(),
            error: None,
            answers,
            sent: Vec::new(),
            faulty_signatures: false,
            sessions: Vec::new(),
            early: Vec::new(),
            rejected: None,
            holds_tickets: false,
            held: None,
        }
    }

    /// Sends application data.
    pub fn send(&mut self, data: &[u8]) {
        self.connection.send(data, &mut self.outbox).expect("a connection that is open");
    }

    /// Hands everything in the outbox to the other side. Says whether there was anything.
    pub fn carry(&mut self, to: &mut Self, chunking: Chunking) -> bool {
        let bytes = std::mem::take(&mut self.outbox);
        self.sent.extend_from_slice(&bytes);
        for piece in chunking.cut(&bytes) {
            to.deliver(piece);
        }
        !bytes.is_empty()
    }

    /// Takes bytes from the wire and everything that follows from them.
    pub fn deliver(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        while self.error.is_none() && self.step() {}
    }

    /// One event; false when more input is needed or none will help.
    fn step(&mut self) -> bool {
        let mut question = None;
        let received = match self.connection.receive(&mut self.inbox, &mut self.outbox) {
            Ok(received) => received,
            Err(error) => {
                self.events.push("Error");
                self.error = Some(error);
                return false;
            }
        };
        let Received { consumed, event } = received;
        let (name, more) = match event {
            Event::NeedInput { .. } => ("", false),
            Event::NeedAnswer => ("NeedAnswer", false),
            Event::Question(asked) => {
                let name = name(&asked);
                question = Some(asked);
                (name, true)
            }
            Event::MaySend(_) => ("MaySend", true),
            Event::Connected => ("Connected", true),
            Event::Data { bytes, .. } => {
                self.received.extend_from_slice(bytes);
                ("", true)
            }
            Event::Closed => ("Closed", false),
            Event::Renegotiated => ("Renegotiated", true),
            Event::ClientAuthenticated => ("ClientAuthenticated", true),
            Event::Session(session) => {
                self.sessions.push(session);
                ("Session", true)
            }
            Event::EarlyData { bytes, .. } => {
                self.early.extend_from_slice(bytes);
                ("", true)
            }
            Event::EarlyDataAccepted => ("EarlyDataAccepted", true),
            Event::EarlyDataRejected { bytes } => {
                self.rejected = Some(bytes);
                ("EarlyDataRejected", true)
            }
            _ => ("Other", true),
        };
        self.inbox.drain(..consumed);
        if !name.is_empty() {
            self.events.push(name);
        }
        if self.holds_tickets && matches!(question, Some(Question::Issue(_))) {
            self.held = question;
        } else if let Some(question) = question {
            let answer = self.answers.answer(question, self.faulty_signatures);
            if let Err(error) = self.connection.answer(answer, &mut self.outbox) {
                self.error = Some(error);
            }
        }
        more
    }
}

fn name(question: &Question) -> &'static str {
    match question {
        Question::Config(_) => "Config?",
        Question::Credential(_) => "Credential?",
        Question::Sign(_) => "Sign?",
        Question::Peer(_) => "Peer?",
        Question::Resume(_) => "Resume?",
        Question::Issue(_) => "Issue?",
        Question::EarlyData(_) => "EarlyData?",
        Question::Staple(_) => "Staple?",
        _ => "?",
    }
}
