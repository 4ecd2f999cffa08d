//! An order of suites, each on or off, and what the rules of a cipher string do to it.

use super::description::{bits, introduced};
use super::words;
use alloc::vec::Vec;
use core::cmp::Reverse;
use handfast_crypto::Suite;
use handfast_crypto::suite::{Authentication, KeyExchange, TLS12_SUITES, TLS13_SUITES};

/// The suites in an order that the rules change.
pub(super) struct List(Vec<Entry>);

struct Entry {
    suite: &'static Suite,
    is_on: bool,
}

/// What a rule does to the suites it names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// On, at the end; nothing to those that are on.
    Add,
    /// To the end; nothing to those that are off.
    Move,
    /// Off, to the beginning.
    Delete,
    /// Gone.
    Kill,
}

impl List {
    /// The suites of TLS 1.2 in OpenSSL's order, all off.
    pub(super) fn tls12() -> Self {
        let mut suites: Vec<_> = TLS12_SUITES.iter().collect();
        suites.sort_by_key(|suite| preference(suite));
        Self(suites.into_iter().map(|suite| Entry { suite, is_on: false }).collect())
    }

    /// The suites of TLS 1.3, the default ones on.
    pub(super) fn tls13() -> Self {
        Self(TLS13_SUITES.iter().map(|suite| Entry { suite, is_on: !words::is_ccm(suite) }).collect())
    }

    /// Applies a rule to the suites that `names` is true of. Every move keeps the order within what moves and within
    /// what stays.
    pub(super) fn apply(&mut self, operator: Operator, names: impl Fn(&Suite) -> bool) {
        match operator {
            Operator::Add => {
                self.0.sort_by_key(|entry| !entry.is_on && names(entry.suite));
                self.0.iter_mut().for_each(|entry| entry.is_on |= names(entry.suite));
            }
            Operator::Move => self.0.sort_by_key(|entry| entry.is_on && names(entry.suite)),
            Operator::Delete => {
                self.0.sort_by_key(|entry| !(entry.is_on && names(entry.suite)));
                self.0.iter_mut().for_each(|entry| entry.is_on &= !names(entry.suite));
            }
            Operator::Kill => self.0.retain(|entry| !names(entry.suite)),
        }
    }

    /// Sorts what is on by strength. Where it stands among what is off makes no difference to any rule.
    pub(super) fn sort_by_strength(&mut self) {
        self.0.sort_by_key(|entry| Reverse(if entry.is_on { bits(entry.suite) } else { 0 }));
    }

    /// Removes what is off, and what is below a security level.
    pub(super) fn keep(&mut self, level: u8) {
        self.0.retain(|entry| entry.is_on && reaches(entry.suite, level));
    }

    /// What is on.
    pub(super) fn suites(&self) -> Vec<&'static Suite> {
        self.0.iter().filter(|entry| entry.is_on).map(|entry| entry.suite).collect()
    }
}

/// What OpenSSL sorts its suites by before any rule, the most important first.
fn preference(suite: &Suite) -> impl Ord + use<> {
    let has_certificate_and_forward_secrecy = matches!(suite.exchange, KeyExchange::Ecdhe | KeyExchange::Dhe);
    let exchange = match suite.exchange {
        KeyExchange::Rsa => 1,
        KeyExchange::Psk => 2,
        _ => 0,
    };
    // GCM, then ChaCha20, then all other.
    let cipher = (!words::is_gcm(suite), !words::is_chacha20(suite));
    let curve = match (suite.exchange, suite.auth) {
        (KeyExchange::Ecdhe, Authentication::Ecdsa) => 0,
        (KeyExchange::Ecdhe, _) => 1,
        _ => 2,
    };
    (
        !has_certificate_and_forward_secrecy,
        suite.aead().is_none(),
        introduced(suite) != "TLSv1.2",
        Reverse(bits(suite)),
        exchange,
        cipher,
        curve,
        Reverse(suite.id),
    )
}

/// Whether a suite may be used at a security level. The levels below 3 exclude only what does not exist here.
fn reaches(suite: &Suite, level: u8) -> bool {
    let is_forward = suite.is_tls13() || suite.exchange.has_curve() || suite.exchange.has_field();
    (level < 3 || is_forward) && (level < 4 || (bits(suite) >= 192 && !words::has_sha1(suite)))
}
