//! Any bytes to a client, under cryptography that lets everything pass.
#![no_main]

mod common;

use handfast::{ClientConfig, ClientStart, Resolve};
use handfast_testkit::null;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static CONFIG: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    ClientConfig::builder_with(null::provider())
        .verifier(Resolve::Now(Arc::new(null::Anybody)))
        .identity(null::identity())
        .protocols(["h2"])
        .grease(false)
        .middlebox(false)
        .build()
        .unwrap()
});

fuzz_target!(|data: &[u8]| {
    let name = "server.example".try_into().unwrap();
    let mut connection = ClientStart::new(&CONFIG, name).connect(&mut Vec::new()).unwrap();
    let _ = common::feed(&mut connection, data.to_vec());
});
