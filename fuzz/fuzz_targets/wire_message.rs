//! Any bytes as a handshake message, in both dialects, and each of its extensions as every type it could be.
//!
//! Nothing panics, and what parses is written back to the bytes it came from.

#![no_main]

use handfast_wire::extension as ext;
use handfast_wire::message::{HEADER_LEN, header};
use handfast_wire::{Dialect, Extension, Extensions, Message, Writer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    for dialect in [Dialect::Tls13, Dialect::Tls12] {
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
        SignatureAlgorithms SignatureAlgorithmsCert SignedCertificateTimestampList SignedCertificateTimestampRequest
        StatusRequest SupportedGroups SupportedVersions TicketRequest TicketRequestHint
    }
}

fn body_round_trips<'a, E: Extension<'a>>(block: &Extensions<'a>) {
    let Ok(Some(extension)) = block.find::<E>() else { return };
    let body = block.iter().find(|&(ty, _)| ty == E::TYPE).map(|(_, body)| body);
    let mut written = Vec::new();
    extension.write(&mut Writer::new(&mut written)).expect("what was read can be written");
    assert_eq!(Some(&written[..]), body, "{}", E::TYPE);
}
