//! Trust anchors that somebody else has chosen: Mozilla, or the operating system.

use crate::anchors::Anchors;
#[cfg(feature = "system")]
use alloc::{string::ToString, vec::Vec};

#[cfg(feature = "mozilla")]
impl Anchors {
    /// The roots of Mozilla's programme for TLS servers, as they were when the crate `webpki-roots` was released.
    pub fn mozilla() -> Self {
        let mut own = Self::new();
        for root in webpki_roots::TLS_SERVER_ROOTS {
            own.add_trust_anchor(root.clone());
        }
        own
    }
}

/// What the operating system's store had that could not be used.
#[cfg(feature = "system")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many certificates could not be parsed.
    pub malformed: usize,
    /// Files and stores that could not be read, in the words of the operating system.
    pub unreadable: Vec<alloc::string::String>,
}

#[cfg(feature = "system")]
impl Anchors {
    /// The roots that the operating system trusts, read now. Stores hold odd and broken certificates; those are skipped and
    /// counted.
    pub fn system() -> (Self, Skipped) {
        let found = rustls_native_certs::load_native_certs();
        let mut own = Self::new();
        let mut skipped = Skipped::default();
        for certificate in &found.certs {
            skipped.malformed += usize::from(own.add(certificate).is_err());
        }
        skipped.unreadable = found.errors.iter().map(ToString::to_string).collect();
        (own, skipped)
    }
}

#[cfg(all(test, feature = "system"))]
mod tests {
    use super::*;

    /// Whatever this machine's store is like, nothing of it is lost without being counted.
    #[test]
    fn the_systems_roots() {
        let found = rustls_native_certs::load_native_certs();
        let mut unique: Vec<_> = found.certs.iter().map(|certificate| certificate.to_vec()).collect();
        unique.sort_unstable();
        unique.dedup();
        let (anchors, skipped) = Anchors::system();
        assert_eq!(anchors.len() + skipped.malformed, unique.len());
        assert_eq!(skipped.unreadable.len(), found.errors.len());
    }
}
