//! The server of TLS 1.3, RFC 9846 Appendix A.2.
//!
//! ```text
//!      START (WAIT_CH)
//!        | ClientHello
//!        v
//!     ASK_CONFIG ......... which configuration serves it?
//!        |
//!        |-- no usable share: send HelloRetryRequest --> WAIT_CH2
//!        |                                                  | ClientHello
//!        |<-------------------------------------------------+
//!        |
//!        |-- pre-shared keys are offered --> ASK_RESUME ... is there a session or a key?
//!        |                                      .  .
//!        |<.................................. no   . yes
//!        v                                         |-- early data, too --> ASK_EARLY_DATA
//!     ASK_CREDENTIAL                               |                            .
//!        .                                         +<...........................+
//!        .                                         | send ServerHello EncryptedExtensions Finished
//!        .                                         |      K_recv = handshake or early data, K_send = application
//!        .                                         |-- early data is taken --> WAIT_EOED --+
//!        .                                         v                       EndOfEarlyData  |
//!        .                                     WAIT_FINISHED <-----------------------------+
//!        .                            K_recv = K_send = handshake
//!        .-- the client wants its status, and it is asked for --> ASK_STAPLE
//!        .                                                            .
//!        .<...........................................................+
//!        . send ServerHello EncryptedExtensions [CertificateRequest] Certificate
//!        v
//!     ASK_SIGN
//!        . send CertificateVerify Finished          K_send = application
//!        v
//!        |-- a certificate was requested --> WAIT_CERT
//!        |                                      | Certificate, compressed where that was offered
//!        |      without entries, where allowed  |
//!        |<-------------------------------------+
//!        |                                      v
//!        |                                   WAIT_CV
//!        |                                      | CertificateVerify
//!        |                                      v
//!        |                                   ASK_PEER .... is it acceptable?
//!        v                                      .
//!     WAIT_FINISHED <............................
//!        | Finished                         K_recv = application
//!        v
//!     CONNECTED --- KeyUpdate ---> CONNECTED
//!        |-- the server wants to know more: send CertificateRequest --> WAIT_LATE_CERT
//!        |        | Certificate           KeyUpdate -->+
//!        |        v        without entries, where allowed
//!        |     WAIT_LATE_CV -------------------------------+
//!        |        | CertificateVerify                      |
//!        |        v                                        v
//!        |     ASK_LATE_PEER . is it acceptable? ..> WAIT_LATE_FINISHED --- Finished ---> CONNECTED
//!        . ASK_ISSUE: which tickets? It keeps nothing waiting; send NewSessionTicket
//!        +..........................> CONNECTED
//! ```
//!
//! RECVD_CH and NEGOTIATED of the RFC's diagram are the two questions in which the server waits for its own side.

mod auth;
mod client_hello;
mod finish;
mod flight;
mod late;
mod negotiate;
mod resume;
mod retry;
mod tickets;

use crate::party::{Column, Cx, Diagram, Incoming, Party, arrow_forks, arrow_heads, unexpected};
use crate::question::Reply;
use crate::{Failure, Usage};
#[cfg(feature = "tls12")]
use crate::{HelloView, ServerParams, tls12};
use handfast_crypto::CryptoError;
use handfast_schedule::Transcript;
use handfast_wire::{CertificateType, Dialect, Message, MessageKind};

use auth::{AfterCert, AskPeer, WaitCert, WaitCv};
use client_hello::{AskConfig, WaitCh};
use finish::{Connected, WaitEoed, WaitFinished};
use flight::{AskCredential, AskSign, AskStaple};
use late::{LateCert, LateCv, LateFinished, LatePeer};
use resume::{AskEarlyData, AskResume};
use retry::WaitCh2;

/// What every state needs.
pub(crate) struct Core {
    /// The client may be asked for a certificate after the handshake (RFC 9846 §4.3.6).
    takes_requests: bool,
    /// What it is to show: another type than X.509 is agreed on in the handshake or not at all (RFC 7250 §4).
    client_type: CertificateType,
}

/// The states of the diagram, each with what it alone owns.
pub(crate) enum State {
    WaitCh(WaitCh),
    AskConfig(AskConfig),
    WaitCh2(WaitCh2),
    AskResume(AskResume),
    AskEarlyData(AskEarlyData),
    AskCredential(AskCredential),
    AskStaple(AskStaple),
    AskSign(AskSign),
    WaitEoed(WaitEoed),
    WaitCert(WaitCert),
    WaitCv(WaitCv),
    AskPeer(AskPeer),
    WaitFinished(WaitFinished),
    Connected(Connected),
    LateCert(LateCert),
    LateCv(LateCv),
    LatePeer(LatePeer),
    LateFinished(LateFinished),
    /// A handler returned an error; there is no way back.
    Failed,
}

type ServerCx<'c> = Cx<'c, Core>;

/// START: waits for a ClientHello.
pub(crate) fn start() -> Party<State> {
    Party::new(
        Core { takes_requests: false, client_type: CertificateType::X509 },
        Transcript::new(),
        State::WaitCh(WaitCh),
    )
}

/// Where TLS 1.2 takes over.
#[cfg(feature = "tls12")]
impl Party<State> {
    /// The ClientHello, if `params` answer it in TLS 1.2.
    pub(crate) fn selects_tls12(&self, params: &ServerParams) -> Result<Option<HelloView>, Failure> {
        let (_, State::AskConfig(state)) = self.state_ref() else { return Ok(None) };
        let hello = state.hello().message().ok_or(CryptoError::Failed)?;
        Ok(tls12::server::selects(params, &hello)?.then(|| state.hello().clone()))
    }
}

impl Diagram for State {
    type Core = Core;

    const FAILED: Self = Self::Failed;
    const DIALECT: Dialect = Dialect::Tls13;

    fn column(kind: MessageKind) -> Column {
        super::column(kind)
    }

    fn takes_late(&self) -> bool {
        matches!(self, Self::LateCert(_) | Self::LateCv(_) | Self::LateFinished(_))
    }

    /// The diagram: one arm per arrow, anything else is an error.
    fn next(self, message: &Incoming<'_>, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        use Message as M;
        Ok(match (self, &message.body) {
            (Self::WaitCh(s), M::ClientHello(m)) => s.client_hello(m, message.raw, cx)?.into(), // ASK_CONFIG
            (Self::WaitCh2(s), M::ClientHello(m)) => s.client_hello(m, message, cx)?.into(), // ASK_CREDENTIAL | ASK_RESUME
            (Self::WaitEoed(s), M::EndOfEarlyData(_)) => s.end_of_early_data(cx)?.into(),    // WAIT_FINISHED
            (Self::WaitCert(s), M::Certificate(m)) => s.certificate(m, cx)?.into(),          // WAIT_CV | WAIT_FINISHED
            (Self::WaitCert(s), M::CompressedCertificate(m)) if s.compresses() => s.compressed(m, cx)?.into(), // WAIT_CV | WAIT_FINISHED
            (Self::WaitCv(s), M::CertificateVerify(m)) => s.certificate_verify(m, message.before()?, cx)?.into(), // ASK_PEER
            (Self::WaitFinished(s), M::Finished(m)) => s.finished(m, message.before()?, cx)?.into(), // CONNECTED
            (Self::LateCert(s), M::Certificate(m)) => s.certificate(m, cx)?.into(), // WAIT_LATE_CV | WAIT_LATE_FINISHED
            (Self::LateCert(s), M::CompressedCertificate(m)) if s.compresses() => s.compressed(m, cx)?.into(), // WAIT_LATE_CV | WAIT_LATE_FINISHED
            (Self::LateCv(s), M::CertificateVerify(m)) => s.certificate_verify(m, message.before()?, cx)?.into(), // ASK_LATE_PEER
            (Self::LateFinished(s), M::Finished(m)) => s.finished(m, message.before()?, cx)?.into(), // CONNECTED
            // RFC 9846 §4.7.2: no other message comes between those of an answer.
            (Self::LateCert(mut s), M::KeyUpdate(m)) => {
                s.finish.connected().key_update(m, cx.host)?;
                s.into() // WAIT_LATE_CERT
            }
            (Self::Connected(mut s), M::KeyUpdate(m)) => {
                s.key_update(m, cx.host)?;
                s.into() // CONNECTED
            }
            (state, body) => return Err(unexpected(state.name(), body.kind())),
        })
    }

    /// The dotted lines: one arm per answer.
    fn answered(self, reply: Reply, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        Ok(match (self, reply) {
            (Self::AskConfig(s), Reply::Config(params)) => s.configured(params, cx)?.into(), // ASK_CREDENTIAL | ASK_RESUME | WAIT_CH2
            (Self::AskResume(s), Reply::Resume { candidates, otherwise }) => {
                s.answered(candidates, otherwise, cx)?.into() // ASK_CREDENTIAL | ASK_EARLY_DATA | WAIT_FINISHED
            }
            (Self::AskEarlyData(s), Reply::EarlyData(verdict)) => s.answered(verdict, cx)?.into(), // WAIT_EOED | WAIT_FINISHED
            (Self::AskCredential(s), Reply::Credential(Ok((credential, scheme)))) => {
                s.present(credential, scheme, cx)?.into() // ASK_STAPLE | ASK_SIGN
            }
            (Self::AskStaple(s), Reply::Staple(response)) => s.stapled(response, cx)?.into(), // ASK_SIGN
            // A server cannot do without.
            (Self::AskCredential(_), Reply::Credential(Err(why))) => return Err(why.into()),
            (Self::AskSign(s), Reply::Signature(signature)) => s.signed(&signature, cx)?.into(), // WAIT_CERT | WAIT_FINISHED
            (Self::AskPeer(s), Reply::PeerAccepted { verified }) => s.accepted(verified).into(), // WAIT_FINISHED
            (Self::LatePeer(s), Reply::PeerAccepted { verified }) => s.accepted(verified).into(), // WAIT_LATE_FINISHED
            (Self::Failed, _) => return Err(Failure::Usage(Usage::Stale)),
            (Self::Connected(mut s), Reply::Issued(issued)) => {
                s.issued(issued, cx)?;
                s.into() // CONNECTED
            }
            // An answer is made of its question, so it has the question's type.
            _ => return Err(Failure::Crypto(CryptoError::Failed)),
        })
    }

    /// The name in the diagram.
    fn name(&self) -> &'static str {
        match self {
            Self::WaitCh(_) => "WAIT_CH",
            Self::AskConfig(_) => "ASK_CONFIG",
            Self::WaitCh2(_) => "WAIT_CH2",
            Self::AskResume(_) => "ASK_RESUME",
            Self::AskEarlyData(_) => "ASK_EARLY_DATA",
            Self::WaitEoed(_) => "WAIT_EOED",
            Self::AskCredential(_) => "ASK_CREDENTIAL",
            Self::AskStaple(_) => "ASK_STAPLE",
            Self::AskSign(_) => "ASK_SIGN",
            Self::WaitCert(_) => "WAIT_CERT",
            Self::WaitCv(_) => "WAIT_CV",
            Self::AskPeer(_) => "ASK_PEER",
            Self::WaitFinished(_) => "WAIT_FINISHED",
            Self::Connected(_) => "CONNECTED",
            Self::LateCert(_) => "WAIT_LATE_CERT",
            Self::LateCv(_) => "WAIT_LATE_CV",
            Self::LatePeer(_) => "ASK_LATE_PEER",
            Self::LateFinished(_) => "WAIT_LATE_FINISHED",
            Self::Failed => "FAILED",
        }
    }
}

arrow_heads!(State: AskConfig, WaitCh2, AskCredential, AskSign, WaitCert, WaitCv, AskPeer, WaitFinished, Connected, LateCert, LatePeer);

/// Where the arrow from ASK_CONFIG ends.
enum AfterConfig {
    AskResume(AskResume),
    AskCredential(AskCredential),
    WaitCh2(WaitCh2),
}

/// Where the arrow of a ClientHello whose share is there ends.
enum AfterHello {
    AskResume(AskResume),
    AskCredential(AskCredential),
}

/// Where the arrow from ASK_RESUME ends.
enum AfterResume {
    AskCredential(AskCredential),
    AskEarlyData(AskEarlyData),
    WaitFinished(WaitFinished),
}

/// Where the arrow from ASK_EARLY_DATA ends.
enum AfterEarlyData {
    WaitEoed(WaitEoed),
    WaitFinished(WaitFinished),
}

/// Where the arrow from ASK_CREDENTIAL ends.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it comes out")]
enum AfterPresent {
    AskStaple(AskStaple),
    AskSign(AskSign),
}

/// Where the arrow from ASK_SIGN ends.
enum AfterSign {
    WaitCert(WaitCert),
    WaitFinished(WaitFinished),
}

arrow_forks!(State:
    AfterConfig { AskResume, AskCredential, WaitCh2 },
    AfterHello { AskResume, AskCredential },
    AfterResume { AskCredential, AskEarlyData, WaitFinished },
    AfterEarlyData { WaitEoed, WaitFinished },
    AfterPresent { AskStaple, AskSign },
    AfterSign { WaitCert, WaitFinished },
    AfterCert { WaitCv, WaitFinished });
