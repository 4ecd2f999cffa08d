//! The life of a server: how many handshakes, configurations that change, and strangers.

use crate::{duplex, name, pair, run};
use handfast::Sniffed;
use handfast_futures::{Accepted, Acceptor, Connector};
use handfast_testkit::setup::Setup;
use smol::future::{poll_once, ready, zip};
use smol::io::AsyncWriteExt;
use std::future::pending;
use std::io::ErrorKind;
use std::pin::pin;

/// Who has no place waits for one within its time.
#[test]
fn no_more_handshakes_than_places() {
    run(async {
        let (connector, acceptor) = pair();
        let acceptor = acceptor.max_handshakes(1);
        let (_silent, theirs) = duplex(1 << 16);
        let mut first = Box::pin(acceptor.accept(theirs, pending::<()>()));
        assert!(poll_once(&mut first).await.is_none());
        assert_eq!(acceptor.handshakes().taken(), 1);

        let (_other, theirs) = duplex(1 << 16);
        let error = acceptor.clone().accept(theirs, ready(())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);

        let (ours, theirs) = duplex(1 << 16);
        let mut both =
            pin!(zip(connector.connect(ours, name(), pending::<()>()), acceptor.accept(theirs, pending::<()>())));
        for _ in 0..10 {
            assert!(poll_once(&mut both).await.is_none());
        }
        drop(first);
        let (client, server) = both.await;
        assert!(client.is_ok() && server.is_ok());
        assert_eq!(acceptor.handshakes().taken(), 0);
    });
}

#[test]
fn the_configuration_changes_under_a_live_server() {
    run(async {
        let config = |protocol| Setup { server_protocols: vec![protocol], ..Setup::default() }.make();
        let first = config("h2");
        let (acceptor, connector) = (Acceptor::new(first.server), Connector::new(first.client));
        let mut found = Vec::new();
        for next in ["http/1.1", "h2"] {
            let (ours, theirs) = duplex(1 << 16);
            let never = pending::<()>;
            let (client, server) =
                zip(connector.connect(ours, name(), never()), acceptor.accept(theirs, never())).await;
            server.unwrap();
            found.push(client.unwrap().facts().protocol.clone().unwrap());
            acceptor.admission().set(config(next).server);
        }
        assert_eq!(found, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    });
}

#[test]
fn strangers_are_handed_back() {
    run(async {
        let (connector, acceptor) = pair();
        let (mut ours, theirs) = duplex(1 << 16);
        ours.write_all(b"PROXY UNKNOWN\r\n").await.unwrap();
        let accepted = acceptor.accept_any(theirs, pending::<()>()).await.unwrap();
        let Accepted::Stranger(stranger) = accepted else { panic!("it is none") };
        assert_eq!((stranger.speaks, &stranger.received[..]), (Sniffed::ProxyHeader, &b"PROXY UNKNOWN\r\n"[..]));
        // Behind the header the client speaks TLS.
        let (client, server) = zip(
            connector.connect(ours, name(), pending::<()>()),
            acceptor.accept_received(stranger.io, Vec::new(), pending::<()>()),
        )
        .await;
        assert!(client.is_ok() && server.is_ok());
        let (ours, theirs) = duplex(1 << 16);
        let (client, server) =
            zip(connector.connect(ours, name(), pending::<()>()), acceptor.accept_any(theirs, pending::<()>())).await;
        assert!(client.is_ok() && matches!(server, Ok(Accepted::Tls(_))));
    });
}
