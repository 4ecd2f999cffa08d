//! The key exchanges of TLS 1.2: what is signed, and what a premain secret is made of.

use crate::auth::Claimed;
use crate::{Failure, auth::Possession};
use alloc::vec::Vec;
use handfast_crypto::signature::Scheme;
use handfast_crypto::{
    Authentication, CryptoError, Group, KeyKind, Provider, PublicKey, Random, Response, SignatureAlgorithm,
};
use handfast_schedule::tls12::Randoms;
use handfast_wire::message::tls12::Signed;
use handfast_wire::{SignatureScheme, Violation};
use zeroize::Zeroizing;

/// What ServerKeyExchange signs: both randoms and the parameters (RFC 5246 §7.4.3, RFC 8422 §5.4).
pub(super) fn signed_content(randoms: &Randoms, params: &[u8]) -> Vec<u8> {
    [&randoms.client[..], &randoms.server, params].concat()
}

/// Checks the signature of a ServerKeyExchange.
pub(super) fn prove<P>(
    claimed: Claimed,
    message: &Signed<'_, P>,
    randoms: &Randoms,
    offered: &[SignatureScheme],
    provider: &Provider,
) -> Result<Possession, Failure> {
    let algorithm = algorithm(message.scheme, &claimed.key, offered)?;
    claimed.verify(algorithm, &signed_content(randoms, message.bytes), message.signature, provider)
}

/// The algorithm of a signature that claims `scheme`. Other than TLS 1.3, TLS 1.2 lets ECDSA mix curves and hashes
/// (RFC 8422 §5.10).
pub(super) fn algorithm(
    scheme: SignatureScheme,
    key: &PublicKey,
    offered: &[SignatureScheme],
) -> Result<SignatureAlgorithm, Violation> {
    let known = offered.contains(&scheme).then(|| Scheme::find(scheme)).flatten();
    let scheme = known.filter(|scheme| scheme.signs_tls12()).ok_or(Violation::SchemeNotOffered)?;
    let fits = match scheme.algorithm {
        SignatureAlgorithm::Ecdsa(_) => matches!(key.kind, KeyKind::P256 | KeyKind::P384 | KeyKind::P521),
        _ => scheme.key == key.kind,
    };
    if fits { Ok(scheme.algorithm) } else { Err(Violation::SchemeMismatch) }
}

/// Whether a suite that authenticates with `auth` can have a certificate with such a key (RFC 5246 §7.4.2,
/// RFC 8422 §5.3).
pub(super) const fn fits(auth: Authentication, key: KeyKind) -> bool {
    match auth {
        Authentication::Ecdsa => matches!(key, KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Ed25519),
        Authentication::Rsa => matches!(key, KeyKind::Rsa | KeyKind::RsaPss),
        Authentication::Psk | Authentication::Tls13 => false,
    }
}

/// Answers the share that the peer sent.
pub(super) fn respond(group: &dyn Group, share: &[u8], random: &dyn Random) -> Result<Response, Failure> {
    group.respond(share, random).map_err(invalid_share)
}

/// A share that is none is the peer's fault.
pub(super) fn invalid_share(error: CryptoError) -> Failure {
    match error {
        CryptoError::InvalidShare => Violation::InvalidShare.into(),
        error => error.into(),
    }
}

/// What Diffie-Hellman agreed on as TLS 1.2 has it: over a finite field without leading zeros (RFC 5246 §8.1.2), over a
/// curve as it is (RFC 8422 §5.10).
///
/// That the length tells how many zeros there were is the Raccoon attack (CVE-2020-1968). It needs a share that is used
/// again, and none is.
pub(super) fn agreed<'s>(group: &dyn Group, secret: &'s [u8]) -> &'s [u8] {
    if group.field().is_none() {
        return secret;
    }
    let zeros = secret.iter().take_while(|&&byte| byte == 0).count();
    secret.get(zeros..).unwrap_or_default()
}

/// The premain secret of a suite with a pre-shared key.
///
/// ```text
/// other_secret   2 + 0..65535   what Diffie-Hellman agreed on; without it as many zeros as the key is long
/// psk            2 + 0..65535
/// ```
///
/// RFC 4279 §2.
pub(super) fn with_psk(other: Option<&[u8]>, psk: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let zeros;
    let other = match other {
        Some(other) => other,
        None => {
            zeros = alloc::vec![0; psk.len()];
            &zeros
        }
    };
    let mut out = Zeroizing::new(Vec::with_capacity(other.len().saturating_add(psk.len()).saturating_add(4)));
    for part in [other, psk] {
        let length = u16::try_from(part.len()).map_err(|_| CryptoError::Length)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(part);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4279 §2, with the lengths in front.
    #[test]
    fn a_premain_secret_with_psk_has_two_parts() {
        assert_eq!(with_psk(None, b"abc").unwrap()[..], *b"\0\x03\0\0\0\0\x03abc");
        assert_eq!(with_psk(Some(b"x"), b"abc").unwrap()[..], *b"\0\x01x\0\x03abc");
        assert_eq!(with_psk(None, &[0; 0x1_0000]), Err(CryptoError::Length));
    }

    #[test]
    fn ecdsa_mixes_curves_and_hashes_and_nothing_else_does() {
        let key = |kind| PublicKey { kind, bytes: Vec::new() };
        let offered = [
            SignatureScheme::ECDSA_SECP256R1_SHA256,
            SignatureScheme::ED25519,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PSS_PSS_SHA256,
            SignatureScheme::MLDSA44,
        ];
        let check = |scheme, kind| algorithm(scheme, &key(kind), &offered).map(drop);
        assert_eq!(check(SignatureScheme::ECDSA_SECP256R1_SHA256, KeyKind::P384), Ok(()));
        assert_eq!(check(SignatureScheme::ECDSA_SECP256R1_SHA256, KeyKind::Ed25519), Err(Violation::SchemeMismatch));
        assert_eq!(check(SignatureScheme::RSA_PKCS1_SHA256, KeyKind::Rsa), Ok(()));
        assert_eq!(check(SignatureScheme::RSA_PKCS1_SHA256, KeyKind::P256), Err(Violation::SchemeMismatch));
        assert_eq!(check(SignatureScheme::RSA_PSS_PSS_SHA256, KeyKind::Rsa), Err(Violation::SchemeMismatch));
        assert_eq!(check(SignatureScheme::RSA_PKCS1_SHA384, KeyKind::Rsa), Err(Violation::SchemeNotOffered));
        assert_eq!(check(SignatureScheme::MLDSA44, KeyKind::MlDsa44), Err(Violation::SchemeNotOffered));
    }
}
