//! What a client has sent and nobody has taken yet.

use super::request::HEAD_LIMIT;

/// The longest line, in bytes. One that is longer counts as several.
pub(super) const LINE: usize = 16 * 1024;

/// Bytes in their order. Each is looked at once and moved once, however small the pieces are in which they come and go.
#[derive(Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    /// So many of them are taken.
    taken: usize,
    /// What is looked for does not begin before this offset.
    from: usize,
}

impl Incoming {
    /// What has come after the rest.
    pub(super) fn push(&mut self, data: &[u8]) {
        self.bytes.drain(..self.taken);
        self.from = self.from.saturating_sub(self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(data);
    }

    /// What is not taken.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// The length of the first line, its end included, if all of it is there.
    pub(super) fn line(&mut self) -> Option<usize> {
        let most = self.bytes.len().min(self.taken + LINE);
        self.from = self.from.max(self.taken).min(most);
        let end = self.bytes[self.from..most].iter().position(|byte| *byte == b'\n');
        self.from += end.unwrap_or(most - self.from);
        match end {
            Some(_) => Some(self.from + 1 - self.taken),
            None => (most == self.taken + LINE).then_some(LINE),
        }
    }

    /// Takes so many bytes of the rest.
    pub(super) fn take(&mut self, len: usize) -> &[u8] {
        let start = self.taken;
        self.taken = (start + len).min(self.bytes.len());
        self.from = self.from.max(self.taken);
        &self.bytes[start..self.taken]
    }

    /// Takes the head of a request, the empty line at its end included, if all of it is there. One that is longer than
    /// [`HEAD_LIMIT`] is never all there.
    pub(super) fn take_head(&mut self) -> Option<Vec<u8>> {
        // RFC 9112 §2.2: an empty line before a request is ignored.
        let blank = self.rest().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.take(blank);
        match end_of_head(&self.bytes, self.from) {
            Some(end) => Some(end - self.taken).filter(|len| *len <= HEAD_LIMIT).map(|len| self.take(len).to_vec()),
            None => {
                // The line before the empty one may have ended already.
                self.from = self.from.max(self.bytes.len().saturating_sub(2));
                None
            }
        }
    }
}

/// The offset behind the empty line, whose line before ends at or behind `from`.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let ends = bytes.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.into_iter().find_map(|next| match bytes.get(next..)? {
        [b'\n', ..] => Some(next + 1),
        [b'\r', b'\n', ..] => Some(next + 2),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data: &[u8]) -> Incoming {
        let mut come = Incoming::default();
        come.push(data);
        come
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for (come, head) in [
            (&b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest"[..], Some(&b"GET / HTTP/1.1\r\nA: b\r\n\r\n"[..])),
            (b"GET / HTTP/1.1\nA: b\n\nrest", Some(b"GET / HTTP/1.1\nA: b\n\n")),
            (b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", Some(b"GET / HTTP/1.1\r\n\r\n")),
            (b"GET / HTTP/1.1\r\nA: b\r\n", None),
            (b"GET / HTTP/1.1\r\nA: b\r\n\r", None),
            (b"\r\n\r\n", None),
            (b"", None),
        ] {
            assert_eq!(of(come).take_head().as_deref(), head, "{}", come.escape_ascii());
            // The same byte by byte, and nothing behind it is taken.
            let mut slow = Incoming::default();
            let mut found = None;
            for byte in come {
                slow.push(&[*byte]);
                found = found.or_else(|| slow.take_head());
            }
            assert_eq!(found.as_deref(), head, "{}", come.escape_ascii());
            if head.is_some() {
                assert_eq!(slow.rest(), if come.ends_with(b"rest") { &b"rest"[..] } else { b"" });
            }
        }
        let longest = [b"GET / HTTP/1.1\r\nA: ", [b'a'; HEAD_LIMIT].as_slice()].concat();
        assert!(of(&[&longest[..HEAD_LIMIT - 4], b"\r\n\r\n"].concat()).take_head().is_some());
        assert!(of(&[&longest[..HEAD_LIMIT - 3], b"\r\n\r\n"].concat()).take_head().is_none());
    }

    #[test]
    fn lines() {
        let lines = |data: &[u8]| {
            let mut come = of(data);
            let mut found = Vec::new();
            while let Some(len) = come.line() {
                assert_eq!(come.line(), Some(len), "asked twice");
                found.push(come.take(len).to_vec());
            }
            (found, come.rest().to_vec())
        };
        assert_eq!(lines(b"a\n\nb"), (vec![b"a\n".to_vec(), b"\n".to_vec()], b"b".to_vec()));
        let long = [b'a'; LINE + 1];
        assert_eq!(lines(&long), (vec![long[..LINE].to_vec()], b"a".to_vec()));
        let mut slow = Incoming::default();
        for (byte, len) in [(b'a', None), (b'b', None), (b'\n', Some(3))] {
            slow.push(&[byte]);
            assert_eq!(slow.line(), len);
        }
        // What was looked at as a line can be taken as a head.
        slow.push(b"\n");
        assert_eq!(slow.line(), Some(3));
        assert_eq!(slow.take_head().as_deref(), Some(&b"ab\n\n"[..]));
    }
}
