//! The tree of RFC 5280 §6.1, as slow as it is written there, to compare the graph of RFC 9618 with: over paths made at
//! random, in the words of `policies.rs`.

use crate::common::Noise;
use crate::policies::run;
use std::collections::BTreeSet;

#[test]
fn the_graph_says_what_the_tree_says() {
    let mut noise = Noise(0x5280);
    let mut valid = 0;
    for _ in 0..300 {
        let len = 1 + noise.below(5);
        let path: Vec<String> = (0..len).map(|_| certificate(&mut noise)).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let inputs = ask(&mut noise);
        let expected = Tree::run(&inputs, &path);
        assert_eq!(run(&inputs, &path), expected, "{inputs} {path:?}");
        valid += usize::from(!matches!(expected.as_str(), "" | "none"));
    }
    // Else it would compare nothing with nothing.
    assert!(valid > 100, "{valid}");
}

fn certificate(noise: &mut Noise) -> String {
    let mut words = Vec::new();
    words.extend((1..=4).filter(|_| noise.below(2) == 0).map(|policy| policy.to_string()));
    if noise.below(3) == 0 || words.is_empty() && noise.below(10) > 0 {
        words.push("*".to_string());
    }
    if noise.below(2) == 0 {
        words.extend((0..=noise.below(4)).map(|_| format!("{}>{}", 1 + noise.below(4), 1 + noise.below(4))));
    }
    for demand in ["explicit", "nomap", "noany"] {
        if noise.below(5) == 0 {
            words.push(format!("{demand}={}", noise.below(4)));
        }
    }
    if noise.below(4) == 0 {
        words.push("self".to_string());
    }
    words.join(" ")
}

fn ask(noise: &mut Noise) -> String {
    let mut words: Vec<_> = ["explicit", "nomap", "noany"].into_iter().filter(|_| noise.below(4) == 0).collect();
    words.extend(["user=1", "user=2,3", "user=1,3,4", "user=*"].get(noise.below(8)));
    words.join(" ")
}

const ANY: &str = "*";

struct Node {
    policy: String,
    expected: BTreeSet<String>,
    parent: usize,
    depth: usize,
}

/// All nodes that ever were; those that were deleted have the depth `GONE`.
struct Tree(Vec<Node>);

const GONE: usize = usize::MAX;

impl Tree {
    fn run(inputs: &str, path: &[&str]) -> String {
        let asks = |word| inputs.split(' ').any(|own| own == word);
        let initial = |word| if asks(word) { 0 } else { path.len() + 1 };
        let (mut explicit, mut mapping, mut any) = (initial("explicit"), initial("nomap"), initial("noany"));
        let mut tree = Self(vec![Node { policy: ANY.into(), expected: [ANY.into()].into(), parent: 0, depth: 0 }]);
        for (depth, said) in (1..).zip(path) {
            let words: Vec<_> = said.split_whitespace().collect();
            let is_self_issued = words.contains(&"self");
            let policies: Vec<_> = words.iter().copied().filter(|word| *word == ANY || is_policy(word)).collect();
            let any_is_heeded = any > 0 || depth < path.len() && is_self_issued;
            tree.descend(depth, &policies, any_is_heeded);
            if explicit == 0 && tree.is_null(depth) {
                return "none".into();
            }
            let demand = |name| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
            if depth == path.len() {
                explicit = if demand("explicit") == Some(0) { 0 } else { explicit.saturating_sub(1) };
                break;
            }
            tree.map(depth, &words, mapping > 0);
            for (skip, name) in [(&mut explicit, "explicit"), (&mut mapping, "nomap"), (&mut any, "noany")] {
                *skip = skip.saturating_sub(usize::from(!is_self_issued));
                *skip = demand(name).map_or(*skip, |demand: usize| demand.min(*skip));
            }
        }
        let user = inputs.split(' ').find_map(|word| word.strip_prefix("user=")).filter(|list| *list != ANY);
        let valid = tree.intersect(path.len(), user);
        if explicit == 0 && valid.is_empty() { "none".into() } else { Vec::from_iter(valid).join(" ") }
    }

    fn at(&self, depth: usize) -> Vec<usize> {
        (0..self.0.len()).filter(|at| self.0[*at].depth == depth).collect()
    }

    fn is_null(&self, depth: usize) -> bool {
        self.at(depth).is_empty()
    }

    fn add(&mut self, parent: usize, policy: &str, expected: BTreeSet<String>) {
        let depth = self.0[parent].depth + 1;
        self.0.push(Node { policy: policy.into(), expected, parent, depth });
    }

    /// Deletes what has no children, as far as `depth`, which may have none yet.
    fn prune(&mut self, depth: usize) {
        for above in (0..depth).rev() {
            for at in self.at(above) {
                if !self.at(above + 1).iter().any(|child| self.0[*child].parent == at) {
                    self.0[at].depth = GONE;
                }
            }
        }
    }

    /// §6.1.3 (d), (e)
    fn descend(&mut self, depth: usize, policies: &[&str], any_is_heeded: bool) {
        let above = self.at(depth - 1);
        for policy in policies.iter().copied().filter(|policy| *policy != ANY) {
            let mut parents = above.clone();
            parents.retain(|at| self.0[*at].expected.contains(policy));
            if parents.is_empty() {
                parents.extend(above.iter().find(|at| self.0[**at].policy == ANY));
            }
            parents.into_iter().for_each(|parent| self.add(parent, policy, [policy.into()].into()));
        }
        if policies.contains(&ANY) && any_is_heeded {
            for parent in above {
                for policy in self.0[parent].expected.clone() {
                    if !self.at(depth).iter().any(|at| self.0[*at].parent == parent && self.0[*at].policy == policy) {
                        self.add(parent, &policy, [policy.clone()].into());
                    }
                }
            }
        }
        self.prune(depth);
    }

    /// §6.1.4 (b)
    fn map(&mut self, depth: usize, words: &[&str], is_allowed: bool) {
        let pairs: Vec<_> = words.iter().filter_map(|word| word.split_once('>')).collect();
        for policy in pairs.iter().map(|(from, _)| *from).collect::<BTreeSet<_>>() {
            let to: BTreeSet<_> =
                pairs.iter().filter(|(from, _)| *from == policy).map(|(_, to)| to.to_string()).collect();
            let nodes: Vec<_> = self.at(depth).into_iter().filter(|at| self.0[*at].policy == policy).collect();
            if !is_allowed {
                nodes.iter().for_each(|at| self.0[*at].depth = GONE);
            } else if !nodes.is_empty() {
                nodes.iter().for_each(|at| self.0[*at].expected = to.clone());
            } else if let Some(any) = self.at(depth).into_iter().find(|at| self.0[*at].policy == ANY) {
                self.add(self.0[any].parent, policy, to);
            }
        }
        self.prune(depth);
    }

    /// §6.1.5 (g), as the policies of the verifier's side that are left.
    fn intersect(&mut self, depth: usize, user: Option<&str>) -> BTreeSet<String> {
        self.prune(depth);
        let hangs_on_any = |at: &usize| self.0[self.0[*at].parent].policy == ANY;
        let all: Vec<_> = (1..=depth).flat_map(|depth| self.at(depth)).filter(hangs_on_any).collect();
        let mut valid: BTreeSet<_> = all.iter().map(|at| self.0[*at].policy.clone()).collect();
        let ends_in_any = self.at(depth).iter().any(|at| self.0[*at].policy == ANY);
        valid.retain(|policy| policy != ANY || ends_in_any);
        let Some(user) = user else {
            return valid;
        };
        user.split(',').filter(|policy| ends_in_any || valid.contains(*policy)).map(String::from).collect()
    }
}

fn is_policy(word: &str) -> bool {
    word.bytes().all(|c| c.is_ascii_digit())
}
