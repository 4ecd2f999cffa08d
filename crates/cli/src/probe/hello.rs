//! A ClientHello of any version, which nobody means to finish.

use super::groups;
use handfast::wire::extension::{
    EcPointFormats, EncryptThenMac, ExtendedMasterSecret, HostName, KeyShares, OcspStatusRequest, ProtocolName,
    ProtocolNameList, PskKeyExchangeModes, RenegotiationInfo, ServerNameList, SessionTicket, SignatureAlgorithms,
    StatusRequest, SupportedGroups, SupportedVersions,
};
use handfast::wire::message::ClientHello;
use handfast::wire::{
    CipherSuite, ContentType, EcPointFormat, EncodeError, ExtensionBlock, ExtensionType, Extensions, List, NamedGroup,
    ProtocolVersion, PskKeyExchangeMode, SignatureScheme, Writer,
};

/// What is offered. In TLS 1.3 there are no key shares, so that the server names the group that it wants in a
/// HelloRetryRequest (RFC 9846 §4.2.2), and nothing has to be computed.
#[derive(Clone)]
pub(super) struct Hello {
    /// The only one.
    pub(super) version: ProtocolVersion,
    pub(super) suites: Vec<CipherSuite>,
    pub(super) groups: Vec<NamedGroup>,
    pub(super) schemes: Vec<SignatureScheme>,
    /// The host name that is asked for.
    pub(super) name: Option<String>,
    pub(super) protocols: Vec<Vec<u8>>,
    /// Whether methods of compression are offered.
    pub(super) compresses: bool,
    /// Whether a ticket is asked for.
    pub(super) tickets: bool,
    /// A second attempt, after one in a higher version.
    pub(super) falls_back: bool,
    /// With numbers that nobody knows wherever a server has to pass over them (RFC 8701).
    pub(super) greases: bool,
}

/// DEFLATE (RFC 3749), LZS (RFC 3943), none.
const METHODS: [u8; 3] = [1, 64, 0];

/// A reserved number (RFC 8701 §2).
const GREASE: u16 = 0x5a5a;

impl Hello {
    /// Everything that the version has, in these suites.
    pub(super) fn new(version: ProtocolVersion, suites: Vec<CipherSuite>, name: Option<&str>) -> Self {
        Self {
            version,
            suites,
            groups: groups::all(version),
            schemes: SignatureScheme::ALL.to_vec(),
            name: name.map(str::to_string),
            protocols: Vec::new(),
            compresses: false,
            tickets: true,
            falls_back: false,
            greases: false,
        }
    }

    /// The message, in a record.
    ///
    /// ```text
    /// type       1   handshake
    /// version    2   TLS 1.0, or SSL 3.0
    /// length     2
    /// message
    /// ```
    pub(super) fn record(&self, random: [u8; 32], session_id: [u8; 32]) -> Result<Vec<u8>, EncodeError> {
        let is_tls13 = self.version == ProtocolVersion::TLS1_3;
        let mut suites = self.suites.clone();
        suites.extend(self.falls_back.then_some(CipherSuite::TLS_FALLBACK_SCSV));
        // SSL 3.0 has no extensions to say it with (RFC 5746 §3.3).
        suites
            .extend((self.version == ProtocolVersion::SSL3).then_some(CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV));
        if self.greases {
            suites.insert(0, CipherSuite(GREASE));
        }
        let block = self.extensions()?;
        let mut message = Vec::new();
        ClientHello {
            legacy_version: self.version.min(ProtocolVersion::TLS1_2),
            random,
            session_id: if is_tls13 { &session_id } else { &[] },
            cipher_suites: List::from(suites.as_slice()),
            compression_methods: if self.compresses { &METHODS } else { &[0] },
            extensions: match self.version {
                ProtocolVersion::SSL3 => Extensions::ABSENT,
                _ => block.as_extensions(),
            },
        }
        .write(&mut message)?;
        let mut record = Vec::new();
        let mut w = Writer::new(&mut record);
        w.u8(ContentType::HANDSHAKE.0);
        w.u16(self.version.min(ProtocolVersion::TLS1_0).0);
        w.opaque16(&message)?;
        Ok(record)
    }

    fn extensions(&self) -> Result<ExtensionBlock, EncodeError> {
        let mut block = ExtensionBlock::new();
        if self.greases {
            block.push_raw(ExtensionType(GREASE), &[])?;
        }
        if let Some(name) = &self.name {
            block.push(&ServerNameList(List::from(&[HostName(name.as_bytes())])))?;
        }
        let mut groups = self.groups.clone();
        if self.greases {
            groups.insert(0, NamedGroup(GREASE));
        }
        if !groups.is_empty() {
            block.push(&SupportedGroups(List::from(groups.as_slice())))?;
        }
        if self.version >= ProtocolVersion::TLS1_2 && !self.schemes.is_empty() {
            block.push(&SignatureAlgorithms(List::from(self.schemes.as_slice())))?;
        }
        let ocsp = OcspStatusRequest { responder_ids: List::EMPTY, request_extensions: &[] };
        block.push(&StatusRequest::Ocsp(ocsp))?;
        if !self.protocols.is_empty() {
            let names: Vec<_> = self.protocols.iter().map(|name| ProtocolName(name)).collect();
            block.push(&ProtocolNameList(List::from(names.as_slice())))?;
        }
        if self.version == ProtocolVersion::TLS1_3 {
            block.push(&SupportedVersions(List::from(&[self.version])))?;
            block.push(&PskKeyExchangeModes(List::from(&[PskKeyExchangeMode::PSK_DHE_KE])))?;
            block.push(&KeyShares(List::EMPTY))?;
            return Ok(block);
        }
        block.push(&EcPointFormats(List::from(&[EcPointFormat::UNCOMPRESSED])))?;
        block.push(&ExtendedMasterSecret)?;
        block.push(&EncryptThenMac)?;
        block.push(&RenegotiationInfo(&[]))?;
        if self.tickets {
            block.push(&SessionTicket(&[]))?;
        }
        // RFC 6520 §2: peer_allowed_to_send. Nothing is ever sent.
        block.push_raw(ExtensionType::HEARTBEAT, &[1])?;
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::wire::Dialect;
    use handfast::wire::Message;

    fn written(hello: &Hello) -> Vec<u8> {
        hello.record([7; 32], [8; 32]).unwrap()
    }

    fn read(record: &[u8]) -> ClientHello<'_> {
        let Ok(Message::ClientHello(hello)) = Message::read(Dialect::Tls12, &record[5..]) else { panic!("no hello") };
        hello
    }

    #[test]
    fn each_version_has_its_own_form() {
        for (version, outer, inner) in [
            (ProtocolVersion::SSL3, 0x0300, ProtocolVersion::SSL3),
            (ProtocolVersion::TLS1_0, 0x0301, ProtocolVersion::TLS1_0),
            (ProtocolVersion::TLS1_1, 0x0301, ProtocolVersion::TLS1_1),
            (ProtocolVersion::TLS1_2, 0x0301, ProtocolVersion::TLS1_2),
            (ProtocolVersion::TLS1_3, 0x0301, ProtocolVersion::TLS1_2),
        ] {
            let record = written(&Hello::new(version, vec![CipherSuite(0x002f)], Some("a.test")));
            assert_eq!(u16::from_be_bytes([record[1], record[2]]), outer);
            assert_eq!(usize::from(u16::from_be_bytes([record[3], record[4]])), record.len() - 5);
            let hello = read(&record);
            assert_eq!(hello.legacy_version, inner);
            let has = |ty| hello.extensions.contains(ty);
            assert_eq!(hello.extensions.is_absent(), version == ProtocolVersion::SSL3);
            assert_eq!(has(ExtensionType::SUPPORTED_VERSIONS), version == ProtocolVersion::TLS1_3);
            assert_eq!(has(ExtensionType::SIGNATURE_ALGORITHMS), version >= ProtocolVersion::TLS1_2);
            assert_eq!(hello.session_id.len(), if version == ProtocolVersion::TLS1_3 { 32 } else { 0 });
            let signal = hello.cipher_suites.contains(&CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
            assert_eq!(signal, version == ProtocolVersion::SSL3);
        }
    }

    #[test]
    fn what_is_off_is_not_there() {
        let mut hello = Hello::new(ProtocolVersion::TLS1_2, vec![CipherSuite(0x002f)], None);
        hello.tickets = false;
        let record = written(&hello);
        let plain = read(&record);
        assert_eq!((plain.compression_methods, plain.cipher_suites.len()), (&[0_u8][..], 1));
        for ty in [ExtensionType::SERVER_NAME, ExtensionType::SESSION_TICKET, ExtensionType(GREASE)] {
            assert!(!plain.extensions.contains(ty), "{ty}");
        }
        (hello.compresses, hello.falls_back, hello.greases) = (true, true, true);
        let record = written(&hello);
        let full = read(&record);
        assert_eq!(full.compression_methods, METHODS);
        assert!(full.cipher_suites.contains(&CipherSuite::TLS_FALLBACK_SCSV));
        assert!(full.cipher_suites.contains(&CipherSuite(GREASE)) && full.extensions.contains(ExtensionType(GREASE)));
    }
}
