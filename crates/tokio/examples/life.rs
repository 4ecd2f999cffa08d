//! The life of a server: it gets another certificate while it runs, hosts of its own and other ticket keys, tells failures by code and
//! address, answers who speaks plain HTTP, and ends when everybody is done.
//!
//! `cargo run -p handfast-tokio --example life` is server and clients in one, and says what happened.

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{
    Admission, Anchors, ClientConfig, Clock, Hosts, Identity, ServerConfig, Sniffed, SystemClock, Ticketer,
};
use handfast_tokio::{Acceptor, Client, Connector, Listener};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for line in run().await? {
        println!("{line}");
    }
    Ok(())
}

/// Serves until it is told to end, then waits for who is there; what is to be told goes to `log`.
async fn serve(mut listener: Listener, mut end: oneshot::Receiver<()>, log: UnboundedSender<String>) {
    loop {
        tokio::select! {
            client = listener.accept() => match client {
                Ok(client) => handle(client, &log),
                Err(error) => drop(log.send(error.to_string())),
            },
            _ = &mut end => break,
        }
    }
    let there = listener.connections().taken();
    let left = listener.close(Duration::from_secs(60), |client| handle(client, &log)).await;
    let _ = log.send(format!("server: {there} connections were there at the end, and {left} were left"));
}

fn handle(client: Client, log: &UnboundedSender<String>) {
    let (address, code) = (client.address.ip(), client.code());
    match client.stranger() {
        Ok(mut stranger) => {
            let _ = log.send(format!("server: {address} speaks {}", stranger.speaks));
            tokio::spawn(async move {
                if stranger.speaks == Sniffed::Http {
                    let _ = stranger.io.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
                }
            });
        }
        Err(client) => match client.stream {
            // Nobody is authenticated by then, so anybody can cause as many of these as they like.
            Err(_) => drop(log.send(format!("server: {address}: {}", code.unwrap_or_default()))),
            Ok(mut stream) => drop(tokio::spawn(async move {
                let mut heard = String::new();
                stream.read_to_string(&mut heard).await?;
                stream.write_all(heard.as_bytes()).await?;
                stream.shutdown().await
            })),
        },
    }
}

/// A connection: who the certificate is for, whether the session was resumed, and the connector that has the next one.
async fn ask(connector: &Connector, address: SocketAddr, host: &'static str) -> Result<String, Box<dyn Error>> {
    let mut stream = connector.connect_to(address, host.try_into()?).await?;
    stream.write_all(b"hello").await?;
    stream.shutdown().await?;
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await?;
    let how = if stream.facts().resumed { "resumed" } else { "in full" };
    Ok(format!("client: {host} says {heard}, {how}"))
}

/// The server and its clients; gives what they had to tell.
pub async fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let ca = Made::root(&provider, Builder::ca("Example CA", now), KeyKind::P256)?;
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate)?;
    let ticketer = Arc::new(Ticketer::new(provider.clone()));
    let config = |names: &[&str]| -> Result<Arc<ServerConfig>, Box<dyn Error>> {
        let leaf = ca.issue(&provider, Builder::server(names, now), KeyKind::P256)?;
        let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der())?;
        Ok(ServerConfig::builder().identity(identity).sessions(ticketer.clone()).build()?)
    };

    let acceptor = Acceptor::new(config(&["a.example"])?)
        .handshake_timeout(Some(Duration::from_secs(10)))
        .max_handshakes(64)
        .hand_back_strangers(true);
    // What is changed here, the listener does from the next client on.
    let admission = acceptor.admission().clone();
    let listener = acceptor.listen(TcpListener::bind(("127.0.0.1", 0)).await?);
    let address = listener.local_addr()?;
    let (end, ended) = oneshot::channel();
    let (log, mut told) = unbounded_channel();
    let server = tokio::spawn(serve(listener, ended, log));

    let cache = Arc::new(handfast::SessionCache::default());
    let connector = Connector::new(ClientConfig::builder().anchors(Arc::new(anchors)).build()?).sessions(cache);
    let mut lines = vec![ask(&connector, address, "a.example").await?, ask(&connector, address, "a.example").await?];

    // Other keys for tickets: the sessions so far are worth nothing any more. The former keys could be kept beside the new ones.
    let former = ticketer.keys();
    ticketer.set_keys(&[[7; Ticketer::KEY_LEN]])?;
    lines.push(format!("server: {} set of ticket keys is replaced", former.len()));
    lines.push(ask(&connector, address, "a.example").await?);

    // Hosts of their own, by name and by pattern; the latest match wins.
    let hosts = Arc::new(Hosts::new());
    hosts.otherwise(config(&["a.example"])?);
    hosts.add("*.b.example", config(&["*.b.example"])?);
    admission.set(Admission::choosing(provider.clone(), hosts.clone()));
    lines.push(ask(&connector, address, "www.b.example").await?);
    hosts.add("new.b.example", config(&["new.b.example"])?);
    lines.push(ask(&connector, address, "new.b.example").await?);

    lines.push(plain(address).await?);
    lines.extend(told.recv().await);
    drop(TcpStream::connect(address).await?);
    lines.extend(told.recv().await);

    // Somebody is still there when the server is told to end, and is served to the end.
    let mut last = connector.connect_to(address, "a.example".try_into()?).await?;
    last.write_all(b"goodbye").await?;
    let _ = end.send(());
    last.shutdown().await?;
    let mut heard = String::new();
    last.read_to_string(&mut heard).await?;
    drop(last);
    lines.push(format!("client: the last word is {heard}"));
    server.await?;
    lines.extend(told.recv().await);
    Ok(lines)
}

/// Somebody who has typed `http://`.
async fn plain(address: SocketAddr) -> io::Result<String> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(format!("browser: {}", answer.lines().next().unwrap_or_default()))
}
