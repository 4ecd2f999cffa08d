//! `handfast verify --json-lines`, for programs.

use crate::certificates::*;
use crate::{handfast, run};
use handfast::pki::make::{Builder, CrlBuilder, Identity};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::slice;
use std::time::{Duration, Instant};

/// A root, an intermediate and `www.test`.
struct World {
    root: Identity,
    middle: Identity,
    leaf: Identity,
}

impl World {
    fn new() -> Self {
        Self::of(server(&["www.test", "192.0.2.1", "2001:db8::1"]))
    }

    fn of(leaf: Builder) -> Self {
        let root = root(ca("Root"));
        let middle = root.issues(ca("Middle"));
        Self { leaf: middle.issues(leaf), middle, root }
    }

    /// A question with every field.
    fn question(&self) -> Value {
        json!({
            "id": 1,
            "peer": pem(&[&self.leaf]),
            "untrusted": [pem(&[&self.middle])],
            "trusted": [pem(&[&self.root])],
            "crls": [self.middle.lists(&[])],
            "time": null,
            "kind": "server",
            "name": { "dns": "www.test" },
            "eku": [],
            "max_depth": null,
            "profile": "webpki",
        })
    }

    /// A question with other values.
    fn with(&self, changes: &Value) -> String {
        let mut question = self.question();
        for (field, value) in changes.as_object().unwrap() {
            question[field] = value.clone();
        }
        question.to_string()
    }

    fn without(&self, field: &str) -> String {
        let mut question = self.question();
        question.as_object_mut().unwrap().remove(field);
        question.to_string()
    }
}

/// The answers to these lines.
fn ask(input: impl AsRef<[u8]>) -> Vec<Value> {
    let run = run(&["verify", "--json-lines"], input.as_ref()).exits(0);
    assert_eq!(run.stderr(), "");
    run.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Asks all of these at once, and compares the codes.
#[track_caller]
fn codes<'a>(questions: impl IntoIterator<Item = (String, &'a str)>) {
    let (lines, expected): (Vec<_>, Vec<_>) = questions.into_iter().unzip();
    let answers = ask(lines.join("\n"));
    assert_eq!(answers.len(), lines.len());
    for ((answer, line), code) in answers.iter().zip(lines).zip(expected) {
        let line: String = line.chars().rev().take(400).collect::<Vec<_>>().into_iter().rev().collect();
        assert_eq!(answer["code"], code, "{answer:#}\n{line}");
        assert_eq!(answer["result"], if code == "OK" { "accept" } else { "reject" });
        assert!(!answer["detail"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_good_question() {
    let world = World::new();
    let line = format!("{}\n", world.question());
    let output = run(&["verify", "--json-lines"], line.as_bytes()).exits(0).stdout();
    let until = seconds() + 7 * DAY;
    assert!(output.starts_with(r#"{"id":1,"result":"accept","code":"OK","detail":"verified until "#), "{output}");
    let shown = |at: i64| handfast::pki::time::Time::from_unix(at).to_string();
    // The list is the first to end; this machine may be slow.
    assert!((until - 60..=until).any(|at| output.contains(&shown(at))), "{output}");
}

#[test]
fn fields_that_may_be_missing() {
    let world = World::new();
    codes([
        (world.without("untrusted"), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        (world.without("trusted"), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        (world.without("crls"), "OK"),
        (world.without("time"), "OK"),
        (world.without("name"), "OK"),
        (world.without("eku"), "OK"),
        (world.without("max_depth"), "OK"),
        (world.without("id"), "OK"),
        (world.without("peer"), "BAD_QUESTION"),
        (world.without("kind"), "BAD_QUESTION"),
        (world.without("profile"), "BAD_QUESTION"),
        (world.with(&json!({ "features": { "more": [1, null] }, "expected": "accept" })), "OK"),
    ]);
    assert_eq!(ask(world.without("id"))[0]["id"], Value::Null);
}

/// Whatever it is, to the digit, and also of a line that is otherwise no question.
#[test]
fn ids_are_given_back() {
    let world = World::new();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let all = [
        "null",
        "true",
        "\"a\\u0000\\n\"",
        "\"\"",
        "-0.50",
        "1e400",
        "123456789012345678901234567890",
        "[1, {\"b\":2,\"a\":[]}]",
        "{\"z\":1,\"a\":2}",
        &deep,
    ];
    for (field, code) in [("features", "OK"), ("peer", "BAD_QUESTION")] {
        let line = |id: &str| world.without(field).replacen("\"id\":1", &format!("\"id\":{id}"), 1);
        let input: String = all.iter().map(|id| line(id) + "\n").collect();
        let run = run(&["verify", "--json-lines"], input.as_bytes()).exits(0);
        let output = run.stdout();
        assert_eq!(output.lines().count(), all.len());
        for (answer, id) in output.lines().zip(all) {
            assert!(answer.starts_with(&format!("{{\"id\":{id},\"result\":")), "{id}: {answer}");
            assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{id}: {answer}");
        }
    }
}

#[test]
fn lines_that_are_no_questions() {
    let world = World::new();
    let list = |field: &str, value: Value| (world.with(&json!({ field: value })), "BAD_QUESTION");
    codes([
        ("no JSON".to_string(), "BAD_QUESTION"),
        ("{".to_string(), "BAD_QUESTION"),
        ("null".to_string(), "BAD_QUESTION"),
        ("[]".to_string(), "BAD_QUESTION"),
        ("{}".to_string(), "BAD_QUESTION"),
        (format!("{} {{}}", world.question()), "BAD_QUESTION"),
        ("[".repeat(100_000), "BAD_QUESTION"),
        ("{\"id\":".repeat(100_000), "BAD_QUESTION"),
        list("peer", json!(1)),
        list("peer", json!([])),
        list("peer", json!("")),
        list("peer", json!("text")),
        list("peer", json!("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n")),
        list("peer", json!("-----BEGIN CERTIFICATE-----\nMAA=\n")),
        list("peer", json!(world.middle.lists(&[]))),
        list("untrusted", json!("x")),
        list("untrusted", json!(["x"])),
        list("untrusted", json!([1])),
        list("trusted", json!({})),
        list("trusted", json!([""])),
        list("crls", json!("x")),
        list("crls", json!([null])),
        list("time", json!(1_800_000_000)),
        list("time", json!("now")),
        list("time", json!("1969-12-31T23:59:59Z")),
        list("time", json!("2027-02-30T00:00:00Z")),
        list("kind", json!("Server")),
        list("kind", json!(null)),
        list("name", json!("www.test")),
        list("name", json!({})),
        list("name", json!({ "uri": "x" })),
        list("name", json!({ "dns": "a.test", "ip": "192.0.2.1" })),
        list("name", json!({ "dns": 1 })),
        list("eku", json!(["server"])),
        list("eku", json!([1])),
        list("eku", json!("serverAuth")),
        list("max_depth", json!(-1)),
        list("max_depth", json!(1.5)),
        list("max_depth", json!("1")),
        list("profile", json!("WebPki")),
        list("profile", json!(null)),
    ]);
}

#[test]
fn lines_and_their_ends() {
    let good = World::new().question().to_string();
    let id = |answers: Vec<Value>| answers.iter().map(|answer| answer["code"].clone()).collect::<Vec<_>>();
    assert_eq!(id(ask("")), Vec::<Value>::new());
    assert_eq!(id(ask("\n\n \t \r\n")), Vec::<Value>::new());
    assert_eq!(id(ask(format!("\n\n{good}\r\n\n{good}"))), ["OK", "OK"]);
    let not_text = [&b"{\"id\":\"\xff\"}\n"[..], good.as_bytes()].concat();
    assert_eq!(id(ask(not_text)), ["BAD_QUESTION", "OK"]);
    assert_eq!(id(ask([b"\0\n", good.as_bytes()].concat())), ["BAD_QUESTION", "OK"]);
}

/// A line that is longer than any may be costs its memory once, and the next one is answered.
#[test]
fn a_line_that_is_too_long() {
    const MAX_LINE: usize = 16 << 20;
    let world = World::new();
    let good = world.question().to_string();
    let padded = |len: usize| " ".repeat(len - good.len()) + &good;
    // What is behind the limit is no line of its own.
    let input = [padded(MAX_LINE), padded(MAX_LINE + 1), good.clone(), padded(MAX_LINE + good.len())].join("\n");
    let answers = ask(input);
    let of: Vec<_> = answers.iter().map(|answer| (&answer["id"], answer["code"].as_str().unwrap())).collect();
    let (one, none) = (&json!(1), &Value::Null);
    assert_eq!(of, [(one, "OK"), (none, "BAD_QUESTION"), (one, "OK"), (none, "BAD_QUESTION")]);
    assert_eq!(answers[1]["detail"], "a line has at most 16777216 bytes");

    let many = |count: usize| world.leaf.certificate_pem().repeat(count);
    let middle = world.middle.certificate_pem();
    codes([
        (world.with(&json!({ "untrusted": [many(2048), many(2047), middle] })), "OK"),
        (world.with(&json!({ "untrusted": [many(2048), many(2048), middle] })), "BAD_QUESTION"),
        (world.with(&json!({ "trusted": [many(4097)] })), "BAD_QUESTION"),
        (world.with(&json!({ "peer": many(4097) })), "BAD_QUESTION"),
    ]);
}

/// What is PEM and no certificate is a fault of the certificate, and nothing takes its place.
#[test]
fn certificates_that_are_none() {
    let world = World::new();
    let junk = |der: &[u8]| handfast::pki::pem::encode("CERTIFICATE", der).to_string();
    let mut cut = world.leaf.certificate.to_vec();
    cut.pop();
    let broken = junk(&[0x30, 3, 2, 1, 1]);
    let good = world.question();
    codes([
        (world.with(&json!({ "peer": broken })), "CERT_REJECTED"),
        (world.with(&json!({ "peer": junk(&cut) })), "CERT_REJECTED"),
        (world.with(&json!({ "peer": junk(b"") })), "CERT_REJECTED"),
        (world.with(&json!({ "peer": broken.clone() + &pem(&[&world.leaf]) })), "CERT_REJECTED"),
        (world.with(&json!({ "peer": broken, "untrusted": [good["peer"], good["untrusted"][0]] })), "CERT_REJECTED"),
        (world.with(&json!({ "peer": "", "untrusted": [good["peer"], good["untrusted"][0]] })), "BAD_QUESTION"),
        // Others that are of no use are passed over.
        (world.with(&json!({ "peer": pem(&[&world.leaf]) + &broken })), "OK"),
        (world.with(&json!({ "untrusted": [broken, good["untrusted"][0]] })), "OK"),
        (world.with(&json!({ "trusted": [broken, good["trusted"][0]] })), "OK"),
        (world.with(&json!({ "trusted": [broken] })), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        // Several in one text, and the leaf itself as what is trusted.
        (world.with(&json!({ "peer": pem(&[&world.leaf, &world.middle]), "untrusted": [] })), "OK"),
        (world.with(&json!({ "trusted": [pem(&[&world.middle, &world.root])] })), "OK"),
        (world.with(&json!({ "trusted": [good["peer"]] })), "OK"),
    ]);
}

#[test]
fn names() {
    let world = World::new();
    let named = |name: Value| world.with(&json!({ "name": name }));
    let mismatch = "HOSTNAME_MISMATCH";
    codes([
        (named(Value::Null), "OK"),
        (named(json!({ "dns": "WWW.TEST" })), "OK"),
        (named(json!({ "dns": "www.test." })), "OK"),
        (named(json!({ "dns": "ftp.test" })), mismatch),
        (named(json!({ "dns": "*.test" })), mismatch),
        (named(json!({ "dns": "" })), mismatch),
        (named(json!({ "dns": "a b" })), mismatch),
        (named(json!({ "dns": "www.test\u{0}" })), mismatch),
        (named(json!({ "dns": "\u{1b}[2J" })), mismatch),
        (named(json!({ "dns": "192.0.2.1" })), mismatch),
        (named(json!({ "dns": "2001:db8::1" })), mismatch),
        (named(json!({ "ip": "192.0.2.1" })), "OK"),
        (named(json!({ "ip": "2001:DB8:0::1" })), "OK"),
        (named(json!({ "ip": "192.0.2.2" })), mismatch),
        (named(json!({ "ip": "www.test" })), mismatch),
        (named(json!({ "ip": "[2001:db8::1]" })), mismatch),
        (named(json!({ "email": "a@www.test" })), mismatch),
    ]);
    let answer = &ask(named(json!({ "dns": "\u{1b}[2J" })))[0];
    assert!(!answer["detail"].as_str().unwrap().contains('\u{1b}'), "{answer}");

    let mailbox = World::of(Builder::new("a", now()).general_name(0x81, b"a@www.test"));
    let named = |name: Value| mailbox.with(&json!({ "name": name, "eku": ["emailProtection"], "profile": "path" }));
    codes([
        (named(json!({ "email": "a@www.test" })), "OK"),
        (named(json!({ "email": "a@WWW.TEST" })), "OK"),
        (named(json!({ "email": "A@www.test" })), mismatch),
        (named(json!({ "email": "www.test" })), mismatch),
        (named(json!({ "email": "" })), mismatch),
        (named(json!({ "dns": "www.test" })), mismatch),
    ]);
}

#[test]
fn times_uses_depths_and_profiles() {
    let world = World::new();
    let with = |changes: Value| world.with(&changes);
    let at = |time: &str| with(json!({ "time": time, "crls": [] }));
    codes([
        (at("2001-01-01T00:00:00Z"), "CERT_NOT_YET_VALID"),
        (at("2099-01-01T00:00:00.5+02:00"), "CERT_HAS_EXPIRED"),
        (at(&handfast::pki::time::Time::from_unix(seconds() + 80 * DAY).to_string()), "OK"),
        (with(json!({ "kind": "client" })), "INVALID_PURPOSE"),
        (with(json!({ "kind": "client", "eku": ["serverAuth"] })), "OK"),
        (with(json!({ "eku": ["serverAuth", "clientAuth"] })), "INVALID_PURPOSE"),
        (with(json!({ "eku": ["OCSPSigning"] })), "INVALID_PURPOSE"),
        (with(json!({ "eku": ["anyExtendedKeyUsage"] })), "OK"),
        (with(json!({ "crls": null, "untrusted": null })), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        (with(json!({ "max_depth": 1 })), "OK"),
        (with(json!({ "max_depth": 1_000_000_000_000_000_000u64 })), "OK"),
        (with(json!({ "max_depth": 0 })), "CERT_CHAIN_TOO_LONG"),
        (with(json!({ "max_depth": 0, "trusted": [pem(&[&world.middle])] })), "OK"),
    ]);
    let client = World::of(Builder::client("a", now()));
    codes([
        (client.with(&json!({ "kind": "client", "name": null, "profile": "rfc5280" })), "OK"),
        (client.with(&json!({ "kind": "server", "name": null, "profile": "path" })), "INVALID_PURPOSE"),
    ]);
    let plain = World::of(server(&["www.test"]).without(&[0x55, 0x1d, 37]));
    let profile = |profile: &str| plain.with(&json!({ "profile": profile }));
    let answers = ask([profile("path"), profile("rfc5280"), profile("webpki")].join("\n"));
    let results: Vec<_> = answers.iter().map(|answer| &answer["result"]).collect();
    assert_eq!(results, ["accept", "accept", "reject"]);
}

/// What a line says comes back bounded, and an id on one line.
#[test]
fn answers_are_lines_and_short() {
    let world = World::new();
    let long = world.with(&json!({ "profile": "x".repeat(100_000) }));
    let answers = ask(long);
    assert!(answers[0]["detail"].as_str().unwrap().len() < 4_096);
    let output = run(&["verify", "--json-lines"], b"{\"id\":{\r\"a\":\r1}}\n").exits(0).stdout();
    assert!(!output.contains('\r') && output.starts_with("{\"id\":{\"a\":1}"), "{output}");
}

/// id-ce-cRLNumber.
const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];

#[test]
fn revocation_lists() {
    let world = World::new();
    let with = |crls: &[String]| world.with(&json!({ "crls": crls }));
    let der = |der: &[u8]| handfast::pki::pem::encode("X509 CRL", der).to_string();
    let stale = CrlBuilder::new(now()).valid(seconds() - 9 * DAY, seconds() - 2 * DAY);
    let early = CrlBuilder::new(now()).valid(seconds() + DAY, seconds() + 9 * DAY);
    let forger = Identity { certificate: world.middle.certificate.clone(), key: root(ca("x")).key };
    let (none, other) = (world.middle.lists(&[]), root(ca("Other")));
    codes([
        (with(&[]), "OK"),
        (with(slice::from_ref(&none)), "OK"),
        (with(&[none.clone(), world.root.lists(&[])]), "OK"),
        (with(&[world.root.lists(&[])]), "OK"),
        (with(&[world.middle.lists(&[&world.leaf])]), "CERT_REVOKED"),
        (with(&[none.clone(), world.middle.lists(&[&world.leaf])]), "CERT_REVOKED"),
        (with(&[none.clone(), world.root.lists(&[&world.middle])]), "CERT_REVOKED"),
        (with(&[world.middle.lists(&[&world.middle])]), "OK"),
        (with(&[other.lists(&[&world.leaf])]), "OK"),
        (with(&[crl_pem(stale, &world.middle)]), "CRL_HAS_EXPIRED"),
        (with(&[crl_pem(early, &world.middle)]), "CRL_NOT_YET_VALID"),
        (with(&[crl_pem(CrlBuilder::new(now()), &forger)]), "CRL_SIGNATURE_FAILURE"),
        (with(&[String::new()]), "CRL_REJECTED"),
        (with(&["text".to_string()]), "CRL_REJECTED"),
        (with(&[der(&[0x30, 0])]), "CRL_REJECTED"),
        (with(&[none.clone() + &der(&[0x30, 0])]), "CRL_REJECTED"),
        (with(&[pem(&[&world.root])]), "CRL_REJECTED"),
        // Whose it is can be read: it is nobody's on this path, or it is.
        (with(&[none.clone(), crl_pem(CrlBuilder::new(now()).without(CRL_NUMBER), &other)]), "OK"),
        (with(&[crl_pem(CrlBuilder::new(now()).without(CRL_NUMBER), &world.middle)]), "CERT_REJECTED"),
        (with(&[none.replacen("-----END X509 CRL-----", "-----END X-----", 1)]), "CRL_REJECTED"),
    ]);
}

/// The program, asked one line after the other.
struct Session {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Session {
    fn start() -> Self {
        let mut command = handfast(&["verify", "--json-lines"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    /// The answer, and how long it took.
    fn ask(&mut self, line: &[u8]) -> (Value, Duration) {
        let start = Instant::now();
        self.stdin.write_all(&[line, b"\n"].concat()).unwrap();
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).unwrap();
        let took = start.elapsed();
        assert!(answer.ends_with('\n'), "no answer to {}", String::from_utf8_lossy(line));
        (serde_json::from_str(&answer).unwrap(), took)
    }
}

/// Numbers that only look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        // Xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Changes something anywhere in `bytes`.
fn mutate(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let end = (at + 1 + numbers.below(16)).min(bytes.len());
    match numbers.below(5) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
        2 => drop(bytes.drain(at..end)),
        3 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        _ => bytes.truncate(at.max(1)),
    }
}

/// 1,000 lines, each a good one with a few changes in its text or in the DER of a part: each is answered within a second, and
/// no changed certificate is accepted.
#[test]
fn mutations() {
    const LIMIT: Duration = Duration::from_secs(1);
    let world = World::new();
    let good = world.question();
    let list = CrlBuilder::new(now()).signed_by(&provider(), &world.middle).unwrap();
    let mut session = Session::start();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for round in 0..1_000 {
        let mut question = good.clone();
        let part = numbers.below(5);
        let (label, der, place) = match part {
            0 => ("CERTIFICATE", world.leaf.certificate.to_vec(), &mut question["peer"]),
            1 => ("CERTIFICATE", world.middle.certificate.to_vec(), &mut question["untrusted"][0]),
            2 => ("CERTIFICATE", world.root.certificate.to_vec(), &mut question["trusted"][0]),
            _ => ("X509 CRL", list.clone(), &mut question["crls"][0]),
        };
        let mut changed = der.clone();
        for _ in 0..=numbers.below(3) {
            mutate(&mut changed, &mut numbers);
        }
        *place = handfast::pki::pem::encode(label, &changed).to_string().into();
        let mut line = if part == 4 { good.to_string() } else { question.to_string() }.into_bytes();
        if part == 4 {
            for _ in 0..=numbers.below(3) {
                mutate(&mut line, &mut numbers);
            }
        }
        // One line, and none that is passed over.
        line.iter_mut().filter(|octet| **octet == b'\n').for_each(|octet| *octet = b' ');
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (answer, mut took) = session.ask(&line);
        // A machine with much else to do may be late once; a line that takes long takes long again.
        for _ in 0..3 {
            if took >= LIMIT {
                took = session.ask(&line).1;
            }
        }
        let shown = String::from_utf8_lossy(&line);
        assert!(took < LIMIT, "round {round}: {took:?} for {shown}");
        assert!(answer["code"].is_string() && answer["detail"].is_string(), "round {round}: {answer}");
        let is_accepted = answer["result"] == "accept";
        assert_eq!(is_accepted, answer["code"] == "OK", "round {round}: {answer}");
        accepted += usize::from(is_accepted);
        // A root's own signature is not looked at, a list that is about another CA or key now is passed over, and a line has
        // parts that change nothing.
        let is_signed = matches!(part, 0 | 1);
        assert!(!is_accepted || !is_signed || changed == der, "round {round}: accepted: {shown}");
    }
    assert!(accepted > 0, "nothing came near");
    assert_eq!(session.ask(good.to_string().as_bytes()).0["code"], "OK");
    drop(session.stdin);
    assert!(session.child.wait().unwrap().success());
}
