//! The question of RSA key transport: a ciphertext (RFC 5246 §7.4.7.1).

use super::{Answer, QuestionId, Reply};
use alloc::vec::Vec;
use handfast_crypto::{DecryptingKey, Random, SharedSecret};
use zeroize::Zeroizing;

/// What is in this ciphertext?
///
/// Whoever answers tells nobody whether the padding was right: neither by an error nor by how long the answer takes. It is
/// safest to give the raw block and leave the padding to the machine.
#[derive(Debug)]
pub struct DecryptQuestion {
    pub(crate) id: QuestionId,
    pub(crate) ciphertext: Vec<u8>,
}

/// What was found.
pub(crate) enum Decrypted {
    /// The output of the raw operation.
    Block(SharedSecret),
    /// What a key that unpads itself gave.
    Secret(Zeroizing<[u8; 48]>),
    /// Nothing could be decrypted.
    Nothing,
}

impl DecryptQuestion {
    /// The ciphertext as it came, of any length.
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// The output of the raw operation (RFC 8017 §5.1.2), as long as the modulus, padding and all.
    pub fn block(self, block: SharedSecret) -> Answer {
        Answer { id: self.id, reply: Reply::Decrypted(Decrypted::Block(block)) }
    }

    /// For a key that can only unpad: what it gave, or where it failed random bytes in their place. A key that tells the
    /// two apart by its time is an oracle, and nothing here can mend that.
    pub fn secret(self, secret: Zeroizing<[u8; 48]>) -> Answer {
        Answer { id: self.id, reply: Reply::Decrypted(Decrypted::Secret(secret)) }
    }

    /// Lets `key` decrypt.
    pub fn decrypt_with(self, key: &dyn DecryptingKey, random: &dyn Random) -> Answer {
        match key.decrypt(&self.ciphertext, random) {
            Ok(block) => self.block(block),
            // A length that is not the key's, which anybody can see: the same path all the same.
            Err(_) => self.failed(),
        }
    }

    /// The key did not decrypt. The handshake goes on with a random secret and ends at Finished.
    pub fn failed(self) -> Answer {
        Answer { id: self.id, reply: Reply::Decrypted(Decrypted::Nothing) }
    }
}
