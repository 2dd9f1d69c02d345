//! A whole tree at once: subtrees of some hundred leaves each by itself, in as many threads as there are, and then what
//! is above them.

use alloc::vec::Vec;

use mls_crypto_traits::{Digest, Suite, parallel};

use super::edge::BlankSubtree;
use super::edit::{NodeEdit, check_order};
use super::editor::{Editor, Slot};
use super::link::Link;
use super::rows::{PartNode, Rows};
use super::{RatchetTree, TreeError};
use crate::tree::hash::blank_tree_hash;
use crate::tree::key_index::{IndexChanges, IndexSeed, KeyIndex};
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;

/// What one node of a tree is read from.
pub(crate) trait NodeSource: Send {
    type Error: From<TreeError> + Send;

    fn node(&self) -> NodeIndex;

    /// The node's encoding, asked for once.
    fn take(&mut self) -> Result<NodeBytes, Self::Error>;

    /// Whether the leaf's tree hash stands behind its encoding.
    fn is_hashed(&self) -> bool {
        false
    }
}

/// The level of the subtrees that are made by themselves: 256 leaves, whose encodings stay in a core's cache from their
/// reading to their hashing.
pub(super) const PART: u8 = 8;

/// The nodes of one subtree.
struct Part<'n, S> {
    root: NodeIndex,
    sources: &'n mut [S],
}

/// A subtree as a tree holds it.
pub(super) struct Subtree {
    pub(super) root: NodeIndex,
    pub(super) link: Link,
    pub(super) hash: Slot,
}

impl RatchetTree {
    /// The tree of `size` with the nodes of these sources, which ascend strictly; all else is blank. Of `blank` subtrees
    /// the hash is known: their nodes are not hashed.
    pub(crate) fn build<S: NodeSource>(
        suite: Suite<'_>,
        seed: IndexSeed,
        size: TreeSize,
        sources: &mut [S],
        blank: &[BlankSubtree],
    ) -> Result<Self, S::Error> {
        check_order(sources.iter().map(NodeSource::node), size)?;
        let (mut index, nodes) = (KeyIndex::new(seed), sources.len());
        let (mut parts, mut above) = (Vec::new(), Vec::new());
        divide(size.root(), sources, &mut parts, &mut above);
        let made = parallel::map_mut(&mut parts, |part| part.build(suite, &index, blank));

        let mut editor = Editor::new(suite, suite.hash_len(), index.additions(nodes));
        for part in made {
            let (subtree, changes) = part?;
            editor.made.push(subtree);
            editor.changes.append(changes);
        }
        // They are met from the left.
        editor.made.reverse();
        let edit = |source: &mut S| Ok((source.node(), Some(source.take()?)));
        let mut edits: Vec<NodeEdit> = above.into_iter().map(edit).collect::<Result<_, S::Error>>()?;
        let (mut root, mut hash) = (Link::BLANK, Slot::from(Digest::EMPTY));
        editor.edit(size.root(), &mut root, hash.as_mut(), false, &mut edits)?;
        let summary = editor.summary_of(&root)?;
        let hash_len = editor.hash_len;
        index.apply(editor.changes);
        index.settle();
        Ok(Self { size, root, root_hash: hash.digest(hash_len)?, summary, index })
    }
}

impl<S: NodeSource> Part<'_, S> {
    fn build(
        &mut self,
        suite: Suite<'_>,
        index: &KeyIndex,
        blank: &[BlankSubtree],
    ) -> Result<(Subtree, IndexChanges), S::Error> {
        if self.sources.is_empty() {
            let known = blank.iter().find(|(root, hash)| *root == self.root && hash.len() == suite.hash_len());
            let hash = known.map_or_else(|| blank_tree_hash(suite, self.root), |(_, hash)| Ok(*hash));
            let hash = Slot::from(hash.map_err(TreeError::from)?);
            return Ok((Subtree { root: self.root, link: Link::BLANK, hash }, index.changes(0)));
        }
        let mut nodes = Vec::with_capacity(self.sources.len());
        for source in &mut *self.sources {
            nodes.push(PartNode { node: source.node(), bytes: source.take()?, hashed: source.is_hashed() });
        }
        Ok(Rows::new(suite, index.additions(nodes.len())).build(self.root, nodes)?)
    }
}

/// Divides the nodes at and below `node` into parts, from the left, and those above all parts. A subtree without nodes
/// is one part, so there are not many more parts than nodes.
fn divide<'n, S: NodeSource>(
    node: NodeIndex,
    sources: &'n mut [S],
    parts: &mut Vec<Part<'n, S>>,
    above: &mut Vec<&'n mut S>,
) {
    let (Some(left), Some(right), false) = (node.left(), node.right(), node.level() <= PART || sources.is_empty())
    else {
        return parts.push(Part { root: node, sources });
    };
    let below = sources.partition_point(|source| source.node() < node);
    let (before, rest) = sources.split_at_mut_checked(below).unwrap_or_default();
    let own = usize::from(rest.first().is_some_and(|source| source.node() == node));
    let (own, behind) = rest.split_at_mut_checked(own).unwrap_or_default();
    divide(left, before, parts, above);
    above.extend(own);
    divide(right, behind, parts, above);
}

impl NodeSource for (NodeIndex, NodeBytes) {
    type Error = TreeError;

    fn node(&self) -> NodeIndex {
        self.0
    }

    fn take(&mut self) -> Result<NodeBytes, TreeError> {
        Ok(self.1.clone())
    }
}

/// Out of a longer encoding.
impl NodeSource for (NodeIndex, &[u8]) {
    type Error = TreeError;

    fn node(&self) -> NodeIndex {
        self.0
    }

    fn take(&mut self) -> Result<NodeBytes, TreeError> {
        Ok(NodeBytes::from(self.1))
    }
}
