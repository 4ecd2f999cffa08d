//! post_handshake_auth (RFC 9846 §4.3.6).

use super::empty_extension;

empty_extension! {
    /// The client lets itself be asked for a certificate after the handshake. Empty (RFC 9846 §4.3.6).
    PostHandshakeAuth = POST_HANDSHAKE_AUTH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_extension;

    #[test]
    fn round_trip() {
        check_extension(PostHandshakeAuth, "");
    }
}
