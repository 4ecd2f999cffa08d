//! The protocols whose commands and answers are lines.

use super::Error;
use super::dialogue::{Dialogue, refused, shown, unexpected};
use std::io::{self, Read, Write};
use std::net::IpAddr;

/// SMTP (RFC 3207 §4) and LMTP (RFC 2033 §4.1), which says hello with another word.
///
/// ```text
/// S: 220 mail.example ESMTP          S: 250-mail.example
/// C: EHLO [192.0.2.1]                S: 250-SIZE 10240000
///                                    S: 250 STARTTLS
/// C: STARTTLS                        S: 220 go ahead
/// ```
pub(super) fn smtp<S: Read + Write>(dialogue: &mut Dialogue<'_, S>, hello: &str, own: IpAddr) -> io::Result<()> {
    reply(dialogue, &[220])?;
    // RFC 5321 §4.1.3: who has no name says the address.
    let own = match own.to_canonical() {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    };
    dialogue.send(format!("{hello} {own}\r\n"))?;
    let offers = reply(dialogue, &[250])?;
    if !offers.iter().skip(1).any(|offer| is_word(offer, "STARTTLS")) {
        return Err(Error::NotOffered(format!("it has {}", shown(offers[1..].join(", ")))).into());
    }
    dialogue.send("STARTTLS\r\n")?;
    reply(dialogue, &[220]).map(drop)
}

/// IMAP (RFC 9051 §6.2.1).
///
/// ```text
/// S: * OK ready
/// C: 1 CAPABILITY                    S: * CAPABILITY IMAP4rev2 STARTTLS
///                                    S: 1 OK
/// C: 2 STARTTLS                      S: 2 OK begin TLS
/// ```
pub(super) fn imap<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    let greeting = dialogue.line()?;
    let upper = greeting.to_ascii_uppercase();
    if upper.starts_with("* PREAUTH") || upper.starts_with("* BYE") {
        // RFC 9051 §7.1.4: who is logged in already cannot begin TLS.
        return Err(refused(&greeting));
    }
    if !upper.starts_with("* OK") {
        return Err(unexpected(&greeting));
    }
    dialogue.send("1 CAPABILITY\r\n")?;
    let capabilities = tagged(dialogue, "1 ")?;
    let offers = capabilities.iter().filter(|line| line.to_ascii_uppercase().starts_with("* CAPABILITY "));
    if !offers.clone().any(|line| line.split(' ').any(|word| word.eq_ignore_ascii_case("STARTTLS"))) {
        let offers: Vec<_> = offers.map(String::as_str).collect();
        return Err(Error::NotOffered(shown(offers.join(" "))).into());
    }
    dialogue.send("2 STARTTLS\r\n")?;
    tagged(dialogue, "2 ").map(drop)
}

/// The lines before the one that `tag` begins, which has to be an OK.
fn tagged<S: Read + Write>(dialogue: &mut Dialogue<'_, S>, tag: &str) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let line = dialogue.line()?;
        match line.strip_prefix(tag) {
            Some(status) if is_word(status, "OK") => return Ok(lines),
            Some(_) => return Err(refused(&line)),
            None if line.starts_with("* ") => lines.push(line),
            None => return Err(unexpected(&line)),
        }
    }
}

/// POP3 (RFC 2595 §4).
///
/// ```text
/// S: +OK ready
/// C: STLS                            S: +OK begin TLS
/// ```
pub(super) fn pop3<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    for command in [Some("STLS\r\n"), None] {
        let line = dialogue.line()?;
        match (is_word(&line, "+OK"), command) {
            (true, Some(command)) => dialogue.send(command)?,
            (true, None) => {}
            (false, _) if is_word(&line, "-ERR") => return Err(refused(&line)),
            (false, _) => return Err(unexpected(&line)),
        }
    }
    Ok(())
}

/// FTP (RFC 4217 §4).
///
/// ```text
/// S: 220 ready
/// C: AUTH TLS                        S: 234 begin TLS
/// ```
pub(super) fn ftp<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    reply(dialogue, &[220])?;
    dialogue.send("AUTH TLS\r\n")?;
    reply(dialogue, &[234]).map(drop)
}

/// NNTP (RFC 4642 §2, RFC 3977 §5.2).
///
/// ```text
/// S: 200 posting allowed
/// C: CAPABILITIES                    S: 101 …, lines, and a line with a dot
/// C: STARTTLS                        S: 382 begin TLS
/// ```
pub(super) fn nntp<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    reply(dialogue, &[200, 201])?;
    dialogue.send("CAPABILITIES\r\n")?;
    reply(dialogue, &[101])?;
    let mut is_offered = false;
    loop {
        match dialogue.line()? {
            line if line == "." => break,
            line => is_offered |= is_word(&line, "STARTTLS"),
        }
    }
    if !is_offered {
        return Err(Error::NotOffered("STARTTLS is none of its capabilities".to_string()).into());
    }
    dialogue.send("STARTTLS\r\n")?;
    reply(dialogue, &[382]).map(drop)
}

/// ManageSieve (RFC 5804 §1.7, §2.2): what the server can do comes by itself.
///
/// ```text
/// S: "IMPLEMENTATION" "Example"
/// S: "STARTTLS"
/// S: OK
/// C: STARTTLS                        S: OK "begin TLS"
/// ```
pub(super) fn sieve<S: Read + Write>(dialogue: &mut Dialogue<'_, S>) -> io::Result<()> {
    let mut is_offered = false;
    loop {
        let line = dialogue.line()?;
        match line {
            line if is_word(&line, "OK") => break,
            line if is_word(&line, "NO") || is_word(&line, "BYE") => return Err(refused(&line)),
            line if line.starts_with('"') => is_offered |= line.eq_ignore_ascii_case("\"STARTTLS\""),
            line => return Err(unexpected(&line)),
        }
    }
    if !is_offered {
        return Err(Error::NotOffered("STARTTLS is none of its capabilities".to_string()).into());
    }
    dialogue.send("STARTTLS\r\n")?;
    match dialogue.line()? {
        line if is_word(&line, "OK") => Ok(()),
        line => Err(refused(&line)),
    }
}

/// An answer that begins with a number of three digits (RFC 5321 §4.2, RFC 959 §4.2): its lines, without the number where
/// they have it.
///
/// ```text
/// 250-first line
/// 250 last line
/// ```
fn reply<S: Read + Write>(dialogue: &mut Dialogue<'_, S>, wanted: &[u16]) -> io::Result<Vec<String>> {
    let first = dialogue.line()?;
    let digits = first.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let digits = digits.ok_or_else(|| unexpected(&first))?.to_string();
    let rest = |line: &str| {
        line.strip_prefix(&digits).map(|rest| (rest.starts_with('-'), rest.get(1..).unwrap_or_default().to_string()))
    };
    let (mut goes_on, text) = rest(&first).unwrap_or_default();
    let mut lines = vec![text];
    while goes_on {
        let line = dialogue.line()?;
        match rest(&line) {
            Some((more, text)) => {
                goes_on = more;
                lines.push(text);
            }
            // FTP puts the number on the first and the last line only.
            None => lines.push(line),
        }
    }
    match digits.parse() {
        Ok(number) if wanted.contains(&number) => Ok(lines),
        // The first digit is what became of it: 4 and 5 are a no.
        _ if digits.starts_with(['4', '5']) => Err(refused(&first)),
        _ => Err(unexpected(&first)),
    }
}

/// Whether `line` begins with this word, in any capitals.
fn is_word(line: &str, word: &str) -> bool {
    line.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}
