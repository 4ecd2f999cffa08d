//! Any bytes to a server of TLS 1.2 with all of its older ways, under cryptography that lets everything pass.
//!
//! The first byte says which of [`null12::servers`] it is: whether it asks for a certificate, what its RSA key does, where it keeps
//! sessions.
#![no_main]

mod common;

use handfast::{Connection, ServerConfig};
use handfast_testkit::null12;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static CONFIGS: LazyLock<[Arc<ServerConfig>; null12::SERVERS]> = LazyLock::new(null12::servers);

fuzz_target!(|data: &[u8]| {
    let Some((&way, bytes)) = data.split_first() else { return };
    let mut connection = Connection::server(&CONFIGS[usize::from(way) % CONFIGS.len()]).unwrap();
    let _ = common::feed(&mut connection, bytes.to_vec());
});
