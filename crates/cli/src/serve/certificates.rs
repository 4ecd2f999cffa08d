//! Certificates by host name.

use handfast::pki::Certificate;
use handfast::pki::extension::GeneralName;
use handfast::wire::CertificateType;
use handfast::{ChooseIdentity, CredentialQuestion, Identity, Refusal};
use std::collections::HashMap;
use std::sync::Arc;

/// The server's certificates. A client that asks for a host gets one that is for this host, or else for a wildcard that has
/// it, or else, as one that asks for none, the first there is; of several the one with the key that it likes best.
#[derive(Default)]
pub(crate) struct Certificates {
    /// In their order.
    all: Vec<Arc<Identity>>,
    /// By host name, or `*.` and what comes behind any one label.
    named: HashMap<String, Vec<Arc<Identity>>>,
    /// For hosts that nobody has, where such were named.
    otherwise: Vec<Arc<Identity>>,
    /// Nobody is shown a certificate for another host.
    pub(crate) strict: bool,
}

impl Certificates {
    /// One for the host names that are in it.
    pub(crate) fn add(&mut self, identity: Arc<Identity>) {
        for host in hosts(&identity) {
            self.name(&host, &identity);
        }
        self.all.push(identity);
    }

    /// One for this host, or for hosts that nobody has, before those that were added without a name.
    pub(crate) fn add_for(&mut self, place: &Place, identity: &Arc<Identity>) {
        match place {
            Place::Host(host) => self.name(host, identity),
            Place::Otherwise => self.otherwise.push(identity.clone()),
            Place::Any => {}
        }
    }

    pub(crate) fn all(&self) -> &[Arc<Identity>] {
        &self.all
    }

    /// The names there are certificates for.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    fn name(&mut self, host: &str, identity: &Arc<Identity>) {
        let named = self.named.entry(normal(host)).or_default();
        if !named.iter().any(|other| Arc::ptr_eq(other, identity)) {
            named.push(identity.clone());
        }
    }

    /// Those for this host, the best first.
    fn lists(&self, host: Option<&str>) -> impl Iterator<Item = &Vec<Arc<Identity>>> {
        let host = host.map(normal);
        let wildcard = host.as_deref().and_then(|host| Some(format!("*.{}", host.split_once('.')?.1)));
        let named = [host, wildcard].into_iter().flatten().filter_map(|name| self.named.get(&name));
        named.chain([&self.otherwise, &self.all].into_iter().filter(|_| !self.strict))
    }
}

impl ChooseIdentity for Certificates {
    fn choose(&self, question: &CredentialQuestion) -> Option<Arc<Identity>> {
        let chosen = self.lists(question.server_name()).filter_map(|list| list.choose(question));
        let mut chosen = chosen.filter(|identity| identity.scheme(question).is_some());
        // Where none has a key that the client takes, it is the list that says so.
        chosen.next().or_else(|| if self.strict { None } else { self.all.choose(question) })
    }

    fn domain(&self) -> Option<Vec<u8>> {
        self.all.domain()
    }

    fn missing(&self, question: &CredentialQuestion) -> Refusal {
        self.all.missing(question)
    }

    fn certificate_types(&self) -> Vec<CertificateType> {
        self.all.certificate_types()
    }
}

/// What a directory of certificates is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A host name, or `*.` and what comes behind any one label.
    Host(String),
    /// Hosts that nobody has.
    Otherwise,
    /// What the certificates themselves are for.
    Any,
}

impl Place {
    /// By the name of the directory.
    pub(crate) fn of(name: &str) -> Self {
        let label = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let host = match name.strip_prefix("_.") {
            Some(rest) => format!("*.{rest}"),
            None => name.to_string(),
        };
        let labels = host.strip_prefix("*.").unwrap_or(&host);
        match name {
            "default" => Self::Otherwise,
            // A host that is called by one label is there as well: localhost.
            _ if labels.split('.').all(label) && (labels.contains('.') || labels == "localhost") => {
                Self::Host(normal(&host))
            }
            _ => Self::Any,
        }
    }
}

/// The host names in a certificate.
pub(crate) fn hosts(identity: &Identity) -> Vec<String> {
    let leaf = identity.credential().chain().first().and_then(|leaf| Certificate::parse(leaf).ok());
    let names = leaf.as_ref().and_then(|leaf| leaf.subject_alt_names().ok()).into_iter().flatten();
    let hosts = names.filter_map(|name| match name {
        Ok(GeneralName::Dns(name)) => str::from_utf8(name).ok().map(normal),
        _ => None,
    });
    hosts.collect()
}

/// Whether a certificate is for this host or wildcard.
pub(crate) fn is_for(identity: &Identity, host: &str) -> bool {
    let wildcard = host.split_once('.').map(|(_, rest)| format!("*.{rest}"));
    hosts(identity).iter().any(|name| name == host || Some(name) == wildcard.as_ref())
}

fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_directories_are_for() {
        let host = |name: &str| Place::Host(name.to_string());
        for (name, place) in [
            ("www.Example.com", host("www.example.com")),
            ("*.example.com", host("*.example.com")),
            ("_.example.com", host("*.example.com")),
            ("localhost", host("localhost")),
            ("default", Place::Otherwise),
            ("site-1", Place::Any),
            ("a..b", Place::Any),
            ("*", Place::Any),
            ("a b.example", Place::Any),
        ] {
            assert_eq!(Place::of(name), place, "{name}");
        }
    }
}
