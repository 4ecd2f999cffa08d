//! The traces of RFC 8448: every secret, key, IV and MAC from the private keys and the messages.

use handfast_crypto::signature::SignatureAlgorithm;
use handfast_crypto::suite::Suite;
use handfast_crypto::{
    CryptoError, Digest, Hash, HashAlgorithm, KeyKind, Provider, PublicKey, Random, Secret, SharedSecret,
};
use handfast_rustcrypto::provider;
use handfast_schedule::{BinderKind, EarlySecret, Side, TrafficSecret, Transcript, expand_label, signed_content};
use handfast_testkit::vectors::Vectors;
use handfast_wire::{CipherSuite, NamedGroup};
use std::cell::RefCell;
use std::collections::BTreeSet;

const FILES: [&str; 5] =
    ["simple-1rtt", "resumed-0rtt", "hello-retry-request", "client-authentication", "compatibility-mode"];

/// A file of vectors that remembers what was looked at.
struct Trace {
    vectors: Vectors,
    seen: RefCell<BTreeSet<String>>,
    provider: Provider,
    hash: &'static dyn Hash,
}

impl Trace {
    fn load(file: &str) -> Self {
        let provider = provider();
        let hash = provider.hash(HashAlgorithm::Sha256).unwrap();
        let vectors = Vectors::load(&format!("rfc8448/{file}.txt")).unwrap();
        Self { vectors, seen: RefCell::default(), provider, hash }
    }

    fn find(&self, name: &str) -> Option<&[u8]> {
        self.seen.borrow_mut().insert(name.to_owned());
        self.vectors.find(name)
    }

    fn value(&self, name: &str) -> &[u8] {
        self.seen.borrow_mut().insert(name.to_owned());
        &self.vectors[name]
    }

    #[track_caller]
    fn is(&self, name: &str, computed: &[u8]) {
        assert_eq!(hex(computed), hex(self.value(name)), "{name}");
    }

    /// Absorbs a message, if the trace has it, and compares the transcript after it, if the trace has that.
    fn absorb(&self, transcript: &mut Transcript, name: &str) {
        let Some(message) = self.find(name) else { return };
        transcript.absorb(message);
        if transcript.hash().is_some() && self.find(&format!("hash.{name}")).is_some() {
            self.is(&format!("hash.{name}"), transcript.current().unwrap().as_bytes());
        }
    }

    fn secret(&self, name: &str) -> Secret {
        Secret::new(self.value(name)).unwrap()
    }

    /// HKDF-Expand-Label of a value of the trace.
    fn expanded(&self, name: &str, label: &str, context: &[u8], len: usize) -> Vec<u8> {
        let mut okm = vec![0; len];
        expand_label(self.hash, &self.secret(name), label.as_bytes(), context, &mut okm).unwrap();
        okm
    }

    fn traffic(&self, name: &str, secret: &TrafficSecret) {
        self.is(name, secret.as_bytes());
        // The record keys proper are compared in the record crate's test, where they make records.
        let suite = Suite::find(CipherSuite::TLS_AES_128_GCM_SHA256).unwrap();
        secret.record_keys(suite, &self.provider).unwrap();
        self.is(&format!("{name}.key"), &self.expanded(name, "key", b"", 16));
        self.is(&format!("{name}.iv"), &self.expanded(name, "iv", b"", 12));
        // No trace has a KeyUpdate, so the next generation is compared with the construction of RFC 9846 §7.2.
        assert_eq!(secret.next().unwrap().as_bytes(), self.expanded(name, "traffic upd", b"", 32));
    }

    fn finished(&self, side: &str, secret: &TrafficSecret, transcript: &Digest) {
        self.is(&format!("hash.{side}_before_finished"), transcript.as_bytes());
        let key = self.expanded(&format!("{side}_handshake_traffic"), "finished", b"", 32);
        self.is(&format!("{side}_finished.key"), &key);
        let verify_data = secret.verify_data(transcript).unwrap();
        self.is(&format!("{side}_finished.verify_data"), verify_data.as_bytes());
        assert_eq!(self.value(&format!("{side}_finished"))[4..], *verify_data.as_bytes());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives a key exchange the private key it shall have.
struct Fixed<'k>(&'k [u8]);

impl Random for Fixed<'_> {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        assert_eq!(out.len(), self.0.len());
        out.copy_from_slice(self.0);
        Ok(())
    }
}

/// Both sides' half of the key exchange; the same secret comes out.
fn key_exchange(trace: &Trace, file: &str) -> SharedSecret {
    let name = if file == "hello-retry-request" { NamedGroup::SECP256R1 } else { NamedGroup::X25519 };
    if trace.find("client_1.private").is_some() {
        let first = trace.provider.group(NamedGroup::X25519).unwrap();
        let first = first.start(&Fixed(trace.value("client_1.private"))).unwrap();
        trace.is("client_1.public", first.share());
    }
    let group = trace.provider.group(name).unwrap();
    let client = group.start(&Fixed(trace.value("client.private"))).unwrap();
    trace.is("client.public", client.share());
    let server = group.respond(client.share(), &Fixed(trace.value("server.private"))).unwrap();
    trace.is("server.public", &server.share);
    let secret = client.finish(&server.share).unwrap();
    assert_eq!(secret.as_bytes(), server.secret.as_bytes());
    trace.is("shared_secret", secret.as_bytes());
    secret
}

fn first_hello(trace: &Trace) -> Transcript {
    let mut transcript = Transcript::new();
    if trace.find("client_hello_1").is_some() {
        trace.absorb(&mut transcript, "client_hello_1");
        transcript.start(trace.hash);
        transcript.retry().unwrap();
        trace.absorb(&mut transcript, "hello_retry_request");
    }
    transcript
}

/// The stages' own secrets, which no type of the schedule lets out.
fn stages(trace: &Trace) {
    let zeros = [0; 32];
    let empty = trace.hash.digest(&[]).unwrap();
    let extract = |salt: &[u8], ikm: &[u8]| trace.hash.extract(salt, ikm).unwrap();
    trace.is("early_secret", extract(&zeros, trace.find("psk").unwrap_or(&zeros)).as_bytes());
    trace.is("derived.handshake", &trace.expanded("early_secret", "derived", empty.as_bytes(), 32));
    let shared = trace.value("shared_secret");
    trace.is("handshake_secret", extract(trace.value("derived.handshake"), shared).as_bytes());
    trace.is("derived.main", &trace.expanded("handshake_secret", "derived", empty.as_bytes(), 32));
    trace.is("main_secret", extract(trace.value("derived.main"), &zeros).as_bytes());
}

fn early(trace: &Trace, secret: &EarlySecret, transcript: &mut Transcript) {
    if trace.find("psk").is_none() {
        trace.absorb(transcript, "client_hello");
        transcript.start(trace.hash);
        return;
    }
    transcript.start(trace.hash);
    let before = transcript.current_with(trace.value("client_hello.truncated")).unwrap();
    trace.is("hash.client_hello_truncated", before.as_bytes());
    let empty = trace.hash.digest(&[]).unwrap();
    trace.is("binder_key", &trace.expanded("early_secret", "res binder", empty.as_bytes(), 32));
    trace.is("binder.finished_key", &trace.expanded("binder_key", "finished", b"", 32));
    let binder = secret.binder_key(BinderKind::Resumption).unwrap().verify_data(&before).unwrap();
    trace.is("binder", binder.as_bytes());
    assert!(trace.value("client_hello").ends_with(binder.as_bytes()));

    trace.absorb(transcript, "client_hello");
    let digest = transcript.current().unwrap();
    trace.traffic("client_early_traffic", &secret.client_early_traffic(&digest).unwrap());
    trace.is("early_exporter_secret", secret.early_exporter(&digest).unwrap().as_bytes());
}

fn check(file: &str) {
    let trace = Trace::load(file);
    let shared = key_exchange(&trace, file);
    stages(&trace);

    let mut transcript = first_hello(&trace);
    let secret = EarlySecret::new(trace.hash, trace.find("psk")).unwrap();
    early(&trace, &secret, &mut transcript);
    trace.absorb(&mut transcript, "server_hello");

    let secret = secret.handshake(Some(shared.as_bytes())).unwrap();
    let digest = transcript.current().unwrap();
    let client = secret.client_traffic(&digest).unwrap();
    let server = secret.server_traffic(&digest).unwrap();
    trace.traffic("client_handshake_traffic", &client);
    trace.traffic("server_handshake_traffic", &server);

    for name in ["encrypted_extensions", "certificate_request", "certificate", "certificate_verify"] {
        trace.absorb(&mut transcript, name);
    }
    trace.finished("server", &server, &transcript.current().unwrap());
    trace.absorb(&mut transcript, "server_finished");

    let secret = secret.main().unwrap();
    let digest = transcript.current().unwrap();
    trace.traffic("client_application_traffic", &secret.client_application(&digest).unwrap());
    trace.traffic("server_application_traffic", &secret.server_application(&digest).unwrap());
    trace.is("exporter_secret", secret.exporter(&digest).unwrap().as_bytes());

    for name in ["end_of_early_data", "client_certificate", "client_certificate_verify"] {
        trace.absorb(&mut transcript, name);
    }
    trace.finished("client", &client, &transcript.current().unwrap());
    trace.absorb(&mut transcript, "client_finished");

    let resumption = secret.resumption(&transcript.current().unwrap()).unwrap();
    let nonce = trace.find("ticket_nonce").unwrap_or(&[0, 0]);
    let psk = resumption.psk(nonce).unwrap();
    assert_eq!(psk.as_bytes(), trace.expanded("resumption_secret", "resumption", nonce, 32));
    if trace.find("resumption_psk").is_some() {
        trace.is("resumption_psk", psk.as_bytes());
    }

    // What is left is for the record layer.
    let contents = ["new_session_ticket", "early_data", "client_data", "server_data", "client_alert", "server_alert"];
    for name in trace.vectors.names().filter(|name| !name.starts_with("record.") && !contents.contains(name)) {
        assert!(trace.seen.borrow().contains(name), "{name} was not reproduced");
    }
}

#[test]
fn every_trace_is_reproduced() {
    for file in FILES {
        println!("{file}");
        check(file);
    }
}

/// The ticket of section 3 is what section 4 resumes with.
#[test]
fn the_psk_of_section_4_is_the_ticket_of_section_3() {
    let [first, second] = ["simple-1rtt", "resumed-0rtt"].map(Trace::load);
    assert_eq!(first.value("resumption_psk"), second.value("psk"));
}

/// The one certificate of the traces whose key is large enough to be verified with: P-256.
#[test]
fn the_signature_of_section_6_covers_the_signed_content() {
    let trace = Trace::load("client-authentication");
    let point = [0x03, 0x42, 0x00, 0x04];
    let certificate = trace.value("certificate");
    let at = certificate.windows(point.len()).position(|window| window == point).unwrap() + point.len() - 1;
    let key = PublicKey { kind: KeyKind::P256, bytes: certificate[at..at + 65].to_vec() };
    let signature = &trace.value("certificate_verify")[8..];
    let verify = |side| {
        let content = signed_content(side, &Digest::new(trace.value("hash.certificate")));
        trace.provider.verifier.verify(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), &key, &content, signature)
    };
    assert_eq!(verify(Side::Server), Ok(()));
    assert_eq!(verify(Side::Client), Err(CryptoError::BadSignature));
}
