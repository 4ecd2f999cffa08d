//! Groups, signature schemes and cipher suites as people write them.

use handfast::crypto::signature::{SCHEMES, Scheme};
use handfast::crypto::suite::TLS13_SUITES;
use handfast::crypto::{HashAlgorithm, KeyKind, SignatureAlgorithm};
use handfast::wire::{CipherSuite, NamedGroup, SignatureScheme};

/// Several names, separated by `,` or as OpenSSL does by `:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

fn list<T>(text: &str, one: fn(&str) -> Result<T, String>) -> Result<List<T>, String> {
    text.split([',', ':']).map(one).collect::<Result<_, _>>().map(List)
}

/// Groups, the most preferred first.
pub(crate) fn groups(text: &str) -> Result<List<NamedGroup>, String> {
    list(text, group)
}

/// Signature schemes, the most preferred first.
pub(crate) fn schemes(text: &str) -> Result<List<SignatureScheme>, String> {
    list(text, scheme)
}

/// A group by its name in the registry, in any capitals, or one that OpenSSL and NIST use.
fn group(text: &str) -> Result<NamedGroup, String> {
    let groups = handfast::rustcrypto::GROUPS;
    let found = match plain(text).as_str() {
        "P256" | "PRIME256V1" => Some(NamedGroup::SECP256R1),
        "P384" => Some(NamedGroup::SECP384R1),
        "P521" => Some(NamedGroup::SECP521R1),
        name => groups.iter().map(|group| group.name()).find(|group| plain(&group.to_string()) == name),
    };
    found.ok_or_else(|| {
        let known: Vec<_> = groups.iter().map(|group| group.name().to_string()).collect();
        format!("known groups are {}", known.join(", "))
    })
}

/// A signature scheme by its name in the registry, in any capitals, or as OpenSSL puts it together: `RSA-PSS+SHA256`.
fn scheme(text: &str) -> Result<SignatureScheme, String> {
    let name = plain(text);
    let found = SCHEMES.iter().find(|scheme| plain(&scheme.id.to_string()) == name || is_composed(scheme, &name));
    found.map(|scheme| scheme.id).ok_or_else(|| {
        let known: Vec<_> = SCHEMES.iter().map(|scheme| scheme.id.to_string()).collect();
        format!("known signature schemes are {}", known.join(", "))
    })
}

/// Whether `name` is the key's algorithm and the hash, with nothing between them.
fn is_composed(scheme: &Scheme, name: &str) -> bool {
    let (keys, hash): (&[&str], _) = match scheme.algorithm {
        SignatureAlgorithm::Ecdsa(hash) => (&["ECDSA"], hash),
        SignatureAlgorithm::RsaPkcs1(hash) => (&["RSA"], hash),
        SignatureAlgorithm::RsaPss(hash) if scheme.key == KeyKind::Rsa => (&["RSAPSS", "PSS"], hash),
        _ => return false,
    };
    let hash = match hash {
        HashAlgorithm::Sha256 => "SHA256",
        HashAlgorithm::Sha384 => "SHA384",
        HashAlgorithm::Sha512 => "SHA512",
        _ => return false,
    };
    name.strip_suffix(hash).is_some_and(|key| keys.contains(&key))
}

/// A TLS 1.3 suite by its name, in any capitals, with or without `TLS_`.
pub(crate) fn suite(text: &str) -> Result<CipherSuite, String> {
    let name = plain(text);
    let name = name.strip_prefix("TLS").unwrap_or(&name);
    let found = TLS13_SUITES
        .iter()
        .map(|suite| suite.id)
        .find(|suite| plain(&suite.to_string()).strip_prefix("TLS") == Some(name));
    found.ok_or_else(|| {
        let known: Vec<_> = TLS13_SUITES.iter().map(|suite| suite.id.to_string()).collect();
        format!("known cipher suites are {}", known.join(", "))
    })
}

/// Capitals, and nothing between them.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_forgiving_and_errors_are_not() {
        for (text, value) in [
            ("x25519", NamedGroup::X25519),
            ("X25519MLKEM768", NamedGroup::X25519MLKEM768),
            ("P-256", NamedGroup::SECP256R1),
            ("prime256v1", NamedGroup::SECP256R1),
            ("secp521r1", NamedGroup::SECP521R1),
        ] {
            assert_eq!(group(text), Ok(value));
        }
        for (text, value) in [
            ("rsa_pss_rsae_sha256", SignatureScheme::RSA_PSS_RSAE_SHA256),
            ("RSA-PSS+SHA256", SignatureScheme::RSA_PSS_RSAE_SHA256),
            ("PSS+SHA512", SignatureScheme::RSA_PSS_RSAE_SHA512),
            ("rsa_pss_pss_sha384", SignatureScheme::RSA_PSS_PSS_SHA384),
            ("RSA+SHA256", SignatureScheme::RSA_PKCS1_SHA256),
            ("ECDSA+SHA384", SignatureScheme::ECDSA_SECP384R1_SHA384),
            ("ecdsa_secp521r1_sha512", SignatureScheme::ECDSA_SECP521R1_SHA512),
            ("Ed25519", SignatureScheme::ED25519),
        ] {
            assert_eq!(scheme(text), Ok(value));
        }
        assert_eq!(groups("X25519:P-256"), groups("x25519,secp256r1"));
        assert_eq!(groups("X25519:P-256"), Ok(List(vec![NamedGroup::X25519, NamedGroup::SECP256R1])));
        for text in ["TLS_AES_256_GCM_SHA384", "aes_256_gcm_sha384", "AES-256-GCM-SHA384"] {
            assert_eq!(suite(text), Ok(CipherSuite::TLS_AES_256_GCM_SHA384));
        }
        assert!(group("x448").unwrap_err().contains("secp256r1"));
        assert!(scheme("RSA+SHA1").unwrap_err().contains("ed25519"));
        assert!(schemes("ed25519:").is_err() && groups("").is_err());
        assert!(suite("RC4-MD5").unwrap_err().contains("TLS_CHACHA20_POLY1305_SHA256"));
        assert!(suite("").is_err() && group("").is_err());
    }
}
