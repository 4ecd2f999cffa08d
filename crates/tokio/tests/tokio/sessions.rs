//! Sessions of TLS 1.2, and another handshake on the same connection.

use crate::over_loopback;
use handfast::{ClientAuth, Version};
use handfast_testkit::setup::Setup;
use handfast_tokio::{Acceptor, Connector};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_session_is_offered_again() {
    let made = Setup::default().make_with(
        |client| client.versions(Version::Tls12, Version::Tls12),
        |server| server.versions(Version::Tls12, Version::Tls12),
    );
    let (connector, acceptor) = (Connector::new(made.client), Acceptor::new(made.server));
    let (client, _) = over_loopback((connector.clone(), acceptor.clone())).await;
    let session = client.session().expect("a session").clone();
    let (client, server) = over_loopback((connector.session(session), acceptor)).await;
    assert!(client.facts().resumed && server.facts().resumed);
}

/// RFC 9846 §4.7.2.
#[tokio::test]
async fn a_certificate_after_the_handshake() {
    let setup = Setup { client_certificate: true, client_protocols: vec![], ..Setup::default() };
    let made = setup.make_with(|client| client.post_handshake_auth(true), |server| server);
    let stricter = Setup { client_auth: ClientAuth::Require, ..setup }.make().server;
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server))).await;
    server.request_certificate(stricter).unwrap();
    let mut heard = [0; 4];
    let (answered, read) = tokio::join!(
        async {
            assert!(server.await_certificate().await?);
            server.write_all(b"then").await
        },
        client.read_exact(&mut heard)
    );
    answered.unwrap();
    read.unwrap();
    assert!(!server.awaits_certificate() && server.facts().peer().unwrap().verified);
    assert_eq!(&heard, b"then");
}

#[cfg(feature = "legacy")]
#[tokio::test]
async fn a_connection_is_negotiated_anew() {
    use handfast::legacy::{RenegotiationLimit, dangerous_legacy};

    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let made = Setup::default().make_with(
        |client| client.versions(Version::Tls12, Version::Tls12).legacy(legacy()),
        |server| server.versions(Version::Tls12, Version::Tls12).legacy(legacy()),
    );
    let (mut client, mut server) = over_loopback((Connector::new(made.client), Acceptor::new(made.server))).await;
    let mut heard = [0; 5];
    let (renegotiated, read) = tokio::join!(
        async {
            client.renegotiate().await?;
            client.write_all(b"after").await
        },
        server.read_exact(&mut heard)
    );
    renegotiated.unwrap();
    read.unwrap();
    assert!(!client.is_renegotiating());
    assert_eq!((client.facts().renegotiations, server.facts().renegotiations), (1, 1));
    assert_eq!(&heard, b"after");
}
