//! The ClientHello as TLS 1.2 has it.

use super::negotiate::Usable;
use super::resume::AskResume;
use super::{AfterFresh, AfterHello, ServerCx, flight};
use crate::alpn::HTTP2;
use crate::tls12::renegotiation;
use crate::{
    Fact, Failure, HelloView, NotResumed, Offer, Question, Refusal, ResumeQuestion, ServerParams, alpn,
    certificate_type,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::CryptoError;
use handfast_schedule::Side;
use handfast_schedule::tls12::Randoms;
use handfast_wire::extension::{
    EcPointFormats, EncryptThenMac, ExtendedMasterSecret, MaxFragmentLength, RecordSizeLimit, RenegotiationInfo,
    SessionTicket, SignedCertificateTimestampRequest, StatusRequest, SupportedVersions,
};
use handfast_wire::message::{ClientHello, DOWNGRADE_TLS12};
use handfast_wire::{CipherSuite, EcPointFormat, ProtocolVersion, Violation};

/// What a ClientHello offers, whatever suite and certificate will be chosen.
pub(super) struct Offered {
    pub(super) view: HelloView,
    pub(super) randoms: Randoms,
    pub(super) client_version: ProtocolVersion,
    pub(super) extended: bool,
    pub(super) secure_renegotiation: bool,
    pub(super) encrypt_then_mac: bool,
    pub(super) name: Option<Arc<str>>,
    pub(super) protocol: Option<Vec<u8>>,
    pub(super) record_size_limit: Option<u16>,
    pub(super) max_fragment_length: Option<MaxFragmentLength>,
    /// A NewSessionTicket is welcome.
    pub(super) takes_ticket: bool,
    pub(super) certificate_types: certificate_type::Offered,
    pub(super) wants_status: bool,
    pub(super) wants_scts: bool,
    /// ec_point_formats was sent, and is answered.
    pub(super) point_formats: bool,
}

/// Whether `params` answers this ClientHello in TLS 1.2 (RFC 9846 §4.3.1).
pub(crate) fn selects(params: &ServerParams, m: &ClientHello<'_>) -> Result<bool, Failure> {
    if params.takes_tls13() && offers(m, ProtocolVersion::TLS1_3)? {
        return Ok(false);
    }
    // RFC 7507 §3: the client has tried a higher version before, and that failed for a reason that was not ours.
    if params.takes_tls13() && m.cipher_suites.contains(&CipherSuite::TLS_FALLBACK_SCSV) {
        return Err(Violation::InappropriateFallback.into());
    }
    if !params.takes_tls12() || !offers(m, ProtocolVersion::TLS1_2)? {
        return Err(Refusal::Version.into());
    }
    Ok(true)
}

fn offers(m: &ClientHello<'_>, version: ProtocolVersion) -> Result<bool, Violation> {
    Ok(match m.extensions.find::<SupportedVersions<'_>>()? {
        Some(versions) => versions.0.contains(&version),
        // A hello of TLS 1.2 or older. A later number there is one of TLS 1.2 (RFC 5246 Appendix E.1).
        None => version != ProtocolVersion::TLS1_3 && m.legacy_version >= version,
    })
}

/// Reads the ClientHello, reports what follows from it, and asks the first question.
pub(super) fn start(view: &HelloView, cx: &mut ServerCx<'_>) -> Result<AfterHello, Failure> {
    let m = view.message().ok_or(CryptoError::Failed)?;
    let params = cx.core.params.clone();
    if cx.core.previous.is_some() && !offers(&m, ProtocolVersion::TLS1_2)? {
        return Err(Refusal::Version.into());
    }
    let offered = read(view, &m, cx)?;
    cx.host.learn(Fact::ClientRandom(m.random));
    cx.host.learn(Fact::Version(ProtocolVersion::TLS1_2));
    cx.host.learn(Fact::ExtendedMainSecret(offered.extended));
    if let Some(name) = &offered.name {
        cx.host.learn(Fact::ServerName(name.clone()));
    }

    let tls12 = params.tls12.as_ref().ok_or(CryptoError::Failed)?;
    // RFC 5246 Appendix F.1.4 with the triple handshake in mind: nothing is resumed inside of a renegotiation.
    if cx.core.previous.is_none() {
        let offered_ticket = m.extensions.find::<SessionTicket<'_>>()?.map(|ticket| ticket.0).filter(|t| !t.is_empty());
        let ticket = offered_ticket.filter(|_| tls12.tickets);
        if offered_ticket.is_some() && ticket.is_none() {
            cx.host.learn(Fact::NotResumed(NotResumed::Disabled));
        }
        let session_id = if tls12.session_ids { m.session_id } else { &[] };
        if ticket.is_some() || !session_id.is_empty() {
            // Beside a ticket the session ID is only what the client wants to hear back (RFC 5077 §3.4).
            let offer = match ticket {
                Some(ticket) => Offer::Ticket(ticket.to_vec()),
                None => Offer::SessionId(session_id.to_vec()),
            };
            let (offers, server_name) = (alloc::vec![offer], offered.name.clone());
            cx.asker.ask(|id| Question::Resume(ResumeQuestion { id, offers, server_name }));
            return Ok(AfterHello::AskResume(AskResume::new(offered)));
        }
    }
    Ok(match flight::fresh(offered, cx)? {
        AfterFresh::AskCredential(s) => AfterHello::AskCredential(s),
        AfterFresh::WaitCert(s) => AfterHello::WaitCert(s),
        AfterFresh::WaitCke(s) => AfterHello::WaitCke(s),
    })
}

fn read(view: &HelloView, m: &ClientHello<'_>, cx: &mut ServerCx<'_>) -> Result<Box<Offered>, Failure> {
    let params = cx.core.params.clone();
    let tls12 = params.tls12.as_ref().ok_or(CryptoError::Failed)?;
    // RFC 5246 §7.4.1.2: null must be among them, others may.
    if !m.compression_methods.contains(&0) {
        return Err(Violation::Compression.into());
    }
    let extensions = &m.extensions;
    let extended = extensions.find::<ExtendedMasterSecret>()?.is_some();
    let before = cx.core.previous.as_ref().map(|previous| previous.extended);
    // RFC 7627 §5.4: a connection that had it keeps it.
    if !extended && (tls12.require_extended || before == Some(true)) {
        return Err(Violation::NoExtendedMainSecret.into());
    }
    let formats = extensions.find::<EcPointFormats<'_>>()?;
    if formats.as_ref().is_some_and(|formats| !formats.0.contains(&EcPointFormat::UNCOMPRESSED)) {
        return Err(Violation::PointFormat.into());
    }
    let secure_renegotiation = renegotiation_info(m, cx)?;
    // RFC 5746 §4.3: a server may insist.
    if !secure_renegotiation && tls12.require_secure_renegotiation {
        return Err(Violation::RenegotiationInfo.into());
    }
    let limit = extensions.find::<RecordSizeLimit>()?.map(|limit| limit.0);
    let mut server = params.provider.random.array()?;
    if params.takes_tls13()
        && let Some(last) = server.last_chunk_mut()
    {
        *last = DOWNGRADE_TLS12;
    }
    let status = extensions.find::<StatusRequest<'_>>()?;
    let mut offered = Box::new(Offered {
        view: view.clone(),
        randoms: Randoms { client: m.random, server },
        client_version: m.legacy_version,
        extended,
        secure_renegotiation,
        encrypt_then_mac: extensions.find::<EncryptThenMac>()?.is_some(),
        name: crate::question::server_name(m)?,
        protocol: match &cx.core.previous {
            // Whoever runs above this connection has been told what it speaks.
            Some(previous) => previous.protocol.clone(),
            None => alpn::select(extensions, &params.protocols)?,
        },
        record_size_limit: limit,
        // RFC 8449 §5: of both, this one is ignored.
        max_fragment_length: extensions.find::<MaxFragmentLength>()?.filter(|_| limit.is_none()),
        takes_ticket: extensions.find::<SessionTicket<'_>>()?.is_some(),
        certificate_types: certificate_type::Offered::read(m)?,
        wants_status: matches!(status, Some(StatusRequest::Ocsp(_))),
        wants_scts: extensions.find::<SignedCertificateTimestampRequest>()?.is_some(),
        point_formats: formats.is_some(),
    });
    if cx.core.previous.is_none() {
        without_http2(&mut offered, m, &params)?;
    }
    Ok(offered)
}

/// RFC 5746 §3.6, §3.7: the extension, or in a first handshake the suite that stands for an empty one.
fn renegotiation_info(m: &ClientHello<'_>, cx: &ServerCx<'_>) -> Result<bool, Violation> {
    let signalled = m.cipher_suites.contains(&CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
    let previous = cx.core.previous.as_ref();
    if signalled && previous.is_some() {
        return Err(Violation::RenegotiationInfo);
    }
    let info = m.extensions.find::<RenegotiationInfo<'_>>()?.map(|info| info.0);
    Ok(renegotiation::check(previous, Side::Client, info)? || signalled)
}

/// HTTP/2 has a list of suites that it does not want (RFC 9113 §9.2.2). Where none other is in common, another protocol
/// is, perhaps.
fn without_http2(offered: &mut Offered, m: &ClientHello<'_>, params: &ServerParams) -> Result<(), Failure> {
    if offered.protocol.as_deref() == Some(HTTP2) && Usable::new(params, m, Some(HTTP2))?.is_empty() {
        let others: Vec<_> = params.protocols.iter().filter(|name| name.as_slice() != HTTP2).cloned().collect();
        if others.is_empty() {
            return Err(Refusal::Suite.into());
        }
        offered.protocol = alpn::select(&m.extensions, &others)?;
    }
    Ok(())
}
