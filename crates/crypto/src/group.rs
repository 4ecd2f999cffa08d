//! Key exchange, shaped as a KEM: the client starts, the server responds, the client finishes.
//!
//! Diffie-Hellman fits this shape (a response is a fresh key pair and the agreement in one step), ML-KEM is this
//! shape, and a hybrid is two of them side by side.

use crate::field::FieldParameters;
use crate::{CryptoError, Random, SharedSecret};
use alloc::{boxed::Box, vec::Vec};
use handfast_wire::NamedGroup;

/// A named group.
pub trait Group: Send + Sync {
    /// Its code point.
    fn name(&self) -> NamedGroup;

    /// The client's side: a fresh key pair. It is used for one handshake and never again (RFC 9846 §4.3.8).
    ///
    /// # Errors
    /// [`CryptoError::Random`] or the primitive's own failure.
    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError>;

    /// The server's side: answers the client's `share`.
    ///
    /// # Errors
    /// [`CryptoError::InvalidShare`] for a share of the wrong length, off the curve, of small order, or with an
    /// encapsulation key that fails its modulus check.
    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError>;

    /// The numbers of a finite field, which TLS 1.2 sends along; `None` for a curve. Shares and secrets are as long as `p`
    /// then, with leading zeros.
    fn field(&self) -> Option<FieldParameters<'_>> {
        None
    }
}

/// A key exchange the client has started.
pub trait Exchange: Send + Sync {
    /// What goes into the ClientHello's `key_exchange`.
    fn share(&self) -> &[u8];

    /// Takes the server's share and gives the secret. Consumes the private key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidShare`] as for [`Group::respond`]. An ML-KEM ciphertext of the right length is never
    /// refused: implicit rejection makes another secret, and the first protected record does not open.
    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError>;
}

/// What the server makes of a client's share.
#[derive(Debug)]
pub struct Response {
    /// What goes into the ServerHello's `key_exchange`.
    pub share: Vec<u8>,
    /// The secret both now have.
    pub secret: SharedSecret,
}

/// Whether `name` has ML-KEM in it: as a hybrid with an elliptic curve, or alone. TLS 1.2 has none of them.
pub const fn is_post_quantum(name: NamedGroup) -> bool {
    matches!(name, NamedGroup::X25519MLKEM768 | NamedGroup::SECP256R1MLKEM768 | NamedGroup::SECP384R1MLKEM1024)
        || is_ml_kem(name)
}

/// Whether `name` is ML-KEM alone (draft-ietf-tls-mlkem): no curve stands beside it should it turn out to be weaker than it
/// is thought to be.
pub const fn is_ml_kem(name: NamedGroup) -> bool {
    matches!(name, NamedGroup::MLKEM512 | NamedGroup::MLKEM768 | NamedGroup::MLKEM1024)
}

/// Whether `name` is a finite field of RFC 7919.
pub const fn is_field(name: NamedGroup) -> bool {
    matches!(
        name,
        NamedGroup::FFDHE2048
            | NamedGroup::FFDHE3072
            | NamedGroup::FFDHE4096
            | NamedGroup::FFDHE6144
            | NamedGroup::FFDHE8192
    )
}

/// How large `name` is, in bits: of a finite field the prime, of a curve the order of its group, of a hybrid that of its curve. `None`
/// for ML-KEM alone and for what is not known here.
pub const fn bits(name: NamedGroup) -> Option<usize> {
    Some(match name {
        NamedGroup::X25519 | NamedGroup::X25519MLKEM768 => 253,
        NamedGroup::SECP256R1 | NamedGroup::SECP256R1MLKEM768 => 256,
        NamedGroup::SECP384R1 | NamedGroup::SECP384R1MLKEM1024 => 384,
        NamedGroup::SECP521R1 => 521,
        NamedGroup::FFDHE2048 => 2048,
        NamedGroup::FFDHE3072 => 3072,
        NamedGroup::FFDHE4096 => 4096,
        NamedGroup::FFDHE6144 => 6144,
        NamedGroup::FFDHE8192 => 8192,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    /// A name with a number in it has that size, but for that of curve 25519, whose number is the prime's.
    #[test]
    fn sizes_are_those_of_the_names() {
        for &name in NamedGroup::ALL {
            let text = name.to_string();
            let number: String =
                text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
            let wanted = match number.as_str() {
                "25519" => Some(253),
                _ if is_ml_kem(name) || text.starts_with("brainpool") || name == NamedGroup::X448 => None,
                number => number.parse().ok(),
            };
            assert_eq!(bits(name), wanted, "{text}");
            assert!(!is_field(name) || bits(name).is_some_and(|bits| bits >= 2048), "{text}");
        }
    }
}
