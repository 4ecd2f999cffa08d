//! ML-KEM (FIPS 203), with random bytes of AWS-LC's own: there is no way to give it others.

use aws_lc_rs::kem::{Algorithm, AlgorithmId, Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768, ML_KEM_1024};
use handfast_crypto::{CryptoError, Exchange, Group, Random, Response, SharedSecret};
use handfast_wire::NamedGroup;

pub(crate) const MLKEM768: &dyn Group = &MlKem { name: NamedGroup::MLKEM768, algorithm: &ML_KEM_768, ciphertext: 1088 };
pub(crate) const MLKEM1024: &dyn Group =
    &MlKem { name: NamedGroup::MLKEM1024, algorithm: &ML_KEM_1024, ciphertext: 1568 };

/// A parameter set.
struct MlKem {
    name: NamedGroup,
    algorithm: &'static Algorithm<AlgorithmId>,
    /// The length of a server's share, in bytes.
    ciphertext: usize,
}

impl Group for MlKem {
    fn name(&self) -> NamedGroup {
        self.name
    }

    fn start(&self, _: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        let private = DecapsulationKey::generate(self.algorithm).map_err(|_| CryptoError::Random)?;
        let share = private.encapsulation_key().and_then(|key| key.key_bytes()).map_err(|_| CryptoError::Failed)?;
        Ok(Box::new(Started { share: share.as_ref().to_vec(), private, ciphertext: self.ciphertext }))
    }

    fn respond(&self, share: &[u8], _: &dyn Random) -> Result<Response, CryptoError> {
        let key = EncapsulationKey::new(self.algorithm, share).map_err(|_| CryptoError::InvalidShare)?;
        // Here the modulus check of FIPS 203 §7.2 is made.
        let (ciphertext, secret) = key.encapsulate().map_err(|_| CryptoError::InvalidShare)?;
        Ok(Response { share: ciphertext.as_ref().to_vec(), secret: SharedSecret::new(secret.as_ref().to_vec()) })
    }
}

/// A key pair for one exchange.
struct Started {
    private: DecapsulationKey,
    share: Vec<u8>,
    ciphertext: usize,
}

impl Exchange for Started {
    fn share(&self) -> &[u8] {
        &self.share
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        if share.len() != self.ciphertext {
            return Err(CryptoError::InvalidShare);
        }
        let secret = self.private.decapsulate(Ciphertext::from(share)).map_err(|_| CryptoError::Failed)?;
        Ok(SharedSecret::new(secret.as_ref().to_vec()))
    }
}
