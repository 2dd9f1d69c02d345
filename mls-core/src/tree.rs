//! The ratchet tree (RFC 9420 sections 4 and 7, Appendix C).

pub mod hash;
pub mod health;
pub mod inspect;
pub mod key_index;
pub mod leaf_node;
pub mod math;
pub mod node;
pub mod node_bytes;
pub mod parent_hash;
pub mod parent_node;
pub mod path;
pub mod ratchet_tree;
pub mod resolution;
pub mod summary;
pub mod validate;
pub mod view;
