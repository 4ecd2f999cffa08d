//! key_share (RFC 9846 §4.3.8).

use super::{Extension, duplicate};
use crate::{DecodeError, EncodeError, ExtensionType, Item, List, NamedGroup, Reader, Writer};

/// The shares a client offers.
///
/// ```text
/// client_shares    2 + 0..65535
///   group          2
///   key_exchange   2 + 1..65535
/// ```
///
/// RFC 9846 §4.3.8, `KeyShareClientHello`. An empty list asks for a HelloRetryRequest. Two shares of one group are an
/// error, as the RFC allows a server to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyShares<'a>(
    /// The shares, the preferred first.
    pub List<'a, KeyShareEntry<'a>>,
);

impl<'a> Extension<'a> for KeyShares<'a> {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let shares = List::<KeyShareEntry<'a>>::read(r.vec16("client_shares", 0..=0xffff)?, "client_shares")?;
        match duplicate(shares.iter().map(|share| share.group)) {
            Some(_) => Err(DecodeError::Duplicate("client_shares")),
            None => Ok(Self(shares)),
        }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// One party's half of a key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyShareEntry<'a> {
    /// The group it belongs to.
    pub group: NamedGroup,
    /// A public key, or in answer to one of a KEM a ciphertext; not empty.
    pub key_exchange: &'a [u8],
}

impl<'a> Item<'a> for KeyShareEntry<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { group: NamedGroup(r.u16("group")?), key_exchange: r.vec16("key_exchange", 1..=0xffff)? })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.group.0);
        w.opaque16(self.key_exchange)
    }
}

/// The share with which a server answers.
///
/// ```text
/// group          2
/// key_exchange   2 + 1..65535
/// ```
///
/// RFC 9846 §4.3.8, `KeyShareServerHello`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerKeyShare<'a>(
    /// The share.
    pub KeyShareEntry<'a>,
);

impl<'a> Extension<'a> for ServerKeyShare<'a> {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        KeyShareEntry::read(r).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.0.write(w)
    }
}

/// The group a server wants a share of.
///
/// ```text
/// selected_group   2
/// ```
///
/// RFC 9846 §4.3.8, `KeyShareHelloRetryRequest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryKeyShare(
    /// The group.
    pub NamedGroup,
);

impl<'a> Extension<'a> for RetryKeyShare {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.u16("selected_group").map(NamedGroup).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.0.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, hex, read_extension};

    const SHARE: KeyShareEntry<'static> = KeyShareEntry { group: NamedGroup::X25519, key_exchange: &[5; 32] };
    const GREASE: KeyShareEntry<'static> = KeyShareEntry { group: NamedGroup(0x0a0a), key_exchange: &[0] };

    #[test]
    fn round_trip() {
        check_extension(KeyShares(List::from(&[GREASE, SHARE])), "0029 0a0a 0001 00 001d 0020 05*32");
        check_extension(KeyShares(List::default()), "0000");
        check_extension(ServerKeyShare(SHARE), "001d 0020 05*32");
        check_extension(RetryKeyShare(NamedGroup::SECP384R1), "0018");
    }

    /// Row 27 of the security history.
    #[test]
    fn two_shares_of_one_group_are_refused() {
        let body = hex("000f 001d 0001 00 0017 0001 00 001d 0001 01");
        assert_eq!(read_extension::<KeyShares<'_>>(&body), Err(DecodeError::Duplicate("client_shares")));
    }

    #[test]
    fn a_share_is_not_empty() {
        let empty = Err(DecodeError::Length("key_exchange"));
        assert_eq!(read_extension::<KeyShares<'_>>(&hex("0004 001d 0000")).map(|_| ()), empty);
        assert_eq!(read_extension::<ServerKeyShare<'_>>(&hex("001d 0000")).map(|_| ()), empty);
    }
}
