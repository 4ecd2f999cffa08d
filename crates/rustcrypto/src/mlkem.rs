//! ML-KEM (FIPS 203) as a group of its own, and as one half of the hybrids.
//!
//! A client's share is an encapsulation key, a server's a ciphertext (draft-ietf-tls-mlkem). The client cannot tell
//! whether a ciphertext is good: decapsulating a wrong one gives another secret, and the handshake ends at the first
//! record that does not open.

use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;
use handfast_crypto::{CryptoError, Exchange, Group, Random, Response, SharedSecret};
use handfast_wire::NamedGroup;
use ml_kem::{
    B32, Ciphertext, Decapsulate, Kem, KeyExport, KeyInit, MlKem768, MlKem1024, Seed, SharedKey, TryKeyInit,
    kem::Decapsulator,
};
use zeroize::{Zeroize, Zeroizing};

/// ML-KEM-768.
pub const MLKEM768: &dyn Group = &MlKem::<MlKem768>(PhantomData);

/// ML-KEM-1024.
pub const MLKEM1024: &dyn Group = &MlKem::<MlKem1024>(PhantomData);

/// ML-KEM with the parameter set `K`.
struct MlKem<K>(PhantomData<fn() -> K>);

impl<K: Parameters> Group for MlKem<K> {
    fn name(&self) -> NamedGroup {
        K::GROUP
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        // FIPS 203 Algorithm 19: d and z.
        let mut seed = Zeroizing::new(Seed::default());
        random.fill(&mut seed)?;
        let private = K::DecapsulationKey::new(&seed);
        Ok(Box::new(Started::<K> { share: private.encapsulation_key().to_bytes().to_vec(), private }))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let share = share.try_into().map_err(|_| CryptoError::InvalidShare)?;
        // FIPS 203 §7.2, which draft-ietf-tls-mlkem makes the server's duty: no coefficient may be q or more.
        let key = K::EncapsulationKey::new(share).map_err(|_| CryptoError::InvalidShare)?;
        // FIPS 203 Algorithm 20: m.
        let mut message = Zeroizing::new(B32::default());
        random.fill(&mut message)?;
        let (ciphertext, secret) = K::encapsulate(&key, &message);
        Ok(Response { share: ciphertext.to_vec(), secret: take(secret) })
    }
}

/// A key pair for one exchange. The private key wipes itself.
struct Started<K: Parameters> {
    private: K::DecapsulationKey,
    share: Vec<u8>,
}

impl<K: Parameters> Exchange for Started<K> {
    fn share(&self) -> &[u8] {
        &self.share
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let ciphertext = share.try_into().map_err(|_| CryptoError::InvalidShare)?;
        Ok(take(self.private.decapsulate(ciphertext)))
    }
}

fn take(mut secret: SharedKey) -> SharedSecret {
    let taken = SharedSecret::new(secret.to_vec());
    secret.as_mut_slice().zeroize();
    taken
}

/// A parameter set.
///
/// The crate's trait for encapsulation wants an infallible generator. Its function that takes the message does not, but
/// exists for concrete parameter sets only; hence a method here.
trait Parameters:
    Kem<
        SharedKeySize = ml_kem::array::sizes::U32,
        DecapsulationKey: KeyInit<KeySize = ml_kem::array::sizes::U64> + Decapsulate<Kem = Self> + Send + Sync,
    >
{
    const GROUP: NamedGroup;

    fn encapsulate(key: &Self::EncapsulationKey, message: &B32) -> (Ciphertext<Self>, SharedKey);
}

impl Parameters for MlKem768 {
    const GROUP: NamedGroup = NamedGroup::MLKEM768;

    fn encapsulate(key: &Self::EncapsulationKey, message: &B32) -> (Ciphertext<Self>, SharedKey) {
        key.encapsulate_deterministic(message)
    }
}

impl Parameters for MlKem1024 {
    const GROUP: NamedGroup = NamedGroup::MLKEM1024;

    fn encapsulate(key: &Self::EncapsulationKey, message: &B32) -> (Ciphertext<Self>, SharedKey) {
        key.encapsulate_deterministic(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    const GROUPS: &[(&dyn Group, usize, usize)] = &[(MLKEM768, 1184, 1088), (MLKEM1024, 1568, 1568)];

    /// docs/regressions.md row 49: implicit rejection.
    #[test]
    fn a_wrong_ciphertext_gives_another_secret_each_time_the_same() {
        for (group, _, len) in GROUPS {
            let seeded = Seeded(9);
            let share = group.start(&seeded).unwrap().share().to_vec();
            let response = group.respond(&share, &SystemRandom).unwrap();
            assert_eq!(response.share.len(), *len);
            let mut wrong = response.share.clone();
            wrong[0] ^= 1;
            let one = group.start(&seeded).unwrap().finish(&wrong).unwrap();
            let two = group.start(&seeded).unwrap().finish(&wrong).unwrap();
            assert_eq!(one.as_bytes(), two.as_bytes());
            assert_ne!(one.as_bytes(), response.secret.as_bytes());
            let right = group.start(&seeded).unwrap().finish(&response.share).unwrap();
            assert_eq!(right.as_bytes(), response.secret.as_bytes());
        }
    }

    struct Seeded(u8);

    impl Random for Seeded {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            out.fill(self.0);
            Ok(())
        }
    }
}
