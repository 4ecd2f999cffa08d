//! WAIT_EOED, WAIT_FINISHED, CONNECTED.

use super::ServerCx;
use super::tickets::{Issuing, Tickets};
use crate::auth::{PeerAuth, PeerFinished};
use crate::question::Issued;
use crate::tls13::keys::next_key;
use crate::{Direction, Epoch, Fact, Failure, Host};
use alloc::boxed::Box;
use handfast_crypto::{CryptoError, Digest, Suite};
use handfast_schedule::{MainSecret, TrafficSecret};
use handfast_wire::message::{Finished, KeyUpdate};

/// Early data comes until the client says that it has ended.
pub(crate) struct WaitEoed {
    pub(super) finish: WaitFinished,
}

/// Only the client's Finished is missing.
pub(crate) struct WaitFinished {
    pub(super) suite: &'static Suite,
    /// client_handshake_traffic_secret.
    pub(super) handshake: TrafficSecret,
    /// client_application_traffic_secret_0, which depends on nothing the client sends in its second flight.
    pub(super) application: TrafficSecret,
    /// What the resumption secret will be derived from.
    pub(super) main: MainSecret,
    pub(super) tickets: Tickets,
    /// Who the client is; `None` where it did not say and did not have to.
    pub(super) peer: Option<PeerAuth>,
}

/// The handshake is over.
pub(crate) struct Connected {
    suite: &'static Suite,
    pub(super) receive: TrafficSecret,
    /// The tickets that are still to be made.
    issuing: Option<Box<Issuing>>,
    _peer: PeerFinished,
}

impl WaitEoed {
    /// EndOfEarlyData (RFC 9846 §4.6).
    pub(super) fn end_of_early_data(self, cx: &mut ServerCx<'_>) -> Result<WaitFinished, Failure> {
        cx.host.install(Direction::Receive, Epoch::Handshake, &self.finish.handshake, self.finish.suite)?;
        Ok(self.finish)
    }
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
        let peer = self.peer.as_ref().and_then(PeerAuth::peer).cloned();
        if let Some(peer) = self.peer {
            peer.learn(cx.host);
        }
        cx.host.learn(Fact::Connected);
        let issuing = if self.tickets.are_wanted() {
            let resumption = self.main.resumption(&cx.transcript.current()?)?;
            Issuing::begin(self.tickets, resumption, peer, self.suite, cx)?
        } else {
            None
        };
        Ok(Connected { suite: self.suite, receive: self.application, issuing, _peer: finished })
    }
}

impl Connected {
    /// What became of a session that was to be kept: a ticket for the client, and perhaps the next.
    pub(super) fn issued(&mut self, issued: Issued, cx: &mut ServerCx<'_>) -> Result<(), Failure> {
        let issuing = self.issuing.take().ok_or(CryptoError::Failed)?;
        self.issuing = issuing.issued(issued, cx)?;
        Ok(())
    }

    /// KeyUpdate (RFC 9846 §4.7.3).
    pub(super) fn key_update(&mut self, m: &KeyUpdate, host: &mut dyn Host) -> Result<(), Failure> {
        self.receive = next_key(&self.receive, self.suite, m, host)?;
        Ok(())
    }
}
