//! What the state of the tree costs (RFC 9420 sections 4.2 and 7.6).

use alloc::collections::BTreeSet;

use super::math::LeafIndex;
use super::ratchet_tree::RatchetTree;

/// How far a tree is from one in which every path is as cheap as it can be.
///
/// Blank parents and unmerged leaves make paths dear: each puts more nodes into a resolution, and so one more
/// encryption into every path commit of the members on the other side. A path commit of a member repairs the nodes
/// above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeHealth {
    /// The leaves that are not blank.
    pub members: u32,
    /// The leaves, blank ones included: a power of two.
    pub leaves: u32,
    /// The levels above the leaves: what a path commit costs in a tree without blanks, in seals.
    pub depth: u8,
    /// Leaves without a member.
    pub blank_leaves: u32,
    /// Blank parents, of those that have a member on either side.
    pub blank_parents: u32,
    /// Entries of all lists of unmerged leaves, together.
    pub unmerged: u64,
    /// The size of the root's resolution: 1 in a tree whose root is not blank and has no unmerged leaves.
    pub root_resolution: u32,
}

/// What a path commit of one member costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PathCost {
    /// The nodes of the path: the filtered direct path's length (section 4.1.2).
    pub nodes: u32,
    /// The encryptions: the sizes of the copath's resolutions, together (section 7.6). In a healthy tree, as many as
    /// there are nodes.
    pub seals: u64,
}

impl RatchetTree {
    /// The state of the tree. O(n).
    ///
    /// ```
    /// # use mls_core::credential::Credential;
    /// # use mls_core::tree::{key_index::IndexSeed, leaf_node::*, ratchet_tree::RatchetTree};
    /// # use mls_codec::Encode;
    /// # use mls_crypto_rustcrypto::RustCryptoProvider;
    /// # use mls_crypto_traits::{CipherSuite, CryptoProvider};
    /// # let leaf = |key: u8| LeafNode {
    /// #     encryption_key: vec![key; 32].into(), signature_key: vec![key; 32].into(),
    /// #     credential: Credential::basic(vec![key]), capabilities: Capabilities::default(),
    /// #     leaf_node_source: LeafNodeSource::Update, extensions: Default::default(), signature: vec![],
    /// # };
    /// # let provider = RustCryptoProvider::new();
    /// # let suite = provider.suite(CipherSuite(1)).unwrap();
    /// # let adds: Vec<_> = (2..5).map(|key| leaf(key).to_bytes().unwrap().into()).collect();
    /// # let alone = RatchetTree::new(suite, IndexSeed::new([7; 16]), &leaf(1))?;
    /// // Four members, added at once: no parent is filled.
    /// let (tree, _) = alone.apply_changes(suite, &[], &[], &adds)?;
    /// let health = tree.health();
    /// assert_eq!((health.members, health.depth, health.blank_parents), (4, 2, 3));
    /// assert_eq!(health.root_resolution, 4);
    /// // A path would take three encryptions where two would do.
    /// let cost = tree.path_cost(mls_core::tree::math::LeafIndex::ZERO);
    /// assert_eq!((cost.nodes, cost.seals), (2, 3));
    /// # Ok::<(), mls_core::tree::ratchet_tree::TreeError>(())
    /// ```
    #[must_use]
    pub fn health(&self) -> TreeHealth {
        let (members, leaves) = (self.member_count(), self.size().leaf_count());
        let (mut parents, mut unmerged) = (0_u32, 0_u64);
        for (node, _) in self.nodes() {
            if let Some(parent) = self.parent_ref(node) {
                parents = parents.saturating_add(1);
                unmerged = unmerged.saturating_add(u64::try_from(parent.unmerged_len()).unwrap_or(u64::MAX));
            }
        }
        // Members less one: the parents that have members on either side.
        let forks = members.saturating_sub(1);
        TreeHealth {
            members,
            leaves,
            depth: self.size().depth(),
            blank_leaves: leaves.saturating_sub(members),
            blank_parents: forks.saturating_sub(parents),
            unmerged,
            root_resolution: self.resolution_len(self.size().root()),
        }
    }

    /// What the next path commit of the member at `leaf` costs, if it adds and removes nobody.
    #[must_use]
    pub fn path_cost(&self, leaf: LeafIndex) -> PathCost {
        let copath = self.copath(leaf);
        let seals = copath.iter().fold(0_u64, |sum, child| {
            let recipients = child.resolution_len(&BTreeSet::new());
            sum.saturating_add(u64::try_from(recipients).unwrap_or(u64::MAX))
        });
        PathCost { nodes: u32::try_from(copath.len()).unwrap_or(u32::MAX), seals }
    }
}
