//! Extensions of a certificate that the search for a path does not need.

use super::Certificate;
use crate::asn1;
use crate::distribution_point::DistributionPoint;
use crate::error::Rule;
use crate::extension::{AccessDescription, AuthorityKeyIdentifier, GeneralNames};
use crate::key_details::KeyDetails;
use crate::oid;
use crate::sct::Sct;
use alloc::vec::Vec;

impl<'a> Certificate<'a> {
    /// The whole `authorityKeyIdentifier`.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn authority_key(&self) -> Result<Option<AuthorityKeyIdentifier<'a>>, Rule> {
        self.find(oid::AUTHORITY_KEY_IDENTIFIER).map(AuthorityKeyIdentifier::read).transpose()
    }

    /// The names of the `issuerAltName`; none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`], here or from the iterator.
    pub fn issuer_alt_names(&self) -> Result<GeneralNames<'a>, Rule> {
        const WHAT: &str = "issuerAltName";
        self.find(oid::ISSUER_ALT_NAME)
            .map_or(Ok(GeneralNames::none()), |value| GeneralNames::of_content(asn1::sequence(value, WHAT)?, WHAT))
    }

    /// The `authorityInfoAccess`: where the issuer's certificate and OCSP are; none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn authority_info_access(&self) -> Result<Vec<AccessDescription<'a>>, Rule> {
        self.find(oid::AUTHORITY_INFO_ACCESS)
            .map_or(Ok(Vec::new()), |value| AccessDescription::read_all(value, "authorityInfoAccess"))
    }

    /// The `subjectInfoAccess`: where what the subject offers is; none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn subject_info_access(&self) -> Result<Vec<AccessDescription<'a>>, Rule> {
        self.find(oid::SUBJECT_INFO_ACCESS)
            .map_or(Ok(Vec::new()), |value| AccessDescription::read_all(value, "subjectInfoAccess"))
    }

    /// The `cRLDistributionPoints`; none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn crl_distribution_points(&self) -> Result<Vec<DistributionPoint<'a>>, Rule> {
        self.find(oid::CRL_DISTRIBUTION_POINTS)
            .map_or(Ok(Vec::new()), |value| DistributionPoint::read_all(value, "cRLDistributionPoints"))
    }

    /// The `freshestCRL`, where delta lists are; none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn freshest_crl(&self) -> Result<Vec<DistributionPoint<'a>>, Rule> {
        self.find(oid::FRESHEST_CRL).map_or(Ok(Vec::new()), |value| DistributionPoint::read_all(value, "freshestCRL"))
    }

    /// The signed certificate timestamps inside of it (RFC 6962 §3.3); none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn scts(&self) -> Result<Vec<Sct<'a>>, Rule> {
        self.find(oid::SCT_LIST).map_or(Ok(Vec::new()), Sct::of_extension)
    }

    /// What is to be said of the key, of whatever kind and size it is.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn key_details(&self) -> Result<KeyDetails<'a>, Rule> {
        KeyDetails::parse_content(self.spki())
    }
}
