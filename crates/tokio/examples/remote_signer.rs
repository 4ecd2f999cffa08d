//! Clients whose private key is elsewhere: each handshake asks for its signature over a Unix socket, and while it waits for the
//! answer, the others go on.
//!
//! `cargo run -p handfast-tokio --example remote_signer` shows it with everything in one program: a server that demands a
//! certificate, a key server, and eight clients on one thread. The key server answers nobody before all eight have asked: would one
//! client hold up the others while it waits, the program would never end. The same for a server, with the key in a process of its
//! own: `key_server`.

#[path = "key_server/wire.rs"]
mod wire;

use handfast::crypto::{KeyKind, SigningKey};
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{
    Anchors, Answer, ClientAuth, ClientConfig, Clock, Identity, ServerConfig, SignQuestion, SystemClock, Version,
};
use handfast_tokio::{Acceptor, Answers, Connector};
use std::error::Error;
use std::fs::{DirBuilder, remove_dir_all};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// How many clients there are.
const CLIENTS: usize = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    for heard in demonstrate().await? {
        println!("{heard}");
    }
    println!("{CLIENTS} clients, who all waited for the key server at the same time");
    Ok(())
}

/// What each client was told by the server.
pub async fn demonstrate() -> Result<Vec<String>, Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("handfast-remote-signer-{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&directory)?;
    let done = with_socket_in(&directory).await;
    remove_dir_all(&directory)?;
    done
}

async fn with_socket_in(directory: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let socket = directory.join("key");
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let ca = Made::root(&provider, Builder::ca("Remote signer's CA", now), KeyKind::P256)?;
    let host = ca.issue(&provider, Builder::server(&["localhost"], now), KeyKind::P256)?;
    let device = ca.issue(&provider, Builder::client("device", now), KeyKind::P256)?;
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate)?;
    let anchors = Arc::new(anchors);

    let server = ServerConfig::builder()
        .identity(Identity::new(&provider, vec![host.certificate], host.key.der())?)
        .client_auth(ClientAuth::Require, anchors.clone())
        .build()?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;

    // The clients have the certificate, and the key server has the key.
    let client = ClientConfig::builder()
        .anchors(anchors)
        // The key server signs nothing that is not of TLS 1.3.
        .versions(Version::Tls13, Version::Tls13)
        .identity(Identity::remote(vec![device.certificate])?)
        .build()?;
    let connector = Connector::new(client).answers(RemoteKey { socket: socket.clone() });
    let mut helpers = JoinSet::new();
    helpers.spawn(keep_key(UnixListener::bind(socket)?, device.key.signer().clone()));
    helpers.spawn(greet(Acceptor::new(server).listen(listener)));

    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let connector = connector.clone();
        clients.spawn(async move {
            let name = "localhost".try_into().map_err(io::Error::other)?;
            let mut stream = connector.connect_to(address, name).await?;
            let mut heard = String::new();
            stream.read_to_string(&mut heard).await?;
            io::Result::Ok(heard.trim_end().to_string())
        });
    }
    clients.join_all().await.into_iter().map(|heard| Ok(heard?)).collect()
}

/// Answers a client's handshake.
struct RemoteKey {
    socket: PathBuf,
}

impl Answers for RemoteKey {
    async fn sign(&self, question: SignQuestion) -> Option<Answer> {
        // A round trip. Without an answer the handshake ends, and with one that is late, by its timeout.
        let signature = wire::ask(&self.socket, question.scheme(), question.message()).await.ok()?;
        Some(question.signature(signature).into())
    }
}

/// The key server: answers nobody before everybody has asked.
async fn keep_key(listener: UnixListener, key: Arc<dyn SigningKey>) -> io::Result<()> {
    let everybody = Arc::new(Barrier::new(CLIENTS));
    loop {
        let (stream, _) = listener.accept().await?;
        let (key, everybody) = (key.clone(), everybody.clone());
        tokio::spawn(sign(stream, key, everybody));
    }
}

async fn sign(mut stream: UnixStream, key: Arc<dyn SigningKey>, everybody: Arc<Barrier>) -> io::Result<()> {
    let (scheme, message) = wire::question(&mut stream).await?;
    everybody.wait().await;
    let signature = wire::signature(&*key, scheme, &message, b"TLS 1.3, client CertificateVerify\0");
    wire::answer(&mut stream, &signature).await
}

/// The TLS server: tells everybody who they have shown to be.
async fn greet(mut listener: handfast_tokio::Listener) -> io::Result<()> {
    loop {
        let mut stream = listener.accept().await?.stream?;
        tokio::spawn(async move {
            let subject = subject(&stream).unwrap_or_else(|| "nobody".to_string());
            stream.write_all(format!("you are {subject}\n").as_bytes()).await?;
            stream.shutdown().await
        });
    }
}

/// Whom the certificate names that the peer was verified by.
fn subject<S>(stream: &handfast_tokio::Stream<S>) -> Option<String> {
    let peer = stream.facts().peer()?;
    let leaf = peer.credential.chain.first()?;
    Some(handfast::pki::Certificate::parse(leaf).ok()?.subject().to_string())
}
