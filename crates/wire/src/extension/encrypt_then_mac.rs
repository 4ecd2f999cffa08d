//! encrypt_then_mac (RFC 7366).

use super::empty_extension;

empty_extension! {
    /// CBC records of TLS 1.2 carry their MAC over the ciphertext. Empty (RFC 7366 §2).
    EncryptThenMac = ENCRYPT_THEN_MAC
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_extension;

    #[test]
    fn round_trip() {
        check_extension(EncryptThenMac, "");
    }
}
