//! Whose order of cipher suites decides, where both sides have several.

use crate::ServerParams;
use alloc::vec::Vec;
use handfast_crypto::Suite;
use handfast_wire::{CipherSuite, List};

/// Puts the suites that both sides have into the order that decides: this side's or the client's; and where this side has
/// called some of them equal, the client's among those.
pub(crate) fn order(
    params: &ServerParams,
    own: impl Iterator<Item = &'static Suite>,
    offered: List<'_, CipherSuite>,
) -> Vec<&'static Suite> {
    // The client's list is long where it wants to be, so it is read once, and each of its suites is looked up among the own.
    let mut common = Vec::with_capacity(SUITES);
    common.extend(own.enumerate().map(|(own, suite)| Common { suite, own, theirs: None }));
    common.sort_unstable_by_key(|common| common.suite.id.0);
    for (at, id) in offered.iter().enumerate() {
        let found = common.binary_search_by_key(&id.0, |common| common.suite.id.0).ok();
        if let Some(common) = found.and_then(|found| common.get_mut(found)) {
            common.theirs.get_or_insert(at);
        }
    }
    common.retain(|common| common.theirs.is_some());
    common.sort_unstable_by_key(|common| common.own);
    if !params.prefer_own_suites {
        common.sort_unstable_by_key(|common| common.theirs);
    } else {
        for set in &params.equal_suites {
            let mut equal: Vec<_> = common.iter().copied().filter(|common| set.contains(&common.suite.id)).collect();
            equal.sort_by_key(|common| common.theirs);
            let places = common.iter_mut().filter(|common| set.contains(&common.suite.id));
            places.zip(equal).for_each(|(place, common)| *place = common);
        }
    }
    common.into_iter().map(|common| common.suite).collect()
}

/// A suite that both sides may have, and where each has it.
#[derive(Clone, Copy)]
struct Common {
    suite: &'static Suite,
    own: usize,
    theirs: Option<usize>,
}

/// How many suites a configuration has, unless it has very many.
const SUITES: usize = 16;
