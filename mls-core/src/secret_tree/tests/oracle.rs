//! Random delivery against a model that expands everything from the root and keeps plain lists.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{super::*, *};

const DEPTH: u8 = 3;

/// What may be asked for, by lists of generations.
#[derive(Default)]
struct Model {
    next: BTreeMap<RatchetId, u32>,
    /// Oldest first.
    kept: Vec<SkippedId>,
}

impl Model {
    /// Whether the generation opens; if it does, and the message is good, it is used up.
    fn open(
        &mut self,
        (leaf, kind, generation): SkippedId,
        limits: &SecretTreeLimits,
        good: bool,
    ) -> Result<(), SecretTreeError> {
        let id = (leaf, kind, generation);
        let next = self.next.get(&(leaf, kind)).copied().unwrap_or(0);
        if generation < next {
            let at = self.kept.iter().position(|kept| *kept == id);
            let at = at.ok_or(SecretTreeError::KeyConsumed)?;
            if good {
                self.kept.remove(at);
            }
            return Ok(());
        }
        if generation - next > limits.max_forward {
            return Err(SecretTreeError::TooFarAhead { next, generation });
        }
        if good {
            self.next.insert((leaf, kind), generation + 1);
            self.kept.extend((next..generation).map(|at| (leaf, kind, at)));
            let of_sender = |kept: &SkippedId| kept.0 == leaf;
            let room = usize::try_from(limits.max_skipped_per_sender).unwrap();
            while self.kept.iter().filter(|kept| of_sender(kept)).count() > room {
                let oldest = self.kept.iter().position(of_sender).unwrap();
                self.kept.remove(oldest);
            }
            let room = usize::try_from(limits.max_skipped_per_epoch).unwrap();
            self.kept.drain(..self.kept.len().saturating_sub(room));
        }
        Ok(())
    }

    fn assert_holds(&self, tree: &SecretTree) {
        let index = tree.index.as_ref().unwrap();
        let runs = index.runs().iter();
        let kept = runs.flat_map(|run| (run.first..=run.last).map(|at| (run.leaf, run.ratchet_type, at)));
        assert_eq!(Vec::from_iter(kept), self.kept);
        assert_eq!(usize::try_from(index.count()).unwrap(), self.kept.len());
        self.assert_frontier_of(tree);
    }

    /// The nodes that are left are the topmost ones without a used leaf, each in one pack; that of a node below which
    /// no leaf was used is not there, and nothing is in the pack of a leaf.
    fn assert_frontier_of(&self, tree: &SecretTree) {
        let size = tree.size();
        let used = |node: NodeIndex| self.next.keys().any(|(leaf, _)| node.covers(*leaf));
        let all = (0..size.node_count()).map(node);
        let top = |node: &NodeIndex| !used(*node) && node.parent(size).is_none_or(used);
        let want: Vec<_> = all.filter(top).map(NodeIndex::as_u32).collect();
        assert_eq!(frontier(tree), want);
        for (split, pack) in tree.packs.iter() {
            assert!(pack.nodes().len() > 0);
            for (node, secret) in pack.nodes() {
                assert!(split.covers(node.leaf_range().0) && (split.level() > node.level() || node == size.root()));
                assert_eq!(secret, naive_node(size, node).as_bytes());
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Good,
    Forged,
    TakenBack,
}

fn messages() -> impl Strategy<Value = Vec<(u32, RatchetType, u32, Fate)>> {
    let kind = prop_oneof![Just(HANDSHAKE), Just(APPLICATION)];
    let fate = prop_oneof![
        4 => Just(Fate::Good),
        1 => Just(Fate::Forged),
        1 => Just(Fate::TakenBack),
    ];
    prop::collection::vec((0..1_u32 << DEPTH, kind, 0..14_u32, fate), 1..60)
}

fn limits() -> impl Strategy<Value = SecretTreeLimits> {
    (0..14_u32, 0..8_u32, 0..12_u32).prop_map(|(forward, sender, epoch)| SecretTreeLimits {
        max_forward: forward,
        max_skipped_per_sender: sender,
        max_skipped_per_epoch: epoch,
    })
}

/// Plans on a tree that loads from `store` what it misses, once.
fn plan_loading(
    tree: &mut SecretTree,
    store: &BTreeMap<SecretTreeKey, Vec<u8>>,
    (leaf, kind, generation): SkippedId,
    limits: &SecretTreeLimits,
) -> Result<RatchetMove, SecretTreeError> {
    match tree.plan_open(suite(), leaf, kind, generation, limits) {
        Err(SecretTreeError::NotResident(keys)) => {
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
            for key in keys {
                tree.admit(key, store.get(&key).map(Vec::as_slice)).unwrap();
            }
            tree.plan_open(suite(), leaf, kind, generation, limits)
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    // req: R-9.2-02
    // req: R-9.2-07
    // req: R-9.2-08
    // req: R-15.3-03
    #[test]
    fn any_delivery_agrees_with_the_model(messages in messages(), limits in limits(), reload in any::<bool>()) {
        let mut hot = tree(DEPTH);
        let size = hot.size();
        let mut store: BTreeMap<_, _> = snapshot(&hot).into_iter().collect();
        let mut cold = SecretTree::cold(size);
        let mut model = Model::default();
        for (index, kind, generation, fate) in messages {
            let id = (leaf(index), kind, generation);
            let good = matches!(fate, Fate::Good);
            let want = model.open(id, &limits, good);
            let before = snapshot(&hot);
            if reload {
                cold = SecretTree::cold(size);
            }
            let loaded = plan_loading(&mut cold, &store, id, &limits);
            match hot.plan_open(suite(), id.0, kind, generation, &limits) {
                Err(error) => {
                    prop_assert_eq!(want, Err(error.clone()));
                    prop_assert_eq!(loaded.unwrap_err(), error);
                }
                Ok(moved) => {
                    prop_assert_eq!(want, Ok(()));
                    let loaded = loaded.unwrap();
                    let key = bytes(moved.message_key());
                    prop_assert_eq!(&key, &bytes(loaded.message_key()));
                    prop_assert_eq!(key, naive(size, id.0, kind, generation));
                    match fate {
                        Fate::Forged => {}
                        Fate::TakenBack => {
                            let undo = hot.apply(moved);
                            hot.undo(undo);
                            let resident = snapshot(&cold);
                            let undo = cold.apply(loaded);
                            cold.undo(undo);
                            prop_assert_eq!(snapshot(&cold), resident);
                        }
                        Fate::Good => {
                            let packs = |key: &SecretTreeKey| matches!(key, SecretTreeKey::Node(_));
                            prop_assert!(loaded.changes().map(|change| change.key()).filter(packs).count() <= 2);
                            for change in loaded.changes() {
                                match change.value().unwrap() {
                                    Some(value) => store.insert(change.key(), value.as_bytes().to_vec()),
                                    None => store.remove(&change.key()),
                                };
                            }
                            drop(hot.apply(moved));
                            drop(cold.apply(loaded));
                        }
                    }
                }
            }
            if !good {
                prop_assert_eq!(snapshot(&hot), before);
            }
            prop_assert_eq!(snapshot(&hot), Records::from_iter(store.clone()));
            model.assert_holds(&hot);
        }
    }
}
