//! A server whose private key is in another process: the handshake asks for its signature over a Unix socket, and meanwhile
//! only the connection that asks stands still.
//!
//! `cargo run -p handfast-tokio --example key_server` starts both, prints the certificate to trust and the address, and says
//! `hello` to everyone who connects. The process that has the key is started first, by the same program; what the two say to each
//! other is in `wire.rs`.
//!
//! Whoever can open the socket can have handshakes signed, so it lies in a directory that nobody else can enter.

mod wire;

use handfast::crypto::{KeyKind, SigningKey};
use handfast::pki::make::{Builder, Identity as Made};
use handfast::pki::pem;
use handfast::pki_types::CertificateDer;
use handfast::{Answer, Clock, Identity, ServerConfig, SignQuestion, SystemClock, Version};
use handfast_tokio::{Acceptor, Answers, Client, Listener, Places, Stream};
use std::error::Error;
use std::fs::{DirBuilder, remove_dir_all};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args_os().nth(1) {
        Some(directory) => keep_key(Path::new(&directory)).await,
        None => serve().await,
    }
}

/// The server: it has certificates and no key.
async fn serve() -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("handfast-key-server-{}", std::process::id()));
    let (chain, _key_server) = start_key_server(&directory).await?;
    println!("{}", pem::encode("CERTIFICATE", chain.last().ok_or("no certificate")?).trim_end());
    let config = ServerConfig::builder()
        // The key server signs nothing that is not of TLS 1.3.
        .versions(Version::Tls13, Version::Tls13)
        .identity(Identity::remote(chain)?)
        .build()?;
    let acceptor = Acceptor::new(config).answers(KeyServer { socket: directory.join(SOCKET) });
    let mut listener = acceptor.listen(TcpListener::bind(("127.0.0.1", 0)).await?);
    println!("listening at {}", listener.local_addr()?);
    greet(&mut listener).await
}

async fn greet(listener: &mut Listener) -> Result<(), Box<dyn Error>> {
    loop {
        match listener.accept().await {
            Ok(Client { stream: Ok(stream), .. }) => drop(tokio::spawn(hello(stream))),
            Ok(Client { stream: Err(error), address }) => eprintln!("{address}: {error}"),
            // Too many open files, say: the listener goes on when there is room again.
            Err(error) => eprintln!("{error}"),
        }
    }
}

async fn hello(mut stream: Stream<TcpStream>) -> io::Result<()> {
    stream.write_all(b"hello\n").await?;
    stream.shutdown().await
}

/// Answers the handshake's questions.
struct KeyServer {
    socket: PathBuf,
}

impl Answers for KeyServer {
    async fn sign(&self, question: SignQuestion) -> Option<Answer> {
        // Without an answer the handshake ends with internal_error; with one that is late, by its timeout.
        let signature = wire::ask(&self.socket, question.scheme(), question.message()).await.ok()?;
        Some(question.signature(signature).into())
    }
}

/// Where the socket lies in its directory.
const SOCKET: &str = "key";

/// Starts the other process, and waits for the certificates that it has made for its key. It ends when its standard input
/// does, and so with this process, however that ends.
async fn start_key_server(directory: &Path) -> Result<(Vec<CertificateDer<'static>>, Child), Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    let mut child = command.arg(directory).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
    let mut text = String::new();
    // An empty line comes when it listens.
    while let Some(line) = lines.next_line().await?.filter(|line| !line.is_empty()) {
        text += &(line + "\n");
    }
    Ok((pem::certificates(text.as_bytes())?.0, child))
}

/// The process that has the key, which never leaves it.
async fn keep_key(directory: &Path) -> Result<(), Box<dyn Error>> {
    DirBuilder::new().mode(0o700).create(directory)?;
    let mut stdin = tokio::io::stdin();
    let outcome = tokio::select! {
        outcome = sign_for_all(directory) => outcome,
        _ = stdin.read_u8() => Ok(()),
    };
    remove_dir_all(directory)?;
    outcome
}

/// After a failure to accept.
const PAUSE: Duration = Duration::from_millis(100);

/// How many are signed for at a time, and how long one may take to say for what.
const MOST: usize = 64;
const PATIENCE: Duration = Duration::from_secs(10);

async fn sign_for_all(directory: &Path) -> Result<(), Box<dyn Error>> {
    let listener = UnixListener::bind(directory.join(SOCKET))?;
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let ca = Made::root(&provider, Builder::ca("Key server's CA", now), KeyKind::P256)?;
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], now), KeyKind::P256)?;
    println!("{}{}", leaf.certificate_pem(), ca.certificate_pem());
    let key = leaf.key.signer().clone();
    let places = Places::new(MOST);
    loop {
        let place = places.taking().await;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                eprintln!("key server: {error}");
                // Without descriptors the next one would fail at once.
                sleep(PAUSE).await;
                continue;
            }
        };
        let key = key.clone();
        tokio::spawn(async move {
            match timeout(PATIENCE, sign(stream, key)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => eprintln!("key server: {error}"),
                Err(_) => eprintln!("key server: somebody has asked for nothing"),
            }
            drop(place);
        });
    }
}

async fn sign(mut stream: UnixStream, key: Arc<dyn SigningKey>) -> io::Result<()> {
    let (scheme, message) = wire::question(&mut stream).await?;
    let signature = wire::signature(&*key, scheme, &message, b"TLS 1.3, server CertificateVerify\0");
    wire::answer(&mut stream, &signature).await
}
