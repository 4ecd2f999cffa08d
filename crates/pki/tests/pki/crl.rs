//! Certificate revocation lists: what they say, when they are believed, and what happens when they are not.

use crate::common::*;
use handfast_crypto::{HashAlgorithm, KeyKind, SignatureAlgorithm};
use handfast_pki::crl::Crl;
use handfast_pki::crls::{NoCrl, Reason as Skip};
use handfast_pki::extension::KeyUsage;
use handfast_pki::issuer::Issuer;
use handfast_pki::make::{Builder, CrlBuilder, Identity};
use handfast_pki::policy::{Budget, SIGNATURES};
use handfast_pki::revocation::Verdict;
use handfast_pki::time::Time;
use handfast_pki::{Certificate, Crls, Policy, Reason, Revocation, Rule, pem};
use std::sync::Arc;

const FIXTURE: &[u8] = include_bytes!("../data/revoked.pem");

const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 27];
pub(crate) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];
const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 46];
const UNKNOWN: &[u8] = &[0x2a, 3, 4];

pub(crate) const SERIAL: &[u8] = &[0x12, 0x34];
const NOW_TIME: Time = Time::from_unix(NOW as i64);
pub(crate) const PAST: i64 = NOW as i64 - 5_000;

/// DER with a short length.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    assert!(content.len() < 0x80);
    [&[tag, u8::try_from(content.len()).unwrap()], &*content].concat()
}

fn issuer(ca: &Identity) -> Issuer<'_> {
    let certificate = Certificate::parse(&ca.certificate).unwrap();
    Issuer {
        name: certificate.subject(),
        key: certificate.public_key().unwrap(),
        key_usage: certificate.key_usage().unwrap(),
        key_identifier: certificate.subject_key_identifier().unwrap(),
    }
}

/// Lists as they are given, usable or not.
pub(crate) fn lists(crls: &[Vec<u8>]) -> Revocation {
    let mut set = Crls::new();
    for crl in crls {
        let _ = set.add(crl);
    }
    Revocation::new(Arc::new(set))
}

pub(crate) fn accepting(crls: &[Vec<u8>]) -> Revocation {
    Revocation { unknown: Verdict::Accept, ..lists(crls) }
}

fn check_at(revocation: &Revocation, ca: &Identity, leaf: &Identity, now: Time) -> Result<(), Rule> {
    let certificate = Certificate::parse(&leaf.certificate).unwrap();
    let is_ca = certificate.basic_constraints().unwrap().is_some_and(|constraints| constraints.ca);
    let mut budget = Budget::new(&Policy::default());
    revocation.check(&certificate, is_ca, &issuer(ca), now, &provider(), SIGNATURES, &mut budget).map(drop)
}

pub(crate) fn check(revocation: &Revocation, ca: &Identity, leaf: &Identity) -> Result<(), Rule> {
    check_at(revocation, ca, leaf, NOW_TIME)
}

pub(crate) fn crl() -> CrlBuilder {
    CrlBuilder::new(now())
}

pub(crate) fn sign(builder: CrlBuilder, ca: &Identity) -> Vec<u8> {
    builder.signed_by(&provider(), ca).unwrap()
}

/// A CA, and a server with the serial number [`SERIAL`].
pub(crate) fn pair() -> (Identity, Identity) {
    let ca = root(ca("Root"));
    let leaf = ca.issues(server().serial(SERIAL));
    (ca, leaf)
}

pub(crate) fn revoked(reason: Option<Reason>) -> Result<(), Rule> {
    Err(Rule::Revoked { at: Time::from_unix(PAST), reason })
}

#[test]
fn a_listed_certificate_is_revoked() {
    let (ca, leaf) = pair();
    let others = || [&[0x12][..], &[0x12, 0x33], &[0x12, 0x35], &[0x7f], &[1, 0, 0], &[0xfb], &[0x12, 0x34, 0]];
    let with_others = || others().into_iter().fold(crl(), |crl, serial| crl.revoke(serial, PAST, None));
    let hold = Some(Reason::CertificateHold);
    for (what, builder, expected) in [
        ("an empty list", crl(), Ok(())),
        ("others", with_others(), Ok(())),
        ("listed", with_others().revoke(SERIAL, PAST, None), revoked(None)),
        ("alone", crl().revoke(SERIAL, PAST, Some(Reason::KeyCompromise)), revoked(Some(Reason::KeyCompromise))),
        ("on hold", with_others().revoke(SERIAL, PAST, hold), revoked(hold)),
        ("twice", crl().revoke(SERIAL, PAST - 9, hold).revoke(SERIAL, PAST, None), revoked(None)),
        ("version 1, good", crl().version_der(&[]).without_extensions(), Ok(())),
        ("version 1", crl().version_der(&[]).without_extensions().revoke(SERIAL, PAST, None), revoked(None)),
        ("an unknown extension", crl().extension(UNKNOWN, false, &[5, 0]), Ok(())),
        ("freshestCRL", crl().extension(FRESHEST_CRL, false, &[5, 0]), Ok(())),
        ("a number of 20 octets", crl().number(&[0x7f; 20]), Ok(())),
        ("zero as a number", crl().number(&[0]), Ok(())),
        (
            "an unknown entry extension",
            crl().revoke_with(
                SERIAL,
                PAST,
                &[(UNKNOWN, false, &[5, 0]), (INVALIDITY_DATE, false, b"\x18\x0f20270101000000Z")],
            ),
            revoked(None),
        ),
    ] {
        assert_eq!(check(&lists(&[sign(builder, &ca)]), &ca, &leaf), expected, "{what}");
    }
}

/// docs/regressions.md row 66. What cannot be used is refused when it is loaded, and so are the certificates it may be about,
/// also where a certificate without any list is accepted.
#[test]
fn a_list_that_cannot_be_used() {
    let (ca, leaf) = pair();
    let other = root(Builder::ca("Other", now()));
    let point = |parts: &[&[u8]]| crl().extension(ISSUING_DISTRIBUTION_POINT, true, &tlv(0x30, parts));
    let entry = |oid: &[u8], critical: bool, der: &[u8]| crl().revoke_with(&[1], PAST, &[(oid, critical, der)]);
    let time: &[u8] = b"\x17\x0d270101000000Z";
    let malformed = |field| Rule::CrlMalformed(field);
    for (what, builder, rule) in [
        ("a delta", crl().extension(DELTA_CRL_INDICATOR, true, &[2, 1, 1]), Rule::CrlScope("deltaCRLIndicator")),
        (
            "a delta without a number",
            crl().extension(DELTA_CRL_INDICATOR, true, &[2, 1, 1]).without(CRL_NUMBER),
            Rule::CrlScope("deltaCRLIndicator"),
        ),
        ("an indirect list", point(&[&[0x84, 1, 0xff]]), Rule::CrlScope("indirectCRL")),
        (
            "an entry of another issuer",
            entry(CERTIFICATE_ISSUER, true, &[0x30, 0]),
            Rule::CrlScope("certificateIssuer"),
        ),
        (
            "critical freshestCRL",
            crl().extension(FRESHEST_CRL, true, &[5, 0]),
            Rule::CrlCriticalExtension("2.5.29.46".into()),
        ),
        ("critical", crl().extension(UNKNOWN, true, &[5, 0]), Rule::CrlCriticalExtension("1.2.3.4".into())),
        ("a critical entry", entry(UNKNOWN, true, &[5, 0]), Rule::CrlCriticalExtension("1.2.3.4".into())),
        ("no number", crl().without(CRL_NUMBER), malformed("cRLNumber")),
        ("no extensions", crl().without_extensions(), malformed("cRLNumber")),
        ("a critical number", crl().extension(CRL_NUMBER, true, &[2, 1, 1]), malformed("cRLNumber")),
        ("a number of 21 octets", crl().number(&[0x7f; 21]), malformed("cRLNumber")),
        ("a negative number", crl().number(&[0x80]), malformed("cRLNumber")),
        ("two numbers", crl().extension(CRL_NUMBER, false, &[2, 1, 1, 0]), malformed("cRLNumber")),
        ("a number twice", crl().extension_again(CRL_NUMBER, false, &[2, 1, 1]), malformed("list of extensions")),
        (
            "a malformed identifier",
            crl().extension_again(AUTHORITY_KEY_IDENTIFIER, false, &[5, 0]),
            malformed("list of extensions"),
        ),
        (
            "a malformed identifier alone",
            crl().without_key_identifier().extension(AUTHORITY_KEY_IDENTIFIER, false, &[5, 0]),
            malformed("authorityKeyIdentifier"),
        ),
        ("an empty scope", point(&[]), malformed("issuingDistributionPoint")),
        ("users and CAs", point(&[&[0x81, 1, 0xff], &[0x82, 1, 0xff]]), malformed("issuingDistributionPoint")),
        ("a scope in disorder", point(&[&[0x82, 1, 0xff], &[0x81, 1, 0xff]]), malformed("issuingDistributionPoint")),
        ("a flag of two octets", point(&[&[0x81, 2, 0xff, 0xff]]), malformed("issuingDistributionPoint")),
        ("a malformed name", point(&[&tlv(0xa0, &[&tlv(0xa0, &[&[0xa6, 0]])])]), malformed("issuingDistributionPoint")),
        (
            "33 names",
            point(&[&tlv(0xa0, &[&tlv(0xa0, &[&[0x86, 0].repeat(33)])])]),
            malformed("issuingDistributionPoint"),
        ),
        ("version 1 with extensions", crl().version_der(&[]), malformed("tbsCertList")),
        ("version 3", crl().version_der(&[2, 1, 2]), malformed("version")),
        ("version 1, spelled out", crl().version_der(&[2, 1, 0]), malformed("version")),
        ("no thisUpdate", crl().updates_der(&[], &[]), malformed("thisUpdate")),
        ("a malformed thisUpdate", crl().updates_der(b"\x17\x0d271301000000Z", time), malformed("thisUpdate")),
        ("no nextUpdate", crl().updates_der(time, &[]), malformed("nextUpdate")),
        ("a malformed nextUpdate", crl().updates_der(time, b"\x17\x0b2701010000Z"), malformed("nextUpdate")),
        ("removed from a delta", crl().revoke(&[1], PAST, Some(Reason::RemoveFromCrl)), malformed("reasonCode")),
        ("a reason of another type", entry(&[0x55, 0x1d, 21], false, &[2, 1, 1]), malformed("reasonCode")),
        ("invalidityDate as UTCTime", entry(INVALIDITY_DATE, false, time), malformed("invalidityDate")),
        ("no entry", crl().entry_der(&[5, 0]), malformed("revokedCertificates")),
        ("a long serial number", crl().entry_der(&tlv(0x30, &[&[2, 2, 0, 1], time])), malformed("userCertificate")),
        ("no date", crl().entry_der(&tlv(0x30, &[&[2, 1, 1]])), malformed("revocationDate")),
        ("more in an entry", crl().entry_der(&tlv(0x30, &[&[2, 1, 1], time, &[5, 0]])), malformed("extensions")),
        (
            "entry extensions in version 1",
            crl().version_der(&[]).without_extensions().revoke(&[1], PAST, Some(Reason::KeyCompromise)),
            malformed("crlEntryExtensions"),
        ),
    ] {
        let der = sign(builder, &ca);
        assert_eq!(Crls::new().add(&der), Err(rule.clone()), "{what}");
        let revocation = accepting(std::slice::from_ref(&der));
        assert_eq!(check(&revocation, &ca, &leaf), Err(rule), "{what}");
        assert_eq!(check(&revocation, &other, &other.issues(server())), Ok(()), "{what}: not about another issuer");
        assert_eq!(check(&lists(&[der, sign(crl(), &ca)]), &ca, &leaf), Ok(()), "{what}: another list covers it");
    }
}

#[test]
fn a_list_that_is_not_believed() {
    let (ca, leaf) = pair();
    let impostor = root(Builder::ca("Root", now()));
    let ed25519 = Identity::root(&provider(), Builder::ca("Root", now()), KeyKind::Ed25519).unwrap();
    let anonymous = || crl().without_key_identifier();
    for (what, der, expected) in [
        ("another key", sign(anonymous(), &impostor), Err(Rule::CrlSignature)),
        ("another kind of key", sign(anonymous(), &ed25519), Err(Rule::CrlSigner)),
        // Perhaps about what that other key has issued; nobody can tell.
        ("another key's identifier", sign(crl(), &impostor), Err(Rule::CrlSignature)),
        ("another name", sign(crl().issuer(Certificate::parse(&leaf.certificate).unwrap().subject()), &ca), Ok(())),
        ("without an identifier", sign(anonymous(), &ca), Ok(())),
    ] {
        assert_eq!(check(&accepting(&[der]), &ca, &leaf), expected, "{what}");
    }
    let revocation = lists(&[sign(crl(), &impostor)]);
    assert_eq!(check(&revocation, &ca, &leaf), Err(Rule::CrlSignature));
    assert_eq!(check(&lists(&[]), &ca, &leaf), Err(Rule::NoCrl));
    assert_eq!(check(&accepting(&[]), &ca, &leaf), Ok(()));

    // docs/regressions.md row 66: an empty signature, and a BIT STRING that is empty.
    let der = sign(crl(), &ca);
    let tbs = Crl::parse(&der).unwrap().tbs().to_vec();
    let algorithm: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
    let other: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";
    for (algorithm, rest, rule) in [
        (algorithm, &[3, 1, 0][..], Rule::CrlSignature),
        (algorithm, &[3, 0], Rule::CrlMalformed("signatureValue")),
        (algorithm, &[3, 2, 1, 0], Rule::CrlMalformed("signatureValue")),
        (algorithm, &[3, 1, 0, 5, 0], Rule::CrlMalformed("signatureValue")),
        (other, &[3, 1, 0], Rule::CrlMalformed("signatureAlgorithm")),
    ] {
        let content = [&tbs, algorithm, rest].concat();
        let len = u8::try_from(content.len()).unwrap();
        let header: &[u8] = if len < 0x80 { &[0x30, len] } else { &[0x30, 0x81, len] };
        assert_eq!(check(&accepting(&[[header, &content].concat()]), &ca, &leaf), Err(rule));
    }
}

#[test]
fn the_issuer_and_the_policy_have_a_say() {
    let (ca, leaf) = pair();
    let revocation = accepting(&[sign(crl(), &ca)]);
    let certificate = Certificate::parse(&leaf.certificate).unwrap();
    let ask = |issuer: &Issuer<'_>, signatures: &[SignatureAlgorithm]| {
        let mut budget = Budget::new(&Policy::default());
        revocation.check(&certificate, false, issuer, NOW_TIME, &provider(), signatures, &mut budget)
    };
    let usage = |key_usage| Issuer { key_usage, ..issuer(&ca) };
    assert_eq!(ask(&usage(Some(KeyUsage::CRL_SIGN)), SIGNATURES).map(drop), Ok(()));
    assert_eq!(ask(&usage(None), SIGNATURES).map(drop), Ok(()));
    assert_eq!(ask(&usage(Some(KeyUsage::KEY_CERT_SIGN)), SIGNATURES), Err(Rule::NoCrlSign));
    let refused = Err(Rule::CrlAlgorithm("Ecdsa(Sha256)".into()));
    assert_eq!(ask(&issuer(&ca), &[SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384)]), refused);
    let unknown = Issuer { key_identifier: None, ..issuer(&ca) };
    assert_eq!(ask(&unknown, SIGNATURES).map(drop), Ok(()));
}

#[test]
fn times() {
    let (ca, leaf) = pair();
    let at = |seconds| Time::from_unix(seconds);
    let der = sign(crl().valid(1_000, 2_000), &ca);
    let strict = lists(std::slice::from_ref(&der));
    let lax = Revocation { expired: Verdict::Accept, ..strict.clone() };
    let early = Err(Rule::CrlNotYetValid { this_update: at(1_000), now: at(999) });
    let late = Err(Rule::CrlExpired { next_update: at(2_000), now: at(2_001) });
    for (now, when_strict, when_lax) in
        [(999, early.clone(), early), (1_000, Ok(()), Ok(())), (2_000, Ok(()), Ok(())), (2_001, late, Ok(()))]
    {
        assert_eq!(check_at(&strict, &ca, &leaf, at(now)), when_strict, "{now}");
        assert_eq!(check_at(&lax, &ca, &leaf, at(now)), when_lax, "{now}");
    }
    // A list that has expired still revokes where it is accepted.
    let lax =
        Revocation { expired: Verdict::Accept, ..lists(&[sign(crl().valid(1, 2).revoke(SERIAL, PAST, None), &ca)]) };
    assert_eq!(check(&lax, &ca, &leaf), revoked(None));
}

#[test]
fn of_several_lists_none_may_revoke_and_one_must_clear() {
    let (ca, leaf) = pair();
    let impostor = root(Builder::ca("Root", now()));
    let list = |number: u8| crl().number(&[number]);
    let bad = sign(list(9).without_key_identifier(), &impostor);
    let clear = sign(list(5), &ca);
    let listed = sign(list(4).revoke(SERIAL, PAST, Some(Reason::CertificateHold)), &ca);
    let expired = sign(list(3).valid(1, 2).revoke(SERIAL, PAST, None), &ca);
    let late = || Err(Rule::CrlExpired { next_update: Time::from_unix(2), now: NOW_TIME });
    for (what, given, expected) in [
        ("an older one that lists it", vec![&clear, &listed], revoked(Some(Reason::CertificateHold))),
        ("a forged one", vec![&bad, &clear], Ok(())),
        ("a forged one, and one that lists it", vec![&bad, &listed], revoked(Some(Reason::CertificateHold))),
        ("a forged one alone", vec![&bad], Err(Rule::CrlSignature)),
        ("an old one that has expired", vec![&expired, &clear], Ok(())),
        ("only expired", vec![&expired], late()),
        ("a forged one tells less", vec![&expired, &bad], late()),
    ] {
        for given in [given.clone(), given.into_iter().rev().collect()] {
            let given: Vec<_> = given.into_iter().cloned().collect();
            assert_eq!(check(&accepting(&given), &ca, &leaf), expected, "{what}");
        }
    }
    // Of two that list it the newer one is told, by the number and not by its octets.
    let numbered = |number: &[u8], reason| sign(crl().number(number).revoke(SERIAL, PAST, Some(reason)), &ca);
    let both = [numbered(&[2, 0], Reason::Superseded), numbered(&[3], Reason::KeyCompromise)];
    assert_eq!(check(&lists(&both), &ca, &leaf), revoked(Some(Reason::Superseded)));
}

/// A signature is checked once, however many handshakes there are, and paid for.
#[test]
fn what_was_verified_is_remembered() {
    let (ca, leaf) = pair();
    let revocation = lists(&[sign(crl().without_key_identifier(), &ca)]);
    let certificate = Certificate::parse(&leaf.certificate).unwrap();
    let ask = |issuer: &Issuer<'_>, signature_checks| {
        let mut budget = Budget::new(&Policy { signature_checks, ..Policy::default() });
        revocation.check(&certificate, false, issuer, NOW_TIME, &provider(), SIGNATURES, &mut budget)
    };
    let impostor = root(Builder::ca("Root", now()));
    assert_eq!(ask(&issuer(&ca), 0), Err(Rule::Budget));
    assert_eq!(ask(&issuer(&impostor), 1), Err(Rule::CrlSignature));
    assert_eq!(ask(&issuer(&impostor), 0), Err(Rule::Budget), "that it failed is not remembered");
    assert_eq!(ask(&issuer(&ca), 1).map(drop), Ok(()));
    assert_eq!(ask(&issuer(&ca), 0).map(drop), Ok(()));
    assert_eq!(ask(&issuer(&impostor), 1), Err(Rule::CrlSignature), "nor is it taken for another key");
    assert_eq!(ask(&issuer(&ca), 0).map(drop), Ok(()));
}

#[test]
fn pem_files() {
    let (crls, report) = Crls::from_pem(FIXTURE).unwrap();
    assert_eq!((crls.len(), report.added, report.skipped.len()), (2, 2, 4));
    assert!(report.skipped.iter().all(|section| section.label == "CERTIFICATE" && section.reason == Skip::OtherLabel));
    let (ca, _) = pair();
    let good = pem::encode("X509 CRL", &sign(crl(), &ca));
    let delta = pem::encode("X509 CRL", &sign(crl().extension(DELTA_CRL_INDICATOR, true, &[2, 1, 1]), &ca));
    let certificate = ca.certificate_pem();
    let mislabelled = certificate.replace("CERTIFICATE", "X509 CRL");
    let text = [
        &*certificate,
        "text\n",
        &*good,
        &*delta,
        &*mislabelled,
        &*good,
        "-----BEGIN X509 CRL-----\n!\n-----END X509 CRL-----\n",
        "-----BEGIN X509 CRL-----\nMAA=\n-----END CRL-----\n",
        "-----BEGIN X509 CRL-----\nMAA=\n",
    ]
    .concat();
    let (crls, report) = Crls::from_pem(text.as_bytes()).unwrap();
    // The delta is remembered as what cannot be used; the certificate is nothing.
    assert_eq!((crls.len(), report.added), (2, 1));
    let reasons: Vec<_> = report.skipped.iter().map(|section| section.reason.clone()).collect();
    assert_eq!(
        reasons,
        [
            Skip::OtherLabel,
            Skip::Refused(Rule::CrlScope("deltaCRLIndicator")),
            Skip::NotACrl(Rule::CrlMalformed("signatureAlgorithm")),
            Skip::NotBase64,
            Skip::NoEnd,
            Skip::NoEnd
        ]
    );
    let NoCrl(seen) = Crls::from_pem(certificate.as_bytes()).unwrap_err();
    assert_eq!((seen[0].line, &*seen[0].label), (1, "CERTIFICATE"));
    assert_eq!(NoCrl(seen).to_string(), "no usable PEM CRL was found; seen: line 1: CERTIFICATE (something else)");
    assert_eq!(
        Crls::from_pem(b"").unwrap_err().to_string(),
        "no usable PEM CRL was found; there is no PEM section at all"
    );
}

/// However many there are to be added, a set has only so many lists.
#[test]
fn a_set_has_an_end() {
    let mut crls = Crls::new();
    let (ca, _) = pair();
    let der = sign(crl(), &ca);
    let at = der.windows(4).position(|window| window == b"Root").unwrap();
    // Each has an issuer of its own.
    for number in 0..Crls::MAX_LISTS {
        let mut other = der.clone();
        let letters = [12, 8, 4, 0].map(|shift| b'A' + (number >> shift & 15) as u8);
        other[at..at + 4].copy_from_slice(&letters);
        assert_eq!(crls.add(&other), Ok(true));
    }
    assert_eq!(crls.add(&der), Err(Rule::CrlTooLarge));
    assert_eq!(crls.len(), Crls::MAX_LISTS);
}

/// What `openssl ca -gencrl` makes (`tests/data/make.sh`).
#[test]
fn lists_of_openssl() {
    let (crls, _) = Crls::from_pem(FIXTURE).unwrap();
    let revocation = Revocation::new(Arc::new(crls));
    let certificates = pem::certificates(FIXTURE).unwrap().0;
    let ca = Certificate::parse(&certificates[3]).unwrap();
    let issuer = Issuer {
        name: ca.subject(),
        key: ca.public_key().unwrap(),
        key_usage: ca.key_usage().unwrap(),
        key_identifier: ca.subject_key_identifier().unwrap(),
    };
    for (der, expected) in certificates.iter().zip([None, Some(Reason::KeyCompromise), Some(Reason::Superseded)]) {
        let certificate = Certificate::parse(der).unwrap();
        let mut budget = Budget::new(&Policy::default());
        let result = revocation.check(&certificate, false, &issuer, NOW_TIME, &provider(), SIGNATURES, &mut budget);
        match result {
            Ok(_) => assert_eq!(expected, None),
            Err(Rule::Revoked { reason, .. }) => assert_eq!(reason, expected),
            Err(rule) => panic!("{rule}"),
        }
    }
    let begin = FIXTURE.windows(20).position(|window| window == b"-----BEGIN X509 CRL-").unwrap();
    let der = fixture_der(&FIXTURE[begin..]);
    let crl = Crl::parse(&der).unwrap();
    assert_eq!((crl.number(), crl.issuer().to_string()), (Some(&[1, 0][..]), "CN=Revoking CA".into()));
    let entries: Vec<_> = crl.entries().map(Result::unwrap).collect();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].invalidity_date.unwrap().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(entries[1].invalidity_date, None);
}

/// The DER of the first section of a text.
fn fixture_der(text: &[u8]) -> Vec<u8> {
    use base64ct::Encoding;
    let text = std::str::from_utf8(text).unwrap();
    let base64: String = text.lines().skip(1).take_while(|line| !line.starts_with('-')).collect();
    base64ct::Base64::decode_vec(&base64).unwrap()
}

fn read_all(der: &[u8]) {
    if let Ok(crl) = Crl::parse(der) {
        let _ = (crl.signature_algorithm(), crl.scope().kind, crl.number(), crl.entries().count());
        assert!(format!("{crl:?}").chars().all(|c| !c.is_control()));
    }
}

/// docs/regressions.md rows 64 and 66.
#[test]
fn changed_lists_never_panic() {
    let begin = FIXTURE.windows(20).position(|window| window == b"-----BEGIN X509 CRL-").unwrap();
    let der = fixture_der(&FIXTURE[begin..]);
    for at in 0..der.len() {
        assert!(Crl::parse(&der[..at]).is_err());
        for octet in [0, 1, 0x30, 0x7f, 0x80, 0x81, 0x84, 0xff] {
            let mut changed = der.clone();
            changed[at] = octet;
            read_all(&changed);
            let _ = Crls::new().add(&changed);
        }
    }
    let mut noise = Noise(0x2545_f491_4f6c_dd1d);
    for _ in 0..2_000 {
        let mut changed = FIXTURE.to_vec();
        let at = noise.below(changed.len());
        changed[at] = noise.next() as u8;
        let _ = Crls::from_pem(&changed);
    }
}

/// Whatever is changed in a list, it clears nobody.
#[test]
fn changed_lists_never_clear() {
    let (ca, leaf) = pair();
    let der = sign(crl().revoke(&[7], PAST, Some(Reason::KeyCompromise)), &ca);
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(check(&lists(&[changed]), &ca, &leaf).is_err(), "octet {at}");
    }
}

#[test]
fn sets_are_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Crls>();
    is_shared::<Revocation>();
}
