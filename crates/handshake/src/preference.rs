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
    // Each with its place in the client's list. Few suites are known here, so that list is read a few times.
    let place = |suite: &'static Suite| offered.iter().position(|id| id == suite.id).map(|at| (at, suite));
    let mut common: Vec<_> = own.filter_map(place).collect();
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
