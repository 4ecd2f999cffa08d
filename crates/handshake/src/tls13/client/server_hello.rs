//! WAIT_SH: ServerHello, and the HelloRetryRequest that looks like one.

use super::auth::Psk;
use super::{ClientCx, Core, WaitEe};
use crate::offer::{self, Hello, Started};
use crate::resumption::Selected;
use crate::tls13::HandshakeKeys;
use crate::tls13::binder::Key;
use crate::{Direction, EarlyData, EarlyRefusal, Epoch, Fact, Failure, NotResumed, Prior};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, SharedSecret, Suite};
use handfast_schedule::{EarlySecret, Transcript};
use handfast_wire::extension::{Cookie, RetryKeyShare, SelectedPsk, SelectedVersion, ServerKeyShare};
use handfast_wire::message::{DOWNGRADE_TLS11, DOWNGRADE_TLS12, HelloRetryRequest, ServerHello};
use handfast_wire::{CipherSuite, ExtensionType, Extensions, Message, NamedGroup, ProtocolVersion, Violation};

/// A ClientHello is out.
pub(crate) struct WaitSh {
    shares: Vec<Started>,
    retried: Option<Retried>,
    /// How much early data was offered, and has not been refused yet.
    early: Option<u32>,
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
    pub(super) fn new(shares: Vec<Started>, early: Option<u32>) -> Self {
        Self { shares, retried: None, early }
    }

    #[cfg(feature = "tls12")]
    pub(super) fn has_early_data(&self) -> bool {
        self.early.is_some()
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
        if self.early.is_some() {
            // RFC 9846 §4.2.4: the second ClientHello comes without early data, and in the clear.
            cx.host.unprotect()?;
            cx.host.learn(Fact::EarlyData(EarlyData::Refused(EarlyRefusal::Retry)));
        } else if cx.core.params.middlebox {
            cx.host.change_cipher_spec()?;
        }
        // RFC 9846 §4.2.2: a key that does not go with the suite is of no more use.
        cx.core.prior.keep(|hash| hash == suite.hash);
        super::send_hello(cx, Hello::again(&self.shares, cookie, group.is_some()))?;
        Ok(Self { shares: self.shares, retried: Some(Retried { suite: suite.id, group }), early: None })
    }

    /// ServerHello (RFC 9846 §4.2.3).
    pub(super) fn server_hello(self, m: &ServerHello<'_>, cx: &mut ClientCx<'_>) -> Result<WaitEe, Failure> {
        check_version(m, self.retried.is_some())?;
        let suite = Common::of_hello(m).check(cx.core)?;
        cx.core.offer.solicited(&m.extensions, |_| false)?;
        let selected = m.extensions.find::<SelectedPsk>()?.map(|selected| selected.0);
        let share = m.extensions.find::<ServerKeyShare<'_>>()?.map(|share| share.0);
        // docs/regressions.md row 29: without a share only beside a key, and only where that was offered (RFC 9846 §4.3.9).
        match (&share, selected) {
            (None, None) => return Err(Violation::MissingExtension(ExtensionType::KEY_SHARE).into()),
            // RFC 9846 §4.3.11.
            (None, Some(_)) if !cx.core.params.psk_ke => return Err(Violation::SelectedPsk.into()),
            _ => {}
        }
        let group = share.as_ref().map(|share| share.group);
        if let Some(retried) = &self.retried {
            if retried.suite != suite.id {
                return Err(Violation::SelectedSuite.into());
            }
            if retried.group.is_some() && group.is_some() && retried.group != group {
                return Err(Violation::SelectedGroup.into());
            }
        }
        let psk = selected.map(|at| Psk::select(&cx.core.prior, at, suite, &cx.core.params.provider)).transpose()?;
        let (retried, early) = (self.retried.is_some(), self.early);
        let secret = share.map(|share| self.agree(cx.core, share.group, share.key_exchange)).transpose()?;
        let keys = derive(cx, suite, selected, secret.as_ref())?;

        cx.host.learn(Fact::Version(ProtocolVersion::TLS1_3));
        cx.host.learn(Fact::Suite(suite));
        if let Some(group) = group {
            cx.host.learn(Fact::Group(group));
        }
        // RFC 9846 Appendix E.4: before the second flight, whatever that will be; an alert would be the first of it.
        let was_sent = retried || early.is_some();
        if cx.core.params.middlebox && !was_sent {
            cx.host.change_cipher_spec()?;
        }
        cx.host.install(Direction::Receive, Epoch::Handshake, &keys.server, suite)?;
        learn_psk(psk.as_ref(), cx)?;
        // What is of use of it is in the keys now.
        cx.core.prior = Prior::default();
        let state = WaitEe { keys, selected, psk, early };
        // RFC 9846 §4.3.10: early data goes with the first key that was offered, or not at all.
        if early.is_some() && selected != Some(0) {
            return state.refused(EarlyRefusal::NotResumed, cx);
        }
        if early.is_none() {
            cx.host.install(Direction::Send, Epoch::Handshake, &state.keys.client, suite)?;
        }
        Ok(state)
    }

    /// Finishes the key exchange the server chose and forgets the others.
    fn agree(self, core: &Core, group: NamedGroup, share: &[u8]) -> Result<SharedSecret, Failure> {
        check_share_len(core, group, share)?;
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

/// The keys of the handshake; `selected` is the pre-shared key that goes into them, if any does.
fn derive(
    cx: &ClientCx<'_>,
    suite: &'static Suite,
    selected: Option<u16>,
    secret: Option<&SharedSecret>,
) -> Result<HandshakeKeys, Failure> {
    let provider = &cx.core.params.provider;
    let early = match selected.and_then(|at| cx.core.prior.select(at)) {
        Some(Selected::Session(session)) => Key::of_session(session).early(provider)?,
        Some(Selected::External(psk)) => Key::of_psk(psk).early(provider)?,
        None => EarlySecret::new(provider.hash(suite.hash).ok_or(CryptoError::Unsupported)?, None)?,
    };
    HandshakeKeys::new(suite, early.handshake(secret.map(SharedSecret::as_bytes))?, &cx.transcript.current()?)
}

/// Reports what the server has resumed, or that it did not.
fn learn_psk(psk: Option<&Psk>, cx: &mut ClientCx<'_>) -> Result<(), Violation> {
    let unused = match &cx.core.prior.session {
        Some(session) if session.is_tls13() => Some(NotResumed::Declined),
        Some(_) => Some(NotResumed::Version),
        None => None,
    };
    match psk {
        Some(Psk::Session { psk, .. }) => {
            cx.host.learn(Fact::Resumed);
            if let Some(psk) = psk {
                cx.host.learn(Fact::PskIdentity(psk.identity.clone()));
            }
        }
        Some(Psk::External(psk)) => cx.host.learn(Fact::PskIdentity(psk.identity.clone())),
        None if cx.core.params.require_psk => return Err(Violation::PskRequired),
        None => {}
    }
    if let Some(why) = unused.filter(|_| !matches!(psk, Some(Psk::Session { .. }))) {
        cx.host.learn(Fact::NotResumed(why));
    }
    Ok(())
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
