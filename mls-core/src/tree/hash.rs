//! Tree hashes (RFC 9420 section 7.8).

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
    let (left_header, left_len) = header(left)?;
    let (right_header, right_len) = header(right)?;
    let [left_header, right_header] =
        [left_header.get(..left_len), right_header.get(..right_len)].map(Option::unwrap_or_default);
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

/// The length before a hash of up to 64 bytes: one byte, or two for 64 itself.
fn header(hash: &[u8]) -> Result<([u8; 2], usize), CryptoError> {
    match u8::try_from(hash.len()) {
        Ok(len @ ..64) => Ok(([len, 0], 1)),
        Ok(64) => Ok(([0x40, 64], 2)),
        _ => Err(CryptoError::WrongLength),
    }
}
