//! The server of TLS 1.2, RFC 5246 §7.3, Figures 1 and 2.
//!
//! ```text
//!     WAIT_CH, ASK_CONFIG: those of TLS 1.3, for the configuration chooses the version
//!        |
//!        |-- a session or a ticket was offered --> ASK_RESUME <------------+
//!        |                                           . no                  |
//!        |<..........................................+                     |
//!        |                                           . yes                 |
//!        |                send ServerHello           |                     |
//!        |                                        [ASK_ISSUE] --> FINISH   |
//!        v                                                                 |
//!     ASK_CREDENTIAL                                                       |
//!        .-- the client wants its status, and it is asked for: ASK_STAPLE  |
//!        . send ServerHello Certificate [CertificateStatus]                |
//!        v                                                                 |
//!     ASK_SIGN                                                             |
//!        . send ServerKeyExchange [CertificateRequest] ServerHelloDone     |
//!        v                                                                 |
//!        |-- a certificate was requested --> WAIT_CERT                     |
//!        v                                      | Certificate              |
//!     WAIT_CKE <--------------------------------+                          |
//!        | ClientKeyExchange                                               |
//!        |-- the suite has a key ...........> ASK_PSK                      |
//!        |-- the secret is encrypted .......> ASK_DECRYPT                  |
//!        v                                                                 |
//!        |-- with a certificate --> WAIT_CV                                |
//!        |                            | CertificateVerify                  |
//!        |                          ASK_PEER ... is it acceptable?         |
//!        v                            .                                    |
//!     WAIT_CCS <......................+                                    |
//!        | change_cipher_spec                  K_recv = new                |
//!        v                                                                 |
//!     WAIT_FINISHED                                                        |
//!        | Finished                                                        |
//!        |-- a ticket or a session ID was announced --> ASK_ISSUE          |
//!        v                                                 .               |
//!        send [NewSessionTicket] change_cipher_spec Finished   (FINISH)    |
//!        v                                     K_send = new                |
//!     CONNECTED -- ClientHello, where it is allowed -----------------------+
//! ```
//!
//! Of a session the server finishes first: after FINISH come WAIT_CCS and WAIT_FINISHED. With RSA key transport and with a
//! key without a hint there is no ServerKeyExchange.

mod auth;
mod exchange;
mod finish;
mod flight;
mod hello;
mod negotiate;
mod resume;

pub(crate) use hello::selects;

use crate::machine::Asker;
use crate::party::{Column, Cx, Diagram, Incoming, Party, arrow_forks, arrow_heads, unexpected};
use crate::question::Reply;
use crate::tls12::renegotiation::Previous;
use crate::{Failure, HelloView, Host, ServerParams, Usage};
#[cfg(feature = "legacy")]
use alloc::boxed::Box;
use alloc::sync::Arc;
use handfast_crypto::CryptoError;
use handfast_schedule::Transcript;
use handfast_wire::{Dialect, Message, MessageKind, Violation};

use auth::{AskPeer, WaitCert, WaitCv};
use exchange::{AskPsk, WaitCke};
use finish::{AskIssue, Connected, WaitCcs, WaitFinished};
use flight::{AskCredential, AskSign, AskStaple};
use resume::AskResume;

#[cfg(feature = "legacy")]
use exchange::AskDecrypt;

/// What every state needs.
pub(crate) struct Core {
    params: Arc<ServerParams>,
    /// The handshake before this one on the same connection.
    previous: Option<Previous>,
}

/// The states of the diagram, each with what it alone owns.
pub(crate) enum State {
    AskResume(AskResume),
    AskCredential(AskCredential),
    AskStaple(AskStaple),
    AskSign(AskSign),
    WaitCert(WaitCert),
    WaitCke(WaitCke),
    AskPsk(AskPsk),
    #[cfg(feature = "legacy")]
    AskDecrypt(AskDecrypt),
    WaitCv(WaitCv),
    AskPeer(AskPeer),
    WaitCcs(WaitCcs),
    WaitFinished(WaitFinished),
    AskIssue(AskIssue),
    Connected(Connected),
    /// A handler returned an error; there is no way back.
    Failed,
}

type ServerCx<'c> = Cx<'c, Core>;

/// Goes on behind a ClientHello that a configuration wants to answer in TLS 1.2.
pub(crate) fn start(
    params: Arc<ServerParams>,
    hello: &HelloView,
    mut transcript: Transcript,
    host: &mut dyn Host,
    asker: &mut Asker,
) -> Result<Party<State>, Failure> {
    let mut core = Core { params, previous: None };
    let cx = &mut Cx::new::<State>(&mut core, &mut transcript, host, asker);
    let state = hello::start(hello, cx)?.into();
    Ok(Party::new(core, transcript, state))
}

impl Party<State> {
    /// What the next handshake follows.
    #[cfg(feature = "legacy")]
    pub(crate) fn reconfigure(&mut self, params: Arc<ServerParams>) {
        self.core().params = params;
    }

    /// Asks the client for another handshake (RFC 5246 §7.4.1.1).
    #[cfg(feature = "legacy")]
    pub(crate) fn renegotiate(&mut self, host: &mut dyn Host, asker: &mut Asker) -> Result<(), Failure> {
        self.step(host, asker, |state, cx| match state {
            State::Connected(s) => s.request(cx).map(State::Connected),
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

    /// A ClientHello after the handshake begins another transcript.
    fn choose_hash(body: &Message<'_>, _: &Core, transcript: &mut Transcript) -> Result<(), Failure> {
        if let Message::ClientHello(_) = body {
            *transcript = Transcript::new();
        }
        Ok(())
    }

    /// The diagram: one arm per arrow, anything else is an error.
    fn next(self, message: &Incoming<'_>, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        use Message as M;
        Ok(match (self, &message.body) {
            (Self::WaitCert(s), M::Certificate12(m)) => s.certificate(m, cx)?.into(), // WAIT_CKE
            (Self::WaitCert(s), M::RawPublicKey12(m)) => s.raw_key(m, cx)?.into(),    // WAIT_CKE
            (Self::WaitCke(s), M::ClientKeyExchange(m)) => s.client_key_exchange(m, cx)?.into(), // WAIT_CV | WAIT_CCS | ASK_PSK | ASK_DECRYPT
            (Self::WaitCv(s), M::CertificateVerify(m)) => s.certificate_verify(m, message.raw, cx)?.into(), // ASK_PEER
            (Self::WaitFinished(s), M::Finished(m)) => s.finished(m, message.before()?, cx)?.into(), // ASK_ISSUE | CONNECTED
            (Self::Connected(s), M::ClientHello(m)) => s.client_hello(m, message.raw, cx)?.into(), // CONNECTED | ASK_CREDENTIAL
            (state, body) => return Err(unexpected(state.name(), body.kind())),
        })
    }

    fn change_cipher_spec(self, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        Ok(match self {
            Self::WaitCcs(s) => s.change_cipher_spec(cx)?.into(), // WAIT_FINISHED
            _ => return Err(Violation::UnexpectedChangeCipherSpec.into()),
        })
    }

    /// The dotted lines: one arm per answer.
    fn answered(self, reply: Reply, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        Ok(match (self, reply) {
            (Self::AskResume(s), Reply::Resume { candidates, otherwise }) => {
                s.answered(candidates, otherwise, cx)?.into() // WAIT_CCS | ASK_ISSUE | ASK_CREDENTIAL | WAIT_CERT | WAIT_CKE
            }
            (Self::AskCredential(s), Reply::Credential(Ok((credential, scheme)))) => {
                s.present(credential, scheme, cx)?.into() // ASK_STAPLE | ASK_SIGN | WAIT_CKE
            }
            (Self::AskStaple(s), Reply::Staple(response)) => s.stapled(response, cx)?.into(), // ASK_SIGN
            (Self::AskCredential(s), Reply::Credential(Err(why))) => s.none(why, cx)?.into(), // WAIT_CKE
            (Self::AskSign(s), Reply::Signature(signature)) => s.signed(&signature, cx)?.into(), // WAIT_CERT | WAIT_CKE
            (Self::AskPsk(s), Reply::Psk(psk)) => s.answered(psk, cx)?.into(),                // WAIT_CCS
            #[cfg(feature = "legacy")]
            (Self::AskDecrypt(s), Reply::Decrypted(block)) => s.decrypted(&block, cx)?.into(), // WAIT_CV | WAIT_CCS
            (Self::AskPeer(s), Reply::PeerAccepted { verified }) => s.accepted(verified).into(), // WAIT_CCS
            (Self::AskIssue(s), Reply::Issued(issued)) => s.issued(issued, cx)?.into(),       // CONNECTED | WAIT_CCS
            (Self::Failed, _) => return Err(Failure::Usage(Usage::Stale)),
            // An answer is made of its question, so it has the question's type.
            _ => return Err(Failure::Crypto(CryptoError::Failed)),
        })
    }

    /// The name in the diagram.
    fn name(&self) -> &'static str {
        match self {
            Self::AskResume(_) => "ASK_RESUME",
            Self::AskCredential(_) => "ASK_CREDENTIAL",
            Self::AskStaple(_) => "ASK_STAPLE",
            Self::AskSign(_) => "ASK_SIGN",
            Self::WaitCert(_) => "WAIT_CERT",
            Self::WaitCke(_) => "WAIT_CKE",
            Self::AskPsk(_) => "ASK_PSK",
            #[cfg(feature = "legacy")]
            Self::AskDecrypt(_) => "ASK_DECRYPT",
            Self::WaitCv(_) => "WAIT_CV",
            Self::AskPeer(_) => "ASK_PEER",
            Self::WaitCcs(_) => "WAIT_CCS",
            Self::WaitFinished(_) => "WAIT_FINISHED",
            Self::AskIssue(_) => "ASK_ISSUE",
            Self::Connected(_) => "CONNECTED",
            Self::Failed => "FAILED",
        }
    }
}

arrow_heads!(State: AskCredential, AskSign, WaitCert, WaitCke, AskPsk, WaitCv, AskPeer, WaitCcs, WaitFinished, AskIssue, Connected);

/// Where the arrow of a ClientHello ends.
enum AfterHello {
    AskResume(AskResume),
    AskCredential(AskCredential),
    WaitCert(WaitCert),
    WaitCke(WaitCke),
}

/// Where a handshake without a session begins.
enum AfterFresh {
    AskCredential(AskCredential),
    WaitCert(WaitCert),
    WaitCke(WaitCke),
}

/// Where the arrow of a session ends.
enum AfterResume {
    AskCredential(AskCredential),
    WaitCert(WaitCert),
    WaitCke(WaitCke),
    AskIssue(AskIssue),
    WaitCcs(WaitCcs),
}

/// Where the arrow of a certificate of one's own ends.
enum AfterPresent {
    AskStaple(AskStaple),
    AskSign(AskSign),
    WaitCert(WaitCert),
    WaitCke(WaitCke),
}

/// Where an arrow from ASK_SIGN ends.
enum AfterSign {
    WaitCert(WaitCert),
    WaitCke(WaitCke),
}

/// Where the arrow of ClientKeyExchange ends.
enum AfterCke {
    WaitCv(WaitCv),
    WaitCcs(WaitCcs),
    AskPsk(AskPsk),
    #[cfg(feature = "legacy")]
    AskDecrypt(AskDecrypt),
}

/// Where an arrow from WAIT_FINISHED ends.
enum AfterFinished {
    AskIssue(AskIssue),
    Connected(Connected),
}

/// Where the last message of this side leads.
enum AfterIssue {
    WaitCcs(WaitCcs),
    Connected(Connected),
}

/// Where the arrow of a ClientHello after the handshake ends.
enum AfterAgain {
    Connected(Connected),
    #[cfg(feature = "legacy")]
    Hello(Box<AfterHello>),
}

arrow_forks!(State:
    AfterHello { AskResume, AskCredential, WaitCert, WaitCke },
    AfterFresh { AskCredential, WaitCert, WaitCke },
    AfterResume { AskCredential, WaitCert, WaitCke, AskIssue, WaitCcs },
    AfterPresent { AskStaple, AskSign, WaitCert, WaitCke },
    AfterSign { WaitCert, WaitCke },
    AfterFinished { AskIssue, Connected },
    AfterIssue { WaitCcs, Connected });

impl From<AfterCke> for State {
    fn from(after: AfterCke) -> Self {
        match after {
            AfterCke::WaitCv(s) => Self::WaitCv(s),
            AfterCke::WaitCcs(s) => Self::WaitCcs(s),
            AfterCke::AskPsk(s) => Self::AskPsk(s),
            #[cfg(feature = "legacy")]
            AfterCke::AskDecrypt(s) => Self::AskDecrypt(s),
        }
    }
}

impl From<AfterAgain> for State {
    fn from(after: AfterAgain) -> Self {
        match after {
            AfterAgain::Connected(s) => Self::Connected(s),
            #[cfg(feature = "legacy")]
            AfterAgain::Hello(after) => (*after).into(),
        }
    }
}
