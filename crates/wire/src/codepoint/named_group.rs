//! Key exchange groups, and how their points were once written.

use super::code_points;

code_points! {
    /// A group or mechanism of key exchange (RFC 9846 §4.3.7, RFC 7919, RFC 8422).
    ///
    /// The hybrids of ML-KEM with an elliptic curve are named as they are combined on the wire, except for
    /// `X25519MLKEM768`, where the ML-KEM part stands first.
    NamedGroup(u16) {
        SECP256R1 = 0x0017 "secp256r1",
        SECP384R1 = 0x0018 "secp384r1",
        SECP521R1 = 0x0019 "secp521r1",
        BRAINPOOL_P256R1 = 0x001a "brainpoolP256r1",
        BRAINPOOL_P384R1 = 0x001b "brainpoolP384r1",
        BRAINPOOL_P512R1 = 0x001c "brainpoolP512r1",
        X25519 = 0x001d "x25519",
        X448 = 0x001e "x448",
        BRAINPOOL_P256R1_TLS13 = 0x001f "brainpoolP256r1tls13",
        BRAINPOOL_P384R1_TLS13 = 0x0020 "brainpoolP384r1tls13",
        BRAINPOOL_P512R1_TLS13 = 0x0021 "brainpoolP512r1tls13",
        FFDHE2048 = 0x0100 "ffdhe2048",
        FFDHE3072 = 0x0101 "ffdhe3072",
        FFDHE4096 = 0x0102 "ffdhe4096",
        FFDHE6144 = 0x0103 "ffdhe6144",
        FFDHE8192 = 0x0104 "ffdhe8192",
        MLKEM512 = 0x0200 "MLKEM512",
        MLKEM768 = 0x0201 "MLKEM768",
        MLKEM1024 = 0x0202 "MLKEM1024",
        SECP256R1MLKEM768 = 0x11eb "SecP256r1MLKEM768",
        X25519MLKEM768 = 0x11ec "X25519MLKEM768",
        SECP384R1MLKEM1024 = 0x11ed "SecP384r1MLKEM1024",
    }
}

code_points! {
    /// A way to write a curve point in TLS 1.2 (RFC 8422 §5.1.2).
    EcPointFormat(u8) {
        UNCOMPRESSED = 0 "uncompressed",
        ANSI_X962_COMPRESSED_PRIME = 1 "ansiX962_compressed_prime",
        ANSI_X962_COMPRESSED_CHAR2 = 2 "ansiX962_compressed_char2",
    }
}
