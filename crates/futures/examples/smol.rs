//! A server that says back what it hears, on smol: many clients at once, none of which can delay another.
//!
//! `cargo run -p handfast-futures --example smol` makes itself a certificate for localhost and prints its address.

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{Clock, Identity, ServerConfig, SystemClock};
use handfast_futures::Acceptor;
use smol::Timer;
use smol::io::{AsyncWriteExt, split};
use smol::lock::{Semaphore, SemaphoreGuardArc};
use smol::net::{TcpListener, TcpStream};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many handshakes go on at a time; the next clients wait in the system's queue.
const HANDSHAKES: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("Echo CA", SystemClock.now()), KeyKind::P256)?;
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], SystemClock.now()), KeyKind::P256)?;
    let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der())?;
    let acceptor = Acceptor::new(ServerConfig::builder().identity(identity).build()?);
    smol::block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        print!("{}", ca.certificate_pem());
        println!("listening at {}", listener.local_addr()?);
        serve(listener, acceptor).await;
        Ok(())
    })
}

/// Serves everyone who comes, for ever.
pub async fn serve(listener: TcpListener, acceptor: Acceptor) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let place = places.acquire_arc().await;
        let (socket, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, say. It goes on when there is room again.
                eprintln!("{error}");
                Timer::after(Duration::from_millis(100)).await;
                continue;
            }
        };
        let acceptor = acceptor.clone();
        smol::spawn(async move {
            if let Err(error) = echo(socket, acceptor, place).await {
                eprintln!("{address}: {error}");
            }
        })
        .detach();
    }
}

/// Says everything back, and the end as well.
async fn echo(socket: TcpStream, acceptor: Acceptor, place: SemaphoreGuardArc) -> io::Result<()> {
    let stream = acceptor.accept(socket, Timer::after(HANDSHAKE)).await?;
    drop(place);
    let (mut read, mut write) = split(stream);
    smol::io::copy(&mut read, &mut write).await?;
    write.close().await
}
