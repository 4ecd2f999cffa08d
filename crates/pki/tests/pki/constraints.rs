//! Name constraints against certificates (RFC 5280 §4.2.1.10).

use crate::common::*;
use handfast_pki::constraints::NameConstraints;
use handfast_pki::error::{Rule, Unprocessable};
use handfast_pki::make::Builder;
use handfast_pki::{Certificate, Error, Policy};

const OTHER: u8 = 0xa0;
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const X400: u8 = 0xa3;
const DIRECTORY: u8 = 0xa4;
const EDI: u8 = 0xa5;
const URI: u8 = 0x86;
const IP: u8 = 0x87;
const REGISTERED: u8 = 0x88;

const PERMITTED: &str = "PERMITTED_VIOLATION";
const EXCLUDED: &str = "EXCLUDED_VIOLATION";
const UNREAD: &str = "UNSUPPORTED_NAME_SYNTAX";

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        0x100..0x1_0000 => vec![tag, 0x82, (len >> 8) as u8, len as u8],
        _ => vec![tag, 0x83, (len >> 16) as u8, (len >> 8) as u8, len as u8],
    };
    [&head, content].concat()
}

fn subtree(tag: u8, base: impl AsRef<[u8]>) -> Vec<u8> {
    tlv(0x30, &tlv(tag, base.as_ref()))
}

/// The DER of constraints with these subtrees.
fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag, list: &[Vec<u8>]| if list.is_empty() { Vec::new() } else { tlv(tag, &list.concat()) };
    tlv(0x30, &[list(0xa0, permitted), list(0xa1, excluded)].concat())
}

fn permit(tag: u8, base: impl AsRef<[u8]>) -> Vec<u8> {
    constraints(&[subtree(tag, base)], &[])
}

fn exclude(tag: u8, base: impl AsRef<[u8]>) -> Vec<u8> {
    constraints(&[], &[subtree(tag, base)])
}

/// A certificate without a subject.
fn nobody() -> Builder {
    Builder::new("", now()).subject_content(&[])
}

fn named(tag: u8, name: impl AsRef<[u8]>) -> Builder {
    nobody().general_name(tag, name.as_ref())
}

fn check_with(policy: &Policy, constraints: &[u8], builder: Builder) -> Result<(), Error> {
    let der = root(builder).certificate;
    let constraints = NameConstraints::read(constraints)?;
    Ok(constraints.check(&Certificate::parse(&der)?, policy)?)
}

fn check(constraints: &[u8], builder: Builder) -> &'static str {
    code(&check_with(&Policy::default(), constraints, builder))
}

/// An attribute of a distinguished name: the last octet of its type in 2.5.4, the tag and octets of its value.
fn attribute(kind: u8, tag: u8, value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(6, &[0x55, 4, kind]), tlv(tag, value)].concat())
}

/// An RDN of one attribute.
fn rdn(kind: u8, tag: u8, value: &str) -> Vec<u8> {
    tlv(0x31, &attribute(kind, tag, value.as_bytes()))
}

fn rdn_of_email(tag: u8, address: &[u8]) -> Vec<u8> {
    let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1]);
    tlv(0x31, &tlv(0x30, &[kind, tlv(tag, address)].concat()))
}

#[test]
fn a_form_that_is_not_constrained_is_free() {
    let only_dns = constraints(&[subtree(DNS, "host.test")], &[subtree(DNS, "a.host.test")]);
    for (tag, name) in [
        (EMAIL, &b"bob@evil.test"[..]),
        (URI, b"urn:x"),
        (IP, &[1]),
        (OTHER, &[6, 1, 5, 0xa0, 2, 5, 0]),
        (REGISTERED, &[5]),
    ] {
        assert_eq!(check(&only_dns, named(tag, name)), "OK");
    }
    assert_eq!(check(&only_dns, nobody()), "OK");
    // Nor are names of other forms in anybody's way if they are malformed, but a list has to be readable to its end.
    assert_eq!(check(&only_dns, nobody().dns("host.test").general_name(DIRECTORY, &[0x30, 2, 0x31, 0])), "OK");
    assert_eq!(check(&only_dns, nobody().dns("host.test").general_name(0xa2, b"")), "CERT_REJECTED");
}

#[test]
fn every_name_is_checked() {
    let host = permit(DNS, "host.test");
    assert_eq!(check(&host, nobody().dns("host.test").dns("a.host.test")), "OK");
    for names in [["evil.test", "host.test"], ["host.test", "evil.test"]] {
        assert_eq!(check(&host, nobody().dns(names[0]).dns(names[1])), PERMITTED);
    }
    // Excluded within what is permitted; permitted by one of several.
    let both = constraints(
        &[subtree(DNS, "other.test"), subtree(DNS, "host.test")],
        &[subtree(DNS, "b.host.test"), subtree(DNS, "a.host.test")],
    );
    for (name, expected) in
        [("other.test", "OK"), ("host.test", "OK"), ("x.a.host.test", EXCLUDED), ("evil.test", PERMITTED)]
    {
        assert_eq!(check(&both, named(DNS, name)), expected, "{name}");
    }
}

/// docs/regressions.md row 59: ten thousand names under ten thousand constraints.
#[test]
fn the_work_is_bounded() {
    type Text = fn(usize) -> Vec<u8>;
    let forms: [(u8, Text, Text); 4] = [
        (DNS, |at| format!("c{at}.test").into(), |at| format!("n{at}.test").into()),
        (EMAIL, |at| format!("c{at}@host.test").into(), |at| format!("n{at}@host.test").into()),
        (URI, |at| format!("c{at}.test").into(), |at| format!("https://n{at}.test/").into()),
        (
            IP,
            |at| [[10, 0], (at as u16).to_be_bytes(), [255; 2], [255; 2]].concat(),
            |at| [[11, 0], (at as u16).to_be_bytes()].concat(),
        ),
    ];
    for (tag, base, name) in forms {
        let bases: Vec<_> = (0..10_000).map(|at| subtree(tag, base(at))).collect();
        let builder = (0..10_000).fold(nobody(), |builder, at| builder.general_name(tag, &name(at)));
        let error = check_with(&Policy::default(), &constraints(&[], &bases), builder).unwrap_err();
        assert_eq!((error.rule(), error.alert().number()), (&Rule::Budget, 46));
    }
    // Large directory names, of as many RDNs as fit, or of one that is large.
    let rdns = (0..3_000).map(|at| rdn(10, 0x0c, &format!("{at}"))).collect::<Vec<_>>().concat();
    let attributes: Vec<_> = (0..3_000).map(|at| attribute(10, 0x0c, format!("{at}").as_bytes())).collect();
    for name in [rdns, tlv(0x31, &attributes.concat())] {
        let longer = |at: usize| tlv(0x30, &[name.clone(), rdn(3, 0x0c, &format!("{at}"))].concat());
        let bases: Vec<_> = (0..20).map(|at| subtree(DIRECTORY, longer(at))).collect();
        let policy = Policy { name_comparisons: 20, ..Policy::default() };
        let builder = named(DIRECTORY, longer(20));
        assert_eq!(code(&check_with(&policy, &constraints(&[], &bases), builder.clone())), "OK");
        let error = check_with(&policy, &constraints(&[], &bases), builder.general_name(DIRECTORY, &longer(21)));
        assert_eq!(*error.unwrap_err().rule(), Rule::Budget);
    }
}

#[test]
fn comparisons_are_paid_one_by_one() {
    let both = constraints(&[subtree(DNS, "a.test"), subtree(DNS, "b.test")], &[subtree(DNS, "c.test")]);
    for (name_comparisons, expected) in [(5, "OK"), (4, "CERT_CHAIN_TOO_LONG")] {
        // a.test is found at once, b.test is the second; each is compared with the excluded one.
        let policy = Policy { name_comparisons, ..Policy::default() };
        let result =
            check_with(&policy, &both, nobody().dns("a.test").dns("b.test").ip("192.0.2.1".try_into().unwrap()));
        assert_eq!(code(&result), expected);
    }
}

/// docs/regressions.md row 60: URIs are not passed over, and what several parsers read in several ways is refused.
#[test]
fn uris() {
    for (base, uri, permitted, excluded) in [
        ("host.test", "https://host.test/", "OK", EXCLUDED),
        ("host.test", "https://a.host.test/", PERMITTED, "OK"),
        (".host.test", "https://A.Host.Test:443/", "OK", EXCLUDED),
        (".host.test", "https://host.test/", PERMITTED, "OK"),
        ("host.test", "https://host.test@evil.test/", PERMITTED, "OK"),
        ("host.test", "https://evil.test/@host.test", PERMITTED, "OK"),
        ("host.test", "https://evil.test?.host.test", PERMITTED, "OK"),
        ("", "https://host.test/", PERMITTED, EXCLUDED),
        ("host.test", "urn:uuid:0", UNREAD, UNREAD),
        ("host.test", "host.test", UNREAD, UNREAD),
        ("host.test", "https://192.0.2.1/", UNREAD, UNREAD),
        ("host.test", "https://evil.test\\@host.test/", UNREAD, UNREAD),
        ("host.test", "", UNREAD, UNREAD),
    ] {
        assert_eq!(check(&permit(URI, base), named(URI, uri)), permitted, "{base} permits {uri}");
        assert_eq!(check(&exclude(URI, base), named(URI, uri)), excluded, "{base} excludes {uri}");
    }
}

/// docs/regressions.md row 60: an IPv6 address with a zone in a URI is no host of the domain that the zone spells.
#[test]
fn zones_in_uris() {
    for uri in ["https://[fe80::1%25.host.test]/", "https://[fe80::1%.host.test]:80/", "https://[::1]/", "https://[::1"]
    {
        assert_eq!(check(&permit(URI, ".host.test"), named(URI, uri)), UNREAD, "{uri}");
        assert_eq!(check(&exclude(URI, "evil.test"), named(URI, uri)), UNREAD, "{uri}");
    }
}

/// docs/regressions.md row 60: a wildcard stands for hosts that are excluded, and for more than is permitted.
#[test]
fn wildcards() {
    assert_eq!(check(&exclude(DNS, "foo.host.test"), named(DNS, "*.host.test")), EXCLUDED);
    assert_eq!(check(&exclude(DNS, "host.test"), named(DNS, "*.host.test")), EXCLUDED);
    assert_eq!(check(&exclude(DNS, "foo.bar.host.test"), named(DNS, "*.host.test")), "OK");
    assert_eq!(check(&permit(DNS, "foo.host.test"), named(DNS, "*.host.test")), PERMITTED);
    assert_eq!(check(&permit(DNS, "host.test"), named(DNS, "*.host.test")), "OK");
    assert_eq!(check(&permit(DNS, "host.test"), named(DNS, "*.test")), PERMITTED);
}

/// docs/regressions.md row 60: capitals do not evade an exclusion, of hosts nor of the hosts of mail addresses.
#[test]
fn capitals() {
    for (base, name) in [("evil.test", "EVIL.test"), ("EVIL.test", "a.evil.TEST"), ("foo.EVIL.test", "*.Evil.Test")] {
        assert_eq!(check(&exclude(DNS, base), named(DNS, name)), EXCLUDED, "{base} {name}");
    }
    for (base, name) in
        [("evil.test", "bob@EVIL.test"), (".evil.test", "bob@a.EVIL.test"), ("a@evil.test", "a@Evil.test")]
    {
        assert_eq!(check(&exclude(EMAIL, base), named(EMAIL, name)), EXCLUDED, "{base} {name}");
    }
    assert_eq!(check(&exclude(URI, "evil.test"), named(URI, "https://EVIL.test")), EXCLUDED);
    // ASCII alone: neither İ nor the Kelvin sign becomes a letter of a host.
    assert_eq!(check(&exclude(DNS, "k.test"), named(DNS, "\u{212a}.test")), UNREAD);
}

/// docs/regressions.md row 60: what one CA permits holds also if another one, above or below it, only excludes.
#[test]
fn constraints_of_several_cas() {
    let (permits, excludes) = (permit(DNS, "host.test"), exclude(DNS, "a.host.test"));
    for (name, expected) in
        [("host.test", ["OK", "OK"]), ("a.host.test", ["OK", EXCLUDED]), ("evil.test", [PERMITTED, "OK"])]
    {
        assert_eq!([&permits, &excludes].map(|own| check(own, named(DNS, name))), expected, "{name}");
    }
}

/// docs/regressions.md row 60: each mail address counts, and not the last alone.
#[test]
fn several_mail_addresses() {
    let (permits, excludes) = (permit(EMAIL, "host.test"), exclude(EMAIL, "evil.test"));
    for names in [["bob@evil.test", "bob@host.test"], ["bob@host.test", "bob@evil.test"]] {
        let builder = named(EMAIL, names[0]).general_name(EMAIL, names[1].as_bytes());
        assert_eq!(check(&permits, builder.clone()), PERMITTED);
        assert_eq!(check(&excludes, builder), EXCLUDED);
    }
    // Two constraints on addresses of one host.
    let two = constraints(&[subtree(EMAIL, "bob@host.test"), subtree(EMAIL, "eve@host.test")], &[]);
    for (name, expected) in [("bob@host.test", "OK"), ("eve@host.test", "OK"), ("kim@host.test", PERMITTED)] {
        assert_eq!(check(&two, named(EMAIL, name)), expected);
    }
    // One mail address more that hides in quotes.
    assert_eq!(check(&permits, named(EMAIL, "\"bob@host.test\"@evil.test")), PERMITTED);
    assert_eq!(check(&exclude(EMAIL, "bob@host.test"), named(EMAIL, "\"bob\"@host.test")), EXCLUDED);
    assert_eq!(check(&permits, named(EMAIL, "bob@evil.test@host.test")), UNREAD);
}

#[test]
fn mail_addresses_in_the_subject() {
    let permits = permit(EMAIL, "host.test");
    let subject = |tag, address: &[u8]| nobody().subject_content(&rdn_of_email(tag, address));
    for (tag, address, expected) in [
        (0x16, &b"bob@host.test"[..], "OK"),
        (0x0c, b"bob@host.test", "OK"),
        (0x16, b"bob@evil.test", PERMITTED),
        (0x0c, b"bob@evil.test", PERMITTED),
        (0x16, b"bob", UNREAD),
        (0x1e, b"\0b\0@\0a", UNREAD),
    ] {
        assert_eq!(check(&permits, subject(tag, address)), expected, "{address:?}");
        // Also behind other attributes, and where the subjectAltName has another address.
        let content = [rdn(3, 0x0c, "bob"), rdn_of_email(tag, address)].concat();
        assert_eq!(check(&permits, named(EMAIL, "bob@host.test").subject_content(&content)), expected);
        assert_eq!(check(&permit(DNS, "host.test"), subject(tag, address)), "OK");
    }
    assert_eq!(check(&exclude(EMAIL, "evil.test"), subject(0x16, b"bob@evil.test")), EXCLUDED);
}

/// A common name is no host name here. But where somebody may take it for one, because there is no dNSName, it is bound like one.
#[test]
fn a_common_name_that_looks_like_a_host() {
    for (builder, expected) in [
        (nobody().subject("a.host.test"), "OK"),
        (nobody().subject("evil.test"), PERMITTED),
        (named(IP, [192, 0, 2, 1]).subject("evil.test"), PERMITTED),
        (named(DNS, "a.host.test").subject("evil.test"), "OK"),
        (nobody().subject("evil"), "OK"),
        (nobody().subject("Evil, Inc."), "OK"),
        (nobody().subject("evil.test").basic_constraints(true, None), "OK"),
    ] {
        assert_eq!(check(&permit(DNS, "host.test"), builder), expected);
    }
    assert_eq!(check(&exclude(DNS, "evil.test"), nobody().subject("www.EVIL.test")), EXCLUDED);
}

/// RFC 9598 §6: the other kind of mail address is bound by the same constraints.
#[test]
fn mail_addresses_in_utf8() {
    let mailbox = |address: &str| {
        let value = tlv(0xa0, &tlv(0x0c, address.as_bytes()));
        named(OTHER, [tlv(6, &[0x2b, 6, 1, 5, 5, 7, 8, 9]), value].concat())
    };
    assert_eq!(check(&permit(EMAIL, "host.test"), mailbox("böb@host.test")), "OK");
    assert_eq!(check(&permit(EMAIL, "host.test"), mailbox("böb@evil.test")), PERMITTED);
    assert_eq!(check(&exclude(EMAIL, "evil.test"), mailbox("böb@EVIL.test")), EXCLUDED);
    assert_eq!(check(&exclude(EMAIL, "evil.test"), mailbox("bob@ëvil.test")), UNREAD);
    assert_eq!(check(&permit(DNS, "host.test"), mailbox("böb@evil.test")), "OK");
    assert_eq!(
        check(&exclude(OTHER, [6, 1, 5, 0xa0, 2, 5, 0]), mailbox("bob@host.test")),
        "UNSUPPORTED_CONSTRAINT_TYPE"
    );
}

/// docs/regressions.md rows 60 (the empty dNSName) and 62: what is no host name is refused where hosts are constrained,
/// and only there.
#[test]
fn malformed_hosts() {
    for name in [
        "",
        ".",
        "*",
        "*.",
        "a\0.host.test",
        "host.test\0.evil.test",
        "f*.host.test",
        "*.*.host.test",
        "host.test.",
        ".host.test",
        "a..host.test",
        "höst.test",
        "https://host.test",
        "a b.host.test",
    ] {
        let builder = || named(DNS, name);
        assert_eq!(check(&permit(DNS, "host.test"), builder()), UNREAD, "{name:?}");
        assert_eq!(check(&exclude(DNS, "evil.test"), builder()), UNREAD, "{name:?}");
        assert_eq!(check(&permit(DNS, ""), builder()), UNREAD, "{name:?}");
        assert_eq!(check(&permit(IP, [0; 8]), builder()), "OK", "{name:?}");
    }
    for (name, expected) in [("*.com", EXCLUDED), ("xn--bcher-kva.com", "OK"), ("192.0.2.1", "OK")] {
        assert_eq!(check(&exclude(DNS, "host.com"), named(DNS, name)), expected);
    }
    // An address in a dNSName is one more dNSName: no constraint on addresses permits or excludes it.
    assert_eq!(check(&permit(IP, [10, 0, 0, 0, 255, 0, 0, 0]), named(DNS, "192.0.2.1")), "OK");
    assert_eq!(check(&exclude(IP, [0; 8]), named(DNS, "192.0.2.1")), "OK");
    assert_eq!(check(&permit(DNS, "host.test"), named(DNS, "192.0.2.1")), PERMITTED);
}

#[test]
fn an_empty_constraint_is_for_every_host() {
    assert_eq!(check(&permit(DNS, ""), named(DNS, "host.test")), "OK");
    assert_eq!(check(&exclude(DNS, ""), named(DNS, "host.test")), EXCLUDED);
    assert_eq!(check(&exclude(DNS, ""), named(DNS, "*.test")), EXCLUDED);
    assert_eq!(check(&exclude(EMAIL, ""), named(EMAIL, "bob@host.test")), EXCLUDED);
    assert_eq!(check(&permit(EMAIL, ""), named(EMAIL, "bob@host.test")), PERMITTED);
}

#[test]
fn addresses() {
    let v4 = [192, 0, 2, 0, 255, 255, 255, 0];
    let mut v6 = [0; 32];
    v6[..4].copy_from_slice(&[0x20, 1, 0xd, 0xb8]);
    v6[16..20].fill(255);
    let mapped = "::ffff:192.0.2.1";
    for (base, address, permitted, excluded) in [
        (&v4[..], "192.0.2.255", "OK", EXCLUDED),
        (&v4, "192.0.3.0", PERMITTED, "OK"),
        (&v6, "2001:db8:ffff::1", "OK", EXCLUDED),
        (&v6, "2001:db9::", PERMITTED, "OK"),
        // One form: what permits only the one version permits nothing of the other.
        (&v4, "2001:db8::1", PERMITTED, "OK"),
        (&v6, "192.0.2.1", PERMITTED, "OK"),
        (&v4, mapped, PERMITTED, "OK"),
        (&[0; 8], "192.0.2.1", "OK", EXCLUDED),
        (&[0; 32], "2001:db8::1", "OK", EXCLUDED),
        (&[0; 8], "2001:db8::1", PERMITTED, "OK"),
    ] {
        let builder = nobody().ip(address.try_into().unwrap());
        assert_eq!(check(&permit(IP, base), builder.clone()), permitted, "{base:?} permits {address}");
        assert_eq!(check(&exclude(IP, base), builder), excluded, "{base:?} excludes {address}");
    }
    for malformed in [&[][..], &[192, 0, 2], &v4, &[0; 15], &[0; 17]] {
        assert_eq!(check(&permit(IP, v4), named(IP, malformed)), UNREAD);
        assert_eq!(check(&exclude(IP, v6), named(IP, malformed)), UNREAD);
        assert_eq!(check(&permit(DNS, "host.test"), named(IP, malformed)), "OK");
    }
}

/// RFC 5280 §7.1, so that neither capitals nor string types nor spaces evade an exclusion (docs/regressions.md row 60).
#[test]
fn directory_names() {
    let name = |rdns: &[Vec<u8>]| tlv(0x30, &rdns.concat());
    let (de, firm) = (rdn(6, 0x13, "DE"), rdn(10, 0x0c, "Example Firm"));
    let base = name(&[de.clone(), firm.clone()]);
    for (rdns, permitted, excluded) in [
        (&[de.clone(), firm.clone()][..], "OK", EXCLUDED),
        (&[de.clone(), firm.clone(), rdn(3, 0x0c, "host.test")], "OK", EXCLUDED),
        (&[rdn(6, 0x0c, "de"), rdn(10, 0x13, "EXAMPLE  firm ")], "OK", EXCLUDED),
        (&[de.clone(), rdn(10, 0x1e, "\0E\0x\0a\0m\0p\0l\0e\0 \0F\0i\0r\0m")], "OK", EXCLUDED),
        (&[de.clone(), rdn(10, 0x14, "Example Firm")], "OK", EXCLUDED),
        (&[de.clone(), rdn(10, 0x0c, "Exam\u{200b}ple Firm")], "OK", EXCLUDED),
        (std::slice::from_ref(&de), PERMITTED, "OK"),
        (&[firm.clone(), de.clone()], PERMITTED, "OK"),
        (&[de.clone(), rdn(10, 0x0c, "Example Firm Ltd")], PERMITTED, "OK"),
        (&[de.clone(), rdn(11, 0x0c, "Example Firm")], PERMITTED, "OK"),
        (&[rdn(3, 0x0c, "x"), de.clone(), firm.clone()], PERMITTED, "OK"),
        (&[de.clone(), rdn(10, 0x0c, "Example Firm\u{fffd}")], PERMITTED, "OK"),
        (&[de.clone(), tlv(0x31, &[])], UNREAD, UNREAD),
        (&[de.clone(), tlv(0x31, &attribute(10, 0x0c, b"\xff"))], UNREAD, UNREAD),
    ] {
        // In the subject, and as an alternative name.
        for builder in [nobody().subject_content(&rdns.concat()), named(DIRECTORY, name(rdns))] {
            assert_eq!(check(&permit(DIRECTORY, &base), builder.clone()), permitted, "{rdns:x?}");
            assert_eq!(check(&exclude(DIRECTORY, &base), builder), excluded, "{rdns:x?}");
        }
    }
    // An RDN of several attributes is a set, and the whole of it counts.
    let [a, b] = [attribute(10, 0x0c, b"A"), attribute(11, 0x13, b"B")];
    let base = name(&[tlv(0x31, &[a.clone(), b.clone()].concat())]);
    for (set, excluded) in
        [(vec![b.clone(), a.clone()], EXCLUDED), (vec![a.clone()], "OK"), (vec![a.clone(), a, b], "OK")]
    {
        let subject = nobody().subject_content(&tlv(0x31, &set.concat()));
        assert_eq!(check(&exclude(DIRECTORY, &base), subject), excluded);
    }
    // The empty name is where all subtrees begin; an empty subject is no name.
    let everything = name(&[]);
    assert_eq!(check(&exclude(DIRECTORY, &everything), nobody().subject("x")), EXCLUDED);
    assert_eq!(check(&permit(DIRECTORY, &everything), nobody().subject("x")), "OK");
    assert_eq!(check(&exclude(DIRECTORY, &everything), named(DNS, "host.test")), "OK");
    assert_eq!(check(&exclude(DIRECTORY, &everything), named(DIRECTORY, &everything)), EXCLUDED);
}

#[test]
fn forms_that_are_not_processed() {
    for (tag, content) in [(OTHER, &[6, 1, 5, 0xa0, 2, 5, 0][..]), (X400, &[0x30, 0]), (EDI, &[]), (REGISTERED, &[5])] {
        for list in [permit(tag, content), exclude(tag, content)] {
            let error = check_with(&Policy::default(), &list, named(tag, content)).unwrap_err();
            assert!(matches!(error.rule(), Rule::UnprocessableConstraint(Unprocessable::Form(_))), "{error}");
            assert_eq!(error.code(), "UNSUPPORTED_CONSTRAINT_TYPE");
            // Who has no such name is not affected.
            assert_eq!(check(&list, named(DNS, "host.test").subject("x").general_name(EMAIL, b"a")), "OK");
        }
    }
    assert_eq!(check(&permit(OTHER, [6, 1, 5, 0xa0, 2, 5, 0]), named(REGISTERED, [5])), "OK");
}

#[test]
fn what_an_error_says() {
    let say = |own: &[u8], builder| check_with(&Policy::default(), own, builder).unwrap_err().to_string();
    assert_eq!(
        say(&permit(DNS, "host.test"), named(DNS, "evil.test")),
        "its dNSName evil.test is not among the names that a CA above it may issue for"
    );
    assert_eq!(
        say(&exclude(IP, [0; 8]), nobody().ip("192.0.2.1".try_into().unwrap())),
        "its iPAddress 192.0.2.1 is among the names that a CA above it may not issue for"
    );
    assert_eq!(
        say(&permit(EMAIL, "host.test"), named(EMAIL, "\u{1b}[31m")),
        "its rfc822Name \\u{1b}[31m is malformed, and a CA above it constrains such names"
    );
    assert!(say(&permit(DNS, "host.test"), named(DNS, "a".repeat(60_000))).len() < 200);
    assert!(say(&permit(DIRECTORY, rdn(3, 12, "x")), nobody().subject(&"a".repeat(60_000))).len() < 200);
}

#[test]
fn the_extension_of_a_certificate() {
    let oid = [0x55, 0x1d, 30];
    for (der, expected) in [
        (permit(DNS, "host.test"), Ok(true)),
        (tlv(0x30, &[]), Err(Rule::Malformed("nameConstraints"))),
        (permit(DNS, "*.test"), Err(Rule::UnprocessableConstraint(Unprocessable::Constraint("dNSName")))),
    ] {
        let ca = root(ca("CA").extension(&oid, true, &der));
        let read = Certificate::parse(&ca.certificate).unwrap().name_constraints().map(|own| own.is_some());
        assert_eq!(read, expected);
    }
    assert!(Certificate::parse(&root(ca("CA")).certificate).unwrap().name_constraints().unwrap().is_none());
}

/// Mozilla's roots come with the content of the extension: one of them may issue for .tr alone.
#[test]
fn constraints_of_mozillas_roots() {
    let constrained = webpki_roots::TLS_SERVER_ROOTS.iter().filter_map(|root| root.name_constraints.as_ref());
    let all: Vec<_> = constrained.map(|content| NameConstraints::read_content(content).unwrap()).collect();
    assert!(!all.is_empty());
    for (name, expected) in [("host.com.tr", "OK"), ("*.com.tr", "OK"), ("host.test", PERMITTED), ("tr", PERMITTED)] {
        let der = root(named(DNS, name)).certificate;
        let certificate = Certificate::parse(&der).unwrap();
        for own in &all {
            assert_eq!(code(&own.check(&certificate, &Policy::default()).map_err(Error::from)), expected, "{name}");
        }
    }
}

/// Whatever bytes are a name and a constraint, a name that a constraint permits is one that it excludes.
#[test]
fn what_is_permitted_can_be_excluded() {
    let mut noise = Noise(59);
    let pieces = ["a", "b.test", ".", "*.", "@", "\"", "\\", "https://", ":", "/", "[", "\0", "A", "1", "\u{f6}"];
    let template = root(named(DNS, "?".repeat(90))).certificate.to_vec();
    let san = template.windows(90).position(|window| window == [b'?'; 90]).unwrap() - 2;
    let (mut permitted, mut excluded) = (0, 0);
    for _ in 0..4_000 {
        let mut text = || (0..noise.below(5)).map(|_| pieces[noise.below(pieces.len())]).collect::<String>();
        let (base, name) = (text(), text());
        for tag in [EMAIL, DNS, URI, IP] {
            // A filler of another form keeps the lengths of the certificate as they are.
            let filler = tlv(REGISTERED, &vec![5; 90 - 2 - name.len()]);
            let names = [tlv(tag, name.as_bytes()), filler].concat();
            let mut der = template.clone();
            der[san..san + 92].copy_from_slice(&names);
            let certificate = Certificate::parse(&der).unwrap();
            let [permits, excludes] = [permit(tag, &base), exclude(tag, &base)]
                .map(|own| NameConstraints::read(&own).map(|own| own.check(&certificate, &Policy::default())));
            permitted += usize::from(permits == Ok(Ok(())));
            excluded += usize::from(matches!(excludes, Ok(Err(Rule::NameConstraint { .. }))));
            assert!(permits != Ok(Ok(())) || excludes != Ok(Ok(())), "{base:?} {name:?}");
        }
    }
    assert!(permitted > 20 && excluded > permitted, "{permitted} {excluded}");
}
