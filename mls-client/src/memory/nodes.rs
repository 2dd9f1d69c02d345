//! The nodes of one tree, by number.

use std::collections::BTreeMap;

use mls_core::record::{NodeValue, SharedNode};
use mls_core::tree::math::NodeIndex;

/// How many neighbours stand in one run: a path's lower half is in one or two.
const RUN: u32 = 256;

/// The records of a tree's nodes in runs of neighbours, so that a node is found without comparing many numbers that are
/// all over memory. They are public, and the trees that are made of them share them.
#[derive(Default)]
pub(super) struct Nodes {
    /// Each as long as its last node needs.
    runs: BTreeMap<u32, Vec<Option<SharedNode>>>,
    len: usize,
}

impl Nodes {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, node: NodeIndex) -> Option<&SharedNode> {
        let (run, place) = split(node);
        self.runs.get(&run)?.get(place)?.as_ref()
    }

    /// The nodes, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = &SharedNode> {
        self.runs.values().flatten().flatten()
    }

    pub(super) fn put(&mut self, value: NodeValue<'_>) {
        let (run, place) = split(value.node());
        let nodes = self.runs.entry(run).or_default();
        if place >= nodes.len() {
            nodes.resize_with(place.saturating_add(1), || None);
        }
        match nodes.get_mut(place) {
            Some(Some(old)) => old.replace(value),
            Some(free) => {
                *free = Some(SharedNode::from(value));
                self.len = self.len.saturating_add(1);
            }
            None => {}
        }
    }

    pub(super) fn remove(&mut self, node: NodeIndex) {
        let (run, place) = split(node);
        let Some(nodes) = self.runs.get_mut(&run) else { return };
        if nodes.get_mut(place).and_then(Option::take).is_some() {
            self.len = self.len.saturating_sub(1);
        }
        let used = nodes.iter().rposition(Option::is_some).map_or(0, |last| last.saturating_add(1));
        nodes.truncate(used);
        if nodes.is_empty() {
            self.runs.remove(&run);
        }
    }
}

/// The run of a node, and its place there.
fn split(node: NodeIndex) -> (u32, usize) {
    let place = usize::try_from(node.as_u32() % RUN).unwrap_or_default();
    (node.as_u32() / RUN, place)
}

#[cfg(test)]
mod tests;
