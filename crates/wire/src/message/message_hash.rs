//! message_hash (RFC 9846 §4.1).

use alloc::vec::Vec;

use crate::HandshakeType;

/// The message that stands for the first ClientHello in the transcript once there is a HelloRetryRequest.
///
/// ```text
/// msg_type   1   254
/// length     3   that of the hash
/// hash           Hash(ClientHello1)
/// ```
///
/// RFC 9846 §4.1. It is hashed, never sent.
pub fn message_hash(hash: &[u8]) -> Vec<u8> {
    // A hash is a few dozen bytes long, so the upper byte, which is the type's place, is free.
    let [_, high, middle, low] = (hash.len() as u32).to_be_bytes();
    let mut message = Vec::from([HandshakeType::MESSAGE_HASH.0, high, middle, low]);
    message.extend_from_slice(hash);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_framed_as_a_message() {
        assert_eq!(message_hash(&[7; 32]), crate::testing::hex("fe 000020 07*32"));
    }
}
