//! A key by its fingerprint.

use alloc::string::String;
use base64ct::{Base64, Encoding};
use core::fmt;
use core::str::FromStr;
use handfast_crypto::{HashAlgorithm, Provider};

/// The SHA-256 of a SubjectPublicKeyInfo in DER, as [`Anchors::pin`](crate::Anchors::pin) takes it (RFC 7469 §2.4). It is
/// written as base64; read as base64, with or without the `sha256//` that curl has before it, or as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

impl Pin {
    /// The pin of a key, given its whole SubjectPublicKeyInfo. `None` when the provider has no SHA-256.
    pub fn of(spki: &[u8], provider: &Provider) -> Option<Self> {
        let digest = provider.hash(HashAlgorithm::Sha256)?.digest(&[spki]).ok()?;
        digest.as_bytes().try_into().ok().map(Self)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64::encode_string(&self.0))
    }
}

/// Text that is no pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPin;

impl fmt::Display for NotAPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pin is 64 hexadecimal digits, or 44 characters of base64")
    }
}

impl core::error::Error for NotAPin {}

impl FromStr for Pin {
    type Err = NotAPin;

    fn from_str(text: &str) -> Result<Self, NotAPin> {
        let base64 = text.strip_prefix("sha256//").unwrap_or(text);
        let mut octets = [0; 32];
        if let Ok(decoded) = Base64::decode(base64, &mut octets) {
            return decoded.try_into().map(Self).map_err(|_| NotAPin);
        }
        let digits: Option<alloc::vec::Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(NotAPin)?;
        for (octet, pair) in octets.iter_mut().zip(digits.chunks(2)) {
            *octet = pair.iter().fold(0, |sum, digit| sum << 4 | *digit as u8);
        }
        Ok(Self(octets))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        Base64::encode_string(&pin.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn three_spellings() {
        let pin = Pin(core::array::from_fn(|at| at as u8 * 7));
        let base64 = pin.to_string();
        assert_eq!(base64.len(), 44);
        let hex = super::super::value::hex(&pin.0);
        for text in [&base64, &alloc::format!("sha256//{base64}"), &hex, &hex.to_uppercase()] {
            assert_eq!(text.parse(), Ok(pin), "{text}");
        }
        for text in
            ["", "00", &hex[1..], &base64[1..], &alloc::format!("{hex}0"), &alloc::format!("sha256//{hex}"), "ü"]
        {
            assert_eq!(text.parse::<Pin>(), Err(NotAPin), "{text}");
        }
    }
}
