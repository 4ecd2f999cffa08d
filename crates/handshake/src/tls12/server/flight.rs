//! ASK_CREDENTIAL, ASK_SIGN: the server's flight, and the ServerHello of a session.

use super::auth::WaitCert;
use super::exchange::{Exchange, WaitCke};
use super::hello::Offered;
use super::negotiate::{Choice, Usable};
use super::{AfterFresh, AfterPresent, AfterSign, ServerCx};
use crate::auth::check_own;
use crate::certificate_type::Types;
use crate::credential::encode_tls12;
use crate::question::{Content, Signature};
use crate::tls12::agreed::Agreed;
use crate::tls12::exchange::signed_content;
use crate::tls12::renegotiation;
use crate::tls12::{ECDSA_SIGN, RSA_SIGN};
use crate::{
    ClientAuth, Credential, CredentialQuestion, Epoch, Fact, Failure, Purpose, Question, Refusal, Session,
    SignQuestion, StapleQuestion,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::signature::Scheme;
use handfast_crypto::{Cipher, CryptoError, KeyExchange, Suite};
use handfast_schedule::Side;
use handfast_wire::extension::{
    CertificateAuthorities, DistinguishedName, EcPointFormats, EmptyStatusRequest, EncryptThenMac,
    ExtendedMasterSecret, ProtocolName, ProtocolNameList, RecordSizeLimit, RenegotiationInfo, SerializedSct,
    ServerNameAck, SessionTicketAck, SignedCertificateTimestampList,
};
use handfast_wire::message::ServerHello;
use handfast_wire::message::tls12::{
    CertificateRequest, CertificateStatus, DheParams, EcdheParams, ServerHelloDone, ServerKeyExchange,
};
use handfast_wire::{EcPointFormat, ExtensionBlock, List, ProtocolVersion, SignatureScheme};

/// Which certificate?
pub(crate) struct AskCredential {
    offered: Box<Offered>,
    usable: Usable,
}

/// The certificate is chosen. What is its status?
pub(crate) struct AskStaple {
    ask: AskCredential,
    suite: &'static Suite,
    credential: Arc<Credential>,
    scheme: SignatureScheme,
}

/// The flight is out up to the certificate; the signature of the key exchange is being made.
pub(crate) struct AskSign {
    agreed: Agreed,
    exchange: Exchange,
    credential: Arc<Credential>,
    scheme: SignatureScheme,
    params: Vec<u8>,
}

/// A handshake without a session.
pub(super) fn fresh(offered: Box<Offered>, cx: &mut ServerCx<'_>) -> Result<AfterFresh, Failure> {
    let m = offered.view.message().ok_or(CryptoError::Failed)?;
    let usable = Usable::new(&cx.core.params, &m, offered.protocol.as_deref())?;
    if usable.is_empty() {
        return Err(Refusal::Suite.into());
    }
    cx.host.learn(Fact::SharedSchemes(usable.schemes.clone()));
    if !usable.wants_credential() {
        // Nothing can be signed.
        let suite = usable.suite(Choice::Nothing).map_err(|_| Refusal::Scheme)?;
        return Ok(match unsigned(offered, &usable, suite, cx)? {
            AfterSign::WaitCke(s) => AfterFresh::WaitCke(s),
            AfterSign::WaitCert(s) => AfterFresh::WaitCert(s),
        });
    }
    let (server_name, schemes) = (offered.name.clone(), usable.schemes.clone());
    let certificate_schemes = usable.certificate_schemes.clone();
    let certificate_types = offered.certificate_types.owned_of_server();
    let authorities = m.extensions.find::<CertificateAuthorities<'_>>()?;
    let authorities = authorities.map(|list| list.0.iter().map(|name| name.0.to_vec()).collect()).unwrap_or_default();
    let now = cx.host.now() / 1000;
    cx.asker.ask(|id| {
        Question::Credential(CredentialQuestion {
            id,
            purpose: Purpose::Server,
            server_name,
            schemes,
            certificate_schemes,
            delegated_schemes: Arc::default(),
            now,
            certificate_types,
            authorities,
            oid_filters: Vec::new(),
        })
    });
    Ok(AfterFresh::AskCredential(AskCredential { offered, usable }))
}

impl AskCredential {
    /// The suite; and then the status, where the client wants it (RFC 6066 §8).
    pub(super) fn present(
        self,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterPresent, Failure> {
        let tls12 = cx.core.params.tls12.as_ref().ok_or(CryptoError::Failed)?;
        // What decrypts does not sign, whoever chose it.
        if tls12.transport.as_ref().is_some_and(|transport| transport.public_key() == credential.public_key()) {
            return Err(CryptoError::Failed.into());
        }
        let suite = self.usable.suite(Choice::Presented(credential.public_key().kind))?;
        if suite.exchange.has_psk() || suite.exchange == KeyExchange::Rsa {
            return Ok(match unsigned(self.offered, &self.usable, suite, cx)? {
                AfterSign::WaitCke(s) => AfterPresent::WaitCke(s),
                AfterSign::WaitCert(s) => AfterPresent::WaitCert(s),
            });
        }
        if !cx.core.params.staples || !self.offered.wants_status || credential.raw_key().is_some() {
            return self.send(suite, credential, scheme, cx).map(AfterPresent::AskSign);
        }
        let (certificate, server_name) = (credential.clone(), self.offered.name.clone());
        cx.asker.ask(|id| Question::Staple(StapleQuestion { id, credential: certificate, server_name }));
        Ok(AfterPresent::AskStaple(AskStaple { ask: self, suite, credential, scheme }))
    }

    /// ServerHello to CertificateStatus, and what is to be signed.
    fn send(
        self,
        suite: &'static Suite,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ServerCx<'_>,
    ) -> Result<AskSign, Failure> {
        let agreed = hello(self.offered, suite, Some(&credential), cx)?;
        let exchange = Exchange::start(&agreed, &self.usable, cx)?;
        let params = exchange.params()?;
        let message = Content::Tls12(signed_content(&agreed.randoms, &params));
        cx.asker.ask(|id| Question::Sign(SignQuestion { id, purpose: Purpose::Server, scheme, message }));
        Ok(AskSign { agreed, exchange, credential, scheme, params })
    }

    /// Only a suite that signs nothing is left, or none at all, and `why`.
    pub(super) fn none(self, why: Refusal, cx: &mut ServerCx<'_>) -> Result<AfterSign, Failure> {
        let suite = self.usable.suite(Choice::Nothing).map_err(|_| why)?;
        unsigned(self.offered, &self.usable, suite, cx)
    }
}

impl AskStaple {
    /// There is a response, or none if it is empty.
    pub(super) fn stapled(self, response: Vec<u8>, cx: &mut ServerCx<'_>) -> Result<AskSign, Failure> {
        self.ask.send(self.suite, self.credential.stapled(response), self.scheme, cx)
    }
}

impl AskSign {
    /// ServerKeyExchange to ServerHelloDone.
    pub(super) fn signed(self, signature: &Signature, cx: &mut ServerCx<'_>) -> Result<AfterSign, Failure> {
        let provider = &cx.core.params.clone().provider;
        let content = || Ok(signed_content(&self.agreed.randoms, &self.params));
        check_own(signature, &self.credential, self.scheme, content, provider)?;
        let mut raw = cx.blank();
        ServerKeyExchange::write_signed(&self.params, self.scheme, &signature.bytes, &mut raw)?;
        cx.host.learn(Fact::OwnScheme(self.scheme));
        cx.post(Epoch::Initial, raw)?;
        request_and_done(self.agreed, self.exchange, cx)
    }
}

/// The whole flight of a suite that signs nothing: RSA key transport, and the pre-shared keys.
fn unsigned(
    offered: Box<Offered>,
    usable: &Usable,
    suite: &'static Suite,
    cx: &mut ServerCx<'_>,
) -> Result<AfterSign, Failure> {
    let params = cx.core.params.clone();
    let tls12 = params.tls12.as_ref().ok_or(CryptoError::Failed)?;
    let credential = tls12.transport.as_ref().filter(|_| suite.exchange == KeyExchange::Rsa);
    let agreed = hello(offered, suite, credential, cx)?;
    let exchange = Exchange::start(&agreed, usable, cx)?;
    if suite.exchange.has_psk() {
        let params = exchange.params()?;
        // RFC 4279 §2: without a hint and without parameters there is no message.
        if !params.is_empty() || !tls12.psk_hint.is_empty() {
            let mut raw = cx.blank();
            ServerKeyExchange::write_hinted(&tls12.psk_hint, &params, &mut raw)?;
            cx.post(Epoch::Initial, raw)?;
        }
    }
    request_and_done(agreed, exchange, cx)
}

/// ServerHello, Certificate and CertificateStatus of a full handshake.
fn hello(
    offered: Box<Offered>,
    suite: &'static Suite,
    credential: Option<&Arc<Credential>>,
    cx: &mut ServerCx<'_>,
) -> Result<Agreed, Failure> {
    let params = cx.core.params.clone();
    let tls12 = params.tls12.as_ref().ok_or(CryptoError::Failed)?;
    cx.transcript.start_keeping(params.provider.hash(suite.hash).ok_or(CryptoError::Unsupported)?);
    // Without the extended main secret nothing is resumed, so nothing is kept (RFC 7627 §5.3).
    let has_sessions = offered.extended && (tls12.psk_sessions || !suite.exchange.has_psk());
    let keeps = has_sessions && cx.core.previous.is_none();
    // A renegotiation keeps nothing, but clients may take the word of the first hello for this one and wait for a ticket
    // whatever this one says: GnuTLS 3.7 does. It gets an empty one.
    let ticket = has_sessions && tls12.tickets && offered.takes_ticket;
    let session_id =
        if keeps && tls12.session_ids && !ticket { params.provider.random.array::<32>()?.to_vec() } else { Vec::new() };
    let types = match credential {
        Some(credential) => {
            Types { client: offered.certificate_types.of_client(&params)?, server: credential.certificate_type() }
        }
        None => Types::default(),
    };
    let status = credential.and_then(|credential| credential.ocsp()).filter(|_| offered.wants_status);
    let mut block = cx.asker.block();
    if status.is_some() {
        block.push(&EmptyStatusRequest)?;
    }
    if let Some(scts) = credential.map(|credential| credential.scts()).filter(|scts| !scts.is_empty())
        && offered.wants_scts
    {
        let scts: Vec<_> = scts.iter().map(|sct| SerializedSct(sct)).collect();
        block.push(&SignedCertificateTimestampList(List::from(scts.as_slice())))?;
    }
    if credential.is_some() {
        offered.certificate_types.answer(&mut block, types, params.client_auth != ClientAuth::None)?;
    }
    let agreed = Agreed { types, ..server_hello(offered, suite, session_id, ticket, block, cx)? };
    if let Some(credential) = credential {
        cx.host.learn(Fact::Presented(credential.clone()));
        cx.send(Epoch::Initial, &encode_tls12(Some(credential))?)?;
    }
    if let Some(status) = status {
        let mut raw = cx.blank();
        CertificateStatus(status).write(&mut raw)?;
        cx.post(Epoch::Initial, raw)?;
    }
    Ok(agreed)
}

/// The ServerHello that takes a session: with the client's session ID, by which it knows (RFC 5246 §7.4.1.3,
/// RFC 5077 §3.4).
pub(super) fn resumed_hello(
    mut offered: Box<Offered>,
    session: &Session,
    ticket: bool,
    cx: &mut ServerCx<'_>,
) -> Result<Agreed, Failure> {
    let session_id = offered.view.message().ok_or(CryptoError::Failed)?.session_id.to_vec();
    // RFC 6066 §3: the name was agreed on when the session was made.
    let name = offered.name.take();
    let mut block = cx.asker.block();
    if session.psk.is_none() {
        let types = Types { server: session.server_type, ..Types::default() };
        offered.certificate_types.answer(&mut block, types, false)?;
    }
    let agreed = server_hello(offered, session.suite, session_id, ticket, block, cx)?;
    Ok(Agreed { name, ..agreed })
}

/// ServerHello (RFC 5246 §7.4.1.3). `block` has the extensions that depend on the certificate.
fn server_hello(
    offered: Box<Offered>,
    suite: &'static Suite,
    session_id: Vec<u8>,
    ticket: bool,
    mut block: ExtensionBlock,
    cx: &mut ServerCx<'_>,
) -> Result<Agreed, Failure> {
    let info = renegotiation::content(cx.core.previous.as_ref(), Side::Server);
    if offered.secure_renegotiation {
        block.push(&RenegotiationInfo(&info))?;
    }
    if offered.extended {
        block.push(&ExtendedMasterSecret)?;
    }
    if offered.name.is_some() {
        block.push(&ServerNameAck)?;
    }
    if offered.point_formats && suite.exchange.has_curve() {
        block.push(&EcPointFormats(List::from(&[EcPointFormat::UNCOMPRESSED])))?;
    }
    // RFC 7366 §3: only for a suite that it means something to.
    let encrypt_then_mac = offered.encrypt_then_mac && matches!(suite.cipher, Cipher::Cbc(..));
    if encrypt_then_mac {
        block.push(&EncryptThenMac)?;
    }
    if ticket {
        block.push(&SessionTicketAck)?;
    }
    if let Some(protocol) = &offered.protocol {
        // In a renegotiation it is what the first handshake agreed on, and no answer.
        if cx.core.previous.is_none() {
            block.push(&ProtocolNameList(List::from(&[ProtocolName(protocol)])))?;
        }
        cx.host.learn(Fact::Protocol(protocol.clone()));
    }
    limits(&offered, &mut block, cx)?;
    let agreed = Agreed {
        suite,
        randoms: offered.randoms,
        extended: offered.extended,
        encrypt_then_mac,
        secure_renegotiation: offered.secure_renegotiation,
        client_version: offered.client_version,
        name: offered.name,
        protocol: offered.protocol,
        session_id,
        types: Types::default(),
        ticket,
        created: 0,
        psk: None,
    };
    if let Some(previous) = &cx.core.previous {
        previous.check(&agreed)?;
    }
    let mut raw = cx.blank();
    ServerHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: agreed.randoms.server,
        session_id: &agreed.session_id,
        cipher_suite: suite.id,
        compression_method: 0,
        extensions: block.as_extensions(),
    }
    .write(&mut raw)?;
    cx.asker.take_back_block(block);
    cx.host.learn(Fact::Suite(suite));
    cx.host.learn(Fact::SecureRenegotiation(agreed.secure_renegotiation));
    cx.post(Epoch::Initial, raw)?;
    Ok(agreed)
}

/// The limits on records. In TLS 1.2 there is no content type inside that would count (RFC 8449 §4).
fn limits(offered: &Offered, block: &mut ExtensionBlock, cx: &mut ServerCx<'_>) -> Result<(), Failure> {
    if let Some(limit) = offered.record_size_limit {
        let own = cx.core.params.record_size_limit.min(MAX_RECORD);
        block.push(&RecordSizeLimit(own))?;
        cx.host.learn(Fact::SendLimit(usize::from(limit.min(MAX_RECORD))));
        cx.host.learn(Fact::ReceiveLimit(usize::from(own)));
    }
    if let Some(length) = offered.max_fragment_length {
        block.push(&length)?;
        let bytes = length.bytes().ok_or(CryptoError::Failed)?;
        cx.host.learn(Fact::MaxFragment(bytes));
    }
    Ok(())
}

/// The longest content of a record (RFC 5246 §6.2.1).
const MAX_RECORD: u16 = 1 << 14;

/// CertificateRequest, where one is due, and ServerHelloDone.
fn request_and_done(agreed: Agreed, exchange: Exchange, cx: &mut ServerCx<'_>) -> Result<AfterSign, Failure> {
    let params = cx.core.params.clone();
    // RFC 5246 §7.4.4: a server without a certificate cannot ask for one.
    let asks = params.client_auth != ClientAuth::None && !agreed.suite.exchange.has_psk();
    if asks {
        let signs = |scheme: &SignatureScheme| Scheme::find(*scheme).is_some_and(Scheme::signs_tls12);
        let schemes: Vec<_> = params.schemes.iter().copied().filter(signs).collect();
        let names: Vec<_> = params.authorities.iter().map(|name| DistinguishedName(name)).collect();
        let mut raw = cx.blank();
        CertificateRequest {
            types: &[ECDSA_SIGN, RSA_SIGN],
            schemes: List::from(schemes.as_slice()),
            authorities: List::from(names.as_slice()),
        }
        .write(&mut raw)?;
        cx.post(Epoch::Initial, raw)?;
    } else {
        // Nobody will sign the messages.
        cx.transcript.forget_messages();
    }
    let mut raw = cx.blank();
    ServerHelloDone.write(&mut raw)?;
    cx.post(Epoch::Initial, raw)?;
    let next = WaitCke::new(agreed, exchange);
    Ok(if asks { AfterSign::WaitCert(WaitCert::new(next)) } else { AfterSign::WaitCke(next) })
}

impl Exchange {
    /// The own half: a fresh key pair for this handshake and no other.
    fn start(agreed: &Agreed, usable: &Usable, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        let params = cx.core.params.clone();
        let random = &*params.provider.random;
        let exchange = agreed.suite.exchange;
        if exchange.has_curve() {
            let group = usable.curve.ok_or(Refusal::Group)?;
            cx.host.learn(Fact::Group(group.name()));
            return Ok(Self::Curve(group, group.start(random)?));
        }
        if exchange.has_field() {
            let field = usable.field.clone().ok_or(Refusal::Group)?;
            cx.host.learn(Fact::Group(field.group().name()));
            let started = field.group().start(random)?;
            return Ok(Self::Field(field, started));
        }
        Ok(Self::None)
    }

    /// The parameters of ServerKeyExchange; empty where there are none.
    fn params(&self) -> Result<Vec<u8>, Failure> {
        let mut params = Vec::new();
        match self {
            Self::None => {}
            Self::Curve(group, started) => {
                EcdheParams { group: group.name(), public: started.share() }.write(&mut params)?;
            }
            Self::Field(field, started) => {
                let numbers = field.group().field().ok_or(CryptoError::Failed)?;
                DheParams { p: numbers.p, g: numbers.g, public: started.share() }.write(&mut params)?;
            }
        }
        Ok(params)
    }
}
