//! Nodes that are stored together (RFC 9420 section 9).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::TreeNodeSecret;
use crate::tree::math::{LeafIndex, NodeIndex};

/// What is left of the nodes that one split made: it opened the way from a node down to a leaf and left those beside
/// it. The pack bears the name of the node that was split; that of a new tree holds the root and bears its name.
///
/// Never empty. The nodes stand in the order of their indices, and none covers another. Those that stay when one is
/// taken out are shared with the pack before, not copied: a secret is wiped with the last pack that has it.
pub struct NodePack {
    nodes: Vec<(NodeIndex, Arc<TreeNodeSecret>)>,
}

impl NodePack {
    /// The pack of these nodes, `None` where there are none.
    pub(super) fn of(nodes: impl IntoIterator<Item = (NodeIndex, TreeNodeSecret)>) -> Option<Self> {
        Self::of_shared(nodes.into_iter().map(|(node, secret)| (node, Arc::new(secret))).collect())
    }

    fn of_shared(mut nodes: Vec<(NodeIndex, Arc<TreeNodeSecret>)>) -> Option<Self> {
        nodes.sort_unstable_by_key(|(node, _)| *node);
        (!nodes.is_empty()).then_some(Self { nodes })
    }

    /// The nodes and their secrets, by index.
    #[must_use]
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeIndex, &TreeNodeSecret)> {
        self.nodes.iter().map(|(node, secret)| (*node, &**secret))
    }

    /// The node that is `leaf` or above it.
    pub(super) fn covering(&self, leaf: LeafIndex) -> Option<(NodeIndex, &TreeNodeSecret)> {
        self.nodes().find(|(node, _)| node.covers(leaf))
    }

    /// The pack after `taken` was taken out, `None` where nothing is left.
    // req: R-9.2-04
    pub(super) fn without(&self, taken: NodeIndex) -> Option<Self> {
        let left = self.nodes.iter().filter(|(node, _)| *node != taken);
        Self::of_shared(left.map(|(node, secret)| (*node, Arc::clone(secret))).collect())
    }
}

impl fmt::Debug for NodePack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes } = self;
        f.debug_map().entries(nodes.iter().map(|(node, secret)| (node, secret))).finish()
    }
}
