//! Select parameters: what of the client's offer is taken.

use crate::auth::shared_schemes;
use crate::credential::Wanted;
use crate::question::server_name;
use crate::session::SessionId;
use crate::{Failure, Refusal, ServerParams, alpn, certificate_type, preference};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::group::is_post_quantum;
use handfast_crypto::{CryptoError, Group, HashAlgorithm, SharedSecret, Suite};
use handfast_wire::extension::{
    CertificateAuthorities, CompressCertificate, DelegatedCredentialSchemes, KeyShares, PostHandshakeAuth,
    PskKeyExchangeModes, RecordSizeLimit, SignatureAlgorithms, SignatureAlgorithmsCert,
    SignedCertificateTimestampRequest, StatusRequest, SupportedGroups, TicketRequest,
};
use handfast_wire::message::ClientHello;
use handfast_wire::{ExtensionType, List, NamedGroup, PskKeyExchangeMode, SignatureScheme, Violation};

/// What was agreed, for the flight that says so.
pub(super) struct Chosen {
    pub(super) params: Arc<ServerParams>,
    pub(super) suite: &'static Suite,
    /// The key exchange; there is none in psk_ke.
    pub(super) exchange: Option<Exchanged>,
    pub(super) session_id: SessionId,
    pub(super) server_name: Option<Arc<str>>,
    pub(super) protocol: Option<Vec<u8>>,
    pub(super) schemes: Arc<[SignatureScheme]>,
    pub(super) certificate_schemes: Vec<SignatureScheme>,
    pub(super) delegated_schemes: Arc<[SignatureScheme]>,
    pub(super) certificate_types: certificate_type::Offered,
    pub(super) wanted: Wanted,
    pub(super) record_size_limit: Option<u16>,
    pub(super) authorities: Vec<Vec<u8>>,
    /// A HelloRetryRequest went before.
    pub(super) retried: bool,
    /// How many tickets the client wants, of a new session and of one that was resumed (RFC 9149).
    pub(super) ticket_request: Option<(u8, u8)>,
    /// Whether the client could use a ticket (RFC 9846 §4.3.9).
    pub(super) takes_tickets: bool,
    /// Whether the client may be asked for a certificate after the handshake (RFC 9846 §4.3.6).
    pub(super) takes_requests: bool,
}

/// A key exchange that was done.
pub(super) struct Exchanged {
    pub(super) group: NamedGroup,
    pub(super) share: Vec<u8>,
    pub(super) secret: SharedSecret,
}

/// Which group, and whether its share is there.
pub(super) enum Choice {
    Share(&'static dyn Group),
    Retry(NamedGroup),
    /// The client has a pre-shared key and wants no key exchange.
    Nothing,
}

/// The cipher suite (RFC 9846 §4.2.1); with a pre-shared key one that has its hash (RFC 9846 §4.3.11).
pub(super) fn suite(
    params: &ServerParams,
    hello: &ClientHello<'_>,
    hash: Option<HashAlgorithm>,
) -> Option<&'static Suite> {
    let own = params.suites.iter().copied().filter(|suite| hash.is_none_or(|hash| hash == suite.hash));
    preference::order(params, own, hello.cipher_suites).first().copied()
}

/// The group (RFC 9846 §4.2.1, §4.3.8): the one preferred here among those with a share, so that no round trip is lost;
/// unless a hybrid group is within reach of a HelloRetryRequest and worth it.
pub(super) fn group(params: &ServerParams, hello: &ClientHello<'_>) -> Result<Choice, Failure> {
    // Only beside a pre-shared key, which was checked.
    if !hello.extensions.contains(ExtensionType::SUPPORTED_GROUPS) {
        return Ok(Choice::Nothing);
    }
    let groups = mandatory::<SupportedGroups<'_>>(hello, ExtensionType::SUPPORTED_GROUPS)?.0;
    let shares = mandatory::<KeyShares<'_>>(hello, ExtensionType::KEY_SHARE)?.0;
    // Sorted where it is long, so that a list of thousands costs no quadratic work.
    let mut sorted = Vec::new();
    if groups.iter().nth(FEW_GROUPS).is_some() {
        sorted.extend(groups.iter());
        sorted.sort_unstable();
    }
    let is_offered =
        |name: NamedGroup| if sorted.is_empty() { groups.contains(&name) } else { sorted.binary_search(&name).is_ok() };
    if shares.iter().any(|share| !is_offered(share.group)) {
        return Err(Violation::ShareWithoutGroup.into());
    }
    let common = || params.groups.iter().copied().filter(|group| is_offered(group.name()));
    let best = common().next().ok_or(Refusal::Group)?;
    let with_share = common().find(|group| shares.iter().any(|share| share.group == group.name()));
    Ok(match with_share {
        Some(group) if params.prefer_hybrid && is_post_quantum(best.name()) && !is_post_quantum(group.name()) => {
            Choice::Retry(best.name())
        }
        Some(group) => Choice::Share(group),
        None => Choice::Retry(best.name()),
    })
}

/// So many groups are looked through one by one.
const FEW_GROUPS: usize = 16;

/// Everything else, with the key exchange done, if there shall be one.
pub(super) fn agree(
    params: Arc<ServerParams>,
    suite: &'static Suite,
    group: Option<&'static dyn Group>,
    hello: &ClientHello<'_>,
) -> Result<Chosen, Failure> {
    let theirs = hello.extensions.find::<SignatureAlgorithms<'_>>()?.map(|list| list.0).unwrap_or_default();
    let in_certificates = hello.extensions.find::<SignatureAlgorithmsCert<'_>>()?.map_or(theirs, |list| list.0);
    let protocol = alpn::select(&hello.extensions, &params.protocols)?;
    let record_size_limit = hello.extensions.find::<RecordSizeLimit>()?.map(|limit| limit.0);
    let status = hello.extensions.find::<StatusRequest<'_>>()?;
    let compression = hello.extensions.find::<CompressCertificate<'_>>()?;
    let wanted = Wanted {
        ocsp: matches!(status, Some(StatusRequest::Ocsp(_))),
        scts: hello.extensions.find::<SignedCertificateTimestampRequest>()?.is_some(),
        compressor: compression.and_then(|list| params.compression.select(list.0)),
    };
    let delegated = hello.extensions.find::<DelegatedCredentialSchemes<'_>>()?.map(|list| list.0).unwrap_or_default();
    let authorities = hello.extensions.find::<CertificateAuthorities<'_>>()?;
    let ticket_request = hello.extensions.find::<TicketRequest>()?;
    Ok(Chosen {
        suite,
        exchange: group.map(|group| exchange(&params, group, hello)).transpose()?,
        session_id: SessionId::new(hello.session_id).ok_or(CryptoError::Length)?,
        server_name: server_name(hello)?,
        protocol,
        schemes: shared_schemes(theirs.iter(), &params.sign_schemes),
        certificate_schemes: all(in_certificates),
        delegated_schemes: shared_schemes(delegated.iter(), &params.sign_schemes),
        certificate_types: certificate_type::Offered::read(hello)?,
        wanted,
        record_size_limit,
        authorities: authorities.map(|list| list.0.iter().map(|name| name.0.to_vec()).collect()).unwrap_or_default(),
        retried: false,
        ticket_request: ticket_request.map(|wish| (wish.new_session_count, wish.resumption_count)),
        takes_tickets: modes(hello)?.takes_tickets(&params),
        takes_requests: hello.extensions.find::<PostHandshakeAuth>()?.is_some(),
        params,
    })
}

/// The schemes of a list, in a vector of their size.
fn all(list: List<'_, SignatureScheme>) -> Vec<SignatureScheme> {
    let mut all = Vec::with_capacity(list.len());
    all.extend(list);
    all
}

/// The key exchange with the client's share.
fn exchange(params: &ServerParams, group: &'static dyn Group, hello: &ClientHello<'_>) -> Result<Exchanged, Failure> {
    let shares = mandatory::<KeyShares<'_>>(hello, ExtensionType::KEY_SHARE)?.0;
    let share = shares.iter().find(|share| share.group == group.name()).ok_or(Violation::RetryShare)?.key_exchange;
    // RFC 9846 §4.3.8.1: over a finite field a share is as long as the prime, with leading zeros.
    if group.field().is_some_and(|field| field.p.len() != share.len()) {
        return Err(Violation::InvalidShare.into());
    }
    let response = group.respond(share, &*params.provider.random).map_err(|error| match error {
        CryptoError::InvalidShare => Violation::InvalidShare.into(),
        error => Failure::from(error),
    })?;
    Ok(Exchanged { group: group.name(), share: response.share, secret: response.secret })
}

/// In which ways the client would use a pre-shared key (RFC 9846 §4.3.9).
#[derive(Clone, Copy, Default)]
pub(super) struct Modes {
    pub(super) psk_dhe_ke: bool,
    pub(super) psk_ke: bool,
}

impl Modes {
    /// Whether there is one of them that is taken here.
    pub(super) fn takes_tickets(self, params: &ServerParams) -> bool {
        self.psk_dhe_ke || self.psk_ke && params.psk_ke
    }
}

pub(super) fn modes(hello: &ClientHello<'_>) -> Result<Modes, Violation> {
    let Some(modes) = hello.extensions.find::<PskKeyExchangeModes<'_>>()? else { return Ok(Modes::default()) };
    Ok(Modes {
        psk_dhe_ke: modes.0.contains(&PskKeyExchangeMode::PSK_DHE_KE),
        psk_ke: modes.0.contains(&PskKeyExchangeMode::PSK_KE),
    })
}

fn mandatory<'a, E: handfast_wire::Extension<'a>>(hello: &ClientHello<'a>, ty: ExtensionType) -> Result<E, Violation> {
    hello.extensions.find::<E>()?.ok_or(Violation::MissingExtension(ty))
}
