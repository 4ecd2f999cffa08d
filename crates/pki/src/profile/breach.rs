//! What a single certificate can do wrong: one table, from which the type, its documentation, its codes and its messages
//! come.

use core::fmt;

/// Builds [`Breach`] from rows of: variant, stable name, clause, OpenSSL's code, what is wrong.
macro_rules! breaches {
    ($($variant:ident, $name:literal, $clause:literal, $code:literal, $text:literal;)*) => {
        /// A MUST that a certificate does not keep. The sentence of each displays after "certificate 1 (CN=x):".
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Breach {
            $(
                #[doc = concat!("`", $name, "`: ", $text, " (", $clause, ").")]
                $variant,
            )*
        }

        impl Breach {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// A stable name for programs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The clause that says so; `BR` are the Baseline Requirements of the CA/Browser Forum.
            pub const fn clause(self) -> &'static str {
                match self {
                    $(Self::$variant => $clause,)*
                }
            }

            /// The name that OpenSSL and Node.js have for it; `CERT_REJECTED` where they have none.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

breaches! {
    // RFC 5280 §4.1
    SerialNotPositive, "serial-not-positive", "RFC 5280 §4.1.2.2", "CERT_REJECTED",
        "its serial number is not positive";
    SerialTooLong, "serial-too-long", "RFC 5280 §4.1.2.2", "CERT_REJECTED",
        "its serial number has more than 20 octets";
    IssuerEmpty, "issuer-empty", "RFC 5280 §4.1.2.4", "ISSUER_NAME_EMPTY",
        "its issuer is empty";
    TimeForm, "time-form", "RFC 5280 §4.1.2.5", "CERT_REJECTED",
        "its validity is not UTCTime through 2049 and GeneralizedTime from 2050";
    SubjectEmpty, "subject-empty", "RFC 5280 §4.1.2.6", "SUBJECT_NAME_EMPTY",
        "its subject is empty, and it signs certificates or CRLs or has no subjectAltName";
    SubjectEmptySanNotCritical, "subject-empty-san-not-critical", "RFC 5280 §4.2.1.6", "EMPTY_SUBJECT_SAN_NOT_CRITICAL",
        "its subject is empty, and its subjectAltName is not critical";
    UniqueIdentifier, "unique-identifier", "RFC 5280 §4.1.2.8", "CERT_REJECTED",
        "it has a unique identifier";

    // RFC 5280 §4.2.1
    AkiMissing, "aki-missing", "RFC 5280 §4.2.1.1", "MISSING_AUTHORITY_KEY_IDENTIFIER",
        "it has no authorityKeyIdentifier with a keyIdentifier";
    AkiCritical, "aki-critical", "RFC 5280 §4.2.1.1", "AUTHORITY_KEY_IDENTIFIER_CRITICAL",
        "its authorityKeyIdentifier is critical";
    AkiUnpaired, "aki-unpaired", "RFC 5280 Appendix A.2", "CERT_REJECTED",
        "its authorityKeyIdentifier has one of issuer and serial number without the other";
    AkiMismatch, "aki-mismatch", "RFC 5280 §4.2.1.1", "AKID_SKID_MISMATCH",
        "its authorityKeyIdentifier is not the subjectKeyIdentifier of its issuer";
    AkiSerialMismatch, "aki-serial-mismatch", "RFC 5280 §4.2.1.1", "AKID_ISSUER_SERIAL_MISMATCH",
        "its authorityKeyIdentifier names another certificate than its issuer's";
    SkiMissing, "ski-missing", "RFC 5280 §4.2.1.2", "MISSING_SUBJECT_KEY_IDENTIFIER",
        "it is a CA without a subjectKeyIdentifier";
    SkiCritical, "ski-critical", "RFC 5280 §4.2.1.2", "SUBJECT_KEY_IDENTIFIER_CRITICAL",
        "its subjectKeyIdentifier is critical";
    KeyUsageMissing, "key-usage-missing", "RFC 5280 §4.2.1.3", "CA_CERT_MISSING_KEY_USAGE",
        "it is a CA without a keyUsage";
    KeyUsageEmpty, "key-usage-empty", "RFC 5280 §4.2.1.3", "CERT_REJECTED",
        "its keyUsage has no bit set";
    CertSignNotCa, "cert-sign-not-ca", "RFC 5280 §4.2.1.3", "KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA",
        "its keyUsage has keyCertSign, and it is not a CA";
    PolicyTwice, "policy-twice", "RFC 5280 §4.2.1.4", "CERT_REJECTED",
        "its certificatePolicies have a policy twice";
    MappingAnyPolicy, "mapping-any-policy", "RFC 5280 §4.2.1.5", "CERT_REJECTED",
        "its policyMappings map from or to anyPolicy";
    SanEmpty, "san-empty", "RFC 5280 §4.2.1.6", "EMPTY_SUBJECT_ALT_NAME",
        "its subjectAltName is empty";
    DnsNameForm, "dns-name-form", "RFC 5280 §4.2.1.6", "CERT_REJECTED",
        "one of its dNSNames is no host name";
    EmailForm, "email-form", "RFC 5280 §4.2.1.6", "CERT_REJECTED",
        "one of its rfc822Names is no mailbox";
    UriForm, "uri-form", "RFC 5280 §4.2.1.6", "CERT_REJECTED",
        "one of its URIs is relative or no URI";
    IpAddressForm, "ip-address-form", "RFC 5280 §4.2.1.6", "CERT_REJECTED",
        "one of its iPAddresses has neither 4 nor 16 octets";
    SdaCritical, "sda-critical", "RFC 5280 §4.2.1.8", "CERT_REJECTED",
        "its subjectDirectoryAttributes are critical";
    BasicConstraintsMissing, "basic-constraints-missing", "RFC 5280 §4.2.1.9", "INVALID_CA",
        "it issues certificates and has no basicConstraints";
    BasicConstraintsNotCritical, "basic-constraints-not-critical", "RFC 5280 §4.2.1.9", "CA_BCONS_NOT_CRITICAL",
        "it is a CA, and its basicConstraints are not critical";
    PathLenNotCa, "path-len-not-ca", "RFC 5280 §4.2.1.9", "PATHLEN_INVALID_FOR_NON_CA",
        "it has a pathLenConstraint and is not a CA";
    PathLenNoCertSign, "path-len-no-cert-sign", "RFC 5280 §4.2.1.9", "PATHLEN_WITHOUT_KU_KEY_CERT_SIGN",
        "it has a pathLenConstraint, and its keyUsage has no keyCertSign";
    NameConstraintsNotCa, "name-constraints-not-ca", "RFC 5280 §4.2.1.10", "CERT_REJECTED",
        "it has nameConstraints and is not a CA";
    NameConstraintsNotCritical, "name-constraints-not-critical", "RFC 5280 §4.2.1.10", "CERT_REJECTED",
        "its nameConstraints are not critical";
    NameConstraintsEmpty, "name-constraints-empty", "RFC 5280 §4.2.1.10", "CERT_REJECTED",
        "its nameConstraints, or one of their lists, are empty";
    NameConstraintsForm, "name-constraints-form", "RFC 5280 §4.2.1.10", "UNSUPPORTED_CONSTRAINT_SYNTAX",
        "its nameConstraints have a minimum, a maximum, or a name that is no constraint";
    PolicyConstraintsNotCritical, "policy-constraints-not-critical", "RFC 5280 §4.2.1.11", "CERT_REJECTED",
        "its policyConstraints are not critical";
    PolicyConstraintsEmpty, "policy-constraints-empty", "RFC 5280 §4.2.1.11", "CERT_REJECTED",
        "its policyConstraints are empty";
    CrlPointEmpty, "crl-point-empty", "RFC 5280 §4.2.1.13", "CERT_REJECTED",
        "one of its distribution points names neither a place nor an issuer";
    CrlIssuerIsIssuer, "crl-issuer-is-issuer", "RFC 5280 §4.2.1.13", "CERT_REJECTED",
        "one of its distribution points names its own issuer as the issuer of the CRL";
    InhibitAnyPolicyNotCritical, "inhibit-any-policy-not-critical", "RFC 5280 §4.2.1.14", "CERT_REJECTED",
        "its inhibitAnyPolicy is not critical";
    FreshestCrlCritical, "freshest-crl-critical", "RFC 5280 §4.2.1.15", "CERT_REJECTED",
        "its freshestCRL is critical";

    // RFC 5280 §4.2.2
    AiaCritical, "aia-critical", "RFC 5280 §4.2.2.1", "CERT_REJECTED",
        "its authorityInfoAccess is critical";
    SiaCritical, "sia-critical", "RFC 5280 §4.2.2.2", "CERT_REJECTED",
        "its subjectInfoAccess is critical";

    // Baseline Requirements
    NotVersion3, "not-version-3", "BR §7.1.1", "CERT_REJECTED",
        "it is not of version 3";
    RootExtendedKeyUsage, "root-extended-key-usage", "BR §7.1.2.1.2", "CERT_REJECTED",
        "it is a root and has an extKeyUsage";
    RootAki, "root-aki", "BR §7.1.2.1.3", "CERT_REJECTED",
        "it is a root, and its authorityKeyIdentifier is not its own subjectKeyIdentifier";
    LeafIsCa, "leaf-is-ca", "BR §7.1.2.7.8", "CERT_REJECTED",
        "it is a server's certificate and a CA";
    ExtendedKeyUsageMissing, "extended-key-usage-missing", "BR §7.1.2.7.6", "CERT_REJECTED",
        "it has no extKeyUsage";
    ExtendedKeyUsageCritical, "extended-key-usage-critical", "BR §7.1.2.7.6", "CERT_REJECTED",
        "its extKeyUsage is critical";
    ExtendedKeyUsageOther, "extended-key-usage-other", "BR §7.1.2.7.10", "CERT_REJECTED",
        "its extKeyUsage contains a purpose that a TLS server's certificate must not have";
    CrlSignLeaf, "crl-sign-leaf", "BR §7.1.2.7.11", "CERT_REJECTED",
        "it is no CA and its keyUsage contains cRLSign";
    IssuerNotCopied, "issuer-not-copied", "BR §7.1.4.1", "CERT_REJECTED",
        "its issuer is not written octet for octet as the subject of the issuing CA";
    ExtendedKeyUsageAny, "extended-key-usage-any", "BR §7.1.2.7.10", "CERT_REJECTED",
        "its extKeyUsage has anyExtendedKeyUsage";
    ExtendedKeyUsageNoServer, "extended-key-usage-no-server", "BR §7.1.2.7.10", "INVALID_PURPOSE",
        "its extKeyUsage does not have serverAuth";
    SanMissing, "san-missing", "BR §7.1.2.7.12", "CERT_REJECTED",
        "it has no subjectAltName";
    SanCritical, "san-critical", "BR §7.1.2.7.12", "CERT_REJECTED",
        "its subjectAltName is critical, and its subject is not empty";
    SanKind, "san-kind", "BR §7.1.2.7.12", "CERT_REJECTED",
        "its subjectAltName has another name than dNSName and iPAddress";
    WildcardTooWide, "wildcard-too-wide", "BR §3.2.2.6", "CERT_REJECTED",
        "one of its wildcards stands above fewer than two labels";
    ReservedLabel, "reserved-label", "BR §7.1.2.7.12", "CERT_REJECTED",
        "one of its dNSNames has a reserved label that is no Punycode";
    AccessNotHttp, "access-not-http", "BR §7.1.2.7.7, §7.1.2.10.3", "CERT_REJECTED",
        "its authorityInfoAccess has something else than http URIs of OCSP and the issuer";
    CrlPointNotHttp, "crl-point-not-http", "BR §7.1.2.11.2", "CERT_REJECTED",
        "one of its distribution points has something else than http URIs";
    AkiIssuerSerial, "aki-issuer-serial", "BR §7.1.2.11.1", "CERT_REJECTED",
        "its authorityKeyIdentifier has an issuer and a serial number";
    KeyAlgorithm, "key-algorithm", "BR §7.1.3.1", "CERT_REJECTED",
        "its key is neither RSA nor on P-256, P-384 or P-521";
    RsaModulus, "rsa-modulus", "BR §6.1.5", "CERT_REJECTED",
        "the bits of its RSA modulus cannot be divided by 8";
    SignatureEncoding, "signature-encoding", "BR §7.1.3.2", "CERT_REJECTED",
        "its signature algorithm is not written as one of those that are allowed";
    SignatureHash, "signature-hash", "BR §7.1.3.2.2", "CERT_REJECTED",
        "its ECDSA signature has another hash than the one of its issuer's curve";
    CommonNameTwice, "common-name-twice", "BR §7.1.4.3", "CERT_REJECTED",
        "it has more than one commonName";
    CommonNameNotInSan, "common-name-not-in-san", "BR §7.1.4.3", "CERT_REJECTED",
        "its commonName is not, character for character, a name of its subjectAltName";
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text(), self.clause())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    #[test]
    fn names_are_stable_and_their_own() {
        let names: BTreeSet<_> = Breach::ALL.iter().map(|breach| breach.name()).collect();
        assert_eq!(names.len(), Breach::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|c| c.is_ascii_lowercase() || matches!(c, b'-' | b'3'))));
        assert_eq!(Breach::SerialNotPositive.to_string(), "its serial number is not positive (RFC 5280 §4.1.2.2)");
    }
}
