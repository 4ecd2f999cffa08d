//! After a handshake both sides say what they believe was agreed; they must agree.

use crate::pair::{End, Pair};
use handfast::EarlyData;

/// What one side believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Version, suite, group and whether there was a retry.
    pub agreed: String,
    /// The host name.
    pub server_name: Option<String>,
    /// The application protocol.
    pub protocol: Option<Vec<u8>>,
    /// The client's Finished, then the server's.
    pub finished: [Option<Vec<u8>>; 2],
    /// The scheme each side signed with, the client's first.
    pub schemes: [String; 2],
    /// 32 bytes from the exporter.
    pub exported: Vec<u8>,
    /// Whether a session was resumed.
    pub resumed: bool,
    /// Whose external key authenticates both.
    pub psk_identity: Option<Vec<u8>>,
    /// How much early data was taken at most, if any was.
    pub early_data: Option<u32>,
}

impl Claim {
    /// The claim of a connected side.
    pub fn of(end: &End, is_client: bool) -> Self {
        let facts = end.connection.facts();
        let mut exported = vec![0; 32];
        end.connection.export(b"EXPERIMENTAL claim", Some(b"context"), &mut exported).expect("a connected side");
        let (sent, received) = (facts.finished_sent(), facts.finished_received());
        let mut finished = [sent, received].map(|bytes| bytes.map(<[u8]>::to_vec));
        let mut schemes = [facts.own_scheme, facts.peer_scheme].map(|scheme| format!("{scheme:?}"));
        if !is_client {
            finished.reverse();
            schemes.reverse();
        }
        let agreed = format!("{:?} {:?} {:?} {}", facts.version, facts.suite, facts.group, facts.retried);
        Self {
            agreed,
            server_name: facts.server_name.as_deref().map(String::from),
            protocol: facts.protocol.clone(),
            finished,
            schemes,
            exported,
            resumed: facts.resumed,
            psk_identity: facts.psk_identity.clone(),
            early_data: match facts.early_data {
                EarlyData::Accepted { limit } => Some(limit),
                _ => None,
            },
        }
    }
}

/// Both sides are connected and claim the same, and each knows the other by what it presented; or one of them has failed.
pub fn check(pair: &Pair) {
    let ends = [&pair.client, &pair.server];
    if ends.iter().any(|end| end.error.is_some()) {
        return;
    }
    let claim = Claim::of(&pair.client, true);
    assert_eq!(claim, Claim::of(&pair.server, false));
    // By its certificate, in this connection or an earlier one, or by a key that nobody else has.
    let knows = pair.client.connection.facts().peer().is_some();
    assert_eq!(knows, claim.psk_identity.is_none(), "a client knows its server");
}
