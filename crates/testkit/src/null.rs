//! Cryptography that protects nothing, so that a fuzzer reaches what lies behind authentication: every digest is zero, every
//! signature is good, a sealed record is its content and sixteen zeros.
//!
//! Never to be built into anything but tests; it is in this crate because this crate is never published.

use crate::random::Seeded;
use crate::world::World;
use handfast::crypto::signature::Verifier;
use handfast::crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError, Digest, Exchange, Group, Hash, HashAlgorithm, HashContext, KeyError,
    KeyKind, KeyLoader, Provider, PublicKey, Random, Response, Secret, SharedSecret, SignatureAlgorithm, SigningKey,
};
use handfast::wire::{NamedGroup, SignatureScheme};
use handfast::{Connection, Event, Identity, PeerQuestion, Rejection, Session, VerifyPeer};
use pki_types::{PrivateKeyDer, UnixTime};
use std::sync::Arc;

/// The provider.
pub fn provider() -> Provider {
    Provider {
        name: "null",
        hashes: &[&Null(HashAlgorithm::Sha256), &Null(HashAlgorithm::Sha384)],
        sha1: None,
        aeads: &[&Null(AeadAlgorithm::Aes128Gcm), &Null(AeadAlgorithm::Aes256Gcm)],
        groups: &[&Null(NamedGroup::X25519), &Null(NamedGroup::SECP256R1)],
        block_ciphers: &[],
        macs: &[],
        fields: None,
        encrypter: None,
        verifier: &Null(()),
        keys: &Null(()),
        passwords: None,
        random: Seeded::new(0),
    }
}

/// A server's or client's identity with a real certificate and a key that signs nothing with anything.
pub fn identity() -> Arc<Identity> {
    identity_of(KeyKind::P256)
}

/// The same with a certificate for a key of `kind`, P-256 or RSA.
pub fn identity_of(kind: KeyKind) -> Arc<Identity> {
    let chain = World::of(kind).server.credential().chain().to_vec();
    let key = handfast::pki::leaf_key(&chain[0]).expect("a leaf");
    Identity::with_key(chain, Arc::new(NullKey(key))).expect("an identity")
}

/// Welcomes everybody: judging is another fuzzer's business. It has a name, so that there are sessions.
pub struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
        Ok(())
    }

    fn domain(&self) -> Option<[u8; 32]> {
        Some([0; 32])
    }
}

/// Hands `input` to `end`, which wants for more at the end of it; gives the sessions that came.
pub fn pump(end: &mut Connection, mut input: Vec<u8>, out: &mut Vec<u8>) -> Vec<Session> {
    let mut sessions = Vec::new();
    loop {
        let received = end.receive(&mut input, out).expect("a peer that keeps to the rules");
        let done = matches!(received.event, Event::NeedInput { .. } | Event::Closed);
        if let Event::Session(session) = received.event {
            sessions.push(session);
        }
        let consumed = received.consumed;
        input.drain(..consumed);
        if done {
            return sessions;
        }
    }
}

/// A primitive of a kind, without the primitive.
pub(crate) struct Null<T>(pub(crate) T);

impl Hash for Null<HashAlgorithm> {
    fn algorithm(&self) -> HashAlgorithm {
        self.0
    }

    fn start(&self) -> Box<dyn HashContext> {
        Box::new(Null(self.0))
    }

    fn digest(&self, _: &[&[u8]]) -> Result<Digest, CryptoError> {
        Ok(Digest::new(&[0; Digest::MAX][..self.0.output_len()]))
    }

    fn hmac(&self, _: &[u8], _: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.digest(&[])
    }

    fn extract(&self, _: &[u8], _: &[u8]) -> Result<Secret, CryptoError> {
        Ok(Secret::zero(self.0.output_len()))
    }

    fn expand(&self, _: &[u8], _: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
        okm.fill(0);
        Ok(())
    }
}

impl HashContext for Null<HashAlgorithm> {
    fn update(&mut self, _: &[u8]) {}

    fn current(&self) -> Result<Digest, CryptoError> {
        self.digest(&[])
    }

    fn fork(&self) -> Box<dyn HashContext> {
        Box::new(Null(self.0))
    }
}

impl Aead for Null<AeadAlgorithm> {
    fn algorithm(&self) -> AeadAlgorithm {
        self.0
    }

    fn key(&self, _: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        Ok(Box::new(Null(())))
    }
}

impl AeadKey for Null<()> {
    fn seal_in_place(&self, _: &[u8; 12], _: &[u8], _: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        Ok([0; 16])
    }

    fn open_in_place(&self, _: &[u8; 12], _: &[u8], buf: &mut [u8], tag: &[u8]) -> Result<(), CryptoError> {
        if tag == [0; 16] {
            return Ok(());
        }
        // As every AEAD here: what does not open leaves nothing behind.
        buf.fill(0);
        Err(CryptoError::OpenFailed)
    }

    fn tag_len(&self) -> usize {
        16
    }
}

impl Group for Null<NamedGroup> {
    fn name(&self) -> NamedGroup {
        self.0
    }

    fn start(&self, _: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        Ok(Box::new(Null(())))
    }

    fn respond(&self, share: &[u8], _: &dyn Random) -> Result<Response, CryptoError> {
        let secret = Box::new(Null(())).finish(share)?;
        Ok(Response { share: vec![0], secret })
    }
}

impl Exchange for Null<()> {
    fn share(&self) -> &[u8] {
        &[0]
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        if share == [0] { Ok(SharedSecret::new(vec![0; 32])) } else { Err(CryptoError::InvalidShare) }
    }
}

impl Verifier for Null<()> {
    fn verify(&self, _: SignatureAlgorithm, _: &PublicKey, _: &[u8], _: &[u8]) -> Result<(), CryptoError> {
        Ok(())
    }
}

impl KeyLoader for Null<()> {
    fn load(&self, _: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        Err(KeyError::Unsupported)
    }
}

#[derive(Debug)]
pub(crate) struct NullKey(pub(crate) PublicKey);

impl SigningKey for NullKey {
    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn schemes(&self) -> &[SignatureScheme] {
        match self.0.kind {
            KeyKind::Rsa => &[SignatureScheme::RSA_PSS_RSAE_SHA256],
            _ => &[SignatureScheme::ECDSA_SECP256R1_SHA256],
        }
    }

    fn sign(&self, _: SignatureScheme, _: &[u8], _: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        Ok(vec![0; 8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeded;
    use handfast::{ClientConfig, ClientStart, ServerConfig};

    /// Without this the fuzzers would never get past a Finished.
    #[test]
    fn null_connections_connect() {
        let provider = || Provider { random: Seeded::new(1), ..provider() };
        let client = ClientConfig::builder_with(provider()).dangerous_no_verification().build().unwrap();
        let server = ServerConfig::builder_with(provider()).identity(identity()).build().unwrap();
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let mut client = ClientStart::dangerous_nameless(&client).connect(&mut to_server).unwrap();
        let mut server = Connection::server(&server).unwrap();
        for _ in 0..2 {
            pump(&mut server, std::mem::take(&mut to_server), &mut to_client);
            pump(&mut client, std::mem::take(&mut to_client), &mut to_server);
        }
        assert!(client.is_connected() && server.is_connected());
    }
}
