//! The question for a pre-shared key of TLS 1.2 (RFC 4279).

use super::{Answer, Purpose, QuestionId, Reply};
use alloc::vec::Vec;
use handfast_crypto::SharedSecret;

/// Which pre-shared key?
#[derive(Debug)]
pub struct PskQuestion {
    pub(crate) id: QuestionId,
    /// Whose key table it is.
    pub(crate) purpose: Purpose,
    /// The hint, or the identity.
    pub(crate) bytes: Vec<u8>,
}

/// An identity and its key.
pub(crate) struct Psk {
    pub(crate) identity: Vec<u8>,
    pub(crate) key: SharedSecret,
}

impl PskQuestion {
    /// Which side asks: [`Purpose::Client`] on a client, which chooses an identity; [`Purpose::Server`] on a server, which
    /// is told one.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// On a server: who the client says it is. Any bytes, also zeros.
    pub fn identity(&self) -> Option<&[u8]> {
        (self.purpose == Purpose::Server).then_some(&self.bytes)
    }

    /// On a client: what the server gave to choose a key by; empty when it gave nothing.
    pub fn hint(&self) -> Option<&[u8]> {
        (self.purpose == Purpose::Client).then_some(&self.bytes)
    }

    /// On a client: this identity and its key. On a server use [`PskQuestion::key`].
    pub fn present(self, identity: Vec<u8>, key: SharedSecret) -> Answer {
        Answer { id: self.id, reply: Reply::Psk(Some(Psk { identity, key })) }
    }

    /// On a server: the key of [`PskQuestion::identity`].
    pub fn key(self, key: SharedSecret) -> Answer {
        Answer { id: self.id, reply: Reply::Psk(Some(Psk { identity: self.bytes, key })) }
    }

    /// There is none. On a client the handshake ends; on a server what follows is the configuration's choice:
    /// `unknown_psk_identity`, or a random key that fails at Finished.
    pub fn unknown(self) -> Answer {
        Answer { id: self.id, reply: Reply::Psk(None) }
    }
}
