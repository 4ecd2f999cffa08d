//! The client of TLS 1.3, RFC 9846 Appendix A.1.
//!
//! ```text
//!      START
//!        | send ClientHello                 [K_send = early data]
//!        v
//!     WAIT_SH <---------------+
//!        |  |  HelloRetryRequest: send ClientHello again, once
//!        |  +-----------------+
//!        | ServerHello                      K_recv = K_send = handshake
//!        v
//!     WAIT_EE
//!        | EncryptedExtensions
//!        |-- with a pre-shared key -----------------------------+
//!        v                                                      |
//!     WAIT_CERT_CR ------- CertificateRequest -----> WAIT_CERT
//!        |                                              |       |
//!        +--------------- Certificate ------------------+       |       compressed, where that was offered
//!        v                                                      |
//!     WAIT_CV                                                   |
//!        | CertificateVerify                possession is proved|
//!        v                                                      |
//!     ASK_PEER ........... is it acceptable?                    |
//!        v                                                      |
//!     WAIT_FINISHED <-------------------------------------------+
//!        | Finished                         K_recv = application
//!        | [send EndOfEarlyData, K_send = handshake]
//!        |-- a certificate was requested --> ASK_CREDENTIAL ..> ASK_SIGN
//!        |                                        |                |
//!        v                                        v                v
//!        +------ send [Certificate [CertificateVerify]] Finished --+
//!        v                                  K_send = application
//!     CONNECTED --- NewSessionTicket, KeyUpdate ---> CONNECTED
//!        | CertificateRequest, where that was offered
//!        v
//!     ASK_LATE_CREDENTIAL ..> ASK_LATE_SIGN
//!        .                       .
//!        v                       v
//!        +-- send Certificate [CertificateVerify] Finished --> CONNECTED
//! ```
//!
//! Dotted lines wait for an answer. Where the RFC installs the sending key only before the second flight, this client
//! does so at ServerHello already, so that alerts for what follows are encrypted (the note below the RFC's diagram asks
//! for it); with early data under way, as soon as that is refused or at its end.

mod auth;
mod finish;
mod late;
mod server_hello;

#[cfg(feature = "tls12")]
use crate::NotResumed;
use crate::machine::Asker;
use crate::offer::{self, Hello, Offer};
#[cfg(feature = "tls12")]
use crate::party::Arrived;
use crate::party::{Column, Cx, Diagram, Incoming, Party, arrow_forks, arrow_heads, unexpected};
use crate::question::Reply;
use crate::tls13::binder;
use crate::{ClientParams, Direction, EarlyData, EarlyOmission, Epoch, Fact, Failure, Host, Prior, Session, Usage};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::CryptoError;
use handfast_schedule::Transcript;
use handfast_wire::{CertificateType, Dialect, Message, MessageKind};
use pki_types::ServerName;

use auth::{AskPeer, WaitCert, WaitCertCr, WaitCv, WaitEe};
use finish::{AskCredential, AskSign, Connected, WaitFinished};
use late::{AskLateCredential, AskLateSign};
use server_hello::WaitSh;

/// What every state needs.
pub(crate) struct Core {
    params: Arc<ClientParams>,
    name: Option<ServerName<'static>>,
    /// How sessions name it.
    label: Option<Arc<str>>,
    offer: Offer,
    /// What is offered of sessions and keys, until ServerHello answers.
    prior: Prior,
    /// The application protocol.
    protocol: Option<Vec<u8>>,
    /// What this side is to show, when it is asked.
    own_type: CertificateType,
}

/// The states of the diagram, each with what it alone owns.
pub(crate) enum State {
    WaitSh(WaitSh),
    WaitEe(WaitEe),
    WaitCertCr(WaitCertCr),
    WaitCert(WaitCert),
    WaitCv(WaitCv),
    AskPeer(AskPeer),
    WaitFinished(WaitFinished),
    AskCredential(AskCredential),
    AskSign(AskSign),
    Connected(Connected),
    AskLateCredential(AskLateCredential),
    AskLateSign(AskLateSign),
    /// A handler returned an error; there is no way back.
    Failed,
}

type ClientCx<'c> = Cx<'c, Core>;

/// START: sends the ClientHello.
pub(crate) fn start(
    params: Arc<ClientParams>,
    name: Option<ServerName<'static>>,
    mut prior: Prior,
    offer: Offer,
    host: &mut dyn Host,
    asker: &mut Asker,
) -> Result<Party<State>, Failure> {
    let mut shares = Vec::with_capacity(params.shares.len());
    if params.offers_tls13() {
        for &name in &params.shares {
            shares.push(offer::begin(&params, name)?);
        }
    }
    prior.keep(|hash| params.suites.iter().any(|suite| suite.hash == hash));
    let label = name.as_ref().and_then(Session::name_of);
    if let (Some(ServerName::DnsName(_)), Some(label)) = (&name, &label) {
        host.learn(Fact::ServerName(label.clone()));
    }
    let mut core = Core { params, name, label, offer, prior, protocol: None, own_type: CertificateType::X509 };
    let mut transcript = Transcript::new();
    let cx = &mut Cx::new::<State>(&mut core, &mut transcript, host, asker);
    cx.host.learn(Fact::ClientRandom(cx.core.offer.random()));
    let early = early_data(cx.core);
    let hello = send_hello(cx, Hello { shares: &shares, early_data: early.is_ok(), ..Hello::default() })?;
    match early {
        Ok(limit) => {
            protect_early_data(cx, &hello)?;
            cx.host.learn(Fact::EarlyData(EarlyData::Offered { limit }));
        }
        Err(why) if cx.core.prior.early_data => cx.host.learn(Fact::EarlyData(EarlyData::NotOffered(why))),
        Err(_) => {}
    }
    cx.asker.take_back(hello);
    Ok(Party::new(core, transcript, State::WaitSh(WaitSh::new(shares, early.ok()))))
}

/// How much early data goes with this offer, or why none does.
fn early_data(core: &Core) -> Result<u32, EarlyOmission> {
    let session = core.prior.session.as_ref().filter(|session| session.is_tls13() && core.prior.early_data);
    let session = session.ok_or(EarlyOmission::NoSession)?;
    let has_suite = core.params.suites.iter().any(|suite| suite.id == session.suite.id);
    // RFC 9846 §4.3.10: it is sent as the protocol of that connection, so that one has to be on offer still.
    let protocols = &core.params.protocols;
    let has_protocol = session.protocol.as_ref().is_none_or(|protocol| protocols.contains(protocol));
    match (session.max_early_data, has_suite, has_protocol) {
        (0, ..) => Err(EarlyOmission::Ticket),
        (_, false, _) => Err(EarlyOmission::Suite),
        (_, _, false) => Err(EarlyOmission::Protocol),
        (limit, true, true) => Ok(limit),
    }
}

/// From here on early data can be sent (RFC 9846 §7.1); `hello` is the ClientHello.
fn protect_early_data(cx: &mut ClientCx<'_>, hello: &[u8]) -> Result<(), Failure> {
    let Core { params, prior, .. } = &*cx.core;
    let session = prior.session.as_ref().ok_or(CryptoError::Failed)?;
    let key = binder::Key::of_session(session);
    let early = key.early(&params.provider)?;
    // The suite is that of the session, whatever this connection's will be.
    let transcript = key.hash(&params.provider)?.digest(&[hello])?;
    // RFC 9846 Appendix E.4: right after the ClientHello, and not again later.
    if params.middlebox {
        cx.host.change_cipher_spec()?;
    }
    let traffic = early.client_early_traffic(&transcript)?;
    cx.host.install(Direction::Send, Epoch::EarlyData, &traffic, session.suite)?;
    cx.host.learn(Fact::EarlyExporter(early.early_exporter(&transcript)?));
    Ok(())
}

/// Sends a ClientHello with what is offered of sessions and keys, and gives it back.
fn send_hello(cx: &mut ClientCx<'_>, hello: Hello<'_>) -> Result<Vec<u8>, Failure> {
    let Core { params, name, offer, prior, .. } = &mut *cx.core;
    let psks = if params.offers_tls13() { prior.offered(cx.host.now()) } else { Vec::new() };
    let hello = Hello { psks: &psks, ..hello };
    #[cfg(feature = "tls12")]
    let hello = Hello { tls12: crate::tls12::client::Hello { session: prior.tls12(), verify_data: None }, ..hello };
    let mut raw = cx.asker.blank();
    offer.write(params, name.as_ref(), &hello, &mut raw)?;
    binder::bind(&mut raw, &psks, cx.transcript, &params.provider)?;
    cx.send(Epoch::Initial, &raw)?;
    Ok(raw)
}

/// Where TLS 1.2 takes over.
#[cfg(feature = "tls12")]
impl Party<State> {
    /// Whether this is a ServerHello that selects TLS 1.2, which was offered (RFC 9846 §4.2.4: not after a
    /// HelloRetryRequest).
    pub(crate) fn is_answered_in_tls12(&self, arrived: Arrived<'_>) -> Result<bool, Failure> {
        let (core, State::WaitSh(state)) = self.state_ref() else { return Ok(false) };
        let is_hello = Message::kind_of(arrived.raw) == MessageKind::ServerHello && arrived.epoch == Epoch::Initial;
        if !is_hello || !core.params.offers_tls12() || state.is_retried() {
            return Ok(false);
        }
        let Message::ServerHello(m) = Message::read(Dialect::Tls12, arrived.raw)? else { return Ok(false) };
        let older = !m.extensions.contains(handfast_wire::ExtensionType::SUPPORTED_VERSIONS);
        // RFC 9846 Appendix E.3: a server of TLS 1.2 could not skip what has been sent.
        if older && state.has_early_data() {
            return Err(handfast_wire::Violation::VersionOnEarlyData.into());
        }
        Ok(older || !core.params.offers_tls13())
    }

    /// The machine of TLS 1.2, which has not seen the ServerHello yet.
    pub(crate) fn answered_in_tls12(self, host: &mut dyn Host) -> Party<crate::tls12::client::State> {
        let (Core { params, name, label, offer, prior, .. }, transcript, _) = self.into_parts();
        if prior.session.as_deref().is_some_and(Session::is_tls13) {
            host.learn(Fact::NotResumed(NotResumed::Version));
        }
        let session = prior.session.filter(|session| !session.is_tls13());
        crate::tls12::client::answered(params, (name, label), offer, session, transcript)
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
        matches!(self, Self::Connected(state) if state.takes_requests())
    }

    fn choose_hash(body: &Message<'_>, core: &Core, transcript: &mut Transcript) -> Result<(), Failure> {
        server_hello::choose_hash(body, core, transcript)
    }

    /// The diagram: one arm per arrow, anything else is an error.
    fn next(self, message: &Incoming<'_>, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        use Message as M;
        let compresses = cx.core.params.compression.is_offered();
        Ok(match (self, &message.body) {
            (Self::WaitSh(s), M::HelloRetryRequest(m)) => s.retry(m, cx)?.into(), // WAIT_SH
            (Self::WaitSh(s), M::ServerHello(m)) => s.server_hello(m, cx)?.into(), // WAIT_EE
            (Self::WaitEe(s), M::EncryptedExtensions(m)) => s.encrypted_extensions(m, cx)?.into(), // WAIT_CERT_CR | WAIT_FINISHED
            (Self::WaitCertCr(s), M::CertificateRequest(m)) => s.request(m, cx)?.into(),           // WAIT_CERT
            (Self::WaitCertCr(s), M::Certificate(m)) => s.no_request().certificate(m, cx)?.into(), // WAIT_CV
            (Self::WaitCert(s), M::Certificate(m)) => s.certificate(m, cx)?.into(),                // WAIT_CV
            (Self::WaitCertCr(s), M::CompressedCertificate(m)) if compresses => {
                s.no_request().compressed(m, cx)?.into()
            }
            (Self::WaitCert(s), M::CompressedCertificate(m)) if compresses => s.compressed(m, cx)?.into(), // WAIT_CV
            (Self::WaitCv(s), M::CertificateVerify(m)) => s.certificate_verify(m, message.before()?, cx)?.into(), // ASK_PEER
            (Self::WaitFinished(s), M::Finished(m)) => s.finished(m, message.before()?, cx)?.into(), // ASK_CREDENTIAL | CONNECTED
            (Self::Connected(s), M::NewSessionTicket(m)) => s.ticket(m, cx)?.into(),                 // CONNECTED
            (Self::Connected(s), M::KeyUpdate(m)) => s.key_update(m, cx.host)?.into(),               // CONNECTED
            (Self::Connected(s), M::CertificateRequest(m)) if s.takes_requests() => s.request(m, cx)?.into(), // ASK_LATE_CREDENTIAL
            (state, body) => return Err(unexpected(state.name(), body.kind())),
        })
    }

    /// The dotted lines: one arm per answer.
    fn answered(self, reply: Reply, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        Ok(match (self, reply) {
            (Self::AskPeer(s), Reply::PeerAccepted { verified }) => s.accepted(verified).into(), // WAIT_FINISHED
            (Self::AskCredential(s), Reply::Credential(Ok((credential, scheme)))) => {
                s.present(credential, scheme, cx)?.into() // ASK_SIGN
            }
            (Self::AskCredential(s), Reply::Credential(Err(why))) => s.none(why, cx)?.into(), // CONNECTED
            (Self::AskSign(s), Reply::Signature(signature)) => s.signed(&signature, cx)?.into(), // CONNECTED
            (Self::AskLateCredential(s), Reply::Credential(Ok((credential, scheme)))) => {
                s.present(credential, scheme, cx)?.into() // ASK_LATE_SIGN
            }
            (Self::AskLateCredential(s), Reply::Credential(Err(why))) => s.none(why, cx)?.into(), // CONNECTED
            (Self::AskLateSign(s), Reply::Signature(signature)) => s.signed(&signature, cx)?.into(), // CONNECTED
            (Self::Failed, _) => return Err(Failure::Usage(Usage::Stale)),
            // An answer is made of its question, so it has the question's type.
            _ => return Err(Failure::Crypto(CryptoError::Failed)),
        })
    }

    fn forget(core: &mut Core) {
        core.prior = Prior::default();
    }

    /// The name in the diagram.
    fn name(&self) -> &'static str {
        match self {
            Self::WaitSh(_) => "WAIT_SH",
            Self::WaitEe(_) => "WAIT_EE",
            Self::WaitCertCr(_) => "WAIT_CERT_CR",
            Self::WaitCert(_) => "WAIT_CERT",
            Self::WaitCv(_) => "WAIT_CV",
            Self::AskPeer(_) => "ASK_PEER",
            Self::WaitFinished(_) => "WAIT_FINISHED",
            Self::AskCredential(_) => "ASK_CREDENTIAL",
            Self::AskSign(_) => "ASK_SIGN",
            Self::Connected(_) => "CONNECTED",
            Self::AskLateCredential(_) => "ASK_LATE_CREDENTIAL",
            Self::AskLateSign(_) => "ASK_LATE_SIGN",
            Self::Failed => "FAILED",
        }
    }
}

arrow_heads!(State: WaitSh, WaitEe, WaitCertCr, WaitCert, WaitCv, AskPeer, WaitFinished, AskCredential, AskSign, Connected, AskLateCredential, AskLateSign);

/// Where an arrow from WAIT_EE ends.
enum AfterEe {
    WaitCertCr(WaitCertCr),
    WaitFinished(WaitFinished),
}

/// Where an arrow from WAIT_FINISHED ends.
enum AfterFinished {
    AskCredential(AskCredential),
    Connected(Connected),
}

arrow_forks!(State: AfterEe { WaitCertCr, WaitFinished }, AfterFinished { AskCredential, Connected });
