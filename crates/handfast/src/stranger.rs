//! Peers that do not speak TLS.

use handfast_record::{Sniffed, check_first, sniff};

/// What a peer speaks, by the first bytes that came from it, if they cannot be those of TLS: the same that
/// [`Violation::NotTls`](crate::wire::Violation) names. Two bytes say whether it is TLS; what else it is, more of them say better. Whoever
/// asks before the connection is given anything has the transport as it was, and can answer a request of plain HTTP, or take a PROXY
/// header off.
///
/// ```
/// assert_eq!(handfast::stranger(b"GET / HTTP/1.1\r\n"), Some(handfast::Sniffed::Http));
/// assert_eq!(handfast::stranger(&[22, 3, 1, 0]), None);
/// ```
pub fn stranger(first: &[u8]) -> Option<Sniffed> {
    check_first(first).is_err().then(|| sniff(first))
}
