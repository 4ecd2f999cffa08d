//! WAIT_CERT, WAIT_STATUS, ASK_PEER, WAIT_CR, WAIT_SHD: who the server is, and whether it wants to know who we are.

use super::exchange::{Exchanged, WaitSke};
use super::flight::{self, Flight};
use super::server_hello::Announced;
use super::{AfterCert, AfterDone, AfterPeer, AfterStatus, ClientCx};
use crate::auth::{Claimed, PeerAuth, Possession, shared_schemes};
use crate::host::KeyUse;
use crate::tls12::agreed::Agreed;
use crate::tls12::exchange::fits;
use crate::tls12::{ECDSA_SIGN, RSA_SIGN};
use crate::{Failure, PeerCredential, PeerQuestion, Purpose, Question};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::KeyExchange;
use handfast_crypto::signature::{Scheme, SignatureAlgorithm};
use handfast_wire::message::tls12::{Certificate, CertificateRequest, CertificateStatus, RawPublicKey};
use handfast_wire::{CertificateType, ExtensionType, SignatureScheme, Violation};
use pki_types::CertificateDer;

/// The suite has a certificate.
pub(crate) struct WaitCert {
    agreed: Agreed,
    announced: Announced,
}

/// The certificate is there; its status may be next.
pub(crate) struct WaitStatus {
    agreed: Agreed,
    claimed: Claimed,
}

/// The server has proved who it is. Is it the right one?
pub(crate) struct AskPeer {
    pub(super) agreed: Agreed,
    pub(super) exchanged: Exchanged,
    pub(super) possession: Possession,
    pub(super) then: Then,
}

/// What comes after the question.
#[cfg_attr(not(feature = "legacy"), expect(dead_code, reason = "RSA key transport alone leads there"))]
pub(super) enum Then {
    /// The server goes on.
    Request,
    /// The server is done, and this is what it asked for.
    Flight(Option<Request>),
}

/// The server may ask for a certificate.
pub(crate) struct WaitCr {
    agreed: Agreed,
    exchanged: Exchanged,
    peer: Proof,
}

/// The server will be done.
pub(crate) struct WaitShd {
    agreed: Agreed,
    exchanged: Exchanged,
    peer: Proof,
    request: Option<Request>,
}

/// How far the server's authentication is.
pub(super) enum Proof {
    /// It was accepted; `None` where the suite has no certificate.
    Accepted(Option<PeerAuth>),
    /// Nothing is signed with RSA key transport: it is asked about at ServerHelloDone.
    #[cfg(feature = "legacy")]
    Later(Claimed),
}

/// What the server asked for in CertificateRequest.
pub(super) struct Request {
    pub(super) schemes: Arc<[SignatureScheme]>,
    pub(super) certificate_schemes: Vec<SignatureScheme>,
    pub(super) certificate_types: Vec<CertificateType>,
    pub(super) authorities: Vec<Vec<u8>>,
}

impl WaitCert {
    pub(super) fn new(agreed: Agreed, announced: Announced) -> Self {
        Self { agreed, announced }
    }

    /// Certificate (RFC 5246 §7.4.2).
    pub(super) fn certificate(self, m: &Certificate<'_>, cx: &mut ClientCx<'_>) -> Result<AfterCert, Failure> {
        let chain = m.certificates.iter().map(|der| CertificateDer::from(der.0.to_vec())).collect();
        self.presented(PeerCredential { chain, ..PeerCredential::default() }, cx)
    }

    /// Certificate where a raw public key was negotiated (RFC 7250 §3).
    pub(super) fn raw_key(self, m: &RawPublicKey<'_>, cx: &mut ClientCx<'_>) -> Result<AfterCert, Failure> {
        // About certificates both.
        if self.announced.status {
            return Err(Violation::MisplacedExtension(ExtensionType::STATUS_REQUEST).into());
        }
        if self.announced.scts.is_some() {
            return Err(Violation::MisplacedExtension(ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP).into());
        }
        let raw_key = Some(m.spki).filter(|spki| !spki.is_empty()).map(|spki| spki.to_vec().into());
        self.presented(PeerCredential { raw_key, ..PeerCredential::default() }, cx)
    }

    /// Whether a raw public key is next.
    pub(super) fn takes_raw_key(&self) -> bool {
        self.agreed.types.server == CertificateType::RAW_PUBLIC_KEY
    }

    fn presented(self, credential: PeerCredential, cx: &mut ClientCx<'_>) -> Result<AfterCert, Failure> {
        let leaf = credential.leaf().ok_or(Violation::NoCertificate)?;
        // docs/regressions.md row 18: another server in the same connection is what the triple handshake needs.
        if cx.core.previous.as_ref().is_some_and(|previous| previous.leaf.as_deref() != Some(leaf)) {
            return Err(Violation::ChangedCertificate.into());
        }
        let credential = Arc::new(PeerCredential { scts: self.announced.scts, ..credential });
        let key = cx.host.leaf_key(&credential, usage(&self.agreed))?;
        // A raw public key signs, and has no keyUsage that could say otherwise.
        let decrypts_raw = credential.raw_key.is_some() && self.agreed.suite.exchange == KeyExchange::Rsa;
        if decrypts_raw || !fits(self.agreed.suite.auth, key.kind) {
            return Err(Violation::KeyMismatch.into());
        }
        let claimed = Claimed { credential, key };
        Ok(if self.announced.status {
            AfterCert::WaitStatus(WaitStatus { agreed: self.agreed, claimed })
        } else {
            match after_certificate(self.agreed, claimed) {
                AfterStatus::WaitSke(s) => AfterCert::WaitSke(s),
                AfterStatus::WaitCr(s) => AfterCert::WaitCr(s),
            }
        })
    }
}

impl WaitStatus {
    /// CertificateStatus (RFC 6066 §8).
    pub(super) fn status(self, m: &CertificateStatus<'_>) -> AfterStatus {
        let Claimed { credential, key } = self.claimed;
        let credential = PeerCredential { ocsp: Some(m.0.to_vec()), ..PeerCredential::clone(&credential) };
        after_certificate(self.agreed, Claimed { credential: Arc::new(credential), key })
    }

    /// RFC 6066 §8: a server that announced one may still leave it out.
    pub(super) fn no_status(self) -> AfterStatus {
        after_certificate(self.agreed, self.claimed)
    }
}

/// What the server's key does.
fn usage(agreed: &Agreed) -> KeyUse {
    match agreed.suite.exchange {
        KeyExchange::Rsa => KeyUse::Encipher,
        _ => KeyUse::Sign,
    }
}

fn after_certificate(agreed: Agreed, claimed: Claimed) -> AfterStatus {
    #[cfg(feature = "legacy")]
    if agreed.suite.exchange == KeyExchange::Rsa {
        let exchanged = Exchanged::Transport(claimed.key.clone());
        return AfterStatus::WaitCr(WaitCr { agreed, exchanged, peer: Proof::Later(claimed) });
    }
    AfterStatus::WaitSke(WaitSke::signed(agreed, claimed))
}

impl AskPeer {
    /// Asks whether this is the right server.
    pub(super) fn ask(
        agreed: Agreed,
        exchanged: Exchanged,
        possession: Possession,
        then: Then,
        cx: &mut ClientCx<'_>,
    ) -> Self {
        let (name, credential) = (cx.core.name.clone(), possession.credential.clone());
        let usage = usage(&agreed);
        cx.asker.ask(|id| {
            Question::Peer(PeerQuestion { id, purpose: Purpose::Server, name, credential, usage, resumed: false })
        });
        Self { agreed, exchanged, possession, then }
    }

    /// It is.
    pub(super) fn accepted(self, verified: bool, cx: &mut ClientCx<'_>) -> Result<AfterPeer, Failure> {
        let peer = Some(PeerAuth::new(self.possession, verified));
        let (agreed, exchanged) = (self.agreed, self.exchanged);
        match self.then {
            Then::Request => Ok(AfterPeer::WaitCr(WaitCr { agreed, exchanged, peer: Proof::Accepted(peer) })),
            Then::Flight(request) => match flight::start(Flight { agreed, exchanged, peer }, request, cx)? {
                AfterDone::AskCredential(s) => Ok(AfterPeer::AskCredential(s)),
                AfterDone::WaitTicket(s) => Ok(AfterPeer::WaitTicket(s)),
                AfterDone::WaitCcs(s) => Ok(AfterPeer::WaitCcs(s)),
                // A suite with a pre-shared key has no certificate to ask about.
                AfterDone::AskPeer(_) | AfterDone::AskPsk(_) => Err(handfast_crypto::CryptoError::Failed.into()),
            },
        }
    }
}

impl WaitCr {
    /// CertificateRequest (RFC 5246 §7.4.4).
    pub(super) fn request(self, m: &CertificateRequest<'_>, cx: &mut ClientCx<'_>) -> Result<WaitShd, Failure> {
        let own = cx.core.params.tls12.as_ref().map(|tls12| tls12.sign_schemes.as_slice()).unwrap_or_default();
        let request = Request {
            schemes: shared_schemes(m.schemes.iter().filter(|&scheme| takes(m.types, scheme)), own),
            certificate_schemes: m.schemes.iter().collect(),
            certificate_types: alloc::vec![self.agreed.types.client],
            authorities: m.authorities.iter().map(|name| name.0.to_vec()).collect(),
        };
        Ok(WaitShd { agreed: self.agreed, exchanged: self.exchanged, peer: self.peer, request: Some(request) })
    }

    /// No CertificateRequest came.
    pub(super) fn no_request(self) -> WaitShd {
        WaitShd { agreed: self.agreed, exchanged: self.exchanged, peer: self.peer, request: None }
    }
}

impl WaitShd {
    /// A suite without a certificate: the server cannot ask for the client's (RFC 5246 §7.4.4).
    pub(super) fn without_certificate(agreed: Agreed, exchanged: Exchanged) -> Self {
        Self { agreed, exchanged, peer: Proof::Accepted(None), request: None }
    }

    /// ServerHelloDone (RFC 5246 §7.4.5): it is this side's turn.
    pub(super) fn server_hello_done(self, cx: &mut ClientCx<'_>) -> Result<AfterDone, Failure> {
        let (agreed, exchanged) = (self.agreed, self.exchanged);
        match self.peer {
            Proof::Accepted(peer) => flight::start(Flight { agreed, exchanged, peer }, self.request, cx),
            #[cfg(feature = "legacy")]
            Proof::Later(claimed) => {
                let (possession, then) = (claimed.until_finished(), Then::Flight(self.request));
                Ok(AfterDone::AskPeer(AskPeer::ask(agreed, exchanged, possession, then, cx)))
            }
        }
    }
}

/// Whether the certificate types of a request have one for the keys of `scheme` (RFC 5246 §7.4.4, RFC 8422 §5.5).
fn takes(types: &[u8], scheme: SignatureScheme) -> bool {
    let ty = match Scheme::find(scheme).map(|scheme| scheme.algorithm) {
        Some(SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::Ed25519) => ECDSA_SIGN,
        _ => RSA_SIGN,
    };
    types.contains(&ty)
}
