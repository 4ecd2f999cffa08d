//! Any bytes to an end of TLS 1.3 that has something from before, under cryptography that lets everything pass: identities and
//! binders, tickets that a server opens and those that a client is given, early data on either side.
//!
//! Bit 0 of the first byte says whether it is a server, the rest of it which ([`null13`]).
#![no_main]

mod common;

use handfast_testkit::null13;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&way, bytes)) = data.split_first() else { return };
    let index = usize::from(way >> 1);
    let mut connection = if way & 1 == 1 { null13::server(index) } else { null13::client(index, &mut Vec::new()) };
    let _ = common::feed(&mut connection, bytes.to_vec());
});
