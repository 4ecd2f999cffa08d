//! Under which heading each flag stands.

use clap::Arg;

/// The commands with so many flags that they are sorted.
const SORTED: [&str; 11] = [
    "connect",
    "serve",
    "verify",
    "inspect",
    "probe",
    "bench",
    "pki csr",
    "pki self-sign",
    "pki ca",
    "pki issue",
    "pki crl",
];

/// A heading and its flags. Where one stands elsewhere in one command, the command is in front of it.
type Heading = (&'static str, &'static [&'static str]);

const TABLE: &[Heading] = &[
    ("What is served", &["www", "status", "reply-size"]),
    ("What is measured", &["parts", "bench --time", "connections", "get", "bench --reply-size", "upload"]),
    (
        "Connection",
        &[
            "listen",
            "servername",
            "starttls",
            "handshake-timeout",
            "timeout",
            "max-time",
            "parallel",
            "max-connections",
            "max-handshakes",
            "grace",
            "reload",
        ],
    ),
    ("What to do with it", &["connect --http", "connect --json", "crlf", "reconnect"]),
    (
        "Whom to trust",
        &[
            "cafile",
            "system-roots",
            "untrusted",
            "pin",
            "insecure",
            "require-ocsp",
            "no-ocsp",
            "verify --ocsp",
            "crl",
            "crl-leaf-only",
            "crl-optional",
            "crl-expired",
            "profile",
            "max-depth",
            "verify --policy",
            "explicit-policy",
        ],
    ),
    ("What it has to be", &["host", "email", "purpose", "time"]),
    (
        "Certificates and keys",
        &[
            "serve --cert",
            "serve --key",
            "serve --pfx",
            "cert-dir",
            "strict-sni",
            "self-signed",
            "ca-out",
            "serve --ocsp",
            "pass",
            "legacy-keys",
            "rsa-cert",
            "rsa-key",
        ],
    ),
    (
        "Your own certificate, for a server that asks for one",
        &[
            "connect --cert",
            "connect --key",
            "connect --pfx",
            "connect --pass",
            "post-handshake-auth",
            "inspect --cert",
            "inspect --key",
            "inspect --pfx",
            "probe --cert",
            "probe --key",
            "probe --pfx",
            "probe --pass",
            "bench --cert",
            "bench --key",
            "bench --pfx",
            "bench --pass",
        ],
    ),
    ("The clients' certificates", &["client-auth", "client-ca", "client-crl"]),
    (
        "Versions and algorithms",
        &["alpn", "tls1_2", "tls1_3", "groups", "sigalgs", "ciphers", "suites", "legacy", "dhparam", "renegotiate"],
    ),
    (
        "Sessions and early data",
        &[
            "session-in",
            "session-out",
            "session-key",
            "early-data",
            "no-ticket",
            "session-cache",
            "tickets",
            "ticket-keys",
            "sessions",
            "sessions-secret",
            "sessions-namespace",
            "sessions-share",
        ],
    ),
    ("Pre-shared keys", &["psk", "psk-identity", "psk-hash", "psk-file", "psk-import", "psk-context"]),
    ("Looking closely", &["trace", "keylog"]),
    ("The key", &["key", "new-key", "type", "bits", "out-pass"]),
    ("The CA that issues", &["ca", "ca-key"]),
    (
        "What it says",
        &[
            "subject",
            "name",
            "csr",
            "days",
            "server",
            "client",
            "ocsp-signer",
            "must-staple",
            "policy",
            "crl-url",
            "ocsp-url",
            "ca-url",
            "path-length",
            "permit",
            "revoke",
            "previous",
            "number",
        ],
    ),
    ("Output", &["json", "fail-on", "json-lines", "out", "force", "der"]),
];

/// Puts a flag of the command called `path` under its heading.
pub(super) fn place(path: &str, arg: Arg) -> Arg {
    let Some(long) = arg.get_long().filter(|_| is_sorted(path)) else { return arg };
    let find = |wanted: &str| TABLE.iter().find(|(_, flags)| flags.contains(&wanted)).map(|(heading, _)| *heading);
    match find(&format!("{path} --{long}")).or_else(|| find(long)) {
        Some(heading) => arg.help_heading(heading),
        None => arg,
    }
}

/// Whether the flags of this command stand under headings.
pub(super) fn is_sorted(path: &str) -> bool {
    SORTED.contains(&path)
}

/// Every flag of the table, behind the command that it is for, if it is for one.
#[cfg(test)]
pub(super) fn flags() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().flat_map(|(_, flags)| flags.iter().map(|flag| flag.split_once(" --").unwrap_or(("", flag))))
}
