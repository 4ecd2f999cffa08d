//! RSA key transport: the client encrypts a premain secret for the server's key (RFC 5246 §7.4.7.1).
//!
//! A server that lets anybody learn whether the padding of a ciphertext was right decrypts for whoever asks often enough
//! (Bleichenbacher 1998, ROBOT, Marvin). So nothing here fails, returns early or branches on what was decrypted: in the
//! place of a block that is wrong in any way comes a random secret, made before and always, and the handshake ends at
//! Finished like one with a wrong key.

use crate::Failure;
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Provider, PublicKey, Random};
use handfast_wire::ProtocolVersion;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// The length of the premain secret, in bytes.
///
/// ```text
/// client_version    2   what ClientHello.legacy_version said
/// random           46
/// ```
///
/// RFC 5246 §7.4.7.1, `PreMasterSecret`.
const LEN: usize = 48;

/// The client's side: a fresh secret, and the same encrypted for `key`.
pub(super) fn send(key: &PublicKey, provider: &Provider) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), Failure> {
    let secret = candidate(&*provider.random)?;
    let encrypter = provider.encrypter.ok_or(CryptoError::Unsupported)?;
    let encrypted = encrypter.encrypt(key, &secret[..], &*provider.random)?;
    Ok((Zeroizing::new(secret.to_vec()), encrypted))
}

/// A secret that nobody else knows: the client's choice, and what a server goes on with that cannot decrypt.
pub(super) fn candidate(random: &dyn Random) -> Result<Zeroizing<[u8; LEN]>, CryptoError> {
    let mut secret = Zeroizing::new([0; LEN]);
    random.fill(&mut *secret)?;
    if let Some(version) = secret.first_chunk_mut() {
        *version = ProtocolVersion::TLS1_2.0.to_be_bytes();
    }
    Ok(secret)
}

/// The server's side: the secret in a decrypted `block`, or `random` if anything about the block is wrong.
///
/// ```text
/// 0           1
/// 2           1
/// padding     k - 51, none of them zero
/// 0           1
/// secret     48, beginning with the version
/// ```
///
/// RFC 8017 §7.2.2, with the length that TLS knows: where the separator must stand does not depend on the block. Every
/// byte is looked at, whatever the ones before were. A block that is too short for all this is one that no client of TLS
/// can have made; its length is that of the key, and so no secret.
///
/// Never inlined, so that what the compiler made of it can be read: docs/constant-time.md.
#[inline(never)]
pub(super) fn unpad(block: &[u8], version: ProtocolVersion, random: Zeroizing<[u8; LEN]>) -> Zeroizing<[u8; LEN]> {
    let mut chosen = random;
    let Some((head, secret)) = block.split_last_chunk::<LEN>() else { return chosen };
    let [zero, two, padding @ .., separator] = head else { return chosen };
    if padding.len() < MIN_PADDING {
        return chosen;
    }
    let mut good = zero.ct_eq(&0) & two.ct_eq(&2) & separator.ct_eq(&0);
    for byte in padding {
        good &= !byte.ct_eq(&0);
    }
    good &= has_version(secret, version);
    select(&mut chosen, secret, good);
    chosen
}

/// As [`unpad`], for a key that has unpadded already and gives what it found, or something else of that length.
pub(super) fn check(
    secret: &[u8; LEN],
    version: ProtocolVersion,
    random: Zeroizing<[u8; LEN]>,
) -> Zeroizing<[u8; LEN]> {
    let mut chosen = random;
    select(&mut chosen, secret, has_version(secret, version));
    chosen
}

/// RFC 8017 §7.2.1: at least eight bytes.
const MIN_PADDING: usize = 8;

/// RFC 5246 §7.4.7.1: the version is part of the same selection, or it is an oracle of its own (Klima et al. 2003).
fn has_version(secret: &[u8; LEN], version: ProtocolVersion) -> Choice {
    let [major, minor, ..] = secret;
    let [own_major, own_minor] = version.0.to_be_bytes();
    major.ct_eq(&own_major) & minor.ct_eq(&own_minor)
}

fn select(chosen: &mut [u8; LEN], secret: &[u8; LEN], good: Choice) {
    for (to, from) in chosen.iter_mut().zip(secret) {
        to.conditional_assign(from, good);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn block(k: usize) -> Vec<u8> {
        let mut block = vec![0, 2];
        block.resize(k - LEN - 1, 0x55);
        block.push(0);
        block.extend_from_slice(&[3, 3]);
        block.resize(k, 0x77);
        block
    }

    fn opened(block: &[u8]) -> bool {
        let random = Zeroizing::new([9; LEN]);
        let secret = unpad(block, ProtocolVersion::TLS1_2, random);
        assert!(secret[..] == [9; LEN] || block.ends_with(&secret[..]));
        secret[..] != [9; LEN]
    }

    #[test]
    fn a_good_block_gives_its_secret() {
        for k in [256, 257, 384, 512, 1024] {
            assert!(opened(&block(k)), "{k}");
        }
    }

    /// docs/regressions.md row 44: whatever is wrong, it is the random secret.
    #[test]
    fn a_bad_block_gives_the_random_one() {
        let k = 256;
        let secret_at = k - LEN;
        for (at, value) in [(0, 1), (1, 1), (1, 0), (2, 0), (9, 0), (100, 0), (secret_at - 2, 0), (secret_at - 1, 1)] {
            let mut bad = block(k);
            bad[at] = value;
            assert!(!opened(&bad), "{at}");
        }
        // The version: neither TLS 1.1 nor any other.
        for version in [[3, 1], [3, 2], [3, 4], [2, 3], [0, 0]] {
            let mut bad = block(k);
            bad[secret_at..secret_at + 2].copy_from_slice(&version);
            assert!(!opened(&bad), "{version:?}");
        }
        // A secret of another length has its separator elsewhere.
        for shift in (1..=47).chain([49, 50, 80]) {
            let mut bad = block(k);
            bad[secret_at - 1] = 0x55;
            bad[k - shift - 1] = 0;
            assert!(!opened(&bad), "{shift}");
        }
        for len in 0..LEN + 3 + MIN_PADDING {
            assert!(!opened(&vec![0; len]), "{len}");
            assert!(!opened(&block(LEN + 3 + MIN_PADDING)[..len]), "{len}");
        }
    }

    #[test]
    fn a_key_that_unpads_itself_is_checked_for_the_version() {
        let mut secret = [7; LEN];
        assert_eq!(check(&secret, ProtocolVersion::TLS1_2, Zeroizing::new([9; LEN]))[..], [9; LEN]);
        secret[..2].copy_from_slice(&[3, 3]);
        assert_eq!(check(&secret, ProtocolVersion::TLS1_2, Zeroizing::new([9; LEN]))[..], secret);
    }
}
