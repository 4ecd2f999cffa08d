//! What is held against a single certificate: for each breach one change of a good chain that makes it, and no other.

use crate::common::*;
use handfast_crypto::KeyKind;
use handfast_pki::cert::Version;
use handfast_pki::extension::KeyUsage;
use handfast_pki::make::{Builder, Identity};
use handfast_pki::profile::{Breach, Profile, Role, check, check_pair};
use handfast_pki::subject::Name;
use handfast_pki::{Certificate, Purpose, Rule};
use std::collections::BTreeSet;

const AKI: &[u8] = &[0x55, 0x1d, 35];
const SKI: &[u8] = &[0x55, 0x1d, 14];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const SAN: &[u8] = &[0x55, 0x1d, 17];
const IAN: &[u8] = &[0x55, 0x1d, 18];
const SDA: &[u8] = &[0x55, 0x1d, 9];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
const CRL_POINTS: &[u8] = &[0x55, 0x1d, 31];
const POLICIES: &[u8] = &[0x55, 0x1d, 32];
const MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
const EKU: &[u8] = &[0x55, 0x1d, 37];
const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 46];
const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];
const AIA: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
const SIA: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 11];
const OCSP: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 48, 1];
const SERVER_AUTH: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
const ANY_PURPOSE: &[u8] = &[6, 4, 0x55, 0x1d, 37, 0];
const CA: &[u8] = &[0x30, 3, 1, 1, 0xff];
const HTTP: &[u8] = b"http://host.test/x";

use Breach as B;
use Profile::{Path, Rfc5280, WebPki};
use Role::{Anchor, Intermediate, Leaf};

/// Tag, length (short, or of one or two octets) and content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let header = match len {
        0..=0x7f => vec![tag, len as u8],
        0x80..=0xff => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [header, content.to_vec()].concat()
}

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn aki(content: &[u8]) -> Vec<u8> {
    tlv(0x30, content)
}

/// A name with these commonNames, content octets of the RDNSequence.
fn common_names(names: &[&str]) -> Vec<u8> {
    let one = |name: &&str| tlv(0x31, &seq(&[&[6, 3, 0x55, 4, 3], &tlv(0x0c, name.as_bytes())]));
    names.iter().flat_map(one).collect()
}

fn issuer_name(name: &str) -> Vec<u8> {
    tlv(0x30, &common_names(&[name]))
}

fn full_name(uri: &[u8]) -> Vec<u8> {
    tlv(0xa0, &tlv(0xa0, &tlv(0x86, uri)))
}

fn points(parts: &[&[u8]]) -> Vec<u8> {
    seq(&[&seq(parts)])
}

fn access(method: &[u8], tag: u8, location: &[u8]) -> Vec<u8> {
    seq(&[&seq(&[method, &tlv(tag, location)])])
}

fn subtree(base: &[u8]) -> Vec<u8> {
    seq(&[&tlv(0xa0, &seq(&[base]))])
}

fn rsa_spki(modulus_bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; modulus_bits.div_ceil(8)];
    modulus[0] >>= modulus.len() * 8 - modulus_bits;
    if modulus[0] & 0x80 != 0 {
        modulus.insert(0, 0);
    }
    let key = seq(&[&tlv(2, &modulus), &[2, 3, 1, 0, 1]]);
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    seq(&[&algorithm, &tlv(3, &[&[0], &key[..]].concat())])
}

/// The leaf of the good chain: it has one of everything that it may have.
fn leaf() -> Builder {
    dressed(Builder::server(&["host.test", "*.host.test", "192.0.2.1", "2001:db8::1"], now()))
}

/// The same with this subjectAltName, or none.
fn leaf_with_san(san: Option<(bool, &[u8])>) -> Builder {
    let bare = dressed(Builder::client("host.test", now()).purposes(&[Purpose::Server]));
    san.map_or(bare.clone(), |(critical, names)| bare.extension(SAN, critical, &seq(&[names])))
}

fn dressed(leaf: Builder) -> Builder {
    leaf.extension(AIA, false, &access(OCSP, 0x86, HTTP))
        .extension(CRL_POINTS, false, &points(&[&full_name(HTTP)]))
        .extension(POLICIES, false, &[0x30, 10, 0x30, 8, 6, 6, 0x67, 0x81, 0x0c, 1, 2, 1])
        .extension(BASIC_CONSTRAINTS, true, &[0x30, 0])
}

/// Its key identifier is 7 and its serial number 9.
fn intermediate() -> Builder {
    ca("Intermediate")
        .basic_constraints(true, Some(0))
        .purposes(&[Purpose::Server])
        .serial(&[9])
        .without_key_identifiers()
        .extension(SKI, false, &[4, 1, 7])
        .extension(AKI, false, &aki(&[0x80, 1, 1]))
}

/// Its key identifier is 1.
fn top() -> Builder {
    ca("Root").without_key_identifiers().extension(SKI, false, &[4, 1, 1])
}

/// The authorityKeyIdentifier of the leaf with all three fields.
fn whole_aki(issuer: &str, serial: u8) -> Vec<u8> {
    aki(&[&[0x80, 1, 7][..], &tlv(0xa1, &tlv(0xa4, &issuer_name(issuer))), &[0x82, 1, serial]].concat())
}

type Change<'a> = &'a dyn Fn(Builder) -> Builder;

/// A chain with one certificate changed, and what comes of it.
struct Chain {
    changed: Role,
    root: Identity,
    middle: Identity,
    leaf: Identity,
}

impl Chain {
    fn new(role: Role, change: Change<'_>, kinds: [KeyKind; 3]) -> Self {
        let changed = |builder: Builder, own: Role| if own == role { change(builder) } else { builder };
        let root = Identity::root(&provider(), changed(top(), Anchor), kinds[0]).unwrap();
        let middle = root.issue(&provider(), changed(intermediate(), Intermediate), kinds[1]).unwrap();
        let leaf = middle.issue(&provider(), changed(leaf(), Leaf), kinds[2]).unwrap();
        Self { changed: role, root, middle, leaf }
    }

    fn check(&self, profile: Profile) -> Result<(), Rule> {
        let certificates = [&self.leaf, &self.middle, &self.root];
        let certificates = certificates.map(|identity| Certificate::parse(&identity.certificate).unwrap());
        let mut all: Vec<_> = certificates.iter().zip([Leaf, Intermediate, Anchor]).collect();
        // The changed one first: what it lacks, others may lack because of it.
        all.sort_by_key(|(_, role)| *role != self.changed);
        for (certificate, role) in all {
            check(certificate, role, profile, &[Purpose::Server])?;
        }
        certificates.windows(2).try_for_each(|pair| check_pair(&pair[0], &pair[1], profile))
    }

    /// What the validation of the path says without a profile.
    fn path(&self) -> &'static str {
        code(&serve(&[&self.root], &[&self.leaf, &self.middle]))
    }
}

const P256: [KeyKind; 3] = [KeyKind::P256; 3];

fn same(builder: Builder) -> Builder {
    builder
}

#[test]
fn a_good_chain_keeps_every_profile() {
    for kinds in [P256, [KeyKind::P384; 3], [KeyKind::P521, KeyKind::P384, KeyKind::P256]] {
        let chain = Chain::new(Leaf, &same, kinds);
        for profile in [Path, Rfc5280, WebPki] {
            assert_eq!(chain.check(profile), Ok(()), "{profile:?}");
        }
        assert_eq!(chain.path(), "OK");
    }
    assert_eq!(Profile::default(), Path);
}

/// What is allowed, although it is rare.
#[test]
fn what_is_no_breach() {
    let name = |name: &'static str| move |b: Builder| b.dns(name);
    let no_subject = |b: Builder| b.subject_content(&[]);
    let changes: &[(&str, Role, Change<'_>, Profile)] = &[
        ("a leaf without a subject, its SAN critical", Leaf, &no_subject, WebPki),
        ("an address as commonName", Leaf, &|b| b.subject("192.0.2.1"), WebPki),
        ("another one", Leaf, &|b| b.subject("2001:db8::1"), WebPki),
        ("a wildcard as commonName", Leaf, &|b| b.subject("*.host.test"), WebPki),
        ("any commonName", Leaf, &|b| b.subject("Somebody"), Rfc5280),
        ("Punycode", Leaf, &name("xn--bcher-kva.test"), WebPki),
        ("one label", Leaf, &name("localhost"), WebPki),
        ("a reserved label", Leaf, &name("ab--cd.test"), Rfc5280),
        ("a wildcard above one label", Leaf, &name("*.com"), Rfc5280),
        ("a mailbox", Leaf, &|b| b.general_name(0x81, b"a@host.test"), Rfc5280),
        ("a URI", Leaf, &|b| b.general_name(0x86, b"spiffe://host.test/a"), Rfc5280),
        (
            "a leaf that is a CA",
            Leaf,
            &|b| b.key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::DIGITAL_SIGNATURE).basic_constraints(true, None),
            Rfc5280,
        ),
        ("no extKeyUsage", Leaf, &|b| b.without(EKU), Rfc5280),
        ("a critical one that allows anything", Leaf, &|b| b.extension(EKU, true, &seq(&[ANY_PURPOSE])), Rfc5280),
        ("both purposes", Leaf, &|b| b.purposes(&[Purpose::Server, Purpose::Client]), WebPki),
        (
            "no AIA, points, policies, basicConstraints",
            Leaf,
            &|b| b.without(AIA).without(CRL_POINTS).without(POLICIES).without(BASIC_CONSTRAINTS),
            WebPki,
        ),
        ("20 octets of serial number", Leaf, &|b| b.serial(&[0x7f; 20]), WebPki),
        (
            "another issuer of CRLs",
            Leaf,
            &|b| b.extension(CRL_POINTS, false, &points(&[&tlv(0xa2, &tlv(0xa4, &issuer_name("CRL")))])),
            Rfc5280,
        ),
        ("a valid time after 2050", Anchor, &|b| b.valid(0, 3_000_000_000), WebPki),
        (
            "names constrained, not critical",
            Intermediate,
            &|b| b.extension(NAME_CONSTRAINTS, false, &subtree(b"\x82\x04test")),
            WebPki,
        ),
        (
            "an AKI with all three fields",
            Leaf,
            &|b| b.without_key_identifiers().extension(AKI, false, &whole_aki("Root", 9)),
            Rfc5280,
        ),
        ("an AKI of a root, its own", Anchor, &|b| b.extension(AKI, false, &aki(&[0x80, 1, 1])), WebPki),
        ("a root without an AKI", Anchor, &|b| b, WebPki),
        ("a root with extKeyUsage", Anchor, &|b| b.purposes(&[Purpose::Server]), Rfc5280),
        ("no extKeyUsage of a CA", Intermediate, &|b| b.without(EKU), WebPki),
    ];
    for (what, role, change, profile) in changes {
        assert_eq!(Chain::new(*role, change, P256).check(*profile), Ok(()), "{what}");
    }
}

/// Breach, whose, the change, and whether the validation of the path takes it nevertheless.
type Row<'a> = (Breach, Role, Change<'a>, bool);

fn every_row(see: &mut dyn FnMut(Profile, Row<'_>)) {
    let san = |tag: u8, content: &'static [u8]| move |b: Builder| b.general_name(tag, content);
    let constraint = |value: Vec<u8>| move |b: Builder| b.extension(NAME_CONSTRAINTS, true, &value);
    let no_ids = |b: Builder| b.without_key_identifiers();
    let utc = |text: &[u8]| tlv(0x17, text);
    let general = |text: &[u8]| tlv(0x18, text);
    let rows: &[Row<'_>] = &[
        (B::SerialNotPositive, Leaf, &|b| b.serial(&[0]), true),
        (B::SerialNotPositive, Intermediate, &|b| b.serial(&[0x80]), true),
        (B::SerialTooLong, Leaf, &|b| b.serial(&[1; 21]), true),
        (B::TimeForm, Leaf, &|b| b.validity_der(&general(b"20270101000000Z"), &utc(b"280101000000Z")), true),
        (B::TimeForm, Anchor, &|b| b.validity_der(&utc(b"270101000000Z"), &general(b"20491231235959Z")), true),
        (
            B::SubjectEmpty,
            Leaf,
            &|b| b.subject_content(&[]).key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::CRL_SIGN),
            true,
        ),
        (
            B::SubjectEmptySanNotCritical,
            Leaf,
            &|_| leaf_with_san(Some((false, b"\x82\x09host.test"))).subject_content(&[]),
            true,
        ),
        (B::SubjectEmpty, Leaf, &|_| leaf_with_san(None).subject_content(&[]), false),
        (B::IssuerEmpty, Leaf, &|b| b.issuer(Name::new(&[])), false),
        (
            B::NameConstraintsNotCritical,
            Intermediate,
            &|b| b.extension(NAME_CONSTRAINTS, false, &subtree(b"\x82\x04test")),
            false,
        ),
        (
            B::AkiSerialMismatch,
            Leaf,
            &|b| b.without_key_identifiers().extension(AKI, false, &whole_aki("Root", 8)),
            true,
        ),
        (
            B::AkiSerialMismatch,
            Leaf,
            &|b| b.without_key_identifiers().extension(AKI, false, &whole_aki("Other", 9)),
            true,
        ),
        (B::SkiMissing, Anchor, &|b| b.version(Version::V1), true),
        (B::UniqueIdentifier, Leaf, &|b| b.unique_ids(&[1], &[2]), true),
        (B::AkiMissing, Leaf, &no_ids, true),
        (B::AkiMissing, Leaf, &|b| b.without_key_identifiers().extension(AKI, false, &aki(&[])), true),
        (B::AkiMissing, Intermediate, &|b| b.without(AKI), true),
        (B::AkiCritical, Leaf, &|b| b.without_key_identifiers().extension(AKI, true, &aki(&[0x80, 1, 7])), true),
        (
            B::AkiUnpaired,
            Leaf,
            &|b| b.without_key_identifiers().extension(AKI, false, &aki(&[0x80, 1, 7, 0x82, 1, 1])),
            true,
        ),
        (B::AkiMismatch, Anchor, &|b| b.extension(AKI, false, &aki(&[0x80, 1, 7])), true),
        (B::AkiMismatch, Leaf, &|b| b.without_key_identifiers().extension(AKI, false, &aki(&[0x80, 1, 8])), true),
        (
            B::SkiCritical,
            Leaf,
            &|b| {
                b.without_key_identifiers().extension(SKI, true, &[4, 1, 7]).extension(AKI, false, &aki(&[0x80, 1, 7]))
            },
            true,
        ),
        (B::SkiMissing, Anchor, &|b| b.without(SKI), true),
        (B::SkiMissing, Intermediate, &|b| b.without(SKI), true),
        (B::KeyUsageMissing, Intermediate, &|b| b.basic_constraints(true, None).without(KEY_USAGE), true),
        (B::KeyUsageMissing, Anchor, &|b| b.without(KEY_USAGE), true),
        (B::KeyUsageEmpty, Leaf, &|b| b.extension(KEY_USAGE, true, &[3, 1, 0]), false),
        (B::CertSignNotCa, Leaf, &|b| b.key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN), true),
        (
            B::PolicyTwice,
            Leaf,
            &|b| b.extension(POLICIES, false, &[0x30, 12, 0x30, 4, 6, 2, 0x2a, 3, 0x30, 4, 6, 2, 0x2a, 3]),
            false,
        ),
        (
            B::MappingAnyPolicy,
            Intermediate,
            &|b| b.extension(MAPPINGS, false, &seq(&[&seq(&[&[6, 4, 0x55, 0x1d, 32, 0, 6, 2, 0x2a, 3]])])),
            false,
        ),
        (B::SanEmpty, Intermediate, &|b| b.extension(SAN, false, &[0x30, 0]), false),
        (B::DnsNameForm, Leaf, &san(0x82, b"a_b.test"), true),
        (B::DnsNameForm, Leaf, &san(0x82, b"host.test."), true),
        (B::DnsNameForm, Leaf, &san(0x82, b" "), true),
        (B::DnsNameForm, Leaf, &san(0x82, b"w*.host.test"), true),
        (B::DnsNameForm, Intermediate, &|b| b.extension(IAN, false, &seq(&[b"\x82\x01 "])), true),
        (B::EmailForm, Intermediate, &san(0x81, b"Somebody <a@host.test>"), true),
        (B::UriForm, Intermediate, &san(0x86, b"/relative"), true),
        (B::UriForm, Leaf, &|b| b.extension(SIA, false, &access(OCSP, 0x86, b"x")), true),
        (B::IpAddressForm, Leaf, &san(0x87, &[1, 2, 3, 4, 5]), true),
        (B::SdaCritical, Leaf, &|b| b.extension(SDA, true, &[0x30, 0]), false),
        (B::BasicConstraintsMissing, Intermediate, &|b| b.without(BASIC_CONSTRAINTS), false),
        (B::BasicConstraintsNotCritical, Intermediate, &|b| b.extension(BASIC_CONSTRAINTS, false, CA), true),
        (B::BasicConstraintsNotCritical, Anchor, &|b| b.extension(BASIC_CONSTRAINTS, false, CA), true),
        (B::BasicConstraintsNotCritical, Leaf, &|b| b.extension(BASIC_CONSTRAINTS, false, CA), true),
        (B::PathLenNotCa, Leaf, &|b| b.basic_constraints(false, Some(0)), true),
        (B::PathLenNoCertSign, Intermediate, &|b| b.key_usage(KeyUsage::CRL_SIGN), false),
        (B::NameConstraintsNotCa, Leaf, &constraint(subtree(b"\x82\x04test")), false),
        (B::NameConstraintsEmpty, Intermediate, &constraint(seq(&[])), false),
        (B::NameConstraintsEmpty, Intermediate, &constraint(seq(&[&[0xa0, 0]])), false),
        (B::NameConstraintsForm, Intermediate, &constraint(subtree(b"\x82\x05.test")), false),
        (B::NameConstraintsForm, Intermediate, &constraint(subtree(b"\x82\x04test\x80\x01\x01")), false),
        (B::NameConstraintsForm, Intermediate, &constraint(subtree(b"\x82\x04test\x81\x01\x01")), false),
        (B::NameConstraintsForm, Intermediate, &constraint(subtree(&[0x87, 4, 1, 2, 3, 4])), false),
        (B::NameConstraintsForm, Intermediate, &constraint(subtree(&[0x87, 8, 1, 2, 3, 4, 255, 0, 255, 0])), false),
        (
            B::PolicyConstraintsNotCritical,
            Intermediate,
            &|b| b.extension(POLICY_CONSTRAINTS, false, &[0x30, 3, 0x80, 1, 9]),
            false,
        ),
        (B::PolicyConstraintsEmpty, Intermediate, &|b| b.extension(POLICY_CONSTRAINTS, true, &[0x30, 0]), false),
        (B::InhibitAnyPolicyNotCritical, Intermediate, &|b| b.extension(INHIBIT_ANY_POLICY, false, &[2, 1, 0]), true),
        (B::CrlPointEmpty, Leaf, &|b| b.extension(CRL_POINTS, false, &points(&[&[0x81, 2, 6, 0x40]])), true),
        (B::CrlPointEmpty, Leaf, &|b| b.extension(FRESHEST_CRL, false, &points(&[])), true),
        (
            B::CrlIssuerIsIssuer,
            Leaf,
            &|b| {
                b.extension(
                    CRL_POINTS,
                    false,
                    &points(&[&full_name(HTTP), &tlv(0xa2, &tlv(0xa4, &issuer_name("Intermediate")))]),
                )
            },
            true,
        ),
        (B::FreshestCrlCritical, Leaf, &|b| b.extension(FRESHEST_CRL, true, &points(&[&full_name(HTTP)])), false),
        (B::AiaCritical, Leaf, &|b| b.extension(AIA, true, &access(OCSP, 0x86, HTTP)), false),
        (B::SiaCritical, Leaf, &|b| b.extension(SIA, true, &access(OCSP, 0x86, HTTP)), false),
    ];
    rows.iter().for_each(|row| see(Rfc5280, *row));

    let ed25519 = seq(&[&[0x30, 5, 6, 3, 0x2b, 0x65, 112], &tlv(3, &[0; 33])]);
    let ecdsa_sha384 = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    let sha256 = [0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let mgf1 = seq(&[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 8], &sha256]);
    let params = seq(&[&tlv(0xa0, &sha256), &tlv(0xa1, &mgf1), &[0xa2, 3, 2, 1, 32]]);
    let pss_without_null = seq(&[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 10], &params]);
    let web: &[Row<'_>] = &[
        (B::NotVersion3, Leaf, &|b| b.version(Version::V1), false),
        (B::NotVersion3, Anchor, &|b| b.version(Version::V1), true),
        (B::RootExtendedKeyUsage, Anchor, &|b| b.purposes(&[Purpose::Server]), true),
        (B::RootAki, Anchor, &|b| b.extension(AKI, false, &aki(&[])), true),
        (B::LeafIsCa, Leaf, &|b| b.basic_constraints(true, None), true),
        (B::ExtendedKeyUsageMissing, Leaf, &|b| b.without(EKU), true),
        (B::ExtendedKeyUsageCritical, Leaf, &|b| b.extension(EKU, true, &seq(&[SERVER_AUTH])), true),
        (B::ExtendedKeyUsageAny, Leaf, &|b| b.extension(EKU, false, &seq(&[SERVER_AUTH, ANY_PURPOSE])), true),
        (B::ExtendedKeyUsageAny, Intermediate, &|b| b.extension(EKU, false, &seq(&[SERVER_AUTH, ANY_PURPOSE])), true),
        (
            B::ExtendedKeyUsageOther,
            Leaf,
            &|b| b.purposes(&[Purpose::Server, Purpose::Client, Purpose::CodeSigning]),
            true,
        ),
        (B::CrlSignLeaf, Leaf, &|b| b.key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::CRL_SIGN), true),
        (B::IssuerNotCopied, Leaf, &|b| b.issuer(Name::new(&common_names(&["INTERMEDIATE"]))), true),
        (B::ExtendedKeyUsageNoServer, Leaf, &|b| b.purposes(&[Purpose::Client]), false),
        (B::SanMissing, Leaf, &|_| leaf_with_san(None), false),
        (B::SanCritical, Leaf, &|_| leaf_with_san(Some((true, b"\x82\x09host.test"))), true),
        (B::KeyAlgorithm, Leaf, &|b| b.spki(&ed25519), true),
        (B::SignatureEncoding, Leaf, &|b| b.algorithm_der(&[0x30, 5, 6, 3, 0x2b, 0x65, 112]), false),
        (B::SignatureEncoding, Intermediate, &|b| b.algorithm_der(&pss_without_null), false),
        (B::SignatureHash, Leaf, &|b| b.algorithm_der(&ecdsa_sha384), false),
        (B::SignatureHash, Intermediate, &|b| b.algorithm_der(&ecdsa_sha384), false),
        (B::SanKind, Leaf, &san(0x86, HTTP), true),
        (B::SanKind, Leaf, &san(0x81, b"a@host.test"), true),
        (B::WildcardTooWide, Leaf, &san(0x82, b"*.com"), true),
        (B::ReservedLabel, Leaf, &san(0x82, b"ab--cd.test"), true),
        (B::ReservedLabel, Leaf, &san(0x82, b"*.xn--z.test"), true),
        (B::AccessNotHttp, Leaf, &|b| b.extension(AIA, false, &access(OCSP, 0x86, b"https://host.test/")), true),
        (B::AccessNotHttp, Intermediate, &|b| b.extension(AIA, false, &access(OCSP, 0x82, b"host.test")), true),
        (B::AccessNotHttp, Leaf, &|b| b.extension(AIA, false, &access(&[6, 1, 0x2a], 0x86, HTTP)), true),
        (B::CrlPointNotHttp, Leaf, &|b| b.extension(CRL_POINTS, false, &points(&[&full_name(b"ldap:///cn=x")])), true),
        (
            B::CrlPointNotHttp,
            Leaf,
            &|b| b.extension(CRL_POINTS, false, &points(&[&full_name(HTTP), &[0x81, 2, 6, 0x40]])),
            true,
        ),
        (
            B::CrlPointNotHttp,
            Leaf,
            &|b| b.extension(CRL_POINTS, false, &points(&[&tlv(0xa2, &tlv(0xa4, &issuer_name("CRL")))])),
            true,
        ),
        (B::AkiIssuerSerial, Leaf, &|b| b.without_key_identifiers().extension(AKI, false, &whole_aki("Root", 9)), true),
        (B::RsaModulus, Leaf, &|b| b.spki(&rsa_spki(2049)), true),
        (B::RsaModulus, Anchor, &|b| b.spki(&rsa_spki(2055)), false),
        (B::CommonNameTwice, Leaf, &|b| b.subject_content(&common_names(&["host.test", "host.test"])), true),
        (B::CommonNameNotInSan, Leaf, &|b| b.subject("HOST.test"), true),
        (B::CommonNameNotInSan, Leaf, &|b| b.subject("192.0.2.2"), true),
        (B::CommonNameNotInSan, Leaf, &|b| b.subject("0xC0.0.2.1"), true),
        (B::CommonNameNotInSan, Leaf, &|b| b.subject("2001:DB8::1"), true),
        (B::CommonNameNotInSan, Leaf, &|b| b.subject("2001:db8:0:0::1"), true),
        (B::CommonNameNotInSan, Leaf, &|b| b.subject("host.test "), true),
        (B::CommonNameNotInSan, Leaf, &|b| b.subject("bücher.test").dns("xn--bcher-kva.test"), true),
    ];
    web.iter().for_each(|row| see(WebPki, *row));
}

/// One change, one breach: under the profile that has the rule and every stricter one, and not under one that has not.
#[test]
fn each_change_is_its_breach() {
    every_row(&mut |profile, (breach, role, change, is_path)| {
        let chain = Chain::new(role, change, P256);
        let what = format!("{breach:?} of {role:?}");
        assert_eq!(chain.check(profile), Err(Rule::Breach(breach)), "{what}");
        assert_eq!(chain.check(Path), Ok(()), "{what}");
        match (profile, breach) {
            // BR §7.1.2.10.8 makes an exception; a certificate of version 1 lacks more than its version.
            (Rfc5280, B::NameConstraintsNotCritical) => assert_eq!(chain.check(WebPki), Ok(()), "{what}"),
            (_, B::NotVersion3) => assert!(chain.check(Rfc5280).is_err(), "{what}"),
            (Rfc5280, _) => assert!(chain.check(WebPki).is_err(), "{what}"),
            _ => assert_eq!(chain.check(Rfc5280), Ok(()), "{what}"),
        }
        if is_path {
            assert_eq!(chain.path(), "OK", "{what}");
        }
    });
}

#[test]
fn every_breach_has_its_change() {
    let mut seen = BTreeSet::new();
    every_row(&mut |_, (breach, ..)| {
        seen.insert(breach.name());
    });
    let all: BTreeSet<_> = Breach::ALL.iter().map(|breach| breach.name()).collect();
    assert_eq!(seen, all);
}

/// An extension that is known must be readable, also where nothing is done with it.
#[test]
fn malformed_extensions_are_found() {
    for (oid, field) in [
        (AKI, "authorityKeyIdentifier"),
        (SKI, "subjectKeyIdentifier"),
        (KEY_USAGE, "keyUsage"),
        (IAN, "issuerAltName"),
        (BASIC_CONSTRAINTS, "basicConstraints"),
        (NAME_CONSTRAINTS, "nameConstraints"),
        (CRL_POINTS, "cRLDistributionPoints"),
        (POLICIES, "certificatePolicies"),
        (MAPPINGS, "policyMappings"),
        (POLICY_CONSTRAINTS, "policyConstraints"),
        (EKU, "extKeyUsage"),
        (FRESHEST_CRL, "freshestCRL"),
        (AIA, "authorityInfoAccess"),
        (SIA, "subjectInfoAccess"),
    ] {
        let changed = intermediate().extension(oid, matches!(oid, POLICY_CONSTRAINTS | BASIC_CONSTRAINTS), &[5, 0]);
        let changed = root(top()).issues(changed);
        let middle = Certificate::parse(&changed.certificate).unwrap();
        for profile in [Rfc5280, WebPki] {
            assert_eq!(check(&middle, Intermediate, profile, &[]), Err(Rule::Malformed(field)));
        }
        assert_eq!(check(&middle, Intermediate, Path, &[]), Ok(()));
    }
}
