//! A real handshake with bytes changed on the way: nobody panics, and if both sides are content they agree on everything.
#![no_main]

use handfast::Version;
use handfast_testkit::chunk::Chunking;
use handfast_testkit::claims;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::Setup;
use libfuzzer_sys::fuzz_target;

/// Which flight, where in it, and what is done there.
type Change = (u8, u16, u8);

fuzz_target!(|input: (bool, Vec<Change>)| {
    let (only12, changes) = input;
    let setup = Setup::default();
    // Both know both versions, so that there is one to be talked down to; or the older one alone.
    let lowest = Version::Tls12;
    let highest = if only12 { Version::Tls12 } else { Version::Tls13 };
    let made = setup.make_with(|client| client.versions(lowest, highest), |server| server.versions(lowest, highest));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    for flight in 0..6 {
        let Pair { client, server, .. } = &mut pair;
        let (from, to): (&mut End, &mut End) = if flight % 2 == 0 { (client, server) } else { (server, client) };
        for (_, at, with) in changes.iter().filter(|change| change.0 % 6 == flight) {
            let len = from.outbox.len().max(1);
            if let Some(byte) = from.outbox.get_mut(usize::from(*at) % len) {
                *byte ^= with;
            }
        }
        from.carry(to, Chunking::Coalesced);
    }
    if pair.client.connection.is_connected() && pair.server.connection.is_connected() {
        claims::check(&pair);
    }
});
