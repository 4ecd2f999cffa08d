//! The messages of RFC 8448, read and written back.

use crate::common::{blocks, check_bodies, rewrite, rfc8448_messages, vectors};
use handfast_wire::extension::*;
use handfast_wire::message::ClientHello;
use handfast_wire::*;

#[test]
fn every_message_reads_and_is_written_back() {
    let messages = rfc8448_messages();
    assert_eq!(messages.len(), 40);
    for (name, raw) in messages {
        let message = Message::read(Dialect::Tls13, &raw).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(rewrite(&message).as_ref(), Some(&raw), "{name}");
        for block in blocks(&message) {
            assert!(check_bodies(block) >= block.types().count(), "{name}: {block:?}");
        }
    }
}

#[test]
fn every_kind_of_the_traces_is_recognised() {
    for (name, raw) in rfc8448_messages() {
        let expected = match name.split(": ").nth(1).unwrap_or_default() {
            "client_hello" | "client_hello_1" => MessageKind::ClientHello,
            "server_hello" => MessageKind::ServerHello,
            "hello_retry_request" => MessageKind::HelloRetryRequest,
            "encrypted_extensions" => MessageKind::EncryptedExtensions,
            "certificate_request" => MessageKind::CertificateRequest,
            "certificate" | "client_certificate" => MessageKind::Certificate,
            "certificate_verify" | "client_certificate_verify" => MessageKind::CertificateVerify,
            "server_finished" | "client_finished" => MessageKind::Finished,
            "end_of_early_data" => MessageKind::EndOfEarlyData,
            "new_session_ticket" => MessageKind::NewSessionTicket,
            other => panic!("{other}"),
        };
        assert_eq!(Message::kind_of(&raw), expected, "{name}");
    }
}

#[test]
fn the_first_client_hello_in_detail() {
    let (_, raw) = vectors("simple-1rtt").into_iter().find(|(name, _)| name == "client_hello").unwrap();
    let Ok(Message::ClientHello(hello)) = Message::read(Dialect::Tls13, &raw) else { panic!("not a ClientHello") };
    assert_eq!(hello.legacy_version, ProtocolVersion::TLS1_2);
    assert_eq!(hello.random[..4], [0xcb, 0x34, 0xec, 0xb1]);
    assert!(hello.session_id.is_empty());
    let suites = [
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
    ];
    assert_eq!(hello.cipher_suites, List::from(&suites));

    let extensions = hello.extensions;
    assert_eq!(extensions.find::<ServerNameList<'_>>().unwrap().unwrap().host_name(), Some(&b"server"[..]));
    assert_eq!(extensions.find(), Ok(Some(RenegotiationInfo(&[]))));
    assert_eq!(extensions.find(), Ok(Some(SessionTicket(&[]))));
    assert_eq!(extensions.find(), Ok(Some(SupportedVersions(List::from(&[ProtocolVersion::TLS1_3])))));
    assert_eq!(extensions.find(), Ok(Some(PskKeyExchangeModes(List::from(&[PskKeyExchangeMode::PSK_DHE_KE])))));
    assert_eq!(extensions.find(), Ok(Some(RecordSizeLimit(0x4001))));
    let shares = extensions.find::<KeyShares<'_>>().unwrap().unwrap();
    assert_eq!(
        shares.0.iter().map(|share| (share.group, share.key_exchange.len())).collect::<Vec<_>>(),
        [(NamedGroup::X25519, 32)]
    );
}

/// RFC 8448 §4 gives the part of the ClientHello that the binder is computed over.
#[test]
fn the_binders_are_where_the_trace_says() {
    let vectors = vectors("resumed-0rtt");
    let value = |name| &vectors.iter().find(|(other, _)| other == name).unwrap().1;
    let (hello, truncated) = (value("client_hello"), value("client_hello.truncated"));
    let at = ClientHello::binders_offset(hello).unwrap();
    assert_eq!(hello[..at], truncated[..]);
}
