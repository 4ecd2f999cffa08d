//! A block of extensions: the list of type, length and body that ends a message.

use alloc::vec::Vec;
use core::fmt;

use super::{Extension, Place, duplicate, placed};
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// The longest content a block can have, in bytes.
const MAX_BLOCK: usize = 0xffff;

/// How many extensions a hello has, unless it has very many.
const FEW_EXTENSIONS: usize = 32;

/// The type and the length of an extension, in bytes.
const HEADER_LEN: usize = 4;

/// A block of extensions, borrowed.
///
/// ```text
/// 0        2        4
/// +--------+--------+---------------+
/// | type   | length | body          |   repeated until the block ends
/// +--------+--------+---------------+
/// ```
///
/// RFC 9846 §4.3, `Extension extensions<..>` without its own length. Framing, duplicates and placement have been checked;
/// the bodies have not, for most of them nobody will look at. [`find`](Self::find) reads the one it is asked for.
///
/// Before TLS 1.2 a hello could end without a block, which is not the same bytes as an empty block and therefore not an
/// equal value: see [`ABSENT`](Self::ABSENT).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extensions<'a> {
    bytes: &'a [u8],
    present: bool,
}

impl<'a> Extensions<'a> {
    /// No block at all, not even its length (RFC 5246 §7.4.1.2). Only hello messages can be written so.
    pub const ABSENT: Self = Self { bytes: &[], present: false };

    /// The block whose content is `bytes`, as it stands in `place`.
    pub fn read(bytes: &'a [u8], place: Place) -> Result<Self, DecodeError> {
        Self::read_unplaced(bytes)?.in_place(place)
    }

    /// The block whose content is `bytes`, all of which was checked before. What was not ends where its framing does.
    pub(crate) const fn checked(bytes: &'a [u8]) -> Self {
        Self { bytes, present: true }
    }

    /// As [`read`](Self::read), for a message whose extensions must tell which message it is.
    pub(crate) fn read_unplaced(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (mut r, mut seen) = (Reader::new(bytes), ExtensionTypes::default());
        let mut first = None;
        while !r.is_empty() {
            let (ty, _) = entry(&mut r)?;
            if !seen.insert(ty) {
                first = first.or(Some(ty));
            }
        }
        let block = Self { bytes, present: true };
        // Framing goes first.
        match first.or_else(|| seen.has_overflowed().then(|| duplicate(block.types())).flatten()) {
            Some(ty) => Err(DecodeError::DuplicateExtension(ty)),
            None => Ok(block),
        }
    }

    /// The same block, if all of it may stand in `place`.
    pub(crate) fn in_place(self, place: Place) -> Result<Self, DecodeError> {
        match self.types().find(|&ty| placed(ty, place) == Some(false)) {
            Some(ty) => Err(DecodeError::MisplacedExtension(ty)),
            None => Ok(self),
        }
    }

    /// The extension `E`, if it is in the block, its body read to the last byte.
    pub fn find<E: Extension<'a>>(&self) -> Result<Option<E>, DecodeError> {
        let Some((_, body)) = self.iter().find(|&(ty, _)| ty == E::TYPE) else { return Ok(None) };
        let mut r = Reader::new(body);
        let extension = E::read(&mut r)?;
        r.finish(E::TYPE.name().unwrap_or("extension_data"))?;
        Ok(Some(extension))
    }

    /// Whether an extension of this type is in the block.
    pub fn contains(&self, ty: ExtensionType) -> bool {
        self.types().any(|other| other == ty)
    }

    /// The types, in the order of the block.
    pub fn types(&self) -> impl Iterator<Item = ExtensionType> + Clone + use<'a> {
        self.iter().map(|(ty, _)| ty)
    }

    /// The types and bodies, in the order of the block.
    pub fn iter(&self) -> impl Iterator<Item = (ExtensionType, &'a [u8])> + Clone + use<'a> {
        let mut r = Reader::new(self.bytes);
        // The framing was checked when the block was made: an error means only that nothing is left.
        core::iter::from_fn(move || entry(&mut r).ok())
    }

    /// The type of the last extension.
    pub fn last(&self) -> Option<ExtensionType> {
        self.types().last()
    }

    /// Whether there are no extensions, be the block present or not.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether there was not even an empty block.
    pub const fn is_absent(&self) -> bool {
        !self.present
    }

    /// The content of the block as it is on the wire, without its length.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Appends the block under its length.
    pub(crate) fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque16(self.bytes)
    }

    /// Appends the block, or nothing if it is absent: the optional last field of a hello.
    pub(crate) fn write_optional(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.present { self.write(w) } else { Ok(()) }
    }
}

/// An empty block, which is present.
impl Default for Extensions<'_> {
    fn default() -> Self {
        Self { bytes: &[], present: true }
    }
}

/// Types and lengths; bodies can be long.
impl fmt::Debug for Extensions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_absent() {
            return f.write_str("absent");
        }
        f.debug_map().entries(self.iter().map(|(ty, body)| (ty, body.len()))).finish()
    }
}

/// One extension off the front.
fn entry<'a>(r: &mut Reader<'a>) -> Result<(ExtensionType, &'a [u8]), DecodeError> {
    let ty = ExtensionType(r.u16("extension_type")?);
    let body = r.vec16("extension_data", 0..=0xffff)?;
    Ok((ty, body))
}

/// A set of extension types without memory of its own: of types above 63 it has room for eight, more than a hello has that was
/// not made to be long. It forgets any further one, and says so ([`has_overflowed`](Self::has_overflowed)).
#[derive(Clone, Copy, Debug, Default)]
pub struct ExtensionTypes {
    /// One bit for each of the small types, which most are.
    small: u64,
    others: [u16; Self::FEW],
    count: usize,
}

impl ExtensionTypes {
    const FEW: usize = 8;

    /// Puts a type in, and says whether it is new; of one that was forgotten it says so each time.
    pub fn insert(&mut self, ty: ExtensionType) -> bool {
        if self.contains(ty) {
            return false;
        }
        if let Some(bit) = 1_u64.checked_shl(ty.0.into()) {
            self.small |= bit;
            return true;
        }
        if let Some(place) = self.others.get_mut(self.count) {
            *place = ty.0;
        }
        self.count = self.count.saturating_add(1);
        true
    }

    /// Whether a type is in the set, and was not forgotten.
    pub fn contains(&self, ty: ExtensionType) -> bool {
        match 1_u64.checked_shl(ty.0.into()) {
            Some(bit) => self.small & bit != 0,
            None => self.others.iter().take(self.count).any(|other| *other == ty.0),
        }
    }

    /// Whether there was no room for all.
    pub fn has_overflowed(&self) -> bool {
        self.count > Self::FEW
    }
}

/// A block of extensions under construction.
///
/// The builder puts one after the other and forbids nothing, so that a test can also build what no receiver accepts.
///
/// ```
/// use handfast_wire::{ExtensionBlock, ExtensionType, ProtocolVersion, extension::SelectedVersion};
///
/// let mut block = ExtensionBlock::new();
/// block.push(&SelectedVersion(ProtocolVersion::TLS1_3))?;
/// assert!(block.as_extensions().contains(ExtensionType::SUPPORTED_VERSIONS));
/// # Ok::<(), handfast_wire::EncodeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExtensionBlock {
    bytes: Vec<u8>,
}

impl ExtensionBlock {
    /// An empty block.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// An empty block with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// Empties the block, which keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Sees to it that there is room for so many more bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Appends an extension. On error the block is as before.
    pub fn push<'e, E: Extension<'e>>(&mut self, extension: &E) -> Result<(), EncodeError> {
        self.append(E::TYPE, |w| extension.write(w))
    }

    /// Appends an extension from its type and its body as bytes. On error the block is as before.
    pub fn push_raw(&mut self, ty: ExtensionType, body: &[u8]) -> Result<(), EncodeError> {
        self.append(ty, |w| {
            w.bytes(body);
            Ok(())
        })
    }

    /// Appends an extension whose body is written by `body`. On error the block is as before.
    pub fn append(
        &mut self,
        ty: ExtensionType,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let before = self.bytes.len();
        let mut w = Writer::new(&mut self.bytes);
        w.u16(ty.0);
        let mut written = w.vec16(body);
        if self.bytes.len() > MAX_BLOCK {
            written = written.and(Err(EncodeError { len: self.bytes.len(), max: MAX_BLOCK }));
        }
        if written.is_err() {
            self.bytes.truncate(before);
        }
        written
    }

    /// Puts the extensions in the order of their keys. Those with equal keys stay in the order they had.
    pub fn sort_by_key(&mut self, mut key: impl FnMut(ExtensionType) -> u64) {
        let (mut few, mut many) = ([(0, 0, 0); FEW_EXTENSIONS], Vec::new());
        let count = self.as_extensions().iter().count();
        let entries = match few.get_mut(..count) {
            Some(entries) => entries,
            None => {
                many.resize(count, (0, 0, 0));
                many.as_mut_slice()
            }
        };
        let mut start: usize = 0;
        for (entry, (ty, body)) in entries.iter_mut().zip(self.as_extensions().iter()) {
            let end = start.saturating_add(HEADER_LEN).saturating_add(body.len());
            *entry = (key(ty), start, end);
            start = end;
        }
        entries.sort_by_key(|&(key, ..)| key);
        let len = self.bytes.len();
        self.bytes.reserve(len);
        for &(_, start, end) in &*entries {
            self.bytes.extend_from_within(start..end);
        }
        self.bytes.drain(..len);
    }

    /// The block as it stands.
    pub fn as_extensions(&self) -> Extensions<'_> {
        Extensions { bytes: &self.bytes, present: true }
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;
    use crate::extension::{Cookie, EarlyData, MaxEarlyData, SupportedVersions};
    use crate::testing::hex;
    use crate::{List, ProtocolVersion};

    const VERSIONS: SupportedVersions<'static> = SupportedVersions(List::EMPTY);

    #[test]
    fn a_block_is_types_and_bodies() {
        let bytes = hex("002c 0003 0001 aa  002a 0000  fafa 0002 0102");
        let block = Extensions::read(&bytes, Place::ClientHello).unwrap();
        let (cookie, early, grease) = (ExtensionType::COOKIE, ExtensionType::EARLY_DATA, ExtensionType(0xfafa));
        assert!(block.types().eq([cookie, early, grease]));
        assert!(block.iter().map(|(_, body)| body.len()).eq([3, 0, 2]));
        assert_eq!(block.last(), Some(grease));
        assert!(block.contains(early) && !block.contains(ExtensionType::PADDING));
        assert_eq!(block.find(), Ok(Some(Cookie(&[0xaa]))));
        assert_eq!(block.find(), Ok(Some(EarlyData)));
        assert_eq!(block.find::<SupportedVersions<'_>>(), Ok(None));
        assert_eq!(block.as_bytes(), bytes);
        assert_eq!(format!("{block:?}"), "{cookie: 3, early_data: 0, 0xfafa: 2}");
    }

    #[test]
    fn framing_is_checked_at_once() {
        for (bytes, error) in [
            ("00", DecodeError::Truncated("extension_type")),
            ("002c", DecodeError::Truncated("extension_data")),
            ("002c 00", DecodeError::Truncated("extension_data")),
            ("002c 0001", DecodeError::Truncated("extension_data")),
            ("002c 0000 00", DecodeError::Truncated("extension_type")),
        ] {
            assert_eq!(Extensions::read(&hex(bytes), Place::ClientHello), Err(error), "{bytes}");
        }
    }

    /// Row 68 of the security history: what stands in a body is read to its end.
    #[test]
    fn a_body_is_read_to_its_end() {
        let bytes = hex("002a 0005 0000000100");
        let block = Extensions::read(&bytes, Place::NewSessionTicket).unwrap();
        assert_eq!(block.find::<MaxEarlyData>(), Err(DecodeError::Trailing("early_data")));
        assert_eq!(block.find::<EarlyData>(), Err(DecodeError::Trailing("early_data")));
    }

    /// Row 27 of the security history.
    #[test]
    fn a_type_occurs_once() {
        for (bytes, ty) in [
            ("002a 0000 002a 0000", ExtensionType::EARLY_DATA),
            ("002a 0000 ffff 0000 002a 0001 00", ExtensionType::EARLY_DATA),
            ("5a5a 0000 002a 0000 5a5a 0000", ExtensionType(0x5a5a)),
        ] {
            let block = Extensions::read(&hex(bytes), Place::ClientHello).map(|_| ());
            assert_eq!(block, Err(DecodeError::DuplicateExtension(ty)), "{bytes}");
        }
    }

    /// The same, however many others there are.
    #[test]
    fn a_type_occurs_once_among_many() {
        for count in 0_u16..40 {
            let mut block = ExtensionBlock::new();
            let types = (0..count).map(|n| 0x0a0a_u16.wrapping_add(n * 0x101));
            types.clone().for_each(|ty| block.push_raw(ExtensionType(ty), &[]).unwrap());
            let read = |block: &ExtensionBlock| {
                Extensions::read(block.as_extensions().as_bytes(), Place::ClientHello).map(|_| ())
            };
            assert_eq!(read(&block), Ok(()));
            for ty in types.map(ExtensionType) {
                let mut twice = block.clone();
                twice.push_raw(ty, &[1]).unwrap();
                assert_eq!(read(&twice), Err(DecodeError::DuplicateExtension(ty)), "{count}");
            }
        }
    }

    #[test]
    fn an_absent_block_is_not_an_empty_one() {
        let empty = Extensions::read(&[], Place::ClientHello).unwrap();
        assert_eq!(empty, Extensions::default());
        assert_ne!(empty, Extensions::ABSENT);
        assert!(empty.is_empty() && !empty.is_absent());
        assert!(Extensions::ABSENT.is_empty() && Extensions::ABSENT.is_absent());
        assert_eq!(format!("{empty:?} {:?}", Extensions::ABSENT), "{} absent");
    }

    #[test]
    fn a_block_is_built_in_order_and_sorted_by_key() {
        let mut block = ExtensionBlock::new();
        block.push(&Cookie(&[1])).unwrap();
        block.push_raw(ExtensionType(0x0a0a), &[9]).unwrap();
        block.push(&SupportedVersions(List::from(&[ProtocolVersion::TLS1_3]))).unwrap();
        assert_eq!(block.as_extensions().as_bytes(), hex("002c 0003 0001 01 0a0a 0001 09 002b 0003 02 0304"));

        block.sort_by_key(|ty| if ty == ExtensionType::COOKIE { 1 } else { 0 });
        assert_eq!(block.as_extensions().as_bytes(), hex("0a0a 0001 09 002b 0003 02 0304 002c 0003 0001 01"));
    }

    #[test]
    fn however_many_there_are_they_are_sorted() {
        for count in [0, 1, 31, 32, 33, 40] {
            let mut block = ExtensionBlock::new();
            (0..count).for_each(|ty| block.push_raw(ExtensionType(ty), &ty.to_be_bytes()).unwrap());
            block.sort_by_key(|ty| u64::MAX - u64::from(ty.0 / 2));
            let sorted: Vec<u16> = block.as_extensions().types().map(|ty| ty.0).collect();
            let mut expected: Vec<u16> = (0..count).collect();
            expected.sort_by_key(|ty| u16::MAX - ty / 2);
            assert_eq!(sorted, expected);
            assert!(block.as_extensions().iter().all(|(ty, body)| body == ty.0.to_be_bytes()));
        }
    }

    #[test]
    fn a_set_of_types_says_when_it_forgets() {
        let mut types = ExtensionTypes::default();
        for ty in (0..64).chain(1_000..1_008) {
            assert!(!types.contains(ExtensionType(ty)));
            assert!(types.insert(ExtensionType(ty)) && !types.insert(ExtensionType(ty)));
            assert!(types.contains(ExtensionType(ty)) && !types.has_overflowed());
        }
        assert!(types.insert(ExtensionType(1_008)) && types.has_overflowed());
    }

    #[test]
    fn what_does_not_fit_leaves_no_trace() {
        let mut block = ExtensionBlock::new();
        block.push(&VERSIONS).unwrap();
        let before = block.as_extensions().as_bytes().to_vec();

        let body = std::vec![0; 0x1_0000];
        let too_long = EncodeError { len: 0x1_0000, max: 0xffff };
        assert_eq!(block.push_raw(ExtensionType::PADDING, &body), Err(too_long));
        assert_eq!(block.as_extensions().as_bytes(), before);

        // The body fits, but the block does not.
        let room = 0xffff - before.len() - 4;
        assert_eq!(block.push_raw(ExtensionType::PADDING, &body[..room + 1]), Err(too_long));
        assert_eq!(block.as_extensions().as_bytes(), before);
        assert_eq!(block.push_raw(ExtensionType::PADDING, &body[..room]), Ok(()));
        assert_eq!(block.as_extensions().as_bytes().len(), 0xffff);
    }
}
