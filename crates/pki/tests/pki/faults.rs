//! What makes a good chain bad: one change each, and what is to be said about it.

use super::chains::{
    AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, Chain, EXTENDED_KEY_USAGE, KEY_USAGE, Link,
    NAME_CONSTRAINTS, NOW, POLICY_CONSTRAINTS, constraints, directory, tlv,
};
use super::noise::Noise;
use handfast_pki::extension::KeyUsage;
use handfast_pki::{Certificate, Purpose};
use pki_types::CertificateDer;

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) code: &'static str,
    /// The place on the path.
    pub(crate) about: usize,
}

pub(crate) type Fault = (&'static str, fn(&mut Chain, &mut Noise) -> Option<Expected>);

const UNKNOWN: &[u8] = &[0x2a, 3, 4, 5];
/// A modulus of 1,024 bits.
const WEAK_KEY: &[u8] = include_bytes!("../data/rsa-1024.spki");
/// sha1WithRSAEncryption, ecdsa-with-SHA1.
const SHA1: [&[u8]; 2] = [
    &[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0],
    &[0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1],
];

/// Under every profile.
pub(crate) const FAULTS: &[Fault] = &[
    ("wrong host", |chain, _| {
        *chain.name.as_mut()? = "host.example".into();
        said("HOSTNAME_MISMATCH", 0)
    }),
    ("wrong address", |chain, _| {
        *chain.name.as_mut()? = "192.0.2.8".into();
        said("HOSTNAME_MISMATCH", 0)
    }),
    ("expired", |chain, noise| {
        let at = checked(chain, noise, 0)?;
        sign_with(chain, at, |builder| builder.valid(NOW - 9_000, NOW - 1));
        said("CERT_HAS_EXPIRED", at)
    }),
    ("not yet valid", |chain, noise| {
        let at = checked(chain, noise, 0)?;
        sign_with(chain, at, |builder| builder.valid(NOW + 1, NOW + 9_000));
        said("CERT_NOT_YET_VALID", at)
    }),
    ("signature", |chain, noise| {
        let at = noise.below(chain.anchor());
        edit(chain, at, |der| *der.last_mut().unwrap() ^= 1);
        said("CERT_SIGNATURE_FAILURE", at + 1)
    }),
    ("signed content", |chain, noise| {
        let at = noise.below(chain.anchor());
        let link = &chain.path[at];
        let found = link.der.windows(link.serial.len()).position(|window| window == link.serial)?;
        edit(chain, at, |der| der[found] ^= 1);
        said("CERT_SIGNATURE_FAILURE", at + 1)
    }),
    ("missing", |chain, noise| {
        let at = sent_ca(chain, noise)?;
        let expected = without(chain, at);
        chain.missing = Some(at);
        Some(expected)
    }),
    ("untrusted", |chain, _| {
        let anchor = chain.anchor();
        chain.missing = Some(anchor);
        let root = &chain.path[anchor];
        let is_sent = chain.strangers.contains(&root.der);
        match (is_sent, root.is_version1) {
            (true, true) => said("INVALID_CA", anchor),
            (true, false) if !is_named(&chain.decoys, root) => said("SELF_SIGNED_CERT_IN_CHAIN", anchor),
            _ => Some(without(chain, anchor)),
        }
    }),
    ("self-signed leaf", |chain, _| {
        let (subject, key) = (chain.path[0].subject.clone(), chain.path[0].key);
        chain.path[0].der = chain.path[0].sign(&subject, key);
        said("DEPTH_ZERO_SELF_SIGNED_CERT", 0)
    }),
    ("not a CA", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        let is_there = noise.below(2) == 0;
        sign_with(chain, at, |builder| {
            if is_there { builder.basic_constraints(false, None) } else { builder.without(BASIC_CONSTRAINTS) }
        });
        said("INVALID_CA", at)
    }),
    ("no keyCertSign", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        sign_with(chain, at, |builder| builder.key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::CRL_SIGN));
        said("INVALID_CA", at)
    }),
    ("path length", |chain, noise| {
        let at = extended(chain, noise, 2)?;
        let limit = chain.intermediates_below(at).checked_sub(1)?;
        sign_with(chain, at, |builder| builder.basic_constraints(true, u8::try_from(limit).ok()));
        said("PATH_LENGTH_EXCEEDED", at)
    }),
    ("other purpose", |chain, noise| {
        let at = extended(chain, noise, 0)?;
        let other = if chain.purpose == Purpose::Server { Purpose::Client } else { Purpose::Server };
        sign_with(chain, at, |builder| builder.purposes(&[other, Purpose::CodeSigning]));
        said("INVALID_PURPOSE", at)
    }),
    ("longer purpose", |chain, noise| {
        let at = extended(chain, noise, 0)?;
        // serverAuth or clientAuth, and one arc more.
        let longer = |last| tlv(0x30, &[&tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, last, 1]])]);
        let purposes = longer(if chain.purpose == Purpose::Server { 1 } else { 2 });
        sign_with(chain, at, |builder| builder.extension(EXTENDED_KEY_USAGE, false, &purposes));
        said("INVALID_PURPOSE", at)
    }),
    ("unknown critical extension", |chain, noise| {
        let at = extended(chain, noise, 0)?;
        sign_with(chain, at, |builder| builder.extension(UNKNOWN, true, &[5, 0]));
        said("UNHANDLED_CRITICAL_EXTENSION", at)
    }),
    ("elsewhere permitted", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        let elsewhere = constraints(&[tlv(0x82, &[b"elsewhere.test"])], &[]);
        sign_with(chain, at, |builder| builder.extension(NAME_CONSTRAINTS, true, &elsewhere));
        said("PERMITTED_VIOLATION", 0)
    }),
    ("excluded", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        let base: [&[u8]; 3] = [b"test", b"host.test", b"HOST.test"];
        let here = constraints(&[], &[tlv(0x82, &[base[noise.below(3)]])]);
        sign_with(chain, at, |builder| builder.extension(NAME_CONSTRAINTS, true, &here));
        said("EXCLUDED_VIOLATION", 0)
    }),
    ("excluded CA", |chain, noise| {
        let at = extended(chain, noise, 2)?;
        let below = 1 + noise.below(at - 1);
        // The lowest of that name which is not self-issued.
        let named = |place: &usize| chain.path[*place].subject == chain.path[below].subject;
        let about = (1..at).filter(named).find(|place| !chain.path[*place].is_self_issued)?;
        let excluded = constraints(&[], &[directory(&chain.path[below].subject)]);
        sign_with(chain, at, |builder| builder.extension(NAME_CONSTRAINTS, true, &excluded));
        said("EXCLUDED_VIOLATION", about)
    }),
    ("limited subtree", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        let limited = tlv(0x30, &[&tlv(0xa0, &[&tlv(0x30, &[&tlv(0x82, &[b"test"]), &[0x80, 1, 1]])])]);
        sign_with(chain, at, |builder| builder.extension(NAME_CONSTRAINTS, true, &limited));
        said("SUBTREE_MINMAX", at)
    }),
    ("unreadable constraint", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        let odd = constraints(&[tlv(0x87, &[&[192, 0, 2, 0, 255]])], &[]);
        sign_with(chain, at, |builder| builder.extension(NAME_CONSTRAINTS, true, &odd));
        said("UNSUPPORTED_CONSTRAINT_SYNTAX", at)
    }),
    ("no policy", |chain, noise| {
        chain.policies.require_explicit = true;
        let at = noise.below(chain.anchor());
        sign_with(chain, at, |builder| builder.without(CERTIFICATE_POLICIES));
        said("NO_EXPLICIT_POLICY", 0)
    }),
    ("a CA requires a policy", |chain, noise| {
        let at = sent_ca(chain, noise)?;
        let explicit = tlv(0x30, &[&[0x80, 1, 0]]);
        sign_with(chain, at, |builder| builder.extension(POLICY_CONSTRAINTS, true, &explicit));
        sign_with(chain, 0, |builder| builder.without(CERTIFICATE_POLICIES));
        said("NO_EXPLICIT_POLICY", 0)
    }),
    ("not an acceptable policy", |chain, _| {
        chain.policies.require_explicit = true;
        chain.policies = chain.policies.clone();
        chain.policies.acceptable = Some(vec![vec![0x2b, 0xce, 0x0f, 99]]);
        // Else anyPolicy stands for it.
        sign_with(chain, 0, |builder| {
            builder.extension(CERTIFICATE_POLICIES, false, &super::chains::policies(&[1, 2]))
        });
        said("NO_EXPLICIT_POLICY", 0)
    }),
    ("policy extension", |chain, noise| {
        let at = noise.below(chain.anchor());
        sign_with(chain, at, |builder| builder.extension(POLICY_CONSTRAINTS, true, &[0x30, 0]));
        said("INVALID_POLICY_EXTENSION", at)
    }),
    ("revoked", |chain, noise| {
        let at = listed(chain, noise)?;
        let serial = chain.path[at].serial.clone();
        let crl = chain.crl(at + 1, |crl| crl.revoke(&serial, NOW - 100, None));
        give(chain, at, Some(crl));
        said("CERT_REVOKED", at)
    }),
    ("expired list", |chain, noise| {
        let at = listed(chain, noise)?;
        let crl = chain.crl(at + 1, |crl| crl.valid(NOW - 9_000, NOW - 1));
        give(chain, at, Some(crl));
        said("CRL_HAS_EXPIRED", at)
    }),
    ("list not yet valid", |chain, noise| {
        let at = listed(chain, noise)?;
        let crl = chain.crl(at + 1, |crl| crl.valid(NOW + 1, NOW + 9_000));
        give(chain, at, Some(crl));
        said("CRL_NOT_YET_VALID", at)
    }),
    ("signature of a list", |chain, noise| {
        let at = listed(chain, noise)?;
        let mut crl = chain.crl(at + 1, |crl| crl);
        *crl.last_mut().unwrap() ^= 1;
        give(chain, at, Some(crl));
        said("CRL_SIGNATURE_FAILURE", at)
    }),
    ("no list", |chain, noise| {
        let at = listed(chain, noise)?;
        // One of another key with that name would be one that is not believed.
        let name = chain.path[at + 1].subject.clone();
        let is_known = (1..chain.path.len()).any(|other| other != at + 1 && chain.path[other].subject == name);
        give(chain, at, None);
        if is_known { None } else { said("UNABLE_TO_GET_CRL", at) }
    }),
    ("delta list", |chain, noise| {
        let at = listed(chain, noise)?;
        let crl = chain.crl(at + 1, |crl| crl.extension(&[0x55, 0x1d, 27], true, &[2, 1, 1]));
        give(chain, at, Some(crl));
        said("DIFFERENT_CRL_SCOPE", at)
    }),
    ("unknown critical extension of a list", |chain, noise| {
        let at = listed(chain, noise)?;
        let crl = chain.crl(at + 1, |crl| crl.extension(UNKNOWN, true, &[5, 0]));
        give(chain, at, Some(crl));
        said("UNHANDLED_CRITICAL_CRL_EXTENSION", at)
    }),
    ("no cRLSign", |chain, noise| {
        let at = listed(chain, noise)?;
        let is_read = at + 1 < chain.anchor() || has_extensions(chain, at + 1);
        sign_with(chain, at + 1, |builder| builder.key_usage(KeyUsage::KEY_CERT_SIGN));
        if is_read { said("KEYUSAGE_NO_CRL_SIGN", at) } else { None }
    }),
    ("weak key", |chain, noise| {
        let at = noise.below(chain.path.len());
        chain.path[at].spki = Some(WEAK_KEY.to_vec());
        chain.sign(at);
        said(if at == 0 { "EE_KEY_TOO_SMALL" } else { "CA_KEY_TOO_SMALL" }, at)
    }),
    ("other key", |chain, noise| {
        let at = sent_ca(chain, noise)?;
        chain.path[at].key = chain.free_key();
        chain.sign(at);
        said("CERT_SIGNATURE_FAILURE", at)
    }),
    ("SHA-1", |chain, noise| {
        let at = noise.below(chain.anchor());
        sign_with(chain, at, |builder| builder.algorithm_der(SHA1[noise.below(2)]));
        said("CA_MD_TOO_WEAK", at)
    }),
    ("depth", |chain, _| {
        chain.depth = u8::try_from(chain.anchor().checked_sub(2)?).unwrap();
        said("CERT_CHAIN_TOO_LONG", usize::from(chain.depth))
    }),
    ("no digitalSignature", |chain, _| {
        sign_with(chain, 0, |builder| builder.key_usage(KeyUsage::KEY_ENCIPHERMENT));
        said("INVALID_PURPOSE", 0)
    }),
    ("an extension twice", |chain, noise| {
        let at = noise.below(chain.anchor());
        sign_with(chain, at, |builder| {
            builder.extension(UNKNOWN, false, &[5, 0]).extension_again(UNKNOWN, false, &[5, 0])
        });
        unreadable(chain, at, "CERT_REJECTED")
    }),
    ("extensions in version 2", |chain, noise| {
        let at = noise.below(chain.anchor());
        let version = chain.path[at].der.windows(5).position(|window| window == [0xa0, 3, 2, 1, 2])?;
        edit(chain, at, |der| der[version + 4] = 1);
        unreadable(chain, at, "CERT_REJECTED")
    }),
    ("notBefore", |chain, noise| {
        let at = noise.below(chain.anchor());
        let (broken, fine) = (tlv(0x17, &[b"270229000000Z"]), tlv(0x17, &[b"280229000000Z"]));
        sign_with(chain, at, |builder| builder.validity_der(&broken, &fine));
        unreadable(chain, at, "ERROR_IN_CERT_NOT_BEFORE_FIELD")
    }),
    ("something behind it", |chain, noise| {
        let at = noise.below(chain.anchor());
        edit(chain, at, |der| der.push(0));
        unreadable(chain, at, "CERT_REJECTED")
    }),
];

/// Under the profiles of RFC 5280 and of the CA/Browser Forum.
pub(crate) const BREACHES: &[Fault] = &[
    ("no authorityKeyIdentifier", |chain, noise| {
        let at = noise.below(chain.anchor());
        chain.path[at].has_issuer_identifier = false;
        chain.sign(at);
        said("MISSING_AUTHORITY_KEY_IDENTIFIER", at)
    }),
    ("no subjectKeyIdentifier", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        chain.path[at].has_own_identifier = false;
        chain.sign(at);
        said("MISSING_SUBJECT_KEY_IDENTIFIER", at)
    }),
    ("other authorityKeyIdentifier", |chain, noise| {
        let at = noise.below(chain.anchor());
        let other = tlv(0x30, &[&tlv(0x80, &[&[0xee; 20]])]);
        // Of those of the issuer's name it no longer says which is meant, and the first may have a fault of its own.
        if chain.rolls_over() {
            return None;
        }
        chain.path[at].has_issuer_identifier = false;
        sign_with(chain, at, |builder| builder.extension(AUTHORITY_KEY_IDENTIFIER, false, &other));
        said("AKID_SKID_MISMATCH", at)
    }),
    ("basicConstraints not critical", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        sign_with(chain, at, |builder| builder.extension(BASIC_CONSTRAINTS, false, &[0x30, 3, 1, 1, 0xff]));
        said("CA_BCONS_NOT_CRITICAL", at)
    }),
    ("no keyUsage", |chain, noise| {
        let at = extended(chain, noise, 1)?;
        // A pathLenConstraint without it would be another breach.
        sign_with(chain, at, |builder| builder.basic_constraints(true, None).without(KEY_USAGE));
        said("CA_CERT_MISSING_KEY_USAGE", at)
    }),
    ("serial number", |chain, noise| {
        let at = checked(chain, noise, 0)?;
        // A root may have the number 0.
        let serial: &[u8] = [&[0xff], &[1; 21][..], &[0]][noise.below(if at == chain.anchor() { 2 } else { 3 })];
        sign_with(chain, at, |builder| builder.serial(serial));
        said("CERT_REJECTED", at)
    }),
    ("keyCertSign and no CA", |chain, _| {
        sign_with(chain, 0, |builder| builder.key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN));
        said("KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA", 0)
    }),
    ("pathLenConstraint and no CA", |chain, _| {
        sign_with(chain, 0, |builder| builder.basic_constraints(false, Some(0)));
        said("PATHLEN_INVALID_FOR_NON_CA", 0)
    }),
];

fn said(code: &'static str, about: usize) -> Option<Expected> {
    Some(Expected { code, about })
}

/// A certificate at `from` or above, but for an anchor of which nothing is known.
fn checked(chain: &Chain, noise: &mut Noise, from: usize) -> Option<usize> {
    let end = chain.path.len() - usize::from(chain.is_bare);
    Some(from + noise.below(end.checked_sub(from).filter(|len| *len > 0)?))
}

/// The same, and it has extensions.
fn extended(chain: &Chain, noise: &mut Noise, from: usize) -> Option<usize> {
    checked(chain, noise, from).filter(|at| !chain.path[*at].is_version1)
}

fn has_extensions(chain: &Chain, at: usize) -> bool {
    !chain.path[at].is_version1 && !chain.is_bare
}

/// An intermediate.
fn sent_ca(chain: &Chain, noise: &mut Noise) -> Option<usize> {
    let count = chain.anchor() - 1;
    (count > 0).then(|| 1 + noise.below(count.max(1)))
}

/// A certificate whose issuer has a list.
fn listed(chain: &Chain, noise: &mut Noise) -> Option<usize> {
    chain.crls.as_ref().map(|_| noise.below(chain.anchor()))
}

fn sign_with(
    chain: &mut Chain,
    at: usize,
    change: impl FnOnce(handfast_pki::make::Builder) -> handfast_pki::make::Builder,
) {
    chain.path[at].change(change);
    chain.sign(at);
}

fn edit(chain: &mut Chain, at: usize, change: impl FnOnce(&mut Vec<u8>)) {
    let mut der = chain.path[at].der.to_vec();
    change(&mut der);
    chain.path[at].der = der.into();
}

/// Gives the issuer of the certificate at `at` another list.
fn give(chain: &mut Chain, at: usize, crl: Option<Vec<u8>>) {
    if let Some(crls) = &mut chain.crls {
        crls[at] = crl;
    }
}

/// What is said when the certificate at `at` is not there. Another one of its name may be.
fn without(chain: &Chain, at: usize) -> Expected {
    let gone = &chain.path[at];
    let is_above = chain.path[at + 1..].iter().any(|link| link.subject == gone.subject);
    match at {
        _ if is_above || is_named(&chain.strangers, gone) || is_named(&chain.decoys, gone) => {
            Expected { code: "CERT_SIGNATURE_FAILURE", about: at }
        }
        1 => Expected { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", about: 0 },
        _ => Expected { code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", about: at - 1 },
    }
}

/// Whether another certificate has the name of this one.
fn is_named(others: &[CertificateDer<'_>], link: &Link) -> bool {
    let subject = link.subject.as_slice();
    let is_called = |der: &_| Certificate::parse(der).is_ok_and(|other| other.subject().as_bytes() == subject);
    others.iter().any(|der| *der != link.der && is_called(der))
}

/// A leaf that cannot be read is refused as such; any other is as if it were not there.
fn unreadable(chain: &Chain, at: usize, code: &'static str) -> Option<Expected> {
    if at == 0 { said(code, 0) } else { Some(without(chain, at)) }
}
