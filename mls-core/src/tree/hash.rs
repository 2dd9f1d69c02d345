//! Tree hashes (RFC 9420 section 7.8).

use mls_codec::{EncodeError, header_len};
use mls_crypto_traits::{CryptoError, Digest, Suite};

use super::math::{LeafIndex, NodeIndex};

const LEAF: u8 = 1;
const PARENT: u8 = 2;
const ABSENT: u8 = 0;
const PRESENT: u8 = 1;

/// The tree hash of a leaf: `leaf` is its encoding, `None` where it is blank.
///
/// # Errors
/// What the crypto provider fails with.
// req: R-7.8-01, R-7.8-03
pub fn leaf_tree_hash(suite: Suite<'_>, index: LeafIndex, leaf: Option<&[u8]>) -> Result<Digest, CryptoError> {
    let [a, b, c, d] = index.as_u32().to_be_bytes();
    match leaf {
        Some(leaf) => suite.hash(&[&[LEAF, a, b, c, d, PRESENT], leaf]),
        None => suite.hash(&[&[LEAF, a, b, c, d, ABSENT]]),
    }
}

/// The tree hash of a parent: `parent` is its encoding, `None` where it is blank; then its children's tree hashes.
///
/// # Errors
/// [`CryptoError::WrongLength`] for child hashes that no suite has, else what the crypto provider fails with.
// req: R-7.8-02, R-7.8-03
pub fn parent_tree_hash(
    suite: Suite<'_>,
    parent: Option<&[u8]>,
    left: &[u8],
    right: &[u8],
) -> Result<Digest, CryptoError> {
    let header = |hash| VectorHeader::of(hash).map_err(|_| CryptoError::WrongLength);
    let (left_header, right_header) = (header(left)?, header(right)?);
    let (left_header, right_header) = (left_header.as_ref(), right_header.as_ref());
    match parent {
        Some(parent) => suite.hash(&[&[PARENT, PRESENT], parent, left_header, left, right_header, right]),
        None => suite.hash(&[&[PARENT, ABSENT], left_header, left, right_header, right]),
    }
}

/// The tree hash of a wholly blank subtree: as many hashes as it has nodes.
///
/// # Errors
/// What the crypto provider fails with.
pub fn blank_tree_hash(suite: Suite<'_>, node: NodeIndex) -> Result<Digest, CryptoError> {
    match (node.leaf(), node.left(), node.right()) {
        (None, Some(left), Some(right)) => {
            // Depth is at most 31: the level falls with every call.
            let left = blank_tree_hash(suite, left)?;
            let right = blank_tree_hash(suite, right)?;
            parent_tree_hash(suite, None, &left, &right)
        }
        (Some(leaf), ..) => leaf_tree_hash(suite, leaf, None),
        (None, ..) => Err(CryptoError::WrongLength),
    }
}

/// The length in front of a vector (RFC 9420 section 2.1.2), for what is hashed without being encoded first.
pub(super) struct VectorHeader {
    bytes: [u8; 4],
    len: usize,
}

impl VectorHeader {
    pub(super) fn of(vector: &[u8]) -> Result<Self, EncodeError> {
        let len = vector.len();
        let long = u32::try_from(len).map_err(|_| EncodeError::VectorTooLong)?;
        let [a, b, c, d] = long.to_be_bytes();
        match header_len(len) {
            1 => Ok(Self { bytes: [d, 0, 0, 0], len: 1 }),
            2 => Ok(Self { bytes: [c | 0x40, d, 0, 0], len: 2 }),
            _ if a < 0x40 => Ok(Self { bytes: [a | 0x80, b, c, d], len: 4 }),
            _ => Err(EncodeError::VectorTooLong),
        }
    }
}

impl AsRef<[u8]> for VectorHeader {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use mls_codec::encode_header;

    use super::VectorHeader;

    #[test]
    fn a_header_is_that_of_the_codec() {
        for len in [0_usize, 1, 63, 64, 65, 16_383, 16_384, 70_000] {
            let mut expected = Vec::new();
            encode_header(len, &mut expected).unwrap();
            assert_eq!(VectorHeader::of(&vec![0; len]).unwrap().as_ref(), expected);
        }
    }
}
