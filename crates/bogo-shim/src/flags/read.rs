//! What each flag says.

use super::bytes::{base64, equal_suites, scts};
use super::{Credential, Flags, PskFlags, Renegotiate, X509Flags};
use crate::compression::Runners;
use handfast::crypto::HashAlgorithm;
use handfast::crypto::signature::Scheme;
use handfast::wire::{CertificateType, CipherSuite, NamedGroup, SignatureScheme};
use handfast::{TlsPolicy, ciphers};

impl Flags {
    /// A flag without a value. False for what is none, and where the feature is absent.
    pub(super) fn switch(&mut self, name: &str) -> bool {
        match name {
            "names-only" => self.names_only = true,
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
            "fail-cert-callback" => self.fail_certificate = true,
            "decline-ocsp-callback" => self.decline_ocsp = true,
            "set-ocsp-in-callback" => self.sets_ocsp_in_callback = true,
            "fail-ocsp-callback" => self.fail_ocsp = true,
            "enable-signed-cert-timestamps" => self.request_scts = true,
            "decline-alpn" => self.decline_alpn = true,
            "enable-grease" => self.grease = true,
            "permute-extensions" => self.permute = true,
            "install-cert-compression-algs" => self.compression = Runners::ALL.map(|algorithm| algorithm.id).to_vec(),
            "no-ticket" => self.no_ticket = true,
            "renew-ticket" => self.renew_ticket = true,
            "skip-ticket" => self.skip_ticket = true,
            "enable-early-data" => self.early_data = true,
            "read-with-unfinished-write" => self.unfinished_write = true,
            "reverify-on-resume" => self.reverify = true,
            "new-x509-credential" | "new-delegated-credential" => self.credentials.push(Credential::X509(X509Flags::default())),
            "new-rpk-credential" => {
                self.credentials.push(Credential::X509(X509Flags { raw: true, ..X509Flags::default() }));
            }
            "new-psk-credential" => self.credentials.push(Credential::Psk(PskFlags {
                key: Vec::new(),
                identity: Vec::new(),
                context: Vec::new(),
                hash: HashAlgorithm::Sha256,
            })),
            "psk-importer-sha256" => return self.psk_credential(|psk| psk.hash = HashAlgorithm::Sha256),
            "psk-importer-sha384" => return self.psk_credential(|psk| psk.hash = HashAlgorithm::Sha384),
            "must-match-issuer" => return self.certificate(|x509| x509.must_match_issuer = true),
            "send-alert" => self.send_alert = true,
            "export-traffic-secrets" => self.export_secrets = true,
            "no-key-shares" => self.key_shares = Some(Vec::new()),
            "reject-alpn" => self.reject_alpn = true,
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
            // The reference shim's own plumbing, and what is on anyway.
            "use-early-callback"
            | "use-ticket-callback"
            | "use-ticket-aead-callback"
            | "install-ddos-callback"
            | "use-old-client-cert-callback"
            | "no-op-extra-handshake"
            | "no-tls1"
            | "no-tls11"
            // Sessions are for one name.
            | "expect-not-resumable-across-names"
            | "allow-hint-mismatch" => {}
            "peek-then-read" => self.peeks = true,
            _ => return self.policy_switch(name),
        }
        true
    }

    /// What bounds the choices, and what is left of the older ways. False for what is neither.
    fn policy_switch(&mut self, name: &str) -> bool {
        match name {
            "fips-202205" => self.policy = Some(TlsPolicy::Fips202205),
            "wpa-202304" => self.policy = Some(TlsPolicy::Wpa202304),
            "cnsa-202407" => self.policy = Some(TlsPolicy::Cnsa202407),
            "cnsa1-202603" => self.policy = Some(TlsPolicy::Cnsa1V202603),
            "cnsa2-202603" => self.policy = Some(TlsPolicy::Cnsa2V202603),
            "renegotiate-explicit" => self.renegotiate = Renegotiate::Explicitly,
            "no-legacy-server-connect" => self.no_legacy_server = true,
            "renegotiate-freely" => self.renegotiate = Renegotiate::Freely,
            "renegotiate-once" => self.renegotiate = Renegotiate::Once,
            "renegotiate-ignore" => self.renegotiate = Renegotiate::Ignore,
            "forbid-renegotiation-after-handshake" => self.renegotiate = Renegotiate::Initially,
            "false-start" => self.false_start = true,
            _ => return self.expect_switch(name),
        }
        true
    }

    /// An expectation without a value. False for what is none.
    fn expect_switch(&mut self, name: &str) -> bool {
        let expect = &mut self.expect;
        match name {
            "expect-hrr" => expect.retried = Some(true),
            "expect-no-hrr" => expect.retried = Some(false),
            "expect-verify-result" => expect.verify_result = true,
            "expect-no-server-name" => expect.server_name = Some(None),
            "expect-no-peer-cert" => expect.no_peer_certificate = true,
            "expect-session-miss" => expect.session_miss = true,
            "expect-no-session" => expect.no_session = true,
            "expect-ticket-renewal" => expect.ticket_renewal = true,
            "expect-session-id" => expect.session_id = Some(true),
            "expect-no-session-id" => expect.session_id = Some(false),
            "expect-ticket-supports-early-data" => expect.ticket_early_data = true,
            "expect-accept-early-data" => expect.accept_early_data = true,
            "expect-reject-early-data" => expect.reject_early_data = true,
            "expect-no-offer-early-data" => expect.no_offer_early_data = true,
            "expect-extended-master-secret" => expect.extended_main_secret = true,
            "expect-secure-renegotiation" => expect.secure_renegotiation = Some(true),
            "expect-no-secure-renegotiation" => expect.secure_renegotiation = Some(false),
            _ => return false,
        }
        true
    }

    /// A flag with a value. False for what is none, and where the feature is absent.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
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
                self.cipher = Some(value.replace(['[', ']'], "").replace('|', ":"));
                self.equal_suites = equal_suites(value);
                return self.cipher.as_deref().is_some_and(is_understood);
            }
            "curves" => {
                self.groups.push(NamedGroup(code));
                return handfast::rustcrypto::provider().group(NamedGroup(code)).is_some();
            }
            "key-shares" => self.key_shares.get_or_insert_default().push(NamedGroup(code)),
            "server-supported-groups-hint" => self.server_groups.push(NamedGroup(code)),
            "signing-prefs" => return self.certificate(|x509| x509.signing_prefs.push(SignatureScheme(code))),
            "verify-prefs" => {
                self.verify_prefs.push(SignatureScheme(code));
                return Scheme::find(SignatureScheme(code)).is_some();
            }
            "accepted-peer-cert-types" => self.peer_types.push(certificate_type(number)),
            "available-client-cert-types" => self.client_types.push(certificate_type(number)),
            "delegated-credential" => return self.certificate(|x509| x509.delegated = base64(value)),
            "cert-file" => return self.certificate(|x509| x509.cert_file = Some(value.into())),
            "key-file" => return self.certificate(|x509| x509.key_file = Some(value.into())),
            "psk-importer-key" => return self.psk_credential(|psk| psk.key = base64(value).unwrap_or_default()),
            "psk-importer-identity" => {
                return self.psk_credential(|psk| psk.identity = base64(value).unwrap_or_default());
            }
            "psk-importer-context" => {
                return self.psk_credential(|psk| psk.context = base64(value).unwrap_or_default());
            }
            "early-write-after-message" => self.early_write_after = u8::try_from(number).ok(),
            "use-client-ca-list" => {
                let Some(names) = authorities(value) else { return false };
                self.client_authorities = names;
            }
            "ocsp-response" => return self.certificate(|x509| x509.ocsp = base64(value)),
            "signed-cert-timestamps" => return self.certificate(|x509| x509.scts = scts(value)),
            "host-name" => self.host_name = Some(value.into()),
            "advertise-alpn" => self.advertise_alpn = value.as_bytes().to_vec(),
            "select-alpn" => self.select_alpn = Some(value.into()),
            "psk" => self.psk = Some(value.as_bytes().to_vec()),
            "psk-identity" => self.psk_identity = value.as_bytes().to_vec(),
            "max-send-fragment" => self.max_fragment = Some(number as usize),
            "install-one-cert-compression-alg" => {
                self.compression = vec![code];
                return !Runners::find(&self.compression).is_empty();
            }
            "max-cert-list" => self.max_certificate = Some(number as usize),
            "read-size" => self.read_size = Some(number as usize),
            "shim-initial-write" => self.initial_write = Some(value.into()),
            "repeat-shim-initial-write" => self.repeat_initial_write = number as usize,
            "export-keying-material" => self.export = number as usize,
            "export-label" => self.export_label = value.into(),
            "export-context" => self.export_context = value.into(),
            // Trust is not part of the test, nor which instructions a machine has.
            "trust-cert" | "expect-cipher-no-aes" | "handshaker-path" => {}
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
            // What is expected of a machine with instructions for AES, which the ciphers here use where they are.
            "expect-cipher-aes" => expect.suite = Some(CipherSuite(code)),
            "expect-cipher" => expect.suite = Some(CipherSuite(code)),
            "expect-peer-signature-algorithm" => expect.peer_scheme = Some(SignatureScheme(code)),
            "expect-server-name" => expect.server_name = Some(Some(value.into())),
            "expect-msg-callback" => expect.trace = Some(value.into()),
            "expect-advertised-alpn" => expect.advertised_alpn = Some(value.as_bytes().to_vec()),
            "expect-peer-verify-pref" => expect.verify_prefs.push(SignatureScheme(code)),
            "expect-client-ca-list" => {
                expect.client_authorities = authorities(value);
                return expect.client_authorities.is_some();
            }
            "expect-certificate-types" => expect.certificate_types = base64(value),
            "expect-alpn" => expect.alpn = Some(value.into()),
            "expect-peer-cert-file" => expect.peer_certificate_file = Some(value.into()),
            "expect-peer-certificate-type" => {
                expect.peer_certificate_type = Some(certificate_type(u32::from(code)));
            }
            "expect-peer-rpk-sha256" => expect.raw_key_sha256 = base64(value),
            "expect-ocsp-response" => expect.ocsp = base64(value),
            "expect-signed-cert-timestamps" => expect.scts = Some(scts(value)),
            "expect-ticket-age-skew" => expect.ticket_age_skew = value.parse().ok(),
            "expect-early-data-reason" => expect.early_data_reason = Some(value.into()),
            "expect-selected-credential" => expect.credential = value.parse().ok(),
            "expect-total-renegotiations" => expect.renegotiations = u32::from(code),
            _ => return false,
        }
        true
    }

    /// Changes the certificate that is being described.
    fn certificate(&mut self, change: impl FnOnce(&mut X509Flags)) -> bool {
        match self.credentials.last_mut() {
            None => change(&mut self.own),
            Some(Credential::X509(x509)) => change(x509),
            Some(Credential::Psk(_)) => return false,
        }
        true
    }

    /// Changes the pre-shared key that is being described.
    fn psk_credential(&mut self, change: impl FnOnce(&mut PskFlags)) -> bool {
        let Some(Credential::Psk(psk)) = self.credentials.last_mut() else { return false };
        change(psk);
        true
    }
}

fn certificate_type(number: u32) -> CertificateType {
    CertificateType(u8::try_from(number).unwrap_or(u8::MAX))
}

/// Comma-separated names in hex, or one of two words.
fn authorities(value: &str) -> Option<Vec<Vec<u8>>> {
    if matches!(value, "<EMPTY>" | "<NULL>") {
        return Some(Vec::new());
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    value.split(',').map(|name| name.as_bytes().chunks(2).map(byte).collect()).collect()
}

/// Whether it is a cipher string of which nothing is passed over.
fn is_understood(text: &str) -> bool {
    ciphers::parse(text).is_ok_and(|ciphers| ciphers.ignored.is_empty())
}
