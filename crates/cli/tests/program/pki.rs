//! `handfast pki`: everything is made, and read back.

use crate::certificates::{ca, now, provider, root, seconds, server};
use crate::{Run, Scratch, Server, run};
use handfast::crypto::KeyKind;
use handfast::pki::crl::Crl;
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, Key};
use handfast::pki::ocsp::{self, Status};
use handfast::pki::request::CertificationRequest;
use handfast::pki::time::Time;
use handfast::pki::{Certificate, Crls, Policy, Purpose, Reason, pem};
use handfast::pki_types::CertificateDer;
use std::fs;

/// A directory with a CA for `test` in `ca.pem`, made by the program.
pub(crate) struct World(pub(crate) Scratch);

impl World {
    pub(crate) fn new() -> Self {
        let own = Self(Scratch::new());
        own.pki(&["ca", "--subject", "CN=Test CA", "--new-key", "@ca-key.pem", "--out", "@ca.pem", "--permit", "test"])
            .exits(0);
        own
    }

    /// Runs `handfast pki`. In `arguments` what begins with @ is a file here.
    pub(crate) fn pki(&self, arguments: &[&str]) -> Run {
        let path = |argument: &&str| match argument.strip_prefix('@') {
            Some(name) => self.0.path(name),
            None => argument.to_string(),
        };
        let arguments: Vec<_> = ["pki"].iter().chain(arguments).map(path).collect();
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"")
    }

    /// The same with the CA.
    pub(crate) fn with_ca(&self, command: &str, arguments: &[&str]) -> Run {
        self.pki(&[&[command, "--ca", "@ca.pem", "--ca-key", "@ca-key.pem"], arguments].concat())
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path(name)).expect(name)
    }

    pub(crate) fn certificate(&self, name: &str) -> CertificateDer<'static> {
        pem::certificates(&self.read(name)).unwrap().0.remove(0)
    }

    pub(crate) fn key(&self, name: &str) -> Key {
        Key::load(&provider(), &pem::private_key(&self.read(name)).unwrap()).unwrap()
    }

    pub(crate) fn verify(&self, arguments: &[&str]) -> Run {
        self.verify_by("@ca.pem", arguments)
    }

    /// Runs `handfast verify`, trusting this file.
    pub(crate) fn verify_by(&self, anchors: &str, arguments: &[&str]) -> Run {
        let path = |argument: &&str| argument.strip_prefix('@').map_or(argument.to_string(), |name| self.0.path(name));
        let arguments: Vec<_> = ["verify", "--cafile", anchors].iter().chain(arguments).map(path).collect();
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"")
    }
}

#[cfg(unix)]
#[track_caller]
fn is_for_its_owner(path: &str) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
}

#[cfg(not(unix))]
fn is_for_its_owner(_: &str) {}

#[test]
fn keys_of_every_kind() {
    let world = World(Scratch::new());
    for (kind, expected) in [
        ("p256", KeyKind::P256),
        ("p384", KeyKind::P384),
        ("p521", KeyKind::P521),
        ("ed25519", KeyKind::Ed25519),
        ("rsa", KeyKind::Rsa),
    ] {
        let file = format!("@{kind}.pem");
        world.pki(&["key", "--type", kind, "--out", &file]).exits(0);
        assert_eq!(world.key(&file[1..]).public_key().kind, expected);
        is_for_its_owner(&world.0.path(&file[1..]));
    }
    let printed = world.pki(&["key"]).exits(0).stdout();
    assert!(printed.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let small = world.key("rsa.pem").public_key().bytes.len();
    world.pki(&["key", "--type", "rsa", "--bits", "3072", "--out", "@large.pem"]).exits(0);
    assert_eq!(world.key("large.pem").public_key().bytes.len(), small + 128);
    world
        .pki(&["key", "--type", "rsa", "--bits", "1024"])
        .exits(2)
        .says("hint: RSA keys are made with 2048 to 4096 bits");
    world.pki(&["key", "--bits", "2048"]).exits(2).says("`--bits` is for RSA keys");
    let ignored = ["csr", "--key", "@p256.pem", "--type", "rsa", "--name", "a.test"];
    world.pki(&ignored).exits(2).says("are for a key that is made").says("hint: `--new-key FILE`");
}

/// What is there stays, unless it is to go; then the new one is no more readable than it has to be.
#[test]
fn nothing_is_overwritten_by_accident() {
    let world = World(Scratch::new());
    world.0.write("key.pem", "precious");
    world
        .pki(&["key", "--out", "@key.pem"])
        .exits(3)
        .says("error: AlreadyExists: ")
        .says("hint: `--force` overwrites it");
    assert_eq!(world.read("key.pem"), b"precious");
    // Neither of two files is written where one is there.
    let csr = ["csr", "--name", "www.test", "--new-key", "@new.pem", "--out", "@key.pem"];
    world.pki(&csr).exits(3).says("AlreadyExists");
    let csr = ["csr", "--name", "www.test", "--new-key", "@key.pem", "--out", "@new.pem"];
    world.pki(&csr).exits(3).says("AlreadyExists");
    assert!(!fs::exists(world.0.path("new.pem")).unwrap());
    let both = ["csr", "--name", "www.test", "--new-key", "@both.pem", "--out", "@both.pem", "--force"];
    world.pki(&both).exits(2).says("`--out` and `--new-key` are one file");
    world.pki(&["key", "--out", "@key.pem", "--force"]).exits(0);
    world.key("key.pem");
    is_for_its_owner(&world.0.path("key.pem"));
    world.pki(&["key", "--out", "@no/such/key.pem"]).exits(3).says("error: NotFound: ");
}

#[test]
fn a_request_and_a_certificate_of_its_own() {
    let world = World(Scratch::new());
    let csr = ["csr", "--new-key", "@key.pem", "--subject", "CN=Ryan,O=Example \\, Inc.,C=gb", "--name", "*.ryan.test"];
    let more = ["--name", "::1", "--name", "r@ryan.test", "--must-staple", "--out", "@csr.pem"];
    world.pki(&[&csr[..], &more].concat()).exits(0);
    is_for_its_owner(&world.0.path("key.pem"));
    let der = CertificationRequest::from_pem(&world.read("csr.pem")).unwrap();
    let request = CertificationRequest::parse(&der).unwrap();
    assert_eq!(request.check_signature(&provider()), Ok(()));
    assert_eq!(request.subject().to_string(), "C=GB, O=Example \\, Inc., CN=Ryan");
    assert_eq!(request.subject_alt_names().unwrap().count(), 3);

    world.pki(&["self-sign", "--csr", "@csr.pem", "--key", "@key.pem", "--days", "10", "--out", "@cert.pem"]).exits(0);
    let der = world.certificate("cert.pem");
    let certificate = Certificate::parse(&der).unwrap();
    assert!(certificate.is_self_issued() && certificate.must_staple().unwrap());
    assert_eq!(certificate.subject(), request.subject());
    assert_eq!(certificate.basic_constraints(), Ok(None));
    assert!(certificate.extended_key_usage().unwrap().unwrap().permits(Purpose::Server));
    let days = certificate.validity().not_after.unix() - certificate.validity().not_before.unix();
    assert_eq!(days, 10 * 86_400 + 3_600);
    // In DER, too; and the subject and names may be others.
    world.0.write("csr.der", request.der());
    let run =
        world.pki(&["self-sign", "--csr", "@csr.der", "--key", "@key.pem", "--client", "--subject", "CN=x"]).exits(0);
    let (certificates, _) = pem::certificates(run.stdout().as_bytes()).unwrap();
    let certificate = Certificate::parse(&certificates[0]).unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=x");
    assert!(!certificate.extended_key_usage().unwrap().unwrap().permits(Purpose::Server));

    world.pki(&["key", "--out", "@other.pem"]).exits(0);
    world
        .pki(&["self-sign", "--csr", "@csr.pem", "--key", "@other.pem"])
        .exits(2)
        .says("the request is for another key");
    world.pki(&["self-sign", "--key", "@key.pem", "--subject", "CN=x"]).exits(0).says("note: it has no host name");
}

#[test]
fn a_ca_issues() {
    let world = World::new();
    let der = world.certificate("ca.pem");
    let own = Certificate::parse(&der).unwrap();
    assert!(own.basic_constraints().unwrap().unwrap().ca && own.name_constraints().unwrap().is_some());
    is_for_its_owner(&world.0.path("ca-key.pem"));
    world.pki(&["csr", "--new-key", "@key.pem", "--name", "www.test", "--out", "@csr.pem"]).exits(0);
    let urls = ["--crl-url", "http://crl.test/1", "--ocsp-url", "http://ocsp.test/", "--ca-url", "http://ca.test/1"];
    let rest = ["--csr", "@csr.pem", "--policy", "1.2.3", "--client", "--server", "--out", "@leaf.pem"];
    world.with_ca("issue", &[&urls[..], &rest].concat()).exits(0);
    let der = world.certificate("leaf.pem");
    let leaf = Certificate::parse(&der).unwrap();
    assert_eq!(leaf.issuer(), own.subject());
    assert_eq!(leaf.authority_key_identifier().unwrap(), own.subject_key_identifier().unwrap());
    assert_eq!(leaf.authority_info_access().unwrap().len(), 2);
    assert_eq!(leaf.crl_distribution_points().unwrap().len(), 1);
    assert_eq!(leaf.certificate_policies().unwrap().unwrap().oids(), [&[0x2a, 3]]);
    world.verify(&["--host", "www.test", "--purpose", "serverAuth", "--purpose", "clientAuth", "@leaf.pem"]).exits(0);

    // For a new key, without a request; and RSA may encipher.
    let new = ["--new-key", "@rsa.pem", "--type", "rsa", "--name", "rsa.test", "--out", "@rsa-leaf.pem"];
    world.with_ca("issue", &new).exits(0);
    world.verify(&["--host", "rsa.test", "@rsa-leaf.pem"]).exits(0);
    let der = world.certificate("rsa-leaf.pem");
    let usage = Certificate::parse(&der).unwrap().key_usage().unwrap().unwrap();
    assert_eq!(usage, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT);
    // Not longer than the CA.
    world.with_ca("issue", &["--csr", "@csr.pem", "--days", "10000", "--out", "@long.pem"]).exits(0);
    let der = world.certificate("long.pem");
    assert_eq!(Certificate::parse(&der).unwrap().validity().not_after, own.validity().not_after);
}

/// Where host names are limited an address has to be permitted.
#[test]
fn addresses_of_a_constrained_ca() {
    let world = World::new();
    let address = ["--new-key", "@key.pem", "--name", "192.0.2.7", "--out", "@leaf.pem"];
    world.with_ca("issue", &address).exits(1).says("error: EXCLUDED_VIOLATION: ").says("iPAddress 192.0.2.7");
    let more = ["--subject", "CN=Test CA", "--key", "@ca-key.pem", "--out", "@ca.pem", "--force"];
    world.pki(&[&["ca", "--permit", "test", "--permit", "192.0.2.0/24"], &more[..]].concat()).exits(0);
    world.with_ca("issue", &address).exits(0);
    world.verify(&["--host", "192.0.2.7", "@leaf.pem"]).exits(0).prints("certificate 0: CN=address 192.0.2.7\n");
    let both = ["--name", "192.0.2.7", "--name", "www.test", "--key", "@key.pem", "--out", "@both.pem"];
    world.with_ca("issue", &both).exits(0);
    world.verify(&["--host", "192.0.2.7", "@both.pem"]).exits(0).prints("certificate 0: CN=www.test\n");
}

#[test]
fn a_ca_below_another() {
    let world = World::new();
    let below = ["--subject", "CN=Below", "--path-length", "0", "--new-key", "@below-key.pem", "--out", "@below.pem"];
    world.with_ca("ca", &below).exits(0);
    let issue = ["issue", "--ca", "@below.pem", "--ca-key", "@below-key.pem", "--new-key", "@key.pem"];
    world.pki(&[&issue[..], &["--name", "www.test", "--out", "@chain.pem"]].concat()).exits(0);
    // Both are in the file.
    world.verify(&["--host", "www.test", "@chain.pem"]).exits(0).prints("certificate 1: CN=Below");
    world
        .with_ca("ca", &["--subject", "CN=x", "--new-key", "@x.pem", "--permit", "*.x"])
        .exits(2)
        .says("`*.x` is neither");
    world.pki(&["ca", "--subject", "", "--new-key", "@x.pem"]).exits(2).says("a CA has a name");
}

#[test]
fn what_is_not_granted_is_said() {
    let world = World::new();
    let asked = Builder::server(&["www.test", "www.example"], now())
        .basic_constraints(true, None)
        .key_usage(KeyUsage::KEY_CERT_SIGN)
        .general_name(0x82, b"\x1b[2J.test");
    let der = asked.request(&provider(), &Key::generate(&provider(), KeyKind::P256).unwrap()).unwrap();
    world.0.write("csr.pem", pem::encode("CERTIFICATE REQUEST", &der).as_bytes());
    let run = world.with_ca("issue", &["--csr", "@csr.pem", "--out", "@leaf.pem"]).exits(0);
    let said: Vec<_> = run.stderr().lines().map(str::to_string).collect();
    assert_eq!(
        said,
        [
            "note: not granted: the dNSName www.example, for which the CA may not issue",
            "note: not granted: the dNSName \\u{1b}[2J.test, which is malformed",
            "note: not granted: basicConstraints (2.5.29.19), which the CA decides",
            "note: not granted: keyUsage (2.5.29.15), which the CA decides",
            "note: granted: CN=www.test; DNS:www.test",
        ]
    );
    let der = world.certificate("leaf.pem");
    assert_eq!(Certificate::parse(&der).unwrap().basic_constraints(), Ok(None));
    world.verify(&["--host", "www.test", "@leaf.pem"]).exits(0);
    // What is said here, and not by a request, is wrong instead of left out.
    let run = world.with_ca("issue", &["--csr", "@csr.pem", "--name", "www.example"]);
    run.exits(1).says("error: PERMITTED_VIOLATION: ").says("hint: ");
}

#[test]
fn what_cannot_be_issued() {
    let world = World::new();
    world.pki(&["csr", "--new-key", "@key.pem", "--name", "www.test", "--out", "@csr.pem"]).exits(0);
    let mut der = CertificationRequest::from_pem(&world.read("csr.pem")).unwrap();
    *der.last_mut().unwrap() ^= 1;
    world.0.write("changed.der", &der);
    world.0.write("cut.der", &der[..der.len() - 1]);
    world.0.write("text.pem", "text");
    let refused = |file: &str, words: &str| world.with_ca("issue", &["--csr", file]).exits(2).says(words);
    refused("@changed.der", "the request is not signed with the key that is in it").says("hint: ");
    refused("@cut.der", "the request cannot be used: its outer structure is malformed");
    refused("@text.pem", "no PEM certificate request was found");
    refused("@ca.pem", "no PEM certificate request was found; seen: CERTIFICATE");
    world.with_ca("issue", &["--csr", "@none.pem"]).exits(3).says("NotFound");
    world.with_ca("issue", &[]).exits(2).says("whose certificate is it to be?").says("hint: ");
    world.with_ca("issue", &["--name", "www.test"]).exits(2).says("whose key?").says("hint: `--key FILE`");
    for (name, words) in [
        ("www_test", "`www_test` is neither a host name nor an address"),
        ("zürich.test", "hint: names in other scripts"),
        ("", "`` is neither"),
    ] {
        world.pki(&["csr", "--key", "@key.pem", "--name", name]).exits(2).says(words);
    }
    world
        .pki(&["csr", "--key", "@key.pem", "--subject", "C=Britain"])
        .exits(2)
        .says("`C` is a country code of two letters");
    world.pki(&["csr", "--key", "@key.pem"]).exits(2).says("whose certificate is it to be?");
    world.pki(&["csr", "--key", "@ca.pem", "--name", "a.test"]).exits(2).says("there is no private key");
    let url = ["--csr", "@csr.pem", "--crl-url", "crl.test"];
    world.with_ca("issue", &url).exits(2).says("`crl.test` is no URL of HTTP").says("hint: it begins with http://");

    // Not a CA, another one's key, and a CA that has expired.
    world.with_ca("issue", &["--csr", "@csr.pem", "--out", "@leaf.pem"]).exits(0);
    let leaf = ["issue", "--ca", "@leaf.pem", "--ca-key", "@key.pem", "--csr", "@csr.pem"];
    world.pki(&leaf).exits(2).says("it is not the certificate of a CA").says("hint: `handfast pki ca`");
    let mixed = ["issue", "--ca", "@ca.pem", "--ca-key", "@key.pem", "--csr", "@csr.pem"];
    world.pki(&mixed).exits(2).says("is not the key of");
    let old = root(ca("Old").valid(seconds() - 1_000_000, seconds() - 10));
    world.0.write("old.pem", old.certificate_pem());
    world.0.write("old-key.pem", old.key.to_pem().as_bytes());
    let old = ["issue", "--ca", "@old.pem", "--ca-key", "@old-key.pem", "--csr", "@csr.pem"];
    world.pki(&old).exits(1).says("error: CERT_HAS_EXPIRED: ");
}

/// The entries: serial number, reason.
fn entries(list: &[u8]) -> Vec<(Vec<u8>, Option<Reason>)> {
    let list = Crl::parse(list).unwrap();
    list.entries().map(|entry| entry.map(|entry| (entry.serial.to_vec(), entry.reason)).unwrap()).collect()
}

fn crl_of(text: &[u8]) -> Vec<u8> {
    let (lists, _) = Crls::from_pem(text).unwrap();
    lists.contents().next().unwrap().0.to_vec()
}

#[test]
fn revocation_lists() {
    let world = World::new();
    world.with_ca("issue", &["--new-key", "@key.pem", "--name", "www.test", "--out", "@leaf.pem"]).exits(0);
    let der = world.certificate("leaf.pem");
    let serial = Certificate::parse(&der).unwrap().serial().to_vec();
    world.with_ca("crl", &["--out", "@empty.pem"]).exits(0);
    assert_eq!(entries(&crl_of(&world.read("empty.pem"))), []);
    world.verify(&["--host", "www.test", "--crl", "@empty.pem", "@leaf.pem"]).exits(0);

    let revoke = ["--revoke", "@leaf.pem", "--revoke", "00:8F:SUPERSEDED@2026-01-31T12:00:00Z", "--revoke", "abc"];
    world.with_ca("crl", &[&revoke[..], &["--previous", "@empty.pem", "--out", "@crl.pem"]].concat()).exits(0);
    let first = crl_of(&world.read("crl.pem"));
    let list = Crl::parse(&first).unwrap();
    assert_eq!(list.number(), Some(&[2][..]));
    assert_eq!(list.next_update().unix() - list.this_update().unix(), 30 * 86_400 + 3_600);
    let superseded = (vec![0, 0x8f], Some(Reason::Superseded));
    assert_eq!(entries(&first), [(serial.clone(), None), superseded.clone(), (vec![0x0a, 0xbc], None)]);
    let dated = list.entries().nth(1).unwrap().unwrap();
    assert_eq!(dated.date.to_string(), "2026-01-31T12:00:00Z");
    world.verify(&["--host", "www.test", "--crl", "@crl.pem", "@leaf.pem"]).exits(1).says("error: CERT_REVOKED: ");

    // The next: one is said anew, the others are taken over.
    let path = format!("{}:keyCompromise", world.0.path("leaf.pem"));
    let next = ["--revoke", &path, "--previous", "@crl.pem", "--der", "--number", "300", "--out", "@crl.der"];
    world.with_ca("crl", &next).exits(0);
    let second = world.read("crl.der");
    assert_eq!(Crl::parse(&second).unwrap().number(), Some(&[1, 44][..]));
    let expected = [superseded, (vec![0x0a, 0xbc], None), (serial, Some(Reason::KeyCompromise))];
    assert_eq!(entries(&second), expected);
    assert_eq!(Crl::parse(&second).unwrap().entries().next().unwrap().unwrap().date, dated.date);
    world.verify(&["--host", "www.test", "--crl", "@crl.der", "@leaf.pem"]).exits(1).says("keyCompromise");
}

#[test]
fn what_cannot_be_revoked() {
    let world = World::new();
    let other = root(ca("Test CA"));
    world
        .0
        .write("stranger.pem", other.issue(&provider(), server(&["a.test"]), KeyKind::P256).unwrap().certificate_pem());
    let list = handfast::pki::make::CrlBuilder::new(now()).signed_by(&provider(), &other).unwrap();
    world.0.write("strange.crl", list);
    let refused = |arguments: &[&str], words: &str| world.with_ca("crl", arguments).exits(2).says(words);
    refused(&["--revoke", "@stranger.pem"], "this CA has not issued it");
    refused(&["--previous", "@strange.crl"], "this CA has not signed the list");
    refused(&["--revoke", "no.pem"], "`no.pem` is neither a file nor a serial number").says("hint: a reason goes");
    refused(&["--revoke", "12:because"], "is neither a file nor a serial number").says("keyCompromise, ");
    refused(&["--revoke", "12:superseded@now"], "a time is written as 2026-11-30T12:00:00Z");
    refused(&["--revoke", "12:removeFromCRL"], "belongs into delta lists").says("hint: ");
    refused(&["--revoke", ""], "is neither a file nor a serial number");
    refused(&["--revoke", &"1".repeat(42)], "is neither a file nor a serial number");
}

#[test]
fn ocsp_responses() {
    let world = World::new();
    world.with_ca("issue", &["--new-key", "@key.pem", "--name", "www.test", "--out", "@leaf.pem"]).exits(0);
    let ocsp_signer = ["--ocsp-signer", "--new-key", "@delegate-key.pem", "--subject", "CN=Delegate"];
    world.with_ca("issue", &[&ocsp_signer[..], &["--out", "@delegate.pem"]].concat()).exits(0);
    let (ca, leaf) = (world.certificate("ca.pem"), world.certificate("leaf.pem"));
    let (ca, leaf) = (Certificate::parse(&ca).unwrap(), Certificate::parse(&leaf).unwrap());
    let says = |name: &str| ocsp::verify(&provider(), &Policy::default(), &world.read(name), &leaf, &ca, now());
    world.with_ca("ocsp", &["--cert", "@leaf.pem", "--out", "@good.der"]).exits(0);
    assert_eq!(says("good.der"), Ok(Status::Good));
    world.verify(&["--host", "www.test", "--ocsp", "@good.der", "--require-ocsp", "@leaf.pem"]).exits(0);
    let status = ["--cert", "@leaf.pem", "--status", "revoked:keyCompromise@2026-01-31T12:00:00Z"];
    let delegate = ["--responder", "@delegate.pem", "--responder-key", "@delegate-key.pem", "--out", "@revoked.der"];
    world.with_ca("ocsp", &[&status[..], &delegate].concat()).exits(0);
    let at = Time::from_unix(1_769_860_800);
    assert_eq!(says("revoked.der"), Ok(Status::Revoked { at, reason: Some(Reason::KeyCompromise) }));
    world.verify(&["--host", "www.test", "--ocsp", "@revoked.der", "@leaf.pem"]).exits(1).says("CERT_REVOKED");
    world.with_ca("ocsp", &["--cert", "@leaf.pem", "--status", "unknown", "--out", "@unknown.der"]).exits(0);
    assert_eq!(says("unknown.der"), Ok(Status::Unknown));

    let leaf = ["--cert", "@leaf.pem", "--responder", "@leaf.pem", "--responder-key", "@key.pem"];
    world.with_ca("ocsp", &leaf).exits(2).says("no client would take the response").says("--ocsp-signer");
    world.with_ca("ocsp", &["--cert", "@leaf.pem", "--status", "fine"]).exits(2).says("a status is good, unknown");
    world.with_ca("ocsp", &["--cert", "@leaf.pem", "--status", "revoked:x"]).exits(2).says("reasons are unspecified, ");
    world.0.write("stranger.pem", root(server(&["a.test"])).certificate_pem());
    world.with_ca("ocsp", &["--cert", "@stranger.pem"]).exits(2).says("this CA has not issued it").says("hint: ");
}

#[test]
fn a_ca_for_this_machine() {
    let world = World(Scratch::new());
    let dev = |arguments: &[&str]| world.pki(&[&["dev", "--dir", "@dev"], arguments].concat());
    let ca = world.0.path("dev/ca.pem");
    let run = dev(&["app.test", "192.0.2.7", "localhost"])
        .exits(0)
        .prints("names           localhost, 127.0.0.1, ::1, app.test, 192.0.2.7\n");
    let run = run.prints(&format!("handfast connect localhost:4433 --cafile {ca}\n")).prints("(new, until ");
    run.prints(&format!("NODE_EXTRA_CA_CERTS={ca} "))
        .prints("update-ca-certificates")
        .prints("can pass for every site");
    for key in ["dev/ca-key.pem", "dev/server-key.pem"] {
        is_for_its_owner(&world.0.path(key));
    }
    assert_eq!(world.read("dev/.gitignore"), b"/ca-key.pem\n/server-key.pem\n");
    let before = (world.read("dev/ca.pem"), world.read("dev/server.pem"));

    // It is kept, and issues anew what it may.
    dev(&["*.other.test"]).exits(0).prints("(kept, until ");
    assert_eq!(before.0, world.read("dev/ca.pem"));
    assert_ne!(before.1, world.read("dev/server.pem"));
    let (leaf, chain) = (world.read("dev/server.pem"), world.0.path("dev/server.pem"));
    let wrong = dev(&["www.example"]).exits(1).says("error: PERMITTED_VIOLATION: ");
    wrong.says("hint: the CA that is there does not permit it; `--new-ca` makes it anew");
    assert_eq!(leaf, world.read("dev/server.pem"));
    run_verify(&["--host", "a.other.test"], &ca, &chain);
    run_verify(&["--host", "::1", "--purpose", "clientAuth", "--purpose", "serverAuth"], &ca, &chain);

    dev(&["www.example", "--new-ca"]).exits(0).prints("(new, until ");
    assert_ne!(before.0, world.read("dev/ca.pem"));
    run_verify(&["--host", "www.example"], &ca, &chain);

    // The lines that it prints work.
    let key = world.0.path("dev/server-key.pem");
    fs::copy(&ca, world.0.path("ca.pem")).unwrap();
    let server = Server::of(world.0, &["--cert", &chain, "--key", &key]);
    server.connect(&[], b"hello\n").exits(0).prints("hello\n");
}

#[track_caller]
fn run_verify(arguments: &[&str], ca: &str, chain: &str) {
    run(&[&["verify", "--cafile", ca, chain], arguments].concat(), b"").exits(0);
}

#[test]
fn a_ca_for_this_machine_that_cannot_be() {
    let world = World(Scratch::new());
    let dev = |arguments: &[&str]| world.pki(&[&["dev", "--dir", "@dev"], arguments].concat());
    dev(&["a@b.test"]).exits(2).says("`a@b.test` is neither a host name nor an address");
    dev(&["10.0.0.0/8"]).exits(2).says("is neither a host name nor an address");
    dev(&["a b"]).exits(2).says("`a b` is neither");
    assert!(!fs::exists(world.0.path("dev")).unwrap());
    dev(&[]).exits(0);
    fs::remove_file(world.0.path("dev/ca-key.pem")).unwrap();
    dev(&[]).exits(2).says("ca-key.pem is not").says("hint: `--new-ca`");
    dev(&["--new-ca"]).exits(0);
}

/// A CA of another kind, or another server's certificate, is not touched.
#[test]
fn what_dev_has_not_made_stays() {
    let world = World::new();
    let before = (world.read("ca.pem"), world.read("ca-key.pem"));
    let dev = |arguments: &[&str]| world.pki(&[&["dev"], arguments].concat());
    let here = world.0.path(".");
    for arguments in [&["--dir", &here][..], &["--dir", &here, "--new-ca"]] {
        dev(arguments).exits(2).says("`handfast pki dev` has not made this CA").says("hint: `--dir DIR`");
    }
    assert_eq!(before, (world.read("ca.pem"), world.read("ca-key.pem")));
    world.0.write("there/server-key.pem", "precious");
    dev(&["--dir", "@there"]).exits(3).says("AlreadyExists").says("hint: `--dir DIR`");
    assert_eq!(world.read("there/server-key.pem"), b"precious");
    assert!(!fs::exists(world.0.path("there/ca.pem")).unwrap());
}
