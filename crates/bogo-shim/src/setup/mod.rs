//! From flags to configurations.

mod client;
mod server;

use crate::flags::{Case, Credential, Flags, TLS12, X509Flags};
use crate::peer::{Keys, Picky};
use crate::world::World;
use handfast::crypto::signature::Scheme;
use handfast::crypto::{KeyExchange, Suite};
use handfast::legacy::{Legacy, TransportIdentity, dangerous_legacy};
use handfast::pki::pem;
use handfast::wire::{CipherSuite, SignatureScheme};
use handfast::{Connection, ExternalPsk, Identity, Importer, Limits, PskRole, Resolve, Session, Version, ciphers};
use std::error::Error;
use std::sync::Arc;

/// The connection a case wants, with its first bytes in `out`, and the session that a client offers.
pub(crate) fn connection(
    flags: &Flags,
    case: &Case,
    world: &World,
    out: &mut Vec<u8>,
) -> Result<(Connection, Option<Session>), Box<dyn Error>> {
    if flags.server { Ok((server::server(flags, case, world)?, None)) } else { client::client(flags, case, world, out) }
}

/// How old sessions of the reference may become, in seconds.
const SESSION_TIMEOUT: u32 = 2 * 60 * 60;

fn versions(flags: &Flags) -> (Version, Version) {
    let version = |code| if code == TLS12 { Version::Tls12 } else { Version::Tls13 };
    let (lowest, highest) = flags.versions().unwrap_or_default();
    // Peers that may sign in TLS 1.2 only are peers of TLS 1.2; a configuration for more than that is refused.
    let signs = |id: &SignatureScheme| Scheme::find(*id).is_some_and(|scheme| scheme.signs_tls13);
    let only12 = !flags.verify_prefs.is_empty() && !flags.verify_prefs.iter().any(signs) && lowest == TLS12;
    (version(lowest), version(if only12 { TLS12 } else { highest }))
}

/// The older ways that the reference has on by default.
fn legacy(flags: &Flags) -> Legacy {
    let legacy = dangerous_legacy().cbc_mac_then_encrypt();
    match &flags.psk {
        Some(key) => {
            let keys = Keys { identity: flags.psk_identity.clone(), key: key.clone() };
            legacy.psk(Resolve::Now(Arc::new(keys))).psk_without_dh()
        }
        None => legacy,
    }
}

/// What the cipher string says, or all; of those the ones that `fits` says something good of, and that the case has keys
/// for. There is no DHE in the reference.
fn suites(flags: &Flags, fits: impl Fn(KeyExchange) -> bool) -> Result<Vec<CipherSuite>, Box<dyn Error>> {
    let chosen = ciphers::parse(flags.cipher.as_deref().unwrap_or("ALL:!AESCCM"))?;
    let usable = |suite: &&Suite| {
        let exchange = suite.exchange;
        exchange == KeyExchange::Tls13
            || fits(exchange) && !exchange.has_field() && (flags.psk.is_some() || !exchange.has_psk())
    };
    Ok(chosen.suites().filter(usable).map(|suite| suite.id).collect())
}

fn is_tls13(id: CipherSuite) -> bool {
    Suite::find(id).is_some_and(Suite::is_tls13)
}

fn limits(flags: &Flags) -> Limits {
    Limits { certificate: flags.max_certificate.unwrap_or(100 * 1024) }
}

/// The certificates of a case: the one without a number, and those that have one.
fn identities(flags: &Flags) -> Result<Vec<Arc<Identity>>, Box<dyn Error>> {
    let mut identities: Vec<_> = own_identity(flags)?.into_iter().collect();
    for credential in &flags.credentials {
        if let Credential::X509(x509) = credential {
            identities.extend(identity(x509)?);
        }
    }
    Ok(identities)
}

fn identity(x509: &X509Flags) -> Result<Option<Arc<Identity>>, Box<dyn Error>> {
    let (Some(certificates), Some(key)) = (&x509.cert_file, &x509.key_file) else { return Ok(None) };
    let provider = handfast::rustcrypto::provider();
    // In the order of the file, whoever issued what.
    let chain = pem::certificates(&std::fs::read(certificates)?)?.0;
    Ok(Some(Identity::new(&provider, chain, &*pem::private_key(&std::fs::read(key)?)?)?))
}

fn own_identity(flags: &Flags) -> Result<Option<Arc<Identity>>, Box<dyn Error>> {
    let Some(mut identity) = identity(&flags.own)? else { return Ok(None) };
    if !flags.signing_prefs.is_empty() {
        let key = identity.signer().cloned().ok_or("a key that was just loaded")?;
        let picky = Arc::new(Picky::new(key, &flags.signing_prefs));
        identity = Identity::with_key(identity.credential().chain().to_vec(), picky)?;
    }
    if let Some(response) = flags.ocsp.as_ref().filter(|_| !flags.decline_ocsp) {
        identity = identity.with_ocsp(response.clone());
    }
    Ok(Some(identity.with_scts(flags.scts.clone())))
}

/// A credential's pre-shared key, for each hash; none of a certificate.
pub(crate) fn psks(credential: &Credential, role: PskRole) -> Result<Vec<ExternalPsk>, Box<dyn Error>> {
    let Credential::Psk(psk) = credential else { return Ok(Vec::new()) };
    let importer = Importer::new(psk.identity.clone(), &psk.key)?.hash(psk.hash).context(psk.context.clone());
    Ok(importer.import_all(role, &handfast::rustcrypto::provider())?)
}

/// The certificate as one whose key decrypts; `None` for one that cannot.
fn transport(flags: &Flags) -> Result<Option<Arc<TransportIdentity>>, Box<dyn Error>> {
    let (Some(certificates), Some(key)) = (&flags.own.cert_file, &flags.own.key_file) else { return Ok(None) };
    let (chain, _) = pem::certificates(&std::fs::read(certificates)?)?;
    let key = pem::private_key(&std::fs::read(key)?)?;
    Ok(TransportIdentity::new(&handfast::rustcrypto::provider(), chain, &key).ok())
}

/// Strings under one-byte lengths.
fn wire_list(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    while let Some((name, rest)) = bytes.split_first().and_then(|(len, rest)| rest.split_at_checked(usize::from(*len)))
    {
        list.push(name.to_vec());
        bytes = rest;
    }
    list
}
