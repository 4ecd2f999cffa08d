//! Configurations by host name, on a running server.

use crate::config::{ChooseConfig, ConfigChoice};
use crate::{HelloView, ServerConfig};
use alloc::{string::String, sync::Arc, vec::Vec};
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
    /// In the order in which they were added.
    named: Vec<(String, Arc<ServerConfig>)>,
    other: Option<Arc<ServerConfig>>,
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
            known.named.retain(|(other, _)| *other != pattern);
            known.named.push((pattern, config));
        });
    }

    /// Serves the hosts of `pattern` no longer. Says whether they were.
    pub fn remove(&self, pattern: &str) -> bool {
        let pattern = normal(pattern);
        self.change(|known| {
            let before = known.named.len();
            known.named.retain(|(other, _)| *other != pattern);
            known.named.len() < before
        })
    }

    /// The configuration for a client that asks for `name`.
    pub fn find(&self, name: Option<&str>) -> Option<Arc<ServerConfig>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let name = name.map(normal);
        let named = name.and_then(|name| known.named.iter().rev().find(|(pattern, _)| matches(pattern, &name)));
        named.map(|(_, config)| config).or(known.other.as_ref()).cloned()
    }

    /// The patterns that have a configuration, the first to be looked at last.
    pub fn patterns(&self) -> Vec<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.named.iter().map(|(pattern, _)| pattern.clone()).collect()
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

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(suffix) => name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == suffix),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (pattern, name, expected) in [
            ("a.example", "a.example", true),
            ("a.example", "b.a.example", false),
            ("*.example", "a.example", true),
            ("*.example", "b.a.example", false),
            ("*.example", "example", false),
            ("*.example", ".example", false),
            ("*", "example", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
