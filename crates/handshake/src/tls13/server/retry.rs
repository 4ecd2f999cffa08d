//! WAIT_CH2: the share was missing; ask for it, once.

use super::resume::{self, Arrived, Retried};
use super::{AfterHello, ServerCx, client_hello};
use crate::party::Incoming;
use crate::{Epoch, Fact, Failure, HelloView, ServerParams};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::{CryptoError, Suite};
use handfast_wire::extension::{KeyShares, RetryKeyShare, SelectedVersion};
use handfast_wire::message::{ClientHello, HelloRetryRequest};
use handfast_wire::{ExtensionType, NamedGroup, ProtocolVersion, Violation};

/// A HelloRetryRequest is out.
pub(crate) struct WaitCh2 {
    params: Arc<ServerParams>,
    suite: &'static Suite,
    group: NamedGroup,
    first: HelloView,
}

/// Sends the HelloRetryRequest (RFC 9846 §4.2.4).
pub(super) fn ask(
    params: Arc<ServerParams>,
    suite: &'static Suite,
    group: NamedGroup,
    first: HelloView,
    hello: &ClientHello<'_>,
    cx: &mut ServerCx<'_>,
) -> Result<WaitCh2, Failure> {
    let mut extensions = cx.asker.block();
    extensions.push(&SelectedVersion(ProtocolVersion::TLS1_3))?;
    extensions.push(&RetryKeyShare(group))?;
    let mut raw = cx.blank();
    HelloRetryRequest {
        legacy_version: ProtocolVersion::TLS1_2,
        session_id: hello.session_id,
        cipher_suite: suite.id,
        compression_method: 0,
        extensions: extensions.as_extensions(),
    }
    .write(&mut raw)?;
    cx.asker.take_back_block(extensions);
    cx.post(Epoch::Initial, raw)?;
    cx.host.learn(Fact::Retried);
    // RFC 9846 Appendix E.4: right after the server's first message, and not again after ServerHello.
    cx.host.change_cipher_spec()?;
    Ok(WaitCh2 { params, suite, group, first })
}

impl WaitCh2 {
    /// The second ClientHello: the first one with the share that was asked for.
    pub(super) fn client_hello(
        self,
        m: &ClientHello<'_>,
        message: &Incoming<'_>,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterHello, Failure> {
        client_hello::check(m)?;
        let first = self.first.message().ok_or(Failure::Crypto(CryptoError::Failed))?;
        if let Some(what) = changed(&first, m) {
            return Err(Violation::ChangedHello(what).into());
        }
        let shares = m.extensions.find::<KeyShares<'_>>()?.ok_or(Violation::RetryShare)?.0;
        let mut shares = shares.iter();
        match (shares.next(), shares.next()) {
            (Some(share), None) if share.group == self.group => {}
            _ => return Err(Violation::RetryShare.into()),
        }
        let own = self.params.groups.iter().copied().find(|group| group.name() == self.group);
        let group = Some(own.ok_or(CryptoError::Unsupported)?);
        let retried = Some(Retried { suite: self.suite, partial: message.before });
        resume::begin(Arrived { params: self.params, group, hello: HelloView::new(message.raw), retried }, cx)
    }
}

/// What differs between the two hellos beyond what RFC 9846 §4.2.2 allows; `None` when nothing does.
fn changed(first: &ClientHello<'_>, second: &ClientHello<'_>) -> Option<&'static str> {
    if first.legacy_version != second.legacy_version {
        return Some("legacy_version");
    }
    if first.random != second.random {
        return Some("random");
    }
    if first.session_id != second.session_id {
        return Some("legacy_session_id");
    }
    if first.cipher_suites != second.cipher_suites {
        return Some("cipher_suites");
    }
    if first.compression_methods != second.compression_methods {
        return Some("legacy_compression_methods");
    }
    // RFC 9846 §4.3.10: early data cannot follow a HelloRetryRequest.
    if second.extensions.contains(ExtensionType::EARLY_DATA) {
        return Some("early_data");
    }
    (fixed(first) != fixed(second)).then_some("extensions")
}

/// The extensions that must be the same, by type.
fn fixed<'a>(hello: &ClientHello<'a>) -> Vec<(ExtensionType, &'a [u8])> {
    let mut extensions: Vec<_> = hello.extensions.iter().filter(|(ty, _)| !may_change(*ty)).collect();
    extensions.sort_unstable_by_key(|&(ty, _)| ty);
    extensions
}

/// The extensions the second ClientHello may change, add or drop. No cookie was sent, so none may come back. An
/// encrypted_client_hello is another one in the second hello (RFC 9849 §6.1.5).
fn may_change(ty: ExtensionType) -> bool {
    matches!(
        ty,
        ExtensionType::KEY_SHARE
            | ExtensionType::EARLY_DATA
            | ExtensionType::PRE_SHARED_KEY
            | ExtensionType::PADDING
            | ExtensionType::ENCRYPTED_CLIENT_HELLO
    )
}
