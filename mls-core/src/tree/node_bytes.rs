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
    block: Arc<[u8]>,
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

    /// Whether both are the very same bytes in memory.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.block, &other.block) && (self.start, self.end) == (other.start, other.end)
    }

    #[cfg(test)]
    pub(crate) const fn block(&self) -> &Arc<[u8]> {
        &self.block
    }
}

impl Deref for NodeBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
        let end = if self.end == OPEN { self.block.len() } else { place(self.end) };
        self.block.get(place(self.start)..end).unwrap_or_default()
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
mod tests {
    use alloc::vec;

    use mls_codec::{Decode, Encode};

    use super::{Arc, NodeBytes};

    #[test]
    fn a_part_is_what_stands_there() {
        let block: Arc<[u8]> = Arc::from([1, 2, 3, 4, 5]);
        let part = NodeBytes::part(&block, 1..4);
        assert_eq!(*part, [2, 3, 4]);
        assert!(Arc::ptr_eq(part.block(), &block));
        assert_eq!(part, NodeBytes::from(vec![2, 3, 4]));
        assert_ne!(part, NodeBytes::part(&block, 1..5));
        assert_eq!(*NodeBytes::from(block), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn it_is_encoded_as_a_vector() {
        let node = NodeBytes::part(&Arc::from([1, 2, 3]), 1..3);
        assert_eq!(node.to_bytes().unwrap(), [2, 2, 3]);
        assert_eq!(NodeBytes::from_bytes(&[2, 2, 3]).unwrap(), node);
    }

    #[test]
    fn what_is_not_there_is_empty() {
        let block: Arc<[u8]> = Arc::from([1, 2, 3]);
        for range in [1..4, 4..4, usize::MAX..usize::MAX] {
            assert!(NodeBytes::part(&block, range).is_empty());
        }
        assert!(NodeBytes::from(&[][..]).is_empty());
    }

    #[test]
    fn two_are_the_same_in_one_place_only() {
        let block: Arc<[u8]> = Arc::from([7, 7]);
        let (one, other) = (NodeBytes::part(&block, 0..1), NodeBytes::part(&block, 1..2));
        assert!(one.is_same(&one.clone()) && !one.is_same(&other));
        assert_eq!(one, other);
        assert!(!one.is_same(&NodeBytes::from(vec![7])));
    }
}
