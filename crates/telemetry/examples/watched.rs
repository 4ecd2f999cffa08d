//! A handshake between two ends in this process, watched: events of `tracing` on standard error, numbers of `metrics` on standard
//! output.
//!
//! `cargo run -p handfast-telemetry --example watched --all-features`

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::pki_types::UnixTime;
use handfast::trace::All;
use handfast::{Anchors, ClientConfig, Identity, ServerConfig, Trace};
use handfast_net::{Acceptor, Connector, duplex, server_name};
use handfast_telemetry::{Numbers, Spans, describe};
use metrics_util::debugging::DebuggingRecorder;
use std::error::Error;
use std::io::{Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

fn main() -> Result<(), Box<dyn Error>> {
    // A subscriber and a recorder; a real program has one that ships them somewhere.
    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(std::io::stderr).init();
    let recorder = DebuggingRecorder::new();
    let numbers = recorder.snapshotter();
    recorder.install()?;
    describe();

    let provider = handfast::rustcrypto::provider();
    let now = UnixTime::since_unix_epoch(SystemTime::UNIX_EPOCH.elapsed()?);
    let ca = Made::root(&provider, Builder::ca("example CA", now), KeyKind::P256)?;
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], now), KeyKind::P256)?;
    let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der())?;
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate)?;

    let watch: Arc<dyn Trace> = Arc::new(All::new([Arc::new(Spans) as Arc<dyn Trace>, Arc::new(Numbers)]));
    let server = ServerConfig::builder().identity(identity).trace(watch.clone()).build()?;
    let client = ClientConfig::builder().anchors(Arc::new(anchors)).trace(watch).build()?;

    let (near, far) = duplex(1 << 16);
    let serving = thread::spawn(move || -> std::io::Result<()> {
        let mut stream = Acceptor::new(server).accept_with(far)?;
        stream.write_all(b"hello")?;
        stream.close()?;
        // Until the client has said the same.
        stream.read(&mut [0]).map(|_| ())
    });
    let mut stream = Connector::new(client).connect_with(near, server_name("localhost")?)?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    stream.close()?;
    serving.join().map_err(|_| "the server has panicked")??;
    drop(stream);

    println!("the server said {said}; these are the numbers:");
    for (key, _, _, value) in numbers.snapshot().into_vec() {
        println!("{}: {value:?}", key.key());
    }
    Ok(())
}
