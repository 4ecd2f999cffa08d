//! K12: fingerprints of clients that were recorded, as FoxIO's own programs give them (github.com/FoxIO-LLC/ja4: JA4.md, and the tests of
//! its captures `tls-handshake`, `tls-alpn-h2`, `tls12`, `tls3`, `tls-non-ascii-alpn`).

use handfast::{Admission, ChooseConfig, ConfigChoice, Connection, HelloView, Ja4, ServerConfig};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::Setup;
use std::sync::{Arc, Mutex};

/// What a ClientHello of these says, with the bodies of extensions that count.
struct Said {
    suites: &'static [u16],
    extensions: &'static [u16],
    schemes: &'static [u16],
    versions: &'static [u16],
    protocol: &'static [u8],
}

impl Said {
    fn body(&self, ty: u16) -> Vec<u8> {
        let list = |numbers: &[u16]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
        match ty {
            // server_name, of a host.
            0 => [&[0, 6, 0, 0, 3][..], b"a.b"].concat(),
            13 => vec16(list(self.schemes)),
            16 => vec16([&[u8::try_from(self.protocol.len()).unwrap()], self.protocol].concat()),
            43 => [&[u8::try_from(2 * self.versions.len()).unwrap()][..], &list(self.versions)].concat(),
            // Another list of schemes, which does not count.
            34 => vec16(list(&[0x0403, 0x0503, 0x0603, 0x0203])),
            _ => Vec::new(),
        }
    }

    /// The whole message.
    fn hello(&self) -> Vec<u8> {
        let suites: Vec<u8> = self.suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
        let extensions =
            self.extensions.iter().flat_map(|ty| [ty.to_be_bytes().to_vec(), vec16(self.body(*ty))].concat());
        let body = [vec![3, 3], vec![7; 32], vec![0], vec16(suites), vec![1, 0], vec16(extensions.collect())].concat();
        [&[1, 0][..], &vec16(body)].concat()
    }

    /// The fingerprint that a server finds.
    fn ja4(&self) -> Ja4 {
        let seen = Arc::new(Seen::default());
        let made = Setup::default().make();
        let admission = Admission::choosing(made.server.provider().clone(), seen.clone());
        let mut server = Connection::accept(&admission).unwrap();
        let record = [&[22, 3, 1][..], &vec16(self.hello())].concat();
        let _ = server.receive(&mut record.clone(), &mut Vec::new());
        let ja4 = seen.0.lock().unwrap().take();
        ja4.expect("a ClientHello that can be read")
    }
}

fn vec16(body: Vec<u8>) -> Vec<u8> {
    [&u16::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
}

/// Looks at who comes.
#[derive(Default)]
struct Seen(Mutex<Option<Ja4>>, Mutex<Option<Arc<ServerConfig>>>);

impl ChooseConfig for Seen {
    fn choose(&self, hello: &HelloView) -> ConfigChoice {
        *self.0.lock().unwrap() = Ja4::of(hello, &handfast::rustcrypto::provider());
        let config = self.1.lock().unwrap().clone();
        config.map_or(ConfigChoice::Refuse(handfast::wire::AlertDescription::ACCESS_DENIED), ConfigChoice::Serve)
    }
}

const CHROME: Said = Said {
    suites: &[
        0xeaea, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
        0x002f, 0x0035,
    ],
    extensions: &[0x1a1a, 13, 27, 11, 17513, 35, 5, 65281, 45, 0, 18, 23, 10, 51, 43, 16, 27242, 21],
    schemes: &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
    versions: &[0xeaea, 0x0304, 0x0303],
    protocol: b"h2",
};

#[test]
fn what_was_recorded() {
    let resumes = Said {
        extensions: &[0x2a2a, 45, 11, 65281, 23, 16, 5, 43, 17513, 0, 18, 13, 27, 10, 35, 51, 19018, 41],
        ..CHROME
    };
    let firefox = Said {
        suites: &[
            0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a, 0xc009, 0xc013, 0xc014,
            0x009c, 0x009d, 0x002f, 0x0035,
        ],
        extensions: &[0, 23, 65281, 10, 11, 35, 16, 5, 34, 51, 43, 13, 45, 28, 21],
        schemes: &[0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201],
        versions: &[0x0304, 0x0303],
        protocol: b"h2",
    };
    let libressl = Said {
        suites: &[
            0xc030, 0xc02c, 0xc028, 0xc024, 0xc014, 0xc00a, 0x009f, 0x006b, 0x0039, 0xcca9, 0xcca8, 0xccaa, 0xff85,
            0x00c4, 0x0088, 0x0081, 0x009d, 0x003d, 0x0035, 0x00c0, 0x0084, 0xc02f, 0xc02b, 0xc027, 0xc023, 0xc013,
            0xc009, 0x009e, 0x0067, 0x0033, 0x00be, 0x0045, 0x009c, 0x003c, 0x002f, 0x00ba, 0x0041, 0xc011, 0xc007,
            0x0005, 0x0004, 0xc012, 0xc008, 0x0016, 0x000a, 0x00ff,
        ],
        extensions: &[0, 11, 10, 13, 16],
        schemes: &[
            0x0601, 0x0603, 0xefef, 0x0501, 0x0503, 0x0401, 0x0403, 0xeeee, 0xeded, 0x0301, 0x0303, 0x0201, 0x0203,
        ],
        versions: &[],
        protocol: b"h2",
    };
    let odd = Said { protocol: b"\x99\x99", ..CHROME };
    for (said, expected) in [
        (CHROME, "t13d1516h2_8daaf6152771_e5627efa2ab1"),
        (resumes, "t13d1516h2_8daaf6152771_9b887d9acb53"),
        (firefox, "t13d1715h2_5b57614c22b0_3d5424432f57"),
        (libressl, "t12d4605h2_85626a9a5f7f_aaf95bb78ec9"),
        (odd, "t13d151699_8daaf6152771_e5627efa2ab1"),
    ] {
        assert_eq!(said.ja4().to_string(), expected);
    }
}

#[test]
fn in_full() {
    let expected = "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_\
        0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_\
        0403,0804,0401,0503,0805,0501,0806,0601";
    assert_eq!(CHROME.ja4().raw(), expected);
    // Without schemes there is no underscore before them.
    let extensions = &[0, 16, 5, 10, 11, 18, 21, 23, 27, 35, 43, 45, 51, 17513, 65281];
    assert!(
        Said { extensions, ..CHROME }
            .ja4()
            .raw()
            .ends_with("_0005,000a,000b,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01")
    );
}

/// The table of the specification, and what it says of nothing.
#[test]
fn odd_protocols_and_nothing_at_all() {
    for (protocol, expected) in [
        (&b"\xab"[..], "ab"),
        (b"\x20", "20"),
        (b"\xab\xcd", "ad"),
        (b"\x20\x61", "21"),
        (b"\x30\xab", "3b"),
        (b"\x61\x20", "60"),
        (b"\x30\x31\xab\xcd", "3d"),
        (b"\x30\xab\xcd\x31", "01"),
        (b"http/1.1", "h1"),
        (b"h", "hh"),
    ] {
        let ja4 = Said { protocol, ..CHROME }.ja4().to_string();
        assert_eq!(ja4.get(8..10), Some(expected), "{protocol:?}");
    }
    let nothing = Said { suites: &[0x0a0a], extensions: &[], schemes: &[], versions: &[], protocol: b"" };
    assert_eq!(nothing.ja4().to_string(), "t12i000000_000000000000_000000000000");
}

/// A server that goes on with whoever it has looked at; of two connections of one client the fingerprint is the same.
#[test]
fn our_client_is_always_the_same() {
    let mut found = Vec::new();
    for client_seed in [1, 2] {
        let made = Setup { client_seed, ..Setup::default() }.make();
        let seen = Arc::new(Seen::default());
        *seen.1.lock().unwrap() = Some(made.server.clone());
        let admission = Admission::choosing(made.server.provider().clone(), seen.clone());
        let mut pair = Pair::new(made.clone(), Chunking::Coalesced);
        pair.server = End::new(Connection::accept(&admission).unwrap(), made.server_answers);
        pair.connect();
        found.push(seen.0.lock().unwrap().take().unwrap());
    }
    assert_eq!(found[0], found[1]);
    assert!(found[0].to_string().starts_with("t13d0913h2_"), "{}", found[0]);
}
