//! Any bytes as a handshake message, in both dialects, each of its extensions as every type it could be, and a key exchange
//! of TLS 1.2 in every form it could have.
//!
//! Nothing panics, and what parses is written back to the bytes it came from.

#![no_main]

use handfast_wire::extension as ext;
use handfast_wire::message::tls12::{ClientKeyExchange, ServerKeyExchange};
use handfast_wire::message::{HEADER_LEN, header};
use handfast_wire::{Dialect, EncodeError, Extension, Extensions, Message, Writer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    for dialect in [Dialect::Tls13, Dialect::Tls12, Dialect::Tls12RawKey] {
        let Ok(message) = Message::read(dialect, raw) else { continue };
        assert_eq!(message.kind(), Message::kind_of(raw), "the header alone says the same as the whole message");
        assert_eq!(header(raw).map(|(_, len)| HEADER_LEN + len), Some(raw.len()), "a message is as long as it says");

        let mut written = Vec::new();
        match message.write(&mut written) {
            Some(result) => {
                result.expect("what was read can be written");
                assert_eq!(written, raw, "{message:?}");
            }
            None => assert!(matches!(message, Message::Opaque { .. })),
        }
        for block in extensions(&message) {
            bodies_round_trip(&block);
        }
        key_exchange_round_trips(&message, raw);
    }
});

fn extensions<'a>(message: &Message<'a>) -> Vec<Extensions<'a>> {
    match message {
        Message::ClientHello(m) => vec![m.extensions],
        Message::ServerHello(m) => vec![m.extensions],
        Message::HelloRetryRequest(m) => vec![m.extensions],
        Message::EncryptedExtensions(m) => vec![m.extensions],
        Message::CertificateRequest(m) => vec![m.extensions],
        Message::Certificate(m) => m.entries.iter().map(|entry| entry.extensions).collect(),
        Message::NewSessionTicket(m) => vec![m.extensions],
        _ => Vec::new(),
    }
}

/// Which form it has is the cipher suite's business, so here all of them are tried.
fn key_exchange_round_trips(message: &Message<'_>, raw: &[u8]) {
    let check = |write: &Write<'_>| assert_eq!(bytes(write), raw, "{message:?}");
    match message {
        Message::ServerKeyExchange(m) => {
            if let Ok(m) = m.ecdhe() {
                assert_eq!(bytes(&|out| m.params.write(out)), m.bytes);
                check(&|out| ServerKeyExchange::write_signed(m.bytes, m.scheme, m.signature, out));
            }
            if let Ok(m) = m.dhe() {
                assert_eq!(bytes(&|out| m.params.write(out)), m.bytes);
                check(&|out| ServerKeyExchange::write_signed(m.bytes, m.scheme, m.signature, out));
            }
            if let Ok(hint) = m.psk() {
                check(&|out| ServerKeyExchange::write_hinted(hint, &[], out));
            }
            if let Ok((hint, params)) = m.ecdhe_psk() {
                check(&|out| ServerKeyExchange::write_hinted(hint, &bytes(&|out| params.write(out)), out));
            }
            if let Ok((hint, params)) = m.dhe_psk() {
                check(&|out| ServerKeyExchange::write_hinted(hint, &bytes(&|out| params.write(out)), out));
            }
        }
        Message::ClientKeyExchange(m) => {
            m.ecdhe().into_iter().for_each(|key| check(&|out| ClientKeyExchange::write_ecdhe(key, out)));
            m.dhe().into_iter().for_each(|key| check(&|out| ClientKeyExchange::write_dhe(key, out)));
            m.rsa().into_iter().for_each(|secret| check(&|out| ClientKeyExchange::write_rsa(secret, out)));
            m.psk().into_iter().for_each(|id| check(&|out| ClientKeyExchange::write_psk(id, out)));
            if let Ok((id, key)) = m.ecdhe_psk() {
                check(&|out| ClientKeyExchange::write_ecdhe_psk(id, key, out));
            }
            if let Ok((id, key)) = m.dhe_psk() {
                check(&|out| ClientKeyExchange::write_dhe_psk(id, key, out));
            }
        }
        _ => (),
    }
}

type Write<'w> = dyn Fn(&mut Vec<u8>) -> Result<(), EncodeError> + 'w;

fn bytes(write: &Write<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).expect("what was read can be written");
    out
}

/// Which type stands in which message is the handshake's business, so here all of them are tried.
fn bodies_round_trip(block: &Extensions<'_>) {
    macro_rules! each {
        ($($Type:ident)*) => { $( body_round_trips::<ext::$Type>(block); )* };
    }
    each! {
        CertificateAuthorities CertificateStatus ClientCertificateTypes CompressCertificate Cookie EarlyData
        EcPointFormats EmptyStatusRequest EncryptThenMac ExtendedMasterSecret KeyShares MaxEarlyData MaxFragmentLength
        OfferedPsks OidFilters Padding PostHandshakeAuth ProtocolNameList PskKeyExchangeModes RecordSizeLimit
        RenegotiationInfo RetryKeyShare SelectedClientCertificateType SelectedPsk SelectedServerCertificateType
        SelectedVersion ServerCertificateTypes ServerKeyShare ServerNameAck ServerNameList SessionTicket
        SessionTicketAck SignatureAlgorithms SignatureAlgorithmsCert SignedCertificateTimestampList
        SignedCertificateTimestampRequest StatusRequest SupportedGroups SupportedVersions TicketRequest
        TicketRequestHint
    }
}

fn body_round_trips<'a, E: Extension<'a>>(block: &Extensions<'a>) {
    let Ok(Some(extension)) = block.find::<E>() else { return };
    let body = block.iter().find(|&(ty, _)| ty == E::TYPE).map(|(_, body)| body);
    let mut written = Vec::new();
    extension.write(&mut Writer::new(&mut written)).expect("what was read can be written");
    assert_eq!(Some(&written[..]), body, "{}", E::TYPE);
}
