//! The one way in which a tree changes: a batch of node edits, each touched node hashed once on the way up.

use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, Digest, Suite};

use super::link::{Link, Parent};
use super::{RatchetTree, TreeError};
use crate::tree::hash::{blank_tree_hash, leaf_tree_hash, parent_tree_hash};
use crate::tree::key_index::{IndexChanges, IndexSeed, KeyIndex, KeySpace};
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::summary::{Summaries, Summary};
use crate::tree::view::{LeafRef, ParentRef, check_leaf};

/// A node and its new encoding, `None` to blank it.
pub type NodeEdit = (NodeIndex, Option<Arc<[u8]>>);

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
    pub fn edit_resized(
        self,
        suite: Suite<'_>,
        size: TreeSize,
        mut edits: Vec<NodeEdit>,
    ) -> Result<Self, TreeError> {
        check_order(&edits, self.size.max(size))?;
        let Self { size: mut old_size, mut root, root_hash, summary: _, mut index } = self;
        let mut editor = Editor::new(suite, root_hash.len(), &index);
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
    // req: R-7.7-01
    pub fn extend(self, suite: Suite<'_>) -> Result<Self, TreeError> {
        let size = self.size.doubled().ok_or(TreeError::TooManyLeaves)?;
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

    /// The tree of `size` with these nodes.
    pub(super) fn build(
        suite: Suite<'_>,
        seed: IndexSeed,
        size: TreeSize,
        mut edits: Vec<NodeEdit>,
    ) -> Result<Self, TreeError> {
        check_order(&edits, size)?;
        let mut index = KeyIndex::new(seed);
        let mut editor = Editor::new(suite, suite.hash_len(), &index);
        let (mut root, mut hash) = (Link::BLANK, Slot::from(Digest::EMPTY));
        editor.edit(size.root(), &mut root, hash.as_mut(), false, &mut edits)?;
        let summary = editor.summary_of(&root)?;
        index.apply(editor.changes);
        Ok(Self { size, root, root_hash: hash.digest(editor.hash_len)?, summary, index })
    }

    /// Truncates, but not below `size`.
    fn shrink(&mut self, suite: Suite<'_>, size: TreeSize) -> Result<(), TreeError> {
        if self.root.is_blank() && self.size > size {
            self.root_hash = blank_tree_hash(suite, size.root())?;
            self.size = size;
        }
        while self.size > size && self.halve() {}
        Ok(())
    }

    /// Drops root and right half if that is wholly blank. The root goes even if it is populated.
    fn halve(&mut self) -> bool {
        let Some(size) = self.size.halved() else { return false };
        let (left, hash, summary) = match &self.root {
            Link::Inner(Some(root)) if root.right.is_blank() => {
                let Some(hash) = root.child_hash(true, self.root_hash.len()) else { return false };
                (root.left.clone(), hash, Arc::clone(&self.summary))
            }
            _ => return false,
        };
        if let Some(payload) = self.root.payload()
            && let Some(key) = super::link::encryption_key(payload)
        {
            let mut changes = self.index.changes();
            changes.remove(KeySpace::Encryption, key, self.size.root());
            self.index.apply(changes);
        }
        (self.size, self.root, self.root_hash, self.summary) = (size, left, hash, summary);
        true
    }
}

fn check_order(edits: &[NodeEdit], size: TreeSize) -> Result<(), TreeError> {
    if let Some(repeated) = edits.windows(2).find_map(|pair| match pair {
        [(a, _), (b, _)] if a >= b => Some(*b),
        _ => None,
    }) {
        return Err(TreeError::NotAscending(repeated));
    }
    match edits.last() {
        Some((node, _)) if !size.contains(*node) => Err(TreeError::IndexOutOfTree(*node)),
        _ => Ok(()),
    }
}

/// Room for one hash of up to 64 bytes.
struct Slot([u8; 64]);

impl Slot {
    const fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    fn digest(&self, len: usize) -> Result<Digest, TreeError> {
        let digest = self.0.get(..len).and_then(Digest::from_slice);
        digest.ok_or(TreeError::Crypto(CryptoError::WrongLength))
    }
}

impl From<Digest> for Slot {
    fn from(digest: Digest) -> Self {
        let mut slot = Self([0; 64]);
        slot.0.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        slot
    }
}

/// One batch under way.
struct Editor<'a> {
    suite: Suite<'a>,
    hash_len: usize,
    summaries: Summaries,
    changes: IndexChanges,
}

impl<'a> Editor<'a> {
    fn new(suite: Suite<'a>, hash_len: usize, index: &KeyIndex) -> Self {
        Self { suite, hash_len, summaries: Summaries::default(), changes: index.changes() }
    }

    /// Edits what is at and below `node` and puts its tree hash into `hash`, which is up to date iff `hashed`.
    fn edit(
        &mut self,
        node: NodeIndex,
        link: &mut Link,
        hash: &mut [u8],
        hashed: bool,
        edits: &mut [NodeEdit],
    ) -> Result<(), TreeError> {
        if edits.is_empty() && hashed {
            return Ok(());
        }
        if let Some(leaf) = node.leaf() {
            if let Some((_, bytes)) = edits.first_mut() {
                let bytes = bytes.take();
                self.reindex(node, link.payload().map(|bytes| &**bytes), bytes.as_deref())?;
                *link = bytes.map_or(Link::BLANK, Link::Leaf);
            }
            let digest = leaf_tree_hash(self.suite, leaf, link.payload().map(|bytes| &**bytes))?;
            return self.store(hash, &digest);
        }
        let digest = match link {
            Link::Inner(Some(shared)) => match Arc::get_mut(shared) {
                Some(parent) => self.edit_parent(node, parent, true, edits)?,
                None => {
                    let mut digest = Digest::EMPTY;
                    *shared = shared.copy(self.hash_len, |parent| {
                        digest = self.edit_parent(node, parent, true, edits)?;
                        Ok(())
                    })?;
                    digest
                }
            },
            _ if edits.iter().all(|(_, bytes)| bytes.is_none()) => {
                if hashed {
                    return Ok(());
                }
                blank_tree_hash(self.suite, node)?
            }
            _ => {
                let mut digest = Digest::EMPTY;
                *link = Link::Inner(Some(Parent::make(self.hash_len, Link::BLANK, |parent| {
                    digest = self.edit_parent(node, parent, false, edits)?;
                    Ok(())
                })?));
                digest
            }
        };
        collapse(link);
        self.store(hash, &digest)
    }

    /// Edits a parent that nobody shares. `hashed` says whether its children's hashes are up to date.
    fn edit_parent(
        &mut self,
        node: NodeIndex,
        parent: &mut Parent,
        hashed: bool,
        edits: &mut [NodeEdit],
    ) -> Result<Digest, TreeError> {
        self.edit_halves(node, parent, [hashed; 2], edits)
    }

    fn edit_halves(
        &mut self,
        node: NodeIndex,
        parent: &mut Parent,
        hashed: [bool; 2],
        edits: &mut [NodeEdit],
    ) -> Result<Digest, TreeError> {
        let (Some(left), Some(right)) = (node.left(), node.right()) else {
            return Err(TreeError::IndexOutOfTree(node));
        };
        let below = edits.partition_point(|(index, _)| *index < node);
        let (left_edits, rest) = edits.split_at_mut_checked(below).unwrap_or_default();
        let own = usize::from(rest.first().is_some_and(|(index, _)| *index == node));
        let (own, right_edits) = rest.split_at_mut_checked(own).unwrap_or_default();
        if let Some((_, bytes)) = own.first_mut() {
            let bytes = bytes.take();
            self.reindex(node, parent.payload.as_deref(), bytes.as_deref())?;
            parent.payload = bytes;
        }
        let middle = parent.hashes.len() / 2;
        let (left_hash, right_hash) = parent.hashes.split_at_mut_checked(middle).unwrap_or_default();
        let [left_hashed, right_hashed] = hashed;
        self.edit(left, &mut parent.left, left_hash, left_hashed, left_edits)?;
        self.edit(right, &mut parent.right, right_hash, right_hashed, right_edits)?;

        parent.members = parent.left.members().saturating_add(parent.right.members());
        let (left, right) = (self.summary_below(&parent.left)?, self.summary_below(&parent.right)?);
        parent.summary = self.summaries.combine(left, right, parent.summary.as_ref());
        Ok(parent_tree_hash(
            self.suite,
            parent.payload.as_deref(),
            left_hash.get(..self.hash_len).unwrap_or_default(),
            right_hash.get(..self.hash_len).unwrap_or_default(),
        )?)
    }

    /// Doubles until `size`, with `edits` in what is new.
    fn grow(
        &mut self,
        at: &mut TreeSize,
        size: TreeSize,
        root: &mut Link,
        hash: &mut Slot,
        mut edits: &mut [NodeEdit],
    ) -> Result<(), TreeError> {
        while *at < size {
            let next = at.doubled().ok_or(TreeError::TooManyLeaves)?;
            let inside = edits.partition_point(|(node, _)| next.contains(*node));
            let (inside, beyond) = edits.split_at_mut_checked(inside).unwrap_or_default();
            edits = beyond;
            let mut digest = Digest::EMPTY;
            let old_root = core::mem::replace(root, Link::BLANK);
            *root = Link::Inner(Some(Parent::make(self.hash_len, old_root, |parent| {
                parent.hashes.iter_mut().zip(&hash.0).take(self.hash_len).for_each(|(to, from)| *to = *from);
                digest = self.edit_halves(next.root(), parent, [true, false], inside)?;
                Ok(())
            })?));
            collapse(root);
            self.store(hash.as_mut(), &digest)?;
            *at = next;
        }
        Ok(())
    }

    /// Checks a new payload's form and moves its keys in the index.
    fn reindex(&mut self, node: NodeIndex, old: Option<&[u8]>, new: Option<&[u8]>) -> Result<(), TreeError> {
        let keys = |bytes| keys_of(node, bytes);
        let old = old.map(keys).transpose()?.unwrap_or_default();
        if let Some(new) = new {
            if node.is_leaf() {
                check_leaf(new)?;
            } else {
                ParentRef::from_bytes(new)?;
            }
        }
        let new = new.map(keys).transpose()?.unwrap_or_default();
        for ((space, old), new) in [KeySpace::Encryption, KeySpace::Signature].into_iter().zip(old).zip(new) {
            if old == new {
                continue;
            }
            if let Some(key) = old {
                self.changes.remove(space, key, node);
            }
            if let Some(key) = new {
                self.changes.add(space, key, node);
            }
        }
        Ok(())
    }

    fn summary_below(&mut self, link: &Link) -> Result<Option<Arc<Summary>>, TreeError> {
        Ok(match link {
            Link::Leaf(bytes) => Some(self.summaries.leaf(bytes)?),
            Link::Inner(parent) => parent.as_ref().and_then(|parent| parent.summary.clone()),
        })
    }

    fn summary_of(&mut self, root: &Link) -> Result<Arc<Summary>, TreeError> {
        Ok(self.summary_below(root)?.unwrap_or_else(|| Arc::new(Summary::vacant())))
    }

    /// Puts a digest, which is `hash_len` long, at the head of a slot.
    fn store(&self, hash: &mut [u8], digest: &Digest) -> Result<(), TreeError> {
        match hash.get_mut(..self.hash_len) {
            Some(slot) if slot.len() == digest.len() => {
                slot.copy_from_slice(digest);
                Ok(())
            }
            _ => Err(TreeError::Crypto(CryptoError::WrongLength)),
        }
    }
}

/// A node's encryption key and, for a leaf, its signature key.
fn keys_of(node: NodeIndex, bytes: &[u8]) -> Result<[Option<&[u8]>; 2], TreeError> {
    if node.is_leaf() {
        let leaf = LeafRef::from_bytes(bytes)?;
        Ok([Some(leaf.encryption_key), Some(leaf.signature_key)])
    } else {
        Ok([Some(ParentRef::from_bytes(bytes)?.encryption_key), None])
    }
}

/// A subtree that has become wholly blank is one empty link.
fn collapse(link: &mut Link) {
    if link.parent().is_some_and(|parent| {
        parent.payload.is_none() && parent.left.is_blank() && parent.right.is_blank()
    }) {
        *link = Link::BLANK;
    }
}
