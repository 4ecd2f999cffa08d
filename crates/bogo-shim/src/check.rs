//! What must be true once a handshake is complete.

use crate::flags::{Flags, TLS12};
use handfast::Connection;
use handfast::pki::pem;
use std::error::Error;

/// What is known beside the connection's own facts.
pub(crate) struct Context {
    /// Whether this is not the first connection of the case.
    pub(crate) later: bool,
    /// Whether a client has got a session.
    pub(crate) new_session: bool,
    /// Whether a server has put a session into its store.
    pub(crate) stored: bool,
}

/// Compares what was agreed with what the case expects.
pub(crate) fn check(flags: &Flags, connection: &Connection, context: &Context) -> Result<(), Box<dyn Error>> {
    let (facts, expect) = (connection.facts(), &flags.expect);
    let peer = facts.peer().map(|peer| &*peer.credential);
    let tls12 = facts.version.is_some_and(|version| version.0 == TLS12);
    // The reference remembers these two in its sessions.
    let of_this_handshake = !facts.resumed;
    // Without the extended main secret there are no sessions.
    let keeps = facts.extended_main_secret == Some(true);
    let new_session = keeps && !flags.server && !expect.no_session && (!facts.resumed || expect.ticket_renewal);
    let wrong = [
        ("version", expect.version.is_some_and(|version| facts.version.is_none_or(|own| own.0 != version))),
        ("group", of_this_handshake && expect.group.is_some() && expect.group != facts.group),
        ("suite", expect.suite.is_some_and(|suite| facts.suite.is_none_or(|own| own.id != suite))),
        ("retry", expect.retried.is_some_and(|retried| retried != facts.retried)),
        ("peer scheme", of_this_handshake && expect.peer_scheme.is_some() && expect.peer_scheme != facts.peer_scheme),
        (
            "protocol",
            expect.alpn.as_ref().is_some_and(|alpn| facts.protocol.as_deref().unwrap_or_default() != alpn.as_bytes()),
        ),
        ("server name", expect.server_name.as_ref().is_some_and(|name| *name != facts.server_name)),
        ("peer certificate", expect.no_peer_certificate && peer.is_some()),
        ("OCSP response", expect.ocsp.is_some() && peer.is_none_or(|peer| peer.ocsp != expect.ocsp)),
        ("timestamps", expect.scts.is_some() && peer.is_none_or(|peer| peer.scts != expect.scts)),
        ("resumption", facts.resumed != (context.later && !expect.session_miss)),
        ("session", tls12 && !flags.server && new_session != context.new_session),
        (
            "session in the store",
            !context.later && expect.session_id.is_some_and(|stored| flags.server && stored != context.stored),
        ),
        ("main secret", expect.extended_main_secret && facts.extended_main_secret == Some(false)),
        (
            "word on secure renegotiation",
            tls12 && expect.secure_renegotiation.is_some() && expect.secure_renegotiation != facts.secure_renegotiation,
        ),
    ];
    if let Some((what, _)) = wrong.into_iter().find(|(_, wrong)| *wrong) {
        return Err(format!("unexpected {what}: {facts:?}").into());
    }
    if let Some(file) = &expect.peer_certificate_file {
        let (chain, _) = pem::certificates(&std::fs::read(file)?)?;
        if peer.is_none_or(|peer| peer.chain != chain) {
            return Err("unexpected peer chain".into());
        }
    }
    Ok(())
}
