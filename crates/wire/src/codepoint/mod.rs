//! Code points: the numbers of the IANA registries, with their names.
//!
//! Each registry is a type of its own around the number, open to values without a name: a peer may send any, and a
//! receiver ignores what it does not know (RFC 9846 §4.2.2, §4.3). Names that RFC 9846 marks `_RESERVED` are printed
//! without that suffix, for most of them are alive in TLS 1.2.

mod alert_description;
mod cipher_suite;
mod extension_type;
mod handshake_type;
mod named_group;
mod signature_scheme;
mod small;

pub use alert_description::{AlertDescription, AlertLevel};
pub use cipher_suite::CipherSuite;
pub use extension_type::ExtensionType;
pub use handshake_type::{ContentType, HandshakeType};
pub use named_group::{EcPointFormat, NamedGroup};
pub use signature_scheme::SignatureScheme;
pub use small::{
    CertificateStatusType, CertificateType, CompressionAlgorithm, KeyUpdateRequest, NameType, ProtocolVersion,
    PskKeyExchangeMode,
};

/// Makes a newtype around `u8` or `u16` with a constant for each registered value.
///
/// A row is `CONSTANT = value "name"`; without a name the constant's own is used. A value given twice does not compile.
macro_rules! code_points {
    ($(#[$meta:meta])* $Type:ident($int:ident) { $($CONST:ident = $value:literal $($name:literal)?,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $Type(
            /// The number on the wire.
            pub $int,
        );

        impl $Type {
            $(
                #[doc = concat!("`", code_points!(@name $CONST $($name)?), "`, ", stringify!($value), ".")]
                pub const $CONST: Self = Self($value);
            )+

            /// Every value that has a name here, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$CONST,)+];

            /// The name in the IANA registry, if this is a value that has one here.
            pub const fn name(self) -> Option<&'static str> {
                #[deny(unreachable_patterns)]
                match self.0 {
                    $($value => Some(code_points!(@name $CONST $($name)?)),)+
                    _ => None,
                }
            }
        }

        /// The registered name, or the number in hexadecimal.
        impl core::fmt::Display for $Type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, "{:#0width$x}", self.0, width = 2 + 2 * size_of::<$int>()),
                }
            }
        }

        /// As [`Display`](core::fmt::Display).
        impl core::fmt::Debug for $Type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }

        impl<'a> crate::Item<'a> for $Type {
            fn read(r: &mut crate::Reader<'a>) -> Result<Self, crate::DecodeError> {
                r.$int(stringify!($Type)).map(Self)
            }

            fn write(&self, w: &mut crate::Writer<'_>) -> Result<(), crate::EncodeError> {
                w.$int(self.0);
                Ok(())
            }
        }

        code_points!(@grease $Type $int);
    };

    (@name $CONST:ident) => { stringify!($CONST) };
    (@name $CONST:ident $name:literal) => { $name };

    (@grease $Type:ident u8) => {};
    (@grease $Type:ident u16) => {
        impl $Type {
            /// Whether this is one of the sixteen values reserved for greasing: `0x0a0a`, `0x1a1a` … `0xfafa` (RFC 8701 §2).
            pub const fn is_grease(self) -> bool {
                let [high, low] = self.0.to_be_bytes();
                high == low && low & 0x0f == 0x0a
            }
        }
    };
}
use code_points;

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn known_values_print_their_name_and_others_their_number() {
        assert_eq!(CipherSuite::TLS_AES_128_GCM_SHA256.to_string(), "TLS_AES_128_GCM_SHA256");
        assert_eq!(format!("{:?}", NamedGroup::X25519MLKEM768), "X25519MLKEM768");
        assert_eq!(format!("{:>6}", HandshakeType(2)), "server_hello");
        assert_eq!(format!("{:>12}", ProtocolVersion::TLS1_3), "     TLS 1.3");
        assert_eq!(CipherSuite(0x00fe).to_string(), "0x00fe");
        assert_eq!(AlertDescription(0x0b).to_string(), "0x0b");
        assert_eq!(AlertDescription(0x0b).name(), None);
    }

    #[test]
    fn grease_is_exactly_the_sixteen_values() {
        let all: std::vec::Vec<u16> = (0..=u16::MAX).filter(|&v| ExtensionType(v).is_grease()).collect();
        let expected: std::vec::Vec<u16> = (0..16).map(|n| n * 0x1010 + 0x0a0a).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn the_registries_are_in_order() {
        assert!(CipherSuite::ALL.is_sorted());
        assert!(ExtensionType::ALL.is_sorted());
        assert!(NamedGroup::ALL.is_sorted());
        assert!(SignatureScheme::ALL.is_sorted());
        assert!(AlertDescription::ALL.is_sorted());
        assert!(HandshakeType::ALL.is_sorted());
    }
}
