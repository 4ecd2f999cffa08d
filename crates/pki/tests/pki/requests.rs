//! Certification requests: made, read, granted, and changed.

use crate::common::*;
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, SignatureAlgorithm};
use handfast_pki::extension::{GeneralName, KeyUsage};
use handfast_pki::make::{Builder, Declined, Error, Identity, Key, KeySpec, Subject, SubjectError};
use handfast_pki::request::{CertificationRequest, NoRequest};
use handfast_pki::{Certificate, Purpose, Rule, pem};

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const TLS_FEATURE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 24];

fn key(spec: impl Into<KeySpec>) -> Key {
    Key::generate(&provider(), spec).unwrap()
}

fn request(builder: Builder) -> Vec<u8> {
    builder.request(&provider(), &key(KeyKind::P256)).unwrap()
}

fn names(request: &CertificationRequest<'_>) -> usize {
    request.subject_alt_names().unwrap().count()
}

#[test]
fn every_kind_of_key_proves_itself() {
    use KeyKind::{Ed25519, MlDsa44, P256, P384, P521, Rsa};
    for kind in [P256, P384, P521, Ed25519, MlDsa44, Rsa] {
        let key = key(kind);
        let der = Builder::server(&["host.test", "192.0.2.1"], now()).request(&provider(), &key).unwrap();
        let request = CertificationRequest::parse(&der).unwrap();
        assert_eq!(request.check_signature(&provider()), Ok(()), "{kind:?}");
        assert_eq!(request.public_key().as_ref(), Ok(key.public_key()));
        assert_eq!((request.subject().to_string().as_str(), names(&request)), ("CN=host.test", 2));
        if kind == Rsa {
            let algorithm = request.signature_algorithm().unwrap().algorithm;
            assert_eq!(algorithm, SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256));
        }
    }
    assert!(matches!(Key::generate(&provider(), KeySpec::rsa(1024)), Err(Error::Crypto(CryptoError::Unsupported))));
    assert!(matches!(Key::generate(&provider(), KeyKind::RsaPss), Err(Error::Key(_))));
}

#[test]
fn somebody_elses_key() {
    let (own, other) = (key(KeyKind::P256), key(KeyKind::P256));
    let spki = handfast_pki::spki::encode(other.public_key()).unwrap();
    let mut der = Builder::server(&["host.test"], now()).request(&provider(), &own).unwrap();
    let at = der.windows(spki.len()).position(|part| part[..26] == spki[..26]).unwrap();
    der[at..at + spki.len()].copy_from_slice(&spki);
    let request = CertificationRequest::parse(&der).unwrap();
    assert_eq!(request.public_key().as_ref(), Ok(other.public_key()));
    assert_eq!(request.check_signature(&provider()), Err(Rule::BadSignature));
}

#[test]
fn a_request_without_anything() {
    let der = request(Builder::new("", now()).subject_content(&[]));
    let request = CertificationRequest::parse(&der).unwrap();
    assert!(request.subject().is_empty() && request.extensions().is_empty());
    assert_eq!((names(&request), request.check_signature(&provider())), (0, Ok(())));
}

/// What is granted, as the certificate has it, and what is declined.
fn grant(ca: &Identity, asked: Builder, own: Builder) -> (Identity, Vec<Declined>) {
    let der = request(asked);
    let request = CertificationRequest::parse(&der).unwrap();
    let issuer = Certificate::parse(&ca.certificate).unwrap();
    let constraints = issuer.name_constraints().unwrap();
    let (builder, declined) = own.grant(&request, constraints.as_ref()).unwrap();
    let certificate = builder.signed_by(&provider(), ca, &request.public_key().unwrap()).unwrap();
    (Identity { certificate, key: key(KeyKind::P256) }, declined)
}

/// A fuzzer found that it was, into a certificate that no path under name constraints could have.
#[test]
fn a_malformed_subject_is_not_granted() {
    // A RelativeDistinguishedName whose attribute has neither type nor value.
    let der = request(Builder::new("", now()).subject_content(&[0x31, 2, 0x30, 0]));
    let request = CertificationRequest::parse(&der).unwrap();
    let (builder, declined) = Builder::new("mine", now()).grant(&request, None).unwrap();
    assert_eq!(declined, [Declined::Subject(SubjectError::Malformed)]);
    let made = builder.self_signed(&provider(), &key(KeyKind::P256)).unwrap();
    assert_eq!(Certificate::parse(&made).unwrap().subject().to_string(), "CN=mine");
}

/// A fuzzer found that it was, too: a CA that may not speak for a host certified it as a common name.
#[test]
fn a_subject_that_is_not_permitted_is_declined() {
    let limited = root(ca("Limited").permit(["test", "mail.test"]).unwrap());
    let limits = limited.certificate.clone();
    let limits = Certificate::parse(&limits).unwrap().name_constraints().unwrap().unwrap();
    let asked = |common_name, alternative_name| Builder::new(common_name, now()).dns(alternative_name);
    for (common_name, alternative_name, names) in [
        ("www.example", "www.example", vec!["dNSName www.example", "directoryName CN=www.example"]),
        // Nobody takes a common name for a host beside a dNSName.
        ("www.example", "www.test", vec![]),
        ("www.test", "www.example", vec!["dNSName www.example"]),
        ("some words", "www.example", vec!["dNSName www.example"]),
    ] {
        let own = Builder::new("mine", now());
        let (made, declined) = grant(&limited, asked(common_name, alternative_name), own);
        let names: Vec<_> = names.into_iter().map(|name| Declined::NotPermitted(name.into())).collect();
        assert_eq!(declined, names);
        let made = Certificate::parse(&made.certificate).unwrap();
        assert_eq!(limits.check(&made, &Default::default()), Ok(()), "{common_name}");
        let subject = if declined.len() == 2 { "mine" } else { common_name };
        assert_eq!(made.subject().to_string(), format!("CN={subject}"));
    }
}

#[test]
fn a_request_does_not_make_a_ca() {
    let top = root(ca("Root"));
    let asked = server().basic_constraints(true, None).key_usage(KeyUsage::KEY_CERT_SIGN).must_staple();
    let own = Builder::new("", now()).key_usage(KeyUsage::DIGITAL_SIGNATURE).purposes(&[Purpose::Server]);
    let (made, declined) = grant(&top, asked, own);
    let certificate = Certificate::parse(&made.certificate).unwrap();
    assert_eq!(certificate.basic_constraints(), Ok(None));
    assert_eq!(certificate.key_usage(), Ok(Some(KeyUsage::DIGITAL_SIGNATURE)));
    assert_eq!(certificate.must_staple(), Ok(true));
    assert_eq!(certificate.subject().to_string(), "CN=host.test");
    // extKeyUsage is what the CA gives as well.
    let declined: Vec<_> = declined.iter().map(ToString::to_string).collect();
    assert_eq!(
        declined,
        ["basicConstraints (2.5.29.19), which the CA decides", "keyUsage (2.5.29.15), which the CA decides"]
    );
    let (_, declined) = grant(&top, server().basic_constraints(false, None), server());
    assert_eq!(declined, []);
    // With another feature beside it.
    let two = server().extension(TLS_FEATURE, false, &[0x30, 6, 2, 1, 5, 2, 1, 17]);
    let (made, declined) = grant(&top, two, server());
    assert_eq!(declined, [Declined::Extension("1.3.6.1.5.5.7.1.24".into())]);
    assert_eq!(Certificate::parse(&made.certificate).unwrap().must_staple(), Ok(false));
}

#[test]
fn names_are_granted_as_far_as_the_ca_may() {
    let limited = root(ca("Root").permit(["test", "10.0.0.0/8", "a@mail.test"]).unwrap());
    let asked = Builder::new("x", now())
        .dns("www.test")
        .dns("www.test")
        .dns("*.b.test")
        .dns("www.example")
        .dns("a\0.test")
        .ip("10.1.2.3".try_into().unwrap())
        .ip("192.0.2.1".try_into().unwrap())
        .general_name(0x87, &[10, 1, 2])
        .general_name(0x81, b"a@mail.test")
        .general_name(0x81, b"b@mail.test")
        .general_name(0x86, b"https://www.example/")
        .general_name(0xa4, &[0x30, 0])
        .general_name(0x88, &[0x2a, 3]);
    let (made, declined) = grant(&limited, asked, Builder::new("", now()));
    let certificate = Certificate::parse(&made.certificate).unwrap();
    let granted: Vec<_> = certificate.subject_alt_names().unwrap().map(Result::unwrap).collect();
    assert_eq!(
        granted,
        [
            GeneralName::Dns(b"www.test"),
            GeneralName::Dns(b"*.b.test"),
            GeneralName::Ip(&[10, 1, 2, 3]),
            GeneralName::Email(b"a@mail.test"),
            GeneralName::Uri(b"https://www.example/"),
        ]
    );
    use Declined::{BadName, Form, NotPermitted};
    assert_eq!(
        declined,
        [
            NotPermitted("dNSName www.example".into()),
            BadName("dNSName a\\0.test".into()),
            NotPermitted("iPAddress 192.0.2.1".into()),
            BadName("iPAddress of 3 octets".into()),
            NotPermitted("rfc822Name b@mail.test".into()),
            Form("directoryName"),
            Form("registeredID"),
        ]
    );
    let limits = limited.certificate.clone();
    let limits = Certificate::parse(&limits).unwrap().name_constraints().unwrap().unwrap();
    assert_eq!(limits.check(&certificate, &Default::default()), Ok(()));
}

#[test]
fn what_a_ca_says() {
    let top = root(ca("Root"));
    let builder = Builder::new("", now())
        .distinguished_name(&Subject::parse("CN=a,O=b,C=GB").unwrap())
        .days(now(), 10, None)
        .alternative_name("*.host.test")
        .and_then(|own| own.alternative_name("::1"))
        .and_then(|own| own.alternative_name("a@host.test"))
        .and_then(|own| own.alternative_name("https://host.test/x"))
        .and_then(|own| own.policies(["1.2.3", "2.5.29.32.0"]))
        .and_then(|own| own.crl_urls(["http://crl.test/a", "http://crl.test/b"]))
        .and_then(|own| own.authority_access(["http://ocsp.test/"], ["http://ca.test/ca.der"]))
        .unwrap();
    let made = top.issues(builder);
    let certificate = Certificate::parse(&made.certificate).unwrap();
    read_everything(&certificate).unwrap();
    assert_eq!(certificate.subject().to_string(), "C=GB, O=b, CN=a");
    let validity = certificate.validity();
    assert_eq!(validity.not_after.unix(), NOW as i64 + 864_000);
    assert_eq!(validity.not_before.unix(), NOW as i64 - 3_600);
    assert_eq!(certificate.subject_alt_names().unwrap().count(), 4);
    assert_eq!(certificate.certificate_policies().unwrap().unwrap().oids().len(), 2);
    assert_eq!(certificate.authority_info_access().unwrap().len(), 2);
    let points = certificate.crl_distribution_points().unwrap();
    assert_eq!(points.len(), 1);

    let builder = || Builder::new("a", now());
    let limited = top.issues(builder().days(now(), 10, Some(certificate.validity().not_before)));
    let limited = Certificate::parse(&limited.certificate).unwrap();
    assert_eq!(limited.validity().not_after, certificate.validity().not_before);
    for (error, words) in [
        (builder().alternative_name("a_b.test"), "`a_b.test` is neither a host name"),
        (builder().alternative_name("a@"), "`a@` is neither"),
        (builder().alternative_name("http://"), "`http://` is neither"),
        (builder().alternative_name("a b"), "`a b` is neither"),
        (builder().alternative_name("\u{1b}"), "`\\u{1b}` is neither"),
        (builder().permit(["10.0.0.0/33"]), "`10.0.0.0/33` is neither a domain"),
        (builder().permit(["*.test"]), "`*.test` is neither a domain"),
        (builder().policies(["1"]), "`1` is no object identifier"),
        (builder().crl_urls(["host.test"]), "`host.test` is no URL"),
        (builder().authority_access(["x"], []), "`x` is no URL"),
        (builder().authority_access([], ["ldap://host.test/x"]), "`ldap://host.test/x` is no URL of HTTP"),
    ] {
        let said = error.unwrap_err().to_string();
        assert!(said.starts_with(words), "{said}");
    }
}

/// The content of a request with these attributes, signed by nobody.
fn with_attributes(attributes: &[u8]) -> Vec<u8> {
    let tlv = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let info = tlv(0x30, &[&[2, 1, 0, 0x30, 0, 0x30, 0], &tlv(0xa0, attributes)[..]].concat());
    tlv(0x30, &[&info[..], &[0x30, 0, 3, 2, 0, 1]].concat())
}

#[test]
fn attributes() {
    const REQUEST: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
    const CHALLENGE: &[u8] = &[0x30, 16, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7, 0x31, 3, 0x0c, 1, b'x'];
    let asks = |values: &[u8]| {
        let len = |len: usize| u8::try_from(len).unwrap();
        [&[0x30, len(13 + values.len())], REQUEST, &[0x31, len(values.len())], values].concat()
    };
    let one: &[u8] = &[0x30, 9, 0x30, 7, 6, 2, 0x2a, 3, 4, 1, 0];
    let parsed = |attributes: &[u8]| {
        CertificationRequest::parse(&with_attributes(attributes)).map(|request| request.extensions().len())
    };
    assert_eq!(parsed(&[]), Ok(0));
    assert_eq!(parsed(CHALLENGE), Ok(0));
    let microsoft = [&[0x30, 15, 6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14, 0x31, 1][..], &[5]].concat();
    assert_eq!(parsed(&microsoft), Err(Rule::Malformed("attribute")));
    let microsoft = [&[0x30, 16, 6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14, 0x31, 2][..], &[5, 0]].concat();
    let der = with_attributes(&microsoft);
    let (_, declined) = server().grant(&CertificationRequest::parse(&der).unwrap(), None).unwrap();
    assert_eq!(declined, [Declined::MicrosoftExtensions]);
    assert!(declined[0].to_string().contains("1.3.6.1.4.1.311.2.1.14"));
    assert_eq!(parsed(&asks(one)), Ok(1));
    assert_eq!(parsed(&[CHALLENGE, &asks(one)].concat()), Ok(1));
    let malformed = Err(Rule::Malformed("extensionRequest"));
    assert_eq!(parsed(&asks(&[one, one].concat())), malformed);
    assert_eq!(parsed(&[asks(one), asks(one)].concat()), malformed);
    assert_eq!(parsed(&asks(&[])), Err(Rule::Malformed("attribute")));
    assert_eq!(parsed(&asks(&[0x30, 0])), Err(Rule::Malformed("extensions")));
    let twice = [&[0x30, 18], &one[2..], &one[2..]].concat();
    assert_eq!(parsed(&asks(&twice)), Err(Rule::DuplicateExtension("1.2.3".into())));
    assert_eq!(parsed(&[5, 0]), Err(Rule::Malformed("attributes")));
    // Without the attributes, and of another version.
    let mut other = with_attributes(&[]);
    other[6] = 1;
    assert_eq!(CertificationRequest::parse(&other).map(drop), Err(Rule::Malformed("version")));
    let bare = [0x30, 15, 0x30, 7, 2, 1, 0, 0x30, 0, 0x30, 0, 0x30, 0, 3, 2, 0, 1];
    assert_eq!(CertificationRequest::parse(&bare).map(|request| request.extensions().len()), Ok(0));
}

/// docs/regressions.md rows 64 and 68: whatever octet is changed, nothing panics, and no request proves its key.
#[test]
fn changed_requests_never_verify() {
    let asked = server().basic_constraints(true, Some(3)).must_staple().general_name(0x81, b"a@host.test");
    let seed = request(asked);
    let accept = |der: &[u8]| {
        let request = CertificationRequest::parse(der)?;
        let _ = request.subject_alt_names().map(|names| names.take(100).count());
        let text = format!("{request:?} {:?}", server().grant(&request, None).map(|(_, declined)| declined));
        assert!(text.chars().all(|c| !c.is_control()), "{text}");
        request.check_signature(&provider())
    };
    assert_eq!(accept(&seed), Ok(()));
    for at in 0..seed.len() {
        assert!(CertificationRequest::parse(&seed[..at]).is_err(), "cut at {at}");
        for flip in [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff] {
            let mut changed = seed.clone();
            changed[at] ^= flip;
            assert!(accept(&changed).is_err(), "octet {at} changed by {flip:x}");
        }
    }
    assert!(CertificationRequest::parse(&[&seed[..], &[0]].concat()).is_err());
}

#[test]
fn from_pem() {
    let der = request(server());
    let certificate = root(server()).certificate_pem();
    for label in ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"] {
        let text = format!("text\n{certificate}{}", *pem::encode(label, &der));
        assert_eq!(CertificationRequest::from_pem(text.as_bytes()).as_ref(), Ok(&der));
    }
    let missing = |text: &str| CertificationRequest::from_pem(text.as_bytes()).unwrap_err();
    assert_eq!(missing(&certificate), NoRequest::Missing { seen: vec!["CERTIFICATE".into()] });
    assert!(missing("").to_string().contains("no PEM section at all"));
    assert!(missing(&certificate.repeat(100)).to_string().len() < 200);
    let broken = "\n-----BEGIN CERTIFICATE REQUEST-----\n!\n-----END CERTIFICATE REQUEST-----\n";
    assert_eq!(missing(broken), NoRequest::Broken { line: 2, reason: pem::Reason::NotBase64 });
    assert_eq!(missing("-----BEGIN CERTIFICATE REQUEST-----\nAAAA").to_string().matches("no matching END").count(), 1);
}

/// A CA that is asked for by a request stays none even where the CA's own builder has no basicConstraints.
#[test]
fn identifiers_are_whole() {
    let top = root(ca("Root"));
    let longer = [BASIC_CONSTRAINTS, &[1]].concat();
    let (_, declined) = grant(&top, server().extension(&longer, false, &[0x30, 0]), server());
    assert_eq!(declined, [Declined::Extension("2.5.29.19.1".into())]);
}

/// Where host names are limited, addresses are no way round that.
#[test]
fn no_address_unless_one_is_permitted() {
    let asked = || Builder::new("x", now()).dns("a.test").ip("192.0.2.1".try_into().unwrap());
    let granted = |subtrees: &[&str]| {
        let top = root(ca("Root").permit(subtrees.iter().copied()).unwrap());
        let (made, declined) = grant(&top, asked(), Builder::new("", now()));
        let names = Certificate::parse(&made.certificate).unwrap().subject_alt_names().unwrap().count();
        assert_eq!(names + declined.len(), 2);
        names
    };
    for (subtrees, names) in
        [(&["test"][..], 1), (&["test", "192.0.2.0/24"], 2), (&["test", "::1"], 1), (&["a@mail.test"], 2)]
    {
        assert_eq!(granted(subtrees), names, "{subtrees:?}");
    }
}

#[test]
fn too_many_names() {
    let names = |count: usize| {
        let der = request((0..count).fold(Builder::new("x", now()), |own, at| own.dns(&format!("h{at}.test"))));
        server().grant(&CertificationRequest::parse(&der).unwrap(), None).map(drop)
    };
    assert_eq!(names(Builder::REQUESTED_NAMES), Ok(()));
    assert_eq!(names(Builder::REQUESTED_NAMES + 1), Err(Rule::Budget));
}
