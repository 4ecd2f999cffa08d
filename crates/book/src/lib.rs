//! The Rust examples of the book, each compiled and run: `cargo test -p handfast-book`, and with `--all-features` those that
//! need one.
//!
//! A page with an example has a line here, and `tools/book.py` fails for one that has none.
#![forbid(unsafe_code)]

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{Anchors, Clock, Identity, SystemClock};
use std::sync::Arc;

/// Whom a client trusts, and who a server is: a CA that was made for the occasion, and a certificate for localhost.
///
/// # Panics
/// When it cannot be made, which is a bug.
pub fn demo() -> (Arc<Anchors>, Arc<Identity>) {
    let (anchors, server, _) = demo_with_client();
    (anchors, server)
}

/// The same with a certificate of a client, of the same CA.
///
/// # Panics
/// As [`demo`].
pub fn demo_with_client() -> (Arc<Anchors>, Arc<Identity>, Arc<Identity>) {
    let provider = handfast::rustcrypto::provider();
    let now = SystemClock.now();
    let ca = Made::root(&provider, Builder::ca("The book's CA", now), KeyKind::P256).expect("a CA");
    let issue = |subject| {
        let leaf = ca.issue(&provider, subject, KeyKind::P256).expect("a certificate");
        Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).expect("an identity")
    };
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate).expect("an anchor");
    let server = issue(Builder::server(&["localhost"], now));
    (Arc::new(anchors), server, issue(Builder::client("a client", now)))
}

/// Gives each page a place among the doctests.
macro_rules! pages {
    ($($(#[$when:meta])* $name:ident: $text:expr;)*) => {
        $(
            #[cfg(doctest)]
            $(#[$when])*
            #[doc = $text]
            pub struct $name;
        )*
    };
}

pages! {
    GettingStarted: include_str!("../../../docs/getting-started.md");
    Clients: include_str!("../../../docs/clients.md");
    Servers: include_str!("../../../docs/servers.md");
    ServerLife: include_str!("../../../docs/server-life.md");
    #[cfg(feature = "http")]
    Http: include_str!("../../../docs/http.md");
    Certificates: include_str!("../../../docs/certificates.md");
    Resumption: include_str!("../../../docs/resumption-at-scale.md");
    EarlyData: include_str!("../../../docs/early-data.md");
    #[cfg(feature = "legacy")]
    LegacyPeers: include_str!("../../../docs/legacy.md");
    #[cfg(feature = "providers")]
    Faster: include_str!("../../../docs/performance-notes.md");
    Policies: include_str!("../../../docs/policies.md");
    NodeExamples: include_str!("../../../docs/node-examples.md");
    Telemetry: include_str!("../../../docs/telemetry.md");
    Wireshark: include_str!("../../../docs/wireshark.md");
    Embedding: include_str!("../../../docs/embedding.md");
    Questions: include_str!("../../../docs/questions.md");
    Readme: include_str!("../../../README.md");
    // That of the engine, which knows no sockets.
    LandingPage: include_str!("../../handfast/src/sockets.md");
}
