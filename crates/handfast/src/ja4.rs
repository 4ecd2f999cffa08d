//! A fingerprint of a client, by its ClientHello: JA4 as FoxIO specifies it for TLS over TCP.

use crate::HelloView;
use alloc::{format, string::String, vec::Vec};
use core::fmt::{self, Write};
use handfast_crypto::{HashAlgorithm, Provider};
use handfast_wire::extension::{ProtocolNameList, SignatureAlgorithms, SupportedVersions};
use handfast_wire::{ExtensionType, ProtocolVersion};

/// What tells clients of one kind from those of another: `t13d1516h2_8daaf6152771_e5627efa2ab1`. The order of suites and
/// extensions is left out, which browsers change with every connection, and so is GREASE.
///
/// ```text
/// t                protocol: TLS over TCP
/// 13               the highest version that is offered: 13, 12, 11, 10, s3, s2, or 00
/// d                whether there is a server_name, a host name that is: d, or i
/// 15               how many suites, at most 99
/// 16               how many extensions, at most 99
/// h2               the first and the last character of the first protocol of ALPN, or 00
/// _8daaf6152771    SHA-256 of the suites, sorted, to 12 digits
/// _e5627efa2ab1    the same of the extensions, sorted, without server_name and ALPN, and of the signature schemes as they come
/// ```
///
/// Nothing in a ClientHello is authenticated, and whoever wants to can have the fingerprint of another client: it is for
/// statistics and for finding the careless.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ja4 {
    head: String,
    /// The suites, and the extensions with the schemes, as they are hashed.
    lists: [String; 2],
    hashes: [String; 2],
}

impl Ja4 {
    /// Of the client that has said this; `None` where `provider` has no SHA-256.
    pub fn of(hello: &HelloView, provider: &Provider) -> Option<Self> {
        let message = hello.message()?;
        let suites: Vec<u16> = message.cipher_suites.iter().filter(|own| !own.is_grease()).map(|own| own.0).collect();
        let extensions: Vec<ExtensionType> = message.extensions.types().filter(|ty| !ty.is_grease()).collect();
        let versions = message.extensions.find::<SupportedVersions<'_>>().ok().flatten();
        let highest = versions.and_then(|list| list.0.iter().filter(|own| !own.is_grease()).max());
        let protocols = message.extensions.find::<ProtocolNameList<'_>>().ok().flatten();
        let first = protocols.and_then(|list| list.0.iter().next()).map_or(&[][..], |name| name.0);
        let schemes = message.extensions.find::<SignatureAlgorithms<'_>>().ok().flatten();

        let name = if extensions.contains(&ExtensionType::SERVER_NAME) { 'd' } else { 'i' };
        let version = version(highest.unwrap_or(message.legacy_version));
        let counts = [suites.len(), extensions.len()].map(|count| count.min(99));
        let head = format!("t{version}{name}{:02}{:02}{}", counts[0], counts[1], protocol(first));

        let kept = |ty: &ExtensionType| {
            *ty != ExtensionType::SERVER_NAME && *ty != ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION
        };
        let mut second = sorted(extensions.into_iter().filter(kept).map(|ty| ty.0).collect());
        let schemes = schemes.into_iter().flat_map(|list| list.0.iter());
        let schemes = listed(schemes.filter(|own| !own.is_grease()).map(|own| own.0));
        if !schemes.is_empty() {
            second = format!("{second}_{schemes}");
        }
        let lists = [sorted(suites), second];
        let hashes = [hash(&lists[0], provider)?, hash(&lists[1], provider)?];
        Some(Self { head, lists, hashes })
    }

    /// The same with what is hashed instead of its hash, which FoxIO calls `ja4_r`.
    pub fn raw(&self) -> String {
        let [suites, rest] = &self.lists;
        format!("{}_{suites}_{rest}", self.head)
    }
}

/// The fingerprint.
impl fmt::Display for Ja4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [suites, rest] = &self.hashes;
        write!(f, "{}_{suites}_{rest}", self.head)
    }
}

fn version(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLS1_3 => "13",
        ProtocolVersion::TLS1_2 => "12",
        ProtocolVersion::TLS1_1 => "11",
        ProtocolVersion::TLS1_0 => "10",
        ProtocolVersion::SSL3 => "s3",
        ProtocolVersion(2) => "s2",
        _ => "00",
    }
}

/// First and last character of a protocol; where one of them is no letter and no digit, first and last digit of its bytes.
fn protocol(name: &[u8]) -> String {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return "00".into() };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(*first), char::from(*last)].into_iter().collect();
    }
    let (first, last) = (format!("{first:02x}"), format!("{last:02x}"));
    first.chars().next().into_iter().chain(last.chars().last()).collect()
}

fn sorted(mut numbers: Vec<u16>) -> String {
    numbers.sort_unstable();
    listed(numbers.into_iter())
}

fn listed(numbers: impl Iterator<Item = u16>) -> String {
    let mut out = String::new();
    for number in numbers {
        let comma = if out.is_empty() { "" } else { "," };
        // Writing to a String does not fail.
        let _ = write!(out, "{comma}{number:04x}");
    }
    out
}

/// Twelve digits of the hash of a list; zeros for one without anything in it.
fn hash(list: &str, provider: &Provider) -> Option<String> {
    const BYTES: usize = 6;
    if list.is_empty() {
        return Some("0".repeat(2 * BYTES));
    }
    let digest = provider.hash(HashAlgorithm::Sha256)?.digest(&[list.as_bytes()]).ok()?;
    let mut out = String::new();
    for byte in digest.as_bytes().iter().take(BYTES) {
        let _ = write!(out, "{byte:02x}");
    }
    Some(out)
}
