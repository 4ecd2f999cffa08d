//! OpenSSL, as the system has it, over a transport in memory.
#![expect(unsafe_code, reason = "a session is set by an unsafe function")]

use super::{End, Outcome, Peer, Prior, Scenario, Site};
use crate::cipher::Suite;
use crate::world::{Keys, NAME, Own, World};
use handfast::wire::NamedGroup;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    ErrorCode, ShutdownState, Ssl, SslContext, SslContextBuilder, SslMethod, SslSession, SslSessionCacheMode,
    SslStream, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

/// OpenSSL.
pub struct OpenSsl;

impl Peer for OpenSsl {
    fn name(&self) -> &'static str {
        "OpenSSL"
    }

    fn site(&self, scenario: &Scenario, world: &World) -> Option<Box<dyn Site>> {
        // Its early data wants functions of its own, and OpenSSL 3.0 has no ML-KEM.
        if scenario.prior == Prior::Early || scenario.group == NamedGroup::X25519MLKEM768 {
            return None;
        }
        Some(Box::new(Both::new(scenario, world).expect("two contexts")))
    }
}

struct Both {
    client: SslContext,
    server: SslContext,
    /// The newest session, if the client keeps any.
    session: Option<Arc<Mutex<Option<SslSession>>>>,
}

impl Both {
    fn new(scenario: &Scenario, world: &World) -> Result<Self, ErrorStack> {
        let (mut client, mut server) = (context(scenario, world)?, context(scenario, world)?);
        client.set_verify(SslVerifyMode::PEER);
        client.verify_param_mut().set_host(NAME)?;
        own(&mut server, &world.server)?;
        server.set_num_tickets(1)?;
        server.set_session_id_context(b"bench")?;
        if scenario.client_auth {
            own(&mut client, &world.client)?;
            server.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        }
        let session: Option<Arc<Mutex<Option<SslSession>>>> = (scenario.prior == Prior::Session).then(Default::default);
        if let Some(session) = session.clone() {
            client.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
            client.set_new_session_callback(move |_, new| *session.lock().expect("a lock") = Some(new));
        }
        Ok(Both { client: client.build(), server: server.build(), session })
    }
}

fn context(scenario: &Scenario, world: &World) -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls())?;
    let version = if scenario.tls13 { SslVersion::TLS1_3 } else { SslVersion::TLS1_2 };
    context.set_min_proto_version(Some(version))?;
    context.set_max_proto_version(Some(version))?;
    context.set_groups_list(match (scenario.tls13, scenario.group) {
        (true, NamedGroup::SECP256R1) => "P-256",
        (true, _) => "X25519",
        // In TLS 1.2 the curve of the certificate's key has to be there as well.
        (false, _) => "X25519:P-256",
    })?;
    context.set_ciphersuites(match scenario.suite {
        Suite::Aes128Gcm => "TLS_AES_128_GCM_SHA256",
        Suite::Aes256Gcm => "TLS_AES_256_GCM_SHA384",
        Suite::ChaCha20Poly1305 => "TLS_CHACHA20_POLY1305_SHA256",
    })?;
    context.set_cipher_list(match scenario.keys {
        Keys::P256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        Keys::Rsa => "ECDHE-RSA-AES128-GCM-SHA256",
    })?;
    let mut roots = X509StoreBuilder::new()?;
    roots.add_cert(X509::from_der(&world.root)?)?;
    context.set_cert_store(roots.build());
    Ok(context)
}

fn own(context: &mut SslContextBuilder, own: &Own) -> Result<(), ErrorStack> {
    let certificate = X509::from_der(&own.certificate)?;
    let key = PKey::private_key_from_der(own.key.secret_der())?;
    context.set_certificate(&certificate)?;
    context.set_private_key(&key)
}

impl Site for Both {
    fn client(&mut self, out: &mut Vec<u8>) -> Box<dyn End> {
        let mut ssl = Ssl::new(&self.client).expect("a client");
        ssl.set_hostname(NAME).expect("a name");
        ssl.set_connect_state();
        if let Some(session) = self.session.as_ref().and_then(|session| session.lock().expect("a lock").clone()) {
            // SAFETY: the session came from a connection of the same context.
            unsafe { ssl.set_session(&session) }.expect("a session");
        }
        let mut end = Stream(SslStream::new(ssl, Pipe::default()).expect("a stream"));
        end.pump(&mut Vec::new(), out);
        Box::new(end)
    }

    fn server(&mut self) -> Box<dyn End> {
        let mut ssl = Ssl::new(&self.server).expect("a server");
        ssl.set_accept_state();
        Box::new(Stream(SslStream::new(ssl, Pipe::default()).expect("a stream")))
    }
}

/// What has come and is not read, and what was written.
#[derive(Default)]
struct Pipe {
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match (&self.input[self.read..]).read(to)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            read => {
                self.read += read;
                Ok(read)
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Stream(SslStream<Pipe>);

impl Drop for Stream {
    /// A session whose connection ends without a close_notify would not be resumed; nobody else here sends one either.
    fn drop(&mut self) {
        self.0.set_shutdown(ShutdownState::SENT | ShutdownState::RECEIVED);
    }
}

impl Stream {
    /// Lends the stream `input` and `out` while it works.
    fn with<T>(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>, work: impl FnOnce(&mut SslStream<Pipe>) -> T) -> T {
        let pipe = self.0.get_mut();
        pipe.read = 0;
        std::mem::swap(&mut pipe.input, input);
        std::mem::swap(&mut pipe.output, out);
        let done = work(&mut self.0);
        let pipe = self.0.get_mut();
        std::mem::swap(&mut pipe.input, input);
        std::mem::swap(&mut pipe.output, out);
        done
    }
}

impl End for Stream {
    fn pump(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>) {
        self.with(input, out, |stream| {
            let done = match stream.ssl().is_init_finished() {
                true => Ok(()),
                false => stream.do_handshake(),
            };
            // A ticket comes after the handshake, where data could be.
            let error = match done {
                Ok(()) => stream.ssl_read(&mut [0; 16]).expect_err("no data"),
                Err(error) => error,
            };
            assert_eq!(error.code(), ErrorCode::WANT_READ, "{error}");
        });
        input.clear();
    }

    fn outcome(&mut self) -> Outcome {
        let ssl = self.0.ssl();
        Outcome { connected: ssl.is_init_finished(), resumed: ssl.session_reused(), early: 0 }
    }

    fn send(&mut self, data: &[u8], times: usize, out: &mut Vec<u8>) {
        out.clear();
        self.with(&mut Vec::new(), out, |stream| {
            for _ in 0..times {
                assert_eq!(stream.ssl_write(data).expect("an open connection"), data.len());
            }
        });
    }

    fn receive(&mut self, wire: &mut Vec<u8>) -> usize {
        let (mut got, mut data) = (0, [0; 16_384]);
        self.with(wire, &mut Vec::new(), |stream| {
            while let Ok(read) = stream.ssl_read(&mut data) {
                got += black_box(&data[..read]).len();
            }
        });
        got
    }
}
