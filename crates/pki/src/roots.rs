//! Trust anchors that somebody else has chosen: Mozilla, or the operating system.

use crate::anchors::Anchors;
#[cfg(feature = "system")]
use crate::error::Rule;
#[cfg(feature = "system")]
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
#[cfg(feature = "system")]
use pki_types::CertificateDer;

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
    /// Certificates that could not be parsed: where each stands in the store's order, counted from 0, and why.
    pub malformed: Vec<(usize, Rule)>,
    /// Files and stores that could not be read, in the words of the operating system.
    pub unreadable: Vec<String>,
}

#[cfg(feature = "system")]
impl Anchors {
    /// The roots that the operating system trusts, read now. Stores hold odd and broken certificates; those are skipped and
    /// told.
    pub fn system() -> (Self, Skipped) {
        let found = rustls_native_certs::load_native_certs();
        let mut own = Self::new();
        let malformed = own.add_all(&found.certs);
        (own, Skipped { malformed, unreadable: found.errors.iter().map(ToString::to_string).collect() })
    }

    /// Trusts those that can be parsed, and gives the places of the others.
    fn add_all(&mut self, certificates: &[CertificateDer<'_>]) -> Vec<(usize, Rule)> {
        let results = certificates.iter().map(|certificate| self.add(certificate));
        results.enumerate().filter_map(|(at, result)| Some((at, result.err()?))).collect()
    }
}

#[cfg(all(test, feature = "system"))]
mod tests {
    use super::*;

    /// Whatever this machine's store is like, nothing of it is lost without being told. A store is made of what somebody
    /// parsed, so all of it is read; where one is not, the reason says whether it is the parser's fault.
    #[test]
    fn the_systems_roots() {
        let found = rustls_native_certs::load_native_certs();
        let mut unique: Vec<_> = found.certs.iter().map(|certificate| certificate.to_vec()).collect();
        unique.sort_unstable();
        unique.dedup();
        let (anchors, skipped) = Anchors::system();
        assert_eq!(skipped.malformed, []);
        assert_eq!(anchors.len(), unique.len());
        assert_eq!(skipped.unreadable.len(), found.errors.len());
    }

    #[test]
    fn what_cannot_be_parsed_is_told() {
        let mut anchors = Anchors::new();
        let skipped = anchors.add_all(&[CertificateDer::from_slice(&[]), CertificateDer::from_slice(&[0x30, 0])]);
        let outer = || Rule::Malformed("outer structure");
        assert_eq!((skipped, anchors.len()), (alloc::vec![(0, outer()), (1, outer())], 0));
    }
}
