//! What a server says to a ClientHello, as far as it is in the clear.

use handfast::pki_types::CertificateDer;
use handfast::wire::extension::{ProtocolNameList, RenegotiationInfo, RetryKeyShare, SelectedVersion};
use handfast::wire::message::tls12::{Certificate, CertificateStatus};
use handfast::wire::message::{
    DOWNGRADE_TLS11, DOWNGRADE_TLS12, HELLO_RETRY_REQUEST_RANDOM, HelloRetryRequest, ServerHello,
};
use handfast::wire::{
    Alert, AlertDescription, AlertLevel, CipherSuite, ContentType, DecodeError, ExtensionType, HandshakeType,
    NamedGroup, ProtocolVersion, Reader, SignatureScheme,
};
use std::io::{self, ErrorKind, Read};

/// How a server has answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// It goes on.
    Flight(Box<Flight>),
    /// It ends the connection, and says why.
    Alert(AlertDescription),
    /// It ends the connection without a word.
    Closed,
    /// It says something that is no TLS, or wrong; in words.
    Wrong(String),
}

/// What a server has said: in TLS 1.3 no more than its first message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) version: Option<ProtocolVersion>,
    /// Whether this was a HelloRetryRequest.
    pub(super) retries: bool,
    pub(super) suite: Option<CipherSuite>,
    pub(super) group: Option<NamedGroup>,
    /// The bits of the prime of a finite field.
    pub(super) field_bits: Option<usize>,
    /// How the key exchange is signed.
    pub(super) scheme: Option<SignatureScheme>,
    pub(super) has_session_id: bool,
    pub(super) compression: u8,
    /// The sentinel at the end of the random (RFC 9846 §4.2.3).
    pub(super) sentinel: Option<ProtocolVersion>,
    pub(super) secure_renegotiation: bool,
    pub(super) extended_main_secret: bool,
    pub(super) encrypt_then_mac: bool,
    pub(super) promises_ticket: bool,
    pub(super) heartbeat: bool,
    pub(super) protocol: Option<Vec<u8>>,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) staple: Option<Vec<u8>>,
    pub(super) wants_certificate: bool,
    /// Warnings that came before.
    pub(super) warnings: Vec<AlertDescription>,
}

/// How far to read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The first message.
    Hello,
    /// ServerHelloDone, where the version has one.
    Done,
}

/// What a server may say before it is done, in bytes.
const MOST: usize = 256 * 1024;

/// How many warnings may come before; a server that sends nothing else says nothing.
const WARNINGS: usize = 4;

/// Reads an answer.
///
/// # Errors
/// When the transport fails, or its time is up.
pub(super) fn read(mut io: impl Read, until: Until) -> io::Result<Answer> {
    let mut flight = Flight::default();
    let mut messages = Vec::new();
    let mut total = 0_usize;
    loop {
        let record = match record(&mut io)? {
            Ok(record) => record,
            Err(end) => return Ok(end.unwrap_or(Answer::Closed)),
        };
        total = total.saturating_add(record.content.len());
        if total > MOST {
            return Ok(Answer::Wrong(format!("more than {MOST} bytes before the end of its flight")));
        }
        match record.ty {
            ContentType::ALERT => match Alert::read(&record.content) {
                Ok(alert) if alert.level == AlertLevel::WARNING && flight.warnings.len() < WARNINGS => {
                    if alert.description == AlertDescription::CLOSE_NOTIFY {
                        return Ok(Answer::Alert(alert.description));
                    }
                    flight.warnings.push(alert.description);
                }
                Ok(alert) => return Ok(Answer::Alert(alert.description)),
                Err(error) => return Ok(Answer::Wrong(error.to_string())),
            },
            ContentType::HANDSHAKE => messages.extend_from_slice(&record.content),
            ty => return Ok(Answer::Wrong(format!("a record of type {ty} in answer to a ClientHello"))),
        }
        loop {
            match take(&mut messages, &mut flight, until) {
                Ok(Step::More) => break,
                Ok(Step::Next) => {}
                Ok(Step::End) => return Ok(Answer::Flight(Box::new(flight))),
                Err(error) => return Ok(Answer::Wrong(error.to_string())),
            }
        }
    }
}

struct Record {
    ty: ContentType,
    content: Vec<u8>,
}

/// One record. The inner error is the end: with what came in its place, if that is no TLS.
fn record(io: &mut impl Read) -> io::Result<Result<Record, Option<Answer>>> {
    let mut header = [0; 5];
    let mut len = 0;
    while let Some(rest) = header.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match io.read(rest) {
            Ok(0) if len == 0 => return Ok(Err(None)),
            Ok(0) => return Ok(Err(Some(not_tls(header.get(..len).unwrap_or_default())))),
            Ok(more) => len = len.saturating_add(more),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_cut(&error) => return Ok(Err(None)),
            Err(error) => return Err(error),
        }
    }
    let [ty, major, _, high, low] = header;
    let len = usize::from(u16::from_be_bytes([high, low]));
    // RFC 5246 §6.2.3: 2^14 + 2048.
    if !(20..=24).contains(&ty) || major != 3 || len > 18_432 {
        return Ok(Err(Some(not_tls(&header))));
    }
    let mut content = vec![0; len];
    match io.read_exact(&mut content) {
        Ok(()) => Ok(Ok(Record { ty: ContentType(ty), content })),
        Err(error) if is_cut(&error) || error.kind() == ErrorKind::UnexpectedEof => Ok(Err(None)),
        Err(error) => Err(error),
    }
}

fn is_cut(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

fn not_tls(bytes: &[u8]) -> Answer {
    Answer::Wrong(format!("it answers with what is no TLS: {}", crate::escape::bytes(bytes)))
}

enum Step {
    /// The message is not whole.
    More,
    Next,
    End,
}

/// Takes a message off the front.
fn take(messages: &mut Vec<u8>, flight: &mut Flight, until: Until) -> Result<Step, DecodeError> {
    let mut r = Reader::new(messages);
    let (Ok(ty), Ok(body)) = (r.u8("msg_type"), r.vec24("Handshake", 0..=MOST)) else {
        return Ok(Step::More);
    };
    let rest = r.remaining();
    let ty = HandshakeType(ty);
    let end = match ty {
        HandshakeType::SERVER_HELLO => {
            hello(body, flight)?;
            until == Until::Hello || flight.version == Some(ProtocolVersion::TLS1_3)
        }
        _ if flight.version.is_none() => return Err(DecodeError::Value("the first message")),
        HandshakeType::CERTIFICATE => {
            let message = Certificate::read(body)?;
            flight.chain = message.certificates.iter().map(|one| CertificateDer::from(one.0.to_vec())).collect();
            false
        }
        HandshakeType::CERTIFICATE_STATUS => {
            flight.staple = Some(CertificateStatus::read(body)?.0.to_vec());
            false
        }
        HandshakeType::SERVER_KEY_EXCHANGE => {
            exchange(body, flight)?;
            false
        }
        HandshakeType::CERTIFICATE_REQUEST => {
            flight.wants_certificate = true;
            false
        }
        HandshakeType::SERVER_HELLO_DONE => true,
        _ => false,
    };
    let taken = messages.len().saturating_sub(rest);
    messages.drain(..taken);
    Ok(if end { Step::End } else { Step::Next })
}

fn hello(body: &[u8], flight: &mut Flight) -> Result<(), DecodeError> {
    // Behind the version.
    if body.get(2..34) == Some(&HELLO_RETRY_REQUEST_RANDOM) {
        let hello = HelloRetryRequest::read(body)?;
        flight.version = hello.extensions.find::<SelectedVersion>()?.map(|SelectedVersion(version)| version);
        flight.version = flight.version.or(Some(hello.legacy_version));
        flight.retries = true;
        flight.suite = Some(hello.cipher_suite);
        flight.group = hello.extensions.find::<RetryKeyShare>()?.map(|RetryKeyShare(group)| group);
        return Ok(());
    }
    let hello = ServerHello::read(body)?;
    let has = |ty| hello.extensions.contains(ty);
    let selected = hello.extensions.find::<SelectedVersion>()?.map(|SelectedVersion(version)| version);
    flight.version = selected.or(Some(hello.legacy_version));
    flight.suite = Some(hello.cipher_suite);
    flight.has_session_id = !hello.session_id.is_empty();
    flight.compression = hello.compression_method;
    flight.sentinel = match hello.random.last_chunk() {
        Some(&DOWNGRADE_TLS12) => Some(ProtocolVersion::TLS1_2),
        Some(&DOWNGRADE_TLS11) => Some(ProtocolVersion::TLS1_1),
        _ => None,
    };
    flight.secure_renegotiation = hello.extensions.find::<RenegotiationInfo<'_>>()?.is_some();
    flight.extended_main_secret = has(ExtensionType::EXTENDED_MASTER_SECRET);
    flight.encrypt_then_mac = has(ExtensionType::ENCRYPT_THEN_MAC);
    flight.promises_ticket = has(ExtensionType::SESSION_TICKET);
    flight.heartbeat = has(ExtensionType::HEARTBEAT);
    if selected.is_none() {
        let names = hello.extensions.find::<ProtocolNameList<'_>>()?;
        flight.protocol = names.and_then(|ProtocolNameList(names)| names.iter().next()).map(|name| name.0.to_vec());
    }
    Ok(())
}

/// What the parameters say: a curve, or a prime. In TLS 1.2 the scheme of the signature follows them (RFC 5246 §7.4.3); before,
/// the key says which it is.
fn exchange(body: &[u8], flight: &mut Flight) -> Result<(), DecodeError> {
    let Some(suite) = flight.suite else { return Ok(()) };
    let mut r = Reader::new(body);
    if super::suites::has_psk(suite) {
        r.vec16("psk_identity_hint", 0..=0xffff)?;
    }
    if super::suites::has_curve(suite) {
        if r.u8("curve_type")? != 3 {
            return Ok(());
        }
        flight.group = Some(NamedGroup(r.u16("namedcurve")?));
        r.vec8("public", 1..=255)?;
    } else if super::suites::has_field(suite) {
        let p = r.vec16("dh_p", 1..=0xffff)?;
        flight.field_bits = Some(bits(p));
        r.vec16("dh_g", 1..=0xffff)?;
        r.vec16("dh_Ys", 1..=0xffff)?;
    } else {
        return Ok(());
    }
    if flight.version == Some(ProtocolVersion::TLS1_2) && super::suites::signs(suite).is_some() && !r.is_empty() {
        flight.scheme = Some(SignatureScheme(r.u16("algorithm")?));
    }
    Ok(())
}

/// The length of a number in bits.
fn bits(number: &[u8]) -> usize {
    let mut digits = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = digits.next() else { return 0 };
    let rest = digits.count().saturating_mul(8);
    rest.saturating_add(usize::try_from(8 - first.leading_zeros()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::wire::{ExtensionBlock, List, extension::ProtocolName, message::tls12};

    fn record(ty: u8, content: &[u8]) -> Vec<u8> {
        let len = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[ty, 3, 3], &len[..], content].concat()
    }

    fn read_all(bytes: &[u8], until: Until) -> Answer {
        read(bytes, until).unwrap()
    }

    fn server_hello(suite: u16, sentinel: [u8; 8]) -> Vec<u8> {
        let mut block = ExtensionBlock::new();
        block.push(&RenegotiationInfo(&[])).unwrap();
        block.push(&ProtocolNameList(List::from(&[ProtocolName(b"h2")]))).unwrap();
        let mut random = [9; 32];
        random[24..].copy_from_slice(&sentinel);
        let hello = ServerHello {
            legacy_version: ProtocolVersion::TLS1_2,
            random,
            session_id: &[1],
            cipher_suite: CipherSuite(suite),
            compression_method: 1,
            extensions: block.as_extensions(),
        };
        let mut out = Vec::new();
        hello.write(&mut out).unwrap();
        out
    }

    /// A flight of ECDHE_RSA, with a warning in front.
    fn flight() -> (Vec<u8>, Vec<u8>) {
        let mut out = server_hello(0xc02f, DOWNGRADE_TLS12);
        let certificates = [tls12::CertificateData(b"leaf"), tls12::CertificateData(b"above")];
        Certificate { certificates: List::from(&certificates) }.write(&mut out).unwrap();
        CertificateStatus(b"response").write(&mut out).unwrap();
        let mut params = Vec::new();
        tls12::EcdheParams { group: NamedGroup::X25519, public: &[5; 32] }.write(&mut params).unwrap();
        let scheme = SignatureScheme::RSA_PSS_RSAE_SHA256;
        tls12::ServerKeyExchange::write_signed(&params, scheme, &[6; 7], &mut out).unwrap();
        // A CertificateRequest, which is not looked into.
        out.extend_from_slice(&[13, 0, 0, 1, 0]);
        tls12::ServerHelloDone.write(&mut out).unwrap();
        (record(21, &[1, 112]), out)
    }

    /// However it is cut into records.
    #[test]
    fn a_whole_flight() {
        let (warning, messages) = flight();
        for size in [1, 3, 100, 10_000] {
            let records: Vec<_> = messages.chunks(size).map(|piece| record(22, piece)).collect();
            let bytes = [warning.clone(), records.concat()].concat();
            let Answer::Flight(found) = read_all(&bytes, Until::Done) else { panic!("no flight") };
            let expected = Flight {
                version: Some(ProtocolVersion::TLS1_2),
                suite: Some(CipherSuite(0xc02f)),
                group: Some(NamedGroup::X25519),
                scheme: Some(SignatureScheme::RSA_PSS_RSAE_SHA256),
                has_session_id: true,
                compression: 1,
                sentinel: Some(ProtocolVersion::TLS1_2),
                secure_renegotiation: true,
                protocol: Some(b"h2".to_vec()),
                chain: vec![CertificateDer::from(b"leaf".to_vec()), CertificateDer::from(b"above".to_vec())],
                staple: Some(b"response".to_vec()),
                wants_certificate: true,
                warnings: vec![AlertDescription::UNRECOGNIZED_NAME],
                ..Flight::default()
            };
            assert_eq!(*found, expected);
        }
        // The first message is enough for some.
        let Answer::Flight(flight) = read_all(&record(22, &messages), Until::Hello) else { panic!("no flight") };
        assert_eq!((flight.chain.len(), flight.suite), (0, Some(CipherSuite(0xc02f))));
    }

    #[test]
    fn a_hello_retry_request() {
        let mut block = ExtensionBlock::new();
        block.push(&SelectedVersion(ProtocolVersion::TLS1_3)).unwrap();
        block.push(&RetryKeyShare(NamedGroup::SECP384R1)).unwrap();
        let mut out = Vec::new();
        HelloRetryRequest {
            legacy_version: ProtocolVersion::TLS1_2,
            session_id: &[],
            cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
            compression_method: 0,
            extensions: block.as_extensions(),
        }
        .write(&mut out)
        .unwrap();
        // There is no ServerHelloDone to wait for.
        let Answer::Flight(flight) = read_all(&record(22, &out), Until::Done) else { panic!("no flight") };
        assert_eq!((flight.version, flight.retries), (Some(ProtocolVersion::TLS1_3), true));
        assert_eq!((flight.group, flight.suite), (Some(NamedGroup::SECP384R1), Some(CipherSuite(0x1301))));
    }

    #[test]
    fn no_flight() {
        for (bytes, expected) in [
            (record(21, &[2, 70]), "alert protocol_version"),
            (record(21, &[1, 0]), "alert close_notify"),
            (record(21, &[2]), "wrong: description is cut short"),
            (record(21, &[1, 112]).repeat(5), "alert unrecognized_name"),
            (Vec::new(), "closed"),
            (record(22, &[2, 0, 0, 70]), "closed"),
            (vec![22, 3, 3, 0, 9, 1], "closed"),
            (b"HTTP/1.1 400\r\n".to_vec(), "wrong: it answers with what is no TLS: HTTP/"),
            (b"SSH\x1b".to_vec(), "wrong: it answers with what is no TLS: SSH\\u{1b}"),
            (vec![22, 3, 3, 0xff, 0xff], "wrong: it answers with what is no TLS: \\u{16}\\u{3}\\u{3}\u{fffd}\u{fffd}"),
            (record(23, &[1]), "wrong: a record of type application_data in answer to a ClientHello"),
            (record(22, &[11, 0, 0, 3, 0, 0, 0]), "wrong: the first message has an illegal value"),
            (record(22, &[2, 0, 0, 1, 3]), "wrong: legacy_version is cut short"),
        ] {
            let said = match read_all(&bytes, Until::Done) {
                Answer::Flight(flight) => format!("{flight:?}"),
                Answer::Alert(alert) => format!("alert {alert}"),
                Answer::Closed => "closed".to_string(),
                Answer::Wrong(why) => format!("wrong: {why}"),
            };
            assert_eq!(said, expected, "{bytes:?}");
        }
    }

    /// Neither one message nor many make it grow for ever.
    #[test]
    fn what_never_ends_is_cut_off() {
        let hello = record(22, &server_hello(0xc02f, [0; 8]));
        let many = record(22, &[12, 0, 0x40, 0]).into_iter().chain(record(22, &[0; 16_384]).repeat(17));
        let bytes: Vec<_> = hello.into_iter().chain(many).collect();
        let Answer::Wrong(why) = read_all(&bytes, Until::Done) else { panic!("taken") };
        assert_eq!(why, "more than 262144 bytes before the end of its flight");
    }

    #[test]
    fn bits_of_a_number() {
        for (number, expected) in [(&[0_u8, 0][..], 0), (&[1], 1), (&[0, 0x80, 0], 16), (&[0x7f; 96], 767)] {
            assert_eq!(bits(number), expected);
        }
    }
}
