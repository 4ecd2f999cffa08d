//! Any bytes as records: nothing panics, what is reported lies where it is said to lie, and what does not open leaves
//! nothing behind.
#![no_main]

use handfast::crypto::{RecordKeys, Suite};
use handfast::wire::CipherSuite;
use handfast_record::{Frame, Opener, RecordError, peek};
use handfast_testkit::null;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (bool, u16, Vec<u8>)| {
    let (protected, limit, mut bytes) = data;
    let mut opener = Opener::new();
    if protected {
        opener.install(keys());
        opener.limit(usize::from(limit));
    }
    let mut rest = bytes.as_mut_slice();
    while let Ok(Frame::Whole { len, .. }) = peek(rest, opener.max_length()) {
        let (record, tail) = std::mem::take(&mut rest).split_at_mut(len);
        rest = tail;
        match opener.open(record) {
            Ok(opened) => {
                let (at, content) = (opened.at, opened.bytes.to_vec());
                assert_eq!(record[at..at + content.len()], content);
            }
            // The tag is nobody's plaintext.
            Err(RecordError::OpenFailed) => {
                let content = record.len().saturating_sub(16).max(5);
                assert!(record[5..content].iter().all(|byte| *byte == 0));
            }
            Err(_) => return,
        }
    }
});

fn keys() -> RecordKeys {
    let suite = Suite::find(CipherSuite::TLS_AES_128_GCM_SHA256).unwrap();
    let aead = null::provider().aead(suite.aead().unwrap()).unwrap();
    RecordKeys::Aead { algorithm: suite.aead().unwrap(), key: aead.key(&[0; 16]).unwrap(), iv: [0; 12] }
}
