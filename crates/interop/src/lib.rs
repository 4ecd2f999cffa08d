//! Handfast against other people's programs, over real sockets and in both directions: `just interop`.
//!
//! | file | concept |
//! |---|---|
//! | `world` | the certificates, and the file that is transferred |
//! | `ours` | the side that is Handfast |
//! | `link` | the same, driven by hand: sessions, early data, renegotiation |
//! | `older` | TLS 1.2 with everything switched on |
//! | `psk` | TLS 1.3 with external keys |
//! | `process` | the side that is not: a program under way |
//! | `script` | programs of `peers/`, which all talk the same way |
//! | `script12` | the same with TLS 1.2 |
//! | `again` | the same once more: sessions |
//! | `site` | a web site, for what speaks HTTP |
//! | `capture` | what went over the wire, as Wireshark has it |
//!
//! Each file of `tests/peers/` is a peer. Whatever a case needs (a suite, a group, a kind of certificate) is asked for on our side
//! where possible, so that a peer runs as it is: with one suite or group on offer, either that is agreed on or nothing. A
//! program that is not installed fails its tests. Everything listens on loopback, but for
//! gnutls-serv and selfserv, which know no address.
#![forbid(unsafe_code)]

pub mod again;
pub mod capture;
pub mod link;
pub mod older;
pub mod ours;
pub mod process;
pub mod psk;
pub mod script;
pub mod script12;
pub mod site;
pub mod world;

use handfast::wire::{CipherSuite, NamedGroup};

/// The suites that every peer knows.
pub const SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
];

/// The suites that some know and nobody uses unless told to.
pub const CCM: [CipherSuite; 2] = [CipherSuite::TLS_AES_128_CCM_SHA256, CipherSuite::TLS_AES_128_CCM_8_SHA256];

/// The groups that every peer knows.
pub const GROUPS: [NamedGroup; 4] =
    [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1];

/// A HelloRetryRequest to come.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// What the client sends a share of.
    pub guessed: NamedGroup,
    /// What the server wants.
    pub wanted: NamedGroup,
}

/// Every suite and group, and these kinds of certificates, both ways: for a peer whose file has
/// `ask_them(kind, client configuration, options)` and `ask_us(server configuration, options)`, which give our facts.
#[macro_export]
macro_rules! matrix_tests {
    ($kinds:expr) => {
        #[test]
        fn every_suite() {
            for suite in $crate::SUITES {
                let (client, server) = (WORLD.client().suites([suite]), WORLD.server(KeyKind::P256).suites([suite]));
                for facts in [ask_them(KeyKind::P256, client, &[]), ask_us(server, &[])] {
                    assert_eq!(facts.suite.map(|known| known.id), Some(suite));
                }
            }
        }

        #[test]
        fn every_group() {
            for group in $crate::GROUPS {
                let (client, server) = (WORLD.client().groups([group]), WORLD.server(KeyKind::P256).groups([group]));
                for facts in [ask_them(KeyKind::P256, client, &[]), ask_us(server, &[])] {
                    assert_eq!(facts.group, Some(group));
                }
            }
        }

        #[test]
        fn every_kind_of_certificate() {
            for kind in $kinds {
                ask_them(kind, WORLD.client(), &[]);
                ask_us(WORLD.server(kind), &[]);
            }
        }
    };
}
