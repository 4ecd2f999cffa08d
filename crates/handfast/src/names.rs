//! Groups, signature schemes and protocols as people write them: what OpenSSL and Node.js take for `groups`, `ecdhCurve`, `sigalgs` and
//! `ALPNProtocols`.

use crate::ConfigError;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use handfast_crypto::signature::{SCHEMES, Scheme};
use handfast_crypto::{HashAlgorithm, KeyKind, Provider, SignatureAlgorithm};
use handfast_wire::{NamedGroup, SignatureScheme};

/// Groups that `provider` has, the most preferred first, separated by `:` or `,`: by their names in the registry, in any capitals, or
/// as NIST and OpenSSL call curves.
///
/// # Errors
/// [`NameError`] for a name that is none.
///
/// ```
/// use handfast::{names, wire::NamedGroup};
/// let groups = names::groups("X25519:P-256", &handfast::rustcrypto::provider())?;
/// assert_eq!(groups, [NamedGroup::X25519, NamedGroup::SECP256R1]);
/// # Ok::<(), names::NameError>(())
/// ```
pub fn groups(text: &str, provider: &Provider) -> Result<Vec<NamedGroup>, NameError> {
    list(text, |name| {
        let known = || provider.groups.iter().map(|group| group.name());
        let found = match plain(name).as_str() {
            "P256" | "PRIME256V1" => Some(NamedGroup::SECP256R1),
            "P384" => Some(NamedGroup::SECP384R1),
            "P521" => Some(NamedGroup::SECP521R1),
            name => known().find(|group| plain(&group.to_string()) == name),
        };
        found.ok_or_else(|| NameError::new("group", name, known().map(|group| group.to_string())))
    })
}

/// Signature schemes, the most preferred first, separated by `:` or `,`: by their names in the registry, in any capitals, or as
/// OpenSSL puts them together of a key and a hash, `RSA-PSS+SHA256`.
///
/// # Errors
/// [`NameError`] for a name that is none.
///
/// ```
/// use handfast::{names, wire::SignatureScheme};
/// let schemes = names::schemes("RSA-PSS+SHA256:ed25519")?;
/// assert_eq!(schemes, [SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::ED25519]);
/// # Ok::<(), names::NameError>(())
/// ```
pub fn schemes(text: &str) -> Result<Vec<SignatureScheme>, NameError> {
    list(text, |name| {
        let own = plain(name);
        let is = |scheme: &&Scheme| plain(&scheme.id.to_string()) == own || is_composed(scheme, &own);
        let known = || SCHEMES.iter().map(|scheme| scheme.id.to_string());
        SCHEMES.iter().find(is).map(|scheme| scheme.id).ok_or_else(|| NameError::new("signature scheme", name, known()))
    })
}

/// Application protocols, each behind its length, as a ProtocolNameList has them (RFC 7301 §3.1) without its own length.
///
/// ```text
/// field        width
/// length       u8     1 to 255
/// name         bytes  as many
/// ```
///
/// # Errors
/// [`ConfigError::Protocol`] for an empty name, and where the last one is cut.
///
/// ```
/// assert_eq!(handfast::names::protocols(b"\x02h2\x08http/1.1")?, [&b"h2"[..], b"http/1.1"]);
/// # Ok::<(), handfast::ConfigError>(())
/// ```
pub fn protocols(mut list: &[u8]) -> Result<Vec<Vec<u8>>, ConfigError> {
    let mut protocols = Vec::new();
    while let Some((length, rest)) = list.split_first() {
        let split = rest.split_at_checked(usize::from(*length)).filter(|(name, _)| !name.is_empty());
        let (name, rest) = split.ok_or(ConfigError::Protocol)?;
        protocols.push(name.to_vec());
        list = rest;
    }
    Ok(protocols)
}

/// A name of nothing that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError {
    what: &'static str,
    name: String,
    known: Vec<String>,
}

impl NameError {
    /// The most characters of a name that are shown.
    const MOST: usize = 64;

    fn new(what: &'static str, name: &str, known: impl Iterator<Item = String>) -> Self {
        let name = name.chars().take(Self::MOST).flat_map(char::escape_debug).collect();
        Self { what, name, known: known.collect() }
    }

    /// The name, escaped and cut to what can be shown.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, known } = self;
        write!(f, "`{name}` is no {what}: known {what}s are {}", known.join(", "))
    }
}

impl core::error::Error for NameError {}

fn list<T>(text: &str, one: impl FnMut(&str) -> Result<T, NameError>) -> Result<Vec<T>, NameError> {
    text.split([',', ':']).map(one).collect()
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

/// Capitals, and nothing between them.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(all(test, feature = "rustcrypto"))]
mod tests {
    use super::*;

    #[test]
    fn names_are_forgiving_and_errors_are_not() {
        let provider = handfast_rustcrypto::provider();
        let groups = |text| groups(text, &provider);
        for (text, value) in [
            ("x25519", NamedGroup::X25519),
            ("X25519MLKEM768", NamedGroup::X25519MLKEM768),
            ("P-256", NamedGroup::SECP256R1),
            ("prime256v1", NamedGroup::SECP256R1),
            ("secp521r1", NamedGroup::SECP521R1),
        ] {
            assert_eq!(groups(text), Ok([value].into()));
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
            assert_eq!(schemes(text), Ok([value].into()));
        }
        assert_eq!(groups("X25519:P-256"), groups("x25519,secp256r1"));
        assert_eq!(groups("X25519:P-256"), Ok([NamedGroup::X25519, NamedGroup::SECP256R1].into()));
        let error = groups("X25519:x448\n").unwrap_err();
        assert_eq!(error.name(), "x448\\n");
        assert!(
            error.to_string().starts_with("`x448\\n` is no group: known groups are ")
                && error.to_string().contains("secp256r1")
        );
        assert!(schemes("RSA+SHA1").unwrap_err().to_string().contains("ed25519"));
        assert!(schemes("ed25519:").is_err() && groups("").is_err());
        assert!(groups(&"\u{1b}".repeat(1_000)).unwrap_err().name().len() < 1_000);
    }
}
