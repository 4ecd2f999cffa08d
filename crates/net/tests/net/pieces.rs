//! K11: clients that do not speak TLS, and what they say in pieces.

use handfast::{Connection, Sniffed};
use handfast_net::Buffered;
use handfast_testkit::setup::Setup;
use std::io::{self, ErrorKind, Read};

/// What a client speaks is the same however TCP has cut it; where it ends before that can be told, what there is says it.
#[test]
fn a_stranger_is_the_same_in_pieces() {
    let made = Setup::default().make();
    let speaks = |mut io: &mut dyn Read| {
        Buffered::new(Connection::server(&made.server).unwrap(), Vec::new())
            .stranger(&mut io)
            .map_err(|error| error.kind())
    };
    let openings: [(&[u8], Sniffed); 4] = [
        (b"GET / HTTP/1.1\r\n", Sniffed::Http),
        (b"SSH-2.0-OpenSSH_9.9\r\n", Sniffed::Ssh),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", Sniffed::ProxyHeader),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11", Sniffed::ProxyHeader),
    ];
    for (opening, expected) in openings {
        for cut in 0..=opening.len() {
            let (first, rest) = opening.split_at(cut);
            assert_eq!(speaks(&mut first.chain(rest)), Ok(Some(expected)), "{first:?}");
            let alone = handfast::stranger(first).map(Some).ok_or(ErrorKind::UnexpectedEof);
            assert_eq!(speaks(&mut &*first), alone, "{first:?}");
        }
    }
    // Nobody is waited for who cannot become one of those.
    struct Silent<'a>(&'a [u8]);
    impl Read for Silent<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { self.0.read(buf) }
        }
    }
    for (first, expected) in [
        (&b"GEX"[..], Ok(Some(Sniffed::Text))),
        (b"G", Err(ErrorKind::WouldBlock)),
        (&[22], Err(ErrorKind::WouldBlock)),
        (&[22, 3], Ok(None)),
    ] {
        assert_eq!(speaks(&mut Silent(first)), expected, "{first:?}");
    }
}
