//! Lists: the content of a variable-length vector of items (RFC 9846 §3.4).

use core::fmt;
use core::slice;

use crate::{DecodeError, EncodeError, Reader, Writer};

/// A list of items, the same for both directions.
///
/// A received list is a view of its bytes; all items were read once when it was made, so that iteration is
/// infallible. A list to be sent is a view of a slice of items. Two lists are equal if their items are.
///
/// The length prefix is not part of the list: its width belongs to the structure around it.
///
/// ```
/// use handfast_wire::{List, NamedGroup};
///
/// let received = List::<NamedGroup>::read(&[0x00, 0x1d, 0x00, 0x17], "named_group_list")?;
/// let sent = List::from(&[NamedGroup::X25519, NamedGroup::SECP256R1]);
/// assert_eq!(received, sent);
/// # Ok::<(), handfast_wire::DecodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct List<'a, T>(Repr<'a, T>);

#[derive(Clone, Copy)]
enum Repr<'a, T> {
    /// Validated by [`List::read`].
    Bytes(&'a [u8]),
    Items(&'a [T]),
}

/// Something that can stand in a [`List`]. It takes at least one byte.
pub trait Item<'a>: Copy {
    /// Takes one item off the front.
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError>;

    /// Appends the item.
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError>;
}

impl<'a, T: Item<'a>> List<'a, T> {
    /// The list whose items fill `bytes`, which are the content of the vector `field`.
    ///
    /// An item that would reach beyond the end makes the *list's* length wrong: [`DecodeError::Length`].
    pub fn read(bytes: &'a [u8], field: &'static str) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        while !r.is_empty() {
            let before = r.remaining();
            T::read(&mut r).map_err(|error| match error {
                DecodeError::Truncated(_) => DecodeError::Length(field),
                other => other,
            })?;
            // An item without bytes would be read for ever.
            if r.remaining() == before {
                return Err(DecodeError::Length(field));
            }
        }
        Ok(Self(Repr::Bytes(bytes)))
    }

    /// Appends the items, without a length.
    pub fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self.0 {
            Repr::Bytes(bytes) => {
                w.bytes(bytes);
                Ok(())
            }
            Repr::Items(items) => items.iter().try_for_each(|item| item.write(w)),
        }
    }

    /// The items in their order.
    pub fn iter(&self) -> ListIter<'a, T> {
        ListIter(match self.0 {
            Repr::Bytes(bytes) => IterRepr::Bytes(Reader::new(bytes)),
            Repr::Items(items) => IterRepr::Items(items.iter()),
        })
    }

    /// How many items there are. Counts them, because items differ in size.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether `item` is in the list.
    pub fn contains(&self, item: &T) -> bool
    where
        T: PartialEq,
    {
        self.iter().any(|other| other == *item)
    }
}

impl<T> List<'_, T> {
    /// The list without items.
    pub const EMPTY: Self = Self(Repr::Items(&[]));

    /// Whether there are no items.
    pub const fn is_empty(&self) -> bool {
        match self.0 {
            Repr::Bytes(bytes) => bytes.is_empty(),
            Repr::Items(items) => items.is_empty(),
        }
    }
}

impl<'a, T> From<&'a [T]> for List<'a, T> {
    fn from(items: &'a [T]) -> Self {
        Self(Repr::Items(items))
    }
}

impl<'a, T, const N: usize> From<&'a [T; N]> for List<'a, T> {
    fn from(items: &'a [T; N]) -> Self {
        Self(Repr::Items(items))
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<'a, T: Item<'a> + PartialEq> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Item<'a> + Eq> Eq for List<'a, T> {}

impl<'a, T: Item<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: Item<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The items of a [`List`], by value.
#[derive(Clone)]
pub struct ListIter<'a, T>(IterRepr<'a, T>);

#[derive(Clone)]
enum IterRepr<'a, T> {
    Bytes(Reader<'a>),
    Items(slice::Iter<'a, T>),
}

impl<'a, T: Item<'a>> Iterator for ListIter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.0 {
            // `List::read` has read these very bytes, so an error means only that none are left.
            IterRepr::Bytes(r) => T::read(r).ok(),
            IterRepr::Items(items) => items.next().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use super::*;
    use crate::NamedGroup;
    use crate::extension::ProtocolName;

    const GROUPS: [NamedGroup; 2] = [NamedGroup::X25519, NamedGroup(0x3a3a)];

    #[test]
    fn received_and_sent_lists_are_the_same() {
        let received = List::<NamedGroup>::read(&[0, 29, 0x3a, 0x3a], "groups").unwrap();
        let sent = List::from(&GROUPS);
        for list in [received, sent] {
            assert_eq!(list, sent);
            assert_eq!(list.iter().collect::<Vec<_>>(), GROUPS);
            assert_eq!(list.len(), 2);
            assert!(!list.is_empty());
            assert!(list.contains(&NamedGroup::X25519));
            assert!(!list.contains(&NamedGroup::X448));
            assert_eq!(format!("{list:?}"), "[x25519, 0x3a3a]");
            let mut out = Vec::new();
            list.write(&mut Writer::new(&mut out)).unwrap();
            assert_eq!(out, [0, 29, 0x3a, 0x3a]);
        }
        assert_ne!(List::from(&GROUPS[..1]), received);
    }

    #[test]
    fn empty_lists() {
        for list in [List::<NamedGroup>::read(&[], "groups").unwrap(), List::default()] {
            assert!(list.is_empty());
            assert_eq!(list.len(), 0);
            assert_eq!(list.iter().next(), None);
        }
    }

    #[test]
    fn a_list_ends_with_an_item() {
        assert_eq!(List::<NamedGroup>::read(&[0, 29, 0], "groups"), Err(DecodeError::Length("groups")));
        assert_eq!(List::<ProtocolName<'_>>::read(&[1, b'a', 2, b'b'], "names"), Err(DecodeError::Length("names")));
        // What is wrong inside an item is not the fault of the list.
        assert_eq!(List::<ProtocolName<'_>>::read(&[1, b'a', 0], "names"), Err(DecodeError::Length("ProtocolName")));
    }

    #[test]
    fn an_item_without_bytes_does_not_loop() {
        #[derive(Clone, Copy, Debug, PartialEq)]
        struct Nothing;
        impl<'a> Item<'a> for Nothing {
            fn read(_: &mut Reader<'a>) -> Result<Self, DecodeError> {
                Ok(Self)
            }
            fn write(&self, _: &mut Writer<'_>) -> Result<(), EncodeError> {
                Ok(())
            }
        }
        assert_eq!(List::<Nothing>::read(&[0], "nothings"), Err(DecodeError::Length("nothings")));
    }
}
