//! How `connect` judges a server and `serve` its clients, and what they say about it.

use crate::certificates::*;
use crate::{Run, Scratch, Server, run};
use handfast::pki::make::{Builder, CrlBuilder, Identity};
use handfast::pki::ocsp::Status;
use handfast::pki::time::Time;
use serde_json::Value;

/// A root and an intermediate.
struct World {
    root: Identity,
    middle: Identity,
}

impl World {
    fn new() -> Self {
        let root = root(ca("Root"));
        Self { middle: root.issues(ca("Middle")), root }
    }

    /// A server that presents these, the first with its key.
    fn serve(&self, chain: &[&Identity], arguments: &[&str]) -> Server {
        let scratch = Scratch::new();
        scratch.write("ca.pem", self.root.certificate_pem());
        self.serve_from(scratch, chain, arguments)
    }

    fn serve_from(&self, scratch: Scratch, chain: &[&Identity], arguments: &[&str]) -> Server {
        let cert = scratch.write("cert.pem", pem(chain));
        let key = scratch.write("key.pem", chain[0].key.to_pem().as_bytes());
        Server::of(scratch, &[&["--cert", &cert, "--key", &key], arguments].concat())
    }

    /// A server with an OCSP response.
    fn staple(&self, leaf: &Identity, response: &[u8]) -> Server {
        let scratch = Scratch::new();
        scratch.write("ca.pem", self.root.certificate_pem());
        let file = scratch.write("response", response);
        self.serve_from(scratch, &[leaf, &self.middle], &["--ocsp", &file])
    }
}

fn localhost() -> Builder {
    server(&["localhost"])
}

/// It ends with exit code 1: the code, a sentence, and something to do, and nothing was sent.
#[track_caller]
fn refused(run: Run, code: &str, sentence: &str, hint: &str) {
    let run = run.exits(1).says(&format!("error: {code}: ")).says(sentence);
    let shown = run.stderr();
    let shown =
        shown.lines().find_map(|line| line.strip_prefix(" hint: ")).unwrap_or_else(|| panic!("no hint: {shown}"));
    assert!(shown.contains(hint), "`{hint}` is missing in:\n{shown}");
    assert_eq!(run.stdout(), "");
}

#[test]
fn a_wrong_name() {
    let world = World::new();
    let server = world.serve(&[&world.middle.issues(server(&["www.test"])), &world.middle], &[]);
    let sentence = "certificate 0 (CN=www.test): it does not speak for localhost, only for www.test";
    refused(server.connect(&[], b"secret"), "HOSTNAME_MISMATCH", sentence, "--servername");
    server.connect(&["--servername", "www.test"], b"hello").exits(0).prints("hello");
}

#[test]
fn an_expired_leaf() {
    let world = World::new();
    let leaf = world.middle.issues(localhost().valid(1_700_000_000, 1_700_086_400));
    let server = world.serve(&[&leaf, &world.middle], &[]);
    let sentence = "certificate 0 (CN=localhost): it was valid until 2023-11-15T22:13:20Z, and now is ";
    refused(server.connect(&[], b"secret"), "CERT_HAS_EXPIRED", sentence, "the server must renew its certificate");
}

#[test]
fn a_missing_intermediate() {
    let world = World::new();
    let server = world.serve(&[&world.middle.issues(localhost())], &[]);
    let sentence = "its issuer (CN=Middle) is neither a trust anchor nor among the peer's certificates";
    let hint = "a public server has to send its intermediate certificates";
    refused(server.connect(&[], b"secret"), "UNABLE_TO_VERIFY_LEAF_SIGNATURE", sentence, hint);
}

#[test]
fn a_self_signed_leaf() {
    let world = World::new();
    let leaf = root(localhost());
    let server = world.serve(&[&leaf], &[]);
    let sentence = "certificate 0 (CN=localhost): it is self-signed and not trusted";
    refused(server.connect(&[], b"secret"), "DEPTH_ZERO_SELF_SIGNED_CERT", sentence, "with this very certificate");
    let own = server.scratch.path("cert.pem");
    run(&["connect", &server.host, "--cafile", &own], b"hello").exits(0).prints("hello");
}

#[test]
fn a_revoked_leaf() {
    let world = World::new();
    let leaf = world.middle.issues(localhost());
    let server = world.serve(&[&leaf, &world.middle], &[]);
    let file = |name: &str, list: String| server.scratch.write(name, list);
    let (none, root_none) = (file("none", world.middle.lists(&[])), file("root-none", world.root.lists(&[])));
    let leaf_listed = file("leaf", world.middle.lists(&[&leaf]));
    let middle_listed = file("middle", world.root.lists(&[&world.middle]));
    let stale = CrlBuilder::new(now()).valid(seconds() - 9 * DAY, seconds() - 2 * DAY);
    let stale = file("stale", crl_pem(stale, &world.middle));
    let with = |arguments: &[&str]| server.connect(arguments, b"");

    let revoked = with(&["--crl", &leaf_listed, "--crl", &root_none]);
    refused(
        revoked,
        "CERT_REVOKED",
        "certificate 0 (CN=localhost): it was revoked at ",
        "the server must have a new one",
    );
    let revoked = with(&["--crl", &none, "--crl", &middle_listed]);
    refused(revoked, "CERT_REVOKED", "certificate 1 (CN=Middle): it was revoked at ", "the server must have a new one");
    with(&["--crl", &none, "--crl", &root_none]).exits(0).says("accepted, by ");
    with(&[]).exits(0);
    refused(with(&["--crl", &none]), "UNABLE_TO_GET_CRL", "there is no CRL of its issuer", "--crl-optional");
    with(&["--crl", &none, "--crl-optional"]).exits(0);
    with(&["--crl", &none, "--crl-leaf-only"]).exits(0);
    let overdue = with(&["--crl", &stale, "--crl-leaf-only"]);
    refused(overdue, "CRL_HAS_EXPIRED", "the CRL of its issuer was valid until ", "--crl-expired");
    with(&["--crl", &stale, "--crl-leaf-only", "--crl-expired"]).exits(0);
    // In TLS 1.2 as well, and who only looks is told the same.
    refused(with(&["--tls1_2", "--crl", &leaf_listed, "--crl-leaf-only"]), "CERT_REVOKED", "revoked at", "a new one");
    let looked = with(&["--insecure", "--crl", &leaf_listed, "--crl-leaf-only"]).exits(0);
    looked.says("NOT ACCEPTED, and ignored (--insecure): CERT_REVOKED: ");
    with(&["--insecure", "--crl", &none, "--crl-leaf-only"]).exits(0).says("would be accepted by ");
    let ca = server.scratch.path("ca.pem");
    with(&["--crl", &ca]).exits(2).says("ca.pem: ");
    with(&["--crl", "/no/such/file"]).exits(3).says("error: NotFound: ");
    with(&["--crl-optional"]).exits(2).says("--crl <FILE>");
}

#[test]
fn a_constrained_ca() {
    let world = World::new();
    let narrow = world.root.issues(only_for("Narrow", "example"));
    let server = world.serve(&[&narrow.issues(localhost()), &narrow], &[]);
    let sentence = "localhost is not among the names that a CA above it may issue for";
    refused(server.connect(&[], b"secret"), "PERMITTED_VIOLATION", sentence, "by a CA that may issue for it");
}

#[test]
fn stapled_responses() {
    let world = World::new();
    let leaf = world.middle.issues(localhost());
    let says = |run: &Run| serde_json::from_str::<Value>(&run.stdout()).unwrap();
    for version in ["--tls1_2", "--tls1_3"] {
        let good = world.staple(&leaf, &world.middle.answers(&leaf, Status::Good));
        good.connect(&[version], b"").exits(0).row("ocsp response", "good");
        assert_eq!(says(&good.connect(&[version, "--require-ocsp", "--json"], b"").exits(0))["ocsp_response"], "good");
        assert_eq!(says(&good.connect(&[version, "--insecure", "--json"], b"").exits(0))["ocsp_response"], "good");
        // Nobody has asked, and nothing came.
        assert_eq!(says(&good.connect(&[version, "--no-ocsp", "--json"], b"").exits(0))["ocsp_response"], Value::Null);
        // Trusted by itself, whatever the CA says.
        let own = good.scratch.write("leaf.pem", leaf.certificate_pem());
        run(&["connect", &good.host, "--cafile", &own, version], b"").exits(0).row("ocsp response", "not looked at");

        let at = Time::from_unix(1_700_000_000);
        let revoked = world.staple(&leaf, &world.middle.answers(&leaf, Status::Revoked { at, reason: None }));
        let sentence = "it was revoked at 2023-11-14T22:13:20Z";
        refused(revoked.connect(&[version], b""), "CERT_REVOKED", sentence, "the server must have a new one");
        let looked = revoked.connect(&[version, "--insecure"], b"").exits(0);
        looked.says("NOT ACCEPTED, and ignored (--insecure): CERT_REVOKED: ").row("ocsp response", "there is one");

        let unknown = world.staple(&leaf, &world.root.answers(&world.middle, Status::Good));
        let hint = "the server has to fetch its OCSP response anew; `--no-ocsp`";
        refused(unknown.connect(&[version], b""), "OCSP_VERIFY_FAILED", "is about other certificates", hint);
        unknown.connect(&[version, "--insecure"], b"").exits(0).row("ocsp response", "of no use: its OCSP response is");
        unknown.connect(&[version, "--no-ocsp"], b"").exits(0);
    }
}

#[test]
fn a_certificate_that_insists_on_a_response() {
    let world = World::new();
    let leaf = world.middle.issues(localhost().must_staple());
    let bare = world.serve(&[&leaf, &world.middle], &[]);
    for version in ["--tls1_2", "--tls1_3"] {
        let sentence = "no OCSP response came with it, and one is required";
        refused(bare.connect(&[version], b""), "OCSP_VERIFY_NEEDED", sentence, "--no-ocsp");
        // RFC 7633 §4.2.3: it insists towards those who ask.
        bare.connect(&[version, "--no-ocsp"], b"").exits(0);
    }
    world.staple(&leaf, &world.middle.answers(&leaf, Status::Good)).connect(&[], b"").exits(0);

    let plain = world.serve(&[&world.middle.issues(localhost()), &world.middle], &[]);
    plain.connect(&[], b"").exits(0);
    let required = plain.connect(&["--require-ocsp"], b"");
    refused(required, "OCSP_VERIFY_NEEDED", "no OCSP response came with it", "the server has to staple");
    plain.connect(&["--require-ocsp", "--no-ocsp"], b"").exits(2).says("cannot be used with");
}

/// What `serve` staples is a response, one for each certificate.
#[test]
fn responses_that_cannot_be_stapled() {
    let world = World::new();
    let scratch = Scratch::new();
    let leaf = world.middle.issues(localhost());
    let cert = scratch.write("cert.pem", pem(&[&leaf]));
    let key = scratch.write("key.pem", leaf.key.to_pem().as_bytes());
    let pair = ["serve", "--cert", &cert, "--key", &key];
    let with = |arguments: &[&str]| run(&[&pair[..], arguments].concat(), b"");
    with(&["--ocsp", &cert]).exits(2).says("cert.pem: it cannot be stapled: ").says("hint: ");
    with(&["--ocsp", "/no/such/file"]).exits(3).says("error: NotFound: ");
    let response = scratch.write("response", world.middle.answers(&leaf, Status::Good));
    with(&["--ocsp", &response, "--ocsp", &response]).exits(2).says("they belong together");
    run(&["serve", "--self-signed", "--ocsp", &response], b"").exits(2).says("--cert <FILE>");
}

#[test]
fn pins_and_profiles() {
    let world = World::new();
    let leaf = world.middle.issues(localhost());
    let server = world.serve(&[&leaf], &[]);
    let spki = parse(&leaf).spki().to_vec();
    let spki = [&[0x30, u8::try_from(spki.len()).unwrap()][..], &spki].concat();
    let hash = provider().hash(handfast::crypto::HashAlgorithm::Sha256).unwrap().digest(&[&spki]).unwrap();
    let pin: String = hash.as_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
    // Whoever issued it, here somebody whose certificate is missing.
    run(&["connect", &server.host, "--pin", &pin], b"hello").exits(0).prints("hello").says("accepted, by `--pin`");
    server.connect(&["--pin", &pin], b"").exits(0).says("ca.pem or `--pin`");
    let other = run(&["connect", &server.host, "--pin", &"00".repeat(32)], b"");
    refused(other, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its issuer (CN=Middle)", "--cafile FILE");
    let name = run(&["connect", &server.address, "--pin", &pin], b"");
    refused(name, "HOSTNAME_MISMATCH", "it does not speak for 127.0.0.1", "--servername");

    let server = world.serve(&[&world.middle.issues(localhost().without(&[0x55, 0x1d, 37])), &world.middle], &[]);
    server.connect(&["--profile", "rfc5280"], b"").exits(0);
    let strict = server.connect(&["--profile", "webpki"], b"").exits(1);
    strict.says("error: ").says("hint: its issuer has to mend that; `--profile path` does not ask for it");
}

#[test]
fn clients_that_are_revoked() {
    let world = World::new();
    let scratch = Scratch::new();
    let issue = |name: &str| {
        let client = world.root.issues(Builder::client(name, now()));
        let key = scratch.write(&format!("{name}.key"), client.key.to_pem().as_bytes());
        (scratch.write(&format!("{name}.pem"), client.certificate_pem()), key, client)
    };
    let (good, revoked) = (issue("good"), issue("revoked"));
    let list = scratch.write("list.pem", world.root.lists(&[&revoked.2]));
    let ca = scratch.write("ca.pem", world.root.certificate_pem());
    let leaf = world.root.issues(localhost());
    let flags = ["--client-auth", "require", "--client-ca", &ca, "--client-crl", &list];
    let mut server = world.serve(&[&leaf], &flags);
    for version in ["--tls1_3", "--tls1_2"] {
        let with = |(cert, key, _): &(String, String, Identity)| {
            server.connect(&[version, "--cert", cert, "--key", key, "--json"], b"")
        };
        with(&good).exits(0);
        let refused: Value = serde_json::from_str(&with(&revoked).exits(1).stdout()).unwrap();
        assert_eq!(refused["error"]["code"], "certificate_revoked");
        assert_eq!(refused["error"]["hint"], "the peer does not accept this side's certificate");
        let line = server.line();
        assert!(line.contains("certificate 0 (CN=revoked): it was revoked at "), "{line}");
    }
    let run = run(&["serve", "--self-signed", "--client-crl", &list], b"").exits(2);
    run.says("--client-ca <FILE>");
}
