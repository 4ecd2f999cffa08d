//! `handfast probe` against `handfast serve`, and against servers that are bad on purpose.

use crate::{Run, Server, run};
use handfast::wire::AlertDescription;
use handfast::wire::message::tls12::DheParams;
use handfast::wire::message::tls12::{Certificate, CertificateData, ServerHelloDone, ServerKeyExchange};
use handfast::wire::message::{ClientHello, ServerHello};
use handfast::wire::{CipherSuite, ExtensionBlock, ExtensionType, List, ProtocolVersion, SignatureScheme};
use handfast::{
    Anchors, CertificateCompressor, ClientAuth, Direction, EarlyData, Epoch, Identity, NotResumed, PathVerifier,
    Resolve, ServerConfig, Trace, VerifyPeer, Version,
};
use handfast_net::Acceptor;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What a probe reports, as JSON.
pub(crate) fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout(), run.stderr()))
}

/// One version of a report.
#[track_caller]
pub(crate) fn version<'r>(report: &'r Value, name: &str) -> &'r Value {
    let versions = report["versions"].as_array().expect("a list");
    versions.iter().find(|version| version["version"] == name).unwrap_or_else(|| panic!("no {name}"))
}

/// The names in a list of things that have names.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(|item| item["name"].as_str()).collect()
}

/// The identifiers of the problems.
pub(crate) fn problems(report: &Value) -> BTreeSet<&str> {
    report["problems"].as_array().expect("a list").iter().filter_map(|problem| problem["id"].as_str()).collect()
}

/// Which versions are spoken.
pub(crate) fn spoken(report: &Value) -> Vec<&str> {
    let versions = report["versions"].as_array().expect("a list").iter();
    versions.filter(|version| version["spoken"] == true).filter_map(|version| version["version"].as_str()).collect()
}

impl Server {
    fn probe(&self, arguments: &[&str]) -> Run {
        run(&[&["probe", &self.host, "--cafile", &self.ca], arguments].concat(), b"")
    }
}

#[test]
fn a_server_of_our_own_has_no_problems() {
    let server = Server::start(&["--alpn", "h2,http/1.1"]);
    let report = report(&server.probe(&["--json", "--fail-on", "info"]).exits(0));
    assert_eq!((&report["schema"], &report["problems"]), (&json!("handfast-probe/1"), &json!([])), "{report:#}");
    assert_eq!((&report["server_name"], &report["incomplete"]), (&json!("localhost"), &json!([])));
    assert_eq!(report["address"], server.address);
    assert_eq!(spoken(&report), ["TLS 1.2", "TLS 1.3"]);
    assert_eq!(version(&report, "TLS 1.1")["answer"], "alert protocol_version");

    let tls13 = version(&report, "TLS 1.3");
    let suites = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
    assert_eq!((names(&tls13["suites"]), &tls13["suite_preference"]), (suites.to_vec(), &json!("server")));
    assert_eq!(names(&tls13["groups"])[0], "X25519MLKEM768");
    assert_eq!((&tls13["groups"][0]["post_quantum"], &report["post_quantum"]), (&json!(true), &json!(true)));
    assert_eq!(tls13["signature_schemes"], json!(["ecdsa_secp256r1_sha256"]));
    assert_eq!(tls13["hello_retry_request"], true);

    let tls12 = version(&report, "TLS 1.2");
    let first = &tls12["suites"][0];
    assert_eq!(first["id"], "0xc02b");
    assert_eq!(
        (&first["openssl_name"], &first["forward_secrecy"]),
        (&json!("ECDHE-ECDSA-AES128-GCM-SHA256"), &json!(true))
    );
    for (fact, is) in [
        ("extended_main_secret", true),
        ("secure_renegotiation", true),
        ("downgrade_sentinel", true),
        ("compression", false),
        ("heartbeat", false),
    ] {
        assert_eq!(tls12[fact], is, "{fact}");
    }
    assert_eq!(
        report["application_protocols"],
        json!({
            "protocols": ["h2", "http/1.1"], "preference": "server", "unknown": "refused",
        })
    );
    let same = json!({ "answer": "same" });
    assert_eq!(report["server_names"], json!({ "without": same, "unknown": same }));
    assert_eq!((&report["fallback_scsv"], &report["tolerates_unknown"]), (&json!(true), &json!(true)));
    assert_eq!(report["client_certificate_requested"], false);

    let certificates = report["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 1);
    assert_eq!((&certificates[0]["key"], &certificates[0]["verdict"]["code"]), (&json!("P-256"), &json!("OK")));
    assert_eq!(certificates[0]["names"], json!(["localhost", "127.0.0.1", "::1"]));
}

#[test]
fn sessions_and_early_data() {
    let server = Server::start(&["--early-data=1000", "--tickets", "3", "--session-cache"]);
    let report = report(&server.probe(&["--json"]).exits(0));
    assert_eq!(
        report["resumption_tls13"],
        json!({
            "tickets": 3, "ticket_lifetime": 7200, "resumed": true, "reused": true,
            "early_data_limit": 1000, "early_data_accepted": true,
        })
    );
    assert!(problems(&report).contains("EARLY_DATA"));
    let tls12 = &report["resumption_tls12"];
    assert_eq!((&tls12["ticket_issued"], &tls12["ticket_resumed"]), (&json!(true), &json!(true)));
    assert_eq!((&tls12["session_id_issued"], &tls12["session_id_resumed"]), (&json!(true), &Value::Null));

    let server = Server::start(&["--no-ticket", "--session-cache", "--tls1_2"]);
    let without = super::probe::report(&server.probe(&["--json"]).exits(0));
    let tls12 = &without["resumption_tls12"];
    assert_eq!((&tls12["ticket_issued"], &tls12["ticket_resumed"]), (&json!(false), &Value::Null));
    assert_eq!((&tls12["session_id_issued"], &tls12["session_id_resumed"]), (&json!(true), &json!(true)));
    assert_eq!((&without["resumption_tls13"], spoken(&without)), (&Value::Null, vec!["TLS 1.2"]));
    assert_eq!(problems(&without), BTreeSet::from(["NO_TLS_1_3"]));

    let server = Server::start(&["--no-ticket"]);
    let none = super::probe::report(&server.probe(&["--json"]).exits(0));
    assert_eq!(none["resumption_tls13"]["tickets"], 0);
    assert_eq!(none["resumption_tls12"]["session_id_issued"], false);
    assert_eq!(problems(&none), BTreeSet::from(["NO_RESUMPTION"]));
}

#[test]
fn what_was_chosen_is_what_is_found() {
    let arguments = ["--tls1_3", "--suites", "AES_256_GCM_SHA384", "--groups", "P-384:X25519", "--client-auth", "none"];
    let server = Server::start(&arguments);
    let found = report(&server.probe(&["--json"]).exits(0));
    let tls13 = version(&found, "TLS 1.3");
    assert_eq!(names(&tls13["suites"]), ["TLS_AES_256_GCM_SHA384"]);
    assert_eq!(tls13["suite_preference"], Value::Null);
    assert_eq!(names(&tls13["groups"]), ["secp384r1", "x25519"]);
    assert_eq!((spoken(&found), problems(&found)), (vec!["TLS 1.3"], BTreeSet::from(["NO_POST_QUANTUM"])));
    assert_eq!(found["fallback_scsv"], Value::Null);

    let ca = server.ca.clone();
    let asking = Server::start(&["--client-auth", "request", "--client-ca", &ca]);
    let found = report(&asking.probe(&["--json"]).exits(0));
    assert_eq!(found["client_certificate_requested"], true);
    let requiring = Server::start(&["--client-auth", "require", "--client-ca", &ca]);
    let found = report(&requiring.probe(&["--json", "--fail-on", "never"]).exits(0));
    assert_eq!(found["client_certificate_requested"], true);
    assert_eq!(spoken(&found), ["TLS 1.2", "TLS 1.3"]);
    // Its certificates are in the clear in TLS 1.2, and come before it refuses in TLS 1.3.
    assert_eq!(found["certificates"][0]["verdict"]["code"], "OK");
}

#[test]
fn for_people() {
    let server = Server::start(&[]);
    let run = server.probe(&[]).exits(0);
    for words in [
        "TLS 1.1                  no: alert protocol_version",
        "TLS 1.3                  spoken",
        "0x1301 TLS_AES_128_GCM_SHA256",
        "verification             accepted",
        "post-quantum             yes",
        "Problems\n  none",
    ] {
        assert!(run.stdout().contains(words), "{words} is missing in:\n{}", run.stdout());
    }
    assert_eq!(run.stderr(), "", "no progress where there is no terminal");
}

/// The line of progress is on a terminal, which `script` makes, and is gone at the end.
#[test]
fn how_far_it_is() {
    let (server, silent) = (Server::start(&[]), Puppet::start(|_| None));
    for (command, host, words) in [
        ("probe --timeout 1 --fail-on never", &silent.address, " connections so far"),
        ("bench --insecure --time 1.5 --parts full", &server.address, "full handshakes, part 1 of 1, "),
    ] {
        let command = format!("{} {command} {host}", env!("CARGO_BIN_EXE_handfast"));
        let output = std::process::Command::new("script").args(["-qec", &command, "/dev/null"]).output();
        let shown = String::from_utf8(output.expect("script is there, with every shell of Debian").stdout).unwrap();
        let (line, rest) = shown.split_once("\r\x1b[K").expect("it is taken away");
        assert!(line.contains(words) && line.contains("---] "), "{shown}");
        assert!(!rest.contains(words) && rest.contains(host.as_str()), "{shown}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_a_problem() {
    let server = Server::start(&[]);
    let probe = |more: &[&str]| run(&[&["probe", &server.host], more].concat(), b"");
    probe(&[]).exits(4).says("error: PROBLEMS: 1 problem of severity high or worse").prints("CERTIFICATE_");
    probe(&["--fail-on", "critical"]).exits(0).prints("high");
    let found = report(&probe(&["--json", "--fail-on", "never"]).exits(0));
    let verdict = &found["certificates"][0]["verdict"];
    let (code, accepted) = (verdict["code"].as_str().unwrap(), &verdict["accepted"]);
    assert_eq!((code, accepted), ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", &json!(false)));
    assert!(problems(&found).contains("CERTIFICATE_UNABLE_TO_VERIFY_LEAF_SIGNATURE"));

    let other =
        run(&["probe", &server.host, "--cafile", &server.ca, "--servername", "other.test", "--json"], b"").exits(4);
    let found = report(&other);
    assert_eq!(
        (&found["server_name"], problems(&found)),
        (&json!("other.test"), BTreeSet::from(["CERTIFICATE_HOSTNAME_MISMATCH"]))
    );
}

#[test]
fn nobody_there_and_nobody_who_speaks() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    run(&["probe", &address], b"").exits(3).says("error: ConnectionRefused: no connection to 127.0.0.1:");
    let json = run(&["probe", &address, "--json"], b"").exits(3);
    assert_eq!(report(&json)["error"]["code"], "ConnectionRefused");

    let http = Puppet::start(|_| Some(b"HTTP/1.1 400 Bad Request\r\n\r\n\x1b[2J".to_vec()));
    let run = http.probe();
    let found = report(&run);
    assert_eq!((run.0.status.code(), problems(&found)), (Some(4), BTreeSet::from(["NO_TLS"])));
    let what = found["problems"][0]["what"].as_str().unwrap();
    assert_eq!(what, "no version of TLS is spoken: it answers with what is no TLS: HTTP/");
    let answer = version(&found, "TLS 1.3")["answer"].as_str().unwrap();
    assert_eq!(answer, "it answers with what is no TLS: HTTP/");
    assert!(spoken(&found).is_empty());

    let silent = Puppet::start(|_| None);
    let found = report(&silent.probe());
    assert_eq!(problems(&found), BTreeSet::from(["INCOMPLETE", "NO_TLS"]));
    assert_eq!(found["incomplete"][0], json!({ "part": "SSL 3.0", "why": "no answer in time" }));
    assert!(spoken(&found).is_empty());
}

/// One that answers, but so that it takes for ever.
#[test]
fn a_slow_server_does_not_get_all_the_time_it_wants() {
    let slow = Puppet::start(|hello| {
        let suite = hello.cipher_suites.iter().next()?;
        // Silence in between, as long as the client bears it.
        if suite != CipherSuite(0x002f) { None } else { refused() }
    });
    let (_, port) = slow.address.split_once(':').unwrap();
    let host = format!("localhost:{port}");
    let run = run(&["probe", &host, "--json", "--timeout", "1", "--max-time", "1", "--parallel", "1"], b"").exits(4);
    let untold = report(&run)["incomplete"].clone();
    let whys: BTreeSet<_> = untold.as_array().unwrap().iter().filter_map(|part| part["why"].as_str()).collect();
    assert!(whys.contains("the time of the whole probe is up"), "{whys:?}");
}

/// A server that answers every ClientHello with what a function says, or with silence.
struct Puppet {
    address: String,
}

impl Puppet {
    fn start(answer: impl Fn(&ClientHello<'_>) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                let answer = answer.clone();
                thread::spawn(move || serve(socket, answer.as_ref()));
            }
        });
        Self { address }
    }

    fn probe(&self) -> Run {
        let (_, port) = self.address.split_once(':').unwrap();
        run(&["probe", &format!("localhost:{port}"), "--json", "--timeout", "1", "--parallel", "16"], b"")
    }
}

fn serve(mut socket: TcpStream, answer: &dyn Fn(&ClientHello<'_>) -> Option<Vec<u8>>) {
    let mut header = [0; 5];
    if socket.read_exact(&mut header).is_err() {
        return;
    }
    let mut message = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    socket.read_exact(&mut message).unwrap();
    let hello = ClientHello::read(&message[4..]).expect("a ClientHello");
    match answer(&hello) {
        Some(bytes) => socket.write_all(&bytes).unwrap_or_default(),
        // Until the client has had enough.
        None => drop(socket.read(&mut [0])),
    }
}

/// A record with these messages.
fn record(ty: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[ty, 3, 1], &len[..], content].concat()
}

/// The alert handshake_failure.
fn refused() -> Option<Vec<u8>> {
    Some(record(21, &[2, 40]))
}

/// The flight of a server that has learned nothing for twenty years.
fn old(hello: &ClientHello<'_>) -> Option<Vec<u8>> {
    const DHE: CipherSuite = CipherSuite(0x0033);
    const RC4: CipherSuite = CipherSuite(0x0005);
    let version = hello.legacy_version;
    let is_tls13 = hello.extensions.contains(ExtensionType::SUPPORTED_VERSIONS);
    let suite = [DHE, RC4].into_iter().find(|suite| hello.cipher_suites.contains(suite));
    let (Some(suite), false) = (suite, is_tls13 || version == ProtocolVersion::SSL3) else { return refused() };
    let mut block = ExtensionBlock::new();
    block.push_raw(ExtensionType::HEARTBEAT, &[1]).unwrap();
    let mut out = Vec::new();
    let compression_method = u8::from(hello.compression_methods.contains(&1));
    ServerHello {
        legacy_version: version,
        random: [7; 32],
        session_id: &[],
        cipher_suite: suite,
        compression_method,
        extensions: block.as_extensions(),
    }
    .write(&mut out)
    .unwrap();
    let certificates = [CertificateData(b"no certificate")];
    Certificate { certificates: List::from(&certificates) }.write(&mut out).unwrap();
    if suite == DHE {
        let mut params = Vec::new();
        DheParams { p: &[0x7f; 96], g: &[2], public: &[3; 96] }.write(&mut params).unwrap();
        ServerKeyExchange::write_signed(&params, SignatureScheme::RSA_PKCS1_SHA1, &[4; 8], &mut out).unwrap();
    }
    ServerHelloDone.write(&mut out).unwrap();
    Some(record(22, &out))
}

#[test]
fn a_server_that_has_learned_nothing() {
    let run = Puppet::start(old).probe().exits(4);
    let found = report(&run);
    assert_eq!(spoken(&found), ["TLS 1.0", "TLS 1.1", "TLS 1.2"]);
    let tls12 = version(&found, "TLS 1.2");
    assert_eq!(names(&tls12["suites"]), ["TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA"]);
    assert_eq!((&tls12["suite_preference"], &tls12["suites"][1]["problem"]), (&json!("server"), &json!("SUITE_RC4")));
    assert_eq!((&tls12["dh_bits"], &tls12["signature_schemes"]), (&json!(767), &json!(["rsa_pkcs1_sha1"])));
    let expected = [
        "CERTIFICATE_UNREADABLE",
        "COMPRESSION",
        "DH_SHORT",
        "HEARTBEAT",
        "NO_DOWNGRADE_SENTINEL",
        "NO_EXTENDED_MAIN_SECRET",
        "NO_FALLBACK_SCSV",
        "NO_SECURE_RENEGOTIATION",
        "NO_TLS_1_3",
        "SHA1_SIGNATURES",
        "SUITE_CBC",
        "SUITE_RC4",
        "TLS_1_0",
        "TLS_1_1",
    ];
    assert_eq!(problems(&found), BTreeSet::from(expected));
    // The worst first.
    let severities: Vec<_> = found["problems"].as_array().unwrap().iter().map(|problem| &problem["severity"]).collect();
    assert_eq!((severities.first(), severities.last()), (Some(&&json!("high")), Some(&&json!("info"))));
    let untold = &found["incomplete"][0];
    assert_eq!(untold["part"], "a whole handshake of TLS 1.2");
}

/// GREASE ends the handshake, and clients of older versions get application data.
#[test]
fn a_server_that_breaks_the_protocol() {
    let wrong = |hello: &ClientHello<'_>| {
        let is_tls13 = hello.extensions.contains(ExtensionType::SUPPORTED_VERSIONS);
        let suite = hello.cipher_suites.iter().next().unwrap();
        if is_tls13 || suite.is_grease() {
            return refused();
        }
        if hello.legacy_version != ProtocolVersion::TLS1_2 {
            return Some(record(23, b"application data"));
        }
        old(hello)
    };
    let found = report(&Puppet::start(wrong).probe().exits(4));
    assert_eq!(spoken(&found), ["TLS 1.2"]);
    let answer = version(&found, "TLS 1.0")["answer"].as_str().unwrap();
    assert!(answer.contains("a record of type application_data"), "{answer}");
    let ids = problems(&found);
    assert!(ids.contains("INTOLERANT") && ids.contains("WRONG_ANSWER"), "{ids:?}");
    let wrong = found["problems"].as_array().unwrap().iter().filter(|problem| problem["id"] == "WRONG_ANSWER");
    let wrong: Vec<_> = wrong.filter_map(|problem| problem["what"].as_str()).collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with("clients that speak SSL 3.0 or TLS 1.0 or TLS 1.1 alone are"), "{wrong:?}");
    assert_eq!(found["fallback_scsv"], Value::Null);
}

#[test]
fn a_server_without_hello_retry_request_is_asked_with_key_shares() {
    let identity = crate::certificates::root(crate::certificates::server(&["localhost"]));
    let scratch = crate::Scratch::new();
    let ca = scratch.write("ca.pem", identity.certificate_pem());
    let config = server_config(&identity, None);
    let address = handshaking(config, true);
    let (_, port) = address.split_once(':').unwrap();
    let run =
        run(&["probe", &format!("localhost:{port}"), "--cafile", &ca, "--json", "--fail-on", "never"], b"").exits(0);
    let found = report(&run);
    let tls13 = version(&found, "TLS 1.3");
    assert_eq!((&tls13["spoken"], &tls13["hello_retry_request"]), (&json!(true), &json!(false)));
    assert_eq!(names(&tls13["suites"]).len(), 3);
    assert_eq!(names(&tls13["groups"])[0], "X25519MLKEM768");
    assert!(problems(&found).contains("NO_HELLO_RETRY_REQUEST"));
}

#[test]
fn compressed_certificates_are_noticed() {
    let identity = crate::certificates::root(crate::certificates::server(&["localhost"]));
    let config = server_config(&identity, Some(Arc::new(Squeezer)));
    let address = handshaking(config, false);
    let found = report(&run(&["probe", &address, "--json", "--fail-on", "never"], b"").exits(0));
    assert_eq!(found["certificate_compression"], json!(["brotli"]));
    assert_eq!(found["server_name"], Value::Null, "an address is never sent");
}

/// A transport that takes nothing more once it is told to, and says that it has.
struct Mute(TcpStream, Arc<AtomicBool>);

impl Read for Mute {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Mute {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.1.load(Ordering::Relaxed) { Ok(data.len()) } else { self.0.write(data) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Is told when a server has heard the client's Finished, or its certificate, and says nothing from then on.
struct Silence(Arc<AtomicBool>);

impl Trace for Silence {
    fn message(&self, direction: Direction, _: Epoch, raw: &[u8]) {
        // Certificate, and what comes after it.
        if direction == Direction::Receive && raw.first().is_some_and(|ty| *ty == 11) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, _: Direction, _: AlertDescription) {}

    fn not_resumed(&self, _: NotResumed) {}

    fn early_data(&self, _: EarlyData) {}
}

/// Whether a server takes the client's certificate, or the want of one, is not known where nothing is seen of it.
#[test]
fn who_says_nothing_of_a_certificate_has_not_accepted_it() {
    let identity = crate::certificates::root(crate::certificates::server(&["localhost"]));
    let provider = crate::certificates::provider();
    let own = Identity::with_key(vec![identity.certificate.clone()], identity.key.signer().clone()).unwrap();
    let mut anchors = Anchors::new();
    anchors.add(&identity.certificate).unwrap();
    let judge = PathVerifier::new(provider.clone(), Arc::new(anchors));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let judge: Arc<dyn VerifyPeer> = Arc::new(judge);
        while let Ok((socket, _)) = listener.accept() {
            let is_mute = Arc::new(AtomicBool::new(false));
            let config = ServerConfig::builder_with(provider.clone())
                .identity(own.clone())
                .versions(Version::Tls13, Version::Tls13)
                .client_verifier(ClientAuth::Require, Resolve::Now(judge.clone()))
                .trace(Arc::new(Silence(is_mute.clone())))
                .build()
                .unwrap();
            thread::spawn(move || {
                let mut mute = Mute(socket, is_mute);
                let _ = Acceptor::new(config).accept_with(&mut mute);
                // The end of it, without a word and without a reset.
                let _ = mute.0.shutdown(Shutdown::Write);
                let _ = mute.0.read_to_end(&mut Vec::new());
            });
        }
    });
    let found = report(&run(&["probe", &address, "--json", "--fail-on", "never"], b"").exits(0));
    assert_eq!(found["client_certificate_requested"], true);
    assert_eq!(found["client_certificate_required"], Value::Null);
    let parts: Vec<_> = found["incomplete"].as_array().unwrap().iter().map(|one| &one["part"]).collect();
    assert!(parts.contains(&&json!("client certificate of TLS 1.3")), "{parts:?}");
}

/// Compresses to something.
struct Squeezer;

impl CertificateCompressor for Squeezer {
    fn algorithm(&self) -> handfast::wire::CompressionAlgorithm {
        handfast::wire::CompressionAlgorithm::BROTLI
    }

    fn compress(&self, _: &[u8]) -> Option<Vec<u8>> {
        Some(vec![1, 2, 3])
    }

    fn decompress(&self, _: &[u8], _: &mut [u8]) -> bool {
        false
    }
}

fn server_config(
    identity: &handfast::pki::make::Identity,
    compressor: Option<Arc<dyn CertificateCompressor>>,
) -> Arc<ServerConfig> {
    let provider = crate::certificates::provider();
    let own = Identity::with_key(vec![identity.certificate.clone()], identity.key.signer().clone()).unwrap();
    let builder = ServerConfig::builder_with(provider).identity(own);
    builder.certificate_compression(compressor).build().unwrap()
}

/// A server that completes handshakes, and refuses hellos without key shares if it is told to.
fn handshaking(config: Arc<ServerConfig>, needs_shares: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            let config = config.clone();
            thread::spawn(move || {
                let mut first = [0; 4096];
                let len = socket.peek(&mut first).unwrap_or_default();
                let body = first.get(9..len).unwrap_or_default();
                let shares = ClientHello::read(body).ok().and_then(|hello| {
                    hello.extensions.iter().find(|(ty, _)| *ty == ExtensionType::KEY_SHARE).map(|(_, body)| body.len())
                });
                if needs_shares && shares == Some(2) {
                    let _ = socket.write_all(&record(21, &[2, 40]));
                    return;
                }
                if let Ok(mut stream) = Acceptor::new(config).accept(socket) {
                    let _ = stream.read(&mut [0; 64]);
                    let _ = stream.close();
                }
            });
        }
    });
    address
}
