//! Handfast, with each provider that it has.

use super::{EARLY, End, Outcome, Peer, Prior, Scenario, Site};
use crate::cipher::Suite;
use crate::world::{NAME, Own, World};
use handfast::crypto::AeadAlgorithm;
use handfast::pki_types::ServerName;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{
    Anchors, ClientAuth, ClientConfig, ClientConfigBuilder, ClientStart, Connection, Event, Identity, Provider,
    Received, Resolve, ServerConfig, ServerConfigBuilder, SessionCache, StrikeRegister, Version,
};
use std::hint::black_box;
use std::sync::Arc;

/// Handfast with a provider.
#[derive(Clone, Copy)]
pub struct Handfast {
    /// What it is called in tables.
    pub name: &'static str,
    /// Its cryptography.
    pub provider: fn() -> Provider,
}

/// A row for every provider, named as rustls's with the same library is in [`RUSTLS`](super::RUSTLS). The first is the default.
pub const PROVIDERS: &[Handfast] = &[
    Handfast { name: "Handfast", provider: handfast::rustcrypto::provider },
    Handfast { name: "Handfast + aws-lc-rs", provider: handfast_aws_lc::provider },
    Handfast { name: "Handfast + graviola", provider: handfast_graviola::provider },
];

impl Handfast {
    /// The configurations of a scenario.
    pub fn configs(&self, scenario: &Scenario, world: &World) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
        let (client, server) = self.builders(scenario, world);
        (client.build().expect("a client"), server.build().expect("a server"))
    }

    /// The same before they are built.
    pub fn builders(&self, scenario: &Scenario, world: &World) -> (ClientConfigBuilder, ServerConfigBuilder) {
        let provider = (self.provider)();
        let mut anchors = Anchors::new();
        anchors.add(&world.root).expect("an anchor");
        let anchors = Arc::new(anchors);
        let identity = |own: &Own| {
            Identity::new(&provider, vec![own.certificate.clone()], &own.key).expect("a certificate with its key")
        };
        let version = if scenario.tls13 { Version::Tls13 } else { Version::Tls12 };
        let suite = code_point(scenario);
        // In TLS 1.2 the curve of the certificate's key has to be there as well.
        let curve = (!scenario.tls13).then_some(NamedGroup::SECP256R1);
        let groups = || std::iter::once(scenario.group).chain(curve);
        let mut client = ClientConfig::builder_with(provider.clone())
            .versions(version, version)
            .suites([suite])
            .groups(groups())
            .anchors(anchors.clone());
        let mut server = ServerConfig::builder_with(provider.clone())
            .versions(version, version)
            .suites([suite])
            .groups(groups())
            .tickets(1)
            .identity(identity(&world.server));
        if scenario.client_auth {
            client = client.identity(identity(&world.client));
            server = server.client_auth(ClientAuth::Require, anchors);
        }
        if scenario.prior == Prior::Early {
            let register = StrikeRegister::default().warm_since(0);
            server = server.early_data(16_384).anti_replay(Resolve::Now(Arc::new(register)));
        }
        (client, server)
    }

    /// Its own cipher, without TLS.
    pub fn cipher(&self, suite: Suite) -> Box<dyn handfast::crypto::AeadKey> {
        let algorithm = match suite {
            Suite::Aes128Gcm => AeadAlgorithm::Aes128Gcm,
            Suite::Aes256Gcm => AeadAlgorithm::Aes256Gcm,
            Suite::ChaCha20Poly1305 => AeadAlgorithm::ChaCha20Poly1305,
        };
        let aead = (self.provider)().aeads.iter().find(|aead| aead.algorithm() == algorithm).copied();
        aead.expect("every provider has it").key(suite.key()).expect("a key")
    }
}

fn code_point(scenario: &Scenario) -> CipherSuite {
    match (scenario.tls13, scenario.suite) {
        (true, Suite::Aes128Gcm) => CipherSuite::TLS_AES_128_GCM_SHA256,
        (true, Suite::Aes256Gcm) => CipherSuite::TLS_AES_256_GCM_SHA384,
        (true, Suite::ChaCha20Poly1305) => CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        (false, _) => CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    }
}

impl Peer for Handfast {
    fn name(&self) -> &'static str {
        self.name
    }

    fn site(&self, scenario: &Scenario, world: &World) -> Option<Box<dyn Site>> {
        let (client, server) = self.configs(scenario, world);
        Some(self.between(client, server, scenario))
    }
}

impl Handfast {
    /// The site of these configurations.
    pub fn between(&self, client: Arc<ClientConfig>, server: Arc<ServerConfig>, scenario: &Scenario) -> Box<dyn Site> {
        let sessions = (scenario.prior != Prior::Nothing).then(Arc::default);
        Box::new(Both { client, server, sessions, early: scenario.prior == Prior::Early })
    }
}

struct Both {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    /// Where clients keep their sessions, if they do.
    sessions: Option<Arc<SessionCache>>,
    early: bool,
}

impl Site for Both {
    fn client(&mut self, out: &mut Vec<u8>) -> Box<dyn End> {
        let name = ServerName::try_from(NAME).expect("a name");
        let mut start = ClientStart::new(&self.client, name).early_data(self.early);
        if let Some(sessions) = &self.sessions {
            start = start.sessions(sessions);
        }
        let mut connection = start.connect(out).expect("a ClientHello");
        if connection.early_data_left() > 0 {
            connection.send_early(EARLY, out).expect("early data");
        }
        Box::new(Ours { connection, sessions: self.sessions.clone(), early: 0 })
    }

    fn server(&mut self) -> Box<dyn End> {
        Box::new(Ours { connection: Connection::server(&self.server).expect("a server"), sessions: None, early: 0 })
    }
}

struct Ours {
    connection: Connection,
    sessions: Option<Arc<SessionCache>>,
    early: usize,
}

impl End for Ours {
    fn pump(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>) {
        let mut at = 0;
        loop {
            let Received { consumed, event } = self.connection.receive(&mut input[at..], out).expect("a good flight");
            at += consumed;
            match event {
                Event::NeedInput { .. } => return input.clear(),
                Event::Session(session) => {
                    if let Some(sessions) = &self.sessions {
                        sessions.put(session);
                    }
                }
                Event::EarlyData { bytes, .. } => self.early += bytes.len(),
                _ => {}
            }
        }
    }

    fn outcome(&mut self) -> Outcome {
        let connected = self.connection.is_connected();
        Outcome { connected, resumed: self.connection.facts().resumed, early: self.early }
    }

    fn send(&mut self, data: &[u8], times: usize, out: &mut Vec<u8>) {
        out.clear();
        for _ in 0..times {
            self.connection.send(data, out).expect("an open connection");
        }
    }

    fn send_parts(&mut self, parts: [&[u8]; 2], times: usize, out: &mut Vec<u8>) -> bool {
        out.clear();
        for _ in 0..times {
            let mut record = self.connection.record(out).expect("an open connection");
            for part in parts {
                assert_eq!(record.put(part), part.len());
            }
            record.finish().expect("a record");
        }
        true
    }

    fn receive(&mut self, wire: &mut Vec<u8>) -> usize {
        let (mut at, mut got, mut out) = (0, 0, Vec::new());
        while at < wire.len() {
            let Received { consumed, event } = self.connection.receive(&mut wire[at..], &mut out).expect("records");
            at += consumed;
            if let Event::Data { bytes, .. } = event {
                got += black_box(bytes).len();
            }
        }
        got
    }
}
