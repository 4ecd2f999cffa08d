//! From flags to configurations.

mod client;
mod server;

use crate::answers::{Answers, asks};
use crate::flags::{Case, Credential, Flags, TLS12, X509Flags};
use crate::peer::{Judge, Keys, Picky};
use crate::world::World;
use handfast::crypto::signature::Scheme;
use handfast::crypto::{DecryptingKey, KeyExchange, Suite};
use handfast::legacy::{Legacy, TransportIdentity, dangerous_legacy};
use handfast::pki::pem;
use handfast::wire::{CertificateType, CipherSuite, SignatureScheme};
use handfast::{Connection, ExternalPsk, Identity, Importer, Limits, PskRole, Resolve, Session, Version, ciphers};
use std::error::Error;
use std::sync::Arc;

/// A connection, and what goes with it.
pub(crate) struct Made {
    pub(crate) connection: Connection,
    /// The session that a client offers.
    pub(crate) offered: Option<Session>,
    pub(crate) answers: Answers,
}

/// The connection a case wants, with its first bytes in `out`.
pub(crate) fn connection(flags: &Flags, case: &Case, world: &World, out: &mut Vec<u8>) -> Result<Made, Box<dyn Error>> {
    let judge = if flags.server { Judge::of_client } else { Judge::of_server };
    let mut answers = Answers::new(flags, judge(flags, &case.retry, world), world);
    let (connection, offered) = if flags.server {
        (server::server(flags, case, world, &mut answers)?, None)
    } else {
        answers.serving.identities = identities(flags)?;
        client::client(flags, case, world, out)?
    };
    Ok(Made { connection, offered, answers })
}

/// Who decides: the value, at once, or the same value when it is asked.
fn decided<T: ?Sized>(flags: &Flags, by: Arc<T>) -> Resolve<T> {
    if asks(flags) { Resolve::Ask } else { Resolve::Now(by) }
}

/// A name for what is decided elsewhere, without which there are no sessions.
const ASKED: [u8; 32] = [1; 32];

/// The kinds of certificate that the peer may show.
fn peer_types(flags: &Flags) -> Vec<CertificateType> {
    if flags.peer_types.is_empty() { vec![CertificateType::X509] } else { flags.peer_types.clone() }
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
    match Keys::of(flags) {
        Some(keys) => legacy.psk(decided(flags, keys)).psk_without_dh(),
        None => legacy,
    }
}

/// What the cipher string says, or all; of those the ones that `fits` says something good of, and that the case has keys for. There
/// is no DHE in the reference. `None` where a policy has the list, unless there is a string.
fn suites(flags: &Flags, fits: impl Fn(KeyExchange) -> bool) -> Result<Option<Vec<CipherSuite>>, Box<dyn Error>> {
    if flags.policy.is_some() && flags.cipher.is_none() {
        return Ok(None);
    }
    let usable = |suite: &&Suite| {
        let exchange = suite.exchange;
        exchange == KeyExchange::Tls13
            || fits(exchange) && !exchange.has_field() && (flags.psk.is_some() || !exchange.has_psk())
    };
    let chosen = ciphers::parse(flags.cipher.as_deref().unwrap_or("ALL:!AESCCM"))?;
    Ok(Some(chosen.suites().filter(usable).map(|suite| suite.id).collect()))
}

fn is_tls13(id: CipherSuite) -> bool {
    Suite::find(id).is_some_and(Suite::is_tls13)
}

fn limits(flags: &Flags) -> Limits {
    Limits { certificate: flags.max_certificate.unwrap_or(100 * 1024) }
}

/// The certificates of a case in their order: those that have a number, and the one without.
fn identities(flags: &Flags) -> Result<Vec<Arc<Identity>>, Box<dyn Error>> {
    flags.certificates().filter_map(|x509| identity(x509, flags).transpose()).collect()
}

pub(crate) fn identity(x509: &X509Flags, flags: &Flags) -> Result<Option<Arc<Identity>>, Box<dyn Error>> {
    let Some(key) = &x509.key_file else { return Ok(None) };
    let mut key = handfast::rustcrypto::provider().keys.load(&*pem::private_key(&std::fs::read(key)?)?)?;
    if !x509.signing_prefs.is_empty() {
        key = Arc::new(Picky::new(key, &x509.signing_prefs));
    }
    let mut identity = match &x509.cert_file {
        // In the order of the file, whoever issued what.
        Some(certificates) => {
            let chain = pem::certificates(&std::fs::read(certificates)?)?.0;
            match &x509.delegated {
                // The runner signs another order of the same things than RFC 9345 §4 has.
                Some(credential) => Identity::dangerous_delegated_unverified(chain, credential.clone(), key)?,
                None => Identity::with_key(chain, key)?,
            }
        }
        None if x509.raw => Identity::raw(key)?,
        None => return Ok(None),
    };
    // Otherwise it is set in the callback.
    if let Some(response) = x509.ocsp.as_ref().filter(|_| !flags.sets_ocsp_in_callback) {
        identity = identity.with_ocsp(response.clone());
    }
    if x509.must_match_issuer {
        identity = identity.with_issuer_required();
    }
    Ok(Some(identity.with_scts(x509.scts.clone())))
}

/// A credential's pre-shared key, for each hash; none of a certificate.
pub(crate) fn psks(credential: &Credential, role: PskRole) -> Result<Vec<ExternalPsk>, Box<dyn Error>> {
    let Credential::Psk(psk) = credential else { return Ok(Vec::new()) };
    let importer = Importer::new(psk.identity.clone(), &psk.key)?.hash(psk.hash).context(psk.context.clone());
    Ok(importer.import_all(role, &handfast::rustcrypto::provider())?)
}

/// A certificate whose key decrypts.
struct Transport {
    identity: Arc<TransportIdentity>,
    decrypter: Arc<dyn DecryptingKey>,
}

/// The first certificate whose key decrypts.
fn transport(flags: &Flags) -> Result<Option<Transport>, Box<dyn Error>> {
    let provider = handfast::rustcrypto::provider();
    for x509 in flags.certificates() {
        let (Some(certificates), Some(key)) = (&x509.cert_file, &x509.key_file) else { continue };
        let (chain, _) = pem::certificates(&std::fs::read(certificates)?)?;
        let key = pem::private_key(&std::fs::read(key)?)?;
        if let Ok(identity) = TransportIdentity::new(&provider, chain.clone(), &key) {
            let identity = if asks(flags) { TransportIdentity::remote(chain)? } else { identity };
            return Ok(Some(Transport { identity, decrypter: provider.keys.load_decrypter(&key)? }));
        }
    }
    Ok(None)
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
