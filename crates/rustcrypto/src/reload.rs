//! Keys that were loaded here, and found good, and that something faster signs with: for providers that stand on this one.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use der::Decode;
use handfast_crypto::{CryptoError, PublicKey, Random, SignatureAlgorithm, SigningKey, signature::Scheme};
use handfast_wire::SignatureScheme;
use pkcs8::PrivateKeyInfoRef;
use pki_types::PrivateKeyDer;

/// The private key alone, out of its container, in the form that stands in the table of [`load`](crate::load). Nothing about it
/// is checked; [`KEYS`](crate::KEYS) does that.
pub fn inner<'a>(key: &'a PrivateKeyDer<'_>) -> Option<&'a [u8]> {
    match key {
        PrivateKeyDer::Pkcs8(key) => {
            PrivateKeyInfoRef::from_der(key.secret_pkcs8_der()).ok().map(|info| info.private_key.as_bytes())
        }
        PrivateKeyDer::Pkcs1(key) => Some(key.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(key) => Some(key.secret_sec1_der()),
        _ => None,
    }
}

/// A private key in another form. It wipes itself.
pub trait Private: Send + Sync + 'static {
    /// Signs with random bytes of its own, with an algorithm that is one of the key's.
    ///
    /// # Errors
    /// [`CryptoError::Failed`] when signing failed, and [`CryptoError::Random`] when that is known to be the reason.
    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, CryptoError>;
}

/// The key that `checked` is, with `private` to sign with.
pub fn reloaded(checked: &dyn SigningKey, private: impl Private) -> Arc<dyn SigningKey> {
    Arc::new(Key { private, public: checked.public_key().clone(), schemes: checked.schemes().to_vec() })
}

/// A key that signs.
struct Key<P> {
    private: P,
    public: PublicKey,
    schemes: Vec<SignatureScheme>,
}

impl<P: Private> SigningKey for Key<P> {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8], _: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        let row = Scheme::find(scheme).filter(|row| self.schemes.contains(&row.id)).ok_or(CryptoError::Unsupported)?;
        self.private.sign(row.algorithm, message)
    }
}

impl<P> fmt::Debug for Key<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kind", &self.public.kind).finish_non_exhaustive()
    }
}
