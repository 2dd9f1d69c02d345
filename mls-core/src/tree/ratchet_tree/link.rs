//! The layout: one `Arc` a node, links of two words (leaf) or three (parent), hashes inline at their exact length.

use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::Reader;
use mls_crypto_traits::Digest;

use super::TreeError;
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::summary::Summary;
use crate::tree::view::ParentRef;

/// What hangs at a position: whether that is a leaf's or a parent's is known from the position.
#[derive(Clone)]
pub(crate) enum Link {
    /// A leaf's encoding.
    Leaf(NodeBytes),
    /// A subtree that is not wholly blank, or nothing: a blank leaf or a wholly blank subtree.
    Inner(Option<Arc<Parent>>),
}

/// A parent position with something at or below it.
pub(crate) struct ParentOf<H: ?Sized> {
    pub(super) left: Link,
    pub(super) right: Link,
    /// The parent's encoding, `None` where it is blank.
    pub(super) payload: Option<NodeBytes>,
    /// Of the members below; `None` where there are none.
    pub(super) summary: Option<Arc<Summary>>,
    pub(super) members: u32,
    /// How many nodes the resolution of this one has.
    pub(super) resolved: u32,
    /// The children's tree hashes, each in its half.
    pub(super) hashes: H,
}

/// Unsized, so that a node is as long as its suite's hashes are and no longer.
pub(crate) type Parent = ParentOf<[u8]>;

static BLANK: Link = Link::BLANK;

impl Link {
    pub(super) const BLANK: Self = Self::Inner(None);
    pub(super) const BLANK_REF: &'static Self = &BLANK;

    pub(crate) const fn is_blank(&self) -> bool {
        matches!(self, Self::Inner(None))
    }

    pub(crate) fn parent(&self) -> Option<&Parent> {
        match self {
            Self::Inner(Some(parent)) => Some(parent),
            _ => None,
        }
    }

    pub(crate) fn payload(&self) -> Option<&NodeBytes> {
        match self {
            Self::Leaf(bytes) => Some(bytes),
            Self::Inner(parent) => parent.as_ref()?.payload.as_ref(),
        }
    }

    pub(super) fn members(&self) -> u32 {
        match self {
            Self::Leaf(_) => 1,
            Self::Inner(parent) => parent.as_ref().map_or(0, |parent| parent.members),
        }
    }

    /// How many nodes the resolution has (RFC 9420 section 4.1.1).
    pub(crate) fn resolution_len(&self) -> u32 {
        match self {
            Self::Leaf(_) => 1,
            Self::Inner(parent) => parent.as_ref().map_or(0, |parent| parent.resolved),
        }
    }

    /// Whether both are the very same subtree, and so equal.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(a), Self::Leaf(b)) => a.is_same(b),
            (Self::Inner(Some(a)), Self::Inner(Some(b))) => Arc::ptr_eq(a, b),
            (Self::Inner(None), Self::Inner(None)) => true,
            _ => false,
        }
    }
}

impl Parent {
    pub(crate) const fn left(&self) -> &Link {
        &self.left
    }

    pub(crate) const fn right(&self) -> &Link {
        &self.right
    }

    /// A child's tree hash, of `len` bytes.
    pub(crate) fn child_hash(&self, left: bool, len: usize) -> Option<Digest> {
        Digest::from_slice(self.child_hash_bytes(left, len)?)
    }

    /// The same where it stands.
    pub(crate) fn child_hash_bytes(&self, left: bool, len: usize) -> Option<&[u8]> {
        let (first, second) = self.hashes.split_at_checked(self.hashes.len() / 2)?;
        let half = if left { first } else { second };
        half.get(..len)
    }

    /// Counts the nodes of its own resolution, its children's being right.
    pub(super) fn count_resolved(&self) -> Result<u32, TreeError> {
        let Some(payload) = &self.payload else {
            return Ok(self.left.resolution_len().saturating_add(self.right.resolution_len()));
        };
        let unmerged = ParentRef::from_bytes(payload)?.unmerged_len();
        Ok(u32::try_from(unmerged).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// Another node with the same content.
    pub(super) fn copy(
        &self,
        hash_len: usize,
        edit: impl FnOnce(&mut Self) -> Result<(), TreeError>,
    ) -> Result<Arc<Self>, TreeError> {
        Self::make(hash_len, self.left.clone(), |parent| {
            parent.right = self.right.clone();
            parent.payload.clone_from(&self.payload);
            parent.summary.clone_from(&self.summary);
            parent.members = self.members;
            parent.resolved = self.resolved;
            for (to, from) in parent.hashes.iter_mut().zip(&self.hashes) {
                *to = *from;
            }
            edit(parent)
        })
    }

    /// A node over `left`, all else blank, as `edit` leaves it.
    pub(super) fn make(
        hash_len: usize,
        left: Link,
        edit: impl FnOnce(&mut Self) -> Result<(), TreeError>,
    ) -> Result<Arc<Self>, TreeError> {
        // Two hashes each; a digest has at most 64 bytes.
        match hash_len {
            ..=32 => ParentOf::<[u8; 64]>::sized(left, edit),
            33..=48 => ParentOf::<[u8; 96]>::sized(left, edit),
            _ => ParentOf::<[u8; 128]>::sized(left, edit),
        }
    }
}

impl<const N: usize> ParentOf<[u8; N]> {
    fn sized(left: Link, edit: impl FnOnce(&mut Parent) -> Result<(), TreeError>) -> Result<Arc<Parent>, TreeError> {
        let mut parent =
            Self { left, right: Link::BLANK, payload: None, summary: None, members: 0, resolved: 0, hashes: [0; N] };
        edit(&mut parent)?;
        Ok(Arc::new(parent))
    }
}

/// The HPKE public key at the head of an encoded leaf or parent.
pub(super) fn encryption_key(node: &[u8]) -> Option<&[u8]> {
    Reader::new(node).opaque().ok()
}

/// Appends the blank leaves below `node` from the left until `found` has `wanted`. Full subtrees are not entered.
pub(super) fn collect_blanks(link: &Link, node: NodeIndex, wanted: usize, found: &mut Vec<LeafIndex>) {
    let (first, last) = node.leaf_range();
    match link {
        Link::Leaf(_) => {}
        Link::Inner(None) => {
            let missing = wanted.saturating_sub(found.len());
            let leaves = first.as_u32()..=last.as_u32();
            found.extend(leaves.filter_map(LeafIndex::new).take(missing));
        }
        Link::Inner(Some(parent)) => {
            let full = last.as_u32().wrapping_sub(first.as_u32()).saturating_add(1) == parent.members;
            if full || found.len() >= wanted {
                return;
            }
            if let (Some(left), Some(right)) = (node.left(), node.right()) {
                collect_blanks(&parent.left, left, wanted, found);
                collect_blanks(&parent.right, right, wanted, found);
            }
        }
    }
}
