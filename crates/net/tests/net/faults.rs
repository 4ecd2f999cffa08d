//! Transports that misbehave.

use crate::{bytes, name, pair};
use handfast::pki_types::ServerName;
use handfast::{ClientConfig, Error, ServerConfig, Session};
use handfast_net::{Acceptor, Connector, Stream, tls_error};
use handfast_testkit::adapter::{Adapter, Transport, withstands_everything};
use handfast_testkit::fault::Deafening;
use handfast_testkit::pipe::Pipe;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

struct Net;

impl Adapter for Net {
    type Stream<S: Transport> = Stream<S>;

    fn client<S: Transport>(config: Arc<ClientConfig>, name: ServerName<'static>, transport: S) -> Stream<S> {
        Connector::new(config).begin(transport, name).unwrap()
    }

    fn server<S: Transport>(config: Arc<ServerConfig>, transport: S) -> Stream<S> {
        Acceptor::new(config).begin(transport).unwrap()
    }

    fn early_client<S: Transport>(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        session: Session,
        early: &[u8],
        transport: S,
    ) -> Stream<S> {
        Connector::new(config).session(session).early_data(early).begin(transport, name).unwrap()
    }

    fn read_early<S: Transport>(stream: &mut Stream<S>, buf: &mut [u8]) -> io::Result<usize> {
        stream.early_data().read(buf)
    }

    fn write_early<S: Transport>(stream: &mut Stream<S>, data: &[u8]) -> io::Result<usize> {
        stream.early_data().write(data)
    }

    fn sessions<S: Transport>(stream: &mut Stream<S>) -> Vec<Session> {
        stream.take_sessions()
    }

    fn handshake<S: Transport>(stream: &mut Stream<S>) -> io::Result<()> {
        stream.handshake()
    }

    fn close<S: Transport>(stream: &mut Stream<S>) -> io::Result<()> {
        stream.close()
    }

    fn error(error: &io::Error) -> Option<&Error> {
        tls_error(error)
    }
}

/// Short reads, refusals, errors, damage and the end, at every byte of a session.
#[test]
fn faults_of_the_transport() {
    withstands_everything::<Net>();
}

/// A transport that takes nothing any more fills no memory, and nothing is sealed that it cannot have later.
#[test]
fn a_transport_that_is_full_stops_the_writer() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = Pipe::new();
    let mut client = connector.begin(Deafening::new(ours, usize::MAX, ErrorKind::WouldBlock), name()).unwrap();
    let mut server = acceptor.begin(theirs).unwrap();
    for _ in 0..2 {
        let _ = client.handshake();
        let _ = server.handshake();
    }
    client.get_mut().takes = 0;
    let data = bytes(1 << 20);
    let mut written = 0;
    let error = loop {
        match client.write(&data[written..]) {
            Ok(len) => written += len,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert!(written < 1 << 18, "{written} bytes were taken on credit");
    assert_eq!(client.flush().unwrap_err().kind(), ErrorKind::WouldBlock);
    // What the peer sends can be read all the same.
    server.write_all(b"are you stuck?").unwrap();
    client.read_exact(&mut [0; 14]).unwrap();
    client.get_mut().takes = usize::MAX;
    client.write_all(&data[written..]).unwrap();
    client.flush().unwrap();
    let mut heard = vec![0; data.len()];
    server.read_exact(&mut heard).unwrap();
    assert!(heard == data);
}
