//! The examples of this crate do what they say.

use crate::{listener, name, pair};
use handfast::{Anchors, ClientConfig};
use handfast_tokio::Connector;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/echo.rs"]
mod echo;

#[cfg(unix)]
#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/remote_signer.rs"]
mod remote_signer;

/// C11: one thread, and nobody is answered before all have asked, so a client that waits for its signature holds up no other.
#[cfg(unix)]
#[tokio::test]
async fn clients_sign_elsewhere() {
    assert_eq!(remote_signer::demonstrate().await.unwrap(), ["you are CN=device"; 8]);
}

#[tokio::test]
async fn the_example_says_it_back() {
    let (connector, acceptor) = pair();
    let (socket, address) = listener().await;
    let server = tokio::spawn(echo::serve(acceptor.listen(socket)));
    for word in ["hello", "world"] {
        let mut client = connector.connect_to(address, name()).await.unwrap();
        client.write_all(word.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, word);
    }
    server.abort();
}

/// C11: the key is in a process of its own, and the program that `cargo test` built is asked as anybody would.
#[cfg(unix)]
#[tokio::test]
async fn the_key_server_signs() {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples/key_server");
    let started = Command::new(program).stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut server = started.expect("`cargo build --examples` makes it, as does `cargo test` without a name");
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let (mut pem, mut address) = (String::new(), None);
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(found) = line.strip_prefix("listening at ") {
            address = Some(found.to_string());
            break;
        }
        pem += &(line + "\n");
    }
    let (anchors, _) = Anchors::from_pem(pem.as_bytes()).unwrap();
    let connector = Connector::new(ClientConfig::builder().anchors(Arc::new(anchors)).build().unwrap());
    for _ in 0..2 {
        let localhost = "localhost".try_into().unwrap();
        let mut client = connector.connect_to(address.as_ref().unwrap(), localhost).await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "hello\n");
    }
}
