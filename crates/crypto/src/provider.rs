//! The value that lists what cryptography there is.

use crate::{Aead, AeadAlgorithm, Group, Hash, HashAlgorithm, KeyLoader, Random, Verifier};
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
    /// The AEADs.
    pub aeads: &'static [&'static dyn Aead],
    /// The key-exchange groups, most preferred first.
    pub groups: &'static [&'static dyn Group],
    /// Signature verification.
    pub verifier: &'static dyn Verifier,
    /// Turns private-key bytes into signing keys.
    pub keys: &'static dyn KeyLoader,
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
