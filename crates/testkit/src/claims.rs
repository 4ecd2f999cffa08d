//! After a handshake both sides say what they believe was agreed; they must agree.

use crate::pair::{End, Pair};

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
            server_name: facts.server_name.clone(),
            protocol: facts.protocol.clone(),
            finished,
            schemes,
            exported,
        }
    }
}

/// Both sides are connected and claim the same, and each knows the other by what it presented; or one of them has failed.
pub fn check(pair: &Pair) {
    let ends = [&pair.client, &pair.server];
    if ends.iter().any(|end| end.error.is_some()) {
        return;
    }
    assert_eq!(Claim::of(&pair.client, true), Claim::of(&pair.server, false));
    assert!(pair.client.connection.facts().peer().is_some(), "a client knows its server");
}
