//! Groups, signature schemes and cipher suites as people write them.

use handfast::crypto::suite::TLS13_SUITES;
use handfast::names::{self, NameError};
use handfast::wire::{CipherSuite, NamedGroup, SignatureScheme};

/// Several names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

/// Groups, the most preferred first.
pub(crate) fn groups(text: &str) -> Result<List<NamedGroup>, NameError> {
    names::groups(text, &handfast::rustcrypto::provider()).map(List)
}

/// Signature schemes, the most preferred first.
pub(crate) fn schemes(text: &str) -> Result<List<SignatureScheme>, NameError> {
    names::schemes(text).map(List)
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
        for text in ["TLS_AES_256_GCM_SHA384", "aes_256_gcm_sha384", "AES-256-GCM-SHA384"] {
            assert_eq!(suite(text), Ok(CipherSuite::TLS_AES_256_GCM_SHA384));
        }
        assert!(suite("RC4-MD5").unwrap_err().contains("TLS_CHACHA20_POLY1305_SHA256"));
        assert!(suite("").is_err());
    }
}
