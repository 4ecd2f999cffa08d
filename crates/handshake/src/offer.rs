//! The ClientHello: what the client says of itself, first and again, in one version or in both.

use crate::session::SessionId;
use crate::tls13::binder::{self, OfferedPsk};
use crate::{ClientParams, Failure, certificate_type};
use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::{CryptoError, Exchange, Random};
use handfast_wire::extension::{
    CompressCertificate, Cookie, EarlyData, HostName, KeyShareEntry, OcspStatusRequest, PostHandshakeAuth,
    ProtocolName, ProtocolNameList, PskKeyExchangeModes, RecordSizeLimit, ServerNameList, SignatureAlgorithmsCert,
    SignedCertificateTimestampRequest, StatusRequest, TicketRequest,
};
use handfast_wire::message::ClientHello;
use handfast_wire::{
    CipherSuite, ExtensionBlock, ExtensionType, ExtensionTypes, Item, List, NamedGroup, ProtocolVersion,
    PskKeyExchangeMode, SignatureScheme,
};
use pki_types::ServerName;

/// What all ClientHellos of a handshake have in common, and which extensions the last one had.
pub(crate) struct Offer {
    random: [u8; 32],
    session_id: SessionId,
    grease: Option<Grease>,
    /// The seed of the order of extensions, so that the second ClientHello has the order of the first.
    order: Option<u64>,
    /// The types of the last ClientHello: what the server may answer to.
    extensions: ExtensionTypes,
}

/// A key exchange that has been started and not finished.
pub(crate) type Started = (NamedGroup, Box<dyn Exchange>);

/// What one ClientHello has that another of the same client has not.
#[derive(Default)]
pub(crate) struct Hello<'a> {
    /// The shares of TLS 1.3.
    pub(crate) shares: &'a [Started],
    /// The cookie of a HelloRetryRequest.
    pub(crate) cookie: Option<&'a [u8]>,
    /// The shares are the one that a HelloRetryRequest asked for.
    pub(crate) share_asked: bool,
    /// The pre-shared keys of TLS 1.3.
    pub(crate) psks: &'a [OfferedPsk<'a>],
    /// Early data follows.
    pub(crate) early_data: bool,
    /// What is only in a ClientHello that offers TLS 1.2.
    #[cfg(feature = "tls12")]
    pub(crate) tls12: crate::tls12::client::Hello<'a>,
}

/// What of a client's connection is random and no secret. It is asked for at once, since a call of the generator costs
/// more than the bytes.
pub(crate) struct Fresh {
    /// What its questions are known by.
    pub(crate) connection: [u8; 8],
    random: [u8; 32],
    /// A session ID, for a ClientHello that needs one.
    pub(crate) session_id: [u8; 32],
    grease: [u8; 6],
    order: [u8; 8],
}

impl Fresh {
    pub(crate) fn draw(random: &dyn Random) -> Result<Self, CryptoError> {
        let all: [u8; 86] = random.array()?;
        let cut = || {
            let (connection, rest) = all.split_first_chunk()?;
            let (random, rest) = rest.split_first_chunk()?;
            let (session_id, rest) = rest.split_first_chunk()?;
            let (grease, rest) = rest.split_first_chunk()?;
            let order = rest.first_chunk()?;
            Some(Self {
                connection: *connection,
                random: *random,
                session_id: *session_id,
                grease: *grease,
                order: *order,
            })
        };
        cut().ok_or(CryptoError::Length)
    }
}

impl Offer {
    /// An offer with this session ID; without one, a random one where middleboxes want to see one
    /// (RFC 9846 Appendix E.4).
    pub(crate) fn new(params: &ClientParams, session_id: Option<SessionId>, fresh: &Fresh) -> Self {
        let session_id = match session_id {
            Some(id) => id,
            None if params.middlebox && params.offers_tls13() => SessionId::from(fresh.session_id),
            None => SessionId::default(),
        };
        Self {
            random: fresh.random,
            session_id,
            grease: params.grease.then(|| Grease::new(fresh.grease)),
            order: params.permute.then(|| u64::from_be_bytes(fresh.order)),
            extensions: ExtensionTypes::default(),
        }
    }

    pub(crate) fn random(&self) -> [u8; 32] {
        self.random
    }

    pub(crate) fn session_id(&self) -> &[u8] {
        self.session_id.as_bytes()
    }

    pub(crate) fn has(&self, extension: ExtensionType) -> bool {
        self.extensions.contains(extension)
    }

    /// RFC 9846 §4.3: a server answers extensions, it does not bring its own, except where `also` allows.
    pub(crate) fn solicited(
        &self,
        extensions: &handfast_wire::Extensions<'_>,
        also: impl Fn(ExtensionType) -> bool,
    ) -> Result<(), handfast_wire::Violation> {
        // GREASE values were offered and must still not come back (RFC 8701 §3.1).
        match extensions.types().find(|&ty| !also(ty) && (ty.is_grease() || !self.has(ty))) {
            Some(ty) => Err(handfast_wire::Violation::UnsolicitedExtension(ty)),
            None => Ok(()),
        }
    }

    /// Appends a ClientHello to `raw` and remembers what was in it. The binders are zero, and for the caller to fill in.
    pub(crate) fn write(
        &mut self,
        params: &ClientParams,
        name: Option<&ServerName<'_>>,
        hello: &Hello<'_>,
        raw: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let block = self.block(params, name, hello)?;
        self.extensions = ExtensionTypes::default();
        block.as_extensions().types().for_each(|ty| _ = self.extensions.insert(ty));
        if self.extensions.has_overflowed() {
            // What is answered could not be told from what nobody asked for.
            return Err(CryptoError::Length.into());
        }
        let grease = self.grease.as_ref().map(|grease| CipherSuite(grease.suite));
        let tls13 = if hello.offers_tls13(params) { params.suites.as_slice() } else { &[] };
        let suites = tls13.iter().map(|suite| suite.id);
        #[cfg(feature = "tls12")]
        let suites = suites.chain(crate::tls12::client::offered_suites(params));
        let mut suites = grease.into_iter().chain(suites);
        let (mut few, mut count) = ([CipherSuite(0); FEW_SUITES], 0_usize);
        for (place, suite) in few.iter_mut().zip(&mut suites) {
            *place = suite;
            count = count.saturating_add(1);
        }
        let few = few.get(..count).unwrap_or_default();
        let many = match suites.next() {
            Some(next) => [few, &[next], &suites.collect::<Vec<_>>()].concat(),
            None => Vec::new(),
        };
        let all = if many.is_empty() { few } else { &many };
        Ok(ClientHello {
            legacy_version: ProtocolVersion::TLS1_2,
            random: self.random,
            session_id: self.session_id.as_bytes(),
            cipher_suites: List::from(all),
            compression_methods: &[0],
            extensions: block.as_extensions(),
        }
        .write(raw)?)
    }

    /// The extensions, in the order in which this connection has them.
    fn block(
        &self,
        params: &ClientParams,
        name: Option<&ServerName<'_>>,
        hello: &Hello<'_>,
    ) -> Result<ExtensionBlock, Failure> {
        let grease = self.grease.as_ref();
        let mut block = ExtensionBlock::with_capacity(MANY_BYTES);
        if let Some(grease) = grease {
            block.push_raw(ExtensionType(grease.first_extension), &[])?;
        }
        if let Some(ServerName::DnsName(name)) = name {
            // RFC 6066 §3: without the trailing dot.
            let name = name.as_ref().trim_end_matches('.').as_bytes();
            block.push(&ServerNameList(List::from(&[HostName(name)])))?;
        }
        if hello.offers_tls13(params) {
            tls13_extensions(&mut block, params, grease, hello)?;
        }
        #[cfg(feature = "tls12")]
        crate::tls12::client::extensions(&mut block, params, &hello.tls12)?;
        let groups = params.groups.iter().map(|group| group.name());
        // A hybrid is of no use to a server of TLS 1.2.
        let groups =
            groups.filter(|&name| hello.offers_tls13(params) || !handfast_crypto::group::is_post_quantum(name));
        block.append(ExtensionType::SUPPORTED_GROUPS, |w| {
            w.vec16(|w| greased(grease.map(|g| NamedGroup(g.group)), groups).try_for_each(|group| group.write(w)))
        })?;
        block.append(ExtensionType::SIGNATURE_ALGORITHMS, |w| {
            let schemes = greased(grease.map(|g| SignatureScheme(g.scheme)), params.schemes.iter().copied());
            w.vec16(|w| schemes.into_iter().try_for_each(|scheme| scheme.write(w)))
        })?;
        if !params.certificate_schemes.is_empty() {
            block.push(&SignatureAlgorithmsCert(List::from(params.certificate_schemes.as_slice())))?;
        }
        // What the application speaks is agreed on once, at the beginning of the connection.
        if !params.protocols.is_empty() && !hello.renegotiates() {
            let names: Vec<_> = params.protocols.iter().map(|name| ProtocolName(name)).collect();
            block.push(&ProtocolNameList(List::from(names.as_slice())))?;
        }
        if params.ocsp {
            block.push(&StatusRequest::Ocsp(OcspStatusRequest {
                responder_ids: List::EMPTY,
                request_extensions: &[],
            }))?;
        }
        if params.scts {
            block.push(&SignedCertificateTimestampRequest)?;
        }
        certificate_type::offer(&mut block, params)?;
        if let Some(limit) = params.record_size_limit {
            // RFC 8449 §4: the content type, which only TLS 1.3 has inside, is in the limit.
            let most = if hello.offers_tls13(params) { MAX_RECORD + 1 } else { MAX_RECORD };
            block.push(&RecordSizeLimit(limit.min(most)))?;
        }
        if let Some(length) = params.max_fragment_length {
            block.push(&length)?;
        }
        if let Some(cookie) = hello.cookie {
            block.push(&Cookie(cookie))?;
        }
        if let Some(grease) = grease {
            block.push_raw(ExtensionType(grease.last_extension), &[0])?;
        }
        // RFC 9846 §4.3.11: behind everything else, because the binders are computed over that.
        if !hello.psks.is_empty() {
            binder::offer(&mut block, hello.psks)?;
        }
        if let Some(seed) = self.order {
            block.sort_by_key(|ty| position(seed, ty, grease));
        }
        Ok(block)
    }
}

impl<'a> Hello<'a> {
    /// The answer to a HelloRetryRequest.
    pub(crate) fn again(shares: &'a [Started], cookie: Option<&'a [u8]>, share_asked: bool) -> Self {
        Self {
            shares,
            cookie,
            share_asked,
            psks: &[],
            early_data: false,
            #[cfg(feature = "tls12")]
            tls12: crate::tls12::client::Hello::default(),
        }
    }

    /// A renegotiation stays in its version.
    fn offers_tls13(&self, params: &ClientParams) -> bool {
        !self.renegotiates() && params.offers_tls13()
    }

    fn renegotiates(&self) -> bool {
        #[cfg(feature = "tls12")]
        return self.tls12.renegotiates();
        #[cfg(not(feature = "tls12"))]
        false
    }
}

/// The longest content of a record (RFC 9846 §5.1).
const MAX_RECORD: u16 = 1 << 14;

/// A key exchange: one that was started ahead, or a fresh one.
pub(crate) fn begin(params: &ClientParams, name: NamedGroup) -> Result<Started, Failure> {
    let group = params.groups.iter().find(|group| group.name() == name).ok_or(CryptoError::Unsupported)?;
    match params.ahead.as_ref().and_then(|ahead| ahead.take(name)) {
        Some(started) => Ok((name, started)),
        None => Ok((name, group.start(&*params.provider.random)?)),
    }
}

/// What is only in a ClientHello that offers TLS 1.3.
fn tls13_extensions(
    block: &mut ExtensionBlock,
    params: &ClientParams,
    grease: Option<&Grease>,
    hello: &Hello<'_>,
) -> Result<(), Failure> {
    let tls12 = params.offers_tls12().then_some(ProtocolVersion::TLS1_2);
    let versions = core::iter::once(ProtocolVersion::TLS1_3).chain(tls12);
    block.append(ExtensionType::SUPPORTED_VERSIONS, |w| {
        w.vec8(|w| {
            greased(grease.map(|g| ProtocolVersion(g.version)), versions).try_for_each(|version| version.write(w))
        })
    })?;
    if params.post_handshake_auth {
        block.push(&PostHandshakeAuth)?;
    }
    // RFC 9846 §4.3.8: when a share was asked for, the second hello has just that one.
    let grease_share =
        grease.filter(|_| !hello.share_asked).map(|g| KeyShareEntry { group: NamedGroup(g.group), key_exchange: &[0] });
    let shares = hello.shares.iter();
    let shares = shares.map(|(group, exchange)| KeyShareEntry { group: *group, key_exchange: exchange.share() });
    block.append(ExtensionType::KEY_SHARE, |w| {
        w.vec16(|w| greased(grease_share, shares).try_for_each(|share| share.write(w)))
    })?;
    // RFC 9846 §4.3.9: also without keys to offer, or a server sends no tickets.
    if params.tickets || !hello.psks.is_empty() {
        let modes = [PskKeyExchangeMode::PSK_DHE_KE, PskKeyExchangeMode::PSK_KE];
        let modes = if params.psk_ke { modes.as_slice() } else { modes.split_at(1).0 };
        block.push(&PskKeyExchangeModes(List::from(modes)))?;
    }
    if let Some((new_session_count, resumption_count)) = params.ticket_request.filter(|_| params.tickets) {
        block.push(&TicketRequest { new_session_count, resumption_count })?;
    }
    if hello.early_data {
        block.push(&EarlyData)?;
    }
    if params.compression.is_offered() {
        block.push(&CompressCertificate(List::from(params.compression.algorithms().as_slice())))?;
    }
    Ok(())
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

fn greased<T>(grease: Option<T>, items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    grease.into_iter().chain(items)
}

/// How many suites a ClientHello has, unless it has very many, and how many bytes of extensions, twice: once more to sort them.
const FEW_SUITES: usize = 32;
const MANY_BYTES: usize = 1_024;

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
