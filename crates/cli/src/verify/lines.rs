//! `--json-lines`: questions of other programs, one a line.

use super::{leaf_usage, purpose, time};
use crate::escape;
use crate::failure::Failure;
use crate::judge::ProfileName;
use handfast::pki::crls::{NoCrl, Reason};
use handfast::pki::ocsp::Stapling;
use handfast::pki::revocation::Verdict;
use handfast::pki::{Crls, Error, Path, Policy, Purpose, Reference, Request, Revocation, verify};
use handfast::pki_types::pem::PemObject;
use handfast::pki_types::{CertificateDer, ServerName};
use handfast::{Anchors, Clock, Provider, SystemClock};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

/// How long a line can be, in bytes: 16 MiB, which is a revocation list of some hundred thousand entries. Of a longer line
/// nothing is kept.
const MAX_LINE: usize = 16 << 20;

/// How many certificates a question can have in each of its lists. They are cheap, but whoever asks waits for the answer.
const MAX_CERTIFICATES: usize = 4096;

/// A question. Certificates and lists are PEM.
#[derive(Deserialize)]
struct Question {
    /// Given back as it is, in the very same digits.
    #[serde(default = "null")]
    id: Box<RawValue>,
    /// The certificate.
    peer: String,
    /// Others that may lead to a trusted one.
    #[serde(default, deserialize_with = "or_empty")]
    untrusted: Vec<String>,
    /// Who is trusted.
    #[serde(default, deserialize_with = "or_empty")]
    trusted: Vec<String>,
    /// Revocation lists. Every certificate whose issuer has one is judged by it.
    #[serde(default, deserialize_with = "or_empty")]
    crls: Vec<String>,
    /// RFC 3339; now if there is none.
    time: Option<String>,
    kind: Kind,
    name: Option<Name>,
    /// What it must be good for; if it is empty, what its kind says.
    #[serde(default, deserialize_with = "or_empty")]
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

/// What is known of a line that is no question: whose it is.
#[derive(Deserialize)]
struct Asker {
    #[serde(default = "null")]
    id: Box<RawValue>,
}

/// An answer.
#[derive(Serialize)]
struct Answer {
    id: Box<RawValue>,
    result: &'static str,
    code: &'static str,
    /// In words.
    detail: String,
}

/// Why there is no path.
enum Refused {
    /// The question makes no sense.
    Question(String),
    /// One of its parts can be no part of a path.
    Part(&'static str, String),
    Path(Error),
}

/// Nothing, spelled out as null.
fn or_empty<'d, D: Deserializer<'d>>(list: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(list)?.unwrap_or_default())
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// How much of a reason is told, in characters.
const DETAIL: usize = 1024;

/// How many certificates may stand between the leaf and the anchor where a question does not say. What a search may cost is
/// bounded anyway.
const DEPTH: u8 = 50;

/// Answers every line of standard input.
pub(crate) fn run() -> Result<(), Failure> {
    let provider = handfast::rustcrypto::provider();
    let (mut input, mut out) = (io::stdin().lock(), io::stdout().lock());
    let mut line = Vec::new();
    while let Some(whole) = read(&mut input, &mut line).map_err(|error| Failure::io(&error, "standard input"))? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match whole {
            true => answer(&line, &provider),
            false => Answer::new(null(), Err(Refused::Question(format!("a line has at most {MAX_LINE} bytes")))),
        };
        serde_json::to_writer(&mut out, &answer)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .map_err(|error| Failure::output(&error))?;
    }
    Ok(())
}

/// Reads a line of at most [`MAX_LINE`] bytes, and passes over what is behind those. Gives whether that is the whole line;
/// `None` at the end of input.
fn read(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    // With its line feed.
    let limit = MAX_LINE as u64 + 1;
    if input.by_ref().take(limit).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.len() <= MAX_LINE || line.ends_with(b"\n") {
        return Ok(Some(true));
    }
    input.skip_until(b'\n')?;
    Ok(Some(false))
}

fn answer(line: &[u8], provider: &Provider) -> Answer {
    match serde_json::from_slice::<Question>(line) {
        Ok(question) => {
            let verdict = judge(&question, provider);
            Answer::new(question.id, verdict)
        }
        Err(error) => {
            // Who asked is still told which question it was.
            let id = serde_json::from_slice(line).map_or_else(|_| null(), |Asker { id }| id);
            Answer::new(id, Err(Refused::Question(error.to_string())))
        }
    }
}

impl Answer {
    fn new(id: Box<RawValue>, verdict: Result<Path, Refused>) -> Self {
        let (result, code, detail) = match verdict {
            Ok(path) => ("accept", "OK", format!("verified until {}", path.valid_until)),
            Err(Refused::Question(why)) => ("reject", "BAD_QUESTION", why),
            Err(Refused::Part(code, why)) => ("reject", code, why),
            Err(Refused::Path(error)) => ("reject", error.code(), error.to_string()),
        };
        // An error of the parser repeats what it did not like.
        let detail: String = detail.chars().take(DETAIL).collect();
        // A carriage return can stand between the parts of an id, and some take it for the end of a line.
        let id = match id.get().contains('\r') {
            true => RawValue::from_string(id.get().replace('\r', "")).unwrap_or_else(|_| null()),
            false => id,
        };
        Self { id, result, code, detail: escape::text(&detail) }
    }
}

fn judge(question: &Question, provider: &Provider) -> Result<Path, Refused> {
    let peer = certificates("peer", &question.peer)?;
    let chain = [peer, all("untrusted", &question.untrusted)?].concat();
    let mut anchors = Anchors::new();
    for certificate in all("trusted", &question.trusted)? {
        // What cannot be read issues nothing.
        let _ = anchors.add(&certificate);
    }
    let purposes = if question.eku.is_empty() {
        vec![match question.kind {
            Kind::Server => Purpose::Server,
            Kind::Client => Purpose::Client,
        }]
    } else {
        // Any use is no restriction.
        let named = question.eku.iter().filter(|name| *name != "anyExtendedKeyUsage");
        named.map(|name| purpose(name).map_err(Refused::Question)).collect::<Result<_, _>>()?
    };
    let now = match &question.time {
        Some(text) => time(text).map_err(Refused::Question)?,
        None => SystemClock.now(),
    };
    let policy = Policy {
        profile: question.profile.into(),
        depth: question.max_depth.map_or(DEPTH, |depth| u8::try_from(depth).unwrap_or(u8::MAX)),
        revocation: revocation(&question.crls)?,
        leaf_usage: leaf_usage(&purposes),
        // No question has a response with it.
        stapling: Stapling::Off,
        ..Policy::default()
    };
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
        let skipped = match crls.add_pem(text.as_bytes()) {
            Ok(report) => report.skipped,
            Err(NoCrl(skipped)) if skipped.is_empty() => {
                return Err(Refused::Part("CRL_REJECTED", "a revocation list is no PEM".to_string()));
            }
            Err(NoCrl(skipped)) => skipped,
        };
        // One that cannot be used counts against those whom its issuer issued. Where not even that can be read it could be the
        // list of any certificate on the path.
        if let Some(unread) = skipped.iter().find(|skipped| !matches!(skipped.reason, Reason::Refused(_))) {
            return Err(Refused::Part("CRL_REJECTED", unread.to_string()));
        }
    }
    Ok(Some(Revocation { unknown: Verdict::Accept, ..Revocation::new(Arc::new(crls)) }))
}

fn all(field: &str, texts: &[String]) -> Result<Vec<CertificateDer<'static>>, Refused> {
    let mut list = Vec::new();
    for text in texts {
        list.append(&mut certificates(field, text)?);
        if list.len() > MAX_CERTIFICATES {
            return Err(Refused::Question(format!("{field}: more than {MAX_CERTIFICATES} certificates")));
        }
    }
    Ok(list)
}

/// Also those that are none by their content: what is wrong with them is part of the answer. At least one, so that nothing
/// takes the place of a leaf that is missing.
fn certificates(field: &str, text: &str) -> Result<Vec<CertificateDer<'static>>, Refused> {
    let all = CertificateDer::pem_slice_iter(text.as_bytes()).take(MAX_CERTIFICATES.saturating_add(1));
    match all.collect::<Result<Vec<_>, _>>() {
        Ok(found) if found.is_empty() => Err(Refused::Question(format!("{field}: no PEM certificate"))),
        Ok(found) if found.len() > MAX_CERTIFICATES => {
            Err(Refused::Question(format!("{field}: more than {MAX_CERTIFICATES} certificates")))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(Refused::Question(format!("{field}: no PEM: {error}"))),
    }
}
