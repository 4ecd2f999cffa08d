//! The key block: the record keys of both directions (RFC 5246 §6.3).

use super::prf::prf_with;
use super::{Randoms, ReadySecret};
use alloc::vec;
use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::{Cipher, CryptoError, Provider, RecordKeys, Suite};
use zeroize::Zeroizing;

/// The keys of both directions.
///
/// ```text
/// client_write_MAC_key   the MAC's length, 0 with an AEAD
/// server_write_MAC_key
/// client_write_key       the cipher's
/// server_write_key
/// client_write_IV        0 with CBC, 4 with GCM and CCM, 12 with ChaCha20-Poly1305
/// server_write_IV
/// ```
///
/// RFC 5246 §6.3: cut from PRF(main secret, "key expansion", server_random ‖ client_random) in this order.
#[derive(Debug)]
pub struct KeyBlock {
    /// What protects the client's records.
    pub client: RecordKeys,
    /// What protects the server's records.
    pub server: RecordKeys,
}

impl KeyBlock {
    /// Derives the keys of a connection. With CBC, `encrypt_then_mac` says which comes first (RFC 7366).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] when `provider` lacks what `suite` needs or `suite` has another hash than the secret,
    /// and whatever makes the primitives fail.
    pub fn new(
        main: &ReadySecret,
        randoms: &Randoms,
        suite: &Suite,
        encrypt_then_mac: bool,
        provider: &Provider,
    ) -> Result<Self, CryptoError> {
        if suite.is_tls13() || suite.hash != main.hash.algorithm() {
            return Err(CryptoError::Unsupported);
        }
        let (mac_len, key_len, iv_len) = match suite.cipher {
            Cipher::Aead(algorithm) => {
                // RFC 5288 §3, RFC 6655 §3, RFC 7905 §2: what of the nonce does not travel with the record.
                (0, algorithm.key_len(), NONCE_LEN.saturating_sub(algorithm.explicit_nonce_len()))
            }
            // RFC 5246 §6.2.3.2: the IV of a CBC record is in the record.
            Cipher::Cbc(block, mac) => (mac.output_len(), block.key_len(), 0),
        };
        let lens = [mac_len, mac_len, key_len, key_len, iv_len, iv_len];
        let mut block = Zeroizing::new(vec![0; lens.iter().sum()]);
        let seed = [&randoms.server[..], &randoms.client];
        prf_with(main.hash, &main.key, b"key expansion", &seed, &mut block)?;

        let mut rest: &[u8] = &block;
        let mut cut = |len: usize| {
            let (piece, after) = rest.split_at_checked(len).ok_or(CryptoError::Length)?;
            rest = after;
            Ok::<_, CryptoError>(piece)
        };
        let [client_mac, server_mac] = [cut(mac_len)?, cut(mac_len)?];
        let [client_key, server_key] = [cut(key_len)?, cut(key_len)?];
        let [client_iv, server_iv] = [cut(iv_len)?, cut(iv_len)?];
        let keys = |mac, key, iv| record_keys(suite.cipher, [mac, key, iv], encrypt_then_mac, provider);
        Ok(Self { client: keys(client_mac, client_key, client_iv)?, server: keys(server_mac, server_key, server_iv)? })
    }
}

fn record_keys(
    cipher: Cipher,
    [mac, key, iv]: [&[u8]; 3],
    encrypt_then_mac: bool,
    provider: &Provider,
) -> Result<RecordKeys, CryptoError> {
    match cipher {
        Cipher::Aead(algorithm) => {
            let aead = provider.aead(algorithm).ok_or(CryptoError::Unsupported)?;
            let mut nonce = [0; NONCE_LEN];
            nonce.get_mut(..iv.len()).ok_or(CryptoError::Length)?.copy_from_slice(iv);
            Ok(RecordKeys::Aead12 { algorithm, key: aead.key(key)?, iv: nonce })
        }
        Cipher::Cbc(block, algorithm) => {
            let cipher = provider.block_cipher(block).ok_or(CryptoError::Unsupported)?.key(key)?;
            let mac = provider.mac(algorithm).ok_or(CryptoError::Unsupported)?.key(mac)?;
            let (mac_len, random) = (algorithm.output_len(), provider.random.clone());
            Ok(if encrypt_then_mac {
                RecordKeys::CbcEtm { cipher, mac, mac_len, random }
            } else {
                RecordKeys::CbcMte { cipher, mac, mac_len, random }
            })
        }
    }
}
