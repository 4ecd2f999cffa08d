//! What configurations say of TLS 1.2.

use super::ConfigError;
use super::common::Choices;
#[cfg(feature = "legacy")]
use crate::legacy::Legacy;
use alloc::vec::Vec;
use handfast_crypto::Suite;
use handfast_crypto::aead::MAX_TAG_LEN;
use handfast_crypto::signature::SCHEMES;
use handfast_crypto::suite::TLS12_SUITES;
#[cfg(not(feature = "legacy"))]
use handfast_crypto::{Cipher, KeyExchange};
use handfast_handshake::tls12::{ClientParams, RenegotiationPolicy, ServerParams};
use handfast_wire::SignatureScheme;

/// The choices both builders offer.
#[derive(Clone, Default)]
pub(super) struct Tls12Choices {
    pub(super) require_extended: bool,
    pub(super) require_secure_renegotiation: bool,
    pub(super) renegotiation: RenegotiationPolicy,
    pub(super) fallback: bool,
    pub(super) false_start: bool,
    #[cfg(feature = "legacy")]
    pub(super) legacy: Legacy,
}

impl Choices {
    /// The suites of TLS 1.2; none where that version is off. A suite of the older ways that is named, and that no switch
    /// turns on, is an error.
    pub(super) fn tls12_suites(&self, server: bool) -> Result<Vec<&'static Suite>, ConfigError> {
        // A required hybrid is one that TLS 1.2 does not have, whatever way is switched on.
        if self.versions.0 > super::Version::Tls12 || self.pq == super::Pq::Require {
            return Ok(Vec::new());
        }
        let curves = self.has_curve();
        let usable = |suite: &&'static Suite| self.provider.has(suite) && (!suite.exchange.has_curve() || curves);
        let suites = match &self.suites {
            None => {
                let ccm = |suite: &&'static Suite| suite.openssl_name.contains("CCM");
                let wanted = |suite: &&'static Suite| !ccm(suite) && self.allows(suite, server);
                TLS12_SUITES.iter().filter(wanted).filter(usable).collect()
            }
            Some(ids) => {
                let rows = ids.iter().filter_map(|&id| Suite::find(id)).filter(|suite| !suite.is_tls13());
                let mut suites = Vec::new();
                for suite in rows {
                    // A tag of 64 bits is for who names it to `suites`, and not for a string like ALL.
                    let ccm_8 = suite.aead().is_some_and(|aead| aead.tag_len() < MAX_TAG_LEN);
                    if self.lenient && (ccm_8 || !(self.allows(suite, server) && self.provider.has(suite))) {
                        continue;
                    }
                    if !self.allows(suite, server) {
                        return Err(ConfigError::Legacy(suite.id));
                    }
                    if !self.provider.has(suite) {
                        return Err(ConfigError::Suite(suite.id));
                    }
                    if usable(&suite) {
                        suites.push(suite);
                    }
                }
                suites
            }
        };
        Ok(suites)
    }

    /// Whether a suite may be used: one of the present ways, or of an older way that is switched on.
    fn allows(&self, suite: &Suite, server: bool) -> bool {
        #[cfg(feature = "legacy")]
        return self.tls12.legacy.allows(suite, server);
        #[cfg(not(feature = "legacy"))]
        {
            let _ = server;
            suite.exchange == KeyExchange::Ecdhe && matches!(suite.cipher, Cipher::Aead(_))
        }
    }

    /// The schemes a key of one's own may sign with in TLS 1.2.
    fn sign_schemes12(&self) -> Vec<SignatureScheme> {
        let named = self.sign_schemes.as_ref().or(self.schemes.as_ref());
        let signing = SCHEMES.iter().filter(|scheme| scheme.signs_tls12()).map(|scheme| scheme.id);
        signing.filter(|id| named.is_none_or(|named| named.contains(id))).collect()
    }

    /// What a client offers.
    pub(super) fn tls12_client(&self) -> Result<Option<ClientParams>, ConfigError> {
        let suites = self.tls12_suites(false)?;
        if suites.is_empty() {
            return Ok(None);
        }
        let tls12 = &self.tls12;
        let params = ClientParams {
            suites,
            sign_schemes: self.sign_schemes12(),
            require_extended: tls12.require_extended,
            require_secure_renegotiation: tls12.require_secure_renegotiation,
            tickets: true,
            fallback: tls12.fallback,
            false_start: tls12.false_start,
            renegotiation: tls12.renegotiation,
            psk_sessions: self.psk_domain().is_some(),
            ..ClientParams::default()
        };
        #[cfg(feature = "legacy")]
        let params = tls12.legacy.client(params);
        Ok(Some(params))
    }

    /// What a server takes.
    pub(super) fn tls12_server(&self) -> Result<Option<ServerParams>, ConfigError> {
        let suites = self.tls12_suites(true)?;
        if suites.is_empty() {
            return Ok(None);
        }
        let tls12 = &self.tls12;
        let params = ServerParams {
            suites,
            sign_schemes: self.sign_schemes12(),
            require_extended: tls12.require_extended,
            require_secure_renegotiation: tls12.require_secure_renegotiation,
            renegotiation: tls12.renegotiation,
            psk_sessions: self.psk_domain().is_some(),
            ..ServerParams::default()
        };
        #[cfg(feature = "legacy")]
        let params = tls12.legacy.server(params);
        Ok(Some(params))
    }
}
