//! A client of Handfast in a program that has no std: what a device with an allocator, a clock and a random number
//! generator of its own would write.
//!
//! It exists to be linked. Should any crate below the engine begin to use std, then there are two panic handlers, and
//! this program does not compile. `just nostd` builds it and runs it; `just thumb` does so on a Cortex-M4 that QEMU plays, where
//! there is no operating system either.
#![no_std]
#![no_main]
#![deny(clippy::undocumented_unsafe_blocks)]

extern crate alloc;

mod runtime;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::error::Error;
use core::ffi::c_int;
use core::fmt::Write;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use handfast::crypto::{CryptoError, Random};
use handfast::pki_types::{ServerName, UnixTime};
use handfast::wire::{AlertDescription, AlertLevel, ContentType, Dialect, Message};
use handfast::{Anchors, ClientConfig, ClientStart, FixedClock, Provider};

// SAFETY: nothing else in this program is called `main`, which is what the C runtime starts, or the device out of its reset.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let told = match talk() {
        Ok(len) => writeln!({ runtime::STDOUT }, "a ClientHello of {len} bytes, and no std"),
        Err(error) => writeln!({ runtime::STDERR }, "{error}").and(Err(core::fmt::Error)),
    };
    c_int::from(told.is_err())
}

/// Starts a connection, and answers it with something that is not TLS. Returns the length of the ClientHello in bytes.
fn talk() -> Result<usize, Box<dyn Error>> {
    let provider = Provider { random: Arc::new(Predictable(AtomicU32::new(0))), ..handfast::rustcrypto::provider() };
    let config = ClientConfig::builder_with(provider)
        .anchors(Arc::new(Anchors::mozilla()))
        .clock(Arc::new(FixedClock(UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600)))))
        .build()?;

    let mut out = Vec::new();
    let name = ServerName::try_from("example.com").map_err(|_| "example.com is not a name")?;
    let mut connection = ClientStart::new(&config, name).connect(&mut out)?;
    let hello = match out.split_first_chunk::<RECORD_HEADER>() {
        Some((header, hello)) if header[0] == ContentType::HANDSHAKE.0 => hello,
        _ => return Err("no handshake record came out".into()),
    };
    let Message::ClientHello(_) = Message::read(Dialect::Tls13, hello)? else {
        return Err("what came out is not a ClientHello".into());
    };
    let len = hello.len();

    let mut answer = *b"HTTP/1.1 400 Bad Request\r\n";
    out.clear();
    match connection.receive(&mut answer, &mut out) {
        Ok(_) => return Err("HTTP was taken for TLS".into()),
        Err(error) if error.code() == "NotTls" => {}
        Err(error) => return Err(error.into()),
    }
    if !out.ends_with(&[AlertLevel::FATAL.0, AlertDescription::PROTOCOL_VERSION.0]) {
        return Err("the peer is not told".into());
    }
    Ok(len)
}

/// The length of a record's header, in bytes.
const RECORD_HEADER: usize = 5;

/// Stands where a device has its generator. Everybody can predict it: good for nothing but this demonstration.
struct Predictable(AtomicU32);

impl Random for Predictable {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        for chunk in out.chunks_mut(8) {
            let number = u64::from(self.0.fetch_add(1, Ordering::Relaxed)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}
