//! What must be true once a handshake is complete, and at the end.

use crate::flags::{Credential, Expect, Flags, TLS12, TLS13, X509Flags};
use crate::setup::{identity, psks};
use crate::watch::Asked;
use handfast::crypto::HashAlgorithm;
use handfast::pki::pem;
use handfast::wire::CipherSuite;
use handfast::{Connection, EarlyData, EarlyOmission, EarlyRefusal, Facts, PeerCredential, PskRole, Session};
use std::error::Error;

/// What is known beside the connection's own facts.
pub(crate) struct Context {
    /// Whether this is not the first connection of the case.
    pub(crate) later: bool,
    /// Whether a client has got a session.
    pub(crate) new_session: bool,
    /// Whether a server has put a session into its store.
    pub(crate) stored: bool,
    /// Whether somebody was asked about the peer.
    pub(crate) judged: bool,
}

/// Compares what was agreed with what the case expects.
pub(crate) fn check(flags: &Flags, connection: &Connection, context: &Context) -> Result<(), Box<dyn Error>> {
    let (facts, expect) = (connection.facts(), &flags.expect);
    let tls12 = facts.version.is_some_and(|version| version.0 == TLS12);
    // The reference remembers these in its sessions: the scheme always, the group in TLS 1.2.
    let of_this_handshake = !facts.resumed;
    // Without the extended main secret there are no sessions.
    let keeps = facts.extended_main_secret == Some(true);
    let new_session = keeps && !flags.server && !expect.no_session && (!facts.resumed || expect.ticket_renewal);
    let known = Known {
        version: facts.version.map_or(0, |version| version.0),
        suite: facts.suite.map(|suite| suite.id),
        protocol: facts.protocol.as_deref(),
        peer: facts.peer().map(|peer| &*peer.credential),
    };
    known.check(expect)?;
    none(&[
        ("group", (of_this_handshake || !tls12) && expect.group.is_some() && expect.group != facts.group),
        ("retry", expect.retried.is_some_and(|retried| retried != facts.retried)),
        ("peer scheme", of_this_handshake && expect.peer_scheme.is_some() && expect.peer_scheme != facts.peer_scheme),
        (
            "server name",
            expect.server_name.as_ref().is_some_and(|name| name.as_deref() != facts.server_name.as_deref()),
        ),
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
        ("credential", expect.credential.is_some_and(|at| selected(flags, facts).map_or(true, |own| own != at))),
        // Who is not verified in the reference is accepted here, so what the judge has said is always yes.
        (
            "verdict on the peer",
            expect.verify_result && context.judged && !facts.peer().is_some_and(|peer| peer.verified),
        ),
        ("early data", is_early_data_wrong(flags, facts)),
        (
            "age of the ticket",
            context.later
                && expect
                    .ticket_age_skew
                    .is_some_and(|skew| facts.ticket_age_skew.map(|own| own / 1_000) != Some(skew)),
        ),
    ])
    .map_err(|what| format!("{what}: {facts:?}").into())
}

/// Compares what a client takes for granted when it sends early data: that all is as it was.
pub(crate) fn predicted(flags: &Flags, session: &Session) -> Result<(), Box<dyn Error>> {
    let known = Known {
        version: TLS13,
        suite: Some(session.suite().id),
        protocol: session.protocol(),
        peer: session.peer().map(|peer| &*peer.credential),
    };
    known.check(&flags.expect)?;
    Ok(none(&[("offer of early data", flags.expect.no_offer_early_data)])?)
}

/// Compares what is known at the end.
pub(crate) fn finally(flags: &Flags, facts: &Facts, session: Option<&Session>) -> Result<(), Box<dyn Error>> {
    let tls13_client = !flags.server && facts.version.is_some_and(|version| version.0 == TLS13);
    let allows = session.is_some_and(|session| session.max_early_data() > 0);
    let ticket = session.is_some() == flags.expect.no_session && !flags.shuts_down;
    none(&[
        ("renegotiations", facts.renegotiations != flags.expect.renegotiations),
        ("session", tls13_client && ticket),
        ("early data of a ticket", tls13_client && session.is_some() && allows != flags.expect.ticket_early_data),
    ])
    .map_err(|what| format!("{what}: {facts:?}").into())
}

/// Compares what the peer has asked for.
pub(crate) fn asked(expect: &Expect, asked: &Asked) -> Result<(), String> {
    none(&[
        ("offer of protocols", expect.advertised_alpn.as_ref().is_some_and(|alpn| *alpn != asked.protocols)),
        ("list of schemes", !expect.verify_prefs.is_empty() && expect.verify_prefs != asked.schemes),
        ("list of authorities", expect.client_authorities.as_ref().is_some_and(|names| *names != asked.authorities)),
        ("list of types", expect.certificate_types.as_ref().is_some_and(|types| *types != asked.certificate_types)),
    ])
}

/// What is as well known of a session as of a connection.
struct Known<'a> {
    version: u16,
    suite: Option<CipherSuite>,
    protocol: Option<&'a [u8]>,
    peer: Option<&'a PeerCredential>,
}

impl Known<'_> {
    fn check(&self, expect: &Expect) -> Result<(), Box<dyn Error>> {
        let peer = self.peer;
        none(&[
            ("version", expect.version.is_some_and(|version| self.version != version)),
            ("suite", expect.suite.is_some() && expect.suite != self.suite),
            ("protocol", expect.alpn.as_ref().is_some_and(|alpn| self.protocol.unwrap_or_default() != alpn.as_bytes())),
            ("peer certificate", expect.no_peer_certificate && peer.is_some()),
            ("OCSP response", expect.ocsp.is_some() && peer.is_none_or(|peer| peer.ocsp != expect.ocsp)),
            (
                "type of certificate",
                expect.peer_certificate_type.is_some()
                    && peer.map(PeerCredential::certificate_type) != expect.peer_certificate_type,
            ),
            (
                "raw public key",
                expect.raw_key_sha256.as_ref().is_some_and(|hash| peer.and_then(sha256).as_ref() != Some(hash)),
            ),
            ("timestamps", expect.scts.is_some() && peer.is_none_or(|peer| peer.scts != expect.scts)),
        ])?;
        if let Some(file) = &expect.peer_certificate_file {
            let (chain, _) = pem::certificates(&std::fs::read(file)?)?;
            if peer.is_none_or(|peer| peer.chain != chain) {
                return Err("unexpected peer chain".into());
            }
        }
        Ok(())
    }
}

/// Of the peer's raw public key.
fn sha256(peer: &PeerCredential) -> Option<Vec<u8>> {
    let mut hash = handfast::rustcrypto::provider().hash(HashAlgorithm::Sha256)?.start();
    hash.update(peer.raw_key.as_ref()?);
    Some(hash.current().ok()?.as_bytes().to_vec())
}

fn none(wrong: &[(&str, bool)]) -> Result<(), String> {
    match wrong.iter().find(|(_, wrong)| *wrong) {
        Some((what, _)) => Err(format!("unexpected {what}")),
        None => Ok(()),
    }
}

/// Which of the credentials has authenticated this side.
fn selected(flags: &Flags, facts: &Facts) -> Result<i32, Box<dyn Error>> {
    for (at, credential) in (0..).zip(&flags.credentials) {
        let used = match credential {
            Credential::X509(x509) => has_presented(x509, flags, facts)?,
            Credential::Psk(_) => psks(credential, PskRole::Client)?
                .iter()
                .any(|psk| facts.psk_identity.as_ref().is_some_and(|identity| psk.is_called(identity))),
        };
        if used {
            return Ok(at);
        }
    }
    Ok(-1)
}

/// Whether this was shown.
fn has_presented(x509: &X509Flags, flags: &Flags, facts: &Facts) -> Result<bool, Box<dyn Error>> {
    let (Some(identity), Some(own)) = (identity(x509, flags)?, facts.own()) else { return Ok(false) };
    let shown = identity.credential();
    // Two of one key differ in what they sign with.
    let signs = facts.own_scheme.is_none_or(|scheme| identity.schemes().contains(&scheme));
    Ok(shown.chain() == own.chain() && shown.raw_key() == own.raw_key() && signs)
}

fn is_early_data_wrong(flags: &Flags, facts: &Facts) -> bool {
    let (state, expect) = (facts.early_data, &flags.expect);
    let accepted = matches!(state, EarlyData::Accepted { .. });
    expect.accept_early_data && !accepted
        || expect.reject_early_data && accepted
        || expect.no_offer_early_data && !matches!(state, EarlyData::None | EarlyData::NotOffered(_))
        || expect.early_data_reason.as_ref().is_some_and(|reason| !is_reason(reason, flags, facts))
}

/// Whether it is for the reference's `reason` that early data was not taken, or not offered.
fn is_reason(reason: &str, flags: &Flags, facts: &Facts) -> bool {
    let state = facts.early_data;
    let refused = |why| state == EarlyData::Refused(why);
    let accepted = matches!(state, EarlyData::Accepted { .. });
    let not_offered = |why| state == EarlyData::NotOffered(why);
    let none = state == EarlyData::None;
    let tls12 = facts.version.is_some_and(|version| version.0 == TLS12);
    let (client, server) = (!flags.server, flags.server);
    match reason {
        // Some of the cases have it so.
        "accept" | "accepted" => accepted,
        // Here the first reason counts, in this and in what follows.
        "disabled" => {
            !flags.early_data
                && (none || refused(EarlyRefusal::Disabled) || facts.retried && refused(EarlyRefusal::Retry))
        }
        "protocol_version" => tls12 && (none || matches!(state, EarlyData::NotOffered(_))),
        "no_session_offered" => client && not_offered(EarlyOmission::NoSession) || server && none && !facts.resumed,
        "session_not_resumed" => refused(EarlyRefusal::NotResumed) || facts.retried && refused(EarlyRefusal::Retry),
        "hello_retry_request" => refused(EarlyRefusal::Retry),
        "peer_declined" => client && refused(EarlyRefusal::Declined) || server && none,
        "unsupported_for_session" => not_offered(EarlyOmission::Ticket) || refused(EarlyRefusal::Ticket),
        "alpn_mismatch" => not_offered(EarlyOmission::Protocol) || refused(EarlyRefusal::Protocol),
        "ticket_age_skew" => refused(EarlyRefusal::Age),
        _ => false,
    }
}
