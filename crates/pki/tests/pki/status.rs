//! Revocation lists and stapled OCSP responses in the search for a path: what they say reaches the verdict.

use crate::common::*;
use crate::crl::{PAST, SERIAL, accepting, crl, lists, pair, sign};
use handfast_pki::make::{Identity, OcspBuilder, OcspEntry};
use handfast_pki::ocsp::{Stapling, Status};
use handfast_pki::revocation::{Scope, Verdict};
use handfast_pki::time::Time;
use handfast_pki::{Certificate, Path, Policy, Purpose, Reason, Request, Revocation, Rule, Trust};

fn with(revocation: Revocation) -> Policy {
    Policy { revocation: Some(revocation), ..Policy::default() }
}

/// docs/regressions.md row 66: a list that is listed on, expired, missing or for another kind of certificate.
#[test]
fn lists_decide_a_search() {
    let (ca, leaf) = pair();
    let listed = sign(crl().revoke(SERIAL, PAST, Some(Reason::KeyCompromise)), &ca);
    let expired = sign(crl().valid(1, 2), &ca);
    let lax = Revocation { expired: Verdict::Accept, ..lists(std::slice::from_ref(&expired)) };
    let path = serve_with(&with(lists(&[sign(crl(), &ca)])), &[&ca], &[&leaf]).unwrap();
    assert_eq!(path.valid_until, Time::from_unix(NOW as i64 + 7 * 86_400), "nextUpdate comes before notAfter");
    for (what, revocation, expected) in [
        ("listed", lists(std::slice::from_ref(&listed)), "CERT_REVOKED"),
        ("listed, and missing would do", accepting(&[listed]), "CERT_REVOKED"),
        ("expired", lists(std::slice::from_ref(&expired)), "CRL_HAS_EXPIRED"),
        ("expired, and missing would do", accepting(&[expired]), "CRL_HAS_EXPIRED"),
        ("expired, which is accepted", lax, "OK"),
        ("none", lists(&[]), "UNABLE_TO_GET_CRL"),
        ("none, which is accepted", accepting(&[]), "OK"),
    ] {
        assert_eq!(code(&serve_with(&with(revocation), &[&ca], &[&leaf])), expected, "{what}");
    }
    assert_eq!(code(&serve(&[&ca], &[&leaf])), "OK", "nobody asks for lists");
}

/// The same of an intermediate certificate, unless the leaf alone is looked up.
#[test]
fn lists_decide_about_intermediates() {
    let top = root(ca("Root"));
    let middle = top.issues(ca("Middle").serial(SERIAL));
    let leaf = middle.issues(server());
    let all = [sign(crl().revoke(SERIAL, PAST, None), &top), sign(crl(), &middle)];
    let error = serve_with(&with(lists(&all)), &[&top], &[&leaf, &middle]).unwrap_err();
    assert_eq!((error.code(), error.place().unwrap().depth), ("CERT_REVOKED", 1));
    let leaf_only = Revocation { scope: Scope::Leaf, ..lists(&all) };
    assert_eq!(code(&serve_with(&with(leaf_only), &[&top], &[&leaf, &middle])), "OK");
    let other = Revocation { scope: Scope::Path, ..lists(&all[1..]) };
    assert_eq!(code(&serve_with(&with(other), &[&top], &[&leaf, &middle])), "UNABLE_TO_GET_CRL");
}

/// A leaf that is trusted by itself needs nobody above it. Who is there and has revoked it is heard all the same.
#[test]
fn trust_in_a_leaf_is_no_deafness() {
    let (ca, leaf) = pair();
    let listed = || lists(&[sign(crl().revoke(SERIAL, PAST, None), &ca)]);
    let clear = || lists(&[sign(crl(), &ca)]);
    for (what, trusted, revocation, expected) in [
        ("revoked by an anchor", vec![&ca, &leaf], listed(), "CERT_REVOKED"),
        ("not revoked", vec![&ca, &leaf], clear(), "OK"),
        ("its issuer is not there", vec![&leaf], listed(), "OK"),
        ("no list", vec![&ca, &leaf], lists(&[]), "OK"),
    ] {
        let result = serve_with(&with(revocation), &trusted, &[&leaf]);
        assert_eq!(code(&result), expected, "{what}");
        if let Ok(path) = result {
            assert_eq!((path.certificates.len(), matches!(path.trust, Trust::Exact(_))), (1, true), "{what}");
        }
    }
    // A response that is insisted on has to come from somebody.
    let insisting = Policy { stapling: Stapling::Require, ..Policy::default() };
    assert_eq!(code(&serve_with(&insisting, &[&leaf], &[&leaf])), "OCSP_VERIFY_NEEDED");
    assert_eq!(code(&serve_with(&insisting, &[&ca, &leaf], &[&leaf])), "OCSP_VERIFY_NEEDED");
    let strict = ca.issues(server().must_staple());
    assert_eq!(code(&serve(&[&strict], &[&strict])), "OCSP_VERIFY_NEEDED");
    let off = Policy { stapling: Stapling::Off, ..Policy::default() };
    assert_eq!(code(&serve_with(&off, &[&strict], &[&strict])), "OK");
}

/// A verdict holds no longer than the anchor, and a list that has expired already does not end it before it began.
#[test]
fn what_ends_a_verdict() {
    let top = root(ca("Root").valid(NOW as i64 - 100, NOW as i64 + 100));
    let leaf = top.issues(server());
    assert_eq!(serve(&[&top], &[&leaf]).unwrap().valid_until, Time::from_unix(NOW as i64 + 100));
    let lax = Revocation { expired: Verdict::Accept, ..lists(&[sign(crl().valid(1, 2), &top)]) };
    let path = serve_with(&with(lax), &[&top], &[&leaf]).unwrap();
    assert_eq!(path.valid_until, Time::from_unix(NOW as i64 + 100));
}

fn stapled(
    policy: &Policy,
    ca: &Identity,
    leaf: &Identity,
    staple: Option<&[u8]>,
) -> Result<Path, handfast_pki::Error> {
    let chain = chain(&[leaf]);
    let request = Request { chain: &chain, staple, purposes: &[Purpose::Server], reference: None, now: now() };
    handfast_pki::verify(&provider(), &anchors(&[ca]), policy, &request)
}

/// docs/regressions.md row 67: a staple is neither ignored nor done without where it must be there.
#[test]
fn staples_decide_a_search() {
    let ca = root(ca("Root"));
    let (leaf, strict) = (ca.issues(server()), ca.issues(server().must_staple()));
    let answer = |about: &Identity, status: Status| {
        let parse = |identity| Certificate::parse(identity).unwrap();
        let entry = OcspEntry::good(&provider(), &parse(&about.certificate), &parse(&ca.certificate), now()).unwrap();
        OcspBuilder::new(now()).entry(entry.status(status)).signed_by(&provider(), &ca).unwrap()
    };
    let revoked = Status::Revoked { at: Time::from_unix(PAST), reason: None };
    let policy = Policy::default();
    let none = stapled(&policy, &ca, &strict, None).unwrap_err();
    assert_eq!((none.rule(), none.code()), (&Rule::MissingStaple, "OCSP_VERIFY_NEEDED"));
    assert_eq!(code(&stapled(&policy, &ca, &strict, Some(&answer(&strict, Status::Good)))), "OK");
    assert_eq!(code(&stapled(&policy, &ca, &strict, Some(&answer(&leaf, Status::Good)))), "OCSP_VERIFY_FAILED");
    assert_eq!(code(&stapled(&policy, &ca, &leaf, Some(&answer(&leaf, revoked)))), "CERT_REVOKED");
    assert_eq!(code(&stapled(&policy, &ca, &leaf, None)), "OK");
    let required = Policy { stapling: Stapling::Require, ..Policy::default() };
    assert_eq!(code(&stapled(&required, &ca, &leaf, None)), "OCSP_VERIFY_NEEDED");
    let off = Policy { stapling: Stapling::Off, ..Policy::default() };
    assert_eq!(code(&stapled(&off, &ca, &strict, None)), "OK");
}
