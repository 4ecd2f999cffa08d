//! What is known of a connection: one list, for people, programs and browsers.

use crate::escape;
use handfast::pki::Certificate;
use handfast::pki::name::names;
use handfast::wire::NamedGroup;
use handfast::{EarlyData, Facts, LegacyWay, Peer};
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// What is known of a connection, in the order in which it is shown. What a peer chose is escaped already.
pub(crate) struct Summary(Vec<Row>);

/// One thing that is known.
struct Row {
    key: &'static str,
    value: Value,
}

/// How many names of a certificate are shown.
const NAMES: usize = 32;

impl Summary {
    /// Everything but how the peer was judged.
    pub(crate) fn new(facts: &Facts) -> Self {
        let mut rows = Self(Vec::new());
        rows.add("protocol", facts.version);
        rows.add("cipher", facts.suite.map(|suite| suite.id));
        // In TLS 1.3 OpenSSL has no name of its own.
        let own = facts.suite.filter(|suite| !suite.is_tls13());
        rows.add("openssl name", own.map(|suite| suite.openssl_name));
        // A finite field that the server made itself has no name.
        rows.add("group", facts.group.filter(|group| *group != NamedGroup(0)));
        rows.push("prime bits", json!(facts.field_bits));
        rows.add("signature", facts.peer_scheme);
        rows.add("own signature", facts.own_scheme);
        rows.add("alpn", facts.protocol.as_deref().map(escape::bytes));
        rows.add("server name", facts.server_name.as_deref().map(escape::text));
        rows.push("retried", json!(facts.retried));
        rows.push("resumed", json!(facts.resumed));
        rows.add("not resumed", facts.not_resumed.map(|why| format!("{}: {why}", why.code())));
        rows.add("early data", early_data(facts.early_data));
        rows.push("extended main secret", json!(facts.extended_main_secret));
        rows.push("secure renegotiation", json!(facts.secure_renegotiation));
        rows.add("psk identity", facts.psk_identity.as_deref().map(escape::bytes));
        rows.push("legacy", json!(facts.legacy().map(way).collect::<Vec<_>>()));
        if let Some(peer) = facts.peer() {
            rows.peer(peer);
        }
        rows
    }

    /// Adds a row; without a value it is null, or for people left out.
    pub(crate) fn add(&mut self, key: &'static str, value: Option<impl Display>) {
        self.push(key, value.map_or(Value::Null, |value| json!(value.to_string())));
    }

    fn push(&mut self, key: &'static str, value: Value) {
        self.0.push(Row { key, value });
    }

    fn peer(&mut self, peer: &Peer) {
        let chain = &peer.credential.chain;
        if let Some(leaf) = chain.first().and_then(|leaf| Certificate::parse(leaf).ok()) {
            // The subject and the issuer come escaped.
            self.add("subject", Some(leaf.subject()));
            self.add("issuer", Some(leaf.issuer()));
            let (shown, more) = names(&leaf, NAMES).unwrap_or_default();
            let more = (more > 0).then(|| format!("and {more} more"));
            self.push("names", json!(shown.into_iter().chain(more).collect::<Vec<_>>()));
            self.add("not before", Some(leaf.validity().not_before));
            self.add("not after", Some(leaf.validity().not_after));
        }
        self.push("certificates", json!(chain.len()));
        self.push("verified", json!(peer.verified));
    }

    /// What there is to show to people: label and text.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.iter().filter_map(|row| {
            let text = match &row.value {
                Value::Null => return None,
                Value::Bool(false) if !is_missed(row.key) => return None,
                Value::String(text) => text.clone(),
                Value::Bool(is) => if *is { "yes" } else { "no" }.to_string(),
                Value::Array(items) if items.is_empty() => return None,
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                value => value.to_string(),
            };
            Some((row.key, text))
        })
    }

    /// All of it, for programs.
    pub(crate) fn json(&self) -> Value {
        let entries = self.0.iter().map(|row| (row.key.replace(' ', "_"), row.value.clone()));
        Value::Object(entries.collect::<Map<_, _>>())
    }
}

/// Whether a no is worth a line.
fn is_missed(key: &str) -> bool {
    matches!(key, "verified" | "extended main secret" | "secure renegotiation")
}

/// Where early data stands, if there is any.
pub(crate) fn early_data(state: EarlyData) -> Option<String> {
    match state {
        EarlyData::None => None,
        EarlyData::NotOffered(why) => Some(format!("not offered, {}: {why}", why.code())),
        EarlyData::Offered { limit } => Some(format!("offered, at most {limit} bytes")),
        EarlyData::Accepted { limit } => Some(format!("accepted, at most {limit} bytes")),
        EarlyData::Refused(why) => Some(format!("refused, {}: {why}", why.code())),
    }
}

/// An older way, in the word of `--legacy` for it.
fn way(way: LegacyWay) -> &'static str {
    match way {
        LegacyWay::RsaKeyTransport => "rsa",
        LegacyWay::Dhe => "dhe",
        LegacyWay::Psk => "psk",
        LegacyWay::PskWithoutDh => "psk-only",
        LegacyWay::Cbc => "cbc",
        LegacyWay::MacThenEncrypt => "cbc-mte",
        LegacyWay::Renegotiation => "renegotiation",
        _ => "another",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::{EarlyRefusal, NotResumed};

    #[test]
    fn what_is_not_known_is_null_and_not_shown() {
        let mut facts = Facts::default();
        facts.protocol = Some(b"<\x1b>".to_vec());
        facts.server_name = Some("a\nb".into());
        let summary = Summary::new(&facts);
        assert_eq!(summary.json()["protocol"], Value::Null);
        assert_eq!(summary.json()["retried"], json!(false));
        assert_eq!(summary.json()["alpn"], "<\\u{1b}>");
        assert_eq!((&summary.json()["legacy"], &summary.json()["secure_renegotiation"]), (&json!([]), &Value::Null));
        let rows: Vec<_> = summary.rows().collect();
        assert_eq!(rows, [("alpn", "<\\u{1b}>".to_string()), ("server name", "a\\nb".to_string())]);
    }

    #[test]
    fn why_it_was_not_resumed() {
        let mut facts = Facts::default();
        facts.not_resumed = Some(NotResumed::Expired);
        facts.early_data = EarlyData::Refused(EarlyRefusal::NotResumed);
        let summary = Summary::new(&facts);
        assert_eq!(summary.json()["not_resumed"], "Expired: the session is too old");
        let rows: Vec<_> = summary.rows().map(|(key, _)| key).collect();
        assert_eq!(rows, ["not resumed", "early data"]);
        let early = "refused, NotResumed: the session that was offered first was not resumed";
        assert_eq!(summary.json()["early_data"], early);
    }

    /// What TLS 1.2 may lack is said.
    #[test]
    fn a_suite_of_the_older_ways() {
        let mut facts = Facts::default();
        facts.suite = handfast::ciphers::find("DHE-RSA-AES128-SHA");
        facts.group = Some(NamedGroup(0));
        facts.field_bits = Some(3072);
        facts.extended_main_secret = Some(false);
        facts.encrypt_then_mac = Some(false);
        facts.renegotiations = 1;
        let rows: Vec<_> = Summary::new(&facts).rows().collect();
        let expected = [
            ("cipher", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
            ("openssl name", "DHE-RSA-AES128-SHA"),
            ("prime bits", "3072"),
            ("extended main secret", "no"),
            ("legacy", "dhe, cbc, cbc-mte, renegotiation"),
        ];
        assert_eq!(rows, expected.map(|(key, text)| (key, text.to_string())));
    }
}
