//! The keys of a handshake under way.

use crate::{Direction, Epoch, Failure, Host};
use handfast_crypto::{Digest, Suite};
use handfast_schedule::{HandshakeSecret, TrafficSecret};
use handfast_wire::KeyUpdateRequest;
use handfast_wire::message::KeyUpdate;

/// What both sides hold between ServerHello and Finished.
pub(crate) struct HandshakeKeys {
    pub(crate) suite: &'static Suite,
    pub(crate) secret: HandshakeSecret,
    pub(crate) client: TrafficSecret,
    pub(crate) server: TrafficSecret,
}

impl HandshakeKeys {
    /// Derives the handshake traffic secrets; `transcript` is ClientHello … ServerHello (RFC 9846 §7.1).
    pub(crate) fn new(suite: &'static Suite, secret: HandshakeSecret, transcript: &Digest) -> Result<Self, Failure> {
        let client = secret.client_traffic(transcript)?;
        let server = secret.server_traffic(transcript)?;
        Ok(Self { suite, secret, client, server })
    }
}

/// The peer has moved to its next key, and may want the same of this side.
pub(crate) fn next_key(
    receive: &TrafficSecret,
    suite: &'static Suite,
    m: &KeyUpdate,
    host: &mut dyn Host,
) -> Result<TrafficSecret, Failure> {
    let next = receive.next()?;
    host.install(Direction::Receive, Epoch::Application, &next, suite)?;
    if m.request == KeyUpdateRequest::UPDATE_REQUESTED {
        host.update_requested()?;
    }
    Ok(next)
}
