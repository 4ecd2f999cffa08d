//! What the hellos agreed on, and what becomes of it: the secret, the keys, the end.

use super::renegotiation::Previous;
use crate::auth::PeerAuth;
use crate::certificate_type::Types;
use crate::party::Cx;
use crate::psk::NamedPsk;
use crate::{Direction, Epoch, Fact, Failure, Session};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::{CryptoError, Digest, Provider, RecordKeys, Suite};
use handfast_schedule::tls12::{KeyBlock, MainSecret, Randoms, ReadySecret};
use handfast_schedule::{Exporter, Side};
use handfast_wire::ProtocolVersion;
use handfast_wire::message::Finished;

/// What ServerHello says.
#[derive(Clone)]
pub(crate) struct Agreed {
    pub(crate) suite: &'static Suite,
    pub(crate) randoms: Randoms,
    /// The main secret depends on the whole handshake (RFC 7627).
    pub(crate) extended: bool,
    /// RFC 7366; of a meaning only with CBC.
    pub(crate) encrypt_then_mac: bool,
    /// ClientHello.legacy_version, which RSA key transport repeats.
    #[cfg_attr(not(feature = "legacy"), expect(dead_code, reason = "nothing is transported"))]
    pub(crate) client_version: ProtocolVersion,
    /// Both know RFC 5746.
    pub(crate) secure_renegotiation: bool,
    /// The host name that a session is for.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) protocol: Option<Vec<u8>>,
    pub(crate) session_id: Vec<u8>,
    /// What kinds of certificate there are.
    pub(crate) types: Types,
    /// NewSessionTicket will come.
    pub(crate) ticket: bool,
    /// When the session was made that is resumed; 0 for a new one.
    pub(crate) created: u64,
    /// Whose pre-shared key is used.
    pub(crate) psk: Option<NamedPsk>,
}

/// The secret and the record keys: everything the rest of the handshake needs.
pub(crate) struct Secured {
    pub(crate) agreed: Agreed,
    pub(crate) main: MainSecret,
    /// The same, for the key block and for Finished.
    ready: ReadySecret,
    /// The keys of the own direction, until change_cipher_spec is sent.
    send: Option<RecordKeys>,
    /// The keys of the peer's direction, until its change_cipher_spec comes.
    receive: Option<RecordKeys>,
    /// verify_data of both Finished messages, the client's first.
    finished: [Option<Digest>; 2],
}

impl Agreed {
    /// Derives everything from what the key exchange agreed on. Called right after ClientKeyExchange, up to which the
    /// extended main secret hashes (RFC 7627 §3).
    pub(crate) fn secure<C>(
        self,
        cx: &mut Cx<'_, C>,
        agreed: &[u8],
        provider: &Provider,
        side: Side,
    ) -> Result<Box<Secured>, Failure> {
        let hash = provider.hash(self.suite.hash).ok_or(CryptoError::Unsupported)?;
        let main = if self.extended {
            MainSecret::extended(hash, agreed, &cx.transcript.current()?)?
        } else {
            MainSecret::plain(hash, agreed, &self.randoms)?
        };
        Secured::new(self, main, cx, provider, side)
    }

    /// Takes the secret of a session.
    pub(crate) fn resume<C>(
        mut self,
        cx: &mut Cx<'_, C>,
        session: &Session,
        provider: &Provider,
        side: Side,
    ) -> Result<Box<Secured>, Failure> {
        let hash = provider.hash(self.suite.hash).ok_or(CryptoError::Unsupported)?;
        let main = MainSecret::restore(hash, session.secret.as_bytes())?;
        cx.host.learn(Fact::Resumed);
        self.created = session.created;
        self.psk = session.psk.clone();
        self.types.server = session.server_type;
        if let Some(psk) = &self.psk {
            cx.host.learn(Fact::PskIdentity(psk.identity.clone()));
        }
        Secured::new(self, main, cx, provider, side)
    }

    /// The session that later connections resume.
    pub(crate) fn session(&self, main: &MainSecret, peer: Option<&PeerAuth>) -> Option<Session> {
        Some(Session {
            suite: self.suite,
            secret: handfast_crypto::Secret::new(main.as_bytes())?,
            extended: self.extended,
            name: self.name.clone(),
            protocol: self.protocol.clone(),
            peer: peer.and_then(PeerAuth::peer).cloned(),
            server_type: self.types.server,
            id: self.session_id.clone(),
            ticket: Vec::new(),
            lifetime: 0,
            created: self.created,
            issued: 0,
            age_add: 0,
            max_early_data: 0,
            psk: self.psk.clone(),
        })
    }
}

impl Secured {
    fn new<C>(
        agreed: Agreed,
        main: MainSecret,
        cx: &mut Cx<'_, C>,
        provider: &Provider,
        side: Side,
    ) -> Result<Box<Self>, Failure> {
        let ready = main.ready()?;
        let block = KeyBlock::new(&ready, &agreed.randoms, agreed.suite, agreed.encrypt_then_mac, provider)?;
        let (send, receive) = match side {
            Side::Client => (block.client, block.server),
            Side::Server => (block.server, block.client),
        };
        cx.host.learn(Fact::MainSecret(main.clone()));
        if matches!(agreed.suite.cipher, handfast_crypto::Cipher::Cbc(..)) {
            cx.host.learn(Fact::EncryptThenMac(agreed.encrypt_then_mac));
        }
        if agreed.extended {
            cx.host.learn(Fact::Exporter(Exporter::Tls12(main.clone(), agreed.randoms)));
        }
        Ok(Box::new(Self { agreed, main, ready, send: Some(send), receive: Some(receive), finished: [None, None] }))
    }

    /// change_cipher_spec, then the own Finished.
    pub(crate) fn send_finished<C>(&mut self, cx: &mut Cx<'_, C>, side: Side) -> Result<(), Failure> {
        cx.host.change_cipher_spec()?;
        let keys = self.send.take().ok_or(CryptoError::Failed)?;
        cx.host.install_keys(Direction::Send, keys)?;
        let verify_data = self.ready.verify_data(side, &cx.transcript.current()?)?;
        cx.host.learn(Fact::Finished(Direction::Send, verify_data));
        self.note_finished(side, verify_data);
        let mut raw = cx.blank();
        Finished { verify_data: verify_data.as_bytes() }.write(&mut raw)?;
        cx.post(Epoch::Handshake, raw)
    }

    /// The peer's change_cipher_spec.
    pub(crate) fn receive_keys<C>(&mut self, cx: &mut Cx<'_, C>) -> Result<(), Failure> {
        let keys = self.receive.take().ok_or(CryptoError::Failed)?;
        cx.host.install_keys(Direction::Receive, keys)
    }

    /// The peer's Finished must be this, given the transcript before it.
    pub(crate) fn expected(&mut self, side: Side, before: &Digest) -> Result<Digest, Failure> {
        Ok(self.ready.verify_data(side, before)?)
    }

    pub(crate) fn note_finished(&mut self, side: Side, verify_data: Digest) {
        let [client, server] = &mut self.finished;
        *match side {
            Side::Client => client,
            Side::Server => server,
        } = Some(verify_data);
    }

    /// Both Finished messages are there: what the next handshake on this connection has to fit.
    pub(crate) fn previous(&self, before: Option<&Previous>, leaf: Option<Vec<u8>>) -> Result<Previous, Failure> {
        let [Some(client), Some(server)] = self.finished else { return Err(CryptoError::Failed.into()) };
        let mut previous = Previous::new([client, server], &self.agreed, leaf);
        previous.encrypt_then_mac |= before.is_some_and(|before| before.encrypt_then_mac);
        Ok(previous)
    }
}
