//! Chains of random shape from a seed. Each is good as it is made; `faults.rs` makes them bad. crates/interop shows both to
//! OpenSSL as well.

use super::noise::Noise;
use handfast_crypto::{HashAlgorithm, KeyKind, Provider, SignatureAlgorithm};
use handfast_pki::cert::Version;
use handfast_pki::extension::KeyUsage;
use handfast_pki::make::{Builder, CrlBuilder, Identity, Key};
use handfast_pki::subject::Name;
use handfast_pki::{
    Anchors, Crls, Error, Path, Policy, PolicyInputs, Profile, Purpose, Reference, Request, Revocation, pem, spki,
    verify,
};
use pki_types::{CertificateDer, Der, ServerName, TrustAnchor, UnixTime};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// 2027-01-15T08:00:00Z.
pub(crate) const NOW: i64 = 1_800_000_000;
/// The name that everybody in a chain has, before a name of its own.
pub(crate) const ORGANIZATION: &str = "Handfast";
pub(crate) const HOST: &str = "www.host.test";

pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 14];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
pub(crate) const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];
pub(crate) const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];

/// Which chains are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Whatever RFC 5280 §6 lets pass.
    Any,
    /// Those that keep every MUST of RFC 5280 and, if they are a server's, of the Baseline Requirements.
    Strict,
}

/// A leaf, what leads from it to a trust anchor, and what it is asked.
pub(crate) struct Chain {
    /// The leaf first, the anchor last.
    pub(crate) path: Vec<Link>,
    /// What is sent as well.
    pub(crate) strangers: Vec<CertificateDer<'static>>,
    /// What is trusted as well.
    pub(crate) decoys: Vec<CertificateDer<'static>>,
    /// The anchor is known by its name and key alone.
    pub(crate) is_bare: bool,
    /// The certificate at this place is not sent; the anchor is not trusted.
    pub(crate) missing: Option<usize>,
    /// Two ways lead to an anchor.
    pub(crate) has_second_way: bool,
    /// For each certificate but the leaf, its list, or what is given for one.
    pub(crate) crls: Option<Vec<Option<Vec<u8>>>>,
    pub(crate) purpose: Purpose,
    pub(crate) name: Option<String>,
    pub(crate) now: i64,
    pub(crate) depth: u8,
    pub(crate) policies: PolicyInputs,
    pub(crate) style: Style,
    shuffle: u64,
}

/// A certificate of a chain and what it is made from.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) builder: Builder,
    /// The content octets of its subject.
    pub(crate) subject: Vec<u8>,
    /// Which of the [`KEYS`].
    pub(crate) key: usize,
    pub(crate) has_own_identifier: bool,
    pub(crate) has_issuer_identifier: bool,
    pub(crate) is_self_issued: bool,
    pub(crate) is_version1: bool,
    /// It says that it is for another key.
    pub(crate) spki: Option<Vec<u8>>,
    /// If an RSA key signs it, then as in RFC 8017 §8.2.
    pub(crate) is_pkcs1: bool,
    pub(crate) serial: Vec<u8>,
    pub(crate) der: CertificateDer<'static>,
}

/// Keys are slow to make; no chain has one twice.
static KEYS: LazyLock<Vec<Identity>> = LazyLock::new(|| {
    let provider = provider();
    let rsa: [&[u8]; 2] = [include_bytes!("../data/rsa-a.pem"), include_bytes!("../data/rsa-b.pem")];
    let rsa = rsa.into_iter().map(|text| Key::load(&provider, &pem::private_key(text).unwrap()).unwrap());
    let kinds = [(KeyKind::P256, 6), (KeyKind::P384, 3), (KeyKind::Ed25519, 4)];
    let made = kinds.into_iter().flat_map(|(kind, count)| std::iter::repeat_n(kind, count));
    let made = made.map(|kind| Key::generate(&provider, kind).unwrap());
    let all = rsa.chain(made).enumerate();
    // A CRL takes the key identifier from the certificate of its signer.
    let identity = |(at, key)| {
        let builder = Builder::ca("Signer", now()).without_key_identifiers();
        let builder = builder.extension(SUBJECT_KEY_IDENTIFIER, false, &tlv(4, &[&identifier(at)]));
        Identity { certificate: builder.self_signed(&provider, &key).unwrap(), key }
    };
    all.map(identity).collect()
});

static PROVIDER: LazyLock<Provider> = LazyLock::new(handfast_rustcrypto::provider);

pub(crate) fn provider() -> Provider {
    PROVIDER.clone()
}

pub(crate) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(NOW.unsigned_abs()))
}

pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u16::try_from(content.len()).unwrap();
    let [high, low] = len.to_be_bytes();
    let head = match len {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, content].concat()
}

fn identifier(key: usize) -> [u8; 20] {
    [u8::try_from(key).unwrap() + 1; 20]
}

/// An RDN.
pub(crate) fn rdn(kind: u8, value: &str) -> Vec<u8> {
    tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, kind], &tlv(12, &[value.as_bytes()])])])
}

/// The content octets of a name.
pub(crate) fn name_of(common_name: &str) -> Vec<u8> {
    [rdn(10, ORGANIZATION), rdn(3, common_name)].concat()
}

/// A directoryName, as a GeneralName.
pub(crate) fn directory(content: &[u8]) -> Vec<u8> {
    tlv(0xa4, &[&tlv(0x30, &[content])])
}

/// The DER of nameConstraints, of bases that are GeneralNames.
pub(crate) fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag, bases: &[Vec<u8>]| {
        let subtrees: Vec<_> = bases.iter().flat_map(|base| tlv(0x30, &[base])).collect();
        if bases.is_empty() { Vec::new() } else { tlv(tag, &[&subtrees]) }
    };
    tlv(0x30, &[&list(0xa0, permitted), &list(0xa1, excluded)])
}

/// The object identifier 1.3.9999.n, or anyPolicy for 0, as content octets.
pub(crate) fn policy(number: u8) -> Vec<u8> {
    if number == 0 { vec![0x55, 0x1d, 32, 0] } else { vec![0x2b, 0xce, 0x0f, number] }
}

/// The DER of certificatePolicies.
pub(crate) fn policies(numbers: &[u8]) -> Vec<u8> {
    let list: Vec<_> = numbers.iter().flat_map(|number| tlv(0x30, &[&tlv(6, &[&policy(*number)])])).collect();
    tlv(0x30, &[&list])
}

/// The DER of policyMappings.
pub(crate) fn mappings(pairs: &[(u8, u8)]) -> Vec<u8> {
    let pair = |(from, to): &(u8, u8)| tlv(0x30, &[&tlv(6, &[&policy(*from)]), &tlv(6, &[&policy(*to)])]);
    tlv(0x30, &[&pairs.iter().flat_map(pair).collect::<Vec<_>>()])
}

impl Link {
    pub(crate) fn new(builder: Builder, subject: &[u8], key: usize, serial: usize) -> Self {
        let serial = u16::try_from(0x4000 + serial).unwrap().to_be_bytes().to_vec();
        Self {
            builder: builder.subject_content(subject).serial(&serial).without_key_identifiers(),
            subject: subject.to_vec(),
            key,
            has_own_identifier: true,
            has_issuer_identifier: true,
            is_self_issued: false,
            is_version1: false,
            spki: None,
            is_pkcs1: false,
            serial,
            der: Vec::new().into(),
        }
    }

    /// Applies a change of the builder. It is not signed anew.
    pub(crate) fn change(&mut self, change: impl FnOnce(Builder) -> Builder) {
        self.builder = change(self.builder.clone());
    }

    pub(crate) fn extend(&mut self, oid: &[u8], critical: bool, der: &[u8]) {
        self.change(|builder| builder.extension(oid, critical, der));
    }

    /// The certificate, signed with this key under this name.
    pub(crate) fn sign(&self, issuer: &[u8], signer: usize) -> CertificateDer<'static> {
        let key = |at: usize| KEYS[at].key.public_key();
        let spki = self.spki.clone().unwrap_or_else(|| spki::encode(key(self.key)).unwrap());
        let mut builder = self.builder.clone().issuer(Name::new(issuer)).spki(&spki);
        if self.has_own_identifier {
            builder = builder.extension(SUBJECT_KEY_IDENTIFIER, false, &tlv(4, &[&identifier(self.key)]));
        }
        if self.has_issuer_identifier {
            let authority = tlv(0x30, &[&tlv(0x80, &[&identifier(signer)])]);
            builder = builder.extension(AUTHORITY_KEY_IDENTIFIER, false, &authority);
        }
        if self.is_pkcs1 && key(signer).kind == KeyKind::Rsa {
            builder = builder.algorithm(SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256));
        }
        builder.self_signed(&PROVIDER, &KEYS[signer].key).unwrap()
    }
}

impl Chain {
    /// A good one.
    pub(crate) fn random(noise: &mut Noise, style: Style) -> Self {
        let depth = noise.below(7);
        let is_server = noise.below(4) > 0;
        let is_strict = style == Style::Strict;
        let keys = choose_keys(noise, depth + 2, is_strict);
        let mut chain = Self {
            path: Vec::new(),
            strangers: Vec::new(),
            decoys: Vec::new(),
            is_bare: !is_strict && noise.below(8) == 0,
            missing: None,
            has_second_way: false,
            crls: None,
            purpose: if is_server { Purpose::Server } else { Purpose::Client },
            name: None,
            now: NOW,
            depth: Policy::DEPTH,
            policies: PolicyInputs::default(),
            style,
            shuffle: noise.next() | 1,
        };
        chain.push_leaf(noise, keys[0]);
        for (at, key) in (1..).zip(&keys[1..=depth]) {
            chain.push_ca(noise, at, *key);
        }
        chain.push_root(noise, keys[depth + 1]);
        chain.roll_over(noise);
        chain.limit_lengths(noise);
        chain.constrain(noise);
        chain.demand_policies(noise);
        for at in (0..chain.path.len()).rev() {
            chain.sign(at);
        }
        chain.add_strangers(noise);
        if noise.below(2) == 0 {
            chain.add_crls();
        }
        chain
    }

    fn push_leaf(&mut self, noise: &mut Noise, key: usize) {
        let is_strict = self.style == Style::Strict;
        let mut builder = Builder::new("", now()).dns("host.test");
        builder = match noise.below(3) {
            0 => builder.dns("*.host.test"),
            1 => builder.dns("a.test").dns(HOST).ip("192.0.2.7".try_into().unwrap()),
            _ => builder.ip("192.0.2.7".try_into().unwrap()).ip("2001:db8::7".try_into().unwrap()).dns(HOST),
        };
        let subject = match noise.below(3) {
            0 => name_of("host.test"),
            1 => rdn(10, ORGANIZATION),
            _ => Vec::new(),
        };
        if self.purpose == Purpose::Server {
            self.name = ["host.test", HOST].get(noise.below(3)).map(ToString::to_string);
        }
        if is_strict || noise.below(4) > 0 {
            builder = builder.key_usage(KeyUsage::DIGITAL_SIGNATURE);
        }
        if is_strict || noise.below(4) > 0 {
            let both = [Purpose::Server, Purpose::Client];
            builder = match noise.below(3) {
                0 => builder.purposes(&both),
                _ => builder.purposes(&[self.purpose]),
            };
        }
        if noise.below(3) == 0 {
            builder = builder.basic_constraints(false, None);
        }
        self.path.push(Link::new(builder, &subject, key, 0));
    }

    fn push_ca(&mut self, noise: &mut Noise, at: usize, key: usize) {
        let is_strict = self.style == Style::Strict;
        let mut builder = Builder::ca("", now());
        let long = if noise.below(16) == 0 { "long ".repeat(60) } else { String::new() };
        let subject = name_of(&format!("CA {at} {long}"));
        if !is_strict && noise.below(8) == 0 {
            builder = builder.without(KEY_USAGE);
        }
        builder = match noise.below(6) {
            0 => builder.purposes(&[Purpose::Server, Purpose::Client]),
            1 => builder.purposes(&[self.purpose]),
            2 => builder.purposes(&[Purpose::EmailProtection, self.purpose]),
            _ => builder,
        };
        let mut link = Link::new(builder, &subject, key, at);
        link.is_pkcs1 = noise.below(2) == 0;
        self.path.push(link);
    }

    fn push_root(&mut self, noise: &mut Noise, key: usize) {
        let is_strict = self.style == Style::Strict;
        let at = self.path.len();
        let mut link = Link::new(Builder::ca("", now()), &name_of("Root"), key, at);
        if !is_strict && noise.below(10) == 0 {
            link.change(|builder| builder.version(Version::V1));
            link.is_version1 = true;
        } else if !is_strict && noise.below(8) == 0 {
            link.change(|builder| builder.purposes(&[Purpose::Server, Purpose::Client]));
        }
        link.has_issuer_identifier = noise.below(2) == 0;
        link.is_self_issued = true;
        self.path.push(link);
    }

    /// Gives a CA the name of the one above it: that is how a CA changes its key.
    fn roll_over(&mut self, noise: &mut Noise) {
        for at in (1..self.anchor()).rev() {
            // A root that has no identifier cannot tell its own lists from those of its other key.
            let is_marked = at + 1 < self.anchor() || !self.is_bare && !self.path[at + 1].is_version1;
            if is_marked && noise.below(6) == 0 {
                let subject = self.path[at + 1].subject.clone();
                self.path[at].change(|builder| builder.subject_content(&subject));
                self.path[at].subject = subject;
                self.path[at].is_self_issued = true;
            }
        }
        // Without identifiers it is not plain whose list is whose.
        if self.style == Style::Any && !self.rolls_over() && noise.below(6) == 0 {
            for link in &mut self.path {
                (link.has_own_identifier, link.has_issuer_identifier) = (false, false);
            }
        }
    }

    fn limit_lengths(&mut self, noise: &mut Noise) {
        for at in 1..self.path.len() {
            if noise.below(3) == 0 {
                let limit = self.intermediates_below(at) + noise.below(3);
                let limit = u8::try_from(limit).unwrap();
                self.path[at].change(|builder| builder.basic_constraints(true, Some(limit)));
            }
        }
    }

    fn constrain(&mut self, noise: &mut Noise) {
        for at in 1..self.path.len() {
            if noise.below(4) > 0 || self.path[at].is_version1 {
                continue;
            }
            let dns = |name: &str| tlv(0x82, &[name.as_bytes()]);
            let address = tlv(0x87, &[&[192, 0, 2, 0, 255, 255, 255, 0]]);
            let wide = tlv(0x87, &[&[0; 32]]);
            let (mut permitted, mut excluded) = (Vec::new(), Vec::new());
            match noise.below(5) {
                0 => permitted.extend([dns("host.test"), dns("a.test"), dns("other.test")]),
                1 => permitted.extend([dns("test"), directory(&rdn(10, ORGANIZATION))]),
                2 => permitted.extend([address, wide, dns("")]),
                3 => excluded.extend([dns("evil.test"), dns("x.host.test"), directory(&name_of("Evil"))]),
                _ => {
                    permitted.push(directory(&rdn(10, "HANDFAST")));
                    excluded.push(tlv(0x81, &[b"host.test"]));
                }
            }
            // The wildcard might be the host that is excluded.
            excluded.retain(|base| *base != dns("x.host.test"));
            self.path[at].extend(NAME_CONSTRAINTS, true, &constraints(&permitted, &excluded));
        }
    }

    fn demand_policies(&mut self, noise: &mut Noise) {
        let anchor = self.anchor();
        match noise.below(4) {
            0 | 1 => return,
            2 => {
                for at in 0..anchor {
                    let any = at > 0 && noise.below(3) == 0;
                    self.path[at].extend(CERTIFICATE_POLICIES, false, &policies(if any { &[0] } else { &[1, 2] }));
                }
            }
            _ => {
                // Above the one that maps it is called 1, below 2.
                let mapper = noise.below(anchor);
                for at in 0..anchor {
                    let number = if at >= mapper { 1 } else { 2 };
                    self.path[at].extend(CERTIFICATE_POLICIES, false, &policies(&[number, 3]));
                }
                if mapper > 0 {
                    self.path[mapper].extend(POLICY_MAPPINGS, true, &mappings(&[(1, 2)]));
                }
            }
        }
        if noise.below(2) == 0 {
            self.policies.require_explicit = true;
        }
        if noise.below(2) == 0 {
            self.policies = self.policies.clone().accept("1.3.9999.1").unwrap();
        }
        if anchor > 1 && noise.below(2) == 0 {
            let at = 1 + noise.below(anchor - 1);
            let skip = u8::try_from(noise.below(3)).unwrap();
            self.path[at].extend(POLICY_CONSTRAINTS, true, &tlv(0x30, &[&[0x80, 1, skip]]));
        }
    }

    /// What is sent or trusted and leads nowhere.
    fn add_strangers(&mut self, noise: &mut Noise) {
        let anchor = self.anchor();
        let free: Vec<_> = (0..KEYS.len()).filter(|key| self.path.iter().all(|link| link.key != *key)).collect();
        let other = |subject: &[u8], at: usize| Link::new(Builder::ca("", now()), subject, free[at], 100 + at);
        for _ in 0..noise.below(4) {
            match noise.below(6) {
                0 => self.strangers.push(other(&name_of("Stranger"), 0).sign(&name_of("Stranger"), free[0])),
                // Of the name of a CA of the path.
                1 if anchor > 1 => {
                    let twin = &self.path[1 + noise.below(anchor - 1)];
                    self.strangers.push(other(&twin.subject, 0).sign(&name_of("Stranger"), free[1]));
                }
                2 => self.strangers.push(self.path[anchor].der.clone()),
                3 => self.decoys.push(other(&name_of("Other Root"), 2).sign(&name_of("Other Root"), free[2])),
                4 => self.decoys.push(other(&name_of("Root"), 3).sign(&name_of("Root"), free[3])),
                _ => self.strangers.push(Vec::from([0x30, 3, 1, 2]).into()),
            }
        }
    }

    /// Has another CA certify the root's key, and trusts that one as well or instead.
    pub(crate) fn cross_sign(&mut self, noise: &mut Noise) {
        let anchor = self.anchor();
        let key = self.free_key();
        let old_name = name_of("Old Root");
        let old = Link::new(Builder::ca("", now()), &old_name, key, 200);
        let mut cross = Link::new(Builder::ca("", now()), &self.path[anchor].subject, self.path[anchor].key, 201);
        cross.extend(CERTIFICATE_POLICIES, false, &policies(&[0]));
        cross.der = cross.sign(&old_name, key);
        let old_der = old.sign(&old_name, key);
        if noise.below(2) == 0 {
            self.strangers.push(cross.der);
            self.decoys.push(old_der);
            self.has_second_way = true;
        } else {
            self.strangers.push(self.path[anchor].der.clone());
            self.path[anchor] = cross;
            self.path.push(Link { der: old_der, is_self_issued: true, ..old });
        }
    }

    /// Gives every CA a list of revoked certificates, on which there are others.
    pub(crate) fn add_crls(&mut self) {
        let list = |at: usize| Some(self.crl(at, |crl| crl));
        self.crls = Some((1..self.path.len()).map(list).collect());
    }

    /// The list of the CA at `at`.
    pub(crate) fn crl(&self, at: usize, change: impl FnOnce(CrlBuilder) -> CrlBuilder) -> Vec<u8> {
        let link = &self.path[at];
        let mut crl = CrlBuilder::new(now()).issuer(Name::new(&link.subject)).revoke(&[0x12, 0x34], NOW - 5_000, None);
        if !link.has_own_identifier {
            crl = crl.without_key_identifier();
        }
        change(crl).signed_by(&PROVIDER, &KEYS[link.key]).unwrap()
    }

    pub(crate) fn anchor(&self) -> usize {
        self.path.len() - 1
    }

    pub(crate) fn rolls_over(&self) -> bool {
        self.path[..self.anchor()].iter().any(|link| link.is_self_issued)
    }

    /// A key that nobody on the path has.
    pub(crate) fn free_key(&self) -> usize {
        (0..KEYS.len()).find(|key| self.path.iter().all(|link| link.key != *key)).unwrap()
    }

    /// How many intermediate certificates that count lie below.
    pub(crate) fn intermediates_below(&self, at: usize) -> usize {
        self.path[1..at].iter().filter(|link| !link.is_self_issued).count()
    }

    /// Signs the certificate at `at` anew, with the key and name of the one above it.
    pub(crate) fn sign(&mut self, at: usize) {
        let issuer = self.path.get(at + 1).unwrap_or(&self.path[at]);
        self.path[at].der = self.path[at].sign(&issuer.subject.clone(), issuer.key);
    }

    /// The list as it is sent: the leaf first, the others in an order that comes from the seed and `round`.
    pub(crate) fn sent(&self, round: u64) -> Vec<CertificateDer<'static>> {
        let is_sent = |at: &usize| self.missing != Some(*at);
        let mut rest: Vec<_> = (1..self.anchor()).filter(is_sent).map(|at| self.path[at].der.clone()).collect();
        rest.extend(self.strangers.iter().cloned());
        shuffle(&mut Noise(self.shuffle.wrapping_add(round) | 1), &mut rest);
        [vec![self.path[0].der.clone()], rest].concat()
    }

    /// What is trusted.
    pub(crate) fn trusted(&self) -> Vec<CertificateDer<'static>> {
        let mut all = self.decoys.clone();
        if self.missing != Some(self.anchor()) {
            all.push(self.path[self.anchor()].der.clone());
        }
        shuffle(&mut Noise(self.shuffle), &mut all);
        all
    }

    pub(crate) fn anchors(&self) -> Anchors {
        let mut anchors = Anchors::new();
        for der in self.trusted() {
            let anchor = &self.path[self.anchor()];
            if self.is_bare && der == anchor.der {
                anchors.add_trust_anchor(TrustAnchor {
                    subject: Der::from(anchor.subject.clone()),
                    subject_public_key_info: Der::from(
                        handfast_pki::Certificate::parse(&anchor.der).unwrap().spki().to_vec(),
                    ),
                    name_constraints: None,
                });
            } else {
                // One that cannot be read is not trusted.
                let _ = anchors.add(&der);
            }
        }
        anchors
    }

    pub(crate) fn policy(&self, profile: Profile) -> Policy {
        let revocation = self.crls.as_ref().map(|crls| {
            let mut set = Crls::new();
            for crl in crls.iter().flatten() {
                let _ = set.add(crl);
            }
            Revocation::new(Arc::new(set))
        });
        Policy { profile, revocation, depth: self.depth, policies: self.policies.clone(), ..Policy::default() }
    }

    pub(crate) fn verify(&self, profile: Profile) -> Result<Path, Error> {
        self.verify_sent(profile, &self.sent(0))
    }

    pub(crate) fn verify_sent(&self, profile: Profile, sent: &[CertificateDer<'static>]) -> Result<Path, Error> {
        let name = self.name.as_deref().map(|name| ServerName::try_from(name).unwrap());
        let request = Request {
            chain: sent,
            staple: None,
            purposes: &[self.purpose],
            reference: name.as_ref().map(Reference::Server),
            now: UnixTime::since_unix_epoch(Duration::from_secs(self.now.unsigned_abs())),
        };
        verify(&PROVIDER, &self.anchors(), &self.policy(profile), &request)
    }
}

/// Different ones. RSA among them, but not for every chain: they are slow. The Baseline Requirements know no Ed25519.
fn choose_keys(noise: &mut Noise, count: usize, is_strict: bool) -> Vec<usize> {
    let is_allowed = |at: &usize| !is_strict || KEYS[*at].key.public_key().kind != KeyKind::Ed25519;
    let mut all: Vec<_> = (0..KEYS.len()).filter(is_allowed).collect();
    shuffle(noise, &mut all);
    all.truncate(count);
    all
}

fn shuffle<T>(noise: &mut Noise, list: &mut [T]) {
    for at in (1..list.len()).rev() {
        list.swap(at, noise.below(at + 1));
    }
}
