//! Revocation lists.

use super::input::{self, Authority, bad};
use super::{HEAD_START, output, unmade};
use crate::failure::Failure;
use crate::password::Opens;
use crate::{hex, tls, verify};
use clap::{Args, ValueHint};
use handfast::pki::crl::Crl;
use handfast::pki::distribution_point::Reasons;
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::CrlBuilder;
use handfast::pki::time::Time;
use handfast::pki::{Certificate, Reason, pem};
use handfast::{Clock, Provider, SystemClock};
use std::path::{Path, PathBuf};

/// Make the revocation list of a CA (PEM): all of its certificates that are not to be accepted any more
///
/// A list says everything there is to say: what the one before it revoked is revoked no longer unless `--previous` takes it over.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    authority: Authority,

    /// Revoke a certificate, which is a file or a serial number in hexadecimal digits: CERT, CERT:REASON or CERT:REASON@TIME, as
    /// in leaf.pem:keyCompromise@2026-11-30T12:00:00Z. May be given several times
    #[arg(long, value_name = "CERT[:REASON[@TIME]]")]
    revoke: Vec<String>,

    /// The list before this one (PEM or DER), whose entries are taken over
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    previous: Option<PathBuf>,

    /// The number of the list [default: one more than that of `--previous`, or 1]
    #[arg(long, value_name = "NUMBER")]
    number: Option<u64>,

    /// In how many days the next list is there at the latest
    #[arg(long, value_name = "NUMBER", default_value = "30", value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,

    /// Write DER instead of PEM, as it is fetched from a URL
    #[arg(long)]
    der: bool,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// One more that is revoked.
struct Revoked {
    /// The content octets.
    serial: Vec<u8>,
    reason: Option<Reason>,
    at: Time,
}

/// The longest serial number and list number, in octets (RFC 5280 §4.1.2.2, §5.2.3).
const INTEGER_MAX: usize = 20;

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.output.check(None, &arguments.inputs()?)?;
    let (provider, now) = (handfast::rustcrypto::provider(), Time::from(SystemClock.now()));
    let ca = arguments.authority.read(&provider, &arguments.opens)?;
    let issuer = input::parse(&ca.certificate, &arguments.authority.ca)?;
    let usage = issuer.key_usage().map_err(|rule| bad(&arguments.authority.ca, &rule))?;
    if usage.is_some_and(|usage| !usage.contains(KeyUsage::CRL_SIGN)) {
        return Err(bad(&arguments.authority.ca, "its key may not sign revocation lists: the keyUsage lacks cRLSign"));
    }
    let revoked = arguments.revoked(&provider, &issuer, now)?;
    let until = now.unix().saturating_add(i64::from(arguments.days) * 86_400);
    let mut list = CrlBuilder::new(SystemClock.now()).valid(now.unix().saturating_sub(HEAD_START), until);
    let mut number = vec![1];
    if let Some(path) = &arguments.previous {
        let der = previous(path)?;
        let before = Crl::parse(&der).map_err(|rule| bad(path, &rule))?;
        check(&before, &provider, &issuer).map_err(|why| bad(path, why))?;
        let last = before.number().unwrap_or_default();
        number = next(last);
        // RFC 5280 §5.2.3: numbers only grow.
        if arguments.number.is_some_and(|chosen| !is_above(&chosen.to_be_bytes(), last)) {
            return Err(Failure::usage(format!("`--number` is not above that of {}", path.display()))
                .hint("leave it out, and the list has the next one"));
        }
        for entry in before.entries() {
            let entry = entry.map_err(|rule| bad(path, &rule))?;
            // Said anew.
            if revoked.iter().any(|own| own.serial == entry.serial) {
                continue;
            }
            list = list.revoke_since(entry.serial, entry.date.unix(), entry.reason, entry.invalidity_date);
        }
    }
    if let Some(chosen) = arguments.number {
        number = integer(&chosen.to_be_bytes());
    }
    for own in &revoked {
        list = list.revoke(&own.serial, own.at.unix(), own.reason);
    }
    let der = list.number(&number).signed_by(&provider, &ca).map_err(|error| unmade(&error))?;
    match arguments.der {
        true => arguments.output.write_binary(&der),
        false => arguments.output.write(pem::encode("X509 CRL", &der).as_bytes()),
    }
}

impl Arguments {
    /// The files that are read.
    fn inputs(&self) -> Result<Vec<&Path>, Failure> {
        let mut files: Vec<&Path> = vec![&self.authority.ca, &self.authority.ca_key];
        files.extend(self.previous.as_deref());
        for text in &self.revoke {
            files.push(Path::new(split(text)?.0));
        }
        Ok(files)
    }

    /// What is revoked, each certificate once: what is said of it last.
    fn revoked(&self, provider: &Provider, issuer: &Certificate<'_>, now: Time) -> Result<Vec<Revoked>, Failure> {
        let mut all: Vec<Revoked> = Vec::new();
        for text in &self.revoke {
            let own = Revoked::read(text, provider, issuer, now)?;
            match all.iter_mut().find(|other| other.serial == own.serial) {
                Some(other) => *other = own,
                None => all.push(own),
            }
        }
        Ok(all)
    }
}

impl Revoked {
    fn read(text: &str, provider: &Provider, issuer: &Certificate<'_>, now: Time) -> Result<Self, Failure> {
        let (what, reason, at) = split(text)?;
        Ok(Self { serial: serial(what, provider, issuer)?, reason: sayable(reason)?, at: at.unwrap_or(now) })
    }
}

/// `CERT[:REASON[@TIME]]`. There are colons in times, in serial numbers and in names of files too.
fn split(text: &str) -> Result<(&str, Option<Reason>, Option<Time>), Failure> {
    for (at, _) in text.match_indices(':') {
        let (what, rest) = text.split_at(at);
        let rest = rest.get(1..).unwrap_or_default();
        let (name, time) = rest.split_once('@').map_or((rest, None), |(name, time)| (name, Some(time)));
        let Some(reason) = reason(name) else { continue };
        let time = time.map(verify::time).transpose().map_err(|why| Failure::usage(format!("`{text}`: {why}")))?;
        return Ok((what, Some(reason), time.map(Time::from)));
    }
    Ok((text, None, None))
}

/// A reason as it is written.
pub(super) fn sayable(reason: Option<Reason>) -> Result<Option<Reason>, Failure> {
    if reason == Some(Reason::RemoveFromCrl) {
        return Err(Failure::usage("removeFromCRL belongs into delta lists, which are not made here")
            .hint("what is not to be revoked any more is left out of the list"));
    }
    // RFC 5280 §5.3.1: the reason that says nothing is left out.
    Ok(reason.filter(|reason| *reason != Reason::Unspecified))
}

/// A reason by its name in RFC 5280; capitals do not matter.
pub(super) fn reason(name: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.name().eq_ignore_ascii_case(name))
}

/// The names of the reasons.
pub(super) fn reasons() -> String {
    Reason::ALL.map(Reason::name).join(", ")
}

/// The serial number of a certificate in a file, which the issuer has issued, or one in digits.
fn serial(what: &str, provider: &Provider, issuer: &Certificate<'_>) -> Result<Vec<u8>, Failure> {
    let path = Path::new(what);
    if path.is_file() {
        let der = input::certificate(path)?;
        let certificate = input::parse(&der, path)?;
        issued(&certificate, provider, issuer).map_err(|why| bad(path, why))?;
        return Ok(certificate.serial().to_vec());
    }
    let digits: String = what.chars().filter(|c| *c != ':').collect();
    let digits = if digits.len().is_multiple_of(2) { digits } else { format!("0{digits}") };
    match hex::decode(&digits) {
        Some(bytes) if !bytes.is_empty() && bytes.len() <= INTEGER_MAX => Ok(integer(&bytes)),
        _ => Err(Failure::usage(format!("`{what}` is neither a file nor a serial number in hexadecimal digits"))
            .hint(format!("a reason goes behind a colon, and is one of {}", reasons()))),
    }
}

/// Whether the issuer has signed it; why not.
pub(super) fn issued(
    certificate: &Certificate<'_>,
    provider: &Provider,
    issuer: &Certificate<'_>,
) -> Result<(), String> {
    let key = issuer.public_key().map_err(|rule| rule.to_string())?;
    let signature = certificate.signature_algorithm().map_err(|rule| rule.to_string())?;
    match signature.check(provider, &key, certificate.tbs(), certificate.signature()) {
        Ok(()) if certificate.issuer().matches(issuer.subject()) => Ok(()),
        _ => Err("this CA has not issued it".to_string()),
    }
}

/// The DER of the one list of a file.
fn previous(path: &Path) -> Result<Vec<u8>, Failure> {
    let lists = tls::crls(&[path.to_path_buf()])?;
    let mut all = lists.contents();
    match (all.next(), all.next()) {
        (Some((der, _)), None) => Ok(der.to_vec()),
        _ => Err(bad(path, "there is more than one revocation list")),
    }
}

/// A list that somebody else has written must not become one of the CA's, and one that speaks of some of its certificates none that
/// speaks of all.
fn check(list: &Crl<'_>, provider: &Provider, issuer: &Certificate<'_>) -> Result<(), String> {
    let key = issuer.public_key().map_err(|rule| rule.to_string())?;
    let signature = list.signature_algorithm().map_err(|rule| rule.to_string())?;
    let scope = list.scope();
    if scope.point.is_some() || scope.kind.is_some() || scope.reasons != Reasons::ALL {
        return Err(
            "the list is about some certificates of the CA only: it has an issuingDistributionPoint".to_string()
        );
    }
    match signature.check(provider, &key, list.tbs(), list.signature()) {
        Ok(()) if list.issuer().matches(issuer.subject()) => Ok(()),
        _ => Err("this CA has not signed the list".to_string()),
    }
}

/// Whether one number, big-endian, is above another one.
fn is_above(number: &[u8], other: &[u8]) -> bool {
    let [number, other] = [number, other].map(integer);
    (number.len(), &number) > (other.len(), &other)
}

/// The content octets of an INTEGER, from big-endian octets.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(zeros..).unwrap_or_default();
    let sign = digits.first().is_none_or(|first| *first >= 0x80);
    sign.then_some(0).into_iter().chain(digits.iter().copied()).collect()
}

/// One more.
fn next(number: &[u8]) -> Vec<u8> {
    let mut sum = [&[0], number].concat();
    for digit in sum.iter_mut().rev() {
        *digit = digit.wrapping_add(1);
        if *digit != 0 {
            break;
        }
    }
    integer(&sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (bytes, content) in
            [(&[][..], &[0][..]), (&[0], &[0]), (&[0, 1], &[1]), (&[0x80], &[0, 0x80]), (&[0, 0x7f, 0], &[0x7f, 0])]
        {
            assert_eq!(integer(bytes), content);
        }
        for (number, following) in
            [(&[][..], &[1][..]), (&[1], &[2]), (&[0x7f], &[0, 0x80]), (&[0xff, 0xff], &[1, 0, 0])]
        {
            assert_eq!(next(number), following);
        }
    }

    #[test]
    fn numbers_compare() {
        for (number, other, expected) in [
            (&[1][..], &[][..], true),
            (&[0, 0, 2], &[1], true),
            (&[1, 0], &[0xff], true),
            (&[0x80], &[0x7f], true),
            (&[1], &[1], false),
            (&[0, 0, 0, 1], &[2], false),
            (&[0xff], &[1, 0], false),
        ] {
            assert_eq!(is_above(number, other), expected, "{number:?} {other:?}");
        }
    }

    #[test]
    fn what_is_revoked() {
        let time = Time::from_unix(1_800_000_000);
        for (text, expected) in [
            ("a.pem", ("a.pem", None, None)),
            ("a.pem:keyCompromise", ("a.pem", Some(Reason::KeyCompromise), None)),
            ("c:/a:superseded@2027-01-15T08:00:00Z", ("c:/a", Some(Reason::Superseded), Some(time))),
            ("0A:1b", ("0A:1b", None, None)),
            ("0A:1b:SUPERSEDED", ("0A:1b", Some(Reason::Superseded), None)),
        ] {
            assert_eq!(split(text).unwrap(), expected, "{text}");
        }
        assert!(split("a:superseded@now").is_err());
    }
}
