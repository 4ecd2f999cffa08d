//! The status of one's own certificate, as its authority has signed it lately.

use alloc::vec::Vec;
use handfast_handshake::StapleQuestion;
use handfast_wire::AlertDescription;

/// Finds OCSP responses to staple (RFC 6066 §8), on a server. One that never changes is at home in the identity
/// ([`Identity::with_ocsp`](crate::Identity::with_ocsp)).
pub trait Staple: Send + Sync {
    /// The response for this certificate. Called for each full handshake whose client wants one.
    fn staple(&self, question: &StapleQuestion) -> Stapled;
}

/// What is stapled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stapled {
    /// This response, in DER.
    Response(Vec<u8>),
    /// None.
    Nothing,
    /// The connection ends with this alert.
    Refuse(AlertDescription),
}
