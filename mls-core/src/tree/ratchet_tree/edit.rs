//! The one way in which a tree changes: a batch of node edits, each touched node hashed once on the way up.

use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_crypto_traits::Suite;

use super::editor::{Editor, Slot};
use super::link::encryption_key;
use super::{RatchetTree, TreeError};
use crate::tree::hash::blank_tree_hash;
use crate::tree::key_index::KeySpace;
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;

/// A node and its new encoding, `None` to blank it.
pub type NodeEdit = (NodeIndex, Option<NodeBytes>);

impl RatchetTree {
    /// The tree with `edits` made, which ascend strictly by node. Costs one hash for every node at or above an edit;
    /// nodes that no other tree shares are changed in place.
    ///
    /// # Errors
    /// [`TreeError::NotAscending`], [`TreeError::IndexOutOfTree`], [`TreeError::Decode`] for what is not one encoded
    /// node, [`TreeError::Crypto`] from the provider.
    pub fn edit(self, suite: Suite<'_>, edits: Vec<NodeEdit>) -> Result<Self, TreeError> {
        let size = self.size;
        self.edit_resized(suite, size, edits)
    }

    /// [`edit`](Self::edit), and the tree then has `size`: what [`diff`](Self::diff) is replayed with.
    ///
    /// # Errors
    /// As [`edit`](Self::edit); [`TreeError::IndexOutOfTree`] names the root of a right half that should be dropped
    /// and is not blank.
    pub fn edit_resized(self, suite: Suite<'_>, size: TreeSize, mut edits: Vec<NodeEdit>) -> Result<Self, TreeError> {
        check_order(edits.iter().map(|(node, _)| *node), self.size.max(size))?;
        let Self { size: mut old_size, mut root, root_hash, summary: _, mut index } = self;
        let mut editor = Editor::new(suite, root_hash.len(), index.changes(edits.len()));
        let mut hash = Slot::from(root_hash);
        let inside = edits.partition_point(|(node, _)| old_size.contains(*node));
        let (inside, beyond) = edits.split_at_mut_checked(inside).unwrap_or_default();
        editor.edit(old_size.root(), &mut root, hash.as_mut(), true, inside)?;
        if size > old_size {
            editor.grow(&mut old_size, size, &mut root, &mut hash, beyond)?;
        }
        let summary = editor.summary_of(&root)?;
        index.apply(editor.changes);
        let mut tree = Self { size: old_size, root, root_hash: hash.digest(editor.hash_len)?, summary, index };
        tree.shrink(suite, size)?;
        match tree.size.root().right() {
            Some(right) if tree.size > size => Err(TreeError::IndexOutOfTree(right)),
            _ => Ok(tree),
        }
    }

    /// The tree of twice the size (RFC 9420 section 7.7): a new blank root, this tree on its left, blank on its right.
    ///
    /// # Errors
    /// [`TreeError::TooManyLeaves`], [`TreeError::Crypto`] from the provider.
    pub fn extend(self, suite: Suite<'_>) -> Result<Self, TreeError> {
        let size = self.size.doubled().ok_or(TreeError::TooManyLeaves)?;
        // req: R-7.7-01
        self.edit_resized(suite, size, Vec::new())
    }

    /// The tree without its right half for as long as that is wholly blank (RFC 9420 section 7.7). Hashes nothing,
    /// unless there is no member at all.
    ///
    /// # Errors
    /// [`TreeError::Crypto`] from the provider.
    // req: R-7.7-02
    pub fn truncate(mut self, suite: Suite<'_>) -> Result<Self, TreeError> {
        self.shrink(suite, TreeSize::ONE)?;
        Ok(self)
    }

    /// Takes into the key index what has changed since another version shared it. Cheap, and to be called when that other
    /// version is gone: till then each edit carries along the changes of those before.
    pub fn settle(&mut self) {
        self.index.settle();
    }

    #[cfg(test)]
    pub(crate) const fn is_settled(&self) -> bool {
        self.index.is_settled()
    }

    /// Truncates, but not below `size`.
    fn shrink(&mut self, suite: Suite<'_>, size: TreeSize) -> Result<(), TreeError> {
        while self.size > size && self.halve() {}
        // Blank from the beginning, or since the root went, which alone was populated.
        if self.root.is_blank() && self.size > size {
            self.root_hash = blank_tree_hash(suite, size.root())?;
            self.size = size;
        }
        Ok(())
    }

    /// Drops root and right half if that is wholly blank. The root goes even if it is populated.
    fn halve(&mut self) -> bool {
        let Some(size) = self.size.halved() else {
            return false;
        };
        let (left, hash, summary) = match self.root.parent() {
            Some(root) if root.right.is_blank() => {
                let Some(hash) = root.child_hash(true, self.root_hash.len()) else {
                    return false;
                };
                (root.left.clone(), hash, Arc::clone(&self.summary))
            }
            _ => return false,
        };
        if let Some(payload) = self.root.payload()
            && let Some(key) = encryption_key(payload)
        {
            let mut changes = self.index.changes(0);
            changes.remove(KeySpace::Encryption, key, self.size.root());
            self.index.apply(changes);
        }
        (self.size, self.root, self.root_hash, self.summary) = (size, left, hash, summary);
        true
    }
}

pub(super) fn check_order(
    mut nodes: impl DoubleEndedIterator<Item = NodeIndex> + Clone,
    size: TreeSize,
) -> Result<(), TreeError> {
    let mut pairs = nodes.clone().zip(nodes.clone().skip(1));
    if let Some((_, repeated)) = pairs.find(|(node, next)| node >= next) {
        return Err(TreeError::NotAscending(repeated));
    }
    match nodes.next_back() {
        Some(node) if !size.contains(node) => Err(TreeError::IndexOutOfTree(node)),
        _ => Ok(()),
    }
}
