//! `--json-lines`: questions of other programs, one a line.

use super::{purpose, time};
use crate::escape;
use crate::failure::Failure;
use crate::judge::ProfileName;
use handfast::pki::revocation::Verdict;
use handfast::pki::{Crls, Error, Path, Policy, Purpose, Reference, Request, Revocation, verify};
use handfast::pki_types::pem::PemObject;
use handfast::pki_types::{CertificateDer, ServerName};
use handfast::{Anchors, Clock, Provider, SystemClock};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::sync::Arc;

/// A question. Certificates and lists are PEM.
#[derive(Deserialize)]
struct Question {
    /// Given back as it is.
    #[serde(default)]
    id: Value,
    /// The certificate.
    peer: String,
    /// Others that may lead to a trusted one.
    #[serde(default)]
    untrusted: Vec<String>,
    /// Who is trusted.
    #[serde(default)]
    trusted: Vec<String>,
    /// Revocation lists. Every certificate whose issuer has one is judged by it.
    #[serde(default)]
    crls: Vec<String>,
    /// RFC 3339; now if there is none.
    time: Option<String>,
    kind: Kind,
    name: Option<Name>,
    /// What it must be good for; if it is empty, what its kind says.
    #[serde(default)]
    eku: Vec<String>,
    /// How many certificates may stand between the leaf and the anchor.
    max_depth: Option<u64>,
    profile: ProfileName,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Server,
    Client,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Dns(String),
    Ip(String),
    Email(String),
}

/// Why there is no path.
enum Refused {
    /// The question makes no sense.
    Question(String),
    /// One of its parts can be no part of a path.
    Part(&'static str, String),
    Path(Error),
}

/// Answers every line of standard input.
pub(crate) fn run() -> Result<(), Failure> {
    let provider = handfast::rustcrypto::provider();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Failure::io(&error, "standard input"))?;
        if line.trim().is_empty() {
            continue;
        }
        writeln!(out, "{}", answer(&line, &provider))
            .and_then(|()| out.flush())
            .map_err(|error| Failure::output(&error))?;
    }
    Ok(())
}

fn answer(line: &str, provider: &Provider) -> Value {
    let question: Question = match serde_json::from_str(line) {
        Ok(question) => question,
        Err(error) => {
            // Who asked is still told which question it was.
            let id = serde_json::from_str::<Value>(line).ok().and_then(|value| value.get("id").cloned());
            let detail = escape::text(&error.to_string());
            return json!({ "id": id, "result": "reject", "code": "BAD_QUESTION", "detail": detail });
        }
    };
    let (result, code, detail) = match judge(&question, provider) {
        Ok(path) => ("accept", "OK", format!("verified until {}", path.valid_until)),
        Err(Refused::Question(why)) => ("reject", "BAD_QUESTION", why),
        Err(Refused::Part(code, why)) => ("reject", code, why),
        Err(Refused::Path(error)) => ("reject", error.code(), error.to_string()),
    };
    json!({ "id": question.id, "result": result, "code": code, "detail": escape::text(&detail) })
}

fn judge(question: &Question, provider: &Provider) -> Result<Path, Refused> {
    let chain = [certificates(&question.peer)?, all(&question.untrusted)?].concat();
    let mut anchors = Anchors::new();
    for certificate in all(&question.trusted)? {
        // What cannot be read issues nothing.
        let _ = anchors.add(&certificate);
    }
    let purposes = if question.eku.is_empty() {
        vec![match question.kind {
            Kind::Server => Purpose::Server,
            Kind::Client => Purpose::Client,
        }]
    } else {
        question.eku.iter().map(|name| purpose(name).map_err(Refused::Question)).collect::<Result<_, _>>()?
    };
    let now = match &question.time {
        Some(text) => time(text).map_err(Refused::Question)?,
        None => SystemClock.now(),
    };
    let mut policy = Policy { profile: question.profile.into(), ..Policy::default() };
    if let Some(depth) = question.max_depth {
        policy.depth = u8::try_from(depth).unwrap_or(u8::MAX);
    }
    policy.revocation = revocation(&question.crls)?;
    let server;
    let reference = match &question.name {
        None => None,
        Some(Name::Email(mailbox)) => Some(Reference::Mailbox(mailbox)),
        Some(Name::Dns(name) | Name::Ip(name)) => {
            let is_ip = matches!(question.name, Some(Name::Ip(_)));
            server = ServerName::try_from(name.as_str())
                .ok()
                .filter(|server| matches!(server, ServerName::IpAddress(_)) == is_ip)
                .ok_or_else(|| Refused::Part("HOSTNAME_MISMATCH", format!("{name} is no name of its kind")))?;
            Some(Reference::Server(&server))
        }
    };
    let request = Request { chain: &chain, staple: None, purposes: &purposes, reference, now };
    verify(provider, &anchors, &policy, &request).map_err(Refused::Path)
}

/// Lists that must be right where there are any, and that need not be there.
fn revocation(texts: &[String]) -> Result<Option<Revocation>, Refused> {
    if texts.is_empty() {
        return Ok(None);
    }
    let mut crls = Crls::new();
    for text in texts {
        let report = crls.add_pem(text.as_bytes()).map_err(|error| Refused::Part("CRL_REJECTED", error.to_string()))?;
        // Whose it is cannot be read; it could be that of any certificate on the path.
        if let Some(skipped) = report.skipped.first() {
            return Err(Refused::Part("CRL_REJECTED", skipped.to_string()));
        }
    }
    Ok(Some(Revocation { unknown: Verdict::Accept, ..Revocation::new(Arc::new(crls)) }))
}

fn all(texts: &[String]) -> Result<Vec<CertificateDer<'static>>, Refused> {
    texts.iter().map(|text| certificates(text)).collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
}

/// Also those that are none by their content: what is wrong with them is part of the answer.
fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, Refused> {
    let found: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    found.map_err(|error| Refused::Question(format!("no PEM: {error}")))
}
