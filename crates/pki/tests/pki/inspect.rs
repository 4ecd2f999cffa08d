//! What is said of a certificate, in all its fields, and of one that is broken.

use crate::common::{Issue, ca, now, provider, root, server};
use handfast_crypto::KeyKind;
use handfast_pki::cert::Version;
use handfast_pki::crl::Crl;
use handfast_pki::extension::KeyUsage;
use handfast_pki::inspect::{self, Pin, Value};
use handfast_pki::make::{Builder, CrlBuilder, Identity, OcspBuilder, OcspEntry};
use handfast_pki::ocsp::{Response, Status};
use handfast_pki::sct::Sct;
use handfast_pki::subject::Name;
use handfast_pki::{Certificate, Description, Reason, Rule};
use pki_types::CertificateDer;
use serde_json::{Value as Json, json};

fn parse(identity: &Identity) -> Certificate<'_> {
    Certificate::parse(&identity.certificate).unwrap()
}

fn describe(identity: &Identity) -> Description {
    Description::of(&parse(identity), &provider())
}

fn json(identity: &Identity) -> Json {
    serde_json::to_value(describe(identity)).unwrap()
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&[tag, u8::try_from(content.len()).unwrap()][..], &content].concat()
}

/// An extension of id-ce.
fn ce(number: u8) -> [u8; 3] {
    [0x55, 0x1d, number]
}

/// A list of one timestamp, as it stands in an extension.
fn scts() -> Vec<u8> {
    let sct = [&[0][..], &[7; 32], &1_502_668_800_123_u64.to_be_bytes(), &[0, 0, 4, 3, 0, 2, 0xa, 0xb]].concat();
    let len = |len: usize| u16::try_from(len).unwrap().to_be_bytes();
    let list = [&len(sct.len() + 2)[..], &len(sct.len()), &sct].concat();
    tlv(4, &[&list])
}

const SCT_LIST: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2];
const TLS_FEATURE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 24];
const ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
const OCSP: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 48, 1];

/// A certificate with everything.
fn full() -> Builder {
    let place = tlv(0x30, &[OCSP, &tlv(0x86, &[b"http://o.test"])]);
    let point = tlv(0x30, &[&tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[b"http://c.test"])])]), &[0x81, 2, 6, 0x40]]);
    let cps = tlv(0x30, &[&[6, 8, 0x2b, 6, 1, 5, 5, 7, 2, 1], &tlv(0x16, &[b"http://p.test"])]);
    let notice = tlv(0x30, &[&[6, 8, 0x2b, 6, 1, 5, 5, 7, 2, 2], &tlv(0x30, &[&tlv(0x0c, &[b"read it"])])]);
    let policy = tlv(0x30, &[&[6, 6, 0x67, 0x81, 0x0c, 1, 2, 1], &tlv(0x30, &[&cps, &notice])]);
    let permitted = tlv(0xa0, &[&tlv(0x30, &[&tlv(0x82, &[b".test"])])]);
    let excluded = tlv(0xa1, &[&tlv(0x30, &[&tlv(0x87, &[&[10, 0, 0, 0, 255, 0, 0, 0]])])]);
    Builder::server(&["a.test", "192.0.2.1"], now())
        .valid(1_502_668_800, 1_800_000_000)
        .serial(&[0x00, 0xb9, 0x0a])
        .key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::CRL_SIGN)
        .basic_constraints(true, Some(3))
        .extension(ACCESS, false, &tlv(0x30, &[&place, &place]))
        .extension(&ce(31), false, &tlv(0x30, &[&point]))
        .extension(&ce(32), false, &tlv(0x30, &[&policy]))
        .extension(&ce(30), true, &tlv(0x30, &[&permitted, &excluded]))
        .extension(&ce(36), true, &[0x30, 3, 0x80, 1, 2])
        .extension(&ce(54), true, &[2, 1, 1])
        .extension(TLS_FEATURE, false, &[0x30, 6, 2, 1, 5, 2, 1, 9])
        .extension(SCT_LIST, false, &scts())
        .extension(&[0x2a, 3, 4], true, b"\xff\x00")
}

#[test]
fn every_field() {
    let own = root(ca("Root")).issues(full());
    let json = json(&own);
    let at = |pointer: &str| json.pointer(pointer).cloned().unwrap_or(Json::Null);
    for (pointer, value) in [
        ("/subject", json!({ "CN": "a.test" })),
        ("/issuer", json!({ "CN": "Root" })),
        ("/subjectaltname", json!("DNS:a.test, IP Address:192.0.2.1")),
        ("/infoAccess", json!({ "OCSP - URI": ["http://o.test", "http://o.test"] })),
        // keyUsage forbids what basicConstraints say.
        ("/ca", json!(false)),
        ("/valid_from", json!("Aug 14 00:00:00 2017 GMT")),
        ("/valid_to", json!("Jan 15 08:00:00 2027 GMT")),
        ("/serialNumber", json!("B90A")),
        ("/version", json!(3)),
        ("/bits", json!(256)),
        ("/asn1Curve", json!("prime256v1")),
        ("/nistCurve", json!("P-256")),
        ("/keyAlgorithm", json!({ "name": "id-ecPublicKey", "oid": "1.2.840.10045.2.1" })),
        ("/signatureAlgorithm", json!({ "name": "ecdsa-with-SHA256", "oid": "1.2.840.10045.4.3.2" })),
        ("/ext_key_usage", json!(["1.3.6.1.5.5.7.3.1"])),
        ("/selfIssued", json!(false)),
        ("/mustStaple", json!(true)),
        ("/extensions/keyUsage/value", json!(["digitalSignature", "cRLSign"])),
        ("/extensions/extKeyUsage/value", json!(["serverAuth"])),
        ("/extensions/basicConstraints/value", json!({ "ca": true, "pathLength": 3 })),
        ("/extensions/subjectAltName/value", json!(["DNS:a.test", "IP Address:192.0.2.1"])),
        (
            "/extensions/cRLDistributionPoints/value",
            json!([{ "names": ["URI:http://c.test"], "reasons": ["keyCompromise"] }]),
        ),
        (
            "/extensions/certificatePolicies/value",
            json!([{
                "policy": "2.23.140.1.2.1",
                "name": "domain-validated",
                "cps": ["http://p.test"],
                "notice": ["read it"],
            }]),
        ),
        (
            "/extensions/nameConstraints",
            json!({
                "oid": "2.5.29.30",
                "critical": true,
                "value": { "permitted": ["DNS:.test"], "excluded": ["IP Address:10.0.0.0/255.0.0.0"] },
            }),
        ),
        ("/extensions/policyConstraints/value", json!({ "requireExplicitPolicy": 2 })),
        ("/extensions/inhibitAnyPolicy/value", json!(1)),
        ("/extensions/tlsFeature/value", json!(["status_request", 9])),
        ("/extensions/signedCertificateTimestampList/value/0/timestamp", json!("2017-08-14T00:00:00.123Z")),
        ("/extensions/signedCertificateTimestampList/value/0/logId", json!("07".repeat(32))),
        ("/extensions/signedCertificateTimestampList/value/0/signature", json!("0a0b")),
        ("/extensions/1.2.3.4", json!({ "oid": "1.2.3.4", "critical": true, "value": "ff00" })),
        ("/issuerCertificate", Json::Null),
    ] {
        assert_eq!(at(pointer), value, "{pointer} of {json:#}");
    }
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    assert_eq!(at("/raw"), hex(&own.certificate));
    assert_eq!(at("/pubkey"), hex(&own.key.public_key().bytes));
    let identifier = parse(&own).subject_key_identifier().unwrap().unwrap();
    assert_eq!(at("/extensions/subjectKeyIdentifier/value"), hex(identifier));
    let identifier = parse(&own).authority_key_identifier().unwrap().unwrap();
    assert_eq!(at("/extensions/authorityKeyIdentifier/value"), json!({ "keyIdentifier": hex(identifier) }));
    assert_eq!(parse(&own).scts().unwrap().len(), 1);
}

/// What has no meaning here is described as that, and all else as ever.
#[test]
fn broken_parts_stand_in_nobodys_way() {
    let broken = Builder::client("somebody", now())
        .subject_content(&[0x31, 9])
        .extension(&ce(15), true, &[3, 0])
        .extension(&ce(17), false, &[0x30, 4, 0x82, 9, b'a', b'b'])
        .extension(&ce(19), true, b"")
        .extension(&ce(37), false, &[0x30, 0])
        .extension(ACCESS, false, &[0x30, 0])
        .extension(SCT_LIST, false, &scts()[..20])
        .extension(TLS_FEATURE, false, &[5, 0])
        .spki(&[0x30, 4, 0x30, 0, 3, 0]);
    let own = root(ca("Root")).issues(broken);
    let json = json(&own);
    assert_eq!(json["subject"], json!({ "error": "its name is malformed" }));
    assert_eq!(json["issuer"], json!({ "CN": "Root" }));
    assert_eq!(json["keyError"], "its subjectPublicKeyInfo is malformed");
    assert_eq!(json["pubkey"], "30043000".to_string() + "0300");
    for (name, error, value) in [
        ("keyUsage", "its keyUsage is malformed", "0300"),
        ("subjectAltName", "its generalNames is malformed", "300482096162"),
        ("basicConstraints", "its basicConstraints is malformed", ""),
        ("extKeyUsage", "its extKeyUsage is malformed", "3000"),
        ("authorityInfoAccess", "its infoAccess is malformed", "3000"),
        ("tlsFeature", "its TLS features is malformed", "0500"),
    ] {
        assert_eq!(json["extensions"][name]["error"], error, "{name}: {json:#}");
        assert_eq!(json["extensions"][name]["value"], value, "{name}");
    }
    assert_eq!(
        json["extensions"]["signedCertificateTimestampList"]["error"],
        "its SignedCertificateTimestampList is malformed"
    );
    for absent in ["subjectaltname", "infoAccess", "ext_key_usage", "bits", "modulus", "asn1Curve"] {
        assert_eq!(json.get(absent), None, "{absent}");
    }
    assert_eq!((&json["ca"], &json["mustStaple"]), (&json!(false), &json!(false)));
    let text = describe(&own).to_string();
    assert!(text.contains("keyUsage, critical, unreadable: its keyUsage is malformed"), "{text}");
}

/// Whatever octet is another one: what still is a certificate is described, in bounds.
#[test]
fn any_octet_may_be_wrong() {
    let own = root(ca("Root")).issues(full());
    let mut described = 0;
    for at in 0..own.certificate.len() {
        for flip in [1, 0x20, 0x80, 0xff] {
            let mut der = own.certificate.to_vec();
            der[at] ^= flip;
            let Ok(certificate) = Certificate::parse(&der) else { continue };
            let description = Description::of(&certificate, &provider());
            assert_eq!(description.raw, der);
            assert!(serde_json::to_string(&description).is_ok());
            assert!(description.to_string().len() < 64 * 1024);
            described += 1;
        }
    }
    assert!(described > own.certificate.len(), "{described}");
}

#[test]
fn for_people() {
    let own = root(ca("Root")).issues(full());
    let text = describe(&own).to_string();
    for line in [
        "subject        CN=a.test",
        "issuer         CN=Root",
        "serial number  B90A",
        "valid from     2017-08-14T00:00:00Z",
        "key            id-ecPublicKey, P-256 (prime256v1), 256 bits",
        "signature      ecdsa-with-SHA256 (1.2.840.10045.4.3.2)",
        "  keyUsage, critical",
        "    digitalSignature",
        "    ca          yes",
        "    pathLength  3",
        "    DNS:a.test",
    ] {
        assert!(text.lines().any(|own| own == line), "`{line}` is missing in\n{text}");
    }
}

/// docs/regressions.md row 90: in no form of a name is there anything that a terminal would act on.
#[test]
fn hostile_names_are_escaped() {
    let evil = "\u{1b}]0;x\u{7}<script>\u{202e}\r\n";
    let common_name = tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, 3], &tlv(0x0c, &[evil.as_bytes()])])]);
    let directory = tlv(0x30, &[&common_name]);
    let own = root(ca("Root")).issues(
        server()
            .subject_content(&common_name)
            .general_name(0x82, evil.as_bytes())
            .general_name(0x86, evil.as_bytes())
            .general_name(0xa4, &directory),
    );
    let description = describe(&own);
    let text = description.to_string();
    let harmless = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
    assert!(text.chars().all(harmless), "{text:?}");
    assert!(text.contains("CN=\\u{1b}]0\\;x\\u{7}\\<script\\>\\u{202e}\\r\\n"), "{text}");
    // In a list on one line they are one name each.
    let names = description.subject_alt_name.unwrap();
    assert!(!names.contains(['\u{1b}', '\r', '\n', '\u{7}']), "{names:?}");
    assert!(names.contains("DNS:\"\\u001b]0;x\\u0007<script>\\u00e2\\u0080\\u00ae\\u000d\\u000a\""), "{names}");
    // A program gets what is there.
    assert_eq!(description.subject.get("CN"), Some(&Value::text(evil)));
}

#[test]
fn serial_numbers_have_a_sign() {
    for (content, shown) in [
        (&[0][..], "0"),
        (&[1], "01"),
        (&[0x7f], "7F"),
        (&[0, 0x80], "80"),
        (&[0x80], "-80"),
        (&[0xff], "-01"),
        (&[0xff, 0], "-0100"),
        (&[0x85, 0, 1], "-7AFFFF"),
    ] {
        assert_eq!(describe(&root(ca("Root").serial(content))).serial_number, shown);
    }
}

#[test]
fn versions() {
    let own = root(ca("Root").version(Version::V1));
    let json = json(&own);
    assert_eq!((&json["version"], &json["extensions"], &json["ca"]), (&json!(1), &json!({}), &json!(false)));
    assert_eq!(json["selfIssued"], true);
}

/// The pin that is shown is the one that a path is found by.
#[test]
fn pins() {
    use handfast_pki::{Anchors, Policy, Trust, verify_server};
    let own = root(server());
    let pin: Pin = describe(&own).key.pin.unwrap().to_string().parse().unwrap();
    let mut anchors = Anchors::new();
    anchors.pin(pin.0);
    let name = "host.test".try_into().unwrap();
    let path = verify_server(&provider(), &anchors, &Policy::default(), &[own.certificate], &name, now()).unwrap();
    assert_eq!(path.trust, Trust::Pin(0));
}

fn chain(identities: &[&Identity]) -> Vec<CertificateDer<'static>> {
    identities.iter().map(|identity| identity.certificate.clone()).collect()
}

/// The subjects from the leaf upwards.
fn subjects(chain: &[CertificateDer<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    let first = Description::of_chain(chain, &provider()).unwrap();
    let mut next = Some(&first);
    while let Some(own) = next {
        let Some(Value::Text(name)) = own.subject.get("CN") else { panic!("a name") };
        all.push(name.clone());
        next = own.issuer_certificate.as_deref();
    }
    all
}

#[test]
fn chains() {
    let root = root(ca("Root"));
    let middle = root.issues(ca("Middle"));
    let leaf = middle.issues(server());
    let stranger = crate::common::root(ca("Middle"));
    // In any order, with a stranger of the same name and what cannot be read.
    let mut all = chain(&[&leaf, &stranger, &root, &middle]);
    all.insert(1, CertificateDer::from(vec![1, 2, 3]));
    assert_eq!(subjects(&all), ["host.test", "Middle", "Root"]);
    let nested = serde_json::to_value(Description::of_chain(&all, &provider()).unwrap()).unwrap();
    assert_eq!(nested["issuerCertificate"]["fingerprint256"], json(&middle)["fingerprint256"]);
    assert_eq!(nested["issuerCertificate"]["issuerCertificate"].get("issuerCertificate"), None);
    // Without a certificate that is missing, up to there.
    assert_eq!(subjects(&chain(&[&leaf, &root])), ["host.test"]);
    // A CA of the right name that has another key than the one that signed has issued nothing.
    assert_eq!(subjects(&chain(&[&leaf, &stranger])), ["host.test"]);
    // A CA that has changed keys is issued by itself, under the old one.
    let renewed = root.issues(ca("Root"));
    let below = renewed.issues(server());
    assert_eq!(subjects(&chain(&[&below, &root, &renewed])), ["host.test", "Root", "Root"]);
    // A root points at nothing, not even at itself.
    assert_eq!(subjects(&chain(&[&root, &root])), ["Root"]);
    assert_eq!(Description::of_chain(&[], &provider()), Err(Rule::EmptyChain));
    assert_eq!(
        Description::of_chain(&[CertificateDer::from(vec![1])], &provider()),
        Err(Rule::Malformed("outer structure"))
    );
}

/// Two CAs that have issued each other, and very many of one name.
#[test]
fn chains_end() {
    let a = root(ca("A").without_key_identifiers());
    let issued = |issuer: &str, subject: &str| {
        let name = parse_name(issuer);
        a.issues(ca(subject).issuer(Name::new(&name)).without_key_identifiers())
    };
    let (first, second) = (issued("B", "A"), issued("A", "B"));
    let leaf = issued("A", "leaf");
    assert_eq!(subjects(&chain(&[&leaf, &first, &second, &first, &second])), ["leaf", "A", "B"]);
    let ladder: Vec<_> = (0..100).map(|at| issued(&format!("n{}", at + 1), &format!("n{at}"))).collect();
    assert_eq!(subjects(&chain(&ladder.iter().collect::<Vec<_>>())).len(), 33);
}

fn parse_name(common_name: &str) -> Vec<u8> {
    tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, 3], &tlv(0x0c, &[common_name.as_bytes()])])])
}

#[test]
fn keys_of_all_kinds() {
    for (kind, shown) in [
        (KeyKind::P384, "id-ecPublicKey, P-384 (secp384r1), 384 bits"),
        (KeyKind::P521, "id-ecPublicKey, P-521 (secp521r1), 521 bits"),
        (KeyKind::Ed25519, "id-Ed25519"),
    ] {
        let own = Identity::root(&provider(), ca("Root"), kind).unwrap();
        assert_eq!(describe(&own).key.summary(), shown);
    }
    // An RSA key that is too small to be used.
    let small = include_bytes!("../data/rsa-1024.spki");
    let own = root(ca("Root")).issues(server().spki(small));
    assert_eq!(parse(&own).public_key(), Err(Rule::RsaSize(1024)));
    let json = json(&own);
    assert_eq!((&json["bits"], &json["exponent"]), (&json!(1024), &json!("0x10001")));
    assert_eq!(json["modulus"].as_str().unwrap().len(), 256);
    assert_eq!(parse(&own).key_details().unwrap().bits(), Some(1024));
    // A key and a curve that nobody knows.
    let unknown = tlv(0x30, &[&tlv(0x30, &[&[6, 3, 0x2a, 9, 9]]), &[3, 2, 0, 7]]);
    let own = root(ca("Root")).issues(server().spki(&unknown));
    assert_eq!(describe(&own).key.summary(), "unknown, 1.2.9.9");
}

#[test]
fn revocation_lists() {
    let root = root(ca("Root"));
    let list = (1..=5_u8).fold(CrlBuilder::new(now()), |list, serial| {
        list.revoke(&[serial], 1_502_668_800, (serial == 1).then_some(Reason::KeyCompromise))
    });
    let der = list.signed_by(&provider(), &root).unwrap();
    let json = serde_json::to_value(inspect::crl(&Crl::parse(&der).unwrap(), 2)).unwrap();
    assert_eq!((&json["issuer"], &json["count"]), (&json!({ "CN": "Root" }), &json!(5)));
    assert_eq!(
        json["entries"],
        json!([
            { "serialNumber": "01", "revocationDate": "Aug 14 00:00:00 2017 GMT", "reason": "keyCompromise" },
            { "serialNumber": "02", "revocationDate": "Aug 14 00:00:00 2017 GMT" },
        ])
    );
    assert!(json["number"].is_string() && json["nextUpdate"].is_string(), "{json:#}");
}

#[test]
fn ocsp_responses() {
    let root = root(ca("Root"));
    let leaf = root.issues(server().serial(&[9]));
    let entry = OcspEntry::good(&provider(), &parse(&leaf), &parse(&root), now()).unwrap();
    let at = handfast_pki::time::Time::from_unix(1_502_668_800);
    let status = Status::Revoked { at, reason: Some(Reason::Superseded) };
    let der = OcspBuilder::new(now()).entry(entry.status(status)).signed_by(&provider(), &root).unwrap();
    let response = Response::parse(&der).unwrap();
    assert_eq!(response.responses()[0].scts(), Ok(Vec::<Sct<'_>>::new()));
    let json = serde_json::to_value(inspect::ocsp(&response)).unwrap();
    let one = &json["responses"][0];
    assert_eq!((&one["status"], &one["reason"]), (&json!("revoked"), &json!("superseded")));
    assert_eq!((&one["serialNumber"], &one["revocationTime"]), (&json!("09"), &json!("Aug 14 00:00:00 2017 GMT")));
}

#[test]
fn more_extensions_than_anybody_has() {
    let oid = |at: u16| [0x2a, 0x81 + (at >> 7) as u8, (at & 0x7f) as u8];
    let many = (0..600).fold(server(), |own, at| own.extension(&oid(at), false, b""));
    let own = root(ca("Root")).issues(many);
    assert!(parse(&own).extensions().len() > Description::MAX_EXTENSIONS);
    assert_eq!(describe(&own).extensions.len(), Description::MAX_EXTENSIONS);
}

/// All roots that there are.
#[test]
fn every_root_is_described() {
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        let own = Description::of(&Certificate::parse(root).unwrap(), &provider());
        assert!(own.ca || own.version < 3, "{own}");
        let broken: Vec<_> = own.extensions.iter().filter(|extension| extension.error.is_some()).collect();
        assert!(broken.is_empty(), "{broken:?}");
        assert!(own.subject.get("error").is_none() && own.key.error.is_none());
    }
}
