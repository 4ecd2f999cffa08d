//! Configurations by host name, on a running server.

use crate::config::{ChooseConfig, ConfigChoice};
use crate::{HelloView, ServerConfig};
use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use handfast_wire::AlertDescription;
use std::sync::{PoisonError, RwLock};

/// Chooses a configuration by the host name that the client asks for. Names can be added and replaced while connections
/// are served: a connection keeps the configuration it began with.
///
/// A pattern is a host name, or `*.` and a host name for any one label before it. Of several that match the latest wins.
#[derive(Debug, Default)]
pub struct Hosts(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By pattern.
    named: BTreeMap<String, Named>,
    /// How many have been added.
    count: u64,
    other: Option<Arc<ServerConfig>>,
}

#[derive(Debug)]
struct Named {
    /// As how many-th it was added.
    at: u64,
    config: Arc<ServerConfig>,
}

impl Hosts {
    /// Knows nobody: every client is refused with `unrecognized_name`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves clients that ask for no name, or for one that nobody has.
    pub fn otherwise(&self, config: Arc<ServerConfig>) {
        self.change(|known| known.other = Some(config));
    }

    /// Serves the hosts of `pattern`. What was there for the same pattern is replaced.
    pub fn add(&self, pattern: &str, config: Arc<ServerConfig>) {
        let pattern = normal(pattern);
        self.change(|known| {
            known.count = known.count.saturating_add(1);
            known.named.insert(pattern, Named { at: known.count, config });
        });
    }

    /// Serves the hosts of `pattern` no longer. Says whether they were.
    pub fn remove(&self, pattern: &str) -> bool {
        let pattern = normal(pattern);
        self.change(|known| known.named.remove(&pattern).is_some())
    }

    /// The configuration for a client that asks for `name`.
    pub fn find(&self, name: Option<&str>) -> Option<Arc<ServerConfig>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let patterns = name.map(patterns).unwrap_or_default();
        let named =
            patterns.iter().flatten().filter_map(|pattern| known.named.get(pattern)).max_by_key(|named| named.at);
        named.map(|named| &named.config).or(known.other.as_ref()).cloned()
    }

    /// The patterns that have a configuration, in the order in which they were added.
    pub fn patterns(&self) -> Vec<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = known.named.iter().collect();
        all.sort_unstable_by_key(|(_, named)| named.at);
        all.into_iter().map(|(pattern, _)| pattern.clone()).collect()
    }

    fn change<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        with(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ChooseConfig for Hosts {
    fn choose(&self, hello: &HelloView) -> ConfigChoice {
        self.find(hello.server_name().as_deref())
            .map_or(ConfigChoice::Refuse(AlertDescription::UNRECOGNIZED_NAME), ConfigChoice::Serve)
    }
}

fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Those that a name can have: itself, and the one for any label in place of its first.
fn patterns(name: &str) -> [Option<String>; 2] {
    let name = normal(name);
    let any = name.split_once('.').filter(|(label, _)| !label.is_empty()).map(|(_, rest)| ["*.", rest].concat());
    [Some(name), any]
}

#[cfg(test)]
mod tests {
    use super::patterns;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (pattern, name, expected) in [
            ("a.example", "A.example.", true),
            ("a.example", "b.a.example", false),
            ("*.example", "a.example", true),
            ("*.example", "b.a.example", false),
            ("*.example", "example", false),
            ("*.example", ".example", false),
            ("*", "example", false),
        ] {
            let matches = patterns(name).iter().flatten().any(|own| own == pattern);
            assert_eq!(matches, expected, "{pattern} {name}");
        }
    }
}
