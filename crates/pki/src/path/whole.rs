//! What is checked when an anchor ends a path: certificate policies, revocation lists, the stapled response.

use super::{Search, Step, is_ca};
use crate::anchors::Anchor;
use crate::cert::Certificate;
use crate::certificate_policies;
use crate::error::{Error, Rule};
use crate::issuer::Issuer;
use crate::ocsp::{self, Stapled, Stapling};
use crate::policy::Purpose;
use crate::revocation::Scope;
use crate::time::Time;

impl Search<'_> {
    /// Checks what concerns the path as a whole, which this anchor ends: certificate policies and revocation. Gives the last
    /// second at which what was said about revocation holds.
    pub(super) fn check_whole(
        &mut self,
        anchor: &Anchor,
        certificate: Option<&Certificate<'_>>,
    ) -> Result<Time, Error> {
        let read = self.path.iter().try_for_each(|step| self.budget.read(step.certificate));
        read.map_err(|rule| self.error_at_end(rule))?;
        let path = self.path.iter().rev().map(|step| step.certificate);
        certificate_policies::check(path, certificate, &self.policy.policies, &mut self.budget)
            .map_err(|rule| self.error_at(0, rule))
            .map_err(|error| self.remember(error))?;
        let mut valid_until = Time::MAX;
        for depth in 0..self.path.len() {
            let until = self.check_status(depth, anchor, certificate).map_err(|rule| self.error_at(depth, rule));
            valid_until = valid_until.min(until.map_err(|error| self.remember(error))?);
        }
        Ok(valid_until)
    }

    /// Checks that the certificate at this depth is not revoked, as far as there is something that tells.
    fn check_status(
        &mut self,
        depth: usize,
        anchor: &Anchor,
        anchor_certificate: Option<&Certificate<'_>>,
    ) -> Result<Time, Rule> {
        let Some(Step { certificate, .. }) = self.path.get(depth) else { return Ok(Time::MAX) };
        let (policy, now) = (self.policy, self.context.now);
        let revocation = policy.revocation.as_ref().filter(|own| depth == 0 || own.scope == Scope::Path);
        // A client staples where the server asks for it, which none does (RFC 9846 §4.5.1.1).
        let is_stapled =
            depth == 0 && policy.stapling != Stapling::Off && self.context.purposes.contains(&Purpose::Server);
        if revocation.is_none() && (self.staple.is_none() || !is_stapled) {
            if is_stapled {
                policy.stapling.judge(None, certificate.must_staple()?)?;
            }
            return Ok(Time::MAX);
        }
        let issuer = match self.path.get(depth.saturating_add(1)) {
            Some(issuer) => Issuer::of(issuer.certificate)?,
            None => Issuer::of_anchor(anchor, anchor_certificate)?,
        };
        let mut valid_until = Time::MAX;
        if let Some(revocation) = revocation {
            valid_until = revocation.check(
                certificate,
                is_ca(certificate)?,
                &issuer,
                now,
                self.provider,
                &policy.signatures,
                &mut self.budget,
            )?;
        }
        if is_stapled {
            let answer = self.staple.map(|staple| {
                ocsp::check(self.provider, &policy.signatures, staple, certificate, &issuer, now, &mut self.budget)
            });
            let holds_until = answer.as_ref().and_then(|answer| answer.as_ref().ok()).map(|(_, until)| *until);
            let status = answer.map(|answer| answer.map(|(status, _)| status));
            self.stapled = policy.stapling.judge(status, certificate.must_staple()?)?;
            if self.stapled == Stapled::Good {
                valid_until = holds_until.unwrap_or(valid_until).min(valid_until);
            }
        }
        Ok(valid_until)
    }
}
