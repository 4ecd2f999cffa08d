//! Which certificates and reasons a revocation list covers.

use crate::common::*;
use crate::crl::{ISSUING_DISTRIBUTION_POINT, PAST, SERIAL, accepting, check, crl, lists, pair, revoked, sign, tlv};
use handfast_pki::crl::{Crl, Kind};
use handfast_pki::make::Builder;
use handfast_pki::{Certificate, Rule};

const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 31];

#[test]
fn users_and_cas() {
    let ca = root(ca("Root"));
    let (leaf, middle) = (ca.issues(server()), ca.issues(Builder::ca("Middle", now())));
    let scope = Err(Rule::CrlScope("issuingDistributionPoint"));
    for (tag, kind, of_leaf, of_middle) in [
        (0x81, Kind::User, Ok(()), scope.clone()),
        (0x82, Kind::Ca, scope.clone(), Ok(())),
        (0x85, Kind::Attribute, scope.clone(), scope.clone()),
    ] {
        for critical in [true, false] {
            let der = sign(crl().extension(ISSUING_DISTRIBUTION_POINT, critical, &tlv(0x30, &[&[tag, 1, 0xff]])), &ca);
            assert_eq!(Crl::parse(&der).unwrap().scope().kind, Some(kind));
            let revocation = lists(&[der]);
            assert_eq!(check(&revocation, &ca, &leaf), of_leaf);
            assert_eq!(check(&revocation, &ca, &middle), of_middle);
        }
    }
}

fn uri(name: &str) -> Vec<u8> {
    tlv(0x86, &[name.as_bytes()])
}

/// fullName as DistributionPointName, in its explicit tag.
fn full(names: &[&[u8]]) -> Vec<u8> {
    tlv(0xa0, &[&tlv(0xa0, &[&names.concat()])])
}

fn point(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// docs/regressions.md row 66 (RUSTSEC-2026-0049, RUSTSEC-2026-0048): every name of every distribution point counts.
#[test]
fn distribution_points_are_all_compared() {
    let ca = root(ca("Root"));
    let ca_name = tlv(0xa4, &[&Certificate::parse(&ca.certificate).unwrap().subject().to_der()]);
    let other_name = tlv(0xa4, &[&tlv(0x30, &[])]);
    let rdn = tlv(0x30, &[&[6, 3, 0x55, 4, 3], &tlv(0x0c, &[b"1"])]);
    let relative = tlv(0xa0, &[&tlv(0xa1, &[&rdn])]);
    let extended = {
        let name = Certificate::parse(&ca.certificate).unwrap().subject().as_bytes().to_vec();
        tlv(0xa4, &[&tlv(0x30, &[&name, &tlv(0x31, &[&rdn])])])
    };
    let [a, b, c, d] = ["a", "b", "c", "d"].map(uri);
    let one = |names: &[&[u8]]| point(&[&full(names)]);
    let other_name_form = tlv(0xa0, &[&[6, 1, 42], &tlv(0xa0, &[&[5, 0]])]);
    let any = |names: &[&[u8]]| full(names);
    for (what, list, points, covers) in [
        ("the same name", any(&[&a]), vec![one(&[&a])], true),
        ("another name", any(&[&a]), vec![one(&[&b])], false),
        ("the second point", any(&[&b]), vec![one(&[&a]), one(&[&b])], true),
        ("the third point", any(&[&d, &c]), vec![one(&[&a]), one(&[&b]), one(&[&c])], true),
        ("the second name", any(&[&b]), vec![one(&[&a, &b])], true),
        ("the list's second name", any(&[&a, &b]), vec![one(&[&b])], true),
        ("last and last", any(&[&a, &b]), vec![one(&[&c]), one(&[&d, &b])], true),
        ("none of many", any(&[&a, &b]), vec![one(&[&c]), one(&[&d])], false),
        ("no point", any(&[&a]), vec![], false),
        ("the issuer's name, no point", any(&[&ca_name]), vec![], true),
        ("the issuer's name, another point", any(&[&a, &ca_name]), vec![one(&[&b])], true),
        ("another directory name", any(&[&other_name]), vec![], false),
        ("a dNSName is no URI", any(&[&a]), vec![one(&[&tlv(0x82, &[b"a"])])], false),
        ("a form that is not kept", any(&[&other_name_form]), vec![one(&[&other_name_form])], false),
        ("relative names", relative.clone(), vec![point(&[&relative])], true),
        ("a relative name, spelled out", relative.clone(), vec![one(&[&extended])], true),
        ("and the other way round", any(&[&extended]), vec![point(&[&relative])], true),
        ("a relative name is not the issuer's", relative.clone(), vec![one(&[&ca_name])], false),
        ("a point of another issuer", any(&[&a]), vec![point(&[&full(&[&a]), &tlv(0xa2, &[&other_name])])], false),
        ("behind a point of another issuer", any(&[&a]), vec![point(&[&tlv(0xa2, &[&other_name])]), one(&[&a])], true),
        ("a point for some reasons", any(&[&a]), vec![point(&[&full(&[&a]), &[0x81, 2, 5, 0x60]])], false),
    ] {
        let mut server = server().serial(SERIAL);
        if !points.is_empty() {
            server = server.extension(CRL_DISTRIBUTION_POINTS, false, &tlv(0x30, &[&points.concat()]));
        }
        let leaf = ca.issues(server);
        let own = || crl().extension(ISSUING_DISTRIBUTION_POINT, true, &tlv(0x30, &[&list]));
        let result = check(&lists(&[sign(own(), &ca)]), &ca, &leaf);
        assert_eq!(result.is_ok(), covers, "{what}: {result:?}");
        assert!(covers || matches!(result, Err(Rule::CrlScope("distributionPoint" | "onlySomeReasons"))), "{result:?}");
        // Who is on a list is revoked, whatever the list is for. One that is not valid and not about it does not matter.
        let listing = || own().revoke(SERIAL, PAST, None);
        assert_eq!(check(&accepting(&[sign(listing(), &ca)]), &ca, &leaf), revoked(None), "{what}");
        if !covers && what != "a point for some reasons" {
            let old = sign(listing().valid(PAST - 1, PAST), &ca);
            assert_eq!(check(&accepting(&[old]), &ca, &leaf), Ok(()), "{what}");
        }
    }
}

#[test]
fn points_that_cannot_be_read_or_are_too_many() {
    let ca = root(ca("Root"));
    let list = sign(crl().extension(ISSUING_DISTRIBUTION_POINT, true, &tlv(0x30, &[&full(&[&uri("a")])])), &ca);
    for (points, rule) in [
        (vec![5, 0], Rule::Malformed("cRLDistributionPoints")),
        (tlv(0x30, &[&point(&[&full(&[&tlv(0xa6, &[])])])]), Rule::Malformed("cRLDistributionPoints")),
        ([&[0x30, 0x81, 130][..], &[0x30, 0].repeat(65)].concat(), Rule::Budget),
    ] {
        let leaf = ca.issues(server().extension(CRL_DISTRIBUTION_POINTS, false, &points));
        assert_eq!(check(&accepting(std::slice::from_ref(&list)), &ca, &leaf), Err(rule));
        // They do not matter to a list that covers everything.
        assert_eq!(check(&lists(&[sign(crl(), &ca)]), &ca, &leaf), Ok(()));
    }
}

#[test]
fn lists_for_some_reasons_clear_only_together() {
    let (ca, leaf) = pair();
    let some = |first: u8, second: u8| {
        let reasons = [0x83, 3, 7, first, second];
        crl().extension(ISSUING_DISTRIBUTION_POINT, true, &tlv(0x30, &[&reasons]))
    };
    let (one, rest) = (sign(some(0x60, 0), &ca), sign(some(0x1f, 0x80), &ca));
    let partly = Err(Rule::CrlScope("onlySomeReasons"));
    assert_eq!(check(&lists(std::slice::from_ref(&one)), &ca, &leaf), partly);
    assert_eq!(check(&accepting(std::slice::from_ref(&one)), &ca, &leaf), Ok(()));
    assert_eq!(check(&lists(&[one.clone(), one.clone()]), &ca, &leaf), partly);
    assert_eq!(check(&lists(&[one, rest]), &ca, &leaf), Ok(()));
    // Found under the issuer's name, which stands for a point with all reasons; the list has some nevertheless.
    let name = tlv(0xa4, &[&Certificate::parse(&ca.certificate).unwrap().subject().to_der()]);
    let scope = tlv(0x30, &[&full(&[&name]), &[0x83, 3, 7, 0x60, 0]]);
    let named = sign(crl().extension(ISSUING_DISTRIBUTION_POINT, true, &scope), &ca);
    assert_eq!(check(&lists(&[named]), &ca, &leaf), partly);
    let listed = sign(some(0x60, 0).revoke(SERIAL, PAST, None), &ca);
    assert_eq!(check(&accepting(&[listed]), &ca, &leaf), revoked(None));
}
