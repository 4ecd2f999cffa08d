//! Arithmetic that is of no concern here and takes no time: a signature is a hash, a shared secret is a sum.

use crate::common::Seeded;
use handfast_crypto::field::FieldParameters;
use handfast_crypto::signature::{Encrypter, Verifier};
use handfast_crypto::{
    CryptoError, Exchange, Group, Provider, PublicKey, Random, Response, SharedSecret, SignatureAlgorithm,
};
use handfast_wire::NamedGroup;

pub(crate) const GROUPS: &[&dyn Group] =
    &[&Sum(NamedGroup::X25519), &Sum(NamedGroup::SECP256R1), &Sum(NamedGroup::FFDHE2048)];

/// Hashes and AEADs are real ones.
pub(crate) fn provider(seed: u64) -> Provider {
    Provider {
        random: Seeded::new(seed),
        groups: GROUPS,
        verifier: &Hashed,
        encrypter: Some(&Hashed),
        ..handfast_rustcrypto::provider()
    }
}

/// Shares are 32 bytes, and for a field as long as its prime; the secret is their sum.
struct Sum(NamedGroup);

/// 2,048 bits, and no prime for all that anybody here knows.
const P: &[u8] = &[0xff; 256];

impl Group for Sum {
    fn name(&self) -> NamedGroup {
        self.0
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        let mut share = vec![0; if self.field().is_some() { P.len() } else { 32 }];
        random.fill(&mut share)?;
        Ok(Box::new(Started(share)))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let own = self.start(random)?;
        Ok(Response { share: own.share().to_vec(), secret: own.finish(share)? })
    }

    fn field(&self) -> Option<FieldParameters<'_>> {
        (self.0 == NamedGroup::FFDHE2048).then_some(FieldParameters { p: P, g: &[2] })
    }
}

struct Started(Vec<u8>);

impl Exchange for Started {
    fn share(&self) -> &[u8] {
        &self.0
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        if share.len() != self.0.len() {
            return Err(CryptoError::InvalidShare);
        }
        Ok(SharedSecret::new(self.0.iter().zip(share).map(|(a, b)| a.wrapping_add(*b)).collect()))
    }
}

/// A signature is the hash of the message: whoever signs something else is found out.
struct Hashed;

pub(crate) fn hashed(message: &[u8]) -> Vec<u8> {
    handfast_rustcrypto::SHA256.digest(&[message]).unwrap().as_bytes().to_vec()
}

impl Verifier for Hashed {
    fn verify(&self, _: SignatureAlgorithm, _: &PublicKey, message: &[u8], made: &[u8]) -> Result<(), CryptoError> {
        if made == hashed(message) { Ok(()) } else { Err(CryptoError::BadSignature) }
    }
}

impl Encrypter for Hashed {
    /// The block before the arithmetic: for everybody to read.
    fn encrypt(&self, _: &PublicKey, message: &[u8], _: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        Ok([&[0, 2], &[9; 256 - 3 - 48][..], &[0], message].concat())
    }
}
