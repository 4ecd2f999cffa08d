//! The example of this crate does what it says.

use crate::{name, pair, patience, run};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/smol.rs"]
mod echo;

#[test]
fn the_example_says_it_back() {
    run(async {
        let (connector, acceptor) = pair();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = smol::spawn(echo::serve(listener, acceptor));
        // Somebody who says nothing delays nobody (docs/regressions.md row 16).
        let silent = TcpStream::connect(address).await.unwrap();
        for word in ["hello", "world"] {
            let socket = TcpStream::connect(address).await.unwrap();
            let mut client = connector.connect(socket, name(), patience()).await.unwrap();
            client.write_all(word.as_bytes()).await.unwrap();
            client.close().await.unwrap();
            let mut heard = String::new();
            client.read_to_string(&mut heard).await.unwrap();
            assert_eq!(heard, word);
        }
        drop(silent);
        server.cancel().await;
    });
}
