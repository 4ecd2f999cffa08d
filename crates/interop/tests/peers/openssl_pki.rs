//! `openssl pkey`, `rsa`, `ec`, `req`, `x509`, `crl`, `ocsp` and `verify`, asked about what `pki::make` makes; and what they make,
//! read here.

use handfast_crypto::{HashAlgorithm, KeyKind, Provider, SignatureAlgorithm};
use handfast_interop::world::WORLD;
use handfast_pki::crl::Crl;
use handfast_pki::extension::KeyUsage;
use handfast_pki::make::{Builder, CrlBuilder, Declined, Identity, Key, KeySpec, OcspBuilder, OcspEntry, Subject};
use handfast_pki::request::CertificationRequest;
use handfast_pki::time::Time;
use handfast_pki::{Anchors, Certificate, Crls, Policy, Purpose, Reason, pem, verify_server};
use pki_types::{CertificateDer, UnixTime};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Every kind of key that both sides make, with the options of `openssl genpkey`.
const KINDS: [(&str, &[&str]); 6] = [
    ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("ed25519", &["-algorithm", "ED25519"]),
    ("rsa2048", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("rsa4096", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]),
];

fn spec(name: &str) -> KeySpec {
    match name {
        "p256" => KeyKind::P256.into(),
        "p384" => KeyKind::P384.into(),
        "p521" => KeyKind::P521.into(),
        "ed25519" => KeyKind::Ed25519.into(),
        "rsa2048" => KeyKind::Rsa.into(),
        "rsa4096" => KeySpec::rsa(4096),
        other => panic!("{other}"),
    }
}

fn provider() -> Provider {
    handfast_rustcrypto::provider()
}

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

/// Runs OpenSSL and gives what it says on both outputs. What begins with @ is a file of `directory`.
#[track_caller]
fn openssl(directory: &str, arguments: &[&str]) -> String {
    let folder = Path::new(WORLD.directory()).join(directory);
    fs::create_dir_all(&folder).unwrap();
    let output = Command::new("openssl").args(arguments).current_dir(&folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}\n{said}");
    said
}

fn write(directory: &str, name: &str, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(WORLD.directory().join(directory)).unwrap();
    WORLD.write(&format!("{directory}/{name}"), bytes.as_ref());
}

fn read(directory: &str, name: &str) -> Vec<u8> {
    fs::read(WORLD.directory().join(directory).join(name)).unwrap()
}

fn pem_of(label: &str, der: &[u8]) -> String {
    pem::encode(label, der).to_string()
}

fn ca(name: &str) -> Identity {
    let builder = Builder::ca("", now())
        .distinguished_name(&Subject::parse(&format!("CN=CA of {name},O=Example \\+ Söhne,C=GB")).unwrap())
        .permit(["test", "10.0.0.0/8", "::1"])
        .unwrap();
    Identity::root(&provider(), builder, spec(name)).unwrap()
}

#[test]
fn it_takes_our_keys() {
    for (name, _) in KINDS {
        let directory = format!("pki-key-{name}");
        let key = Key::generate(&provider(), spec(name)).unwrap();
        write(&directory, "key.pem", key.to_pem().as_bytes());
        let said = openssl(&directory, &["pkey", "-in", "key.pem", "-check", "-noout", "-text"]);
        assert!(said.contains("Key is valid"), "{said}");
        let bits = match name {
            "p256" => "(256 bit)",
            "p384" => "(384 bit)",
            "p521" => "(521 bit)",
            "ed25519" => "ED25519",
            "rsa2048" => "(2048 bit, 2 primes)",
            _ => "(4096 bit, 2 primes)",
        };
        assert!(said.contains(bits), "{said}");
        match name {
            "rsa2048" | "rsa4096" => {
                let said = openssl(&directory, &["rsa", "-in", "key.pem", "-check", "-noout", "-text"]);
                assert!(said.contains("RSA key ok") && said.contains("publicExponent: 65537"), "{said}");
                // What it writes in the older form is the same key.
                openssl(&directory, &["rsa", "-in", "key.pem", "-traditional", "-out", "pkcs1.pem"]);
                let again = Key::load(&provider(), &pem::private_key(&read(&directory, "pkcs1.pem")).unwrap()).unwrap();
                assert_eq!(again.public_key(), key.public_key());
            }
            "ed25519" => {}
            _ => assert!(openssl(&directory, &["ec", "-in", "key.pem", "-check", "-noout"]).contains("EC Key valid")),
        }
    }
}

/// A CA with a key of each kind, a request of the same, and all that the CA says: OpenSSL verifies every signature.
#[test]
fn it_takes_what_we_sign() {
    for (name, _) in KINDS {
        let directory = format!("pki-sign-{name}");
        let ca = ca(name);
        write(&directory, "ca.pem", ca.certificate_pem());
        let issuer = Certificate::parse(&ca.certificate).unwrap();

        let key = Key::generate(&provider(), spec(name)).unwrap();
        let asked = Builder::server(&["www.test", "*.a.test", "10.1.2.3", "::1"], now()).must_staple();
        let der = asked.request(&provider(), &key).unwrap();
        write(&directory, "csr.pem", pem_of("CERTIFICATE REQUEST", &der));
        let said = openssl(&directory, &["req", "-in", "csr.pem", "-verify", "-noout", "-text"]);
        for words in ["verify OK", "CN = www.test", "DNS:*.a.test, IP Address:10.1.2.3", "status_request"] {
            assert!(said.contains(words), "{words} is missing in\n{said}");
        }

        let request = CertificationRequest::parse(&der).unwrap();
        let own = Builder::new("", now()).key_usage(KeyUsage::DIGITAL_SIGNATURE).purposes(&[Purpose::Server]);
        let own = own.crl_urls(["http://crl.test/1"]).and_then(|own| own.authority_access(["http://ocsp.test/"], []));
        let own = own.and_then(|own| own.policies(["1.2.3"])).unwrap();
        let own = own.distinguished_name(&Subject::requested(request.subject()).unwrap());
        let (own, declined) = own.grant(&request, issuer.name_constraints().unwrap().as_ref()).unwrap();
        assert_eq!(declined, []);
        let leaf = own.signed_by(&provider(), &ca, key.public_key()).unwrap();
        write(&directory, "leaf.pem", pem_of("CERTIFICATE", &leaf));
        let verify = ["verify", "-x509_strict", "-CAfile", "ca.pem", "-purpose", "sslserver", "-verify_hostname"];
        openssl(&directory, &[&verify[..], &["b.a.test", "leaf.pem"]].concat());
        let said = openssl(&directory, &["x509", "-in", "leaf.pem", "-noout", "-text"]);
        for words in ["URI:http://crl.test/1", "OCSP - URI:http://ocsp.test/", "Policy: 1.2.3", "status_request"] {
            assert!(said.contains(words), "{words} is missing in\n{said}");
        }
        let said =
            openssl(&directory, &["x509", "-in", "ca.pem", "-noout", "-subject", "-nameopt", "RFC2253,utf8,-esc_msb"]);
        assert!(said.contains(&format!("CN=CA of {name},O=Example \\+ Söhne,C=GB")), "{said}");

        let leaf = Certificate::parse(&leaf).unwrap();
        let at = Time::from(now());
        let list = CrlBuilder::new(now()).revoke_since(leaf.serial(), at.unix(), Some(Reason::KeyCompromise), Some(at));
        write(&directory, "crl.pem", pem_of("X509 CRL", &list.signed_by(&provider(), &ca).unwrap()));
        let said = openssl(&directory, &["crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout", "-text"]);
        assert!(
            said.contains("verify OK") && said.contains("Key Compromise") && said.contains("Invalidity Date"),
            "{said}"
        );

        let entry = OcspEntry::good(&provider(), &leaf, &issuer, now()).unwrap();
        let response = OcspBuilder::new(now()).entry(entry).signed_by(&provider(), &ca).unwrap();
        write(&directory, "ocsp.der", response);
        let ocsp = ["ocsp", "-respin", "ocsp.der", "-CAfile", "ca.pem", "-issuer", "ca.pem", "-cert", "leaf.pem"];
        let said = openssl(&directory, &ocsp);
        assert!(said.contains("Response verify OK") && said.contains("leaf.pem: good"), "{said}");
    }
}

/// A name outside of what the CA may issue for is refused by OpenSSL too: the constraints are written as they are meant.
#[test]
fn it_heeds_our_constraints() {
    let directory = "pki-constraints";
    let ca = ca("p256");
    write(directory, "ca.pem", ca.certificate_pem());
    for (name, is_good) in [
        ("www.test", true),
        ("test.example", false),
        ("10.9.9.9", true),
        ("11.0.0.1", false),
        ("::1", true),
        ("::2", false),
    ] {
        // Where there is no dNSName it takes what looks like one in the subject for one.
        let leaf = Builder::new("a leaf", now()).alternative_name(name).unwrap();
        let leaf = ca.issue(&provider(), leaf, KeyKind::P256).unwrap();
        write(directory, "leaf.pem", leaf.certificate_pem());
        let path = WORLD.directory().join(directory);
        let verify = ["verify", "-CAfile", "ca.pem", "leaf.pem"];
        let output = Command::new("openssl").args(verify).current_dir(path).output().unwrap();
        assert_eq!(output.status.success(), is_good, "{name}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(is_good || said.contains("permitted subtree violation"), "{said}");
    }
}

const CONFIG: &str = "
[req]
distinguished_name = dn
req_extensions = asked
prompt = no
attributes = attributes
[dn]
C = GB
O = Example
CN = www.test
[attributes]
challengePassword = secret12
[asked]
subjectAltName = DNS:www.test, DNS:www.example, IP:10.0.0.1, email:a@test, URI:https://www.test/, dirName:dn, otherName:1.2.3;UTF8:x
basicConstraints = critical, CA:TRUE
keyUsage = keyCertSign
tlsfeature = status_request
[ca]
default_ca = own
[own]
database = index.txt
crlnumber = number.txt
default_md = sha256
default_crl_days = 10
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
subjectAltName = DNS:www.test
extendedKeyUsage = serverAuth
";

/// Keys and requests of OpenSSL, issued by us, verified by both.
#[test]
fn we_take_its_keys_and_requests() {
    let ca = ca("p256");
    let issuer = Certificate::parse(&ca.certificate).unwrap();
    for (name, options) in KINDS {
        let directory = format!("pki-request-{name}");
        write(&directory, "ca.pem", ca.certificate_pem());
        write(&directory, "openssl.cnf", CONFIG);
        openssl(&directory, &[&["genpkey", "-out", "key.pem"], options].concat());
        let key = Key::load(&provider(), &pem::private_key(&read(&directory, "key.pem")).unwrap()).unwrap();
        openssl(&directory, &["req", "-new", "-config", "openssl.cnf", "-key", "key.pem", "-out", "csr.pem"]);
        let der = CertificationRequest::from_pem(&read(&directory, "csr.pem")).unwrap();
        let request = CertificationRequest::parse(&der).unwrap();
        assert_eq!(request.check_signature(&provider()), Ok(()), "{name}");
        assert_eq!(request.public_key().as_ref(), Ok(key.public_key()));
        assert_eq!(request.subject().to_string(), "C=GB, O=Example, CN=www.test");

        let own = Builder::new("", now()).key_usage(KeyUsage::DIGITAL_SIGNATURE).purposes(&[Purpose::Server]);
        let own = own.distinguished_name(&Subject::requested(request.subject()).unwrap());
        let (own, declined) = own.grant(&request, issuer.name_constraints().unwrap().as_ref()).unwrap();
        use Declined::{Extension, Form, NotPermitted};
        assert_eq!(
            declined,
            [
                NotPermitted("dNSName www.example".into()),
                Form("directoryName"),
                Form("otherName"),
                Extension("2.5.29.19".into()),
                Extension("2.5.29.15".into()),
            ]
        );
        let leaf = own.signed_by(&provider(), &ca, &request.public_key().unwrap()).unwrap();
        write(&directory, "leaf.pem", pem_of("CERTIFICATE", &leaf));
        openssl(&directory, &["verify", "-x509_strict", "-CAfile", "ca.pem", "-purpose", "sslserver", "leaf.pem"]);
        let mut anchors = Anchors::new();
        anchors.add(&ca.certificate).unwrap();
        let host = "www.test".try_into().unwrap();
        let policy = Policy { stapling: handfast_pki::ocsp::Stapling::Off, ..Policy::default() };
        verify_server(&provider(), &anchors, &policy, &[leaf], &host, now()).unwrap();

        // One changed octet, anywhere but in what nobody signed.
        for at in (0..der.len()).step_by(7) {
            let mut changed = der.clone();
            changed[at] ^= 1;
            let proof = CertificationRequest::parse(&changed).and_then(|request| request.check_signature(&provider()));
            assert!(proof.is_err(), "{name}: octet {at}");
        }
    }
}

/// Certificates and lists of OpenSSL's CAs.
#[test]
fn we_take_its_certificates_and_lists() {
    for (name, options) in KINDS {
        let directory = format!("pki-authority-{name}");
        write(&directory, "openssl.cnf", CONFIG);
        write(&directory, "index.txt", "");
        write(&directory, "number.txt", "7f\n");
        openssl(&directory, &[&["genpkey", "-out", "ca-key.pem"], options].concat());
        let root = ["req", "-x509", "-config", "openssl.cnf", "-key", "ca-key.pem", "-extensions", "authority"];
        openssl(&directory, &[&root[..], &["-subj", "/CN=Root", "-out", "ca.pem"]].concat());
        openssl(&directory, &[&["genpkey", "-out", "key.pem"], options].concat());
        openssl(&directory, &["req", "-new", "-config", "openssl.cnf", "-key", "key.pem", "-out", "csr.pem"]);
        let issue = ["x509", "-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial"];
        openssl(
            &directory,
            &[&issue[..], &["-extfile", "openssl.cnf", "-extensions", "leaf", "-out", "leaf.pem"]].concat(),
        );
        let revoke = ["ca", "-config", "openssl.cnf", "-keyfile", "ca-key.pem", "-cert", "ca.pem"];
        // EdDSA has no hash to choose.
        let hash: &[&str] = if name == "ed25519" { &["-md", "null"] } else { &[] };
        let revoked = ["-revoke", "leaf.pem", "-crl_reason", "superseded"];
        openssl(&directory, &[&revoke[..], hash, &revoked].concat());
        openssl(&directory, &[&revoke[..], hash, &["-gencrl", "-out", "crl.pem"]].concat());

        let certificate = |file: &str| pem::certificates(&read(&directory, file)).unwrap().0.remove(0);
        let (ca, leaf): (CertificateDer<'_>, _) = (certificate("ca.pem"), certificate("leaf.pem"));
        let mut anchors = Anchors::new();
        anchors.add(&ca).unwrap();
        let host = "www.test".try_into().unwrap();
        verify_server(&provider(), &anchors, &Policy::default(), std::slice::from_ref(&leaf), &host, now()).unwrap();

        // Our list goes on from it.
        let (lists, _) = Crls::from_pem(&read(&directory, "crl.pem")).unwrap();
        let list = Crl::parse(lists.contents().next().unwrap().0).unwrap();
        let issuer = Certificate::parse(&ca).unwrap();
        let signature = list.signature_algorithm().unwrap();
        let key = issuer.public_key().unwrap();
        assert_eq!(signature.check(&provider(), &key, list.tbs(), list.signature()), Ok(()), "{name}");
        assert_eq!(list.number(), Some(&[0x7f][..]));
        let entry = list.entries().next().unwrap().unwrap();
        assert_eq!(
            (entry.serial, entry.reason),
            (Certificate::parse(&leaf).unwrap().serial(), Some(Reason::Superseded))
        );
        let key = Key::load(&provider(), &pem::private_key(&read(&directory, "ca-key.pem")).unwrap()).unwrap();
        let own = Identity { certificate: ca.clone(), key };
        let next = CrlBuilder::new(now()).number(&[0, 0x80]).revoke(entry.serial, entry.date.unix(), entry.reason);
        write(&directory, "next.pem", pem_of("X509 CRL", &next.signed_by(&provider(), &own).unwrap()));
        let said = openssl(&directory, &["crl", "-in", "next.pem", "-CAfile", "ca.pem", "-noout", "-crlnumber"]);
        assert!(said.contains("verify OK") && said.contains("crlNumber=0x80"), "{said}");
        let verify = Command::new("openssl")
            .args(["verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "next.pem", "leaf.pem"])
            .current_dir(WORLD.directory().join(&directory))
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&verify.stderr).contains("certificate revoked"));
    }
}

/// RSA signs by PKCS#1 v1.5 unless PSS is asked for, which OpenSSL takes too.
#[test]
fn rsa_signs_either_way() {
    let directory = "pki-rsa-padding";
    let key = Key::generate(&provider(), KeyKind::Rsa).unwrap();
    for (algorithm, words) in [
        (None, "Signature Algorithm: sha256WithRSAEncryption"),
        (Some(SignatureAlgorithm::RsaPss(HashAlgorithm::Sha384)), "Signature Algorithm: rsassaPss"),
    ] {
        let mut builder = Builder::server(&["www.test"], now());
        if let Some(algorithm) = algorithm {
            builder = builder.algorithm(algorithm);
        }
        write(
            directory,
            "csr.pem",
            pem_of("CERTIFICATE REQUEST", &builder.clone().request(&provider(), &key).unwrap()),
        );
        let said = openssl(directory, &["req", "-in", "csr.pem", "-verify", "-noout", "-text"]);
        assert!(said.contains("verify OK") && said.contains(words), "{said}");
        write(directory, "cert.pem", pem_of("CERTIFICATE", &builder.self_signed(&provider(), &key).unwrap()));
        openssl(directory, &["verify", "-check_ss_sig", "-CAfile", "cert.pem", "cert.pem"]);
    }
}
