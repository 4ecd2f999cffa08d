//! What a handshake message says, and what it is for.

use crate::escape;
use handfast::pki::Certificate;
use handfast::wire::extension::{
    EarlyData, KeyShares, MaxEarlyData, OfferedPsks, ProtocolNameList, RetryKeyShare, ServerKeyShare, ServerNameList,
    SupportedGroups,
};
use handfast::wire::message;
use handfast::wire::{AlertDescription, Dialect, Extensions, KeyUpdateRequest, Message, MessageKind};

/// A message in words.
pub(crate) struct Explained {
    /// Its name in the RFC.
    pub(crate) name: &'static str,
    /// What it says; may be empty.
    pub(crate) says: String,
    /// What it does or proves.
    pub(crate) does: &'static str,
}

/// Explains a whole message, header included.
pub(crate) fn message(raw: &[u8]) -> Explained {
    let kind = Message::kind_of(raw);
    let says = read(raw).map_or_else(|| "cannot be read".to_string(), |message| says(&message));
    Explained { name: kind.name(), says, does: does(kind) }
}

/// Reads a message of TLS 1.3, and what is none of TLS 1.2: no message of the one is in the form of the other.
fn read(raw: &[u8]) -> Option<Message<'_>> {
    match Message::read(Dialect::Tls13, raw) {
        Ok(message) if !matches!(message, Message::Opaque { .. }) => Some(message),
        _ => Message::read(Dialect::Tls12, raw).ok(),
    }
}

/// What an alert is for.
pub(crate) fn alert(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CLOSE_NOTIFY => "nothing more will come from this side; nobody has cut anything off",
        AlertDescription::USER_CANCELED => "this side does not want to go on",
        _ => "the connection ends here, and this is why",
    }
}

fn says(message: &Message<'_>) -> String {
    match message {
        Message::ClientHello(hello) => client_hello(hello),
        Message::ServerHello(hello) => {
            let share = hello.extensions.find::<ServerKeyShare<'_>>().ok().flatten();
            match share {
                Some(share) => format!("{}, {}", hello.cipher_suite, share.0.group),
                None => hello.cipher_suite.to_string(),
            }
        }
        Message::HelloRetryRequest(retry) => match retry.extensions.find::<RetryKeyShare>() {
            Ok(Some(group)) => format!("{}, {}", retry.cipher_suite, group.0),
            _ => retry.cipher_suite.to_string(),
        },
        Message::EncryptedExtensions(message) => protocols(&message.extensions),
        Message::Certificate(certificate) => chain(certificate.entries.iter().map(|entry| entry.data)),
        Message::Certificate12(certificate) => chain(certificate.certificates.iter().map(|data| data.0)),
        Message::CertificateVerify(verify) => verify.scheme.to_string(),
        Message::KeyUpdate(update) if update.request == KeyUpdateRequest::UPDATE_REQUESTED => {
            "update yours as well, please".to_string()
        }
        Message::NewSessionTicket(ticket) => match ticket.extensions.find::<MaxEarlyData>() {
            Ok(Some(MaxEarlyData(bytes))) => {
                format!("good for {} seconds and {bytes} bytes of early data", ticket.lifetime)
            }
            _ => format!("good for {} seconds", ticket.lifetime),
        },
        Message::NewSessionTicket12(ticket) => format!("good for {} seconds", ticket.lifetime_hint),
        _ => String::new(),
    }
}

fn client_hello(hello: &message::ClientHello<'_>) -> String {
    let mut parts = Vec::new();
    let names = hello.extensions.find::<ServerNameList<'_>>().ok().flatten();
    if let Some(name) = names.as_ref().and_then(|names| names.host_name()) {
        parts.push(format!("for {}", escape::bytes(name)));
    }
    let suites = hello.cipher_suites.iter().filter(|suite| !suite.is_grease()).count();
    parts.push(format!("{suites} cipher suites"));
    if let Ok(Some(groups)) = hello.extensions.find::<SupportedGroups<'_>>() {
        parts.push(format!("{} groups", groups.0.iter().filter(|group| !group.is_grease()).count()));
    }
    if let Ok(Some(shares)) = hello.extensions.find::<KeyShares<'_>>() {
        let shares = shares.0.iter().map(|share| share.group).filter(|group| !group.is_grease());
        let shares: Vec<_> = shares.map(|group| group.to_string()).collect();
        parts.push(format!("key shares: {}", shares.join(" and ")));
    }
    if let Ok(Some(psks)) = hello.extensions.find::<OfferedPsks<'_>>() {
        parts.push(match psks.identities.iter().count() {
            1 => "a session or pre-shared key".to_string(),
            count => format!("{count} sessions or pre-shared keys"),
        });
    }
    if let Ok(Some(EarlyData)) = hello.extensions.find::<EarlyData>() {
        parts.push("early data follows".to_string());
    }
    let protocols = protocols(&hello.extensions);
    if !protocols.is_empty() {
        parts.push(protocols);
    }
    parts.join("; ")
}

fn protocols(extensions: &Extensions<'_>) -> String {
    match extensions.find::<ProtocolNameList<'_>>() {
        Ok(Some(list)) => {
            let names: Vec<_> = list.0.iter().map(|name| escape::bytes(name.0)).collect();
            format!("ALPN {}", names.join(", "))
        }
        _ => String::new(),
    }
}

fn chain<'a>(certificates: impl Iterator<Item = &'a [u8]>) -> String {
    let certificates: Vec<_> = certificates.collect();
    let subject = |der: &[u8]| match Certificate::parse(der) {
        Ok(certificate) => certificate.subject().to_string(),
        Err(_) => "a certificate that cannot be read".to_string(),
    };
    match certificates.as_slice() {
        [] => "none".to_string(),
        [leaf] => subject(leaf),
        [leaf, issuers @ ..] => format!("{}, and {} more", subject(leaf), issuers.len()),
    }
}

fn does(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::ClientHello => "what this side can do, and its half of the key exchange",
        MessageKind::ServerHello => "the other half: both have a secret now, the rest is encrypted",
        MessageKind::HelloRequest => "another handshake, please",
        MessageKind::ServerKeyExchange => "the server's half of the key exchange",
        MessageKind::ServerHelloDone => "now it is the client's turn",
        MessageKind::ClientKeyExchange => "the client's half: both have a secret now",
        MessageKind::CertificateStatus => "what the certificate's issuer says of it today",
        MessageKind::HelloRetryRequest => "the same again, please, with a key share for this group",
        MessageKind::EncryptedExtensions => "what did not have to be said in the clear",
        MessageKind::CertificateRequest => "say who you are, too",
        MessageKind::Certificate => "who this side claims to be",
        MessageKind::CertificateVerify => "the proof: every message so far, signed with the certificate's key",
        MessageKind::Finished => "a MAC over every message so far: nobody has changed any of them",
        MessageKind::KeyUpdate => "the next record of this side is under a fresh key",
        MessageKind::NewSessionTicket => "a ticket to resume this session with",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_said_so() {
        assert_eq!(message(&[2, 0, 0, 1, 0]).says, "cannot be read");
        assert_eq!(message(&[2, 0, 0, 1, 0]).name, "ServerHello");
        assert_eq!(message(&[]).name, "unknown message");
    }

    #[test]
    fn messages_speak() {
        let explained = message(&[24, 0, 0, 1, 1]);
        assert_eq!((explained.name, explained.says.as_str()), ("KeyUpdate", "update yours as well, please"));
        let explained = message(&[11, 0, 0, 4, 0, 0, 0, 0]);
        assert_eq!((explained.name, explained.says.as_str()), ("Certificate", "none"));
        // The first is one of TLS 1.3, the second one of TLS 1.2.
        for raw in [&[4, 0, 0, 14, 0, 0, 0, 9, 1, 2, 3, 4, 0, 0, 1, 7, 0, 0][..], &[4, 0, 0, 7, 0, 0, 0, 9, 0, 1, 7]] {
            assert_eq!(message(raw).says, "good for 9 seconds", "{raw:?}");
        }
        let explained = message(&[11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 48, 0]);
        assert_eq!(explained.says, "a certificate that cannot be read");
        let explained = message(&[8, 0, 0, 11, 0, 9, 0, 16, 0, 5, 0, 3, 2, b'h', 0x1b]);
        assert_eq!(explained.says, "ALPN h\\u{1b}");
    }
}
