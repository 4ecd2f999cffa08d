//! Which kind of certificate each side shows: X.509, or a raw public key (RFC 7250).
//!
//! The client says of either side which kinds it can, and the server selects. Where nothing is said it is X.509.

use crate::{ClientAuth, ClientParams, Refusal, ServerParams};
use alloc::{borrow::Cow, vec::Vec};
use handfast_wire::extension::{
    ClientCertificateTypes, SelectedClientCertificateType, SelectedServerCertificateType, ServerCertificateTypes,
};
use handfast_wire::message::ClientHello;
use handfast_wire::{CertificateType, EncodeError, ExtensionBlock, Extensions, List, Violation};

/// What was agreed on for a handshake with certificates.
#[derive(Clone, Copy)]
pub(crate) struct Types {
    /// What the client shows, if it is asked.
    pub(crate) client: CertificateType,
    /// What the server shows.
    pub(crate) server: CertificateType,
}

impl Default for Types {
    fn default() -> Self {
        Self { client: CertificateType::X509, server: CertificateType::X509 }
    }
}

/// Writes what a client can; X.509 alone goes without saying (RFC 7250 §4.1).
pub(crate) fn offer(block: &mut ExtensionBlock, params: &ClientParams) -> Result<(), EncodeError> {
    let said = |types: &[CertificateType]| types.iter().any(|&ty| ty != CertificateType::X509);
    if said(&params.own_certificate_types) {
        block.push(&ClientCertificateTypes(List::from(params.own_certificate_types.as_slice())))?;
    }
    if said(&params.peer_certificate_types) {
        block.push(&ServerCertificateTypes(List::from(params.peer_certificate_types.as_slice())))?;
    }
    Ok(())
}

impl Types {
    /// What the server has selected of a client's offer (RFC 7250 §4.2); by its silence X.509.
    pub(crate) fn selected(extensions: &Extensions<'_>, params: &ClientParams) -> Result<Self, Violation> {
        let client = extensions.find::<SelectedClientCertificateType>()?.map(|selected| selected.0);
        let server = extensions.find::<SelectedServerCertificateType>()?.map(|selected| selected.0);
        let of = |offered: &[CertificateType], selected: Option<CertificateType>| match selected {
            Some(ty) if !offered.contains(&ty) => Err(Violation::SelectedCertificateType(ty)),
            selected => Ok(selected.unwrap_or(CertificateType::X509)),
        };
        Ok(Self {
            client: of(&params.own_certificate_types, client)?,
            server: of(&params.peer_certificate_types, server)?,
        })
    }

    /// The server will show a certificate, which the client has to take. That a client's own is not of the kind that would be
    /// wanted matters only once it is wanted.
    pub(crate) fn check(self, params: &ClientParams) -> Result<Self, Refusal> {
        if params.peer_certificate_types.contains(&self.server) { Ok(self) } else { Err(Refusal::CertificateType) }
    }
}

/// What a client has said that it can; nothing where it did not say.
pub(crate) struct Offered {
    client: Option<Vec<CertificateType>>,
    server: Option<Vec<CertificateType>>,
}

impl Offered {
    pub(crate) fn read(hello: &ClientHello<'_>) -> Result<Self, Violation> {
        let client = hello.extensions.find::<ClientCertificateTypes<'_>>()?.map(|types| types.0);
        let server = hello.extensions.find::<ServerCertificateTypes<'_>>()?.map(|types| types.0);
        Ok(Self { client: client.map(known).transpose()?, server: server.map(known).transpose()? })
    }

    /// As [`Offered::of_server`], for a question to keep.
    pub(crate) fn owned_of_server(&self) -> Cow<'static, [CertificateType]> {
        self.server.clone().map_or(Cow::Borrowed(DEFAULT), Cow::Owned)
    }

    /// What the server may show.
    pub(crate) fn of_server(&self) -> &[CertificateType] {
        self.server.as_deref().unwrap_or(DEFAULT)
    }

    /// What the client is to show: what this side likes best of what it can. X.509 where it is not asked.
    pub(crate) fn of_client(&self, params: &ServerParams) -> Result<CertificateType, Refusal> {
        if params.client_auth == ClientAuth::None {
            return Ok(CertificateType::X509);
        }
        let theirs = self.client.as_deref().unwrap_or(DEFAULT);
        let common = params.peer_certificate_types.iter().find(|ty| theirs.contains(ty));
        common.copied().ok_or(Refusal::CertificateType)
    }

    /// Writes what was selected of what the client has said: for the server, and for the client if it is asked
    /// (RFC 7250 §4.2).
    pub(crate) fn answer(&self, block: &mut ExtensionBlock, types: Types, asks: bool) -> Result<(), EncodeError> {
        if self.client.is_some() && asks {
            block.push(&SelectedClientCertificateType(types.client))?;
        }
        if self.server.is_some() {
            block.push(&SelectedServerCertificateType(types.server))?;
        }
        Ok(())
    }
}

/// Where nothing is said.
const DEFAULT: &[CertificateType] = &[CertificateType::X509];

/// What of a list means something here. RFC 7250 §4.1: who can X.509 alone sends none.
fn known(list: List<'_, CertificateType>) -> Result<Vec<CertificateType>, Violation> {
    if list.iter().all(|ty| ty == CertificateType::X509) {
        return Err(Violation::X509Alone);
    }
    let all = [CertificateType::X509, CertificateType::RAW_PUBLIC_KEY];
    Ok(all.into_iter().filter(|ty| list.contains(ty)).collect())
}
