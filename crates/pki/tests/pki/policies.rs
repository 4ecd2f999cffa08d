//! Certificate policies, after the ideas of sections 4.8 to 4.12 of NIST's PKITS, with certificates of our own.
//!
//! What a certificate says is written in words: `1` a policy, `*` anyPolicy, `1>2` a mapping, `explicit=0`, `nomap=0` and
//! `noany=0` what it demands after how many certificates, `self` that it is self-issued. What the verifier asks is
//! written alike: `user=1,2` the acceptable policies, `explicit`, `nomap`, `noany`.

use crate::common::*;
use handfast_crypto::KeyKind;
use handfast_pki::make::{Builder, Key};
use handfast_pki::{Certificate, Policy, PolicyInputs, Rule, certificate_policies::valid_policies};

const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];

#[test]
fn all_certificates_say_the_same() {
    for (inputs, expected) in [
        ("", "1"),
        ("explicit", "1"),
        ("explicit user=1", "1"),
        ("explicit user=1,2", "1"),
        ("explicit user=*", "1"),
        ("explicit user=2,*", "1"),
        ("explicit user=2", "none"),
        // What is acceptable is not thereby required.
        ("user=2", ""),
        ("explicit noany nomap", "1"),
    ] {
        assert_eq!(run(inputs, &["1", "1", "1"]), expected, "{inputs}");
    }
    assert_eq!(run("explicit", &["1 2", "2 1", "1 2"]), "1 2");
    assert_eq!(run("explicit user=2", &["1 2", "2 1", "1 2"]), "2");
    assert_eq!(run("explicit", &["1"]), "1");
}

#[test]
fn certificates_differ() {
    for (path, expected) in [
        (&["", "", ""][..], ""),
        (&["1", "1", ""], ""),
        (&["1", "", "1"], ""),
        (&["", "1", "1"], ""),
        (&["1", "2", "2"], ""),
        (&["1", "1", "2"], ""),
        (&["1", "2", "1"], ""),
        (&["1 2", "1", "1 2"], "1"),
        (&["1 2", "1 3", "1 4"], "1"),
        (&["1 2", "1 2", "3"], ""),
        (&["1 2 3", "2 3 4", "3 4 5"], "3"),
    ] {
        assert_eq!(run("", path), expected, "{path:?}");
        let required = if expected.is_empty() { "none" } else { expected };
        assert_eq!(run("explicit", path), required, "{path:?}");
    }
}

#[test]
fn any_policy() {
    for (inputs, path, expected) in [
        ("explicit", &["*", "*", "*"][..], "*"),
        ("explicit user=1", &["*", "*", "*"], "1"),
        ("explicit user=2,1,2", &["*", "*", "*"], "1 2"),
        ("explicit", &["*", "1", "*"], "1"),
        ("explicit user=2", &["*", "1", "*"], "none"),
        ("explicit", &["1", "*", "1 2"], "1"),
        ("explicit", &["1", "*", "2"], "none"),
        ("explicit", &["1", "*", "*"], "1"),
        ("explicit", &["* 1", "* 2", "*"], "* 1 2"),
        ("explicit user=3", &["* 1", "* 2", "*"], "3"),
        ("explicit", &["* 1", "* 2", "1 2 3"], "1 2 3"),
        ("explicit", &["1", "1", "*"], "1"),
        // Where there is no path there is nothing that restricts it.
        ("explicit", &[], "*"),
        ("explicit user=1", &[], "1"),
    ] {
        assert_eq!(run(inputs, path), expected, "{inputs} {path:?}");
    }
}

#[test]
fn an_explicit_policy_is_required() {
    for (path, expected) in [
        // Four certificates without a policy. The demand is on those that come after so many.
        (&["explicit=4", "", "", ""][..], ""),
        (&["explicit=3", "", "", ""], "none"),
        (&["explicit=0", "", "", ""], "none"),
        (&["explicit=9", "explicit=2", "", ""], "none"),
        (&["explicit=9", "explicit=3", "", ""], ""),
        (&["", "explicit=2", "", ""], "none"),
        (&["", "", "explicit=1", ""], "none"),
        (&["", "", "explicit=2", ""], ""),
        // A later demand cannot undo an earlier one.
        (&["explicit=2", "explicit=9", "explicit=9", ""], "none"),
        // The last one may demand it of itself, at once or never.
        (&["", "", "", "explicit=0"], "none"),
        (&["", "", "", "explicit=1"], ""),
        (&["1", "1", "1", "1 explicit=0"], "1"),
        (&["1 explicit=0", "1", "1", "1"], "1"),
        (&["1 explicit=0", "1", "1", "2"], "none"),
        // The certificate that demands it need not fulfil it alone: no policy above, none below.
        (&["explicit=0", "1", "1", "1"], "none"),
        // Self-issued certificates are not counted, except for the last.
        (&["explicit=3", "self", "", ""], ""),
        (&["explicit=2", "self", "self", ""], ""),
        (&["explicit=1", "self", "self", ""], "none"),
        (&["explicit=2", "self", "", ""], "none"),
        (&["", "self explicit=1", "", ""], "none"),
        (&["explicit=0", "self", "", ""], "none"),
        (&["explicit=1", "self"], "none"),
        (&["explicit=2", "self"], ""),
        // So large that it never holds.
        (&["explicit=big", "", "", ""], ""),
    ] {
        assert_eq!(run("", path), expected, "{path:?}");
    }
    // RFC 5280 §6.1.3 (f): which fails at a CA does not wait for the leaf.
    assert_eq!(run("", &["explicit=0", "", "1 1"]), "none");
}

#[test]
fn mappings() {
    for (inputs, path, expected) in [
        ("explicit", &["1 1>2", "2", "2"][..], "1"),
        ("explicit user=1", &["1 1>2", "2", "2"], "1"),
        ("explicit user=2", &["1 1>2", "2", "2"], "none"),
        ("explicit nomap", &["1 1>2", "2", "2"], "none"),
        ("explicit", &["1 1>2", "1", "1"], "none"),
        ("explicit", &["1 1>2", "2 2>3", "3"], "1"),
        ("explicit", &["1 1>2", "2 2>3", "2"], "none"),
        ("explicit", &["1 1>2 1>3", "3", "3"], "1"),
        ("explicit", &["1 1>2 1>2", "2"], "1"),
        ("explicit", &["1 2 1>3 2>3", "3"], "1 2"),
        ("explicit user=2", &["1 2 1>3 2>3", "3"], "2"),
        ("explicit", &["1 2 1>2 2>1", "1"], "2"),
        ("explicit", &["1 2 1>2 2>1", "1 2 1>2 2>1", "1"], "1"),
        ("explicit", &["1 2 1>2", "2"], "1 2"),
        // anyPolicy above, or below, a mapping.
        ("explicit", &["* 1>2", "2"], "1"),
        ("explicit", &["* 1>2", "3"], "3"),
        ("explicit", &["* 1>2", "*"], "* 1"),
        ("explicit", &["* 1>2", "1"], "1"),
        ("explicit user=2", &["* 1>2", "2"], "none"),
        ("explicit", &["1 1>2", "*"], "1"),
        ("explicit", &["1 1>2 1>3", "*", "3"], "1"),
        ("explicit noany", &["* 1>2", "2"], "none"),
        // What the certificate does not have cannot be mapped.
        ("explicit", &["1 3>2", "2"], "none"),
        // A leaf issues nothing, so what it maps does not matter.
        ("explicit", &["1", "1 1>2"], "1"),
    ] {
        assert_eq!(run(inputs, path), expected, "{inputs} {path:?}");
    }
}

#[test]
fn mappings_are_inhibited() {
    for (path, expected) in [
        // A mapping of the certificate itself comes before what it demands.
        (&["1 1>2 nomap=0", "2", "2"][..], "1"),
        (&["1 nomap=0", "1 1>2", "2"], "none"),
        (&["1 nomap=0", "1 1>2", "1"], "none"),
        (&["1 nomap=1", "1 1>2", "2"], "1"),
        (&["1 nomap=1", "1 1>2", "2 2>3", "3"], "none"),
        (&["1 nomap=2", "1 1>2", "2 2>3", "3"], "1"),
        (&["1 2 nomap=0", "1 2 1>2", "2"], "2"),
        (&["1 nomap=9", "1 nomap=0", "1 1>2", "2"], "none"),
        (&["1 nomap=0", "1 nomap=9", "1 1>2", "2"], "none"),
        (&["* nomap=0", "* 1>2", "1"], "1"),
        (&["* nomap=0", "* 1>2", "2"], "2"),
        (&["1 nomap=1", "self 1", "1 1>2", "2"], "1"),
        (&["1 nomap=0", "self 1", "1 1>2", "2"], "none"),
        (&["1 nomap=0", "self 1 1>2", "2"], "none"),
        (&["1 nomap=1", "self 1 1>2", "2 2>3", "3"], "1"),
    ] {
        assert_eq!(run("explicit", path), expected, "{path:?}");
    }
}

#[test]
fn any_policy_is_inhibited() {
    for (inputs, path, expected) in [
        ("explicit noany", &["*", "*"][..], "none"),
        ("explicit noany", &["1", "1"], "1"),
        ("explicit noany", &["1 *", "1 *"], "1"),
        ("explicit", &["1 noany=0", "*"], "none"),
        ("explicit", &["1 noany=0", "1"], "1"),
        // It holds for the certificates below, not for the one that says so.
        ("explicit", &["* noany=0", "1"], "1"),
        ("explicit", &["* noany=0", "*"], "none"),
        ("explicit", &["1 noany=1", "*", "1"], "1"),
        ("explicit", &["1 noany=1", "*", "*"], "none"),
        ("explicit", &["1 noany=9", "1 noany=0", "*"], "none"),
        ("explicit", &["1 noany=0", "1 noany=9", "*"], "none"),
        // Self-issued: not counted, and anyPolicy is heeded there, but not in the last certificate.
        ("explicit", &["1 noany=0", "self *", "1"], "1"),
        ("explicit", &["1 noany=0", "self *", "*"], "none"),
        ("explicit", &["1 noany=1", "self *", "*"], "1"),
        ("explicit", &["1 noany=1", "self *", "self *", "*", "1"], "1"),
        ("explicit", &["1 noany=0", "self *"], "none"),
    ] {
        assert_eq!(run(inputs, path), expected, "{inputs} {path:?}");
    }
}

#[test]
fn what_an_anchor_demands() {
    for (anchor, path, expected) in [
        ("", &["", ""][..], ""),
        ("explicit=0", &["", ""], "none"),
        ("explicit=0", &["1", "1"], "1"),
        ("explicit=2", &["", ""], "none"),
        ("explicit=3", &["", ""], ""),
        ("nomap=0", &["explicit=0 1 1>2", "2"], "none"),
        ("nomap=1", &["explicit=0 1 1>2", "2"], "1"),
        ("noany=0", &["explicit=0 *", "1"], "none"),
        ("noany=1", &["explicit=0 *", "1"], "1"),
        // Its policies and mappings are not those of the path.
        ("1 1>2", &["3", "3"], "3"),
        ("nothing", &["1", "1"], "its policyConstraints demand nothing"),
    ] {
        let ders = chain_of(&[&[anchor], path].concat());
        let (anchor_der, path_ders) = ders.split_first().unwrap();
        let certificates: Vec<_> = path_ders.iter().map(|der| Certificate::parse(der).unwrap()).collect();
        let anchor_certificate = Certificate::parse(anchor_der).unwrap();
        let policy = Policy::default();
        let result = valid_policies(&certificates, Some(&anchor_certificate), &policy);
        assert_eq!(text(result), expected, "{anchor} {path:?}");
    }
}

/// Whatever is asked, and wherever it stands.
#[test]
fn invalid_extensions() {
    for (word, expected) in [
        ("1 2 1", "a policy is there twice"),
        ("1 1>*", "anyPolicy is mapped"),
        ("1 *>1", "anyPolicy is mapped"),
        ("1 nothing", "its policyConstraints demand nothing"),
        ("empty", "malformed certificatePolicies"),
        ("unmapped", "malformed policyMappings"),
        ("explicit=-1", "malformed policyConstraints"),
        ("nomap=-1", "malformed policyConstraints"),
        ("noany=-1", "malformed inhibitAnyPolicy"),
    ] {
        for path in [[word, "1", "1"], ["1", word, "1"], ["1", "1", word], ["", word, ""], ["", "", word]] {
            assert_eq!(run("", &path), expected, "{path:?}");
        }
    }
}

#[test]
fn what_would_be_exponential_ends() {
    // Eight policies, each mapped to each of the eight: a tree would have 8^9 leaves.
    let all: String = (1..=8).map(|policy| format!("{policy} ")).collect();
    let maps: String = (1..=8).flat_map(|from| (1..=8).map(move |to| format!("{from}>{to} "))).collect();
    let middle = format!("{all}{maps}");
    let mut path = vec![middle.as_str(); 9];
    path.push(&all);
    assert_eq!(run("explicit", &path), "1 2 3 4 5 6 7 8");
    assert_eq!(run("explicit user=5", &path), "5");
    // At each CA 8 policies and 64 mappings, and below it 64 edges; above the first there is one edge, to anyPolicy.
    let steps = 9 * (8 + 64 + 64) + 1 + 8;
    assert_eq!(run_with(Policy { policy_steps: steps, ..Policy::default() }, "explicit", &path), "1 2 3 4 5 6 7 8");
    assert_eq!(run_with(Policy { policy_steps: steps - 1, ..Policy::default() }, "explicit", &path), "budget");

    // anyPolicy carries on what is expected, and every CA adds more.
    let maps: String = (1..=200).map(|to| format!("{}>{to} ", to % 9 + 1)).collect();
    let middle = format!("* {maps}");
    let mut path = vec![middle.as_str(); 9];
    path.push("*");
    assert_eq!(run("explicit", &path), "* 1 2 3 4 5 6 7 8 9");
    // And one certificate alone can be too much.
    let many: String = (1..=10_000).map(|policy| format!("{policy} ")).collect();
    assert_eq!(run("", &[&many]), "budget");
    // But what nothing hangs on costs nothing.
    assert_eq!(run("", &["", &many]), "");
}

#[test]
fn acceptable_policies_are_written_with_dots() {
    let inputs = PolicyInputs::default().accept("1.3.9999.1").unwrap().accept("2.5.29.32.0").unwrap();
    assert_eq!(inputs.acceptable, Some(vec![vec![0x2b, 0xce, 0x0f, 1], ANY.to_vec()]));
    assert_eq!(PolicyInputs::default().accept("1.3.x"), None);
    // A list that is empty accepts nothing.
    let policies = PolicyInputs { acceptable: Some(Vec::new()), ..PolicyInputs::default() };
    assert_eq!(run_with(Policy { policies: policies.clone(), ..Policy::default() }, "", &["*"]), "");
    assert_eq!(run_with(Policy { policies, ..Policy::default() }, "explicit", &["*"]), "none");
}

const ANY: &[u8] = &[0x55, 0x1d, 32, 0];

/// The valid policies, or what is wrong.
pub(crate) fn run(inputs: &str, path: &[&str]) -> String {
    run_with(Policy::default(), inputs, path)
}

fn run_with(mut policy: Policy, inputs: &str, path: &[&str]) -> String {
    ask(&mut policy.policies, inputs);
    let ders = chain_of(path);
    let certificates: Vec<_> = ders.iter().map(|der| Certificate::parse(der).unwrap()).collect();
    text(valid_policies(&certificates, None, &policy))
}

fn ask(inputs: &mut PolicyInputs, words: &str) {
    for word in words.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("explicit", _) => inputs.require_explicit = true,
            ("nomap", _) => inputs.inhibit_mapping = true,
            ("noany", _) => inputs.inhibit_any = true,
            ("user", list) => inputs.acceptable = Some(list.split(',').map(content).collect()),
            _ => panic!("{word}"),
        }
    }
}

fn text(result: Result<Vec<&[u8]>, Rule>) -> String {
    match result {
        Ok(policies) => {
            let mut names: Vec<_> = policies.iter().map(|policy| number(policy)).collect();
            names.sort();
            let names: Vec<_> = names.iter().map(|n| if *n == 0 { "*".to_string() } else { n.to_string() }).collect();
            names.join(" ")
        }
        Err(Rule::NoPolicy) => "none".to_string(),
        Err(Rule::Budget) => "budget".to_string(),
        Err(Rule::PolicyExtension(what)) => what.to_string(),
        Err(Rule::Malformed(what)) => format!("malformed {what}"),
        Err(rule) => panic!("{rule}"),
    }
}

fn number(policy: &[u8]) -> usize {
    if policy == ANY { 0 } else { policy[3..].iter().fold(0, |sum, octet| sum << 7 | usize::from(octet & 0x7f)) }
}

/// The certificates, each signed in the name of the one before, all with one key: nobody checks signatures here.
fn chain_of(path: &[&str]) -> Vec<Vec<u8>> {
    let provider = provider();
    let key = Key::generate(&provider, KeyKind::P256).unwrap();
    let anchor = ca("Anchor").self_signed(&provider, &key).unwrap().to_vec();
    let mut all = vec![anchor];
    for (at, words) in path.iter().enumerate() {
        let issuer = Certificate::parse(all.last().unwrap()).unwrap();
        let builder = if at + 1 == path.len() { server() } else { ca(&format!("CA {at}")) };
        let builder = say(builder.issuer(issuer.subject()), words);
        let is_self_issued = words.split_whitespace().any(|word| word == "self");
        let builder = if is_self_issued { builder.subject_content(issuer.subject().as_bytes()) } else { builder };
        let der = builder.self_signed(&provider, &key).unwrap().to_vec();
        all.push(der);
    }
    all.split_off(1)
}

/// Adds the extensions that `words` stand for.
fn say(mut builder: Builder, words: &str) -> Builder {
    let (mut policies, mut mappings) = (Vec::new(), Vec::new());
    let mut constraints = [None, None];
    for word in words.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("self", _) => {}
            ("explicit", skip) => constraints[0] = Some(tlv(0x80, &skip_certs(skip))),
            ("nomap", skip) => constraints[1] = Some(tlv(0x81, &skip_certs(skip))),
            ("noany", skip) => builder = builder.extension(INHIBIT_ANY_POLICY, true, &tlv(2, &skip_certs(skip))),
            ("nothing", _) => builder = builder.extension(POLICY_CONSTRAINTS, true, &[0x30, 0]),
            ("empty", _) => builder = builder.extension(CERTIFICATE_POLICIES, true, &[0x30, 0]),
            ("unmapped", _) => builder = builder.extension(POLICY_MAPPINGS, true, &[0x30, 0]),
            _ => match word.split_once('>') {
                Some((from, to)) => mappings.extend(tlv(0x30, &[encode(from), encode(to)].concat())),
                None => policies.extend(tlv(0x30, &encode(word))),
            },
        }
    }
    if !policies.is_empty() {
        builder = builder.extension(CERTIFICATE_POLICIES, false, &tlv(0x30, &policies));
    }
    if !mappings.is_empty() {
        builder = builder.extension(POLICY_MAPPINGS, false, &tlv(0x30, &mappings));
    }
    if constraints.iter().any(Option::is_some) {
        let content: Vec<u8> = constraints.into_iter().flatten().flatten().collect();
        builder = builder.extension(POLICY_CONSTRAINTS, true, &tlv(0x30, &content));
    }
    builder
}

fn skip_certs(text: &str) -> Vec<u8> {
    match text {
        "big" => vec![1; 9],
        "-1" => vec![0xff],
        _ => vec![text.parse().unwrap()],
    }
}

fn encode(policy: &str) -> Vec<u8> {
    tlv(6, &content(policy))
}

/// 1.3.9999 and the number, or anyPolicy.
fn content(policy: &str) -> Vec<u8> {
    if policy == "*" {
        return ANY.to_vec();
    }
    let number: u16 = policy.parse().unwrap();
    let mut content = vec![0x2b, 0xce, 0x0f];
    if number >= 0x80 {
        content.push(0x80 | (number >> 7) as u8);
    }
    content.push(number as u8 & 0x7f);
    content
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap();
    let head = match len {
        0..=0x7f => vec![tag, len as u8],
        0x80..=0xff => vec![tag, 0x81, len as u8],
        0x100..=0xffff => vec![tag, 0x82, (len >> 8) as u8, len as u8],
        _ => vec![tag, 0x83, (len >> 16) as u8, (len >> 8) as u8, len as u8],
    };
    [&head[..], content].concat()
}
