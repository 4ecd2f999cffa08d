//! Bytes in hexadecimal digits.

/// The bytes; `None` for anything but pairs of digits.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok());
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_digits() {
        for (text, bytes) in [("", &[][..]), ("00fF", &[0, 255]), ("10", &[16])] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["0", "0g", "000", " 00", "é0"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
