//! The recursion behind an edit: down with the batch split at each node, up with hashes, summaries and counts.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use mls_codec::Reader;
use mls_crypto_traits::{CryptoError, Digest, Suite};

use super::TreeError;
use super::build::Subtree;
use super::edit::NodeEdit;
use super::link::{Link, Parent, encryption_key};
use crate::tree::hash::{blank_tree_hash, leaf_tree_hash, parent_tree_hash};
use crate::tree::key_index::{IndexChanges, KeySpace};
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::summary::{Below, Summaries, Summary};
use crate::tree::view::{LeafRef, LeafView, ParentRef};

/// Room for one hash of up to 64 bytes.
pub(super) struct Slot([u8; 64]);

impl Slot {
    pub(super) const fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    pub(super) fn digest(&self, len: usize) -> Result<Digest, TreeError> {
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
pub(super) struct Editor<'a> {
    suite: Suite<'a>,
    pub(super) hash_len: usize,
    summaries: Summaries,
    pub(super) changes: IndexChanges,
    /// Subtrees that are made already, from the right to the left.
    pub(super) made: Vec<Subtree>,
}

impl<'a> Editor<'a> {
    /// `changes` have nothing in them yet.
    pub(super) fn new(suite: Suite<'a>, hash_len: usize, changes: IndexChanges) -> Self {
        Self { suite, hash_len, summaries: Summaries::default(), changes, made: Vec::new() }
    }

    /// Edits what is at and below `node` and puts its tree hash into `hash`, which is up to date iff `hashed`. What comes
    /// back is of the members there.
    pub(super) fn edit<'l>(
        &mut self,
        node: NodeIndex,
        link: &'l mut Link,
        hash: &mut [u8],
        hashed: bool,
        edits: &mut [NodeEdit],
    ) -> Result<Below<'l>, TreeError> {
        if edits.is_empty() && hashed {
            return self.below(link);
        }
        if let Some(subtree) = self.made.pop_if(|subtree| subtree.root == node) {
            *link = subtree.link;
            store(hash, self.hash_len, &subtree.hash.digest(self.hash_len)?)?;
            return self.below(link);
        }
        if let Some(leaf) = node.leaf() {
            let put = |bytes: Option<NodeBytes>| bytes.map_or(Link::BLANK, Link::Leaf);
            let old = edits.first_mut().map(|(_, bytes)| mem::replace(link, put(bytes.take())));
            let link = &*link;
            let below = match old {
                Some(old) => self.enter_leaf(node, old.payload(), link.payload())?,
                None => self.below(link)?,
            };
            let digest = leaf_tree_hash(self.suite, leaf, link.payload().map(|bytes| &**bytes))?;
            store(hash, self.hash_len, &digest)?;
            return Ok(below);
        }
        let mut digest = Digest::EMPTY;
        if let Some(parent) = link.own() {
            digest = self.edit_parent(node, parent, [true; 2], edits)?;
        } else if let Some(shared) = link.parent() {
            let copy = shared.copy(self.hash_len, |parent| {
                digest = self.edit_parent(node, parent, [true; 2], edits)?;
                Ok(())
            })?;
            *link = Link::Inner(Some(copy));
        } else if self.made.is_empty() && edits.iter().all(|(_, bytes)| bytes.is_none()) {
            if hashed {
                return Ok(Below::Nobody);
            }
            digest = blank_tree_hash(self.suite, node)?;
        } else {
            // Above subtrees that are made there is something.
            let parent = Parent::make(self.hash_len, Link::BLANK, |parent| {
                digest = self.edit_parent(node, parent, [false; 2], edits)?;
                Ok(())
            })?;
            *link = Link::Inner(Some(parent));
        }
        collapse(link);
        store(hash, self.hash_len, &digest)?;
        self.below(link)
    }

    /// A leaf has come into the place of another one, either of which may be blank.
    fn enter_leaf<'l>(
        &mut self,
        node: NodeIndex,
        old: Option<&NodeBytes>,
        new: Option<&'l NodeBytes>,
    ) -> Result<Below<'l>, TreeError> {
        let new = new.map(|bytes| LeafView::from_bytes(bytes)).transpose()?;
        let old = old.map(|bytes| LeafRef::from_bytes(bytes)).transpose()?;
        let keys = new.map(|new| new.keys);
        self.reindex(
            node,
            KeySpace::Encryption,
            old.map(|leaf| leaf.encryption_key),
            keys.map(|leaf| leaf.encryption_key),
        );
        self.reindex(
            node,
            KeySpace::Signature,
            old.map(|leaf| leaf.signature_key),
            keys.map(|leaf| leaf.signature_key),
        );
        Ok(new.map_or(Below::Nobody, |new| Below::Leaf(new.profile)))
    }

    /// Edits a parent that nobody shares. `hashed` says of each child whether its hash is up to date.
    fn edit_parent(
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
            let new = bytes.as_deref().map(ParentRef::from_bytes).transpose()?;
            let old = parent.payload.as_deref().and_then(encryption_key);
            self.reindex(node, KeySpace::Encryption, old, new.as_ref().map(|parent| parent.encryption_key));
            parent.resolved = new.as_ref().map_or(0, ParentRef::resolution_len);
            parent.payload = bytes;
        }
        let middle = parent.hashes.len() / 2;
        let (left_hash, right_hash) = parent.hashes.split_at_mut_checked(middle).unwrap_or_default();
        let [left_hashed, right_hashed] = hashed;
        let left = self.edit(left, &mut parent.left, left_hash, left_hashed, left_edits)?;
        let right = self.edit(right, &mut parent.right, right_hash, right_hashed, right_edits)?;

        let summary = self.summaries.combine(left, right, parent.summary.as_ref());
        let summary = summary.and_then(|id| self.summaries.get(id));
        let is_same = |known| parent.summary.as_ref().is_some_and(|summary| Arc::ptr_eq(summary, known));
        if !summary.is_some_and(is_same) {
            parent.summary = summary.cloned();
        }
        parent.members = parent.left.members().saturating_add(parent.right.members());
        let digest = parent_tree_hash(
            self.suite,
            parent.payload.as_deref(),
            left_hash.get(..self.hash_len).unwrap_or_default(),
            right_hash.get(..self.hash_len).unwrap_or_default(),
        )?;
        if parent.payload.is_none() {
            parent.resolved = parent.left.resolution_len().saturating_add(parent.right.resolution_len());
        }
        Ok(digest)
    }

    /// Doubles until `size`, with `edits` in what is new.
    pub(super) fn grow(
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
            let old_root = mem::replace(root, Link::BLANK);
            *root = Link::Inner(Some(Parent::make(self.hash_len, old_root, |parent| {
                parent.hashes.iter_mut().zip(&hash.0).take(self.hash_len).for_each(|(to, from)| *to = *from);
                digest = self.edit_parent(next.root(), parent, [true, false], inside)?;
                Ok(())
            })?));
            collapse(root);
            store(hash.as_mut(), self.hash_len, &digest)?;
            *at = next;
        }
        Ok(())
    }

    /// Moves a node's key in the index.
    fn reindex(&mut self, node: NodeIndex, space: KeySpace, old: Option<&[u8]>, new: Option<&[u8]>) {
        if old == new {
            return;
        }
        if let Some(key) = old {
            self.changes.remove(space, key, node);
        }
        if let Some(key) = new {
            self.changes.add(space, key, node);
        }
    }

    pub(super) fn summary_of(&mut self, root: &Link) -> Result<Arc<Summary>, TreeError> {
        let below = self.below(root)?;
        let summary = self.summaries.id(below).and_then(|id| self.summaries.get(id)).cloned();
        Ok(summary.unwrap_or_else(|| Arc::new(Summary::vacant())))
    }

    /// What the members there have in common.
    fn below<'l>(&mut self, link: &'l Link) -> Result<Below<'l>, TreeError> {
        Ok(match link {
            Link::Leaf(bytes) => {
                let LeafView { profile, .. } = LeafView::read_head(&mut Reader::new(bytes))?;
                Below::Leaf(profile)
            }
            inner => {
                let summary = inner.parent().and_then(|parent| parent.summary.as_ref());
                summary.map_or(Below::Nobody, |summary| Below::Known(self.summaries.of(summary)))
            }
        })
    }
}

/// Puts a digest, which is `len` bytes long, at the head of a slot.
pub(super) fn store(slot: &mut [u8], len: usize, digest: &Digest) -> Result<(), TreeError> {
    match slot.get_mut(..len) {
        Some(slot) if slot.len() == digest.len() => {
            slot.copy_from_slice(digest);
            Ok(())
        }
        _ => Err(TreeError::Crypto(CryptoError::WrongLength)),
    }
}

/// A subtree that has become wholly blank is one empty link.
fn collapse(link: &mut Link) {
    if link.parent().is_some_and(|parent| parent.payload.is_none() && parent.left.is_blank() && parent.right.is_blank())
    {
        *link = Link::BLANK;
    }
}
