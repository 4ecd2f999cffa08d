//! Keys and PKCS#12 files under passwords, those that OpenSSL wrote (`data/locked/make.sh`) and our own.

use crate::common::*;
use handfast_crypto::passwords::{PasswordHash, Passwords, Pkcs12Key, Scrypt};
use handfast_crypto::{CryptoError, Digest, Provider};
use handfast_pki::bundle::Error;
use handfast_pki::encrypted::{Fault, MAX_ITERATIONS, Opener, seal_key};
use handfast_pki::make::Key;
use handfast_pki::pem::{self, Reason, Skipped};
use handfast_pki::pfx::{self, MAX_BAGS, Pfx};
use handfast_pki::{Bundle, Rule, bundle};
use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

const PKCS8: &[u8] = include_bytes!("../data/locked/pkcs8.pem");
const KEY: &[u8] = include_bytes!("../data/locked/leaf.key");
const LEAF: &[u8] = include_bytes!("../data/locked/leaf.pem");
const CA: &[u8] = include_bytes!("../data/locked/ca.pem");
const PFX: &[u8] = include_bytes!("../data/locked/aes.pfx");
const EMPTY: &[u8] = include_bytes!("../data/locked/empty.pfx");
const NOMAC: &[u8] = include_bytes!("../data/locked/nomac.pfx");
const PLAIN: &[u8] = include_bytes!("../data/locked/plain.pfx");
const PBMAC1: &[u8] = include_bytes!("../data/locked/pbmac1.pfx");

fn expected_key() -> PrivatePkcs8KeyDer<'static> {
    let PrivateKeyDer::Pkcs8(key) = &*pem::private_key(KEY).unwrap() else { panic!() };
    key.clone_key()
}

fn certificates(pem: &[u8]) -> Vec<Vec<u8>> {
    pem::certificates(pem).unwrap().0.iter().map(|der| der.to_vec()).collect()
}

/// The locked keys of `data/locked/pkcs8.pem`, DER, each with the words before it.
fn locked_keys() -> Vec<(String, Vec<u8>)> {
    let text = str::from_utf8(PKCS8).unwrap();
    let sections = text.split("-----END ENCRYPTED PRIVATE KEY-----\n").filter(|section| !section.is_empty());
    sections
        .map(|section| {
            let (what, body) = section.split_once("\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
            (what.to_string(), unbase64(body))
        })
        .collect()
}

fn unbase64(text: &str) -> Vec<u8> {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    pem::private_key(pem.as_bytes()).unwrap().secret_der().to_vec()
}

fn open(der: &[u8], password: Option<&str>) -> Result<PrivatePkcs8KeyDer<'static>, Fault> {
    Opener::new(&provider(), password.map(str::as_bytes)).open_key(der).map(|key| key.clone_key())
}

fn keys(pfx: &Pfx) -> Vec<PrivatePkcs8KeyDer<'static>> {
    pfx.keys.iter().map(|key| key.clone_key()).collect()
}

fn read(der: &[u8], password: Option<&str>) -> Result<Pfx, Fault> {
    Pfx::read(der, &mut Opener::new(&provider(), password.map(str::as_bytes)))
}

#[test]
fn every_way_that_openssl_writes_opens() {
    let keys = locked_keys();
    assert_eq!(keys.len(), 16);
    for (what, der) in keys {
        assert_eq!(open(&der, Some("secret")).as_ref(), Ok(&expected_key()), "{what}");
        assert_eq!(open(&der, Some("Secret")), Err(Fault::WrongPassword), "{what}");
        assert_eq!(open(&der, None), Err(Fault::NoPassword), "{what}");
        assert_eq!(
            Bundle::new().add_der(&provider(), &der, None).map(drop),
            Err(Error::Locked(Fault::NoPassword)),
            "{what}"
        );
    }
}

/// One wrong password in 256 leaves padding behind, and then what is there is still no key.
#[test]
fn no_wrong_password_opens_a_key() {
    let (_, der) = &locked_keys()[0];
    for word in 0..600 {
        assert_eq!(open(der, Some(&word.to_string())), Err(Fault::WrongPassword), "{word}");
    }
}

#[test]
fn what_is_cut_or_changed_does_not_open() {
    for (what, der) in locked_keys() {
        for len in 0..der.len() {
            assert!(matches!(open(&der[..len], Some("secret")), Err(Fault::Malformed(_))), "{what} {len}");
        }
        for at in 0..der.len() {
            for bit in [1, 0x80] {
                let mut changed = der.clone();
                changed[at] ^= bit;
                match open(&changed, Some("secret")) {
                    Err(_) => {}
                    // A block of ciphertext that was changed is noise, and the next one has the changed bit; nothing tells
                    // but the structure, and what reads the key.
                    Ok(key) => assert_ne!(key, expected_key(), "{what} {at}"),
                }
            }
        }
        let longer = [&der[..], &[0]].concat();
        assert_eq!(open(&longer, Some("secret")), Err(Fault::Malformed("EncryptedPrivateKeyInfo")), "{what}");
    }
}

/// PBES2 with these parameters of PBKDF2 and scrypt, and ciphertext of one block.
fn sealed(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    let kdf = seq(&[&tlv(6, oid), &seq(&[parameters])]);
    let cipher = seq(&[&tlv(6, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]), &tlv(4, &[0; 16])]);
    let pbes2 = seq(&[&tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]), &seq(&[&kdf, &cipher])]);
    seq(&[&pbes2, &tlv(4, &[0; 16])])
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    match len {
        0..128 => [&[tag, len as u8], content].concat(),
        128..256 => [&[tag, 0x81, len as u8], content].concat(),
        _ => [&[tag, 0x82, (len >> 8) as u8, len as u8], content].concat(),
    }
}

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn int(value: u64) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let skip = octets.iter().take_while(|octet| **octet == 0).count().min(7);
    let sign: &[u8] = if octets[skip] < 0x80 { &[] } else { &[0] };
    tlv(2, &[sign, &octets[skip..]].concat())
}

const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
const SCRYPT: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11];

/// docs/regressions.md row 72: a file says how much work it is to open it, and there is an end to that.
#[test]
fn work_is_bounded() {
    let salt = tlv(4, b"salt");
    let pbkdf2 = |iterations: u64| sealed(PBKDF2, &[&salt[..], &int(iterations)].concat());
    let scrypt = |n: u64, r: u64, p: u64| sealed(SCRYPT, &[&salt[..], &int(n), &int(r), &int(p)].concat());
    let half = u64::from(MAX_ITERATIONS) / 2;
    for (der, expected) in [
        (pbkdf2(16), Fault::WrongPassword),
        (pbkdf2(0), Fault::Malformed("iterations")),
        // Of SHA-1 it takes two for a key of 32 bytes.
        (pbkdf2(half + 1), Fault::TooExpensive),
        (pbkdf2(u64::from(u32::MAX)), Fault::TooExpensive),
        (pbkdf2(u64::MAX), Fault::TooExpensive),
        (scrypt(16, 8, 1), Fault::WrongPassword),
        (scrypt(17, 8, 1), Fault::Malformed("scrypt-params")),
        (scrypt(1, 8, 1), Fault::Malformed("scrypt-params")),
        (scrypt(16, 0, 1), Fault::Malformed("scrypt-params")),
        (scrypt(16, 8, 0), Fault::Malformed("scrypt-params")),
        // 512 MiB; 128 MiB nine times; the same for what is worked on; and more than there is.
        (scrypt(2, 1, 4_194_304), Fault::TooExpensive),
        (scrypt(u64::MAX, 1, 1), Fault::TooExpensive),
        (scrypt(1 << 19, 8, 1), Fault::TooExpensive),
        (scrypt(1 << 17, 8, 9), Fault::TooExpensive),
        (scrypt(1 << 31, u64::from(u32::MAX), u64::from(u32::MAX)), Fault::TooExpensive),
    ] {
        assert_eq!(open(&der, Some("secret")), Err(expected));
    }
}

/// The bound is one for the file.
#[test]
fn work_is_bounded_for_the_whole_file() {
    // Four parts, each of which may ask for a third of what there is.
    let salt = tlv(4, b"salt");
    let sha256 = seq(&[&tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9])]);
    let shrouded = sealed(PBKDF2, &[&salt[..], &int(u64::from(MAX_ITERATIONS) / 3), &sha256].concat());
    let mut opener = Opener::new(&Provider { passwords: Some(&Free), ..provider() }, Some(b"secret"));
    let faults: Vec<_> = (0..4).map(|_| opener.open_key(&shrouded).unwrap_err()).collect();
    assert_eq!(faults[..3], [Fault::WrongPassword, Fault::WrongPassword, Fault::WrongPassword]);
    assert_eq!(faults[3], Fault::TooExpensive);
}

/// Derivations that cost nothing.
struct Free;

impl Passwords for Free {
    fn pbkdf2(&self, _: PasswordHash, _: &[u8], _: &[u8], _: u32, _: &mut [u8]) -> Result<(), CryptoError> {
        Ok(())
    }

    fn scrypt(&self, _: &[u8], _: &[u8], _: Scrypt, _: &mut [u8]) -> Result<(), CryptoError> {
        Ok(())
    }

    fn pkcs12(
        &self,
        _: PasswordHash,
        _: Pkcs12Key,
        _: &[u8],
        _: &[u8],
        _: u32,
        _: &mut [u8],
    ) -> Result<(), CryptoError> {
        Ok(())
    }

    fn hmac(&self, _: PasswordHash, _: &[u8], _: &[u8]) -> Result<Digest, CryptoError> {
        Err(CryptoError::Unsupported)
    }

    fn encrypt(&self, _: &[u8], _: &[u8; 16], _: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::Unsupported)
    }

    fn decrypt(&self, _: &[u8], _: &[u8; 16], _: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Err(CryptoError::OpenFailed)
    }
}

#[test]
fn a_key_that_was_sealed_opens() {
    let key = expected_key();
    let der = seal_key(&provider(), b"secret", &key).unwrap();
    assert_eq!(open(&der, Some("secret")), Ok(key.clone_key()));
    assert_eq!(open(&der, Some("")), Err(Fault::WrongPassword));
    assert_ne!(seal_key(&provider(), b"secret", &key).unwrap(), der, "salt and IV are drawn anew");
    let without = Provider { passwords: None, ..provider() };
    assert_eq!(seal_key(&without, b"secret", &key), Err(CryptoError::Unsupported));
    assert_eq!(Opener::new(&without, Some(b"secret")).open_key(&der), Err(Fault::Crypto(CryptoError::Unsupported)));
}

#[test]
fn every_file_that_openssl_writes_opens() {
    let (leaf, both) = (certificates(LEAF), [certificates(LEAF), certificates(CA)].concat());
    for (what, der, password, chain) in [
        ("AES", PFX, Some("sécret"), &both),
        ("without a password", EMPTY, None, &leaf),
        ("with an empty one", EMPTY, Some(""), &leaf),
        ("without a MAC", NOMAC, Some("secret"), &leaf),
        ("without encryption", PLAIN, Some("secret"), &leaf),
        ("PBMAC1", PBMAC1, Some("secret"), &leaf),
    ] {
        let pfx = read(der, password).unwrap_or_else(|fault| panic!("{what}: {fault}"));
        assert_eq!(keys(&pfx), [expected_key()], "{what}");
        assert_eq!(pfx.has_mac, what != "without a MAC");
        let read: Vec<_> = pfx.certificates.iter().map(|der| der.to_vec()).collect();
        assert_eq!(&read, chain, "{what}");
    }
    for (what, der, password, expected) in [
        ("wrong", PFX, Some("secret"), Fault::WrongPassword),
        ("none", PFX, None, Fault::NoPassword),
        ("empty", PFX, Some(""), Fault::WrongPassword),
        ("some, where there is none", EMPTY, Some("secret"), Fault::WrongPassword),
        ("wrong, and no MAC", NOMAC, Some("sécret"), Fault::WrongPassword),
        // Nothing is encrypted in it, and the MAC is checked first.
        ("wrong, and no encryption", PLAIN, Some("sécret"), Fault::WrongPassword),
        ("wrong, with PBMAC1", PBMAC1, Some("sécret"), Fault::WrongPassword),
    ] {
        assert_eq!(read(der, password).map(|_| ()), Err(expected), "{what}");
    }
}

/// docs/regressions.md row 72: whatever was changed, the MAC says so before anything else is done.
#[test]
fn a_file_that_was_changed_does_not_open() {
    for (what, der, password) in [("AES", PFX, "sécret"), ("plain", PLAIN, "secret"), ("PBMAC1", PBMAC1, "secret")] {
        for len in 0..der.len() {
            assert!(read(&der[..len], Some(password)).is_err(), "{what} {len}");
        }
        assert_eq!(read(&[der, &[0]].concat(), Some(password)).map(|_| ()), Err(Fault::Malformed("PFX")), "{what}");
        let content = der.windows(4).position(|four| four[0] == 0x04 && four[1] == 0x82).unwrap() + 4;
        let mac = der.len() - 150;
        for at in 0..der.len() {
            let mut changed = der.to_vec();
            changed[at] ^= 1;
            match read(&changed, Some(password)).map(|_| ()) {
                // The salt and the count that PBMAC1 does not use.
                Ok(()) => assert!(what == "PBMAC1" && at + 12 >= der.len(), "{what} {at}"),
                Err(fault) => {
                    if (content..mac).contains(&at) {
                        assert_eq!(fault, Fault::WrongPassword, "{what} {at}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_file_that_was_written_opens() {
    let made = root(server());
    let other = root(ca("Some CA"));
    let PrivateKeyDer::Pkcs8(key) = made.key.der() else { panic!() };
    let chain = chain(&[&made, &other]);
    let der = pfx::write(&provider(), "pässword".as_bytes(), &chain, key, Some("name 🔑")).unwrap();
    let back = read(&der, Some("pässword")).unwrap();
    assert_eq!((&back.certificates, keys(&back)), (&chain, vec![key.clone_key()]));
    assert_eq!(read(&der, Some("password")).map(|_| ()), Err(Fault::WrongPassword));
    assert_eq!(format!("{back:?}"), "Pfx { certificates: 2, keys: 1, .. }");
}

fn content_info(oid: &[u8], content: &[u8]) -> Vec<u8> {
    seq(&[&tlv(6, oid), &tlv(0xa0, content)])
}

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];

fn bag(kind: u8, value: &[u8]) -> Vec<u8> {
    seq(&[&tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, kind]), &tlv(0xa0, value)])
}

/// A file without MAC and encryption, with these SafeContents.
fn file(contents: &[u8]) -> Vec<u8> {
    let safe = seq(&[&content_info(DATA, &tlv(4, contents))]);
    seq(&[&int(3), &content_info(DATA, &tlv(4, &safe))])
}

#[test]
fn bags_are_bounded() {
    let key = bag(1, expected_key().secret_pkcs8_der());
    let nest = |depth: usize| (1..depth).fold(seq(&[&key]), |inner, _| seq(&[&bag(6, &inner)]));
    assert_eq!(read(&file(&nest(4)), None).unwrap().keys.len(), 1);
    assert_eq!(read(&file(&nest(5)), None).map(|_| ()), Err(Fault::TooExpensive));
    let many = |count: usize| file(&seq(&[&bag(5, &seq(&[])).repeat(count)]));
    assert!(read(&many(MAX_BAGS), None).is_ok());
    assert_eq!(read(&many(MAX_BAGS + 1), None).map(|_| ()), Err(Fault::TooExpensive));
}

/// docs/regressions.md row 72: a key where a certificate should be is never sent as one.
#[test]
fn a_key_in_a_bag_for_certificates_is_refused() {
    let x509 = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1]);
    let wrapped = tlv(0xa0, &tlv(4, expected_key().secret_pkcs8_der()));
    let der = file(&seq(&[&bag(3, &seq(&[&x509, &wrapped]))]));
    assert_eq!(read(&der, None).map(|_| ()), Err(Fault::NotACertificate(Rule::Malformed("outer structure"))));
    // A certificate of another kind is passed over.
    let sdsi = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 2]);
    let der = file(&seq(&[&bag(3, &seq(&[&sdsi, &wrapped]))]));
    assert!(read(&der, None).unwrap().certificates.is_empty());
}

#[test]
fn what_is_not_understood_is_named() {
    let signed = content_info(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2], &seq(&[]));
    let der = seq(&[&int(3), &signed]);
    assert_eq!(read(&der, None).map(|_| ()), Err(Fault::Unsupported("1.2.840.113549.1.7.2".into())));
    let der = seq(&[&int(2), &signed]);
    assert_eq!(read(&der, None).map(|_| ()), Err(Fault::Malformed("version")));
    let old = seq(&[
        &seq(&[&tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3]), &seq(&[&tlv(4, b"salt"), &int(2048)])]),
        &tlv(4, &[0; 16]),
    ]);
    assert_eq!(
        open(&old, Some("secret")).unwrap_err().to_string(),
        "it is made with pbeWithSHAAnd3-KeyTripleDES-CBC, which is not understood here"
    );
}

fn locked(pem: &str, password: Option<&str>) -> Result<usize, Error> {
    let mut bundle = Bundle::new();
    bundle.add_pem(&provider(), pem.as_bytes(), password.map(str::as_bytes))?;
    Ok(bundle.keys().count())
}

#[test]
fn an_encrypted_section_opens_with_its_password() {
    let der = seal_key(&provider(), b"secret", &expected_key()).unwrap();
    let pem = pem::encode("ENCRYPTED PRIVATE KEY", &der);
    assert_eq!(locked(&pem, Some("secret")), Ok(1));
    let fault = |fault| {
        let label = "ENCRYPTED PRIVATE KEY".to_string();
        Err(Error::Pem(pem::Error::BadKey(Skipped { line: 1, label, reason: Reason::Locked(fault) })))
    };
    assert_eq!(locked(&pem, None), fault(Fault::NoPassword));
    assert_eq!(locked(&pem, Some("")), fault(Fault::WrongPassword));
    // OpenSSL's traditional encryption is for another crate.
    let key = pem::encode("EC PRIVATE KEY", &[0; 48]);
    let old =
        key.replacen("\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n", 1);
    assert!(locked(&old, Some("secret")).unwrap_err().to_string().contains("made with AES-128-CBC"));
    let error = locked(&old.replace("AABB", "AABX"), Some("secret")).unwrap_err();
    assert_eq!(error.fault(), Some(&Fault::Malformed("DEK-Info")));
    assert!(matches!(locked(&old.replace("DEK-Info", "DEK-Data"), Some("secret")), Err(Error::Pem(_))));
}

/// A key with its own password in a file with a plain one.
#[test]
fn files_have_their_own_passwords() {
    let other = root(server());
    let sealed = pem::encode("ENCRYPTED PRIVATE KEY", &seal_key(&provider(), b"one", &expected_key()).unwrap());
    let mut bundle = Bundle::new();
    bundle.add_pem(&provider(), sealed.as_bytes(), Some(b"one")).unwrap();
    bundle.add_pfx(&provider(), PFX, Some("sécret".as_bytes())).unwrap();
    bundle.add_pem(&provider(), (other.certificate_pem() + &other.key.to_pem()).as_bytes(), None).unwrap();
    let pairs = bundle.pair(&provider()).unwrap().pairs;
    // The key that is there twice counts once.
    let chains: Vec<_> = pairs.iter().map(|pair: &bundle::Pair| pair.chain.len()).collect();
    assert_eq!(chains, [2, 1]);
    assert_eq!(Key::load(&provider(), &pairs[1].key).unwrap().public_key(), other.key.public_key());
}

/// Whoever gives a password expects that the file depends on it.
#[test]
fn a_file_that_anybody_could_have_written_is_refused_where_there_is_a_password() {
    let der = file(&seq(&[&bag(1, expected_key().secret_pkcs8_der())]));
    assert_eq!(read(&der, Some("secret")).map(|_| ()), Err(Fault::NoMac));
    assert_eq!(read(&der, Some("")).map(|pfx| pfx.has_mac), Ok(false));
    assert_eq!(read(&der, None).map(|pfx| pfx.keys.len()), Ok(1));
}

/// BER, as Firefox and Bouncy Castle write it: lengths that are not given, and strings in pieces. The MAC is over what is in them.
#[test]
fn ber_is_read() {
    /// The same with no length given for anything constructed, and every OCTET STRING in two pieces.
    fn loosen(der: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = der;
        while let [tag, ..] = rest {
            let (header, len) = match rest[1] {
                len @ 0..=0x7f => (2, usize::from(len)),
                0x81 => (3, usize::from(rest[2])),
                _ => (4, usize::from(rest[2]) << 8 | usize::from(rest[3])),
            };
            let content = &rest[header..header + len];
            match tag {
                4 | 0x80 if content.len() > 16 => {
                    let (one, two) = content.split_at(len / 2);
                    out.extend([tag | 0x20, 0x80]);
                    out.extend([tlv(4, one), tlv(4, two), vec![0, 0]].concat());
                }
                _ if tag & 0x20 != 0 => {
                    out.extend([*tag, 0x80]);
                    out.extend(loosen(content));
                    out.extend([0, 0]);
                }
                _ => out.extend(&rest[..header + len]),
            }
            rest = &rest[header + len..];
        }
        out
    }
    for (der, password) in [(PFX, "sécret"), (PLAIN, "secret"), (NOMAC, "secret"), (PBMAC1, "secret")] {
        let ber = loosen(der);
        assert_ne!(ber, der);
        assert!(Pfx::is_one(&ber));
        assert_eq!(keys(&read(&ber, Some(password)).unwrap()), [expected_key()]);
    }
    // What is inside, too, where nothing vouches for it.
    let inner = loosen(&seq(&[&bag(1, expected_key().secret_pkcs8_der())]));
    assert_eq!(keys(&read(&file(&inner), None).unwrap()), [expected_key()]);
}
