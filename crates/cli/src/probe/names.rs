//! What a server does for clients that want something unusual: no name, an unknown name, application protocols.

use super::answer::{Answer, Until};
use super::choose::{Picked, every};
use super::hello::Hello;
use super::line::{Line, Trouble};
use crate::escape;
use handfast::pki::Certificate;
use handfast::pki_types::{CertificateDer, ServerName};
use handfast::wire::{CipherSuite, CompressionAlgorithm, ProtocolVersion};
use handfast::{CertificateCompressor, Version};
use handfast_net::Connector;
use serde::Serialize;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a server is spoken to: by the engine if that can, else by hellos of the highest version.
pub(super) struct Way {
    pub(super) version: ProtocolVersion,
    pub(super) suites: Vec<CipherSuite>,
    pub(super) by_engine: bool,
}

impl Way {
    fn hello(&self, line: &Line) -> Option<Hello> {
        (!self.by_engine).then(|| line.hello(self.version, self.suites.clone()))
    }
}

/// How a server shows itself to somebody who does not ask for it by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub(super) enum Shown {
    /// With the certificate that it shows for its name.
    Same,
    /// With another one.
    Other { subject: String },
    /// Not at all.
    Refused { why: String },
}

/// No name, and one that nobody has.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Names {
    pub(super) without: Shown,
    pub(super) unknown: Shown,
}

/// RFC 2606 §2: no host has such a name.
const UNKNOWN: &str = "handfast-probe.invalid";

/// What a server shows without a name and for an unknown one, in the highest version there is.
pub(super) fn names(line: &Line, way: &Way) -> Result<Names, Trouble> {
    let own = shown(line, way, line.sni())?.map_err(Trouble)?;
    let as_shown = |name| -> Result<Shown, Trouble> {
        Ok(match shown(line, way, name)? {
            Ok(leaf) if leaf == own => Shown::Same,
            Ok(leaf) => Shown::Other { subject: subject(&leaf) },
            Err(why) => Shown::Refused { why },
        })
    };
    Ok(Names { without: as_shown(None)?, unknown: as_shown(Some(UNKNOWN))? })
}

/// The leaf, or why there is none.
fn shown(line: &Line, way: &Way, name: Option<&str>) -> Result<Result<CertificateDer<'static>, String>, Trouble> {
    if let Some(mut hello) = way.hello(line) {
        hello.name = name.map(str::to_string);
        return Ok(match line.ask(&hello, Until::Done)? {
            Answer::Flight(flight) => flight.chain.first().cloned().ok_or_else(|| "no certificate".to_string()),
            Answer::Alert(alert) => Err(format!("alert {alert}")),
            Answer::Closed => Err("closed".to_string()),
            Answer::Wrong(why) => Err(why),
        });
    }
    let server = match name {
        // An address is never sent (RFC 6066 §3).
        None => ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST)),
        Some(name) => ServerName::try_from(name.to_string()).map_err(|error| Trouble(error.to_string()))?,
    };
    let connector = Connector::new(line.curious().sessions(false).build()?);
    Ok(line.handshake_for(server, &connector)?.and_then(|stream| {
        let leaf = stream.facts().peer().and_then(|peer| peer.credential.chain.first().cloned());
        leaf.ok_or_else(|| "no certificate".to_string())
    }))
}

fn subject(leaf: &CertificateDer<'_>) -> String {
    Certificate::parse(leaf).map_or_else(|rule| escape::text(&rule.to_string()), |own| own.subject().to_string())
}

/// Application protocols (ALPN).
#[derive(Clone, Debug, Serialize)]
pub(super) struct Protocols {
    pub(super) protocols: Vec<String>,
    pub(super) preference: Option<super::choose::Preference>,
    /// What becomes of a client that has none of them: RFC 7301 §3.2 wants it refused.
    pub(super) unknown: UnknownProtocol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UnknownProtocol {
    Refused,
    Ignored,
    Accepted,
}

/// What is asked for (the registry of IANA, and what came before HTTP/2).
const PROTOCOLS: &[&str] = &[
    "h2",
    "http/1.1",
    "http/1.0",
    "spdy/3.1",
    "acme-tls/1",
    "grpc-exp",
    "imap",
    "pop3",
    "smtp",
    "ftp",
    "xmpp-client",
    "xmpp-server",
    "managesieve",
    "nntp",
    "irc",
    "dot",
    "mqtt",
    "stun.turn",
    "postgresql",
    "ntske/1",
    "radius/1.1",
    "webrtc",
    "smb",
];

/// One that nobody has.
const NOBODYS: &str = "handfast-probe";

/// The application protocols of a server, or nothing where it has none.
pub(super) fn protocols(line: &Line, way: &Way) -> Result<Protocols, Trouble> {
    let pick = |list: &[&str]| selected(line, way, list);
    let found: Vec<usize> = {
        let all: Vec<usize> = (0..PROTOCOLS.len()).collect();
        every(&all, |list| {
            let names: Vec<_> = list.iter().filter_map(|at| PROTOCOLS.get(*at).copied()).collect();
            Ok(match pick(&names)? {
                Selected::Protocol(name) => PROTOCOLS.iter().position(|own| own.as_bytes() == name),
                _ => None,
            })
        })?
    };
    let names: Vec<_> = found.iter().filter_map(|at| PROTOCOLS.get(*at).copied()).collect();
    let mut picked = Picked { items: names, preference: None };
    if let [favourite, .., last] = picked.items.as_slice() {
        let (favourite, last) = (*favourite, *last);
        picked.preference = match pick(&[last, favourite])? {
            Selected::Protocol(name) if name == favourite.as_bytes() => Some(super::choose::Preference::Server),
            Selected::Protocol(name) if name == last.as_bytes() => Some(super::choose::Preference::Client),
            _ => None,
        };
    }
    let unknown = match pick(&[NOBODYS])? {
        Selected::Protocol(_) => UnknownProtocol::Accepted,
        Selected::None => UnknownProtocol::Ignored,
        Selected::Refused => UnknownProtocol::Refused,
    };
    let protocols = picked.items.iter().map(|name| (*name).to_string()).collect();
    Ok(Protocols { protocols, preference: picked.preference, unknown })
}

enum Selected {
    Protocol(Vec<u8>),
    None,
    Refused,
}

fn selected(line: &Line, way: &Way, list: &[&str]) -> Result<Selected, Trouble> {
    let of = |name: Option<Vec<u8>>| name.map_or(Selected::None, Selected::Protocol);
    if let Some(mut hello) = way.hello(line) {
        hello.protocols = list.iter().map(|name| name.as_bytes().to_vec()).collect();
        return Ok(match line.ask(&hello, Until::Hello)? {
            Answer::Flight(flight) => of(flight.protocol),
            _ => Selected::Refused,
        });
    }
    let config = line.curious().sessions(false).protocols(list.iter().copied()).build()?;
    Ok(match line.handshake(&config)? {
        Ok(stream) => of(stream.facts().protocol.clone()),
        Err(_) => Selected::Refused,
    })
}

/// How a server compresses its certificate in TLS 1.3 (RFC 8879): each algorithm that it knows.
pub(super) fn compression(line: &Line) -> Result<Vec<String>, Trouble> {
    let mut found = Vec::new();
    for algorithm in CompressionAlgorithm::ALL {
        let seen = Arc::new(AtomicBool::new(false));
        let spy: Arc<dyn CertificateCompressor> = Arc::new(Spy { algorithm: *algorithm, seen: seen.clone() });
        let config = line.curious().versions(Version::Tls13, Version::Tls13).certificate_compression([spy]).build()?;
        // It ends with a certificate that cannot be read.
        let _ = line.handshake(&config)?;
        if seen.load(Ordering::Relaxed) {
            found.push(algorithm.to_string());
        }
    }
    Ok(found)
}

/// Says that it knows an algorithm, and only looks whether something comes.
struct Spy {
    algorithm: CompressionAlgorithm,
    seen: Arc<AtomicBool>,
}

impl CertificateCompressor for Spy {
    fn algorithm(&self) -> CompressionAlgorithm {
        self.algorithm
    }

    fn compress(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn decompress(&self, _: &[u8], _: &mut [u8]) -> bool {
        self.seen.store(true, Ordering::Relaxed);
        false
    }
}
