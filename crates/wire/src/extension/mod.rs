//! Extensions: one file per extension, both directions side by side.
//!
//! An extension's body depends on the message it stands in, so one [`ExtensionType`] may have several types here:
//! [`KeyShares`] in a ClientHello, [`RetryKeyShare`] in a HelloRetryRequest, [`ServerKeyShare`] in a ServerHello. Which one
//! to ask [`Extensions::find`] for is what the caller knows from the message at hand.

mod block;
mod placement;

mod alpn;
mod certificate_authorities;
mod certificate_type;
mod compress_certificate;
mod cookie;
mod delegated_credential;
mod early_data;
mod ec_point_formats;
mod encrypt_then_mac;
mod extended_master_secret;
mod key_share;
mod max_fragment_length;
mod oid_filters;
mod padding;
mod post_handshake_auth;
mod pre_shared_key;
mod psk_key_exchange_modes;
mod record_size_limit;
mod renegotiation_info;
mod server_name;
mod session_ticket;
mod signature_algorithms;
mod signed_certificate_timestamp;
mod status_request;
mod supported_groups;
mod supported_versions;
mod ticket_request;

pub use alpn::{ProtocolName, ProtocolNameList};
pub use block::{ExtensionBlock, ExtensionTypes, Extensions};
pub use certificate_authorities::{CertificateAuthorities, DistinguishedName};
pub use certificate_type::{
    ClientCertificateTypes, SelectedClientCertificateType, SelectedServerCertificateType, ServerCertificateTypes,
};
pub use compress_certificate::CompressCertificate;
pub use cookie::Cookie;
pub use delegated_credential::{DelegatedCredential, DelegatedCredentialSchemes};
pub use early_data::{EarlyData, MaxEarlyData};
pub use ec_point_formats::EcPointFormats;
pub use encrypt_then_mac::EncryptThenMac;
pub use extended_master_secret::ExtendedMasterSecret;
pub use key_share::{KeyShareEntry, KeyShares, RetryKeyShare, ServerKeyShare};
pub use max_fragment_length::MaxFragmentLength;
pub use oid_filters::{OidFilter, OidFilters};
pub use padding::Padding;
pub use placement::{Place, placed};
pub use post_handshake_auth::PostHandshakeAuth;
pub use pre_shared_key::{OfferedPsks, PskBinder, PskIdentity, SelectedPsk};
pub use psk_key_exchange_modes::PskKeyExchangeModes;
pub use record_size_limit::RecordSizeLimit;
pub use renegotiation_info::RenegotiationInfo;
pub use server_name::{HostName, ServerNameAck, ServerNameList};
pub use session_ticket::{SessionTicket, SessionTicketAck};
pub use signature_algorithms::{SignatureAlgorithms, SignatureAlgorithmsCert};
pub use signed_certificate_timestamp::{
    SerializedSct, SignedCertificateTimestampList, SignedCertificateTimestampRequest,
};
pub use status_request::{CertificateStatus, EmptyStatusRequest, OcspStatusRequest, ResponderId, StatusRequest};
pub use supported_groups::SupportedGroups;
pub use supported_versions::{SelectedVersion, SupportedVersions};
pub use ticket_request::{TicketRequest, TicketRequestHint};

use alloc::vec::Vec;

use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// The body of an extension in one of its places.
pub trait Extension<'a>: Sized {
    /// The type under which the body stands.
    const TYPE: ExtensionType;

    /// Reads the body. Whoever made the reader sees to it that nothing is left over.
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError>;

    /// Appends the body, without type and length.
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError>;
}

/// An extension whose presence is all it says: a unit struct with an empty body.
macro_rules! empty_extension {
    ($(#[$meta:meta])* $Type:ident = $TYPE:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Type;

        impl<'a> $crate::extension::Extension<'a> for $Type {
            const TYPE: $crate::ExtensionType = $crate::ExtensionType::$TYPE;

            fn read(_: &mut $crate::Reader<'a>) -> Result<Self, $crate::DecodeError> {
                Ok(Self)
            }

            fn write(&self, _: &mut $crate::Writer<'_>) -> Result<(), $crate::EncodeError> {
                Ok(())
            }
        }
    };
}
use empty_extension;

/// An item that occurs more than once, if there is one. Few are compared with each other; O(n log n), whatever a peer may send.
fn duplicate<T: Ord + Copy>(items: impl Iterator<Item = T> + Clone) -> Option<T> {
    const FEW: usize = 4;
    if items.clone().nth(FEW).is_none() {
        return items
            .clone()
            .enumerate()
            .find(|(at, own)| items.clone().take(*at).any(|other| other == *own))
            .map(|(_, own)| own);
    }
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some(*a),
        _ => None,
    })
}
