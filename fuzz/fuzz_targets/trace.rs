//! Any bytes as a handshake message of a trace, alone and after others that change how it is read.
//!
//! Nothing panics, the text is bounded by its message, and there is no character in it that a terminal would act on.

#![no_main]

use handfast::trace::{Text, message};
use handfast::wire::ProtocolVersion;
use handfast::{Direction, Epoch, Trace};
use libfuzzer_sys::fuzz_target;
use std::fmt;

/// The most text for a byte of a message: an extension of four bytes has a line of under a hundred and one that says that it is
/// empty; and what is always said.
const MOST: (usize, usize) = (64, 1_024);

fuzz_target!(|raw: &[u8]| {
    for version in [None, Some(ProtocolVersion::TLS1_2), Some(ProtocolVersion::TLS1_3)] {
        check(&message(raw, version), raw.len());
    }
    // Each message is as long as it says.
    let (mut rest, text) = (raw, Text::new(Checked));
    while let Some((&[_, high, middle, low], body)) = rest.split_first_chunk::<4>() {
        let len = 4 + (u32::from_be_bytes([0, high, middle, low]) as usize).min(body.len());
        text.message(Direction::Receive, Epoch::Handshake, &rest[..len]);
        rest = &rest[len..];
    }
});

struct Checked;

impl fmt::Write for Checked {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        check(text, usize::MAX / MOST.0 / 2);
        Ok(())
    }
}

fn check(text: &str, len: usize) {
    assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c))), "{text}");
    assert!(text.len() <= len * MOST.0 + MOST.1, "{} bytes make {} of text: {text}", len, text.len());
}
