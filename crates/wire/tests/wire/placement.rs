//! Extensions where they may stand and where they may not.

use std::collections::HashMap;

use handfast_wire::message::*;
use handfast_wire::*;

/// Where each extension may stand: the table of RFC 9846 §4.3, typed by hand, and for TLS 1.2 (SH12) the RFC that defines
/// the extension.
const EXPECTED: &str = "
    server_name CH EE CR SH12
    max_fragment_length CH EE SH12
    client_certificate_url CH SH12
    trusted_ca_keys CH SH12
    truncated_hmac CH SH12
    status_request CH CR CT SH12
    user_mapping CH SH12
    client_authz CH SH12
    server_authz CH SH12
    cert_type CH SH12
    supported_groups CH EE SH12
    ec_point_formats CH SH12
    srp CH
    signature_algorithms CH CR
    use_srtp CH EE SH12
    heartbeat CH EE SH12
    application_layer_protocol_negotiation CH EE SH12
    status_request_v2 CH SH12
    signed_certificate_timestamp CH CR CT SH12
    client_certificate_type CH EE SH12
    server_certificate_type CH EE SH12
    padding CH
    encrypt_then_mac CH SH12
    extended_main_secret CH SH12
    token_binding CH SH12
    cached_info CH EE SH12
    compress_certificate CH CR
    record_size_limit CH EE SH12
    tls_cert_with_extern_psk CH SH
    delegated_credential CH CR CT
    session_ticket CH SH12
    supported_ekt_ciphers CH EE SH12
    pre_shared_key CH SH
    early_data CH EE NST
    supported_versions CH SH HRR
    cookie CH HRR
    psk_key_exchange_modes CH
    certificate_authorities CH CR
    oid_filters CR
    post_handshake_auth CH
    signature_algorithms_cert CH CR
    key_share CH SH HRR
    transparency_info CH CR CT SH12
    external_id_hash CH EE SH12
    external_session_id CH EE SH12
    quic_transport_parameters CH EE
    ticket_request CH EE
    ech_outer_extensions
    encrypted_client_hello CH HRR EE
    renegotiation_info CH SH12
";

fn abbreviation(place: Place) -> &'static str {
    match place {
        Place::ClientHello => "CH",
        Place::ServerHello => "SH",
        Place::HelloRetryRequest => "HRR",
        Place::EncryptedExtensions => "EE",
        Place::CertificateRequest => "CR",
        Place::CertificateEntry => "CT",
        Place::NewSessionTicket => "NST",
        Place::ServerHello12 => "SH12",
    }
}

/// A message with the extension in it, its body empty, for bodies are not what is read here.
fn message_with(ty: ExtensionType, place: Place) -> Vec<u8> {
    const FILLER: ExtensionType = ExtensionType(0xeeee);
    let mut block = ExtensionBlock::new();
    // A ServerHello is one of TLS 1.3 by this extension, and some blocks have a least length.
    if place == Place::ServerHello && ty != ExtensionType::SUPPORTED_VERSIONS {
        block.push_raw(ExtensionType::SUPPORTED_VERSIONS, &[3, 4]).unwrap();
    }
    block.push_raw(FILLER, &[0; 8]).unwrap();
    block.push_raw(ty, &[]).unwrap();

    let extensions = block.as_extensions();
    let (legacy_version, random) = (ProtocolVersion::TLS1_2, [0; 32]);
    let cipher_suite = CipherSuite::TLS_AES_128_GCM_SHA256;
    let (session_id, compression_method): (&[u8], u8) = (&[], 0);
    let mut raw = Vec::new();
    match place {
        Place::ClientHello => ClientHello {
            legacy_version,
            random,
            session_id,
            cipher_suites: List::from(&[cipher_suite]),
            compression_methods: &[0],
            extensions,
        }
        .write(&mut raw),
        Place::ServerHello | Place::ServerHello12 => {
            ServerHello { legacy_version, random, session_id, cipher_suite, compression_method, extensions }
                .write(&mut raw)
        }
        Place::HelloRetryRequest => {
            HelloRetryRequest { legacy_version, session_id, cipher_suite, compression_method, extensions }
                .write(&mut raw)
        }
        Place::EncryptedExtensions => EncryptedExtensions { extensions }.write(&mut raw),
        Place::CertificateRequest => CertificateRequest { context: &[], extensions }.write(&mut raw),
        Place::CertificateEntry => {
            Certificate { context: &[], entries: List::from(&[CertificateEntry { data: &[0], extensions }]) }
                .write(&mut raw)
        }
        Place::NewSessionTicket => {
            NewSessionTicket { lifetime: 0, age_add: 0, nonce: &[], ticket: &[0], extensions }.write(&mut raw)
        }
    }
    .unwrap();
    raw
}

/// Row 28 of the security history: every extension in every message.
#[test]
fn every_extension_in_every_message() {
    let rows = EXPECTED.split_terminator('\n').map(str::split_whitespace);
    let expected: HashMap<&str, Vec<&str>> = rows.filter_map(|mut row| Some((row.next()?, row.collect()))).collect();
    assert_eq!(expected.len(), ExtensionType::ALL.len());

    for &ty in ExtensionType::ALL {
        let places = &expected[ty.name().unwrap()];
        for &place in Place::ALL {
            // This one makes the message a ServerHello of TLS 1.3, so there is no such cell.
            if (ty, place) == (ExtensionType::SUPPORTED_VERSIONS, Place::ServerHello12) {
                continue;
            }
            let allowed = places.contains(&abbreviation(place));
            assert_eq!(placed(ty, place), Some(allowed), "{ty} in {place:?}");

            let raw = message_with(ty, place);
            let read = Message::read(Dialect::Tls13, &raw);
            if allowed {
                assert!(read.is_ok(), "{ty} in {place:?}: {read:?}");
            } else {
                assert_eq!(read, Err(DecodeError::MisplacedExtension(ty)), "{ty} in {place:?}");
            }
        }
    }
    assert_eq!(placed(ExtensionType::SUPPORTED_VERSIONS, Place::ServerHello12), Some(false));
}

/// RFC 9846 §4.3: what is not recognised is not misplaced.
#[test]
fn unknown_extensions_may_stand_anywhere() {
    for ty in [ExtensionType(0x0a0a), ExtensionType(0xfafa), ExtensionType(13172), ExtensionType(0xffff)] {
        for &place in Place::ALL {
            assert_eq!(placed(ty, place), None);
            let raw = message_with(ty, place);
            let read = Message::read(Dialect::Tls13, &raw);
            assert!(read.is_ok(), "{ty} in {place:?}: {read:?}");
        }
    }
}
