//! WAIT_EE, WAIT_CERT_CR, WAIT_CERT, WAIT_CV, ASK_PEER: what the server wants and who it is.

use super::{AfterEe, ClientCx, WaitFinished};
use crate::auth::{Claimed, PeerAuth, Possession, shared_schemes};
use crate::certificate_type::Types;
use crate::credential::Wanted;
use crate::host::KeyUse;
use crate::psk::NamedPsk;
use crate::resumption::Selected;
use crate::tls13::HandshakeKeys;
use crate::tls13::auth::{prove, receive_certificate};
use crate::{
    ClientParams, CredentialQuestion, Direction, EarlyData, EarlyRefusal, Epoch, Fact, Failure, PeerQuestion, Prior,
    Purpose, Question, alpn,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::{Digest, Provider, Suite};
use handfast_schedule::Side;
use handfast_wire::extension::{
    CertificateAuthorities, CompressCertificate, EarlyData as EarlyDataIndication, OidFilters, RecordSizeLimit,
    ServerNameAck, SignatureAlgorithms, SignatureAlgorithmsCert, TicketRequestHint,
};
use handfast_wire::message::{
    Certificate, CertificateRequest, CertificateVerify, CompressedCertificate, EncryptedExtensions,
};
use handfast_wire::{CertificateType, CipherSuite, ExtensionType, SignatureScheme, Violation};

/// Handshake keys are in place.
pub(crate) struct WaitEe {
    pub(super) keys: HandshakeKeys,
    /// Which of the offered pre-shared keys the server has selected.
    pub(super) selected: Option<u16>,
    /// What that one stands for.
    pub(super) psk: Option<Psk>,
    /// How much early data was offered, and has not been refused yet.
    pub(super) early: Option<u32>,
}

/// What authenticates the server instead of a certificate.
pub(super) enum Psk {
    /// A session: it was done when that was made.
    Session { peer: PeerAuth, suite: CipherSuite, protocol: Option<Vec<u8>>, created: u64, psk: Option<NamedPsk> },
    /// An external key, which only the two ends have.
    External(NamedPsk),
}

impl Psk {
    /// The key at this place, which must go with the suite (RFC 9846 §4.3.11).
    pub(super) fn select(prior: &Prior, at: u16, suite: &Suite, provider: &Provider) -> Result<Self, Failure> {
        match prior.select(at).ok_or(Violation::SelectedPsk)? {
            Selected::Session(session) if session.suite.hash == suite.hash => Ok(Self::Session {
                peer: PeerAuth::of_session(session),
                suite: session.suite.id,
                protocol: session.protocol.clone(),
                created: session.created,
                psk: session.psk.clone(),
            }),
            Selected::External(psk) if psk.hash() == suite.hash => Ok(Self::External(psk.named(provider)?)),
            _ => Err(Violation::SelectedPsk.into()),
        }
    }
}

/// The server authenticates with a certificate, and may ask for one first.
pub(crate) struct WaitCertCr {
    keys: HandshakeKeys,
    types: Types,
}

/// The server's certificate is next.
pub(crate) struct WaitCert {
    keys: HandshakeKeys,
    ty: CertificateType,
    request: Option<Box<Request>>,
}

/// The server has named itself and must prove it.
pub(crate) struct WaitCv {
    keys: HandshakeKeys,
    request: Option<Box<Request>>,
    claimed: Claimed,
}

/// It has proved it. Is it the right one?
pub(crate) struct AskPeer {
    keys: HandshakeKeys,
    request: Option<Box<Request>>,
    possession: Possession,
}

/// What the server asked for in CertificateRequest.
pub(super) struct Request {
    pub(super) schemes: Arc<[SignatureScheme]>,
    pub(super) certificate_schemes: Vec<SignatureScheme>,
    pub(super) certificate_types: Vec<CertificateType>,
    pub(super) authorities: Vec<Vec<u8>>,
    pub(super) oid_filters: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) wanted: Wanted,
}

impl WaitEe {
    /// EncryptedExtensions (RFC 9846 §4.4.1).
    pub(super) fn encrypted_extensions(
        self,
        m: &EncryptedExtensions<'_>,
        cx: &mut ClientCx<'_>,
    ) -> Result<AfterEe, Failure> {
        cx.core.offer.solicited(&m.extensions, |_| false)?;
        m.extensions.find::<ServerNameAck>()?;
        m.extensions.find::<TicketRequestHint>()?;
        let types = Types::selected(&m.extensions, &cx.core.params)?;
        cx.core.protocol = alpn::selected(&m.extensions, &cx.core.params.protocols)?;
        if let Some(protocol) = &cx.core.protocol {
            cx.host.learn(Fact::Protocol(protocol.clone()));
        }
        if let Some(RecordSizeLimit(limit)) = m.extensions.find()? {
            // RFC 8449 §4: the limit counts the content type, which is no content.
            cx.host.learn(Fact::SendLimit(usize::from(limit).saturating_sub(1)));
            if let Some(own) = cx.core.params.record_size_limit {
                cx.host.learn(Fact::ReceiveLimit(usize::from(own).saturating_sub(1)));
            }
        }
        let state = self.early_data(m.extensions.find::<EarlyDataIndication>()?.is_some(), cx)?;
        let (peer, created, psk) = match state.psk {
            None => {
                let types = types.check(&cx.core.params)?;
                cx.core.own_type = types.client;
                return Ok(AfterEe::WaitCertCr(WaitCertCr { keys: state.keys, types }));
            }
            Some(Psk::Session { peer, created, psk, .. }) => (peer, created, psk),
            Some(Psk::External(psk)) => (PeerAuth::of_psk(), 0, Some(psk)),
        };
        let (keys, early) = (state.keys, state.early.is_some());
        Ok(AfterEe::WaitFinished(WaitFinished { keys, request: None, peer, early, created, psk }))
    }

    /// Whether the server takes early data (RFC 9846 §4.3.10): with the first key, and all that goes with that one.
    fn early_data(self, accepted: bool, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        match (self.early, &self.psk) {
            (None, _) if accepted => Err(Violation::EarlyDataMismatch.into()),
            (None, _) => Ok(self),
            (Some(_), _) if !accepted => self.refused(EarlyRefusal::Declined, cx),
            (Some(limit), Some(Psk::Session { suite, protocol, .. }))
                if *suite == self.keys.suite.id && *protocol == cx.core.protocol && self.selected == Some(0) =>
            {
                cx.host.learn(Fact::EarlyData(EarlyData::Accepted { limit }));
                Ok(self)
            }
            (Some(_), _) => Err(Violation::EarlyDataMismatch.into()),
        }
    }

    /// There is no more early data, and what was sent of it the server skips.
    pub(super) fn refused(self, why: EarlyRefusal, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        cx.host.install(Direction::Send, Epoch::Handshake, &self.keys.client, self.keys.suite)?;
        cx.host.learn(Fact::EarlyData(EarlyData::Refused(why)));
        Ok(Self { early: None, ..self })
    }
}

impl WaitCertCr {
    /// CertificateRequest (RFC 9846 §4.4.2).
    pub(super) fn request(self, m: &CertificateRequest<'_>, cx: &mut ClientCx<'_>) -> Result<WaitCert, Failure> {
        // Only a request that comes after the handshake has a context.
        if !m.context.is_empty() {
            return Err(Violation::RequestContext.into());
        }
        let request = Box::new(Request::read(m, self.types.client, &cx.core.params)?);
        Ok(WaitCert { keys: self.keys, ty: self.types.server, request: Some(request) })
    }

    /// No CertificateRequest came.
    pub(super) fn no_request(self) -> WaitCert {
        WaitCert { keys: self.keys, ty: self.types.server, request: None }
    }
}

impl Request {
    /// What a server wants that asks for a certificate of this type.
    pub(super) fn read(
        m: &CertificateRequest<'_>,
        ty: CertificateType,
        params: &ClientParams,
    ) -> Result<Self, Failure> {
        let theirs = m
            .extensions
            .find::<SignatureAlgorithms<'_>>()?
            .ok_or(Violation::MissingExtension(ExtensionType::SIGNATURE_ALGORITHMS))?
            .0;
        let in_certificates = m.extensions.find::<SignatureAlgorithmsCert<'_>>()?.map_or(theirs, |list| list.0);
        let authorities = m.extensions.find::<CertificateAuthorities<'_>>()?;
        let filters = m.extensions.find::<OidFilters<'_>>()?.map(|filters| filters.0).unwrap_or_default();
        let compression = m.extensions.find::<CompressCertificate<'_>>()?;
        let compressor = compression.and_then(|list| params.compression.select(list.0));
        Ok(Self {
            schemes: shared_schemes(theirs.iter(), &params.sign_schemes),
            certificate_schemes: in_certificates.iter().collect(),
            certificate_types: alloc::vec![ty],
            authorities: authorities
                .map(|list| list.0.iter().map(|name| name.0.to_vec()).collect())
                .unwrap_or_default(),
            oid_filters: filters.iter().map(|filter| (filter.oid.to_vec(), filter.values.to_vec())).collect(),
            wanted: Wanted { compressor, ..Wanted::default() },
        })
    }

    /// Asks for a certificate that fits, and keeps what is wanted of its message.
    pub(super) fn ask(self, cx: &mut ClientCx<'_>) -> Wanted {
        let now = cx.host.now() / 1000;
        cx.asker.ask(|id| {
            Question::Credential(CredentialQuestion {
                id,
                purpose: Purpose::Client,
                server_name: None,
                schemes: self.schemes,
                certificate_schemes: self.certificate_schemes,
                delegated_schemes: Arc::default(),
                now,
                certificate_types: self.certificate_types.into(),
                authorities: self.authorities,
                oid_filters: self.oid_filters,
            })
        });
        self.wanted
    }
}

impl WaitCert {
    /// A Certificate that is compressed (RFC 8879 §4): opened here, where one is expected.
    pub(super) fn compressed(self, m: &CompressedCertificate<'_>, cx: &mut ClientCx<'_>) -> Result<WaitCv, Failure> {
        let body = cx.core.params.compression.decompress(m)?;
        self.certificate(&Certificate::read(&body)?, cx)
    }

    /// Certificate (RFC 9846 §4.5.1).
    pub(super) fn certificate(self, m: &Certificate<'_>, cx: &mut ClientCx<'_>) -> Result<WaitCv, Failure> {
        if !m.context.is_empty() {
            return Err(Violation::RequestContext.into());
        }
        if m.entries.is_empty() {
            return Err(Violation::NoCertificate.into());
        }
        let offer = &cx.core.offer;
        let credential = Arc::new(receive_certificate(m, self.ty, |ty| offer.has(ty) && !ty.is_grease())?);
        let key = cx.host.leaf_key(&credential, KeyUse::Sign)?;
        Ok(WaitCv { keys: self.keys, request: self.request, claimed: Claimed { credential, key } })
    }
}

impl WaitCv {
    /// CertificateVerify (RFC 9846 §4.5.2), then the question whether this is the right server.
    pub(super) fn certificate_verify(
        self,
        m: &CertificateVerify<'_>,
        before: &Digest,
        cx: &mut ClientCx<'_>,
    ) -> Result<AskPeer, Failure> {
        let params = &cx.core.params;
        let possession = prove(self.claimed, m, Side::Server, before, &params.schemes, &params.provider)?;
        cx.host.learn(Fact::PeerScheme(m.scheme));
        // Nobody else asks for it.
        let (name, credential) = (cx.core.name.take(), possession.credential.clone());
        cx.asker.ask(|id| {
            Question::Peer(PeerQuestion {
                id,
                purpose: Purpose::Server,
                name,
                credential,
                usage: KeyUse::Sign,
                resumed: false,
            })
        });
        Ok(AskPeer { keys: self.keys, request: self.request, possession })
    }
}

impl AskPeer {
    /// It is.
    pub(super) fn accepted(self, verified: bool) -> WaitFinished {
        let peer = PeerAuth::new(self.possession, verified);
        WaitFinished { keys: self.keys, request: self.request, peer, early: false, created: 0, psk: None }
    }
}
