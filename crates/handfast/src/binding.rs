//! Channel bindings: values that tie authentication above TLS to this connection.

use crate::reader::Reader;
use crate::{Error, Usage};
use alloc::{vec, vec::Vec};
use handfast_crypto::{CryptoError, HashAlgorithm, SignatureAlgorithm};
use handfast_pki::Certificate;
use handfast_schedule::Side;
use pki_types::CertificateDer;

/// The kinds of channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelBinding {
    /// `tls-exporter` (RFC 9266): 32 bytes that belong to this connection alone.
    Exporter,
    /// `tls-server-end-point` (RFC 5929 §4): the hash of the server's certificate, 32 to 64 bytes.
    ServerEndPoint,
    /// `tls-unique` (RFC 5929 §3): 12 bytes, in TLS 1.2 with the extended main secret; not defined for TLS 1.3, where it is an error.
    Unique,
}

impl ChannelBinding {
    /// The value.
    pub(crate) fn of(self, reader: &Reader) -> Result<Vec<u8>, Error> {
        match self {
            Self::Unique => unique(reader),
            Self::Exporter => {
                let mut okm = vec![0; 32];
                // RFC 9266 §4.2: where the connection can become another one, it binds nothing.
                #[cfg(feature = "legacy")]
                if reader.inbound.renegotiations.is_enabled() && reader.facts().extended_main_secret.is_some() {
                    return Err(Usage::NoExporterBinding.into());
                }
                // The context is empty, which in TLS 1.2 is another one than none.
                reader.export(b"EXPORTER-Channel-Binding", Some(&[]), &mut okm)?;
                Ok(okm)
            }
            Self::ServerEndPoint if !reader.inbound.connected => Err(Usage::NotConnected.into()),
            Self::ServerEndPoint => {
                let certificate = server_certificate(reader).ok_or(Usage::NoCertificate)?;
                let algorithm = end_point_hash(certificate)?;
                let hash = reader.inbound.provider.hash(algorithm).ok_or(CryptoError::Unsupported)?;
                Ok(hash.digest(&[certificate])?.as_bytes().to_vec())
            }
        }
    }
}

/// RFC 5929 §3.1: the first Finished of the last handshake, which is the client's, or of a session that is resumed the
/// server's. RFC 7627 §5.4: only where the main secret depends on the whole handshake; else two connections could have the
/// same.
fn unique(reader: &Reader) -> Result<Vec<u8>, Error> {
    let facts = reader.facts();
    match facts.extended_main_secret {
        _ if !reader.inbound.connected => return Err(Usage::NotConnected.into()),
        None => return Err(Usage::NoTlsUnique.into()),
        Some(false) => return Err(Usage::NoExtendedMainSecret.into()),
        Some(true) => {}
    }
    let first_is_own = (reader.inbound.side == Side::Client) != facts.resumed;
    let first = if first_is_own { facts.finished_sent() } else { facts.finished_received() };
    Ok(first.ok_or(CryptoError::Failed)?.to_vec())
}

fn server_certificate(reader: &Reader) -> Option<&CertificateDer<'static>> {
    match reader.inbound.side {
        Side::Client => reader.facts().peer()?.credential.chain.first(),
        Side::Server => reader.inbound.facts.own()?.chain().first(),
    }
}

/// RFC 5929 §4.1: the hash of the certificate's signature, and SHA-256 where that is an older one, which nothing here
/// knows by name. A signature without a hash of its own leaves the binding undefined.
fn end_point_hash(certificate: &CertificateDer<'_>) -> Result<HashAlgorithm, Usage> {
    let parsed = Certificate::parse(certificate).map_err(|_| Usage::NoCertificate)?;
    match parsed.signature_algorithm().map(|signature| signature.algorithm) {
        Ok(SignatureAlgorithm::Ecdsa(hash) | SignatureAlgorithm::RsaPkcs1(hash) | SignatureAlgorithm::RsaPss(hash)) => {
            Ok(hash)
        }
        Ok(_) => Err(Usage::NoEndPointHash),
        Err(_) => Ok(HashAlgorithm::Sha256),
    }
}
