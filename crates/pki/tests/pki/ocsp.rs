//! OCSP responses: what counts as one, every rule broken once, and what OpenSSL answers.

use crate::common::*;
use crate::fixtures::load;
use handfast_crypto::{CryptoError, HashAlgorithm, Provider, SignatureAlgorithm};
use handfast_pki::extension::KeyUsage;
use handfast_pki::make::{Builder, Identity, OcspBuilder, OcspEntry};
use handfast_pki::ocsp::{CertIdHash, MAX_AGE, OcspFault, ResponderId, Response, ResponseStatus, Stapled};
use handfast_pki::ocsp::{Stapling, Status, verify};
use handfast_pki::time::Time;
use handfast_pki::{Certificate, Policy, Purpose, Reason, Request, Rule};
use std::borrow::Cow;

const START: i64 = NOW as i64;
const DAY: i64 = 86_400;
const REVOKED: Status = Status::Revoked { at: Time::from_unix(START - 9 * DAY), reason: Some(Reason::Superseded) };
const ON_HOLD: Status = Status::Revoked { at: Time::from_unix(START - 9 * DAY), reason: Some(Reason::CertificateHold) };
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const NONCE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 2];
const UNKNOWN: &[u8] = &[0x2a, 3, 4];

/// A CA and a certificate of it.
struct World {
    ca: Identity,
    leaf: Identity,
}

impl World {
    fn new() -> Self {
        let ca = root(ca("Root"));
        Self { leaf: ca.issues(server()), ca }
    }

    /// The leaf is good.
    fn good(&self) -> OcspEntry {
        self.about(&self.leaf, &self.ca)
    }

    fn about(&self, leaf: &Identity, issuer: &Identity) -> OcspEntry {
        OcspEntry::good(&provider(), &parse(leaf), &parse(issuer), now()).unwrap()
    }

    /// A response of one entry, signed by the CA.
    fn answer(&self, entry: OcspEntry) -> Vec<u8> {
        self.signed(OcspBuilder::new(now()).entry(entry))
    }

    fn signed(&self, builder: OcspBuilder) -> Vec<u8> {
        builder.signed_by(&provider(), &self.ca).unwrap()
    }

    /// The leaf is good, says a delegate with this certificate of `issuer`.
    fn delegated(&self, issuer: &Identity, delegate: Builder) -> Vec<u8> {
        let delegate = issuer.issues(delegate);
        let builder = OcspBuilder::new(now()).entry(self.good()).certificate(&delegate.certificate);
        builder.signed_by(&provider(), &delegate).unwrap()
    }

    fn verify(&self, response: &[u8]) -> Result<Status, Rule> {
        self.verify_with(&provider(), &Policy::default(), response)
    }

    fn verify_with(&self, provider: &Provider, policy: &Policy, response: &[u8]) -> Result<Status, Rule> {
        verify(provider, policy, response, &parse(&self.leaf), &parse(&self.ca), now())
    }
}

fn parse(identity: &Identity) -> Certificate<'_> {
    Certificate::parse(&identity.certificate).unwrap()
}

fn delegate() -> Builder {
    Builder::ocsp_signer("Delegate", now())
}

fn fault(fault: OcspFault) -> Result<Status, Rule> {
    Err(Rule::Ocsp(fault))
}

#[test]
fn answers_of_the_issuer() {
    let world = World::new();
    for status in [Status::Good, Status::Unknown, REVOKED, ON_HOLD] {
        assert_eq!(world.verify(&world.answer(world.good().status(status))), Ok(status));
    }
    let by_name = OcspBuilder::new(now()).entry(world.good()).by_name();
    assert_eq!(world.verify(&world.signed(by_name)), Ok(Status::Good));
    for hash in CertIdHash::ALL {
        let (name, key) = (parse(&world.leaf).issuer(), &world.ca.key.public_key().bytes);
        let entry = world.good().issuer(&provider(), hash, name, key).unwrap();
        assert_eq!(world.verify(&world.answer(entry)), Ok(Status::Good), "{hash:?}");
    }
}

#[test]
fn answers_of_a_delegate() {
    let world = World::new();
    let other = root(ca("Other"));
    let any = &[0x30, 6, 6, 4, 0x55, 0x1d, 37, 0][..];
    let longer = &[0x30, 11, 6, 9, 0x2b, 6, 1, 5, 5, 7, 3, 9, 1][..];
    let shorter = &[0x30, 9, 6, 7, 0x2b, 6, 1, 5, 5, 7, 3][..];
    let purpose = OcspFault::DelegatePurpose;
    for (what, builder, expected) in [
        ("an ordinary delegate", delegate(), Ok(Status::Good)),
        ("no keyUsage", delegate().without(KEY_USAGE), Ok(Status::Good)),
        // docs/regressions.md row 67: the exact purpose, no longer or shorter one, and not any.
        ("no extKeyUsage", delegate().without(EXTENDED_KEY_USAGE), fault(purpose)),
        ("any purpose", delegate().extension(EXTENDED_KEY_USAGE, false, any), fault(purpose)),
        ("a longer purpose", delegate().extension(EXTENDED_KEY_USAGE, false, longer), fault(purpose)),
        ("a shorter purpose", delegate().extension(EXTENDED_KEY_USAGE, false, shorter), fault(purpose)),
        ("another purpose", server().subject("Delegate"), fault(purpose)),
        ("another usage", delegate().key_usage(KeyUsage::KEY_CERT_SIGN), fault(OcspFault::DelegateUsage)),
        ("expired", delegate().valid(START - 2, START - 1), fault(OcspFault::DelegateNotValid)),
        ("not valid yet", delegate().valid(START + 1, START + 2), fault(OcspFault::DelegateNotValid)),
        (
            "an unknown critical extension",
            delegate().extension(UNKNOWN, true, &[5, 0]),
            fault(OcspFault::DelegateExtension),
        ),
        ("an unknown extension", delegate().extension(UNKNOWN, false, &[5, 0]), Ok(Status::Good)),
        ("malformed keyUsage", delegate().extension(KEY_USAGE, true, &[3, 0]), fault(OcspFault::Malformed("keyUsage"))),
    ] {
        assert_eq!(world.verify(&world.delegated(&world.ca, builder)), expected, "{what}");
    }
    // Of another CA; of another CA that claims the name; under another name; and of a CA below the issuer.
    assert_eq!(world.verify(&world.delegated(&other, delegate())), fault(OcspFault::DelegateIssuer));
    let pretends = delegate().issuer(parse(&world.ca).subject());
    assert_eq!(world.verify(&world.delegated(&other, pretends)), fault(OcspFault::DelegateIssuer));
    let renamed = delegate().issuer(parse(&world.leaf).subject());
    assert_eq!(world.verify(&world.delegated(&world.ca, renamed)), fault(OcspFault::DelegateIssuer));
    let below = world.ca.issues(ca("Below"));
    assert_eq!(world.verify(&world.delegated(&below, delegate())), fault(OcspFault::DelegateIssuer));
    // The leaf itself is no delegate.
    let builder = OcspBuilder::new(now()).entry(world.good()).certificate(&world.leaf.certificate);
    assert_eq!(world.verify(&builder.signed_by(&provider(), &world.leaf).unwrap()), fault(purpose));
}

#[test]
fn the_responder_is_who_it_says() {
    let world = World::new();
    let (one, two) = (world.ca.issues(delegate()), world.ca.issues(delegate()));
    let answer = || OcspBuilder::new(now()).entry(world.good());
    let sign = |builder: OcspBuilder, signer: &Identity| world.verify(&builder.signed_by(&provider(), signer).unwrap());
    let brings = |builder: OcspBuilder, all: &[&Identity]| {
        all.iter().fold(builder, |builder, one| builder.certificate(&one.certificate))
    };
    // Without its certificate nobody knows a delegate, and with that of another no better.
    assert_eq!(sign(answer(), &one), fault(OcspFault::UnknownResponder));
    assert_eq!(sign(brings(answer(), &[&two]), &one), fault(OcspFault::UnknownResponder));
    assert_eq!(sign(brings(answer(), &[&two, &one]), &one), Ok(Status::Good));
    // Two delegates of one name; what cannot be read is passed over.
    let odd = OcspBuilder::new(now()).entry(world.good()).by_name().certificate(&vec![0x30, 0].into());
    assert_eq!(sign(brings(odd, &[&two, &one]), &one), Ok(Status::Good));
    assert_eq!(sign(brings(answer().by_name(), &[&two]), &one), fault(OcspFault::BadSignature));
    // A delegate with the issuer's name.
    let double = world.ca.issues(Builder::ocsp_signer("Root", now()));
    assert_eq!(sign(brings(answer().by_name(), &[&double]), &double), Ok(Status::Good));
    assert_eq!(sign(answer().by_name(), &double), fault(OcspFault::BadSignature));
    // Of two of one name, what is wrong with the one that signed is told.
    let expired = world.ca.issues(delegate().valid(START - 2, START - 1));
    assert_eq!(sign(brings(answer().by_name(), &[&expired, &two]), &expired), fault(OcspFault::DelegateNotValid));
    // The issuer signed, and says it was the delegate.
    let name = parse(&one).subject().to_der();
    let name = [&[0xa1, name.len() as u8][..], &name].concat();
    let lying = brings(answer().responder_der(&name), &[&one]);
    assert_eq!(sign(lying, &world.ca), fault(OcspFault::BadSignature));
    let key = [&[0xa2, 22, 4, 20][..], &[7; 20]].concat();
    assert_eq!(sign(answer().responder_der(&key), &world.ca), fault(OcspFault::UnknownResponder));
}

/// docs/regressions.md row 67: the entry that is about this certificate is the one that counts, wherever it stands.
#[test]
fn the_entry_about_this_certificate() {
    let world = World::new();
    let neighbour = world.ca.issues(server());
    let other = root(ca("Root"));
    let about_neighbour = || world.about(&neighbour, &world.ca);
    let key = &world.ca.key.public_key().bytes;
    let name = parse(&world.leaf).issuer();
    let elsewhere = parse(&neighbour).subject();
    let by = |name, key: &[u8]| world.good().issuer(&provider(), CertIdHash::Sha256, name, key).unwrap();
    let answers = |entries: Vec<OcspEntry>| {
        world.verify(&world.signed(entries.into_iter().fold(OcspBuilder::new(now()), OcspBuilder::entry)))
    };
    for (what, entries, expected) in [
        ("nothing", vec![], fault(OcspFault::OtherCertificate)),
        ("a neighbour", vec![about_neighbour()], fault(OcspFault::OtherCertificate)),
        ("the neighbour first", vec![about_neighbour(), world.good().status(REVOKED)], Ok(REVOKED)),
        ("the neighbour last", vec![world.good().status(REVOKED), about_neighbour()], Ok(REVOKED)),
        ("the neighbour revoked", vec![about_neighbour().status(REVOKED), world.good()], Ok(Status::Good)),
        ("another name", vec![by(elsewhere, key)], fault(OcspFault::OtherCertificate)),
        ("another key", vec![by(name, &other.key.public_key().bytes)], fault(OcspFault::OtherCertificate)),
        ("another serial number", vec![world.good().serial(&[9])], fault(OcspFault::OtherCertificate)),
        (
            "a hash that is not known",
            vec![world.good().algorithm_der(&[0x30, 5, 6, 3, 0x2a, 3, 4])],
            fault(OcspFault::OtherCertificate),
        ),
        (
            "one hash under the name of another",
            vec![by(name, key).algorithm_der(&[0x30, 7, 6, 5, 0x2b, 14, 3, 2, 26])],
            fault(OcspFault::OtherCertificate),
        ),
        // Of several about it: revoked, then the newest.
        ("good and revoked", vec![world.good(), by(name, key).status(REVOKED)], Ok(REVOKED)),
        (
            "revoked and later good",
            vec![world.good().status(REVOKED).valid(START - 9, Some(START + 9)), world.good().valid(START, None)],
            Ok(REVOKED),
        ),
        (
            "good and later unknown",
            vec![world.good().valid(START, None).status(Status::Unknown), world.good()],
            Ok(Status::Unknown),
        ),
        (
            "unknown and later good",
            vec![world.good().status(Status::Unknown), world.good().valid(START, None)],
            Ok(Status::Good),
        ),
    ] {
        assert_eq!(answers(entries), expected, "{what}");
    }
}

#[test]
fn times() {
    let world = World::new();
    let entry = |from, until| world.answer(world.good().valid(from, until));
    let at = Time::from_unix;
    let now = at(START);
    let early = |from| fault(OcspFault::NotYetValid { from: at(from), now });
    assert_eq!(world.verify(&entry(START, Some(START))), Ok(Status::Good));
    assert_eq!(world.verify(&entry(START + 1, Some(START + 9))), early(START + 1));
    let expired = fault(OcspFault::Expired { next_update: at(START - 1), now });
    assert_eq!(world.verify(&entry(START - 9, Some(START - 1))), expired);
    assert_eq!(world.verify(&entry(START - MAX_AGE, None)), Ok(Status::Good));
    let this_update = at(START - MAX_AGE - 1);
    let stale = fault(OcspFault::Stale { this_update, now });
    assert_eq!(world.verify(&entry(START - MAX_AGE - 1, None)), stale);
    let made =
        |at| world.verify(&world.signed(OcspBuilder::new(crate::common::now()).entry(world.good()).produced_at(at)));
    assert_eq!(made(START), Ok(Status::Good));
    assert_eq!(made(START + 1), early(START + 1));
    assert_eq!(made(-62_167_219_200), Ok(Status::Good));
    // What is revoked does not become good with time; what is on hold may.
    let old = |status| world.verify(&world.answer(world.good().status(status).valid(START - 9, Some(START - 1))));
    assert_eq!(old(Status::Unknown), expired);
    assert_eq!(old(REVOKED), Ok(REVOKED));
    assert_eq!(old(ON_HOLD), expired);
}

#[test]
fn signatures() {
    let world = World::new();
    let mut tampered = world.answer(world.good());
    *tampered.last_mut().unwrap() ^= 1;
    assert_eq!(world.verify(&tampered), fault(OcspFault::BadSignature));
    // Revoked, but nobody signed that.
    let mut tampered = world.answer(world.good().status(REVOKED));
    *tampered.last_mut().unwrap() ^= 1;
    assert_eq!(world.verify(&tampered), fault(OcspFault::BadSignature));
    // The policy holds for the response and for the delegate's certificate.
    let p384 = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384);
    let policy = Policy { signatures: Cow::Owned(vec![p384]), ..Policy::default() };
    let refuse = |response: &[u8]| world.verify_with(&provider(), &policy, response);
    assert_eq!(refuse(&world.answer(world.good())), fault(OcspFault::RefusedSignature));
    assert_eq!(refuse(&world.delegated(&world.ca, delegate())), fault(OcspFault::RefusedSignature));
    // One check for the issuer, two for a delegate.
    for (response, checks) in [(world.answer(world.good()), 1), (world.delegated(&world.ca, delegate()), 2)] {
        let policy = |signature_checks| Policy { signature_checks, ..Policy::default() };
        assert_eq!(world.verify_with(&provider(), &policy(checks), &response), Ok(Status::Good));
        assert_eq!(world.verify_with(&provider(), &policy(checks - 1), &response), Err(Rule::Budget));
    }
}

#[test]
fn a_provider_without_sha1() {
    let world = World::new();
    let without = Provider { sha1: None, ..provider() };
    let check = |response: &[u8]| world.verify_with(&without, &Policy::default(), response);
    assert_eq!(check(&world.answer(world.good())), fault(OcspFault::NoHash));
    let (name, key) = (parse(&world.leaf).issuer(), &world.ca.key.public_key().bytes);
    let entry = world.good().issuer(&provider(), CertIdHash::Sha256, name, key).unwrap();
    assert_eq!(check(&world.answer(entry.clone())), fault(OcspFault::NoHash));
    assert_eq!(check(&world.signed(OcspBuilder::new(now()).entry(entry).by_name())), Ok(Status::Good));
    let broken = Provider { sha1: Some(|_| Err(CryptoError::Failed)), ..provider() };
    let result = world.verify_with(&broken, &Policy::default(), &world.answer(world.good()));
    assert_eq!(result, Err(Rule::Crypto(CryptoError::Failed)));
}

#[test]
fn extensions() {
    let world = World::new();
    let critical = fault(OcspFault::CriticalExtension);
    for (oid, is_critical, expected) in
        [(UNKNOWN, false, Ok(Status::Good)), (UNKNOWN, true, critical), (NONCE, true, Ok(Status::Good))]
    {
        let single = world.good().extension(oid, is_critical, &[4, 0]);
        assert_eq!(world.verify(&world.answer(single)), expected);
        let whole = OcspBuilder::new(now()).entry(world.good()).extension(oid, is_critical, &[4, 0]);
        assert_eq!(world.verify(&world.signed(whole)), expected);
    }
    let twice = world.good().extension(UNKNOWN, false, &[5, 0]).extension(UNKNOWN, false, &[5, 0]);
    let malformed = fault(OcspFault::Malformed("list of extensions"));
    assert_eq!(world.verify(&world.answer(twice)), malformed);
}

#[test]
fn what_is_no_response() {
    let world = World::new();
    let malformed = |field| fault(OcspFault::Malformed(field));
    for number in [1, 2, 3, 4, 5, 6] {
        let status = ResponseStatus::from_number(number).unwrap();
        assert_eq!(world.verify(&OcspBuilder::unsuccessful(status)), fault(OcspFault::Unsuccessful(status)));
    }
    let plain = || OcspBuilder::new(now()).entry(world.good());
    for (what, response, expected) in [
        ("nothing", vec![], malformed("outer structure")),
        ("success without a response", vec![0x30, 3, 10, 1, 0], malformed("outer structure")),
        (
            "another type",
            vec![0x30, 14, 10, 1, 0, 0xa0, 9, 0x30, 7, 6, 3, 0x2a, 3, 4, 4, 0],
            fault(OcspFault::NotBasic),
        ),
        ("no responder", world.signed(plain().responder_der(&[])), malformed("responderID")),
        ("an implicit key", world.signed(plain().responder_der(&[0x82, 1, 7])), malformed("responderID")),
        ("a short key", world.signed(plain().responder_der(&[0xa2, 3, 4, 1, 7])), malformed("responderID")),
        (
            "version 1 spelled out",
            world.signed(plain().responder_der(&[0xa0, 3, 2, 1, 0, 0xa1, 2, 0x30, 0])),
            malformed("responderID"),
        ),
        (
            "version 2",
            world.signed(plain().responder_der(&[0xa0, 3, 2, 1, 1, 0xa1, 2, 0x30, 0])),
            malformed("responderID"),
        ),
        ("an empty entry", world.signed(OcspBuilder::new(now()).entry_der(&[0x30, 0])), malformed("certID")),
        ("a status with content", world.answer(world.good().status_der(&[0x80, 1, 0])), malformed("certStatus")),
        ("another status", world.answer(world.good().status_der(&[0x83, 0])), malformed("certStatus")),
        ("revoked at no time", world.answer(world.good().status_der(&[0xa1, 0])), malformed("revokedInfo")),
        (
            "UTCTime",
            world.answer(world.good().updates_der(&[&[0x17, 13][..], b"270101000000Z"].concat(), &[])),
            malformed("thisUpdate"),
        ),
        (
            "a fraction",
            world.answer(world.good().updates_der(&[&[0x18, 17][..], b"20270101000000.5Z"].concat(), &[])),
            malformed("thisUpdate"),
        ),
        (
            "nextUpdate without its tag",
            world.answer(world.good().updates_der(
                &[&[0x18, 15][..], b"20270101000000Z"].concat(),
                &[&[0x18, 15][..], b"20270201000000Z"].concat(),
            )),
            malformed("singleExtensions"),
        ),
        ("a padded serial number", world.answer(world.good().serial(&[0, 1])), malformed("certID")),
        (
            "a hash with parameters",
            world.answer(world.good().algorithm_der(&[0x30, 10, 6, 5, 0x2b, 14, 3, 2, 26, 2, 1, 0])),
            malformed("certID"),
        ),
        ("a certificate that is none", world.signed(plain().certificate(&vec![4, 0].into())), malformed("certs")),
    ] {
        assert_eq!(world.verify(&response), expected, "{what}");
    }
    let entries = |count| (0..count).fold(OcspBuilder::new(now()), |builder, _| builder.entry(world.good()));
    assert_eq!(world.verify(&world.signed(entries(Response::MAX_RESPONSES))), Ok(Status::Good));
    assert_eq!(world.verify(&world.signed(entries(Response::MAX_RESPONSES + 1))), fault(OcspFault::TooMany));
    let brings = |count| (0..count).fold(plain(), |builder, _| builder.certificate(&world.leaf.certificate));
    assert_eq!(world.verify(&world.signed(brings(Response::MAX_CERTIFICATES))), Ok(Status::Good));
    assert_eq!(world.verify(&world.signed(brings(Response::MAX_CERTIFICATES + 1))), fault(OcspFault::TooMany));
}

/// A path that is found says what became of the response.
#[test]
fn what_a_path_says_of_the_response() {
    let world = World::new();
    let (chain, unknown) = (chain(&[&world.leaf]), world.answer(world.good().status(Status::Unknown)));
    let good = world.answer(world.good());
    let judge = |trusted: &Identity, stapling: Stapling, staple: Option<&[u8]>| {
        let policy = Policy { stapling, ..Policy::default() };
        let purposes = &[Purpose::Server];
        let request = Request { chain: &chain, staple, purposes, reference: None, now: now() };
        let path = handfast_pki::verify(&provider(), &anchors(&[trusted]), &policy, &request);
        path.map(|path| path.stapled).map_err(|error| error.rule().clone())
    };
    let useless = Rule::Ocsp(OcspFault::Unknown);
    assert_eq!(judge(&world.ca, Stapling::Check, None), Ok(Stapled::Absent));
    assert_eq!(judge(&world.ca, Stapling::Check, Some(&good)), Ok(Stapled::Good));
    assert_eq!(judge(&world.ca, Stapling::Soft, Some(&unknown)), Ok(Stapled::Unusable(useless.clone())));
    assert_eq!(judge(&world.ca, Stapling::Check, Some(&unknown)), Err(useless));
    assert_eq!(judge(&world.ca, Stapling::Off, Some(&good)), Ok(Stapled::Absent));
    // Its issuer is not the one who makes it trusted.
    assert_eq!(judge(&world.leaf, Stapling::Check, Some(&unknown)), Ok(Stapled::Absent));
}

/// docs/regressions.md row 67: from the certificate and the stapled octets to the verdict.
#[test]
fn must_staple() {
    let world = World::new();
    let leaf = world.ca.issues(server().must_staple());
    assert!(parse(&leaf).must_staple().unwrap());
    assert!(!parse(&world.leaf).must_staple().unwrap());
    let broken = world.ca.issues(server().extension(&[0x2b, 6, 1, 5, 5, 7, 1, 24], false, &[5, 0]));
    assert_eq!(parse(&broken).must_staple(), Err(Rule::Malformed("TLS features")));
    let judge = |staple: Option<Vec<u8>>| {
        let (leaf, ca) = (parse(&leaf), parse(&world.ca));
        let answer = staple.map(|der| verify(&provider(), &Policy::default(), &der, &leaf, &ca, now()));
        Stapling::default().judge(answer, leaf.must_staple().unwrap())
    };
    assert_eq!(judge(None), Err(Rule::MissingStaple));
    assert_eq!(judge(Some(vec![])), Err(Rule::Ocsp(OcspFault::Malformed("outer structure"))));
    let good = world.about(&leaf, &world.ca);
    assert_eq!(judge(Some(world.answer(good.clone()))), Ok(Stapled::Good));
    let revoked = Rule::Revoked { at: Time::from_unix(START - 9 * DAY), reason: Some(Reason::Superseded) };
    assert_eq!(judge(Some(world.answer(good.status(REVOKED)))), Err(revoked));
    assert_eq!(judge(Some(world.answer(world.good()))), Err(Rule::Ocsp(OcspFault::OtherCertificate)));
}

const PEM: &[u8] = include_bytes!("../data/ocsp.pem");
const BY_ISSUER: &[u8] = include_bytes!("../data/ocsp/issuer.der");
const BY_DELEGATE: &[u8] = include_bytes!("../data/ocsp/delegate.der");

/// What OpenSSL answered: the first certificate is good, the second revoked, the third nobody knows.
#[test]
fn answers_of_openssl() {
    let chain = load(PEM);
    let all: Vec<_> = chain.iter().map(|der| Certificate::parse(der).unwrap()).collect();
    let check = |response, index: usize| {
        verify(&provider(), &Policy::default(), response, &all[index], all.last().unwrap(), now())
    };
    let at = Time::from_unix(1_767_225_600);
    let revoked = Status::Revoked { at, reason: Some(Reason::KeyCompromise) };
    assert!(all[0].must_staple().unwrap());
    assert_eq!(check(BY_ISSUER, 0), Ok(Status::Good));
    assert_eq!(check(BY_ISSUER, 1), fault(OcspFault::OtherCertificate));
    assert_eq!(check(BY_DELEGATE, 0), Ok(Status::Good));
    assert_eq!(check(BY_DELEGATE, 1), Ok(revoked));
    assert_eq!(check(BY_DELEGATE, 2), Ok(Status::Unknown));
    let parsed = Response::parse(BY_DELEGATE).unwrap();
    assert!(matches!(parsed.responder(), ResponderId::ByKey(_)));
    assert_eq!(parsed.responses().iter().map(|entry| entry.id.serial).collect::<Vec<_>>(), [[1], [2], [3]]);
    assert_eq!(parsed.responses()[2].id.hash, Some(CertIdHash::Sha256));
    assert_eq!(parsed.certificates(), [&*chain[3]]);
    let rsa = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
    assert_eq!(parsed.signature_algorithm().unwrap().algorithm, rsa);
    let parsed = Response::parse(BY_ISSUER).unwrap();
    assert_eq!(parsed.responder(), ResponderId::ByName(all[4].subject()));
    assert!(parsed.extensions().is_empty());
}

/// docs/regressions.md row 68: whatever is changed, nothing panics, and nothing that is signed may change and still count.
#[test]
fn changed_responses_never_panic_nor_verify() {
    let chain = load(PEM);
    let (leaf, ca) = (Certificate::parse(&chain[1]).unwrap(), Certificate::parse(&chain[4]).unwrap());
    // Signatures are slow to check, and a policy without checks shows whether one would have been made.
    let policy = Policy { signature_checks: 0, ..Policy::default() };
    let check = |policy: &Policy, der: &[u8]| verify(&provider(), policy, der, &leaf, &ca, now());
    for len in 0..BY_DELEGATE.len() {
        assert!(Response::parse(&BY_DELEGATE[..len]).is_err());
        for octet in [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xff] {
            let mut changed = BY_DELEGATE.to_vec();
            changed[len] = octet;
            assert!(check(&policy, &changed).is_err());
        }
    }
    let mut noise = Noise(0x0c5b_0c5b_0c5b_0c5b);
    for _ in 0..300 {
        let mut changed = BY_DELEGATE.to_vec();
        let at = noise.below(changed.len());
        changed[at] ^= 1 << noise.below(8);
        let result = check(&Policy::default(), &changed);
        assert!(result.is_err(), "octet {at}: {result:?}");
    }
}
