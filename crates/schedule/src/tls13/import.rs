//! Imported pre-shared keys: one key agreed on outside of TLS becomes one for each hash (RFC 9258 §5.1).

use crate::label::{expand_label, zeros};
use handfast_crypto::{CryptoError, Hash, HashAlgorithm, Secret};

/// The key that takes the place of `epsk` in a handshake with `target`.
///
/// ```text
/// epsk ──► Extract(0, .) ──► Expand-Label(., "derived psk", Hash(imported_identity), length of target)
/// ```
///
/// `hash` is the one that belongs to `epsk`, whatever the target is. `imported_identity` is the encoded ImportedIdentity,
/// which names the target as well, so that no two hashes ever work on the same key.
///
/// # Errors
/// Whatever makes the hash fail.
pub fn import_psk(
    hash: &dyn Hash,
    epsk: &[u8],
    imported_identity: &[u8],
    target: HashAlgorithm,
) -> Result<Secret, CryptoError> {
    let epskx = hash.extract(zeros(hash).as_bytes(), epsk)?;
    let identity_hash = hash.digest(&[imported_identity])?;
    let mut ipskx = Secret::zero(target.output_len());
    expand_label(hash, &epskx, b"derived psk", identity_hash.as_bytes(), ipskx.as_mut_bytes())?;
    Ok(ipskx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Broken;
    use handfast_rustcrypto::{HASHES, SHA256};

    #[test]
    fn it_is_as_long_as_the_hash_it_is_for() {
        for hash in HASHES.iter().copied() {
            for target in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
                let psk = import_psk(hash, &[7; 32], b"identity", target).unwrap();
                assert_eq!(psk.as_bytes().len(), target.output_len());
            }
        }
    }

    #[test]
    fn every_input_counts() {
        let import = |hash, epsk: &[u8], identity: &[u8]| {
            import_psk(hash, epsk, identity, HashAlgorithm::Sha256).unwrap().as_bytes().to_vec()
        };
        let psk = import(SHA256, &[7; 32], b"identity");
        assert_eq!(psk, import(SHA256, &[7; 32], b"identity"));
        assert_ne!(psk, import(SHA256, &[7; 33], b"identity"));
        assert_ne!(psk, import(SHA256, &[7; 32], b"identity\0"));
        for hash in HASHES.iter().copied().filter(|hash| hash.algorithm() != HashAlgorithm::Sha256) {
            assert_ne!(psk, import(hash, &[7; 32], b"identity"));
        }
        // Longer than what HMAC takes as a key, and than a label's context.
        assert_ne!(import(SHA256, &[7; 4096], b"identity"), import(SHA256, &[7; 4095], b"identity"));
        assert_ne!(import(SHA256, &[7; 32], &[7; 65_535]), import(SHA256, &[7; 32], &[7; 65_534]));
    }

    /// docs/regressions.md row 54.
    #[test]
    fn a_hash_that_fails_gives_no_key() {
        let failed = import_psk(&Broken, &[7; 32], b"identity", HashAlgorithm::Sha256);
        assert_eq!(failed, Err(CryptoError::Failed));
    }
}
