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
