//! What the targets that drive an engine share.

use handfast::{Connection, Error, Event, Received};

/// Feeds an engine until it wants more than there is, and checks what it promises of every call.
pub fn feed(connection: &mut Connection, mut bytes: Vec<u8>) -> Result<(), Error> {
    let mut out = Vec::new();
    let mut events = 0;
    loop {
        events += 1;
        assert!(events <= 8 + bytes.len(), "an engine that reports for ever");
        let before = bytes.clone();
        let (consumed, done) = match connection.receive(&mut bytes, &mut out) {
            Ok(Received { consumed, event }) => {
                if let Event::NeedInput { at_least } = event {
                    assert!(at_least > before.len() - consumed, "more input than there is must be needed");
                }
                (consumed, matches!(event, Event::NeedInput { .. } | Event::Closed))
            }
            Err(error) => {
                // Final, and the same again.
                let again = connection.receive(&mut [], &mut out).unwrap_err();
                assert_eq!(again.code(), error.code());
                return Err(error);
            }
        };
        assert_eq!(bytes[consumed..], before[consumed..], "bytes that are not consumed are as they were");
        assert!(out.len() <= 1 << 20, "output without a bound");
        bytes.drain(..consumed);
        if done {
            return Ok(());
        }
    }
}
