//! The runner's flags.

use handfast::ciphers;
use handfast::crypto::signature::Scheme;
use handfast::wire::{CipherSuite, NamedGroup, SignatureScheme};

/// What the command line says.
pub(crate) enum Parsed {
    /// A question of the runner before all cases.
    HandshakerSupported,
    /// A flag of a feature that is absent.
    Unimplemented(String),
    /// A case: what it wants of the first connection, and of all later ones.
    Flags(Box<[Flags; 2]>),
}

/// What a case wants of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) port: u16,
    pub(crate) shim_id: u64,
    pub(crate) ipv6: bool,
    pub(crate) server: bool,
    pub(crate) byte_wise: bool,
    pub(crate) resume_count: u32,
    pub(crate) resumption_delay: u64,
    pub(crate) min_version: u16,
    pub(crate) max_version: Option<u16>,
    pub(crate) no_tls12: bool,
    pub(crate) no_tls13: bool,
    pub(crate) fallback: bool,
    pub(crate) cipher: Option<String>,
    pub(crate) server_preference: bool,
    pub(crate) groups: Vec<NamedGroup>,
    pub(crate) signing_prefs: Vec<SignatureScheme>,
    pub(crate) verify_prefs: Vec<SignatureScheme>,
    pub(crate) cert_file: Option<String>,
    pub(crate) key_file: Option<String>,
    pub(crate) verify_peer: bool,
    pub(crate) require_certificate: bool,
    pub(crate) verify_fail: bool,
    pub(crate) custom_verify: bool,
    pub(crate) judge_ocsp: bool,
    pub(crate) fail_ocsp: bool,
    pub(crate) decline_ocsp: bool,
    pub(crate) client_authorities: Vec<Vec<u8>>,
    pub(crate) request_ocsp: bool,
    pub(crate) ocsp: Option<Vec<u8>>,
    pub(crate) request_scts: bool,
    pub(crate) scts: Vec<Vec<u8>>,
    pub(crate) host_name: Option<String>,
    pub(crate) advertise_alpn: Vec<u8>,
    pub(crate) select_alpn: Option<String>,
    pub(crate) decline_alpn: bool,
    pub(crate) grease: bool,
    pub(crate) permute: bool,
    pub(crate) max_fragment: Option<usize>,
    pub(crate) max_certificate: Option<usize>,
    pub(crate) no_ticket: bool,
    pub(crate) renew_ticket: bool,
    pub(crate) skip_ticket: bool,
    pub(crate) psk: Option<Vec<u8>>,
    pub(crate) psk_identity: Vec<u8>,
    pub(crate) renegotiate: Renegotiate,
    pub(crate) false_start: bool,
    pub(crate) refuse_early: bool,
    pub(crate) refuse_late: bool,
    pub(crate) read_size: Option<usize>,
    pub(crate) writes_first: bool,
    pub(crate) initial_write: Option<String>,
    pub(crate) repeat_initial_write: usize,
    pub(crate) shuts_down: bool,
    pub(crate) check_close_notify: bool,
    pub(crate) key_update: bool,
    pub(crate) handshake_twice: bool,
    pub(crate) never_done: bool,
    pub(crate) implicit: bool,
    pub(crate) tls_unique: bool,
    pub(crate) export: usize,
    pub(crate) export_label: String,
    pub(crate) export_context: String,
    pub(crate) use_export_context: bool,
    pub(crate) expect: Expect,
}

/// What a server's wish to renegotiate does on a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Renegotiate {
    #[default]
    Never,
    Once,
    Freely,
    Ignore,
    /// As often as it likes, but not once the first handshake is over.
    Initially,
}

/// What must be known after the handshake.
#[derive(Clone, Debug, Default)]
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
    pub(crate) ocsp: Option<Vec<u8>>,
    pub(crate) scts: Option<Vec<Vec<u8>>>,
    pub(crate) session_miss: bool,
    pub(crate) no_session: bool,
    pub(crate) ticket_renewal: bool,
    /// Whether a server has put the session under its ID.
    pub(crate) session_id: Option<bool>,
    pub(crate) extended_main_secret: bool,
    pub(crate) secure_renegotiation: Option<bool>,
    pub(crate) renegotiations: u32,
}

impl Flags {
    /// Reads the command line; the first flag that is not understood decides.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Parsed {
        let own = Self { repeat_initial_write: 1, ..Self::default() };
        let mut both = Box::new([own.clone(), own]);
        while let Some(flag) = args.next() {
            let mut name = flag.trim_start_matches('-');
            let mut applies = [true, true];
            for (prefix, [first, later]) in PREFIXES {
                if let Some(rest) = name.strip_prefix(prefix) {
                    name = rest;
                    applies = [applies[0] && first, applies[1] && later];
                }
            }
            if name == "is-handshaker-supported" {
                return Parsed::HandshakerSupported;
            }
            let is_switch = Self::default().switch(name);
            let value = if is_switch { None } else { args.next() };
            let set = |flags: &mut Self| match &value {
                None => is_switch && flags.switch(name),
                Some(value) => flags.set(name, value),
            };
            let [first, later] = &mut *both;
            let mut nobody = Self::default();
            let known = match applies {
                [true, true] => set(first) && set(later),
                [true, false] => set(first),
                [false, true] => set(later),
                [false, false] => set(&mut nobody),
            };
            if !known {
                return Parsed::Unimplemented(flag);
            }
        }
        match both.iter().find_map(Self::absent) {
            Some(what) => Parsed::Unimplemented(what.into()),
            None => Parsed::Flags(both),
        }
    }

    /// What several flags ask for together, and is not there.
    fn absent(&self) -> Option<&'static str> {
        if self.versions().is_none() {
            return Some("versions before TLS 1.2");
        }
        if self.server && self.fail_ocsp {
            return Some("a server that fails for want of an OCSP response");
        }
        if self.no_ticket && !self.server && self.versions().is_some_and(|(lowest, _)| lowest == TLS12) {
            return Some("a client that asks for no tickets");
        }
        None
    }

    /// The lowest and the highest version.
    pub(crate) fn versions(&self) -> Option<(u16, u16)> {
        let lowest = self.min_version.max(if self.no_tls12 { TLS13 } else { TLS12 });
        let highest = self.max_version.unwrap_or(TLS13).min(if self.no_tls13 { TLS12 } else { TLS13 });
        (lowest <= highest).then_some((lowest, highest))
    }

    /// A flag without a value. False for what is none, and where the feature is absent.
    fn switch(&mut self, name: &str) -> bool {
        match name {
            "ipv6" => self.ipv6 = true,
            "server" => self.server = true,
            "async" => self.byte_wise = true,
            "no-tls12" => self.no_tls12 = true,
            "no-tls13" => self.no_tls13 = true,
            "fallback-scsv" => self.fallback = true,
            "server-preference" => self.server_preference = true,
            "verify-peer" => self.verify_peer = true,
            "require-any-client-certificate" => self.require_certificate = true,
            "verify-fail" => self.verify_fail = true,
            "use-custom-verify-callback" => self.custom_verify = true,
            "enable-ocsp-stapling" => self.request_ocsp = true,
            "use-ocsp-callback" => self.judge_ocsp = true,
            "decline-ocsp-callback" => self.decline_ocsp = true,
            "fail-ocsp-callback" => self.fail_ocsp = true,
            "enable-signed-cert-timestamps" => self.request_scts = true,
            "decline-alpn" => self.decline_alpn = true,
            "enable-grease" => self.grease = true,
            "permute-extensions" => self.permute = true,
            "no-ticket" => self.no_ticket = true,
            "renew-ticket" => self.renew_ticket = true,
            "skip-ticket" => self.skip_ticket = true,
            "renegotiate-freely" => self.renegotiate = Renegotiate::Freely,
            "renegotiate-once" => self.renegotiate = Renegotiate::Once,
            "renegotiate-ignore" => self.renegotiate = Renegotiate::Ignore,
            "forbid-renegotiation-after-handshake" => self.renegotiate = Renegotiate::Initially,
            "false-start" => self.false_start = true,
            "fail-early-callback" => self.refuse_early = true,
            "fail-ddos-callback" => self.refuse_late = true,
            "shim-writes-first" => self.writes_first = true,
            "shim-shuts-down" => self.shuts_down = true,
            "check-close-notify" => self.check_close_notify = true,
            "key-update" => self.key_update = true,
            // Waits for the second one, which a false start does not.
            "handshake-twice" => self.handshake_twice = true,
            "handshake-never-done" => self.never_done = true,
            "implicit-handshake" => self.implicit = true,
            "tls-unique" => self.tls_unique = true,
            "use-export-context" => self.use_export_context = true,
            "expect-hrr" => self.expect.retried = Some(true),
            "expect-no-hrr" => self.expect.retried = Some(false),
            "expect-no-server-name" => self.expect.server_name = Some(None),
            "expect-no-peer-cert" => self.expect.no_peer_certificate = true,
            "expect-session-miss" => self.expect.session_miss = true,
            "expect-no-session" => self.expect.no_session = true,
            "expect-ticket-renewal" => self.expect.ticket_renewal = true,
            "expect-session-id" => self.expect.session_id = Some(true),
            "expect-no-session-id" => self.expect.session_id = Some(false),
            "expect-extended-master-secret" => self.expect.extended_main_secret = true,
            "expect-secure-renegotiation" => self.expect.secure_renegotiation = Some(true),
            "expect-no-secure-renegotiation" => self.expect.secure_renegotiation = Some(false),
            // The reference shim's own plumbing, and what is on anyway.
            "use-early-callback"
            | "set-ocsp-in-callback"
            | "use-ticket-callback"
            | "install-ddos-callback"
            | "use-old-client-cert-callback"
            | "no-op-extra-handshake"
            | "no-tls1"
            | "no-tls11"
            | "expect-verify-result"
            | "allow-hint-mismatch" => {}
            _ => return false,
        }
        true
    }

    /// A flag with a value. False for what is none, and where the feature is absent.
    fn set(&mut self, name: &str, value: &str) -> bool {
        let number = value.parse::<u32>().unwrap_or(0);
        let code = u16::try_from(number).unwrap_or(0);
        match name {
            "port" => self.port = code,
            "shim-id" => self.shim_id = value.parse().unwrap_or(0),
            "resume-count" => self.resume_count = number,
            "resumption-delay" => self.resumption_delay = u64::from(number),
            "min-version" => self.min_version = code,
            "max-version" => self.max_version = Some(code).filter(|&code| code > 0),
            "cipher" => {
                self.cipher = Some(value.into());
                return ciphers::parse(value).is_ok_and(|ciphers| ciphers.ignored.is_empty());
            }
            "curves" => {
                self.groups.push(NamedGroup(code));
                return handfast::rustcrypto::provider().group(NamedGroup(code)).is_some();
            }
            "signing-prefs" => self.signing_prefs.push(SignatureScheme(code)),
            "verify-prefs" => {
                self.verify_prefs.push(SignatureScheme(code));
                return Scheme::find(SignatureScheme(code)).is_some();
            }
            "cert-file" => self.cert_file = Some(value.into()),
            "key-file" => self.key_file = Some(value.into()),
            "use-client-ca-list" => return self.authorities(value),
            "ocsp-response" => self.ocsp = base64(value),
            "signed-cert-timestamps" => self.scts = scts(value),
            "host-name" => self.host_name = Some(value.into()),
            "advertise-alpn" => self.advertise_alpn = value.as_bytes().to_vec(),
            "select-alpn" => self.select_alpn = Some(value.into()),
            "psk" => self.psk = Some(value.as_bytes().to_vec()),
            "psk-identity" => self.psk_identity = value.as_bytes().to_vec(),
            "max-send-fragment" => self.max_fragment = Some(number as usize),
            "max-cert-list" => self.max_certificate = Some(number as usize),
            "read-size" => self.read_size = Some(number as usize),
            "shim-initial-write" => self.initial_write = Some(value.into()),
            "repeat-shim-initial-write" => self.repeat_initial_write = number as usize,
            "export-keying-material" => self.export = number as usize,
            "export-label" => self.export_label = value.into(),
            "export-context" => self.export_context = value.into(),
            // Trust is not part of the test, and the trace has a test of its own.
            "trust-cert"
            | "expect-msg-callback"
            | "expect-advertised-alpn"
            | "expect-peer-verify-pref"
            | "expect-client-ca-list"
            | "expect-certificate-types"
            | "expect-cipher-aes"
            | "expect-cipher-no-aes"
            | "expect-early-data-reason"
            | "handshaker-path" => {}
            _ => return self.expect(name, value, code),
        }
        true
    }

    /// An expectation with a value. False for what is none.
    fn expect(&mut self, name: &str, value: &str, code: u16) -> bool {
        let expect = &mut self.expect;
        match name {
            "expect-version" => expect.version = Some(code),
            "expect-curve-id" => expect.group = Some(NamedGroup(code)),
            "expect-cipher" => expect.suite = Some(CipherSuite(code)),
            "expect-peer-signature-algorithm" => expect.peer_scheme = Some(SignatureScheme(code)),
            "expect-server-name" => expect.server_name = Some(Some(value.into())),
            "expect-alpn" => expect.alpn = Some(value.into()),
            "expect-peer-cert-file" => expect.peer_certificate_file = Some(value.into()),
            "expect-ocsp-response" => expect.ocsp = base64(value),
            "expect-signed-cert-timestamps" => expect.scts = Some(scts(value)),
            "expect-total-renegotiations" => expect.renegotiations = u32::from(code),
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

/// To which connections a flag applies. There is no early data, so nothing is ever tried again, and there is no other
/// process that shakes hands.
const PREFIXES: [(&str, [bool; 2]); 5] = [
    ("on-shim-", [true, true]),
    ("on-handshaker-", [false, false]),
    ("on-initial-", [true, false]),
    ("on-resume-", [false, true]),
    ("on-retry-", [false, false]),
];

/// TLS 1.2, as the runner writes it.
pub(crate) const TLS12: u16 = 771;

/// TLS 1.3.
pub(crate) const TLS13: u16 = 772;

/// Timestamps under two-byte lengths, the list under another (RFC 6962 §3.3), in base64.
fn scts(value: &str) -> Vec<Vec<u8>> {
    let list = base64(value).unwrap_or_default();
    let mut rest = list.get(2..).unwrap_or_default();
    let mut scts = Vec::new();
    while let Some((len, tail)) = rest.split_first_chunk() {
        let Some((sct, tail)) = tail.split_at_checked(usize::from(u16::from_be_bytes(*len))) else { break };
        scts.push(sct.to_vec());
        rest = tail;
    }
    scts
}

/// Bytes in base64 (RFC 4648 §4).
fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
    for c in text.trim_end_matches('=').bytes() {
        let digit = ALPHABET.iter().position(|&own| own == c)?;
        bits = bits << 6 | u32::try_from(digit).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}
