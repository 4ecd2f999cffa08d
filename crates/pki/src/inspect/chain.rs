//! Which certificate of a chain issued which.

use super::Description;
use crate::cert::Certificate;
use crate::error::Rule;
use alloc::boxed::Box;
use alloc::vec::Vec;
use handfast_crypto::Provider;
use pki_types::CertificateDer;

/// How many issuers above each other are described. Deeper paths are not verified either.
const MAX_DEPTH: usize = 32;

impl Description {
    /// Describes the first certificate of a chain, its issuer among the others, whose issuer, and so on, as
    /// [`issuer_certificate`](Description::issuer_certificate). Those that cannot be read have issued nothing. Who issued
    /// whom is looked up by name and key identifier; signatures are not checked. Each certificate occurs once at most, and a root
    /// points at nothing.
    ///
    /// # Errors
    /// [`Rule::EmptyChain`]; and why the first certificate cannot be read, as [`Certificate::parse`].
    pub fn of_chain(chain: &[CertificateDer<'_>], provider: &Provider) -> Result<Self, Rule> {
        let (leaf, others) = chain.split_first().ok_or(Rule::EmptyChain)?;
        let mut left: Vec<_> = others.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
        let mut path = [Certificate::parse(leaf)?].to_vec();
        while let Some(last) = path.last().filter(|_| path.len() <= MAX_DEPTH)
            && let Some(at) = issuer(last, &left)
        {
            let found = left.swap_remove(at);
            left.retain(|other| other.der() != found.der());
            path.push(found);
        }
        let mut above: Option<Box<Self>> = None;
        for certificate in path.iter().skip(1).rev() {
            above = Some(Box::new(Self { issuer_certificate: above, ..Self::of(certificate, provider) }));
        }
        let leaf = path.first().ok_or(Rule::EmptyChain)?;
        Ok(Self { issuer_certificate: above, ..Self::of(leaf, provider) })
    }
}

/// Which of these can have issued `certificate`, by name and key identifier. One that is self-signed, as far as that can be told
/// without checking it, is issued by none of them.
pub fn issuer(certificate: &Certificate<'_>, others: &[Certificate<'_>]) -> Option<usize> {
    let wanted = certificate.authority_key_identifier().ok().flatten();
    let own = certificate.subject_key_identifier().ok().flatten();
    if certificate.is_self_issued() && (wanted.is_none() || wanted == own) {
        return None;
    }
    let name = certificate.issuer().key();
    // One that says which key it has, and that it is the right one, is better than one that does not say.
    let mut silent = None;
    for (at, other) in others.iter().enumerate().filter(|(_, other)| other.der() != certificate.der()) {
        let key = other.subject_key_identifier().ok().flatten();
        let contradicts = wanted.is_some() && key.is_some() && wanted != key;
        if contradicts || other.subject().key() != name {
            continue;
        }
        if wanted.is_some() && wanted == key {
            return Some(at);
        }
        silent = silent.or(Some(at));
    }
    silent
}
