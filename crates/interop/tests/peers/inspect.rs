//! What we say of a certificate is what others say of it: `X509Certificate.toLegacyObject()` of Node.js, field by field, and
//! `openssl x509`. The certificates are OpenSSL's.

use handfast_pki::{Certificate, Description, pem};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The fields that both have. Octets are hexadecimal digits on both sides.
const FIELDS: &[&str] = &[
    "subject",
    "issuer",
    "subjectaltname",
    "infoAccess",
    "ca",
    "modulus",
    "bits",
    "exponent",
    "pubkey",
    "asn1Curve",
    "nistCurve",
    "valid_from",
    "valid_to",
    "fingerprint",
    "fingerprint256",
    "fingerprint512",
    "ext_key_usage",
    "serialNumber",
    "raw",
];

/// Prints the object of every file that it is given, as JSON.
const SCRIPT: &str = "
const fs = require('fs'), { X509Certificate } = require('crypto');
console.log(JSON.stringify(process.argv.slice(1).map((file) => {
  const own = new X509Certificate(fs.readFileSync(file)).toLegacyObject();
  for (const name of ['raw', 'pubkey']) if (own[name]) own[name] = own[name].toString('hex');
  return own;
})));";

/// What a certificate is made of: a key, a subject, and the lines of its extensions.
struct Case {
    name: &'static str,
    key: &'static [&'static str],
    subject: &'static str,
    extensions: &'static str,
    more: &'static [&'static str],
}

const PLAIN: &str = "basicConstraints=critical,CA:true\nkeyUsage=keyCertSign,cRLSign\nsubjectAltName=DNS:plain.test";

const CASES: &[Case] = &[
    Case {
        name: "rsa",
        key: &["-newkey", "rsa:2048"],
        subject: "/C=DE/ST=Bayern/L=M/O=Example/OU=A/OU=B/CN=rsa.test",
        extensions: PLAIN,
        more: &[],
    },
    // Outside of what is used, and with another exponent.
    Case {
        name: "rsa-small",
        key: &["-newkey", "rsa:1024", "-pkeyopt", "rsa_keygen_pubexp:3"],
        subject: "/CN=small",
        extensions: PLAIN,
        more: &["-set_serial", "0x80ab"],
    },
    Case {
        name: "p256",
        key: &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        subject: "/CN=p256",
        extensions: PLAIN,
        more: &["-set_serial", "0"],
    },
    Case {
        name: "p384",
        key: &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        subject: "/CN=p384",
        extensions: PLAIN,
        more: &["-set_serial", "-5"],
    },
    Case {
        name: "p521",
        key: &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
        subject: "/CN=p521",
        extensions: PLAIN,
        more: &["-set_serial", "255"],
    },
    Case {
        name: "secp224r1",
        key: &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1"],
        subject: "/CN=x",
        extensions: PLAIN,
        more: &[],
    },
    Case {
        name: "secp256k1",
        key: &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
        subject: "/CN=x",
        extensions: PLAIN,
        more: &[],
    },
    Case {
        name: "brainpool",
        key: &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1"],
        subject: "/CN=x",
        extensions: PLAIN,
        more: &[],
    },
    Case {
        name: "ed25519",
        key: &["-newkey", "ed25519"],
        subject: "/CN=ed",
        extensions: PLAIN,
        more: &["-days", "30000"],
    },
    Case {
        name: "names",
        key: &["-newkey", "ed25519"],
        subject: "/DC=test/DC=example/UID=u/street=S 1/emailAddress=a@b.test/serialNumber=7/title=T/SN=N/GN=G/initials=I/postalCode=1/\
                  businessCategory=B/jurisdictionC=DE/organizationIdentifier=V/1.2.3.4=odd/CN=Zürich 東京 <script>",
        extensions: "subjectAltName=DNS:a.test,DNS:*.b.test,IP:192.0.2.1,IP:2001:db8::1,email:a@b.test,URI:https://a.test/x?y=z,\
                     RID:1.2.3.4,dirName:directory,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@p.test,otherName:1.2.3;UTF8:x\n\
                     authorityInfoAccess=OCSP;URI:http://o.test/,caIssuers;URI:http://c.test/,OCSP;URI:http://p.test/,1.2.3.5;DNS:d.test\n\
                     extendedKeyUsage=serverAuth,clientAuth,1.2.3.4.5",
        more: &[],
    },
    // Names that look like several, and like nothing.
    Case {
        name: "hostile",
        key: &["-newkey", "ed25519"],
        subject: "/CN=a, O=b\\+c;\u{202e}",
        extensions: "subjectAltName=@names\nauthorityInfoAccess=OCSP;URI:http://o.test/'x\n[names]\nDNS.1=a.test, DNS:b.test\n\
                     DNS.2=it's\nDNS.3=q\"q\\\\\nURI.1=http://a.test/\u{fc},x\ndirName.1=evil\n[evil]\nO=x, DNS:c.test\nCN=\u{fc}",
        more: &[],
    },
    // No CA: keyUsage forbids it. No CA either: nothing says so.
    Case {
        name: "half",
        key: &["-newkey", "ed25519"],
        subject: "/CN=x",
        extensions: "basicConstraints=CA:true\nkeyUsage=cRLSign",
        more: &[],
    },
    Case {
        name: "bare",
        key: &["-newkey", "ed25519"],
        subject: "/CN=x",
        extensions: "subjectKeyIdentifier=none",
        more: &[],
    },
];

/// A directory of its own, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("handfast-inspect-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a program prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; `just interop` installs it"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Makes the certificate of a case, and gives its file.
fn make(folder: &Path, case: &Case) -> String {
    let at = |suffix: &str| folder.join(format!("{}.{suffix}", case.name)).to_str().unwrap().to_string();
    let (config, certificate) = (at("cnf"), at("pem"));
    let head = "[req]\nstring_mask=utf8only\nutf8=yes\nprompt=no\ndistinguished_name=dn\nx509_extensions=x\n[dn]\nCN=x\n\
                [directory]\nC=UK\nO=dir, name\nCN=d\n[x]\n";
    fs::write(&config, format!("{head}{}\n", case.extensions)).unwrap();
    let mut arguments =
        vec!["req", "-x509", "-nodes", "-utf8", "-config", &config, "-subj", case.subject, "-out", &certificate];
    let key = at("key");
    arguments.extend(["-keyout", &key]);
    arguments.extend(case.key);
    arguments.extend(case.more);
    output("openssl", &arguments);
    certificate
}

fn ours(file: &str) -> Value {
    let (certificates, _) = pem::certificates(&fs::read(file).unwrap()).unwrap();
    let certificate = Certificate::parse(&certificates[0]).unwrap();
    serde_json::to_value(Description::of(&certificate, &handfast_rustcrypto::provider())).unwrap()
}

#[test]
fn node_has_the_same_fields() {
    let scratch = Scratch::new("node");
    let files: Vec<_> = CASES.iter().map(|case| make(&scratch.0, case)).collect();
    let arguments: Vec<_> = ["-e", SCRIPT].into_iter().chain(files.iter().map(String::as_str)).collect();
    let theirs: Vec<Value> = serde_json::from_str(&output("node", &arguments)).unwrap();
    let mut differences = Vec::new();
    let mut compared = 0;
    for ((case, file), theirs) in CASES.iter().zip(&files).zip(&theirs) {
        let ours = ours(file);
        for field in FIELDS {
            let (own, their) = (ours.get(field), theirs.get(field));
            compared += usize::from(own.is_some());
            // Of keys that are neither RSA nor of a curve they say nothing.
            let is_more = *field == "pubkey" && their.is_none() && case.key[1] == "ed25519";
            if own != their && !is_more {
                differences.push(format!("{} {field}:\n  ours   {own:?}\n  theirs {their:?}", case.name));
            }
        }
        let unknown: Vec<_> =
            theirs.as_object().unwrap().keys().filter(|name| !FIELDS.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "they have more: {unknown:?}");
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared > CASES.len() * 12, "{compared}");
}

#[test]
fn openssl_says_the_same() {
    let scratch = Scratch::new("openssl");
    for case in CASES {
        let file = make(&scratch.0, case);
        let x509 = |arguments: &[&str]| output("openssl", &[&["x509", "-noout", "-in", &file], arguments].concat());
        let ours = ours(&file);
        for (hash, field) in [("-sha1", "fingerprint"), ("-sha256", "fingerprint256"), ("-sha512", "fingerprint512")] {
            let shown = x509(&["-fingerprint", hash]);
            assert_eq!(shown.trim().split_once('=').unwrap().1, ours[field], "{} {field}", case.name);
        }
        if let Some(modulus) = ours.get("modulus") {
            assert_eq!(x509(&["-modulus"]).trim().strip_prefix("Modulus="), modulus.as_str());
        }
        let text = x509(&["-text"]);
        let has = |words: &str| assert!(text.contains(words), "{}: `{words}` is not in\n{text}", case.name);
        has(&format!("Not Before: {}", ours["valid_from"].as_str().unwrap()));
        has(&format!("Not After : {}", ours["valid_to"].as_str().unwrap()));
        has(&format!("Version: {} ", ours["version"]));
        let signature = ours["signatureAlgorithm"]["name"].as_str().unwrap();
        has(&format!("Signature Algorithm: {}", signature.trim_start_matches("id-").replace("Ed25519", "ED25519")));
        if let Some(curve) = ours.get("asn1Curve") {
            has(&format!("ASN1 OID: {}", curve.as_str().unwrap()));
        }
        if let Some(identifier) = ours["extensions"]["subjectKeyIdentifier"]["value"].as_str() {
            let pairs: Vec<_> =
                identifier.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap().to_uppercase()).collect();
            has(&pairs.join(":"));
        }
        // With the heading, where there are any.
        let known = ours["extensions"].as_object().unwrap().len();
        let lines = text.matches("X509v3 ").count() + text.matches("Authority Information Access").count();
        assert_eq!(lines, if known == 0 { 0 } else { known + 1 }, "{text}");
    }
}

/// A list of timestamps as the octets of RFC 6962 §3.3, read by OpenSSL and by us.
#[test]
fn timestamps() {
    // Version 1, a log of this name, 1,502,668,800,123 ms, no extensions, ECDSA with SHA-256, a signature of four octets.
    let log = "0123456789abcdef".repeat(4);
    let sct = format!("00{log}{:016x}0000040300040a0b0c0d", 1_502_668_800_123_u64);
    let len = sct.len() / 2;
    let list = format!("{:04x}{len:04x}{sct}", len + 2);
    let extensions = format!("1.3.6.1.4.1.11129.2.4.2=DER:04{:02x}{list}", list.len() / 2);
    let case =
        Case { name: "sct", key: &["-newkey", "ed25519"], subject: "/CN=x", extensions: extensions.leak(), more: &[] };
    let scratch = Scratch::new("sct");
    let file = make(&scratch.0, &case);
    let own = &ours(&file)["extensions"]["signedCertificateTimestampList"]["value"][0];
    assert_eq!(own["logId"], *log);
    assert_eq!((&own["timestamp"], &own["signature"]), (&"2017-08-14T00:00:00.123Z".into(), &"0a0b0c0d".into()));
    assert_eq!(own["signatureAlgorithm"], "ecdsa with sha256");
    let text = output("openssl", &["x509", "-noout", "-text", "-in", &file]);
    let words: String = text.split_whitespace().collect();
    let pairs = "01:23:45:67:89:AB:CD:EF:".repeat(4);
    for expected in [
        format!("LogID:{}", pairs.trim_end_matches(':')),
        "Timestamp:Aug1400:00:00.1232017GMT".to_string(),
        "Signature:ecdsa-with-SHA2560A:0B:0C:0D".to_string(),
    ] {
        assert!(words.contains(&expected), "`{expected}` is not in\n{text}");
    }
}
