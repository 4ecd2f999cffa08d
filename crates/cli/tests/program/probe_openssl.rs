//! `handfast probe` against `openssl s_server`: what OpenSSL was told is what is found.

use crate::certificates::{DAY, Issue, ca, now, pem, root, seconds, server};
use crate::probe::{names, problems, report, spoken, version};
use crate::{Run, Scratch, run};
use handfast::pki::make::{Builder, Identity};
use handfast::pki::ocsp::Status;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;

/// OpenSSL's server; stopped by force when dropped.
struct Openssl {
    child: Child,
    port: String,
}

impl Openssl {
    /// On a free port. It answers one connection after the other unless it serves pages.
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0"])
            .args(arguments)
            // What ends its input ends the connection.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(stdout.read_line(&mut line).expect("a line") > 0, "no server: {arguments:?}");
            if let Some((_, port)) = line.trim().strip_prefix("ACCEPT ").and_then(|address| address.rsplit_once(':')) {
                break port.to_string();
            }
        };
        thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        Self { child, port }
    }

    fn probe(&self, arguments: &[&str]) -> Run {
        let host = format!("localhost:{}", self.port);
        run(&[&["probe", &host, "--json", "--fail-on", "never"], arguments].concat(), b"")
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A self-signed certificate with an RSA key.
struct Rsa {
    _scratch: Scratch,
    cert: String,
    key: String,
}

static RSA: LazyLock<Rsa> = LazyLock::new(|| {
    let scratch = Scratch::new();
    let (cert, key) = (scratch.path("rsa.pem"), scratch.path("rsa.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "100", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", &key, "-out", &cert])
        .stderr(Stdio::null())
        .status();
    assert!(made.expect("openssl is installed").success());
    Rsa { _scratch: scratch, cert, key }
});

/// What is found of a server of pages with that certificate.
fn found(arguments: &[&str]) -> Value {
    let server = Openssl::start(&[&["-cert", &RSA.cert, "-key", &RSA.key, "-www"], arguments].concat());
    let found = report(&server.probe(&["--cafile", &RSA.cert]).exits(0));
    assert_eq!(found["certificates"][0]["verdict"]["code"], "OK", "{found:#}");
    found
}

/// Chain and key in files.
fn files(scratch: &Scratch, name: &str, identity: &Identity) -> [String; 2] {
    let cert = scratch.write(&format!("{name}.pem"), identity.certificate_pem());
    [cert, scratch.write(&format!("{name}.key"), identity.key.to_pem().as_bytes())]
}

#[test]
fn versions() {
    for (arguments, expected) in [
        (&["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..], &["TLS 1.0"][..]),
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], &["TLS 1.1"]),
        (&["-tls1_2"], &["TLS 1.2"]),
        (&["-tls1_3"], &["TLS 1.3"]),
        (&["-cipher", "ALL:@SECLEVEL=0", "-no_tls1_1"], &["TLS 1.0", "TLS 1.2", "TLS 1.3"]),
        (&["-cipher", "ALL:@SECLEVEL=0"], &["TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"]),
    ] {
        let found = found(arguments);
        assert_eq!(spoken(&found), expected, "{arguments:?}");
        let ids = problems(&found);
        assert_eq!(ids.contains("TLS_1_0"), expected.contains(&"TLS 1.0"));
        assert_eq!(ids.contains("TLS_1_1"), expected.contains(&"TLS 1.1"));
        assert_eq!(ids.contains("NO_TLS_1_3"), !expected.contains(&"TLS 1.3"));
        let several = expected.len() > 1;
        assert_eq!(found["fallback_scsv"], if several { json!(true) } else { Value::Null });
    }
}

/// Each suite that OpenSSL says it has for this key is found, and no other one.
#[test]
fn all_suites() {
    const ALL: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
    let found = found(&["-cipher", ALL]);
    for (flag, name) in [("-tls1", "TLS 1.0"), ("-tls1_2", "TLS 1.2")] {
        let output = Command::new("openssl").args(["ciphers", "-s", flag, "-stdname", ALL]).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let for_rsa = |line: &&str| {
            let is_of = |word| line.contains(word);
            (is_of("Au=RSA") || is_of("Au=None")) && !is_of("PSK") && !is_of("SRP")
        };
        let told: BTreeSet<_> = told.lines().filter(for_rsa).filter_map(|line| line.split(' ').next()).collect();
        let suites = names(&version(&found, name)["suites"]);
        assert_eq!(BTreeSet::from_iter(suites.iter().copied()), told, "{name}");
        assert_eq!(suites.len(), told.len());
    }
    let ids = problems(&found);
    for id in ["SUITE_NULL", "SUITE_ANONYMOUS", "SUITE_NO_FORWARD_SECRECY", "SUITE_CBC", "CLIENT_PREFERENCE"] {
        assert!(ids.contains(id), "{id} is not in {ids:?}");
    }
}

#[test]
fn suites_and_whose_order_counts() {
    let string = "AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305";
    let own = [
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ];
    for (more, preference) in
        [(&["-serverpref"][..], "server"), (&["-serverpref", "-prioritize_chacha"], "server"), (&[], "client")]
    {
        let found = found(&[&["-tls1_2", "-cipher", string], more].concat());
        let tls12 = version(&found, "TLS 1.2");
        assert_eq!(tls12["suite_preference"], preference, "{more:?}");
        let suites = names(&tls12["suites"]);
        if preference == "server" {
            assert_eq!(suites, own);
        }
        assert_eq!(BTreeSet::from_iter(suites), BTreeSet::from(own));
        assert_eq!(tls12["encrypt_then_mac"], true);
    }
    let found = found(&["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", "-cipher", "AES256-SHA", "-no_etm"]);
    assert_eq!(names(&version(&found, "TLS 1.3")["suites"]), ["TLS_CHACHA20_POLY1305_SHA256"]);
    let tls12 = version(&found, "TLS 1.2");
    assert_eq!(
        (names(&tls12["suites"]), &tls12["encrypt_then_mac"]),
        (vec!["TLS_RSA_WITH_AES_256_CBC_SHA"], &json!(false))
    );
    assert_eq!((&tls12["groups"], &tls12["dh_bits"]), (&json!([]), &Value::Null));
}

#[test]
fn groups() {
    let found = found(&["-groups", "P-384:X25519:ffdhe3072", "-serverpref"]);
    let (tls12, tls13) = (version(&found, "TLS 1.2"), version(&found, "TLS 1.3"));
    assert_eq!(names(&tls13["groups"]), ["secp384r1", "x25519", "ffdhe3072"]);
    assert_eq!((names(&tls12["groups"]), &tls12["group_preference"]), (vec!["secp384r1", "x25519"], &json!("server")));
    assert_eq!((&found["post_quantum"], &tls13["hello_retry_request"]), (&json!(false), &json!(true)));
}

/// A certificate on a curve is for clients that know the curve.
#[test]
fn groups_beside_the_curve_of_a_certificate() {
    let (scratch, identity) = (Scratch::new(), root(server(&["localhost"])));
    let [cert, key] = files(&scratch, "own", &identity);
    let server = Openssl::start(&["-cert", &cert, "-key", &key, "-www", "-groups", "P-384:X25519:P-256", "-tls1_2"]);
    let found = report(&server.probe(&["--cafile", &cert]).exits(0));
    let groups = names(&version(&found, "TLS 1.2")["groups"]);
    assert_eq!(BTreeSet::from_iter(groups), BTreeSet::from(["secp256r1", "secp384r1", "x25519"]));
}

#[test]
fn short_primes() {
    let scratch = Scratch::new();
    // The second Oakley group (RFC 2409 §6.2).
    let oakley = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
        ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
        ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff";
    let p: Vec<u8> =
        (0..oakley.len()).step_by(2).map(|at| u8::from_str_radix(&oakley[at..at + 2], 16).unwrap()).collect();
    let integer = [&[0x02, 0x81, 0x81, 0x00][..], &p].concat();
    let der = [&[0x30, 0x81, 0x87][..], &integer, &[0x02, 0x01, 0x02]].concat();
    let der = scratch.write("dh.der", der);
    let dh = scratch.path("dh.pem");
    let made = Command::new("openssl").args(["dhparam", "-inform", "DER", "-in", &der, "-out", &dh]).status().unwrap();
    assert!(made.success());
    let found = found(&["-tls1_2", "-dhparam", &dh, "-cipher", "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"]);
    assert_eq!(version(&found, "TLS 1.2")["dh_bits"], 1024);
    assert!(problems(&found).contains("DH_SHORT"));
}

#[test]
fn signatures() {
    let found = found(&["-sigalgs", "RSA-PSS+SHA384:RSA+SHA256"]);
    assert_eq!(version(&found, "TLS 1.3")["signature_schemes"], json!(["rsa_pss_rsae_sha384"]));
    let tls12 = version(&found, "TLS 1.2")["signature_schemes"].as_array().unwrap();
    let tls12: BTreeSet<_> = tls12.iter().filter_map(Value::as_str).collect();
    assert_eq!(tls12, BTreeSet::from(["rsa_pkcs1_sha256", "rsa_pss_rsae_sha384"]));
    assert!(!problems(&found).contains("SHA1_SIGNATURES"));
    let old = super::probe_openssl::found(&["-cipher", "ALL:@SECLEVEL=0"]);
    assert!(problems(&old).contains("SHA1_SIGNATURES"));
}

#[test]
fn sessions() {
    let without = found(&["-tls1_2", "-no_ticket"]);
    let tls12 = &without["resumption_tls12"];
    assert_eq!((&tls12["ticket_issued"], &tls12["session_id_issued"]), (&json!(false), &json!(true)));
    assert_eq!(tls12["session_id_resumed"], true);
    let tickets = found(&["-tls1_2", "-no_cache"]);
    let tls12 = &tickets["resumption_tls12"];
    assert_eq!((&tls12["ticket_issued"], &tls12["session_id_issued"]), (&json!(true), &json!(false)));
    assert_eq!((&tls12["ticket_resumed"], &tls12["ticket_lifetime"]), (&json!(true), &json!(7200)));
    let none = found(&["-tls1_2", "-no_ticket", "-no_cache"]);
    let tls12 = &none["resumption_tls12"];
    assert_eq!((&tls12["ticket_issued"], &tls12["session_id_issued"]), (&json!(false), &json!(false)));
    // The engine has none of these suites: what is said in the clear is known all the same.
    for (more, issued) in [(&[][..], true), (&["-no_ticket"], false)] {
        let old = found(&[&["-tls1_2", "-cipher", "AES128-SHA"], more].concat());
        let tls12 = &old["resumption_tls12"];
        assert_eq!((&tls12["ticket_issued"], &tls12["ticket_resumed"]), (&json!(issued), &Value::Null));
        assert_eq!(tls12["untested"], "no handshake of this program: alert handshake_failure");
    }
    for (number, ids) in [("0", 1), ("1", 0), ("5", 0)] {
        let found = found(&["-tls1_3", "-num_tickets", number]);
        let tls13 = &found["resumption_tls13"];
        assert_eq!(tls13["tickets"].to_string(), number);
        assert_eq!(tls13["resumed"], if number == "0" { Value::Null } else { json!(true) });
        assert_eq!(problems(&found).iter().filter(|id| **id == "NO_RESUMPTION").count(), ids);
        assert_eq!((&tls13["early_data_limit"], &tls13["early_data_accepted"]), (&json!(0), &Value::Null));
    }
}

/// OpenSSL takes a ticket that allows early data once.
#[test]
fn early_data() {
    let server =
        Openssl::start(&["-cert", &RSA.cert, "-key", &RSA.key, "-early_data", "-max_early_data", "5000", "-tls1_3"]);
    let found = report(&server.probe(&["--cafile", &RSA.cert, "--parallel", "1"]).exits(0));
    let tls13 = &found["resumption_tls13"];
    assert_eq!((&tls13["early_data_limit"], &tls13["early_data_accepted"]), (&json!(5000), &json!(true)));
    assert_eq!((&tls13["resumed"], &tls13["reused"]), (&json!(true), &json!(false)));
}

#[test]
fn application_protocols() {
    let some = found(&["-alpn", "http/1.1,h2"]);
    let expected = json!({ "protocols": ["http/1.1", "h2"], "preference": "server", "unknown": "refused" });
    assert_eq!(some["application_protocols"], expected);
    let none = found(&["-tls1_2"]);
    assert_eq!(none["application_protocols"], json!({ "protocols": [], "preference": null, "unknown": "ignored" }));
}

#[test]
fn client_certificates() {
    for (arguments, wanted) in [
        (&["-verify", "1", "-tls1_2"][..], true),
        (&["-verify", "1", "-tls1_3"], true),
        (&["-Verify", "1", "-tls1_2"], true),
        (&["-tls1_2"], false),
        (&["-tls1_3"], false),
    ] {
        assert_eq!(found(arguments)["client_certificate_requested"], wanted, "{arguments:?}");
    }
}

/// That a server requires a certificate is a fact about it, and no failure of the probe; with one, the rest is found out, too.
#[test]
fn required_client_certificates() {
    let (scratch, issuer) = (Scratch::new(), root(ca("the clients' CA")));
    let trusted = scratch.write("clients.pem", issuer.certificate_pem());
    let [cert, key] = files(&scratch, "client", &issuer.issues(Builder::client("somebody", now())));
    let [other, other_key] = files(&scratch, "other", &root(Builder::client("somebody", now())));
    for (versions, part) in [("-tls1_2", "a whole handshake of TLS 1.2"), ("-tls1_3", "sessions of TLS 1.3")] {
        let own = ["-cert", &RSA.cert, "-key", &RSA.key, "-www", versions];
        let server =
            Openssl::start(&[&own[..], &["-Verify", "1", "-verify_return_error", "-CAfile", &trusted]].concat());
        let find = |own: &[&str]| report(&server.probe(&[&["--cafile", &RSA.cert], own].concat()).exits(0));
        let told = |found: &Value| {
            let facts =
                ["requested", "required", "accepted"].map(|fact| found[format!("client_certificate_{fact}")].clone());
            let incomplete: Vec<_> =
                found["incomplete"].as_array().unwrap().iter().map(|one| one["part"].clone()).collect();
            (facts, incomplete)
        };
        let is_resumed = |found: &Value| {
            found["resumption_tls13"]["resumed"] == true || found["resumption_tls12"]["ticket_resumed"] == true
        };

        let without = find(&[]);
        assert_eq!(told(&without), ([json!(true), json!(true), Value::Null], vec![json!(part)]), "{without:#}");
        let ids = problems(&without);
        assert!(["INCOMPLETE", "NO_RESUMPTION", "NO_TLS", "INTOLERANT"].iter().all(|id| !ids.contains(id)), "{ids:?}");
        assert!(!names(&version(&without, &part[part.len() - 7..])["suites"]).is_empty() && !is_resumed(&without));

        let with = find(&["--cert", &cert, "--key", &key]);
        assert_eq!(told(&with), ([true, true, true].map(Value::from), vec![]), "{with:#}");
        assert!(is_resumed(&with), "{with:#}");

        let refused = find(&["--cert", &other, "--key", &other_key]);
        assert_eq!(told(&refused), ([true, true, false].map(Value::from), vec![json!(part)]), "{refused:#}");
        let why = refused["incomplete"][0]["why"].as_str().unwrap();
        assert!(why.starts_with("the client certificate is not accepted: alert unknown_ca"), "{why}");

        let target = format!("localhost:{}", server.port);
        let text = run(&["probe", &target, "--cafile", &RSA.cert, "--fail-on", "high"], b"").exits(0);
        text.prints("client certificate       required\n");
    }
    // One that is asked for, and need not be shown.
    let asked = found(&["-verify", "1"]);
    assert_eq!((&asked["client_certificate_required"], &asked["incomplete"]), (&json!(false), &json!([])));
    assert_eq!(found(&[])["client_certificate_required"], Value::Null);
}

#[test]
fn host_names() {
    let (scratch, identity) = (Scratch::new(), root(server(&["other.test"])));
    let [cert, key] = files(&scratch, "other", &identity);
    let second = ["-cert2", RSA.cert.as_str(), "-key2", RSA.key.as_str(), "-servername", "localhost"];
    for (versions, fatal) in [("-tls1_2", false), ("-tls1_3", false), ("-tls1_2", true), ("-tls1_3", true)] {
        let mut arguments = [&["-cert", cert.as_str(), "-key", key.as_str(), "-www", versions][..], &second].concat();
        arguments.extend(fatal.then_some("-servername_fatal"));
        let found = report(&Openssl::start(&arguments).probe(&["--cafile", &RSA.cert]).exits(0));
        let other = json!({ "answer": "other", "subject": "CN=other.test" });
        let refused = json!({ "answer": "refused", "why": "alert unrecognized_name" });
        let expected = if fatal { &refused } else { &other };
        assert_eq!(found["server_names"], json!({ "without": other, "unknown": expected }), "{versions} {fatal}");
    }
}

#[test]
fn two_certificates() {
    let (scratch, identity) = (Scratch::new(), root(server(&["localhost"])));
    let [cert, key] = files(&scratch, "ec", &identity);
    let own = ["-cert", &RSA.cert, "-key", &RSA.key, "-www", "-dcert", &cert, "-dkey", &key];
    for versions in ["-tls1_2", "-tls1_3"] {
        let server = Openssl::start(&[&own[..], &[versions]].concat());
        let found = report(&server.probe(&["--cafile", &cert]).exits(0));
        let shown = found["certificates"].as_array().unwrap().iter();
        let keys: BTreeMap<_, _> =
            shown.map(|shown| (shown["key"].as_str(), shown["verdict"]["code"].as_str())).collect();
        let expected = [(Some("P-256"), Some("OK")), (Some("RSA 2048"), Some("INVALID_CA"))];
        assert_eq!(keys, BTreeMap::from(expected), "{versions}");
    }
}

#[test]
fn certificates_that_are_not_good() {
    let (scratch, issuer) = (Scratch::new(), root(ca("the CA")));
    let trusted = scratch.write("ca.pem", issuer.certificate_pem());
    let until = |days: i64| server(&["localhost"]).valid(seconds() - 90 * DAY, seconds() + days * DAY);
    for (name, builder, expected) in [
        ("expired", until(-2), Some("CERTIFICATE_CERT_HAS_EXPIRED")),
        ("soon", until(3), Some("CERTIFICATE_EXPIRES_SOON")),
        ("good", until(90), None),
        ("staple", until(90).must_staple(), Some("MUST_STAPLE")),
    ] {
        let [cert, key] = files(&scratch, name, &issuer.issues(builder));
        let server = Openssl::start(&["-cert", &cert, "-key", &key, "-www"]);
        let found = report(&server.probe(&["--cafile", &trusted]).exits(0));
        let ids: BTreeSet<_> = problems(&found);
        let ids: Vec<_> = ids.iter().filter(|id| id.contains("CERTIFICATE") || id.contains("STAPLE")).collect();
        match expected {
            Some(id) => assert!(ids.contains(&&id), "{name}: {ids:?}"),
            None => assert!(ids.is_empty(), "{ids:?}"),
        }
        let days = found["certificates"][0]["days_left"].as_i64().unwrap();
        assert!([-3, -2, 2, 3, 89, 90].contains(&days), "{name}: {days}");
    }
}

#[test]
fn stapled_responses_and_chains() {
    let (scratch, top) = (Scratch::new(), root(ca("the root")));
    let middle = top.issues(ca("between"));
    let leaf = middle.issues(server(&["localhost"]));
    let [cert, key] = files(&scratch, "leaf", &leaf);
    let chain = scratch.write("chain.pem", pem(&[&middle]));
    let trusted = scratch.write("root.pem", top.certificate_pem());
    for (status, versions, code) in [
        (Status::Good, "-tls1_2", "OK"),
        (Status::Good, "-tls1_3", "OK"),
        // It is looked at, not only noticed.
        (Status::Unknown, "-tls1_2", "OCSP_CERT_UNKNOWN"),
        (Status::Unknown, "-tls1_3", "OCSP_CERT_UNKNOWN"),
    ] {
        let response = scratch.write("response.der", middle.answers(&leaf, status));
        let arguments =
            ["-cert", &cert, "-key", &key, "-cert_chain", &chain, "-status_file", &response, "-www", versions];
        let found = report(&Openssl::start(&arguments).probe(&["--cafile", &trusted]).exits(0));
        let shown = &found["certificates"][0];
        assert_eq!((&shown["ocsp_stapled"], &shown["verdict"]["code"]), (&json!(true), &json!(code)), "{versions}");
        assert_eq!((&shown["chain"][0]["subject"], &shown["issuer"]), (&json!("CN=between"), &json!("CN=between")));
    }
}
