//! Any bytes as a session, sealed and open, and as a cipher string.
#![no_main]

use handfast::Session;
use handfast::ciphers::{self, MAX_IGNORED, MAX_STRING};
use handfast_testkit::null12;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // What is a session is written back to the bytes it came from.
    if let Some(session) = handfast_handshake::Session::decode(data) {
        assert_eq!(session.encode().unwrap().as_slice(), data);
    }
    if let Some(session) = Session::dangerous_from_bytes(data) {
        assert_eq!(session.dangerous_bytes().unwrap().as_slice(), data);
    }
    let (key, provider) = ([0; 32], null12::provider());
    if let Some(session) = Session::open(data, &key, &provider) {
        let again = Session::open(&session.seal(&key, &provider).unwrap(), &key, &provider).unwrap();
        assert_eq!(again.dangerous_bytes().unwrap(), session.dangerous_bytes().unwrap());
    }

    let Ok(text) = str::from_utf8(data) else { return };
    match ciphers::parse(text) {
        Ok(chosen) => {
            assert!(chosen.ignored.len() <= MAX_IGNORED && chosen.suites().next().is_some());
            // A list of names is the string that selects them.
            let names: Vec<_> = chosen.tls12.iter().map(|suite| suite.openssl_name).collect();
            if !names.is_empty() {
                assert_eq!(ciphers::parse(&names.join(":")).unwrap().tls12, chosen.tls12);
            }
        }
        Err(error) => assert!(error.to_string().len() < 16 * MAX_STRING),
    }
});
