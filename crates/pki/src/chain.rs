//! What the peer sent, read.

use crate::cert::Certificate;
use crate::error::{Error, Rule, Tried, UNREAD, Which};
use alloc::string::ToString;
use alloc::vec::Vec;
use pki_types::CertificateDer;

/// What the peer sent.
pub(crate) struct Chain<'a> {
    pub(crate) leaf: Certificate<'a>,
    /// All others that could be read.
    pub(crate) others: Vec<Other<'a>>,
    /// Those that could not. The one that is missing may be among them.
    pub(crate) unread: Vec<Tried>,
}

/// A certificate that may have issued one of the path.
pub(crate) struct Other<'a> {
    /// Where the peer has it.
    pub(crate) index: usize,
    pub(crate) certificate: Certificate<'a>,
    /// Its subject and its issuer, as [`Name::key`](crate::subject::Name) has them.
    pub(crate) subject: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
}

impl<'a> Chain<'a> {
    pub(crate) fn read(chain: &'a [CertificateDer<'_>]) -> Result<Self, Error> {
        let (leaf, others) = chain.split_first().ok_or(Rule::EmptyChain)?;
        let leaf = Certificate::parse(leaf).map_err(Error::about_unread)?;
        let mut own = Self { leaf, others: Vec::new(), unread: Vec::new() };
        for (index, der) in (1..).zip(others) {
            match Certificate::parse(der) {
                Ok(certificate) => {
                    let (subject, issuer) = (certificate.subject().key(), certificate.issuer().key());
                    own.others.push(Other { index, certificate, subject, issuer });
                }
                Err(rule) => {
                    let (which, subject) = (Which::Peer(index), UNREAD.to_string());
                    // Where on a path it belongs nobody can tell.
                    own.unread.push(Tried { which, depth: 1, subject, rule });
                }
            }
        }
        Ok(own)
    }
}
