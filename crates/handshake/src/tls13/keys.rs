//! The keys of a handshake under way, and the proof that the peer has them too.

use crate::{Direction, Epoch, Failure, Host};
use handfast_crypto::{Digest, Suite};
use handfast_schedule::{HandshakeSecret, TrafficSecret};
use handfast_wire::message::{Finished, KeyUpdate};
use handfast_wire::{KeyUpdateRequest, Violation};
use subtle::ConstantTimeEq;

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

/// Proof that the peer's Finished was right. No state CONNECTED can be built without it, and nothing but the comparison
/// below makes it.
pub(crate) struct PeerFinished(());

impl PeerFinished {
    /// Compares a received Finished, in constant time, with what `secret` says of the transcript before it.
    pub(crate) fn check(message: &Finished<'_>, secret: &TrafficSecret, before: &Digest) -> Result<Self, Failure> {
        let expected = secret.verify_data(before)?;
        // verify_data[Hash.length]: another length is another syntax, not another value.
        if message.verify_data.len() != expected.as_bytes().len() {
            return Err(Violation::Malformed("verify_data").into());
        }
        if bool::from(expected.as_bytes().ct_eq(message.verify_data)) {
            Ok(Self(()))
        } else {
            Err(Violation::BadFinished.into())
        }
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
