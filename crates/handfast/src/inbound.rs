//! What the handshake changes on this side: the host of the machine.

use crate::config::Io;
use crate::limits::MAX_SKIPPED_EARLY_DATA;
use crate::writer::{WriteAction, Writer, local};
use crate::{Early, Facts, KeyLog};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Digest, Provider, PublicKey, RecordKeys, Suite};
use handfast_handshake::{Direction, EarlyData, Epoch, Fact, Failure, Host, KeyUse, PeerCredential};
use handfast_pki::Certificate;
use handfast_pki::error::Rule;
use handfast_pki::extension::KeyUsage;
use handfast_record::Opener;
use handfast_schedule::{Exporter, ExporterSecret, Side, TrafficSecret};
use handfast_wire::{AlertDescription, Message, MessageKind, ProtocolVersion, Violation};

/// The receiving direction and what is known of the connection: all a machine's report can change but the sender.
pub(crate) struct Inbound {
    pub(crate) side: Side,
    pub(crate) provider: Provider,
    pub(crate) io: Io,
    pub(crate) opener: Opener,
    pub(crate) epoch: Epoch,
    pub(crate) facts: Facts,
    pub(crate) exporter: Option<Exporter>,
    /// The one event that can wait.
    pub(crate) pending: Option<Milestone>,
    /// The session that is reported after it.
    pub(crate) session: Option<alloc::boxed::Box<handfast_handshake::Session>>,
    /// The ID under which the session is stored.
    #[cfg(feature = "tls12")]
    pub(crate) stored: Option<Vec<u8>>,
    /// What the handshake that is under way on a connection has found out; nothing of it counts before its end.
    next: Option<alloc::boxed::Box<Next>>,
    /// How often the peer has renegotiated.
    #[cfg(feature = "legacy")]
    pub(crate) renegotiations: crate::renegotiation::Count,
    pub(crate) connected: bool,
    /// Bytes of refused early data that may still be skipped; `None` when none was offered or all is behind.
    pub(crate) skip: Option<usize>,
    /// Bytes of early data that were taken and are still to come, at most.
    pub(crate) early_left: u32,
    /// For exporters that do not wait.
    pub(crate) early_exporter: Option<ExporterSecret>,
}

/// Facts that do not count yet.
pub(crate) struct Next {
    facts: Facts,
    exporter: Option<Exporter>,
}

/// Events that a message or an answer causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Milestone {
    MaySend(Early),
    Connected,
    Renegotiated,
    ClientAuthenticated,
    EarlyDataAccepted,
    EarlyDataRejected { bytes: u64 },
}

/// Where what is sent goes.
pub(crate) enum Outlet<'o> {
    /// Both halves are here.
    Direct(&'o mut Writer, &'o mut Vec<u8>),
    /// The other half is elsewhere and will be told.
    Owed(&'o mut Option<WriteAction>),
}

impl Outlet<'_> {
    pub(crate) fn act(&mut self, action: WriteAction) -> Result<(), crate::Error> {
        match self {
            Self::Direct(writer, out) => writer.apply(action, out),
            Self::Owed(slot) => {
                // One call may pass over several records, and every one of them may owe something.
                **slot = Some(slot.map_or(action, |earlier| earlier.and(action)));
                Ok(())
            }
        }
    }

    /// The sender with its output. A split reader has none, and its machine, past the handshake, asks for none.
    fn sender(&mut self) -> Result<(&mut Writer, &mut Vec<u8>), Failure> {
        match self {
            Self::Direct(writer, out) => Ok((writer, out)),
            Self::Owed(_) => Err(Failure::Crypto(CryptoError::Failed)),
        }
    }

    /// The handshake is over: what it needed of memory is given back.
    pub(crate) fn release(&mut self) {
        if let Self::Direct(writer, _) = self {
            writer.release();
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), crate::Error> {
        match self {
            Self::Direct(writer, out) => writer.flush(out).map_err(local),
            Self::Owed(_) => Ok(()),
        }
    }
}

impl Inbound {
    pub(crate) fn new(side: Side, provider: Provider, io: Io) -> Self {
        Self {
            side,
            provider,
            io,
            opener: Opener::new(),
            epoch: Epoch::Initial,
            facts: Facts::default(),
            exporter: None,
            pending: None,
            connected: false,
            skip: None,
            early_left: 0,
            early_exporter: None,
            next: None,
            session: None,
            #[cfg(feature = "tls12")]
            stored: None,
            #[cfg(feature = "legacy")]
            renegotiations: crate::renegotiation::Count::default(),
        }
    }

    /// What the handshake under way finds out.
    pub(crate) fn next_facts(&mut self) -> &mut Facts {
        match &mut self.next {
            Some(next) => &mut next.facts,
            None => &mut self.facts,
        }
    }

    /// Whether TLS 1.3 was agreed on, where no second handshake follows the first.
    pub(crate) fn is_tls13(&self) -> bool {
        self.facts.version == Some(ProtocolVersion::TLS1_3)
    }

    /// The connection has failed: no secret of it is kept (RFC 9846 §6).
    pub(crate) fn forget(&mut self) {
        self.opener = Opener::new();
        self.exporter = None;
        self.early_exporter = None;
        self.next = None;
        self.pending = None;
        self.session = None;
    }
}

/// The engine as the machine sees it.
pub(crate) struct Engine<'a, 'o> {
    pub(crate) inbound: &'a mut Inbound,
    pub(crate) outlet: &'a mut Outlet<'o>,
}

impl Host for Engine<'_, '_> {
    fn send(&mut self, epoch: Epoch, raw: &[u8]) -> Result<(), Failure> {
        let (writer, out) = self.outlet.sender()?;
        // What begins no other handshake holds nothing up.
        let kind = Message::kind_of(raw);
        let again = self.inbound.connected && !self.inbound.is_tls13();
        if again && !matches!(kind, MessageKind::HelloRequest | MessageKind::NewSessionTicket) {
            writer.hold();
        }
        writer.message(epoch, raw);
        // RFC 9846 §5.1: what precedes a change of the peer's reading key ends its record; of these only the hellos are not
        // followed by an install of this side's.
        if matches!(kind, MessageKind::ClientHello | MessageKind::HelloRetryRequest) {
            writer.flush(out).map_err(|error| failure(local(error)))?;
            writer.record_version(ProtocolVersion::TLS1_2);
        }
        Ok(())
    }

    fn install(
        &mut self,
        direction: Direction,
        epoch: Epoch,
        secret: &TrafficSecret,
        suite: &'static Suite,
    ) -> Result<(), Failure> {
        let again = direction == Direction::Receive && self.inbound.epoch == Epoch::Application;
        if !again {
            self.log_traffic(direction, epoch, secret);
        }
        match direction {
            Direction::Receive => {
                self.inbound.opener.install(secret.record_keys(suite, &self.inbound.provider)?);
                self.inbound.epoch = epoch;
                // RFC 8449 §4: a limit holds from the handshake that agrees on it; early data went out before.
                let limit = self.inbound.facts.receive_limit.filter(|_| epoch != Epoch::EarlyData);
                self.inbound.opener.limit(limit.unwrap_or(usize::MAX));
                // RFC 9846 §4.3.10: after a HelloRetryRequest early data ends with the second ClientHello.
                if self.inbound.facts.retried {
                    self.inbound.skip = None;
                }
                if again {
                    self.outlet.act(WriteAction::PeerKeyUpdate { reply: false }).map_err(failure)?;
                }
                Ok(())
            }
            Direction::Send => {
                let (writer, out) = self.outlet.sender()?;
                writer.install(epoch, secret, suite, out).map_err(failure)
            }
        }
    }

    fn install_keys(&mut self, direction: Direction, keys: RecordKeys) -> Result<(), Failure> {
        match direction {
            Direction::Receive => {
                self.inbound.opener.install(keys);
                // Data comes after Finished, not after change_cipher_spec.
                self.inbound.epoch = Epoch::Handshake;
                Ok(())
            }
            Direction::Send => {
                let (writer, out) = self.outlet.sender()?;
                writer.install_keys(keys, out).map_err(failure)
            }
        }
    }

    fn warn(&mut self, alert: AlertDescription) -> Result<(), Failure> {
        self.outlet.act(WriteAction::Warning(alert)).map_err(failure)
    }

    #[cfg(feature = "legacy")]
    fn may_renegotiate(&mut self) -> bool {
        match &self.outlet {
            // RFC 5246 §7.2.1: after close_notify this side sends nothing more.
            Outlet::Direct(writer, _) if !writer.is_closed() && self.inbound.renegotiations.take() => {
                // A client that answers HelloRequest waits for what it was promised.
                self.inbound.renegotiations.asked |= self.inbound.side == Side::Client;
                true
            }
            // A split connection has nobody here who could write a flight.
            _ => false,
        }
    }

    fn change_cipher_spec(&mut self) -> Result<(), Failure> {
        let (writer, out) = self.outlet.sender()?;
        writer.change_cipher_spec(out).map_err(|error| failure(local(error)))
    }

    fn update_requested(&mut self) -> Result<(), Failure> {
        self.outlet.act(WriteAction::PeerKeyUpdate { reply: true }).map_err(failure)
    }

    fn unprotect(&mut self) -> Result<(), Failure> {
        let (writer, out) = self.outlet.sender()?;
        writer.unprotect(out).map_err(failure)
    }

    fn verify_data(&mut self, transcript: &Digest) -> Result<Digest, Failure> {
        let (writer, _) = self.outlet.sender()?;
        // After close_notify there is no key any more, and nothing goes out that would need one.
        if writer.is_closed() { Ok(*transcript) } else { writer.verify_data(transcript) }
    }

    fn now(&mut self) -> u64 {
        self.inbound.io.clock.as_ref().map_or(0, |clock| clock.millis())
    }

    fn learn(&mut self, fact: Fact) {
        match fact {
            Fact::Connected => {
                self.inbound.connected = true;
                self.inbound.early_exporter = None;
                self.inbound.epoch = Epoch::Application;
                self.inbound.pending = Some(Milestone::Connected);
                if let Outlet::Direct(writer, _) = self.outlet {
                    writer.open();
                }
                if let Some(trace) = &self.inbound.io.watch.trace {
                    trace.connected(&self.inbound.facts);
                }
            }
            Fact::Renegotiated => self.renegotiated(),
            Fact::ClientAuthenticated(peer) => {
                self.inbound.facts.authenticated(peer);
                self.inbound.pending = Some(Milestone::ClientAuthenticated);
                if let Some(trace) = &self.inbound.io.watch.trace {
                    trace.client_authenticated(&self.inbound.facts);
                }
            }
            Fact::DataCloses => {
                self.inbound.epoch = Epoch::Handshake;
                let facts = self.inbound.facts.again();
                self.inbound.next = Some(alloc::boxed::Box::new(Next { facts, exporter: None }));
            }
            // A client says it only where it was told to (RFC 7918).
            Fact::MaySend if self.inbound.side == Side::Server && !self.inbound.io.half_rtt => {}
            Fact::MaySend => {
                let early = if self.inbound.side == Side::Server { Early::HalfRtt } else { Early::FalseStart };
                self.inbound.pending = Some(Milestone::MaySend(early));
                if let Outlet::Direct(writer, _) = self.outlet {
                    writer.open();
                }
            }
            Fact::Exporter(exporter) => {
                match &exporter {
                    Exporter::Tls13(secret) => self.log("EXPORTER_SECRET", secret.as_bytes()),
                    // That one is the main secret, which has a label of its own.
                    #[cfg(feature = "tls12")]
                    Exporter::Tls12(..) => {}
                }
                match &mut self.inbound.next {
                    Some(next) => next.exporter = Some(exporter),
                    None => self.inbound.exporter = Some(exporter),
                }
            }
            #[cfg(feature = "tls12")]
            Fact::MainSecret(main) => self.log("CLIENT_RANDOM", main.as_bytes()),
            #[cfg(feature = "tls12")]
            Fact::SessionId(id) => self.inbound.stored = Some(id),
            Fact::EarlyExporter(secret) => {
                self.log("EARLY_EXPORTER_SECRET", secret.as_bytes());
                self.inbound.early_exporter = Some(secret);
            }
            Fact::EarlyData(state) => self.early_data(state),
            Fact::NotResumed(why) => {
                if let Some(trace) = &self.inbound.io.watch.trace {
                    trace.not_resumed(why);
                }
                self.inbound.facts.note(fact);
            }
            Fact::Session(session) => self.inbound.session = Some(session),
            fact => {
                self.shorten(&fact);
                match &mut self.inbound.next {
                    Some(next) => next.facts.note(fact),
                    None => self.inbound.facts.note(fact),
                }
            }
        }
    }

    fn leaf_key(&mut self, credential: &PeerCredential, usage: KeyUse) -> Result<PublicKey, Violation> {
        if let Some(spki) = &credential.raw_key {
            return handfast_pki::spki::parse(spki).map_err(|rule| match rule {
                Rule::UnsupportedKey(_) => Violation::UnsupportedCertificate,
                _ => Violation::BadRawKey,
            });
        }
        let leaf = credential.chain.first().ok_or(Violation::NoCertificate)?;
        let of = |rule: &Rule| match rule {
            Rule::UnsupportedKey(_) => Violation::UnsupportedCertificate,
            _ => Violation::BadCertificate,
        };
        let parsed = Certificate::parse(leaf).map_err(|rule| of(&rule))?;
        // Checked here and not by the verifier alone: a key that may not sign proves nothing, also to whoever accepts
        // every certificate.
        let wanted = match usage {
            KeyUse::Sign => KeyUsage::DIGITAL_SIGNATURE,
            KeyUse::Encipher => KeyUsage::KEY_ENCIPHERMENT,
        };
        match parsed.key_usage() {
            Ok(Some(usage)) if !usage.contains(wanted) => Err(Violation::CertificateKeyUsage),
            Ok(_) => parsed.public_key().map_err(|rule| of(&rule)),
            Err(rule) => Err(of(&rule)),
        }
    }
}

impl Engine<'_, '_> {
    /// What another handshake has found out counts from here on.
    fn renegotiated(&mut self) {
        self.inbound.epoch = Epoch::Application;
        if let Some(next) = self.inbound.next.take() {
            self.inbound.facts = next.facts;
            self.inbound.exporter = next.exporter;
        }
        self.inbound.pending = Some(Milestone::Renegotiated);
        #[cfg(feature = "legacy")]
        {
            self.inbound.renegotiations.asked = false;
        }
        if let Outlet::Direct(writer, _) = self.outlet {
            writer.open();
        }
    }

    /// Early data is offered, taken or refused.
    fn early_data(&mut self, state: EarlyData) {
        if let Some(trace) = &self.inbound.io.watch.trace {
            trace.early_data(state);
        }
        self.inbound.facts.note(Fact::EarlyData(state));
        match (self.inbound.side, state) {
            (Side::Client, EarlyData::Offered { limit }) => {
                if let Outlet::Direct(writer, _) = self.outlet {
                    writer.open_early(limit);
                }
            }
            (Side::Client, EarlyData::Accepted { .. }) => {
                self.inbound.pending = Some(Milestone::EarlyDataAccepted);
            }
            (Side::Client, EarlyData::Refused(_)) => {
                let bytes = match self.outlet {
                    Outlet::Direct(writer, _) => writer.early_data_sent(),
                    Outlet::Owed(_) => 0,
                };
                self.inbound.pending = Some(Milestone::EarlyDataRejected { bytes });
                // The server has no such secret.
                self.inbound.early_exporter = None;
            }
            (Side::Server, EarlyData::Accepted { limit }) => self.inbound.early_left = limit,
            (Side::Server, EarlyData::Refused(_)) => {
                // A client may have been promised more than is skipped in any case.
                let promised = usize::try_from(self.inbound.io.max_early_data).unwrap_or(usize::MAX);
                self.inbound.skip = Some(promised.max(MAX_SKIPPED_EARLY_DATA));
            }
            (_, EarlyData::None | EarlyData::NotOffered(_)) | (Side::Server, EarlyData::Offered { .. }) => {}
        }
    }

    /// Limits on records count from here on.
    fn shorten(&mut self, fact: &Fact) {
        match *fact {
            Fact::ReceiveLimit(limit) => self.inbound.opener.limit(limit),
            Fact::SendLimit(limit) => {
                if let Outlet::Direct(writer, _) = self.outlet {
                    writer.limit(limit);
                }
            }
            Fact::MaxFragment(bytes) => {
                self.inbound.opener.limit(bytes);
                if let Outlet::Direct(writer, _) = self.outlet {
                    writer.shorten(bytes.min(self.inbound.io.max_fragment));
                }
            }
            _ => {}
        }
    }

    fn log_traffic(&self, direction: Direction, epoch: Epoch, secret: &TrafficSecret) {
        let of_client = (self.inbound.side == Side::Client) == (direction == Direction::Send);
        let label = match (of_client, epoch) {
            (true, Epoch::Handshake) => "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            (false, Epoch::Handshake) => "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            (true, Epoch::Application) => "CLIENT_TRAFFIC_SECRET_0",
            (false, Epoch::Application) => "SERVER_TRAFFIC_SECRET_0",
            (_, Epoch::EarlyData) => "CLIENT_EARLY_TRAFFIC_SECRET",
            (_, Epoch::Initial) => return,
        };
        self.log(label, secret.as_bytes());
    }

    fn log(&self, label: &'static str, secret: &[u8]) {
        let key_log: Option<&dyn KeyLog> = self.inbound.io.watch.key_log.as_deref();
        let facts = self.inbound.next.as_ref().map_or(&self.inbound.facts, |next| &next.facts);
        if let (Some(key_log), Some(random)) = (key_log, &facts.client_random) {
            key_log.log(label, random, secret);
        }
    }
}

/// What a host cannot do is this side's failure, whatever it was.
fn failure(error: crate::Error) -> Failure {
    match error {
        crate::Error::Crypto(error) => Failure::Crypto(error),
        _ => Failure::Crypto(CryptoError::Failed),
    }
}
