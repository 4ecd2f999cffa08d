//! A page that says what is known of the connection it comes over, in the manner of `openssl s_server -www`.

use super::http::{Answer, Body, NOT_FOUND, OK};
use super::request::Request;
use super::{About, Server};
use crate::bounded::Bounded;
use crate::escape;
use crate::summary::Summary;
use handfast::pki::{Certificate, Description};
use handfast::wire::extension::{KeyShares, SupportedGroups, SupportedVersions};
use handfast::{Facts, HelloView};
use handfast_net::Stream;
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// The page at `/`, the same for programs at `/json`.
pub(crate) fn answer(about: &About<'_>, stream: &Stream<Bounded>, request: &Request) -> Answer {
    let page = Page::new(about, stream.facts());
    let (content_type, body) = match request.path.as_str() {
        "/" => ("text/html; charset=utf-8", page.html()),
        "/json" => ("application/json", format!("{:#}\n", page.json())),
        _ => return Answer::plain(NOT_FOUND),
    };
    Answer { status: OK, content_type, body: Body::Text(body), location: None }
}

/// What the page says. All text is escaped as for a terminal.
struct Page {
    connection: Summary,
    /// What the client offered, in its order.
    hello: Vec<Offer>,
    /// The client's certificate in words.
    certificate: Option<String>,
    server: Vec<(&'static str, u64)>,
}

/// One list of the ClientHello.
struct Offer {
    name: &'static str,
    items: Vec<String>,
    /// Those both sides can use, where that is known.
    shared: Option<Vec<String>>,
}

/// How much of a list is shown; no list that is meant is longer.
const ITEMS: usize = 100;

impl Page {
    fn new(about: &About<'_>, facts: &Facts) -> Self {
        let mut connection = Summary::new(facts);
        connection.add("peer", Some(about.peer));
        let certificate = facts.peer().map(|peer| {
            let leaf = peer.credential.chain.first().and_then(|leaf| Certificate::parse(leaf).ok());
            let described = leaf.map(|leaf| Description::of(&leaf, &about.server.live.provider).to_string());
            described.unwrap_or_else(|| "it cannot be shown".to_string())
        });
        let mut server = about.server.counts.all().to_vec();
        server.push(("open now", about.server.connections.open() as u64));
        let hello = about.hello.get().map(|hello| offers(hello, facts, about.server)).unwrap_or_default();
        Self { connection, hello, certificate, server }
    }

    /// The connection's own facts as they are, and the others beside them.
    fn json(&self) -> Value {
        let mut all = self.connection.json();
        let key = |name: &str| name.replace(' ', "_");
        let mut hello = Map::new();
        for offer in &self.hello {
            hello.insert(key(offer.name), json!(offer.items));
            if let Some(shared) = &offer.shared {
                hello.insert(format!("shared_{}", key(offer.name)), json!(shared));
            }
        }
        all["client_hello"] = Value::Object(hello);
        all["server"] = self.server.iter().map(|(name, count)| (key(name), json!(count))).collect();
        all
    }

    fn html(&self) -> String {
        let mut body =
            format!("<h1>Handfast</h1>\n<p>What is known of this connection:</p>\n{}", table(self.connection.rows()));
        let offers = self.hello.iter().flat_map(|offer| {
            let shared = offer.shared.as_ref().map(|shared| (format!("shared {}", offer.name), shared.join(", ")));
            [Some((offer.name.to_string(), offer.items.join(", "))), shared].into_iter().flatten()
        });
        body.push_str(&format!("<h2>ClientHello</h2>\n{}", table(offers)));
        body.push_str("<h2>Client certificate</h2>\n");
        match &self.certificate {
            Some(text) => body.push_str(&format!("<pre>{}</pre>\n", escape::html(text))),
            None => body.push_str("<p>None.</p>\n"),
        }
        body.push_str(&format!(
            "<h2>Server</h2>\n{}",
            table(self.server.iter().map(|(name, count)| (*name, count.to_string())))
        ));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Handfast</title>\n\
             <style>body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 60rem }} \
             th {{ text-align: left; padding-right: 2rem; font-weight: normal; color: #666; vertical-align: top; white-space: nowrap }} \
             pre {{ overflow-x: auto }}</style>\n{body}</html>\n"
        )
    }
}

fn table(rows: impl Iterator<Item = (impl AsRef<str>, String)>) -> String {
    let rows: String = rows
        .map(|(label, text)| {
            format!("<tr><th>{}</th><td>{}</td></tr>\n", escape::html(label.as_ref()), escape::html(&text))
        })
        .collect();
    format!("<table>\n{rows}</table>\n")
}

/// What the client offered, without the values that mean nothing (RFC 8701).
fn offers(view: &HelloView, facts: &Facts, server: &Server) -> Vec<Offer> {
    let Some(hello) = view.message() else { return Vec::new() };
    fn texts<T: Display>(items: impl Iterator<Item = T>) -> Vec<String> {
        items.take(ITEMS).map(|item| item.to_string()).collect()
    }
    let extensions = &hello.extensions;
    let versions = extensions.find::<SupportedVersions<'_>>().ok().flatten();
    let versions = match &versions {
        Some(list) => texts(list.0.iter().filter(|version| !version.is_grease())),
        None => texts([hello.legacy_version].into_iter()),
    };
    let choices = &server.arguments.choices;
    let groups: Vec<_> = match extensions.find::<SupportedGroups<'_>>() {
        Ok(Some(list)) => list.0.iter().filter(|group| !group.is_grease()).collect(),
        _ => Vec::new(),
    };
    let (taken, suites) = (choices.enabled_groups(&server.live.provider), choices.enabled_suites());
    let shared_groups = texts(groups.iter().filter(|group| taken.contains(group)));
    let offered = || hello.cipher_suites.iter().filter(|suite| !suite.is_grease());
    let shared_suites = suites.map(|suites| texts(offered().filter(|suite| suites.contains(suite))));
    let shares = extensions.find::<KeyShares<'_>>().ok().flatten();
    let shares = shares.map(|list| texts(list.0.iter().map(|share| share.group).filter(|group| !group.is_grease())));
    let offer = |name, items| Offer { name, items, shared: None };
    vec![
        offer("versions", versions),
        Offer { name: "cipher suites", items: texts(offered()), shared: shared_suites },
        Offer { name: "groups", items: texts(groups.iter()), shared: Some(shared_groups) },
        offer("key shares", shares.unwrap_or_default()),
        Offer {
            name: "signature schemes",
            items: texts(view.schemes().filter(|scheme| !scheme.is_grease())),
            shared: Some(texts(facts.shared_schemes.iter())),
        },
        offer("protocols", view.protocols().take(ITEMS).map(escape::bytes).collect()),
        offer("extensions", texts(extensions.iter().map(|extension| extension.0).filter(|kind| !kind.is_grease()))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/regressions.md row 90.
    #[test]
    fn what_a_peer_chose_does_nothing_to_the_page() {
        let mut facts = Facts::default();
        facts.protocol = Some(b"<script>alert(1)</script>".to_vec());
        facts.server_name = Some("\u{1b}[31m\u{202e}\"&'".into());
        let hello = vec![Offer { name: "protocols", items: vec!["<b>".to_string()], shared: None }];
        let certificate = Some("subject <i>".to_string());
        let page = Page { connection: Summary::new(&facts), hello, certificate, server: Vec::new() }.html();
        assert!(page.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>"), "{page}");
        assert!(page.contains("<td>\\u{1b}[31m\\u{202e}&quot;&amp;&#39;</td>"), "{page}");
        assert!(page.contains("<td>&lt;b&gt;</td>") && page.contains("<pre>subject &lt;i&gt;</pre>"), "{page}");
        assert!(!page.contains(['\u{1b}', '\u{202e}']));
    }
}
