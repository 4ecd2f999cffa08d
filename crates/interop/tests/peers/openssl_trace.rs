//! K5: our trace names what `openssl s_client -trace` names of the same handshake, message by message and extension by extension.

use crate::openssl::s_client;
use handfast::ServerConfigBuilder;
use handfast::crypto::KeyKind;
use handfast::trace::Text;
use handfast_interop::ours;
use handfast_interop::world::WORLD;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Our text.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<String>>);

impl fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
}

/// What OpenSSL calls otherwise than the registry.
const NAMES: [(&str, &str); 4] = [
    ("UNKNOWN", "GREASE"),
    ("extended_master_secret", "extended_main_secret"),
    ("renegotiate", "renegotiation_info"),
    ("signed_certificate_timestamps", "signed_certificate_timestamp"),
];

/// The messages with their lengths and the extensions with their numbers and lengths, in their order, each under who sent it.
fn named(text: &str, sent: &str) -> Vec<String> {
    let mut own = Vec::new();
    let mut is_sent = false;
    for line in text.lines() {
        let line = line.trim_start();
        match line {
            _ if line.ends_with("Sent Record") => is_sent = sent == "Sent",
            _ if line.ends_with("Received Record") => is_sent = sent == "Received",
            _ if line.starts_with("extension_type=") || is_message(line) => {
                let name = NAMES.iter().fold(line.to_owned(), |line, (theirs, ours)| {
                    line.replace(&format!("={theirs}("), &format!("={ours}("))
                });
                own.push(format!("{} {name}", if is_sent { "client" } else { "server" }));
            }
            _ => {}
        }
    }
    own
}

fn is_message(line: &str) -> bool {
    line.split_once(", Length=").is_some_and(|(name, len)| {
        name.chars().all(char::is_alphanumeric) && len.chars().all(|digit| digit.is_ascii_digit())
    })
}

/// What their client and our server say of one handshake.
fn same(
    kind: KeyKind,
    more: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
    options: &[&str],
    wanted: &[&str],
) {
    let page = Page::default();
    let config = more(WORLD.server(kind)).trace(Arc::new(Text::new(page.clone())));
    let server = ours::serve(config.build().unwrap(), ours::echo);
    let mut client = s_client(server.port, &[&["-trace", "-no_ign_eof"], options].concat());
    client.type_in(b"hello\n");
    client.wait_for_word("hello\n");
    client.end_input();
    server.succeed_with(&client);
    let theirs = client.finish().1.text();
    let ours = page.0.lock().unwrap();
    for sender in ["client", "server"] {
        let of =
            |named: Vec<String>| -> Vec<String> { named.into_iter().filter(|own| own.starts_with(sender)).collect() };
        let [theirs_named, ours_named] = [of(named(&theirs, "Sent")), of(named(&ours, "Received"))];
        assert_eq!(theirs_named, ours_named, "\n{theirs}\n{ours}");
        assert!(theirs_named.len() > 2);
    }
    assert!(!ours.contains("cannot be read"), "{ours}");
    for wanted in wanted {
        assert!(named(&ours, "Received").iter().any(|own| own.contains(wanted)), "{wanted}\n{ours}");
    }
}

#[test]
fn of_tls13() {
    let wanted = [
        "server EncryptedExtensions, ",
        "server extension_type=application_layer_protocol_negotiation(16), length=5",
        "client extension_type=server_name(0), length=14",
        "server NewSessionTicket, ",
        "client Finished, Length=",
    ];
    same(KeyKind::P256, |b| b.protocols(["h2"]), &["-tls1_3", "-alpn", "h2", "-status"], &wanted);
}

#[test]
fn of_tls12() {
    let wanted = ["server ServerKeyExchange, ", "client ClientKeyExchange, ", "server ServerHelloDone, Length=0"];
    same(KeyKind::Rsa, |b| b, &["-tls1_2"], &wanted);
}
