//! Successors of members that lie.
