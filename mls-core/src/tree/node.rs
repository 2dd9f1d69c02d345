//! Nodes as they travel in a `ratchet_tree` extension (RFC 9420 section 12.4.3.3).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};

use crate::extension::{ExtensionContent, ExtensionType};
use crate::tree::leaf_node::LeafNode;
use crate::tree::parent_node::ParentNode;

#[cfg(test)]
mod tests;

/// A node that is not blank (RFC 9420 section 12.4.3.3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[mls(repr = "u8")]
#[expect(clippy::exhaustive_enums, reason = "the RFC closes the set")]
pub enum Node {
    /// A leaf: only at even places of the array.
    #[mls(value = 1)]
    Leaf(Box<LeafNode>),
    /// A parent: only at odd places of the array.
    #[mls(value = 2)]
    Parent(Box<ParentNode>),
}

/// The tree as an array, in order, leaf `L` at place `2 * L` (RFC 9420 section 12.4.3.3).
///
/// Never what no sender may ship: empty, ending in a blank, with a leaf or a parent at a place of
/// the other kind. Decoding refuses those as `InvalidValue`, at the node that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatchetTreeArray(Vec<Option<Node>>);

/// A node beside its encoding: that of the LeafNode or `ParentNode`, without the node type.
pub type RawNode<'a> = (Node, &'a [u8]);

/// Why nodes are no `ratchet_tree` (RFC 9420 section 12.4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RatchetTreeArrayError {
    /// There is no node.
    Empty,
    /// The last node is blank.
    TrailingBlank,
    /// A leaf stands at this odd place.
    MisplacedLeaf(usize),
    /// A parent stands at this even place.
    MisplacedParent(usize),
}

impl core::fmt::Display for RatchetTreeArrayError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => f.write_str("the ratchet tree has no node"),
            Self::TrailingBlank => f.write_str("the last node of the ratchet tree is blank"),
            Self::MisplacedLeaf(place) => write!(f, "a leaf stands at the odd place {place}"),
            Self::MisplacedParent(place) => write!(f, "a parent stands at the even place {place}"),
        }
    }
}

impl core::error::Error for RatchetTreeArrayError {}

impl RatchetTreeArray {
    /// The array of `nodes`, `None` for blanks.
    ///
    /// # Errors
    /// [`RatchetTreeArrayError`] when no sender may ship it.
    // req: R-12.4.3.3-02
    pub fn new(nodes: Vec<Option<Node>>) -> Result<Self, RatchetTreeArrayError> {
        for (place, node) in nodes.iter().enumerate() {
            check_place(place, node.as_ref())?;
        }
        match nodes.last() {
            None => Err(RatchetTreeArrayError::Empty),
            Some(None) => Err(RatchetTreeArrayError::TrailingBlank),
            Some(Some(_)) => Ok(Self(nodes)),
        }
    }

    /// The nodes in order, `None` for blanks.
    #[must_use]
    pub fn nodes(&self) -> &[Option<Node>] {
        &self.0
    }

    /// The nodes in order, `None` for blanks.
    #[must_use]
    pub fn into_nodes(self) -> Vec<Option<Node>> {
        self.0
    }

    /// Reads an array, each node beside its encoding, so that a tree can keep, hash and serve its
    /// nodes as they came.
    ///
    /// # Errors
    /// [`DecodeError`] as for [`Decode`].
    // req: R-12.4.3.3-03, R-12.4.3.3-05
    pub fn decode_raw<'a>(r: &mut Reader<'a>) -> Result<Vec<Option<RawNode<'a>>>, DecodeError> {
        let start = r.offset();
        let mut array = r.vector()?;
        let mut nodes = Vec::new();
        let mut last = Err(start);
        while !array.is_empty() {
            let offset = array.offset();
            let node = decode_raw_node(&mut array)?;
            check_place(nodes.len(), node.as_ref().map(|(node, _)| node))
                .map_err(|_| DecodeError::new(DecodeErrorKind::InvalidValue, offset))?;
            last = if node.is_some() { Ok(()) } else { Err(offset) };
            nodes.push(node);
        }
        last.map_err(|offset| DecodeError::new(DecodeErrorKind::InvalidValue, offset))?;
        Ok(nodes)
    }
}

/// Reads an optional node, the encoding of the LeafNode or `ParentNode` captured.
fn decode_raw_node<'a>(r: &mut Reader<'a>) -> Result<Option<RawNode<'a>>, DecodeError> {
    let offset = r.offset();
    match u8::decode(r)? {
        0 => return Ok(None),
        1 => {}
        _ => return Err(DecodeError::new(DecodeErrorKind::InvalidPresence, offset)),
    }
    let offset = r.offset();
    match u8::decode(r)? {
        1 => {
            let (leaf, raw) = r.with_raw(LeafNode::decode)?;
            Ok(Some((Node::Leaf(Box::new(leaf)), raw)))
        }
        2 => {
            let (parent, raw) = r.with_raw(ParentNode::decode)?;
            Ok(Some((Node::Parent(Box::new(parent)), raw)))
        }
        _ => Err(DecodeError::new(DecodeErrorKind::UnknownValue, offset)),
    }
}

/// Leaves stand at even places, parents at odd ones.
fn check_place(place: usize, node: Option<&Node>) -> Result<(), RatchetTreeArrayError> {
    match node {
        Some(Node::Leaf(_)) if !place.is_multiple_of(2) => Err(RatchetTreeArrayError::MisplacedLeaf(place)),
        Some(Node::Parent(_)) if place.is_multiple_of(2) => Err(RatchetTreeArrayError::MisplacedParent(place)),
        _ => Ok(()),
    }
}

impl Encode for RatchetTreeArray {
    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.0.encode(out)
    }
}

impl Decode for RatchetTreeArray {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let nodes = Self::decode_raw(r)?;
        Ok(Self(nodes.into_iter().map(|node| node.map(|(node, _)| node)).collect()))
    }
}

impl ExtensionContent for RatchetTreeArray {
    const TYPE: ExtensionType = ExtensionType::RATCHET_TREE;
}
