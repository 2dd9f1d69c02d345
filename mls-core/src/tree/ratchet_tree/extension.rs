//! The `ratchet_tree` extension (RFC 9420 section 12.4.3.3).

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Reader, encode_header, header_len};
use mls_crypto_traits::Suite;

use super::{RatchetTree, TreeError};
use crate::tree::key_index::IndexSeed;
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::view::{LeafView, ParentRef};

const LEAF: u8 = 1;
const PARENT: u8 = 2;

impl RatchetTree {
    /// The tree in a `ratchet_tree` extension's data, `optional<Node> ratchet_tree<V>`. Encodings are kept as they
    /// came.
    ///
    /// # Errors
    /// [`TreeError::Empty`], [`TreeError::TrailingBlank`], [`TreeError::TrailingParent`],
    /// [`TreeError::LeafAtParentPosition`], [`TreeError::ParentAtLeafPosition`], [`TreeError::TooManyLeaves`],
    /// [`TreeError::DuplicateEncryptionKey`], [`TreeError::DuplicateSignatureKey`], [`TreeError::Decode`] with the
    /// offset in `bytes`, [`TreeError::Crypto`] from the provider.
    ///
    /// # Security
    /// The caller compares [`root_hash`](Self::root_hash) with the group's `tree_hash` before anything else, and
    /// validates leaves and parent hashes (RFC 9420 section 12.4.3.1).
    pub fn from_extension(suite: Suite<'_>, seed: IndexSeed, bytes: &[u8]) -> Result<Self, TreeError> {
        let mut outer = Reader::new(bytes);
        let mut array = outer.vector()?;
        outer.finish()?;
        let mut nodes = Vec::new();
        let mut count = 0_u32;
        let mut last = None;
        while !array.is_empty() {
            let node = NodeIndex::new(count).ok_or(TreeError::TooManyLeaves)?;
            last = read_node(&mut array, node)?;
            if let Some(raw) = last {
                nodes.push((node, raw));
            }
            count = count.saturating_add(1);
        }
        // req: R-12.4.3.3-03
        if count == 0 {
            return Err(TreeError::Empty);
        }
        if last.is_none() {
            return Err(TreeError::TrailingBlank);
        }
        if count.is_multiple_of(2) {
            return Err(TreeError::TrailingParent);
        }
        // req: R-12.4.3.3-04
        let size = TreeSize::for_nodes(count).ok_or(TreeError::TooManyLeaves)?;
        let tree = Self::build(suite, seed, size, &mut nodes, &[])?;
        tree.check_unique_keys()?;
        Ok(tree)
    }

    /// The data of a `ratchet_tree` extension that describes this tree.
    ///
    /// # Errors
    /// [`TreeError::Encode`] beyond 2^30 - 1 bytes.
    // req: R-12.4.3.3-01, R-12.4.3.3-02
    pub fn to_extension(&self) -> Result<Vec<u8>, TreeError> {
        let mut len = 0_usize;
        let mut after = 0_u32;
        for (node, bytes) in self.nodes() {
            let blanks = widen(node.as_u32().saturating_sub(after));
            len = len.saturating_add(blanks).saturating_add(2).saturating_add(bytes.len());
            after = node.as_u32().saturating_add(1);
        }
        let mut out = Vec::with_capacity(len.saturating_add(header_len(len)));
        encode_header(len, &mut out)?;
        let mut after = 0_u32;
        for (node, bytes) in self.nodes() {
            let blanks = widen(node.as_u32().saturating_sub(after));
            out.resize(out.len().saturating_add(blanks), 0);
            out.extend_from_slice(&[1, if node.is_leaf() { LEAF } else { PARENT }]);
            out.extend_from_slice(bytes);
            after = node.as_u32().saturating_add(1);
        }
        Ok(out)
    }
}

/// One `optional<Node>`: the encoding without the `NodeType`, `None` where it is absent.
// req: R-12.4.3.3-05
fn read_node<'a>(r: &mut Reader<'a>, node: NodeIndex) -> Result<Option<&'a [u8]>, TreeError> {
    let at = r.offset();
    match u8::decode(r)? {
        0 => return Ok(None),
        1 => {}
        _ => return Err(DecodeError::new(DecodeErrorKind::InvalidPresence, at).into()),
    }
    let at = r.offset();
    match (u8::decode(r)?, node.is_leaf()) {
        (LEAF, true) => Ok(Some(r.with_raw(LeafView::read)?.1)),
        (PARENT, false) => Ok(Some(r.with_raw(|r| ParentRef::read(r).map(drop))?.1)),
        (LEAF, false) => Err(TreeError::LeafAtParentPosition(node)),
        (PARENT, true) => Err(TreeError::ParentAtLeafPosition(node)),
        _ => Err(DecodeError::new(DecodeErrorKind::UnknownValue, at).into()),
    }
}

fn widen(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
