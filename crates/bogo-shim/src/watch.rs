//! What passes on a connection: the reference's trace of messages, and what some of them say.

use handfast::wire::extension::{CertificateAuthorities, ProtocolNameList, SignatureAlgorithms};
use handfast::wire::message::Message;
use handfast::wire::{AlertDescription, Dialect, Extensions, MessageKind, SignatureScheme};
use handfast::{Direction, Epoch, Trace};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sees everything.
#[derive(Default)]
pub(crate) struct Watch(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    text: String,
    /// The type of the latest handshake message that came.
    last: u8,
    /// The server wants to renegotiate.
    requested: bool,
    asked: Asked,
}

/// What the peer has asked for, in its ClientHello or its CertificateRequest.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    /// The protocols, each under its length.
    pub(crate) protocols: Vec<u8>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) authorities: Vec<Vec<u8>>,
    pub(crate) certificate_types: Vec<u8>,
}

impl Watch {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reset(&self) {
        *self.seen() = Seen::default();
    }

    /// The type of the latest handshake message that came.
    pub(crate) fn last(&self) -> u8 {
        self.seen().last
    }

    /// Whether a HelloRequest has come since this was last asked.
    pub(crate) fn is_requested(&self) -> bool {
        std::mem::take(&mut self.seen().requested)
    }

    pub(crate) fn asked(&self) -> Asked {
        self.seen().asked.clone()
    }

    /// The trace: a line for each message, alert and change_cipher_spec.
    pub(crate) fn text(&self) -> String {
        self.seen().text.clone()
    }

    fn note(&self, direction: Direction, what: &str) {
        let verb = if direction == Direction::Send { "write" } else { "read" };
        let _ = writeln!(self.seen().text, "{verb} {what}");
    }
}

impl Trace for Watch {
    fn message(&self, direction: Direction, _: Epoch, raw: &[u8]) {
        let kind = raw.first().copied().unwrap_or_default();
        self.note(direction, &format!("hs {kind}"));
        if direction == Direction::Receive {
            let mut seen = self.seen();
            seen.last = kind;
            seen.requested |= kind == 0;
            seen.asked.read(raw);
        }
    }

    fn change_cipher_spec(&self, direction: Direction) {
        self.note(direction, "ccs");
    }

    /// Two alerts are warnings; others that are, of TLS 1.2, are in no trace that is compared.
    fn alert(&self, direction: Direction, alert: AlertDescription) {
        let warns = matches!(alert, AlertDescription::CLOSE_NOTIFY | AlertDescription::USER_CANCELED);
        self.note(direction, &format!("alert {} {}", if warns { 1 } else { 2 }, alert.0));
    }
}

impl Asked {
    fn read(&mut self, raw: &[u8]) {
        match Message::kind_of(raw) {
            MessageKind::ClientHello => {
                if let Ok(Message::ClientHello(hello)) = Message::read(Dialect::Tls13, raw) {
                    *self = Self::of(&hello.extensions);
                }
            }
            MessageKind::CertificateRequest => {
                // The versions differ: what is no message of the one is one of the other.
                if let Ok(Message::CertificateRequest(request)) = Message::read(Dialect::Tls13, raw) {
                    *self = Self::of(&request.extensions);
                } else if let Ok(Message::CertificateRequest12(request)) = Message::read(Dialect::Tls12, raw) {
                    self.schemes = request.schemes.iter().collect();
                    self.authorities = request.authorities.iter().map(|name| name.0.to_vec()).collect();
                    self.certificate_types = request.types.to_vec();
                }
            }
            _ => {}
        }
    }

    fn of(extensions: &Extensions<'_>) -> Self {
        let protocols = extensions.find::<ProtocolNameList<'_>>().ok().flatten();
        let schemes = extensions.find::<SignatureAlgorithms<'_>>().ok().flatten();
        let authorities = extensions.find::<CertificateAuthorities<'_>>().ok().flatten();
        let under_length = |name: &[u8]| [&[name.len() as u8], name].concat();
        Self {
            protocols: protocols
                .into_iter()
                .flat_map(|list| list.0.iter())
                .flat_map(|name| under_length(name.0))
                .collect(),
            schemes: schemes.into_iter().flat_map(|list| list.0.iter()).collect(),
            authorities: authorities.into_iter().flat_map(|list| list.0.iter()).map(|name| name.0.to_vec()).collect(),
            certificate_types: Vec::new(),
        }
    }
}
