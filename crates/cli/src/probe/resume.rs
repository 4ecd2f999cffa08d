//! Sessions: are they given, and are they taken again.

use super::line::{Line, Trouble, Watch, drain};
use super::survey::Facts;
use handfast::{ClientConfig, Session, Version};
use handfast_net::{Connector, EarlyOutcome};
use serde::Serialize;
use std::sync::Arc;

/// Sessions of TLS 1.2.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Resumption12 {
    /// A client without tickets gets a session ID.
    pub(super) session_id_issued: Option<bool>,
    /// It is taken again; not known where the server gives tickets.
    pub(super) session_id_resumed: Option<bool>,
    pub(super) ticket_issued: Option<bool>,
    /// How long the server means to keep it, in seconds, if it says so.
    pub(super) ticket_lifetime: Option<u32>,
    pub(super) ticket_resumed: Option<bool>,
    /// Why it is not known whether they are taken again.
    pub(super) untested: Option<String>,
}

/// Sessions of TLS 1.3.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Resumption13 {
    /// How many come after a handshake.
    pub(super) tickets: usize,
    /// In seconds.
    pub(super) ticket_lifetime: Option<u32>,
    pub(super) resumed: Option<bool>,
    /// The same ticket is taken a second time.
    pub(super) reused: Option<bool>,
    /// The most early data that a ticket allows, in bytes.
    pub(super) early_data_limit: u32,
    pub(super) early_data_accepted: Option<bool>,
}

/// A request that does no harm wherever it goes, and however often.
fn request(host: &str) -> Vec<u8> {
    format!("HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
}

/// TLS 1.2, after what the server has said to clients with and without tickets.
pub(super) fn tls12(line: &Line, facts: Option<&Facts>) -> Result<Resumption12, Trouble> {
    let without = facts.and_then(|facts| facts.without_ticket.as_ref());
    let mut found = Resumption12 {
        session_id_issued: without.map(|flight| flight.has_session_id),
        // It is promised before it comes.
        ticket_issued: facts.map(|facts| facts.flight.promises_ticket),
        ..Resumption12::default()
    };
    let config = line.curious().versions(Version::Tls12, Version::Tls12).build()?;
    let mut stream = match line.handshake(&config)? {
        Ok(stream) => stream,
        Err(why) => {
            found.untested = Some(format!("no handshake of this program: {why}"));
            return Ok(found);
        }
    };
    let is_extended = stream.facts().extended_main_secret == Some(true);
    let session = stream.session().cloned();
    drain(&mut stream);
    let Some(session) = session else {
        found.ticket_issued = Some(false);
        if found.session_id_issued == Some(true) && !is_extended {
            found.untested = Some("without the extended main secret this program resumes nothing".to_string());
        }
        return Ok(found);
    };
    let has_ticket = session.ticket().is_some();
    found.ticket_issued = Some(has_ticket);
    found.ticket_lifetime = Some(session.lifetime_hint()).filter(|seconds| has_ticket && *seconds > 0);
    let resumed = resumes(line, &config, &session)?;
    if has_ticket {
        found.ticket_resumed = Some(resumed);
    } else {
        found.session_id_resumed = Some(resumed);
    }
    Ok(found)
}

/// TLS 1.3, early data too.
pub(super) fn tls13(line: &Line, host: &str) -> Result<Option<Resumption13>, Trouble> {
    let watch = Arc::new(Watch::default());
    let config = line.curious().versions(Version::Tls13, Version::Tls13).trace(watch.clone()).build()?;
    let Ok(mut stream) = line.handshake(&config)? else { return Ok(None) };
    drain(&mut stream);
    let sessions = stream.take_sessions();
    let mut found = Resumption13 { tickets: watch.tickets(), ..Default::default() };
    let Some(session) = sessions.last() else { return Ok(Some(found)) };
    found.ticket_lifetime = Some(session.lifetime_hint());
    found.early_data_limit = sessions.iter().map(Session::max_early_data).max().unwrap_or_default();
    found.resumed = Some(resumes(line, &config, session)?);
    if found.resumed == Some(true) {
        found.reused = Some(resumes(line, &config, session)?);
    }
    if found.early_data_limit > 0 && !line.begins_in_the_clear() {
        // A server that takes a ticket once needs one that it has not seen.
        let Ok(mut stream) = line.handshake(&config)? else { return Ok(Some(found)) };
        drain(&mut stream);
        let fresh = stream.take_sessions().into_iter().find(|session| session.max_early_data() > 0);
        if let Some(fresh) = fresh {
            let connector = Connector::new(config).session(fresh).early_data(request(host));
            let outcome = line.handshake_for(line.name().clone(), &connector)?.map(|stream| stream.early_outcome());
            found.early_data_accepted = Some(matches!(outcome, Ok(EarlyOutcome::Accepted { .. })));
        }
    }
    Ok(Some(found))
}

fn resumes(line: &Line, config: &Arc<ClientConfig>, session: &Session) -> Result<bool, Trouble> {
    let connector = Connector::new(config.clone()).session(session.clone());
    let resumed = line.handshake_for(line.name().clone(), &connector)?;
    Ok(resumed.is_ok_and(|stream| stream.facts().resumed))
}

/// What is too long for a ticket (RFC 9846 §4.7.3), in seconds: seven days.
pub(super) const LONGEST: u32 = 604_800;
