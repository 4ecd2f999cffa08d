//! What `handfast pki` does with requests of strangers, and with files that are there.

use crate::Scratch;
use crate::certificates::{now, provider};
use crate::pki::World;
use handfast::crypto::KeyKind;
use handfast::pki::Certificate;
use handfast::pki::make::{Builder, Key};
use handfast::pki::pem;
use std::fs;

fn request(world: &World, asked: Builder) {
    let der = asked.request(&provider(), &Key::generate(&provider(), KeyKind::P256).unwrap()).unwrap();
    world.0.write("csr.pem", pem::encode("CERTIFICATE REQUEST", &der).as_bytes());
}

/// The subject of a request is what a stranger wrote: no CA signs whatever it says.
#[test]
fn subjects_of_requests() {
    let world = World::new();
    let refused = |subject: &str, words: &str| {
        request(&world, Builder::new(subject, now()).dns("www.test"));
        world.with_ca("issue", &["--csr", "@csr.pem"]).exits(2).says(words).says("hint: `--subject` gives another one");
        let own = world.with_ca("issue", &["--csr", "@csr.pem", "--subject", "CN=mine"]).exits(0);
        own.says("note: granted: CN=mine; DNS:www.test\n");
    };
    refused(
        "a\u{1b}[2J",
        "csr.pem: its subject cannot be certified: there is an invisible character in the value of `CN`",
    );
    refused("\u{202e}moc.elpmaxe", "there is an invisible character");
    refused(&"x".repeat(65), "the value of `CN` must have 1 to 64 characters");
    refused("test ca", "the subject is the name of the CA");
}

#[test]
fn many_names() {
    let world = World::new();
    let of = |count: usize, domain: &str| {
        let names = (0..count).map(|at| format!("h{at}.{domain}"));
        request(&world, names.fold(Builder::new("x", now()), |own, name| own.dns(&name)));
        world.with_ca("issue", &["--csr", "@csr.pem"])
    };
    let said = of(100, "test").exits(0).stderr();
    assert!(said.contains("note: granted: CN=x; DNS:h0.test, "), "{said}");
    assert!(said.contains(", DNS:h19.test and 80 more\n"), "{said}");
    let said = of(30, "example").exits(0).stderr();
    assert_eq!(said.matches("note: not granted: the dNSName").count(), 20, "{said}");
    assert!(said.contains("note: not granted: and 10 more\n"), "{said}");
    assert!(said.contains("note: granted: CN=x; no names\n"), "{said}");
    of(101, "test").exits(2).says("csr.pem: the request has more than 100 names");
}

/// What a command reads it does not overwrite, by whatever name.
#[test]
fn inputs_are_not_overwritten() {
    let world = World::new();
    world.pki(&["csr", "--new-key", "@key.pem", "--name", "www.test", "--out", "@csr.pem"]).exits(0);
    world.with_ca("issue", &["--csr", "@csr.pem", "--out", "@leaf.pem"]).exits(0);
    world.with_ca("crl", &["--out", "@crl.pem"]).exits(0);
    let files = ["ca.pem", "ca-key.pem", "key.pem", "csr.pem", "leaf.pem", "crl.pem"];
    let before = files.map(|name| world.read(name));
    fs::create_dir(world.0.path("d")).unwrap();
    let other_way = format!("{}/d/../", world.0.0.display());
    let refused = |arguments: &[&str], written: &str| {
        for out in [world.0.path(written), format!("{other_way}{written}")] {
            world
                .pki(&[arguments, &[&out, "--force"]].concat())
                .exits(2)
                .says("is read here, and would be overwritten")
                .says("hint: write to another file");
        }
    };
    let ca = ["--ca", "@ca.pem", "--ca-key", "@ca-key.pem"];
    let with = |command: &'static str, more: &[&'static str]| [&[command], &ca[..], more].concat();
    for name in ["ca.pem", "ca-key.pem", "csr.pem"] {
        refused(&with("issue", &["--csr", "@csr.pem", "--out"]), name);
    }
    refused(&with("issue", &["--name", "a.test", "--key", "@key.pem", "--out"]), "key.pem");
    refused(&with("issue", &["--name", "a.test", "--new-key"]), "ca-key.pem");
    refused(&with("ca", &["--subject", "CN=x", "--new-key"]), "ca-key.pem");
    refused(&with("ca", &["--subject", "CN=x", "--key", "@key.pem", "--out"]), "ca.pem");
    refused(&["self-sign", "--csr", "@csr.pem", "--key", "@key.pem", "--out"], "csr.pem");
    refused(&["csr", "--name", "a.test", "--key", "@key.pem", "--out"], "key.pem");
    refused(&with("crl", &["--out"]), "ca.pem");
    refused(&with("crl", &["--previous", "@crl.pem", "--out"]), "crl.pem");
    refused(&with("crl", &["--revoke", "@leaf.pem", "--out"]), "leaf.pem");
    refused(&with("ocsp", &["--cert", "@leaf.pem", "--out"]), "leaf.pem");
    let responder = ["--cert", "@leaf.pem", "--responder", "@ca.pem", "--responder-key", "@key.pem", "--out"];
    refused(&with("ocsp", &responder), "key.pem");
    let same = ["csr", "--name", "a.test", "--new-key", "@both", "--out", &format!("{other_way}both"), "--force"];
    world.pki(&same).exits(2).says("`--out` and `--new-key` are one file");
    assert_eq!(before, files.map(|name| world.read(name)));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(world.0.path("key.pem"), world.0.path("link.pem")).unwrap();
        refused(&["csr", "--name", "a.test", "--key", "@link.pem", "--out"], "key.pem");
    }
}

/// A key whose certificate could not be written is of no use.
#[test]
fn no_key_stays_behind() {
    let world = World::new();
    for command in [
        &["csr", "--name", "a.test"][..],
        &["self-sign", "--name", "a.test"],
        &["ca", "--subject", "CN=x"],
        &["issue", "--ca", "@ca.pem", "--ca-key", "@ca-key.pem", "--name", "a.test"],
    ] {
        let files = ["--new-key", "@new.pem", "--out", "@no/such/out.pem"];
        world.pki(&[command, &files].concat()).exits(3).says("error: NotFound: ");
        assert!(!fs::exists(world.0.path("new.pem")).unwrap(), "{command:?}");
    }
}

/// Without a name the issuer of a certificate that signs itself would be empty, which RFC 5280 §4.1.2.4 forbids.
#[test]
fn a_certificate_of_its_own_has_a_name() {
    let world = World(Scratch::new());
    let subject = |name: &str| {
        let der = world.certificate(name);
        Certificate::parse(&der).unwrap().subject().to_string()
    };
    let long = format!("{}.{}.test", "a".repeat(40), "b".repeat(40));
    world.pki(&["self-sign", "--new-key", "@key.pem", "--name", &long, "--out", "@cert.pem"]).exits(0);
    assert_eq!(subject("cert.pem"), "CN=self-signed certificate");
    world.verify_by("@cert.pem", &["--host", &long, "@cert.pem"]).exits(0);
    world.pki(&["csr", "--key", "@key.pem", "--name", &long, "--out", "@csr.pem"]).exits(0);
    world.pki(&["self-sign", "--key", "@key.pem", "--csr", "@csr.pem", "--out", "@again.pem"]).exits(0);
    assert_eq!(subject("again.pem"), "CN=self-signed certificate");
    let empty = ["self-sign", "--key", "@key.pem", "--name", "a.test", "--subject", ""];
    world.pki(&empty).exits(2).says("a certificate has the name of its issuer").says("hint: leave out `--subject`");
}

#[test]
fn notes_and_conflicts() {
    let world = World::new();
    world.pki(&["csr", "--new-key", "@key.pem", "--name", "www.test", "--out", "@csr.pem"]).exits(0);
    world.with_ca("issue", &["--csr", "@csr.pem", "--out-pass", "pass:x"]).exits(2).says("cannot be used with");
    let days = |days: &str, purpose: &str| {
        world.with_ca("issue", &["--csr", "@csr.pem", "--days", days, purpose]).exits(0).stderr()
    };
    assert!(!days("398", "--server").contains("398 days"));
    assert!(days("399", "--server").contains("note: it is valid for more than 398 days: browsers take no such"));
    assert!(!days("399", "--client").contains("398 days"));
    for flag in ["--crl-url", "--ocsp-url", "--ca-url"] {
        let ldap = ["--csr", "@csr.pem", flag, "ldap://a.test/x"];
        world.with_ca("issue", &ldap).exits(2).says("`ldap://a.test/x` is no URL of HTTP");
        world.with_ca("issue", &["--csr", "@csr.pem", flag, "HTTPS://a.test/x"]).exits(0);
    }
    // In the order of a certificate.
    let of = |subject: &str| world.pki(&["csr", "--key", "@key.pem", "--subject", subject]).exits(0).stderr();
    assert!(of("C=GB,O=Example,CN=a").contains("note: the subject is CN=a, O=Example, C=GB: RFC 4514 writes"));
    assert_eq!(of("CN=a,O=Example,C=GB"), "");
    assert_eq!(of("CN=a"), "");
    let ca = ["ca", "--subject", "C=GB,CN=a", "--key", "@key.pem"];
    world.pki(&ca).exits(0).says("note: the subject is CN=a, C=GB");
}

/// A text may begin with the octet that DER begins with.
#[test]
fn pem_that_begins_with_a_zero() {
    let world = World::new();
    world.pki(&["csr", "--new-key", "@key.pem", "--name", "www.test", "--out", "@csr.pem"]).exits(0);
    world.with_ca("crl", &["--out", "@crl.pem"]).exits(0);
    for name in ["ca.pem", "csr.pem", "crl.pem"] {
        let text = [b"0 of 1\n", &world.read(name)[..]].concat();
        world.0.write(name, text);
    }
    world.with_ca("issue", &["--csr", "@csr.pem", "--out", "@leaf.pem"]).exits(0);
    world.with_ca("crl", &["--previous", "@crl.pem"]).exits(0);
    crate::run(&["inspect", &world.0.path("ca.pem")], b"").exits(0).prints("certificate, line 2\n");
}
