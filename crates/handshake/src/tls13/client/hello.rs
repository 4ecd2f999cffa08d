//! START: what the client says of itself, first and again.

use super::{ClientCx, server_hello::WaitSh};
use crate::{ClientParams, Epoch, Failure};
use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::{CryptoError, Exchange};
use handfast_wire::extension::{
    Cookie, HostName, KeyShareEntry, KeyShares, ProtocolName, ProtocolNameList, RecordSizeLimit, ServerNameList,
    SignatureAlgorithms, SignatureAlgorithmsCert, SupportedGroups, SupportedVersions,
};
use handfast_wire::message::ClientHello;
use handfast_wire::{
    CipherSuite, ExtensionBlock, ExtensionType, Item, List, NamedGroup, ProtocolVersion, SignatureScheme,
};
use pki_types::ServerName;

/// What both ClientHellos of a connection have in common, and which extensions were offered.
pub(crate) struct Offer {
    random: [u8; 32],
    session_id: Vec<u8>,
    grease: Option<Grease>,
    /// The seed of the order of extensions, so that the second ClientHello has the order of the first.
    order: Option<u64>,
    /// The types of the last ClientHello: what the server may answer to.
    extensions: Vec<ExtensionType>,
}

/// A key exchange that has been started and not finished.
pub(crate) type Started = (NamedGroup, Box<dyn Exchange>);

impl Offer {
    pub(super) fn new(params: &ClientParams) -> Result<Self, CryptoError> {
        let random = &*params.provider.random;
        Ok(Self {
            random: random.array()?,
            // RFC 9846 Appendix E.4: middleboxes want to see a session ID.
            session_id: if params.middlebox { random.array::<32>()?.to_vec() } else { Vec::new() },
            grease: params.grease.then(|| random.array().map(Grease::new)).transpose()?,
            order: params.permute.then(|| random.array().map(u64::from_be_bytes)).transpose()?,
            extensions: Vec::new(),
        })
    }

    pub(super) fn session_id(&self) -> &[u8] {
        &self.session_id
    }

    pub(super) fn has(&self, extension: ExtensionType) -> bool {
        self.extensions.contains(&extension)
    }
}

/// The arrow out of START.
pub(super) fn start(cx: &mut ClientCx<'_>) -> Result<WaitSh, Failure> {
    let params = cx.core.params.clone();
    let mut shares = Vec::with_capacity(params.shares.len());
    for &name in &params.shares {
        shares.push(begin(&params, name)?);
    }
    cx.host.learn(crate::Fact::ClientRandom(cx.core.offer.random));
    send(cx, &shares, Again::default())?;
    Ok(WaitSh::new(shares))
}

/// A fresh key exchange.
pub(super) fn begin(params: &ClientParams, name: NamedGroup) -> Result<Started, Failure> {
    let group = params.groups.iter().find(|group| group.name() == name).ok_or(CryptoError::Unsupported)?;
    Ok((name, group.start(&*params.provider.random)?))
}

/// What a HelloRetryRequest asked to change.
#[derive(Clone, Copy, Default)]
pub(super) struct Again<'a> {
    /// The cookie to send back.
    pub(super) cookie: Option<&'a [u8]>,
    /// The shares were replaced by the one that was asked for.
    pub(super) share: bool,
}

/// Writes and sends a ClientHello with these shares.
pub(super) fn send(cx: &mut ClientCx<'_>, shares: &[Started], again: Again<'_>) -> Result<(), Failure> {
    let params = cx.core.params.clone();
    let block = extensions(cx, &params, shares, again)?;
    let offer = &mut cx.core.offer;
    offer.extensions = block.as_extensions().types().collect();

    let grease = offer.grease.as_ref().map(|grease| CipherSuite(grease.suite));
    let suites: Vec<_> = grease.into_iter().chain(params.suites.iter().map(|suite| suite.id)).collect();
    let mut raw = Vec::new();
    ClientHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: offer.random,
        session_id: &offer.session_id,
        cipher_suites: List::from(suites.as_slice()),
        compression_methods: &[0],
        extensions: block.as_extensions(),
    }
    .write(&mut raw)?;
    cx.send(Epoch::Initial, &raw)
}

/// The extensions, in the order in which this connection has them.
fn extensions(
    cx: &ClientCx<'_>,
    params: &ClientParams,
    shares: &[Started],
    again: Again<'_>,
) -> Result<ExtensionBlock, Failure> {
    let grease = cx.core.offer.grease.as_ref();
    let mut block = ExtensionBlock::new();
    if let Some(grease) = grease {
        block.push_raw(ExtensionType(grease.first_extension), &[])?;
    }
    if let Some(ServerName::DnsName(name)) = &cx.core.name {
        // RFC 6066 §3: without the trailing dot.
        let name = name.as_ref().trim_end_matches('.').as_bytes();
        block.push(&ServerNameList(List::from(&[HostName(name)])))?;
    }
    let versions = greased(grease.map(|g| ProtocolVersion(g.version)), [ProtocolVersion::TLS1_3]);
    block.push(&SupportedVersions(List::from(versions.as_slice())))?;
    let groups = greased(grease.map(|g| NamedGroup(g.group)), params.groups.iter().map(|group| group.name()));
    block.push(&SupportedGroups(List::from(groups.as_slice())))?;
    let schemes = greased(grease.map(|g| SignatureScheme(g.scheme)), params.schemes.iter().copied());
    block.push(&SignatureAlgorithms(List::from(schemes.as_slice())))?;
    if !params.certificate_schemes.is_empty() {
        block.push(&SignatureAlgorithmsCert(List::from(params.certificate_schemes.as_slice())))?;
    }
    // RFC 9846 §4.3.8: when a share was asked for, the second hello has just that one.
    let grease_share =
        grease.filter(|_| !again.share).map(|g| KeyShareEntry { group: NamedGroup(g.group), key_exchange: &[0] });
    let entries = greased(
        grease_share,
        shares.iter().map(|(group, exchange)| KeyShareEntry { group: *group, key_exchange: exchange.share() }),
    );
    block.push(&KeyShares(List::from(entries.as_slice())))?;
    if !params.protocols.is_empty() {
        let names: Vec<_> = params.protocols.iter().map(|name| ProtocolName(name)).collect();
        block.push(&ProtocolNameList(List::from(names.as_slice())))?;
    }
    if let Some(limit) = params.record_size_limit {
        block.push(&RecordSizeLimit(limit))?;
    }
    if let Some(cookie) = again.cookie {
        block.push(&Cookie(cookie))?;
    }
    if let Some(grease) = grease {
        block.push_raw(ExtensionType(grease.last_extension), &[0])?;
    }
    if let Some(seed) = cx.core.offer.order {
        block.sort_by_key(|ty| position(seed, ty, grease));
    }
    Ok(block)
}

/// Where an extension stands under this seed: GREASE at both ends, pre_shared_key behind everything
/// (RFC 9846 §4.3.11), the rest anywhere.
fn position(seed: u64, ty: ExtensionType, grease: Option<&Grease>) -> u64 {
    match ty {
        ExtensionType::PRE_SHARED_KEY => u64::MAX,
        _ if grease.is_some_and(|g| g.first_extension == ty.0) => 0,
        _ if grease.is_some_and(|g| g.last_extension == ty.0) => u64::MAX - 1,
        // The finalizer of SplitMix64: any mixing will do, the order is no secret.
        _ => {
            let mut x = seed ^ u64::from(ty.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (x ^ (x >> 31)) >> 1
        }
    }
}

fn greased<'a, T: Item<'a>>(grease: Option<T>, items: impl IntoIterator<Item = T>) -> Vec<T> {
    grease.into_iter().chain(items).collect()
}

/// The GREASE values of a connection (RFC 8701 §3.1): meaningless entries that keep servers used to ignoring what they
/// do not know.
struct Grease {
    suite: u16,
    version: u16,
    group: u16,
    scheme: u16,
    first_extension: u16,
    last_extension: u16,
}

impl Grease {
    fn new(random: [u8; 6]) -> Self {
        let [suite, version, group, scheme, first, last] = random.map(|byte| u16::from(byte >> 4));
        // 0x0a0a, 0x1a1a, … 0xfafa.
        let value = |nibble: u16| (nibble << 12) | (nibble << 4) | 0x0a0a;
        // The two extensions must not be the same.
        let last = if last == first { (last + 1) % 16 } else { last };
        Self {
            suite: value(suite),
            version: value(version),
            group: value(group),
            scheme: value(scheme),
            first_extension: value(first),
            last_extension: value(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grease_values_are_grease_and_the_extensions_differ() {
        for byte in 0..=255 {
            let g = Grease::new([byte; 6]);
            assert!(CipherSuite(g.suite).is_grease() && NamedGroup(g.group).is_grease());
            assert!(ExtensionType(g.first_extension).is_grease() && ExtensionType(g.last_extension).is_grease());
            assert_ne!(g.first_extension, g.last_extension);
        }
    }

    /// docs/regressions.md row 86: pre_shared_key stays last under permutation.
    #[test]
    fn pre_shared_key_is_last_under_every_seed() {
        let grease = Grease::new([0x10, 0x20, 0x30, 0x40, 0x50, 0x60]);
        for seed in 0..1000 {
            let last = position(seed, ExtensionType::PRE_SHARED_KEY, Some(&grease));
            for ty in 0..100 {
                assert!(ty == 41 || position(seed, ExtensionType(ty), Some(&grease)) < last);
            }
            assert!(position(seed, ExtensionType(grease.last_extension), Some(&grease)) < last);
            assert_eq!(position(seed, ExtensionType(grease.first_extension), Some(&grease)), 0);
        }
    }
}
