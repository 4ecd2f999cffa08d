//! The AEADs of TLS 1.3 by everybody, each by its fastest interface: a row for every candidate in [`CANDIDATES`].

use crate::cipher::Suite::{Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use handfast::crypto::AeadKey;
use handfast_aead_x86::{Algorithm, Key, Path};
use openssl::cipher::Cipher as Evp;
use openssl::cipher_ctx::CipherCtx;

/// The nonce of a record.
pub type Nonce = [u8; 12];
/// The additional data of a record of TLS 1.3: its header.
pub type Header = [u8; 5];
/// The length of every tag.
pub const TAG: usize = 16;

/// What is sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
}

impl Suite {
    /// All three.
    pub const ALL: [Suite; 3] = [Aes128Gcm, Aes256Gcm, ChaCha20Poly1305];

    /// The name that tables show.
    pub fn name(self) -> &'static str {
        match self {
            Aes128Gcm => "AES-128-GCM",
            Aes256Gcm => "AES-256-GCM",
            ChaCha20Poly1305 => "ChaCha20-Poly1305",
        }
    }

    /// A key of this suite.
    pub fn key(self) -> &'static [u8] {
        if self == Aes128Gcm { &[0x42; 16] } else { &[0x42; 32] }
    }
}

/// A key that seals and opens records. What goes wrong panics: it is a bug of the bench.
pub trait Cipher {
    /// Encrypts `record` but for its last sixteen bytes where it lies; these become the tag.
    fn seal(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]);

    /// Opens what [`Cipher::seal`] made, where it lies.
    fn open(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]);

    /// Seals `plain` into `record`, which is already as long as the result will be.
    fn seal_into(&mut self, nonce: &Nonce, header: &Header, plain: &[u8], record: &mut Vec<u8>) {
        record[..plain.len()].copy_from_slice(plain);
        self.seal(nonce, header, record);
    }
}

/// A name, and what makes a key.
pub type Candidate = (&'static str, fn(Suite) -> Box<dyn Cipher>);

/// The candidate that the default provider seals with.
pub const OURS: &str = "Handfast";

/// Everybody. The first is what the others are divided by.
pub const CANDIDATES: &[Candidate] = &[
    ("aws-lc-rs", |suite| {
        Box::new(AwsLc(match suite {
            Aes128Gcm => aws_lc_key(&aws_lc_rs::aead::AES_128_GCM, suite.key()),
            Aes256Gcm => aws_lc_key(&aws_lc_rs::aead::AES_256_GCM, suite.key()),
            ChaCha20Poly1305 => aws_lc_key(&aws_lc_rs::aead::CHACHA20_POLY1305, suite.key()),
        }))
    }),
    ("ring", |suite| {
        Box::new(Ring(match suite {
            Aes128Gcm => ring_key(&ring::aead::AES_128_GCM, suite.key()),
            Aes256Gcm => ring_key(&ring::aead::AES_256_GCM, suite.key()),
            ChaCha20Poly1305 => ring_key(&ring::aead::CHACHA20_POLY1305, suite.key()),
        }))
    }),
    ("graviola", |suite| match suite {
        Aes128Gcm | Aes256Gcm => Box::new(GraviolaGcm(graviola::aead::AesGcm::new(suite.key()))),
        ChaCha20Poly1305 => {
            let key = suite.key().try_into().expect("32 bytes");
            Box::new(GraviolaChaCha(graviola::aead::ChaCha20Poly1305::new(key)))
        }
    }),
    ("OpenSSL", |suite| Box::new(OpenSsl::new(suite))),
    ("RustCrypto", |suite| match suite {
        Aes128Gcm => InOut::<aes_gcm::Aes128Gcm>::boxed(suite),
        Aes256Gcm => InOut::<aes_gcm::Aes256Gcm>::boxed(suite),
        ChaCha20Poly1305 => InOut::<chacha20poly1305::ChaCha20Poly1305>::boxed(suite),
    }),
    ("Handfast", |suite| accelerated(suite, |path| path != Path::Portable)),
    ("Handfast, AVX2", |suite| accelerated(suite, |path| path == Path::Avx2)),
    ("Handfast, AES-NI", |suite| accelerated(suite, |path| path == Path::AesNi)),
];

struct AwsLc(aws_lc_rs::aead::LessSafeKey);

fn aws_lc_key(algorithm: &'static aws_lc_rs::aead::Algorithm, key: &[u8]) -> aws_lc_rs::aead::LessSafeKey {
    aws_lc_rs::aead::LessSafeKey::new(aws_lc_rs::aead::UnboundKey::new(algorithm, key).expect("a key"))
}

struct Ring(ring::aead::LessSafeKey);

fn ring_key(algorithm: &'static ring::aead::Algorithm, key: &[u8]) -> ring::aead::LessSafeKey {
    ring::aead::LessSafeKey::new(ring::aead::UnboundKey::new(algorithm, key).expect("a key"))
}

/// The interface that aws-lc-rs took from ring.
macro_rules! less_safe {
    ($library:ident) => {
        fn seal(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
            use $library::aead::{Aad, Nonce};
            let (body, tag) = record.split_at_mut(record.len() - TAG);
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let made = self.0.seal_in_place_separate_tag(nonce, Aad::from(header), body).expect("sealed");
            tag.copy_from_slice(made.as_ref());
        }

        fn open(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
            use $library::aead::{Aad, Nonce};
            let nonce = Nonce::assume_unique_for_key(*nonce);
            self.0.open_in_place(nonce, Aad::from(header), record).expect("opened");
        }
    };
}

impl Cipher for AwsLc {
    less_safe!(aws_lc_rs);

    fn seal_into(&mut self, nonce: &Nonce, header: &Header, plain: &[u8], record: &mut Vec<u8>) {
        use aws_lc_rs::aead::{Aad, Nonce};
        let (body, tag) = record.split_at_mut(plain.len());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0.seal_out_of_place_scatter(nonce, Aad::from(header), plain, body, &[], tag).expect("sealed");
    }
}

impl Cipher for Ring {
    less_safe!(ring);
}

struct GraviolaGcm(graviola::aead::AesGcm);
struct GraviolaChaCha(graviola::aead::ChaCha20Poly1305);

macro_rules! graviola {
    ($candidate:ident) => {
        impl Cipher for $candidate {
            fn seal(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
                let (body, tag) = record.split_last_chunk_mut::<TAG>().expect("room for the tag");
                self.0.encrypt(nonce, header, body, tag);
            }

            fn open(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
                let (body, tag) = record.split_last_chunk_mut::<TAG>().expect("a tag");
                self.0.decrypt(nonce, header, body, tag).expect("opened");
            }
        }
    };
}

graviola!(GraviolaGcm);
graviola!(GraviolaChaCha);

/// Two contexts that keep the key: only the nonce is new for a record.
struct OpenSsl {
    sealing: CipherCtx,
    opening: CipherCtx,
}

impl OpenSsl {
    fn new(suite: Suite) -> Self {
        let cipher = match suite {
            Aes128Gcm => Evp::aes_128_gcm(),
            Aes256Gcm => Evp::aes_256_gcm(),
            ChaCha20Poly1305 => Evp::chacha20_poly1305(),
        };
        let (mut sealing, mut opening) = (CipherCtx::new().expect("memory"), CipherCtx::new().expect("memory"));
        sealing.encrypt_init(Some(cipher), Some(suite.key()), None).expect("a key");
        opening.decrypt_init(Some(cipher), Some(suite.key()), None).expect("a key");
        OpenSsl { sealing, opening }
    }
}

impl Cipher for OpenSsl {
    fn seal(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_at_mut(record.len() - TAG);
        self.sealing.encrypt_init(None, None, Some(nonce)).expect("a nonce");
        self.sealing.cipher_update(header, None).expect("a header");
        self.sealing.cipher_update_inplace(body, body.len()).expect("sealed");
        self.sealing.cipher_final(&mut []).expect("sealed");
        self.sealing.tag(tag).expect("a tag");
    }

    fn open(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_at_mut(record.len() - TAG);
        self.opening.decrypt_init(None, None, Some(nonce)).expect("a nonce");
        self.opening.set_tag(tag).expect("a tag");
        self.opening.cipher_update(header, None).expect("a header");
        self.opening.cipher_update_inplace(body, body.len()).expect("opened");
        self.opening.cipher_final(&mut []).expect("opened");
    }

    fn seal_into(&mut self, nonce: &Nonce, header: &Header, plain: &[u8], record: &mut Vec<u8>) {
        let (body, tag) = record.split_at_mut(plain.len());
        self.sealing.encrypt_init(None, None, Some(nonce)).expect("a nonce");
        self.sealing.cipher_update(header, None).expect("a header");
        self.sealing.cipher_update(plain, Some(body)).expect("sealed");
        self.sealing.cipher_final(&mut []).expect("sealed");
        self.sealing.tag(tag).expect("a tag");
    }
}

/// A cipher of `handfast-aead-x86` on the best path that is wanted, or, where the CPU has none, without any.
fn accelerated(suite: Suite, wanted: fn(Path) -> bool) -> Box<dyn Cipher> {
    fn boxed<A: Algorithm>(key: &[u8], wanted: fn(Path) -> bool, _: fn(&Key<A>)) -> Box<dyn Cipher> {
        let path = Key::<A>::paths().find(|path| wanted(*path)).unwrap_or(Path::Portable);
        Box::new(Accelerated(Key::<A>::with_path(key.try_into().expect("a key"), path).expect("a path")))
    }
    match suite {
        Aes128Gcm => boxed(suite.key(), wanted, |_: &handfast_aead_x86::Aes128Gcm| ()),
        Aes256Gcm => boxed(suite.key(), wanted, |_: &handfast_aead_x86::Aes256Gcm| ()),
        ChaCha20Poly1305 => boxed(suite.key(), wanted, |_: &handfast_aead_x86::ChaCha20Poly1305| ()),
    }
}

struct Accelerated<A: Algorithm>(Key<A>);

impl<A: Algorithm> Cipher for Accelerated<A> {
    fn seal(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_last_chunk_mut::<TAG>().expect("room for the tag");
        *tag = self.0.seal_in_place(nonce, header, body).expect("sealed");
    }

    fn open(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_last_chunk_mut::<TAG>().expect("a tag");
        self.0.open_in_place(nonce, header, body, tag).expect("opened");
    }

    fn seal_into(&mut self, nonce: &Nonce, header: &Header, plain: &[u8], record: &mut Vec<u8>) {
        record.clear();
        self.0.seal(nonce, header, &[plain], record).expect("sealed");
    }
}

/// Any cipher with the traits of RustCrypto.
pub struct InOut<C>(C);

impl<C: AeadInOut + KeyInit + 'static> InOut<C> {
    /// A candidate's key.
    pub fn boxed(suite: Suite) -> Box<dyn Cipher> {
        Box::new(InOut(C::new_from_slice(suite.key()).expect("a key")))
    }
}

impl<C: AeadInOut> Cipher for InOut<C> {
    fn seal(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_at_mut(record.len() - TAG);
        let nonce = nonce.as_slice().try_into().expect("twelve bytes");
        tag.copy_from_slice(&self.0.encrypt_inout_detached(nonce, header, body.into()).expect("sealed"));
    }

    fn open(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_at_mut(record.len() - TAG);
        let nonce = nonce.as_slice().try_into().expect("twelve bytes");
        let tag = (&*tag).try_into().expect("sixteen bytes");
        self.0.decrypt_inout_detached(nonce, header, body.into(), tag).expect("opened");
    }
}

/// Any cipher of a provider of Handfast's.
pub struct Provided(pub Box<dyn AeadKey>);

impl Cipher for Provided {
    fn seal(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_at_mut(record.len() - TAG);
        tag.copy_from_slice(&self.0.seal_in_place(nonce, header, body).expect("sealed"));
    }

    fn open(&mut self, nonce: &Nonce, header: &Header, record: &mut [u8]) {
        let (body, tag) = record.split_at_mut(record.len() - TAG);
        self.0.open_in_place(nonce, header, body, tag).expect("opened");
    }

    fn seal_into(&mut self, nonce: &Nonce, header: &Header, plain: &[u8], record: &mut Vec<u8>) {
        record.clear();
        self.0.seal(nonce, header, &[plain], record).expect("sealed");
    }
}
