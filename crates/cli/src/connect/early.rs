//! Data before the handshake is complete: `--early-data`.

use crate::{escape, tls};
use handfast_net::{EarlyOutcome, Stream};
use std::net::TcpStream;

/// Says what became of the early data. Gives what is to be sent now: what the server does not have of it, if it may have it.
pub(crate) fn left<'d>(stream: &Stream<TcpStream>, data: &'d [u8]) -> &'d [u8] {
    let outcome = stream.early_outcome();
    let rest = data.get(outcome.taken()..).unwrap_or_default();
    let became = match outcome {
        EarlyOutcome::NotSent => "not sent, for want of a session that allows it".to_string(),
        EarlyOutcome::Accepted { bytes } => format!("accepted, {bytes} of {} bytes", data.len()),
        EarlyOutcome::Rejected { bytes, why, .. } => format!("rejected, {bytes} bytes ({}: {why})", why.code()),
        EarlyOutcome::Unknown { .. } => "not known".to_string(),
    };
    let then = match rest {
        [] => String::new(),
        rest if outcome.may_resend() => format!("; {} bytes follow as ordinary data", rest.len()),
        _ => {
            let name = |name: Option<&Vec<u8>>| name.map_or("no protocol".to_string(), |name| escape::bytes(name));
            let facts = stream.facts();
            let (was, is) = (name(facts.early_protocol.as_ref()), name(facts.protocol.as_ref()));
            format!("; not sent again: it was for {was}, and this connection speaks {is}")
        }
    };
    tls::warn(&format!("early data: {became}{then}"));
    if outcome.may_resend() { rest } else { &[] }
}
