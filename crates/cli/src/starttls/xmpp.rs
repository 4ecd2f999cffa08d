//! XMPP: a stream of XML (RFC 6120 §5).

use super::Error;
use super::dialogue::{Dialogue, refused, unexpected};
use crate::escape;
use std::io::{self, Read, Write};

/// ```text
/// C: <stream:stream to='HOST' version='1.0' …>
/// S: <stream:stream …><stream:features><starttls …/>…</stream:features>
/// C: <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
/// S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>     or <failure …/></stream:stream>
/// ```
pub(super) fn begin<S: Read + Write>(dialogue: &mut Dialogue<'_, S>, namespace: &str, host: &str) -> io::Result<()> {
    let host = escape::html(host);
    dialogue.send(format!(
        "<?xml version='1.0'?><stream:stream to='{host}' xmlns='{namespace}' \
         xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
    ))?;
    let features = element(dialogue, &["features", "error"])?;
    if features.name != "features" {
        return Err(refused(&features.text));
    }
    if !features.text.contains("<starttls") {
        return Err(Error::NotOffered("<starttls/> is none of its features".to_string()).into());
    }
    dialogue.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
    let answer = element(dialogue, &["proceed", "failure", "error"])?;
    if answer.name == "proceed" { Ok(()) } else { Err(refused(&answer.text)) }
}

struct Element {
    /// Without the prefix of a namespace.
    name: &'static str,
    /// It, and what came before it.
    text: String,
}

/// What comes up to the end of the first element that has one of these names. It is looked for, not parsed: what is made of
/// it is one bit, which nobody has authenticated.
fn element<S: Read + Write>(dialogue: &mut Dialogue<'_, S>, names: &[&'static str]) -> io::Result<Element> {
    let found = |come: &[u8]| {
        // RFC 6120 §11.6: it is UTF-8 and nothing else.
        let text = come.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
        names.iter().find_map(|name| end(text, name).map(|end| (*name, end)))
    };
    let come = dialogue.take_until(|come| match come.first() {
        Some(b'<') | None => found(come).map(|(_, end)| end),
        Some(_) => Some(come.len()),
    })?;
    let Some((name, _)) = found(&come) else { return Err(unexpected(&come)) };
    Ok(Element { name, text: String::from_utf8_lossy(&come).into_owned() })
}

/// The offset behind the element called `name`, with any prefix or none.
fn end(text: &str, name: &str) -> Option<usize> {
    let tags = text.match_indices('<').filter_map(|(at, _)| {
        let tag = &text[at + 1..];
        let tag = &tag[..tag.find('>')?];
        Some((at, tag))
    });
    for (at, tag) in tags {
        let (is_closing, tag_name) = match tag.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, tag),
        };
        let tag_name = tag_name.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
        let is_it = tag_name.rsplit(':').next() == Some(name);
        if is_it && (is_closing || tag.ends_with('/')) {
            return Some(at + tag.len() + 2);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::end;

    #[test]
    fn where_an_element_ends() {
        for (text, name, expected) in [
            ("<proceed xmlns='x'/>", "proceed", Some(20)),
            ("<proceed xmlns='x'></proceed>more", "proceed", Some(29)),
            ("<a><stream:features><b/></stream:features>", "features", Some(42)),
            ("<features/>", "features", Some(11)),
            ("<stream:features><b/>", "features", None),
            ("<proceed xmlns='x'/", "proceed", None),
            ("<proceeding/>", "proceed", None),
        ] {
            assert_eq!(end(text, name), expected, "{text}");
        }
    }
}
