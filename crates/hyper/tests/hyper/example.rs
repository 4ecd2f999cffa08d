//! The examples of this crate do what they say, with each other and with curl.

use handfast::{Anchors, ClientConfig};
use handfast_hyper::Connector;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::process::Command;

#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/client.rs"]
mod client;
#[expect(dead_code, unreachable_pub, reason = "a program of its own, with a main for people")]
#[path = "../../examples/server.rs"]
mod server;

#[tokio::test]
async fn they_talk_to_each_other() {
    let (root, listener) = server::listen().await.unwrap();
    let uri = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(server::serve(listener));
    let anchors = Arc::new(Anchors::from_pem(root.as_bytes()).unwrap().0);
    let config = || ClientConfig::builder().anchors(anchors.clone());
    let page = client::fetch(Connector::https(config()).unwrap(), uri.parse().unwrap()).await.unwrap();
    assert_eq!(page, "HTTP/2.0 200 OK\nhello 127.0.0.1, this is Some(TLS 1.3) with h2\n");
    let old = handfast_tokio::Connector::new(config().protocols(["http/1.1"]).build().unwrap());
    let page = client::fetch(Connector::new(old), uri.parse().unwrap()).await.unwrap();
    assert_eq!(page, "HTTP/1.1 200 OK\nhello 127.0.0.1, this is Some(TLS 1.3) with http/1.1\n");
}

/// Where there is a curl; which HTTP it knows, it says itself.
#[tokio::test]
async fn curl_is_served() {
    let Ok(version) = Command::new("curl").arg("--version").output().await else { return };
    let knows_h2 = String::from_utf8_lossy(&version.stdout).contains("HTTP2");
    let (root, listener) = server::listen().await.unwrap();
    let uri = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(server::serve(listener));
    let file = Temporary(std::env::temp_dir().join(format!("handfast-hyper-{}.pem", std::process::id())));
    std::fs::write(&file.0, root).unwrap();
    for (option, protocol) in [("--http1.1", "http/1.1"), ("--http2", "h2")] {
        if protocol == "h2" && !knows_h2 {
            continue;
        }
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*", option, "--cacert"]);
        let output = curl.arg(&file.0).arg(&uri).output().await.unwrap();
        let (page, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(page, format!("hello 127.0.0.1, this is Some(TLS 1.3) with {protocol}\n"), "{problems}");
    }
}

struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
