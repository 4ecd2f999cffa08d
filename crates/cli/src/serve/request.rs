//! The head of an HTTP/1.1 request (RFC 9112).

use std::str;

/// What of a request matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path of the target, as it came, without the query.
    pub(crate) path: String,
    /// Whether the connection can take another request after this one.
    pub(crate) keep_alive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    Other,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is not HTTP, or ambiguous.
    Bad,
    /// A major version that is not 1.
    Version,
}

/// The longest head, in bytes.
pub(crate) const HEAD_LIMIT: usize = 16 * 1024;

impl Request {
    /// Reads a head, the empty line at its end included.
    pub(crate) fn read(head: &[u8]) -> Result<Self, Wrong> {
        let head = str::from_utf8(head).map_err(|_| Wrong::Bad)?;
        let mut lines = head.lines();
        let mut line = lines.next().ok_or(Wrong::Bad)?.split(' ');
        let (Some(method), Some(target), Some(version), None) = (line.next(), line.next(), line.next(), line.next())
        else {
            return Err(Wrong::Bad);
        };
        let is_http_1_0 = match version {
            "HTTP/1.1" => false,
            "HTTP/1.0" => true,
            other if other.starts_with("HTTP/") => return Err(Wrong::Version),
            _ => return Err(Wrong::Bad),
        };
        let (method, path) = (method_of(method), path_of(target)?);
        // Whatever the order of the fields is, each of the last two ends the connection.
        let (mut hosts, mut keeps, mut closes, mut has_body) = (0, !is_http_1_0, false, false);
        for line in lines.take_while(|line| !line.is_empty()) {
            // RFC 9112 §5.1, §5.2: no space before the colon, no folded lines.
            let (name, value) = line.split_once(':').ok_or(Wrong::Bad)?;
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(Wrong::Bad);
            }
            // RFC 9110 §5.5: what ends a line elsewhere, or a string, has no place in one.
            if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(Wrong::Bad);
            }
            let value = value.trim_matches([' ', '\t']);
            match name.to_ascii_lowercase().as_str() {
                "host" => hosts += 1,
                "connection" => {
                    let has = |option: &str| value.split(',').any(|word| word.trim().eq_ignore_ascii_case(option));
                    keeps |= has("keep-alive");
                    closes |= has("close");
                }
                // A body is not read, so nothing can come after it.
                "content-length" if value == "0" => {}
                "content-length" | "transfer-encoding" => has_body = true,
                _ => {}
            }
        }
        // RFC 9112 §3.2.
        if hosts > 1 || (hosts == 0 && !is_http_1_0) {
            return Err(Wrong::Bad);
        }
        Ok(Self { method, path, keep_alive: keeps && !closes && !has_body })
    }
}

/// Whether a name may have it (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn method_of(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        _ => Method::Other,
    }
}

/// The path of a target in origin-form or absolute-form (RFC 9112 §3.2).
fn path_of(target: &str) -> Result<String, Wrong> {
    let path = match target.strip_prefix("https://").or_else(|| target.strip_prefix("http://")) {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(path.to_string())
    } else {
        Err(Wrong::Bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Result<(Method, String, bool), Wrong> {
        Request::read(head.as_bytes()).map(|request| (request.method, request.path, request.keep_alive))
    }

    #[test]
    fn requests() {
        for (head, method, path, keep_alive) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Method::Get, "/", true),
            ("HEAD /x?y=/../z HTTP/1.1\r\nhost:a\r\nConnection: close\r\n\r\n", Method::Head, "/x", false),
            ("GET /a%20b HTTP/1.0\r\n\r\n", Method::Get, "/a%20b", false),
            ("GET / HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n", Method::Get, "/", true),
            ("GET https://h:1/p HTTP/1.1\nHost: h\n\n", Method::Get, "/p", true),
            ("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", Method::Get, "/", true),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", Method::Other, "/", false),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: x\r\n\r\n",
                Method::Get,
                "/",
                false,
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", Method::Get, "/", true),
            ("GET / HTTP/1.1\r\nHost: a\r\nX-!#$%&'*+.^_`|~9:\ta\tb\u{fc}\r\n\r\n", Method::Get, "/", true),
        ] {
            assert_eq!(read(head), Ok((method, path.to_string(), keep_alive)), "{head}");
        }
        // What would be read as another request after a body that is not read: no field takes that back, before it or behind it.
        let keeps = "Connection: keep-alive\r\n";
        for ends in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n"] {
            for fields in [[keeps, ends].concat(), [ends, keeps].concat()] {
                for version in ["1.0", "1.1"] {
                    let head = format!("GET / HTTP/{version}\r\nHost: a\r\n{fields}\r\n");
                    assert_eq!(read(&head), Ok((Method::Get, "/".to_string(), false)), "{head}");
                }
            }
        }
        for (head, wrong) in [
            ("", Wrong::Bad),
            ("\r\n\r\n", Wrong::Bad),
            ("GET /\r\n\r\n", Wrong::Bad),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 5\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n", Wrong::Bad),
            ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", Wrong::Bad),
            ("GET /\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", Wrong::Bad),
            ("GET / HTTP/2\r\nHost: a\r\n\r\n", Wrong::Version),
            ("SSH-2.0-x y z\r\n\r\n", Wrong::Bad),
        ] {
            assert_eq!(read(head), Err(wrong), "{head}");
        }
        assert_eq!(Request::read(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"), Err(Wrong::Bad));
    }
}
