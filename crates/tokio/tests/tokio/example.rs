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

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/life.rs"]
mod life;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/questions.rs"]
mod questions;

/// C1, C8, K12: the configuration and the OCSP response are looked up while the client waits.
#[tokio::test]
async fn questions_are_answered_later() {
    let lines = questions::run().await.unwrap();
    let [first, second, found, lost] = &lines[..] else { panic!("{lines:#?}") };
    let kind = first.strip_prefix("a.example is wanted by a t13d").unwrap();
    assert_eq!(second.strip_prefix("b.example is wanted by a t13d"), Some(kind));
    assert_eq!(found, "a.example says hello, and its certificate is vouched for");
    assert_eq!(lost, "b.example: unrecognized_name");
}

/// C1, K6, K8, K11, R3: all of it, in the order of the program.
#[tokio::test]
async fn a_server_lives() {
    let lines = life::run().await.unwrap();
    let expected = [
        "client: a.example says hello, in full",
        "client: a.example says hello, resumed",
        "server: 1 set of ticket keys is replaced",
        "client: a.example says hello, in full",
        "client: www.b.example says hello, in full",
        "client: new.b.example says hello, in full",
        "browser: HTTP/1.1 400 Bad Request",
        "server: 127.0.0.1 speaks plain HTTP",
        "server: 127.0.0.1: Truncated",
        "client: the last word is goodbye",
    ];
    assert_eq!(lines[..lines.len() - 1], expected);
    let last = lines.last().unwrap();
    assert!(last.starts_with("server: ") && last.ends_with(" at the end, and 0 were left"), "{last}");
}

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
