//! ML-KEM-768 (FIPS 203).
//!
//! The crate's documented functions ask the operating system for random bytes. Here the ones are used that take them as an
//! argument, for they come from the configuration, may fail there, and are given in the test vectors. They are public, but
//! hidden from the documentation, and so the crate's version is fixed in `Cargo.toml`.

use graviola::key_agreement::mlkem768::{Ciphertext, DecapKey, EncapKey, Message};
use handfast_crypto::{CryptoError, Exchange, Group, Random, Response, SharedSecret};
use handfast_wire::NamedGroup;
use zeroize::Zeroizing;

pub(super) const MLKEM768: &dyn Group = &MlKem768;

/// The length of a server's share, in bytes.
const CIPHERTEXT_LEN: usize = 1088;

struct MlKem768;

impl Group for MlKem768 {
    fn name(&self) -> NamedGroup {
        NamedGroup::MLKEM768
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        // FIPS 203 Algorithm 19: d and z.
        let mut seed = Zeroizing::new([0; 64]);
        random.fill(&mut *seed)?;
        let private = DecapKey::keygen_internal(&seed);
        Ok(Box::new(Started { share: private.encapsulation_key().as_bytes().to_vec(), private }))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let share = share.try_into().map_err(|_| CryptoError::InvalidShare)?;
        // With the modulus check of FIPS 203 §7.2.
        let key = EncapKey::from_bytes(share).map_err(|_| CryptoError::InvalidShare)?;
        // FIPS 203 Algorithm 20: m, which wipes itself.
        let mut message = Message([0; 32]);
        random.fill(&mut message.0)?;
        let (secret, ciphertext) = key.encaps_internal(message);
        Ok(Response { share: ciphertext.as_ref().to_vec(), secret: SharedSecret::new(secret.as_ref().to_vec()) })
    }
}

/// A key pair for one exchange. The private key wipes itself.
struct Started {
    private: DecapKey,
    share: Vec<u8>,
}

impl Exchange for Started {
    fn share(&self) -> &[u8] {
        &self.share
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let ciphertext = <[u8; CIPHERTEXT_LEN]>::try_from(share).map_err(|_| CryptoError::InvalidShare)?;
        Ok(SharedSecret::new(self.private.decaps(&Ciphertext::from(ciphertext)).as_ref().to_vec()))
    }
}
