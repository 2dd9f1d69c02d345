//! The layout: one `Arc` a parent, or one a row of parents that were made together; hashes inline at their exact length.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ptr;

use mls_codec::Reader;
use mls_crypto_traits::Digest;

use super::TreeError;
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::summary::Summary;

/// What hangs at a position: whether that is a leaf's or a parent's is known from the position.
#[derive(Clone)]
pub(crate) enum Link {
    /// A leaf's encoding.
    Leaf(NodeBytes),
    /// A subtree that is not wholly blank, or nothing: a blank leaf or a wholly blank subtree.
    Inner(Option<Arc<Parent>>),
    /// The same, as one of a row.
    Inner32(Row<HASHES_32>, u32),
    Inner48(Row<HASHES_48>, u32),
    Inner64(Row<HASHES_64>, u32),
}

/// Parents of one level that were made together: ten thousand of them are not as many allocations. It lives as long as
/// one of its parents is in a tree.
pub(super) type Row<const N: usize> = Arc<[ParentOf<[u8; N]>]>;

/// Room for two hashes of up to 32 bytes.
pub(super) const HASHES_32: usize = 64;
pub(super) const HASHES_48: usize = 96;
pub(super) const HASHES_64: usize = 128;

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
            Self::Leaf(_) => None,
            Self::Inner(parent) => parent.as_deref(),
            Self::Inner32(row, place) => in_row(row, *place),
            Self::Inner48(row, place) => in_row(row, *place),
            Self::Inner64(row, place) => in_row(row, *place),
        }
    }

    /// The parent here, where nothing else shares it.
    pub(super) fn own(&mut self) -> Option<&mut Parent> {
        match self {
            Self::Inner(Some(parent)) => Arc::get_mut(parent),
            _ => None,
        }
    }

    pub(crate) fn payload(&self) -> Option<&NodeBytes> {
        match self {
            Self::Leaf(bytes) => Some(bytes),
            _ => self.parent()?.payload.as_ref(),
        }
    }

    pub(super) fn members(&self) -> u32 {
        match self {
            Self::Leaf(_) => 1,
            _ => self.parent().map_or(0, |parent| parent.members),
        }
    }

    /// How many nodes the resolution has (RFC 9420 section 4.1.1).
    pub(crate) fn resolution_len(&self) -> u32 {
        match self {
            Self::Leaf(_) => 1,
            _ => self.parent().map_or(0, |parent| parent.resolved),
        }
    }

    /// Whether both are the very same subtree, and so equal.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(a), Self::Leaf(b)) => a.is_same(b),
            _ => match (self.parent(), other.parent()) {
                (Some(a), Some(b)) => ptr::addr_eq(a, b),
                _ => self.is_blank() && other.is_blank(),
            },
        }
    }
}

fn in_row<const N: usize>(row: &Row<N>, place: u32) -> Option<&Parent> {
    let parent: &Parent = row.get(usize::try_from(place).ok()?)?;
    Some(parent)
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
            ..=32 => ParentOf::<[u8; HASHES_32]>::sized(left, edit),
            33..=48 => ParentOf::<[u8; HASHES_48]>::sized(left, edit),
            _ => ParentOf::<[u8; HASHES_64]>::sized(left, edit),
        }
    }
}

impl<const N: usize> ParentOf<[u8; N]> {
    pub(super) const fn blank() -> Self {
        let (left, right) = (Link::BLANK, Link::BLANK);
        Self { left, right, payload: None, summary: None, members: 0, resolved: 0, hashes: [0; N] }
    }

    fn sized(left: Link, edit: impl FnOnce(&mut Parent) -> Result<(), TreeError>) -> Result<Arc<Parent>, TreeError> {
        let mut parent = Self { left, ..Self::blank() };
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
    if link.is_blank() {
        let missing = wanted.saturating_sub(found.len());
        let leaves = first.as_u32()..=last.as_u32();
        found.extend(leaves.filter_map(LeafIndex::new).take(missing));
    } else if let (Some(parent), Some(left), Some(right)) = (link.parent(), node.left(), node.right()) {
        let full = last.as_u32().wrapping_sub(first.as_u32()).saturating_add(1) == parent.members;
        if !full && found.len() < wanted {
            collect_blanks(&parent.left, left, wanted, found);
            collect_blanks(&parent.right, right, wanted, found);
        }
    }
}
