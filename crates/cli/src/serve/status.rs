//! A page that says what is known of the connection it comes over.

use super::http::{Answer, Body, NOT_FOUND, OK};
use super::request::Request;
use super::socket::Shared;
use crate::escape;
use crate::summary::Summary;
use handfast_net::Stream;

/// The page at `/`, the same for programs at `/json`.
pub(crate) fn answer(stream: &Stream<Shared>, request: &Request) -> Answer {
    let summary = Summary::new(stream.facts());
    let (content_type, body) = match request.path.as_str() {
        "/" => ("text/html; charset=utf-8", page(&summary)),
        "/json" => ("application/json", format!("{:#}\n", summary.json())),
        _ => return Answer::plain(NOT_FOUND),
    };
    Answer { status: OK, content_type, body: Body::Text(body), location: None }
}

fn page(summary: &Summary) -> String {
    let rows: String = summary
        .rows()
        .map(|(label, text)| format!("<tr><th>{}</th><td>{}</td></tr>\n", escape::html(label), escape::html(&text)))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Handfast</title>\n\
         <style>body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 44rem }} \
         th {{ text-align: left; padding-right: 2rem; font-weight: normal; color: #666; vertical-align: top }}</style>\n\
         <h1>Handfast</h1>\n<p>What is known of this connection:</p>\n<table>\n{rows}</table>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::Facts;

    /// docs/regressions.md row 90.
    #[test]
    fn what_a_peer_chose_does_nothing_to_the_page() {
        let mut facts = Facts::default();
        facts.protocol = Some(b"<script>alert(1)</script>".to_vec());
        facts.server_name = Some("\u{1b}[31m\u{202e}\"&'".into());
        let page = page(&Summary::new(&facts));
        assert!(page.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>"), "{page}");
        assert!(page.contains("<td>\\u{1b}[31m\\u{202e}&quot;&amp;&#39;</td>"), "{page}");
        assert!(!page.contains(['\u{1b}', '\u{202e}']));
    }
}
