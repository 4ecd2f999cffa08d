//! K4, K5: who watches which connection, and what a trace looks like as text.

use handfast::trace::{RecordHeader, Text};
use handfast::wire::AlertDescription;
use handfast::{Admission, ClientStart, Connection, Direction, Epoch, Error, Facts, KeyLog, Trace, Version, trace};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::trace::{Entry, Log};
use std::fmt;
use std::sync::{Arc, Mutex};

/// Gives each connection a log of its own.
#[derive(Default)]
struct Each(Mutex<Vec<(bool, Arc<Log>)>>);

impl Trace for Each {
    fn begin(&self, is_server: bool) -> Option<Arc<dyn Trace>> {
        let log = Log::new();
        self.0.lock().unwrap().push((is_server, log.clone()));
        Some(log)
    }

    fn message(&self, _: Direction, _: Epoch, _: &[u8]) {
        panic!("each connection has its own");
    }

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, _: Direction, _: AlertDescription) {}
}

/// A trace of a configuration begins once for each connection, also where the admission has it first.
#[test]
fn a_trace_knows_which_connection() {
    let (clients, servers) = (Arc::new(Each::default()), Arc::new(Each::default()));
    let made = Setup::default().make_with(|b| b.trace(clients.clone()), |b| b.trace(servers.clone()));
    for _ in 0..2 {
        Pair::new(made.clone(), Chunking::Coalesced).connect();
    }
    for (each, is_server, first) in [(clients, false, "ClientHello"), (servers, true, "ServerHello")] {
        let begun = each.0.lock().unwrap();
        assert_eq!(begun.iter().map(|(server, _)| *server).collect::<Vec<_>>(), [is_server; 2]);
        for (_, log) in begun.iter() {
            assert_eq!(log.sent()[0], first);
            assert_eq!(log.sent().iter().filter(|name| **name == first).count(), 1);
        }
    }
}

/// The trace of the configuration that was chosen takes over from one of the admission, after the ClientHello.
#[test]
fn the_chosen_configuration_watches() {
    let (before, after) = (Arc::new(Each::default()), Arc::new(Each::default()));
    let mut made = Setup::default().make_with(|b| b, |b| b.trace(after.clone()));
    made.admission = Admission { trace: Some(before.clone()), ..made.admission };
    Pair::new(made, Chunking::Coalesced).connect();
    let hello = before.0.lock().unwrap()[0].1.entries();
    assert_eq!(hello.len(), 1, "{hello:?}");
    assert_eq!(after.0.lock().unwrap()[0].1.sent()[0], "ServerHello");
}

/// One connection of a configuration is watched, and the other is not.
#[test]
fn one_connection_is_watched() {
    #[derive(Default)]
    struct Labels(Mutex<Vec<&'static str>>);
    impl KeyLog for Labels {
        fn log(&self, label: &'static str, _: &[u8; 32], _: &[u8]) {
            self.0.lock().unwrap().push(label);
        }
    }
    let (client, server) = (Log::new(), Log::new());
    let [client_keys, server_keys, others] = [(); 3].map(|()| Arc::new(Labels::default()));
    let made = Setup::default().make_with(|b| b.key_log(others.clone()), |b| b.key_log(others.clone()));
    let watched = |start: ClientStart| start.trace(client.clone()).key_log(client_keys.clone());
    let mut pair = Pair::start(made.clone(), Chunking::Coalesced, watched);
    pair.server.connection.trace(server.clone());
    pair.server.connection.key_log(server_keys.clone());
    pair.connect();
    assert!(made.client_log.entries().is_empty() && made.server_log.entries().is_empty());
    assert!(others.0.lock().unwrap().is_empty());
    assert_eq!(client.sent().first(), Some(&"ClientHello"));
    assert_eq!(server.sent().first(), Some(&"ServerHello"));
    for keys in [client_keys, server_keys] {
        assert_eq!(keys.0.lock().unwrap().len(), 5);
    }

    // From the middle on, as enableTrace() has it.
    let late = Log::new();
    pair.client.connection.trace(late.clone());
    pair.client.connection.close(&mut Vec::new()).unwrap();
    assert_eq!(late.entries(), [Entry::Alert(Direction::Send, AlertDescription::CLOSE_NOTIFY)]);

    Pair::new(made.clone(), Chunking::Coalesced).connect();
    assert!(!made.client_log.entries().is_empty() && !others.0.lock().unwrap().is_empty());
}

/// A trace that is given to one connection begins too, and once.
#[test]
fn a_trace_of_one_connection_begins() {
    let (clients, servers) = (Arc::new(Each::default()), Arc::new(Each::default()));
    let mut pair =
        Pair::start(Setup::default().make(), Chunking::Coalesced, |start: ClientStart| start.trace(clients.clone()));
    pair.server.connection.trace(servers.clone());
    pair.connect();
    pair.client.connection.close(&mut Vec::new()).unwrap();
    for (each, is_server, first) in [(clients, false, "ClientHello"), (servers, true, "ServerHello")] {
        let begun = each.0.lock().unwrap();
        let [(side, log)] = &begun[..] else { panic!("{} have begun", begun.len()) };
        assert_eq!((*side, log.sent().first()), (is_server, Some(&first)));
        let said_goodbye = log.entries().contains(&Entry::Alert(Direction::Send, AlertDescription::CLOSE_NOTIFY));
        assert_ne!(said_goodbye, is_server);
    }
}

/// What happened, by name.
#[derive(Default)]
struct Story(Mutex<Vec<String>>);

impl Story {
    fn tell(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Trace for Story {
    fn record(&self, direction: Direction, record: RecordHeader) {
        self.tell(format!("{direction:?} {} {} {}", record.content_type.0, record.inner.0, record.version));
    }

    fn message(&self, _: Direction, _: Epoch, _: &[u8]) {}

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, _: Direction, _: AlertDescription) {}

    fn connected(&self, facts: &Facts) {
        self.tell(format!("connected {} {}", facts.version.unwrap(), facts.suite.unwrap().id));
    }

    fn failed(&self, error: &Error, facts: &Facts) {
        self.tell(format!("failed {} {:?}", error.code(), facts.version));
    }
}

/// Records that go out and come in, the end of the handshake, and a failure, which is told once.
#[test]
fn records_and_ends_are_told() {
    let story = Arc::new(Story::default());
    let made = Setup::default().make_with(|b| b, |b| b.trace(story.clone()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    pair.server.send(b"data");
    pair.client.deliver(&[]);
    pair.server.deliver(&[23, 3, 3, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    pair.server.deliver(&[]);
    let records = story.0.lock().unwrap();
    let own: Vec<&str> = records.iter().map(String::as_str).collect();
    let expected = [
        "Receive 22 22 TLS 1.0",
        "Send 22 22 TLS 1.2",
        "Send 20 20 TLS 1.2",
        "Send 23 22 TLS 1.2",
        "Receive 20 20 TLS 1.2",
        "Receive 23 22 TLS 1.2",
        "connected TLS 1.3 TLS_AES_128_GCM_SHA256",
        "Send 23 22 TLS 1.2",
        "Send 23 23 TLS 1.2",
        "Send 23 21 TLS 1.2",
        "failed BadRecordMac Some(TLS 1.3)",
    ];
    assert_eq!(own, expected);
}

/// Shared text, call by call.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<String>>>);

impl fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.lock().unwrap().push(text.to_owned());
        Ok(())
    }
}

/// The text of a whole handshake: every message stands in a record, every call says whose it is, and no secret is in it.
fn shows(version: Version, secret_count: usize, lines: &[&str]) {
    #[derive(Default)]
    struct Secrets(Mutex<Vec<String>>);
    impl KeyLog for Secrets {
        fn log(&self, _: &'static str, _: &[u8; 32], secret: &[u8]) {
            self.0.lock().unwrap().push(secret.iter().map(|byte| format!("{byte:02X}")).collect());
        }
    }
    let (page, secrets) = (Page::default(), Arc::new(Secrets::default()));
    let text = Arc::new(Text::numbered(page.clone()));
    let made = Setup::default().make_with(
        |b| b.trace(text.clone()).versions(version, version),
        |b| b.trace(text.clone()).key_log(secrets.clone()),
    );
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    pair.client.send(b"the application's own");
    pair.run();
    let calls = page.0.lock().unwrap();
    let (client, server) = (|call: &&String| call.starts_with("#1 "), |call: &&String| call.starts_with("#2 "));
    let labelled = [calls.iter().filter(client).count(), calls.iter().filter(server).count()];
    assert!(labelled[0] > 5 && labelled[1] > 5 && labelled[0] + labelled[1] == calls.len(), "{calls:#?}");
    // What one sends the other receives, and each says so of itself.
    let both = |name: &str| [client, server].map(|side| calls.iter().any(|call| side(&call) && call.contains(name)));
    assert_eq!([both("ServerHello, Length="), both("Finished, Length=")], [[true; 2]; 2], "{calls:#?}");
    let page = calls.concat();
    let [first, second] = ["#1 Sent Record\nHeader:\n  Version = TLS 1.0 (0x301)\n", "#2 Received Record\nHeader:\n"];
    assert!(page.starts_with(first) && page.contains(second), "{page}");
    for line in lines {
        assert!(page.lines().any(|own| own.starts_with(line)), "{line}\n{page}");
    }
    assert!(!page.contains("cannot be read"), "{page}");
    let secrets = secrets.0.lock().unwrap();
    assert!(secrets.len() == secret_count && secrets.iter().all(|secret| !page.contains(secret)));
    assert!(!page.contains("the application's own"));
}

#[test]
fn a_handshake_as_text() {
    let lines = [
        "    ClientHello, Length=",
        "      client_version=0x303 (TLS 1.2)",
        "        {0x13, 0x02} TLS_AES_256_GCM_SHA384",
        "        extension_type=supported_versions(43), length=",
        "          TLS 1.3 (772)",
        "          x25519 (29)",
        "          NamedGroup: x25519 (29)",
        "  Inner Content Type = Handshake (22)",
        "    EncryptedExtensions, Length=",
        "          http/1.1",
        "    Certificate, Length=",
        "        Subject: ",
        "      Signature Algorithm: ecdsa_secp256r1_sha256 (0x0403)",
        "      verify_data (len=32): ",
        "      ticket_lifetime=7200",
        "    change_cipher_spec (1)",
    ];
    shows(Version::Tls13, 5, &lines);
}

#[cfg(feature = "tls12")]
#[test]
fn a_handshake_of_tls12_as_text() {
    let lines = [
        "    ClientHello, Length=",
        "    ServerHello, Length=",
        "          http/1.1",
        "    Certificate, Length=",
        "        Subject: ",
        "    ServerKeyExchange, Length=",
        "    ClientKeyExchange, Length=",
        "      verify_data (len=12): ",
        "    change_cipher_spec (1)",
    ];
    shows(Version::Tls12, 1, &lines);
}

/// Bytes of a stranger: escaped, cut, and never a panic (docs/regressions.md rows 31, 90).
#[test]
fn hostile_messages_are_bounded_and_escaped() {
    let mut hello = vec![3, 3];
    hello.extend([0; 32]);
    hello.extend([0, 0, 2, 0x13, 1, 1, 0]);
    let names: Vec<u8> = [&[7][..], b"\x1b[2J\r\na"].concat().repeat(400);
    let list = u16::try_from(names.len()).unwrap();
    let mut block = vec![0, 16];
    block.extend((list + 2).to_be_bytes());
    block.extend(list.to_be_bytes());
    block.extend(&names);
    // A server_name that is cut short, and one that nobody knows.
    block.extend([0, 0, 0, 2, 0, 9, 0x12, 0x34, 0, 1, 0x0a]);
    hello.extend(u16::try_from(block.len()).unwrap().to_be_bytes());
    hello.extend(block);
    let mut raw = vec![1];
    raw.extend(&u32::try_from(hello.len()).unwrap().to_be_bytes()[1..]);
    raw.extend(hello);
    let text = trace::message(&raw, None);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    assert_eq!(text.matches("\\u{1b}[2J\\r\\na").count(), 256, "{text}");
    for line in [
        "      and 144 more",
        "      cannot be read (len=2): 0009",
        "    extension_type=UNKNOWN(4660), length=1",
        "      data (len=1): 0A",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }

    let finished = [&[20, 0, 0x10, 0][..], &[0xab; 4_096]].concat();
    let text = trace::message(&finished, None);
    assert!(text.contains("verify_data (len=4096): ABAB") && text.ends_with("... and 2048 bytes more\n"), "{text}");
    assert!(text.len() < 4_200);
    for raw in [&[][..], &[1], &[2, 0, 0, 1, 0], &[255, 0, 0, 0]] {
        assert!(!trace::message(raw, None).is_empty());
    }
}

/// What a server has never read anything of is named all the same.
#[test]
fn a_connection_without_a_name_is_watched() {
    let page = Page::default();
    let made = Setup::default().make();
    let mut server = Connection::server(&made.server).unwrap();
    server.trace(Arc::new(Text::new(page.clone())));
    let mut out = Vec::new();
    let error = server.receive(&mut b"GET / HTTP/1.1\r\n\r\n".to_vec(), &mut out).unwrap_err();
    let page = page.0.lock().unwrap().concat();
    assert!(page.ends_with(&format!("Failed (NotTls): {error}\n")), "{page}");
}
