//! For which certificate policies is a path valid: RFC 5280 §6.1, with the graph of RFC 9618.
//!
//! A certificate policy is a name for the care with which certificates are issued. It is nothing of this crate's own
//! [`Policy`], which only says among other things which certificate policies are acceptable.
//!
//! RFC 5280 keeps the valid policies in a tree, and whoever writes the certificates can make that tree grow
//! exponentially with the path. RFC 9618 keeps one node for a policy and depth, with all its parents: as each mapping and
//! each policy adds at most one edge at each depth, the graph is never larger than the certificates times their number.
//! Nodes without children are not removed on the way as the RFCs describe it; at the end only those count from which the
//! last certificate is reached, which is the same.

use crate::cert::Certificate;
use crate::error::Rule;
use crate::oid;
use crate::policy::{Budget, Policy};
use crate::policy_extension::{CertificatePolicies, PolicyMapping};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

/// What the verifier asks of a path's certificate policies: the inputs (c) to (g) of RFC 5280 §6.1.1. The default is that
/// any policy is acceptable, and that none is required unless a CA on the path requires one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyInputs {
    /// The acceptable policies, each the content octets of an object identifier: user-initial-policy-set. `None`, or
    /// anyPolicy among them, is any. They are not required by being listed.
    pub acceptable: Option<Vec<Vec<u8>>>,
    /// The path must be valid for an acceptable policy: initial-explicit-policy.
    pub require_explicit: bool,
    /// No policy may be mapped: initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// anyPolicy stands for no policy: initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

impl PolicyInputs {
    /// Adds an acceptable policy, given as `1.2.840.…`; the first one replaces "any". `None` when it is no object
    /// identifier.
    pub fn accept(mut self, dotted: &str) -> Option<Self> {
        self.acceptable.get_or_insert_default().push(oid::parse(dotted)?);
        Some(self)
    }

    /// The acceptable policies, unless any is.
    fn acceptable(&self) -> Option<&[Vec<u8>]> {
        self.acceptable.as_deref().filter(|list| !list.iter().any(|policy| policy == oid::ANY_POLICY))
    }
}

/// The acceptable policies that a path is valid for, as content octets of object identifiers; anyPolicy among them says
/// that no CA on the path restricts them. There may be none, when none is required.
///
/// `path` is in the order in which it was issued, from the certificate that the trust anchor signed to the leaf, and
/// nothing else of it is checked. The trust anchor itself is no part of a path; where it is known by its certificate, what
/// that demands of the path can be heeded as well.
///
/// # Errors
/// [`Rule::NoPolicy`]; [`Rule::Malformed`] and [`Rule::PolicyExtension`]; [`Rule::Budget`].
pub fn valid_policies<'a>(
    path: impl IntoIterator<Item = &'a Certificate<'a>>,
    anchor: Option<&Certificate<'_>>,
    policy: &'a Policy,
) -> Result<Vec<&'a [u8]>, Rule> {
    check(path, anchor, &policy.policies, &mut Budget::new(policy))
}

/// [`valid_policies`], on a budget.
pub(crate) fn check<'a>(
    path: impl IntoIterator<Item = &'a Certificate<'a>>,
    anchor: Option<&Certificate<'_>>,
    inputs: &'a PolicyInputs,
    budget: &mut Budget,
) -> Result<Vec<&'a [u8]>, Rule> {
    let mut skip = Skip::new(inputs);
    if let Some(anchor) = anchor {
        skip.restrict(anchor)?;
    }
    let mut path = path.into_iter().peekable();
    // The common case: no policy is named in the first certificate, and so none is valid at its end.
    let names_none = path.peek().is_some_and(|first| first.extension(oid::CERTIFICATE_POLICIES).is_none());
    let mut graph = if names_none { Graph::default() } else { Graph::new() };
    while let Some(certificate) = path.next() {
        let is_last = path.peek().is_none();
        // What the last one is, nobody asks.
        let is_self_issued = !is_last && certificate.is_self_issued();
        // §6.1.3 (d), (e)
        match certificate.certificate_policies()? {
            Some(policies) => {
                let is_any_heeded = skip.any > 0 || is_self_issued;
                graph.descend(&policies, is_any_heeded, budget)?;
            }
            None => graph.end(),
        }
        // §6.1.3 (f)
        if skip.explicit == 0 && graph.is_null() {
            return Err(Rule::NoPolicy);
        }
        // Mappings that are read and not needed: an extension that is relied on elsewhere has to be readable.
        let mappings = certificate.policy_mappings()?;
        if is_last {
            skip.wrap_up(certificate)?;
        } else {
            // §6.1.4 (b), (h), (i), (j)
            graph.map(&mappings, skip.mapping > 0, budget)?;
            if !is_self_issued {
                skip.count();
            }
            skip.restrict(certificate)?;
        }
    }
    // §6.1.5 (g)
    let valid = graph.valid(inputs);
    if skip.explicit == 0 && valid.is_empty() { Err(Rule::NoPolicy) } else { Ok(valid) }
}

/// After how many more certificates that are not self-issued a demand holds: the state variables (d) to (f) of RFC 5280
/// §6.1.2. Where the RFC begins with the length of the path and one more, which is never used up, this begins with what
/// is never used up by any path.
struct Skip {
    explicit: u32,
    mapping: u32,
    any: u32,
}

impl Skip {
    fn new(inputs: &PolicyInputs) -> Self {
        let unless = |is_set| if is_set { 0 } else { u32::MAX };
        Self {
            explicit: unless(inputs.require_explicit),
            mapping: unless(inputs.inhibit_mapping),
            any: unless(inputs.inhibit_any),
        }
    }

    fn count(&mut self) {
        for skip in [&mut self.explicit, &mut self.mapping, &mut self.any] {
            *skip = skip.saturating_sub(1);
        }
    }

    /// What the certificate demands of those below it.
    fn restrict(&mut self, certificate: &Certificate<'_>) -> Result<(), Rule> {
        let constraints = certificate.policy_constraints()?;
        let inhibit_any = certificate.inhibit_any_policy()?;
        for (skip, demand) in [
            (&mut self.explicit, constraints.and_then(|constraints| constraints.require_explicit_policy)),
            (&mut self.mapping, constraints.and_then(|constraints| constraints.inhibit_policy_mapping)),
            (&mut self.any, inhibit_any),
        ] {
            *skip = demand.map_or(*skip, |demand| demand.min(*skip));
        }
        Ok(())
    }

    /// What the last certificate demands of itself. RFC 5280 §6.1.5 (a), (b): here it counts although it may be
    /// self-issued, and of its own demands only an explicit policy, required at once.
    fn wrap_up(&mut self, certificate: &Certificate<'_>) -> Result<(), Rule> {
        self.count();
        certificate.inhibit_any_policy()?;
        if certificate.policy_constraints()?.is_some_and(|own| own.require_explicit_policy == Some(0)) {
            self.explicit = 0;
        }
        Ok(())
    }
}

/// The policies that are valid at one depth, by their object identifiers.
type Level<'a> = BTreeMap<&'a [u8], Node<'a>>;

/// One policy at one depth: the components of a node in RFC 9618 §4, but for the qualifiers, which nobody here reads.
struct Node<'a> {
    /// What satisfies the policy in the next certificate: itself, or what it is mapped to.
    expected: BTreeSet<&'a [u8]>,
    /// The policies of the level above that this one satisfies. Either anyPolicy alone, or others.
    parents: Vec<&'a [u8]>,
}

impl<'a> Node<'a> {
    fn new(policy: &'a [u8], parents: Vec<&'a [u8]>) -> Self {
        Self { expected: BTreeSet::from([policy]), parents }
    }
}

/// The valid_policy_graph: one level for the trust anchor, and one for each certificate so far. It is NULL when the last
/// level is empty, for then it will stay so.
#[derive(Default)]
struct Graph<'a> {
    above: Vec<Level<'a>>,
    last: Level<'a>,
}

impl<'a> Graph<'a> {
    /// §6.1.2 (a)
    fn new() -> Self {
        let any = oid::ANY_POLICY;
        Self { above: Vec::new(), last: Level::from([(any, Node::new(any, Vec::new()))]) }
    }

    fn is_null(&self) -> bool {
        self.last.is_empty()
    }

    fn end(&mut self) {
        self.last.clear();
    }

    /// Adds the level of a certificate with these policies (§6.1.3 (d)).
    fn descend(
        &mut self,
        policies: &CertificatePolicies<'a>,
        is_any_heeded: bool,
        budget: &mut Budget,
    ) -> Result<(), Rule> {
        if self.is_null() {
            return Ok(());
        }
        let mut parents_of: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
        for (policy, node) in &self.last {
            for expected in &node.expected {
                budget.policy_step()?;
                parents_of.entry(expected).or_default().push(policy);
            }
        }
        let is_any_above = self.last.contains_key(oid::ANY_POLICY);
        let mut level = Level::new();
        for policy in policies.oids().iter().copied().filter(|policy| *policy != oid::ANY_POLICY) {
            budget.policy_step()?;
            if let Some(parents) = parents_of.remove(policy) {
                level.insert(policy, Node::new(policy, parents));
            } else if is_any_above {
                level.insert(policy, Node::new(policy, vec![oid::ANY_POLICY]));
            }
        }
        if policies.has_any() && is_any_heeded {
            // anyPolicy stands for whatever is expected and not named, and for anyPolicy, if that is expected.
            level.extend(parents_of.into_iter().map(|(policy, parents)| (policy, Node::new(policy, parents))));
        }
        self.above.push(core::mem::replace(&mut self.last, level));
        Ok(())
    }

    /// Heeds the mappings of the certificate of the last level (§6.1.4 (b)).
    fn map(&mut self, mappings: &[PolicyMapping<'a>], is_allowed: bool, budget: &mut Budget) -> Result<(), Rule> {
        if self.is_null() {
            return Ok(());
        }
        let mut subjects_of: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
        for mapping in mappings {
            budget.policy_step()?;
            subjects_of.entry(mapping.issuer_domain).or_default().insert(mapping.subject_domain);
        }
        let is_any_valid = self.last.contains_key(oid::ANY_POLICY);
        for (policy, expected) in subjects_of {
            if !is_allowed {
                // Below this CA the policy has another name, and no other names are accepted: it ends here.
                self.last.remove(policy);
            } else if let Some(node) = self.last.get_mut(policy) {
                node.expected = expected;
            } else if is_any_valid {
                self.last.insert(policy, Node { expected, parents: vec![oid::ANY_POLICY] });
            }
        }
        Ok(())
    }

    /// The user-constrained-policy-set: policies that the path is valid for, under the names of the verifier's side, as
    /// far as they are acceptable (§6.1.5 (g)).
    fn valid(self, inputs: &'a PolicyInputs) -> Vec<&'a [u8]> {
        let authority = self.authority_constrained();
        match inputs.acceptable() {
            None => authority.into_iter().collect(),
            Some(acceptable) => {
                let is_any = authority.contains(oid::ANY_POLICY);
                let acceptable: BTreeSet<_> = acceptable.iter().map(Vec::as_slice).collect();
                acceptable.into_iter().filter(|policy| is_any || authority.contains(policy)).collect()
            }
        }
    }

    /// The authority-constrained-policy-set: the policies that hang on anyPolicy, from which the last level is reached.
    /// Those further down are other names for them.
    fn authority_constrained(self) -> BTreeSet<&'a [u8]> {
        let mut valid = BTreeSet::new();
        if self.last.contains_key(oid::ANY_POLICY) {
            valid.insert(oid::ANY_POLICY);
        }
        let mut reached: BTreeSet<_> = self.last.keys().copied().collect();
        for level in core::iter::once(&self.last).chain(self.above.iter().rev()) {
            let mut parents = BTreeSet::new();
            for (policy, node) in level.iter().filter(|(policy, _)| reached.contains(*policy)) {
                if *policy != oid::ANY_POLICY && node.parents.contains(&oid::ANY_POLICY) {
                    valid.insert(*policy);
                }
                parents.extend(&node.parents);
            }
            reached = parents;
        }
        valid
    }
}
