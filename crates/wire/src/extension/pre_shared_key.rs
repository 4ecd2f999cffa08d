//! pre_shared_key (RFC 9846 §4.3.11).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Item, List, Reader, Writer};

/// The pre-shared keys a client offers, and the proof that it knows them.
///
/// ```text
/// identities                2 + 7..65535
///   identity                2 + 1..65535
///   obfuscated_ticket_age   4
/// binders                   2 + 33..65535
///   binder                  1 + 32..255
/// ```
///
/// RFC 9846 §4.3.11, `OfferedPsks`. The extension is the last of its ClientHello, and the binders are the last of the
/// extension, because they are computed over all that stands before them:
/// [`ClientHello::binders_offset`](crate::message::ClientHello::binders_offset).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferedPsks<'a> {
    /// What the keys are known by, the preferred first.
    pub identities: List<'a, PskIdentity<'a>>,
    /// One binder for each identity, in the same order.
    pub binders: List<'a, PskBinder<'a>>,
}

impl<'a> Extension<'a> for OfferedPsks<'a> {
    const TYPE: ExtensionType = ExtensionType::PRE_SHARED_KEY;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let psks = Self {
            identities: List::read(r.vec16("identities", 7..=0xffff)?, "identities")?,
            binders: List::read(r.vec16("binders", 33..=0xffff)?, "binders")?,
        };
        // RFC 9846 §4.3.11: one binder for each identity.
        if psks.identities.len() != psks.binders.len() {
            return Err(DecodeError::Value("binders"));
        }
        Ok(psks)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.identities.write(w))?;
        w.vec16(|w| self.binders.write(w))
    }
}

/// What a pre-shared key is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PskIdentity<'a> {
    /// A ticket, or the name of an external key; not empty.
    pub identity: &'a [u8],
    /// The age of the ticket in milliseconds, plus its `ticket_age_add`, modulo 2³² (RFC 9846 §4.3.11.1). Zero for an
    /// external key.
    pub obfuscated_ticket_age: u32,
}

impl<'a> Item<'a> for PskIdentity<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { identity: r.vec16("identity", 1..=0xffff)?, obfuscated_ticket_age: r.u32("obfuscated_ticket_age")? })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque16(self.identity)?;
        w.u32(self.obfuscated_ticket_age);
        Ok(())
    }
}

/// A MAC over the ClientHello up to the binders, under a key that derives from the pre-shared one (RFC 9846 §4.3.11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PskBinder<'a>(
    /// The MAC, as long as its hash; 32 to 255 bytes.
    pub &'a [u8],
);

impl<'a> Item<'a> for PskBinder<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec8("PskBinderEntry", 32..=255).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque8(self.0)
    }
}

/// The pre-shared key a server selects.
///
/// ```text
/// selected_identity   2
/// ```
///
/// RFC 9846 §4.3.11, `PreSharedKeyExtension` in a ServerHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectedPsk(
    /// Its place among the client's identities, counted from zero.
    pub u16,
);

impl<'a> Extension<'a> for SelectedPsk {
    const TYPE: ExtensionType = ExtensionType::PRE_SHARED_KEY;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.u16("selected_identity").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, hex, read_extension};

    #[test]
    fn round_trip() {
        check_extension(
            OfferedPsks {
                identities: List::from(&[
                    PskIdentity { identity: b"bob", obfuscated_ticket_age: 0 },
                    PskIdentity { identity: b"t", obfuscated_ticket_age: 0x0102_0304 },
                ]),
                binders: List::from(&[PskBinder(&[0xb1; 32]), PskBinder(&[0xb2; 48])]),
            },
            "0010 0003 626f62 00000000 0001 74 01020304  0052 20 b1*32 30 b2*48",
        );
        check_extension(SelectedPsk(1), "0001");
    }

    /// Row 27 of the security history: the counts of identities and binders agree.
    #[test]
    fn each_identity_has_its_binder() {
        for body in
            ["000e 0001 61 00000000 0001 62 00000000 0021 20 00*32", "0007 0001 61 00000000 0042 20 00*32 20 00*32"]
        {
            assert_eq!(read_extension::<OfferedPsks<'_>>(&hex(body)), Err(DecodeError::Value("binders")), "{body}");
        }
    }

    #[test]
    fn bounds() {
        for (body, field) in [
            ("0000 0021 20 00*32", "identities"),
            ("0008 0000 00000000 0000 0021 20 00*32", "identity"),
            ("0007 0001 61 00000000 0000", "binders"),
            ("0007 0001 61 00000000 0020 1f 00*31", "binders"),
            ("0007 0001 61 00000000 0040 1f 00*31 1f 00*31", "PskBinderEntry"),
        ] {
            assert_eq!(read_extension::<OfferedPsks<'_>>(&hex(body)), Err(DecodeError::Length(field)), "{body}");
        }
    }
}
