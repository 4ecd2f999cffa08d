//! WAIT_CH, ASK_CONFIG: the first ClientHello.

use super::{AfterConfig, AfterHello, ServerCx, negotiate, resume, retry};
use crate::{ConfigQuestion, EarlyData, EarlyRefusal, Fact, Failure, HelloView, Question, Refusal, ServerParams};
use alloc::sync::Arc;
use handfast_crypto::CryptoError;
use handfast_wire::extension::{OfferedPsks, SupportedVersions};
use handfast_wire::message::ClientHello;
use handfast_wire::{CipherSuite, ExtensionType, ProtocolVersion, Violation};

/// Nothing has come yet.
pub(crate) struct WaitCh;

/// A ClientHello of TLS 1.3. Who serves it?
pub(crate) struct AskConfig {
    hello: HelloView,
}

impl WaitCh {
    /// The first ClientHello (RFC 9846 §4.2.2).
    pub(super) fn client_hello(
        self,
        m: &ClientHello<'_>,
        raw: &[u8],
        cx: &mut ServerCx<'_>,
    ) -> Result<AskConfig, Failure> {
        check_versions(m)?;
        cx.host.learn(Fact::ClientRandom(m.random));
        let hello = HelloView::new(raw);
        cx.asker.ask(|id| Question::Config(ConfigQuestion { id, hello: hello.clone() }));
        Ok(AskConfig { hello })
    }
}

/// Whether there is any version that is understood here. Which one it will be, the configuration decides.
fn check_versions(m: &ClientHello<'_>) -> Result<(), Failure> {
    let (understood, older) = match m.extensions.find::<SupportedVersions<'_>>()? {
        Some(versions) => {
            let tls12 = cfg!(feature = "tls12") && versions.0.contains(&ProtocolVersion::TLS1_2);
            let older = versions.0.iter().all(|version| version < ProtocolVersion::TLS1_3);
            (versions.0.contains(&ProtocolVersion::TLS1_3) || tls12, older)
        }
        None => (cfg!(feature = "tls12") && m.legacy_version >= ProtocolVersion::TLS1_2, true),
    };
    if understood {
        return Ok(());
    }
    // RFC 7507 §3: also where the version the client has fallen back to is one that nobody here speaks.
    let fallback = older && m.cipher_suites.contains(&CipherSuite::TLS_FALLBACK_SCSV);
    Err(if fallback { Violation::InappropriateFallback.into() } else { Refusal::Version.into() })
}

/// What a ClientHello of TLS 1.3 must be, whatever the configuration.
pub(super) fn check(m: &ClientHello<'_>) -> Result<(), Failure> {
    let versions = m.extensions.find::<SupportedVersions<'_>>()?;
    if !versions.is_some_and(|versions| versions.0.contains(&ProtocolVersion::TLS1_3)) {
        return Err(Refusal::Version.into());
    }
    if m.legacy_version != ProtocolVersion::TLS1_2 {
        return Err(Violation::ClientLegacyVersion.into());
    }
    if m.compression_methods != [0] {
        return Err(Violation::Compression.into());
    }
    // RFC 9846 §9.2: only beside a pre-shared key that is taken can these be missing, and the two of the key exchange never
    // one without the other.
    let has = |ty| m.extensions.contains(ty);
    let psk = has(ExtensionType::PRE_SHARED_KEY);
    let mandatory = [
        (ExtensionType::SIGNATURE_ALGORITHMS, !psk),
        (ExtensionType::SUPPORTED_GROUPS, !psk || has(ExtensionType::KEY_SHARE)),
        (ExtensionType::KEY_SHARE, !psk || has(ExtensionType::SUPPORTED_GROUPS)),
    ];
    if let Some((missing, _)) = mandatory.into_iter().find(|&(ty, mandatory)| mandatory && !has(ty)) {
        return Err(Violation::MissingExtension(missing).into());
    }
    check_psk(m)?;
    Ok(())
}

/// The form of an offer of pre-shared keys, also where none will be taken (RFC 9846 §4.3.11, §4.3.9).
fn check_psk(m: &ClientHello<'_>) -> Result<(), Violation> {
    if m.extensions.find::<OfferedPsks<'_>>()?.is_none() {
        return Ok(());
    }
    if m.extensions.last() != Some(ExtensionType::PRE_SHARED_KEY) {
        return Err(Violation::PreSharedKeyNotLast);
    }
    if !m.extensions.contains(ExtensionType::PSK_KEY_EXCHANGE_MODES) {
        return Err(Violation::MissingExtension(ExtensionType::PSK_KEY_EXCHANGE_MODES));
    }
    Ok(())
}

impl AskConfig {
    #[cfg(feature = "tls12")]
    pub(super) fn hello(&self) -> &HelloView {
        &self.hello
    }

    /// The configuration is chosen: negotiate, or ask for another share.
    pub(super) fn configured(self, params: Arc<ServerParams>, cx: &mut ServerCx<'_>) -> Result<AfterConfig, Failure> {
        let hello = self.hello.message().ok_or(Failure::Crypto(CryptoError::Failed))?;
        if !params.takes_tls13() {
            return Err(Refusal::Version.into());
        }
        check(&hello)?;
        let group = match negotiate::group(&params, &hello)? {
            negotiate::Choice::Share(group) => Some(group),
            negotiate::Choice::Nothing => None,
            negotiate::Choice::Retry(group) => {
                let suite = negotiate::suite(&params, &hello, None).ok_or(Refusal::Suite)?;
                cx.transcript.start(params.provider.hash(suite.hash).ok_or(CryptoError::Unsupported)?);
                if hello.extensions.contains(ExtensionType::EARLY_DATA) {
                    cx.host.learn(Fact::EarlyData(EarlyData::Refused(EarlyRefusal::Retry)));
                }
                return retry::ask(params, suite, group, self.hello.clone(), &hello, cx).map(AfterConfig::WaitCh2);
            }
        };
        let arrived = resume::Arrived { params, group, hello: self.hello.clone(), retried: None };
        Ok(match resume::begin(arrived, cx)? {
            AfterHello::AskResume(s) => AfterConfig::AskResume(s),
            AfterHello::AskCredential(s) => AfterConfig::AskCredential(s),
        })
    }
}
