//! extended_main_secret (RFC 7627), formerly and here extended_master_secret.

use super::empty_extension;

empty_extension! {
    /// The master secret of TLS 1.2 depends on the whole handshake. Empty (RFC 7627 §5.1).
    ExtendedMasterSecret = EXTENDED_MASTER_SECRET
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_extension;

    #[test]
    fn round_trip() {
        check_extension(ExtendedMasterSecret, "");
    }
}
