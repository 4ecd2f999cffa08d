//! What a peer speaks that does not speak TLS, for the text of the error.

use core::fmt;

/// The protocol that the first bytes from a peer look like. A guess, good for telling a person and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sniffed {
    /// A request or a response of HTTP in the clear.
    Http,
    /// The identification of SSH (RFC 4253 §4.2).
    Ssh,
    /// A PROXY header of either version, which a proxy puts in front of a connection.
    ProxyHeader,
    /// SSL 2.0, or its ClientHello that older versions could begin with.
    Ssl2,
    /// The greeting of SMTP, FTP or another protocol that answers in numbered lines: TLS begins there with a command.
    Greeting,
    /// The greeting of IMAP.
    Imap,
    /// The greeting of POP3.
    Pop3,
    /// Some other text.
    Text,
    /// Nothing that is known here.
    Unknown,
}

/// How protocols begin: the methods of HTTP, each with the space that follows it, the preface of HTTP/2, and the beginning of a
/// response; both versions of a PROXY header; and the others.
const OPENINGS: &[(&[u8], Sniffed)] = &[
    (b"GET ", Sniffed::Http),
    (b"HEAD ", Sniffed::Http),
    (b"POST ", Sniffed::Http),
    (b"PUT ", Sniffed::Http),
    (b"DELETE ", Sniffed::Http),
    (b"CONNECT ", Sniffed::Http),
    (b"OPTIONS ", Sniffed::Http),
    (b"TRACE ", Sniffed::Http),
    (b"PATCH ", Sniffed::Http),
    (b"PRI * HTTP/2", Sniffed::Http),
    (b"HTTP/", Sniffed::Http),
    (b"SSH-", Sniffed::Ssh),
    (b"PROXY ", Sniffed::ProxyHeader),
    (b"\r\n\r\n\0\r\nQUIT\n", Sniffed::ProxyHeader),
    (b"* OK", Sniffed::Imap),
    (b"* PREAUTH", Sniffed::Imap),
    (b"+OK", Sniffed::Pop3),
];

/// How many of the first bytes are looked at.
const SAMPLE: usize = 64;

/// Looks at the first bytes a peer sent; the more there are, the better the guess.
pub fn sniff(input: &[u8]) -> Sniffed {
    let sample = input.get(..SAMPLE).unwrap_or(input);
    if let Some((_, speaks)) = OPENINGS.iter().find(|(opening, _)| sample.starts_with(opening)) {
        return *speaks;
    }
    match sample {
        // The two high bits say that the length has two bytes and no padding follows; then comes CLIENT-HELLO.
        [0x80..=0xff, _, 1, 0 | 2 | 3, ..] => Sniffed::Ssl2,
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..] => Sniffed::Greeting,
        _ if !sample.is_empty() && sample.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t')) => {
            Sniffed::Text
        }
        _ => Sniffed::Unknown,
    }
}

impl Sniffed {
    /// Whether a few bytes more may name another protocol than [`sniff`] does: these are a part of an opening that is known, and not all
    /// of it. No more than 11 bytes are.
    pub fn may_change(input: &[u8]) -> bool {
        !input.is_empty()
            && OPENINGS.iter().any(|(opening, _)| input.len() < opening.len() && opening.starts_with(input))
    }

    /// What a person calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "plain HTTP",
            Self::Ssh => "SSH",
            Self::ProxyHeader => "a PROXY header",
            Self::Ssl2 => "SSL 2.0",
            Self::Greeting => "the greeting of SMTP or FTP",
            Self::Imap => "the greeting of IMAP",
            Self::Pop3 => "the greeting of POP3",
            Self::Text => "plain text",
            Self::Unknown => "an unknown protocol",
        }
    }
}

impl fmt::Display for Sniffed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_strangers_are_named() {
        for (input, expected) in [
            (&b"GET / HTTP/1.1\r\n"[..], Sniffed::Http),
            (b"HTTP/1.1 400 Bad Request\r\n", Sniffed::Http),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Sniffed::Http),
            (b"SSH-2.0-OpenSSH_9.9\r\n", Sniffed::Ssh),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", Sniffed::ProxyHeader),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11", Sniffed::ProxyHeader),
            (&[0x80, 0x2e, 1, 0, 2, 0, 21], Sniffed::Ssl2),
            (b"220 mail.example ESMTP\r\n", Sniffed::Greeting),
            (b"220-ftp.example\r\n", Sniffed::Greeting),
            (b"* OK IMAP4rev2\r\n", Sniffed::Imap),
            (b"+OK POP3\r\n", Sniffed::Pop3),
            (b"<?xml version='1.0'?>", Sniffed::Text),
            (b"GETAWAY", Sniffed::Text),
            (b"", Sniffed::Unknown),
            (&[0, 1, 2], Sniffed::Unknown),
            (&[22, 3, 1, 0, 1, 1], Sniffed::Unknown),
        ] {
            assert_eq!(sniff(input), expected, "{input:?}");
        }
    }
}
