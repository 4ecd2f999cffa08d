//! From flags to a client.

use super::{ASKED, decided, identities, legacy, limits, peer_types, psks, suites, versions, wire_list};
use crate::compression::Runners;
use crate::flags::{Case, Flags, Renegotiate};
use crate::peer::Judge;
use crate::world::{TICKET_LIFETIME, World};
use handfast::crypto::signature::SCHEMES;
use handfast::legacy::RenegotiationLimit;
use handfast::pki_types::ServerName;
use handfast::wire::NamedGroup;
use handfast::{
    ChooseIdentity, ClientConfig, ClientStart, Connection, PskRole, Recheck, RenegotiationPolicy, Resolve, Session,
    VerifyPeer,
};
use std::error::Error;
use std::sync::Arc;

/// A client with its first bytes in `out`, and the session that it offers.
pub(super) fn client(
    flags: &Flags,
    case: &Case,
    world: &World,
    out: &mut Vec<u8>,
) -> Result<(Connection, Option<Session>), Box<dyn Error>> {
    let config = config(flags, case, world)?;
    let start = || -> Result<ClientStart, Box<dyn Error>> {
        let mut start = match &flags.host_name {
            Some(name) => ClientStart::new(&config, ServerName::try_from(name.clone())?),
            None => ClientStart::dangerous_nameless(&config),
        };
        for psk in flags.credentials.iter().map(|credential| psks(credential, PskRole::Client)) {
            for psk in psk? {
                start = start.psk(psk)?;
            }
        }
        Ok(start.early_data(flags.early_data))
    };
    let session = world.session.as_ref();
    // One that may not be offered is not offered.
    let offered = session.and_then(|session| Some((start().ok()?.session(session.clone()).ok()?, session)));
    Ok(match offered {
        Some((start, session)) => (start.connect(out)?, Some(session.clone())),
        None => (start()?.connect(out)?, None),
    })
}

fn config(flags: &Flags, case: &Case, world: &World) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
    let (lowest, highest) = versions(flags);
    let mut legacy = legacy(flags).rsa_key_transport();
    legacy = match flags.renegotiate {
        Renegotiate::Never | Renegotiate::Ignore => legacy,
        Renegotiate::Once => legacy.renegotiation(RenegotiationLimit { count: 1, seconds: u64::MAX }),
        Renegotiate::Freely | Renegotiate::Initially | Renegotiate::Explicitly => {
            legacy.renegotiation(RenegotiationLimit { count: u32::MAX, seconds: u64::MAX })
        }
    };
    // Who is asked has no answer at hand when a session comes back.
    let judge: Arc<dyn VerifyPeer> = Arc::new(Judge::of_server(flags, &case.retry, world));
    // In the order of the credentials.
    let own_types =
        if flags.client_types.is_empty() { identities(flags)?.certificate_types() } else { flags.client_types.clone() };
    let mut builder = ClientConfig::builder()
        .versions(lowest, highest)
        .legacy(legacy)
        .fallback(flags.fallback)
        .sessions(!flags.no_ticket)
        .require_secure_renegotiation(flags.no_legacy_server)
        .false_start(flags.false_start)
        .session_timeout(super::SESSION_TIMEOUT)
        .ticket_lifetime(TICKET_LIFETIME)
        .recheck(if flags.reverify { Recheck::All } else { Recheck::Validity })
        .require_psk(flags.has_psk_credential() && !flags.verify_peer)
        .clock(world.clock.clone())
        .trace(world.watch.clone())
        .key_log(world.secrets.clone())
        .grease(flags.grease)
        .permute_extensions(flags.permute)
        .request_ocsp(flags.request_ocsp)
        .request_scts(flags.request_scts)
        .record_size_limit(None)
        .peer_certificate_types(peer_types(flags))
        .own_certificate_types(own_types)
        .verifier(if flags.reverify { Resolve::Now(judge) } else { decided(flags, judge) })
        .protocols(wire_list(&flags.advertise_alpn))
        .limits(limits(flags))
        .certificate_compression(Runners::find(&flags.compression));
    if matches!(flags.renegotiate, Renegotiate::Ignore | Renegotiate::Explicitly) {
        builder = builder.renegotiation(RenegotiationPolicy::Ignore);
    }
    if let Some(policy) = flags.policy {
        builder = builder.policy(policy);
    }
    if let Some(suites) = suites(flags, |_| true)? {
        builder = builder.suites(suites);
    }
    let known = |group: &&NamedGroup| flags.server_groups.contains(group);
    match (flags.groups.iter().find(known), &flags.key_shares) {
        (Some(&group), _) => builder = builder.key_shares([group]),
        (None, Some(groups)) => builder = builder.key_shares(groups.iter().copied()),
        (None, None) => {}
    }
    if !flags.groups.is_empty() {
        builder = builder.groups(flags.groups.iter().copied());
    }
    if !flags.verify_prefs.is_empty() {
        let all = SCHEMES.iter().map(|scheme| scheme.id);
        builder = builder.schemes(flags.verify_prefs.iter().copied()).sign_schemes(all);
    }
    if let Some(bytes) = flags.max_fragment {
        builder = builder.max_send_fragment(bytes);
    }
    let identities = identities(flags)?;
    // Where the reference has a certificate it rather fails than goes on without.
    let builder = builder.require_own_certificate(!identities.is_empty());
    Ok(builder.identities(decided(flags, Arc::new(identities))).peer_domain(ASKED).session_context("asked").build()?)
}
