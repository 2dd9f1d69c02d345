//! The nodes of one tree, by number.

use std::collections::BTreeMap;
use std::sync::Arc;

use mls_core::tree::math::NodeIndex;

/// How many neighbours stand in one run: a path's lower half is in one or two.
const RUN: u32 = 256;

/// The records of a tree's nodes in runs of neighbours, so that a node is found without comparing many numbers that are
/// all over memory. They are public, and the trees that are made of them share them.
#[derive(Default)]
pub(super) struct Nodes {
    /// Each as long as its last node needs.
    runs: BTreeMap<u32, Vec<Option<Arc<[u8]>>>>,
    len: usize,
}

impl Nodes {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, node: NodeIndex) -> Option<&Arc<[u8]>> {
        let (run, place) = split(node);
        self.runs.get(&run)?.get(place)?.as_ref()
    }

    /// The nodes, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIndex, &Arc<[u8]>)> {
        self.runs.iter().flat_map(|(run, nodes)| {
            let first = run.saturating_mul(RUN);
            (0..RUN)
                .zip(nodes)
                .filter_map(move |(place, value)| Some((NodeIndex::new(first.saturating_add(place))?, value.as_ref()?)))
        })
    }

    pub(super) fn put(&mut self, node: NodeIndex, value: &[u8]) {
        let (run, place) = split(node);
        let nodes = self.runs.entry(run).or_default();
        if place >= nodes.len() {
            nodes.resize_with(place.saturating_add(1), || None);
        }
        match nodes.get_mut(place) {
            Some(Some(old)) => replace(old, value),
            Some(free) => {
                *free = Some(Arc::from(value));
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

/// One that is as long as it was is written over, unless a tree has it as well.
fn replace(old: &mut Arc<[u8]>, new: &[u8]) {
    match Arc::get_mut(old) {
        Some(own) if own.len() == new.len() => own.copy_from_slice(new),
        _ => *old = Arc::from(new),
    }
}

/// The run of a node, and its place there.
fn split(node: NodeIndex) -> (u32, usize) {
    let place = usize::try_from(node.as_u32() % RUN).unwrap_or_default();
    (node.as_u32() / RUN, place)
}

#[cfg(test)]
mod tests;
