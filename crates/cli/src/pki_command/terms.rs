//! Flags that say what a certificate says.

use super::input::bad;
use crate::failure::Failure;
use crate::{escape, tls};
use clap::Args;
use handfast::crypto::{KeyKind, PublicKey};
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, NameError, Subject};
use handfast::pki::{Certificate, Purpose, Rule, name};
use handfast::pki_types::{IpAddr, UnixTime};
use std::path::Path;

/// Whose certificate it is.
#[derive(Args)]
#[group(skip)]
pub(super) struct Whose {
    /// The distinguished name, as in "CN=www.example.com,O=Example,C=GB" (RFC 4514) [default: CN with the first host name]
    #[arg(long, value_name = "DN", value_parser = Subject::parse)]
    pub(super) subject: Option<Subject>,

    /// A name that it is for: a host name, also with *. before it, an address, a mailbox or a URI. May be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) name: Vec<String>,
}

/// The longest common name (RFC 5280 Appendix A.1).
const COMMON_NAME_MAX: usize = 64;

impl Whose {
    /// Whether anything was said.
    pub(super) fn is_empty(&self) -> bool {
        self.subject.is_none() && self.name.is_empty()
    }

    /// Sets subject and names. What a request said stays where nothing else is said; names are added.
    pub(super) fn apply(&self, builder: Builder, is_requested: bool) -> Result<Builder, Failure> {
        let builder = match &self.subject {
            Some(subject) => {
                note_order(subject);
                builder.distinguished_name(subject)
            }
            None if is_requested => builder,
            None => match self.common_name() {
                Some(name) => builder.subject(&name),
                None => builder,
            },
        };
        self.name.iter().try_fold(builder, |own, name| own.alternative_name(name)).map_err(|error| refused(&error))
    }
}

/// Says so where the attributes seem to be in the order of the certificate, which that of RFC 4514 turns round.
pub(super) fn note_order(subject: &Subject) {
    /// How much of a name is looked at, in bytes.
    const LOOKED_AT: usize = 1024;
    let text = subject.name().text(LOOKED_AT);
    if text.starts_with("CN=") && text.rsplit(", ").next().is_some_and(|last| last.starts_with("C=")) {
        tls::warn(&format!(
            "the subject is {text}: RFC 4514 writes the last attribute first, as in \"CN=www.example.com,O=Example,C=GB\""
        ));
    }
}

impl Whose {
    /// The subject there is where nothing else says one; `None` without a name that is short enough.
    pub(super) fn is_nameless(&self) -> bool {
        self.common_name().is_none()
    }

    /// The first name, or the first that is no address: an address alone looks like a host name to OpenSSL, which holds it
    /// against the constraints on those.
    fn common_name(&self) -> Option<String> {
        let is_address = |name: &&String| IpAddr::try_from(name.as_str()).is_ok();
        let host = self.name.iter().find(|name| !is_address(name)).cloned();
        let name = host.or_else(|| self.name.first().map(|address| format!("address {address}")))?;
        Some(name).filter(|name| name.chars().count() <= COMMON_NAME_MAX)
    }
}

/// What a certificate that is no CA's says beyond names.
#[derive(Args)]
#[group(skip)]
pub(super) struct Terms {
    /// How many days it is valid, beginning an hour ago
    #[arg(long, value_name = "NUMBER", default_value = "90", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) days: u32,

    /// It is for a TLS server [default, without `--client` and `--ocsp-signer`]
    #[arg(long)]
    server: bool,

    /// It is for a TLS client
    #[arg(long)]
    client: bool,

    /// It is for whoever signs OCSP responses in place of the CA
    #[arg(long, conflicts_with_all = ["server", "client"])]
    ocsp_signer: bool,

    /// A server that has it must staple an OCSP response (RFC 7633)
    #[arg(long)]
    must_staple: bool,

    /// A certificate policy it is issued under, as a dotted object identifier. May be given several times
    #[arg(long, value_name = "OID")]
    policy: Vec<String>,

    /// Where the revocation list of the CA is. May be given several times for several places of the same list
    #[arg(long, value_name = "URL")]
    crl_url: Vec<String>,

    /// Where to ask about it by OCSP. May be given several times
    #[arg(long, value_name = "URL")]
    ocsp_url: Vec<String>,

    /// Where the certificate of the CA is (DER). May be given several times
    #[arg(long, value_name = "URL")]
    ca_url: Vec<String>,
}

impl Terms {
    /// What it is for.
    pub(super) fn purposes(&self) -> Vec<Purpose> {
        let is_server = self.server || (!self.client && !self.ocsp_signer);
        let chosen =
            [(is_server, Purpose::Server), (self.client, Purpose::Client), (self.ocsp_signer, Purpose::OcspSigning)];
        chosen.into_iter().filter_map(|(is_chosen, purpose)| is_chosen.then_some(purpose)).collect()
    }

    /// A certificate without names, valid from now on and not longer than `issuer`.
    pub(super) fn builder(
        &self,
        now: UnixTime,
        key: &PublicKey,
        issuer: Option<&Certificate<'_>>,
    ) -> Result<Builder, Failure> {
        let purposes = self.purposes();
        let mut builder = match self.ocsp_signer {
            true => Builder::ocsp_signer("", now),
            // RSA key transport is history, but there are programs that want to be allowed it.
            false if key.kind == KeyKind::Rsa && purposes.contains(&Purpose::Server) => {
                Builder::new("", now).key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT)
            }
            false => Builder::new("", now).key_usage(KeyUsage::DIGITAL_SIGNATURE),
        };
        if !self.ocsp_signer {
            builder = builder.purposes(&purposes);
        }
        builder = builder.subject_content(&[]).days(now, self.days, issuer.map(|issuer| issuer.validity().not_after));
        if self.must_staple {
            builder = builder.must_staple();
        }
        self.places(builder).map_err(|error| refused(&error))
    }

    fn places(&self, mut builder: Builder) -> Result<Builder, NameError> {
        if !self.policy.is_empty() {
            builder = builder.policies(texts(&self.policy))?;
        }
        if !self.crl_url.is_empty() {
            builder = builder.crl_urls(texts(&self.crl_url))?;
        }
        if !self.ocsp_url.is_empty() || !self.ca_url.is_empty() {
            builder = builder.authority_access(texts(&self.ocsp_url), texts(&self.ca_url))?;
        }
        Ok(builder)
    }
}

fn texts(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().map(String::as_str)
}

/// A name, constraint, URL or policy that cannot be meant.
pub(super) fn refused(error: &NameError) -> Failure {
    let failure = Failure::usage(error);
    match error {
        NameError::Name(text) if !text.is_ascii() => {
            failure.hint("names in other scripts are written in their ASCII form, which begins with xn--")
        }
        NameError::Uri(_) => failure.hint("it begins with http://"),
        _ => failure,
    }
}

/// Longer than this, in seconds, browsers take no server certificate from a public CA: 398 days and the hour before.
const LONG: i64 = 398 * 86_400 + 3_600;

/// Says what nobody may expect of a certificate that was just made.
pub(super) fn remark(der: &[u8], purposes: &[Purpose], path: &Path) -> Result<(), Failure> {
    const SHOWN: usize = 1;
    let certificate = Certificate::parse(der).map_err(|rule| bad(path, &rule))?;
    let (names, _) = name::names(&certificate, SHOWN).map_err(|rule: Rule| bad(path, &rule))?;
    if purposes.contains(&Purpose::Server) && names.is_empty() {
        tls::warn("it has no host name and no address, so no client will take it for a server: `--name NAME` adds one");
    }
    let validity = certificate.validity();
    if purposes.contains(&Purpose::Server)
        && validity.not_after.unix().saturating_sub(validity.not_before.unix()) > LONG
    {
        tls::warn(
            "it is valid for more than 398 days: browsers take no such server certificate from a public CA, and those of Apple \
             none from any CA if it is more than 825",
        );
    }
    Ok(())
}

/// A name in a message.
pub(super) fn shown(text: impl ToString) -> String {
    escape::text(&text.to_string())
}
