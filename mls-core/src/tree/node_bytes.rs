//! The encoding of one node, by itself or in a longer block.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, Range};

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader, encode_opaque, opaque_len};

/// The encoding of a `LeafNode` or `ParentNode`. `clone` is O(1).
///
/// Encodings that come into memory together, such as those of a tree that is loaded, stand in common blocks, so that
/// ten thousand of them are not as many allocations. A block lives as long as one of its encodings does.
///
/// ```
/// use mls_core::tree::node_bytes::NodeBytes;
///
/// let node = NodeBytes::from(vec![1, 2, 3]);
/// assert_eq!(*node, [1, 2, 3]);
/// assert_eq!(node, NodeBytes::from(&[1, 2, 3][..]));
/// ```
#[derive(Clone)]
pub struct NodeBytes {
    pub(crate) block: Arc<[u8]>,
    start: u32,
    /// [`OPEN`] for all that the block has.
    end: u32,
}

const OPEN: u32 = u32::MAX;

impl NodeBytes {
    /// What stands there in a block; a copy of it where the block is longer than places are counted.
    pub(crate) fn part(block: &Arc<[u8]>, range: Range<usize>) -> Self {
        match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) if end < OPEN => Self { block: Arc::clone(block), start, end },
            _ => Self::from(block.get(range).unwrap_or_default()),
        }
    }

    /// Where it stands in its block.
    pub(crate) fn range(&self) -> Range<usize> {
        let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
        place(self.start)..if self.end == OPEN { self.block.len() } else { place(self.end) }
    }

    /// What its block has behind it.
    pub(crate) fn behind(&self) -> &[u8] {
        self.block.get(self.range().end..).unwrap_or_default()
    }

    /// Whether both are the very same bytes in memory.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.block, &other.block) && (self.start, self.end) == (other.start, other.end)
    }
}

impl Deref for NodeBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.block.get(self.range()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for NodeBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Arc<[u8]>> for NodeBytes {
    fn from(block: Arc<[u8]>) -> Self {
        Self { block, start: 0, end: OPEN }
    }
}

impl From<&[u8]> for NodeBytes {
    fn from(bytes: &[u8]) -> Self {
        Self::from(Arc::from(bytes))
    }
}

impl From<Vec<u8>> for NodeBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

/// As `opaque node<V>`: how edits are stored.
impl Encode for NodeBytes {
    fn encoded_len(&self) -> usize {
        opaque_len(self)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        encode_opaque(self, out)
    }
}

impl Decode for NodeBytes {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.opaque().map(Self::from)
    }
}

impl PartialEq for NodeBytes {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || **self == **other
    }
}

impl Eq for NodeBytes {}

impl fmt::Debug for NodeBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests;
