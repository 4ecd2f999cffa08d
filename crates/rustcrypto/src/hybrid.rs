//! Two groups side by side (draft-ietf-tls-ecdhe-mlkem).
//!
//! Shares are concatenated, secrets are concatenated, in the same order; nothing else happens here. Whatever is wrong
//! with either half is wrong with the whole.
//!
//! ```text
//!                        client's share        server's share            secret
//! X25519MLKEM768         ek ‖ X25519           ciphertext ‖ X25519       ML-KEM ‖ X25519
//!                        1184 ‖ 32             1088 ‖ 32                 32 ‖ 32
//! SecP256r1MLKEM768      P-256 ‖ ek            P-256 ‖ ciphertext        P-256 ‖ ML-KEM
//!                        65 ‖ 1184             65 ‖ 1088                 32 ‖ 32
//! SecP384r1MLKEM1024     P-384 ‖ ek            P-384 ‖ ciphertext        P-384 ‖ ML-KEM
//!                        97 ‖ 1568             97 ‖ 1568                 48 ‖ 32
//! ```
//!
//! The first of them has its name the wrong way round: on the wire ML-KEM stands first.

use crate::{MLKEM768, MLKEM1024, P256, P384, X25519};
use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::{CryptoError, Exchange, Group, Random, Response, SharedSecret};
use handfast_wire::NamedGroup;

/// ML-KEM-768 and X25519.
pub const X25519_MLKEM768: &dyn Group = &Hybrid::x25519_mlkem768(MLKEM768, X25519);

/// P-256 and ML-KEM-768.
pub const SECP256R1_MLKEM768: &dyn Group = &Hybrid::secp256r1_mlkem768(P256, MLKEM768);

/// P-384 and ML-KEM-1024.
pub const SECP384R1_MLKEM1024: &dyn Group = &Hybrid::secp384r1_mlkem1024(P384, MLKEM1024);

/// Two groups under one name.
pub struct Hybrid {
    name: NamedGroup,
    first: &'static dyn Group,
    /// The length of the first group's share from a client, in bytes. What follows is the second's, who knows its own.
    client: usize,
    /// The same of the share from a server.
    server: usize,
    second: &'static dyn Group,
}

impl Hybrid {
    /// X25519MLKEM768 of its halves, in the order of the wire.
    pub const fn x25519_mlkem768(mlkem768: &'static dyn Group, x25519: &'static dyn Group) -> Self {
        Self { name: NamedGroup::X25519MLKEM768, first: mlkem768, client: 1184, server: 1088, second: x25519 }
    }

    /// SecP256r1MLKEM768 of its halves.
    pub const fn secp256r1_mlkem768(p256: &'static dyn Group, mlkem768: &'static dyn Group) -> Self {
        Self { name: NamedGroup::SECP256R1MLKEM768, first: p256, client: 65, server: 65, second: mlkem768 }
    }

    /// SecP384r1MLKEM1024 of its halves.
    pub const fn secp384r1_mlkem1024(p384: &'static dyn Group, mlkem1024: &'static dyn Group) -> Self {
        Self { name: NamedGroup::SECP384R1MLKEM1024, first: p384, client: 97, server: 97, second: mlkem1024 }
    }
}

impl Group for Hybrid {
    fn name(&self) -> NamedGroup {
        self.name
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        let (first, second) = (self.first.start(random)?, self.second.start(random)?);
        let share = [first.share(), second.share()].concat();
        Ok(Box::new(Started { first, second, share, server: self.server }))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        let (first, second) = split(share, self.client)?;
        let (first, second) = (self.first.respond(first, random)?, self.second.respond(second, random)?);
        Ok(Response { share: [first.share, second.share].concat(), secret: join(&first.secret, &second.secret) })
    }
}

/// Both exchanges under way.
struct Started {
    first: Box<dyn Exchange>,
    second: Box<dyn Exchange>,
    share: Vec<u8>,
    server: usize,
}

impl Exchange for Started {
    fn share(&self) -> &[u8] {
        &self.share
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let (first, second) = split(share, self.server)?;
        Ok(join(&self.first.finish(first)?, &self.second.finish(second)?))
    }
}

fn split(share: &[u8], first: usize) -> Result<(&[u8], &[u8]), CryptoError> {
    share.split_at_checked(first).ok_or(CryptoError::InvalidShare)
}

fn join(first: &SharedSecret, second: &SharedSecret) -> SharedSecret {
    SharedSecret::new([first.as_bytes(), second.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stuck;

    /// The hybrid, and its halves in the order of the wire.
    const HYBRIDS: &[(&dyn Group, [&dyn Group; 2])] = &[
        (X25519_MLKEM768, [MLKEM768, X25519]),
        (SECP256R1_MLKEM768, [P256, MLKEM768]),
        (SECP384R1_MLKEM1024, [P384, MLKEM1024]),
    ];

    /// docs/regressions.md row 49: the order of the halves, in both shares and in the secret.
    #[test]
    fn shares_and_secrets_are_concatenated_in_the_order_of_the_draft() {
        // Each group alone and within a hybrid makes the same key.
        let (client, server) = (Stuck(5), Stuck(6));
        for (hybrid, halves) in HYBRIDS {
            let mut expected = [Vec::new(), Vec::new(), Vec::new()];
            for half in halves {
                let started = half.start(&client).unwrap();
                let response = half.respond(started.share(), &server).unwrap();
                expected[0].extend_from_slice(started.share());
                expected[1].extend_from_slice(&response.share);
                expected[2].extend_from_slice(response.secret.as_bytes());
            }
            let started = hybrid.start(&client).unwrap();
            let response = hybrid.respond(started.share(), &server).unwrap();
            assert_eq!(started.share(), expected[0]);
            assert_eq!(response.share, expected[1]);
            assert_eq!(response.secret.as_bytes(), expected[2]);
            assert_eq!(started.finish(&response.share).unwrap().as_bytes(), expected[2]);
        }
    }
}
