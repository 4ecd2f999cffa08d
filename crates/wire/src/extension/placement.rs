//! Which extension may stand in which message.

use crate::ExtensionType;

/// A message, or part of one, that carries a block of extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A ClientHello, of any version: it is written before the version is known.
    ClientHello,
    /// A ServerHello that selects TLS 1.3.
    ServerHello,
    /// A HelloRetryRequest.
    HelloRetryRequest,
    /// EncryptedExtensions.
    EncryptedExtensions,
    /// A CertificateRequest of TLS 1.3.
    CertificateRequest,
    /// One entry of a Certificate message of TLS 1.3.
    CertificateEntry,
    /// A NewSessionTicket of TLS 1.3.
    NewSessionTicket,
    /// A ServerHello that selects TLS 1.2 or older.
    ServerHello12,
}

impl Place {
    /// Every place.
    pub const ALL: &'static [Self] = &[
        Self::ClientHello,
        Self::ServerHello,
        Self::HelloRetryRequest,
        Self::EncryptedExtensions,
        Self::CertificateRequest,
        Self::CertificateEntry,
        Self::NewSessionTicket,
        Self::ServerHello12,
    ];
}

/// Whether an extension may stand in a place; `None` if its type is not one we recognise.
///
/// RFC 9846 §4.3: a recognised extension where it is not specified ends the handshake with `illegal_parameter`, an
/// unrecognised one is ignored or, in a response, refused as not asked for.
pub fn placed(ty: ExtensionType, place: Place) -> Option<bool> {
    let row = PLACEMENT.binary_search_by_key(&ty, |&(ty, _)| ty).ok()?;
    PLACEMENT.get(row).map(|(_, places)| places.contains(&place))
}

use ExtensionType as E;
use Place::{
    CertificateEntry as CT, CertificateRequest as CR, ClientHello as CH, EncryptedExtensions as EE,
    HelloRetryRequest as HRR, NewSessionTicket as NST, ServerHello as SH, ServerHello12 as SH12,
};

/// The table of RFC 9846 §4.3, with the same abbreviations, and beside it what a ServerHello of TLS 1.2 may answer by the
/// RFC that defines the extension. In the order of the code points, one row for each that has a name.
#[rustfmt::skip]
const PLACEMENT: &[(ExtensionType, &[Place])] = &[
    (E::SERVER_NAME,                            &[CH, EE, CR, SH12]),       // RFC 6066 §3, RFC 9261 §5.1
    (E::MAX_FRAGMENT_LENGTH,                    &[CH, EE, SH12]),           // RFC 6066 §4
    (E::CLIENT_CERTIFICATE_URL,                 &[CH, SH12]),               // RFC 6066 §5
    (E::TRUSTED_CA_KEYS,                        &[CH, SH12]),               // RFC 6066 §6
    (E::TRUNCATED_HMAC,                         &[CH, SH12]),               // RFC 6066 §7
    (E::STATUS_REQUEST,                         &[CH, CR, CT, SH12]),       // RFC 6066 §8
    (E::USER_MAPPING,                           &[CH, SH12]),               // RFC 4681
    (E::CLIENT_AUTHZ,                           &[CH, SH12]),               // RFC 5878
    (E::SERVER_AUTHZ,                           &[CH, SH12]),               // RFC 5878
    (E::CERT_TYPE,                              &[CH, SH12]),               // RFC 6091
    // RFC 8422 §5.1.1 has no server send this in TLS 1.2, but load balancers do, and every client looks away.
    (E::SUPPORTED_GROUPS,                       &[CH, EE, SH12]),           // RFC 7919, RFC 9846 §4.3.7
    (E::EC_POINT_FORMATS,                       &[CH, SH12]),               // RFC 8422 §5.1.2
    (E::SRP,                                    &[CH]),                     // RFC 5054
    (E::SIGNATURE_ALGORITHMS,                   &[CH, CR]),                 // RFC 9846 §4.3.3
    (E::USE_SRTP,                               &[CH, EE, SH12]),           // RFC 5764
    (E::HEARTBEAT,                              &[CH, EE, SH12]),           // RFC 6520
    (E::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, &[CH, EE, SH12]),           // RFC 7301
    (E::STATUS_REQUEST_V2,                      &[CH, SH12]),               // RFC 6961
    (E::SIGNED_CERTIFICATE_TIMESTAMP,           &[CH, CR, CT, SH12]),       // RFC 6962 §3.3, RFC 9846 §4.5.1.1
    (E::CLIENT_CERTIFICATE_TYPE,                &[CH, EE, SH12]),           // RFC 7250
    (E::SERVER_CERTIFICATE_TYPE,                &[CH, EE, SH12]),           // RFC 7250
    (E::PADDING,                                &[CH]),                     // RFC 7685
    (E::ENCRYPT_THEN_MAC,                       &[CH, SH12]),               // RFC 7366
    (E::EXTENDED_MASTER_SECRET,                 &[CH, SH12]),               // RFC 7627
    (E::TOKEN_BINDING,                          &[CH, SH12]),               // RFC 8472
    (E::CACHED_INFO,                            &[CH, EE, SH12]),           // RFC 7924, RFC 9846 §11.1
    (E::COMPRESS_CERTIFICATE,                   &[CH, CR]),                 // RFC 8879
    (E::RECORD_SIZE_LIMIT,                      &[CH, EE, SH12]),           // RFC 8449
    (E::TLS_CERT_WITH_EXTERN_PSK,               &[CH, SH]),                 // RFC 8773
    (E::DELEGATED_CREDENTIAL,                   &[CH, CR, CT]),             // RFC 9345
    (E::SESSION_TICKET,                         &[CH, SH12]),               // RFC 5077
    (E::SUPPORTED_EKT_CIPHERS,                  &[CH, EE, SH12]),           // RFC 8870
    (E::PRE_SHARED_KEY,                         &[CH, SH]),                 // RFC 9846 §4.3.11
    (E::EARLY_DATA,                             &[CH, EE, NST]),            // RFC 9846 §4.3.10
    (E::SUPPORTED_VERSIONS,                     &[CH, SH, HRR]),            // RFC 9846 §4.3.1
    (E::COOKIE,                                 &[CH, HRR]),                // RFC 9846 §4.3.2
    (E::PSK_KEY_EXCHANGE_MODES,                 &[CH]),                     // RFC 9846 §4.3.9
    (E::CERTIFICATE_AUTHORITIES,                &[CH, CR]),                 // RFC 9846 §4.3.4
    (E::OID_FILTERS,                            &[CR]),                     // RFC 9846 §4.3.5
    (E::POST_HANDSHAKE_AUTH,                    &[CH]),                     // RFC 9846 §4.3.6
    (E::SIGNATURE_ALGORITHMS_CERT,              &[CH, CR]),                 // RFC 9846 §4.3.3
    (E::KEY_SHARE,                              &[CH, SH, HRR]),            // RFC 9846 §4.3.8
    (E::TRANSPARENCY_INFO,                      &[CH, CR, CT, SH12]),       // RFC 9162 §6.4, §6.5
    (E::EXTERNAL_ID_HASH,                       &[CH, EE, SH12]),           // RFC 8844
    (E::EXTERNAL_SESSION_ID,                    &[CH, EE, SH12]),           // RFC 8844
    (E::QUIC_TRANSPORT_PARAMETERS,              &[CH, EE]),                 // RFC 9001 §8.2
    (E::TICKET_REQUEST,                         &[CH, EE]),                 // RFC 9149
    // The RFC 9846 table says CH, but RFC 9849 §5.1 confines this to the encoding inside `encrypted_client_hello`: it
    // never stands in a ClientHello as such, neither the outer nor the decoded inner one.
    (E::ECH_OUTER_EXTENSIONS,                   &[]),
    (E::ENCRYPTED_CLIENT_HELLO,                 &[CH, HRR, EE]),            // RFC 9849
    (E::RENEGOTIATION_INFO,                     &[CH, SH12]),               // RFC 5746
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_type_has_one_row_in_order() {
        assert!(PLACEMENT.iter().map(|(ty, _)| ty).eq(ExtensionType::ALL));
        assert!(PLACEMENT.is_sorted_by_key(|(ty, _)| ty));
    }
}
