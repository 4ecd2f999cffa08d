//! The value that lists what cryptography there is.

use crate::cbc::{BlockAlgorithm, BlockCipher, Mac, MacAlgorithm};
use crate::field::FiniteField;
use crate::hash::Sha1;
use crate::signature::Encrypter;
use crate::suite::{Cipher, Suite};
use crate::{Aead, AeadAlgorithm, Group, Hash, HashAlgorithm, KeyLoader, Passwords, Random, Verifier};
use alloc::sync::Arc;
use core::fmt;
use handfast_wire::NamedGroup;

/// A set of primitives. A plain value: clone it, replace a field, put it into a configuration.
#[derive(Clone)]
pub struct Provider {
    /// What it is called in facts and diagnostics.
    pub name: &'static str,
    /// The hash functions.
    pub hashes: &'static [&'static dyn Hash],
    /// SHA-1, for identifiers only, if the provider has it. Without it the OCSP responses of most CAs cannot be checked,
    /// and a client had better ask for none.
    pub sha1: Option<Sha1>,
    /// The AEADs.
    pub aeads: &'static [&'static dyn Aead],
    /// The key-exchange groups, most preferred first.
    pub groups: &'static [&'static dyn Group],
    /// The block ciphers of TLS 1.2, if any.
    pub block_ciphers: &'static [&'static dyn BlockCipher],
    /// The MACs that go with them.
    pub macs: &'static [&'static dyn Mac],
    /// Finite fields of one's own making, if the provider has any.
    pub fields: Option<&'static dyn FiniteField>,
    /// RSA encryption, for clients of the RSA key transport of TLS 1.2.
    pub encrypter: Option<&'static dyn Encrypter>,
    /// Signature verification.
    pub verifier: &'static dyn Verifier,
    /// Turns private-key bytes into signing keys.
    pub keys: &'static dyn KeyLoader,
    /// What opens keys that are protected by a password, if the provider has it.
    pub passwords: Option<&'static dyn Passwords>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
}

impl Provider {
    /// The hash function called `algorithm`.
    pub fn hash(&self, algorithm: HashAlgorithm) -> Option<&'static dyn Hash> {
        self.hashes.iter().copied().find(|hash| hash.algorithm() == algorithm)
    }

    /// The AEAD called `algorithm`.
    pub fn aead(&self, algorithm: AeadAlgorithm) -> Option<&'static dyn Aead> {
        self.aeads.iter().copied().find(|aead| aead.algorithm() == algorithm)
    }

    /// The block cipher called `algorithm`.
    pub fn block_cipher(&self, algorithm: BlockAlgorithm) -> Option<&'static dyn BlockCipher> {
        self.block_ciphers.iter().copied().find(|cipher| cipher.algorithm() == algorithm)
    }

    /// The MAC called `algorithm`.
    pub fn mac(&self, algorithm: MacAlgorithm) -> Option<&'static dyn Mac> {
        self.macs.iter().copied().find(|mac| mac.algorithm() == algorithm)
    }

    /// Whether everything `suite` needs is here but the group.
    pub fn has(&self, suite: &Suite) -> bool {
        self.hash(suite.hash).is_some()
            && match suite.cipher {
                Cipher::Aead(algorithm) => self.aead(algorithm).is_some(),
                Cipher::Cbc(block, mac) => self.block_cipher(block).is_some() && self.mac(mac).is_some(),
            }
    }

    /// The group called `name`.
    pub fn group(&self, name: NamedGroup) -> Option<&'static dyn Group> {
        self.groups.iter().copied().find(|group| group.name() == name)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("name", &self.name).finish_non_exhaustive()
    }
}
