//! What a server picks of a list, and whose order counts: offer it all, strike out what was picked, offer the rest.

use super::answer::{Answer, Flight, Until};
use super::line::{Line, Trouble};
use super::{groups, suites};
use handfast::crypto::signature::SCHEMES;
use handfast::crypto::suite::TLS13_SUITES;
use handfast::wire::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use handfast::{Facts, Version};
use serde::Serialize;

/// Whose order decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Preference {
    Server,
    Client,
}

/// What a server has of a list: in the order in which it picks, and whose order that is, where there are several.
#[derive(Clone, Debug)]
pub(super) struct Picked<T> {
    pub(super) items: Vec<T>,
    pub(super) preference: Option<Preference>,
}

impl<T> Default for Picked<T> {
    fn default() -> Self {
        Self { items: Vec::new(), preference: None }
    }
}

/// Every item that is picked of `all`, with `pick` for what the server picks of a list, if anything.
pub(super) fn every<T: Copy + PartialEq>(
    all: &[T],
    mut pick: impl FnMut(&[T]) -> Result<Option<T>, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let (mut left, mut found) = (all.to_vec(), Vec::new());
    while !left.is_empty() {
        let Some(picked) = pick(&left)? else { break };
        if !found.contains(&picked) {
            found.push(picked);
        }
        // A server that picks what was not offered would do so for ever.
        let Some(at) = left.iter().position(|item| *item == picked) else { break };
        left.remove(at);
    }
    Ok(found)
}

/// Whose order counts: the one that was picked first is offered last, with `first` in front of it.
fn preference<T: Copy + PartialEq>(
    found: &[T],
    may_be_first: impl Fn(&T) -> bool,
    pick: impl FnOnce(&[T]) -> Result<Option<T>, Trouble>,
) -> Result<Option<Preference>, Trouble> {
    let Some((favourite, others)) = found.split_first() else { return Ok(None) };
    let Some(first) = others.iter().rev().position(may_be_first) else { return Ok(None) };
    let mut list: Vec<_> = others.iter().rev().copied().collect();
    list.swap(0, first);
    list.push(*favourite);
    let picked = pick(&list)?;
    Ok(match picked {
        Some(picked) if picked == *favourite => Some(Preference::Server),
        Some(picked) if list.first() == Some(&picked) => Some(Preference::Client),
        _ => None,
    })
}

/// The suites of a version.
pub(super) fn suites(line: &Line, version: ProtocolVersion, retries: bool) -> Result<Picked<CipherSuite>, Trouble> {
    let pick = |list: &[CipherSuite]| -> Result<Option<CipherSuite>, Trouble> {
        if version == ProtocolVersion::TLS1_3 && !retries {
            return Ok(by_engine(line, Some(list), None)?.and_then(|facts| facts.suite).map(|suite| suite.id));
        }
        Ok(flight(line, version, list.to_vec(), |_| {})?.and_then(|flight| flight.suite))
    };
    let (mut items, mut chunks) = (Vec::new(), 0);
    for chunk in suites::chunks(version) {
        let found = every(&chunk, pick)?;
        chunks += usize::from(!found.is_empty());
        items.extend(found.into_iter().filter(|suite| !items.contains(suite)).collect::<Vec<_>>());
    }
    if chunks > 1 {
        // The chunks were ordered each for itself.
        items = every(&items, pick)?;
    }
    // Servers that have an order of their own make an exception for clients that like ChaCha20 best.
    let may_be_first = |suite: &CipherSuite| !suites::name(*suite).contains("CHACHA20");
    let preference = preference(&items, may_be_first, pick)?;
    Ok(Picked { items, preference })
}

/// What there is of key exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchanges {
    pub(super) groups: Picked<NamedGroup>,
    /// The bits of the shortest prime of a finite field, named or not.
    pub(super) field_bits: Option<usize>,
}

/// The groups of a version.
pub(super) fn exchanges(
    line: &Line,
    version: ProtocolVersion,
    known: &[CipherSuite],
    retries: bool,
) -> Result<Exchanges, Trouble> {
    let all = groups::all(version);
    if version == ProtocolVersion::TLS1_3 {
        let pick = |list: &[NamedGroup]| -> Result<Option<NamedGroup>, Trouble> {
            if !retries {
                return Ok(by_engine(line, None, Some(list))?.and_then(|facts| facts.group));
            }
            let flight = flight(line, version, known.to_vec(), |hello| hello.groups = list.to_vec())?;
            Ok(flight.and_then(|flight| flight.group))
        };
        let items = every(&all, pick)?;
        let preference = preference(&items, |_| true, pick)?;
        return Ok(Exchanges { groups: Picked { items, preference }, field_bits: None });
    }
    let of = |has: fn(CipherSuite) -> bool| known.iter().copied().filter(|suite| has(*suite)).collect::<Vec<_>>();
    let (curves, fields) = (of(suites::has_curve), of(suites::has_field));
    let mut exchanges = Exchanges::default();
    if !curves.is_empty() && version > ProtocolVersion::SSL3 {
        let pick = |list: &[NamedGroup]| -> Result<Option<NamedGroup>, Trouble> {
            let flight = done(line, version, curves.clone(), |hello| hello.groups = list.to_vec())?;
            Ok(flight.and_then(|flight| flight.group))
        };
        let named: Vec<_> = all.iter().copied().filter(|group| !is_field(*group)).collect();
        let mut items = every(&named, pick)?;
        exchanges.groups.preference = preference(&items, |_| true, pick)?;
        // A certificate on a curve is for clients that know the curve (RFC 8422 §5.1.1): the others are offered beside it.
        let rest: Vec<_> = named.into_iter().filter(|group| !items.contains(group)).collect();
        let beside = every(&rest, |list| {
            let picked = pick(&[list, items.as_slice()].concat())?;
            Ok(picked.filter(|picked| !items.contains(picked)))
        })?;
        items.extend(beside);
        exchanges.groups.items = items;
    }
    if !fields.is_empty() {
        // Without any group, so that it is the server's own field.
        let own = done(line, version, fields, |hello| hello.groups.retain(|group| !is_field(*group)))?;
        exchanges.field_bits = own.and_then(|flight| flight.field_bits);
    }
    Ok(exchanges)
}

fn is_field(group: NamedGroup) -> bool {
    matches!(group.0, 0x0100..=0x0104)
}

/// How the server signs handshakes: before TLS 1.2 there is no choice.
pub(super) fn schemes(
    line: &Line,
    version: ProtocolVersion,
    known: &[CipherSuite],
) -> Result<Vec<SignatureScheme>, Trouble> {
    match version {
        ProtocolVersion::TLS1_3 => {
            let all: Vec<_> = SCHEMES.iter().filter(|scheme| scheme.signs_tls13).map(|scheme| scheme.id).collect();
            let known: Vec<_> = SCHEMES.iter().map(|scheme| scheme.id).collect();
            every(&all, |list| {
                let config = line
                    .curious()
                    .versions(Version::Tls13, Version::Tls13)
                    .schemes(list.iter().copied())
                    .certificate_schemes(known.iter().copied())
                    .build()?;
                Ok(line.handshake(&config)?.ok().and_then(|stream| stream.facts().peer_scheme))
            })
        }
        ProtocolVersion::TLS1_2 => {
            let mut found = Vec::new();
            for key in ["_ECDSA_", "_RSA_", "_DSS_"] {
                let of_key: Vec<_> = known.iter().copied().filter(|suite| suites::signs(*suite) == Some(key)).collect();
                if of_key.is_empty() {
                    continue;
                }
                let signs = every(SignatureScheme::ALL, |list| {
                    let flight = done(line, version, of_key.clone(), |hello| hello.schemes = list.to_vec())?;
                    Ok(flight.and_then(|flight| flight.scheme))
                })?;
                found.extend(signs.into_iter().filter(|scheme| !found.contains(scheme)).collect::<Vec<_>>());
            }
            Ok(found)
        }
        _ => Ok(Vec::new()),
    }
}

/// The first message of a server that goes on in this very version.
pub(super) fn flight(
    line: &Line,
    version: ProtocolVersion,
    suites: Vec<CipherSuite>,
    change: impl FnOnce(&mut super::hello::Hello),
) -> Result<Option<Flight>, Trouble> {
    asked(line, version, suites, change, Until::Hello)
}

/// All of its first flight.
pub(super) fn done(
    line: &Line,
    version: ProtocolVersion,
    suites: Vec<CipherSuite>,
    change: impl FnOnce(&mut super::hello::Hello),
) -> Result<Option<Flight>, Trouble> {
    asked(line, version, suites, change, Until::Done)
}

fn asked(
    line: &Line,
    version: ProtocolVersion,
    suites: Vec<CipherSuite>,
    change: impl FnOnce(&mut super::hello::Hello),
    until: Until,
) -> Result<Option<Flight>, Trouble> {
    let mut hello = line.hello(version, suites);
    change(&mut hello);
    Ok(match line.ask(&hello, until)? {
        Answer::Flight(flight) if flight.version == Some(version) => Some(*flight),
        _ => None,
    })
}

/// What the engine agrees on in TLS 1.3, for servers that send no HelloRetryRequest.
fn by_engine(
    line: &Line,
    suites: Option<&[CipherSuite]>,
    groups: Option<&[NamedGroup]>,
) -> Result<Option<Facts>, Trouble> {
    let mut builder = line.curious().versions(Version::Tls13, Version::Tls13);
    if let Some(suites) = suites {
        let known: Vec<_> = TLS13_SUITES.iter().map(|suite| suite.id).filter(|suite| suites.contains(suite)).collect();
        if known.is_empty() {
            return Ok(None);
        }
        builder = builder.suites(known);
    }
    if let Some(groups) = groups {
        let own = handfast::rustcrypto::GROUPS.iter().map(|group| group.name());
        let known: Vec<_> = own.filter(|group| groups.contains(group)).collect();
        if known.is_empty() {
            return Ok(None);
        }
        builder = builder.groups(known.clone()).key_shares(known);
    }
    Ok(line.handshake(&builder.build()?)?.ok().map(|stream| stream.facts().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that has `own`, in its order or in the client's.
    fn server(own: &'static [u8], prefers: bool) -> impl Fn(&[u8]) -> Result<Option<u8>, Trouble> {
        move |list| {
            let (first, second) = if prefers { (own, list) } else { (list, own) };
            Ok(first.iter().copied().find(|item| second.contains(item)))
        }
    }

    #[test]
    fn all_are_found_and_whose_order_it_is() {
        let all = [1, 2, 3, 4, 5];
        let own: &[u8] = &[4, 2, 5];
        let found = every(&all, server(own, true)).unwrap();
        assert_eq!(found, own);
        assert_eq!(preference(&found, |_| true, server(own, true)).unwrap(), Some(Preference::Server));
        let found = every(&all, server(own, false)).unwrap();
        assert_eq!(found, [2, 4, 5]);
        assert_eq!(preference(&found, |_| true, server(own, false)).unwrap(), Some(Preference::Client));
        assert_eq!(preference(&[2], |_| true, server(own, true)).unwrap(), None);
    }

    /// One that likes what the client likes best if that is 5, and has an order of its own otherwise.
    #[test]
    fn an_exception_is_no_rule() {
        let own: &[u8] = &[4, 2, 5];
        let pick = |list: &[u8]| match list {
            [5, ..] => Ok(Some(5)),
            list => server(own, true)(list),
        };
        assert_eq!(preference(own, |item| *item != 5, pick).unwrap(), Some(Preference::Server));
        assert_eq!(preference(own, |_| true, pick).unwrap(), Some(Preference::Client));
    }

    #[test]
    fn a_server_that_picks_what_it_was_not_offered_is_asked_once_more() {
        let mut asked = 0;
        let found = every(&[1, 2], |_| {
            asked += 1;
            Ok(Some(9))
        });
        assert_eq!((found.unwrap(), asked), (vec![9], 1));
    }
}
