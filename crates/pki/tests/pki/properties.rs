//! Proofs by generation: chains of random shape verify, and one change each makes them fail with the expected code.
//!
//! `HANDFAST_CHAINS` sets how many are made.

use crate::chains::{
    CERTIFICATE_POLICIES, Chain, HOST, Link, NAME_CONSTRAINTS, NOW, ORGANIZATION, POLICY_MAPPINGS, Style, constraints,
    directory, mappings, name_of, now, policies, policy, rdn, tlv,
};
use crate::common::code;
use crate::faults::{BREACHES, FAULTS, Fault};
use crate::noise::Noise;
use handfast_pki::error::Which;
use handfast_pki::make::Builder;
use handfast_pki::{Certificate, Error, PolicyInputs, Profile, Purpose, Rule};
use pki_types::CertificateDer;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn count(default: usize) -> usize {
    std::env::var("HANDFAST_CHAINS").ok().and_then(|count| count.parse().ok()).unwrap_or(default)
}

fn noise(test: u64, round: usize) -> Noise {
    let mut noise = Noise((test << 32) + u64::try_from(round).unwrap() + 1);
    // The first numbers of small seeds are small.
    (0..8).for_each(|_| {
        noise.next();
    });
    noise
}

#[test]
fn a_good_chain_of_any_shape_verifies() {
    for round in 0..count(200) {
        let mut noise = noise(1, round);
        let mut chain = Chain::random(&mut noise, Style::Any);
        if noise.below(4) == 0 {
            chain.cross_sign(&mut noise);
            if chain.crls.is_some() {
                chain.add_crls();
            }
        }
        let result = chain.verify(Profile::Path);
        assert_eq!(code(&result), "OK", "{round}: {}", result.unwrap_err());
    }
}

#[test]
fn a_good_chain_that_keeps_every_must_verifies_under_every_profile() {
    for round in 0..count(60) {
        let chain = Chain::random(&mut noise(2, round), Style::Strict);
        for profile in [Profile::Path, Profile::Rfc5280, Profile::WebPki] {
            if profile == Profile::WebPki && chain.purpose != Purpose::Server {
                continue;
            }
            let result = chain.verify(profile);
            assert_eq!(code(&result), "OK", "{round} {profile:?}: {}", result.unwrap_err());
        }
    }
}

/// Nor does it matter in which order they come, and what else is sent or trusted.
#[test]
fn neither_order_nor_strangers_change_the_verdict() {
    for round in 0..count(60) {
        let mut noise = noise(4, round);
        let mut chain = Chain::random(&mut noise, Style::Any);
        if noise.below(3) > 0 {
            FAULTS[noise.below(FAULTS.len())].1(&mut chain, &mut noise);
        }
        let expected = code(&chain.verify(Profile::Path));
        for order in 1..4 {
            assert_eq!(code(&chain.verify_sent(Profile::Path, &chain.sent(order))), expected, "{round}");
        }
        // What a twin or a copy of the root changes is the reason at most.
        (chain.strangers, chain.decoys) = (Vec::new(), Vec::new());
        assert_eq!(code(&chain.verify(Profile::Path)) == "OK", expected == "OK", "{round}");
    }
}

/// What is wrong with one way is no matter where there is another one.
#[test]
fn a_second_way_is_found() {
    let mut found = 0;
    for round in 0..count(60) {
        let mut noise = noise(5, round);
        let mut chain = Chain::random(&mut noise, Style::Any);
        chain.crls = None;
        chain.cross_sign(&mut noise);
        let anchor = chain.anchor();
        if !chain.has_second_way || chain.is_bare {
            continue;
        }
        let link = &mut chain.path[anchor];
        link.change(|builder| builder.valid(NOW - 9_000, NOW - 1));
        chain.sign(anchor);
        let path = chain.verify(Profile::Path).unwrap();
        assert_eq!((path.certificates.len(), path.tried.is_empty()), (anchor + 1, false), "{round}");
        found += 1;
    }
    assert!(found > 5, "{found}");
}

/// docs/regressions.md row 57: a mesh of a hundred CAs, each of which constrains names and speaks of policies.
#[test]
fn a_mesh_with_constraints_and_policies_ends() {
    let start = Instant::now();
    let error = mesh().verify(Profile::Path).unwrap_err();
    assert_eq!(error.code(), "CERT_CHAIN_TOO_LONG", "{error}");
    assert_eq!(*error.rule(), Rule::Budget);
    // A generous bound: the machine may be busy, and nothing is optimized.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// A leaf, and ten CAs each of which certified all ten, with constraints on names and with policies: paths beyond counting, of
/// which none ends at an anchor but in the policies.
fn mesh() -> Chain {
    const NODES: usize = 10;
    let mut noise = Noise(57);
    let mut chain = Chain::random(&mut noise, Style::Any);
    let leaf = Builder::server(&["host.test", HOST], now());
    let name = |at: usize| name_of(&format!("Node {at}"));
    let mut leaf = Link::new(leaf, &rdn(10, ORGANIZATION), NODES + 1, 0);
    leaf.extend(CERTIFICATE_POLICIES, false, &policies(&(1..=50).collect::<Vec<_>>()));
    leaf.der = leaf.sign(&name(0), 0);
    let mut root = Link::new(Builder::ca("", now()), &name_of("Root"), NODES, 1);
    root.der = root.sign(&name_of("Root"), NODES);
    let permitted: Vec<_> = (0..40).map(|at| tlv(0x82, &[format!("h{at}.test").as_bytes()])).collect();
    let permitted = [permitted, vec![tlv(0x82, &[b"test"]), directory(&rdn(10, ORGANIZATION))]].concat();
    let pairs: Vec<_> = (1..=40).flat_map(|from| [(from, from % 40 + 1), (from, from)]).collect();
    let node = |at: usize| {
        let mut link = Link::new(Builder::ca("", now()), &name(at), at, 10 + at);
        link.extend(NAME_CONSTRAINTS, true, &constraints(&permitted, &[]));
        link.extend(CERTIFICATE_POLICIES, false, &policies(&(1..=50).collect::<Vec<_>>()));
        link.extend(POLICY_MAPPINGS, true, &mappings(&pairs));
        link
    };
    chain.strangers = (0..NODES)
        .flat_map(|at| (0..NODES).map(move |issuer| (at, issuer)))
        .map(|(at, issuer)| node(at).sign(&name(issuer), issuer))
        .collect();
    // Every node leads to the root as well, and no path through one has an acceptable policy.
    chain.strangers.extend((1..NODES).map(|at| node(at).sign(&name_of("Root"), NODES)));
    chain.path = vec![leaf, root];
    (chain.decoys, chain.crls, chain.is_bare) = (Vec::new(), None, false);
    (chain.purpose, chain.name) = (Purpose::Server, None);
    chain.policies =
        PolicyInputs { require_explicit: true, acceptable: Some(vec![policy(99)]), ..PolicyInputs::default() };
    chain
}

#[test]
fn one_fault_fails_with_its_code() {
    every_fault(FAULTS, Style::Any, Profile::Path, count(120));
}

#[test]
fn one_breach_fails_with_its_code() {
    every_fault(BREACHES, Style::Strict, Profile::Rfc5280, count(60));
}

fn every_fault(faults: &[Fault], style: Style, profile: Profile, count: usize) {
    let mut seen = BTreeMap::new();
    for round in 0..count {
        let mut noise = noise(3, round);
        let seed = noise.next();
        // The same chain for each, as it was made.
        for step in 0..10 {
            let (name, fault) = faults[(round * 10 + step) % faults.len()];
            let mut chain = Chain::random(&mut Noise(seed), style);
            let Some(expected) = fault(&mut chain, &mut noise) else { continue };
            let error = match chain.verify(profile) {
                Err(error) => error,
                Ok(path) => panic!("{round} {name}: accepted by {path:?}"),
            };
            assert_eq!(error.code(), expected.code, "{round} {name} at {}: {error}", expected.about);
            let (found, wanted) = (about(&chain, &error), &chain.path[expected.about].der);
            // Whoever of a name is asked first did not sign.
            let is_signature = error.code() == "CERT_SIGNATURE_FAILURE";
            let is_same = found == *wanted || is_signature && is_called(&found, &chain.path[expected.about].subject);
            assert!(is_same, "{round} {name} at {}: {error}", expected.about);
            *seen.entry(name).or_insert(0) += 1;
        }
    }
    let missed: Vec<_> = faults.iter().filter(|(name, _)| !seen.contains_key(name)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

/// The certificate that the error is about.
fn about(chain: &Chain, error: &Error) -> CertificateDer<'static> {
    match error.place().unwrap().which {
        Which::Peer(at) => chain.sent(0)[at].clone(),
        Which::Anchor(at) => chain.trusted()[at].clone(),
    }
}

fn is_called(der: &CertificateDer<'_>, subject: &[u8]) -> bool {
    Certificate::parse(der).is_ok_and(|certificate| certificate.subject().as_bytes() == subject)
}
