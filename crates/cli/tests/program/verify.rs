//! `handfast verify`, for people.

use crate::certificates::*;
use crate::{Run, Scratch, run};
use handfast::pki::Reason;
use handfast::pki::make::{Builder, CrlBuilder, Identity};
use handfast::pki::ocsp::Status;
use handfast::pki::time::Time;
use serde_json::{Value, json};

/// A root in `root.pem`, an intermediate, and `www.test` in `chain.pem`.
struct World {
    scratch: Scratch,
    root: Identity,
    middle: Identity,
    leaf: Identity,
}

impl World {
    fn new() -> Self {
        Self::of(ca("Middle"), server(&["www.test"]))
    }

    fn of(middle: Builder, leaf: Builder) -> Self {
        let scratch = Scratch::new();
        let root = root(ca("Root"));
        let middle = root.issues(middle);
        let leaf = middle.issues(leaf);
        scratch.write("root.pem", root.certificate_pem());
        scratch.write("chain.pem", pem(&[&leaf, &middle]));
        Self { scratch, root, middle, leaf }
    }

    /// Verifies the chain, trusting the root. In `arguments` what begins with @ is a file here.
    fn verify(&self, arguments: &[&str]) -> Run {
        self.verify_chain("chain.pem", arguments)
    }

    fn verify_chain(&self, chain: &str, arguments: &[&str]) -> Run {
        let (chain, root) = (self.scratch.path(chain), self.scratch.path("root.pem"));
        let arguments: Vec<_> = arguments
            .iter()
            .map(|argument| argument.strip_prefix('@').map_or(argument.to_string(), |name| self.scratch.path(name)))
            .collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        run(&[&["verify", "--cafile", &root, &chain], &arguments[..]].concat(), b"")
    }
}

/// It ends with exit code 1, the code on both outputs, a sentence, and something to do.
#[track_caller]
fn refused(run: Run, code: &str, sentence: &str, hint: &str) -> Run {
    let run = run.exits(1).prints(&format!("not good: {code}\n")).prints(sentence);
    let run = run.says(&format!("error: {code}: ")).says(sentence);
    let shown = run.stderr();
    let shown =
        shown.lines().find_map(|line| line.strip_prefix(" hint: ")).unwrap_or_else(|| panic!("no hint: {shown}"));
    assert!(shown.contains(hint), "`{hint}` is missing in:\n{shown}");
    run
}

#[test]
fn a_good_chain() {
    let world = World::new();
    let run = world.verify(&["--host", "www.test"]).exits(0);
    let until = parse(&world.leaf).validity().not_after;
    let tree = format!(
        "good until {until}\ncertificate 0: CN=www.test\n certificate 1: CN=Middle\n  trust anchor 0: CN=Root\n"
    );
    assert_eq!((run.stdout(), run.stderr()), (tree, String::new()));

    let run = world.verify(&["--host", "www.test", "--json"]).exits(0);
    let expected = json!({
        "result": "accept",
        "code": "OK",
        "path": [{ "certificate": 0, "subject": "CN=www.test" }, { "certificate": 1, "subject": "CN=Middle" }],
        "trust": "trust anchor 0: CN=Root",
        "valid_until": until.to_string(),
        "ocsp_response": null,
        "tried": [],
    });
    assert_eq!((serde_json::from_str::<Value>(&run.stdout()).unwrap(), run.stderr()), (expected, String::new()));
    world.verify(&[]).exits(0).says("note: whom it is for was not checked");
}

#[test]
fn names() {
    let world = World::new();
    let wrong = world.verify(&["--host", "ftp.test"]);
    refused(wrong, "HOSTNAME_MISMATCH", "it does not speak for ftp.test, only for www.test", "--host");
    let wrong = world.verify(&["--host", "192.0.2.1"]);
    refused(wrong, "HOSTNAME_MISMATCH", "it does not speak for 192.0.2.1", "--host");
    let wrong = world.verify(&["--email", "a@www.test"]);
    refused(wrong, "HOSTNAME_MISMATCH", "it does not speak for a@www.test", "--email");
    world.verify(&["--host", "WWW.Test."]).exits(0);
    world.verify(&["--host", "no name"]).exits(2).says("neither a host name nor an address").says("hint: ");

    let mailbox = World::of(ca("Middle"), Builder::new("a", now()).general_name(0x81, b"a@www.test"));
    mailbox.verify(&["--email", "a@WWW.test"]).exits(0);
    refused(mailbox.verify(&["--email", "A@www.test"]), "HOSTNAME_MISMATCH", "A@www.test", "--email");
}

#[test]
fn times() {
    let past = World::of(ca("Middle"), server(&["www.test"]).valid(1_700_000_000, 1_700_086_400));
    let run = past.verify(&["--host", "www.test"]);
    let run = refused(run, "CERT_HAS_EXPIRED", "it was valid until 2023-11-15T22:13:20Z, and now is ", "--time TIME");
    run.prints("certificate 0, at depth 0: CN=www.test");
    // Then the CA was not there yet.
    let early = past.verify(&["--host", "www.test", "--time", "2023-11-15T00:00:00Z"]);
    refused(early, "CERT_NOT_YET_VALID", "and now is 2023-11-15T00:00:00Z", "--time TIME").prints("CN=Middle");
    let world = World::new();
    let late = world.verify(&["--time", "2099-01-01T00:00:00+01:00"]);
    refused(late, "CERT_HAS_EXPIRED", "and now is 2098-12-31T23:00:00Z", "--time TIME");
    let leaf = Time::from_unix(seconds() + 89 * DAY).to_string();
    world.verify(&["--time", &leaf]).exits(0);
    world.verify(&["--time", "tomorrow"]).exits(2).says("a time is written as 2026-11-30T12:00:00Z");
}

#[test]
fn who_issued_it() {
    let world = World::new();
    world.scratch.write("leaf.pem", pem(&[&world.leaf]));
    world.scratch.write("middle.pem", pem(&[&world.middle]));
    let missing = world.verify_chain("leaf.pem", &["--host", "www.test"]);
    let sentence = "its issuer (CN=Middle) is neither a trust anchor nor among the peer's certificates";
    refused(missing, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", sentence, "--untrusted FILE");
    world.verify_chain("leaf.pem", &["--host", "www.test", "--untrusted", "@middle.pem"]).exits(0);

    let own = root(server(&["own.test"]));
    world.scratch.write("own.pem", pem(&[&own]));
    let run = world.verify_chain("own.pem", &["--host", "own.test"]);
    refused(run, "DEPTH_ZERO_SELF_SIGNED_CERT", "it is self-signed and not trusted", "--cafile FILE");
    let run = world.verify_chain("own.pem", &["--host", "own.test", "--cafile", "@own.pem"]);
    run.exits(0).prints("trusted as it is");
    let other = root(ca("Other"));
    world.scratch.write("other.pem", pem(&[&other.issues(server(&["www.test"])), &other]));
    let run = world.verify_chain("other.pem", &["--host", "www.test"]);
    refused(run, "SELF_SIGNED_CERT_IN_CHAIN", "it is self-signed and not trusted", "--cafile FILE");

    // The CA has another key than the one of its name that is trusted.
    let anew = root(ca("Root"));
    world.scratch.write("anew.pem", pem(&[&anew.issues(server(&["www.test"]))]));
    let run = world.verify_chain("anew.pem", &[]);
    refused(run, "CERT_SIGNATURE_FAILURE", "its key did not make the signature", "was the CA made anew");
    let run = run_mozilla(&world);
    refused(run, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "its issuer (CN=Root)", "--cafile FILE");
}

/// Without `--cafile` Mozilla's roots are trusted.
fn run_mozilla(world: &World) -> Run {
    run(&["verify", &world.scratch.path("chain.pem")], b"")
}

/// Two certificates of one CA and key, and a third of another key: each that is of no use is told in the tree.
#[test]
fn a_cross_signed_ca() {
    let world = World::new();
    let other = root(ca("Other root"));
    let cross = |issuer: &Identity, builder: Builder| {
        let certificate = builder.signed_by(&provider(), issuer, world.middle.key.public_key()).unwrap();
        handfast::pki::pem::encode("CERTIFICATE", &certificate).to_string()
    };
    let (leaf, stray) = (world.leaf.certificate_pem(), root(ca("Middle")).certificate_pem());
    let strange = cross(&other, ca("Middle"));
    let expired = cross(&world.root, ca("Middle").valid(1_700_000_000, 1_700_086_400));
    let good = cross(&world.root, ca("Middle"));

    let verify = |certificates: &[&str], arguments: &[&str]| {
        world.scratch.write("cross.pem", certificates.concat());
        world.verify_chain("cross.pem", &[&["--host", "www.test"], arguments].concat())
    };
    let tree = "certificate 0: CN=www.test\n certificate 3: CN=Middle\n  trust anchor 0: CN=Root\n";
    let dead_end = "    certificate 2 (CN=Middle): its issuer (CN=Other root) is neither a trust anchor nor among the peer's certificates\n";
    // The one that leads up is tried first.
    verify(&[&leaf, &stray, &strange, &good], &[]).exits(0).prints(tree);

    let failed = || verify(&[&leaf, &stray, &strange, &expired], &[]);
    let run = refused(failed(), "CERT_HAS_EXPIRED", "it was valid until 2023-11-15T22:13:20Z", "--time TIME");
    let run = run.prints("  certificate 3, at depth 1: CN=Middle\n").prints(dead_end);
    run.prints("    certificate 1 (CN=Middle): its key did not make the signature\n");
    let json = verify(&[&leaf, &stray, &strange, &expired], &["--json"]).exits(1);
    let json: Value = serde_json::from_str(&json.stdout()).unwrap();
    assert_eq!((&json["code"], &json["which"]), (&"CERT_HAS_EXPIRED".into(), &json!({ "certificate": 3 })));
    assert!(json["hint"].as_str().unwrap().contains("--time"), "{json:#}");
    let of = |value: &Value| (value["which"]["certificate"].as_u64().unwrap(), value["depth"].as_u64().unwrap());
    let mut tried: Vec<_> = json["tried"].as_array().unwrap().iter().map(of).collect();
    tried.sort_unstable();
    assert_eq!(tried, [(1, 1), (2, 1)], "{json:#}");
}

#[test]
fn revocation_lists() {
    let world = World::new();
    world.scratch.write("none.pem", world.middle.lists(&[]));
    world.scratch.write("root-none.pem", world.root.lists(&[]));
    world.scratch.write("leaf.pem", world.middle.lists(&[&world.leaf]));
    world.scratch.write("middle.pem", world.root.lists(&[&world.middle]));
    let stale = |list: CrlBuilder| list.valid(seconds() - 9 * DAY, seconds() - 2 * DAY);
    world.scratch.write("stale.pem", crl_pem(stale(CrlBuilder::new(now())), &world.middle));
    let held =
        CrlBuilder::new(now()).revoke(parse(&world.leaf).serial(), seconds() - DAY, Some(Reason::CertificateHold));
    world.scratch.write("held.der", held.signed_by(&provider(), &world.middle).unwrap());
    let forger = Identity { certificate: world.middle.certificate.clone(), key: root(ca("x")).key };
    world.scratch.write("forged.pem", crl_pem(CrlBuilder::new(now()), &forger));
    let both = &["--crl", "@root-none.pem", "--crl"][..];
    let with = |last: &[&str]| world.verify(&[both, last].concat());

    with(&["@none.pem"]).exits(0).prints("good until ");
    refused(with(&["@leaf.pem"]), "CERT_REVOKED", "it was revoked at ", "new one");
    refused(with(&["@held.der"]), "CERT_REVOKED", ": certificateHold", "new one");
    refused(with(&["@stale.pem"]), "CRL_HAS_EXPIRED", "the CRL of its issuer was valid until ", "--crl-expired");
    with(&["@stale.pem", "--crl-expired"]).exits(0);
    let forged = with(&["@forged.pem"]);
    refused(forged, "CRL_SIGNATURE_FAILURE", "did not make the signature of the CRL", "fetch it anew");
    let revoked = world.verify(&["--crl", "@none.pem", "--crl", "@middle.pem"]);
    refused(revoked, "CERT_REVOKED", "it was revoked at ", "new one").prints("certificate 1, at depth 1: CN=Middle");

    // Of the root there is none.
    let missing = world.verify(&["--crl", "@none.pem"]);
    refused(missing, "UNABLE_TO_GET_CRL", "there is no CRL of its issuer", "--crl-leaf-only");
    world.verify(&["--crl", "@none.pem", "--crl-leaf-only"]).exits(0);
    world.verify(&["--crl", "@none.pem", "--crl-optional"]).exits(0);
    let leaf_only = world.verify(&["--crl", "@leaf.pem", "--crl-optional"]);
    refused(leaf_only, "CERT_REVOKED", "it was revoked at ", "new one");
    world.verify(&["--crl", "@middle.pem", "--crl", "@none.pem", "--crl-leaf-only"]).exits(0);
    // A file that lost the end of a list may have lost what it says.
    world.scratch.write(
        "torn.pem",
        world.middle.lists(&[]) + world.middle.lists(&[&world.leaf]).split("-----END").next().unwrap(),
    );
    world.verify(&["--crl", "@torn.pem", "--crl-optional"]).exits(2).says("no matching END");
    for flag in ["--crl-leaf-only", "--crl-optional", "--crl-expired"] {
        world.verify(&[flag]).exits(2).says("--crl <FILE>");
    }
}

#[test]
fn ocsp_responses() {
    let world = World::new();
    let revoked = Status::Revoked { at: Time::from_unix(1_700_000_000), reason: Some(Reason::KeyCompromise) };
    for (name, status) in [("good", Status::Good), ("unknown", Status::Unknown), ("revoked", revoked)] {
        world.scratch.write(name, world.middle.answers(&world.leaf, status));
    }
    world.scratch.write("other", world.root.answers(&world.middle, Status::Good));
    world.scratch.write("text", "no response");
    for more in [&[][..], &["--require-ocsp"]] {
        let with = |name: &str| world.verify(&[&["--ocsp", name], more].concat());
        with("@good").exits(0).prints("OCSP response: good\n");
        refused(with("@unknown"), "OCSP_CERT_UNKNOWN", "does not know it", "fetch the OCSP response anew");
        refused(with("@revoked"), "CERT_REVOKED", "it was revoked at 2023-11-14T22:13:20Z: ", "new one");
        refused(with("@other"), "OCSP_VERIFY_FAILED", "is about other certificates", "leave out `--ocsp`");
        refused(with("@text"), "OCSP_VERIFY_FAILED", "OCSP response is malformed", "leave out `--ocsp`");
    }
    refused(world.verify(&["--require-ocsp"]), "OCSP_VERIFY_NEEDED", "no OCSP response came with it", "--ocsp FILE");
    let stapling = World::of(ca("Middle"), server(&["www.test"]).must_staple());
    // Towards who does not ask for a response it does not insist on one.
    stapling.verify(&[]).exits(0);
    let strict = stapling.verify(&["--require-ocsp"]);
    refused(strict, "OCSP_VERIFY_NEEDED", "no OCSP response came with it", "--ocsp FILE");
    let json = world.verify(&["--ocsp", "@good", "--json"]).exits(0);
    assert_eq!(serde_json::from_str::<Value>(&json.stdout()).unwrap()["ocsp_response"], "good");
    // It is not the issuer who makes it trusted.
    world.scratch.write("leaf.pem", pem(&[&world.leaf]));
    world.verify(&["--ocsp", "@revoked", "--cafile", "@leaf.pem"]).exits(0).prints("OCSP response: not looked at\n");
    let client = world.verify(&["--ocsp", "@good", "--purpose", "clientAuth"]);
    client.exits(2).says("`--ocsp` and `--require-ocsp` are about servers");
}

#[test]
fn pins() {
    let world = World::new();
    let spki = parse(&world.leaf).spki().to_vec();
    // Of a P-256 key it is 89 octets long.
    let spki = [&[0x30, u8::try_from(spki.len()).unwrap()][..], &spki].concat();
    let hash = provider().hash(handfast::crypto::HashAlgorithm::Sha256).unwrap().digest(&[&spki]).unwrap();
    let pin: String = hash.as_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
    let chain = world.scratch.path("chain.pem");
    let with = |pin: &str, host: &str| run(&["verify", "--pin", pin, "--host", host, &chain], b"");
    with(&pin, "www.test").exits(0).prints("trusted for its key, pin 0");
    refused(with(&pin, "ftp.test"), "HOSTNAME_MISMATCH", "it does not speak for ftp.test", "--host");
    let stranger = "00".repeat(32);
    let sentence = "its issuer (CN=Root) is neither";
    refused(with(&stranger, "www.test"), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", sentence, "--cafile FILE");
    with("00", "www.test").exits(2).says("a pin is 64 hexadecimal digits");
}

#[test]
fn what_it_is_for() {
    let world = World::of(ca("Middle"), Builder::client("a", now()));
    refused(world.verify(&[]), "INVALID_PURPOSE", "does not allow it to be a TLS server", "--purpose");
    world.verify(&["--purpose", "clientAuth"]).exits(0);
    let both = world.verify(&["--purpose", "clientAuth", "--purpose", "emailProtection"]);
    refused(both, "INVALID_PURPOSE", "its extKeyUsage does not contain emailProtection", "--purpose");
    world.verify(&["--purpose", "client"]).exits(2).says("purposes are serverAuth, clientAuth");
}

#[test]
fn constraints_of_cas() {
    let world = World::of(only_for("Middle", "www.test"), server(&["www.test"]));
    world.verify(&["--host", "www.test"]).exits(0);
    let world = World::of(only_for("Middle", "example"), server(&["www.test"]));
    let run = world.verify(&["--host", "www.test"]);
    let sentence = "www.test is not among the names that a CA above it may issue for";
    refused(run, "PERMITTED_VIOLATION", sentence, "by a CA that may issue for it");

    let world = World::of(Builder::new("Middle", now()), server(&["www.test"]));
    refused(world.verify(&[]), "INVALID_CA", "it is not a CA", "is it the right intermediate certificate?");
    let world = World::new();
    refused(world.verify(&["--max-depth", "0"]), "CERT_CHAIN_TOO_LONG", "more than 0 intermediate", "--max-depth");
    world.verify(&["--max-depth", "1"]).exits(0);
    world.verify(&["--max-depth", "256"]).exits(2);
    let top = root(ca("Root").basic_constraints(true, Some(0)));
    let middle = top.issues(ca("Middle"));
    world.scratch.write("root.pem", top.certificate_pem());
    world.scratch.write("chain.pem", pem(&[&middle.issues(server(&["www.test"])), &middle]));
    refused(world.verify(&[]), "PATH_LENGTH_EXCEEDED", "it allows only 0 intermediate", "nearer to the root");
}

#[test]
fn certificate_policies() {
    let with = |builder: Builder| builder.extension(CERTIFICATE_POLICIES, false, POLICY_1_2_3);
    let world = World::of(with(ca("Middle")), with(server(&["www.test"])));
    world.verify(&["--policy", "1.2.3"]).exits(0);
    world.verify(&["--policy", "1.2.3", "--explicit-policy"]).exits(0);
    world.verify(&["--policy", "1.2.4", "--policy", "1.2.3", "--explicit-policy"]).exits(0);
    let other = world.verify(&["--policy", "1.2.4", "--explicit-policy"]);
    refused(other, "NO_EXPLICIT_POLICY", "an explicit certificate policy is required", "--policy OID");
    let none = World::new().verify(&["--explicit-policy"]);
    refused(none, "NO_EXPLICIT_POLICY", "an explicit certificate policy is required", "--policy OID");
    world.verify(&["--policy", "1.2.x"]).exits(2).says("`1.2.x` is no object identifier");
}

#[test]
fn profiles() {
    let world = World::of(ca("Middle").without_key_identifiers(), server(&["www.test"]));
    world.verify(&["--profile", "path"]).exits(0);
    let run =
        world.verify(&["--profile", "rfc5280"]).exits(1).says("error: ").says("hint: its issuer has to mend that");
    run.says("--profile path");
    // RFC 5280 has nothing against a server without extKeyUsage; the CA/Browser Forum does.
    let plain = World::of(ca("Middle"), server(&["www.test"]).without(&[0x55, 0x1d, 37]));
    plain.verify(&["--profile", "rfc5280"]).exits(0);
    plain.verify(&["--profile", "webpki"]).exits(1).says("hint: its issuer has to mend that");
    world.verify(&["--profile", "none"]).exits(2).says("[possible values: path, rfc5280, webpki]");
}

#[test]
fn what_cannot_be_read() {
    let world = World::new();
    world.scratch.write("text.pem", "no certificate");
    world.verify_chain("missing.pem", &[]).exits(3).says("error: NotFound: ").says("missing.pem");
    for flag in ["--cafile", "--untrusted", "--crl", "--ocsp"] {
        world.verify(&[flag, "@missing"]).exits(3).says("error: NotFound: ").says("missing");
    }
    world.verify_chain("text.pem", &[]).exits(2).says("no PEM certificate");
    for flag in ["--cafile", "--untrusted"] {
        world.verify(&[flag, "@text.pem"]).exits(2).says("text.pem: no PEM certificate");
    }
    world.verify(&["--crl", "@text.pem"]).exits(2).says("text.pem: ");
    world.scratch.write("short.der", [0x30, 3, 2, 1, 1]);
    world.verify(&["--crl", "@short.der"]).exits(2).says("it is no revocation list that can be used");
    run(&["verify"], b"").exits(2).says("CHAIN");
    run(&["verify", "--json-lines", "x.pem"], b"").exits(2).says("cannot be used with");
}

/// The first certificate is the one that is judged. When it cannot be read, the second is not judged in its place.
#[test]
fn nothing_takes_the_place_of_a_leaf_that_cannot_be_read() {
    let world = World::new();
    let broken = handfast::pki::pem::encode("CERTIFICATE", &[0x30, 3, 2, 1, 1]).to_string();
    let usable = world.leaf.certificate_pem();
    for (name, chain) in [("first.pem", [&broken[..], &usable]), ("second.pem", [&usable, &broken])] {
        world.scratch.write(name, chain.concat());
        world.verify_chain(name, &["--untrusted", "@chain.pem"]).exits(2).says("CERTIFICATE (not a certificate: ");
    }
    // What only may be of use may also be of none.
    world.verify(&["--untrusted", "@first.pem"]).exits(0).says("first.pem: not used: line 1");
    world.scratch.write("key.pem", [&world.leaf.key.to_pem()[..], &pem(&[&world.leaf, &world.middle])].concat());
    world.verify_chain("key.pem", &[]).exits(0).says("not used: line 1: PRIVATE KEY");
}
