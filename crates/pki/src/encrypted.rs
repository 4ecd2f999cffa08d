//! What is protected by a password: private keys, and the contents of PKCS#12 files.
//!
//! PBES2 is understood, with PBKDF2 or scrypt and AES in CBC mode. What is older (MD5, DES, RC2) is read with the crate
//! `handfast-legacy-keys` alone, which is handed over as [`Legacy`].

mod derivation;
mod fault;
mod legacy;
mod work;

pub use fault::Fault;
pub use legacy::{Legacy, Way};
pub use work::{MAX_ITERATIONS, MAX_SCRYPT_MEMORY, MAX_SCRYPT_WORK};

pub(crate) use derivation::{Derivation, hash_of_hmac};

use crate::asn1::Reader;
use crate::encode::{self, sequence, tlv};
use crate::oid;
use alloc::vec::Vec;
use core::fmt;
use der::Tag;
use handfast_crypto::passwords::PasswordHash;
use handfast_crypto::{CryptoError, Passwords, Provider};
use pki_types::PrivatePkcs8KeyDer;
use work::Work;
use zeroize::Zeroizing;

/// A password, and what it takes to try it: the provider's primitives, a bound on the work, and perhaps the older ways.
pub struct Opener<'a> {
    crypto: Option<&'static dyn Passwords>,
    password: Option<&'a [u8]>,
    legacy: Option<&'a dyn Legacy>,
    work: Work,
}

impl<'a> Opener<'a> {
    /// Tries `password`, which is UTF-8 where people typed it. All that one opener opens together costs at most
    /// [`MAX_ITERATIONS`] and [`MAX_SCRYPT_WORK`].
    pub fn new(provider: &Provider, password: Option<&'a [u8]>) -> Self {
        Self { crypto: provider.passwords, password, legacy: None, work: Work::default() }
    }

    /// Understands these older ways too.
    pub fn legacy(mut self, legacy: &'a dyn Legacy) -> Self {
        self.legacy = Some(legacy);
        self
    }

    /// Opens an encrypted private key.
    ///
    /// ```text
    /// EncryptedPrivateKeyInfo ::= SEQUENCE {                    RFC 5958 §3
    ///     encryptionAlgorithm    AlgorithmIdentifier
    ///     encryptedData          OCTET STRING }     a OneAsymmetricKey, encrypted
    /// ```
    ///
    /// # Errors
    /// [`Fault`].
    pub fn open_key(&mut self, der: &[u8]) -> Result<Zeroizing<PrivatePkcs8KeyDer<'static>>, Fault> {
        let mut plain = self.open_pkcs8(der)?;
        Ok(Zeroizing::new(PrivatePkcs8KeyDer::from(core::mem::take(&mut *plain))))
    }

    pub(crate) fn open_pkcs8(&mut self, der: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let mut reader = Reader::sequence(der, "EncryptedPrivateKeyInfo")?;
        let algorithm = reader.take(Tag::Sequence)?;
        let ciphertext = reader.take(Tag::OctetString)?;
        reader.end()?;
        let plain = self.open(algorithm, ciphertext)?;
        // One wrong password in 256 leaves something that looks like padding.
        Reader::sequence(&plain, "OneAsymmetricKey").map_err(|_| Fault::WrongPassword)?;
        Ok(plain)
    }

    /// Opens `ciphertext`, sealed as this AlgorithmIdentifier says, given its content octets.
    pub(crate) fn open(&mut self, algorithm: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let mut reader = Reader::new(algorithm, "encryptionAlgorithm")?;
        let scheme = reader.take(Tag::ObjectIdentifier)?;
        if scheme == oid::PBES2 {
            let mut parameters = Reader::new(reader.take(Tag::Sequence)?, "PBES2-params")?;
            reader.end()?;
            let derivation = Derivation::read(parameters.take(Tag::Sequence)?)?;
            let cipher = parameters.take(Tag::Sequence)?;
            parameters.end()?;
            return self.open_pbes2(&derivation, cipher, ciphertext);
        }
        if legacy::name(scheme).is_none() {
            return Err(Fault::Unsupported(oid::dotted(scheme)));
        }
        // Those of PKCS#5 version 1 and those of PKCS#12 have the same parameters.
        let mut parameters = Reader::new(reader.take(Tag::Sequence)?, "PBEParameter")?;
        reader.end()?;
        let salt = parameters.take(Tag::OctetString)?;
        let iterations = parameters.small()?;
        parameters.end()?;
        // A key of at most two hashes and an IV of one, and both again where there is no password.
        self.work.iterate(iterations, 6)?;
        self.open_legacy(Way::Scheme { scheme, salt, iterations }, ciphertext)
    }

    /// ```text
    /// PBES2-params ::= SEQUENCE {                               RFC 8018 Appendix A.4
    ///     keyDerivationFunc    AlgorithmIdentifier
    ///     encryptionScheme     AlgorithmIdentifier }      AES: the IV, an OCTET STRING of 16 octets
    /// ```
    fn open_pbes2(
        &mut self,
        derivation: &Derivation<'_>,
        cipher: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let mut reader = Reader::new(cipher, "encryptionScheme")?;
        let algorithm = reader.take(Tag::ObjectIdentifier)?;
        let key_len = match algorithm {
            oid::AES_128_CBC => 16,
            oid::AES_192_CBC => 24,
            oid::AES_256_CBC => 32,
            _ => {
                let parameters = reader.element()?.der;
                reader.end()?;
                let key_len = legacy::key_len(algorithm, parameters)?;
                let key = self.derive(derivation, key_len)?;
                return self.open_legacy(Way::Cipher { algorithm, parameters, key: &key }, ciphertext);
            }
        };
        let iv = reader.take(Tag::OctetString)?;
        reader.end()?;
        let iv = iv.try_into().map_err(|_| Fault::Malformed("encryptionScheme"))?;
        let key = self.derive(derivation, key_len)?;
        Ok(self.crypto()?.decrypt(&key, iv, ciphertext)?)
    }

    /// Opens what a PEM section says it is sealed with in its headers.
    pub(crate) fn open_pem(
        &mut self,
        cipher: &[u8],
        iv: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        self.open_legacy(Way::DekInfo { cipher, iv }, ciphertext)
    }

    fn open_legacy(&self, way: Way<'_>, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let unsupported = || Fault::Unsupported(way.name());
        let legacy = self.legacy.ok_or_else(unsupported)?;
        legacy.open(&way, self.password()?, ciphertext).unwrap_or_else(|| Err(unsupported()))
    }

    /// A key of `len` bytes from the password.
    pub(crate) fn derive(&mut self, derivation: &Derivation<'_>, len: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let (crypto, password) = (self.crypto()?, self.password()?);
        derivation.derive(crypto, &mut self.work, password, len)
    }

    /// Counts iterations of something else.
    pub(crate) fn iterate(&mut self, iterations: u32, times: usize) -> Result<(), Fault> {
        self.work.iterate(iterations, times)
    }

    pub(crate) fn crypto(&self) -> Result<&'static dyn Passwords, Fault> {
        self.crypto.ok_or(Fault::Crypto(CryptoError::Unsupported))
    }

    pub(crate) fn password(&self) -> Result<&'a [u8], Fault> {
        self.password.ok_or(Fault::NoPassword)
    }

    /// Runs `open` with the empty password where there is none, as PKCS#12 files without a password have it. That it is wrong is
    /// then no news.
    pub(crate) fn or_empty<T>(&mut self, open: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let given = self.password;
        self.password = Some(given.unwrap_or_default());
        let opened = open(self);
        self.password = given;
        match opened {
            Err(Fault::WrongPassword) if given.is_none() => Err(Fault::NoPassword),
            opened => opened,
        }
    }
}

impl fmt::Debug for Opener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("has_password", &self.password.is_some()).finish_non_exhaustive()
    }
}

/// How often PBKDF2 iterates when a key is sealed here.
pub const ITERATIONS: u32 = 600_000;

/// Seals a PKCS#8 private key with a password: PBES2 with PBKDF2 over HMAC-SHA-256, 16 random octets of salt,
/// [`ITERATIONS`] iterations, and AES-256 in CBC mode.
///
/// # Errors
/// [`CryptoError`]; [`CryptoError::Unsupported`] when the provider has no passwords.
pub fn seal_key(provider: &Provider, password: &[u8], key: &PrivatePkcs8KeyDer<'_>) -> Result<Vec<u8>, CryptoError> {
    let (algorithm, ciphertext) = seal(provider, password, ITERATIONS, key.secret_pkcs8_der())?;
    Ok(sequence(&[&algorithm, &tlv(encode::OCTET_STRING, &[&ciphertext])]))
}

/// The AlgorithmIdentifier, and the ciphertext.
pub(crate) fn seal(
    provider: &Provider,
    password: &[u8],
    iterations: u32,
    plaintext: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
    let crypto = provider.passwords.ok_or(CryptoError::Unsupported)?;
    let (salt, iv) = (provider.random.array::<16>()?, provider.random.array::<16>()?);
    let mut key = Zeroizing::new([0; 32]);
    crypto.pbkdf2(PasswordHash::Sha256, password, &salt, iterations, &mut *key)?;
    let ciphertext = crypto.encrypt(&*key, &iv, plaintext)?;
    let octets = |octets: &[u8]| tlv(encode::OCTET_STRING, &[octets]);
    let kdf = sequence(&[&encode::oid(oid::PBKDF2), &derivation::encode(&salt, iterations)]);
    let cipher = sequence(&[&encode::oid(oid::AES_256_CBC), &octets(&iv)]);
    Ok((sequence(&[&encode::oid(oid::PBES2), &sequence(&[&kdf, &cipher])]), ciphertext))
}
