//! Object identifiers, as the content octets of their DER encoding.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

// Extensions, RFC 5280 §4.2.1: id-ce is 2.5.29.
pub(crate) const SUBJECT_DIRECTORY_ATTRIBUTES: &[u8] = &[0x55, 0x1d, 9];
pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 14];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
pub(crate) const ISSUER_ALT_NAME: &[u8] = &[0x55, 0x1d, 18];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
pub(crate) const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 31];
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
pub(crate) const ANY_POLICY: &[u8] = &[0x55, 0x1d, 32, 0];
pub(crate) const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];
pub(crate) const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
pub(crate) const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 46];
pub(crate) const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];

// Extensions of CRLs and of their entries, RFC 5280 §5.2, §5.3.
pub(crate) const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];
pub(crate) const REASON_CODE: &[u8] = &[0x55, 0x1d, 21];
pub(crate) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
pub(crate) const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 27];
pub(crate) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
pub(crate) const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];

// Extensions of the Internet, RFC 5280 §4.2.2: id-pe is 1.3.6.1.5.5.7.1, and its access methods id-ad are 1.3.6.1.5.5.7.48.
pub(crate) const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
pub(crate) const SUBJECT_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 11];
pub(crate) const OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1];
pub(crate) const CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 2];
// TLS features, RFC 7633 §4: id-pe is 1.3.6.1.5.5.7.1.
pub(crate) const TLS_FEATURE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 24];

// Certificate transparency, RFC 6962 §3.1, §3.3: a list of timestamps in a certificate and in an OCSP response, and a certificate
// that is not yet one.
pub(crate) const SCT_LIST: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2];
pub(crate) const OCSP_SCT_LIST: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 5];
pub(crate) const CT_POISON: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 3];

// OCSP, RFC 6960 §4.2.1, §4.2.2.2.1, §4.4.1: id-pkix-ocsp is 1.3.6.1.5.5.7.48.1.
pub(crate) const OCSP_BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 1];
pub(crate) const OCSP_NONCE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 2];
pub(crate) const OCSP_NO_CHECK: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 5];

// Purposes, RFC 5280 §4.2.1.12: id-kp is 1.3.6.1.5.5.7.3.
pub(crate) const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37, 0];
pub(crate) const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub(crate) const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
pub(crate) const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
pub(crate) const EMAIL_PROTECTION: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];
pub(crate) const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
pub(crate) const OCSP_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];

// Public keys, RFC 3279 §2.3, RFC 5480 §2.1, RFC 8410 §3, RFC 9881 §2.
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub(crate) const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
pub(crate) const SECP384R1: &[u8] = &[0x2b, 0x81, 4, 0, 34];
pub(crate) const SECP521R1: &[u8] = &[0x2b, 0x81, 4, 0, 35];

// Both a key and a signature, RFC 4055 §3.1, RFC 8410 §3, RFC 9881 §2.
pub(crate) const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 112];
pub(crate) const ML_DSA_44: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17];
pub(crate) const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 18];
pub(crate) const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 19];

// Signatures, RFC 4055 §5, RFC 5758 §3.2.
pub(crate) const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
pub(crate) const SHA384_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
pub(crate) const SHA512_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
pub(crate) const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
pub(crate) const ECDSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
pub(crate) const ECDSA_WITH_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];

// Hashes and the mask generation function of RSASSA-PSS, RFC 4055 §2.1, §2.2. SHA-1 is for the CertID of OCSP alone.
pub(crate) const SHA1: &[u8] = &[0x2b, 14, 3, 2, 26];
pub(crate) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
pub(crate) const SHA224: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4];
pub(crate) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
pub(crate) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
pub(crate) const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];

// Protection by a password, RFC 8018 Appendix A.2, A.4, A.5 and RFC 7914 §7: pkcs-5 is 1.2.840.113549.1.5.
pub(crate) const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
pub(crate) const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
pub(crate) const PBMAC1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 14];
pub(crate) const SCRYPT: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11];
// RFC 8018 Appendix B.1.2: digestAlgorithm is 1.2.840.113549.2.
pub(crate) const HMAC_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 7];
pub(crate) const HMAC_SHA224: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 8];
pub(crate) const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9];
pub(crate) const HMAC_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 10];
pub(crate) const HMAC_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 11];
// RFC 8018 Appendix B.2.5.
pub(crate) const AES_128_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2];
pub(crate) const AES_192_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22];
pub(crate) const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42];
// The older ways: RFC 8018 Appendix A.3, RFC 7292 Appendix C, RFC 8018 Appendix B.2.
pub(crate) const PBE_MD5_DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 3];
pub(crate) const PBE_MD5_RC2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 6];
pub(crate) const PBE_SHA1_DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 10];
pub(crate) const PBE_SHA1_RC2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 11];
pub(crate) const PBE_SHA_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3];
pub(crate) const PBE_SHA_2DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 4];
pub(crate) const PBE_SHA_RC2_128: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 5];
pub(crate) const PBE_SHA_RC2_40: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 6];
pub(crate) const DES_EDE3_CBC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7];
pub(crate) const DES_CBC: &[u8] = &[0x2b, 14, 3, 2, 7];
pub(crate) const RC2_CBC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 2];

// PKCS#12, RFC 7292 Appendix D: bagtypes are 1.2.840.113549.1.12.10.1. Contents, RFC 5652 §4, §6, §8, §5; a certificate and the
// attributes of bags, RFC 2985 §5.5.
pub(crate) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
pub(crate) const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
pub(crate) const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 1];
pub(crate) const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];
pub(crate) const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 3];
pub(crate) const SAFE_CONTENTS_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 6];
pub(crate) const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1];
pub(crate) const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 20];
pub(crate) const LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 21];

// Attributes of a name, RFC 4519 §2 and RFC 4514 §3.
pub(crate) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub(crate) const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

// An attribute of a certification request, RFC 2985 §5.4.2.
pub(crate) const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
/// szOID_CERT_EXTENSIONS, which old programs of Microsoft ask with.
pub(crate) const MICROSOFT_EXTENSION_REQUEST: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14];

// An otherName that is a mail address, RFC 9598 §3.
pub(crate) const ON_SMTP_UTF8_MAILBOX: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 8, 9];

/// The longest dotted form that [`dotted`] gives, in bytes.
const MAX_DOTTED: usize = 64;

/// `1.2.840.…`, cut to 64 bytes; for messages.
pub(crate) fn dotted(content: &[u8]) -> String {
    let mut out = String::new();
    let mut arc: u64 = 0;
    for octet in content {
        // An arc beyond 64 bits is of no interest to a reader; it shows as the largest.
        arc = arc.checked_mul(128).map_or(u64::MAX, |arc| arc | u64::from(octet & 0x7f));
        if octet & 0x80 != 0 {
            continue;
        }
        // X.690 §8.19.4: the first two arcs share a number.
        let written = if out.is_empty() {
            let first = (arc / 40).min(2);
            write!(out, "{first}.{}", arc.saturating_sub(first.saturating_mul(40)))
        } else {
            write!(out, ".{arc}")
        };
        if written.is_err() || out.len() > MAX_DOTTED {
            out.truncate(MAX_DOTTED);
            out.push('…');
            break;
        }
        arc = 0;
    }
    out
}

/// The content octets of `1.2.840.…`; `None` when it is no identifier, or an arc has more than 128 bits (a UUID has 128,
/// X.667).
pub(crate) fn parse(dotted: &str) -> Option<Vec<u8>> {
    let mut arcs = dotted.split('.').map(parse_arc);
    let (first, second) = (arcs.next()??, arcs.next()??);
    // X.690 §8.19.4: the first arc is 0, 1 or 2, and below the first two there are 40 each.
    if first > 2 || first < 2 && second > 39 {
        return None;
    }
    let mut content = Vec::new();
    append_arc(&mut content, second.checked_add(first.saturating_mul(40))?);
    for arc in arcs {
        append_arc(&mut content, arc?);
    }
    Some(content)
}

/// A number in its one spelling: digits, the first of which is not zero unless it is the only one.
fn parse_arc(text: &str) -> Option<u128> {
    let is_number = text.bytes().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_number { text.parse().ok() } else { None }
}

/// Seven bits an octet, as few octets as it takes, all but the last with the top bit set.
fn append_arc(content: &mut Vec<u8>, arc: u128) {
    let groups = (u128::BITS - arc.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let more = if group > 0 { 0x80 } else { 0 };
        content.push((arc >> (group * 7)) as u8 & 0x7f | more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_form() {
        assert_eq!(dotted(RSA_ENCRYPTION), "1.2.840.113549.1.1.1");
        assert_eq!(dotted(BASIC_CONSTRAINTS), "2.5.29.19");
        assert_eq!(dotted(SERVER_AUTH), "1.3.6.1.5.5.7.3.1");
        assert_eq!(dotted(&[0x88, 0x37, 3]), "2.999.3");
        assert_eq!(dotted(&[]), "");
        assert_eq!(dotted(&[0xff; 100]), "");
        assert_eq!(dotted(&[1; 100]).len(), MAX_DOTTED + '…'.len_utf8());
        let mut huge = [0xff; 20];
        huge[19] = 0x7f;
        assert_eq!(dotted(&huge), "2.18446744073709551535");
    }

    #[test]
    fn dotted_form_read() {
        for oid in [RSA_ENCRYPTION, BASIC_CONSTRAINTS, SERVER_AUTH, ANY_POLICY, &[0x88, 0x37, 3], &[0], &[0x78]] {
            assert_eq!(parse(&dotted(oid)).as_deref(), Some(oid));
        }
        assert_eq!(parse("2.25.340282366920938463463374607431768211455").map(|oid| oid.len()), Some(20));
        for bad in [
            "",
            "1",
            ".",
            "1.",
            "1.2.",
            ".1.2",
            "1..2",
            "3.1",
            "0.40",
            "1.40",
            "1.02",
            "1.+2",
            "1.-2",
            "1. 2",
            "1.2a",
            "1.2.340282366920938463463374607431768211456",
            "2.340282366920938463463374607431768211455",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
