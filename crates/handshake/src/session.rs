//! What a later connection needs to resume this one.

use crate::psk::NamedPsk;
use crate::question::lower_case;
use crate::{ExternalPsk, Peer, PeerCredential};
use alloc::{string::ToString, sync::Arc, vec::Vec};
use core::fmt;
use core::net::IpAddr;
use handfast_crypto::{Provider, Secret, Suite};
use handfast_wire::{CertificateType, CipherSuite, Reader, Writer};
use pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A session: the secret of a connection, and what was agreed and proved when it was made.
///
/// Whoever has it is taken for one of the two ends, without a certificate. [`Session::encode`] is for a ticket that is
/// sealed, a store that is trusted, or a file that is. The cipher suite says of which version it is.
#[derive(Clone)]
pub struct Session {
    pub(crate) suite: &'static Suite,
    /// TLS 1.2: the main secret. TLS 1.3: the pre-shared key of the one ticket it stands for.
    pub(crate) secret: Secret,
    /// TLS 1.2: whether the secret depends on the whole handshake (RFC 7627), which it always does in TLS 1.3.
    pub(crate) extended: bool,
    /// The host name: on a client the name it asked for, on a server the one it was asked for.
    pub(crate) name: Option<Arc<str>>,
    /// The application protocol that was agreed on.
    pub(crate) protocol: Option<Vec<u8>>,
    /// Who the peer was.
    pub(crate) peer: Option<Peer>,
    /// The kind of certificate that the server has shown.
    pub(crate) server_type: CertificateType,
    /// Which pre-shared key was used.
    pub(crate) psk: Option<NamedPsk>,
    /// The session ID by which the server knows it; may be empty where there is a ticket.
    pub(crate) id: Vec<u8>,
    /// The ticket; only on a client.
    pub(crate) ticket: Vec<u8>,
    /// How long the server means to keep it, in seconds; 0 when it does not say.
    pub(crate) lifetime: u32,
    /// When the certificates were judged, in seconds since 1970; 0 until somebody with a clock has said so.
    pub(crate) created: u64,
    /// TLS 1.3: when the ticket was issued, on a client when it came, in milliseconds since 1970.
    pub(crate) issued: u64,
    /// TLS 1.3: what hides the age of the ticket (RFC 9846 §4.7.1).
    pub(crate) age_add: u32,
    /// TLS 1.3: how much early data may be sent with it, in bytes; 0 for none.
    pub(crate) max_early_data: u32,
}

impl Session {
    /// How a session names the server it is for: a host name in lower case and without a trailing dot, or an address.
    pub fn name_of(name: &ServerName<'_>) -> Option<Arc<str>> {
        match name {
            ServerName::DnsName(name) => Some(lower_case(name.as_ref().trim_end_matches('.'))),
            ServerName::IpAddress(pki_types::IpAddr::V4(address)) => {
                Some(IpAddr::from(*address.as_ref()).to_string().into())
            }
            ServerName::IpAddress(pki_types::IpAddr::V6(address)) => {
                Some(IpAddr::from(*address.as_ref()).to_string().into())
            }
            _ => None,
        }
    }

    /// The cipher suite. A session is resumed with it or not at all.
    pub fn suite(&self) -> &'static Suite {
        self.suite
    }

    /// The host name it is for.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// [`Session::name`], to be kept.
    pub fn shared_name(&self) -> Option<Arc<str>> {
        self.name.clone()
    }

    /// The application protocol that was agreed on when it was made.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.protocol.as_deref()
    }

    /// Who the peer was.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// Whose pre-shared key authenticated both ends when it was made.
    pub fn psk_identity(&self) -> Option<&[u8]> {
        self.psk.as_ref().map(|psk| psk.identity.as_slice())
    }

    /// Whether it was made with this key: one that has its identity, but is another, is not it.
    pub fn is_of(&self, psk: &ExternalPsk, provider: &Provider) -> bool {
        match (&self.psk, psk.named(provider)) {
            (Some(own), Ok(other)) => own.identity == other.identity && own.tag.ct_eq(&other.tag).into(),
            _ => false,
        }
    }

    /// Whether its secret depends on the whole handshake (RFC 7627).
    pub fn is_extended(&self) -> bool {
        self.extended
    }

    /// The session ID; may be empty where there is a ticket.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// The ticket, on a client that got one.
    pub fn ticket(&self) -> Option<&[u8]> {
        (!self.ticket.is_empty()).then_some(&self.ticket)
    }

    /// How long the server means to keep it, in seconds; 0 when it did not say.
    pub fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// When the handshake took place in which the certificates were judged, in seconds since 1970. Resumed sessions keep
    /// the date; 0 says that nobody has set it.
    pub fn created(&self) -> u64 {
        self.created
    }

    /// Whether it is one of TLS 1.3.
    pub fn is_tls13(&self) -> bool {
        self.suite.is_tls13()
    }

    /// TLS 1.3: when its ticket was issued, on a client when it came, in milliseconds since 1970.
    pub fn issued(&self) -> u64 {
        self.issued
    }

    /// How much early data may be sent with it, in bytes; 0 for none.
    pub fn max_early_data(&self) -> u32 {
        self.max_early_data
    }

    /// TLS 1.3: how old its ticket is at `now`, in milliseconds since 1970; 0 where the clock says that it is yet to come.
    pub fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.issued)
    }

    /// TLS 1.3: how old the ticket is that came with `obfuscated_ticket_age`, in milliseconds and as the client measures it
    /// (RFC 9846 §4.3.11.1).
    pub fn age_told(&self, obfuscated: u32) -> u32 {
        obfuscated.wrapping_sub(self.age_add)
    }

    /// TLS 1.3: by how much the client takes its ticket for older than it is at `now`, in milliseconds (RFC 9846 §8.3).
    pub(crate) fn skew(&self, obfuscated: u32, now: u64) -> i64 {
        let age = i64::try_from(self.age(now)).unwrap_or(i64::MAX);
        i64::from(self.age_told(obfuscated)).saturating_sub(age)
    }

    /// The obfuscated_ticket_age at `now`. An age that 32 bits do not hold is that of a ticket nobody takes any more.
    ///
    /// It is one millisecond less than by the clock: of two times that were rounded down the difference may be one too many, and
    /// there are servers (GnuTLS) that take no early data with a ticket that is older than they know it to be. Whole seconds are
    /// left as they are: those are of a clock that knows no milliseconds.
    pub(crate) fn obfuscated_age(&self, now: u64) -> u32 {
        let age = self.age(now);
        let told = age.saturating_sub(u64::from(!age.is_multiple_of(1_000)));
        u32::try_from(told).unwrap_or(u32::MAX).wrapping_add(self.age_add)
    }

    /// Gives it a date, if it has none.
    pub fn date(&mut self, now: u64) {
        if self.created == 0 {
            self.created = now;
        }
    }

    /// All of it as bytes, the secret as well; `None` when a part is longer than it can be.
    ///
    /// ```text
    /// format      1          4
    /// suite       2
    /// flags       1          bit 0: extended main secret, bit 1: name, bit 2: protocol, bit 3: peer, bit 4: verified,
    ///                        bit 5: psk_identity, bit 6: ocsp, bit 7: scts
    /// secret      1 + 0..64
    /// name        1 + 0..255
    /// protocol    1 + 0..255
    /// id          1 + 0..255
    /// ticket      2 + 0..65535
    /// lifetime    4
    /// created     8          seconds since 1970
    /// issued      8          milliseconds since 1970
    /// age_add     4
    /// early_data  4          bytes
    /// psk_identity 2 + 0..65535
    /// psk_tag     32         zeros where there is none
    /// server_type 1          the kind of the server's certificate (RFC 7250 §4)
    /// type        1          the kind of the peer's
    /// chain       3 + 0..16777215    or the one raw public key
    ///   certificate   3 + 1..16777215
    /// ocsp        3 + 0..16777215
    /// scts        2 + 0..65535
    ///   sct           2 + 0..65535
    /// ```
    pub fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.encode_behind(&[], 0)
    }

    /// The same behind `front`, and with the date `now` where there is none, as [`Session::date`] gives it.
    pub fn encode_behind(&self, front: &[u8], now: u64) -> Option<Zeroizing<Vec<u8>>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.encoded_len().saturating_add(front.len())));
        out.extend_from_slice(front);
        let mut w = Writer::new(&mut out);
        let flag = |set: bool, bit: u8| u8::from(set) << bit;
        w.u8(FORMAT);
        w.u16(self.suite.id.0);
        w.u8(flag(self.extended, 0)
            | flag(self.name.is_some(), 1)
            | flag(self.protocol.is_some(), 2)
            | flag(self.peer.is_some(), 3)
            | flag(self.peer.as_ref().is_some_and(|peer| peer.verified), 4)
            | flag(self.psk.is_some(), 5)
            | flag(self.credential().is_some_and(|own| own.ocsp.is_some()), 6)
            | flag(self.credential().is_some_and(|own| own.scts.is_some()), 7));
        w.opaque8(self.secret.as_bytes()).ok()?;
        w.opaque8(self.name.as_deref().unwrap_or_default().as_bytes()).ok()?;
        w.opaque8(self.protocol.as_deref().unwrap_or_default()).ok()?;
        w.opaque8(&self.id).ok()?;
        w.opaque16(&self.ticket).ok()?;
        w.u32(self.lifetime);
        w.u64(if self.created == 0 { now } else { self.created });
        w.u64(self.issued);
        w.u32(self.age_add);
        w.u32(self.max_early_data);
        w.opaque16(self.psk_identity().unwrap_or_default()).ok()?;
        w.bytes(&self.psk.as_ref().map_or([0; NamedPsk::TAG_LEN], |psk| psk.tag));
        let credential = self.credential();
        w.u8(self.server_type.0);
        w.u8(credential.map_or(CertificateType::X509, PeerCredential::certificate_type).0);
        let chain = credential.map(|own| own.chain.as_slice()).unwrap_or_default();
        let raw_key = credential.and_then(|own| own.raw_key.as_deref());
        let mut entries = raw_key.into_iter().chain(chain.iter().map(AsRef::as_ref));
        w.vec24(|w| entries.try_for_each(|entry| w.opaque24(entry))).ok()?;
        w.opaque24(credential.and_then(|own| own.ocsp.as_deref()).unwrap_or_default()).ok()?;
        let scts = credential.and_then(|own| own.scts.as_deref()).unwrap_or_default();
        w.vec16(|w| scts.iter().try_for_each(|sct| w.opaque16(sct))).ok()?;
        Some(out)
    }

    /// The session that [`Session::encode`] gave these bytes for; `None` for any others, and for a suite that nobody here
    /// knows any more.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let format = r.u8("format").ok()?;
        let suite = Suite::find(CipherSuite(r.u16("suite").ok()?))?;
        let flags = r.u8("flags").ok()?;
        let has = |bit: u8| flags >> bit & 1 == 1;
        let secret = Secret::new(r.vec8("secret", 0..=Secret::MAX).ok()?)?;
        let name = core::str::from_utf8(r.vec8("name", 0..=255).ok()?).ok()?;
        let protocol = r.vec8("protocol", 0..=255).ok()?;
        let id = r.vec8("id", 0..=255).ok()?.to_vec();
        let ticket = r.vec16("ticket", 0..=0xffff).ok()?.to_vec();
        let lifetime = r.u32("lifetime").ok()?;
        let created = r.u64("created").ok()?;
        let issued = r.u64("issued").ok()?;
        let age_add = r.u32("age_add").ok()?;
        let max_early_data = r.u32("early_data").ok()?;
        let identity = r.vec16("psk_identity", 0..=0xffff).ok()?;
        let tag = r.array("psk_tag").ok()?;
        let server_type = CertificateType(r.u8("server_type").ok()?);
        let ty = CertificateType(r.u8("type").ok()?);
        let mut chain = Vec::new();
        let mut certificates = Reader::new(r.vec24("chain", 0..=0xff_ffff).ok()?);
        while !certificates.is_empty() {
            chain.push(CertificateDer::from(certificates.vec24("certificate", 1..=0xff_ffff).ok()?.to_vec()));
        }
        let ocsp = r.vec24("ocsp", 0..=0xff_ffff).ok()?;
        let ocsp = if has(6) { Some(ocsp.to_vec()) } else { ocsp.is_empty().then_some(None)? };
        let mut scts = Vec::new();
        let mut list = Reader::new(r.vec16("scts", 0..=0xffff).ok()?);
        while !list.is_empty() {
            scts.push(list.vec16("sct", 0..=0xffff).ok()?.to_vec());
        }
        r.finish("session").ok()?;
        let raw_key = match ty {
            CertificateType::RAW_PUBLIC_KEY if chain.len() == 1 => {
                chain.pop().map(|key| SubjectPublicKeyInfoDer::from(key.to_vec()))
            }
            _ => None,
        };
        // What `encode` does not write is not a session: something behind a flag that is not set, a kind of certificate that
        // the peer does not have.
        let canonical = (has(1) || name.is_empty())
            && (has(2) || protocol.is_empty())
            && (has(3) || (chain.is_empty() && raw_key.is_none() && !has(4) && !has(6) && !has(7)))
            && (has(5) || (identity.is_empty() && tag.iter().all(|&byte| byte == 0)))
            && (has(7) || scts.is_empty());
        let credential = PeerCredential { chain, raw_key, ocsp, scts: has(7).then_some(scts) };
        let canonical = canonical && ty == credential.certificate_type();
        let session = Self {
            suite,
            secret,
            extended: has(0),
            name: has(1).then(|| name.into()),
            protocol: has(2).then(|| protocol.to_vec()),
            peer: has(3).then(|| Peer { credential: Arc::new(credential), verified: has(4) }),
            server_type,
            psk: has(5).then(|| NamedPsk { identity: identity.to_vec(), tag }),
            id,
            ticket,
            lifetime,
            created,
            issued,
            age_add,
            max_early_data,
        };
        (format == FORMAT && canonical).then_some(session)
    }

    fn credential(&self) -> Option<&PeerCredential> {
        self.peer.as_ref().map(|peer| &*peer.credential)
    }

    /// How long the encoding is at most: the buffer with the secret in it must not move.
    fn encoded_len(&self) -> usize {
        let credential = self.credential();
        let chain = credential.iter().flat_map(|own| own.chain.iter()).map(|certificate| certificate.len());
        let ocsp = credential.iter().filter_map(|own| own.ocsp.as_ref()).map(Vec::len);
        let scts = credential.iter().filter_map(|own| own.scts.as_ref()).flatten().map(Vec::len);
        let identity = self.psk_identity().map_or(0, <[u8]>::len);
        let raw_key = credential.and_then(|own| own.raw_key.as_ref()).map_or(0, |key| key.len());
        let names =
            self.name.as_ref().map_or(0, |name| name.len()).saturating_add(self.protocol.as_ref().map_or(0, Vec::len));
        let rest = [self.ticket.len(), identity, raw_key, names, self.id.len(), Secret::MAX, FIXED_LEN];
        chain.chain(ocsp).chain(scts).chain(rest).fold(0, |sum, len| sum.saturating_add(len).saturating_add(3))
    }
}

/// A session ID as a hello has it (RFC 5246 §7.4.1.2): 0 to 32 bytes, in place.
#[derive(Clone, Copy, Default)]
pub(crate) struct SessionId {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl SessionId {
    const MAX: usize = 32;

    /// `None` where it is too long.
    pub(crate) fn new(id: &[u8]) -> Option<Self> {
        let mut own = Self { len: id.len(), ..Self::default() };
        own.bytes.get_mut(..id.len())?.copy_from_slice(id);
        Some(own)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl From<[u8; SessionId::MAX]> for SessionId {
    fn from(bytes: [u8; Self::MAX]) -> Self {
        Self { bytes, len: bytes.len() }
    }
}

/// The longest a ticket of TLS 1.3 is used, in seconds: seven days (RFC 9846 §4.7.1).
pub(crate) const MAX_LIFETIME: u32 = 7 * 24 * 60 * 60;

/// The fields of an encoded session that are of one length, and the lengths of the others, in bytes.
const FIXED_LEN: usize = 82;

/// The first byte of an encoded session: another format is another number.
const FORMAT: u8 = 4;

/// Nothing secret.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("suite", &self.suite.id).field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};
    use handfast_crypto::suite::TLS12_SUITES;

    fn session() -> Session {
        let credential = PeerCredential {
            chain: vec![CertificateDer::from(vec![1, 2, 3]), CertificateDer::from(vec![4])],
            raw_key: None,
            ocsp: Some(vec![7; 10]),
            scts: Some(vec![vec![1, 2], vec![]]),
        };
        Session {
            suite: &TLS12_SUITES[0],
            secret: Secret::new(&[0xab; 48]).unwrap(),
            extended: true,
            name: Some("example.org".into()),
            protocol: Some(b"h2".to_vec()),
            peer: Some(Peer { credential: Arc::new(credential), verified: true }),
            id: vec![9; 32],
            ticket: b"ticket".to_vec(),
            lifetime: 300,
            created: 1_800_000_000,
            issued: 1_800_000_000_500,
            age_add: 0xfff0_0000,
            max_early_data: 16_384,
            server_type: CertificateType::X509,
            psk: Some(NamedPsk { identity: b"me".to_vec(), tag: [3; 32] }),
        }
    }

    #[test]
    fn round_trip() {
        let bare = Session {
            name: None,
            protocol: None,
            peer: None,
            psk: None,
            id: vec![],
            ticket: vec![],
            extended: false,
            ..session()
        };
        let raw = PeerCredential { raw_key: Some(vec![5, 6].into()), ..PeerCredential::default() };
        let raw = Session {
            server_type: CertificateType::RAW_PUBLIC_KEY,
            peer: Some(Peer { credential: Arc::new(raw), verified: true }),
            ..session()
        };
        for session in [session(), bare, raw] {
            let bytes = session.encode().unwrap();
            // It was big enough: what a growing one leaves behind is not wiped.
            assert_eq!(bytes.capacity(), session.encoded_len());
            let again = Session::decode(&bytes).unwrap();
            assert_eq!(again.encode().unwrap(), bytes);
            assert_eq!(
                (again.name(), again.protocol(), again.is_extended(), again.server_type),
                (session.name(), session.protocol(), session.extended, session.server_type)
            );
            assert_eq!(
                again.peer().map(|peer| peer.credential.clone()),
                session.peer().map(|peer| peer.credential.clone())
            );
        }
    }

    /// docs/regressions.md row 37: ages wrap and saturate, and never panic.
    #[test]
    fn ages_go_there_and_back() {
        let session = session();
        for age in [0, 1, 0x000f_ffff, 0x0010_0000, u32::MAX - 1] {
            let now = session.issued + u64::from(age);
            assert_eq!(session.age_told(session.obfuscated_age(now)), age.saturating_sub(1));
        }
        assert_eq!((session.age(0), session.age(u64::MAX)), (0, u64::MAX - session.issued));
        assert_eq!(session.age_told(session.obfuscated_age(u64::MAX)), u32::MAX);
    }

    #[test]
    fn nothing_else_is_a_session() {
        let bytes = session().encode().unwrap();
        for len in 0..bytes.len() {
            assert!(Session::decode(&bytes[..len]).is_none(), "{len}");
        }
        assert!(Session::decode(&[&bytes[..], &[0]].concat()).is_none());
        for (at, value) in [(0, 1), (1, 0xff), (3, 0x7f), (3, 0xf7)] {
            let mut other = bytes.to_vec();
            other[at] = value;
            assert!(Session::decode(&other).is_none(), "{at}");
        }
        // What is taken is what `encode` writes, whatever byte is another.
        let anonymous = Session { name: None, protocol: None, peer: None, psk: None, ..session() };
        for bytes in [bytes, anonymous.encode().unwrap()] {
            for (at, change) in (0..bytes.len()).flat_map(|at| (1..=255).map(move |change| (at, change))) {
                let mut other = bytes.to_vec();
                other[at] ^= change;
                let again = Session::decode(&other).map(|session| session.encode().unwrap());
                assert!(again.is_none_or(|again| *again == other), "{at} {change}");
            }
        }
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_secret() {
        assert!(!format!("{:?}", session()).contains("171"));
        assert!(format!("{:?}", session()).contains("example.org"));
    }
}
