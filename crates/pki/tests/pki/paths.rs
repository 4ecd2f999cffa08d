//! Finding the path: order, cross-signs, several anchors, trust in the leaf itself, budgets, and the error that is told.

use crate::common::*;
use handfast_crypto::{HashAlgorithm, KeyKind};
use handfast_pki::error::Which;
use handfast_pki::make::{Builder, Identity};
use handfast_pki::subject::Name;
use handfast_pki::{Anchors, Certificate, Error, Policy, Profile, Rule, Trust, verify_server};
use pki_types::{Der, TrustAnchor};

const EXPIRED: (i64, i64) = (1_000_000_000, 1_000_000_001);

/// The certificate of `subject`'s name and key, signed by `issuer`.
fn cross_sign(issuer: &Identity, subject: &Identity, builder: Builder) -> Identity {
    let certificate = builder.signed_by(&provider(), issuer, subject.key.public_key()).unwrap();
    let key = handfast_pki::make::Key::load(&provider(), subject.key.der()).unwrap();
    Identity { certificate, key }
}

#[test]
fn intermediates_come_in_any_order_and_with_strangers() {
    let top = root(ca("Root"));
    let one = top.issues(ca("One"));
    let two = one.issues(ca("Two"));
    let leaf = two.issues(server());
    let stranger = root(ca("Stranger"));
    let path = serve(&[&top], &[&leaf, &one, &stranger, &top, &two, &two]).unwrap();
    assert_eq!((path.certificates, path.trust), (vec![0, 4, 1], Trust::Anchor(0)));
    // Only the first is the leaf.
    assert_eq!(code(&serve(&[&top], &[&two, &leaf, &one])), "INVALID_PURPOSE");
}

#[test]
fn a_certificate_that_cannot_be_read_is_passed_over_and_told() {
    let top = root(ca("Root"));
    let middle = top.issues(ca("Intermediate"));
    let leaf = middle.issues(server());
    let name = "host.test".try_into().unwrap();
    let mut sent = chain(&[&leaf, &middle]);
    sent.insert(1, vec![0x30, 1].into());
    let verify = |sent: &[_]| verify_server(&provider(), &anchors(&[&top]), &Policy::default(), sent, &name, now());
    assert_eq!(verify(&sent).unwrap().certificates, [0, 2]);
    let error = verify(&sent[..2]).unwrap_err();
    assert_eq!(error.code(), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    assert_eq!(error.tried()[0].which, Which::Peer(1));
    assert_eq!(error.tried()[0].rule, Rule::Malformed("outer structure"));
}

#[test]
fn cross_signed_paths() {
    let (old, new) = (root(ca("Old Root")), root(ca("New Root")));
    let middle = new.issues(ca("Intermediate"));
    let leaf = middle.issues(server());
    let new_by_old = cross_sign(&old, &new, ca("New Root"));
    let sent = [&leaf, &middle, &new_by_old];
    // Either root is enough; with both, the shorter path is taken.
    assert_eq!(serve(&[&old], &sent).unwrap().certificates, [0, 1, 2]);
    assert_eq!(serve(&[&new], &sent).unwrap().certificates, [0, 1]);
    assert_eq!(serve(&[&old, &new], &sent).unwrap().trust, Trust::Anchor(1));
    // The root that expired in 2001 is in the store as well, under the same name: the path goes round it.
    let expired = cross_sign(&new, &new, ca("New Root").valid(EXPIRED.0, EXPIRED.1));
    assert_eq!(serve(&[&expired, &old], &sent).unwrap().certificates, [0, 1, 2]);
    // Alone it is the reason that is told, although the cross-sign led nowhere as well.
    let error = serve(&[&expired], &sent).unwrap_err();
    assert_eq!((error.code(), error.place().unwrap().which), ("CERT_HAS_EXPIRED", Which::Anchor(0)));
    let told: Vec<_> = error.tried().iter().map(|tried| (tried.which, tried.depth, tried.rule.clone())).collect();
    assert_eq!(told, [(Which::Peer(2), 2, Rule::UnknownIssuer("CN=Old Root".into()))]);
}

#[test]
fn of_two_certificates_of_one_ca_the_valid_one_is_taken() {
    let top = root(ca("Root"));
    let middle = top.issues(ca("Intermediate"));
    let expired = cross_sign(&top, &middle, ca("Intermediate").valid(EXPIRED.0, EXPIRED.1));
    let leaf = middle.issues(server());
    assert_eq!(serve(&[&top], &[&leaf, &expired, &middle]).unwrap().certificates, [0, 2]);
    // And of two CAs of one name, the one with the key.
    let other = top.issues(ca("Intermediate"));
    assert_eq!(serve(&[&top], &[&leaf, &other, &middle]).unwrap().certificates, [0, 2]);
    let error = serve(&[&top], &[&leaf, &other, &expired]).unwrap_err();
    assert_eq!((error.code(), error.place().unwrap().which), ("CERT_HAS_EXPIRED", Which::Peer(2)));
    assert_eq!(error.tried().len(), 1, "{error}");
    assert_eq!((error.tried()[0].which, &error.tried()[0].rule), (Which::Peer(1), &Rule::BadSignature));
}

#[test]
fn two_anchors_of_one_name() {
    let (wrong, right) = (root(ca("Root")), root(ca("Root")));
    let leaf = right.issues(server().without_key_identifiers());
    assert_eq!(serve(&[&wrong, &right], &[&leaf]).unwrap().trust, Trust::Anchor(1));
    assert_eq!(code(&serve(&[&wrong], &[&leaf])), "CERT_SIGNATURE_FAILURE");
}

#[test]
fn unknown_issuers() {
    let top = root(ca("Root"));
    let other = root(ca("Other Root"));
    let middle = top.issues(ca("Intermediate"));
    let leaf = middle.issues(server());
    for (sent, expected, depth) in [
        (&[&leaf][..], "UNABLE_TO_VERIFY_LEAF_SIGNATURE", 0),
        (&[&leaf, &middle], "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", 1),
        (&[&leaf, &middle, &top], "SELF_SIGNED_CERT_IN_CHAIN", 2),
    ] {
        let error = serve(&[&other], sent).unwrap_err();
        assert_eq!((error.code(), error.place().unwrap().depth, error.alert().number()), (expected, depth, 48));
    }
    let alone = root(server());
    assert_eq!(code(&serve(&[&other], &[&alone])), "DEPTH_ZERO_SELF_SIGNED_CERT");
    assert_eq!(code(&serve(&[], &[&alone])), "DEPTH_ZERO_SELF_SIGNED_CERT");
    // Self-issued is not self-signed.
    let renewed = other.issues(server().subject("Other Root"));
    assert_eq!(code(&serve(&[], &[&renewed])), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    // Nor is what names another issuer, also if its own key signed it.
    let pretends = root(server().issuer(Certificate::parse(&other.certificate).unwrap().subject()));
    assert_eq!(code(&serve(&[], &[&pretends])), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    assert_eq!(
        serve(&[], &[&leaf]).unwrap_err().to_string(),
        "certificate 0 (CN=host.test): its issuer (CN=Intermediate) is neither a trust anchor nor among the peer's \
         certificates"
    );
}

/// An intermediate, or any CA below a root, can be an anchor.
#[test]
fn an_anchor_need_not_be_self_signed() {
    let top = root(ca("Root"));
    let middle = top.issues(ca("Intermediate"));
    let leaf = middle.issues(server());
    assert_eq!(serve(&[&middle], &[&leaf, &middle, &top]).unwrap().certificates, [0]);
}

/// A trusted leaf is trusted as it is, for nobody else, and no longer than it says.
#[test]
fn trust_in_a_leaf() {
    let alone = root(server());
    let path = serve(&[&alone], &[&alone]).unwrap();
    assert_eq!((path.certificates, path.trust), (vec![0], Trust::Exact(0)));
    // Under the same name and key but another certificate: not octet for octet.
    let again = cross_sign(&alone, &alone, server());
    assert_eq!(code(&serve(&[&alone], &[&again])), "INVALID_CA");
    // It does not become a CA.
    assert_eq!(code(&serve(&[&alone], &[&alone.issues(server())])), "INVALID_CA");
    // What it says about itself holds.
    for (builder, expected) in [
        (server().valid(EXPIRED.0, EXPIRED.1), "CERT_HAS_EXPIRED"),
        (Builder::server(&["other.test"], now()), "HOSTNAME_MISMATCH"),
        (client().dns("host.test"), "INVALID_PURPOSE"),
    ] {
        let alone = root(builder);
        assert_eq!(code(&serve(&[&alone], &[&alone])), expected);
    }
    // It need not be self-signed, and what its issuer is does not matter.
    let leaf = root(ca("Root")).issues(server());
    assert_eq!(code(&serve(&[&leaf], &[&leaf])), "OK");
}

/// RFC 5280 §7.1: an issuer's name in other letters, another string type or with other spaces is the same name.
#[test]
fn names_are_compared_as_names() {
    const UTF8_STRING: u8 = 0x0c;
    const PRINTABLE_STRING: u8 = 0x13;
    let name = |tag: u8, text: &str| {
        let value = [&[tag, text.len() as u8], text.as_bytes()].concat();
        let attribute = [&[0x30, value.len() as u8 + 5, 6, 3, 0x55, 4, 3][..], &value].concat();
        [&[0x31, attribute.len() as u8][..], &attribute].concat()
    };
    let top = root(ca("The Root"));
    for (tag, text, expected) in [
        (UTF8_STRING, "The Root", "OK"),
        (PRINTABLE_STRING, "The Root", "OK"),
        (UTF8_STRING, "the ROOT", "OK"),
        (UTF8_STRING, " The  Root ", "OK"),
        (UTF8_STRING, "TheRoot", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
    ] {
        let middle = top.issues(ca("The Middle").issuer(Name::new(&name(tag, text))));
        let leaf = middle.issues(server().issuer(Name::new(&name(PRINTABLE_STRING, "THE middle"))));
        assert_eq!(code(&serve(&[&top], &[&leaf, &middle])), expected, "{text}");
    }
}

/// docs/regressions.md row 57: reading is work as well. Two layers of cross-signed CAs lead 600 times to a large certificate.
#[test]
fn reading_is_paid_for() {
    let subtree = [&[0x30, 9, 0x82, 7][..], b"x.12345"].concat();
    let subtrees = subtree.repeat(3_000);
    let long =
        |tag: u8, content: &[u8]| [&[tag, 0x83][..], &(content.len() as u32).to_be_bytes()[1..], content].concat();
    let constraints = long(0x30, &long(0xa1, &subtrees));
    let (stranger, upper, lower) = (root(ca("Stranger")), root(ca("Upper")), root(ca("Lower")));
    let large = stranger.issues(ca("Large").extension(&[0x55, 0x1d, 30], true, &constraints));
    let sign = |issuer: &Identity, name: &str, key: &Identity| Identity {
        certificate: ca(name).signed_by(&provider(), issuer, key.key.public_key()).unwrap(),
        key: root(ca("unused")).key,
    };
    let uppers: Vec<_> = (0..25).map(|_| sign(&large, "Upper", &upper)).collect();
    let lowers: Vec<_> = (0..25).map(|_| sign(&upper, "Lower", &lower)).collect();
    let leaf = lower.issues(server());
    let sent: Vec<_> = [&leaf, &large].into_iter().chain(&uppers).chain(&lowers).collect();
    let top = root(ca("Root"));
    let octets = Policy { octets: 500_000, signature_checks: 10_000, ..Policy::default() };
    let error = serve_with(&octets, &[&top], &sent).unwrap_err();
    assert_eq!(error.rule(), &Rule::Budget);
    assert_eq!(code(&serve_with(&Policy { octets: 500_000, ..octets }, &[&lower], &sent)), "OK");
}

/// A pin trusts a key, whoever has certified it, and nothing else about the certificate.
#[test]
fn trust_in_a_key() {
    let leaf = root(ca("Root")).issues(server());
    let parsed = Certificate::parse(&leaf.certificate).unwrap();
    let spki = [&[0x30, parsed.spki().len() as u8][..], parsed.spki()].concat();
    let hash = provider().hash(HashAlgorithm::Sha256).unwrap().digest(&[&spki]).unwrap();
    let mut pin: [u8; 32] = hash.as_bytes().try_into().unwrap();
    let verify = |pins: &[[u8; 32]], name: &'static str, seconds| {
        let mut anchors = Anchors::new();
        pins.iter().for_each(|pin| anchors.pin(*pin));
        let name = name.try_into().unwrap();
        verify_server(&provider(), &anchors, &Policy::default(), &chain(&[&leaf]), &name, at(seconds))
    };
    assert_eq!(verify(&[[0; 32], pin], "host.test", NOW).unwrap().trust, Trust::Pin(1));
    assert_eq!(code(&verify(&[pin], "other.test", NOW)), "HOSTNAME_MISMATCH");
    assert_eq!(code(&verify(&[pin], "host.test", NOW + 100 * 86_400)), "CERT_HAS_EXPIRED");
    pin[31] ^= 1;
    assert_eq!(code(&verify(&[pin], "host.test", NOW)), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
}

/// The content of name constraints: permitted dNSName othr.test.
const OTHER_TEST_ONLY: &[u8] = &[0xa0, 13, 0x30, 11, 0x82, 9, b'o', b't', b'h', b'r', b'.', b't', b'e', b's', b't'];

/// Anchors without a certificate: name and key, as Mozilla's come.
#[test]
fn bare_anchors() {
    let top = root(ca("Root"));
    let leaf = top.issues(server());
    let name = "host.test".try_into().unwrap();
    let parsed = Certificate::parse(&top.certificate).unwrap();
    for (constraints, expected) in [
        (None, "OK"),
        (Some(Der::from_slice(&[])), "CERT_REJECTED"),
        (Some(Der::from_slice(OTHER_TEST_ONLY)), "PERMITTED_VIOLATION"),
    ] {
        let mut anchors = Anchors::new();
        anchors.add_trust_anchor(TrustAnchor {
            subject: Der::from(parsed.subject().as_bytes().to_vec()),
            subject_public_key_info: Der::from(parsed.spki().to_vec()),
            name_constraints: constraints,
        });
        let result = verify_server(&provider(), &anchors, &Policy::default(), &chain(&[&leaf]), &name, now());
        assert_eq!(code(&result), expected);
    }
}

#[test]
fn a_certificate_is_added_once() {
    let top = root(ca("Root"));
    let mut anchors = Anchors::new();
    assert_eq!(anchors.add(&top.certificate), Ok(true));
    assert_eq!(anchors.add(&top.certificate), Ok(false));
    assert_eq!(anchors.len(), 1);
    assert_eq!(anchors.subject(0).unwrap().to_string(), "CN=Root");
    assert_eq!(anchors.add(&vec![0].into()), Err(Rule::Malformed("outer structure")));
}

/// docs/regressions.md row 58: the depth is a limit on intermediate certificates, and is reached exactly.
#[test]
fn depth() {
    let top = root(ca("Root"));
    let mut all = Vec::new();
    let mut last = &top;
    for at in 0..11 {
        all.push(last.issues(ca(&format!("CA {at}"))));
        last = all.last().unwrap();
    }
    for (count, expected) in [(10, "OK"), (11, "CERT_CHAIN_TOO_LONG")] {
        let leaf = all[count - 1].issues(server());
        let sent: Vec<_> = [&leaf].into_iter().chain(all[..count].iter().rev()).collect();
        let result = serve(&[&top], &sent);
        assert_eq!(code(&result), expected, "{count}");
        let policy = Policy { depth: 11, ..Policy::default() };
        assert_eq!(code(&serve_with(&policy, &[&top], &sent)), "OK");
    }
    let leaf = top.issues(server());
    assert_eq!(code(&serve_with(&Policy { depth: 0, ..Policy::default() }, &[&top], &[&leaf])), "OK");
}

/// An anchor that happens to have the issuer's name says less than that the path goes on and may not.
#[test]
fn depth_is_told_although_an_anchor_has_the_name() {
    let (top, namesake) = (root(ca("Root")), root(ca("CA 1")));
    let one = top.issues(ca("CA 1"));
    let leaf = one.issues(server());
    let policy = Policy { depth: 0, ..Policy::default() };
    let error = serve_with(&policy, &[&top, &namesake], &[&leaf, &one]).unwrap_err();
    assert_eq!((error.code(), error.place().unwrap().depth), ("CERT_CHAIN_TOO_LONG", 0));
}

/// Of two CAs of one name, the one that signed is told of, also if what it leads to is not signed by whom it says.
#[test]
fn the_signature_that_is_furthest_from_the_leaf_is_told() {
    let top = root(ca("Root"));
    let middle = tampered(top.issues(ca("Intermediate")));
    let leaf = middle.issues(server().without_key_identifiers());
    let namesake = top.issues(ca("Intermediate"));
    for sent in [[&leaf, &namesake, &middle], [&leaf, &middle, &namesake]] {
        let error = serve(&[&top], &sent).unwrap_err();
        assert_eq!((error.code(), error.place().unwrap().which), ("CERT_SIGNATURE_FAILURE", Which::Anchor(0)));
    }
}

/// A wrong authorityKeyIdentifier is the child's fault, and no fault of a certificate that did not sign it.
#[test]
fn an_identifier_that_does_not_fit_is_told_of_who_has_it() {
    let (top, namesake) = (root(ca("Root")), root(ca("Root")));
    let policy = Policy { profile: Profile::Rfc5280, ..Policy::default() };
    let other = [0x30, 4, 0x80, 2, 1, 2];
    let leaf = top.issues(server().without_key_identifiers().extension(&[0x55, 0x1d, 35], false, &other));
    let error = serve_with(&policy, &[&namesake, &top], &[&leaf]).unwrap_err();
    assert_eq!((error.code(), error.place().unwrap().which), ("AKID_SKID_MISMATCH", Which::Peer(0)));
    // The namesake has another identifier as well, but what matters is that it has another key.
    let leaf = top.issues(server());
    assert_eq!(code(&serve_with(&policy, &[&namesake], &[&leaf])), "CERT_SIGNATURE_FAILURE");
}

/// docs/regressions.md row 57: every CA of a mesh has certified every other one. The number of paths is beyond
/// counting; the search ends within its budget.
#[test]
fn a_mesh_of_cross_signed_intermediates_ends() {
    const NODES: usize = 10;
    let nodes: Vec<_> = (0..NODES).map(|at| root(ca(&format!("Node {at}")))).collect();
    let mut mesh = Vec::new();
    for issuer in 0..NODES {
        for subject in 0..NODES {
            let builder = ca(&format!("Node {subject}")).without_key_identifiers();
            mesh.push(cross_sign(&nodes[issuer], &nodes[subject], builder));
        }
    }
    let leaf = nodes[0].issues(server());
    let sent: Vec<_> = [&leaf].into_iter().chain(&mesh).collect();
    assert_eq!(sent.len(), 101);
    let nobody = root(ca("Nobody"));
    let error = serve(&[&nobody], &sent).unwrap_err();
    assert_eq!((error.rule(), error.code(), error.alert().number()), (&Rule::Budget, "CERT_CHAIN_TOO_LONG", 46));
    // Without signatures to pay for, the number of candidates ends it.
    let policy = Policy { signature_checks: u32::MAX, candidates: 50, ..Policy::default() };
    assert_eq!(*serve_with(&policy, &[&nobody], &sent).unwrap_err().rule(), Rule::Budget);
    // An honest path through the mesh is found at once.
    assert_eq!(code(&serve(&[&nodes[0]], &sent)), "OK");
}

#[test]
fn a_budget_is_spent_exactly() {
    let top = root(ca("Root"));
    let middle = top.issues(ca("Intermediate"));
    let leaf = middle.issues(server());
    let with = |signature_checks, candidates| {
        let policy = Policy { signature_checks, candidates, ..Policy::default() };
        serve_with(&policy, &[&top], &[&leaf, &middle]).map_err(|error| error.rule().clone()).map(|_| ())
    };
    assert_eq!(with(2, 2), Ok(()));
    assert_eq!(with(1, 2), Err(Rule::Budget));
    assert_eq!(with(2, 1), Err(Rule::Budget));
    // It is told also if another candidate, which the leaf's key identifier preferred, failed for a reason of its own.
    let expired = cross_sign(&top, &middle, ca("Intermediate").valid(EXPIRED.0, EXPIRED.1));
    let unmarked = cross_sign(&top, &middle, ca("Intermediate").without_key_identifiers());
    let policy = Policy { signature_checks: 1, ..Policy::default() };
    let error = serve_with(&policy, &[&top], &[&leaf, &unmarked, &expired]).unwrap_err();
    assert_eq!((error.rule(), error.tried()[0].which), (&Rule::Budget, Which::Peer(2)));
}

/// docs/regressions.md row 63: however many candidates fail, the error stays small.
#[test]
fn many_failures_make_one_small_error() {
    let top = root(ca("Root"));
    let long = "\u{202e}".repeat(10_000);
    let middle = top.issues(ca(&long));
    let leaf = middle.issues(server());
    let wrong: Vec<_> = (0..80).map(|_| top.issues(ca(&long))).collect();
    let sent: Vec<_> = [&leaf].into_iter().chain(&wrong).collect();
    let error = serve(&[&top], &sent).unwrap_err();
    assert_eq!((error.code(), error.tried().len()), ("CERT_SIGNATURE_FAILURE", Error::TRIED_LIMIT - 1));
    assert_eq!(error.untold(), 80 - Error::TRIED_LIMIT);
    let text = error.to_string();
    assert!(text.len() <= Error::DISPLAY_LIMIT && text.contains("; and 75 more"), "{text}");
    assert!(!text.contains('\u{202e}'));
}

/// docs/regressions.md row 54: a provider that fails is an error, and never an acceptance.
#[test]
fn a_failing_provider_accepts_nothing() {
    use handfast_crypto::{CryptoError, PublicKey, SignatureAlgorithm, Verifier};
    struct Failing(CryptoError);
    impl Verifier for Failing {
        fn verify(&self, _: SignatureAlgorithm, _: &PublicKey, _: &[u8], _: &[u8]) -> Result<(), CryptoError> {
            Err(self.0)
        }
    }
    let top = Identity::root(&provider(), ca("Root"), KeyKind::Ed25519).unwrap();
    let leaf = top.issues(server());
    let name = "host.test".try_into().unwrap();
    for (verifier, expected, alert) in [
        (&Failing(CryptoError::Failed), Rule::Crypto(CryptoError::Failed), 80),
        (&Failing(CryptoError::Unsupported), Rule::Crypto(CryptoError::Unsupported), 80),
        (&Failing(CryptoError::BadSignature), Rule::BadSignature, 42),
        (&Failing(CryptoError::BadKey), Rule::BadKey("the provider refuses it"), 42),
    ] as [(&'static Failing, Rule, u8); 4]
    {
        let provider = handfast_crypto::Provider { verifier, ..provider() };
        let result = verify_server(&provider, &anchors(&[&top]), &Policy::default(), &chain(&[&leaf]), &name, now());
        let error = result.unwrap_err();
        assert_eq!((error.rule(), error.alert().number()), (&expected, alert));
    }
}
