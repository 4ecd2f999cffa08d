//! Bytes, and suites, in text.

use handfast::ciphers;
use handfast::wire::CipherSuite;

/// Timestamps under two-byte lengths, the list under another (RFC 6962 §3.3), in base64.
pub(super) fn scts(value: &str) -> Vec<Vec<u8>> {
    let list = base64(value).unwrap_or_default();
    let mut rest = list.get(2..).unwrap_or_default();
    let mut scts = Vec::new();
    while let Some((len, tail)) = rest.split_first_chunk() {
        let Some((sct, tail)) = tail.split_at_checked(usize::from(u16::from_be_bytes(*len))) else { break };
        scts.push(sct.to_vec());
        rest = tail;
    }
    scts
}

/// Bytes in base64 (RFC 4648 §4).
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
    for c in text.trim_end_matches('=').bytes() {
        let digit = ALPHABET.iter().position(|&own| own == c)?;
        bits = bits << 6 | u32::try_from(digit).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

/// `[A|B]:C:[D|E]`: what is in brackets is equal.
pub(super) fn equal_suites(value: &str) -> Vec<Vec<CipherSuite>> {
    let inside = value.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(inside, _)| inside);
    let suites =
        |set: &str| Some(ciphers::parse(&set.replace('|', ":")).ok()?.suites().map(|suite| suite.id).collect());
    inside.filter_map(suites).collect()
}
