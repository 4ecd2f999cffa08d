//! A listener for axum, and clients that mean no good.

use crate::{BOTH, ask, client, connector, listen, serve, setup};
use handfast::pki_types::ServerName;
use handfast_hyper::tls_error;
use handfast_testkit::world::NAME;
use handfast_tokio::{Acceptor, Connector, EarlyOutcome};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

/// Who says nothing delays nobody, and who speaks something else is told of and ends nothing (docs/regressions.md row 16).
#[tokio::test]
async fn the_others_are_served() {
    let setup = setup(&BOTH, &BOTH);
    let (listener, address) = listen(Acceptor::new(setup.make().server)).await;
    let (tell, mut told) = unbounded_channel();
    serve(listener.report(move |client, error| {
        tell.send((client, tls_error(error).map(|error| error.code()))).unwrap();
    }));
    let silent = TcpStream::connect(address).await.unwrap();
    let mut wrong = TcpStream::connect(address).await.unwrap();
    wrong.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let (client, code) = told.recv().await.unwrap();
    assert_eq!((client, code.is_some()), (Some(wrong.local_addr().unwrap()), true));
    assert!(ask(&self::client(connector(&setup)), format!("https://{address}/")).await.is_ok());
    drop(silent);
}

/// Early data would be lost on its way to axum, and its client waits for an answer.
#[tokio::test]
async fn a_request_in_early_data_is_refused() {
    let name = || -> ServerName<'static> { NAME.try_into().unwrap() };
    let setup = setup(&["http/1.1"], &BOTH);
    let made = setup.make_with(|client| client, |server| server.early_data(1_000));
    let (listener, address) = listen(Acceptor::new(made.server.clone())).await;
    let (tell, mut told) = unbounded_channel();
    serve(listener.report(move |_, error| tell.send(error.kind()).unwrap()));
    let connector = Connector::new(made.client);
    let request = b"GET / HTTP/1.1\r\nhost: server.example\r\nconnection: close\r\n\r\n";
    let mut first = connector.connect_to(address, name()).await.unwrap();
    first.write_all(request).await.unwrap();
    let mut page = String::new();
    first.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK"));
    let early = connector.session(first.session().unwrap().clone()).early_data(*request);
    let mut second = early.connect_to(address, name()).await.unwrap();
    assert_eq!(second.early_outcome(), EarlyOutcome::Accepted { bytes: request.len() });
    let told = timeout(Duration::from_secs(60), told.recv()).await.expect("it was not told of");
    assert_eq!(told.unwrap(), ErrorKind::Unsupported);
    assert!(second.read(&mut [0]).await.is_err());
}

/// K11: a browser that was told `http://` reads why nothing comes, and whoever runs the server is told.
#[tokio::test]
async fn plain_http_is_answered() {
    let setup = setup(&BOTH, &BOTH);
    let acceptor = Acceptor::new(setup.make().server).hand_back_strangers(true);
    let (listener, address) = listen(acceptor).await;
    let (tell, mut told) = unbounded_channel();
    let connections = listener.connections();
    serve(listener.answer_plain_http(true).report(move |_, error| tell.send(error.to_string()).unwrap()));
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: server.example\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(Duration::from_secs(60), plain.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{answer}");
    assert_eq!(told.recv().await.unwrap(), "the client does not speak TLS: plain HTTP");
    // Somebody else gets nothing but the end.
    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await.unwrap();
    let mut heard = Vec::new();
    let _ = timeout(Duration::from_secs(60), other.read_to_end(&mut heard)).await.unwrap();
    assert!(heard.is_empty());
    assert_eq!(told.recv().await.unwrap(), "the client does not speak TLS: SSH");
    assert!(ask(&client(connector(&setup)), format!("https://{address}/")).await.is_ok());
    assert!(connections.taken() >= 1);
}
