//! What was found, and what was tried on the way.

use crate::advice::{Judge, advice};
use crate::style::{BAD, GOOD, HEADING};
use crate::{escape, judge};
use handfast::Anchors;
use handfast::pki::error::{Place, Tried, Which};
use handfast::pki::{Certificate, Error, Path, Request, Trust};
use handfast::pki_types::CertificateDer;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Prints a path, or what is wrong and every certificate that was tried, each under the one that it would have issued.
pub(crate) fn print(
    out: &mut impl Write,
    verdict: &Result<Path, Error>,
    request: &Request<'_>,
    anchors: &Anchors,
) -> io::Result<()> {
    match verdict {
        Ok(path) => {
            writeln!(out, "{GOOD}good{GOOD:#} until {}", path.valid_until)?;
            for (depth, index) in path.certificates.iter().enumerate() {
                writeln!(out, "{:depth$}certificate {index}: {}", "", subject(request.chain, *index))?;
            }
            let depth = path.certificates.len();
            writeln!(out, "{:depth$}{}", "", trust(path, anchors))?;
            if request.staple.is_some() {
                writeln!(out, "OCSP response: {}", judge::stapled(path))?;
            }
            tried(out, &path.tried, 0)
        }
        Err(error) => {
            writeln!(out, "{BAD}not good{BAD:#}: {}", error.code())?;
            if let Some(place) = error.place() {
                let Place { which, depth, subject, issuer } = place;
                writeln!(out, "  {which}, at depth {depth}: {}", escape::text(subject))?;
                if let Some(issuer) = issuer {
                    writeln!(out, "  issued by {}", escape::text(issuer))?;
                }
            }
            writeln!(out, "  {}", escape::text(&error.rule().to_string()))?;
            tried(out, error.tried(), error.untold())
        }
    }
}

fn tried(out: &mut impl Write, tried: &[Tried], untold: usize) -> io::Result<()> {
    if tried.is_empty() {
        return Ok(());
    }
    writeln!(out, "{HEADING}tried{HEADING:#}, each below what it would have issued:")?;
    for Tried { which, depth, subject, rule } in tried {
        let indent = depth.saturating_mul(2).saturating_add(2);
        writeln!(out, "{:indent$}{which} ({}): {}", "", escape::text(subject), escape::text(&rule.to_string()))?;
    }
    match untold {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// The same for programs.
pub(crate) fn json(verdict: &Result<Path, Error>, request: &Request<'_>, anchors: &Anchors) -> Value {
    let place = |which: Which| match which {
        Which::Peer(index) => json!({ "certificate": index }),
        Which::Anchor(index) => json!({ "anchor": index }),
    };
    let tried = |tried: &[Tried]| -> Vec<Value> {
        let one = |tried: &Tried| {
            let Tried { which, depth, subject, rule } = tried;
            json!({ "which": place(*which), "depth": depth, "subject": subject, "reason": rule.to_string() })
        };
        tried.iter().map(one).collect()
    };
    match verdict {
        Ok(path) => json!({
            "result": "accept",
            "code": "OK",
            "path": path.certificates.iter().map(|index| {
                json!({ "certificate": index, "subject": subject(request.chain, *index) })
            }).collect::<Vec<_>>(),
            "trust": trust(path, anchors),
            "valid_until": path.valid_until.to_string(),
            "ocsp_response": request.staple.map(|_| judge::stapled(path)),
            "tried": tried(&path.tried),
        }),
        Err(error) => json!({
            "result": "reject",
            "code": error.code(),
            "reason": error.rule().to_string(),
            "which": error.place().map(|found| place(found.which)),
            "depth": error.place().map(|found| found.depth),
            "subject": error.place().map(|found| &found.subject),
            "issuer": error.place().and_then(|found| found.issuer.as_ref()),
            "hint": advice(error, Judge::Verify),
            "tried": tried(error.tried()),
            "more": error.untold(),
        }),
    }
}

fn trust(path: &Path, anchors: &Anchors) -> String {
    let name = |index: usize| anchors.subject(index).map(|name| escape::text(&name.to_string())).unwrap_or_default();
    match path.trust {
        Trust::Anchor(index) => format!("trust anchor {index}: {}", name(index)),
        Trust::Exact(_) => "trusted as it is".to_string(),
        Trust::Pin(index) => format!("trusted for its key, pin {index}"),
    }
}

fn subject(chain: &[CertificateDer<'_>], index: usize) -> String {
    let parsed = chain.get(index).and_then(|der| Certificate::parse(der).ok());
    parsed.map(|certificate| escape::text(&certificate.subject().to_string())).unwrap_or_default()
}
