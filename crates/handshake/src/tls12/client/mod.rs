//! The client of TLS 1.2, RFC 5246 §7.3, Figures 1 and 2.
//!
//! ```text
//!      START
//!        | send ClientHello
//!        v
//!     WAIT_SH <-----------------------------------------------+
//!        | ServerHello                                        |
//!        |-- of a session --------------> WAIT_TICKET | WAIT_CCS
//!        |-- without a certificate ----> WAIT_SKE             |
//!        v                                                    |
//!     WAIT_CERT                                               |
//!        | Certificate                                        |
//!        v                                                    |
//!     WAIT_STATUS -- CertificateStatus, if it comes           |
//!        v                                                    |
//!     WAIT_SKE                                                |
//!        | ServerKeyExchange       possession is proved       |
//!        v                                                    |
//!     ASK_PEER ........... is it acceptable?                  |
//!        v                                                    |
//!     WAIT_CR ---- CertificateRequest ----> WAIT_SHD          |
//!        |                                     |              |
//!        +-------- ServerHelloDone ------------+              |
//!        |-- a certificate was requested --> ASK_CREDENTIAL   |
//!        |-- the suite has a key ----------> ASK_PSK          |
//!        v                                                    |
//!        send [Certificate] ClientKeyExchange                 |
//!        |-- a certificate was sent ......> ASK_SIGN          |
//!        |                                     | send CertificateVerify
//!        v                                     v              |
//!        send change_cipher_spec Finished      K_send = new   |
//!        v                                                    |
//!     WAIT_TICKET -- NewSessionTicket, if it was announced    |
//!        v                                                    |
//!     WAIT_CCS                                                |
//!        | change_cipher_spec                  K_recv = new   |
//!        v                                                    |
//!     WAIT_FINISHED                                           |
//!        | Finished                                           |
//!        |   of a session: send change_cipher_spec Finished   |
//!        v                                                    |
//!     CONNECTED -- HelloRequest, where it is allowed ---------+
//! ```
//!
//! With RSA key transport there is no ServerKeyExchange, and the peer is asked about at ServerHelloDone.

mod auth;
mod exchange;
mod finish;
mod flight;
mod hello;
mod server_hello;

pub(crate) use hello::{Hello, extensions, offered_suites};

use crate::offer::Offer;
use crate::party::{Column, Cx, Diagram, Incoming, Party, arrow_forks, arrow_heads, unexpected};
use crate::question::Reply;
use crate::tls12::renegotiation::Previous;
use crate::{ClientParams, Failure, Session, Usage};
use alloc::boxed::Box;
use alloc::sync::Arc;
use handfast_crypto::CryptoError;
use handfast_schedule::Transcript;
use handfast_wire::{Dialect, Message, MessageKind, Violation};
use pki_types::ServerName;

use auth::{AskPeer, WaitCert, WaitCr, WaitShd, WaitStatus};
use exchange::WaitSke;
use finish::{Connected, WaitCcs, WaitFinished, WaitTicket};
use flight::{AskCredential, AskPsk, AskSign};
use server_hello::WaitSh;

/// What every state needs.
pub(crate) struct Core {
    params: Arc<ClientParams>,
    name: Option<ServerName<'static>>,
    /// How sessions name it.
    label: Option<Arc<str>>,
    offer: Offer,
    /// The session that is offered, until ServerHello answers.
    session: Option<Box<Session>>,
    /// The handshake before this one on the same connection.
    previous: Option<Previous>,
}

/// The states of the diagram, each with what it alone owns.
pub(crate) enum State {
    WaitSh(WaitSh),
    WaitCert(WaitCert),
    WaitStatus(WaitStatus),
    WaitSke(WaitSke),
    AskPeer(AskPeer),
    WaitCr(WaitCr),
    WaitShd(WaitShd),
    AskCredential(AskCredential),
    AskPsk(AskPsk),
    AskSign(AskSign),
    WaitTicket(WaitTicket),
    WaitCcs(WaitCcs),
    WaitFinished(WaitFinished),
    Connected(Connected),
    /// A handler returned an error; there is no way back.
    Failed,
}

type ClientCx<'c> = Cx<'c, Core>;

/// Goes on behind a ClientHello that offered TLS 1.2, alone or beside TLS 1.3.
pub(crate) fn answered(
    params: Arc<ClientParams>,
    (name, label): (Option<ServerName<'static>>, Option<Arc<str>>),
    offer: Offer,
    session: Option<Box<Session>>,
    transcript: Transcript,
) -> Party<State> {
    let core = Core { params, name, label, offer, session, previous: None };
    Party::new(core, transcript, State::WaitSh(WaitSh))
}

impl Party<State> {
    /// Starts another handshake on this connection (RFC 5246 §7.4.1.1).
    #[cfg(feature = "legacy")]
    pub(crate) fn renegotiate(
        &mut self,
        host: &mut dyn crate::Host,
        asker: &mut crate::machine::Asker,
    ) -> Result<(), Failure> {
        self.step(host, asker, |state, cx| match state {
            State::Connected(s) => Ok(State::WaitSh(s.renegotiate(cx)?)),
            state => Ok(state),
        })
    }
}

impl Diagram for State {
    type Core = Core;

    const FAILED: Self = Self::Failed;
    const DIALECT: Dialect = Dialect::Tls12;

    fn dialect(&self) -> Dialect {
        match self {
            Self::WaitCert(s) if !s.takes_raw_key() => Dialect::Tls12,
            // Also where none is expected: it is refused as that, of whatever kind it is.
            _ => Dialect::Tls12RawKey,
        }
    }

    fn column(kind: MessageKind) -> Column {
        crate::tls12::column(kind)
    }

    fn choose_hash(body: &Message<'_>, core: &Core, transcript: &mut Transcript) -> Result<(), Failure> {
        server_hello::choose_hash(body, core, transcript)
    }

    /// The diagram: one arm per arrow, anything else is an error.
    fn next(self, message: &Incoming<'_>, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        use Message as M;
        Ok(match (self, &message.body) {
            // RFC 5246 §7.4.1.1: a client that is negotiating already ignores it.
            (state, M::HelloRequest(_)) if state.is_negotiating() => state,
            (Self::WaitSh(s), M::ServerHello(m)) => s.server_hello(m, cx)?.into(), // WAIT_CERT | WAIT_SKE | WAIT_TICKET | WAIT_CCS
            (Self::WaitCert(s), M::Certificate12(m)) => s.certificate(m, cx)?.into(), // WAIT_STATUS | WAIT_SKE | WAIT_CR
            (Self::WaitCert(s), M::RawPublicKey12(m)) => s.raw_key(m, cx)?.into(),    // WAIT_SKE | WAIT_CR
            (Self::WaitStatus(s), M::CertificateStatus(m)) => s.status(m).into(),     // WAIT_SKE | WAIT_CR
            (Self::WaitStatus(s), _) => return Self::from(s.no_status()).next(message, cx),
            (Self::WaitSke(s), M::ServerKeyExchange(m)) => s.server_key_exchange(m, cx)?.into(), // ASK_PEER | WAIT_SHD
            (Self::WaitSke(s), M::ServerHelloDone(_)) => s.no_hint()?.server_hello_done(cx)?.into(), // ASK_PSK
            (Self::WaitCr(s), M::CertificateRequest12(m)) => s.request(m, cx)?.into(),           // WAIT_SHD
            (Self::WaitCr(s), M::ServerHelloDone(_)) => s.no_request().server_hello_done(cx)?.into(), // WAIT_TICKET | WAIT_CCS
            (Self::WaitShd(s), M::ServerHelloDone(_)) => s.server_hello_done(cx)?.into(), // … | ASK_CREDENTIAL | ASK_PEER
            (Self::WaitTicket(s), M::NewSessionTicket12(m)) => s.ticket(m).into(),        // WAIT_CCS
            (Self::WaitFinished(s), M::Finished(m)) => s.finished(m, message.before()?, cx)?.into(), // CONNECTED
            (Self::Connected(s), M::HelloRequest(_)) => s.hello_request(cx)?.into(),      // CONNECTED | WAIT_SH
            (state, body) => return Err(unexpected(state.name(), body.kind())),
        })
    }

    fn change_cipher_spec(self, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        Ok(match self {
            Self::WaitCcs(s) => s.change_cipher_spec(cx)?.into(), // WAIT_FINISHED
            _ => return Err(Violation::UnexpectedChangeCipherSpec.into()),
        })
    }

    /// The dotted lines: one arm per answer.
    fn answered(self, reply: Reply, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        Ok(match (self, reply) {
            (Self::AskPeer(s), Reply::PeerAccepted { verified }) => s.accepted(verified, cx)?.into(), // WAIT_CR | …
            (Self::AskCredential(s), Reply::Credential(Ok((credential, scheme)))) => {
                s.present(credential, scheme, cx)?.into() // ASK_SIGN
            }
            (Self::AskCredential(s), Reply::Credential(Err(why))) => s.none(why, cx)?.into(), // WAIT_TICKET | WAIT_CCS
            (Self::AskPsk(s), Reply::Psk(Some(psk))) => s.known(&psk, cx)?.into(),            // WAIT_TICKET | WAIT_CCS
            (Self::AskPsk(_), Reply::Psk(None)) => return Err(crate::Refusal::Psk.into()),
            (Self::AskSign(s), Reply::Signature(signature)) => s.signed(&signature, cx)?.into(), // WAIT_TICKET | WAIT_CCS
            (Self::Failed, _) => return Err(Failure::Usage(Usage::Stale)),
            // An answer is made of its question, so it has the question's type.
            _ => return Err(Failure::Crypto(CryptoError::Failed)),
        })
    }

    fn forget(core: &mut Core) {
        core.session = None;
    }

    /// The name in the diagram.
    fn name(&self) -> &'static str {
        match self {
            Self::WaitSh(_) => "WAIT_SH",
            Self::WaitCert(_) => "WAIT_CERT",
            Self::WaitStatus(_) => "WAIT_STATUS",
            Self::WaitSke(_) => "WAIT_SKE",
            Self::AskPeer(_) => "ASK_PEER",
            Self::WaitCr(_) => "WAIT_CR",
            Self::WaitShd(_) => "WAIT_SHD",
            Self::AskCredential(_) => "ASK_CREDENTIAL",
            Self::AskPsk(_) => "ASK_PSK",
            Self::AskSign(_) => "ASK_SIGN",
            Self::WaitTicket(_) => "WAIT_TICKET",
            Self::WaitCcs(_) => "WAIT_CCS",
            Self::WaitFinished(_) => "WAIT_FINISHED",
            Self::Connected(_) => "CONNECTED",
            Self::Failed => "FAILED",
        }
    }
}

impl State {
    /// Whether a HelloRequest has nothing to say here.
    fn is_negotiating(&self) -> bool {
        !matches!(self, Self::Connected(_) | Self::Failed)
    }
}

arrow_heads!(State: WaitCert, WaitStatus, WaitSke, AskPeer, WaitCr, WaitShd, AskCredential, AskPsk, AskSign, WaitTicket, WaitCcs, WaitFinished, Connected);

/// Where an arrow from WAIT_SH ends.
#[expect(clippy::enum_variant_names, reason = "the states have the names of the diagram")]
enum AfterSh {
    WaitCert(WaitCert),
    WaitSke(WaitSke),
    WaitTicket(WaitTicket),
    WaitCcs(WaitCcs),
}

/// Where an arrow from WAIT_CERT ends.
#[expect(clippy::enum_variant_names, reason = "the states have the names of the diagram")]
enum AfterCert {
    WaitStatus(WaitStatus),
    WaitSke(WaitSke),
    WaitCr(WaitCr),
}

/// Where an arrow from WAIT_STATUS ends.
#[cfg_attr(not(feature = "legacy"), expect(dead_code, reason = "RSA key transport alone leads there"))]
enum AfterStatus {
    WaitSke(WaitSke),
    WaitCr(WaitCr),
}

/// Where an arrow from WAIT_SKE ends.
enum AfterSke {
    AskPeer(AskPeer),
    WaitShd(WaitShd),
}

/// Where an arrow from ASK_PEER ends.
enum AfterPeer {
    WaitCr(WaitCr),
    AskCredential(AskCredential),
    WaitTicket(WaitTicket),
    WaitCcs(WaitCcs),
}

/// Where the arrow of ServerHelloDone ends.
#[cfg_attr(not(feature = "legacy"), expect(dead_code, reason = "RSA key transport alone leads there"))]
enum AfterDone {
    AskPeer(AskPeer),
    AskCredential(AskCredential),
    AskPsk(AskPsk),
    WaitTicket(WaitTicket),
    WaitCcs(WaitCcs),
}

/// Where the flight ends.
enum AfterFlight {
    WaitTicket(WaitTicket),
    WaitCcs(WaitCcs),
}

/// Where the arrow of a HelloRequest ends.
enum AfterRequest {
    Connected(Connected),
    #[cfg(feature = "legacy")]
    WaitSh(WaitSh),
}

arrow_forks!(State:
    AfterSh { WaitCert, WaitSke, WaitTicket, WaitCcs },
    AfterCert { WaitStatus, WaitSke, WaitCr },
    AfterStatus { WaitSke, WaitCr },
    AfterSke { AskPeer, WaitShd },
    AfterPeer { WaitCr, AskCredential, WaitTicket, WaitCcs },
    AfterDone { AskPeer, AskCredential, AskPsk, WaitTicket, WaitCcs },
    AfterFlight { WaitTicket, WaitCcs });

impl From<AfterRequest> for State {
    fn from(after: AfterRequest) -> Self {
        match after {
            AfterRequest::Connected(s) => Self::Connected(s),
            #[cfg(feature = "legacy")]
            AfterRequest::WaitSh(s) => Self::WaitSh(s),
        }
    }
}
