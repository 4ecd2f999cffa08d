//! Any bytes to a client of TLS 1.2 with all of its older ways, under cryptography that lets everything pass.
//!
//! The first byte says what session it offers: none, one with a ticket, one with an ID.
#![no_main]

mod common;

use handfast::{ClientConfig, Session};
use handfast_testkit::null12;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static CONFIG: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| null12::client(&[]));
static SESSIONS: LazyLock<[Session; 2]> = LazyLock::new(|| [null12::tickets(), null12::stored()].map(null12::session));

fuzz_target!(|data: &[u8]| {
    let Some((&way, bytes)) = data.split_first() else { return };
    let session = usize::from(way % 3).checked_sub(1).map(|at| &SESSIONS[at]);
    let mut connection = null12::start(&CONFIG, session, &mut Vec::new());
    let _ = common::feed(&mut connection, bytes.to_vec());
});
