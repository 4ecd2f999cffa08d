//! Groups and cipher suites as people write them.

use handfast::crypto::suite::TLS13_SUITES;
use handfast::wire::{CipherSuite, NamedGroup};

/// A group by its name in the registry, in any capitals, or one that OpenSSL and NIST use.
pub(crate) fn group(text: &str) -> Result<NamedGroup, String> {
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
        for text in ["TLS_AES_256_GCM_SHA384", "aes_256_gcm_sha384", "AES-256-GCM-SHA384"] {
            assert_eq!(suite(text), Ok(CipherSuite::TLS_AES_256_GCM_SHA384));
        }
        assert!(group("ffdhe2048").unwrap_err().contains("secp256r1"));
        assert!(suite("RC4-MD5").unwrap_err().contains("TLS_CHACHA20_POLY1305_SHA256"));
        assert!(suite("").is_err() && group("").is_err());
    }
}
