//! The engine against itself: every way bytes can arrive and decisions can be made, what it allocates, what it refuses.

mod binders13;
mod bogo_finds;
mod choice;
mod compression;
mod configuration;
mod delegated;
mod domain;
mod early_data;
mod early_data13;
mod halves;
mod hosts;
mod interop_finds;
#[cfg(feature = "tls12")]
mod ja4;
mod late;
#[cfg(feature = "legacy")]
mod legacy;
mod lifetimes13;
mod matrix;
mod matrix_sessions;
mod policy;
mod psk13;
#[cfg(feature = "legacy")]
mod psk_ke;
mod raw_keys;
mod refusals;
mod replay13;
mod report_only;
mod resumption;
mod review13;
mod revocation;
#[cfg(feature = "tls12")]
mod sessions;
mod shares;
mod site;
mod staples;
mod tickets13;
#[cfg(feature = "tls12")]
mod tls12;
mod tls13;
mod tracing;
mod violations;
#[cfg(feature = "tls12")]
mod violations12;
#[cfg(feature = "legacy")]
mod violations_legacy;
mod violations_psk;

/// What only a peer can do wrong that has pre-shared keys.
const SESSION_VIOLATIONS: &[&str] =
    &["BadBinder", "EarlyDataMismatch", "PskRequired", "SelectedPsk", "TooMuchEarlyData"];

/// What only a peer can do wrong whose certificates may be compressed.
const COMPRESSION_VIOLATIONS: &[&str] = &["BadCompression", "CompressionNotOffered", "UncompressedTooLong"];

/// What only a peer can do wrong with whom raw public keys are negotiated.
const RAW_KEY_VIOLATIONS: &[&str] = &["BadRawKey", "SelectedCertificateType", "SeveralRawKeys", "X509Alone"];

/// What only a peer of TLS 1.2 can do wrong.
const TLS12_VIOLATIONS: &[&str] = &[
    "ClientCertificateMissing",
    "InappropriateFallback",
    "KeyMismatch",
    "MaxFragmentLength",
    "NoExtendedMainSecret",
    "PointFormat",
    "Renegotiation",
    "RenegotiationInfo",
    "TooManyHelloRequests",
    "VersionOnEarlyData",
];

/// What only a peer can do wrong that uses the older ways of TLS 1.2.
const LEGACY_VIOLATIONS: &[&str] = &[
    "ChangedCertificate",
    "ChangedName",
    "MacThenEncrypt",
    "ShortField",
    "SuiteForHttp2",
    "UnknownField",
    "UnknownPskIdentity",
];
