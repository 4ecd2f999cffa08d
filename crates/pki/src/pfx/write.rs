//! PKCS#12 files, written.

use super::utf16;
use crate::encode::{self, OCTET_STRING, SET, integer, sequence, small_integer, tlv};
use crate::encrypted;
use crate::oid;
use crate::spki::NULL;
use alloc::vec::Vec;
use handfast_crypto::passwords::{PasswordHash, Pkcs12Key};
use handfast_crypto::{CryptoError, HashAlgorithm, Provider};
use pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// How often each of the three derivations of a file iterates: as often as .NET's loader takes, which has a limit of 300,000
/// for each, and of a million for all.
pub const ITERATIONS: u32 = 200_000;

/// A file with a key and its chain, leaf first, under `password`: both encrypted with PBES2 (PBKDF2 over HMAC-SHA-256, AES-256 in
/// CBC mode), and the whole under a MAC of SHA-256. `name` is what programs show for it.
///
/// # Errors
/// [`CryptoError`]; [`CryptoError::Unsupported`] when the provider has no passwords.
pub fn write(
    provider: &Provider,
    password: &[u8],
    chain: &[CertificateDer<'_>],
    key: &PrivatePkcs8KeyDer<'_>,
    name: Option<&str>,
) -> Result<Vec<u8>, CryptoError> {
    let attributes = attributes(provider, chain, name)?;
    let shroud = |plaintext: &[u8]| encrypted::seal(provider, password, ITERATIONS, plaintext);

    let bags = chain.iter().enumerate().map(|(at, certificate)| {
        // The leaf has the attributes that say which key is its own.
        let attributes = if at == 0 { attributes.as_slice() } else { &[] };
        let value = sequence(&[&encode::oid(oid::X509_CERTIFICATE), &explicit(&tlv(OCTET_STRING, &[certificate]))]);
        bag(oid::CERT_BAG, &value, attributes)
    });
    let (algorithm, ciphertext) = shroud(&sequence(&[&bags.collect::<Vec<_>>().concat()]))?;
    let info = sequence(&[&encode::oid(oid::DATA), &algorithm, &tlv(0x80, &[&ciphertext])]);
    let certificates = content_info(oid::ENCRYPTED_DATA, &sequence(&[&small_integer(0), &info]));

    let (algorithm, ciphertext) = shroud(key.secret_pkcs8_der())?;
    let shrouded = sequence(&[&algorithm, &tlv(OCTET_STRING, &[&ciphertext])]);
    let keys = sequence(&[&bag(oid::SHROUDED_KEY_BAG, &shrouded, &attributes)]);
    let keys = content_info(oid::DATA, &tlv(OCTET_STRING, &[&keys]));

    let safe = sequence(&[&certificates, &keys]);
    let mac = mac(provider, password, &safe)?;
    let safe = content_info(oid::DATA, &tlv(OCTET_STRING, &[&safe]));
    Ok(sequence(&[&small_integer(3), &safe, &mac]))
}

/// The content octets of `bagAttributes`: what programs show, and what ties a key to its certificate.
///
/// ```text
/// friendlyName    BMPString                                 RFC 2985 §5.5.1
/// localKeyId      OCTET STRING                              RFC 2985 §5.5.2
/// ```
fn attributes(provider: &Provider, chain: &[CertificateDer<'_>], name: Option<&str>) -> Result<Vec<u8>, CryptoError> {
    const BMP_STRING: u8 = 0x1e;
    let attribute = |oid: &[u8], value: &[u8]| sequence(&[&encode::oid(oid), &tlv(SET, &[value])]);
    let mut all = Vec::new();
    if let Some(name) = name {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        all.push(attribute(oid::FRIENDLY_NAME, &tlv(BMP_STRING, &[&name])));
    }
    if let Some(leaf) = chain.first() {
        let hash = provider.hash(HashAlgorithm::Sha256).ok_or(CryptoError::Unsupported)?.digest(&[leaf])?;
        all.push(attribute(oid::LOCAL_KEY_ID, &tlv(OCTET_STRING, &[hash.as_bytes()])));
    }
    // X.690 §11.6: a SET OF is in order.
    all.sort_unstable();
    Ok(all.concat())
}

/// MacData, with HMAC over SHA-256.
fn mac(provider: &Provider, password: &[u8], content: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let crypto = provider.passwords.ok_or(CryptoError::Unsupported)?;
    let salt = provider.random.array::<16>()?;
    let mut key = Zeroizing::new([0; 32]);
    crypto.pkcs12(PasswordHash::Sha256, Pkcs12Key::Mac, &utf16(password), &salt, ITERATIONS, &mut *key)?;
    let mac = crypto.hmac(PasswordHash::Sha256, &*key, content)?;
    let algorithm = sequence(&[&encode::oid(oid::SHA256), NULL]);
    let info = sequence(&[&algorithm, &tlv(OCTET_STRING, &[mac.as_bytes()])]);
    Ok(sequence(&[&info, &tlv(OCTET_STRING, &[&salt]), &integer(ITERATIONS)]))
}

fn content_info(kind: &[u8], content: &[u8]) -> Vec<u8> {
    sequence(&[&encode::oid(kind), &explicit(content)])
}

fn bag(kind: &[u8], value: &[u8], attributes: &[u8]) -> Vec<u8> {
    let attributes = if attributes.is_empty() { Vec::new() } else { tlv(SET, &[attributes]) };
    sequence(&[&encode::oid(kind), &explicit(value), &attributes])
}

fn explicit(content: &[u8]) -> Vec<u8> {
    tlv(0xa0, &[content])
}
