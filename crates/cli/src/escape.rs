//! Text that a peer chose, made fit for a terminal and for a page (docs/regressions.md rows 31 and 90).

use serde::Serialize;

/// `text` with everything that is not plainly visible written as an escape: control characters, marks that turn the
/// direction of writing, and line breaks, so that a name can forge no line and no colour.
pub(crate) fn text(text: &str) -> String {
    text.chars().map(character).collect()
}

/// [`text`] for bytes that need not be text.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    text(&String::from_utf8_lossy(bytes))
}

/// One character as it is shown.
pub(crate) fn character(c: char) -> String {
    match c {
        // These are escaped for the sake of Rust's own literals.
        '\'' | '"' => c.to_string(),
        _ => c.escape_debug().to_string(),
    }
}

/// A message of which parts are escaped already: what [`text`] escapes but the backslash, so that nothing is escaped twice.
pub(crate) fn message(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { character(c) } else { c.to_string() }).collect()
}

/// Whether a character is not plainly visible.
pub(crate) fn is_hidden(c: char) -> bool {
    !matches!(c, '\'' | '"' | '\\') && c.escape_debug().len() > 1
}

/// `text` as the content of an HTML element or a quoted attribute. Backslashes stay as they are, so that what is escaped
/// for a terminal already looks the same on a page.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\\' => out.push(c),
            _ => out.push_str(&character(c)),
        }
    }
    out
}

/// `value` as JSON in lines that do nothing to a terminal or a page: what is not plainly visible ASCII, and what begins or ends
/// a tag, is written as JSON's own escape. Whoever reads it has the very same text.
pub(crate) fn json(value: &impl Serialize) -> String {
    let mut out = String::new();
    // What is shown here has names that are text, so that this does not fail.
    for c in serde_json::to_string_pretty(value).unwrap_or_default().chars() {
        match c {
            // Outside of strings there is none of these but the line feed.
            '<' | '>' | '&' | '\u{7f}'.. => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_do_harm_is_visible() {
        for (given, shown) in [
            ("http/1.1", "http/1.1"),
            ("it's \"quoted\"", "it's \"quoted\""),
            ("Zürich 東京", "Zürich 東京"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\r\nerror: b", "a\\r\\nerror: b"),
            ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
            ("\u{200b}\u{feff}\u{0}\u{7f}\u{9b}", "\\u{200b}\\u{feff}\\0\\u{7f}\\u{9b}"),
            ("back\\slash", "back\\\\slash"),
        ] {
            assert_eq!(text(given), shown);
        }
        assert_eq!(bytes(b"h2\xff\x07"), "h2\u{fffd}\\u{7}");
    }

    #[test]
    fn json_says_the_same() {
        let text = "<script>&\u{1b}[2J\u{202e}\u{7f}\u{9b}\u{2028}ü東\u{1f980}\n\"\\";
        let value = serde_json::json!({ text: [text] });
        let json = json(&value);
        assert!(json.chars().all(|c| matches!(c, ' '..='~' | '\n') && !matches!(c, '<' | '>' | '&')), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn a_page_keeps_its_structure() {
        assert_eq!(
            html("<script>alert('&\"')</script>\u{1b}\\"),
            "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\\u{1b}\\"
        );
    }
}
