//! What a ClientHello says of TLS 1.2.

use crate::{ClientParams, Failure, Session};
use handfast_crypto::Cipher;
use handfast_wire::extension::{
    EcPointFormats, EncryptThenMac, ExtendedMasterSecret, RenegotiationInfo, SessionTicket,
};
use handfast_wire::{CipherSuite, EcPointFormat, ExtensionBlock, List};

/// What one ClientHello has that another has not.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hello<'a> {
    /// The session that is offered; its ticket goes along.
    pub(crate) session: Option<&'a Session>,
    /// verify_data of the own Finished before, in a renegotiation.
    pub(crate) verify_data: Option<&'a [u8]>,
}

impl Hello<'_> {
    pub(crate) fn renegotiates(&self) -> bool {
        self.verify_data.is_some()
    }
}

/// The cipher suites, and the signal of a second attempt (RFC 7507 §4).
pub(crate) fn offered_suites(params: &ClientParams) -> impl Iterator<Item = CipherSuite> + '_ {
    let suites = params.tls12.iter().flat_map(|tls12| tls12.suites.iter().map(|suite| suite.id));
    let fallback = params.tls12.iter().any(|tls12| tls12.fallback);
    suites.chain(fallback.then_some(CipherSuite::TLS_FALLBACK_SCSV))
}

/// The extensions.
pub(crate) fn extensions(block: &mut ExtensionBlock, params: &ClientParams, hello: &Hello<'_>) -> Result<(), Failure> {
    let Some(tls12) = &params.tls12 else { return Ok(()) };
    block.push(&ExtendedMasterSecret)?;
    // RFC 5746 §3.4: either this or the signalling suite.
    block.push(&RenegotiationInfo(hello.verify_data.unwrap_or_default()))?;
    if tls12.suites.iter().any(|suite| suite.exchange.has_curve()) {
        block.push(&EcPointFormats(List::from(&[EcPointFormat::UNCOMPRESSED])))?;
    }
    if tls12.suites.iter().any(|suite| matches!(suite.cipher, Cipher::Cbc(..))) {
        block.push(&EncryptThenMac)?;
    }
    // A renegotiation has no session to offer and keeps none. But a server may take the word of the first hello for this
    // one and send a ticket whatever this one says: GnuTLS 3.7 does.
    if tls12.tickets {
        let ticket = hello.session.and_then(Session::ticket).unwrap_or_default();
        block.push(&SessionTicket(ticket))?;
    }
    Ok(())
}
