//! Where to connect to.

use std::fmt;
use std::str::FromStr;

/// A host and a port, as people write them: `example.com`, `example.com:8443`, `[2001:db8::1]:443`, `::1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether the port was written.
    has_port: bool,
}

impl Target {
    /// The same at another port, unless one was written.
    pub(crate) fn or_port(mut self, port: u16) -> Self {
        if !self.has_port {
            self.port = port;
        }
        self
    }
}

/// The port of `https`.
pub(crate) const HTTPS: u16 = 443;

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or("a `]` is missing")?;
                let port = match rest {
                    "" => None,
                    _ => Some(rest.strip_prefix(':').ok_or("after `]` comes `:PORT` or nothing")?),
                };
                (host, port)
            }
            // More than one colon is an IPv6 address without a port.
            None => match text.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        if host.is_empty() {
            return Err("the host is missing".to_string());
        }
        let has_port = port.is_some();
        let port = match port {
            None => HTTPS,
            Some(port) => port.parse().map_err(|_| format!("`{port}` is not a port: 1 to 65535"))?,
        };
        Ok(Self { host: host.to_string(), port, has_port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (text, host, port) in [
            ("example.com", "example.com", 443),
            ("example.com:8443", "example.com", 8443),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]", "::1", 443),
            ("[::1]:4433", "::1", 4433),
            ("2001:db8::1", "2001:db8::1", 443),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!((target.host.as_str(), target.port), (host, port));
            let again: Target = target.to_string().parse().unwrap();
            assert_eq!((again.host, again.port), (target.host.clone(), port));
            // Of what is written the port stays.
            assert_eq!(target.or_port(25).port, if port == HTTPS { 25 } else { port }, "{text}");
        }
        for text in ["", ":443", "host:", "host:70000", "host:http", "[::1", "[::1]443", "[]:443"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
