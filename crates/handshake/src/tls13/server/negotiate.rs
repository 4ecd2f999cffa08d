//! Select parameters: what of the client's offer is taken.

use crate::auth::shared_schemes;
use crate::credential::Wanted;
use crate::question::server_name;
use crate::{Failure, Refusal, ServerParams, alpn};
use alloc::{string::String, sync::Arc, vec::Vec};
use handfast_crypto::group::is_hybrid;
use handfast_crypto::{CryptoError, Group, SharedSecret, Suite};
use handfast_wire::extension::{
    CertificateAuthorities, KeyShares, RecordSizeLimit, SignatureAlgorithms, SignatureAlgorithmsCert,
    SignedCertificateTimestampRequest, StatusRequest, SupportedGroups,
};
use handfast_wire::message::ClientHello;
use handfast_wire::{ExtensionType, NamedGroup, SignatureScheme, Violation};

/// What was agreed, for the flight that says so.
pub(super) struct Chosen {
    pub(super) params: Arc<ServerParams>,
    pub(super) suite: &'static Suite,
    pub(super) group: NamedGroup,
    pub(super) share: Vec<u8>,
    pub(super) secret: SharedSecret,
    pub(super) session_id: Vec<u8>,
    pub(super) server_name: Option<String>,
    pub(super) protocol: Option<Vec<u8>>,
    pub(super) schemes: Vec<SignatureScheme>,
    pub(super) certificate_schemes: Vec<SignatureScheme>,
    pub(super) wanted: Wanted,
    pub(super) record_size_limit: Option<u16>,
    pub(super) authorities: Vec<Vec<u8>>,
    /// A HelloRetryRequest went before.
    pub(super) retried: bool,
}

/// Which group, and whether its share is there.
pub(super) enum Choice<'a> {
    Share(&'static dyn Group, &'a [u8]),
    Retry(NamedGroup),
}

/// The cipher suite (RFC 9846 §4.2.1).
pub(super) fn suite(params: &ServerParams, hello: &ClientHello<'_>) -> Result<&'static Suite, Refusal> {
    let own = |id| params.suites.iter().copied().find(|suite| suite.id == id);
    let chosen = if params.prefer_own_suites {
        params.suites.iter().copied().find(|suite| hello.cipher_suites.contains(&suite.id))
    } else {
        hello.cipher_suites.iter().find_map(own)
    };
    chosen.ok_or(Refusal::Suite)
}

/// The group (RFC 9846 §4.2.1, §4.3.8): the one preferred here among those with a share, so that no round trip is lost;
/// unless a hybrid group is within reach of a HelloRetryRequest and worth it.
pub(super) fn group<'a>(params: &ServerParams, hello: &ClientHello<'a>) -> Result<Choice<'a>, Failure> {
    let groups = mandatory::<SupportedGroups<'_>>(hello, ExtensionType::SUPPORTED_GROUPS)?.0;
    let shares = mandatory::<KeyShares<'_>>(hello, ExtensionType::KEY_SHARE)?.0;
    // Sorted, so that a list of thousands costs no quadratic work.
    let mut offered: Vec<_> = groups.iter().collect();
    offered.sort_unstable();
    if shares.iter().any(|share| offered.binary_search(&share.group).is_err()) {
        return Err(Violation::ShareWithoutGroup.into());
    }
    let common = || params.groups.iter().copied().filter(|group| offered.binary_search(&group.name()).is_ok());
    let best = common().next().ok_or(Refusal::Group)?;
    let with_share = common().find_map(|group| {
        shares.iter().find(|share| share.group == group.name()).map(|share| (group, share.key_exchange))
    });
    Ok(match with_share {
        Some((group, _)) if params.prefer_hybrid && is_hybrid(best.name()) && !is_hybrid(group.name()) => {
            Choice::Retry(best.name())
        }
        Some((group, share)) => Choice::Share(group, share),
        None => Choice::Retry(best.name()),
    })
}

/// Everything else, with the key exchange done.
pub(super) fn agree(
    params: Arc<ServerParams>,
    suite: &'static Suite,
    group: &'static dyn Group,
    share: &[u8],
    hello: &ClientHello<'_>,
) -> Result<Chosen, Failure> {
    let theirs = mandatory::<SignatureAlgorithms<'_>>(hello, ExtensionType::SIGNATURE_ALGORITHMS)?.0;
    let in_certificates = hello.extensions.find::<SignatureAlgorithmsCert<'_>>()?.map_or(theirs, |list| list.0);
    let protocol = alpn::select(&hello.extensions, &params.protocols)?;
    let record_size_limit = hello.extensions.find::<RecordSizeLimit>()?.map(|limit| limit.0);
    let status = hello.extensions.find::<StatusRequest<'_>>()?;
    let wanted = Wanted {
        ocsp: matches!(status, Some(StatusRequest::Ocsp(_))),
        scts: hello.extensions.find::<SignedCertificateTimestampRequest>()?.is_some(),
    };
    let authorities = hello.extensions.find::<CertificateAuthorities<'_>>()?;
    // RFC 9846 §4.3.8.1: over a finite field a share is as long as the prime, with leading zeros.
    if group.field().is_some_and(|field| field.p.len() != share.len()) {
        return Err(Violation::InvalidShare.into());
    }
    let response = group.respond(share, &*params.provider.random).map_err(|error| match error {
        CryptoError::InvalidShare => Violation::InvalidShare.into(),
        error => Failure::from(error),
    })?;
    Ok(Chosen {
        suite,
        group: group.name(),
        share: response.share,
        secret: response.secret,
        session_id: hello.session_id.to_vec(),
        server_name: server_name(hello)?,
        protocol,
        schemes: shared_schemes(theirs.iter(), &params.sign_schemes),
        certificate_schemes: in_certificates.iter().collect(),
        wanted,
        record_size_limit,
        authorities: authorities.map(|list| list.0.iter().map(|name| name.0.to_vec()).collect()).unwrap_or_default(),
        retried: false,
        params,
    })
}

fn mandatory<'a, E: handfast_wire::Extension<'a>>(hello: &ClientHello<'a>, ty: ExtensionType) -> Result<E, Violation> {
    hello.extensions.find::<E>()?.ok_or(Violation::MissingExtension(ty))
}
