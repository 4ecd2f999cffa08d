//! From flags to configurations.

use crate::flags::{Flags, Renegotiate, TLS12};
use crate::peer::{Judge, Keys, Picky};
use crate::world::{Keeper, World};
use handfast::crypto::signature::{SCHEMES, Scheme};
use handfast::crypto::{KeyExchange, Suite};
use handfast::legacy::{Legacy, RenegotiationLimit, TransportIdentity, dangerous_legacy};
use handfast::pki::pem;
use handfast::pki_types::ServerName;
use handfast::wire::extension::SupportedVersions;
use handfast::wire::message::ClientHello;
use handfast::wire::{AlertDescription, CipherSuite, ProtocolVersion, SignatureScheme};
use handfast::{
    Admission, ChooseConfig, ClientAuth, ClientConfig, ClientStart, ConfigChoice, Connection, HelloView, Identity,
    Limits, RenegotiationPolicy, Resolve, ServerConfig, Version, ciphers,
};
use std::error::Error;
use std::sync::Arc;

/// The connection a case wants, with its first bytes in `out`.
pub(crate) fn connection(flags: &Flags, world: &World, out: &mut Vec<u8>) -> Result<Connection, Box<dyn Error>> {
    if !flags.server {
        return client(flags, world, out);
    }
    let transport = transport(flags)?;
    let choose = Choose {
        usual: server(flags, world, None)?,
        transport: transport.map(|transport| server(flags, world, Some(transport))).transpose()?.flatten(),
        refuse: match (flags.refuse_early, flags.refuse_late) {
            (true, _) => Some(AlertDescription::HANDSHAKE_FAILURE),
            (false, true) => Some(AlertDescription::INTERNAL_ERROR),
            (false, false) => None,
        },
    };
    Ok(Connection::accept(&Admission {
        provider: handfast::rustcrypto::provider(),
        limits: limits(flags),
        config: Resolve::Now(Arc::new(choose)),
        trace: None,
    })?)
}

fn client(flags: &Flags, world: &World, out: &mut Vec<u8>) -> Result<Connection, Box<dyn Error>> {
    let (lowest, highest) = versions(flags);
    let mut legacy = legacy(flags).rsa_key_transport();
    legacy = match flags.renegotiate {
        Renegotiate::Never | Renegotiate::Ignore => legacy,
        Renegotiate::Once => legacy.renegotiation(RenegotiationLimit { count: 1, seconds: u64::MAX }),
        Renegotiate::Freely | Renegotiate::Initially => {
            legacy.renegotiation(RenegotiationLimit { count: u32::MAX, seconds: u64::MAX })
        }
    };
    let mut builder = ClientConfig::builder()
        .versions(lowest, highest)
        .suites(suites(flags, |_| true)?)
        .legacy(legacy)
        .fallback(flags.fallback)
        .false_start(flags.false_start)
        .session_timeout(SESSION_TIMEOUT)
        .clock(world.clock.clone())
        .grease(flags.grease)
        .permute_extensions(flags.permute)
        .request_ocsp(flags.request_ocsp)
        .request_scts(flags.request_scts)
        .record_size_limit(None)
        .verifier(Resolve::Now(Arc::new(Judge::new(flags, flags.verify_fail && flags.verify_peer))))
        .protocols(wire_list(&flags.advertise_alpn))
        .limits(limits(flags));
    if flags.renegotiate == Renegotiate::Ignore {
        builder = builder.renegotiation(RenegotiationPolicy::Ignore);
    }
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
    let start = || match &flags.host_name {
        Some(name) => Ok::<_, Box<dyn Error>>(ClientStart::new(&config, ServerName::try_from(name.clone())?)),
        None => Ok(ClientStart::dangerous_nameless(&config)),
    };
    let start = match &world.session {
        // One that may not be offered is not offered.
        Some(session) => start()?.session((**session).clone()).or_else(|_| start())?,
        None => start()?,
    };
    Ok(start.connect(out)?)
}

/// A server's configuration: the usual one, or the one for clients that know no other way than RSA key transport. `None`
/// where it would have no suite.
fn server(
    flags: &Flags,
    world: &World,
    transport: Option<Arc<TransportIdentity>>,
) -> Result<Option<Served>, Box<dyn Error>> {
    let (lowest, highest) = versions(flags);
    let transports = transport.is_some();
    let suites = suites(flags, |exchange| transports == (exchange == KeyExchange::Rsa))?;
    let suites: Vec<_> = suites.into_iter().filter(|&id| !transports || !is_tls13(id)).collect();
    if suites.is_empty() || transports && lowest > Version::Tls12 {
        return Ok(None);
    }
    let legacy = legacy(flags).psk_hint(flags.psk_identity.clone());
    let mut builder = ServerConfig::builder()
        .suites(suites.iter().copied())
        .prefer_own_suites(flags.cipher.is_some() || flags.server_preference)
        .sessions(Arc::new(Keeper::new(flags, world)))
        .session_timeout(SESSION_TIMEOUT)
        .clock(world.clock.clone())
        .limits(limits(flags));
    builder = match transport {
        Some(transport) => builder.versions(lowest, Version::Tls12).legacy(legacy.rsa_key_transport_with(transport)),
        None => builder
            .versions(lowest, highest)
            .legacy(legacy)
            .identities(Resolve::Now(Arc::new(identity(flags)?.into_iter().collect::<Vec<Arc<Identity>>>()))),
    };
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
    Ok(Some(Served { config: builder.build()?, suites }))
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

/// Chooses the configuration by what the client can do: one that signs, and one that decrypts with the same key, which is
/// never both at once here.
struct Choose {
    usual: Option<Served>,
    transport: Option<Served>,
    refuse: Option<AlertDescription>,
}

/// A configuration and its suites.
struct Served {
    config: Arc<ServerConfig>,
    suites: Vec<CipherSuite>,
}

impl ChooseConfig for Choose {
    fn choose(&self, hello: &HelloView) -> ConfigChoice {
        if let Some(alert) = self.refuse {
            return ConfigChoice::Refuse(alert);
        }
        let has = |hello: &ClientHello<'_>, suites: &[CipherSuite]| {
            let versions = hello.extensions.find::<SupportedVersions<'_>>().ok().flatten();
            let tls13 = versions.is_some_and(|versions| versions.0.contains(&ProtocolVersion::TLS1_3));
            suites.iter().any(|id| (tls13 || !is_tls13(*id)) && hello.cipher_suites.contains(id))
        };
        let message = hello.message();
        let fits = |served: &&Served| message.as_ref().is_some_and(|hello| has(hello, &served.suites));
        let (usual, transport) = (self.usual.as_ref(), self.transport.as_ref());
        let chosen = usual.filter(fits).or(transport.filter(fits)).or(usual).or(transport);
        match chosen {
            Some(served) => ConfigChoice::Serve(served.config.clone()),
            None => ConfigChoice::Refuse(AlertDescription::HANDSHAKE_FAILURE),
        }
    }
}

fn identity(flags: &Flags) -> Result<Option<Arc<Identity>>, Box<dyn Error>> {
    let (Some(certificates), Some(key)) = (&flags.cert_file, &flags.key_file) else { return Ok(None) };
    let provider = handfast::rustcrypto::provider();
    let mut identity = Identity::from_pem(&provider, &std::fs::read(certificates)?, &std::fs::read(key)?)?;
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

/// The certificate as one whose key decrypts; `None` for one that cannot.
fn transport(flags: &Flags) -> Result<Option<Arc<TransportIdentity>>, Box<dyn Error>> {
    let (Some(certificates), Some(key)) = (&flags.cert_file, &flags.key_file) else { return Ok(None) };
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
