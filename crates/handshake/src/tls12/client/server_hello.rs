//! WAIT_SH: the ServerHello that selects TLS 1.2.

use super::{AfterSh, ClientCx, Core, WaitCert, WaitSke, finish};
use crate::alpn::HTTP2;
use crate::certificate_type::Types;
use crate::tls12::agreed::Agreed;
use crate::tls12::{ClientParams, is_for_http2, renegotiation};
use crate::{Fact, Failure, NotResumed, alpn};
use alloc::vec::Vec;
use handfast_crypto::{Cipher, CryptoError, Suite};
use handfast_schedule::tls12::Randoms;
use handfast_schedule::{Side, Transcript};
use handfast_wire::extension::{
    EcPointFormats, EmptyStatusRequest, EncryptThenMac, ExtendedMasterSecret, MaxFragmentLength, RecordSizeLimit,
    RenegotiationInfo, ServerNameAck, SessionTicketAck, SignedCertificateTimestampList,
};
use handfast_wire::message::{DOWNGRADE_TLS11, DOWNGRADE_TLS12, ServerHello};
use handfast_wire::{CipherSuite, EcPointFormat, ExtensionType, Extensions, Message, ProtocolVersion, Violation};

/// A ClientHello is out.
pub(crate) struct WaitSh;

/// What of the ServerHello concerns the next messages alone.
#[derive(Default)]
pub(super) struct Announced {
    /// CertificateStatus may follow the Certificate.
    pub(super) status: bool,
    /// The timestamps of the server's certificate.
    pub(super) scts: Option<Vec<Vec<u8>>>,
}

/// ServerHello decides with which hash the transcript goes on. A suite that was not offered is left for the handler to
/// refuse. The messages are kept, for a CertificateVerify may have to sign them.
pub(super) fn choose_hash(body: &Message<'_>, core: &Core, transcript: &mut Transcript) -> Result<(), Failure> {
    let Message::ServerHello(m) = body else { return Ok(()) };
    if let Ok(suite) = offered(core, m.cipher_suite) {
        transcript.start_keeping(core.params.provider.hash(suite.hash).ok_or(CryptoError::Unsupported)?);
    }
    Ok(())
}

impl WaitSh {
    /// ServerHello (RFC 5246 §7.4.1.3).
    pub(super) fn server_hello(self, m: &ServerHello<'_>, cx: &mut ClientCx<'_>) -> Result<AfterSh, Failure> {
        // From the peer's first message on, data belongs to neither handshake.
        if cx.core.previous.is_some() {
            cx.host.learn(Fact::DataCloses);
            cx.host.learn(Fact::ClientRandom(cx.core.offer.random()));
        }
        check_version(m, cx.core)?;
        if m.compression_method != 0 {
            return Err(Violation::Compression.into());
        }
        let suite = offered(cx.core, m.cipher_suite)?;
        cx.core.offer.solicited(&m.extensions, |_| false)?;
        let (agreed, announced) = read(m, suite, cx)?;

        cx.host.learn(Fact::Version(ProtocolVersion::TLS1_2));
        cx.host.learn(Fact::Suite(suite));
        cx.host.learn(Fact::ExtendedMainSecret(agreed.extended));
        // RFC 7366 §3: without it the MAC is inside, which is another switch.
        if matches!(suite.cipher, Cipher::Cbc(..)) && !agreed.encrypt_then_mac && !tls12(cx.core)?.mac_then_encrypt {
            return Err(Violation::MacThenEncrypt.into());
        }
        if let Some(previous) = &cx.core.previous {
            previous.check(&agreed)?;
        }
        if resumes(m, cx.core)? {
            return finish::resumed(agreed, cx);
        }
        // Its secret is of no more use.
        if cx.core.session.take().is_some() {
            cx.host.learn(Fact::NotResumed(NotResumed::Declined));
        }
        if suite.exchange.has_psk() {
            return Ok(AfterSh::WaitSke(WaitSke::without_certificate(agreed)));
        }
        agreed.types.check(&cx.core.params)?;
        Ok(AfterSh::WaitCert(WaitCert::new(agreed, announced)))
    }
}

/// RFC 9846 §4.2.3: a server that knows TLS 1.3 marks its random when it goes below, so somebody took our offer away.
fn check_version(m: &ServerHello<'_>, core: &Core) -> Result<(), Violation> {
    if m.legacy_version != ProtocolVersion::TLS1_2 {
        return Err(Violation::ServerVersion);
    }
    let marked = m.random.ends_with(&DOWNGRADE_TLS12) || m.random.ends_with(&DOWNGRADE_TLS11);
    if marked && core.offer.has(ExtensionType::SUPPORTED_VERSIONS) {
        return Err(Violation::Downgrade);
    }
    Ok(())
}

fn tls12(core: &Core) -> Result<&ClientParams, CryptoError> {
    core.params.tls12.as_ref().ok_or(CryptoError::Failed)
}

fn offered(core: &Core, suite: CipherSuite) -> Result<&'static Suite, Violation> {
    let mut suites = core.params.tls12.iter().flat_map(|tls12| tls12.suites.iter().copied());
    suites.find(|offered| offered.id == suite).ok_or(Violation::SelectedSuite)
}

/// What the ServerHello agrees on.
fn read(m: &ServerHello<'_>, suite: &'static Suite, cx: &mut ClientCx<'_>) -> Result<(Agreed, Announced), Failure> {
    let extensions = &m.extensions;
    let info = extensions.find::<RenegotiationInfo<'_>>()?.map(|info| info.0);
    let secure_renegotiation = renegotiation::check(cx.core.previous.as_ref(), Side::Server, info)?;
    // RFC 5746 §4.1: a client may insist.
    if !secure_renegotiation && tls12(cx.core)?.require_secure_renegotiation {
        return Err(Violation::RenegotiationInfo.into());
    }
    let extended = extensions.find::<ExtendedMasterSecret>()?.is_some();
    let before = cx.core.previous.as_ref().map(|previous| previous.extended);
    // RFC 7627 §5.4: a connection that had it keeps it.
    if !extended && (tls12(cx.core)?.require_extended || before == Some(true)) {
        return Err(Violation::NoExtendedMainSecret.into());
    }
    if extensions.find::<EcPointFormats<'_>>()?.is_some_and(|formats| !formats.0.contains(&EcPointFormat::UNCOMPRESSED))
    {
        return Err(Violation::PointFormat.into());
    }
    extensions.find::<ServerNameAck>()?;
    let protocol = match &cx.core.previous {
        Some(previous) => previous.protocol.clone(),
        None => alpn::selected(extensions, &cx.core.params.protocols)?,
    };
    if let Some(protocol) = &protocol {
        cx.host.learn(Fact::Protocol(protocol.clone()));
    }
    if protocol.as_deref() == Some(HTTP2) && !is_for_http2(suite) {
        return Err(Violation::SuiteForHttp2.into());
    }
    learn_limits(extensions, cx)?;
    let scts = extensions.find::<SignedCertificateTimestampList<'_>>()?;
    let agreed = Agreed {
        suite,
        randoms: Randoms { client: cx.core.offer.random(), server: m.random },
        extended,
        encrypt_then_mac: extensions.find::<EncryptThenMac>()?.is_some(),
        secure_renegotiation,
        client_version: ProtocolVersion::TLS1_2,
        name: cx.core.label.clone(),
        protocol,
        session_id: m.session_id.to_vec(),
        types: Types::selected(extensions, &cx.core.params)?,
        ticket: extensions.find::<SessionTicketAck>()?.is_some(),
        created: 0,
        psk: None,
    };
    let announced = Announced {
        status: extensions.find::<EmptyStatusRequest>()?.is_some(),
        scts: scts.map(|list| list.0.iter().map(|sct| sct.0.to_vec()).collect()),
    };
    Ok((agreed, announced))
}

/// The limits on records. In TLS 1.2 there is no content type inside that would count (RFC 8449 §4).
fn learn_limits(extensions: &Extensions<'_>, cx: &mut ClientCx<'_>) -> Result<(), Violation> {
    let limit = extensions.find::<RecordSizeLimit>()?;
    // RFC 8449 §5: not both.
    if limit.is_some() && extensions.contains(ExtensionType::MAX_FRAGMENT_LENGTH) {
        return Err(Violation::MaxFragmentLength);
    }
    if let Some(RecordSizeLimit(limit)) = limit {
        cx.host.learn(Fact::SendLimit(usize::from(limit)));
        if let Some(own) = cx.core.params.record_size_limit {
            cx.host.learn(Fact::ReceiveLimit(usize::from(own)));
        }
    }
    if let Some(length) = extensions.find::<MaxFragmentLength>()? {
        let own = cx.core.params.max_fragment_length;
        let bytes = own.filter(|own| *own == length).and_then(MaxFragmentLength::bytes);
        let bytes = bytes.ok_or(Violation::MaxFragmentLength)?;
        cx.host.learn(Fact::MaxFragment(bytes));
    }
    Ok(())
}

/// Whether the server takes the session that was offered.
fn resumes(m: &ServerHello<'_>, core: &Core) -> Result<bool, Violation> {
    let echoed = !m.session_id.is_empty() && m.session_id == core.offer.session_id();
    match &core.session {
        // Nothing was offered: the session ID was random, so a server that repeats it resumes what nobody has.
        None if echoed => Err(Violation::SessionIdEcho),
        Some(session) if echoed && session.suite.id != m.cipher_suite => Err(Violation::SelectedSuite),
        // RFC 7627 §5.3, in both directions.
        Some(session) if echoed && session.extended != m.extensions.contains(ExtensionType::EXTENDED_MASTER_SECRET) => {
            Err(Violation::NoExtendedMainSecret)
        }
        _ => Ok(echoed),
    }
}
