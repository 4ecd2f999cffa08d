//! Whether the bench measures what it says: every library does every kind of handshake, and what is sent arrives.

use handfast::wire::NamedGroup;
use handfast_bench::peer::{
    Peer, Prior, RUSTLS, Scenario, Unbuffered, Wires, everybody, handshake, introduce, unmeasured,
};
use handfast_bench::world::{Keys, World};

#[test]
fn everybody_does_every_handshake_and_data_arrives() {
    let worlds = [World::new(Keys::P256), World::new(Keys::Rsa)];
    let mut left_out = Vec::new();
    for (name, scenario) in &Scenario::ALL {
        for peer in everybody() {
            let Some(mut site) = peer.site(scenario, &worlds[scenario.keys as usize]) else {
                left_out.push((peer.name(), *name));
                continue;
            };
            let mut wires = Wires::default();
            introduce(site.as_mut(), scenario, &mut wires);
            for _ in 0..3 {
                // It looks whether the session was resumed and the early data taken.
                let (mut client, mut server) = handshake(site.as_mut(), scenario, &mut wires, &mut unmeasured);
                let mut wire = Vec::new();
                client.send(b"to the server", 4, &mut wire);
                assert_eq!(server.receive(&mut wire), 52, "{}, {name}", peer.name());
                server.send(b"to the client", 1, &mut wire);
                assert_eq!(client.receive(&mut wire), 13, "{}, {name}", peer.name());
                if client.send_parts([b"in two", b"parts"], 2, &mut wire) {
                    assert_eq!(server.receive(&mut wire), 22, "{}, {name}", peer.name());
                }
            }
        }
    }
    let wanted = [
        ("rustls + ring", "1.3 X25519MLKEM768 ECDSA"),
        ("rustls + RustCrypto", "1.3 X25519MLKEM768 ECDSA"),
        ("OpenSSL", "1.3 X25519MLKEM768 ECDSA"),
        ("OpenSSL", "1.3 0-RTT"),
    ];
    assert_eq!(left_out, wanted);
}

#[test]
fn a_server_that_is_not_certified_is_refused() {
    let (trusted, other) = (World::new(Keys::P256), World::new(Keys::P256));
    let world = World { root: other.root, ..trusted };
    let refused = |peer: Box<dyn Peer>| {
        let mut site = peer.site(&Scenario::FULL, &world).expect("everybody can do it");
        let done = std::panic::AssertUnwindSafe(|| {
            handshake(site.as_mut(), &Scenario::FULL, &mut Wires::default(), &mut unmeasured);
        });
        std::panic::catch_unwind(done).is_err()
    };
    for peer in everybody() {
        let name = peer.name();
        assert!(refused(peer), "{name}");
    }
}

#[test]
fn the_interface_without_buffers_carries_the_same_data() {
    let world = World::new(Keys::P256);
    let peer = Unbuffered { name: "unbuffered", inner: RUSTLS[0] };
    for group in [NamedGroup::X25519, NamedGroup::SECP256R1] {
        let scenario = Scenario { group, prior: Prior::Nothing, ..Scenario::FULL };
        let mut site = peer.site(&scenario, &world).expect("two configurations");
        let (mut client, mut server) = handshake(site.as_mut(), &scenario, &mut Wires::default(), &mut unmeasured);
        let mut wire = Vec::new();
        client.send(&[7; 16_384], 5, &mut wire);
        assert_eq!(wire.len(), 5 * (5 + 16_384 + 1 + 16));
        assert_eq!(server.receive(&mut wire), 5 * 16_384);
    }
}
