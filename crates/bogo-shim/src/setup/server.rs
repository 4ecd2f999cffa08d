//! From flags to a server: one configuration for each thing it can authenticate with, and whoever chooses among them.

use super::{
    ASKED, SESSION_TIMEOUT, Transport, decided, identity, is_tls13, legacy, limits, peer_types, psks, suites,
    transport, versions,
};
use crate::answers::{Admits, Answers, Serving, asks};
use crate::compression::Runners;
use crate::flags::{Case, Credential, Flags};
use crate::peer::{Judge, Responses};
use crate::world::{Keeper, TICKET_LIFETIME, World};
use handfast::crypto::group::is_post_quantum;
use handfast::crypto::signature::{SCHEMES, Scheme};
use handfast::crypto::{Authentication, KeyExchange, KeyKind, Suite};
use handfast::wire::extension::{
    OfferedPsks, PskKeyExchangeModes, SignatureAlgorithms, SupportedGroups, SupportedVersions,
};
use handfast::wire::message::ClientHello;
use handfast::wire::{AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, PskKeyExchangeMode, SignatureScheme};
use handfast::{
    Admission, ChooseConfig, ClientAuth, ConfigChoice, Connection, ExternalPsk, HelloView, Identity, KeepSessions,
    PskRole, Resolve, ServerConfig, ServerConfigBuilder, VerifyPeer, Version,
};
use std::error::Error;
use std::sync::Arc;

pub(super) fn server(
    flags: &Flags,
    case: &Case,
    world: &World,
    answers: &mut Answers,
) -> Result<Connection, Box<dyn Error>> {
    let shows = Shows::all(flags)?;
    let transport = transport(flags)?.map(Shows::Transport);
    let served = |shows| served(flags, case, world, shows);
    let choose = Arc::new(Choose {
        usual: shows.into_iter().filter_map(|shows| served(shows).transpose()).collect::<Result<_, _>>()?,
        transport: transport.map(served).transpose()?.flatten(),
        refuse: match (flags.refuse_early, flags.refuse_late) {
            (true, _) => Some(AlertDescription::HANDSHAKE_FAILURE),
            (false, true) => Some(AlertDescription::INTERNAL_ERROR),
            (false, false) => None,
        },
    });
    answers.admission = Some(choose.clone());
    Ok(Connection::accept(&Admission {
        provider: handfast::rustcrypto::provider(),
        limits: limits(flags),
        config: decided(flags, choose as Arc<dyn ChooseConfig>),
        trace: Some(world.watch.clone()),
    })?)
}

/// What a configuration authenticates with.
enum Shows {
    Certificates(Vec<Arc<Identity>>),
    Psks(Vec<ExternalPsk>),
    /// For clients that know no other way than RSA key transport.
    Transport(Transport),
}

impl Shows {
    /// In the order of the credentials; what is next to each other is for one configuration.
    fn all(flags: &Flags) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut shows = Vec::new();
        for credential in &flags.credentials {
            match (credential, shows.last_mut()) {
                (Credential::Psk(_), _) => shows.push(Self::Psks(psks(credential, PskRole::Server)?)),
                (Credential::X509(x509), Some(Self::Certificates(before))) => before.extend(identity(x509, flags)?),
                (Credential::X509(x509), _) => {
                    shows.push(Self::Certificates(identity(x509, flags)?.into_iter().collect()));
                }
            }
        }
        let own = identity(&flags.own, flags)?;
        match shows.last_mut() {
            Some(Self::Certificates(before)) => before.extend(own),
            Some(_) if own.is_none() => {}
            _ => shows.push(Self::Certificates(own.into_iter().collect())),
        }
        Ok(shows)
    }
}

/// A configuration, and what tells whether it is one for a client.
struct Served {
    config: Arc<ServerConfig>,
    suites: Vec<CipherSuite>,
    /// The schemes that its certificates sign with.
    schemes: Vec<SignatureScheme>,
    /// The groups that TLS 1.2 can use.
    curves: Vec<NamedGroup>,
    serving: Serving,
}

/// One configuration; `None` where it would have no suite.
fn served(flags: &Flags, case: &Case, world: &World, shows: Shows) -> Result<Option<Served>, Box<dyn Error>> {
    let (lowest, highest) = versions(flags);
    let transports = matches!(shows, Shows::Transport(_));
    let (listed, suites) = lists(flags, transports)?;
    if suites.is_empty() || transports && lowest > Version::Tls12 {
        return Ok(None);
    }
    let legacy = legacy(flags).psk_hint(flags.psk_identity.clone());
    let mut builder = ServerConfig::builder()
        .prefer_own_suites(flags.cipher.is_some() || flags.server_preference || flags.policy.is_some())
        .equal_suites(flags.equal_suites.clone())
        .require_secure_renegotiation(flags.no_legacy_server)
        .session_timeout(SESSION_TIMEOUT)
        .ticket_lifetime(TICKET_LIFETIME)
        .clock(world.clock.clone())
        .trace(world.watch.clone())
        .limits(limits(flags))
        .peer_certificate_types(peer_types(flags))
        .certificate_compression(Runners::find(&flags.compression));
    if let Some(responses) = Responses::of(flags) {
        builder = builder.staples(decided(flags, Arc::new(responses)));
    }
    let keeper = Keeper::new(flags, world);
    builder = if asks(flags) {
        builder.ask_sessions(keeper.tickets(), keeper.session_ids()).peer_domain(ASKED).session_context("asked")
    } else {
        builder.sessions(Arc::new(keeper))
    };
    if flags.no_ticket {
        builder = builder.tickets(0);
    }
    if flags.early_data {
        builder =
            builder.early_data(MAX_EARLY_DATA).anti_replay(decided(flags, world.register.clone() as _)).half_rtt(true);
    }
    let (mut schemes, mut serving) = (Vec::new(), Serving::default());
    builder = match shows {
        Shows::Transport(transport) => {
            serving.decrypter = Some(transport.decrypter);
            builder.versions(lowest, Version::Tls12).legacy(legacy.rsa_key_transport_with(transport.identity))
        }
        Shows::Certificates(identities) => {
            schemes = identities.iter().flat_map(|identity| identity.schemes()).copied().collect();
            serving.identities.clone_from(&identities);
            builder.versions(lowest, highest).legacy(legacy).identities(decided(flags, Arc::new(identities) as _))
        }
        // Whoever has none of the keys meets a server without a certificate.
        Shows::Psks(psks) => {
            serving.psks.clone_from(&psks);
            let nothing = Resolve::Now(Arc::new(Vec::<Arc<Identity>>::new()) as _);
            builder.versions(Version::Tls13, highest).identities(nothing).psks(decided(flags, Arc::new(psks) as _))
        }
    };
    if let Some(policy) = flags.policy {
        builder = builder.policy(policy);
    }
    if listed {
        builder = builder.suites(suites.iter().copied());
    }
    if !flags.groups.is_empty() {
        builder = builder.groups(flags.groups.iter().copied());
    }
    if !flags.verify_prefs.is_empty() {
        let all = SCHEMES.iter().map(|scheme| scheme.id);
        builder = builder.schemes(flags.verify_prefs.iter().copied()).sign_schemes(all);
    }
    builder = match (&flags.select_alpn, flags.decline_alpn, flags.reject_alpn) {
        (_, _, true) => builder.protocols(["none that a client has"]),
        (Some(protocol), false, _) => {
            builder.protocols([protocol.as_str()].into_iter().filter(|name| !name.is_empty()))
        }
        _ => builder,
    };
    if let Some(bytes) = flags.max_fragment {
        builder = builder.max_send_fragment(bytes);
    }
    builder = asks_client(builder, flags, case, world);
    schemes.retain(|id| flags.policy.is_none_or(|policy| policy.sign_schemes().contains(id)));
    Ok(Some(Served { config: builder.build()?, suites, schemes, curves: curves(flags), serving }))
}

/// Whether there is a list of suites, and what there will be, by which the configuration is chosen.
fn lists(flags: &Flags, transports: bool) -> Result<(bool, Vec<CipherSuite>), Box<dyn Error>> {
    let fits = |exchange| transports == (exchange == KeyExchange::Rsa);
    let listed = suites(flags, fits)?;
    let policy = flags.policy.map(|policy| policy.suites()).unwrap_or_default();
    let is_of = |id: &CipherSuite| is_tls13(*id) || Suite::find(*id).is_some_and(|suite| fits(suite.exchange));
    let is_listed = listed.is_some();
    let mut suites = listed.unwrap_or_else(|| policy.iter().copied().filter(is_of).collect());
    suites.retain(|&id| !transports || !is_tls13(id));
    Ok((is_listed, suites))
}

/// The groups that TLS 1.2 can use.
fn curves(flags: &Flags) -> Vec<NamedGroup> {
    let all = handfast::rustcrypto::provider();
    let curves = all.groups.iter().map(|group| group.name()).filter(|&name| !is_post_quantum(name));
    let curves = curves.filter(|name| flags.groups.is_empty() || flags.groups.contains(name));
    curves.filter(|name| flags.policy.is_none_or(|policy| policy.groups().contains(name))).collect()
}

/// Whether the client is to show a certificate, and who judges it.
fn asks_client(builder: ServerConfigBuilder, flags: &Flags, case: &Case, world: &World) -> ServerConfigBuilder {
    let mode = match (flags.require_certificate, flags.verify_peer) {
        (true, _) => ClientAuth::Require,
        (false, true) => ClientAuth::Request,
        (false, false) => return builder,
    };
    let judge: Arc<dyn VerifyPeer> = Arc::new(Judge::of_client(flags, &case.retry, world));
    builder.client_verifier(mode, decided(flags, judge)).authorities(flags.client_authorities.iter().cloned())
}

/// How much early data a ticket of the reference allows, in bytes.
const MAX_EARLY_DATA: u32 = 14_336;

/// Chooses the configuration by what the client can do: the first that fits, as the reference takes the first of its
/// credentials that does; and of one that signs and one that decrypts with the same key, which is never both at once here,
/// the one that signs.
struct Choose {
    usual: Vec<Served>,
    transport: Option<Served>,
    refuse: Option<AlertDescription>,
}

impl ChooseConfig for Choose {
    fn choose(&self, hello: &HelloView) -> ConfigChoice {
        if let Some(alert) = self.refuse {
            return ConfigChoice::Refuse(alert);
        }
        let message = hello.message();
        let fits = |served: &&Served| message.as_ref().is_some_and(|hello| served.fits(hello, self.usual.len() > 1));
        let (usual, transport) = (|| self.usual.iter(), || self.transport.as_ref());
        match usual().find(fits).or_else(|| transport().filter(fits)).or(self.usual.last()).or_else(transport) {
            Some(served) => ConfigChoice::Serve(served.config.clone()),
            None => ConfigChoice::Refuse(AlertDescription::HANDSHAKE_FAILURE),
        }
    }
}

impl Admits for Choose {
    fn serving(&self, config: &Arc<ServerConfig>) -> Serving {
        let served = self.usual.iter().chain(&self.transport).find(|served| Arc::ptr_eq(&served.config, config));
        served.map(|served| served.serving.clone()).unwrap_or_default()
    }
}

impl Served {
    /// Whether it could serve the client. Where there are no `others`, the client's wish in TLS 1.3 is not looked at: what is
    /// wrong with it the engine says.
    fn fits(&self, hello: &ClientHello<'_>, others: bool) -> bool {
        let versions = hello.extensions.find::<SupportedVersions<'_>>().ok().flatten();
        let tls13 = versions.is_some_and(|versions| versions.0.contains(&ProtocolVersion::TLS1_3));
        let common = || self.suites.iter().filter(|id| hello.cipher_suites.contains(id));
        if tls13 && common().any(|&id| is_tls13(id)) {
            return !others || self.has_key_for(hello) || self.signs_for(hello);
        }
        common().filter_map(|&id| Suite::find(id)).any(|suite| match suite.exchange {
            KeyExchange::Ecdhe => self.has_curve_of(hello) && self.signs_with(suite, hello),
            KeyExchange::Tls13 => false,
            _ => true,
        })
    }

    fn has_curve_of(&self, hello: &ClientHello<'_>) -> bool {
        let groups = hello.extensions.find::<SupportedGroups<'_>>().ok().flatten();
        groups.is_none_or(|groups| self.curves.iter().any(|group| groups.0.contains(group)))
    }

    /// Whether a key of its own can sign for a suite of TLS 1.2.
    fn signs_with(&self, suite: &Suite, hello: &ClientHello<'_>) -> bool {
        let schemes = hello.extensions.find::<SignatureAlgorithms<'_>>().ok().flatten();
        let is_rsa = |key| matches!(key, KeyKind::Rsa | KeyKind::RsaPss);
        let fits = |scheme: &Scheme| is_rsa(scheme.key) == (suite.auth == Authentication::Rsa);
        let own = || self.schemes.iter().filter(|id| Scheme::find(**id).is_some_and(fits));
        schemes.is_some_and(|schemes| own().any(|id| schemes.0.contains(id)))
    }

    fn has_key_for(&self, hello: &ClientHello<'_>) -> bool {
        let modes = hello.extensions.find::<PskKeyExchangeModes<'_>>().ok().flatten();
        let dhe = modes.is_some_and(|modes| modes.0.contains(&PskKeyExchangeMode::PSK_DHE_KE));
        // The suite comes first.
        let suite = hello.cipher_suites.iter().find_map(|id| Suite::find(id).filter(|_| self.suites.contains(&id)));
        let offered = hello.extensions.find::<OfferedPsks<'_>>().ok().flatten();
        let identities = offered.map(|offered| offered.identities).unwrap_or_default();
        let fits = |psk: &ExternalPsk| suite.is_some_and(|suite| suite.hash == psk.hash());
        dhe && identities
            .iter()
            .any(|offer| self.serving.psks.iter().any(|psk| fits(psk) && psk.is_called(offer.identity)))
    }

    fn signs_for(&self, hello: &ClientHello<'_>) -> bool {
        let schemes = hello.extensions.find::<SignatureAlgorithms<'_>>().ok().flatten();
        schemes.is_some_and(|schemes| schemes.0.iter().any(|scheme| self.schemes.contains(&scheme)))
    }
}
