//! WAIT_FINISHED, ASK_CREDENTIAL, ASK_SIGN, CONNECTED: the second flight and what comes after it.

use super::{AfterFinished, ClientCx, auth::Request};
use crate::alpn::HTTP2;
use crate::auth::{PeerAuth, PeerFinished};
use crate::credential::{self, Wanted};
use crate::psk::NamedPsk;
use crate::question::Signature;
use crate::session::MAX_LIFETIME;
use crate::tls13::HandshakeKeys;
use crate::tls13::auth::{Presented, send_finished};
use crate::tls13::keys::next_key;
use crate::{Credential, Direction, Epoch, Fact, Failure, Host, Peer, Refusal, Session};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::{Digest, Suite};
use handfast_schedule::{Exporter, MainSecret, ResumptionSecret, Side, TrafficSecret, Transcript};
use handfast_wire::extension::MaxEarlyData;
use handfast_wire::message::{EndOfEarlyData, Finished, KeyUpdate, NewSessionTicket};
use handfast_wire::{CertificateType, SignatureScheme};

/// The server is accepted; its Finished must fit.
pub(crate) struct WaitFinished {
    pub(super) keys: HandshakeKeys,
    pub(super) request: Option<Box<Request>>,
    pub(super) peer: PeerAuth,
    /// Early data was accepted: it has to be ended.
    pub(super) early: bool,
    /// When what sessions stand for was proved, in seconds since 1970; 0 for now.
    pub(super) created: u64,
    /// Whose external key authenticates both ends, now or when the session was made.
    pub(super) psk: Option<NamedPsk>,
}

/// The server's flight is complete and a certificate was asked for. Which?
pub(crate) struct AskCredential {
    finish: Box<Finish>,
    wanted: Wanted,
}

/// The signature of the own CertificateVerify is being made.
pub(crate) struct AskSign {
    finish: Box<Finish>,
    presented: Presented,
}

/// The handshake is over.
pub(crate) struct Connected {
    receive: TrafficSecret,
    suite: &'static Suite,
    /// What tickets are made into sessions with, where they are.
    resumption: Option<Box<Resumption>>,
    /// The handshake's messages, where a certificate may be asked for later.
    pub(super) transcript: Option<Box<Transcript>>,
    _peer: PeerFinished,
}

/// What the sessions of a connection have in common.
struct Resumption {
    secret: ResumptionSecret,
    peer: Option<Peer>,
    created: u64,
    psk: Option<NamedPsk>,
}

/// What the rest of the second flight needs.
struct Finish {
    suite: &'static Suite,
    main: MainSecret,
    created: u64,
    psk: Option<NamedPsk>,
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

        // RFC 9846 §4.6: under the keys of what it ends, and before anything else of the second flight.
        if self.early {
            let mut raw = cx.blank();
            EndOfEarlyData.write(&mut raw)?;
            cx.post(Epoch::EarlyData, raw)?;
            cx.host.install(Direction::Send, Epoch::Handshake, &handshake, suite)?;
        }
        let (created, psk) = (self.created, self.psk);
        let finish = Finish { suite, main, created, psk, handshake, client, server, peer: self.peer, finished };
        let Some(request) = self.request else { return Ok(AfterFinished::Connected(finish.send(cx)?)) };
        let wanted = request.ask(cx);
        Ok(AfterFinished::AskCredential(AskCredential { finish: Box::new(finish), wanted }))
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
        let presented = Presented::send(cx, credential, &self.wanted, scheme, Side::Client)?;
        Ok(AskSign { finish: self.finish, presented })
    }

    /// Presents nothing, in a Certificate message without entries (RFC 9846 §4.5.1). Whether that will do is the
    /// server's to say, unless this side wants to be known: then it is for this that it ends.
    pub(super) fn none(self, why: Refusal, cx: &mut ClientCx<'_>) -> Result<Connected, Failure> {
        if cx.core.params.require_own {
            return Err(why.into());
        }
        cx.send(Epoch::Handshake, &credential::encode_none(&[])?)?;
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
        // Sessions have another.
        cx.core.name = None;
        send_finished(cx, &self.handshake)?;
        // RFC 8740 §3: HTTP/2 has no place for it; RFC 9846 Appendix F.1: nor have external keys.
        let core = &*cx.core;
        let late = core.params.post_handshake_auth && core.protocol.as_deref() != Some(HTTP2) && self.psk.is_none();
        cx.host.install(Direction::Send, Epoch::Application, &self.client, self.suite)?;
        let resumption = if cx.core.params.tickets {
            let secret = self.main.resumption(&cx.transcript.current()?)?;
            let (peer, psk) = (self.peer.peer().cloned(), self.psk);
            // The date of this handshake, however late a ticket comes (docs/regressions.md row 89).
            let created = if self.created == 0 { cx.host.now() / 1000 } else { self.created };
            Some(Box::new(Resumption { secret, peer, created, psk }))
        } else {
            None
        };
        let transcript = late.then(|| Box::new(cx.transcript.fork()));
        self.peer.learn(cx.host);
        cx.host.learn(Fact::Connected);
        Ok(Connected { receive: self.server, suite: self.suite, resumption, transcript, _peer: self.finished })
    }
}

impl Connected {
    /// NewSessionTicket (RFC 9846 §4.7.1): a session that another connection can resume.
    pub(super) fn ticket(self, m: &NewSessionTicket<'_>, cx: &mut ClientCx<'_>) -> Result<Self, Failure> {
        let max_early_data = m.extensions.find::<MaxEarlyData>()?.map_or(0, |limit| limit.0);
        let Some(resumption) = self.resumption.as_ref() else { return Ok(self) };
        // Of no use, it says.
        if m.lifetime == 0 {
            return Ok(self);
        }
        let session = Session {
            suite: self.suite,
            secret: resumption.secret.psk(m.nonce)?,
            extended: true,
            name: cx.core.label.clone(),
            protocol: cx.core.protocol.clone(),
            peer: resumption.peer.clone(),
            server_type: resumption
                .peer
                .as_ref()
                .map_or(CertificateType::X509, |peer| peer.credential.certificate_type()),
            psk: resumption.psk.clone(),
            id: Vec::new(),
            ticket: m.ticket.to_vec(),
            lifetime: m.lifetime.min(MAX_LIFETIME),
            created: resumption.created,
            issued: cx.host.now(),
            age_add: m.age_add,
            max_early_data,
        };
        cx.host.learn(Fact::Session(Box::new(session)));
        Ok(self)
    }

    /// KeyUpdate (RFC 9846 §4.7.3).
    pub(super) fn key_update(mut self, m: &KeyUpdate, host: &mut dyn Host) -> Result<Self, Failure> {
        self.receive = next_key(&self.receive, self.suite, m, host)?;
        Ok(self)
    }
}
