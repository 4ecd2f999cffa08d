//! Certificates that were taken back, by revocation lists and by stapled OCSP responses, or are for something else; and verdicts
//! that are remembered.

use handfast::crypto::{CryptoError, KeyKind, Provider, PublicKey, SignatureAlgorithm, Verifier};
use handfast::pki::make::{Builder, CrlBuilder, Identity as Made, Key, OcspBuilder, OcspEntry};
use handfast::pki::ocsp::{Stapling, Status};
use handfast::pki::time::Time;
use handfast::pki::{Certificate, Crls, Policy, Reason, Revocation};
use handfast::pki_types::{CertificateDer, UnixTime};
use handfast::wire::AlertDescription;
use handfast::{Anchors, ClientAuth, FixedClock, Identity, PathVerifier, Resolve, Version};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::random::Seeded;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const VERSIONS: &[Version] = &[
    #[cfg(feature = "tls12")]
    Version::Tls12,
    Version::Tls13,
];

/// A CA, and a certificate of it.
struct Site {
    provider: Provider,
    ca: Made,
    leaf: CertificateDer<'static>,
    identity: Arc<Identity>,
    anchors: Arc<Anchors>,
}

impl Site {
    fn new(leaf: Builder) -> Self {
        let provider = Provider { random: Seeded::new(78), ..handfast::rustcrypto::provider() };
        let ca = Made::root(&provider, Builder::ca("CA", NOW), KeyKind::P256).unwrap();
        let key = Key::generate(&provider, KeyKind::P256).unwrap();
        let leaf = leaf.signed_by(&provider, &ca, key.public_key()).unwrap();
        let mut anchors = Anchors::new();
        anchors.add(&ca.certificate).unwrap();
        let identity = Identity::new(&provider, vec![leaf.clone()], key.der()).unwrap();
        Self { provider, ca, leaf, identity, anchors: Arc::new(anchors) }
    }

    fn crls(&self, is_revoked: bool) -> Policy {
        let serial = Certificate::parse(&self.leaf).unwrap().serial().to_vec();
        let mut list = CrlBuilder::new(NOW);
        if is_revoked {
            list = list.revoke(&serial, Time::from(NOW).unix() - 60, Some(Reason::KeyCompromise));
        }
        let mut crls = Crls::new();
        crls.add(&list.signed_by(&self.provider, &self.ca).unwrap()).unwrap();
        Policy { revocation: Some(Revocation::new(Arc::new(crls))), ..Policy::default() }
    }

    fn staple(&self, status: Status) -> Vec<u8> {
        let parse = |der| Certificate::parse(der).unwrap();
        let (leaf, ca) = (parse(&self.leaf), parse(&self.ca.certificate));
        let entry = OcspEntry::good(&self.provider, &leaf, &ca, NOW).unwrap().status(status);
        OcspBuilder::new(NOW).entry(entry).signed_by(&self.provider, &self.ca).unwrap()
    }

    fn judge(&self, policy: Policy) -> PathVerifier {
        PathVerifier::with_policy(self.provider.clone(), self.anchors.clone(), policy)
    }

    /// A connection of `version` whose client judges by `judge`: the code and alert of its refusal.
    fn connect(
        &self,
        version: Version,
        judge: &Arc<PathVerifier>,
        identity: &Arc<Identity>,
    ) -> Result<(), (String, Option<AlertDescription>)> {
        let made = Setup::default().make_with(
            |client| client.versions(version, version).verifier(Resolve::Now(judge.clone())),
            |server| server.identities(Resolve::Now(Arc::new(vec![identity.clone()]))),
        );
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.run();
        match &pair.client.error {
            None => Ok(()),
            Some(error) => Err((error.code(), error.alert())),
        }
    }
}

fn refused(code: &str, alert: AlertDescription) -> Result<(), (String, Option<AlertDescription>)> {
    Err((code.to_string(), Some(alert)))
}

#[test]
fn a_server_is_judged_by_revocation_lists() {
    let site = Site::new(Builder::server(&[NAME], NOW));
    for &version in VERSIONS {
        let connect = |policy| site.connect(version, &Arc::new(site.judge(policy)), &site.identity);
        assert_eq!(connect(site.crls(false)), Ok(()));
        assert_eq!(connect(site.crls(true)), refused("CERT_REVOKED", AlertDescription::CERTIFICATE_REVOKED));
        let none = Policy { revocation: Some(Revocation::new(Arc::default())), ..Policy::default() };
        assert_eq!(connect(none), refused("UNABLE_TO_GET_CRL", AlertDescription::CERTIFICATE_UNKNOWN));
    }
}

#[test]
fn a_client_is_judged_by_revocation_lists() {
    let site = Site::new(Builder::client("somebody", NOW));
    for &version in VERSIONS {
        for (is_revoked, alert) in [(false, None), (true, Some(AlertDescription::CERTIFICATE_REVOKED))] {
            let judge = Resolve::Now(Arc::new(site.judge(site.crls(is_revoked))) as Arc<_>);
            let made = Setup::default().make_with(
                |client| client.versions(version, version).identity(site.identity.clone()),
                |server| server.client_verifier(ClientAuth::Require, judge.clone()),
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            pair.run();
            assert_eq!(pair.server.error.as_ref().and_then(handfast::Error::alert), alert, "{version:?}");
        }
    }
}

/// docs/regressions.md row 58: 64 KiB of certificates are taken, and not a byte more is waited for.
#[test]
fn a_chain_is_no_longer_than_its_limit() {
    let site = Site::new(Builder::server(&[NAME], NOW));
    let leaf = Made::root(&site.provider, Builder::server(&[NAME], NOW), KeyKind::P256).unwrap();
    let padded = |octets: usize| {
        let padding = site.ca.issue(
            &site.provider,
            Builder::new("padding", NOW).extension(&[0x2a, 3], false, &vec![0; octets]),
            KeyKind::P256,
        );
        let key = leaf.key.signer().clone();
        Identity::with_key(vec![leaf.certificate.clone(), padding.unwrap().certificate], key).unwrap()
    };
    let mut anchors = Anchors::new();
    anchors.add(&leaf.certificate).unwrap();
    let judge = Arc::new(PathVerifier::new(site.provider.clone(), Arc::new(anchors)));
    for &version in VERSIONS {
        let lengths = [60 * 1024, 65 * 1024].map(|octets| site.connect(version, &judge, &padded(octets)));
        let too_long = refused("MessageTooLong", AlertDescription::ILLEGAL_PARAMETER);
        assert_eq!(lengths, [Ok(()), too_long], "{version:?}");
    }
}

/// docs/regressions.md row 65: a certificate for servers makes no client, also where none would have been needed.
#[test]
fn a_servers_certificate_is_no_clients() {
    for (leaf, expected) in
        [(Builder::client("somebody", NOW), None), (Builder::server(&[NAME], NOW), Some("INVALID_PURPOSE".to_string()))]
    {
        let site = Site::new(leaf);
        for mode in [ClientAuth::Request, ClientAuth::Require] {
            for &version in VERSIONS {
                let made = Setup::default().make_with(
                    |client| client.versions(version, version).identity(site.identity.clone()),
                    |server| server.client_auth(mode, site.anchors.clone()),
                );
                let mut pair = Pair::new(made, Chunking::Coalesced);
                pair.run();
                assert_eq!(pair.server.error.as_ref().map(handfast::Error::code), expected, "{version:?}");
            }
        }
    }
}

/// RFC 6066 §8, RFC 7633; docs/regressions.md row 67: what is stapled is looked at, and its absence seen.
#[test]
fn what_is_stapled_counts() {
    let plain = Site::new(Builder::server(&[NAME], NOW));
    let strict = Site::new(Builder::server(&[NAME], NOW).must_staple());
    let revoked = Status::Revoked { at: Time::from(NOW), reason: None };
    let bad = AlertDescription::BAD_CERTIFICATE_STATUS_RESPONSE;
    for &version in VERSIONS {
        for (site, insists) in [(&plain, false), (&strict, true)] {
            let with = |staple: Option<Vec<u8>>, stapling| {
                let identity = staple.map_or(site.identity.clone(), |staple| site.identity.clone().with_ocsp(staple));
                site.connect(version, &Arc::new(site.judge(Policy { stapling, ..Policy::default() })), &identity)
            };
            assert_eq!(with(Some(site.staple(Status::Good)), Stapling::Check), Ok(()));
            let refusal = refused("CERT_REVOKED", AlertDescription::CERTIFICATE_REVOKED);
            assert_eq!(with(Some(site.staple(revoked)), Stapling::Soft), refusal);
            assert_eq!(with(Some(b"ocsp".to_vec()), Stapling::Check), refused("OCSP_VERIFY_FAILED", bad));
            assert_eq!(with(Some(b"ocsp".to_vec()), Stapling::Off), Ok(()));
            assert_eq!(with(None, Stapling::Require), refused("OCSP_VERIFY_NEEDED", bad));
            let insisted = |expected| if insists { expected } else { Ok(()) };
            assert_eq!(with(Some(b"ocsp".to_vec()), Stapling::Soft), insisted(refused("OCSP_VERIFY_FAILED", bad)));
            assert_eq!(with(None, Stapling::Check), insisted(refused("OCSP_VERIFY_NEEDED", bad)));
        }
    }
}

/// Counts the signatures that are checked.
struct Counting {
    inner: &'static dyn Verifier,
    count: AtomicUsize,
}

impl Verifier for Counting {
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.inner.verify(algorithm, key, message, signature)
    }
}

/// What was verified is not verified again: for the same name, use and staple, and for as long as it holds.
#[test]
fn a_verdict_is_remembered() {
    let site = Site::new(Builder::server(&[NAME, "other.example"], NOW));
    let counting: &Counting =
        Box::leak(Box::new(Counting { inner: site.provider.verifier, count: AtomicUsize::new(0) }));
    let provider = Provider { verifier: counting, ..site.provider.clone() };
    let judge = |anchors: &Arc<Anchors>| {
        Arc::new(PathVerifier::with_policy(provider.clone(), anchors.clone(), site.crls(false)).remember(8))
    };
    let (first, stapled) = (judge(&site.anchors), site.identity.clone().with_ocsp(site.staple(Status::Good)));
    let connect = |judge: &Arc<PathVerifier>, identity: &Arc<Identity>, later: u64| {
        let before = counting.count.load(Ordering::Relaxed);
        let clock = Arc::new(FixedClock(UnixTime::since_unix_epoch(Duration::from_secs(NOW.as_secs() + later))));
        let made = Setup::default().make_with(
            |client| client.verifier(Resolve::Now(judge.clone())).clock(clock),
            |server| server.identities(Resolve::Now(Arc::new(vec![identity.clone()]))),
        );
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.run();
        let code = pair.client.error.as_ref().map(handfast::Error::code);
        (code, counting.count.load(Ordering::Relaxed) - before)
    };
    // The certificate's signature and the list's.
    assert_eq!(connect(&first, &site.identity, 0), (None, 2));
    assert_eq!(connect(&first, &site.identity, 0), (None, 0));
    assert_eq!(connect(&first, &site.identity, 3_600), (None, 0));
    // The list's signature is remembered by the list.
    assert_eq!(connect(&first, &site.identity, 3_601), (None, 1), "an hour is over");
    assert_eq!(connect(&first, &stapled, 0), (None, 2), "another staple");
    assert_eq!(connect(&first, &stapled, 0), (None, 0));
    // Another verifier knows nothing of it, and what was refused is not remembered.
    let strangers = judge(&World::of(KeyKind::P384).anchors);
    for _ in 0..2 {
        assert_eq!(connect(&strangers, &site.identity, 0).0.as_deref(), Some("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
    }
    // Past the end of the certificate and of the list nothing holds, whatever is remembered.
    let (last, long) = (judge(&site.anchors), 7 * 86_400);
    assert_eq!(connect(&last, &site.identity, long - 10).0, None);
    assert_eq!(connect(&last, &site.identity, long + 10).0.as_deref(), Some("CRL_HAS_EXPIRED"));
}
