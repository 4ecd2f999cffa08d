//! A server that looks everything up when a client asks for it: its configuration by the host name (SNI), and the OCSP response to
//! staple. Both come from elsewhere and take their time; only the connection that asks stands still. Beside that it notes by its
//! fingerprint (JA4) what kind of client it was.
//!
//! `cargo run -p handfast-tokio --example questions` starts it, asks it for two hosts of which it has one, and ends.

use handfast::crypto::KeyKind;
use handfast::pki::Certificate;
use handfast::pki::make::{Builder, Identity as Made, OcspBuilder, OcspEntry};
use handfast::wire::AlertDescription;
use handfast::{
    Admission, Anchors, Answer, ClientConfig, Clock, ConfigQuestion, Identity, Ja4, Resolve, ServerConfig,
    StapleQuestion, SystemClock,
};
use handfast_tokio::{Acceptor, Answers, Connector, tls_error};
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for line in run().await? {
        println!("{line}");
    }
    Ok(())
}

/// What stands in a database, and with the responder of a CA.
struct Elsewhere {
    configs: HashMap<String, Arc<ServerConfig>>,
    responses: HashMap<Vec<u8>, Vec<u8>>,
    /// What was noted of the clients.
    notes: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    /// A look-up: a query, or a request over HTTP.
    async fn wait() {
        sleep(Duration::from_millis(5)).await;
    }
}

impl Answers for Elsewhere {
    async fn config(&self, question: ConfigQuestion) -> Option<Answer> {
        let hello = question.hello();
        let name = hello.server_name().unwrap_or_default();
        let kind = Ja4::of(hello, &handfast::rustcrypto::provider())?;
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{name} is wanted by a {kind}"));
        Self::wait().await;
        Some(match self.configs.get(&*name) {
            Some(config) => question.serve(config.clone()),
            None => question.refuse(AlertDescription::UNRECOGNIZED_NAME),
        })
    }

    async fn staple(&self, question: StapleQuestion) -> Option<Answer> {
        Self::wait().await;
        let leaf = question.credential().chain().first().map(|leaf| leaf.to_vec())?;
        Some(match self.responses.get(&leaf) {
            Some(response) => question.response(response.clone()).into(),
            None => question.none().into(),
        })
    }
}

fn text(rule: impl ToString) -> String {
    rule.to_string()
}

/// Starts the server and two clients; gives what was noted, and what the clients found.
pub async fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let ca = Made::root(&provider, Builder::ca("Example CA", now), KeyKind::P256)?;
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate)?;
    let leaf = ca.issue(&provider, Builder::server(&["a.example"], now).must_staple(), KeyKind::P256)?;

    // The response that the CA's responder would give.
    let (own, issuer) = (Certificate::parse(&leaf.certificate), Certificate::parse(&ca.certificate));
    let entry = OcspEntry::good(&provider, &own.map_err(text)?, &issuer.map_err(text)?, now)?;
    let response = OcspBuilder::new(now).entry(entry).signed_by(&provider, &ca)?;
    let identity = Identity::new(&provider, vec![leaf.certificate.clone()], leaf.key.der())?;
    let config = ServerConfig::builder().identity(identity).staples(Resolve::Ask).build()?;
    let notes = Arc::default();
    let elsewhere = Elsewhere {
        configs: [("a.example".to_owned(), config)].into(),
        responses: [(leaf.certificate.to_vec(), response)].into(),
        notes: Arc::clone(&notes),
    };

    let acceptor = Acceptor::with_admission(Admission::asking(provider)).answers(elsewhere);
    let mut listener = acceptor.listen(TcpListener::bind(("127.0.0.1", 0)).await?);
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        while let Ok(client) = listener.accept().await {
            if let Ok(mut stream) = client.stream {
                let _ = stream.write_all(b"hello").await;
                let _ = stream.shutdown().await;
            }
        }
    });

    let connector = Connector::new(ClientConfig::builder().anchors(Arc::new(anchors)).build()?);
    let mut found = Vec::new();
    for host in ["a.example", "b.example"] {
        found.push(match connector.connect_to(address, host.try_into()?).await {
            Ok(mut stream) => {
                let mut said = String::new();
                stream.read_to_string(&mut said).await?;
                let stapled = stream.facts().peer().is_some_and(|peer| peer.credential.ocsp.is_some());
                format!("{host} says {said}, and its certificate is {}", if stapled { "vouched for" } else { "alone" })
            }
            Err(error) => format!("{host}: {}", tls_error(&error).map_or(error.to_string(), handfast::Error::code)),
        });
    }
    server.abort();
    let mut lines = notes.lock().unwrap_or_else(PoisonError::into_inner).clone();
    lines.extend(found);
    Ok(lines)
}
