//! Parent nodes (RFC 9420 section 7.1).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode, EncodeError, encode_header, encode_opaque};
use mls_crypto_traits::HpkePublicKey;

use crate::tree::math::LeafIndex;

/// A node that stands for the members below it (RFC 9420 section 7.1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ParentNode {
    /// Secrets for all the merged leaves below are encrypted to it.
    pub encryption_key: HpkePublicKey,
    /// Binds it to the node above (section 7.9): a hash, or nothing at the root.
    pub parent_hash: Vec<u8>,
    /// The leaves below that do not hold its private key, strictly ascending.
    pub unmerged_leaves: Vec<LeafIndex>,
}

impl ParentNode {
    /// Whether `unmerged_leaves` is strictly ascending.
    // req: R-7.1-01, R-7.1-02
    #[must_use]
    pub fn unmerged_leaves_ascend(&self) -> bool {
        self.unmerged_leaves.windows(2).all(|pair| matches!(pair, [a, b] if a < b))
    }
}

/// Encodes a `ParentNode` from its parts into `out`, in the place of what is there.
pub(super) fn encode_parent(
    out: &mut Vec<u8>,
    encryption_key: &[u8],
    parent_hash: &[u8],
    unmerged_leaves: &[LeafIndex],
) -> Result<(), EncodeError> {
    // Four bytes a leaf, and a header of at most four for each of the three.
    let leaves = unmerged_leaves.len().saturating_mul(4);
    let len = encryption_key.len().saturating_add(parent_hash.len()).saturating_add(leaves).saturating_add(12);
    out.clear();
    out.reserve(len);
    encode_opaque(encryption_key, out)?;
    encode_opaque(parent_hash, out)?;
    encode_header(leaves, out)?;
    for leaf in unmerged_leaves {
        leaf.encode(out)?;
    }
    Ok(())
}
