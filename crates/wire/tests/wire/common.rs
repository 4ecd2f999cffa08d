//! What the longer tests share: the messages of RFC 8448, a hand-made handshake of each version, and writing back what was
//! read.

use std::path::Path;

use handfast_wire::extension::*;
use handfast_wire::message::*;
use handfast_wire::*;

/// The handshake messages in the RFC 8448 traces, each as `file: name` and its bytes.
pub(crate) fn rfc8448_messages() -> Vec<(String, Vec<u8>)> {
    const NAMES: &[&str] = &[
        "client_hello",
        "client_hello_1",
        "server_hello",
        "hello_retry_request",
        "encrypted_extensions",
        "certificate_request",
        "certificate",
        "certificate_verify",
        "server_finished",
        "client_certificate",
        "client_certificate_verify",
        "client_finished",
        "end_of_early_data",
        "new_session_ticket",
    ];
    let files = ["simple-1rtt", "resumed-0rtt", "hello-retry-request", "client-authentication", "compatibility-mode"];
    let mut messages = Vec::new();
    for file in files {
        for (name, bytes) in vectors(file) {
            if NAMES.contains(&name.as_str()) {
                messages.push((format!("{file}: {name}"), bytes));
            }
        }
    }
    messages
}

/// The values of one file of vectors: `name = hexadecimal`, which may go on over indented lines.
pub(crate) fn vectors(file: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/rfc8448").join(file).with_extension("txt");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut values: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once('=') {
            Some((name, digits)) => values.push((name.trim().into(), digits.trim().into())),
            None => values.last_mut().into_iter().for_each(|(_, digits)| digits.push_str(line.trim())),
        }
    }
    values
        .into_iter()
        .filter(|(_, digits)| digits.len().is_multiple_of(2))
        .map(|(name, digits)| (name, hex(&digits)))
        .collect()
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map_while(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

/// Messages with every extension that has a syntax here, and lists of more than one item.
pub(crate) fn rich_messages() -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut message = |write: &Write<'_>| messages.push(bytes(write));

    let hello = rich_client_hello_extensions();
    message(&|out| {
        ClientHello {
            legacy_version: ProtocolVersion::TLS1_2,
            random: [1; 32],
            session_id: &[2; 32],
            cipher_suites: List::from(CipherSuite::ALL),
            compression_methods: &[0],
            extensions: hello.as_extensions(),
        }
        .write(out)
    });
    for tls13 in [true, false] {
        let extensions = rich_server_hello_extensions(tls13);
        message(&|out| {
            ServerHello {
                legacy_version: ProtocolVersion::TLS1_2,
                random: [3; 32],
                session_id: &[2; 32],
                cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
                compression_method: 0,
                extensions: extensions.as_extensions(),
            }
            .write(out)
        });
    }
    let mut retry = ExtensionBlock::new();
    retry.push(&SelectedVersion(ProtocolVersion::TLS1_3)).unwrap();
    retry.push(&RetryKeyShare(NamedGroup::SECP256R1)).unwrap();
    retry.push(&Cookie(b"cookie")).unwrap();
    message(&|out| {
        HelloRetryRequest {
            legacy_version: ProtocolVersion::TLS1_2,
            session_id: &[2; 32],
            cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
            compression_method: 0,
            extensions: retry.as_extensions(),
        }
        .write(out)
    });
    let mut encrypted = ExtensionBlock::new();
    encrypted.push(&ServerNameAck).unwrap();
    encrypted.push(&ProtocolNameList(List::from(&[ProtocolName(b"h2")]))).unwrap();
    encrypted.push(&EarlyData).unwrap();
    encrypted.push(&SelectedServerCertificateType(CertificateType::X509)).unwrap();
    encrypted.push(&SelectedClientCertificateType(CertificateType::RAW_PUBLIC_KEY)).unwrap();
    encrypted.push(&TicketRequestHint { expected_count: 2 }).unwrap();
    message(&|out| EncryptedExtensions { extensions: encrypted.as_extensions() }.write(out));

    let request = rich_certificate_request_extensions();
    message(&|out| CertificateRequest { context: b"ctx", extensions: request.as_extensions() }.write(out));

    let mut beside = ExtensionBlock::new();
    beside.push(&CertificateStatus(&[0x30, 0])).unwrap();
    beside.push(&SignedCertificateTimestampList(List::from(&[SerializedSct(&[1, 2]), SerializedSct(&[3])]))).unwrap();
    message(&|out| {
        let entries = [
            CertificateEntry { data: &[0x30; 40], extensions: beside.as_extensions() },
            CertificateEntry { data: &[0x31; 30], extensions: Extensions::default() },
        ];
        Certificate { context: b"ctx", entries: List::from(&entries) }.write(out)
    });
    message(&|out| {
        let algorithm = CompressionAlgorithm::BROTLI;
        CompressedCertificate { algorithm, uncompressed_length: 99, compressed: &[4; 50] }.write(out)
    });
    message(&|out| CertificateVerify { scheme: SignatureScheme::ED25519, signature: &[5; 64] }.write(out));
    message(&|out| Finished { verify_data: &[6; 32] }.write(out));
    let mut ticket = ExtensionBlock::new();
    ticket.push(&MaxEarlyData(16384)).unwrap();
    message(&|out| {
        let extensions = ticket.as_extensions();
        NewSessionTicket { lifetime: 7200, age_add: 8, nonce: &[0], ticket: &[9; 60], extensions }.write(out)
    });
    message(&|out| KeyUpdate { request: KeyUpdateRequest::UPDATE_REQUESTED }.write(out));
    message(&|out| EndOfEarlyData.write(out));
    rich_tls12_messages(&mut message);
    messages
}

/// The messages that TLS 1.2 has for itself, those of a key exchange in each of their forms.
fn rich_tls12_messages(message: &mut impl FnMut(&Write<'_>)) {
    use tls12::{ClientKeyExchange, ServerKeyExchange};

    message(&|out| tls12::HelloRequest.write(out));
    message(&|out| {
        let chain = [tls12::CertificateData(&[0x30; 40]), tls12::CertificateData(&[0x31; 30])];
        tls12::Certificate { certificates: List::from(&chain) }.write(out)
    });
    message(&|out| tls12::CertificateStatus(&[0x30; 20]).write(out));
    message(&|out| {
        tls12::CertificateRequest {
            types: &[1, 64],
            schemes: List::from(SignatureScheme::ALL),
            authorities: List::from(&[DistinguishedName(&[0x30, 0]), DistinguishedName(&[0x31, 0])]),
        }
        .write(out)
    });
    message(&|out| tls12::ServerHelloDone.write(out));
    message(&|out| tls12::NewSessionTicket { lifetime_hint: 300, ticket: &[9; 60] }.write(out));

    let (mut ecdhe, mut dhe) = (Vec::new(), Vec::new());
    tls12::EcdheParams { group: NamedGroup::X25519, public: &[7; 32] }.write(&mut ecdhe).unwrap();
    tls12::DheParams { p: &[0xff; 40], g: &[2], public: &[7; 40] }.write(&mut dhe).unwrap();
    for params in [&ecdhe, &dhe] {
        message(&|out| ServerKeyExchange::write_signed(params, SignatureScheme::ED25519, &[5; 64], out));
    }
    for params in [&ecdhe, &dhe, &Vec::new()] {
        message(&|out| ServerKeyExchange::write_hinted(b"hint", params, out));
    }
    message(&|out| ClientKeyExchange::write_ecdhe(&[7; 32], out));
    message(&|out| ClientKeyExchange::write_dhe(&[7; 40], out));
    message(&|out| ClientKeyExchange::write_rsa(&[7; 40], out));
    message(&|out| ClientKeyExchange::write_psk(b"bob", out));
    message(&|out| ClientKeyExchange::write_ecdhe_psk(b"bob", &[7; 32], out));
    message(&|out| ClientKeyExchange::write_dhe_psk(b"bob", &[7; 40], out));
}

fn rich_client_hello_extensions() -> ExtensionBlock {
    let mut block = ExtensionBlock::new();
    block.push(&ServerNameList(List::from(&[HostName(b"server.example")]))).unwrap();
    block.push(&StatusRequest::Ocsp(OcspStatusRequest::default())).unwrap();
    block.push(&SupportedGroups(List::from(NamedGroup::ALL))).unwrap();
    block.push(&SignatureAlgorithms(List::from(SignatureScheme::ALL))).unwrap();
    block.push(&SignatureAlgorithmsCert(List::from(SignatureScheme::ALL))).unwrap();
    block.push(&ProtocolNameList(List::from(&[ProtocolName(b"h2"), ProtocolName(b"http/1.1")]))).unwrap();
    block.push(&SignedCertificateTimestampRequest).unwrap();
    block.push(&DelegatedCredentialSchemes(List::from(SignatureScheme::ALL))).unwrap();
    block.push(&ServerCertificateTypes(List::from(CertificateType::ALL))).unwrap();
    block.push(&ClientCertificateTypes(List::from(CertificateType::ALL))).unwrap();
    block.push(&EcPointFormats(List::from(EcPointFormat::ALL))).unwrap();
    block.push(&ExtendedMasterSecret).unwrap();
    block.push(&EncryptThenMac).unwrap();
    block.push(&SessionTicket(b"ticket of TLS 1.2")).unwrap();
    block.push(&RenegotiationInfo(&[])).unwrap();
    block.push(&MaxFragmentLength(4)).unwrap();
    block.push(&RecordSizeLimit(16385)).unwrap();
    block.push(&CompressCertificate(List::from(CompressionAlgorithm::ALL))).unwrap();
    block.push(&CertificateAuthorities(List::from(&[DistinguishedName(&[0x30, 0])]))).unwrap();
    block.push(&PostHandshakeAuth).unwrap();
    block.push(&TicketRequest { new_session_count: 2, resumption_count: 1 }).unwrap();
    block.push_raw(ExtensionType(0x6a6a), &[0]).unwrap();
    block.push(&SupportedVersions(List::from(ProtocolVersion::ALL))).unwrap();
    block.push(&Cookie(b"cookie")).unwrap();
    block
        .push(&KeyShares(List::from(&[
            KeyShareEntry { group: NamedGroup(0x1a1a), key_exchange: &[0] },
            KeyShareEntry { group: NamedGroup::X25519, key_exchange: &[7; 32] },
        ])))
        .unwrap();
    block.push(&Padding(20)).unwrap();
    block.push(&EarlyData).unwrap();
    block.push(&PskKeyExchangeModes(List::from(PskKeyExchangeMode::ALL))).unwrap();
    block
        .push(&OfferedPsks {
            identities: List::from(&[
                PskIdentity { identity: b"ticket", obfuscated_ticket_age: 12345 },
                PskIdentity { identity: b"bob", obfuscated_ticket_age: 0 },
            ]),
            binders: List::from(&[PskBinder(&[8; 32]), PskBinder(&[9; 48])]),
        })
        .unwrap();
    block
}

fn rich_server_hello_extensions(tls13: bool) -> ExtensionBlock {
    let mut block = ExtensionBlock::new();
    if tls13 {
        block.push(&SelectedVersion(ProtocolVersion::TLS1_3)).unwrap();
        let share = KeyShareEntry { group: NamedGroup::X25519, key_exchange: &[7; 32] };
        block.push(&ServerKeyShare(share)).unwrap();
        block.push(&SelectedPsk(1)).unwrap();
    } else {
        block.push(&ServerNameAck).unwrap();
        block.push(&MaxFragmentLength(4)).unwrap();
        block.push(&EmptyStatusRequest).unwrap();
        block.push(&EcPointFormats(List::from(&[EcPointFormat::UNCOMPRESSED]))).unwrap();
        block.push(&ProtocolNameList(List::from(&[ProtocolName(b"http/1.1")]))).unwrap();
        block.push(&SignedCertificateTimestampList(List::from(&[SerializedSct(&[1, 2])]))).unwrap();
        block.push(&SelectedClientCertificateType(CertificateType::X509)).unwrap();
        block.push(&SelectedServerCertificateType(CertificateType::X509)).unwrap();
        block.push(&EncryptThenMac).unwrap();
        block.push(&ExtendedMasterSecret).unwrap();
        block.push(&RecordSizeLimit(16384)).unwrap();
        block.push(&SessionTicketAck).unwrap();
        block.push(&RenegotiationInfo(&[1; 24])).unwrap();
    }
    block
}

fn rich_certificate_request_extensions() -> ExtensionBlock {
    let mut block = ExtensionBlock::new();
    block.push(&SignatureAlgorithms(List::from(SignatureScheme::ALL))).unwrap();
    block.push(&EmptyStatusRequest).unwrap();
    let filters = [OidFilter { oid: &[6, 1, 1], values: &[1] }, OidFilter { oid: &[6, 1, 2], values: &[] }];
    block.push(&OidFilters(List::from(&filters))).unwrap();
    block
}

/// The message written again; `None` if it has no syntax here.
pub(crate) fn rewrite(message: &Message<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    message.write(&mut out)?.unwrap();
    Some(out)
}

/// The blocks of extensions in a message.
pub(crate) fn blocks<'a>(message: &Message<'a>) -> Vec<Extensions<'a>> {
    match message {
        Message::ClientHello(m) => vec![m.extensions],
        Message::ServerHello(m) => vec![m.extensions],
        Message::HelloRetryRequest(m) => vec![m.extensions],
        Message::EncryptedExtensions(m) => vec![m.extensions],
        Message::CertificateRequest(m) => vec![m.extensions],
        Message::Certificate(m) => m.entries.iter().map(|entry| entry.extensions).collect(),
        Message::NewSessionTicket(m) => vec![m.extensions],
        _ => vec![],
    }
}

/// Reads a key exchange of TLS 1.2 in every form there is, and checks that each that reads is written back as it was.
/// Returns how many did.
pub(crate) fn check_key_exchange(message: &Message<'_>) -> usize {
    use tls12::{ClientKeyExchange, ServerKeyExchange};

    let mut read = 0;
    let mut check = |write: &Write<'_>| {
        assert_eq!(Some(bytes(write)), rewrite(message));
        read += 1;
    };
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
    read
}

/// A writer of something.
type Write<'w> = dyn Fn(&mut Vec<u8>) -> Result<(), EncodeError> + 'w;

/// What it writes.
fn bytes(write: &Write<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    out
}

/// Reads the extensions of a block as every type there is, and checks that each that reads is written back as it was.
/// Returns how many did.
pub(crate) fn check_bodies(block: Extensions<'_>) -> usize {
    let mut read = 0;
    macro_rules! check {
        ($($Type:ty),+ $(,)?) => { $(
            if let Ok(Some(extension)) = block.find::<$Type>() {
                let mut body = Vec::new();
                extension.write(&mut Writer::new(&mut body)).unwrap();
                let (_, received) = block.iter().find(|(ty, _)| *ty == <$Type>::TYPE).unwrap();
                assert_eq!(body, received, "{extension:?}");
                read += 1;
            }
        )+ };
    }
    check!(
        CertificateAuthorities<'_>,
        CertificateStatus<'_>,
        ClientCertificateTypes<'_>,
        CompressCertificate<'_>,
        Cookie<'_>,
        DelegatedCredential<'_>,
        DelegatedCredentialSchemes<'_>,
        EarlyData,
        EcPointFormats<'_>,
        EmptyStatusRequest,
        EncryptThenMac,
        ExtendedMasterSecret,
        KeyShares<'_>,
        MaxEarlyData,
        MaxFragmentLength,
        OfferedPsks<'_>,
        OidFilters<'_>,
        Padding,
        PostHandshakeAuth,
        ProtocolNameList<'_>,
        PskKeyExchangeModes<'_>,
        RecordSizeLimit,
        RenegotiationInfo<'_>,
        RetryKeyShare,
        SelectedClientCertificateType,
        SelectedPsk,
        SelectedServerCertificateType,
        SelectedVersion,
        ServerCertificateTypes<'_>,
        ServerKeyShare<'_>,
        ServerNameAck,
        ServerNameList<'_>,
        SessionTicket<'_>,
        SessionTicketAck,
        SignatureAlgorithms<'_>,
        SignatureAlgorithmsCert<'_>,
        SignedCertificateTimestampList<'_>,
        SignedCertificateTimestampRequest,
        StatusRequest<'_>,
        SupportedGroups<'_>,
        SupportedVersions<'_>,
        TicketRequest,
        TicketRequestHint,
    );
    read
}
