//! The key schedule of TLS 1.2 against known answers: vectors/rfc5246, which OpenSSL and the working group made.
#![cfg(feature = "tls12")]

use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::cbc::{BlockAlgorithm, BlockCipher, CbcKey, Mac, MacAlgorithm, MacKey};
use handfast_crypto::suite::Suite;
use handfast_crypto::{
    Aead, AeadAlgorithm, AeadKey, Cipher, CryptoError, Digest, Hash, HashAlgorithm, HashContext, Provider, RecordKeys,
    Secret,
};
use handfast_rustcrypto::{SHA256, SHA384, provider};
use handfast_schedule::tls12::{KeyBlock, MAX_EXPORT, MainSecret, Randoms, prf};
use handfast_schedule::{Exporter, Side};
use handfast_testkit::vectors::Vectors;
use handfast_wire::CipherSuite;

const LABEL: &[u8] = b"EXPORTER-test";

/// A file of vectors and the hash that it is about.
struct Known {
    hash: &'static dyn Hash,
    vectors: Vectors,
}

impl Known {
    fn both() -> [Self; 2] {
        [(SHA256, "prf-sha256"), (SHA384, "prf-sha384")]
            .map(|(hash, file)| Self { hash, vectors: Vectors::load(&format!("rfc5246/{file}.txt")).unwrap() })
    }

    fn of(hash: HashAlgorithm) -> Self {
        Self::both().into_iter().find(|known| known.hash.algorithm() == hash).unwrap()
    }

    fn digest(&self, name: &str) -> Digest {
        Digest::new(&self.vectors[name])
    }

    fn randoms(&self) -> Randoms {
        let random = |name| <[u8; 32]>::try_from(&self.vectors[name]).unwrap();
        Randoms { client: random("client_random"), server: random("server_random") }
    }

    fn main(&self) -> MainSecret {
        MainSecret::extended(self.hash, &self.vectors["agreed"], &self.digest("session_hash")).unwrap()
    }

    fn export(&self, label: &[u8], context: Option<&[u8]>, len: usize) -> Result<Vec<u8>, CryptoError> {
        let mut okm = vec![0; len];
        Exporter::Tls12(self.main(), self.randoms()).export(label, context, &mut okm).map(|()| okm)
    }
}

#[test]
fn the_prf_of_the_working_group() {
    for known in Known::both() {
        let v = &known.vectors;
        let expected = &v["prf.output"];
        for len in [0, 1, 12, known.hash.algorithm().output_len(), expected.len() - 1, expected.len()] {
            let mut out = vec![0; len];
            prf(known.hash, &v["prf.secret"], &v["prf.label"], &[&v["prf.seed"]], &mut out).unwrap();
            assert_eq!(out, expected[..len], "{len}");
        }
    }
}

#[test]
fn main_secrets() {
    for known in Known::both() {
        let plain = MainSecret::plain(known.hash, &known.vectors["agreed"], &known.randoms()).unwrap();
        assert_eq!(plain.as_bytes(), &known.vectors["main.plain"]);
        let extended = known.main();
        assert_eq!(extended.as_bytes(), &known.vectors["main.extended"]);
        assert!(plain != extended);
        assert!(MainSecret::restore(known.hash, plain.as_bytes()).unwrap() == plain);
        for len in [0, 47, 49, 64, 65] {
            assert_eq!(MainSecret::restore(known.hash, &vec![7; len]).unwrap_err(), CryptoError::Length, "{len}");
        }
    }
}

#[test]
fn finished_messages_of_both_sides() {
    for known in Known::both() {
        for (side, name) in [(Side::Client, "client_finished"), (Side::Server, "server_finished")] {
            let verify_data = known.main().ready().unwrap().verify_data(side, &known.digest("finished_hash")).unwrap();
            assert_eq!(verify_data.as_bytes(), &known.vectors[name], "{name}");
        }
    }
}

/// Keys that tell what they are made of: whatever they work on becomes the key.
struct Open<T>(T);

impl Aead for Open<AeadAlgorithm> {
    fn algorithm(&self) -> AeadAlgorithm {
        self.0
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        assert_eq!(key.len(), self.0.key_len());
        Ok(Box::new(Open(key.to_vec())))
    }
}

impl AeadKey for Open<Vec<u8>> {
    fn seal_in_place(&self, _: &[u8; NONCE_LEN], _: &[u8], buf: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        buf.copy_from_slice(&self.0);
        Ok([0; 16])
    }

    fn open_in_place(&self, _: &[u8; NONCE_LEN], _: &[u8], _: &mut [u8], _: &[u8]) -> Result<(), CryptoError> {
        Err(CryptoError::OpenFailed)
    }

    fn tag_len(&self) -> usize {
        0
    }
}

impl BlockCipher for Open<BlockAlgorithm> {
    fn algorithm(&self) -> BlockAlgorithm {
        self.0
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn CbcKey>, CryptoError> {
        assert_eq!(key.len(), self.0.key_len());
        Ok(Box::new(Open(key.to_vec())))
    }
}

impl CbcKey for Open<Vec<u8>> {
    fn encrypt(&self, _: &[u8; 16], blocks: &mut [u8]) -> Result<(), CryptoError> {
        blocks.copy_from_slice(&self.0);
        Ok(())
    }

    fn decrypt(&self, _: &[u8; 16], _: &mut [u8]) -> Result<(), CryptoError> {
        Err(CryptoError::Failed)
    }
}

impl Mac for Open<MacAlgorithm> {
    fn algorithm(&self) -> MacAlgorithm {
        self.0
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn MacKey>, CryptoError> {
        assert_eq!(key.len(), self.0.output_len());
        Ok(Box::new(Open(key.to_vec())))
    }
}

impl MacKey for Open<Vec<u8>> {
    fn mac(&self, _: &[&[u8]]) -> Result<Digest, CryptoError> {
        Ok(Digest::new(&self.0))
    }

    fn mac_of_secret_len(&self, _: &[u8], _: &[u8], _: usize) -> Result<Digest, CryptoError> {
        Err(CryptoError::Failed)
    }
}

fn open() -> Provider {
    Provider {
        aeads: &[
            &Open(AeadAlgorithm::Aes128Gcm),
            &Open(AeadAlgorithm::Aes256Gcm),
            &Open(AeadAlgorithm::ChaCha20Poly1305),
            &Open(AeadAlgorithm::Aes128Ccm8),
        ],
        block_ciphers: &[&Open(BlockAlgorithm::Aes128), &Open(BlockAlgorithm::Aes256)],
        macs: &[&Open(MacAlgorithm::HmacSha1), &Open(MacAlgorithm::HmacSha256), &Open(MacAlgorithm::HmacSha384)],
        ..provider()
    }
}

/// The MAC key, the key and the part of the IV that comes from the key block, and whether the MAC is over the ciphertext.
fn opened(keys: &RecordKeys, key_len: usize, iv_len: usize) -> ([Vec<u8>; 3], Option<bool>) {
    let mut key = vec![0; key_len];
    match keys {
        RecordKeys::Aead12 { key: aead, iv, .. } => {
            aead.seal_in_place(&[0; NONCE_LEN], &[], &mut key).unwrap();
            assert_eq!(iv[iv_len..], [0; NONCE_LEN][iv_len..]);
            ([vec![], key, iv[..iv_len].to_vec()], None)
        }
        RecordKeys::CbcEtm { cipher, mac, mac_len, .. } | RecordKeys::CbcMte { cipher, mac, mac_len, .. } => {
            cipher.encrypt(&[0; 16], &mut key).unwrap();
            let mac = mac.mac(&[]).unwrap().as_bytes().to_vec();
            assert_eq!(mac.len(), *mac_len);
            ([mac, key, vec![]], Some(matches!(keys, RecordKeys::CbcEtm { .. })))
        }
        other => panic!("{other:?}"),
    }
}

/// RFC 5246 §6.3: MAC keys, keys, IVs, the client's before the server's, with the lengths of each cipher.
#[test]
fn the_key_block_is_cut_in_the_order_of_the_rfc() {
    use CipherSuite as S;
    for (suite, [mac, key, iv]) in [
        (S::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, [0, 16, 4]),
        (S::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, [0, 32, 4]),
        (S::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, [0, 32, 12]),
        (S::TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, [0, 16, 4]),
        (S::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, [20, 16, 0]),
        (S::TLS_RSA_WITH_AES_256_CBC_SHA256, [32, 32, 0]),
        (S::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, [48, 32, 0]),
    ] {
        let suite = Suite::find(suite).unwrap();
        let known = Known::of(suite.hash);
        let mut rest = &known.vectors["key_block"];
        let [client_mac, server_mac, client_key, server_key, client_iv, server_iv] =
            [mac, mac, key, key, iv, iv].map(|len| {
                let (piece, after) = rest.split_at(len);
                rest = after;
                piece.to_vec()
            });
        for encrypt_then_mac in [false, true] {
            let block =
                KeyBlock::new(&known.main().ready().unwrap(), &known.randoms(), suite, encrypt_then_mac, &open())
                    .unwrap();
            // The order of encryption and MAC means something to CBC alone.
            let order = matches!(suite.cipher, Cipher::Cbc(..)).then_some(encrypt_then_mac);
            let expected = |parts: [&Vec<u8>; 3]| (parts.map(Vec::clone), order);
            let (client, server) = ([&client_mac, &client_key, &client_iv], [&server_mac, &server_key, &server_iv]);
            assert_eq!(opened(&block.client, key, iv), expected(client), "{suite:?}");
            assert_eq!(opened(&block.server, key, iv), expected(server), "{suite:?}");
        }
    }
}

/// The keys of a real provider are those of the vectors: what one made by hand seals, they open.
#[test]
fn a_real_key_opens_what_was_sealed_by_hand() {
    let suite = Suite::find(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256).unwrap();
    let known = Known::of(suite.hash);
    let block = KeyBlock::new(&known.main().ready().unwrap(), &known.randoms(), suite, false, &provider()).unwrap();
    let RecordKeys::Aead12 { algorithm, key, iv } = &block.server else { panic!("{:?}", block.server) };
    assert_eq!(*algorithm, AeadAlgorithm::Aes128Gcm);
    let by_hand = handfast_rustcrypto::AES_128_GCM.key(&known.vectors["key_block"][16..32]).unwrap();
    let mut sealed = Vec::new();
    by_hand.seal(iv, b"aad", &[b"content"], &mut sealed).unwrap();
    let (content, tag) = sealed.split_at_mut(7);
    key.open_in_place(iv, b"aad", content, tag).unwrap();
    assert_eq!(content, b"content");
}

#[test]
fn a_suite_that_does_not_fit_has_no_keys() {
    let known = Known::of(HashAlgorithm::Sha256);
    let new = |id, provider| {
        let suite = Suite::find(id).unwrap();
        KeyBlock::new(&known.main().ready().unwrap(), &known.randoms(), suite, false, &provider).map(drop)
    };
    let unsupported = Err(CryptoError::Unsupported);
    // Another version, another hash.
    assert_eq!(new(CipherSuite::TLS_AES_128_GCM_SHA256, open()), unsupported);
    assert_eq!(new(CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, open()), unsupported);
    // A primitive that is not there.
    let (gcm, cbc) = (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA);
    assert_eq!((new(gcm, open()), new(cbc, open())), (Ok(()), Ok(())));
    assert_eq!(new(gcm, Provider { aeads: &[], ..open() }), unsupported);
    assert_eq!(new(cbc, Provider { block_ciphers: &[], ..open() }), unsupported);
    assert_eq!(new(cbc, Provider { macs: &[], ..open() }), unsupported);
}

/// RFC 5705 §4: other than in TLS 1.3, an empty context is not the same as none.
#[test]
fn exporters() {
    for known in Known::both() {
        for (name, context) in
            [("export", None), ("export.empty_context", Some(&b""[..])), ("export.context", Some(b"context"))]
        {
            let expected = &known.vectors[name];
            assert_eq!(known.export(LABEL, context, expected.len()).unwrap(), expected, "{name}");
        }
    }
}

/// RFC 5705 §4: under these labels an exporter would give away what the connection lives on.
#[test]
fn labels_of_tls_itself_are_refused() {
    let known = Known::of(HashAlgorithm::Sha256);
    for label in ["client finished", "server finished", "master secret", "key expansion", "extended master secret"] {
        for context in [None, Some(&b"context"[..])] {
            assert_eq!(known.export(label.as_bytes(), context, 32), Err(CryptoError::Unsupported), "{label}");
        }
        assert!(known.export(&label.as_bytes()[1..], None, 32).is_ok());
    }
}

#[test]
fn lengths_of_exports_are_bounded() {
    let known = Known::of(HashAlgorithm::Sha256);
    let export = |label: &[u8], context, len| known.export(label, context, len).map(drop);
    for (label, ok) in [(1, true), (255, true), (256, false)] {
        let expected = if ok { Ok(()) } else { Err(CryptoError::Length) };
        assert_eq!(export(&vec![b'x'; label], None, 32), expected, "{label}");
    }
    let context = vec![0; 65_536];
    assert_eq!(export(LABEL, Some(&context[1..]), 32), Ok(()));
    assert_eq!(export(LABEL, Some(&context), 32), Err(CryptoError::Length));
    assert_eq!(export(LABEL, None, 0), Ok(()));
    assert_eq!(export(LABEL, None, MAX_EXPORT), Ok(()));
    assert_eq!(export(LABEL, None, MAX_EXPORT + 1), Err(CryptoError::Length));
}

/// A hash of nothing.
struct Broken;

impl Hash for Broken {
    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::Sha256
    }

    fn start(&self) -> Box<dyn HashContext> {
        SHA256.start()
    }

    fn digest(&self, _: &[&[u8]]) -> Result<Digest, CryptoError> {
        Err(CryptoError::Failed)
    }

    fn hmac(&self, _: &[u8], _: &[&[u8]]) -> Result<Digest, CryptoError> {
        Err(CryptoError::Failed)
    }

    fn extract(&self, _: &[u8], _: &[u8]) -> Result<Secret, CryptoError> {
        Err(CryptoError::Failed)
    }

    fn expand(&self, _: &[u8], _: &[&[u8]], _: &mut [u8]) -> Result<(), CryptoError> {
        Err(CryptoError::Failed)
    }
}

/// docs/regressions.md row 54: no secret, no key and no MAC is made of default bytes.
#[test]
fn a_hash_that_fails_gives_nothing() {
    let known = Known::of(HashAlgorithm::Sha256);
    let (failed, randoms, digest) = (CryptoError::Failed, known.randoms(), known.digest("session_hash"));
    assert_eq!(MainSecret::plain(&Broken, b"agreed", &randoms).unwrap_err(), failed);
    assert_eq!(MainSecret::extended(&Broken, b"agreed", &digest).unwrap_err(), failed);
    let main = MainSecret::restore(&Broken, &[7; 48]).unwrap();
    let ready = main.ready().unwrap();
    assert_eq!(ready.verify_data(Side::Client, &digest).unwrap_err(), failed);
    assert_eq!(ready.verify_data(Side::Server, &digest).unwrap_err(), failed);
    assert_eq!(main.export(&randoms, LABEL, None, &mut [0; 32]), Err(failed));
    assert_eq!(main.export(&randoms, LABEL, Some(b"context"), &mut [0; 32]), Err(failed));
    let suite = Suite::find(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256).unwrap();
    assert_eq!(KeyBlock::new(&ready, &randoms, suite, false, &open()).map(drop), Err(failed));
}

/// docs/regressions.md row 74.
#[test]
fn debug_prints_no_byte() {
    let known = Known::of(HashAlgorithm::Sha256);
    let main = MainSecret::restore(SHA256, &[0xab; 48]).unwrap();
    let exporter = format!("{:?}", Exporter::Tls12(main.clone(), Randoms { client: [0; 32], server: [0; 32] }));
    for id in [CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA] {
        let block =
            KeyBlock::new(&known.main().ready().unwrap(), &known.randoms(), Suite::find(id).unwrap(), false, &open())
                .unwrap();
        let printed = format!("{block:?}");
        // Lengths and names have no number over 128 in them; an IV in a list would.
        let bytes = [&known.vectors["key_block"][..80]].concat();
        for byte in bytes.iter().filter(|byte| **byte > 128) {
            assert!(!printed.contains(&byte.to_string()), "{printed}");
        }
    }
    for printed in [format!("{main:?}"), exporter] {
        assert!(!printed.contains("171") && !printed.to_lowercase().contains("abab"), "{printed}");
    }
}
