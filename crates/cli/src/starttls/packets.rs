//! The protocols whose messages have a length in front.

use super::Error;
use super::dialogue::{Dialogue, refused, shown, unexpected};
use std::io::{self, Read, Write};

/// The name of StartTLS in LDAP (RFC 4511 §4.14.1).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// LDAP (RFC 4511 §4.14): an ExtendedRequest, and the ExtendedResponse to it.
///
/// ```text
/// LDAPMessage ::= SEQUENCE {                    30 len
///     messageID    INTEGER,                     02 01 01
///     ExtendedRequest  [APPLICATION 23]         77 len
///         requestName  [0] LDAPOID              80 len 1.3.6.1.4.1.1466.20037
///  or ExtendedResponse [APPLICATION 24]         78 len
///         resultCode   ENUMERATED               0a 01 00 is success
///         matchedDN    LDAPDN, diagnosticMessage LDAPString … }
/// ```
pub(super) fn ldap<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    // Short enough for lengths of one byte.
    let name_len = START_TLS.len() as u8;
    let head = [0x30, name_len + 7, 0x02, 1, 1, 0x77, name_len + 2, 0x80, name_len];
    dialogue.send([&head, START_TLS.as_bytes()].concat())?;
    let message = dialogue.take_until(|come| {
        if come.first().is_some_and(|tag| *tag != 0x30) {
            return Some(come.len());
        }
        let (head, len) = length(come.get(1..)?)?;
        let end = 1 + head + len;
        (come.len() >= end).then_some(end)
    })?;
    let wrong = || unexpected(&message);
    let (0x30, content, _) = element(&message).ok_or_else(wrong)? else { return Err(wrong()) };
    let (0x02, [1], rest) = element(content).ok_or_else(wrong)? else { return Err(wrong()) };
    let (0x78, response, _) = element(rest).ok_or_else(wrong)? else { return Err(wrong()) };
    let (0x0a, [code], rest) = element(response).ok_or_else(wrong)? else { return Err(wrong()) };
    let text = element(rest).and_then(|(_, _, rest)| element(rest)).map(|(_, text, _)| text).unwrap_or_default();
    match code {
        0 => Ok(()),
        code => Err(refused(format!("result {code} {}", String::from_utf8_lossy(text)))),
    }
}

/// A tag, its content, and what comes behind it (X.690 §8.1).
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (head, len) = length(rest)?;
    let (content, rest) = rest.get(head..)?.split_at_checked(len)?;
    Some((*tag, content, rest))
}

/// How many bytes a length takes, and the length; `None` while it is not all there. BER lets it be longer than it need be
/// (RFC 4511 §5.1); one beyond 24 bits is more than anybody waits for.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let (first, rest) = bytes.split_first()?;
    match usize::from(*first) {
        short @ 0..0x80 => Some((1, short)),
        long => {
            let count = long - 0x80;
            let digits = rest.get(..count)?;
            let value =
                digits.iter().fold(0_usize, |value, digit| value.saturating_mul(256).saturating_add((*digit).into()));
            Some((1 + count, value.min(1 << 24)))
        }
    }
}

/// PostgreSQL: SSLRequest, and a byte for an answer.
///
/// ```text
/// C: length 4 | 00 00 00 08 | code 4 | 04 d2 16 2f (1234, 5679)
/// S: 'S' TLS begins, 'N' it does not, 'E' an ErrorResponse of servers before 7.0
/// ```
pub(super) fn pgsql<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    dialogue.send([0, 0, 0, 8, 4, 210, 22, 47])?;
    match dialogue.exact(1)?.as_slice() {
        b"S" => Ok(()),
        b"N" => {
            Err(Error::NotOffered("PostgreSQL answers SSLRequest with N (`ssl = on` is missing)".to_string()).into())
        }
        b"E" => Err(refused("an error of PostgreSQL")),
        other => Err(unexpected(other)),
    }
}

/// MySQL: the server's Handshake says whether it can; the client's SSLRequest is the head of its answer, and TLS follows
/// at once.
///
/// ```text
/// packet:     length 3, little-endian | sequence 1 | payload
/// Handshake:  0a | version, NUL | thread 4 | scramble 8 | 00 | capabilities 2, little-endian | …
///             ff | error 2 | text                    where it refuses to talk
/// SSLRequest: capabilities 4 | longest packet 4 | character set 1 | 00 × 23
/// ```
pub(super) fn mysql<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    /// CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION.
    const CAPABILITIES: u32 = 0x200 | SSL as u32 | 0x8000;
    const SSL: u16 = 0x800;
    const UTF8: u8 = 33;

    let head = dialogue.exact(4)?;
    let [low, middle, high, _] = head[..] else { return Err(unexpected(&head)) };
    let payload = dialogue.exact(u32::from_le_bytes([low, middle, high, 0]) as usize)?;
    let (version, rest) = match payload.split_first() {
        Some((10, rest)) => rest.split_at(rest.iter().position(|byte| *byte == 0).unwrap_or_default()),
        // The number of the error, and then words.
        Some((0xff, rest)) => return Err(refused(rest.get(2..).unwrap_or_default())),
        _ => return Err(unexpected(&payload)),
    };
    let Some([low, high]) = rest.get(14..16) else { return Err(unexpected(&payload)) };
    if u16::from_le_bytes([*low, *high]) & SSL == 0 {
        return Err(Error::NotOffered(format!("MySQL {} has no certificate", shown(version))).into());
    }
    let mut request = vec![32, 0, 0, 1];
    request.extend(CAPABILITIES.to_le_bytes());
    request.extend((1_u32 << 24).to_le_bytes());
    request.push(UTF8);
    request.resize(4 + 32, 0);
    dialogue.send(request)
}
