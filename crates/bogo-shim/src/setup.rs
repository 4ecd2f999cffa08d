//! From flags to configurations.

use crate::flags::Flags;
use handfast::crypto::signature::SCHEMES;
use handfast::crypto::{CryptoError, PublicKey, Random, SigningKey};
use handfast::pki_types::{ServerName, UnixTime};
use handfast::wire::{AlertDescription, SignatureScheme};
use handfast::{
    ClientAuth, ClientConfig, ClientStart, Connection, Identity, Limits, PeerQuestion, Rejection, Resolve,
    ServerConfig, VerifyPeer,
};
use std::error::Error;
use std::sync::Arc;

/// The connection a case wants, with its first bytes in `out`.
pub(crate) fn connection(flags: &Flags, out: &mut Vec<u8>) -> Result<Connection, Box<dyn Error>> {
    if flags.server { Ok(Connection::server(&server(flags)?)?) } else { client(flags, out) }
}

fn client(flags: &Flags, out: &mut Vec<u8>) -> Result<Connection, Box<dyn Error>> {
    let mut builder = ClientConfig::builder()
        .grease(flags.grease)
        .permute_extensions(flags.permute)
        .record_size_limit(None)
        .verifier(Resolve::Now(Arc::new(Judge::new(flags, flags.verify_fail && flags.verify_peer))))
        .protocols(wire_list(&flags.advertise_alpn))
        .limits(limits(flags));
    if !flags.groups.is_empty() {
        builder = builder.groups(flags.groups.iter().copied());
    }
    if !flags.verify_prefs.is_empty() {
        builder =
            builder.schemes(flags.verify_prefs.iter().copied()).sign_schemes(SCHEMES.iter().map(|scheme| scheme.id));
    }
    if let Some(bytes) = flags.max_fragment {
        builder = builder.max_send_fragment(bytes);
    }
    if let Some(identity) = identity(flags)? {
        builder = builder.identity(identity);
    }
    let config = builder.build()?;
    let start = match &flags.host_name {
        Some(name) => ClientStart::new(&config, ServerName::try_from(name.clone())?),
        None => ClientStart::dangerous_nameless(&config),
    };
    Ok(start.connect(out)?)
}

fn server(flags: &Flags) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
    let mut builder = ServerConfig::builder().limits(limits(flags));
    if !flags.groups.is_empty() {
        builder = builder.groups(flags.groups.iter().copied());
    }
    if !flags.verify_prefs.is_empty() {
        builder =
            builder.schemes(flags.verify_prefs.iter().copied()).sign_schemes(SCHEMES.iter().map(|scheme| scheme.id));
    }
    if let (Some(protocol), false) = (&flags.select_alpn, flags.decline_alpn) {
        builder = builder.protocols([protocol.as_str()]);
    }
    if let Some(bytes) = flags.max_fragment {
        builder = builder.max_send_fragment(bytes);
    }
    let mode = match (flags.require_certificate, flags.verify_peer) {
        (true, _) => ClientAuth::Require,
        (false, true) => ClientAuth::Request,
        (false, false) => ClientAuth::None,
    };
    if mode != ClientAuth::None {
        builder = builder
            .client_verifier(mode, Resolve::Now(Arc::new(Judge::new(flags, flags.verify_fail))))
            .authorities(flags.client_authorities.iter().cloned());
    }
    builder = match identity(flags)? {
        Some(identity) => builder.identity(identity),
        None => builder.identities(Resolve::Now(Arc::new(Vec::<Arc<Identity>>::new()))),
    };
    Ok(builder.build()?)
}

fn limits(flags: &Flags) -> Limits {
    Limits { certificate: flags.max_certificate.unwrap_or(100 * 1024) }
}

fn identity(flags: &Flags) -> Result<Option<Arc<Identity>>, Box<dyn Error>> {
    let (Some(certificates), Some(key)) = (&flags.cert_file, &flags.key_file) else { return Ok(None) };
    let provider = handfast::rustcrypto::provider();
    let identity = Identity::from_pem(&provider, &std::fs::read(certificates)?, &std::fs::read(key)?)?;
    if flags.signing_prefs.is_empty() {
        return Ok(Some(identity));
    }
    let inner = identity.signer().cloned().ok_or("a key that was just loaded")?;
    let schemes = flags.signing_prefs.iter().copied().filter(|scheme| inner.schemes().contains(scheme)).collect();
    let picky = Arc::new(Picky { inner, schemes });
    Ok(Some(Identity::with_key(identity.credential().chain().to_vec(), picky)?))
}

/// A key that signs with some of its schemes only.
#[derive(Debug)]
struct Picky {
    inner: Arc<dyn SigningKey>,
    schemes: Vec<SignatureScheme>,
}

impl SigningKey for Picky {
    fn public_key(&self) -> &PublicKey {
        self.inner.public_key()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        self.inner.sign(scheme, message, random)
    }
}

/// Accepts everybody or nobody: paths are not part of the test.
struct Judge(Result<(), AlertDescription>);

impl Judge {
    /// The reference's own verifier says `certificate_unknown`, the library beneath it `handshake_failure`.
    fn new(flags: &Flags, fails: bool) -> Self {
        Self(match (fails, flags.custom_verify) {
            (false, _) => Ok(()),
            (true, true) => Err(AlertDescription::CERTIFICATE_UNKNOWN),
            (true, false) => Err(AlertDescription::HANDSHAKE_FAILURE),
        })
    }
}

impl VerifyPeer for Judge {
    fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
        self.0.map_err(|alert| Rejection { alert, reason: None })
    }
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
