//! The life of a server: handshakes beside each other and how many, configurations that change, strangers, and the end.

use crate::{listen, name, pair};
use handfast::{Sniffed, TicketKeyError, Ticketer};
use handfast_net::{Accepted, Acceptor, Client, Connector, Listener, Places, Stream, error_code, tls_error};
use handfast_testkit::setup::{Mode, Setup};
use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Long enough for whatever comes at all.
const LONG: Duration = Duration::from_secs(60);

fn started(acceptor: Acceptor) -> (Listener, u16) {
    let (socket, port) = listen();
    (acceptor.listen(socket).unwrap(), port)
}

/// A client that says something and closes.
fn say(connector: &Connector, port: u16, words: &'static str) -> JoinHandle<Vec<u8>> {
    let connector = connector.clone();
    thread::spawn(move || {
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut stream = connector.connect_over(socket, name()).unwrap();
        stream.write_all(words.as_bytes()).unwrap();
        stream.close().unwrap();
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        stream.facts().protocol.clone().unwrap()
    })
}

fn heard(client: Client) -> String {
    let mut words = String::new();
    client.stream.unwrap().read_to_string(&mut words).unwrap();
    words
}

/// docs/regressions.md row 16: who says nothing delays nobody while there is a place, and is told of when the time is up; who speaks
/// something else is told of with the code and the address.
#[test]
fn failures_are_told_apart() {
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor.max_handshakes(3).handshake_timeout(Some(Duration::from_millis(300))));
    let silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut wrong = TcpStream::connect(("127.0.0.1", port)).unwrap();
    wrong.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
    let failed = listener.accept().unwrap().unwrap();
    assert_eq!((failed.address, failed.code().as_deref()), (wrong.local_addr().unwrap(), Some("NotTls")));
    assert!(tls_error(failed.stream.as_ref().unwrap_err()).unwrap().to_string().contains(": SSH"));
    let client = say(&connector, port, "hello");
    let served = listener.accept().unwrap().unwrap();
    assert_eq!(served.code(), None);
    assert_eq!(heard(served), "hello");
    client.join().unwrap();
    let late = listener.accept().unwrap().unwrap();
    assert_eq!((late.address, late.code().as_deref()), (silent.local_addr().unwrap(), Some("TimedOut")));
    // Somebody who leaves in the middle.
    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    assert_eq!(listener.accept().unwrap().unwrap().code().as_deref(), Some("Truncated"));
}

/// No more sockets are taken than handshakes may go on.
#[test]
fn a_full_house_takes_nobody() {
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor.max_handshakes(1));
    let silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // The one place is taken when the system has handed it over.
    while listener.handshakes() == 0 {
        thread::yield_now();
    }
    let client = say(&connector, port, "after you");
    assert_eq!(listener.handshakes(), 1);
    drop(silent);
    assert!(listener.accept().unwrap().unwrap().stream.is_err());
    assert_eq!(heard(listener.accept().unwrap().unwrap()), "after you");
    client.join().unwrap();
    assert_eq!(listener.handshakes(), 0);
}

/// Clients that nobody takes: as many as there are places wait, as many more keep their places, and the others are not accepted.
#[test]
fn who_is_not_taken_keeps_his_place() {
    const MOST: usize = 2;
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor.max_handshakes(MOST));
    let connect =
        |connector: &Connector| connector.connect_over(TcpStream::connect(("127.0.0.1", port)).unwrap(), name());
    let clients: Vec<_> = (0..2 * MOST).map(|_| connect(&connector).unwrap()).collect();
    let hasty = connector.clone().handshake_timeout(Some(Duration::from_millis(300)));
    assert_eq!(error_code(&connect(&hasty).unwrap_err()), "TimedOut");
    assert_eq!(listener.connections().taken(), 2 * MOST);
    // They come in no order; he too, whose turn has come when he has gone: truncated or reset.
    let mut ports: HashSet<u16> = clients.iter().map(|client| client.local_addr().unwrap().port()).collect();
    let mut gone = 0;
    for _ in 0..=2 * MOST {
        let taken = listener.accept().unwrap().unwrap();
        match taken.stream {
            Ok(_) => assert!(ports.remove(&taken.address.port())),
            Err(_) => gone += 1,
        }
    }
    assert_eq!((ports.len(), gone), (0, 1));
}

/// Stopped while all places are taken, it frees the port all the same.
#[test]
fn a_full_house_stops() {
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor.max_handshakes(1).handshake_timeout(None));
    let silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    while listener.handshakes() == 0 {
        thread::yield_now();
    }
    // Nobody is accepted in its time, so the listening thread waits for a place.
    let hasty = connector.handshake_timeout(Some(Duration::from_millis(50)));
    let in_vain = hasty.connect_over(TcpStream::connect(("127.0.0.1", port)).unwrap(), name());
    assert_eq!(error_code(&in_vain.unwrap_err()), "TimedOut");
    listener.stopper().stop();
    let (address, deadline) = (SocketAddr::from(([127, 0, 0, 1], port)), Instant::now() + LONG);
    // While the port is taken the system's queue fills, and then it says nothing.
    let is_refused = |error: std::io::Error| error.kind() == ErrorKind::ConnectionRefused;
    while !TcpStream::connect_timeout(&address, Duration::from_secs(2)).is_err_and(is_refused) {
        assert!(Instant::now() < deadline, "the port is still taken");
        thread::yield_now();
    }
    assert_eq!(listener.handshakes(), 1);
    drop(silent);
    assert_eq!(listener.accept().unwrap().unwrap().code().as_deref(), Some("Truncated"));
    assert!(listener.accept().is_none());
}

/// Dropped, a listener leaves nobody behind who waits to be taken.
#[test]
fn who_is_not_taken_is_dropped() {
    let (connector, acceptor) = pair();
    let (listener, port) = started(acceptor.max_handshakes(1));
    let connect = || connector.connect_over(TcpStream::connect(("127.0.0.1", port)).unwrap(), name()).unwrap();
    let _clients = [connect(), connect()];
    let connections = listener.connections();
    assert_eq!(connections.taken(), 2);
    drop(listener);
    assert_eq!(connections.wait_for_none(Some(Instant::now() + LONG)), 0);
}

/// The same without a listener: who has no place waits for one within its time.
#[test]
fn an_acceptor_has_places() {
    let (_, acceptor) = pair();
    let acceptor = acceptor.max_handshakes(1).handshake_timeout(Some(Duration::from_millis(50)));
    let (socket, port) = listen();
    let mut clients = [(); 2].map(|()| TcpStream::connect(("127.0.0.1", port)).unwrap());
    let [one, other] = [(); 2].map(|()| socket.accept().unwrap().0);
    // It would be told apart at once, had it a place.
    clients[1].write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let shut = one.try_clone().unwrap();
    let first = acceptor.clone().handshake_timeout(None);
    let silent = thread::spawn(move || first.accept(one).map(drop));
    while acceptor.handshakes().taken() == 0 {
        thread::yield_now();
    }
    let again = other.try_clone().unwrap();
    assert_eq!(error_code(&acceptor.accept(other).unwrap_err()), "TimedOut");
    shut.shutdown(std::net::Shutdown::Both).unwrap();
    assert!(silent.join().unwrap().is_err());
    assert_eq!(acceptor.handshakes().taken(), 0);
    assert_eq!(error_code(&acceptor.accept(again).unwrap_err()), "NotTls");
}

/// K8: from the next client on; what lives goes on.
#[test]
fn the_configuration_changes_under_a_live_server() {
    let config = |protocol| Setup { server_protocols: vec![protocol], ..Setup::default() }.make();
    let first = config("h2");
    let acceptor = Acceptor::new(first.server);
    let live = acceptor.admission().clone();
    let connector = Connector::new(first.client);
    let (mut listener, port) = started(acceptor);
    let before = say(&connector, port, "before");
    let open = listener.accept().unwrap().unwrap();
    live.set(config("http/1.1").server);
    let after = say(&connector, port, "after");
    assert_eq!(heard(listener.accept().unwrap().unwrap()), "after");
    assert_eq!(heard(open), "before");
    assert_eq!((before.join().unwrap(), after.join().unwrap()), (b"h2".to_vec(), b"http/1.1".to_vec()));
}

/// R3: the keys of tickets are read and set while the server runs: a ticket of the former ones is not known any more.
#[test]
fn ticket_keys_change_under_a_live_server() {
    let made = Setup::default().make();
    let ticketer = Arc::new(Ticketer::new(made.server.provider().clone()));
    let made = Setup::default().make_with(|client| client, |server| server.sessions(ticketer.clone()));
    let (mut listener, port) = started(Acceptor::new(made.server.clone()));
    let connector = Connector::new(made.client);
    let mut talk = |connector: &Connector| {
        let connector = connector.clone();
        let client = thread::spawn(move || {
            let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mut stream = connector.connect_over(socket, name()).unwrap();
            stream.read_exact(&mut [0]).unwrap();
            (stream.facts().resumed, stream.session().cloned().unwrap())
        });
        listener.accept().unwrap().unwrap().stream.unwrap().write_all(b".").unwrap();
        client.join().unwrap()
    };
    let (_, session) = talk(&connector);
    let keys = ticketer.keys();
    assert!(talk(&connector.clone().session(session.clone())).0);
    ticketer.set_keys(&[[7; Ticketer::KEY_LEN]]).unwrap();
    assert!(!talk(&connector.clone().session(session.clone())).0);
    ticketer.set_keys(&keys).unwrap();
    assert!(talk(&connector.session(session)).0);
    assert!(matches!(ticketer.set_keys(&[[0; Ticketer::KEY_LEN]]), Err(TicketKeyError::Zero)));
}

/// K11: handed back as it was, byte for byte, with nothing sent; and a PROXY header can be taken off.
#[test]
fn strangers_are_handed_back() {
    const HEADER: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor.clone().hand_back_strangers(true));
    let mut plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let client = listener.accept().unwrap().unwrap();
    assert_eq!(client.code().as_deref(), Some("NotTls"));
    let mut stranger = client.stranger().unwrap();
    assert_eq!((stranger.speaks, &stranger.received[..]), (Sniffed::Http, &b"GET / HTTP/1.1\r\n\r\n"[..]));
    stranger.io.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    drop(stranger);
    let mut answer = String::new();
    plain.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "HTTP/1.1 400 Bad Request\r\n\r\n");

    let client = thread::spawn(move || {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.write_all(HEADER).unwrap();
        let mut stream = connector.connect_over(socket, name()).unwrap();
        stream.write_all(b"from far").unwrap();
        stream.close().unwrap();
    });
    let mut stranger = listener.accept().unwrap().unwrap().stranger().unwrap();
    assert!(stranger.speaks == Sniffed::ProxyHeader && stranger.received.starts_with(HEADER));
    assert_eq!(listener.connections().taken(), 1);
    stranger.received.drain(..HEADER.len());
    let mut stream = acceptor.accept_stranger(stranger).unwrap();
    assert_eq!(listener.connections().taken(), 1);
    let mut words = String::new();
    stream.read_to_string(&mut words).unwrap();
    assert_eq!(words, "from far");
    client.join().unwrap();

    // Who is none is itself again, and one by one the same without a listener.
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor.clone().hand_back_strangers(true));
    let client = say(&connector, port, "no stranger");
    let back = listener.accept().unwrap().unwrap().stranger().unwrap_err();
    assert_eq!(heard(*back), "no stranger");
    client.join().unwrap();
    let (socket, port) = listen();
    let client = say(&connector, port, "nor here");
    let Accepted::Tls(mut stream) = acceptor.accept_any(socket.accept().unwrap().0).unwrap() else { panic!() };
    let mut words = String::new();
    stream.read_to_string(&mut words).unwrap();
    assert_eq!(words, "nor here");
    drop(stream);
    client.join().unwrap();
}

/// `server.close()`: nobody else is taken and the port is free, who is in a handshake gets through, and connections end in their time.
#[test]
fn closing_waits_for_those_who_are_there() {
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor);
    let connections: Places = listener.connections();
    let mut slow = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let client = say(&connector, port, "served");
    let open: Stream<TcpStream> = listener.accept().unwrap().unwrap().stream.unwrap();
    while connections.taken() < 2 {
        thread::yield_now();
    }
    let stop = listener.stopper();
    let closing = thread::spawn(move || {
        let mut late = Vec::new();
        let left = listener.close(LONG, |client| late.push(client.code()));
        (left, late)
    });
    // The port is free once the listening thread has seen it.
    stop.stop();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        thread::yield_now();
    }
    assert!(!closing.is_finished());
    slow.write_all(b"GET").unwrap();
    slow.read_to_end(&mut Vec::new()).ok();
    assert!(!closing.is_finished());
    let (read, write) = open.split(TcpStream::try_clone).unwrap();
    drop(read);
    assert_eq!(connections.taken(), 1);
    drop(write);
    assert_eq!(closing.join().unwrap(), (0, vec![Some("NotTls".to_owned())]));
    client.join().unwrap();
}

/// Whoever does not wait leaves nothing behind: handshakes end, and what was served goes on.
#[test]
fn patience_has_an_end() {
    let (connector, acceptor) = pair();
    let (mut listener, port) = started(acceptor.handshake_timeout(None));
    let mut silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let client = say(&connector, port, "still here");
    let open = listener.accept().unwrap().unwrap();
    while listener.handshakes() == 0 {
        thread::yield_now();
    }
    let begun = Instant::now();
    assert_eq!(listener.close(Duration::from_millis(50), |_| panic!("nobody is done")), 2);
    assert!(begun.elapsed() < LONG);
    assert!(matches!(silent.read(&mut [0]), Ok(0) | Err(_)));
    assert_eq!(heard(open), "still here");
    client.join().unwrap();
}

/// An answer that panics is one client's bad luck.
#[test]
fn a_panic_ends_one_handshake() {
    let asking = Setup { mode: Mode::Ask, ..Setup::default() }.make();
    let acceptor = Acceptor::with_admission(asking.admission).answers(|_| panic!("this is the test's panic"));
    let (mut listener, port) = started(acceptor);
    for _ in 0..2 {
        let (connector, _) = pair();
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let client = thread::spawn(move || connector.connect_over(socket, name()).is_err());
        let failed = listener.accept().unwrap().unwrap();
        let error = failed.stream.unwrap_err();
        assert_eq!((error.kind(), error.to_string().contains("panicked")), (ErrorKind::Other, true));
        assert!(client.join().unwrap());
    }
}
