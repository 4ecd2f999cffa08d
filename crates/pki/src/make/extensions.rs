//! The extensions of what is being made.

use crate::encode::{oid as encode_oid, sequence, tlv};
use alloc::vec::Vec;

pub(super) const OCTET_STRING: u8 = 0x04;

/// Extensions in the order in which they were set: object identifier, critical, DER.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions(Vec<(Vec<u8>, bool, Vec<u8>)>);

impl Extensions {
    pub(super) fn add(&mut self, oid: &[u8], critical: bool, der: &[u8]) {
        self.0.push((oid.to_vec(), critical, der.to_vec()));
    }

    pub(super) fn remove(&mut self, oid: &[u8]) {
        self.0.retain(|(other, ..)| other != oid);
    }

    pub(super) fn has(&self, oid: &[u8], der: &[u8]) -> bool {
        self.0.iter().any(|(own, _, value)| own == oid && value == der)
    }

    /// One after the other, without what stands around them.
    pub(super) fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(oid, critical, der)| encode_extension(oid, *critical, der)).collect()
    }
}

/// Setters for the field `extensions`, of which certificates and revocation lists have the same.
macro_rules! extension_setters {
    () => {
        /// Sets an extension, given the content octets of its object identifier and the DER that goes into extnValue.
        pub fn extension(self, oid: &[u8], critical: bool, der: &[u8]) -> Self {
            self.without(oid).extension_again(oid, critical, der)
        }

        /// Adds an extension, also if it is there already.
        pub fn extension_again(mut self, oid: &[u8], critical: bool, der: &[u8]) -> Self {
            self.extensions.add(oid, critical, der);
            self
        }

        /// Takes an extension away.
        pub fn without(mut self, oid: &[u8]) -> Self {
            self.extensions.remove(oid);
            self
        }
    };
}
pub(super) use extension_setters;

pub(super) fn encode_extension(oid: &[u8], critical: bool, der: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&encode_oid(oid), critical, &tlv(OCTET_STRING, &[der])])
}
