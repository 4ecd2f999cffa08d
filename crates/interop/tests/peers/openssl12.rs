//! OpenSSL's own programs, and TLS 1.2 as it is today.

use crate::openssl::s_client;
use handfast::crypto::KeyKind;
use handfast::pki::ocsp::Stapling;
use handfast::pki::{Policy, pem};
use handfast::wire::{AlertDescription, NamedGroup, ProtocolVersion, Violation};
use handfast::{
    ClientAuth, ClientConfigBuilder, Error, Facts, KeepSessions, KeyLogFile, MemoryStore, PathVerifier, Resolve,
    ServerConfig, ServerConfigBuilder, Ticketer, Usage, VerifyPeer,
};
use handfast_interop::link::{self, Link};
use handfast_interop::older::{check, client, kind, present, server};
use handfast_interop::process::{Process, free_port};
use handfast_interop::world::{LARGE, MORE_KINDS, WORLD, hash, hex, stem};
use handfast_interop::{GROUPS, ours};
use handfast_net::tls_error;
use std::fs;
use std::io::Write;
use std::sync::Arc;

/// `openssl s_server`, and its port.
pub(crate) fn s_server(kind: KeyKind, options: &[&str]) -> (Process, u16) {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let [cert, key] = WORLD.files(&stem(kind));
    let fixed = ["s_server", "-accept", &address, "-cert", &cert, "-key", &key];
    let mut command = std::process::Command::new("openssl");
    command.args(fixed).args(options).current_dir(WORLD.directory());
    (Process::run(command).listening(port), port)
}

/// Our client asks their server, which says lines backwards.
pub(crate) fn ask_them(kind: KeyKind, config: ClientConfigBuilder, options: &[&str]) -> Facts {
    let (_server, port) = s_server(kind, &[&["-rev", "-tls1_2"], options].concat());
    ask_at(port, config)
}

fn ask_at(port: u16, config: ClientConfigBuilder) -> Facts {
    let mut link = Link::connect(&config.build().unwrap(), port, None).unwrap();
    ours::ask(&mut link, "hello\n", "olleh\n").unwrap();
    link.facts().clone()
}

/// Their client asks our server.
pub(crate) fn ask_us(config: ServerConfigBuilder, options: &[&str]) -> Facts {
    ask_us_saying(config, &[&["-tls1_2"], options].concat(), "hello")
}

fn ask_us_saying(config: ServerConfigBuilder, options: &[&str], words: &str) -> Facts {
    let server = link::serve(config.build().unwrap(), 1, link::echo);
    let client = talk(server.port, options, words);
    server.succeed_with(&client).remove(0).0
}

/// Their client, which has said something, heard it, and is about to hang up.
fn talk(port: u16, options: &[&str], words: &str) -> Process {
    let mut client = s_client(port, &[&["-quiet", "-no_ign_eof"], options].concat());
    client.type_in(format!("{words}, and that is all\n").as_bytes());
    client.wait_for_word(&format!("{words}, and that is all\n"));
    client.end_input();
    client
}

#[test]
fn every_suite() {
    for suite in present() {
        let options = ["-cipher", suite.openssl_name];
        let kind = kind(suite);
        check(&ask_them(kind, client().suites([suite.id]), &options), suite, false);
        check(&ask_us(server(kind).suites([suite.id]), &options), suite, false);
    }
}

/// The certificate is of RSA: RFC 8422 §5.1 has the groups speak for the key of a certificate, too.
#[test]
fn every_group() {
    for group in GROUPS {
        for facts in
            [ask_them(KeyKind::Rsa, client().groups([group]), &[]), ask_us(server(KeyKind::Rsa).groups([group]), &[])]
        {
            assert_eq!(facts.group, Some(group));
        }
    }
}

#[test]
fn every_kind_of_certificate() {
    for kind in MORE_KINDS {
        let facts = ask_them(kind, client(), &[]);
        assert!(facts.peer().unwrap().verified && facts.peer_scheme.is_some());
        assert!(ask_us(server(kind), &[]).own_scheme.is_some());
    }
}

/// What both have decides, and nothing higher is given away.
#[test]
fn versions() {
    for (options, version) in [(&["-tls1_2"][..], ProtocolVersion::TLS1_2), (&[], ProtocolVersion::TLS1_3)] {
        let (_server, port) = s_server(KeyKind::P256, &[&["-rev"], options].concat());
        assert_eq!(ask_at(port, WORLD.client()).version, Some(version));
        assert_eq!(ask_us_saying(WORLD.server(KeyKind::P256), options, "hello").version, Some(version));
    }
    let (_server, port) = s_server(KeyKind::P256, &["-rev"]);
    assert_eq!(ask_at(port, client()).version, Some(ProtocolVersion::TLS1_2));
    assert_eq!(ask_us_saying(server(KeyKind::P256), &[], "hello").version, Some(ProtocolVersion::TLS1_2));
}

#[test]
fn names_and_protocols() {
    let [cert, key] = WORLD.files("p384");
    // Their second certificate, for a name, comes without protocols.
    let facts = ask_them(KeyKind::P256, client().protocols(["http/1.1"]), &["-alpn", "h2,http/1.1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"http/1.1"[..]));
    let facts = ask_them(KeyKind::P256, client(), &["-servername", "localhost", "-cert2", &cert, "-key2", &key]);
    let chosen = pem::certificates(&fs::read(&cert).unwrap()).unwrap().0;
    assert_eq!(facts.peer().unwrap().credential.chain, chosen);
    let facts = ask_us(server(KeyKind::P256).protocols(["http/1.1"]), &["-alpn", "h2,http/1.1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"http/1.1"[..]));
    assert_eq!(facts.server_name.as_deref(), Some("localhost"));
}

#[test]
fn client_certificates() {
    let ca = WORLD.path("ca.pem");
    let demanding = ["-Verify", "2", "-CAfile", ca.as_str(), "-verify_return_error"];
    let strict = || server(KeyKind::P256).client_auth(ClientAuth::Require, WORLD.anchors());
    for kind in MORE_KINDS {
        let stem = format!("client-{}", stem(kind));
        ask_them(KeyKind::P256, client().identity(WORLD.identity(&stem)), &demanding);
        let [cert, key] = WORLD.files(&stem);
        let facts = ask_us(strict(), &["-cert", &cert, "-key", &key]);
        assert!(facts.peer().unwrap().verified && facts.peer_scheme.is_some(), "{kind:?}");
    }
    for (config, alert) in [
        (client(), AlertDescription::HANDSHAKE_FAILURE),
        (client().identity(WORLD.identity("stranger")), AlertDescription::UNKNOWN_CA),
    ] {
        let (_server, port) = s_server(KeyKind::P256, &[&["-tls1_2"], &demanding[..]].concat());
        let error = Link::connect(&config.build().unwrap(), port, None).err().unwrap();
        assert!(matches!(tls_error(&error), Some(Error::Alert(told)) if *told == alert), "{error}");
    }
    let [cert, key] = WORLD.files("stranger");
    for (options, alert) in [(&[][..], "handshake failure"), (&["-cert", cert.as_str(), "-key", &key], "unknown ca")] {
        let server = link::serve(strict().build().unwrap(), 1, link::echo);
        let client = s_client(server.port, &[&["-tls1_2"], options].concat());
        let error = server.finish().unwrap_err();
        let is_told = match tls_error(&error) {
            Some(Error::Peer(Violation::ClientCertificateMissing)) => options.is_empty(),
            Some(Error::Certificate(_)) => !options.is_empty(),
            _ => false,
        };
        assert!(is_told, "{error}");
        client.wait_for_word(alert);
    }
}

/// By ticket (RFC 5077) and by session ID (RFC 5246 §7.3).
#[test]
fn our_client_resumes() {
    for (options, ticket) in [(&["-rev", "-tls1_2"][..], true), (&["-rev", "-tls1_2", "-no_ticket"], false)] {
        let (_server, port) = s_server(KeyKind::P256, options);
        let config = client().build().unwrap();
        let mut first = Link::connect(&config, port, None).unwrap();
        ours::ask(&mut first, "hello\n", "olleh\n").unwrap();
        first.close().unwrap();
        let session = first.sessions.pop().expect("a session");
        assert_eq!((session.ticket().is_some(), first.facts().resumed), (ticket, false));
        for _ in 0..2 {
            let mut again = Link::connect(&config, port, Some(session.clone())).unwrap();
            ours::ask(&mut again, "again\n", "niaga\n").unwrap();
            assert!(again.facts().resumed && again.facts().peer().unwrap().verified);
            again.close().unwrap();
        }
    }
}

#[test]
fn their_client_resumes() {
    let tickets = || Ticketer::new(handfast::rustcrypto::provider());
    let keepers: [(Arc<dyn KeepSessions>, &[&str]); 4] = [
        (Arc::new(tickets()), &[]),
        (Arc::new(MemoryStore::default()), &[]),
        (Arc::new(MemoryStore::default()), &["-no_ticket"]),
        (Arc::new((tickets(), MemoryStore::default())), &["-no_ticket"]),
    ];
    for (at, (keeper, options)) in keepers.into_iter().enumerate() {
        let config = server(KeyKind::P256).sessions(keeper).build().unwrap();
        let file = WORLD.path(&format!("openssl-{at}.session"));
        let mut told = Vec::new();
        for (option, again) in [("-sess_out", false), ("-sess_in", true)] {
            let server = link::serve(config.clone(), 1, link::echo);
            let client = talk(server.port, &[&["-tls1_2", option, &file], options].concat(), "hello");
            let facts = server.succeed_with(&client).remove(0).0;
            assert_eq!(facts.resumed, again, "{at}");
            told.push((facts.suite, facts.extended_main_secret, facts.server_name));
        }
        assert_eq!(told[0], told[1]);
        // Five times in one process.
        let server = link::serve(config.clone(), 6, link::echo);
        let mut client = s_client(server.port, &[&["-tls1_2", "-reconnect"], options].concat());
        client.end_input();
        let resumed: Vec<_> = server.succeed_with(&client).iter().map(|(facts, ())| facts.resumed).collect();
        assert_eq!(resumed, [false, true, true, true, true, true], "{at}");
    }
}

/// RFC 5705.
#[test]
fn exporters() {
    let options = ["-tls1_2", "-keymatexport", "EXPORTER-interop", "-keymatexportlen", "40"];
    let told = |process: &Process, okm: &[u8]| {
        process.wait_for_word(&format!("Keying material: {}\n", hex(okm).to_uppercase()));
    };
    let (server_of_theirs, port) = s_server(KeyKind::P256, &options);
    let link = Link::connect(&client().build().unwrap(), port, None).unwrap();
    told(&server_of_theirs, &link.export("EXPORTER-interop", 40).unwrap());

    let config = server(KeyKind::P256).build().unwrap();
    let server = link::serve(config, 1, |link| {
        let okm = link.export("EXPORTER-interop", 40)?;
        link::echo(link).map(|()| okm)
    });
    let mut client = s_client(server.port, &options);
    client.end_input();
    let (_, okm) = server.succeed_with(&client).remove(0);
    told(&client, &okm);
}

/// Both write the same line.
#[test]
fn key_logs() {
    let [own, theirs] = ["openssl12-own.keys", "openssl12-theirs.keys"].map(|name| WORLD.path(name));
    let options = ["-keylogfile", theirs.as_str()];
    let log = || Arc::new(KeyLogFile::open(&own).unwrap());
    ask_them(KeyKind::P256, client().key_log(log()), &options);
    ask_us(server(KeyKind::P256).key_log(log()), &options);
    let lines = |path: &String| -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_lowercase).collect()
    };
    assert_eq!(lines(&own).len(), 2);
    assert_eq!(lines(&own), lines(&theirs));
    assert!(lines(&own).iter().all(|line| line.starts_with("client_random ")));
}

/// A configuration of OpenSSL's that does not know RFC 7627: there is no option for it.
fn old_secret() -> String {
    let sections = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = system\n[system]\n";
    WORLD.write("old-secret.cnf", format!("{sections}Options = -ExtendedMasterSecret\n").as_bytes())
}

/// Without the extended main secret there is no session and no exporter, and whoever requires it refuses.
#[test]
fn without_the_extended_main_secret() {
    let conf = format!("OPENSSL_CONF={}", old_secret());
    let port = free_port();
    let (address, [cert, key]) = (format!("127.0.0.1:{port}"), WORLD.files("p256"));
    let options = ["s_server", "-accept", &address, "-cert", &cert, "-key", &key, "-tls1_2", "-rev"];
    let _server = Process::start("env", [conf.as_str(), "openssl"].iter().chain(&options)).listening(port);
    let mut link = Link::connect(&client().build().unwrap(), port, None).unwrap();
    ours::ask(&mut link, "hello\n", "olleh\n").unwrap();
    assert_eq!((link.facts().extended_main_secret, link.sessions.len()), (Some(false), 0));
    let error = link.export("EXPORTER-interop", 20).unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Usage(Usage::NoExtendedMainSecret))), "{error}");
    link.close().unwrap();
    let strict = client().require_extended_main_secret(true).build().unwrap();
    let error = Link::connect(&strict, port, None).err().unwrap();
    assert_eq!(tls_error(&error).unwrap().code(), "NoExtendedMainSecret", "{error}");

    for strict in [false, true] {
        let config = server(KeyKind::P256).require_extended_main_secret(strict).build().unwrap();
        let server = link::serve(config, 1, link::echo);
        let to = format!("127.0.0.1:{}", server.port);
        let file = WORLD.path("old-secret.session");
        let options = ["s_client", "-connect", &to, "-tls1_2", "-sess_out", &file, "-servername", "localhost"];
        let mut client = Process::start("env", [conf.as_str(), "openssl"].iter().chain(&options));
        client.end_input();
        if strict {
            let error = server.finish().unwrap_err();
            assert_eq!(tls_error(&error).unwrap().code(), "NoExtendedMainSecret", "{error}");
        } else {
            let (facts, ()) = server.succeed_with(&client).remove(0);
            assert_eq!(facts.extended_main_secret, Some(false));
            // Neither a ticket nor an ID.
            client.wait_for_word("Session-ID: \n");
            assert!(!client.finish().1.says("TLS session ticket"));
        }
    }
}

/// RFC 6066 §4.
#[test]
fn max_fragment_length() {
    for bytes in [512, 4096] {
        let facts = ask_them(KeyKind::P256, client().max_fragment_length(Some(bytes)), &[]);
        assert_eq!((facts.send_limit, facts.receive_limit), (Some(bytes), Some(bytes)));
        let (bytes_said, words) = (bytes.to_string(), "a long line ".repeat(500));
        let facts = ask_us_saying(server(KeyKind::P256), &["-tls1_2", "-maxfraglen", &bytes_said], &words);
        assert_eq!((facts.send_limit, facts.receive_limit), (Some(bytes), Some(bytes)));
    }
}

/// RFC 6066 §8: an OCSP response is passed through, whatever it says.
#[test]
fn stapled_ocsp() {
    // tryLater.
    let response = [0x30, 3, 0x0a, 1, 3];
    let file = WORLD.write("ocsp.der", &response);
    // One that says so little ends the handshake, unless it is forgiven.
    let policy = Policy { stapling: Stapling::Soft, ..Policy::default() };
    let judge = PathVerifier::with_policy(handfast::rustcrypto::provider(), WORLD.anchors(), policy);
    let judge: Resolve<dyn VerifyPeer> = Resolve::Now(Arc::new(judge));
    for (asked, told) in [(true, Some(&response[..])), (false, None)] {
        let client = client().verifier(judge.clone()).request_ocsp(asked);
        let facts = ask_them(KeyKind::P256, client, &["-status_file", &file]);
        assert_eq!(facts.peer().unwrap().credential.ocsp.as_deref(), told);
    }
    for options in [&["-tls1_2", "-status"][..], &["-status"]] {
        let identity = WORLD.identity(&stem(KeyKind::P256)).with_ocsp(response.to_vec());
        let server = link::serve(ServerConfig::builder().identity(identity).build().unwrap(), 1, link::echo);
        let mut client = s_client(server.port, options);
        client.wait_for_word("trylater (0x3)");
        client.end_input();
        server.succeed_with(&client);
    }
}

#[test]
fn a_hundred_mebibytes() {
    LARGE.hash();
    let (_server, port) = s_server(KeyKind::P256, &["-tls1_2", "-WWW"]);
    let mut stream = ours::connect(client().build().unwrap(), port).unwrap();
    assert_eq!(hash(&ours::fetch(&mut stream, "/large.bin").unwrap()), LARGE.hash());

    let (server_of_theirs, port) = s_server(KeyKind::P256, &["-tls1_2", "-quiet", "-naccept", "1"]);
    let mut stream = ours::connect(client().build().unwrap(), port).unwrap();
    stream.write_all(&LARGE.bytes).unwrap();
    stream.close().unwrap();
    let heard = server_of_theirs.wait_for("100 MiB", |heard| heard.out.len() >= LARGE.bytes.len());
    assert_eq!(hash(&heard.out), LARGE.hash());

    let server = ours::serve(server(KeyKind::P256).build().unwrap(), ours::echo);
    let mut client = s_client(server.port, &["-quiet", "-tls1_2"]);
    client.type_all(&LARGE.bytes);
    let heard = client.wait_for("100 MiB", |heard| heard.out.len() >= LARGE.bytes.len());
    assert_eq!(hash(&heard.out), LARGE.hash());
}

/// Whom we do not trust we do not talk to, and neither do they.
#[test]
fn strangers() {
    let (_server, port) = s_server(KeyKind::P256, &["-tls1_2"]);
    let stranger = handfast::ClientConfig::builder().anchors(Arc::new(handfast::Anchors::new())).build().unwrap();
    let error = Link::connect(&stranger, port, None).err().unwrap();
    assert_eq!(tls_error(&error).unwrap().code(), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");

    let server = link::serve(server(KeyKind::P256).build().unwrap(), 1, link::echo);
    let client = s_client(server.port, &["-tls1_2", "-verify_hostname", "another.example"]);
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(_))), "{error}");
    assert!(!client.finish().0.success());
}

/// RFC 7919 in TLS 1.3, for who asks for it.
#[test]
fn finite_fields_in_tls_1_3() {
    for (group, name) in [(NamedGroup::FFDHE2048, "ffdhe2048"), (NamedGroup::FFDHE4096, "ffdhe4096")] {
        let (_server, port) = s_server(KeyKind::P256, &["-rev", "-groups", name]);
        // A field is never guessed, so the server asks for it.
        let facts = ask_at(port, WORLD.client().groups([NamedGroup::X25519, group]));
        assert_eq!((facts.group, facts.version, facts.retried), (Some(group), Some(ProtocolVersion::TLS1_3), true));
        let facts = ask_us_saying(WORLD.server(KeyKind::P256).groups([group]), &["-groups", name], "hello");
        assert_eq!((facts.group, facts.version), (Some(group), Some(ProtocolVersion::TLS1_3)));
    }
}
