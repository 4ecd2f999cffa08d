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
    let own: Vec<_> = own.collect();
    let mut sorted: Vec<_> = own.iter().map(|suite| (suite.id.0, None)).collect();
    sorted.sort_unstable();
    for (at, id) in offered.iter().enumerate() {
        let found = sorted.binary_search_by_key(&id.0, |(id, _)| *id).ok();
        if let Some((_, place)) = found.and_then(|found| sorted.get_mut(found)) {
            place.get_or_insert(at);
        }
    }
    let place = |suite: &'static Suite| {
        let found = sorted.binary_search_by_key(&suite.id.0, |(id, _)| *id).ok()?;
        sorted.get(found)?.1.map(|at| (at, suite))
    };
    let mut common: Vec<_> = own.into_iter().filter_map(place).collect();
    if !params.prefer_own_suites {
        common.sort_by_key(|(at, _)| *at);
    } else {
        for set in &params.equal_suites {
            let mut equal: Vec<_> = common.iter().copied().filter(|(_, suite)| set.contains(&suite.id)).collect();
            equal.sort_by_key(|(at, _)| *at);
            let places = common.iter_mut().filter(|(_, suite)| set.contains(&suite.id));
            places.zip(equal).for_each(|(place, suite)| *place = suite);
        }
    }
    common.into_iter().map(|(_, suite)| suite).collect()
}
