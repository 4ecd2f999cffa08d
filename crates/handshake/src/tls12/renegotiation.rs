//! What binds a handshake to the one before it on the same connection (RFC 5746).

use super::agreed::Agreed;
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::{Cipher, Digest};
use handfast_schedule::Side;
use handfast_wire::Violation;

/// What of the last handshake the next one has to fit.
pub(crate) struct Previous {
    /// verify_data of the client's Finished.
    client: Digest,
    /// verify_data of the server's Finished.
    server: Digest,
    /// Whether the peer has said that it knows RFC 5746. Without that nothing is renegotiated.
    #[cfg_attr(not(feature = "legacy"), expect(dead_code, reason = "nothing is renegotiated"))]
    pub(crate) secure: bool,
    /// Whether the main secret depended on the whole handshake.
    pub(crate) extended: bool,
    /// Whether the MAC of CBC records has stood over the ciphertext once (RFC 7366 §3.1: it does not go back inside).
    pub(crate) encrypt_then_mac: bool,
    /// The host name, which the application has acted on.
    pub(crate) name: Option<Arc<str>>,
    /// What is spoken above (ALPN), whatever is negotiated beneath it.
    pub(crate) protocol: Option<Vec<u8>>,
    /// The leaf of the server's certificate or its raw public key, on a client.
    pub(crate) leaf: Option<Vec<u8>>,
}

impl Previous {
    pub(crate) fn new([client, server]: [Digest; 2], agreed: &Agreed, leaf: Option<Vec<u8>>) -> Self {
        Self {
            client,
            server,
            secure: agreed.secure_renegotiation,
            extended: agreed.extended,
            encrypt_then_mac: agreed.encrypt_then_mac,
            name: agreed.name.clone(),
            protocol: agreed.protocol.clone(),
            leaf,
        }
    }

    /// Whether another handshake may follow: bound to this one (RFC 5746 §4.2, §4.4), and not under HTTP/2
    /// (RFC 9113 §9.2.1).
    #[cfg(feature = "legacy")]
    pub(crate) fn allows_another(&self) -> Result<(), Violation> {
        match self.protocol.as_deref() {
            _ if !self.secure => Err(Violation::RenegotiationInfo),
            Some(crate::alpn::HTTP2) => Err(Violation::Renegotiation),
            _ => Ok(()),
        }
    }

    /// Whether what the hellos agreed on is a connection like the one before. What the application has decided by its
    /// name it would not decide again.
    pub(crate) fn check(&self, agreed: &Agreed) -> Result<(), Violation> {
        if self.name != agreed.name {
            return Err(Violation::ChangedName);
        }
        if self.encrypt_then_mac && matches!(agreed.suite.cipher, Cipher::Cbc(..)) && !agreed.encrypt_then_mac {
            return Err(Violation::MacThenEncrypt);
        }
        if self.leaf.is_some() && agreed.suite.exchange.has_psk() {
            return Err(Violation::ChangedCertificate);
        }
        Ok(())
    }
}

/// The content of renegotiation_info from `side`: nothing in a first handshake, the Finished messages of the last one in
/// any other (RFC 5746 §3.5, §3.7).
pub(crate) fn content(previous: Option<&Previous>, side: Side) -> Vec<u8> {
    let Some(previous) = previous else { return Vec::new() };
    match side {
        Side::Client => previous.client.as_bytes().to_vec(),
        Side::Server => [previous.client.as_bytes(), previous.server.as_bytes()].concat(),
    }
}

/// Checks what `side` sent as renegotiation_info, `None` for nothing, and gives whether it knows RFC 5746.
///
/// In a first handshake nothing is allowed: the peer may be older than the RFC. In any other it is what somebody in the
/// middle would have made of it.
pub(crate) fn check(previous: Option<&Previous>, side: Side, received: Option<&[u8]>) -> Result<bool, Violation> {
    let expected = content(previous, side);
    match received {
        // Digests of a public transcript under a secret: compared as what they are, MACs.
        Some(received) if expected.len() == received.len() && is_equal(&expected, received) => Ok(true),
        None if previous.is_none() => Ok(false),
        _ => Err(Violation::RenegotiationInfo),
    }
}

fn is_equal(a: &[u8], b: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(a, b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn previous() -> Previous {
        Previous {
            client: Digest::new(&[1; 12]),
            server: Digest::new(&[2; 12]),
            secure: true,
            extended: true,
            encrypt_then_mac: false,
            name: None,
            protocol: None,
            leaf: None,
        }
    }

    #[test]
    fn a_first_handshake_has_nothing_to_say() {
        for side in [Side::Client, Side::Server] {
            assert_eq!(check(None, side, None), Ok(false));
            assert_eq!(check(None, side, Some(&[])), Ok(true));
            assert_eq!(check(None, side, Some(&[1])), Err(Violation::RenegotiationInfo));
        }
    }

    /// docs/regressions.md row 17: a handshake that somebody put in front does not fit.
    #[test]
    fn a_later_one_names_the_finished_messages_before_it() {
        let previous = previous();
        let both = [[1; 12], [2; 12]].concat();
        for (side, right) in [(Side::Client, &both[..12]), (Side::Server, &both[..])] {
            assert_eq!(content(Some(&previous), side), right);
            assert_eq!(check(Some(&previous), side, Some(right)), Ok(true));
            let mut wrong = right.to_vec();
            wrong[11] ^= 1;
            for received in [None, Some(&[][..]), Some(&right[1..]), Some(&wrong)] {
                assert_eq!(check(Some(&previous), side, received), Err(Violation::RenegotiationInfo));
            }
        }
    }
}
