//! C1, K8: configurations by host name, replaced while connections live; C7: which client certificate.

use handfast::wire::AlertDescription;
use handfast::{
    Admission, ClientAuth, ClientConfig, Connection, Direction, Epoch, Error, FixedClock, Hosts, Identity, Limits,
    LiveAdmission, Resolve, Trace,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// A pair whose server chooses by host name.
fn pair_with(hosts: &Arc<Hosts>) -> Pair {
    let made = Setup::default().make();
    let admission = Admission {
        provider: made.server.provider().clone(),
        limits: Limits::default(),
        config: Resolve::Now(hosts.clone()),
        trace: None,
    };
    let again = Setup::default().make();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.server = End::new(Connection::accept(&admission).unwrap(), again.server_answers);
    pair
}

/// docs/regressions.md row 30: nobody by that name, and no other to serve.
#[test]
fn an_unknown_host_is_refused() {
    let mut pair = pair_with(&Arc::default());
    pair.run();
    assert!(matches!(pair.client.error, Some(Error::Alert(AlertDescription::UNRECOGNIZED_NAME))));
}

/// docs/regressions.md row 75: the latest match serves new connections, the others go on as they were.
#[test]
fn hosts_change_while_connections_live() {
    let hosts = Arc::new(Hosts::new());
    let config = |protocol| {
        let setup = Setup { server_protocols: vec![protocol], ..Setup::default() };
        setup.make().server
    };
    hosts.otherwise(config("h2"));
    let mut first = pair_with(&hosts);
    first.connect();
    hosts.add("*.EXAMPLE.", config("http/1.1"));
    let mut second = pair_with(&hosts);
    second.connect();
    let protocol = |pair: &Pair| pair.client.connection.facts().protocol.clone().unwrap();
    assert_eq!((protocol(&first), protocol(&second)), (b"h2".to_vec(), b"http/1.1".to_vec()));

    first.server.send(b"still here");
    first.run();
    assert_eq!(first.client.received, b"still here");
    assert_eq!(first.server.connection.facts().server_name.as_deref(), Some(NAME));
    // The latest that matches, be it the narrower one or not.
    hosts.add(NAME, config("h2"));
    assert_eq!(hosts.patterns(), ["*.example", NAME]);
    assert_eq!(protocol(pair_with(&hosts).connect()), b"h2");
    hosts.add("*.example", config("http/1.1"));
    assert_eq!(hosts.patterns(), [NAME, "*.example"]);
    assert_eq!(protocol(pair_with(&hosts).connect()), b"http/1.1");
    assert!(hosts.remove(NAME) && !hosts.remove(NAME));
    assert!(hosts.remove("*.example"));
    let mut third = pair_with(&hosts);
    assert_eq!(protocol(third.connect()), b"h2");
}

/// RFC 9846 §4.3.4: of several certificates the client shows the one from an authority the server names.
#[test]
fn the_client_certificate_comes_from_a_named_authority() {
    let setup = Setup { client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() };
    let provider = handfast::rustcrypto::provider();
    let stranger = {
        use handfast::pki::make::{Builder, Identity as Made};
        let kind = handfast::crypto::KeyKind::P256;
        let ca = Made::root(&provider, Builder::ca("Another CA", NOW), kind).unwrap();
        let leaf = ca.issue(&provider, Builder::client("stranger", NOW), kind).unwrap();
        Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).unwrap()
    };
    let world = World::of(setup.key);
    let mut made = setup.make();
    made.client = ClientConfig::builder()
        .anchors(world.anchors.clone())
        .clock(Arc::new(FixedClock(NOW)))
        .identities(Resolve::Now(Arc::new(vec![stranger, world.client.clone()])))
        .protocols(["http/1.1"])
        .build()
        .unwrap();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    let peer = pair.connect().server.connection.facts().peer().unwrap();
    assert_eq!(peer.credential.chain, world.client.credential().chain());
}

/// Changes what is admitted while a connection begins, and asks for it when it is dropped.
struct Reloads(LiveAdmission, Admission);

impl Trace for Reloads {
    fn begin(&self, _: bool) -> Option<Arc<dyn Trace>> {
        self.0.set(self.1.clone());
        None
    }

    fn message(&self, _: Direction, _: Epoch, _: &[u8]) {}

    fn change_cipher_spec(&self, _: Direction) {}

    fn alert(&self, _: Direction, _: AlertDescription) {}
}

impl Drop for Reloads {
    fn drop(&mut self) {
        self.0.get();
    }
}

/// What an application brings runs under no lock of ours.
#[test]
fn what_is_admitted_changes_from_within() {
    let plain = Admission::from(Setup::default().make().server);
    let live = LiveAdmission::new(plain.clone());
    let watched =
        || Admission { trace: Some(Arc::new(Reloads(live.clone(), plain.clone()))), ..Admission::clone(&plain) };
    let watched = [watched(), watched()];
    let (done, end) = mpsc::channel();
    thread::spawn(move || {
        let [accepted, replaced] = watched;
        live.set(accepted);
        live.accept().unwrap();
        live.set(replaced);
        live.set(plain);
        done.send(()).unwrap();
    });
    assert_eq!(end.recv_timeout(Duration::from_secs(60)), Ok(()), "it waits for itself");
}
