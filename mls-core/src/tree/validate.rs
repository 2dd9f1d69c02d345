//! Validation of leaf nodes and whole trees (RFC 9420 sections 7.3 and 12.4.3.1).
//!
//! Nothing here asks the authentication service: a credential is checked for its type alone.

mod leaf;
mod tree;
mod unmerged;

#[cfg(test)]
mod tests;

pub use leaf::{ExpectedSource, LeafContext, LeafNodeError, check_unique_keys, validate_leaf};
pub use tree::{TreeContext, TreeValidationError, find_own_leaf, validate_tree};
pub use unmerged::{UnmergedLeafError, check_unmerged_leaves};
