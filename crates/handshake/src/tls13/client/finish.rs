//! WAIT_FINISHED, ASK_CREDENTIAL, ASK_SIGN, CONNECTED: the second flight and what comes after it.

use super::{AfterFinished, ClientCx, auth::Request};
use crate::auth::{PeerAuth, PeerFinished};
use crate::credential;
use crate::question::Signature;
use crate::tls13::HandshakeKeys;
use crate::tls13::auth::{Presented, send_finished};
use crate::tls13::keys::next_key;
use crate::{Credential, CredentialQuestion, Direction, Epoch, Fact, Failure, Host, Purpose, Question};
use alloc::sync::Arc;
use handfast_crypto::{Digest, Suite};
use handfast_schedule::{Exporter, Side, TrafficSecret};
use handfast_wire::SignatureScheme;
use handfast_wire::message::{Finished, KeyUpdate, NewSessionTicket};

/// The server is accepted; its Finished must fit.
pub(crate) struct WaitFinished {
    pub(super) keys: HandshakeKeys,
    pub(super) request: Option<Request>,
    pub(super) peer: PeerAuth,
}

/// The server's flight is complete and a certificate was asked for. Which?
pub(crate) struct AskCredential {
    finish: Finish,
}

/// The signature of the own CertificateVerify is being made.
pub(crate) struct AskSign {
    finish: Finish,
    presented: Presented,
}

/// The handshake is over.
pub(crate) struct Connected {
    receive: TrafficSecret,
    suite: &'static Suite,
    _peer: PeerFinished,
}

/// What the rest of the second flight needs.
struct Finish {
    suite: &'static Suite,
    /// client_handshake_traffic_secret.
    handshake: TrafficSecret,
    client: TrafficSecret,
    server: TrafficSecret,
    peer: PeerAuth,
    finished: PeerFinished,
}

impl WaitFinished {
    /// The server's Finished (RFC 9846 §4.5.3): from here on application data can arrive.
    pub(super) fn finished(
        self,
        m: &Finished<'_>,
        before: &Digest,
        cx: &mut ClientCx<'_>,
    ) -> Result<AfterFinished, Failure> {
        let finished = PeerFinished::check(m, &self.keys.server.verify_data(before)?)?;
        cx.host.learn(Fact::Finished(Direction::Receive, Digest::new(m.verify_data)));
        let transcript = cx.transcript.current()?;
        let HandshakeKeys { suite, secret, client: handshake, .. } = self.keys;
        let main = secret.main()?;
        let (client, server) = (main.client_application(&transcript)?, main.server_application(&transcript)?);
        cx.host.learn(Fact::Exporter(Exporter::Tls13(main.exporter(&transcript)?)));
        cx.host.install(Direction::Receive, Epoch::Application, &server, suite)?;

        let finish = Finish { suite, handshake, client, server, peer: self.peer, finished };
        let Some(request) = self.request else { return Ok(AfterFinished::Connected(finish.send(cx)?)) };
        cx.asker.ask(|id| {
            Question::Credential(CredentialQuestion {
                id,
                purpose: Purpose::Client,
                server_name: None,
                schemes: request.schemes,
                certificate_schemes: request.certificate_schemes,
                authorities: request.authorities,
                oid_filters: request.oid_filters,
            })
        });
        Ok(AfterFinished::AskCredential(AskCredential { finish }))
    }
}

impl AskCredential {
    /// Presents a certificate; its signature is asked for.
    pub(super) fn present(
        self,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ClientCx<'_>,
    ) -> Result<AskSign, Failure> {
        let presented = Presented::send(cx, credential, credential::Wanted::default(), scheme, Side::Client)?;
        Ok(AskSign { finish: self.finish, presented })
    }

    /// Presents nothing, in a Certificate message without entries (RFC 9846 §4.5.1). Whether that will do is the
    /// server's to say.
    pub(super) fn none(self, cx: &mut ClientCx<'_>) -> Result<Connected, Failure> {
        cx.send(Epoch::Handshake, &credential::encode(&[])?)?;
        self.finish.send(cx)
    }
}

impl AskSign {
    /// The signature is there.
    pub(super) fn signed(self, signature: &Signature, cx: &mut ClientCx<'_>) -> Result<Connected, Failure> {
        let params = cx.core.params.clone();
        self.presented.sign(cx, signature, Side::Client, &params.provider)?;
        self.finish.send(cx)
    }
}

impl Finish {
    /// Finished, and the end of the handshake.
    fn send(self, cx: &mut ClientCx<'_>) -> Result<Connected, Failure> {
        send_finished(cx, &self.handshake)?;
        cx.host.install(Direction::Send, Epoch::Application, &self.client, self.suite)?;
        cx.host.learn(self.peer.into_fact());
        cx.host.learn(Fact::Connected);
        Ok(Connected { receive: self.server, suite: self.suite, _peer: self.finished })
    }
}

impl Connected {
    /// NewSessionTicket (RFC 9846 §4.7.1): a client that does not resume ignores it.
    pub(super) fn ticket(self, _: &NewSessionTicket<'_>) -> Self {
        self
    }

    /// KeyUpdate (RFC 9846 §4.7.3).
    pub(super) fn key_update(mut self, m: &KeyUpdate, host: &mut dyn Host) -> Result<Self, Failure> {
        self.receive = next_key(&self.receive, self.suite, m, host)?;
        Ok(self)
    }
}
