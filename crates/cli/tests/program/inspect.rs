//! `handfast inspect`.

use crate::certificates::*;
use crate::{Run, Scratch, Server, run};
use handfast::crypto::KeyKind;
use handfast::pki::make::{CrlBuilder, Identity};
use handfast::pki::ocsp::Status;
use handfast::pki::pem;
use handfast::pki::request::CertificationRequest;
use handfast::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use std::process::Command;

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap()
}

/// Everything that a file can hold, one after the other.
#[test]
fn a_file_of_everything() {
    let scratch = Scratch::new();
    let root = root(ca("Root"));
    let leaf = root.issues(server(&["www.test"]));
    let list = CrlBuilder::new(now()).revoke(&[9], seconds() - DAY, Some(handfast::pki::Reason::KeyCompromise));
    let all = [
        pem(&[&leaf, &root]),
        "some words\n".to_string(),
        leaf.key.to_pem().to_string(),
        crl_pem(list, &root),
        pem::encode("OCSP RESPONSE", &root.answers(&leaf, Status::Good)).to_string(),
        pem::encode("PUBLIC KEY", &spki_of(&leaf)).to_string(),
        "-----BEGIN ODD THING-----\nAAAA\n-----END ODD THING-----\n".to_string(),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_string(),
        "-----BEGIN CERTIFICATE-----\n".to_string(),
    ];
    let file = scratch.write("all.pem", all.concat());
    let json = json_of(&run(&["inspect", &file, "--json"], b"").exits(0));
    let items = json["items"].as_array().unwrap();
    let kinds: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap_or("-")).collect();
    let expected = [
        "certificate",
        "certificate",
        "private key",
        "revocation list",
        "OCSP response",
        "public key",
        "-",
        "certificate",
        "certificate",
    ];
    assert_eq!(kinds, expected);
    assert_eq!((&items[0]["subject"], &items[0]["issuer"]), (&json!({ "CN": "www.test" }), &json!({ "CN": "Root" })));
    assert_eq!((&items[0]["line"], &items[0]["label"]), (&json!(1), &json!("CERTIFICATE")));
    assert_eq!(items[0]["pin"], items[2]["pin"]);
    assert_eq!(items[0]["pin"], items[5]["pin"]);
    assert_eq!((&items[3]["count"], &items[3]["entries"][0]["reason"]), (&json!(1), &json!("keyCompromise")));
    assert_eq!(items[4]["responses"][0]["status"], "good");
    assert_eq!((&items[6]["label"], &items[6]["error"]), (&json!("ODD THING"), &json!("nobody here knows this label")));
    assert_eq!(items[7]["error"], "not a certificate: its outer structure is malformed");
    assert_eq!(items[8]["error"], "no matching END");

    let text = run(&["inspect", &file], b"").exits(0);
    for words in [
        "certificate, line 1\n  subject        CN=www.test\n  issuer         CN=Root\n",
        "private key, line ",
        "id-ecPublicKey, P-256 (prime256v1), 256 bits",
        "reason          keyCompromise",
        "ODD THING, line ",
        "not shown: nobody here knows this label",
        "not shown: no matching END",
    ] {
        assert!(text.stdout().contains(words), "`{words}` is missing in\n{}", text.stdout());
    }
    // From standard input it is the same.
    assert_eq!(run(&["inspect", "-"], all.concat().as_bytes()).exits(0).stdout(), text.stdout());
}

/// The SubjectPublicKeyInfo of a certificate.
fn spki_of(identity: &Identity) -> Vec<u8> {
    handfast::pki::spki::encode(identity.key.public_key()).unwrap()
}

/// DER has no label: what it is, is found out.
#[test]
fn der_of_every_kind() {
    let scratch = Scratch::new();
    let root = root(ca("Root"));
    let leaf = root.issues(server(&["www.test"]));
    let crl = CrlBuilder::new(now()).signed_by(&provider(), &root).unwrap();
    let PrivateKeyDer::Pkcs8(key) = leaf.key.der() else { panic!("it is made as PKCS#8") };
    let ocsp = root.answers(&leaf, Status::Good);
    for (kind, der) in [
        ("certificate", leaf.certificate.to_vec()),
        ("revocation list", crl.to_vec()),
        ("OCSP response", ocsp),
        ("public key", spki_of(&leaf)),
        ("private key", key.secret_pkcs8_der().to_vec()),
    ] {
        let file = scratch.write("it.der", &der);
        let json = json_of(&run(&["inspect", &file, "--json"], b"").exits(0));
        assert_eq!(json["items"].as_array().unwrap().len(), 1, "{kind}");
        assert_eq!(json["items"][0]["type"], kind);
    }
    let file = scratch.write("no.der", [0x30, 0]);
    run(&["inspect", &file], b"").exits(2).says("neither PEM nor DER");
    let file = scratch.write("empty", "");
    run(&["inspect", &file], b"").exits(2).says("neither PEM nor DER");
    run(&["inspect", "no:such:file["], b"").exits(2);
}

/// Keys as OpenSSL writes them: not one octet of the private part is shown, in no form.
#[test]
fn private_keys_stay_private() {
    let scratch = Scratch::new();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let file = scratch.path("key.pem");
    for (arguments, shown) in [
        (&["genpkey", "-algorithm", "ed25519", "-out", &file][..], "id-Ed25519"),
        (&["genpkey", "-algorithm", "rsa", "-out", &file], "rsaEncryption, 2048 bits"),
        (&["genrsa", "-traditional", "-out", &file, "2048"], "rsaEncryption, 2048 bits"),
        (&["ecparam", "-genkey", "-noout", "-name", "secp384r1", "-out", &file], "P-384 (secp384r1)"),
    ] {
        openssl(arguments);
        let text = openssl(&["pkey", "-in", &file, "-noout", "-text"]);
        let private: String = text
            .lines()
            .skip_while(|line| !matches!(*line, "priv:" | "privateExponent:"))
            .skip(1)
            .take_while(|line| line.starts_with(' '))
            .flat_map(|line| line.chars().filter(char::is_ascii_hexdigit))
            .collect();
        assert!(private.len() >= 64, "{text}");
        for format in [&[][..], &["--json"]] {
            let run = run(&[&["inspect", &file], format].concat(), b"").exits(0);
            let run = if format.is_empty() { run.prints(shown) } else { run };
            let seen: String = run.stdout().to_lowercase().split_whitespace().collect();
            assert!((0..private.len() - 16).all(|at| !seen.contains(&private[at..at + 16])), "{shown}");
        }
    }
}

/// docs/regressions.md row 90.
#[test]
fn hostile_names() {
    let scratch = Scratch::new();
    let evil = "\u{1b}[2J<script>\u{202e}\n";
    let leaf = root(server(&["a.test"]).subject(evil).general_name(0x86, evil.as_bytes()));
    let file = scratch.write("evil.pem", leaf.certificate_pem());
    let text = run(&["inspect", &file], b"").exits(0).stdout();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
    assert!(text.contains("CN=\\u{1b}[2J\\<script\\>\\u{202e}\\n"), "{text}");
    let json = run(&["inspect", &file, "--json"], b"").exits(0);
    let text = json.stdout();
    assert!(
        text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~') && !matches!(byte, b'<' | b'>' | b'&')),
        "{text:?}"
    );
    // And yet it is the very same name.
    assert_eq!(json_of(&json)["items"][0]["subject"]["CN"], evil);
    // A label is one's own text as well, and so is the name of the file.
    let file = scratch.write("label.pem", "-----BEGIN \u{1b}[2J-----\nAAAA\n-----END \u{1b}[2J-----\n");
    run(&["inspect", &file], b"").exits(2).prints("\\u{1b}[2J, line 1").says("nothing in it could be shown");
    run(&["inspect", "\u{1b}[2J:x"], b"").exits(2).says("\\u{1b}[2J:x");
}

#[test]
fn a_server() {
    let scratch = Scratch::new();
    let root = root(ca("Root"));
    let middle = root.issues(ca("Middle"));
    let leaf = middle.issues(server(&["localhost"]));
    scratch.write("ca.pem", root.certificate_pem());
    let chain = scratch.write("chain.pem", pem(&[&leaf, &middle]));
    let key = scratch.write("key.pem", leaf.key.to_pem().as_str());
    let ocsp = scratch.write("ocsp.der", middle.answers(&leaf, Status::Good));
    let server = Server::of(scratch, &["--cert", &chain, "--key", &key, "--ocsp", &ocsp]);
    let trusting = run(&["inspect", &server.host, "--cafile", &server.ca], b"").exits(0);
    for words in [
        "TLS 1.3, ",
        "certificate 0, issued by certificate 1",
        "DNS:localhost",
        "verification, by ",
        "good until ",
        "status          good",
    ] {
        assert!(trusting.stdout().contains(words), "`{words}` is missing in\n{}", trusting.stdout());
    }
    // Whom nobody trusts is shown as well, with the code that `verify` has.
    let json = json_of(&run(&["inspect", &server.host, "--json"], b"").exits(0));
    assert_eq!(json["verification"]["result"], "reject", "{json:#}");
    assert_eq!(json["verification"]["code"], "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
    assert_eq!((&json["protocol"], &json["chain"][0]["issuedBy"]), (&json!("TLS 1.3"), &json!(1)));
    assert_eq!(json["certificate"]["issuerCertificate"]["fingerprint256"], json["chain"][1]["fingerprint256"]);
    assert_eq!(json["chain"][1]["issuedBy"], Value::Null);
    // What it shows as the pin is what `connect` takes for one.
    let pin = json["certificate"]["pin"].as_str().unwrap();
    run(&["connect", &server.host, "--pin", pin], b"hello").exits(0).prints("hello");
    run(&["inspect", &server.host, "--servername", "other.test", "--cafile", &server.ca], b"")
        .exits(0)
        .prints("not good: HOSTNAME_MISMATCH");
    run(&["inspect", "127.0.0.1:1"], b"").exits(3).says("no such file, and no connection to 127.0.0.1:1");
    run(&["inspect", "./no.pem"], b"").exits(3).says("NotFound: ./no.pem");
}

#[test]
fn keys_that_are_not_loaded_are_named() {
    let scratch = Scratch::new();
    let key = Identity::root(&provider(), ca("Root"), KeyKind::Ed25519).unwrap().key.to_pem();
    let file = scratch.write("two.pem", format!("{}{}", *key, key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")));
    run(&["inspect", &file], b"")
        .exits(0)
        .prints("id-Ed25519")
        .prints("private key, line 4\n  not shown: its EncryptedPrivateKeyInfo is malformed");
}

/// One that shows nothing to strangers.
#[test]
fn a_server_that_wants_a_certificate() {
    let (scratch, issuer) = (Scratch::new(), root(ca("clients")));
    let own = issuer.issues(handfast::pki::make::Builder::client("somebody", now()));
    let trusted = scratch.write("clients.pem", issuer.certificate_pem());
    let cert = scratch.write("own.pem", format!("{}{}", own.certificate_pem(), own.key.to_pem().as_str()));
    let server = Server::start(&["--client-auth", "require", "--client-ca", &trusted, "--tls1_2"]);
    let inspect = ["inspect", &server.host, "--cafile", &server.ca, "--cert", &cert];
    run(&inspect, b"").exits(0).prints("CN=localhost");
    run(&inspect[..4], b"").exits(1).says("error: handshake_failure").says("`--cert FILE --key FILE`");
}

/// A request, a key under a password and a PKCS#12 file, as text and DER.
#[test]
fn requests_and_what_is_encrypted() {
    let scratch = Scratch::new();
    let path = |name: &str| scratch.path(name);
    let made = |arguments: &[&str]| drop(run(arguments, b"").exits(0));
    let (key, csr, cert, pfx) = (path("key.pem"), path("csr.pem"), path("cert.pem"), path("all.pfx"));
    made(&["pki", "key", "--out", &key, "--out-pass", "pass:secret"]);
    made(&["pki", "csr", "--key", &key, "--pass", "pass:secret", "--name", "a.test", "--must-staple", "--out", &csr]);
    made(&["pki", "self-sign", "--key", &key, "--pass", "pass:secret", "--csr", &csr, "--out", &cert]);
    made(&["pki", "pfx", &key, &cert, "--pass", "pass:secret", "--out-pass", "pass:other", "--out", &pfx]);

    let item = |file: &str, password: &str| {
        json_of(&run(&["inspect", file, "--json", "--pass", password], b"").exits(0))["items"].clone()
    };
    let request = &item(&csr, "pass:")[0];
    assert_eq!((&request["type"], &request["signatureGood"]), (&json!("certificate request"), &json!(true)));
    assert_eq!(request["extensions"]["subjectAltName"]["value"], json!(["DNS:a.test"]), "{request}");
    let opened = &item(&key, "pass:secret")[0];
    assert_eq!((&opened["type"], &opened["pin"]), (&json!("private key"), &request["pin"]));
    let shut = |file: &str, password: &str| {
        json_of(&run(&["inspect", file, "--json", "--pass", password], b"").exits(2))["items"].clone()
    };
    let locked = &shut(&key, "pass:wrong")[0];
    let locked_error = locked["error"].clone();
    assert_eq!(locked_error, "it does not open with this password");
    let locked = run(&["inspect", &key], b"").exits(2);
    assert!(locked.stdout().contains("not shown: it is encrypted, and there is no password"), "{}", locked.stdout());
    // Of several each is tried, for each thing in a file.
    let both = scratch.path("both.pem");
    made(&["pki", "key", "--out", &scratch.path("second.pem"), "--out-pass", "pass:second"]);
    let text = [&key, &scratch.path("second.pem")].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    std::fs::write(&both, text).unwrap();
    let several =
        ["inspect", &both, "--json", "--pass", "pass:wrong", "--pass", "pass:second", "--pass", "pass:secret"];
    let items = &json_of(&run(&several, b"").exits(0))["items"];
    assert_eq!((&items[0]["pin"], items[1]["pin"].is_string()), (&opened["pin"], true), "{items}");
    let one = &json_of(&run(&several[..7], b"").exits(0))["items"];
    assert_eq!((&one[0]["error"], &one[1]["pin"]), (&locked_error, &items[1]["pin"]));
    let file = item(&pfx, "pass:other");
    assert_eq!((&file[0]["type"], &file[0]["pin"]), (&json!("private key"), &request["pin"]));
    assert_eq!((&file[1]["type"], &file[1]["subjectaltname"]), (&json!("certificate"), &json!("DNS:a.test")));
    assert_eq!(shut(&pfx, "pass:secret")[0]["type"], "PKCS#12 file");

    // What is not encrypted by its label can be decoded.
    let text = std::fs::read_to_string(&key).unwrap().replace("ENCRYPTED PRIVATE KEY", "ODD THING");
    let sealed = pem::sections(text.as_bytes()).next().unwrap().decode().unwrap();
    let der = scratch.write("key.der", &*sealed);
    assert_eq!(item(&der, "pass:secret")[0]["pin"], request["pin"]);
    // A changed signature is told.
    let mut changed = CertificationRequest::from_pem(&std::fs::read(&csr).unwrap()).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    let broken = scratch.write("broken.der", &changed);
    assert_eq!(item(&broken, "pass:")[0]["signatureGood"], false);
}
