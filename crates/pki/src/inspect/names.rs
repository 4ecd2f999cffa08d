//! Object identifiers with a name, in dotted form. Names are those of the RFCs, and for attributes of a subject those of OpenSSL.

use crate::oid::dotted;
use crate::subject::short_name;
use alloc::string::String;

/// The name of an algorithm, of a key or of a signature.
pub(super) fn algorithm(oid: &str) -> Option<&'static str> {
    find(ALGORITHMS, oid)
}

/// The name of an extension, as the ASN.1 of its RFC has it.
pub(super) fn extension(oid: &str) -> Option<&'static str> {
    find(EXTENSIONS, oid)
}

/// The name of an extended key usage.
pub(super) fn purpose(oid: &str) -> Option<&'static str> {
    find(PURPOSES, oid)
}

/// The name of what is found at an access location.
pub(super) fn access_method(oid: &str) -> Option<&'static str> {
    find(ACCESS_METHODS, oid)
}

/// The name of a certificate policy.
pub(super) fn policy(oid: &str) -> Option<&'static str> {
    find(POLICIES, oid)
}

/// What an attribute of a name is called in the objects of Node.js: its short name in OpenSSL, or the identifier.
pub(super) fn attribute(kind: &[u8]) -> String {
    // The one that OpenSSL and RFC 4514 spell differently.
    const STREET: &[u8] = &[0x55, 4, 9];
    let oid = dotted(kind);
    let known = if kind == STREET { Some("street") } else { short_name(kind) };
    known.or_else(|| find(ATTRIBUTES, &oid)).map_or(oid, String::from)
}

/// What an identifier is called, or itself.
pub(super) fn or_oid(name: fn(&str) -> Option<&'static str>, oid: &[u8]) -> String {
    let oid = dotted(oid);
    name(&oid).map_or(oid, String::from)
}

type Table = [(&'static str, &'static str)];

fn find(table: &'static Table, oid: &str) -> Option<&'static str> {
    table.iter().find(|(own, _)| *own == oid).map(|(_, name)| *name)
}

const ALGORITHMS: &Table = &[
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.10", "id-RSASSA-PSS"),
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.2.840.10040.4.1", "id-dsa"),
    ("1.3.101.110", "id-X25519"),
    ("1.3.101.111", "id-X448"),
    ("1.3.101.112", "id-Ed25519"),
    ("1.3.101.113", "id-Ed448"),
    ("2.16.840.1.101.3.4.3.17", "id-ml-dsa-44"),
    ("2.16.840.1.101.3.4.3.18", "id-ml-dsa-65"),
    ("2.16.840.1.101.3.4.3.19", "id-ml-dsa-87"),
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.10040.4.3", "dsa-with-sha1"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256"),
];

const EXTENSIONS: &Table = &[
    ("2.5.29.9", "subjectDirectoryAttributes"),
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.16", "privateKeyUsagePeriod"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extKeyUsage"),
    ("2.5.29.46", "freshestCRL"),
    ("2.5.29.54", "inhibitAnyPolicy"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ("1.3.6.1.5.5.7.1.11", "subjectInfoAccess"),
    ("1.3.6.1.5.5.7.1.24", "tlsFeature"),
    ("1.3.6.1.5.5.7.48.1.5", "ocspNoCheck"),
    ("1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList"),
    ("1.3.6.1.4.1.11129.2.4.3", "precertificatePoison"),
    ("2.16.840.1.113730.1.1", "netscapeCertType"),
    ("2.16.840.1.113730.1.13", "netscapeComment"),
];

const PURPOSES: &Table = &[
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.5.5.7.3.17", "ipsecIKE"),
    ("1.3.6.1.4.1.311.20.2.2", "msSmartcardLogin"),
];

/// The two that there are in certificates, in the words of OpenSSL, which Node.js repeats.
const ACCESS_METHODS: &Table = &[
    ("1.3.6.1.5.5.7.48.1", "OCSP"),
    ("1.3.6.1.5.5.7.48.2", "CA Issuers"),
    ("1.3.6.1.5.5.7.48.3", "AD Time Stamping"),
    ("1.3.6.1.5.5.7.48.5", "CA Repository"),
];

/// RFC 5280 §4.2.1.4, and the Baseline Requirements of the CA/Browser Forum §7.1.6.1.
const POLICIES: &Table = &[
    ("2.5.29.32.0", "anyPolicy"),
    ("2.23.140.1.1", "extended-validation"),
    ("2.23.140.1.2.1", "domain-validated"),
    ("2.23.140.1.2.2", "organization-validated"),
    ("2.23.140.1.2.3", "individual-validated"),
];

const ATTRIBUTES: &Table = &[
    ("2.5.4.4", "SN"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.16", "postalAddress"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.20", "telephoneNumber"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.44", "generationQualifier"),
    ("2.5.4.45", "x500UniqueIdentifier"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.65", "pseudonym"),
    ("1.2.840.113549.1.9.2", "unstructuredName"),
    ("1.2.840.113549.1.9.8", "unstructuredAddress"),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"),
];
