//! What a handshake message says.

use super::certificate;
use super::extension::{block, group, scheme};
use super::lines::{Hex, Lines, Named};
use handfast_crypto::{KeyExchange, Suite};
use handfast_wire::message::tls12::{self, ClientKeyExchange, DheParams, EcdheParams, ServerKeyExchange, Signed};
use handfast_wire::message::{self, header};
use handfast_wire::{CipherSuite, DecodeError, Dialect, ExtensionType, Extensions, Message, Place, ProtocolVersion};

/// What of a connection says how its messages are to be read.
#[derive(Clone, Copy, Default)]
pub(super) struct Context {
    /// As ServerHello has it.
    version: Option<ProtocolVersion>,
    suite: Option<CipherSuite>,
    raw_keys: bool,
}

impl Context {
    pub(super) fn new(version: Option<ProtocolVersion>) -> Self {
        Self { version, ..Self::default() }
    }

    /// Writes a whole message, and learns from it how the next ones are to be read.
    pub(super) fn show(&mut self, lines: &mut Lines<'_>, raw: &[u8]) {
        let length = header(raw).map_or(0, |(_, length)| length);
        lines.line(format_args!("{}, Length={length}", Message::kind_of(raw).name()));
        let mut inner = lines.inner();
        match self.read(raw) {
            Ok(message) => {
                self.learn(&message);
                self.body(&mut inner, &message);
            }
            Err(error) => {
                inner.line(format_args!("cannot be read: {error}"));
                inner.line(Hex(raw.get(message::HEADER_LEN..).unwrap_or_default()));
            }
        }
    }

    /// No message of the one version is in the form of the other, where the version is not known.
    fn read<'a>(&self, raw: &'a [u8]) -> Result<Message<'a>, DecodeError> {
        let tls12 = if self.raw_keys { Dialect::Tls12RawKey } else { Dialect::Tls12 };
        match self.version {
            Some(ProtocolVersion::TLS1_3) => Message::read(Dialect::Tls13, raw),
            Some(_) => Message::read(tls12, raw),
            None => match Message::read(Dialect::Tls13, raw) {
                Ok(message) if !matches!(message, Message::Opaque { .. }) => Ok(message),
                of_tls13 => Message::read(tls12, raw).or(of_tls13),
            },
        }
    }

    fn learn(&mut self, message: &Message<'_>) {
        match message {
            Message::ServerHello(hello) => {
                let tls13 = hello.extensions.contains(ExtensionType::SUPPORTED_VERSIONS);
                self.version = Some(if tls13 { ProtocolVersion::TLS1_3 } else { hello.legacy_version });
                self.suite = Some(hello.cipher_suite);
                self.raw_keys = hello.extensions.iter().any(|(ty, body)| {
                    ty == ExtensionType::SERVER_CERTIFICATE_TYPE
                        && body == [handfast_wire::CertificateType::RAW_PUBLIC_KEY.0]
                });
            }
            Message::HelloRetryRequest(_) => self.version = Some(ProtocolVersion::TLS1_3),
            _ => {}
        }
    }

    fn exchange(&self) -> Option<KeyExchange> {
        self.suite.and_then(Suite::find).map(|suite| suite.exchange)
    }

    fn body(&self, lines: &mut Lines<'_>, message: &Message<'_>) {
        match message {
            Message::ClientHello(hello) => client_hello(lines, hello),
            Message::ServerHello(hello) => {
                hello_head(lines, "server_version", hello.legacy_version, Some(&hello.random), hello.session_id);
                let tls13 = hello.extensions.contains(ExtensionType::SUPPORTED_VERSIONS);
                let place = if tls13 { Place::ServerHello } else { Place::ServerHello12 };
                selected(lines, hello.cipher_suite, hello.compression_method, &hello.extensions, place);
            }
            Message::HelloRetryRequest(retry) => {
                hello_head(lines, "server_version", retry.legacy_version, None, retry.session_id);
                let place = Place::HelloRetryRequest;
                selected(lines, retry.cipher_suite, retry.compression_method, &retry.extensions, place);
            }
            Message::EncryptedExtensions(own) => block(lines, &own.extensions, Place::EncryptedExtensions),
            Message::Certificate(own) => {
                lines.hex("context", own.context);
                lines.items(own.entries.iter(), |lines, entry| {
                    certificate::show(lines, entry.data);
                    block(lines, &entry.extensions, Place::CertificateEntry);
                });
            }
            Message::Certificate12(own) => {
                lines.items(own.certificates.iter(), |lines, data| certificate::show(lines, data.0));
            }
            Message::RawPublicKey12(own) => lines.hex("SubjectPublicKeyInfo", own.spki),
            Message::CompressedCertificate(own) => {
                lines.line(format_args!("algorithm: {}", Named(own.algorithm.name(), own.algorithm.0)));
                lines.line(format_args!("uncompressed_length={}", own.uncompressed_length));
                lines.hex("compressed_certificate_message", own.compressed);
            }
            Message::CertificateRequest(own) => {
                lines.hex("request_context", own.context);
                block(lines, &own.extensions, Place::CertificateRequest);
            }
            Message::CertificateRequest12(own) => request12(lines, own),
            Message::CertificateStatus(own) => lines.hex("OCSPResponse", own.0),
            Message::CertificateVerify(own) => signature(lines, own.scheme, own.signature),
            Message::ServerKeyExchange(own) => self.server_key_exchange(lines, own),
            Message::ClientKeyExchange(own) => self.client_key_exchange(lines, own),
            Message::Finished(own) => lines.hex("verify_data", own.verify_data),
            Message::NewSessionTicket(own) => {
                lines.line(format_args!("ticket_lifetime={}", own.lifetime));
                lines.line(format_args!("ticket_age_add={}", own.age_add));
                lines.hex("ticket_nonce", own.nonce);
                lines.hex("ticket", own.ticket);
                block(lines, &own.extensions, Place::NewSessionTicket);
            }
            Message::NewSessionTicket12(own) => {
                lines.line(format_args!("ticket_lifetime_hint={}", own.lifetime_hint));
                lines.hex("ticket", own.ticket);
            }
            Message::KeyUpdate(own) => lines.line(Named(own.request.name(), own.request.0)),
            Message::EndOfEarlyData(_) | Message::HelloRequest(_) | Message::ServerHelloDone(_) => {}
            Message::Opaque { body, .. } => lines.hex("body", body),
        }
    }

    fn server_key_exchange(&self, lines: &mut Lines<'_>, own: &ServerKeyExchange<'_>) {
        let exchange = self.exchange();
        let shown = match exchange {
            Some(KeyExchange::Dhe) => own.dhe().map(|own| {
                lines.line("KeyExchangeAlgorithm=DHE");
                signed(lines, own, dhe);
            }),
            Some(KeyExchange::Psk) => own.psk().map(|hint| {
                lines.line("KeyExchangeAlgorithm=PSK");
                lines.hex("psk_identity_hint", hint);
            }),
            Some(KeyExchange::EcdhePsk) => own.ecdhe_psk().map(|(hint, params)| {
                lines.line("KeyExchangeAlgorithm=ECDHEPSK");
                lines.hex("psk_identity_hint", hint);
                ecdhe(&mut lines.inner(), &params);
            }),
            Some(KeyExchange::DhePsk) => own.dhe_psk().map(|(hint, params)| {
                lines.line("KeyExchangeAlgorithm=DHEPSK");
                lines.hex("psk_identity_hint", hint);
                dhe(&mut lines.inner(), &params);
            }),
            _ => own.ecdhe().map(|own| {
                lines.line("KeyExchangeAlgorithm=ECDHE");
                signed(lines, own, ecdhe);
            }),
        };
        if shown.is_err() {
            lines.hex("cannot be read", own.body);
        }
    }

    /// What is encrypted for a key is as it went over the wire.
    fn client_key_exchange(&self, lines: &mut Lines<'_>, own: &ClientKeyExchange<'_>) {
        let exchange = self.exchange();
        let shown = match exchange {
            Some(KeyExchange::Dhe) => own.dhe().map(|public| lines.hex("dh_Yc", public)),
            Some(KeyExchange::Rsa) => own.rsa().map(|sealed| lines.hex("EncryptedPreMasterSecret", sealed)),
            Some(KeyExchange::Psk) => own.psk().map(|identity| lines.hex("psk_identity", identity)),
            Some(KeyExchange::EcdhePsk) => own.ecdhe_psk().map(|(identity, public)| {
                lines.hex("psk_identity", identity);
                lines.hex("ecdh_Yc", public);
            }),
            Some(KeyExchange::DhePsk) => own.dhe_psk().map(|(identity, public)| {
                lines.hex("psk_identity", identity);
                lines.hex("dh_Yc", public);
            }),
            _ => own.ecdhe().map(|public| lines.hex("ecdh_Yc", public)),
        };
        if shown.is_err() {
            lines.hex("cannot be read", own.body);
        }
    }
}

fn client_hello(lines: &mut Lines<'_>, hello: &message::ClientHello<'_>) {
    hello_head(lines, "client_version", hello.legacy_version, Some(&hello.random), hello.session_id);
    let suites = hello.cipher_suites.iter();
    lines.line(format_args!("cipher_suites (len={})", suites.clone().count().saturating_mul(2)));
    lines.inner().items(suites, |lines, suite| lines.line(self::suite(suite)));
    lines.line(format_args!("compression_methods (len={})", hello.compression_methods.len()));
    lines.inner().items(hello.compression_methods.iter(), |lines, method| lines.line(compression(*method)));
    block(lines, &hello.extensions, Place::ClientHello);
}

/// What the hellos begin with. A HelloRetryRequest has no random of its own.
fn hello_head(lines: &mut Lines<'_>, version: &str, number: ProtocolVersion, random: Option<&[u8; 32]>, id: &[u8]) {
    lines.line(format_args!("{version}={:#x} ({number})", number.0));
    if let Some(random) = random {
        lines.line(format_args!("Random (len=32): {}", Hex(random)));
    }
    lines.hex("session_id", id);
}

fn selected(lines: &mut Lines<'_>, suite: CipherSuite, method: u8, extensions: &Extensions<'_>, place: Place) {
    lines.line(format_args!("cipher_suite {}", self::suite(suite)));
    lines.line(format_args!("compression_method: {}", compression(method)));
    block(lines, extensions, place);
}

fn request12(lines: &mut Lines<'_>, own: &tls12::CertificateRequest<'_>) {
    lines.hex("certificate_types", own.types);
    lines.line(format_args!("signature_algorithms (len={})", own.schemes.iter().count().saturating_mul(2)));
    lines.inner().items(own.schemes.iter(), |lines, own| lines.line(scheme(own)));
    lines.line("certificate_authorities");
    lines.inner().items(own.authorities.iter(), |lines, name| certificate::name(lines, name.0));
}

fn signed<P>(lines: &mut Lines<'_>, own: Signed<'_, P>, show: fn(&mut Lines<'_>, &P)) {
    show(&mut lines.inner(), &own.params);
    signature(lines, own.scheme, own.signature);
}

fn signature(lines: &mut Lines<'_>, scheme: handfast_wire::SignatureScheme, signature: &[u8]) {
    lines.line(format_args!("Signature Algorithm: {}", self::scheme(scheme)));
    lines.hex("Signature", signature);
}

fn ecdhe(lines: &mut Lines<'_>, params: &EcdheParams<'_>) {
    lines.line(format_args!("named_curve: {}", group(params.group)));
    lines.hex("point", params.public);
}

fn dhe(lines: &mut Lines<'_>, params: &DheParams<'_>) {
    lines.hex("dh_p", params.p);
    lines.hex("dh_g", params.g);
    lines.hex("dh_Ys", params.public);
}

fn suite(suite: CipherSuite) -> impl core::fmt::Display {
    struct Shown(CipherSuite);
    impl core::fmt::Display for Shown {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            let [high, low] = self.0.0.to_be_bytes();
            let name = if self.0.is_grease() { "GREASE" } else { self.0.name().unwrap_or("UNKNOWN") };
            write!(f, "{{{high:#04X}, {low:#04X}}} {name}")
        }
    }
    Shown(suite)
}

fn compression(method: u8) -> impl core::fmt::Display {
    Named(if method == 0 { Some("No Compression") } else { None }, method)
}
