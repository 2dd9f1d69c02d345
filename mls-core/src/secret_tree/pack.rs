//! Nodes that are stored together (RFC 9420 section 9).

use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Reader};
use mls_crypto_traits::{CryptoError, Expansion, SecretBytes, Suite};

use crate::key_schedule::EncryptionSecret;
use crate::tree::math::{LeafIndex, NodeIndex};

/// What is left of the nodes that one split made: it opened the way from a node down to a leaf and left those beside
/// it. The pack bears the name of the node that was split; that of a new tree holds the root and bears its name.
///
/// Never empty. The nodes stand in the order of their indices, and none covers another. All their secrets
/// (`tree_node_[N]_secret`, `KDF.Nh` bytes each) are in one block, which is wiped with the pack.
pub struct NodePack {
    nodes: Vec<NodeIndex>,
    /// As many of equal length, which is not 0, as there are nodes.
    secrets: SecretBytes,
}

impl NodePack {
    /// The pack of a new tree: its root.
    pub(super) fn root(node: NodeIndex, secret: EncryptionSecret) -> Self {
        Self { nodes: Vec::from([node]), secrets: secret.into_secret() }
    }

    /// The pack of these nodes and secrets, which stand in order.
    pub(super) fn from_parts(nodes: Vec<NodeIndex>, secrets: &[&[u8]]) -> Self {
        Self { nodes, secrets: SecretBytes::concat(secrets) }
    }

    /// The nodes and their secrets, by index.
    pub(super) fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeIndex, &[u8])> {
        let len = self.secrets.len().checked_div(self.nodes.len()).unwrap_or_default().max(1);
        self.nodes.iter().copied().zip(self.secrets.as_bytes().chunks_exact(len))
    }

    /// The node that is `leaf` or above it.
    pub(super) fn covering(&self, leaf: LeafIndex) -> Option<(NodeIndex, &[u8])> {
        self.nodes().find(|(node, _)| node.covers(leaf))
    }

    /// The pack after `taken` was taken out, `None` where nothing is left.
    // req: R-9.2-04
    pub(super) fn without(&self, taken: NodeIndex) -> Option<Self> {
        let (nodes, secrets): (Vec<_>, Vec<_>) = self.nodes().filter(|(node, _)| *node != taken).unzip();
        (!nodes.is_empty()).then(|| Self::from_parts(nodes, &secrets))
    }

    /// Splits `node`, all the way down to `leaf`: the nodes beside that way, and the leaf's secret.
    // req: R-9-01
    // req: R-9-02
    pub(super) fn split(
        suite: Suite<'_>,
        mut node: NodeIndex,
        secret: &[u8],
        leaf: LeafIndex,
    ) -> Result<(Option<Self>, SecretBytes), CryptoError> {
        let (hash_len, levels) = (suite.hash_len(), usize::from(node.level()));
        let mut nodes = alloc::vec![node; levels];
        let mut secrets = SecretBytes::zeros(levels.saturating_mul(hash_len));
        // Of the node at hand, and of the next one.
        let (mut parent, mut child) = (SecretBytes::from_slice(secret), SecretBytes::zeros(hash_len));
        // What stands beside is left of everything below, or right of it.
        let (mut names, mut places) = (nodes.as_mut_slice(), secrets.as_mut_bytes());
        while let (Some(left), Some(right)) = (node.left(), node.right()) {
            let goes_left = left.covers(leaf);
            let (next, beside) = if goes_left { (left, right) } else { (right, left) };
            let (name, place);
            if goes_left {
                (name, names) = names.split_last_mut().ok_or(CryptoError::WrongLength)?;
                let at = places.len().checked_sub(hash_len).ok_or(CryptoError::WrongLength)?;
                (places, place) = places.split_at_mut_checked(at).ok_or(CryptoError::WrongLength)?;
            } else {
                (name, names) = names.split_first_mut().ok_or(CryptoError::WrongLength)?;
                (place, places) = places.split_at_mut_checked(hash_len).ok_or(CryptoError::WrongLength)?;
            }
            *name = beside;
            let (left, right) = if goes_left { (child.as_mut_bytes(), place) } else { (place, child.as_mut_bytes()) };
            suite.expand_each(
                parent.as_bytes(),
                [
                    Expansion { label: b"tree", context: b"left", out: left },
                    Expansion { label: b"tree", context: b"right", out: right },
                ],
            )?;
            core::mem::swap(&mut parent, &mut child);
            node = next;
        }
        Ok(((levels > 0).then_some(Self { nodes, secrets }), parent))
    }

    /// The pack that the split of `split` left: its nodes stand below (or it is the one itself), from left to right.
    pub(super) fn decode(split: NodeIndex, stored: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(stored);
        let (first, end) = split.leaf_range();
        let mut free = Some(first);
        let (mut nodes, mut secrets) = (Vec::new(), Vec::<&[u8]>::new());
        while !r.is_empty() {
            let at = r.offset();
            let node = NodeIndex::decode(&mut r)?;
            let secret = r.opaque()?;
            let (from, to) = node.leaf_range();
            let like_others = secrets.first().is_none_or(|first| first.len() == secret.len()) && !secret.is_empty();
            if free.is_none_or(|free| from < free) || to > end || !like_others {
                return Err(DecodeError::new(DecodeErrorKind::InvalidValue, at));
            }
            free = to.next();
            nodes.push(node);
            secrets.push(secret);
        }
        if nodes.is_empty() {
            return Err(r.error(DecodeErrorKind::UnexpectedEnd));
        }
        Ok(Self::from_parts(nodes, &secrets))
    }
}

impl fmt::Debug for NodePack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, secrets: _ } = self;
        f.debug_list().entries(nodes).finish()
    }
}
