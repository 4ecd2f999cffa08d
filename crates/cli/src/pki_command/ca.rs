//! CAs.

use super::certificate::{chain, judge};
use super::key::Source;
use super::terms::{note_order, refused};
use super::{input, output, unmade};
use crate::failure::Failure;
use crate::password::Opens;
use clap::{Args, ValueHint};
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity, Key, Subject};
use handfast::pki_types::{CertificateDer, IpAddr, UnixTime};
use handfast::{Clock, Provider, SystemClock};
use std::net;
use std::path::{Path, PathBuf};

/// Make a CA: a certificate that may sign others (PEM), and its key
///
/// Whoever has the key can pass for everybody that the CA may issue for, wherever the CA is trusted: `--permit` draws the line.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,

    /// The distinguished name of the CA, as in "CN=Example CA,O=Example" (RFC 4514). No two CAs may have the same
    #[arg(long, value_name = "DN", value_parser = Subject::parse)]
    subject: Subject,

    /// How many days it is valid, beginning an hour ago
    #[arg(long, value_name = "NUMBER", default_value = "3650", value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,

    /// How many CAs may stand between it and a certificate that is no CA's [default: any number]
    #[arg(long, value_name = "NUMBER")]
    path_length: Option<u8>,

    /// It may issue for this domain and what is below it, this address or ADDRESS/LENGTH, or this mailbox, and for no others of
    /// the same form. With a domain and no address it may issue for no address. Mailboxes stay permitted unless one is given, and
    /// URIs always. May be given several times
    #[arg(long, value_name = "NAME")]
    permit: Vec<String>,

    /// The certificate of the CA that issues it (PEM), and those that lead from it to a root [default: it signs itself]
    #[arg(long = "ca", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "issuer_key")]
    issuer: Option<PathBuf>,

    /// The private key of `--ca` (PEM)
    #[arg(long = "ca-key", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "issuer")]
    issuer_key: Option<PathBuf>,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// The CA that issues it.
struct Issuer<'a> {
    own: Identity,
    above: Vec<CertificateDer<'static>>,
    path: &'a Path,
}

/// Runs `handfast pki ca`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let inputs = [arguments.source.input(), arguments.issuer.as_deref(), arguments.issuer_key.as_deref()];
    let inputs: Vec<_> = inputs.into_iter().flatten().collect();
    arguments.output.check(arguments.source.new_key.as_ref(), &inputs)?;
    if arguments.subject.name().is_empty() {
        return Err(Failure::usage("a CA has a name").hint("`--subject \"CN=Example CA\"` is one"));
    }
    note_order(&arguments.subject);
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let issuer = arguments.issuer(&provider)?;
    let parsed = issuer.as_ref().map(|issuer| input::parse(&issuer.own.certificate, issuer.path)).transpose()?;
    if parsed.as_ref().is_some_and(|issuer| issuer.subject().matches(arguments.subject.name())) {
        return Err(Failure::usage("the CA that issues it has the same name").hint("no two CAs may have one name"));
    }
    let limit = parsed.as_ref().map(|issuer| issuer.validity().not_after);
    let mut builder = Builder::ca("", now)
        .distinguished_name(&arguments.subject)
        .days(now, arguments.days, limit)
        .basic_constraints(true, arguments.path_length);
    if !arguments.permit.is_empty() {
        builder = builder.permit(arguments.permit.iter().map(String::as_str)).map_err(|error| refused(&error))?;
    }
    let key = arguments.source.key(&provider, &arguments.opens)?;
    let made = match &issuer {
        Some(issuer) => builder.signed_by(&provider, &issuer.own, key.public_key()),
        None => builder.self_signed(&provider, &key),
    };
    let made = Identity { certificate: made.map_err(|error| unmade(&error))?, key };
    let text = match (&issuer, &parsed) {
        (Some(issuer), Some(parsed)) => {
            arguments.probe(&provider, &made, issuer, now)?;
            chain(&made.certificate, &issuer.own.certificate, &issuer.above, parsed)
        }
        _ => made.certificate_pem(),
    };
    arguments.output.write_with_key(text.as_bytes(), &arguments.source, Some(&made.key))
}

impl Arguments {
    fn issuer(&self, provider: &Provider) -> Result<Option<Issuer<'_>>, Failure> {
        let (Some(path), Some(key)) = (&self.issuer, &self.issuer_key) else { return Ok(None) };
        let own = input::authority(provider, path, key, &self.opens)?;
        let above = input::above(provider, &own.certificate, path)?;
        Ok(Some(Issuer { own, above, path }))
    }

    /// Fails where nobody would accept what the CA is going to issue. A certificate is made for that, with all that the CA is to be
    /// permitted, and thrown away.
    fn probe(&self, provider: &Provider, ca: &Identity, issuer: &Issuer<'_>, now: UnixTime) -> Result<(), Failure> {
        let key = Key::generate(provider, KeyKind::P256).map_err(|error| unmade(&error))?;
        // A name that begins as that of the CA lies in whatever subtree that lies in, and is another one.
        let tail = Subject::parse("CN=probe").map_err(|error| Failure::broken(error.to_string()))?;
        let name = [self.subject.name().as_bytes(), tail.name().as_bytes()].concat();
        let blank = Builder::new("", now).subject_content(&name).days(now, 1, None);
        let builder = self
            .permit
            .iter()
            .flat_map(|text| ends(text))
            .try_fold(blank, |own, name| own.alternative_name(&name))
            .map_err(|error| refused(&error))?;
        let certificate = builder.signed_by(provider, ca, key.public_key()).map_err(|error| unmade(&error))?;
        let own = [certificate, ca.certificate.clone(), issuer.own.certificate.clone()];
        judge(provider, own.into_iter().chain(issuer.above.iter().cloned()).collect(), &[], now)
    }
}

/// What is permitted, and of a range its first and its last address.
fn ends(text: &str) -> Vec<String> {
    let ends = || {
        let (address, len) = text.split_once('/')?;
        let len: u32 = len.parse().ok()?;
        Some(match net::IpAddr::from(IpAddr::try_from(address).ok()?) {
            net::IpAddr::V4(own) => {
                let rest = u32::MAX.checked_shr(len).unwrap_or(0);
                [own.to_bits() & !rest, own.to_bits() | rest].map(|bits| net::Ipv4Addr::from_bits(bits).to_string())
            }
            net::IpAddr::V6(own) => {
                let rest = u128::MAX.checked_shr(len).unwrap_or(0);
                [own.to_bits() & !rest, own.to_bits() | rest].map(|bits| net::Ipv6Addr::from_bits(bits).to_string())
            }
        })
    };
    ends().map_or_else(|| vec![text.to_string()], Vec::from)
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn both_ends_of_a_range() {
        for (text, expected) in [
            ("10.1.2.3/8", &["10.0.0.0", "10.255.255.255"][..]),
            ("10.1.2.3/32", &["10.1.2.3", "10.1.2.3"]),
            ("10.1.2.3/0", &["0.0.0.0", "255.255.255.255"]),
            ("2001:db8::/32", &["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"]),
            ("10.1.2.3", &["10.1.2.3"]),
            ("a.test", &["a.test"]),
        ] {
            assert_eq!(ends(text), expected, "{text}");
        }
    }
}
