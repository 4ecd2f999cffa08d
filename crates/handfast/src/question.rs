//! Questions and answers as the engine's users see them.
//!
//! All but the configuration's are the handshake's own; that one deals in [`ServerConfig`]s.

use crate::ServerConfig;
use crate::session::{EarlyDataQuestion, IssueQuestion, ResumeQuestion};
use alloc::sync::Arc;
use core::fmt;
use handfast_handshake::{
    self as handshake, CredentialQuestion, HelloView, PeerQuestion, QuestionId, SignQuestion, StapleQuestion,
};
use handfast_wire::AlertDescription;

/// A decision the connection waits for. Consuming one is the only way to make its [`Answer`].
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
    /// Is there a session, or an external key of TLS 1.3, behind what the client offers?
    Resume(ResumeQuestion),
    /// What shall the client resume this session with?
    Issue(IssueQuestion),
    /// May early data be acted on?
    EarlyData(EarlyDataQuestion),
    /// Which pre-shared key of TLS 1.2?
    #[cfg(feature = "legacy")]
    Psk(handshake::PskQuestion),
    /// What is in this ciphertext?
    #[cfg(feature = "legacy")]
    Decrypt(handshake::DecryptQuestion),
}

/// Which configuration shall serve this ClientHello?
#[derive(Debug)]
pub struct ConfigQuestion(pub(crate) handshake::ConfigQuestion);

impl ConfigQuestion {
    /// The ClientHello. Nothing in it is authenticated yet.
    pub fn hello(&self) -> &HelloView {
        self.0.hello()
    }

    /// Goes on with this configuration.
    pub fn serve(self, config: Arc<ServerConfig>) -> Answer {
        Answer { inner: self.0.serve(config.params.clone()), config: Some(config) }
    }

    /// Ends the connection with `alert`; `unrecognized_name` is the usual one for an unknown host.
    pub fn refuse(self, alert: AlertDescription) -> Answer {
        self.0.refuse(alert).into()
    }
}

/// The answer to one question: bound to it, used once.
#[must_use = "an answer does nothing until the connection has it"]
pub struct Answer {
    pub(crate) inner: handshake::Answer,
    pub(crate) config: Option<Arc<ServerConfig>>,
}

impl Answer {
    /// The question it answers.
    pub fn id(&self) -> QuestionId {
        self.inner.id()
    }
}

impl From<handshake::Answer> for Answer {
    fn from(inner: handshake::Answer) -> Self {
        Self { inner, config: None }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
