//! Leaf nodes (RFC 9420 section 7.2).
