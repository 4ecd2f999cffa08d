//! Delegated credentials (RFC 9345): a key that signs in the place of a certificate's for a few days, so that the certificate's own
//! need not be where connections end. Servers of TLS 1.3 show them; clients here do not ask for any.

use crate::{Identity, IdentityError};
use alloc::{sync::Arc, vec::Vec};
use core::{error, fmt};
use handfast_crypto::signature::Scheme;
use handfast_crypto::{KeyKind, Provider, SigningKey};
use handfast_pki::{Certificate, spki};
use handfast_wire::SignatureScheme;
use handfast_wire::extension::DelegatedCredential;
use pki_types::CertificateDer;

/// What the certificate's key has signed (RFC 9345 §4), before the certificate and the credential.
const CONTEXT: &[u8] = b"TLS, server delegated credentials\0";

/// What an identity knows of the credential it shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delegation {
    /// What its key signs with.
    pub(crate) scheme: SignatureScheme,
    /// The last second in which it is valid, since 1970.
    until: u64,
}

impl Delegation {
    pub(crate) fn is_valid(self, now: u64) -> bool {
        now <= self.until
    }
}

impl Identity {
    /// A chain, leaf first, with a `DelegatedCredential` (RFC 9345 §4) that the leaf's key has signed, and the key that it
    /// delegates to. It is shown to clients of TLS 1.3 that ask for such, while it is valid; for the rest another identity stands
    /// beside it. What clients want of it besides is theirs to check: seven days at most, and a leaf whose extensions say that it
    /// may delegate (§4.1.3, §4.2).
    ///
    /// # Errors
    /// [`IdentityError::Delegated`]; [`IdentityError::Mismatch`] when the key is not the credential's.
    pub fn delegated(
        provider: &Provider,
        chain: Vec<CertificateDer<'static>>,
        credential: Vec<u8>,
        key: Arc<dyn SigningKey>,
    ) -> Result<Arc<Self>, IdentityError> {
        let own = DelegatedCredential::read_all(&credential).map_err(|_| DelegatedError::Malformed)?;
        let leaf = chain.first().ok_or(IdentityError::NoCertificate)?;
        verify(provider, leaf, &own, &credential)?;
        Self::dangerous_delegated_unverified(chain, credential, key)
    }

    /// The same without a look at the signature, where whoever makes credentials has an opinion of his own on what it is over:
    /// BoringSSL's test runner has the algorithm before the credential. A client has no use for one that does not verify.
    ///
    /// # Errors
    /// As [`Identity::delegated`].
    pub fn dangerous_delegated_unverified(
        chain: Vec<CertificateDer<'static>>,
        credential: Vec<u8>,
        key: Arc<dyn SigningKey>,
    ) -> Result<Arc<Self>, IdentityError> {
        let own = DelegatedCredential::read_all(&credential).map_err(|_| DelegatedError::Malformed)?;
        let public = spki::parse(own.spki).map_err(|rule| IdentityError::Certificate(rule.into()))?;
        // RFC 9345 §4.1.3: no key that could be one that decrypts.
        if public.kind == KeyKind::Rsa || scheme(own.verify_algorithm, public.kind).is_none() {
            return Err(DelegatedError::Algorithm.into());
        }
        if public != *key.public_key() || !key.schemes().contains(&own.verify_algorithm) {
            return Err(IdentityError::Mismatch);
        }
        let leaf = chain.first().ok_or(IdentityError::NoCertificate)?;
        let leaf = Certificate::parse(leaf).map_err(|rule| IdentityError::Certificate(rule.into()))?;
        let since = u64::try_from(leaf.validity().not_before.unix()).unwrap_or(0);
        let until = since.saturating_add(u64::from(own.valid_time));
        let delegation = Delegation { scheme: own.verify_algorithm, until };
        Self::delegating(chain, credential, key, delegation)
    }
}

/// Checks that the key of the leaf has signed it (RFC 9345 §4): over the certificate, and all of the credential that is before the
/// signature.
fn verify(
    provider: &Provider,
    leaf: &CertificateDer<'_>,
    own: &DelegatedCredential<'_>,
    bytes: &[u8],
) -> Result<(), IdentityError> {
    let signature = own.signature.len().saturating_add(2);
    let signed = bytes.get(..bytes.len().saturating_sub(signature)).unwrap_or_default();
    let content = [&[0x20; 64][..], CONTEXT, leaf, signed].concat();
    let key = handfast_pki::leaf_key(leaf).map_err(IdentityError::Certificate)?;
    let scheme = scheme(own.algorithm, key.kind).ok_or(DelegatedError::Algorithm)?;
    let verified = provider.verifier.verify(scheme.algorithm, &key, &content, own.signature);
    Ok(verified.map_err(|_| DelegatedError::Signature)?)
}

/// The scheme, if keys of this kind sign handshakes of TLS 1.3 with it.
fn scheme(id: SignatureScheme, kind: KeyKind) -> Option<&'static Scheme> {
    Scheme::find(id).filter(|scheme| scheme.signs_tls13 && scheme.key == kind)
}

/// Why bytes are no delegated credential of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DelegatedError {
    /// They do not have the form (RFC 9345 §4).
    Malformed,
    /// One of its schemes is not for its key, signs no handshake of TLS 1.3, or is of an RSA key that could decrypt.
    Algorithm,
    /// The certificate's key has not signed it.
    Signature,
}

impl From<DelegatedError> for IdentityError {
    fn from(error: DelegatedError) -> Self {
        Self::Delegated(error)
    }
}

impl fmt::Display for DelegatedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the delegated credential cannot be decoded",
            Self::Algorithm => "a signature scheme of the delegated credential is not one that it may have",
            Self::Signature => "the delegated credential is not signed by the key of the certificate",
        })
    }
}

impl error::Error for DelegatedError {}
