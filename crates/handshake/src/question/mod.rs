//! What a machine asks, and the answers.
//!
//! A question is owned, can be sent to another thread, and is consumed by the method that makes its [`Answer`]: there is
//! no other way to make one. The answer carries the question's [`QuestionId`], is used once, and reaches no other
//! connection and no later question.

#[cfg(feature = "legacy")]
mod decrypt;
mod early_data;
#[cfg(feature = "tls12")]
mod psk;
mod session;
mod sign;
mod staple;

#[cfg(feature = "legacy")]
pub use decrypt::DecryptQuestion;
#[cfg(feature = "legacy")]
pub(crate) use decrypt::Decrypted;
pub use early_data::EarlyDataQuestion;
#[cfg(feature = "tls12")]
pub(crate) use psk::Psk;
#[cfg(feature = "tls12")]
pub use psk::PskQuestion;
pub(crate) use session::Issued;
pub use session::{Candidate, IssueQuestion, Keep, MAX_IDENTITIES, Offer, Resumable, ResumeQuestion};
pub(crate) use sign::Content;
pub use sign::SignQuestion;
pub use staple::StapleQuestion;

use crate::failure::fatal;
use crate::host::KeyUse;
use crate::{Credential, EarlyRefusal, Failure, NotResumed, PeerCredential, Refusal, Rejection, ServerParams, Session};
use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use core::fmt;
use core::net::IpAddr;
use handfast_crypto::KeyExchange;
use handfast_wire::extension::{ProtocolNameList, ServerNameList, SignatureAlgorithms};
use handfast_wire::message::{ClientHello, HEADER_LEN};
use handfast_wire::{AlertDescription, CertificateType, SignatureScheme, Violation};
use pki_types::{DnsName, ServerName, UnixTime};

/// A decision the handshake waits for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Question {
    /// Which configuration shall serve this ClientHello?
    Config(ConfigQuestion),
    /// Which certificate shall be presented?
    Credential(CredentialQuestion),
    /// What is the status of the certificate that is presented?
    Staple(StapleQuestion),
    /// Sign this.
    Sign(SignQuestion),
    /// Is this peer acceptable?
    Peer(PeerQuestion),
    /// Is there a session, or a key, behind what the client offers?
    Resume(ResumeQuestion),
    /// What shall the client resume this session with?
    Issue(IssueQuestion),
    /// May early data be acted on?
    EarlyData(EarlyDataQuestion),
    /// Which pre-shared key of TLS 1.2?
    #[cfg(feature = "tls12")]
    Psk(PskQuestion),
    /// What is in this ciphertext? Only RSA key transport asks.
    #[cfg(feature = "legacy")]
    Decrypt(DecryptQuestion),
}

impl Question {
    /// Which question it is.
    pub fn id(&self) -> QuestionId {
        match self {
            Self::Config(question) => question.id,
            Self::Credential(question) => question.id,
            Self::Staple(question) => question.id,
            Self::Sign(question) => question.id,
            Self::Peer(question) => question.id,
            Self::Resume(question) => question.id,
            Self::Issue(question) => question.id,
            Self::EarlyData(question) => question.id,
            #[cfg(feature = "tls12")]
            Self::Psk(question) => question.id,
            #[cfg(feature = "legacy")]
            Self::Decrypt(question) => question.id,
        }
    }
}

/// Names one question of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuestionId {
    pub(crate) connection: u64,
    pub(crate) number: u32,
}

/// The answer to one question. It cannot be copied and is used once.
#[must_use = "an answer does nothing until the connection has it"]
pub struct Answer {
    pub(crate) id: QuestionId,
    pub(crate) reply: Reply,
}

impl Answer {
    /// The question it answers.
    pub fn id(&self) -> QuestionId {
        self.id
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("id", &self.id).finish_non_exhaustive()
    }
}

pub(crate) enum Reply {
    Config(Arc<ServerParams>),
    Credential(Result<(Arc<Credential>, SignatureScheme), Refusal>),
    /// Empty for none.
    Staple(Vec<u8>),
    Signature(Signature),
    PeerAccepted {
        verified: bool,
    },
    Resume {
        candidates: Vec<Candidate>,
        otherwise: NotResumed,
    },
    Issued(Issued),
    EarlyData(Result<(), EarlyRefusal>),
    #[cfg(feature = "tls12")]
    Psk(Option<Psk>),
    #[cfg(feature = "legacy")]
    Decrypted(Decrypted),
    Failed(Failure),
}

/// A signature, and whether whoever made it has verified it.
pub(crate) struct Signature {
    pub(crate) bytes: Vec<u8>,
    pub(crate) checked: bool,
}

/// Which configuration shall serve this ClientHello?
#[derive(Debug)]
pub struct ConfigQuestion {
    pub(crate) id: QuestionId,
    pub(crate) hello: HelloView,
}

impl ConfigQuestion {
    /// The ClientHello. Nothing in it is authenticated yet.
    pub fn hello(&self) -> &HelloView {
        &self.hello
    }

    /// Goes on with these parameters.
    pub fn serve(self, params: Arc<ServerParams>) -> Answer {
        Answer { id: self.id, reply: Reply::Config(params) }
    }

    /// Ends the connection with `alert`; `unrecognized_name` is the usual one for an unknown host.
    pub fn refuse(self, alert: AlertDescription) -> Answer {
        refused(self.id, alert)
    }
}

/// A ClientHello for inspection: what a server needs to choose a configuration.
#[derive(Clone)]
pub struct HelloView {
    raw: Arc<[u8]>,
}

impl HelloView {
    /// Takes a whole ClientHello message, which has been parsed before.
    pub(crate) fn new(raw: &[u8]) -> Self {
        Self { raw: raw.into() }
    }

    /// The message's bytes, header included.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The parsed message. `None` never happens for a view that came out of a question.
    pub fn message(&self) -> Option<ClientHello<'_>> {
        ClientHello::reread(self.raw.get(HEADER_LEN..)?).ok()
    }

    /// The host name in server_name, in lower case and without a trailing dot; `None` where there is none or it is no DNS
    /// name. An address there is none (RFC 6066 §3).
    pub fn server_name(&self) -> Option<Arc<str>> {
        let names = self.message()?.extensions.find::<ServerNameList<'_>>().ok()??;
        dns_name(names.host_name()?)
    }

    /// The application protocols, in the client's order.
    pub fn protocols(&self) -> impl Iterator<Item = &[u8]> {
        let list = self.message().and_then(|hello| hello.extensions.find::<ProtocolNameList<'_>>().ok().flatten());
        list.into_iter().flat_map(|list| list.0.iter()).map(|name| name.0)
    }

    /// The signature schemes, in the client's order.
    pub fn schemes(&self) -> impl Iterator<Item = SignatureScheme> {
        let list = self.message().and_then(|hello| hello.extensions.find::<SignatureAlgorithms<'_>>().ok().flatten());
        list.into_iter().flat_map(|list| list.0.iter())
    }
}

impl fmt::Debug for HelloView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HelloView({} bytes, server_name {:?})", self.raw.len(), self.server_name())
    }
}

/// What server_name says, if it is a DNS name.
fn dns_name(bytes: &[u8]) -> Option<Arc<str>> {
    let name = DnsName::try_from(core::str::from_utf8(bytes).ok()?).ok()?;
    let is_address = name.as_ref().parse::<IpAddr>().is_ok();
    (!is_address).then(|| lower_case(name.as_ref().trim_end_matches('.')))
}

/// A name as names are compared.
pub(crate) fn lower_case(name: &str) -> Arc<str> {
    let mut name = Arc::from(name);
    if let Some(own) = Arc::<str>::get_mut(&mut name) {
        own.make_ascii_lowercase();
    }
    name
}

/// The host name the client asks for. What is no DNS name is no name: addresses are common there, and stranger things; but
/// bytes that no host name has are an attempt at something (docs/regressions.md row 62).
pub(crate) fn server_name(hello: &ClientHello<'_>) -> Result<Option<Arc<str>>, Violation> {
    let Some(list) = hello.extensions.find::<ServerNameList<'_>>()? else { return Ok(None) };
    let bytes = list.host_name().unwrap_or_default();
    if !bytes.iter().all(u8::is_ascii_graphic) {
        return Err(Violation::BadServerName);
    }
    Ok(dns_name(bytes))
}

/// Whose signature or certificate a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The server of this connection.
    Server,
    /// The client of this connection.
    Client,
}

/// Which certificate shall be presented?
#[derive(Debug)]
pub struct CredentialQuestion {
    pub(crate) id: QuestionId,
    pub(crate) purpose: Purpose,
    pub(crate) server_name: Option<Arc<str>>,
    pub(crate) schemes: Arc<[SignatureScheme]>,
    pub(crate) certificate_schemes: Vec<SignatureScheme>,
    pub(crate) delegated_schemes: Arc<[SignatureScheme]>,
    pub(crate) now: u64,
    pub(crate) certificate_types: Cow<'static, [CertificateType]>,
    pub(crate) authorities: Vec<Vec<u8>>,
    pub(crate) oid_filters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl CredentialQuestion {
    /// Whose certificate: the server's or the client's.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The host name the client asked for; on the server only.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The schemes the peer accepts in CertificateVerify and this side may use, in the peer's order. Present no
    /// certificate whose key has none of them.
    pub fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// The schemes the peer accepts inside certificates.
    pub fn certificate_schemes(&self) -> &[SignatureScheme] {
        &self.certificate_schemes
    }

    /// The schemes the peer accepts of the key of a delegated credential (RFC 9345 §4.1.1) and this side may use; empty where
    /// it takes none.
    pub fn delegated_schemes(&self) -> &[SignatureScheme] {
        &self.delegated_schemes
    }

    /// The time, in seconds since 1970; 0 where there is no clock.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The kinds of certificate the peer takes: X.509, unless raw public keys were negotiated (RFC 7250). Present nothing
    /// of another kind.
    pub fn certificate_types(&self) -> &[CertificateType] {
        &self.certificate_types
    }

    /// The names of authorities the peer trusts, as DER; empty when it does not say.
    pub fn authorities(&self) -> &[Vec<u8>] {
        &self.authorities
    }

    /// The extensions a client's certificate must have (RFC 9846 §4.3.5): the OID as DER, and the value as DER or empty.
    /// What of them is not recognised is ignored.
    pub fn oid_filters(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.oid_filters
    }

    /// Presents `credential`, signing with `scheme`, which must be one of [`CredentialQuestion::schemes`], or
    /// of a delegated credential the one it names ([`CredentialQuestion::delegated_schemes`]); its kind must be one of
    /// [`CredentialQuestion::certificate_types`].
    pub fn present(self, credential: Arc<Credential>, scheme: SignatureScheme) -> Answer {
        if !credential.is_verified_by(scheme, &self.schemes, &self.delegated_schemes) {
            return Answer { id: self.id, reply: Reply::Failed(Refusal::Scheme.into()) };
        }
        if !self.certificate_types.contains(&credential.certificate_type()) {
            return Answer { id: self.id, reply: Reply::Failed(Refusal::CertificateType.into()) };
        }
        Answer { id: self.id, reply: Reply::Credential(Ok((credential, scheme))) }
    }

    /// Presents nothing. A client then sends an empty Certificate, unless its configuration wants one of its own shown; a
    /// server goes on only in TLS 1.2, with a suite that needs no signature.
    pub fn none(self) -> Answer {
        self.nothing(Refusal::Credential)
    }

    /// The same, where there is a certificate, and none of its key's schemes is acceptable.
    pub fn no_scheme(self) -> Answer {
        self.nothing(Refusal::Scheme)
    }

    /// The same, where there is a certificate, and none of a kind that the peer takes.
    pub fn no_type(self) -> Answer {
        let of_server = self.purpose == Purpose::Server;
        self.nothing(if of_server { Refusal::CertificateType } else { Refusal::OwnCertificateType })
    }

    /// The same, where there is a certificate, and none of an authority that the peer names, as it would have to be.
    pub fn no_authority(self) -> Answer {
        self.nothing(Refusal::Authority)
    }

    fn nothing(self, why: Refusal) -> Answer {
        Answer { id: self.id, reply: Reply::Credential(Err(why)) }
    }

    /// Ends the connection with `alert`.
    pub fn refuse(self, alert: AlertDescription) -> Answer {
        refused(self.id, alert)
    }
}

/// Is this peer acceptable? It has proved to possess the leaf's key; with RSA key transport only its Finished will.
#[derive(Debug)]
pub struct PeerQuestion {
    pub(crate) id: QuestionId,
    pub(crate) purpose: Purpose,
    pub(crate) name: Option<ServerName<'static>>,
    pub(crate) credential: Arc<PeerCredential>,
    pub(crate) usage: KeyUse,
    pub(crate) resumed: bool,
}

impl PeerQuestion {
    /// The question whether the peer of a session is still acceptable, as a judge can be asked it ([`VerifyPeer::verify`]).
    /// `None` for a session without one. Nobody waits for an answer to it.
    pub fn of_session(session: &Session, purpose: Purpose, name: Option<ServerName<'static>>) -> Option<Self> {
        let credential = session.peer()?.credential.clone();
        let id = QuestionId { connection: 0, number: 0 };
        // A client's key signs also where the server's decrypts.
        let usage = match (session.suite.exchange, purpose) {
            (KeyExchange::Rsa, Purpose::Server) => KeyUse::Encipher,
            _ => KeyUse::Sign,
        };
        Some(Self { id, purpose, name, credential, usage, resumed: true })
    }

    /// Whether it is asked of a session: possession was proved when that was made.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// What the peer wants to be: [`Purpose::Server`] on a client.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The name it must be called; on a client, unless it is a nameless one.
    pub fn name(&self) -> Option<&ServerName<'static>> {
        self.name.as_ref()
    }

    /// What its key does here: sign, or with RSA key transport be encrypted for.
    pub fn usage(&self) -> KeyUse {
        self.usage
    }

    /// What it presented.
    pub fn credential(&self) -> &Arc<PeerCredential> {
        &self.credential
    }

    /// Lets `judge` decide.
    pub fn verify_with(self, judge: &dyn VerifyPeer, now: UnixTime) -> Answer {
        match judge.verify(&self, now) {
            Ok(()) => Answer { id: self.id, reply: Reply::PeerAccepted { verified: true } },
            Err(rejection) => {
                let rejection = Rejection { alert: fatal(rejection.alert), ..rejection };
                Answer { id: self.id, reply: Reply::Failed(Failure::Rejected(rejection)) }
            }
        }
    }

    /// Accepts the peer without verification: whoever sits in the middle is accepted as well.
    pub fn dangerous_accept(self) -> Answer {
        Answer { id: self.id, reply: Reply::PeerAccepted { verified: false } }
    }

    /// Rejects the peer with `alert`.
    pub fn reject(self, alert: AlertDescription) -> Answer {
        Answer { id: self.id, reply: Reply::Failed(Failure::Rejected(Rejection { alert: fatal(alert), reason: None })) }
    }
}

/// A judge of certificates. The engine's default is path validation by `handfast-pki`.
pub trait VerifyPeer: Send + Sync {
    /// Judges what the peer presented. The proof of possession has been checked already.
    ///
    /// # Errors
    /// The alert for the peer, and the reason for whoever runs this side.
    fn verify(&self, question: &PeerQuestion, now: UnixTime) -> Result<(), Rejection>;

    /// The name of what this judge accepts: two with the same name accept the same peers. A session is resumed only where
    /// the judge has the name that it had when the session was made, and never where it has none.
    fn domain(&self) -> Option<[u8; 32]> {
        None
    }
}

fn refused(id: QuestionId, alert: AlertDescription) -> Answer {
    Answer { id, reply: Reply::Failed(Refusal::answered(alert).into()) }
}
