//! Application-layer protocol negotiation (RFC 7301), the same in both versions.

use crate::{Failure, Refusal};
use alloc::vec::Vec;
use handfast_wire::extension::ProtocolNameList;
use handfast_wire::{Extensions, Violation};

/// The name of HTTP/2.
pub(crate) const HTTP2: &[u8] = b"h2";

/// What a server selected: exactly one protocol, and one of `own` (RFC 7301 §3.1).
pub(crate) fn selected(extensions: &Extensions<'_>, own: &[Vec<u8>]) -> Result<Option<Vec<u8>>, Violation> {
    let Some(ProtocolNameList(list)) = extensions.find()? else { return Ok(None) };
    let mut names = list.iter();
    match (names.next(), names.next()) {
        (Some(name), None) if own.iter().any(|own| own == name.0) => Ok(Some(name.0.to_vec())),
        _ => Err(Violation::SelectedProtocol),
    }
}

/// What a server selects: the protocol preferred here. No overlap is fatal (RFC 7301 §3.2): a connection that continued
/// with a protocol nobody named is what cross-protocol attacks are made of.
pub(crate) fn select(extensions: &Extensions<'_>, own: &[Vec<u8>]) -> Result<Option<Vec<u8>>, Failure> {
    let Some(ProtocolNameList(offered)) = extensions.find()? else { return Ok(None) };
    if own.is_empty() {
        return Ok(None);
    }
    let chosen = own.iter().find(|own| offered.iter().any(|name| name.0 == own.as_slice()));
    Ok(Some(chosen.ok_or(Refusal::Protocol)?.clone()))
}
