//! The key schedule of TLS 1.3, RFC 9846 §7.1.
//!
//! ```text
//!              0                          derived from each, over the transcript up to …
//!              │
//!   PSK ──► Extract = EarlySecret ──┬──► binder_key                   nothing
//!              │                    ├──► client_early_traffic         ClientHello
//!           "derived"               └──► early_exporter               ClientHello
//!              │
//! (EC)DHE ─► Extract = HandshakeSecret ─┬► client_traffic             ServerHello
//!              │                        └► server_traffic             ServerHello
//!           "derived"
//!              │
//!     0 ──► Extract = MainSecret ──┬──► client_application            server Finished
//!                                  ├──► server_application            server Finished
//!                                  ├──► exporter                      server Finished
//!                                  └──► resumption                    client Finished
//! ```
//!
//! The labels say "master" where the names say main: the name changed, the bytes could not.

mod certificate_verify;
mod import;
mod traffic;

pub use certificate_verify::{SignedContent, signed_content};
pub use import::import_psk;
pub use traffic::TrafficSecret;

use crate::ExporterSecret;
use crate::label::{Rooted, Stem, zeros};
use handfast_crypto::{CryptoError, Digest, Hash, Secret};

/// The first stage: what a pre-shared key alone gives.
#[derive(Debug)]
pub struct EarlySecret(Stem);

impl EarlySecret {
    /// Begins a schedule with `psk`, or without one.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn new(hash: &'static dyn Hash, psk: Option<&[u8]>) -> Result<Self, CryptoError> {
        Stem::extract(hash, &zeros(hash), psk).map(Self)
    }

    /// The key of this PSK's binder (RFC 9846 §4.3.11.2).
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn binder_key(&self, kind: BinderKind) -> Result<BinderKey, CryptoError> {
        self.0.derive_bare(kind.label()).map(BinderKey)
    }

    /// What protects 0-RTT data; `transcript` ends with the ClientHello.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn client_early_traffic(&self, transcript: &Digest) -> Result<TrafficSecret, CryptoError> {
        self.0.derive(b"c e traffic", transcript).map(TrafficSecret)
    }

    /// What exporters use before the handshake is complete; `transcript` ends with the ClientHello.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn early_exporter(&self, transcript: &Digest) -> Result<ExporterSecret, CryptoError> {
        self.0.derive(b"e exp master", transcript).map(ExporterSecret)
    }

    /// The next stage. `shared` is what the key exchange agreed on; there is none in psk_ke.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn handshake(self, shared: Option<&[u8]>) -> Result<HandshakeSecret, CryptoError> {
        self.0.advance(shared).map(HandshakeSecret)
    }
}

/// Where a PSK comes from. Each kind has a label of its own, so that none passes for another (RFC 9846 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinderKind {
    /// Agreed on outside of TLS.
    External,
    /// From a NewSessionTicket.
    Resumption,
    /// Agreed on outside and imported (RFC 9258 §5.2).
    Imported,
}

impl BinderKind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::External => b"ext binder",
            Self::Resumption => b"res binder",
            Self::Imported => b"imp binder",
        }
    }
}

/// What proves the possession of a PSK.
#[derive(Debug)]
pub struct BinderKey(Rooted);

impl BinderKey {
    /// The binder; `transcript` ends with the ClientHello cut before its list of binders. It is computed as Finished is
    /// (RFC 9846 §4.3.11.2). [`Digest`] compares in constant time.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn verify_data(&self, transcript: &Digest) -> Result<Digest, CryptoError> {
        self.0.verify_data(transcript)
    }
}

/// The second stage: PSK and key exchange together. Not authenticated by either side yet.
#[derive(Debug)]
pub struct HandshakeSecret(Stem);

impl HandshakeSecret {
    /// What protects the client's handshake messages; `transcript` ends with the ServerHello.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn client_traffic(&self, transcript: &Digest) -> Result<TrafficSecret, CryptoError> {
        self.0.derive(b"c hs traffic", transcript).map(TrafficSecret)
    }

    /// What protects the server's handshake messages; `transcript` ends with the ServerHello.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn server_traffic(&self, transcript: &Digest) -> Result<TrafficSecret, CryptoError> {
        self.0.derive(b"s hs traffic", transcript).map(TrafficSecret)
    }

    /// The next stage.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn main(self) -> Result<MainSecret, CryptoError> {
        self.0.advance(None).map(MainSecret)
    }
}

/// The last stage: what the connection lives on.
#[derive(Debug)]
pub struct MainSecret(Stem);

impl MainSecret {
    /// What protects the client's data; `transcript` ends with the server's Finished.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn client_application(&self, transcript: &Digest) -> Result<TrafficSecret, CryptoError> {
        self.0.derive(b"c ap traffic", transcript).map(TrafficSecret)
    }

    /// What protects the server's data; `transcript` ends with the server's Finished.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn server_application(&self, transcript: &Digest) -> Result<TrafficSecret, CryptoError> {
        self.0.derive(b"s ap traffic", transcript).map(TrafficSecret)
    }

    /// What exporters use; `transcript` ends with the server's Finished.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn exporter(&self, transcript: &Digest) -> Result<ExporterSecret, CryptoError> {
        self.0.derive(b"exp master", transcript).map(ExporterSecret)
    }

    /// What tickets stand for; `transcript` ends with the client's Finished.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `transcript` is of another hash, and whatever makes the hash fail.
    pub fn resumption(&self, transcript: &Digest) -> Result<ResumptionSecret, CryptoError> {
        self.0.derive(b"res master", transcript).map(ResumptionSecret)
    }
}

/// What the PSK of every ticket of this connection is derived from.
#[derive(Clone, Debug)]
pub struct ResumptionSecret(Rooted);

impl ResumptionSecret {
    /// The PSK of the ticket with `nonce`, at most 255 bytes (RFC 9846 §4.7.1).
    ///
    /// # Errors
    /// [`CryptoError::Length`] for a longer nonce, and whatever makes the hash fail.
    pub fn psk(&self, nonce: &[u8]) -> Result<Secret, CryptoError> {
        Ok(self.0.expand(b"resumption", nonce)?.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Broken;
    use handfast_crypto::{HashAlgorithm, Provider};
    use handfast_rustcrypto::{HASHES, SHA256};
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    fn early() -> EarlySecret {
        EarlySecret::new(SHA256, Some(&[0xab; 32])).unwrap()
    }

    fn handshake() -> HandshakeSecret {
        early().handshake(Some(&[0xab; 32])).unwrap()
    }

    fn main() -> MainSecret {
        handshake().main().unwrap()
    }

    #[test]
    fn an_absent_input_is_as_many_zeros_as_the_hash_is_long() {
        for hash in HASHES.iter().copied() {
            let zeros = zeros(hash);
            let transcript = hash.digest(&[]).unwrap();
            let [absent, present] = [None, Some(zeros.as_bytes())].map(|input| {
                let handshake = EarlySecret::new(hash, input).unwrap().handshake(input).unwrap();
                handshake.client_traffic(&transcript).unwrap().as_bytes().to_vec()
            });
            assert_eq!(absent, present);
            assert_eq!(absent.len(), hash.algorithm().output_len());
        }
    }

    /// docs/regressions.md row 39: the label is part of the binder, so one kind of PSK never passes for another.
    #[test]
    fn every_kind_of_psk_has_its_label() {
        let transcript = SHA256.digest(&[b"partial hello"]).unwrap();
        let labels = [
            (BinderKind::External, "ext binder"),
            (BinderKind::Resumption, "res binder"),
            (BinderKind::Imported, "imp binder"),
        ];
        for (kind, label) in labels {
            let binder = early().binder_key(kind).unwrap().verify_data(&transcript).unwrap();
            for (other, other_label) in labels {
                let expected = early().0.derive_bare(other_label.as_bytes()).unwrap().verify_data(&transcript).unwrap();
                assert_eq!(binder == expected, kind == other, "{label} {other_label}");
            }
        }
    }

    #[test]
    fn nothing_derived_from_one_transcript_is_the_same() {
        let transcript = SHA256.digest(&[b"hello"]).unwrap();
        let resumption = main().resumption(&transcript).unwrap();
        let traffic = main().client_application(&transcript).unwrap();
        let secrets: Vec<Vec<u8>> = [
            early().client_early_traffic(&transcript).unwrap().as_bytes(),
            early().early_exporter(&transcript).unwrap().as_bytes(),
            handshake().client_traffic(&transcript).unwrap().as_bytes(),
            handshake().server_traffic(&transcript).unwrap().as_bytes(),
            traffic.as_bytes(),
            traffic.next().unwrap().as_bytes(),
            traffic.next().unwrap().next().unwrap().as_bytes(),
            main().server_application(&transcript).unwrap().as_bytes(),
            main().exporter(&transcript).unwrap().as_bytes(),
            resumption.psk(&[0]).unwrap().as_bytes(),
            resumption.psk(&[1]).unwrap().as_bytes(),
            resumption.psk(&[]).unwrap().as_bytes(),
        ]
        .map(<[u8]>::to_vec)
        .into();
        for (n, secret) in secrets.iter().enumerate() {
            assert!(!secrets[..n].contains(secret), "{n}");
        }
    }

    #[test]
    fn a_ticket_nonce_has_one_length_byte() {
        let resumption = main().resumption(&SHA256.digest(&[]).unwrap()).unwrap();
        assert!(resumption.psk(&[0; 255]).is_ok());
        assert_eq!(resumption.psk(&[0; 256]), Err(CryptoError::Length));
    }

    #[test]
    fn a_suite_with_another_hash_gives_no_keys() {
        let provider = handfast_rustcrypto::provider();
        let traffic = main().client_application(&SHA256.digest(&[]).unwrap()).unwrap();
        for suite in handfast_crypto::suite::TLS13_SUITES {
            let keys = traffic.record_keys(suite, &provider);
            assert_eq!(keys.is_ok(), suite.hash == HashAlgorithm::Sha256, "{}", suite.id);
        }
        let bare = Provider { aeads: &[], ..provider };
        let keys = traffic.record_keys(&handfast_crypto::suite::TLS13_SUITES[0], &bare);
        assert_eq!(keys.unwrap_err(), CryptoError::Unsupported);
    }

    /// docs/regressions.md row 54: no stage exists after a failure of the hash.
    #[test]
    fn a_hash_that_fails_gives_no_secret() {
        assert_eq!(EarlySecret::new(&Broken, None).unwrap_err(), CryptoError::Failed);
        let broken = || Rooted { hash: &Broken, secret: Secret::zero(32) };
        // A key that is only kept does not fail.
        let stem = || broken().stem().unwrap();
        let transcript = Digest::new(&[0; 32]);
        let failures: [Result<(), CryptoError>; 8] = [
            EarlySecret(stem()).binder_key(BinderKind::External).map(drop),
            EarlySecret(stem()).client_early_traffic(&transcript).map(drop),
            EarlySecret(stem()).handshake(None).map(drop),
            HandshakeSecret(stem()).main().map(drop),
            MainSecret(stem()).resumption(&transcript).map(drop),
            TrafficSecret(broken()).next().map(drop),
            TrafficSecret(broken()).verify_data(&transcript).map(drop),
            ExporterSecret(broken()).export(b"label", b"", &mut [0; 4]),
        ];
        assert_eq!(failures, [Err(CryptoError::Failed); 8]);
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_byte() {
        let transcript = SHA256.digest(&[]).unwrap();
        let traffic = main().client_application(&transcript).unwrap();
        let texts: [String; 7] = [
            format!("{:?}", early()),
            format!("{:?}", early().binder_key(BinderKind::External).unwrap()),
            format!("{:?}", handshake()),
            format!("{:?}", main()),
            format!("{traffic:?}"),
            format!("{:?}", main().exporter(&transcript).unwrap()),
            format!("{:?}", main().resumption(&transcript).unwrap()),
        ];
        for text in texts {
            let inside = text.split_once('(').unwrap().1;
            assert_eq!(inside, "Sha256, Secret(32 bytes))");
        }
    }
}
