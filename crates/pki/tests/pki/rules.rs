//! Every rule of a path, broken once and kept once.

use crate::common::*;
use handfast_crypto::{HashAlgorithm, KeyKind, SignatureAlgorithm};
use handfast_pki::cert::Version;
use handfast_pki::error::{AlertClass, Which};
use handfast_pki::extension::KeyUsage;
use handfast_pki::make::{Builder, Identity};
use handfast_pki::{Policy, Purpose, Rule, Trust};
use std::borrow::Cow;

const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
const TLS_FEATURE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 24];
const UNKNOWN: &[u8] = &[0x2a, 3, 4];
const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x30, 6, 6, 4, 0x55, 0x1d, 37, 0];
/// permitted dNSName host.test: it would even permit the name that is asked for.
const HOST_TEST_ONLY: &[u8] =
    &[0x30, 15, 0xa0, 13, 0x30, 11, 0x82, 9, b'h', b'o', b's', b't', b'.', b't', b'e', b's', b't'];
/// permitted dNSName othr.test, and excluded dNSName host.test.
const OTHER_TEST_ONLY: &[u8] =
    &[0x30, 15, 0xa0, 13, 0x30, 11, 0x82, 9, b'o', b't', b'h', b'r', b'.', b't', b'e', b's', b't'];
const NOT_HOST_TEST: &[u8] =
    &[0x30, 15, 0xa1, 13, 0x30, 11, 0x82, 9, b'h', b'o', b's', b't', b'.', b't', b'e', b's', b't'];
/// The policy 1.2.3.
const POLICY: &[u8] = &[0x30, 6, 0x30, 4, 6, 2, 0x2a, 3];
/// 1.2.3 is 1.2.4 here.
const MAPPING: &[u8] = &[0x30, 10, 0x30, 8, 6, 2, 0x2a, 3, 6, 2, 0x2a, 4];
/// requireExplicitPolicy, at once.
const EXPLICIT: &[u8] = &[0x30, 3, 0x80, 1, 0];
/// The codes of errors that are about the leaf, whoever above it makes the rule.
const LEAF_CODES: &[&str] = &["PERMITTED_VIOLATION", "EXCLUDED_VIOLATION", "NO_EXPLICIT_POLICY"];
const START: i64 = NOW as i64 - 1000;
const END: i64 = NOW as i64 + 1000;

#[test]
fn rules_of_the_leaf() {
    let ca = root(ca("Root"));
    for (what, leaf, expected) in [
        ("an ordinary server", server(), "OK"),
        ("an unknown extension", server().extension(UNKNOWN, false, &[5, 0]), "OK"),
        ("an unknown critical one", server().extension(UNKNOWN, true, &[5, 0]), "UNHANDLED_CRITICAL_EXTENSION"),
        ("policies", server().extension(CERTIFICATE_POLICIES, true, POLICY), "OK"),
        (
            "an empty list of policies",
            server().extension(CERTIFICATE_POLICIES, true, &[0x30, 0]),
            "INVALID_POLICY_EXTENSION",
        ),
        ("name constraints, critical", server().extension(NAME_CONSTRAINTS, true, HOST_TEST_ONLY), "OK"),
        ("name constraints on no CA", server().extension(NAME_CONSTRAINTS, false, HOST_TEST_ONLY), "OK"),
        // docs/regressions.md row 65
        ("no keyUsage", server().without(KEY_USAGE), "OK"),
        ("keyUsage without digitalSignature", server().key_usage(KeyUsage::KEY_AGREEMENT), "INVALID_PURPOSE"),
        ("malformed keyUsage", server().extension(KEY_USAGE, true, &[3, 0]), "CERT_REJECTED"),
        ("no extKeyUsage", server().without(EXTENDED_KEY_USAGE), "OK"),
        ("any extKeyUsage", server().extension(EXTENDED_KEY_USAGE, false, ANY_EXTENDED_KEY_USAGE), "INVALID_PURPOSE"),
        ("a client's extKeyUsage", server().purposes(&[Purpose::Client]), "INVALID_PURPOSE"),
        ("both purposes", server().purposes(&[Purpose::Client, Purpose::Server]), "OK"),
        ("empty extKeyUsage", server().purposes(&[]), "CERT_REJECTED"),
        ("a CA as server", server().basic_constraints(true, None), "OK"),
        ("malformed basicConstraints", server().extension(BASIC_CONSTRAINTS, true, &[5, 0]), "CERT_REJECTED"),
        (
            "an extension twice",
            server().extension_again(UNKNOWN, false, &[5, 0]).extension_again(UNKNOWN, false, &[5, 0]),
            "CERT_REJECTED",
        ),
        ("a negative serial number", server().serial(&[0x80]), "OK"),
        ("a serial number of 40 octets", server().serial(&[1; 40]), "OK"),
        ("an empty subject", server().subject_content(&[]), "OK"),
        ("a malformed name behind the one that matches", server().general_name(0xa2, b"x"), "CERT_REJECTED"),
    ] {
        let leaf = ca.issues(leaf);
        assert_eq!(code(&serve(&[&ca], &[&leaf])), expected, "{what}");
    }
}

/// docs/regressions.md row 65: a server's certificate makes no client, and the other way round.
#[test]
fn purposes_do_not_mix() {
    let ca = root(ca("Root"));
    let (server, client) = (ca.issues(server()), ca.issues(client()));
    assert_eq!(code(&serve(&[&ca], &[&server])), "OK");
    assert_eq!(code(&present(&[&ca], &[&client])), "OK");
    assert_eq!(code(&present(&[&ca], &[&server])), "INVALID_PURPOSE");
    // What a client staples nobody asks for, so its TLS features are not processed.
    let features = ca.issues(crate::common::client().extension(TLS_FEATURE, true, &[0x30, 3, 2, 1, 5]));
    assert_eq!(code(&present(&[&ca], &[&features])), "UNHANDLED_CRITICAL_EXTENSION");
    assert_eq!(code(&serve(&[&ca], &[&client])), "INVALID_PURPOSE");
}

#[test]
fn rules_of_an_intermediate() {
    let top = root(ca("Root"));
    let middle = || ca("Intermediate");
    for (what, builder, expected) in [
        ("an ordinary CA", middle(), "OK"),
        ("no CA", middle().basic_constraints(false, None), "INVALID_CA"),
        ("no basicConstraints", middle().without(BASIC_CONSTRAINTS), "INVALID_CA"),
        ("version 1", middle().version(Version::V1), "INVALID_CA"),
        ("basicConstraints not critical", middle().extension(BASIC_CONSTRAINTS, false, &[0x30, 3, 1, 1, 0xff]), "OK"),
        ("pathLen 0", middle().basic_constraints(true, Some(0)), "OK"),
        ("no keyUsage", middle().without(KEY_USAGE), "OK"),
        (
            "keyUsage without keyCertSign",
            middle().key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::CRL_SIGN),
            "INVALID_CA",
        ),
        ("expired", middle().valid(START, START), "CERT_HAS_EXPIRED"),
        ("not valid yet", middle().valid(END, END), "CERT_NOT_YET_VALID"),
        ("for servers", middle().purposes(&[Purpose::Server]), "OK"),
        ("for clients", middle().purposes(&[Purpose::Client]), "INVALID_PURPOSE"),
        ("for anything", middle().extension(EXTENDED_KEY_USAGE, false, ANY_EXTENDED_KEY_USAGE), "INVALID_PURPOSE"),
        ("an unknown critical extension", middle().extension(UNKNOWN, true, &[5, 0]), "UNHANDLED_CRITICAL_EXTENSION"),
        ("TLS features", middle().must_staple(), "OK"),
        // They demand something of the certificates below, and nobody looks.
        ("critical ones", middle().extension(TLS_FEATURE, true, &[0x30, 3, 2, 1, 5]), "UNHANDLED_CRITICAL_EXTENSION"),
        ("an unknown extension", middle().extension(UNKNOWN, false, &[5, 0]), "OK"),
        ("policies", middle().extension(CERTIFICATE_POLICIES, true, POLICY), "OK"),
        (
            "an empty list of policies",
            middle().extension(CERTIFICATE_POLICIES, true, &[0x30, 0]),
            "INVALID_POLICY_EXTENSION",
        ),
        ("name constraints, critical", middle().extension(NAME_CONSTRAINTS, true, HOST_TEST_ONLY), "OK"),
        // Critical or not: ignoring it would accept names that the CA was never meant to speak for.
        ("name constraints", middle().extension(NAME_CONSTRAINTS, false, HOST_TEST_ONLY), "OK"),
        ("other names, critical", middle().extension(NAME_CONSTRAINTS, true, OTHER_TEST_ONLY), "PERMITTED_VIOLATION"),
        ("other names", middle().extension(NAME_CONSTRAINTS, false, OTHER_TEST_ONLY), "PERMITTED_VIOLATION"),
        ("not this name", middle().extension(NAME_CONSTRAINTS, false, NOT_HOST_TEST), "EXCLUDED_VIOLATION"),
        ("malformed name constraints", middle().extension(NAME_CONSTRAINTS, true, &[5, 0]), "CERT_REJECTED"),
        ("policy mappings, critical", middle().extension(POLICY_MAPPINGS, true, MAPPING), "OK"),
        ("no policy mappings", middle().extension(POLICY_MAPPINGS, false, &[0x30, 0]), "INVALID_POLICY_EXTENSION"),
        ("policy constraints", middle().extension(POLICY_CONSTRAINTS, false, EXPLICIT), "NO_EXPLICIT_POLICY"),
        ("no policy constraints", middle().extension(POLICY_CONSTRAINTS, true, &[0x30, 0]), "INVALID_POLICY_EXTENSION"),
        ("inhibitAnyPolicy, critical", middle().extension(INHIBIT_ANY_POLICY, true, &[2, 1, 0]), "OK"),
    ] {
        let middle = top.issues(builder);
        let leaf = middle.issues(server());
        let result = serve(&[&top], &[&leaf, &middle]);
        assert_eq!(code(&result), expected, "{what}");
        if let Err(error) = result {
            let place = error.place().unwrap();
            let at = (place.which, place.depth, &*place.subject);
            let is_leaf = LEAF_CODES.contains(&expected);
            let blamed =
                if is_leaf { (Which::Peer(0), 0, "CN=host.test") } else { (Which::Peer(1), 1, "CN=Intermediate") };
            assert_eq!(at, blamed, "{what}");
            assert_eq!(place.issuer.as_deref(), Some(if is_leaf { "CN=Intermediate" } else { "CN=Root" }), "{what}");
        }
    }
}

/// A trust anchor given as a certificate stands by what that certificate says.
#[test]
fn rules_of_an_anchor() {
    let top = || ca("Root");
    for (what, builder, expected) in [
        ("an ordinary CA", top(), "OK"),
        ("no CA", top().basic_constraints(false, None), "INVALID_CA"),
        ("no basicConstraints", top().without(BASIC_CONSTRAINTS), "INVALID_CA"),
        ("version 1, which cannot say that it is a CA", top().version(Version::V1), "OK"),
        ("version 1, expired", top().version(Version::V1).valid(START, START), "CERT_HAS_EXPIRED"),
        ("pathLen 0", top().basic_constraints(true, Some(0)), "PATH_LENGTH_EXCEEDED"),
        ("pathLen 1", top().basic_constraints(true, Some(1)), "OK"),
        ("keyUsage without keyCertSign", top().key_usage(KeyUsage::DIGITAL_SIGNATURE), "INVALID_CA"),
        ("expired", top().valid(START, START), "CERT_HAS_EXPIRED"),
        ("for clients", top().purposes(&[Purpose::Client]), "INVALID_PURPOSE"),
        ("name constraints", top().extension(NAME_CONSTRAINTS, false, HOST_TEST_ONLY), "OK"),
        ("other names", top().extension(NAME_CONSTRAINTS, false, OTHER_TEST_ONLY), "PERMITTED_VIOLATION"),
        ("explicit policies", top().extension(POLICY_CONSTRAINTS, true, EXPLICIT), "NO_EXPLICIT_POLICY"),
    ] {
        let top = root(builder);
        let middle = top.issues(ca("Intermediate"));
        let leaf = middle.issues(server());
        let result = serve(&[&top], &[&leaf, &middle]);
        assert_eq!(code(&result), expected, "{what}");
        if let Err(error) = result {
            let which = if LEAF_CODES.contains(&expected) { Which::Peer(0) } else { Which::Anchor(0) };
            assert_eq!(error.place().unwrap().which, which, "{what}");
        }
    }
}

#[test]
fn path_length_counts_what_is_not_self_issued() {
    let top = root(ca("Root").basic_constraints(true, Some(1)));
    let one = top.issues(ca("One"));
    let two = one.issues(ca("Two"));
    assert_eq!(code(&serve(&[&top], &[&one.issues(server()), &one])), "OK");
    let result = serve(&[&top], &[&two.issues(server()), &two, &one]);
    assert_eq!(code(&result), "PATH_LENGTH_EXCEEDED");
    assert_eq!(*result.unwrap_err().rule(), Rule::PathLength(1));
    // RFC 5280 §4.2.1.9: One with a new key, certified by One, does not count.
    let renewed = one.issues(ca("One"));
    assert_eq!(code(&serve(&[&top], &[&renewed.issues(server()), &renewed, &one])), "OK");
    // The leaf is never counted, also if it could be a CA.
    let leaf = one.issues(server().basic_constraints(true, None));
    assert_eq!(code(&serve(&[&top], &[&leaf, &one])), "OK");
}

/// docs/regressions.md row 71: both ends of the validity are inside.
#[test]
fn validity_includes_both_ends() {
    let top = root(ca("Root"));
    let start = START;
    let leaf = top.issues(server().valid(start, END));
    let name = "host.test".try_into().unwrap();
    let anchors = anchors(&[&top]);
    let check = |time: i64| {
        let now = at(time.try_into().unwrap());
        handfast_pki::verify_server(&provider(), &anchors, &Policy::default(), &chain(&[&leaf]), &name, now)
    };
    assert_eq!(code(&check(start - 1)), "CERT_NOT_YET_VALID");
    assert_eq!(code(&check(start)), "OK");
    assert_eq!(code(&check(END)), "OK");
    assert_eq!(code(&check(END + 1)), "CERT_HAS_EXPIRED");
    assert_eq!(check(END + 1).unwrap_err().alert(), AlertClass::CertificateExpired);
    // The far end of UnixTime is a time like any.
    let now = at(u64::MAX);
    let result = handfast_pki::verify_server(&provider(), &anchors, &Policy::default(), &chain(&[&leaf]), &name, now);
    assert_eq!(code(&result), "CERT_HAS_EXPIRED");
}

/// docs/regressions.md row 71: a validity that cannot be read is an error of that field.
#[test]
fn broken_validity_is_named() {
    let top = root(ca("Root"));
    let good = [&[0x17, 13][..], b"270101000000Z"].concat();
    let bad = [&[0x17, 13][..], b"271301000000Z"].concat();
    let result = serve(&[&top], &[&top.issues(server().validity_der(&bad, &good))]);
    assert_eq!(code(&result), "ERROR_IN_CERT_NOT_BEFORE_FIELD");
    let result = serve(&[&top], &[&top.issues(server().validity_der(&good, &bad))]);
    assert_eq!(code(&result), "ERROR_IN_CERT_NOT_AFTER_FIELD");
}

#[test]
fn signatures() {
    let top = root(ca("Root"));
    let impostor = root(ca("Root"));
    let middle = top.issues(ca("Intermediate"));
    let leaf = middle.issues(server());
    assert_eq!(code(&serve(&[&top], &[&leaf, &middle])), "OK");
    assert_eq!(code(&serve(&[&impostor], &[&leaf, &middle])), "CERT_SIGNATURE_FAILURE");
    let leaf = tampered(leaf);
    assert_eq!(code(&serve(&[&top], &[&leaf, &middle])), "CERT_SIGNATURE_FAILURE");
    // Of another kind than the key: an Ed25519 signature under a P-256 key of the same name.
    let other = Identity::root(&provider(), ca("Intermediate"), KeyKind::Ed25519).unwrap();
    let result = serve(&[&top], &[&other.issues(server()), &middle]);
    assert_eq!(*result.unwrap_err().rule(), Rule::WrongSigner);
}

#[test]
fn every_kind_of_key_signs() {
    for kind in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Ed25519,
        KeyKind::MlDsa44,
        KeyKind::MlDsa65,
        KeyKind::MlDsa87,
    ] {
        let top = Identity::root(&provider(), ca("Root"), kind).unwrap();
        let middle = top.issue(&provider(), ca("Intermediate"), kind).unwrap();
        let leaf = middle.issue(&provider(), server(), kind).unwrap();
        let path = serve(&[&top], &[&leaf, &middle]).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert_eq!((path.certificates, path.trust), (vec![0, 1], Trust::Anchor(0)));
        assert_eq!(code(&serve(&[&top], &[&tampered(leaf), &middle])), "CERT_SIGNATURE_FAILURE", "{kind:?}");
    }
}

#[test]
fn the_policy_names_the_signatures() {
    let top = root(ca("Root"));
    let leaf = top.issues(server());
    let ecdsa = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
    let only = |algorithm| Policy { signatures: Cow::Owned(vec![algorithm]), ..Policy::default() };
    assert_eq!(code(&serve_with(&only(ecdsa), &[&top], &[&leaf])), "OK");
    let result = serve_with(&only(SignatureAlgorithm::Ed25519), &[&top], &[&leaf]);
    assert_eq!(*result.as_ref().unwrap_err().rule(), Rule::RefusedSignature(ecdsa));
    assert_eq!(result.as_ref().unwrap_err().place().unwrap().which, Which::Peer(0));
    assert_eq!(code(&result), "CA_MD_TOO_WEAK");
    // The anchor's own signature is nobody's concern.
    let top = Identity::root(&provider(), ca("Root"), KeyKind::Ed25519).unwrap();
    assert_eq!(code(&serve_with(&only(SignatureAlgorithm::Ed25519), &[&top], &[&top.issues(server())])), "OK");
}

/// docs/regressions.md rows 58 and 64: a leaf's key is refused before its owner can use it.
#[test]
fn unusable_keys() {
    let top = root(ca("Root"));
    let rsa_1024 = [
        &[0x30, 0x81, 0x9f, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 3, 0x81, 0x8d, 0][..],
        &[0x30, 0x81, 0x89, 2, 0x81, 0x81, 0],
        &[0xff; 128],
        &[2, 3, 1, 0, 1],
    ]
    .concat();
    let dsa = [0x30, 15, 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1, 3, 2, 0, 5];
    for (spki, leaf, issuer) in [
        (&rsa_1024[..], "EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL"),
        (&dsa, "CERT_REJECTED", "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY"),
        (&[0x30, 0], "CERT_REJECTED", "CERT_REJECTED"),
    ] {
        let weak = top.issues(server().spki(spki));
        assert_eq!(code(&serve(&[&top], &[&weak])), leaf);
        assert_eq!(handfast_pki::leaf_key(&weak.certificate).unwrap_err().code(), leaf);
        let weak = top.issues(ca("Weak").spki(spki));
        assert_eq!(code(&serve(&[&top], &[&weak.issues(server()), &weak])), issuer);
    }
}

#[test]
fn a_key_belongs_to_its_certificate() {
    let (one, other) = (root(server()), root(server()));
    assert!(handfast_pki::key_matches(&one.certificate, one.key.public_key()));
    assert!(!handfast_pki::key_matches(&one.certificate, other.key.public_key()));
    assert!(!handfast_pki::key_matches(&vec![0x30, 0].into(), one.key.public_key()));
    assert_eq!(&handfast_pki::leaf_key(&one.certificate).unwrap(), one.key.public_key());
}

#[test]
fn no_certificate_and_no_certificate_at_all() {
    let top = root(ca("Root"));
    assert_eq!(serve(&[&top], &[]).unwrap_err().to_string(), "there is no certificate");
    let name = "host.test".try_into().unwrap();
    let garbage = [vec![1, 2, 3].into()];
    let result =
        handfast_pki::verify_server(&provider(), &anchors(&[&top]), &Policy::default(), &garbage, &name, now());
    assert_eq!(result.unwrap_err().to_string(), "certificate 0 (unread): its outer structure is malformed");
}

/// docs/regressions.md row 61: a common name is never a host name.
#[test]
fn the_common_name_does_not_count() {
    let top = root(ca("Root"));
    let no_san = top.issues(Builder::client("host.test", now()).purposes(&[Purpose::Server]));
    let result = serve(&[&top], &[&no_san]);
    assert_eq!(code(&result), "HOSTNAME_MISMATCH");
    assert_eq!(
        result.unwrap_err().to_string(),
        "certificate 0 (CN=host.test): it does not speak for host.test: it names no host"
    );
    // Nor beside a name of whatever form: a service (RFC 4985), mail, a registered number, one that is very long.
    let srv = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x07\xa0\x12\x16\x10_imap.host.test.";
    let common_name = b"\x30\x14\x31\x12\x30\x10\x06\x03\x55\x04\x03\x0c\x09host.test";
    for (what, tag, name) in [
        ("a URI", 0x86, &b"https://host.test"[..]),
        ("a service", 0xa0, srv),
        ("mail", 0x81, b"me@host.test"),
        ("an address", 0x87, &[192, 0, 2, 1]),
        ("a directory name", 0xa4, common_name),
        ("a registered number", 0x88, &[0x2a, 3]),
        ("a host of 70,000 letters", 0x82, &[b'a'; 70_000]),
        ("no letter", 0x82, b""),
    ] {
        let leaf = Builder::client("host.test", now()).purposes(&[Purpose::Server]).general_name(tag, name);
        assert_eq!(code(&serve(&[&top], &[&top.issues(leaf)])), "HOSTNAME_MISMATCH", "{what}");
    }
}

/// docs/regressions.md row 59: ten thousand constraints meet ten thousand names, and the search gives up.
#[test]
fn many_constraints_on_many_names() {
    let subtrees: Vec<u8> = (10_000..20_000u32)
        .flat_map(|at| [&[0x30, 9, 0x82, 7, b'x', b'.'][..], at.to_string().as_bytes()].concat())
        .collect();
    let long =
        |tag: u8, content: &[u8]| [&[tag, 0x83][..], &(content.len() as u32).to_be_bytes()[1..], content].concat();
    let constraints = long(0x30, &long(0xa1, &subtrees));
    let top = root(ca("Root"));
    let middle = top.issues(ca("Middle").extension(NAME_CONSTRAINTS, true, &constraints));
    let mut builder = server();
    for at in 0..10_000 {
        builder = builder.dns(&format!("{at}.test"));
    }
    let error = serve(&[&top], &[&middle.issues(builder), &middle]).unwrap_err();
    assert_eq!(error.rule(), &Rule::Budget);
    assert!(error.to_string().len() <= 1024);
}

/// docs/regressions.md rows 31, 63 and 90: 64 KiB of names, and an error that is small and plain.
#[test]
fn many_hostile_names() {
    let top = root(ca("Root"));
    let mut builder = Builder::client("\u{1b}]0;owned\u{7}\u{202e}", now()).purposes(&[Purpose::Server]);
    for at in 0..4000 {
        builder = builder.dns(&format!("*.{at}\0\u{1b}[2J.test"));
    }
    let leaf = top.issues(builder.clone());
    assert!(leaf.certificate.len() > 64 * 1024);
    let error = serve(&[&top], &[&leaf]).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), "HOSTNAME_MISMATCH");
    assert!(text.len() <= 1024);
    assert!(text.contains("and 3996 more"), "{text}");
    assert!(text.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{text}");
    // The last of them is found like the first.
    assert_eq!(code(&serve(&[&top], &[&top.issues(builder.dns("host.test"))])), "OK");
}
