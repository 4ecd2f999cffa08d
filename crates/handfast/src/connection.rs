//! A connection: both halves, and the handshake that makes them one.

use crate::binding::ChannelBinding;
use crate::config::Io;
use crate::event::Received;
use crate::inbound::{Inbound, Outlet};
use crate::question::Answer;
use crate::reader::Reader;
use crate::role::Role;
use crate::session::Session;
use crate::trace::{Trace, Watch};
use crate::writer::{Record, Writer};
use crate::{Admission, ClientConfig, Error, Facts, KeyLog, NotResumed, ServerConfig, Truncated, Usage};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::Provider;
use handfast_handshake::{ExternalPsk, Handshake, Prior, PskRole, Purpose, Refusal};
use handfast_schedule::Side;
use handfast_wire::{AlertDescription, ProtocolVersion};
use pki_types::ServerName;

/// One TLS connection, without the transport.
///
/// Bytes from the peer go into [`receive`](Self::receive); every method that has something to send appends it to `out`
/// before it returns. Nothing is queued inside.
#[derive(Debug)]
pub struct Connection {
    reader: Reader,
    writer: Writer,
}

/// A client connection about to start.
#[must_use]
pub struct ClientStart {
    config: Arc<ClientConfig>,
    name: Option<ServerName<'static>>,
    prior: Prior,
    watch: Watch,
}

impl ClientStart {
    /// A connection to the server called `name`: a DNS name or an IP address. The certificate must be for that name.
    pub fn new(config: &Arc<ClientConfig>, name: ServerName<'static>) -> Self {
        Self { config: config.clone(), name: Some(name), prior: Prior::default(), watch: config.io.watch.clone() }
    }

    /// A connection to nobody in particular: no server_name is sent, and the configuration's verifier has no name to
    /// check. The path verifier refuses that; it takes a verifier of one's own, or none.
    pub fn dangerous_nameless(config: &Arc<ClientConfig>) -> Self {
        Self { config: config.clone(), name: None, prior: Prior::default(), watch: config.io.watch.clone() }
    }

    /// Whether a session could be offered, after the keys that are: [`ClientStart::session`] takes it then. Nothing is lost by
    /// asking, so that a connection can be made without a session that does not fit, or with another.
    ///
    /// # Errors
    /// Why not: [`NotResumed::Name`] for one that is for another server, [`NotResumed::Domain`] for one that was made under a
    /// configuration with another trust or with a key that is not offered, [`NotResumed::Suite`],
    /// [`NotResumed::Unknown`] for one without its ticket, [`NotResumed::Expired`], and what is wrong with the certificate by now.
    pub fn check(&self, session: &Session) -> Result<(), NotResumed> {
        self.check_for(self.label().as_deref(), session)
    }

    /// How a session names the server.
    fn label(&self) -> Option<Arc<str>> {
        handfast_handshake::Session::name_of(self.name.as_ref()?)
    }

    fn check_for(&self, label: Option<&str>, session: &Session) -> Result<(), NotResumed> {
        if session.name() != label {
            return Err(NotResumed::Name);
        }
        let has_key = match session.inner.psk_identity() {
            Some(_) if session.inner.is_tls13() => {
                self.prior.psks.iter().any(|psk| session.inner.is_of(psk, &self.config.params.provider))
            }
            _ => !self.config.params.require_psk,
        };
        let terms = &self.config.terms;
        if terms.domain.as_ref() != Some(session.domain()) || !has_key {
            return Err(NotResumed::Domain);
        }
        if session.inner.is_tls13() && session.ticket().is_none() {
            return Err(NotResumed::Unknown);
        }
        if !self.config.offers(session.suite()) {
            return Err(NotResumed::Suite);
        }
        terms.check(&session.inner, Purpose::Server, self.name.as_ref())
    }

    /// Offers a session, and no other. Whether the server takes it, [`Facts::resumed`](crate::Facts::resumed) tells.
    ///
    /// One that was made with an external key is offered beside that key: see [`ClientStart::psk`], which comes first.
    ///
    /// # Errors
    /// [`Usage::Session`] for one that is for another server, was made under a configuration with another trust or with a key
    /// that is not offered, or is too old, or whose certificate is not good any more: it must not be offered.
    /// [`ClientStart::check`] says which it is.
    pub fn session(mut self, session: Session) -> Result<Self, Usage> {
        self.check(&session).map_err(|_| Usage::Session)?;
        self.prior.session = Some(session.inner);
        Ok(self)
    }

    /// Offers the newest session of a cache that may be offered. Those that may not be are taken out of it.
    #[cfg(feature = "std")]
    pub fn sessions(mut self, cache: &crate::SessionCache) -> Self {
        let Some(name) = self.label() else { return self };
        while let Some(session) = cache.take_of(&name) {
            if self.check_for(Some(&name), &session).is_ok() {
                self.prior.session = Some(session.inner);
                break;
            }
            if !session.is_single_use() {
                cache.invalidate_of(&name);
            }
        }
        self
    }

    /// Offers an external pre-shared key of TLS 1.3; called again it adds another, which is less preferred. A server that
    /// takes it shows no certificate, and [`Facts::psk_identity`](crate::Facts::psk_identity) says which it was.
    ///
    /// # Errors
    /// [`Usage::PskRole`] for a key with which this side is the server (docs/regressions.md row 88).
    pub fn psk(mut self, psk: ExternalPsk) -> Result<Self, Usage> {
        if psk.role() != PskRole::Client {
            return Err(Usage::PskRole);
        }
        self.prior.psks.push(psk);
        Ok(self)
    }

    /// Offers early data (0-RTT), where the session allows any: [`Connection::send_early`] sends it, and
    /// [`Connection::early_data_left`] says how much.
    ///
    /// Whoever records it can send it again, to this server and to others that take the same tickets; and it is not forward
    /// secret (RFC 9846 §2.3). It is for requests that do no harm when they are repeated.
    pub fn early_data(mut self, on: bool) -> Self {
        self.prior.early_data = on;
        self
    }

    /// Shows what this connection does to `trace`, and not to that of the configuration.
    pub fn trace(mut self, trace: Arc<dyn Trace>) -> Self {
        self.watch.trace(trace);
        self
    }

    /// Gives this connection's secrets to `key_log`, and not to that of the configuration.
    pub fn key_log(mut self, key_log: Arc<dyn KeyLog>) -> Self {
        self.watch.key_log(key_log);
        self
    }

    /// Starts: the ClientHello is appended to `out`.
    ///
    /// # Errors
    /// When randomness or a key exchange fails, or the configuration makes the ClientHello too long.
    pub fn connect(self, out: &mut Vec<u8>) -> Result<Connection, Error> {
        let config = self.config;
        let provider = &config.params.provider;
        let io = Io { watch: self.watch.begin(false), ..config.io.clone() };
        let mut inbound = Inbound::new(Side::Client, provider.clone(), io);
        if let Some(session) = self.prior.session.as_ref().filter(|_| self.prior.early_data) {
            inbound.facts.early_protocol = session.protocol().map(<[u8]>::to_vec);
        }
        #[cfg(feature = "legacy")]
        {
            inbound.renegotiations = config.renegotiations();
        }
        let mut writer = Writer::new(provider.clone());
        writer.configure(provider, &inbound.io);
        writer.record_version(ProtocolVersion::TLS1_0);
        let mut outlet = Outlet::Direct(&mut writer, out);
        let machine = Handshake::client(
            config.params.clone(),
            self.name,
            self.prior,
            &mut crate::inbound::Engine { inbound: &mut inbound, outlet: &mut outlet },
        )?;
        outlet.flush()?;
        Ok(Connection { reader: Reader::new(inbound, Role::client(config), machine), writer })
    }
}

impl Connection {
    /// A server connection with this configuration. It waits for a ClientHello.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn server(config: &Arc<ServerConfig>) -> Result<Self, Error> {
        #[cfg_attr(not(feature = "legacy"), expect(unused_mut, reason = "there is nothing to add"))]
        let mut server = Self::wait(config.params.provider.clone(), config.io.clone(), Role::server(config.clone()))?;
        #[cfg(feature = "legacy")]
        {
            server.reader.inbound.renegotiations = config.renegotiations();
        }
        Ok(server)
    }

    /// A server connection whose configuration is chosen from the ClientHello.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn accept(admission: &Admission) -> Result<Self, Error> {
        let watch = Watch::configured(admission.trace.clone(), None);
        let io = Io { limits: admission.limits, watch, ..Io::default() };
        Self::wait(admission.provider.clone(), io, Role::admission(admission.config.clone()))
    }

    fn wait(provider: Provider, io: Io, role: Role) -> Result<Self, Error> {
        let machine = Handshake::server(&*provider.random)?;
        let io = Io { watch: io.watch.begin(true), ..io };
        let mut writer = Writer::new(provider.clone());
        writer.configure(&provider, &io);
        Ok(Self { reader: Reader::new(Inbound::new(Side::Server, provider, io), role, machine), writer })
    }

    /// Takes bytes from the peer and reports one event. Call it again with what was not consumed until it says
    /// [`Event::NeedInput`](crate::Event::NeedInput).
    ///
    /// Records are decrypted where they lie; only whole records are touched. Bytes that are not consumed are as the
    /// caller put them and may be moved or added to between calls.
    ///
    /// # Errors
    /// Final, all of them: the alert is in `out` already, and later calls repeat the error.
    pub fn receive<'b>(&mut self, input: &'b mut [u8], out: &mut Vec<u8>) -> Result<Received<'b>, Error> {
        self.reader.pump(input, &mut Outlet::Direct(&mut self.writer, out))
    }

    /// Answers the open question. What follows from it is reported by the next [`receive`](Self::receive), also of an
    /// empty slice.
    ///
    /// # Errors
    /// [`Usage::Stale`] when the answer belongs to no open question of this connection: nothing has changed then. Every
    /// other error is final.
    pub fn answer(&mut self, answer: impl Into<Answer>, out: &mut Vec<u8>) -> Result<(), Error> {
        self.reader.answer(answer.into(), &mut Outlet::Direct(&mut self.writer, out))
    }

    /// Shows what this connection does from here on to `trace`, instead of whoever saw it so far. On a server that has not read
    /// anything that is all of it; a client has said ClientHello by now, unless it was [`ClientStart::trace`].
    pub fn trace(&mut self, trace: Arc<dyn Trace>) {
        let is_server = self.reader.inbound.side == Side::Server;
        self.writer.trace(self.reader.inbound.io.watch.take_over(trace, is_server));
    }

    /// Gives this connection's secrets from here on to `key_log`, instead of to the configuration's. A log that is to be of use
    /// has all of them: so on a server before it has read anything, and for a client by [`ClientStart::key_log`].
    pub fn key_log(&mut self, key_log: Arc<dyn KeyLog>) {
        self.reader.inbound.io.watch.key_log(key_log);
    }

    /// Sends application data.
    ///
    /// # Errors
    /// As [`Writer::send`].
    pub fn send(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        self.writer.send(data, out)
    }

    /// Sends early data (0-RTT), right after the ClientHello and until the server has finished: as much of it as may still be
    /// sent, and says how much that was. What does not fit is sent like all data, later.
    ///
    /// The server may not take it: then [`Event::EarlyDataRejected`](crate::Event::EarlyDataRejected) says how many bytes it has
    /// not seen, and sending them again is the application's choice, which knows now with which protocol it speaks.
    ///
    /// # Errors
    /// [`Usage::NoEarlyData`] where none was offered, where it was refused, and once the handshake is complete.
    pub fn send_early(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<usize, Error> {
        self.reader.check()?;
        self.writer.send_early(data, out)
    }

    /// How much early data may still be sent, in bytes; 0 where there can be none.
    pub fn early_data_left(&self) -> usize {
        self.writer.early_data_left()
    }

    /// Key material that does not wait for the handshake (RFC 9846 §7.5), where early data is offered, and on a server taken.
    /// It is as weak as early data: a replay has the same.
    ///
    /// # Errors
    /// [`Usage::NoEarlyData`], [`Usage::ExporterLength`], and what makes the key schedule fail.
    pub fn export_early(&self, label: &[u8], context: Option<&[u8]>, okm: &mut [u8]) -> Result<(), Error> {
        self.reader.export_early(label, context, okm)
    }

    /// Begins a record whose content is written straight into `out`.
    ///
    /// # Errors
    /// As [`Writer::record`].
    pub fn record<'o>(&mut self, out: &'o mut Vec<u8>) -> Result<Record<'_, 'o>, Error> {
        self.writer.record(out)
    }

    /// Bounds the content of the records sent from here on, as [`Writer::max_send_fragment`].
    pub fn max_send_fragment(&mut self, bytes: usize) {
        self.writer.max_send_fragment(bytes);
    }

    /// Updates the keys of both directions.
    ///
    /// # Errors
    /// As [`Writer::update_keys`].
    pub fn update_keys(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.writer.update_keys(out)
    }

    /// Updates the key of the sending direction alone.
    ///
    /// # Errors
    /// As [`Writer::update_keys`].
    pub fn update_sending_key(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.writer.update_sending_key(out)
    }

    /// Asks the client for a certificate after the handshake (TLS 1.3, RFC 9846 §4.7.2), as `config` wants it, which is this
    /// connection's from here on. Data goes on in both directions; [`Event::ClientAuthenticated`] says that the client has answered,
    /// which it may do late. One that shows none where one is required ends the connection, and so does one that is not accepted.
    ///
    /// What was read before came from whoever it was then: the certificate speaks for the whole connection, but only from now on is
    /// that known. One that shows none is nobody from then on, whoever it was before. Sessions of this connection know nothing of it,
    /// and tickets that are still to be made are not made. A client whose certificate or signature is asked of the application reads
    /// nothing until it is there.
    ///
    /// # Errors
    /// [`Usage::NoCertificateRequest`] on a connection that cannot ([`ClientConfigBuilder::post_handshake_auth`]) and where `config`
    /// asks for no certificate, [`Usage::NotConnected`], [`Usage::Closed`], [`Usage::Busy`], also while a request is open.
    ///
    /// [`Event::ClientAuthenticated`]: crate::Event::ClientAuthenticated
    /// [`ClientConfigBuilder::post_handshake_auth`]: crate::ClientConfigBuilder::post_handshake_auth
    pub fn request_certificate(&mut self, config: Arc<ServerConfig>, out: &mut Vec<u8>) -> Result<(), Error> {
        self.check_live()?;
        self.reader.request_certificate(config, &mut Outlet::Direct(&mut self.writer, out))
    }

    /// Whether the client has been asked for a certificate after the handshake and has not answered yet.
    pub fn awaits_certificate(&self) -> bool {
        self.reader.awaits_certificate()
    }

    fn check_live(&self) -> Result<(), Error> {
        match (self.is_connected(), self.writer.is_closed()) {
            (false, _) => Err(Usage::NotConnected.into()),
            (true, true) => Err(Usage::Closed.into()),
            (true, false) => Ok(()),
        }
    }

    /// Negotiates the connection anew (TLS 1.2): a client begins, a server asks its client to. [`Event::Renegotiated`] says
    /// that it is done.
    ///
    /// # Errors
    /// [`Usage::NoRenegotiation`] on a connection that cannot, [`Usage::NotConnected`], [`Usage::Closed`], [`Usage::Busy`].
    ///
    /// [`Event::Renegotiated`]: crate::Event::Renegotiated
    #[cfg(feature = "legacy")]
    pub fn renegotiate(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.renegotiate_as(None, out)
    }

    /// The same on a server, with another configuration: one that asks for a client certificate, say, which the first handshake did
    /// not.
    ///
    /// # Errors
    /// As [`Connection::renegotiate`]; [`Usage::NoRenegotiation`] also on a client, and where `config` has no TLS 1.2 or does not
    /// renegotiate.
    #[cfg(feature = "legacy")]
    pub fn renegotiate_with(&mut self, config: Arc<ServerConfig>, out: &mut Vec<u8>) -> Result<(), Error> {
        self.renegotiate_as(Some(config), out)
    }

    #[cfg(feature = "legacy")]
    fn renegotiate_as(&mut self, config: Option<Arc<ServerConfig>>, out: &mut Vec<u8>) -> Result<(), Error> {
        self.check_live()?;
        self.reader.renegotiate(config, &mut Outlet::Direct(&mut self.writer, out))
    }

    /// From here on the peer's wish to renegotiate ends the connection, whatever the configuration says.
    #[cfg(feature = "legacy")]
    pub fn disable_renegotiation(&mut self) {
        self.reader.inbound.renegotiations.disable();
    }

    /// Sends close_notify. The other direction stays open (RFC 9846 §6.1); but before this side may send data, closing is
    /// the end of the handshake, and later calls say so.
    ///
    /// # Errors
    /// As [`Writer::close`].
    pub fn close(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let in_handshake = self.writer.is_in_handshake();
        self.writer.close(out)?;
        if in_handshake {
            self.abandon(out);
        }
        Ok(())
    }

    /// Gives the connection up, for instance because a question was lost. It fails closed: the peer gets a fatal alert,
    /// and every later call repeats the error.
    pub fn abandon(&mut self, out: &mut Vec<u8>) {
        self.reader.fail(Error::Refused(Refusal::Abandoned), &mut Outlet::Direct(&mut self.writer, out));
    }

    /// Ends the connection with this fatal alert, for what an application finds out about its peer: `access_denied`, say. Every
    /// later [`receive`](Self::receive) repeats the error. Of close_notify and user_canceled, which are not fatal, it makes handshake_failure.
    pub fn refuse(&mut self, alert: AlertDescription, out: &mut Vec<u8>) {
        let refusal = Refusal::answered(alert);
        self.reader.fail(Error::Refused(refusal), &mut Outlet::Direct(&mut self.writer, out));
    }

    /// Says that the transport has ended.
    ///
    /// # Errors
    /// [`Truncated`] unless the peer sent close_notify first.
    pub fn end_of_input(&self) -> Result<(), Truncated> {
        self.reader.end_of_input()
    }

    /// Key material for the application (RFC 9846 §7.5, RFC 5705), which fills `okm`. In TLS 1.3 no context and an empty one are the
    /// same.
    ///
    /// # Errors
    /// [`Usage::NotConnected`] before the handshake is complete; [`Usage::ExporterLength`] for a `label` that is empty or longer than
    /// 249 bytes and an `okm` longer than 255 outputs of the suite's hash (in TLS 1.2 255 and 16,384 bytes, and a context of
    /// 65,535); what makes the key schedule fail.
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, okm: &mut [u8]) -> Result<(), Error> {
        self.reader.export(label, context, okm)
    }

    /// A value that names this connection and no other, for authentication above it.
    ///
    /// # Errors
    /// [`Usage::NoTlsUnique`]: TLS 1.3 has none. [`Usage::NotConnected`], [`Usage::NoCertificate`].
    pub fn channel_binding(&self, binding: ChannelBinding) -> Result<Vec<u8>, Error> {
        self.reader.channel_binding(binding)
    }

    /// What is known of the connection.
    pub fn facts(&self) -> &Facts {
        self.reader.facts()
    }

    /// Whether this side is the server.
    pub fn is_server(&self) -> bool {
        self.reader.inbound.side == Side::Server
    }

    /// Whether the handshake is complete.
    pub fn is_connected(&self) -> bool {
        self.reader.inbound.connected
    }

    /// Whether a question is open that everything waits for: [`receive`](Self::receive) consumes nothing before its answer.
    /// Nothing waits for the tickets of TLS 1.3 ([`Question::Issue`](crate::Question::Issue)), whose answer may come at any
    /// time or never.
    pub fn needs_answer(&self) -> bool {
        self.reader.needs_answer()
    }

    /// Takes the connection apart into two halves that share nothing: one thread may read while another writes. What the
    /// reading half owes the peer it reports as a [`WriteAction`](crate::WriteAction).
    ///
    /// A half takes no answers. What can be asked after the handshake is for tickets ([`Question::Issue`]): one that has not been
    /// answered is not made, nor are those after it. Answer first where clients shall have them.
    ///
    /// [`Question::Issue`]: crate::Question::Issue
    ///
    /// # Errors
    /// [`Usage::NotConnected`], [`Usage::Busy`], or [`Usage::Undivided`] for a client that may be asked for a certificate
    /// ([`ClientConfigBuilder::post_handshake_auth`](crate::ClientConfigBuilder::post_handshake_auth)) and a server that
    /// [waits for one](Self::awaits_certificate); with the connection unharmed.
    pub fn split(mut self) -> Result<(Reader, Writer), Box<(Self, Usage)>> {
        let usage = match () {
            () if !self.is_connected() => Usage::NotConnected,
            () if self.reader.needs_both_halves() => Usage::Undivided,
            () if !self.reader.is_divisible() => Usage::Busy,
            () => {
                self.reader.drop_tickets(&mut Outlet::Owed(&mut None));
                return Ok((self.reader, self.writer));
            }
        };
        Err(Box::new((self, usage)))
    }
}
