//! WAIT_FINISHED, CONNECTED.

use super::ServerCx;
use crate::auth::{PeerAuth, PeerFinished};
use crate::tls13::keys::next_key;
use crate::{Direction, Epoch, Fact, Failure, Host};
use handfast_crypto::{Digest, Suite};
use handfast_schedule::TrafficSecret;
use handfast_wire::message::{Finished, KeyUpdate};

/// Only the client's Finished is missing.
pub(crate) struct WaitFinished {
    pub(super) suite: &'static Suite,
    /// client_handshake_traffic_secret.
    pub(super) handshake: TrafficSecret,
    /// client_application_traffic_secret_0, which depends on nothing the client sends in its second flight.
    pub(super) application: TrafficSecret,
    /// Who the client is; `None` where it did not say and did not have to.
    pub(super) peer: Option<PeerAuth>,
}

/// The handshake is over.
pub(crate) struct Connected {
    suite: &'static Suite,
    receive: TrafficSecret,
    _peer: PeerFinished,
}

impl WaitFinished {
    /// The client's Finished (RFC 9846 §4.5.3).
    pub(super) fn finished(
        self,
        m: &Finished<'_>,
        before: &Digest,
        cx: &mut ServerCx<'_>,
    ) -> Result<Connected, Failure> {
        let finished = PeerFinished::check(m, &self.handshake.verify_data(before)?)?;
        cx.host.learn(Fact::Finished(Direction::Receive, Digest::new(m.verify_data)));
        cx.host.install(Direction::Receive, Epoch::Application, &self.application, self.suite)?;
        if let Some(peer) = self.peer {
            cx.host.learn(peer.into_fact());
        }
        cx.host.learn(Fact::Connected);
        Ok(Connected { suite: self.suite, receive: self.application, _peer: finished })
    }
}

impl Connected {
    /// KeyUpdate (RFC 9846 §4.7.3).
    pub(super) fn key_update(mut self, m: &KeyUpdate, host: &mut dyn Host) -> Result<Self, Failure> {
        self.receive = next_key(&self.receive, self.suite, m, host)?;
        Ok(self)
    }
}
