//! ASK_CREDENTIAL, ASK_SIGN: the server's flight.

use super::{AfterSign, ServerCx, WaitCert, WaitFinished, negotiate::Chosen};
use crate::question::Signature;
use crate::tls13::HandshakeKeys;
use crate::tls13::auth::{Presented, send_finished};
use crate::{
    ClientAuth, Credential, CredentialQuestion, Direction, Epoch, Fact, Failure, Purpose, Question, Refusal,
    ServerParams,
};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::CryptoError;
use handfast_schedule::{EarlySecret, Exporter, Side};
use handfast_wire::extension::{
    CertificateAuthorities, DistinguishedName, KeyShareEntry, ProtocolName, ProtocolNameList, RecordSizeLimit,
    SelectedVersion, ServerKeyShare, ServerNameAck, SignatureAlgorithms, SignatureAlgorithmsCert,
};
use handfast_wire::message::{CertificateRequest, EncryptedExtensions, ServerHello};
use handfast_wire::{ExtensionBlock, List, ProtocolVersion, SignatureScheme};

/// Parameters are agreed. Which certificate?
pub(crate) struct AskCredential {
    chosen: Chosen,
}

/// The flight is out up to Certificate; the signature is being made.
pub(crate) struct AskSign {
    params: Arc<ServerParams>,
    keys: HandshakeKeys,
    presented: Presented,
}

/// Reports what was agreed and asks for a certificate.
pub(super) fn ask(mut chosen: Chosen, cx: &mut ServerCx<'_>) -> Result<AskCredential, Failure> {
    if chosen.schemes.is_empty() {
        return Err(Refusal::Scheme.into());
    }
    cx.host.learn(Fact::Version(ProtocolVersion::TLS1_3));
    cx.host.learn(Fact::Suite(chosen.suite));
    cx.host.learn(Fact::Group(chosen.group));
    cx.host.learn(Fact::SharedSchemes(chosen.schemes.clone()));
    if let Some(name) = &chosen.server_name {
        cx.host.learn(Fact::ServerName(name.clone()));
    }
    if let Some(protocol) = &chosen.protocol {
        cx.host.learn(Fact::Protocol(protocol.clone()));
    }
    let server_name = chosen.server_name.clone();
    let schemes = chosen.schemes.clone();
    let certificate_schemes = core::mem::take(&mut chosen.certificate_schemes);
    let authorities = core::mem::take(&mut chosen.authorities);
    cx.asker.ask(|id| {
        Question::Credential(CredentialQuestion {
            id,
            purpose: Purpose::Server,
            server_name,
            schemes,
            certificate_schemes,
            authorities,
            oid_filters: Vec::new(),
        })
    });
    Ok(AskCredential { chosen })
}

impl AskCredential {
    /// ServerHello to Certificate.
    pub(super) fn present(
        self,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ServerCx<'_>,
    ) -> Result<AskSign, Failure> {
        let chosen = self.chosen;
        server_hello(&chosen, cx)?;
        let hash = chosen.params.provider.hash(chosen.suite.hash).ok_or(CryptoError::Unsupported)?;
        let secret = EarlySecret::new(hash, None)?.handshake(Some(chosen.secret.as_bytes()))?;
        let keys = HandshakeKeys::new(chosen.suite, secret, &cx.transcript.current()?)?;
        cx.host.install(Direction::Send, Epoch::Handshake, &keys.server, keys.suite)?;
        cx.host.install(Direction::Receive, Epoch::Handshake, &keys.client, keys.suite)?;

        encrypted_extensions(&chosen, cx)?;
        if chosen.params.client_auth != ClientAuth::None {
            certificate_request(&chosen.params, cx)?;
        }
        let presented = Presented::send(cx, credential, chosen.wanted, scheme, Side::Server)?;
        Ok(AskSign { params: chosen.params, keys, presented })
    }

    /// A server cannot do without.
    pub(super) fn none(self) -> Failure {
        Refusal::Credential.into()
    }
}

fn server_hello(chosen: &Chosen, cx: &mut ServerCx<'_>) -> Result<(), Failure> {
    let mut extensions = ExtensionBlock::new();
    extensions.push(&SelectedVersion(ProtocolVersion::TLS1_3))?;
    extensions.push(&ServerKeyShare(KeyShareEntry { group: chosen.group, key_exchange: &chosen.share }))?;
    let mut raw = Vec::new();
    ServerHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: chosen.params.provider.random.array()?,
        session_id: &chosen.session_id,
        cipher_suite: chosen.suite.id,
        compression_method: 0,
        extensions: extensions.as_extensions(),
    }
    .write(&mut raw)?;
    cx.send(Epoch::Initial, &raw)?;
    if !chosen.retried {
        cx.host.change_cipher_spec()?;
    }
    Ok(())
}

fn encrypted_extensions(chosen: &Chosen, cx: &mut ServerCx<'_>) -> Result<(), Failure> {
    let mut extensions = ExtensionBlock::new();
    if chosen.server_name.is_some() {
        extensions.push(&ServerNameAck)?;
    }
    if let Some(protocol) = &chosen.protocol {
        extensions.push(&ProtocolNameList(List::from(&[ProtocolName(protocol)])))?;
    }
    if let Some(limit) = chosen.record_size_limit {
        let own = chosen.params.record_size_limit;
        extensions.push(&RecordSizeLimit(own))?;
        // RFC 8449 §4: the limit counts the content type, which is no content.
        cx.host.learn(Fact::SendLimit(usize::from(limit).saturating_sub(1)));
        cx.host.learn(Fact::ReceiveLimit(usize::from(own).saturating_sub(1)));
    }
    let mut raw = Vec::new();
    EncryptedExtensions { extensions: extensions.as_extensions() }.write(&mut raw)?;
    cx.send(Epoch::Handshake, &raw)
}

fn certificate_request(params: &ServerParams, cx: &mut ServerCx<'_>) -> Result<(), Failure> {
    let mut extensions = ExtensionBlock::new();
    extensions.push(&SignatureAlgorithms(List::from(params.schemes.as_slice())))?;
    if !params.certificate_schemes.is_empty() {
        extensions.push(&SignatureAlgorithmsCert(List::from(params.certificate_schemes.as_slice())))?;
    }
    if !params.authorities.is_empty() {
        let names: Vec<_> = params.authorities.iter().map(|name| DistinguishedName(name)).collect();
        extensions.push(&CertificateAuthorities(List::from(names.as_slice())))?;
    }
    let mut raw = Vec::new();
    CertificateRequest { context: &[], extensions: extensions.as_extensions() }.write(&mut raw)?;
    cx.send(Epoch::Handshake, &raw)
}

impl AskSign {
    /// CertificateVerify and Finished; from here on the server may send data.
    pub(super) fn signed(self, signature: &Signature, cx: &mut ServerCx<'_>) -> Result<AfterSign, Failure> {
        self.presented.sign(cx, signature, Side::Server, &self.params.provider)?;
        send_finished(cx, &self.keys.server)?;
        let transcript = cx.transcript.current()?;
        let HandshakeKeys { suite, secret, client, .. } = self.keys;
        let main = secret.main()?;
        cx.host.learn(Fact::Exporter(Exporter::Tls13(main.exporter(&transcript)?)));
        cx.host.install(Direction::Send, Epoch::Application, &main.server_application(&transcript)?, suite)?;
        cx.host.learn(Fact::MaySend);

        let finish =
            WaitFinished { suite, handshake: client, application: main.client_application(&transcript)?, peer: None };
        Ok(if self.params.client_auth == ClientAuth::None {
            AfterSign::WaitFinished(finish)
        } else {
            AfterSign::WaitCert(WaitCert { params: self.params, finish })
        })
    }
}
