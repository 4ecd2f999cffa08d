//! `handfast inspect`: what is too large, too odd, or not what it says.

use crate::certificates::{ca, root, server};
use crate::{Run, Scratch, run};
use handfast::pki::pem;
use serde_json::Value;
use std::process::Command;

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap()
}

fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).output().expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_endless_is_not_read() {
    let scratch = Scratch::new();
    const LIMIT: usize = 16 << 20;
    let certificate = root(ca("Root")).certificate_pem();
    let most = [certificate.as_bytes(), &vec![b'\n'; LIMIT - certificate.len()]].concat();
    let file = scratch.write("most.pem", &most);
    run(&["inspect", &file], b"").exits(0);
    run(&["inspect", "-"], &most).exits(0);
    let file = scratch.write("more.pem", [&most[..], b"\n"].concat());
    run(&["inspect", &file], b"").exits(2).says("more.pem: it is longer than 16 MiB");
    run(&["inspect", "-"], &[&most[..], b"\n"].concat()).exits(2).says("standard input: it is longer than 16 MiB");
    #[cfg(unix)]
    run(&["inspect", "/dev/zero"], b"").exits(2).says("/dev/zero: it is longer than 16 MiB");
}

/// A description takes more memory than what it describes.
#[test]
fn long_lists_are_cut() {
    let scratch = Scratch::new();
    let names: Vec<_> = (0..100_000).map(|at| format!("{at}.test")).collect();
    let many = root(names.iter().fold(ca("Many"), |own, name| own.dns(name)));
    let file = scratch.write("many.pem", many.certificate_pem());
    let json = json_of(&run(&["inspect", &file, "--json"], b"").exits(0));
    let listed = json["items"][0]["extensions"]["subjectAltName"]["value"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[512]), (513, &Value::from("and 99488 more")));
    assert!(json["items"][0]["subjectaltname"].as_str().unwrap().ends_with("DNS:511.test, and 99488 more"));
    let one = root(ca("One")).certificate_pem();
    let file = scratch.write("sections.pem", one.repeat(600));
    run(&["inspect", &file], b"").exits(0).prints("\n88 sections more\n");
    let json = json_of(&run(&["inspect", &file, "--json"], b"").exits(0));
    assert_eq!((json["items"].as_array().unwrap().len(), &json["more"]), (512, &Value::from(88)));
}

/// What opening costs is bounded for the file, not for each of its sections.
#[test]
fn one_file_has_one_budget() {
    let scratch = Scratch::new();
    let (key, sealed) = (scratch.path("key.pem"), scratch.path("sealed.pem"));
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &key]);
    openssl(&["pkcs8", "-topk8", "-in", &key, "-iter", "4000000", "-passout", "pass:a", "-out", &sealed]);
    let text = std::fs::read_to_string(&sealed).unwrap();
    let file = scratch.write("three.pem", text.repeat(3));
    let json = json_of(&run(&["inspect", &file, "--pass", "pass:wrong", "--json"], b"").exits(2));
    let why: Vec<_> = json["items"].as_array().unwrap().iter().map(|item| item["error"].as_str().unwrap()).collect();
    assert_eq!(why[..2], ["it does not open with this password"; 2]);
    assert_ne!(why[2], why[0]);
}

/// Keys that nobody here could use are described from their structure, and not one secret octet is shown.
#[test]
fn keys_that_are_not_loaded() {
    let scratch = Scratch::new();
    let [pkcs8, other] = ["pkcs8.pem", "other.pem"].map(|name| scratch.path(name));
    let rsa = ["-pkeyopt", "rsa_keygen_bits:1024"];
    let curve = ["-pkeyopt", "ec_paramgen_curve:secp256k1"];
    for (kind, options, shown) in [
        ("RSA", &rsa[..], "rsaEncryption, 1024 bits"),
        ("EC", &curve[..], "id-ecPublicKey, secp256k1, 256 bits"),
        ("X25519", &[], "id-X25519"),
        ("ED448", &[], "id-Ed448"),
    ] {
        openssl(&[&["genpkey", "-algorithm", kind, "-out", &pkcs8], options].concat());
        // PKCS#1 and SEC1, which the others do not have.
        let form: &[&str] = if options.is_empty() { &[] } else { &["-traditional"] };
        openssl(&[&["pkey", "-in", &pkcs8, "-out", &other], form].concat());
        let text = Command::new("openssl").args(["pkey", "-in", &pkcs8, "-noout", "-text"]).output().unwrap().stdout;
        let text = String::from_utf8(text).unwrap();
        let secret: String = text
            .lines()
            .skip_while(|line| !matches!(*line, "priv:" | "privateExponent:"))
            .skip(1)
            .take_while(|line| line.starts_with(' '))
            .flat_map(|line| line.chars().filter(char::is_ascii_hexdigit))
            .collect();
        assert!(secret.len() >= 64, "{text}");
        let der = pem::sections(&std::fs::read(&pkcs8).unwrap()).next().unwrap().decode().unwrap().to_vec();
        let der = scratch.write("key.der", der);
        for file in [&pkcs8, &other, &der] {
            let run_text = run(&["inspect", file], b"").exits(0).prints(&format!(" {shown}\n")).stdout();
            let json = run(&["inspect", file, "--json"], b"").exits(0).stdout();
            assert!(json.contains("\"type\": \"private key\""), "{json}");
            // The public part of the others is not in the file.
            assert_eq!(json.contains("\"pin\""), !options.is_empty(), "{json}");
            assert_eq!(json.contains("\"pubkey\""), !options.is_empty(), "{json}");
            for seen in [run_text, json] {
                let seen: String = seen.to_lowercase().split_whitespace().collect();
                assert!((0..secret.len() - 16).all(|at| !seen.contains(&secret[at..at + 16])), "{shown}");
            }
        }
    }
    // The public part is that of OpenSSL.
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", &pkcs8]);
    openssl(&["pkey", "-in", &pkcs8, "-pubout", "-out", &other]);
    let pin = |file: &str| json_of(&run(&["inspect", file, "--json"], b"").exits(0))["items"][0]["pin"].clone();
    assert!(pin(&pkcs8).is_string());
    assert_eq!(pin(&pkcs8), pin(&other));
}

#[test]
fn a_certificate_with_trust_settings() {
    let scratch = Scratch::new();
    let plain = scratch.write("plain.pem", root(ca("Root")).certificate_pem());
    let trusted = scratch.path("trusted.pem");
    openssl(&["x509", "-in", &plain, "-trustout", "-addtrust", "serverAuth", "-out", &trusted]);
    run(&["inspect", &trusted], b"").exits(0).prints("certificate, line 1\n  subject        CN=Root\n");
}

/// The reason is that of the kind which the file looks like.
#[test]
fn der_that_cannot_be_read() {
    let scratch = Scratch::new();
    let path = |name: &str| scratch.path(name);
    let made = |arguments: &[&str]| drop(run(&[&["pki"], arguments].concat(), b"").exits(0));
    let (ca, key, csr, crl, ocsp) = (path("ca"), path("key"), path("csr"), path("crl"), path("ocsp"));
    made(&["ca", "--subject", "CN=a", "--new-key", &key, "--out", &ca]);
    made(&["csr", "--key", &key, "--name", "a.test", "--out", &csr]);
    made(&["crl", "--ca", &ca, "--ca-key", &key, "--out", &crl]);
    made(&["issue", "--ca", &ca, "--ca-key", &key, "--csr", &csr, "--out", &path("leaf")]);
    made(&["ocsp", "--ca", &ca, "--ca-key", &key, "--cert", &path("leaf"), "--out", &ocsp]);
    for (file, kind) in [
        (&ca, "certificate"),
        (&csr, "certificate request"),
        (&crl, "revocation list"),
        (&ocsp, "OCSP response"),
        (&key, "private key"),
    ] {
        let bytes = std::fs::read(file).unwrap();
        let section = pem::sections(&bytes).next();
        let der = section.map_or_else(|| bytes.clone(), |section| section.decode().unwrap().to_vec());
        let cut = scratch.write("cut.der", &der[..der.len() - 1]);
        let json = json_of(&run(&["inspect", &cut, "--json"], b"").exits(2).says("nothing in it could be shown"));
        assert_eq!(json["items"][0]["type"], kind);
        let why = json["items"][0]["error"].as_str().unwrap();
        assert!(why.contains("malformed") || why.contains("neither PKCS#8"), "{json:#}");
        run(&["inspect", &cut], b"").exits(2).prints(&format!("{kind}\n  not shown: "));
    }
}

/// Attributes of a name mean something by their order.
#[test]
fn attributes_in_their_order() {
    let scratch = Scratch::new();
    let key = scratch.path("key");
    let csr =
        run(&["pki", "csr", "--new-key", &key, "--subject", "CN=z,O=y,ST=x,C=GB", "--name", "a.test"], b"").exits(0);
    let file = scratch.write("csr", csr.stdout());
    let text = run(&["inspect", &file, "--json"], b"").exits(0).stdout();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    let places = ["\"C\": \"GB\"", "\"ST\": \"x\"", "\"O\": \"y\"", "\"CN\": \"z\""].map(at);
    assert!(places.is_sorted(), "{text}");
    let leaf = scratch.write("leaf", root(server(&["a.test"])).certificate_pem());
    let text = run(&["inspect", &leaf, "--json"], b"").exits(0).stdout();
    let places =
        ["\"subject\"", "\"issuer\"", "\"valid_from\"", "\"serialNumber\"", "\"type\""].map(|word| text.find(word));
    assert!(places.is_sorted() && places[0].is_some(), "{text}");
}
