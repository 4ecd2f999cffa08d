//! What a side may want when the handshake is complete: another one, or a certificate.

use super::Reader;
use crate::inbound::{Engine, Outlet};
use crate::{ClientAuth, Error, ServerConfig, Usage};
use alloc::sync::Arc;
#[cfg(feature = "legacy")]
use handfast_handshake::Epoch;

impl Reader {
    /// Begins another handshake, or asks the client to.
    #[cfg(feature = "legacy")]
    pub(crate) fn renegotiate(
        &mut self,
        config: Option<Arc<ServerConfig>>,
        outlet: &mut Outlet<'_>,
    ) -> Result<(), Error> {
        self.check()?;
        let secure = self.inbound.facts.secure_renegotiation == Some(true);
        // RFC 9113 §9.2.1: HTTP/2 forbids it.
        let http2 = self.inbound.facts.protocol.as_deref() == Some(b"h2");
        if !self.inbound.renegotiations.is_enabled() || !secure || http2 || !self.is_tls12() {
            return Err(Usage::NoRenegotiation.into());
        }
        if !self.is_idle() || self.inbound.epoch != Epoch::Application {
            return Err(Usage::Busy.into());
        }
        if let Some(config) = config {
            self.reconfigure(config, outlet)?;
        }
        self.inbound.renegotiations.asked = true;
        let host = &mut Engine { inbound: &mut self.inbound, outlet: &mut *outlet };
        let begun = self.machine.renegotiate(host).map_err(Error::from).and_then(|()| outlet.flush());
        begun.map_err(|error| self.fail(error, outlet))
    }

    /// Asks a client for a certificate after the handshake.
    pub(crate) fn request_certificate(
        &mut self,
        config: Arc<ServerConfig>,
        outlet: &mut Outlet<'_>,
    ) -> Result<(), Error> {
        self.check()?;
        if self.machine.awaits_certificate() || !self.is_divisible() {
            return Err(Usage::Busy.into());
        }
        if !self.machine.may_request_certificate() || config.params.client_auth == ClientAuth::None {
            return Err(Usage::NoCertificateRequest.into());
        }
        self.serve(config.clone(), outlet);
        let host = &mut Engine { inbound: &mut self.inbound, outlet: &mut *outlet };
        let begun = self.machine.request_certificate(config.params.clone(), host).map_err(Error::from);
        begun.and_then(|()| outlet.flush()).map_err(|error| self.fail(error, outlet))
    }

    /// Another configuration for the next handshake of a server.
    #[cfg(feature = "legacy")]
    fn reconfigure(&mut self, config: Arc<ServerConfig>, outlet: &mut Outlet<'_>) -> Result<(), Error> {
        let is_server = self.inbound.side == handfast_schedule::Side::Server;
        if !is_server || config.params.tls12.is_none() || !config.renegotiations().is_enabled() {
            return Err(Usage::NoRenegotiation.into());
        }
        self.machine.reconfigure(config.params.clone());
        self.serve(config, outlet);
        Ok(())
    }

    /// Whether a certificate may be asked for here, or is.
    pub(crate) fn needs_both_halves(&self) -> bool {
        self.machine.takes_certificate_requests() || self.machine.awaits_certificate()
    }

    pub(crate) fn awaits_certificate(&self) -> bool {
        self.machine.awaits_certificate()
    }
}
