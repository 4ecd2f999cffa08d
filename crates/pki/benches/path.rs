//! Reading and verifying certificates beside rustls-webpki, on the same chains and with the same cryptography:
//! `just bench-pki`.
//!
//! Every candidate runs once in every round, so that what disturbs one round disturbs all; the medians of the rounds and
//! their ratio are printed. One thread, no network. Trust the ratios more than the figures.
//!
//! Each chain is verified twice: with signatures that always pass, which leaves reading and searching, and with real ones.

use handfast_crypto::signature::Verifier;
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, Provider, PublicKey, SignatureAlgorithm};
use handfast_pki::make::{Builder, CrlBuilder, Identity, Key};
use handfast_pki::revocation::Scope;
use handfast_pki::{Anchors, Certificate, Crls, Policy, Revocation, pem, verify_server};
use pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm, TrustAnchor,
    UnixTime, alg_id,
};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use webpki::{
    CertRevocationList, EndEntityCert, KeyUsage, OwnedCertRevocationList, RevocationCheckDepth,
    RevocationOptionsBuilder,
};

/// 2027-01-15T08:00:00Z.
const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
/// How long a candidate works in a round, about.
const TURN: Duration = Duration::from_millis(2);
/// How many entries the revocation list has.
const REVOKED: u32 = 10_000;

/// What is asked of both: a chain, whom it is trusted through, and what the answer has to be.
struct Question {
    name: &'static str,
    chain: Vec<CertificateDer<'static>>,
    anchors: Anchors,
    policy: Policy,
    trusted: Vec<TrustAnchor<'static>>,
    crl: Option<CertRevocationList<'static>>,
    host: &'static str,
    is_good: bool,
}

/// One line of the table.
struct Line<'q> {
    name: String,
    ours: Box<dyn Fn() + 'q>,
    theirs: Box<dyn Fn() + 'q>,
}

fn main() {
    let rounds = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(30);
    let questions = questions();
    let nothing = Provider { verifier: &Always, ..provider() };
    let real = provider();
    let mut lines: Vec<_> = questions.iter().take(3).map(reading).collect();
    for (what, provider, theirs) in [("no signatures", &nothing, &NULL), ("real signatures", &real, &REAL)] {
        lines.extend(questions.iter().map(|question| verifying(what, question, provider, theirs)));
    }
    println!("{:<58}{:>10}{:>15}{:>8}", "µs", "handfast", "rustls-webpki", "ratio");
    for (name, ours, theirs) in medians(rounds, &lines) {
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!("{name:<58}{:>10.2}{:>15.2}{ratio:>8.2}", micros(ours), micros(theirs));
    }
}

fn reading(question: &Question) -> Line<'_> {
    let leaf = &question.chain[0];
    Line {
        name: format!("read the leaf of: {}", question.name),
        ours: Box::new(move || drop(black_box(Certificate::parse(black_box(leaf)).expect("a certificate")))),
        theirs: Box::new(move || drop(black_box(EndEntityCert::try_from(black_box(leaf)).expect("a certificate")))),
    }
}

fn verifying<'q>(
    what: &str,
    question: &'q Question,
    provider: &'q Provider,
    algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
) -> Line<'q> {
    let host: ServerName<'_> = question.host.try_into().expect("a name");
    let same = host.clone();
    let ours = move || {
        let Question { anchors, policy, chain, .. } = question;
        let path = verify_server(provider, anchors, policy, black_box(chain), &host, NOW);
        assert_eq!(black_box(path).is_ok(), question.is_good);
    };
    let theirs = move || assert_eq!(black_box(ask_webpki(black_box(question), algorithms, &same)), question.is_good);
    Line { name: format!("{what}: {}", question.name), ours: Box::new(ours), theirs: Box::new(theirs) }
}

fn ask_webpki(question: &Question, algorithms: &[&dyn SignatureVerificationAlgorithm], host: &ServerName<'_>) -> bool {
    let Some((leaf, others)) = question.chain.split_first() else { return false };
    let Ok(leaf) = EndEntityCert::try_from(leaf) else { return false };
    let crls: Vec<_> = question.crl.iter().collect();
    let revocation = RevocationOptionsBuilder::new(&crls).ok();
    let revocation = revocation.map(|options| options.with_depth(RevocationCheckDepth::EndEntity).build());
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(algorithms, &question.trusted, others, NOW, usage, revocation, None).is_ok()
        && leaf.verify_is_valid_for_subject_name(host).is_ok()
}

fn questions() -> Vec<Question> {
    let provider = provider();
    let root = Identity::root(&provider, ca("Root"), KeyKind::P256).expect("a root");
    let one = root.issue(&provider, ca("One"), KeyKind::P256).expect("a CA");
    let two = one.issue(&provider, ca("Two"), KeyKind::P256).expect("a CA");
    let three = two.issue(&provider, ca("Three"), KeyKind::P256).expect("a CA");
    let hosts: Vec<_> = (0..100).map(|number| format!("host{number}.test")).collect();
    let hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
    let leaf = |issuer: &Identity, names: &[&str]| {
        issuer.issue(&provider, Builder::server(names, NOW), KeyKind::P256).expect("a leaf")
    };
    let near = leaf(&one, &["host.test"]);
    let (far, many) = (leaf(&three, &["host.test"]), leaf(&one, &hosts));
    let mut all = vec![
        Question::new("P-256, one intermediate", &[&near, &one], &root),
        Question::new("100 names, the last one asked for", &[&many, &one], &root),
        rsa(&provider),
        Question::new("three intermediates, shuffled", &[&far, &one, &three, &two], &root),
        Question::new("one intermediate, Mozilla's anchors", &[&near, &one], &root).among_mozillas(),
        Question::new("one intermediate, a CRL of 10,000 entries", &[&near, &one], &root).with_crl(&provider, &one),
        Question::new("unknown issuer, Mozilla's anchors", &[&near, &one], &root).among_mozillas().unknown(),
    ];
    all[1].host = "host99.test";
    all
}

/// RSA-2048 from the leaf to the root; there is but one key, which nothing that is measured notices.
fn rsa(provider: &Provider) -> Question {
    let pem = include_bytes!("../../testkit/data/rsa2048.pem");
    let key = || Key::load(provider, &pem::private_key(pem).expect("a key")).expect("a key");
    let pkcs1 = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
    let root = ca("RSA Root").algorithm(pkcs1).self_signed(provider, &key()).expect("a root");
    let root = Identity { certificate: root, key: key() };
    let issue = |issuer: &Identity, builder: Builder| Identity {
        certificate: builder.algorithm(pkcs1).signed_by(provider, issuer, key().public_key()).expect("a certificate"),
        key: key(),
    };
    let one = issue(&root, ca("RSA One"));
    let leaf = issue(&one, Builder::server(&["host.test"], NOW));
    Question::new("RSA-2048, one intermediate", &[&leaf, &one], &root)
}

impl Question {
    fn new(name: &'static str, chain: &[&Identity], root: &Identity) -> Self {
        let mut anchors = Anchors::new();
        anchors.add(&root.certificate).expect("a root");
        Self {
            name,
            chain: chain.iter().map(|identity| identity.certificate.clone()).collect(),
            anchors,
            policy: Policy::default(),
            trusted: vec![webpki::anchor_from_trusted_cert(&root.certificate).expect("a root").to_owned()],
            crl: None,
            host: "host.test",
            is_good: true,
        }
    }

    fn among_mozillas(mut self) -> Self {
        let mut anchors = Anchors::mozilla();
        let mut trusted = webpki_roots::TLS_SERVER_ROOTS.to_vec();
        for own in &self.trusted {
            anchors.add_trust_anchor(own.clone());
            trusted.push(own.clone());
        }
        (self.anchors, self.trusted) = (anchors, trusted);
        self
    }

    /// Without the root.
    fn unknown(mut self) -> Self {
        self.anchors = Anchors::mozilla();
        self.trusted.pop();
        self.is_good = false;
        self
    }

    /// Looks the leaf up in a list that has others.
    fn with_crl(mut self, provider: &Provider, issuer: &Identity) -> Self {
        let serials = (0..REVOKED).map(|number| [&[1; 12][..], &number.to_be_bytes()].concat());
        let list = serials.fold(CrlBuilder::new(NOW), |list, serial| list.revoke(&serial, 1_790_000_000, None));
        let der = list.signed_by(provider, issuer).expect("a list");
        self.crl = Some(OwnedCertRevocationList::from_der(&der).expect("a list").into());
        let mut crls = Crls::new();
        crls.add(&der).expect("a list");
        self.policy.revocation = Some(Revocation { scope: Scope::Leaf, ..Revocation::new(Arc::new(crls)) });
        self
    }
}

fn ca(name: &str) -> Builder {
    Builder::ca(name, NOW)
}

fn provider() -> Provider {
    handfast_rustcrypto::provider()
}

/// Every signature is good.
#[derive(Debug)]
struct Always;

impl Verifier for Always {
    fn verify(&self, _: SignatureAlgorithm, _: &PublicKey, _: &[u8], _: &[u8]) -> Result<(), CryptoError> {
        Ok(())
    }
}

/// The provider's verifier, or none, in the form that rustls-webpki wants.
#[derive(Debug)]
struct Adapter {
    signature: SignatureAlgorithm,
    kind: KeyKind,
    signature_id: AlgorithmIdentifier,
    key_id: AlgorithmIdentifier,
    is_real: bool,
}

const fn ecdsa(is_real: bool) -> Adapter {
    let signature = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
    let (signature_id, key_id) = (alg_id::ECDSA_SHA256, alg_id::ECDSA_P256);
    Adapter { signature, kind: KeyKind::P256, signature_id, key_id, is_real }
}

const fn pkcs1(is_real: bool) -> Adapter {
    let signature = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
    let (signature_id, key_id) = (alg_id::RSA_PKCS1_SHA256, alg_id::RSA_ENCRYPTION);
    Adapter { signature, kind: KeyKind::Rsa, signature_id, key_id, is_real }
}

static REAL: &[&dyn SignatureVerificationAlgorithm] = &[&ecdsa(true), &pkcs1(true)];
static NULL: &[&dyn SignatureVerificationAlgorithm] = &[&ecdsa(false), &pkcs1(false)];

impl SignatureVerificationAlgorithm for Adapter {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if !self.is_real {
            return Ok(());
        }
        let key = PublicKey { kind: self.kind, bytes: key.to_vec() };
        provider().verifier.verify(self.signature, &key, message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key_id
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature_id
    }
}

fn medians(rounds: usize, lines: &[Line<'_>]) -> Vec<(String, Duration, Duration)> {
    let mut works: Vec<_> = lines.iter().flat_map(|line| [&line.ours, &line.theirs]).map(|work| (work, 1)).collect();
    for (work, times) in &mut works {
        // The first is for the caches.
        work();
        let nanos = timed(work, 1).as_nanos().max(1);
        *times = u32::try_from(TURN.as_nanos() / nanos).unwrap_or(1).max(1);
    }
    let mut taken = vec![Vec::new(); works.len()];
    for _ in 0..rounds {
        for ((work, times), taken) in works.iter().zip(&mut taken) {
            taken.push(timed(work, *times) / *times);
        }
    }
    let medians: Vec<_> = taken
        .into_iter()
        .map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2]
        })
        .collect();
    lines.iter().zip(medians.chunks(2)).map(|(line, pair)| (line.name.clone(), pair[0], pair[1])).collect()
}

fn timed(work: &dyn Fn(), times: u32) -> Duration {
    let start = Instant::now();
    (0..times).for_each(|_| work());
    start.elapsed()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
