//! WAIT_SH: ServerHello, and the HelloRetryRequest that looks like one.

use super::{ClientCx, Core, WaitEe};
use crate::offer::{self, Hello, Started};
use crate::tls13::HandshakeKeys;
use crate::{Direction, Epoch, Fact, Failure};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, SharedSecret, Suite};
use handfast_schedule::{EarlySecret, Transcript};
use handfast_wire::extension::{Cookie, RetryKeyShare, SelectedVersion, ServerKeyShare};
use handfast_wire::message::{DOWNGRADE_TLS11, DOWNGRADE_TLS12, HelloRetryRequest, ServerHello};
use handfast_wire::{CipherSuite, ExtensionType, Extensions, Message, NamedGroup, ProtocolVersion, Violation};

/// A ClientHello is out.
pub(crate) struct WaitSh {
    shares: Vec<Started>,
    retried: Option<Retried>,
}

/// What a HelloRetryRequest has settled.
struct Retried {
    suite: CipherSuite,
    group: Option<NamedGroup>,
}

/// A hello of the server decides with which hash the transcript goes on, and a HelloRetryRequest folds the first
/// ClientHello into a message_hash before it is absorbed itself (RFC 9846 §4.1). Called before the transcript sees
/// the message; a suite that was not offered is left for the handler to refuse.
pub(super) fn choose_hash(body: &Message<'_>, core: &Core, transcript: &mut Transcript) -> Result<(), Failure> {
    let (suite, retry) = match body {
        Message::ServerHello(m) => (m.cipher_suite, false),
        Message::HelloRetryRequest(m) => (m.cipher_suite, true),
        _ => return Ok(()),
    };
    if transcript.hash().is_some() {
        return Ok(());
    }
    let Ok(suite) = offered(core, suite) else { return Ok(()) };
    transcript.start(core.params.provider.hash(suite.hash).ok_or(CryptoError::Unsupported)?);
    if retry {
        transcript.retry()?;
    }
    Ok(())
}

impl WaitSh {
    pub(super) fn new(shares: Vec<Started>) -> Self {
        Self { shares, retried: None }
    }

    #[cfg(feature = "tls12")]
    pub(super) fn is_retried(&self) -> bool {
        self.retried.is_some()
    }

    /// HelloRetryRequest (RFC 9846 §4.2.4).
    pub(super) fn retry(mut self, m: &HelloRetryRequest<'_>, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        if self.retried.is_some() {
            // RFC 9846 §4.2.4: the second one is an unexpected message, not a bad one.
            return Err(crate::party::unexpected("WAIT_SH", handfast_wire::MessageKind::HelloRetryRequest));
        }
        let suite = Common::of_retry(m).check(cx.core)?;
        cx.core.offer.solicited(&m.extensions, |ty| ty == ExtensionType::COOKIE)?;

        let cookie = m.extensions.find::<Cookie<'_>>()?.map(|cookie| cookie.0);
        let group = m.extensions.find::<RetryKeyShare>()?.map(|share| share.0);
        match group {
            Some(group) => {
                let known = cx.core.params.groups.iter().any(|own| own.name() == group);
                if !known || self.shares.iter().any(|(name, _)| *name == group) {
                    return Err(Violation::RetryGroup.into());
                }
                self.shares.clear();
                self.shares.push(offer::begin(&cx.core.params, group)?);
            }
            None if cookie.is_none() => return Err(Violation::UselessRetry.into()),
            None => {}
        }
        cx.host.learn(Fact::Retried);
        if cx.core.params.middlebox {
            cx.host.change_cipher_spec()?;
        }
        super::send_hello(cx, Hello::again(&self.shares, cookie, group.is_some()))?;
        Ok(Self { shares: self.shares, retried: Some(Retried { suite: suite.id, group }) })
    }

    /// ServerHello (RFC 9846 §4.2.3).
    pub(super) fn server_hello(self, m: &ServerHello<'_>, cx: &mut ClientCx<'_>) -> Result<WaitEe, Failure> {
        check_version(m, self.retried.is_some())?;
        let suite = Common::of_hello(m).check(cx.core)?;
        cx.core.offer.solicited(&m.extensions, |_| false)?;
        let share =
            m.extensions.find::<ServerKeyShare<'_>>()?.ok_or(Violation::MissingExtension(ExtensionType::KEY_SHARE))?.0;
        if let Some(retried) = &self.retried {
            if retried.suite != suite.id {
                return Err(Violation::SelectedSuite.into());
            }
            if retried.group.is_some_and(|group| group != share.group) {
                return Err(Violation::SelectedGroup.into());
            }
        }
        let retried = self.retried.is_some();
        check_share_len(cx.core, share.group, share.key_exchange)?;
        let secret = self.agree(share.group, share.key_exchange)?;
        let keys = derive(cx, suite, &secret)?;

        cx.host.learn(Fact::Version(ProtocolVersion::TLS1_3));
        cx.host.learn(Fact::Suite(suite));
        cx.host.learn(Fact::Group(share.group));
        // RFC 9846 Appendix E.4: before the second flight, whatever that will be; an alert would be the first of it.
        if cx.core.params.middlebox && !retried {
            cx.host.change_cipher_spec()?;
        }
        cx.host.install(Direction::Receive, Epoch::Handshake, &keys.server, suite)?;
        cx.host.install(Direction::Send, Epoch::Handshake, &keys.client, suite)?;
        Ok(WaitEe { keys })
    }

    /// Finishes the key exchange the server chose and forgets the others.
    fn agree(self, group: NamedGroup, share: &[u8]) -> Result<SharedSecret, Failure> {
        let (_, exchange) = self.shares.into_iter().find(|(name, _)| *name == group).ok_or(Violation::SelectedGroup)?;
        exchange.finish(share).map_err(|error| match error {
            CryptoError::InvalidShare => Violation::InvalidShare.into(),
            error => error.into(),
        })
    }
}

/// RFC 9846 §4.3.8.1: over a finite field a share is as long as the prime, with leading zeros.
fn check_share_len(core: &Core, group: NamedGroup, share: &[u8]) -> Result<(), Violation> {
    let own = core.params.groups.iter().find(|own| own.name() == group).and_then(|own| own.field());
    if own.is_some_and(|field| field.p.len() != share.len()) { Err(Violation::InvalidShare) } else { Ok(()) }
}

fn derive(cx: &ClientCx<'_>, suite: &'static Suite, secret: &SharedSecret) -> Result<HandshakeKeys, Failure> {
    let hash = cx.core.params.provider.hash(suite.hash).ok_or(CryptoError::Unsupported)?;
    let secret = EarlySecret::new(hash, None)?.handshake(Some(secret.as_bytes()))?;
    HandshakeKeys::new(suite, secret, &cx.transcript.current()?)
}

/// Where ServerHello and TLS 1.2 part: without supported_versions it is an older hello.
fn check_version(m: &ServerHello<'_>, retried: bool) -> Result<(), Violation> {
    if m.extensions.contains(ExtensionType::SUPPORTED_VERSIONS) {
        return Ok(());
    }
    // RFC 9846 §4.2.4: a HelloRetryRequest has settled the version.
    if retried {
        return Err(Violation::SelectedVersion);
    }
    // RFC 9846 §4.2.3: a server that knows TLS 1.3 marks its random when it goes below, so somebody took our offer away.
    if m.random.ends_with(&DOWNGRADE_TLS12) || m.random.ends_with(&DOWNGRADE_TLS11) {
        return Err(Violation::Downgrade);
    }
    Err(Violation::ServerVersion)
}

/// The fields ServerHello and HelloRetryRequest share.
struct Common<'a> {
    legacy_version: ProtocolVersion,
    session_id: &'a [u8],
    cipher_suite: CipherSuite,
    compression_method: u8,
    extensions: Extensions<'a>,
}

impl<'a> Common<'a> {
    fn of_hello(m: &ServerHello<'a>) -> Self {
        Self {
            legacy_version: m.legacy_version,
            session_id: m.session_id,
            cipher_suite: m.cipher_suite,
            compression_method: m.compression_method,
            extensions: m.extensions,
        }
    }

    fn of_retry(m: &HelloRetryRequest<'a>) -> Self {
        Self {
            legacy_version: m.legacy_version,
            session_id: m.session_id,
            cipher_suite: m.cipher_suite,
            compression_method: m.compression_method,
            extensions: m.extensions,
        }
    }

    /// The checks of RFC 9846 §4.2.3, starting with the version.
    fn check(&self, core: &Core) -> Result<&'static Suite, Violation> {
        let selected = self
            .extensions
            .find::<SelectedVersion>()?
            .ok_or(Violation::MissingExtension(ExtensionType::SUPPORTED_VERSIONS))?;
        if selected.0 != ProtocolVersion::TLS1_3 {
            return Err(Violation::SelectedVersion);
        }
        if self.legacy_version != ProtocolVersion::TLS1_2 {
            return Err(Violation::LegacyVersion);
        }
        if self.session_id != core.offer.session_id() {
            return Err(Violation::SessionIdEcho);
        }
        if self.compression_method != 0 {
            return Err(Violation::Compression);
        }
        offered(core, self.cipher_suite)
    }
}

fn offered(core: &Core, suite: CipherSuite) -> Result<&'static Suite, Violation> {
    core.params.suites.iter().find(|offered| offered.id == suite).copied().ok_or(Violation::SelectedSuite)
}
