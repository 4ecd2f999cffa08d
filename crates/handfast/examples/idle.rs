//! Ten thousand connections that say nothing, in one thread: a poll loop on mio around the engine, with both ends of every
//! connection in this process.
//!
//! `cargo run -p handfast --features make --example idle` connects them all, prints what they hold, lets each say a word and
//! hear it back, and prints it again. It ends with an error if an end holds more than [`BOUND`]. So many sockets want a limit of
//! open files to match: it is raised as far as this user may, and where that is not enough there are fewer connections, which is
//! said. A number as argument is how many there are.
//!
//! What keeps an idle connection small: one buffer to read into is shared by all, and what an end keeps of its own (bytes of a
//! record that is not complete, bytes the socket does not take) is given back as soon as it is empty.

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{
    Anchors, ClientConfig, ClientStart, Clock, Connection, Event, Identity, Received, ServerConfig, SystemClock,
};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, io, mem};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How many connections there are, unless an argument says otherwise.
const CONNECTIONS: usize = 10_000;
/// How many of them come before memory is counted: they bring in what the process needs once.
const FIRST: usize = 100;
/// How many handshakes are under way at once: less than the system lets wait at a listening socket.
const HANDSHAKES: usize = 100;
/// What one end of an idle connection may hold of this process's memory, in bytes: its state, its slot in the list, and what
/// malloc loses between them. What the system keeps for a socket is not in it.
const BOUND: usize = 10 * 1024;
/// After so long without any event something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> Outcome {
    let wanted = env::args().nth(1).map_or(Ok(CONNECTIONS), |number| number.parse())?;
    let count = room_for(wanted)?;
    if count < wanted {
        println!("the limit of open files leaves room for {count} connections, not {wanted}");
    }
    if count <= FIRST {
        return Err(format!("{count} connections are too few to say anything: the first {FIRST} do not count").into());
    }
    let mut world = World::new(count)?;
    let start = Instant::now();
    world.connect(FIRST)?;
    let before = resident()?;
    world.connect(count)?;
    println!("{count} connections, {} sockets, one thread: {:.1?}", 2 * count, start.elapsed());
    report("idle", before, 2 * (count - FIRST))?;

    world.everybody_speaks()?;
    world.run(|world| world.heard == count)?;
    println!("each has said a word and heard it back");
    report("idle again", before, 2 * (count - FIRST))
}

/// How many connections of two sockets each the limit of open files allows, once it is as high as it may be.
fn room_for(wanted: usize) -> Outcome<usize> {
    // The listener, the poll, standard input and output, and what else a process has open.
    const OTHERS: u64 = 32;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = u64::try_from(2 * wanted)? + OTHERS;
    let possible = maximum.map_or(needed, |maximum| needed.min(maximum));
    if current.is_some_and(|current| current < possible) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum })?;
    }
    Ok(usize::try_from((possible - OTHERS) / 2)?.min(wanted))
}

/// What this process holds in memory, in bytes; none where there is no /proc.
fn resident() -> Outcome<Option<usize>> {
    let Ok(pages) = fs::read_to_string("/proc/self/statm") else { return Ok(None) };
    let pages: usize = pages.split_whitespace().nth(1).ok_or("no second number in /proc/self/statm")?.parse()?;
    Ok(Some(pages * rustix::param::page_size()))
}

/// Says how much the process has grown since `before` for each of `ends`, and fails if that is too much.
fn report(when: &str, before: Option<usize>, ends: usize) -> Outcome {
    let (Some(before), Some(now)) = (before, resident()?) else {
        println!("{when}: nobody here says how much memory this process holds");
        return Ok(());
    };
    let each = now.saturating_sub(before) / ends;
    println!("{when}: {} KiB, {} KiB before; {each} bytes for each end, {BOUND} at most", now / 1024, before / 1024);
    if each > BOUND {
        return Err(format!("an end of an idle connection holds {each} bytes").into());
    }
    Ok(())
}

/// Everything the loop has.
struct World {
    poll: Poll,
    listener: TcpListener,
    address: SocketAddr,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    /// The token of a socket is its place here.
    ends: Vec<End>,
    /// How many connections there are to be, and how many clients have begun.
    count: usize,
    begun: usize,
    /// How many ends are connected, and how many clients have heard their word.
    connected: usize,
    heard: usize,
    /// Where every socket is read into.
    buffer: Box<[u8]>,
}

const LISTENER: Token = Token(usize::MAX);

impl World {
    fn new(most: usize) -> Outcome<Self> {
        let (client, server) = configurations()?;
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let address = listener.local_addr()?;
        let ends = Vec::with_capacity(2 * most);
        let buffer = vec![0; 16 * 1024].into();
        Ok(Self { poll, listener, address, client, server, ends, count: 0, begun: 0, connected: 0, heard: 0, buffer })
    }

    /// Goes on until there are `count` connections.
    fn connect(&mut self, count: usize) -> Outcome {
        self.count = count;
        self.run(|world| world.connected == 2 * count)
    }

    /// Turns until `done`.
    fn run(&mut self, done: impl Fn(&Self) -> bool) -> Outcome {
        let mut events = Events::with_capacity(1024);
        while !done(self) {
            self.begin()?;
            match self.poll.poll(&mut events, Some(PATIENCE)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                outcome => outcome?,
            }
            if events.is_empty() {
                return Err("nothing happens any more".into());
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(place) => self.turn(place)?,
                }
            }
        }
        Ok(())
    }

    /// Begins as many connections as may be under way.
    fn begin(&mut self) -> Outcome {
        while self.begun < self.count && self.begun < self.connected / 2 + HANDSHAKES {
            self.begun += 1;
            let socket = TcpStream::connect(self.address)?;
            let mut output = Vec::new();
            let tls = ClientStart::new(&self.client, "localhost".try_into()?).connect(&mut output)?;
            // The system says that it is connected by saying that it is writable.
            self.add(End { socket, tls, input: Vec::new(), output })?;
        }
        Ok(())
    }

    /// Takes everybody who waits at the listener.
    fn accept(&mut self) -> Outcome {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => {
                    let tls = Connection::server(&self.server)?;
                    self.add(End { socket, tls, input: Vec::new(), output: Vec::new() })?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn add(&mut self, mut end: End) -> io::Result<()> {
        let token = Token(self.ends.len());
        self.poll.registry().register(&mut end.socket, token, Interest::READABLE | Interest::WRITABLE)?;
        self.ends.push(end);
        Ok(())
    }

    fn turn(&mut self, place: usize) -> Outcome {
        let end = self.ends.get_mut(place).ok_or("a token of nobody")?;
        let news = end.turn(&mut self.buffer)?;
        self.connected += usize::from(news.connected);
        self.heard += usize::from(news.heard);
        Ok(())
    }

    fn everybody_speaks(&mut self) -> Outcome {
        for end in self.ends.iter_mut().filter(|end| !end.tls.is_server()) {
            end.tls.send(WORD, &mut end.output)?;
            end.flush()?;
        }
        Ok(())
    }
}

const WORD: &[u8] = b"still here";

/// One end of a connection.
struct End {
    socket: TcpStream,
    tls: Connection,
    /// What has come of a record that is not complete.
    input: Vec<u8>,
    /// What the socket has not taken yet.
    output: Vec<u8>,
}

#[derive(Default)]
struct News {
    connected: bool,
    heard: bool,
}

impl End {
    /// Sends and reads what can be, until the socket would block. Nothing is read while something cannot be sent: a peer that
    /// does not read is not served any further, and this end does not grow.
    fn turn(&mut self, buffer: &mut [u8]) -> Outcome<News> {
        let mut news = News::default();
        while self.flush()? {
            match self.socket.read(buffer) {
                Ok(0) => return Err(self.tls.end_of_input().map_or_else(Into::into, |()| "an early end".into())),
                Ok(len) => self.feed(buffer.get_mut(..len).unwrap_or_default(), &mut news)?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // One that is not connected yet is not there to be read, either.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(news)
    }

    /// Sends what is there; whether all of it is gone.
    fn flush(&mut self) -> io::Result<bool> {
        let mut sent = 0;
        while let Some(rest) = self.output.get(sent..).filter(|rest| !rest.is_empty()) {
            match self.socket.write(rest) {
                Ok(len) => sent += len,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    self.output.drain(..sent);
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        self.output = Vec::new();
        Ok(true)
    }

    /// What has come goes to the engine where it lies, unless the beginning of a record is already here.
    fn feed(&mut self, come: &mut [u8], news: &mut News) -> Outcome {
        if self.input.is_empty() {
            let used = self.take(come, news)?;
            self.input.extend_from_slice(come.get(used..).unwrap_or_default());
        } else {
            let mut input = mem::take(&mut self.input);
            input.extend_from_slice(come);
            let used = self.take(&mut input, news)?;
            input.drain(..used);
            // Or it is dropped, and with it what it held.
            if !input.is_empty() {
                self.input = input;
            }
        }
        Ok(())
    }

    /// Does what is in `input`, and returns how much of it that was.
    fn take(&mut self, input: &mut [u8], news: &mut News) -> Outcome<usize> {
        let mut used = 0;
        loop {
            let rest = input.get_mut(used..).unwrap_or_default();
            let Received { consumed, event } = match self.tls.receive(rest, &mut self.output) {
                Ok(received) => received,
                Err(error) => {
                    // The alert that tells the peer is in `output`.
                    self.flush()?;
                    return Err(error.into());
                }
            };
            used += consumed;
            match event {
                Event::NeedInput { .. } => return Ok(used),
                Event::Connected => news.connected = true,
                // A server says back what it hears.
                Event::Data { bytes, .. } if self.tls.is_server() => self.tls.send(bytes, &mut self.output)?,
                Event::Data { bytes, .. } if bytes == WORD => news.heard = true,
                Event::Data { .. } => return Err("that is not what was said".into()),
                Event::Closed => return Err("the peer has closed".into()),
                // Tickets, which nobody keeps here.
                _ => {}
            }
        }
    }
}

/// Two configurations that get along: a CA that was made for them, and a certificate for localhost.
fn configurations() -> Outcome<(Arc<ClientConfig>, Arc<ServerConfig>)> {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("Idle CA", SystemClock.now()), KeyKind::P256)?;
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], SystemClock.now()), KeyKind::P256)?;
    let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der())?;
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate)?;
    let client = ClientConfig::builder().anchors(Arc::new(anchors)).build()?;
    Ok((client, ServerConfig::builder().identity(identity).build()?))
}
