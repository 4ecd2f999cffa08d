//! The runner's flags.

mod bytes;
mod read;

use handfast::TlsPolicy;
use handfast::crypto::HashAlgorithm;
use handfast::wire::{CertificateType, CipherSuite, NamedGroup, SignatureScheme};

/// What the command line says.
pub(crate) enum Parsed {
    /// A question of the runner before all cases.
    HandshakerSupported,
    /// A flag of a feature that is absent.
    Unimplemented(String),
    /// A case.
    Flags(Box<Case>),
}

/// What a case wants, connection by connection.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) initial: Flags,
    /// Of all connections but the first.
    pub(crate) resume: Flags,
    /// Of the same connection, once a client's early data was rejected.
    pub(crate) retry: Flags,
}

/// What a case wants of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) port: u16,
    pub(crate) shim_id: u64,
    /// A flag of `just bogo`: nothing is done, so that the runner names every case quickly.
    pub(crate) names_only: bool,
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
    pub(crate) policy: Option<TlsPolicy>,
    pub(crate) cipher: Option<String>,
    /// Those that the reference's strings have in brackets.
    pub(crate) equal_suites: Vec<Vec<CipherSuite>>,
    pub(crate) server_preference: bool,
    pub(crate) groups: Vec<NamedGroup>,
    /// `None` where the case does not say; empty for none at all.
    pub(crate) key_shares: Option<Vec<NamedGroup>>,
    /// What a client knows of its server's groups.
    pub(crate) server_groups: Vec<NamedGroup>,
    pub(crate) verify_prefs: Vec<SignatureScheme>,
    /// The one without a number.
    pub(crate) own: X509Flags,
    /// The others, most preferred first.
    pub(crate) credentials: Vec<Credential>,
    /// The kinds of certificate that the peer may show, where the case says.
    pub(crate) peer_types: Vec<CertificateType>,
    /// The kinds that a client says it has, where the case says.
    pub(crate) client_types: Vec<CertificateType>,
    pub(crate) verify_peer: bool,
    pub(crate) require_certificate: bool,
    pub(crate) verify_fail: bool,
    pub(crate) reverify: bool,
    pub(crate) custom_verify: bool,
    /// No certificate is found when one is wanted.
    pub(crate) fail_certificate: bool,
    pub(crate) judge_ocsp: bool,
    pub(crate) fail_ocsp: bool,
    pub(crate) decline_ocsp: bool,
    pub(crate) sets_ocsp_in_callback: bool,
    pub(crate) client_authorities: Vec<Vec<u8>>,
    pub(crate) request_ocsp: bool,
    pub(crate) request_scts: bool,
    pub(crate) host_name: Option<String>,
    pub(crate) advertise_alpn: Vec<u8>,
    pub(crate) select_alpn: Option<String>,
    pub(crate) decline_alpn: bool,
    pub(crate) reject_alpn: bool,
    pub(crate) grease: bool,
    pub(crate) permute: bool,
    /// The certificate compression of the runner's own algorithms.
    pub(crate) compression: Vec<u16>,
    pub(crate) max_fragment: Option<usize>,
    pub(crate) max_certificate: Option<usize>,
    pub(crate) no_ticket: bool,
    pub(crate) renew_ticket: bool,
    pub(crate) skip_ticket: bool,
    pub(crate) early_data: bool,
    /// The handshake message after which a client begins to write early data.
    pub(crate) early_write_after: Option<u8>,
    pub(crate) unfinished_write: bool,
    pub(crate) psk: Option<Vec<u8>>,
    pub(crate) psk_identity: Vec<u8>,
    pub(crate) renegotiate: Renegotiate,
    pub(crate) no_legacy_server: bool,
    pub(crate) false_start: bool,
    pub(crate) refuse_early: bool,
    pub(crate) refuse_late: bool,
    pub(crate) read_size: Option<usize>,
    /// Looks at data where it lies, before it takes it.
    pub(crate) peeks: bool,
    pub(crate) writes_first: bool,
    pub(crate) initial_write: Option<String>,
    pub(crate) repeat_initial_write: usize,
    pub(crate) shuts_down: bool,
    /// Ends the connection with an alert, once it is there.
    pub(crate) send_alert: bool,
    pub(crate) export_secrets: bool,
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

/// Something to authenticate with.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    X509(X509Flags),
    Psk(PskFlags),
}

/// Files in PEM, and what goes with them.
#[derive(Clone, Debug, Default)]
pub(crate) struct X509Flags {
    /// The key alone is shown (RFC 7250).
    pub(crate) raw: bool,
    /// The credential that delegates to the key (RFC 9345).
    pub(crate) delegated: Option<Vec<u8>>,
    pub(crate) cert_file: Option<String>,
    pub(crate) key_file: Option<String>,
    pub(crate) signing_prefs: Vec<SignatureScheme>,
    pub(crate) ocsp: Option<Vec<u8>>,
    pub(crate) scts: Vec<Vec<u8>>,
    pub(crate) must_match_issuer: bool,
}

/// A key to be imported (RFC 9258).
#[derive(Clone, Debug)]
pub(crate) struct PskFlags {
    pub(crate) key: Vec<u8>,
    pub(crate) identity: Vec<u8>,
    pub(crate) context: Vec<u8>,
    pub(crate) hash: HashAlgorithm,
}

/// What a server's wish to renegotiate does on a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Renegotiate {
    #[default]
    Never,
    Once,
    Freely,
    Ignore,
    /// This side begins, once it was asked to.
    Explicitly,
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
    /// What the judge of the peer has said is known.
    pub(crate) verify_result: bool,
    /// All messages, in the reference's words.
    pub(crate) trace: Option<String>,
    /// What the peer has asked for.
    pub(crate) advertised_alpn: Option<Vec<u8>>,
    pub(crate) verify_prefs: Vec<SignatureScheme>,
    pub(crate) client_authorities: Option<Vec<Vec<u8>>>,
    pub(crate) certificate_types: Option<Vec<u8>>,
    pub(crate) peer_certificate_file: Option<String>,
    pub(crate) peer_certificate_type: Option<CertificateType>,
    /// Of the peer's raw public key.
    pub(crate) raw_key_sha256: Option<Vec<u8>>,
    pub(crate) ocsp: Option<Vec<u8>>,
    pub(crate) scts: Option<Vec<Vec<u8>>>,
    pub(crate) session_miss: bool,
    pub(crate) no_session: bool,
    pub(crate) ticket_renewal: bool,
    /// Whether a server has put the session under its ID.
    pub(crate) session_id: Option<bool>,
    /// Whether a client's latest ticket allows early data.
    pub(crate) ticket_early_data: bool,
    pub(crate) accept_early_data: bool,
    pub(crate) reject_early_data: bool,
    pub(crate) no_offer_early_data: bool,
    pub(crate) early_data_reason: Option<String>,
    /// In seconds.
    pub(crate) ticket_age_skew: Option<i64>,
    /// Which of the credentials was used; −1 for the one without a number, and for none.
    pub(crate) credential: Option<i32>,
    pub(crate) extended_main_secret: bool,
    pub(crate) secure_renegotiation: Option<bool>,
    pub(crate) renegotiations: u32,
}

impl Flags {
    /// Reads the command line; the first flag that is not understood decides.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Parsed {
        let own = Self { repeat_initial_write: 1, ..Self::default() };
        let mut case = Box::new(Case { initial: own.clone(), resume: own.clone(), retry: own });
        while let Some(flag) = args.next() {
            let mut name = flag.trim_start_matches('-');
            let mut applies = [true; 3];
            for (prefix, to) in PREFIXES {
                if let Some(rest) = name.strip_prefix(prefix) {
                    name = rest;
                    applies = std::array::from_fn(|at| applies[at] && to[at]);
                }
            }
            if name == "is-handshaker-supported" {
                return Parsed::HandshakerSupported;
            }
            let is_switch = case.initial.clone().switch(name);
            let value = if is_switch { None } else { args.next() };
            let set = |flags: &mut Self| match &value {
                None => is_switch && flags.switch(name),
                Some(value) => flags.set(name, value),
            };
            let mut nobody = Self::default();
            let Case { initial, resume, retry } = &mut *case;
            let three = [initial, resume, retry].into_iter().zip(applies);
            let mut of = three.filter_map(|(flags, applies)| applies.then_some(flags));
            let known = if applies == [false; 3] { set(&mut nobody) } else { of.all(set) };
            if !known {
                return Parsed::Unimplemented(flag);
            }
        }
        let absent = [&case.initial, &case.resume, &case.retry].into_iter().find_map(Self::absent);
        match absent {
            Some(what) => Parsed::Unimplemented(what.into()),
            None => Parsed::Flags(case),
        }
    }

    /// What several flags ask for together, and is not there.
    fn absent(&self) -> Option<&'static str> {
        if self.names_only {
            return Some("everything");
        }
        if self.versions().is_none() {
            return Some("versions before TLS 1.2");
        }
        None
    }

    /// The certificates: those that have a number, in their order, and the one without.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &X509Flags> {
        let numbered = self.credentials.iter().filter_map(|credential| match credential {
            Credential::X509(x509) => Some(x509),
            Credential::Psk(_) => None,
        });
        numbered.chain([&self.own])
    }

    /// Whether the peer may show a raw public key.
    pub(crate) fn takes_raw_keys(&self) -> bool {
        self.peer_types.contains(&CertificateType::RAW_PUBLIC_KEY)
    }

    /// Whether one of the credentials is a pre-shared key of TLS 1.3.
    pub(crate) fn has_psk_credential(&self) -> bool {
        self.credentials.iter().any(|credential| matches!(credential, Credential::Psk(_)))
    }

    /// The lowest and the highest version.
    pub(crate) fn versions(&self) -> Option<(u16, u16)> {
        let lowest = self.min_version.max(if self.no_tls12 { TLS13 } else { TLS12 });
        let highest = self.max_version.unwrap_or(TLS13).min(if self.no_tls13 { TLS12 } else { TLS13 });
        (lowest <= highest).then_some((lowest, highest))
    }
}

/// To which of the three a flag applies. There is no other process that shakes hands.
const PREFIXES: [(&str, [bool; 3]); 5] = [
    ("on-shim-", [true, true, true]),
    ("on-handshaker-", [false, false, false]),
    ("on-initial-", [true, false, false]),
    ("on-resume-", [false, true, false]),
    ("on-retry-", [false, false, true]),
];

/// TLS 1.2, as the runner writes it.
pub(crate) const TLS12: u16 = 771;

/// TLS 1.3.
pub(crate) const TLS13: u16 = 772;
