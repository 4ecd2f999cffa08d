//! Any bytes to a server that asks for a client certificate, under cryptography that lets everything pass.
#![no_main]

mod common;

use handfast::{ClientAuth, Connection, Resolve, ServerConfig};
use handfast_testkit::null;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static CONFIG: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    ServerConfig::builder_with(null::provider())
        .identity(null::identity())
        .client_verifier(ClientAuth::Request, Resolve::Now(Arc::new(null::Anybody)))
        .protocols(["h2"])
        .half_rtt(true)
        .build()
        .unwrap()
});

fuzz_target!(|data: &[u8]| {
    let mut connection = Connection::server(&CONFIG).unwrap();
    let _ = common::feed(&mut connection, data.to_vec());
});
