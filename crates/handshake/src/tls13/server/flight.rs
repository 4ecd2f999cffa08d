//! ASK_CREDENTIAL, ASK_SIGN: the server's flight.

use super::negotiate::{Chosen, Exchanged};
use super::tickets::Tickets;
use super::{AfterPresent, AfterSign, ServerCx, WaitCert, WaitEoed, WaitFinished};
use crate::alpn::HTTP2;
use crate::auth::PeerAuth;
use crate::certificate_type::Types;
use crate::psk::NamedPsk;
use crate::question::Signature;
use crate::tls13::HandshakeKeys;
use crate::tls13::auth::{Presented, send_finished};
use crate::{
    ClientAuth, Credential, CredentialQuestion, Direction, EarlyData, Epoch, Fact, Failure, Purpose, Question, Refusal,
    ServerParams, Session, StapleQuestion,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::CryptoError;
use handfast_schedule::{EarlySecret, Exporter, Side};
use handfast_wire::extension::{
    CertificateAuthorities, CompressCertificate, DistinguishedName, EarlyData as EarlyDataIndication, KeyShareEntry,
    ProtocolName, ProtocolNameList, RecordSizeLimit, SelectedPsk, SelectedVersion, ServerKeyShare, ServerNameAck,
    SignatureAlgorithms, SignatureAlgorithmsCert, TicketRequestHint,
};
use handfast_wire::message::{CertificateRequest, EncryptedExtensions, ServerHello};
use handfast_wire::{CertificateType, List, ProtocolVersion, SignatureScheme};

/// Parameters are agreed. Which certificate?
pub(crate) struct AskCredential {
    chosen: Box<Chosen>,
    /// What the client is to show.
    client: CertificateType,
}

/// The certificate is chosen. What is its status?
pub(crate) struct AskStaple {
    ask: AskCredential,
    credential: Arc<Credential>,
    scheme: SignatureScheme,
}

/// The flight is out up to Certificate; the signature is being made.
pub(crate) struct AskSign {
    params: Arc<ServerParams>,
    client: CertificateType,
    keys: HandshakeKeys,
    presented: Presented,
    tickets: Tickets,
}

/// A pre-shared key that was taken: the proof that the client has it is in.
pub(super) struct Taken {
    early: EarlySecret,
    /// Its place among those that were offered.
    at: u16,
    peer: PeerAuth,
    /// When what it stands for was proved, in seconds since 1970; 0 for now.
    created: u64,
    /// Whose external key it is, or was when the session was made.
    psk: Option<NamedPsk>,
    /// How much early data goes with it, in bytes.
    max_early_data: u32,
    /// The kind of the server's certificate in a session; none with an external key.
    server_type: Option<CertificateType>,
}

/// Reports what was agreed and asks for a certificate.
pub(super) fn ask(mut chosen: Chosen, cx: &mut ServerCx<'_>) -> Result<AskCredential, Failure> {
    if chosen.schemes.is_empty() {
        return Err(Refusal::Scheme.into());
    }
    let client = chosen.certificate_types.of_client(&chosen.params)?;
    learn(&chosen, cx);
    let server_name = chosen.server_name.clone();
    let schemes = chosen.schemes.clone();
    let certificate_schemes = core::mem::take(&mut chosen.certificate_schemes);
    let delegated_schemes = chosen.delegated_schemes.clone();
    let now = cx.host.now() / 1000;
    let certificate_types = chosen.certificate_types.owned_of_server();
    let authorities = core::mem::take(&mut chosen.authorities);
    cx.asker.ask(|id| {
        Question::Credential(CredentialQuestion {
            id,
            purpose: Purpose::Server,
            server_name,
            schemes,
            certificate_schemes,
            delegated_schemes,
            now,
            certificate_types,
            authorities,
            oid_filters: Vec::new(),
        })
    });
    Ok(AskCredential { chosen: Box::new(chosen), client })
}

/// Reports what was agreed.
pub(super) fn learn(chosen: &Chosen, cx: &mut ServerCx<'_>) {
    cx.host.learn(Fact::Version(ProtocolVersion::TLS1_3));
    // RFC 8740 §3: HTTP/2 has no place for a request after the handshake.
    cx.core.takes_requests = chosen.takes_requests && chosen.protocol.as_deref() != Some(HTTP2);
    cx.host.learn(Fact::Suite(chosen.suite));
    if let Some(exchange) = &chosen.exchange {
        cx.host.learn(Fact::Group(exchange.group));
    }
    cx.host.learn(Fact::SharedSchemes(chosen.schemes.clone()));
    if let Some(name) = &chosen.server_name {
        cx.host.learn(Fact::ServerName(name.clone()));
    }
    if let Some(protocol) = &chosen.protocol {
        cx.host.learn(Fact::Protocol(protocol.clone()));
    }
}

impl AskCredential {
    /// Asks for the status first, where the client wants it (RFC 6066 §8).
    pub(super) fn present(
        self,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterPresent, Failure> {
        if !self.chosen.params.staples || !self.chosen.wanted.ocsp || credential.raw_key().is_some() {
            return self.send(credential, scheme, cx).map(AfterPresent::AskSign);
        }
        let (certificate, server_name) = (credential.clone(), self.chosen.server_name.clone());
        cx.asker.ask(|id| Question::Staple(StapleQuestion { id, credential: certificate, server_name }));
        Ok(AfterPresent::AskStaple(AskStaple { ask: self, credential, scheme }))
    }

    /// ServerHello to Certificate.
    fn send(
        self,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ServerCx<'_>,
    ) -> Result<AskSign, Failure> {
        let (chosen, client) = (*self.chosen, self.client);
        let hash = chosen.params.provider.hash(chosen.suite.hash).ok_or(CryptoError::Unsupported)?;
        let keys = server_hello(&chosen, EarlySecret::new(hash, None)?, None, cx)?;
        cx.host.install(Direction::Receive, Epoch::Handshake, &keys.client, keys.suite)?;

        let types = Types { client, server: credential.certificate_type() };
        let tickets = Tickets::of_certificate(&chosen, types.server);
        encrypted_extensions(&chosen, tickets.hint(&chosen), Some(types), false, false, cx)?;
        if chosen.params.client_auth != ClientAuth::None {
            cx.core.client_type = client;
            certificate_request(&chosen.params, Epoch::Handshake, &[], cx)?;
        }
        let presented = Presented::send(cx, credential, &chosen.wanted, scheme, Side::Server)?;
        Ok(AskSign { params: chosen.params, client, keys, presented, tickets })
    }
}

impl AskStaple {
    /// There is a response, or none if it is empty.
    pub(super) fn stapled(self, response: Vec<u8>, cx: &mut ServerCx<'_>) -> Result<AskSign, Failure> {
        self.ask.send(self.credential.stapled(response), self.scheme, cx)
    }
}

impl Taken {
    pub(super) fn of_session(early: EarlySecret, at: u16, session: &Session) -> Self {
        Self {
            early,
            at,
            peer: PeerAuth::of_session(session),
            created: session.created,
            psk: session.psk.clone(),
            max_early_data: session.max_early_data,
            server_type: Some(session.server_type),
        }
    }

    pub(super) fn of_psk(early: EarlySecret, at: u16, psk: NamedPsk) -> Self {
        Self { early, at, peer: PeerAuth::of_psk(), created: 0, psk: Some(psk), max_early_data: 0, server_type: None }
    }

    /// ServerHello to Finished, without certificates.
    pub(super) fn send(self, chosen: Chosen, cx: &mut ServerCx<'_>) -> Result<WaitFinished, Failure> {
        let (keys, tickets, peer) = self.begin(&chosen, false, cx)?;
        cx.host.install(Direction::Receive, Epoch::Handshake, &keys.client, keys.suite)?;
        finish(keys, Some(peer), tickets, cx)
    }

    /// The same, with early data to come before the client's part.
    pub(super) fn send_early(self, chosen: Chosen, cx: &mut ServerCx<'_>) -> Result<WaitEoed, Failure> {
        let limit = self.max_early_data;
        // Up to the ClientHello, which is all there is yet.
        let hello = cx.transcript.current()?;
        let traffic = self.early.client_early_traffic(&hello)?;
        let exporter = self.early.early_exporter(&hello)?;
        let (keys, tickets, peer) = self.begin(&chosen, true, cx)?;
        cx.host.install(Direction::Receive, Epoch::EarlyData, &traffic, keys.suite)?;
        cx.host.learn(Fact::EarlyExporter(exporter));
        cx.host.learn(Fact::EarlyData(EarlyData::Accepted { limit }));
        Ok(WaitEoed { finish: finish(keys, Some(peer), tickets, cx)? })
    }

    /// ServerHello and EncryptedExtensions.
    fn begin(
        self,
        chosen: &Chosen,
        early: bool,
        cx: &mut ServerCx<'_>,
    ) -> Result<(HandshakeKeys, Tickets, PeerAuth), Failure> {
        let keys = server_hello(chosen, self.early, Some(self.at), cx)?;
        let resumed = self.server_type.is_some();
        if resumed {
            cx.host.learn(Fact::Resumed);
        }
        if let Some(psk) = &self.psk {
            cx.host.learn(Fact::PskIdentity(psk.identity.clone()));
            // RFC 9846 Appendix F.1: an external key does not go with a certificate.
            cx.core.takes_requests = false;
        }
        // With an external key there is no certificate whose kind could be told, in the session that was made with it neither.
        let types = self.server_type.filter(|_| self.psk.is_none()).map(|server| Types { server, ..Types::default() });
        let tickets =
            Tickets::after(chosen, resumed, self.created, self.psk, self.server_type.unwrap_or(CertificateType::X509));
        encrypted_extensions(chosen, tickets.hint(chosen), types, resumed, early, cx)?;
        Ok((keys, tickets, self.peer))
    }
}

/// ServerHello, after which this side's messages are protected. `psk` is the place of the pre-shared key that was taken.
fn server_hello(
    chosen: &Chosen,
    early: EarlySecret,
    psk: Option<u16>,
    cx: &mut ServerCx<'_>,
) -> Result<HandshakeKeys, Failure> {
    let mut extensions = cx.asker.block();
    extensions.push(&SelectedVersion(ProtocolVersion::TLS1_3))?;
    if let Some(Exchanged { group, share, .. }) = &chosen.exchange {
        extensions.push(&ServerKeyShare(KeyShareEntry { group: *group, key_exchange: share }))?;
    }
    if let Some(at) = psk {
        extensions.push(&SelectedPsk(at))?;
    }
    let mut raw = cx.blank();
    ServerHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: chosen.params.provider.random.array()?,
        session_id: chosen.session_id.as_bytes(),
        cipher_suite: chosen.suite.id,
        compression_method: 0,
        extensions: extensions.as_extensions(),
    }
    .write(&mut raw)?;
    cx.asker.take_back_block(extensions);
    cx.post(Epoch::Initial, raw)?;
    if !chosen.retried {
        cx.host.change_cipher_spec()?;
    }
    let secret = early.handshake(chosen.exchange.as_ref().map(|exchange| exchange.secret.as_bytes()))?;
    let keys = HandshakeKeys::new(chosen.suite, secret, &cx.transcript.current()?)?;
    cx.host.install(Direction::Send, Epoch::Handshake, &keys.server, keys.suite)?;
    Ok(keys)
}

/// EncryptedExtensions; `types` are those of the certificates, also of the session's, where there are any.
fn encrypted_extensions(
    chosen: &Chosen,
    tickets: Option<u8>,
    types: Option<Types>,
    resumed: bool,
    early: bool,
    cx: &mut ServerCx<'_>,
) -> Result<(), Failure> {
    let mut extensions = cx.asker.block();
    if early {
        extensions.push(&EarlyDataIndication)?;
    }
    if let Some(expected_count) = tickets {
        extensions.push(&TicketRequestHint { expected_count })?;
    }
    // RFC 6066 §3: not where a session is resumed.
    if chosen.server_name.is_some() && !resumed {
        extensions.push(&ServerNameAck)?;
    }
    if let Some(protocol) = &chosen.protocol {
        extensions.push(&ProtocolNameList(List::from(&[ProtocolName(protocol)])))?;
    }
    if let Some(types) = types {
        let asks = chosen.params.client_auth != ClientAuth::None && !resumed;
        chosen.certificate_types.answer(&mut extensions, types, asks)?;
    }
    if let Some(limit) = chosen.record_size_limit {
        let own = chosen.params.record_size_limit;
        extensions.push(&RecordSizeLimit(own))?;
        // RFC 8449 §4: the limit counts the content type, which is no content.
        cx.host.learn(Fact::SendLimit(usize::from(limit).saturating_sub(1)));
        cx.host.learn(Fact::ReceiveLimit(usize::from(own).saturating_sub(1)));
    }
    let mut raw = cx.blank();
    EncryptedExtensions { extensions: extensions.as_extensions() }.write(&mut raw)?;
    cx.asker.take_back_block(extensions);
    cx.post(Epoch::Handshake, raw)
}

/// CertificateRequest (RFC 9846 §4.4.2).
pub(super) fn certificate_request(
    params: &ServerParams,
    epoch: Epoch,
    context: &[u8],
    cx: &mut ServerCx<'_>,
) -> Result<(), Failure> {
    let mut extensions = cx.asker.block();
    extensions.push(&SignatureAlgorithms(List::from(params.schemes.as_slice())))?;
    if !params.certificate_schemes.is_empty() {
        extensions.push(&SignatureAlgorithmsCert(List::from(params.certificate_schemes.as_slice())))?;
    }
    if !params.authorities.is_empty() {
        let names: Vec<_> = params.authorities.iter().map(|name| DistinguishedName(name)).collect();
        extensions.push(&CertificateAuthorities(List::from(names.as_slice())))?;
    }
    if params.compression.is_offered() {
        extensions.push(&CompressCertificate(List::from(params.compression.algorithms().as_slice())))?;
    }
    let mut raw = cx.blank();
    CertificateRequest { context, extensions: extensions.as_extensions() }.write(&mut raw)?;
    cx.asker.take_back_block(extensions);
    cx.post(epoch, raw)
}

impl AskSign {
    /// CertificateVerify and Finished; from here on the server may send data.
    pub(super) fn signed(self, signature: &Signature, cx: &mut ServerCx<'_>) -> Result<AfterSign, Failure> {
        self.presented.sign(cx, signature, Side::Server, &self.params.provider)?;
        let finish = finish(self.keys, None, self.tickets, cx)?;
        Ok(if self.params.client_auth == ClientAuth::None {
            AfterSign::WaitFinished(finish)
        } else {
            AfterSign::WaitCert(WaitCert { params: self.params, ty: self.client, finish })
        })
    }
}

/// The server's Finished.
fn finish(
    keys: HandshakeKeys,
    peer: Option<PeerAuth>,
    tickets: Tickets,
    cx: &mut ServerCx<'_>,
) -> Result<WaitFinished, Failure> {
    send_finished(cx, &keys.server)?;
    let transcript = cx.transcript.current()?;
    let HandshakeKeys { suite, secret, client: handshake, .. } = keys;
    let main = secret.main()?;
    cx.host.learn(Fact::Exporter(Exporter::Tls13(main.exporter(&transcript)?)));
    cx.host.install(Direction::Send, Epoch::Application, &main.server_application(&transcript)?, suite)?;
    cx.host.learn(Fact::MaySend);
    let application = main.client_application(&transcript)?;
    Ok(WaitFinished { suite, handshake, application, main, peer, tickets })
}
