//! The example of this crate does what it says.

use crate::{listener, name, pair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/echo.rs"]
mod echo;

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
