//! rustls, with any of its providers: its buffered interface, and the one without buffers.

use super::{EARLY, End, Outcome, Peer, Prior, Scenario, Site};
use crate::cipher::Suite;
use crate::world::{NAME, Own, World};
use handfast::wire::NamedGroup;
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::client::{UnbufferedClientConnection, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::server::{ProducesTickets, UnbufferedServerConnection, WebPkiClientVerifier};
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, Connection, Error, HandshakeKind, RootCertStore, ServerConfig,
    ServerConnection, version,
};
use std::hint::black_box;
use std::io::{BufRead, IoSlice, Read, Write};
use std::sync::Arc;

/// rustls with a provider.
#[derive(Clone, Copy)]
pub struct Rustls {
    /// What it is called in tables.
    pub name: &'static str,
    /// Its cryptography.
    pub provider: fn() -> CryptoProvider,
    /// What seals its tickets, if it can.
    pub ticketer: Option<MakeTicketer>,
}

/// Makes what seals tickets.
pub type MakeTicketer = fn() -> Result<Arc<dyn ProducesTickets>, Error>;

impl Rustls {
    /// The configurations of a scenario, if the provider has what it takes.
    pub fn configs(&self, scenario: &Scenario, world: &World) -> Option<(Arc<ClientConfig>, Arc<ServerConfig>)> {
        let provider = Arc::new(self.provider(scenario)?);
        let versions = if scenario.tls13 { &[&version::TLS13] } else { &[&version::TLS12] };
        let mut roots = RootCertStore::empty();
        roots.add(world.root.clone()).expect("an anchor");
        let roots = Arc::new(roots);
        let own = |own: &Own| (vec![own.certificate.clone()], own.key.clone_key());

        let verifier = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .expect("suites of this version")
            .with_webpki_verifier(verifier.expect("a verifier"));
        let mut client = match scenario.client_auth {
            false => client.with_no_client_auth(),
            true => {
                let (chain, key) = own(&world.client);
                client.with_client_auth_cert(chain, key).expect("a certificate with its key")
            }
        };
        if scenario.prior == Prior::Nothing {
            client.resumption = Resumption::store(Arc::new(Forgetful));
        }
        client.enable_early_data = scenario.prior == Prior::Early;

        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .expect("suites of this version");
        let server = match scenario.client_auth {
            false => server.with_no_client_auth(),
            true => {
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                server.with_client_cert_verifier(verifier.expect("a verifier"))
            }
        };
        let (chain, key) = own(&world.server);
        let mut server = server.with_single_cert(chain, key).expect("a certificate with its key");
        server.send_tls13_tickets = 1;
        // With tickets it takes no early data.
        match self.ticketer {
            Some(ticketer) if scenario.prior != Prior::Early => server.ticketer = ticketer().expect("a ticketer"),
            _ => {}
        }
        server.max_early_data_size = if scenario.prior == Prior::Early { 16_384 } else { 0 };
        Some((Arc::new(client), Arc::new(server)))
    }

    fn provider(&self, scenario: &Scenario) -> Option<CryptoProvider> {
        let group = match scenario.group {
            NamedGroup::SECP256R1 => rustls::NamedGroup::secp256r1,
            NamedGroup::X25519MLKEM768 => rustls::NamedGroup::X25519MLKEM768,
            _ => rustls::NamedGroup::X25519,
        };
        let suite = match (scenario.tls13, scenario.suite) {
            (true, Suite::Aes128Gcm) => CipherSuite::TLS13_AES_128_GCM_SHA256,
            (true, Suite::Aes256Gcm) => CipherSuite::TLS13_AES_256_GCM_SHA384,
            (true, Suite::ChaCha20Poly1305) => CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
            (false, _) => CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        };
        let mut provider = (self.provider)();
        provider.kx_groups.retain(|has| has.name() == group);
        provider.cipher_suites.retain(|has| has.suite() == suite);
        (!provider.kx_groups.is_empty() && !provider.cipher_suites.is_empty()).then_some(provider)
    }
}

impl Peer for Rustls {
    fn name(&self) -> &'static str {
        self.name
    }

    fn site(&self, scenario: &Scenario, world: &World) -> Option<Box<dyn Site>> {
        let (client, server) = self.configs(scenario, world)?;
        Some(Box::new(Both { client, server }))
    }
}

/// Keeps no session, so that every handshake is a full one.
#[derive(Debug)]
struct Forgetful;

impl ClientSessionStore for Forgetful {
    fn set_kx_hint(&self, _: ServerName<'static>, _: rustls::NamedGroup) {}
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<rustls::NamedGroup> {
        None
    }
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

struct Both {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Site for Both {
    fn client(&mut self, out: &mut Vec<u8>) -> Box<dyn End> {
        let name = ServerName::try_from(NAME).expect("a name");
        let mut connection = ClientConnection::new(self.client.clone(), name).expect("a client");
        if let Some(mut early) = connection.early_data() {
            early.write_all(EARLY).expect("early data");
        }
        let mut end = Buffered { connection: connection.into(), early: 0 };
        end.flush(out);
        Box::new(end)
    }

    fn server(&mut self) -> Box<dyn End> {
        let connection = ServerConnection::new(self.server.clone()).expect("a server");
        Box::new(Buffered { connection: connection.into(), early: 0 })
    }
}

struct Buffered {
    connection: Connection,
    early: usize,
}

impl Buffered {
    fn flush(&mut self, out: &mut Vec<u8>) {
        while self.connection.wants_write() {
            self.connection.write_tls(out).expect("memory");
        }
    }
}

impl End for Buffered {
    fn pump(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>) {
        let mut rest = input.as_slice();
        while !rest.is_empty() {
            self.connection.read_tls(&mut rest).expect("memory");
            self.connection.process_new_packets().expect("a good flight");
        }
        input.clear();
        if let Connection::Server(server) = &mut self.connection
            && let Some(mut early) = server.early_data()
        {
            let mut data = [0; EARLY.len()];
            self.early += early.read(&mut data).expect("early data");
        }
        self.flush(out);
    }

    fn outcome(&mut self) -> Outcome {
        let resumed = self.connection.handshake_kind() == Some(HandshakeKind::Resumed);
        Outcome { connected: !self.connection.is_handshaking(), resumed, early: self.early }
    }

    fn send(&mut self, data: &[u8], times: usize, out: &mut Vec<u8>) {
        out.clear();
        for _ in 0..times {
            self.connection.writer().write_all(data).expect("room");
            self.flush(out);
        }
    }

    fn send_parts(&mut self, parts: [&[u8]; 2], times: usize, out: &mut Vec<u8>) -> bool {
        out.clear();
        for _ in 0..times {
            let slices = parts.map(IoSlice::new);
            let written = self.connection.writer().write_vectored(&slices).expect("room");
            assert_eq!(written, parts[0].len() + parts[1].len());
            self.flush(out);
        }
        true
    }

    fn receive(&mut self, wire: &mut Vec<u8>) -> usize {
        let (mut wire, mut got) = (wire.as_slice(), 0);
        while !wire.is_empty() {
            self.connection.read_tls(&mut wire).expect("memory");
            self.connection.process_new_packets().expect("good records");
            let mut reader = self.connection.reader();
            // Without the copy that `read` makes.
            while let Ok(data) = reader.fill_buf().map(<[u8]>::len) {
                if data == 0 {
                    break;
                }
                black_box(reader.fill_buf().expect("data"));
                reader.consume(data);
                got += data;
            }
        }
        got
    }
}

/// The interface in which the caller has the buffers.
#[derive(Clone, Copy)]
pub struct Unbuffered {
    /// What it is called in tables.
    pub name: &'static str,
    /// With which provider.
    pub inner: Rustls,
}

impl Peer for Unbuffered {
    fn name(&self) -> &'static str {
        self.name
    }

    fn site(&self, scenario: &Scenario, world: &World) -> Option<Box<dyn Site>> {
        let (client, server) = self.inner.configs(scenario, world)?;
        Some(Box::new(BothUnbuffered { client, server }))
    }
}

struct BothUnbuffered {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Site for BothUnbuffered {
    fn client(&mut self, out: &mut Vec<u8>) -> Box<dyn End> {
        let name = ServerName::try_from(NAME).expect("a name");
        let mut end = UnbufferedClientConnection::new(self.client.clone(), name).expect("a client");
        end.pump(&mut Vec::new(), out);
        Box::new(end)
    }

    fn server(&mut self) -> Box<dyn End> {
        Box::new(UnbufferedServerConnection::new(self.server.clone()).expect("a server"))
    }
}

/// What a record is longer than its data, at most.
const OVERHEAD: usize = 64;
/// The longest flight.
const FLIGHT: usize = 16 << 10;

macro_rules! unbuffered {
    ($connection:ty) => {
        impl End for $connection {
            fn pump(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>) {
                let mut at = 0;
                loop {
                    let UnbufferedStatus { discard, state, .. } = self.process_tls_records(&mut input[at..]);
                    at += discard;
                    match state.expect("a good flight") {
                        ConnectionState::EncodeTlsData(mut data) => {
                            let start = out.len();
                            out.resize(start + FLIGHT, 0);
                            let written = data.encode(&mut out[start..]).expect("room");
                            out.truncate(start + written);
                        }
                        ConnectionState::TransmitTlsData(data) => data.done(),
                        _ => return input.clear(),
                    }
                }
            }

            fn outcome(&mut self) -> Outcome {
                let resumed = self.handshake_kind() == Some(HandshakeKind::Resumed);
                Outcome { connected: !self.is_handshaking(), resumed, early: 0 }
            }

            fn send(&mut self, data: &[u8], times: usize, out: &mut Vec<u8>) {
                out.resize(times * (data.len() + OVERHEAD), 0);
                let mut at = 0;
                for _ in 0..times {
                    let ConnectionState::WriteTraffic(mut writer) =
                        self.process_tls_records(&mut []).state.expect("a connection")
                    else {
                        panic!("not connected")
                    };
                    at += writer.encrypt(data, &mut out[at..]).expect("room");
                }
                out.truncate(at);
            }

            fn receive(&mut self, wire: &mut Vec<u8>) -> usize {
                let (mut at, mut got) = (0, 0);
                while at < wire.len() {
                    let UnbufferedStatus { discard, state, .. } = self.process_tls_records(&mut wire[at..]);
                    at += discard;
                    if let ConnectionState::ReadTraffic(mut reader) = state.expect("good records") {
                        while let Some(record) = reader.next_record() {
                            let record = record.expect("a good record");
                            at += record.discard;
                            got += black_box(record.payload).len();
                        }
                    }
                }
                got
            }
        }
    };
}

unbuffered!(UnbufferedClientConnection);
unbuffered!(UnbufferedServerConnection);
