//! Named policies: which versions, cipher suites, groups and signature schemes may be used at all.

use super::common::Choices;
use super::version::LOWEST;
use super::{ConfigError, Version};
use alloc::vec::Vec;
use core::fmt;
use handfast_wire::{CipherSuite, NamedGroup, SignatureScheme};

/// A named bound on versions, cipher suites, groups and signature schemes, for either builder.
///
/// A name with a date stands for one table, which never changes: what is on it today is on it in every later release.
/// [`Default`](Self::Default), [`Modern`](Self::Modern) and [`Compatible`](Self::Compatible) have no date, and each stands for
/// its latest table.
///
/// A policy is a bound. Lists and versions that are set besides, before or after, choose from it and put what is left into
/// their own order; they never add to it, and where nothing is left the configuration is refused. Without such a list the
/// table is the list. What is on a table and one of the older ways of TLS 1.2 still needs its switch.
///
/// No table bounds how long an RSA key is, how the certificates of a path are signed, or which curve a key in them is on: the
/// schemes are those of handshakes, and those that are asked for in certificates, and the judge decides about the path
/// ([`pki::Policy`](handfast_pki::Policy)). That cryptography is certified is no property of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsPolicy {
    /// What a builder has without a policy: [`Self::Default202611`].
    Default,
    /// For peers that are up to date: [`Self::Modern202611`].
    Modern,
    /// For peers that are not: [`Self::Compatible202611`].
    Compatible,
    /// TLS 1.2 and 1.3, ephemeral keys, AEADs but CCM, post-quantum hybrids first.
    Default202611,
    /// The same in TLS 1.3 alone.
    Modern202611,
    /// All that is not one of the older ways: to the default it adds AES-CCM in both versions, and asks peers for ML-DSA.
    Compatible202611,
    /// NIST SP 800-52r2: AES-GCM, P-256 and P-384, RSA and ECDSA on those curves. BoringSSL's `fips_202205`. Certificates with
    /// RSA keys of other sizes than FIPS 186 has are not refused by it.
    Fips202205,
    /// WPA3-Enterprise 192-bit mode, WPA3 specification 3.1 §3.5: AES-256-GCM, P-384, SHA-384 and longer. BoringSSL's
    /// `wpa3_192_202304`. That RSA keys have 3,072 bits or more, which the specification wants as well, is the judge's to say.
    Wpa202304,
    /// The default with AES-256 before AES-128, and ChaCha20 last: for peers that have to follow CNSA, among others.
    /// BoringSSL's `cnsa_202407`.
    Cnsa202407,
    /// CNSA 1.0 (RFC 9151), with ML-KEM-1024 preferred: AES-256-GCM, P-384, SHA-384. BoringSSL's `cnsa1_202603`. That RSA keys
    /// have 3,072 bits or more, and how certificates are signed (RFC 9151 §4), is the judge's to say.
    Cnsa1V202603,
    /// CNSA 2.0 (draft-becker-cnsa2-tls-profile) but for its signatures, which are those of CNSA 1.0 here: TLS 1.3, AES-256-GCM,
    /// ML-KEM-1024. BoringSSL's `cnsa2_202603`. Neither keys nor signatures in certificates are bounded.
    Cnsa2V202603,
}

/// What a name stands for, each list in the order of preference.
struct Table {
    versions: (Version, Version),
    suites: &'static [CipherSuite],
    groups: &'static [NamedGroup],
    schemes: &'static [SignatureScheme],
    /// What keys of one's own sign with.
    sign_schemes: &'static [SignatureScheme],
}

impl TlsPolicy {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Default,
        Self::Modern,
        Self::Compatible,
        Self::Default202611,
        Self::Modern202611,
        Self::Compatible202611,
        Self::Fips202205,
        Self::Wpa202304,
        Self::Cnsa202407,
        Self::Cnsa1V202603,
        Self::Cnsa2V202603,
    ];

    /// The name, in lower case: `default`, `fips-202205`, …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Modern => "modern",
            Self::Compatible => "compatible",
            Self::Default202611 => "default-202611",
            Self::Modern202611 => "modern-202611",
            Self::Compatible202611 => "compatible-202611",
            Self::Fips202205 => "fips-202205",
            Self::Wpa202304 => "wpa-202304",
            Self::Cnsa202407 => "cnsa-202407",
            Self::Cnsa1V202603 => "cnsa1-202603",
            Self::Cnsa2V202603 => "cnsa2-202603",
        }
    }

    /// The policy of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|policy| policy.name() == name)
    }

    /// The policy with a date that this one stands for, or is.
    pub const fn dated(self) -> Self {
        match self {
            Self::Default => Self::Default202611,
            Self::Modern => Self::Modern202611,
            Self::Compatible => Self::Compatible202611,
            dated => dated,
        }
    }

    /// The lowest and the highest version.
    pub fn versions(self) -> (Version, Version) {
        self.table().versions
    }

    /// The cipher suites of both versions, most preferred first.
    pub fn suites(self) -> &'static [CipherSuite] {
        self.table().suites
    }

    /// The groups, most preferred first.
    pub fn groups(self) -> &'static [NamedGroup] {
        self.table().groups
    }

    /// The signature schemes of the peer, most preferred first.
    pub fn schemes(self) -> &'static [SignatureScheme] {
        self.table().schemes
    }

    /// The schemes that keys of one's own sign with.
    pub fn sign_schemes(self) -> &'static [SignatureScheme] {
        self.table().sign_schemes
    }

    fn table(self) -> &'static Table {
        match self {
            Self::Default | Self::Default202611 => &DEFAULT_202611,
            Self::Modern | Self::Modern202611 => &MODERN_202611,
            Self::Compatible | Self::Compatible202611 => &COMPATIBLE_202611,
            Self::Fips202205 => &FIPS_202205,
            Self::Wpa202304 => &WPA_202304,
            Self::Cnsa202407 => &CNSA_202407,
            Self::Cnsa1V202603 => &CNSA1_202603,
            Self::Cnsa2V202603 => &CNSA2_202603,
        }
    }
}

/// Its [`name`](TlsPolicy::name).
impl fmt::Display for TlsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Choices {
    /// What is chosen, within the policy.
    pub(super) fn narrow(&mut self) -> Result<(), ConfigError> {
        let Some(table) = self.policy.map(TlsPolicy::table) else { return Ok(()) };
        self.versions = (self.versions.0.max(table.versions.0), self.versions.1.min(table.versions.1));
        // What is only on the table, and not here or not switched on, is left out.
        self.lenient |= self.suites.is_none();
        let provider = &self.provider;
        let known = || table.groups.iter().copied().filter(|&name| provider.group(name).is_some()).collect();
        self.groups = Some(match self.groups.take() {
            Some(chosen) => within(chosen, table.groups, ConfigError::NoGroups)?,
            None => known(),
        });
        let list = |chosen: Option<Vec<SignatureScheme>>, table: &[SignatureScheme]| match chosen {
            Some(chosen) => within(chosen, table, ConfigError::NoSchemes),
            None => Ok(table.to_vec()),
        };
        self.sign_schemes = Some(list(self.sign_schemes.take().or_else(|| self.schemes.clone()), table.sign_schemes)?);
        self.schemes = Some(list(self.schemes.take(), table.schemes)?);
        let named = core::mem::take(&mut self.certificate_schemes);
        self.certificate_schemes = within(named, table.schemes, ConfigError::NoSchemes)?;
        self.suites = Some(match self.suites.take() {
            Some(chosen) => within(chosen, table.suites, ConfigError::NoSuites)?,
            None => table.suites.to_vec(),
        });
        Ok(())
    }
}

/// What is on both lists in the order of the first; the error where that had something, and nothing is left.
fn within<T: Copy + PartialEq>(chosen: Vec<T>, table: &[T], nothing: ConfigError) -> Result<Vec<T>, ConfigError> {
    let given = !chosen.is_empty();
    let left: Vec<_> = chosen.into_iter().filter(|item| table.contains(item)).collect();
    if given && left.is_empty() { Err(nothing) } else { Ok(left) }
}

use CipherSuite as C;
use NamedGroup as G;
use SignatureScheme as S;

const DEFAULT_202611: Table = Table {
    versions: (LOWEST, Version::Tls13),
    suites: &[
        C::TLS_AES_128_GCM_SHA256,
        C::TLS_AES_256_GCM_SHA384,
        C::TLS_CHACHA20_POLY1305_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        C::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ],
    groups: DEFAULT_GROUPS,
    schemes: DEFAULT_SCHEMES,
    sign_schemes: ALL_SCHEMES,
};

const DEFAULT_GROUPS: &[NamedGroup] = &[
    G::X25519MLKEM768,
    G::X25519,
    G::SECP256R1,
    G::SECP384R1,
    G::SECP521R1,
    G::SECP256R1MLKEM768,
    G::SECP384R1MLKEM1024,
];

const DEFAULT_SCHEMES: &[SignatureScheme] = &[
    S::ECDSA_SECP256R1_SHA256,
    S::ED25519,
    S::ECDSA_SECP384R1_SHA384,
    S::ECDSA_SECP521R1_SHA512,
    S::RSA_PSS_RSAE_SHA256,
    S::RSA_PSS_RSAE_SHA384,
    S::RSA_PSS_RSAE_SHA512,
    S::RSA_PSS_PSS_SHA256,
    S::RSA_PSS_PSS_SHA384,
    S::RSA_PSS_PSS_SHA512,
    S::RSA_PKCS1_SHA256,
    S::RSA_PKCS1_SHA384,
    S::RSA_PKCS1_SHA512,
];

/// Those of the default, and ML-DSA, which is not asked for: who has such a key and meets a peer that asks may use it.
const ALL_SCHEMES: &[SignatureScheme] = &[
    S::ECDSA_SECP256R1_SHA256,
    S::ED25519,
    S::ECDSA_SECP384R1_SHA384,
    S::ECDSA_SECP521R1_SHA512,
    S::RSA_PSS_RSAE_SHA256,
    S::RSA_PSS_RSAE_SHA384,
    S::RSA_PSS_RSAE_SHA512,
    S::RSA_PSS_PSS_SHA256,
    S::RSA_PSS_PSS_SHA384,
    S::RSA_PSS_PSS_SHA512,
    S::RSA_PKCS1_SHA256,
    S::RSA_PKCS1_SHA384,
    S::RSA_PKCS1_SHA512,
    S::MLDSA44,
    S::MLDSA65,
    S::MLDSA87,
];

const MODERN_202611: Table = Table {
    versions: (Version::Tls13, Version::Tls13),
    suites: &[C::TLS_AES_128_GCM_SHA256, C::TLS_AES_256_GCM_SHA384, C::TLS_CHACHA20_POLY1305_SHA256],
    groups: DEFAULT_GROUPS,
    schemes: DEFAULT_SCHEMES,
    sign_schemes: ALL_SCHEMES,
};

const COMPATIBLE_202611: Table = Table {
    versions: (LOWEST, Version::Tls13),
    suites: &[
        C::TLS_AES_128_GCM_SHA256,
        C::TLS_AES_256_GCM_SHA384,
        C::TLS_CHACHA20_POLY1305_SHA256,
        C::TLS_AES_128_CCM_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        C::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_CCM,
    ],
    groups: DEFAULT_GROUPS,
    schemes: ALL_SCHEMES,
    sign_schemes: ALL_SCHEMES,
};

const FIPS_202205: Table = Table {
    versions: (LOWEST, Version::Tls13),
    suites: &[
        C::TLS_AES_128_GCM_SHA256,
        C::TLS_AES_256_GCM_SHA384,
        C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ],
    groups: &[G::SECP256R1, G::SECP384R1],
    schemes: FIPS_SCHEMES,
    sign_schemes: FIPS_SCHEMES,
};

const FIPS_SCHEMES: &[SignatureScheme] = &[
    S::RSA_PKCS1_SHA256,
    S::RSA_PKCS1_SHA384,
    S::RSA_PKCS1_SHA512,
    S::ECDSA_SECP256R1_SHA256,
    S::ECDSA_SECP384R1_SHA384,
    S::RSA_PSS_RSAE_SHA256,
    S::RSA_PSS_RSAE_SHA384,
    S::RSA_PSS_RSAE_SHA512,
];

const WPA_202304: Table = Table {
    versions: (LOWEST, Version::Tls13),
    suites: &[
        C::TLS_AES_256_GCM_SHA384,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ],
    groups: &[G::SECP384R1],
    schemes: WPA_SCHEMES,
    sign_schemes: WPA_SCHEMES,
};

const WPA_SCHEMES: &[SignatureScheme] = &[
    S::RSA_PKCS1_SHA384,
    S::RSA_PKCS1_SHA512,
    S::ECDSA_SECP384R1_SHA384,
    S::RSA_PSS_RSAE_SHA384,
    S::RSA_PSS_RSAE_SHA512,
];

const CNSA_202407: Table = Table {
    versions: (LOWEST, Version::Tls13),
    suites: &[
        C::TLS_AES_256_GCM_SHA384,
        C::TLS_AES_128_GCM_SHA256,
        C::TLS_CHACHA20_POLY1305_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        C::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ],
    groups: DEFAULT_GROUPS,
    schemes: DEFAULT_SCHEMES,
    sign_schemes: ALL_SCHEMES,
};

const CNSA1_202603: Table = Table {
    versions: (LOWEST, Version::Tls13),
    suites: &[
        C::TLS_AES_256_GCM_SHA384,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        C::TLS_RSA_WITH_AES_256_GCM_SHA384,
    ],
    groups: &[G::MLKEM1024, G::SECP384R1],
    schemes: CNSA_SCHEMES,
    sign_schemes: CNSA_SCHEMES,
};

const CNSA2_202603: Table = Table {
    versions: (Version::Tls13, Version::Tls13),
    suites: &[C::TLS_AES_256_GCM_SHA384],
    groups: &[G::MLKEM1024],
    schemes: CNSA_SCHEMES,
    sign_schemes: CNSA_SCHEMES,
};

const CNSA_SCHEMES: &[SignatureScheme] = &[S::ECDSA_SECP384R1_SHA384, S::RSA_PSS_RSAE_SHA384, S::RSA_PKCS1_SHA384];
