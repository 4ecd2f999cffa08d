//! The registries of a few values each.

use super::code_points;

code_points! {
    /// A version of TLS, as in `supported_versions`, hello messages and record headers (RFC 9846 §4.2.2).
    ProtocolVersion(u16) {
        SSL3 = 0x0300 "SSL 3.0",
        TLS1_0 = 0x0301 "TLS 1.0",
        TLS1_1 = 0x0302 "TLS 1.1",
        TLS1_2 = 0x0303 "TLS 1.2",
        TLS1_3 = 0x0304 "TLS 1.3",
    }
}

code_points! {
    /// What a Certificate message carries (RFC 7250 §4, RFC 9846 §4.5.1).
    CertificateType(u8) {
        X509 = 0 "X509",
        OPEN_PGP = 1 "OpenPGP",
        RAW_PUBLIC_KEY = 2 "RawPublicKey",
    }
}

code_points! {
    /// How a pre-shared key is combined with a key exchange (RFC 9846 §4.3.9).
    PskKeyExchangeMode(u8) {
        PSK_KE = 0 "psk_ke",
        PSK_DHE_KE = 1 "psk_dhe_ke",
    }
}

code_points! {
    /// Whether the sender of a KeyUpdate wants one back (RFC 9846 §4.7.3).
    KeyUpdateRequest(u8) {
        UPDATE_NOT_REQUESTED = 0 "update_not_requested",
        UPDATE_REQUESTED = 1 "update_requested",
    }
}

code_points! {
    /// An algorithm that compresses a Certificate message (RFC 8879 §7.3).
    CompressionAlgorithm(u16) {
        ZLIB = 1 "zlib",
        BROTLI = 2 "brotli",
        ZSTD = 3 "zstd",
    }
}

code_points! {
    /// The kind of a certificate status, in requests and responses (RFC 6066 §8).
    CertificateStatusType(u8) {
        OCSP = 1 "ocsp",
        OCSP_MULTI = 2 "ocsp_multi",
    }
}

code_points! {
    /// The kind of a name in `server_name` (RFC 6066 §3).
    NameType(u8) {
        HOST_NAME = 0 "host_name",
    }
}
