//! Facts in words of which there are few, so that they can be labels.

use handfast::wire::AlertDescription;
use handfast::{EarlyData, Error, Facts};

pub(crate) fn side(is_server: bool) -> &'static str {
    if is_server { "server" } else { "client" }
}

/// The name of an alert; those without one are all the same.
pub(crate) fn alert(alert: AlertDescription) -> &'static str {
    alert.name().unwrap_or("unknown")
}

/// The code of an error.
pub(crate) fn code(error: &Error) -> String {
    match error {
        Error::Alert(own) => alert(*own).to_owned(),
        error => error.code(),
    }
}

/// What the connection came to: the version, the suite, the group.
pub(crate) fn agreed(facts: &Facts) -> [&'static str; 3] {
    let version = facts.version.and_then(|version| version.name());
    let suite = facts.suite.and_then(|suite| suite.id.name());
    let group = facts.group.and_then(|group| group.name());
    [version, suite, group].map(|name| name.unwrap_or("none"))
}

/// Whether a session was resumed, or why the one that was offered was not.
pub(crate) fn resumption(facts: &Facts) -> &'static str {
    match (facts.resumed, &facts.not_resumed) {
        (true, _) => "resumed",
        (false, Some(why)) => why.code(),
        (false, None) => "full",
    }
}

/// What became of early data, where there was any.
pub(crate) fn early_data(state: EarlyData) -> Option<&'static str> {
    match state {
        EarlyData::Offered { .. } => Some("offered"),
        EarlyData::Accepted { .. } => Some("accepted"),
        EarlyData::Refused(_) => Some("refused"),
        EarlyData::None | EarlyData::NotOffered(_) => None,
    }
}

/// How the peer was judged: `OK` as OpenSSL has it, the code of why not, or that nobody has looked.
pub(crate) fn verification(facts: &Facts) -> String {
    match facts.peer() {
        Some(peer) if peer.verified => "OK".to_owned(),
        Some(_) => facts.peer_rejection_code().unwrap_or_else(|| "unverified".to_owned()),
        None => "none".to_owned(),
    }
}
