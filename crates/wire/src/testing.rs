//! What the unit tests of messages and extensions share: one value and its bytes go in, all that must hold of every
//! structure is checked.

use core::fmt::Debug;
use std::boxed::Box;
use std::vec::Vec;

use crate::{DecodeError, Dialect, Extension, ExtensionBlock, Extensions, Message, Writer};

/// Bytes from hexadecimal, spaces ignored; `ab*32` stands for thirty-two times `ab`.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in text.split_whitespace() {
        let (digits, times) = word.split_once('*').map_or((word, 1), |(digits, n)| (digits, n.parse().unwrap()));
        assert!(digits.len().is_multiple_of(2), "half a byte in {word}");
        let word: Vec<u8> = (0..digits.len())
            .step_by(2)
            .map(|at| {
                u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or_else(|_| panic!("{word} is not hexadecimal"))
            })
            .collect();
        bytes.extend(word.repeat(times));
    }
    bytes
}

/// Checks an extension against its body: written, read, cut short, made longer, and with each byte changed.
///
/// Row 68 of the security history: a byte too few or too many is an error.
pub(crate) fn check_extension<E: Extension<'static> + PartialEq + Debug>(extension: E, body: &str) {
    let body = check_changes(extension, body);
    for len in 0..body.len() {
        assert!(read_extension::<E>(&body[..len]).is_err(), "{} of {} bytes", len, body.len());
    }
    let longer = [&body[..], &[0]].concat();
    assert!(read_extension::<E>(&longer).is_err(), "one byte more");
}

/// As [`check_extension`], for a body without a length of its own: cut short it is another body.
pub(crate) fn check_open_extension<E: Extension<'static> + PartialEq + Debug>(extension: E, body: &str) {
    let body = check_changes(extension, body);
    for len in 0..body.len() {
        if let Ok(shorter) = read_extension::<E>(&body[..len]) {
            assert_eq!(write_extension(&shorter), body[..len]);
        }
    }
}

/// Row 1: a length that lies by one is an error, or the body is another whole body.
fn check_changes<E: Extension<'static> + PartialEq + Debug>(extension: E, body: &str) -> Vec<u8> {
    let body = hex(body);
    assert_eq!(write_extension(&extension), body);
    assert_eq!(read_extension(&body), Ok(extension));
    for changed in one_off(&body) {
        if let Ok(other) = read_extension::<E>(&changed) {
            assert_eq!(write_extension(&other), changed);
        }
    }
    body
}

/// Reads an extension out of a block, to the end of its body.
pub(crate) fn read_extension<E: Extension<'static>>(body: &[u8]) -> Result<E, DecodeError> {
    let mut block = ExtensionBlock::new();
    block.push_raw(E::TYPE, body).unwrap();
    let block: Extensions<'static> = Box::leak(Box::new(block)).as_extensions();
    block.find().map(|found| found.expect("just pushed"))
}

fn write_extension<'e>(extension: &impl Extension<'e>) -> Vec<u8> {
    let mut body = Vec::new();
    extension.write(&mut Writer::new(&mut body)).unwrap();
    body
}

/// Checks a message of TLS 1.3 against its bytes, header included, as [`check_extension`] does.
pub(crate) fn check_message(message: Message<'_>, raw: &str) {
    check_message_in(Dialect::Tls13, message, raw);
}

/// As [`check_message`], for a message of TLS 1.2.
pub(crate) fn check_message12(message: Message<'_>, raw: &str) {
    check_message_in(Dialect::Tls12, message, raw);
}

/// The same in a dialect.
pub(crate) fn check_message_in(dialect: Dialect, message: Message<'_>, raw: &str) {
    let raw = hex(raw);
    assert_eq!(write_message(&message).unwrap(), raw);
    assert_eq!(Message::read(dialect, &raw), Ok(message));
    assert_eq!(Message::kind_of(&raw), message.kind());

    for len in 0..raw.len() {
        assert!(Message::read(dialect, &raw[..len]).is_err(), "{len} of {} bytes", raw.len());
    }
    let longer = [&raw[..], &[0]].concat();
    assert_eq!(Message::read(dialect, &longer), Err(DecodeError::Trailing("Handshake")));

    // The same with a header that agrees, so that it is the body which is too short or too long.
    for body in (4..raw.len()).map(|len| &raw[4..len]).chain([&longer[4..]]) {
        let framed = framed(raw[0], body);
        if let Ok(message) = Message::read(dialect, &framed) {
            assert!(may_end_anywhere(&message), "{} of {} bytes: {message:?}", framed.len(), raw.len());
        }
    }
    for changed in one_off(&raw) {
        if let Ok(message) = Message::read(dialect, &changed)
            && let Some(written) = write_message(&message)
        {
            assert_eq!(written, changed);
        }
    }
}

/// The places where the syntax really leaves the end open.
fn may_end_anywhere(message: &Message<'_>) -> bool {
    match message {
        Message::Finished(_) | Message::ServerKeyExchange(_) | Message::ClientKeyExchange(_) => true,
        Message::ClientHello(hello) => hello.extensions.is_absent(),
        Message::ServerHello(hello) => hello.extensions.is_absent(),
        _ => false,
    }
}

/// The message as bytes; `None` if it has no syntax here.
fn write_message(message: &Message<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    message.write(&mut out)?.unwrap();
    Some(out)
}

/// A body under a header.
pub(crate) fn framed(ty: u8, body: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[ty, high, middle, low], body].concat()
}

/// The bytes with each one in turn raised and lowered by one, which includes every length.
fn one_off(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for at in 0..bytes.len() {
        for step in [1, u8::MAX] {
            let mut changed = bytes.to_vec();
            changed[at] = changed[at].wrapping_add(step);
            all.push(changed);
        }
    }
    all
}

#[test]
fn hexadecimal() {
    assert_eq!(hex("00ff 10*2"), [0x00, 0xff, 0x10, 0x10]);
    assert_eq!(hex(""), []);
}
