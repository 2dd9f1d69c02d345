//! From the frontier of the tree down to a leaf (RFC 9420 section 9).

use alloc::vec::Vec;

use mls_crypto_traits::{Expansion, SecretBytes, Suite};

use super::{NodePack, RatchetState, RatchetType, SecretTree, SecretTreeError, SecretTreeKey, slots::Slot};
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize, direct_path};

/// What a leaf's first use brings: its two ratchets, and the frontier without the way down to it.
pub(super) struct FirstUse {
    pub(super) handshake: RatchetState,
    pub(super) application: RatchetState,
    /// Deleted where `None`.
    pub(super) packs: Vec<(NodeIndex, Option<NodePack>)>,
}

/// The one node of the frontier at or above a leaf, and where it is kept.
struct Covering<'a> {
    /// The pack's name.
    split: NodeIndex,
    pack: &'a NodePack,
    node: NodeIndex,
    secret: &'a [u8],
}

impl SecretTree {
    /// Expands the tree down to `leaf`; the path's secrets and the leaf's own are not kept.
    pub(super) fn expand(&self, suite: Suite<'_>, leaf: LeafIndex) -> Result<FirstUse, SecretTreeError> {
        let Covering { split, pack, node, secret } = self.covering(leaf)?;
        let (beside, leaf_secret) = NodePack::split(suite, node, secret, leaf)?;
        let [mut handshake, mut application] = [(), ()].map(|()| SecretBytes::zeros(suite.hash_len()));
        suite.expand_each(
            leaf_secret.as_bytes(),
            [
                Expansion { label: RatchetType::Handshake.label(), context: b"", out: handshake.as_mut_bytes() },
                Expansion { label: RatchetType::Application.label(), context: b"", out: application.as_mut_bytes() },
            ],
        )?;
        Ok(FirstUse {
            handshake: RatchetState::new(Some((0, handshake))),
            application: RatchetState::new(Some((0, application))),
            packs: split_packs((split, pack), node, beside),
        })
    }

    /// The records of `leaf`'s path that are not resident; none where a resident one covers the leaf.
    pub(super) fn unknown_path(&self, leaf: LeafIndex) -> Vec<SecretTreeKey> {
        match self.covering(leaf) {
            Err(SecretTreeError::NotResident(keys)) => keys,
            _ => Vec::new(),
        }
    }

    /// The records that sending asks for first, of those that are not resident.
    pub(crate) fn unknown_to_send(&self, own: LeafIndex, kind: RatchetType) -> Vec<SecretTreeKey> {
        match self.ratchets.get(&(own, kind)) {
            Slot::Present(_) => Vec::new(),
            Slot::Absent => self.unknown_path(own),
            // The way down to the leaf is asked for only where there is no ratchet.
            Slot::Unknown => Vec::from([SecretTreeKey::Ratchet(own, kind)]),
        }
    }

    /// The frontier's node at or above `leaf`, in whichever pack of an ancestor it is.
    fn covering(&self, leaf: LeafIndex) -> Result<Covering<'_>, SecretTreeError> {
        let mut unknown = Vec::new();
        // A leaf is never split, but a tree of one leaf is kept by its name.
        let only = (self.size == TreeSize::ONE).then_some(self.size.root());
        for split in direct_path(leaf, self.size).chain(only) {
            match self.packs.get(&split) {
                Slot::Present(pack) => {
                    if let Some((node, secret)) = pack.covering(leaf) {
                        return Ok(Covering { split, pack, node, secret });
                    }
                }
                Slot::Absent => {}
                Slot::Unknown => unknown.push(SecretTreeKey::Node(split)),
            }
        }
        if unknown.is_empty() { Err(SecretTreeError::LeafErased) } else { Err(SecretTreeError::NotResident(unknown)) }
    }
}

/// Takes `node` out of its pack and keeps what its own split left.
fn split_packs(
    (split, pack): (NodeIndex, &NodePack),
    node: NodeIndex,
    beside: Option<NodePack>,
) -> Vec<(NodeIndex, Option<NodePack>)> {
    if node == split {
        // The root of a new tree, alone in the pack of its name.
        return Vec::from([(node, beside)]);
    }
    let mut packs = Vec::from([(split, pack.without(node))]);
    packs.extend(beside.map(|beside| (node, Some(beside))));
    packs
}
