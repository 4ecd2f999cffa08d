//! The runner's flags.

use handfast::crypto::signature::Scheme;
use handfast::wire::{CipherSuite, NamedGroup, SignatureScheme};

/// What the command line says.
pub(crate) enum Parsed {
    /// A question of the runner before all cases.
    HandshakerSupported,
    /// A flag of a feature that is absent.
    Unimplemented(String),
    /// A case.
    Flags(Box<Flags>),
}

/// What a case wants.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) port: u16,
    pub(crate) shim_id: u64,
    pub(crate) ipv6: bool,
    pub(crate) server: bool,
    pub(crate) byte_wise: bool,
    pub(crate) groups: Vec<NamedGroup>,
    pub(crate) signing_prefs: Vec<SignatureScheme>,
    pub(crate) verify_prefs: Vec<SignatureScheme>,
    pub(crate) cert_file: Option<String>,
    pub(crate) key_file: Option<String>,
    pub(crate) verify_peer: bool,
    pub(crate) require_certificate: bool,
    pub(crate) verify_fail: bool,
    pub(crate) custom_verify: bool,
    pub(crate) client_authorities: Vec<Vec<u8>>,
    pub(crate) host_name: Option<String>,
    pub(crate) advertise_alpn: Vec<u8>,
    pub(crate) select_alpn: Option<String>,
    pub(crate) decline_alpn: bool,
    pub(crate) grease: bool,
    pub(crate) permute: bool,
    pub(crate) max_fragment: Option<usize>,
    pub(crate) max_certificate: Option<usize>,
    pub(crate) read_size: Option<usize>,
    pub(crate) writes_first: bool,
    pub(crate) initial_write: Option<String>,
    pub(crate) repeat_initial_write: usize,
    pub(crate) shuts_down: bool,
    pub(crate) check_close_notify: bool,
    pub(crate) key_update: bool,
    pub(crate) never_done: bool,
    pub(crate) export: usize,
    pub(crate) export_label: String,
    pub(crate) export_context: Option<String>,
    pub(crate) use_export_context: bool,
    pub(crate) expect: Expect,
}

/// What must be known after the handshake.
#[derive(Debug, Default)]
pub(crate) struct Expect {
    pub(crate) version: Option<u16>,
    pub(crate) group: Option<NamedGroup>,
    pub(crate) suite: Option<CipherSuite>,
    pub(crate) retried: Option<bool>,
    pub(crate) peer_scheme: Option<SignatureScheme>,
    pub(crate) alpn: Option<String>,
    pub(crate) server_name: Option<Option<String>>,
    pub(crate) no_peer_certificate: bool,
    pub(crate) peer_certificate_file: Option<String>,
}

/// TLS 1.3, as the runner writes it.
const TLS13: u32 = 772;

impl Flags {
    /// Reads the command line; the first flag that is not understood decides.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Parsed {
        let mut own = Self { repeat_initial_write: 1, ..Self::default() };
        let mut args = args;
        while let Some(flag) = args.next() {
            let mut name = flag.as_str();
            // There is one connection only, so what applies to later ones is nobody's business.
            let mut applies = true;
            for (prefix, first) in
                [("-on-initial-", true), ("-on-resume-", false), ("-on-retry-", false), ("-on-shim-", true)]
            {
                if let Some(rest) = flag.strip_prefix(prefix) {
                    (name, applies) = (rest, first);
                }
            }
            let name = name.trim_start_matches('-');
            if name == "is-handshaker-supported" {
                return Parsed::HandshakerSupported;
            }
            let known = match takes_value(name) {
                None => false,
                Some(false) => !applies || own.switch(name),
                Some(true) => match args.next() {
                    Some(value) => !applies || own.set(name, value),
                    None => false,
                },
            };
            if !known {
                return Parsed::Unimplemented(flag);
            }
        }
        Parsed::Flags(Box::new(own))
    }

    /// A flag without a value. False where the feature is absent.
    fn switch(&mut self, name: &str) -> bool {
        match name {
            "ipv6" => self.ipv6 = true,
            "server" => self.server = true,
            "async" => self.byte_wise = true,
            "verify-peer" => self.verify_peer = true,
            "require-any-client-certificate" => self.require_certificate = true,
            "verify-fail" => self.verify_fail = true,
            "use-custom-verify-callback" => self.custom_verify = true,
            "decline-alpn" => self.decline_alpn = true,
            "enable-grease" => self.grease = true,
            "permute-extensions" => self.permute = true,
            "shim-writes-first" => self.writes_first = true,
            "shim-shuts-down" => self.shuts_down = true,
            "check-close-notify" => self.check_close_notify = true,
            "key-update" => self.key_update = true,
            "handshake-never-done" => self.never_done = true,
            "use-export-context" => self.use_export_context = true,
            "expect-hrr" => self.expect.retried = Some(true),
            "expect-no-hrr" => self.expect.retried = Some(false),
            "expect-no-server-name" => self.expect.server_name = Some(None),
            "expect-no-peer-cert" => self.expect.no_peer_certificate = true,
            // The reference shim's own plumbing, what is on anyway, and checks of what TLS 1.3 alone never has.
            "implicit-handshake"
            | "use-early-callback"
            | "install-ddos-callback"
            | "use-old-client-cert-callback"
            | "handshake-twice"
            | "no-op-extra-handshake"
            | "no-tls1"
            | "no-tls11"
            | "no-tls12"
            | "no-ticket"
            | "expect-no-session"
            | "expect-verify-result"
            | "server-preference"
            | "expect-extended-master-secret"
            | "allow-hint-mismatch"
            | "expect-no-session-id"
            | "expect-session-id" => {}
            _ => return false,
        }
        true
    }

    /// A flag with a value. False where the feature is absent.
    fn set(&mut self, name: &str, value: String) -> bool {
        let number = value.parse::<u32>().unwrap_or(0);
        let code = u16::try_from(number).unwrap_or(0);
        match name {
            "port" => self.port = code,
            "shim-id" => self.shim_id = value.parse().unwrap_or(0),
            "min-version" => return number <= TLS13,
            "max-version" => return number == 0 || number >= TLS13,
            "expect-version" => self.expect.version = Some(code),
            "curves" => {
                self.groups.push(NamedGroup(code));
                return handfast::rustcrypto::provider().group(NamedGroup(code)).is_some();
            }
            "expect-curve-id" => self.expect.group = Some(NamedGroup(code)),
            "expect-cipher" => self.expect.suite = Some(CipherSuite(code)),
            "signing-prefs" => self.signing_prefs.push(SignatureScheme(code)),
            "verify-prefs" => {
                self.verify_prefs.push(SignatureScheme(code));
                return Scheme::find(SignatureScheme(code)).is_some();
            }
            "expect-peer-signature-algorithm" => self.expect.peer_scheme = Some(SignatureScheme(code)),
            "cert-file" => self.cert_file = Some(value),
            "key-file" => self.key_file = Some(value),
            "use-client-ca-list" => return self.authorities(&value),
            "host-name" => self.host_name = Some(value),
            "expect-server-name" => self.expect.server_name = Some(Some(value)),
            "advertise-alpn" => self.advertise_alpn = value.into_bytes(),
            "select-alpn" => self.select_alpn = Some(value),
            "expect-alpn" => self.expect.alpn = Some(value),
            "max-send-fragment" => self.max_fragment = Some(number as usize),
            "max-cert-list" => self.max_certificate = Some(number as usize),
            "read-size" => self.read_size = Some(number as usize),
            "shim-initial-write" => self.initial_write = Some(value),
            "repeat-shim-initial-write" => self.repeat_initial_write = number as usize,
            "export-keying-material" => self.export = number as usize,
            "export-label" => self.export_label = value,
            "export-context" => self.export_context = Some(value),
            "expect-peer-cert-file" => self.expect.peer_certificate_file = Some(value),
            "resume-count" => return number == 0,
            // Trust is not part of the test, and the trace has a test of its own.
            "trust-cert"
            | "expect-msg-callback"
            | "expect-advertised-alpn"
            | "expect-peer-verify-pref"
            | "expect-client-ca-list"
            | "expect-cipher-aes"
            | "expect-cipher-no-aes"
            | "expect-total-renegotiations"
            | "resumption-delay"
            | "expect-early-data-reason"
            | "handshaker-path" => {}
            _ => return false,
        }
        true
    }

    /// Comma-separated names in hex, or one of two words.
    fn authorities(&mut self, value: &str) -> bool {
        if matches!(value, "<EMPTY>" | "<NULL>") {
            return true;
        }
        for name in value.split(',') {
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            let Some(name) = name.as_bytes().chunks(2).map(byte).collect() else { return false };
            self.client_authorities.push(name);
        }
        true
    }
}

/// Whether a flag is followed by a value; `None` for a flag nobody knows.
fn takes_value(name: &str) -> Option<bool> {
    if VALUES.contains(&name) { Some(true) } else { SWITCHES.contains(&name).then_some(false) }
}

/// The flags with a value.
const VALUES: &[&str] = &[
    "port",
    "shim-id",
    "min-version",
    "max-version",
    "expect-version",
    "curves",
    "expect-curve-id",
    "expect-cipher",
    "signing-prefs",
    "verify-prefs",
    "expect-peer-signature-algorithm",
    "cert-file",
    "key-file",
    "use-client-ca-list",
    "host-name",
    "expect-server-name",
    "advertise-alpn",
    "select-alpn",
    "expect-alpn",
    "max-send-fragment",
    "max-cert-list",
    "read-size",
    "shim-initial-write",
    "repeat-shim-initial-write",
    "export-keying-material",
    "export-label",
    "export-context",
    "expect-peer-cert-file",
    "resume-count",
    "trust-cert",
    "expect-msg-callback",
    "expect-advertised-alpn",
    "expect-peer-verify-pref",
    "expect-client-ca-list",
    "expect-cipher-aes",
    "expect-cipher-no-aes",
    "expect-total-renegotiations",
    "resumption-delay",
    "expect-early-data-reason",
    "handshaker-path",
];

/// The flags without.
const SWITCHES: &[&str] = &[
    "ipv6",
    "server",
    "async",
    "verify-peer",
    "require-any-client-certificate",
    "verify-fail",
    "decline-alpn",
    "enable-grease",
    "permute-extensions",
    "shim-writes-first",
    "shim-shuts-down",
    "check-close-notify",
    "key-update",
    "handshake-never-done",
    "use-export-context",
    "expect-hrr",
    "expect-no-hrr",
    "expect-no-server-name",
    "expect-no-peer-cert",
    "implicit-handshake",
    "use-custom-verify-callback",
    "use-early-callback",
    "install-ddos-callback",
    "use-old-client-cert-callback",
    "handshake-twice",
    "no-op-extra-handshake",
    "no-tls1",
    "no-tls11",
    "no-tls12",
    "no-ticket",
    "expect-no-session",
    "expect-verify-result",
    "server-preference",
    "expect-extended-master-secret",
    "allow-hint-mismatch",
    "expect-no-session-id",
    "expect-session-id",
];
