//! padding (RFC 7685).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// Nothing but zeros, to give a ClientHello another length.
///
/// ```text
/// padding   all of the body, zeros
/// ```
///
/// RFC 7685 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding(
    /// How many zeros.
    pub usize,
);

impl<'a> Extension<'a> for Padding {
    const TYPE: ExtensionType = ExtensionType::PADDING;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let zeros = r.rest();
        if zeros.iter().all(|&byte| byte == 0) { Ok(Self(zeros.len())) } else { Err(DecodeError::Value("padding")) }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        // Longer than any body: the length of the extension will refuse it, without that much memory.
        for _ in 0..self.0.min(0x1_0000) {
            w.u8(0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_open_extension, read_extension};
    use crate::{EncodeError, ExtensionBlock};

    #[test]
    fn round_trip() {
        check_open_extension(Padding(0), "");
        check_open_extension(Padding(300), "00*300");
    }

    #[test]
    fn something_other_than_zeros_is_refused() {
        assert_eq!(read_extension::<Padding>(&[0, 1, 0]), Err(DecodeError::Value("padding")));
    }

    #[test]
    fn too_much_is_refused_without_being_written() {
        let mut block = ExtensionBlock::new();
        assert_eq!(block.push(&Padding(usize::MAX)), Err(EncodeError { len: 0x1_0000, max: 0xffff }));
    }
}
