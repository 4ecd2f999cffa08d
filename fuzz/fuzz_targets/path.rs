//! Bytes become a small world: certificates of four names and four keys, some of them trusted, and a policy with little to
//! spend. Nothing panics, the search ends, a path that is found is one by a second opinion that has read no certificate,
//! and the order in which the certificates came makes no difference unless the budget ran out.
#![no_main]

use handfast::Provider;
use handfast::crypto::signature::Verifier;
use handfast::crypto::{CryptoError, KeyError, KeyKind, KeyLoader, PublicKey, Random, SignatureAlgorithm, SigningKey};
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, Key};
use handfast::pki::subject::Name;
use handfast::pki::{Anchors, Error, Path, Policy, PolicyInputs, Profile, Purpose, Rule, Trust, verify_server};
use handfast::pki_types::{CertificateDer, Der, PrivateKeyDer, PrivatePkcs8KeyDer, TrustAnchor};
use handfast::wire::SignatureScheme;
use handfast_testkit::null;
use handfast_testkit::world::NOW;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

/// Whom the leaf must speak for.
const HOST: &str = "a.test";
/// What name constraints are about.
const BASES: [&str; 4] = ["a.test", "b.test", "x.a.test", "test"];
/// The most certificates of a world.
const MOST: usize = 8;
const DAY: i64 = 86_400;

const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];
const UNKNOWN: &[u8] = &[0x2a, 3];
/// The DER of anyPolicy and of two others.
const ANY: &[u8] = &[6, 4, 0x55, 0x1d, 32, 0];
const ONE: &[u8] = &[6, 2, 0x2a, 4];
const TWO: &[u8] = &[6, 2, 0x2a, 5];

static KEYS: LazyLock<[Key; 4]> = LazyLock::new(|| {
    [0, 1, 2, 3].map(|tag| Key::load(&provider(), &PrivatePkcs8KeyDer::from(vec![tag]).into()).unwrap())
});

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let world = World::read(&mut bytes);
    let leaf = world.chain[0].clone();
    let mut verdicts = Vec::new();
    let mut order: Vec<usize> = (0..world.chain.len()).collect();
    for turn in 0..3 {
        match turn {
            0 => {}
            1 => order[1..].reverse(),
            _ => order[1..].rotate_left(usize::from(bytes.next()) % world.chain.len()),
        }
        let chain: Vec<_> = order.iter().map(|at| world.chain[*at].clone()).collect();
        assert_eq!(chain[0], leaf);
        let result = verify_server(&provider(), &world.anchors, &world.policy, &chain, &HOST.try_into().unwrap(), NOW);
        match &result {
            Ok(path) => world.judge(path, &order),
            Err(error) => assert!(error.to_string().len() <= Error::DISPLAY_LIMIT),
        }
        verdicts.push(result);
    }
    if !verdicts.iter().any(|verdict| verdict.as_ref().is_err_and(|error| *error.rule() == Rule::Budget)) {
        assert!(verdicts.iter().all(|verdict| verdict.is_ok() == verdicts[0].is_ok()), "{verdicts:?}");
    }
});

/// The input, and zeros behind its end. Of zeros come ordinary certificates.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
}

/// What a certificate says, as far as it is looked at again.
struct Spec {
    subject: u8,
    issuer: u8,
    key: u8,
    signer: u8,
    /// Without basicConstraints, `None`.
    is_ca: Option<bool>,
    path_len: Option<u8>,
    usage: Option<KeyUsage>,
    purposes: Option<&'static [Purpose]>,
    is_valid: bool,
    names: &'static [&'static str],
    constraint: Option<Constraint>,
}

/// One subtree.
#[derive(Clone, Copy)]
struct Constraint {
    is_excluded: bool,
    base: &'static str,
}

/// Somebody who is trusted.
struct Anchor {
    subject: u8,
    key: u8,
    constraint: Option<Constraint>,
    /// Which certificate it is of, if it is of one.
    certificate: Option<usize>,
}

struct World {
    specs: Vec<Spec>,
    chain: Vec<CertificateDer<'static>>,
    trusted: Vec<Anchor>,
    anchors: Anchors,
    policy: Policy,
}

impl World {
    fn read(bytes: &mut Bytes<'_>) -> Self {
        let count = 1 + (bytes.next() as usize + 2) % MOST;
        let policy = read_policy(bytes);
        let (whole, bare) = (bytes.next(), bytes.next());
        let (mut specs, mut chain) = (Vec::new(), Vec::new());
        for at in 0..count {
            let (spec, builder) = Spec::read(at as u8, bytes);
            chain.push(builder.self_signed(&provider(), &KEYS[usize::from(spec.signer)]).unwrap());
            specs.push(spec);
        }
        let (mut anchors, mut trusted) = (Anchors::new(), Vec::new());
        // The last one is trusted unless something else is said.
        let whole = whole ^ 1 << (count - 1);
        for at in (0..count).filter(|at| whole >> at & 1 == 1) {
            assert!(anchors.add(&chain[at]).unwrap());
            let Spec { subject, key, constraint, .. } = specs[at];
            trusted.push(Anchor { subject, key, constraint, certificate: Some(at) });
        }
        if bare & 0x80 != 0 {
            let (subject, key) = (bare & 3, bare >> 2 & 3);
            let constraint =
                (bare & 0x40 != 0).then(|| Constraint { is_excluded: bare & 0x20 != 0, base: BASES[usize::from(key)] });
            anchors.add_trust_anchor(TrustAnchor {
                subject: Der::from(name(subject)),
                subject_public_key_info: Der::from(spki(key)[2..].to_vec()),
                name_constraints: constraint.map(|constraint| Der::from(constraint.der()[2..].to_vec())),
            });
            trusted.push(Anchor { subject, key, constraint, certificate: None });
        }
        Self { specs, chain, trusted, anchors, policy }
    }

    /// The second opinion about a path through the certificates in this order.
    fn judge(&self, path: &Path, order: &[usize]) {
        let certificates: Vec<_> = path.certificates.iter().map(|at| &self.specs[order[*at]]).collect();
        let leaf = certificates[0];
        assert_eq!(path.certificates[0], 0);
        assert!(leaf.is_valid && leaf.permits() && leaf.names.contains(&HOST));
        assert!(leaf.usage.is_none_or(|usage| usage.contains(KeyUsage::DIGITAL_SIGNATURE)));
        let anchor = match path.trust {
            Trust::Anchor(at) => &self.trusted[at],
            Trust::Exact(at) => {
                assert_eq!((certificates.len(), self.trusted[at].certificate), (1, Some(0)));
                return;
            }
            Trust::Pin(_) => panic!("there is no pin"),
        };
        assert!(certificates.len() - 1 <= usize::from(self.policy.depth));
        for (at, certificate) in certificates.iter().enumerate() {
            let (subject, key) = match certificates.get(at + 1) {
                Some(issuer) => (issuer.subject, issuer.key),
                None => (anchor.subject, anchor.key),
            };
            assert_eq!((certificate.issuer, certificate.signer), (subject, key));
        }
        let own = anchor.certificate.map(|at| &self.specs[at]);
        for (below, issuer) in certificates.iter().copied().chain(own).enumerate().skip(1) {
            let intermediates = certificates[1..below].iter().filter(|other| !other.is_self_issued()).count();
            assert!(issuer.is_valid && issuer.permits() && issuer.is_ca == Some(true));
            assert!(issuer.usage.is_none_or(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN)));
            assert!(issuer.path_len.is_none_or(|limit| intermediates <= usize::from(limit)));
        }
        let above = certificates.iter().skip(1).map(|issuer| issuer.constraint).chain([anchor.constraint]);
        for (at, constraint) in (1..).zip(above) {
            let Some(constraint) = constraint else { continue };
            let (leaf, issuers) = certificates[..at].split_first().unwrap();
            for constrained in [leaf].into_iter().chain(issuers.iter().filter(|issuer| !issuer.is_self_issued())) {
                assert!(constrained.names.iter().all(|name| constraint.permits(name)));
            }
        }
    }
}

impl Spec {
    fn read(at: u8, bytes: &mut Bytes<'_>) -> (Self, Builder) {
        let [who, what, which, policies] = [(); 4].map(|()| bytes.next());
        let own = Self {
            subject: who.wrapping_add(at) & 3,
            issuer: (who >> 2).wrapping_add(at + 1) & 3,
            key: (who >> 4).wrapping_add(at) & 3,
            signer: (who >> 6).wrapping_add(at + 1) & 3,
            is_ca: [Some(at > 0), Some(at == 0), None, Some(false)][usize::from(what & 3)],
            path_len: [None, Some(0), Some(1), Some(2)][usize::from(what >> 2 & 3)],
            usage: [
                None,
                Some(KeyUsage::KEY_CERT_SIGN),
                Some(KeyUsage::DIGITAL_SIGNATURE),
                Some(KeyUsage::KEY_CERT_SIGN | KeyUsage::DIGITAL_SIGNATURE),
            ][usize::from(what >> 4 & 3)],
            purposes: [None, Some(&[Purpose::Server][..]), Some(&[Purpose::Client]), Some(&Purpose::ALL)]
                [usize::from(what >> 6)],
            is_valid: which & 7 < 6,
            names: [&[HOST][..], &[], &["b.test"], &["x.a.test", HOST]][usize::from(which >> 3 & 3)],
            constraint: (which & 0x20 != 0)
                .then(|| Constraint { is_excluded: which & 0x40 != 0, base: BASES[usize::from(policies & 3)] }),
        };
        let now = NOW.as_secs() as i64;
        let mut builder = Builder::new("", NOW)
            .serial(&[at + 1])
            .subject_content(&name(own.subject))
            .issuer(Name::new(&name(own.issuer)))
            .spki(&spki(own.key))
            .valid(now - 2 * DAY, if which & 7 == 6 { now - DAY } else { now + DAY });
        if which & 7 == 7 {
            builder = builder.valid(now + 1, now + DAY);
        }
        if which & 0x80 != 0 {
            builder = builder.without_key_identifiers();
        }
        if let Some(is_ca) = own.is_ca {
            builder = builder.basic_constraints(is_ca, own.path_len);
        }
        if let Some(usage) = own.usage {
            builder = builder.key_usage(usage);
        }
        if let Some(purposes) = own.purposes {
            builder = builder.purposes(purposes);
        }
        if let Some(constraint) = own.constraint {
            builder = builder.extension(NAME_CONSTRAINTS, true, &constraint.der());
        }
        builder = own.names.iter().fold(builder, |builder, name| builder.dns(name));
        (own, with_policies(builder, policies >> 2))
    }

    fn permits(&self) -> bool {
        self.purposes.is_none_or(|purposes| purposes.contains(&Purpose::Server))
    }

    fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

impl Constraint {
    fn der(self) -> Vec<u8> {
        let base = tlv(0x30, &tlv(0x82, self.base.as_bytes()));
        tlv(0x30, &tlv(if self.is_excluded { 0xa1 } else { 0xa0 }, &base))
    }

    fn permits(self, name: &str) -> bool {
        let is_below = name.strip_suffix(self.base).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_below != self.is_excluded
    }
}

fn read_policy(bytes: &mut Bytes<'_>) -> Policy {
    let (limits, rules) = (bytes.next(), bytes.next());
    let defaults = Policy::default();
    let policies = PolicyInputs {
        acceptable: (rules & 1 != 0).then(|| vec![ONE[2..].to_vec()]),
        require_explicit: rules & 2 != 0,
        inhibit_mapping: rules & 4 != 0,
        inhibit_any: rules & 8 != 0,
    };
    Policy {
        depth: [10, 0, 1, 2][usize::from(limits & 3)],
        signature_checks: [50, 1, 3, 8][usize::from(limits >> 2 & 3)],
        candidates: [200, 1, 5, 20][usize::from(limits >> 4 & 3)],
        policy_steps: [1_000, 30][usize::from(limits >> 6 & 1)],
        name_comparisons: [1_000, 3][usize::from(limits >> 7)],
        profile: [Profile::Path, Profile::Path, Profile::Rfc5280, Profile::WebPki][usize::from(rules >> 4 & 3)],
        policies,
        ..defaults
    }
}

/// The four extensions about policies, as six bits say.
fn with_policies(builder: Builder, bits: u8) -> Builder {
    let list =
        |policies: &[&[u8]]| tlv(0x30, &policies.iter().flat_map(|policy| tlv(0x30, policy)).collect::<Vec<_>>());
    let builder = match bits & 3 {
        0 => builder,
        1 => builder.extension(CERTIFICATE_POLICIES, false, &list(&[ANY])),
        2 => builder.extension(CERTIFICATE_POLICIES, false, &list(&[ONE])),
        _ => builder.extension(CERTIFICATE_POLICIES, true, &list(&[ONE, TWO])),
    };
    match bits >> 2 {
        1 => builder.extension(POLICY_MAPPINGS, true, &tlv(0x30, &tlv(0x30, &[ONE, TWO].concat()))),
        2 => builder.extension(POLICY_CONSTRAINTS, true, &[0x30, 3, 0x80, 1, 0]),
        3 => builder.extension(POLICY_CONSTRAINTS, true, &[0x30, 6, 0x80, 1, 1, 0x81, 1, 0]),
        4 => builder.extension(INHIBIT_ANY_POLICY, true, &[2, 1, 0]),
        5 => builder.extension(INHIBIT_ANY_POLICY, true, &[2, 1, 1]),
        15 => builder.extension(UNKNOWN, true, &[5, 0]),
        _ => builder,
    }
}

/// The content of a name: `CN=n`.
fn name(number: u8) -> Vec<u8> {
    let value = [&[6, 3, 0x55, 4, 3, 0x0c, 1][..], &[b'0' + number]].concat();
    tlv(0x31, &tlv(0x30, &value))
}

/// A SubjectPublicKeyInfo, as short as that its header has two octets.
fn spki(key: u8) -> Vec<u8> {
    const ALGORITHM: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    tlv(0x30, &[ALGORITHM, &tlv(3, &[&[0][..], &point(key)].concat())].concat())
}

fn point(key: u8) -> Vec<u8> {
    [&[4][..], &[key; 64]].concat()
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).unwrap();
    assert!(len < 0x80);
    [&[tag, len][..], content].concat()
}

/// Keys are numbers, and a signature is the number of its key, over whatever.
fn provider() -> Provider {
    Provider { verifier: &Numbers, keys: &Numbers, ..null::provider() }
}

struct Numbers;

impl Verifier for Numbers {
    fn verify(&self, _: SignatureAlgorithm, key: &PublicKey, _: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if key.bytes.last() == signature.last() { Ok(()) } else { Err(CryptoError::BadSignature) }
    }
}

impl KeyLoader for Numbers {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        let bytes = point(key.secret_der()[0]);
        Ok(Arc::new(Number(PublicKey { kind: KeyKind::P256, bytes })))
    }
}

#[derive(Debug)]
struct Number(PublicKey);

impl SigningKey for Number {
    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &[SignatureScheme::ECDSA_SECP256R1_SHA256]
    }

    fn sign(&self, _: SignatureScheme, _: &[u8], _: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        Ok(self.0.bytes[64..].to_vec())
    }
}
