//! What the CA may issue for, and whether a CA is one of those.

use super::SUBJECT;
use crate::failure::Failure;
use crate::pki_command::crl::issued;
use crate::pki_command::terms::shown;
use crate::tls;
use handfast::Provider;
use handfast::pki::inspect::{ExtensionDescription, Value};
use handfast::pki::{Certificate, Purpose, Rule};
use handfast::pki_types::IpAddr;
use std::net;

/// Domains that no public site is in: RFC 6761 §6, RFC 6762 §3, RFC 8375 §4, and `internal`, which ICANN has set aside.
const RESERVED: [&str; 7] = ["localhost", "test", "example", "invalid", "local", "internal", "home.arpa"];

/// Fails where a name would let the CA issue for a whole top-level domain, and warns where it lets it issue for what others have.
pub(super) fn check(names: &[String]) -> Result<(), Failure> {
    for name in names {
        if let Ok(address) = IpAddr::try_from(name.as_str()) {
            if is_public(address) {
                note(name, "a public address");
            }
            continue;
        }
        let domain = name.strip_prefix("*.").unwrap_or(name).to_ascii_lowercase();
        let is_in = |own: &&str| domain.strip_suffix(*own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        match RESERVED.iter().any(is_in) {
            true => {}
            false if !domain.contains('.') => {
                return Err(Failure::usage(format!(
                    "`{}`: the CA would be one for a whole top-level domain",
                    shown(name)
                ))
                .hint("name the host, as in app.test; a wildcard needs two labels, as in *.app.test"));
            }
            false => note(name, "a name that may be somebody's on the Internet"),
        }
    }
    Ok(())
}

fn note(name: &str, what: &str) {
    tls::warn(&format!("{} is {what}: whoever has the key of the CA can pass for it", shown(name)));
}

/// Whether somebody on the Internet may have it.
fn is_public(address: IpAddr) -> bool {
    match net::IpAddr::from(address) {
        net::IpAddr::V4(own) => {
            let [a, b, ..] = own.octets();
            !(own.is_loopback()
                || own.is_private()
                || own.is_link_local()
                || own.is_documentation()
                || own.is_unspecified()
                // RFC 6598 §7.
                || (a == 100 && b & 0xc0 == 64))
        }
        net::IpAddr::V6(own) => {
            let documentation = own.segments()[..2] == [0x2001, 0xdb8];
            !(own.is_loopback()
                || own.is_unique_local()
                || own.is_unicast_link_local()
                || own.is_unspecified()
                || documentation)
        }
    }
}

/// Whether a CA is one that `handfast pki dev` makes; why not.
pub(super) fn check_own(ca: &Certificate<'_>, provider: &Provider) -> Result<(), String> {
    let said = |rule: Rule| rule.to_string();
    let subtrees = permitted(ca);
    let has = |form: &str| subtrees.iter().any(|own| own.starts_with(form));
    let purposes = ca.extended_key_usage().map_err(said)?;
    let is_limited = purposes
        .is_some_and(|own| own.oids().len() == 2 && own.permits(Purpose::Server) && own.permits(Purpose::Client));
    let constraints = ca.basic_constraints().map_err(said)?;
    match () {
        () if !ca.subject().to_string().starts_with(&format!("CN={SUBJECT} ")) => {
            Err("it has another name".to_string())
        }
        () if issued(ca, provider, ca).is_err() => Err("it is not signed with its own key".to_string()),
        () if !constraints.is_some_and(|own| own.ca && own.path_len == Some(0)) => {
            Err("there may be CAs below it".to_string())
        }
        () if !is_limited => Err("it is for more than TLS".to_string()),
        () if !has("DNS:") => Err("it may issue for every host name".to_string()),
        () if !has("IP Address:") => Err("it may issue for every address".to_string()),
        () => Ok(()),
    }
}

/// The permitted subtrees, each with its form.
pub(super) fn permitted(ca: &Certificate<'_>) -> Vec<String> {
    const NAME_CONSTRAINTS: &str = "nameConstraints";
    let found = ca.extensions().iter().map(ExtensionDescription::of).find(|own| own.title() == NAME_CONSTRAINTS);
    match found.as_ref().and_then(|own| own.value.get("permitted")) {
        Some(Value::List(all)) => all.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_ca_may_be_for() {
        let check = |name: &str| check(&[name.to_string()]).is_ok();
        for good in ["app.test", "localhost", "*.test", "TEST", "a.internal", "www.example.com", "*.a.dev", "8.8.8.8"] {
            assert!(check(good), "{good}");
        }
        for bad in ["com", "*.dev", "*.COM", "contest"] {
            assert!(!check(bad), "{bad}");
        }
    }

    #[test]
    fn public_addresses() {
        for (text, expected) in [
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("192.168.1.1", false),
            ("169.254.1.1", false),
            ("100.64.0.1", false),
            ("192.0.2.7", false),
            ("::1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("2001:db8::1", false),
            ("8.8.8.8", true),
            ("100.128.0.1", true),
            ("2606:4700::1", true),
        ] {
            assert_eq!(is_public(IpAddr::try_from(text).unwrap()), expected, "{text}");
        }
    }
}
