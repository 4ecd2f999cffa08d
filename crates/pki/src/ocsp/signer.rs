//! Who may sign an OCSP response, and did (RFC 6960 §4.2.2.2).

use super::{OcspFault, ResponderId, Response};
use crate::cert::Certificate;
use crate::error::Rule;
use crate::extension::KeyUsage;
use crate::issuer::Issuer;
use crate::oid;
use crate::policy::Budget;
use crate::signature_algorithm::CertificateSignature;
use crate::subject::Name;
use crate::time::Time;
use handfast_crypto::{CryptoError, Provider, PublicKey, SignatureAlgorithm};

/// What the signer of a response is checked against.
pub(super) struct Signer<'c> {
    pub(super) provider: &'c Provider,
    /// What the policy accepts.
    pub(super) signatures: &'c [SignatureAlgorithm],
    pub(super) issuer: &'c Issuer<'c>,
    pub(super) now: Time,
}

impl Signer<'_> {
    /// Checks that the issuer signed `response`, or a delegate whose certificate the response brings along. Gives the last
    /// second at which the signer may.
    pub(super) fn check(&self, response: &Response<'_>, budget: &mut Budget) -> Result<Time, Rule> {
        let responder = response.responder();
        let mut closest = Rule::from(OcspFault::UnknownResponder);
        if self.names(responder, self.issuer.name, &self.issuer.key)? {
            match self.signed(response, &self.issuer.key, budget) {
                // A delegate can have the issuer's name.
                Err(rule @ Rule::Ocsp(_)) => closest = rule,
                other => return other.map(|()| Time::MAX),
            }
        }
        for der in response.certificates() {
            // One that cannot be read is not the one that is needed, or its absence is told.
            let Ok(delegate) = Certificate::parse(der) else { continue };
            let Ok(key) = delegate.public_key() else { continue };
            if !self.names(responder, delegate.subject(), &key)? {
                continue;
            }
            match self.delegated(&delegate, budget).and_then(|()| self.signed(response, &key, budget)) {
                // Of several with the same name, what is wrong with the right one is told.
                Err(Rule::Ocsp(OcspFault::BadSignature)) if closest != OcspFault::UnknownResponder.into() => {}
                Err(rule @ Rule::Ocsp(_)) => closest = rule,
                other => return other.map(|()| delegate.validity().not_after),
            }
        }
        Err(closest)
    }

    /// Whether `responder` is who has this name and this key.
    fn names(&self, responder: ResponderId<'_>, name: Name<'_>, key: &PublicKey) -> Result<bool, Rule> {
        match responder {
            ResponderId::ByName(wanted) => Ok(wanted == name),
            ResponderId::ByKey(wanted) => {
                let sha1 = self.provider.sha1.ok_or(OcspFault::NoHash)?;
                Ok(sha1(&[&key.bytes]).map_err(Rule::Crypto)?.as_bytes() == wanted)
            }
        }
    }

    fn signed(&self, response: &Response<'_>, key: &PublicKey, budget: &mut Budget) -> Result<(), Rule> {
        self.verify(response.signature_algorithm()?, key, response.tbs(), response.signature(), budget)
    }

    /// Checks that the issuer itself made `delegate` one who may sign.
    ///
    /// Whether the delegate's certificate is revoked is not asked: it would need another response, which nobody staples.
    /// CAs say with id-pkix-ocsp-nocheck that it is not needed (RFC 6960 §4.2.2.2.1).
    fn delegated(&self, delegate: &Certificate<'_>, budget: &mut Budget) -> Result<(), Rule> {
        if delegate.issuer() != self.issuer.name {
            return Err(OcspFault::DelegateIssuer.into());
        }
        if delegate.validity().check(self.now).is_err() {
            return Err(OcspFault::DelegateNotValid.into());
        }
        // Whole identifiers are compared, and anyExtendedKeyUsage is not enough: the issuer has to have meant it
        // (docs/regressions.md row 67, RFC 6960 §4.2.2.2).
        let purposes = delegate.extended_key_usage().map_err(Rule::of_response)?;
        if !purposes.is_some_and(|purposes| purposes.oids().contains(&oid::OCSP_SIGNING)) {
            return Err(OcspFault::DelegatePurpose.into());
        }
        let usage = delegate.key_usage().map_err(Rule::of_response)?;
        if usage.is_some_and(|usage| !usage.contains(KeyUsage::DIGITAL_SIGNATURE)) {
            return Err(OcspFault::DelegateUsage.into());
        }
        if delegate.extensions().iter().any(|extension| extension.critical && !is_known(extension.oid)) {
            return Err(OcspFault::DelegateExtension.into());
        }
        let algorithm = delegate.signature_algorithm().map_err(Rule::of_response)?;
        match self.verify(algorithm, &self.issuer.key, delegate.tbs(), delegate.signature(), budget) {
            Err(Rule::Ocsp(OcspFault::BadSignature)) => Err(OcspFault::DelegateIssuer.into()),
            other => other,
        }
    }

    fn verify(
        &self,
        algorithm: CertificateSignature,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
        budget: &mut Budget,
    ) -> Result<(), Rule> {
        if !self.signatures.contains(&algorithm.algorithm) {
            return Err(OcspFault::RefusedSignature.into());
        }
        if !algorithm.fits(key.kind) {
            return Err(OcspFault::BadSignature.into());
        }
        budget.signature_check()?;
        match self.provider.verifier.verify(algorithm.algorithm, key, message, signature) {
            Ok(()) => Ok(()),
            Err(CryptoError::BadSignature | CryptoError::BadKey) => Err(OcspFault::BadSignature.into()),
            Err(error) => Err(Rule::Crypto(error)),
        }
    }
}

/// The extensions that make no difference to who signs responses, or one that was looked at.
fn is_known(extension: &[u8]) -> bool {
    [
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::CERTIFICATE_POLICIES,
        oid::OCSP_NO_CHECK,
    ]
    .contains(&extension)
}
