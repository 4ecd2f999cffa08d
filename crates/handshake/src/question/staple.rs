//! The question for the status of one's own certificate.

use super::{Answer, QuestionId, Reply, refused};
use crate::Credential;
use alloc::{sync::Arc, vec::Vec};
use handfast_wire::AlertDescription;

/// What does the authority say of this certificate? Asked on a server once it is chosen, and only if the client wants to know
/// (RFC 6066 §8).
#[derive(Debug)]
pub struct StapleQuestion {
    pub(crate) id: QuestionId,
    pub(crate) credential: Arc<Credential>,
    pub(crate) server_name: Option<Arc<str>>,
}

impl StapleQuestion {
    /// What is presented: the chain, leaf first, in which the issuer is next to the leaf, where it is sent at all.
    pub fn credential(&self) -> &Arc<Credential> {
        &self.credential
    }

    /// The host name the client asked for.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// This OCSP response is stapled, in DER; at most 2^24 − 1 bytes, and none where there are more. It takes the place of one
    /// that the credential has.
    pub fn response(self, der: Vec<u8>) -> Answer {
        Answer { id: self.id, reply: Reply::Staple(der) }
    }

    /// None is stapled.
    pub fn none(self) -> Answer {
        self.response(Vec::new())
    }

    /// Ends the connection with `alert`.
    pub fn refuse(self, alert: AlertDescription) -> Answer {
        refused(self.id, alert)
    }
}
